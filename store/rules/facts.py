"""Facts that are missing, and types that no row describes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, cast, func, select
from sqlalchemy.dialects import postgresql

from normalize import gap as texts
from normalize.gap import EVIDENCE_LIMIT
from normalize.model import Category, Evidence, Gap, Scope
from normalize.vocabulary import REQUIRED_EVIDENCE
from store.schema import (
    resources,
)

GROUPED_ABOVE = 20
"""Resources of one kind in one scope that lack the same fact; more make one gap."""


"""Resources of one kind in one scope that lack the same fact; more make one gap."""


def _attribute(connection: Connection, name: str) -> Any:
    """Text of an attribute; NULL where it is absent or null."""
    if connection.dialect.name == "postgresql":
        return func.json_extract_path_text(cast(resources.c.attributes, postgresql.JSON), name)
    return func.json_extract(resources.c.attributes, f'$."{name}"')


def evidence(connection: Connection) -> Iterator[Gap]:
    wanted: dict[str, list[str]] = defaultdict(list)
    for category, names in REQUIRED_EVIDENCE.items():
        for name in names:
            wanted[name].append(category.value)
    for name, categories in sorted(wanted.items()):
        rows = connection.execute(_lacking(connection, name, categories), execution_options={"yield_per": 1000})
        for (kind, *scope), found in groupby(rows, key=lambda r: (r.kind, r.provider, r.account, r.place)):
            lacking = list(found)
            things = [(r.id, r.name or "", Evidence(r.provider, f"$.{name}", "unknown", r.id)) for r in lacking]
            category, count = Category(lacking[0].category), lacking[0].lacking
            groups = [things] if count > GROUPED_ABOVE else [[t] for t in things]
            for group in groups:
                total = count if count > GROUPED_ABOVE else 1
                yield texts.evidence_missing(kind, category, Scope(*scope), name, group, total)


def _lacking(connection: Connection, name: str, categories: Sequence[str]) -> Any:
    r = resources.c
    same: dict[str, Any] = {"partition_by": (r.kind, r.provider, r.account, r.place)}
    lacking = (
        select(
            r.id,
            r.name,
            r.kind,
            r.category,
            r.provider,
            r.account,
            r.place,
            func.count().over(**same).label("lacking"),
            func.row_number().over(**same, order_by=r.id).label("position"),
        )
        .where(r.gone_at.is_(None), r.category.in_(categories), _attribute(connection, name).is_(None))
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
