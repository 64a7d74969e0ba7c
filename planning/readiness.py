"""Whether components and workloads can move as they are: verdicts by stage, with the reasons and with what is missing.

Two axes that never mix: readiness (what the known facts say) and coverage (how much of what must be known is known and
fresh). Missing facts give "unknown", which stands over "conditional" and "ready" in every roll-up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from normalize.evidence import Need, Thing
from normalize.model import Category, Severity
from planning.estate import Component, Estate, Origin, Workload
from planning.expressions import ConditionError, Ground
from planning.facts import Known, Lookup
from planning.rules import NO_EFFORT, Consequence, Effort, Readiness, Rule, Stage

ORDER = tuple(Readiness)
"""Worst first."""
UNVERIFIED, EXPIRED = "unverified", "expired"


class Result(StrEnum):
    """What became of a rule on a component."""

    FIRED = "fired"
    PASSED = "passed"
    UNKNOWN = "unknown"
    ERROR = "error"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A fact that a finding rests on."""

    fact: str
    value: Any
    origin: Origin


@dataclass(frozen=True, slots=True)
class Finding:
    """What one consequence of a rule comes to on a component: it fired (a reason), cannot be told (what is missing), or the
    rule met a value that it did not expect."""

    rule: Rule
    consequence: Consequence
    result: Result
    readiness: Readiness
    evidence: tuple[Evidence, ...] = ()
    knowledge: tuple[Known, ...] = ()
    missing: tuple[str, ...] = ()
    note: str = ""
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of the facts that a judgement of such a thing needs, by weight, how many are known and fresh."""

    known: float
    expected: float
    missing: tuple[str, ...]
    stale: tuple[str, ...]

    @property
    def share(self) -> float | None:
        """0–1; None where nothing says what must be known."""
        return self.known / self.expected if self.expected else None


NOTHING_EXPECTED = Coverage(0, 0, (), ())


class Standing(StrEnum):
    """Why a component has a verdict of its own, or none."""

    JUDGED = "judged"
    AT_TARGET = "at_target"  # it is where the others go
    PART = "part"  # it is made by another thing and follows that
    UNJUDGED = "unjudged"  # no rule knows such a thing: unknown, never ready


@dataclass(slots=True)
class Assessment:
    """What is known about moving one component. A stage that was not come to is absent from `stages`."""

    component: Component
    standing: Standing
    readiness: Readiness
    stages: dict[Stage, Readiness] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    passed: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    coverage: Coverage = NOTHING_EXPECTED
    missing: tuple[str, ...] = ()

    @property
    def reasons(self) -> list[Finding]:
        """What fired, worst first."""
        rank = {s: i for i, s in enumerate(Severity)}
        fired = [f for f in self.findings if f.result is Result.FIRED]
        return sorted(
            fired,
            key=lambda f: (ORDER.index(f.readiness), rank[f.consequence.severity], f.rule.id, f.consequence.code),
        )

    @property
    def effort(self) -> Effort:
        """Work that the reasons ask for: the same code asks once."""
        by_code = {f.consequence.code: f.consequence.effort for f in reversed(self.reasons)}
        return sum(by_code.values(), NO_EFFORT)


@dataclass(frozen=True, slots=True)
class WorkloadAssessment:
    """A workload's verdict: the worst of its members', and unknown where something is missing that it must have, or where it
    leans on something that nobody saw."""

    workload: Workload
    readiness: Readiness
    counts: Mapping[Readiness, int]
    deciding: tuple[str, ...]
    lacks: tuple[str, ...]
    unseen: tuple[str, ...]
    coverage: Coverage
    effort: Effort


PARTS = frozenset(
    {
        Category.POD,
        Category.CONTAINER,
        Category.PROCESS,
        Category.NETWORK_INTERFACE,
        Category.ADDRESS,
        Category.SETTINGS,
        Category.ACCELERATOR,
        Category.NAMESPACE,
        Category.RUN,
        Category.PIPELINE_RUN,
        Category.SNAPSHOT,
        Category.BACKUP,
    }
)
"""Categories of what another thing makes or holds: they follow it. Where a rule has something against one, it is judged itself."""


@dataclass(slots=True)
class Judge:
    """Judges components against a target.

    Attributes:
        required: category -> facts without which no such component can be called ready.
        as_of: the day by which rules expire and facts grow old.
        profiles: category -> all facts that coverage counts, the required ones among them.
        estate: what components stand in; needs that a neighbour answers are known through it.
    """

    rules: Sequence[Rule]
    target: str
    lookup: Lookup
    required: Mapping[Category, Sequence[Need]]
    as_of: date
    profiles: Mapping[Category, Sequence[Need]] = field(default_factory=dict)
    estate: Estate | None = None
    _by_kind: dict[tuple[str, Category], tuple[Rule, ...]] = field(default_factory=dict)
    _known: dict[str, Known | None] = field(default_factory=dict)

    def assess(self, component: Component) -> Assessment:
        standing = self._standing(component)
        if standing is Standing.AT_TARGET:
            return Assessment(component, standing, Readiness.READY)
        if standing is Standing.PART and component.facts.get("owner_kind"):
            return Assessment(component, standing, Readiness.UNKNOWN)
        rules = self._rules(component)
        findings, passed = self._apply(rules, component)
        if standing is Standing.PART:
            if not findings:
                return Assessment(component, standing, Readiness.UNKNOWN)
            standing = Standing.JUDGED
        thing = self._thing(component)
        missing = self._lacking(component, thing)
        if standing is Standing.UNJUDGED:
            return Assessment(component, standing, Readiness.UNKNOWN, missing=missing)
        stages = _stages(findings, missing)
        results = Counter(f.result.value for f in _per_rule(findings))
        results["passed"], results["not_applicable"] = len(passed), len(self.rules) - len(rules)
        return Assessment(
            component,
            standing,
            worst(stages.values()),
            stages,
            findings,
            passed,
            {r.value: results[r.value] for r in Result},
            coverage=self._covered(component, thing),
            missing=missing,
        )

    def _standing(self, c: Component) -> Standing:
        if self.target in (c.provider, c.facts.get("platform_provider")):
            return Standing.AT_TARGET
        if c.category in PARTS or (c.facts.get("owner_kind") and c.category in (Category.WORKLOAD, Category.POD)):
            return Standing.PART
        if not self._rules(c):
            return Standing.UNJUDGED
        return Standing.JUDGED

    def _rules(self, c: Component) -> tuple[Rule, ...]:
        key = (c.kind, c.category)
        if key not in self._by_kind:
            self._by_kind[key] = tuple(r for r in self.rules if r.applies(c.kind, c.category, self.target))
        return self._by_kind[key]

    def _apply(self, rules: Iterable[Rule], c: Component) -> tuple[list[Finding], tuple[str, ...]]:
        findings: list[Finding] = []
        passed: list[str] = []
        ground = Ground(c.facts)
        for rule in rules:
            found = list(self._judge(rule, c, ground))
            if found:
                findings += found
            else:
                passed.append(rule.id)
        return findings, tuple(passed)

    def _judge(self, rule: Rule, c: Component, ground: Ground) -> Iterable[Finding]:
        told = {name: self._ask(where, c) for name, where in rule.knowledge.items()}
        if rule.knowledge:
            own = {name: c.facts[name] for name in rule.needs if name in c.facts}
            sure = {name: known.value for name, known in told.items() if known and known.status != UNVERIFIED}
            ground = Ground(own | sure)
        for consequence in rule.consequences:
            if found := self._follow(rule, consequence, told, c, ground):
                yield found

    def _follow(
        self, rule: Rule, consequence: Consequence, told: Mapping[str, Known | None], c: Component, ground: Ground
    ) -> Finding | None:
        needs = consequence.when.needs
        result, verdict, note = Result.FIRED, consequence.readiness, ""
        missing: tuple[str, ...] = ()
        try:
            holds = None if rule.confidence == UNVERIFIED else consequence.when.holds(ground)
        except ConditionError as error:
            holds, result, verdict, note = True, Result.ERROR, Readiness.UNKNOWN, str(error)
        if holds is False:
            return None
        unsure = [
            self._where(rule.knowledge[n], c)
            for n in sorted(needs & set(told))
            if not (k := told[n]) or k.status == UNVERIFIED
        ]
        if holds is None:
            result, verdict = Result.UNKNOWN, Readiness.UNKNOWN
            missing = tuple(sorted(n for n in needs if n not in c.facts and n not in told))
        if holds is None and (unsure or rule.confidence == UNVERIFIED):
            note = f"what it rests on could not be verified: {', '.join(unsure) or rule.source}"
        known = tuple(k for n in sorted(needs & set(told)) if (k := told[n]))
        return Finding(
            rule,
            consequence,
            result,
            verdict,
            tuple(Evidence(n, c.facts[n], c.origin(n)) for n in sorted(needs) if n in c.facts),
            known,
            missing,
            note,
            expired=rule.expires_at <= self.as_of or any(k.status == EXPIRED for k in known),
        )

    def _ask(self, where: str, c: Component) -> Known | None:
        reference = self._where(where, c)
        if reference not in self._known:
            self._known[reference] = self.lookup(reference)
        return self._known[reference]

    def _where(self, reference: str, c: Component) -> str:
        return reference.replace("{target}", self.target).replace("{source}", c.provider)

    def _thing(self, c: Component) -> Thing:
        """The component as profiles see it: with what it points at and what its workloads have."""
        if self.estate is None:
            return Thing(c.kind, c.category, c.facts)
        near = [other.category.value for other in self.estate.to(c.id)]
        flows = [w for id_ in c.workloads if (w := self.estate.workloads.get(id_)) and (c.id, "root") in w.members]
        parts: dict[str, list[Mapping[str, Any]]] = {}
        for id_, role in (m for w in flows for m in w.members):
            if other := self.estate.components.get(id_):
                parts.setdefault(role, []).append(other.facts)
        return Thing(c.kind, c.category, c.facts, near, tuple(parts), parts)

    def _lacking(self, c: Component, thing: Thing) -> tuple[str, ...]:
        wanted = self.required.get(c.category, ())
        return tuple(n.attributes[0] for n in wanted if n.applies(c.kind, c.facts) and not n.known(thing))

    def _covered(self, c: Component, thing: Thing) -> Coverage:
        asked = [n for n in self.profiles.get(c.category, ()) if n.applies(c.kind, c.facts)]
        age = (self.as_of - date.fromisoformat(c.seen_at[:10])).days if c.seen_at else 0
        known = [n for n in asked if n.known(thing)]
        fresh = [n for n in known if age <= n.max_age]
        return Coverage(
            float(sum(n.weight for n in fresh)),
            float(sum(n.weight for n in asked)),
            tuple(n.name for n in asked if n not in known),
            tuple(n.name for n in known if n not in fresh),
        )


def _stages(findings: Iterable[Finding], missing: Sequence[str]) -> dict[Stage, Readiness]:
    """The verdict of each stage that was come to: what is not ready at one is not judged at the next."""
    found = list(findings)
    stages: dict[Stage, Readiness] = {}
    for stage in Stage:
        of = [f.readiness for f in found if f.rule.stage is stage]
        if stage is Stage.COMPATIBILITY and missing:
            of.append(Readiness.UNKNOWN)
        stages[stage] = worst(of)
        if stages[stage] is Readiness.NOT_READY:
            break
    return stages


def worst(verdicts: Iterable[Readiness]) -> Readiness:
    """Not ready over unknown over conditional over ready."""
    return min(verdicts, key=ORDER.index, default=Readiness.READY)


def _per_rule(findings: Iterable[Finding]) -> Iterable[Finding]:
    """One finding a rule: what fired before what is unknown, before errors."""
    rank = {r: i for i, r in enumerate(Result)}
    best: dict[str, Finding] = {}
    for f in findings:
        if f.rule.id not in best or rank[f.result] < rank[best[f.rule.id].result]:
            best[f.rule.id] = f
    return best.values()


def roll_up(estate: Estate, assessed: Mapping[str, Assessment]) -> list[WorkloadAssessment]:
    """Verdicts of workloads, worst first, then by name; without those that are at the target already."""
    found = [_workload(w, assessed, estate.unseen) for w in estate.workloads.values() if not _there(w, assessed)]
    return sorted(found, key=lambda w: (ORDER.index(w.readiness), w.workload.name, w.workload.id))


def _there(workload: Workload, assessed: Mapping[str, Assessment]) -> bool:
    roots = [a.standing for id_, role in workload.members if role == "root" and (a := assessed.get(id_))]
    return bool(roots) and all(s is Standing.AT_TARGET for s in roots)


def _workload(
    workload: Workload, assessed: Mapping[str, Assessment], nowhere: Mapping[str, Sequence[str]]
) -> WorkloadAssessment:
    judged = [
        a for id_, _ in workload.members if (a := assessed.get(id_)) and a.standing not in (Standing.PART, Standing.AT_TARGET)
    ]  # fmt: skip
    counts = Counter(a.readiness for a in judged)
    verdicts = [a.readiness for a in judged]
    unseen = tuple(sorted({name for id_, _ in workload.members for name in nowhere.get(id_, ())}))
    if workload.lacks or unseen or not judged:
        verdicts.append(Readiness.UNKNOWN)
    readiness = worst(verdicts)
    return WorkloadAssessment(
        workload,
        readiness,
        {r: counts[r] for r in Readiness},
        tuple(a.component.id for a in judged if a.readiness is readiness),
        workload.lacks,
        unseen,
        Coverage(
            sum(a.coverage.known for a in judged),
            sum(a.coverage.expected for a in judged),
            tuple(sorted({m for a in judged for m in a.coverage.missing})),
            tuple(sorted({m for a in judged for m in a.coverage.stale})),
        ),
        sum((a.effort for a in judged), NO_EFFORT),
    )
