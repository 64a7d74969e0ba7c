"""Accelerators of a node, from what its labels and its capacity say. Pure.

A physical device can be advertised many times (time slicing, MPS) or in pieces (MIG), be seen under several resource names
(Neuron), or not be advertised at all (no device plugin; dynamic resource allocation). Counts here are of physical devices.
Where that number follows from nothing, it stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from normalize.accelerators import accelerator, total
from normalize.model import Json
from normalize.units import GIB, MIB, quantity

_AWS_ACCELERATED = re.compile(r"(?:p|g|inf|trn|dl|vt|f)\d")
"""Families of EC2 sizes with an accelerator. Source: docs.aws.amazon.com, "Amazon EC2 accelerated computing instances",
read 2026-11-24."""

_AWS_MODELS: Mapping[str, str] = {
    "p3": "V100-SXM2-16GB",
    "p3dn": "V100-SXM2-32GB",
    "p4d": "A100-SXM4-40GB",
    "p4de": "A100-SXM4-80GB",
    "p5": "H100-80GB-HBM3",
    "p5e": "H200",
    "p5en": "H200",
    "g4dn": "T4",
    "g5": "A10G",
    "g5g": "T4G",
    "g6": "L4",
    "gr6": "L4",
    "g6e": "L40S",
}
"""NVIDIA model by EC2 family, in the words of the driver. Source: as above."""

_NEURON: Mapping[str, tuple[str, int, int]] = {
    # family: model, cores of a chip, GiB of a chip
    "inf1": ("Inferentia1", 4, 8),
    "inf2": ("Inferentia2", 2, 32),
    "trn1": ("Trainium1", 2, 32),
    "trn1n": ("Trainium1", 2, 32),
    "trn2": ("Trainium2", 8, 96),
}
"""Source: awsdocs-neuron.readthedocs-hosted.com, "Trn1/Inf2/Trn2 Architecture", read 2026-11-24."""

_OTHERS: Mapping[str, tuple[str, str, str, str]] = {
    # resource: vendor, form, label that names the model, label that tells memory
    "amd.com/gpu": ("amd", "gpu", "amd.com/gpu.product-name", "amd.com/gpu.vram"),
    "habana.ai/gaudi": ("habana", "gaudi", "habana.ai/gaudi.product", ""),
    "google.com/tpu": ("google", "tpu", "cloud.google.com/gke-tpu-accelerator", ""),
    "gpu.intel.com/i915": ("intel", "gpu", "gpu.intel.com/product", ""),
    "gpu.intel.com/xe": ("intel", "gpu", "gpu.intel.com/product", ""),
}
_MIG = re.compile(r"nvidia\.com/mig-(?P<profile>[0-9a-z.+-]+)")
_MIG_PRODUCT = re.compile(r"-MIG-(?P<profile>[0-9a-z.+]+)$")


def accelerators(node: Json) -> list[dict[str, Any]] | None:
    """Entries of the attribute `accelerators`; [] where it is known that there are none, None where nothing tells."""
    labels = (node.get("metadata") or {}).get("labels") or {}
    capacity = _amounts(node)
    found = [*_nvidia(labels, capacity), *_neuron(labels, capacity), *_others(labels, capacity)]
    if found or _none_for_sure(labels, capacity):
        return found
    return None


def partitions(node: Json) -> list[dict[str, Any]]:
    """MIG devices that the node advertises: profile and count."""
    labels = (node.get("metadata") or {}).get("labels") or {}
    capacity = _amounts(node)
    found = [{"profile": m["profile"], "count": n} for k, n in capacity.items() if n and (m := _MIG.fullmatch(k))]
    single = _MIG_PRODUCT.search(labels.get("nvidia.com/gpu.product", ""))
    if single and (count := capacity.get("nvidia.com/gpu")):
        found.append({"profile": single["profile"], "count": count})
    return found


def _amounts(node: Json) -> dict[str, int]:
    capacity = (node.get("status") or {}).get("capacity") or {}
    return {k: int(quantity(v)) for k, v in capacity.items() if "/" in k}


def _instance_type(labels: Mapping[str, str]) -> str:
    return labels.get("node.kubernetes.io/instance-type") or labels.get("beta.kubernetes.io/instance-type") or ""


def _family(labels: Mapping[str, str]) -> str:
    return _instance_type(labels).partition(".")[0]


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


def _nvidia(labels: Mapping[str, str], capacity: Mapping[str, int]) -> list[dict[str, Any]]:
    """By the labels of GPU feature discovery, else of Karpenter or GKE, else by capacity.

    Under the MIG strategy "single", gpu.count and capacity count MIG devices and the product carries the profile; under time
    slicing and MPS, capacity is multiplied by gpu.replicas while gpu.count is not. Source:
    github.com/NVIDIA/k8s-device-plugin, docs/gpu-feature-discovery, read 2026-11-24.
    """
    product = labels.get("nvidia.com/gpu.product") or labels.get("cloud.google.com/gke-accelerator") or ""
    sliced = _MIG_PRODUCT.search(product)
    karpenter = _karpenter(labels)
    count = karpenter
    if not sliced:
        count = _whole(labels.get("nvidia.com/gpu.count")) or karpenter
    if count is None:
        count = _whole(labels.get("cloud.google.com/gke-accelerator-count"))
    if count is None and not sliced:
        count = capacity.get("nvidia.com/gpu")
    if not count:
        return []
    memory = _whole(labels.get("nvidia.com/gpu.memory")) if not sliced else None
    memory = memory or _whole(labels.get("karpenter.k8s.aws/instance-gpu-memory"))
    return [
        accelerator(
            "nvidia",
            _nvidia_model(product, labels),
            count,
            memory_bytes=memory * MIB if memory else None,
            partition=_sharing(labels, capacity, sliced),
        )
    ]


def _karpenter(labels: Mapping[str, str]) -> int | None:
    if labels.get("karpenter.k8s.aws/instance-gpu-manufacturer") != "nvidia":
        return None
    return _whole(labels.get("karpenter.k8s.aws/instance-gpu-count"))


def _nvidia_model(product: str, labels: Mapping[str, str]) -> str:
    name = _MIG_PRODUCT.sub("", product).removesuffix("-SHARED")
    name = re.sub(r"^(?:NVIDIA|nvidia|Tesla|tesla)-", "", name)
    known = name or _AWS_MODELS.get(_family(labels)) or labels.get("karpenter.k8s.aws/instance-gpu-name", "").upper()
    return known.removeprefix("Tesla-") or "unknown"


def _sharing(labels: Mapping[str, str], capacity: Mapping[str, int], sliced: re.Match[str] | None) -> str | None:
    if sliced:
        return f"mig-{sliced['profile']}"
    mixed = sorted(m["profile"] for k, n in capacity.items() if n and (m := _MIG.fullmatch(k)))
    if mixed:
        return "mig-" + "+".join(mixed)
    strategy = labels.get("nvidia.com/gpu.sharing-strategy", "none")
    replicas = _whole(labels.get("nvidia.com/gpu.replicas")) or 1
    return f"{strategy}-{replicas}" if strategy != "none" and replicas > 1 else None


def _neuron(labels: Mapping[str, str], capacity: Mapping[str, int]) -> list[dict[str, Any]]:
    """neuron and neurondevice count chips, neuroncore their cores: three views of the same chips, never a sum."""
    model, cores, gib = _NEURON.get(_family(labels), ("unknown", 0, 0))
    chips = capacity.get("aws.amazon.com/neuron") or capacity.get("aws.amazon.com/neurondevice")
    if not chips and cores:
        chips = capacity.get("aws.amazon.com/neuroncore", 0) // cores
    if not chips:
        return []
    return [accelerator("aws", model, chips, memory_bytes=gib * GIB if gib else None, form="neuron")]


def _others(labels: Mapping[str, str], capacity: Mapping[str, int]) -> list[dict[str, Any]]:
    found = []
    for resource, (vendor, form, model, memory) in _OTHERS.items():
        if count := capacity.get(resource):
            size = re.fullmatch(r"(\d+)G", labels.get(memory, "")) if memory else None
            bytes_ = int(size[1]) * GIB if size else None
            found.append(accelerator(vendor, labels.get(model) or "unknown", count, memory_bytes=bytes_, form=form))
    return found


def _none_for_sure(labels: Mapping[str, str], capacity: Mapping[str, int]) -> bool:
    """Whether the machine size, or the platform's own word, rules an accelerator out."""
    if any(_MIG.fullmatch(k) for k in capacity) or "nvidia.com/gpu.product" in labels:
        return False
    if labels.get("eks.amazonaws.com/compute-type") == "fargate":
        return True
    size = _instance_type(labels)
    if size.startswith("Standard_"):
        return not size.startswith("Standard_N")
    if "cloud.google.com/gke-nodepool" in labels:
        return "cloud.google.com/gke-accelerator" not in labels and "cloud.google.com/gke-tpu-accelerator" not in labels
    if "." in size:
        return not _AWS_ACCELERATED.match(size)
    return False


def facts(node: Json) -> dict[str, Any]:
    """What the row k8s.node reads that no single field holds."""
    meta, spec, status = node.get("metadata") or {}, node.get("spec") or {}, node.get("status") or {}
    labels = meta.get("labels") or {}
    out: dict[str, Any] = {
        "taints": [_taint(t) for t in spec.get("taints") or []],
        "unschedulable": bool(spec.get("unschedulable")),
        "conditions": {c["type"]: c["status"] for c in status.get("conditions") or []},
        "addresses": sorted({a["address"] for a in status.get("addresses") or []}),
        "extended": {k: v for k, v in (status.get("capacity") or {}).items() if "/" in k},
    }
    if (ready := out["conditions"].get("Ready")) is not None:
        out["ready"] = ready == "True"
    if size := _instance_type(labels):
        out["instance_type"] = size
    if (found := accelerators(node)) is not None:
        out["accelerators"] = found
        out["accelerator_count"] = total(found)
        sizes = {a.get("memory_bytes") for a in found}
        if len(sizes) == 1 and (only := sizes.pop()):
            out["accelerator_memory_bytes"] = only
    if cut := partitions(node):
        out["partitions"] = cut
    return out


def _taint(taint: Mapping[str, str]) -> str:
    return f"{taint['key']}={taint.get('value', '')}:{taint['effect']}"
