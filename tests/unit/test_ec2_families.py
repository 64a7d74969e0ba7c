"""Families of EC2 against what the SDK lists and what EC2 says of each type."""

from __future__ import annotations

import re

import botocore.session
import pytest
from moto.ec2.models.instance_types import INSTANCE_TYPES

from normalize.accelerators import ec2_accelerated

INFOS = ("GpuInfo", "NeuronInfo", "InferenceAcceleratorInfo", "MediaAcceleratorInfo", "FpgaInfo")
SILENT = {"trn2u.48xlarge"}
"""Accelerated types of which EC2 tells no accelerator."""
OLD = {"cc", "cg", "cr", "hi", "hs"}
"""Letters of families that are no longer offered, of which nothing is told."""


def listed() -> list[str]:
    return botocore.session.get_session().get_service_model("ec2").shape_for("InstanceType").enum


def test_every_type_that_ec2_describes_has_accelerators_where_its_family_says_so() -> None:
    told = {name: any(info in facts for info in INFOS) for name, facts in INSTANCE_TYPES.items()}
    assert {name: ec2_accelerated(name) for name in told} == told | dict.fromkeys(SILENT & told.keys(), True)


def test_every_family_that_the_sdk_lists_is_known() -> None:
    unknown = {name for name in listed() if ec2_accelerated(name) is None}
    assert {re.match("[a-z]+", name)[0] for name in unknown} == OLD  # type: ignore[index]


@pytest.mark.parametrize(
    "name", ["", "large", "m5", "Standard_D4s_v5", "ecs.gn7i-c8g1.2xlarge", "m5.large.2", "y9.large"]
)
def test_what_is_no_known_size_of_ec2_says_nothing(name: str) -> None:
    assert ec2_accelerated(name) is None
