"""What changed between two runs, from the versions that runs wrote.

Owns how several changes add up: what appeared and went in between is not told, what changed back neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Engine, select

from normalize.errors import StoreError
from store import content
from store.database import reading
from store.schema import resources, runs, versions

Row = dict[str, Any]


def difference(engine: Engine, run_a: str, run_b: str) -> Iterator[Row]:
    """Rows `resource_id`, `kind`, `name`, `change` (appeared, changed, gone), `at`, `run_id`, `before`, `after`, from
    the end of run_a to the end of run_b, by id. `before` and `after` hold what differs; an absent key was unknown.
    Naming the later run first turns the answer round.

    Raises:
        StoreError: there is no such run.
    """
    _known(engine, run_a, run_b)
    first, last = sorted((run_a, run_b))
    v = versions.c
    statement = (
        select(versions, resources.c.kind, resources.c.name)
        .outerjoin(resources, resources.c.id == v.resource_id)
        .where(v.run_id > first, v.run_id <= last)
        .order_by(v.resource_id, v.id)
    )
    return _folded(engine, statement, backwards=run_a > run_b)


def _known(engine: Engine, *wanted: str) -> None:
    with reading(engine) as connection:
        for run_id in wanted:
            if connection.execute(select(runs.c.id).where(runs.c.id == run_id)).first() is None:
                raise StoreError(f"there is no run {run_id!r}; `stocktake runs` lists them")


def _folded(engine: Engine, statement: Any, *, backwards: bool) -> Iterator[Row]:
    with reading(engine) as connection, connection.execute(statement, execution_options={"yield_per": 1000}) as rows:
        for _, steps in groupby(rows, key=lambda row: row.resource_id):
            if told := _fold(list(steps), backwards):
                yield told


def _fold(steps: list[Any], backwards: bool) -> Row | None:
    existed = steps[0].change in ("changed", "gone")
    exists = steps[-1].change != "gone"
    before: Row = {}
    after: Row = {}
    for step in steps:
        old, new = content.decode(step.before), content.decode(step.after)
        for key in old.keys() | new.keys():
            if key not in before:
                before[key] = old.get(key, _ABSENT)
            after[key] = new.get(key, _ABSENT)
    changed = [k for k in before if before[k] != after[k]]
    if not (existed or exists) or (existed and exists and not changed):
        return None
    change = "changed" if existed and exists else "appeared" if exists else "gone"
    if backwards:
        before, after = after, before
        change = {"appeared": "gone", "gone": "appeared"}.get(change, change)
    last = steps[-1]
    told: Row = {"resource_id": last.resource_id, "kind": last.kind, "name": last.name, "change": change, "at": last.at, "run_id": last.run_id}  # fmt: skip
    if change == "changed":
        told["before"] = {k: before[k] for k in changed if before[k] is not _ABSENT}
        told["after"] = {k: after[k] for k in changed if after[k] is not _ABSENT}
    return {k: v for k, v in told.items() if v is not None}


_ABSENT = object()
