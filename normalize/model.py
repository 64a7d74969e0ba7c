"""Frozen records that travel between packages, and the kind row that describes a type of thing.

Owns shapes. Refuses behaviour that needs a provider, a store or a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from normalize.errors import CollectError

Json = Any
"""What a JSON document holds: None, bool, int, float, str, list or dict with string keys."""

Path = str | tuple[str, ...]
"""Where a value lies in a payload: "Placement.AvailabilityZone", "Volumes[].VolumeId" (all of a list),
"Items[0].Id" (one), or a tuple of keys where a key itself holds dots: ("status", "capacity", "nvidia.com/gpu")."""


class Dimension(StrEnum):
    """The eight questions that a migration asks of an estate."""

    TRAINING = "training"
    MODELS = "models"
    DATA = "data"
    INFERENCE = "inference"
    OBSERVABILITY = "observability"
    NETWORK = "network"
    SECURITY = "security"
    COMPUTE = "compute"


class Category(StrEnum):
    """What a thing is, whoever provides it. Rules and reports judge categories, never providers."""

    TRAINING_JOB = "training_job"
    PIPELINE = "pipeline"
    EXPERIMENT = "experiment"
    RUN = "run"
    NOTEBOOK = "notebook"
    WORKSPACE = "workspace"
    TUNING_JOB = "tuning_job"
    PIPELINE_RUN = "pipeline_run"

    MODEL = "model"
    MODEL_VERSION = "model_version"
    MODEL_REGISTRY = "model_registry"
    IMAGE_REPOSITORY = "image_repository"
    MODEL_JOB = "model_job"
    MODEL_CARD = "model_card"
    GUARDRAIL = "guardrail"
    PROMPT = "prompt"

    BUCKET = "bucket"
    FILE_STORE = "file_store"
    VOLUME = "volume"
    VOLUME_CLAIM = "volume_claim"
    STORAGE_CLASS = "storage_class"
    SNAPSHOT = "snapshot"
    DATABASE = "database"
    CACHE = "cache"
    STREAM = "stream"
    FEATURE_STORE = "feature_store"
    DATASET = "dataset"
    DATA_JOB = "data_job"
    DATA_CATALOG = "data_catalog"
    DATA_TABLE = "data_table"
    SEARCH_INDEX = "search_index"
    KNOWLEDGE_BASE = "knowledge_base"
    QUEUE = "queue"
    BACKUP = "backup"
    DATA_TRANSFER = "data_transfer"

    ENDPOINT = "endpoint"
    ENDPOINT_CONFIG = "endpoint_config"
    DEPLOYMENT = "deployment"
    INFERENCE_JOB = "inference_job"
    AGENT = "agent"
    API = "api"

    LOG_STORE = "log_store"
    ALARM = "alarm"
    MONITOR = "monitor"
    DASHBOARD = "dashboard"
    METRIC_STORE = "metric_store"
    AUDIT_TRAIL = "audit_trail"

    NETWORK = "network"
    SUBNET = "subnet"
    FIREWALL = "firewall"
    ROUTE_TABLE = "route_table"
    GATEWAY = "gateway"
    PRIVATE_LINK = "private_link"
    ADDRESS = "address"
    NETWORK_INTERFACE = "network_interface"
    LOAD_BALANCER = "load_balancer"
    SERVICE = "service"
    DNS_ZONE = "dns_zone"
    DNS_RECORD = "dns_record"
    CDN = "cdn"
    CONNECTION = "connection"

    IDENTITY = "identity"
    POLICY = "policy"
    KEY = "key"
    SECRET = "secret"  # noqa: S105  the word, not a password
    CERTIFICATE = "certificate"
    IDENTITY_PROVIDER = "identity_provider"
    ACCOUNT = "account"

    INSTANCE = "instance"
    NODE = "node"
    HOST = "host"
    ACCELERATOR = "accelerator"
    CLUSTER = "cluster"
    NODE_POOL = "node_pool"
    WORKLOAD = "workload"
    POD = "pod"
    CONTAINER = "container"
    PROCESS = "process"
    FUNCTION = "function"
    BATCH_QUEUE = "batch_queue"
    SCALING_GROUP = "scaling_group"
    LAUNCH_TEMPLATE = "launch_template"
    MACHINE_IMAGE = "machine_image"
    NAMESPACE = "namespace"
    SETTINGS = "settings"
    REGION = "region"
    CAPACITY = "capacity"
    QUOTA = "quota"
    COST = "cost"

    LISTING = "listing"
    DECLARATION = "declaration"
    UNMODELLED = "unmodelled"

    @property
    def dimension(self) -> Dimension | None:
        """The dimension this category counts for; None for types that no row describes yet, and for what is no thing of
        its own but another listing's or a declaration's word on one."""
        return _DIMENSIONS[self]


_BY_DIMENSION: Mapping[Dimension, tuple[Category, ...]] = {
    Dimension.TRAINING: (
        Category.TRAINING_JOB,
        Category.PIPELINE,
        Category.EXPERIMENT,
        Category.RUN,
        Category.NOTEBOOK,
        Category.WORKSPACE,
        Category.TUNING_JOB,
        Category.PIPELINE_RUN,
    ),
    Dimension.MODELS: (
        Category.MODEL,
        Category.MODEL_VERSION,
        Category.MODEL_REGISTRY,
        Category.IMAGE_REPOSITORY,
        Category.MODEL_JOB,
        Category.MODEL_CARD,
        Category.GUARDRAIL,
        Category.PROMPT,
    ),
    Dimension.DATA: (
        Category.BUCKET,
        Category.FILE_STORE,
        Category.VOLUME,
        Category.VOLUME_CLAIM,
        Category.STORAGE_CLASS,
        Category.SNAPSHOT,
        Category.DATABASE,
        Category.CACHE,
        Category.STREAM,
        Category.FEATURE_STORE,
        Category.DATASET,
        Category.DATA_JOB,
        Category.DATA_CATALOG,
        Category.DATA_TABLE,
        Category.SEARCH_INDEX,
        Category.KNOWLEDGE_BASE,
        Category.QUEUE,
        Category.BACKUP,
        Category.DATA_TRANSFER,
    ),
    Dimension.INFERENCE: (
        Category.ENDPOINT,
        Category.ENDPOINT_CONFIG,
        Category.DEPLOYMENT,
        Category.INFERENCE_JOB,
        Category.AGENT,
        Category.API,
    ),
    Dimension.OBSERVABILITY: (
        Category.LOG_STORE,
        Category.ALARM,
        Category.MONITOR,
        Category.DASHBOARD,
        Category.METRIC_STORE,
        Category.AUDIT_TRAIL,
    ),
    Dimension.NETWORK: (
        Category.NETWORK,
        Category.SUBNET,
        Category.FIREWALL,
        Category.ROUTE_TABLE,
        Category.GATEWAY,
        Category.PRIVATE_LINK,
        Category.ADDRESS,
        Category.NETWORK_INTERFACE,
        Category.LOAD_BALANCER,
        Category.SERVICE,
        Category.DNS_ZONE,
        Category.DNS_RECORD,
        Category.CDN,
        Category.CONNECTION,
    ),
    Dimension.SECURITY: (
        Category.IDENTITY,
        Category.POLICY,
        Category.KEY,
        Category.SECRET,
        Category.CERTIFICATE,
        Category.IDENTITY_PROVIDER,
        Category.ACCOUNT,
    ),
}
_DIMENSIONS: dict[Category, Dimension | None] = dict.fromkeys(Category, Dimension.COMPUTE)
_DIMENSIONS |= {c: d for d, cs in _BY_DIMENSION.items() for c in cs}
_DIMENSIONS |= {Category.UNMODELLED: None, Category.LISTING: None, Category.DECLARATION: None}


class Outcome(StrEnum):
    """How a look at one kind in one scope ended."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    DENIED = "denied"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where one listing happens. `account` is an account, project, subscription, cluster or server id;
    `place` is a region, a cluster or a host."""

    provider: str
    account: str
    place: str


@dataclass(frozen=True, slots=True)
class Field:
    """A value of the payload under our name.

    `convert` gets the raw value and returns ours; it raises ValueError, TypeError, KeyError or MappingError when
    the value does not fit. `required` makes the whole record unfit when the value is absent or does not fit;
    otherwise only the attribute is left out, and the misfit counted.
    """

    path: Path
    convert: Any = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """An identity made of payload values and of the scope: "arn:{@partition}:ec2:{@place}:{@account}:vpc/{VpcId}".

    Names after @ are `provider`, `account`, `place` and `partition` (AWS); all others are payload paths.
    A missing value makes the record unfit.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A declared mention: the value at `path` names a thing of kind `target`.

    `within` says how far the value is unique: "place" (same account and place as the source), "account"
    (same account, whatever place), or "world". ARNs, URIs and ids of our own (k8s://…) are recognised by their
    shape and need no `within`. `path` may give a list; `optional` marks mentions that may dangle by design. An empty
    `target` is for ARNs of several kinds of things: each names its own.
    """

    verb: str
    target: str
    path: Path | Template
    within: str = "place"
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name under which the thing is known: `form` is one of identity.FORMS ("arn", "uri", "dns", "image",
    "mlflow", "address", "id"), `value` where to read it."""

    form: str
    value: Path | Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One row per type of thing. Everything derivable (permissions, docs, limiter key, tests) follows from it.

    Attributes:
        name: `provider.service.noun`, singular.
        category: what it is, whoever provides it.
        fetch: how to list it; a value of the provider's own fetch type.
        id: the identity that the whole world would use; readable from the listing alone.
        native: what the provider calls it (i-0abc…); used for declared links.
        unique: how far `native` is unique: "place", "account" or "world".
        fields: our attribute name -> where it lies. Names come from vocabulary.TERMS.
        tags: where tags lie: a map, or a list of {Key, Value}.
        needs: permissions beyond those that follow from `fetch`.
        links: declared mentions of other things.
        aliases: further names that mentions may use.
        sensitive: payload paths whose values never leave the collector ("Environment", "Containers[].Env");
            names and recognisable mentions inside survive.
        quiet: payload paths that are not searched for mentions.
    """

    name: str
    category: Category
    fetch: Any
    id: Path | Template
    fields: Mapping[str, Path | Field]
    native: Path | Template = ""
    unique: str = "place"
    tags: Path = ""
    needs: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    aliases: tuple[Alias, ...] = ()
    sensitive: frozenset[str] = frozenset()
    quiet: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One item as the system gave it. `payload` is plain JSON; keys that begin with "$" are Stocktake's own
    (enrichment from other calls). `call` is the listing call, e.g. "ec2:DescribeInstances". `gaps` are detail
    calls of this record that failed: they cost this record's detail, not the scope."""

    kind: str
    scope: Scope
    payload: Json
    source: str
    call: str
    observed_at: datetime
    gaps: tuple[CollectError, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing in the inventory. An unknown attribute is an absent key; None means that the source said null."""

    id: str
    kind: str
    category: Category
    scope: Scope
    name: str | None
    native_id: str | None
    attributes: Mapping[str, Json]
    tags: Mapping[str, str | None]


class Reference(NamedTuple):
    """An unresolved mention of something.

    Attributes:
        path: JSON path in the payload, "$.ProductionVariants[0].ModelName".
        verb: read left to right: `uses_image`, `encrypted_by`; "mentions" where only the shape was recognised.
        value: what the payload says, without credentials and query strings.
        key: canonical key (identity.py); equal keys name the same thing.
        target: kind of the thing meant, "" where unknown.
        provider, account, place: where it should be, as far as the mention says; "" where it does not.
        optional: it may dangle by design.
    """

    source_id: str
    path: str
    verb: str
    value: str
    key: str
    call: str
    target: str = ""
    provider: str = ""
    account: str = ""
    place: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """A resolved mention."""

    source_id: str
    verb: str
    target_id: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Observation:
    """What one raw record says, redacted and normalized: all that the store keeps of it.

    `aliases` are canonical keys of the resource; `misfits` says which attributes did not fit the vocabulary.
    """

    resource: Resource
    aliases: tuple[str, ...]
    references: tuple[Reference, ...]
    payload: Json
    call: str
    observed_at: datetime
    gaps: tuple[CollectError, ...] = ()
    misfits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Misfit:
    """A record that fits no row, kept with its (redacted) payload and the reason."""

    kind: str
    scope: Scope
    payload: Json
    call: str
    reason: str
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one look at one kind in one scope was worth. Exactly one per run, source, kind and scope.

    `kind` "*" with a `place` of "?" says that nothing of an account could be looked at. `since` bounds a listing by
    age: what was made before is listed only while it runs, so nothing is proven about it.
    """

    run_id: str
    source: str
    kind: str
    scope: Scope
    outcome: Outcome
    records: int
    gaps: int
    quarantined: int
    started_at: datetime
    finished_at: datetime
    reason: str = ""
    needs: tuple[str, ...] = ()
    since: datetime | None = None

    def proves_absence(self) -> bool:
        """Whether a thing not listed here is really not there (with `since`: a thing made after it). Only then may a
        resource be marked gone."""
        return self.outcome is Outcome.COMPLETE and self.quarantined == 0

    def is_blind_spot(self) -> bool:
        """Whether something may be there that we did not see (or not wholly)."""
        blind = (Outcome.PARTIAL, Outcome.DENIED, Outcome.FAILED)
        return self.outcome in blind or self.gaps > 0 or self.quarantined > 0


@dataclass(frozen=True, slots=True)
class Pair:
    """The unit of work and of proof: one kind in one scope of one source."""

    source: str
    kind: str
    scope: Scope


class GapCode(StrEnum):
    """Ways in which an inventory does not know something. Texts of severity and remedy: gap.py."""

    COVERAGE_DENIED = "coverage-denied"
    COVERAGE_FAILED = "coverage-failed"
    COVERAGE_PARTIAL = "coverage-partial"
    SCOPE_UNSCANNED = "scope-unscanned"
    DANGLING_REFERENCE = "dangling-reference"
    EXTERNAL_DEPENDENCY = "external-dependency"
    EVIDENCE_MISSING = "evidence-missing"
    WORKLOAD_INCOMPLETE = "workload-incomplete"
    SECOND_SOURCE_MISMATCH = "second-source-mismatch"
    UNMODELLED_TYPE = "unmodelled-type"
    UNRECONCILED_SPEND = "unreconciled-spend"
    UNDECLARED = "undeclared"
    DECLARED_NOT_FOUND = "declared-not-found"
    STALE = "stale"
    OWNER_MISSING = "owner-missing"


class Severity(StrEnum):
    """By what the gap does to a migration."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a gap shows: `source` is the configured source and the call, `path` a JSON path, `value` what stands there."""

    source: str
    path: str
    value: str
    resource_id: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that the inventory does not know. `id` is stable between runs; `missing` holds what is known of the
    absent thing: kind, reference, provider, account, place. `why` explains the severity, `remedy` says what a person
    does next."""

    id: str
    code: GapCode
    severity: Severity
    why: str
    subject_id: str
    subject: str
    missing: Mapping[str, str]
    evidence: tuple[Evidence, ...]
    evidence_count: int
    remedy: str
    extra: Mapping[str, Json] = field(default_factory=dict)
