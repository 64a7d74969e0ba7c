"""Azure Machine Learning: what workspaces are connected to, what they may reach, who reaches them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.ml_workspaces import MADE, REGISTRY, VERSION, WORKSPACE
from collectors.azure.rows import Get, Rows, resource
from collectors.azure.values import first, last
from normalize.mapping import read
from normalize.model import Category, Field, Kind, Link, Path
from normalize.units import instant

CONNECTED: Mapping[str, Path | Field] = {
    "type": "properties.category",
    "failure_reason": "properties.error",
    "endpoint": "properties.target",
    "auth_mode": "properties.authType",
    "group": "properties.group",
    "shared_with": "properties.sharedUserList",
    "expires_at": Field("properties.expiryTime", instant),
    "settings": "properties.metadata",
}
"""Fields of a connection, whoever has it. Its credentials are never read: the list leaves them out, and the one call that tells them is
not made."""


def _destination(rule: Any) -> Any:
    """Where a rule lets traffic to: a host name, a service tag, or the thing behind a private endpoint."""
    to = read(rule, "destination")
    return to if isinstance(to, str) else first("serviceTag", "serviceResourceId")(to)


_PEER = "properties.privateEndpoint.id"
_APPROVAL = "properties.privateLinkServiceConnectionState"

KINDS: tuple[Kind, ...] = (
    resource(
        "azure.machinelearning.connection",
        Category.CONNECTION,
        Get("{$parent.$id}/connections", VERSION, params={"includeAll": "true"}, under=WORKSPACE, all_sorts=True),
        {**CONNECTED, **MADE},
        links=(
            Link("part_of", WORKSPACE, "properties.createdByWorkspaceArmId"),
            Link("used_by", WORKSPACE, "$parent.$id"),
            Link("leads_to", "", "properties.metadata.ResourceId"),
        ),
        sensitive=frozenset({"properties.credentials"}),
    ),
    resource(
        "azure.machinelearning.outbound_rule",
        Category.FIREWALL,
        Get("{$parent.$id}/outboundRules", VERSION, under=WORKSPACE, all_sorts=True),
        {
            "state": "properties.status",
            "type": "properties.type",
            "mode": "properties.category",
            "targets": Field("properties", lambda rule: [_destination(rule)]),
            "hosts": "properties.fqdns",
            "failure_reason": "properties.errorInformation",
        },
        tags="",
        links=(Link("reaches", "", "properties.destination.serviceResourceId"),),
    ),
    resource(
        "azure.machinelearning.private_endpoint_connection",
        Category.PRIVATE_LINK,
        Get("{$parent.$id}/privateEndpointConnections", VERSION, under=WORKSPACE, all_sorts=True),
        {
            "state": "properties.provisioningState",
            "approval_status": f"{_APPROVAL}.status",
            "description": f"{_APPROVAL}.description",
        },
        links=(
            Link("reached_by", "azure.network.private_endpoint", _PEER),
            Link("reached_by", "azure.network.subnet", "properties.privateEndpoint.subnetArmId"),
        ),
    ),
    resource(
        "azure.machinelearning.registry_private_endpoint_connection",
        Category.PRIVATE_LINK,
        Rows(
            "Microsoft.MachineLearningServices/registries",
            each="properties.registryPrivateEndpointConnections",
            part="privateEndpointConnections",
        ),
        {
            "name": Field("id", last),
            "region": "location",
            "state": "properties.provisioningState",
            "approval_status": "properties.registryPrivateLinkServiceConnectionState.status",
            "services": "properties.groupIds",
        },
        tags="",
        links=(
            Link("part_of", REGISTRY, "$parent.$id"),
            Link("reached_by", "azure.network.private_endpoint", _PEER),
            Link("reached_by", "azure.network.subnet", "properties.privateEndpoint.subnetArmId"),
        ),
    ),
)
