"""Firewalls with their policies and rules, bastions, groups of addresses, services behind private links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.rows import ASSUMES, Get, Rows, resource
from collectors.azure.values import shaped
from normalize.model import Alias, Category, Field, Kind, Link, Path

_VERSION = "2024-05-01"
_STATE: Mapping[str, Path | Field] = {"state": "properties.provisioningState"}
_POLICY = "azure.network.firewall_policy"
_FRONT = "properties.ipConfigurations[].properties"

_rule = shaped(
    name="name",
    type="ruleType",
    sources="sourceAddresses",
    targets="destinationAddresses",
    hosts="targetFqdns",
    ports="destinationPorts",
    protocols="ipProtocols",
    translated_address="translatedAddress",
    translated_port="translatedPort",
)


def _rules(collections: Any) -> list[dict[str, Any]]:
    """Rules of all collections of a group, in the order in which the collections are tried."""
    return [
        {"collection": c["name"], "action": (c.get("action") or {}).get("type"), **rule}
        for c in sorted(collections, key=lambda c: c.get("priority", 0))
        for rule in _rule(c.get("rules") or ())
    ]


def _count(collections: Any) -> int:
    return sum(len(c.get("rules") or ()) for c in collections)


KINDS: tuple[Kind, ...] = (
    resource(
        "azure.network.firewall",
        Category.FIREWALL,
        Rows("Microsoft.Network/azureFirewalls"),
        {
            **_STATE,
            "size_class": "properties.sku.tier",
            "type": "properties.sku.name",
            "mode": "properties.threatIntelMode",
            "zones": "zones",
            "private_address": "properties.ipConfigurations[0].properties.privateIPAddress",
        },
        links=(
            Link("governed_by", _POLICY, "properties.firewallPolicy.id"),
            Link("runs_in", "azure.network.subnet", f"{_FRONT}.subnet.id"),
            Link("uses", "azure.network.public_address", f"{_FRONT}.publicIPAddress.id"),
            Link("part_of", "azure.network.virtual_hub", "properties.virtualHub.id"),
        ),
        aliases=(Alias("address", f"{_FRONT}.privateIPAddress"),),
    ),
    resource(
        _POLICY,
        Category.FIREWALL,
        Rows("Microsoft.Network/firewallPolicies"),
        {
            **_STATE,
            "size_class": "properties.sku.tier",
            "mode": "properties.threatIntelMode",
            "settings": "properties.dnsSettings",
        },
        links=(
            ASSUMES,
            Link("made_from", _POLICY, "properties.basePolicy.id"),
            Link(
                "trusts", "azure.keyvault.vault", "properties.transportSecurity.certificateAuthority.keyVaultSecretId"
            ),
        ),
        quiet=frozenset({"properties.firewalls", "properties.childPolicies", "properties.ruleCollectionGroups"}),
    ),
    resource(
        "azure.network.rule_collection_group",
        Category.FIREWALL,
        Get("{$parent.$id}/ruleCollectionGroups", _VERSION, under=_POLICY),
        {
            **_STATE,
            "rules": Field("properties.ruleCollections", _rules),
            "rule_count": Field("properties.ruleCollections", _count),
        },
        tags="",
        links=(
            Link("uses", "azure.network.address_group", "properties.ruleCollections[].rules[].sourceIpGroups[]"),
            Link("uses", "azure.network.address_group", "properties.ruleCollections[].rules[].destinationIpGroups[]"),
        ),
        sensitive=frozenset({"properties.ruleCollections[].rules[].httpHeadersToInsert"}),
    ),
    resource(
        "azure.network.address_group",
        Category.FIREWALL,
        Rows("Microsoft.Network/ipGroups"),
        {**_STATE, "admitted_ranges": "properties.ipAddresses"},
        quiet=frozenset({"properties.ipAddresses", "properties.firewalls", "properties.firewallPolicies"}),
    ),
    resource(
        "azure.network.application_security_group",
        Category.FIREWALL,
        Rows("Microsoft.Network/applicationSecurityGroups"),
        {**_STATE},
    ),
    resource(
        "azure.network.bastion",
        Category.GATEWAY,
        Rows("Microsoft.Network/bastionHosts"),
        {
            **_STATE,
            "size_class": "sku.name",
            "compute_unit_count": "properties.scaleUnits",
            "endpoint": "properties.dnsName",
            "zones": "zones",
        },
        links=(
            Link("runs_in", "azure.network.subnet", f"{_FRONT}.subnet.id"),
            Link("reached_by", "azure.network.public_address", f"{_FRONT}.publicIPAddress.id"),
        ),
        aliases=(Alias("dns", "properties.dnsName"),),
        quiet=frozenset({"properties.dnsName"}),
    ),
    resource(
        "azure.network.public_address_prefix",
        Category.ADDRESS,
        Rows("Microsoft.Network/publicIPPrefixes"),
        {**_STATE, "type": "sku.name", "cidr": "properties.ipPrefix", "zones": "zones"},
        links=(
            Link("holds", "azure.network.public_address", "properties.publicIPAddresses[].id"),
            Link("attached_to", "azure.network.nat_gateway", "properties.natGateway.id"),
        ),
        quiet=frozenset({"properties.ipPrefix"}),
    ),
    resource(
        "azure.network.private_link_service",
        Category.PRIVATE_LINK,
        Rows("Microsoft.Network/privateLinkServices"),
        {
            **_STATE,
            "hostname": "properties.alias",
            "hosts": "properties.fqdns",
            "shared_with": "properties.visibility.subscriptions",
        },
        links=(
            Link("serves", "azure.network.load_balancer", "properties.loadBalancerFrontendIpConfigurations[].id"),
            Link("runs_in", "azure.network.subnet", f"{_FRONT}.subnet.id"),
            Link("admits", "", "properties.privateEndpointConnections[].properties.privateEndpoint.id"),
        ),
        aliases=(Alias("dns", "properties.alias"), Alias("dns", "properties.fqdns[]")),
        quiet=frozenset({"properties.alias", "properties.fqdns"}),
    ),
    resource(
        "azure.network.ddos_protection_plan",
        Category.FIREWALL,
        Rows("Microsoft.Network/ddosProtectionPlans"),
        {**_STATE},
        links=(
            Link("guards", "azure.network.virtual_network", "properties.virtualNetworks[].id"),
            Link("guards", "azure.network.public_address", "properties.publicIPAddresses[].id"),
        ),
    ),
)
