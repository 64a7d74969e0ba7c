"""An exporter that is killed anywhere leaves the old export or the new one, whole, and no rubbish for long."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from normalize.errors import BusyError, StoreError
from store import sqlite_columns
from store.database import connect, ensure
from store.export import parquet
from store.writer import Writer

ROOT = Path(__file__).resolve().parents[2]

# What an exporter does to the file system, one audit event each; the hook acts at the N-th: kills, or waits.
EXPORTER = """
import json, os, signal, sys
from pathlib import Path
import pyarrow
from contextlib import contextmanager
from store import batches, export as exporting
from store.database import connect, reading
from store.export import parquet

url, out, act, exchange = sys.argv[1:]

@contextmanager
def rows(engine):  # without a second process: what it does to files is nothing, and it takes a while to start
    with reading(engine) as connection:
        yield lambda statement: batches._read_rows(connection, statement)

exporting.snapshot = rows
pyarrow.array([""])  # the first array imports pandas where it is installed: once here, not in every child
touching = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "ctypes.dlsym"}

def watched(event, arguments):
    if event not in touching or isinstance(arguments[0], int):
        return False
    if event == "ctypes.dlsym":
        return arguments[1] == "renameat2"
    if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR):
        return False
    return ".stocktake-" in os.fsdecode(arguments[0]) or os.fsdecode(arguments[0]) == out

def export(number):
    seen = 0
    def hook(event, arguments):
        nonlocal seen
        if event == "ctypes.dlsym" and arguments[1] == "renameat2" and exchange == "no":
            raise OSError("this file system cannot")
        if watched(event, arguments):
            seen += 1
            if seen == number:
                if act == "wait":
                    print("waiting", flush=True)
                    signal.pause()
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)
    parquet(connect(url), Path(out))

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        export(int(line))
        os._exit(0)
    print(json.dumps(os.waitpid(child, 0)[1]), flush=True)
"""


class Exporter:
    """A process that exports when told to, each time in a child that acts at the N-th touch of the file system."""

    def __init__(self, engine: Engine, out: Path, act: str, exchange: str = "yes") -> None:
        command = [sys.executable, "-c", EXPORTER, str(engine.url), str(out), act, exchange]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    def tell(self, number: int) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(number, file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()

    def killed_at(self, number: int) -> bool:
        status: int = json.loads(self.tell(number))
        assert status in (0, signal.SIGKILL), status
        return status == signal.SIGKILL

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{tmp_path / 'stocktake.db'}")
    ensure(engine)
    scan(engine)
    yield engine
    engine.dispose()


def scan(engine: Engine) -> None:
    writer = Writer(engine)
    run = writer.begin(sources=[{"name": "prod", "type": "aws"}], selection={}, version="0", resume=False)
    writer.finish(run, "complete")


def content(directory: Path) -> dict[str, bytes]:
    return {str(f.relative_to(directory)): f.read_bytes() for f in directory.rglob("*") if f.is_file()}


@pytest.mark.parametrize("exchange", ["yes", "no"])
def test_an_export_that_is_killed_anywhere_leaves_the_old_one_or_the_new_one(
    exchange: str, engine: Engine, tmp_path: Path
) -> None:
    """Where the file system cannot exchange two folders, it may also leave none until the next export."""
    place = tmp_path / "place"
    out = place / "out"
    parquet(engine, out)
    old = content(out)
    scan(engine)
    parquet(engine, tmp_path / "new")
    new = content(tmp_path / "new")
    assert new != old
    exporter = Exporter(engine, out, "kill", exchange)
    seen: list[str] = []
    left_over: set[str] = set()
    try:
        for number in range(1, 500):
            killed = exporter.killed_at(number)
            found = content(out)
            seen.append("old" if found == old else "new" if found == new else "none" if not found else "torn")
            beside = {p.name for p in place.iterdir()} - {"out"}
            if not killed:
                assert (seen[-1], beside) == ("new", set())
                break
            left_over |= beside
            if seen[-1] == "old":
                continue
            assert not exporter.killed_at(0)
            assert (content(out), [p.name for p in place.iterdir()]) == (new, ["out"])
            _put_back(out, old)
    finally:
        exporter.stop()
    assert len(seen) > 20
    assert {".out.stocktake-lock", ".out.stocktake-new"} <= left_over
    assert set(seen) == ({"old", "new"} if exchange == "yes" else {"old", "none", "new"})


def _put_back(out: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (out / name).write_bytes(data)


def test_a_second_export_to_the_same_directory_says_so_until_the_first_one_ends(engine: Engine, tmp_path: Path) -> None:
    out = tmp_path / "out"
    parquet(engine, out)
    before = content(out)
    first = Exporter(engine, out, "wait")
    try:
        assert first.tell(5) == "waiting"
        with pytest.raises(BusyError, match="exporting to the same directory"):
            parquet(engine, out)
        parquet(engine, tmp_path / "other")
        assert content(out) == before
    finally:
        first.stop()
    assert parquet(engine, out)["runs"] == 1
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".out")]


def test_a_reader_that_dies_is_no_end_of_the_inventory(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = tmp_path / "dying.py"
    dying.write_text(Path(sqlite_columns.__file__).read_text().replace("stream.write_batch(batch)", "os._exit(0)"))
    dying.write_text(dying.read_text().replace("import sys\n", "import os\nimport sys\n"))
    monkeypatch.setattr("store.batches._READER", dying)
    with pytest.raises(StoreError, match=r"to its end|its reader ended"):
        parquet(engine, tmp_path / "out")
    assert not (tmp_path / "out").exists()
