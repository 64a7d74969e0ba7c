"""One shape for every accelerator: GPU, Neuron, Inferentia, TPU, Gaudi; whole, fractional or partitioned."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from normalize.units import GIB

NEURON_CHIPS: Mapping[str, tuple[str, int, int]] = {
    # EC2's name: our name, physical cores of a chip, bytes of a chip
    "Inferentia": ("Inferentia1", 4, 8 * GIB),
    "Inferentia2": ("Inferentia2", 2, 32 * GIB),
    "Trainium": ("Trainium1", 2, 32 * GIB),
    "Trainium2": ("Trainium2", 8, 96 * GIB),
    "Trainium3": ("Trainium3", 8, 144 * GIB),
}
"""Chips of the Neuron family. EC2 calls the first of each by the name of the family, which we number.

EC2 itself says 512 GiB for one Trainium2; the vendor's architecture pages say 96, and 16 chips make the 1536 GiB of a
trn2.48xlarge. Source: aws-neuron/aws-neuron-sdk at 81ce03a, about-neuron/arch/neuron-hardware/inferentia.rst,
inferentia2.rst, trainium.rst, trainium2.rst, trainium3.rst and trn2-arch.rst; what EC2 says: moto 5.2.5,
ec2/resources/instance_types.json.gz; read 2026-11-24.
"""

EXTENDED_RESOURCES = (
    "nvidia.com/gpu",
    "amd.com/gpu",
    "aws.amazon.com/neuron",
    "aws.amazon.com/neurondevice",
    "habana.ai/gaudi",
    "google.com/tpu",
    "gpu.intel.com/i915",
    "gpu.intel.com/xe",
)
"""Extended resources that are one device each."""

_EC2_TYPE = re.compile(r"(?:ml\.)?(?P<letters>[a-z]+)[-\d][a-z\d-]*\.[a-z\d-]+")
_EC2_ACCELERATED = frozenset({"dl", "f", "g", "gr", "inf", "p", "trn", "vt"})
_EC2_PLAIN = frozenset({"a", "c", "d", "h", "hpc", "i", "im", "is", "m", "mac", "r", "t", "u", "x", "z"})


def ec2_accelerated(name: str) -> bool | None:
    """Whether an EC2 (or SageMaker: "ml.…") instance type is of a family with accelerators; None where the family is none
    that we know.

    Source: botocore 1.44.5, EC2 InstanceType (the letters of all families), and what EC2 says of each type in moto 5.2.5,
    ec2/resources/instance_types.json.gz; read 2026-11-24. The letters cc, cg, cr, hi and hs are of before 2014 and left
    out.
    """
    m = _EC2_TYPE.fullmatch(name)
    letters = m["letters"] if m else ""
    return True if letters in _EC2_ACCELERATED else False if letters in _EC2_PLAIN else None


def accelerator(
    vendor: str,
    model: str,
    count: int,
    *,
    memory_bytes: int | None = None,
    form: str = "gpu",
    fraction: float | None = None,
    partition: str | None = None,
) -> dict[str, Any]:
    """One entry of the attribute `accelerators`.

    Args:
        vendor: lower case: nvidia, amd, intel, aws, google, habana, qualcomm.
        model: maker's name without the maker: "H100-80GB-HBM3", "A10G", "Inferentia2"; a cloud names the chip alone, "H100", and
            its memory stands beside it.
        count: physical devices; 1 for a share of one device, with `fraction` set.
        memory_bytes: of one device (or of the share).
        form: gpu, neuron, tpu, gaudi, inference, media, fpga.
        fraction: 0–1, where the machine gets only a share of a device (EC2 g6f reports count 0).
        partition: how devices are cut or shared: "mig-1g.10gb", "time-slicing-4", "mps".
    """
    entry: dict[str, Any] = {"vendor": vendor, "model": model, "count": count, "form": form}
    measured = {"memory_bytes": memory_bytes, "fraction": fraction, "partition": partition}
    return entry | {key: value for key, value in measured.items() if value is not None}


def total(accelerators: list[dict[str, Any]]) -> int:
    """Physical devices in a list of entries."""
    return sum(int(a["count"]) for a in accelerators)
