"""The accelerators report: what runs on which devices, and which machines of the target could take it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from planning.accelerators import Candidate, Need, Plan
from planning.readiness import ORDER
from reports import frame
from reports.pages import LABELS, Card, Cards, Column, Facts, Figures, Page, Prose, Section, Table, some
from reports.readiness import chip


def build(data: Mapping[str, Any], plans: Sequence[Plan]) -> Page:
    """Build the report."""
    counts = Counter(p.verdict for p in plans)
    told = ", ".join(f"{counts.get(r, 0):,} {LABELS[r.value]}" for r in reversed(ORDER))
    return frame.page(
        data,
        name="accelerators",
        title="Accelerators",
        lead=f"{some(len(plans), 'component')} on accelerators: {told}. Where devices differ, only a benchmark tells the speed."
        if plans
        else "Nothing in this inventory is known to run on accelerators. Where something could not be seen, something may.",
        sections=(
            Section(
                "overview",
                "Overview",
                (Figures(tuple((f"{counts.get(r, 0):,}", LABELS[r.value], r.value) for r in ORDER)), _devices(plans)),
            ),
            Section("components", "Components", (Cards("components", tuple(map(_card, plans))),)),
            Section(
                "notes",
                "How to read this",
                (
                    Prose("A candidate passes hard filters: stack, memory of a device, devices of a machine, architecture of its processors, precisions, NVLink, and the network between machines where several train together. It would fit; whether it can be had is for a quota or a reservation to say."),
                    Prose("Prices are list prices of one region on the day that stands beside them. No speed is predicted from peaks: between H200 and B200 the measured ratio was 1.19 to 2.03 where peaks promise 2.28 (stas00/ml-engineering at 744d01e)."),
                ),
            ),
        ),
        document={
            "verdicts": {r.value: counts.get(r, 0) for r in ORDER},
            "components": [_row(p) for p in plans],
        },
    )  # fmt: skip


def _devices(plans: Sequence[Plan]) -> Table:
    """Devices of today by model, and how their plans stand."""
    by: dict[str, Counter[str]] = {}
    for p in plans:
        by.setdefault(p.need.model or p.need.named, Counter())[p.verdict.value] += 1
    return Table(
        "Components by device of today",
        (Column("device", "code"), *(Column(LABELS[r.value], "num") for r in ORDER)),
        tuple((name, *(by[name][r.value] for r in ORDER)) for name in sorted(by)),
    )


def _card(p: Plan) -> Card:
    n = p.need
    return Card(
        p.verdict.value,
        p.component.name,
        n.model or n.named,
        p.reason,
        (
            Facts(
                (
                    ("Component", p.component.id),
                    ("Kind", p.component.kind),
                    ("Today", _today(n)),
                    ("Measured", _measured(n)),
                )
            ),
            Table(
                "Candidates, best first",
                (Column("machine", "code"), Column("verdict"), Column("devices"), Column("can it be had"), Column("USD an hour", "num"), Column("price of"), Column("filters")),
                tuple(_candidate(c) for c in p.candidates),
                "No machine of the target is a candidate.",
            ),
        ),
    )  # fmt: skip


def _today(n: Need) -> str:
    each = "?" if n.per_machine is None else f"{n.per_machine}"
    share = f", a share of {n.fraction:g}" if n.fraction else ""
    machines = f" on each of {n.machines} machines" if (n.machines or 0) > 1 else ""
    network = f", {n.fabric} {n.fabric_gbps:g} Gbps" if n.fabric_gbps else ""
    return f"{each} × {n.named}{share}{machines}{network}"


def _measured(n: Need) -> str:
    told = [
        f"busy {n.busy:.0%}" if n.busy is not None else "",
        f"memory {n.memory_busy:.0%}" if n.memory_busy is not None else "",
    ]
    return (
        ", ".join(t for t in told if t)
        or "use of devices was not measured: nothing can be said about fewer or smaller ones"
    )


def _candidate(c: Candidate) -> tuple[Any, ...]:
    price = f"{c.price_region} {c.price_observed_at}" if c.price_observed_at else "price not known"
    filters = "; ".join(f"{k.name} {LABELS[k.verdict.value]}: {k.reason}" for k in c.checks)
    had = f"{c.availability.value}: {c.availability_why}"
    return c.type, chip(c.verdict), f"{c.count} × {c.accelerator}", had, c.price_usd_per_hour, price, filters


def _row(p: Plan) -> dict[str, Any]:
    n = p.need
    today = {
        "device": n.model or None,
        "named": n.named,
        "vendor": n.vendor or None,
        "device_memory_bytes": n.device_bytes,
        "devices_per_machine": n.per_machine,
        "machines": n.machines,
        "fraction": n.fraction,
        "fabric": n.fabric,
        "fabric_gbps": n.fabric_gbps,
        "cpu_architecture": n.cpu_architecture,
        "utilization_ratio": n.busy,
        "memory_utilization_ratio": n.memory_busy,
        "price_usd_per_hour": n.price,
    }
    return {
        "id": p.component.id,
        "kind": p.component.kind,
        "name": p.component.name,
        "verdict": p.verdict.value,
        "reason": p.reason,
        "today": {k: v for k, v in today.items() if v is not None},
        "candidates": [
            {
                "type": c.type,
                "accelerator": c.accelerator,
                "count": c.count,
                "verdict": c.verdict.value,
                "filters": [{"name": k.name, "verdict": k.verdict.value, "reason": k.reason} for k in c.checks],
                "availability": c.availability.value,
                "availability_why": c.availability_why,
                **({"price_usd_per_hour": c.price_usd_per_hour} if c.price_usd_per_hour is not None else {}),
                **({"price_region": c.price_region, "price_observed_at": c.price_observed_at.isoformat()} if c.price_observed_at else {}),
                "knowledge": c.status.value,
            }
            for c in p.candidates
        ],
    }  # fmt: skip
