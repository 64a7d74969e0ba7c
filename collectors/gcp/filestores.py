"""Shared file systems: Filestore, Managed Lustre, Parallelstore, NetApp Volumes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.metrics import METRICS, Gauges, Question
from collectors.gcp.rows import Asset, Get, Listing, row
from collectors.gcp.values import texts
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Link
from normalize.units import GIB, instant, integer, times

_FILESTORE_BYTES = Question(
    "file.googleapis.com/nfs/server/used_bytes",
    ("resource.label.location", "resource.label.instance_name"),
    ("$asset.location", "$asset.id"),
)
"""Source: a Filestore skill of Google's for agents, which asks for this metric by `instance_name`, read 2026-11-24. That `location` is
called so is not verified: were it called otherwise, bytes would stay unknown."""


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


def _of_targets(metric: str) -> Question:
    """Bytes of the targets that hold data, not of those that hold names. Source: Cloud Monitoring documentation, "Google Cloud
    metrics", lustre; "Monitored resource types", lustre.googleapis.com/Instance; read 2026-11-24."""
    return Question(
        f"lustre.googleapis.com/instance/{metric}",
        ("resource.label.location", "resource.label.instance_id"),
        ("$asset.location", "$asset.id"),
        also='metric.label.component = "ost"',
    )


_PARALLELSTORE_BYTES = Question(
    "parallelstore.googleapis.com/instance/used_capacity_bytes",
    ("resource.label.location", "resource.label.instance_id"),
    ("$asset.location", "$asset.id"),
)
"""Source: Cloud Monitoring documentation, "Google Cloud metrics", parallelstore, read 2026-11-24; of its labels `location` is not
verified."""


def _used(metrics: Any) -> Any:
    return round(metrics["Capacity"] - metrics["Free"]) if {"Capacity", "Free"} <= metrics.keys() else MISSING


def _of_lustre(instance: Mapping[str, Any]) -> Mapping[str, Any]:
    """The address of "10.0.0.2@tcp:/share"."""
    return {"$Address": instance["mountPoint"].partition("@")[0]}


def _lustre_throughput(instance: Mapping[str, Any]) -> Any:
    """MB/s of the whole: it is bought by the TiB. Source: lustre v1, Instance.per_unit_storage_throughput, read 2026-11-24."""
    each, size = instance.get("perUnitStorageThroughput"), instance.get("capacityGib")
    return int(each) * int(size) // 1024 if each and size else MISSING


def _of_netapp(volume: Mapping[str, Any]) -> Mapping[str, Any]:
    found = {option["ipAddress"] for option in volume.get("mountOptions") or () if option.get("ipAddress")}
    return {"$Servers": [f"nfs://{address}" for address in sorted(found)]}


def _in_vault(backup: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"$Vault": backup["$asset"]["name"].partition("/backups/")[0]}


_NETAPP = "//netapp.googleapis.com/projects/PROJECT_ID/locations/LOCATION"

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
            "deletion_protected": "deletionProtectionEnabled",
            "created_at": Field("createTime", instant),
        },
        key="kmsKeyName",
        links=(
            Link("runs_in", "gcp.compute.network", "networks[].network"),
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
            "created_at": Field("createTime", instant),
        },
        key="kmsKey",
        links=(Link("copy_of", "gcp.file.instance", "sourceInstance", optional=True),),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.FILE_STORE,
        Asset(
            ("lustre.googleapis.com/Instance",),
            "lustre.v1.Instance",
            "//lustre.googleapis.com/projects/PROJECT_ID/locations/LOCATION/instances/INSTANCE",
            derive=_of_lustre,
            lookups=(Gauges({"Capacity": _of_targets("capacity_bytes"), "Free": _of_targets("free_bytes")}),),
        ),
        {
            "description": "description",
            "state": "state",
            "failure_reason": "stateReason",
            "engine_version": "effectiveVersion",
            "size_bytes": Field(METRICS, _used),
            "capacity_bytes": Field("capacityGib", times(GIB)),
            "throughput_mb_per_second": Field("", _lustre_throughput),
            "mount_points": Field("mountPoint", lambda point: [point]),
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        key="kmsKey",
        links=(Link("runs_in", "gcp.compute.network", "network"),),
        aliases=(Alias("address", "$Address"),),
        quiet=frozenset({"name", "mountPoint", "$Address"}),
    ),
    row(
        Category.FILE_STORE,
        Listing(
            Get(
                "parallelstore.googleapis.com",
                "/v1/projects/{project}/locations/{location}/instances",
                "parallelstore.instances.list",
                items="instances[]",
                page=500,
            ),
            "parallelstore.googleapis.com/Instance",
            "parallelstore.v1.Instance",
            "//parallelstore.googleapis.com/{name}",
            lookups=(Gauges({"Bytes": _PARALLELSTORE_BYTES}),),
        ),
        {
            "description": "description",
            "state": "state",
            "deployment_type": "deploymentType",
            "engine_version": "daosVersion",
            "size_bytes": Field(f"{METRICS}.Bytes", round),
            "capacity_bytes": Field("capacityGib", times(GIB)),
            "addresses": "accessPoints",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        links=(Link("runs_in", "gcp.compute.network", "network"),),
        aliases=(Alias("address", "accessPoints[]"),),
        quiet=frozenset({"name", "accessPoints", "reservedIpRange", "effectiveReservedIpRange"}),
    ),
    row(
        Category.CAPACITY,
        Asset(("netapp.googleapis.com/StoragePool",), "netapp.v1.StoragePool", f"{_NETAPP}/storagePools/STORAGE_POOL"),
        {
            "description": "description",
            "state": "state",
            "failure_reason": "stateDetails",
            "size_class": "serviceLevel",
            "capacity_bytes": Field("capacityGib", times(GIB)),
            "used_bytes": Field("volumeCapacityGib", times(GIB)),
            "throughput_mibps": Field("totalThroughputMibps", integer),
            "iops": Field("totalIops", integer),
            "used_count": Field("volumeCount", integer),
            "zone": "zone",
            "created_at": Field("createTime", instant),
        },
        links=(
            Link("runs_in", "gcp.compute.network", "network"),
            Link("uses", "gcp.netapp.kms_config", "kmsConfig"),
        ),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.FILE_STORE,
        Asset(
            ("netapp.googleapis.com/Volume",),
            "netapp.v1.Volume",
            f"{_NETAPP}/volumes/VOLUME",
            derive=_of_netapp,
        ),
        {
            "description": "description",
            "state": "state",
            "failure_reason": "stateDetails",
            "size_class": "serviceLevel",
            "size_bytes": Field("usedGib", times(GIB)),
            "capacity_bytes": Field("capacityGib", times(GIB)),
            "protocol": Field("protocols", ", ".join),
            "security_style": "securityStyle",
            "mount_points": Field("mountOptions", texts("exportFull")),
            "addresses": Field("mountOptions", texts("ipAddress")),
            "throughput_mibps": Field("throughputMibps", int),
            "zone": "zone",
            "created_at": Field("createTime", instant),
        },
        links=(
            Link("part_of", "gcp.netapp.storage_pool", "storagePool", within="account"),
            Link("runs_in", "gcp.compute.network", "network"),
            Link("uses", "gcp.netapp.kms_config", "kmsConfig"),
            Link("stores_in", "gcp.netapp.backup_vault", "backupConfig.backupVault"),
        ),
        aliases=(Alias("address", "mountOptions[].ipAddress"), Alias("uri", "$Servers[]")),
        sensitive=frozenset({"cacheParameters.passphrase", "cacheParameters.command"}),
        quiet=frozenset({"name", "mountOptions", "$Servers"}),
    ),
    row(
        Category.SETTINGS,
        Asset(("netapp.googleapis.com/KmsConfig",), "netapp.v1.KmsConfig", f"{_NETAPP}/kmsConfigs/KMS_CONFIG"),
        {
            "description": "description",
            "state": "state",
            "service_account": "serviceAccount",
            "created_at": Field("createTime", instant),
        },
        key="cryptoKeyName",
        quiet=frozenset({"name", "instructions"}),
    ),
    row(
        Category.BACKUP,
        Asset(
            ("netapp.googleapis.com/Backup",),
            "netapp.v1.Backup",
            f"{_NETAPP}/backupVaults/BACKUP_VAULT/backups/BACKUP",
            derive=_in_vault,
        ),
        {
            "description": "description",
            "state": "state",
            "type": "backupType",
            "size_bytes": Field("chainStorageBytes", integer),
            "capacity_bytes": Field("volumeUsageBytes", integer),
            "created_at": Field("createTime", instant),
        },
        links=(
            Link("copy_of", "gcp.netapp.volume", "sourceVolume", optional=True),
            Link("stored_in", "gcp.netapp.backup_vault", "$Vault"),
        ),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.BACKUP,
        Asset(("netapp.googleapis.com/BackupVault",), "netapp.v1.BackupVault", f"{_NETAPP}/backupVaults/BACKUP_VAULT"),
        {
            "description": "description",
            "state": "state",
            "type": "backupVaultType",
            "region": "backupRegion",
            "created_at": Field("createTime", instant),
        },
        links=(
            Link("uses", "gcp.netapp.kms_config", "kmsConfig"),
            Link("replicates_to", "gcp.netapp.backup_vault", "destinationBackupVault"),
        ),
        quiet=frozenset({"name"}),
    ),
)
