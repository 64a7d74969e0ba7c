"""Resolves mentions: a reference whose key is an alias of something else that is there becomes a relation.

Owns the join. Refuses to judge what does not resolve: see gaps.py.
"""

from __future__ import annotations

from sqlalchemy import Engine, delete, func, insert, select

from store.database import writing
from store.schema import aliases, refs, relations, sightings


def link(engine: Engine, run_id: str) -> dict[str, int]:
    """Make the relations anew from all mentions and aliases of what is there, whatever source they came from.

    Args:
        run_id: the run after which this happens; every run gives the same relations for the same inventory.

    Returns:
        `relations`: how many there are; `fewer`: by how many that is less than before.

    Raises:
        StoreError: the database refused; the relations are as before.
    """
    source, target = sightings.alias("source"), sightings.alias("target")
    resolved = (
        select(
            source.c.resource_id,
            refs.c.verb,
            target.c.resource_id.label("target_id"),
            func.min(refs.c.call + " " + refs.c.path),
        )
        .select_from(refs)
        .join(source, source.c.id == refs.c.sighting_id)
        .join(aliases, aliases.c.key == refs.c.key)
        .join(target, target.c.id == aliases.c.sighting_id)
        .where(source.c.gone_at.is_(None), target.c.gone_at.is_(None), source.c.resource_id != target.c.resource_id)
        .group_by(source.c.resource_id, refs.c.verb, target.c.resource_id)
    )
    count = select(func.count()).select_from(relations)
    with writing(engine) as connection:
        before = connection.execute(count).scalar_one()
        connection.execute(delete(relations))
        connection.execute(insert(relations).from_select(["source_id", "verb", "target_id", "evidence"], resolved))
        now = connection.execute(count).scalar_one()
    return {"relations": now, "fewer": max(0, before - now)}
