"""Caches: Memorystore for Redis, Redis Cluster, Memcached and Valkey."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.rows import Asset, row
from collectors.gcp.values import equals, texts
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Link
from normalize.units import GIB, MIB, instant, integer, times


def _nodes(cache: Any) -> Any:
    """Nodes of all shards: each has a primary and its replicas."""
    shards = cache.get("shardCount")
    return int(shards) * (1 + int(cache.get("replicaCount") or 0)) if shards else MISSING


def _gibibytes(size: Any) -> int:
    return int(float(size) * GIB)


def _is_encrypted(mode: Any) -> bool:
    return str(mode).endswith("SERVER_AUTHENTICATION")


def _of_valkey(instance: Mapping[str, Any]) -> Mapping[str, Any]:
    """Addresses by which clients reach an instance, however its connections were made."""
    connections = [c for endpoint in instance.get("endpoints") or () for c in endpoint.get("connections") or ()]
    made = [c.get("pscAutoConnection") or c.get("pscConnection") or {} for c in connections]
    return {"$Addresses": [m["ipAddress"] for m in made if m.get("ipAddress")]}


KINDS = (
    row(
        Category.CACHE,
        Asset(
            ("redis.googleapis.com/Instance",),
            "redis.v1.Instance",
            "//redis.googleapis.com/projects/PROJECT_ID/locations/LOCATION/instances/INSTANCE",
        ),
        {
            "state": "state",
            "type": "tier",
            "engine_version": "redisVersion",
            "capacity_bytes": Field("memorySizeGb", times(GIB)),
            "endpoint": "host",
            "port": Field("port", integer),
            "zone": "currentLocationId",
            "multi_zone": Field("tier", equals("STANDARD_HA")),
            "node_count": Field("nodes", len),
            "encrypted_in_transit": Field("transitEncryptionMode", equals("SERVER_AUTHENTICATION")),
            "created_at": Field("createTime", instant),
        },
        key="customerManagedKey",
        links=(Link("runs_in", "gcp.compute.network", "authorizedNetwork"),),
        aliases=(Alias("address", "host"), Alias("address", "readEndpoint")),
        quiet=frozenset({"name", "host", "readEndpoint", "reservedIpRange", "serverCaCerts"}),
    ),
    row(
        Category.CACHE,
        Asset(
            ("redis.googleapis.com/Cluster",),
            "redis.v1.Cluster",
            "//redis.googleapis.com/projects/PROJECT_ID/locations/LOCATION/clusters/CLUSTER",
        ),
        {
            "state": "state",
            "instance_type": "nodeType",
            "shard_count": Field("shardCount", integer),
            "node_count": Field("", _nodes),
            "capacity_bytes": Field("preciseSizeGb", _gibibytes),
            "endpoint": "discoveryEndpoints[0].address",
            "port": Field("discoveryEndpoints[0].port", integer),
            "multi_zone": Field("zoneDistributionConfig.mode", equals("MULTI_ZONE")),
            "auth_mode": "authorizationMode",
            "encrypted_in_transit": Field("transitEncryptionMode", _is_encrypted),
            "deletion_protected": "deletionProtectionEnabled",
            "created_at": Field("createTime", instant),
        },
        key="kmsKey",
        links=(Link("runs_in", "gcp.compute.network", "pscConfigs[].network"),),
        aliases=(Alias("address", "discoveryEndpoints[].address"), Alias("address", "pscConnections[].address")),
        quiet=frozenset({"name", "discoveryEndpoints", "pscConnections", "pscServiceAttachments", "clusterEndpoints"}),
    ),
    row(
        Category.CACHE,
        Asset(
            ("memcache.googleapis.com/Instance",),
            "memcache.v1.Instance",
            "//memcache.googleapis.com/projects/PROJECT_NUMBER/locations/LOCATION/instances/INSTANCE",
        ),
        {
            "state": "state",
            "engine_version": "memcacheFullVersion",
            "node_count": Field("nodeCount", integer),
            "vcpu_count": Field("nodeConfig.cpuCount", integer),
            "memory_bytes": Field("nodeConfig.memorySizeMb", times(MIB)),
            "zones": "zones",
            "endpoint": "discoveryEndpoint",
            "hosts": Field("memcacheNodes", texts("host")),
            "problems": Field("instanceMessages", texts("message")),
            "created_at": Field("createTime", instant),
        },
        links=(Link("runs_in", "gcp.compute.network", "authorizedNetwork"),),
        aliases=(Alias("address", "memcacheNodes[].host"),),
        quiet=frozenset({"name", "discoveryEndpoint", "memcacheNodes"}),
    ),
    row(
        Category.CACHE,
        Asset(
            ("memorystore.googleapis.com/Instance",),
            "memorystore.v1.Instance",
            "//memorystore.googleapis.com/projects/PROJECT_ID/locations/LOCATION/instances/INSTANCE",
            derive=_of_valkey,
        ),
        {
            "state": "state",
            "mode": "mode",
            "engine_version": "engineVersion",
            "instance_type": "nodeType",
            "shard_count": Field("shardCount", integer),
            "node_count": Field("", _nodes),
            "memory_bytes": Field("nodeConfig.sizeGb", _gibibytes),
            "addresses": "$Addresses",
            "auth_mode": "authorizationMode",
            "encrypted_in_transit": Field("transitEncryptionMode", _is_encrypted),
            "deletion_protected": "deletionProtectionEnabled",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        key="kmsKey",
        links=(Link("runs_in", "gcp.compute.network", "endpoints[].connections[].pscAutoConnection.network"),),
        aliases=(Alias("address", "$Addresses[]"),),
        quiet=frozenset({"name", "$Addresses", "discoveryEndpoints", "endpoints", "pscAttachmentDetails"}),
    ),
)
