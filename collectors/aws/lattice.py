"""VPC Lattice: service networks, who is in them, and the services behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from collectors.aws.documents import count
from collectors.aws.rows import Call
from collectors.aws.traffic import Traffic
from collectors.traffic import CLIENT_ERRORS, ERRORS, LATENCY, MEASURED
from normalize.model import Alias, Category, Field, Kind, Link

_GONE = ("ResourceNotFoundException",)


def _service(item: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
    return [{"Service": str(item["id"])}]


_TRAFFIC = Traffic(
    "AWS/VpcLattice",
    _service,
    requests="TotalRequestCount",
    latency="RequestTime",
    latency_unit=1e-3,
    errors=("HTTPCode_5XX_Count",),
    client_errors=("HTTPCode_4XX_Count",),
)
"""Metric names and dimension: not verified; where they are wrong, traffic stays unknown."""


def _sorted_targets(group: Mapping[str, Any]) -> Mapping[str, Any]:
    names = [str(t["id"]) for t in group["$Targets"]]
    return {
        "$Instances": [n for n in names if n.startswith("i-")],
        "$Arns": [n for n in names if n.startswith("arn:")],
        "$Addresses": [n for n in names if not n.startswith(("i-", "arn:"))],
    }


def _healthy(targets: Any) -> int:
    return sum(t.get("status") == "HEALTHY" for t in targets)


KINDS = (
    Kind(
        name="aws.vpclattice.service_network",
        category=Category.NETWORK,
        fetch=Call(
            "vpc-lattice",
            "ListServiceNetworks",
            items="items",
            page=100,
            itself=Call("vpc-lattice", "GetServiceNetwork", params={"serviceNetworkIdentifier": "{arn}"}, gone=_GONE),
            detail=(
                Call(
                    "vpc-lattice",
                    "ListServiceNetworkVpcAssociations",
                    items="items[]",
                    into="$Vpcs",
                    params={"serviceNetworkIdentifier": "{arn}"},
                    page=100,
                    gone=_GONE,
                ),
                Call(
                    "vpc-lattice",
                    "ListServiceNetworkServiceAssociations",
                    items="items[]",
                    into="$Services",
                    params={"serviceNetworkIdentifier": "{arn}"},
                    page=100,
                    gone=_GONE,
                ),
            ),
        ),
        id="arn",
        native="id",
        fields={
            "name": "name",
            "service_count": "numberOfAssociatedServices",
            "created_at": "createdAt",
            "modified_at": "lastUpdatedAt",
        },
        links=(
            Link("connects", "aws.ec2.vpc", "$Vpcs[].vpcId"),
            Link("connects", "aws.vpclattice.service", "$Services[].serviceArn"),
        ),
        quiet=frozenset({"$Vpcs", "$Services"}),
    ),
    Kind(
        name="aws.vpclattice.service",
        category=Category.SERVICE,
        fetch=Call(
            "vpc-lattice",
            "ListServices",
            items="items",
            page=100,
            detail=(Call("vpc-lattice", "GetService", params={"serviceIdentifier": "{arn}"}, gone=_GONE),),
            lookups=(_TRAFFIC,),
        ),
        id="arn",
        native="id",
        fields={
            "name": "name",
            "state": "status",
            "auth_mode": "authType",
            "endpoint": "dnsEntry.domainName",
            "created_at": "createdAt",
            "modified_at": "lastUpdatedAt",
            **MEASURED,
            **LATENCY,
            **ERRORS,
            **CLIENT_ERRORS,
        },
        links=(Link("proves_itself_by", "aws.acm.certificate", "certificateArn"),),
        aliases=(Alias("dns", "dnsEntry.domainName"), Alias("dns", "customDomainName")),
    ),
    Kind(
        name="aws.vpclattice.target_group",
        category=Category.LOAD_BALANCER,
        fetch=Call(
            "vpc-lattice",
            "ListTargetGroups",
            items="items",
            page=100,
            itself=Call("vpc-lattice", "GetTargetGroup", params={"targetGroupIdentifier": "{arn}"}, gone=_GONE),
            detail=(
                Call(
                    "vpc-lattice",
                    "ListTargets",
                    items="items[]",
                    into="$Targets",
                    params={"targetGroupIdentifier": "{arn}"},
                    page=100,
                    gone=_GONE,
                    derive=_sorted_targets,
                ),
            ),
        ),
        id="arn",
        native="id",
        fields={
            "name": "name",
            "state": "status",
            "type": "type",
            "protocol": "protocol",
            "port": "port",
            "instance_count": Field("$Targets", count),
            "ready_count": Field("$Targets", _healthy),
            "addresses": "$Addresses",
            "created_at": "createdAt",
            "modified_at": "lastUpdatedAt",
        },
        links=(
            Link("runs_in", "aws.ec2.vpc", "vpcIdentifier"),
            Link("serves", "aws.vpclattice.service", "serviceArns[]"),
            Link("routes_to", "aws.ec2.instance", "$Instances[]", optional=True),
            Link("routes_to", "", "$Arns[]"),
        ),
        quiet=frozenset({"$Targets", "$Addresses"}),
    ),
)
