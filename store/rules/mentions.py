"""Names that something mentions and that resolve to nothing that is there.

A name that does not resolve is *dangling* only where the latest look proves that it is not there. Where the look was
denied, failed or cut short, the name belongs to that look's own gap, and what was said of it before stays open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, case, exists, func, null, select

from normalize import gap as texts
from normalize import gap_reach, gap_scopes
from normalize.addresses import SERVER, Address, parse_server
from normalize.gap import EVIDENCE_LIMIT, Lost
from normalize.model import Evidence, Gap, GapCode
from store import content
from store.linking import holds_inside
from store.rules.ground import GENERIC, Ground, Into
from store.schema import (
    aliases,
    listings,
    refs,
    resources,
    sightings,
)
from store.servers import known_servers

_OWN_PROVIDERS = {"k8s": "kubernetes", "mlflow": "mlflow", "host": "host", "slurm": "slurm"}


def _unresolved() -> Any:
    """Names that something mentions and that resolve to nothing that is there. Each name is looked up once, however
    often it is mentioned."""
    names = select(refs.c.key).distinct().subquery("names")
    resolved = exists().where(aliases.c.key == names.c.key, *_LIVING)
    return select(names.c.key).where(~resolved)


_target = sightings.alias("target")
_LIVING = (_target.c.id == aliases.c.sighting_id, _target.c.gone_at.is_(None))


def _lost_rows() -> Any:
    """One row per mention of a name that resolves to nothing that is there, the first ones of each name; the first says
    what bore the name and is gone: "SINCE ID"."""
    source = sightings.alias("source")
    inside = exists().where(holds_inside(), *_LIVING).correlate(refs, listings)
    by_key: dict[str, Any] = {"partition_by": refs.c.key}
    place = (listings.c.source, listings.c.kind, listings.c.account, listings.c.place)
    order = (source.c.resource_id, refs.c.path, refs.c.verb, *place, refs.c.call, refs.c.value, refs.c.target)
    numbered = (
        select(
            refs.c.key,
            refs.c.value,
            refs.c.target,
            refs.c.provider,
            refs.c.account,
            refs.c.place,
            refs.c.call,
            refs.c.path,
            source.c.resource_id,
            listings.c.source,
            func.count().over(**by_key).label("mentions"),
            func.max(source.c.run_id).over(**by_key).label("newest_run"),
            func.dense_rank().over(**by_key, order_by=source.c.resource_id).label("needer"),
            func.row_number().over(**by_key, order_by=order).label("position"),
        )
        .select_from(refs)
        .join(source, source.c.id == refs.c.sighting_id)
        .join(listings, listings.c.id == source.c.listing_id)
        .where(refs.c.key.in_(_unresolved()), source.c.gone_at.is_(None), refs.c.optional.is_(False), ~inside)
        .subquery("numbered")
    )
    n = numbered.c
    counted = select(numbered, func.max(n.needer).over(partition_by=n.key).label("needers")).subquery("counted")
    c = counted.c
    former = case((c.position == 1, _former(c.key)), else_=null()).label("former")
    return select(counted, former).where(c.position <= EVIDENCE_LIMIT).order_by(c.key, c.position)


def _former(key: Any) -> Any:
    bearer = sightings.alias("bearer")
    told = bearer.c.gone_at + " " + bearer.c.resource_id
    return (
        select(func.max(told))
        .select_from(aliases.join(bearer, bearer.c.id == aliases.c.sighting_id))
        .where(aliases.c.key == key, bearer.c.gone_at.is_not(None))
        .scalar_subquery()
    )


def leaning(connection: Connection) -> Iterator[tuple[str, str, str]]:
    """(resource, name, value) of every mention that resolves to nothing that is there, those apart that may dangle by design."""
    source = sightings.alias("source")
    inside = exists().where(holds_inside(), *_LIVING).correlate(refs, listings)
    told = (
        select(source.c.resource_id, refs.c.key, func.min(refs.c.value))
        .select_from(refs)
        .join(source, source.c.id == refs.c.sighting_id)
        .join(listings, listings.c.id == source.c.listing_id)
        .where(refs.c.key.in_(_unresolved()), source.c.gone_at.is_(None), refs.c.optional.is_(False), ~inside)
        .group_by(source.c.resource_id, refs.c.key)
        .order_by(source.c.resource_id, refs.c.key)
    )
    with connection.execute(told, execution_options={"yield_per": 1000}) as found:
        for row in found:
            yield tuple(row)


def _lost(rows: Sequence[Any]) -> Lost:
    """The name, with the most telling of its mentions: one that knows the account, then the kind."""
    best = min(rows, key=lambda r: (r.account == "", r.target in GENERIC, r.place == "", r.position))
    provider, account, place = best.provider, best.account, best.place
    scheme, separator, rest = best.key.partition("://")
    if separator and scheme in _OWN_PROVIDERS:
        provider, account, place = _OWN_PROVIDERS[scheme], rest.split("/", 1)[0], ""
    evidence = tuple(Evidence(f"{r.source} {r.call}", r.path, r.value, r.resource_id) for r in rows)
    return Lost(
        best.key, best.value, best.target, provider, account, place, evidence, rows[0].mentions, rows[0].needers
    )


def _wholes(rows: Iterable[Any]) -> Iterator[tuple[Lost, list[Any]]]:
    """(name, its mentions) of each, by key. Versions of a thing that is missing itself count as mentions of it: one who names both
    misses one thing."""
    nested: list[tuple[Lost, list[Any]]] = []
    for key, mentions in groupby(rows, key=lambda r: r.key):
        found = list(mentions)
        while nested and not key.startswith(nested[-1][0].key):
            yield nested.pop()
        for at, (whole, its) in enumerate(nested):
            if key.startswith((f"{whole.key}@", f"{whole.key}/versions/")):
                nested[at] = _with_part(whole, _lost(found)), its
                break
        else:
            nested.append((_lost(found), found))
    yield from reversed(nested)


def _with_part(whole: Lost, part: Lost) -> Lost:
    known = {e.resource_id for e in whole.evidence}
    more = [e for e in part.evidence if e.resource_id not in known]
    needers = whole.needers + len({e.resource_id for e in more})
    return replace(whole, evidence=(*whole.evidence, *more), count=whole.count + part.count, needers=needers)


def lost_names(connection: Connection, ground: Ground, into: dict[int, Into], held: set[str]) -> Iterator[Gap]:
    unread: list[Lost] = []
    rows = connection.execute(_lost_rows(), execution_options={"yield_per": 1000})
    for lost, found in _wholes(rows):
        key = lost.key
        if key.startswith(SERVER):
            unread.append(lost)
            continue
        verdict, stands = ground.judge(lost, found[0].newest_run)
        if verdict == "unread":
            for stand in stands:
                into[stand.listing].evidence.extend(lost.evidence[: EVIDENCE_LIMIT - len(into[stand.listing].evidence)])
                into[stand.listing].count += lost.count
            codes = (GapCode.DANGLING_REFERENCE, GapCode.EXTERNAL_DEPENDENCY, GapCode.SCOPE_UNSCANNED)
            held.update(texts.gap_id(c, key) for c in codes)
        elif found[0].former:
            gone_at, _, resource_id = found[0].former.partition(" ")
            yield texts.dangling_gone(lost, resource_id, gone_at)
        elif verdict == "absent":
            yield texts.dangling(lost)
        elif verdict == "stale":
            yield texts.dangling_stale(lost, stands[0].look)
        elif verdict == "unlisted":
            yield texts.dangling_unlisted(lost)
        elif gap_reach.reached_by_connection(lost):
            yield gap_reach.unscanned_peer(lost)
        else:
            yield texts.external(lost, covered_account=(lost.provider, lost.account) in ground.accounts)
    if unread:
        yield from _server_gaps(connection, ground, unread)


def _server_gaps(connection: Connection, ground: Ground, unread: Sequence[Lost]) -> Iterator[Gap]:
    """One gap for each server that no source reads, however many addresses of it are mentioned."""
    servers = known_servers(connection)
    sources_of = {uid: source for source, uid in servers.clusters.items()}
    same: dict[Address, list[Lost]] = defaultdict(list)
    for lost in unread:
        if not servers.behind(lost.key):
            same[servers.book.follow(parse_server(lost.key)).address].append(lost)
    readers = _readers(connection)
    for end, losses in sorted(same.items(), key=lambda item: str(item[0])):
        if ground.lacks(end, servers.services):
            continue  # the Service itself is what is missing, and a gap of its own
        known = replace(end, inside=sources_of.get(end.inside, "")) if end.service else end
        yield gap_scopes.unscanned_mlflow(_together(end, losses), known, servers.reached_at(end), readers)


def _together(end: Address, losses: Sequence[Lost]) -> Lost:
    """Mentions of several addresses of one server as those of one thing."""
    first = max(losses, key=lambda lost: lost.count)
    evidence = tuple(e for lost in losses for e in lost.evidence)
    needers = max(len({e.resource_id for e in evidence}), *(lost.needers for lost in losses))
    return replace(first, key=end.key, evidence=evidence, count=sum(lost.count for lost in losses), needers=needers)


def _readers(connection: Connection) -> list[tuple[str, str]]:
    """(source, address) of the tracking servers that are read."""
    statement = (
        select(listings.c.source, resources.c.attributes)
        .join(resources, resources.c.listing_id == listings.c.id)
        .where(resources.c.kind == "mlflow.server", resources.c.gone_at.is_(None))
        .order_by(listings.c.source)
    )
    return [(source, str(content.decode(told).get("endpoint", ""))) for source, told in connection.execute(statement)]
