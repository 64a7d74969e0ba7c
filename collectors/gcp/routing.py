"""How networks reach further: routes, routers with Cloud NAT and BGP, VPN, Interconnect, and hubs that join them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from collectors.gcp.accelerators import last
from collectors.gcp.rows import Asset, Get, Listing, row
from collectors.gcp.values import equals, texts
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Link
from normalize.units import instant

_COMPUTE = "//compute.googleapis.com/projects/PROJECT_ID"
_CONNECTIVITY = "//networkconnectivity.googleapis.com/projects/PROJECT_NUMBER/locations/global"
_NEXT_HOPS = (
    "nextHopGateway",
    "nextHopHub",
    "nextHopIlb",
    "nextHopInstance",
    "nextHopInterconnectAttachment",
    "nextHopIp",
    "nextHopNetwork",
    "nextHopPeering",
    "nextHopVpnTunnel",
)


def _routes(route: Mapping[str, Any]) -> Any:
    """Where a route leads. Source: compute v1, Route, read 2026-11-24."""
    hops = [last(route[hop]) for hop in _NEXT_HOPS if route.get(hop)]
    return [f"{route['destRange']} via {hop}" for hop in hops] or MISSING


def _balancer(route: Mapping[str, Any]) -> Mapping[str, Any]:
    """The forwarding rule that a route leads to, where it is named; a route may give its address instead."""
    return {"$Balancer": route["nextHopIlb"]} if "/" in route.get("nextHopIlb", "") else {}


def _nats(nats: Any) -> list[dict[str, Any]]:
    """Cloud NAT gateways of a router: name, type, how they get addresses, whose traffic they take."""
    keys = ("name", "type", "natIpAllocateOption", "sourceSubnetworkIpRangesToNat")
    return [{key: nat[key] for key in keys if key in nat} for nat in nats]


_SPEED = re.compile(r".*_(\d+)([MG])(?:_LR\d?)?")


def _mbps(word: str) -> Any:
    """Megabits a second of "BPS_10G" or "LINK_TYPE_ETHERNET_100G_LR"; unknown where the word says none. Source: compute v1,
    Interconnect.linkType and InterconnectAttachment.bandwidth, read 2026-11-24."""
    m = _SPEED.fullmatch(word)
    return int(m[1]) * {"M": 1, "G": 1000}[m[2]] if m else MISSING


KINDS = (
    row(
        Category.ROUTE_TABLE,
        Asset(
            ("compute.googleapis.com/Route",),
            "compute.v1.Route",
            f"{_COMPUTE}/global/routes/ROUTE",
            derive=_balancer,
        ),
        {
            "name": "name",
            "description": "description",
            "state": "routeStatus",
            "type": "routeType",
            "cidr": "destRange",
            "priority": "priority",
            "routes": Field("", _routes),
            "targets": "tags",
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
        links=(
            Link("part_of", "gcp.compute.network", "network"),
            Link("routes_to", "gcp.compute.vpn_tunnel", "nextHopVpnTunnel"),
            Link("routes_to", "gcp.compute.instance", "nextHopInstance"),
            Link("routes_to", "gcp.compute.forwarding_rule", "$Balancer"),
            Link("routes_to", "gcp.compute.interconnect_attachment", "nextHopInterconnectAttachment"),
            Link("routes_to", "gcp.networkconnectivity.hub", "nextHopHub"),
        ),
        quiet=frozenset({"nextHopGateway", "nextHopIlb", "nextHopIp", "destRange"}),
    ),
    row(
        Category.GATEWAY,
        Asset(("compute.googleapis.com/Router",), "compute.v1.Router", f"{_COMPUTE}/regions/REGION/routers/ROUTER"),
        {
            "name": "name",
            "description": "description",
            "region": Field("region", last),
            "mode": "bgp.advertiseMode",
            "remote_ranges": Field("bgpPeers", texts("peerIpAddress")),
            "routes": Field("bgp.advertisedIpRanges", texts("range")),
            "rules": Field("nats", _nats),
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
        links=(
            Link("part_of", "gcp.compute.network", "network"),
            Link("attached_to", "gcp.compute.vpn_tunnel", "interfaces[].linkedVpnTunnel"),
            Link("attached_to", "gcp.compute.interconnect_attachment", "interfaces[].linkedInterconnectAttachment"),
            Link("uses", "gcp.compute.address", "nats[].natIps[]"),
            Link("serves", "gcp.compute.subnetwork", "nats[].subnetworks[].name"),
        ),
        sensitive=frozenset({"md5AuthenticationKeys[].key"}),
        quiet=frozenset({"bgpPeers", "bgp", "interfaces[].ipRange"}),
    ),
    row(
        Category.GATEWAY,
        Asset(
            ("compute.googleapis.com/VpnGateway",),
            "compute.v1.VpnGateway",
            f"{_COMPUTE}/regions/REGION/vpnGateways/VPN_GATEWAY",
        ),
        {
            "name": "name",
            "description": "description",
            "type": "stackType",
            "region": Field("region", last),
            "addresses": Field("vpnInterfaces", texts("ipAddress")),
            "created_at": Field("creationTimestamp", instant),
        },
        links=(
            Link("part_of", "gcp.compute.network", "network"),
            Link("attached_to", "gcp.compute.interconnect_attachment", "vpnInterfaces[].interconnectAttachment"),
        ),
        aliases=(Alias("address", "vpnInterfaces[].ipAddress"),),
        quiet=frozenset({"vpnInterfaces[].ipAddress"}),
    ),
    row(
        Category.GATEWAY,
        Asset(
            ("compute.googleapis.com/TargetVpnGateway",),
            "compute.v1.TargetVpnGateway",
            f"{_COMPUTE}/regions/REGION/targetVpnGateways/TARGET_VPN_GATEWAY",
        ),
        {
            "name": "name",
            "description": "description",
            "state": "status",
            "region": Field("region", last),
            "created_at": Field("creationTimestamp", instant),
        },
        links=(
            Link("part_of", "gcp.compute.network", "network"),
            Link("served_by", "gcp.compute.forwarding_rule", "forwardingRules[]"),
            Link("holds", "gcp.compute.vpn_tunnel", "tunnels[]"),
        ),
    ),
    row(
        Category.CONNECTION,
        Asset(
            ("compute.googleapis.com/VpnTunnel",),
            "compute.v1.VpnTunnel",
            f"{_COMPUTE}/regions/REGION/vpnTunnels/VPN_TUNNEL",
        ),
        {
            "name": "name",
            "description": "description",
            "state": "status",
            "problems": Field("detailedStatus", lambda said: [said]),
            "region": Field("region", last),
            "version": Field("ikeVersion", str),
            "remote_address": "peerIp",
            "remote_ranges": "remoteTrafficSelector",
            "created_at": Field("creationTimestamp", instant),
        },
        links=(
            Link("part_of", "gcp.compute.vpn_gateway", "vpnGateway"),
            Link("part_of", "gcp.compute.target_vpn_gateway", "targetVpnGateway"),
            Link("connects_to", "gcp.compute.external_vpn_gateway", "peerExternalGateway"),
            Link("connects_to", "gcp.compute.vpn_gateway", "peerGcpGateway"),
            Link("uses", "gcp.compute.router", "router"),
        ),
        sensitive=frozenset({"sharedSecret", "sharedSecretHash"}),
        quiet=frozenset({"peerIp", "localTrafficSelector", "remoteTrafficSelector"}),
    ),
    row(
        Category.GATEWAY,
        Asset(
            ("compute.googleapis.com/ExternalVpnGateway",),
            "compute.v1.ExternalVpnGateway",
            f"{_COMPUTE}/global/externalVpnGateways/EXTERNAL_VPN_GATEWAY",
        ),
        {
            "name": "name",
            "description": "description",
            "type": "redundancyType",
            "addresses": Field("interfaces", texts("ipAddress")),
            "created_at": Field("creationTimestamp", instant),
        },
        quiet=frozenset({"interfaces"}),
    ),
    row(
        Category.CONNECTION,
        Asset(
            ("compute.googleapis.com/Interconnect",),
            "compute.v1.Interconnect",
            f"{_COMPUTE}/global/interconnects/INTERCONNECT",
        ),
        {
            "name": "name",
            "description": "description",
            "state": "operationalStatus",
            "type": "interconnectType",
            "location": Field("location", last),
            "link_speed_mbps": Field("linkType", _mbps),
            "connection_count": "provisionedLinkCount",
            "created_at": Field("creationTimestamp", instant),
        },
        links=(Link("holds", "gcp.compute.interconnect_attachment", "interconnectAttachments[]"),),
        sensitive=frozenset({"nocContactEmail"}),
        quiet=frozenset({"location", "remoteLocation", "googleIpAddress", "peerIpAddress"}),
    ),
    row(
        Category.CONNECTION,
        Asset(
            ("compute.googleapis.com/InterconnectAttachment",),
            "compute.v1.InterconnectAttachment",
            f"{_COMPUTE}/regions/REGION/interconnectAttachments/INTERCONNECT_ATTACHMENT",
        ),
        {
            "name": "name",
            "description": "description",
            "state": "state",
            "type": "type",
            "encryption": "encryption",
            "region": Field("region", last),
            "link_speed_mbps": Field("bandwidth", _mbps),
            "vendor": "partnerMetadata.partnerName",
            "created_at": Field("creationTimestamp", instant),
        },
        links=(
            Link("part_of", "gcp.compute.interconnect", "interconnect"),
            Link("uses", "gcp.compute.router", "router"),
        ),
        sensitive=frozenset({"pairingKey"}),
        quiet=frozenset(
            {
                "partnerMetadata.portalUrl",
                "candidateSubnets",
                "cloudRouterIpAddress",
                "customerRouterIpAddress",
                "cloudRouterIpv6Address",
                "customerRouterIpv6Address",
            }
        ),
    ),
    row(
        Category.MONITOR,
        Asset(
            ("compute.googleapis.com/PacketMirroring",),
            "compute.v1.PacketMirroring",
            f"{_COMPUTE}/regions/REGION/packetMirrorings/PACKET_MIRRORING",
        ),
        {
            "name": "name",
            "description": "description",
            "enabled": Field("enable", equals("TRUE")),
            "priority": "priority",
            "targets": "mirroredResources.tags",
            "settings": "filter",
            "region": Field("region", last),
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
        links=(
            Link("watches", "gcp.compute.network", "network.url"),
            Link("watches", "gcp.compute.subnetwork", "mirroredResources.subnetworks[].url"),
            Link("watches", "gcp.compute.instance", "mirroredResources.instances[].url"),
            Link("copies_to", "gcp.compute.forwarding_rule", "collectorIlb.url"),
        ),
        quiet=frozenset({"filter"}),
    ),
    row(
        Category.MONITOR,
        Listing(
            Get(
                "networkmanagement.googleapis.com",
                "/v1/projects/{project}/locations/{location}/vpcFlowLogsConfigs",
                "networkmanagement.vpcflowlogsconfigs.list",
                items="vpcFlowLogsConfigs[]",
                page=100,
            ),
            "networkmanagement.googleapis.com/VpcFlowLogsConfig",
            "networkmanagement.v1.VpcFlowLogsConfig",
            "//networkmanagement.googleapis.com/{name}",
        ),
        {
            "description": "description",
            "state": "state",
            "filter": "filterExpr",
            "data_capture_ratio": "flowSampling",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        links=(
            Link("watches", "gcp.compute.network", "network"),
            Link("watches", "gcp.compute.subnetwork", "subnet"),
            Link("watches", "gcp.compute.vpn_tunnel", "vpnTunnel"),
            Link("watches", "gcp.compute.interconnect_attachment", "interconnectAttachment"),
        ),
        quiet=frozenset({"name", "filterExpr"}),
    ),
    row(
        Category.GATEWAY,
        Asset(
            ("networkconnectivity.googleapis.com/Hub",),
            "networkconnectivity.v1.Hub",
            f"{_CONNECTIVITY}/hubs/HUB",
        ),
        {
            "description": "description",
            "state": "state",
            "type": "presetTopology",
            "mode": "policyMode",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        links=(Link("serves", "gcp.compute.network", "routingVpcs[].uri"),),
        quiet=frozenset({"name", "routeTables"}),
    ),
    row(
        Category.CONNECTION,
        Asset(
            ("networkconnectivity.googleapis.com/Spoke",),
            "networkconnectivity.v1.Spoke",
            "//networkconnectivity.googleapis.com/projects/PROJECT_NUMBER/locations/LOCATION/spokes/SPOKE",
        ),
        {
            "description": "description",
            "state": "state",
            "type": "spokeType",
            "problems": Field("reasons", texts("message")),
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        links=(
            Link("part_of", "gcp.networkconnectivity.hub", "hub"),
            Link("connects", "gcp.compute.network", "linkedVpcNetwork.uri"),
            Link("connects", "gcp.compute.network", "linkedProducerVpcNetwork.network"),
            Link("connects", "gcp.compute.vpn_tunnel", "linkedVpnTunnels.uris[]"),
            Link("connects", "gcp.compute.interconnect_attachment", "linkedInterconnectAttachments.uris[]"),
            Link("connects", "gcp.compute.instance", "linkedRouterApplianceInstances.instances[].virtualMachine"),
        ),
        quiet=frozenset({"name", "group"}),
    ),
    row(
        Category.ROUTE_TABLE,
        Asset(
            ("networkconnectivity.googleapis.com/PolicyBasedRoute",),
            "networkconnectivity.v1.PolicyBasedRoute",
            f"{_CONNECTIVITY}/policyBasedRoutes/POLICY_BASED_ROUTE",
        ),
        {
            "description": "description",
            "cidr": "filter.destRange",
            "admitted_ranges": Field("filter.srcRange", lambda source: [source]),
            "protocol": "filter.ipProtocol",
            "priority": "priority",
            "address": "nextHopIlbIp",
            "targets": "virtualMachine.tags",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        links=(Link("part_of", "gcp.compute.network", "network"),),
        quiet=frozenset({"name", "filter"}),
    ),
)
