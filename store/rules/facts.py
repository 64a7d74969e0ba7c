"""Facts that are missing or too old, and types that no row describes.

Owns the profiles of normalize/evidence.py as conditions on rows, a set at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
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
    true,
)
from sqlalchemy.dialects import postgresql

from normalize import gap as texts
from normalize import workloads as workload_policy
from normalize.evidence import REQUIRED, Need, When
from normalize.gap import EVIDENCE_LIMIT
from normalize.model import Category, Evidence, Gap, GapCode, Scope
from normalize.vocabulary import TERMS
from store import content
from store.reader import last_seen
from store.schema import answers, listings, members, relations, resources, sightings, workloads
from store.told import about, said_on

GROUPED_ABOVE = 20
"""Resources of one kind in one scope that lack the same fact; more make one gap."""

_EMPTY = {"text": ("",), "texts": ("[]",), "list": ("[]",), "map": ("{}",)}
"""Values that are no facts, by type of term."""


def attribute_text(connection: Connection, table: FromClause, name: str) -> ColumnElement[Any]:
    """Text of an attribute; NULL where it is absent or null."""
    if connection.dialect.name == "postgresql":
        return func.json_extract_path_text(cast(table.c.attributes, postgresql.JSON), name)
    return func.json_extract(table.c.attributes, f'$."{name}"')


def _said(connection: Connection, table: FromClause, need: Need) -> ColumnElement[bool]:
    """A fact stands in the attributes of a row."""
    found = []
    for name in need.attributes:
        value = attribute_text(connection, table, name)
        for empty in _EMPTY.get(TERMS[name].type, ()):
            value = func.nullif(value, empty)
        found.append(value)
    return (func.coalesce(*found) if len(found) > 1 else found[0]).is_not(None)


def known(connection: Connection, need: Need) -> ColumnElement[bool]:
    """Whether a source says it, or somebody did."""
    return or_(seen(connection, need), resources.c.id.in_(about(need.attributes)))


def fresh(connection: Connection, need: Need, cutoff: str) -> ColumnElement[bool]:
    """Whether that was confirmed, or said, at an instant or later."""
    said = resources.c.id.in_(about(need.attributes, since=cutoff[:10]))
    return or_(and_(seen(connection, need), seen_at() >= cutoff), said)


def seen(connection: Connection, need: Need) -> ColumnElement[bool]:
    """Whether a source says it: Need.known, as a condition on a row of `resources`."""
    r, ways = resources.c, [_said(connection, resources, need)]
    if need.points_at:
        at = resources.alias("pointed_at")
        wanted = [category.value for category in need.points_at]
        ways.append(
            exists(literal_column("1"))
            .select_from(relations.join(at, at.c.id == relations.c.target_id))
            .where(relations.c.source_id == r.id, at.c.category.in_(wanted), at.c.gone_at.is_(None))
        )
    if need.roles:
        ways.append(r.id.in_(_roots_with(members.c.role.in_(need.roles))))
    if need.parts:
        thing = resources.alias("thing")
        said = exists(literal_column("1")).where(thing.c.id == members.c.resource_id, _said(connection, thing, need))
        ways.append(r.id.in_(_roots_with(and_(members.c.role.in_(need.parts), said))))
    if need.role:
        ways.append(r.id.in_(_complete(need)))
    return or_(*ways)


def _roots_with(condition: ColumnElement[bool]) -> Select[Any]:
    """Where workloads begin that have such a member: asked once for all, since one may begin at thousands of jobs."""
    root = members.alias("root")
    of = select(members.c.workload_id).where(condition)
    return select(root.c.resource_id).where(root.c.role == "root", root.c.workload_id.in_(of))


def _complete(need: Need) -> Select[Any]:
    """Where workloads begin that must have a member in the need's role, and do not lack it: what names one outside of the
    inventory counts there too."""
    w, m = workloads.c, members.c
    whole = [
        and_(w.type == type_, ~w.lacks.contains(f'"{"|".join(group)}"'))
        for type_, groups in workload_policy.REQUIRED.items()
        for group in groups
        if need.role in group
    ]
    return select(m.resource_id).where(m.role == "root", m.workload_id.in_(select(w.id).where(or_(*whole))))


def applies(connection: Connection, need: Need) -> ColumnElement[bool]:
    """Need.applies, as a condition on a row of `resources`."""
    return and_(true(), *(not_(_holds(connection, when)) for when in need.unless))


def _holds(connection: Connection, when: When) -> ColumnElement[bool]:
    if when.kinds:
        return or_(*(_kind_like(kind) for kind in when.kinds))
    value = attribute_text(connection, resources, when.attribute)
    return func.coalesce(value.in_([_literal(connection, v) for v in when.values]), false())


def _literal(connection: Connection, value: str | int | bool) -> str | int:
    """A value as `attribute_text` gives it: PostgreSQL has the text of the JSON, SQLite a value with true as 1."""
    if connection.dialect.name == "postgresql":
        return str(value).lower() if isinstance(value, bool) else str(value)
    return int(value) if isinstance(value, bool) else value


def _kind_like(pattern: str) -> ColumnElement[bool]:
    kind = resources.c.kind
    if "*" not in pattern:
        return kind == pattern
    return kind.like(pattern.replace("_", r"\_").replace("*", "%"), escape="\\")


def evidence(connection: Connection, now: datetime) -> Iterator[Gap]:
    """What an assessment cannot do without and nothing says, and what was last confirmed too long ago."""
    aged = oldest(connection)
    for category, needs in REQUIRED.items():
        for need in needs:
            if need.told_as is not GapCode.EVIDENCE_MISSING:
                continue
            yield from _gaps(connection, category, need, not_(known(connection, need)))
            cutoff = content.instant(now - timedelta(days=need.max_age))
            if aged and aged < cutoff:
                old = and_(known(connection, need), not_(fresh(connection, need, cutoff)))
                yield from _gaps(connection, category, need, old, old=True)


def oldest(connection: Connection) -> str | None:
    """When the sighting was confirmed, or the answer given, that is the oldest of all."""
    living = select(func.min(last_seen())).select_from(
        sightings.join(listings, listings.c.id == sightings.c.listing_id)
    )
    seen_ = connection.execute(living.where(sightings.c.gone_at.is_(None))).scalar()
    said = connection.execute(select(func.min(answers.c.told_on)).where(answers.c.superseded_at.is_(None))).scalar()
    return min((at for at in (seen_, said) if at), default=None)


def seen_at() -> ColumnElement[Any]:
    """When a resource was last confirmed, by whichever source."""
    return (
        select(func.max(last_seen()))
        .select_from(sightings.join(listings, listings.c.id == sightings.c.listing_id))
        .where(sightings.c.resource_id == resources.c.id, sightings.c.gone_at.is_(None))
        .scalar_subquery()
    )


def _dated(connection: Connection, need: Need) -> ColumnElement[Any]:
    """When a fact was last confirmed; where no source says it, when it was last said."""
    return case((seen(connection, need), seen_at()), else_=said_on(resources.c.id, need.attributes))


def _gaps(connection: Connection, category: Category, need: Need, lacks: ColumnElement[bool], *, old: bool = False) -> Iterator[Gap]:  # fmt: skip
    rows = connection.execute(_lacking(connection, category, need, lacks, old), execution_options={"yield_per": 1000})
    for (kind, *scope), found in groupby(rows, key=lambda r: (r.kind, r.provider, r.account, r.place)):
        lacking = list(found)
        path = f"$.{need.attributes[0]}"
        things = [(r.id, r.name or "", Evidence(r.provider, path, r.seen if old else "unknown", r.id)) for r in lacking]
        count = lacking[0].lacking
        groups = [things] if count > GROUPED_ABOVE else [[t] for t in things]
        for group in groups:
            total = count if count > GROUPED_ABOVE else 1
            yield texts.evidence_missing(kind, Scope(*scope), need, group, total, min(e.value for _, _, e in group) if old else "")  # fmt: skip


def _lacking(connection: Connection, category: Category, need: Need, lacks: ColumnElement[bool], old: bool) -> Any:
    r = resources.c
    same: dict[str, Any] = {"partition_by": (r.kind, r.provider, r.account, r.place)}
    lacking = (
        select(
            r.id,
            r.name,
            r.kind,
            r.provider,
            r.account,
            r.place,
            *([_dated(connection, need).label("seen")] if old else ()),
            func.count().over(**same).label("lacking"),
            func.row_number().over(**same, order_by=r.id).label("position"),
        )
        .where(r.gone_at.is_(None), r.category == category.value, lacks, applies(connection, need))
        .subquery("lacking_rows")
    )
    c = lacking.c
    return (
        select(lacking).where(c.position <= EVIDENCE_LIMIT).order_by(c.kind, c.provider, c.account, c.place, c.position)
    )


def unmodelled(connection: Connection) -> Iterator[Gap]:
    r = resources.c
    same: dict[str, Any] = {"partition_by": (r.provider, r.kind)}
    numbered = (
        select(
            r.id,
            r.kind,
            r.provider,
            r.account,
            func.count().over(**same).label("total"),
            func.row_number().over(**same, order_by=r.id).label("position"),
        )
        .where(r.gone_at.is_(None), r.category == Category.UNMODELLED.value)
        .subquery("numbered")
    )
    c = numbered.c
    statement = select(numbered).where(c.position <= EVIDENCE_LIMIT).order_by(c.provider, c.kind, c.position)
    for (provider, kind), rows in groupby(connection.execute(statement), key=lambda row: (row.provider, row.kind)):
        found = list(rows)
        examples = [Evidence(row.account, "$", row.id, row.id) for row in found]
        yield texts.unmodelled(kind, provider, examples, found[0].total)
