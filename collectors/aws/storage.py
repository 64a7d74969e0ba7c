"""EFS and FSx: file systems, the ways into them, and what keeps them in step with buckets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from collectors.aws.documents import texts
from collectors.aws.metrics import FileSystemMetrics, held_by_file_system
from collectors.aws.rows import Call
from normalize.mapping import MISSING, read
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import GIB, MIB, times

_NO_FILE_SYSTEM = ("FileSystemNotFound",)
_PARTS = {
    "LUSTRE": "LustreConfiguration",
    "WINDOWS": "WindowsConfiguration",
    "ONTAP": "OntapConfiguration",
    "OPENZFS": "OpenZFSConfiguration",
}
"""Type of an FSx file system or volume -> the member that holds what only that type has."""
_STORED = {
    "LUSTRE": ("LogicalDiskUsage",),
    "WINDOWS": ("FreeStorageCapacity",),
    "ONTAP": ("LogicalDataStored",),
    "OPENZFS": ("UsedStorageCapacity",),
}
_STORED_IN_VOLUME = {"ONTAP": ("StorageUsed", "FilesUsed"), "OPENZFS": ("UsedStorageCapacity",)}


def _classes(size: Any) -> dict[str, int]:
    """Bytes of an EFS file system by storage class."""
    names = {"ValueInStandard": "Standard", "ValueInIA": "InfrequentAccess", "ValueInArchive": "Archive"}
    return {ours: size[theirs] for theirs, ours in names.items() if theirs in size}


def _lifecycle(policies: Any) -> list[dict[str, Any]]:
    """Moves between storage classes: [{"TransitionToIA": "AFTER_30_DAYS"}] -> [{"to": "IA", "when": "AFTER_30_DAYS"}]."""
    return [{"to": move.removeprefix("TransitionTo"), "when": when} for p in policies for move, when in p.items()]


def _of_type(path: str) -> Callable[[Any], Any]:
    """A value that every type of file system keeps in a member of its own."""
    return lambda payload: read(payload, f"{_PARTS[payload['FileSystemType']]}.{path}")


def _iops(payload: Any) -> Any:
    """Operations as provisioned: of Lustre, those on metadata."""
    own = payload[_PARTS[payload["FileSystemType"]]]
    found = own.get("DiskIopsConfiguration") or own.get("MetadataConfiguration") or {}
    return found.get("Iops", MISSING)


def _throughput(payload: Any) -> Any:
    """MB/s as provisioned; Lustre on disks is provisioned per TiB."""
    own = payload[_PARTS[payload["FileSystemType"]]]
    if "ThroughputCapacity" in own:
        return own["ThroughputCapacity"]
    per_tib, capacity = own.get("PerUnitStorageThroughput"), payload.get("StorageCapacity")
    return MISSING if per_tib is None or capacity is None else per_tib * capacity // 1024


def _volume_capacity(payload: Any) -> Any:
    """Bytes that a volume may grow to; an OpenZFS volume without a quota may fill its file system."""
    ontap, zfs = payload.get("OntapConfiguration", {}), payload.get("OpenZFSConfiguration", {})
    if "SizeInBytes" in ontap:
        return ontap["SizeInBytes"]
    if "SizeInMegabytes" in ontap:
        return ontap["SizeInMegabytes"] * MIB
    quota = zfs.get("StorageCapacityQuotaGiB", -1)
    return quota * GIB if quota > 0 else MISSING


def _mounted_at(volume: Any) -> Any:
    ontap, zfs = volume.get("OntapConfiguration", {}), volume.get("OpenZFSConfiguration", {})
    return ontap.get("JunctionPath") or zfs.get("VolumePath") or MISSING


def _used_by_volume(told: Any) -> Any:
    return int(told["StorageUsed"] if "StorageUsed" in told else told["UsedStorageCapacity"])


def _sync(repository: Any) -> list[str]:
    """When files are taken from a bucket and put into it: ["import NEW, CHANGED", "export NEW"]."""
    ways = {"import": "AutoImportPolicy", "export": "AutoExportPolicy"}
    return [f"{way} {', '.join(repository[key]['Events'])}" for way, key in ways.items() if repository.get(key)]


KINDS = (
    Kind(
        name="aws.efs.file_system",
        category=Category.FILE_STORE,
        fetch=Call(
            "efs",
            "DescribeFileSystems",
            items="FileSystems",
            page=100,
            itself=Call(
                "efs",
                "DescribeFileSystems",
                items="FileSystems",
                params={"FileSystemId": "{FileSystemId}"},
                gone=_NO_FILE_SYSTEM,
            ),
            detail=(
                Call(
                    "efs",
                    "DescribeMountTargets",
                    items="MountTargets[]",
                    into="$MountTargets",
                    params={"FileSystemId": "{FileSystemId}"},
                    gone=_NO_FILE_SYSTEM,
                ),
                Call(
                    "efs",
                    "DescribeLifecycleConfiguration",
                    items="LifecyclePolicies",
                    into="$Lifecycle",
                    params={"FileSystemId": "{FileSystemId}"},
                    gone=_NO_FILE_SYSTEM,
                ),
                Call(
                    "efs",
                    "DescribeReplicationConfigurations",
                    items="Replications[]",
                    into="$Replications",
                    params={"FileSystemId": "{FileSystemId}"},
                    expect=("ReplicationNotFound",),
                    gone=_NO_FILE_SYSTEM,
                ),
            ),
        ),
        id=Template("arn:{@partition}:elasticfilesystem:{@place}:{@account}:file-system/{FileSystemId}"),
        native="FileSystemId",
        fields={
            "name": "Name",
            "state": "LifeCycleState",
            "size_bytes": "SizeInBytes.Value",
            "size_bytes_by_class": Field("SizeInBytes", _classes),
            "performance_mode": "PerformanceMode",
            "throughput_mode": "ThroughputMode",
            "throughput_mibps": Field("ProvisionedThroughputInMibps", int),
            "zone": "AvailabilityZoneName",
            "encrypted": "Encrypted",
            "encryption_key": "KmsKeyId",
            "rules": Field("$Lifecycle", _lifecycle),
            "replica_regions": "$Replications[].Destinations[0].Region",
            "addresses": Field("$MountTargets", texts("IpAddress")),
            "created_at": "CreationTime",
        },
        tags="Tags",
        links=(
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
            Link(
                "replicates_to", "aws.efs.file_system", "$Replications[].Destinations[].FileSystemId", within="account"
            ),
            Link("runs_in", "aws.ec2.subnet", "$MountTargets[].SubnetId"),
            Link("runs_in", "aws.ec2.vpc", "$MountTargets[].VpcId"),
            Link("attached_to", "aws.ec2.network_interface", "$MountTargets[].NetworkInterfaceId"),
        ),
        quiet=frozenset({"$MountTargets[].IpAddress"}),
        aliases=(Alias("dns", Template("{FileSystemId}.efs.{@place}.amazonaws.com")),),
    ),
    Kind(
        name="aws.efs.access_point",
        category=Category.VOLUME_CLAIM,
        fetch=Call("efs", "DescribeAccessPoints", items="AccessPoints", page=100),
        id="AccessPointArn",
        native="AccessPointId",
        fields={
            "name": "Name",
            "state": "LifeCycleState",
            "root_path": "RootDirectory.Path",
            "user": Field("PosixUser", lambda user: f"{user['Uid']}:{user['Gid']}"),
        },
        tags="Tags",
        links=(Link("part_of", "aws.efs.file_system", "FileSystemId"),),
    ),
    Kind(
        name="aws.fsx.file_system",
        category=Category.FILE_STORE,
        fetch=Call(
            "fsx",
            "DescribeFileSystems",
            items="FileSystems",
            page=100,
            lookups=(FileSystemMetrics(_STORED, "FileSystemType", ("FileSystemId",)),),
        ),
        id="ResourceARN",
        native="FileSystemId",
        fields={
            "state": "Lifecycle",
            "engine": "FileSystemType",
            "engine_version": "FileSystemTypeVersion",
            "size_bytes": Field("", held_by_file_system),
            "capacity_bytes": Field("StorageCapacity", times(GIB)),
            "storage_class": "StorageType",
            "deployment_type": Field("", _of_type("DeploymentType")),
            "throughput_mb_per_second": Field("", _throughput),
            "iops": Field("", _iops),
            "compression": Field("", _of_type("DataCompressionType")),
            "mount_point": "LustreConfiguration.MountName",
            "high_speed_fabric": "LustreConfiguration.EfaEnabled",
            "backup_retention_days": Field("", _of_type("AutomaticBackupRetentionDays")),
            "encryption_key": "KmsKeyId",
            "subnets": "SubnetIds",
            "endpoint": "DNSName",
            "created_at": "CreationTime",
        },
        tags="Tags",
        links=(
            Link("runs_in", "aws.ec2.vpc", "VpcId"),
            Link("runs_in", "aws.ec2.subnet", "SubnetIds[]"),
            Link("attached_to", "aws.ec2.network_interface", "NetworkInterfaceIds[]"),
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
            Link("logs_to", "aws.logs.log_group", "LustreConfiguration.LogConfiguration.Destination"),
            Link("reads_from", "aws.s3.bucket", "LustreConfiguration.DataRepositoryConfiguration.ImportPath"),
            Link("writes_to", "aws.s3.bucket", "LustreConfiguration.DataRepositoryConfiguration.ExportPath"),
        ),
        aliases=(Alias("dns", "DNSName"),),
        sensitive=frozenset({"OntapConfiguration.FsxAdminPassword"}),
    ),
    Kind(
        name="aws.fsx.volume",
        category=Category.VOLUME_CLAIM,
        fetch=Call(
            "fsx",
            "DescribeVolumes",
            items="Volumes",
            page=100,
            lookups=(FileSystemMetrics(_STORED_IN_VOLUME, "VolumeType", ("FileSystemId", "VolumeId")),),
        ),
        id="ResourceARN",
        native="VolumeId",
        fields={
            "name": "Name",
            "state": "Lifecycle",
            "type": "VolumeType",
            "used_bytes": Field("$Metrics", _used_by_volume),  # its file system counts them as its own
            "object_count": Field("$Metrics.FilesUsed", int),
            "capacity_bytes": Field("", _volume_capacity),
            "mount_point": Field("", _mounted_at),
            "security_style": "OntapConfiguration.SecurityStyle",
            "created_at": "CreationTime",
        },
        tags="Tags",
        links=(
            Link("part_of", "aws.fsx.file_system", "FileSystemId"),
            Link("served_by", "aws.fsx.storage_virtual_machine", "OntapConfiguration.StorageVirtualMachineId"),
        ),
    ),
    Kind(
        name="aws.fsx.storage_virtual_machine",
        category=Category.SERVICE,
        fetch=Call("fsx", "DescribeStorageVirtualMachines", items="StorageVirtualMachines", page=100),
        id="ResourceARN",
        native="StorageVirtualMachineId",
        fields={
            "name": "Name",
            "state": "Lifecycle",
            "type": "Subtype",
            "endpoint": "Endpoints.Nfs.DNSName",
            "security_style": "RootVolumeSecurityStyle",
            "created_at": "CreationTime",
        },
        tags="Tags",
        links=(Link("part_of", "aws.fsx.file_system", "FileSystemId"),),
        aliases=(
            Alias("dns", "Endpoints.Nfs.DNSName"),
            Alias("dns", "Endpoints.Smb.DNSName"),
            Alias("dns", "Endpoints.Iscsi.DNSName"),
            Alias("dns", "Endpoints.Management.DNSName"),
        ),
    ),
    Kind(
        name="aws.fsx.data_repository_association",
        category=Category.DATA_TRANSFER,
        fetch=Call("fsx", "DescribeDataRepositoryAssociations", items="Associations"),
        id="ResourceARN",
        native="AssociationId",
        fields={
            "state": "Lifecycle",
            "mount_point": "FileSystemPath",
            "source_uri": "DataRepositoryPath",
            "features": Field("S3", _sync),
            "failure_reason": "FailureDetails.Message",
            "created_at": "CreationTime",
        },
        tags="Tags",
        links=(
            Link("serves", "aws.fsx.file_system", "FileSystemId"),
            Link("reads_from", "aws.s3.bucket", "DataRepositoryPath"),
        ),
    ),
    Kind(
        name="aws.fsx.backup",
        category=Category.BACKUP,
        # Automatic ones come and go with their file system, whose retention says how many there are; what AWS Backup
        # made is in its vaults.
        fetch=Call(
            "fsx",
            "DescribeBackups",
            items="Backups",
            params={"Filters": [{"Name": "backup-type", "Values": ["USER_INITIATED"]}]},
            page=100,
        ),
        id="ResourceARN",
        native="BackupId",
        fields={
            "state": "Lifecycle",
            "type": "ResourceType",
            "engine": "FileSystem.FileSystemType",
            "size_bytes": "SizeInBytes",
            "encryption_key": "KmsKeyId",
            "created_at": "CreationTime",
        },
        tags="Tags",
        links=(
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
            # A backup outlives what it was made from.
            Link("made_from", "aws.fsx.file_system", "FileSystem.FileSystemId", optional=True),
            Link("made_from", "aws.fsx.volume", "Volume.VolumeId", optional=True),
        ),
        quiet=frozenset({"FileSystem", "Volume"}),
    ),
)
