"""Container Apps, container instances, web apps and functions, and the machines under them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.rows import ASSUMES, Rows, resource
from collectors.azure.values import each, equals
from normalize.accelerators import accelerator, total
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Kind, Link, Path
from normalize.units import instant

_REGISTRY = "azure.containerregistry.registry"
_ENVIRONMENT = "azure.app.environment"
_PROFILES: Mapping[str, tuple[str, int]] = {
    "Consumption-GPU-NC8as-T4": ("T4", 1),
    "Consumption-GPU-NC24-A100": ("A100", 1),
    "NC24-A100": ("A100", 1),
    "NC48-A100": ("A100", 2),
    "NC96-A100": ("A100", 4),
}
"""Workload profile -> accelerator, and how many of them a machine (or a replica, of Consumption) has. Source: Azure documentation, "Use
workload profiles in Azure Container Apps" and "Workload profiles in Azure Container Apps"; Azure CLI's own tests of
`containerapp env workload-profile list-supported` (2 and 4 GPUs); read 2026-11-24."""


def _profiles(profiles: Any) -> list[dict[str, Any]]:
    return [
        {
            "name": p["name"],
            "instance_type": p["workloadProfileType"],
            "min_count": p.get("minimumCount"),
            "max_count": p.get("maximumCount"),
            "accelerators": _accelerators(p["workloadProfileType"]),
        }
        for p in profiles
    ]


def _accelerators(profile: str) -> list[dict[str, Any]]:
    model, count = _PROFILES.get(profile, ("", 0))
    return [accelerator("nvidia", model, count)] if count else []


def _requested(containers: Any) -> list[dict[str, Any]]:
    """Accelerators that the containers of a group ask for."""
    asked = (c["properties"]["resources"]["requests"].get("gpu") for c in containers)
    return [accelerator("nvidia", gpu["sku"], int(gpu["count"])) for gpu in asked if gpu]


def _cpus(containers: Any) -> float:
    return sum(float(c["properties"]["resources"]["requests"]["cpu"]) for c in containers)


def _schedule(trigger: Any) -> Any:
    return trigger.get("cronExpression") or MISSING


def _is_function(site: Any) -> bool:
    return "functionapp" in str(site.get("kind")).lower()


_SECRET_OF_APPS = frozenset(
    {
        "properties.configuration.secrets",
        "properties.template.containers[].env",
        "properties.template.initContainers[].env",
    }
)
_SITE: Mapping[str, Path | Field] = {
    "state": "properties.state",
    "type": "kind",
    "hostname": "properties.defaultHostName",
    "hosts": "properties.hostNames",
    "modified_at": Field("properties.lastModifiedTimeUtc", instant),
}
_SITE_LINKS = (
    ASSUMES,
    Link("runs_in", "azure.network.subnet", "properties.virtualNetworkSubnetId"),
    Link("runs_on", "azure.web.plan", "properties.serverFarmId"),
)
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
        _ENVIRONMENT,
        Category.CLUSTER,
        Rows("Microsoft.App/managedEnvironments"),
        {
            "state": "properties.provisioningState",
            "address": "properties.staticIp",
            "hostname": "properties.defaultDomain",
            "multi_zone": "properties.zoneRedundant",
            "node_groups": Field("properties.workloadProfiles", _profiles),
            "instance_types": Field("properties.workloadProfiles", each("workloadProfileType")),
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
            Link("runs_in", _ENVIRONMENT, "properties.managedEnvironmentId"),
            Link("uses_image", _REGISTRY, "properties.template.containers[].image"),
        ),
        aliases=(Alias("dns", "properties.configuration.ingress.fqdn"),),
        sensitive=_SECRET_OF_APPS,
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
    resource(
        "azure.app.job",
        Category.WORKLOAD,
        Rows("Microsoft.App/jobs"),
        {
            "state": "properties.provisioningState",
            "type": "properties.configuration.triggerType",
            "images": Field("properties.template.containers", each("image")),
            "size_class": "properties.workloadProfileName",
            "schedule": Field("properties.configuration.scheduleTriggerConfig", _schedule),
            "timeout_seconds": "properties.configuration.replicaTimeout",
            "retry_count": "properties.configuration.replicaRetryLimit",
        },
        links=(
            ASSUMES,
            Link("runs_in", _ENVIRONMENT, "properties.environmentId"),
            Link("uses_image", _REGISTRY, "properties.template.containers[].image"),
        ),
        sensitive=_SECRET_OF_APPS,
        quiet=frozenset({"properties.eventStreamEndpoint", "properties.outboundIpAddresses"}),
    ),
    resource(
        "azure.app.session_pool",
        Category.WORKLOAD,
        Rows("Microsoft.App/sessionPools"),
        {
            "state": "properties.provisioningState",
            "type": "properties.containerType",
            "mode": "properties.poolManagementType",
            "images": Field("properties.customContainerTemplate.containers", each("image")),
            "max_concurrency_count": "properties.scaleConfiguration.maxConcurrentSessions",
            "warm_count": "properties.scaleConfiguration.readySessionInstances",
            "endpoint": "properties.poolManagementEndpoint",
        },
        links=(
            ASSUMES,
            Link("runs_in", _ENVIRONMENT, "properties.environmentId"),
            Link("uses_image", _REGISTRY, "properties.customContainerTemplate.containers[].image"),
        ),
        aliases=(Alias("uri", "properties.poolManagementEndpoint"),),
        sensitive=frozenset({"properties.secrets", "properties.customContainerTemplate.containers[].env"}),
        quiet=frozenset({"properties.poolManagementEndpoint"}),
    ),
    resource(
        "azure.containerinstance.group",
        Category.WORKLOAD,
        Rows("Microsoft.ContainerInstance/containerGroups"),
        {
            "state": "properties.provisioningState",
            "os": "properties.osType",
            "size_class": "properties.sku",
            "spot": Field("properties.priority", equals("Spot")),
            "images": Field("properties.containers", each("properties.image")),
            "container_count": Field("properties.containers", len),
            "cpu_request_count": Field("properties.containers", _cpus),
            "accelerators": Field("properties.containers", _requested),
            "accelerator_requested_count": Field("properties.containers", lambda found: total(_requested(found))),
            "address": "properties.ipAddress.ip",
            "hostname": "properties.ipAddress.fqdn",
        },
        links=(
            ASSUMES,
            Link("uses_image", _REGISTRY, "properties.containers[].properties.image"),
            Link("runs_in", "azure.network.subnet", "properties.subnetIds[].id"),
        ),
        aliases=(Alias("dns", "properties.ipAddress.fqdn"), Alias("address", "properties.ipAddress.ip")),
        sensitive=frozenset(
            {
                "properties.containers[].properties.environmentVariables",
                "properties.initContainers[].properties.environmentVariables",
                "properties.imageRegistryCredentials[].password",
                "properties.volumes[].secret",
                "properties.volumes[].azureFile.storageAccountKey",
                "properties.diagnostics.logAnalytics.workspaceKey",
                "properties.extensions[].properties.protectedSettings",
            }
        ),
        quiet=frozenset({"properties.ipAddress"}),
    ),
    resource(
        "azure.web.static_site",
        Category.WORKLOAD,
        Rows("Microsoft.Web/staticSites"),
        {
            "size_class": "sku.name",
            "hostname": "properties.defaultHostname",
            "hosts": "properties.customDomains",
            "repository": "properties.repositoryUrl",
            "branch": "properties.branch",
        },
        links=(ASSUMES, Link("calls", "", "properties.linkedBackends[].backendResourceId")),
        aliases=(Alias("dns", "properties.defaultHostname"), Alias("dns", "properties.customDomains[]")),
        sensitive=frozenset({"properties.repositoryToken"}),
        quiet=frozenset({"properties.defaultHostname", "properties.customDomains"}),
    ),
    resource(
        "azure.web.certificate",
        Category.CERTIFICATE,
        Rows("Microsoft.Web/certificates"),
        {
            "hosts": "properties.hostNames",
            "expires_at": Field("properties.expirationDate", instant),
            "created_at": Field("properties.issueDate", instant),
        },
        links=(Link("made_from", "azure.keyvault.vault", "properties.keyVaultId"),),
        sensitive=frozenset({"properties.password", "properties.pfxBlob"}),
        quiet=frozenset({"properties.hostNames", "properties.cerBlob", "properties.publicKeyHash"}),
    ),
    resource(
        "azure.web.plan",
        Category.CLUSTER,
        Rows("Microsoft.Web/serverFarms"),
        {
            "state": "properties.status",
            "type": "kind",
            "size_class": "sku.name",
            "instance_count": "sku.capacity",
            "max_count": "properties.maximumNumberOfWorkers",
            "service_count": "properties.numberOfSites",
            "multi_zone": "properties.zoneRedundant",
            "spot": "properties.isSpot",
        },
    ),
)
