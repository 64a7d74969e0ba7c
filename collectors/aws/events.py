"""Queues, topics and events: SQS, SNS, EventBridge with its schedules and pipes."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from collectors.aws.documents import document, last_segment
from collectors.aws.rows import Call
from collectors.aws.traffic import Traffic, one
from collectors.traffic import MEASURED
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import instant, integer

_NOT_FOUND = ("ResourceNotFoundException",)
_TARGETS = "$Targets"


def _queue_name(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"$Name": last_segment(item["QueueUrl"])}


def _topic_name(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"$Name": last_segment(item["TopicArn"])}


def _dead_letters(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where messages go that nobody could handle, and after how many attempts."""
    policy = (item.get("$Attributes") or {}).get("RedrivePolicy")
    return {"$Redrive": document(policy)} if policy else {}


def _order(fifo: Any) -> str:
    return "fifo" if str(fifo).lower() == "true" else "standard"


def _subscriber(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """An identity, also of a subscription that nobody has confirmed yet, and the endpoint where it is a thing: addresses of people
    are not kept. Source: botocore 1.44.5, SNS Subscribe, Protocol and Endpoint; "PendingConfirmation" and "Deleted" in
    place of an ARN: not verified."""
    arn, topic = str(item["SubscriptionArn"]), str(item["TopicArn"])
    protocol, endpoint = str(item.get("Protocol")), str(item.get("Endpoint"))
    confirmed = arn.startswith("arn:")
    if not confirmed:
        arn = f"{topic}:{sha256(f'{protocol} {endpoint}'.encode()).hexdigest()[:32]}"
    of_things = protocol in ("sqs", "lambda", "firehose", "application", "http", "https")
    found = {"$Arn": arn, "$Name": last_segment(arn), "$State": "confirmed" if confirmed else "pending"}
    return found | ({"$Endpoint": endpoint} if of_things else {})


def _principals(item: Any) -> list[str]:
    return [str(t["Arn"]) for t in item if t.get("Arn")]


def _attempts(targets: Any) -> Any:
    """Most attempts of a target; unknown where none of them says so."""
    told = [a for t in targets if (a := (t.get("RetryPolicy") or {}).get("MaximumRetryAttempts")) is not None]
    return max(told, default=MISSING)


KINDS = (
    Kind(
        name="aws.sqs.queue",
        category=Category.QUEUE,
        fetch=Call(
            "sqs",
            "ListQueues",
            items="QueueUrls",
            item="QueueUrl",
            page=1000,
            derive=_queue_name,
            detail=(
                Call(
                    "sqs",
                    "GetQueueAttributes",
                    items="Attributes",
                    into="$Attributes",
                    params={"QueueUrl": "{QueueUrl}", "AttributeNames": ["All"]},
                    gone=("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"),
                    derive=_dead_letters,
                ),
            ),
            lookups=(Traffic("AWS/SQS", one(QueueName="$Name"), requests="NumberOfMessagesSent"),),
        ),
        id=Template("arn:{@partition}:sqs:{@place}:{@account}:{$Name}"),
        native="$Name",
        fields={
            "name": "$Name",
            "endpoint": "QueueUrl",
            "type": Field("$Attributes", lambda given: _order(given.get("FifoQueue"))),
            "object_count": Field("$Attributes.ApproximateNumberOfMessages", integer),
            "encryption_key": "$Attributes.KmsMasterKeyId",
            "timeout_seconds": Field("$Attributes.VisibilityTimeout", integer),
            "retention_seconds": Field("$Attributes.MessageRetentionPeriod", integer),
            "max_request_bytes": Field("$Attributes.MaximumMessageSize", integer),
            "retry_count": Field("$Redrive.maxReceiveCount", integer),
            "created_at": Field("$Attributes.CreatedTimestamp", lambda seconds: instant(int(float(seconds)))),
            "modified_at": Field("$Attributes.LastModifiedTimestamp", lambda seconds: instant(int(float(seconds)))),
            **MEASURED,
        },
        links=(
            Link("encrypted_by", "aws.kms.key", "$Attributes.KmsMasterKeyId", optional=True),
            Link("dead_letters_to", "aws.sqs.queue", "$Redrive.deadLetterTargetArn"),
        ),
        aliases=(Alias("uri", "QueueUrl"),),
    ),
    Kind(
        name="aws.sns.topic",
        category=Category.QUEUE,
        fetch=Call(
            "sns",
            "ListTopics",
            items="Topics",
            derive=_topic_name,
            detail=(
                Call(
                    "sns",
                    "GetTopicAttributes",
                    items="Attributes",
                    into="$Attributes",
                    params={"TopicArn": "{TopicArn}"},
                    gone=("NotFound", "NotFoundException"),
                ),
            ),
            lookups=(Traffic("AWS/SNS", one(TopicName="$Name"), requests="NumberOfMessagesPublished"),),
        ),
        id="TopicArn",
        native="$Name",
        fields={
            "name": "$Name",
            "description": "$Attributes.DisplayName",
            "type": Field("$Attributes", lambda given: _order(given.get("FifoTopic"))),
            "connection_count": Field("$Attributes.SubscriptionsConfirmed", integer),
            "encryption_key": "$Attributes.KmsMasterKeyId",
            **MEASURED,
        },
        links=(Link("encrypted_by", "aws.kms.key", "$Attributes.KmsMasterKeyId", optional=True),),
    ),
    Kind(
        name="aws.sns.subscription",
        category=Category.CONNECTION,
        fetch=Call("sns", "ListSubscriptions", items="Subscriptions", derive=_subscriber),
        id="$Arn",
        native="$Arn",
        fields={
            "name": "$Name",
            "state": "$State",
            "protocol": "Protocol",
            "endpoint": "$Endpoint",
            "owner": "Owner",
        },
        links=(
            Link("reads_from", "aws.sns.topic", "TopicArn"),
            Link("writes_to", "", "$Endpoint"),
        ),
        sensitive=frozenset({"Endpoint"}),
    ),
    Kind(
        name="aws.events.event_bus",
        category=Category.QUEUE,
        fetch=Call("events", "ListEventBuses", items="EventBuses", params={"Limit": 100}),
        id="Arn",
        native="Name",
        fields={
            "name": "Name",
            "description": "Description",
            "managed": Field("ManagedBy", bool),
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
    ),
    Kind(
        name="aws.events.rule",
        category=Category.SETTINGS,
        fetch=Call(
            "events",
            "ListRules",
            items="Rules",
            under="aws.events.event_bus",
            params={"EventBusName": "{Name}"},
            page=100,
            gone=_NOT_FOUND,
            itself=Call(
                "events", "DescribeRule", params={"Name": "{Name}", "EventBusName": "{EventBusName}"}, gone=_NOT_FOUND
            ),
            detail=(
                Call(
                    "events",
                    "ListTargetsByRule",
                    items="Targets[]",
                    into=_TARGETS,
                    params={"Rule": "{Name}", "EventBusName": "{EventBusName}"},
                    page=100,
                    gone=_NOT_FOUND,
                ),
            ),
        ),
        id="Arn",
        native=Template("{EventBusName}/{Name}"),
        fields={
            "name": "Name",
            "description": "Description",
            "state": "State",
            "schedule": "ScheduleExpression",
            "managed": Field("ManagedBy", bool),
            "selector": Field("EventPattern", document),
            "targets": Field(_TARGETS, _principals),
            "retry_count": Field(_TARGETS, _attempts),
        },
        links=(
            Link("watches", "aws.events.event_bus", "EventBusName"),
            Link("starts", "", f"{_TARGETS}[].Arn"),
            Link("assumes", "aws.iam.role", "RoleArn"),
            Link("assumes", "aws.iam.role", f"{_TARGETS}[].RoleArn"),
            Link("dead_letters_to", "aws.sqs.queue", f"{_TARGETS}[].DeadLetterConfig.Arn"),
            Link("starts", "aws.batch.job_definition", f"{_TARGETS}[].BatchParameters.JobDefinition"),
            Link(
                "runs_in",
                "aws.ec2.subnet",
                f"{_TARGETS}[].EcsParameters.NetworkConfiguration.awsvpcConfiguration.Subnets[]",
            ),
            Link("password_in", "aws.secretsmanager.secret", f"{_TARGETS}[].RedshiftDataParameters.SecretManagerArn"),
        ),
        sensitive=frozenset(
            {
                f"{_TARGETS}[].Input",
                f"{_TARGETS}[].InputTransformer.InputTemplate",
                f"{_TARGETS}[].HttpParameters",
                f"{_TARGETS}[].SageMakerPipelineParameters.PipelineParameterList[].Value",
            }
        ),
        quiet=frozenset({"$parent", "EventPattern"}),
    ),
    Kind(
        name="aws.events.archive",
        category=Category.BACKUP,
        fetch=Call("events", "ListArchives", items="Archives"),
        id=Template("arn:{@partition}:events:{@place}:{@account}:archive/{ArchiveName}"),
        native="ArchiveName",
        fields={
            "name": "ArchiveName",
            "state": "State",
            "size_bytes": "SizeBytes",
            "object_count": "EventCount",
            "retention_days": "RetentionDays",
            "created_at": "CreationTime",
        },
        links=(Link("made_from", "aws.events.event_bus", "EventSourceArn"),),
    ),
    Kind(
        name="aws.events.connection",
        category=Category.CONNECTION,
        fetch=Call(
            "events",
            "ListConnections",
            items="Connections",
            detail=(Call("events", "DescribeConnection", params={"Name": "{Name}"}, gone=_NOT_FOUND),),
        ),
        id="ConnectionArn",
        native="Name",
        fields={
            "name": "Name",
            "description": "Description",
            "state": "ConnectionState",
            "auth_mode": "AuthorizationType",
            "encryption_key": "KmsKeyIdentifier",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        links=(
            Link("password_in", "aws.secretsmanager.secret", "SecretArn"),
            Link("encrypted_by", "aws.kms.key", "KmsKeyIdentifier"),
        ),
        sensitive=frozenset(
            {
                "AuthParameters.OAuthParameters.OAuthHttpParameters",
                "AuthParameters.InvocationHttpParameters",
                "AuthParameters.BasicAuthParameters",
                "AuthParameters.ApiKeyAuthParameters",
                "AuthParameters.OAuthParameters.ClientParameters",
            }
        ),
    ),
    Kind(
        name="aws.events.api_destination",
        category=Category.CONNECTION,
        fetch=Call("events", "ListApiDestinations", items="ApiDestinations"),
        id="ApiDestinationArn",
        native="Name",
        fields={
            "name": "Name",
            "state": "ApiDestinationState",
            "endpoint": "InvocationEndpoint",
            "protocol": "HttpMethod",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        links=(Link("uses", "aws.events.connection", "ConnectionArn"),),
    ),
    Kind(
        name="aws.scheduler.schedule",
        category=Category.SETTINGS,
        fetch=Call(
            "scheduler",
            "ListSchedules",
            items="Schedules",
            page=100,
            detail=(
                Call(
                    "scheduler",
                    "GetSchedule",
                    params={"Name": "{Name}", "GroupName": "{GroupName}"},
                    gone=_NOT_FOUND,
                ),
            ),
        ),
        id="Arn",
        native=Template("{GroupName}/{Name}"),
        fields={
            "name": "Name",
            "description": "Description",
            "state": "State",
            "schedule": "ScheduleExpression",
            "targets": Field("Target.Arn", lambda arn: [arn]),
            "retry_count": "Target.RetryPolicy.MaximumRetryAttempts",
            "encryption_key": "KmsKeyArn",
            "started_at": "StartDate",
            "expires_at": "EndDate",
            "created_at": "CreationDate",
            "modified_at": "LastModificationDate",
        },
        links=(
            Link("starts", "", "Target.Arn"),
            Link("assumes", "aws.iam.role", "Target.RoleArn"),
            Link("dead_letters_to", "aws.sqs.queue", "Target.DeadLetterConfig.Arn"),
            Link("encrypted_by", "aws.kms.key", "KmsKeyArn"),
            Link(
                "runs_in", "aws.ec2.subnet", "Target.EcsParameters.NetworkConfiguration.awsvpcConfiguration.Subnets[]"
            ),
        ),
        sensitive=frozenset({"Target.Input", "Target.SageMakerPipelineParameters.PipelineParameterList[].Value"}),
    ),
    Kind(
        name="aws.pipes.pipe",
        category=Category.DATA_TRANSFER,
        fetch=Call(
            "pipes",
            "ListPipes",
            items="Pipes",
            page=100,
            detail=(Call("pipes", "DescribePipe", params={"Name": "{Name}"}, gone=("NotFoundException",)),),
        ),
        id="Arn",
        native="Name",
        fields={
            "name": "Name",
            "description": "Description",
            "state": "CurrentState",
            "role": "RoleArn",
            "targets": Field("Target", lambda arn: [arn]),
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags="Tags",
        links=(
            Link("reads_from", "", "Source"),
            Link("writes_to", "", "Target"),
            Link("calls", "", "Enrichment"),
            Link("assumes", "aws.iam.role", "RoleArn"),
            Link("dead_letters_to", "aws.sqs.queue", "SourceParameters.KinesisStreamParameters.DeadLetterConfig.Arn"),
        ),
        sensitive=frozenset(
            {
                "EnrichmentParameters",
                "TargetParameters.InputTemplate",
                "TargetParameters.HttpParameters",
                "TargetParameters.EcsTaskParameters.Overrides",
                "TargetParameters.BatchJobParameters.ContainerOverrides",
                "TargetParameters.BatchJobParameters.Parameters",
            }
        ),
    ),
)
