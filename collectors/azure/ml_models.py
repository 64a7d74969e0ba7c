"""Azure Machine Learning: registered models and their versions."""

from __future__ import annotations

from collectors.azure.ml_workspaces import IN_WORKSPACE, MADE, STATE, VERSION, WORKSPACE
from collectors.azure.rows import Get, resource
from normalize.model import Category, Field, Kind, Link

ALL = {"listViewType": "All"}
"""Without it, what is archived is left out. Source: azure-ai-ml 1.35.2, ListViewType: ActiveOnly, ArchivedOnly, All; read 2026-11-24."""


def lifecycle(archived: bool) -> str:
    return "archived" if archived else "active"


KINDS: tuple[Kind, ...] = (
    resource(
        "azure.machinelearning.model",
        Category.MODEL,
        Get("{$parent.$id}/models", VERSION, params=ALL, under=WORKSPACE, all_sorts=True),
        {
            **STATE,
            "description": "properties.description",
            "version": "properties.latestVersion",
            "lifecycle_stage": Field("properties.isArchived", lifecycle),
            **MADE,
        },
        tags="properties.tags",
        links=(IN_WORKSPACE,),
        quiet=frozenset({"systemData"}),
    ),
    resource(
        "azure.machinelearning.model_version",
        Category.MODEL_VERSION,
        Get("{$parent.$id}/versions", VERSION, params=ALL, under="azure.machinelearning.model"),
        {
            **STATE,
            "name": "$parent.name",
            "version": "name",
            "description": "properties.description",
            "model_type": "properties.modelType",
            "artifact_uri": "properties.modelUri",
            "frameworks": Field("properties.flavors", sorted),
            "stage": "properties.stage",
            "run_id": "properties.jobName",
            "parameters": "properties.properties",
            "lifecycle_stage": Field("properties.isArchived", lifecycle),
            **MADE,
            "region": None,
        },
        tags="properties.tags",
        links=(Link("version_of", "azure.machinelearning.model", "$parent.$id"),),
        quiet=frozenset({"systemData"}),
    ),
)
