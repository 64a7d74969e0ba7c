"""What the collector computes of an object, without a server: accelerators, requests, links, quarantine, permissions."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client
from moto.ec2.models.instance_types import INSTANCE_TYPES

from collectors.kubernetes.edges import CLUSTER_SCOPED, edges
from collectors.kubernetes.facts import payload
from collectors.kubernetes.nodes import _AWS_MODELS, _NEURON
from collectors.kubernetes.nodes import facts as node_facts
from collectors.kubernetes.permissions import manifests, render
from collectors.kubernetes.rows import KINDS, kind_name, row_of, snake
from collectors.kubernetes.types import Objects, Silence, discover
from collectors.kubernetes.workloads import asked_by_pod
from normalize.accelerators import NEURON_CHIPS
from normalize.errors import TransientError
from normalize.redaction import redact


def node(
    labels: dict[str, str] | None = None, capacity: dict[str, str] | None = None, provider_id: str = ""
) -> dict[str, Any]:
    spec = {"providerID": provider_id} if provider_id else {}
    return {"metadata": {"name": "n", "labels": labels or {}}, "spec": spec, "status": {"capacity": capacity or {}}}


def of_type(size: str, **more: str) -> dict[str, str]:
    return {"node.kubernetes.io/instance-type": size, **more}


A100 = {
    "nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB",
    "nvidia.com/gpu.count": "8",
    "nvidia.com/gpu.memory": "40960",
}


def test_time_slicing_multiplies_capacity_not_devices() -> None:
    labels = {
        **A100,
        "nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB-SHARED",
        "nvidia.com/gpu.replicas": "4",
        "nvidia.com/gpu.sharing-strategy": "time-slicing",
    }
    facts = node_facts(node(labels, {"nvidia.com/gpu": "32"}))
    entry = {"vendor": "nvidia", "model": "A100-SXM4-40GB", "count": 8, "form": "gpu"}
    assert facts["accelerators"] == [{**entry, "memory_bytes": 40960 << 20, "partition": "time-slicing-4"}]


def test_mixed_mig_counts_devices_by_label_and_partitions_by_capacity() -> None:
    facts = node_facts(node(A100, {"nvidia.com/gpu": "7", "nvidia.com/mig-1g.5gb": "7"}))
    assert facts["accelerator_count"] == 8
    assert facts["partitions"] == [{"profile": "1g.5gb", "count": 7}]
    assert facts["accelerators"][0]["partition"] == "mig-1g.5gb"


def test_single_mig_hides_the_number_of_devices_so_it_stays_unknown() -> None:
    labels = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb", "nvidia.com/gpu.count": "56"}
    facts = node_facts(node(labels, {"nvidia.com/gpu": "56"}))
    assert "accelerator_count" not in facts
    assert facts["partitions"] == [{"profile": "1g.5gb", "count": 56}]


@pytest.mark.parametrize("shared", ["", "-SHARED"])
def test_single_mig_that_is_shared_hides_the_number_of_devices_too(shared: str) -> None:
    labels = {"nvidia.com/gpu.product": f"NVIDIA-A100-SXM4-40GB-MIG-1g.5gb{shared}", "nvidia.com/gpu.count": "56"}
    labels |= {"nvidia.com/gpu.replicas": "2"} if shared else {}
    facts = node_facts(node(labels, {"nvidia.com/gpu": "112" if shared else "56"}))
    assert "accelerator_count" not in facts
    assert facts["partitions"] == [{"profile": "1g.5gb", "count": 56}]


def test_mig_that_cannot_be_single_has_no_count_though_its_label_says_0() -> None:
    labels = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB-MIG-INVALID", "nvidia.com/gpu.count": "0"}
    facts = node_facts(node(labels | of_type("p4d.24xlarge"), {"nvidia.com/gpu": "0"}, "aws:///a/i-1"))
    assert "accelerator_count" not in facts
    assert "partitions" not in facts


def test_shared_mig_devices_are_counted_once_and_named_as_nvidia_smi_does() -> None:
    capacity = {"nvidia.com/mig-1g.10gb.me.shared": "8", "nvidia.com/mig-2g.20gb.shared": "4"}
    labels = {**A100, "nvidia.com/mig-2g.20gb.count": "2"}
    facts = node_facts(node(labels, capacity))
    assert facts["partitions"] == [{"profile": "1g.10gb+me", "count": 8}, {"profile": "2g.20gb", "count": 2}]


GKE_T4 = {"cloud.google.com/gke-nodepool": "gpu", "cloud.google.com/gke-accelerator": "nvidia-tesla-t4"}


def test_gke_shares_multiply_capacity_not_devices() -> None:
    sharing = {
        "cloud.google.com/gke-gpu-sharing-strategy": "time-sharing",
        "cloud.google.com/gke-max-shared-clients-per-gpu": "4",
    }
    (entry,) = node_facts(node(GKE_T4 | sharing, {"nvidia.com/gpu": "8"}))["accelerators"]
    assert entry == {"vendor": "nvidia", "model": "T4", "count": 2, "form": "gpu", "partition": "time-sharing-4"}


def test_gke_partitions_hide_the_number_of_devices() -> None:
    facts = node_facts(node(GKE_T4 | {"cloud.google.com/gke-gpu-partition-size": "1g.5gb"}, {"nvidia.com/gpu": "14"}))
    assert "accelerator_count" not in facts
    assert facts["partitions"] == [{"profile": "1g.5gb", "count": 14}]


def test_gke_counts_of_tpu_chips_are_no_gpus() -> None:
    labels = {
        "cloud.google.com/gke-nodepool": "tpu",
        "cloud.google.com/gke-tpu-accelerator": "tpu-v6e-slice",
        "cloud.google.com/gke-accelerator-count": "4",
    }
    facts = node_facts(node(labels, {"google.com/tpu": "4"}))
    assert [(a["vendor"], a["count"]) for a in facts["accelerators"]] == [("google", 4)]


@pytest.mark.parametrize("prefix", ["karpenter.k8s.aws/instance-", "eks.amazonaws.com/instance-"])
def test_what_karpenter_and_auto_mode_say_of_the_machine_counts_where_nothing_is_advertised(prefix: str) -> None:
    words = {"gpu-manufacturer": "nvidia", "gpu-count": "8", "gpu-memory": "183359", "gpu-name": "b200"}
    labels = of_type("p6-b200.48xlarge") | {prefix + k: v for k, v in words.items()}
    (entry,) = node_facts(node(labels))["accelerators"]
    assert (entry["model"], entry["count"], entry["memory_bytes"]) == ("B200", 8, 183359 << 20)


def test_share_of_a_gpu_is_not_lost_to_a_label_of_0() -> None:
    words = {"gpu-manufacturer": "nvidia", "gpu-count": "0", "gpu-memory": "2861", "gpu-name": "l4"}
    labels = of_type("g6f.large") | {f"karpenter.k8s.aws/instance-{k}": v for k, v in words.items()}
    (entry,) = node_facts(node(labels, provider_id="aws:///a/i-1"))["accelerators"]
    assert (entry["model"], entry["count"], entry["partition"]) == ("L4", 1, "share")


@pytest.mark.parametrize(
    ("labels", "capacity", "count"),
    [
        ({}, {"amd.com/gpu": "8"}, 8),
        ({"amd.com/gpu.compute-memory-partition": "spx_nps1"}, {"amd.com/gpu": "8"}, 8),
        ({"amd.com/gpu.compute-memory-partition": "cpx_nps4"}, {"amd.com/gpu": "64"}, None),
        ({}, {"amd.com/spx_nps1": "8"}, 8),
        ({}, {"amd.com/spx_nps1": "5", "amd.com/cpx_nps1": "24"}, None),
        ({}, {"gpu.intel.com/i915": "2"}, 2),
        ({"gpu.intel.com/device.count": "2"}, {"gpu.intel.com/i915": "20"}, 2),
    ],
)
def test_parts_and_shares_of_other_makers_are_no_devices(
    labels: dict[str, str], capacity: dict[str, str], count: int | None
) -> None:
    assert node_facts(node(labels, capacity)).get("accelerator_count") == count


AWS, AZURE = "aws:///us-west-2b/i-0ef9c06b67b909405", "azure:///subscriptions/s/resourceGroups/g/providers/x"


@pytest.mark.parametrize(
    ("labels", "provider_id", "known"),
    [
        (of_type("m6i.large"), AWS, True),
        (of_type("ml.m5.large"), "aws:///usw2-az2/sagemaker/cluster/hyperpod-x-i-0ef9c06b67b909405", True),
        (of_type("ml.p5.48xlarge"), "aws:///usw2-az2/sagemaker/cluster/hyperpod-x-i-0ef9c06b67b909405", False),
        (of_type("p5.48xlarge"), AWS, False),
        (of_type("gr6.4xlarge"), AWS, False),
        (of_type("trn2u.48xlarge"), AWS, False),
        (of_type("new9.large"), AWS, False),
        (of_type("m1.large"), "openstack:///0001", False),
        (of_type("ecs.gn7i-c8g1.2xlarge"), "", False),
        (of_type("Standard_D4s_v5"), AZURE, True),
        (of_type("Standard_NC24ads_A100_v4"), AZURE, False),
        ({"cloud.google.com/gke-nodepool": "default"}, "gce://p/z/n", True),
        (GKE_T4, "gce://p/z/n", False),
        ({"eks.amazonaws.com/compute-type": "fargate"}, AWS, True),
        ({}, "", False),
    ],
)
def test_no_accelerator_is_said_only_where_the_machine_rules_it_out(
    labels: dict[str, str], provider_id: str, known: bool
) -> None:
    assert (node_facts(node(labels, provider_id=provider_id)).get("accelerator_count") == 0) == known


@pytest.mark.parametrize("family", sorted(_AWS_MODELS.keys() - {"p3"}))
def test_models_of_ec2_families_are_those_that_ec2_names(family: str) -> None:
    """p3 has left what EC2 told moto."""
    model = _AWS_MODELS[family]
    told = {
        (gpu["Name"], gpu["MemoryInfo"]["SizeInMiB"])
        for name, facts in INSTANCE_TYPES.items()
        if name.startswith(family + ".")
        for gpu in facts["GpuInfo"]["Gpus"]
    }
    assert {name.upper() for name, _ in told} == {model.partition("-")[0]}
    if size := re.search(r"(\d+)GB", model):
        assert {mib for _, mib in told} == {int(size[1]) << 10}


@pytest.mark.parametrize("family", _NEURON)
def test_chips_of_ec2_families_are_those_that_ec2_names(family: str) -> None:
    told = {
        (chip["Name"], chip["CoreInfo"]["Count"])
        for name, facts in INSTANCE_TYPES.items()
        if name.startswith(family + ".")
        for chip in facts.get("NeuronInfo", {}).get("NeuronDevices", ())
    }
    assert told == ({(_NEURON[family], NEURON_CHIPS[_NEURON[family]][1])} if family != "trn2u" else set())


@pytest.mark.parametrize(
    ("size", "cores", "count"),
    [("trn1.32xlarge", "32", 16), ("trn1.32xlarge", "3", None), ("trn2.48xlarge", "64", None), ("", "8", None)],
)
def test_cores_tell_the_number_of_chips_only_where_they_cannot_be_joined(
    size: str, cores: str, count: int | None
) -> None:
    facts = node_facts(node(of_type(size), {"aws.amazon.com/neuroncore": cores}))
    assert facts.get("accelerator_count") == count


def test_views_of_the_same_neuron_chips_are_not_added_up() -> None:
    capacity = {
        "aws.amazon.com/neuron": "16",
        "aws.amazon.com/neurondevice": "16",
        "aws.amazon.com/neuroncore": "32",
    }
    assert node_facts(node({"node.kubernetes.io/instance-type": "trn1.32xlarge"}, capacity))["accelerator_count"] == 16


def gpus(count: int) -> dict[str, Any]:
    return {
        "name": "c",
        "resources": {"requests": {"nvidia.com/gpu": str(count)}, "limits": {"nvidia.com/gpu": str(count)}},
    }


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"containers": [gpus(1), gpus(2)]}, 3),
        ({"containers": [gpus(1)], "initContainers": [gpus(1)]}, 1),
        ({"containers": [gpus(1)], "initContainers": [gpus(4)]}, 4),
        ({"containers": [gpus(1)], "initContainers": [{**gpus(1), "restartPolicy": "Always"}]}, 2),
        ({"containers": [gpus(1)], "initContainers": [{**gpus(1), "restartPolicy": "Always"}, gpus(4)]}, 5),
        ({"containers": [gpus(1)], "initContainers": [gpus(4), {**gpus(1), "restartPolicy": "Always"}]}, 4),
        ({"containers": [{"name": "c"}]}, 0),
        ({"containers": [{"name": "c"}], "resourceClaims": [{"name": "gpu"}]}, None),
    ],
)
def test_a_pod_holds_what_runs_at_once(spec: dict[str, Any], expected: int | None) -> None:
    assert asked_by_pod(spec) == expected


def test_links_of_a_pod_template_inside_an_unknown_kind() -> None:
    spec = {"serviceAccountName": "sa", "containers": [{"envFrom": [{"secretRef": {"name": "s", "optional": True}}]}]}
    obj = {"metadata": {"name": "x", "namespace": "ns"}, "spec": {"a.b": [{"template": {"spec": spec}}]}}
    found = edges(obj, Objects("example.org", "Thing", "things"), "U", CLUSTER_SCOPED)
    assert [(e["verb"], e["key"], e["path"], e.get("optional", False)) for e in found] == [
        ("runs_as", "k8s://U//ServiceAccount/ns/sa", '$.spec["a.b"][0].template.spec.serviceAccountName', False),
        (
            "reads",
            "k8s://U//Secret/ns/s",
            '$.spec["a.b"][0].template.spec.containers[0].envFrom[0].secretRef.name',
            True,
        ),
    ]


def test_a_namespaced_thing_named_without_a_namespace_makes_no_link() -> None:
    obj = {"metadata": {"name": "x"}, "spec": {"secretRef": {"name": "s"}}}
    assert edges(obj, Objects("example.org", "Thing", "things", False), "U", CLUSTER_SCOPED) == []


@pytest.mark.parametrize(
    ("driver", "handle", "key"),
    [
        ("ebs.csi.aws.com", "vol-03c604538dd7d2f41", "aws:vol-03c604538dd7d2f41"),
        ("ebs.csi.aws.com", "local-ebs://dev/xvdbz", None),
        ("ebs.csi.eks.amazonaws.com", "vol-03c604538dd7d2f41", "aws:vol-03c604538dd7d2f41"),
        ("efs.csi.aws.com", "fs-e8a95a42", "aws:fs-e8a95a42"),
        ("efs.csi.aws.com", "fs-e8a95a42::fsap-068c22f0246419f75", "aws:fs-e8a95a42"),
        ("efs.csi.aws.com", "efs:fs-e8a95a42:/dir1", "aws:fs-e8a95a42"),
        ("efs.csi.aws.com", "s3files:fs-4af69aab", None),
        ("fsx.csi.aws.com", "fs-0199e5a63bd90f796", "aws:fs-0199e5a63bd90f796"),
        ("csi.example.org", "vol-03c604538dd7d2f41", None),
    ],
)
def test_handles_of_volumes_name_what_the_cloud_has(driver: str, handle: str, key: str | None) -> None:
    obj = {"metadata": {"name": "pv"}, "spec": {"csi": {"driver": driver, "volumeHandle": handle}}}
    found = edges(obj, Objects("", "PersistentVolume", "persistentvolumes", False), "U", CLUSTER_SCOPED)
    assert [e["key"] for e in found if e["verb"] == "backed_by"] == ([key] if key else [])


SCALE_SET = (
    "azure:///subscriptions/S/resourceGroups/g/providers/Microsoft.Compute/virtualMachineScaleSets/v/virtualMachines/1"
)


@pytest.mark.parametrize(
    ("provider_id", "key", "target"),
    [
        (AWS, "aws:i-0ef9c06b67b909405", "aws.ec2.instance"),
        ("aws:////i-0ef9c06b67b909405", "aws:i-0ef9c06b67b909405", "aws.ec2.instance"),
        ("gce://p/z/n", "//compute.googleapis.com/projects/p/zones/z/instances/n", "gcp.compute.instance"),
        (AZURE, "/subscriptions/s/resourcegroups/g/providers/x", "azure.compute.virtual_machine"),
        (SCALE_SET, SCALE_SET.removeprefix("azure://").lower(), ""),
    ],
)
def test_provider_ids_of_nodes_name_machines_of_their_cloud(provider_id: str, key: str, target: str) -> None:
    obj = {"metadata": {"name": "n"}, "spec": {"providerID": provider_id}}
    (found,) = edges(obj, Objects("", "Node", "nodes", False), "U", CLUSTER_SCOPED)
    assert (found["verb"], found["key"], found["target"]) == ("same_as", key, target)


@pytest.mark.parametrize(
    "provider_id", ["kind://docker/kind/n", "aws:///usw2-az2/sagemaker/cluster/hyperpod-x-i-0ef9c06b"]
)
def test_provider_ids_that_name_nothing_we_know_make_no_link(provider_id: str) -> None:
    obj = {"metadata": {"name": "n"}, "spec": {"providerID": provider_id}}
    assert edges(obj, Objects("", "Node", "nodes", False), "U", CLUSTER_SCOPED) == []


HOSTILE = [
    {"metadata": None, "spec": None, "status": None},
    {"metadata": {"name": "x", "namespace": "n", "ownerReferences": [{}]}},
    {"metadata": {"name": "x"}, "spec": "text", "status": []},
    {"metadata": {"name": "😀"}, "spec": {"template": None, "containers": [None, 3]}},
    {"metadata": {"name": "x"}, "spec": {"pytorchReplicaSpecs": {"Worker": None}, "tasks": [None]}},
    {"metadata": {"name": "x"}, "data": None, "rules": [None], "subjects": [{}]},
]


@pytest.mark.parametrize("obj", HOSTILE)
def test_an_object_of_another_shape_is_kept_and_never_a_crash(obj: dict[str, Any]) -> None:
    for row in KINDS:
        kept, gaps = payload(obj, row.fetch, "U", CLUSTER_SCOPED)
        assert {k: v for k, v in kept.items() if not k.startswith("$") and k != "metadata"} == {
            k: v for k, v in obj.items() if k != "metadata"
        }
        assert gaps or "$links" in kept


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("MPIJob", "mpi_job"), ("EC2NodeClass", "ec2_node_class"), ("CSINode", "csi_node"), ("Pod", "pod")],
)
def test_names_of_kinds(kind: str, expected: str) -> None:
    assert snake(kind) == expected


def test_a_served_version_and_reach_replace_those_of_the_row() -> None:
    served = Objects("ray.io", "RayCluster", "rayclusters", True, "v9")
    assert row_of(served).fetch == served
    assert kind_name("batch.volcano.sh", "Job") != kind_name("batch", "Job")


class Half:
    """A server whose group "broken" does not answer."""

    def get(self, path: str, query: Any = None, accept: str = "") -> Any:
        if path == "/api":
            return {"kind": "APIVersions", "versions": []}
        if path == "/apis":
            versions = [{"version": "v1"}, {"version": "v2"}]
            groups = [
                {"name": "broken", "versions": [{"version": "v1"}]},
                {"name": "good", "versions": versions, "preferredVersion": {"version": "v2"}},
            ]
            return {"kind": "APIGroupList", "groups": groups}
        if "broken" in path:
            raise TransientError("503")
        only = {"/apis/good/v1": ["olds", "boths"], "/apis/good/v2": ["boths", "boths/status"]}[path]
        return {"resources": [{"name": n, "kind": n.title(), "namespaced": True, "verbs": ["list"]} for n in only]}


def test_every_type_is_read_in_the_preferred_version_that_serves_it() -> None:
    types, silences = discover(Half(), "")
    assert {t.plural: t.version for t in types} == {"boths": "v2", "olds": "v1"}
    assert [(s.group, s.version) for s in silences] == [("broken", "v1")]
    assert isinstance(silences[0], Silence)


def test_permissions_allow_reads_only_and_cover_every_row() -> None:
    items = [item for part in manifests().values() for item in part]
    rules = [rule for item in items for rule in item.get("rules", [])]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list"}
    for kind in KINDS:
        assert any(
            kind.fetch.group in r.get("apiGroups", ())
            and {kind.fetch.plural, "*"} & {*r["resources"]}
            and "list" in r["verbs"]
            for r in rules
        ), kind.name


def listed_by_the_client() -> set[tuple[str, str]]:
    """(group, resource) of everything that the Python client can list over all namespaces."""
    sources = (Path(client.__file__).parent / "api").glob("*_api.py")
    found = {
        m for file in sources for m in re.findall(r"'/api/\w+/(\w+)'|'/apis/([\w.]+)/\w+/(\w+)'", file.read_text())
    }
    return {(group, core or resource) for core, group, resource in found}


def test_permissions_cover_every_type_of_the_api_server_that_is_an_inventory_s() -> None:
    rules = [r for part in manifests().values() for item in part for r in item.get("rules", []) if "list" in r["verbs"]]
    missing = {
        (group, resource)
        for group, resource in listed_by_the_client()
        if not any(group in r["apiGroups"] and {resource, "*"} & {*r["resources"]} for r in rules)
    }
    asked_only = {("authentication.k8s.io", r) for r in ("selfsubjectreviews", "tokenreviews")} | {
        ("authorization.k8s.io", f"{r}reviews") for r in ("selfsubjectaccess", "selfsubjectrules", "subjectaccess")
    }
    assert missing == asked_only | {("", "events"), ("", "componentstatuses"), ("events.k8s.io", "events")}


def test_secrets_are_readable_only_by_the_role_that_can_be_left_out() -> None:
    items = [item for part in manifests().values() for item in part if item["kind"] == "ClusterRole"]
    allowed = {
        item["metadata"]["name"]
        for item in items
        for rule in item["rules"]
        if "" in rule.get("apiGroups", ()) and {"secrets", "*"} & {*rule["resources"]}
    }
    assert allowed == {"stocktake-reader-secrets"}


def test_manifests_read_the_same_in_both_formats() -> None:
    assert list(yaml.safe_load_all(render("yaml"))) == json.loads(render("json"))["items"]


def test_another_format_names_what_is_accepted() -> None:
    with pytest.raises(ValueError, match="yaml, json"):
        render("xml")


def test_what_a_row_declares_sensitive_is_masked_whole() -> None:
    kept = redact({"data": {"motto": "per aspera"}, "type": "Opaque"}, frozenset({"data"}))
    assert kept == {"data": {"motto": "[redacted]"}, "type": "Opaque"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            '{"auths":{"registry.northlake.example:5000":{"auth":"dXNlcjpwYXNzd29yZC0x"}}}',
            "dns:registry.northlake.example",
        ),
        ("machine git.northlake.example login me password hunter22", "dns:git.northlake.example"),
        ("postgresql://app:hunter22@db.northlake.example:5432/x?sslmode=require", "dns:db.northlake.example"),
    ],
)
def test_a_masked_value_keeps_the_hosts_that_it_names(value: str, expected: str) -> None:
    assert redact({"data": {"k": value}}, frozenset({"data"})) == {"data": {"k": f"[redacted; mentions {expected}]"}}
