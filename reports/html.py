"""Reports as one HTML file that works offline, from a mail attachment, in light and dark, on paper.

Owns the page's security: everything foreign is escaped by the template engine, and a content security policy admits
only the page's own script and style, by their hashes. Refuses anything that would need a request.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from normalize.model import Coverage, Dimension
from reports import confidence, coverage
from reports.gaps import GapsReport
from reports.model import Gap
from reports.pages import LABELS, Bars, Cards, Chip, Page
from reports.pages import SIGNS as TONE_SIGNS
from reports.remedy import parts
from reports.summary import SummaryReport
from reports.text import clip, visible

SHOWN = 500


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the chart in view-box units; `hatched` bars end in the sign for "and something unseen"."""

    label: str
    text: str
    y: int
    width: float
    hatched: bool


@dataclass(frozen=True, slots=True)
class Share:
    """One outcome's part of the coverage bar; `tone` is the outcome whose colour it gets."""

    tone: str
    sign: str
    label: str
    count: int
    x: float
    width: float


TARGETS = {"aws": "AWS", "gcp": "Google Cloud", "azure": "Azure", "kubernetes": "Kubernetes"}


def page(report: SummaryReport | GapsReport | Page) -> str:
    """The whole report; gaps and unseen scopes beyond SHOWN are counted, and left to the JSON form."""
    style, script = _asset("style.css"), _asset("script.js")
    name = {SummaryReport: "summary.html.j2", GapsReport: "gaps.html.j2", Page: "page.html.j2"}[type(report)]
    shown = report.gaps[:SHOWN]
    values: dict[str, Any] = {
        "frame": report.frame,
        "verdict": report.verdict,
        "severities": report.severities,
        "gaps": report.gaps,
        "accepted": sum(bool(g.accepted_until) for g in report.gaps),
        "gap_groups": [(severity, list(group)) for severity, group in groupby(shown, key=_severity)],
        "gap_codes": sorted({g.code for g in shown}),
        "shown": SHOWN,
        "style": Markup(style),  # noqa: S704  our own file
        "script": Markup(script),  # noqa: S704  our own file
        "style_hash": _hash(style),
        "script_hash": _hash(script),
    }
    if isinstance(report, SummaryReport):
        values |= {
            "report": report,
            "count_rows": [(d, list(row)) for d, row in groupby(report.cells, key=lambda c: c.dimension)],
            "bars": bars(report.cells),
            "shares": shares(report.looks),
            "kinds": _kinds(report),
            "known": report.confidence,
            "known_lead": confidence.lead(report.confidence) if report.confidence else "",
        }
    else:
        values |= {"report": report, "page": report}
    return _environment().get_template(name).render(values)


def bars(cells: Iterable[coverage.Cell], width: int = 390, step: int = 28) -> list[Bar]:
    """A bar per dimension over all providers, in proportion to the largest."""
    rows: dict[Dimension, list[coverage.Cell]] = {}
    for cell in cells:
        if cell.dimension:
            rows.setdefault(cell.dimension, []).append(cell)
    totals = {d: sum(c.count or 0 for c in row) for d, row in rows.items()}
    most = max(totals.values(), default=0) or 1
    return [
        Bar(
            label=dimension.value,
            text=_bar_text(totals[dimension], row),
            y=i * step,
            width=round(totals[dimension] / most * width, 1),
            hatched=any(c.open for c in row),
        )
        for i, (dimension, row) in enumerate(rows.items())
    ]


def _bar_text(total: int, row: Sequence[coverage.Cell]) -> str:
    if total:
        return f"{total:,}{' + ?' if any(c.blind for c in row) else ''}"
    if any(c.open for c in row):
        return "?"
    return "0" if any(c.count == 0 for c in row) else "–"


def shares(looks: Iterable[Coverage], width: int = 1000, least: int = 6) -> list[Share]:
    """The coverage bar; even the smallest share stays visible."""
    counted = Counter((coverage.OUTCOMES.index(c.outcome), coverage.tone(c), coverage.ending(c)) for c in looks)
    total = counted.total()
    free = width - least * len(counted)
    result: list[Share] = []
    x = 0.0
    for (rank, tone, ending), n in sorted(counted.items()):
        w = least + free * n / total
        result.append(Share(tone, coverage.SIGNS[coverage.OUTCOMES[rank]], ending, n, round(x, 1), round(w, 1)))
        x += w
    return result


def _kinds(report: SummaryReport) -> list[tuple[str, str, str, int, int]]:
    """(provider, kind, category, count, gone) over all accounts and places, by provider and kind."""
    total: dict[tuple[str, str, str], list[int]] = {}
    for t in report.tallies:
        sums = total.setdefault((t.provider, t.kind, t.category), [0, 0])
        sums[0] += t.count
        sums[1] += t.gone
    return [(*key, *total[key]) for key in sorted(total)]  # type: ignore[misc]


def _severity(gap: Gap) -> str:
    return gap.severity


def _look(look: Coverage) -> str:
    """What a cell of the coverage matrix says beside its sign."""
    outcome = look.outcome.value
    said = "" if outcome == "complete" else "not offered" if outcome == "unavailable" else outcome
    records = f"{look.records:,}" if outcome in ("complete", "partial") or look.records else ""
    kept = f"{look.gaps:,} without details" if look.gaps else ""
    aside = f"{look.quarantined:,} set aside" if look.quarantined else ""
    return ", ".join(p for p in (f"{records} {said}".strip(), kept, aside) if p)


def _figure(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) or value == int(value) else f"{value:,.2f}"


def _tones(block: Bars) -> list[str]:
    """The tones that a chart shows, in their order."""
    shown = {tone for _, parts in block.rows for tone, count in parts if count}
    return [t for t in TONE_SIGNS if t in shown]


def _laid(parts: Iterable[tuple[str, int]], block: Bars, width: int = 1000) -> Iterable[tuple[float, float, str]]:
    """Parts of one bar as (x, width, tone), in proportion to the longest bar of the chart."""
    most = max((sum(n for _, n in row) for _, row in block.rows), default=0) or 1
    x = 0.0
    for tone, count in parts:
        if count:
            long = max(count / most * width, 3)
            yield round(x, 1), round(long, 1), tone
            x += long


def _tone_counts(block: Cards) -> list[tuple[str, int]]:
    counted = Counter(card.tone for card in block.cards[:SHOWN])
    return [(tone, counted[tone]) for tone in TONE_SIGNS if counted[tone]]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "n": lambda value: "?" if value is None else f"{value:,}",
        "safe_text": lambda value, length=300: visible(clip(str(value), length)),
        "parts": parts,
        "look": _look,
        "tone": coverage.tone,
        "sort_of": lambda block: type(block).__name__,
        "is_chip": lambda value: isinstance(value, Chip),
        "figure": _figure,
        "tones": _tones,
        "laid": _laid,
        "tone_counts": _tone_counts,
        "percent": confidence.percent,
    }
    environment.globals |= {
        "SIGNS": coverage.SIGNS,
        "TONE_SIGNS": TONE_SIGNS,
        "TONE_LABELS": {**LABELS, "plain": ""},
        "TARGETS": TARGETS,
    }
    return environment


@cache
def _asset(name: str) -> str:
    loader = _environment().loader
    assert loader is not None
    return loader.get_source(_environment(), name)[0]


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
