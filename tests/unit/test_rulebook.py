"""The rules that are shipped: each passes its own tests, names only facts that exist, and says where it comes from."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from discovery.wiring import static_kinds
from normalize.errors import PlanError
from normalize.vocabulary import TERMS
from planning import rules
from planning.estate import NOT_COMPONENTS, Component
from planning.facts import DERIVED, INHERITED
from planning.readiness import PARTS, Judge, Result
from planning.rules import Example, Rule
from tests.unit.planned import lookup

BOOK = rules.load(rules.shipped())
EXAMPLES = [(r, e) for r in BOOK for e in r.examples]


def told(rule: Rule, example: Example) -> str:
    """What a rule says of an example: the code of the worst that fired, else what the others come to."""
    category = sorted(rule.categories)[0]
    thing = Component(
        "x", example.source, category, example.source.partition(".")[0], "a", "p", "x", "", {}, dict(example.given)
    )
    judge = Judge([rule], example.target, lookup, {}, date(2026, 11, 24))
    assessment = judge.assess(thing)
    if reasons := assessment.reasons:
        return reasons[0].consequence.code
    results = {f.result for f in assessment.findings}
    return next((r.value for r in (Result.ERROR, Result.UNKNOWN) if r in results), "passed")  # fmt: skip


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=[f"{r.id}-{i}" for i, (r, _) in enumerate(EXAMPLES)])
def test_a_rule_passes_its_own_tests(rule: Rule, example: Example) -> None:
    assert told(rule, example) == example.expect


@pytest.mark.parametrize("rule", BOOK, ids=lambda r: r.id)
def test_a_rule_looks_at_facts_that_exist(rule: Rule) -> None:
    unknown = rule.needs - set(TERMS) - set(DERIVED)
    assert not unknown


MEASURED_ELSEWHERE = frozenset({"latency_p99_seconds", "object_count"})
"""What no source tells of some kinds, and without which nothing can be said of them: they stay unknown until it is measured, or
told by an owner."""


@pytest.mark.parametrize("rule", BOOK, ids=lambda r: r.id)
def test_a_rule_asks_no_kind_for_what_it_never_tells(rule: Rule) -> None:
    """A fact that a kind has no field for is unknown for ever, and with it the verdict: such a rule must not be about it."""
    inherited = {(c, f) for i in INHERITED for c in i.categories for f in i.facts}
    for name, kind in static_kinds().items():
        if not any(rule.applies(name, kind.category, t) for t in rules.TARGETS if t != name.partition(".")[0]):
            continue
        told = {*kind.fields, *DERIVED, *MEASURED_ELSEWHERE, *(f for c, f in inherited if c is kind.category)}
        assert not rule.needs - told, f"{name} never tells {sorted(rule.needs - told)}"


def test_every_kind_that_moves_is_judged_for_every_target() -> None:
    followers = PARTS | NOT_COMPONENTS
    unjudged = {
        (name, target)
        for name, kind in static_kinds().items()
        for target in rules.TARGETS
        if kind.category not in followers
        and name.partition(".")[0].replace("k8s", "kubernetes") != target
        and not any(r.applies(name, kind.category, target) for r in BOOK)
    }
    assert not unjudged


@pytest.mark.parametrize("rule", BOOK, ids=lambda r: r.id)
def test_every_outcome_of_a_rule_is_tested_and_so_is_the_lack_of_what_it_needs(rule: Rule) -> None:
    expected = Counter(e.expect for e in rule.examples)
    assert {c.code for c in rule.consequences} <= set(expected)
    if rule.needs:
        assert expected["unknown"]
        assert any(e.expect == "passed" for e in rule.examples)


@pytest.mark.parametrize("rule", BOOK, ids=lambda r: r.id)
def test_what_a_rule_rests_on_in_the_knowledge_base_is_there(rule: Rule) -> None:
    for target in rule.targets or set(rules.TARGETS):
        for where in rule.knowledge.values():
            reference = where.replace("{target}", target)
            if "{source}" not in reference:
                assert lookup(reference) is not None, f"{reference} for {target}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": "red"}, "no key colour"),
        ({"stage": "soon"}, "soon"),
        ({"categories": ["endpoints"]}, "endpoints"),
        ({"targets": ["mars"]}, "mars"),
        ({"observed_at": "2026-11-24"}, "a date"),
        ({"outcome": []}, "either outcomes or"),
        ({"lifts": "it copies"}, "either outcomes or"),
        ({"confidence": "sure"}, "sure"),
    ],
)
def test_a_wrong_rule_is_named(tmp_path: Path, change: dict[str, object], message: str) -> None:
    import json

    good = {
        "id": '"a.b"', "title": '"t"', "categories": '["endpoint"]', "source": '"https://x"', "observed_at": "2026-11-24",
        "valid_for_days": "9", "test": '[{ given = {}, expect = "unknown" }]',
        "outcome": '[{ when = "timeout_seconds > 5", readiness = "conditional", code = "A_B", severity = "low", effort = [1, 1, 1], why = "w", remedy = "r", least = "rehost" }]',
    }  # fmt: skip
    entry = good | {k: json.dumps(v) for k, v in change.items()}
    file = tmp_path / "mine.toml"
    file.write_text("[[rule]]\n" + "\n".join(f"{k} = {v}" for k, v in entry.items()))
    with pytest.raises(PlanError, match=message) as raised:
        rules.load([file])
    assert "mine.toml" in str(raised.value)


def test_the_rule_in_the_docs_works(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs/rules.md").read_text().partition("```toml\n")[2].partition("```")[0]
    file = tmp_path / "mine.toml"
    file.write_text(text)
    (rule,) = rules.load([file])
    assert [told(rule, e) for e in rule.examples] == [e.expect for e in rule.examples]
