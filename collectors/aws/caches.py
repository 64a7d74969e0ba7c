"""ElastiCache and MemoryDB: caches and databases in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import texts
from collectors.aws.metrics import ItemMetrics
from collectors.aws.rows import Call
from normalize.mapping import MISSING, read
from normalize.model import Alias, Category, Field, Kind, Link
from normalize.units import times

_GB = 10**9
_USED = ("BytesUsedForCache", "BytesUsedForCacheItems")
"""Bytes in use: of Redis and Valkey, of Memcached. Both are told per cluster, by CacheClusterId alone; of a serverless cache the
first. Source: aws-cdk-lib 2.214.0, aws-elasticache/lib/elasticache-canned-metrics.generated, and ElastiCache User Guide,
"Serverless cache metrics"; read 2026-11-24. That a serverless cache's dimension is called clusterId is not verified."""


def _held_by_nodes(cluster: Any) -> Any:
    """Bytes over all nodes of a cluster, of which CloudWatch tells the average."""
    nodes = read(cluster, "NumCacheNodes")
    each = next((v for m in _USED if (v := read(cluster, f"$Metrics.{m}")) is not MISSING), MISSING)
    return int(each * nodes) if isinstance(each, int | float) and isinstance(nodes, int) else MISSING


def _addresses(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Addresses of a replication group: of the whole, and of primaries and readers of its shards."""
    found = [read(item, "ConfigurationEndpoint.Address")]
    for shard in item.get("NodeGroups") or ():
        found += [read(shard, "PrimaryEndpoint.Address"), read(shard, "ReaderEndpoint.Address")]
    hosts = list(dict.fromkeys(h for h in found if isinstance(h, str) and h))
    return {"$Hosts": hosts} if hosts else {}


def _machines(group: Any) -> Any:
    """Nodes of a replication group, each a cluster of its own."""
    return len(group["MemberClusters"])


def _replicated(word: Any) -> bool:
    return str(word).lower() == "enabled"


def _spread(mode: Any) -> bool:
    return str(mode).lower() == "multiaz"


def _memory_nodes(shards: Any) -> int:
    return sum(int(s["NumberOfNodes"]) for s in shards)


def _most(storage: Any) -> Any:
    """Bytes that a serverless cache may hold. Source: botocore 1.44.5, ElastiCache DataStorage, whose only unit is GB; read
    2026-11-24."""
    return int(storage["Maximum"]) * _GB if storage.get("Unit") == "GB" and "Maximum" in storage else MISSING


KINDS = (
    Kind(
        name="aws.elasticache.cluster",
        category=Category.CACHE,
        fetch=Call(
            "elasticache",
            "DescribeCacheClusters",
            items="CacheClusters",
            params={"ShowCacheNodeInfo": True},
            page=100,
            lookups=(ItemMetrics("AWS/ElastiCache", _USED, "CacheClusterId", "CacheClusterId"),),
        ),
        id="ARN",
        native="CacheClusterId",
        fields={
            "name": "CacheClusterId",
            "state": "CacheClusterStatus",
            "engine": "Engine",
            "engine_version": "EngineVersion",
            "instance_type": "CacheNodeType",
            "node_count": "NumCacheNodes",
            "size_bytes": Field("", _held_by_nodes),
            "zone": "PreferredAvailabilityZone",
            "encrypted": "AtRestEncryptionEnabled",
            "encrypted_in_transit": "TransitEncryptionEnabled",
            "backup_retention_days": "SnapshotRetentionLimit",
            "created_at": "CacheClusterCreateTime",
        },
        links=(
            Link("member_of", "aws.elasticache.replication_group", "ReplicationGroupId"),
            Link("runs_in", "aws.elasticache.subnet_group", "CacheSubnetGroupName"),
            Link("guarded_by", "aws.ec2.security_group", "SecurityGroups[].SecurityGroupId"),
            Link("notifies", "aws.sns.topic", "NotificationConfiguration.TopicArn"),
        ),
        aliases=(
            Alias("dns", "ConfigurationEndpoint.Address"),
            Alias("dns", "CacheNodes[].Endpoint.Address"),
        ),
    ),
    Kind(
        name="aws.elasticache.replication_group",
        category=Category.CACHE,
        fetch=Call("elasticache", "DescribeReplicationGroups", items="ReplicationGroups", page=100, derive=_addresses),
        id="ARN",
        native="ReplicationGroupId",
        fields={
            "name": "ReplicationGroupId",
            "description": "Description",
            "state": "Status",
            "engine": "Engine",
            "instance_type": "CacheNodeType",
            "node_count": Field("", _machines),
            "shard_count": Field("NodeGroups", len),
            "multi_zone": Field("MultiAZ", _replicated),
            "endpoint": "$Hosts[0]",
            "hosts": "$Hosts",
            "encrypted": "AtRestEncryptionEnabled",
            "encryption_key": "KmsKeyId",
            "encrypted_in_transit": "TransitEncryptionEnabled",
            "backup_retention_days": "SnapshotRetentionLimit",
            "created_at": "ReplicationGroupCreateTime",
        },
        links=(
            Link("holds", "aws.elasticache.cluster", "MemberClusters[]"),
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
            Link(
                "logs_to",
                "aws.logs.log_group",
                "LogDeliveryConfigurations[].DestinationDetails.CloudWatchLogsDetails.LogGroup",
            ),
            Link(
                "logs_to",
                "aws.firehose.delivery_stream",
                "LogDeliveryConfigurations[].DestinationDetails.KinesisFirehoseDetails.DeliveryStream",
            ),
        ),
        aliases=(Alias("dns", "$Hosts[]"),),
    ),
    Kind(
        name="aws.elasticache.serverless_cache",
        category=Category.CACHE,
        fetch=Call(
            "elasticache",
            "DescribeServerlessCaches",
            items="ServerlessCaches",
            page=50,
            lookups=(ItemMetrics("AWS/ElastiCache", ("BytesUsedForCache",), "clusterId", "ServerlessCacheName"),),
        ),
        id="ARN",
        native="ServerlessCacheName",
        fields={
            "name": "ServerlessCacheName",
            "description": "Description",
            "state": "Status",
            "engine": "Engine",
            "engine_version": "FullEngineVersion",
            "size_bytes": Field("$Metrics.BytesUsedForCache", times(1)),
            "capacity_bytes": Field("CacheUsageLimits.DataStorage", _most),
            "compute_unit_count": "CacheUsageLimits.ECPUPerSecond.Maximum",
            "endpoint": "Endpoint.Address",
            "port": "Endpoint.Port",
            "subnets": "SubnetIds",
            "encryption_key": "KmsKeyId",
            "backup_retention_days": "SnapshotRetentionLimit",
            "created_at": "CreateTime",
        },
        links=(
            Link("runs_in", "aws.ec2.subnet", "SubnetIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "SecurityGroupIds[]"),
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
        ),
        aliases=(Alias("dns", "Endpoint.Address"), Alias("dns", "ReaderEndpoint.Address")),
    ),
    Kind(
        name="aws.elasticache.subnet_group",
        category=Category.SETTINGS,
        fetch=Call("elasticache", "DescribeCacheSubnetGroups", items="CacheSubnetGroups", page=100),
        id="ARN",
        native="CacheSubnetGroupName",
        fields={
            "name": "CacheSubnetGroupName",
            "description": "CacheSubnetGroupDescription",
            "subnets": Field("Subnets", texts("SubnetIdentifier")),
        },
        links=(
            Link("part_of", "aws.ec2.vpc", "VpcId"),
            Link("holds", "aws.ec2.subnet", "Subnets[].SubnetIdentifier"),
        ),
    ),
    Kind(
        name="aws.memorydb.cluster",
        category=Category.DATABASE,
        fetch=Call("memorydb", "DescribeClusters", items="Clusters", params={"ShowShardDetails": True}, page=50),
        id="ARN",
        native="Name",
        fields={
            "name": "Name",
            "description": "Description",
            "state": "Status",
            "engine": "Engine",
            "engine_version": "EngineVersion",
            "instance_type": "NodeType",
            "node_count": Field("Shards", _memory_nodes),
            "shard_count": "NumberOfShards",
            "multi_zone": Field("AvailabilityMode", _spread),
            "endpoint": "ClusterEndpoint.Address",
            "port": "ClusterEndpoint.Port",
            "encryption_key": "KmsKeyId",
            "encrypted_in_transit": "TLSEnabled",
            "backup_retention_days": "SnapshotRetentionLimit",
        },
        links=(
            Link("runs_in", "aws.memorydb.subnet_group", "SubnetGroupName"),
            Link("guarded_by", "aws.ec2.security_group", "SecurityGroups[].SecurityGroupId"),
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
            Link("notifies", "aws.sns.topic", "SnsTopicArn"),
        ),
        aliases=(Alias("dns", "ClusterEndpoint.Address"), Alias("dns", "Shards[].Nodes[].Endpoint.Address")),
    ),
    Kind(
        name="aws.memorydb.subnet_group",
        category=Category.SETTINGS,
        fetch=Call("memorydb", "DescribeSubnetGroups", items="SubnetGroups", page=50),
        id="ARN",
        native="Name",
        fields={
            "name": "Name",
            "description": "Description",
            "subnets": Field("Subnets", texts("Identifier")),
        },
        links=(
            Link("part_of", "aws.ec2.vpc", "VpcId"),
            Link("holds", "aws.ec2.subnet", "Subnets[].Identifier"),
        ),
    ),
)
