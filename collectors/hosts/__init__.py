"""Machines, over SSH or this one: hardware, accelerators, disks, mounts, containers, sockets. Agentless.

One portable probe a machine and scan, sent on standard input; it needs no root and leaves nothing behind. Refuses to
change a machine, to read the environment of its processes, and to trust a host key that known_hosts does not have.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from collectors import ssh
from collectors.contract import Blindness, CutShortError, Planned
from collectors.frames import Report
from collectors.hosts import bundle, session, system
from collectors.hosts.bundle import BundleError
from collectors.hosts.kinds import KINDS, Reading, stamp
from collectors.hosts.session import PROBE_SECONDS, probe_text, write_bundle
from collectors.ssh import Target
from normalize.errors import MISSHAPEN, CollectError, ConfigError
from normalize.model import Kind, RawRecord, Scope

__all__ = ["READS", "HostCollector", "kind_rows", "open_files", "open_source", "probe_text", "sniff", "write_bundle"]


MOST_RECORDS = 20_000
"""Records of a kind that are taken from one machine."""
AT_ONCE = 32
"""Machines that are asked at a time."""


def _now() -> datetime:
    return datetime.now(UTC)


def _must_be_supported(known: Mapping[str, str]) -> None:
    """Raises CollectError for a system whose facts the probe does not read, such as Windows with a shell of Cygwin."""
    system = known.get("system", "Linux")
    if system != "Linux":
        windows = system.upper().startswith(("CYGWIN", "MINGW", "MSYS", "WINDOWS"))
        word = f"Windows ({system})" if windows else system
        raise CollectError(f"{word} is not supported yet: only Linux is read", call="facts", code=system)


def _reached(where: Target, seconds: float, clock: Callable[[], datetime]) -> tuple[Report, datetime]:
    began = clock()
    return session.run_probe(where, seconds), began


def kind_rows() -> Sequence[Kind]:
    """Every kind of this provider."""
    return KINDS


def open_source(settings: Mapping[str, Any], *, clock: Callable[[], datetime] = _now) -> HostCollector:
    """Open configured machines; reaches a machine when its first kind is read.

    Args:
        settings: name; hosts ("HOST[:PORT]") and hosts_file (one a line, # begins a comment), user, identity_file,
            known_hosts; local for this machine; timeout_seconds for each.

    Raises:
        ConfigError: a host name is malformed, or hosts_file cannot be read.
        ModuleNotFoundError: the extra "host" is not installed.
    """
    import asyncssh  # noqa: F401  a missing extra shows here, not in the middle of a scan
    import defusedxml  # noqa: F401

    seconds = float(settings.get("timeout_seconds") or PROBE_SECONDS)
    return HostCollector(str(settings["name"]), session.targets(settings), clock, seconds)


def _as_read(path: Path, digest: str) -> tuple[Report, datetime]:
    """What a bundle tells that was read before: many are looked through first, and none is kept in memory."""
    try:
        found = bundle.read(path)
    except OSError as error:
        raise CollectError(f"{path} cannot be read any more: {error.strerror}", call=str(path)) from None
    if found.digest != digest:
        raise CollectError(f"{path} was changed while it was imported", call=str(path))
    return found.report, found.seen_at


READS = "what the probe wrote on a machine (`stocktake probe`)"
BUNDLES = "host-bundles"
"""The source under which imported machines stand."""


def sniff(path: Path) -> str:
    """Why a file is no bundle; "" where it begins like one."""
    with path.open("rb") as file:
        return bundle.why_not(file.read(bundle.HEAD_BYTES))


def open_files(paths: Sequence[Path]) -> Sequence[HostCollector]:
    """Machines of which the files are bundles.

    Raises:
        ConfigError: one is damaged, or larger or deeper than any probe writes; nothing of any is taken.
    """
    try:
        return [HostCollector.of_bundles(BUNDLES, paths)]
    except BundleError as error:
        raise ConfigError(str(error)) from None


@dataclass
class _Host:
    """One machine and what its one probe gave.

    Attributes:
        address: under which others may know it; "" where it was not reached by one.
        probe: what the probe printed, and when it began.
        looks: how many planned looks there are still to come; after the last one the report is forgotten.
    """

    scope: Scope
    address: str
    probe: Callable[[], tuple[Report, datetime]]
    lock: threading.Lock = field(default_factory=threading.Lock)
    outcome: tuple[Report, str, datetime] | CollectError | None = None
    looks: int = 0

    def end_look(self) -> None:
        with self.lock:
            if self.looks:
                self.looks -= 1
                if not self.looks:
                    self.outcome = None


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
        self._hosts = {
            t.address: _Host(Scope("host", t.address, t.address), t.host, partial(_reached, t, seconds, clock))
            for t in targets
        }
        self.told_at: dict[str, datetime] = {}
        """When bundles were made, by account; empty where machines are asked now."""
        self._boots: dict[str, tuple[str, str]] = {}
        self._boots_lock = threading.Lock()

    @classmethod
    def of_bundles(cls, source: str, paths: Sequence[Path]) -> HostCollector:
        """Machines that cannot be reached, as their bundles tell; a scope's account is the machine's id.

        Of several bundles of one machine the newest is read.

        Raises:
            CollectError: a file is no bundle that can be believed, or does not tell which machine it is of.
        """
        collector = cls(source, ())
        newest: dict[str, tuple[datetime, str]] = {}
        for path in paths:
            found = bundle.read(path)
            machine, name = bundle.machine(path, found.report)
            other = newest.setdefault(machine, (found.seen_at, name))
            if name != other[1]:
                raise BundleError(
                    f"{path}: machine id {machine} is that of {other[1]} and of {name}; both come from one image"
                )
            if found.seen_at >= other[0]:
                newest[machine] = (found.seen_at, name)
                collector.told_at[machine] = found.seen_at
                collector._hosts[machine] = _Host(
                    Scope("host", machine, name), "", partial(_as_read, path, found.digest)
                )
        return collector

    def kinds(self) -> Sequence[Kind]:
        return KINDS

    def plan(self, kinds: Sequence[Kind]) -> Iterator[Planned]:
        """All looks at a machine together, once its probe has ended: no look waits for a machine that is slow or hangs."""
        if kinds:
            for host in self._probed(len(kinds)):
                yield from (Planned(kind, host.scope) for kind in kinds)

    def _probed(self, looks: int) -> Iterator[_Host]:
        """Every machine, in the order in which they answer or fail, AT_ONCE of them asked at a time."""
        waiting: Queue[_Host] = Queue()
        ended: Queue[_Host] = Queue(AT_ONCE)
        for host in self._hosts.values():
            host.looks = looks
            waiting.put(host)

        def ask() -> None:
            with suppress(Empty):
                while host := waiting.get_nowait():
                    with suppress(Exception):  # the look that comes to it meets the error again, and says so
                        self._report(host)
                    ended.put(host)

        for _ in range(min(AT_ONCE, len(self._hosts))):
            threading.Thread(target=ask, name=f"probe-{self.source}", daemon=True).start()
        for _ in self._hosts:
            yield ended.get()

    def scopes(self, kind: Kind) -> Iterable[Scope]:
        return [host.scope for host in self._hosts.values()]

    def unavailable(self, kind: Kind, scope: Scope) -> CollectError | None:
        return None

    def collect(self, kind: Kind, scope: Scope) -> Iterator[RawRecord]:
        """Records of a kind on one machine; the first kind runs the probe, the others read its report.

        Raises:
            CollectError: the machine could not be read, or not that part of it.
        """
        host = self._hosts[scope.account]
        reading: Reading = kind.fetch
        try:
            report, machine, seen_at = self._report(host)
            for number, (payload, gaps) in enumerate(reading.read(report)):
                if number == MOST_RECORDS:
                    raise CutShortError(f"more than {MOST_RECORDS} are told of one machine", call=reading.call)
                stamped = stamp(payload, machine, host.address)
                yield RawRecord(kind.name, scope, stamped, self.source, reading.call, seen_at, gaps)
        except MISSHAPEN as error:
            raise CollectError(
                f"what was printed does not have its form: {error!r}"[:300], call=reading.call
            ) from error
        finally:
            host.end_look()

    def _report(self, host: _Host) -> tuple[Report, str, datetime]:
        with host.lock:
            if host.outcome is None:
                try:
                    report, seen_at = host.probe()
                    known = system.facts(report["facts"].output())
                    _must_be_supported(known)
                    machine = system.machine_id(known)
                    self._claim(machine, known.get("boot_id", ""), host.scope.account)
                    host.outcome = (report, machine, seen_at)
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
