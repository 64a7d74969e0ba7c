"""Reads kept payloads again with the rows of this version: a mapping can be mended without credentials.

Owns the replay. Refuses to drop anything: what no row of this version fits stays as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, exists, func, select, update

from normalize.errors import DeniedError, MappingError, TransientError
from normalize.mapping import read_record
from normalize.model import Kind, Observation, RawRecord, Scope
from store import content
from store.database import reading, writing
from store.locking import hold
from store.recording import CHUNK_RECORDS, Recorder
from store.schema import coverage as looks
from store.schema import detail_gaps, listings, quarantine, raw_payloads, resources, runs, sightings, versions


def renormalize(engine: Engine, kinds: Callable[[str], Kind | None]) -> dict[str, int]:
    """Replay every kept payload through its row; one transaction per listing.

    Args:
        kinds: the row of a kind; None where this version has none: those records stay as they are.

    Returns:
        `read`: payloads replayed; `changed`: resources that say something else now; `admitted`: records that were in
        quarantine and fit now; `unfit`: records that fit no more and stay as they are; `unknown`: of kinds without a
        row; `renamed`: resources that have another identity now.

    Raises:
        BusyError: a scan is writing to this database.
        StoreError: the database refused; listings before are done, the one at hand is as before.
    """
    lock = hold(engine)
    try:
        replay = _Replay(engine, kinds)
        for listing in replay.listings():
            with writing(engine) as connection:
                replay.one(connection, listing)
        return replay.counts
    finally:
        lock.release()


@dataclass
class _Replay:
    engine: Engine
    kinds: Callable[[str], Kind | None]
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("read", "changed", "admitted", "unfit", "unknown", "renamed"), 0)
    )
    _ranks: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _run: str = ""

    def listings(self) -> list[Any]:
        with reading(self.engine) as connection:
            found = list(connection.execute(select(listings).order_by(listings.c.id)).all())
            self._run = connection.execute(select(func.max(runs.c.id))).scalar() or ""
        self._ranks = {r.id: (r.source, r.kind, r.provider, r.account, r.place) for r in found}
        return found

    def one(self, connection: Connection, listing: Any) -> None:
        kept = sightings.c.listing_id == listing.id
        kind = self.kinds(listing.kind)
        if kind is None:
            count = select(func.count()).select_from(sightings).where(kept, sightings.c.gone_at.is_(None))
            self.counts["unknown"] += connection.execute(count).scalar_one()
            return
        numbers = itertools.count((connection.execute(select(func.max(sightings.c.id))).scalar() or 0) + 1)
        at = listing.last_complete_at or ""
        recorder = Recorder(connection, self._run, listing.id, numbers, self._ranks, at, proof=True, replay=True)
        for chunk in self._chunks(connection, listing):
            renamed: list[int] = []
            recorder.record(self._read(chunk, kind, listing, renamed))
            _forget(connection, renamed)
            self.counts["renamed"] += len(renamed)
        self._admit(connection, recorder, kind, listing)
        self.counts["changed"] += recorder.counts["changed"]

    def _chunks(self, connection: Connection, listing: Any) -> Iterator[list[Any]]:
        """Living sightings with payload and faults, a chunk at a time, by number: writing goes on in between."""
        s, p = sightings.c, raw_payloads.c
        last = -1
        while rows := connection.execute(
            select(s.id, s.resource_id, p.call, p.observed_at, p.data, resources.c.account, resources.c.place, resources.c.provider)
            .join(raw_payloads, p.sighting_id == s.id)
            .join(resources, resources.c.id == s.resource_id)
            .where(s.listing_id == listing.id, s.gone_at.is_(None), s.id > last)
            .order_by(s.id)
            .limit(CHUNK_RECORDS)
        ).all():  # fmt: skip
            last = rows[-1].id
            faults: dict[int, list[Any]] = {}
            d = detail_gaps.c
            statement = select(detail_gaps).where(d.sighting_id.in_([r.id for r in rows]), d.fault != "misfit")
            for fault in connection.execute(statement.order_by(d.id)):
                faults.setdefault(fault.sighting_id, []).append(fault)
            yield [(row, faults.get(row.id, ())) for row in rows]

    def _read(self, chunk: list[Any], kind: Kind, listing: Any, renamed: list[int]) -> Iterator[Observation]:
        for row, faults in chunk:
            self.counts["read"] += 1
            scope = Scope(row.provider, row.account, row.place)
            raw = RawRecord(
                listing.kind,
                scope,
                content.unpacked(row.data),
                listing.source,
                row.call,
                datetime.fromisoformat(row.observed_at),
                tuple(_error(f) for f in faults),
            )
            try:
                observation = read_record(raw, kind)
            except MappingError:
                self.counts["unfit"] += 1
                continue
            if content.plain(observation.resource.id) != row.resource_id:
                renamed.append(row.id)
            yield observation

    def _admit(self, connection: Connection, recorder: Recorder, kind: Kind, listing: Any) -> None:
        q = quarantine.c
        scope = Scope(listing.provider, listing.account, listing.place)
        last, admitted = -1, 0
        while rows := connection.execute(
            select(quarantine).where(q.listing_id == listing.id, q.id > last).order_by(q.id).limit(CHUNK_RECORDS)
        ).all():
            last = rows[-1].id
            fit: list[int] = []
            recorder.record(self._fitting(rows, kind, scope, listing, fit))
            connection.execute(delete(quarantine).where(q.id.in_(fit)))
            admitted += len(fit)
        if admitted:
            of_latest = (looks.c.listing_id == listing.id, looks.c.run_id == listing.run_id)
            left = func.greatest if connection.dialect.name == "postgresql" else func.max
            connection.execute(
                update(looks).where(*of_latest).values(quarantined=left(looks.c.quarantined - admitted, 0), records=looks.c.records + admitted)
            )  # fmt: skip
            self.counts["admitted"] += admitted

    def _fitting(self, rows: Any, kind: Kind, scope: Scope, listing: Any, fit: list[int]) -> Iterator[Observation]:
        for row in rows:
            payload = content.unpacked(row.data)
            at = datetime.fromisoformat(row.observed_at)
            try:
                observation = read_record(RawRecord(listing.kind, scope, payload, listing.source, row.call, at), kind)
            except MappingError:
                continue
            fit.append(row.id)
            yield observation


def _error(fault: Any) -> DeniedError | TransientError:
    kind = DeniedError if fault.fault == "denied" else TransientError
    return kind(fault.message, call=fault.call, needs=tuple(content.decode(fault.needs)))


def _forget(connection: Connection, numbers: list[int]) -> None:
    """Drop what stood under an identity that the thing never had."""
    if not numbers:
        return
    s, r = sightings.c, resources.c
    ids = list(connection.execute(select(s.resource_id).where(s.id.in_(numbers))).scalars())
    connection.execute(delete(sightings).where(s.id.in_(numbers)))
    alone = (r.id.in_(ids), ~exists().where(s.resource_id == r.id))
    lost = list(connection.execute(select(r.id).where(*alone)).scalars())
    connection.execute(delete(versions).where(versions.c.resource_id.in_(lost)))
    connection.execute(delete(resources).where(r.id.in_(lost)))
