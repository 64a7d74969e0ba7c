"""Estates with the verdict that an expert gives of each component: the rules say the same."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from discovery.planning import _required, declared
from discovery.wiring import static_kinds
from planning import rules
from planning.estate import Component, Estate
from planning.facts import derive
from planning.readiness import Judge
from planning.rules import Readiness
from tests.unit.planned import TODAY, lookup

ESTATES = sorted((Path(__file__).parent / "estates").glob("*.toml"))
LEAST = 0.95


DECLARED = declared()


def _facts(c: dict[str, Any]) -> dict[str, Any]:
    """What a record that was read whole tells: what is not given is unset, but for quantities and what is `missing`."""
    names = {*DECLARED[c["kind"]], *c.get("unset", ())} - set(c.get("missing", ()))
    return dict.fromkeys(names) | c["facts"]


def told(path: Path) -> list[tuple[dict[str, Any], Readiness, list[str]]]:
    """Every component with what the rules make of it, and the reasons."""
    document = tomllib.loads(path.read_text())
    kinds = static_kinds()
    things = {
        f"c{i}": Component(
            f"c{i}", c["kind"], kinds[c["kind"]].category, kinds[c["kind"]].name.partition(".")[0].replace("k8s", "kubernetes"), "a", "p",
            f"c{i}", "", {}, _facts(c),
        )
        for i, c in enumerate(document["component"])
    }  # fmt: skip
    whole = Estate(things, {}, {}, {}, (), 0)
    derive(whole, lookup)
    judge = Judge(rules.load(rules.shipped()), document["target"], lookup, _required(), TODAY)
    found = []
    for c, thing in zip(document["component"], things.values(), strict=True):
        a = judge.assess(thing)
        found.append((c, a.readiness, [f.consequence.code for f in a.reasons] + [m for f in a.findings for m in f.missing] + list(a.missing)))  # fmt: skip
    return found


@pytest.mark.parametrize("path", ESTATES, ids=lambda p: p.stem)
def test_the_rules_say_what_the_expert_says(path: Path) -> None:
    found = told(path)
    differs = [
        (c["kind"], c["why"], c["verdict"], verdict.value, why)
        for c, verdict, why in found
        if c["verdict"] != verdict.value
    ]
    assert len(found) >= 80
    assert len(set(Counter(c["verdict"] for c, _, _ in found))) == 4, "an estate holds all four verdicts"
    assert 1 - len(differs) / len(found) >= LEAST, "\n".join(map(str, differs))


@pytest.mark.parametrize("path", ESTATES, ids=lambda p: p.stem)
def test_nothing_that_lacks_a_fact_is_called_ready(path: Path) -> None:
    assert [c for c, verdict, _ in told(path) if c["verdict"] == "unknown" and verdict is Readiness.READY] == []
