"""The confidence report: how much of what an assessment has to know is known and fresh. It says nothing of how good that looks.

Owns the shares and the order of what would raise them. A thing that may be there and that nobody could look for counts as one
of which nothing is known.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from normalize.evidence import PROFILES, WORKLOAD, Need, Supplier, profile
from normalize.gap import dimension_of
from normalize.model import Category, Coverage, Dimension, Outcome
from normalize.workloads import ASKED, ROLE_OF
from reports import model
from reports.pages import Bars, Block, Chip, Column, Figures, Page, Prose, Section, Table, some, words

Row = Mapping[str, Any]

EFFORTS = ("question", "setting", "permission", "source")
"""What a step takes: to ask an owner, to change a setting or scan again, to grant a permission, to add a source."""
PEOPLE = "owners"
"""What stands beside the dimensions: facts about workloads that only people know."""
SHOWN = 20
"""Rows of a table: the report is one page."""
WHOLE = "whole workload"
"""What stands for a category where a fact is one of a workload as a whole."""
_UNSCANNED: Mapping[str, tuple[Dimension, ...]] = {
    "mlflow.server": (Dimension.MODELS, Dimension.TRAINING),
    "host.machine": (Dimension.COMPUTE,),
}
"""Where what may stand in a scope that no source covers would count; an account or a region may hold anything."""
_MACHINES = frozenset({Category.INSTANCE, Category.NODE, Category.HOST, Category.ACCELERATOR})
_MEASURED = {
    "k8s": "Name a Prometheus of each cluster (prometheus, of its source), and see that it holds metrics of {kind}"
}
"""How metrics come to be read, by the first word of a kind, where its provider does not measure by itself."""


@dataclass(slots=True)
class Share:
    """Weights of facts that are wanted and known, numbers of those that are required; `unseen` counts what nobody could look
    at, `old` facts that are known and too old to count."""

    wanted: int = 0
    known: int = 0
    required: int = 0
    required_known: int = 0
    old: int = 0
    things: int = 0
    unseen: int = 0

    @property
    def ratio(self) -> float | None:
        """0–1; None where nothing is wanted."""
        return self.known / self.wanted if self.wanted else None

    def add(self, need: Need, things: int, known: int, old: int) -> None:
        self.wanted += need.weight * things
        self.known += need.weight * (known - old)
        self.old += old
        if need.required:
            self.required += things
            self.required_known += known - old

    def miss(self, needs: Sequence[Need], things: int = 1) -> None:
        """Things that may be there and nobody could see."""
        for need in needs:
            self.add(need, things, 0, 0)
        self.unseen += things


@dataclass(slots=True)
class Step:
    """What would make more known: `facts` is how many, at least; `weight` what they weigh."""

    effort: str
    what: str
    facts: int = 0
    weight: int = 0
    needs: dict[str, int] = field(default_factory=dict)

    def give(self, need: Need, count: int) -> None:
        self.facts += count
        self.weight += need.weight * count
        self.needs[need.name] = self.needs.get(need.name, 0) + need.weight * count

    @property
    def text(self) -> str:
        """What to do; of questions also what is asked, the heaviest first."""
        if self.effort != "question":
            return self.what
        asked = sorted(self.needs, key=lambda name: (-self.needs[name], name))
        return f"{self.what} (stocktake questionnaire --all): {words(asked, 12)}"


@dataclass(frozen=True, slots=True)
class Lack:
    """A fact that things of one category lack, or have too old."""

    category: str
    need: Need
    things: int
    lacking: int
    old: int


@dataclass(frozen=True, slots=True)
class Unseen:
    """What nobody could look at: a kind in a scope of a source, or a scope that no source covers."""

    what: str
    where: str
    why: str
    facts: int


@dataclass(frozen=True, slots=True)
class Confidence:
    """Shares by dimension (and of what owners know), shares of workloads the lowest first, steps the best first."""

    total: Share
    dimensions: Mapping[str, Share]
    workloads: tuple[tuple[Row, Share], ...]
    steps: tuple[Step, ...]
    lacks: tuple[Lack, ...]
    unseen: tuple[Unseen, ...]
    stuck: int
    """Facts that are not known and that no step here would give."""


def measure(data: Mapping[str, Any]) -> Confidence:
    """Measure from plain rows.

    Args:
        data: what all reports share, with `confidence` (`facts`, `workloads`, `details` as the store counts them), `categories`
            (kind -> category) and `gives` (kind -> attributes that its row fills).
    """
    counted = data["confidence"]
    looks, gaps = model.looks(data["coverage"]), model.gaps(data["gaps"])
    return _Measured(data["categories"], data["gives"]).of(
        counted["facts"], counted["workloads"], counted["details"], looks, gaps
    )


def _typical(dimension: Dimension) -> tuple[Need, ...]:
    """What is asked of a thing of a dimension of which not even the kind is known: the profile of middling weight."""
    profiles = [needs for category, needs in PROFILES.items() if category.dimension is dimension]
    ordered = sorted(profiles, key=lambda needs: (sum(n.weight for n in needs), needs[0].name))
    return ordered[len(ordered) // 2] if ordered else ()


@dataclass
class _Measured:
    categories: Mapping[str, str]
    gives: Mapping[str, Iterable[str]]
    shares: dict[str, Share] = field(default_factory=lambda: {d.value: Share() for d in Dimension})
    steps: dict[tuple[str, str], Step] = field(default_factory=dict)
    lacks: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    stuck: int = 0

    def of(
        self, facts: Sequence[Row], workloads: Sequence[Row], details: Sequence[Row], looks: Sequence[Coverage], gaps: Sequence[model.Gap]
    ) -> Confidence:  # fmt: skip
        refused = _refused(details)
        for row in facts:
            self._fact(row, refused)
        self._count_things(facts)
        unseen = [*self._blind(looks), *self._unscanned(gaps)]
        self.shares[PEOPLE] = Share()
        hiding = Counter((k.scope.provider, k.scope.account) for k in looks if self._may_hide(k))
        ranked = [(row, self._workload(row, hiding)) for row in workloads]
        ranked.sort(key=lambda found: (found[1].ratio or 0, found[0]["type"], found[0]["name"], found[0]["id"]))
        total = Share()
        for share in self.shares.values():
            for name in ("wanted", "known", "required", "required_known", "old", "things", "unseen"):
                setattr(total, name, getattr(total, name) + getattr(share, name))
        steps = sorted(self.steps.values(), key=lambda s: (-s.weight, EFFORTS.index(s.effort), s.text))
        lacks = (
            Lack(category, _need(category, name), *counts)
            for (category, name), counts in self.lacks.items()
            if counts[1] or counts[2]
        )
        order = sorted(
            lacks, key=lambda x: (not x.need.required, -x.need.weight * (x.lacking + x.old), x.category, x.need.name)
        )
        return Confidence(total, self.shares, tuple(ranked), tuple(steps), tuple(order), tuple(unseen), self.stuck)

    def _step(self, effort: str, text: str) -> Step:
        return self.steps.setdefault((effort, text), Step(effort, text))

    def _count_things(self, facts: Iterable[Row]) -> None:
        """Things of a kind in a scope: as many as the need that concerns most of them concerns."""
        most: Counter[tuple[str, ...]] = Counter()
        for row in facts:
            key = (row["dimension"], row["kind"], row["provider"], row["account"], row["place"])
            most[key] = max(most[key], row["things"])
        for (dimension, *_), things in most.items():
            self.shares[dimension].things += things

    def _fact(self, row: Row, refused: Mapping[tuple[str, ...], tuple[str, int]]) -> None:
        category, need = Category(row["category"]), _need(row["category"], row["need"])
        things, known, old = row["things"], row["known"], row["old"]
        self.shares[row["dimension"]].add(need, things, known, old)
        counts = self.lacks.setdefault((row["category"], need.name), [0, 0, 0])
        for i, number in enumerate((things, things - known, old)):
            counts[i] += number
        if old:
            self._step(
                "setting", f"Scan {row['provider']} {row['account']} again: what is known of it is too old"
            ).give(need, old)
        missing, given = things - known, bool(set(need.attributes) & set(self.gives.get(row["kind"], ())))
        text, count = refused.get((row["kind"], row["provider"], row["account"], row["place"]), ("", 0))
        if given and count and missing:
            self._step("permission", text).give(need, min(missing, count))
            missing -= min(missing, count)
        if missing:
            self._supply(row["kind"], category, need, missing, given)

    def _supply(self, kind: str, category: Category, need: Need, missing: int, given: bool) -> None:
        """The cheapest way to a fact that no refused call would give."""
        called = category.value.replace("_", " ")
        if Supplier.METRICS in need.suppliers and given:
            how = _MEASURED.get(kind.partition(".")[0], "See that metrics of {kind} are read and hold values")
            self._step("setting", how.format(kind=kind)).give(need, missing)
        elif Supplier.PROBE in need.suppliers and category in _MACHINES:
            self._step(
                "source", "Read the machines themselves: a source of type host, or stocktake probe on each"
            ).give(need, missing)
        elif Supplier.OWNER in need.suppliers and need.question:
            self._step("question", f"Ask about each {called}").give(need, missing)
        else:
            self.stuck += missing

    def _blind(self, looks: Iterable[Coverage]) -> Iterator[Unseen]:
        for look in looks:
            if not look.is_blind_spot() and look.outcome is not Outcome.SKIPPED:
                continue
            if look.outcome is Outcome.COMPLETE and not look.quarantined:
                continue  # things that lack details are counted by what they lack
            needs = self._unknown(self._dimensions(look.kind), look.kind, max(1, look.quarantined))
            where = (
                "/".join(dict.fromkeys(p for p in (look.scope.account, look.scope.place) if p != "?")) or "every scope"
            )
            if needs:
                step = self._step(*_way(look))
                for need in needs:
                    step.give(need, max(1, look.quarantined))
            yield Unseen("everything" if look.kind == "*" else look.kind, f"{where} ({look.source})", look.reason or look.outcome.value, len(needs))  # fmt: skip

    def _dimensions(self, kind: str) -> tuple[Dimension, ...]:
        if kind == "*":
            return tuple(Dimension)
        known = self.categories.get(kind)
        dimension = Category(known).dimension if known else dimension_of(kind)
        return (dimension,) if dimension else ()

    def _unknown(self, dimensions: Iterable[Dimension], kind: str, things: int) -> list[Need]:
        """Count things that may be there; what would have been asked of one."""
        known = self.categories.get(kind)
        found: list[Need] = []
        for dimension in dimensions:
            needs = profile(Category(known)) if known else _typical(dimension)
            self.shares[dimension.value].miss(needs, things)
            found += needs
        return found

    def _unscanned(self, gaps: Iterable[model.Gap]) -> Iterator[Unseen]:
        for gap in gaps:
            if gap.code != "scope-unscanned":
                continue
            needs = self._unknown(_UNSCANNED.get(gap.missing.get("kind", ""), tuple(Dimension)), "", 1)
            step = self._step(
                "source", f"Cover {gap.subject}: stocktake gaps --code scope-unscanned prints the block to add"
            )
            for need in needs:
                step.give(need, 1)
            yield Unseen(gap.subject, "", "no source covers it", len(needs))

    def _workload(self, row: Row, hiding: Counter[tuple[str, str]]) -> Share:
        share = Share(*(row.get(name, 0) for name in ("wanted", "known", "required", "required_known")))
        share.things = row.get("things", 0)
        for need in WORKLOAD if row["type"] in ASKED else ():
            known = int(bool(_told(row, need)))
            share.add(need, 1, known, 0)
            self.shares[PEOPLE].add(need, 1, known, 0)
            counts = self.lacks.setdefault((WHOLE, need.name), [0, 0, 0])
            counts[0] += 1
            counts[1] += 1 - known
            if not known:
                self._step("question", "Ask the owners of each workload").give(need, 1)
        self.shares[PEOPLE].things += row["type"] in ASKED
        share.wanted += 3 * len(row.get("lacks") or ())
        share.unseen = hiding[row["provider"], row["account"]] + hiding[row["provider"], "?"]
        share.wanted += share.unseen
        return share

    def _may_hide(self, look: Coverage) -> bool:
        """Whether a part of a workload may stand where nobody could look: in its account that is one fact not known."""
        if not look.is_blind_spot() or look.outcome is Outcome.COMPLETE:
            return False
        known = self.categories.get(look.kind)
        return look.kind == "*" or (known is not None and known in ROLE_OF)


def _told(row: Row, need: Need) -> Any:
    told = row.get("told") or {}
    return any(row.get(name) or name in told for name in need.attributes)


def _need(category: str, name: str) -> Need:
    needs = WORKLOAD if category == WHOLE else PROFILES[Category(category)]
    return next(need for need in needs if need.name == name)


def _refused(details: Iterable[Row]) -> dict[tuple[str, ...], tuple[str, int]]:
    """Kind and scope -> what to grant so that its details can be read, and how many things lack them."""
    needs: dict[tuple[str, ...], set[str]] = defaultdict(set)
    things: Counter[tuple[str, ...]] = Counter()
    source: dict[tuple[str, ...], str] = {}
    for row in details:
        key = (row["kind"], row["provider"], row["account"], row["place"])
        needs[key].update(row["needs"] or [row["call"]])
        things[key] = max(things[key], row["things"])
        source[key] = row["source"]
    return {key: (f"Give the identity of source {source[key]} {', '.join(sorted(needs[key]))}", things[key]) for key in needs}  # fmt: skip


def _way(look: Coverage) -> tuple[str, str]:
    """(effort, what to do) so that a scope can be read."""
    if look.needs:
        return "permission", f"Give the identity of source {look.source} {', '.join(look.needs)}"
    if look.outcome is Outcome.DENIED:
        return "permission", f"Let the identity of source {look.source} read {_all(look.kind)}"
    if look.outcome is Outcome.COMPLETE:
        return (
            "setting",
            f"Records of {look.kind} could not be understood: a newer version may read them (stocktake renormalize)",
        )
    return "setting", f"See why source {look.source} could not read {_all(look.kind)} to the end, and scan it again"


def _all(kind: str) -> str:
    return "anything" if kind == "*" else kind


def percent(share: Share) -> str:
    """Rounded down: what is not whole is never called 100 %."""
    return "–" if share.ratio is None else f"{int(share.ratio * 100)} %"


def build(data: Mapping[str, Any]) -> Page:
    """Build the report from the plain rows that all reports share and those of `measure`."""
    found = measure(data)
    gaps = model.gaps(data["gaps"])
    return Page(
        name="confidence",
        title="Inventory confidence",
        frame=model.frame(data),
        verdict=model.verdict(
            model.tallies(data["resources_by"]), model.looks(data["coverage"]), gaps, model.runs(data["runs"])[:1]
        ),
        gaps=gaps,
        lead=lead(found),
        sections=tuple(_sections(found)),
        document=document(found),
    )


def lead(found: Confidence) -> str:
    total = found.total
    if total.ratio is None:
        return "Nothing is known, and nothing has been looked for."
    return (
        f"Of all that an assessment has to know of this estate, {percent(total)} is known and fresh, by weight; of what it cannot do "
        f"without, {total.required_known:,} of {some(total.required, 'fact')}. {_unseen_words(total)}"
        "Whether what is known looks good or bad is no part of this."
    )  # fmt: skip


def _unseen_words(total: Share) -> str:
    if not total.unseen:
        return ""
    return f"{some(total.unseen, 'thing')} that nobody could look at {'counts' if total.unseen == 1 else 'count'} as unknown; there may be more. "


def _sections(found: Confidence) -> Iterator[Section]:
    yield Section("dimensions", "By dimension", tuple(_dimensions(found)))
    yield Section("raise", "What would raise it", (steps_table(found.steps), *_stuck(found)))
    yield Section("workloads", "By workload", (_workloads(found),))
    yield Section("missing", "What is not known", (_lacks(found),))
    yield Section("unseen", "What nobody could look at", (_unseen(found),))


def _dimensions(found: Confidence) -> Iterator[Block]:
    total = found.total
    yield Figures(
        (
            (percent(total), "of what has to be known is known and fresh, by weight", "plain"),
            (f"{total.required_known:,} of {total.required:,}", "facts that an assessment cannot do without", "plain"),
            (f"{total.unseen:,}", "things that nobody could look at", "plain"),
        )
    )
    rows = [(name, share) for name, share in found.dimensions.items() if share.wanted]
    yield Bars(
        "Facts by dimension, by weight",
        tuple((name, (("known", s.known), ("absent", s.wanted - s.known))) for name, s in rows),
        {"known": "known", "absent": "not known"},
    )
    yield dimensions_table(found)


def dimensions_table(found: Confidence) -> Table:
    columns = (Column("dimension"), Column("known and fresh", "num"), Column("cannot do without", "num"), Column("too old", "num"), Column("not looked at", "num"), Column("things", "num"))  # fmt: skip
    rows = (
        (name, percent(s), f"{s.required_known:,} of {s.required:,}" if s.required else "–", s.old, s.unseen, s.things)
        for name, s in found.dimensions.items()
    )
    return Table("How much of what has to be known is known", columns, tuple(rows))


def steps_table(steps: Sequence[Step]) -> Table:
    columns = (Column("what"), Column("effort"), Column("facts, at least", "num"))
    return Table(
        _cut("What would raise it most, the best first", steps),
        columns,
        tuple((step.text, Chip("plain", step.effort), step.facts) for step in steps[:SHOWN]),
        "Nothing is missing that anybody could add.",
    )


def _stuck(found: Confidence) -> Iterator[Block]:
    if found.stuck:
        yield Prose(
            f"{some(found.stuck, 'fact')} besides: nothing that is read here says them, and owners hardly know.",
            quiet=True,
        )


def _workloads(found: Confidence) -> Table:
    columns = (Column("workload"), Column("type"), Column("where"), Column("known and fresh", "num"), Column("cannot do without", "num"), Column("lacks"), Column("not looked at", "num"))  # fmt: skip
    rows = (
        (row["name"], row["type"], row["account"], percent(s), f"{s.required_known:,} of {s.required:,}", ", ".join(row.get("lacks") or ()), s.unseen)
        for row, s in found.workloads[:SHOWN]
    )  # fmt: skip
    return Table(
        _cut("Workloads, the least known first", found.workloads), columns, tuple(rows), "No workload is known."
    )


def _lacks(found: Confidence) -> Table:
    columns = (Column("of"), Column("fact"), Column("not known", "num"), Column("too old", "num"), Column("of all", "num"), Column("needed"), Column("who could say"))  # fmt: skip
    rows = (
        (x.category.replace("_", " "), x.need.name, x.lacking, x.old, x.things, "required" if x.need.required else "useful", ", ".join(x.need.suppliers))
        for x in found.lacks[:SHOWN]
    )  # fmt: skip
    return Table(
        _cut("Facts that are not known, or too old", found.lacks), columns, tuple(rows), "Everything is known."
    )


def _unseen(found: Confidence) -> Table:
    columns = (Column("what"), Column("where"), Column("why"), Column("facts, at least", "num"))
    return Table(
        _cut("Looks that were not read to the end, and scopes that no source covers", found.unseen),
        columns,
        tuple((u.what, u.where, u.why, u.facts) for u in found.unseen[:SHOWN]),
        "Everything that is known to exist was read to its end.",
    )


def _cut(caption: str, rows: Sequence[Any]) -> str:
    return caption if len(rows) <= SHOWN else f"{caption}: the first {SHOWN} of {len(rows):,}; the JSON form holds all"


def document(found: Confidence) -> dict[str, Any]:
    """The JSON form: shares are 0–1, an absent one means that nothing has to be known."""
    return {
        "confidence": _share(found.total),
        "dimensions": [{"dimension": name, **_share(share)} for name, share in found.dimensions.items()],
        "workloads": [{**{k: row[k] for k in ("id", "type", "name", "account", "place")}, "lacks": list(row.get("lacks") or ()), **_share(share)} for row, share in found.workloads],
        "steps": [{"effort": s.effort, "what": s.text, "facts": s.facts, "weight": s.weight} for s in found.steps],
        "not_known": [
            {"category": x.category, "fact": x.need.name, "attributes": list(x.need.attributes), "required": x.need.required, "weight": x.need.weight,
             "suppliers": list(x.need.suppliers), "things": x.things, "lacking": x.lacking, "old": x.old}
            for x in found.lacks
        ],
        "not_seen": [{"what": u.what, "where": u.where, "why": u.why, "facts": u.facts} for u in found.unseen],
        "no_step_known": found.stuck,
    }  # fmt: skip


def _share(share: Share) -> dict[str, Any]:
    return {
        **({} if share.ratio is None else {"share": round(share.ratio, 4)}),
        "weight_wanted": share.wanted,
        "weight_known": share.known,
        "required": share.required,
        "required_known": share.required_known,
        "old": share.old,
        "things": share.things,
        "unseen": share.unseen,
    }
