"""The disposition report: for every component all seven options, ranked, with their reasons and effort."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from planning.disposition import BASE, Choice, Disposition, Status
from planning.manifests import Edits
from planning.readiness import Assessment, Standing
from planning.rules import Option
from planning.starters import Starter
from reports import frame
from reports.pages import (
    Bars,
    Block,
    Card,
    Cards,
    Chip,
    Column,
    Facts,
    Figures,
    Listing,
    Page,
    Prose,
    Section,
    Table,
    some,
    words,
)
from reports.readiness import chip, days, effort_row, unknown_facts, worst_first

_TONE: Mapping[Status, str] = {
    Status.RECOMMENDED: "ready",
    Status.VIABLE: "conditional",
    Status.POSSIBLE: "plain",
    Status.NO: "not_ready",
}


def build(
    data: Mapping[str, Any],
    assessed: Mapping[str, Assessment],
    chosen: Mapping[str, Disposition],
    edits: Mapping[str, Edits],
    starters: Mapping[str, Starter],
) -> Page:
    """Build the report.

    Args:
        chosen: the options of every component that is judged.
        edits: what manifests become at the target, by component.
        starters: files to start from, by component.
    """
    judged = worst_first(a for a in assessed.values() if a.standing in (Standing.JUDGED, Standing.UNJUDGED))
    best = Counter(c.option if (c := chosen[a.component.id].recommended) else None for a in judged)
    undecided = best.pop(None, 0)
    told = ", ".join(f"{n:,} {o.value}" for o in Option if (n := best[o]))
    return frame.page(
        data,
        name="disposition",
        title="Disposition",
        lead=f"Of {some(len(judged), 'component')}, recommended: {told or 'nothing'}. "
        f"For {undecided:,} nothing can be recommended until what is missing is known.",
        sections=(
            Section("overview", "Overview", (_figures(best, undecided), _by_option(judged, chosen))),
            Section("components", "Components", (Cards("components", tuple(_card(a, chosen[a.component.id], edits, starters) for a in judged)),)),
            Section("assumptions", "Assumptions", (_assumptions(),)),
        ),
        document={
            "recommended": {o.value: best[o] for o in Option},
            "undecided": undecided,
            "components": [_row(a, chosen[a.component.id], edits, starters) for a in judged],
            "assumptions": {"effort_days": {o.value: effort_row(BASE[o]) for o in Option}},
        },
    )  # fmt: skip


def _figures(best: Mapping[Option | None, int], undecided: int) -> Figures:
    told = [(f"{n:,}", o.value, "plain") for o in Option if (n := best.get(o, 0))]
    return Figures((*told, (f"{undecided:,}", "not decided: something is unknown", "unknown")))


def _by_option(judged: Sequence[Assessment], chosen: Mapping[str, Disposition]) -> Bars:
    by = {o: Counter(c.status for a in judged for c in chosen[a.component.id].choices if c.option is o) for o in Option}
    return Bars(
        "Components by option",
        tuple((o.value, tuple((_TONE[s], by[o][s]) for s in (Status.RECOMMENDED, Status.VIABLE, Status.NO))) for o in Option),
        {_TONE[s]: s.value for s in (Status.RECOMMENDED, Status.VIABLE, Status.NO)},
    )  # fmt: skip


def _card(a: Assessment, d: Disposition, edits: Mapping[str, Edits], starters: Mapping[str, Starter]) -> Card:
    best = d.recommended
    missing = unknown_facts(a)
    note = (
        f"{best.option.value}: {best.reasons[0]}"
        if best
        else f"not decided; {f'missing {words(missing)}' if missing else 'no rule judges such a thing yet'}"
    )
    return Card(
        a.readiness.value,
        a.component.name,
        a.component.kind,
        note,
        (
            Facts((("Component", a.component.id), ("Becomes", d.becomes or "nothing of the same sort at the target"))),
            Table(
                "Options",
                (Column("option"), Column("status"), Column("effort"), Column("reasons")),
                tuple((c.option.value, Chip(_TONE[c.status], c.status.value), _effort(c), "; ".join(c.reasons)) for c in d.choices),
            ),
            *((Table("What asks for changes", (Column("reason", "code"), Column("verdict"), Column("what to do")), tuple((f.consequence.code, chip(f.readiness), f.consequence.remedy) for f in a.reasons)),) if a.reasons else ()),
            *_files(edits.get(a.component.id), starters.get(a.component.id)),
        ),
    )  # fmt: skip


def _files(edit: Edits | None, start: Starter | None) -> Iterator[Block]:
    if edit and edit.difference:
        told = f"Edits of the manifest for the target; fill in: {', '.join(edit.fill_in) or 'nothing'}. {'; '.join(edit.notes)}"
        yield Listing(edit.difference, told)
    elif edit:
        yield Prose("Its manifest names nothing of another cloud: it applies as it is.", quiet=True)
    if start:
        yield Listing(start.text, f"{start.name}: a file to start from")


def _effort(choice: Choice) -> str:
    return "not known" if choice.effort is None else days(choice.effort)


def _assumptions() -> Table:
    return Table(
        "Person-days for one component, without what its reasons add: planning figures of Stocktake's own; replace them by those of your first wave",
        (Column("option"), Column("low", "num"), Column("likely", "num"), Column("high", "num")),
        tuple((o.value, e.low, e.likely, e.high) for o, e in BASE.items()),
    )


def _row(a: Assessment, d: Disposition, edits: Mapping[str, Edits], starters: Mapping[str, Starter]) -> dict[str, Any]:
    c = a.component
    edit, start = edits.get(c.id), starters.get(c.id)
    return {
        "id": c.id,
        "kind": c.kind,
        "name": c.name,
        "workloads": list(c.workloads),
        "readiness": a.readiness.value,
        **({"recommended": d.recommended.option.value} if d.recommended else {}),
        **({"becomes": d.becomes} if d.becomes else {}),
        "missing": unknown_facts(a),
        **(
            {"manifest": {"difference": edit.difference, "notes": list(edit.notes), "fill_in": list(edit.fill_in)}}
            if edit
            else {}
        ),
        **({"starting_file": start._asdict()} if start else {}),
        "options": [
            {
                "option": o.option.value,
                "status": o.status.value,
                "reasons": list(o.reasons),
                **({} if o.effort is None else {"effort_days": effort_row(o.effort)}),
            }
            for o in d.choices
        ],
    }
