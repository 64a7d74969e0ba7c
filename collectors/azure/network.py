"""Virtual networks and what lies in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.metrics import BYTES, Requests
from collectors.azure.rows import Rows, resource
from collectors.azure.values import each, shaped
from normalize.model import Alias, Category, Field, Kind, Link

_RULE = "properties."


def _rules(rules: Any) -> list[dict[str, Any]]:
    """Security rules under our names, lowest priority number first: the first that fits decides."""
    told = shaped(
        name="name",
        direction=f"{_RULE}direction",
        access=f"{_RULE}access",
        priority=f"{_RULE}priority",
        protocol=f"{_RULE}protocol",
        source=f"{_RULE}sourceAddressPrefix",
        sources=f"{_RULE}sourceAddressPrefixes",
        ports=f"{_RULE}destinationPortRange",
        port_ranges=f"{_RULE}destinationPortRanges",
    )
    return sorted(told(rules), key=lambda rule: rule.get("priority", 0))


def _routes(routes: Any) -> list[str]:
    return [f"{_of(r, 'addressPrefix')} via {_of(r, 'nextHopIpAddress') or _of(r, 'nextHopType')}" for r in routes]


def _of(item: Mapping[str, Any], key: str) -> str:
    return str(item["properties"].get(key) or "")


def _listeners(rules: Any) -> list[dict[str, Any]]:
    return shaped(name="name", protocol="properties.protocol", port="properties.frontendPort")(rules)


_STATE = {"state": "properties.provisioningState"}
_FRONT = "properties.frontendIPConfigurations[].properties"


def _interface(name: str, fetch: Rows, machine: str) -> Kind:
    return resource(
        name,
        Category.NETWORK_INTERFACE,
        fetch,
        {
            **_STATE,
            "mac_address": "properties.macAddress",
            "private_address": "properties.ipConfigurations[0].properties.privateIPAddress",
            "high_speed_fabric": "properties.enableAcceleratedNetworking",
        },
        links=(
            Link("attached_to", machine, "properties.virtualMachine.id"),
            Link("guarded_by", "azure.network.security_group", "properties.networkSecurityGroup.id"),
            Link("runs_in", "azure.network.subnet", "properties.ipConfigurations[].properties.subnet.id"),
            Link("uses", "azure.network.public_address", "properties.ipConfigurations[].properties.publicIPAddress.id"),
        ),
        aliases=(Alias("address", "properties.ipConfigurations[].properties.privateIPAddress"),),
    )


def _public_address(name: str, fetch: Rows) -> Kind:
    return resource(
        name,
        Category.ADDRESS,
        fetch,
        {
            **_STATE,
            "type": "sku.name",
            "address": "properties.ipAddress",
            "hostname": "properties.dnsSettings.fqdn",
            "mode": "properties.publicIPAllocationMethod",
        },
        aliases=(Alias("address", "properties.ipAddress"), Alias("dns", "properties.dnsSettings.fqdn")),
        quiet=frozenset({"properties.ipAddress", "properties.dnsSettings"}),
    )


KINDS: tuple[Kind, ...] = (
    resource(
        "azure.network.virtual_network",
        Category.NETWORK,
        Rows("Microsoft.Network/virtualNetworks"),
        {
            **_STATE,
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
            **_STATE,
            "cidr": "properties.addressPrefix",
            "services": Field("properties.serviceEndpoints", each("service")),
        },
        tags="",
        links=(
            Link("part_of", "azure.network.virtual_network", "$parent.$id"),
            Link("guarded_by", "azure.network.security_group", "properties.networkSecurityGroup.id"),
            Link("routes_to", "azure.network.route_table", "properties.routeTable.id"),
            Link("routes_to", "azure.network.nat_gateway", "properties.natGateway.id"),
        ),
        quiet=frozenset({"properties.ipConfigurations"}),
    ),
    resource(
        "azure.network.security_group",
        Category.FIREWALL,
        Rows("Microsoft.Network/networkSecurityGroups"),
        {
            **_STATE,
            "rules": Field("properties.securityRules", _rules),
            "rule_count": Field("properties.securityRules", len),
        },
        quiet=frozenset({"properties.networkInterfaces", "properties.subnets", "properties.defaultSecurityRules"}),
    ),
    resource(
        "azure.network.route_table",
        Category.ROUTE_TABLE,
        Rows("Microsoft.Network/routeTables"),
        {**_STATE, "routes": Field("properties.routes", _routes)},
        quiet=frozenset({"properties.subnets"}),
    ),
    resource(
        "azure.network.nat_gateway",
        Category.GATEWAY,
        Rows("Microsoft.Network/natGateways"),
        {
            **_STATE,
            "type": "sku.name",
            "zones": "zones",
            "idle_timeout_seconds": Field("properties.idleTimeoutInMinutes", lambda minutes: int(minutes) * 60),
        },
        links=(Link("uses", "azure.network.public_address", "properties.publicIpAddresses[].id"),),
        quiet=frozenset({"properties.subnets"}),
    ),
    _interface(
        "azure.network.network_interface", Rows("Microsoft.Network/networkInterfaces"), "azure.compute.virtual_machine"
    ),
    _interface(
        "azure.network.scale_set_interface",
        Rows("Microsoft.Compute/virtualMachineScaleSets/virtualMachines/networkInterfaces", "computeresources"),
        "azure.compute.scale_set_instance",
    ),
    _public_address("azure.network.public_address", Rows("Microsoft.Network/publicIPAddresses")),
    _public_address(
        "azure.network.scale_set_address",
        Rows(
            "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/networkInterfaces/ipConfigurations/publicIPAddresses",
            "computeresources",
        ),
    ),
    resource(
        "azure.network.load_balancer",
        Category.LOAD_BALANCER,
        Rows(
            "Microsoft.Network/loadBalancers",
            lookups=(Requests("Microsoft.Network/loadBalancers", "ByteCount", counts="Bytes"),),
        ),
        {
            **_STATE,
            **BYTES,
            "type": "sku.name",
            "listeners": Field("properties.loadBalancingRules", _listeners),
            "private_address": "properties.frontendIPConfigurations[0].properties.privateIPAddress",
        },
        links=(
            Link("reached_by", "azure.network.public_address", f"{_FRONT}.publicIPAddress.id"),
            Link("runs_in", "azure.network.subnet", f"{_FRONT}.subnet.id"),
        ),
        aliases=(Alias("address", f"{_FRONT}.privateIPAddress"),),
    ),
    resource(
        "azure.network.private_endpoint",
        Category.PRIVATE_LINK,
        Rows("Microsoft.Network/privateEndpoints"),
        {
            **_STATE,
            "hosts": Field("properties.customDnsConfigs", each("fqdn")),
            "services": "properties.privateLinkServiceConnections[0].properties.groupIds",
        },
        links=(
            Link("runs_in", "azure.network.subnet", "properties.subnet.id"),
            Link("connects", "", "properties.privateLinkServiceConnections[].properties.privateLinkServiceId"),
            Link("attached_to", "azure.network.network_interface", "properties.networkInterfaces[].id"),
        ),
    ),
)
