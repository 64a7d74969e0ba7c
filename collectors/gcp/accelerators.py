"""Accelerators of Google Cloud by the names that its services give them.

Owns the reading of accelerator types and of machine types that come with GPUs or TPUs. Refuses to guess: a name that is not known leaves
memory and model as they are named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from normalize.accelerators import accelerator, total
from normalize.errors import MappingError
from normalize.mapping import MISSING
from normalize.units import GIB

_GPUS: Mapping[str, tuple[str, int | None]] = {
    # name -> model, GiB of one
    "nvidia-tesla-k80": ("K80", None),
    "nvidia-tesla-p4": ("P4", None),
    "nvidia-tesla-p100": ("P100", None),
    "nvidia-tesla-v100": ("V100", None),
    "nvidia-tesla-t4": ("T4", 16),
    "nvidia-tesla-a100": ("A100", 40),
    "nvidia-a100-80gb": ("A100", 80),
    "nvidia-l4": ("L4", 24),
    "nvidia-h100-80gb": ("H100", 80),
    "nvidia-h100-mega-80gb": ("H100", 80),
    "nvidia-h200-141gb": ("H200", 141),
    "nvidia-b200": ("B200", 180),
    "nvidia-gb200": ("GB200", None),
    "nvidia-rtx-pro-6000": ("RTX-PRO-6000", None),
}
"""GPUs of Compute Engine; Vertex AI writes the same names in capitals with underscores. Source: Compute Engine documentation,
"GPU machine types"; Lenovo Press, lp2226 (B200); read 2026-11-24. What was not read there is left out."""
_CHIPS: Mapping[str, tuple[str, int | None]] = {
    # how machine types and accelerator types begin -> generation, GiB of one chip
    "ct3": ("TPU-v3", None),
    "ct4p": ("TPU-v4", None),
    "ct5l": ("TPU-v5e", 16),
    "ct5lp": ("TPU-v5e", 16),
    "ct5p": ("TPU-v5p", None),
    "ct6e": ("TPU-v6e", None),
}
"""Machine types with TPUs. Source: Google Kubernetes Engine documentation, "Plan TPUs in GKE"; Cloud TPU documentation, "TPU v5e" (its
memory; that of the others was not read); read 2026-11-24."""
_TPU_MACHINE = re.compile(r"(?P<series>ct\d\w*)-\w+-(?P<chips>\d+)t(?:-tpu)?")
_GPU_MACHINE = re.compile(r"(?P<series>a[23]-(?:high|mega|ultra|edge)gpu)-(?P<gpus>\d+)g(?:-nolssd)?")
_GPU_SERIES: Mapping[str, str] = {
    "a2-highgpu": "nvidia-tesla-a100",
    "a2-megagpu": "nvidia-tesla-a100",
    "a2-ultragpu": "nvidia-a100-80gb",
    "a3-highgpu": "nvidia-h100-80gb",
    "a3-megagpu": "nvidia-h100-mega-80gb",
    "a3-edgegpu": "nvidia-h100-80gb",
    "a3-ultragpu": "nvidia-h200-141gb",
}
_G_MACHINES: Mapping[str, tuple[str, int]] = {
    **{f"g2-standard-{cpus}": ("nvidia-l4", 1) for cpus in (4, 8, 12, 16, 32)},
    "g2-standard-24": ("nvidia-l4", 2),
    "g2-standard-48": ("nvidia-l4", 4),
    "g2-standard-96": ("nvidia-l4", 8),
    "g4-standard-48": ("nvidia-rtx-pro-6000", 1),
    "g4-standard-96": ("nvidia-rtx-pro-6000", 2),
    "g4-standard-192": ("nvidia-rtx-pro-6000", 4),
    "g4-standard-384": ("nvidia-rtx-pro-6000", 8),
}
"""Machine types that come with GPUs: the letter g of A2 and A3 counts them. Source: Compute Engine documentation, "Accelerator-optimized
machine family" and "GPU machine types"; read 2026-11-24. A4, A4X and parts of a G4's GPU were not read: they stay unknown."""
_PLAIN_SERIES = re.compile(
    r"(?:c2|c2d|c3|c3d|c4|c4a|c4d|e2|f1|g1|h3|h4d|m1|m2|m3|m4|n1|n2|n2d|n4|n4a|n4d|t2a|t2d|x4|z3|custom)-"
)
"""Machine series that come without any accelerator (N1 may get GPUs attached, which are then
named). Source: Compute Engine documentation, "Machine families resource and comparison guide", read 2026-11-24."""


def last(url: Any) -> str:
    """The last part of a name or link: "zones/z/acceleratorTypes/nvidia-l4" -> "nvidia-l4"."""
    if not isinstance(url, str):
        raise MappingError(f"no name: {str(url)[:40]!r}")
    return url.rpartition("/")[2]


def named(name: str, count: int, *, partition: str | None = None) -> dict[str, Any]:
    """An accelerator of a type, in the one shape.

    Args:
        name: "nvidia-h100-80gb", "NVIDIA_H100_80GB", "zones/z/acceleratorTypes/nvidia-l4", "tpu-v5-lite-podslice".
    """
    plain = last(name).lower().replace("_", "-").removesuffix("-vws")
    if plain in _GPUS:
        model, gib = _GPUS[plain]
        return accelerator("nvidia", model, count, memory_bytes=gib and gib * GIB, partition=partition)
    if plain.startswith(("tpu", "ct")):
        return accelerator("google", plain.upper(), count, form="tpu", partition=partition)
    vendor, _, model = plain.partition("-")
    return accelerator(vendor, (model or plain).upper(), count, partition=partition)


def of_machine(machine_type: str) -> list[dict[str, Any]] | None:
    """Accelerators that a machine type itself says it has; [] for series that come without, None where it does not say."""
    plain = last(machine_type)
    if m := _TPU_MACHINE.fullmatch(plain):
        generation, gib = _CHIPS.get(m["series"], (m["series"].upper(), None))
        return [accelerator("google", generation, int(m["chips"]), form="tpu", memory_bytes=gib and gib * GIB)]
    if (m := _GPU_MACHINE.fullmatch(plain)) and m["series"] in _GPU_SERIES:
        return [named(_GPU_SERIES[m["series"]], int(m["gpus"]))]
    if plain in _G_MACHINES:
        return [named(*_G_MACHINES[plain])]
    return [] if _PLAIN_SERIES.match(plain) else None


def attached(accelerators: Iterable[Mapping[str, Any]], machine_type: str) -> list[dict[str, Any]] | None:
    """Accelerators of one machine: those that are named, else what its type says.

    Args:
        accelerators: [{acceleratorType, acceleratorCount}].
    """
    found = [named(a["acceleratorType"], int(a.get("acceleratorCount", 1))) for a in accelerators]
    return found or of_machine(machine_type)


Read = Callable[[Any], list[dict[str, Any]] | None]


def shown(read: Read) -> Mapping[str, Any]:
    """Converters of the whole payload for the three attributes of what has accelerators."""

    def entries(payload: Any) -> Any:
        found = read(payload)
        return MISSING if found is None else found

    def count(payload: Any) -> Any:
        found = read(payload)
        return MISSING if found is None else total(found)

    def memory(payload: Any) -> Any:
        sizes = {entry.get("memory_bytes") for entry in read(payload) or ()}
        size = sizes.pop() if len(sizes) == 1 else None
        return MISSING if size is None else size

    return {"accelerators": entries, "accelerator_count": count, "accelerator_memory_bytes": memory}
