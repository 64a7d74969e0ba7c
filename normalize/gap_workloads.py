"""Gaps of workloads: what one must have and has not, and whom to ask. Pure: facts in, Gap out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from normalize.gap import EVIDENCE_LIMIT, gap_id, known_of, where
from normalize.model import Evidence, Gap, GapCode, Scope, Severity

GROUPED_ABOVE = 20
"""Workloads of one type in one account without an owner; more make one gap."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload, as far as a gap speaks of it. `first` is the resource that it begins at."""

    id: str
    type: str
    name: str
    scope: Scope
    first: str
    environment: str = ""


_LACKS: Mapping[str, tuple[str, str]] = {
    "model": ("which model it serves is unknown: nothing it names is a model, and no argument, variable or setting says one",
              "Ask its owner which weights it loads and from where; a model that is baked into the image moves with the image, and that should be written down"),
    "data": ("what it reads is unknown: nothing it names holds data",
             "Ask its owner where its input comes from; what it reads over the network or finds in the image is seen by nobody"),
    "image": ("what its steps run is unknown: no image, job, model or data stand in what the inventory holds of it",
              "Ask its owner for its definition, or cover the system that holds it with a source"),
}  # fmt: skip


def incomplete(workload: Workload, lacks: str) -> Gap:
    """A workload has nothing in a dimension that it must have.

    Args:
        lacks: role, or several of which one would do: "data|features".
    """
    role = lacks.split("|", 1)[0]
    why, remedy = _LACKS.get(role, (f"its {role} is unknown", f"Ask its owner for its {role}"))
    return Gap(
        id=gap_id(GapCode.WORKLOAD_INCOMPLETE, workload.id, lacks),
        code=GapCode.WORKLOAD_INCOMPLETE,
        severity=Severity.HIGH if workload.environment in ("production", "") else Severity.MEDIUM,
        why=f"{workload.type} workload {workload.name}: {why}; moved without it, it does not run",
        subject_id=workload.first,
        subject=f"{role} of {workload.type} workload {workload.name} in {where(workload.scope)}",
        missing=known_of(kind=role, provider=workload.scope.provider, account=workload.scope.account, place=workload.scope.place),
        evidence=(Evidence("inventory", "", f"nothing in: {lacks.replace('|', ', ')}", workload.first),),
        evidence_count=1,
        remedy=f"{remedy}. `stocktake show {workload.first}` prints what is known; `stocktake questionnaire` takes the answer.",
        extra={"workload": workload.id, "lacks": lacks},
    )  # fmt: skip


def ownerless(workloads: Sequence[Workload], count: int) -> Gap:
    """Nobody to ask: for one workload, or for many of one type in one account.

    Args:
        workloads: the workloads, or the first ones.
        count: how many there are.
    """
    first = workloads[0]
    one = count == 1
    subject = (first.id,) if one else (first.type, first.scope.provider, first.scope.account)
    called = f"{first.type} workload {first.name} in {where(first.scope)}" if one else f"{count} {first.type} workloads in {first.scope.account}"  # fmt: skip
    evidence = tuple(Evidence("inventory", "$.tags", w.name, w.first) for w in workloads[:EVIDENCE_LIMIT])
    return Gap(
        id=gap_id(GapCode.OWNER_MISSING, *subject),
        code=GapCode.OWNER_MISSING,
        severity=Severity.MEDIUM if any(w.environment in ("production", "") for w in workloads) else Severity.LOW,
        why="no tag, label, annotation, creator or registry entry says who owns it: nobody can be asked what the inventory does not know, or agree to a cutover",
        subject_id=first.first if one else "",
        subject=called,
        missing=known_of(kind="owner", provider=first.scope.provider, account=first.scope.account, place=first.scope.place if one else ""),
        evidence=evidence,
        evidence_count=count,
        remedy="Find out who uses it and tag it at the source (`owner` or `team`), then scan again; or answer for it in `stocktake questionnaire`.",
        extra={"workload": first.id} if one else {},
    )  # fmt: skip


def unserved(models: Sequence[Workload], count: int) -> Gap:
    """Models of one registry that nothing serves, as far as what serves was looked at.

    Args:
        models: the models, or the first ones.
        count: how many there are.
    """
    first = models[0]
    one = count == 1
    called = f"model {first.name}" if one else f"{count} models"
    return Gap(
        id=gap_id(GapCode.WORKLOAD_INCOMPLETE, "serving", *((first.first,) if one else (first.scope.provider, first.scope.account))),
        code=GapCode.WORKLOAD_INCOMPLETE,
        severity=Severity.LOW,
        why=f"no endpoint, job or program of the inventory names {called}: retired, fetched by a client that nobody looked at, or copied to where it is served",
        subject_id=first.first if one else "",
        subject=f"what serves {called} of {where(first.scope)}",
        missing=known_of(kind="serving", provider=first.scope.provider, account=first.scope.account),
        evidence=tuple(Evidence("inventory", "", f"nothing points at {m.name}", m.first) for m in models[:EVIDENCE_LIMIT]),
        evidence_count=count,
        remedy="Ask the owner whether it is still used: what is not may stay behind; what is, is served by something that no source covers.",
        extra={"lacks": "serving"},
    )  # fmt: skip
