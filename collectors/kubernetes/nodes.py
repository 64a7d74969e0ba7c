"""Accelerators of a node, from what its labels and its capacity say. Pure.

A physical device can be advertised many times (time slicing, MPS) or in pieces (MIG, AMD's partitions), be seen under several
resource names (Neuron), or not be advertised at all (no device plugin; dynamic resource allocation). Counts here are of
physical devices. Where that number follows from nothing, it stays unknown.

Sharing that no label tells of cannot be seen: a device plugin that shares devices, without the vendor's feature discovery
beside it, advertises more than there are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from normalize.accelerators import NEURON_CHIPS, accelerator, ec2_accelerated, total
from normalize.model import Json
from normalize.units import GIB, MIB, quantity

_AWS_MODELS: Mapping[str, str] = {
    "p3": "V100-SXM2-16GB",
    "p3dn": "V100-SXM2-32GB",
    "p4d": "A100-SXM4-40GB",
    "p4de": "A100-SXM4-80GB",
    "p5": "H100-80GB-HBM3",
    "p5e": "H200",
    "p5en": "H200",
    "p6-b200": "B200",
    "p6-b300": "B300",
    "g4dn": "T4",
    "g5": "A10G",
    "g5g": "T4G",
    "g6": "L4",
    "gr6": "L4",
    "g6f": "L4",
    "gr6f": "L4",
    "g6e": "L40S",
}
"""NVIDIA model by EC2 family: EC2's name and memory, in the words of the driver where a family needs more than one word.

Source: what EC2 says of each type in moto 5.2.5, ec2/resources/instance_types.json.gz; for p3, karpenter-provider-aws at
1d92708, website/content/en/v1.0/reference/instance-types.md; the driver's words from NVIDIA/k8s-test-infra at 3b2b865,
tests/e2e/go/assertions/nvidiasmi/testdata/hardware, and from labels of p3 nodes; read 2026-11-24. That p3dn and p4de say
SXM2-32GB and SXM4-80GB follows from the smaller ones and their memory.
"""

_NEURON: Mapping[str, str] = {
    "inf1": "Inferentia",
    "inf2": "Inferentia2",
    "trn1": "Trainium",
    "trn1n": "Trainium",
    "trn2": "Trainium2",
    "trn2u": "Trainium2",
}
"""Chip by EC2 family, in EC2's words. Source: as NEURON_CHIPS, and trn2-arch.rst for trn2u."""

_LOGICAL_CORES = frozenset({"Trainium2", "Trainium3"})
"""Chips whose cores the runtime joins in pairs by default, so that a number of cores tells no number of chips.
Source: aws-neuron/aws-neuron-sdk at 81ce03a, about-neuron/arch/neuron-features/logical-neuroncore-config.rst, read 2026-11-24."""

_EC2_LABELS = ("karpenter.k8s.aws/instance-", "eks.amazonaws.com/instance-")
"""What Karpenter and EKS Auto Mode write about the machine, in the same words. Source: karpenter-provider-aws at 1d92708,
pkg/apis/v1/labels.go and pkg/providers/instancetype/types.go; awsdocs/amazon-eks-user-guide at 4d52b4d,
latest/ug/automode/create-node-pool.adoc; read 2026-11-24."""

_ADVERTISED = re.compile(
    r"nvidia\.com/(?:gpu|mig-).*|amd\.com/(?:gpu|[a-z]+_nps\d+)|aws\.amazon\.com/neuron\w*|habana\.ai/gaudi|google\.com/tpu|"
    r"gpu\.intel\.com/(?:i915|xe)"
)
_MIG = re.compile(r"nvidia\.com/mig-(?P<profile>[0-9a-z.+-]+)")
_MIG_PRODUCT = re.compile(r"-MIG-(?P<profile>[0-9a-z.-]+?|INVALID)(?:-SHARED)?$")
_AMD_PARTITION = re.compile(r"amd\.com/(?P<mode>[a-z]+_nps\d+)")

Found = list[dict[str, Any]] | None
"""Accelerators of one maker; None where there are some and their number is unknown."""


def accelerators(node: Json) -> Found:
    """Entries of the attribute `accelerators`; [] where it is known that there are none, None where nothing tells."""
    labels = (node.get("metadata") or {}).get("labels") or {}
    capacity = _amounts(node)
    found: list[dict[str, Any]] = []
    for read in (_nvidia, _neuron, _amd, _intel, _others):
        entries = read(labels, capacity)
        if entries is None:
            return None
        found += entries
    return found if found or _none_for_sure(node, labels, capacity) else None


def partitions(node: Json) -> list[dict[str, Any]]:
    """MIG devices of the node: profile, as nvidia-smi writes it, and count.

    Source: NVIDIA/k8s-device-plugin at 1b826ac: resources are nvidia.com/mig-PROFILE with "." for "+" (internal/rm/rm.go), with
    ".shared" behind it when shared under another name (api/config/v1/consts.go), and nvidia.com/mig-PROFILE.count says how many
    MIG devices there are however often they are shared (docs/gpu-feature-discovery/README.md); read 2026-11-24.
    """
    labels = (node.get("metadata") or {}).get("labels") or {}
    capacity = _amounts(node)
    found = []
    for resource, advertised in capacity.items():
        if advertised and (m := _MIG.fullmatch(resource)):
            count = _whole(labels.get(f"{resource.removesuffix('.shared')}.count")) or advertised
            found.append({"profile": _profile(m["profile"]), "count": count})
    if (whole := capacity.get("nvidia.com/gpu")) and (single := _single_profile(labels)):
        found.append({"profile": single, "count": whole // (_replicas(labels) or 1)})
    return found


def _single_profile(labels: Mapping[str, str]) -> str | None:
    """Profile of a node whose nvidia.com/gpu are MIG devices, all of one size."""
    if (m := _MIG_PRODUCT.search(labels.get("nvidia.com/gpu.product", ""))) and m["profile"] != "INVALID":
        return _profile(m["profile"])
    return labels.get("cloud.google.com/gke-gpu-partition-size") or None


def _profile(text: str) -> str:
    """A profile as nvidia-smi writes it: "1g.10gb+me" of a resource's "1g.10gb.me" or a label's "1g.10gbme"."""
    return re.sub(r"(?<=gb)\.?(?=me|gfx)", "+", text.removesuffix(".shared"))


def _amounts(node: Json) -> dict[str, int]:
    capacity = (node.get("status") or {}).get("capacity") or {}
    return {k: int(quantity(v)) for k, v in capacity.items() if "/" in k}


def _instance_type(labels: Mapping[str, str]) -> str:
    return labels.get("node.kubernetes.io/instance-type") or labels.get("beta.kubernetes.io/instance-type") or ""


def _family(labels: Mapping[str, str]) -> str:
    """EC2 family; nodes of SageMaker HyperPod say "ml.p5.48xlarge"."""
    return _instance_type(labels).removeprefix("ml.").partition(".")[0]


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


def _nvidia(labels: Mapping[str, str], capacity: Mapping[str, int]) -> Found:
    """By the labels of GPU feature discovery, else of Karpenter, EKS Auto Mode or GKE, else by capacity.

    Under the MIG strategy "single", gpu.count and capacity count MIG devices and the product carries the profile; where that
    strategy cannot hold, the product ends in MIG-INVALID and the count is 0. Under time slicing and MPS, capacity is multiplied
    by gpu.replicas while gpu.count is not. The labels speak of one model: a node with several shows one of them.

    Source: NVIDIA/k8s-device-plugin at 1b826ac, internal/lm/resource.go, internal/lm/mig-strategy.go and
    docs/gpu-feature-discovery/README.md, read 2026-11-24.
    """
    product = labels.get("nvidia.com/gpu.product") or ""
    cut = _MIG_PRODUCT.search(product)
    machine = _whole(_ec2(labels, "gpu-count")) if _ec2(labels, "gpu-manufacturer") == "nvidia" else None
    count = machine if cut else _whole(labels.get("nvidia.com/gpu.count")) or machine
    if count is None and not cut:
        count = _gke_count(labels, capacity) if _is_gke_gpu(labels) else capacity.get("nvidia.com/gpu", 0)
    if count is None or (not count and (cut or _is_gke_gpu(labels))):
        return None
    # a machine with a share of one device has a count of 0 and some memory
    share = machine == 0 and _ec2(labels, "gpu-memory") is not None
    if not count and not share:
        return []
    memory = None if cut else _whole(labels.get("nvidia.com/gpu.memory"))
    memory = memory or _whole(_ec2(labels, "gpu-memory"))
    return [
        accelerator(
            "nvidia",
            _nvidia_model(product, labels),
            count or 1,
            memory_bytes=memory * MIB if memory else None,
            partition="share" if share else _sharing(labels, capacity, cut),
        )
    ]


def _ec2(labels: Mapping[str, str], name: str) -> str | None:
    """What Karpenter or EKS Auto Mode say of the machine."""
    return next((v for prefix in _EC2_LABELS if (v := labels.get(prefix + name))), None)


def _is_gke_gpu(labels: Mapping[str, str]) -> bool:
    return "cloud.google.com/gke-accelerator" in labels


def _gke_count(labels: Mapping[str, str], capacity: Mapping[str, int]) -> int | None:
    """Devices of a GKE node. Its device plugin advertises partitions where there are some, and each of what it has as often as
    it may be shared. gke-accelerator-count stands on TPU nodes too, where it counts chips.

    Source: GoogleCloudPlatform/container-engine-accelerators at 992db81, pkg/gpu/nvidia/manager.go (ListDevices); that the labels
    gke-gpu-partition-size and gke-max-shared-clients-per-gpu say so: GKE documentation, "About GPU sharing strategies in GKE";
    read 2026-11-24. Whether gke-accelerator-count holds on such nodes is not verified: it is not used there.
    """
    if labels.get("cloud.google.com/gke-gpu-partition-size"):
        return None
    advertised = capacity.get("nvidia.com/gpu")
    if clients := _replicas(labels):
        return advertised // clients if advertised and advertised % clients == 0 else None
    return _whole(labels.get("cloud.google.com/gke-accelerator-count")) or advertised


def _replicas(labels: Mapping[str, str]) -> int | None:
    """How often a device is advertised, where it is shared."""
    found = _whole(
        labels.get("nvidia.com/gpu.replicas") or labels.get("cloud.google.com/gke-max-shared-clients-per-gpu")
    )
    return found if found and found > 1 else None


def _nvidia_model(product: str, labels: Mapping[str, str]) -> str:
    gke = labels.get("cloud.google.com/gke-accelerator", "")
    name = _MIG_PRODUCT.sub("", product).removesuffix("-SHARED") or gke.upper()
    name = re.sub(r"^(?:(?:NVIDIA|TESLA)-)+", "", name, flags=re.IGNORECASE)
    return name or _AWS_MODELS.get(_family(labels)) or (_ec2(labels, "gpu-name") or "").upper() or "unknown"


def _sharing(labels: Mapping[str, str], capacity: Mapping[str, int], cut: re.Match[str] | None) -> str | None:
    if cut:
        return f"mig-{_profile(cut['profile'])}" if cut["profile"] != "INVALID" else "mig"
    mixed = sorted(_profile(m["profile"]) for k, n in capacity.items() if n and (m := _MIG.fullmatch(k)))
    if mixed:
        return "mig-" + "+".join(mixed)
    gke = labels.get("cloud.google.com/gke-gpu-sharing-strategy", "none")
    strategy = labels.get("nvidia.com/gpu.sharing-strategy", gke)
    replicas = _replicas(labels)
    return f"{strategy}-{replicas}" if strategy != "none" and replicas else None


def _neuron(labels: Mapping[str, str], capacity: Mapping[str, int]) -> Found:
    """neuron and neurondevice count chips, neuroncore their cores: three views of the same chips, never a sum.

    Source: Neuron documentation, "Neuron Device Plugin" and "'neurondevice' resource name in Neuron Device K8s plugin no longer
    supported" (from Neuron 2.20 on), read 2026-11-24.
    """
    chip = _NEURON.get(_family(labels), "")
    model, cores, memory = NEURON_CHIPS.get(chip, ("unknown", 0, None))
    chips = capacity.get("aws.amazon.com/neuron") or capacity.get("aws.amazon.com/neurondevice")
    seen = capacity.get("aws.amazon.com/neuroncore", 0)
    if not chips and seen:
        if not cores or seen % cores or chip in _LOGICAL_CORES:
            return None
        chips = seen // cores
    return [accelerator("aws", model, chips, memory_bytes=memory, form="neuron")] if chips else []


def _amd(labels: Mapping[str, str], capacity: Mapping[str, int]) -> Found:
    """A partitioned GPU is advertised as its partitions, under the same name or under one of its own ("cpx_nps4"); "spx" is the
    whole GPU. The label about it is only there where the labeller was told to write it. vram is rounded to whole GiB.

    Source: ROCm/k8s-device-plugin at ed76468, docs/user-guide/configuration.md and cmd/k8s-node-labeller/main.go, read 2026-11-24.
    """
    modes = {m["mode"]: n for k, n in capacity.items() if n and (m := _AMD_PARTITION.fullmatch(k))}
    count = capacity.get("amd.com/gpu", 0) + sum(modes.values())
    if not count:
        return []
    mode = labels.get("amd.com/gpu.compute-memory-partition", "spx")
    if not all(m.startswith("spx") for m in (mode, *modes)):
        return None
    size = re.fullmatch(r"(\d+)G", labels.get("amd.com/gpu.vram", ""))
    model = labels.get("amd.com/gpu.product-name") or "unknown"
    return [accelerator("amd", model, count, memory_bytes=int(size[1]) * GIB if size else None)]


def _intel(labels: Mapping[str, str], capacity: Mapping[str, int]) -> Found:
    """Each device is advertised as often as the plugin lets containers share it; device.count, where the rules of node feature
    discovery know the model, is not.

    Source: intel/intel-device-plugins-for-kubernetes at 94a91bc, cmd/gpu_plugin/README.md (shared-dev-num) and labels.md, read
    2026-11-24.
    """
    advertised = capacity.get("gpu.intel.com/i915", 0) + capacity.get("gpu.intel.com/xe", 0)
    count = _whole(labels.get("gpu.intel.com/device.count")) or advertised
    return [accelerator("intel", labels.get("gpu.intel.com/product") or "unknown", count)] if advertised else []


def _others(labels: Mapping[str, str], capacity: Mapping[str, int]) -> Found:
    """TPU chips and Gaudi. No label that names a model of Gaudi is verified, so that none is read."""
    found = []
    if count := capacity.get("habana.ai/gaudi"):
        found.append(accelerator("habana", "unknown", count, form="gaudi"))
    if count := capacity.get("google.com/tpu"):
        model = labels.get("cloud.google.com/gke-tpu-accelerator") or "unknown"
        found.append(accelerator("google", model, count, form="tpu"))
    return found


def _none_for_sure(node: Json, labels: Mapping[str, str], capacity: Mapping[str, int]) -> bool:
    """Whether the machine size, or the platform's own word, rules an accelerator out.

    A size says so only on a node of the cloud whose size it is, by its provider id: elsewhere people name sizes as they like.

    Source: "GPUs aren't currently available on Fargate", awsdocs/amazon-eks-user-guide at 4d52b4d, latest/ug/nodes/fargate.adoc;
    Azure's sizes with a GPU are all Standard_N…, kubernetes/autoscaler at 55c37cd, cloudprovider/azure/azure_instance_types.go;
    GKE's nodes with a GPU bear gke-accelerator, same place, cloudprovider/gce/gce_cloud_provider.go; read 2026-11-24.
    """
    if any(n and _ADVERTISED.fullmatch(k) for k, n in capacity.items()) or "nvidia.com/gpu.product" in labels:
        return False
    if labels.get("eks.amazonaws.com/compute-type") == "fargate":
        return True
    cloud = str((node.get("spec") or {}).get("providerID") or "").partition(":")[0]
    size = _instance_type(labels)
    if cloud == "azure":
        return size.startswith("Standard_") and not size.startswith("Standard_N")
    if cloud == "aws":
        return ec2_accelerated(size) is False
    if "cloud.google.com/gke-nodepool" in labels:
        return not _is_gke_gpu(labels) and "cloud.google.com/gke-tpu-accelerator" not in labels
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
