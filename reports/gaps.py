"""The gaps report: everything the inventory knows that it does not know, worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports import model


@dataclass(frozen=True, slots=True)
class GapsReport:
    """All gaps with the verdict they belong to."""

    frame: model.Frame
    verdict: model.Verdict
    gaps: tuple[model.Gap, ...]

    @property
    def severities(self) -> Mapping[str, int]:
        """Gaps by severity, worst first, zeros kept."""
        return dict.fromkeys(model.SEVERITIES, 0) | Counter(g.severity for g in self.gaps)

    @property
    def codes(self) -> Mapping[str, Mapping[str, int]]:
        """Gaps by code, then severity."""
        counted: dict[str, Counter[str]] = {}
        for gap in self.gaps:
            counted.setdefault(gap.code, Counter())[gap.severity] += 1
        return {code: counted[code] for code in sorted(counted)}


def build(data: Mapping[str, Any]) -> GapsReport:
    """Build the gaps report from the same plain rows as the summary."""
    gaps = model.gaps(data["gaps"])
    return GapsReport(
        frame=model.frame(data),
        verdict=model.verdict(
            model.tallies(data["resources_by"]), model.looks(data["coverage"]), gaps, model.runs(data["runs"])[:1]
        ),
        gaps=gaps,
    )
