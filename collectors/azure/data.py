"""Databases, streams, caches and data platforms."""

from __future__ import annotations

from collectors.azure.metrics import ANSWERED, Gauge, Requests
from collectors.azure.rows import ASSUMES, Rows, resource
from collectors.azure.values import each, equals
from normalize.model import Alias, Category, Field, Kind, Link
from normalize.units import TIB, instant, times

_STATE = {"state": "properties.provisioningState"}
_PUBLIC = {"public": Field("properties.publicNetworkAccess", equals("Enabled"))}

_COSMOS = "Microsoft.DocumentDB/DatabaseAccounts"
_COSMOS_SIZE = Gauge(_COSMOS, ("DataUsage", "DocumentCount"), "$Size", "Total", hours=2, interval="PT5M", over="Region")
"""Told every five minutes for each region's copy; a longer interval would add those up. Source: Azure Monitor documentation, "Supported
metrics", Microsoft.DocumentDB/DatabaseAccounts, read 2026-11-24."""

KINDS: tuple[Kind, ...] = (
    resource(
        "azure.sql.server",
        Category.DATABASE,
        Rows("Microsoft.Sql/servers"),
        {
            **_PUBLIC,
            "state": "properties.state",
            "engine_version": "properties.version",
            "endpoint": "properties.fullyQualifiedDomainName",
        },
        links=(ASSUMES,),
        aliases=(Alias("dns", "properties.fullyQualifiedDomainName"),),
        sensitive=frozenset({"properties.administratorLoginPassword"}),
        quiet=frozenset({"properties.fullyQualifiedDomainName"}),
    ),
    resource(
        "azure.sql.database",
        Category.DATABASE,
        Rows(
            "Microsoft.Sql/servers/databases",
            lookups=(Gauge("Microsoft.Sql/servers/databases", ("storage",), "$Bytes", "Maximum"),),
        ),
        {
            "size_bytes": Field("$Bytes.storage", int),
            "state": "properties.status",
            "size_class": "properties.currentServiceObjectiveName",
            "max_capacity_bytes": "properties.maxSizeBytes",
            "multi_zone": "properties.zoneRedundant",
            "created_at": Field("properties.creationDate", instant),
        },
        links=(
            Link("part_of", "azure.sql.server", "$above"),
            Link("copy_of", "azure.sql.database", "properties.sourceDatabaseId"),
        ),
    ),
    resource(
        "azure.cosmosdb.account",
        Category.DATABASE,
        Rows(
            "Microsoft.DocumentDB/databaseAccounts",
            lookups=(Requests(_COSMOS, "TotalRequests", "StatusCode", "Count"), _COSMOS_SIZE),
        ),
        {
            **ANSWERED,
            "size_bytes": Field("$Size.DataUsage", int),
            "object_count": Field("$Size.DocumentCount", int),
            **_STATE,
            **_PUBLIC,
            "type": "kind",
            "endpoint": "properties.documentEndpoint",
            "replica_regions": Field("properties.readLocations", each("locationName")),
            "multi_region": "properties.enableMultipleWriteLocations",
        },
        links=(ASSUMES,),
        aliases=(Alias("uri", "properties.documentEndpoint"),),
        quiet=frozenset(
            {
                "properties.documentEndpoint",
                "properties.writeLocations",
                "properties.readLocations",
                "properties.locations",
            }
        ),
    ),
    resource(
        "azure.redis.cache",
        Category.CACHE,
        Rows("Microsoft.Cache/redis"),
        {
            **_STATE,
            **_PUBLIC,
            "engine_version": "properties.redisVersion",
            "size_class": "properties.sku.name",
            "endpoint": "properties.hostName",
            "port": "properties.sslPort",
            "shard_count": "properties.shardCount",
        },
        links=(Link("runs_in", "azure.network.subnet", "properties.subnetId"),),
        aliases=(Alias("dns", "properties.hostName"),),
        sensitive=frozenset({"properties.accessKeys"}),
        quiet=frozenset({"properties.hostName"}),
    ),
    resource(
        "azure.eventhub.namespace",
        Category.STREAM,
        Rows("Microsoft.EventHub/namespaces"),
        {
            **_STATE,
            **_PUBLIC,
            "size_class": "sku.name",
            "compute_unit_count": "sku.capacity",
            "endpoint": "properties.serviceBusEndpoint",
            "multi_zone": "properties.zoneRedundant",
        },
        aliases=(Alias("uri", "properties.serviceBusEndpoint"),),
        quiet=frozenset({"properties.serviceBusEndpoint", "properties.metricId"}),
    ),
    resource(
        "azure.servicebus.namespace",
        Category.QUEUE,
        Rows("Microsoft.ServiceBus/namespaces"),
        {
            **_STATE,
            **_PUBLIC,
            "size_class": "sku.name",
            "endpoint": "properties.serviceBusEndpoint",
            "multi_zone": "properties.zoneRedundant",
        },
        aliases=(Alias("uri", "properties.serviceBusEndpoint"),),
        quiet=frozenset({"properties.serviceBusEndpoint", "properties.metricId"}),
    ),
    resource(
        "azure.databricks.workspace",
        Category.WORKSPACE,
        Rows("Microsoft.Databricks/workspaces"),
        {
            **_STATE,
            **_PUBLIC,
            "size_class": "sku.name",
            "endpoint": "properties.workspaceUrl",
            "created_at": Field("properties.createdDateTime", instant),
        },
        links=(Link("makes", "azure.resources.resource_group", "properties.managedResourceGroupId"),),
        aliases=(Alias("dns", "properties.workspaceUrl"),),
        quiet=frozenset({"properties.workspaceUrl"}),
    ),
    resource(
        "azure.datafactory.factory",
        Category.DATA_JOB,
        Rows("Microsoft.DataFactory/factories"),
        {**_STATE, **_PUBLIC, "created_at": Field("properties.createTime", instant)},
        links=(ASSUMES,),
    ),
    resource(
        "azure.search.service",
        Category.SEARCH_INDEX,
        Rows("Microsoft.Search/searchServices"),
        {
            **_STATE,
            **_PUBLIC,
            "size_class": "sku.name",
            "instance_count": "properties.replicaCount",
            "shard_count": "properties.partitionCount",
            "endpoint": "properties.endpoint",
        },
        aliases=(Alias("uri", "properties.endpoint"),),
        quiet=frozenset({"properties.endpoint"}),
    ),
    resource(
        "azure.appconfiguration.store",
        Category.SETTINGS,
        Rows("Microsoft.AppConfiguration/configurationStores"),
        {
            **_STATE,
            **_PUBLIC,
            "size_class": "sku.name",
            "endpoint": "properties.endpoint",
            "created_at": Field("properties.creationDate", instant),
        },
        links=(
            ASSUMES,
            Link("encrypted_by", "azure.keyvault.vault", "properties.encryption.keyVaultProperties.keyIdentifier"),
        ),
        aliases=(Alias("uri", "properties.endpoint"),),
        quiet=frozenset({"properties.endpoint"}),
    ),
    resource(
        "azure.storagecache.lustre",
        Category.FILE_STORE,
        Rows("Microsoft.StorageCache/amlFilesystems"),
        {
            **_STATE,
            "type": "sku.name",
            "size_bytes": Field("properties.storageCapacityTiB", times(TIB)),
            "throughput_mb_per_second": "properties.throughputProvisionedMBps",
            "zones": "zones",
        },
        links=(
            Link("runs_in", "azure.network.subnet", "properties.filesystemSubnet"),
            Link("reads_from", "azure.storage.container", "properties.hsm.settings.container"),
        ),
    ),
    resource(
        "azure.netapp.volume",
        Category.FILE_STORE,
        Rows("Microsoft.NetApp/netAppAccounts/capacityPools/volumes"),
        {
            **_STATE,
            "storage_class": "properties.serviceLevel",
            "size_bytes": "properties.usageThreshold",
            "throughput_mibps": Field("properties.throughputMibps", int),
            "addresses": Field("properties.mountTargets", each("ipAddress")),
            "security_style": "properties.securityStyle",
        },
        links=(
            Link("part_of", "azure.netapp.pool", "$above"),
            Link("runs_in", "azure.network.subnet", "properties.subnetId"),
        ),
        aliases=(Alias("address", "properties.mountTargets[].ipAddress"),),
    ),
)
