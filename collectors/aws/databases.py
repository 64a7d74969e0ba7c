"""RDS and Aurora, DocumentDB, Neptune, DynamoDB and DAX.

DocumentDB and Neptune come through the listings of RDS: their rows and those of RDS each keep their own engines, so that
nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from collectors.aws.documents import count
from collectors.aws.metrics import ItemMetrics, held_by_database
from collectors.aws.rows import Call
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Kind, Link, Path, Template
from normalize.units import GIB, integer, times

_NOT_FOUND = ("ResourceNotFoundException",)
_GUESTS = ("docdb", "neptune")
"""Engines that RDS lists and that are services of their own. Source: botocore 1.44.5, RDS DescribeDBClusters and
DescribeDBInstances ("can also return information for Amazon Neptune … and Amazon DocumentDB"); read 2026-11-24."""
_NO_GROUP = ("DBParameterGroupNotFound",)
_POOLED = ("aurora", *_GUESTS)
"""Engines whose instances keep nothing of their own: the data lie in the volume of their cluster."""


def _of_rds(item: Mapping[str, Any]) -> bool:
    return item["Engine"] not in _GUESTS


def _of(engine: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda item: item["Engine"] == engine


def _own(name: str) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a parameter group is the account's own: AWS makes one "default.FAMILY" per family."""
    return lambda item: not item[name].startswith("default.")


def _held(payload: Any) -> Any:
    """Bytes of an instance: none of its own where its cluster has them."""
    pooled = str(payload.get("Engine", "")).startswith(_POOLED) and payload.get("DBClusterIdentifier")
    return 0 if pooled else held_by_database(payload)


def _parameters(items: Any) -> dict[str, Any]:
    return {p["ParameterName"]: p.get("ParameterValue") for p in items}


def _cluster_of_snapshot(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The cluster's ARN: DocumentDB and Neptune share the form with Aurora."""
    head = item["DBClusterSnapshotArn"].partition(":cluster-snapshot:")[0]
    return {"$Cluster": f"{head}:cluster:{item['DBClusterIdentifier']}"}


def _proxy_targets(item: Mapping[str, Any]) -> Mapping[str, Any]:
    found: dict[str, list[str]] = {"$Instances": [], "$Clusters": []}
    for target in item.get("$Targets", ()):
        kind = {"RDS_INSTANCE": "$Instances", "TRACKED_CLUSTER": "$Clusters"}.get(target.get("Type", ""))
        if kind:
            found[kind].append(target["RdsResourceId"])
    return found


def _billing(payload: Any) -> Any:
    """The billing mode; a table that never was on demand has no summary of it, but provisioned units."""
    if summary := payload.get("BillingModeSummary"):
        return summary["BillingMode"]
    units = payload.get("ProvisionedThroughput", {}).get("ReadCapacityUnits")
    return "PROVISIONED" if units else MISSING


_INSTANCE: Mapping[str, Path | Field] = {
    "name": "DBInstanceIdentifier",
    "state": "DBInstanceStatus",
    "engine": "Engine",
    "engine_version": "EngineVersion",
    "instance_type": "DBInstanceClass",
    "size_bytes": Field("", _held),
    "endpoint": "Endpoint.Address",
    "port": "Endpoint.Port",
    "public": "PubliclyAccessible",
    "encrypted": "StorageEncrypted",
    "encryption_key": "KmsKeyId",
    "backup_retention_days": "BackupRetentionPeriod",
    "log_types": "EnabledCloudwatchLogsExports",
    "zone": "AvailabilityZone",
    "created_at": "InstanceCreateTime",
}
_CLUSTER: Mapping[str, Path | Field] = {
    "name": "DBClusterIdentifier",
    "state": "Status",
    "engine": "Engine",
    "engine_version": "EngineVersion",
    "size_bytes": Field("$Metrics.VolumeBytesUsed", integer),
    "storage_class": "StorageType",
    "node_count": Field("DBClusterMembers", count),
    "scaling": "ServerlessV2ScalingConfiguration",
    "endpoint": "Endpoint",
    "port": "Port",
    "multi_zone": "MultiAZ",
    "encrypted": "StorageEncrypted",
    "encryption_key": "KmsKeyId",
    "backup_retention_days": "BackupRetentionPeriod",
    "deletion_protected": "DeletionProtection",
    "log_types": "EnabledCloudwatchLogsExports",
    "zones": "AvailabilityZones",
    "created_at": "ClusterCreateTime",
}
_CLUSTER_ALIASES = (Alias("dns", "Endpoint"), Alias("dns", "ReaderEndpoint"))


def _instance_links(cluster: str) -> tuple[Link, ...]:
    return (
        Link("member_of", cluster, "DBClusterIdentifier"),
        Link("runs_in", "aws.ec2.vpc", "DBSubnetGroup.VpcId"),
        Link("runs_in", "aws.ec2.subnet", "DBSubnetGroup.Subnets[].SubnetIdentifier"),
        Link("runs_in", "aws.rds.subnet_group", "DBSubnetGroup.DBSubnetGroupName"),
        Link("guarded_by", "aws.ec2.security_group", "VpcSecurityGroups[].VpcSecurityGroupId"),
        Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
    )


def _cluster_links() -> tuple[Link, ...]:
    return (
        Link("runs_in", "aws.rds.subnet_group", "DBSubnetGroup"),
        Link("guarded_by", "aws.ec2.security_group", "VpcSecurityGroups[].VpcSecurityGroupId"),
        Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
        Link("assumes", "aws.iam.role", "AssociatedRoles[].RoleArn"),
        # A group that is not the account's own has no record.
        Link("uses_config", "aws.rds.cluster_parameter_group", "DBClusterParameterGroup", optional=True),
        Link("replica_of", "", "ReplicationSourceIdentifier"),
    )


def _guest_cluster(
    name: str, engine: str, namespace: str, fields: Mapping[str, Path | Field], links: tuple[Link, ...]
) -> Kind:
    """A cluster of a service that RDS lists; its metrics stand in a namespace of its own."""
    return Kind(
        name=name,
        category=Category.DATABASE,
        fetch=Call(
            "rds",
            "DescribeDBClusters",
            items="DBClusters",
            page=100,
            keep=_of(engine),
            lookups=(ItemMetrics(namespace, ("VolumeBytesUsed",), "DBClusterIdentifier", "DBClusterIdentifier"),),
        ),
        id="DBClusterArn",
        native="DBClusterIdentifier",
        fields={**_CLUSTER, **fields},
        tags="TagList",
        links=(*_cluster_links(), *links),
        aliases=_CLUSTER_ALIASES,
    )


def _guest_instance(name: str, engine: str, cluster: str) -> Kind:
    return Kind(
        name=name,
        category=Category.DATABASE,
        fetch=Call("rds", "DescribeDBInstances", items="DBInstances", page=100, keep=_of(engine)),
        id="DBInstanceArn",
        native="DBInstanceIdentifier",
        fields=_INSTANCE,
        tags="TagList",
        links=_instance_links(cluster),
        aliases=(Alias("dns", "Endpoint.Address"),),
        quiet=frozenset({"DBSubnetGroup.DBSubnetGroupArn"}),
    )


def _parameter_group(name: str, listing: str, parameters: str, scope: str) -> Kind:
    """Parameters that somebody set; the family's defaults are AWS's. `scope` is "DB" or "DBCluster"."""
    group = f"{scope}ParameterGroup"
    return Kind(
        name=name,
        category=Category.SETTINGS,
        fetch=Call(
            "rds",
            listing,
            items=f"{group}s",
            page=100,
            keep=_own(f"{group}Name"),
            itself=Call("rds", listing, items=f"{group}s", params={f"{group}Name": f"{{{group}Name}}"}, gone=_NO_GROUP),
            detail=(
                Call(
                    "rds",
                    parameters,
                    items="Parameters[]",
                    params={f"{group}Name": f"{{{group}Name}}", "Source": "user"},
                    gone=_NO_GROUP,
                    into="$Parameters",
                ),
            ),
        ),
        id=f"{group}Arn",
        native=f"{group}Name",
        fields={
            "name": f"{group}Name",
            "description": "Description",
            "engine": "DBParameterGroupFamily",
            "parameters": Field("$Parameters", _parameters),
        },
    )


KINDS = (
    Kind(
        name="aws.rds.instance",
        category=Category.DATABASE,
        fetch=Call(
            "rds",
            "DescribeDBInstances",
            items="DBInstances",
            page=100,
            keep=_of_rds,
            lookups=(ItemMetrics("AWS/RDS", ("FreeStorageSpace",), "DBInstanceIdentifier", "DBInstanceIdentifier"),),
        ),
        id="DBInstanceArn",
        native="DBInstanceIdentifier",
        fields={
            **_INSTANCE,
            "capacity_bytes": Field("AllocatedStorage", times(GIB)),
            "max_capacity_bytes": Field("MaxAllocatedStorage", times(GIB)),
            "storage_class": "StorageType",
            "iops": "Iops",
            "throughput_mibps": "StorageThroughput",
            "multi_zone": "MultiAZ",
            "platform_auth": "IAMDatabaseAuthenticationEnabled",
            "deletion_protected": "DeletionProtection",
            "support_state": "EngineLifecycleSupport",
        },
        tags="TagList",
        links=(
            *_instance_links("aws.rds.cluster"),
            Link("password_in", "aws.secretsmanager.secret", "MasterUserSecret.SecretArn"),
            # A group that is not the account's own has no record.
            Link("uses_config", "aws.rds.parameter_group", "DBParameterGroups[].DBParameterGroupName", optional=True),
            Link("replica_of", "aws.rds.instance", "ReadReplicaSourceDBInstanceIdentifier"),
            Link("replica_of", "aws.rds.cluster", "ReadReplicaSourceDBClusterIdentifier"),
            Link("assumes", "aws.iam.role", "AssociatedRoles[].RoleArn"),
            Link("assumes", "aws.iam.role", "MonitoringRoleArn"),
            Link("writes_to", "aws.kinesis.stream", "ActivityStreamKinesisStreamName"),
        ),
        aliases=(Alias("dns", "Endpoint.Address"),),
        quiet=frozenset({"DBSubnetGroup.DBSubnetGroupArn"}),
    ),
    Kind(
        name="aws.rds.cluster",
        category=Category.DATABASE,
        fetch=Call(
            "rds",
            "DescribeDBClusters",
            items="DBClusters",
            page=100,
            keep=_of_rds,
            lookups=(ItemMetrics("AWS/RDS", ("VolumeBytesUsed",), "DBClusterIdentifier", "DBClusterIdentifier"),),
        ),
        id="DBClusterArn",
        native="DBClusterIdentifier",
        fields={
            **_CLUSTER,
            "mode": "EngineMode",
            "instance_type": "DBClusterInstanceClass",
            "platform_auth": "IAMDatabaseAuthenticationEnabled",
            "support_state": "EngineLifecycleSupport",
        },
        tags="TagList",
        links=(
            *_cluster_links(),
            Link("password_in", "aws.secretsmanager.secret", "MasterUserSecret.SecretArn"),
            Link("member_of", "aws.rds.global_cluster", "GlobalClusterIdentifier", within="account"),
            Link("writes_to", "aws.kinesis.stream", "ActivityStreamKinesisStreamName"),
        ),
        aliases=(*_CLUSTER_ALIASES, Alias("dns", "CustomEndpoints[]")),
    ),
    Kind(
        name="aws.rds.global_cluster",
        category=Category.CLUSTER,
        # Every region lists the same ones. Source: github.com/cloud-custodian/cloud-custodian pull request 11092, read 2026-11-24.
        fetch=Call("rds", "DescribeGlobalClusters", items="GlobalClusters", page=100, world=True),
        id="GlobalClusterArn",
        native="GlobalClusterIdentifier",
        unique="account",
        fields={
            "name": "GlobalClusterIdentifier",
            "state": "Status",
            "engine": "Engine",
            "engine_version": "EngineVersion",
            "node_count": Field("GlobalClusterMembers", count),
            "endpoint": "Endpoint",
            "encrypted": "StorageEncrypted",
            "deletion_protected": "DeletionProtection",
        },
        tags="TagList",
        links=(Link("holds", "", "GlobalClusterMembers[].DBClusterArn"),),
        aliases=(Alias("dns", "Endpoint"),),
    ),
    Kind(
        name="aws.rds.proxy",
        category=Category.CONNECTION,
        fetch=Call(
            "rds",
            "DescribeDBProxies",
            items="DBProxies",
            page=100,
            itself=Call(
                "rds",
                "DescribeDBProxies",
                items="DBProxies",
                params={"DBProxyName": "{DBProxyName}"},
                gone=("DBProxyNotFoundFault",),
            ),
            detail=(
                Call(
                    "rds",
                    "DescribeDBProxyTargets",
                    items="Targets[]",
                    params={"DBProxyName": "{DBProxyName}"},
                    gone=("DBProxyNotFoundFault",),
                    into="$Targets",
                    derive=_proxy_targets,
                ),
            ),
        ),
        id="DBProxyArn",
        native="DBProxyName",
        fields={
            "name": "DBProxyName",
            "state": "Status",
            "engine": "EngineFamily",
            "role": "RoleArn",
            "endpoint": "Endpoint",
            "encrypted_in_transit": "RequireTLS",
            "auth_mode": "DefaultAuthScheme",
            "idle_timeout_seconds": "IdleClientTimeout",
            "created_at": "CreatedDate",
            "modified_at": "UpdatedDate",
        },
        links=(
            Link("routes_to", "aws.rds.instance", "$Instances[]"),
            Link("routes_to", "aws.rds.cluster", "$Clusters[]"),
            Link("assumes", "aws.iam.role", "RoleArn"),
            Link("password_in", "aws.secretsmanager.secret", "Auth[].SecretArn"),
            Link("runs_in", "aws.ec2.vpc", "VpcId"),
            Link("runs_in", "aws.ec2.subnet", "VpcSubnetIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "VpcSecurityGroupIds[]"),
        ),
        aliases=(Alias("dns", "Endpoint"),),
    ),
    Kind(
        name="aws.rds.subnet_group",
        category=Category.SETTINGS,
        fetch=Call("rds", "DescribeDBSubnetGroups", items="DBSubnetGroups", page=100),
        id="DBSubnetGroupArn",
        native="DBSubnetGroupName",
        fields={
            "name": "DBSubnetGroupName",
            "description": "DBSubnetGroupDescription",
            "state": "SubnetGroupStatus",
        },
        links=(
            Link("runs_in", "aws.ec2.vpc", "VpcId"),
            Link("runs_in", "aws.ec2.subnet", "Subnets[].SubnetIdentifier"),
        ),
    ),
    _parameter_group(
        "aws.rds.parameter_group",
        "DescribeDBParameterGroups",
        "DescribeDBParameters",
        "DB",
    ),
    _parameter_group(
        "aws.rds.cluster_parameter_group",
        "DescribeDBClusterParameterGroups",
        "DescribeDBClusterParameters",
        "DBCluster",
    ),
    Kind(
        name="aws.rds.snapshot",
        category=Category.SNAPSHOT,
        # Automated ones come and go with their instance, whose retention says how many there are.
        fetch=Call("rds", "DescribeDBSnapshots", items="DBSnapshots", params={"SnapshotType": "manual"}, page=100),
        id="DBSnapshotArn",
        native="DBSnapshotIdentifier",
        fields={
            "name": "DBSnapshotIdentifier",
            "state": "Status",
            "engine": "Engine",
            "engine_version": "EngineVersion",
            "size_bytes": "FullSnapshotSizeInBytes",
            "capacity_bytes": Field("AllocatedStorage", times(GIB)),
            "encrypted": "Encrypted",
            "encryption_key": "KmsKeyId",
            "created_at": "SnapshotCreateTime",
        },
        tags="TagList",
        links=(
            # A snapshot outlives its database.
            Link("made_from", "aws.rds.instance", "DBInstanceIdentifier", optional=True),
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
        ),
    ),
    Kind(
        name="aws.rds.cluster_snapshot",
        category=Category.SNAPSHOT,
        fetch=Call(
            "rds",
            "DescribeDBClusterSnapshots",
            items="DBClusterSnapshots",
            params={"SnapshotType": "manual"},
            page=100,
            derive=_cluster_of_snapshot,
        ),
        id="DBClusterSnapshotArn",
        native="DBClusterSnapshotIdentifier",
        fields={
            "name": "DBClusterSnapshotIdentifier",
            "state": "Status",
            "engine": "Engine",
            "engine_version": "EngineVersion",
            "encrypted": "StorageEncrypted",
            "encryption_key": "KmsKeyId",
            "created_at": "SnapshotCreateTime",
        },
        tags="TagList",
        links=(
            Link("made_from", "", "$Cluster", optional=True),
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
        ),
    ),
    _guest_cluster(
        "aws.docdb.cluster",
        "docdb",
        "AWS/DocDB",
        {},
        (Link("password_in", "aws.secretsmanager.secret", "MasterUserSecret.SecretArn"),),
    ),
    _guest_instance("aws.docdb.instance", "docdb", "aws.docdb.cluster"),
    _guest_cluster(
        "aws.neptune.cluster",
        "neptune",
        "AWS/Neptune",
        {"platform_auth": "IAMDatabaseAuthenticationEnabled"},
        (),
    ),
    _guest_instance("aws.neptune.instance", "neptune", "aws.neptune.cluster"),
    Kind(
        name="aws.neptunegraph.graph",
        category=Category.DATABASE,
        fetch=Call(
            "neptune-graph",
            "ListGraphs",
            items="graphs",
            page=100,
            detail=(
                Call("neptune-graph", "GetGraph", params={"graphIdentifier": "{id}"}, gone=_NOT_FOUND),
                Call(
                    "neptune-graph",
                    "ListTagsForResource",
                    items="tags",
                    params={"resourceArn": "{arn}"},
                    gone=_NOT_FOUND,
                    into="$Tags",
                ),
            ),
        ),
        id="arn",
        native="id",
        fields={
            "name": "name",
            "state": "status",
            "version": "buildNumber",
            "compute_unit_count": "provisionedMemory",
            "desired_count": "replicaCount",
            "vector_dimension_count": "vectorSearchConfiguration.dimension",
            "endpoint": "endpoint",
            "public": "publicConnectivity",
            "encryption_key": "kmsKeyIdentifier",
            "deletion_protected": "deletionProtection",
            "created_at": "createTime",
        },
        tags="$Tags",
        links=(Link("encrypted_by", "aws.kms.key", "kmsKeyIdentifier"),),
        aliases=(Alias("dns", "endpoint"),),
    ),
    Kind(
        name="aws.dynamodb.table",
        category=Category.DATABASE,
        fetch=Call(
            "dynamodb",
            "ListTables",
            items="TableNames",
            item="TableName",
            page=100,
            detail=(
                Call("dynamodb", "DescribeTable", items="Table", params={"TableName": "{TableName}"}, gone=_NOT_FOUND),
                Call(
                    "dynamodb",
                    "DescribeTimeToLive",
                    items="TimeToLiveDescription",
                    params={"TableName": "{TableName}"},
                    gone=_NOT_FOUND,
                    into="$TimeToLive",
                ),
                Call(
                    "dynamodb",
                    "DescribeContinuousBackups",
                    items="ContinuousBackupsDescription.PointInTimeRecoveryDescription",
                    params={"TableName": "{TableName}"},
                    gone=("TableNotFoundException",),
                    into="$Recovery",
                ),
                Call(
                    "dynamodb",
                    "ListTagsOfResource",
                    items="Tags[]",
                    params={"ResourceArn": "{TableArn}"},
                    gone=_NOT_FOUND,
                    into="$Tags",
                ),
            ),
        ),
        id=Template("arn:{@partition}:dynamodb:{@place}:{@account}:table/{TableName}"),
        native="TableName",
        fields={
            "name": "TableName",
            "state": "TableStatus",
            "size_bytes": "TableSizeBytes",
            "object_count": "ItemCount",
            "billing_mode": Field("", _billing),
            "read_unit_count": "ProvisionedThroughput.ReadCapacityUnits",
            "write_unit_count": "ProvisionedThroughput.WriteCapacityUnits",
            "storage_class": "TableClassSummary.TableClass",
            "encryption": "SSEDescription.SSEType",
            "encryption_key": "SSEDescription.KMSMasterKeyArn",
            "change_stream": "StreamSpecification.StreamEnabled",
            "items_expire": Field("$TimeToLive.TimeToLiveStatus", lambda status: status == "ENABLED"),
            "point_in_time_recovery": Field("$Recovery.PointInTimeRecoveryStatus", lambda status: status == "ENABLED"),
            "backup_retention_days": "$Recovery.RecoveryPeriodInDays",
            "replica_regions": "Replicas[].RegionName",
            "vector_dimension_count": "VectorIndexes[0].Dimensions",
            "deletion_protected": "DeletionProtectionEnabled",
            "created_at": "CreationDateTime",
        },
        tags="$Tags",
        links=(
            Link("encrypted_by", "aws.kms.key", "SSEDescription.KMSMasterKeyArn"),
            Link("replicates_to", "aws.dynamodb.table", "Replicas[].ReplicaArn"),
        ),
        aliases=(Alias("arn", "LatestStreamArn"),),
    ),
    Kind(
        name="aws.dax.cluster",
        category=Category.CACHE,
        fetch=Call("dax", "DescribeClusters", items="Clusters", page=100),
        id="ClusterArn",
        native="ClusterName",
        fields={
            "name": "ClusterName",
            "description": "Description",
            "state": "Status",
            "instance_type": "NodeType",
            "node_count": "TotalNodes",
            "ready_count": "ActiveNodes",
            "endpoint": "ClusterDiscoveryEndpoint.Address",
            "port": "ClusterDiscoveryEndpoint.Port",
            "role": "IamRoleArn",
            "encrypted": Field("SSEDescription.Status", lambda status: status == "ENABLED"),
            "encrypted_in_transit": Field("ClusterEndpointEncryptionType", lambda kind: kind == "TLS"),
        },
        links=(
            Link("assumes", "aws.iam.role", "IamRoleArn"),
            Link("guarded_by", "aws.ec2.security_group", "SecurityGroups[].SecurityGroupIdentifier"),
            Link("notifies", "aws.sns.topic", "NotificationConfiguration.TopicArn"),
        ),
        aliases=(Alias("dns", "ClusterDiscoveryEndpoint.Address"), Alias("dns", "Nodes[].Endpoint.Address")),
    ),
)
