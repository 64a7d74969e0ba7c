"""File systems and what keeps copies: NetApp Files, HPC Cache, File Sync; Recovery Services and Backup vaults with what they protect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.rows import ASSUMES, Get, Rows, resource
from collectors.azure.values import equals
from normalize.model import Category, Field, Kind, Link, Path
from normalize.units import GIB, instant, times

_STATE: Mapping[str, Path | Field] = {"state": "properties.provisioningState"}
_VAULT = "azure.recoveryservices.vault"
_BACKUP_VAULT = "azure.dataprotection.backup_vault"


def _cannot_change(state: Any) -> bool:
    return str(state).lower() in ("locked", "unlocked")


KINDS: tuple[Kind, ...] = (
    resource(
        "azure.netapp.account",
        Category.FILE_STORE,  # bytes are known of pools and volumes
        Rows("Microsoft.NetApp/netAppAccounts"),
        {**_STATE, "encryption": "properties.encryption.keySource"},
        links=(
            ASSUMES,
            Link("encrypted_by", "azure.keyvault.vault", "properties.encryption.keyVaultProperties.keyVaultUri"),
        ),
        sensitive=frozenset({"properties.activeDirectories"}),
    ),
    resource(
        "azure.netapp.pool",
        Category.FILE_STORE,
        Rows("Microsoft.NetApp/netAppAccounts/capacityPools"),
        {
            **_STATE,
            "storage_class": "properties.serviceLevel",
            "size_bytes": "properties.size",
            "throughput_mode": "properties.qosType",
            "throughput_mibps": Field("properties.totalThroughputMibps", int),
            "encryption": "properties.encryptionType",
        },
        links=(Link("part_of", "azure.netapp.account", "$above"),),
    ),
    resource(
        "azure.storagecache.cache",
        Category.FILE_STORE,
        Rows("Microsoft.StorageCache/caches"),
        {
            **_STATE,
            "phase": "properties.health.state",
            "size_class": "sku.name",
            "size_bytes": Field("properties.cacheSizeGB", times(GIB)),
            "addresses": "properties.mountAddresses",
        },
        links=(ASSUMES, Link("runs_in", "azure.network.subnet", "properties.subnet")),
        sensitive=frozenset({"properties.directoryServicesSettings"}),
        quiet=frozenset({"properties.mountAddresses"}),
    ),
    resource(
        "azure.storagesync.service",
        Category.DATA_TRANSFER,
        Rows("Microsoft.StorageSync/storageSyncServices"),
        {**_STATE, "mode": "properties.incomingTrafficPolicy"},
        links=(ASSUMES,),
    ),
    resource(
        _VAULT,
        Category.BACKUP,
        Rows("Microsoft.RecoveryServices/vaults"),
        {
            **_STATE,
            "size_class": "sku.name",
            "public": Field("properties.publicNetworkAccess", equals("Enabled")),
            "storage_class": "properties.redundancySettings.standardTierStorageRedundancy",
            "write_once": Field("properties.securitySettings.immutabilitySettings.state", _cannot_change),
        },
        links=(
            ASSUMES,
            Link("encrypted_by", "azure.keyvault.vault", "properties.encryption.keyVaultProperties.keyUri"),
        ),
    ),
    resource(
        "azure.recoveryservices.protected_item",
        Category.BACKUP,
        Get("{$parent.$id}/backupProtectedItems", "2024-04-01", under=_VAULT),
        {
            "description": "properties.friendlyName",
            "type": "properties.workloadType",
            "state": "properties.protectionState",
            "last_run_state": "properties.lastBackupStatus",
            "last_run_at": Field("properties.lastBackupTime", instant),
        },
        tags="",
        links=(Link("saves_in", _VAULT, "$parent.$id"), Link("protects", "", "properties.sourceResourceId")),
    ),
    resource(
        _BACKUP_VAULT,
        Category.BACKUP,
        Rows("Microsoft.DataProtection/backupVaults"),
        {
            **_STATE,
            "storage_class": "properties.storageSettings[0].type",
            "write_once": Field("properties.securitySettings.immutabilitySettings.state", _cannot_change),
            "replica_regions": "properties.replicatedRegions",
        },
        links=(ASSUMES,),
    ),
    resource(
        "azure.dataprotection.backup_instance",
        Category.BACKUP,
        Get("{$parent.$id}/backupInstances", "2024-04-01", under=_BACKUP_VAULT),
        {
            **_STATE,
            "description": "properties.friendlyName",
            "type": "properties.dataSourceInfo.datasourceType",
            "phase": "properties.currentProtectionState",
        },
        links=(
            Link("saves_in", _BACKUP_VAULT, "$parent.$id"),
            Link("protects", "", "properties.dataSourceInfo.resourceID"),
        ),
        sensitive=frozenset({"properties.datasourceAuthCredentials"}),
    ),
)
