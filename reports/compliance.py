"""The compliance report: what is said of data, where they lie, where the same law holds at the target, and what people decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from planning.compliance import Review, Standing
from reports import frame
from reports.pages import Card, Cards, Chip, Column, Facts, Figures, Page, Prose, Section, Table, some, words


def build(data: Mapping[str, Any], found: Sequence[Standing], reviews: Sequence[Review]) -> Page:
    """Build the report."""
    labelled = [s for s in found if s.labels]
    return frame.page(
        data,
        "compliance",
        "Compliance",
        f"Of {some(len(found), 'thing')} that data rest in or go through, {len(labelled):,} carry a label of sensitivity or residency, own or "
        f"inherited. What carries none is unlabelled, which does not mean that it may go anywhere. {some(len(reviews), 'question')} for people.",
        (
            Section("overview", "Overview", (Figures(_figures(found, labelled)),)),
            Section("questions", "Questions that people decide", (_questions(reviews),)),
            Section("labelled", "Labelled data and what is made of them", (Cards("things", tuple(map(_card, labelled)), "Nothing carries a label: tag data with classification, residency or the like."),)),
            Section("protection", "Keys, encryption and exposure", (_protection(found),)),
            Section("notes", "How to read this", (Prose("A region of the same law is one in the same country, or in the European Union where the data lie in it. Whether that is enough is for counsel to say."),)),
        ),
        {
            "things": [_row(s) for s in found],
            "questions": [{"name": r.name, "subjects": list(r.subjects), "why": r.why} for r in reviews],
        },
    )  # fmt: skip


def _figures(found: Sequence[Standing], labelled: Sequence[Standing]) -> tuple[tuple[str, str, str], ...]:
    return (
        (f"{len(labelled):,}", "labelled, own or inherited", "plain"),
        (f"{len(found) - len(labelled):,}", "without a label", "unknown"),
        (f"{sum(s.country is None for s in found):,}", "whose country is not known", "unknown"),
        (f"{sum(bool(s.public) for s in found):,}", "reachable or readable from outside", "not_ready"),
        (f"{sum(s.encrypted is None for s in found):,}", "of which encryption is not known", "unknown"),
    )


def _questions(reviews: Sequence[Review]) -> Table:
    return Table(
        "Raised here, answered by people",
        (Column("question"), Column("things", "num"), Column("why"), Column("which")),
        tuple((r.name, len(r.subjects), r.why, words(list(r.subjects), 5)) for r in reviews),
        "None.",
    )


def _card(s: Standing) -> Card:
    c = s.component
    told = ", ".join(sorted({f"{x.name} {x.value}" for x in s.labels}))
    where = f"{s.region}, {s.country or 'country unknown'}"
    tone = "unknown" if s.country is None else "conditional" if s.regions else "not_ready"
    return Card(
        tone,
        c.name,
        c.kind,
        f"{told}; {where}",
        (
            Facts(
                (
                    ("Thing", c.id),
                    ("Lies in", where),
                    ("Same law at the target", words(list(s.regions), 12) if s.regions else "no region is known"),
                    *((("Of those, with its accelerator", words(list(s.device_regions), 12)),) if s.device else ()),
                )
            ),
            Table(
                "Labels and where they come from",
                (Column("label"), Column("value"), Column("origin", "code"), Column("by way of")),
                tuple((x.name, x.value, x.origin, " → ".join(x.path) if len(x.path) > 1 else "own") for x in s.labels),
            ),
        ),
    )


def _protection(found: Sequence[Standing]) -> Table:
    return Table(
        "Where data rest",
        (Column("thing", "code"), Column("kind"), Column("region"), Column("encrypted"), Column("own key"), Column("open to the outside")),
        tuple((s.component.name, s.component.kind, s.region, _truth(s.encrypted), _truth(s.own_key), _truth(s.public, good=False)) for s in found),
        "Nothing that data rest in is known.",
    )  # fmt: skip


def _truth(value: Any, *, good: bool = True) -> Chip:
    if not isinstance(value, bool):
        return Chip("unknown", "unknown")
    return Chip("ready" if value is good else "conditional", "yes" if value else "no")


def _row(s: Standing) -> dict[str, Any]:
    c = s.component
    told = {
        "country": s.country,
        "eu": s.eu,
        "encrypted": s.encrypted,
        "customer_managed_key": s.own_key,
        "public": s.public,
    }
    return {
        "id": c.id,
        "kind": c.kind,
        "name": c.name,
        "region": s.region,
        **{k: v for k, v in told.items() if v is not None},
        "labels": [{"name": x.name, "value": x.value, "origin": x.origin, "path": list(x.path)} for x in s.labels],
        "target_regions_of_same_law": list(s.regions),
        **({"accelerator": s.device, "target_regions_with_accelerator": list(s.device_regions)} if s.device else {}),
    }
