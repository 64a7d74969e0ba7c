"""The summary report: what is there, what was looked at, what was not seen, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from normalize.model import Coverage
from reports import coverage, model
from reports.confidence import Confidence, measure


@dataclass(frozen=True, slots=True)
class SummaryReport:
    """Everything that the summary shows, in the order in which it is shown."""

    frame: model.Frame
    verdict: model.Verdict
    cells: tuple[coverage.Cell, ...]
    tallies: tuple[model.Tally, ...]
    looks: tuple[Coverage, ...]
    outcomes: Mapping[str, int]
    matrices: tuple[coverage.Matrix, ...]
    unseen: tuple[coverage.Unseen, ...]
    gaps: tuple[model.Gap, ...]
    accelerators: tuple[model.Accelerators, ...]
    runs: tuple[model.Run, ...]
    confidence: Confidence | None = None

    @property
    def providers(self) -> Mapping[str, int]:
        """Provider -> scopes of it that are known to exist and covered by no source."""
        most: Counter[str] = Counter()
        for cell in self.cells:
            most[cell.provider] = max(most[cell.provider], cell.unscanned)
        return most

    @property
    def severities(self) -> Mapping[str, int]:
        """Gaps by severity, worst first, zeros kept."""
        counted = Counter(g.severity for g in self.gaps)
        return dict.fromkeys(model.SEVERITIES, 0) | counted


def build(data: Mapping[str, Any]) -> SummaryReport:
    """Build the summary from plain rows.

    Args:
        data: `generated_at`, `version`, `database` (without password), `runs` (latest first), `resources_by` (counts by
            provider, dimension, kind, category, account and place), `coverage`, `gaps`, `accelerators`, `target`; rows
            carry the keys of the listings. Optional `dimensions`: kind -> dimension, None for a type without a row;
            without it a kind that was never seen may concern every dimension of its provider, and its count stays open.
            Optional too: what `confidence.measure` asks for.

    Raises:
        KeyError, ValueError: a row lacks a key or holds a word that the inventory does not use.
    """
    runs = model.runs(data["runs"])
    counts = model.tallies(data["resources_by"])
    looks = model.looks(data["coverage"])
    gaps = model.gaps(data["gaps"])
    return SummaryReport(
        frame=model.frame(data),
        verdict=model.verdict(counts, looks, gaps, runs[:1]),
        cells=coverage.cells(counts, looks, gaps, data.get("dimensions") or {}),
        tallies=counts,
        looks=looks,
        outcomes=coverage.outcomes(looks),
        matrices=coverage.matrices(looks),
        unseen=coverage.unseen(looks),
        gaps=gaps,
        accelerators=model.accelerators(data["accelerators"]),
        runs=runs,
        confidence=measure(data) if "confidence" in data else None,
    )
