"""Which machines of the target could run what runs on accelerators today, by hard filters, each with its verdict and reason.

A candidate that passes would fit; whether it can be had is another question, that only a quota or a reservation answers.
Peaks are never turned into promises of speed: where devices differ, the answer is a benchmark.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from normalize.model import Category
from planning.estate import Component, Estate
from planning.facts import instance_type
from planning.knowledge import Entry, Knowledge, Status
from planning.readiness import worst
from planning.rules import Readiness


class Availability(StrEnum):
    """Whether a machine that would fit can be had, as far as the inventory of the target tells."""

    CAN_BE_HAD = "can be had"
    ASK_FOR_QUOTA = "ask for quota"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Need:
    """What a component runs on today. None is unknown.

    Attributes:
        model: the device, as the knowledge base calls it; "" where it knows none of that name.
        named: as the source names it.
        device_bytes: memory of one device.
        per_machine: devices that one machine has; 0 with `fraction` for a share of one.
        machines: machines of one job or replicas of one endpoint.
        exchanges: its machines exchange what they calculate: training, not serving.
        busy: share of time that devices were busy, 0–1, measured.
        memory_busy: share of their memory in use, 0–1, measured.
    """

    model: str
    named: str
    vendor: str
    device_bytes: int | None
    per_machine: int | None
    machines: int | None
    fraction: float | None
    fabric: str | None
    fabric_gbps: float | None
    nvlink_domain: int | None
    cpu_architecture: str | None
    busy: float | None
    memory_busy: float | None
    price: float | None
    exchanges: bool

    @property
    def spans_machines(self) -> bool:
        """Whether several machines work on one thing: replicas of an endpoint do not."""
        return self.exchanges and (self.machines or 0) > 1


@dataclass(frozen=True, slots=True)
class Check:
    """One hard filter: what is needed, what the candidate has, and what that means."""

    name: str
    verdict: Readiness
    reason: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A machine of the target. `price_observed_at` is the day its price was read; `status` what its entry is worth."""

    type: str
    accelerator: str
    count: int
    verdict: Readiness
    checks: tuple[Check, ...]
    availability: Availability
    availability_why: str
    price_usd_per_hour: float | None
    price_region: str
    price_observed_at: date | None
    status: Status
    exact: bool
    closeness: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """Candidates for one component, best first. `verdict` is the best candidate's; not ready where none fits."""

    component: Component
    need: Need
    verdict: Readiness
    reason: str
    candidates: tuple[Candidate, ...]


_RUNS = frozenset(
    {
        Category.INSTANCE,
        Category.HOST,
        Category.NODE_POOL,
        Category.TRAINING_JOB,
        Category.TUNING_JOB,
        Category.ENDPOINT,
        Category.DEPLOYMENT,
        Category.NOTEBOOK,
        Category.WORKLOAD,
        Category.INFERENCE_JOB,
        Category.CLUSTER,
    }
)
_WHOLE_MACHINES = frozenset({Category.INSTANCE, Category.HOST, Category.NODE_POOL, Category.NODE, Category.NOTEBOOK})
"""Their count of devices is one machine's; of jobs, endpoints and workloads it is of all machines together."""


def plan(estate: Estate, knowledge: Knowledge, target: str, as_of: date, ids: Iterable[str]) -> list[Plan]:
    """Plans for components that have accelerators, or may have some that nobody counted."""
    quotas = _quotas(estate, target)
    found, alike = [], dict[Need, Plan]()
    for id_ in ids:
        component = estate.components[id_]
        if component.category in _RUNS and _uncounted(component, knowledge):
            why = "whether it has accelerators is not known"
            found.append(Plan(component, needed(component, knowledge), Readiness.UNKNOWN, why, ()))
        elif component.category in _RUNS and (_accelerated(component) or _by_type(component, knowledge)):
            need = needed(component, knowledge)
            if need not in alike:
                alike[need] = _plan(component, need, knowledge, target, as_of, quotas)
            found.append(replace(alike[need], component=component))
    return sorted(found, key=lambda p: (list(Readiness).index(p.verdict), p.component.kind, p.component.id))


def _accelerated(c: Component) -> bool:
    """Whether it has accelerators: a share of one counts, though its count may be 0."""
    asked = (c.facts.get("accelerator_count"), c.facts.get("accelerator_requested_count"))
    return bool(c.facts.get("accelerators")) or any(isinstance(n, int) and n > 0 for n in asked)


def _by_type(c: Component, knowledge: Knowledge) -> bool:
    """Whether its type of machine has accelerators that it does not tell itself."""
    if c.facts.get("accelerator_count") is not None or not (name := instance_type(c)):
        return False
    machine = knowledge.entry("instance_types", name.removeprefix("ml."))
    return bool(machine and (machine["accelerator_count"] or machine.get("accelerator_fraction")))


_COUNTED = frozenset(
    {Category.INSTANCE, Category.HOST, Category.NODE_POOL, Category.TRAINING_JOB, Category.NOTEBOOK, Category.ENDPOINT}
)
"""Of these somebody has to say how many accelerators they have, none included."""


def _uncounted(c: Component, knowledge: Knowledge) -> bool:
    """Whether nobody says if it has accelerators: neither it, nor what is known of its type of machine."""
    if c.category not in _COUNTED or c.facts.get("serverless") or c.facts.get("accelerators"):
        return False
    if any(isinstance(c.facts.get(n), int) for n in ("accelerator_count", "accelerator_requested_count")):
        return False
    name = instance_type(c)
    return not (name and knowledge.entry("instance_types", name.removeprefix("ml.")))


def needed(c: Component, knowledge: Knowledge) -> Need:
    """What a component runs on, by itself and by what is known of its machine's type."""
    entries = [e for e in c.facts.get("accelerators") or () if isinstance(e, dict)]
    first: Mapping[str, Any] = entries[0] if entries else {}
    name = instance_type(c)
    machine = knowledge.entry("instance_types", name.removeprefix("ml.")) if name else None
    device = _device(knowledge, first, machine)
    machines = next((n for k in ("instance_count", "desired_count") if isinstance(n := c.facts.get(k), int)), None)
    vendors = c.facts.get("accelerator_vendors") or [first.get("vendor") or ""]
    busy = c.facts.get("accelerator_utilization_ratio")
    return Need(
        model=device.id if device else "",
        named=str(first.get("model") or (machine.get("accelerator") if machine else "") or "unknown"),
        vendor=str(first.get("vendor") or (vendors[0] if len(vendors) == 1 else "")),
        device_bytes=first.get("memory_bytes") or (device.get("memory_bytes") if device else None),
        per_machine=_per_machine(c, first, machine, machines),
        machines=1 if c.category in _WHOLE_MACHINES else machines,
        fraction=first.get("fraction"),
        fabric=machine.get("fabric") if machine else None,
        fabric_gbps=machine.get("fabric_gbps") if machine else None,
        nvlink_domain=machine.get("nvlink_domain_count") if machine else None,
        cpu_architecture=c.facts.get("cpu_architecture") or (machine.get("cpu_architecture") if machine else None),
        busy=busy if isinstance(busy, int | float) else None,
        memory_busy=c.facts.get("accelerator_memory_utilization_ratio"),
        price=machine.get("price_usd_per_hour") if machine else None,
        exchanges=c.category in (Category.TRAINING_JOB, Category.TUNING_JOB)
        or c.facts.get("workload_type") == "training",
    )


def _per_machine(c: Component, first: Mapping[str, Any], machine: Entry | None, machines: int | None) -> int | None:
    if machine:
        return int(machine["accelerator_count"])
    total = c.facts.get("accelerator_count") or first.get("count") or c.facts.get("accelerator_requested_count")
    if not isinstance(total, int):
        return None
    if c.category in _WHOLE_MACHINES:
        return total
    return -(-total // machines) if machines else None


def _device(knowledge: Knowledge, told: Mapping[str, Any], machine: Entry | None) -> Entry | None:
    """The entry of a device that a source names: by its machine's, else by name and memory."""
    if machine and (known := machine.get("accelerator")):
        return knowledge.entry("accelerators", known)
    model, memory = str(told.get("model") or "").lower(), told.get("memory_bytes")
    if not model:
        return None
    alike = [
        e
        for e in knowledge.find("accelerators", vendor=told.get("vendor"))
        if model in {str(e["model"]).lower(), *(n.lower() for n in e.get("names") or ())}
        or str(e["model"]).lower().split(" ")[0] == model.split("-")[0].split(" ")[0]
    ]
    near = [e for e in alike if memory and e.get("memory_bytes") and 0.85 < memory / e["memory_bytes"] < 1.1]
    return near[0] if near else alike[0] if len(alike) == 1 else None


def _plan(
    c: Component, need: Need, knowledge: Knowledge, target: str, as_of: date, quotas: Sequence[Mapping[str, Any]]
) -> Plan:
    if need.vendor and need.vendor not in ("nvidia",) and not _same_stack(knowledge, target, need):
        why = f"{need.named} runs programs built for {need.vendor}'s own stack, which the target does not have"
        return Plan(c, need, Readiness.NOT_READY, why, ())
    if not need.model:
        why = f"which device {need.named} is, or how much memory it has, is not known"
        return Plan(c, need, Readiness.UNKNOWN, why, ())
    found = sorted(_candidates(need, knowledge, target, as_of, quotas), key=_rank)
    fitting = [f for f in found if f.verdict is not Readiness.NOT_READY]
    if not fitting:
        return Plan(c, need, Readiness.NOT_READY, "no machine of the target passes every filter", tuple(found[:5]))
    best = fitting[0]
    said = [k.reason for k in best.checks if k.verdict is best.verdict] if best.verdict is not Readiness.READY else []
    reason = f"{best.type}: {'; '.join(said) or 'the same device, as many of them'}"
    return Plan(c, need, best.verdict, reason, tuple(found[:8]))


def _same_stack(knowledge: Knowledge, target: str, need: Need) -> bool:
    names = {e.id for e in knowledge.find("accelerators", vendor=need.vendor)}
    return any(e.get("accelerator") in names for e in knowledge.find("instance_types", provider=target))


def _candidates(
    need: Need, knowledge: Knowledge, target: str, as_of: date, quotas: Sequence[Mapping[str, Any]]
) -> Iterator[Candidate]:
    source = knowledge.entry("accelerators", need.model)
    assert source is not None
    for machine in knowledge.find("instance_types", provider=target):
        device = knowledge.entry("accelerators", machine.get("accelerator") or "")
        if device is None or (machine.get("retired_at") and machine["retired_at"] <= as_of):
            continue
        checks = tuple(_checks(need, source, device, machine))
        state, why = _availability(machine, device, quotas)
        price = machine.facts.get("price_usd_per_hour")
        yield Candidate(
            machine.id,
            device.id,
            int(machine["accelerator_count"]),
            worst(k.verdict for k in checks),
            checks,
            state,
            why,
            price.value if price else None,
            machine.get("price_region") or "",
            price.provenance.observed_at if price else None,
            machine.status(as_of),
            device.id == source.id,
            (_lost_fabric(need, machine), abs(math.log((device.get("memory_bytes") or 1) / (need.device_bytes or 1)))),
        )


def _lost_fabric(need: Need, machine: Entry) -> float:
    """Share of the network between machines that is lost, 0–1; 0 where machines exchange nothing."""
    if not need.spans_machines or not need.fabric_gbps:
        return 0.0
    return max(0.0, 1 - (machine.get("fabric_gbps") or machine.get("network_gbps") or 0) / need.fabric_gbps)


def _checks(need: Need, source: Entry, device: Entry, machine: Entry) -> Iterator[Check]:
    yield _stack(source, device)
    yield _memory(need, device, machine)
    yield _count(need, machine)
    yield _architecture(need, machine)
    yield from _features(source, device)
    yield from _domain(need, machine)
    if need.spans_machines:
        yield _fabric(need, machine)
    if device.id != source.id:
        yield Check(
            "device",
            Readiness.CONDITIONAL,
            f"{device['model']} instead of {source['model']}: benchmark; peaks predict no speed",
        )


def _stack(source: Entry, device: Entry) -> Check:
    same = source.get("stack") == device.get("stack")
    told = f"built for {source.get('stack')}, the candidate runs {device.get('stack')}"
    return Check("stack", Readiness.READY if same else Readiness.NOT_READY, told)


def _memory(need: Need, device: Entry, machine: Entry) -> Check:
    has = machine.get("accelerator_memory_bytes") or device.get("memory_bytes")
    if need.device_bytes is None or has is None:
        return Check("memory", Readiness.UNKNOWN, "memory of one device is not known")
    enough = has >= 0.95 * need.device_bytes
    told = f"{has / 2**30:.0f} GiB a device, {need.device_bytes / 2**30:.0f} GiB needed"
    return Check("memory", Readiness.READY if enough else Readiness.NOT_READY, told)


def _count(need: Need, machine: Entry) -> Check:
    has, share = machine["accelerator_count"], machine.get("accelerator_fraction")
    if need.fraction is not None:
        verdict = Readiness.READY if share else Readiness.CONDITIONAL
        return Check("count", verdict, f"{need.fraction:g} of a device today, {share or has} here")
    if share:
        return Check("count", Readiness.NOT_READY, "a share of a device")
    if need.per_machine is None:
        return Check("count", Readiness.UNKNOWN, "how many devices one machine has is not known")
    if has >= need.per_machine:
        return Check("count", Readiness.READY, f"{has} devices, {need.per_machine} needed")
    if has and need.per_machine % has == 0:
        told = f"{has} devices a machine instead of {need.per_machine}: {need.per_machine // has} machines for one"
        return Check("count", Readiness.CONDITIONAL, told)
    return Check("count", Readiness.NOT_READY, f"{has} devices, {need.per_machine} needed")


def _architecture(need: Need, machine: Entry) -> Check:
    has = machine["cpu_architecture"]
    if need.cpu_architecture is None:
        return Check("architecture", Readiness.UNKNOWN, "what its images are built for is not known")
    if has == need.cpu_architecture:
        return Check("architecture", Readiness.READY, has)
    return Check("architecture", Readiness.NOT_READY, f"{has}: images have to be built for it")


_FEATURES = ("fp16", "bf16", "fp8", "fp4")


def _features(source: Entry, device: Entry) -> Iterator[Check]:
    lost = [f for f in _FEATURES if source.get(f) is True and device.get(f) is False]
    if lost:
        told = f"{device['model']} does not calculate in {', '.join(lost).upper()}, {source['model']} does: ask whether it is used"
        yield Check("features", Readiness.CONDITIONAL, told)
    had, has = source.get("compute_capability"), device.get("compute_capability")
    if had and has and has < had:
        yield Check("features", Readiness.CONDITIONAL, f"compute capability {has} instead of {had}: build kernels anew")


def _domain(need: Need, machine: Entry) -> Iterator[Check]:
    has = machine.get("nvlink_domain_count")
    if need.nvlink_domain is None or need.nvlink_domain <= 1 or (need.per_machine or 0) <= 1:
        return
    if has is None:
        yield Check("NVLink", Readiness.UNKNOWN, "whether NVLink joins its devices is not known")
    elif has < min(need.nvlink_domain, need.per_machine or 0):
        told = f"NVLink joins {has} devices, {min(need.nvlink_domain, need.per_machine or 0)} today: split models otherwise, benchmark"
        yield Check("NVLink", Readiness.CONDITIONAL, told)


def _fabric(need: Need, machine: Entry) -> Check:
    has, rate = machine.get("fabric"), machine.get("fabric_gbps")
    if has is None or need.fabric is None:
        return Check("fabric", Readiness.UNKNOWN, "the network between machines is not known")
    network = f"{has} {rate:g} Gbps" if rate else f"no fabric, {machine.get('network_gbps') or '?'} Gbps network"
    before = f"{need.fabric} {need.fabric_gbps:g} Gbps" if need.fabric_gbps else f"{need.fabric}"
    if has == need.fabric and rate and need.fabric_gbps and rate >= need.fabric_gbps:
        return Check("fabric", Readiness.READY, network)
    return Check(
        "fabric", Readiness.CONDITIONAL, f"{network} a machine instead of {before}: another plug-in; benchmark"
    )


def _quotas(estate: Estate, target: str) -> list[Mapping[str, Any]]:
    return [r for r in estate.others.get("quota", ()) if r["provider"] == target]


def _availability(machine: Entry, device: Entry, quotas: Sequence[Mapping[str, Any]]) -> tuple[Availability, str]:
    """What quotas of the target say of it; unknown where none is about its family or device."""
    words = [str(machine.get("family") or machine.id).lower(), str(device["model"]).lower().split(" ")[0]]
    about = [q for q in quotas if any(w in f"{q.get('name') or ''} {q['id']}".lower() for w in words)]
    limits = [v for q in about if isinstance(v := (q.get("attributes") or {}).get("limit_value"), int | float)]
    if not limits:
        return Availability.UNKNOWN, "no quota of the target's is in the inventory"
    if max(limits) > 0:
        return Availability.CAN_BE_HAD, f"a quota allows {max(limits):g}; capacity itself is never promised"
    return Availability.ASK_FOR_QUOTA, "the quota is 0"


def _rank(c: Candidate) -> tuple[Any, ...]:
    """What fits first, then the same device, fewest devices, lowest price; a price that is unknown comes after those known."""
    order = (Readiness.READY, Readiness.CONDITIONAL, Readiness.UNKNOWN, Readiness.NOT_READY)
    conditional = sum(k.verdict is Readiness.CONDITIONAL for k in c.checks)
    refused = sum(k.verdict is Readiness.NOT_READY for k in c.checks)
    price = c.price_usd_per_hour
    return (
        order.index(c.verdict),
        refused,
        not c.exact,
        conditional,
        c.closeness,
        c.count,
        price is None,
        price or 0.0,
        c.type,
    )
