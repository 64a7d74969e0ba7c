"""How many things of each kind there are in each account, by what independent sightings of them have in common.

Owns who saw what: the listing of the kind, mentions by other things, second listings of the same scope, bills, and what is
declared. The estimate itself
is normalize/estimate.py's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, FromClause, and_, case, exists, func, or_, select

from normalize.estimate import estimate
from normalize.gap_second import SECOND_LISTINGS
from normalize.identity import arn_name
from normalize.model import Category
from store import content
from store.database import reading
from store.rules.ground import project_numbers
from store.schema import aliases, listings, refs, relations, resources, sightings

SIGHTINGS = ("its own listing", "mentions", "a second listing", "a bill", "a declaration")
_LISTED, _MENTIONED, _SECOND, _BILLED, _DECLARED = (1 << i for i in range(len(SIGHTINGS)))
_NO_THINGS = frozenset(
    c.value
    for c in (
        Category.COST,
        Category.LISTING,
        Category.DECLARATION,
        Category.UNMODELLED,
        Category.REGION,
        Category.QUOTA,
        Category.SETTINGS,
    )
)
_CHUNK = 500


def estimates(engine: Engine) -> Iterator[dict[str, Any]]:
    """One row per kind and account: `kind`, `provider`, `account`, `inventoried`, `known` (to any sighting), `estimate`, `low`, `high` (of
    the 95 % interval), `dependent`, `basis`, and by sighting how many it shows.

    Raises:
        StoreError: the database refused.
    """
    with reading(engine) as connection:
        second, numbers = _second(connection), project_numbers(connection)
        for kind, provider in _kinds(connection):
            seen = _seen(connection, kind, provider, second.get(kind, {}), numbers)
            for account in sorted(seen):
                yield _row(kind, provider, account, seen[account])


def _kinds(connection: Connection) -> list[tuple[str, str]]:
    r = resources.c
    found = (
        select(r.kind, r.provider)
        .where(r.gone_at.is_(None), r.category.not_in(_NO_THINGS))
        .group_by(r.kind, r.provider)
        .order_by(r.kind, r.provider)
    )
    return [(kind, provider) for kind, provider in connection.execute(found)]


def _row(kind: str, provider: str, account: str, seen: Mapping[str, int]) -> dict[str, Any]:
    histories = Counter(seen.values())
    found = estimate(histories, SIGHTINGS)
    shown = {name: n for i, name in enumerate(SIGHTINGS) if (n := sum(c for b, c in histories.items() if b >> i & 1))}
    return {
        "kind": kind,
        "provider": provider,
        "account": account,
        "inventoried": shown.get(SIGHTINGS[0], 0),
        "known": found.seen,
        **({} if found.total is None else {"estimate": found.total, "low": found.low, "high": found.high}),
        "dependent": found.dependent,
        "sightings": shown,
        "basis": found.basis,
    }


def _seen(
    connection: Connection, kind: str, provider: str, second: Mapping[str, str], numbers: Mapping[str, str]
) -> dict[str, dict[str, int]]:
    """Account -> thing -> bits of what saw it."""
    r = resources.c
    accounts: dict[str, str] = {}
    bits: Counter[str] = Counter()
    for id_, account in connection.execute(select(r.id, r.account).where(r.kind == kind, r.gone_at.is_(None))):
        accounts[id_], bits[id_] = account, _LISTED
    for target, bit in connection.execute(_resolved(kind)):
        bits[target] |= bit
    whole = set(accounts.values())
    for key, account, bit in connection.execute(_lost(kind, provider)):
        if owner := numbers.get(account, account) or (next(iter(whole)) if len(whole) == 1 else ""):
            accounts[key] = owner
            bits[key] |= bit
    held = _ids(connection, list(second))
    for key, account in second.items():
        thing = held.get(key, key)
        if thing in accounts or account:
            accounts.setdefault(thing, account)
            bits[thing] |= _SECOND
    seen: dict[str, dict[str, int]] = defaultdict(dict)
    for thing, account in accounts.items():
        seen[account][thing] = bits[thing]
    return seen


def _bit(source: FromClause, verb: ColumnElement[str]) -> ColumnElement[int]:
    """What sees a thing, where something of a category says so by a verb."""
    return case(
        (source.c.category == Category.COST.value, _BILLED), (verb == "declares", _DECLARED), else_=_MENTIONED
    ).label("bit")


def _resolved(kind: str) -> Any:
    """(id, bit of what sees it) of what other things name and is there."""
    source, target = resources.alias("source"), resources.alias("target")
    return (
        select(target.c.id, _bit(source, relations.c.verb))
        .select_from(relations)
        .join(target, target.c.id == relations.c.target_id)
        .join(source, source.c.id == relations.c.source_id)
        .where(
            target.c.kind == kind,
            target.c.gone_at.is_(None),
            relations.c.verb != "same_as",
            source.c.category != Category.LISTING.value,
        )
        .distinct()
    )


def _lost(kind: str, provider: str) -> Any:
    """(key, account, bit of what sees it) of what other things name and is not there. Of several names of one declared thing, its short
    id is not counted."""
    source = resources.alias("source")
    known = exists().where(aliases.c.key == refs.c.key)
    declared = refs.c.verb == "declares"
    bit = _bit(source, refs.c.verb)
    return (
        select(refs.c.key, func.max(refs.c.account), bit)
        .select_from(refs)
        .join(sightings, and_(sightings.c.id == refs.c.sighting_id, sightings.c.gone_at.is_(None)))
        .join(source, source.c.id == sightings.c.resource_id)
        .where(refs.c.target == kind, refs.c.provider == provider, ~known)
        .where(or_(refs.c.optional.is_(False), and_(declared, ~refs.c.key.startswith("aws:"))))
        .where(source.c.category != Category.LISTING.value)
        .group_by(refs.c.key, bit)
    )


def _second(connection: Connection) -> dict[str, dict[str, str]]:
    """Kind -> key -> account of what second listings show by name."""
    r = resources.c
    shown: dict[str, dict[str, str]] = defaultdict(dict)
    rows = (
        select(r.account, r.attributes)
        .join(listings, listings.c.id == r.listing_id)
        .where(r.category == Category.LISTING.value, r.kind.in_(SECOND_LISTINGS), r.gone_at.is_(None))
    )
    for account, told in connection.execute(rows):
        for arn in content.decode(told).get("listed") or ():
            if name := arn_name(str(arn)):
                shown[name.target][name.key] = name.account or account
    return shown


def _ids(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    """Key -> id of what is there and bears it."""
    found: dict[str, str] = {}
    rest = iter(keys)
    while batch := list(islice(rest, _CHUNK)):
        rows = (
            select(aliases.c.key, sightings.c.resource_id)
            .join(sightings, sightings.c.id == aliases.c.sighting_id)
            .where(aliases.c.key.in_(batch), sightings.c.gone_at.is_(None))
        )
        found |= {row.key: row.resource_id for row in connection.execute(rows)}
    return found
