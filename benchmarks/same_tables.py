"""Whether two scans of one estate wrote the same, table by table and byte by byte.

    python -m benchmarks.same_tables BEFORE.db AFTER.db

What no two scans share is left out: ids of runs and instants of this machine's clock. Numbers of listings and sightings, which
follow the order in which looks end, are replaced by what they stand for. Exit status 1 where anything else differs.
"""

from __future__ import annotations

import sqlite3
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

_OF_THE_CLOCK = frozenset({"run_id", "seen_at", "observed_at", "first_seen_at", "at", "started_at", "finished_at", "last_complete_at", "since"})  # fmt: skip
_NUMBERED = {
    "listing_id": "select id, source || '|' || kind || '|' || provider || '|' || account || '|' || place from listings",
    "sighting_id": "select s.id, l.source || '|' || l.kind || '|' || s.resource_id from sightings s join listings l on l.id = s.listing_id",
}
_NAMED = frozenset({"resources", "gaps"})
"""Tables whose ids are names; elsewhere they are numbers in order of writing."""
_UNSHARED = frozenset({"runs", "sources", "alembic_version"})


def rows(file: Path) -> dict[str, Counter[tuple[Any, ...]]]:
    """Table -> its rows, how often each."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        stand_for = {column: dict(database.execute(asked)) for column, asked in _NUMBERED.items()}
        names = [n for (n,) in database.execute("select name from sqlite_master where type = 'table' order by name")]
        return {
            n: _rows_of(database, n, stand_for) for n in names if n not in _UNSHARED and not n.startswith("sqlite_")
        }


def _rows_of(
    database: sqlite3.Connection, table: str, stand_for: dict[str, dict[int, str]]
) -> Counter[tuple[Any, ...]]:
    found = database.execute(f'select * from "{table}"')
    columns = [c[0] for c in found.description]
    kept = [i for i, c in enumerate(columns) if c not in _OF_THE_CLOCK and (c != "id" or table in _NAMED)]
    meaning = [stand_for.get(c, {}) for c in columns]
    return Counter(tuple(meaning[i].get(row[i], row[i]) if meaning[i] else row[i] for i in kept) for row in found)


def main(before: str, after: str) -> int:
    one, other = rows(Path(before)), rows(Path(after))
    different = 0
    for table in sorted(one.keys() | other.keys()):
        lost, new = (
            one.get(table, Counter()) - other.get(table, Counter()),
            other.get(table, Counter()) - one.get(table, Counter()),
        )
        different += bool(lost or new)
        print(f"{table:16} {one.get(table, Counter()).total():>9,} rows, {lost.total():,} lost, {new.total():,} new")
        for mark, some in (("-", lost), ("+", new)):
            for row in list(some)[:2]:
                print(f"  {mark} {str(row)[:300]}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
