"""Objects of operators in the shapes of their definitions: each is mapped whole, and leads to what it names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from collectors.kubernetes.edges import CLUSTER_SCOPED
from collectors.kubernetes.facts import payload
from collectors.kubernetes.operators import OPERATORS
from collectors.kubernetes.row import TRAINING, WORKLOAD, row
from collectors.kubernetes.rows import row_of
from collectors.kubernetes.serving_runtimes import settle
from collectors.kubernetes.types import Objects
from normalize.mapping import observe
from normalize.model import Category, Kind, Observation, RawRecord, Scope

FOLDER = Path(__file__).parent.parent / "fixtures" / "kubernetes-operators"
UID = "0b7c"
_PLURALS = {(k.fetch.group, k.fetch.kind): k.fetch for k in OPERATORS}
_SHARED = {
    *WORKLOAD,
    *TRAINING,
    *row("k8s.x", Category.SETTINGS, "", "X", "xs").fields,
    *row("k8s.deployment", Category.WORKLOAD, "apps", "Deployment", "deployments").fields,
}


def objects() -> Iterator[dict[str, Any]]:
    for file in sorted(FOLDER.glob("*.yaml")):
        yield from yaml.safe_load_all(file.read_text())


@cache
def seen() -> dict[tuple[str, str], tuple[Kind, Observation]]:
    """Every fixture by "KIND of its apiVersion" and name, as the collector would see it."""
    found = {}
    for obj in objects():
        group, _, version = obj["apiVersion"].rpartition("/")
        namespaced = "namespace" in obj["metadata"]
        known = _PLURALS.get((group, obj["kind"]), Objects(group, obj["kind"], obj["kind"].lower() + "s", namespaced))
        type_ = Objects(group, obj["kind"], known.plural, namespaced, version)
        told, gaps = payload(obj, type_, UID, CLUSTER_SCOPED)
        kind, scope = row_of(type_), Scope("kubernetes", UID, UID)
        raw = RawRecord(kind.name, scope, told, "train", "GET", datetime(2026, 11, 24, tzinfo=UTC), gaps)
        found[kind.name, obj["metadata"]["name"]] = kind, observe(raw, kind)
    return found


def test_every_object_fits_its_row() -> None:
    wrong = {key: (o.gaps, o.misfits) for key, (_, o) in seen().items() if o.gaps or o.misfits}
    assert wrong == {}


def test_no_kind_is_without_a_row() -> None:
    assert [key for key, (kind, _) in seen().items() if kind.category is Category.UNMODELLED] == []


def test_rows_and_objects_agree_on_reach() -> None:
    wrong = [key for key, (kind, o) in seen().items() if known_reach(kind) != ("namespace" in o.payload["metadata"])]
    assert wrong == []


def known_reach(kind: Kind) -> bool:
    return (
        _PLURALS[kind.fetch.group, kind.fetch.kind].namespaced
        if (kind.fetch.group, kind.fetch.kind) in _PLURALS
        else bool(kind.fetch.namespaced)
    )


def test_every_field_of_a_row_is_filled_by_some_object() -> None:
    filled: dict[str, set[str]] = {}
    for (name, _), (_, o) in seen().items():
        filled.setdefault(name, set()).update(o.resource.attributes)
    missing = {
        k.name: left for k in OPERATORS if (left := set(k.fields) - _SHARED - RECOGNISED - filled.get(k.name, set()))
    }
    assert missing == {}


RECOGNISED = {"workload_type", "workload_type_confidence", "software", "models", "recognition"}


@pytest.mark.parametrize(
    ("kind", "name", "pods", "accelerators"),
    [
        ("k8s.knative.service", "rerank", 2, 2),
        ("k8s.kserve.llm_inference_service", "llama-70b", 5, 16),
        ("k8s.kserve.llm_inference_service", "llama-8b", None, None),
        ("k8s.nim.service", "llama-nim", 2, 2),
        ("k8s.dynamo.graph_deployment", "disagg", 5, 32),
        ("k8s.dynamo.graph_deployment", "agg", 4, 6),
        ("k8s.aibrix.storm_service", "pd", 6, 6),
        ("k8s.aibrix.ray_cluster_fleet", "deepseek", 8, 64),
        ("k8s.kubeflow.jax_job", "gemma", 4, 16),
        ("k8s.kubeflow.paddle_job", "ernie", 2, 2),
        ("k8s.ray.cron_job", "nightly", 5, 32),
        ("k8s.slinky.node_set", "h100", 4, 32),
        ("k8s.flink.deployment", "clicks", 4, 0),
        ("k8s.argo.rollout", "api", 4, 0),
    ],
)
def test_pods_and_accelerators_are_counted_as_the_operator_makes_them(
    kind: str, name: str, pods: int | None, accelerators: int | None
) -> None:
    attributes = seen()[kind, name][1].resource.attributes
    assert (attributes.get("desired_count"), attributes.get("accelerator_requested_count")) == (pods, accelerators)


def of(group: str, kind: str, namespace: str, name: str) -> str:
    return f"k8s://{UID}/{group}/{kind}/{namespace}/{name}"


LINKS = [
    ("k8s.knative.service", "rerank", "routes_to", of("serving.knative.dev", "Revision", "search", "rerank-00002")),
    ("k8s.knative.service", "rerank", "runs_as", of("", "ServiceAccount", "search", "rerank")),
    ("k8s.knative.service", "rerank", "reads", of("", "Secret", "search", "hub")),
    ("k8s.knative.domain_mapping", "rerank.example.org", "calls", of("serving.knative.dev", "Service", "search", "rerank")),
    ("k8s.kserve.llm_inference_service", "llama-70b", "loads", "hf://meta-llama/Llama-3.1-70B-Instruct"),
    ("k8s.kserve.llm_inference_service", "llama-70b", "loads", "s3://adapters-of-ours"),
    ("k8s.kserve.llm_inference_service", "llama-70b", "attached_to", of("gateway.networking.k8s.io", "Gateway", "ingress", "inference")),
    ("k8s.kserve.llm_inference_service", "llama-8b", "loads", of("", "PersistentVolumeClaim", "llm", "weights")),
    ("k8s.kserve.inference_graph", "classify", "calls", of("serving.kserve.io", "InferenceService", "llm", "labeller")),
    ("k8s.seldon.model", "iris", "loads", "gs://models-elsewhere"),
    ("k8s.nim.service", "llama-nim", "loads", of("apps.nvidia.com", "NIMCache", "nim", "llama-weights")),
    ("k8s.nim.service", "llama-nim", "pulls_with", of("", "Secret", "nim", "ngc-registry")),
    ("k8s.nim.cache", "llama-weights", "stores_in", of("", "PersistentVolumeClaim", "nim", "llama-weights-pvc")),
    ("k8s.dynamo.graph_deployment", "disagg", "loads", "hf://Qwen/Qwen3-235B-A22B"),
    ("k8s.dynamo.graph_deployment", "disagg", "reads", of("", "Secret", "llm", "hub")),
    ("k8s.dynamo.graph_deployment_request", "profiled", "loads", "hf://Qwen/Qwen3-0.6B"),
    ("k8s.inference.inference_pool", "llama", "calls", of("", "Service", "llm", "llama-epp")),
    ("k8s.inference_x.inference_objective", "interactive", "applies_to", of("inference.networking.k8s.io", "InferencePool", "llm", "llama")),
    ("k8s.inference_x.inference_model", "legal", "served_by", of("inference.networking.x-k8s.io", "InferencePool", "llm", "llama-old")),
    ("k8s.kubeflow.jax_job", "gemma", "waits_in", of("kueue.x-k8s.io", "LocalQueue", "team-nlp", "nlp")),
    ("k8s.kueue.cluster_queue", "accelerators", "guarded_by", of("kueue.x-k8s.io", "AdmissionCheck", "", "capacity")),
    ("k8s.slinky.node_set", "h100", "part_of", of("slinky.slurm.net", "Controller", "slurm", "slurm")),
    ("k8s.slinky.node_set", "h100", "mounts", of("", "PersistentVolumeClaim", "slurm", "home")),
    ("k8s.slinky.accounting", "slurm", "password_in", of("", "Secret", "slurm", "mariadb-password")),
    ("k8s.resource_slice", "node-b-gpu", "attached_to", of("", "Node", "", "node-b")),
    ("k8s.resource_claim", "two-gpus", "asks", of("resource.k8s.io", "DeviceClass", "", "gpu.nvidia.com")),
    ("k8s.resource_claim", "two-gpus", "asks", of("resource.k8s.io", "DeviceClass", "", "mig.nvidia.com")),
    ("k8s.resource_claim_template", "one-gpu", "asks", of("resource.k8s.io", "DeviceClass", "", "gpu.nvidia.com")),
    ("k8s.flink.deployment", "clicks", "mentions", "s3://state-of-ours"),
    ("k8s.flink.session_job", "enrich", "runs_on", of("flink.apache.org", "FlinkDeployment", "data", "clicks")),
    ("k8s.kafka.topic", "clicks", "part_of", of("kafka.strimzi.io", "Kafka", "data", "events")),
    ("k8s.kafka.connector", "lake", "part_of", of("kafka.strimzi.io", "KafkaConnect", "data", "sinks")),
    ("k8s.kafka.connector", "lake", "mentions", "s3://lake-of-ours"),
    ("k8s.kafka.connect", "sinks", "mentions", "dns:kafka.partner-stream.net"),
    ("k8s.velero.backup_storage_location", "default", "stores_in", "s3://backups-of-ours"),
    ("k8s.istio.destination_rule", "rerank", "routes_to", of("", "Service", "search", "rerank")),
    ("k8s.istio.service_entry", "openai", "mentions", "dns:api.openai.com"),
    ("k8s.istio.virtual_service", "rerank", "attached_to", of("networking.istio.io", "Gateway", "search", "public")),
    ("k8s.argo.application", "search", "mentions", "dns:git.northlake-ml.net"),
    ("k8s.argo.application", "search", "declares", of("argoproj.io", "Rollout", "search", "api")),
    ("k8s.argo.application", "search", "declares", of("", "Namespace", "", "search")),
    ("k8s.flux.git_repository", "fleet", "reads", of("", "Secret", "flux-system", "git")),
    ("k8s.flux.kustomization", "apps", "made_from", of("source.toolkit.fluxcd.io", "GitRepository", "flux-system", "fleet")),
    ("k8s.flux.kustomization", "apps", "declares", of("", "Namespace", "", "search")),
    ("k8s.flux.helm_release", "model-server", "made_from", of("source.toolkit.fluxcd.io", "OCIRepository", "flux-system", "charts")),
    ("k8s.flux.helm_release", "model-server", "reads", of("", "Secret", "search", "model-server-values")),
    ("k8s.keda.scaled_object", "api", "scales", of("argoproj.io", "Rollout", "search", "api")),
    ("k8s.keda.scaled_object", "api", "proves_itself_by", of("keda.sh", "TriggerAuthentication", "search", "aws")),
    ("k8s.keda.scaled_job", "transcribe", "proves_itself_by", of("keda.sh", "ClusterTriggerAuthentication", "", "kafka")),
    ("k8s.otel.collector", "traces", "mentions", "dns:otlp.vendor-apm.net"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "verb", "key"), LINKS)
def test_an_object_leads_to_what_it_names(kind: str, name: str, verb: str, key: str) -> None:
    references = {(r.verb, r.key) for r in seen()[kind, name][1].references}
    assert (verb, key) in references


def test_devices_of_every_served_version_of_a_slice_are_read() -> None:
    told = {name: o.resource.attributes for (kind, name), (_, o) in seen().items() if kind == "k8s.resource_slice"}
    assert (told["node-a-gpu"]["device_count"], told["node-a-gpu"]["products"]) == (2, ["NVIDIA H100 80GB HBM3"])
    assert (told["node-b-gpu"]["device_count"], told["node-b-gpu"]["products"]) == (1, ["AMD_Instinct_MI300X_OAM"])


@pytest.mark.parametrize(
    ("kind", "name", "type_"),
    [
        ("k8s.knative.service", "rerank", "inference"),
        ("k8s.nim.service", "llama-nim", "inference"),
        ("k8s.flink.deployment", "clicks", "data-processing"),
        ("k8s.kafka.cluster", "events", "stream"),
        ("k8s.otel.collector", "traces", "monitoring"),
        ("k8s.ray.cron_job", "nightly", "training"),
    ],
)
def test_workloads_of_operators_are_known_for_what_they_do(kind: str, name: str, type_: str) -> None:
    assert seen()[kind, name][1].resource.attributes["workload_type"] == type_


def runtimes_of(known: set[str]) -> list[tuple[str, bool]]:
    obj = {"metadata": {"name": "churn", "namespace": "llm"}, "spec": {"predictor": {"model": {"runtime": "sklearn"}}}}
    type_ = Objects("serving.kserve.io", "InferenceService", "inferenceservices", version="v1beta1")
    told, _ = payload(obj, type_, UID, CLUSTER_SCOPED)
    settle(told, known)
    return [(link["target"], link.get("optional", False)) for link in told["$links"] if link["verb"] == "uses_runtime"]


def test_a_runtime_that_the_cluster_has_may_be_either() -> None:
    either = [("k8s.kserve.serving_runtime", True), ("k8s.kserve.cluster_serving_runtime", True)]
    assert runtimes_of({"sklearn"}) == either


def test_a_runtime_that_the_cluster_has_not_must_be_the_namespaces() -> None:
    assert runtimes_of({"other"}) == [("k8s.kserve.serving_runtime", False)]
