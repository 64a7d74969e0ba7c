"""What makes a workload: where one begins, what belongs to it, and what its facts say of its name, owner and environment.

Owns the tables by which store/workloads.py walks the relations. Pure: no queries.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from normalize.model import Category

ROOTS: Mapping[Category, str] = {
    Category.ENDPOINT: "inference",
    Category.AGENT: "inference",
    Category.INFERENCE_JOB: "batch-inference",
    Category.TRAINING_JOB: "training",
    Category.TUNING_JOB: "training",
    Category.PIPELINE: "pipeline",
    Category.NOTEBOOK: "notebook",
    Category.DATA_JOB: "data-processing",
    Category.FEATURE_STORE: "feature-store",
    Category.MODEL: "model",
}
"""Categories at which a workload begins, and its type; what says its own `workload_type` is of that. A model is one where no
other workload has it."""

ASKED = (
    "batch-inference",
    "data-processing",
    "evaluation",
    "feature-store",
    "hyperparameter-tuning",
    "inference",
    "model",
    "notebook",
    "pipeline",
    "training",
)
"""Types whose owners a migration has to ask; what only supports them goes with its cluster."""

RECOGNISED = frozenset({Category.WORKLOAD, Category.POD, Category.FUNCTION, Category.CONTAINER, Category.PROCESS})
"""Categories at which one begins where it was recognised by what it runs."""

JOBS = frozenset({Category.TRAINING_JOB, Category.TUNING_JOB, Category.INFERENCE_JOB, Category.DATA_JOB})
"""Categories whose things of one name but for a date, a number or a hash are one workload."""

BELONGS = ("owned_by", "instance_of", "part_of", "run_of", "started_by", "version_of", "member_of")
"""Verbs from a part to what it is part of: what belongs to another root is none of its own."""

THROUGH = frozenset(
    {
        Category.AGENT, Category.CONTAINER, Category.DATASET, Category.DATA_JOB, Category.DATA_TABLE, Category.DEPLOYMENT, Category.ENDPOINT, Category.ENDPOINT_CONFIG, Category.FEATURE_STORE,
        Category.FUNCTION, Category.INFERENCE_JOB, Category.KNOWLEDGE_BASE, Category.MODEL, Category.MODEL_VERSION, Category.NOTEBOOK, Category.PIPELINE, Category.PIPELINE_RUN, Category.POD,
        Category.PROCESS, Category.RUN, Category.TRAINING_JOB, Category.TUNING_JOB, Category.VOLUME, Category.VOLUME_CLAIM, Category.WORKLOAD,
    }
)  # fmt: skip
"""Categories whose own needs are the workload's needs."""

ROLES: Mapping[str, tuple[Category, ...]] = {
    "model": (Category.MODEL, Category.MODEL_VERSION, Category.MODEL_CARD, Category.GUARDRAIL, Category.PROMPT),
    "training": (Category.TRAINING_JOB, Category.TUNING_JOB, Category.MODEL_JOB),
    "run": (Category.RUN, Category.EXPERIMENT, Category.PIPELINE_RUN),
    "serving": (Category.ENDPOINT, Category.ENDPOINT_CONFIG, Category.DEPLOYMENT, Category.AGENT, Category.INFERENCE_JOB),
    "part": (Category.WORKLOAD, Category.FUNCTION, Category.CONTAINER, Category.PROCESS, Category.PIPELINE, Category.DATA_JOB, Category.NOTEBOOK),
    "image": (Category.IMAGE_REPOSITORY, Category.MACHINE_IMAGE),
    "data": (
        Category.BUCKET, Category.FILE_STORE, Category.VOLUME, Category.VOLUME_CLAIM, Category.DATABASE, Category.CACHE, Category.STREAM, Category.QUEUE, Category.DATASET, Category.DATA_CATALOG,
        Category.DATA_TABLE, Category.SEARCH_INDEX, Category.KNOWLEDGE_BASE, Category.SNAPSHOT,
    ),
    "features": (Category.FEATURE_STORE,),
    "identity": (Category.IDENTITY,),
    "key": (Category.KEY,),
    "secret": (Category.SECRET,),
    "network": (
        Category.NETWORK, Category.SUBNET, Category.FIREWALL, Category.LOAD_BALANCER, Category.SERVICE, Category.PRIVATE_LINK, Category.API, Category.CDN, Category.DNS_RECORD, Category.DNS_ZONE,
        Category.GATEWAY, Category.CONNECTION,
    ),
    "monitoring": (Category.ALARM, Category.MONITOR, Category.DASHBOARD, Category.LOG_STORE, Category.METRIC_STORE),
    "compute": (
        Category.NODE, Category.NODE_POOL, Category.INSTANCE, Category.CLUSTER, Category.SCALING_GROUP, Category.BATCH_QUEUE, Category.HOST, Category.CAPACITY, Category.ACCELERATOR,
    ),
}  # fmt: skip
"""What a member is to its workload, by category. What has no role is walked through and not kept."""

ROLE_OF: Mapping[str, str] = {c.value: role for role, categories in ROLES.items() for c in categories}


def outward() -> Iterator[tuple[str, str]]:
    """(category, category of what it names): steps that lead from a thing to what it needs."""
    for start in THROUGH:
        yield from ((start.value, end) for end in ROLE_OF)
        yield start.value, Category.SETTINGS.value
    for store in (
        Category.BUCKET,
        Category.DATABASE,
        Category.FILE_STORE,
        Category.IMAGE_REPOSITORY,
        Category.SECRET,
        Category.STREAM,
        Category.QUEUE,
        Category.CACHE,
        Category.SEARCH_INDEX,
    ):
        yield store.value, Category.KEY.value
    yield Category.IDENTITY.value, Category.IDENTITY.value
    yield Category.SUBNET.value, Category.NETWORK.value
    yield Category.ADDRESS.value, Category.SERVICE.value
    yield from (
        (Category.SETTINGS.value, needed.value)
        for needed in (Category.IMAGE_REPOSITORY, Category.BUCKET, Category.MODEL)
    )


def inward() -> Iterator[tuple[str, str, str]]:
    """(category, verb, category of what points at it): steps against the direction of a relation; "" is every verb."""
    served = [
        Category.ENDPOINT,
        Category.WORKLOAD,
        Category.DEPLOYMENT,
        Category.MODEL,
        Category.PIPELINE,
        Category.TRAINING_JOB,
        Category.NOTEBOOK,
        Category.FEATURE_STORE,
        Category.AGENT,
    ]
    for category in served:
        for watcher in (Category.ALARM, Category.MONITOR, Category.DASHBOARD):
            yield category.value, "", watcher.value
        for way in (Category.LOAD_BALANCER, Category.SERVICE, Category.API, Category.DNS_RECORD, Category.CDN):
            for verb in ("routes_to", "serves", "selects", "exposes"):
                yield category.value, verb, way.value
        yield category.value, "scales", Category.SCALING_GROUP.value
        for part in (
            Category.DEPLOYMENT,
            Category.PIPELINE,
            Category.PIPELINE_RUN,
            Category.TRAINING_JOB,
            Category.WORKLOAD,
            Category.POD,
            Category.MODEL_VERSION,
            Category.DATA_JOB,
        ):
            for verb in BELONGS:
                yield category.value, verb, part.value
    yield Category.POD.value, "routes_to", Category.ADDRESS.value
    for verb in ("calls", "routes_to", "serves"):
        yield Category.SERVICE.value, verb, Category.LOAD_BALANCER.value


_TAIL = re.compile(
    r"(?:[-_.:/](?:\d{4}[-_]?\d{2}[-_]?\d{2}\S*|\d{6,}\S*|v?\d+|(?=[0-9a-z]*\d)[0-9a-f]{5,}|(?=[a-z]*\d)[a-z0-9]{5}))+$",
    re.IGNORECASE,
)


def stem(name: str) -> str:
    """What names of one job's repetitions share: without dates, counters and hashes at the end.

    "ranker-2026-11-24-03-15", "ranker-2", "ranker-9kq2z" -> "ranker".
    """
    shared = _TAIL.sub("", name)
    return shared if re.search("[a-zA-Z]", shared) else name


@dataclass(frozen=True, slots=True)
class Inferred:
    """A fact about a workload that something says: what, and where it stands."""

    value: str
    resource_id: str
    path: str


_OWNERS = (
    "owner", "owners", "ownedby", "team", "teamname", "ownerteam", "owningteam", "squad", "contact", "contacts", "maintainer",
    "maintainers", "serviceowner", "technicalowner", "businessowner", "productowner", "dataowner", "modelowner", "owneremail",
    "teamemail", "responsible", "responsibleteam", "businessunit", "department",
)  # fmt: skip
_ENVIRONMENTS = ("env", "environment", "stage", "deploymentenvironment", "tier")
_CRITICALITIES = ("criticality", "businesscriticality", "servicetier", "sla", "slo", "severity", "importance")
_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("staging", re.compile(r"(?:^|[^a-z])(?:stag(?:e|ing)?|stg|pre-?prod(?:uction)?|uat)(?:[^a-z]|$)")),
    ("production", re.compile(r"(?:^|[^a-z])(?:prod(?:uction)?|prd|live)(?:[^a-z]|$)")),
    ("development", re.compile(r"(?:^|[^a-z])(?:dev(?:el(?:opment)?)?|test(?:ing)?|qa|sandbox|sbx|playground|poc)(?:[^a-z]|$)")),
)  # fmt: skip


def _plain(key: str) -> str:
    """Last part of a tag's name, letters only: "acme.com/Cost-Center" -> "costcenter"."""
    return re.sub(r"[^a-z]", "", key.rpartition("/")[2].lower())


def _tagged(resource_id: str, tags: Mapping[str, Any], wanted: tuple[str, ...]) -> Inferred | None:
    named = {_plain(k): (k, v) for k, v in sorted(tags.items(), reverse=True) if isinstance(v, str) and v.strip()}
    found = next((named[w] for w in wanted if w in named), None)
    return found and Inferred(found[1].strip(), resource_id, f"$.tags.{found[0]}")


def owner(resource_id: str, tags: Mapping[str, Any], attributes: Mapping[str, Any]) -> Inferred | None:
    """Who can be asked: by tag, else as the system records it, else who made it."""
    if found := _tagged(resource_id, tags, _OWNERS):
        return found
    for name in ("owner", "created_by"):
        if isinstance(told := attributes.get(name), str) and told.strip():
            return Inferred(told.strip(), resource_id, f"$.{name}")
    return None


def environment(resource_id: str, name: str, tags: Mapping[str, Any], attributes: Mapping[str, Any]) -> Inferred | None:
    """production, staging or development, or another word of a tag; by tag, else by the words of names."""
    if found := _tagged(resource_id, tags, _ENVIRONMENTS):
        return Inferred(_environment(found.value) or found.value, resource_id, found.path)
    for path, text in (("$.name", name), ("$.namespace", str(attributes.get("namespace") or ""))):
        if word := _environment(text):
            return Inferred(word, resource_id, path)
    return None


def _environment(text: str) -> str:
    return next((word for word, found in _WORDS if found.search(text.lower())), "")


def criticality(resource_id: str, tags: Mapping[str, Any]) -> Inferred | None:
    """As its owners rate it."""
    return _tagged(resource_id, tags, _CRITICALITIES)


STANDING = frozenset({"k8s.deployment", "k8s.stateful_set", "k8s.daemon_set", "k8s.replica_set"})
"""Kinds of what runs all the time: a training operator is one, and has no data of its own."""

REQUIRED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "inference": (("model",),),
    "training": (("data", "features"),),
    "pipeline": (("image", "data", "features", "training", "model", "part", "run"),),
    "batch-inference": (("model",), ("data",)),
}
"""What a workload must have, by type: of each group at least one role."""

WRITES = frozenset(
    {"writes_to", "logs_to", "saves_in", "dead_letters_to", "notifies", "replicates_to", "writes", "copies_to"}
)
"""Verbs by which something leaves results, logs or copies somewhere: that is no data that it works on."""

_SAYS: Mapping[str, tuple[str, ...]] = {
    "model": ("models", "artifact_uri", "base_model"),
    "data": ("input_uris", "source_uri", "datasets", "inputs"),
    "image": ("images", "image"),
    "part": ("steps", "step_count"),
}


def said(attributes: Mapping[str, Any]) -> Iterator[str]:
    """Roles that attributes fill though nothing of the inventory does: the name of a model, the place of its input."""
    return (role for role, names in _SAYS.items() if any(attributes.get(n) for n in names))


def role_of_mention(target: str, verb: str, dimension: str) -> str:
    """What a mention that resolves to nothing would be to a workload; "" where that cannot be told."""
    if verb in WRITES:
        return ""
    if verb == "loads" or (
        dimension == "models" and "image" not in target and "registry" not in target and ".ecr." not in target
    ):
        return "model"
    if dimension == "models":
        return "image"
    return {"data": "data", "training": "training", "inference": "serving"}.get(dimension, "")


def lacking(type_: str, kind: str, have: Collection[str]) -> list[str]:
    """What a workload of a type must have and has not: "model", or "data|features" where one of several would do."""
    if type_ == "training" and kind in STANDING:
        return []
    return ["|".join(group) for group in REQUIRED.get(type_, ()) if not set(have) & set(group)]
