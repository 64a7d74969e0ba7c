"""From an object as served to the payload of a record: what is dropped, what is computed. Pure.

Dropped for every kind: managed fields, and the last-applied annotation (a second copy of the whole object, secrets included).
Added: "$type" (the type it was read as), "$facts" (what no single field holds), "$links" (edges.py and addresses.py), "$names"
(addresses.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from collectors.kubernetes import helm, nodes, workloads
from collectors.kubernetes.addresses import addresses
from collectors.kubernetes.edges import edges
from collectors.kubernetes.placement import annotation_names, volume_type
from collectors.kubernetes.rows import kind_name
from collectors.kubernetes.types import Objects
from collectors.kubernetes.workloads import RECOGNISED
from collectors.recognition import recognise
from normalize.errors import MISSHAPEN, CollectError, MappingError
from normalize.identity import kubernetes_id
from normalize.model import Json
from normalize.redaction import MARK, mask
from normalize.units import size_bytes

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_ROLE_ANNOTATIONS = (
    "eks.amazonaws.com/role-arn",
    "iam.gke.io/gcp-service-account",
    "azure.workload.identity/client-id",
)
_OWN = ("$type", "$facts", "$links", "$names")
_INGRESS_CLASS = "kubernetes.io/ingress.class"
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def payload(
    obj: Mapping[str, Any], type_: Objects, cluster_uid: str, unscoped: frozenset[tuple[str, str]]
) -> tuple[dict[str, Any], tuple[CollectError, ...]]:
    """(payload, gaps) of one object. Custom resources may have any shape: where ours does not fit, the object is kept
    without what would have been computed, and the gap says so."""
    out = {k: v for k, v in obj.items() if k not in _OWN}
    gaps: tuple[CollectError, ...] = ()
    written: list[str] = []
    if isinstance(meta := out.get("metadata"), dict):
        written = _written(meta, type_.api_version)
        out["metadata"] = _metadata(meta)
    released: list[dict[str, Any]] = []
    if (type_.group, type_.kind) == ("", "Secret"):
        released = _released(out, cluster_uid, unscoped)
        out |= _closed(out)
    out["$type"] = {"apiVersion": type_.api_version, "kind": type_.kind}
    try:
        computed = _facts(out, type_, cluster_uid) | {"written_api_versions": written}
        links = [_target(edge) for edge in edges(out, type_, cluster_uid, unscoped)] + computed.pop("links", [])
        names, stated = addresses(out, type_, cluster_uid)
        out |= {"$facts": computed, "$links": links + stated + released} | ({"$names": names} if names else {})
    except (*MISSHAPEN, MappingError) as error:
        said = f"an object has a shape that is not its kind's: {type(error).__name__}"
        gaps = (CollectError(said, call=f"GET {type_.path}"),)
    return out, gaps


def _metadata(meta: Mapping[str, Any]) -> dict[str, Any]:
    out = {k: v for k, v in meta.items() if k != "managedFields"}
    if isinstance(notes := out.get("annotations"), dict) and LAST_APPLIED in notes:
        out["annotations"] = {k: v for k, v in notes.items() if k != LAST_APPLIED}
    return out


def _written(meta: Mapping[str, Any], read_as: str) -> list[str]:
    """API versions in which an object was written, as far as its own history tells, and the one in which it was read. What
    writes a status is no author."""
    found = {read_as}
    for entry in meta.get("managedFields") or []:
        if isinstance(entry, dict) and not entry.get("subresource") and isinstance(entry.get("apiVersion"), str):
            found.add(entry["apiVersion"])
    applied = (meta.get("annotations") or {}).get(LAST_APPLIED)
    if isinstance(applied, str) and (m := _APPLIED_VERSION.search(applied)):
        found.add(m["version"])
    return sorted(found)


_APPLIED_VERSION = re.compile(r'^\s*\{\s*"apiVersion"\s*:\s*"(?P<version>[a-z0-9./-]{1,80})"')


def _closed(secret: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a Secret, masked before anything else sees them. A Helm release is a whole chart with its values:
    nothing of it is kept but the key, and what the values of the deployed one mention."""
    whole = secret.get("type") == "helm.sh/release.v1"
    told = helm.mentioned(secret) if whole else ()
    mark = f"{MARK[:-1]}; mentions {' '.join(told)}]" if told else MARK
    return {
        part: {k: mark if whole else mask(v) if isinstance(v, str) else MARK for k, v in values.items()}
        for part in ("data", "stringData")
        if isinstance(values := secret.get(part), dict)
    }


def _released(secret: Mapping[str, Any], cluster: str, unscoped: frozenset[tuple[str, str]]) -> list[dict[str, Any]]:
    """What a deployed Helm release declares, as links: the path says which object of it."""
    if secret.get("type") != "helm.sh/release.v1":
        return []
    return [
        {
            "verb": "declares", "key": kubernetes_id(cluster, group, kind, namespace, name), "path": f"{kind}/{name}", "value": name,
            "target": kind_name(group, kind), "provider": "kubernetes", "account": cluster, "place": "", "optional": True,
        }
        for group, kind, namespace, name in helm.declared(secret, unscoped)
    ]  # fmt: skip


def _target(edge: dict[str, Any]) -> dict[str, Any]:
    if "target" in edge:
        return edge
    named = {k: v for k, v in edge.items() if k not in ("group", "kind")}
    return named | {"target": kind_name(edge["group"], edge["kind"])}


def _facts(obj: Json, type_: Objects, cluster: str) -> dict[str, Any]:
    group_kind = type_.group, type_.kind
    out: dict[str, Any] = {}
    owners = (obj.get("metadata") or {}).get("ownerReferences") or []
    if controller := next((o["kind"] for o in owners if o.get("controller")), None):
        out["owner_kind"] = controller
    if group_kind in workloads.GROUPS:
        out |= workloads.facts(obj, *group_kind)
    elif group_kind in _WITH_IMAGES:
        out["images"] = workloads.images(obj)
    if group_kind in _FACTS:
        out |= _FACTS[group_kind](obj)
    if group_kind in RECOGNISED and not controller:
        out |= recognise(obj, *group_kind, cluster)
    return out


def _service(obj: Json) -> dict[str, Any]:
    spec = obj.get("spec") or {}
    hosts = [spec["externalName"]] if spec.get("externalName") else []
    return {
        "ports": [f"{p['port']}/{p.get('protocol', 'TCP')}" for p in spec.get("ports") or []],
        "hosts": hosts + list(_balancers(obj)),
        "annotation_names": annotation_names(obj),
    }


def _balancers(obj: Json) -> Iterator[str]:
    for entry in ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []:
        if name := entry.get("hostname") or entry.get("ip"):
            yield name


def _ingress(obj: Json) -> dict[str, Any]:
    rules = (obj.get("spec") or {}).get("rules") or []
    backends = [
        {"host": rule.get("host"), "path": path.get("path"), "service": path["backend"]["service"]["name"]}
        for rule in rules
        for path in (rule.get("http") or {}).get("paths") or []
        if "service" in path.get("backend", {})
    ]
    notes = (obj.get("metadata") or {}).get("annotations") or {}
    class_ = (obj.get("spec") or {}).get("ingressClassName") or notes.get(_INGRESS_CLASS)
    return {
        "hosts": [*(r["host"] for r in rules if r.get("host")), *_balancers(obj)],
        "backends": backends,
        "ingress_class": class_ or None,
        "annotation_names": annotation_names(obj),
    }


def _keys(obj: Json) -> dict[str, Any]:
    keys = sorted({*(obj.get("data") or {}), *(obj.get("binaryData") or {})})
    return {"keys": keys, "key_count": len(keys)}


def _principals(obj: Json) -> dict[str, Any]:
    named = (
        f"{s['kind']}:{s['namespace']}/{s['name']}" if s.get("namespace") else f"{s['kind']}:{s['name']}"
        for s in obj.get("subjects") or []
    )
    return {"principals": list(named)}


def _service_account(obj: Json) -> dict[str, Any]:
    notes = (obj.get("metadata") or {}).get("annotations") or {}
    role = next((notes[k] for k in _ROLE_ANNOTATIONS if notes.get(k)), None)
    return {"annotation_names": annotation_names(obj)} | ({"role": role} if role else {})


def _autoscaler(obj: Json) -> dict[str, Any]:
    """By what it scales: "Resource:cpu", "External:NAME"; in autoscaling/v1, the processor alone."""
    spec = obj.get("spec") or {}
    told = []
    for metric in spec.get("metrics") or []:
        of = metric.get(f"{metric['type'][:1].lower()}{metric['type'][1:]}") or {}
        told.append(f"{metric['type']}:{of.get('name') or (of.get('metric') or {}).get('name') or ''}")
    return {"scaled_by": sorted(set(told)) or ["Resource:cpu"]}


def _persistent_volume(obj: Json) -> dict[str, Any]:
    found = volume_type(obj.get("spec") or {})
    return {"volume_types": [found]} if found else {}


def _storage_class(obj: Json) -> dict[str, Any]:
    notes = (obj.get("metadata") or {}).get("annotations") or {}
    return {"default": notes.get(_DEFAULT_CLASS) == "true"}


def _definition(obj: Json) -> dict[str, Any]:
    return {"served_versions": [v["name"] for v in (obj.get("spec") or {}).get("versions") or [] if v.get("served")]}


_WITH_IMAGES = frozenset(
    {
        ("serving.knative.dev", "Revision"),
        ("sparkoperator.k8s.io", "ScheduledSparkApplication"),
        ("keda.sh", "ScaledJob"),
        ("opentelemetry.io", "OpenTelemetryCollector"),
        *(("slinky.slurm.net", kind) for kind in ("Controller", "LoginSet", "Accounting", "RestApi")),
    }
)
"""Types that hold images, and whose pods are counted elsewhere."""


def _pool(obj: Json) -> dict[str, Any]:
    """Labels of the pods that an InferencePool routes to: a map since v1, under matchLabels."""
    selector = (obj.get("spec") or {}).get("selector") or {}
    return {"selector": selector.get("matchLabels", selector)} if isinstance(selector, dict) else {}


def _application(obj: Json) -> dict[str, Any]:
    spec = obj.get("spec") or {}
    sources = [spec.get("source"), *(spec.get("sources") or [])]
    urls = [s["repoURL"] for s in sources if isinstance(s, dict) and isinstance(s.get("repoURL"), str)]
    return {"repository": urls[0]} if urls else {}


def _kafka(obj: Json) -> dict[str, Any]:
    listeners = (obj.get("status") or {}).get("listeners") or []
    return {"hosts": [text for one in listeners if isinstance(text := one.get("bootstrapServers"), str)]}


def _kafka_nodes(obj: Json) -> dict[str, Any]:
    """Bytes of the volumes of one broker; those of JBOD are added up.

    Source: strimzi.io, "Deploying and Managing", KafkaNodePool schema, storage; read 2026-11-24.
    """
    storage = (obj.get("spec") or {}).get("storage") or {}
    volumes = storage.get("volumes") or [storage]
    sizes = [v["size"] for v in volumes if isinstance(v, dict) and isinstance(v.get("size"), str)]
    return {"size_bytes": sum(map(size_bytes, sizes))} if sizes and len(sizes) == len(volumes) else {}


def _slice(obj: Json) -> dict[str, Any]:
    """Devices that a driver of dynamic resource allocation offers. Up to v1beta1, what is said of one stands under `basic`.

    Source: kubernetes.io, API reference, ResourceSlice of resource.k8s.io v1 and v1beta1; products as the drivers of NVIDIA and AMD name
    them (productName), read 2026-11-24.
    """
    devices = [d for d in (obj.get("spec") or {}).get("devices") or [] if isinstance(d, dict)]
    told = [(d.get("basic") or d).get("attributes") or {} for d in devices]
    products = {
        text
        for t in told
        for key, v in t.items()
        if key.rpartition("/")[2] == "productName" and (text := v.get("string"))
    }
    return {"device_count": len(devices)} | ({"products": sorted(products)} if products else {})


_FACTS: Mapping[tuple[str, str], Callable[[Json], dict[str, Any]]] = {
    ("", "Node"): nodes.facts,
    ("", "Pod"): workloads.pod_facts,
    ("", "Service"): _service,
    ("", "ConfigMap"): _keys,
    ("", "Secret"): _keys,
    ("", "ServiceAccount"): _service_account,
    ("", "PersistentVolume"): _persistent_volume,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("storage.k8s.io", "StorageClass"): _storage_class,
    ("rbac.authorization.k8s.io", "RoleBinding"): _principals,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _principals,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("resource.k8s.io", "ResourceSlice"): _slice,
    ("argoproj.io", "Application"): _application,
    ("kafka.strimzi.io", "Kafka"): _kafka,
    ("kafka.strimzi.io", "KafkaNodePool"): _kafka_nodes,
    ("inference.networking.k8s.io", "InferencePool"): _pool,
    ("inference.networking.x-k8s.io", "InferencePool"): _pool,
    ("llm-d.ai", "InferencePool"): _pool,
}
