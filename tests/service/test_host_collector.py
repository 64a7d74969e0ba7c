"""The host collector against real OpenSSH servers, and on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors.hosts import HostCollector, open_source, probe_text, session
from collectors.ssh import Target
from normalize.errors import CollectError, DeniedError, TransientError, UnavailableError
from normalize.mapping import observe
from normalize.model import Observation
from tests.servers.sshd import Fleet, Machine, available, fleet, key, prints

pytestmark = pytest.mark.service

FIXTURES = Path(__file__).parents[1] / "fixtures"
GPU = FIXTURES / "host.gpu"
H100, DRIVERLESS, AMD, PLAIN = "127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14"
CUT, GARBAGE, HANGING, NO_SHELL, ENDLESS = "127.0.0.15", "127.0.0.16", "127.0.0.17", "127.0.0.18", "127.0.0.19"
DOCKER, DOCKER_DENIED = "127.0.0.20", "127.0.0.21"
KINDS = [k.name for k in HostCollector("x", ()).kinds()]

_DENIED = "echo 'permission denied while trying to connect to the Docker daemon socket' >&2; exit 1"
_DOCKER = f"""case $1 in
ps) case " $* " in *" --quiet "*) echo 4f1c; exit ;; esac
    {prints(FIXTURES / "host.container/docker-ps.jsonl")} ;;
inspect) {prints(FIXTURES / "host.container/docker-inspect.jsonl")} ;;
esac"""
MACHINES = [
    Machine(H100, {"nvidia-smi": prints(GPU / "h100x8-v12.xml")}),
    Machine(DRIVERLESS, {"nvidia-smi": prints(GPU / "driver-error.txt", 9)}),
    Machine(AMD, {"rocm-smi": prints(GPU / "mi300x8-rocm62.json")}),
    Machine(PLAIN),
    Machine(CUT, force="sh -s | head -c 2500; kill -9 $PPID"),
    Machine(GARBAGE, force="cat >/dev/null; head -c 5000 /dev/urandom; echo 'This account is not available.'"),
    Machine(HANGING, {"nvidia-smi": "exec sleep 15"}),
    Machine(NO_SHELL, force="cat >/dev/null; echo 'sh: command not found' >&2; exit 127"),
    Machine(ENDLESS, force="exec timeout 20 cat /dev/zero"),
    Machine(DOCKER, {"docker": _DOCKER}),
    Machine(DOCKER_DENIED, {"docker": _DENIED}),
]


def required(program: str, found: bool) -> None:
    """Skip where a program is missing; in CI nothing may be missing."""
    if not found:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{program} is not installed")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    required("openssh-server", available())
    with fleet(tmp_path_factory.mktemp("sshd"), MACHINES) as running:
        yield running


def listed(collector: HostCollector, name: str, address: str | None = None) -> list[Observation]:
    kind = next(k for k in collector.kinds() if k.name == name)
    return [
        observe(raw, kind)
        for scope in collector.scopes(kind)
        if address is None or scope.account.startswith(address + ":")
        for raw in collector.collect(kind, scope)
    ]


def opened(lab: Fleet, *addresses: str, **changes: str) -> HostCollector:
    return open_source(lab.settings(*addresses, **changes), clock=lambda: datetime(2026, 11, 24, tzinfo=UTC))


def test_many_hosts_are_read_at_once_each_with_its_own_devices(lab: Fleet) -> None:
    collector = opened(lab, H100, AMD, PLAIN)
    with ThreadPoolExecutor(8) as pool:
        gpus = {a: pool.submit(listed, collector, "host.gpu", a) for a in (H100, AMD, PLAIN)}
        machines = {a: pool.submit(listed, collector, "host.machine", a) for a in (H100, AMD, PLAIN)}
    assert {a: len(f.result()) for a, f in gpus.items()} == {H100: 8, AMD: 8, PLAIN: 0}
    assert {a: f.result()[0].resource.attributes["accelerator_count"] for a, f in machines.items()} == {
        H100: 8,
        AMD: 8,
        PLAIN: 0,
    }


def test_a_host_is_asked_once_for_all_its_kinds(lab: Fleet) -> None:
    def logins() -> int:
        return (lab.directory / "sshd.log").read_text(errors="replace").count("Accepted publickey")

    collector = opened(lab, PLAIN)
    before = logins()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: attempt(collector, name), KINDS))
    assert logins() - before == 1


def attempt(collector: HostCollector, name: str) -> list[Observation] | CollectError:
    try:
        return listed(collector, name)
    except CollectError as error:
        return error


def test_a_host_key_that_is_not_known_is_denied(lab: Fleet, tmp_path: Path) -> None:
    empty = tmp_path / "known_hosts"
    empty.touch()
    for known in (empty, tmp_path / "missing"):
        with pytest.raises(DeniedError) as raised:
            listed(opened(lab, PLAIN, known_hosts=str(known)), "host.machine")
        assert raised.value.needs


def test_a_host_key_that_changed_is_denied(lab: Fleet, tmp_path: Path) -> None:
    other = Path(f"{key(tmp_path, 'other')}.pub").read_text().split()[:2]
    changed = tmp_path / "known_hosts"
    changed.write_text(f"[{PLAIN}]:{lab.port} {' '.join(other)}\n")
    with pytest.raises(DeniedError):
        listed(opened(lab, PLAIN, known_hosts=str(changed)), "host.machine")


def test_a_key_that_is_not_admitted_is_denied(lab: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    for identity in (key(tmp_path, "stranger"), tmp_path / "missing"):
        with pytest.raises(DeniedError) as raised:
            listed(opened(lab, PLAIN, identity_file=str(identity)), "host.machine")
        assert raised.value.needs


def test_a_host_that_does_not_listen_is_not_empty(lab: Fleet) -> None:
    settings = lab.settings(PLAIN)
    closed = open_source(settings | {"hosts": [f"{PLAIN}:1"]})
    for name in KINDS:
        with pytest.raises(TransientError):
            listed(closed, name)


def test_a_cut_session_is_never_complete(lab: Fleet) -> None:
    collector = opened(lab, CUT)
    found = {name: attempt(collector, name) for name in KINDS}
    assert {n: type(f) for n, f in found.items() if n in ("host.gpu", "host.mount", "host.container")} == {
        "host.gpu": TransientError,
        "host.mount": TransientError,
        "host.container": TransientError,
    }


@pytest.mark.parametrize("address", [GARBAGE, NO_SHELL])
def test_what_does_not_run_the_probe_is_an_error(lab: Fleet, address: str) -> None:
    collector = opened(lab, address)
    found = [attempt(collector, name) for name in KINDS]
    assert all(isinstance(f, CollectError) and not isinstance(f, UnavailableError) for f in found)


def test_a_host_that_never_stops_printing_is_bounded(lab: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "OUTPUT_LIMIT", 1 << 20)
    with pytest.raises(CollectError, match="printed more than"):
        listed(opened(lab, ENDLESS), "host.machine")


def test_a_tool_that_hangs_costs_its_kinds_and_no_others(lab: Fleet) -> None:
    collector = HostCollector("lab", session.targets(lab.settings(HANGING)), seconds=4)
    for name in ("host.process", "host.container", "host.mount"):
        assert isinstance(attempt(collector, name), TransientError)
    assert attempt(collector, "host.gpu") == []  # the bus shows no device, whatever the tool does
    assert isinstance(attempt(collector, "host.disk"), list)
    assert isinstance(attempt(collector, "host.listener"), list)


def test_containers_are_listed_or_denied(lab: Fleet) -> None:
    collector = opened(lab, DOCKER, DOCKER_DENIED)
    found = listed(collector, "host.container", DOCKER)
    assert [o.resource.name for o in found] == ["triton", "old-job"]
    with pytest.raises(DeniedError) as raised:
        listed(collector, "host.container", DOCKER_DENIED)
    assert "docker" in raised.value.needs[0]


def test_check_names_what_a_scan_would_not_see(lab: Fleet) -> None:
    blind = {(b.scope.account.split(":")[0], b.kind) for b in opened(lab, H100, DOCKER_DENIED).check()}
    assert (DOCKER_DENIED, "host.container") in blind
    assert (H100, "host.gpu") not in blind


def test_a_driver_error_without_devices_on_the_bus_is_zero_devices(lab: Fleet) -> None:
    (machine,) = listed(opened(lab, DRIVERLESS), "host.machine")
    assert machine.resource.attributes["accelerator_count"] == 0


def test_hosts_come_from_a_file(lab: Fleet, tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.txt"
    hosts.write_text(f"# the lab\n{PLAIN}:{lab.port}  # ours\n\n{H100}:{lab.port}\n")
    collector = open_source(lab.settings(hosts_file=str(hosts)))
    assert [s.account for s in collector.scopes(collector.kinds()[0])] == [f"{PLAIN}:{lab.port}", f"{H100}:{lab.port}"]


def test_two_machines_of_one_image_are_not_folded_into_one(lab: Fleet) -> None:
    collector = opened(lab, PLAIN)
    (machine,) = listed(collector, "host.machine")
    with pytest.raises(CollectError, match="another machine"):
        collector._claim(str(machine.resource.native_id), "another-boot", "10.0.0.9:22")


def test_this_machine_is_read_without_ssh() -> None:
    collector = open_source({"name": "here", "local": True})
    (machine,) = listed(collector, "host.machine")
    values = machine.resource.attributes
    assert values["memory_bytes"] > 0
    assert values["vcpu_count"] == os.cpu_count()
    assert values["kernel_version"] == os.uname().release
    assert any(m.resource.attributes["mount_point"] == "/" for m in listed(collector, "host.mount"))
    assert [
        o.misfits for name in KINDS if isinstance(f := attempt(collector, name), list) for o in f if o.misfits
    ] == []


def test_a_local_probe_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "probe_text", lambda: "sleep 30\n")
    with pytest.raises(CollectError):
        session.run_probe(Target(""), 0.2)


def test_the_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    home.mkdir()
    temporary.mkdir()
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(temporary)}
    done = subprocess.run(
        ["sh", "-s"],
        input=f"STOCKTAKE_NONCE=n\n{probe_text()}",
        cwd=home,
        env=environment,
        text=True,
        capture_output=True,
        check=True,
    )
    assert done.stdout.endswith("@n done 1\n")
    assert done.stderr == ""
    assert [*home.iterdir(), *temporary.iterdir()] == []


@pytest.mark.parametrize("shell", [s for s in ("sh", "dash", "bash", "busybox", "ksh", "mksh") if shutil.which(s)])
def test_the_probe_runs_in_every_posix_shell_that_is_here(shell: str) -> None:
    command = [shell, "sh", "-s"] if shell == "busybox" else [shell, "-s"]
    done = subprocess.run(
        command, input=f"STOCKTAKE_NONCE=n\n{probe_text()}", text=True, capture_output=True, check=True
    )
    assert done.stdout.endswith("@n done 1\n")


def test_the_probe_as_a_forced_command_reads_only_the_nonce(tmp_path: Path) -> None:
    installed = tmp_path / "probe.sh"
    installed.write_text(probe_text())
    text = "STOCKTAKE_NONCE=n\necho something else entirely\n"
    done = subprocess.run(["sh", str(installed)], input=text, text=True, capture_output=True, check=True)
    assert done.stdout.endswith("@n done 1\n")
    assert "something else" not in done.stdout


def test_shellcheck_has_nothing_to_say() -> None:
    shellcheck = Path(sys.executable).with_name("shellcheck")
    script = Path(session.__file__).with_name("probe.sh")
    done = subprocess.run([shellcheck, "--shell=sh", str(script)], capture_output=True, text=True, check=False)
    assert done.stdout == ""


def test_targets_are_each_read_once() -> None:
    found = session.targets({"hosts": ["a", "a:22"], "local": True})
    assert found == (Target(""), replace(Target("a"), port=22))
