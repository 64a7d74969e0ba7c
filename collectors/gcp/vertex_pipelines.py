"""Vertex AI: pipelines and what starts them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from collectors.gcp.rows import row
from collectors.gcp.vertex_parts import ENCRYPTED, KEY, NAMED, OWN, RAN, listed, swept
from normalize.mapping import MISSING
from normalize.model import Category, Field, Link
from normalize.units import instant, integer


def _steps(tasks: Any) -> list[dict[str, Any]]:
    """Steps that have run, and how."""
    names = {"name": "taskName", "state": "state"}
    return [{ours: task[theirs] for ours, theirs in names.items() if theirs in task} for task in tasks]


def _images(spec: Any) -> list[str]:
    """Images of a compiled pipeline's steps, each once. Source: kubeflow/pipelines, api/v2alpha1/pipeline_spec.proto, read 2026-11-24."""
    executors = (spec.get("deploymentSpec") or {}).get("executors") or {}
    found = (executor.get("container", {}).get("image") for executor in executors.values())
    return list(dict.fromkeys(str(image) for image in found if image))


def _of_pipeline(job: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"$Images": _images(job["pipelineSpec"])}


def _of_schedule(schedule: Mapping[str, Any]) -> Mapping[str, Any]:
    return _of_pipeline(schedule["createPipelineJobRequest"]["pipelineJob"])


def _starts(schedule: Mapping[str, Any]) -> Any:
    """What a schedule starts."""
    known = {"createPipelineJobRequest": "pipeline", "createNotebookExecutionJobRequest": "notebook"}
    return next((word for key, word in known.items() if key in schedule), MISSING)


def _timezone(cron: Any) -> Any:
    """ "TZ=Europe/Berlin 0 3 * * *" -> "Europe/Berlin"."""
    m = _ZONE.match(str(cron))
    return m["zone"] if m else MISSING


_TASKS = ("pipelineSpec.root.dag.tasks.*", "pipelineSpec.components.*.dag.tasks.*")
_GIVEN = (
    "runtimeConfig.parameterValues",
    "runtimeConfig.parameters",
    "pipelineSpec.deploymentSpec",
    "pipelineSpec.root.inputDefinitions.parameters.*.defaultValue",
    "pipelineSpec.components.*.inputDefinitions.parameters.*.defaultValue",
    *(f"{task}.inputs.parameters" for task in _TASKS),
    "jobDetail.pipelineRunContext.metadata",
    "jobDetail.taskDetails[].execution",
    "jobDetail.taskDetails[].inputs",
)
"""Where a pipeline job may hold secrets: what it and its steps are given, by default or in a run, and environment and source code of
steps. Source: kubeflow/pipelines, api/v2alpha1/pipeline_spec.proto; aiplatform v1, PipelineTaskDetail; read 2026-11-24."""


def _secrets(at: str = "") -> frozenset[str]:
    return frozenset(f"{at}.{path}" if at else path for path in _GIVEN)


_ZONE = re.compile(r"(?:CRON_)?TZ=(?P<zone>\S+)\s")
_WANTED = "createPipelineJobRequest.pipelineJob"
_NOTEBOOK = "createNotebookExecutionJobRequest.notebookExecutionJob"


KINDS = (
    row(
        Category.PIPELINE_RUN,
        swept("PipelineJob", "pipelineJobs", derive=_of_pipeline),
        {
            **RAN,
            **ENCRYPTED,
            "service_account": "serviceAccount",
            "output_uris": Field("runtimeConfig.gcsOutputDirectory", lambda uri: [str(uri)]),
            "source_uri": "templateUri",
            "version": "templateMetadata.version",
            "images": "$Images",
            "steps": Field("jobDetail.taskDetails", _steps),
            "step_count": Field("jobDetail.taskDetails", len),
        },
        links=(
            Link("assumes", "gcp.iam.service_account", "serviceAccount"),
            Link("started_by", "gcp.aiplatform.schedule", "scheduleName", optional=True),
            Link("uses_image", "gcp.artifactregistry.repository", "$Images[]"),
            Link("writes_to", "gcp.storage.bucket", "runtimeConfig.gcsOutputDirectory"),
            Link("runs_in", "gcp.compute.network", "network"),
            Link("attached_to", "gcp.compute.network_attachment", "pscInterfaceConfig.networkAttachment"),
            KEY,
        ),
        sensitive=_secrets(),
        quiet=OWN | {"$Images"},
    ),
    row(
        Category.SETTINGS,
        listed("Schedule", "schedules", derive=_of_schedule),
        {
            **NAMED,
            "state": "state",
            "type": Field("", _starts),
            "schedule": "cron",
            "timezone": Field("cron", _timezone),
            "max_concurrency_count": Field("maxConcurrentRunCount", integer),
            "max_run_count": Field("maxRunCount", integer),
            "run_count": Field("startedRunCount", integer),
            "started_at": Field("startTime", instant),
            "ended_at": Field("endTime", instant),
            "last_run_at": Field("lastScheduledRunResponse.scheduledRunTime", instant),
            "service_account": f"{_WANTED}.serviceAccount",
            "images": "$Images",
        },
        labels="",
        links=(
            Link("assumes", "gcp.iam.service_account", f"{_WANTED}.serviceAccount"),
            Link("uses_image", "gcp.artifactregistry.repository", "$Images[]"),
            Link("writes_to", "gcp.storage.bucket", f"{_WANTED}.runtimeConfig.gcsOutputDirectory"),
            Link("runs_in", "gcp.compute.network", f"{_WANTED}.network"),
            Link("encrypted_by", "gcp.cloudkms.crypto_key", f"{_WANTED}.encryptionSpec.kmsKeyName"),
        ),
        sensitive=_secrets(_WANTED) | {f"{_NOTEBOOK}.directNotebookSource"},
        quiet=OWN
        | {
            "$Images",
            "createPipelineJobRequest.parent",
            "createNotebookExecutionJobRequest.parent",
            "lastScheduledRunResponse",
        },
    ),
)
