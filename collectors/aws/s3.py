"""S3: buckets, what leads to them, tables and vectors. Objects are never listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import principals
from collectors.aws.metrics import BucketMetrics, summed
from collectors.aws.outsiders import OutsidePrincipals
from collectors.aws.public_buckets import AccountBlock, public
from collectors.aws.rows import Call
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Kind, Link, Template

_NO_BUCKET = ("NoSuchBucket",)
_NOT_FOUND = ("NotFoundException",)
_YEAR = 365


def _bucket_region(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """null is us-east-1, "EU" is eu-west-1. Source: botocore 1.44.5, S3 GetBucketLocation, LocationConstraint; read 2026-11-24."""
    if "LocationConstraint" not in item:
        return {}
    constraint = item["LocationConstraint"]
    return {"$Region": {"EU": "eu-west-1"}.get(constraint, constraint) if constraint else "us-east-1"}


def _s3(operation: str, into: str, items: str = "", expect: tuple[str, ...] = (), **more: Any) -> Call:
    params = {"Bucket": more.pop("bucket", "{Name}")}
    return Call("s3", operation, items=items, params=params, into=into, expect=expect, gone=_NO_BUCKET, **more)


def _with_policy(bucket: Mapping[str, Any]) -> Mapping[str, Any]:
    """The name once more, where there is a policy whose status can be asked."""
    return {"$WithPolicy": bucket["Name"]} if bucket["$Policy"] is not None else {}


def _with_access_list(bucket: Mapping[str, Any]) -> Mapping[str, Any]:
    """The name once more, where access lists count."""
    return {"$WithList": bucket["Name"]} if _ownership(bucket["$Ownership"]) != "BucketOwnerEnforced" else {}


_POLICY = _s3("GetBucketPolicy", "$Policy", "Policy", ("NoSuchBucketPolicy",), derive=_with_policy)


def _algorithm(rules: Any) -> str:
    return str(rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"])


def _ownership(rules: Any) -> Any:
    return rules[0]["ObjectOwnership"] if rules else MISSING


def _locked(payload: Any) -> Any:
    if "$ObjectLock" not in payload:
        return MISSING
    return (payload["$ObjectLock"] or {}).get("ObjectLockEnabled") == "Enabled"


def _kept_days(lock: Any) -> Any:
    kept = lock.get("Rule", {}).get("DefaultRetention", {})
    return kept["Days"] if "Days" in kept else kept["Years"] * _YEAR if "Years" in kept else MISSING


def _lifecycle(rules: Any) -> list[dict[str, Any]]:
    """Rules of a lifecycle: prefix, state, days until an object goes, and until it moves to another class."""
    return [_lifecycle_rule(rule) for rule in rules]


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    found = rule.get("Filter") or {}
    told = {
        "name": rule.get("ID"),
        "prefix": rule.get("Prefix") or found.get("Prefix") or found.get("And", {}).get("Prefix"),
        "state": rule.get("Status"),
        "expires_after_days": rule.get("Expiration", {}).get("Days"),
        "moves": [
            {"after_days": t.get("Days"), "storage_class": t.get("StorageClass")} for t in rule.get("Transitions", ())
        ],
    }
    return {key: value for key, value in told.items() if value not in (None, [])}


def _namespace(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"$Namespace": ".".join(item["namespace"])}


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
            # What an answer of "not configured" is called. Source: Amazon S3 API reference, "Error responses"; docs.rs,
            # rustack-s3-model 0.8.0, S3ErrorCode; read 2026-11-24.
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
                _POLICY,
                _s3(
                    "GetBucketPolicyStatus",
                    "$PolicyStatus",
                    "PolicyStatus",
                    ("NoSuchBucketPolicy",),
                    bucket="{$WithPolicy}",
                ),
                _s3(
                    "GetBucketOwnershipControls",
                    "$Ownership",
                    "OwnershipControls.Rules",
                    ("OwnershipControlsNotFoundError",),
                    derive=_with_access_list,
                ),
                _s3("GetBucketAcl", "$Grants", "Grants", bucket="{$WithList}"),
                _s3(
                    "GetBucketReplication",
                    "$Replication",
                    "ReplicationConfiguration",
                    ("ReplicationConfigurationNotFoundError",),
                ),
                _s3("GetBucketLifecycleConfiguration", "$Lifecycle", "Rules", ("NoSuchLifecycleConfiguration",)),
                _s3("GetBucketNotificationConfiguration", "$Notifications"),
                _s3(
                    "GetObjectLockConfiguration",
                    "$ObjectLock",
                    "ObjectLockConfiguration",
                    ("ObjectLockConfigurationNotFoundError",),
                ),
            ),
            lookups=(AccountBlock(), BucketMetrics(), OutsidePrincipals("$Policy", _POLICY)),
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
            "public": Field("", public),
            "principals": Field("$Policy", principals),
            "shared_with": "$Outside",
            "object_ownership": Field("$Ownership", _ownership),
            "write_once": Field("", _locked),
            "retention_days": Field("$ObjectLock", _kept_days),
            "rules": Field("$Lifecycle", _lifecycle),
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
            Link("replicates_to", "aws.s3.bucket", "$Replication.Rules[].Destination.Bucket"),
            Link("assumes", "aws.iam.role", "$Replication.Role"),
            Link("notifies", "aws.sns.topic", "$Notifications.TopicConfigurations[].TopicArn"),
            Link("notifies", "aws.sqs.queue", "$Notifications.QueueConfigurations[].QueueArn"),
            Link("calls", "aws.lambda.function", "$Notifications.LambdaFunctionConfigurations[].LambdaFunctionArn"),
        ),
        aliases=(Alias("uri", Template("s3://{Name}")),),
    ),
    Kind(
        name="aws.s3tables.table_bucket",
        category=Category.DATA_CATALOG,
        fetch=Call(
            "s3tables",
            "ListTableBuckets",
            items="tableBuckets",
            page=1000,
            detail=(
                Call(
                    "s3tables",
                    "GetTableBucketEncryption",
                    items="encryptionConfiguration",
                    params={"tableBucketARN": "{arn}"},
                    expect=_NOT_FOUND,
                    into="$Encryption",
                ),
            ),
        ),
        id="arn",
        native="name",
        fields={
            "name": "name",
            "type": "type",
            "owner": "ownerAccountId",
            "encryption": "$Encryption.sseAlgorithm",
            "encryption_key": "$Encryption.kmsKeyArn",
            "created_at": "createdAt",
        },
        links=(Link("encrypted_by", "aws.kms.key", "$Encryption.kmsKeyArn"),),
    ),
    Kind(
        name="aws.s3tables.table",
        category=Category.DATA_TABLE,
        fetch=Call(
            "s3tables",
            "ListTables",
            items="tables",
            page=1000,
            under="aws.s3tables.table_bucket",
            params={"tableBucketARN": "{arn}"},
            gone=_NOT_FOUND,
            derive=_namespace,
            detail=(Call("s3tables", "GetTable", params={"tableArn": "{tableARN}"}, gone=_NOT_FOUND),),
        ),
        id="tableARN",
        native=Template("{$parent.name}/{$Namespace}/{name}"),
        fields={
            "name": "name",
            "namespace": "$Namespace",
            "type": "type",
            "table_format": "format",
            "created_by": "createdBy",
            "created_at": "createdAt",
            "modified_at": "modifiedAt",
        },
        links=(
            Link("part_of", "aws.s3tables.table_bucket", "$parent.arn"),
            Link("replica_of", "aws.s3tables.table", "managedTableInformation.replicationInformation.sourceTableARN"),
        ),
        # The warehouse is the table's own storage, in a bucket that is AWS's.
        quiet=frozenset({"$parent", "metadataLocation", "warehouseLocation"}),
        aliases=(Alias("uri", "warehouseLocation"),),
    ),
    Kind(
        name="aws.s3vectors.vector_bucket",
        category=Category.SEARCH_INDEX,
        fetch=Call(
            "s3vectors",
            "ListVectorBuckets",
            items="vectorBuckets",
            page=500,
            detail=(
                Call(
                    "s3vectors",
                    "GetVectorBucket",
                    items="vectorBucket",
                    params={"vectorBucketArn": "{vectorBucketArn}"},
                    gone=_NOT_FOUND,
                ),
            ),
        ),
        id="vectorBucketArn",
        native="vectorBucketName",
        fields={
            "name": "vectorBucketName",
            "encryption": "encryptionConfiguration.sseType",
            "encryption_key": "encryptionConfiguration.kmsKeyArn",
            "created_at": "creationTime",
        },
        links=(Link("encrypted_by", "aws.kms.key", "encryptionConfiguration.kmsKeyArn"),),
    ),
    Kind(
        name="aws.s3vectors.index",
        category=Category.SEARCH_INDEX,
        fetch=Call(
            "s3vectors",
            "ListIndexes",
            items="indexes",
            page=500,
            under="aws.s3vectors.vector_bucket",
            params={"vectorBucketArn": "{vectorBucketArn}"},
            gone=_NOT_FOUND,
            detail=(Call("s3vectors", "GetIndex", items="index", params={"indexArn": "{indexArn}"}, gone=_NOT_FOUND),),
        ),
        id="indexArn",
        native=Template("{vectorBucketName}/{indexName}"),
        fields={
            "name": "indexName",
            "type": "dataType",
            "mode": "indexMode",
            "vector_dimension_count": "dimension",
            "distance_metric": "distanceMetric",
            "encryption": "encryptionConfiguration.sseType",
            "encryption_key": "encryptionConfiguration.kmsKeyArn",
            "created_at": "creationTime",
        },
        links=(
            Link("part_of", "aws.s3vectors.vector_bucket", "$parent.vectorBucketArn"),
            Link("encrypted_by", "aws.kms.key", "encryptionConfiguration.kmsKeyArn"),
        ),
        quiet=frozenset({"$parent"}),
    ),
)
