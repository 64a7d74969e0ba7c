"""Databases: Cloud SQL, AlloyDB, Spanner, Bigtable, Firestore."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from collectors.gcp.metrics import METRICS, Gauges, Question
from collectors.gcp.rows import Asset, row
from collectors.gcp.values import equals, last, present, texts
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Link, Path
from normalize.units import GIB, instant, integer, times

_VERSION = re.compile(r"(?P<engine>MYSQL|POSTGRES|SQLSERVER)_(?P<version>\w+)")


def _engine(version: Any) -> Any:
    """ "POSTGRES_16" -> "postgres"."""
    m = _VERSION.fullmatch(version)
    return m["engine"].lower() if m else MISSING


def _engine_version(version: Any) -> Any:
    """ "MYSQL_8_0_36" -> "8.0.36", "SQLSERVER_2019_STANDARD" -> "2019.STANDARD"."""
    m = _VERSION.fullmatch(version)
    return m["version"].replace("_", ".") if m else MISSING


def _most_bytes(limit: Any) -> Any:
    """The size up to which storage grows; 0 stands for no limit. Source: sqladmin v1, Settings.storageAutoResizeLimit."""
    return int(limit) * GIB if int(limit) else MISSING


def _of_sql(instance: Mapping[str, Any]) -> dict[str, Any]:
    """What Monitoring calls an instance, and the names of those that it follows and is followed by."""
    project = instance["$asset"]["project"]
    above = [instance["masterInstanceName"]] if instance.get("masterInstanceName") else []
    return {
        "$DatabaseId": f"{project}:{instance['name']}",
        "$Above": [_sql_name(project, name) for name in above],
        "$Below": [_sql_name(project, name) for name in instance.get("replicaNames") or ()],
    }


def _sql_name(project: str, name: str) -> str:
    """Full resource name of an instance that goes by "NAME" in its own project, or by "PROJECT:NAME"."""
    owner, _, own = name.rpartition(":")
    return f"//cloudsql.googleapis.com/projects/{owner or project}/instances/{own}"


_SQL_BYTES = Question(
    "cloudsql.googleapis.com/database/disk/bytes_used", ("resource.label.database_id",), ("$DatabaseId",)
)
"""Source: sqladmin v1, DatabaseInstance.currentDiskSize, which names this metric in its place, read 2026-11-24."""

_ALLOYDB_BYTES = Question(
    "alloydb.googleapis.com/cluster/storage/usage",
    ("resource.label.location", "resource.label.cluster_id"),
    ("$asset.location", "$asset.id"),
)
_SPANNER_BYTES = Question(
    "spanner.googleapis.com/instance/storage/used_bytes",
    ("resource.label.instance_id", "metric.label.database"),
    ("$Above.id", "$asset.id"),
)
_SPANNER_TOTAL = replace(_SPANNER_BYTES, labels=_SPANNER_BYTES.labels[:1], keys=("$asset.id",))
_BIGTABLE_BYTES = Question(
    "bigtable.googleapis.com/disk/bytes_used",
    ("resource.label.instance", "resource.label.cluster"),
    ("$Above.id", "$asset.id"),
)
_BIGTABLE_TABLE_BYTES = Question(
    "bigtable.googleapis.com/table/bytes_used",
    ("resource.label.instance", "resource.label.table"),
    ("$Above.id", "$asset.id"),
    reducer="REDUCE_MAX",
)
"""Each cluster of an instance holds a whole copy of a table: the largest is what the table has."""
_FIRESTORE_BYTES = Question(
    "firestore.googleapis.com/storage/data_and_index_storage_bytes",
    ("resource.label.database_id",),
    ("$asset.id",),
)
"""Source of these: Cloud Monitoring documentation, "Google Cloud metrics" and, of the labels of AlloyDB, Spanner and Firestore, "Monitored
resource types"; those of Bigtable were read of exporters' code, not in the documentation; read 2026-11-24. Under another name bytes
would stay unknown."""


def _above(item: Mapping[str, Any]) -> dict[str, Any]:
    """What a thing is part of, by its own name: {id, name}."""
    name = item["$asset"]["name"].rsplit("/", 2)[0]
    return {"$Above": {"id": name.rpartition("/")[2], "name": name}}


def _nodes(instance: Any) -> Any:
    """Nodes of a Spanner instance; a thousand processing units are one. Source: spanner v1, Instance.processingUnits."""
    units = instance.get("processingUnits")
    return int(units) // 1000 if units else instance.get("nodeCount", MISSING)


def _of_sql_backup(backup: Mapping[str, Any]) -> dict[str, Any]:
    return {"$Instance": _sql_name(backup["$asset"]["project"], backup["instance"])}


def cloud_sql(name: str) -> str:
    """Full resource name of what is connected to as "PROJECT:REGION:INSTANCE"; the project may hold a colon itself."""
    parts = name.rsplit(":", 2)
    return f"//cloudsql.googleapis.com/projects/{parts[0]}/instances/{parts[-1]}"


_SQL_BACKUP: Mapping[str, Path | Field] = {
    "description": "description",
    "type": "type",
    "region": "location",
    "engine": Field("databaseVersion", _engine),
    "engine_version": Field("databaseVersion", _engine_version),
    "size_bytes": Field("maxChargeableBytes", integer),
    "failure_reason": "error.message",
}
_SCALING = "clusterConfig.clusterAutoscalingConfig.autoscalingLimits"
_ALLOYDB = "//alloydb.googleapis.com/projects/PROJECT_ID/locations/LOCATION"
_SPANNER = "//spanner.googleapis.com/projects/PROJECT_ID/instances/INSTANCE"
_BIGTABLE = "//bigtable.googleapis.com/projects/PROJECT_ID/instances/INSTANCE"

KINDS = (
    row(
        Category.DATABASE,
        Asset(
            ("sqladmin.googleapis.com/Instance",),
            "sqladmin.v1.DatabaseInstance",
            "//cloudsql.googleapis.com/projects/PROJECT_ID/instances/INSTANCE",
            derive=_of_sql,
            lookups=(Gauges({"Bytes": _SQL_BYTES}),),
        ),
        {
            "name": "name",
            "state": "state",
            "type": "instanceType",
            "engine": Field("databaseVersion", _engine),
            "engine_version": Field("databaseVersion", _engine_version),
            "version": "databaseInstalledVersion",
            "instance_type": "settings.tier",
            "size_class": "settings.edition",
            "size_bytes": Field(f"{METRICS}.Bytes", round),
            "capacity_bytes": Field("settings.dataDiskSizeGb", times(GIB)),
            "max_capacity_bytes": Field("settings.storageAutoResizeLimit", _most_bytes),
            "storage_class": "settings.dataDiskType",
            "storage_autoscaling": "settings.storageAutoResize",
            "iops": Field("settings.dataDiskProvisionedIops", integer),
            "zone": "gceZone",
            "multi_zone": Field("settings.availabilityType", equals("REGIONAL")),
            "node_count": "nodeCount",
            "point_in_time_recovery": "settings.backupConfiguration.pointInTimeRecoveryEnabled",
            "retention_days": "settings.backupConfiguration.transactionLogRetentionDays",
            "deletion_protected": "settings.deletionProtectionEnabled",
            "public": "settings.ipConfiguration.ipv4Enabled",
            "admitted_ranges": Field("settings.ipConfiguration.authorizedNetworks", texts("value")),
            "tls_policy": "settings.ipConfiguration.sslMode",
            "addresses": Field("ipAddresses", texts("ipAddress")),
            "endpoint": "dnsName",
            "service_account": "serviceAccountEmailAddress",
            "created_at": Field("createTime", instant),
        },
        labels="settings.userLabels",
        key="diskEncryptionConfiguration.kmsKeyName",
        links=(
            Link("runs_in", "gcp.compute.network", "settings.ipConfiguration.privateNetwork"),
            Link("replica_of", "gcp.sqladmin.instance", "$Above[]"),
            Link("replicated_by", "gcp.sqladmin.instance", "$Below[]"),
        ),
        aliases=(Alias("address", "ipAddresses[].ipAddress"), Alias("dns", "dnsName")),
        sensitive=frozenset(
            {
                "rootPassword",
                "onPremisesConfiguration.password",
                "onPremisesConfiguration.clientKey",
                "replicaConfiguration.mysqlReplicaConfiguration.password",
                "replicaConfiguration.mysqlReplicaConfiguration.clientKey",
            }
        ),
        quiet=frozenset({"ipAddresses", "dnsName", "dnsNames", "connectionName", "serverCaCert", "$DatabaseId"}),
    ),
    row(
        Category.DATABASE,
        Asset(
            ("alloydb.googleapis.com/Cluster",),
            "alloydb.v1.Cluster",
            f"{_ALLOYDB}/clusters/CLUSTER",
            lookups=(Gauges({"Bytes": _ALLOYDB_BYTES}),),
        ),
        {
            "state": "state",
            "type": "clusterType",
            "engine_version": "databaseVersion",
            "size_bytes": Field(f"{METRICS}.Bytes", round),
            "point_in_time_recovery": "continuousBackupConfig.enabled",
            "retention_days": Field("continuousBackupConfig.recoveryWindowDays", integer),
            "tls_policy": "sslConfig.sslMode",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        key="encryptionConfig.kmsKeyName",
        links=(
            Link("runs_in", "gcp.compute.network", "networkConfig.network"),
            Link("replica_of", "gcp.alloydb.cluster", "secondaryConfig.primaryClusterName"),
            Link("replicated_by", "gcp.alloydb.cluster", "primaryConfig.secondaryClusterNames[]"),
            Link("made_from", "gcp.alloydb.backup", "backupSource.backupName", optional=True),
        ),
        sensitive=frozenset({"initialUser"}),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.WORKLOAD,
        Asset(
            ("alloydb.googleapis.com/Instance",),
            "alloydb.v1.Instance",
            f"{_ALLOYDB}/clusters/CLUSTER/instances/INSTANCE",
            derive=_above,
        ),
        {
            "state": "state",
            "type": "instanceType",
            "cluster": "$Above.id",
            "instance_type": "machineConfig.machineType",
            "vcpu_count": Field("machineConfig.cpuCount", integer),
            "node_count": Field("readPoolConfig.nodeCount", integer),
            "zone": "gceZone",
            "multi_zone": Field("availabilityType", equals("REGIONAL")),
            "private_address": "ipAddress",
            "public_address": "publicIpAddress",
            "created_at": Field("createTime", instant),
        },
        links=(Link("part_of", "gcp.alloydb.cluster", "$Above.name"),),
        aliases=(Alias("address", "ipAddress"), Alias("address", "publicIpAddress")),
        quiet=frozenset({"name", "ipAddress", "publicIpAddress", "nodes", "writableNode", "outboundPublicIpAddresses"}),
    ),
    row(
        Category.BACKUP,
        Asset(("alloydb.googleapis.com/Backup",), "alloydb.v1.Backup", f"{_ALLOYDB}/backups/BACKUP"),
        {
            "description": "description",
            "state": "state",
            "type": "type",
            "engine_version": "databaseVersion",
            "size_bytes": Field("sizeBytes", integer),
            "created_at": Field("createTime", instant),
            "expires_at": Field("expiryTime", instant),
        },
        key="encryptionConfig.kmsKeyName",
        links=(Link("copy_of", "gcp.alloydb.cluster", "clusterName", optional=True),),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.CLUSTER,
        Asset(
            ("spanner.googleapis.com/Instance",),
            "spanner.v1.Instance",
            _SPANNER,
            lookups=(Gauges({"Bytes": _SPANNER_TOTAL}),),
        ),
        {
            "name": "displayName",
            "state": "state",
            "type": "instanceType",
            "size_class": "edition",
            "region": Field("config", last),
            "node_count": Field("", _nodes),
            "compute_unit_count": Field("processingUnits", integer),
            "min_count": Field("autoscalingConfig.autoscalingLimits.minNodes", integer),
            "max_count": Field("autoscalingConfig.autoscalingLimits.maxNodes", integer),
            "size_bytes": Field(f"{METRICS}.Bytes", round),
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        quiet=frozenset({"name", "config"}),
    ),
    row(
        Category.DATABASE,
        Asset(
            ("spanner.googleapis.com/Database",),
            "spanner.v1.Database",
            f"{_SPANNER}/databases/DATABASE",
            derive=_above,
            lookups=(Gauges({"Bytes": _SPANNER_BYTES}),),
        ),
        {
            "state": "state",
            "engine": "databaseDialect",
            "size_bytes": Field(f"{METRICS}.Bytes", round),
            "cluster": "$Above.id",
            "region": "defaultLeader",
            "deletion_protected": "enableDropProtection",
            "created_at": Field("createTime", instant),
        },
        labels="",
        key="encryptionConfig.kmsKeyName",
        links=(
            Link("part_of", "gcp.spanner.instance", "$Above.name"),
            Link("made_from", "gcp.spanner.backup", "restoreInfo.backupInfo.backup", optional=True),
        ),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.BACKUP,
        Asset(("spanner.googleapis.com/Backup",), "spanner.v1.Backup", f"{_SPANNER}/backups/BACKUP"),
        {
            "state": "state",
            "size_bytes": Field("sizeBytes", integer),
            "created_at": Field("createTime", instant),
            "expires_at": Field("expireTime", instant),
        },
        labels="",
        links=(Link("copy_of", "gcp.spanner.database", "database", optional=True),),
        quiet=frozenset({"name", "referencingDatabases", "instancePartitions"}),
    ),
    row(
        Category.CLUSTER,
        Asset(("bigtableadmin.googleapis.com/Instance",), "bigtableadmin.v2.Instance", _BIGTABLE),
        {
            "name": "displayName",
            "state": "state",
            "type": "type",
            "size_class": "edition",
            "created_at": Field("createTime", instant),
        },
        quiet=frozenset({"name"}),
    ),
    row(
        Category.DATABASE,
        Asset(
            ("bigtableadmin.googleapis.com/Cluster",),
            "bigtableadmin.v2.Cluster",
            f"{_BIGTABLE}/clusters/CLUSTER",
            derive=_above,
            lookups=(Gauges({"Bytes": _BIGTABLE_BYTES}),),
        ),
        {
            "state": "state",
            "zone": Field("location", last),
            "node_count": Field("serveNodes", integer),
            "min_count": Field(f"{_SCALING}.minServeNodes", integer),
            "max_count": Field(f"{_SCALING}.maxServeNodes", integer),
            "storage_class": "defaultStorageType",
            "size_bytes": Field(f"{METRICS}.Bytes", round),
        },
        labels="",
        key="encryptionConfig.kmsKeyName",
        links=(Link("part_of", "gcp.bigtableadmin.instance", "$Above.name"),),
        quiet=frozenset({"name", "location"}),
    ),
    row(
        Category.DATA_TABLE,
        Asset(
            ("bigtableadmin.googleapis.com/Table",),
            "bigtableadmin.v2.Table",
            f"{_BIGTABLE}/tables/TABLE",
            derive=_above,
            lookups=(Gauges({"Bytes": _BIGTABLE_TABLE_BYTES}),),
        ),
        {
            "size_bytes": Field(f"{METRICS}.Bytes", round),
            "row_count": Field("stats.rowCount", integer),
            "features": Field("columnFamilies", sorted),
            "change_stream": Field("changeStreamConfig", present),
            "deletion_protected": "deletionProtection",
        },
        labels="",
        links=(Link("part_of", "gcp.bigtableadmin.instance", "$Above.name"),),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.DATABASE,
        Asset(
            ("firestore.googleapis.com/Database",),
            "firestore.v1.GoogleFirestoreAdminV1Database",
            "//firestore.googleapis.com/projects/PROJECT_ID/databases/DATABASE",
            lookups=(Gauges({"Bytes": _FIRESTORE_BYTES}),),
        ),
        {
            "type": "type",
            "size_class": "databaseEdition",
            "region": "locationId",
            "size_bytes": Field(f"{METRICS}.Bytes", round),
            "point_in_time_recovery": Field("pointInTimeRecoveryEnablement", equals("POINT_IN_TIME_RECOVERY_ENABLED")),
            "deletion_protected": Field("deleteProtectionState", equals("DELETE_PROTECTION_ENABLED")),
            "created_at": Field("createTime", instant),
        },
        labels="",
        key="cmekConfig.kmsKeyName",
        links=(Link("made_from", "gcp.firestore.backup", "sourceInfo.backup.backup", optional=True),),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.BACKUP,
        Asset(
            ("sqladmin.googleapis.com/BackupRun",),
            "sqladmin.v1.BackupRun",
            "//cloudsql.googleapis.com/projects/PROJECT_ID/instances/INSTANCE/backupRuns/BACKUP_RUN",
            derive=_above,
        ),
        {**_SQL_BACKUP, "state": "status", "created_at": Field("startTime", instant)},
        labels="",
        links=(
            Link("copy_of", "gcp.sqladmin.instance", "$Above.name", optional=True),
            Link("encrypted_by", "gcp.cloudkms.crypto_key", "diskEncryptionConfiguration.kmsKeyName"),
        ),
    ),
    row(
        Category.BACKUP,
        Asset(
            ("sqladmin.googleapis.com/Backup",),
            "sqladmin.v1.Backup",
            "//cloudsql.googleapis.com/projects/PROJECT_ID/backups/BACKUP",
            derive=_of_sql_backup,
        ),
        {
            **_SQL_BACKUP,
            "state": "state",
            "expires_at": Field("expiryTime", instant),
            "created_at": Field("backupInterval.startTime", instant),
        },
        labels="",
        key="kmsKey",
        links=(Link("copy_of", "gcp.sqladmin.instance", "$Instance", optional=True),),
        sensitive=frozenset({"instanceSettings.rootPassword"}),
        quiet=frozenset({"name", "instanceSettings", "backupRun"}),
    ),
    row(
        Category.BACKUP,
        Asset(
            ("bigtableadmin.googleapis.com/Backup",),
            "bigtableadmin.v2.Backup",
            f"{_BIGTABLE}/clusters/CLUSTER/backups/BACKUP",
        ),
        {
            "state": "state",
            "type": "backupType",
            "size_bytes": Field("sizeBytes", integer),
            "created_at": Field("startTime", instant),
            "expires_at": Field("expireTime", instant),
        },
        labels="",
        links=(Link("copy_of", "gcp.bigtableadmin.table", "sourceTable", optional=True),),
        quiet=frozenset({"name", "sourceBackup"}),
    ),
    row(
        Category.BACKUP,
        Asset(
            ("firestore.googleapis.com/Backup",),
            "firestore.v1.GoogleFirestoreAdminV1Backup",
            "//firestore.googleapis.com/projects/PROJECT_ID/locations/LOCATION/backups/BACKUP",
        ),
        {
            "state": "state",
            "size_bytes": Field("stats.sizeBytes", integer),
            "object_count": Field("stats.documentCount", integer),
            "created_at": Field("snapshotTime", instant),
            "expires_at": Field("expireTime", instant),
        },
        labels="",
        links=(Link("copy_of", "gcp.firestore.database", "database", optional=True),),
        quiet=frozenset({"name"}),
    ),
)
