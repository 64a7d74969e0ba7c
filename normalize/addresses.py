"""Addresses of servers, and the book that says which of them lead to the same one. Pure.

Owns how an address is written (HOST:PORT[/PATH][@INSIDE]) and followed: a Service's names inside its cluster, its cluster
IP, load balancer, node ports and the hosts that are routed to it are one server because a record says so. Refuses to guess:
an address that two records lead to different places leads nowhere, and one that no record speaks of stays what it is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from normalize.identity import is_ip, is_loopback, kubernetes_id

SERVER = "mlflow-server:"
"""Prefix of the canonical keys of tracking servers; what follows is an address."""

ANSWERS_AT = "answers_at"
"""Verb of a record's statement that an address is the same as another: the reference's key is AT and the one, its value the
other. "*" stands for any host (any node of the cluster) or any port."""

AT = "at:"

_HOPS = 8
_SERVICE = re.compile(r"(?:[a-z0-9_.-]+\.)?(?P<name>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)\.svc")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server answers. `port` is a number, the name of a Service's port, ">" and a port of its pods, or "*"; `path` comes without a slash in
    front; `inside` is the cluster (its uid, or the name of its source) or the account in which the host means this, ""
    where it means the same everywhere."""

    host: str
    port: str
    path: str = ""
    inside: str = ""

    def __str__(self) -> str:
        path = f"/{self.path}" if self.path else ""
        inside = f"@{self.inside}" if self.inside else ""
        return f"{self.host}:{self.port}{path}{inside}"

    @property
    def key(self) -> str:
        """Canonical key of a tracking server at this address."""
        return SERVER + str(self)

    @property
    def url(self) -> str:
        """How a person writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        scheme, port = {"443": ("https", ""), "80": ("http", "")}.get(self.port, ("http", f":{self.port}"))
        return f"{scheme}://{host}{port}" + (f"/{self.path}" if self.path else "")

    @property
    def service(self) -> tuple[str, str] | None:
        """(namespace, name) of the Service that an in-cluster name means; a pod's own name below it counts."""
        m = _SERVICE.fullmatch(self.host)
        return (m["namespace"], m["name"]) if m else None

    @property
    def service_id(self) -> str | None:
        """Id of the Service, where the host is surely one of a cluster."""
        named = self.service
        return kubernetes_id(self.inside, "", "Service", *named) if named and self.inside else None


def parse_address(text: str) -> Address:
    """The parts of an address as `str` writes it."""
    text, _, inside = text.partition("@")
    text, _, path = text.partition("/")
    host, _, port = text.rpartition(":")
    return Address(host, port, path, inside)


def parse_server(key: str) -> Address:
    """The address in the canonical key of a tracking server."""
    return parse_address(key.removeprefix(SERVER))


def seen_inside(address: Address, cluster: str, namespace: str) -> Address:
    """What an address means to something in a namespace of a cluster ("" for what has no namespace).

    NAME is looked for in the namespace, NAME.NAMESPACE in the cluster first, and addresses of Services hold in one cluster
    only. Everything else means the same as outside.

    Source: kubernetes.io, "DNS for Services and Pods", read 2026-11-24.
    """
    labels = address.host.split(".")
    if is_ip(address.host) or address.service or len(labels) == 2:
        return replace(address, inside=cluster)
    if len(labels) == 1:
        return replace(address, host=f"{address.host}.{namespace}.svc" if namespace else address.host, inside=cluster)
    return address


def only_local(address: Address) -> bool:
    """Whether the host means the machine or the pod itself."""
    return is_loopback(address.host)


@dataclass
class Lead:
    """Where an address leads: the last address, and the statements on the way."""

    address: Address
    evidence: list[str] = field(default_factory=list)


class Book:
    """Which address leads to which, as the records say.

    Args:
        statements: (address, the address that it is the same as, where that stands).
        services: ids of the Services that are there, at least of those that the addresses to follow could mean.
        nodes: address of a node -> uids of the clusters that it is a node of.
        clusters: name of a source -> uid of its cluster.
    """

    def __init__(
        self,
        statements: Iterable[tuple[str, str, str]],
        services: frozenset[str] = frozenset(),
        nodes: Mapping[str, frozenset[str]] | None = None,
        clusters: Mapping[str, str] | None = None,
    ) -> None:
        self._said: dict[str, dict[str, str]] = defaultdict(dict)
        for address, target, evidence in statements:
            self._said[address].setdefault(target, evidence)
        self._services = services
        self._nodes = nodes or {}
        self._clusters = clusters or {}

    def follow(self, address: Address) -> Lead:
        """The end of the way from an address; itself where nothing is said of it."""
        lead = Lead(replace(address, inside=self._clusters.get(address.inside, address.inside)))
        seen = {lead.address}
        for _ in range(_HOPS):
            step = self._step(lead.address)
            if step is None or step[0] in seen:
                break
            lead.address, told = step
            seen.add(lead.address)
            if told:
                lead.evidence.append(told)
        return lead

    def _step(self, address: Address) -> tuple[Address, str] | None:
        if said := self._stated(address):
            return said
        if address.port.startswith(">"):
            return replace(address, port=address.port[1:]), ""
        if not address.inside:
            return None
        labels = address.host.split(".")
        if len(labels) == 2:
            local = replace(address, host=f"{address.host}.svc")
            return (local if local.service_id in self._services else replace(address, inside=""), "")
        return (replace(address, inside=""), "") if is_ip(address.host) and not is_loopback(address.host) else None

    def _stated(self, address: Address) -> tuple[Address, str] | None:
        """What the records say of it, if they agree: of this very address, of the part of it that is routed, of its host at
        any port, of its port at any node."""
        nodes = () if address.inside else self._nodes.get(address.host, ())
        forms = [*_prefixes(address), replace(address, port="*", path="")]
        forms += [Address("*", address.port, "", cluster) for cluster in sorted(nodes)]
        for form in forms:
            if targets := self._said.get(str(form)):
                if len(targets) > 1:
                    return None
                ((target, told),) = targets.items()
                end = parse_address(target)
                port = address.port if end.port == "*" else end.port
                return replace(end, port=port, path=end.path if form == address else address.path), told
        return None


def _prefixes(address: Address) -> list[Address]:
    """An address and its parents, the longest path first."""
    parts = address.path.split("/") if address.path else []
    return [replace(address, path="/".join(parts[:n])) for n in range(len(parts), -1, -1)]
