"""Which tracking server each mentioned address leads to, by what all records say of addresses.

Owns the reading of statements and aliases; the following is normalize/addresses.py's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Connection, Select, select

from normalize.addresses import AT, SERVER, Address, Book, Lead, parse_address, parse_server
from normalize.identity import host_name, kubernetes_id
from store.schema import aliases, listings, refs, resources, sightings

_CHUNK = 500


@dataclass(frozen=True)
class Servers:
    """What is known of tracking servers and their addresses.

    Attributes:
        book: follows addresses.
        read: where the address of a server that is read leads -> ids of the servers.
        own: id of a server -> the ends of its addresses.
        services: ids of the Services that are there, among those that the addresses could mean.
        clusters: name of a source -> uid of its cluster.
        stated: (host, inside) -> addresses that records say lead there.
        mentioned: canonical keys of servers that anything mentions.
    """

    book: Book
    read: dict[str, frozenset[str]]
    own: dict[str, tuple[Lead, ...]]
    services: frozenset[str]
    clusters: dict[str, str]
    stated: dict[tuple[str, str], tuple[str, ...]]
    mentioned: tuple[str, ...]

    def behind(self, key: str) -> tuple[str, ...]:
        """Ids of the servers that the canonical key of a tracking server leads to."""
        return tuple(sorted(self.read.get(str(self.book.follow(parse_server(key)).address), ())))

    def reached_at(self, end: Address) -> list[Address]:
        """Addresses that lead straight to this one and mean the same everywhere."""
        found = []
        for text in self.stated.get((end.host, end.inside), ()):
            address = parse_address(text)
            if address.inside or address.host == "*" or address.port.startswith(">"):
                continue
            if address.port == "*":
                address = Address(address.host, end.port)
            if self.book.follow(address).address == end:
                found.append(address)
        return sorted(found, key=lambda a: (a.port != "443", a.port == "80", str(a)))


def known_servers(connection: Connection) -> Servers:
    """Read the statements of all records that are there, and the names of all servers."""
    told = [(r.key.removeprefix(AT), r.value, f"{r.call} {r.path}") for r in connection.execute(_statements())]
    named = [(r.key, r.resource_id) for r in connection.execute(_names())]
    mentioned = tuple(
        connection.execute(
            select(refs.c.key).where(within(refs.c.key, SERVER)).distinct().order_by(refs.c.key)
        ).scalars()
    )
    addresses = {parse_server(key) for key in (*mentioned, *(key for key, _ in named))}
    clusters = {r.source: r.account for r in connection.execute(_clusters())}
    services = _present(connection, _service_ids(addresses, told, clusters))
    book = Book(told, services, _nodes(connection, {a.host for a in addresses}), clusters)
    read: dict[str, set[str]] = defaultdict(set)
    own: dict[str, list[Lead]] = defaultdict(list)
    for key, resource_id in named:
        lead = book.follow(parse_server(key))
        read[str(lead.address)].add(resource_id)
        own[resource_id].append(lead)
    return Servers(
        book,
        {end: frozenset(ids) for end, ids in read.items()},
        {resource_id: tuple(leads) for resource_id, leads in own.items()},
        services,
        clusters,
        _by_target(told),
        mentioned,
    )


def _by_target(told: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for address, target, _ in told:
        end = parse_address(target)
        found[end.host, end.inside][address] = None
    return {end: tuple(texts) for end, texts in found.items()}


def within(column: Column[str], prefix: str) -> ColumnElement[bool]:
    """Texts that begin with a prefix, by a range that an index serves on both databases."""
    return (column > prefix) & (column < prefix[:-1] + chr(ord(prefix[-1]) + 1))


def _statements() -> Select[tuple[str, str, str, str]]:
    return (
        select(refs.c.key, refs.c.value, refs.c.call, refs.c.path)
        .join(sightings, sightings.c.id == refs.c.sighting_id)
        .where(within(refs.c.key, AT), sightings.c.gone_at.is_(None))
        .order_by(refs.c.key, refs.c.value, sightings.c.resource_id)
    )


def _names() -> Select[tuple[str, str]]:
    return (
        select(aliases.c.key, sightings.c.resource_id)
        .join(sightings, sightings.c.id == aliases.c.sighting_id)
        .where(within(aliases.c.key, SERVER), sightings.c.gone_at.is_(None))
        .order_by(aliases.c.key, sightings.c.resource_id)
    )


def _clusters() -> Select[tuple[str, str]]:
    c = listings.c
    return (
        select(c.source, c.account)
        .where(c.kind == "k8s.cluster", c.retired_at.is_(None), c.run_id.is_not(None), c.account != "?")
        .order_by(c.source)
    )


def _service_ids(
    addresses: Iterable[Address], told: Iterable[tuple[str, str, str]], clusters: dict[str, str]
) -> set[str]:
    """Ids of the Services that addresses could mean, whether they are there or not."""
    found: set[str] = set()
    for address in (*addresses, *(parse_address(target) for _, target, _ in told)):
        inside = clusters.get(address.inside, address.inside)
        labels = address.host.removesuffix(".svc").split(".")
        if inside and len(labels) >= 2:
            found.add(kubernetes_id(inside, "", "Service", labels[-1], labels[-2]))
    return found


def _present(connection: Connection, ids: Iterable[str]) -> frozenset[str]:
    statement = select(sightings.c.resource_id).where(sightings.c.gone_at.is_(None)).distinct()
    found: set[str] = set()
    for chunk in _chunks(sorted(ids)):
        found.update(connection.execute(statement.where(sightings.c.resource_id.in_(chunk))).scalars())
    return frozenset(found)


def _nodes(connection: Connection, hosts: Iterable[str]) -> dict[str, frozenset[str]]:
    """Address of a node -> clusters, for these hosts."""
    keys = {name.key: host for host in hosts if (name := host_name(host))}
    found: dict[str, set[str]] = defaultdict(set)
    statement = (
        select(aliases.c.key, resources.c.account)
        .join(sightings, sightings.c.id == aliases.c.sighting_id)
        .join(resources, resources.c.id == sightings.c.resource_id)
        .where(resources.c.kind == "k8s.node", sightings.c.gone_at.is_(None))
    )
    for chunk in _chunks(sorted(keys)):
        for key, cluster in connection.execute(statement.where(aliases.c.key.in_(chunk))):
            found[keys[key]].add(cluster)
    return {host: frozenset(uids) for host, uids in found.items()}


def _chunks(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))
