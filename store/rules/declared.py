"""What is declared beside what is there: by states of Terraform, stacks of CloudFormation and releases of Helm, which all say `declares`.

A thing is undeclared only beside others of its kind that are declared. A declared thing is missed only where the latest looks prove
that it is not there; where nobody could look, that look's own gap says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, and_, exists, func, select

from normalize import gap_declared as texts
from normalize.declared import MADE_BY_TERRAFORM, NOT_DECLARED, came_by_itself, group_of
from normalize.gap import EVIDENCE_LIMIT, Lost
from normalize.gap_declared import Absent, Beside
from normalize.model import Category, Evidence, Gap, Scope
from store import content
from store.rules.facts import GROUPED_ABOVE
from store.rules.ground import Ground, Stand
from store.schema import aliases, listings, refs, relations, resources, sightings

DECLARES = "declares"
_CHUNK = 500


@dataclass
class _Declared:
    """Declared things of one group."""

    count: int = 0
    sample: tuple[str, ...] = ()

    def add(self, row: Any) -> None:
        self.count += 1
        found = (row.source_id, row.evidence, row.target_id)
        if not self.sample or found < self.sample:
            self.sample = found


@dataclass
class _Undeclared:
    """Undeclared things of one kind and scope, the first ones of them."""

    things: list[tuple[str, str, str]] = field(default_factory=list)
    count: int = 0
    labelled: int = 0
    beside: Beside | None = None


def undeclared(connection: Connection) -> Iterator[Gap]:
    """Things that nothing declares, beside others of their kind that are declared."""
    groups: dict[tuple[str, str, str], _Declared] = defaultdict(_Declared)
    for row in connection.execute(_declared(), execution_options={"yield_per": 1000}):
        groups[group_of(row.kind, row.account, row.target_id)].add(row)
    accounts: dict[str, set[str]] = defaultdict(set)
    for kind, account, _ in groups:
        accounts[kind].add(account)
    for kind in sorted(accounts):
        known = sorted(accounts[kind])
        for start in range(0, len(known), _CHUNK):
            rows = connection.execute(
                _others(kind, known[start : start + _CHUNK]), execution_options={"yield_per": 1000}
            )
            for scope, found in groupby(rows, key=lambda r: (r.provider, r.account, r.place)):
                yield from _in_scope(connection, kind, Scope(*scope), found, groups)


def _declared() -> Any:
    """(kind, account, target, source, evidence) of every declared thing that is there."""
    target = resources.alias("target")
    t, said = target.c, relations.c
    return (
        select(t.kind, t.account, said.target_id, said.source_id, said.evidence)
        .select_from(relations)
        .join(target, and_(t.id == said.target_id, t.gone_at.is_(None)))
        .where(said.verb == DECLARES, t.category.not_in([c.value for c in NOT_DECLARED]))
    )


def _others(kind: str, accounts: Sequence[str]) -> Any:
    r = resources.c
    said = exists().where(relations.c.target_id == r.id, relations.c.verb == DECLARES)
    return (
        select(r.id, r.name, r.native_id, r.category, r.provider, r.account, r.place, r.tags, r.attributes)
        .where(r.kind == kind, r.account.in_(accounts), r.gone_at.is_(None), ~said)
        .order_by(r.provider, r.account, r.place, r.id)
    )


def _in_scope(
    connection: Connection, kind: str, scope: Scope, rows: Any, groups: dict[tuple[str, str, str], _Declared]
) -> Iterator[Gap]:
    found = _Undeclared()
    single: list[tuple[tuple[str, str, str], Beside, bool]] = []
    for row in rows:
        declared = groups.get(group_of(kind, row.account, row.id))
        tags = content.decode(row.tags)
        if declared is None or came_by_itself(
            kind, Category(row.category), row.id, row.name or "", tags, content.decode(row.attributes)
        ):
            continue
        found.count += 1
        labelled = MADE_BY_TERRAFORM in tags
        found.labelled += labelled
        found.beside = found.beside or _beside(connection, declared)
        thing = (row.id, row.name or "", row.native_id or "")
        if len(found.things) < EVIDENCE_LIMIT - 1:
            found.things.append(thing)
        if len(single) < GROUPED_ABOVE + 1:
            single.append((thing, _beside(connection, declared), labelled))
    if found.count > GROUPED_ABOVE and found.beside:
        all_labelled = found.labelled == found.count
        yield texts.undeclared(kind, scope, found.things, found.count, found.beside, all_labelled)
    elif found.count:
        for thing, beside, labelled in single:
            yield texts.undeclared(kind, scope, [thing], 1, beside, labelled)


def _beside(connection: Connection, declared: _Declared) -> Beside:
    source_id, evidence, target_id = declared.sample
    r = resources.c
    row = connection.execute(
        select(r.kind, r.name, r.attributes, listings.c.source)
        .join(listings, listings.c.id == r.listing_id)
        .where(r.id == source_id)
    ).first()
    kind, name, told, source = (row.kind, row.name or "", content.decode(row.attributes), row.source) if row else ("", "", {}, "")  # fmt: skip
    file, type_ = str(told.get("declared_by") or ""), str(told.get("declared_type") or "")
    path = name if kind == "terraform.resource" else evidence.rpartition(" ")[2]
    said = f"{source} {file}" if file else f"{source} {kind} {name}"
    return Beside(
        kind, texts.declarer(name), file, type_, declared.count, Evidence(said.strip(), path, target_id, source_id)
    )


def not_found(connection: Connection, ground: Ground, held: set[str]) -> Iterator[Gap]:
    """Declared things that the latest looks prove not to be there. Gaps of what could not be looked for stay as they are (`held`)."""
    accounts = _accounts_of_states(connection)
    missed: dict[tuple[str, Scope, str], dict[str, Absent]] = defaultdict(dict)
    rows = connection.execute(_unresolved(), execution_options={"yield_per": 1000})
    for (source_id, path), said in groupby(rows, key=lambda r: (r.resource_id, r.path)):
        found = list(said)
        if "(deposed " in path:
            continue
        verdict, absent = _judged(ground, source_id, path, found, accounts)
        if verdict == "absent" and absent.key:
            missed[absent.kind, absent.scope, absent.by].setdefault(absent.key, absent)
        elif verdict == "unread":
            held.update(texts.not_found_ids(absent))
    for _, group in sorted(missed.items(), key=lambda item: str(item[0])):
        things = [_with_past(connection, a) for _, a in sorted(group.items())]
        for part in [things] if len(things) > GROUPED_ABOVE else [[a] for a in things]:
            yield texts.declared_not_found(part)


def _unresolved() -> Any:
    """Declarations none of whose names is borne by anything that is there: those of one record and path are names of one thing."""
    source, thing, other = sightings.alias("source"), sightings.alias("thing"), refs.alias("other")
    borne = (
        exists()
        .where(other.c.sighting_id == refs.c.sighting_id, other.c.path == refs.c.path, other.c.verb == DECLARES)
        .where(aliases.c.key == other.c.key, thing.c.id == aliases.c.sighting_id, thing.c.gone_at.is_(None))
    )
    r = resources.c
    return (
        select(
            refs.c.path, refs.c.value, refs.c.key, refs.c.call, refs.c.target, refs.c.provider, refs.c.account, refs.c.place,
            source.c.resource_id, listings.c.source, listings.c.account.label("state"), r.kind, r.name, r.attributes,
        )
        .select_from(refs)
        .join(source, and_(source.c.id == refs.c.sighting_id, source.c.gone_at.is_(None)))
        .join(listings, and_(listings.c.id == source.c.listing_id, listings.c.retired_at.is_(None)))
        .join(resources, r.id == source.c.resource_id)
        .where(refs.c.verb == DECLARES, ~borne)
        .order_by(source.c.resource_id, refs.c.path, refs.c.key)
    )  # fmt: skip


def _accounts_of_states(connection: Connection) -> dict[tuple[str, str], set[str]]:
    """(account of a listing, provider) -> the accounts that its declarations name: where what has a name of the whole world may be."""
    statement = (
        select(listings.c.account, refs.c.provider, refs.c.account)
        .select_from(refs)
        .join(sightings, and_(sightings.c.id == refs.c.sighting_id, sightings.c.gone_at.is_(None)))
        .join(listings, listings.c.id == sightings.c.listing_id)
        .where(refs.c.verb == DECLARES, refs.c.account != "")
        .distinct()
    )
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for state, provider, account in connection.execute(statement):
        found[state, provider].add(account)
    return found


def _judged(
    ground: Ground, source_id: str, path: str, names: Sequence[Any], accounts: dict[tuple[str, str], set[str]]
) -> tuple[str, Absent]:
    best = min(names, key=lambda r: (r.account == "", r.target == "", r.place == "", r.key))
    told = content.decode(best.attributes)
    file = str(told.get("declared_by") or texts.declarer(best.name or ""))
    evidence = Evidence(f"{best.source} {best.call}", path, best.value, source_id)
    lost = Lost(best.key, best.value, best.target, best.provider, best.account, best.place, (evidence,), 1, 1)
    places = [best.account] if best.account else sorted(accounts.get((best.state, best.provider), ()))
    verdicts: list[str] = []
    stands: list[Stand] = []
    for account in places:
        verdict, looks = ground.judge(replace(lost, account=account), "")
        verdicts.append(verdict)
        stands.extend(looks)
    account = ground.numbers.get(best.account, best.account) if best.account or len(places) != 1 else places[0]
    scope = Scope(best.provider, account, best.place)
    absent = Absent(
        best.key, best.value, best.target, scope, evidence, best.kind, file, "", tuple(s.look for s in stands)
    )
    if "unread" in verdicts:
        return "unread", absent
    return ("absent" if verdicts and set(verdicts) == {"absent"} else "unknown"), absent


def _with_past(connection: Connection, absent: Absent) -> Absent:
    """With the day since which it is gone, where it was there."""
    gone = connection.scalar(
        select(func.max(sightings.c.gone_at))
        .select_from(aliases.join(sightings, sightings.c.id == aliases.c.sighting_id))
        .where(aliases.c.key == absent.key, sightings.c.gone_at.is_not(None))
    )
    return replace(absent, gone_at=str(gone)) if gone else absent
