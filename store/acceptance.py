"""Gaps that a person decided to live with: until when, and why.

Owns the decision. An accepted gap stays a gap: it is shown as accepted, and makes no inventory complete.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Engine, delete, insert, select

from normalize.errors import ConfigError
from normalize.redaction import scrub
from store import content
from store.database import reading, writing
from store.schema import acceptances, gaps


def accept(engine: Engine, gap_id: str, reason: str, until: date, *, now: datetime) -> str:
    """Accept a gap through a day (UTC); an earlier decision on it is replaced.

    Returns:
        What the gap is about.

    Raises:
        ConfigError: there is no such gap, it is resolved, no reason is given, or the day is over.
    """
    if not reason.strip():
        raise ConfigError("an accepted gap needs a reason: who will read the reports wants to know why")
    if until < now.date():
        raise ConfigError(f"{until} is over; name a day from {now.date()} on")
    subject = _subject(engine, gap_id)
    row = {
        "gap_id": gap_id,
        "reason": content.plain(scrub(reason.strip())),
        "until": until.isoformat(),
        "accepted_at": content.instant(now),
    }
    with writing(engine) as connection:
        connection.execute(delete(acceptances).where(acceptances.c.gap_id == gap_id))
        connection.execute(insert(acceptances), [row])
    return subject


def withdraw(engine: Engine, gap_id: str) -> bool:
    """Take a decision back; False where there was none."""
    with writing(engine) as connection:
        return bool(connection.execute(delete(acceptances).where(acceptances.c.gap_id == gap_id)).rowcount)


def _subject(engine: Engine, gap_id: str) -> str:
    with reading(engine) as connection:
        found = connection.execute(select(gaps.c.subject, gaps.c.resolved_at).where(gaps.c.id == gap_id)).first()
    if found is None:
        raise ConfigError(f'no gap has the id "{gap_id}"; `stocktake gaps` prints the ids')
    if found.resolved_at is not None:
        raise ConfigError(f"gap {gap_id} is resolved since {found.resolved_at}: there is nothing to accept")
    return str(found.subject)
