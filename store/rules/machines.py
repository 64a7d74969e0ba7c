"""One machine as two sources see it: instances beside the nodes of their cluster, and accelerators as each side counts them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Integer, and_, cast, exists, or_, select

from normalize import gap_second as texts
from normalize.gap import EVIDENCE_LIMIT
from normalize.machines import NODE_SOURCES, node_of, runs
from normalize.model import Evidence, Gap, Scope
from store import content
from store.rules.facts import GROUPED_ABOVE, attribute_text
from store.rules.ground import Ground
from store.schema import relations, resources


def without_nodes(connection: Connection, ground: Ground) -> Iterator[Gap]:
    """Machines of a cluster of EKS, GKE or AKS that is read, and whose nodes they are not."""
    cluster, kube = resources.alias("cluster"), resources.alias("kube")
    c, same = cluster.c, relations.c
    joined = (
        select(c.id, c.kind, c.name, c.provider, c.account, c.place, c.attributes, kube.c.account.label("uid"))
        .join(relations, and_(same.target_id == c.id, same.verb == "same_as"))
        .join(kube, and_(kube.c.id == same.source_id, kube.c.kind == "k8s.cluster"))
        .where(c.kind.in_(NODE_SOURCES), c.gone_at.is_(None), kube.c.gone_at.is_(None))
        .order_by(c.id)
    )
    for row in connection.execute(joined).all():
        looks = [s.look for s in ground.by_kind.get(("kubernetes", "k8s.node"), ()) if s.look.scope.account == row.uid]
        azure = row.kind == "azure.aks.cluster"
        stopped = azure and content.decode(row.attributes).get("state") != "Running"
        if not row.name or not looks or not all(look.proves for look in looks) or stopped:
            continue
        found = [Evidence(row.account, "$.tags", row.name, id_) for id_ in _unjoined(connection, row)]
        if found:
            scope = Scope(row.provider, row.account, row.place)
            yield texts.unjoined_instances(row.id, row.name, scope, found[:EVIDENCE_LIMIT], len(found), not azure)


def _unjoined(connection: Connection, cluster: Any) -> Iterator[str]:
    """Ids of machines that carry a cluster's name, run, and are no node."""
    machine, node = resources.alias("machine"), resources.alias("node")
    m, same = machine.c, relations.c
    known = exists().where(
        same.verb == "same_as",
        node.c.kind == "k8s.node",
        node.c.gone_at.is_(None),
        or_(
            and_(same.target_id == m.id, same.source_id == node.c.id),
            and_(same.source_id == m.id, same.target_id == node.c.id),
        ),
    )
    named = m.tags.contains(f'"{cluster.name}"', autoescape=True) | m.tags.contains(f"/{cluster.name}\"", autoescape=True)  # fmt: skip
    tagged = (
        select(m.id, m.place, m.tags, m.attributes)
        .where(m.kind == NODE_SOURCES[cluster.kind], m.account == cluster.account, m.gone_at.is_(None), named, ~known)
        .order_by(m.id)
    )
    for row in connection.execute(tagged):
        tags, state = content.decode(row.tags), content.decode(row.attributes).get("state")
        if runs(cluster.kind, state) and node_of(
            cluster.kind, cluster.id, cluster.name, cluster.place, tags, row.place
        ):
            yield row.id


def miscounted(connection: Connection) -> Iterator[Gap]:
    """Machines that are one, whose accelerators both sides count, and differently."""
    one, other = resources.alias("one"), resources.alias("other")
    mine, theirs = (attribute_text(connection, table, "accelerator_count") for table in (one, other))
    statement = (
        select(
            one.c.id, one.c.kind, one.c.provider, one.c.account, one.c.place, mine.label("mine"),
            other.c.id.label("other_id"), other.c.kind.label("other_kind"), theirs.label("theirs"),
        )
        .select_from(relations)
        .join(one, and_(one.c.id == relations.c.source_id, one.c.gone_at.is_(None)))
        .join(other, and_(other.c.id == relations.c.target_id, other.c.gone_at.is_(None)))
        .where(relations.c.verb == "same_as", cast(mine, Integer) != cast(theirs, Integer))
        .order_by(one.c.kind, other.c.kind, one.c.provider, one.c.account, one.c.place, one.c.id, other.c.id)
    )  # fmt: skip
    rows = connection.execute(statement)
    for (kind, other_kind, *scope), found in groupby(rows, key=lambda r: (r.kind, r.other_kind, r.provider, r.account)):
        pairs = [
            (
                Evidence(kind, "$.accelerator_count", str(r.mine), r.id),
                Evidence(other_kind, "$.accelerator_count", str(r.theirs), r.other_id),
            )
            for r in found
        ]
        for group in _grouped(pairs):
            yield texts.miscounted_accelerators(kind, other_kind, Scope(scope[0], scope[1], ""), group[:EVIDENCE_LIMIT], len(group))  # fmt: skip


def _grouped(pairs: Sequence[tuple[Evidence, Evidence]]) -> Sequence[Sequence[tuple[Evidence, Evidence]]]:
    return [pairs] if len(pairs) > GROUPED_ABOVE else [[pair] for pair in pairs]
