"""Ways in from the internet: Front Door (classic, Standard and Premium), content delivery, Traffic Manager, application gateways and
their web access lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.metrics import ANSWERED, Requests
from collectors.azure.rows import ASSUMES, Get, Rows, resource
from collectors.azure.values import each, equals, shaped
from normalize.model import Alias, Category, Field, Kind, Link, Path

_VERSION = "2025-06-01"
_STATE: Mapping[str, Path | Field] = {"state": "properties.provisioningState"}
_ENABLED = Field("properties.enabledState", equals("Enabled"))
_GATEWAY = "properties.frontendIPConfigurations[].properties"


def _listeners(listeners: Any) -> list[dict[str, Any]]:
    told = shaped(name="name", protocol="properties.protocol", host="properties.hostName", hosts="properties.hostNames")
    return told(listeners)


def _pools(pools: Any) -> list[dict[str, Any]]:
    """Pools of an application gateway with the names and addresses in them."""
    return [
        {
            "name": pool.get("name"),
            "targets": [
                a.get("fqdn") or a.get("ipAddress") for a in pool["properties"].get("backendAddresses") or () if a
            ],
        }
        for pool in pools
    ]


def _rule_sets(managed: Any) -> list[str]:
    return [f"{s['ruleSetType']} {s['ruleSetVersion']}" for s in managed["managedRuleSets"]]


def _custom_rules(rules: Any) -> list[dict[str, Any]]:
    """Rules of a web access list in the order in which they are tried; what they look for stays out."""
    told = shaped(name="name", priority="priority", type="ruleType", action="action")(rules)
    return sorted(told, key=lambda rule: rule.get("priority", 0))


_targets = shaped(
    target="properties.target",
    resource="properties.targetResourceId",
    weight="properties.weight",
    priority="properties.priority",
    region="properties.endpointLocation",
    state="properties.endpointMonitorStatus",
)

KINDS: tuple[Kind, ...] = (
    resource(
        "azure.network.application_gateway",
        Category.LOAD_BALANCER,
        Rows(
            "Microsoft.Network/applicationGateways",
            lookups=(Requests("Microsoft.Network/applicationGateways", "ResponseStatus", "HttpStatusGroup"),),
        ),
        {
            **_STATE,
            **ANSWERED,
            "phase": "properties.operationalState",
            "load_balancer_type": "properties.sku.name",
            "compute_unit_count": "properties.sku.capacity",
            "min_count": "properties.autoscaleConfiguration.minCapacity",
            "max_count": "properties.autoscaleConfiguration.maxCapacity",
            "zones": "zones",
            "listeners": Field("properties.httpListeners", _listeners),
            "backends": Field("properties.backendAddressPools", _pools),
            "tls_policy": "properties.sslPolicy.policyName",
            "private_address": "properties.frontendIPConfigurations[0].properties.privateIPAddress",
        },
        links=(
            ASSUMES,
            Link("guarded_by", "azure.network.gateway_firewall_policy", "properties.firewallPolicy.id"),
            Link("reached_by", "azure.network.public_address", f"{_GATEWAY}.publicIPAddress.id"),
            Link("runs_in", "azure.network.subnet", "properties.gatewayIPConfigurations[].properties.subnet.id"),
            Link(
                "proves_itself_by",
                "azure.keyvault.vault",
                "properties.sslCertificates[].properties.keyVaultSecretId",
            ),
        ),
        aliases=(Alias("address", f"{_GATEWAY}.privateIPAddress"),),
        sensitive=frozenset(
            {"properties.sslCertificates[].properties.data", "properties.sslCertificates[].properties.password"}
        ),
        quiet=frozenset({"properties.httpListeners", "properties.sslCertificates[].properties.publicCertData"}),
    ),
    resource(
        "azure.network.gateway_firewall_policy",
        Category.FIREWALL,
        Rows("Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies"),
        {
            **_STATE,
            "mode": "properties.policySettings.mode",
            "enabled": Field("properties.policySettings.state", equals("Enabled")),
            "rules": Field("properties.customRules", _custom_rules),
            "rule_count": Field("properties.customRules", len),
            "policies": Field("properties.managedRules", _rule_sets),
        },
        links=(Link("guards", "azure.network.application_gateway", "properties.applicationGateways[].id"),),
        sensitive=frozenset({"properties.customRules[].matchConditions"}),
    ),
    resource(
        "azure.network.front_door_firewall_policy",
        Category.FIREWALL,
        Rows("Microsoft.Network/FrontDoorWebApplicationFirewallPolicies"),
        {
            **_STATE,
            "size_class": "sku.name",
            "mode": "properties.policySettings.mode",
            "enabled": Field("properties.policySettings.enabledState", equals("Enabled")),
            "rules": Field("properties.customRules.rules", _custom_rules),
            "rule_count": Field("properties.customRules.rules", len),
            "policies": Field("properties.managedRules", _rule_sets),
        },
        links=(
            Link("guards", "azure.network.front_door", "properties.frontendEndpointLinks[].id"),
            Link("guards", "azure.cdn.profile", "properties.securityPolicyLinks[].id"),
        ),
        sensitive=frozenset({"properties.customRules.rules[].matchConditions"}),
    ),
    resource(
        "azure.network.front_door",
        Category.CDN,
        Rows(
            "Microsoft.Network/frontDoors",
            lookups=(Requests("Microsoft.Network/frontdoors", "RequestCount", "HttpStatusGroup"),),
        ),
        {
            **_STATE,
            **ANSWERED,
            "description": "properties.friendlyName",
            "enabled": _ENABLED,
            "endpoint": "properties.cname",
            "hosts": Field("properties.frontendEndpoints", each("properties.hostName")),
            "route_count": Field("properties.routingRules", len),
        },
        links=(
            Link(
                "guarded_by",
                "azure.network.front_door_firewall_policy",
                "properties.frontendEndpoints[].properties.webApplicationFirewallPolicyLink.id",
            ),
            Link(
                "proves_itself_by",
                "azure.keyvault.vault",
                "properties.frontendEndpoints[].properties.customHttpsConfiguration.keyVaultCertificateSourceParameters.vault.id",
            ),
        ),
        aliases=(
            Alias("dns", "properties.cname"),
            Alias("dns", "properties.frontendEndpoints[].properties.hostName"),
        ),
    ),
    resource(
        "azure.cdn.profile",
        Category.CDN,
        Rows(
            "Microsoft.Cdn/profiles", lookups=(Requests("Microsoft.Cdn/profiles", "RequestCount", "HttpStatusGroup"),)
        ),
        {
            **_STATE,
            **ANSWERED,
            "type": "kind",
            "size_class": "sku.name",
            "uuid": "properties.frontDoorId",
            "timeout_seconds": "properties.originResponseTimeoutSeconds",
        },
        links=(ASSUMES,),
    ),
    resource(
        "azure.cdn.front_door_endpoint",
        Category.CDN,
        Rows("Microsoft.Cdn/profiles/afdEndpoints"),
        {**_STATE, "enabled": _ENABLED, "endpoint": "properties.hostName"},
        links=(Link("part_of", "azure.cdn.profile", "$above"),),
        aliases=(Alias("dns", "properties.hostName"),),
    ),
    resource(
        "azure.cdn.endpoint",
        Category.CDN,
        Rows("Microsoft.Cdn/profiles/endpoints"),
        {
            **_STATE,
            "phase": "properties.resourceState",
            "endpoint": "properties.hostName",
            "root_path": "properties.originPath",
            "backends": Field("properties.origins", shaped(name="name", host="properties.hostName")),
        },
        links=(Link("part_of", "azure.cdn.profile", "$above"),),
        aliases=(Alias("dns", "properties.hostName"),),
    ),
    resource(
        "azure.cdn.route",
        Category.CDN,
        Get("{$parent.$id}/routes", _VERSION, under="azure.cdn.front_door_endpoint"),
        {
            **_STATE,
            "enabled": _ENABLED,
            "routes": "properties.patternsToMatch",
            "protocol": "properties.forwardingProtocol",
            "root_path": "properties.originPath",
        },
        tags="",
        links=(
            Link("routes_to", "azure.cdn.origin_group", "properties.originGroup.id"),
            Link("serves", "azure.cdn.custom_domain", "properties.customDomains[].id"),
        ),
    ),
    resource(
        "azure.cdn.origin_group",
        Category.CDN,
        Get("{$parent.$id}/originGroups", _VERSION, under="azure.cdn.profile", parents=lambda p: _is_front_door(p)),
        {**_STATE, "settings": "properties.healthProbeSettings"},
        tags="",
    ),
    resource(
        "azure.cdn.origin",
        Category.CDN,
        Get("{$parent.$id}/origins", _VERSION, under="azure.cdn.origin_group"),
        {
            **_STATE,
            "enabled": _ENABLED,
            "hostname": "properties.hostName",
            "port": "properties.httpsPort",
            "priority": "properties.priority",
            "weight": "properties.weight",
            "region": "properties.sharedPrivateLinkResource.privateLinkLocation",
        },
        tags="",
        links=(
            Link("routes_to", "", "properties.azureOrigin.id"),
            Link("connects", "", "properties.sharedPrivateLinkResource.privateLink.id"),
        ),
    ),
    resource(
        "azure.cdn.custom_domain",
        Category.CDN,
        Get("{$parent.$id}/customDomains", _VERSION, under="azure.cdn.profile", parents=lambda p: _is_front_door(p)),
        {
            **_STATE,
            "phase": "properties.domainValidationState",
            "hostname": "properties.hostName",
            "tls_policy": "properties.tlsSettings.minimumTlsVersion",
        },
        tags="",
        links=(Link("registers_in", "azure.network.dns_zone", "properties.azureDnsZone.id"),),
        aliases=(Alias("dns", "properties.hostName"),),
        sensitive=frozenset({"properties.validationProperties"}),
    ),
    resource(
        "azure.network.traffic_manager",
        Category.LOAD_BALANCER,
        Rows("Microsoft.Network/trafficManagerProfiles"),
        {
            "state": "properties.profileStatus",
            "phase": "properties.monitorConfig.profileMonitorStatus",
            "strategy": "properties.trafficRoutingMethod",
            "endpoint": "properties.dnsConfig.fqdn",
            "ttl_seconds": "properties.dnsConfig.ttl",
            "backends": Field("properties.endpoints", _targets),
        },
        links=(Link("routes_to", "", "properties.endpoints[].properties.targetResourceId"),),
        aliases=(Alias("dns", "properties.dnsConfig.fqdn"),),
        quiet=frozenset({"properties.dnsConfig"}),
    ),
)


def _is_front_door(profile: Mapping[str, Any]) -> bool:
    """Whether a profile is of Front Door, which alone has origin groups and custom domains of its own. Source: azure-mgmt-cdn 14.1,
    SkuName, read 2026-11-24."""
    return str((profile.get("sku") or {}).get("name")).endswith("_AzureFrontDoor")
