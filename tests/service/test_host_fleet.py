"""Fifty machines in one scan: those that answer are complete, whatever the others do, and each of those says what it did."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.frames import Report, parse
from collectors.hosts import HostCollector, open_source, probe_text
from collectors.ssh import Target
from discovery.scans import open_reader, scan_into
from normalize.errors import CollectError, TransientError
from tests.servers import ssh_fleet, sshd
from tests.service.test_host_collector import required
from tests.unit.test_host_bundles import NONCE, framed

pytestmark = pytest.mark.service

XML = (Path(__file__).parents[1] / "fixtures/host.gpu/t4-v13.xml").read_text()
CONTAINERS = (Path(__file__).parents[1] / "fixtures/host.container/docker-ps.jsonl").read_text()
SCRIPTED = [f"127.1.0.{n}" for n in range(1, 41)]
REFUSING = ["127.1.1.1", "127.1.1.2", "127.1.1.3"]
SILENT, HANGING, CHANGED, GARBAGE, WINDOWS = "127.1.2.1", "127.1.2.2", "127.1.2.3", "127.1.2.4", "127.1.2.5"
REAL = ["127.0.0.31", "127.0.0.32", "127.0.0.33"]
PYTHONLESS = REAL[0]


def printed(number: int) -> str:
    """What the probe prints on one of many machines, each with its own id, name and device."""
    sections = framed(
        facts=f"hostname=gpu{number:03}\nsystem=Linux\narch=x86_64\nmachine_id={number:032x}\nboot_id=b{number}\nuser=s\n",
        nvidia_smi=XML.replace("c3d21c19", f"{number:08x}").replace("1560921009999", f"15609210{number:05}"),
        docker=CONTAINERS,
        docker_images="",
        lsblk='{"blockdevices": []}',
    )
    return sections.replace(f"@{NONCE} ", "@NONCE ") + "@NONCE done 1\n"


@pytest.fixture(scope="module")
def scanned(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """(coverage, resources) of one scan of all fifty."""
    required("openssh-server", sshd.available())
    directory = tmp_path_factory.mktemp("fleet")
    answers: dict[str, ssh_fleet.Answer] = {a: ssh_fleet.prints(printed(n)) for n, a in enumerate(SCRIPTED, 1)}
    answers |= {HANGING: ssh_fleet.hangs, GARBAGE: ssh_fleet.garbage, CHANGED: ssh_fleet.prints(printed(99))}
    (directory / "sshd").mkdir()
    ids = {a: f"{n:032x}" for n, a in enumerate(REAL, 200)}
    machines = [
        sshd.Machine(a, {"python3": "exit 127", "python": "exit 127"} if a == PYTHONLESS else {}, force=_forced(ids[a]))
        for a in REAL
    ]
    with (
        ssh_fleet.hosts(directory, answers, silent=(SILENT,), changed=(CHANGED,)) as scripted,
        sshd.fleet(directory / "sshd", machines) as real,
    ):
        sources = [
            scripted.settings(*SCRIPTED, *REFUSING, CHANGED, GARBAGE),
            scripted.settings(SILENT, HANGING, name="slow", timeout_seconds=3.0),
            real.settings(*REAL, name="real"),
        ]
        url = f"sqlite:///{directory / 'fleet.db'}"
        collectors = [open_source(s) for s in sources]
        scan_into(url, collectors, facts=[{"name": s["name"], "type": "host"} for s in sources])
    with open_reader(url) as reader:
        yield list(reader.coverage()), list(reader.resources())


def _forced(machine_id: str) -> str:
    """Run the probe that is sent, on a machine that has an id of its own."""
    return f"sh -s | sed -e 's/^\\(.*machine_id\\)=.*/\\1={machine_id}/' -e 's/^boot_id=.*/boot_id=x/'"


def outcomes(coverage: list[dict[str, Any]]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for row in coverage:
        found.setdefault(row["account"].partition(":")[0], Counter())[row["outcome"]] += 1
    return found


def reasons(coverage: list[dict[str, Any]], address: str) -> set[str]:
    return {row["reason"] for row in coverage if row["account"].startswith(f"{address}:")}


def test_forty_three_of_fifty_are_complete(scanned: Any) -> None:
    found = outcomes(scanned[0])
    whole = {address for address, seen in found.items() if set(seen) <= {"complete", "unavailable"}}
    assert len(found) == 50
    assert whole == {*SCRIPTED, *REAL}
    assert all(found[address]["complete"] >= 10 for address in whole)


@pytest.mark.parametrize(
    ("address", "outcome", "words"),
    [
        *((address, "failed", "Connect call failed") for address in REFUSING),
        (SILENT, "failed", "cannot be reached"),
        (HANGING, "failed", "ended without a word"),
        (CHANGED, "denied", "host key cannot be verified"),
        (GARBAGE, "failed", "no POSIX shell ran the probe"),
    ],
)
def test_each_of_the_others_says_what_it_did(scanned: Any, address: str, outcome: str, words: str) -> None:
    coverage = scanned[0]
    assert set(outcomes(coverage)[address]) == {outcome}
    assert len(said := reasons(coverage, address)) == 1
    assert words in said.pop()


def test_no_machine_is_taken_for_another(scanned: Any) -> None:
    resources = scanned[1]
    machines = {r["id"] for r in resources if r["kind"] == "host.machine"}
    gpus = [r["id"] for r in resources if r["kind"] == "host.gpu"]
    assert len(machines) == 43
    assert len(gpus) == len(set(gpus)) == 40


def test_no_look_waits_for_a_machine_that_hangs() -> None:
    collector = HostCollector("fleet", [Target("slow"), Target("quick")])
    released = threading.Event()

    def waits() -> tuple[Report, datetime]:
        released.wait(60)
        raise TransientError("gone")

    slow, quick = collector._hosts.values()
    slow.probe = waits
    quick.probe = lambda: (parse(printed(1).replace("@NONCE", "@n"), "n"), datetime.now(UTC))
    kinds = collector.kinds()
    planned = collector.plan(kinds)
    first = [next(planned).scope.account for _ in kinds]
    released.set()
    assert first == ["quick:22"] * len(kinds)
    assert [p.scope.account for p in planned] == ["slow:22"] * len(kinds)


def test_what_was_read_of_a_machine_is_forgotten_after_its_last_look() -> None:
    collector = HostCollector("fleet", [Target("one")])
    (host,) = collector._hosts.values()
    host.probe = lambda: (parse(printed(1).replace("@NONCE", "@n"), "n"), datetime.now(UTC))
    looks = list(collector.plan(collector.kinds()))
    for look in looks:
        assert host.outcome is not None
        with suppress(CollectError):
            list(collector.collect(look.kind, look.scope))  # type: ignore[arg-type]
    assert host.outcome is None


def test_the_probe_needs_no_python() -> None:
    code = "\n".join(line for line in probe_text().splitlines() if not line.lstrip().startswith("#"))
    assert not [line for line in code.splitlines() if line.split()[:1] in (["python"], ["python3"])]


def test_windows_is_said_to_be_windows(tmp_path: Path) -> None:
    with ssh_fleet.hosts(tmp_path, {WINDOWS: ssh_fleet.windows}) as fleet:
        collector = open_source(fleet.settings(WINDOWS))
        kind = collector.kinds()[0]
        with pytest.raises(Exception, match="Windows is not supported yet"):
            list(collector.collect(kind, next(iter(collector.scopes(kind)))))
