"""Gaps between what is declared and what is there. Pure: facts in, Gap out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from normalize.gap import EVIDENCE_LIMIT, Look, gap_id, known_of, loss_of, milder, toml, where
from normalize.model import Evidence, Gap, GapCode, Scope, Severity


def declarer(name: str) -> str:
    """What a person calls what declares: of the Secret "sh.helm.release.v1.mlflow.v7", the release."""
    return re.sub(r"^sh\.helm\.release\.v1\.(.+)\.v\d+$", r"\1", name)


@dataclass(frozen=True, slots=True)
class Beside:
    """A declaration of a thing of the same kind, in the same account.

    Attributes:
        by: kind of what declares: "terraform.resource", "aws.cloudformation.stack", "k8s.secret".
        name: of what declares: the address of a resource, the name of a stack or release.
        file: the state's file, where it is one.
        type: "aws_s3_bucket", where that is known.
        count: how many of the kind are declared in the account.
    """

    by: str
    name: str
    file: str
    type: str
    count: int
    evidence: Evidence


def undeclared(kind: str, scope: Scope, things: Sequence[tuple[str, str, str]], count: int, beside: Beside, labelled: bool = False) -> Gap:  # fmt: skip
    """Things of a kind of which others in the account are declared, and which nothing declares.

    Args:
        things: (id, name, what its provider calls it) of the first ones.
        labelled: whether labels say that Terraform made them all.
    """
    severity, _ = loss_of(kind)
    severity = Severity.LOW if labelled else max(milder(severity, 2), Severity.MEDIUM, key=list(Severity).index)
    id_, name, native = things[0]
    one = count == 1
    others = f"{beside.count} of that kind there {'is' if beside.count == 1 else 'are'}"
    if labelled:
        why = f"{'its label says' if one else 'labels say'} that Terraform made {'it' if one else 'them'}, and no state that was imported declares {'it' if one else 'them'}: a state is missing"
    else:
        why = f"no state, stack or release that is known declares {'it' if one else 'them'}, while {others} declared: what is built anew from code at the target lacks {'it' if one else 'them'}"
    return Gap(
        id=gap_id(GapCode.UNDECLARED, id_) if one else gap_id(GapCode.UNDECLARED, kind, scope.provider, scope.account, scope.place),
        code=GapCode.UNDECLARED,
        severity=severity,
        why=why,
        subject_id=id_ if one else "",
        subject=f"{name or id_}, declared nowhere" if one else f"{count} of {kind} in {where(scope)}, declared nowhere",
        missing=known_of(kind=kind, reference=id_ if one else "", provider=scope.provider, account=scope.account, place=scope.place),
        evidence=(*(Evidence(scope.account, "$", i, i) for i, _, _ in things), beside.evidence)[-EVIDENCE_LIMIT:],
        evidence_count=count + 1,
        remedy=_declare(id_, name, native, beside, labelled),
        extra={"declared": beside.count, "undeclared": count},
    )  # fmt: skip


_NO_WORD = re.compile(r"[^A-Za-z0-9_]+")


def _declare(id_: str, name: str, native: str, beside: Beside, labelled: bool) -> str:
    bring = "bring it into what is known, `stocktake import FILE`"
    if labelled:
        return f"Find the state that Terraform keeps of it and {bring}."
    if beside.by == "terraform.resource":
        word = _NO_WORD.sub("_", name or native or "this").strip("_") or "this"
        address = f"{beside.type}.{word if not word[0].isdigit() else f'_{word}'}" if beside.type else "TYPE.NAME"
        said = id_ if id_.startswith("/subscriptions/") else native or name or id_
        return (
            f"If it is wanted, declare it beside {beside.name} ({beside.file}); its provider's page says which id an import takes:\n\n"
            f"import {{\n  to = {address}\n  id = {toml(said)}\n}}\n\nIf another state declares it, {bring}. Else retire it, or accept this gap."
        )
    if beside.by == "aws.cloudformation.stack":
        return (
            f"If it is wanted, import it into a stack, as those beside it are ({beside.name}): `aws cloudformation create-change-set --change-set-type IMPORT`. "
            f"If Terraform declares it, {bring}. Else retire it, or accept this gap."
        )
    return (
        f"If it is wanted, bring it into a chart, as those beside it are ({beside.name}), or keep its manifest where code is kept. If Terraform declares it, {bring}. "
        "Else retire it, or accept this gap."
    )


@dataclass(frozen=True, slots=True)
class Absent:
    """A declared thing that is not there.

    Attributes:
        gone_at: since when, where it was there before.
        looks: the looks that prove it.
    """

    key: str
    value: str
    kind: str
    scope: Scope
    evidence: Evidence
    by: str
    file: str
    gone_at: str
    looks: tuple[Look, ...]


def not_found_ids(absent: Absent) -> tuple[str, str]:
    """Ids of the gap of one, and of that of many of its sort."""
    scope = absent.scope
    return (
        gap_id(GapCode.DECLARED_NOT_FOUND, absent.key),
        gap_id(GapCode.DECLARED_NOT_FOUND, absent.kind, scope.provider, scope.account, scope.place),
    )


def declared_not_found(group: Sequence[Absent]) -> Gap:
    """What is declared and proved not to be there: one thing, or many of one kind in one scope."""
    first, count = group[0], len(group)
    one, many = not_found_ids(first)
    severity, _ = loss_of(first.kind)
    at, it = where(first.scope), "it" if count == 1 else "them"
    since = f", gone since {first.gone_at}" if count == 1 and first.gone_at else ""
    files = sorted({a.file for a in group if a.file})
    again = (
        f"`stocktake scan --source {first.looks[0].source} --kind {first.kind}`" if first.looks else "`stocktake scan`"
    )
    return Gap(
        id=one if count == 1 else many,
        code=GapCode.DECLARED_NOT_FOUND,
        severity=max(milder(severity), Severity.MEDIUM, key=list(Severity).index),
        why=f"{first.kind} was read to its end in {at}, and {'what ' + first.evidence.path + ' declares is' if count == 1 else f'{count} that are declared are'} not there{since}: "
        f"code and estate have drifted apart, and a plan made from the code counts on {it}; the next apply makes {it} anew",
        subject_id=first.evidence.resource_id if count == 1 else "",
        subject=f"{first.value}, declared and not there" if count == 1 else f"{count} of {first.kind} in {at}, declared and not there",
        missing=known_of(kind=first.kind, reference=first.value if count == 1 else "", provider=first.scope.provider, account=first.scope.account, place=first.scope.place),
        evidence=tuple(a.evidence for a in group[:EVIDENCE_LIMIT]),
        evidence_count=count,
        remedy=_settle(first, files, again),
        extra={"gone_at": first.gone_at} if since else {},
    )  # fmt: skip


def _settle(first: Absent, files: Sequence[str], again: str) -> str:
    if first.by == "terraform.resource":
        address = first.evidence.path.replace("'", "'\\''")
        return (
            f"See with `terraform plan -refresh-only` (state {', '.join(files[:3])}) what is gone; apply it, or `terraform state rm '{address}'`, and import the state again. "
            f"If it was made after the last look, look again: {again}."
        )
    if first.by == "aws.cloudformation.stack":
        return f"See what drifted with `aws cloudformation detect-stack-drift --stack-name {first.file}`; take it out of the template, or make it anew. If it was made after the last look: {again}."
    return f"Bring it back with `helm upgrade`, or take it out of the chart of release {first.file}. If it was made after the last look: {again}."
