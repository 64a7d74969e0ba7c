"""What the collector computes of an object, without a server: accelerators, requests, links, quarantine, permissions."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from collectors.kubernetes.edges import CLUSTER_SCOPED, edges
from collectors.kubernetes.facts import payload
from collectors.kubernetes.nodes import facts as node_facts
from collectors.kubernetes.permissions import manifests, render
from collectors.kubernetes.rows import KINDS, kind_name, row_of, snake
from collectors.kubernetes.types import Objects, Silence, discover
from collectors.kubernetes.workloads import asked_by_pod
from normalize.errors import TransientError
from normalize.redaction import redact


def node(labels: dict[str, str] | None = None, capacity: dict[str, str] | None = None) -> dict[str, Any]:
    return {"metadata": {"name": "n", "labels": labels or {}}, "status": {"capacity": capacity or {}}}


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


@pytest.mark.parametrize(
    ("labels", "known"),
    [
        ({"node.kubernetes.io/instance-type": "m6i.large"}, True),
        ({"node.kubernetes.io/instance-type": "p5.48xlarge"}, False),
        ({"node.kubernetes.io/instance-type": "Standard_D4s_v5"}, True),
        ({"node.kubernetes.io/instance-type": "Standard_NC24ads_A100_v4"}, False),
        ({"cloud.google.com/gke-nodepool": "default"}, True),
        ({"eks.amazonaws.com/compute-type": "fargate"}, True),
        ({}, False),
    ],
)
def test_no_accelerator_is_said_only_where_the_machine_rules_it_out(labels: dict[str, str], known: bool) -> None:
    assert (node_facts(node(labels)).get("accelerator_count") == 0) == known


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
            kind.fetch.group in r["apiGroups"] and {kind.fetch.plural, "*"} & {*r["resources"]} and "list" in r["verbs"]
            for r in rules
        ), kind.name


def test_secrets_are_readable_only_by_the_role_that_can_be_left_out() -> None:
    items = [item for part in manifests().values() for item in part if item["kind"] == "ClusterRole"]
    allowed = {
        item["metadata"]["name"]
        for item in items
        for rule in item["rules"]
        if "" in rule["apiGroups"] and {"secrets", "*"} & {*rule["resources"]}
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
