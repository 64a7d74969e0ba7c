"""A scan through its hardships: denial, a dead server, deletion at the source, kill -9 at any moment."""

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journey.desk import ROOT, Desk, loaded

RECORDING = ROOT / "tests" / "fixtures" / "kubernetes-train"


def kubernetes(kubeconfig: str) -> str:
    return f'type = "kubernetes"\nname = "train"\nkubeconfig = "{kubeconfig}"'


@pytest.fixture
def replay() -> Iterator[Any]:
    server = loaded("kubernetes_replay").Replay(RECORDING)
    with server:
        yield server


def test_denied_kinds_keep_their_records_and_name_what_they_need(tmp_path: Path, replay: Any) -> None:
    desk = Desk(tmp_path / "desk")
    desk.configure(kubernetes(replay.write_kubeconfig(str(tmp_path / "kubeconfig"))))
    desk.run("scan")
    before = {r["id"] for r in desk.rows("resources", "--kind", "k8s.secret")}
    replay.deny = frozenset({"secrets"})
    code, _, err = desk.run("scan")
    after = {r["id"] for r in desk.rows("resources", "--kind", "k8s.secret") if "gone_at" not in r}
    denied = desk.rows("coverage", "--kind", "k8s.secret")
    gaps = desk.rows("gaps", "--code", "coverage-denied")
    assert (code, len(before) > 0, after) == (3, True, before), err
    assert [c["outcome"] for c in denied] == ["denied"]
    assert denied[0]["needs"]
    assert any(need in json.dumps(gap) for gap in gaps for need in denied[0]["needs"])


def test_what_was_deleted_at_the_source_is_gone_only_after_a_complete_look(tmp_path: Path, replay: Any) -> None:
    desk = Desk(tmp_path / "desk")
    desk.configure(kubernetes(replay.write_kubeconfig(str(tmp_path / "kubeconfig"))))
    desk.run("scan")
    path = "/api/v1/services"
    lost = replay.recording.parsed(path)["items"].pop(0)
    desk.run("scan")
    gone = [r for r in desk.rows("resources", "--kind", "k8s.service") if r.get("gone_at")]
    assert [(r["name"], r["id"].rsplit("/", 2)[1]) for r in gone] == [
        (lost["metadata"]["name"], lost["metadata"]["namespace"])
    ]


def test_a_second_scan_of_the_same_database_says_so_and_stops(tmp_path: Path, replay: Any) -> None:
    replay.latency = 0.1
    desk = Desk(tmp_path / "desk")
    desk.configure(kubernetes(replay.write_kubeconfig(str(tmp_path / "kubeconfig"))))
    first = desk.start("scan", "--workers", "1")
    deadline = time.monotonic() + 30
    while not replay.requests and time.monotonic() < deadline:
        time.sleep(0.1)
    code, _, err = desk.run("scan")
    first.kill()
    first.communicate()
    assert (code, "is writing to this database" in err, "Traceback" in err) == (2, True, False), err


def test_sigterm_ends_a_scan_in_order_and_resume_completes_it(tmp_path: Path, replay: Any) -> None:
    replay.latency = 0.05
    desk = Desk(tmp_path / "desk")
    desk.configure(kubernetes(replay.write_kubeconfig(str(tmp_path / "kubeconfig"))))
    process = desk.start("scan", "--workers", "2")
    deadline = time.monotonic() + 30
    while len(replay.requests) < 40 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, "Traceback" in err) == (3, False), err
    assert [r["status"] for r in desk.rows("runs")] == ["interrupted"]
    code, _, err = desk.run("scan", "--resume")
    assert code in (0, 3), err
    assert [r["status"] for r in desk.rows("runs")] == ["complete"]


def test_kill_9_at_ten_random_moments_then_resume_gives_the_same_inventory(tmp_path: Path, replay: Any) -> None:
    replay.latency = 0.01
    kubeconfig = kubernetes(replay.write_kubeconfig(str(tmp_path / "kubeconfig")))
    calm = Desk(tmp_path / "calm")
    calm.configure(kubeconfig)
    began = time.monotonic()
    code, _, err = calm.run("scan")
    span = time.monotonic() - began
    assert code in (0, 3), err
    expected = calm.inventory()
    chance = random.Random(20261124)
    killed = 0
    desk = Desk(tmp_path / "killed")
    desk.configure(kubeconfig)
    process = desk.start("scan")
    for _ in range(10):
        time.sleep(chance.uniform(0.3, 0.9) * span / 3)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            killed += 1
        process.communicate()
        process = desk.start("scan", *(["--resume"] if desk.has_runs() else []))
    process.communicate(timeout=180)
    statuses = [r["status"] for r in desk.rows("runs")] if (desk.folder / "stocktake.db").exists() else []
    if "complete" not in statuses:
        desk.run("scan", "--resume")
    assert killed > 0
    assert desk.inventory() == expected


def test_the_agent_resumes_what_a_crash_cut_short_and_answers_sigterm(tmp_path: Path, replay: Any) -> None:
    replay.latency = 0.05
    desk = Desk(tmp_path / "desk")
    desk.configure(kubernetes(replay.write_kubeconfig(str(tmp_path / "kubeconfig"))))
    toml = desk.folder / "stocktake.toml"
    toml.write_text(
        toml.read_text() + '[[schedule]]\nname = "yearly"\ncron = "0 3 1 1 *"\ntimezone = "Europe/Berlin"\n'
    )
    crashed = desk.start("scan", "--workers", "2")
    _until(lambda: len(replay.requests) > 40)
    os.killpg(crashed.pid, signal.SIGKILL)
    crashed.communicate()
    asked = len(replay.requests)
    agent = desk.start("agent", "--listen", "")
    _until(lambda: len(replay.requests) > asked + 40)
    agent.send_signal(signal.SIGTERM)
    agent.communicate(timeout=20)
    assert (agent.returncode, [r["status"] for r in desk.rows("runs")]) == (0, ["interrupted"])
    again = desk.start("agent", "--listen", "")
    _until(lambda: [r["status"] for r in desk.rows("runs")] == ["complete"])
    again.send_signal(signal.SIGTERM)
    again.communicate(timeout=20)
    assert (again.returncode, len(desk.rows("coverage")) > 100) == (0, True)


def _until(condition: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.1)
