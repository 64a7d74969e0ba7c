"""Ways to log in, against a real OpenSSH server: through other machines, by an agent, by certificates."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collectors import ssh
from collectors.hosts import open_source, session
from normalize.errors import DeniedError, TransientError
from tests.servers.sshd import Fleet, Machine, available, fleet, key
from tests.service.test_host_collector import required

pytestmark = pytest.mark.service

INNER, JUMP, SECOND, CLOSED = "127.0.0.41", "127.0.0.42", "127.0.0.43", "127.0.0.44"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    required("openssh-server", available())
    return key(tmp_path_factory.mktemp("authority"), "ca")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, authority: Path) -> Iterator[Fleet]:
    """Four hosts that take the fleet's key, and any key that the authority signed; one forwards nothing."""
    machines = [Machine(INNER), Machine(JUMP), Machine(SECOND), Machine(CLOSED, lines=("AllowTcpForwarding no",))]
    with fleet(tmp_path_factory.mktemp("sshd"), machines, [f"TrustedUserCAKeys {authority}.pub"]) as running:
        yield running


@pytest.fixture(autouse=True)
def _nobodys_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def said(settings: dict[str, Any], script: str = "echo $SSH_CONNECTION") -> str:
    """What a script prints on the one host of a source."""
    (where,) = session.targets(settings)
    output = bytearray()
    ssh.run(where, script.encode(), 20, output.extend)
    return output.decode().strip()


def logins(lab: Fleet) -> int:
    return (lab.directory / "sshd.log").read_text(errors="replace").count("Accepted publickey")


def signed(authority: Path, directory: Path, *options: str) -> Path:
    """A new key with a certificate; the key alone is admitted nowhere."""
    private = key(directory, "signed")
    names = ["-I", "test", "-n", getpass.getuser(), *options]
    subprocess.run(["ssh-keygen", "-q", "-s", str(authority), *names, f"{private}.pub"], check=True)
    return private


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An SSH agent without keys; its socket."""
    required("ssh-agent", shutil.which("ssh-agent") is not None)
    socket = Path("/tmp") / f"agent-{os.getpid()}-{tmp_path.name[-8:]}"  # a socket's path is short
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            if socket.exists():
                break
            time.sleep(0.02)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        yield socket
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        socket.unlink(missing_ok=True)


def without_key(lab: Fleet, *addresses: str, **changes: Any) -> dict[str, Any]:
    return {k: v for k, v in lab.settings(*addresses, **changes).items() if k != "identity_file"}


@pytest.mark.parametrize("jumps", [[JUMP], [JUMP, SECOND]])
def test_a_machine_behind_others_is_reached_through_each_of_them(lab: Fleet, jumps: list[str]) -> None:
    before = logins(lab)
    through = [f"{lab.user}@{address}:{lab.port}" for address in jumps]
    answer = said(lab.settings(INNER, jump_hosts=through))
    assert answer.split()[2:] == [INNER, str(lab.port)]
    assert logins(lab) - before == len(jumps) + 1


def test_a_machine_behind_another_is_read_whole(lab: Fleet) -> None:
    collector = open_source(lab.settings(INNER, jump_hosts=[f"{JUMP}:{lab.port}"]))
    kind = next(k for k in collector.kinds() if k.name == "host.machine")
    (record,) = collector.collect(kind, next(iter(collector.scopes(kind))))
    assert record.scope.account == f"{INNER}:{lab.port}"


def test_a_jump_host_that_is_not_known_is_denied_by_its_own_name(lab: Fleet, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    lines = lab.known_hosts.read_text().splitlines(keepends=True)
    known.write_text("".join(line for line in lines if JUMP not in line))
    with pytest.raises(DeniedError, match=f"jump host {JUMP}") as raised:
        said(lab.settings(INNER, jump_hosts=[f"{JUMP}:{lab.port}"], known_hosts=str(known)))
    assert JUMP in raised.value.needs[0]


def test_a_jump_host_that_forwards_nothing_or_is_down_is_not_an_empty_machine(lab: Fleet) -> None:
    for through in (f"{CLOSED}:{lab.port}", f"{JUMP}:1"):
        with pytest.raises(TransientError):
            said(lab.settings(INNER, jump_hosts=[through]))


def test_the_inner_host_key_is_verified_too(lab: Fleet, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text("".join(line for line in lab.known_hosts.read_text().splitlines(keepends=True) if JUMP in line))
    with pytest.raises(DeniedError, match="host key cannot be verified") as raised:
        said(lab.settings(INNER, jump_hosts=[f"{JUMP}:{lab.port}"], known_hosts=str(known)))
    assert INNER in raised.value.needs[0]


def test_an_agent_holds_the_key(lab: Fleet, agent: Path) -> None:
    settings = without_key(lab, INNER, jump_hosts=[f"{JUMP}:{lab.port}"])
    with pytest.raises(DeniedError):
        said(settings)
    subprocess.run(["ssh-add", "-q", str(lab.identity_file)], check=True, capture_output=True)
    assert said(settings).split()[2] == INNER


def test_an_agent_is_not_forwarded(lab: Fleet, agent: Path) -> None:
    subprocess.run(["ssh-add", "-q", str(lab.identity_file)], check=True, capture_output=True)
    assert said(without_key(lab, INNER), "echo agent=$SSH_AUTH_SOCK") == "agent="


def test_a_certificate_admits_a_key_that_no_host_lists(lab: Fleet, authority: Path, tmp_path: Path) -> None:
    private = signed(authority, tmp_path, "-V", "+1h")
    certificate = Path(f"{private}-cert.pub").rename(
        tmp_path / "given.pub"
    )  # beside the key it would be found by itself
    with pytest.raises(DeniedError):
        said(lab.settings(INNER, identity_file=str(private)))
    settings = lab.settings(INNER, identity_file=str(private), certificate_file=str(certificate))
    assert said(settings).split()[2] == INNER


@pytest.mark.parametrize("options", [("-V", "20200101:20200102"), ("-V", "+1h", "-O", "source-address=192.0.2.1")])
def test_a_certificate_that_does_not_hold_is_denied(
    lab: Fleet, authority: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    private = signed(authority, tmp_path, *options)
    settings = lab.settings(INNER, identity_file=str(private), certificate_file=f"{private}-cert.pub")
    with pytest.raises(DeniedError) as raised:
        said(settings)
    assert raised.value.needs


def test_an_agent_holds_the_certificate(lab: Fleet, agent: Path, authority: Path, tmp_path: Path) -> None:
    private = signed(authority, tmp_path, "-V", "+1h")
    subprocess.run(["ssh-add", "-q", str(private)], check=True, capture_output=True)
    assert said(without_key(lab, INNER)).split()[2] == INNER


def test_an_authority_vouches_for_hosts(authority: Path, tmp_path: Path) -> None:
    """A host's certificate is taken where known_hosts names the authority, and not for another name."""
    mine = tmp_path / "host"
    subprocess.run(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", str(mine)], check=True)
    names = ["-I", "host", "-h", "-n", SECOND, "-V", "+1h"]
    subprocess.run(["ssh-keygen", "-q", "-s", str(authority), *names, f"{mine}.pub"], check=True)
    known = tmp_path / "authorities"
    known.write_text(f"@cert-authority * {' '.join(Path(f'{authority}.pub').read_text().split()[:2])}\n")
    (tmp_path / "sshd").mkdir()
    lines = [f"HostKey {mine}", f"HostCertificate {mine}-cert.pub"]
    with fleet(tmp_path / "sshd", [Machine(SECOND), Machine(CLOSED)], lines) as up:
        assert said(up.settings(SECOND, known_hosts=str(known))).split()[2] == SECOND
        with pytest.raises(DeniedError):
            said(up.settings(CLOSED, known_hosts=str(known)))
