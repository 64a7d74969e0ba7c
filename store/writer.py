"""Takes a scan in: one transaction per kind and scope of a source, one writer per database; looks that saw nothing share one.

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
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, delete, func, insert, select, update

from normalize.errors import StoreError
from normalize.model import Coverage, Misfit, Observation, Outcome, Pair, Scope
from store import content
from store.database import insert_rows, reading, writing
from store.locking import Lock, hold
from store.recording import CHUNK_RECORDS, Prepared, Recorder, prepare
from store.schema import coverage as looks
from store.schema import listings, quarantine, runs, sightings, sources

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
        with self._committing(run_id) as connection:
            self._commit(connection, run_id, observations, misfits, coverage)

    def commit_empty(self, run_id: str, coverages: Sequence[Coverage]) -> None:
        """Write looks that saw nothing and set nothing aside, each at another kind or scope: all of them or none. Costs a few
        statements for all together, where nothing was there before either.

        Raises:
            StoreError: as of `commit`.
        """
        with self._committing(run_id) as connection:
            self._number(connection, coverages)
            filled = self._filled(connection, [self._listings[_key(c)] for c in coverages])
            plain = [c for c in coverages if self._listings[_key(c)] not in filled]
            self._cover(connection, run_id, [(c, 0) for c in plain])
            for coverage in coverages:
                if self._listings[_key(coverage)] in filled:
                    self._commit(connection, run_id, (), (), coverage)

    @contextmanager
    def _committing(self, run_id: str) -> Iterator[Connection]:
        """A transaction of the open run. Nothing is written where anything is raised."""
        with self._mutex:
            if self._lock is None or self._run != run_id:
                raise StoreError(f"run {run_id} is not open for writing")
            before = len(self._listings)
            try:
                with writing(self._engine) as connection:
                    if connection.execute(select(runs.c.status).where(runs.c.id == run_id)).scalar() != "running":
                        raise StoreError(f"run {run_id} was taken over by another scan")
                    yield connection
            except BaseException:
                while len(self._listings) > before:
                    _, number = self._listings.popitem()
                    del self._ranks[number]
                raise

    def _commit(
        self,
        connection: Connection,
        run_id: str,
        observations: Iterable[Observation | Prepared],
        misfits: Iterable[Misfit],
        coverage: Coverage,
    ) -> None:
        self._number(connection, [coverage])
        proof, whole = coverage.proves_absence(), _is_whole(coverage)
        at = content.instant(coverage.finished_at)
        listing = self._listings[_key(coverage)]
        recorder = Recorder(connection, run_id, listing, self._numbers, self._ranks, at, whole)
        recorder.record(observations)
        recorder.set_aside(misfits, whole=coverage.outcome in _LOOKED)
        if proof:
            recorder.bury(since=coverage.since)
        self._cover(connection, run_id, [(coverage, recorder.counts["duplicates"])])

    def _number(self, connection: Connection, coverages: Iterable[Coverage]) -> None:
        """Give listings that were never looked at a number."""
        if fresh := [key for key in dict.fromkeys(map(_key, coverages)) if key not in self._listings]:
            numbers = range(first := _highest(connection, listings) + 1, first + len(fresh))
            rows = [(*key, number) for key, number in zip(fresh, numbers, strict=True)]
            insert_rows(connection, listings, ("source", "kind", "provider", "account", "place", "id"), rows)
            self._listings |= zip(fresh, numbers, strict=True)
            self._ranks |= zip(numbers, fresh, strict=True)

    def _filled(self, connection: Connection, numbers: Sequence[int]) -> set[int]:
        """Those of some listings in which something is alive or set aside."""
        s, q = sightings.c, quarantine.c
        found: set[int] = set()
        for start in range(0, len(numbers), CHUNK_RECORDS):
            among = numbers[start : start + CHUNK_RECORDS]
            alive = select(s.listing_id).where(s.listing_id.in_(among), s.gone_at.is_(None)).distinct()
            found.update(connection.execute(alive).scalars())
            found.update(connection.execute(select(q.listing_id).where(q.listing_id.in_(among)).distinct()).scalars())
        return found

    def _cover(self, connection: Connection, run_id: str, covered: Sequence[tuple[Coverage, int]]) -> None:
        """Write down what looks were worth, in place of what the run may have written of them before.

        Args:
            covered: with how many records came twice.
        """
        if not covered:
            return
        rows = [_coverage_row(run_id, c, self._listings[_key(c)], duplicates) for c, duplicates in covered]
        looked = [(row["listing_id"], row["finished_at"], c) for row, (c, _) in zip(rows, covered, strict=True)]
        again = delete(looks).where(looks.c.run_id == run_id, looks.c.listing_id == bindparam("listing"))
        connection.execute(again, [{"listing": number} for number, _, _ in looked])
        insert_rows(connection, looks, tuple(rows[0]), [tuple(row.values()) for row in rows])
        latest = update(listings).where(listings.c.id == bindparam("listing")).values(run_id=run_id, retired_at=None)
        connection.execute(latest, [{"listing": number} for number, _, _ in looked])
        if proven := [{"listing": number, "at": at} for number, at, c in looked if _is_whole(c)]:
            complete = update(listings).where(listings.c.id == bindparam("listing"))
            connection.execute(complete.values(last_complete_at=bindparam("at")), proven)
        retired = {number: at for _, at, c in looked for number in self._unknown(c)}
        if retired:
            c = listings.c
            stale = update(listings).where(c.id == bindparam("listing"), c.run_id != run_id, c.retired_at.is_(None))
            connection.execute(
                stale.values(retired_at=bindparam("at")), [{"listing": n, "at": at} for n, at in retired.items()]
            )

    def _unknown(self, coverage: Coverage) -> Iterator[int]:
        """Listings by which an earlier run said that it could not know the scopes, or not enter the account: a look that
        knows its scope supersedes them."""
        provider, account = coverage.scope.provider, coverage.scope.account
        if UNKNOWN_PLACE in (account, coverage.scope.place):
            return
        unknown = [(kind, UNKNOWN_PLACE) for kind in (EVERY_KIND, coverage.kind)] + [(EVERY_KIND, account)]
        for kind, where in unknown:
            if number := self._listings.get((coverage.source, kind, provider, where, UNKNOWN_PLACE)):
                yield number

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


def _key(coverage: Coverage) -> _Key:
    scope = coverage.scope
    return coverage.source, coverage.kind, scope.provider, content.plain(scope.account), content.plain(scope.place)


def _is_whole(coverage: Coverage) -> bool:
    """Whether what the look does not list is not there; where it did not go back to the beginning, it is not confirmed either."""
    return coverage.proves_absence() and coverage.since is None


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
