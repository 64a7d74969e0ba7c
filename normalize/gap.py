"""What a gap is called, how bad it is, and what a person does next. Pure: facts in, Gap out.

Owns identity, severity and every text of a gap. Refuses to find gaps: the store does, by its queries.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from normalize.evidence import Need, Supplier
from normalize.model import Dimension, Evidence, Gap, GapCode, Outcome, Scope, Severity
from normalize.registries import AWS_REGISTRIES

EVIDENCE_LIMIT = 25
"""Most pieces of evidence that a gap carries; `evidence_count` counts all."""

RANK = tuple(Severity)


def gap_id(code: GapCode, *subject: str) -> str:
    """Id of a gap: the same for the same code and subject, in every run and database."""
    return "gap-" + hashlib.sha256("\0".join((code.value, *subject)).encode("utf-8", "replace")).hexdigest()[:16]


def milder(severity: Severity, steps: int = 1) -> Severity:
    return RANK[min(len(RANK) - 1, RANK.index(severity) + steps)]


_LOSS: Mapping[Dimension, tuple[Severity, str]] = {
    Dimension.DATA: (Severity.CRITICAL, "data that nobody lists are neither copied nor counted in the transfer"),
    Dimension.INFERENCE: (Severity.CRITICAL, "something that serves traffic may be missing from the plan"),
    Dimension.MODELS: (Severity.HIGH, "models and images that nobody lists are not carried over"),
    Dimension.TRAINING: (Severity.HIGH, "training that nobody lists has no place in the plan"),
    Dimension.COMPUTE: (Severity.HIGH, "machines and their accelerators may be missing from the capacity wanted"),
    Dimension.SECURITY: (Severity.HIGH, "workloads fail at the target without the identities, keys and secrets they use here"),
    Dimension.NETWORK: (Severity.MEDIUM, "connections that workloads rely on may be missing at the target"),
    Dimension.OBSERVABILITY: (Severity.LOW, "logs and alarms can be set up anew; what ran can still be moved"),
}  # fmt: skip

_WORDS: tuple[tuple[Dimension, str], ...] = (
    (Dimension.OBSERVABILITY, r"\.logs?\.|log_group|alarm|metric|monitor|dashboard|cloudtrail|cloudwatch"),
    (Dimension.INFERENCE, r"(?<!vpc_)endpoint(?!_?slice|s$)|inference|serving"),
    (Dimension.NETWORK, r"vpc|subnet|security_group|network|route|gateway|load_balancer|target_group|listener|address|dns|ingress|\.service$|endpoint|connection|interface"),
    (Dimension.SECURITY, r"\.iam\.|role|policy|user$|\.kms\.|key|secret|certificate|service_account|config_map"),
    (Dimension.TRAINING, r"training|pipeline|experiment|mlflow\.run|notebook|tuning|processing_job"),
    (Dimension.MODELS, r"model|\.ecr\.|image_repository|registry"),
    (Dimension.DATA, r"bucket|volume|file_system|snapshot|\.rds\.|database|\.db|dynamodb|table|feature|dataset|persistent|storage|stream|queue|cache|redshift|\.efs\.|\.fsx\.|disk|mount"),
)  # fmt: skip


def dimension_of(kind: str) -> Dimension:
    """The dimension that the words of a kind's name speak of, for kinds that were never seen; compute where none."""
    return next((d for d, words in _WORDS if re.search(words, kind)), Dimension.COMPUTE)


@dataclass(frozen=True, slots=True)
class Look:
    """The latest look at one kind in one scope, as far as a gap speaks of it. `dimension` is None where it is not
    known from resources."""

    source: str
    kind: str
    scope: Scope
    outcome: Outcome
    quarantined: int = 0
    reason: str = ""
    needs: tuple[str, ...] = ()
    dimension: Dimension | None = None

    @property
    def proves(self) -> bool:
        """Whether what is not listed is not there: read to its end, or positively not offered."""
        return self.outcome in (Outcome.COMPLETE, Outcome.UNAVAILABLE) and self.quarantined == 0

    @property
    def _key(self) -> tuple[str, ...]:
        return self.source, self.kind, self.scope.provider, self.scope.account, self.scope.place


_CODES: Mapping[Outcome, GapCode] = {
    Outcome.DENIED: GapCode.COVERAGE_DENIED,
    Outcome.FAILED: GapCode.COVERAGE_FAILED,
    Outcome.PARTIAL: GapCode.COVERAGE_PARTIAL,
    Outcome.SKIPPED: GapCode.COVERAGE_PARTIAL,
    Outcome.COMPLETE: GapCode.COVERAGE_PARTIAL,
}
_ENDED: Mapping[Outcome, str] = {
    Outcome.DENIED: "could not be read: access denied",
    Outcome.FAILED: "could not be read: the call failed",
    Outcome.PARTIAL: "was not read to its end",
    Outcome.SKIPPED: "was not read",
    Outcome.COMPLETE: "was read, but not every record could be used",
}


def where(scope: Scope) -> str:
    parts = dict.fromkeys(p for p in (scope.account, scope.place) if p and p != "?")
    return "/".join(parts) or "every scope"


def _what(kind: str) -> str:
    return "everything" if kind == "*" else kind


def known_of(**known: str) -> dict[str, str]:
    return {k: v for k, v in known.items() if v and v not in ("?", "*")}


def _loss(kind: str, dimension: Dimension | None) -> tuple[Severity, str]:
    if kind == "*":
        return Severity.CRITICAL, "nothing of this source is known"
    if kind.startswith("bill."):
        return Severity.MEDIUM, _UNBILLED
    return _LOSS[dimension or dimension_of(kind)]


def loss_of(kind: str) -> tuple[Severity, str]:
    """What it does to a migration that something of a kind is not known."""
    return _LOSS[dimension_of(kind)]


IMPORTED: Mapping[str, str] = {
    "bill": "Have the bill exported again, whole, and import all files of the month in one go",
    "terraform": "Have the state pulled again (`terraform state pull > FILE`), and import it",
    "host-bundles": "Let `stocktake probe` write the machine's bundle again, and import it",
}
"""Sources that are files -> how to get one that can be read. A scan does not help there."""
_UNBILLED = "spend that nothing explains may be missing from the comparison with the bill"


def _again(look: Look) -> str:
    kind = "" if look.kind == "*" else f" --kind {look.kind}"
    return f"`stocktake scan --source {look.source}{kind}`"


def coverage(look: Look, unfit: Sequence[Evidence] = (), unfit_count: int = 0, into: Sequence[Evidence] = (), into_count: int = 0) -> Gap:  # fmt: skip
    """A scope that could not be read, or not wholly.

    Args:
        unfit: attributes of records that did not fit and were left out.
        into: references that point into what could not be read.
    """
    code = _CODES[look.outcome]
    severity, loss = _loss(look.kind, look.dimension)
    if code is GapCode.COVERAGE_PARTIAL:
        severity = milder(severity, 1 if look.outcome is not Outcome.COMPLETE or look.quarantined else 2)
    why = f"{_what(look.kind)} in {where(look.scope)} {_ENDED[look.outcome]}; {loss}"
    if into_count:
        why += (
            f"; {into_count} {'references point' if into_count > 1 else 'reference points'} into what could not be read"
        )
    said = look.reason or _ENDED[look.outcome]
    evidence = (Evidence(look.source, "", said), *unfit, *into)
    return Gap(
        id=gap_id(code, *look._key),
        code=code,
        severity=severity,
        why=why,
        subject_id="",
        subject=f"{_what(look.kind)} in {where(look.scope)} ({look.source})",
        missing=known_of(kind=look.kind, provider=look.scope.provider, account=look.scope.account, place=look.scope.place),
        evidence=evidence[:EVIDENCE_LIMIT],
        evidence_count=1 + unfit_count + into_count,
        remedy=_coverage_remedy(look, unfit_count),
        extra={"needs": list(look.needs), "references": into_count} if look.needs or into_count else {},
    )  # fmt: skip


def _grant(source: str, provider: str, needs: Sequence[str]) -> str:
    words = ", ".join(f"`{n}`" for n in needs)
    policy = provider if provider in ("aws", "gcp", "azure", "kubernetes", "host", "slurm") else None
    whole = f"; `stocktake permissions {policy}` prints all that a scan needs" if policy else ""
    if not needs:
        return f"Let the identity of source {source} read it{whole}"
    return f"Give the identity of source {source} {words}, or see to it that it holds{whole}"


def _coverage_remedy(look: Look, unfit: int) -> str:
    if look.source in IMPORTED:
        return f"{IMPORTED[look.source]}: `stocktake import PATH`."
    again = f"then {_again(look)}."
    if look.outcome is Outcome.DENIED:
        return f"{_grant(look.source, look.scope.provider, look.needs)}; {again}"
    if look.outcome is Outcome.COMPLETE:
        records = f"{look.quarantined} records" if look.quarantined else f"{unfit or 'some'} attributes"
        return f"{records} did not fit what this version knows of {look.kind}; their payloads are kept. A newer version may read them: `stocktake renormalize`."
    if look.needs:
        return f"{_grant(look.source, look.scope.provider, look.needs)}; {again}"
    if (silent := _SILENT_GROUP.match(look.reason)) and look.kind.endswith(f".{silent['version']}"):
        service = f"{silent['version']}.{silent['group']}"
        return f"The API server passes this group on to another server, which does not answer: `kubectl describe apiservice {service}` says why. Mend it, or delete that APIService if nobody uses it; {again}"
    return f"See whether the address of source {look.source} can be reached from here and answers in time; {again}"


_SILENT_GROUP = re.compile(r"GET /apis/(?P<group>[a-z0-9.-]+)/(?P<version>v[a-z0-9]+): ")
"""The reason of a look at an API group version that did not say what it serves."""


def detail(look: Look, call: str, denied: bool, needs: tuple[str, ...], evidence: Sequence[Evidence], count: int) -> Gap:  # fmt: skip
    """A detail call that failed: the records are there, what the call tells of them is not."""
    code = GapCode.COVERAGE_DENIED if denied else GapCode.COVERAGE_FAILED
    severity, _ = _loss(look.kind, look.dimension)
    records = "1 record lacks" if count == 1 else f"{count} records lack"
    word = "was denied" if denied else "failed"
    remedy = _grant(look.source, look.scope.provider, needs) if denied or needs else "Try again later; the call was retried without success"  # fmt: skip
    return Gap(
        id=gap_id(code, *look._key, call, *needs),
        code=code,
        severity=milder(severity),
        why=f"{records} what {call} would tell: the call {word}; what it names (keys, sizes, links) is unknown",
        subject_id="",
        subject=f"{call} for {count} of {look.kind} in {where(look.scope)} ({look.source})",
        missing=known_of(kind=look.kind, reference=call, provider=look.scope.provider, account=look.scope.account, place=look.scope.place),
        evidence=tuple(evidence[:EVIDENCE_LIMIT]),
        evidence_count=count,
        remedy=f"{remedy}; then {_again(look)}.",
        extra={"needs": list(needs)} if needs else {},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lost:
    """A mentioned thing that does not resolve: its key, what is known of it, and who needs it."""

    key: str
    value: str
    target: str
    provider: str
    account: str
    place: str
    evidence: tuple[Evidence, ...]
    count: int
    needers: int

    @property
    def named(self) -> str:
        """What to call it: ids of ours and canonical names as they are, short names as the payload has them."""
        if self.key.startswith("s3://") and "@" in self.key:
            bucket, store = self.key.split("@")[:2]
            return f"{bucket} at {store}"
        return self.value if "|" in self.key else self.key.removeprefix("dns:").removeprefix("ip:")

    @property
    def missing(self) -> dict[str, str]:
        return known_of(
            kind=self.target, reference=self.value, provider=self.provider, account=self.account, place=self.place
        )

    @property
    def subject(self) -> str:
        return f"{self.named}, needed by {self.needers} resource{'' if self.needers == 1 else 's'}"

    @property
    def subject_id(self) -> str:
        return self.evidence[0].resource_id if self.needers == 1 and self.evidence else ""


def _gap(code: GapCode, lost: Lost, severity: Severity, why: str, remedy: str, **more: str) -> Gap:
    return Gap(
        id=gap_id(code, lost.key),
        code=code,
        severity=severity,
        why=why,
        subject_id=more.pop("subject_id", lost.subject_id),
        subject=lost.subject,
        missing=lost.missing,
        evidence=lost.evidence[:EVIDENCE_LIMIT],
        evidence_count=lost.count,
        remedy=remedy,
        extra=more,
    )


def _kind_or_thing(kind: str) -> str:
    return kind or "thing"


def dangling(lost: Lost) -> Gap:
    """Proved absent: its kind was read to the end where it should be."""
    severity, _ = _LOSS[dimension_of(lost.target)]
    at = "/".join(p for p in (lost.account, lost.place) if p) or "the scopes that were read"
    return _gap(
        GapCode.DANGLING_REFERENCE,
        lost,
        max(severity, Severity.HIGH, key=RANK.index),
        f"{lost.target} was read to its end in {at} and {lost.named} is not there: what points at it is broken or about to be, and moving it moves the fault",
        "Ask the owner of what points at it whether it is still used; restore what is missing, point elsewhere or retire it before it is moved.",
    )  # fmt: skip


def dangling_gone(lost: Lost, resource_id: str, gone_at: str) -> Gap:
    """It was in the inventory, and a later look proved it gone."""
    severity, _ = _LOSS[dimension_of(lost.target or resource_id)]
    known = Evidence("inventory", "", f"{resource_id} gone since {gone_at}", resource_id)
    told = Lost(lost.key, lost.value, lost.target, lost.provider, lost.account, lost.place, (known, *lost.evidence), lost.count + 1, lost.needers)  # fmt: skip
    return _gap(
        GapCode.DANGLING_REFERENCE,
        told,
        max(severity, Severity.HIGH, key=RANK.index),
        f"{lost.named} was there and is gone since {gone_at}: what points at it is broken or about to be",
        f"See what it was with `stocktake show {resource_id}`; restore it, point elsewhere or retire what points at it before that is moved.",
        subject_id=resource_id,
        gone_at=gone_at,
    )  # fmt: skip


def dangling_unlisted(lost: Lost) -> Gap:
    """Its scope is covered, but nothing ever listed its kind there."""
    at = "/".join(p for p in (lost.account, lost.place) if p) or f"provider {lost.provider}"
    severity, _ = _LOSS[dimension_of(lost.target)]
    return _gap(
        GapCode.DANGLING_REFERENCE,
        lost,
        milder(max(severity, Severity.HIGH, key=RANK.index)),
        f"{at} is covered, but {_kind_or_thing(lost.target)} was never listed there: whether {lost.named} exists is unknown",
        f"No scan listed {_kind_or_thing(lost.target)} here; where a scan was limited to some kinds or regions, scan it whole. Else this version does not list that type: confirm by hand that {lost.named} exists, and plan for it.",
    )  # fmt: skip


def dangling_stale(lost: Lost, look: Look) -> Gap:
    """Not there when its scope was last read, but what points at it is newer than that."""
    severity, _ = _LOSS[dimension_of(lost.target)]
    return _gap(
        GapCode.DANGLING_REFERENCE,
        lost,
        milder(max(severity, Severity.HIGH, key=RANK.index)),
        f"{lost.named} was not there when {look.kind} in {where(look.scope)} was last read, which was before it was first mentioned",
        f"Scan the scope again: {_again(look)}.",
    )


def toml(text: str) -> str:
    return '"' + re.sub(r'[\\"\x00-\x1f]', "", text) + '"'


_ACCOUNT_BLOCKS: Mapping[str, str] = {
    "aws": 'type = "aws"\nname = {name}\naccounts = [{account}]\nrole = "StocktakeReadOnly"',
    "gcp": 'type = "gcp"\nname = {name}\nparents = [{parent}]',
    "azure": 'type = "azure"\nname = {name}\nsubscriptions = [{account}]',
}


def account_block(provider: str, account: str) -> str:
    """The block of stocktake.toml that covers an account; "" for providers without accounts."""
    block = _ACCOUNT_BLOCKS.get(provider, "")
    values = {"name": f"{provider}-{account}", "account": account, "parent": f"projects/{account}"}
    return block and "[[source]]\n" + block.format(**{k: toml(v) for k, v in values.items()})


@dataclass(frozen=True, slots=True)
class _Outside:
    severity: Severity
    what: str
    remedy: str


_OUTSIDE: Mapping[str, _Outside] = {
    "another account": _Outside(Severity.HIGH, "in an account that no source covers", "Find out who owns {account} and whether it moves too. If it is not yours, agree with its owner how the target will reach it; if it is, cover it with a source{block}"),
    "another region": _Outside(Severity.HIGH, "in a place of a covered account that no source reads", "Add {place} to the places of the source that covers {account}, then scan again."),
    "another cluster": _Outside(Severity.HIGH, "in a cluster that no source covers", "Cover the cluster with a source of type kubernetes, or agree with its owner how it will be reached."),
    "unknown owner": _Outside(Severity.HIGH, "in none of the accounts that were read", "Find out which account owns {name}. If it is yours, cover it with a source; else agree with its owner how the target will reach it, or copy what is needed."),
    "public registry": _Outside(Severity.LOW, "in a public registry", "Mirror it into the target's registry, pinned by digest; public registries limit pulls and may delete tags."),
    "cloud registry": _Outside(Severity.LOW, "in a registry of {provider} itself, which offers it to everybody", "Nobody has to cover account {account}. In the same cloud nothing is to be done; elsewhere take the target's counterpart, or copy the image into the target's registry."),
    "hosted model": _Outside(Severity.HIGH, "a model that {provider} hosts", "At another provider it is not there: decide which model takes its place, and test prompts and quality with that; in the same cloud see that the target account and region may use it."),
    "private registry": _Outside(Severity.MEDIUM, "in a registry that no source covers", "See that the target may pull from {provider}, or copy it into the target's registry."),
    "model hub": _Outside(Severity.MEDIUM, "in a model hub", "Pin the revision and keep a copy at the target; check its licence, and that the target may reach the hub."),
    "saas": _Outside(Severity.MEDIUM, "a service of {provider}", "See that the target's network may reach it and that its credentials and allow-lists move along."),
    "cloud api": _Outside(Severity.LOW, "an interface of {provider} itself", "At another provider nothing answers there: look up what is called and plan the counterpart; in the same cloud nothing is to be done."),
    "managed service": _Outside(Severity.HIGH, "a managed service of {provider} that is in none of the accounts read", "Find out which account owns {name}; cover it with a source, or plan how the target will reach it."),
    "internal host": _Outside(Severity.MEDIUM, "a host name of an inner network", "Find out what answers at {name}; make it reachable and resolvable from the target, or move it along."),
    "internet host": _Outside(Severity.MEDIUM, "a host that no source covers", "Find out who runs {name}; see that the target may reach it and that allow-lists there know the target's addresses."),
    "private address": _Outside(Severity.MEDIUM, "an address of an inner network", "Find out what answers at {name}: a fixed address rarely survives a move. Replace it by a name, or keep the route."),
    "public address": _Outside(Severity.MEDIUM, "an address on the internet", "Find out what answers at {name}; replace it by a name, and see that the target may reach it."),
    "object store": _Outside(Severity.HIGH, "a bucket of an object store that no source lists", "Find out how much {name} holds, and whether the store moves too: its data move on their own schedule, or the target needs a route to it."),
    "file server": _Outside(Severity.HIGH, "a file server that no source covers", "Find out what {name} holds and how much: data there move on their own schedule, or the target needs a route to it."),
    "other": _Outside(Severity.MEDIUM, "outside every scope that is known", "Find out what {name} is and who owns it."),
}  # fmt: skip

HOSTED_MODELS = frozenset({"aws.bedrock.foundation_model"})
"""Kinds of things that a provider has and no account does."""

_PUBLIC_REGISTRIES = re.compile(
    r"docker\.io|quay\.io|ghcr\.io|(?:[a-z]+\.)?gcr\.io|registry\.k8s\.io|k8s\.gcr\.io|nvcr\.io|public\.ecr\.aws|mcr\.microsoft\.com|"
    r"[a-z0-9-]+-docker\.pkg\.dev|registry\.gitlab\.com|lscr\.io|cr\.fluentbit\.io|docker\.elastic\.co|registry\.access\.redhat\.com"
)
_INNER = re.compile(
    r"(?:^|\.)(?:internal|local|lan|corp|intra|intranet|private|home|svc|cluster\.local|localdomain|consul)$"
)


def outside(lost: Lost, covered_account: bool = False) -> str:
    """Which outside an unresolved name points to: a key of the table of outsides."""
    form, _, rest = lost.key.partition(":")
    rest = rest.removeprefix("//")
    if lost.key.startswith("k8s://"):
        return "another cluster"
    if form == "hf":
        return "model hub"
    if form in ("hdfs", "nfs"):
        return "file server"
    if form == "s3" and "@" in rest:
        return "object store"
    if form == "image" and lost.account in AWS_REGISTRIES:
        return "cloud registry"
    if lost.target in HOSTED_MODELS:
        return "hosted model"
    if form == "image" and not lost.account:
        registry = rest.split("/", 1)[0]
        return "public registry" if _PUBLIC_REGISTRIES.fullmatch(registry) else "private registry"
    if form == "ip":
        return "public address" if ipaddress.ip_address(rest).is_global else "private address"
    if form == "dns":
        return _host(rest, lost)
    if covered_account:
        return "another region"
    if lost.account:
        return "another account"
    return "unknown owner" if lost.provider else "other"


def _host(host: str, lost: Lost) -> str:
    if _PUBLIC_REGISTRIES.fullmatch(host):
        return "public registry"
    if lost.provider in ("aws", "gcp", "azure"):
        return "managed service" if lost.target and lost.target != "network.host" else "cloud api"
    if lost.provider:
        return "saas"
    return "internal host" if _INNER.search(host) else "internet host"


def external(lost: Lost, covered_account: bool = False) -> Gap:
    """It points outside every scope we know."""
    where = outside(lost, covered_account)
    text = _OUTSIDE[where]
    block = "."
    if where == "another account" and (covering := account_block(lost.provider, lost.account)):
        block = f":\n\n{covering}"
    severity = text.severity
    if severity is Severity.HIGH and where != "file server" and lost.target:
        severity = max(_LOSS[dimension_of(lost.target)][0], Severity.HIGH, key=RANK.index)
    return _gap(
        GapCode.EXTERNAL_DEPENDENCY,
        lost,
        severity,
        f"{lost.named} is {text.what.format(provider=lost.provider)}: what needs it works at the target only if it can be reached from there",
        text.remedy.format(name=lost.named, account=lost.account, place=lost.place, provider=lost.provider or "it", block=block),
        outside=where,
    )  # fmt: skip


_SUPPLY: Mapping[Supplier, str] = {
    Supplier.LISTING: "See which permission or setting its listing lacks (`stocktake check`)",
    Supplier.METRICS: "Let the scan read its metrics",
    Supplier.PROBE: "Read the machine itself: a source of type host, or `stocktake probe` on it",
    Supplier.BILL: "Import a bill that names it",
    Supplier.OWNER: "Ask its owner (`stocktake questionnaire`)",
}
_MEASURES: Mapping[tuple[str, str], str] = {
    ("aws.s3.bucket", "size_bytes"): "The bytes come from CloudWatch (BucketSizeBytes, once a day; a new bucket has none yet): see that the source holds `cloudwatch:GetMetricData`",
    ("aws.ec2.instance", "accelerator_count"): "The count comes from the machine type: see that the source holds `ec2:DescribeInstanceTypes`",
    ("aws.sagemaker.endpoint", "request_count"): "Its traffic comes from CloudWatch (Invocations): see that the source holds `cloudwatch:GetMetricData`",
}  # fmt: skip


def evidence_missing(kind: str, scope: Scope, need: Need, things: Sequence[tuple[str, str, Evidence]], count: int, seen: str = "") -> Gap:  # fmt: skip
    """A fact that an assessment cannot do without: of one resource, or of many of one kind in one scope.

    Args:
        things: (id, name, evidence) of the resources, or of the first ones.
        count: how many lack it.
        seen: when it was last confirmed, where it is known and too old; "" where nothing says it.
    """
    one, attribute = count == 1, need.attributes[0]
    resource_id, name, _ = things[0]
    subject = (resource_id,) if one else (kind, scope.provider, scope.account, scope.place)
    of = "is" if one else f"of {count} resources is"
    called = f"{attribute} of {name or resource_id}" if one else f"{attribute} of {count} {kind} in {where(scope)}"
    return Gap(
        id=gap_id(GapCode.EVIDENCE_MISSING, attribute, *subject, *(("old",) if seen else ())),
        code=GapCode.EVIDENCE_MISSING,
        severity=milder(need.severity) if seen else need.severity,
        why=f"{attribute} {of} of {seen[:10]}, more than {need.max_age} days ago: {need.why} as it is today" if seen else f"{attribute} {of} unknown: {need.why}",
        subject_id=resource_id if one else "",
        subject=called,
        missing=known_of(kind=kind, reference=attribute, provider=scope.provider, account=scope.account, place=scope.place),
        evidence=tuple(e for _, _, e in things[:EVIDENCE_LIMIT]),
        evidence_count=count,
        remedy="Scan it again." if seen else _supply(kind, need),
        extra={"need": need.name},
    )  # fmt: skip


def _supply(kind: str, need: Need) -> str:
    ways = [_MEASURES.get((kind, need.attributes[0]), _SUPPLY[need.suppliers[0]])]
    ways += [_SUPPLY[supplier] for supplier in need.suppliers[1:]]
    ask = f": {need.question}" if need.question and Supplier.OWNER in need.suppliers else ""
    first, *others = ways
    return first + "".join(f"; or {way[0].lower()}{way[1:]}" for way in others) + (ask or ".")


_AI_TYPES = re.compile(r"ray|kubeflow|kserve|seldon|spark|volcano|argo|feast|train|kueue|model|infer|notebook|gpu|nvidia|jobset|leaderworker|sagemaker|bedrock")  # fmt: skip


def speaks_of_ai(kind: str) -> bool:
    """Whether the words of a type's name speak of machine learning."""
    return bool(_AI_TYPES.search(kind.lower()))


def unmodelled(kind: str, provider: str, examples: Sequence[Evidence], count: int) -> Gap:
    """A type that no row describes yet; its payloads are kept."""
    ai = speaks_of_ai(kind)
    return Gap(
        id=gap_id(GapCode.UNMODELLED_TYPE, provider, kind),
        code=GapCode.UNMODELLED_TYPE,
        severity=Severity.MEDIUM if ai else Severity.LOW,
        why="its name speaks of machine learning: it may be a workload or hold one" if ai else "what it says is kept, but neither judged nor counted in any dimension",
        subject_id="",
        subject=f"{count} of {kind}",
        missing=known_of(kind=kind, provider=provider),
        evidence=tuple(examples[:EVIDENCE_LIMIT]),
        evidence_count=count,
        remedy=f"Look at one with `stocktake show {examples[0].resource_id}` and decide whether it matters; a newer version may know the type: `stocktake renormalize`." if examples else "See whether it matters.",
    )  # fmt: skip
