"""Fills an MLflow server with an estate whose every count is known. Run by hand: mlflow_estate.py URL;
its last line is what was made, as JSON."""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.request
import warnings
from dataclasses import asdict, dataclass

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

DB_PASSWORD = "Xk7-planted-db-pass-9Q"
HUB_TOKEN = "hf_" + "PlantedTokenPlanted0123456789"
PURGED_RUN = "0123456789abcdef0123456789abcdef"
"""A run that is gone for good, as after `mlflow gc`; version 3 of the model still names it."""
DATASET_URI = "s3://acme-train-data/imagenet/v3"
WEBHOOK_TOKEN = "planted4WebhookToken8Z"
WEBHOOK = f"https://203.0.113.9/hooks/ml?token={WEBHOOK_TOKEN}"
"""An address, since servers look names up, and one of those that belong to nobody."""
ARTIFACT = b"weights of a model\n" * 500
COMMIT = "4f0c1d9a7be25b8c3e6f1a2d9c8b7a6f5e4d3c2b"


@dataclass(frozen=True)
class Estate:
    """What was made. `deleted_run` made version 1 of `model`, `plain_run` exists and is active."""

    experiments: int
    runs: int
    models: int
    prompts: int
    versions: int
    logged_models: int
    webhooks: int
    traces: int
    artifact_bytes: int
    deleted_run: str
    deleted_experiment: str
    plain_run: str
    nan_run: str
    dataset_run: str
    child_run: str
    model: str
    secrets: tuple[str, ...] = (DB_PASSWORD, HUB_TOKEN, WEBHOOK_TOKEN)
    planted: tuple[dict[str, str], ...] = (
        {
            "what": "a training set lies in a bucket that no scanned account holds",
            "code": "external-dependency",
            "contains": "s3://acme-train-data",
        },
        {
            "what": "features come from a database that no source covers",
            "code": "external-dependency",
            "contains": "features.acme.internal",
        },
        {
            "what": "a model version was made by a run that was purged",
            "code": "dangling-reference",
            "contains": PURGED_RUN,
        },
    )


def build(
    uri: str,
    *,
    runs: int = 30,
    dataset_uri: str = DATASET_URI,
    model_source: str = "s3://acme-models/fraud/1",
    mark: str = "",
) -> Estate:
    """Fill the server.

    Args:
        uri: tracking URI of an empty server.
        runs: how many runs (at least 6), one of them deleted.
        dataset_uri, model_source: where the dataset input and the first model version say that their bytes lie.
        mark: put before every name.
    """
    from mlflow import MlflowClient
    from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param
    from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent

    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    now = int(time.time() * 1000)
    llm = client.create_experiment(f"{mark}llm-finetune", tags={"team": "nlp", "owner": "ada@example.org"})
    fraud = client.create_experiment(f"{mark}fraud-détection 🕵", artifact_location="s3://acme-mlflow/fraud")
    old = client.create_experiment(f"{mark}abandoned")

    made: list[str] = []
    for number in range(runs):
        tags = {"mlflow.user": "ada"}
        if number == 0:
            tags |= {
                "mlflow.source.git.repoURL": "git@git.acme.internal:ml/train.git",
                "mlflow.source.git.commit": COMMIT,
            }
        if number == 4:
            tags |= {"mlflow.parentRunId": made[0], "hub_token": HUB_TOKEN}
        run = client.create_run(llm if number % 2 else fraud, run_name=f"run-{number}", tags=tags)
        params = [Param("lr", "1e-4"), Param("gpu", "H100"), Param("n_gpus", "8")]
        if number == 2:
            params += [
                Param("db_password", DB_PASSWORD),
                Param("feature_store", f"postgresql://ml:{DB_PASSWORD}@features.acme.internal:5432/fs"),
            ]
        value = float("nan") if number == 1 else 1 / (number + 1)
        client.log_batch(run.info.run_id, metrics=[Metric("loss", value, now, 3)], params=params)
        made.append(run.info.run_id)
        if number % 3:
            client.set_terminated(run.info.run_id)
    source = Dataset(
        name="imagenet", digest="abc123", source_type="s3", source=json.dumps({"uri": dataset_uri}), schema=None
    )
    client.log_inputs(made[0], datasets=[DatasetInput(source, tags=[InputTag("mlflow.data.context", "training")])])

    model = f"{mark}fraud-scorer"
    client.create_registered_model(model, tags={"owner": "risk"}, description="Scores card payments")
    client.create_model_version(model, source=model_source, run_id=made[3], await_creation_for=0)
    client.create_model_version(
        model, source="s3://acme-models/fraud/2", run_id=made[0], tags={"validated": "yes"}, await_creation_for=0
    )
    client.set_registered_model_alias(model, "champion", "2")
    with warnings.catch_warnings():  # stages are deprecated, and in use
        warnings.simplefilter("ignore", FutureWarning)
        client.transition_model_version_stage(model, "1", "Production")
    client.create_model_version(model, source="s3://acme-models/fraud/3", run_id=PURGED_RUN, await_creation_for=0)
    client.create_registered_model(f"{mark}empty-model")
    client.create_prompt(f"{mark}support-prompt")
    client.create_prompt_version(f"{mark}support-prompt", "Answer {{question}} kindly.")
    client.create_logged_model(
        llm, name="adapter", source_run_id=made[0], model_type="transformers", params={"rank": "8"}
    )
    client.create_webhook(
        f"{mark}releases", WEBHOOK, [WebhookEvent(WebhookEntity.MODEL_VERSION, WebhookAction.CREATED)]
    )
    _trace(uri, llm)
    for name in ("model/MLmodel", "model/data/weights.bin"):
        _upload(uri, client.get_run(made[1]).info.artifact_uri, name, ARTIFACT)
    client.delete_run(made[3])
    client.delete_experiment(old)
    return Estate(
        experiments=4,  # three of ours and the server's Default
        runs=runs,
        models=2,
        prompts=1,
        versions=4,
        logged_models=1,
        webhooks=1,
        traces=1,
        artifact_bytes=2 * len(ARTIFACT),
        deleted_run=made[3],
        deleted_experiment=old,
        plain_run=made[0],
        nan_run=made[1],
        dataset_run=made[0],
        child_run=made[4],
        model=model,
    )


def _upload(server: str, root: str, name: str, content: bytes) -> None:
    """Put an artifact behind the server, as its clients do."""
    path = root.removeprefix("mlflow-artifacts:").strip("/")
    address = f"{server}/api/2.0/mlflow-artifacts/artifacts/{path}/{name}"
    with urllib.request.urlopen(urllib.request.Request(address, content, method="PUT"), timeout=30):
        pass


def _trace(server: str, experiment: str) -> None:
    """A trace without its spans, at once: the SDK would send it when it likes."""
    told = {
        "trace_id": "tr-0123456789abcdef0123456789abcdef",
        "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}},
        "request_time": "2026-11-24T12:00:00Z",
        "state": "OK",
    }
    body = json.dumps({"trace": {"trace_info": told}}).encode()
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{server}/api/3.0/mlflow/traces", body, headers), timeout=30):
        pass


if __name__ == "__main__":
    print(json.dumps(asdict(build(sys.argv[1]))))
