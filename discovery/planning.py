"""Brings inventory, rules and knowledge together for verdicts. The only place that knows all three."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from discovery.config import Config, Plan
from discovery.knowledge import known, own_files
from discovery.wiring import static_kinds
from normalize.errors import ConfigError, PlanError
from normalize.evidence import PROFILES, REQUIRED, Need
from normalize.model import Category, Field, GapCode
from normalize.vocabulary import TERMS
from planning import estate as estates
from planning import facts, knowledge, readiness, rules

if TYPE_CHECKING:
    from planning.data import Wishes
    from planning.estate import Estate
    from planning.knowledge import Knowledge
    from planning.readiness import Assessment, WorkloadAssessment
    from reports.pages import Page
    from store.reader import Reader

NO_CONFIG = Config()
"""Nothing of the user's own."""
_MEASURED = frozenset({"int", "float", "instant"})
"""Types of facts of which an absent one was not measured, rather than not set."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """An estate with the verdicts over it."""

    estate: Estate
    target: str
    today: date
    knowledge: Knowledge
    assessments: Mapping[str, Assessment]
    workloads: Sequence[WorkloadAssessment]
    rules: Sequence[rules.Rule]


def declared() -> dict[str, tuple[str, ...]]:
    """Kind -> attributes of which a record that was read whole says whether they are set: no quantities, and nothing that
    comes from further calls."""
    return {
        name: tuple(
            f
            for f, field in kind.fields.items()
            if TERMS[f].type not in _MEASURED and not _of_another_call(str(_path(field)))
        )
        for name, kind in static_kinds().items()
    }


def _of_another_call(path: str) -> bool:
    """Keys that begin with "$" are Stocktake's own; "$facts" are computed of the object itself, the others come from further
    calls."""
    return path.startswith("$") and not path.startswith("$facts.")


def _path(field: Any) -> Any:
    path = field.path if isinstance(field, Field) else field
    return path[0] if isinstance(path, tuple) and path else path


def judge(reader: Reader, target: str, config: Config = NO_CONFIG) -> Judgement:
    """Verdicts over the inventory as it is.

    Args:
        config: says where the user's own rules and knowledge are; what has the same id replaces what is shipped.

    Raises:
        ConfigError: one of the user's files is not well-formed.
        PlanError: a rule or an entry that ships is not.
    """
    kinds = static_kinds()
    estate = estates.build(
        reader.planning_data()
        | {"declared": declared(), "categories": {name: kind.category.value for name, kind in kinds.items()}}
    )
    today = datetime.now(UTC).date()
    base = known(config)
    asked = knowledge.Asked(base, today)
    facts.derive(estate, asked)
    book = rulebook(config)
    judge_ = readiness.Judge(book, target, asked, _required(), today, profiles=PROFILES, estate=estate)
    assessed = {id_: judge_.assess(c) for id_, c in estate.components.items()}
    return Judgement(estate, target, today, base, assessed, readiness.roll_up(estate, assessed), book)


def rulebook(config: Config) -> tuple[rules.Rule, ...]:
    """The rules that ship, with the user's own over them.

    Raises:
        ConfigError: the folder is not there, or a rule in it is not well-formed.
        PlanError: a rule that ships is not.
    """
    if not (own := own_files(config, "rules")):
        return rules.load(rules.shipped())
    try:
        return rules.load([*rules.shipped(), *own])
    except PlanError as error:
        raise ConfigError(str(error)) from None


def _required() -> dict[Category, Sequence[Need]]:
    """What a component itself has to say; what a workload must have is asked of the workload."""
    return {
        category: [need for need in needs if need.told_as is GapCode.EVIDENCE_MISSING]
        for category, needs in REQUIRED.items()
    }


def plan_report(reader: Reader, name: str, target: str, data: Mapping[str, Any], config: Config) -> Page:
    """One of the reports about a move.

    Args:
        data: the plain rows that all reports share.
        config: says where the user's own rules and knowledge are, and what is known of the move.

    Raises:
        ConfigError: one of the user's files is not well-formed.
        PlanError: a rule or an entry of the knowledge base is not well-formed.
    """
    import reports.accelerators
    import reports.cost
    import reports.data
    import reports.disposition
    import reports.readiness
    from planning import accelerators, cost
    from planning import data as holdings

    found = judge(reader, target, config)
    moving = [id_ for id_, a in found.assessments.items() if a.standing is not readiness.Standing.AT_TARGET]
    over = (found.estate, found.knowledge, target, found.today)

    def machines() -> list[accelerators.Plan]:
        return accelerators.plan(*over, moving)

    wishes = _wishes(config.plan)
    builders = {
        "accelerators": lambda: reports.accelerators.build(data, machines()),
        "data": lambda: reports.data.build(data, holdings.plan(*over, moving, wishes), wishes),
        "cost": lambda: reports.cost.build(
            data, cost.costs(*over, moving, machines(), holdings.plan(*over, moving, wishes))
        ),
        "compliance": lambda: _compliance(data, found, moving),
        "readiness": lambda: reports.readiness.build(
            data, found.assessments, found.workloads, found.rules, found.estate.unmodelled
        ),
        "disposition": lambda: _disposition(data, found, reader, machines(), moving),
    }
    return builders[name]()


MANIFESTS = frozenset(
    f"k8s.{name}"
    for name in (
        "deployment", "stateful_set", "daemon_set", "job", "cron_job", "service", "service_account", "persistent_volume_claim", "ingress",
    )
)  # fmt: skip
"""Kinds whose manifests are written for a target."""


def _disposition(
    data: Mapping[str, Any], found: Judgement, reader: Reader, machines: Sequence[Any], moving: Sequence[str]
) -> Page:
    import reports.disposition
    from planning.disposition import dispose
    from planning.manifests import for_target
    from planning.starters import starter

    whole = [
        id_
        for id_ in moving
        if found.estate.components[id_].kind in MANIFESTS
        and found.assessments[id_].standing is readiness.Standing.JUDGED
    ]
    edits = {id_: for_target(payload, found.target, found.knowledge) for id_, payload in reader.payloads(whole)}
    planned = {p.component.id: p for p in machines}
    made = {id_: starter(found.estate.components[id_], found.target, planned.get(id_)) for id_ in moving}
    return reports.disposition.build(
        data,
        found.assessments,
        {id_: dispose(a, found.target) for id_, a in found.assessments.items()},
        edits,
        {id_: s for id_, s in made.items() if s},
    )


def _wishes(said: Plan) -> Wishes:
    from planning.data import LINKS_GBPS, Wishes

    links = LINKS_GBPS if said.link_gbps is None else (said.link_gbps,)
    return Wishes(links, said.link_share, said.freeze_hours * 3600, said.link_gbps is not None)


def _compliance(data: Mapping[str, Any], found: Judgement, moving: Sequence[str]) -> Page:
    import reports.compliance
    from planning import compliance

    labels = compliance.carried(found.estate)
    standings = compliance.standings(found.estate, found.knowledge, found.target, moving, labels)
    return reports.compliance.build(data, standings, compliance.reviews(found.estate, standings, found.target))
