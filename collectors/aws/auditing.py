"""Who records what was done and what changed: CloudTrail and AWS Config."""

from __future__ import annotations

from typing import Any

from collectors.aws.rows import Call
from normalize.model import Alias, Category, Field, Kind, Link, Template


def _recorded(group: Any) -> list[str]:
    """Types that a recorder records; "*" for all that Config knows."""
    return ["*"] if group.get("allSupported") else sorted(group.get("resourceTypes") or ())


def _not_recorded(group: Any) -> list[str]:
    return sorted((group.get("exclusionByResourceTypes") or {}).get("resourceTypes") or ())


KINDS = (
    Kind(
        name="aws.cloudtrail.trail",
        category=Category.AUDIT_TRAIL,
        # Without shadow trails each trail is listed where it lives, and only there.
        fetch=Call(
            "cloudtrail",
            "DescribeTrails",
            items="trailList",
            params={"includeShadowTrails": False},
            detail=(
                Call(
                    "cloudtrail",
                    "GetTrailStatus",
                    params={"Name": "{TrailARN}"},
                    into="$Status",
                    gone=("TrailNotFoundException",),
                ),
            ),
        ),
        id="TrailARN",
        native="Name",
        fields={
            "name": "Name",
            "enabled": "$Status.IsLogging",
            "region": "HomeRegion",
            "multi_region": "IsMultiRegionTrail",
            "encryption_key": "KmsKeyId",
            "last_activity_at": "$Status.LatestDeliveryTime",
            "started_at": "$Status.StartLoggingTime",
        },
        links=(
            Link("writes_to", "aws.s3.bucket", "S3BucketName"),
            Link("logs_to", "aws.logs.log_group", "CloudWatchLogsLogGroupArn"),
            Link("assumes", "aws.iam.role", "CloudWatchLogsRoleArn"),
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
            Link("notifies", "aws.sns.topic", "SnsTopicARN"),
        ),
    ),
    Kind(
        name="aws.cloudtrail.event_data_store",
        category=Category.AUDIT_TRAIL,
        fetch=Call(
            "cloudtrail",
            "ListEventDataStores",
            items="EventDataStores",
            detail=(
                Call(
                    "cloudtrail",
                    "GetEventDataStore",
                    params={"EventDataStore": "{EventDataStoreArn}"},
                    gone=("EventDataStoreNotFoundException",),
                ),
            ),
        ),
        id="EventDataStoreArn",
        native="EventDataStoreArn",
        fields={
            "name": "Name",
            "state": "Status",
            "retention_days": "RetentionPeriod",
            "billing_mode": "BillingMode",
            "multi_region": "MultiRegionEnabled",
            "deletion_protected": "TerminationProtectionEnabled",
            "encryption_key": "KmsKeyId",
            "created_at": "CreatedTimestamp",
            "modified_at": "UpdatedTimestamp",
        },
        links=(
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
            Link("assumes", "aws.iam.role", "FederationRoleArn"),
        ),
        quiet=frozenset({"AdvancedEventSelectors"}),
    ),
    Kind(
        name="aws.config.recorder",
        category=Category.AUDIT_TRAIL,
        fetch=Call(
            "config",
            "DescribeConfigurationRecorders",
            items="ConfigurationRecorders",
            detail=(
                Call(
                    "config",
                    "DescribeConfigurationRecorderStatus",
                    items="ConfigurationRecordersStatus[0]",
                    params={"ConfigurationRecorderNames": ["{name}"]},
                    into="$Status",
                    gone=("NoSuchConfigurationRecorderException",),
                ),
            ),
        ),
        id=Template("aws.config.recorder|{@account}|{@place}|{name}"),
        native="name",
        fields={
            "name": "name",
            "enabled": "$Status.recording",
            "state": "$Status.lastStatus",
            "recorded_types": Field("recordingGroup", _recorded),
            "unrecorded_types": Field("recordingGroup", _not_recorded),
            "strategy": "recordingMode.recordingFrequency",
            "started_at": "$Status.lastStartTime",
        },
        links=(Link("assumes", "aws.iam.role", "roleARN"),),
        aliases=(Alias("arn", "arn"),),
    ),
    Kind(
        name="aws.config.delivery_channel",
        category=Category.DATA_TRANSFER,
        fetch=Call("config", "DescribeDeliveryChannels", items="DeliveryChannels"),
        id=Template("aws.config.delivery_channel|{@account}|{@place}|{name}"),
        native="name",
        fields={"name": "name", "schedule": "configSnapshotDeliveryProperties.deliveryFrequency"},
        links=(
            Link("writes_to", "aws.s3.bucket", "s3BucketName"),
            Link("encrypted_by", "aws.kms.key", "s3KmsKeyArn"),
            Link("notifies", "aws.sns.topic", "snsTopicARN"),
        ),
    ),
)
