"""Azure Machine Learning: what workspaces and registries keep with versions: models, environments, components, data and code.

A thing without a version holds its versions, each of which is read by itself; workspaces and registries have the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from collectors.azure.ml_names import full, workspace_of
from collectors.azure.ml_workspaces import MADE, REGISTRY, STATE, VERSION, WORKSPACE
from collectors.azure.rows import Derive, Get, resource
from collectors.azure.values import text, told
from normalize.mapping import MISSING
from normalize.model import Category, Field, Kind, Link, Path

ALL = {"listViewType": "All"}
"""Without it, what is archived is left out. Source: azure-ai-ml 1.35.2, ListViewType: ActiveOnly, ArchivedOnly, All; read 2026-11-24."""
_IN_REGISTRY = "Microsoft.MachineLearningServices/registries/assets/read"
"""The one permission for whatever a registry keeps. Source, here and where a row below names its own: Azure documentation, "Azure
permissions for AI + machine learning", read 2026-11-24."""
_KEPT_STATE = {"lifecycle_stage": Field("properties.isArchived", lambda archived: "archived" if archived else "active")}


@dataclass(frozen=True, slots=True)
class Asset:
    """A sort of thing that has versions.

    Attributes:
        noun: "model" makes azure.machinelearning.model, model_version, registry_model and registry_model_version.
        part: as the API calls it in a path.
        categories: of the thing, of its versions.
        fields, links: of versions, besides those that all have.
        own_links: of a workspace's versions alone.
        holder_fields: of the thing, besides those that all have.
        derive: of versions, as in a row.
        parents: whether a workspace is asked for them; registries have none of what only some workspaces have.
        detail: reads that complete a version.
        action: the permission for the thing and its versions alike, where versions have none of their own.
        made: whether the API says how making it ended.
        archived: parameters by which archived things are listed too, where they would not be; of a registry's apart.
    """

    noun: str
    part: str
    categories: tuple[Category, Category]
    fields: Mapping[str, Path | Field]
    links: tuple[Link, ...] = ()
    own_links: tuple[Link, ...] = ()
    holder_fields: Mapping[str, Path | Field] = field(default_factory=dict)
    derive: Derive | None = None
    parents: Callable[[Mapping[str, Any]], bool] | None = None
    detail: tuple[Get, ...] = ()
    action: str = ""
    made: bool = True
    archived: Mapping[str, str] = field(default_factory=lambda: ALL)
    archived_in_registry: Mapping[str, str] = field(default_factory=lambda: ALL)

    def kinds(self) -> Iterator[Kind]:
        yield from self._kinds(WORKSPACE, "", self.archived, all_sorts=True)
        if self.parents is None:
            yield from self._kinds(REGISTRY, "registry_", self.archived_in_registry, all_sorts=False)

    def _kinds(self, under: str, prefix: str, params: Mapping[str, str], *, all_sorts: bool) -> Iterator[Kind]:
        holder = f"azure.machinelearning.{prefix}{self.noun}"
        state = STATE if self.made else {}
        action = self.action if all_sorts else _IN_REGISTRY
        common: Mapping[str, Path | Field] = {**_KEPT_STATE, **MADE, "description": "properties.description"}
        yield resource(
            holder,
            self.categories[0],
            Get(
                f"{{$parent.$id}}/{self.part}",
                VERSION,
                params=params,
                under=under,
                all_sorts=all_sorts,
                parents=self.parents,
                action=action,
            ),
            {**common, **state, "version": "properties.latestVersion", **self.holder_fields},
            tags="properties.tags",
        )
        yield resource(
            f"{holder}_version",
            self.categories[1],
            Get(
                "{$parent.$id}/versions",
                VERSION,
                params=params,
                under=holder,
                detail=self.detail,
                action=action,
                derive=self.derive,
            ),
            {**common, **state, "name": "$parent.name", "version": "name", **self.fields},
            tags="properties.tags",
            links=(Link("version_of", holder, "$parent.$id"), *self.links, *(self.own_links if all_sorts else ())),
        )


def _specified(key: str) -> Field:
    """A text of what a component says of itself, which may be of any shape."""
    return Field("properties.componentSpec", _text(key))


def _text(key: str) -> Callable[[Any], Any]:
    def find(spec: Any) -> Any:
        found = spec.get(key) if isinstance(spec, dict) else None
        return found if isinstance(found, str) else MISSING

    return find


_PLACE = "$Place"


def _place(version: Mapping[str, Any], key: str) -> str:
    """Where a version lies, as it reads outside of its workspace."""
    return full(text(version, f"properties.{key}"), workspace_of(text(version, "id")))


def _job(version: Mapping[str, Any]) -> str | None:
    """ARM id of the job that made a version; a registry's versions come from a job of a workspace that is not told."""
    workspace, job = workspace_of(text(version, "id")), text(version, "properties.jobName")
    return f"{workspace}/jobs/{job}" if workspace and job else None


ASSETS = (
    Asset(
        "model",
        "models",
        (Category.MODEL, Category.MODEL_VERSION),
        {
            "model_type": "properties.modelType",
            "artifact_uri": "properties.modelUri",
            "frameworks": Field("properties.flavors", sorted),
            "stage": "properties.stage",
            "run_id": "properties.jobName",
            "parameters": "properties.properties",
        },
        links=(Link("stored_in", "azure.machinelearning.datastore", _PLACE),),
        own_links=(Link("made_by", "azure.machinelearning.command_job", "$Job", optional=True),),
        derive=lambda version: told(Place=_place(version, "modelUri"), Job=_job(version)),
    ),
    Asset(
        "environment",
        "environments",
        (Category.IMAGE_REPOSITORY, Category.IMAGE_REPOSITORY),
        {
            "type": "properties.environmentType",
            "image": "properties.image",
            "os": "properties.osType",
            "source_uri": "properties.build.contextUri",
            "script_path": "properties.build.dockerfilePath",
            "stage": "properties.stage",
        },
        links=(Link("uses_image", "azure.containerregistry.registry", "properties.image"),),
    ),
    Asset(
        "component",
        "components",
        (Category.PIPELINE, Category.PIPELINE),
        {"type": _specified("type"), "command": _specified("command")},
        links=(
            Link("uses", "azure.machinelearning.environment_version", "properties.componentSpec.environment"),
            Link("uses", "azure.machinelearning.code_version", "properties.componentSpec.code"),
        ),
        archived_in_registry={},
    ),
    Asset(
        "data",
        "data",
        (Category.DATASET, Category.DATASET),
        {
            "data_type": "properties.dataType",
            "artifact_uri": "properties.dataUri",
            "input_uris": "properties.referencedUris",
        },
        links=(Link("stored_in", "azure.machinelearning.datastore", _PLACE),),
        derive=lambda version: told(Place=_place(version, "dataUri")),
        holder_fields={"data_type": "properties.dataType"},
        made=False,
    ),
    Asset(
        "code",
        "codes",
        (Category.SETTINGS, Category.SETTINGS),
        {"artifact_uri": "properties.codeUri"},
        links=(Link("stored_in", "azure.storage.container", "properties.codeUri"),),
        archived={},
        archived_in_registry={},
    ),
)

KINDS: tuple[Kind, ...] = tuple(kind for asset in ASSETS for kind in asset.kinds())
