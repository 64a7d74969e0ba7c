"""Private ways to services: Private Service Connect, private services access, Serverless VPC Access."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.accelerators import last
from collectors.gcp.rows import Asset, Get, Listing, row
from normalize.model import Category, Field, Link
from normalize.units import instant

_COMPUTE = "//compute.googleapis.com/projects/PROJECT_ID"


def _consumers(attachment: Mapping[str, Any]) -> list[str]:
    """Projects and networks whose connections are taken in."""
    accepted = attachment.get("consumerAcceptLists") or ()
    return [str(a.get("projectIdOrNum") or a.get("networkUrl")) for a in accepted]


def _subnet(connector: Mapping[str, Any]) -> Mapping[str, Any]:
    """The network and subnet of a connector by their whole names: it gives them by name alone. A subnet stands in the
    connector's own region. Source: vpcaccess v1, Connector, read 2026-11-24."""
    where, found = connector["$asset"], {}
    if network := connector.get("network"):
        found["$Network"] = network if "/" in network else f"projects/{where['project']}/global/networks/{network}"
    subnet = connector.get("subnet") or {}
    if name := subnet.get("name"):
        owner = subnet.get("projectId") or where["project"]
        found["$Subnet"] = f"projects/{owner}/regions/{where['location']}/subnetworks/{name}"
    return found


KINDS = (
    row(
        Category.PRIVATE_LINK,
        Asset(
            ("compute.googleapis.com/ServiceAttachment",),
            "compute.v1.ServiceAttachment",
            f"{_COMPUTE}/regions/REGION/serviceAttachments/SERVICE_ATTACHMENT",
        ),
        {
            "name": "name",
            "description": "description",
            "approval_status": "connectionPreference",
            "region": Field("region", last),
            "hosts": "domainNames",
            "shared_with": Field("", _consumers),
            "connection_count": Field("connectedEndpoints", len),
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
        links=(
            Link("serves", "gcp.compute.forwarding_rule", "targetService"),
            Link("uses", "gcp.compute.subnetwork", "natSubnets[]"),
            Link("connects", "gcp.compute.forwarding_rule", "connectedEndpoints[].endpoint"),
            Link("connects", "gcp.compute.network", "connectedEndpoints[].consumerNetwork"),
        ),
        quiet=frozenset({"domainNames", "connectedEndpoints[].natIps"}),
    ),
    row(
        Category.PRIVATE_LINK,
        Asset(
            ("compute.googleapis.com/NetworkAttachment",),
            "compute.v1.NetworkAttachment",
            f"{_COMPUTE}/regions/REGION/networkAttachments/NETWORK_ATTACHMENT",
        ),
        {
            "name": "name",
            "description": "description",
            "approval_status": "connectionPreference",
            "region": Field("region", last),
            "shared_with": "producerAcceptLists",
            "connection_count": Field("connectionEndpoints", len),
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
        links=(
            Link("part_of", "gcp.compute.network", "network"),
            Link("uses", "gcp.compute.subnetwork", "subnetworks[]"),
        ),
        quiet=frozenset({"connectionEndpoints"}),
    ),
    row(
        Category.PRIVATE_LINK,
        Asset(
            ("vpcaccess.googleapis.com/Connector",),
            "vpcaccess.v1.Connector",
            "//vpcaccess.googleapis.com/projects/PROJECT_NUMBER/locations/LOCATION/connectors/CONNECTOR",
            derive=_subnet,
        ),
        {
            "state": "state",
            "cidr": "ipCidrRange",
            "instance_type": "machineType",
            "min_count": "minInstances",
            "max_count": "maxInstances",
            "shared_with": "connectedProjects",
        },
        labels="",
        links=(
            Link("part_of", "gcp.compute.network", "$Network"),
            Link("runs_in", "gcp.compute.subnetwork", "$Subnet"),
        ),
        quiet=frozenset({"name", "ipCidrRange"}),
    ),
    row(
        Category.PRIVATE_LINK,
        Listing(
            Get(
                "servicenetworking.googleapis.com",
                "/v1/services/servicenetworking.googleapis.com/connections",
                "servicenetworking.services.get",
                items="connections[]",
                params={"network": "projects/{number}/global/networks/{name}"},
            ),
            "servicenetworking.googleapis.com/Connection",
            "servicenetworking.v1.Connection",
            "//servicenetworking.googleapis.com/projects/{project}/global/networks/{$parent.name}/connections/{peering}",
            under="gcp.compute.network",
        ),
        {
            "name": "peering",
            "service": "service",
            "targets": "reservedPeeringRanges",
        },
        labels="",
        links=(Link("part_of", "gcp.compute.network", "network"),),
        quiet=frozenset({"service"}),
    ),
    row(
        Category.PRIVATE_LINK,
        Listing(
            Get(
                "networkconnectivity.googleapis.com",
                "/v1/projects/{project}/locations/{location}/serviceConnectionPolicies",
                "networkconnectivity.serviceConnectionPolicies.list",
                items="serviceConnectionPolicies[]",
                page=100,
            ),
            "networkconnectivity.googleapis.com/ServiceConnectionPolicy",
            "networkconnectivity.v1.ServiceConnectionPolicy",
            "//networkconnectivity.googleapis.com/{name}",
        ),
        {
            "description": "description",
            "service": "serviceClass",
            "type": "infrastructure",
            "connection_count": Field("pscConnections", len),
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        links=(
            Link("part_of", "gcp.compute.network", "network"),
            Link("uses", "gcp.compute.subnetwork", "pscConfig.subnetworks[]"),
            Link("connects", "gcp.compute.forwarding_rule", "pscConnections[].consumerForwardingRule"),
        ),
        quiet=frozenset({"name", "pscConnections[].consumerAddress"}),
    ),
)
