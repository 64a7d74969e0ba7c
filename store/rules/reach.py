"""What people and machines reach and no source covers: contexts of kubeconfigs, hosts that SSH knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select

from normalize import gap_reach as texts
from normalize.gap import EVIDENCE_LIMIT
from normalize.identity import host_name, uri_name
from normalize.model import Category, Evidence, Gap
from store import content
from store.rules.facts import GROUPED_ABOVE
from store.rules.ground import Ground
from store.schema import aliases, listings, resources, sightings

_CHUNK = 500
_MACHINES = (Category.HOST.value, Category.INSTANCE.value, Category.NODE.value)


def contexts(connection: Connection, ground: Ground) -> Iterator[Gap]:
    """Clusters that kubeconfigs of sources have contexts for, and that neither a source reads nor a cloud lists."""
    r = resources.c
    clusters = (
        select(r.id, r.attributes, listings.c.source)
        .join(listings, listings.c.id == r.listing_id)
        .where(r.kind == "k8s.cluster", r.gone_at.is_(None))
        .order_by(listings.c.source, r.id)
    )
    read: set[str] = set()
    named: dict[str, list[tuple[str, Evidence]]] = defaultdict(list)
    for row in connection.execute(clusters):
        told = content.decode(row.attributes)
        read.add(str(told.get("endpoint") or "").rstrip("/"))
        for entry in told.get("contexts") or ():
            server, context = str(entry.get("server") or "").rstrip("/"), str(entry.get("name") or "")
            if server:
                named[server].append((context, Evidence(row.source, "$.contexts", f"{context} {server}", row.id)))
    unread = sorted({s.look.source for s in ground.unplanned["kubernetes"]})
    keys = {server: name.key for server in named if (name := uri_name(server))}
    held = _borne(connection, [k for k in keys.values() if not k.startswith(("ip:127.", "ip:::1"))])
    for server, found in sorted(named.items()):
        if server not in read and keys.get(server, "") not in held:
            context = min(c for c, _ in found)
            yield texts.unscanned_context(server, context, [e for _, e in found], len(found), unread)


def known_hosts(connection: Connection) -> Iterator[Gap]:
    """Hosts that SSH of machines that are read knows by a plain name, and that nothing in the inventory is called."""
    r = resources.c
    machines = select(r.id, r.name, r.attributes).where(r.kind == "host.machine", r.gone_at.is_(None)).order_by(r.id)
    knows: dict[str, Evidence] = {}
    hashed = 0
    for row in connection.execute(machines):
        told = content.decode(row.attributes)
        hashed = max(hashed, int(told.get("hashed_known_host_count") or 0))
        for name in told.get("known_hosts") or ():
            knows.setdefault(str(name), Evidence(row.name or row.id, "$.known_hosts", str(name), row.id))
    names = [n for n in sorted(knows) if not texts.FORGES.fullmatch(_host(n))]
    if not names:
        return
    keys = {n: named.key if (named := host_name(_host(n))) else "" for n in names}
    held = _borne(connection, [k for k in keys.values() if k])
    called = _first_labels(connection)
    lost = [n for n in names if keys[n] not in held and not (keys[n][:3] != "ip:" and _host(n).partition(".")[0] in called)]  # fmt: skip
    evidence = [knows[n] for n in lost]
    if len(lost) > GROUPED_ABOVE:
        yield texts.unscanned_known_hosts(lost, len(lost), evidence[:EVIDENCE_LIMIT], hashed)
        return
    for name in lost:
        yield texts.unscanned_known_hosts([name], 1, [knows[name]], hashed)


def _host(name: str) -> str:
    """ "gpu1" of "gpu1:2222"."""
    head, colon, port = name.rpartition(":")
    return (head if colon and port.isdigit() and ":" not in head else name).lower()


def _first_labels(connection: Connection) -> set[str]:
    """By what machines are called, up to the first dot."""
    r = resources.c
    found = connection.scalars(
        select(r.name).where(r.category.in_(_MACHINES), r.gone_at.is_(None), r.name.is_not(None))
    )
    return {str(name).partition(".")[0].lower() for name in found}


def _borne(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Those of these keys that something that is there bears."""
    found: set[str] = set()
    for start in range(0, len(keys), _CHUNK):
        found |= set(
            connection.scalars(
                select(aliases.c.key)
                .join(sightings, sightings.c.id == aliases.c.sighting_id)
                .where(aliases.c.key.in_(keys[start : start + _CHUNK]), sightings.c.gone_at.is_(None))
            )
        )
    return found
