"""What a Kubernetes manifest has to become for another provider's clusters: the edits, and the difference to apply.

Owns the edits: identity, load balancers, node labels and taints, storage and ingress classes, image registries. What only
people can fill in is written in CAPITALS. Values that were never read (secrets) stay marked as such.
"""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from planning.knowledge import Entry, Knowledge

FLAVOURS: Mapping[str, str] = {"aws": "eks", "gcp": "gke", "azure": "aks"}
"""Target -> the Kubernetes that it is; one that is asked for as "kubernetes" is nobody's and gets no provider's words."""

_SERVER_FIELDS = ("managedFields", "uid", "resourceVersion", "generation", "creationTimestamp", "selfLink", "ownerReferences", "deletionTimestamp", "deletionGracePeriodSeconds")  # fmt: skip
_SERVER_NOTES = ("deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration", "pv.kubernetes.io/", "volume.kubernetes.io/", "volume.beta.kubernetes.io/", "batch.kubernetes.io/")  # fmt: skip
_TEMPLATES = ("spec.template", "spec.jobTemplate.spec.template")
_REGISTRIES = re.compile(r"^(?:\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?|[a-z0-9-]+-docker\.pkg\.dev/[^/]+/[^/]+|(?:[a-z]+\.)?gcr\.io/[^/]+|[a-z0-9]+\.azurecr\.(?:io|cn|us))/")  # fmt: skip

_IMAGES_AT: Mapping[str, str] = {
    "eks": "ACCOUNT.dkr.ecr.REGION.amazonaws.com",
    "gke": "REGION-docker.pkg.dev/PROJECT/REPOSITORY",
    "aks": "REGISTRY.azurecr.io",
}
_IDENTITY: Mapping[str, Mapping[str, str]] = {
    "eks": {"eks.amazonaws.com/role-arn": "arn:aws:iam::ACCOUNT:role/ROLE"},
    "gke": {"iam.gke.io/gcp-service-account": "SERVICE-ACCOUNT@PROJECT.iam.gserviceaccount.com"},
    "aks": {"azure.workload.identity/client-id": "CLIENT-ID-OF-THE-MANAGED-IDENTITY"},
}


@dataclass(frozen=True, slots=True)
class Edits:
    """A manifest for the target. `notes` say what was changed and why; `fill_in` are the words in capitals to replace."""

    manifest: Mapping[str, Any]
    difference: str
    notes: tuple[str, ...]
    fill_in: tuple[str, ...]


def for_target(payload: Mapping[str, Any], target: str, knowledge: Knowledge) -> Edits:
    """The manifest of an object as read, edited for a target.

    Args:
        payload: the object as the API server gave it; what Stocktake added (keys with "$") is left out.
    """
    before = portable(payload)
    after = copy.deepcopy(before)
    flavour = FLAVOURS.get(target, "")
    entry = knowledge.entry("kubernetes_flavours", flavour) if flavour else None
    foreign = [e for e in knowledge.sort("kubernetes_flavours").values() if e.id != flavour]
    notes: list[str] = []
    for edit in _EDITS:
        notes += edit(after, flavour, entry, foreign)
    told = yaml.safe_dump(after, sort_keys=True)
    return Edits(after, _difference(before, after), tuple(notes), tuple(sorted(set(_CAPITALS.findall(told)))))


_CAPITALS = re.compile(r"\b(?:ACCOUNT|REGION|PROJECT|REPOSITORY|REGISTRY|ROLE|SERVICE-ACCOUNT|CLIENT-ID-OF-THE-MANAGED-IDENTITY|STORAGE-CLASS|INGRESS-CLASS|INSTANCE-TYPE|ACCELERATOR)\b")  # fmt: skip


def portable(payload: Mapping[str, Any]) -> dict[str, Any]:
    """An object without what its API server made: status, ids, times, owners, and the notes of controllers."""
    told = payload.get("$type") or {}
    out: dict[str, Any] = {
        "apiVersion": payload.get("apiVersion") or told.get("apiVersion"),
        "kind": payload.get("kind") or told.get("kind"),
    }
    out |= {
        k: copy.deepcopy(v) for k, v in payload.items() if k not in ("status", "apiVersion", "kind") and k[:1] != "$"
    }
    given: dict[str, Any] = out.get("metadata") or {}
    meta = {k: v for k, v in given.items() if k not in _SERVER_FIELDS}
    notes = {k: v for k, v in (meta.get("annotations") or {}).items() if not k.startswith(_SERVER_NOTES)}
    meta.pop("annotations", None)
    out["metadata"] = {**meta, "annotations": notes} if notes else meta
    spec = out.get("spec")
    if out["kind"] == "Service" and isinstance(spec, dict):
        for made in ("clusterIP", "clusterIPs", "healthCheckNodePort"):
            spec.pop(made, None)
    if out["kind"] == "PersistentVolumeClaim" and isinstance(spec, dict):
        spec.pop("volumeName", None)
    return out


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    old, new = (yaml.safe_dump(m, sort_keys=True).splitlines(keepends=True) for m in (before, after))
    name = f"{before.get('kind')}-{(before.get('metadata') or {}).get('name')}.yaml".lower()
    return "".join(difflib.unified_diff(old, new, f"a/{name}", f"b/{name}"))


def _pods(obj: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Pod templates of a workload: {metadata, spec}."""
    for path in _TEMPLATES:
        at: Any = obj
        for key in path.split("."):
            at = at.get(key) if isinstance(at, dict) else None
        if isinstance(at, dict) and isinstance(at.get("spec"), dict):
            yield at


def _identity(obj: dict[str, Any], flavour: str, entry: Entry | None, foreign: list[Entry]) -> Iterator[str]:
    if obj["kind"] != "ServiceAccount":
        return
    notes = obj["metadata"].get("annotations") or {}
    old = [k for k in notes if any(k in (e.get("identity_annotations") or ()) for e in foreign)]
    if not old:
        return
    for k in old:
        del notes[k]
    notes.update(_IDENTITY.get(flavour, {}))
    _put(obj["metadata"], "annotations", notes)
    yield f"identity: {', '.join(old)} names another cloud's identity"


def _pod_identity(obj: dict[str, Any], flavour: str, entry: Entry | None, foreign: list[Entry]) -> Iterator[str]:
    """AKS reads a label of the pod as well; elsewhere that label means nothing."""
    label = "azure.workload.identity/use"
    for pod in _pods(obj):
        labels = (pod.get("metadata") or {}).get("labels") or {}
        if flavour == "aks" and pod["spec"].get("serviceAccountName", "default") != "default" and label not in labels:
            pod.setdefault("metadata", {})["labels"] = labels | {label: "true"}
            yield f"identity: pods need the label {label} where their service account is bound to one"
        elif flavour != "aks" and label in labels:
            del labels[label]
            yield f"identity: the label {label} is read by AKS alone"


def _load_balancer(obj: dict[str, Any], flavour: str, entry: Entry | None, foreign: list[Entry]) -> Iterator[str]:
    if obj["kind"] not in ("Service", "Ingress", "Gateway"):
        return
    notes = obj["metadata"].get("annotations") or {}
    old = [k for k in notes if any(k.startswith(tuple(e.get("load_balancer_annotations") or ("\0",))) for e in foreign)]
    if not old:
        return
    inside = any(notes[k] in ("internal", "Internal", "true") and "internal" in f"{k} {notes[k]}".lower() for k in old)
    for k in old:
        del notes[k]
    if inside and entry and obj["kind"] == "Service":
        notes |= entry.get("internal_load_balancer") or {}
    _put(obj["metadata"], "annotations", notes)
    yield f"load balancer: {', '.join(old)} {'are' if len(old) > 1 else 'is'} read by another cloud{'; kept inside the network' if inside else ''}"


def _ingress_class(obj: dict[str, Any], flavour: str, entry: Entry | None, foreign: list[Entry]) -> Iterator[str]:
    spec = obj.get("spec") or {}
    if obj["kind"] != "Ingress" or not (name := spec.get("ingressClassName")):
        return
    if any(name in (e.get("ingress_classes") or ()) for e in foreign):
        spec["ingressClassName"] = next(iter((entry.get("ingress_classes") if entry else None) or ["INGRESS-CLASS"]))
        yield f"ingress class: {name} is another cloud's"


def _storage_class(obj: dict[str, Any], flavour: str, entry: Entry | None, foreign: list[Entry]) -> Iterator[str]:
    specs = [obj["spec"]] if obj["kind"] == "PersistentVolumeClaim" and isinstance(obj.get("spec"), dict) else []
    specs += [
        t["spec"] for t in (obj.get("spec") or {}).get("volumeClaimTemplates") or () if isinstance(t.get("spec"), dict)
    ]
    for spec in specs:
        name = spec.get("storageClassName")
        if not name or not any(name == c or name.startswith(f"{c}-") for e in foreign for c in (*(e.get("default_storage_classes") or ()), "gp3", "io2", "efs", "fsx")):  # fmt: skip
            continue
        shared = "ReadWriteMany" in (spec.get("accessModes") or ())
        known = (entry.get("default_storage_classes") if entry else None) or []
        spec["storageClassName"] = "STORAGE-CLASS" if shared or not known else known[0]
        yield f"storage class: {name} is another cloud's{'; name one with a file service behind it' if shared else ''}"


_GPU_KEYS: Mapping[str, str] = {"gke": "cloud.google.com/gke-accelerator", "eks": "node.kubernetes.io/instance-type", "aks": "node.kubernetes.io/instance-type"}  # fmt: skip


def _placement(obj: dict[str, Any], flavour: str, entry: Entry | None, foreign: list[Entry]) -> Iterator[str]:
    for pod in _pods(obj):
        spec = pod["spec"]
        chosen = spec.get("nodeSelector") or {}
        marks = [k for e in foreign for k in (*(e.get("node_labels") or ()), *(e.get("accelerator_labels") or ()))]
        foreign_keys = (*marks, "topology.kubernetes.io/", "failure-domain.beta")
        old = [k for k in chosen if k.startswith(foreign_keys) or k.endswith("kubernetes.io/instance-type")]
        if old:
            for k in old:
                del chosen[k]
            if any("accelerator" in k or "gpu" in k or k.endswith("instance-type") for k in old) and _asks(spec):
                chosen[_GPU_KEYS.get(flavour, "nvidia.com/gpu.product")] = (
                    "INSTANCE-TYPE" if flavour in ("eks", "aks") else "ACCELERATOR"
                )
            _put(spec, "nodeSelector", chosen)
            yield f"node selector: {', '.join(old)} {'are' if len(old) > 1 else 'is'} set by another cloud"
        taints = [t for e in foreign for t in e.get("node_labels") or ()]
        kept = [
            t for t in spec.get("tolerations") or () if not str(t.get("key") or "").startswith(tuple(taints) or ("\0",))
        ]
        if len(kept) < len(spec.get("tolerations") or ()):
            _put(spec, "tolerations", kept)
            yield "tolerations: taints that another cloud sets are left out"
        if _asks(spec) and not any(t.get("key") in ("nvidia.com/gpu", None, "") for t in kept):
            spec["tolerations"] = [*kept, {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
            yield "tolerations: pools with GPUs are tainted with nvidia.com/gpu"


def _asks(spec: Mapping[str, Any]) -> bool:
    return any(
        "nvidia.com/gpu" in ((c.get("resources") or {}).get("limits") or {}) for c in spec.get("containers") or ()
    )


def _images(obj: dict[str, Any], flavour: str, entry: Entry | None, foreign: list[Entry]) -> Iterator[str]:
    at, changed = _IMAGES_AT.get(flavour, "REGISTRY"), set[str]()
    for pod in _pods(obj):
        for c in [*(pod["spec"].get("initContainers") or ()), *(pod["spec"].get("containers") or ())]:
            if isinstance(image := c.get("image"), str) and (m := _REGISTRIES.match(image)):
                changed.add(m[0].rstrip("/"))
                c["image"] = f"{at}/{image[m.end() :]}"
    if changed:
        yield f"images: copied by digest from {', '.join(sorted(changed))}"


def _put(holder: dict[str, Any], key: str, value: Any) -> None:
    """Set, or take away what became empty."""
    if value:
        holder[key] = value
    else:
        holder.pop(key, None)


_EDITS: tuple[Callable[[dict[str, Any], str, Entry | None, list[Entry]], Iterator[str]], ...] = (
    _identity,
    _pod_identity,
    _load_balancer,
    _ingress_class,
    _storage_class,
    _placement,
    _images,
)
