"""What objects of operators name: other objects by well-known fields, models by URI, what delivery tools deploy. Pure.

Owns tables for the kinds of operators.py, in the form that edges.py reads. Sources as there; where a field is from memory of the
operator's documentation, the link is optional: it never makes a gap.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from normalize.identity import bucket_name, kubernetes_id, uri_name
from normalize.mapping import located, read
from normalize.model import Json


class Named(NamedTuple):
    """A place that names an object: path, verb, group and kind of what is named, its namespace and name."""

    path: str
    verb: str
    group: str
    kind: str
    namespace: str
    name: str
    optional: bool = True


_QUEUE = "kueue.x-k8s.io/queue-name"
_STRIMZI_CLUSTER = "strimzi.io/cluster"
_OF_CLUSTER: Mapping[str, str] = {
    "KafkaTopic": "Kafka",
    "KafkaUser": "Kafka",
    "KafkaNodePool": "Kafka",
    "KafkaConnector": "KafkaConnect",
}


def named(obj: Json, group: str, kind: str, namespace: str) -> Iterator[Named]:
    """Objects that stand behind labels, hosts and lists of names, which no single field holds."""
    labels = (obj.get("metadata") or {}).get("labels") or {}
    if isinstance(queue := labels.get(_QUEUE), str) and queue and (group, kind) != ("", "Pod"):
        yield Named(f'$.metadata.labels["{_QUEUE}"]', "waits_in", "kueue.x-k8s.io", "LocalQueue", namespace, queue)
    if group == "kafka.strimzi.io" and kind in _OF_CLUSTER and isinstance(name := labels.get(_STRIMZI_CLUSTER), str):
        at = f'$.metadata.labels["{_STRIMZI_CLUSTER}"]'
        yield Named(at, "part_of", group, _OF_CLUSTER[kind], namespace, name, optional=False)
    for path in _SERVICE_HOSTS.get((group, kind), ()):
        for at, host in located(obj, path):
            if service := _service(host, namespace):
                yield Named(at, "routes_to", "", "Service", *service)
    for path, verb, to_group, to_kind in _LISTS.get((group, kind), ()):
        for at, name in located(obj, path):
            place, _, last = str(name).rpartition("/")
            if isinstance(name, str) and last and last != "mesh":
                yield Named(at, verb, to_group, to_kind, place or namespace, last)
    if (group, kind) == ("nvidia.com", "DynamoGraphDeployment"):
        for part, told in ((obj.get("spec") or {}).get("services") or {}).items():
            if isinstance(name := told.get("envFromSecret"), str) and name:
                yield Named(
                    f'$.spec.services["{part}"].envFromSecret', "reads", "", "Secret", namespace, name, optional=False
                )
    if (group, kind) == ("serving.kserve.io", "InferenceGraph"):
        for node, told in ((obj.get("spec") or {}).get("nodes") or {}).items():
            for i, step in enumerate(told.get("steps") or []):
                if isinstance(name := step.get("serviceName"), str):
                    yield Named(
                        f'$.spec.nodes["{node}"].steps[{i}].serviceName',
                        "calls",
                        group,
                        "InferenceService",
                        namespace,
                        name,
                    )


_SERVICE_HOSTS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("networking.istio.io", "DestinationRule"): ("spec.host",),
    ("networking.istio.io", "VirtualService"): (
        "spec.http[].route[].destination.host", "spec.tcp[].route[].destination.host", "spec.tls[].route[].destination.host",
        "spec.http[].mirror.host",
    ),
}  # fmt: skip
_LISTS: Mapping[tuple[str, str], tuple[tuple[str, str, str, str], ...]] = {
    ("networking.istio.io", "VirtualService"): (("spec.gateways[]", "attached_to", "networking.istio.io", "Gateway"),),
    ("kueue.x-k8s.io", "ClusterQueue"): (
        ("spec.admissionChecks[]", "guarded_by", "kueue.x-k8s.io", "AdmissionCheck"),
        ("spec.admissionChecksStrategy.admissionChecks[].name", "guarded_by", "kueue.x-k8s.io", "AdmissionCheck"),
    ),
    ("kueue.x-k8s.io", "MultiKueueConfig"): (("spec.clusters[]", "connects", "kueue.x-k8s.io", "MultiKueueCluster"),),
    ("flow.volcano.sh", "JobFlow"): (("spec.flows[].name", "starts", "flow.volcano.sh", "JobTemplate"),),
}


def _service(host: Json, namespace: str) -> tuple[str, str] | None:
    """(namespace, name) of the Service that a host of a mesh means; None for one outside, or a pattern.

    Source: istio.io, "Destination Rule", host: short names are of the rule's own namespace; read 2026-11-24.
    """
    if not isinstance(host, str) or not re.fullmatch(r"[a-z0-9.-]+", host):
        return None
    if host.endswith(".svc.cluster.local"):
        name, _, place = host.removesuffix(".svc.cluster.local").partition(".")
        return (place, name) if place and "." not in place else None
    return (namespace, host) if "." not in host else None


# --- models, buckets, what is deployed --------------------------------------------------------------------------

_LOADS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("serving.kserve.io", "InferenceService"): (
        "spec.predictor.model.storageUri", "spec.predictor.storageUris[].uri", "spec.transformer.storageUris[].uri",
    ),
    ("serving.kserve.io", "LLMInferenceService"): ("spec.model.uri", "spec.model.lora.adapters[].uri"),
    ("serving.kserve.io", "TrainedModel"): ("spec.model.storageUri",),
    ("serving.kserve.io", "LocalModelCache"): ("spec.sourceModelUri",),
    ("mlops.seldon.io", "Model"): ("spec.storageUri",),
    ("model.aibrix.ai", "ModelAdapter"): ("spec.artifactURL",),
    ("nvidia.com", "DynamoModel"): ("spec.source.uri",),
}  # fmt: skip
_HUB_IDS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("nvidia.com", "DynamoGraphDeploymentRequest"): ("spec.model",),
}
"""Where a bare ORGANISATION/NAME is one of the Hugging Face hub."""

Link = dict[str, Any]


def outside(obj: Json, group: str, kind: str, cluster: str, unscoped: frozenset[tuple[str, str]]) -> Iterator[Link]:
    """Links to models, buckets and claims that are loaded, and to what a delivery tool says that it deployed."""
    namespace = str((obj.get("metadata") or {}).get("namespace") or "")
    for path in _LOADS.get((group, kind), ()):
        for at, uri in located(obj, path):
            if isinstance(uri, str) and (link := _loaded(uri, at, cluster, namespace)):
                yield link
    for path in _HUB_IDS.get((group, kind), ()):
        for at, name in located(obj, path):
            if isinstance(name, str) and (link := _loaded(f"hf://{name}", at, cluster, namespace)):
                yield link | {"value": name}
    if tell := _TELLERS.get((group, kind)):
        yield from tell(obj, cluster, unscoped)


def _loaded(uri: str, at: str, cluster: str, namespace: str) -> Link | None:
    if claim := re.match(r"pvc://([a-z0-9.-]+)", uri):
        key = kubernetes_id(cluster, "", "PersistentVolumeClaim", namespace, claim[1])
        return {
            "verb": "loads",
            "key": key,
            "path": at,
            "value": uri,
            "target": "k8s.persistent_volume_claim",
            "provider": "kubernetes",
        }
    name = uri_name(uri)
    return (
        {"verb": "loads", "key": name.key, "path": at, "value": uri, "target": name.target, "provider": name.provider}
        if name
        else None
    )


_HERE = frozenset({"https://kubernetes.default.svc", "in-cluster"})
_MOST_DECLARED = 2000


def _argo(obj: Json, cluster: str, unscoped: frozenset[tuple[str, str]]) -> Iterator[Link]:
    """Objects that an Application says that it manages, if it deploys into its own cluster.

    Source: argo-cd.readthedocs.io, "Application specification reference" (destination.server https://kubernetes.default.svc is the cluster
    itself; status.resources), read 2026-11-24.
    """
    destination = read(obj, "spec.destination")
    goal = destination if isinstance(destination, dict) else {}
    if goal.get("server") not in _HERE and goal.get("name") not in _HERE:
        return
    for i, one in enumerate(_listed(obj, "status.resources")):
        if isinstance(one, dict) and not one.get("hook"):
            yield from _declared(
                cluster,
                unscoped,
                f"$.status.resources[{i}]",
                str(one.get("group") or ""),
                one.get("kind"),
                one.get("namespace"),
                one.get("name"),
            )


def _flux(obj: Json, cluster: str, unscoped: frozenset[tuple[str, str]]) -> Iterator[Link]:
    """Objects in the inventory of a Kustomization, "NAMESPACE_NAME_GROUP_KIND", if it deploys into its own cluster.

    Source: fluxcd.io, "Kustomization", Inventory; read 2026-11-24.
    """
    if isinstance(read(obj, "spec.kubeConfig"), dict):
        return
    for i, entry in enumerate(_listed(obj, "status.inventory.entries")):
        parts = str(entry.get("id") if isinstance(entry, dict) else "").split("_")
        if len(parts) == 4:
            namespace, name, group, kind = parts
            yield from _declared(cluster, unscoped, f"$.status.inventory.entries[{i}].id", group, kind, namespace, name)


def _listed(obj: Json, path: str) -> list[Json]:
    found = read(obj, path)
    return found[:_MOST_DECLARED] if isinstance(found, list) else []


def _declared(
    cluster: str, unscoped: frozenset[tuple[str, str]], at: str, group: str, kind: Json, namespace: Json, name: Json
) -> Iterator[Link]:
    if not isinstance(kind, str) or not isinstance(name, str) or not kind or not name:
        return
    place = "" if (group, kind) in unscoped else str(namespace or "")
    key = kubernetes_id(cluster, group, kind, place, name)
    yield {
        "verb": "declares",
        "key": key,
        "path": at,
        "value": name,
        "group": group,
        "kind": kind,
        "provider": "kubernetes",
        "account": cluster,
        "place": "",
        "optional": True,
    }


_VELERO: Mapping[str, str] = {"aws": "s3", "velero.io/aws": "s3", "gcp": "gs", "velero.io/gcp": "gs"}


def _velero(obj: Json, cluster: str, unscoped: frozenset[tuple[str, str]]) -> Iterator[Link]:
    """The bucket of a BackupStorageLocation. Source: velero.io, "Backup Storage Location", read 2026-11-24."""
    bucket, provider = read(obj, "spec.objectStorage.bucket"), read(obj, "spec.provider")
    elsewhere = isinstance(read(obj, "spec.config.s3Url"), str)
    scheme = _VELERO.get(str(provider))
    if scheme and not elsewhere and isinstance(bucket, str) and (name := bucket_name(scheme, bucket)):
        yield {
            "verb": "stores_in",
            "key": name.key,
            "path": "$.spec.objectStorage.bucket",
            "value": bucket,
            "target": name.target,
            "provider": name.provider,
        }


_TELLERS: Mapping[tuple[str, str], Callable[[Json, str, frozenset[tuple[str, str]]], Iterator[Link]]] = {
    ("argoproj.io", "Application"): _argo,
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): _flux,
    ("velero.io", "BackupStorageLocation"): _velero,
}
