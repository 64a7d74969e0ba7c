"""Finds what the inventory does not know, by queries over what it holds.

Owns the finding and the life of a gap: first seen, still there, resolved. Texts and severities are normalize/gap.py's.

A name that does not resolve is *dangling* only where the latest look proves that it is not there. Where the look was
denied, failed or cut short, the name belongs to that look's own gap, and what was said of it before stays open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from itertools import groupby, islice
from sys import intern
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, case, cast, exists, func, insert, null, or_, select, update
from sqlalchemy.dialects import postgresql

from normalize import gap as texts
from normalize.addresses import SERVER, Address, parse_server
from normalize.gap import EVIDENCE_LIMIT, Look, Lost
from normalize.model import Category, Dimension, Evidence, Gap, GapCode, Outcome, Scope
from normalize.vocabulary import REQUIRED_EVIDENCE
from store import content
from store.database import writing
from store.linking import holds_inside
from store.schema import (
    aliases,
    detail_gaps,
    gaps,
    listings,
    raw_payloads,
    refs,
    relations,
    resources,
    runs,
    sightings,
    sources,
)
from store.schema import coverage as looks_table
from store.servers import known_servers
from store.writer import EVERY_KIND, UNKNOWN_PLACE

GROUPED_ABOVE = 20
"""Resources of one kind in one scope that lack the same fact; more make one gap."""

_CHUNK = 500
_GENERIC = frozenset({"", "network.host", "network.address", "container.image_repository", "huggingface.hub.model"})
_MANAGED_TRACKERS = ("aws.sagemaker.mlflow_tracking_server", "aws.sagemaker.mlflow_app")
_OWN_PROVIDERS = {"k8s": "kubernetes", "mlflow": "mlflow", "host": "host", "slurm": "slurm"}


def detect(engine: Engine, run_id: str, *, now: datetime) -> dict[str, int]:
    """Find all gaps of the inventory as it is, and resolve those that are no more.

    Args:
        run_id: the run that led here; when it took in whole sources, scopes that it no longer had are retired.

    Returns:
        Open gaps by code, and `new` and `resolved`.

    Raises:
        StoreError: the database refused; the gaps are as before.
    """
    at = content.instant(now)
    with writing(engine) as connection:
        _retire(connection, run_id, at)
        ledger = _Ledger(connection, run_id, at)
        ledger.take(_found(connection, ledger.held))
        return ledger.settle()


def _retire(connection: Connection, run_id: str, at: str) -> None:
    """A scope that a scan of the whole source no longer has is not ours to judge any more."""
    row = connection.execute(select(runs.c.selection).where(runs.c.id == run_id)).first()
    if row is None or content.decode(row.selection).get("kinds"):
        return
    c, unknown = listings.c, listings.alias("unknown")
    unplanned = exists().where(
        unknown.c.source == c.source,
        unknown.c.place == UNKNOWN_PLACE,
        or_(unknown.c.account == UNKNOWN_PLACE, unknown.c.account == c.account),
        unknown.c.run_id == run_id,
        or_(unknown.c.kind == EVERY_KIND, unknown.c.kind == c.kind),
    )
    whole = select(sources.c.name).where(sources.c.run_id == run_id)
    connection.execute(
        update(listings)
        .where(c.source.in_(whole), c.run_id < run_id, c.retired_at.is_(None), ~unplanned)
        .values(retired_at=at)
    )


@dataclass
class _Ledger:
    """The gaps as stored, brought up to date."""

    connection: Connection
    run_id: str
    at: str
    held: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=lambda: {"new": 0, "resolved": 0})
    _found: set[str] = field(default_factory=set)

    def take(self, found: Iterator[Gap]) -> None:
        while batch := list(islice(found, _CHUNK)):
            self._write({g.id: g for g in reversed(batch) if g.id not in self._found})

    def _write(self, batch: dict[str, Gap]) -> None:
        self._found.update(batch)
        known = {
            row.id: row._asdict()
            for row in self.connection.execute(select(gaps).where(gaps.c.id.in_(list(batch))))
        }  # fmt: skip
        new, changed = [], []
        for gap in batch.values():
            self.counts[gap.code.value] = self.counts.get(gap.code.value, 0) + 1
            row = _row(gap)
            before = known.get(gap.id)
            if before is None:
                new.append(row | {"first_seen_at": self.at, "run_id": self.run_id, "resolved_at": None})
            elif before["resolved_at"] is not None or any(before[k] != v for k, v in row.items()):
                changed.append({"gap" if k == "id" else k: v for k, v in row.items()} | {"run_id": self.run_id})
        if new:
            self.connection.execute(insert(gaps), new)
            self.counts["new"] += len(new)
        if changed:
            values: dict[str, Any] = {k: bindparam(k) for k in changed[0] if k != "gap"} | {"resolved_at": None}
            self.connection.execute(update(gaps).where(gaps.c.id == bindparam("gap")).values(values), changed)

    def settle(self) -> dict[str, int]:
        """Resolve what was not found, except where we could not look."""
        still = self.connection.execute(select(gaps.c.id).where(gaps.c.resolved_at.is_(None))).scalars()
        over = [g for g in still if g not in self._found and g not in self.held]
        for start in range(0, len(over), _CHUNK):
            ids = over[start : start + _CHUNK]
            self.connection.execute(update(gaps).where(gaps.c.id.in_(ids)).values(resolved_at=self.at))
        self.counts["resolved"] = len(over)
        return self.counts


def _row(gap: Gap) -> dict[str, Any]:
    return {
        "id": gap.id,
        "code": gap.code.value,
        "severity": gap.severity.value,
        "why": content.plain(gap.why),
        "subject_id": content.plain(gap.subject_id),
        "subject": content.plain(gap.subject),
        "missing": content.text_of(dict(gap.missing)),
        "evidence": content.text_of([asdict(e) for e in gap.evidence]),
        "evidence_count": gap.evidence_count,
        "remedy": content.plain(gap.remedy),
        "extra": content.text_of(dict(gap.extra)),
    }


def _found(connection: Connection, held: set[str]) -> Iterator[Gap]:
    ground = _Ground.read(connection)
    into: dict[int, _Into] = defaultdict(_Into)
    yield from _lost_gaps(connection, ground, into, held)
    yield from _coverage_gaps(connection, ground, into)
    yield from _detail_gaps(connection, ground)
    yield from _cluster_gaps(connection, ground)
    yield from _tracker_gaps(connection)
    yield from _evidence_gaps(connection)
    yield from _unmodelled_gaps(connection)


# --- what was looked at -----------------------------------------------------------------------------------------


@dataclass
class _Into:
    """References that point into one look."""

    evidence: list[Evidence] = field(default_factory=list)
    count: int = 0


@dataclass(frozen=True, slots=True)
class _Stand:
    """A look as it stands: its listing, its run."""

    listing: int
    run_id: str
    look: Look


@dataclass
class _Ground:
    """What we cover, and what each look there was worth."""

    by_listing: dict[int, _Stand] = field(default_factory=dict)
    by_kind: dict[tuple[str, str], list[_Stand]] = field(default_factory=lambda: defaultdict(list))
    accounts: set[tuple[str, str]] = field(default_factory=set)
    places: set[tuple[str, str, str]] = field(default_factory=set)
    providers: set[str] = field(default_factory=set)
    unplanned: dict[str, list[_Stand]] = field(default_factory=lambda: defaultdict(list))
    shut: dict[tuple[str, str], list[_Stand]] = field(default_factory=lambda: defaultdict(list))
    numbers: dict[str, str] = field(default_factory=dict)
    _judged: dict[tuple[object, ...], tuple[str, list[_Stand]]] = field(default_factory=dict)

    @classmethod
    def read(cls, connection: Connection) -> _Ground:
        ground = cls(numbers=_project_numbers(connection))
        known = select(resources.c.kind, func.max(resources.c.dimension)).group_by(resources.c.kind)
        dimensions = {k: Dimension(d) if d else None for k, d in connection.execute(known)}
        statement = (
            select(listings, looks_table)
            .join(looks_table, and_(looks_table.c.listing_id == listings.c.id, looks_table.c.run_id == listings.c.run_id))
            .where(listings.c.retired_at.is_(None))
            .order_by(listings.c.source, listings.c.kind, listings.c.account, listings.c.place, listings.c.provider)
        )  # fmt: skip
        c = listings.c
        named = (c.source, c.kind, c.provider, c.account, c.place, c.run_id)
        for row in connection.execute(statement).mappings():
            source, kind, *place, run = (intern(row[c]) for c in named)
            look = Look(
                source,
                kind,
                Scope(*place),
                Outcome(row[looks_table.c.outcome]),
                row[looks_table.c.quarantined],
                row[looks_table.c.reason],
                tuple(content.decode(row[looks_table.c.needs])),
                dimensions.get(kind),
            )
            ground._add(_Stand(row[listings.c.id], run, look))
        return ground

    def _add(self, stand: _Stand) -> None:
        scope = stand.look.scope
        self.by_listing[stand.listing] = stand
        self.providers.add(scope.provider)
        if scope.account == UNKNOWN_PLACE:
            self.unplanned[scope.provider].append(stand)
            return
        if scope.place == UNKNOWN_PLACE:
            self.shut[scope.provider, scope.account].append(stand)
            self.accounts.add((scope.provider, scope.account))
            return
        self.by_kind[scope.provider, stand.look.kind].append(stand)
        if stand.look.outcome is Outcome.SKIPPED:  # nobody looked: it makes no account one that we cover
            return
        self.accounts.add((scope.provider, scope.account))
        self.places.add((scope.provider, scope.account, scope.place))

    def judge(self, lost: Lost, newest_run: str) -> tuple[str, list[_Stand]]:
        """("unread" | "absent" | "stale" | "unlisted" | "external", the looks that it rests on).

        Args:
            newest_run: the latest run in which one who needs it was seen anew.
        """
        if lost.provider == "gcp":
            lost = replace(lost, account=self.numbers.get(lost.account, lost.account))
        asked = (lost.provider, lost.target, lost.account, lost.place, lost.key.startswith("dns:"), newest_run)
        if asked not in self._judged:
            self._judged[asked] = self._judge(lost, newest_run)
        return self._judged[asked]

    def _judge(self, lost: Lost, newest_run: str) -> tuple[str, list[_Stand]]:
        if lost.target in _GENERIC or lost.target in texts.HOSTED_MODELS or lost.provider not in self.providers:
            return "external", []
        doubtful = [s for s in self._doubtful(lost) if s.look.kind in (EVERY_KIND, lost.target)]
        if lost.account and (lost.provider, lost.account) not in self.accounts:
            return ("unread", doubtful) if doubtful else ("external", [])
        looks = self._looks(lost)
        unread = doubtful + [s for s in looks if not s.look.proves]
        if unread:
            return "unread", unread
        if not looks:
            return self._unlisted(lost), []
        if not lost.account:
            return ("external", looks) if self._everywhere(lost, looks) else ("unlisted", looks)
        stale = [s for s in looks if s.run_id < newest_run]
        return ("stale", stale) if stale else ("absent", looks)

    def _doubtful(self, lost: Lost) -> Iterator[_Stand]:
        """What says that nothing could be read where the name might be."""
        yield from self.unplanned[lost.provider]
        unknown = (lost.provider, lost.account) not in self.accounts
        for (provider, account), stands in self.shut.items():
            within = lost.account in ("", account) or (unknown and "/" in account)  # whose projects are not known
            if provider == lost.provider and within:
                yield from stands

    def _looks(self, lost: Lost) -> list[_Stand]:
        """Looks at the target's kind where it could be: its place, or the place of what has none ("aws-global")."""
        of_kind = self.by_kind.get((lost.provider, lost.target), [])
        looks = [s for s in of_kind if lost.account in ("", s.look.scope.account)]
        if not lost.place:
            return looks
        return [s for s in looks if s.look.scope.place == lost.place or s.look.scope.place.endswith("global")]

    def lacks(self, address: Address, services: frozenset[str]) -> bool:
        """Whether an address means a Service that is proved not to be there."""
        if address.service_id is None or address.service_id in services:
            return False
        looks = [s.look for s in self.by_kind["kubernetes", "k8s.service"] if s.look.scope.account == address.inside]
        return bool(looks) and all(look.proves for look in looks)

    def _unlisted(self, lost: Lost) -> str:
        """The kind was never listed where it should be: outside when the place is not ours, else unknown."""
        where = (lost.provider, lost.account)
        if lost.account and lost.place and not {(*where, lost.place), (*where, "global")} & self.places:
            return "external"
        if not lost.account and lost.key.startswith("dns:"):
            return "external"
        return "unlisted"

    def _everywhere(self, lost: Lost, looks: list[_Stand]) -> bool:
        """Whether every account of the provider that we cover was looked through for the kind."""
        ours = {a for p, a in self.accounts if p == lost.provider}
        return ours <= {s.look.scope.account for s in looks}


def _project_numbers(connection: Connection) -> dict[str, str]:
    """Number of a Google Cloud project -> its id, by which it is looked at."""
    statement = (
        select(resources.c.account, aliases.c.key)
        .join(sightings, sightings.c.resource_id == resources.c.id)
        .join(aliases, aliases.c.sighting_id == sightings.c.id)
        .where(resources.c.kind == "gcp.cloudresourcemanager.project", aliases.c.key.startswith("//"))
    )
    return {key.rpartition("/")[2]: account for account, key in connection.execute(statement)}


# --- names that do not resolve ----------------------------------------------------------------------------------


def _lost_names() -> Any:
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
        .where(refs.c.key.in_(_lost_names()), source.c.gone_at.is_(None), refs.c.optional.is_(False), ~inside)
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


def _lost(rows: Sequence[Any]) -> Lost:
    """The name, with the most telling of its mentions: one that knows the account, then the kind."""
    best = min(rows, key=lambda r: (r.account == "", r.target in _GENERIC, r.place == "", r.position))
    provider, account, place = best.provider, best.account, best.place
    scheme, separator, rest = best.key.partition("://")
    if separator and scheme in _OWN_PROVIDERS:
        provider, account, place = _OWN_PROVIDERS[scheme], rest.split("/", 1)[0], ""
    evidence = tuple(Evidence(f"{r.source} {r.call}", r.path, r.value, r.resource_id) for r in rows)
    return Lost(
        best.key, best.value, best.target, provider, account, place, evidence, rows[0].mentions, rows[0].needers
    )


def _lost_gaps(connection: Connection, ground: _Ground, into: dict[int, _Into], held: set[str]) -> Iterator[Gap]:
    unread: list[Lost] = []
    rows = connection.execute(_lost_rows(), execution_options={"yield_per": 1000})
    for key, mentions in groupby(rows, key=lambda r: r.key):
        found = list(mentions)
        lost = _lost(found)
        if key.startswith(SERVER):
            unread.append(lost)
            continue
        verdict, stands = ground.judge(lost, found[0].newest_run)
        if verdict == "unread":
            for stand in stands:
                into[stand.listing].evidence.extend(lost.evidence[: EVIDENCE_LIMIT - len(into[stand.listing].evidence)])
                into[stand.listing].count += lost.count
            held.update(texts.gap_id(c, key) for c in (GapCode.DANGLING_REFERENCE, GapCode.EXTERNAL_DEPENDENCY))
        elif found[0].former:
            gone_at, _, resource_id = found[0].former.partition(" ")
            yield texts.dangling_gone(lost, resource_id, gone_at)
        elif verdict == "absent":
            yield texts.dangling(lost)
        elif verdict == "stale":
            yield texts.dangling_stale(lost, stands[0].look)
        elif verdict == "unlisted":
            yield texts.dangling_unlisted(lost)
        else:
            yield texts.external(lost, covered_account=(lost.provider, lost.account) in ground.accounts)
    if unread:
        yield from _server_gaps(connection, ground, unread)


# --- tracking servers that nothing reads ------------------------------------------------------------------------


def _server_gaps(connection: Connection, ground: _Ground, unread: Sequence[Lost]) -> Iterator[Gap]:
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
        yield texts.unscanned_mlflow(_together(end, losses), known, servers.reached_at(end), readers)


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


# --- what could not be read -------------------------------------------------------------------------------------


def _detail_rows(*faults: str) -> Any:
    """One row per failed detail call or misfit; the first ones of each call and need in a listing."""
    d = detail_gaps.c
    same: dict[str, Any] = {"partition_by": (sightings.c.listing_id, d.fault, d.call, d.needs)}
    order = (sightings.c.resource_id, d.message)
    numbered = (
        select(
            sightings.c.listing_id,
            d.fault,
            d.call,
            d.needs,
            d.message,
            sightings.c.resource_id,
            func.count().over(**same).label("affected"),
            func.row_number().over(**same, order_by=order).label("position"),
        )
        .select_from(detail_gaps)
        .join(sightings, sightings.c.id == d.sighting_id)
        .where(sightings.c.gone_at.is_(None), d.fault.in_(faults))
        .subquery("numbered")
    )
    n = numbered.c
    return (
        select(numbered)
        .where(n.position <= EVIDENCE_LIMIT)
        .order_by(n.listing_id, n.fault, n.call, n.needs, n.position)
    )


def _coverage_gaps(connection: Connection, ground: _Ground, into: dict[int, _Into]) -> Iterator[Gap]:
    misfits: dict[int, tuple[list[Evidence], int]] = {}
    for listing, rows in groupby(connection.execute(_detail_rows("misfit")), key=lambda r: r.listing_id):
        found = list(rows)
        if listing in ground.by_listing:
            source = ground.by_listing[listing].look.source
            evidence = [Evidence(f"{source} {r.call}", "", r.message, r.resource_id) for r in found]
            misfits[listing] = evidence, sum(r.affected for r in found if r.position == 1)
    for listing, stand in ground.by_listing.items():
        unfit, count = misfits.get(listing, ([], 0))
        outcome = stand.look.outcome
        if outcome is Outcome.UNAVAILABLE or (outcome is Outcome.COMPLETE and not stand.look.quarantined and not count):
            continue
        lost = into.get(listing, _Into())
        yield texts.coverage(stand.look, unfit, count, lost.evidence, lost.count)


def _detail_gaps(connection: Connection, ground: _Ground) -> Iterator[Gap]:
    rows = connection.execute(_detail_rows("denied", "failed"))
    for (listing, fault, call, needs), found in groupby(rows, key=lambda r: (r.listing_id, r.fault, r.call, r.needs)):
        if listing not in ground.by_listing:
            continue
        look = ground.by_listing[listing].look
        records = list(found)
        evidence = [Evidence(f"{look.source} {call}", "", r.message, r.resource_id) for r in records]
        yield texts.detail(look, call, fault == "denied", tuple(content.decode(needs)), evidence, records[0].affected)


# --- clusters that nothing reads --------------------------------------------------------------------------------


def _cluster_gaps(connection: Connection, ground: _Ground) -> Iterator[Gap]:
    r = resources.c
    clusters = (
        select(r.id, r.kind, r.name, r.provider, r.account, r.place, r.attributes)
        .where(r.category == Category.CLUSTER.value, r.gone_at.is_(None), r.provider != "kubernetes")
        .order_by(r.id)
    )
    read = _read_clusters(connection)
    unread = sorted({s.look.source for s in ground.unplanned["kubernetes"]})
    nameless = _unnamed_clusters(connection)
    for row in connection.execute(clusters).all():
        attributes = content.decode(row.attributes)
        if not texts.is_kubernetes(row.kind, attributes) or row.id in read:
            continue
        source, call = _seen_by(connection, row.id)
        endpoint = attributes.get("endpoint")
        evidence = Evidence(f"{source} {call}", "$", str(endpoint or row.id), row.id)
        scope = Scope(row.provider, row.account, row.place)
        yield texts.unscanned_cluster(row.id, row.kind, row.name or row.id, scope, evidence, unread, nameless)


def _tracker_gaps(connection: Connection) -> Iterator[Gap]:
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


# --- facts and types that are missing ---------------------------------------------------------------------------


def _attribute(connection: Connection, name: str) -> Any:
    """Text of an attribute; NULL where it is absent or null."""
    if connection.dialect.name == "postgresql":
        return func.json_extract_path_text(cast(resources.c.attributes, postgresql.JSON), name)
    return func.json_extract(resources.c.attributes, f'$."{name}"')


def _evidence_gaps(connection: Connection) -> Iterator[Gap]:
    wanted: dict[str, list[str]] = defaultdict(list)
    for category, names in REQUIRED_EVIDENCE.items():
        for name in names:
            wanted[name].append(category.value)
    for name, categories in sorted(wanted.items()):
        rows = connection.execute(_lacking(connection, name, categories), execution_options={"yield_per": 1000})
        for (kind, *scope), found in groupby(rows, key=lambda r: (r.kind, r.provider, r.account, r.place)):
            lacking = list(found)
            things = [(r.id, r.name or "", Evidence(r.provider, f"$.{name}", "unknown", r.id)) for r in lacking]
            category, count = Category(lacking[0].category), lacking[0].lacking
            groups = [things] if count > GROUPED_ABOVE else [[t] for t in things]
            for group in groups:
                total = count if count > GROUPED_ABOVE else 1
                yield texts.evidence_missing(kind, category, Scope(*scope), name, group, total)


def _lacking(connection: Connection, name: str, categories: Sequence[str]) -> Any:
    r = resources.c
    same: dict[str, Any] = {"partition_by": (r.kind, r.provider, r.account, r.place)}
    lacking = (
        select(
            r.id,
            r.name,
            r.kind,
            r.category,
            r.provider,
            r.account,
            r.place,
            func.count().over(**same).label("lacking"),
            func.row_number().over(**same, order_by=r.id).label("position"),
        )
        .where(r.gone_at.is_(None), r.category.in_(categories), _attribute(connection, name).is_(None))
        .subquery("lacking_rows")
    )
    c = lacking.c
    return (
        select(lacking).where(c.position <= EVIDENCE_LIMIT).order_by(c.kind, c.provider, c.account, c.place, c.position)
    )


def _unmodelled_gaps(connection: Connection) -> Iterator[Gap]:
    r = resources.c
    same: dict[str, Any] = {"partition_by": (r.provider, r.kind)}
    numbered = (
        select(
            r.id,
            r.kind,
            r.provider,
            r.account,
            func.count().over(**same).label("total"),
            func.row_number().over(**same, order_by=r.id).label("position"),
        )
        .where(r.gone_at.is_(None), r.category == Category.UNMODELLED.value)
        .subquery("numbered")
    )
    c = numbered.c
    statement = select(numbered).where(c.position <= EVIDENCE_LIMIT).order_by(c.provider, c.kind, c.position)
    for (provider, kind), rows in groupby(connection.execute(statement), key=lambda row: (row.provider, row.kind)):
        found = list(rows)
        examples = [Evidence(row.account, "$", row.id, row.id) for row in found]
        yield texts.unmodelled(kind, provider, examples, found[0].total)
