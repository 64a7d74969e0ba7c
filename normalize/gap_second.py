"""Gaps that show when two listings of one scope disagree. Pure: facts in, Gap out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from normalize.gap import EVIDENCE_LIMIT, RANK, gap_id, known_of, loss_of, speaks_of_ai, where
from normalize.model import Evidence, Gap, GapCode, Scope, Severity

LAG_HOURS = 48
"""A second listing may be this far behind: what came or went since is no disagreement. Resource Explorer takes up to 36 hours for what
it does in the background; for the others the figure is our own. Source: AWS Resource Explorer User Guide, "Demoting the aggregator
index to a local index", read 2026-11-24."""

SECOND_LISTINGS: Mapping[str, str] = {
    "aws.resourcegroupstaggingapi.listed_type": "the tagging API",
    "aws.resourceexplorer2.listed_type": "Resource Explorer",
    "aws.config.listed_type": "AWS Config",
}


def unlisted(listing: str, kind: str, scope: Scope, names: Sequence[Evidence], count: int) -> Gap:
    """Things that a second listing shows and the inventory does not hold, though their kind was read to its end."""
    other = SECOND_LISTINGS[listing]
    severity, loss = loss_of(kind)
    things = f"{count} of {kind}" if count > 1 else f"1 {kind}"
    return Gap(
        id=gap_id(GapCode.SECOND_SOURCE_MISMATCH, listing, kind, scope.provider, scope.account, scope.place),
        code=GapCode.SECOND_SOURCE_MISMATCH,
        severity=max(severity, Severity.HIGH, key=RANK.index),
        why=f"{other} shows {things} in {where(scope)} that the inventory does not hold, although it was read to its end there; {loss}",
        subject_id="",
        subject=f"{things} in {where(scope)}, shown by {other}",
        missing=known_of(kind=kind, reference=names[0].value if names and count == 1 else "", provider=scope.provider, account=scope.account, place=scope.place),
        evidence=tuple(names[:EVIDENCE_LIMIT]),
        evidence_count=count,
        remedy=f"Look one up by hand. If it is there, the scan did not see it: its permission may be bound to tags or names; `stocktake check` says what is hidden. "
        f"If it is gone, {other} is behind, for up to {LAG_HOURS} hours: scan again then.",
    )  # fmt: skip


def uncounted(kind: str, scope: Scope, theirs: int, ours: int, evidence: Sequence[Evidence], listing: str = "aws.config.listed_type") -> Gap:  # fmt: skip
    """Another listing counts more of a kind than the inventory holds."""
    other = SECOND_LISTINGS.get(listing, listing)
    severity, loss = loss_of(kind)
    return Gap(
        id=gap_id(GapCode.SECOND_SOURCE_MISMATCH, listing, kind, scope.provider, scope.account, scope.place),
        code=GapCode.SECOND_SOURCE_MISMATCH,
        severity=max(severity, Severity.HIGH, key=RANK.index),
        why=f"{other} counts {theirs} of {kind} in {where(scope)}, the inventory holds {ours}; {loss}",
        subject_id="",
        subject=f"{theirs - ours} of {kind} in {where(scope)}, counted by {other}",
        missing=known_of(kind=kind, provider=scope.provider, account=scope.account, place=scope.place),
        evidence=tuple(evidence[:EVIDENCE_LIMIT]),
        evidence_count=len(evidence),
        remedy="List the kind by hand with an administrator's rights and compare; `stocktake check` says what is hidden from the scan.",
    )  # fmt: skip


def unknown_type(listing: str, type_: str, scope: Scope, names: Sequence[Evidence], count: int) -> Gap:
    """A type that a second listing shows and that no scan ever listed."""
    other = SECOND_LISTINGS[listing]
    ai = speaks_of_ai(type_)
    return Gap(
        id=gap_id(GapCode.SECOND_SOURCE_MISMATCH, "type", type_, scope.provider, scope.account),
        code=GapCode.SECOND_SOURCE_MISMATCH,
        severity=Severity.MEDIUM if ai else Severity.LOW,
        why=f"{other} shows {count} of {type_} in {where(scope)}, and no scan listed that type: "
        + ("its name speaks of machine learning, so it may be a workload or hold one" if ai else "whether it has to move is not judged"),
        subject_id="",
        subject=f"{count} of {type_} in {where(scope)}, shown by {other}",
        missing=known_of(kind=type_, provider=scope.provider, account=scope.account, place=scope.place),
        evidence=tuple(names[:EVIDENCE_LIMIT]),
        evidence_count=count,
        remedy="Scan without `--kind`; where that lists it neither, this version has no row for the type: look at one in the console and decide whether it matters.",
    )  # fmt: skip


def unshown(listing: str, kind: str, scope: Scope, names: Sequence[Evidence], count: int) -> Gap:
    """Things of the inventory that a second listing, which shows others of their kind, does not."""
    other = SECOND_LISTINGS[listing]
    return Gap(
        id=gap_id(GapCode.SECOND_SOURCE_MISMATCH, "unshown", listing, kind, scope.provider, scope.account, scope.place),
        code=GapCode.SECOND_SOURCE_MISMATCH,
        severity=Severity.LOW,
        why=f"{other} shows others of {kind} in {where(scope)} but not these {count}: what else rests on {other} does not know them",
        subject_id=names[0].resource_id if count == 1 and names else "",
        subject=f"{count} of {kind} in {where(scope)}, not shown by {other}",
        missing=known_of(kind=kind, provider=scope.provider, account=scope.account, place=scope.place),
        evidence=tuple(names[:EVIDENCE_LIMIT]),
        evidence_count=count,
        remedy=f"Nothing is missing from the inventory. See that lists made from {other} (clean-up, cost, compliance) are not taken for the whole; else accept this gap.",
    )  # fmt: skip


def unjoined_instances(cluster: str, name: str, scope: Scope, machines: Sequence[Evidence], count: int, running: bool = True) -> Gap:  # fmt: skip
    """Instances that say they are nodes of a cluster whose list of nodes does not have them.

    Args:
        running: whether they are known to run; else they are only not known to be stopped.
    """
    what = "running " if running else ""
    doubt = "" if running else " (whether they run is not told)"
    return Gap(
        id=gap_id(GapCode.SECOND_SOURCE_MISMATCH, "nodes", cluster),
        code=GapCode.SECOND_SOURCE_MISMATCH,
        severity=Severity.MEDIUM if running else Severity.LOW,
        why=f"{count} {what}{'instance carries' if count == 1 else 'instances carry'} the name of cluster {name}{doubt}, and the cluster lists no such {'node' if count == 1 else 'nodes'}: "
        "they cost money and may hold what nobody schedules, or the nodes were not all seen",
        subject_id=cluster,
        subject=f"{count} {'instance' if count == 1 else 'instances'} of cluster {name} in {where(scope)} without a node",
        missing=known_of(kind="k8s.node", provider="kubernetes"),
        evidence=tuple(machines[:EVIDENCE_LIMIT]),
        evidence_count=count,
        remedy="See in the instances' console output why they did not join the cluster, or which cluster they belong to now.",
    )  # fmt: skip


def version_without_artifacts(server: str, versions: Sequence[tuple[str, Evidence]], count: int) -> Gap:
    """Versions of models that a registry calls ready, and under whose source the server's own artifacts hold no file.

    Args:
        server: id of the server, as its things are looked at under.
        versions: (name, evidence) of the first ones.
        count: how many there are.
    """
    one = count == 1
    name, evidence = versions[0]
    return Gap(
        id=gap_id(GapCode.SECOND_SOURCE_MISMATCH, "artifacts", *((evidence.resource_id,) if one else (server, "many"))),
        code=GapCode.SECOND_SOURCE_MISMATCH,
        severity=Severity.HIGH,
        why=f"the registry calls {'it' if one else 'them'} ready, and the artifacts of the same server hold no file where {'it says that it lies' if one else 'they say that they lie'}: there is nothing to carry over or to serve",
        subject_id=evidence.resource_id if one else "",
        subject=f"model version {name}, without a file" if one else f"{count} model versions on {server}, without a file",
        missing=known_of(kind="mlflow.model_version", reference=evidence.value if one else "", provider="mlflow", account=server),
        evidence=tuple(e for _, e in versions[:EVIDENCE_LIMIT]),
        evidence_count=count,
        remedy="Ask its owner whether the files were deleted or never came; log the model again, or archive the version before the registry is moved. Where the files lie elsewhere, mend the version's source.",
    )  # fmt: skip


def miscounted_accelerators(kind: str, other: str, scope: Scope, pairs: Sequence[tuple[Evidence, Evidence]], count: int) -> Gap:  # fmt: skip
    """Two sources count the accelerators of one machine, and do not agree.

    Args:
        pairs: of the first ones, what each side says: its value is the number.
        count: how many machines that is.
    """
    mine, theirs = pairs[0]
    one = count == 1
    return Gap(
        id=gap_id(GapCode.SECOND_SOURCE_MISMATCH, "accelerators", *((mine.resource_id, theirs.resource_id) if one else (kind, other, scope.account))),
        code=GapCode.SECOND_SOURCE_MISMATCH,
        severity=Severity.MEDIUM,
        why=f"{kind} says {mine.value} and {other} says {theirs.value} accelerators of {'one machine' if one else f'the first of {count} machines'}: "
        "the capacity wanted at the target is wrong by what one of them leaves out; a device may have dropped off, or a scheduler be told of fewer",
        subject_id=mine.resource_id if one else "",
        subject=f"accelerators of {mine.resource_id}: {mine.value} or {theirs.value}" if one else f"accelerators of {count} of {kind} in {where(scope)}",
        missing=known_of(kind="accelerator", provider=scope.provider, account=scope.account),
        evidence=tuple(e for pair in pairs for e in pair)[:EVIDENCE_LIMIT],
        evidence_count=2 * count,
        remedy=f"Count the devices on the machine (`nvidia-smi -L`, `rocm-smi`, `lspci`) and mend the side that is wrong: {mine.source} or {theirs.source}; then scan again.",
    )  # fmt: skip


def stale(source: str, scope: Scope, days: int, things: int, oldest: str, kinds: Sequence[Evidence]) -> Gap:
    """What a source has of an account was not confirmed for longer than allowed.

    Args:
        days: the allowed age.
        things: how many resources that is.
        oldest: when the least recently confirmed of them was last seen.
        kinds: one piece of evidence for each kind.
    """
    return Gap(
        id=gap_id(GapCode.STALE, source, scope.provider, scope.account),
        code=GapCode.STALE,
        severity=Severity.MEDIUM,
        why=f"{things} {'resource was' if things == 1 else 'resources were'} not confirmed for more than {days} days: they may be gone, changed, or joined by others",
        subject_id="",
        subject=f"{things} {'resource' if things == 1 else 'resources'} in {where(scope)} ({source}), seen last from {oldest[:10]} on",
        missing=known_of(kind=kinds[0].path.removeprefix("$") if len(kinds) == 1 else "", provider=scope.provider, account=scope.account),
        evidence=tuple(Evidence(e.source, "", e.value) for e in kinds[:EVIDENCE_LIMIT]),
        evidence_count=len(kinds),
        remedy=f"Scan again: `stocktake scan --source {source}`; a `[[schedule]]` keeps it fresh. Where the look is cut short each time, its own gap says why.",
    )  # fmt: skip
