"""Migrations on both databases, and what `ensure` does with schemas that are not ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from normalize.errors import StoreError
from store.database import MIGRATIONS, connect, ensure, revision, upgrade, writing
from store.schema import REVISION, metadata


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url)
    yield engine
    engine.dispose()


def _revisions() -> list[str]:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return [s.revision for s in ScriptDirectory.from_config(config).walk_revisions()][::-1]


def test_the_newest_migration_is_the_revision_of_the_schema() -> None:
    assert _revisions()[-1] == REVISION


@pytest.mark.parametrize("start", _revisions())
def test_migrations_lead_from_every_revision_to_the_tables_of_the_code(engine: Engine, start: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, start)
    assert revision(engine) == start
    assert upgrade(engine) == REVISION
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_an_empty_database_becomes_an_inventory_and_stays_one(engine: Engine) -> None:
    assert revision(engine) is None
    ensure(engine)
    ensure(engine)
    assert revision(engine) == REVISION
    assert set(metadata.tables) <= set(inspect(engine).get_table_names())


def test_an_older_schema_names_the_command_that_helps(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    ensure(engine)
    monkeypatch.setattr("store.database.REVISION", "9999")
    with pytest.raises(StoreError, match="run `stocktake db upgrade`"):
        ensure(engine)


def test_a_newer_schema_is_left_alone(engine: Engine) -> None:
    ensure(engine)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for act in (ensure, upgrade):
        with pytest.raises(StoreError, match="use a newer Stocktake"):
            act(engine)


@pytest.mark.parametrize(
    "url", ["mysql://h/d", "postgresql://h/d", "sqlite+aiosqlite:///x", "sqlite://", "sqlite:///:memory:", "nonsense"]
)
def test_other_databases_are_refused_by_name(url: str) -> None:
    with pytest.raises(StoreError, match="database"):
        connect(url)


def test_a_password_does_not_show_in_errors() -> None:
    with pytest.raises(StoreError) as caught:
        connect("mysql://me:hunter22@h/d")
    assert "hunter22" not in str(caught.value)


def test_a_server_that_is_away_is_an_error_of_the_store() -> None:
    engine = connect("postgresql+psycopg://nobody:hunter22@127.0.0.1:1/none")
    with pytest.raises(StoreError) as caught:
        ensure(engine)
    assert "hunter22" not in str(caught.value)


def test_sqlite_writes_ahead_and_keeps_foreign_keys(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.connect() as connection:
        modes = [connection.exec_driver_sql(f"PRAGMA {p}").scalar() for p in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")]  # fmt: skip
    engine.dispose()
    assert modes == ["wal", 1, 1, 30000]
