"""Slurm clusters, through their commands over SSH (or here) or through slurmrestd: nodes, partitions, shares, workloads.

Reads what the controller and the accounting database list. Refuses to submit, to change, to read job scripts, and to keep
the names of users.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from collectors import ssh
from collectors.contract import Blindness, CutShortError, Planned
from collectors.slurm import shapes
from collectors.slurm.commands import Commands, survey_text
from collectors.slurm.kinds import KINDS, Listing
from collectors.slurm.rest import Rest
from collectors.slurm.workloads import Reducer
from normalize.errors import CollectError, UnavailableError
from normalize.identity import AWS_SHORT_ID, image_name
from normalize.model import Json, Kind, RawRecord, Scope

__all__ = ["SlurmCollector", "kind_rows", "open_source", "survey_text"]

WINDOW_DAYS = 30
OLDER = "jobs that ended before are in no workload"

_ROWS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Json]]] = {
    "nodes": shapes.node,
    "partitions": shapes.partition,
    "reservations": shapes.reservation,
    "accounts": shapes.account,
    "qos": shapes.qos,
}


class System(Protocol):
    """A way to ask a cluster."""

    @property
    def address(self) -> str: ...

    def open(self) -> dict[str, Json]: ...

    def rows(self, what: str) -> list[dict[str, Any]]: ...

    def hidden(self, what: frozenset[str]) -> CollectError | None: ...

    def jobs(
        self, since: datetime, past: Callable[[dict[str, Json]], None], live: Callable[[dict[str, Json]], None]
    ) -> dict[str, CollectError | None]: ...

    def close(self) -> None: ...


def _now() -> datetime:
    return datetime.now(UTC)


def kind_rows() -> Sequence[Kind]:
    """Every kind of this provider."""
    return KINDS


def open_source(settings: Mapping[str, Any], *, clock: Callable[[], datetime] = _now) -> SlurmCollector:
    """Open a configured cluster; asks nothing before its first kind is read.

    Args:
        settings: name; host with user, identity_file, certificate_file, known_hosts and jump_hosts, or local, or restd with
            user and token_env; window_days of jobs.

    Raises:
        ConfigError: a host name is malformed, or the environment lacks the token.
        ModuleNotFoundError: the extra "slurm" is not installed.
    """
    system: System
    if settings.get("restd"):
        system = Rest(str(settings["restd"]), settings.get("user"), settings.get("token_env"), settings.get("cluster"))
    elif settings.get("local"):
        system = Commands(ssh.Target(""))
    else:
        import asyncssh  # noqa: F401  a missing extra shows here, not in the middle of a scan

        where = ssh.target(str(settings["host"]), **ssh.login(settings))
        system = Commands(replace(where, port=settings["port"]) if settings.get("port") else where)
    began = settings.get("began") or clock()
    return SlurmCollector(
        str(settings["name"]), system, began - timedelta(days=settings.get("window_days", WINDOW_DAYS)), clock
    )


class SlurmCollector:
    """One cluster. Its scope's account and place are the address at which it is asked."""

    provider = "slurm"
    spreads = False

    def __init__(self, source: str, system: System, since: datetime, clock: Callable[[], datetime] = _now) -> None:
        self.source = source
        self._system = system
        self._since = since
        self._clock = clock
        self._lock = threading.Lock()
        self._outcome: dict[str, Json] | CollectError | None = None

    def kinds(self) -> Sequence[Kind]:
        return KINDS

    def plan(self, kinds: Sequence[Kind]) -> Iterator[Planned]:
        for kind in kinds:
            for scope in self.scopes(kind):
                if kind.fetch.rows == "jobs":
                    yield Planned(kind, scope, since=self._since, older=OLDER)
                else:
                    yield Planned(kind, scope)

    def scopes(self, kind: Kind) -> Iterable[Scope]:
        return [Scope("slurm", self._system.address, self._system.address)]

    def unavailable(self, kind: Kind, scope: Scope) -> CollectError | None:
        return None

    def _cluster(self) -> dict[str, Json]:
        """What the controller says of the cluster, asked once.

        Raises:
            CollectError: it cannot be asked; then nothing of the cluster can be named.
        """
        with self._lock:
            if self._outcome is None:
                try:
                    self._outcome = self._system.open()
                except CollectError as error:
                    self._outcome = error
            outcome = self._outcome
        if isinstance(outcome, CollectError):
            raise type(outcome)(str(outcome), call=outcome.call, needs=outcome.needs, code=outcome.code)
        return outcome

    def collect(self, kind: Kind, scope: Scope) -> Iterator[RawRecord]:
        cluster = self._cluster()
        listing: Listing = kind.fetch
        try:
            for payload in self._payloads(listing, cluster):
                stamped = payload | {"$cluster": f"{cluster['host']}/{cluster['name']}"}
                yield RawRecord(kind.name, scope, _linked(stamped), self.source, listing.rows, self._clock(), ())
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise CollectError(f"a row is not written as Slurm does it: {error!r}"[:300], call=listing.rows) from error
        if hidden := self._system.hidden(listing.private) if listing.private else None:
            raise hidden

    def _payloads(self, listing: Listing, cluster: dict[str, Json]) -> Iterator[dict[str, Json]]:
        if listing.accounting and "none" in str(cluster.get("accounting", "")):
            raise UnavailableError("the cluster keeps no accounting: AccountingStorageType = accounting_storage/none", call="scontrol show config")  # fmt: skip
        if listing.rows == "cluster":
            yield self._summed(cluster)
        elif listing.rows == "jobs":
            yield from self._workloads(cluster)
        elif listing.rows == "associations":
            yield from shapes.associations(list(self._system.rows("associations")), str(cluster["name"]))
        elif listing.rows == "partitions":
            yield from self._partitions(cluster)
        else:
            for row in self._system.rows(listing.rows):
                yield _equipped(_ROWS[listing.rows](row), cluster)

    def _summed(self, cluster: dict[str, Json]) -> dict[str, Json]:
        """The cluster with the accelerators of its nodes, where all nodes are shown."""
        try:
            nodes = [_equipped(shapes.node(row), cluster) for row in self._system.rows("nodes")]
        except CollectError:
            return cluster
        if self._system.hidden(frozenset({"nodes"})):
            return cluster
        return cluster | {"node_count": len(nodes)} | _total(nodes)

    def _partitions(self, cluster: dict[str, Json]) -> Iterator[dict[str, Json]]:
        """Partitions with the accelerators of their nodes, which Slurm counts only where accounting tracks them."""
        try:
            nodes = [_equipped(shapes.node(row), cluster) for row in self._system.rows("nodes")]
            whole = self._system.hidden(frozenset({"nodes"})) is None
        except CollectError:
            nodes, whole = [], False
        for row in self._system.rows("partitions"):
            entry = shapes.partition(row)
            counts = shapes.devices(entry.get("tres", {}))
            mine = [n for n in nodes if entry["name"] in n.get("partitions", ())]
            if whole and len(mine) == entry.get("node_count"):
                entry |= _total(mine)
            elif counts is not None:
                entry |= _measured(counts)
            yield entry

    def _workloads(self, cluster: dict[str, Json]) -> Iterator[dict[str, Json]]:
        """Workloads out of the accounting; out of what the controller still knows where there is no accounting."""
        name = f"{cluster['host']}/{cluster['name']}"
        past, current = (Reducer(name, tracked=bool(cluster.get("gpus_tracked"))) for _ in range(2))
        scripts: dict[str, str] = {}

        def live(job: dict[str, Json]) -> None:
            current.take(job)
            if job.get("script"):
                scripts[job["id"]] = job["script"]

        def ended(job: dict[str, Json]) -> None:
            past.take(job | ({"script": scripts[job["id"]]} if job["id"] in scripts else {}))

        problems = self._system.jobs(self._since, ended, live)
        history = problems["history"]
        read = past if history is None or any(past.results()) else current
        for workload in read.results():
            yield _equipped(workload, cluster)
        if history is not None:
            if read is current and problems["jobs"] is not None:
                raise history if not isinstance(history, UnavailableError) else problems["jobs"]
            raise CutShortError(f"{history}; " + ("only jobs that the controller still knows are in workloads" if read is current else "some jobs are in no workload"), call=history.call, needs=history.needs or ("slurmdbd, which keeps the jobs of the past",))  # fmt: skip
        if read.left_out:
            raise CutShortError(
                f"{read.left_out} jobs of more than the largest number of workloads were left out", call="sacct"
            )
        if read.unknown:
            raise CutShortError(
                f"the accelerators of {read.unknown} jobs are not known: accounting does not track gres/gpu",
                call="sacct",
                needs=("gres/gpu in AccountingStorageTRES of slurm.conf",),
            )

    def classify(self, error: Exception) -> CollectError | None:
        return error if isinstance(error, CollectError) else None

    def limit_key(self, kind: Kind, scope: Scope) -> str:
        return f"slurm:{scope.account}"

    def check(self) -> Iterator[Blindness]:
        """List every kind, which changes nothing; jobs are read as a scan reads them."""
        for kind in KINDS:
            for scope in self.scopes(kind):
                try:
                    for _ in self.collect(kind, scope):
                        pass
                except CollectError as error:
                    yield Blindness(kind.name, scope, error)

    def close(self) -> None:
        self._system.close()
        self._outcome = None


def _equipped(entry: dict[str, Json], cluster: Mapping[str, Json]) -> dict[str, Json]:
    """An entry with the accelerators of its GRES or jobs. A node without GRES has none only where Slurm schedules GPUs."""
    if "gpus" in entry:
        return entry | _measured(entry["gpus"])
    if counts := shapes.gres(entry.get("gres")):
        return entry | _measured(counts)
    counts_of_tres = shapes.devices(entry.get("tres", {}))
    if counts_of_tres is not None:
        return entry | _measured(counts_of_tres)
    return entry | ({"accelerator_count": 0} if cluster.get("gpus_scheduled") and "cpus" in entry else {})


def _measured(counts: Mapping[str, int]) -> dict[str, Json]:
    count = shapes.physical(counts)
    return {"accelerators": shapes.accelerators(counts)} | ({} if count is None else {"accelerator_count": count})


def _total(nodes: list[dict[str, Json]]) -> dict[str, Json]:
    """Accelerators of nodes together; their number only where it is known of every node."""
    sums: dict[str, dict[str, Json]] = {}
    for node in nodes:
        for entry in node.get("accelerators", ()):
            key = str({k: v for k, v in entry.items() if k != "count"})
            sums[key] = entry | {"count": entry["count"] + sums.get(key, {}).get("count", 0)}
    found: dict[str, Json] = {"accelerators": list(sums.values())} if sums else {}
    if all("accelerator_count" in n for n in nodes):
        found["accelerator_count"] = sum(n["accelerator_count"] for n in nodes)
    return found


def _linked(payload: dict[str, Json]) -> dict[str, Json]:
    """Ids of what an entry names on its cluster."""
    base = f"slurm://{payload['$cluster']}"
    partitions = payload.get("partitions") or shapes.words(payload.get("partition"))
    if partitions:
        payload["partitions"] = partitions
        payload["$partition_ids"] = [f"{base}/partition/{name}" for name in partitions]
    if AWS_SHORT_ID.fullmatch(instance := payload.get("instance", "")) and instance.startswith("i-"):
        payload["$ec2_instance"] = instance
    if payload.get("qos"):
        payload["$qos_ids"] = [f"{base}/qos/{name}" for name in payload["qos"]]
    if named := [i for i in payload.get("images", ()) if not i.startswith("/") and image_name(i)]:
        payload["$images"] = named
    return payload
