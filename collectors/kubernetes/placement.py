"""What the pods of a workload ask of the cluster they run in: nodes, devices, volumes, the host, settings by name. Pure.

Names and types only: values of environment variables are never among them. A workload whose pods something else makes up
(a training runtime) says nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from normalize.accelerators import EXTENDED_RESOURCES
from normalize.model import Json

NATIVE_RESOURCES = frozenset({"cpu", "memory", "storage", "ephemeral-storage", "pods"})


def asks(obj: Json, specs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the row of a workload reads about where its pods can run."""
    names = {a for s in specs if isinstance(a := s.get("serviceAccountName"), str)}
    classes = {c for s in specs if isinstance(c := s.get("runtimeClassName"), str)}
    containers = [c for s in specs for c in containers_of(s)]
    volumes = [v for s in specs for v in _dicts(s.get("volumes"))]
    out: dict[str, Any] = {
        "keys": sorted({e["name"] for c in containers for e in _dicts(c.get("env")) if isinstance(e.get("name"), str)}),
        "environment_from": [e for c in containers for e in _imported(c)],
        "labels": _labels(specs),
        "tolerations": sorted({_toleration(t) for s in specs for t in _dicts(s.get("tolerations"))}),
        "extended_resources": sorted({r for c in containers for r in _resources(c)}),
        "accelerator_resources": sorted({r for c in containers for r in _resources(c) if r in EXTENDED_RESOURCES}),
        "volume_types": sorted({t for v in volumes if (t := volume_type(v))}),
        "host_paths": sorted({p for v in volumes if isinstance(p := (v.get("hostPath") or {}).get("path"), str)}),
        "storage_classes": sorted({*_ephemeral_classes(volumes), *_template_classes(obj)}),
        "host_network": any(s.get("hostNetwork") is True for s in specs),
        "privileged": any((c.get("securityContext") or {}).get("privileged") is True for c in containers),
        "annotation_names": annotation_names(obj, *_templates(obj)),
    }
    for name, said in (("service_account", names), ("runtime_class", classes)):
        if len(said) < 2:  # which of several is meant, the object does not say
            out[name] = next(iter(said), None)
    return out


def containers_of(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All containers of a pod, those that run first among them."""
    return [c for part in ("initContainers", "containers") for c in _dicts(spec.get(part))]


def annotation_names(*objects: Any) -> list[str]:
    """Names of the annotations of objects or pod templates."""
    found = {
        name
        for o in objects
        if isinstance(o, dict)
        for name in (o.get("metadata") or {}).get("annotations") or {}
        if isinstance(name, str)
    }
    return sorted(found)


def volume_type(volume: Mapping[str, Any]) -> str:
    """What backs a volume of a pod or a persistent volume: "hostPath", "nfs", "csi:DRIVER"; empty where nothing says."""
    if isinstance(csi := volume.get("csi"), dict):
        return f"csi:{csi.get('driver')}"
    return next((k for k, v in volume.items() if isinstance(v, dict) and k in _SOURCES), "")


_SOURCES = frozenset(
    {
        "awsElasticBlockStore",
        "azureDisk",
        "azureFile",
        "cephfs",
        "cinder",
        "configMap",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "fc",
        "flexVolume",
        "gcePersistentDisk",
        "glusterfs",
        "hostPath",
        "image",
        "iscsi",
        "local",
        "nfs",
        "persistentVolumeClaim",
        "portworxVolume",
        "projected",
        "rbd",
        "secret",
        "vsphereVolume",
    }
)
"""Names of volume sources: core/v1 Volume and PersistentVolumeSpec, kubernetes.io/docs/concepts/storage/volumes, read 2026-11-24."""


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def _imported(container: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Objects whose keys all become names of environment variables."""
    for entry in _dicts(container.get("envFrom")):
        for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            if isinstance(name := (entry.get(key) or {}).get("name"), str):
                yield {"kind": kind, "name": name, "prefix": entry.get("prefix") or ""}


def _labels(specs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Labels that a node must have, by selector or required affinity, with their values; "*" where any value will do."""
    found: dict[str, set[str]] = {}
    for spec in specs:
        for key, value in (spec.get("nodeSelector") or {}).items():
            found.setdefault(str(key), set()).add(str(value))
        affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
        required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
        for term in _dicts(required.get("nodeSelectorTerms")):
            for one in _dicts(term.get("matchExpressions")):
                if one.get("operator") != "DoesNotExist":
                    values = one.get("values") if one.get("operator") == "In" else None
                    found.setdefault(str(one.get("key")), set()).update(map(str, values or ["*"]))
    return {key: ",".join(sorted(values)) for key, values in sorted(found.items())}


def _toleration(entry: Mapping[str, Any]) -> str:
    value = f"={entry['value']}" if entry.get("value") else ""
    return f"{entry.get('key') or '*'}{value}:{entry.get('effect') or '*'}"


def _resources(container: Mapping[str, Any]) -> Iterator[str]:
    resources = container.get("resources") or {}
    for part in ("requests", "limits"):
        for name, amount in (resources.get(part) or {}).items():
            if name not in NATIVE_RESOURCES and not name.startswith("hugepages-") and str(amount) != "0":
                yield name


def _ephemeral_classes(volumes: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for volume in volumes:
        claim = ((volume.get("ephemeral") or {}).get("volumeClaimTemplate") or {}).get("spec") or {}
        if isinstance(name := claim.get("storageClassName"), str):
            yield name


def _template_classes(obj: Json) -> Iterator[str]:
    for template in _dicts((obj.get("spec") or {}).get("volumeClaimTemplates")):
        if isinstance(name := (template.get("spec") or {}).get("storageClassName"), str):
            yield name


def _templates(value: Json) -> Iterator[dict[str, Any]]:
    """Pod templates at any depth of an object: whatever has metadata and a spec with containers."""
    if isinstance(value, list):
        for item in value:
            yield from _templates(item)
    elif isinstance(value, dict):
        if isinstance(spec := value.get("spec"), dict) and "containers" in spec:
            yield value
        for key, item in value.items():
            if key not in ("status", "metadata") and isinstance(item, dict | list):
                yield from _templates(item)
