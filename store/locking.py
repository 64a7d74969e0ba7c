"""One scan at a time per database, also across processes and after kill -9.

The lock is the operating system's (SQLite: flock on "FILE.lock") or the server's (PostgreSQL: a session advisory lock):
both end with their holder. Refuses to trust rows that a dead process left behind.
"""

from __future__ import annotations

import fcntl
import os
from typing import Protocol

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import DBAPIError

from normalize.errors import BusyError, StoreError
from store.database import reading
from store.schema import runs

_ADVISORY_KEY = 0x5354_4F43_4B54  # "STOCKT"; advisory locks are per database


class Lock(Protocol):
    """A held lock."""

    def release(self) -> None: ...


class _FileLock:
    def __init__(self, path: str) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise

    def release(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


class _AdvisoryLock:
    def __init__(self, engine: Engine) -> None:
        self._connection: Connection | None = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if not self._connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _ADVISORY_KEY}).scalar():
            self.release()
            raise BlockingIOError

    def release(self) -> None:
        if self._connection is None:
            return
        try:
            self._connection.execute(text("SELECT pg_advisory_unlock_all()"))
        except DBAPIError:
            self._connection.invalidate()  # the session is dead, and the lock with it
        finally:
            self._connection.close()
            self._connection = None


def hold(engine: Engine) -> Lock:
    """Take the lock of this database.

    Raises:
        BusyError: a living process has it; the message names its run, process and host where they are known.
        StoreError: the lock file cannot be written.
    """
    try:
        if engine.dialect.name == "postgresql":
            return _AdvisoryLock(engine)
        return _FileLock(f"{os.path.abspath(engine.url.database or '')}.lock")
    except BlockingIOError:
        raise BusyError(_holder(engine)) from None
    except OSError as error:
        raise StoreError(f"cannot lock the database: {error}") from None


def _holder(engine: Engine) -> str:
    newest = select(runs).where(runs.c.status == "running").order_by(runs.c.id.desc()).limit(1)
    with reading(engine) as connection:
        row = connection.execute(newest).first()
    if row is None:
        return "another process is writing to this database; wait until it ends"
    return f"run {row.id} (process {row.pid} on {row.host}) is writing to this database; wait until it ends"
