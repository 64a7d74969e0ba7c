"""Cloud Logging: where logs go, how long they are kept, and what is counted in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.rows import Asset, row
from normalize.model import Category, Field, Link
from normalize.units import instant

_LOGGING = "//logging.googleapis.com/projects/PROJECT_NUMBER"


def _destination(sink: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where a sink sends logs, by its full resource name; a sink may name a project, which routes them on. Source: logging v2,
    LogSink.destination, read 2026-11-24."""
    where = str(sink["destination"])
    project = where.removeprefix("logging.googleapis.com/projects/")
    if where != project and "/" not in project:
        return {"$Destination": f"//cloudresourcemanager.googleapis.com/projects/{project}"}
    return {"$Destination": f"//{where}"}


def _left_out(exclusions: Any) -> list[dict[str, Any]]:
    """What a sink leaves out: name, filter, whether that is switched off."""
    return [{key: rule[key] for key in ("name", "filter", "disabled") if key in rule} for rule in exclusions]


KINDS = (
    row(
        Category.LOG_STORE,
        Asset(
            ("logging.googleapis.com/LogBucket",),
            "logging.v2.LogBucket",
            f"{_LOGGING}/locations/LOCATION/buckets/BUCKET",
        ),
        {
            "description": "description",
            "state": "lifecycleState",
            "retention_days": "retentionDays",
            "locked": "locked",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        labels="",
        key="cmekSettings.kmsKeyName",
        quiet=frozenset({"name", "cmekSettings.serviceAccountId", "cmekSettings.name"}),
    ),
    row(
        Category.LOG_STORE,
        Asset(("logging.googleapis.com/LogSink",), "logging.v2.LogSink", f"{_LOGGING}/sinks/SINK", derive=_destination),
        {
            "name": "name",
            "description": "description",
            "suspended": "disabled",
            "filter": "filter",
            "endpoint": "destination",
            "rules": Field("exclusions", _left_out),
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        labels="",
        links=(Link("logs_to", "", "$Destination"),),
        quiet=frozenset({"destination", "filter", "exclusions", "writerIdentity", "resourceName"}),
    ),
    row(
        Category.METRIC_STORE,
        Asset(("logging.googleapis.com/LogMetric",), "logging.v2.LogMetric", f"{_LOGGING}/metrics/METRIC"),
        {
            "name": "name",
            "description": "description",
            "suspended": "disabled",
            "filter": "filter",
            "metric_name": "metricDescriptor.type",
            "type": "metricDescriptor.valueType",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        labels="",
        links=(Link("reads", "gcp.logging.log_bucket", "bucketName"),),
        quiet=frozenset({"filter", "metricDescriptor", "resourceName"}),
    ),
)
