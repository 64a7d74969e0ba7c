"""Use that a bill shows where the inventory has nothing: in an account, a region, a service, or hours of accelerated machines."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from normalize import gap_spend as texts
from normalize import spend
from normalize.gap import EVIDENCE_LIMIT
from normalize.model import Category, Evidence, Gap, Scope
from store import content
from store.rules.ground import Ground
from store.schema import listings, resources

_SLACK = 1.02
"""Hours that a bill may round up."""


class _Use(NamedTuple):
    """What is paid for, by whom, and which source says so. `machine` is an accelerated instance type, else ""."""

    provider: str
    account: str
    region: str
    service: str
    machine: str
    currency: str
    month: str
    source: str


@dataclass
class _Paid:
    """Charges of one use; the dearest as evidence."""

    amount: float = 0.0
    quantity: float = 0.0
    count: int = 0
    lines: list[tuple[float, Evidence]] = field(default_factory=list)

    def add(self, amount: float, quantity: float, count: int, lines: Sequence[tuple[float, Evidence]]) -> None:
        self.amount += amount
        self.quantity += quantity
        self.count += count
        self.lines.extend(lines)
        if len(self.lines) > 4 * EVIDENCE_LIMIT:
            self._keep_dearest()

    def _keep_dearest(self) -> None:
        self.lines.sort(key=lambda line: (-line[0], line[1].resource_id))
        del self.lines[EVIDENCE_LIMIT:]

    @property
    def evidence(self) -> list[Evidence]:
        self._keep_dearest()
        return [evidence for _, evidence in self.lines]


def unreconciled(connection: Connection, ground: Ground) -> Iterator[Gap]:
    """Of the latest month that each bill shows of an account."""
    paid = _latest(_sums(connection))
    held = _Held(connection)
    yield from _by_place(paid, ground, held)
    yield from _by_machine(paid, ground, held)


def _sums(connection: Connection) -> dict[_Use, _Paid]:
    r = resources.c
    rows = (
        select(r.id, r.kind, r.provider, r.account, r.name, r.attributes, listings.c.source)
        .join(listings, listings.c.id == r.listing_id)
        .where(r.category == Category.COST.value, r.gone_at.is_(None))
        .order_by(r.id)
    )
    sums: dict[_Use, _Paid] = defaultdict(_Paid)
    for row in connection.execute(rows, execution_options={"yield_per": 2000}):
        told = content.decode(row.attributes)
        amount, currency = _amount(told)
        kind = str(told.get("type") or "").lower().replace("_", "")
        if not isinstance(amount, int | float) or kind not in spend.USED:
            continue
        use = _Use(
            row.provider,
            str(told.get("account") or row.account),
            str(told.get("region") or ""),
            str(told.get("service") or ""),
            spend.accelerated_machine(row.name or "") or spend.accelerated_machine(str(told.get("sku") or "")),
            currency,
            str(told.get("started_at") or "")[:7],
            row.source,
        )
        evidence = Evidence(f"{row.source} {row.kind}", "$", f"{row.name or row.id}: {amount:,.2f} {currency}", row.id)
        sums[use].add(float(amount), float(told.get("usage_quantity") or 0), 1, [(float(amount), evidence)])
    return sums


def _amount(told: Mapping[str, Any]) -> tuple[Any, str]:
    """(amount, currency): what is billed, or where a bill tells that only, with what was paid beforehand spread over its term."""
    for name, currency in (
        ("cost_usd", "USD"),
        ("cost", told.get("currency")),
        ("amortized_cost_usd", "USD"),
        ("amortized_cost", told.get("currency")),
    ):
        if told.get(name) is not None:
            return told[name], str(currency or "")
    return None, ""


def _latest(sums: Mapping[_Use, _Paid]) -> dict[_Use, _Paid]:
    newest: dict[tuple[str, str], str] = {}
    for use in sums:
        at = (use.provider, use.account)
        newest[at] = max(newest.get(at, ""), use.month)
    return {use: paid for use, paid in sums.items() if use.month == newest[use.provider, use.account]}


class _Held:
    """What the inventory holds or held, by account and region."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._kinds: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        self._machines: dict[tuple[str, str, str], int] | None = None
        r = resources.c
        known = select(r.provider, r.account, r.place, r.kind).where(r.category != Category.COST.value).distinct()
        for provider, account, place, kind in connection.execute(known):
            self._kinds[provider, account, place].add(kind)
            self._kinds[provider, account, ""].add(kind)

    def holds(self, scope: Scope, prefixes: tuple[str, ...]) -> bool:
        """Whether anything of these kinds is known there, or in what belongs to no region."""
        places = (scope.place, "aws-global") if scope.place else ("",)
        return any(
            kind.startswith(prefixes)
            for place in places
            for kind in self._kinds.get((scope.provider, scope.account, place), ())
        )

    def machines(self, scope: Scope, type_: str) -> int:
        """EC2 instances of a type that are or were there."""
        if self._machines is None:
            self._machines = defaultdict(int)
            r = resources.c
            found = select(r.account, r.place, r.attributes).where(r.kind == "aws.ec2.instance")
            for account, place, told in self._connection.execute(found, execution_options={"yield_per": 2000}):
                if machine := content.decode(told).get("instance_type"):
                    self._machines[account, place, str(machine)] += 1
        return self._machines.get((scope.account, scope.place, type_), 0)


def _by_place(sums: Mapping[_Use, _Paid], ground: Ground, held: _Held) -> Iterator[Gap]:
    groups: dict[tuple[str, Scope, str, str, str], dict[str, _Paid]] = defaultdict(lambda: defaultdict(_Paid))
    for use, paid in sums.items():
        if use.service and (where := _uncovered(use, ground, held)):
            covered, scope, service = where
            group = groups[covered, scope, service, use.currency, use.month][use.source]
            group.add(paid.amount, paid.quantity, paid.count, paid.lines)
    for (covered, scope, service, currency, month), by_source in sorted(
        groups.items(), key=lambda group: str(group[0])
    ):
        paid = by_source[min(by_source)]  # two bills of one month are the same money
        if paid.amount >= texts.LEAST:
            yield texts.unreconciled(scope, service, paid.amount, currency, month, covered, paid.evidence, paid.count)


def _uncovered(use: _Use, ground: Ground, held: _Held) -> tuple[str, Scope, str] | None:
    """("account" | "region" | "service", where, service) of what the inventory has nothing of."""
    if (use.provider, use.account) not in ground.accounts:
        return "account", Scope(use.provider, use.account, ""), ""
    region = use.region if use.provider == "aws" and _is_region(use.region) else ""
    scope = Scope(use.provider, use.account, region)
    if region and ("aws", use.account, region) not in ground.places:
        return "region", scope, ""
    prefixes = spend.prefixes(use.provider, use.service)
    return ("service", scope, use.service) if prefixes and not held.holds(scope, prefixes) else None


def _is_region(place: str) -> bool:
    return place.count("-") >= 2 and "global" not in place


def _by_machine(sums: Mapping[_Use, _Paid], ground: Ground, held: _Held) -> Iterator[Gap]:
    groups: dict[tuple[Scope, str, str, str], dict[str, _Paid]] = defaultdict(lambda: defaultdict(_Paid))
    for use, paid in sums.items():
        if use.provider == "aws" and use.machine and ("aws", use.account, use.region) in ground.places:
            scope = Scope("aws", use.account, use.region)
            groups[scope, use.machine, use.currency, use.month][use.source].add(
                paid.amount, paid.quantity, paid.count, paid.lines
            )
    for (scope, machine, currency, month), by_source in sorted(groups.items(), key=lambda group: str(group[0])):
        paid = by_source[min(by_source)]
        seen = held.machines(scope, machine)
        most = seen * _hours(month)
        if paid.amount >= texts.LEAST and paid.quantity > most * _SLACK:
            yield texts.unseen_machines(
                scope, machine, paid.quantity, seen, most, paid.amount, currency, month, paid.evidence
            )


def _hours(month: str) -> float:
    """Hours of a month "2026-10"; of the longest where that is none."""
    year, _, number = month.partition("-")
    if year.isdecimal() and number.isdecimal() and 1 <= int(number) <= 12:
        return 24.0 * monthrange(int(year), int(number))[1]
    return 744.0
