"""Vertex AI: features, where they are kept and served."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.rows import Get, row
from collectors.gcp.values import picked
from collectors.gcp.vertex_parts import CREATED, ENCRYPTED, HOST, KEY, MODIFIED, OWN, below, sibling, swept
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Link

_FEATURES = Get(HOST, "/v1/{relative}/features", "aiplatform.features.list", "features[]", page=100, into="$Features")
"""The features of a group or an entity type, which are their schema."""
_SERVING = "dedicatedServingEndpoint"


def _schema(features: Any) -> list[dict[str, Any]]:
    return [
        {"name": f["name"].rpartition("/")[2], **({"type": f["valueType"]} if "valueType" in f else {})}
        for f in features
    ]


def _engine(store: Mapping[str, Any]) -> Any:
    """What serves: "bigtable", or "optimized" for Vertex AI's own."""
    return next((engine for engine in ("bigtable", "optimized") if engine in store), MISSING)


def _groups(view: Mapping[str, Any]) -> Mapping[str, Any]:
    """Groups that a view takes its features from, and the data that it is made from, by their full relative names."""
    groups = (view.get("featureRegistrySource") or {}).get("featureGroups") or ()
    names = [n for g in groups for n in sibling("name", view, "featureGroups", g.get("featureGroupId")).values()]
    return {"$Groups": names}


def _sources(view: Mapping[str, Any]) -> Any:
    """Where a view takes its data from: a table, a corpus, or groups of features."""
    parts = ("bigQuerySource", "vertexRagSource")
    found = [(view.get(part) or {}).get("uri") for part in parts]
    groups = (view.get("featureRegistrySource") or {}).get("featureGroups") or ()
    return [str(uri) for uri in (*found, *(g.get("featureGroupId") for g in groups)) if uri] or MISSING


def _is_online(config: Mapping[str, Any]) -> bool:
    """Whether a store has nodes that serve; with none, it only keeps. Source: aiplatform v1, fixedNodeCount, read 2026-11-24."""
    return bool(config.get("fixedNodeCount") or config.get("scaling"))


KINDS = (
    row(
        Category.FEATURE_STORE,
        swept("FeatureGroup", "featureGroups", detail=(_FEATURES,)),
        {
            **CREATED,
            **MODIFIED,
            "description": "description",
            "source_uri": "bigQuery.bigQuerySource.inputUri",
            "keys": "bigQuery.entityIdColumns",
            "features_schema": Field("$Features", _schema),
            "service_account": "serviceAccountEmail",
        },
        links=(Link("reads_from", "", "bigQuery.bigQuerySource.inputUri"),),
        quiet=OWN | {"$Features", "serviceAccountEmail"},
    ),
    row(
        Category.FEATURE_STORE,
        swept("FeatureOnlineStore", "featureOnlineStores"),
        {
            **CREATED,
            **MODIFIED,
            **ENCRYPTED,
            "state": "state",
            "engine": Field("", _engine),
            "zone": "bigtable.zone",
            "min_count": "bigtable.autoScaling.minNodeCount",
            "max_count": "bigtable.autoScaling.maxNodeCount",
            "endpoint": f"{_SERVING}.publicEndpointDomainName",
            "private": f"{_SERVING}.privateServiceConnectConfig.enablePrivateServiceConnect",
        },
        links=(KEY,),
        aliases=(Alias("dns", f"{_SERVING}.publicEndpointDomainName"),),
        quiet=OWN
        | {"bigtable.bigtableMetadata", f"{_SERVING}.publicEndpointDomainName", f"{_SERVING}.serviceAttachment"},
    ),
    row(
        Category.FEATURE_STORE,
        below("FeatureView", "featureViews", "gcp.aiplatform.feature_online_store", derive=_groups),
        {
            **CREATED,
            **MODIFIED,
            "input_uris": Field("", _sources),
            "schedule": "syncConfig.cron",
            "service_account": "serviceAccountEmail",
            "vector_dimension_count": "indexConfig.embeddingDimension",
            "distance_metric": "indexConfig.distanceMeasureType",
        },
        links=(
            Link("part_of", "gcp.aiplatform.feature_online_store", "$parent.$asset.name"),
            Link("reads_from", "gcp.aiplatform.feature_group", "$Groups[]"),
        ),
        quiet=OWN | {"$Groups", "serviceAccountEmail"},
    ),
    row(
        Category.FEATURE_STORE,
        swept("Featurestore", "featurestores"),
        {
            **CREATED,
            **MODIFIED,
            **ENCRYPTED,
            "state": "state",
            "scaling": Field("onlineServingConfig", picked("fixedNodeCount", "scaling")),
            "online_store": Field("onlineServingConfig", _is_online),
            "retention_days": "onlineStorageTtlDays",
        },
        links=(KEY,),
        quiet=OWN,
    ),
    row(
        Category.FEATURE_STORE,
        below("EntityType", "entityTypes", "gcp.aiplatform.featurestore", detail=(_FEATURES,)),
        {
            **CREATED,
            **MODIFIED,
            "description": "description",
            "retention_days": "offlineStorageTtlDays",
            "features_schema": Field("$Features", _schema),
        },
        links=(Link("part_of", "gcp.aiplatform.featurestore", "$parent.$asset.name"),),
        quiet=OWN | {"$Features"},
    ),
)
