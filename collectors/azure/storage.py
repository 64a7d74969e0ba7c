"""Storage accounts and the containers in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.metrics import REQUESTS, Gauge, Requests
from collectors.azure.rows import Get, Rows, resource
from collectors.azure.values import shaped
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import GIB, instant, times

_BLOBS = frozenset({"storagev2", "storage", "blobstorage", "blockblobstorage"})
_FILES = frozenset({"storagev2", "storage", "filestorage"})
VERSION = "2023-05-01"


def _has_blobs(account: Mapping[str, Any]) -> bool:
    return str(account.get("kind")).lower() in _BLOBS


_rules = shaped(
    name="name",
    enabled="enabled",
    prefixes="definition.filters.prefixMatch",
    kinds="definition.filters.blobTypes",
    actions="definition.actions",
)

KINDS: tuple[Kind, ...] = (
    resource(
        "azure.storage.account",
        Category.BUCKET,
        Rows(
            "Microsoft.Storage/storageAccounts",
            lookups=(
                Gauge("Microsoft.Storage/storageAccounts", ("UsedCapacity",), "$Bytes"),
                Requests("Microsoft.Storage/storageAccounts", "Transactions"),
            ),
        ),
        {
            **REQUESTS,
            "size_bytes": Field("$Bytes.UsedCapacity", int),
            "state": "properties.provisioningState",
            "type": "kind",
            "storage_class": "properties.accessTier",
            "encryption": "properties.encryption.keySource",
            "encryption_key": "properties.encryption.keyvaultproperties.keyvaulturi",
            "public": "properties.allowBlobPublicAccess",
            "endpoint": "properties.primaryEndpoints.blob",
            "created_at": Field("properties.creationTime", instant),
        },
        links=(Link("encrypted_by", "azure.keyvault.vault", "properties.encryption.keyvaultproperties.keyvaulturi"),),
        aliases=(
            Alias("uri", "properties.primaryEndpoints.blob"),
            Alias("uri", "properties.primaryEndpoints.dfs"),
            Alias("uri", "properties.primaryEndpoints.file"),
            Alias("uri", "properties.primaryEndpoints.queue"),
            Alias("uri", "properties.primaryEndpoints.table"),
        ),
        quiet=frozenset({"properties.primaryEndpoints", "properties.secondaryEndpoints"}),
    ),
    resource(
        "azure.storage.container",
        Category.DATASET,  # bytes are known of accounts alone: the account is the bucket
        Get(
            "{$parent.$id}/blobServices/default/containers",
            VERSION,
            under="azure.storage.account",
            parents=_has_blobs,
        ),
        {
            "public": Field("properties.publicAccess", lambda access: access != "None"),
            "write_once": "properties.hasImmutabilityPolicy",
            "modified_at": Field("properties.lastModifiedTime", instant),
        },
        tags="properties.metadata",
        aliases=(Alias("uri", Template("abfss://{name}@{$parent.name}.dfs.core.windows.net")),),
    ),
    resource(
        "azure.storage.lifecycle_policy",
        Category.SETTINGS,
        Get(
            "{$parent.$id}/managementPolicies/default",
            VERSION,
            items="",
            under="azure.storage.account",
            parents=_has_blobs,
            expect=("ManagementPolicyNotFound",),
        ),
        {
            "rules": Field("properties.policy.rules", _rules),
            "rule_count": Field("properties.policy.rules", len),
            "modified_at": Field("properties.lastModifiedTime", instant),
        },
        tags="",
        links=(Link("governs", "azure.storage.account", "$parent.$id"),),
    ),
    resource(
        "azure.storage.file_share",
        Category.FILE_STORE,
        Get(
            "{$parent.$id}/fileServices/default/shares",
            VERSION,
            under="azure.storage.account",
            parents=lambda account: str(account.get("kind")).lower() in _FILES,
        ),
        {
            "protocol": "properties.enabledProtocols",
            "storage_class": "properties.accessTier",
            "capacity_bytes": Field("properties.shareQuota", times(GIB)),
            "iops": "properties.provisionedIops",
            "throughput_mibps": "properties.provisionedBandwidthMibps",
            "modified_at": Field("properties.lastModifiedTime", instant),
        },
        tags="properties.metadata",
    ),
)
