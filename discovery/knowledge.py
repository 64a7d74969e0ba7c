"""What `stocktake knowledge` shows: the knowledge base that ships, with the user's own files over it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from discovery.config import Config
from normalize.errors import ConfigError, PlanError
from planning import knowledge
from planning.knowledge import Entry, Fact, Knowledge, Status

Row = dict[str, Any]

LIST = ("sort", "id", "facts", "status", "weak", "observed_at", "expires_at", "age_days", "files")
LIST_TABLE = ("sort", "id", "facts", "status", "observed_at", "expires_at", "age_days")
SHOW = ("fact", "value", "status", "confidence", "source", "observed_at", "expires_at", "age_days", "file")
SHOW_TABLE = ("fact", "value", "status", "observed_at", "expires_at", "source")
CHECK = ("sort", "id", "fact", "value", "status", "source", "observed_at", "expires_at", "file")
CHECK_TABLE = ("status", "sort", "id", "fact", "value", "observed_at", "expires_at")


def folder(config: Config) -> Path | None:
    """The user's own folder of knowledge; relative to the file that names it."""
    if config.knowledge is None:
        return None
    here = config.path.parent if config.path else Path()
    return here / Path(config.knowledge).expanduser()


def overlays(config: Config) -> list[Path]:
    """The user's files, in the order of their names: a later one over an earlier one.

    Raises:
        ConfigError: the folder is not there.
    """
    if (where := folder(config)) is None:
        return []
    if not where.is_dir():
        raise ConfigError(f'{config.path}: knowledge = "{config.knowledge}": there is no folder {where}; make it')
    return sorted(where.glob("*.toml"))


def known(config: Config) -> Knowledge:
    """The knowledge base with the user's files over it.

    Raises:
        ConfigError: one of them has what entries do not have, or contradicts what it stands over.
        PlanError: what ships contradicts itself.
    """
    if not (own := overlays(config)):
        return knowledge.load()
    try:
        return knowledge.load(overlays=own)
    except PlanError as error:
        raise ConfigError(str(error)) from None


def listed(base: Knowledge, as_of: date, filters: Mapping[str, str]) -> Iterator[Row]:
    """One row an entry.

    Args:
        filters: column -> pattern; * and ? match.
    """
    for entry in base.all():
        row = _row(entry, as_of)
        if all(fnmatchcase(str(row[column]), pattern) for column, pattern in filters.items()):
            yield row


def _row(entry: Entry, as_of: date) -> Row:
    weak = (Status.UNVERIFIED, Status.EXPIRED)
    return {
        "sort": entry.sort,
        "id": entry.id,
        "facts": len(entry.facts),
        "status": entry.status(as_of).value,
        "weak": [n for n, f in entry.facts.items() if f.provenance.status(as_of) in weak],
        "observed_at": entry.observed_at.isoformat(),
        "expires_at": entry.expires_at.isoformat(),
        "age_days": (as_of - entry.observed_at).days,
        "files": sorted({f.provenance.file for f in entry.facts.values()}),
    }


def shown(base: Knowledge, name: str, as_of: date) -> list[Row]:
    """One row a fact.

    Args:
        name: "SORT/ENTRY", or the entry alone where one sort has it.

    Raises:
        ConfigError: nothing is called so, or several are.
    """
    sort, _, id_ = name.partition("/")
    found = [e] if (e := base.entry(sort, id_)) else [e for e in base.all() if e.id == name]
    if not found:
        near = [f"{e.sort}/{e.id}" for e in base.all() if name.casefold() in e.id.casefold()][:5]
        hint = f"; near it: {', '.join(near)}" if near else "; `stocktake knowledge list` names all"
        raise ConfigError(f'the knowledge base has no "{name}"{hint}')
    if len(found) > 1:
        raise ConfigError(f'several are called "{name}": {", ".join(f"{e.sort}/{e.id}" for e in found)}')
    return [
        {"fact": n, "confidence": f.provenance.confidence, **_told(f, as_of)} for n, f in sorted(found[0].facts.items())
    ]


def _told(fact: Fact, as_of: date) -> Row:
    told = fact.provenance
    return {
        "value": fact.value.isoformat() if isinstance(fact.value, date) else fact.value,
        "status": told.status(as_of).value,
        "source": told.source,
        "observed_at": told.observed_at.isoformat(),
        "expires_at": told.expires_at.isoformat(),
        "age_days": (as_of - told.observed_at).days,
        "file": told.file,
    }


def doubtful(base: Knowledge, as_of: date) -> Iterator[Row]:
    """One row for each fact that has expired or was never verified, the expired ones first."""
    rows = [
        {"sort": e.sort, "id": e.id, "fact": n, **_told(f, as_of)}
        for e in base.all()
        for n, f in sorted(e.facts.items())
        if f.provenance.status(as_of) in (Status.EXPIRED, Status.UNVERIFIED)
    ]
    yield from sorted(rows, key=lambda r: (r["status"] != Status.EXPIRED, r["sort"], r["id"], r["fact"]))
