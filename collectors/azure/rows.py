"""The fetch types of Azure rows: a type of Resource Graph, or a list of Azure Resource Manager; and short ways to write a row.

Owns the shape of a row's `fetch`. Refuses logic: a row says what to read, collector.py reads it.

Every record has, besides what Azure says: "$identities", the ids of the identities that it is assigned; "$id", its ARM id in lower case; "$name", RESOURCE-GROUP/NAME[/CHILD…] as the id has it, lower
case; "$above", the id of what it lies in by its own id, where it does; and, for what lies under something, "$parent" with that thing's "$id", "id", "name", "location" (or that
of what it lies under itself), "kind" and "sku".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from normalize.arm import kind_of
from normalize.errors import CollectError
from normalize.mapping import read
from normalize.model import Alias, Category, Field, Json, Kind, Link, Path, Scope
from normalize.units import instant

PLACES: Mapping[str, str] = {
    "public": "azure-global",
    "government": "azure-us-gov-global",
    "china": "azure-china-global",
}
"""Cloud -> place of all coverage in it, and of things that are in no region. Resource Graph lists a subscription whole, whatever the region;
a thing's place is its own region."""

TABLES = (
    "resources",
    "resourcecontainers",
    "authorizationresources",
    "computeresources",
    "kubernetesconfigurationresources",
    "policyresources",
)
"""Tables of Resource Graph that are read to their end. Left out are those of recommendations, findings, health, changes and prices
(advisorresources, securityresources, healthresources, resourcechanges, …), which hold no things of an estate, and dnsresources, which
lacks some types of records: zones are asked for theirs. Source: Azure Resource Graph documentation, "Resource Graph tables" and
"Resource Graph table and resource type reference"; read 2026-11-24."""

INHERITED = frozenset({"authorizationresources", "policyresources"})
"""Tables of which a query gives, where it asks for it, what subscriptions inherit from the management groups above them. Source: Azure
Resource Graph documentation, "Understanding the Azure Resource Graph query language", authorizationScopeFilter, read 2026-11-24."""

LEFT_OUT: Mapping[str, tuple[str, ...]] = {
    "policyresources": (
        "microsoft.authorization/policydefinitions",
        "microsoft.authorization/policydefinitions/versions",
        "microsoft.authorization/policysetdefinitions",
        "microsoft.authorization/policysetdefinitions/versions",
        "microsoft.policyinsights/componentpolicystates",
        "microsoft.policyinsights/policymetadata",
        "microsoft.policyinsights/policystates",
    ),
}
"""Types of a table that are not read: findings, one for each thing and policy, and what Azure itself offers to everybody. Source: as of
the tables."""

ONLY: Mapping[str, tuple[str, str, str]] = {
    "authorizationresources": ("microsoft.authorization/roledefinitions", "properties.type", "CustomRole"),
}
"""Table -> a type in it of which only rows with a value are read: several hundred roles are Azure's own. Source: Azure documentation,
"Troubleshoot Azure RBAC limits", read 2026-11-24."""

Params = Mapping[str, str]
Derive = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From an item, with all that its details said, to further values of it under "$…" keys."""


GONE = frozenset({"ResourceNotFound", "ResourceGroupNotFound", "ParentResourceNotFound"})
"""Codes of errors by which Azure Resource Manager says that a thing, or what it lies in, is not there. Source: Azure documentation, "Common
Azure deployment errors", read 2026-11-24."""


@dataclass(frozen=True, slots=True)
class Get:
    """One read of Azure Resource Manager, and where its answer's items lie.

    Attributes:
        path: as the API documents it, values in braces: "/subscriptions/{@account}/providers/Microsoft.Quota/…",
            "{$parent.$id}/jobs" (of a list under a kind), "{$id}/blobServices/default" (of a detail).
        version: the api-version to ask for.
        items: where items lie; "" for an answer that is the one item. In a detail: what to keep of the answer; "" keeps all of
            it, "value[]" all pages' items.
        params: further query parameters; values in braces as in `path`.
        under: kind whose records are the parents: the list is read once for each.
        all_sorts: whether all things of that kind's type are parents, those too that `keep` makes another kind.
        part: last part of the item's id, where an item has no `id` of its own: "agentPools" makes
            PARENT/agentpools/NAME of it.
        keep: whether an item belongs to the kind.
        parents: whether a parent is asked at all.
        detail: reads that complete one item, in order; each sees what those before it found.
        into: key for a detail's answer, "$Usage"; "" merges it into the item.
        expect: error codes that truly mean none: a list is empty, a detail's answer becomes null.
        gone: error codes by which a detail says that the item no longer exists.
        window: for a kind of which there are too many to keep them all: whether an item is kept, given how far back to go.
        lookups: facts that are asked for many items at once.
        action: the permission it takes, where that does not follow from the path.
        derive: adds values that are only readable by a rule.
    """

    path: str
    version: str
    items: Path = "value"
    params: Params = field(default_factory=dict)
    under: str = ""
    all_sorts: bool = False
    part: str = ""
    keep: Callable[[Mapping[str, Any]], bool] | None = None
    parents: Callable[[Mapping[str, Any]], bool] | None = None
    detail: tuple[Get, ...] = ()
    into: str = ""
    expect: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    window: Callable[[Mapping[str, Any], datetime], bool] | None = None
    lookups: tuple[Lookup, ...] = ()
    action: str = ""
    derive: Derive | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows of one type in Resource Graph.

    Attributes:
        type: as Azure documents it: "Microsoft.Compute/virtualMachines".
        table: the table that holds it.
        keep: whether a row belongs to the kind, for a type that is several kinds of things.
        each: where parts of a row lie that are things of their own, "properties.subnets": each is a record, the row its
            "$parent".
        part: last part of such a thing's id, where it has no `id` of its own.
        detail: reads that complete one row.
        lookups: facts that are asked for many rows at once.
        derive: adds values that are only readable by a rule.
        tenant: whether things of the type lie in no subscription.
    """

    type: str
    table: str = "resources"
    keep: Callable[[Mapping[str, Any]], bool] | None = None
    each: Path = ""
    part: str = ""
    detail: tuple[Get, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    derive: Derive | None = None
    tenant: bool = False


class Reader(Protocol):
    """What lookups may ask of the client.

    Attributes:
        memory: what lookups remember as long as the source is open.
    """

    memory: dict[tuple[str, ...], Json]

    def now(self) -> datetime: ...

    def pages(
        self, path: str, version: str, params: Params, needs: tuple[str, ...] = ()
    ) -> Iterator[Mapping[str, Any]]:
        """Answers of Azure Resource Manager page after page; `needs` is what a refusal lacks. Raises CollectError."""
        ...


class Lookup(Protocol):
    """Facts asked for a batch of items at once.

    Attributes:
        actions: permissions that it takes.
    """

    @property
    def actions(self) -> tuple[str, ...]: ...

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        """Put facts into items under "$…" keys; what failed, by index of the item."""
        ...


PARENT = "$parent.$id"
ASSUMES = Link("assumes", "azure.managedidentity.identity", "$identities[]")
"""Identities that somebody made and assigned to a thing."""
_OWN = frozenset(
    {"$id", "$name", "$above", "$parent", "id", "name", "type", "resourceGroup", "subscriptionId", "tenantId"}
)


def resource(
    name: str,
    category: Category,
    fetch: Rows | Get,
    fields: Mapping[str, Path | Field | None],
    *,
    tags: Path = "tags",
    links: tuple[Link, ...] = (),
    aliases: tuple[Alias, ...] = (),
    sensitive: frozenset[str] = frozenset(),
    quiet: frozenset[str] = frozenset(),
    needs: tuple[str, ...] = (),
) -> Kind:
    """A row. `name` and `region` are read as every resource has them, unless `fields` says otherwise; None leaves one out. What is listed under
    something is part of it, unless a link to "$parent.$id" says what else it has to do with that."""
    if isinstance(fetch, Get) and fetch.path.startswith("{$parent.$id}/"):
        stated = any(link.path == PARENT for link in links)
        links = links if stated else (Link("part_of", fetch.under, PARENT), *links)
    below = (isinstance(fetch, Get) and fetch.under != "") or (isinstance(fetch, Rows) and fetch.each != "")
    common: dict[str, Path | Field | None] = {"name": "name", "region": "$parent.location" if below else "location"}
    return Kind(
        name=name,
        category=category,
        fetch=fetch,
        id="$id",
        native="$name",
        unique="account",
        fields={key: where for key, where in (common | dict(fields)).items() if where is not None},
        tags=tags,
        needs=needs,
        links=links,
        aliases=aliases,
        sensitive=sensitive,
        quiet=_OWN | quiet,
    )


def created_since(created: Path, state: Path, live: Collection[str]) -> Callable[[Mapping[str, Any], datetime], bool]:
    """A window by time of creation: what was made since, and of what was made before that which is still in a `live` state. What does
    not say when it was made is kept."""

    def keeps(item: Mapping[str, Any], since: datetime) -> bool:
        made = read(dict(item), created)
        if not isinstance(made, str) or read(dict(item), state) in live:
            return True
        return datetime.fromisoformat(instant(made)) >= since

    return keeps


def raw_row(type_: str, table: str) -> Kind:
    """A row for a type that none describes: it is stored as it is."""
    return Kind(
        name=kind_of(type_) if table == TABLES[0] else f"{kind_of(type_)}_in_{table}",
        category=Category.UNMODELLED,
        fetch=Rows(type_, table),
        id="$id",
        native="$name",
        unique="account",
        fields={"name": "name", "region": "location", "type": "type"},
        tags="tags",
        quiet=_OWN,
    )


def reads(fetch: Rows | Get) -> Iterator[Get]:
    """Every read of Azure Resource Manager that a row makes, lookups left out."""
    if isinstance(fetch, Get):
        yield fetch
    for detail in fetch.detail:
        yield from reads(detail)
