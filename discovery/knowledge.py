"""What `stocktake knowledge` shows: the knowledge base that ships, with the user's own files over it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from normalize.errors import ConfigError, PlanError
from planning import knowledge
from planning.knowledge import Entry, Fact, Knowledge, Status
from planning.sorts import SORTS

if TYPE_CHECKING:
    from discovery.config import Config

Row = dict[str, Any]

LIST = ("sort", "id", "facts", "status", "weak", "observed_at", "expires_at", "age_days", "files")
LIST_TABLE = ("sort", "id", "facts", "status", "observed_at", "expires_at", "age_days")
SHOW = ("fact", "value", "status", "confidence", "source", "observed_at", "expires_at", "age_days", "file")
SHOW_TABLE = ("fact", "value", "status", "observed_at", "expires_at", "source")
CHECK = ("sort", "id", "fact", "value", "status", "source", "observed_at", "expires_at", "file")
CHECK_TABLE = ("status", "sort", "id", "fact", "value", "observed_at", "expires_at")


def folder(config: Config, key: str) -> Path | None:
    """The folder of the user's own files that a key of the configuration names, relative to the configuration."""
    if (named := getattr(config, key)) is None:
        return None
    here = config.path.parent if config.path else Path()
    return here / Path(named).expanduser()


def own_files(config: Config, key: str) -> list[Path]:
    """The user's files ("knowledge" or "rules"), in the order of their names: a later one over an earlier one.

    Raises:
        ConfigError: the folder is not there.
    """
    if (where := folder(config, key)) is None:
        return []
    if not where.is_dir():
        raise ConfigError(f'{config.path}: {key} = "{getattr(config, key)}": there is no folder {where}; make it')
    return sorted(where.glob("*.toml"))


def known(config: Config) -> Knowledge:
    """The knowledge base with the user's files over it.

    Raises:
        ConfigError: one of them has what entries do not have, or contradicts what it stands over.
        PlanError: what ships contradicts itself.
    """
    if not (own := own_files(config, "knowledge")):
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


PROSE = """\
# The knowledge base

Generated by `make docs` from `planning/sorts.py` and `planning/knowledge/`; edits here are lost.

Verdicts, sizes and costs rest on what is known of the world outside of your inventory: accelerators, machines, what services let
through, prices. It stands in TOML files, one entry a line, and every fact in it says where it was read (`source`), when
(`observed_at`), how long that is taken to hold (`valid_for_days`) and how well it is known (`confidence`):

| confidence | means | a verdict may rest on it |
| --- | --- | --- |
| `verified` | read in a primary source: a vendor's page, API or repository | yes |
| `derived` | calculated or concluded from what was read | yes, and says so |
| `secondhand` | seen quoted, or with a third party | yes, and says so |
| `unverified` | not checked | no: what asks for it is unknown |

A fact that has expired is still used, and the report says that it has. What no entry states is unknown, never 0 and never "no".

## Look at it

```console
$ stocktake knowledge list --sort instance_types --id 'p5*'      # entries with age, expiry and their weakest fact
$ stocktake knowledge show instance_types/p4d.24xlarge           # every fact with its source
$ stocktake knowledge check                                      # what has expired (exit 3) or was never verified
$ stocktake knowledge check --as-of 2027-06-30                   # what will have expired by then
```

## Your own facts

Name a folder in `stocktake.toml`, `knowledge = "knowledge"`, relative to it. Every `*.toml` in it goes over what ships, fact by fact, in
the order of the names; an entry of a new id is added; `unknown = ["fact"]` withdraws one. What does not fit is an error that names
file, entry and key (exit 2). Your prices, for example:

```toml
sort = "instance_types"
source = "https://wiki.example/cloud/discounts"
observed_at = 2026-11-01
valid_for_days = 90
confidence = "verified"

[entries]
"p5.48xlarge" = {{ price_usd_per_hour = 38.10, price_region = "eu-north-1" }}
"p4d.24xlarge" = {{ price_usd_per_hour = 15.2, price_region = "us-east-1", derived = ["price_usd_per_hour"] }}
```

Defaults stand at the top of a file; `[facts.NAME]` gives one fact a source, date or confidence of its own; an entry may have its own,
too; `verified`, `derived`, `secondhand` and `unverified` in an entry name the facts that are known so. `rules = "rules"` names a folder of
your own fit rules in the same way.

## Refresh machines and prices

```console
$ stocktake knowledge refresh aws --region eu-west-1 --region us-east-1
$ stocktake knowledge refresh gcp --account ml-prod --region europe-west4
$ stocktake knowledge refresh azure --region westeurope
```

The cloud is asked for its machines, their sizes and list prices (of the first region), with the credentials of the first source of that
type or of `--source NAME`. The answer goes to `00-refreshed-PROVIDER.toml` in your folder, valid for 90 days, below your other files;
it is read as knowledge before it takes the place of the last one.

| provider | permissions beside those of a scan | prices from |
| --- | --- | --- |
| `aws` | `ec2:DescribeInstanceTypes`, `pricing:GetProducts` | Price List: Linux, shared, on demand |
| `gcp` | `compute.regions.get`, `compute.machineTypes.list` | the catalog of Cloud Billing: public, the Cloud Billing API must be on in the project of the credentials |
| `azure` | `Microsoft.Compute/skus/read` | the public Retail Prices API |

Exit 2: the cloud refused its machines, nothing was written. Exit 3: sizes were written, prices could not be read. A price that is told
twice and differently is left out. Accelerators that no entry names are said, and the machines that they are in left out.

## What is in it

{total:,} entries, {facts:,} facts: {shares}.

| sort | what | entries | facts | not verified | read first | read last | first expires |
| --- | --- | --- | --- | --- | --- | --- | --- |
{rows}

## Facts by sort
"""


def document() -> str:
    """How to read the knowledge base, what is in it, and every fact that it may state."""
    base = knowledge.load()
    counts = Counter(f.provenance.confidence for e in base.all() for f in e.facts.values())
    text = PROSE.format(
        total=sum(len(of) for of in base.entries.values()),
        facts=counts.total(),
        shares=", ".join(f"{counts[c]:,} {c}" for c in knowledge.CONFIDENCES),
        rows="\n".join(_counted(name, base) for name in sorted(base.entries)),
    )
    return text + "".join(_terms(name) for name in sorted(SORTS))


def _counted(name: str, base: Knowledge) -> str:
    told = [f.provenance for e in base.sort(name).values() for f in e.facts.values()]
    weak = sum(t.confidence == "unverified" for t in told)
    days = min(t.observed_at for t in told), max(t.observed_at for t in told), min(t.expires_at for t in told)
    cells = (f"`{name}`", SORTS[name].meaning, len(base.sort(name)), len(told), weak, *days)
    return f"| {' | '.join(map(str, cells))} |"


def _terms(name: str) -> str:
    lines = ["", f"### {name}", "", "| fact | type | meaning |", "| --- | --- | --- |"]
    for fact, term in SORTS[name].facts.items():
        bounds = f" ({', '.join(term.words)})" if term.words else f" (of `{term.refers}`)" if term.refers else ""
        lines.append(f"| `{fact}` | {term.type} | {term.meaning}{bounds} |")
    return "\n".join(lines) + "\n"
