"""Log Analytics, Application Insights and alerts."""

from __future__ import annotations

from collectors.azure.rows import Rows, resource
from normalize.model import Category, Field, Kind, Link
from normalize.units import instant

KINDS: tuple[Kind, ...] = (
    resource(
        "azure.operationalinsights.workspace",
        Category.LOG_STORE,
        Rows("Microsoft.OperationalInsights/workspaces"),
        {
            "state": "properties.provisioningState",
            "uuid": "properties.customerId",
            "billing_mode": "properties.sku.name",
            "retention_days": "properties.retentionInDays",
            "created_at": Field("properties.createdDate", instant),
        },
    ),
    resource(
        "azure.insights.component",
        Category.METRIC_STORE,
        Rows("Microsoft.Insights/components"),
        {
            "state": "properties.provisioningState",
            "type": "properties.Application_Type",
            "retention_days": "properties.RetentionInDays",
            "created_at": Field("properties.CreationDate", instant),
        },
        links=(Link("logs_to", "azure.operationalinsights.workspace", "properties.WorkspaceResourceId"),),
        sensitive=frozenset({"properties.InstrumentationKey", "properties.ConnectionString"}),
    ),
    resource(
        "azure.insights.metric_alert",
        Category.ALARM,
        Rows("Microsoft.Insights/metricAlerts"),
        {
            "description": "properties.description",
            "enabled": "properties.enabled",
            "schedule": "properties.evaluationFrequency",
        },
        links=(
            Link("watches", "", "properties.scopes[]"),
            Link("notifies", "azure.insights.action_group", "properties.actions[].actionGroupId"),
        ),
    ),
    resource(
        "azure.insights.action_group",
        Category.MONITOR,
        Rows("Microsoft.Insights/actionGroups"),
        {"enabled": "properties.enabled", "group": "properties.groupShortName"},
        sensitive=frozenset({"properties.webhookReceivers", "properties.emailReceivers", "properties.smsReceivers"}),
    ),
)
