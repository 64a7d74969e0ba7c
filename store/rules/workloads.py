"""Workloads that lack what they must have, and workloads that nobody answers for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, exists, select, union_all

from normalize import gap_workloads as texts
from normalize.gap_workloads import GROUPED_ABOVE, Workload
from normalize.model import Gap, Scope
from normalize.workloads import ASKED
from store import content
from store.rules.ground import Ground
from store.schema import listings, refs, relations, resources, sightings, workloads


def incomplete(connection: Connection) -> Iterator[Gap]:
    """Of each workload what it must have and has not."""
    w = workloads.c
    for row in connection.execute(select(workloads).where(w.lacks != "[]").order_by(w.id)).all():
        for lacks in content.decode(row.lacks):
            yield texts.incomplete(_workload(row), lacks)


def ownerless(connection: Connection) -> Iterator[Gap]:
    """Workloads without an owner; many of one type in one account make one gap."""
    w = workloads.c
    unknown = (
        select(workloads)
        .where(w.owner.is_(None), w.type.in_(ASKED))
        .order_by(w.type, w.provider, w.account, w.environment.is_not(None), w.id)
    )
    rows = connection.execute(unknown).all()
    for _, group in groupby(rows, key=lambda row: (row.type, row.provider, row.account)):
        found = [_workload(row) for row in group]
        if len(found) > GROUPED_ABOVE:
            yield texts.ownerless(found, len(found))
        else:
            yield from (texts.ownerless([workload], 1) for workload in found)


def _workload(row: Any) -> Workload:
    first = content.decode(row.roots)[0]
    return Workload(
        row.id, row.type, row.name, Scope(row.provider, row.account, row.place), first, row.environment or ""
    )


REGISTERED = "mlflow.registered_model"
SERVES = ("k8s.deployment", "k8s.pod", "host.container", "host.process", "aws.sagemaker.endpoint", "aws.ecs.service")
"""Kinds of which some run what serves models out of a registry: without a whole look at one, nobody knows whether anything does."""


def unserved(connection: Connection, ground: Ground) -> Iterator[Gap]:
    """Models of a registry at which nothing points but their own versions, where what serves was looked at to its end."""
    stands = [stand for (_, kind), found in ground.by_kind.items() if kind in SERVES for stand in found]
    if not stands or not all(stand.look.proves for stand in stands):
        return
    r, pointing = resources.c, resources.alias("pointing")
    pointed = exists().where(
        relations.c.target_id == r.id,
        relations.c.source_id == pointing.c.id,
        pointing.c.gone_at.is_(None),
        pointing.c.provider != r.provider,
    )
    statement = (
        select(r.id, r.name, r.provider, r.account, r.place, r.attributes)
        .where(r.kind == REGISTERED, r.gone_at.is_(None), ~pointed, r.id.not_in(_loaded_by_path()))
        .order_by(r.account, r.id)
    )
    rows = [row for row in connection.execute(statement) if content.decode(row.attributes).get("type") == "model"]
    for _, group in groupby(rows, key=lambda row: row.account):
        models = [Workload(m.id, "model", m.name or m.id, Scope(m.provider, m.account, m.place), m.id) for m in group]
        if len(models) > GROUPED_ABOVE:
            yield texts.unserved(models, len(models))
        else:
            yield from (texts.unserved([model], 1) for model in models)


def _loaded_by_path() -> Any:
    """Models that others than their registry may load from where the bytes lie: something names the store of one of their versions, or of
    the logged model that a version is made from."""
    version, made = relations.alias("version"), relations.alias("made")
    of, other = sightings.alias("of"), sightings.alias("other")
    own, theirs = refs.alias("own"), refs.alias("theirs")
    own_bytes = select(version.c.source_id.label("holder"), version.c.target_id.label("model")).where(
        version.c.verb == "version_of"
    )
    logged = select(made.c.target_id, version.c.target_id).where(
        version.c.verb == "version_of", made.c.source_id == version.c.source_id, made.c.verb == "made_from"
    )
    held = union_all(own_bytes, logged).subquery("held")
    return (
        select(held.c.model)
        .select_from(held)
        .join(of, of.c.resource_id == held.c.holder)
        .join(own, own.c.sighting_id == of.c.id)
        .join(theirs, theirs.c.key == own.c.key)
        .join(other, other.c.id == theirs.c.sighting_id)
        .join(listings, listings.c.id == other.c.listing_id)
        .where(other.c.gone_at.is_(None), listings.c.provider != "mlflow")
    )
