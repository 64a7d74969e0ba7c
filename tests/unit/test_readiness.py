"""Verdicts: what is missing never makes ready, blockers never help, and parts decide over a whole by their worst."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normalize.evidence import Need
from normalize.model import Category
from planning import rules
from planning.estate import Workload
from planning.expressions import Ground, compile_condition
from planning.facts import Known
from planning.readiness import ORDER, Judge, Result, Standing, roll_up
from planning.rules import Readiness, Rule, Stage
from tests.unit.planned import TODAY, component, estate, lookup

BOOK = """
source = "https://docs.example"
observed_at = 2026-11-01
valid_for_days = 365
categories = ["endpoint"]
title = "t"

[[rule]]
id = "late"
outcome = [
  { when = "latency_p99_seconds > 180", readiness = "not_ready", code = "TOO_LATE", severity = "high", effort = [2, 5, 10], why = "w", remedy = "r", least = "re-architect" },
  { when = "latency_p99_seconds > 5", readiness = "conditional", code = "LATE", severity = "low", effort = [1, 1, 1], why = "w", remedy = "r", least = "replatform" },
]
test = [{ given = {}, expect = "unknown" }]

[[rule]]
id = "key"
outcome = [{ when = "encryption_key != null && !encryption_key.startsWith('alias/')", readiness = "conditional", code = "OWN_KEY", severity = "low", effort = [1, 2, 3], why = "w", remedy = "r", least = "rehost" }]
test = [{ given = {}, expect = "unknown" }]

[[rule]]
id = "limit"
stage = "sizing"
targets = ["azure"]
knowledge = { most = "service_limits/{target}.online#count" }
outcome = [{ when = "variant_count > most", readiness = "not_ready", code = "TOO_MANY", severity = "low", effort = [1, 2, 3], why = "w", remedy = "r", least = "rehost" }]
test = [{ given = {}, expect = "unknown" }]
"""


MACHINE = Need(name="machine", attributes=("instance_type", "serverless"))


def knows(status: str = "current", value: int = 20) -> object:
    return lambda reference: Known(value, reference, status, "https://docs.example", "2026-11-01")


@pytest.fixture
def book(tmp_path: Path) -> tuple[Rule, ...]:
    file = tmp_path / "book.toml"
    file.write_text(BOOK)
    return rules.load([file])


def judge(book: tuple[Rule, ...], target: str = "azure", told: object = None) -> Judge:
    return Judge(book, target, told or knows(), {Category.ENDPOINT: [MACHINE]}, TODAY)  # type: ignore[arg-type]


WHOLE = {"latency_p99_seconds": 1.0, "encryption_key": None, "variant_count": 2, "instance_type": "ml.g5.xlarge"}


def test_all_known_and_nothing_against_it_is_ready(book: tuple[Rule, ...]) -> None:
    found = judge(book).assess(component("e", Category.ENDPOINT, **WHOLE))
    assert (found.readiness, found.passed, dict(found.stages)) == (
        Readiness.READY,
        ("key", "late", "limit"),
        dict.fromkeys(Stage, Readiness.READY),
    )


@pytest.mark.parametrize("fact", sorted(WHOLE))
def test_a_fact_that_is_missing_makes_unknown(book: tuple[Rule, ...], fact: str) -> None:
    found = judge(book).assess(component("e", Category.ENDPOINT, **{k: v for k, v in WHOLE.items() if k != fact}))
    assert found.readiness is Readiness.UNKNOWN
    assert fact in (*found.missing, *(m for f in found.findings for m in f.missing))


def test_known_to_be_unset_is_not_unknown(book: tuple[Rule, ...]) -> None:
    found = judge(book).assess(component("e", Category.ENDPOINT, **WHOLE | {"latency_p99_seconds": None}))
    assert found.readiness is Readiness.READY


def test_a_stage_that_fails_leaves_the_later_ones_blank(book: tuple[Rule, ...]) -> None:
    found = judge(book).assess(component("e", Category.ENDPOINT, **WHOLE | {"latency_p99_seconds": 999}))
    assert dict(found.stages) == {Stage.COMPATIBILITY: Readiness.NOT_READY}
    assert [f.consequence.code for f in found.reasons][:1] == ["TOO_LATE"]


def test_what_cannot_be_compared_is_an_error_and_unknown(book: tuple[Rule, ...]) -> None:
    found = judge(book).assess(component("e", Category.ENDPOINT, **WHOLE | {"latency_p99_seconds": "fast"}))
    assert found.readiness is Readiness.UNKNOWN
    assert found.counts == {"fired": 0, "passed": 2, "unknown": 0, "error": 1, "not_applicable": 0}


@pytest.mark.parametrize("told", [knows("unverified"), lambda reference: None])
def test_no_verdict_rests_on_what_is_not_verified(book: tuple[Rule, ...], told: object) -> None:
    found = judge(book, told=told).assess(component("e", Category.ENDPOINT, **WHOLE | {"variant_count": 99}))
    assert found.readiness is Readiness.UNKNOWN
    (finding,) = found.findings
    assert (finding.result, "service_limits/azure.online#count" in finding.note) == (Result.UNKNOWN, True)


@pytest.mark.parametrize(
    ("text", "facts", "holds"),
    [
        ("a > 5 && b > 3", {"a": 1}, False),
        ("a > 5 && b > 3", {"a": 9}, None),
        ("a > 5 || b > 3", {"a": 9}, True),
        ("a > 5 || b > 3", {"a": 1}, None),
        ("a > 5 || b > 3", {"a": None, "b": 9}, True),
        ("a > 5 && b > 3", {"a": None, "b": 9}, False),
        ("a > 5 || b > 3", {"a": None}, None),
        ("a == null || a > 5", {"a": None}, True),
        ("xs.exists(x, x.startsWith('SM_'))", {"xs": ["PATH", "SM_HPS"]}, True),
        ("xs.exists(x, x.startsWith('SM_'))", {}, None),
        ("a * 2.0 > 7", {"a": 4}, True),
        ("type_ == 'LUSTRE'", {"type": "LUSTRE"}, True),
        ("type_ == 'LUSTRE'", {}, None),
    ],
)
def test_what_the_known_facts_decide_is_decided(text: str, facts: dict[str, object], holds: bool | None) -> None:
    assert compile_condition(text).holds(Ground(facts)) is holds


def test_what_has_expired_says_so(book: tuple[Rule, ...]) -> None:
    found = judge(book, told=knows("expired")).assess(
        component("e", Category.ENDPOINT, **WHOLE | {"variant_count": 99})
    )
    assert (found.readiness, [f.expired for f in found.reasons]) == (Readiness.NOT_READY, [True])


def test_what_no_rule_knows_is_not_ready_but_unknown(book: tuple[Rule, ...]) -> None:
    found = judge(book).assess(component("b", Category.BUCKET, "aws.s3.bucket", size_bytes=1))
    assert (found.standing, found.readiness) == (Standing.UNJUDGED, Readiness.UNKNOWN)


def test_what_is_there_already_stays(book: tuple[Rule, ...]) -> None:
    found = judge(book).assess(component("e", Category.ENDPOINT, "azure.machinelearning.online_endpoint"))
    assert found.standing is Standing.AT_TARGET


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "latency_p99_seconds": st.one_of(st.none(), st.floats(0, 400), st.integers(0, 400), st.just("fast")),
        "encryption_key": st.one_of(st.none(), st.sampled_from(["alias/aws/sagemaker", "arn:aws:kms:x", ""])),
        "variant_count": st.one_of(st.none(), st.integers(0, 40)),
        "instance_type": st.sampled_from(["ml.g5.xlarge"]),
    },
)
GO = (Readiness.CONDITIONAL, Readiness.READY)


@given(facts=VALUES, dropped=st.sets(st.sampled_from(sorted(WHOLE))))
def test_taking_evidence_away_never_improves_a_verdict(
    tmp_path_factory: pytest.TempPathFactory, facts: dict[str, object], dropped: set[str]
) -> None:
    j = _shared(tmp_path_factory)
    before = j.assess(component("e", Category.ENDPOINT, **facts)).readiness
    after = j.assess(
        component("e", Category.ENDPOINT, **{k: v for k, v in facts.items() if k not in dropped})
    ).readiness
    assert after not in GO or ORDER.index(after) <= ORDER.index(before)


_JUDGES: dict[str, Judge] = {}


def _shared(folder: pytest.TempPathFactory) -> Judge:
    if "one" not in _JUDGES:
        file = folder.mktemp("book") / "book.toml"
        file.write_text(BOOK)
        _JUDGES["one"] = judge(rules.load([file]))
    return _JUDGES["one"]


@given(facts=VALUES, more=st.integers(1, 3))
def test_a_further_blocker_never_improves_a_verdict(
    tmp_path_factory: pytest.TempPathFactory, facts: dict[str, object], more: int
) -> None:
    j = _shared(tmp_path_factory)
    fewer = Judge(j.rules[:-more], j.target, j.lookup, j.required, TODAY)
    thing = component("e", Category.ENDPOINT, **facts)
    if fewer.rules:
        assert ORDER.index(j.assess(thing).readiness) <= ORDER.index(fewer.assess(thing).readiness)


def test_a_workload_is_what_its_worst_part_is_and_what_it_lacks_is_unknown(book: tuple[Rule, ...]) -> None:
    things = (
        component("good", Category.ENDPOINT, **WHOLE),
        component("late", Category.ENDPOINT, **WHOLE | {"latency_p99_seconds": 6}),
    )
    whole = Workload("w", "inference", "w", "aws", "a", "p", None, None, None, (("good", "root"), ("late", "part")), ())
    short = Workload("v", "inference", "v", "aws", "a", "p", None, None, None, (("good", "root"),), ("model",))
    j = judge(book)
    found = roll_up(estate(*things, workloads={"w": whole, "v": short}), {c.id: j.assess(c) for c in things})
    assert [(w.workload.id, w.readiness.value, w.deciding) for w in found] == [
        ("v", "unknown", ()),
        ("w", "conditional", ("late",)),
    ]
    assert found[1].counts[Readiness.READY] == 1


def test_a_workload_that_leans_on_what_nobody_saw_is_unknown(book: tuple[Rule, ...]) -> None:
    thing = component("good", Category.ENDPOINT, **WHOLE)
    flow = Workload("w", "inference", "w", "aws", "a", "p", None, None, None, (("good", "root"),), ())
    whole = estate(thing, workloads={"w": flow})
    assessed = {"good": judge(book).assess(thing)}
    assert [w.readiness for w in roll_up(whole, assessed)] == [Readiness.READY]
    whole.unseen = {"good": ["s3://weights/v1"]}
    (found,) = roll_up(whole, assessed)
    assert (found.readiness, found.unseen) == (Readiness.UNKNOWN, ("s3://weights/v1",))


def test_coverage_counts_what_is_known_and_fresh_and_never_touches_the_verdict(book: tuple[Rule, ...]) -> None:
    needs = [MACHINE, Need(name="traffic", attributes=("request_count",), weight=3, max_age=30)]
    j = judge(book)
    j.profiles = {Category.ENDPOINT: needs}
    seen = [component("e", Category.ENDPOINT, **WHOLE | more) for more in ({}, {"request_count": 9})]
    old = component("e", Category.ENDPOINT, **WHOLE | {"request_count": 9})
    old.seen_at = "2026-09-01T00:00:00.000Z"
    found = [j.assess(c) for c in (*seen, old)]
    assert [(a.coverage.share, a.coverage.missing, a.coverage.stale) for a in found] == [
        (0.25, ("traffic",), ()),
        (1.0, (), ()),
        (0.25, (), ("traffic",)),
    ]
    assert {a.readiness for a in found} == {Readiness.READY}


def test_the_shipped_rules_say_nothing_of_an_endpoint_without_facts() -> None:
    j = Judge(rules.load(rules.shipped()), "azure", lookup, {}, TODAY)
    assert j.assess(component("e", Category.ENDPOINT)).readiness is Readiness.UNKNOWN


def test_a_part_follows_its_whole_unless_a_rule_has_something_against_it() -> None:
    judge = Judge(rules.load(rules.shipped()), "gcp", lookup, {}, TODAY)
    locked = component("v", Category.BACKUP, "aws.backup.vault", write_once=True)
    plain = component("w", Category.BACKUP, "aws.backup.vault", write_once=False)
    owned = component("s", Category.WORKLOAD, "k8s.replica_set", owner_kind="Deployment", host_paths=["/data"])
    assert judge.assess(locked).standing is Standing.JUDGED
    assert [f.consequence.code for f in judge.assess(locked).reasons] == ["LOCKED_BACKUPS_STAY"]
    assert [judge.assess(c).standing for c in (plain, owned)] == [Standing.PART, Standing.PART]
