"""Caches: Memorystore for Redis."""

from __future__ import annotations

from collectors.gcp.rows import Asset, row
from collectors.gcp.values import equals
from normalize.model import Alias, Category, Field, Link
from normalize.units import GIB, instant, integer, times

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
            "encryption_key": "customerManagedKey",
            "encrypted_in_transit": Field("transitEncryptionMode", equals("SERVER_AUTHENTICATION")),
            "created_at": Field("createTime", instant),
        },
        links=(
            Link("runs_in", "gcp.compute.network", "authorizedNetwork"),
            Link("encrypted_by", "gcp.cloudkms.crypto_key", "customerManagedKey"),
        ),
        aliases=(Alias("address", "host"), Alias("address", "readEndpoint")),
        quiet=frozenset({"name", "host", "readEndpoint", "reservedIpRange", "serverCaCerts"}),
    ),
)
