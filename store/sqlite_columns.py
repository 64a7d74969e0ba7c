"""Reads a SQLite file through ADBC for another process: statements come in, Arrow streams go out.

    python -P store/sqlite_columns.py FILE

Each line on standard input is a SQL statement as JSON; the answer on standard output is a line, "ok" or what the
database refused, and after "ok" an Arrow IPC stream. All statements see the database at one moment.

A process of its own, because ADBC brings its own copy of SQLite: two copies in one process do not see each other's
locks, and the one that closes last deletes the write-ahead log under the other's feet, with what was committed.
Source: SQLite, "How To Corrupt An SQLite Database File", 2.2.1, not verified; seen with ADBC 1.13, 2026-11-24.
Refuses to import anything of Stocktake.
"""

import json
import sys
from contextlib import closing

import adbc_driver_sqlite.dbapi as adbc
import pyarrow as pa

ROWS = 20_000
"""Rows of a batch."""
BUSY_TIMEOUT_MS = 30_000


def main() -> None:
    out = sys.stdout.buffer
    with closing(adbc.connect(sys.argv[1])) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(ROWS)})
        for line in sys.stdin:
            try:
                cursor.execute(json.loads(line))
                batches = cursor.fetch_record_batch()
            except adbc.Error as error:
                out.write(str(error).splitlines()[0].encode() + b"\n")
                out.flush()
                return
            out.write(b"ok\n")
            with pa.ipc.new_stream(out, batches.schema) as stream:
                for batch in batches:
                    stream.write_batch(batch)
            out.flush()


if __name__ == "__main__":
    main()
