"""Vertex AI: what watches deployed models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.rows import Get, Listing, row
from collectors.gcp.values import seconds
from collectors.gcp.vertex_parts import ENCRYPTED, HOST, KEY, NAMED, OWN, swept
from normalize.model import Category, Field, Link
from normalize.units import instant

_METADATA = "latestMonitoringPipelineMetadata"
_TARGET = "modelMonitoringTarget.vertexModel"


def _objectives(configs: Any) -> list[dict[str, Any]]:
    """Deployed models, and what is watched of each: skew from training data, drift over time, attributions."""
    return [
        {"deployed_model": c.get("deployedModelId"), "watches": sorted(c.get("objectiveConfig") or ())} for c in configs
    ]


def _goals(monitor: Mapping[str, Any]) -> list[str]:
    return sorted(monitor.get("tabularObjective") or ())


def _fields(schema: Any) -> list[dict[str, Any]]:
    return [
        {"name": f.get("name"), "type": f.get("dataType")}
        for part in ("featureFields", "predictionFields")
        for f in schema.get(part, ())
    ]


KINDS = (
    row(
        Category.MONITOR,
        swept("ModelDeploymentMonitoringJob", "modelDeploymentMonitoringJobs"),
        {
            **NAMED,
            **ENCRYPTED,
            "state": "state",
            "phase": "scheduleState",
            "failure_reason": "error.message",
            "data_capture_ratio": "loggingSamplingStrategy.randomSampleConfig.sampleRate",
            "rules": Field("modelDeploymentMonitoringObjectiveConfigs", _objectives),
            "schedule": "modelDeploymentMonitoringScheduleConfig.monitorInterval",
            "retention_seconds": Field("logTtl", seconds),
            "last_run_at": Field(f"{_METADATA}.runTime", instant),
        },
        links=(
            Link("watches", "gcp.aiplatform.endpoint", "endpoint"),
            Link("writes_to", "gcp.storage.bucket", "statsAnomaliesBaseDirectory.outputUriPrefix"),
            Link("writes_to", "gcp.bigquery.table", "bigqueryTables[].bigqueryTablePath"),
            Link(
                "notifies", "gcp.monitoring.notification_channel", "modelMonitoringAlertConfig.notificationChannels[]"
            ),
            KEY,
        ),
        quiet=OWN | {"analysisInstanceSchemaUri", "predictInstanceSchemaUri", "samplePredictInstance"},
    ),
    row(
        Category.MONITOR,
        Listing(
            Get(
                HOST,
                "/v1beta1/projects/{project}/locations/{location}/modelMonitors",
                "aiplatform.modelMonitors.list",
                "modelMonitors[]",
                page=100,
            ),
            "aiplatform.googleapis.com/ModelMonitor",
            "aiplatform.v1beta1.GoogleCloudAiplatformV1beta1ModelMonitor",
            "//aiplatform.googleapis.com/{name}",
        ),
        {
            **NAMED,
            **ENCRYPTED,
            "features": Field("", _goals),
            "features_schema": Field("modelMonitoringSchema", _fields),
            "version": f"{_TARGET}.modelVersionId",
        },
        labels="",
        links=(
            Link("watches", "gcp.aiplatform.model", f"{_TARGET}.model"),
            Link("writes_to", "gcp.storage.bucket", "outputSpec.gcsBaseDirectory.outputUriPrefix"),
            Link("reads_from", "gcp.aiplatform.dataset", "trainingDataset.columnizedDataset.vertexDataset"),
            KEY,
        ),
        quiet=OWN,
    ),
)
