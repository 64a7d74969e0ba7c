"""Reports as Markdown that GitHub, GitLab and a terminal show alike.

Owns escaping for Markdown: names go into code spans, sentences are escaped, nothing foreign becomes markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from normalize.model import Scope
from reports import confidence, coverage
from reports.gaps import GapsReport
from reports.model import Frame, Gap, Verdict
from reports.pages import (
    SIGNS,
    Bars,
    Block,
    Cards,
    Cell,
    Chip,
    Facts,
    Figures,
    Listing,
    Page,
    Prose,
    Table,
)
from reports.remedy import parts
from reports.summary import SummaryReport
from reports.text import clip, visible

SHOWN = 500

_SPECIAL = re.compile(r"([\\`*_\[\]|~#])")


def page(report: SummaryReport | GapsReport | Page) -> str:
    """The whole report; long lists are cut at SHOWN and say so."""
    if isinstance(report, Page):
        lines = _page(report)
    else:
        lines = _summary(report) if isinstance(report, SummaryReport) else _gaps(report)
    return "\n".join(lines) + "\n"


def text(value: object, length: int = 1000) -> str:
    """Foreign text within a sentence or a table cell."""
    line = " ".join(visible(clip(str(value), length)).split())
    return _SPECIAL.sub(r"\\\1", line).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(value: object) -> str:
    """Foreign text as a code span, whatever backticks it holds; an empty value stays empty."""
    line = " ".join(visible(clip(str(value))).split()).replace("|", "\\|")
    if not line:
        return ""
    fence = "`" * (max((len(run) for run in re.findall(r"`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def _summary(report: SummaryReport) -> Iterator[str]:
    yield from _head("Inventory summary", report.frame, report.verdict)
    yield from ("## What is there", "")
    yield from _counts(report)
    yield from ("## What was looked at", "")
    yield from _coverage(report)
    yield from ("## What was not seen", "")
    yield from _unseen(report)
    if report.confidence:
        yield from ("## How much is known", "", text(confidence.lead(report.confidence), 2000), "")
        yield from _block(confidence.dimensions_table(report.confidence))
        yield from _block(confidence.steps_table(report.confidence.steps[:5]))
    yield from _gap_list(report.gaps, report.severities.items())
    yield from ("## Accelerators", "")
    yield from _table(
        ("vendor", "model", "devices", "provider", "kind", "resources"),
        (
            (text(a.vendor), text(a.model), _number(a.count), text(a.provider), code(a.kind), _number(a.resources))
            for a in report.accelerators
        ),
        "No accelerator is known. Where something above could not be seen, there may be some.",
    )
    yield from ("## Runs", "")
    yield from _table(
        ("run", "started", "finished", "status", "sources"),
        (
            (code(r.id), text(r.started_at), text(r.finished_at or "not finished"), text(r.status), text(", ".join(r.sources)))
            for r in report.runs
        ),
        "No run yet.",
    )  # fmt: skip


def _gaps(report: GapsReport) -> Iterator[str]:
    yield from _head("Gaps", report.frame, report.verdict)
    yield from _table(
        ("code", *report.severities),
        ((code(c), *(_number(n.get(s, 0)) for s in report.severities)) for c, n in report.codes.items()),
        "",
    )
    yield from _gap_list(report.gaps, report.severities.items())


def _page(page: Page) -> Iterator[str]:
    yield from (f"# Stocktake: {text(page.title)}", "", f"**{text(page.lead, 5000)}**", "")
    for section in page.sections:
        yield from (f"## {text(section.title)}", "")
        for block in section.blocks:
            yield from _block(block)
    yield from ("## What it rests on", "")
    yield from list(_head("", page.frame, page.verdict))[2:]


def _block(block: Block, indent: str = "") -> Iterator[str]:
    match block:
        case Prose():
            yield from (f"{indent}{text(block.text, 5000)}", "")
        case Figures():
            yield from (*(f"{indent}- **{text(value)}** {text(label)}" for value, label, _ in block.items), "")
        case Bars():
            labels = block.labels
            rows = ((text(label), *(_number(dict(parts).get(t, 0)) for t in labels)) for label, parts in block.rows)
            yield from _table((text(block.caption), *map(text, labels.values())), rows, "")
        case Table():
            header = [text(c.label) for c in block.columns]
            shown = block.rows[:SHOWN]
            forms = [c.form for c in block.columns]
            if indent:
                for row in shown:
                    told = (f"{h}: {_shown(v, f)}" for h, v, f in zip(header, row, forms, strict=True))
                    yield f"{indent}- {'; '.join(told)}"
                yield ""
            else:
                body = ([_shown(v, f) for v, f in zip(row, forms, strict=True)] for row in shown)
                yield from _table(header, body, text(block.empty))
            yield from _cut("rows", len(block.rows))
        case Listing():
            fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", block.text)), 3)
            yield from (f"{indent}{text(block.label)}", "") if block.label else ()
            lines = (f"{indent}{visible(line)}" for line in block.text.split("\n"))
            yield from (f"{indent}{fence}", *lines, f"{indent}{fence}", "")
        case Facts():
            yield from (*(f"{indent}- {text(name)}: {text(value)}" for name, value in block.pairs), "")
        case Cards():
            if not block.cards:
                yield from (text(block.empty), "")
            for card in block.cards[:SHOWN]:
                sign = f"{SIGNS[card.tone]} " if SIGNS[card.tone] else ""
                note = f" · {text(card.note)}" if card.note else ""
                yield f"{indent}- {sign}**{text(card.title)}** ({text(card.group)}){note}"
                yield ""
                for inner in card.blocks:
                    yield from _block(inner, indent + "  ")
            yield from _cut(block.noun, len(block.cards))


def _shown(value: Cell, form: str) -> str:
    if value is None:
        return "?"
    if isinstance(value, Chip):
        return f"{SIGNS[value.tone]} {text(value.text)}".strip()
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) or value == int(value) else f"{value:,.2f}"
    return code(value) if form == "code" else text(value)


def _head(title: str, frame: Frame, verdict: Verdict) -> Iterator[str]:
    yield from (f"# Stocktake: {title}", "", f"**{text(verdict.text, 5000)}**", "")
    target = f" · target {text(frame.target)}" if frame.target else ""
    yield from (
        f"{text(frame.generated_at)} · {code(frame.database)}{target} · Stocktake {text(frame.version)}",
        "",
        "A scope is one kind of thing in one account and place. Could not look is never counted as nothing there.",
        "",
    )


def _counts(report: SummaryReport) -> Iterator[str]:
    by_row = groupby(report.cells, key=lambda c: c.dimension)
    yield from _table(
        ("dimension", *(f"{text(p)}{f' (+{n:,} not scanned)' if n else ''}" for p, n in report.providers.items())),
        ((d.value if d else "not modelled", *map(_cell, cells)) for d, cells in by_row),
        "Nothing has been found, and nothing has been looked for.",
    )
    yield from (
        "`?` something of it could not be seen · `0` looked everywhere, nothing there · `–` not known to have been looked for · not scanned: scopes that are known to exist and that no source covers",
        "",
    )


def _cell(cell: coverage.Cell) -> str:
    if cell.count is None:
        return "?" if cell.open else "–"
    return f"{cell.count:,}{' + ?' if cell.blind else ''}"


def _coverage(report: SummaryReport) -> Iterator[str]:
    total = len(report.looks)
    shares = " · ".join(f"{coverage.SIGNS[o]} {n:,} of {total:,} {o}" for o, n in report.outcomes.items())
    yield from (shares or "No scope has been read.", "")
    for matrix in report.matrices:
        yield from (f"### {text(matrix.source)} ({text(matrix.provider)})", "")
        yield from _table(
            ("kind", "read", "records", "not read"),
            (
                (code(line.kind), f"{line.read:,} of {len(line.taken):,}", _number(line.records), _open(line))
                for line in (*matrix.open, *matrix.read)
            ),
            "",
        )


def _open(line: coverage.Line) -> str:
    shown = [f"{coverage.SIGNS[c.outcome]} {_where(c.scope)} {coverage.ending(c)}" for c in line.open[:10]]
    more = [f"and {len(line.open) - 10:,} more"] if len(line.open) > 10 else []
    return "; ".join((*shown, *more))


def _where(scope: Scope) -> str:
    return " ".join(map(text, dict.fromkeys((scope.account, scope.place))))


def _unseen(report: SummaryReport) -> Iterator[str]:
    yield from _table(
        ("outcome", "source", "kind", "account", "places", "reason", "needs"),
        (
            (
                f"{coverage.SIGNS[u.outcome]} {u.ending}", text(u.source), code(u.kind), text(u.account), text(", ".join(u.places)),
                text(u.reason), ", ".join(map(code, u.needs)),
            )
            for u in report.unseen[:SHOWN]
        ),
        "Every scope that was looked at was read to its end."
        if report.looks
        else "Nothing has been looked at: everything is unseen.",
    )  # fmt: skip
    yield from _cut("entries", len(report.unseen))


def _gap_list(gaps: Sequence[Gap], severities: Iterable[tuple[str, int]]) -> Iterator[str]:
    counts = ", ".join(f"{n:,} {severity}" for severity, n in severities)
    accepted = sum(bool(g.accepted_until) for g in gaps)
    yield from (f"## Gaps: {len(gaps):,} ({counts}{f'; {accepted:,} accepted' if accepted else ''})", "")
    yield from _cut("gaps", len(gaps))
    for severity, group in groupby(gaps[:SHOWN], key=lambda g: g.severity):
        yield from (f"### {text(severity).capitalize()}", "")
        for gap in group:
            yield from _gap(gap)


def _gap(gap: Gap) -> Iterator[str]:
    yield f"- {code(gap.code)} **{text(gap.subject or gap.subject_id)}** {code(gap.subject_id)}".rstrip()
    if gap.missing:
        yield "  - missing: " + ", ".join(f"{text(k)} {code(v)}" for k, v in gap.missing.items())
    if gap.accepted_until:
        yield f"  - accepted until {text(gap.accepted_until)}: {text(gap.accepted_reason)}"
    yield f"  - why {text(gap.severity)}: {text(gap.why)}"
    for e in gap.evidence:
        where = f" at {code(e.path)}" if e.path else ""
        yield f"  - evidence: {text(e.source)}{where}: {code(e.value)}"
    if gap.evidence_count > len(gap.evidence):
        yield f"  - {len(gap.evidence):,} of {gap.evidence_count:,} pieces of evidence shown"
    yield from _remedy(gap.remedy)
    yield f"  - gap {code(gap.id)}, first seen {text(gap.first_seen_at or 'at an unknown time')}"
    yield ""


def _remedy(remedy: str) -> Iterator[str]:
    """Prose and code spans on the line of the item, blocks fenced below it."""
    line = "  - remedy: "
    for part in parts(remedy):
        if part.form != "block":
            line += code(part.text) if part.form == "code" else _spaced(part.text)
            continue
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", part.text)), 3)
        yield from (
            line,
            "",
            f"    {fence}",
            *(f"    {visible(row)}" for row in part.text.split("\n")),
            f"    {fence}",
            "",
        )
        line = "    "
    if line.strip():
        yield line


def _spaced(sentence: str) -> str:
    """Escaped, with a blank kept where the sentence goes on after or before a code span."""
    before = " " if sentence[:1].isspace() else ""
    after = " " if sentence[-1:].isspace() else ""
    return f"{before}{text(sentence)}{after}"


def _cut(noun: str, total: int) -> Iterator[str]:
    if total > SHOWN:
        yield from (f"The first {SHOWN:,} of {total:,} {noun} are shown; the JSON form of this report holds all.", "")


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], empty: str) -> Iterator[str]:
    body = [f"| {' | '.join(row)} |" for row in rows]
    if body:
        yield from (f"| {' | '.join(header)} |", "|" + " --- |" * len(header), *body, "")
    elif empty:
        yield from (empty, "")


def _number(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"
