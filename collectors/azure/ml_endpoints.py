"""Azure Machine Learning: online endpoints and what is deployed behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.ml_workspaces import MADE, STATE, TYPE, WORKSPACE
from collectors.azure.rows import ASSUMES, Rows, resource
from collectors.azure.sizes import Sizes, on_machines
from collectors.azure.traffic import Traffic
from collectors.azure.values import equals, seconds
from collectors.traffic import CLIENT_ERRORS, ERRORS, LATENCY, MEASURED, TRAFFIC
from normalize.mapping import MISSING, read
from normalize.model import Alias, Category, Field, Kind, Link, Path

_SCALE = "properties.scaleSettings"
_SCALING = {
    "type": "scaleType",
    "min": "minInstances",
    "max": "maxInstances",
    "target_percent": "targetUtilizationPercentage",
    "interval": "pollingInterval",
}


def shares(traffic: Any) -> list[dict[str, Any]]:
    """{"blue": 90, "green": 10} -> deployments with their share of the requests."""
    return [{"name": name, "weight": weight / 100} for name, weight in traffic.items()]


def _scaling(settings: Any) -> dict[str, Any]:
    return {ours: settings[theirs] for ours, theirs in _SCALING.items() if settings.get(theirs) is not None}


def _recorded(collector: Any) -> bool:
    """Whether any collection of a deployment records."""
    collections = collector.get("collections") or {}
    return any(equals("Enabled")(c.get("dataCollectionMode")) for c in collections.values())


def _sampled(collector: Any) -> Any:
    """Share of requests recorded, where all collections say the same."""
    rates = {c.get("samplingRate") for c in (collector.get("collections") or {}).values()} - {None}
    return float(rates.pop()) if len(rates) == 1 else MISSING


def _gpus(limits: Any) -> Any:
    """Accelerators that a container of a deployment on Kubernetes may have."""
    asked = read(limits, "gpu")
    return MISSING if asked is MISSING or asked is None else int(asked)


_TRAFFIC = Traffic(
    ("RequestsPerMinute",),
    aggregation="Average",
    status="statusCode",
    split=("deployment", "statusCodeClass", "modelStatusCode"),
    latency=("RequestLatency_P50", "RequestLatency_P99"),
)
"""Requests of a minute are told as an average of every series, of which each has another deployment and status."""
_USE = Traffic(
    gauges={
        "Cpus": "CpuUtilizationPercentage",
        "Memory": "CpuMemoryUtilizationPercentage",
        "Accelerators": "GpuUtilizationPercentage",
        "AcceleratorMemories": "GpuMemoryUtilizationPercentage",
    }
)

COMMON: Mapping[str, Path | Field] = {
    **STATE,
    "description": "properties.description",
    "endpoint": "properties.scoringUri",
    "auth_mode": "properties.authMode",
    **MADE,
}
"""Fields of every endpoint."""
IN = Link("part_of", WORKSPACE, "$above")
QUIET = frozenset({"properties.scoringUri", "properties.swaggerUri"})

KINDS: tuple[Kind, ...] = (
    resource(
        "azure.machinelearning.online_endpoint",
        Category.ENDPOINT,
        Rows(f"{TYPE}/onlineEndpoints", lookups=(_TRAFFIC,)),
        {
            **COMMON,
            **MEASURED,
            **LATENCY,
            **ERRORS,
            **CLIENT_ERRORS,
            "type": "kind",
            "public": Field("properties.publicNetworkAccess", equals("Enabled")),
            "variants": Field("properties.traffic", shares),
            "variant_count": Field("properties.traffic", len),
            "shadow_variants": Field("properties.mirrorTraffic", shares),
            "shadow_variant_count": Field("properties.mirrorTraffic", len),
        },
        links=(
            ASSUMES,
            IN,
            Link("runs_on", "azure.machinelearning.kubernetes_compute", "properties.compute", within="account"),
        ),
        aliases=(Alias("uri", "properties.scoringUri"),),
        sensitive=frozenset({"properties.keys"}),
        quiet=QUIET,
    ),
    resource(
        "azure.machinelearning.online_deployment",
        Category.DEPLOYMENT,
        Rows(f"{TYPE}/onlineEndpoints/deployments", lookups=(Sizes("properties.instanceType"), _USE)),
        {
            **STATE,
            **on_machines("sku.capacity"),
            "utilization_window_days": f"{TRAFFIC}.Days",
            "cpu_utilization_ratio": f"{TRAFFIC}.Cpus",
            "memory_utilization_ratio": f"{TRAFFIC}.Memory",
            "accelerator_utilization_ratio": f"{TRAFFIC}.Accelerators",
            "accelerator_memory_utilization_ratio": f"{TRAFFIC}.AcceleratorMemories",
            **MADE,
            "description": "properties.description",
            "type": "properties.endpointComputeType",
            "instance_type": "properties.instanceType",
            "instance_count": "sku.capacity",
            "size_class": "sku.name",
            "min_count": f"{_SCALE}.minInstances",
            "max_count": f"{_SCALE}.maxInstances",
            "autoscaled": Field(f"{_SCALE}.scaleType", equals("TargetUtilization")),
            "scaling": Field(_SCALE, _scaling),
            "models": Field("properties.model", lambda model: [model]),
            "mount_point": "properties.modelMountPath",
            "script_path": "properties.codeConfiguration.scoringScript",
            "keys": Field("properties.environmentVariables", sorted),
            "environment": "properties.environmentVariables",
            "parallelism_count": "properties.requestSettings.maxConcurrentRequestsPerInstance",
            "timeout_seconds": Field("properties.requestSettings.requestTimeout", seconds),
            "wait_seconds": Field("properties.requestSettings.maxQueueWait", seconds),
            "data_capture": Field("properties.dataCollector", _recorded),
            "data_capture_ratio": Field("properties.dataCollector", _sampled),
            "internet_access": Field("properties.egressPublicNetworkAccess", equals("Enabled")),
            "monitored": "properties.appInsightsEnabled",
            "requests": "properties.containerResourceRequirements.containerResourceRequests",
            "limits": "properties.containerResourceRequirements.containerResourceLimits",
            "accelerator_requested_count": Field(
                "properties.containerResourceRequirements.containerResourceLimits", _gpus
            ),
        },
        links=(
            ASSUMES,
            Link("part_of", "azure.machinelearning.online_endpoint", "$above"),
            Link("serves", "azure.machinelearning.model_version", "properties.model"),
            Link("uses", "azure.machinelearning.environment_version", "properties.environmentId"),
            Link("uses", "azure.machinelearning.code_version", "properties.codeConfiguration.codeId"),
        ),
        sensitive=frozenset({"properties.environmentVariables"}),
        quiet=QUIET,
    ),
)
