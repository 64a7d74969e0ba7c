"""The table of MLflow kinds.

Ids are mlflow://HOST:PORT[/PATH][@CLUSTER]/…; native names are unique within their server, so links carry the server with them.
"""

from __future__ import annotations

from collections.abc import Sequence

from collectors.mlflow import client, details
from collectors.mlflow.client import Search
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import instant

_SERVER = "mlflow://{@account}"


def _variety(record: dict[str, object]) -> str:
    return "prompt" if record.get("$prompt") else "model"


KINDS: Sequence[Kind] = (
    Kind(
        name="mlflow.server",
        category=Category.MODEL_REGISTRY,
        fetch=Search("GET /version", client.servers),
        id=Template(_SERVER),
        native=Template("{@account}"),
        unique="world",
        fields={"endpoint": "url", "type": "type", "version": "version", "aliases": "aliases"},
        aliases=(Alias("id", "$keys[]"),),
        links=(Link("answers_at", "", "$at", optional=True),),
        quiet=frozenset({"url", "aliases", "$keys", "$at"}),
    ),
    Kind(
        name="mlflow.experiment",
        category=Category.EXPERIMENT,
        fetch=Search(client.EXPERIMENTS, client.experiments, (details.traces, details.experiment_artifacts)),
        id=Template(_SERVER + "/experiments/{experiment_id}"),
        native="experiment_id",
        unique="account",
        fields={
            "name": "name",
            "artifact_uri": "artifact_location",
            "size_bytes": "$artifacts.bytes",
            "file_count": "$artifacts.files",
            "trace_count": "$trace_count",
            "lifecycle_stage": "lifecycle_stage",
            "created_at": Field("creation_time", instant),
            "modified_at": Field("last_update_time", instant),
        },
        tags="tags",
    ),
    Kind(
        name="mlflow.run",
        category=Category.RUN,
        fetch=Search(client.RUNS, client.runs),
        id=Template(_SERVER + "/runs/{info.run_id}"),
        native="info.run_id",
        unique="account",
        fields={
            "name": "info.run_name",
            "state": "info.status",
            "lifecycle_stage": "info.lifecycle_stage",
            "created_at": Field("info.start_time", instant),  # nothing else says when; windows need it
            "started_at": Field("info.start_time", instant),
            "ended_at": Field("info.end_time", instant),
            "artifact_uri": "info.artifact_uri",
            "created_by": ("tags", "mlflow.user"),
            "source_uri": ("tags", "mlflow.source.name"),
            "repository": "$code.repository",
            "commit": "$code.commit",
            "branch": "$code.branch",
            "parameters": "params",
            "metrics": "metrics",
            "datasets": "dataset_inputs",
            "input_uris": "$input_uris",
        },
        tags="tags",
        links=(
            Link("member_of", "mlflow.experiment", "info.experiment_id", within="account"),
            Link("part_of", "mlflow.run", "$parent_run_id", within="account", optional=True),
            Link("reads", "", "$input_uris"),
            Link("built_from", "", "$code.repository"),
        ),
    ),
    Kind(
        name="mlflow.registered_model",
        category=Category.MODEL,
        fetch=Search(client.MODELS, client.registered_models),
        id=Template(_SERVER + "/models/{name}"),
        native="name",
        unique="account",
        fields={
            "name": "name",
            "type": Field("", _variety),
            "description": "description",
            "aliases": Field("aliases", sorted),
            "created_at": Field("creation_timestamp", instant),
            "modified_at": Field("last_updated_timestamp", instant),
        },
        tags="tags",
        aliases=(Alias("uri", Template("models:/{name}/latest")),),
    ),
    Kind(
        name="mlflow.model_version",
        category=Category.MODEL_VERSION,
        fetch=Search(client.VERSIONS, client.model_versions, (details.version_artifacts,)),
        id=Template(_SERVER + "/models/{name}/versions/{version}"),
        native=Template("{name}/{version}"),
        unique="account",
        fields={
            "version": Field("version", str),
            "type": Field("", _variety),
            "description": "description",
            "state": "status",
            "stage": "current_stage",
            "aliases": "aliases",
            "source_uri": "source",
            "size_bytes": "$artifacts.bytes",
            "file_count": "$artifacts.files",
            "run_id": "run_id",
            "created_by": "user_id",
            "created_at": Field("creation_timestamp", instant),
            "modified_at": Field("last_updated_timestamp", instant),
        },
        tags="tags",
        links=(
            Link("version_of", "mlflow.registered_model", "name", within="account"),
            Link("made_by", "mlflow.run", "run_id", within="account"),
            Link("made_from", "mlflow.logged_model", "model_id", within="account"),
        ),
    ),
    Kind(
        name="mlflow.logged_model",
        category=Category.MODEL_VERSION,
        fetch=Search(client.LOGGED_MODELS, client.logged_models, (details.logged_model_artifacts,)),
        id=Template(_SERVER + "/logged-models/{model_id}"),
        native="model_id",
        unique="account",
        fields={
            "name": "name",
            "state": "status",
            "model_type": "model_type",
            "artifact_uri": "artifact_location",
            "size_bytes": "$artifacts.bytes",
            "file_count": "$artifacts.files",
            "run_id": "source_run_id",
            "parameters": "params",
            "metrics": "metrics",
            "created_at": Field("creation_timestamp", instant),
            "modified_at": Field("last_updated_timestamp", instant),
        },
        tags="tags",
        links=(
            Link("member_of", "mlflow.experiment", "experiment_id", within="account"),
            Link("made_by", "mlflow.run", "source_run_id", within="account"),
        ),
    ),
    Kind(
        name="mlflow.webhook",
        category=Category.CONNECTION,
        fetch=Search(client.WEBHOOKS, client.webhooks),
        id=Template(_SERVER + "/webhooks/{webhook_id}"),
        native="webhook_id",
        unique="account",
        fields={
            "name": "name",
            "description": "description",
            "state": "status",
            "endpoint": "url",
            "events": "events",
            "created_at": Field("creation_timestamp", instant),
            "modified_at": Field("last_updated_timestamp", instant),
        },
        links=(Link("notifies", "", "url"),),
    ),
)
