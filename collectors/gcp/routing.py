"""How networks reach further: routes, routers with Cloud NAT and BGP, VPN, Interconnect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.accelerators import last
from collectors.gcp.rows import Asset, row
from collectors.gcp.values import texts
from normalize.mapping import MISSING
from normalize.model import Category, Field, Link
from normalize.units import instant

_COMPUTE = "//compute.googleapis.com/projects/PROJECT_ID"
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
            Link("belongs_to", "gcp.compute.network", "network"),
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
            Link("belongs_to", "gcp.compute.network", "network"),
            Link("attached_to", "gcp.compute.vpn_tunnel", "interfaces[].linkedVpnTunnel"),
            Link("attached_to", "gcp.compute.interconnect_attachment", "interfaces[].linkedInterconnectAttachment"),
            Link("uses", "gcp.compute.address", "nats[].natIps[]"),
            Link("serves", "gcp.compute.subnetwork", "nats[].subnetworks[].name"),
        ),
        sensitive=frozenset({"md5AuthenticationKeys[].key"}),
        quiet=frozenset({"bgpPeers", "bgp", "interfaces[].ipRange"}),
    ),
)
