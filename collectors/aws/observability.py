"""CloudWatch and its logs, canaries, and the managed Prometheus and Grafana."""

from __future__ import annotations

from typing import Any

from collectors.aws.documents import joined, texts
from collectors.aws.rows import Call
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import instant

_GONE = ("ResourceNotFoundException",)


def _bucket_uri(place: Any) -> str:
    return f"s3://{place}"


KINDS = (
    Kind(
        name="aws.logs.log_group",
        category=Category.LOG_STORE,
        fetch=Call("logs", "DescribeLogGroups", items="logGroups", page=50),
        id=Template("arn:{@partition}:logs:{@place}:{@account}:log-group:{logGroupName}"),
        native="logGroupName",
        fields={
            "name": "logGroupName",
            "size_bytes": "storedBytes",
            "retention_days": "retentionInDays",
            "storage_class": "logGroupClass",
            "metric_filter_count": "metricFilterCount",
            "deletion_protected": "deletionProtectionEnabled",
            "encryption_key": "kmsKeyId",
            "created_at": Field("creationTime", instant),
        },
        links=(Link("encrypted_by", "aws.kms.key", "kmsKeyId"),),
        aliases=(Alias("arn", "arn"),),
    ),
    Kind(
        name="aws.logs.subscription_filter",
        category=Category.DATA_TRANSFER,
        # One call per log group: there is no other way to learn where logs are sent on to.
        fetch=Call(
            "logs",
            "DescribeSubscriptionFilters",
            items="subscriptionFilters",
            page=50,
            under="aws.logs.log_group",
            params={"logGroupName": "{logGroupName}"},
            gone=_GONE,
        ),
        id=Template("aws.logs.subscription_filter|{@account}|{@place}|{logGroupName}|{filterName}"),
        native=Template("{logGroupName}|{filterName}"),
        fields={
            "name": "filterName",
            "filter": "filterPattern",
            "strategy": "distribution",
            "created_at": Field("creationTime", instant),
        },
        links=(
            Link("reads_from", "aws.logs.log_group", "logGroupName"),
            Link("writes_to", "", "destinationArn"),
            Link("assumes", "aws.iam.role", "roleArn"),
        ),
        quiet=frozenset({"$parent"}),
    ),
    Kind(
        name="aws.logs.destination",
        category=Category.DATA_TRANSFER,
        fetch=Call("logs", "DescribeDestinations", items="destinations", page=50),
        id="arn",
        native="destinationName",
        fields={"name": "destinationName", "created_at": Field("creationTime", instant)},
        links=(Link("writes_to", "", "targetArn"), Link("assumes", "aws.iam.role", "roleArn")),
    ),
    Kind(
        name="aws.cloudwatch.alarm",
        category=Category.ALARM,
        fetch=Call(
            "cloudwatch", "DescribeAlarms", items="MetricAlarms", params={"AlarmTypes": ["MetricAlarm"]}, page=100
        ),
        id="AlarmArn",
        native="AlarmName",
        fields={
            "name": "AlarmName",
            "description": "AlarmDescription",
            "state": "StateValue",
            "metric_name": "MetricName",
            "metric_namespace": "Namespace",
            "dimensions": Field("Dimensions", joined),
            "threshold": "Threshold",
            "enabled": "ActionsEnabled",
            "actions": "AlarmActions",
            "modified_at": "AlarmConfigurationUpdatedTimestamp",
        },
        links=(Link("notifies", "aws.sns.topic", "AlarmActions[]", optional=True),),
    ),
    Kind(
        name="aws.cloudwatch.composite_alarm",
        category=Category.ALARM,
        fetch=Call(
            "cloudwatch", "DescribeAlarms", items="CompositeAlarms", params={"AlarmTypes": ["CompositeAlarm"]}, page=100
        ),
        id="AlarmArn",
        native="AlarmName",
        fields={
            "name": "AlarmName",
            "description": "AlarmDescription",
            "state": "StateValue",
            "enabled": "ActionsEnabled",
            "actions": "AlarmActions",
            "modified_at": "AlarmConfigurationUpdatedTimestamp",
        },
        links=(Link("notifies", "aws.sns.topic", "AlarmActions[]", optional=True),),
    ),
    Kind(
        name="aws.cloudwatch.dashboard",
        category=Category.DASHBOARD,
        # Dashboards are of no region: every region lists them all.
        fetch=Call("cloudwatch", "ListDashboards", items="DashboardEntries", world=True),
        id="DashboardArn",
        native="DashboardName",
        unique="account",
        fields={"name": "DashboardName", "size_bytes": "Size", "modified_at": "LastModified"},
    ),
    Kind(
        name="aws.cloudwatch.metric_stream",
        category=Category.DATA_TRANSFER,
        fetch=Call(
            "cloudwatch",
            "ListMetricStreams",
            items="Entries",
            detail=(Call("cloudwatch", "GetMetricStream", params={"Name": "{Name}"}, gone=_GONE),),
        ),
        id="Arn",
        native="Name",
        fields={
            "name": "Name",
            "state": "State",
            "format": "OutputFormat",
            "namespaces": Field("IncludeFilters", texts("Namespace")),
            "created_at": "CreationDate",
            "modified_at": "LastUpdateDate",
        },
        links=(Link("writes_to", "", "FirehoseArn"), Link("assumes", "aws.iam.role", "RoleArn")),
        quiet=frozenset({"ExcludeFilters", "StatisticsConfigurations"}),
    ),
    Kind(
        name="aws.synthetics.canary",
        category=Category.MONITOR,
        fetch=Call(
            "synthetics",
            "DescribeCanaries",
            items="Canaries",
            derive=lambda canary: {"$Artifacts": _bucket_uri(canary["ArtifactS3Location"])},
        ),
        id=Template("arn:{@partition}:synthetics:{@place}:{@account}:canary:{Name}"),
        native="Name",
        fields={
            "name": "Name",
            "state": "Status.State",
            "version": "RuntimeVersion",
            "schedule": "Schedule.Expression",
            "created_at": "Timeline.Created",
            "last_run_at": "Timeline.LastStarted",
        },
        tags="Tags",
        links=(
            Link("assumes", "aws.iam.role", "ExecutionRoleArn"),
            Link("runs", "aws.lambda.function", "EngineArn"),
            Link("writes_to", "aws.s3.bucket", "$Artifacts"),
            Link("runs_in", "aws.ec2.vpc", "VpcConfig.VpcId"),
            Link("runs_in", "aws.ec2.subnet", "VpcConfig.SubnetIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "VpcConfig.SecurityGroupIds[]"),
        ),
        quiet=frozenset({"Code", "ArtifactS3Location"}),
    ),
    Kind(
        name="aws.amp.workspace",
        category=Category.METRIC_STORE,
        fetch=Call(
            "amp",
            "ListWorkspaces",
            items="workspaces",
            page=1000,
            detail=(
                Call("amp", "DescribeWorkspace", "workspace", params={"workspaceId": "{workspaceId}"}, gone=_GONE),
            ),
        ),
        id="arn",
        native="workspaceId",
        fields={
            "name": "alias",
            "state": "status.statusCode",
            "endpoint": "prometheusEndpoint",
            "encryption_key": "kmsKeyArn",
            "created_at": "createdAt",
        },
        tags="tags",
        links=(Link("encrypted_by", "aws.kms.key", "kmsKeyArn"),),
        quiet=frozenset({"prometheusEndpoint"}),
    ),
    Kind(
        name="aws.amp.scraper",
        category=Category.MONITOR,
        # It watches a cluster or a network: one of two shapes, alike in where they lie.
        fetch=Call(
            "amp",
            "ListScrapers",
            items="scrapers",
            page=1000,
            derive=lambda scraper: {"$Source": next(iter(scraper["source"].values()))},
        ),
        id="arn",
        native="scraperId",
        fields={
            "name": "alias",
            "state": "status.statusCode",
            "created_at": "createdAt",
            "modified_at": "lastModifiedAt",
        },
        tags="tags",
        links=(
            Link("watches", "aws.eks.cluster", "$Source.clusterArn"),
            Link("writes_to", "aws.amp.workspace", "destination.ampConfiguration.workspaceArn"),
            Link("assumes", "aws.iam.role", "roleArn"),
            Link("runs_in", "aws.ec2.subnet", "$Source.subnetIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "$Source.securityGroupIds[]"),
        ),
    ),
    Kind(
        name="aws.grafana.workspace",
        category=Category.DASHBOARD,
        fetch=Call(
            "grafana",
            "ListWorkspaces",
            items="workspaces",
            page=100,
            detail=(Call("grafana", "DescribeWorkspace", "workspace", params={"workspaceId": "{id}"}, gone=_GONE),),
        ),
        id=Template("arn:{@partition}:grafana:{@place}:{@account}:/workspaces/{id}"),
        native="id",
        fields={
            "name": "name",
            "description": "description",
            "state": "status",
            "version": "grafanaVersion",
            "endpoint": "endpoint",
            "auth_mode": Field("authentication.providers", ", ".join),
            "data_sources": "dataSources",
            "encryption_key": "kmsKeyId",
            "created_at": "created",
            "modified_at": "modified",
        },
        tags="tags",
        links=(
            Link("assumes", "aws.iam.role", "workspaceRoleArn"),
            Link("encrypted_by", "aws.kms.key", "kmsKeyId"),
            Link("runs_in", "aws.ec2.subnet", "vpcConfiguration.subnetIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "vpcConfiguration.securityGroupIds[]"),
        ),
        aliases=(Alias("dns", "endpoint"),),
        sensitive=frozenset({"grafanaToken"}),
        quiet=frozenset({"endpoint"}),
    ),
)
