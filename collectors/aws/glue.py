"""Glue: the data catalog (databases, tables, connections, schemas) and what fills it (jobs, crawlers, workflows)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.rows import Call
from normalize.mapping import MISSING
from normalize.model import Category, Field, Kind, Link, Path, Template
from normalize.units import integer

_GONE = ("EntityNotFoundException",)
_MINUTE = 60


def _arn(resource: str) -> Template:
    return Template(f"arn:{{@partition}}:glue:{{@place}}:{{@account}}:{resource}")


def _format(table: Any) -> Any:
    """Format of a table's files: what a table service or a crawler says, otherwise what reads it."""
    given = table.get("Parameters") or {}
    storage = table.get("StorageDescriptor") or {}
    said = given.get("table_type") or given.get("spark.sql.sources.provider") or given.get("classification")
    return str(said).lower() if said else storage.get("InputFormat") or MISSING


def _parameter(*names: str) -> Field:
    """A number that a crawler leaves in a table's parameters, as text."""

    def convert(given: Any) -> Any:
        return next((integer(given[n]) for n in names if given.get(n)), MISSING)

    return Field("Parameters", convert)


def _schema(columns: Any) -> list[dict[str, Any]]:
    return [{"name": c.get("Name"), "type": c.get("Type")} for c in columns]


def _endpoint(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a connection leads to, and where its password lies, out of properties that are not kept.

    Source: botocore 1.44.5, Glue Connection, ConnectionProperties and ConnectionPropertyKey; read 2026-11-24.
    """
    given = item.get("ConnectionProperties") or {}
    names = ("JDBC_CONNECTION_URL", "CONNECTION_URL", "KAFKA_BOOTSTRAP_SERVERS", "HOST")
    url = next((given[n] for n in names if given.get(n)), None)
    found: dict[str, Any] = {"$Keys": sorted(given)}
    return found | ({"$Url": url} if url else {}) | ({"$KeptIn": given["SECRET_ID"]} if given.get("SECRET_ID") else {})


def _targets(crawler: Any) -> list[str]:
    """Places that a crawler looks into."""
    paths = [t.get("Path") for ts in crawler.values() for t in ts]
    paths += [
        p for ts in crawler.values() for t in ts for p in (*(t.get("DeltaTables") or ()), *(t.get("Paths") or ()))
    ]
    return [p for p in paths if p]


def _units(capacity: Any) -> Any:
    """Data processing units of a job; a part of one is no whole number."""
    return int(capacity) if capacity >= 1 else MISSING


def _named(*keys: str) -> dict[str, Path | Field]:
    """Fields of what was made and changed at times that Glue calls by these two names."""
    return dict(zip(("created_at", "modified_at"), keys, strict=True))


KINDS = (
    Kind(
        name="aws.glue.catalog",
        category=Category.DATA_CATALOG,
        # Catalogs beside the account's own: of Redshift, of S3 tables, of federated sources.
        fetch=Call("glue", "GetCatalogs", items="CatalogList", params={"Recursive": True}),
        id="ResourceArn",
        native="CatalogId",
        fields={
            "name": "Name",
            "description": "Description",
            "type": "CatalogProperties.DataLakeAccessProperties.CatalogType",
            "role": "CatalogProperties.DataLakeAccessProperties.DataTransferRole",
            "encryption_key": "CatalogProperties.DataLakeAccessProperties.KmsKey",
            **_named("CreateTime", "UpdateTime"),
        },
        links=(
            Link("reads_from", "", "TargetRedshiftCatalog.CatalogArn"),
            Link("uses", "aws.glue.connection", "FederatedCatalog.ConnectionName"),
            Link("assumes", "aws.iam.role", "CatalogProperties.DataLakeAccessProperties.DataTransferRole"),
            Link("encrypted_by", "aws.kms.key", "CatalogProperties.DataLakeAccessProperties.KmsKey"),
        ),
    ),
    Kind(
        name="aws.glue.database",
        category=Category.DATA_CATALOG,
        fetch=Call("glue", "GetDatabases", items="DatabaseList", page=100),
        id=_arn("database/{Name}"),
        native="Name",
        fields={
            "name": "Name",
            "description": "Description",
            "artifact_uri": "LocationUri",
            "created_at": "CreateTime",
        },
        links=(
            Link("stores_in", "aws.s3.bucket", "LocationUri"),
            Link("uses", "aws.glue.connection", "FederatedDatabase.ConnectionName"),
        ),
        sensitive=frozenset({"Parameters"}),
    ),
    Kind(
        name="aws.glue.table",
        category=Category.DATA_TABLE,
        fetch=Call(
            "glue",
            "GetTables",
            items="TableList",
            under="aws.glue.database",
            params={"DatabaseName": "{Name}"},
            page=100,
            gone=_GONE,
        ),
        id=Template("arn:{@partition}:glue:{@place}:{CatalogId}:table/{DatabaseName}/{Name}"),
        native=Template("{DatabaseName}/{Name}"),
        fields={
            "name": "Name",
            "description": "Description",
            "type": "TableType",
            "owner": "Owner",
            "created_by": "CreatedBy",
            "table_format": Field("", _format),
            "source_uri": "StorageDescriptor.Location",
            "size_bytes": _parameter("sizeKey", "totalSize"),
            "object_count": _parameter("recordCount", "numRows"),
            "features_schema": Field("StorageDescriptor.Columns", _schema),
            "keys": Field("PartitionKeys", lambda keys: [str(k["Name"]) for k in keys]),
            "created_at": "CreateTime",
            "modified_at": "UpdateTime",
            "last_used_at": "LastAccessTime",
        },
        links=(
            Link("part_of", "aws.glue.database", "DatabaseName"),
            Link("stores_in", "aws.s3.bucket", "StorageDescriptor.Location"),
            Link("uses", "aws.glue.schema", "StorageDescriptor.SchemaReference.SchemaId.SchemaArn"),
            Link("uses", "aws.glue.connection", "FederatedTable.ConnectionName"),
        ),
        sensitive=frozenset({"StorageDescriptor.SerdeInfo.Parameters", "StorageDescriptor.Parameters"}),
        quiet=frozenset(
            {
                "$parent",
                "StorageDescriptor.InputFormat",
                "StorageDescriptor.OutputFormat",
                "StorageDescriptor.SerdeInfo",
            }
        ),
    ),
    Kind(
        name="aws.glue.connection",
        category=Category.CONNECTION,
        fetch=Call(
            "glue", "GetConnections", items="ConnectionList", params={"HidePassword": True}, page=100, derive=_endpoint
        ),
        id=_arn("connection/{Name}"),
        native="Name",
        fields={
            "name": "Name",
            "description": "Description",
            "type": "ConnectionType",
            "state": "Status",
            "endpoint": "$Url",
            "keys": "$Keys",
            "auth_mode": "AuthenticationConfiguration.AuthenticationType",
            "zone": "PhysicalConnectionRequirements.AvailabilityZone",
            **_named("CreationTime", "LastUpdatedTime"),
        },
        links=(
            Link("password_in", "aws.secretsmanager.secret", "AuthenticationConfiguration.SecretArn"),
            Link("password_in", "aws.secretsmanager.secret", "$KeptIn"),
            Link("runs_in", "aws.ec2.subnet", "PhysicalConnectionRequirements.SubnetId"),
            Link("guarded_by", "aws.ec2.security_group", "PhysicalConnectionRequirements.SecurityGroupIdList[]"),
        ),
        sensitive=frozenset(
            {
                "ConnectionProperties",
                "SparkProperties",
                "AthenaProperties",
                "PythonProperties",
                "AuthenticationConfiguration.OAuth2Properties.TokenUrlParametersMap",
            }
        ),
    ),
    Kind(
        name="aws.glue.job",
        category=Category.DATA_JOB,
        fetch=Call(
            "glue",
            "GetJobs",
            items="Jobs",
            page=100,
            itself=Call("glue", "GetJob", params={"JobName": "{Name}"}, gone=_GONE),
            detail=(
                Call(
                    "glue",
                    "GetJobRuns",
                    items="JobRuns[0]",  # the newest stands first
                    into="$LastRun",
                    params={"JobName": "{Name}", "MaxResults": 1},
                    gone=_GONE,
                ),
            ),
        ),
        id=_arn("job/{Name}"),
        native="Name",
        fields={
            "name": "Name",
            "description": "Description",
            "type": "Command.Name",
            "engine_version": "GlueVersion",
            "language": "Command.Runtime",
            "role": "Role",
            "instance_type": "WorkerType",
            "instance_count": "NumberOfWorkers",
            "compute_unit_count": Field("MaxCapacity", _units),
            "timeout_seconds": Field("Timeout", lambda minutes: int(minutes) * _MINUTE),
            "retry_count": "MaxRetries",
            "source_uri": "Command.ScriptLocation",
            "keys": Field("DefaultArguments", sorted),
            "last_run_at": "$LastRun.StartedOn",
            "last_run_state": "$LastRun.JobRunState",
            **_named("CreatedOn", "LastModifiedOn"),
        },
        links=(
            Link("assumes", "aws.iam.role", "Role", within="account"),
            Link("runs", "aws.s3.bucket", "Command.ScriptLocation"),
            Link("uses", "aws.glue.connection", "Connections.Connections[]"),
        ),
        sensitive=frozenset({"DefaultArguments", "NonOverridableArguments", "$LastRun.Arguments"}),
    ),
    Kind(
        name="aws.glue.crawler",
        category=Category.DATA_JOB,
        fetch=Call("glue", "GetCrawlers", items="Crawlers", page=100),
        id=_arn("crawler/{Name}"),
        native="Name",
        fields={
            "name": "Name",
            "description": "Description",
            "state": "State",
            "role": "Role",
            "schedule": "Schedule.ScheduleExpression",
            "input_uris": Field("Targets", _targets),
            "last_run_at": "LastCrawl.StartTime",
            "last_run_state": "LastCrawl.Status",
            **_named("CreationTime", "LastUpdated"),
        },
        links=(
            Link("assumes", "aws.iam.role", "Role", within="account"),
            Link("writes_to", "aws.glue.database", "DatabaseName"),
            Link("reads_from", "aws.s3.bucket", "Targets.S3Targets[].Path"),
            Link("reads_from", "aws.dynamodb.table", "Targets.DynamoDBTargets[].Path"),
            Link("uses", "aws.glue.connection", "Targets.JdbcTargets[].ConnectionName"),
            Link("uses", "aws.glue.connection", "Targets.MongoDBTargets[].ConnectionName"),
            Link("reads_from", "aws.sqs.queue", "Targets.S3Targets[].EventQueueArn"),
        ),
    ),
    Kind(
        name="aws.glue.trigger",
        category=Category.SETTINGS,
        fetch=Call("glue", "GetTriggers", items="Triggers", page=100),
        id=_arn("trigger/{Name}"),
        native="Name",
        fields={
            "name": "Name",
            "description": "Description",
            "type": "Type",
            "state": "State",
            "schedule": "Schedule",
        },
        links=(
            Link("starts", "aws.glue.job", "Actions[].JobName"),
            Link("starts", "aws.glue.crawler", "Actions[].CrawlerName"),
            Link("watches", "aws.glue.job", "Predicate.Conditions[].JobName"),
            Link("watches", "aws.glue.crawler", "Predicate.Conditions[].CrawlerName"),
            Link("part_of", "aws.glue.workflow", "WorkflowName"),
        ),
        sensitive=frozenset({"Actions[].Arguments"}),
    ),
    Kind(
        name="aws.glue.workflow",
        category=Category.PIPELINE,
        fetch=Call(
            "glue",
            "ListWorkflows",
            items="Workflows",
            item="Name",
            page=25,
            detail=(Call("glue", "GetWorkflow", items="Workflow", params={"Name": "{Name}"}, gone=_GONE),),
        ),
        id=_arn("workflow/{Name}"),
        native="Name",
        fields={
            "name": "Name",
            "description": "Description",
            "keys": Field("DefaultRunProperties", sorted),
            "step_count": "LastRun.Statistics.TotalActions",
            "last_run_at": "LastRun.StartedOn",
            "last_run_state": "LastRun.Status",
            **_named("CreatedOn", "LastModifiedOn"),
        },
        sensitive=frozenset({"DefaultRunProperties", "LastRun.WorkflowRunProperties"}),
    ),
    Kind(
        name="aws.glue.registry",
        category=Category.SETTINGS,
        fetch=Call("glue", "ListRegistries", items="Registries", page=100),
        id="RegistryArn",
        native="RegistryName",
        fields={
            "name": "RegistryName",
            "description": "Description",
            "state": "Status",
            **_named("CreatedTime", "UpdatedTime"),
        },
    ),
    Kind(
        name="aws.glue.schema",
        category=Category.DATA_CATALOG,
        fetch=Call("glue", "ListSchemas", items="Schemas", page=100),
        id="SchemaArn",
        native=Template("{RegistryName}/{SchemaName}"),
        fields={
            "name": "SchemaName",
            "description": "Description",
            "state": "SchemaStatus",
            **_named("CreatedTime", "UpdatedTime"),
        },
        links=(Link("part_of", "aws.glue.registry", "RegistryName"),),
    ),
)
