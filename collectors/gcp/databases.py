"""Databases: Cloud SQL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from collectors.gcp.metrics import METRICS, Gauges, Question
from collectors.gcp.rows import Asset, row
from collectors.gcp.values import equals, texts
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Link
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
            "encryption_key": "diskEncryptionConfiguration.kmsKeyName",
            "created_at": Field("createTime", instant),
        },
        labels="settings.userLabels",
        links=(
            Link("encrypted_by", "gcp.cloudkms.crypto_key", "diskEncryptionConfiguration.kmsKeyName"),
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
)
