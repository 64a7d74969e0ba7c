"""Runs one scan: surveys every (kind, scope) of every source and commits each in one transaction.

`survey` holds the one broad handler of the product: whatever a collector raises leaves it as a Coverage. A fault of
ours becomes coverage `failed`, is logged with its traceback, and the run goes on.
"""

from __future__ import annotations

import fnmatch
import logging
import pickle
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from discovery.limits import Limits
from normalize.errors import CollectError, DeniedError, MappingError, UnavailableError
from normalize.mapping import observe
from normalize.model import Coverage, Kind, Misfit, Observation, Outcome, Pair, RawRecord, Scope
from normalize.redaction import redact, scrub

if TYPE_CHECKING:
    from collectors.contract import Collector

log = logging.getLogger("stocktake.scan")

SPOOL_RECORDS = 2000
"""Observations of one pair kept in memory; further ones go to a temporary file."""


def now() -> datetime:
    return datetime.now(UTC)


class Sink(Protocol):
    """Where surveys go: the store's writer."""

    def done(self, run_id: str) -> set[Pair]: ...

    def commit(
        self, run_id: str, observations: Iterable[Observation], misfits: Iterable[Misfit], coverage: Coverage
    ) -> None: ...


class Spool:
    """Items in order: the first ones in memory, the rest in an unnamed temporary file."""

    def __init__(self, limit: int = SPOOL_RECORDS) -> None:
        self._items: list[Any] = []
        self._limit = limit
        self._file: Any = None
        self.count = 0

    def append(self, item: Any) -> None:
        self.count += 1
        if len(self._items) < self._limit:
            self._items.append(item)
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="stocktake-")  # noqa: SIM115  lives as long as the spool
        pickle.dump(item, self._file, protocol=5)

    def __iter__(self) -> Iterator[Any]:
        yield from self._items
        if self._file is not None:
            self._file.seek(0)
            for _ in range(self.count - len(self._items)):
                yield pickle.load(self._file)  # noqa: S301  our own objects, in a file without a name

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


@dataclass
class Survey:
    """One look at one kind in one scope, as it grows."""

    observations: Spool = field(default_factory=Spool)
    misfits: Spool = field(default_factory=Spool)
    detail: dict[tuple[str, str, tuple[str, ...]], int] = field(default_factory=dict)
    misfitting: int = 0

    def take(self, raw: RawRecord, kind: Kind) -> None:
        try:
            observation = observe(raw, kind)
        except MappingError as error:
            self.misfits.append(_misfit(raw, kind, str(error)))
            return
        self.observations.append(observation)
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


def _misfit(raw: RawRecord, kind: Kind, reason: str) -> Misfit:
    try:
        payload = redact(raw.payload, kind.sensitive)
    except (MappingError, RecursionError):
        payload = {"$not_kept": "nested too deeply to be searched for secrets"}
    return Misfit(raw.kind, raw.scope, payload, raw.call, reason, raw.observed_at)


def outcome_of(error: CollectError, yielded: int) -> Outcome:
    """The outcome that an error means, given how many records came before it."""
    if yielded:
        return Outcome.PARTIAL
    if isinstance(error, DeniedError):
        return Outcome.DENIED
    if isinstance(error, UnavailableError):
        return Outcome.UNAVAILABLE
    return Outcome.FAILED


def survey(
    collector: Collector, kind: Kind, scope: Scope, run_id: str, sink: Sink, clock: Callable[[], datetime] = now
) -> Coverage:
    """Look at one kind in one scope and commit what was seen together with what the look was worth.

    Raises:
        StoreError: the store could not take it; nothing of the pair was written.
    """
    started = clock()
    found = Survey()
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
        "; ".join(r for r in (reason, note) if r),
        tuple(dict.fromkeys((*needs, *more))),
    )
    try:
        sink.commit(run_id, found.observations, found.misfits, coverage)
    finally:
        found.close()
    if fault:
        raise FaultError(coverage)
    return coverage


class FaultError(Exception):
    """A pair ended with a fault of ours; its coverage says so and is already committed."""

    def __init__(self, coverage: Coverage) -> None:
        super().__init__(coverage.reason)
        self.coverage = coverage


def _reason(error: CollectError) -> str:
    return f"{error.call}: {scrub(str(error))}"[:1000] if error.call else scrub(str(error))[:1000]


def _place(scope: Scope) -> str:
    return f"{scope.account}/{scope.place}"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened in a scan, for whoever watches."""

    source: str
    coverage: Coverage | None = None
    planned: int = 0
    message: str = ""


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


UNKNOWN_PLACE = "?"
GRACE_SECONDS = 10.0
"""How long a scan that was told to stop waits for the pairs in flight."""

_Work = tuple["Collector", Kind, Scope]


@dataclass(frozen=True, slots=True)
class _Plan:
    work: list[_Work]
    unplanned: list[tuple[str, Exception]]


class Scan:
    """One run over some collectors.

    Args:
        patterns: glob patterns of kind names; empty means every kind.
        watch: called from this thread with every Step.
    """

    def __init__(
        self,
        collectors: Sequence[Collector],
        sink: Sink,
        run_id: str,
        *,
        patterns: Sequence[str] = (),
        workers: int = 16,
        clock: Callable[[], datetime] = now,
        watch: Callable[[Step], None] = lambda step: None,
        stop: threading.Event | None = None,
    ) -> None:
        self._collectors = collectors
        self._sink = sink
        self._patterns = patterns
        self._workers = workers
        self._clock = clock
        self._watch = watch
        self._stop = stop or threading.Event()
        self._limits = Limits()
        self.result = Result(run_id)

    def run(self) -> Result:
        """Survey everything that has no coverage in this run yet.

        Raises:
            StoreError: the store could not take a pair; the run stops, what was committed stays.
        """
        done = self._sink.done(self.result.run_id)
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="survey")
        planning: dict[Future[Any], Collector] = {pool.submit(self._plan, c): c for c in self._collectors}
        waiting: set[Future[Any]] = set()
        queues: list[deque[_Work]] = []
        try:
            while (planning or waiting or any(queues)) and not self._stop.is_set():
                self._fill(pool, queues, waiting)
                finished, _ = wait([*planning, *waiting], timeout=0.5, return_when=FIRST_COMPLETED)
                for future in finished:
                    if future in planning:
                        queues.append(self._planned(planning.pop(future), future.result(), done))
                    else:
                        waiting.discard(future)
                        self._settle(future)
            if self._stop.is_set():
                self.result.interrupted = bool(planning or waiting or any(queues))
                finished, _ = wait(waiting, timeout=GRACE_SECONDS)
                for future in finished:
                    self._settle(future)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        return self.result

    def _planned(self, collector: Collector, plan: _Plan, done: set[Pair]) -> deque[_Work]:
        for kind, error in plan.unplanned:
            self._blank(collector, kind, error, done)
        work = deque(w for w in plan.work if Pair(collector.source, w[1].name, w[2]) not in done)
        self._watch(Step(collector.source, planned=len(work)))
        return work

    def _fill(self, pool: ThreadPoolExecutor, queues: list[deque[_Work]], waiting: set[Future[Any]]) -> None:
        """Take from the sources in turn, so that none starves another; keep the pool just full."""
        while len(waiting) < self._workers * 2 and any(queues):
            for queue in queues:
                if queue:
                    waiting.add(pool.submit(self._one, *queue.popleft()))

    def _one(self, collector: Collector, kind: Kind, scope: Scope) -> Coverage:
        with self._limits.hold(collector.limit_key(kind, scope)):
            if self._stop.is_set():
                raise _Stopped
            return survey(collector, kind, scope, self.result.run_id, self._sink, self._clock)

    def _settle(self, future: Future[Coverage]) -> None:
        try:
            coverage = future.result()
        except _Stopped:
            self.result.interrupted = True
            return
        except FaultError as fault:
            self.result.faults += 1
            coverage = fault.coverage
        self._count(coverage)

    def _count(self, coverage: Coverage) -> None:
        self.result.coverages += 1
        self.result.records += coverage.records
        self.result.blind += coverage.is_blind_spot()
        self._watch(Step(coverage.source, coverage))

    def _selected(self, kind: Kind) -> bool:
        return not self._patterns or any(fnmatch.fnmatchcase(kind.name, p) for p in self._patterns)

    def _plan(self, collector: Collector) -> _Plan:
        """Pairs of one source, and what could not be planned."""
        try:
            kinds = [k for k in collector.kinds() if self._selected(k)]
        except Exception as error:  # noqa: BLE001  a source that cannot say what it has becomes coverage too
            return _Plan([], [("*", error)])
        plan = _Plan([], [])
        for kind in kinds:
            try:
                plan.work.extend((collector, kind, scope) for scope in collector.scopes(kind))
            except Exception as error:  # noqa: BLE001  likewise
                plan.unplanned.append((kind.name, error))
        return plan

    def _blank(self, collector: Collector, kind: str, error: Exception, done: set[Pair]) -> None:
        """Cover what could not be planned as not seen, with the reason."""
        known = error if isinstance(error, CollectError) else collector.classify(error)
        if known is None:
            self.result.faults += 1
            log.error("fault while planning %s of %s", kind, collector.source, exc_info=error)
            known = CollectError(f"a fault of Stocktake: {type(error).__name__}: {scrub(str(error))[:300]}")
        moment = self._clock()
        coverage = Coverage(
            self.result.run_id,
            collector.source,
            kind,
            Scope(collector.provider, UNKNOWN_PLACE, UNKNOWN_PLACE),
            outcome_of(known, 0),
            0,
            0,
            0,
            moment,
            moment,
            _reason(known),
            known.needs,
        )
        if Pair(collector.source, kind, coverage.scope) not in done:
            self._sink.commit(self.result.run_id, (), (), coverage)
            self._count(coverage)


class _Stopped(Exception):
    """The scan was told to stop before this pair began."""
