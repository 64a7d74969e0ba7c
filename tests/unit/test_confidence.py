"""Confidence is how much is known: by weight, never better for what nobody could look at, and blind to how good it looks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from normalize.evidence import PROFILES, WORKLOAD
from normalize.model import Category, Dimension
from reports import confidence, summary
from reports.confidence import measure
from reports.renderers import render

KINDS = {
    "aws.s3.bucket": "bucket",
    "aws.ec2.instance": "instance",
    "aws.sagemaker.endpoint": "endpoint",
    "aws.kms.key": "key",
}
BUCKET = PROFILES[Category.BUCKET]
WHOLE = sum(need.weight for need in BUCKET)


def fact(
    need: str, things: int, known: int, old: int = 0, kind: str = "aws.s3.bucket", dimension: str = "data"
) -> dict[str, Any]:
    return {"dimension": dimension, "category": KINDS[kind], "kind": kind, "provider": "aws", "account": "1", "place": "eu", "need": need,
            "things": things, "known": known, "old": old}  # fmt: skip


def look(kind: str = "aws.s3.bucket", outcome: str = "complete", **more: Any) -> dict[str, Any]:
    at = "2026-11-24T04:15:00Z"
    return {"run_id": "r", "source": "prod", "kind": kind, "provider": "aws", "account": "1", "place": "eu", "outcome": outcome, "records": 0,
            "gaps": 0, "quarantined": 0, "started_at": at, "finished_at": at} | more  # fmt: skip


def workload(**more: Any) -> dict[str, Any]:
    return {
        "id": "workload:e",
        "type": "inference",
        "name": "fraud",
        "provider": "aws",
        "account": "1",
        "place": "eu",
        "lacks": [],
    } | more


def estate(*facts: dict[str, Any], looks: tuple[Any, ...] = (), gaps: tuple[Any, ...] = (), workloads: tuple[Any, ...] = (), details: tuple[Any, ...] = ()) -> dict[str, Any]:  # fmt: skip
    return {
        "generated_at": "2026-11-24T04:15:00Z", "version": "0", "database": "sqlite://", "target": None, "runs": [], "resources_by": [], "accelerators": [],
        "coverage": list(looks), "gaps": list(gaps), "categories": KINDS, "gives": {"aws.s3.bucket": ("size_bytes", "object_count")},
        "confidence": {"facts": list(facts), "workloads": list(workloads), "details": list(details)},
    }  # fmt: skip


def gap(code: str, severity: str = "critical", **missing: str) -> dict[str, Any]:
    return {"id": f"gap-{code}", "code": code, "severity": severity, "subject": "account 222", "missing": missing}


def test_facts_count_by_weight_and_what_is_too_old_does_not() -> None:
    found = measure(estate(fact("bytes", 4, 3), fact("versions", 4, 4, old=2)))
    data = found.dimensions["data"]
    assert (data.wanted, data.known) == (4 * 3 + 4, 3 * 3 + 2)
    assert (data.required, data.required_known, data.old) == (4, 3, 2)
    assert (data.things, found.total.ratio) == (4, 11 / 16)


def test_nothing_asked_is_no_share_and_nothing_whole() -> None:
    found = measure(estate())
    assert found.total.ratio is None
    assert confidence.percent(found.total) == "–"
    assert "Nothing is known" in confidence.lead(found)


def test_what_is_not_whole_is_never_called_so() -> None:
    assert confidence.percent(measure(estate(fact("bytes", 1000, 999))).total) == "99 %"
    assert confidence.percent(measure(estate(fact("bytes", 1000, 1000))).total) == "100 %"


@pytest.mark.parametrize("outcome", ["denied", "failed", "partial", "skipped"])
def test_what_nobody_could_look_at_lowers_it_and_is_named(outcome: str) -> None:
    known = fact("bytes", 2, 2)
    found = measure(estate(known, looks=(look(outcome=outcome, reason="no"),)))
    assert (found.dimensions["data"].wanted, found.dimensions["data"].known) == (6 + WHOLE, 6)
    assert [(u.what, u.where, u.why) for u in found.unseen] == [("aws.s3.bucket", "1/eu (prod)", "no")]
    assert measure(estate(known, looks=(look(),))).total.ratio == 1.0
    assert measure(estate(known, looks=(look(outcome="unavailable"),))).total.ratio == 1.0


def test_an_account_that_no_source_covers_may_hold_anything() -> None:
    found = measure(estate(fact("bytes", 2, 2), gaps=(gap("scope-unscanned", kind="account"),)))
    assert all(found.dimensions[d.value].unseen == 1 for d in Dimension)
    assert (found.steps[0].effort, "account 222" in found.steps[0].text) == ("source", True)
    found = measure(estate(gaps=(gap("scope-unscanned", kind="mlflow.server"),)))
    assert {name for name, share in found.dimensions.items() if share.unseen} == {"models", "training"}


def test_how_it_looks_makes_no_difference() -> None:
    facts = (fact("bytes", 4, 3), fact("exposure", 4, 4))
    bad = tuple(gap(code) for code in ("dangling-reference", "external-dependency", "owner-missing"))
    assert measure(estate(*facts)).dimensions == measure(estate(*facts, gaps=bad)).dimensions


def test_taking_a_fact_away_never_raises_it() -> None:
    def share(known: int, old: int, *looks: Any) -> float:
        ratio = measure(estate(fact("bytes", 5, known, old), fact("versions", 5, 5), looks=looks)).total.ratio
        assert ratio is not None
        return ratio

    for known in range(5):
        assert share(known, 0) < share(known + 1, 0)
        assert share(known + 1, 1) < share(known + 1, 0)
        assert share(known, 0, look(outcome="denied")) <= share(known, 0)


def test_steps_say_what_each_would_give_the_best_first() -> None:
    refused = {"source": "prod", "kind": "aws.s3.bucket", "provider": "aws", "account": "1", "place": "eu", "call": "s3:GetX",
               "needs": ["s3:GetX"], "fault": "denied", "things": 2}  # fmt: skip
    facts = (
        fact("objects", 9, 1),
        fact("largest object", 3, 0),
        fact("use of accelerators", 3, 0, kind="aws.ec2.instance", dimension="compute"),
    )
    found = measure(estate(*facts, details=(refused,)))
    assert [(s.effort, s.facts, s.weight) for s in found.steps] == [
        ("setting", 6, 18),
        ("permission", 2, 6),
        ("source", 3, 6),
        ("question", 3, 3),
    ]
    assert [s.text for s in found.steps] == [
        "See that metrics of aws.s3.bucket are read and hold values",
        "Give the identity of source prod s3:GetX",
        "Read the machines themselves: a source of type host, or stocktake probe on each",
        "Ask about each bucket (stocktake questionnaire --all): largest object",
    ]
    assert found.stuck == 0


def test_a_cluster_has_its_metrics_from_a_prometheus_that_is_named() -> None:
    service = "k8s.kserve.inference_service"
    told = estate(fact("traffic", 2, 0, kind="aws.sagemaker.endpoint", dimension="inference") | {"kind": service})
    told |= {"gives": {service: ("request_count",)}, "categories": {service: "endpoint"}}
    (step,) = measure(told).steps
    assert step.effort == "setting"
    assert step.text.startswith("Name a Prometheus of each cluster")


def test_what_owners_know_is_asked_of_workloads_that_move() -> None:
    found = measure(estate(workloads=(workload(owner="ml", wanted=10, known=5), workload(id="w2", type="monitoring"))))
    people = found.dimensions[confidence.PEOPLE]
    assert (people.wanted, people.known, people.required_known) == (sum(n.weight for n in WORKLOAD), 3, 1)
    (_, lowest), (row, share) = found.workloads
    assert (lowest.ratio, row["id"], share.known) == (None, "workload:e", 8)


def test_a_workload_knows_less_where_its_parts_may_hide() -> None:
    row = workload(wanted=10, known=10)
    whole, lacks, blind, elsewhere = (
        measure(estate(workloads=(w,), looks=looks)).workloads[0][1].ratio or 0
        for w, looks in (
            (row, ()),
            (row | {"lacks": ["model"]}, ()),
            (row, (look("aws.kms.key", "denied"),)),
            (row, (look("aws.kms.key", "denied", account="2"),)),
        )
    )
    assert lacks < blind < whole == elsewhere


def test_every_form_says_the_same() -> None:
    data = estate(
        fact("bytes", 4, 3),
        looks=(look("aws.kms.key", "denied", reason="<script>"),),
        workloads=(workload(name="<b>|`x`"),),
    )
    page = confidence.build(data)
    told = json.loads(render(page, "json"))
    assert told["report"] == "confidence"
    assert told["confidence"]["weight_wanted"] == sum(d["weight_wanted"] for d in told["dimensions"])
    assert [s["dimension"] for s in told["dimensions"]] == [*(d.value for d in Dimension), "owners"]
    for form in ("html", "md"):
        text = render(page, form)
        assert "data" in text
        assert "<script>" not in text.replace("<script>(", "") or form == "html"
        assert "<b>|" not in text
    assert "How much is known" in render(summary.build(data), "html")
    assert "How much is known" in render(summary.build(data), "md")
    assert "confidence" in json.loads(render(summary.build(data), "json"))
