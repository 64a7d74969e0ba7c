"""CloudWatch and its logs."""

from __future__ import annotations

from collectors.aws.documents import joined
from collectors.aws.rows import Call
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import instant

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
            "encryption_key": "kmsKeyId",
            "created_at": Field("creationTime", instant),
        },
        links=(Link("encrypted_by", "aws.kms.key", "kmsKeyId"),),
        aliases=(Alias("arn", "arn"),),
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
)
