"""Listing rows as a table, JSON, JSON Lines or CSV, written as they arrive.

Owns the columns of the listings and how a value looks in each format. Refuses to query, sort or filter.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, TextIO

from reports.text import to_json, visible

Row = Mapping[str, Any]

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "resources": (
        "id", "kind", "category", "dimension", "provider", "account", "place", "region", "name", "native_id", "tags",
        "attributes", "sources", "first_seen_at", "last_seen_at", "gone_at", "told",
    ),
    "relations": ("source_id", "verb", "target_id", "evidence"),
    "coverage": (
        "run_id", "source", "kind", "provider", "account", "place", "outcome", "records", "gaps", "quarantined", "reason",
        "needs", "started_at", "finished_at", "since",
    ),
    "gaps": (
        "id", "code", "severity", "why", "subject_id", "subject", "missing", "evidence", "evidence_count", "remedy",
        "first_seen_at", "accepted_until", "accepted_reason",
    ),
    "runs": ("id", "started_at", "finished_at", "status", "sources", "records", "blind_spots"),
    "estimates": (
        "kind", "provider", "account", "inventoried", "known", "estimate", "low", "high", "dependent", "sightings", "basis",
    ),
    "workloads": (
        "id", "type", "name", "provider", "account", "place", "region", "owner", "environment", "criticality", "parts", "lacks", "roots",
        "root_count", "evidence", "told",
    ),
}  # fmt: skip
"""Every column of a listing, in the order of the contract; json, jsonl and csv print them all."""

TABLE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "resources": ("kind", "account", "place", "name", "id", "gone_at"),
    "relations": COLUMNS["relations"],
    "coverage": ("source", "kind", "account", "place", "outcome", "records", "gaps", "quarantined", "reason", "needs"),
    "gaps": ("severity", "code", "subject", "missing", "remedy", "id", "accepted_until"),
    "runs": COLUMNS["runs"],
    "estimates": ("kind", "account", "inventoried", "known", "estimate", "low", "high", "basis"),
    "workloads": ("type", "name", "account", "place", "owner", "environment", "parts", "lacks"),
}
"""What a person at a terminal is shown unless they ask for other columns."""

_NUMERIC = frozenset(
    {
        "records",
        "gaps",
        "quarantined",
        "count",
        "gone",
        "resources",
        "evidence_count",
        "root_count",
        "inventoried",
        "known",
        "estimate",
        "low",
        "high",
    }
)
_STYLES = {
    "complete": "green", "partial": "yellow", "denied": "red", "failed": "magenta", "unavailable": "dim", "skipped": "dim",
    "critical": "bold red", "high": "red", "medium": "yellow", "low": "dim",
}  # fmt: skip
_PAGE = 500
_NATURAL_WIDTH = 100_000


def write(
    rows: Iterable[Row], columns: Sequence[str], format: str, out: TextIO, *, color: bool, width: int | None
) -> int:
    """Write rows in one format, holding at most a page of them.

    Args:
        rows: an absent key is unknown, None is the source's own null.
        columns: keys to print, in order; an unknown value stays absent (JSON) or empty (table, CSV).
        format: "table", "json", "jsonl" or "csv".
        color: table only; escape sequences for colour.
        width: table only; columns of the terminal, None for as wide as the values.

    Returns:
        Rows written.

    Raises:
        ValueError: the format is none of the four.
    """
    if format == "table":
        return _table(rows, columns, out, color, width)
    if format not in _WRITERS:
        raise ValueError(f"format {format!r}: accepted are table, {', '.join(_WRITERS)}")
    return _WRITERS[format](rows, columns, out)


def _json(rows: Iterable[Row], columns: Sequence[str], out: TextIO) -> int:
    written = 0
    for row in rows:
        out.write((",\n" if written else "[\n") + to_json(_project(row, columns)))
        written += 1
    out.write("\n]\n" if written else "[]\n")
    return written


def _jsonl(rows: Iterable[Row], columns: Sequence[str], out: TextIO) -> int:
    written = 0
    for row in rows:
        out.write(to_json(_project(row, columns)) + "\n")
        written += 1
    return written


def _csv(rows: Iterable[Row], columns: Sequence[str], out: TextIO) -> int:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    written = 0
    for row in rows:
        writer.writerow([_csv_cell(row[c]) if c in row else "" for c in columns])
        written += 1
    return written


_WRITERS: Mapping[str, Callable[[Iterable[Row], Sequence[str], TextIO], int]] = {
    "json": _json,
    "jsonl": _jsonl,
    "csv": _csv,
}


def _project(row: Row, columns: Sequence[str]) -> dict[str, Any]:
    return {c: row[c] for c in columns if c in row}


def _csv_cell(value: Any) -> str:
    """A spreadsheet must not run a name as a formula: such text gets a leading quote.

    Source: OWASP ASVS 5, requirement 1.2.10 (=, +, -, @, tab and NUL at the beginning, and the quote), read 2026-11-24; NUL is
    written out by then.
    """
    text = _cell(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(("=", "+", "-", "@", "\t")) else text


def _cell(value: Any) -> str:
    """Text as it is, everything else as JSON: null, true, 12, {"a": 1}; instants without quotes."""
    if isinstance(value, str):
        return visible(value)
    text = to_json(value)
    return text[1:-1] if text.startswith('"') else text


def _table(rows: Iterable[Row], columns: Sequence[str], out: TextIO, color: bool, width: int | None) -> int:
    from rich.console import Console

    console = Console(
        file=out, width=width or _NATURAL_WIDTH, force_terminal=color, no_color=not color, highlight=False, emoji=False
    )
    written = 0
    for page in _pages(iter(rows)):
        console.print(_page(page, columns))
        written += len(page)
    return written


def _pages(rows: Iterator[Row]) -> Iterator[list[Row]]:
    for first in rows:
        yield list(chain((first,), islice(rows, _PAGE - 1)))


def _page(rows: Sequence[Row], columns: Sequence[str]) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in _NUMERIC else "left", overflow="fold")
    for row in rows:
        cells = [_table_cell(row[c]) if c in row else "" for c in columns]
        table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in cells))
    return table


def _table_cell(value: Any) -> str:
    if isinstance(value, list | tuple) and all(isinstance(v, str) for v in value):
        return visible(", ".join(value))
    if isinstance(value, Mapping) and all(isinstance(v, str | int) for v in value.values()):
        return visible(" ".join(f"{k}={v}" for k, v in value.items()))
    return _cell(value).replace("\n", " ")
