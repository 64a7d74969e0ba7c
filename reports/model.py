"""What a report is made of: frozen records built once from plain rows, and the verdict over them.

Owns the shape of the input and the rule when an inventory may call itself complete. Refuses queries and text formats.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from normalize.model import Coverage, Dimension, Outcome, Scope, Severity

Row = Mapping[str, Any]

SEVERITIES = tuple(s.value for s in Severity)


@dataclass(frozen=True, slots=True)
class Frame:
    """What every report says about itself. `database` is shown as given: without a password. `target` is the
    platform a migration aims at, None where the question was not asked."""

    generated_at: str
    version: str
    database: str
    target: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """One discovery run. `finished_at` is None while it runs, or when it was interrupted."""

    id: str
    started_at: str
    finished_at: str | None
    status: str
    sources: tuple[str, ...]
    row: Row


@dataclass(frozen=True, slots=True)
class Tally:
    """How many resources of a kind a place holds. `count` leaves out those that are `gone`; `dimension` is None
    for types that no row describes yet."""

    provider: str
    dimension: Dimension | None
    kind: str
    category: str
    account: str
    place: str
    count: int
    gone: int
    row: Row


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a gap shows: the source and its call, the JSON path, and what stands there."""

    source: str
    path: str
    value: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that the inventory does not know; `evidence_count` is of all evidence, `evidence` holds the first.
    `accepted_until` is the last day through which somebody accepted it, empty where nobody did."""

    id: str
    code: str
    severity: str
    why: str
    subject_id: str
    subject: str
    missing: Mapping[str, str]
    evidence: tuple[Evidence, ...]
    evidence_count: int
    remedy: str
    first_seen_at: str
    accepted_until: str
    accepted_reason: str
    row: Row


@dataclass(frozen=True, slots=True)
class Accelerators:
    """Devices of one model that one kind of one provider reports. `count` is None where the source did not say."""

    vendor: str
    model: str
    count: int | None
    provider: str
    kind: str
    resources: int
    row: Row


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the inventory may be taken for the whole.

    `scopes` counts looks: one kind in one account and place of one source. `blind` of them were not read in full,
    `skipped` not at all. `unscanned` scopes are known to exist and covered by no source.
    """

    known: int
    gone: int
    scopes: int
    blind: int
    skipped: int
    unscanned: int
    reasons: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return self.scopes > 0 and not self.reasons

    @property
    def text(self) -> str:
        known = _some(self.known, "resource") + " known"
        if not self.scopes:
            return f"{known}; no scope has been read: this inventory says nothing about what else there is."
        if self.complete:
            return (
                f"{known}; {'all ' if self.scopes > 1 else ''}{_some(self.scopes, 'scope')} "
                f"{_were(self.scopes)} read to the end: this inventory is complete for what the configured sources cover."
            )
        return (
            f"{known}; {self.blind:,} of {_some(self.scopes, 'scope')} could not be read in full: "
            f"this inventory is incomplete because {_sentence(self.reasons)}."
        )


def frame(data: Row) -> Frame:
    return Frame(str(data["generated_at"]), str(data["version"]), str(data["database"]), data.get("target"))


def runs(rows: Iterable[Row]) -> tuple[Run, ...]:
    """Latest first, as given."""
    return tuple(
        Run(
            id=str(r["id"]),
            started_at=instant_text(r["started_at"]),
            finished_at=None if r.get("finished_at") is None else instant_text(r["finished_at"]),
            status=str(r["status"]),
            sources=_words(r.get("sources")),
            row=r,
        )
        for r in rows
    )


def tallies(rows: Iterable[Row]) -> tuple[Tally, ...]:
    return tuple(
        Tally(
            provider=r["provider"],
            dimension=Dimension(r["dimension"]) if r.get("dimension") else None,
            kind=r["kind"],
            category=r["category"],
            account=r["account"],
            place=r["place"],
            count=r["count"],
            gone=r.get("gone") or 0,
            row=r,
        )
        for r in rows
    )


def looks(rows: Iterable[Row]) -> tuple[Coverage, ...]:
    """The latest look at each kind in each scope of each source: what the inventory rests on today."""
    latest: dict[tuple[str, str, Scope], Coverage] = {}
    for coverage in map(_coverage, rows):
        key = (coverage.source, coverage.kind, coverage.scope)
        if key not in latest or latest[key].finished_at <= coverage.finished_at:
            latest[key] = coverage
    return tuple(sorted(latest.values(), key=lambda c: (c.source, c.kind, c.scope.account, c.scope.place)))


def coverage_row(coverage: Coverage) -> dict[str, Any]:
    """A look with the keys of the contract."""
    scope = coverage.scope
    return {
        "run_id": coverage.run_id,
        "source": coverage.source,
        "kind": coverage.kind,
        "provider": scope.provider,
        "account": scope.account,
        "place": scope.place,
        "outcome": coverage.outcome.value,
        "records": coverage.records,
        "gaps": coverage.gaps,
        "quarantined": coverage.quarantined,
        "reason": coverage.reason,
        "needs": list(coverage.needs),
        "started_at": coverage.started_at,
        "finished_at": coverage.finished_at,
        **({"since": coverage.since} if coverage.since else {}),
    }


def gaps(rows: Iterable[Row]) -> tuple[Gap, ...]:
    """Worst first, of those the accepted ones last, then by code and subject."""
    rank = {severity: i for i, severity in enumerate(SEVERITIES)}
    found = (
        Gap(
            id=str(r["id"]),
            code=str(r["code"]),
            severity=str(r["severity"]),
            why=r.get("why") or "",
            subject_id=r.get("subject_id") or "",
            subject=r.get("subject") or "",
            missing={k: str(v) for k, v in (r.get("missing") or {}).items()},
            evidence=tuple(_evidence(e) for e in r.get("evidence") or ()),
            evidence_count=max(r.get("evidence_count") or 0, len(r.get("evidence") or ())),
            remedy=r.get("remedy") or "",
            first_seen_at=instant_text(r["first_seen_at"]) if r.get("first_seen_at") else "",
            accepted_until=r.get("accepted_until") or "",
            accepted_reason=r.get("accepted_reason") or "",
            row=r,
        )
        for r in rows
    )
    return tuple(
        sorted(found, key=lambda g: (rank.get(g.severity, len(rank)), bool(g.accepted_until), g.code, g.subject, g.id))
    )


def accelerators(rows: Iterable[Row]) -> tuple[Accelerators, ...]:
    return tuple(
        Accelerators(r.get("vendor") or "", r["model"], r.get("count"), r["provider"], r["kind"], r["resources"], r)
        for r in rows
    )


def verdict(
    counts: Iterable[Tally], coverage: Iterable[Coverage], found: Iterable[Gap], history: Iterable[Run]
) -> Verdict:
    """Complete only when every look was read to its end, nothing known is left unscanned and no run is cut short."""
    counts, coverage = tuple(counts), tuple(coverage)
    skipped = sum(c.outcome is Outcome.SKIPPED for c in coverage)
    unscanned = sum(g.code == "scope-unscanned" for g in found)
    unfinished = next((r for r in history if r.finished_at is None), None)
    reasons = [
        *_why_blind(coverage),
        *([f"{skipped:,} {_were(skipped)} skipped"] if skipped else ()),
        *([f"{_some(unscanned, 'scope')} known to exist {_are(unscanned)} covered by no source"] if unscanned else ()),
        *([f"run {unfinished.id} has not finished"] if unfinished else ()),
    ]
    return Verdict(
        known=sum(t.count for t in counts),
        gone=sum(t.gone for t in counts),
        scopes=len(coverage),
        blind=sum(c.is_blind_spot() for c in coverage),
        skipped=skipped,
        unscanned=unscanned,
        reasons=tuple(reasons),
    )


def instant_text(value: Any) -> str:
    """An instant as the contract writes it; text is taken as it is."""
    if isinstance(value, datetime):
        return _aware(value).isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(value)


def _why_blind(coverage: tuple[Coverage, ...]) -> Iterable[str]:
    denied, failed, partial = (
        sum(c.outcome is o for c in coverage) for o in (Outcome.DENIED, Outcome.FAILED, Outcome.PARTIAL)
    )
    if denied:
        yield f"access to {denied:,} was denied"
    if failed:
        yield f"{failed:,} failed"
    if partial:
        yield f"{partial:,} ended early"
    if details := sum(c.gaps > 0 and c.outcome is Outcome.COMPLETE for c in coverage):
        yield f"{details:,} {'lack' if details > 1 else 'lacks'} details that could not be fetched"
    if unfit := sum(c.quarantined > 0 and not c.gaps and c.outcome is Outcome.COMPLETE for c in coverage):
        yield f"{unfit:,} {'hold' if unfit > 1 else 'holds'} records that could not be understood"


def _coverage(row: Row) -> Coverage:
    return Coverage(
        run_id=str(row.get("run_id") or ""),
        source=row["source"],
        kind=row["kind"],
        scope=Scope(row["provider"], row["account"], row["place"]),
        outcome=Outcome(row["outcome"]),
        records=row["records"],
        gaps=row["gaps"],
        quarantined=row["quarantined"],
        started_at=_instant(row["started_at"]),
        finished_at=_instant(row["finished_at"]),
        reason=row.get("reason") or "",
        needs=_words(row.get("needs")),
        since=_instant(row["since"]) if row.get("since") else None,
    )


def _evidence(row: Row) -> Evidence:
    return Evidence(row.get("source") or "", row.get("path") or "", str(row.get("value", "")))


def _instant(value: Any) -> datetime:
    return _aware(value if isinstance(value, datetime) else datetime.fromisoformat(value))


def _aware(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(w for w in value.split(",") if w)
    return tuple(value or ())


def _some(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _sentence(parts: tuple[str, ...]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
