"""The equivalent definition of a managed ML component at the target, as a file to start from.

What the inventory knows is filled in; what only people can say is written in CAPITALS. A starter is no finished deployment,
and says so in its first line. Shapes: SageMaker CreateTrainingJob, CreateModel and CreateEndpointConfig (botocore 1.44.5); Vertex AI
CustomJob and DeployedModel (google-cloud-aiplatform 2.7.0, v1 types); Azure Machine Learning CLI v2 commandJob and
managedOnlineDeployment schemas (azure-ai-ml 1.35). Read 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import yaml

from normalize.model import Category
from planning.accelerators import Plan
from planning.estate import Component


class Starter(NamedTuple):
    """A file: its name and its text."""

    name: str
    text: str


def starter(c: Component, target: str, plan: Plan | None) -> Starter | None:
    """A file to start from; None where there is none for such a thing at that target."""
    make = _MAKERS.get((c.category, target))
    if make is None or c.provider == "kubernetes":
        return None
    machine = (
        next((k.type for k in plan.candidates if k.verdict.value in ("ready", "conditional")), None) if plan else None
    )
    document = make(c, machine or "MACHINE-TYPE", _devices(plan, machine))
    head = f"# A file to start from, made from what is known of {c.id}.\n# Words in CAPITALS are for you to fill in; read it through before it is used.\n"
    return Starter(
        f"{c.name}-{target}.yaml".replace("/", "-"),
        head + yaml.safe_dump(document, sort_keys=False, allow_unicode=True),
    )


def _devices(plan: Plan | None, machine: str | None) -> int:
    return next((k.count for k in plan.candidates if k.type == machine), 0) if plan else 0


def _image(c: Component) -> str:
    found = c.facts.get("image_references")
    name = str(found[0]).rpartition("/")[2] if isinstance(found, list) and len(found) == 1 else "IMAGE"
    return f"REGISTRY/{name}"


def _machines(c: Component) -> Any:
    return c.facts.get("instance_count") or "COUNT"


def _settings(c: Component) -> dict[str, Any]:
    told = c.facts.get("hyperparameters")
    return {str(k): v for k, v in told.items()} if isinstance(told, Mapping) else {}


def _inputs(c: Component) -> list[Mapping[str, Any]]:
    return [i for i in c.facts.get("inputs") or () if isinstance(i, Mapping)]


def _vertex_training(c: Component, machine: str, devices: int) -> dict[str, Any]:
    arguments = [f"--{k}={v}" for k, v in _settings(c).items()]
    pool: dict[str, Any] = {
        "machineSpec": {"machineType": machine} | ({"acceleratorCount": devices, "acceleratorType": "ACCELERATOR-TYPE"} if devices else {}),
        "replicaCount": _machines(c),
        "containerSpec": {"imageUri": _image(c), "args": [*arguments, *(f"--{i.get('name', 'input')}=gs://BUCKET/PATH" for i in _inputs(c))]},
    }  # fmt: skip
    return {
        "displayName": c.name,
        "jobSpec": {
            "workerPoolSpecs": [pool],
            "scheduling": {"timeout": f"{c.facts['timeout_seconds']}s"} if isinstance(c.facts.get("timeout_seconds"), int) else {},
            "serviceAccount": "SERVICE-ACCOUNT",
            "baseOutputDirectory": {"outputUriPrefix": "gs://BUCKET/OUTPUT"},
        },
    }  # fmt: skip


def _azure_training(c: Component, machine: str, devices: int) -> dict[str, Any]:
    arguments = " ".join(f"--{k} {v}" for k, v in _settings(c).items())
    return {
        "$schema": "https://azuremlschemas.azureedge.net/latest/commandJob.schema.json",
        "display_name": c.name,
        "command": f"START-COMMAND {arguments}".strip(),
        "environment": {"image": _image(c)},
        "inputs": {str(i.get("name") or "input"): {"type": "uri_folder", "path": "azureml://datastores/DATASTORE/paths/PATH"} for i in _inputs(c)},
        "resources": {"instance_count": _machines(c), "instance_type": machine},
        "distribution": {"type": "pytorch", "process_count_per_instance": devices or 1},
        "limits": {"timeout": c.facts.get("timeout_seconds") or "SECONDS"},
    }  # fmt: skip


def _sagemaker_training(c: Component, machine: str, devices: int) -> dict[str, Any]:
    return {
        "TrainingJobName": c.name,
        "AlgorithmSpecification": {"TrainingImage": _image(c), "TrainingInputMode": "FastFile"},
        "HyperParameters": {k: str(v) for k, v in _settings(c).items()},
        "InputDataConfig": [
            {"ChannelName": str(i.get("name") or "input"), "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://BUCKET/PATH"}}}
            for i in _inputs(c)
        ],
        "OutputDataConfig": {"S3OutputPath": "s3://BUCKET/OUTPUT"},
        "ResourceConfig": {"InstanceType": f"ml.{machine}", "InstanceCount": _machines(c), "VolumeSizeInGB": 100},
        "StoppingCondition": {"MaxRuntimeInSeconds": c.facts.get("timeout_seconds") or "SECONDS"},
        "RoleArn": "arn:aws:iam::ACCOUNT:role/ROLE",
    }  # fmt: skip


def _vertex_endpoint(c: Component, machine: str, devices: int) -> dict[str, Any]:
    least = c.facts.get("min_count") or c.facts.get("instance_count") or "COUNT"
    return {
        "endpoint": {"displayName": c.name, "dedicatedEndpointEnabled": True},
        "model": {
            "displayName": c.name,
            "artifactUri": "gs://BUCKET/MODEL",
            "containerSpec": {"imageUri": _image(c), "predictRoute": "/invocations", "healthRoute": "/ping", "ports": [{"containerPort": 8080}]},
        },
        "deployedModel": {
            "displayName": c.name,
            "dedicatedResources": {
                "machineSpec": {"machineType": machine} | ({"acceleratorCount": devices, "acceleratorType": "ACCELERATOR-TYPE"} if devices else {}),
                "minReplicaCount": least,
                "maxReplicaCount": c.facts.get("max_count") or least,
            },
            "serviceAccount": "SERVICE-ACCOUNT",
        },
    }  # fmt: skip


def _azure_endpoint(c: Component, machine: str, devices: int) -> dict[str, Any]:
    slowest = c.facts.get("latency_p99_seconds")
    timeout = min(180_000, max(5_000, int(slowest * 2000))) if isinstance(slowest, int | float) else "MILLISECONDS"
    return {
        "$schema": "https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json",
        "name": "blue",
        "endpoint_name": c.name,
        "model": "azureml:MODEL:VERSION",
        "environment": {
            "image": _image(c),
            "inference_config": {
                "liveness_route": {"path": "/ping", "port": 8080},
                "readiness_route": {"path": "/ping", "port": 8080},
                "scoring_route": {"path": "/invocations", "port": 8080},
            },
        },
        "instance_type": machine,
        "instance_count": _machines(c),
        "request_settings": {"request_timeout_ms": timeout, "max_concurrent_requests_per_instance": 1},
    }


def _sagemaker_endpoint(c: Component, machine: str, devices: int) -> dict[str, Any]:
    return {
        "CreateModel": {
            "ModelName": c.name,
            "ExecutionRoleArn": "arn:aws:iam::ACCOUNT:role/ROLE",
            "PrimaryContainer": {"Image": _image(c), "ModelDataUrl": "s3://BUCKET/model.tar.gz"},
        },
        "CreateEndpointConfig": {
            "EndpointConfigName": c.name,
            "ProductionVariants": [
                {"VariantName": "main", "ModelName": c.name, "InitialInstanceCount": _machines(c), "InstanceType": f"ml.{machine}"}
            ],
        },
        "CreateEndpoint": {"EndpointName": c.name, "EndpointConfigName": c.name},
    }  # fmt: skip


_MAKERS: Mapping[tuple[Category, str], Callable[[Component, str, int], dict[str, Any]]] = {
    (Category.TRAINING_JOB, "gcp"): _vertex_training,
    (Category.TRAINING_JOB, "azure"): _azure_training,
    (Category.TRAINING_JOB, "aws"): _sagemaker_training,
    (Category.ENDPOINT, "gcp"): _vertex_endpoint,
    (Category.ENDPOINT, "azure"): _azure_endpoint,
    (Category.ENDPOINT, "aws"): _sagemaker_endpoint,
}
