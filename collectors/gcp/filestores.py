"""Shared file systems: Filestore."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.metrics import METRICS, Gauges, Question
from collectors.gcp.rows import Asset, row
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Link
from normalize.units import GIB, instant, integer, times

_FILESTORE_BYTES = Question(
    "file.googleapis.com/nfs/server/used_bytes",
    ("resource.label.location", "resource.label.instance_name"),
    ("$asset.location", "$asset.id"),
)
"""Source: Cloud Monitoring documentation, "Google Cloud metrics", file; "Monitored resource types", filestore_instance; read
2026-11-24."""


def _addresses(networks: Any) -> list[str]:
    return [address for network in networks for address in network.get("ipAddresses") or ()]


def _servers(instance: Mapping[str, Any]) -> Mapping[str, Any]:
    """What clients call it: "nfs://10.0.0.2"."""
    return {"$Servers": [f"nfs://{address}" for address in _addresses(instance.get("networks") or ())]}


def _total(shares: Any) -> Any:
    sizes = [share.get("capacityGb") for share in shares]
    return sum(map(int, sizes)) * GIB if sizes and None not in sizes else MISSING


def _mount_points(instance: Mapping[str, Any]) -> Any:
    """How clients mount its shares: "10.0.0.2:/share"."""
    shares = [share["name"] for share in instance.get("fileShares") or ()]
    found = [f"{address}:/{share}" for address in _addresses(instance.get("networks") or ()) for share in shares]
    return found or MISSING


KINDS = (
    row(
        Category.FILE_STORE,
        Asset(
            ("file.googleapis.com/Instance",),
            "file.v1.Instance",
            "//file.googleapis.com/projects/PROJECT_NUMBER/locations/LOCATION/instances/INSTANCE",
            derive=_servers,
            lookups=(Gauges({"Bytes": _FILESTORE_BYTES}),),
        ),
        {
            "description": "description",
            "state": "state",
            "type": "tier",
            "protocol": "protocol",
            "size_bytes": Field(f"{METRICS}.Bytes", round),
            "capacity_bytes": Field("fileShares", _total),
            "max_capacity_bytes": Field("maxCapacityGb", times(GIB)),
            "iops": Field("performanceLimits.maxIops", integer),
            "mount_points": Field("", _mount_points),
            "addresses": Field("networks", _addresses),
            "mode": "replication.role",
            "encryption_key": "kmsKeyName",
            "deletion_protected": "deletionProtectionEnabled",
            "created_at": Field("createTime", instant),
        },
        links=(
            Link("runs_in", "gcp.compute.network", "networks[].network"),
            Link("encrypted_by", "gcp.cloudkms.crypto_key", "kmsKeyName"),
            Link("made_from", "gcp.file.backup", "fileShares[].sourceBackup", optional=True),
            Link("replicates_to", "gcp.file.instance", "replication.replicas[].peerInstance"),
        ),
        aliases=(Alias("address", "networks[].ipAddresses[]"), Alias("uri", "$Servers[]")),
        quiet=frozenset({"name", "$Servers", "networks[].ipAddresses", "networks[].reservedIpRange"}),
    ),
    row(
        Category.BACKUP,
        Asset(
            ("file.googleapis.com/Backup",),
            "file.v1.Backup",
            "//file.googleapis.com/projects/PROJECT_NUMBER/locations/LOCATION/backups/BACKUP",
        ),
        {
            "description": "description",
            "state": "state",
            "size_bytes": Field("storageBytes", integer),
            "capacity_bytes": Field("capacityGb", times(GIB)),
            "protocol": "fileSystemProtocol",
            "encryption_key": "kmsKey",
            "created_at": Field("createTime", instant),
        },
        links=(
            Link("copy_of", "gcp.file.instance", "sourceInstance", optional=True),
            Link("encrypted_by", "gcp.cloudkms.crypto_key", "kmsKey"),
        ),
        quiet=frozenset({"name"}),
    ),
)
