"""Options: all seven for each, the least change that answers every reason, and nothing recommended on what is unknown."""

from __future__ import annotations

import pytest

from discovery.wiring import static_kinds
from normalize.model import Category
from planning.disposition import Status, dispose, path_of
from planning.estate import NOT_COMPONENTS
from planning.readiness import Judge
from planning.rules import Option, Readiness, Rule
from tests.unit.planned import TODAY, component
from tests.unit.test_readiness import WHOLE, book, judge

__all__ = ["book"]


def options(found: object) -> dict[str, str]:
    return {c.option.value: c.status.value for c in found.choices}  # type: ignore[attr-defined]


def test_the_least_change_that_answers_every_reason_is_recommended(book: tuple[Rule, ...]) -> None:
    late = judge(book).assess(component("e", Category.ENDPOINT, **WHOLE | {"latency_p99_seconds": 200.0}))
    found = dispose(late, "azure")
    assert options(found) == {
        "re-architect": "recommended",
        "retain": "viable",
        "replace": "possible",
        "retire": "possible",
        "relocate": "no",
        "rehost": "no",
        "replatform": "no",
    }
    why = {c.option: c.reasons for c in found.choices}
    assert "TOO_LATE" in why[Option.REPLATFORM]


def test_what_nothing_stands_against_goes_the_way_of_its_kind(book: tuple[Rule, ...]) -> None:
    found = dispose(judge(book).assess(component("e", Category.ENDPOINT, **WHOLE)), "azure")
    assert found.recommended
    assert (found.recommended.option, found.becomes) == (Option.REPLATFORM, "Azure Machine Learning online endpoint")


@pytest.mark.parametrize("fact", sorted(WHOLE))
def test_nothing_is_recommended_on_what_is_unknown(book: tuple[Rule, ...], fact: str) -> None:
    unsure = judge(book).assess(component("e", Category.ENDPOINT, **{k: v for k, v in WHOLE.items() if k != fact}))
    assert unsure.readiness is Readiness.UNKNOWN
    assert dispose(unsure, "azure").recommended is None


def test_what_nobody_asks_for_may_be_retired_and_what_is_asked_may_not(book: tuple[Rule, ...]) -> None:
    idle = WHOLE | {"request_count": 0, "traffic_window_days": 14}
    asked = WHOLE | {"request_count": 9, "traffic_window_days": 14}
    told = [
        options(dispose(judge(book).assess(component("e", Category.ENDPOINT, **f)), "azure"))["retire"]
        for f in (idle, asked)
    ]
    assert told == ["viable", "no"]


def test_what_is_there_already_stays(book: tuple[Rule, ...]) -> None:
    there = judge(book).assess(component("e", Category.ENDPOINT, "azure.machinelearning.online_endpoint"))
    assert options(dispose(there, "azure")) == {"retain": "recommended"}


def test_every_kind_that_is_a_component_has_a_path() -> None:
    lost = {
        k.name for k in static_kinds().values() if k.category not in NOT_COMPONENTS and not path_of(k.name, k.category)
    }
    assert lost == set()


def test_without_a_counterpart_there_is_no_lift(book: tuple[Rule, ...]) -> None:
    j = Judge(book, "kubernetes", judge(book).lookup, {}, TODAY)
    found = dispose(j.assess(component("a", Category.AGENT, "aws.bedrock.agent")), "kubernetes")
    assert found.becomes == ""
    assert {c.status for c in found.choices if c.option is Option.REPLATFORM} == {Status.NO}
