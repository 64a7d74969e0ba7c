"""EC2, Batch and Lambda."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import count, tag, texts
from collectors.aws.instance_types import PER_MACHINE, Machines
from collectors.aws.rows import Call
from collectors.aws.utilisation import USE, InstanceUse
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import GIB, MIB, instant, times


def _gpus_asked_for(requirements: Any) -> Any:
    found = [r.get("value") for r in requirements if r.get("type") == "GPU"]
    return int(found[0]) if found else 0


def _launch_data(versions: Any) -> Mapping[str, Any]:
    return next((v["LaunchTemplateData"] for v in versions if v.get("DefaultVersion")), {})


def _launch_type(versions: Any) -> Any:
    return _launch_data(versions).get("InstanceType", MISSING)


def _launch_image(versions: Any) -> Any:
    return _launch_data(versions).get("ImageId", MISSING)


KINDS = (
    Kind(
        name="aws.ec2.instance",
        category=Category.INSTANCE,
        fetch=Call(
            "ec2",
            "DescribeInstances",
            items="Reservations[].Instances[]",
            page=1000,
            lookups=(Machines((("InstanceType", ""),)), InstanceUse()),
        ),
        id=Template("arn:{@partition}:ec2:{@place}:{@account}:instance/{InstanceId}"),
        native="InstanceId",
        fields={
            "name": Field("Tags", tag("Name")),
            "state": "State.Name",
            "instance_type": "InstanceType",
            "architecture": "Architecture",
            "os": "PlatformDetails",
            "zone": "Placement.AvailabilityZone",
            "tenancy": "Placement.Tenancy",
            "machine_image_id": "ImageId",
            "private_address": "PrivateIpAddress",
            "public_address": "PublicIpAddress",
            "started_at": "LaunchTime",
            "lifecycle": "InstanceLifecycle",
            "security_groups": Field("SecurityGroups", texts("GroupId")),
            "role": "IamInstanceProfile.Arn",
            **PER_MACHINE,
            **USE,
        },
        tags="Tags",
        links=(
            Link("runs_in", "aws.ec2.subnet", "SubnetId"),
            Link("runs_in", "aws.ec2.vpc", "VpcId"),
            Link("started_from", "aws.ec2.image", "ImageId", optional=True),  # often a public one
            Link("guarded_by", "aws.ec2.security_group", "SecurityGroups[].GroupId"),
            Link("assumes", "aws.iam.instance_profile", "IamInstanceProfile.Arn"),
            Link("mounts", "aws.ec2.volume", "BlockDeviceMappings[].Ebs.VolumeId"),
            Link("attached_to", "aws.ec2.network_interface", "NetworkInterfaces[].NetworkInterfaceId"),
        ),
        # Private addresses and names repeat from one VPC to the next: no alias, no mention.
        aliases=(Alias("dns", "PublicDnsName"), Alias("address", "PublicIpAddress")),
        quiet=frozenset({"PrivateIpAddress", "PrivateDnsName", "NetworkInterfaces"}),
    ),
    Kind(
        name="aws.ec2.volume",
        category=Category.VOLUME,
        fetch=Call("ec2", "DescribeVolumes", items="Volumes", page=500),
        id=Template("arn:{@partition}:ec2:{@place}:{@account}:volume/{VolumeId}"),
        native="VolumeId",
        fields={
            "name": Field("Tags", tag("Name")),
            "state": "State",
            "type": "VolumeType",
            "size_bytes": Field("Size", times(GIB)),
            "iops": "Iops",
            "throughput_mibps": "Throughput",
            "encrypted": "Encrypted",
            "encryption_key": "KmsKeyId",
            "zone": "AvailabilityZone",
            "created_at": "CreateTime",
        },
        tags="Tags",
        links=(
            Link("attached_to", "aws.ec2.instance", "Attachments[].InstanceId"),
            Link("made_from", "aws.ec2.snapshot", "SnapshotId", optional=True),
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
        ),
    ),
    Kind(
        name="aws.ec2.snapshot",
        category=Category.SNAPSHOT,
        fetch=Call("ec2", "DescribeSnapshots", items="Snapshots", params={"OwnerIds": ["self"]}, page=1000),
        id=Template("arn:{@partition}:ec2:{@place}:{@account}:snapshot/{SnapshotId}"),
        native="SnapshotId",
        fields={
            "state": "State",
            "description": "Description",
            "size_bytes": Field("VolumeSize", times(GIB)),  # of the volume; the snapshot itself may occupy less
            "encrypted": "Encrypted",
            "encryption_key": "KmsKeyId",
            "storage_class": "StorageTier",
            "created_at": "StartTime",
        },
        tags="Tags",
        links=(
            # A snapshot outlives its volume.
            Link("made_from", "aws.ec2.volume", "VolumeId", optional=True),
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
        ),
        quiet=frozenset({"Description"}),
    ),
    Kind(
        name="aws.ec2.image",
        category=Category.MACHINE_IMAGE,
        fetch=Call("ec2", "DescribeImages", items="Images", params={"Owners": ["self"]}, page=1000),
        id=Template("arn:{@partition}:ec2:{@place}:{@account}:image/{ImageId}"),
        native="ImageId",
        fields={
            "name": "Name",
            "description": "Description",
            "state": "State",
            "architecture": "Architecture",
            "os": "PlatformDetails",
            "public": "Public",
            "created_at": Field("CreationDate", instant),
        },
        tags="Tags",
        links=(Link("made_from", "aws.ec2.snapshot", "BlockDeviceMappings[].Ebs.SnapshotId"),),
    ),
    Kind(
        name="aws.ec2.launch_template",
        category=Category.LAUNCH_TEMPLATE,
        fetch=Call(
            "ec2",
            "DescribeLaunchTemplates",
            items="LaunchTemplates",
            page=200,
            detail=(
                Call(
                    "ec2",
                    "DescribeLaunchTemplateVersions",
                    items="LaunchTemplateVersions[]",
                    params={"LaunchTemplateId": "{LaunchTemplateId}", "Versions": ["$Default", "$Latest"]},
                    gone=("InvalidLaunchTemplateId.NotFound",),
                    into="$Versions",
                ),
            ),
        ),
        id=Template("arn:{@partition}:ec2:{@place}:{@account}:launch-template/{LaunchTemplateId}"),
        native="LaunchTemplateId",
        fields={
            "name": "LaunchTemplateName",
            "version_count": "LatestVersionNumber",
            "instance_type": Field("$Versions", _launch_type),
            "machine_image_id": Field("$Versions", _launch_image),
            "created_at": "CreateTime",
            "created_by": "CreatedBy",
        },
        tags="Tags",
        links=(
            Link("started_from", "aws.ec2.image", "$Versions[].LaunchTemplateData.ImageId", optional=True),
            Link("guarded_by", "aws.ec2.security_group", "$Versions[].LaunchTemplateData.SecurityGroupIds[]"),
            Link("assumes", "aws.iam.instance_profile", "$Versions[].LaunchTemplateData.IamInstanceProfile.Arn"),
        ),
        sensitive=frozenset({"$Versions[].LaunchTemplateData.UserData"}),
        quiet=frozenset({"CreatedBy", "$Versions[].CreatedBy"}),
    ),
    Kind(
        name="aws.autoscaling.group",
        category=Category.SCALING_GROUP,
        fetch=Call("autoscaling", "DescribeAutoScalingGroups", items="AutoScalingGroups", page=100),
        id="AutoScalingGroupARN",
        native="AutoScalingGroupName",
        fields={
            "name": "AutoScalingGroupName",
            "min_count": "MinSize",
            "max_count": "MaxSize",
            "desired_count": "DesiredCapacity",
            "instance_count": Field("Instances", count),
            "zones": "AvailabilityZones",
            "created_at": "CreatedTime",
        },
        tags="Tags",
        links=(
            Link("starts", "aws.ec2.instance", "Instances[].InstanceId"),
            Link("started_from", "aws.ec2.launch_template", "LaunchTemplate.LaunchTemplateId"),
            Link("served_by", "aws.elbv2.target_group", "TargetGroupARNs[]"),
        ),
        quiet=frozenset({"ServiceLinkedRoleARN"}),
    ),
    Kind(
        name="aws.batch.compute_environment",
        category=Category.NODE_POOL,
        fetch=Call(
            "batch",
            "DescribeComputeEnvironments",
            items="computeEnvironments",
            page=100,
            lookups=(Machines((("computeResources.instanceTypes[]", ""),)),),
        ),
        id="computeEnvironmentArn",
        native="computeEnvironmentName",
        fields={
            "name": "computeEnvironmentName",
            "state": "status",
            "type": "computeResources.type",
            "managed": Field("type", lambda word: word == "MANAGED"),
            "instance_types": "computeResources.instanceTypes",
            "subnets": "computeResources.subnets",
            "security_groups": "computeResources.securityGroupIds",
            "strategy": "computeResources.allocationStrategy",
            "role": "computeResources.instanceRole",
            "accelerators": PER_MACHINE["accelerators"],
            "accelerator_count": PER_MACHINE["accelerator_count"],
        },
        tags="tags",
        links=(
            Link("runs_in", "aws.ec2.subnet", "computeResources.subnets[]"),
            Link("guarded_by", "aws.ec2.security_group", "computeResources.securityGroupIds[]"),
            Link("assumes", "aws.iam.role", "serviceRole"),
            Link("assumes", "aws.iam.instance_profile", "computeResources.instanceRole", within="account"),
            Link("runs_in", "aws.ecs.cluster", "ecsClusterArn"),
        ),
    ),
    Kind(
        name="aws.batch.job_queue",
        category=Category.BATCH_QUEUE,
        fetch=Call("batch", "DescribeJobQueues", items="jobQueues", page=100),
        id="jobQueueArn",
        native="jobQueueName",
        fields={"name": "jobQueueName", "state": "state"},
        tags="tags",
        links=(Link("runs_on", "aws.batch.compute_environment", "computeEnvironmentOrder[].computeEnvironment"),),
    ),
    Kind(
        name="aws.batch.job_definition",
        category=Category.WORKLOAD,
        fetch=Call("batch", "DescribeJobDefinitions", items="jobDefinitions", params={"status": "ACTIVE"}, page=100),
        id="jobDefinitionArn",
        native=Template("{jobDefinitionName}:{revision}"),
        fields={
            "name": "jobDefinitionName",
            "state": "status",
            "type": "type",
            "image": "containerProperties.image",
            "role": "containerProperties.jobRoleArn",
            "accelerator_requested_count": Field("containerProperties.resourceRequirements", _gpus_asked_for),
            "timeout_seconds": "timeout.attemptDurationSeconds",
        },
        tags="tags",
        links=(
            Link("uses_image", "aws.ecr.repository", "containerProperties.image"),
            Link("assumes", "aws.iam.role", "containerProperties.jobRoleArn"),
            Link("assumes", "aws.iam.role", "containerProperties.executionRoleArn"),
            Link("mounts", "aws.efs.file_system", "containerProperties.volumes[].efsVolumeConfiguration.fileSystemId"),
        ),
        sensitive=frozenset({"containerProperties.environment", "containerProperties.command"}),
    ),
    Kind(
        name="aws.lambda.function",
        category=Category.FUNCTION,
        fetch=Call("lambda", "ListFunctions", items="Functions", page=50),
        id="FunctionArn",
        native="FunctionName",
        fields={
            "name": "FunctionName",
            "description": "Description",
            "type": "PackageType",
            "version": "Version",
            "framework": "Runtime",
            "size_bytes": "CodeSize",
            "memory_bytes": Field("MemorySize", times(MIB)),
            "timeout_seconds": "Timeout",
            "architectures": "Architectures",
            "role": "Role",
            "modified_at": Field("LastModified", instant),
        },
        links=(
            Link("assumes", "aws.iam.role", "Role"),
            Link("runs_in", "aws.ec2.subnet", "VpcConfig.SubnetIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "VpcConfig.SecurityGroupIds[]"),
            Link("encrypted_by", "aws.kms.key", "KMSKeyArn"),
            Link("logs_to", "aws.logs.log_group", "LoggingConfig.LogGroup", optional=True),
        ),
        sensitive=frozenset({"Environment.Variables"}),
    ),
)
