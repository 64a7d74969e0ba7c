"""What an assessment needs of a thing, and when that is known."""

from __future__ import annotations

from typing import Any

import pytest

from normalize.evidence import PROFILES, Thing, is_fact, lacking
from normalize.model import Category


def lacks(kind: str, category: Category, attributes: dict[str, Any] | None = None, **more: Any) -> set[str]:
    return {need.name for need in lacking(Thing(kind, category, attributes or {}, **more), required=True)}


def test_nothing_is_known_of_what_nothing_says() -> None:
    assert lacks("aws.sagemaker.endpoint", Category.ENDPOINT) == {"model", "hardware", "traffic"}
    assert lacks("aws.s3.bucket", Category.BUCKET) == {"bytes"}
    assert lacks("aws.ec2.vpc", Category.NETWORK) == set()


@pytest.mark.parametrize("value", [0, False, 0.0, [0]])
def test_zero_and_false_are_facts(value: Any) -> None:
    assert is_fact(value)


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_null_and_what_is_empty_are_none(value: Any) -> None:
    assert not is_fact(value)


def test_a_bucket_known_to_be_empty_lacks_nothing_required() -> None:
    assert lacks("aws.s3.bucket", Category.BUCKET, {"size_bytes": 0}) == set()
    assert lacks("aws.s3.bucket", Category.BUCKET, {"size_bytes": None}) == {"bytes"}


def test_a_serverless_endpoint_lacks_no_machine() -> None:
    assert lacks("aws.sagemaker.endpoint", Category.ENDPOINT, {"serverless": True}) == {"model", "traffic"}
    assert lacks("aws.sagemaker.endpoint", Category.ENDPOINT, {"serverless": False}) == {"model", "hardware", "traffic"}


def test_an_endpoint_without_a_model_deployed_lacks_nothing() -> None:
    assert lacks("gcp.aiplatform.endpoint", Category.ENDPOINT, {"variant_count": 0}) == set()


def test_one_of_several_facts_does() -> None:
    known = {"requests_per_minute_max": 3.5, "instance_types": ["ml.g5.xlarge"], "models": ["m"]}
    assert lacks("aws.sagemaker.endpoint", Category.ENDPOINT, known) == set()


def test_what_parts_of_its_workload_say_counts() -> None:
    kind, category = "azure.machinelearning.online_endpoint", Category.ENDPOINT
    said = {"serving": [{"instance_type": "Standard_NC24ads_A100_v4", "models": ["m:3"]}]}
    assert lacks(kind, category, {"request_count": 0}, parts=said) == set()
    assert lacks(kind, category, {"request_count": 0}, parts={"data": said["serving"]}) == {"model", "hardware"}
    assert lacks(kind, category, {"request_count": 0}, roles=("model",)) == {"hardware"}
    assert lacks(kind, category, {"request_count": 0}, points_at=("model",)) == {"hardware"}


def test_an_instance_with_no_accelerator_needs_no_model_of_them() -> None:
    asked = {need.name for need in lacking(Thing("aws.ec2.instance", Category.INSTANCE, {"accelerator_count": 0}))}
    assert not {"accelerators", "accelerator model", "accelerator memory", "use of accelerators"} & asked
    assert "accelerator model" in {n.name for n in lacking(Thing("aws.ec2.instance", Category.INSTANCE, {"accelerator_count": 8}))}  # fmt: skip


def test_taking_a_fact_away_never_makes_more_known() -> None:
    for category, profile in PROFILES.items():
        full: dict[str, Any] = {name: 1 for need in profile for name in need.attributes}
        full |= {when.attribute: when.values[0] for need in profile for when in need.unless if when.attribute}
        whole = {need.name for need in lacking(Thing("x.y.z", category, full))}
        for name in full:
            rest = {k: v for k, v in full.items() if k != name}
            assert whole <= {need.name for need in lacking(Thing("x.y.z", category, rest))}
