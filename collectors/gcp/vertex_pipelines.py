"""Vertex AI: pipelines and what starts them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.rows import row
from collectors.gcp.vertex_parts import ENCRYPTED, KEY, OWN, RAN, swept
from normalize.model import Category, Field, Link


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
        sensitive=frozenset(
            {"runtimeConfig.parameterValues", "runtimeConfig.parameters", "pipelineSpec.deploymentSpec"}
        ),
        quiet=OWN | {"$Images"},
    ),
)
