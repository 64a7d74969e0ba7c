"""Data, cost and compliance: nothing unknown is summed as nothing, prices climb ladders, labels go along lineage."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from normalize.model import Category
from planning import compliance, cost
from planning import data as holdings
from planning.accelerators import plan as machines
from planning.estate import Component, Estate
from planning.facts import derive
from planning.knowledge import load
from reports import compliance as compliance_report
from reports import cost as cost_report
from reports import data as data_report
from reports.renderers import render
from tests.unit.planned import TODAY, component, lookup
from tests.unit.test_readiness_report import DATA

KNOWN = load()
TB = 10**12


def joined(things: list[Component], *relations: tuple[str, str, str], **others: Any) -> Estate:
    outgoing: dict[str, list[tuple[str, str]]] = {}
    incoming: dict[str, list[tuple[str, str]]] = {}
    for source, verb, target in relations:
        outgoing.setdefault(source, []).append((verb, target))
        incoming.setdefault(target, []).append((verb, source))
    whole = Estate({c.id: c for c in things}, {}, outgoing, incoming, (), 0, others=others)
    derive(whole, lookup)
    return whole


def bucket(name: str, **facts: Any) -> Component:
    return component(name, Category.BUCKET, "aws.s3.bucket", region="us-east-1", **facts)


def test_bytes_that_nobody_knows_are_in_no_sum_and_have_no_time() -> None:
    whole = joined([bucket("big", size_bytes=100 * TB, object_count=10**6), bucket("dark")])
    found = holdings.plan(whole, KNOWN, "gcp", TODAY, list(whole.components), holdings.Wishes())
    assert [p.component.id for p in found] == ["big", "dark"]
    assert found[1].ways == ()
    assert found[1].egress is None
    assert "bytes" in found[1].open
    assert dict(holdings.totals(found)) == {"things": 2, "bytes": 100 * TB, "objects": 10**6, "without_bytes": 1}


def test_100_tb_take_13_days_at_1_gbps_and_objects_bind_on_a_cold_bucket() -> None:
    whole = joined([bucket("big", size_bytes=100 * TB, object_count=100_000_000)])
    (found,) = holdings.plan(whole, KNOWN, "gcp", TODAY, ["big"], holdings.Wishes())
    slow, _, fast = found.ways
    assert slow.transfer.seconds.likely / 86400 == pytest.approx(13.2, rel=0.01)
    assert slow.transfer.binding == "link share"
    assert fast.transfer.seconds.likely / 3600 == pytest.approx(27.8, rel=0.01)
    assert fast.transfer.binding == "writes to one bucket of Cloud Storage"
    assert slow.catches_up is None
    assert found.egress
    assert found.egress.usd == pytest.approx((100_000 - 100) * 0.09)


def test_one_disk_under_two_names_is_counted_once_and_its_readers_are_named() -> None:
    disk = component("arn:disk", Category.VOLUME, "aws.ec2.volume", size_bytes=5)
    claim = component("k8s:pv", Category.VOLUME, "k8s.persistent_volume", size_bytes=5)
    reader = component("arn:vm", Category.INSTANCE, "aws.ec2.instance")
    whole = joined([disk, claim, reader], ("k8s:pv", "same_as", "arn:disk"), ("arn:vm", "mounts", "arn:disk"))
    (found,) = holdings.plan(whole, KNOWN, "gcp", TODAY, list(whole.components), holdings.Wishes())
    assert (found.component.id, found.readers) == ("arn:disk", ("arn:vm",))


def costs_of(whole: Estate) -> cost.Costs:
    ids = list(whole.components)
    data = holdings.plan(whole, KNOWN, "gcp", TODAY, ids, holdings.Wishes())
    return cost.costs(whole, KNOWN, "gcp", TODAY, ids, machines(whole, KNOWN, "gcp", TODAY, ids), data)


def test_machines_are_priced_by_list_and_what_has_no_price_is_counted() -> None:
    gpu = [{"vendor": "nvidia", "model": "A100", "count": 8, "form": "gpu", "memory_bytes": 40 * 2**30}]
    whole = joined(
        [
            component("p4d", Category.INSTANCE, "aws.ec2.instance", instance_type="p4d.24xlarge", accelerators=gpu, accelerator_count=8),
            component("odd", Category.INSTANCE, "aws.ec2.instance", instance_type="z9.mega", accelerator_count=0),
            component("off", Category.INSTANCE, "aws.ec2.instance", instance_type="p4d.24xlarge", state="stopped", accelerators=gpu, accelerator_count=8),
        ]
    )  # fmt: skip
    found = costs_of(whole)
    assert [(x.subject, round(x.usd.likely)) for x in found.listed.lines] == [("p4d", round(21.957642 * 730))]
    assert dict(found.listed.unpriced_why) == {"no price of its type is known": 1}
    (line,) = found.target.lines
    assert line.usd.low == pytest.approx(29.3871 * 730)
    assert dict(found.target.unpriced_why) == {"no counterpart with a price": 1}


def test_a_machine_of_ones_own_has_a_counterpart_with_a_price_and_none_today() -> None:
    gpu = [{"vendor": "nvidia", "model": "H100-80GB-HBM3", "count": 8, "form": "gpu", "memory_bytes": 80 * 2**30}]
    host = component(
        "cellar", Category.HOST, "host.machine", accelerators=gpu, accelerator_count=8, architecture="x86_64"
    )
    found = costs_of(joined([host]))
    assert dict(found.listed.unpriced_why) == {"a machine of one's own: its price is in no list": 1}
    assert [x.subject for x in found.target.lines] == ["cellar"]


def test_a_bill_counts_its_latest_month_and_no_other_currency() -> None:
    def billed(month: str, **told: Any) -> dict[str, Any]:
        return {"id": month, "provider": "aws", "account": "1", "attributes": {"service": "EC2", "started_at": f"{month}-01T00:00:00Z", **told}}  # fmt: skip

    rows = [billed("2026-09", cost_usd=1.0), billed("2026-10", cost_usd=5.0), billed("2026-10", cost=7.0)]
    found = costs_of(joined([], cost=rows)).billed
    assert [(x.what, x.usd.likely) for x in found.lines] == [("EC2", 5.0)]
    assert found.unpriced == 1


def test_nothing_with_a_price_is_unknown_and_not_zero() -> None:
    page = cost_report.build(DATA, costs_of(joined([])))
    assert page.lead.startswith("Today unknown a month by the bill")


def test_a_label_goes_along_lineage_into_weights_endpoints_and_logs() -> None:
    data = bucket("raw")
    data.tags = {"acme.com/Data-Classification": "PII"}
    things = [
        data,
        component("train", Category.TRAINING_JOB, "aws.sagemaker.training_job"),
        component("weights", Category.BUCKET, "aws.s3.bucket", region="eu-central-1"),
        component("model", Category.MODEL, "aws.sagemaker.model"),
        component("serve", Category.ENDPOINT),
        component("logs", Category.LOG_STORE, "aws.logs.log_group"),
        component("net", Category.NETWORK, "aws.ec2.vpc"),
    ]
    whole = joined(
        things,
        ("train", "reads_from", "raw"),
        ("train", "writes_to", "weights"),
        ("model", "loads", "weights"),
        ("serve", "serves", "model"),
        ("serve", "logs_to", "logs"),
        ("serve", "uses", "net"),
    )
    labels = compliance.carried(whole)
    assert set(labels) == {"raw", "train", "weights", "model", "serve", "logs"}
    (label,) = labels["logs"]
    assert (label.value, label.origin, label.path) == (
        "pii",
        "raw",
        ("raw", "train", "weights", "model", "serve", "logs"),
    )
    found = {s.component.id: s for s in compliance.standings(whole, KNOWN, "gcp", list(whole.components), labels)}
    assert (found["weights"].country, found["weights"].eu) == ("DE", True)
    assert "europe-west3" in found["weights"].regions
    assert "us-east1" not in found["weights"].regions
    names = {r.name for r in compliance.reviews(whole, list(found.values()), "gcp")}
    assert "export control of model weights" in names


def test_a_circle_of_lineage_ends() -> None:
    one, two = bucket("one"), bucket("two")
    one.tags = {"pii": "yes"}
    whole = joined([one, two], ("one", "replica_of", "two"), ("two", "replica_of", "one"))
    assert {k: len(v) for k, v in compliance.carried(whole).items()} == {"one": 1, "two": 1}


def test_law_and_accelerator_have_to_meet() -> None:
    gpu = [{"vendor": "nvidia", "model": "B200", "count": 8, "form": "gpu", "memory_bytes": 179 * 2**30}]
    job = component("job", Category.TRAINING_JOB, "aws.sagemaker.training_job", accelerators=gpu, region="af-south-1")
    job.tags = {"residency": "za"}
    whole = joined([job])
    found = compliance.standings(whole, KNOWN, "gcp", ["job"], compliance.carried(whole))
    assert (found[0].device, found[0].device_regions) == ("nvidia-b200", ())
    raised = {r.name for r in compliance.reviews(whole, found, "gcp")}
    assert raised & {"law and accelerator do not meet", "no region of the same law"}


@pytest.mark.parametrize("format_", ["html", "md", "json"])
def test_reports_are_written_in_every_format(format_: str) -> None:
    whole = joined([bucket("<i>hostile</i>", size_bytes=5 * TB, object_count=9)])
    wishes = holdings.Wishes((10.0,), 0.5, 3600.0, link_is_known=True)
    plans = holdings.plan(whole, KNOWN, "azure", TODAY, list(whole.components), wishes)
    labels = compliance.carried(whole)
    standings = compliance.standings(whole, KNOWN, "azure", list(whole.components), labels)
    pages = [
        data_report.build(DATA, plans, wishes),
        cost_report.build(DATA, costs_of(whole)),
        compliance_report.build(DATA, standings, compliance.reviews(whole, standings, "azure")),
    ]
    for page in pages:
        text = render(page, format_)
        if format_ == "json":
            assert json.loads(text)["report"] == page.name
        else:
            assert "<i>hostile" not in re.sub(r"`[^`]*`", "", text)
