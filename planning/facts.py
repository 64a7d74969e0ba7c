"""Facts that follow from others: what a component takes over from what it is made of, and what can be told from its own.

Each derivation names the fact that it gives and says where that stands. A fact that does not follow stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from normalize.model import Category
from planning.estate import Component, Estate
from planning.surroundings import SURROUNDINGS, surroundings


class Known(NamedTuple):
    """A value of the knowledge base and what it is worth. `status`: current, expired, secondhand, derived, unverified."""

    value: Any
    reference: str
    status: str
    source: str
    observed_at: str


class Lookup(Protocol):
    """The knowledge base, as rules ask it: "SORT/ENTRY#FACT" -> what is known; None where nothing is."""

    def __call__(self, reference: str) -> Known | None: ...


C = Category

DERIVED: Mapping[str, str] = {
    "accelerator_vendors": "Makers of its accelerators; empty when known to have none",
    "accelerator_models": "Models of its accelerators, as the source names them",
    "accelerator_device_bytes": "Memory of its smallest accelerator",
    "multi_node": "Whether one job or replica group spans several machines with accelerators",
    "image_references": "Container images, own and of what it is made of",
    "image_registries": "Hosts of the registries of its images",
    "environment_names": "Names of environment variables; never values",
    "hyperparameter_names": "Names of hyperparameters",
    "input_modes": "How its input channels reach it: File, Pipe, FastFile",
    "request_bytes_at_most": "No request is larger: as measured, else as its service allows",
    "requests_per_second_max": "Requests a second in the busiest minute measured",
    "cloud_registries": "Those of its registries that belong to a cloud: aws, gcp, azure",
    "data_uris": "Places of data that it reads, writes or is made from",
    "uri_schemes": "Schemes of those places: s3, gs, abfss, https",
    "platform": "What runs a cluster: eks, gke, aks, openshift, self-managed",
    "platform_provider": "Whose that is: aws, gcp, azure; empty for none of them",
    "cpu_architecture": "x86_64 or arm64, told by itself, its machine or the type of its machine",
    "fabric": "Network between accelerators of several machines: efa, tcpx, tcpxo, roce, infiniband, none",
    "fabric_gbps": "Rate of that network per machine",
    "nvlink_domain_count": "Accelerators that one NVLink domain joins",
    "customer_managed_key": "Whether a key of the customer's encrypts it",
    "days_since_activity": "Days since anything last happened to it",
    "local_nvme_bytes": "Local disks that the type of its machine comes with; 0 for none",
    "engine_family": "Engine of a database or cache: postgres, mysql, mariadb, sqlserver, oracle, redis, mongodb, …",
    "engine_release": "Release of that engine as a number: 100 times major plus minor, 8.4 is 804",
    **SURROUNDINGS,
}
"""Facts that stand in no inventory and follow from it, with their meaning."""


class _Inherits(NamedTuple):
    categories: frozenset[Category]
    verbs: frozenset[str]
    of: frozenset[Category]
    facts: tuple[str, ...]


_COMPUTE = ("instance_type", "instance_types", "accelerators", "accelerator_count", "accelerator_memory_bytes")
_CODE = ("image", "images", "framework", "framework_version", "environment", "keys", "artifact_uri", "command")
_SERVED = ("variants", "serverless", "asynchronous", "shadow_variants", "data_capture", "network_isolated", "models")
ANY: frozenset[str] = frozenset()


def _of(*categories: Category) -> frozenset[Category]:
    return frozenset(categories)


INHERITED: tuple[_Inherits, ...] = (
    _Inherits(_of(C.MODEL_VERSION, C.MODEL), ANY, _of(C.MODEL_VERSION), _CODE),
    _Inherits(_of(C.ENDPOINT_CONFIG, C.DEPLOYMENT), ANY, _of(C.MODEL, C.MODEL_VERSION), _CODE),
    _Inherits(_of(C.ENDPOINT), ANY, _of(C.ENDPOINT_CONFIG, C.DEPLOYMENT), (*_COMPUTE, *_SERVED, *_CODE)),
    _Inherits(_of(C.ENDPOINT), ANY, _of(C.MODEL, C.MODEL_VERSION), _CODE),
    _Inherits(_of(C.INFERENCE_JOB, C.AGENT), ANY, _of(C.MODEL, C.MODEL_VERSION), _CODE),
    _Inherits(_of(C.NODE), frozenset({"same_as"}), _of(C.INSTANCE, C.HOST), ("instance_type", "driver_version", "cuda_version")),
    _Inherits(_of(C.INSTANCE), frozenset({"same_as"}), _of(C.NODE, C.HOST), ("driver_version", "cuda_version", "topology")),
    _Inherits(_of(C.HOST), frozenset({"same_as"}), _of(C.INSTANCE), ("instance_type",)),
)  # fmt: skip
"""What a component takes over from its neighbours, in the order in which that is done: parts before wholes."""


def derive(estate: Estate, lookup: Lookup) -> None:
    """Add to the facts of all components what follows from others, in place."""
    for rule in INHERITED:
        for component in estate.components.values():
            if component.category in rule.categories:
                _inherit(estate, component, rule)
    platforms = _platforms(estate)
    for component, name, value, told_by in surroundings(estate, platforms):
        component.facts.setdefault(name, value)
        component.origins.setdefault(name, replace(component.origin(told_by), derived_by=told_by))
    for component in estate.components.values():
        for derivation in _DERIVATIONS:
            for name, value, told_by in derivation(component, lookup):
                component.facts.setdefault(name, value)
                component.origins.setdefault(name, replace(component.origin(told_by), derived_by=told_by))
        _imported(estate, component)
        if component.provider == "kubernetes" and (told := platforms.get(component.account)):
            component.facts["platform"], component.facts["platform_provider"] = told


def _inherit(estate: Estate, component: Component, rule: _Inherits) -> None:
    """Take over what neighbours say. That something is unset is taken over only where all of them know it to be: one that could not
    be read may have it."""
    near = list(estate.to(component.id, *sorted(rule.verbs)))
    if rule.verbs == {"same_as"} or component.category is C.ENDPOINT:
        near += estate.by(component.id, *sorted(rule.verbs))
    parts = [other for other in near if other.category in rule.of]
    for name in rule.facts:
        if component.facts.get(name) is not None:
            continue
        told = next((o for o in parts if o.facts.get(name) is not None), None)
        if told is None and parts and all(name in o.facts for o in parts) and name not in component.facts:
            told = parts[0]
        if told:
            component.facts[name] = told.facts[name]
            component.origins[name] = told.origin(name)


def _imported(estate: Estate, c: Component) -> None:
    """Names of environment variables of a workload that imports ConfigMaps or Secrets whole: known when all of those are."""
    named, sources = c.facts.get("keys"), c.facts.get("environment_from")
    if not isinstance(named, list) or not sources or "environment_names" in c.facts:
        return
    found = set(named)
    for entry in sources:
        other = estate.components.get(f"k8s://{c.account}//{entry['kind']}/{c.facts.get('namespace')}/{entry['name']}")
        if other is None or not isinstance(other.facts.get("keys"), list):
            return
        found |= {f"{entry.get('prefix') or ''}{key}" for key in other.facts["keys"]}
    c.facts["environment_names"] = sorted(found)
    c.origins["environment_names"] = replace(c.origin("keys"), derived_by="environment_from")


def _platforms(estate: Estate) -> dict[str, tuple[str, str]]:
    """Cluster uid -> what runs it, told by what its nodes are."""
    found: dict[str, tuple[str, str]] = {}
    for node in estate.components.values():
        if node.kind != "k8s.node" or not isinstance(node.facts.get("provider_id"), str):
            continue
        scheme = str(node.facts["provider_id"]).partition("://")[0]
        if told := {"aws": ("eks", "aws"), "gce": ("gke", "gcp"), "azure": ("aks", "azure")}.get(scheme):
            found[node.account] = told
        else:
            found.setdefault(node.account, ("self-managed", ""))
    return found


Told = Iterable[tuple[str, Any, str]]


def _accelerators(c: Component, lookup: Lookup) -> Told:
    entries = c.facts.get("accelerators")
    if isinstance(entries, list) and entries:
        whole = [e for e in entries if isinstance(e, dict)]
        yield "accelerator_vendors", sorted({e["vendor"] for e in whole if e.get("vendor")}), "accelerators"
        yield "accelerator_models", sorted({e["model"] for e in whole if e.get("model")}), "accelerators"
        sizes = [e["memory_bytes"] for e in whole if isinstance(e.get("memory_bytes"), int)]
        if sizes and len(sizes) == len(whole):
            yield "accelerator_device_bytes", min(sizes), "accelerators"
    elif isinstance(named := c.facts.get("accelerator_resources"), list) and named:
        vendors = {_RESOURCE_VENDORS[r.partition("/")[0]] for r in named if r.partition("/")[0] in _RESOURCE_VENDORS}
        yield "accelerator_vendors", sorted(vendors), "accelerator_resources"
    elif c.facts.get("accelerator_count") == 0 or c.facts.get("accelerator_requested_count") == 0:
        asked = "accelerator_count" if c.facts.get("accelerator_count") == 0 else "accelerator_requested_count"
        yield "accelerator_vendors", [], asked
        yield "accelerator_models", [], asked
        yield "accelerators", [], asked
    total, machines = c.facts.get("accelerator_count"), _machines(c)
    if c.category in _SPANNING and isinstance(total, int) and isinstance(machines, int):
        yield "multi_node", total > 0 and machines > 1, "instance_count"


_RESOURCE_VENDORS = {
    "nvidia.com": "nvidia",
    "amd.com": "amd",
    "aws.amazon.com": "aws",
    "habana.ai": "habana",
    "google.com": "google",
    "gpu.intel.com": "intel",
}
_SPANNING = frozenset({C.TRAINING_JOB, C.TUNING_JOB, C.WORKLOAD})


def _machines(c: Component) -> Any:
    for name in ("instance_count", "desired_count", "node_count", "parallelism_count"):
        if isinstance(found := c.facts.get(name), int):
            return found
    return None


_TAG = re.compile(r"^(?P<host>[^/]+\.[^/]+|localhost|[^/]+:\d+)/")


def _images(c: Component, lookup: Lookup) -> Told:
    if "image" not in c.facts and "images" not in c.facts:
        return
    found = {i for i in (c.facts.get("image"), *(c.facts.get("images") or ())) if isinstance(i, str) and i}
    told_by = "images" if c.facts.get("images") else "image"
    yield "image_references", sorted(found), told_by
    hosts = (m["host"] if (m := _TAG.match(i.partition("@")[0])) else "docker.io" for i in found)
    yield "image_registries", sorted(set(hosts)), told_by


_RUNS = frozenset(
    {C.ENDPOINT, C.ENDPOINT_CONFIG, C.DEPLOYMENT, C.MODEL, C.TRAINING_JOB, C.TUNING_JOB, C.WORKLOAD, C.FUNCTION, C.PIPELINE, C.NOTEBOOK, C.INFERENCE_JOB, C.DATA_JOB}
)  # fmt: skip


_CLOUD_REGISTRIES = (
    ("aws", re.compile(r"\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?$")),
    ("gcp", re.compile(r"(?:^|\.)gcr\.io$|\.pkg\.dev$")),
    ("azure", re.compile(r"\.azurecr\.(?:io|cn|us)$")),
)


def _registries(c: Component, lookup: Lookup) -> Told:
    if isinstance(hosts := c.facts.get("image_registries"), list):
        found = {cloud for host in hosts for cloud, pattern in _CLOUD_REGISTRIES if pattern.search(host)}
        yield "cloud_registries", sorted(found), "image_registries"


def _training(c: Component, lookup: Lookup) -> Told:
    if isinstance(named := c.facts.get("hyperparameters"), dict):
        yield "hyperparameter_names", sorted(named), "hyperparameters"
    elif "hyperparameters" in c.facts:
        yield "hyperparameter_names", [], "hyperparameters"
    if "inputs" in c.facts or "input_mode" in c.facts:
        channels = [i.get("mode") for i in c.facts.get("inputs") or () if isinstance(i, dict)]
        modes = {m for m in (c.facts.get("input_mode"), *channels) if isinstance(m, str)}
        yield "input_modes", sorted(modes), "inputs"


def _traffic(c: Component, lookup: Lookup) -> Told:
    busiest = c.facts.get("requests_per_minute_max")
    if isinstance(busiest, int | float):
        yield "requests_per_second_max", busiest / 60, "requests_per_minute_max"
    if c.facts.get("request_count") == 0:
        for name in ("latency_p50_seconds", "latency_p99_seconds", "requests_per_second_max", "request_bytes_at_most"):
            yield name, None, "request_count"
    if isinstance(largest := c.facts.get("max_request_bytes"), int):
        yield "request_bytes_at_most", largest, "max_request_bytes"
    elif (way := _way_of_serving(c)) and (most := lookup(f"service_limits/{way}#payload_bytes")):
        yield "request_bytes_at_most", most.value, "variants"


def _way_of_serving(c: Component) -> str:
    """The entry of service_limits that bounds what reaches an endpoint today; "" where none does."""
    if c.kind == "aws.sagemaker.endpoint" and "asynchronous" in c.facts:
        return (
            "aws.async" if c.facts["asynchronous"] else "aws.serverless" if c.facts.get("serverless") else "aws.online"
        )
    return "gcp.online" if c.kind == "gcp.aiplatform.endpoint" else ""


def _environment(c: Component, lookup: Lookup) -> Told:
    if c.category not in _RUNS:
        return
    if isinstance(env := c.facts.get("environment"), dict):
        yield "environment_names", sorted(env), "environment"
    elif isinstance(keys := c.facts.get("keys"), list) and not c.facts.get("environment_from"):
        yield "environment_names", sorted(keys), "keys"
    elif c.facts.get("keys", 0) is None or "environment" in c.facts:
        yield "environment_names", [], "keys"


_URIS = ("artifact_uri", "source_uri", "checkpoint_uri", "input_uris", "output_uris")


def _uris(c: Component, lookup: Lookup) -> Told:
    told = [name for name in _URIS if name in c.facts]
    if not told:
        return
    found: set[str] = set()
    for name in told:
        value = c.facts[name]
        found.update([value] if isinstance(value, str) else value or ())
    for entry in (e for n in ("inputs", "outputs") for e in c.facts.get(n) or () if isinstance(e, dict)):
        found.update(v for k, v in entry.items() if k == "uri" and isinstance(v, str))
    yield "data_uris", sorted(found), told[0]
    yield "uri_schemes", sorted({u.partition("://")[0] for u in found if "://" in u}), told[0]


def instance_type(c: Component) -> str | None:
    """The one type of machine that it runs on; None where there are several, or nothing says."""
    if isinstance(one := c.facts.get("instance_type"), str):
        return one
    several = c.facts.get("instance_types")
    return several[0] if isinstance(several, list) and len(set(several)) == 1 else None


def _machine(c: Component, lookup: Lookup) -> Told:
    if isinstance(told := c.facts.get("architecture"), str):
        yield (
            "cpu_architecture",
            {"amd64": "x86_64", "aarch64": "arm64"}.get(told.lower(), told.lower()),
            "architecture",
        )
    type_ = instance_type(c)
    if type_ is None:
        return
    name = type_.removeprefix("ml.")
    for fact in ("cpu_architecture", "fabric", "fabric_gbps", "nvlink_domain_count", "local_nvme_bytes"):
        if (known := lookup(f"instance_types/{name}#{fact}")) and known.status != "unverified":
            yield fact, known.value, "instance_type"


_AWS_OWNED = re.compile(r"alias/aws/|aws/(?:s3|ebs|rds|sagemaker)")
_PROVIDERS_OWN = (
    "AES256",
    "GOOGLE_DEFAULT_ENCRYPTION",
    "Microsoft.Storage",
    "EncryptionAtRestWithPlatformKey",
    "SSE-S3",
)


def _key(c: Component, lookup: Lookup) -> Told:
    if "encryption_key" in c.facts:
        key = c.facts["encryption_key"]
        own = bool(key) and not _AWS_OWNED.search(str(key))
        yield "customer_managed_key", own, "encryption_key"
    elif c.facts.get("encryption") in _PROVIDERS_OWN:
        yield "customer_managed_key", False, "encryption"


_ENGINES = (
    ("postgres", re.compile(r"postgres|alloydb")),
    ("mariadb", re.compile("mariadb")),
    ("mysql", re.compile("mysql|aurora$")),
    ("sqlserver", re.compile(r"sqlserver|azure\.sql\.")),
    ("oracle", re.compile("oracle")),
    ("db2", re.compile("db2")),
    ("mongodb", re.compile(r"docdb|mongo")),
    ("valkey", re.compile("valkey")),
    ("memcached", re.compile("memcache")),
    ("redis", re.compile("redis|memorydb")),
    ("elasticsearch", re.compile("elasticsearch")),
    ("opensearch", re.compile("opensearch")),
)
"""Engine, and how engines, versions or, where those say nothing, kinds name it."""
_HAS_ENGINE = frozenset({C.DATABASE, C.CACHE, C.SEARCH_INDEX, C.CLUSTER})
_RELEASE = re.compile(r"(?P<major>\d+)(?:[._](?P<minor>\d+))?")


def _engine(c: Component, lookup: Lookup) -> Told:
    if c.category not in _HAS_ENGINE:
        return
    texts = [str(c.facts.get(n) or "").lower() for n in ("engine", "engine_version")] + [c.kind]
    family = next((name for t in texts for name, pattern in _ENGINES if pattern.search(t)), None)
    if family is None:
        return
    yield "engine_family", family, "engine" if c.facts.get("engine") else "engine_version"
    if m := _RELEASE.search(str(c.facts.get("engine_version") or "")):
        yield "engine_release", int(m["major"]) * 100 + int(m["minor"] or 0), "engine_version"
    elif c.facts.get("engine_version", 0) is None:
        yield "engine_release", None, "engine_version"


_DERIVATIONS: tuple[Callable[[Component, Lookup], Told], ...] = (
    _accelerators,
    _images,
    _registries,
    _training,
    _traffic,
    _environment,
    _uris,
    _machine,
    _engine,
    _key,
)
