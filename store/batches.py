"""Rows of the inventory as Arrow record batches, all of one moment.

Owns how rows become columns. A SQLite file is read by a process of its own (sqlite_columns.py), which makes no Python
object of a value; PostgreSQL through SQLAlchemy. Refuses to know what is asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Boolean, Connection, Engine, Integer, Select, Text, func

from normalize.errors import StoreError
from normalize.redaction import scrub
from store.database import reading

ROWS = 20_000
"""Rows of a batch."""

Read = Callable[[Select[Any]], Iterator[pa.RecordBatch]]
"""Answers a statement in batches with its columns: text as strings, numbers as int64, truth as bool."""

_READER = Path(__file__).with_name("sqlite_columns.py")
_NULL = "\0"
"""Stands for null on the way out of SQLite: text of the inventory never holds it."""


@contextmanager
def snapshot(engine: Engine) -> Iterator[Read]:
    """A reader that sees one consistent view of the database: what others commit meanwhile is not in it. An answer is
    read to its end before the next question.

    Raises:
        StoreError: the database refused.
    """
    if engine.dialect.name == "sqlite":
        with _reader(str(engine.url.database)) as process:
            yield lambda statement: _read_file(process, engine, statement)
    else:
        with reading(engine) as connection:
            yield lambda statement: _read_rows(connection, statement)


@contextmanager
def _reader(file: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-P", str(_READER), file]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603  our own
        try:
            yield process
        finally:
            process.kill()


def _read_file(process: subprocess.Popen[bytes], engine: Engine, statement: Select[Any]) -> Iterator[pa.RecordBatch]:
    """ADBC takes the type of a column from its first batch, and the type of one that is all null there for a number.
    Source: ADBC 17, SQLite recipes, "Change the batch size of the result set", read 2026-11-24."""
    told = [func.coalesce(c, func.char(0)).label(c.key) if isinstance(c.type, Text) else c for c in _columns(statement)]
    asked = statement.with_only_columns(*told).compile(engine, compile_kwargs={"literal_binds": True})
    schema = _schema(statement)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(str(asked)).encode() + b"\n")
        process.stdin.flush()
        if (said := process.stdout.readline()) != b"ok\n":
            raise StoreError(f"the database refused: {scrub(said.decode().strip()) or 'its reader ended'}")
        for batch in pa.ipc.open_stream(process.stdout):
            columns = [_restored(c, field.type) for c, field in zip(batch.columns, schema, strict=True)]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)
    except (OSError, pa.ArrowInvalid) as error:
        raise StoreError(f"the database could not be read to its end: {scrub(str(error))}") from error


def _restored(column: pa.Array, type_: pa.DataType) -> pa.Array:
    if type_ != pa.string() or column.type != type_:
        return column.cast(type_)
    null = pc.equal(column, _NULL)
    return pc.if_else(null, pa.scalar(None, type_), column) if null.true_count else column


def _read_rows(connection: Connection, statement: Select[Any]) -> Iterator[pa.RecordBatch]:
    schema = _schema(statement)
    for rows in connection.execute(statement, execution_options={"yield_per": ROWS}).partitions():
        columns = [pa.array(values, field.type) for values, field in zip(zip(*rows, strict=True), schema, strict=True)]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _columns(statement: Select[Any]) -> list[Any]:
    return list(statement.selected_columns)


def _schema(statement: Select[Any]) -> pa.Schema:
    return pa.schema([(str(column.key), _arrow(column.type)) for column in _columns(statement)])


def _arrow(type_: Any) -> pa.DataType:
    if isinstance(type_, Boolean):
        return pa.bool_()
    return pa.int64() if isinstance(type_, Integer) else pa.string()
