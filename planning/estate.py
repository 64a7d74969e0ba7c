"""The inventory as planning sees it: components with facts, the workloads they make up, and where nobody could look.

A fact is known (a value), known to be unset (None: its source was asked and told nothing), or unknown (no key). Nothing
here turns the last into the second without a look that was read to its end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from normalize.model import Category, Json

Row = Mapping[str, Any]

NOT_COMPONENTS = frozenset(
    {
        Category.LISTING,
        Category.DECLARATION,
        Category.COST,
        Category.REGION,
        Category.QUOTA,
        Category.ACCOUNT,
        Category.UNMODELLED,
    }
)
"""What is no thing that moves: other listings' and declarations' words on things, bills, regions, quotas, and types that nothing describes.
Types that nothing describes are counted by the reports, as unknown."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a fact stands: the resource that says so, its attribute, and when that was last confirmed (RFC 3339)."""

    resource_id: str
    attribute: str
    seen_at: str = ""
    derived_by: str = ""


@dataclass(slots=True)
class Component:
    """One thing to judge. `facts` are by our names (vocabulary and derived); `origins` say where each stands, for those
    that are not simply the component's own attribute of that name."""

    id: str
    kind: str
    category: Category
    provider: str
    account: str
    place: str
    name: str
    seen_at: str
    tags: Mapping[str, Any]
    facts: dict[str, Json]
    region: str = ""
    origins: dict[str, Origin] = field(default_factory=dict)
    workloads: tuple[str, ...] = ()

    def origin(self, fact: str) -> Origin:
        return self.origins.get(fact) or Origin(self.id, fact, self.seen_at)


@dataclass(frozen=True, slots=True)
class Workload:
    """What runs for a purpose. `members` are (component id, role); `lacks` are roles it must have and has not."""

    id: str
    type: str
    name: str
    provider: str
    account: str
    place: str
    owner: str | None
    environment: str | None
    criticality: str | None
    members: tuple[tuple[str, str], ...]
    lacks: tuple[str, ...]
    region: str = ""


@dataclass(frozen=True, slots=True)
class BlindSpot:
    """A look that was not read in full: things of that kind may be there that nobody saw."""

    kind: str
    category: Category | None
    provider: str
    account: str
    place: str
    outcome: str
    reason: str
    needs: tuple[str, ...]


@dataclass(slots=True)
class Estate:
    """All that planning and reports may read."""

    components: dict[str, Component]
    workloads: dict[str, Workload]
    outgoing: Mapping[str, Sequence[tuple[str, str]]]
    incoming: Mapping[str, Sequence[tuple[str, str]]]
    blind_spots: tuple[BlindSpot, ...]
    unmodelled: int
    unseen: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Component -> what it names that nobody saw: missing, or where nobody could look."""
    others: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    """Rows of categories that are no components but facts about the estate: "cost", "quota", "region"."""

    def to(self, id_: str, *verbs: str) -> Iterable[Component]:
        """What a component points at, by verb (any where none is named)."""
        for verb, other in self.outgoing.get(id_, ()):
            if (not verbs or verb in verbs) and (found := self.components.get(other)):
                yield found

    def by(self, id_: str, *verbs: str) -> Iterable[Component]:
        """What points at a component, by verb."""
        for verb, other in self.incoming.get(id_, ()):
            if (not verbs or verb in verbs) and (found := self.components.get(other)):
                yield found


def build(data: Row) -> Estate:
    """Make an estate out of plain rows.

    Args:
        data: `resources` (rows of the listing; what is gone is left out), `relations`, `workloads`, `members`
            (workload_id, resource_id, role), `coverage` (latest looks), `detail_gaps` (ids of resources of which a detail
            could not be fetched), `unseen` (resource -> what it names that nobody saw), `declared` (kind -> names of the attributes that its listing itself gives),
            `categories` (kind -> category).
    """
    lacking_detail = set(data.get("detail_gaps", ()))
    declared: Mapping[str, Iterable[str]] = data.get("declared", {})
    components: dict[str, Component] = {}
    others: dict[str, list[Row]] = defaultdict(list)
    unmodelled = 0
    for row in data["resources"]:
        if row.get("gone_at"):
            continue
        category = Category(row["category"])
        if category in NOT_COMPONENTS:
            unmodelled += category is Category.UNMODELLED
            others[category.value].append(row)
            continue
        facts = dict(row.get("attributes") or {})
        if row["id"] not in lacking_detail:
            for name in declared.get(row["kind"], ()):
                facts.setdefault(name, None)
        components[row["id"]] = Component(
            id=row["id"],
            kind=row["kind"],
            category=category,
            provider=row["provider"],
            account=row["account"],
            place=row["place"],
            name=row.get("name") or row["id"].rpartition("/")[2],
            seen_at=row.get("last_seen_at") or "",
            tags=row.get("tags") or {},
            facts=facts,
            region=row.get("region") or "",
        )
    outgoing, incoming = _links(data["relations"], components)
    workloads = _workloads(data.get("workloads", ()), data.get("members", ()), components)
    return Estate(
        components,
        workloads,
        outgoing,
        incoming,
        tuple(_blind(data.get("coverage", ()), data.get("categories", {}))),
        unmodelled,
        unseen=data.get("unseen", {}),
        others=others,
    )


def _links(
    rows: Iterable[Row], components: Mapping[str, Component]
) -> tuple[dict[str, list[tuple[str, str]]], dict[str, list[tuple[str, str]]]]:
    outgoing: dict[str, list[tuple[str, str]]] = defaultdict(list)
    incoming: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in rows:
        source, verb, target = row["source_id"], row["verb"], row["target_id"]
        if source in components and target in components:
            outgoing[source].append((verb, target))
            incoming[target].append((verb, source))
    return dict(outgoing), dict(incoming)


def _workloads(rows: Iterable[Row], members: Iterable[Row], components: Mapping[str, Component]) -> dict[str, Workload]:
    parts: dict[str, list[tuple[str, str]]] = defaultdict(list)
    of: dict[str, list[str]] = defaultdict(list)
    for m in members:
        if m["resource_id"] in components:
            parts[m["workload_id"]].append((m["resource_id"], m["role"]))
            of[m["resource_id"]].append(m["workload_id"])
    for id_, ids in of.items():
        components[id_].workloads = tuple(sorted(set(ids)))
    return {
        r["id"]: Workload(
            id=r["id"],
            type=r["type"],
            name=r["name"],
            provider=r["provider"],
            account=r["account"],
            place=r["place"],
            owner=r.get("owner"),
            environment=r.get("environment"),
            criticality=r.get("criticality"),
            members=tuple(sorted(parts[r["id"]])),
            lacks=tuple(r.get("lacks") or ()),
            region=r.get("region") or "",
        )
        for r in rows
    }


def _blind(rows: Iterable[Row], categories: Mapping[str, str]) -> Iterable[BlindSpot]:
    for r in rows:
        if r["outcome"] in ("partial", "denied", "failed") or r.get("gaps") or r.get("quarantined"):
            told = categories.get(r["kind"])
            yield BlindSpot(
                kind=r["kind"],
                category=Category(told) if told else None,
                provider=r["provider"],
                account=r["account"],
                place=r["place"],
                outcome=r["outcome"],
                reason=r.get("reason") or "",
                needs=tuple(r.get("needs") or ()),
            )
