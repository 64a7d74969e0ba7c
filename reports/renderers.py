"""A report as text: one self-contained HTML page, Markdown, or JSON.

Owns the choice of the format and the shape of the JSON. All three carry the same facts; JSON carries all rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reports import confidence
from reports.gaps import GapsReport
from reports.model import Frame, Verdict, coverage_row
from reports.pages import Page
from reports.summary import SummaryReport
from reports.text import encodable, to_json

Report = SummaryReport | GapsReport | Page
FORMATS = ("html", "md", "json")


def render(report: Report, format: str) -> str:
    """Render a report.

    Args:
        format: "html" (one file, no request to anywhere), "md" (GitHub's Markdown) or "json" (keys of the listings;
            an absent key is unknown).

    Raises:
        ValueError: the format is none of the three.
    """
    if format == "html":
        from reports import html

        return encodable(html.page(report))
    if format == "md":
        from reports import markdown

        return encodable(markdown.page(report))
    if format == "json":
        return to_json(document(report), indent=2) + "\n"
    raise ValueError(f"format {format!r}: accepted are {', '.join(FORMATS)}")


def document(report: Report) -> dict[str, Any]:
    """The report as plain JSON values."""
    if isinstance(report, Page):
        return {**_head(report.name, report.frame, report.verdict), **report.document}
    return _summary(report) if isinstance(report, SummaryReport) else _gaps(report)


def _summary(report: SummaryReport) -> dict[str, Any]:
    return {
        **_head("summary", report.frame, report.verdict),
        "gaps_by_severity": dict(report.severities),
        "gaps_accepted": sum(bool(g.accepted_until) for g in report.gaps),
        "outcomes": dict(report.outcomes),
        "counts": [
            {
                **({"dimension": c.dimension.value} if c.dimension else {}),
                "provider": c.provider,
                **({} if c.count is None else {"count": c.count}),
                "proven": c.count is not None and not c.blind and not c.unscanned,
                "blind": list(c.blind),
                "unscanned": c.unscanned,
            }
            for c in report.cells
        ],
        "resources_by": _rows(report.tallies),
        "coverage": [coverage_row(c) for c in report.looks],
        "not_seen": [
            {
                "source": u.source,
                "provider": u.provider,
                "account": u.account,
                "places": list(u.places),
                "kind": u.kind,
                "outcome": u.outcome,
                "reason": u.reason,
                "needs": list(u.needs),
                "records": u.records,
                "gaps": u.gaps,
                "quarantined": u.quarantined,
            }
            for u in report.unseen
        ],
        "gaps": _rows(report.gaps),
        "accelerators": _rows(report.accelerators),
        **({"confidence": confidence.document(report.confidence)} if report.confidence else {}),
        "runs": _rows(report.runs),
    }


def _gaps(report: GapsReport) -> dict[str, Any]:
    return {
        **_head("gaps", report.frame, report.verdict),
        "gaps_by_severity": dict(report.severities),
        "gaps_accepted": sum(bool(g.accepted_until) for g in report.gaps),
        "gaps_by_code": {code: dict(severities) for code, severities in report.codes.items()},
        "gaps": _rows(report.gaps),
    }


def _head(name: str, frame: Frame, verdict: Verdict) -> dict[str, Any]:
    return {
        "report": name,
        "generated_at": frame.generated_at,
        "version": frame.version,
        "database": frame.database,
        **({} if frame.target is None else {"target": frame.target}),
        "verdict": {
            "text": verdict.text,
            "complete": verdict.complete,
            "resources": verdict.known,
            "gone": verdict.gone,
            "scopes": verdict.scopes,
            "blind": verdict.blind,
            "skipped": verdict.skipped,
            "unscanned": verdict.unscanned,
            "reasons": list(verdict.reasons),
        },
    }


def _rows(records: Sequence[Any]) -> list[Mapping[str, Any]]:
    return [dict(r.row) for r in records]
