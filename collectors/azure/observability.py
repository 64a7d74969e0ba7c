"""Log Analytics, Application Insights, managed Prometheus and Grafana, what is collected, alerts, dashboards."""

from __future__ import annotations

from typing import Any

from collectors.azure.rows import ASSUMES, Rows, resource
from collectors.azure.values import equals
from normalize.model import Alias, Category, Field, Kind, Link
from normalize.units import instant


def _scaling(rules: Any) -> list[dict[str, Any]]:
    """What makes a target grow or shrink."""
    return [
        {
            "metric": r["metricTrigger"]["metricName"],
            "operator": r["metricTrigger"].get("operator"),
            "threshold": r["metricTrigger"].get("threshold"),
            "direction": r["scaleAction"]["direction"],
            "change": r["scaleAction"].get("value"),
        }
        for r in rules
    ]


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
        sensitive=frozenset(
            f"properties.{means}Receivers"
            for means in (
                "automationRunbook",
                "azureAppPush",
                "azureFunction",
                "email",
                "itsm",
                "logicApp",
                "sms",
                "voice",
                "webhook",
            )
        ),
    ),
    resource(
        "azure.insights.scheduled_query",
        Category.ALARM,
        Rows("Microsoft.Insights/scheduledQueryRules"),
        {
            "description": "properties.description",
            "enabled": "properties.enabled",
            "schedule": "properties.evaluationFrequency",
        },
        links=(
            ASSUMES,
            Link("watches", "", "properties.scopes[]"),
            Link("notifies", "azure.insights.action_group", "properties.actions.actionGroups[]"),
        ),
    ),
    resource(
        "azure.insights.activity_log_alert",
        Category.ALARM,
        Rows("Microsoft.Insights/activityLogAlerts"),
        {"description": "properties.description", "enabled": "properties.enabled"},
        links=(
            Link("watches", "", "properties.scopes[]"),
            Link("notifies", "azure.insights.action_group", "properties.actions.actionGroups[].actionGroupId"),
        ),
        sensitive=frozenset({"properties.actions.actionGroups[].webhookProperties"}),
    ),
    resource(
        "azure.insights.autoscale_setting",
        Category.SETTINGS,
        Rows("Microsoft.Insights/autoscaleSettings"),
        {
            "enabled": "properties.enabled",
            "min_count": Field("properties.profiles[0].capacity.minimum", int),
            "max_count": Field("properties.profiles[0].capacity.maximum", int),
            "rules": Field("properties.profiles[0].rules", _scaling),
        },
        links=(Link("scales", "", "properties.targetResourceUri"),),
        sensitive=frozenset({"properties.notifications"}),
    ),
    resource(
        "azure.insights.data_collection_rule",
        Category.MONITOR,
        Rows("Microsoft.Insights/dataCollectionRules"),
        {
            "state": "properties.provisioningState",
            "description": "properties.description",
            "type": "kind",
            "data_sources": Field("properties.dataSources", sorted),
        },
        links=(
            ASSUMES,
            Link("uses", "azure.insights.data_collection_endpoint", "properties.dataCollectionEndpointId"),
            Link(
                "writes_to",
                "azure.operationalinsights.workspace",
                "properties.destinations.logAnalytics[].workspaceResourceId",
            ),
            Link(
                "writes_to", "azure.monitor.workspace", "properties.destinations.monitoringAccounts[].accountResourceId"
            ),
            Link("writes_to", "", "properties.destinations.eventHubs[].eventHubResourceId"),
            Link(
                "writes_to",
                "azure.storage.account",
                "properties.destinations.storageAccounts[].storageAccountResourceId",
            ),
        ),
    ),
    resource(
        "azure.insights.data_collection_endpoint",
        Category.MONITOR,
        Rows("Microsoft.Insights/dataCollectionEndpoints"),
        {
            "state": "properties.provisioningState",
            "endpoint": "properties.logsIngestion.endpoint",
            "public": Field("properties.networkAcls.publicNetworkAccess", equals("Enabled")),
        },
        aliases=(
            Alias("uri", "properties.logsIngestion.endpoint"),
            Alias("uri", "properties.metricsIngestion.endpoint"),
            Alias("uri", "properties.configurationAccess.endpoint"),
        ),
        quiet=frozenset({"properties.logsIngestion", "properties.metricsIngestion", "properties.configurationAccess"}),
    ),
    resource(
        "azure.monitor.workspace",
        Category.METRIC_STORE,
        Rows("Microsoft.Monitor/accounts"),
        {
            "state": "properties.provisioningState",
            "uuid": "properties.accountId",
            "endpoint": "properties.metrics.prometheusQueryEndpoint",
            "public": Field("properties.publicNetworkAccess", equals("Enabled")),
        },
        links=(
            Link(
                "uses",
                "azure.insights.data_collection_rule",
                "properties.defaultIngestionSettings.dataCollectionRuleResourceId",
            ),
        ),
        aliases=(Alias("uri", "properties.metrics.prometheusQueryEndpoint"),),
        quiet=frozenset({"properties.metrics"}),
    ),
    resource(
        "azure.dashboard.grafana",
        Category.DASHBOARD,
        Rows("Microsoft.Dashboard/grafana"),
        {
            "state": "properties.provisioningState",
            "size_class": "sku.name",
            "version": "properties.grafanaVersion",
            "endpoint": "properties.endpoint",
            "public": Field("properties.publicNetworkAccess", equals("Enabled")),
            "multi_zone": Field("properties.zoneRedundancy", equals("Enabled")),
        },
        links=(
            ASSUMES,
            Link(
                "reads_from",
                "azure.monitor.workspace",
                "properties.grafanaIntegrations.azureMonitorWorkspaceIntegrations[].azureMonitorWorkspaceResourceId",
            ),
        ),
        aliases=(Alias("uri", "properties.endpoint"),),
        sensitive=frozenset({"properties.grafanaConfigurations.smtp"}),
        quiet=frozenset({"properties.endpoint", "properties.outboundIPs"}),
    ),
    resource(
        "azure.insights.workbook",
        Category.DASHBOARD,
        Rows("Microsoft.Insights/workbooks"),
        {"description": "properties.displayName", "modified_at": Field("properties.timeModified", instant)},
        links=(Link("watches", "", "properties.sourceId"),),
    ),
    resource("azure.portal.dashboard", Category.DASHBOARD, Rows("Microsoft.Portal/dashboards"), {}),
)
