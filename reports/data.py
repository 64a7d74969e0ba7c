"""The data report: what there is to move, who reads it, how long that takes by each way, and what leaving costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from planning.data import DataPlan, Way, Wishes, days, totals
from planning.transfer import MANY_STREAMS, Range
from reports import frame
from reports.pages import Card, Cards, Column, Facts, Figures, Page, Section, Table, some, words

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def build(data: Mapping[str, Any], plans: Sequence[DataPlan], wishes: Wishes) -> Page:
    """Build the report."""
    told = totals(plans)
    open_ = (
        f" Of {some(told['without_bytes'], 'thing')} nobody knows the bytes: they are not in any sum."
        if told["without_bytes"]
        else ""
    )
    return frame.page(
        data,
        "data",
        "Data",
        f"{some(told['things'], 'thing')} hold {size(told['bytes'])} that are known.{open_}",
        (
            Section("overview", "Overview", (Figures(_figures(told, plans)), _together(plans, wishes))),
            Section("things", "Things, most bytes first", (Cards("things", tuple(_card(p) for p in plans)),)),
            Section("assumptions", "Assumptions", (_assumptions(wishes),)),
        ),
        {"totals": dict(told), "assumptions": _stated(wishes), "things": [_row(p) for p in plans]},
    )


def size(count: float) -> str:
    """ "1.5 TB"."""
    power = 0
    while count >= 1000 and power < len(_UNITS) - 1:
        count, power = count / 1000, power + 1
    return f"{count:.3g} {_UNITS[power]}"


def duration(seconds: float) -> str:
    """ "13.2 days", "7.9 hours", "40 minutes"."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} seconds"


def _figures(told: Mapping[str, int], plans: Sequence[DataPlan]) -> tuple[tuple[str, str, str], ...]:
    priced = [p.egress.usd for p in plans if p.egress and p.egress.usd is not None]
    return (
        (size(told["bytes"]), "known", "plain"),
        (f"{told['objects']:,}", "objects and files known", "plain"),
        (f"{told['without_bytes']:,}", "things whose bytes nobody knows", "unknown"),
        (f"${sum(priced):,.0f}" if priced else "–", "to bring out once by list price, as far as it is known", "plain"),
    )


def _together(plans: Sequence[DataPlan], wishes: Wishes) -> Table:
    """All known bytes one after the other over each link."""
    rows = []
    for i, gbps in enumerate(wishes.links_gbps):
        took = [p.ways[i].transfer.seconds for p in plans if len(p.ways) > i]
        total = Range(sum(t.low for t in took), sum(t.likely for t in took), sum(t.high for t in took))
        rows.append((f"{gbps:g} Gbps", duration(total.low), duration(total.likely), duration(total.high)))
    return Table(
        "All that is known, one after the other, over one link",
        (Column("link"), Column("least", "num"), Column("likely", "num"), Column("most", "num")),
        tuple(rows),
    )


def _card(p: DataPlan) -> Card:
    known = p.data.bytes is not None
    likely = f", {duration(p.ways[0].transfer.seconds.likely)} at {p.ways[0].link_gbps:g} Gbps" if p.ways else ""
    note = (
        f"{size(p.data.bytes)}{likely}"
        if p.data.bytes is not None
        else "bytes not known: no time and no price can be said"
    )
    price = p.egress
    facts = [
        ("Thing", p.component.id),
        ("Bytes", f"{p.data.bytes:,}" if p.data.bytes is not None else "unknown"),
        ("Objects or files", f"{p.data.objects:,}" if p.data.objects is not None else "unknown"),
        ("Changes a day", size(p.data.changed_bytes_per_day) if p.data.changed_bytes_per_day is not None else "unknown"),
        ("Used by", words(list(p.readers), 8)),
        ("Bringing it out", f"${price.usd:,.2f} ({price.reference}, {price.observed_at})" if price and price.usd is not None else (price.note if price else "not priced")),
        ("By device", f"{p.appliance[0]}: {duration(p.appliance[1].low)} to {duration(p.appliance[1].high)}, order and ways included" if p.appliance else "none that says how long it takes"),
        ("Not known", words(list(p.open), 9) if p.open else "nothing that the formula needs"),
    ]  # fmt: skip
    return Card(
        "ready" if known and not p.open else "conditional" if known else "unknown",
        p.component.name,
        p.component.kind,
        note,
        (Facts(tuple(facts)), _ways(p.ways)),
    )


def _ways(ways: Sequence[Way]) -> Table:
    return Table(
        "First copy over a link",
        (Column("link"), Column("least"), Column("likely"), Column("most"), Column("bound by"), Column("catching up")),
        tuple(
            (
                f"{w.link_gbps:g} Gbps",
                duration(w.transfer.seconds.low),
                duration(w.transfer.seconds.likely),
                duration(w.transfer.seconds.high),
                w.transfer.binding,
                _catching_up(w),
            )
            for w in ways
        ),
        "Its bytes are not known: no time can be said.",
    )


def _catching_up(w: Way) -> str:
    if w.catches_up is None:
        return "unknown: nobody measured how much changes"
    if not w.catches_up.converges or w.catches_up.freeze is None:
        return "never: changes come faster than they are copied"
    return f"{w.catches_up.passes} passes, then a freeze of {duration(w.catches_up.freeze.likely)}"


def _assumptions(wishes: Wishes) -> Facts:
    return Facts(tuple((k.replace("_", " "), str(v)) for k, v in _stated(wishes).items()))


def _stated(wishes: Wishes) -> dict[str, Any]:
    return {
        "links_gbps": list(wishes.links_gbps),
        "link_is_known": wishes.link_is_known,
        "link_share": wishes.link_share,
        "efficiency": f"{MANY_STREAMS.low} best, {MANY_STREAMS.likely} likely, {MANY_STREAMS.high} worst: a rule of thumb; replace it by a pilot copy of 1 %",
        "freeze_seconds": wishes.freeze_seconds,
        "way_out": "Internet, list price, all in one month, nothing else used of the ladder",
    }


def _row(p: DataPlan) -> dict[str, Any]:
    return {
        "id": p.component.id,
        "kind": p.component.kind,
        "name": p.component.name,
        **({"bytes": p.data.bytes} if p.data.bytes is not None else {}),
        **({"objects": p.data.objects} if p.data.objects is not None else {}),
        **({"changed_bytes_per_day": p.data.changed_bytes_per_day} if p.data.changed_bytes_per_day is not None else {}),
        "used_by": list(p.readers),
        "ways": [
            {
                "link_gbps": w.link_gbps,
                "days": {k: round(days(getattr(w.transfer.seconds, k)), 4) for k in ("low", "likely", "high")},
                "bound_by": w.transfer.binding,
                **({"converges": w.catches_up.converges} if w.catches_up else {}),
                **({"passes": w.catches_up.passes} if w.catches_up and w.catches_up.converges else {}),
                **({"freeze_seconds": round(w.catches_up.freeze.likely, 1)} if w.catches_up and w.catches_up.freeze else {}),
            }
            for w in p.ways
        ],
        **({"egress_usd": p.egress.usd} if p.egress and p.egress.usd is not None else {}),
        **({"egress_price": p.egress.reference, "egress_note": p.egress.note} if p.egress else {}),
        **({"appliance": p.appliance[0], "appliance_days": {k: round(days(getattr(p.appliance[1], k)), 2) for k in ("low", "likely", "high")}} if p.appliance else {}),
        "open": list(p.open),
    }  # fmt: skip
