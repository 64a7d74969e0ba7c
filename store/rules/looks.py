"""What could not be read, or not to its end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, func, select

from normalize import gap as texts
from normalize.gap import EVIDENCE_LIMIT
from normalize.model import Evidence, Gap, Outcome
from store import content
from store.rules.ground import Ground, Into
from store.schema import (
    detail_gaps,
    sightings,
)


def _detail_rows(*faults: str) -> Any:
    """One row per failed detail call or misfit; the first ones of each call and need in a listing."""
    d = detail_gaps.c
    same: dict[str, Any] = {"partition_by": (sightings.c.listing_id, d.fault, d.call, d.needs)}
    order = (sightings.c.resource_id, d.message)
    numbered = (
        select(
            sightings.c.listing_id,
            d.fault,
            d.call,
            d.needs,
            d.message,
            sightings.c.resource_id,
            func.count().over(**same).label("affected"),
            func.row_number().over(**same, order_by=order).label("position"),
        )
        .select_from(detail_gaps)
        .join(sightings, sightings.c.id == d.sighting_id)
        .where(sightings.c.gone_at.is_(None), d.fault.in_(faults))
        .subquery("numbered")
    )
    n = numbered.c
    return (
        select(numbered)
        .where(n.position <= EVIDENCE_LIMIT)
        .order_by(n.listing_id, n.fault, n.call, n.needs, n.position)
    )


def unread_scopes(connection: Connection, ground: Ground, into: dict[int, Into]) -> Iterator[Gap]:
    misfits: dict[int, tuple[list[Evidence], int]] = {}
    for listing, rows in groupby(connection.execute(_detail_rows("misfit")), key=lambda r: r.listing_id):
        found = list(rows)
        if listing in ground.by_listing:
            source = ground.by_listing[listing].look.source
            evidence = [Evidence(f"{source} {r.call}", "", r.message, r.resource_id) for r in found]
            misfits[listing] = evidence, sum(r.affected for r in found if r.position == 1)
    for listing, stand in ground.by_listing.items():
        unfit, count = misfits.get(listing, ([], 0))
        outcome = stand.look.outcome
        if outcome is Outcome.UNAVAILABLE or (outcome is Outcome.COMPLETE and not stand.look.quarantined and not count):
            continue
        lost = into.get(listing, Into())
        yield texts.coverage(stand.look, unfit, count, lost.evidence, lost.count)


def failed_details(connection: Connection, ground: Ground) -> Iterator[Gap]:
    rows = connection.execute(_detail_rows("denied", "failed"))
    for (listing, fault, call, needs), found in groupby(rows, key=lambda r: (r.listing_id, r.fault, r.call, r.needs)):
        if listing not in ground.by_listing:
            continue
        look = ground.by_listing[listing].look
        records = list(found)
        evidence = [Evidence(f"{look.source} {call}", "", r.message, r.resource_id) for r in records]
        yield texts.detail(look, call, fault == "denied", tuple(content.decode(needs)), evidence, records[0].affected)
