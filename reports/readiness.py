"""The readiness report: what can move as it is, what under which conditions, what cannot, and what nobody can tell yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from planning.readiness import ORDER, Assessment, Coverage, Finding, Result, Standing, WorkloadAssessment
from planning.rules import Effort, Readiness, Rule, Stage
from reports import frame
from reports.pages import (
    LABELS,
    Bars,
    Block,
    Card,
    Cards,
    Chip,
    Column,
    Facts,
    Figures,
    Page,
    Prose,
    Section,
    Table,
    some,
    words,
)


def build(
    data: Mapping[str, Any],
    assessed: Mapping[str, Assessment],
    workloads: Sequence[WorkloadAssessment],
    rules: Sequence[Rule],
    unmodelled: int,
) -> Page:
    """Build the report.

    Args:
        data: the plain rows that all reports share.
        unmodelled: things of types that nothing describes, which nobody can judge.
    """
    judged = worst_first(a for a in assessed.values() if a.standing in (Standing.JUDGED, Standing.UNJUDGED))
    counts = Counter(a.readiness for a in judged)
    return frame.page(
        data,
        name="readiness",
        title="Readiness",
        lead=_lead(counts, len(judged), workloads, unmodelled),
        sections=tuple(_sections(assessed, judged, counts, workloads, unmodelled)),
        document=_document(assessed, judged, counts, workloads, rules, unmodelled),
    )


def worst_first(assessed: Iterable[Assessment]) -> list[Assessment]:
    """Not ready, unknown, conditional, ready; then by kind and id."""
    return sorted(assessed, key=lambda a: (ORDER.index(a.readiness), a.component.kind, a.component.id))


def chip(readiness: Readiness) -> Chip:
    return Chip(readiness.value, LABELS[readiness.value])


def share(coverage: Coverage) -> str | None:
    """How much of what must be known is known, as people read it; None where nothing says what must be."""
    return None if coverage.share is None else f"{coverage.share:.0%}"


def days(effort: Effort) -> str:
    """Person-days as a range."""
    return "–" if not effort.high else f"{effort.low:g}–{effort.high:g} days, likely {effort.likely:g}"


def _lead(counts: Mapping[Readiness, int], total: int, workloads: Sequence[WorkloadAssessment], unmodelled: int) -> str:
    if not total:
        return "Nothing in this inventory is judged: there is nothing yet, or all of it is where it should go."
    told = ", ".join(f"{counts.get(r, 0):,} {LABELS[r.value]}" for r in reversed(ORDER))
    of = Counter(w.readiness for w in workloads)
    flows = ", ".join(f"{of[r]:,} {LABELS[r.value]}" for r in reversed(ORDER) if of[r])
    more = f" {some(unmodelled, 'thing')} of types that nothing describes cannot be judged." if unmodelled else ""
    return f"Of {some(total, 'component')}: {told}. Of {some(len(workloads), 'workload')}: {flows or 'none'}.{more} What is unknown is not ready."


def _sections(
    assessed: Mapping[str, Assessment],
    judged: Sequence[Assessment],
    counts: Mapping[Readiness, int],
    workloads: Sequence[WorkloadAssessment],
    unmodelled: int,
) -> Iterator[Section]:
    standing = Counter(a.standing for a in assessed.values())
    yield Section(
        "overview",
        "Overview",
        (
            Figures(tuple((f"{counts.get(r, 0):,}", LABELS[r.value], r.value) for r in ORDER)),
            _bars(judged),
            Prose(
                f"Besides: {some(standing[Standing.AT_TARGET], 'component')} already there, "
                f"{some(standing[Standing.PART], 'part')} of other things that follow those, "
                f"{some(standing[Standing.UNJUDGED], 'component')} that no rule judges yet (unknown), "
                f"{some(unmodelled, 'thing')} of types that nothing describes.",
                quiet=True,
            ),
        ),
    )
    yield Section("reasons", "Reasons", (_reasons(judged), _missing(judged)))
    yield Section("workloads", "Workloads", (_workloads(workloads, assessed),))
    yield Section("components", "Components", (Cards("components", tuple(_card(a) for a in judged)),))


def _bars(judged: Iterable[Assessment]) -> Bars:
    by: dict[str, Counter[Readiness]] = {}
    for a in judged:
        dimension = a.component.category.dimension
        by.setdefault(dimension.value if dimension else "other", Counter())[a.readiness] += 1
    rows = tuple((name, tuple((r.value, by[name][r]) for r in ORDER)) for name in sorted(by))
    return Bars("Components by dimension", rows)


def _reasons(judged: Iterable[Assessment]) -> Table:
    found: dict[str, tuple[Finding, list[Assessment]]] = {}
    for a in judged:
        for f in a.reasons:
            held = found.setdefault(f.consequence.code, (f, []))
            if not held[1] or held[1][-1] is not a:
                held[1].append(a)
    ordered = sorted(found.values(), key=lambda e: (ORDER.index(e[0].readiness), -len(e[1]), e[0].consequence.code))
    return Table(
        "What stands against a move, by reason",
        (Column("reason", "code"), Column("verdict"), Column("components", "num"), Column("why"), Column("what to do")),
        tuple((f.consequence.code, chip(f.readiness), len(of), f.consequence.why, f.consequence.remedy) for f, of in ordered),
        "No rule found anything that stands against a move.",
    )  # fmt: skip


def _missing(judged: Iterable[Assessment]) -> Table:
    lacking: Counter[str] = Counter()
    for a in judged:
        lacking.update(set(unknown_facts(a)))
    return Table(
        "What is missing, by fact",
        (Column("fact", "code"), Column("components that wait for it", "num")),
        tuple(lacking.most_common()),
        "Nothing that a rule needs is missing.",
    )


def unknown_facts(a: Assessment) -> list[str]:
    """Facts that this component's verdict waits for."""
    return sorted({*a.missing, *(m for f in a.findings for m in f.missing)})


def _workloads(workloads: Sequence[WorkloadAssessment], assessed: Mapping[str, Assessment]) -> Cards:
    return Cards("workloads", tuple(_workload(w, assessed) for w in workloads))


def _workload(w: WorkloadAssessment, assessed: Mapping[str, Assessment]) -> Card:
    of = w.workload
    told = ", ".join(f"{n} {LABELS[r.value]}" for r, n in w.counts.items() if n) or "no component of its own"
    roles = dict(of.members)
    parts = worst_first(a for id_, _ in of.members if (a := assessed.get(id_)) and a.standing is not Standing.PART)
    blocks: list[Block] = [
        Facts(
            tuple(
                (name, value)
                for name, value in (
                    ("Owner", of.owner or "unknown"),
                    ("Environment", of.environment or "unknown"),
                    ("Criticality", of.criticality or "unknown"),
                    ("Must have and has not", ", ".join(w.lacks)),
                    ("Leans on what nobody saw", words(list(w.unseen), 8) if w.unseen else ""),
                    ("Effort", days(w.effort)),
                    ("Required facts known", share(w.coverage) or "not known what is required"),
                )
                if value
            )
        ),
        Table(
            "What it is made of",
            (Column("component", "code"), Column("role"), Column("verdict"), Column("reasons and what is missing")),
            tuple((a.component.name, roles[a.component.id], _standing(a), _short(a)) for a in parts),
        ),
    ]
    return Card(w.readiness.value, of.name, of.type, told, tuple(blocks))


def _standing(a: Assessment) -> Chip:
    return Chip("ready", "already there") if a.standing is Standing.AT_TARGET else chip(a.readiness)


def _short(a: Assessment) -> str:
    reasons = [f.consequence.code for f in a.reasons]
    unknown = unknown_facts(a)
    parts = [words(reasons)] if reasons else []
    if unknown:
        parts.append(f"missing {words(unknown)}")
    if a.standing is Standing.UNJUDGED:
        parts.append("no rule judges such a thing yet")
    return "; ".join(parts) or "nothing stands against it"


def _card(a: Assessment) -> Card:
    c = a.component
    told = Facts(
        (
            ("Component", c.id),
            ("Account and place", f"{c.account} {c.place}"),
            ("Stages", ", ".join(f"{s.value} {LABELS[a.stages[s].value] if s in a.stages else 'not judged'}" for s in Stage)),
            ("Effort", days(a.effort)),
            ("Required facts known", share(a.coverage) or "not known what is required"),
            ("Rules", ", ".join(f"{n} {r.replace('_', ' ')}" for r, n in a.counts.items())),
        )
    )  # fmt: skip
    findings = tuple(finding_card(f) for f in (*a.reasons, *(f for f in a.findings if f.result is not Result.FIRED)))
    inner: tuple[Block, ...] = (_findings(findings),) if findings else ()
    return Card(a.readiness.value, c.name, c.kind, _short(a), (told, *inner))


def _findings(rows: Sequence[tuple[Any, ...]]) -> Table:
    return Table(
        "Findings",
        (Column("reason", "code"), Column("verdict"), Column("why"), Column("what to do"), Column("evidence"), Column("rests on")),
        tuple(rows),
    )  # fmt: skip


def finding_card(f: Finding) -> tuple[Any, ...]:
    """A finding as a row: code, verdict, why, what to do, evidence, sources."""
    evidence = "; ".join(f"{e.fact} = {e.value!r} ({e.origin.resource_id} {e.origin.attribute})" for e in f.evidence)
    why = f.consequence.why
    if f.missing:
        why = f"cannot be told: {', '.join(f.missing)} unknown"
    elif f.note:
        why = f.note
    rests = [f"{f.rule.id}: {f.rule.source} ({f.rule.observed_at}{', EXPIRED' if f.expired else ''})"]
    rests += [f"{k.reference} = {k.value} ({k.status}, {k.observed_at})" for k in f.knowledge]
    return f.consequence.code, chip(f.readiness), why, f.consequence.remedy, evidence or "–", "; ".join(rests)


def _document(
    assessed: Mapping[str, Assessment],
    judged: Sequence[Assessment],
    counts: Mapping[Readiness, int],
    workloads: Sequence[WorkloadAssessment],
    rules: Sequence[Rule],
    unmodelled: int,
) -> dict[str, Any]:
    standing = Counter(a.standing.value for a in assessed.values())
    return {
        "readiness": {r.value: counts.get(r, 0) for r in ORDER},
        "not_judged": {
            "already_there": standing[Standing.AT_TARGET.value],
            "parts": standing[Standing.PART.value],
            "no_rule": standing[Standing.UNJUDGED.value],
            "unmodelled": unmodelled,
        },
        "workloads": [workload_row(w) for w in workloads],
        "components": [component_row(a) for a in judged],
        "rules": [
            {
                "id": r.id,
                "title": r.title,
                "source": r.source,
                "observed_at": r.observed_at.isoformat(),
                "expires_at": r.expires_at.isoformat(),
                "confidence": r.confidence,
            }
            for r in rules
        ],
    }


def workload_row(w: WorkloadAssessment) -> dict[str, Any]:
    """A workload's verdict for programs."""
    of = w.workload
    told = {"region": of.region, "owner": of.owner, "environment": of.environment, "criticality": of.criticality}
    return {
        "id": of.id,
        "type": of.type,
        "name": of.name,
        "provider": of.provider,
        "account": of.account,
        "place": of.place,
        **{k: v for k, v in told.items() if v},
        "readiness": w.readiness.value,
        "counts": {r.value: n for r, n in w.counts.items()},
        "deciding": list(w.deciding),
        "lacks": list(w.lacks),
        "unseen": list(w.unseen),
        "coverage": coverage_row(w.coverage),
        "effort_days": effort_row(w.effort),
        "members": [{"id": id_, "role": role} for id_, role in of.members],
    }


def component_row(a: Assessment) -> dict[str, Any]:
    """A component's verdict for programs: an absent stage was not come to."""
    c = a.component
    return {
        "id": c.id,
        "kind": c.kind,
        "category": c.category.value,
        "provider": c.provider,
        "account": c.account,
        "place": c.place,
        **({"region": c.region} if c.region else {}),
        "name": c.name,
        "workloads": list(c.workloads),
        "readiness": a.readiness.value,
        "stages": {s.value: r.value for s, r in a.stages.items()},
        "coverage": coverage_row(a.coverage),
        "effort_days": effort_row(a.effort),
        "missing": unknown_facts(a),
        "rules": dict(a.counts),
        "findings": [finding_row(f) for f in a.findings],
        "passed": list(a.passed),
    }


def coverage_row(coverage: Coverage) -> dict[str, Any]:
    told = {} if coverage.share is None else {"share": round(coverage.share, 4)}
    return told | {"missing": list(coverage.missing), "stale": list(coverage.stale)}


def effort_row(effort: Effort) -> dict[str, float]:
    return {"low": effort.low, "likely": effort.likely, "high": effort.high}


def finding_row(f: Finding) -> dict[str, Any]:
    c = f.consequence
    return {
        "rule": f.rule.id,
        "stage": f.rule.stage.value,
        "result": f.result.value,
        "readiness": f.readiness.value,
        "code": c.code,
        "severity": c.severity.value,
        "why": c.why,
        "remedy": c.remedy,
        "least": c.least.value,
        "effort_days": effort_row(c.effort),
        "evidence": [
            {
                "fact": e.fact,
                "value": e.value,
                "resource_id": e.origin.resource_id,
                "attribute": e.origin.attribute,
                "seen_at": e.origin.seen_at,
            }
            for e in f.evidence
        ],
        "missing": list(f.missing),
        **({"note": f.note} if f.note else {}),
        "knowledge": [k._asdict() for k in f.knowledge],
        "expired": f.expired,
    }
