"""Which region a place is in, in SQL.

A place is what the provider says of a thing: in AWS and Azure a region, in Google Cloud a region or a zone of one.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, null, or_

CLOUDS = ("aws", "azure", "gcp")
_ENDS = {"%-ai__": 5, "%-_": 2}
"""Ends of the names of zones -> characters of theirs: "us-central1-ai1a", "us-central1-a". Source: Google Cloud documentation, "Regions and
zones" and "AI zones", read 2026-11-24."""


def region_of(provider: ColumnElement[str], place: ColumnElement[str]) -> ColumnElement[Any]:
    """The region of a cloud that a thing is in: of a zone its region; null for what is in none, and for what is in no cloud."""
    zones = [
        (and_(provider == "gcp", place.like(end)), func.substr(place, 1, func.length(place) - cut))
        for end, cut in _ENDS.items()
    ]
    nowhere = or_(provider.not_in(CLOUDS), place.like("%global"), place.in_(("", "?")))
    return case((nowhere, null()), *zones, else_=place)
