"""Answers of people as they stand, and how rows of the inventory show them.

Owns the reading of answers. What the source itself says comes before what somebody said of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from store import content
from store.schema import answers

Told = Mapping[str, Mapping[str, Any]]
"""Fact -> `value`, `by` and `on`."""


def told(connection: Connection) -> dict[str, dict[str, dict[str, Any]]]:
    """Answers that stand, by what they are about."""
    a = answers.c
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in connection.execute(select(answers).where(a.superseded_at.is_(None)).order_by(a.subject_id, a.fact)):
        answer = {"value": content.decode(row.value), "by": row.told_by, "on": row.told_on}
        found.setdefault(row.subject_id, {})[row.fact] = answer
    return found


def about(facts: Sequence[str], *, since: str = "") -> Select[Any]:
    """What somebody said one of the facts of, on a day or later."""
    a = answers.c
    said = select(a.subject_id).where(a.fact.in_(facts), a.superseded_at.is_(None))
    return said.where(a.told_on >= since) if since else said


def said_on(subject: ColumnElement[str], facts: Sequence[str]) -> ColumnElement[Any]:
    """The latest day on which somebody said one of the facts of a thing."""
    a = answers.c
    latest = select(func.max(a.told_on)).where(a.subject_id == subject, a.fact.in_(facts), a.superseded_at.is_(None))
    return latest.scalar_subquery()


def overlaid(row: dict[str, Any], said: Told | None) -> dict[str, Any]:
    """A row of a resource with what people said where the source says nothing; `told` has who said it and when."""
    if not said:
        return row
    attributes = row.get("attributes") or {}
    filled = {fact: answer["value"] for fact, answer in said.items() if attributes.get(fact) is None}
    return row | {"attributes": dict(sorted((attributes | filled).items())), "told": dict(said)}
