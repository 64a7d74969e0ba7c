"""Accelerators of machines, from what Azure says about VM sizes.

Owns the lookup of sizes and the reading of their facts. Counts, memory and CPUs are Azure's own word (Resource SKUs); which
accelerator it is, Azure says only in the name of the series, so that is read from a table here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collectors.azure.rows import Get, Reader
from normalize.accelerators import accelerator, total
from normalize.errors import CollectError
from normalize.mapping import MISSING, located, read
from normalize.model import Field, Json, Path, Scope
from normalize.units import GIB

SKUS = Get("/subscriptions/{@account}/providers/Microsoft.Compute/skus", "2021-07-01")
ACTION = "Microsoft.Compute/skus/read"
SIZE = "$Size"

_SERIES: tuple[tuple[re.Pattern[str], str, str, int | None], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), vendor, model, gib)
    for pattern, vendor, model, gib in (
        (r"nd\d+\w*_gb300_v6", "nvidia", "GB300", None),
        (r"nd\d+\w*_gb200_v6", "nvidia", "GB200", None),
        (r"nd\d+\w*_h200_v5", "nvidia", "H200", None),
        (r"nd\d+\w*_h100_v5", "nvidia", "H100", 80),
        (r"ncc?\d+\w*_h100_v5", "nvidia", "H100-NVL", None),
        (r"nd\d+\w*_mi300x_v5", "amd", "MI300X", None),
        (r"nd\d+asr(?:_a100)?_v4", "nvidia", "A100", 40),
        (r"nd\d+amsr_a100_v4", "nvidia", "A100", 80),
        (r"nc\d+ads_a100_v4", "nvidia", "A100", 80),
        (r"nd\d+rs_v2", "nvidia", "V100", 32),
        (r"nd\d+r?s", "nvidia", "P40", None),
        (r"nc\d+as_t4_v3", "nvidia", "T4", None),
        (r"nc\d+r?s_v3", "nvidia", "V100", None),
        (r"nc\d+r?s_v2", "nvidia", "P100", None),
        (r"nc\d+r?", "nvidia", "K80", None),
        (r"nv\d+\w*_a10_v5", "nvidia", "A10", None),
        (r"nv\d+as_v4", "amd", "MI25", None),
        (r"nv\d+s?(?:_v3|_v2)?", "nvidia", "M60", None),
        (r"ng\d+\w*_v620_v1", "amd", "V620", None),
    )
)
"""Series, without "Standard_" -> maker, model, GiB of one. Source: Azure documentation, "GPU accelerated virtual machine sizes", its
pages of the ND A100 v4, NDv2, ND H100 v5 and ND GB200 v6 series, and Azure HPC blog of 2023-01-27 (NC A100 v4); read 2026-11-24. Memory that was not
read there is left out; a maker and model are what the series is named after, or, for series before v4, not verified."""


def named(size: str) -> tuple[str, str, int | None] | None:
    """(maker, model, bytes of one) of the accelerators that a size is named after; None for a series that is not known."""
    plain = size.lower().removeprefix("standard_").removesuffix("_promo")
    for pattern, vendor, model, gib in _SERIES:
        if pattern.fullmatch(plain):
            return vendor, model, gib * GIB if gib else None
    return None


@dataclass(frozen=True, slots=True)
class Sizes:
    """What Azure says of the size that an item names: adds "$Size" {"Name", "vCPUs", "MemoryGB", "GPUs", …}, all as Azure writes
    them; left out where it does not know the size or may not be asked.

    Attributes:
        size: where the size stands: "Standard_ND96isr_H100_v5".
        location: where the region stands.
    """

    size: Path
    location: Path = "location"

    @property
    def actions(self) -> tuple[str, ...]:
        return (ACTION,)

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        failed: dict[int, list[CollectError]] = {}
        for index, item in enumerate(items):
            size, region = _first(item, self.size), _first(item, self.location)
            if not size or not region:
                continue
            try:
                known = _sizes(reader, scope, region.lower().replace(" ", ""))
            except CollectError as error:
                failed[index] = [error]
                continue
            if facts := known.get(size.lower()):
                item[SIZE] = facts
        return failed


def _first(item: Mapping[str, Any], path: Path) -> str:
    return next((value for _, value in located(item, path) if isinstance(value, str)), "")


def _sizes(reader: Reader, scope: Scope, region: str) -> Mapping[str, Json]:
    """Facts of every size of a region, by name in lower case. Asked once per region and subscription. Raises CollectError."""
    key = ("sizes", scope.account, region)
    if key not in reader.memory:
        path = SKUS.path.replace("{@account}", scope.account)
        try:
            answers = reader.pages(path, SKUS.version, {"$filter": f"location eq '{region}'"}, (ACTION,))
            reader.memory[key] = dict(_facts(answers))
        except CollectError as error:
            reader.memory[key] = error
    found = reader.memory[key]
    if isinstance(found, CollectError):
        raise found
    return found  # type: ignore[no-any-return]


_KEPT = frozenset({"vCPUs", "MemoryGB", "GPUs", "CpuArchitectureType", "RdmaEnabled"})


def _facts(answers: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, Json]]:
    for answer in answers:
        for sku in answer.get("value") or ():
            if sku.get("resourceType") == "virtualMachines":
                told = {c["name"]: c.get("value") for c in sku.get("capabilities") or () if c.get("name") in _KEPT}
                yield str(sku["name"]).lower(), {"Name": sku["name"], **told}


def _entries(size: Mapping[str, Any]) -> list[dict[str, Any]]:
    count = int(size.get("GPUs") or 0)
    if count == 0:
        return []
    vendor, model, memory = named(size["Name"]) or ("unknown", size["Name"], None)
    return [accelerator(vendor, model, count, memory_bytes=memory)]


def _memory(size: Any) -> Any:
    sizes = {entry.get("memory_bytes", MISSING) for entry in _entries(size)}
    return sizes.pop() if len(sizes) == 1 else MISSING


def _gib(text: Any) -> int:
    return int(float(text) * GIB)


def _architecture(word: Any) -> str:
    return {"x64": "x86_64", "arm64": "arm64"}.get(str(word).lower(), str(word))


MACHINE: Mapping[str, Path | Field] = {
    "vcpu_count": Field(f"{SIZE}.vCPUs", int),
    "memory_bytes": Field(f"{SIZE}.MemoryGB", _gib),
    "architecture": Field(f"{SIZE}.CpuArchitectureType", _architecture),
    "accelerators": Field(SIZE, _entries),
    "accelerator_count": Field(SIZE, lambda size: total(_entries(size))),
    "accelerator_memory_bytes": Field(SIZE, _memory),
}
"""Fields of what runs on machines of one size, per machine. MemoryGB is in GiB. Source: Azure documentation, "Resource Skus - List", and
sizes' own pages; read 2026-11-24."""


def on_machines(count: Path) -> Mapping[str, Path | Field]:
    """The accelerators of what runs on several machines of one size, those of all machines together; nothing where their number
    is not told.

    Args:
        count: where the number of machines stands.
    """

    def entries(payload: Any) -> Any:
        size, number = read(payload, SIZE), read(payload, count)
        if not isinstance(size, dict) or not isinstance(number, int):
            return MISSING
        return [{**entry, "count": entry["count"] * number} for entry in _entries(size)]

    def counted(payload: Any) -> Any:
        found = entries(payload)
        return found if found is MISSING else total(found)

    return {
        "accelerators": Field("", entries),
        "accelerator_count": Field("", counted),
        "accelerator_memory_bytes": Field(SIZE, _memory),
    }
