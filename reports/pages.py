"""Reports of the planner as pages made of few sorts of blocks, that every format shows in its own way.

Owns the blocks. What a page says is built by the module of its report; how a block looks stands in page.html.j2 and
markdown.py; JSON carries `document` and no blocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reports.model import Frame, Gap, Verdict

TONES = ("not_ready", "unknown", "conditional", "ready", "known", "absent", "plain")
"""What colours and signs mean, worst first; a sign always stands beside a colour."""

SIGNS: Mapping[str, str] = {
    "not_ready": "✕",
    "unknown": "?",
    "conditional": "◐",
    "ready": "✓",
    "known": "■",
    "absent": "□",
    "plain": "",
}
LABELS: Mapping[str, str] = {
    "not_ready": "not ready",
    "unknown": "unknown",
    "conditional": "conditional",
    "ready": "ready",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A word with a colour and a sign."""

    tone: str
    text: str


Cell = str | int | float | None | Chip
"""None is unknown and shown as "?"."""


@dataclass(frozen=True, slots=True)
class Prose:
    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers that people look for first: (value, what it counts, tone)."""

    items: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """Horizontal bars made of parts: label -> (tone, count), with a legend; `labels` say what tones mean here."""

    caption: str
    rows: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]
    labels: Mapping[str, str] = field(default_factory=lambda: LABELS)


@dataclass(frozen=True, slots=True)
class Column:
    """`form`: text, code or num."""

    label: str
    form: str = "text"


@dataclass(frozen=True, slots=True)
class Table:
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = "Nothing."


@dataclass(frozen=True, slots=True)
class Listing:
    """A text to copy: a manifest, a diff, a command."""

    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Pairs of a name and a value."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Card:
    """Something that opens to its reasons. `group` is what cards are filtered by beside the tone."""

    tone: str
    title: str
    group: str
    note: str = ""
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Cards:
    """Cards with filters by tone, group and words; `noun` says what they are."""

    noun: str
    cards: tuple[Card, ...]
    empty: str = "Nothing."


Block = Prose | Figures | Bars | Table | Listing | Facts | Cards


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A report. `lead` is its answer in a sentence or two; `document` is the JSON form."""

    name: str
    title: str
    frame: Frame
    verdict: Verdict
    gaps: tuple[Gap, ...]
    lead: str
    sections: tuple[Section, ...]
    document: Mapping[str, Any] = field(default_factory=dict)

    @property
    def severities(self) -> Mapping[str, int]:
        from reports.model import SEVERITIES

        counted = dict.fromkeys(SEVERITIES, 0)
        for gap in self.gaps:
            counted[gap.severity] = counted.get(gap.severity, 0) + 1
        return counted


def some(count: int, noun: str) -> str:
    """ "1 component", "2,000 components"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def words(items: Sequence[str], most: int = 5) -> str:
    """A list in a sentence, cut at `most`."""
    shown = list(items[:most]) + ([f"{len(items) - most:,} more"] if len(items) > most else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else "none"
