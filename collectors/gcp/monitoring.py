"""Cloud Monitoring: what is watched, who is told, and what is promised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.gcp.rows import Asset, Get, Listing, row
from collectors.gcp.values import seconds
from normalize.mapping import MISSING
from normalize.model import Category, Field, Link
from normalize.units import instant

_MONITORING = "//monitoring.googleapis.com/projects/PROJECT_NUMBER"
_MUTED = frozenset({"name", "creationRecord", "mutationRecord", "mutationRecords"})


def _watched(conditions: Any) -> Any:
    """What the conditions of an alert policy ask. Source: monitoring v3, Condition, read 2026-11-24."""
    asked = (part for condition in conditions for part in condition.values() if isinstance(part, Mapping))
    found = [part.get("filter") or part.get("query") for part in asked]
    return "; ".join(str(f) for f in found if f) or MISSING


def _service_type(service: Mapping[str, Any]) -> Any:
    """What a service of Monitoring stands for. Source: monitoring v3, Service, read 2026-11-24."""
    sorts = ("appEngine", "cloudEndpoints", "cloudRun", "clusterIstio", "custom", "gkeNamespace", "gkeService", "gkeWorkload", "istioCanonicalService", "meshIstio")  # fmt: skip
    return next((sort for sort in sorts if sort in service), MISSING)


def _watched_thing(service: Mapping[str, Any]) -> Mapping[str, Any]:
    """The Cloud Run service or the cluster that a service of Monitoring stands for."""
    project = service["$asset"]["project"]
    found = {}
    if run := service.get("cloudRun"):
        found["$Run"] = (
            f"//run.googleapis.com/projects/{project}/locations/{run['location']}/services/{run['serviceName']}"
        )
    for part in ("gkeNamespace", "gkeWorkload", "gkeService", "clusterIstio"):
        if within := service.get(part):
            owner = within.get("projectId") or project
            where = f"projects/{owner}/locations/{within['location']}/clusters/{within['clusterName']}"
            found["$Cluster"] = f"//container.googleapis.com/{where}"
    return found


def _checked_host(check: Mapping[str, Any]) -> Mapping[str, Any]:
    host = check["monitoredResource"]["labels"].get("host")
    return {"$Host": f"dns://{host}"} if host else {}


def _widgets(dashboard: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Widgets of a dashboard, however they are laid out. Source: monitoring v1, Dashboard, read 2026-11-24."""
    yield from (dashboard.get("gridLayout") or {}).get("widgets") or ()
    yield from (tile.get("widget") or {} for tile in (dashboard.get("mosaicLayout") or {}).get("tiles") or ())
    for layout, parts in (("rowLayout", "rows"), ("columnLayout", "columns")):
        for part in (dashboard.get(layout) or {}).get(parts) or ():
            yield from part.get("widgets") or ()


KINDS = (
    row(
        Category.ALARM,
        Asset(
            ("monitoring.googleapis.com/AlertPolicy",),
            "monitoring.v3.AlertPolicy",
            f"{_MONITORING}/alertPolicies/ALERT_POLICY",
        ),
        {
            "name": "displayName",
            "enabled": "enabled",
            "mode": "combiner",
            "rules": Field("conditions", lambda conditions: [{"name": c.get("displayName")} for c in conditions]),
            "filter": Field("conditions", _watched),
            "created_at": Field("creationRecord.mutateTime", instant),
            "modified_at": Field("mutationRecord.mutateTime", instant),
        },
        labels="userLabels",
        links=(Link("notifies", "gcp.monitoring.notification_channel", "notificationChannels[]"),),
        sensitive=frozenset({"creationRecord.mutatedBy", "mutationRecord.mutatedBy"}),
        quiet=_MUTED | {"conditions", "documentation"},
    ),
    row(
        Category.ALARM,
        Asset(
            ("monitoring.googleapis.com/NotificationChannel",),
            "monitoring.v3.NotificationChannel",
            f"{_MONITORING}/notificationChannels/NOTIFICATION_CHANNEL",
        ),
        {
            "name": "displayName",
            "description": "description",
            "type": "type",
            "enabled": "enabled",
            "state": "verificationStatus",
            "created_at": Field("creationRecord.mutateTime", instant),
        },
        labels="userLabels",
        sensitive=frozenset({"labels", "creationRecord.mutatedBy", "mutationRecords[].mutatedBy"}),
        quiet=_MUTED,
    ),
    row(
        Category.MONITOR,
        Asset(
            ("monitoring.googleapis.com/UptimeCheckConfig",),
            "monitoring.v3.UptimeCheckConfig",
            f"{_MONITORING}/uptimeCheckConfigs/UPTIME_CHECK_CONFIG",
            derive=_checked_host,
        ),
        {
            "name": "displayName",
            "type": "monitoredResource.type",
            "endpoint": "monitoredResource.labels.host",
            "suspended": "disabled",
            "port": "httpCheck.port",
            "schedule": "period",
            "timeout_seconds": Field("timeout", seconds),
        },
        labels="userLabels",
        links=(
            Link("watches", "", "$Host"),
            Link("calls", "gcp.cloudfunctions.function", "syntheticMonitor.cloudFunctionV2.name"),
        ),
        sensitive=frozenset({"httpCheck.authInfo", "httpCheck.headers", "httpCheck.body", "contentMatchers[].content"}),
        quiet=frozenset({"name", "monitoredResource", "httpCheck.path"}),
    ),
    row(
        Category.DASHBOARD,
        Asset(
            ("monitoring.googleapis.com/Dashboard",),
            "monitoring.v1.Dashboard",
            f"{_MONITORING}/dashboards/DASHBOARD",
        ),
        {
            "name": "displayName",
            "features": Field("", lambda board: [str(w["title"]) for w in _widgets(board) if w.get("title")]),
        },
        quiet=frozenset({"gridLayout", "mosaicLayout", "rowLayout", "columnLayout", "name"}),
    ),
    row(
        Category.MONITOR,
        Listing(
            Get(
                "monitoring.googleapis.com",
                "/v3/projects/{project}/services",
                "monitoring.services.list",
                items="services[]",
                page=100,
            ),
            "monitoring.googleapis.com/Service",
            "monitoring.v3.Service",
            "//monitoring.googleapis.com/{name}",
            places="global",
            derive=_watched_thing,
        ),
        {
            "name": "displayName",
            "type": Field("", _service_type),
        },
        labels="userLabels",
        links=(
            Link("watches", "gcp.run.service", "$Run"),
            Link("watches", "gcp.container.cluster", "$Cluster"),
        ),
        quiet=frozenset({"name", "telemetry"}),
    ),
    row(
        Category.MONITOR,
        Listing(
            Get(
                "monitoring.googleapis.com",
                "/v3/{relative}/serviceLevelObjectives",
                "monitoring.slos.list",
                items="serviceLevelObjectives[]",
                page=100,
            ),
            "monitoring.googleapis.com/ServiceLevelObjective",
            "monitoring.v3.ServiceLevelObjective",
            "//monitoring.googleapis.com/{name}",
            under="gcp.monitoring.service",
        ),
        {
            "name": "displayName",
            "threshold": "goal",
            "schedule": Field("", lambda goal: goal.get("rollingPeriod") or goal.get("calendarPeriod") or MISSING),
            "settings": "serviceLevelIndicator",
        },
        labels="userLabels",
        links=(Link("part_of", "gcp.monitoring.service", "$parent.$asset.name"),),
        quiet=frozenset({"name", "serviceLevelIndicator"}),
    ),
)
