"""What the collector adds to a row or an item before it becomes a record. Pure.

Owns "$id", "$name", "$above" and "$parent" (see rows.py). Refuses to change what Azure said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from collectors.azure.rows import Get, Rows
from normalize.mapping import MISSING, read
from normalize.model import Field, Json, Path

_KEPT_OF_PARENT = ("$id", "id", "name", "location", "kind", "sku")


def completed(item: Mapping[str, Any], parent: Mapping[str, Any] | None = None, part: str = "") -> dict[str, Json]:
    """An item with its own keys. Without an id in it and without `part`, it gets no "$id" and becomes a misfit.

    Args:
        part: last part of its id, where it has no `id` of its own.
    """
    found: dict[str, Json] = dict(item)
    assigned = read(found, "identity.userAssignedIdentities")
    if isinstance(assigned, dict) and assigned:
        found["$identities"] = list(assigned)
    id_ = item.get("id")
    if parent is not None:
        inherited = {"location": where} if (where := read(dict(parent), "$parent.location")) is not MISSING else {}
        found["$parent"] = inherited | {k: parent[k] for k in _KEPT_OF_PARENT if k in parent}
        if part and "$id" in parent and (name := _named(item)):
            id_ = f"{parent['$id']}/{part}/{quote(name)}"
    if isinstance(id_, str) and id_:
        found["$id"] = id_.rstrip("/").lower()
        found["$name"] = short_name(found["$id"])
        if above := id_above(found["$id"]):
            found["$above"] = above
    return found


def location(item: Json, where: Path | Field | None) -> str:
    """The region that a thing is in as Azure names it everywhere, "eastus2": lists of the services' own also write "East US 2". "" for what is
    in none.

    Args:
        where: where it lies.
    """
    path = where.path if isinstance(where, Field) else where
    found = read(item, path) if path is not None and isinstance(item, dict) else None
    told = found.replace(" ", "").lower() if isinstance(found, str) else ""
    return "" if told == "global" else told


def _named(item: Mapping[str, Any]) -> str:
    """An item's name; of one that Azure writes with its translation, the untranslated."""
    name = item.get("name")
    found = name.get("value") if isinstance(name, dict) else name
    return found if isinstance(found, str) else ""


def id_above(id_: str) -> str:
    """Id of what a thing lies in, by its own id in lower case: a server of a database; "" for what lies in a group alone."""
    head, _, tail = id_.rpartition("/providers/")
    parts = tail.split("/")
    return f"{head}/providers/{'/'.join(parts[:-2])}" if len(parts) > 3 else ""


def short_name(id_: str) -> str:
    """RESOURCE-GROUP/NAME[/CHILD…] of an id in lower case: what is unique in a subscription, and short enough to read."""
    head, _, tail = id_.rpartition("/providers/")
    parts = (head or id_).strip("/").split("/")
    group = parts[3] if len(parts) > 3 and parts[2] == "resourcegroups" else ""
    names = tail.split("/")[2::2]
    return "/".join(filter(None, (group, *names))) or parts[-1]


def split(row: Mapping[str, Any], fetch: Rows) -> Iterator[Json]:
    """The things of a kind that a row of its type holds: itself, or its parts."""
    whole = completed(row)
    if fetch.keep is not None and not fetch.keep(whole):
        return
    if not fetch.each:
        yield whole
        return
    parts = read(whole, fetch.each)
    for part in parts if isinstance(parts, list) else ():
        yield completed(part, whole, fetch.part) if isinstance(part, dict) else part


def items(answer: Mapping[str, Any], get: Get, parent: Mapping[str, Any] | None) -> Iterator[Json]:
    """The things that one page of a list holds."""
    found = read(dict(answer), get.items) if get.items else [answer]
    for item in found if found is not MISSING and isinstance(found, list) else ():
        whole = completed(item, parent, get.part) if isinstance(item, dict) else item
        if get.keep is None or not isinstance(whole, dict) or get.keep(whole):
            yield whole
