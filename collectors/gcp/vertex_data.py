"""Vertex AI: data sets, and who labels them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.rows import row
from collectors.gcp.values import last
from collectors.gcp.vertex_parts import ENCRYPTED, KEY, NAMED, OWN, listed, swept
from normalize.mapping import MISSING
from normalize.model import Category, Field, Link
from normalize.units import integer


def _sort(uri: Any) -> str:
    """ "gs://…/metadata/image_1.0.0.yaml" -> "image"."""
    return last(uri).partition("_1.")[0].removesuffix(".yaml")


def _inputs(metadata: Any) -> Any:
    """Where the data lie: files or a table. Source: Vertex AI documentation, "Create a dataset", tabular metadata, read 2026-11-24."""
    config = metadata.get("inputConfig") or {}
    files = (config.get("gcsSource") or {}).get("uri")
    table = (config.get("bigquerySource") or {}).get("uri")
    found = [*(files if isinstance(files, list) else [files]), table]
    return [str(uri) for uri in found if uri] or MISSING


def _people(pool: Mapping[str, Any]) -> Any:
    """Managers and workers of a pool of labelers."""
    emails = [*(pool.get("specialistManagerEmails") or ()), *(pool.get("specialistWorkerEmails") or ())]
    return len(set(emails)) or pool.get("specialistManagersCount", MISSING)


KINDS = (
    row(
        Category.DATASET,
        swept("Dataset", "datasets"),
        {
            **NAMED,
            **ENCRYPTED,
            "description": "description",
            "type": Field("metadataSchemaUri", _sort),
            "object_count": Field("dataItemCount", integer),
            "input_uris": Field("metadata", _inputs),
        },
        links=(KEY,),
        quiet=OWN | {"metadataSchemaUri"},
    ),
    row(
        Category.DATA_JOB,
        listed("DataLabelingJob", "dataLabelingJobs"),
        {
            **NAMED,
            **ENCRYPTED,
            "state": "state",
            "failure_reason": "error.message",
            "user_count": "labelerCount",
            "input_uris": Field("datasets", lambda names: [str(name) for name in names]),
        },
        links=(
            Link("reads_from", "gcp.aiplatform.dataset", "datasets[]"),
            Link("asks", "gcp.aiplatform.specialist_pool", "specialistPools[]"),
            Link("reads_from", "gcp.storage.bucket", "instructionUri"),
            KEY,
        ),
        quiet=OWN | {"inputsSchemaUri"},
    ),
    row(
        Category.IDENTITY,
        swept("SpecialistPool", "specialistPools"),
        {"name": "displayName", "user_count": Field("", _people)},
        labels="",
        sensitive=frozenset({"specialistManagerEmails", "specialistWorkerEmails"}),
        quiet=OWN | {"pendingDataLabelingJobs"},
    ),
)
