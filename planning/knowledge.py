"""The knowledge base: what is known of accelerators, machines, services and places, with where and when it was read.

Owns its files, how they combine with a user's own, and what a fact is worth on a day. Refuses to guess: what no entry
states is unknown, and what was not verified says so.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from normalize.errors import PlanError
from planning.facts import Known
from planning.sorts import SORTS, fits

CONFIDENCES = ("verified", "secondhand", "derived", "unverified")
"""Read in a primary source; seen quoted or by a third party; calculated from what was read; not checked."""

_PROVENANCE = ("source", "observed_at", "valid_for_days", "confidence")
_FILE_KEYS = frozenset({"sort", "about", "facts", "entries", *_PROVENANCE})


class Status(StrEnum):
    """What a fact is worth on a day; worst first. No verdict rests on an unverified one."""

    UNVERIFIED = "unverified"
    EXPIRED = "expired"
    SECONDHAND = "secondhand"
    DERIVED = "derived"
    CURRENT = "current"


class Provenance(NamedTuple):
    """Where a fact was read and when, until when it is taken to hold, and how well it is known.

    Attributes:
        source: a URL, or a repository with path and commit.
        file: the file that states it.
    """

    source: str
    observed_at: date
    valid_for_days: int
    confidence: str
    file: str

    @property
    def expires_at(self) -> date:
        return self.observed_at + timedelta(days=self.valid_for_days)

    def status(self, as_of: date) -> Status:
        if self.confidence == "unverified":
            return Status.UNVERIFIED
        if self.expires_at <= as_of:
            return Status.EXPIRED
        return {"secondhand": Status.SECONDHAND, "derived": Status.DERIVED}.get(self.confidence, Status.CURRENT)


class Fact(NamedTuple):
    """One thing that an entry states."""

    value: Any
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that the knowledge base knows: its facts by name. A name that is absent is not known."""

    sort: str
    id: str
    facts: Mapping[str, Fact]

    def __getitem__(self, name: str) -> Any:
        return self.facts[name].value

    def get(self, name: str) -> Any:
        """The value of a fact; None where it is not known."""
        return fact.value if (fact := self.facts.get(name)) else None

    def status(self, as_of: date) -> Status:
        """What its weakest fact is worth."""
        order = list(Status)
        return min((f.provenance.status(as_of) for f in self.facts.values()), key=order.index)

    @property
    def observed_at(self) -> date:
        """When its oldest fact was read."""
        return min(f.provenance.observed_at for f in self.facts.values())

    @property
    def expires_at(self) -> date:
        """When the first of its facts stops to hold."""
        return min(f.provenance.expires_at for f in self.facts.values())


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All entries. Never changes; one that is refreshed is read anew."""

    entries: Mapping[str, Mapping[str, Entry]]

    def sort(self, sort: str) -> Mapping[str, Entry]:
        return self.entries.get(sort, {})

    def entry(self, sort: str, id_: str) -> Entry | None:
        return self.entries.get(sort, {}).get(id_)

    def find(self, sort: str, **match: Any) -> list[Entry]:
        """Entries of which each named fact is known and has that value; in the order of their ids."""
        return [e for _, e in sorted(self.sort(sort).items()) if all(e.get(k) == v for k, v in match.items())]

    def fact(self, reference: str) -> Fact | None:
        """A fact by "SORT/ENTRY#FACT"; None where that is not known."""
        where, _, name = reference.partition("#")
        sort, _, id_ = where.partition("/")
        return found.facts.get(name) if (found := self.entry(sort, id_)) else None

    def all(self) -> Iterator[Entry]:
        for _, entries in sorted(self.entries.items()):
            yield from (entries[id_] for id_ in sorted(entries))


@dataclass(frozen=True, slots=True)
class Asked:
    """The knowledge base on a day, as rules ask it."""

    knowledge: Knowledge
    as_of: date

    def __call__(self, reference: str) -> Known | None:
        if not (fact := self.knowledge.fact(reference)):
            return None
        told = fact.provenance
        return Known(fact.value, reference, told.status(self.as_of).value, told.source, told.observed_at.isoformat())


def shipped() -> list[Path]:
    """The files that come with the product."""
    folder = Path(str(resources.files("planning"))) / "knowledge"
    return sorted(folder.glob("*.toml"))


def load(base: Iterable[Path] | None = None, overlays: Iterable[Path] = ()) -> Knowledge:
    """Read the knowledge base.

    Args:
        base: its files; left out, those that come with the product. No two may state the same entry.
        overlays: a user's files, later ones over earlier ones: what they state of an entry replaces what was known of it,
            fact by fact; `unknown = ["fact"]` in an entry withdraws facts; an entry of a new id is added.

    Raises:
        PlanError: a file is no TOML, states what entries of its sort do not have, or contradicts itself or others; it
            names file, entry and key.
    """
    entries: dict[str, dict[str, dict[str, Fact]]] = {}
    for path in shipped() if base is None else base:
        for sort, id_, facts, _ in _read(path):
            if id_ in entries.setdefault(sort, {}):
                other = next(iter(entries[sort][id_].values())).provenance.file
                raise PlanError(f'{path}: entry "{id_}" of {sort} stands in {other} too')
            entries[sort][id_] = facts
    for path in overlays:
        for sort, id_, facts, withdrawn in _read(path):
            merged = entries.setdefault(sort, {}).get(id_, {}) | facts
            entries[sort][id_] = {name: f for name, f in merged.items() if name not in withdrawn}
    known = Knowledge(
        {
            sort: {id_: Entry(sort, id_, facts) for id_, facts in sorted(of.items()) if facts}
            for sort, of in sorted(entries.items())
        }
    )
    _consistent(known)
    return known


def _read(path: Path) -> Iterator[tuple[str, str, dict[str, Fact], frozenset[str]]]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PlanError(f"{path}: {error}") from None
    if wrong := sorted(set(document) - _FILE_KEYS):
        raise PlanError(f"{path}: no key {', '.join(wrong)}; there are {', '.join(sorted(_FILE_KEYS))}")
    sort = str(document.get("sort"))
    if sort not in SORTS:
        raise PlanError(f"{path}: sort {sort!r}: one of {', '.join(SORTS)}")
    terms = SORTS[sort].facts
    by_fact = document.get("facts", {})
    if wrong := sorted(set(by_fact) - set(terms)):
        raise PlanError(f"{path}: facts: {sort} have no {', '.join(wrong)}")
    for id_, stated in document.get("entries", {}).items():
        where = f'{path}: entry "{id_}"'
        withdrawn = frozenset(stated.get("unknown", ()))
        marks = {name: c for c in CONFIDENCES for name in stated.get(c, ())}
        if wrong := sorted((withdrawn | set(marks)) - set(terms)):
            raise PlanError(f"{where}: {sort} have no {', '.join(wrong)}")
        facts = {}
        for name, value in stated.items():
            if name in _PROVENANCE or name == "unknown" or (name in CONFIDENCES and isinstance(value, list)):
                continue
            if name not in terms:
                raise PlanError(f"{where}: {sort} have no {name}; they have {', '.join(sorted(terms))}")
            if why := fits(terms[name], value):
                raise PlanError(f"{where}: {name}: {why}")
            layers = (document, by_fact.get(name, {}), stated, {"confidence": marks[name]} if name in marks else {})
            facts[name] = Fact(value, _provenance(layers, path, f"{where}: {name}"))
        if wrong := sorted(set(marks) - set(facts)):
            raise PlanError(f"{where}: says how well {', '.join(wrong)} is known, and does not state it")
        yield sort, id_, facts, withdrawn


def _provenance(layers: Iterable[Mapping[str, Any]], path: Path, where: str) -> Provenance:
    told: dict[str, Any] = {}
    for layer in layers:
        told |= {k: layer[k] for k in _PROVENANCE if k in layer}
    if lacking := [k for k in _PROVENANCE if k not in told]:
        raise PlanError(f"{where}: lacks {', '.join(lacking)}")
    if not isinstance(told["source"], str) or not told["source"].strip():
        raise PlanError(f"{where}: source {told['source']!r}: a URL, or a repository with path and commit")
    if type(told["observed_at"]) is not date:
        raise PlanError(f"{where}: observed_at {told['observed_at']!r}: a date, as in 2026-11-24")
    if type(told["valid_for_days"]) is not int or not 0 < told["valid_for_days"] <= 3650:
        raise PlanError(f"{where}: valid_for_days {told['valid_for_days']!r}: 1 to 3650")
    if told["confidence"] not in CONFIDENCES:
        raise PlanError(f"{where}: confidence {told['confidence']!r}: one of {', '.join(CONFIDENCES)}")
    return Provenance(**told, file=path.name)


def _consistent(known: Knowledge) -> None:
    for entry in known.all():
        sort = SORTS[entry.sort]
        file = next(iter(entry.facts.values())).provenance.file
        where = f'{file}: entry "{entry.id}" of {entry.sort}'
        if lacking := [name for name in sort.required if name not in entry.facts]:
            raise PlanError(f"{where}: lacks {', '.join(lacking)}")
        for name, fact in entry.facts.items():
            if not (refers := sort.facts[name].refers):
                continue
            for named in [fact.value] if isinstance(fact.value, str) else fact.value:
                if known.entry(refers, named) is None:
                    raise PlanError(f'{fact.provenance.file}: entry "{entry.id}": {name}: {refers} has no "{named}"')
