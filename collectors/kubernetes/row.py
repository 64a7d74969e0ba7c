"""How a row of Kubernetes is made, and the fields that many of them share."""

from __future__ import annotations

from collections.abc import Mapping

from collectors.kubernetes.prometheus import MEASURABLE, USE
from collectors.kubernetes.types import Objects
from collectors.kubernetes.workloads import RECOGNISED
from collectors.traffic import CLIENT_ERRORS, ERRORS, LATENCY, MEASURED, TRAFFIC
from normalize.model import Alias, Category, Field, Kind, Path, Template
from normalize.units import instant

_COMMON: Mapping[str, Path | Field] = {
    "name": "metadata.name",
    "namespace": "metadata.namespace",
    "created_at": Field("metadata.creationTimestamp", instant),
    "deleting_since_at": Field("metadata.deletionTimestamp", instant),
    "finalizers": "metadata.finalizers",
    "api_version": "$type.apiVersion",
    "owner_kind": "$facts.owner_kind",
    "written_api_versions": "$facts.written_api_versions",
}
_RECOGNISED: Mapping[str, Path | Field] = {
    name: f"$facts.{name}"
    for name in ("workload_type", "workload_type_confidence", "software", "models", "recognition")
}
_QUIET = frozenset({"$facts", "$type", "$names", TRAFFIC, USE})
_NAMES = (Alias("id", "$names[]"), Alias("id", Template("k8s-uid:{metadata.uid}")))
SENSITIVE = frozenset({"data", "stringData", "binaryData"})


_TRAFFIC: Mapping[str, Path | Field] = {
    **MEASURED,
    **LATENCY,
    **ERRORS,
    **CLIENT_ERRORS,
    "metric_name": f"{TRAFFIC}.Metric",
}
_USE: Mapping[str, Path | Field] = {
    "accelerator_utilization_ratio": f"{USE}.Busy",
    "accelerator_memory_utilization_ratio": f"{USE}.Memory",
    "utilization_window_days": f"{USE}.Days",
}


def _measured(kind: str) -> Mapping[str, Path | Field]:
    """What a Prometheus of the cluster tells of a kind, where the source names one."""
    return _USE if kind == "Node" else _TRAFFIC if kind == "Ingress" else {**_TRAFFIC, **_USE}


def row(
    name: str,
    category: Category,
    group: str,
    kind: str,
    plural: str,
    fields: Mapping[str, Path | Field] | None = None,
    *,
    namespaced: bool = True,
    sensitive: frozenset[str] = frozenset(),
    aliases: tuple[Alias, ...] = (),
    quiet: frozenset[str] = frozenset(),
) -> Kind:
    native = "{metadata.namespace}/{metadata.name}" if namespaced else "{metadata.name}"
    return Kind(
        name=name,
        category=category,
        fetch=Objects(group, kind, plural, namespaced),
        id=Template(f"k8s://{{@account}}/{group}/{kind}/{{metadata.namespace?}}/{{metadata.name}}"),
        native=Template(native),
        fields={
            **_COMMON,
            **(_RECOGNISED if (group, kind) in RECOGNISED else {}),
            **(_measured(kind) if (group, kind) in MEASURABLE else {}),
            **(fields or {}),
        },
        tags="metadata.labels",
        sensitive=sensitive,
        aliases=aliases + _NAMES,
        quiet=_QUIET | quiet,
    )


_ASKS: Mapping[str, Path | Field] = {
    name: f"$facts.{name}"
    for name in (
        "keys",
        "environment_from",
        "labels",
        "tolerations",
        "accelerator_resources",
        "extended_resources",
        "volume_types",
        "host_paths",
        "storage_classes",
        "host_network",
        "privileged",
        "annotation_names",
        "service_account",
        "runtime_class",
    )
}
BY_RUNTIME: Mapping[str, Path | Field] = {name: f"$runtime.{name}" for name in _ASKS}
"""Of pods that a training runtime makes up, the object says nothing: what it lacks is unknown, rather than not set."""
WORKLOAD: Mapping[str, Path | Field] = {
    **_ASKS,
    "images": "$facts.images",
    "desired_count": "$facts.desired_count",
    "accelerator_requested_count": "$facts.accelerator_requested_count",
}
TRAINING: Mapping[str, Path | Field] = {**WORKLOAD, "accelerator_count": "$facts.accelerator_requested_count"}
