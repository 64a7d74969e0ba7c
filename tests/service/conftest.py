"""An inventory of each database, and an estate written into it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from store.database import connect, ensure
from tests.service.estate import Estate


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url)
    ensure(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def estate(engine: Engine) -> Iterator[Estate]:
    estate = Estate(engine)
    yield estate
    estate.writer.close()
