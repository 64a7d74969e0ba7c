"""Vertex AI Vector Search: indexes and the endpoints that answer from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.gcp.accelerators import last
from collectors.gcp.metrics import Question, Traffic
from collectors.gcp.rows import row
from collectors.gcp.vertex_parts import ENCRYPTED, KEY, NAMED, OWN, Machines, run_on, swept, whole
from collectors.traffic import LATENCY, MEASURED
from normalize.model import Alias, Category, Field, Link
from normalize.units import integer

_CONFIG = "metadata.config"
_QUERIES = "aiplatform.googleapis.com/matching_engine/query"


def _of_endpoint(metric: str) -> Question:
    """A metric of every index endpoint; latencies are in milliseconds. Source: Cloud Monitoring documentation, "Google Cloud metrics",
    aiplatform, and "Monitored resource types", read 2026-11-24."""
    labels = ("resource.label.location", "resource.label.index_endpoint_id")
    return Question(f"{_QUERIES}/{metric}", labels, ("$asset.location", "$asset.id"))


def _deployed(endpoint: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(endpoint.get("deployedIndexes") or ())


def _resources(deployed: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = deployed.get("dedicatedResources") or deployed.get("automaticResources") or {}
    return found


def _machines(endpoint: Mapping[str, Any]) -> Iterator[Machines]:
    """Machines of deployed indexes: the fewest that are kept."""
    for deployed in _deployed(endpoint):
        resources = _resources(deployed)
        yield Machines(resources.get("machineSpec") or {}, whole(resources.get("minReplicaCount")))


def _variants(endpoint: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Deployed indexes: name, index, instance type, fewest replicas."""
    return [_variant(deployed, _resources(deployed)) for deployed in _deployed(endpoint)]


def _variant(deployed: Mapping[str, Any], resources: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        "name": deployed.get("displayName") or deployed.get("id"),
        "index": last(deployed["index"]) if deployed.get("index") else None,
        "instance_type": (resources.get("machineSpec") or {}).get("machineType"),
        "count": whole(resources.get("minReplicaCount")),
    }
    return {key: value for key, value in found.items() if value is not None}


def _private(endpoint: Mapping[str, Any]) -> bool:
    connect = endpoint.get("privateServiceConnectConfig") or {}
    return bool(
        endpoint.get("network")
        or endpoint.get("enablePrivateServiceConnect")
        or connect.get("enablePrivateServiceConnect")
    )


KINDS = (
    row(
        Category.SEARCH_INDEX,
        swept("Index", "indexes"),
        {
            **NAMED,
            **ENCRYPTED,
            "description": "description",
            "mode": "indexUpdateMethod",
            "object_count": Field("indexStats.vectorsCount", integer),
            "shard_count": "indexStats.shardsCount",
            "vector_dimension_count": Field(f"{_CONFIG}.dimensions", integer),
            "distance_metric": f"{_CONFIG}.distanceMeasureType",
            "size_class": f"{_CONFIG}.shardSize",
            "source_uri": "metadata.contentsDeltaUri",
        },
        links=(Link("reads_from", "gcp.storage.bucket", "metadata.contentsDeltaUri"), KEY),
        quiet=OWN | {"metadataSchemaUri", "deployedIndexes"},
    ),
    row(
        Category.ENDPOINT,
        swept(
            "IndexEndpoint",
            "indexEndpoints",
            lookups=(Traffic(_of_endpoint("request_count"), latency=_of_endpoint("latencies")),),
        ),
        {
            **NAMED,
            **ENCRYPTED,
            "description": "description",
            "endpoint": "publicEndpointDomainName",
            "public": "publicEndpointEnabled",
            "private": Field("", _private),
            "variants": Field("", _variants),
            "variant_count": Field("", lambda endpoint: len(_deployed(endpoint))),
            **run_on(_machines),
            **MEASURED,
            **LATENCY,
        },
        links=(
            Link("serves", "gcp.aiplatform.index", "deployedIndexes[].index"),
            Link("runs_in", "gcp.compute.network", "network"),
            KEY,
        ),
        aliases=(Alias("dns", "publicEndpointDomainName"),),
        quiet=OWN | {"publicEndpointDomainName", "deployedIndexes[].privateEndpoints", "deployedIndexes[].displayName"},
    ),
)
