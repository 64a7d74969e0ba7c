"""Azure Machine Learning: what starts jobs by the clock, and what watches models that serve."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from collectors.azure.ml_assets import ALL
from collectors.azure.ml_workspaces import MADE, STATE, VERSION, WORKSPACE
from collectors.azure.rows import Get, resource
from collectors.azure.values import text
from normalize.mapping import MISSING
from normalize.model import Category, Field, Kind, Link, Path


def _watches(schedule: Mapping[str, Any]) -> bool:
    return text(schedule, "properties.action.actionType") == "CreateMonitor"


def _schedules(keep: Callable[[Mapping[str, Any]], bool]) -> Get:
    return Get("{$parent.$id}/schedules", VERSION, params=ALL, under=WORKSPACE, all_sorts=True, keep=keep)


def expression(trigger: Any) -> Any:
    """A cron expression, or "every 2 Week"."""
    if expression := trigger.get("expression"):
        return expression
    if trigger.get("frequency") and trigger.get("interval"):
        return f"every {trigger['interval']} {trigger['frequency']}"
    return MISSING


_COMMON: Mapping[str, Path | Field] = {
    **STATE,
    "description": "properties.description",
    "enabled": "properties.isEnabled",
    "schedule": Field("properties.trigger", expression),
    "timezone": "properties.trigger.timeZone",
    **MADE,
}
_JOB = "properties.action.jobDefinition"
_MONITOR = "properties.action.monitorDefinition"
_SECRETS = frozenset(
    {
        f"{_JOB}.environmentVariables",
        f"{_JOB}.trial.environmentVariables",
        f"{_JOB}.jobs.*.environment_variables",
        f"{_JOB}.jobs.*.environmentVariables",
        f"{_JOB}.notificationSetting.webhooks",
    }
)

KINDS: tuple[Kind, ...] = (
    resource(
        "azure.machinelearning.schedule",
        Category.SETTINGS,
        _schedules(lambda schedule: not _watches(schedule)),
        {**_COMMON, "type": "properties.action.actionType"},
        tags="properties.tags",
        links=(Link("runs_on", "", f"{_JOB}.computeId"),),
        sensitive=_SECRETS,
    ),
    resource(
        "azure.machinelearning.monitor",
        Category.MONITOR,
        _schedules(_watches),
        {
            **_COMMON,
            "task": f"{_MONITOR}.monitoringTarget.taskType",
            "instance_type": f"{_MONITOR}.computeConfiguration.instanceType",
            "features": Field(f"{_MONITOR}.signals", sorted),
        },
        tags="properties.tags",
        links=(
            Link("applies_to", "azure.machinelearning.online_deployment", f"{_MONITOR}.monitoringTarget.deploymentId"),
            Link("applies_to", "azure.machinelearning.model_version", f"{_MONITOR}.monitoringTarget.modelId"),
        ),
    ),
)
