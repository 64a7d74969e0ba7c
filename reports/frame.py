"""What every report about a move has in common: its frame, the inventory's own verdict, and the gaps that stand against it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports import model
from reports.pages import Page, Section


def page(
    data: Mapping[str, Any],
    name: str,
    title: str,
    lead: str,
    sections: tuple[Section, ...],
    document: Mapping[str, Any],
) -> Page:
    """A page over the plain rows that all reports share."""
    gaps = model.gaps(data["gaps"])
    verdict = model.verdict(
        model.tallies(data["resources_by"]), model.looks(data["coverage"]), gaps, model.runs(data["runs"])[:1]
    )
    return Page(name, title, model.frame(data), verdict, gaps, lead, sections, document)
