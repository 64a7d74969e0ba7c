"""Azure Machine Learning: sets of features and what they are of, in workspaces that are feature stores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.ml_assets import ALL, Asset
from collectors.azure.ml_names import full, workspace_of
from collectors.azure.ml_schedules import expression
from collectors.azure.ml_workspaces import VERSION
from collectors.azure.rows import Get
from collectors.azure.values import kind_is, shaped, text, told
from normalize.mapping import read
from normalize.model import Category, Field, Kind, Link

_ENTITY = "featurestore_entity"
_ENTITIES = "featurestoreEntities"
_MAY_SETS = "Microsoft.MachineLearningServices/workspaces/featuresets/read"
_MAY_ENTITIES = "Microsoft.MachineLearningServices/workspaces/featurestoreentities/read"
_MATERIALIZED = "properties.materializationSettings"


def _entities(version: Mapping[str, Any]) -> list[str]:
    """ARM ids of what a version has features of."""
    named = read(dict(version), "properties.entities")
    workspace = workspace_of(text(version, "id"))
    return (
        [full(name, workspace, _ENTITIES) for name in named if isinstance(name, str)] if isinstance(named, list) else []
    )


def _stores(word: str) -> Field:
    """Whether versions are kept in a store: Online, Offline, OnlineAndOffline."""
    return Field(f"{_MATERIALIZED}.storeType", lambda stores: word in str(stores))


ASSETS = (
    Asset(
        "featureset",
        "featuresets",
        (Category.FEATURE_STORE, Category.FEATURE_STORE),
        {
            "features_schema": Field("$Features", shaped(name="properties.featureName", type="properties.dataType")),
            "artifact_uri": "properties.specification.path",
            "stage": "properties.stage",
            "instance_type": f"{_MATERIALIZED}.resource.instanceType",
            "schedule": Field(f"{_MATERIALIZED}.schedule", expression),
            "online_store": _stores("Online"),
            "offline_store": _stores("Offline"),
        },
        links=(
            Link("uses", f"azure.machinelearning.{_ENTITY}_version", "$Entities[]"),
            Link("stored_in", "azure.machinelearning.datastore", "$Place"),
        ),
        parents=kind_is("featurestore"),
        detail=(Get("{$id}/features", VERSION, params=ALL, into="$Features", action=_MAY_SETS),),
        action=_MAY_SETS,
        derive=lambda version: told(
            Entities=_entities(version),
            Place=full(text(version, "properties.specification.path"), workspace_of(text(version, "id"))),
        ),
    ),
    Asset(
        _ENTITY,
        _ENTITIES,
        (Category.FEATURE_STORE, Category.FEATURE_STORE),
        {
            "features_schema": Field("properties.indexColumns", shaped(name="columnName", type="dataType")),
            "stage": "properties.stage",
        },
        parents=kind_is("featurestore"),
        action=_MAY_ENTITIES,
    ),
)

KINDS: tuple[Kind, ...] = tuple(kind for asset in ASSETS for kind in asset.kinds())
