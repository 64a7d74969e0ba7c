"""Runs one scan: surveys every (kind, scope) of every source and commits each in one transaction; those that saw nothing, many in one.

`look` holds the broad handler of the product: whatever a collector raises leaves it as a Coverage. A fault of
ours becomes coverage `failed`, is logged with its traceback, and the run goes on.
"""

from __future__ import annotations

import fnmatch
import logging
import os
import pickle
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from collectors.contract import EVERY_KIND, UNKNOWN_PLACE, Planned
from discovery.limits import Limits
from normalize.errors import CollectError, DeniedError, MappingError, SkippedError, UnavailableError
from normalize.mapping import observe
from normalize.model import Coverage, Kind, Misfit, Observation, Outcome, Pair, RawRecord, Scope
from normalize.redaction import redact, scrub

if TYPE_CHECKING:
    from collectors.contract import Collector

log = logging.getLogger("stocktake.scan")

KEPT_LEVELS = 100
"""Levels of a quarantined payload that are kept where it has more than can be searched."""

SPOOL_RECORDS = 200
"""Prepared observations of one pair kept in memory; further ones go to a temporary file."""
_SPOOL_BATCH = 50
"""Items that go there together: a text that they share is written once."""


def now() -> datetime:
    return datetime.now(UTC)


class Sink(Protocol):
    """Where surveys go: the store's writer."""

    def done(self, run_id: str) -> set[Pair]: ...

    def prepare(self, observation: Observation) -> Any:
        """What is kept of an observation until its pair is committed."""

    def commit(
        self, run_id: str, observations: Iterable[Any], misfits: Iterable[Misfit], coverage: Coverage
    ) -> None: ...


class Store(Sink, Protocol):
    """A sink that takes many looks at once where they saw nothing."""

    def commit_empty(self, run_id: str, coverages: Sequence[Coverage]) -> None:
        """Commit looks that saw nothing and set nothing aside, each of another pair: all of them or none."""


class Spool:
    """Items in order: the first ones in memory, the rest in an unnamed temporary file."""

    def __init__(self, limit: int = SPOOL_RECORDS) -> None:
        self._items: list[Any] = []
        self._limit = limit
        self._last: list[Any] = []
        self._file: Any = None
        self.count = 0

    def append(self, item: Any) -> None:
        self.count += 1
        if len(self._items) < self._limit:
            self._items.append(item)
            return
        self._last.append(item)
        if len(self._last) < _SPOOL_BATCH:
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="stocktake-")  # noqa: SIM115  lives as long as the spool
        pickle.dump(self._last, self._file, protocol=5)
        self._last = []

    def __iter__(self) -> Iterator[Any]:
        yield from self._items
        if self._file is not None:
            self._file.seek(0)
            for _ in range((self.count - len(self._items)) // _SPOOL_BATCH):
                yield from pickle.load(self._file)  # noqa: S301  our own objects, in a file without a name
            self._file.seek(0, os.SEEK_END)
        yield from self._last

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


@dataclass
class Survey:
    """One look at one kind in one scope, as it grows."""

    prepare: Callable[[Observation], Any]
    observations: Spool = field(default_factory=Spool)
    misfits: Spool = field(default_factory=Spool)
    detail: dict[tuple[str, str, tuple[str, ...]], int] = field(default_factory=dict)
    misfitting: int = 0

    def take(self, raw: RawRecord | Misfit, kind: Kind) -> None:
        if isinstance(raw, Misfit):
            self.misfits.append(_misfit(raw, kind, raw.reason))
            return
        try:
            observation = observe(raw, kind)
        except MappingError as error:
            self.misfits.append(_misfit(raw, kind, str(error)))
            return
        self.observations.append(self.prepare(observation))
        if observation.misfits:
            self.misfitting += 1
        for gap in observation.gaps:
            key = (type(gap).__name__, gap.call, gap.needs)
            self.detail[key] = self.detail.get(key, 0) + 1

    def notes(self) -> tuple[str, tuple[str, ...]]:
        """(reason, needs) of what records lack."""
        reasons: list[str] = []
        needs: list[str] = []
        for (kind_of_error, call, need), count in sorted(self.detail.items()):
            word = "denied" if kind_of_error == "DeniedError" else "failed"
            reasons.append(f"{call} {word} for {count} of {self.observations.count} records")
            needs.extend(n for n in need if n not in needs)
        if self.misfitting:
            reasons.append(f"{self.misfitting} records have attributes that do not fit and were left out")
        if self.misfits.count:
            reasons.append(f"{self.misfits.count} records quarantined")
        return "; ".join(reasons), tuple(needs)

    def incomplete_records(self) -> int:
        return sum(self.detail.values()) + self.misfitting

    def close(self) -> None:
        self.observations.close()
        self.misfits.close()


def _misfit(raw: RawRecord | Misfit, kind: Kind, reason: str) -> Misfit:
    try:
        payload = redact(raw.payload, kind.sensitive)
    except (MappingError, RecursionError):
        payload = redact(_shallow(raw.payload, KEPT_LEVELS), kind.sensitive)
    return Misfit(raw.kind, raw.scope, payload, raw.call, reason, raw.observed_at)


def _shallow(value: Any, levels: int) -> Any:
    """A copy as JSON, without what is nested too deeply to be searched for secrets."""
    if isinstance(value, dict | list) and not levels:
        return "[nested too deeply to be kept]"
    if isinstance(value, dict):
        return {str(k): _shallow(v, levels - 1) for k, v in value.items()}
    if isinstance(value, list):
        return [_shallow(v, levels - 1) for v in value]
    return value if value is None or isinstance(value, str | int | float) else str(value)


def outcome_of(error: CollectError, yielded: int) -> Outcome:
    """The outcome that an error means, given how many records came before it."""
    if yielded:
        return Outcome.PARTIAL
    if isinstance(error, DeniedError):
        return Outcome.DENIED
    if isinstance(error, UnavailableError):
        return Outcome.UNAVAILABLE
    if isinstance(error, SkippedError):
        return Outcome.SKIPPED
    return Outcome.FAILED


@dataclass(slots=True)
class Look:
    """One look at one kind in one scope: what was seen, and what the look was worth.

    Attributes:
        fault: it ended with a fault of ours.
    """

    coverage: Coverage
    observations: Iterable[Any]
    misfits: Iterable[Misfit]
    fault: bool = False
    close: Callable[[], None] = lambda: None


class Looker(Protocol):
    """Takes looks: in this process, or elsewhere."""

    def __call__(
        self, collector: Collector, planned: Planned, run_id: str, prepare: Callable[[Observation], Any], /
    ) -> Look:
        """Look at what is planned, which has a kind and no error. Whatever the collector raises becomes coverage.

        Raises:
            AbandonedError: the scan is being stopped; the look is worth nothing.
        """
        ...


class AbandonedError(Exception):
    """A look that was given up because the scan stops; its pair has no coverage and is left to a resumed run."""


def look(
    collector: Collector,
    planned: Planned,
    run_id: str,
    prepare: Callable[[Observation], Any],
    clock: Callable[[], datetime] = now,
) -> Look:
    """Look from this process. The observations are prepared, and spooled to the disk where there are many."""
    kind, scope = planned.kind, planned.scope
    assert kind is not None
    started = clock()
    found = Survey(prepare)
    outcome, reason, fault = Outcome.COMPLETE, "", False
    needs: tuple[str, ...] = ()
    try:
        if (absent := collector.unavailable(kind, scope)) is not None:
            outcome, reason, needs = Outcome.UNAVAILABLE, str(absent), absent.needs
        else:
            for raw in collector.collect(kind, scope):
                found.take(raw, kind)
    except CollectError as error:
        outcome, reason, needs = outcome_of(error, found.observations.count), _reason(error), error.needs
    except Exception as error:
        known = collector.classify(error)
        if known is not None:
            outcome, reason, needs = outcome_of(known, found.observations.count), _reason(known), known.needs
        else:
            fault = True
            outcome = Outcome.PARTIAL if found.observations.count else Outcome.FAILED
            reason = f"a fault of Stocktake: {type(error).__name__}: {scrub(str(error))[:300]}"
            log.exception("fault while reading %s in %s of %s", kind.name, _place(scope), collector.source)
    note, more = found.notes()
    coverage = Coverage(
        run_id,
        collector.source,
        kind.name,
        scope,
        outcome,
        found.observations.count,
        found.incomplete_records(),
        found.misfits.count,
        started,
        clock(),
        "; ".join(r for r in (reason, note, _bound(planned.since, planned.older), planned.note) if r),
        tuple(dict.fromkeys((*needs, *more))),
        planned.since,
    )
    return Look(coverage, found.observations, found.misfits, fault, found.close)


def failed(collector: Collector, planned: Planned, run_id: str, error: CollectError, started: datetime) -> Look:
    """A look that saw nothing, and why."""
    kind = EVERY_KIND if planned.kind is None else planned.kind.name
    outcome = outcome_of(error, 0)
    coverage = Coverage(
        run_id, collector.source, kind, planned.scope, outcome, 0, 0, 0, started, now(), _reason(error), error.needs
    )
    return Look(coverage, (), ())


def survey(collector: Collector, planned: Planned, run_id: str, sink: Sink, looker: Looker = look) -> Coverage:
    """Look at one kind in one scope and commit what was seen together with what the look was worth.

    Raises:
        StoreError: the store could not take it; nothing of the pair was written.
        FaultError: committed; the look ended with a fault of ours.
        AbandonedError: nothing was committed.
    """
    taken = looker(collector, planned, run_id, sink.prepare)
    try:
        sink.commit(run_id, taken.observations, taken.misfits, taken.coverage)
    finally:
        taken.close()
    if taken.fault:
        raise FaultError(taken.coverage)
    return taken.coverage


class FaultError(Exception):
    """A pair ended with a fault of ours; its coverage says so and is already committed."""

    def __init__(self, coverage: Coverage) -> None:
        super().__init__(coverage.reason)
        self.coverage = coverage


def _reason(error: CollectError) -> str:
    return f"{error.call}: {scrub(str(error))}"[:1000] if error.call else scrub(str(error))[:1000]


def _bound(since: datetime | None, older: str) -> str:
    return "; ".join(t for t in (f"listed back to {since.date().isoformat()}", older) if t) if since else ""


def _place(scope: Scope) -> str:
    return f"{scope.account}/{scope.place}"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened in a scan, for whoever watches."""

    source: str
    coverage: Coverage | None = None
    planned: int = 0
    ended: bool = False


@dataclass
class Result:
    """How a scan ended."""

    run_id: str
    coverages: int = 0
    records: int = 0
    blind: int = 0
    faults: int = 0
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """1 a fault of ours, 3 finished with blind spots or cut short, 0 complete."""
        if self.faults:
            return 1
        return 3 if self.blind or self.interrupted else 0


class Gathering:
    """A sink before the store: a look that saw nothing waits a moment for others of its sort, and is committed with them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._empty: list[Coverage] = []
        self._since = 0.0

    def done(self, run_id: str) -> set[Pair]:
        return self._store.done(run_id)

    def prepare(self, observation: Observation) -> Any:
        return self._store.prepare(observation)

    def commit(self, run_id: str, observations: Iterable[Any], misfits: Iterable[Misfit], coverage: Coverage) -> None:
        if coverage.records or coverage.quarantined:
            self._store.commit(run_id, observations, misfits, coverage)
            return
        with self._lock:
            if not self._empty:
                self._since = time.monotonic()
            self._empty.append(coverage)
            due = len(self._empty) >= EMPTY_LOOKS or time.monotonic() - self._since >= EMPTY_SECONDS
        if due:
            self.flush(run_id)

    def flush(self, run_id: str) -> None:
        """Commit what waits. Raises StoreError."""
        with self._lock:
            batch, self._empty = self._empty, []
        if batch:
            self._store.commit_empty(run_id, batch)


EMPTY_LOOKS = 500
"""How many looks that saw nothing are committed together at most."""
EMPTY_SECONDS = 1.0
"""How long one waits for others, while others come."""

GRACE_SECONDS = 10.0
"""How long a scan that was told to stop waits for the pairs in flight."""
AHEAD = 400
"""Looks that are planned ahead of the work, per source: an estate of a thousand accounts has millions."""


class _Plan:
    """The looks of one source, planned by a thread of its own while others work.

    Args:
        changed: set whenever there is something new to take.
    """

    def __init__(self, collector: Collector, patterns: Sequence[str], changed: threading.Event) -> None:
        self.collector = collector
        self._patterns = patterns
        self._changed = changed
        self._room = threading.Condition()
        self._ready: deque[Planned] = deque()
        self._closed = False
        self._finished = False
        self._planned = 0
        self._told = 0
        self.ended = False
        threading.Thread(target=self._run, name=f"plan-{collector.source}", daemon=True).start()

    def take(self, suits: Callable[[Planned], bool]) -> Planned | None:
        """The first look that suits."""
        with self._room:
            for at, planned in enumerate(self._ready):
                if suits(planned):
                    del self._ready[at]
                    self._room.notify()
                    return planned
            return None

    def is_empty(self) -> bool:
        with self._room:
            return self._finished and not self._ready

    def news(self) -> int:
        """How many looks were planned since this was last asked."""
        with self._room:
            more, self._told = self._planned - self._told, self._planned
            return more

    def close(self) -> None:
        """Stop planning."""
        with self._room:
            self._closed = True
            self._room.notify_all()

    def _run(self) -> None:
        try:
            for planned in self.collector.plan([k for k in self.collector.kinds() if self._selects(k)]):
                if not self._put(planned):
                    return
        except Exception as error:  # noqa: BLE001  a source that cannot say what it has becomes coverage too
            self._put(Planned(None, Scope(self.collector.provider, UNKNOWN_PLACE, UNKNOWN_PLACE), error))
        finally:
            with self._room:
                self._finished = True
            self._changed.set()

    def _put(self, planned: Planned) -> bool:
        with self._room:
            self._room.wait_for(lambda: self._closed or len(self._ready) < AHEAD)
            if self._closed:
                return False
            self._ready.append(planned)
            self._planned += 1
        self._changed.set()
        return True

    def _selects(self, kind: Kind) -> bool:
        return not self._patterns or any(fnmatch.fnmatchcase(kind.name, p) for p in self._patterns)


class Scan:
    """One run over some collectors.

    Args:
        patterns: glob patterns of kind names; empty means every kind.
        watch: called from this thread with every Step.
        looker: who takes the looks; this process where left out.
    """

    def __init__(
        self,
        collectors: Sequence[Collector],
        sink: Store,
        run_id: str,
        *,
        patterns: Sequence[str] = (),
        workers: int = 16,
        clock: Callable[[], datetime] = now,
        watch: Callable[[Step], None] = lambda step: None,
        stop: threading.Event | None = None,
        looker: Looker | None = None,
    ) -> None:
        self._looker = looker or partial(look, clock=clock)
        self._collectors = collectors
        self._sink = Gathering(sink)
        self._patterns = patterns
        self._workers = workers
        self._clock = clock
        self._watch = watch
        self._stop = stop or threading.Event()
        self._limits = Limits()
        self._changed = threading.Event()
        self._done: set[Pair] = set()
        self.result = Result(run_id)

    def run(self) -> Result:
        """Survey everything that has no coverage in this run yet.

        Raises:
            StoreError: the store could not take a pair; the run stops, what was committed stays.
        """
        self._done = self._sink.done(self.result.run_id)
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="survey")
        plans = [_Plan(collector, self._patterns, self._changed) for collector in self._collectors]
        running: dict[Future[Coverage], _Plan] = {}
        try:
            while not self._stop.is_set() and not all(plan.ended for plan in plans):
                self._changed.clear()
                self._fill(pool, plans, running)
                self._tell(plans, running)
                if not all(plan.ended for plan in plans) and not self._changed.wait(timeout=0.5):
                    self._sink.flush(self.result.run_id)
                self._settle(running)
            if self._stop.is_set():
                self.result.interrupted = not all(plan.ended for plan in plans)
                wait(running, timeout=GRACE_SECONDS)
                self._settle(running)
            self._sink.flush(self.result.run_id)
        finally:
            for plan in plans:
                plan.close()
            pool.shutdown(wait=False, cancel_futures=True)
        return self.result

    def _fill(self, pool: ThreadPoolExecutor, plans: Sequence[_Plan], running: dict[Future[Coverage], _Plan]) -> None:
        """Take from the sources in turn, so that none starves another, and only work whose key has room, so that no
        worker waits for a slow service."""
        took = True
        while took and len(running) < self._workers:
            took = False
            for plan in plans:
                if len(running) < self._workers and (planned := plan.take(partial(self._suits, plan.collector))):
                    took = True
                    if (future := self._begin(pool, plan.collector, planned)) is not None:
                        running[future] = plan

    def _suits(self, collector: Collector, planned: Planned) -> bool:
        if planned.kind is None or planned.error is not None or self._is_done(collector, planned):
            return True
        return self._limits.take(collector.limit_key(planned.kind, planned.scope))

    def _is_done(self, collector: Collector, planned: Planned) -> bool:
        kind = EVERY_KIND if planned.kind is None else planned.kind.name
        return Pair(collector.source, kind, planned.scope) in self._done

    def _begin(self, pool: ThreadPoolExecutor, collector: Collector, planned: Planned) -> Future[Coverage] | None:
        if self._is_done(collector, planned):
            self._watch(Step(collector.source, planned=-1))
            return None
        if planned.kind is None or planned.error is not None:
            self._blank(collector, planned)
            return None
        future = pool.submit(survey, collector, planned, self.result.run_id, self._sink, self._looker)
        key = collector.limit_key(planned.kind, planned.scope)

        def ended(_: Future[Coverage]) -> None:
            self._limits.give(key)
            self._changed.set()

        future.add_done_callback(ended)
        return future

    def _tell(self, plans: Sequence[_Plan], running: Mapping[Future[Coverage], _Plan]) -> None:
        """Say how much more is planned, and which sources are through."""
        busy = set(map(id, running.values()))
        for plan in plans:
            empty = plan.is_empty()
            if more := plan.news():
                self._watch(Step(plan.collector.source, planned=more))
            if empty and not plan.ended and id(plan) not in busy:
                plan.ended = True
                self._watch(Step(plan.collector.source, ended=True))

    def _settle(self, running: dict[Future[Coverage], _Plan]) -> None:
        for future in [f for f in running if f.done()]:
            del running[future]
            try:
                coverage = future.result()
            except AbandonedError:
                continue
            except FaultError as fault:
                self.result.faults += 1
                coverage = fault.coverage
            self._count(coverage)

    def _count(self, coverage: Coverage) -> None:
        self.result.coverages += 1
        self.result.records += coverage.records
        self.result.blind += coverage.is_blind_spot()
        self._watch(Step(coverage.source, coverage))

    def _blank(self, collector: Collector, planned: Planned) -> None:
        """Cover what cannot be looked at as not seen, with the reason."""
        error = planned.error or CollectError("nothing says why")
        kind = EVERY_KIND if planned.kind is None else planned.kind.name
        known = error if isinstance(error, CollectError) else collector.classify(error)
        if known is None:
            self.result.faults += 1
            log.error("fault while planning %s of %s", kind, collector.source, exc_info=error)
            known = CollectError(f"a fault of Stocktake: {type(error).__name__}: {scrub(str(error))[:300]}")
        coverage = failed(collector, planned, self.result.run_id, known, self._clock()).coverage
        self._sink.commit(self.result.run_id, (), (), coverage)
        self._count(coverage)
