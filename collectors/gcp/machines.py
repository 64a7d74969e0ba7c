"""Machines that Compute Engine rents: sizes by its own word, prices by the catalog of Cloud Billing.

Owns the reads and their meaning. Refuses to name a price that is told twice and differently, or of which a part is not told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.gcp.client import Client
from collectors.gcp.rows import Get
from normalize.units import GIB, MIB

_REGION = Get(
    "compute.googleapis.com", "/compute/v1/projects/{project}/regions/{location}", "compute.regions.get", items="zones"
)
_TYPES = Get(
    "compute.googleapis.com",
    "/compute/v1/projects/{project}/zones/{location}/machineTypes",
    "compute.machineTypes.list",
    items="items",
    page=500,
    size="maxResults",
)
_SKUS = Get("cloudbilling.googleapis.com", "/v1/services/6F81-5844-456A/skus", "", items="skus", page=5000)
"""Compute Engine's service in the catalog of Cloud Billing, which anybody may read."""
_LOCAL_SSD_BYTES = 375 * GIB
_PART = re.compile(
    r"(?P<what>.+?) (?:AMD |Arm )?(?:Predefined )?(?:Instance )?(?P<part>Core|Ram|GPU) running in .+", re.IGNORECASE
)
_OTHER = re.compile(
    r"Custom|Sole Tenancy|Reserved|Premium|Spot|Preemptible|Calendar|DWS|Extended|suspended|Commitment", re.I
)
_FAMILIES = {"compute optimized": "c2", "a3plus": "a3-megagpu", "a3ultra": "a3-ultragpu"}
"""How descriptions of prices name families -> how machine types do."""
_GPUS = {
    "nvidia l4": "nvidia-l4",
    "nvidia tesla t4": "nvidia-tesla-t4",
    "nvidia tesla v100": "nvidia-tesla-v100",
    "nvidia tesla p100": "nvidia-tesla-p100",
    "nvidia tesla p4": "nvidia-tesla-p4",
    "nvidia tesla a100": "nvidia-tesla-a100",
    "nvidia tesla a100 80gb": "nvidia-a100-80gb",
    "nvidia h100 80gb": "nvidia-h100-80gb",
    "nvidia h100 80gb mega": "nvidia-h100-mega-80gb",
    "nvidia h100 80gb plus": "nvidia-h100-mega-80gb",
    "nvidia h200 141gb": "nvidia-h200-141gb",
    "nvidia b200": "nvidia-b200",
}
"""How descriptions of prices name GPUs -> accelerator types. Source: dstackai/gpuhunt at 3584151, providers/gcp.py, and its tests; read
2026-11-24."""


def machines(client: Client, project: str, regions: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(type, facts) of every machine type of the regions, once per zone that has it.

    Facts are those of `instance_types` of the knowledge base, with "accelerators" in place of "accelerator", and "region".

    Raises:
        CollectError: they cannot be read.
    """
    for region in regions:
        zones = [
            z for a in client.answers(_REGION, {"project": project, "location": region}) for z in a.get("zones", ())
        ]
        for zone in zones:
            values = {"project": project, "location": str(zone).rpartition("/")[2]}
            for item in client.items(_TYPES, values):
                if (item.get("deprecated") or {}).get("state") not in ("OBSOLETE", "DELETED"):
                    yield str(item["name"]), {"region": region, **_sizes(item)}


def _sizes(item: Mapping[str, Any]) -> dict[str, Any]:
    ssd = (item.get("bundledLocalSsds") or {}).get("partitionCount")
    told = {
        "family": str(item["name"]).rpartition("-")[0],
        "accelerators": [
            {"model": a["guestAcceleratorType"], "count": a["guestAcceleratorCount"]}
            for a in item.get("accelerators") or ()
        ],
        "vcpu_count": item["guestCpus"],
        "memory_bytes": item["memoryMb"] * MIB,
        "local_nvme_bytes": int(ssd) * _LOCAL_SSD_BYTES if ssd else None,
        "cpu_architecture": {"X86_64": "x86_64", "ARM64": "arm64"}.get(str(item.get("architecture"))),
    }
    return {k: v for k, v in told.items() if v is not None}


def prices(client: Client, region: str) -> Prices:
    """What parts of machines cost in a region, on demand.

    Raises:
        CollectError: they cannot be read.
    """
    found: dict[tuple[str, str], float] = {}
    differ: set[tuple[str, str]] = set()
    for sku in client.items(_SKUS, {}):
        if (key := _part(sku, region)) is None or (price := _hourly(sku)) is None:
            continue
        if found.setdefault(key, price) != price:
            differ.add(key)
    return Prices({key: price for key, price in found.items() if key not in differ})


def _part(sku: Mapping[str, Any], region: str) -> tuple[str, str] | None:
    description = str(sku.get("description", ""))
    ordinary = (sku.get("category") or {}).get("usageType") == "OnDemand" and not _OTHER.search(description)
    if not ordinary or region not in (sku.get("serviceRegions") or ()) or not (m := _PART.fullmatch(description)):
        return None
    what, part = m["what"].casefold(), m["part"].casefold()
    name = _GPUS.get(what) if part == "gpu" else _FAMILIES.get(what, what)
    return (name, part) if name else None


def _hourly(sku: Mapping[str, Any]) -> float | None:
    """USD an hour of the last tier: earlier ones are allowances."""
    try:
        tier = sku["pricingInfo"][-1]["pricingExpression"]["tieredRates"][-1]["unitPrice"]
        return int(tier.get("units") or 0) + int(tier.get("nanos") or 0) / 1e9
    except (LookupError, TypeError, ValueError):
        return None


class Prices:
    """Prices of parts: (family or accelerator type, "core", "ram" or "gpu") -> USD an hour."""

    def __init__(self, parts: Mapping[tuple[str, str], float]) -> None:
        self._parts = parts

    def of(self, name: str, facts: Mapping[str, Any]) -> float | None:
        """A machine's price: its CPUs, its memory and its accelerators; None where one of them is not told."""
        series, family = name.partition("-")[0], str(facts["family"])
        owner = next((f for f in (family, series) if (f, "core") in self._parts and (f, "ram") in self._parts), None)
        if owner is None or (owner == series and family in _FAMILIES.values()):
            return None
        total = (
            facts["vcpu_count"] * self._parts[owner, "core"] + facts["memory_bytes"] / GIB * self._parts[owner, "ram"]
        )
        for entry in facts.get("accelerators", ()):
            if (price := self._parts.get((entry["model"], "gpu"))) is None:
                return None
            total += entry["count"] * price
        return float(round(total, 5))
