"""Gaps for a person at a terminal: what, why it matters, and what to do, each where it can be read and copied.

Owns the layout. A table would press the commands and blocks of a remedy into a column of twenty letters.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from reports.remedy import Part, parts
from reports.text import visible

Row = Mapping[str, Any]

_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "dim"}
_INDENT = 10
_LEAST, _MOST = 40, 120
"""Letters of a line of prose: wider ones are hard to follow."""


def write(rows: Iterable[Row], out: TextIO, *, color: bool, width: int | None) -> int:
    """Write gaps as they come; how many there were.

    Args:
        width: columns of the terminal; None where that is none.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console(file=out, width=10_000, force_terminal=color, no_color=not color, highlight=False, emoji=False)
    reach = min(max((width or _MOST) - _INDENT, _LEAST), _MOST)
    counts: Counter[str] = Counter()
    for row in rows:
        for line in _lines(row, reach):
            console.print(Text.assemble(*line), soft_wrap=True)
        counts[row["severity"]] += 1
    console.print(_total(counts))
    return counts.total()


def _total(counts: Counter[str]) -> str:
    if not counts:
        return "No such gap is open."
    return f"{counts.total():,} shown: {', '.join(f'{n:,} {severity}' for severity, n in counts.items())}"


Line = list[tuple[str, str]]


def _lines(row: Row, reach: int) -> Iterator[Line]:
    severity = row["severity"]
    yield [(f"{severity:<{_INDENT}}", _STYLES.get(severity, "")), (visible(row.get("subject") or ""), "bold"), (f"  {row['code']}", "dim"), (f"  {row['id']}", "dim")]  # fmt: skip
    if until := row.get("accepted_until"):
        yield from _prose(f"Accepted until {until}: {row.get('accepted_reason') or ''}", reach, "dim")
    yield from _prose(row.get("why") or "", reach, "dim")
    yield from _remedy(parts(row.get("remedy") or ""), reach)
    yield []


def _remedy(found: Iterable[Part], reach: int) -> Iterator[Line]:
    """Sentences wrapped; what is to be copied on lines of its own, as it is."""
    sentence = ""
    for part in found:
        if part.form != "block":
            sentence += f"`{part.text}`" if part.form == "code" else part.text
            continue
        yield from _prose(sentence, reach, "")
        sentence = ""
        for line in part.text.splitlines():
            yield [(" " * (_INDENT + 4) + visible(line), "cyan")]
    yield from _prose(sentence, reach, "")


def _prose(text: str, reach: int, style: str) -> Iterator[Line]:
    for paragraph in text.split("\n"):
        for line in textwrap.wrap(visible(paragraph.strip()), reach, break_long_words=False, break_on_hyphens=False):
            yield [(" " * _INDENT + line, style)]
