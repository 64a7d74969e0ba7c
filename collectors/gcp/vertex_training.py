"""Vertex AI: what trains and tunes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.rows import row
from collectors.gcp.values import seconds
from collectors.gcp.vertex_parts import (
    ENCRYPTED,
    KEY,
    OWN,
    RAN,
    disk_bytes,
    images,
    is_spot,
    job_links,
    job_secrets,
    pools,
    run_on,
    swept,
)
from normalize.model import Category, Field, Link

_SPEC = "jobSpec"


def _of_job(job: Mapping[str, Any]) -> Mapping[str, Any]:
    """The persistent resource that a job runs on, by its full relative name."""
    resource = job["jobSpec"].get("persistentResourceId")
    above = str(job["name"]).rpartition("/customJobs/")[0]
    return {"$Resource": f"{above}/persistentResources/{resource}"} if resource else {}


KINDS = (
    row(
        Category.TRAINING_JOB,
        swept("CustomJob", "customJobs", derive=_of_job),
        {
            **RAN,
            **ENCRYPTED,
            "images": Field(_SPEC, images),
            "artifact_uri": f"{_SPEC}.baseOutputDirectory.outputUriPrefix",
            "service_account": f"{_SPEC}.serviceAccount",
            "ephemeral_storage_bytes": Field(_SPEC, disk_bytes),
            "spot": Field(f"{_SPEC}.scheduling", is_spot),
            "strategy": f"{_SPEC}.scheduling.strategy",
            "timeout_seconds": Field(f"{_SPEC}.scheduling.timeout", seconds),
            "wait_seconds": Field(f"{_SPEC}.scheduling.maxWaitDuration", seconds),
            **run_on(lambda job: pools(job["jobSpec"])),
        },
        links=(
            *job_links(_SPEC),
            Link("runs_on", "gcp.aiplatform.persistent_resource", "$Resource"),
            KEY,
        ),
        sensitive=job_secrets(_SPEC),
        quiet=OWN | {"$Resource", "webAccessUris"},
    ),
)
