"""Accelerators: worked examples of what fits where, and what keeps it from fitting."""

from __future__ import annotations

from typing import Any

import pytest

from normalize.model import Category
from planning.accelerators import Plan, plan
from planning.estate import Component
from planning.facts import derive
from planning.knowledge import load
from planning.rules import Readiness
from tests.unit.planned import TODAY, component, estate, lookup

KNOWN = load()
GIB = 2**30
TRAINING, INSTANCE = "aws.sagemaker.training_job", "aws.ec2.instance"


def devices(vendor: str, model: str, count: int, gib: float, **more: Any) -> list[dict[str, Any]]:
    return [{"vendor": vendor, "model": model, "count": count, "form": "gpu", "memory_bytes": int(gib * GIB), **more}]


def planned(target: str, thing: Component) -> Plan:
    whole = estate(thing)
    derive(whole, lookup)
    (found,) = plan(whole, KNOWN, target, TODAY, [thing.id])
    return found


def trained(type_: str, model: str, gib: float, machines: int) -> Component:
    return component("t", Category.TRAINING_JOB, TRAINING, accelerators=devices("nvidia", model, 8 * machines, gib), accelerator_count=8 * machines, instance_count=machines, instance_type=type_)  # fmt: skip


@pytest.mark.parametrize(
    ("target", "type_", "model", "gib", "machines", "verdict", "best", "said"),
    [
        ("gcp", "ml.p4d.24xlarge", "A100", 40, 4, "conditional", "a2-highgpu-8g", "100 Gbps network a machine instead of efa 400"),
        ("gcp", "ml.p4d.24xlarge", "A100", 40, 1, "ready", "a2-highgpu-8g", "the same device"),
        ("azure", "ml.p4d.24xlarge", "A100", 40, 4, "conditional", "Standard_ND96asr_v4", "infiniband"),
        ("gcp", "ml.p5.48xlarge", "H100", 80, 2, "conditional", "a3-megagpu-8g", "tcpxo"),
        ("azure", "ml.p5.48xlarge", "H100", 80, 2, "conditional", "Standard_ND96isr_H100_v5", "infiniband 3200"),
        ("gcp", "ml.p5en.48xlarge", "H200", 141, 2, "conditional", "a3-ultragpu-8g", "roce"),
    ],
)  # fmt: skip
def test_training_over_several_machines_hangs_on_their_network(
    target: str, type_: str, model: str, gib: float, machines: int, verdict: str, best: str, said: str
) -> None:
    found = planned(target, trained(type_, model, gib, machines))
    assert (found.verdict.value, found.candidates[0].type) == (verdict, best)
    assert said in found.reason


def test_b200_goes_to_google_and_needs_images_for_arm_at_azure() -> None:
    thing = component("b", Category.INSTANCE, INSTANCE, accelerators=devices("nvidia", "B200", 8, 179), accelerator_count=8, instance_type="p6-b200.48xlarge")  # fmt: skip
    assert planned("gcp", thing).verdict is Readiness.READY
    found = planned("azure", thing)
    assert found.verdict is Readiness.NOT_READY
    arm = next(c for c in found.candidates if c.type == "Standard_ND128isr_NDR_GB200_v6")
    assert ("architecture", "arm64: images have to be built for it") in [(k.name, k.reason) for k in arm.checks]


@pytest.mark.parametrize("target", ["gcp", "azure"])
def test_trainium_has_no_counterpart(target: str) -> None:
    thing = component("n", Category.INSTANCE, INSTANCE, accelerators=devices("aws", "Trainium1", 16, 32), accelerator_count=16, instance_type="trn1.32xlarge")  # fmt: skip
    found = planned(target, thing)
    assert (found.verdict, found.candidates) == (Readiness.NOT_READY, ())


def test_a_share_of_a_device_is_not_lost() -> None:
    thing = component("f", Category.INSTANCE, INSTANCE, accelerators=devices("nvidia", "L4", 1, 3, fraction=0.125), accelerator_count=0, instance_type="g6f.xlarge")  # fmt: skip
    found = planned("gcp", thing)
    assert (found.verdict, found.need.fraction) == (Readiness.CONDITIONAL, 0.125)
    assert found.candidates[0].accelerator == "nvidia-l4"


def test_replicas_of_an_endpoint_need_no_fabric() -> None:
    thing = component("e", Category.ENDPOINT, accelerators=devices("nvidia", "A10G", 2, 24), accelerator_count=2, instance_count=2, instance_types=["ml.g5.xlarge"])  # fmt: skip
    found = planned("gcp", thing)
    assert found.candidates[0].accelerator == "nvidia-l4"
    assert "benchmark" in found.reason
    assert "fabric" not in {k.name for k in found.candidates[0].checks}


def test_a_device_that_nobody_names_is_unknown() -> None:
    thing = component("k", Category.WORKLOAD, "k8s.deployment", accelerator_requested_count=2, desired_count=2, accelerator_resources=["nvidia.com/gpu"])  # fmt: skip
    found = planned("gcp", thing)
    assert (found.verdict, found.candidates) == (Readiness.UNKNOWN, ())


def test_what_has_none_is_not_planned() -> None:
    whole = estate(component("c", Category.INSTANCE, INSTANCE, accelerator_count=0, instance_type="m5.large"))
    assert plan(whole, KNOWN, "gcp", TODAY, ["c"]) == []


def test_what_nobody_counted_is_unknown_and_not_left_out() -> None:
    thing = component("u", Category.INSTANCE, INSTANCE, instance_type="z9.mega")
    found = planned("gcp", thing)
    assert (found.verdict, found.reason) == (Readiness.UNKNOWN, "whether it has accelerators is not known")


def test_a_type_that_is_known_to_have_some_tells_what_its_machine_does_not() -> None:
    found = planned("gcp", component("t", Category.INSTANCE, INSTANCE, instance_type="p4d.24xlarge"))
    assert (found.verdict, found.need.per_machine) == (Readiness.READY, 8)


def test_availability_is_unknown_without_a_quota_and_told_by_one() -> None:
    thing = component("h", Category.HOST, "host.machine", accelerators=devices("nvidia", "H100-80GB-HBM3", 8, 80), accelerator_count=8, architecture="x86_64")  # fmt: skip
    whole = estate(thing)
    assert plan(whole, KNOWN, "aws", TODAY, ["h"])[0].candidates[0].availability.value == "unknown"
    for limit, told in ((0, "ask for quota"), (192, "can be had")):
        whole.others = {"quota": [{"id": "q", "provider": "aws", "name": "Running On-Demand P5 instances", "attributes": {"limit_value": limit}}]}  # fmt: skip
        first = plan(whole, KNOWN, "aws", TODAY, ["h"])[0].candidates[0]
        assert (first.type, first.availability.value) == ("p5.48xlarge", told)
