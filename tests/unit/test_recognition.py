"""Workloads are known by what they run; what nothing says stays unknown, and a client is not taken for its server."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.recognition import recognise, repository

UID = "11111111-2222-3333-4444-555555555555"


def workload(name: str = "thing", kind: str = "Deployment", labels: Any = None, **container: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "main", **container}]}
    return {
        "kind": kind,
        "metadata": {"name": name, "namespace": "team", "labels": labels or {}},
        "spec": {"template": {"spec": spec}},
    }


def seen(obj: dict[str, Any]) -> dict[str, Any]:
    group = {"Deployment": "apps", "StatefulSet": "apps", "Job": "batch"}[obj["kind"]]
    return recognise(obj, group, obj["kind"], UID)


GPU = {"limits": {"nvidia.com/gpu": "1"}}


@pytest.mark.parametrize(
    ("image", "type_", "software"),
    [
        ("vllm/vllm-openai:v0.12.0", "inference", "vllm"),
        ("registry.example.internal:5000/mirror/vllm-openai@sha256:" + "0" * 64, "inference", "vllm"),
        ("ghcr.io/huggingface/text-generation-inference:3.4", "inference", "text-generation-inference"),
        ("ghcr.io/huggingface/text-embeddings-inference:1.8", "inference", "text-embeddings-inference"),
        ("nvcr.io/nvidia/tritonserver:26.09-py3", "inference", "triton"),
        ("pytorch/torchserve:latest-gpu", "inference", "torchserve"),
        ("tensorflow/serving:2.20.0", "inference", "tensorflow-serving"),
        ("ollama/ollama", "inference", "ollama"),
        ("lmsysorg/sglang:v0.5", "inference", "sglang"),
        ("ghcr.io/ggml-org/llama.cpp:server-cuda", "inference", "llama.cpp"),
        ("nvcr.io/nim/meta/llama-3.1-8b-instruct:1.8", "inference", "nvidia-nim"),
        ("qdrant/qdrant:v1.15", "vector-database", "qdrant"),
        ("milvusdb/milvus:v2.6", "vector-database", "milvus"),
        ("pgvector/pgvector:pg18", "vector-database", "pgvector"),
        ("apache/airflow:3.1.0", "pipeline", "airflow"),
        ("prefecthq/prefect:3-latest", "pipeline", "prefect"),
        ("docker.io/dagster/dagster-celery-k8s:1.12", "pipeline", "dagster"),
        ("quay.io/jupyter/pytorch-notebook:cuda12", "notebook", "jupyter"),
        ("otel/opentelemetry-collector-contrib:0.139.0", "monitoring", "opentelemetry-collector"),
        ("grafana/loki:3.5", "monitoring", "loki"),
        ("feastdev/feature-server:0.56.0", "feature-store", "feast"),
        ("postgres:18", "database", "postgresql"),
        ("redis", "cache", "redis"),
    ],
)
def test_an_image_names_the_product_whatever_registry_serves_it(image: str, type_: str, software: str) -> None:
    found = seen(workload(image=image))
    assert (found["workload_type"], found["workload_type_confidence"]) == (type_, "high")
    assert software in found["software"]
    assert found["recognition"][0]["evidence"][0] == {
        "path": "$.spec.template.spec.containers[0].image",
        "value": image,
    }


@pytest.mark.parametrize(
    ("command", "type_"),
    [
        (["vllm", "serve", "org/model"], "inference"),
        (["python3", "-m", "vllm.entrypoints.openai.api_server", "--model", "org/model"], "inference"),
        (["bash", "-c", "cd /srv && exec /opt/bin/tritonserver --model-repository=/models"], "inference"),
        (["mlflow", "models", "serve", "-m", "models:/churn/3"], "inference"),
        (["bentoml", "serve", "churn:latest"], "inference"),
        (["torchrun", "--nproc-per-node=8", "main.py"], "training"),
        (["accelerate", "launch", "main.py"], "training"),
        (["deepspeed", "--num_gpus", "8", "main.py"], "training"),
        (["airflow", "scheduler"], "pipeline"),
        (["jupyter", "lab", "--ip=0.0.0.0"], "notebook"),
        (["mlflow", "server"], "experiment-tracking"),
        (["sleep", "infinity"], "interactive"),
        (["tail", "-f", "/dev/null"], "interactive"),
    ],
)
def test_a_program_names_the_product_in_an_image_of_any_name(command: list[str], type_: str) -> None:
    found = seen(workload(image="registry.example.internal/team/app:1", command=command))
    assert (found["workload_type"], found["workload_type_confidence"]) == (type_, "high")


@pytest.mark.parametrize(
    "env",
    ["PREFECT_API_URL", "OLLAMA_HOST", "QDRANT_URL", "POSTGRES_PASSWORD", "KAFKA_BROKERS", "VLLM_API_BASE", "MLFLOW_TRACKING_URI",
     "TRITON_CACHE_DIR", "REDIS_HOST", "DD_AGENT_HOST"],
)  # fmt: skip
def test_what_a_client_sets_does_not_make_it_the_server(env: str) -> None:
    assert "workload_type" not in seen(
        workload("api", image="example.com/team/app:1", env=[{"name": env, "value": "x"}])
    )


def test_what_nothing_names_has_no_type() -> None:
    assert seen(workload("billing", image="example.com/team/billing:1")) == {}


def test_a_port_alone_says_nothing() -> None:
    assert seen(workload("billing", image="example.com/team/billing:1", ports=[{"containerPort": 11434}])) == {}


@pytest.mark.parametrize(("kind", "type_"), [("Deployment", "inference"), ("Job", "training")])
def test_the_shape_of_a_workload_with_accelerators_suggests_and_says_so(kind: str, type_: str) -> None:
    found = seen(workload("x1", kind, image="example.com/team/app:1", resources=GPU))
    assert (found["workload_type"], found["workload_type_confidence"]) == (type_, "low")
    assert found["recognition"][-1]["evidence"][0]["path"].endswith('resources.limits["nvidia.com/gpu"]')


def test_a_sidecar_does_not_name_the_workload() -> None:
    obj = workload("x1", image="nvcr.io/nvidia/tritonserver:26.09-py3")
    obj["spec"]["template"]["spec"]["containers"].insert(0, {"name": "log", "image": "fluent/fluent-bit:4"})
    assert seen(obj)["workload_type"] == "inference"
    obj["spec"]["template"]["spec"]["containers"][1]["image"] = "example.com/team/billing:1"
    assert "workload_type" not in seen(obj)


@pytest.mark.parametrize(
    ("container", "model", "key"),
    [
        ({"image": "vllm/vllm-openai", "args": ["--model", "org/Model-7B"]}, "org/Model-7B", "hf://org/Model-7B"),
        ({"image": "app", "command": ["vllm", "serve", "org/Model-7B", "--port", "80"]}, "org/Model-7B", "hf://org/Model-7B"),
        ({"image": "app", "command": ["sh", "-c", "vllm serve org/Model-7B --port 80"]}, "org/Model-7B", "hf://org/Model-7B"),
        ({"image": "text-generation-inference", "env": [{"name": "MODEL_ID", "value": "org/m"}]}, "org/m", "hf://org/m"),
        ({"image": "tritonserver", "args": ["tritonserver", "--model-repository=gs://models/prod"]}, "gs://models/prod", "gs://models"),
        ({"image": "ollama/ollama", "command": ["ollama", "run", "llama3.2"]}, "llama3.2", None),
        ({"image": "tritonserver", "args": ["tritonserver", "--model-repository=org/name"]}, "org/name", None),
    ],
)  # fmt: skip
def test_the_model_that_is_loaded_and_its_source(container: dict[str, Any], model: str, key: str | None) -> None:
    found = seen(workload(**container))
    assert found["models"] == [model]
    assert [link["key"] for link in found["links"]] == ([key] if key else [])


def test_a_path_on_a_claim_is_loaded_from_the_claim() -> None:
    obj = workload(
        image="vllm/vllm-openai",
        args=["--model=/models/llama/v3"],
        volumeMounts=[{"name": "all", "mountPath": "/"}, {"name": "weights", "mountPath": "/models/"}],
    )
    obj["spec"]["template"]["spec"]["volumes"] = [
        {"name": "all", "emptyDir": {}},
        {"name": "weights", "persistentVolumeClaim": {"claimName": "llama-weights"}},
    ]
    (link,) = seen(obj)["links"]
    assert link["key"] == f"k8s://{UID}//PersistentVolumeClaim/team/llama-weights"


def test_a_path_on_a_bucket_that_is_mounted_is_loaded_from_the_bucket() -> None:
    obj = workload(
        image="vllm/vllm-openai",
        args=["--model=/models/llama/v3"],
        volumeMounts=[{"name": "weights", "mountPath": "/models"}],
    )
    csi = {"driver": "gcsfuse.csi.storage.gke.io", "volumeAttributes": {"bucketName": "ml-models"}}
    obj["spec"]["template"]["spec"]["volumes"] = [{"name": "weights", "csi": csi}]
    assert [link["key"] for link in seen(obj)["links"]] == ["gs://ml-models"]


@pytest.mark.parametrize(
    ("image", "path"),
    [
        ("redis", "redis"),
        ("grafana/grafana:12.2.0", "grafana/grafana"),
        ("localhost:5000/a/b:1", "a/b"),
        ("nvcr.io/nvidia/pytorch:26.08-py3", "nvidia/pytorch"),
        ("quay.io/x/y@sha256:" + "0" * 64, "x/y"),
    ],
)
def test_path_of_an_image_in_its_registry(image: str, path: str) -> None:
    assert repository(image).removeprefix("library/") == path


@pytest.mark.parametrize(
    "spec",
    [
        None,
        [],
        "text",
        {"template": None},
        {"template": {"spec": {"containers": [None, 1, {"image": 3, "env": "x", "args": {"a": 1}}]}}},
    ],
)
def test_objects_of_another_shape_have_no_type(spec: Any) -> None:
    assert recognise({"kind": "Deployment", "metadata": None, "spec": spec}, "apps", "Deployment", UID) == {}
