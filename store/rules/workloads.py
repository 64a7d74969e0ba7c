"""Workloads that lack what they must have, and workloads that nobody answers for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from normalize import gap_workloads as texts
from normalize.gap_workloads import GROUPED_ABOVE, Workload
from normalize.model import Gap, Scope
from normalize.workloads import ASKED
from store import content
from store.schema import workloads


def incomplete(connection: Connection) -> Iterator[Gap]:
    """Of each workload what it must have and has not."""
    w = workloads.c
    for row in connection.execute(select(workloads).where(w.lacks != "[]").order_by(w.id)).all():
        for lacks in content.decode(row.lacks):
            yield texts.incomplete(_workload(row), lacks)


def ownerless(connection: Connection) -> Iterator[Gap]:
    """Workloads without an owner; many of one type in one account make one gap."""
    w = workloads.c
    unknown = (
        select(workloads)
        .where(w.owner.is_(None), w.type.in_(ASKED))
        .order_by(w.type, w.provider, w.account, w.environment.is_not(None), w.id)
    )
    rows = connection.execute(unknown).all()
    for _, group in groupby(rows, key=lambda row: (row.type, row.provider, row.account)):
        found = [_workload(row) for row in group]
        if len(found) > GROUPED_ABOVE:
            yield texts.ownerless(found, len(found))
        else:
            yield from (texts.ownerless([workload], 1) for workload in found)


def _workload(row: Any) -> Workload:
    first = content.decode(row.roots)[0]
    return Workload(
        row.id, row.type, row.name, Scope(row.provider, row.account, row.place), first, row.environment or ""
    )
