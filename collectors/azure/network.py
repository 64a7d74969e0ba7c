"""Virtual networks and what lies in them."""

from __future__ import annotations

from collectors.azure.rows import Rows, resource
from collectors.azure.values import each
from normalize.model import Category, Field, Kind, Link

KINDS: tuple[Kind, ...] = (
    resource(
        "azure.network.virtual_network",
        Category.NETWORK,
        Rows("Microsoft.Network/virtualNetworks"),
        {
            "state": "properties.provisioningState",
            "cidr": "properties.addressSpace.addressPrefixes[0]",
            "subnets": Field("properties.subnets", each("name")),
        },
        links=(
            Link(
                "connects",
                "azure.network.virtual_network",
                "properties.virtualNetworkPeerings[].properties.remoteVirtualNetwork.id",
            ),
        ),
    ),
    resource(
        "azure.network.subnet",
        Category.SUBNET,
        Rows("Microsoft.Network/virtualNetworks", each="properties.subnets"),
        {
            "state": "properties.provisioningState",
            "cidr": "properties.addressPrefix",
            "services": Field("properties.serviceEndpoints", each("service")),
        },
        tags="",
        links=(Link("part_of", "azure.network.virtual_network", "$parent.$id"),),
    ),
)
