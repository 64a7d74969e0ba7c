"""Cloud Run in both shapes of its API, and what Google Cloud's own names mean where they stand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from collectors.gcp.run import RUN, _of_run
from normalize.mapping import LINKS
from normalize.model import Scope
from normalize.references import in_its_cloud, mentions
from tests.contract.test_gcp_rows import check_shape, schema

ASSET = {"project": "ml-prod", "location": "us-central1", "type": "run.googleapis.com/Service"}
HERE = Scope("gcp", "ml-prod", "us-central1")


def run(payload: Any) -> Any:
    return _of_run({**payload, "$asset": ASSET})[RUN]


def knative(kind: str) -> Any:
    held = json.loads((Path(__file__).parent.parent / "fixtures" / kind / "answers.json").read_text())
    return held["assets"][0]["resource"]["data"]


CONTAINER = {
    "name": "server",
    "image": "us-central1-docker.pkg.dev/ml-prod/serving/vllm:0.9",
    "args": ["--model", "/models/llama"],
    "volumeMounts": [{"name": "models", "mountPath": "/models"}],
    "env": [{"name": "HF_TOKEN", "valueSource": {"secretKeyRef": {"secret": "hf-token", "version": "latest"}}}],
    "resources": {"limits": {"cpu": "8", "memory": "32Gi", "nvidia.com/gpu": "1"}},
}
PLAIN = {
    "name": "projects/ml-prod/locations/us-central1/services/score",
    "uri": "https://score-abc-uc.a.run.app",
    "ingress": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
    "terminalCondition": {"type": "Ready", "state": "CONDITION_FAILED"},
    "template": {
        "containers": [CONTAINER],
        "nodeSelector": {"accelerator": "nvidia-l4"},
        "serviceAccount": "train@ml-prod.iam.gserviceaccount.com",
        "scaling": {"minInstanceCount": 1, "maxInstanceCount": 8},
        "maxInstanceRequestConcurrency": 4,
        "timeout": "300s",
        "vpcAccess": {"networkInterfaces": [{"network": "ml", "subnetwork": "train"}]},
        "volumes": [{"name": "models", "gcs": {"bucket": "ml-prod-models"}}],
    },
    "trafficStatuses": [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": "score-00007", "percent": 90}],
}


@pytest.mark.parametrize(
    "key", ["Name", "Uri", "Accelerator", "Account", "Containers", "Networks", "Subnetworks", "Volumes", "Concurrency"]
)
def test_both_shapes_of_a_service_say_the_same(key: str) -> None:
    check_shape(*schema("run.v2.GoogleCloudRunV2Service"), PLAIN, "service")
    assert run(PLAIN)[key] == run(knative("gcp.run.service"))[key]


def test_a_service_without_accelerators_is_known_to_have_none_and_one_without_their_type_is_not() -> None:
    from collectors.gcp.run import _gpus

    assert _gpus({"Containers": [{"limits": {"cpu": "1"}}]}) == []
    assert _gpus({"Containers": [{"limits": {"nvidia.com/gpu": "1"}}]}) is None


@pytest.mark.parametrize("payload", [PLAIN, knative("gcp.run.service")], ids=["plain", "knative"])
def test_what_a_service_serves_is_recognised_and_leads_to_the_bucket_it_is_loaded_from(payload: Any) -> None:
    told = _of_run({**payload, "$asset": ASSET})
    found = told[RUN]
    assert (found["workload_type"], found["software"], found["models"]) == ("inference", ["vllm"], ["/models/llama"])
    assert [(link["verb"], link["key"]) for link in told[LINKS]] == [("loads", "gs://ml-prod-models")]


def test_a_worker_pool_that_nothing_names_has_no_type() -> None:
    plain = {**PLAIN, "template": {"containers": [{**CONTAINER, "image": "docker.io/acme/app:1", "args": []}]}}
    told = _of_run({**plain, "$asset": {**ASSET, "type": "run.googleapis.com/WorkerPool"}})[RUN]
    assert "workload_type" not in told


def test_no_environment_is_taken_over() -> None:
    assert "not-a-real-one" not in json.dumps(run(knative("gcp.run.service")))


@pytest.mark.parametrize(("provider", "key"), [("gcp", "gs://ml-prod-models"), ("aws", "s3://ml-prod-models")])
def test_a_bare_bucket_name_is_one_of_the_cloud_where_it_stands(provider: str, key: str) -> None:
    (mention,) = mentions("ml-prod-models", "bucketName")
    assert in_its_cloud(mention, Scope(provider, "a", "p")).key == key


def test_a_bucket_that_is_said_to_be_amazons_stays_amazons() -> None:
    (mention,) = mentions("s3://ml-prod-models/llama", "MODEL_URI")
    assert in_its_cloud(mention, HERE).key == "s3://ml-prod-models"
