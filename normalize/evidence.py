"""What an assessment has to know of a thing, by category: which facts, how old they may be, and who could supply them.

Owns the profiles and the rule when a fact counts as known. Pure: store/rules/facts.py asks the same of all rows at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from normalize.model import Category, GapCode, Severity

MEASURED = 30
"""Days that what was measured (bytes, requests, use) stands for what is."""
SETTING = 90
"""Days that what was set (sizes, images, keys) stands for what is."""


class Supplier(StrEnum):
    """Who could say what is not known, the cheapest first."""

    LISTING = "listing"
    METRICS = "metrics"
    PROBE = "host probe"
    BILL = "bill"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class When:
    """A condition on a thing: its kind is one of `kinds` (* matches), or its `attribute` has one of `values`."""

    kinds: tuple[str, ...] = ()
    attribute: str = ""
    values: tuple[str | int | bool, ...] = ()

    def holds(self, kind: str, attributes: Mapping[str, Any]) -> bool:
        if self.kinds:
            return any(fnmatchcase(kind, wanted) for wanted in self.kinds)
        known = attributes.get(self.attribute)
        return any(type(known) is type(value) and known == value for value in self.values)


@dataclass(frozen=True, slots=True)
class Thing:
    """What is known of one thing, as far as needs ask.

    Attributes:
        points_at: categories of what it points at.
        roles: roles that the members of the workload which begins at it have, or that it does not lack.
        parts: role -> attributes of the members that have it.
    """

    kind: str
    category: Category
    attributes: Mapping[str, Any]
    points_at: Collection[str] = ()
    roles: Collection[str] = ()
    parts: Mapping[str, Collection[Mapping[str, Any]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One fact that an assessment needs of a thing.

    Attributes:
        name: what people call it; unique in its profile.
        attributes: terms of the vocabulary, any of which is the fact.
        weight: its part of a profile, 1 to 3.
        required: readiness cannot be judged without it; else it only sharpens the verdict.
        max_age: days after which it has to be looked at again.
        suppliers: who could supply it, the cheapest first.
        question: what its owner would be asked; "" where no owner could know.
        told: the attribute that an answer fills, where it is not the first; one of text, number or yes and no.
        choices: the only answers there are.
        why: what cannot be said without it.
        severity: of the gap, where it is required.
        points_at: the fact is known too where the thing points at something of these categories,
        roles: where its workload has a member in one of these roles,
        parts: or where members in these roles have one of the attributes.
        unless: where it does not apply.
        told_as: the gap by which a lack is told where that is another than evidence-missing.
        role: the role that is empty in its workload where it is not known.
    """

    name: str
    attributes: tuple[str, ...]
    weight: int = 1
    required: bool = False
    max_age: int = SETTING
    suppliers: tuple[Supplier, ...] = (Supplier.LISTING,)
    question: str = ""
    told: str = ""
    choices: tuple[str, ...] = ()
    why: str = ""
    severity: Severity = Severity.MEDIUM
    points_at: tuple[Category, ...] = ()
    roles: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    unless: tuple[When, ...] = ()
    told_as: GapCode = GapCode.EVIDENCE_MISSING
    role: str = ""

    @property
    def fact(self) -> str:
        """The attribute that an answer fills."""
        return self.told or self.attributes[0]

    @property
    def askable(self) -> bool:
        return bool(self.question) and Supplier.OWNER in self.suppliers

    def applies(self, kind: str, attributes: Mapping[str, Any]) -> bool:
        return not any(when.holds(kind, attributes) for when in self.unless)

    def known(self, thing: Thing) -> bool:
        """Whether anything says it. 0 and false are facts; null, the empty text and the empty list are none."""
        return (
            self._said(thing.attributes)
            or any(category.value in thing.points_at for category in self.points_at)
            or any(role in thing.roles for role in (self.role, *self.roles))
            or any(self._said(part) for role in self.parts for part in thing.parts.get(role, ()))
        )

    def _said(self, attributes: Mapping[str, Any]) -> bool:
        return any(is_fact(attributes.get(name)) for name in self.attributes)


def is_fact(value: Any) -> bool:
    return value is not None and value not in ("", [], {})


def profile(category: Category) -> tuple[Need, ...]:
    """All that an assessment needs of a category; empty where it needs nothing."""
    return PROFILES.get(category, ())


def lacking(thing: Thing, *, required: bool = False) -> Iterator[Need]:
    """What applies to a thing and nothing says: of all needs, or of those without which it cannot be judged."""
    return (
        need
        for need in profile(thing.category)
        if (need.required or not required) and need.applies(thing.kind, thing.attributes) and not need.known(thing)
    )


_LISTING, _METRICS, _PROBE, _BILL, _OWNER = (Supplier.LISTING, Supplier.METRICS, Supplier.PROBE, Supplier.BILL, Supplier.OWNER)  # fmt: skip
_LISTED = (_LISTING, _OWNER)
_COUNTED = (_METRICS, _OWNER)

_SERVERLESS = When(attribute="serverless", values=(True,))
_EMPTY = When(attribute="variant_count", values=(0,))
_IDLE = When(attribute="request_count", values=(0,))
_NO_ACCELERATOR = When(attribute="accelerator_count", values=(0,))
_OVER = When(attribute="state", values=("terminated", "TERMINATED", "deleting", "DELETING", "deleted", "DELETED", "Deleting", "Deleted"))  # fmt: skip
_HOSTED = When(
    kinds=(
        "aws.bedrock.*",
        "aws.bedrockagentcore.*",
        "azure.cognitiveservices.*",
        "azure.machinelearning.serverless_endpoint",
    )
)
"""The provider runs a model of its own: it has neither an image nor machines that anybody could see."""


def _useful(name: str, *attributes: str, **more: Any) -> Need:
    suppliers = _LISTED if more.get("question") else (_LISTING,)
    return replace(Need(name=name, attributes=attributes, suppliers=suppliers), **more)


def _measured(name: str, *attributes: str, **more: Any) -> Need:
    suppliers = _COUNTED if more.get("question") else (_METRICS,)
    return replace(_useful(name, *attributes, max_age=MEASURED, suppliers=suppliers), **more)


def _bytes(*attributes: str, **more: Any) -> Need:
    why = "how long a copy takes and what it costs cannot be said without its bytes"
    question = "How many bytes does it hold?"
    asked = _measured("bytes", *attributes, weight=3, required=True, severity=Severity.HIGH, question=question, why=why)
    return replace(asked, **more)


def _accelerators(*others: str, **more: Any) -> Need:
    why = "the accelerators wanted at the target cannot be counted"
    question = "How many accelerators does it have? (0: none)"
    asked = _useful("accelerators", "accelerator_count", *others, weight=3, required=True, question=question, why=why)
    return replace(asked, **({"unless": (_OVER,)} | more))


def _traffic(**more: Any) -> Need:
    why = "neither its size at the target nor whether that target's limits hold can be said without its traffic"
    names = ("request_count", "requests_per_minute_p95", "requests_per_minute_p50", "requests_per_minute_max")
    question = "How many requests a minute does it get, at most?"
    asked = _measured("traffic", *names, weight=3, question=question, told="requests_per_minute_max", why=why)
    return replace(asked, **more)


_INSIDE = When(kinds=("azure.*.database", "azure.cosmosdb.*_database", "azure.sql.managed_database"))
"""A database in a server: what is set for the server holds for it."""
_KEY = _useful("encryption key", "encryption_key", "encryption", "encrypted", points_at=(Category.KEY,), unless=(_INSIDE, When(kinds=("k8s.*", "mlflow.*", "host.*", "gcp.pubsub.subscription", "aws.sagemaker.model"))))  # fmt: skip
_NETWORK = _useful("network", "network_mode", "subnets", "security_groups", "private", "public", "network_isolated", "internet_access", points_at=(Category.NETWORK, Category.SUBNET, Category.FIREWALL, Category.PRIVATE_LINK), roles=("network",), unless=(When(kinds=("k8s.*", "mlflow.*")),))  # fmt: skip
_EXPOSED = _useful(
    "exposure",
    "public",
    "private",
    "access_scope",
    "visibility",
    "scheme",
    unless=(_INSIDE, When(kinds=("k8s.ray.cluster",))),
)
_IDENTITY = _useful("identity", "role", "service_account", points_at=(Category.IDENTITY,), roles=("identity",))
_IMAGE = _useful("image", "images", "image", weight=2, points_at=(Category.IMAGE_REPOSITORY,), parts=("model", "part", "serving", "training"), roles=("image",), unless=(_HOSTED,), question="Which container images does it run, with their digests?")  # fmt: skip
_MACHINE = _useful(
    "machine",
    "instance_type",
    "instance_types",
    "size_class",
    "vcpu_count",
    weight=2,
    unless=(When(kinds=("k8s.kubeflow.notebook",)),),
)
_MODELS = _useful("accelerator model", "accelerators", weight=2, unless=(_NO_ACCELERATOR,), suppliers=(_LISTING, _PROBE))  # fmt: skip
_DEVICE_MEMORY = _useful("accelerator memory", "accelerator_memory_bytes", "accelerators", unless=(_NO_ACCELERATOR,), suppliers=(_LISTING, _PROBE))  # fmt: skip
_USE = _measured("use of processors", "cpu_utilization_ratio", "cpu_busy_count", "load_average", "utilization_ratio", suppliers=(_METRICS, _PROBE))  # fmt: skip
_DEVICE_USE = _measured("use of accelerators", "accelerator_utilization_ratio", "accelerator_busy_count", "accelerator_hours", weight=2, unless=(_NO_ACCELERATOR,), suppliers=(_METRICS, _PROBE, _BILL))  # fmt: skip
_ARCHITECTURE = _useful("architecture", "architecture", "architectures")
_SCALING = _useful("scaling", "scaling", "autoscaled", "min_count", "max_count", "desired_count", "storage_autoscaling")
_BACKUP = _useful(
    "backup",
    "backup_retention_days",
    "point_in_time_recovery",
    "backup_agents",
    unless=(_INSIDE,),
    question="For how many days are its backups kept? (0: none are made)",
)
_VERSION = _useful("version", "engine_version", "version", "kubernetes_version", weight=2)
_DURATION = _measured("duration", "duration_seconds", "billable_seconds", "ended_at", suppliers=_LISTED, question="How many seconds does a run take?")  # fmt: skip
_LATENCY = _measured("latency", "latency_p99_seconds", weight=2, parts=("serving",), unless=(_IDLE, _EMPTY), question="In how many seconds does it answer, 99 times of 100?")  # fmt: skip
_WEIGHTS = _useful("weights", "artifact_uri", "source_uri", "base_model", "models", "images", "image", weight=3, points_at=(Category.BUCKET, Category.FILE_STORE, Category.VOLUME, Category.RUN), question="Where do its weights lie?")  # fmt: skip
_INPUTS = _useful("inputs", "inputs", "input_uris", "datasets", weight=2, told="input_uris", points_at=(Category.BUCKET, Category.DATASET, Category.FILE_STORE, Category.FEATURE_STORE, Category.VOLUME_CLAIM, Category.DATA_TABLE), question="Where does its input come from?")  # fmt: skip
_DATA = replace(
    _INPUTS, required=True, told_as=GapCode.WORKLOAD_INCOMPLETE, role="data", why="what it reads is unknown"
)
_SCHEDULE = _useful("schedule", "schedule", "last_run_at", "last_run_state", "recent_runs", "run_count")


PROFILES: Mapping[Category, tuple[Need, ...]] = {
    Category.ENDPOINT: (
        Need(
            name="model", attributes=("models", "base_model", "artifact_uri"), weight=3, required=True, suppliers=_LISTED,
            points_at=(Category.MODEL, Category.MODEL_VERSION), roles=("model",), parts=("serving", "part"), unless=(_EMPTY,),
            question="Which model and version does it serve, and where do its weights lie?",
            why="what it serves is unknown", told_as=GapCode.WORKLOAD_INCOMPLETE, role="model",
        ),
        Need(
            name="hardware", attributes=("accelerator_count", "instance_types", "instance_type", "accelerator_requested_count", "accelerators"),
            weight=3, required=True, suppliers=_LISTED, parts=("serving", "part"),
            unless=(_SERVERLESS, _EMPTY, _HOSTED, _OVER, When(kinds=("azure.machinelearning.batch_endpoint",))),
            question="How many accelerators does it run on? (0: none)",
            why="the machines and accelerators wanted at the target cannot be counted",
        ),
        _traffic(required=True, parts=("serving",), unless=(_EMPTY, _OVER, When(kinds=("azure.machinelearning.batch_endpoint",)))),
        _IMAGE,
        _LATENCY,
        _useful("payload", "max_request_bytes", parts=("serving",), suppliers=_COUNTED, question="How large is the largest request?"),
        _useful("streaming", "streaming", parts=("serving",), question="Does it stream its answers?"),
        _useful("timeout", "timeout_seconds", parts=("serving",), question="How long do its clients wait?"),
        _useful("scaling", "scaling", "autoscaled", "min_count", "max_count", "desired_count", parts=("serving",), unless=(_SERVERLESS, _HOSTED)),
        _useful("traffic split", "variants", "traffic_weight_ratio", "variant_count", parts=("serving",)),
        _useful("authentication", "auth_mode", "auth_modes", "role", points_at=(Category.IDENTITY,), question="How do its clients prove who they are?"),
        _NETWORK,
        _DEVICE_USE,
        _useful("monitoring", "data_capture", "log_types", roles=("monitoring",)),
    ),
    Category.ENDPOINT_CONFIG: (
        _useful("variants", "variants", "models", weight=2, points_at=(Category.MODEL,)),
        _useful("hardware", "accelerator_count", "instance_types", weight=2, unless=(_SERVERLESS, _HOSTED, When(kinds=("k8s.*",)))),
        _KEY,
    ),
    Category.DEPLOYMENT: (
        _useful("hardware", "accelerator_count", "instance_type", "accelerator_requested_count", "compute_unit_count", "size_class", weight=3, unless=(_SERVERLESS,)),
        _useful("model", "models", "base_model", "artifact_uri", weight=3, points_at=(Category.MODEL, Category.MODEL_VERSION)),
        _traffic(),
        _LATENCY,
        _useful("timeout", "timeout_seconds"),
        _SCALING,
        _DEVICE_USE,
    ),
    Category.INFERENCE_JOB: (
        Need(name="model", attributes=("model", "base_model", "artifact_uri"), weight=3, required=True, suppliers=_LISTED, points_at=(Category.MODEL, Category.MODEL_VERSION), roles=("model",),
             told="base_model", question="Which model does it run?", why="what it runs is unknown", told_as=GapCode.WORKLOAD_INCOMPLETE, role="model"),
        _DATA,
        _useful("hardware", "accelerator_count", "instance_type", weight=2, unless=(_HOSTED,)),
        _useful("outputs", "output_uris", "outputs"),
        _DURATION,
        _IDENTITY,
    ),
    Category.AGENT: (
        _useful("model", "base_model", "models", "image", "source_uri", weight=3, points_at=(Category.MODEL,)),
        _IDENTITY,
        _KEY,
        _NETWORK,
        _traffic(roles=()),
    ),
    Category.API: (
        _traffic(),
        _useful("authentication", "auth_mode", "auth_modes", unless=(When(kinds=("*.stage", "*.domain_name", "azure.apimanagement.*")),)),
        _EXPOSED,
        _LATENCY,
    ),
    Category.TRAINING_JOB: (
        _accelerators("accelerator_requested_count"),
        _useful("machines", "instance_type", "instance_types", "instance_count", "desired_count", weight=3),
        _MODELS,
        _IMAGE,
        _DATA,
        _useful("checkpoints", "checkpoint_uri", weight=2, question="Where does it write checkpoints? (none: it writes none)"),
        _useful("outputs", "artifact_uri", "output_uris", "outputs"),
        _DURATION,
        _useful("interruptible", "spot"),
        _IDENTITY,
        _DEVICE_USE,
    ),
    Category.TUNING_JOB: (
        _useful("accelerators", "accelerator_count", "accelerators", weight=2, unless=(When(kinds=("*.automl_job", "gcp.aiplatform.tuning_job")),)),
        _INPUTS,
        _useful("trials", "max_run_count", "run_count", "parallelism_count"),
        _DURATION,
        _IDENTITY,
    ),
    Category.NOTEBOOK: (
        _accelerators("accelerator_requested_count", severity=Severity.LOW),
        _MACHINE,
        _useful("last use", "last_activity_at", "modified_at"),
        _useful("disk", "capacity_bytes", unless=(When(kinds=("k8s.*",)),)),
        _useful("user", "owner", "created_by"),
        _NETWORK,
    ),
    Category.PIPELINE: (
        _useful("steps", "steps", "step_count", "source_uri", "command", weight=3, roles=("part", "run", "training", "image"), told="step_count", question="How many steps has it?", required=True, told_as=GapCode.WORKLOAD_INCOMPLETE, role="part", why="what its steps run is unknown"),
        _IDENTITY,
        _SCHEDULE,
    ),
    Category.DATA_JOB: (
        _useful("machines", "instance_type", "instance_count", "compute_unit_count", "accelerator_count", "vcpu_count", weight=2),
        _INPUTS,
        _useful("program", "source_uri", "script_path", "image", "language", "engine_version", weight=2),
        _IDENTITY,
        _SCHEDULE,
    ),
    Category.EXPERIMENT: (_useful("artifacts", "artifact_uri", "source_uri", weight=2),),
    Category.MODEL: (
        _useful("weights", "artifact_uri", "source_uri", "base_model", "images", "image", "version", weight=3, points_at=(Category.BUCKET, Category.MODEL_VERSION, Category.IMAGE_REPOSITORY), roles=("model",), question="Where do its weights lie?"),
        _useful("framework", "framework", "frameworks", "images", "image", question="With which framework was it made, of which version?"),
        _useful("licence", "licence", weight=2, suppliers=(_OWNER,), question="Under which licence may its weights be used, and does that let them move?"),
        _KEY,
    ),
    Category.MODEL_VERSION: (
        _WEIGHTS,
        _useful("stage", "stage", "approval_status", "aliases", "state"),
        _useful("framework", "framework", "frameworks", "model_type", "images", "image", question="With which framework was it made, of which version?"),
        _useful("made by", "run_id", "source_uri", "commit", points_at=(Category.RUN, Category.TRAINING_JOB)),
    ),
    Category.MODEL_REGISTRY: (
        _useful("version", "version", "engine_version"),
        _useful("artifacts", "artifact_uri", points_at=(Category.BUCKET,), unless=(When(kinds=("aws.sagemaker.hub",)),)),
        _useful("address", "endpoint", unless=(When(kinds=("aws.sagemaker.hub",)),)),
    ),
    Category.IMAGE_REPOSITORY: (
        _useful("images", "image_count", "tagged_count", "image", "digest", "aliases", "version"),
        _measured("bytes", "size_bytes", weight=2),
        _KEY,
    ),
    Category.BUCKET: (
        _bytes("size_bytes"),
        _measured("objects", "object_count", weight=3, question="How many objects does it hold?"),
        _measured("largest object", "largest_object_bytes", question="How large is its largest object?"),
        _measured("requests", "request_count"),
        _measured("growth", "growth_bytes_per_day", question="By how many bytes does it grow in a day?"),
        _KEY,
        _EXPOSED,
        _useful("region", "region", weight=2),
        _useful("versions", "versioned"),
        _useful("lifecycle", "rules", "storage_class", "size_bytes_by_class"),
    ),
    Category.FILE_STORE: (
        _bytes("size_bytes", "used_bytes", unless=(When(kinds=("azure.netapp.account", "azure.netapp.pool", "azure.storagecache.cache")),)),
        _measured("files", "inode_count", "file_count", "object_count", weight=2, question="How many files does it hold?"),
        _useful("throughput", "throughput_mibps", "throughput_mb_per_second", "throughput_mode", "performance_mode", "size_class", "iops", weight=2),
        _useful("protocol", "protocol", "engine", "type", "file_system", "engine_version", unless=(When(kinds=("aws.efs.*",)),)),
        _useful("capacity", "capacity_bytes", "max_capacity_bytes", unless=(When(kinds=("aws.efs.*",)),)),
        _KEY,
        _BACKUP,
        _NETWORK,
    ),
    Category.VOLUME: (
        _bytes("size_bytes", severity=Severity.MEDIUM, max_age=SETTING, suppliers=(_LISTING, _PROBE, _OWNER)),
        _useful("kind of disk", "type", "storage_class", "device"),
        _useful("speed", "iops", "throughput_mibps", unless=(When(kinds=("host.*", "k8s.*")),)),
        _KEY,
    ),
    Category.VOLUME_CLAIM: (
        _useful("bytes", "size_bytes", "used_bytes", "capacity_bytes", weight=2, points_at=(Category.VOLUME, Category.FILE_STORE)),
        _useful("access", "access_modes", "protocol", "read_only"),
        _useful("storage class", "storage_class", points_at=(Category.STORAGE_CLASS, Category.VOLUME, Category.FILE_STORE)),
    ),
    Category.SNAPSHOT: (_useful("bytes", "size_bytes", "used_bytes", "capacity_bytes", weight=2), _KEY),
    Category.DATABASE: (
        _bytes("size_bytes", "used_bytes", unless=(When(kinds=("azure.sql.server", "azure.sql.elastic_pool", "azure.cosmosdb.account", "azure.kusto.cluster")),
                       When(kinds=("aws.docdb.instance", "aws.neptune.instance")))),
        _useful("engine", "engine", "type", "engine_version", weight=2, unless=(When(kinds=("aws.dynamodb.*", "gcp.firestore.*", "gcp.spanner.*", "gcp.bigtableadmin.*", "gcp.bigquery.*", "azure.cosmosdb.*", "azure.*.database", "azure.sql.*")),)),
        _useful("size of machine", "instance_type", "size_class", "compute_unit_count", "vcpu_count", "node_count", "billing_mode", "scaling", weight=2, unless=(When(kinds=("azure.*.database", "azure.sql.server", "azure.cosmosdb.*", "gcp.*", "aws.redshiftserverless.*")),)),
        _useful("copies", "multi_zone", "replica_regions", "multi_region"),
        _BACKUP,
        _KEY,
        _EXPOSED,
        _useful("allowed outage", "allowed_outage_seconds", suppliers=(_OWNER,), question="For how many seconds may it be away when it is cut over?"),
    ),
    Category.CACHE: (
        _useful("memory", "memory_bytes", "capacity_bytes", "size_bytes", "instance_type", "size_class", "compute_unit_count", weight=2),
        _useful("engine", "engine", "engine_version", "protocol"),
        _KEY,
        _useful("kept or rebuilt", "backup_retention_days", question="For how many days are its backups kept? (0: it may start empty)"),
    ),
    Category.STREAM: (
        _measured("bytes taken in", "ingested_bytes", "request_count", "throughput_mibps", "bytes_per_day", weight=3, told="bytes_per_day", question="How many bytes a day go through it?"),
        _useful("retention", "retention_days", "retention_seconds"),
        _useful("shards", "shard_count", "node_count", "compute_unit_count", "billing_mode", "capabilities", unless=(When(kinds=("gcp.pubsub.topic", "azure.eventgrid.*")),)),
        _KEY,
    ),
    Category.QUEUE: (
        _measured("requests", "request_count", "object_count", "size_bytes", "requests_per_minute_max", weight=2, told="requests_per_minute_max", question="How many messages a minute go through it, at most?"),
        _useful("retries", "retry_count", "retention_seconds", "timeout_seconds", unless=(When(kinds=("aws.events.event_bus", "aws.sns.topic")),)),
        _KEY,
    ),
    Category.FEATURE_STORE: (
        _useful("features", "features_schema", "features", "input_uris", weight=3, points_at=(Category.DATA_TABLE, Category.FEATURE_STORE)),
        _useful("online store", "online_store", "read_unit_count", "endpoint", "stage", "engine"),
        _measured("bytes", "online_store_bytes", "size_bytes", weight=2, question="How many bytes does it hold online?"),
        _useful("offline store", "offline_store", "artifact_uri", "source_uri", "table_format", points_at=(Category.BUCKET, Category.DATA_TABLE)),
        _KEY,
    ),
    Category.DATASET: (
        _useful("place", "artifact_uri", "input_uris", "source_uri", weight=3, points_at=(Category.BUCKET, Category.FILE_STORE, Category.DATABASE, Category.VOLUME)),
        _measured("bytes", "size_bytes", weight=2, question="How many bytes does it hold?"),
        _useful("format", "format", "data_type", "type"),
        _useful("residency", "residency", weight=2, suppliers=(_OWNER,), question="In which countries or regions must it stay?"),
    ),
    Category.DATA_TABLE: (
        _measured("bytes", "size_bytes", weight=3, question="How many bytes does it hold?"),
        _useful("rows", "row_count", "object_count"),
        _useful("columns", "features_schema", "keys"),
        _useful("format", "format", "table_format", "type"),
    ),
    Category.SEARCH_INDEX: (
        _measured("bytes", "size_bytes", "used_bytes", "object_count", weight=3, question="How many bytes does it hold?"),
        _useful("size", "instance_type", "size_class", "compute_unit_count", "shard_count", "type", "node_groups"),
        _useful("vectors", "vector_dimension_count", "distance_metric", "mode"),
        _KEY,
        _traffic(weight=1),
    ),
    Category.KNOWLEDGE_BASE: (
        _useful("model", "base_model", "models", weight=2),
        _useful("store", "engine", "type", points_at=(Category.SEARCH_INDEX, Category.DATABASE)),
        _IDENTITY,
    ),
    Category.WORKLOAD: (
        _IMAGE,
        _useful("accelerators asked for", "accelerator_requested_count", "accelerator_count", "accelerators", weight=2),
        _useful("memory asked for", "memory_request_bytes", "memory_bytes", "requests", "limits", "containers", "size_class"),
        _useful("replicas", "desired_count", "instance_count", "completion_count", "max_count", "node_count"),
        _IDENTITY,
    ),
    Category.FUNCTION: (
        _useful("memory", "memory_bytes", unless=(When(kinds=("gcp.bigquery.*", "azure.*")),)),
        _useful("runtime", "framework", "language", "image", "images", weight=2),
        _useful("timeout", "timeout_seconds", unless=(When(kinds=("gcp.bigquery.*", "azure.*")),)),
        _traffic(unless=(When(kinds=("gcp.bigquery.*",)),)),
        _IDENTITY,
        _useful("code", "digest", "source_uri", "image", "images"),
    ),
    Category.INSTANCE: (_accelerators(), _MACHINE, _MODELS, _DEVICE_MEMORY, _ARCHITECTURE, _USE, _DEVICE_USE, _useful("machine image", "machine_image_name", "machine_image_id", "os"), _IDENTITY),
    Category.NODE: (_accelerators(), _MACHINE, _MODELS, _DEVICE_MEMORY, _useful("driver", "driver_version", "cuda_version", unless=(_NO_ACCELERATOR,), suppliers=(_LISTING, _PROBE)), _ARCHITECTURE),
    Category.NODE_POOL: (_accelerators(unless=(_OVER, When(kinds=("aws.batch.service_environment", "azure.synapse.spark_pool")))), _MACHINE, _MODELS, _SCALING, _useful("lifecycle", "lifecycle", "spot")),
    Category.HOST: (
        _accelerators(suppliers=(_PROBE, _OWNER)),
        _MODELS,
        _useful("processors", "vcpu_count", "cpu_core_count", weight=2, suppliers=(_PROBE,)),
        _useful("memory", "memory_bytes", weight=2, suppliers=(_PROBE,)),
        _useful("driver", "driver_version", "cuda_version", "rocm_version", unless=(_NO_ACCELERATOR,), suppliers=(_PROBE,)),
        _useful("operating system", "os", "kernel_version", suppliers=(_PROBE,)),
        _useful("fabric", "topology", "interfaces", suppliers=(_PROBE,)),
        _USE,
    ),
    Category.ACCELERATOR: (_useful("model", "model", weight=3), _useful("memory", "accelerator_memory_bytes", weight=2), _useful("driver", "driver_version"), _measured("use", "utilization_ratio", suppliers=(_PROBE, _METRICS)), _useful("partitions", "mig_mode", "partitions")),
    Category.SCALING_GROUP: (_useful("machines", "instance_types", "instance_type", "accelerator_count", "machine_image_name", weight=2, points_at=(Category.LAUNCH_TEMPLATE,), unless=(When(kinds=("k8s.*",)),)), _SCALING),
    Category.CLUSTER: (_VERSION, _useful("nodes", "node_count", "node_groups", "instance_count", "accelerator_count", unless=(When(kinds=("k8s.ray.cluster",)),)), _EXPOSED, _NETWORK),
    Category.BATCH_QUEUE: (_useful("limits", "max_vcpu_count", "targets", "priority", "state", "enabled"),),
    Category.CAPACITY: (_useful("what is reserved", "instance_type", "accelerators", "accelerator_count", "compute_unit_count", "quotas", "capacity_bytes", "size_class", "limit_value", "type", weight=2), _useful("end", "expires_at", "ended_at", "renewed", "commitment")),
    Category.NETWORK: (_useful("address ranges", "cidr", "addresses", "subnets", weight=3, question="Which address ranges does it use?", unless=(When(kinds=("aws.vpclattice.*", "azure.network.virtual_wan", "gcp.compute.network")),)),),
    Category.SUBNET: (_useful("address ranges", "cidr", weight=2),),
    Category.LOAD_BALANCER: (_useful("exposure", "scheme", "public", "addresses", "endpoint", "hosts", "mode", "load_balancer_type"), _useful("listeners", "listeners", "port", "ports", "protocol", "rules", "backends")),
    Category.IDENTITY: (_useful("what it may do", "permissions", "policies", "role", "principals", "trust", weight=2, points_at=(Category.POLICY,), unless=(When(kinds=("k8s.service_account", "gcp.iam.service_account", "azure.managedidentity.identity", "aws.iam.instance_profile")),)),),
    Category.KEY: (_useful("origin", "key_origin", "type", "key_type", weight=2), _useful("rotation", "rotation", "rotated_at", "created_at"), _useful("who may use it", "principals", "permissions", unless=(When(kinds=("gcp.cloudkms.crypto_key_version", "gcp.iam.service_account_key")),))),
    Category.SECRET: (_useful("rotation", "rotation", "rotated_at", "modified_at", "created_at"),),
    Category.CERTIFICATE: (_useful("end", "expires_at", weight=2), _useful("names", "hosts")),
    Category.LOG_STORE: (_useful("retention", "retention_days"), _measured("bytes", "size_bytes", "ingested_bytes")),
}  # fmt: skip
"""The profile of each category that an assessment judges."""

WORKLOAD: tuple[Need, ...] = (
    _useful("owner", "owner", weight=3, required=True, suppliers=_LISTED, told_as=GapCode.OWNER_MISSING, why="nobody can be asked or agree to a cutover", question="Who owns it, and can be asked?"),
    _useful("criticality", "criticality", weight=2, choices=("low", "medium", "high", "critical"), question="How critical is it?"),
    _useful("environment", "environment", weight=2, choices=("production", "staging", "development"), question="What is it for?"),
    _useful("residency", "residency", weight=2, suppliers=(_OWNER,), question="In which countries or regions must its data stay? (none, or a list: EU, DE)"),
    _useful("allowed outage", "allowed_outage_seconds", weight=2, suppliers=(_OWNER,), question="For how many seconds may it be away when it is cut over?"),
    _useful("may be retired", "may_be_retired", suppliers=(_OWNER,), question="May it be retired instead of moved?"),
    _useful("licence", "licence", suppliers=(_OWNER,), question="Under which licences are its models and software, and may they be used elsewhere?"),
    _useful("retention", "retention_days", suppliers=(_OWNER,), question="For how many days must its data and logs be kept?"),
    _useful("planned growth", "growth_ratio_per_year", suppliers=(_OWNER,), question="By what factor will it grow within a year? (1 stays as it is)"),
)  # fmt: skip
"""What has to be known of a workload as a whole, and only people can say where no tag does."""

REQUIRED: Mapping[Category, tuple[Need, ...]] = {
    category: required for category, needs in PROFILES.items() if (required := tuple(n for n in needs if n.required))
}
"""Facts that an assessment cannot do without. One that is absent, or too old, makes a gap."""
