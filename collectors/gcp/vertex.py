"""Vertex AI: models and the endpoints that serve them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.gcp.accelerators import last
from collectors.gcp.metrics import METRICS, Gauges, Question, Traffic
from collectors.gcp.rows import Get, Listing, row
from collectors.gcp.values import seconds
from collectors.gcp.vertex_parts import (
    CREATED,
    ENCRYPTED,
    HOST,
    KEY,
    NAMED,
    OWN,
    SHAPE,
    Machines,
    listed,
    reservations,
    run_on,
    swept,
    whole,
)
from collectors.traffic import CLIENT_ERRORS, ERRORS, LATENCY, MEASURED
from normalize.identity import gcp_name
from normalize.mapping import LINKS, MISSING
from normalize.model import Alias, Category, Field, Link, Path
from normalize.units import instant

_ONLINE = "aiplatform.googleapis.com/prediction/online"


def _of_endpoint(metric: str, *, share: bool = False, also: str = "") -> Question:
    """A metric of every endpoint; latencies are in milliseconds. Source: Cloud Monitoring documentation, "Google Cloud metrics",
    aiplatform; cloud-custodian/cloud-custodian, tools/c7n_gcp (labels); read 2026-11-24."""
    labels = ("resource.label.location", "resource.label.endpoint_id")
    reducer = "REDUCE_MEAN" if share else "REDUCE_SUM"
    return Question(
        f"{_ONLINE}/{metric}", labels, ("$asset.location", "$asset.id"), reducer=reducer, share=share, also=also
    )


_TRAFFIC = Traffic(
    _of_endpoint("response_count"),
    latency=_of_endpoint("prediction_latencies", also='metric.label.latency_type = "total"'),
    errors=_of_endpoint("response_count", also='metric.label.response_code = "5xx"'),
    client_errors=_of_endpoint("response_count", also='metric.label.response_code = "4xx"'),
    alive=_of_endpoint("replicas"),
    only="$Public",
)
_PRIVATE_TRAFFIC = Traffic(
    _of_endpoint("private/response_count"), latency=_of_endpoint("private/prediction_latencies"), only="$Private"
)
"""Requests of endpoints inside a network are counted elsewhere. Of those behind Private Service Connect it was not read where:
silence is not taken for zero."""


def _of_resources(pool: Mapping[str, Any]) -> list[Machines]:
    """Machines of a pool: the fewest that are kept."""
    resources = pool.get("dedicatedResources") or {}
    return [Machines(resources.get("machineSpec") or {}, whole(resources.get("minReplicaCount")))]


def _deployed(endpoint: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(endpoint.get("deployedModels") or ())


def _replicas(model: Mapping[str, Any]) -> int | None:
    """Replicas that are there, else the fewest that are kept."""
    resources = model.get("dedicatedResources") or model.get("automaticResources") or {}
    found = (model.get("status") or {}).get("availableReplicaCount", resources.get("minReplicaCount"))
    return None if found is None else int(found)


def _machines(endpoint: Mapping[str, Any]) -> Iterator[Machines]:
    """Machines of an endpoint's own; those of a shared pool are the pool's."""
    for model in _deployed(endpoint):
        if "sharedResources" not in model:
            spec = (model.get("dedicatedResources") or {}).get("machineSpec") or {}
            yield Machines(spec, _replicas(model))


def _variants(endpoint: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Deployed models: name, model, version, instance type, replicas, share of traffic."""
    split = endpoint.get("trafficSplit") or {}
    return [_variant(model, split) for model in _deployed(endpoint)]


def _scaling(resources: Mapping[str, Any]) -> dict[str, Any]:
    names = {"minReplicaCount": "min", "maxReplicaCount": "max"}
    return {ours: resources[name] for name, ours in names.items() if name in resources}


def _variant(model: Mapping[str, Any], split: Mapping[str, Any]) -> dict[str, Any]:
    resources = model.get("dedicatedResources") or {}
    found = {
        "name": model.get("displayName") or model.get("id"),
        "model": last(model["model"]).partition("@")[0] if model.get("model") else None,
        "version": model.get("modelVersionId"),
        "instance_type": (resources.get("machineSpec") or {}).get("machineType"),
        "count": _replicas(model),
        "weight": split.get(str(model.get("id")), 0) / 100,
        "scaling": _scaling(resources) if resources else None,
        "pool": last(model["sharedResources"]) if model.get("sharedResources") else None,
        "spot": resources.get("spot"),
    }
    return {key: value for key, value in found.items() if value is not None}


def _serverless(endpoint: Mapping[str, Any]) -> bool:
    """Whether Google picks the machines of a deployed model."""
    return any("automaticResources" in model for model in _deployed(endpoint))


def _spot(endpoint: Mapping[str, Any]) -> bool:
    return any((model.get("dedicatedResources") or {}).get("spot") for model in _deployed(endpoint))


def _private(endpoint: Mapping[str, Any]) -> bool:
    """Reachable from inside a network alone, by peering or by Private Service Connect."""
    connect = endpoint.get("privateServiceConnectConfig") or {}
    return bool(
        endpoint.get("network")
        or endpoint.get("enablePrivateServiceConnect")
        or connect.get("enablePrivateServiceConnect")
    )


def _served(endpoint: Mapping[str, Any]) -> Mapping[str, Any]:
    """Models and versions that an endpoint serves, as full relative names; its host name; where its requests are counted."""
    own = [
        model
        for model in _deployed(endpoint)
        if "/models/" in model.get("model", "") and "publishers/" not in model["model"]
    ]
    plain = [model["model"].partition("@")[0] for model in own]
    versions = [
        f"{name}@{model['modelVersionId']}"
        for name, model in zip(plain, own, strict=True)
        if model.get("modelVersionId")
    ]
    dns = str(endpoint.get("dedicatedEndpointDns", "")).removeprefix("https://")
    where = "$Private" if _private(endpoint) else "$Public"
    found = {"$Models": plain, "$Versions": versions, where: True, **({"$Dns": dns} if dns else {})}
    return {**found, LINKS: _network(endpoint)}


def _network(endpoint: Mapping[str, Any]) -> list[dict[str, str]]:
    """The mention of the network that a private endpoint is peered with."""
    value, kind = str(endpoint.get("network", "")), "gcp.compute.network"
    name = gcp_name(value, kind)
    if name is None:
        return []
    where = {"account": name.account, "place": name.place}
    return [{"verb": "runs_in", "key": name.key, "path": "$.network", "value": value, "target": kind, **where}]


def _framework(uri: Any) -> Any:
    """Framework of one of Google's own serving images: "…/vertex-ai/prediction/pytorch-gpu.2-1:latest" -> "pytorch"."""
    m = _PREBUILT.search(str(uri))
    return m["framework"] if m else MISSING


def _framework_version(uri: Any) -> Any:
    m = _PREBUILT.search(str(uri))
    return m["version"].replace("-", ".") if m else MISSING


_MODEL_LINKS = (
    Link("reads_from", "gcp.storage.bucket", "artifactUri"),
    Link("uses_image", "gcp.artifactregistry.repository", "containerSpec.imageUri"),
    Link("made_by", "gcp.aiplatform.training_pipeline", "trainingPipeline", optional=True),
    Link("made_by", "gcp.aiplatform.pipeline_job", "pipelineJob", optional=True),
    Link("made_from", "gcp.aiplatform.model_version", "originalModelInfo.model", optional=True),
    KEY,
)
_PREBUILT = re.compile(r"/vertex-ai/prediction/(?P<framework>[a-z]+\d?)-(?:cpu|gpu|tpu)\.(?P<version>\d+-\d+)")
"""How Google names its own serving images: "tf2-gpu.2-15", "sklearn-cpu.1-3". Source: Vertex AI documentation, "Prebuilt containers
for inference", read 2026-11-24."""
_MODEL = "deployedModels[]"
_LOGGED = "predictRequestResponseLoggingConfig"

_MODEL_FIELDS: Mapping[str, Path | Field] = {
    **ENCRYPTED,
    "description": "description",
    "version": "versionId",
    "aliases": "versionAliases",
    "type": "modelSourceInfo.sourceType",
    "base_model": "baseModelSource.modelGardenSource.publicModelName",
    "image": "containerSpec.imageUri",
    "framework": Field("containerSpec.imageUri", _framework),
    "framework_version": Field("containerSpec.imageUri", _framework_version),
    "artifact_uri": "artifactUri",
    "features": "supportedDeploymentResourcesTypes",
}

KINDS = (
    row(
        Category.ENDPOINT,
        swept(
            "Endpoint",
            "endpoints",
            derive=_served,
            lookups=(
                _TRAFFIC,
                _PRIVATE_TRAFFIC,
                Gauges({"Busy": _of_endpoint("accelerator/duty_cycle", share=True)}),
            ),
        ),
        {
            **NAMED,
            **ENCRYPTED,
            "description": "description",
            "endpoint": "dedicatedEndpointDns",
            "private": Field("", _private),
            "variants": Field("", _variants),
            "variant_count": Field("", lambda endpoint: len(_deployed(endpoint))),
            "serverless": Field("", _serverless),
            "spot": Field("", _spot),
            "timeout_seconds": Field("clientConnectionConfig.inferenceTimeout", seconds),
            "data_capture": f"{_LOGGED}.enabled",
            "data_capture_ratio": f"{_LOGGED}.samplingRate",
            "accelerator_utilization_ratio": f"{METRICS}.Busy",
            **run_on(_machines),
            **MEASURED,
            **LATENCY,
            **ERRORS,
            **CLIENT_ERRORS,
        },
        links=(
            Link("serves", "gcp.aiplatform.model", "$Models[]"),
            Link("serves", "gcp.aiplatform.model_version", "$Versions[]"),
            Link("runs_on", "gcp.aiplatform.deployment_resource_pool", f"{_MODEL}.sharedResources"),
            Link("assumes", "gcp.iam.service_account", f"{_MODEL}.serviceAccount"),
            Link("watched_by", "gcp.aiplatform.model_deployment_monitoring_job", "modelDeploymentMonitoringJob"),
            reservations(f"{_MODEL}.dedicatedResources.machineSpec"),
            KEY,
        ),
        aliases=(Alias("dns", "$Dns"),),
        quiet=OWN | {"$Models", "$Versions", "$Dns", "dedicatedEndpointDns", "trafficSplit", f"{_MODEL}.displayName"},
    ),
    row(
        Category.DEPLOYMENT,
        listed(
            "DeploymentResourcePool",
            "deploymentResourcePools",
        ),
        {
            **CREATED,
            **ENCRYPTED,
            "service_account": "serviceAccount",
            "min_count": "dedicatedResources.minReplicaCount",
            "max_count": "dedicatedResources.maxReplicaCount",
            "spot": "dedicatedResources.spot",
            **run_on(_of_resources),
        },
        labels="",
        links=(
            Link("assumes", "gcp.iam.service_account", "serviceAccount"),
            reservations("dedicatedResources.machineSpec"),
            KEY,
        ),
        quiet=OWN,
    ),
    row(
        Category.MODEL,
        swept("Model", "models"),
        {**NAMED, **_MODEL_FIELDS},
        links=_MODEL_LINKS,
        sensitive=frozenset({"containerSpec.env"}),
        quiet=OWN | {"deployedModels"},
    ),
    row(
        Category.MODEL_VERSION,
        Listing(
            Get(
                HOST,
                "/v1/{relative}:listVersions",
                "aiplatform.models.get aiplatform.models.list",
                "models[]",
                page=100,
            ),
            "aiplatform.googleapis.com/ModelVersion",
            f"{SHAPE}Model",
            "{$parent.$asset.name}@{versionId}",
            under="gcp.aiplatform.model",
        ),
        {
            **_MODEL_FIELDS,
            "name": "displayName",
            "description": "versionDescription",
            "created_at": Field("versionCreateTime", instant),
            "modified_at": Field("versionUpdateTime", instant),
        },
        links=(*_MODEL_LINKS, Link("version_of", "gcp.aiplatform.model", "$parent.$asset.name")),
        sensitive=frozenset({"containerSpec.env"}),
        quiet=OWN | {"deployedModels"},
    ),
)
"""Which of the two permissions listing versions takes was not read anywhere: the role has both."""
