"""Takes a scan in: one transaction per kind and scope of a source, one writer per database.

Owns runs and coverage, and the rule that only a look which proves absence makes things gone. Refuses a second scan
of the same database, and commits of a run that is not (or no longer) this writer's.
"""

from __future__ import annotations

import itertools
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, func, insert, select, update

from normalize.errors import StoreError
from normalize.model import Coverage, Misfit, Observation, Outcome, Pair, Scope
from store import content
from store.database import reading, writing
from store.locking import Lock, hold
from store.recording import Prepared, Recorder, prepare
from store.schema import coverage as looks
from store.schema import listings, runs, sightings, sources

UNKNOWN_PLACE = "?"
"""Place of coverage that says: this account could not be entered, or its regions not be known. As account and place:
the scopes themselves could not be known."""
EVERY_KIND = "*"
"""Kind of coverage that speaks of all kinds at once."""

_LOOKED = frozenset({Outcome.COMPLETE, Outcome.UNAVAILABLE})

_Key = tuple[str, str, str, str, str]


def _now() -> datetime:
    return datetime.now(UTC)


class Writer:
    """The one who writes during a scan. `commit` may be called from many threads; commits follow one another.

    Args:
        clock: says the time of runs; observations and coverage carry their own.
    """

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] = _now) -> None:
        self._engine = engine
        self._clock = clock
        self._mutex = threading.Lock()
        self._lock: Lock | None = None
        self._run: str | None = None
        self._listings: dict[_Key, int] = {}
        self._ranks: dict[int, _Key] = {}
        self._numbers: Iterator[int] = itertools.count()

    def begin(
        self, *, sources: Sequence[Mapping[str, Any]], selection: Mapping[str, Any], version: str, resume: bool
    ) -> str:
        """Start a run, or go on with the newest one of the same selection if it did not finish.

        Args:
            sources: facts of each source without secrets: `name`, `type`, `provider`, …
            selection: what was asked for; `kinds` non-empty means that not every kind was.

        Returns:
            The run's id, "20261124T041500Z-ab12"; ids sort as runs do.

        Raises:
            BusyError: another scan of this database is alive.
            StoreError: there is nothing to resume.
        """
        with self._mutex:
            if self._lock is not None:
                raise StoreError(f"run {self._run} is still open")
            self._lock = hold(self._engine)
            try:
                with writing(self._engine) as connection:
                    self._run = self._start(connection, sources, content.text_of(dict(selection)), version, resume)
                    self._load(connection)
            except BaseException:
                self._release()
                raise
            return self._run

    def _start(
        self, connection: Connection, facts: Sequence[Mapping[str, Any]], selection: str, version: str, resume: bool
    ) -> str:
        r = runs.c
        # Whoever was "running" is dead: the lock is ours.
        connection.execute(update(runs).where(r.status == "running").values(status="interrupted"))
        mine = {"status": "running", "pid": os.getpid(), "host": socket.gethostname(), "finished_at": None}
        if resume:
            run_id = _unfinished(connection, selection)
            connection.execute(update(runs).where(r.id == run_id).values(mine))
            connection.execute(delete(sources).where(sources.c.run_id == run_id))
        else:
            now = self._clock()
            run_id = _new_id(now, connection.execute(select(func.max(r.id))).scalar())
            row = {"id": run_id, "started_at": content.instant(now), "selection": selection, "version": version}
            connection.execute(insert(runs), row | mine)
        if facts:
            connection.execute(insert(sources), [_source_row(run_id, f) for f in facts])
        return run_id

    def _load(self, connection: Connection) -> None:
        self._listings = {}
        for row in connection.execute(select(listings)):
            self._listings[row.source, row.kind, row.provider, row.account, row.place] = row.id
        self._ranks = {number: key for key, number in self._listings.items()}
        self._numbers = itertools.count(_highest(connection, sightings) + 1)

    def done(self, run_id: str) -> set[Pair]:
        """The pairs that already have coverage in this run."""
        c = listings.c
        statement = (
            select(c.source, c.kind, c.provider, c.account, c.place)
            .join(looks, looks.c.listing_id == c.id)
            .where(looks.c.run_id == run_id)
        )
        with reading(self._engine) as connection:
            return {Pair(s, k, Scope(*scope)) for s, k, *scope in connection.execute(statement)}

    def prepare(self, observation: Observation) -> Prepared:
        """What `commit` takes as well, a tenth of the size: for callers that have to keep many. Needs no database."""
        return prepare(observation)

    def commit(
        self, run_id: str, observations: Iterable[Observation | Prepared], misfits: Iterable[Misfit], coverage: Coverage
    ) -> None:
        """Write one look at one kind in one scope: all of it or nothing.

        Raises:
            StoreError: the run is not this writer's, or the database refused. Nothing of the pair was written.
        """
        with self._mutex:
            if self._lock is None or self._run != run_id:
                raise StoreError(f"run {run_id} is not open for writing")
            known = dict(self._listings)
            try:
                with writing(self._engine) as connection:
                    self._commit(connection, run_id, observations, misfits, coverage)
            except BaseException:
                self._listings = known
                self._ranks = {number: key for key, number in known.items()}
                raise

    def _commit(
        self,
        connection: Connection,
        run_id: str,
        observations: Iterable[Observation | Prepared],
        misfits: Iterable[Misfit],
        coverage: Coverage,
    ) -> None:
        if connection.execute(select(runs.c.status).where(runs.c.id == run_id)).scalar() != "running":
            raise StoreError(f"run {run_id} was taken over by another scan")
        listing = self._listing(connection, coverage)
        proof = coverage.proves_absence()
        whole = proof and coverage.since is None  # else what is not listed is not confirmed either
        at = content.instant(coverage.finished_at)
        recorder = Recorder(connection, run_id, listing, self._numbers, self._ranks, at, whole)
        recorder.record(observations)
        recorder.set_aside(misfits, whole=coverage.outcome in _LOOKED)
        if proof:
            recorder.bury(since=coverage.since)
        row = _coverage_row(run_id, coverage, listing, recorder.counts["duplicates"])
        connection.execute(delete(looks).where(looks.c.run_id == run_id, looks.c.listing_id == listing))
        connection.execute(insert(looks), row)
        latest: dict[str, Any] = {"run_id": run_id, "retired_at": None}
        connection.execute(
            update(listings)
            .where(listings.c.id == listing)
            .values(latest | ({"last_complete_at": at} if whole else {}))
        )
        if UNKNOWN_PLACE not in (coverage.scope.account, coverage.scope.place):
            self._retire_unknown(connection, run_id, coverage, at)

    def _listing(self, connection: Connection, coverage: Coverage) -> int:
        scope = coverage.scope
        key = (coverage.source, coverage.kind, scope.provider, content.plain(scope.account), content.plain(scope.place))
        if key not in self._listings:
            number = _highest(connection, listings) + 1
            names = ("source", "kind", "provider", "account", "place")
            connection.execute(insert(listings), dict(zip(names, key, strict=True)) | {"id": number})
            self._listings[key] = number
            self._ranks[number] = key
        return self._listings[key]

    def _retire_unknown(self, connection: Connection, run_id: str, coverage: Coverage, at: str) -> None:
        """An earlier run could not know the scopes, or could not enter the account; this one does."""
        provider, account = coverage.scope.provider, coverage.scope.account
        unknown = [(kind, UNKNOWN_PLACE) for kind in (EVERY_KIND, coverage.kind)] + [(EVERY_KIND, account)]
        stale = [
            number
            for kind, where in unknown
            if (number := self._listings.get((coverage.source, kind, provider, where, UNKNOWN_PLACE)))
        ]
        if stale:
            c = listings.c
            connection.execute(
                update(listings)
                .where(c.id.in_(stale), c.run_id != run_id, c.retired_at.is_(None))
                .values(retired_at=at)
            )

    def finish(self, run_id: str, status: str) -> None:
        """End the run as "complete" or "interrupted" and let others scan.

        Raises:
            StoreError: the run is not this writer's.
        """
        if status not in ("complete", "interrupted"):
            raise StoreError(f"a run ends complete or interrupted, not {status!r}")
        with self._mutex:
            if self._lock is None or self._run != run_id:
                raise StoreError(f"run {run_id} is not open for writing")
            try:
                with writing(self._engine) as connection:
                    ended = content.instant(self._clock()) if status == "complete" else None
                    mine = (runs.c.id == run_id, runs.c.status == "running")
                    connection.execute(update(runs).where(*mine).values(status=status, finished_at=ended))
            finally:
                self._release()

    def close(self) -> None:
        """Give the database back; a run that was not finished can be resumed. Safe to call twice."""
        if self._lock is not None and self._run is not None:
            self.finish(self._run, "interrupted")

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
        self._lock = None
        self._run = None


def _highest(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.max(table.c.id))).scalar() or 0


def _source_row(run_id: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "name": facts["name"],
        "type": facts["type"],
        "provider": facts.get("provider") or facts["type"],
        "facts": content.text_of(dict(facts)),
    }


def _coverage_row(run_id: str, coverage: Coverage, listing: int, duplicates: int) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "listing_id": listing,
        "outcome": coverage.outcome.value,
        "records": coverage.records,
        "gaps": coverage.gaps,
        "quarantined": coverage.quarantined,
        "duplicates": duplicates,
        "reason": content.plain(coverage.reason),
        "needs": content.text_of(list(coverage.needs)),
        "started_at": content.instant(coverage.started_at),
        "finished_at": content.instant(coverage.finished_at),
        "since": content.instant(coverage.since) if coverage.since else None,
    }


_STAMP = "%Y%m%dT%H%M%SZ"


def _new_id(now: datetime, newest: str | None) -> str:
    """An id that sorts after every other, also when the clock was set back."""
    if newest is not None:
        last = datetime.strptime(newest.split("-")[0], _STAMP).replace(tzinfo=UTC)
        now = max(now, last + timedelta(seconds=1))
    return f"{now.astimezone(UTC).strftime(_STAMP)}-{secrets.token_hex(2)}"


def _unfinished(connection: Connection, selection: str) -> str:
    newest = select(runs.c.id, runs.c.status).where(runs.c.selection == selection).order_by(runs.c.id.desc()).limit(1)
    row = connection.execute(newest).first()
    if row is None:
        raise StoreError("there is no run of these sources and kinds to resume: start one with `stocktake scan`")
    if row.status == "complete":
        raise StoreError(f"run {row.id} of these sources and kinds is complete: there is none to resume")
    found: str = row.id
    return found
