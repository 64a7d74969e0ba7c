"""A fleet of hosts out of one real OpenSSH server: every loopback address is a host with commands of its own.

By hand: sshd.py DIRECTORY [ADDRESS…] starts plain hosts and prints how to reach them.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SSHD_PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin"
START_SECONDS = 20
QUIET = Path(__file__).parent / "bin"
"""Hosts that are one machine in truth need not be searched for files each."""


@dataclass(frozen=True)
class Machine:
    """A host. `commands` are shell scripts that stand first on its PATH; `force` replaces whatever a client runs; `lines` are further
    ones of its configuration."""

    address: str
    commands: Mapping[str, str] = field(default_factory=dict)
    force: str | None = None
    lines: Sequence[str] = ()


@dataclass(frozen=True)
class Fleet:
    """Running hosts and what a client needs."""

    port: int
    user: str
    identity_file: Path
    known_hosts: Path
    directory: Path

    def settings(self, *addresses: str, **changes: Any) -> dict[str, Any]:
        """Settings of a host source for some of the hosts."""
        return {
            "name": "lab",
            "hosts": [f"{address}:{self.port}" for address in addresses],
            "user": self.user,
            "identity_file": str(self.identity_file),
            "known_hosts": str(self.known_hosts),
        } | changes


def available() -> bool:
    """Whether OpenSSH's server and key generator are installed."""
    return shutil.which("sshd", path=SSHD_PATH) is not None and shutil.which("ssh-keygen") is not None


def prints(file: Path, status: int = 0) -> str:
    """A command that prints a file and ends with a status."""
    return f"cat '{file.resolve()}'; exit {status}"


def key(directory: Path, name: str) -> Path:
    """A new key pair; the private half's path."""
    path = directory / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)], check=True)
    return path


@contextlib.contextmanager
def fleet(directory: Path, machines: Sequence[Machine], lines: Sequence[str] = ()) -> Iterator[Fleet]:
    """A fleet that lives as long as the context (at most 16 hosts: one server listens on no more).

    Args:
        lines: of the server's configuration, for all hosts.

    Raises:
        RuntimeError: the server ended or does not listen; the message has its log.
    """
    host_key, identity = key(directory, "host_ed25519"), key(directory, "id_ed25519")
    shutil.copy(f"{identity}.pub", directory / "authorized_keys")
    port = _free_port(machines[0].address)
    public = " ".join(Path(f"{host_key}.pub").read_text().split()[:2])
    known = directory / "known_hosts"
    known.write_text("".join(f"[{m.address}]:{port} {public}\n" for m in machines))
    config = directory / "sshd.conf"
    config.write_text(_configuration(directory, host_key, port, machines, lines))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where the server puts its unprivileged half
    program = shutil.which("sshd", path=SSHD_PATH) or "sshd"
    log = directory / "sshd.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [program, "-D", "-e", "-f", str(config)], stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _await(server, machines, port, log)
        yield Fleet(port, getpass.getuser(), identity, known, directory)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(10)


def _configuration(directory: Path, host_key: Path, port: int, machines: Sequence[Machine], more: Sequence[str]) -> str:
    lines = [
        *(f"ListenAddress {m.address}" for m in machines),
        f"Port {port}",
        f"HostKey {host_key}",
        "PidFile none",
        f"AuthorizedKeysFile {directory}/authorized_keys",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "UsePAM no",
        "StrictModes no",
        "PermitRootLogin prohibit-password",
        "MaxStartups 200:30:400",
        "PrintMotd no",
        *more,
    ]
    for machine in machines:
        shims = directory / "hosts" / machine.address
        shims.mkdir(parents=True)
        for name, script in machine.commands.items():
            (shims / name).write_text(f"#!/bin/sh\n{script}\n")
            (shims / name).chmod(0o755)
        lines += [
            f"Match LocalAddress {machine.address}",
            f"  SetEnv PATH={shims}:{QUIET}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ]
        lines += [f"  {line}" for line in machine.lines]
        if machine.force:
            (shims / "force.sh").write_text(f"#!/bin/sh\n{machine.force}\n")
            lines.append(f"  ForceCommand exec sh {shims}/force.sh")
    return "\n".join(lines) + "\n"


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def _await(server: subprocess.Popen[bytes], machines: Sequence[Machine], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    waiting = [m.address for m in machines]
    while waiting and time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection((waiting[0], port), timeout=1).close()
            waiting.pop(0)
        except OSError:
            time.sleep(0.05)
    if waiting:
        raise RuntimeError(f"sshd does not listen on {waiting}: {log.read_text(errors='replace')[-2000:]}")


if __name__ == "__main__":
    home = Path(sys.argv[1]).resolve()
    home.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with fleet(home, [Machine(a) for a in sys.argv[2:] or ["127.0.0.2"]]) as up:
        print(f"ssh -p {up.port} -i {up.identity_file} -o UserKnownHostsFile={up.known_hosts} 127.0.0.2", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
