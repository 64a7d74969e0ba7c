"""From an asset or an item of a listing to a payload: the resource as its API gives it, and where it stands under "$asset".

Owns full resource names in both of their forms, with a project's id and with its number. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from normalize.google import CONTAINERS
from normalize.model import Json

GLOBAL = "global"
ASSET = "$asset"


@dataclass
class Projects:
    """Ids and numbers of projects, as far as they are known."""

    by_number: dict[str, str] = field(default_factory=dict)
    by_id: dict[str, str] = field(default_factory=dict)

    def add(self, project: str, number: str) -> None:
        self.by_number[number], self.by_id[project] = project, number

    def id_of(self, project: str) -> str:
        """The id of a project that is given by id or number; as given where it is not known."""
        return self.by_number.get(project, project)

    def number_of(self, project: str) -> str:
        return self.by_id.get(project, project)

    def names(self, name: str) -> dict[str, Json]:
        """A full resource name with the project's id, and with its number."""
        head, found, rest = name.partition("/projects/")
        project, slash, tail = rest.partition("/")
        if not found or not project:
            return {"by_id": name, "by_number": name}
        ids = {"by_id": self.id_of(project), "by_number": self.number_of(project)}
        return {form: f"{head}{found}{own}{slash}{tail}" for form, own in ids.items()}


def owner(asset: Mapping[str, Any], projects: Projects) -> str:
    """What an asset belongs to: the id of its project, else "folders/5" or "organizations/1"."""
    ancestors = asset.get("ancestors") or []
    nearest = str(ancestors[0]) if ancestors else ""
    head, _, number = nearest.partition("/")
    if head == "projects":
        return projects.id_of(number)
    parts = str(asset.get("name", "")).split("/")
    container = next((i for i in range(3, len(parts) - 1) if parts[i] in CONTAINERS), 0)
    if not nearest and container:
        found = parts[container + 1]
        return projects.id_of(found) if parts[container] == "projects" else f"{parts[container]}/{found}"
    return nearest or "?"


def from_asset(asset: Mapping[str, Any], projects: Projects) -> dict[str, Json]:
    """The payload of an asset as the API gives it in JSON."""
    resource = asset.get("resource") or {}
    account = owner(asset, projects)
    name = str(asset["name"])
    known: dict[str, Json] = {
        "name": name,
        "type": asset["assetType"],
        "id": name.rpartition("/")[2],
        **projects.names(name),
        "project": account,
        "number": projects.number_of(account),
        "location": str(resource.get("location") or GLOBAL).lower(),
        "ancestors": asset.get("ancestors"),
        "updated": asset.get("updateTime"),
        "parent": resource.get("parent"),
    }
    data = resource.get("data") or asset.get("iamPolicy") or {}
    return {**data, ASSET: {k: v for k, v in known.items() if v is not None}}


def from_item(
    item: Mapping[str, Any], name: str, type_: str, project: str, location: str, projects: Projects
) -> dict[str, Json]:
    """The payload of an item of a listing.

    Args:
        name: its full resource name.
    """
    known = {
        "name": name,
        "type": type_,
        "id": name.rpartition("/")[2],
        **projects.names(name),
        "project": project,
        "number": projects.number_of(project),
        "location": location,
    }
    return {**item, ASSET: known}
