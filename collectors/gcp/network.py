"""Networks of Compute Engine: networks, subnets, firewall rules, addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.accelerators import last
from collectors.gcp.rows import Asset, row
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Link
from normalize.units import instant

_COMPUTE = "//compute.googleapis.com/projects/PROJECT_ID"


def _rules(firewall: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a firewall rule allows or denies: effect, protocol, ports."""
    found = []
    for effect in ("allowed", "denied"):
        for rule in firewall.get(effect) or ():
            ports = {"ports": rule["ports"]} if rule.get("ports") else {}
            found.append({"effect": effect, "protocol": rule["IPProtocol"], **ports})
    return found


def _ports(firewall: Mapping[str, Any]) -> Any:
    found = [f"{port}/{r['IPProtocol']}" for r in firewall.get("allowed") or () for port in r.get("ports") or ()]
    return found or MISSING


KINDS = (
    row(
        Category.NETWORK,
        Asset(
            ("compute.googleapis.com/Network",),
            "compute.v1.Network",
            f"{_COMPUTE}/global/networks/NETWORK",
        ),
        {
            "name": "name",
            "description": "description",
            "mode": "routingConfig.routingMode",
            "subnets": "subnetworks",
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
        links=(Link("peers_with", "gcp.compute.network", "peerings[].network"),),
    ),
    row(
        Category.SUBNET,
        Asset(
            ("compute.googleapis.com/Subnetwork",),
            "compute.v1.Subnetwork",
            f"{_COMPUTE}/regions/REGION/subnetworks/SUBNETWORK",
        ),
        {
            "name": "name",
            "description": "description",
            "type": "purpose",
            "cidr": "ipCidrRange",
            "region": Field("region", last),
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
        links=(Link("belongs_to", "gcp.compute.network", "network"),),
    ),
    row(
        Category.FIREWALL,
        Asset(
            ("compute.googleapis.com/Firewall",),
            "compute.v1.Firewall",
            f"{_COMPUTE}/global/firewalls/FIREWALL",
        ),
        {
            "name": "name",
            "description": "description",
            "mode": "direction",
            "priority": "priority",
            "suspended": "disabled",
            "admitted_ranges": "sourceRanges",
            "targets": "targetTags",
            "rules": Field("", _rules),
            "ports": Field("", _ports),
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
        links=(
            Link("guards", "gcp.compute.network", "network"),
            Link("guards", "gcp.iam.service_account", "targetServiceAccounts[]"),
            Link("admits", "gcp.iam.service_account", "sourceServiceAccounts[]"),
        ),
    ),
    row(
        Category.ADDRESS,
        Asset(
            ("compute.googleapis.com/Address", "compute.googleapis.com/GlobalAddress"),
            "compute.v1.Address",
            f"{_COMPUTE}/regions/REGION/addresses/ADDRESS",
        ),
        {
            "name": "name",
            "description": "description",
            "state": "status",
            "type": "addressType",
            "address": "address",
            "region": Field("region", last),
            "created_at": Field("creationTimestamp", instant),
        },
        links=(
            Link("runs_in", "gcp.compute.subnetwork", "subnetwork"),
            Link("attached_to", "", "users[]"),
        ),
        aliases=(Alias("address", "address"),),
        quiet=frozenset({"address"}),
    ),
)
