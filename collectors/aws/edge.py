"""What stands between the world and an estate: CloudFront, Global Accelerator, web access lists.

CloudFront sends headers of its owner's choice to an origin, often to prove itself: their values are sensitive, as are the
statements of web access lists, which look for such values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from collectors.aws.documents import count
from collectors.aws.rows import Call
from collectors.aws.traffic import Traffic
from collectors.traffic import MEASURED, TRAFFIC
from normalize.model import Alias, Category, Field, Kind, Link

_RATE = 0.01
_ACCELERATED = ("us-west-2",)
"""Where Global Accelerator's API is, whatever the regions of its endpoints. Source: botocore 1.44.5, globalaccelerator, its
description of the service, read 2026-11-24."""


def _distribution(item: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
    return [{"DistributionId": str(item["Id"]), "Region": "Global"}]


_TRAFFIC = Traffic(
    "AWS/CloudFront",
    _distribution,
    requests="Requests",
    bytes=("BytesDownloaded",),
    gauges={
        "Failed": ("AWS/CloudFront", "5xxErrorRate", _RATE),
        "Refused": ("AWS/CloudFront", "4xxErrorRate", _RATE),
    },
)
"""Errors are told as shares of requests, per minute; ours is their average. Source: Amazon CloudFront Developer Guide, "Types of
metrics for CloudFront", read 2026-11-24."""


def _origins(distribution: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"$Origins": list(_hosts(distribution))}


def _hosts(distribution: Mapping[str, Any]) -> Iterator[str]:
    for origin in distribution["Origins"]["Items"]:
        yield f"https://{origin['DomainName']}/"


def _listed(path: str) -> Field:
    """The items of one of CloudFront's lists, which are absent where it is empty."""
    return Field(path, lambda listing: listing.get("Items", []))


def _endpoints(group: Mapping[str, Any]) -> Mapping[str, Any]:
    """Endpoints by what they are: ARNs of load balancers, ids of addresses and instances."""
    names = [str(e["EndpointId"]) for e in group.get("EndpointDescriptions", ())]
    return {
        "$Arns": [n for n in names if n.startswith("arn:")],
        "$Addresses": [n for n in names if n.startswith("eipalloc-")],
        "$Instances": [n for n in names if n.startswith("i-")],
    }


def _backends(endpoints: Any) -> list[dict[str, Any]]:
    return [
        {"target": e.get("EndpointId"), "weight": e.get("Weight"), "state": e.get("HealthState")} for e in endpoints
    ]


def _ports(ranges: Any) -> list[str]:
    return [str(r["FromPort"]) if r["FromPort"] == r["ToPort"] else f"{r['FromPort']}-{r['ToPort']}" for r in ranges]


def _rules(items: Any) -> list[dict[str, Any]]:
    """Rules of a web access list in the order in which they are tried; what they look for stays out."""
    return [
        {
            "name": r.get("Name"),
            "priority": r.get("Priority"),
            "action": next(iter(r.get("Action") or r.get("OverrideAction") or {}), None),
        }
        for r in sorted(items, key=lambda r: r.get("Priority", 0))
    ]


def _access_list(name: str, scope: str, guarded: bool, **where: Any) -> Kind:
    """The row of web access lists of one scope; those of CLOUDFRONT are asked for where the partition's global things are."""
    described = Call(
        "wafv2",
        "GetWebACL",
        items="WebACL",
        into="$Acl",
        params={"Name": "{Name}", "Id": "{Id}", "Scope": scope},
        gone=("WAFNonexistentItemException",),
    )
    balancers = Call(
        "wafv2",
        "ListResourcesForWebACL",
        items="ResourceArns",
        into="$Guarded",
        params={"WebACLArn": "{ARN}", "ResourceType": "APPLICATION_LOAD_BALANCER"},
        gone=("WAFNonexistentItemException",),
    )
    return Kind(
        name=name,
        category=Category.FIREWALL,
        fetch=Call(
            "wafv2",
            "ListWebACLs",
            items="WebACLs",
            params={"Scope": scope},
            detail=(described, balancers) if guarded else (described,),
            **where,
        ),
        id="ARN",
        native="Name",
        unique="account" if where.get("world") else "place",
        fields={
            "name": "Name",
            "description": "Description",
            "mode": Field("$Acl.DefaultAction", lambda action: next(iter(action))),
            "rules": Field("$Acl.Rules", _rules),
            "rule_count": Field("$Acl.Rules", count),
            "managed": "$Acl.ManagedByFirewallManager",
        },
        links=(Link("guards", "aws.elbv2.load_balancer", "$Guarded[]"),) if guarded else (),
        sensitive=frozenset({"$Acl.Rules[].Statement", "$Acl.CustomResponseBodies", "LockToken"}),
        quiet=frozenset({"$Acl.ARN"}),
    )


KINDS = (
    Kind(
        name="aws.cloudfront.distribution",
        category=Category.CDN,
        fetch=Call(
            "cloudfront",
            "ListDistributions",
            items="DistributionList.Items",
            world=True,
            derive=_origins,
            itself=Call("cloudfront", "GetDistribution", params={"Id": "{Id}"}, gone=("NoSuchDistribution",)),
            detail=(
                Call(
                    "cloudfront",
                    "ListTagsForResource",
                    items="Tags.Items",
                    into="$Tags",
                    params={"Resource": "{ARN}"},
                    gone=("NoSuchResource",),
                ),
            ),
            lookups=(_TRAFFIC,),
        ),
        id="ARN",
        native="Id",
        unique="world",
        fields={
            "name": "Id",
            "description": "Comment",
            "state": "Status",
            "enabled": "Enabled",
            "endpoint": "DomainName",
            "hosts": _listed("Aliases"),
            "tls_policy": "ViewerCertificate.MinimumProtocolVersion",
            "modified_at": "LastModifiedTime",
            **MEASURED,
            "error_ratio": f"{TRAFFIC}.Failed",
            "client_error_ratio": f"{TRAFFIC}.Refused",
            "processed_bytes": f"{TRAFFIC}.Bytes",
        },
        tags="$Tags",
        links=(
            Link("routes_to", "", "$Origins[]"),
            Link("proves_itself_by", "aws.acm.certificate", "ViewerCertificate.ACMCertificateArn"),
            Link("guarded_by", "", "WebACLId"),
            Link(
                "calls",
                "aws.lambda.function",
                "DefaultCacheBehavior.LambdaFunctionAssociations.Items[].LambdaFunctionARN",
            ),
            Link(
                "calls",
                "aws.lambda.function",
                "CacheBehaviors.Items[].LambdaFunctionAssociations.Items[].LambdaFunctionARN",
            ),
        ),
        aliases=(Alias("dns", "DomainName"), Alias("dns", "Aliases.Items[]")),
        sensitive=frozenset({"Origins.Items[].CustomHeaders"}),
        quiet=frozenset({"AliasICPRecordals", "Aliases", "Origins"}),
    ),
    Kind(
        name="aws.globalaccelerator.accelerator",
        category=Category.LOAD_BALANCER,
        fetch=Call("globalaccelerator", "ListAccelerators", items="Accelerators", page=100, regions=_ACCELERATED),
        id="AcceleratorArn",
        native="AcceleratorArn",
        fields={
            "name": "Name",
            "state": "Status",
            "enabled": "Enabled",
            "endpoint": "DnsName",
            "addresses": Field("IpSets", lambda sets: [a for s in sets for a in s.get("IpAddresses", ())]),
            "created_at": "CreatedTime",
            "modified_at": "LastModifiedTime",
        },
        aliases=(
            Alias("dns", "DnsName"),
            Alias("dns", "DualStackDnsName"),
            Alias("address", "IpSets[].IpAddresses[]"),
        ),
        quiet=frozenset({"IpSets"}),
    ),
    Kind(
        name="aws.globalaccelerator.listener",
        category=Category.LOAD_BALANCER,
        fetch=Call(
            "globalaccelerator",
            "ListListeners",
            items="Listeners",
            page=100,
            regions=_ACCELERATED,
            under="aws.globalaccelerator.accelerator",
            params={"AcceleratorArn": "{AcceleratorArn}"},
            gone=("AcceleratorNotFoundException",),
        ),
        id="ListenerArn",
        native="ListenerArn",
        fields={
            "name": Field("ListenerArn", lambda arn: arn.rsplit("/", 1)[-1]),
            "protocol": "Protocol",
            "ports": Field("PortRanges", _ports),
        },
        links=(Link("part_of", "aws.globalaccelerator.accelerator", "$parent.AcceleratorArn"),),
        quiet=frozenset({"$parent"}),
    ),
    Kind(
        name="aws.globalaccelerator.endpoint_group",
        category=Category.LOAD_BALANCER,
        fetch=Call(
            "globalaccelerator",
            "ListEndpointGroups",
            items="EndpointGroups",
            page=100,
            regions=_ACCELERATED,
            under="aws.globalaccelerator.listener",
            params={"ListenerArn": "{ListenerArn}"},
            gone=("ListenerNotFoundException",),
            derive=_endpoints,
        ),
        id="EndpointGroupArn",
        native="EndpointGroupArn",
        fields={
            "name": Field("EndpointGroupArn", lambda arn: arn.rsplit("/", 1)[-1]),
            "region": "EndpointGroupRegion",
            "traffic_weight_ratio": Field("TrafficDialPercentage", lambda percent: percent / 100),
            "backends": Field("EndpointDescriptions", _backends),
        },
        links=(
            Link("part_of", "aws.globalaccelerator.listener", "$parent.ListenerArn"),
            Link("routes_to", "aws.elbv2.load_balancer", "$Arns[]"),
            Link("routes_to", "aws.ec2.address", "$Addresses[]"),
            Link("routes_to", "aws.ec2.instance", "$Instances[]"),
        ),
        quiet=frozenset({"$parent", "EndpointDescriptions"}),
    ),
    _access_list("aws.wafv2.web_acl", "REGIONAL", guarded=True),
    _access_list("aws.wafv2.global_web_acl", "CLOUDFRONT", guarded=False, world=True),
)
