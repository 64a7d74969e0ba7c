"""Databases beyond the tables of data.py: PostgreSQL, MySQL, what lies in SQL and Cosmos DB accounts, MongoDB, Redis Enterprise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.metrics import Gauge
from collectors.azure.rows import ASSUMES, Get, Rows, resource
from collectors.azure.values import each, equals
from normalize.model import Alias, Category, Field, Kind, Link, Path
from normalize.units import GIB, MIB, instant, times

_STATE: Mapping[str, Path | Field] = {"state": "properties.provisioningState"}
_PUBLIC: Mapping[str, Path | Field] = {"public": Field("properties.publicNetworkAccess", equals("Enabled"))}
_COSMOS = "azure.cosmosdb.account"
_COSMOS_VERSION = "2024-11-15"
_REDIS = "azure.redisenterprise.cluster"
_OTHER_APIS = frozenset({"EnableCassandra", "EnableGremlin", "EnableMongo", "EnableTable"})


def _flexible(name: str, type_: str, dns_zone: str) -> Kind:
    """The row of flexible servers: those of PostgreSQL and MySQL have the same shape."""
    return resource(
        name,
        Category.DATABASE,
        Rows(type_, lookups=(Gauge(type_, ("storage_used",), "$Bytes"),)),
        {
            "engine_version": "properties.version",
            "state": "properties.state",
            "size_bytes": Field("$Bytes.storage_used", int),
            "capacity_bytes": Field("properties.storage.storageSizeGB", times(GIB)),
            "iops": "properties.storage.iops",
            "size_class": "sku.name",
            "zone": "properties.availabilityZone",
            "multi_zone": Field("properties.highAvailability.mode", equals("ZoneRedundant")),
            "backup_retention_days": "properties.backup.backupRetentionDays",
            "public": Field("properties.network.publicNetworkAccess", equals("Enabled")),
            "endpoint": "properties.fullyQualifiedDomainName",
        },
        links=(
            ASSUMES,
            Link("runs_in", "azure.network.subnet", "properties.network.delegatedSubnetResourceId"),
            Link("registers_in", "azure.network.private_dns_zone", f"properties.network.{dns_zone}"),
            Link("replica_of", name, "properties.sourceServerResourceId"),
            Link("encrypted_by", "azure.keyvault.vault", "properties.dataEncryption.primaryKeyURI"),
        ),
        aliases=(Alias("dns", "properties.fullyQualifiedDomainName"),),
        sensitive=frozenset({"properties.administratorLoginPassword"}),
        quiet=frozenset({"properties.fullyQualifiedDomainName"}),
    )


def _speaks_sql(account: Mapping[str, Any]) -> bool:
    """Whether an account of Cosmos DB has databases of its SQL API."""
    offered = {c.get("name") for c in (account.get("properties") or {}).get("capabilities") or ()}
    return str(account.get("kind")) == "GlobalDocumentDB" and not offered & _OTHER_APIS


def _speaks_mongo(account: Mapping[str, Any]) -> bool:
    return str(account.get("kind")) == "MongoDB"


def _vectors(policy: Any) -> int:
    return int(policy["vectorEmbeddings"][0]["dimensions"])


KINDS: tuple[Kind, ...] = (
    _flexible(
        "azure.postgresql.flexible_server",
        "Microsoft.DBforPostgreSQL/flexibleServers",
        "privateDnsZoneArmResourceId",
    ),
    _flexible("azure.mysql.flexible_server", "Microsoft.DBforMySQL/flexibleServers", "privateDnsZoneResourceId"),
    *(
        resource(
            f"azure.{engine}.database",
            Category.DATABASE,  # bytes are known of servers
            Get("{$parent.$id}/databases", version, under=f"azure.{engine}.flexible_server"),
            {},
            tags="",
        )
        for engine, version in (("postgresql", "2024-08-01"), ("mysql", "2023-12-30"))
    ),
    resource(
        "azure.sql.managed_instance",
        Category.DATABASE,
        Rows(
            "Microsoft.Sql/managedInstances",
            lookups=(Gauge("Microsoft.Sql/managedInstances", ("storage_space_used_mb",), "$Megabytes"),),
        ),
        {
            "state": "properties.state",
            "size_bytes": Field("$Megabytes.storage_space_used_mb", times(MIB)),
            "capacity_bytes": Field("properties.storageSizeInGB", times(GIB)),
            "vcpu_count": "properties.vCores",
            "size_class": "sku.name",
            "endpoint": "properties.fullyQualifiedDomainName",
            "public": "properties.publicDataEndpointEnabled",
            "multi_zone": "properties.zoneRedundant",
        },
        links=(ASSUMES, Link("runs_in", "azure.network.subnet", "properties.subnetId")),
        aliases=(Alias("dns", "properties.fullyQualifiedDomainName"),),
        sensitive=frozenset({"properties.administratorLoginPassword"}),
        quiet=frozenset({"properties.fullyQualifiedDomainName"}),
    ),
    resource(
        "azure.sql.managed_database",
        Category.DATABASE,
        Rows("Microsoft.Sql/managedInstances/databases"),
        {"state": "properties.status", "created_at": Field("properties.creationDate", instant)},
        links=(Link("part_of", "azure.sql.managed_instance", "$above"),),
        sensitive=frozenset({"properties.storageContainerSasToken"}),
    ),
    resource(
        "azure.sql.elastic_pool",
        Category.DATABASE,
        Rows(
            "Microsoft.Sql/servers/elasticPools",
            lookups=(Gauge("Microsoft.Sql/servers/elasticpools", ("storage_used",), "$Bytes"),),
        ),
        {
            "state": "properties.state",
            "size_class": "sku.name",
            "compute_unit_count": "sku.capacity",
            "size_bytes": Field("$Bytes.storage_used", int),
            "max_capacity_bytes": "properties.maxSizeBytes",
            "multi_zone": "properties.zoneRedundant",
            "created_at": Field("properties.creationDate", instant),
        },
        links=(Link("part_of", "azure.sql.server", "$above"),),
    ),
    resource(
        "azure.cosmosdb.sql_database",
        Category.DATABASE,  # bytes are known of accounts and containers
        Get("{$parent.$id}/sqlDatabases", _COSMOS_VERSION, under=_COSMOS, parents=_speaks_sql),
        {},
    ),
    resource(
        "azure.cosmosdb.sql_container",
        Category.DATA_TABLE,
        Get("{$parent.$id}/containers", _COSMOS_VERSION, under="azure.cosmosdb.sql_database"),
        {
            "keys": "properties.resource.partitionKey.paths",
            "items_expire": Field("properties.resource.defaultTtl", lambda seconds: seconds is not None),
            "vector_dimension_count": Field("properties.resource.vectorEmbeddingPolicy", _vectors),
            "distance_metric": "properties.resource.vectorEmbeddingPolicy.vectorEmbeddings[0].distanceFunction",
        },
    ),
    resource(
        "azure.cosmosdb.mongo_database",
        Category.DATABASE,
        Get("{$parent.$id}/mongodbDatabases", _COSMOS_VERSION, under=_COSMOS, parents=_speaks_mongo),
        {},
    ),
    resource(
        "azure.cosmosdb.mongo_cluster",
        Category.DATABASE,
        Rows("Microsoft.DocumentDB/mongoClusters"),
        {
            **_STATE,
            **_PUBLIC,
            "phase": "properties.clusterStatus",
            "engine_version": "properties.serverVersion",
            "capacity_bytes": Field("properties.storage.sizeGb", times(GIB)),
            "size_class": "properties.compute.tier",
            "shard_count": "properties.sharding.shardCount",
        },
        links=(Link("replica_of", "azure.cosmosdb.mongo_cluster", "properties.replica.sourceResourceId"),),
        sensitive=frozenset({"properties.administrator", "properties.connectionString"}),
    ),
    resource(
        _REDIS,
        Category.CACHE,
        Rows("Microsoft.Cache/redisEnterprise"),
        {
            **_STATE,
            **_PUBLIC,
            "engine_version": "properties.redisVersion",
            "size_class": "sku.name",
            "endpoint": "properties.hostName",
            "multi_zone": Field("zones", lambda zones: len(zones) > 1),
        },
        links=(
            ASSUMES,
            Link(
                "encrypted_by",
                "azure.keyvault.vault",
                "properties.encryption.customerManagedKeyEncryption.keyEncryptionKeyUrl",
            ),
        ),
        aliases=(Alias("dns", "properties.hostName"),),
        quiet=frozenset({"properties.hostName"}),
    ),
    resource(
        "azure.redisenterprise.database",
        Category.CACHE,
        Get("{$parent.$id}/databases", "2025-07-01", under=_REDIS),
        {
            **_STATE,
            "port": "properties.port",
            "protocol": "properties.clientProtocol",
            "features": Field("properties.modules", each("name")),
        },
        tags="",
        links=(
            Link("replicates_to", "azure.redisenterprise.database", "properties.geoReplication.linkedDatabases[].id"),
        ),
        sensitive=frozenset({"properties.modules[].args"}),
    ),
)
