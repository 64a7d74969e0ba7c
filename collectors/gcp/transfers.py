"""Copies of data: Backup and DR, Storage Transfer Service, Datastream, Database Migration Service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.rows import Asset, row
from collectors.gcp.values import holders, seconds, texts
from normalize.mapping import MISSING, read
from normalize.model import Category, Field, Link, Template
from normalize.units import instant, integer

_BACKUPDR = "//backupdr.googleapis.com/projects/PROJECT_ID/locations/LOCATION"
_DATASTREAM = "//datastream.googleapis.com/projects/PROJECT_ID/locations/LOCATION"
_DAY = 86400


def _days(duration: Any) -> int:
    return seconds(duration) // _DAY


def _rules(rules: Any) -> list[dict[str, Any]]:
    """When copies are made, and how long they are kept."""
    found = []
    for rule in rules:
        told = {"name": rule.get("ruleId"), "days": rule.get("backupRetentionDays")}
        told["recurrence"] = read(rule, "standardSchedule.recurrenceType")
        found.append({key: value for key, value in told.items() if value not in (None, MISSING)})
    return found


def _of_transfer(job: Mapping[str, Any]) -> dict[str, Any]:
    """What a transfer reads and writes; and of that what is an address."""
    spec = {**(job.get("transferSpec") or {}), **(job.get("replicationSpec") or {})}
    ends = {end: _ends(spec, end) for end in ("Source", "Sink")}
    return {"$Ends": ends, **{f"${end}s": [uri for uri in found if "://" in uri] for end, found in ends.items()}}


def _ends(spec: Mapping[str, Any], end: str) -> list[str]:
    """gs://, s3:// and Azure addresses, and folders as they are."""
    found: list[str] = []
    if gcs := spec.get(f"gcsData{end}"):
        found.append(f"gs://{gcs['bucketName']}/{gcs.get('path', '')}".rstrip("/"))
    if s3 := spec.get(f"awsS3Data{end}"):
        found.append(f"s3://{s3['bucketName']}/{s3.get('path', '')}".rstrip("/"))
    if blob := spec.get(f"azureBlobStorageData{end}"):
        found.append(f"https://{blob['storageAccount']}.blob.core.windows.net/{blob['container']}")
    for kind, key in (("posixData", "rootDirectory"), ("hdfsData", "path"), ("httpData", "listUrl")):
        if told := spec.get(f"{kind}{end}"):
            found.append(str(told.get(key, "")))
    return [uri for uri in found if uri]


def _uris(ends: Any) -> Any:
    return ends or MISSING


def _of_association(association: Mapping[str, Any]) -> dict[str, Any]:
    """The full name of what is protected; its type says the service."""
    resource = association["resource"]
    service = association["resourceType"].partition("/")[0]
    return {"$Protected": f"//{service}/{resource}" if resource.startswith("projects/") else resource}


def _of_profile(profile: Mapping[str, Any]) -> dict[str, Any]:
    """The secret that holds its password."""
    sorts = [v for k, v in profile.items() if k.endswith("Profile") and isinstance(v, dict)]
    return {
        "$FilledFrom": holders(v["secretManagerStoredPassword"] for v in sorts if v.get("secretManagerStoredPassword"))
    }


def _profile(profile: Any) -> Any:
    """Which sort of store a connection leads to: "mysql"."""
    return next(
        (k.removesuffix("Profile") for k, v in profile.items() if k.endswith("Profile") and v is not None), MISSING
    )


def _host(profile: Any) -> Any:
    found = (v.get("hostname") for k, v in profile.items() if k.endswith("Profile") and isinstance(v, dict))
    return next((host for host in found if host), MISSING)


_SECRETS = (
    "password",
    "username",
    "sslConfig",
    "oracleSslConfig",
    "oracleAsmConfig",
    "oauthClientCredentials",
    "oauth2ClientCredentials",
    "userCredentials",
    "userPasswordCredentials",
    "oauthRefreshTokenCredentials",
    "connectionAttributes",
    "additionalOptions",
    "privateKey",
)

KINDS = (
    row(
        Category.BACKUP,
        Asset(
            ("backupdr.googleapis.com/BackupVault",),
            "backupdr.v1.BackupVault",
            f"{_BACKUPDR}/backupVaults/BACKUP_VAULT",
        ),
        {
            "description": "description",
            "state": "state",
            "size_bytes": Field("totalStoredBytes", integer),
            "object_count": Field("backupCount", integer),
            "backup_retention_days": Field("backupMinimumEnforcedRetentionDuration", _days),
            "access_scope": "accessRestriction",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        key="encryptionConfig.kmsKeyName",
        quiet=frozenset({"name"}),
    ),
    row(
        Category.BACKUP,
        Asset(
            ("backupdr.googleapis.com/BackupPlan",), "backupdr.v1.BackupPlan", f"{_BACKUPDR}/backupPlans/BACKUP_PLAN"
        ),
        {
            "description": "description",
            "state": "state",
            "type": "resourceType",
            "rules": Field("backupRules", _rules),
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        links=(Link("stores_in", "gcp.backupdr.backup_vault", "backupVault"),),
        quiet=frozenset({"name", "revisionName"}),
    ),
    row(
        Category.BACKUP,
        Asset(
            ("backupdr.googleapis.com/BackupPlanAssociation",),
            "backupdr.v1.BackupPlanAssociation",
            f"{_BACKUPDR}/backupPlanAssociations/BACKUP_PLAN_ASSOCIATION",
            derive=_of_association,
        ),
        {
            "state": "state",
            "type": "resourceType",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        labels="",
        links=(
            Link("governed_by", "gcp.backupdr.backup_plan", "backupPlan"),
            Link("protects", "", "$Protected", optional=True),
        ),
        quiet=frozenset({"name", "resource", "dataSource", "backupPlanRevisionName"}),
    ),
    row(
        Category.DATA_TRANSFER,
        Asset(
            ("storagetransfer.googleapis.com/TransferJob",),
            "storagetransfer.v1.TransferJob",
            "//storagetransfer.googleapis.com/projects/PROJECT_ID/transferJobs/TRANSFER_JOB",
            derive=_of_transfer,
        ),
        {
            "description": "description",
            "state": "status",
            "input_uris": Field("$Ends.Source", _uris),
            "output_uris": Field("$Ends.Sink", _uris),
            "schedule": "schedule.repeatInterval",
            "service_account": "serviceAccount",
            "created_at": Field("creationTime", instant),
            "modified_at": Field("lastModificationTime", instant),
        },
        labels="",
        links=(
            Link("reads_from", "", "$Sources[]"),
            Link("writes_to", "", "$Sinks[]"),
            Link("assumes", "gcp.iam.service_account", "serviceAccount"),
            Link("notifies", "gcp.pubsub.topic", "notificationConfig.pubsubTopic"),
        ),
        sensitive=frozenset(
            {
                "transferSpec.awsS3DataSource.awsAccessKey",
                "transferSpec.azureBlobStorageDataSource.azureCredentials",
            }
        ),
        quiet=frozenset({"name", "latestOperationName", "transferSpec", "replicationSpec", "$Ends"}),
    ),
    row(
        Category.DATA_TRANSFER,
        Asset(("datastream.googleapis.com/Stream",), "datastream.v1.Stream", f"{_DATASTREAM}/streams/STREAM"),
        {
            "name": "displayName",
            "state": "state",
            "problems": Field("errors", texts("message")),
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        key="customerManagedEncryptionKey",
        links=(
            Link("reads_from", "gcp.datastream.connection_profile", "sourceConfig.sourceConnectionProfile"),
            Link("writes_to", "gcp.datastream.connection_profile", "destinationConfig.destinationConnectionProfile"),
        ),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.CONNECTION,
        Asset(
            ("datastream.googleapis.com/ConnectionProfile",),
            "datastream.v1.ConnectionProfile",
            f"{_DATASTREAM}/connectionProfiles/CONNECTION_PROFILE",
            derive=_of_profile,
        ),
        {
            "name": "displayName",
            "type": Field("", _profile),
            "hostname": Field("", _host),
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        links=(
            Link("connects", "gcp.storage.bucket", Template("gs://{gcsProfile.bucket}")),
            Link("password_in", "gcp.secretmanager.secret", "$FilledFrom[].name"),
        ),
        sensitive=frozenset(f"*.{key}" for key in _SECRETS),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.DATA_TRANSFER,
        Asset(
            ("datamigration.googleapis.com/MigrationJob",),
            "datamigration.v1.MigrationJob",
            "//datamigration.googleapis.com/projects/PROJECT_ID/locations/LOCATION/migrationJobs/MIGRATION_JOB",
        ),
        {
            "name": "displayName",
            "state": "state",
            "phase": "phase",
            "type": "type",
            "engine": "sourceDatabase.engine",
            "failure_reason": "error.message",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
            "ended_at": Field("endTime", instant),
        },
        key="cmekKeyName",
        links=(
            Link("reads_from", "gcp.datamigration.connection_profile", "source"),
            Link("writes_to", "gcp.datamigration.connection_profile", "destination"),
        ),
        sensitive=frozenset({"dumpFlags"}),
        quiet=frozenset({"name"}),
    ),
)
