"""What today costs, what the target would, and what the move itself does, as ranges with the day of every price.

A thing without a price is counted as such and never as nothing: every sum says how much of it is priced.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from normalize.model import Category
from planning.accelerators import Candidate, Plan
from planning.data import DataPlan
from planning.estate import Component, Estate
from planning.facts import instance_type
from planning.knowledge import Entry, Knowledge, Status
from planning.rules import Readiness
from planning.transfer import Range, exactly

HOURS = 730
"""Hours of an average month, as price lists count them."""


@dataclass(frozen=True, slots=True)
class Line:
    """An amount in US dollars. `per` is "month" or "once"; `basis` says where it comes from, `observed_at` when that was."""

    what: str
    subject: str
    usd: Range
    per: str
    basis: str
    observed_at: date | None


@dataclass(frozen=True, slots=True)
class Sum:
    """Lines of one sort, and how many things of that sort have no price."""

    name: str
    lines: tuple[Line, ...]
    unpriced: int
    unpriced_why: Mapping[str, int]

    @property
    def usd(self) -> Range | None:
        """None where nothing has a price."""
        total = None
        for line in self.lines:
            total = line.usd if total is None else total + line.usd
        return total


@dataclass(frozen=True, slots=True)
class Costs:
    """`billed` is what bills say of today, `listed` what machines of today cost by list price, `target` what their
    counterparts would, `move` what leaving costs once."""

    billed: Sum
    listed: Sum
    target: Sum
    move: Sum


def costs(
    estate: Estate,
    knowledge: Knowledge,
    target: str,
    as_of: date,
    ids: Sequence[str],
    accelerated: Sequence[Plan],
    data: Sequence[DataPlan],
) -> Costs:
    """Costs of all components named."""
    machines = [c for id_ in ids if (c := estate.components[id_]).category in _MACHINES and not _grouped(estate, c)]
    return Costs(
        _billed(estate),
        _listed(machines, knowledge),
        _target(machines, {p.component.id: p for p in accelerated}, knowledge, target, as_of),
        _move(data),
    )


_MACHINES = frozenset({Category.INSTANCE, Category.ENDPOINT, Category.NOTEBOOK, Category.NODE_POOL, Category.HOST})


def _grouped(estate: Estate, c: Component) -> bool:
    """Whether its money is that of a pool or service that is counted itself."""
    if c.category is Category.HOST:
        same = [*estate.to(c.id, "same_as"), *estate.by(c.id, "same_as")]
        return any(o.category is Category.INSTANCE for o in same)
    if c.category is not Category.INSTANCE:
        return False
    return any(o.category in (Category.NODE_POOL, Category.ENDPOINT) for o in estate.to(c.id, "part_of", "member_of"))


def _billed(estate: Estate) -> Sum:
    """The latest month of every account's bill, by service."""
    rows = [(r, r.get("attributes") or {}) for r in estate.others.get("cost", ())]
    months: dict[tuple[str, str], str] = {}
    for row, told in rows:
        if isinstance(began := told.get("started_at"), str):
            key = (row["provider"], told.get("account") or row["account"])
            months[key] = max(months.get(key, ""), began[:7])
    sums: defaultdict[tuple[str, str], float] = defaultdict(float)
    unpriced: Counter[str] = Counter()
    when: dict[tuple[str, str], str] = {}
    for row, told in rows:
        account = told.get("account") or row["account"]
        month = months.get((row["provider"], account))
        if month is None or not str(told.get("started_at", "")).startswith(month):
            continue
        usd = told.get("amortized_cost_usd", told.get("cost_usd"))
        if not isinstance(usd, int | float):
            unpriced["billed in another currency than US dollars" if "cost" in told else "without an amount"] += 1
            continue
        key = (f"{row['provider']} {account}", str(told.get("service") or "other"))
        sums[key] += usd
        when[key] = month
    lines = tuple(
        Line(service, account, exactly(round(usd, 2)), "month", f"bill of {when[account, service]}", _first_day(when[account, service]))
        for (account, service), usd in sorted(sums.items(), key=lambda e: -e[1])
    )  # fmt: skip
    return Sum("bills of today", lines, sum(unpriced.values()), unpriced)


def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _listed(machines: Iterable[Component], knowledge: Knowledge) -> Sum:
    lines, unpriced = [], Counter[str]()
    for c in machines:
        count = _count(c)
        entry = _entry(c, knowledge)
        price = entry.facts.get("price_usd_per_hour") if entry else None
        if _stopped(c):
            continue
        if count is None or price is None:
            unpriced["how many machines is not known" if count is None else _why(c, entry)] += 1
            continue
        usd = exactly(round(price.value * HOURS * count, 2))
        basis = f"{count} × {entry.id if entry else ''} on demand, {entry.get('price_region') if entry else ''}"
        lines.append(Line(c.name, c.id, usd, "month", basis, price.provenance.observed_at))
    return Sum("machines of today by list price", tuple(sorted(lines, key=_most)), sum(unpriced.values()), unpriced)


def _target(
    machines: Iterable[Component], accelerated: Mapping[str, Plan], knowledge: Knowledge, target: str, as_of: date
) -> Sum:
    lines, unpriced = [], Counter[str]()
    for c in machines:
        if _stopped(c):
            continue
        count, found = _count(c), _options(c, accelerated, knowledge, target, as_of)
        if count is None or not found:
            unpriced["how many machines is not known" if count is None else "no counterpart with a price"] += 1
            continue
        prices = [p for _, p, _ in found]
        usd = Range(min(prices), prices[0], max(prices)).times(HOURS * count)
        basis = (
            f"{count} × {found[0][0]} on demand; the range is over {', '.join(dict.fromkeys(t for t, _, _ in found))}"
        )
        lines.append(Line(c.name, c.id, usd, "month", basis, min(d for _, _, d in found)))
    return Sum(
        "counterparts at the target by list price", tuple(sorted(lines, key=_most)), sum(unpriced.values()), unpriced
    )


def _options(
    c: Component, accelerated: Mapping[str, Plan], knowledge: Knowledge, target: str, as_of: date
) -> list[tuple[str, float, date]]:
    """(type, price, day of the price) of up to three counterparts, the likely one first."""
    if plan := accelerated.get(c.id):
        fit = [k for k in plan.candidates if k.verdict in (Readiness.READY, Readiness.CONDITIONAL)]
        alike = [k for k in fit if k.exact] or fit
        return [
            (k.type, k.price_usd_per_hour * _machines_for_one(plan, k), k.price_observed_at)
            for k in alike
            if k.price_usd_per_hour is not None and k.price_observed_at
        ][:3]
    if c.facts.get("accelerator_count") != 0 and not (entry := _entry(c, knowledge)):
        return []
    entry = _entry(c, knowledge)
    vcpus = c.facts.get("vcpu_count") or (entry.get("vcpu_count") if entry else None)
    memory = c.facts.get("memory_bytes") or (entry.get("memory_bytes") if entry else None)
    architecture = c.facts.get("cpu_architecture") or (entry.get("cpu_architecture") if entry else None)
    if not isinstance(vcpus, int) or not isinstance(memory, int) or (entry and entry.get("accelerator_count")):
        return []
    fitting = [
        (m.id, price.value, price.provenance.observed_at)
        for m in knowledge.find("instance_types", provider=target, accelerator_count=0)
        if m["vcpu_count"] >= vcpus
        and m["memory_bytes"] >= 0.98 * memory
        and (architecture is None or m["cpu_architecture"] == architecture)
        and not (m.get("retired_at") and m["retired_at"] <= as_of)
        and (price := m.facts.get("price_usd_per_hour"))
        and price.provenance.status(as_of) is not Status.UNVERIFIED
    ]
    return sorted(fitting, key=lambda f: (f[1], f[0]))[:3]


def _machines_for_one(plan: Plan, candidate: Candidate) -> int:
    """How many machines of the candidate's take the place of one of today."""
    each = plan.need.per_machine or 1
    return -(-each // candidate.count) if candidate.count else 1


def _entry(c: Component, knowledge: Knowledge) -> Entry | None:
    name = instance_type(c)
    return knowledge.entry("instance_types", name.removeprefix("ml.")) if name else None


def _why(c: Component, entry: Entry | None) -> str:
    if c.facts.get("serverless"):
        return "serverless: paid by use"
    if c.category is Category.HOST:
        return "a machine of one's own: its price is in no list"
    return "no price of its type is known" if entry or instance_type(c) else "its type is not known"


def _count(c: Component) -> int | None:
    if c.category in (Category.INSTANCE, Category.NOTEBOOK, Category.HOST):
        return 1
    return next((n for k in ("instance_count", "desired_count") if isinstance(n := c.facts.get(k), int)), None)


_STOPPED = frozenset(
    {"stopped", "terminated", "deallocated", "suspended", "failed", "deleted", "stopping", "succeeded"}
)


def _stopped(c: Component) -> bool:
    """A machine that does not run costs no hours; its disks are data."""
    state = str(c.facts.get("state") or "").lower()
    return state.rpartition("/")[2].removeprefix("vm ") in _STOPPED


def _move(data: Iterable[DataPlan]) -> Sum:
    """Bringing all data out once, by list price."""
    lines, unpriced = [], Counter[str]()
    for p in data:
        if p.egress is None:
            if p.data.bytes is None:
                unpriced["bytes are not known"] += 1
            continue
        if p.egress.usd is None:
            unpriced[p.egress.note] += 1
            continue
        note = f" ({p.egress.note})" if p.egress.note else ""
        lines.append(
            Line(p.component.name, p.component.id, exactly(p.egress.usd), "once", f"{p.egress.reference}{note}", p.egress.observed_at)
        )  # fmt: skip
    return Sum("bringing data out once", tuple(sorted(lines, key=_most)), sum(unpriced.values()), unpriced)


def _most(line: Line) -> tuple[float, str]:
    return -line.usd.likely, line.subject
