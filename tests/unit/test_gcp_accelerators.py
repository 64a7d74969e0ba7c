"""What Google Cloud calls accelerators, in the one shape."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.gcp.accelerators import attached, named, of_machine, shown
from collectors.gcp.container import KINDS
from collectors.gcp.tpu import chips
from normalize.mapping import MISSING
from normalize.units import GIB


@pytest.mark.parametrize(
    ("name", "model", "memory"),
    [
        ("nvidia-h100-80gb", "H100", 80 * GIB),
        ("NVIDIA_H100_80GB", "H100", 80 * GIB),
        ("projects/p/zones/z/acceleratorTypes/nvidia-l4", "L4", 24 * GIB),
        ("nvidia-l4-vws", "L4", 24 * GIB),
        ("nvidia-tesla-a100", "A100", 40 * GIB),
        ("nvidia-tesla-v100", "V100", None),  # not read anywhere: not filled in
        ("nvidia-x1000", "X1000", None),
    ],
)
def test_a_gpu_goes_by_one_name_whoever_names_it(name: str, model: str, memory: int | None) -> None:
    entry = named(name, 2)
    assert (entry["vendor"], entry["model"], entry["count"], entry.get("memory_bytes")) == ("nvidia", model, 2, memory)


@pytest.mark.parametrize(
    ("machine", "found"),
    [
        ("n2-standard-8", []),
        ("zones/z/machineTypes/e2-medium", []),
        ("ct5lp-hightpu-4t", [{"vendor": "google", "model": "TPU-v5e", "count": 4, "form": "tpu", "memory_bytes": 16 * GIB}]),
        ("a3-highgpu-8g", [{"vendor": "nvidia", "model": "H100", "count": 8, "form": "gpu", "memory_bytes": 80 * GIB}]),
        ("zones/z/machineTypes/a2-megagpu-16g", [{"vendor": "nvidia", "model": "A100", "count": 16, "form": "gpu", "memory_bytes": 40 * GIB}]),
        ("g2-standard-32", [{"vendor": "nvidia", "model": "L4", "count": 1, "form": "gpu", "memory_bytes": 24 * GIB}]),
        ("g2-standard-96", [{"vendor": "nvidia", "model": "L4", "count": 8, "form": "gpu", "memory_bytes": 24 * GIB}]),
        ("g4-standard-6", None),  # an eighth of one
        ("a4-highgpu-8g", None),  # it has some; which, was not read
        ("q9-quantum-2", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_machine_type_tells_what_it_has_or_nothing(machine: str, found: Any) -> None:
    assert of_machine(machine) == found


def test_a_machine_of_an_unknown_series_is_not_said_to_have_none() -> None:
    fields = shown(lambda p: attached(p.get("guestAccelerators", ()), p["machineType"]))
    assert fields["accelerator_count"]({"machineType": "q9-quantum-2"}) is MISSING
    assert fields["accelerator_count"]({"machineType": "n2-standard-8"}) == 0
    assert fields["accelerator_memory_bytes"]({"machineType": "n2-standard-8"}) is MISSING


@pytest.mark.parametrize(
    ("node", "count"),
    [
        ({"acceleratorType": "v4-8"}, 4),
        ({"acceleratorType": "v5litepod-16"}, 16),
        ({"acceleratorType": "v6e-8"}, 8),
        ({"acceleratorConfig": {"type": "V4", "topology": "2x2x4"}}, 16),
    ],
)
def test_a_tpu_node_is_counted_in_chips(node: dict[str, Any], count: int) -> None:
    found = chips(node)
    assert found is not None
    assert [e["count"] for e in found] == [count]


def test_a_tpu_type_that_is_not_known_is_not_counted() -> None:
    assert chips({"acceleratorType": "v99x-8"}) is None
    assert chips({}) is None


@pytest.mark.parametrize(
    ("more", "partition"),
    [
        ({}, None),
        ({"gpuPartitionSize": "1g.10gb"}, "mig-1g.10gb"),
        ({"gpuSharingConfig": {"gpuSharingStrategy": "MPS", "maxSharedClientsPerGpu": "4"}}, "mps"),
        ({"gpuSharingConfig": {"gpuSharingStrategy": "TIME_SHARING", "maxSharedClientsPerGpu": "4"}}, "time-slicing-4"),
    ],
)
def test_how_a_pool_shares_its_gpus_is_said(more: dict[str, Any], partition: str | None) -> None:
    pool = {"config": {"machineType": "a2-highgpu-1g", "accelerators": [{"acceleratorType": "nvidia-tesla-a100", "acceleratorCount": "1", **more}]}}  # fmt: skip
    field: Any = KINDS[1].fields["accelerators"]
    (entry,) = field.convert(pool)
    assert entry.get("partition") == partition
