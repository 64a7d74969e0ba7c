"""Vertex AI: predictions of many records at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.gcp.accelerators import last
from collectors.gcp.rows import row
from collectors.gcp.vertex_parts import ENCRYPTED, KEY, OWN, RAN, Machines, reservations, run_on, swept, whole
from normalize.mapping import MISSING
from normalize.model import Category, Field, Link
from normalize.units import integer

_RESOURCES = "dedicatedResources"
_OWN_MODEL = "unmanagedContainerModel"


def _machines(job: Mapping[str, Any]) -> Iterator[Machines] | None:
    """Machines at the start; unknown where Google picks them."""
    resources = job.get(_RESOURCES)
    return (
        None
        if resources is None
        else iter([Machines(resources.get("machineSpec") or {}, whole(resources.get("startingReplicaCount")))])
    )


def _served(job: Mapping[str, Any]) -> Mapping[str, Any]:
    """The model and its version, as full relative names; none for a model of Google's."""
    name = str(job.get("model", "")).partition("@")[0]
    if not name.startswith("projects/") or "/publishers/" in name:
        return {}
    version = job.get("modelVersionId")
    return {"$Model": name, **({"$Version": f"{name}@{version}"} if version else {})}


def _inputs(config: Any) -> list[str]:
    tables = [
        (config.get("bigquerySource") or {}).get("inputUri"),
        (config.get("vertexMultimodalDatasetSource") or {}).get("datasetName"),
    ]
    return [str(uri) for uri in (*((config.get("gcsSource") or {}).get("uris") or ()), *tables) if uri]


def _outputs(config: Any) -> list[str]:
    found = [
        (config.get("gcsDestination") or {}).get("outputUriPrefix"),
        (config.get("bigqueryDestination") or {}).get("outputUri"),
    ]
    return [str(uri) for uri in found if uri]


def _name(model: Any) -> Any:
    return last(model).partition("@")[0] or MISSING


KINDS = (
    row(
        Category.INFERENCE_JOB,
        swept("BatchPredictionJob", "batchPredictionJobs", derive=_served),
        {
            **RAN,
            **ENCRYPTED,
            "model": Field("model", _name),
            "version": "modelVersionId",
            "image": f"{_OWN_MODEL}.containerSpec.imageUri",
            "artifact_uri": f"{_OWN_MODEL}.artifactUri",
            "format": "inputConfig.instancesFormat",
            "input_uris": Field("inputConfig", _inputs),
            "output_uris": Field("outputConfig", _outputs),
            "max_count": f"{_RESOURCES}.maxReplicaCount",
            "batch_size_count": "manualBatchTuningParameters.batchSize",
            "record_count": Field("completionStats.successfulCount", integer),
            "node_hours": "resourcesConsumed.replicaHours",
            "service_account": "serviceAccount",
            **run_on(_machines),
        },
        links=(
            Link("serves", "gcp.aiplatform.model", "$Model", optional=True),
            Link("serves", "gcp.aiplatform.model_version", "$Version", optional=True),
            Link("uses_image", "gcp.artifactregistry.repository", f"{_OWN_MODEL}.containerSpec.imageUri"),
            Link("reads_from", "gcp.storage.bucket", f"{_OWN_MODEL}.artifactUri"),
            Link("reads_from", "gcp.storage.bucket", "inputConfig.gcsSource.uris[]"),
            Link("reads_from", "", "inputConfig.bigquerySource.inputUri"),
            Link("writes_to", "gcp.storage.bucket", "outputConfig.gcsDestination.outputUriPrefix"),
            Link("writes_to", "", "outputConfig.bigqueryDestination.outputUri"),
            Link("assumes", "gcp.iam.service_account", "serviceAccount"),
            reservations(f"{_RESOURCES}.machineSpec"),
            KEY,
        ),
        sensitive=frozenset({f"{_OWN_MODEL}.containerSpec.env"}),
        quiet=OWN | {"model", "$Model", "$Version"},
    ),
)
