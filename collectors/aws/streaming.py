"""Streams and what reads and writes them: Kinesis, Firehose, Kinesis Video, Managed Flink."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.aws.rows import Call
from collectors.aws.traffic import Traffic, one
from collectors.traffic import MEASURED, TRAFFIC
from normalize.model import Category, Field, Kind, Link, Template

_NOT_FOUND = ("ResourceNotFoundException",)
_DAYS = 24
_HOUR = 3600
_DESTINATIONS = "Destinations[]."
_BUCKETS = (
    "S3DestinationDescription",
    "ExtendedS3DestinationDescription",
    "ExtendedS3DestinationDescription.S3BackupDescription",
    "RedshiftDestinationDescription.S3DestinationDescription",
    "AmazonopensearchserviceDestinationDescription.S3DestinationDescription",
    "AmazonOpenSearchServerlessDestinationDescription.S3DestinationDescription",
    "SplunkDestinationDescription.S3DestinationDescription",
    "HttpEndpointDestinationDescription.S3DestinationDescription",
    "SnowflakeDestinationDescription.S3DestinationDescription",
    "IcebergDestinationDescription.S3DestinationDescription",
)
"""Where a destination names buckets: its own, and one for what could not be delivered."""


def _days(hours: Any) -> int:
    return int(hours) // _DAYS


def _destinations(stream: Any) -> Any:
    """Kind of each destination; that which only repeats another in an older form is left out."""
    found: dict[str, None] = {}
    for destination in stream:
        names = [key.removesuffix("DestinationDescription") for key in destination if key.endswith("Description")]
        found.update(dict.fromkeys(n for n in names if not (n == "S3" and "ExtendedS3" in names)))
    return list(found)


def _format(destinations: Any) -> list[str]:
    """Format into which records are converted: ParquetSerDe, OrcSerDe."""
    found: list[str] = []
    for destination in destinations:
        conversion = (destination.get("ExtendedS3DestinationDescription") or {}).get(
            "DataFormatConversionConfiguration"
        )
        output = ((conversion or {}).get("OutputFormatConfiguration") or {}).get("Serializer") or {}
        found += [name for name, settings in output.items() if settings is not None]
    return found


def _functions(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Functions that transform records on their way."""
    parameters = [p for processor in _processors(item) for p in processor.get("Parameters") or ()]
    return {"$Functions": [p["ParameterValue"] for p in parameters if p.get("ParameterName") == "LambdaArn"]}


def _processors(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for destination in item.get("Destinations") or ():
        for description in destination.values():
            if isinstance(description, dict):
                yield from (description.get("ProcessingConfiguration") or {}).get("Processors") or ()


def _keys(groups: Any) -> list[str]:
    """Names of an application's properties, GROUP.KEY."""
    return [f"{g['PropertyGroupId']}.{key}" for g in groups for key in sorted(g.get("PropertyMap") or ())]


_FLINK = "ApplicationConfigurationDescription"
_SQL = f"{_FLINK}.SqlApplicationConfigurationDescription"
_CODE = f"{_FLINK}.ApplicationCodeConfigurationDescription.CodeContentDescription"
_PARALLELISM = f"{_FLINK}.FlinkApplicationConfigurationDescription.ParallelismConfigurationDescription"

KINDS = (
    Kind(
        name="aws.kinesis.stream",
        category=Category.STREAM,
        fetch=Call(
            "kinesis",
            "ListStreams",
            items="StreamSummaries",
            page=1000,
            detail=(
                Call(
                    "kinesis",
                    "DescribeStreamSummary",
                    items="StreamDescriptionSummary",
                    into="$Summary",
                    params={"StreamARN": "{StreamARN}"},
                    gone=_NOT_FOUND,
                ),
            ),
            lookups=(
                Traffic(
                    "AWS/Kinesis", one(StreamName="StreamName"), requests="IncomingRecords", bytes=("IncomingBytes",)
                ),
            ),
        ),
        id="StreamARN",
        native="StreamName",
        fields={
            "name": "StreamName",
            "state": "StreamStatus",
            "billing_mode": "StreamModeDetails.StreamMode",
            "shard_count": "$Summary.OpenShardCount",
            "consumer_count": "$Summary.ConsumerCount",
            "retention_days": Field("$Summary.RetentionPeriodHours", _days),
            "max_request_bytes": Field("$Summary.MaxRecordSizeInKiB", lambda kib: int(kib) * 1024),
            "encryption": "$Summary.EncryptionType",
            "encryption_key": "$Summary.KeyId",
            "created_at": "StreamCreationTimestamp",
            "ingested_bytes": f"{TRAFFIC}.Bytes",
            **MEASURED,
        },
        links=(Link("encrypted_by", "aws.kms.key", "$Summary.KeyId", optional=True),),
    ),
    Kind(
        name="aws.firehose.delivery_stream",
        category=Category.STREAM,
        fetch=Call(
            "firehose",
            "ListDeliveryStreams",
            items="DeliveryStreamNames",
            item="DeliveryStreamName",
            params={"Limit": 10000},  # the most that it takes: an account may have 5000 of them
            detail=(
                Call(
                    "firehose",
                    "DescribeDeliveryStream",
                    items="DeliveryStreamDescription",
                    params={"DeliveryStreamName": "{DeliveryStreamName}"},
                    gone=_NOT_FOUND,
                    derive=_functions,
                ),
            ),
        ),
        id=Template("arn:{@partition}:firehose:{@place}:{@account}:deliverystream/{DeliveryStreamName}"),
        native="DeliveryStreamName",
        fields={
            "name": "DeliveryStreamName",
            "state": "DeliveryStreamStatus",
            "type": "DeliveryStreamType",
            "targets": Field("Destinations", _destinations),
            "capabilities": Field("Destinations", _format),
            "encryption": "DeliveryStreamEncryptionConfiguration.Status",
            "encryption_key": "DeliveryStreamEncryptionConfiguration.KeyARN",
            "failure_reason": "FailureDescription.Details",
            "created_at": "CreateTimestamp",
            "modified_at": "LastUpdateTimestamp",
        },
        links=(
            Link("reads_from", "aws.kinesis.stream", "Source.KinesisStreamSourceDescription.KinesisStreamARN"),
            Link("reads_from", "aws.kafka.cluster", "Source.MSKSourceDescription.MSKClusterARN"),
            Link("assumes", "aws.iam.role", "Source.KinesisStreamSourceDescription.RoleARN"),
            *(Link("writes_to", "aws.s3.bucket", f"{_DESTINATIONS}{at}.BucketARN") for at in _BUCKETS),
            Link("assumes", "aws.iam.role", f"{_DESTINATIONS}ExtendedS3DestinationDescription.RoleARN"),
            Link(
                "writes_to",
                "aws.opensearch.domain",
                f"{_DESTINATIONS}AmazonopensearchserviceDestinationDescription.DomainARN",
            ),
            Link(
                "writes_to",
                "aws.opensearchserverless.collection",
                f"{_DESTINATIONS}AmazonOpenSearchServerlessDestinationDescription.CollectionEndpoint",
            ),
            Link(
                "writes_to",
                "aws.glue.catalog",
                f"{_DESTINATIONS}IcebergDestinationDescription.CatalogConfiguration.CatalogARN",
                optional=True,
            ),
            Link(
                "password_in",
                "aws.secretsmanager.secret",
                f"{_DESTINATIONS}RedshiftDestinationDescription.SecretsManagerConfiguration.SecretARN",
            ),
            Link("calls", "aws.lambda.function", "$Functions[]"),
            Link("encrypted_by", "aws.kms.key", "DeliveryStreamEncryptionConfiguration.KeyARN"),
            Link(
                "logs_to",
                "aws.logs.log_group",
                f"{_DESTINATIONS}ExtendedS3DestinationDescription.CloudWatchLoggingOptions.LogGroupName",
            ),
        ),
        sensitive=frozenset(
            {
                f"{_DESTINATIONS}SplunkDestinationDescription.HECToken",
                f"{_DESTINATIONS}HttpEndpointDestinationDescription.RequestConfiguration.CommonAttributes[].AttributeValue",
                f"{_DESTINATIONS}RedshiftDestinationDescription.CopyCommand.CopyOptions",
            }
        ),
    ),
    Kind(
        name="aws.kinesisvideo.stream",
        category=Category.STREAM,
        fetch=Call("kinesisvideo", "ListStreams", items="StreamInfoList", page=1000),
        id="StreamARN",
        native="StreamName",
        fields={
            "name": "StreamName",
            "state": "Status",
            "type": "MediaType",
            "retention_days": Field("DataRetentionInHours", _days),
            "encryption_key": "KmsKeyId",
            "created_at": "CreationTime",
        },
        links=(Link("encrypted_by", "aws.kms.key", "KmsKeyId", optional=True),),
    ),
    Kind(
        name="aws.kinesisanalytics.application",
        category=Category.DATA_JOB,
        fetch=Call(
            "kinesisanalyticsv2",
            "ListApplications",
            items="ApplicationSummaries",
            page=50,
            detail=(
                Call(
                    "kinesisanalyticsv2",
                    "DescribeApplication",
                    items="ApplicationDetail",
                    params={"ApplicationName": "{ApplicationName}"},
                    gone=_NOT_FOUND,
                ),
            ),
        ),
        id="ApplicationARN",
        native="ApplicationName",
        fields={
            "name": "ApplicationName",
            "description": "ApplicationDescription",
            "state": "ApplicationStatus",
            "engine": "RuntimeEnvironment",
            "mode": "ApplicationMode",
            "role": "ServiceExecutionRole",
            "parallelism_count": f"{_PARALLELISM}.Parallelism",
            "autoscaled": f"{_PARALLELISM}.AutoScalingEnabled",
            "keys": Field(f"{_FLINK}.EnvironmentPropertyDescriptions.PropertyGroupDescriptions", _keys),
            "created_at": "CreateTimestamp",
            "modified_at": "LastUpdateTimestamp",
        },
        links=(
            Link("assumes", "aws.iam.role", "ServiceExecutionRole"),
            Link("runs", "aws.s3.bucket", f"{_CODE}.S3ApplicationCodeLocationDescription.BucketARN"),
            Link(
                "reads_from",
                "aws.kinesis.stream",
                f"{_SQL}.InputDescriptions[].KinesisStreamsInputDescription.ResourceARN",
            ),
            Link(
                "writes_to",
                "aws.kinesis.stream",
                f"{_SQL}.OutputDescriptions[].KinesisStreamsOutputDescription.ResourceARN",
            ),
            Link(
                "writes_to",
                "aws.firehose.delivery_stream",
                f"{_SQL}.OutputDescriptions[].KinesisFirehoseOutputDescription.ResourceARN",
            ),
            Link("runs_in", "aws.ec2.vpc", f"{_FLINK}.VpcConfigurationDescriptions[].VpcId"),
            Link("runs_in", "aws.ec2.subnet", f"{_FLINK}.VpcConfigurationDescriptions[].SubnetIds[]"),
            Link("guarded_by", "aws.ec2.security_group", f"{_FLINK}.VpcConfigurationDescriptions[].SecurityGroupIds[]"),
            Link(
                "uses",
                "aws.glue.database",
                f"{_FLINK}.ZeppelinApplicationConfigurationDescription.CatalogConfigurationDescription"
                ".GlueDataCatalogConfigurationDescription.DatabaseARN",
            ),
        ),
        sensitive=frozenset(
            {
                f"{_FLINK}.EnvironmentPropertyDescriptions.PropertyGroupDescriptions[].PropertyMap",
                f"{_CODE}.TextContent",
            }
        ),
    ),
)
