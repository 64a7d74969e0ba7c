"""Whatever a collector does, every (kind, scope) ends with exactly one coverage that says what the look was worth."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.contract import Blindness, Planned, plan_each
from discovery.executor import Scan, Spool
from normalize.errors import CollectError, DeniedError, SkippedError, StoreError, TransientError, UnavailableError
from normalize.model import Category, Coverage, Kind, Misfit, Observation, Outcome, Pair, RawRecord, Scope

HERE = Scope("test", "acct", "place")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
Behaviour = Callable[[], Iterator[Any]]


class Scripted:
    """A source that does what the test says: one behaviour per kind."""

    source, provider, spreads = "scripted", "test", True

    def __init__(self, **behaviours: Behaviour) -> None:
        self._behaviours = behaviours
        self.calls = 0

    def kinds(self) -> Sequence[Kind]:
        return [
            Kind(name=f"test.thing.{n}", category=Category.BUCKET, fetch=n, id="id", fields={})
            for n in self._behaviours
        ]

    def scopes(self, kind: Kind) -> Iterable[Scope]:
        return [HERE]

    def plan(self, kinds: Sequence[Kind]) -> Iterator[Planned]:
        return plan_each(self, kinds)

    def unavailable(self, kind: Kind, scope: Scope) -> CollectError | None:
        return UnavailableError("not offered in place") if kind.fetch == "absent" else None

    def collect(self, kind: Kind, scope: Scope) -> Iterator[RawRecord]:
        self.calls += 1
        for payload in self._behaviours[kind.fetch]():
            yield RawRecord(kind.name, scope, payload, self.source, "test:List", NOON)

    def classify(self, error: Exception) -> CollectError | None:
        return TransientError("timed out", call="test:List") if isinstance(error, TimeoutError) else None

    def limit_key(self, kind: Kind, scope: Scope) -> str:
        return kind.name

    def check(self) -> Iterator[Blindness]:
        yield from ()

    def close(self) -> None:
        """Nothing to close."""


class Kept:
    """A sink that keeps what it is given."""

    def __init__(self, done: Iterable[Pair] = ()) -> None:
        self._done = set(done)
        self.coverages: dict[str, Coverage] = {}
        self.records: dict[str, list[Observation]] = {}
        self.misfits: dict[str, list[Misfit]] = {}
        self.together: list[int] = []

    def done(self, run_id: str) -> set[Pair]:
        return self._done

    def prepare(self, observation: Observation) -> Observation:
        return observation

    def commit(
        self, run_id: str, observations: Iterable[Observation], misfits: Iterable[Misfit], coverage: Coverage
    ) -> None:
        assert coverage.kind not in self.coverages, "two coverages for one pair"
        self.coverages[coverage.kind] = coverage
        self.records[coverage.kind] = list(observations)
        self.misfits[coverage.kind] = list(misfits)

    def commit_empty(self, run_id: str, coverages: Sequence[Coverage]) -> None:
        self.together.append(len(coverages))
        for coverage in coverages:
            self.commit(run_id, (), (), coverage)


def items(*payloads: Any, then: Exception | None = None) -> Behaviour:
    def behave() -> Iterator[Any]:
        yield from payloads
        if then is not None:
            raise then

    return behave


def scanned(sink: Kept, **behaviours: Behaviour) -> tuple[Scan, Kept]:
    scan = Scan([Scripted(**behaviours)], sink, "run-1")
    scan.run()
    return scan, sink


@pytest.mark.parametrize(
    ("behaviour", "outcome", "proves", "exit_code"),
    [
        (items({"id": "a"}), Outcome.COMPLETE, True, 0),
        (items(), Outcome.COMPLETE, True, 0),
        (items(then=DeniedError("no", call="test:List", needs=("test:List",))), Outcome.DENIED, False, 3),
        (items(then=TimeoutError()), Outcome.FAILED, False, 3),
        (items({"id": "a"}, then=TimeoutError()), Outcome.PARTIAL, False, 3),
        (items({"id": "a"}, then=DeniedError("no")), Outcome.PARTIAL, False, 3),
        (items(then=UnavailableError("off")), Outcome.UNAVAILABLE, False, 0),
        (items(then=SkippedError("left out")), Outcome.SKIPPED, False, 0),
        (items({"id": "a"}, {"name": "no id"}), Outcome.COMPLETE, False, 3),
        (items(then=ZeroDivisionError()), Outcome.FAILED, False, 1),
    ],
)
def test_every_end_of_a_listing_has_its_outcome(
    behaviour: Behaviour, outcome: Outcome, proves: bool, exit_code: int
) -> None:
    scan, sink = scanned(Kept(), x=behaviour)
    coverage = sink.coverages["test.thing.x"]
    assert (coverage.outcome, coverage.proves_absence(), scan.result.exit_code) == (outcome, proves, exit_code)


def test_what_is_not_offered_is_not_asked_for() -> None:
    collector, sink = Scripted(absent=items({"id": "a"})), Kept()
    Scan([collector], sink, "run-1").run()
    assert (collector.calls, sink.coverages["test.thing.absent"].outcome) == (0, Outcome.UNAVAILABLE)


def test_a_denied_coverage_names_what_it_needs() -> None:
    _, sink = scanned(Kept(), x=items(then=DeniedError("no", call="test:List", needs=("test:List",))))
    assert sink.coverages["test.thing.x"].needs == ("test:List",)


def test_a_record_without_identity_is_quarantined_with_its_payload() -> None:
    _, sink = scanned(Kept(), x=items({"name": "lost", "password": "hunter2-hunter2"}))
    assert [m.payload for m in sink.misfits["test.thing.x"]] == [{"name": "lost", "password": "[redacted]"}]
    assert sink.coverages["test.thing.x"].quarantined == 1


def test_one_fault_leaves_the_others_alone() -> None:
    _, sink = scanned(Kept(), bad=items(then=KeyError("oops")), good=items({"id": "a"}))
    assert {k: c.outcome for k, c in sink.coverages.items()} == {
        "test.thing.bad": Outcome.FAILED,
        "test.thing.good": Outcome.COMPLETE,
    }


def test_a_source_that_cannot_say_what_it_has_is_covered_as_unseen() -> None:
    class Mute(Scripted):
        def kinds(self) -> Sequence[Kind]:
            raise DeniedError("401", call="GET /apis")

    sink = Kept()
    result = Scan([Mute()], sink, "run-1").run()
    assert (sink.coverages["*"].outcome, result.exit_code) == (Outcome.DENIED, 3)


def test_scopes_that_cannot_be_known_are_covered_as_unseen() -> None:
    class Lost(Scripted):
        def scopes(self, kind: Kind) -> Iterable[Scope]:
            raise TimeoutError

    sink = Kept()
    Scan([Lost(x=items())], sink, "run-1").run()
    assert sink.coverages["test.thing.x"].outcome is Outcome.FAILED


def test_pairs_that_have_coverage_are_not_read_again() -> None:
    collector = Scripted(x=items({"id": "a"}), y=items({"id": "b"}))
    sink = Kept([Pair("scripted", "test.thing.x", HERE)])
    Scan([collector], sink, "run-1").run()
    assert list(sink.coverages) == ["test.thing.y"]


def test_looks_that_saw_nothing_are_committed_together_and_none_is_left_out() -> None:
    nothing: dict[str, Behaviour] = {f"n{i}": items() for i in range(40)} | {"no": items(then=DeniedError("no"))}
    _, sink = scanned(Kept(), some=items({"id": "a"}), misfit=items({"name": "no id"}), **nothing)
    assert len(sink.coverages) == 43
    assert (sum(sink.together), sink.misfits["test.thing.misfit"] != []) == (41, True)
    assert len(sink.together) < 10


def test_what_saw_nothing_is_committed_while_a_long_look_goes_on() -> None:
    """A killed scan goes on where it was: what was looked at is not looked at again because something else took long."""
    written = threading.Event()

    def slow() -> Iterator[Any]:
        yield {"id": "a"}
        assert written.wait(30), "nothing was committed meanwhile"

    class Told(Kept):
        def commit_empty(self, run_id: str, coverages: Sequence[Coverage]) -> None:
            super().commit_empty(run_id, coverages)
            written.set()

    _, sink = scanned(Told(), slow=slow, empty=items())
    assert {k: c.outcome for k, c in sink.coverages.items()} == dict.fromkeys(
        ("test.thing.slow", "test.thing.empty"), Outcome.COMPLETE
    )


def test_a_store_that_refuses_what_saw_nothing_stops_the_run() -> None:
    class Full(Kept):
        def commit_empty(self, run_id: str, coverages: Sequence[Coverage]) -> None:
            raise StoreError("the disk is full")

    with pytest.raises(StoreError, match="disk is full"):
        scanned(Full(), x=items())


def test_a_stopped_scan_says_so() -> None:
    stop = threading.Event()
    stop.set()
    result = Scan([Scripted(x=items({"id": "a"}))], Kept(), "run-1", stop=stop).run()
    assert (result.interrupted, result.exit_code) == (True, 3)


def test_patterns_choose_kinds() -> None:
    sink = Kept()
    Scan([Scripted(x=items(), y=items())], sink, "run-1", patterns=["test.thing.x"]).run()
    assert list(sink.coverages) == ["test.thing.x"]


def test_a_spool_gives_back_everything_in_order() -> None:
    spool = Spool(limit=3)
    for i in range(10):
        spool.append({"n": i})
    assert [list(spool), [i["n"] for i in spool]] == [[{"n": i} for i in range(10)], list(range(10))]
    spool.close()


@pytest.mark.parametrize("older", ["of what is older, what still runs", ""])
def test_a_listing_that_goes_back_so_far_says_so_in_its_coverage(older: str) -> None:
    class Bounded(Scripted):
        def plan(self, kinds: Sequence[Kind]) -> Iterator[Planned]:
            yield Planned(kinds[0], HERE, since=NOON, older=older)

    sink = Kept()
    Scan([Bounded(x=items({"id": "a"}))], sink, "run-1").run()
    coverage = sink.coverages["test.thing.x"]
    assert (coverage.since, coverage.outcome) == (NOON, Outcome.COMPLETE)
    assert coverage.reason == "; ".join(t for t in ("listed back to 2026-11-24", older) if t)
