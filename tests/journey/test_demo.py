"""The demo, as a new user runs it: everything planted is found, nothing secret is kept, nothing keeps running."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from discovery.console import Console
from discovery.demo import Cast, Estate, Planted, build, free_port, stocktake
from store import content
from store.database import connect

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.service


@dataclass
class Show:
    folder: Path
    estate: Estate
    scan_code: int
    scan_log: str


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    """The demo's estate, scanned and reported, with its servers still up."""
    folder = tmp_path_factory.mktemp("demo")
    work = folder / "work"
    work.mkdir()
    cast = Cast(work)
    try:
        estate = build(cast, folder, work, Console(quiet=True))
        done = subprocess.run(
            [sys.executable, "-m", "discovery", "--config", str(estate.config), "--verbose", "scan"],
            env={**os.environ, **estate.env, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        stocktake(estate, "import", str(estate.bill), quiet=True)
        for name in ("summary", "gaps"):
            for suffix in ("html", "md", "json"):
                stocktake(estate, "report", name, "--output", str(folder / f"{name}.{suffix}"), quiet=True)
        stocktake(estate, "export", "parquet", str(folder / "inventory"), quiet=True)
        yield Show(folder, estate, done.returncode, done.stdout + done.stderr)
    finally:
        cast.stop()


def gaps(show: Show) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(stocktake(show.estate, "gaps", "--format", "json", capture=True).stdout)
    return found


def test_a_scan_with_blind_spots_ends_with_3_and_no_fault(show: Show) -> None:
    assert (show.scan_code, "Traceback" in show.scan_log) == (3, False), show.scan_log[-4000:]


def test_every_planted_omission_is_a_gap_with_evidence(show: Show) -> None:
    found = gaps(show)
    missed = [p for p in show.estate.planted if not any(p.shown_by(g) for g in found)]
    assert missed == []
    assert len(show.estate.planted) >= 5


def test_the_evidence_of_a_planted_omission_leads_to_a_call_and_a_json_path(show: Show) -> None:
    found = gaps(show)
    mentions = [p for p in show.estate.planted if p.code in ("external-dependency", "dangling-reference")]
    for planted in mentions:
        gap = next(g for g in found if planted.shown_by(g))
        assert all(e["source"] and e["path"].startswith("$") for e in gap["evidence"]), gap


def kept(show: Show) -> Iterator[tuple[str, str]]:
    """(place, text) of everything that the demo left behind, unpacked."""
    engine = connect(f"sqlite:///{show.folder / 'stocktake.db'}")
    with engine.connect() as connection:
        for table in ("raw_payloads", "quarantine"):
            for (data,) in connection.execute(text(f"SELECT data FROM {table}")):
                yield table, json.dumps(content.unpacked(data), ensure_ascii=False)
    engine.dispose()
    for file in sorted(show.folder.rglob("*")):
        if not file.is_file() or file.is_relative_to(show.folder / "work"):
            continue
        if file.suffix == ".parquet":
            yield str(file), json.dumps(pq.read_table(file).to_pylist(), default=str, ensure_ascii=False)
        else:
            yield str(file), file.read_bytes().decode("utf-8", "replace")
    yield "the scan's log", show.scan_log


def test_no_planted_secret_is_kept_anywhere(show: Show) -> None:
    assert len(show.estate.secrets) >= 5
    leaks = [(place, secret) for place, text_ in kept(show) for secret in show.estate.secrets if secret in text_]
    assert leaks == []


def test_a_planted_omission_without_evidence_does_not_count() -> None:
    planted = Planted("x", "external-dependency", "s3://lost")
    gap = {"code": "external-dependency", "subject": "s3://lost", "evidence": []}
    assert not planted.shown_by(gap)


def test_stopping_the_cast_stops_grandchildren_too(tmp_path: Path) -> None:
    cast = Cast(tmp_path)
    port = free_port()
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-m', 'http.server', '{port}', '--bind', '127.0.0.1'])"
    cast.start("nest", [sys.executable, "-c", child])
    cast.wait_for("nest", f"http://127.0.0.1:{port}/", 20)
    nest = _running(tmp_path)
    cast.stop()
    assert (len(nest), _running(tmp_path)) == (2, [])


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whatever_ends_the_demo_stops_every_process_of_it(sign: signal.Signals, tmp_path: Path) -> None:
    """Also the impatient way, twice."""
    process = subprocess.Popen(
        [sys.executable, "-m", "discovery", "demo", "--output", str(tmp_path / "out")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not _running(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.2)
    started = _running(tmp_path)
    process.send_signal(sign)
    process.send_signal(sign)
    process.communicate(timeout=60)
    deadline = time.monotonic() + 15
    while _running(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert (bool(started), _running(tmp_path), process.returncode) == (True, [], 130)


def _running(folder: Path) -> list[int]:
    """Processes whose working folder lies below this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").resolve().is_relative_to(folder):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found
