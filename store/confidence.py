"""How much of what an assessment needs is known, counted over the whole inventory and over each workload.

Owns the counting. What is needed stands in normalize/evidence.py, when a fact is known in rules/facts.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy import Integer as Whole

from normalize.evidence import PROFILES
from normalize.model import Category
from store import content
from store.database import reading
from store.rules.facts import applies, fresh, known, oldest, seen_at
from store.schema import detail_gaps, listings, members, resources, sightings

Row = dict[str, Any]
Declared = Mapping[str, Sequence[str]]


def counted(engine: Engine, declared: Declared, now: datetime) -> Row:
    """`facts`: of each need of each kind in each scope how many things it concerns (`things`), of how many it is known
    (`known`), and of how many of those too long ago (`old`). `workloads`: id -> weights `wanted` and `known` over all that
    belongs to it, and the same of what is `required`. `details`: detail calls that failed, with how many things each left
    without an answer.

    Args:
        declared: kind -> attributes of which a record that was read whole says whether they are set. A fact that only
            sharpens a verdict is known where one of them is unset; one that is required has to be there.
    """
    facts: list[Row] = []
    shares: dict[str, Row] = defaultdict(lambda: dict.fromkeys(_SUMS, 0))
    with reading(engine) as connection:
        aged = oldest(connection)
        for category, kinds in _kinds(connection).items():
            judged = _Judged(connection, category, kinds, declared, now, aged)
            facts += judged.facts()
            for id_, sums in judged.workloads():
                for name, value in sums.items():
                    shares[id_][name] += value
        return {"facts": facts, "workloads": dict(shares), "details": _details(connection)}


_SUMS = ("wanted", "known", "required", "required_known", "things")


def _kinds(connection: Connection) -> dict[Category, list[str]]:
    """Categories with a profile that the inventory holds, with their kinds."""
    r = resources.c
    found = (
        select(r.category, r.kind).where(r.gone_at.is_(None)).group_by(r.category, r.kind).order_by(r.category, r.kind)
    )
    kinds: dict[Category, list[str]] = defaultdict(list)
    for category, kind in connection.execute(found):
        if Category(category) in PROFILES:
            kinds[Category(category)].append(kind)
    return kinds


class _Judged:
    """The things of one category, each with what applies (a0, a1, …), is known (k…) and is too old (o…) of its profile."""

    def __init__(
        self, connection: Connection, category: Category, kinds: Iterable[str], declared: Declared, now: datetime, aged: str | None
    ) -> None:  # fmt: skip
        self._connection, self._category, self._needs = connection, category, PROFILES[category]
        r, columns = resources.c, []
        for i, need in enumerate(self._needs):
            cutoff = content.instant(now - timedelta(days=need.max_age))
            here = applies(connection, need)
            unset = _unset([k for k in kinds if not need.required and set(need.attributes) & set(declared.get(k, ()))])
            told = and_(here, or_(known(connection, need), unset))
            columns += [_one(here).label(f"a{i}"), _one(told).label(f"k{i}")]
            if aged and aged < cutoff:
                new = or_(fresh(connection, need, cutoff), and_(unset, seen_at() >= cutoff))
                columns.append(_one(and_(told, not_(new))).label(f"o{i}"))
            else:
                columns.append(literal_column("0").label(f"o{i}"))
        self._rows = select(r.id, r.kind, r.dimension, r.provider, r.account, r.place, *columns).where(
            r.gone_at.is_(None), r.category == category.value
        )

    def facts(self) -> Iterator[Row]:
        rows = self._rows.subquery("judged")
        c = rows.c
        sums = [_sum(c[f"{letter}{i}"]).label(f"{letter}{i}") for i in range(len(self._needs)) for letter in "ako"]
        by = (c.dimension, c.kind, c.provider, c.account, c.place)
        for row in self._connection.execute(select(*by, *sums).group_by(*by).order_by(*by)).mappings():
            scope = {name: row[name] for name in ("kind", "provider", "account", "place")}
            for i, need in enumerate(self._needs):
                if row[f"a{i}"]:
                    yield {"dimension": row["dimension"], "category": self._category.value, **scope, "need": need.name,
                           "things": row[f"a{i}"], "known": row[f"k{i}"], "old": row[f"o{i}"]}  # fmt: skip

    def workloads(self) -> Iterator[tuple[str, Row]]:
        part, rows = members.c, self._rows
        mine = exists(literal_column("1")).where(part.resource_id == resources.c.id)
        scored = rows.where(mine).cte("scored").prefix_with("MATERIALIZED")
        c, needs = scored.c, list(enumerate(self._needs))
        sums: dict[str, list[ColumnElement[Any]]] = {
            "wanted": [c[f"a{i}"] * need.weight for i, need in needs],
            "known": [(c[f"k{i}"] - c[f"o{i}"]) * need.weight for i, need in needs],
            "required": [c[f"a{i}"] for i, need in needs if need.required],
            "required_known": [c[f"k{i}"] - c[f"o{i}"] for i, need in needs if need.required],
        }
        asked = [_sum(reduce(add, parts)).label(name) for name, parts in sums.items() if parts]
        found = (
            select(part.workload_id, *asked, func.count().label("things"))
            .select_from(members.join(scored, c.id == part.resource_id))
            .group_by(part.workload_id)
        )
        for row in self._connection.execute(found).mappings():
            yield row["workload_id"], {name: row[name] for name in row if name != "workload_id"}


def _unset(kinds: Sequence[str]) -> ColumnElement[bool]:
    """A record that was read whole, of a kind that names what is set."""
    if not kinds:
        return false()
    unread = exists(literal_column("1")).where(
        sightings.c.resource_id == resources.c.id, detail_gaps.c.sighting_id == sightings.c.id
    )
    return and_(resources.c.kind.in_(kinds), ~unread)


def _one(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _sum(column: ColumnElement[Any]) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(column), 0), Whole)


def _details(connection: Connection) -> list[Row]:
    """Detail calls that failed, by source, kind and scope: the call, what it needs, and how many things lack its answer."""
    c, d = listings.c, detail_gaps.c
    by = (c.source, c.kind, c.provider, c.account, c.place, d.call, d.needs, d.fault)
    found = (
        select(*by, func.count(sightings.c.resource_id.distinct()).label("things"))
        .select_from(detail_gaps)
        .join(sightings, sightings.c.id == d.sighting_id)
        .join(listings, c.id == sightings.c.listing_id)
        .where(sightings.c.gone_at.is_(None), c.retired_at.is_(None), d.fault != "misfit")
        .group_by(*by)
        .order_by(*by)
    )
    return [dict(row) | {"needs": content.decode(row["needs"])} for row in connection.execute(found).mappings()]
