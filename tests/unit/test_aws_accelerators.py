"""Accelerators of machines, from the shapes in which EC2 describes instance types."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.aws.instance_types import PER_MACHINE, TOTAL, accelerators_of, ec2_type
from normalize.mapping import MISSING
from normalize.model import Field

# As DescribeInstanceTypes answers, cut to what counts. Source: p4d.24xlarge, g6f.large, inf2.xlarge, vt1.3xlarge and
# dl2q.24xlarge as recorded from EC2 in moto 5.2.5; Gaudi in the same shape.
P4D = {
    "GpuInfo": {"Gpus": [{"Name": "A100", "Manufacturer": "NVIDIA", "Count": 8, "MemoryInfo": {"SizeInMiB": 40960}}]}
}
G6F = {
    "GpuInfo": {
        "Gpus": [
            {
                "Name": "L4",
                "Manufacturer": "NVIDIA",
                "Count": 0,
                "LogicalGpuCount": 1,
                "GpuPartitionSize": 0.125,
                "MemoryInfo": {"SizeInMiB": 2861},
            }
        ]
    }
}
INF2 = {
    "NeuronInfo": {"NeuronDevices": [{"Name": "Inferentia2", "Count": 1, "MemoryInfo": {"SizeInMiB": 32768}}]},
    "InferenceAcceleratorInfo": {"Accelerators": [{"Name": "Inferentia2", "Manufacturer": "AWS", "Count": 1}]},
}
DL1 = {"GpuInfo": {"Gpus": [{"Name": "Gaudi HL-205", "Manufacturer": "Habana", "Count": 8}]}}
VT1 = {"MediaAcceleratorInfo": {"Accelerators": [{"Name": "U30", "Manufacturer": "Xilinx", "Count": 1}]}}

DL2Q = {
    "InferenceAcceleratorInfo": {"Accelerators": [{"Name": "Qualcomm AI100", "Manufacturer": "Qualcomm", "Count": 8}]}
}


def convert(field: Any, machines: list[dict[str, Any]]) -> Any:
    assert isinstance(field, Field)
    return field.convert(machines)


def test_gpus_are_counted_with_the_memory_of_one() -> None:
    (entry,) = accelerators_of(P4D)
    assert (entry["vendor"], entry["model"], entry["count"], entry["memory_bytes"]) == ("nvidia", "A100", 8, 40 * 2**30)


def test_share_of_a_gpu_is_not_lost_to_a_count_of_zero() -> None:
    (entry,) = accelerators_of(G6F)
    assert (entry["count"], entry["fraction"]) == (1, 0.125)


def test_inferentia_that_stands_in_two_places_is_counted_once() -> None:
    (entry,) = accelerators_of(INF2)
    assert (entry["vendor"], entry["model"], entry["count"], entry["form"]) == ("aws", "Inferentia2", 1, "neuron")


@pytest.mark.parametrize(("facts", "form"), [(DL1, "gaudi"), (VT1, "media"), (DL2Q, "inference")])
def test_other_accelerators_have_their_own_form(facts: dict[str, Any], form: str) -> None:
    assert [e["form"] for e in accelerators_of(facts)] == [form]


def test_model_is_named_without_its_maker() -> None:
    assert [(e["vendor"], e["model"]) for e in accelerators_of(DL2Q)] == [("qualcomm", "AI100")]


def test_job_counts_all_its_machines() -> None:
    machines = [{"InstanceType": "ml.p4d.24xlarge", "Count": 4, "Facts": P4D}]
    assert convert(TOTAL["accelerator_count"], machines) == 32


def test_job_with_one_unknown_type_has_no_count() -> None:
    machines = [{"InstanceType": "a", "Count": 1, "Facts": P4D}, {"InstanceType": "b", "Count": 1}]
    assert convert(TOTAL["accelerator_count"], machines) is MISSING


def test_job_with_an_unknown_number_of_machines_has_no_count() -> None:
    assert convert(TOTAL["accelerator_count"], [{"InstanceType": "a", "Facts": P4D}]) is MISSING


def test_pool_of_types_that_differ_has_no_count() -> None:
    machines = [{"InstanceType": "a", "Count": 1, "Facts": P4D}, {"InstanceType": "b", "Count": 1, "Facts": DL1}]
    assert convert(PER_MACHINE["accelerator_count"], machines) is MISSING


def test_machine_without_accelerators_has_zero() -> None:
    assert convert(PER_MACHINE["accelerator_count"], [{"InstanceType": "m5.large", "Count": 1, "Facts": {}}]) == 0


TRN2 = {"NeuronInfo": {"NeuronDevices": [{"Name": "Trainium2", "Count": 16, "MemoryInfo": {"SizeInMiB": 524288}}]}}


def test_trainium2_has_the_memory_of_its_maker_not_that_of_ec2() -> None:
    (entry,) = accelerators_of(TRN2)
    assert (entry["model"], entry["count"], entry["memory_bytes"]) == ("Trainium2", 16, 96 * 2**30)


def test_first_chip_of_a_family_is_numbered() -> None:
    device = {"Name": "Trainium", "Count": 1, "MemoryInfo": {"SizeInMiB": 32768}}
    (entry,) = accelerators_of({"NeuronInfo": {"NeuronDevices": [device]}})
    assert (entry["model"], entry["memory_bytes"]) == ("Trainium1", 32 * 2**30)


@pytest.mark.parametrize("name", ["trn2u.48xlarge", "ml.trn2u.48xlarge"])
def test_accelerated_type_of_which_ec2_lists_no_accelerator_has_no_count(name: str) -> None:
    machines = [{"InstanceType": name, "Count": 1, "Facts": {"InstanceType": "trn2u.48xlarge"}}]
    assert convert(PER_MACHINE["accelerator_count"], machines) is MISSING
    assert convert(TOTAL["accelerator_count"], machines) is MISSING


def test_names_of_other_services_are_those_of_ec2() -> None:
    assert [ec2_type(n) for n in ("ml.p4d.24xlarge", "p4d.24xlarge")] == ["p4d.24xlarge", "p4d.24xlarge"]
