"""Opens a database and keeps it at this version's schema.

Owns connection settings and migrations. Refuses to change the schema of an inventory that exists unless asked
(`upgrade`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from normalize.errors import StoreError
from normalize.redaction import scrub
from store.schema import REVISION

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 30_000


def connect(url: str) -> Engine:
    """Open a database: "sqlite:///FILE" or "postgresql+psycopg://…". Nothing is read or written yet.

    Raises:
        StoreError: it is neither, or the URL is malformed.
    """
    try:
        parsed = make_url(url)
        dialect = parsed.get_backend_name()
        if not _supported(parsed):
            raise StoreError(f"database {scrub(url)!r}: accepted are sqlite:///FILE and postgresql+psycopg://…")
        engine = create_engine(parsed, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise StoreError(f"database {scrub(url)!r}: {error}") from None
    if dialect == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _supported(url: URL) -> bool:
    if url.drivername in ("sqlite", "sqlite+pysqlite"):
        return bool(url.database) and url.database != ":memory:"
    return url.drivername == "postgresql+psycopg"


def _prepare_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so: see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA cache_size = -32768")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """A transaction that will write takes the write lock at once: one that reads first cannot be upgraded when another
    has written meanwhile. Source: SQLite 3.40.1, which refused it at once with SQLITE_BUSY_SNAPSHOT, tried 2026-11-24."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes; rolled back when anything is raised.

    Raises:
        StoreError: the database refused.
    """
    try:
        with engine.execution_options(writes=True).begin() as connection:
            yield connection
    except DBAPIError as error:
        raise StoreError(f"the database refused: {_reason(error)}") from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the database: what others commit meanwhile is not in it.

    Raises:
        StoreError: the database refused.
    """
    try:
        with _snapshots(engine).connect() as connection:
            yield connection
    except DBAPIError as error:
        raise StoreError(f"the database refused: {_reason(error)}") from error


def _snapshots(engine: Engine) -> Engine:
    """PostgreSQL would else show each statement a newer state; SQLite's transactions are snapshots as they are."""
    return (
        engine.execution_options(isolation_level="REPEATABLE READ") if engine.dialect.name == "postgresql" else engine
    )


@cache
def _insert(dialect: str, table: Table, columns: tuple[str, ...]) -> str:
    mark = "?" if dialect == "sqlite" else "%s"
    names = ", ".join(f'"{c}"' for c in columns)
    return f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join([mark] * len(columns))})'  # noqa: S608  names of our own tables


def insert_rows(connection: Connection, table: Table, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """Insert many rows given as tuples: what Core does, without building a mapping per row first."""
    if rows:
        connection.exec_driver_sql(_insert(connection.dialect.name, table, columns), rows)


def select_among(
    connection: Connection,
    table: Table,
    columns: tuple[str, ...],
    column: str,
    values: Sequence[str],
    *where: tuple[str, Any],
) -> Sequence[Any]:
    """Rows as tuples of columns where a column is one of many values: what Core does, without writing the statement anew from
    a thousand parameters.

    Args:
        where: (column, value) that must be equal besides.
    """
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    conditions = "".join(f'"{name}" = {mark} AND ' for name, _ in where)
    names, marks = ", ".join(f'"{c}"' for c in columns), ", ".join([mark] * len(values))
    asked = f'SELECT {names} FROM "{table.name}" WHERE {conditions}"{column}" IN ({marks})'  # noqa: S608  names of our own tables
    return connection.exec_driver_sql(asked, (*(value for _, value in where), *values)).all()


def _reason(error: DBAPIError) -> str:
    return scrub(str(error.orig).strip().splitlines()[0]) if str(error.orig).strip() else type(error.orig).__name__


def revision(engine: Engine) -> str | None:
    """The schema revision of a database; None when it holds no inventory."""
    with reading(engine) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return found


def upgrade(engine: Engine) -> str:
    """Bring a database to this version's schema, from whatever revision or from nothing; the revision it is at now.

    Raises:
        StoreError: it was written by a newer Stocktake, or the database refused.
    """
    from alembic import command
    from alembic.config import Config

    at = revision(engine)
    if at not in (None, *_revisions()):
        raise StoreError(_newer(at))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return REVISION


def _revisions() -> tuple[str, ...]:
    return tuple(p.name.split("_", 1)[0] for p in sorted((MIGRATIONS / "versions").glob("[0-9]*_*.py")))


def _newer(at: str | None) -> str:
    return f"the database has schema {at}, which this version ({REVISION}) does not know: use a newer Stocktake"


def ensure(engine: Engine) -> None:
    """Make an empty database an inventory; leave one of this version as it is.

    Raises:
        StoreError: its schema is older (`stocktake db upgrade` helps) or newer than this version's.
    """
    at = revision(engine)
    if at == REVISION:
        return
    if at is None:
        upgrade(engine)
    elif at in _revisions():
        raise StoreError(f"the database has schema {at}, this version needs {REVISION}: run `stocktake db upgrade`")
    else:
        raise StoreError(_newer(at))
