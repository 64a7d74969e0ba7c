"""Files to start from: in the shape of the target's own definitions, filled with what is known, honest about the rest."""

from __future__ import annotations

import io
from typing import Any

import pytest
import yaml

from normalize.model import Category
from planning.starters import starter
from tests.unit.planned import component

JOB: dict[str, Any] = {
    "image_references": ["111122223333.dkr.ecr.us-east-1.amazonaws.com/train:4"],
    "hyperparameters": {"epochs": "3"},
    "inputs": [{"name": "train", "uri": "s3://b/p"}],
    "instance_count": 4,
    "timeout_seconds": 86400,
}


def made(target: str, category: Category, kind: str, **facts: Any) -> dict[str, Any]:
    found = starter(component("ranker", category, kind, **facts), target, None)
    assert found
    assert found.text.startswith("# A file to start from")
    assert found.name == f"ranker-{target}.yaml"
    document = yaml.safe_load(found.text)
    assert isinstance(document, dict)
    return document


def test_a_job_for_vertex() -> None:
    job = made("gcp", Category.TRAINING_JOB, "aws.sagemaker.training_job", **JOB)
    (pool,) = job["jobSpec"]["workerPoolSpecs"]
    assert pool["replicaCount"] == 4
    assert pool["containerSpec"] == {"imageUri": "REGISTRY/train:4", "args": ["--epochs=3", "--train=gs://BUCKET/PATH"]}
    assert job["jobSpec"]["scheduling"] == {"timeout": "86400s"}


@pytest.mark.filterwarnings("ignore")  # Azure's library warns of its own dependencies
def test_a_job_for_azure_is_what_its_own_library_takes() -> None:
    from azure.ai.ml import load_job

    found = starter(component("ranker", Category.TRAINING_JOB, "aws.sagemaker.training_job", **JOB), "azure", None)
    assert found
    job = load_job(io.StringIO(found.text))
    assert (job.display_name, job.resources.instance_count, job.limits.timeout) == ("ranker", 4, 86400)


def test_a_job_for_sagemaker_is_what_its_own_client_takes() -> None:
    import boto3
    from botocore.validate import ParamValidator

    job = made("aws", Category.TRAINING_JOB, "azure.machinelearning.command_job", **JOB)
    model = boto3.client("sagemaker", region_name="us-east-1").meta.service_model
    report = ParamValidator().validate(job, model.operation_model("CreateTrainingJob").input_shape)
    assert report.generate_report() == ""


@pytest.mark.parametrize("target", ["aws", "gcp", "azure"])
def test_what_is_not_known_is_for_people_to_fill_in(target: str) -> None:
    text = str(made(target, Category.ENDPOINT, "gcp.x" if target != "gcp" else "aws.x"))
    assert "COUNT" in text
    assert "MACHINE-TYPE" in text


def test_there_is_none_for_what_moves_otherwise() -> None:
    assert starter(component("b", Category.BUCKET, "aws.s3.bucket"), "gcp", None) is None
