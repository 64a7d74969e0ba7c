"""What joins networks with each other and with other sites: peerings, gateways, virtual WAN, ExpressRoute; and records of what passes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.rows import ASSUMES, Get, Rows, resource
from collectors.azure.values import each
from normalize.model import Alias, Category, Field, Kind, Link, Path

_VERSION = "2024-05-01"
_STATE: Mapping[str, Path | Field] = {"state": "properties.provisioningState"}
_HUB = "azure.network.virtual_hub"
_IN_HUB = Link("part_of", _HUB, "properties.virtualHub.id")
_SITES = ("properties.bgpProperties", "properties.bgpSettings")


def _mbps(gbps: Any) -> int:
    return int(float(gbps) * 1000)


KINDS: tuple[Kind, ...] = (
    resource(
        "azure.network.peering",
        Category.CONNECTION,
        Rows("Microsoft.Network/virtualNetworks", each="properties.virtualNetworkPeerings"),
        {
            "state": "properties.peeringState",
            "phase": "properties.peeringSyncLevel",
            "remote_ranges": "properties.remoteAddressSpace.addressPrefixes",
        },
        tags="",
        links=(
            Link("part_of", "azure.network.virtual_network", "$parent.$id"),
            Link("peers_with", "azure.network.virtual_network", "properties.remoteVirtualNetwork.id"),
        ),
    ),
    resource(
        "azure.network.virtual_network_gateway",
        Category.GATEWAY,
        Rows("Microsoft.Network/virtualNetworkGateways"),
        {**_STATE, "type": "properties.gatewayType", "mode": "properties.vpnType", "size_class": "properties.sku.name"},
        links=(
            Link("runs_in", "azure.network.subnet", "properties.ipConfigurations[].properties.subnet.id"),
            Link("uses", "azure.network.public_address", "properties.ipConfigurations[].properties.publicIPAddress.id"),
        ),
    ),
    resource(
        "azure.network.express_route_circuit",
        Category.CONNECTION,
        Rows("Microsoft.Network/expressRouteCircuits"),
        {
            **_STATE,
            "type": "sku.name",
            "location": "properties.serviceProviderProperties.peeringLocation",
            "link_speed_mbps": "properties.serviceProviderProperties.bandwidthInMbps",
        },
        links=(Link("runs_on", "azure.network.express_route_port", "properties.expressRoutePort.id"),),
        sensitive=frozenset({"properties.serviceKey", "properties.authorizations"}),
    ),
    resource(
        "azure.network.local_gateway",
        Category.GATEWAY,
        Rows("Microsoft.Network/localNetworkGateways"),
        {
            **_STATE,
            "address": "properties.gatewayIpAddress",
            "remote_ranges": "properties.localNetworkAddressSpace.addressPrefixes",
        },
        aliases=(Alias("address", "properties.gatewayIpAddress"),),
        quiet=frozenset({*_SITES, "properties.gatewayIpAddress", "properties.localNetworkAddressSpace"}),
    ),
    resource(
        "azure.network.connection",
        Category.CONNECTION,
        Rows("Microsoft.Network/connections"),
        {
            **_STATE,
            "phase": "properties.connectionStatus",
            "type": "properties.connectionType",
            "protocol": "properties.connectionProtocol",
        },
        links=(
            Link("part_of", "azure.network.virtual_network_gateway", "properties.virtualNetworkGateway1.id"),
            Link("connects", "azure.network.virtual_network_gateway", "properties.virtualNetworkGateway2.id"),
            Link("connects", "azure.network.local_gateway", "properties.localNetworkGateway2.id"),
            Link("connects", "azure.network.express_route_circuit", "properties.peer.id"),
        ),
        sensitive=frozenset({"properties.sharedKey", "properties.authorizationKey"}),
    ),
    resource(
        "azure.network.virtual_wan",
        Category.NETWORK,
        Rows("Microsoft.Network/virtualWans"),
        {**_STATE, "type": "properties.type"},
    ),
    resource(
        _HUB,
        Category.GATEWAY,
        Rows("Microsoft.Network/virtualHubs"),
        {
            **_STATE,
            "phase": "properties.routingState",
            "size_class": "properties.sku",
            "cidr": "properties.addressPrefix",
            "addresses": "properties.virtualRouterIps",
        },
        links=(
            Link("part_of", "azure.network.virtual_wan", "properties.virtualWan.id"),
            Link("guarded_by", "azure.network.firewall", "properties.azureFirewall.id"),
        ),
        quiet=frozenset({"properties.virtualRouterIps"}),
    ),
    resource(
        "azure.network.hub_connection",
        Category.CONNECTION,
        Get("{$parent.$id}/hubVirtualNetworkConnections", _VERSION, under=_HUB),
        {**_STATE, "internet_access": "properties.enableInternetSecurity"},
        tags="",
        links=(Link("connects", "azure.network.virtual_network", "properties.remoteVirtualNetwork.id"),),
    ),
    resource(
        "azure.network.vpn_gateway",
        Category.GATEWAY,
        Rows("Microsoft.Network/vpnGateways"),
        {
            **_STATE,
            "compute_unit_count": "properties.vpnGatewayScaleUnit",
            "addresses": Field("properties.ipConfigurations", each("publicIpAddress")),
        },
        links=(
            _IN_HUB,
            Link("connects", "azure.network.vpn_site", "properties.connections[].properties.remoteVpnSite.id"),
        ),
        sensitive=frozenset({"properties.connections[].properties.sharedKey"}),
        quiet=frozenset({*_SITES, "properties.ipConfigurations"}),
    ),
    resource(
        "azure.network.vpn_site",
        Category.GATEWAY,
        Rows("Microsoft.Network/vpnSites"),
        {
            **_STATE,
            "vendor": "properties.deviceProperties.deviceVendor",
            "link_speed_mbps": "properties.deviceProperties.linkSpeedInMbps",
            "addresses": Field("properties.vpnSiteLinks", each("properties.ipAddress")),
            "remote_ranges": "properties.addressSpace.addressPrefixes",
        },
        links=(Link("part_of", "azure.network.virtual_wan", "properties.virtualWan.id"),),
        sensitive=frozenset({"properties.siteKey"}),
        quiet=frozenset({*_SITES, "properties.vpnSiteLinks", "properties.addressSpace"}),
    ),
    resource(
        "azure.network.point_to_site_gateway",
        Category.GATEWAY,
        Rows("Microsoft.Network/p2sVpnGateways"),
        {
            **_STATE,
            "compute_unit_count": "properties.vpnGatewayScaleUnit",
            "connection_count": "properties.vpnClientConnectionHealth.vpnClientConnectionsCount",
        },
        links=(_IN_HUB,),
    ),
    resource(
        "azure.network.express_route_gateway",
        Category.GATEWAY,
        Rows("Microsoft.Network/expressRouteGateways"),
        {
            **_STATE,
            "min_count": "properties.autoScaleConfiguration.bounds.min",
            "max_count": "properties.autoScaleConfiguration.bounds.max",
        },
        links=(
            _IN_HUB,
            Link(
                "connects",
                "azure.network.express_route_circuit",
                "properties.expressRouteConnections[].properties.expressRouteCircuitPeering.id",
            ),
        ),
        sensitive=frozenset({"properties.expressRouteConnections[].properties.authorizationKey"}),
    ),
    resource(
        "azure.network.express_route_port",
        Category.CONNECTION,
        Rows("Microsoft.Network/expressRoutePorts"),
        {
            **_STATE,
            "location": "properties.peeringLocation",
            "link_speed_mbps": Field("properties.bandwidthInGbps", _mbps),
            "billing_mode": "properties.billingType",
        },
        links=(ASSUMES,),
    ),
    resource(
        "azure.network.network_watcher",
        Category.MONITOR,
        Rows("Microsoft.Network/networkWatchers"),
        {**_STATE},
    ),
    resource(
        "azure.network.flow_log",
        Category.MONITOR,
        Rows("Microsoft.Network/networkWatchers/flowLogs"),
        {
            **_STATE,
            "enabled": "properties.enabled",
            "format": "properties.format.type",
            "retention_days": "properties.retentionPolicy.days",
        },
        links=(
            Link("part_of", "azure.network.network_watcher", "$above"),
            Link("watches", "", "properties.targetResourceId"),
            Link("writes_to", "azure.storage.account", "properties.storageId"),
            Link(
                "writes_to",
                "azure.operationalinsights.workspace",
                "properties.flowAnalyticsConfiguration.networkWatcherFlowAnalyticsConfiguration.workspaceResourceId",
            ),
        ),
    ),
)
