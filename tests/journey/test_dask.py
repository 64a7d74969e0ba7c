"""A scan whose looks are taken by the workers of a Dask cluster."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import LocalCluster

from tests.journey.desk import ROOT, Desk, loaded

RECORDING = ROOT / "tests" / "fixtures" / "kubernetes-train"


@pytest.fixture
def replay() -> Iterator[Any]:
    server = loaded("kubernetes_replay").Replay(RECORDING)
    with server:
        yield server


@pytest.fixture
def estate(tmp_path: Path, replay: Any) -> tuple[str, str]:
    kubeconfig = replay.write_kubeconfig(str(tmp_path / "kubeconfig"))
    return (
        f'type = "kubernetes"\nname = "train"\nkubeconfig = "{kubeconfig}"',
        'type = "host"\nname = "here"\nlocal = true',
    )


def of_cluster(desk: Desk) -> dict[str, list[str]]:
    """The inventory without this machine, of which no two scans tell the same."""
    ours = ("host://", '"source": "here"')
    return {name: [r for r in rows if not any(o in r for o in ours)] for name, rows in desk.inventory().items()}


def test_workers_find_what_threads_find(tmp_path: Path, estate: tuple[str, str]) -> None:
    threads, dask = Desk(tmp_path / "threads"), Desk(tmp_path / "dask")
    codes = []
    for desk, engine in ((threads, "threads"), (dask, "dask")):
        desk.configure(*estate)
        code, out, err = desk.run("scan", "--engine", engine)
        codes.append(code)
        assert (out, "Traceback" in err) == ("", False), err
    assert codes[0] == codes[1]
    expected = of_cluster(threads)
    assert len(expected["resources"]) > 2000
    assert of_cluster(dask) == expected
    machine = {c["kind"]: c["outcome"] for c in threads.rows("coverage") if c["source"] == "here"}
    assert {c["kind"]: c["outcome"] for c in dask.rows("coverage") if c["source"] == "here"} == machine


def test_a_look_that_is_lost_with_its_workers_is_no_empty_look(
    tmp_path: Path, estate: tuple[str, str], replay: Any
) -> None:
    """The cluster is another's, and goes away in the middle of the scan."""
    desk = Desk(tmp_path / "desk")
    desk.configure(estate[0])
    desk.run("scan")
    before = {r["id"] for r in desk.rows("resources")}
    replay.latency = 0.3
    with LocalCluster(
        n_workers=1, threads_per_worker=4, host="127.0.0.1", dashboard_address=None, silence_logs=False
    ) as cluster:
        desk.env["DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT"] = "3s"
        desk.env["DASK_SCHEDULER_ADDRESS"] = cluster.scheduler_address
        process = desk.start("scan", "--engine", "dask", "--workers", "4")
        begun = len(replay.requests)
        deadline = time.monotonic() + 60
        while len(replay.requests) < begun + 60 and time.monotonic() < deadline:
            time.sleep(0.1)
    _, err = process.communicate(timeout=120)
    assert (process.returncode, "Traceback" in err) == (3, False), err
    lost = [c for c in desk.rows("coverage") if "worker" in c["reason"]]
    assert {c["outcome"] for c in lost} == {"failed"}, err
    assert {r["id"] for r in desk.rows("resources") if not r.get("gone_at")} == before


def test_a_scan_that_is_stopped_leaves_lost_looks_to_a_resumed_run(
    tmp_path: Path, estate: tuple[str, str], replay: Any
) -> None:
    replay.latency = 0.1
    desk = Desk(tmp_path / "desk")
    desk.configure(estate[0])
    process = desk.start("scan", "--engine", "dask", "--workers", "4")
    deadline = time.monotonic() + 60
    while len(replay.requests) < 80 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: its workers hear it too
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    assert not [c for c in desk.rows("coverage") if c["outcome"] == "failed"]
    replay.latency = 0.0
    code, _, err = desk.run("scan", "--engine", "dask", "--resume")
    assert code in (0, 3), err
    assert [r["status"] for r in desk.rows("runs")] == ["complete"]


def test_a_scheduler_that_does_not_answer_is_named(tmp_path: Path, estate: tuple[str, str]) -> None:
    desk = Desk(
        tmp_path / "desk", DASK_SCHEDULER_ADDRESS="tcp://127.0.0.1:9", DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT="1s"
    )
    desk.configure(estate[0])
    code, _, err = desk.run("scan", "--engine", "dask")
    assert (code, "tcp://127.0.0.1:9" in err, "Traceback" in err) == (2, True, False), err
