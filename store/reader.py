"""Reads the inventory back as plain rows with the keys of the contract.

Owns queries. Rows stream: none is held longer than its reader looks at it. An unknown value is an absent key; null
stands only inside `attributes` and `tags`, where the source said so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Engine, Select, Subquery, Text, and_, case, cast, func, or_, select

from normalize.errors import StoreError
from normalize.gap import gap_id
from normalize.model import GapCode, Outcome, Severity
from store import content
from store.database import reading
from store.estimates import estimates
from store.history import difference
from store.places import region_of
from store.rules.mentions import leaning
from store.schema import (
    acceptances,
    detail_gaps,
    listings,
    members,
    raw_payloads,
    refs,
    resources,
    runs,
    sightings,
    sources,
    versions,
)
from store.schema import coverage as looks
from store.schema import gaps as gap_table
from store.schema import relations as relation_table
from store.schema import workloads as workload_table
from store.told import overlaid, told

Row = dict[str, Any]

STREAM = {"yield_per": 1000}
_JSON = frozenset(
    {"tags", "attributes", "needs", "missing", "extra", "selection", "before", "after", "parts", "lacks", "roots"}
)
_EVIDENCE = ("source", "path", "value", "resource_id")
_NO_FILTERS: Mapping[str, str] = {}


def _blind() -> ColumnElement[bool]:
    outcomes = [o.value for o in (Outcome.PARTIAL, Outcome.DENIED, Outcome.FAILED)]
    return or_(looks.c.outcome.in_(outcomes), looks.c.gaps > 0, looks.c.quarantined > 0)


def run_rows() -> Subquery:
    """Runs with their sources (one text, a name a line) and what their looks add up to."""
    of_run = looks.c.run_id == runs.c.id
    return select(
        runs.c.id,
        runs.c.status,
        runs.c.started_at,
        runs.c.finished_at,
        runs.c.version,
        runs.c.selection,
        select(func.aggregate_strings(sources.c.name, "\n")).where(sources.c.run_id == runs.c.id).scalar_subquery().label("sources"),
        select(func.count()).select_from(looks).where(of_run).scalar_subquery().label("scopes"),
        select(cast(func.coalesce(func.sum(looks.c.records), 0), BigInteger)).where(of_run).scalar_subquery().label("records"),
        select(func.count()).select_from(looks).where(of_run, _blind()).scalar_subquery().label("blind_spots"),
    ).subquery("runs_seen")  # fmt: skip


def coverage_rows(run_id: str | None, *, every: bool = False) -> Subquery:
    """Looks of one run; without one the latest of each listing, or every look of every run."""
    statement = (
        select(
            looks.c.run_id,
            listings.c.source,
            listings.c.kind,
            listings.c.provider,
            listings.c.account,
            listings.c.place,
            looks.c.outcome,
            looks.c.records,
            looks.c.gaps,
            looks.c.quarantined,
            looks.c.duplicates,
            looks.c.reason,
            looks.c.needs,
            looks.c.started_at,
            looks.c.finished_at,
            looks.c.since,
        )
        .select_from(looks)
        .join(listings, listings.c.id == looks.c.listing_id)
    )
    latest = and_(looks.c.run_id == listings.c.run_id, listings.c.retired_at.is_(None))
    if not every:
        statement = statement.where(latest if run_id is None else looks.c.run_id == run_id)
    return statement.subquery("looks")


def last_seen() -> ColumnElement[Any]:
    """When a sighting was last confirmed: a living one no earlier than the latest whole look of its listing."""
    whole = listings.c.last_complete_at
    return case((and_(sightings.c.gone_at.is_(None), whole > sightings.c.seen_at), whole), else_=sightings.c.seen_at)


def resource_rows() -> Subquery:
    """Resources with the sources that see them (one text, a name a line) and when they were last confirmed."""
    r = resources.c
    of_resource = (sightings.c.resource_id == r.id, listings.c.id == sightings.c.listing_id)
    counted = or_(sightings.c.gone_at.is_(None), r.gone_at.is_not(None))
    return select(
        r.id,
        r.kind,
        r.category,
        r.dimension,
        r.provider,
        r.account,
        r.place,
        region_of(r.provider, r.place).label("region"),
        r.name,
        r.native_id,
        r.tags,
        r.attributes,
        select(func.aggregate_strings(listings.c.source, "\n")).where(*of_resource, counted).scalar_subquery().label("sources"),
        r.first_seen_at,
        select(func.max(last_seen())).where(*of_resource).scalar_subquery().label("last_seen_at"),
        r.gone_at,
    ).subquery("things")  # fmt: skip


_RANK = {severity.value: i for i, severity in enumerate(Severity)}


class Reader:
    """The inventory, for reading. Every listing takes `limit` and `filters`: column -> exact value, or a glob with
    * and ?; the empty text asks for rows that lack the value.

    Raises:
        StoreError: a filter names no column, or the database refused.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def runs(self, *, limit: int | None = None, filters: Mapping[str, str] = _NO_FILTERS) -> Iterator[Row]:
        """Scans, newest first."""
        table = run_rows()
        return self._rows(self._chosen(table, filters).order_by(table.c.id.desc()).limit(limit))

    def coverage(
        self, run_id: str | None = None, *, limit: int | None = None, filters: Mapping[str, str] = _NO_FILTERS
    ) -> Iterator[Row]:
        """What looks were worth: of one run, or the latest of each kind, scope and source."""
        table = coverage_rows(run_id)
        c = table.c
        return self._rows(
            self._chosen(table, filters).order_by(c.source, c.kind, c.account, c.place, c.provider).limit(limit)
        )

    def resources(self, *, limit: int | None = None, filters: Mapping[str, str] = _NO_FILTERS) -> Iterator[Row]:
        """Everything that is or was there; what is gone says since when."""
        table = resource_rows()
        return self._answered(self._chosen(table, filters).order_by(table.c.id).limit(limit))

    def relations(self, *, limit: int | None = None, filters: Mapping[str, str] = _NO_FILTERS) -> Iterator[Row]:
        """Resolved mentions."""
        table = select(relation_table).subquery("links")
        c = table.c
        return self._rows(self._chosen(table, filters).order_by(c.source_id, c.verb, c.target_id).limit(limit))

    def gaps(self, *, limit: int | None = None, filters: Mapping[str, str] = _NO_FILTERS) -> Iterator[Row]:
        """What the inventory does not know today, worst first."""
        table = self._open_gaps()
        c = table.c
        worst = case(_RANK, value=c.severity, else_=len(_RANK))
        order = (worst, c.accepted_until.is_not(None), c.code, c.subject, c.id)
        return self._rows(self._chosen(table, filters).order_by(*order).limit(limit))

    def workloads(self, *, limit: int | None = None, filters: Mapping[str, str] = _NO_FILTERS) -> Iterator[Row]:
        """What runs for a purpose; `parts` counts what belongs to it by role, `lacks` names what it must have and has not."""
        w = workload_table.c
        table = select(workload_table, region_of(w.provider, w.place).label("region")).subquery("tasks")
        c = table.c
        said = self._said()
        rows = self._rows(self._chosen(table, filters).order_by(c.type, c.name, c.id).limit(limit))
        return (row | {"told": said[row["id"]]} if row["id"] in said else row for row in rows)

    def _said(self) -> dict[str, dict[str, Row]]:
        with reading(self._engine) as connection:
            return told(connection)

    def _answered(self, statement: Select[Any]) -> Iterator[Row]:
        """Resources with what people said of them."""
        said = self._said()
        return (overlaid(row, said.get(row["id"])) for row in self._rows(statement))

    def estimates(self, *, limit: int | None = None, filters: Mapping[str, str] = _NO_FILTERS) -> Iterator[Row]:
        """How many things of each kind there are in each account, as far as independent sightings tell.

        Raises:
            StoreError: a filter names another column than kind, provider or account.
        """
        if wrong := set(filters) - {"kind", "provider", "account"}:
            raise StoreError(
                f"estimates are by kind, provider and account; {', '.join(sorted(wrong))} tells none apart"
            )
        rows = (row for row in estimates(self._engine) if all(_globbed(row[k], v) for k, v in filters.items()))
        return islice(rows, limit)

    @staticmethod
    def _open_gaps() -> Subquery:
        columns = [c for c in gap_table.c if c.name not in ("run_id", "resolved_at")]
        a = acceptances.c
        holds = and_(a.gap_id == gap_table.c.id, a.until >= datetime.now(UTC).date().isoformat())
        return (
            select(*columns, a.until.label("accepted_until"), a.reason.label("accepted_reason"))
            .select_from(gap_table.outerjoin(acceptances, holds))
            .where(gap_table.c.resolved_at.is_(None))
            .subquery("open_gaps")
        )

    def newest(self, source: str, account: str) -> datetime | None:
        """When the newest thing that a source told of an account was observed; None where it told nothing yet."""
        told = (
            select(func.max(raw_payloads.c.observed_at).label("at"))
            .join(sightings, sightings.c.id == raw_payloads.c.sighting_id)
            .join(listings, listings.c.id == sightings.c.listing_id)
            .where(listings.c.source == source, listings.c.account == account)
        )
        at = next(self._rows(told), {}).get("at")
        return datetime.fromisoformat(at) if at else None

    def newest_serial(self, source: str, account: str) -> int | None:
        """The serial of the state that a source told of an account; None where it told of none."""
        told = (
            select(resources.c.attributes)
            .join(listings, listings.c.id == resources.c.listing_id)
            .where(listings.c.source == source, listings.c.account == account, resources.c.gone_at.is_(None))
            .where(resources.c.kind == "terraform.state")
        )
        serial = next(self._rows(told), {}).get("attributes", {}).get("state_serial")
        return serial if isinstance(serial, int) else None

    def show(self, resource_id: str) -> Row:
        """One resource with its relations both ways, unresolved references, history, gaps and evidence; {} when
        nothing has this id."""
        found = next(iter(self.resources(filters={"id": _literal(resource_id)})), None)
        if found is None:
            return {}
        rel, ref, payload, version = (t.c for t in (relation_table, refs, raw_payloads, versions))
        open_gaps = self._open_gaps()
        here = sightings.c.resource_id == resource_id
        listing = (listings.c.source, listings.c.kind, listings.c.account, listings.c.place)
        seen = sightings.join(listings, listings.c.id == sightings.c.listing_id)
        named = {
            "outgoing": select(rel.verb, rel.target_id, rel.evidence)
            .where(rel.source_id == resource_id)
            .order_by(rel.verb, rel.target_id),
            "incoming": select(rel.source_id, rel.verb, rel.evidence)
            .where(rel.target_id == resource_id)
            .order_by(rel.source_id, rel.verb),
            "references": select(ref.verb, ref.value, ref.key, ref.call, ref.path)
            .join(sightings, sightings.c.id == ref.sighting_id)
            .where(here)
            .order_by(ref.id),
            "history": select(version.at, version.run_id, version.change, version.before, version.after)
            .where(version.resource_id == resource_id)
            .order_by(version.id),
            "workloads": select(workload_table.c.id, workload_table.c.type, workload_table.c.name, members.c.role)
            .join(members, members.c.workload_id == workload_table.c.id)
            .where(members.c.resource_id == resource_id)
            .order_by(workload_table.c.id),
            "gaps": select(open_gaps).where(
                or_(
                    open_gaps.c.subject_id == resource_id,
                    open_gaps.c.evidence.contains(content.text_of(resource_id), autoescape=True),
                )
            ),
            "evidence": select(*listing, payload.call, payload.sha256, payload.observed_at, payload.bytes)
            .select_from(seen.join(raw_payloads, payload.sighting_id == sightings.c.id))
            .where(here)
            .order_by(*listing),
        }
        return {"resource": found} | {name: list(self._rows(statement)) for name, statement in named.items()}

    def diff(self, run_a: str, run_b: str) -> Iterator[Row]:
        """What appeared, changed and went from the end of one run to the end of another.

        Raises:
            StoreError: there is no such run.
        """
        return difference(self._engine, run_a, run_b)

    def summary(self) -> Row:
        """Counts: `by_dimension` (dimension, provider, count, gone), `by_kind`, `coverage` (one row per source, kind
        and scope), `gaps` by severity and code, and the latest `run`."""
        by_dimension: Counter[tuple[str, str]] = Counter()
        by_kind: Counter[str] = Counter()
        gone: Counter[str] = Counter()
        for row in self.resource_counts():
            by_dimension[row.get("dimension", ""), row["provider"]] += row["count"]
            by_kind[row["kind"]] += row["count"]
            gone[row["kind"]] += row["gone"]
        gap = gap_table.c
        found = (
            select(gap.severity, gap.code, func.count().label("count"))
            .where(gap.resolved_at.is_(None))
            .group_by(gap.severity, gap.code)
        )
        return {
            "by_dimension": [
                ({"dimension": d} if d else {}) | {"provider": p, "count": n} for (d, p), n in sorted(by_dimension.items())
            ],
            "by_kind": [{"kind": k, "count": n, "gone": gone[k]} for k, n in sorted(by_kind.items())],
            "coverage": list(self.coverage()),
            "gaps": sorted(self._rows(found), key=lambda g: (_RANK.get(g["severity"], 9), g["code"])),
            "run": next(iter(self.runs(limit=1)), None),
        }  # fmt: skip

    def resource_counts(self) -> Iterator[Row]:
        """`count` of what is there and `gone` by provider, dimension, kind, category, account and place."""
        r = resources.c
        by = (r.provider, r.dimension, r.kind, r.category, r.account, r.place)
        living = func.sum(case((r.gone_at.is_(None), 1), else_=0)).label("count")
        gone = func.sum(case((r.gone_at.is_(None), 0), else_=1)).label("gone")
        return self._rows(select(*by, living, gone).group_by(*by).order_by(*by))

    def accelerators(self) -> list[Row]:
        """Devices by vendor, model, provider and kind: `count` where every one of the `resources` gave a number."""
        counts: dict[tuple[str, str, str, str], list[Any]] = defaultdict(list)
        for row in self._rows(accelerated()):
            for entry in row["attributes"].get("accelerators") or ():
                if isinstance(entry, dict):
                    key = (entry.get("vendor") or "", entry.get("model") or "", row["provider"], row["kind"])
                    counts[key].append(entry.get("count"))
        return [
            {"vendor": v, "model": m, "provider": p, "kind": k, "resources": len(found)}
            | ({"count": sum(found)} if all(isinstance(n, int) for n in found) else {})
            for (v, m, p, k), found in sorted(counts.items())
        ]

    def report_data(self) -> Row:
        """What reports are made of: `runs`, `resources_by`, `coverage`, `gaps`, `accelerators`, `dimensions`."""
        counts = list(self.resource_counts())
        return {
            "runs": list(self.runs(limit=50)),
            "resources_by": counts,
            "coverage": list(self.coverage()),
            "gaps": list(self.gaps()),
            "accelerators": self.accelerators(),
            "dimensions": {row["kind"]: row.get("dimension") for row in counts},
        }

    def confidence(self, declared: Mapping[str, Sequence[str]]) -> Row:
        """How much of what an assessment needs is known: `facts`, `workloads` and `details` (store/confidence.py)."""
        from store.confidence import counted

        found = counted(self._engine, declared, datetime.now(UTC))
        shares = found.pop("workloads")
        return found | {"workloads": [row | shares.get(row["id"], {}) for row in self.workloads()]}

    def payloads(self, ids: Iterable[str]) -> Iterator[tuple[str, Any]]:
        """(id, payload) of resources as they were read, redacted; of one that several listings saw, each."""
        wanted = list(ids)
        for start in range(0, len(wanted), 500):
            found = (
                select(sightings.c.resource_id, raw_payloads.c.data)
                .join(raw_payloads, raw_payloads.c.sighting_id == sightings.c.id)
                .where(sightings.c.resource_id.in_(wanted[start : start + 500]), sightings.c.gone_at.is_(None))
                .order_by(sightings.c.resource_id, sightings.c.id)
            )
            with reading(self._engine) as connection, connection.execute(found, execution_options=STREAM) as result:
                for row in result:
                    yield row.resource_id, content.unpacked(row.data)

    def planning_data(self) -> Row:
        """What plans are made of: `resources` that are there, `relations`, `workloads`, `members`, `coverage`, and
        `detail_gaps`: ids of resources of which a detail could not be fetched, and `unseen`: resource -> what it names that is
        nowhere in the inventory and not known to lie outside of it. Rows stream where that is possible."""
        there = resource_rows()
        part, unread = members.c, sightings.join(detail_gaps, detail_gaps.c.sighting_id == sightings.c.id)
        return {
            "resources": self._answered(select(there).where(there.c.gone_at.is_(None)).order_by(there.c.id)),
            "relations": self._rows(select(relation_table.c.source_id, relation_table.c.verb, relation_table.c.target_id)),
            "workloads": self.workloads(),
            "members": self._rows(select(part.workload_id, part.resource_id, part.role)),
            "coverage": self.coverage(),
            "unseen": self._unseen(),
            "detail_gaps": {r["resource_id"] for r in self._rows(select(sightings.c.resource_id).select_from(unread).distinct())},
        }  # fmt: skip

    def _unseen(self) -> dict[str, list[str]]:
        """Names that a look should have shown and did not, or that no look could show: what lies outside has a gap of its own."""
        outside = select(gap_table.c.id).where(
            gap_table.c.resolved_at.is_(None), gap_table.c.code == GapCode.EXTERNAL_DEPENDENCY.value
        )
        found: dict[str, list[str]] = defaultdict(list)
        with reading(self._engine) as connection:
            known = set(connection.scalars(outside))
            for resource_id, key, value in leaning(connection):
                if gap_id(GapCode.EXTERNAL_DEPENDENCY, key) not in known:
                    found[resource_id].append(value)
        return dict(found)

    def _chosen(self, table: Subquery, filters: Mapping[str, str]) -> Select[Any]:
        statement = select(table)
        for name, wanted in filters.items():
            if name not in table.c:
                raise StoreError(f"no column {name!r}; there are: {', '.join(table.c.keys())}")
            statement = statement.where(self._matches(table.c[name], str(wanted)))
        return statement

    def _matches(self, column: ColumnElement[Any], wanted: str) -> ColumnElement[bool]:
        if wanted == "":
            return or_(column.is_(None), cast(column, Text) == "")
        text = column if isinstance(column.type, Text) else cast(column, Text)
        if not ({"*", "?"} & set(wanted.replace("\\*", "").replace("\\?", ""))):
            return text == wanted.replace("\\*", "*").replace("\\?", "?")
        if self._engine.dialect.name == "sqlite":
            return text.op("GLOB")(wanted.replace("[", "[[]"))
        pattern = (
            wanted.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_").replace("*", "%").replace("?", "_")
        )
        return text.like(pattern, escape="\\")

    def _rows(self, statement: Select[Any]) -> Iterator[Row]:
        with reading(self._engine) as connection, connection.execute(statement, execution_options=STREAM) as result:
            for row in result.mappings():
                yield {name: _value(name, value) for name, value in row.items() if value is not None}


def accelerated() -> Select[Any]:
    """Resources that are there and list accelerators."""
    r = resources.c
    return (
        select(r.id, r.provider, r.kind, r.account, r.place, r.attributes)
        .where(r.gone_at.is_(None), r.attributes.contains('"accelerators":[{', autoescape=True))
        .order_by(r.provider, r.kind, r.id)
    )


def _value(name: str, value: Any) -> Any:
    if name == "evidence":  # of a gap a list; of a workload an object; of a relation "CALL PATH"
        if value.startswith("["):
            return [_told(e) for e in content.decode(value)]
        return content.decode(value) if value.startswith("{") else value
    if name in _JSON:
        return content.decode(value)
    if name == "sources":
        return sorted(set(value.split("\n")))
    return value.hex() if isinstance(value, bytes) else value


def _told(evidence: Row) -> Row:
    return {k: evidence[k] for k in _EVIDENCE if evidence.get(k) or k == "value"}


def _globbed(value: str, wanted: str) -> bool:
    return fnmatchcase(value, wanted.replace("[", "[[]"))


def _literal(text: str) -> str:
    return text.replace("*", "\\*").replace("?", "\\?")
