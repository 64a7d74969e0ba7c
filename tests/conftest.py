"""Real services that several test modules share."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader

_READ = JSONFileLoader.load_file
_MODELS = lru_cache(maxsize=768)(JSONFileLoader().load_file)
"""botocore's models, megabytes each, are read once a process, not once a session of the SDK: about four files a service that the
rows call. Sessions share them with their clients anyway."""
_CHANGED = re.compile(r"/s3/")
"""Models that botocore changes in place, by taking the bucket out of their paths: each session has its own."""


def _load_file(self: JSONFileLoader, file_path: str) -> Any:
    return _READ(self, file_path) if _CHANGED.search(file_path) else _MODELS(file_path)


JSONFileLoader.load_file = _load_file  # type: ignore[method-assign]


os.environ["PATH"] = (
    f"{Path(__file__).parent / 'servers/bin'}{os.pathsep}{os.environ['PATH']}"  # a quiet `find` for the host probe
)


def missing(what: str) -> None:
    """A service that cannot be started here: a skip at a desk, a failure in continuous integration."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


def _postgres_binaries() -> Path | None:
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)
    found = shutil.which("initdb")
    return next((h for h in [*homes, *([Path(found).parent] if found else [])] if (h / "initdb").exists()), None)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a PostgreSQL server of our own on loopback; databases in it are made per test."""
    binaries = _postgres_binaries()
    if binaries is None:
        missing("PostgreSQL is not installed: apt-get install postgresql")
        return
    home = Path(tempfile.mkdtemp(prefix="stocktake-pg-"))
    drop: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(home, "nobody", "nogroup")
        drop = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {"HOME": str(home), "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}
    data = home / "data"
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -c fsync=off -c synchronous_commit=off"

    def command(*words: object) -> None:
        subprocess.run([*drop, *map(str, words)], cwd=home, env=env, check=True, stdout=subprocess.DEVNULL)

    init = ("-U", "stocktake", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
    command(binaries / "initdb", "-D", data, *init)
    try:
        command(binaries / "pg_ctl", "-D", data, "-w", "-l", home / "log", "-o", settings, "start")
        yield f"postgresql+psycopg://stocktake@127.0.0.1:{port}/postgres"
    finally:
        command(binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database: each test that asks for it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'stocktake.db'}"
    return _made(request.getfixturevalue("postgres_url"))


@pytest.fixture
def postgres_database(postgres_url: str) -> str:
    """URL of an empty PostgreSQL database of the test's own."""
    return _made(postgres_url)


def _made(server: str) -> str:
    import psycopg

    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.removesuffix("postgres") + name
