"""Finds what the inventory does not know, by queries over what it holds.

Owns the life of a gap: first seen, still there, resolved. Rules stand in rules/, texts and severities in normalize.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, exists, insert, or_, select, update

from normalize.model import Gap
from store import content
from store.database import writing
from store.rules import declared, facts, looks, machines, mentions, reach, scopes, second, spend, workloads
from store.rules.ground import Ground, Into
from store.schema import (
    gaps,
    listings,
    runs,
    sources,
)
from store.writer import EVERY_KIND, UNKNOWN_PLACE

_CHUNK = 500


def detect(engine: Engine, run_id: str, *, now: datetime) -> dict[str, int]:
    """Find all gaps of the inventory as it is, and resolve those that are no more.

    Args:
        run_id: the run that led here; when it took in whole sources, scopes that it no longer had are retired.

    Returns:
        Open gaps by code, and `new` and `resolved`.

    Raises:
        StoreError: the database refused; the gaps are as before.
    """
    at = content.instant(now)
    with writing(engine) as connection:
        _retire(connection, run_id, at)
        ledger = _Ledger(connection, run_id, at)
        ledger.take(_found(connection, ledger.held, now))
        return ledger.settle()


def _retire(connection: Connection, run_id: str, at: str) -> None:
    """A scope that a scan of the whole source no longer has is not ours to judge any more."""
    row = connection.execute(select(runs.c.selection).where(runs.c.id == run_id)).first()
    if row is None or content.decode(row.selection).get("kinds"):
        return
    c, unknown = listings.c, listings.alias("unknown")
    unplanned = exists().where(
        unknown.c.source == c.source,
        unknown.c.place == UNKNOWN_PLACE,
        or_(unknown.c.account == UNKNOWN_PLACE, unknown.c.account == c.account),
        unknown.c.run_id == run_id,
        or_(unknown.c.kind == EVERY_KIND, unknown.c.kind == c.kind),
    )
    whole = select(sources.c.name).where(sources.c.run_id == run_id)
    connection.execute(
        update(listings)
        .where(c.source.in_(whole), c.run_id < run_id, c.retired_at.is_(None), ~unplanned)
        .values(retired_at=at)
    )


@dataclass
class _Ledger:
    """The gaps as stored, brought up to date."""

    connection: Connection
    run_id: str
    at: str
    held: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=lambda: {"new": 0, "resolved": 0})
    _found: set[str] = field(default_factory=set)

    def take(self, found: Iterator[Gap]) -> None:
        while batch := list(islice(found, _CHUNK)):
            self._write({g.id: g for g in reversed(batch) if g.id not in self._found})

    def _write(self, batch: dict[str, Gap]) -> None:
        self._found.update(batch)
        known = {
            row.id: row._asdict()
            for row in self.connection.execute(select(gaps).where(gaps.c.id.in_(list(batch))))
        }  # fmt: skip
        new, changed = [], []
        for gap in batch.values():
            self.counts[gap.code.value] = self.counts.get(gap.code.value, 0) + 1
            row = _row(gap)
            before = known.get(gap.id)
            if before is None:
                new.append(row | {"first_seen_at": self.at, "run_id": self.run_id, "resolved_at": None})
            elif before["resolved_at"] is not None or any(before[k] != v for k, v in row.items()):
                changed.append({"gap" if k == "id" else k: v for k, v in row.items()} | {"run_id": self.run_id})
        if new:
            self.connection.execute(insert(gaps), new)
            self.counts["new"] += len(new)
        if changed:
            values: dict[str, Any] = {k: bindparam(k) for k in changed[0] if k != "gap"} | {"resolved_at": None}
            self.connection.execute(update(gaps).where(gaps.c.id == bindparam("gap")).values(values), changed)

    def settle(self) -> dict[str, int]:
        """Resolve what was not found, except where we could not look."""
        still = self.connection.execute(select(gaps.c.id).where(gaps.c.resolved_at.is_(None))).scalars()
        over = [g for g in still if g not in self._found and g not in self.held]
        for start in range(0, len(over), _CHUNK):
            ids = over[start : start + _CHUNK]
            self.connection.execute(update(gaps).where(gaps.c.id.in_(ids)).values(resolved_at=self.at))
        self.counts["resolved"] = len(over)
        return self.counts


def _row(gap: Gap) -> dict[str, Any]:
    return {
        "id": gap.id,
        "code": gap.code.value,
        "severity": gap.severity.value,
        "why": content.plain(gap.why),
        "subject_id": content.plain(gap.subject_id),
        "subject": content.plain(gap.subject),
        "missing": content.text_of(dict(gap.missing)),
        "evidence": content.text_of([asdict(e) for e in gap.evidence]),
        "evidence_count": gap.evidence_count,
        "remedy": content.plain(gap.remedy),
        "extra": content.text_of(dict(gap.extra)),
    }


def _found(connection: Connection, held: set[str], now: datetime) -> Iterator[Gap]:
    ground = Ground.read(connection)
    into: dict[int, Into] = defaultdict(Into)
    yield from mentions.lost_names(connection, ground, into, held)
    yield from looks.unread_scopes(connection, ground, into)
    yield from looks.failed_details(connection, ground)
    yield from scopes.clusters(connection, ground)
    yield from scopes.trackers(connection)
    yield from scopes.accounts(connection, ground)
    yield from scopes.regions(connection, ground)
    yield from scopes.nodes(connection)
    yield from reach.contexts(connection, ground)
    yield from reach.known_hosts(connection)
    yield from facts.evidence(connection, now)
    yield from facts.unmodelled(connection)
    yield from second.disagreements(connection, ground, now)
    yield from second.fewer_than_listed(connection, ground, now)
    yield from second.versions_without_artifacts(connection)
    yield from machines.without_nodes(connection, ground)
    yield from machines.miscounted(connection)
    yield from second.stale(connection, now)
    yield from declared.undeclared(connection)
    yield from declared.not_found(connection, ground, held)
    yield from spend.unreconciled(connection, ground)
    yield from workloads.incomplete(connection)
    yield from workloads.ownerless(connection)
    yield from workloads.unserved(connection, ground)
