"""The readiness report says the same in every format, and never leaves out what is unknown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from normalize.model import Category
from planning import rules
from planning.estate import Workload
from planning.readiness import Judge, roll_up
from reports import readiness
from reports.renderers import render
from tests.unit.planned import TODAY, component, estate, lookup

DATA: dict[str, Any] = {
    "generated_at": "2026-11-24T04:15:00Z", "version": "0.1.0", "database": "sqlite:///x.db", "target": "azure",
    "runs": [], "resources_by": [], "coverage": [], "gaps": [],
}  # fmt: skip


def page() -> Any:
    things = [
        component("slow", Category.ENDPOINT, latency_p99_seconds=75.0),
        component("<b>hostile</b>", Category.ENDPOINT, latency_p99_seconds=500.0),
        component("unmeasured", Category.ENDPOINT),
        component("there", Category.ENDPOINT, "azure.machinelearning.online_endpoint"),
    ]
    flow = Workload(
        "w", "inference", "chat", "aws", "a", "p", None, None, None, (("slow", "root"), ("unmeasured", "part")), ()
    )
    whole = estate(*things, workloads={"w": flow})
    only = [r for r in rules.load(rules.shipped()) if r.id == "endpoint.latency-over-azure-limit"]
    judge = Judge(only, "azure", lookup, {}, TODAY)
    assessed = {c.id: judge.assess(c) for c in things}
    return readiness.build(DATA, assessed, roll_up(whole, assessed), only, 3)


def test_programs_read_verdicts_reasons_and_what_is_missing() -> None:
    told = json.loads(render(page(), "json"))
    assert told["readiness"] == {"not_ready": 1, "unknown": 1, "conditional": 1, "ready": 0}
    assert told["not_judged"] == {"already_there": 1, "parts": 0, "no_rule": 0, "unmodelled": 3}
    assert [(c["id"], c["readiness"], c["missing"], [f["code"] for f in c["findings"] if f["result"] == "fired"]) for c in told["components"]] == [
        ("<b>hostile</b>", "not_ready", [], ["TIMEOUT_EXCEEDS_TARGET"]),
        ("unmeasured", "unknown", ["latency_p99_seconds"], []),
        ("slow", "conditional", [], ["RAISE_REQUEST_TIMEOUT"]),
    ]  # fmt: skip
    (evidence,) = told["components"][2]["findings"][0]["evidence"]
    assert (evidence["fact"], evidence["value"], evidence["resource_id"]) == ("latency_p99_seconds", 75.0, "slow")
    assert [(w["name"], w["readiness"], w["deciding"]) for w in told["workloads"]] == [
        ("chat", "unknown", ["unmeasured"])
    ]


@pytest.mark.parametrize("format_", ["html", "md"])
def test_people_read_the_same(format_: str) -> None:
    text = render(page(), format_)
    assert "Of 3 components: 0 ready, 1 conditional, 1 unknown, 1 not ready." in text
    assert "RAISE" in text
    assert "<b>hostile</b>" not in text
