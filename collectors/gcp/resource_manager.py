"""Organisations, folders and projects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.listed import Searched
from collectors.gcp.rows import Asset, row
from collectors.gcp.values import members
from normalize.mapping import MISSING
from normalize.model import Category, Field, Link, Path
from normalize.units import instant


def _state(data: Any) -> Any:
    """Versions 1 and 3 of the API call it differently; Cloud Asset Inventory gives either."""
    return data.get("lifecycleState") or data.get("state") or MISSING


def _name(data: Any) -> Any:
    return data.get("displayName") or data.get("projectId") or data.get("name") or MISSING


def _path(ancestors: Any) -> str:
    """From the organisation down to the thing itself."""
    return "/".join(reversed(ancestors))


_FIELDS: Mapping[str, Path | Field] = {
    "name": Field("", _name),
    "state": Field("", _state),
    "created_at": Field("createTime", instant),
    "tree_path": Field("$asset.ancestors", _path),
    "principals": Field("$iam", members),
}
_ABOVE = (Link("part_of", "gcp.cloudresourcemanager.folder", "$asset.parent", optional=True),)

KINDS = (
    row(
        Category.ACCOUNT,
        Asset(
            ("cloudresourcemanager.googleapis.com/Project",),
            "cloudresourcemanager.v1.Project",
            "//cloudresourcemanager.googleapis.com/projects/PROJECT_NUMBER",
            iam=True,
            lookups=(Searched(),),
        ),
        {**_FIELDS, "listed_counts": "$Listed"},
        links=_ABOVE,
        quiet=frozenset({"parent", "projectId"}),
    ),
    row(
        Category.ACCOUNT,
        Asset(
            ("cloudresourcemanager.googleapis.com/Folder",),
            "cloudresourcemanager.v2.Folder",
            "//cloudresourcemanager.googleapis.com/folders/FOLDER_NUMBER",
            iam=True,
        ),
        _FIELDS,
        links=_ABOVE,
        labels="",
        quiet=frozenset({"name", "parent"}),
    ),
    row(
        Category.ACCOUNT,
        Asset(
            ("cloudresourcemanager.googleapis.com/Organization",),
            "cloudresourcemanager.v1.Organization",
            "//cloudresourcemanager.googleapis.com/organizations/ORGANIZATION_NUMBER",
            iam=True,
        ),
        {**_FIELDS, "created_at": Field("creationTime", instant)},
        labels="",
        quiet=frozenset({"name"}),
    ),
)
