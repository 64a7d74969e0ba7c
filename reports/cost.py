"""The cost report: today, the target, and the move, as ranges that say how much of them is priced and how old prices are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planning.cost import HOURS, Costs, Line, Sum
from reports import frame
from reports.pages import Column, Figures, Page, Prose, Section, Table, some


def build(data: Mapping[str, Any], costs: Costs) -> Page:
    """Build the report."""
    sums = (costs.billed, costs.listed, costs.target, costs.move)
    unpriced = costs.listed.unpriced + costs.target.unpriced + costs.move.unpriced
    return frame.page(
        data,
        "cost",
        "Cost",
        f"Today {money(costs.billed)} a month by the bill, {money(costs.listed)} by list price of machines; their counterparts "
        f"{money(costs.target)} a month; bringing data out {money(costs.move)} once. {some(unpriced, 'thing')} without a price "
        f"{'is' if unpriced == 1 else 'are'} in none of these sums.",
        (
            Section(
                "overview", "Overview", (Figures(tuple((money(s), s.name, "plain") for s in sums)), _unpriced(sums))
            ),
            *(Section(s.name.replace(" ", "-"), s.name.capitalize(), (_lines(s),)) for s in sums),
            Section("assumptions", "Assumptions", tuple(map(Prose, _ASSUMED))),
        ),
        {
            "sums": [
                {
                    "name": s.name,
                    **({"usd": {k: round(getattr(s.usd, k), 2) for k in ("low", "likely", "high")}} if s.usd else {}),
                    "lines": [_row(line) for line in s.lines],
                    "unpriced": s.unpriced,
                    "unpriced_why": dict(s.unpriced_why),
                }
                for s in sums
            ],
            "assumptions": list(_ASSUMED),
        },
    )


_ASSUMED = (
    f"A month has {HOURS} hours, and machines run all of them: what is scaled or stopped at night costs less.",
    "List prices on demand, without discounts, commitments, licences, support or taxes, in one region; a bill is what was paid.",
    "While both sites run, both are paid: add today's month and the target's for every month of that.",
    "Leaving is priced over the Internet. Ask your provider before the move: since 2025-09-12 the EU Data Act limits what it may charge for switching, and providers have programmes of their own; nothing is subtracted here.",
    "Jobs that begin and end, services for containers, storage, requests and networks of the target are not priced.",
)


def money(s: Sum) -> str:
    """ "$1,200", "$800–1,500", "unknown"."""
    if s.usd is None:
        return "unknown"
    if round(s.usd.low) == round(s.usd.high):
        return f"${s.usd.likely:,.0f}"
    return f"${s.usd.low:,.0f}–{s.usd.high:,.0f}, likely {s.usd.likely:,.0f}"


def _unpriced(sums: tuple[Sum, ...]) -> Table:
    return Table(
        "What has no price, and why",
        (Column("of"), Column("why"), Column("things", "num")),
        tuple((s.name, why, n) for s in sums for why, n in sorted(s.unpriced_why.items())),
        "Everything has a price.",
    )


def _lines(s: Sum) -> Table:
    return Table(
        f"{s.name.capitalize()}, US dollars",
        (Column("what"), Column("whose", "code"), Column("least", "num"), Column("likely", "num"), Column("most", "num"), Column("by"), Column("as of")),
        tuple((x.what, x.subject, round(x.usd.low, 2), round(x.usd.likely, 2), round(x.usd.high, 2), x.basis, str(x.observed_at or "?")) for x in s.lines),
        "Nothing of it has a price.",
    )  # fmt: skip


def _row(line: Line) -> dict[str, Any]:
    return {
        "what": line.what,
        "subject": line.subject,
        "usd": {k: round(getattr(line.usd, k), 2) for k in ("low", "likely", "high")},
        "per": line.per,
        "basis": line.basis,
        **({"observed_at": line.observed_at.isoformat()} if line.observed_at else {}),
    }
