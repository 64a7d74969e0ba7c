"""Networks of Compute Engine: networks, subnets, firewall rules and policies, addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.accelerators import last
from collectors.gcp.rows import Asset, row
from collectors.gcp.values import picked
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


def _unpaired(peerings: Any) -> list[str]:
    """Peerings that do not work, and what is said of them."""
    return [f"{p['name']}: {p.get('stateDetails', p['state'])}" for p in peerings if p.get("state") != "ACTIVE"]


def _policy_rules(rules: Any) -> list[dict[str, Any]]:
    """Rules of a firewall policy: order, direction, what is done, with which traffic."""
    keys = ("priority", "direction", "action", "disabled", "match")
    return [{key: rule[key] for key in keys if key in rule} for rule in rules]


def _guarded(policy: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a firewall policy stands before: networks by their links, folders and the organisation by their full names."""
    targets = [a["attachmentTarget"] for a in policy.get("associations") or () if a.get("attachmentTarget")]
    above = [
        f"//cloudresourcemanager.googleapis.com/{t}" for t in targets if t.startswith(("folders/", "organizations/"))
    ]
    return {"$Networks": [t for t in targets if "/networks/" in t], "$Containers": above}


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
            "connection_count": Field("peerings", len),
            "problems": Field("peerings", _unpaired),
            "settings": Field("", picked("autoCreateSubnetworks", "mtu", "networkFirewallPolicyEnforcementOrder")),
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
        links=(
            Link("peers_with", "gcp.compute.network", "peerings[].network"),
            Link("guarded_by", "gcp.compute.firewall_policy", "firewallPolicy"),
        ),
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
            "settings": Field("", picked("privateIpGoogleAccess", "stackType", "secondaryIpRanges", "logConfig")),
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
        links=(Link("part_of", "gcp.compute.network", "network"),),
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
        Category.FIREWALL,
        Asset(
            ("compute.googleapis.com/FirewallPolicy",),
            "compute.v1.FirewallPolicy",
            f"{_COMPUTE}/global/firewallPolicies/FIREWALL_POLICY",
            derive=_guarded,
        ),
        {
            "name": Field("", lambda policy: policy.get("shortName") or policy["name"]),
            "description": "description",
            "type": "policyType",
            "rules": Field("rules", _policy_rules),
            "rule_count": Field("rules", len),
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
        links=(
            Link("guards", "gcp.compute.network", "$Networks[]"),
            Link("guards", "", "$Containers[]", optional=True),
            Link("guards", "gcp.iam.service_account", "rules[].targetServiceAccounts[]"),
        ),
        quiet=frozenset({"rules[].match", "associations"}),
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
