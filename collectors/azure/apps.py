"""Container Apps, web apps and functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.rows import ASSUMES, Rows, resource
from collectors.azure.values import each
from normalize.model import Alias, Category, Field, Kind, Link, Path
from normalize.units import instant


def _is_function(site: Any) -> bool:
    return "functionapp" in str(site.get("kind")).lower()


_SITE: Mapping[str, Path | Field] = {
    "state": "properties.state",
    "type": "kind",
    "hostname": "properties.defaultHostName",
    "hosts": "properties.hostNames",
    "modified_at": Field("properties.lastModifiedTimeUtc", instant),
}
_SITE_LINKS = (ASSUMES, Link("runs_in", "azure.network.subnet", "properties.virtualNetworkSubnetId"))
_SITE_QUIET = frozenset(
    {
        "properties.hostNames",
        "properties.enabledHostNames",
        "properties.hostNameSslStates",
        "properties.outboundIpAddresses",
    }
    | {"properties.possibleOutboundIpAddresses", "properties.defaultHostName"}
)
_SITE_NAMES = (Alias("dns", "properties.defaultHostName"), Alias("dns", "properties.hostNames[]"))

KINDS: tuple[Kind, ...] = (
    resource(
        "azure.app.environment",
        Category.CLUSTER,
        Rows("Microsoft.App/managedEnvironments"),
        {
            "state": "properties.provisioningState",
            "address": "properties.staticIp",
            "hostname": "properties.defaultDomain",
            "multi_zone": "properties.zoneRedundant",
        },
        links=(Link("runs_in", "azure.network.subnet", "properties.vnetConfiguration.infrastructureSubnetId"),),
        sensitive=frozenset({"properties.daprAIInstrumentationKey", "properties.daprAIConnectionString"}),
        quiet=frozenset({"properties.defaultDomain", "properties.staticIp"}),
    ),
    resource(
        "azure.app.container_app",
        Category.WORKLOAD,
        Rows("Microsoft.App/containerApps"),
        {
            "state": "properties.runningStatus",
            "hostname": "properties.configuration.ingress.fqdn",
            "images": Field("properties.template.containers", each("image")),
            "min_count": "properties.template.scale.minReplicas",
            "max_count": "properties.template.scale.maxReplicas",
            "size_class": "properties.workloadProfileName",
        },
        links=(
            ASSUMES,
            Link("runs_in", "azure.app.environment", "properties.managedEnvironmentId"),
            Link("uses_image", "azure.containerregistry.registry", "properties.template.containers[].image"),
        ),
        aliases=(Alias("dns", "properties.configuration.ingress.fqdn"),),
        quiet=frozenset(
            {"properties.configuration.ingress.fqdn", "properties.latestRevisionFqdn", "properties.eventStreamEndpoint"}
        ),
    ),
    resource(
        "azure.web.function_app",
        Category.FUNCTION,
        Rows("Microsoft.Web/sites", keep=_is_function),
        _SITE,
        links=_SITE_LINKS,
        aliases=_SITE_NAMES,
        quiet=_SITE_QUIET,
    ),
    resource(
        "azure.web.site",
        Category.WORKLOAD,
        Rows("Microsoft.Web/sites", keep=lambda site: not _is_function(site)),
        _SITE,
        links=_SITE_LINKS,
        aliases=_SITE_NAMES,
        quiet=_SITE_QUIET,
    ),
)
