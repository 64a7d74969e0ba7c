"""Machines, over SSH or this one: hardware, accelerators, disks, mounts, containers, sockets. Agentless.

One portable probe a machine and scan, sent on standard input; it needs no root and leaves nothing behind. Refuses to
change a machine, to read the environment of its processes, and to trust a host key that known_hosts does not have.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from collectors import ssh
from collectors.contract import Blindness, Planned, plan_each
from collectors.frames import Report
from collectors.hosts import session, system
from collectors.hosts.kinds import KINDS, Reading, stamp
from collectors.hosts.session import PROBE_SECONDS, probe_text
from collectors.ssh import Target
from normalize.errors import CollectError
from normalize.model import Kind, RawRecord, Scope

__all__ = ["HostCollector", "kind_rows", "open_source", "probe_text"]


def _now() -> datetime:
    return datetime.now(UTC)


def kind_rows() -> Sequence[Kind]:
    """Every kind of this provider."""
    return KINDS


def open_source(settings: Mapping[str, Any], *, clock: Callable[[], datetime] = _now) -> HostCollector:
    """Open configured machines; reaches a machine when its first kind is read.

    Args:
        settings: name; hosts ("HOST[:PORT]") and hosts_file (one a line, # begins a comment), user, identity_file,
            known_hosts; local for this machine.

    Raises:
        ConfigError: a host name is malformed, or hosts_file cannot be read.
        ModuleNotFoundError: the extra "host" is not installed.
    """
    import asyncssh  # noqa: F401  a missing extra shows here, not in the middle of a scan
    import defusedxml  # noqa: F401

    return HostCollector(str(settings["name"]), session.targets(settings), clock)


@dataclass
class _Host:
    """One machine and what its one probe gave."""

    target: Target
    lock: threading.Lock = field(default_factory=threading.Lock)
    outcome: tuple[Report, str] | CollectError | None = None
    seen_at: datetime | None = None


class HostCollector:
    """Machines of one source. A scope is a machine; its account and place are the configured address."""

    provider = "host"
    spreads = False

    def __init__(
        self,
        source: str,
        targets: Sequence[Target],
        clock: Callable[[], datetime] = _now,
        seconds: float = PROBE_SECONDS,
    ) -> None:
        self.source = source
        self._hosts = {t.address: _Host(t) for t in targets}
        self._clock = clock
        self._seconds = seconds
        self._boots: dict[str, tuple[str, str]] = {}
        self._boots_lock = threading.Lock()

    def kinds(self) -> Sequence[Kind]:
        return KINDS

    def plan(self, kinds: Sequence[Kind]) -> Iterator[Planned]:
        return plan_each(self, kinds)

    def scopes(self, kind: Kind) -> Iterable[Scope]:
        return [Scope("host", address, address) for address in self._hosts]

    def unavailable(self, kind: Kind, scope: Scope) -> CollectError | None:
        return None

    def collect(self, kind: Kind, scope: Scope) -> Iterator[RawRecord]:
        """Records of a kind on one machine; the first kind runs the probe, the others read its report.

        Raises:
            CollectError: the machine could not be read, or not that part of it.
        """
        host = self._hosts[scope.account]
        report, machine = self._report(host)
        reading: Reading = kind.fetch
        for payload, gaps in reading.read(report):
            stamped = stamp(payload, machine, host.target.host)
            yield RawRecord(kind.name, scope, stamped, self.source, reading.call, host.seen_at or self._clock(), gaps)

    def _report(self, host: _Host) -> tuple[Report, str]:
        with host.lock:
            if host.outcome is None:
                try:
                    host.seen_at = self._clock()
                    report = session.run_probe(host.target, self._seconds)
                    known = system.facts(report["facts"].output())
                    machine = system.machine_id(known)
                    self._claim(machine, known.get("boot_id", ""), host.target.address)
                    host.outcome = (report, machine)
                except CollectError as error:
                    host.outcome = error
            outcome = host.outcome
        if isinstance(outcome, CollectError):
            # The failure is raised once a kind, maybe on several threads: each gets an error of its own.
            raise type(outcome)(str(outcome), call=outcome.call, needs=outcome.needs, code=outcome.code)
        return outcome

    def _claim(self, machine: str, boot: str, address: str) -> None:
        """Refuse to fold two machines into one: copies of an image may share their machine id."""
        with self._boots_lock:
            other_boot, other = self._boots.setdefault(machine, (boot, address))
        if boot != other_boot:
            raise CollectError(
                f"machine id {machine} is also that of {other}, another machine; both come from one image",
                needs=(f"a machine id of its own for {address}: empty /etc/machine-id, then systemd-machine-id-setup",),
            )

    def classify(self, error: Exception) -> CollectError | None:
        return ssh.classify(error)

    def limit_key(self, kind: Kind, scope: Scope) -> str:
        return f"host:{scope.account}"

    def check(self) -> Iterator[Blindness]:
        """Run the probe, which changes nothing, and read every kind out of it."""
        for kind in KINDS:
            for scope in self.scopes(kind):
                found: dict[tuple[type, str, tuple[str, ...]], CollectError] = {}
                try:
                    for record in self.collect(kind, scope):
                        found |= {(type(gap), gap.call, gap.needs): gap for gap in record.gaps}
                except CollectError as error:
                    found[type(error), error.call, error.needs] = error
                yield from (Blindness(kind.name, scope, error) for error in found.values())

    def close(self) -> None:
        """Forget what was read; connections end with their probe."""
        for host in self._hosts.values():
            host.outcome = None
        self._boots.clear()
