"""S3, EFS and FSx."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import texts
from collectors.aws.metrics import BucketMetrics, summed
from collectors.aws.rows import Call
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import GIB, times

_NO_BUCKET = ("NoSuchBucket",)


def _bucket_region(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """null is us-east-1, "EU" is eu-west-1. Source: botocore 1.44.5, S3 GetBucketLocation, LocationConstraint; read 2026-11-24."""
    if "LocationConstraint" not in item:
        return {}
    constraint = item["LocationConstraint"]
    return {"$Region": {"EU": "eu-west-1"}.get(constraint, constraint) if constraint else "us-east-1"}


def _s3(operation: str, into: str, items: str = "", expect: tuple[str, ...] = ()) -> Call:
    return Call("s3", operation, items=items, params={"Bucket": "{Name}"}, into=into, expect=expect, gone=_NO_BUCKET)


def _algorithm(rules: Any) -> str:
    return str(rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"])


def _shut(payload: Any) -> Any:
    """Not public where the block shuts everything; otherwise policy and ACLs decide, which are not read."""
    block = payload.get("$PublicAccessBlock") or {}
    keys = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return False if all(block.get(k) for k in keys) else MISSING


KINDS = (
    Kind(
        name="aws.s3.bucket",
        category=Category.BUCKET,
        fetch=Call(
            "s3",
            "ListBuckets",
            items="Buckets",
            page=1000,
            world=True,
            region="$Region",
            detail=(
                Call("s3", "GetBucketLocation", params={"Bucket": "{Name}"}, gone=_NO_BUCKET, derive=_bucket_region),
                _s3(
                    "GetBucketEncryption",
                    "$Encryption",
                    "ServerSideEncryptionConfiguration.Rules",
                    ("ServerSideEncryptionConfigurationNotFoundError",),
                ),
                _s3("GetBucketVersioning", "$Versioning"),
                _s3("GetBucketTagging", "$Tags", "TagSet", ("NoSuchTagSet",)),
                _s3(
                    "GetPublicAccessBlock",
                    "$PublicAccessBlock",
                    "PublicAccessBlockConfiguration",
                    ("NoSuchPublicAccessBlockConfiguration",),
                ),
            ),
            lookups=(BucketMetrics(),),
        ),
        id=Template("arn:{@partition}:s3:::{Name}"),
        native="Name",
        unique="world",
        fields={
            "name": "Name",
            "region": "$Region",
            "created_at": "CreationDate",
            "encryption": Field("$Encryption", _algorithm),
            "encryption_key": "$Encryption[0].ApplyServerSideEncryptionByDefault.KMSMasterKeyID",
            "versioned": Field("$Versioning", lambda answer: answer.get("Status") == "Enabled"),
            "public": Field("", _shut),
            "size_bytes": Field("$Metrics.BucketSizeBytes", summed),
            "size_bytes_by_class": "$Metrics.BucketSizeBytes",
            "object_count": Field("$Metrics.NumberOfObjects", summed),
        },
        tags="$Tags",
        links=(
            Link(
                "encrypted_by",
                "aws.kms.key",
                "$Encryption[].ApplyServerSideEncryptionByDefault.KMSMasterKeyID",
                within="account",
            ),
        ),
        aliases=(Alias("uri", Template("s3://{Name}")),),
    ),
    Kind(
        name="aws.efs.file_system",
        category=Category.FILE_STORE,
        fetch=Call(
            "efs",
            "DescribeFileSystems",
            items="FileSystems",
            page=100,
            detail=(
                Call(
                    "efs",
                    "DescribeMountTargets",
                    items="MountTargets[]",
                    into="$MountTargets",
                    params={"FileSystemId": "{FileSystemId}"},
                    gone=("FileSystemNotFound",),
                ),
            ),
        ),
        id=Template("arn:{@partition}:elasticfilesystem:{@place}:{@account}:file-system/{FileSystemId}"),
        native="FileSystemId",
        fields={
            "name": "Name",
            "state": "LifeCycleState",
            "size_bytes": "SizeInBytes.Value",
            "performance_mode": "PerformanceMode",
            "throughput_mode": "ThroughputMode",
            "encrypted": "Encrypted",
            "encryption_key": "KmsKeyId",
            "addresses": Field("$MountTargets", texts("IpAddress")),
            "created_at": "CreationTime",
        },
        tags="Tags",
        links=(
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
            Link("runs_in", "aws.ec2.subnet", "$MountTargets[].SubnetId"),
            Link("runs_in", "aws.ec2.vpc", "$MountTargets[].VpcId"),
            Link("attached_to", "aws.ec2.network_interface", "$MountTargets[].NetworkInterfaceId"),
        ),
        quiet=frozenset({"$MountTargets[].IpAddress"}),
        aliases=(Alias("dns", Template("{FileSystemId}.efs.{@place}.amazonaws.com")),),
    ),
    Kind(
        name="aws.fsx.file_system",
        category=Category.FILE_STORE,
        fetch=Call("fsx", "DescribeFileSystems", items="FileSystems", page=100),
        id="ResourceARN",
        native="FileSystemId",
        fields={
            "state": "Lifecycle",
            "engine": "FileSystemType",
            "engine_version": "FileSystemTypeVersion",
            "capacity_bytes": Field("StorageCapacity", times(GIB)),
            "storage_class": "StorageType",
            "deployment_type": "LustreConfiguration.DeploymentType",
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
            Link("reads_from", "aws.s3.bucket", "LustreConfiguration.DataRepositoryConfiguration.ImportPath"),
            Link("writes_to", "aws.s3.bucket", "LustreConfiguration.DataRepositoryConfiguration.ExportPath"),
        ),
        aliases=(Alias("dns", "DNSName"),),
    ),
)
