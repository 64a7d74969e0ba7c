"""What one bulk listing gave, on the disk, parted by what it is and whom it belongs to.

A bulk API (Cloud Asset Inventory) is read once for many kinds; each look then takes its share. Owns the temporary
database: every thing is there once, however often its page came, and memory stays flat however many there are. Refuses to know
what a document is.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence

from normalize.errors import CollectError

BATCH = 200
"""Documents that a reader has in memory at a time."""
_CACHE_KIB = 8192


class Sweep:
    """A bulk listing, in parts that complete each other (resources, policies). Safe to use from several threads.

    Attributes:
        cut: part -> why it ended before its end; what is not in it may yet be there.
    """

    def __init__(self) -> None:
        self.cut: dict[str, CollectError] = {}
        self._lock = threading.Lock()
        self._database = sqlite3.connect("", check_same_thread=False, isolation_level=None)  # "": a file without a name
        for statement in (
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            f"PRAGMA cache_size = -{_CACHE_KIB}",
            "CREATE TABLE things (part TEXT, type TEXT, account TEXT, id TEXT, document BLOB, UNIQUE (part, id))",
            "CREATE INDEX share ON things (part, type, account)",
        ):
            self._database.execute(statement)

    def add(self, part: str, things: Iterable[tuple[str, str, str, bytes]]) -> None:
        """Keep (type, account, id, document) of a page; of one id, the last."""
        rows = [(part, *thing) for thing in things]
        with self._lock:
            self._database.execute("BEGIN")
            self._database.executemany("INSERT OR REPLACE INTO things VALUES (?, ?, ?, ?, ?)", rows)
            self._database.execute("COMMIT")

    def counts(self, part: str) -> Mapping[tuple[str, str], int]:
        """(type, account) -> how many there are."""
        statement = (
            "SELECT type, account, COUNT(*) FROM things WHERE part = ? GROUP BY type, account ORDER BY type, account"
        )
        with self._lock:
            return {(t, a): n for t, a, n in self._database.execute(statement, (part,))}

    def read(self, part: str, types: Sequence[str], account: str = "") -> Iterator[list[bytes]]:
        """Documents of some types (of all where none is named), of one account or of all, a batch at a time."""
        of_types = f"type IN ({', '.join('?' * len(types))}) AND " if types else ""
        where = f"part = ? AND {of_types}rowid > ?"
        values: list[str | int] = [part, *types, 0]
        if account:
            where, values = f"account = ? AND {where}", [account, *values]
        statement = f"SELECT rowid, document FROM things WHERE {where} ORDER BY rowid LIMIT {BATCH}"  # noqa: S608  no value is in the text
        while True:
            with self._lock:
                rows = self._database.execute(statement, values).fetchall()
            if not rows:
                return
            values[-1] = rows[-1][0]
            yield [document for _, document in rows]

    def find(self, part: str, ids: Sequence[str]) -> Mapping[str, bytes]:
        """Documents with these ids, as far as there are any. At most a batch at a time."""
        statement = f"SELECT id, document FROM things WHERE part = ? AND id IN ({', '.join('?' * len(ids))})"  # noqa: S608  no value is in the text
        with self._lock:
            return dict(self._database.execute(statement, (part, *ids)))

    def close(self) -> None:
        with self._lock:
            self._database.close()
