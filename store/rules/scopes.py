"""What is known to exist and no source covers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby

from sqlalchemy import Connection, and_, exists, or_, select

from normalize import gap_scopes as texts
from normalize.gap import EVIDENCE_LIMIT
from normalize.model import Category, Evidence, Gap, Scope
from store import content
from store.rules.ground import Ground
from store.schema import (
    aliases,
    listings,
    raw_payloads,
    relations,
    resources,
    sightings,
)

_MANAGED_TRACKERS = ("aws.sagemaker.mlflow_tracking_server", "aws.sagemaker.mlflow_app")


def clusters(connection: Connection, ground: Ground) -> Iterator[Gap]:
    r = resources.c
    listed = (
        select(r.id, r.kind, r.name, r.provider, r.account, r.place, r.attributes)
        .where(r.category == Category.CLUSTER.value, r.gone_at.is_(None), r.provider != "kubernetes")
        .order_by(r.id)
    )
    read = _read_clusters(connection)
    unread = sorted({s.look.source for s in ground.unplanned["kubernetes"]})
    nameless = _unnamed_clusters(connection)
    for row in connection.execute(listed).all():
        attributes = content.decode(row.attributes)
        if not texts.is_kubernetes(row.kind, attributes) or row.id in read:
            continue
        source, call = _seen_by(connection, row.id)
        endpoint = attributes.get("endpoint")
        evidence = Evidence(f"{source} {call}", "$", str(endpoint or row.id), row.id)
        scope = Scope(row.provider, row.account, row.place)
        yield texts.unscanned_cluster(row.id, row.kind, row.name or row.id, scope, evidence, unread, nameless)


_ACCOUNTS = {
    "aws.organizations.account": "native_id",
    "gcp.cloudresourcemanager.project": "account",
    "azure.resources.subscription": "account",
}
"""Kinds that list accounts, and the column that holds the id by which an account is looked at."""
_READABLE = frozenset({"ACTIVE", "Enabled", "Warned", "PastDue", "Disabled", ""})
"""States of an account in which it can be read. Sources: botocore 1.44.5, Organizations, Account; Resource Manager API v1, Project;
Microsoft Learn, "Azure subscription states" (of a disabled one resources are still there and can be got), read 2026-11-24."""


def accounts(connection: Connection, ground: Ground) -> Iterator[Gap]:
    """Accounts that an organisation lists and no source looks into."""
    r = resources.c
    listed = (
        select(r.id, r.kind, r.provider, r.account, r.native_id, r.name, r.attributes)
        .where(r.kind.in_(_ACCOUNTS), r.gone_at.is_(None))
        .order_by(r.provider, r.id)
    )
    for row in connection.execute(listed).all():
        account = getattr(row, _ACCOUNTS[row.kind]) or ""
        if not account or (row.provider, account) in ground.accounts:
            continue
        state = str(content.decode(row.attributes).get("state") or "")
        source, call = _seen_by(connection, row.id)
        evidence = [Evidence(f"{source} {call}", "$", f"{account} {state}".strip(), row.id)]
        yield texts.unscanned_account(row.provider, account, row.name or "", state, state in _READABLE, evidence)


def regions(connection: Connection, ground: Ground) -> Iterator[Gap]:
    """Regions that an account has enabled and in which its source takes no look."""
    r = resources.c
    listed = (
        select(r.id, r.provider, r.account, r.native_id, r.attributes, listings.c.source)
        .join(listings, listings.c.id == r.listing_id)
        .where(r.category == Category.REGION.value, r.gone_at.is_(None))
        .order_by(listings.c.source, r.native_id, r.account)
    )
    left: dict[tuple[str, str, str], list[tuple[str, Evidence]]] = defaultdict(list)
    for row in connection.execute(listed).all():
        told, at = content.decode(row.attributes), (row.provider, row.account, row.native_id)
        if told.get("enabled") is not True or at in ground.places or (row.provider, row.account) not in ground.accounts:
            continue
        evidence = Evidence(row.source, "$.RegionOptStatus", str(told.get("state") or "enabled"), row.id)
        left[row.source, row.provider, row.native_id].append((row.account, evidence))
    for (source, provider, region), found in left.items():
        ours = {a for a, _ in found}
        read = {p for pr, a, p in ground.places if pr == provider and a in ours and not p.endswith("global")}
        yield texts.unscanned_region(source, provider, region, sorted(ours), sorted(read), [e for _, e in found])


def nodes(connection: Connection) -> Iterator[Gap]:
    """Nodes of Slurm clusters that are the same as no machine that is read."""
    r, machine = resources.c, resources.alias("machine")
    same = exists().where(
        relations.c.verb == "same_as",
        machine.c.kind == "host.machine",
        or_(
            and_(relations.c.source_id == r.id, relations.c.target_id == machine.c.id),
            and_(relations.c.target_id == r.id, relations.c.source_id == machine.c.id),
        ),
    )
    unread = (
        select(r.id, r.account, r.name, r.attributes, listings.c.source)
        .join(listings, listings.c.id == r.listing_id)
        .where(r.kind == "slurm.node", r.gone_at.is_(None), ~same)
        .order_by(r.account, r.id)
    )
    names = {
        row.account: (row.id, row.name or row.account)
        for row in connection.execute(select(r.id, r.account, r.name).where(r.kind == "slurm.cluster"))
    }
    for account, rows in groupby(connection.execute(unread), key=lambda row: row.account):
        found = list(rows)
        cluster, name = names.get(account, (f"slurm://{account}", account))
        told = [(row.name or row.id, str(content.decode(row.attributes).get("private_address") or "")) for row in found]
        evidence = [Evidence(row.source, "$", row.name or row.id, row.id) for row in found]
        yield texts.unscanned_nodes(cluster, name, told[:EVIDENCE_LIMIT], len(found), evidence)


def trackers(connection: Connection) -> Iterator[Gap]:
    """Managed tracking servers that share no name with a server that is read."""
    r = resources.c
    read = _names_of(connection, "mlflow.server")
    managed = select(r.id, r.name, r.provider, r.account, r.place, r.attributes).where(
        r.kind.in_(_MANAGED_TRACKERS), r.gone_at.is_(None)
    )
    for row in connection.execute(managed.order_by(r.id)).all():
        if read & _names_of(connection, row.id):
            continue
        source, call = _seen_by(connection, row.id)
        endpoint = content.decode(row.attributes).get("endpoint")
        evidence = Evidence(f"{source} {call}", "$", str(endpoint or row.id), row.id)
        yield texts.unscanned_tracker(row.id, row.name or row.id, Scope(row.provider, row.account, row.place), evidence)


def _names_of(connection: Connection, kind_or_id: str) -> set[str]:
    """Canonical keys of a thing, or of all things of a kind."""
    statement = (
        select(aliases.c.key)
        .join(sightings, sightings.c.id == aliases.c.sighting_id)
        .join(resources, resources.c.id == sightings.c.resource_id)
        .where(
            or_(resources.c.kind == kind_or_id, resources.c.id == kind_or_id),
            resources.c.gone_at.is_(None),
            sightings.c.gone_at.is_(None),
        )
    )
    return set(connection.scalars(statement))


def _unnamed_clusters(connection: Connection) -> list[tuple[str, str]]:
    """(source, address) of the clusters that are read and that no cloud's cluster is the same as."""
    same = exists().where(
        relations.c.verb == "same_as",
        or_(relations.c.source_id == resources.c.id, relations.c.target_id == resources.c.id),
    )
    statement = (
        select(listings.c.source, resources.c.attributes)
        .join(resources, resources.c.listing_id == listings.c.id)
        .where(resources.c.kind == "k8s.cluster", resources.c.gone_at.is_(None), ~same)
        .order_by(listings.c.source)
    )
    return [(source, str(content.decode(told).get("endpoint", ""))) for source, told in connection.execute(statement)]


def _read_clusters(connection: Connection) -> set[str]:
    """Ids of whatever shares a key with, or is said to be the same as, a cluster that a Kubernetes source reads."""
    mine, theirs = aliases.alias("mine"), aliases.alias("theirs")
    own, other = sightings.alias("own"), sightings.alias("other")
    ours = select(resources.c.id).where(resources.c.kind == "k8s.cluster", resources.c.gone_at.is_(None))
    shared = (
        select(other.c.resource_id)
        .select_from(own)
        .join(mine, mine.c.sighting_id == own.c.id)
        .join(theirs, theirs.c.key == mine.c.key)
        .join(other, other.c.id == theirs.c.sighting_id)
        .where(own.c.resource_id.in_(ours), own.c.gone_at.is_(None))
    )
    same = relations.c.verb == "same_as"
    joined = select(relations.c.source_id).where(same, relations.c.target_id.in_(ours))
    back = select(relations.c.target_id).where(same, relations.c.source_id.in_(ours))
    return {i for s in (shared, joined, back) for i in connection.execute(s).scalars()}


def _seen_by(connection: Connection, resource_id: str) -> tuple[str, str]:
    statement = (
        select(listings.c.source, raw_payloads.c.call)
        .select_from(sightings)
        .join(listings, listings.c.id == sightings.c.listing_id)
        .join(raw_payloads, raw_payloads.c.sighting_id == sightings.c.id)
        .where(sightings.c.resource_id == resource_id, sightings.c.gone_at.is_(None))
        .order_by(listings.c.source, raw_payloads.c.call)
    )
    source, call = connection.execute(statement).first() or ("", "")
    return source, call
