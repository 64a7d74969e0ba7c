"""Resolves mentions: a reference whose key is an alias of something else that is there becomes a relation.

Owns the join. Refuses to judge what does not resolve: see gaps.py.

Besides equal keys, two kinds of names resolve. Inside a cluster, a host or an address is first looked for among the aliases
that hold there (KEY@CLUSTER). A tracking server is found through whatever records say of addresses (servers.py). Nodes of Slurm are told by
what normalize/machines.py weighs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    MetaData,
    Select,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    text,
)

from normalize.machines import Machine, same
from store import content
from store.database import insert_rows, writing
from store.schema import aliases, listings, refs, relations, resources, sightings
from store.servers import known_servers, within

_RELATION = ("source_id", "verb", "target_id", "evidence")

_fresh = Table(
    "fresh_relations",
    MetaData(),
    *(Column(c.name, c.type, primary_key=c.primary_key, nullable=False) for c in relations.c),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
"""The relations as they should be, until the transaction has found out where they differ."""


def link(engine: Engine, run_id: str) -> dict[str, int]:
    """Bring the relations to what all mentions and aliases of what is there say, whatever source they came from. One that
    stays as it is costs no write.

    Args:
        run_id: the run after which this happens; every run gives the same relations for the same inventory.

    Returns:
        `relations`: how many there are; `fewer`: by how many that is less than before.

    Raises:
        StoreError: the database refused; the relations are as before.
    """
    count = select(func.count()).select_from(relations)
    with writing(engine) as connection:
        before = connection.execute(count).scalar_one()
        _fresh.create(connection)
        connection.execute(insert(_fresh).from_select(_RELATION, _resolved(aliases.c.key == _mentioned(connection))))
        _link_inside(connection)
        _link_servers(connection)
        _link_clusters(connection)
        _part_copies(connection)
        _link_nodes(connection)
        _take_over(connection)
        _fresh.drop(connection)
        now = connection.execute(count).scalar_one()
    return {"relations": now, "fewer": max(0, before - now)}


def _mentioned(connection: Connection) -> ColumnElement[str]:
    """The key of a mention, such that mentions are read as they lie and names looked up. A sign keeps SQLite from using the
    index of the column: the other way round every mention is a jump through a table that is the largest of all."""
    return literal_column('+refs."key"', refs.c.key.type) if connection.dialect.name == "sqlite" else refs.c.key


def _take_over(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("ANALYZE fresh_relations"))
    old, new = relations.c, _fresh.c
    same = (new.source_id == old.source_id, new.verb == old.verb, new.target_id == old.target_id)
    connection.execute(delete(relations).where(~exists().where(*same, new.evidence == old.evidence)))
    missing = select(_fresh).where(~exists().where(*same))
    connection.execute(
        insert(relations).from_select(_RELATION, missing.order_by(new.source_id, new.verb, new.target_id))
    )


def _resolved(same: Any, inside: bool = False) -> Select[Any]:
    """One row per relation of mentions whose key and an alias are the same thing.

    Args:
        inside: whether that depends on where the mention stands.
    """
    source, target = sightings.alias("source"), sightings.alias("target")
    mentions = refs.join(source, source.c.id == refs.c.sighting_id)
    if inside:
        mentions = mentions.join(listings, listings.c.id == source.c.listing_id)
    return (
        select(
            source.c.resource_id,
            refs.c.verb,
            target.c.resource_id.label("target_id"),
            func.min(refs.c.call + " " + refs.c.path),
        )
        .select_from(mentions)
        .join(aliases, same)
        .join(target, target.c.id == aliases.c.sighting_id)
        .where(source.c.gone_at.is_(None), target.c.gone_at.is_(None), source.c.resource_id != target.c.resource_id)
        .group_by(source.c.resource_id, refs.c.verb, target.c.resource_id)
    )


def holds_inside() -> Any:
    """Whether an alias is the name that a mention of a host or an address has inside the mention's own cluster."""
    key = refs.c.key
    return and_(
        listings.c.provider == "kubernetes",
        or_(within(key, "dns:"), within(key, "ip:")),
        aliases.c.key == key + "@" + listings.c.account,
    )


def _link_inside(connection: Connection) -> None:
    found = _resolved(holds_inside(), inside=True).subquery("inside")
    c = found.c
    known = exists().where(
        _fresh.c.source_id == c.resource_id, _fresh.c.verb == c.verb, _fresh.c.target_id == c.target_id
    )
    connection.execute(insert(_fresh).from_select(_RELATION, select(found).where(~known)))


def _link_servers(connection: Connection) -> None:
    """A tracking server is what every mention of one of its addresses means; the Service that it answers behind reaches
    it."""
    servers = known_servers(connection)
    rows = []
    for server, leads in sorted(servers.own.items()):
        for lead in leads:
            service = lead.address.service_id
            if service and service in servers.services:
                rows.append((service, "reaches", server, "; ".join(lead.evidence) or lead.address.key))
    insert_rows(connection, _fresh, _RELATION, list({row[:3]: row for row in rows}.values()))
    found: dict[str, list[str]] = defaultdict(list)
    for key in servers.mentioned:
        for server in servers.behind(key):
            found[server].append(key)
    for server, keys in sorted(found.items()):
        connection.execute(insert(_fresh).from_select(_RELATION, _mentions_of(server, keys)))


_CLUSTER_TAGS = ("eks:cluster-name", "aws:eks:cluster-name", "eks:eks-cluster-name")
"""Tags that give an instance the name of its EKS cluster; kubernetes.io/cluster/NAME is "owned". Source: manifests of managed
node groups, Karpenter and EKS Auto Mode in public repositories, read 2026-11-24."""


def _link_clusters(connection: Connection) -> None:
    """A cluster whose nodes are instances that carry the name of an EKS cluster of their account and region is that one."""
    node, machine, c = resources.alias("node"), resources.alias("machine"), resources.c
    named = select(c.id, c.name, c.account, c.place).where(c.kind == "aws.eks.cluster", c.gone_at.is_(None))
    clusters = {(row.account, row.place, row.name): row.id for row in connection.execute(named)}
    if not clusters:
        return
    tagged = (
        select(node.c.account.label("uid"), node.c.id.label("node"), machine.c.account, machine.c.place, machine.c.tags)
        .select_from(_fresh)
        .join(node, and_(node.c.id == _fresh.c.source_id, node.c.kind == "k8s.node"))
        .join(machine, and_(machine.c.id == _fresh.c.target_id, machine.c.kind == "aws.ec2.instance"))
        .where(_fresh.c.verb == "same_as")
        .order_by(node.c.id)
    )
    found: dict[tuple[str, str, str], tuple[str, str, str, str]] = {}
    for row in connection.execute(tagged):
        tags = content.decode(row.tags)
        names = {tags.get(t) for t in _CLUSTER_TAGS}
        names |= {
            k.rpartition("/")[2] for k, v in tags.items() if k.startswith("kubernetes.io/cluster/") and v == "owned"
        }
        for name in sorted(n for n in names if n):
            if eks := clusters.get((row.account, row.place, name)):
                same = f"k8s://{row.uid}", "same_as", eks
                found.setdefault(same, (*same, f"the tags of the instance that is {row.node}"))
    r = _fresh.c
    said = select(r.source_id, r.verb, r.target_id).where(
        r.source_id.in_({s for s, _, _ in found}), r.verb == "same_as"
    )
    known = {tuple(row) for row in connection.execute(said)}
    insert_rows(connection, _fresh, _RELATION, [row for same, row in found.items() if same not in known])


def _part_copies(connection: Connection) -> None:
    """Machines of one image may share a machine id: where several nodes have that of one machine, which of them it is is not known."""
    node, machine, f = resources.alias("node"), resources.alias("machine"), _fresh.c
    joined = (
        select(f.source_id, f.target_id)
        .join(node, and_(node.c.id == f.source_id, node.c.kind == "k8s.node"))
        .join(machine, and_(machine.c.id == f.target_id, machine.c.kind == "host.machine"))
        .where(f.verb == "same_as")
    )
    nodes: dict[str, list[str]] = defaultdict(list)
    for row in connection.execute(joined):
        nodes[row.target_id].append(row.source_id)
    for target, sources in nodes.items():
        if len(sources) > 1:
            gone = and_(f.verb == "same_as", f.target_id == target, f.source_id.in_(sources))
            connection.execute(delete(_fresh).where(gone))


def _link_nodes(connection: Connection) -> None:
    """Nodes of Slurm are the machines that have their names, addresses and start."""
    r = resources.c
    wanted = select(r.id, r.kind, r.account, r.attributes).where(
        r.kind.in_(("slurm.node", "host.machine")), r.gone_at.is_(None)
    )
    known: dict[str, list[Machine]] = {"slurm.node": [], "host.machine": []}
    for row in connection.execute(wanted.order_by(r.id)):
        known[row.kind].append(_machine(row.id, row.account, row.kind, content.decode(row.attributes)))
    if not all(known.values()):
        return
    said = select(_fresh.c.source_id, _fresh.c.target_id).where(_fresh.c.verb == "same_as")
    there = {tuple(row) for row in connection.execute(said)}
    found = same(known["slurm.node"], known["host.machine"])
    rows = [(node, "same_as", machine, why) for node, machine, why in found if (node, machine) not in there]
    insert_rows(connection, _fresh, _RELATION, rows)


def _machine(id_: str, account: str, kind: str, told: Mapping[str, Any]) -> Machine:
    addresses = [told.get("private_address"), *(told.get("addresses") or ())]
    booted = told.get("booted_at")
    return Machine(
        id_,
        str(told.get("hostname") or ""),
        frozenset(a for a in addresses if isinstance(a, str)),
        datetime.fromisoformat(booted) if isinstance(booted, str) else None,
        account if kind == "slurm.node" else "",
    )


def _mentions_of(server: str, keys: list[str]) -> Select[Any]:
    source = sightings.alias("source")
    known = exists().where(
        _fresh.c.source_id == source.c.resource_id, _fresh.c.verb == refs.c.verb, _fresh.c.target_id == server
    )
    return (
        select(source.c.resource_id, refs.c.verb, literal(server), func.min(refs.c.call + " " + refs.c.path))
        .select_from(refs)
        .join(source, source.c.id == refs.c.sighting_id)
        .where(refs.c.key.in_(keys), source.c.gone_at.is_(None), source.c.resource_id != server, ~known)
        .group_by(source.c.resource_id, refs.c.verb)
    )
