"""Where two listings of one scope disagree, and what was not confirmed for too long.

A name that a second listing shows is looked up among all names that are there. It tells of something missing only where the
latest look at its kind proves absence; where nobody could look, that look's own gap says so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Connection, func, or_, select

from normalize import gap_scopes
from normalize import gap_second as texts
from normalize.arm import kind_of, parse_arm
from normalize.gap import EVIDENCE_LIMIT
from normalize.google import kind_of_type
from normalize.identity import Name, arn_name
from normalize.model import Category, Evidence, Gap, Scope
from store import content
from store.reader import last_seen
from store.rules.facts import GROUPED_ABOVE, attribute_text
from store.rules.ground import HEARSAY, Ground
from store.schema import aliases, listings, resources, sightings

MAX_AGE_DAYS = 30
"""Allowed age of what the inventory holds; a month is what most plans are made in."""

_CHUNK = 500
_CONFIG = "aws.config.listed_type"
_EXPLORER = "aws.resourceexplorer2.listed_type"
_COUNTED = frozenset(
    {
        "AWS::DynamoDB::Table", "AWS::EC2::Instance", "AWS::EC2::NatGateway", "AWS::EC2::Subnet", "AWS::EC2::VPC",
        "AWS::EC2::Volume", "AWS::ECR::Repository", "AWS::EKS::Cluster", "AWS::KMS::Key", "AWS::Kinesis::Stream",
        "AWS::Lambda::Function", "AWS::SNS::Topic", "AWS::SQS::Queue",
    }
)  # fmt: skip
"""Types whose counts mean the same on both sides: all of a region, whoever made them, under the name of our kind."""


@dataclass
class _Group:
    """Things of one kind in one scope that one listing shows."""

    evidence: list[Evidence] = field(default_factory=list)
    count: int = 0

    def add(self, evidence: Evidence) -> None:
        self.count += 1
        if self.count <= EVIDENCE_LIMIT:
            self.evidence.append(evidence)


def disagreements(connection: Connection, ground: Ground, now: datetime) -> Iterator[Gap]:
    """What a second listing shows and the inventory lacks, and the other way round."""
    r = resources.c
    listed = (
        select(r.id, r.kind, r.account, r.place, r.native_id, r.attributes, listings.c.source)
        .join(listings, listings.c.id == r.listing_id)
        .where(r.category == Category.LISTING.value, r.kind.in_(texts.SECOND_LISTINGS), r.gone_at.is_(None))
        .order_by(r.kind, r.account, r.place, r.id)
    )
    for kind, rows in groupby(connection.execute(listed).all(), key=lambda row: row.kind):
        if kind == _CONFIG:
            yield from _counted(connection, ground, list(rows))
        else:
            yield from _compared(connection, ground, kind, list(rows), now)


def _compared(connection: Connection, ground: Ground, listing: str, rows: Sequence[Any], now: datetime) -> Iterator[Gap]:  # fmt: skip
    missing: dict[tuple[str, Scope], _Group] = defaultdict(_Group)
    unknown: dict[tuple[str, Scope], _Group] = defaultdict(_Group)
    strangers: dict[str, _Group] = defaultdict(_Group)
    for row in rows:
        told = content.decode(row.attributes)
        names = [(arn, name) for arn in told.get("listed") or () if (name := arn_name(str(arn))) is not None]
        held = _held(connection, (name.key for _, name in names), now)
        for arn, name in names:
            if name.key in held:
                continue
            scope = Scope("aws", name.account or str(told.get("account") or row.account), name.place)
            evidence = Evidence(f"{row.source} {row.kind}", "$.listed", str(arn), row.id)
            if (scope.provider, scope.account) not in ground.accounts:
                strangers[scope.account].add(evidence)
            elif (verdict := _verdict(ground, name, scope)) == "absent":
                missing[name.target, scope].add(evidence)
            elif verdict == "unlisted":
                unknown[str(told.get("name") or name.target), Scope("aws", scope.account, "")].add(evidence)
    for (kind, scope), group in sorted(missing.items()):
        yield texts.unlisted(listing, kind, scope, group.evidence, group.count)
    for (type_, scope), group in sorted(unknown.items()):
        yield texts.unknown_type(listing, type_, scope, group.evidence, group.count)
    for account, group in sorted(strangers.items()):
        yield gap_scopes.unscanned_account("aws", account, "", "", True, group.evidence)
    if listing == _EXPLORER:
        yield from _unshown(connection, listing, rows, now)


def _verdict(ground: Ground, name: Name, scope: Scope) -> str:
    """ "absent" where the latest looks prove it, "unlisted" where nobody ever looked for the kind, else "unread"."""
    looks = [s.look for s in ground.by_kind.get(("aws", name.target), ()) if s.look.scope.account == scope.account]
    looks = [k for k in looks if scope.place in ("", k.scope.place) or k.scope.place.endswith("global")]
    if looks:
        return "absent" if all(look.proves for look in looks) else "unread"
    ours = not scope.place or (scope.provider, scope.account, scope.place) in ground.places
    return "unlisted" if ours and not ground.by_kind.get(("aws", name.target)) else "unread"


def _held(connection: Connection, keys: Iterable[str], now: datetime) -> set[str]:
    """Keys by which anything is known, or was within the lag: what went since may stand in a second listing a while longer."""
    old = content.instant(now - timedelta(hours=texts.LAG_HOURS))
    bearer = aliases.join(sightings, sightings.c.id == aliases.c.sighting_id)
    lately = or_(sightings.c.gone_at.is_(None), sightings.c.gone_at > old)
    found: set[str] = set()
    rest = iter(keys)
    while batch := list(islice(rest, _CHUNK)):
        found |= set(
            connection.scalars(select(aliases.c.key).select_from(bearer).where(aliases.c.key.in_(batch), lately))
        )
    return found


def _unshown(connection: Connection, listing: str, rows: Sequence[Any], now: datetime) -> Iterator[Gap]:
    """What is older than the lag and of a kind of which the listing shows others in the same place, and does not show."""
    shown: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    cut: set[tuple[str, str, str]] = set()
    for row in rows:
        told = content.decode(row.attributes)
        for arn in told.get("listed") or ():
            if name := arn_name(str(arn)):
                at = (name.target, name.account or str(told.get("account") or row.account), name.place)
                shown[at].add(name.key)
                if told.get("truncated") is not False or told.get("filter"):
                    cut.add(at)
    old = content.instant(now - timedelta(hours=texts.LAG_HOURS))
    r = resources.c
    for (kind, account, place), keys in sorted(shown.items()):
        if (kind, account, place) in cut or not place:
            continue
        ours = select(r.id).where(
            r.kind == kind, r.account == account, r.place == place, r.gone_at.is_(None), r.first_seen_at < old
        )
        extra = [i for i in connection.scalars(ours.order_by(r.id)) if i not in keys]
        if extra:
            evidence = [Evidence(account, "$", i, i) for i in extra[:EVIDENCE_LIMIT]]
            yield texts.unshown(listing, kind, Scope("aws", account, place), evidence, len(extra))


def _counted(connection: Connection, ground: Ground, rows: Sequence[Any]) -> Iterator[Gap]:
    """Where Config counts more than there is, and names what the inventory does not have."""
    r = resources.c
    for row in rows:
        type_, told = str(row.native_id), content.decode(row.attributes)
        kind, scope = _kind_of(type_), Scope("aws", row.account, row.place)
        looks = [s.look for s in ground.by_kind.get(("aws", kind), ()) if s.look.scope == scope]
        if type_ not in _COUNTED or not looks or not all(look.proves for look in looks):
            continue
        here = (r.kind == kind, r.account == row.account, r.place == row.place)
        known = {n or i.rpartition("/")[2] for i, n in connection.execute(select(r.id, r.native_id).where(*here))}
        living = connection.scalar(select(func.count()).where(*here, r.gone_at.is_(None))) or 0
        theirs = int(told.get("listed_count") or 0)
        names = [str(n) for n in told.get("listed") or ()]
        evidence = [
            Evidence(f"{row.source} {row.kind}", "$.listed", n, row.id)
            for n in names
            if n not in known and not any(k.endswith(n) for k in known)
        ]
        if evidence and theirs > living:
            yield texts.unlisted(_CONFIG, kind, scope, evidence, len(evidence))
        elif not names and theirs > living:
            counted = [Evidence(f"{row.source} {row.kind}", "$.listed_count", str(theirs), row.id)]
            yield texts.uncounted(kind, scope, theirs, living, counted)


def _kind_of(type_: str) -> str:
    """ "AWS::EC2::NatGateway" -> "aws.ec2.nat_gateway"."""
    _, service, noun = ([*type_.split("::"), "", ""])[:3]
    snake = "".join(
        ("_" if i and c.isupper() and not noun[i - 1].isupper() else "") + c.lower() for i, c in enumerate(noun)
    )
    return f"aws.{service.lower()}.{snake}"


_COUNTERS = {
    "azure.resources.subscription": ("Azure Resource Manager", "Resources - List", kind_of),
    "gcp.cloudresourcemanager.project": ("Cloud Asset Inventory's search", "SearchAllResources", kind_of_type),
}
"""What says of itself how many things another listing counts in it, by type: who counts, its call, and from a type to our kind."""


def fewer_than_listed(connection: Connection, ground: Ground, now: datetime) -> Iterator[Gap]:
    """Types of which another listing counts more in a subscription or project than the inventory holds, or held within the lag."""
    r = resources.c
    told = select(r.id, r.kind, r.provider, r.account, r.attributes, listings.c.source)
    told = told.join(listings, listings.c.id == r.listing_id).where(r.kind.in_(_COUNTERS), r.gone_at.is_(None))
    for row in connection.execute(told.order_by(r.id)).all():
        counts = content.decode(row.attributes).get("listed_counts")
        if not isinstance(counts, dict) or not counts:
            continue
        other, call, kind_named = _COUNTERS[row.kind]
        types, kinds = _held_by_type(connection, row.provider, row.account, now)
        for type_, theirs in sorted(counts.items()):
            kind = kind_named(type_)
            ours = max(types[type_], kinds[kind])
            looks = [
                s.look for s in ground.by_kind.get((row.provider, kind), ()) if s.look.scope.account == row.account
            ]
            if theirs > ours and looks and all(look.proves for look in looks):
                evidence = [Evidence(f"{row.source} {call}", f"$.listed_counts['{type_}']", str(theirs), row.id)]
                yield texts.uncounted(kind, Scope(row.provider, row.account, ""), theirs, ours, evidence, other)


def _held_by_type(connection: Connection, provider: str, account: str, now: datetime) -> tuple[Counter[str], Counter[str]]:  # fmt: skip
    """How many things of an account are there or went within the lag, by ARM type and by kind."""
    r = resources.c
    old = content.instant(now - timedelta(hours=texts.LAG_HOURS))
    held = select(r.id, r.kind).where(r.provider == provider, r.account == account)
    held = held.where(or_(r.gone_at.is_(None), r.gone_at > old))
    types: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for id_, kind in connection.execute(held, execution_options={"yield_per": 1000}):
        kinds[kind] += 1
        if provider == "azure" and (found := parse_arm(id_)):
            types[found.type] += 1
    return types, kinds


def versions_without_artifacts(connection: Connection) -> Iterator[Gap]:
    """Versions that a registry calls ready and for which the server's own artifacts, counted to their end, hold no file."""
    r = resources.c
    empty = (
        select(r.id, r.account, r.native_id, r.attributes, listings.c.source)
        .join(listings, listings.c.id == r.listing_id)
        .where(r.kind == "mlflow.model_version", r.gone_at.is_(None))
        .where(attribute_text(connection, resources, "file_count").in_(_zero(connection)))
        .order_by(r.account, r.id)
    )
    for server, rows in groupby(connection.execute(empty), key=lambda row: row.account):
        found = []
        for row in rows:
            told = content.decode(row.attributes)
            if told.get("state") == "READY":
                uri = str(told.get("source_uri") or "")
                found.append((row.native_id or row.id, Evidence(f"{row.source} artifacts", "$.source", uri, row.id)))
        for group in [found] if len(found) > GROUPED_ABOVE else [[one] for one in found]:
            yield texts.version_without_artifacts(server, group, len(group))


def _zero(connection: Connection) -> tuple[str | int, ...]:
    """0 as attributes give it: PostgreSQL has the text of the JSON."""
    return ("0",) if connection.dialect.name == "postgresql" else (0,)


def stale(connection: Connection, now: datetime) -> Iterator[Gap]:
    """What a source holds of an account and no look confirmed within the allowed age."""
    cutoff = content.instant(now - timedelta(days=MAX_AGE_DAYS))
    c, seen = listings.c, last_seen()
    old = (
        select(c.source, c.provider, c.account, c.kind, func.count().label("things"), func.min(seen).label("oldest"))
        .select_from(sightings)
        .join(listings, c.id == sightings.c.listing_id)
        .where(sightings.c.gone_at.is_(None), c.retired_at.is_(None), seen < cutoff, c.kind.not_in(HEARSAY))
        .group_by(c.source, c.provider, c.account, c.kind)
        .order_by(c.source, c.provider, c.account, c.kind)
    )
    rows = connection.execute(old).all()
    for (source, provider, account), found in groupby(rows, key=lambda r: (r.source, r.provider, r.account)):
        kinds = list(found)
        told = [Evidence(source, f"${k.kind}", f"{k.things} of {k.kind}, last seen {k.oldest[:10]}") for k in kinds]
        things, oldest = sum(k.things for k in kinds), min(k.oldest for k in kinds)
        yield texts.stale(source, Scope(provider, account, ""), MAX_AGE_DAYS, things, oldest, told)
