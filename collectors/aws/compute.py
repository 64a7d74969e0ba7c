"""EC2: machines, their disks and images, and what starts fleets of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import tag, texts
from collectors.aws.instance_types import PER_MACHINE, Machines
from collectors.aws.machine_images import IMAGE, MachineImages
from collectors.aws.rows import Call
from collectors.aws.utilisation import USE, InstanceUse
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import GIB, instant, times

_VERSION = "$Versions[].LaunchTemplateData"
"""The default and the latest version of a template: what starts machines without naming a version takes one of them."""


def _launch_data(versions: Any) -> Mapping[str, Any]:
    return next((v["LaunchTemplateData"] for v in versions if v.get("DefaultVersion")), {})


def _launch(key: str) -> Any:
    """A value of the default version."""

    def find(versions: Any) -> Any:
        return _launch_data(versions).get(key, MISSING)

    return find


def _is_spot(instance: Mapping[str, Any]) -> bool:
    """EC2 says how a machine was bought only where that is not on demand. Source: botocore 1.44.5, EC2 Instance, InstanceLifecycle;
    read 2026-11-24."""
    return instance.get("InstanceLifecycle") == "spot"


def _launch_spot(versions: Any) -> bool:
    return bool((_launch_data(versions).get("InstanceMarketOptions") or {}).get("MarketType") == "spot")


def disks(mappings: Any) -> list[dict[str, Any]]:
    """Disks that a template gives a machine: device, type, bytes."""
    found = []
    for mapping in mappings:
        ebs = mapping.get("Ebs") or {}
        disk = {"device": mapping.get("DeviceName"), "type": ebs.get("VolumeType")}
        if "VolumeSize" in ebs:
            disk["size_bytes"] = int(ebs["VolumeSize"]) * GIB
        found.append(disk)
    return found


def _launch_disks(versions: Any) -> list[dict[str, Any]]:
    return disks(_launch_data(versions).get("BlockDeviceMappings", ()))


def _overrides(configs: Any) -> list[Mapping[str, Any]]:
    return [override for config in configs for override in config.get("Overrides", ())]


def _override_types(configs: Any) -> list[str]:
    return list(dict.fromkeys(o["InstanceType"] for o in _overrides(configs) if o.get("InstanceType")))


def _spread(fleet: Mapping[str, Any]) -> Mapping[str, Any]:
    """Subnets of a fleet, one by one: an override may name several in one text, with commas between.

    Source: botocore 1.44.5, EC2 LaunchTemplateOverrides and SpotFleetLaunchSpecification, SubnetId; read 2026-11-24.
    """
    starts = [*fleet.get("LaunchSpecifications", ()), *_overrides(fleet.get("LaunchTemplateConfigs", ()))]
    named = (name.strip() for start in starts for name in str(start.get("SubnetId", "")).split(","))
    return {"$Subnets": list(dict.fromkeys(filter(None, named)))}


def _opened(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a request of a spot fleet starts, at the top as in other fleets; the rest stays where it is."""
    config = dict(request["SpotFleetRequestConfig"])
    parts = {k: config.pop(k) for k in ("LaunchSpecifications", "LaunchTemplateConfigs") if k in config}
    return {**parts, **_spread(parts), "SpotFleetRequestConfig": config}


_FLEET_MACHINE = {k: PER_MACHINE[k] for k in ("accelerators", "accelerator_count", "accelerator_memory_bytes")}
_TEMPLATE_LINKS = (
    Link(
        "started_from",
        "aws.ec2.launch_template",
        "LaunchTemplateConfigs[].LaunchTemplateSpecification.LaunchTemplateId",
    ),
    Link("runs_in", "aws.ec2.subnet", "$Subnets[]"),
)


KINDS = (
    Kind(
        name="aws.ec2.instance",
        category=Category.INSTANCE,
        fetch=Call(
            "ec2",
            "DescribeInstances",
            items="Reservations[].Instances[]",
            page=1000,
            lookups=(Machines((("InstanceType", ""),)), MachineImages(("ImageId",)), InstanceUse()),
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
            "spot": Field("", _is_spot),
            "security_groups": Field("SecurityGroups", texts("GroupId")),
            "role": "IamInstanceProfile.Arn",
            **IMAGE,
            **PER_MACHINE,
            **USE,
        },
        tags="Tags",
        links=(
            Link("runs_in", "aws.ec2.subnet", "SubnetId"),
            Link("runs_in", "aws.ec2.vpc", "VpcId"),
            Link("guarded_by", "aws.ec2.security_group", "SecurityGroups[].GroupId"),
            Link("assumes", "aws.iam.instance_profile", "IamInstanceProfile.Arn"),
            Link("mounts", "aws.ec2.volume", "BlockDeviceMappings[].Ebs.VolumeId"),
            Link("attached_to", "aws.ec2.network_interface", "NetworkInterfaces[].NetworkInterfaceId"),
            Link("runs_in", "aws.ec2.placement_group", "Placement.GroupName"),
            Link("uses", "aws.ec2.capacity_reservation", "CapacityReservationId"),
            Link("runs_on", "aws.ec2.dedicated_host", "Placement.HostId"),
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
            "multi_attach": "MultiAttachEnabled",
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
            "used_bytes": "FullSnapshotSizeInBytes",
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
            itself=Call(
                "ec2",
                "DescribeLaunchTemplates",
                items="LaunchTemplates",
                params={"LaunchTemplateIds": ["{LaunchTemplateId}"]},
                gone=("InvalidLaunchTemplateId.NotFound",),
            ),
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
            lookups=(
                Machines(((f"{_VERSION}.InstanceType", ""),)),
                MachineImages((f"{_VERSION}.ImageId",)),
            ),
        ),
        id=Template("arn:{@partition}:ec2:{@place}:{@account}:launch-template/{LaunchTemplateId}"),
        native="LaunchTemplateId",
        fields={
            "name": "LaunchTemplateName",
            "version": Field("DefaultVersionNumber", str),
            "version_count": "LatestVersionNumber",
            "instance_type": Field("$Versions", _launch("InstanceType")),
            "machine_image_id": Field("$Versions", _launch("ImageId")),
            "key_pair": Field("$Versions", _launch("KeyName")),
            "spot": Field("$Versions", _launch_spot),
            "disks": Field("$Versions", _launch_disks),
            "created_at": "CreateTime",
            "created_by": "CreatedBy",
            **IMAGE,
            **PER_MACHINE,
        },
        tags="Tags",
        links=(
            Link("guarded_by", "aws.ec2.security_group", f"{_VERSION}.SecurityGroupIds[]"),
            Link("guarded_by", "aws.ec2.security_group", f"{_VERSION}.NetworkInterfaces[].Groups[]"),
            Link("runs_in", "aws.ec2.subnet", f"{_VERSION}.NetworkInterfaces[].SubnetId"),
            Link("assumes", "aws.iam.instance_profile", f"{_VERSION}.IamInstanceProfile.Arn"),
            Link("assumes", "aws.iam.instance_profile", f"{_VERSION}.IamInstanceProfile.Name", within="account"),
            Link("encrypted_by", "aws.kms.key", f"{_VERSION}.BlockDeviceMappings[].Ebs.KmsKeyId"),
            Link("made_from", "aws.ec2.snapshot", f"{_VERSION}.BlockDeviceMappings[].Ebs.SnapshotId", optional=True),
            Link("runs_in", "aws.ec2.placement_group", f"{_VERSION}.Placement.GroupName"),
            Link(
                "uses",
                "aws.ec2.capacity_reservation",
                f"{_VERSION}.CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationId",
            ),
        ),
        sensitive=frozenset({f"{_VERSION}.UserData"}),
        quiet=frozenset({"CreatedBy", "$Versions[].CreatedBy"}),
    ),
    Kind(
        name="aws.ec2.fleet",
        category=Category.SCALING_GROUP,
        fetch=Call(
            "ec2",
            "DescribeFleets",
            items="Fleets",
            page=1000,
            derive=_spread,
            lookups=(Machines((("LaunchTemplateConfigs[].Overrides[].InstanceType", ""),)),),
        ),
        id=Template("arn:{@partition}:ec2:{@place}:{@account}:fleet/{FleetId}"),
        native="FleetId",
        fields={
            "name": Field("Tags", tag("Name")),
            "state": "FleetState",
            "type": "Type",
            "desired_count": "TargetCapacitySpecification.TotalTargetCapacity",
            "lifecycle": "TargetCapacitySpecification.DefaultTargetCapacityType",
            "strategy": "SpotOptions.AllocationStrategy",
            "instance_types": Field("LaunchTemplateConfigs", _override_types),
            "created_at": "CreateTime",
            "expires_at": "ValidUntil",
            **_FLEET_MACHINE,
        },
        tags="Tags",
        links=(
            Link("starts", "aws.ec2.instance", "Instances[].InstanceIds[]", optional=True),
            *_TEMPLATE_LINKS,
        ),
    ),
    Kind(
        name="aws.ec2.spot_fleet_request",
        category=Category.SCALING_GROUP,
        fetch=Call(
            "ec2",
            "DescribeSpotFleetRequests",
            items="SpotFleetRequestConfigs",
            page=1000,
            derive=_opened,
            lookups=(
                Machines(
                    (
                        ("LaunchTemplateConfigs[].Overrides[].InstanceType", ""),
                        ("LaunchSpecifications[].InstanceType", ""),
                    )
                ),
                MachineImages(("LaunchSpecifications[].ImageId",)),
            ),
        ),
        id=Template("arn:{@partition}:ec2:{@place}:{@account}:spot-fleet-request/{SpotFleetRequestId}"),
        native="SpotFleetRequestId",
        fields={
            "name": Field("Tags", tag("Name")),
            "state": "SpotFleetRequestState",
            "type": "SpotFleetRequestConfig.Type",
            "desired_count": "SpotFleetRequestConfig.TargetCapacity",
            "strategy": "SpotFleetRequestConfig.AllocationStrategy",
            "role": "SpotFleetRequestConfig.IamFleetRole",
            "created_at": "CreateTime",
            "expires_at": "SpotFleetRequestConfig.ValidUntil",
            **IMAGE,
            **_FLEET_MACHINE,
        },
        tags="Tags",
        links=(
            Link("assumes", "aws.iam.role", "SpotFleetRequestConfig.IamFleetRole"),
            Link("assumes", "aws.iam.instance_profile", "LaunchSpecifications[].IamInstanceProfile.Arn"),
            Link("guarded_by", "aws.ec2.security_group", "LaunchSpecifications[].SecurityGroups[].GroupId"),
            *_TEMPLATE_LINKS,
        ),
        sensitive=frozenset({"LaunchSpecifications[].UserData"}),
    ),
)
