"""Which node of a scheduler is which machine, where nothing that the world over has once says so.

Owns the weighing of names, addresses and start times. Refuses to join by one of them alone, and wherever more than one machine or node
could be meant: addresses of private networks and names such as gpu01 are there many times in any larger estate.
"""

from __future__ import annotations

import ipaddress
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from normalize.identity import is_ip

NEAR = timedelta(seconds=60)
"""How far two tellings of when a machine started may lie apart: both count back from its uptime."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What is known of a machine, or of a node that runs on one.

    Attributes:
        cluster: the cluster of a node; "" for a machine.
    """

    id: str
    hostname: str = ""
    addresses: frozenset[str] = frozenset()
    booted_at: datetime | None = None
    cluster: str = ""


def same(nodes: Iterable[Machine], machines: Iterable[Machine]) -> Iterator[tuple[str, str, str]]:
    """(node, machine, evidence) of each node that is one machine and no other, where at least two of host name, address and start
    speak for it and none of its addresses against."""
    by_name: dict[str, list[Machine]] = defaultdict(list)
    by_address: dict[str, list[Machine]] = defaultdict(list)
    for machine in machines:
        by_name[_label(machine.hostname)].append(machine)
        for address in _addresses(machine):
            by_address[address].append(machine)
    found = []
    for node in nodes:
        candidates = {m.id: m for m in by_name.get(_label(node.hostname), ())} if node.hostname else {}
        candidates |= {m.id: m for address in _addresses(node) for m in by_address[address]}
        matching = [(machine, signs) for machine in candidates.values() if len(signs := _signs(node, machine)) > 1]
        if len(matching) == 1:
            machine, signs = matching[0]
            found.append((node, machine, signs))
    shared = Counter((node.cluster, machine.id) for node, machine, _ in found)
    for node, machine, signs in found:
        if shared[node.cluster, machine.id] == 1:
            yield node.id, machine.id, f"the same {' and '.join(signs)}"


def _signs(node: Machine, machine: Machine) -> list[str]:
    """What speaks for it; nothing where an address speaks against."""
    own, other = _addresses(node), _addresses(machine)
    if own and other and not own & other:
        return []
    signs = ["address"] if own & other else []
    if node.hostname and _names_one(node.hostname, machine.hostname):
        signs.append("host name")
    if node.booted_at and machine.booted_at and abs(node.booted_at - machine.booted_at) <= NEAR:
        signs.append("start")
    return signs


def _label(hostname: str) -> str:
    return hostname.lower().partition(".")[0]


def _names_one(one: str, other: str) -> bool:
    """Whether two host names can be of one machine: alike where both have a domain, else by their first labels."""
    if "." in one and "." in other:
        return one.lower().rstrip(".") == other.lower().rstrip(".")
    return bool(one) and _label(one) == _label(other)


def _addresses(machine: Machine) -> frozenset[str]:
    return frozenset(
        str(parsed)
        for address in machine.addresses
        if is_ip(address) and not (parsed := ipaddress.ip_address(address)).is_loopback
    )


NODE_SOURCES: Mapping[str, str] = {
    "aws.eks.cluster": "aws.ec2.instance",
    "gcp.container.cluster": "gcp.compute.instance",
    "azure.aks.cluster": "azure.compute.scale_set_instance",
}
"""Cluster of a cloud -> the machines that its nodes are."""
_EKS_TAGS = ("eks:cluster-name", "aws:eks:cluster-name", "eks:eks-cluster-name")


def node_of(
    cluster_kind: str, cluster_id: str, name: str, place: str, tags: Mapping[str, Any], machine_place: str
) -> bool:
    """Whether the tags of a machine say that it is a node of a cluster.

    Source: tags of EKS as in linking.py; goog-k8s-cluster-name and -location, aks-managed-cluster-name and -rg: exported machines in
    public repositories, read 2026-11-24.
    """
    if cluster_kind == "aws.eks.cluster":
        named = {tags.get(t) for t in _EKS_TAGS}
        return machine_place == place and bool(name in named or tags.get(f"kubernetes.io/cluster/{name}") == "owned")
    if cluster_kind == "gcp.container.cluster":
        return bool(tags.get("goog-k8s-cluster-name") == name and tags.get("goog-k8s-cluster-location", place) == place)
    group = f"/resourcegroups/{str(tags.get('aks-managed-cluster-rg') or '').lower()}/"
    return bool(tags.get("aks-managed-cluster-name") == name and group in cluster_id.lower())


def runs(cluster_kind: str, state: object) -> bool:
    """Whether a machine is known to run; of a scale set's machines Resource Graph tells only that they are provisioned."""
    return str(state).lower() == ("succeeded" if cluster_kind == "azure.aks.cluster" else "running")
