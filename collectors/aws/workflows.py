"""Step Functions and Managed Airflow: what runs in which order, and what it uses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.aws.documents import last_segment
from collectors.aws.rows import Call
from collectors.aws.traffic import Traffic, one
from collectors.traffic import ERRORS, MEASURED
from normalize.model import Alias, Category, Field, Kind, Link, Template

_STEPS = "$Steps"
_SECRETS = "$Secrets"
_HIDDEN = frozenset(
    {"Environment", "HyperParameters", "ContainerOverrides", "Overrides", "Headers", "ParameterOverrides"}
)
"""Arguments of a task in which programs get their settings, passwords among them."""
_NAMED: Mapping[str, tuple[str, ...]] = {
    "function": ("FunctionName",),
    "queue": ("QueueUrl",),
    "topic": ("TopicArn",),
    "state_machine": ("StateMachineArn",),
    "activity": ("ActivityArn",),
    "table": ("TableName",),
    "glue_job": ("JobName",),
    "job_queue": ("JobQueue",),
    "job_definition": ("JobDefinition",),
    "cluster": ("Cluster",),
    "model": ("ModelName",),
    "endpoint": ("EndpointName",),
    "endpoint_config": ("EndpointConfigName",),
    "event_bus": ("EventBusName",),
    "connection": ("ConnectionArn",),
    "work_group": ("WorkGroup",),
    "bucket": ("Bucket", "S3Uri", "S3OutputPath"),
}
"""What a task names -> names of its arguments that tell it."""
_ONLY: Mapping[str, tuple[str, ...]] = {
    "glue_job": ("glue",),
    "cluster": ("ecs",),
    "model": ("sagemaker",),
    "endpoint": ("sagemaker",),
    "endpoint_config": ("sagemaker",),
    "table": ("dynamodb",),
}
"""Integrations in which an argument means that; in others the same word names something else."""


def _parsed(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The definition, parsed, its tasks in a flat list and what they use by kind; arguments with settings of programs stand
    apart, so that they can be left out."""
    hidden: dict[str, Any] = {}
    try:
        definition = _without_settings(json.loads(item["definition"]), "", hidden)
    except ValueError:  # what cannot be taken apart is left out as a whole
        return {"definition": None, _SECRETS: {"": item["definition"]}}
    steps = [_step(name, state) for name, state in _states(definition)]
    used: dict[str, dict[str, None]] = {}
    for _, state in _states(definition):
        for what, name in _uses(state):
            used.setdefault(what, {})[name] = None
    uses = {what: list(names) for what, names in used.items()}
    return {"definition": definition, _STEPS: steps, "$Uses": uses, _SECRETS: hidden}


def _without_settings(value: Any, at: str, found: dict[str, Any]) -> Any:
    """A copy of a part of a definition; settings of programs go to `found`, by where they stood."""
    if isinstance(value, list):
        return [_without_settings(v, f"{at}[{i}]", found) for i, v in enumerate(value)]
    if not isinstance(value, dict):
        return value
    found.update((f"{at}.{k}", v) for k, v in value.items() if k in _HIDDEN)
    return {k: _without_settings(v, f"{at}.{k}", found) for k, v in value.items() if k not in _HIDDEN}


def _states(definition: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """States by name, those of branches and of maps after their own. The names are those of the Amazon States Language; not verified."""
    for name, state in (definition.get("States") or {}).items():
        yield name, state
        for branch in state.get("Branches") or ():
            yield from _states(branch)
        for key in ("Iterator", "ItemProcessor"):
            yield from _states(state.get(key) or {})


def _step(name: str, state: Mapping[str, Any]) -> dict[str, Any]:
    found = {"name": name, "type": state.get("Type")}
    return found | ({"resource": state["Resource"]} if state.get("Resource") else {})


def _uses(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(what, name) of what a task names outright; what it is given at run time cannot be known."""
    resource = str(state.get("Resource") or "")
    if ":lambda:" in resource and ":function:" in resource:
        yield "function", resource
    if ":states:" in resource and ":activity:" in resource:
        yield "activity", resource
    service = resource.split(":::")[-1].split(":")[0] if ":::" in resource else ""
    if service == "aws-sdk":
        service = resource.split(":::")[-1].split(":")[1]
    for key, value in _arguments(state.get("Parameters") or state.get("Arguments") or {}):
        for what, keys in _NAMED.items():
            if key in keys and service in _ONLY.get(what, (service,)):
                yield what, value


def _arguments(value: Any) -> Iterator[tuple[str, str]]:
    """(key, text) of a task's arguments, however deep, of those that are fixed: no path, no expression."""
    if isinstance(value, list):
        for entry in value:
            yield from _arguments(entry)
    elif isinstance(value, dict):
        for key, entry in value.items():
            if isinstance(entry, str) and not entry.startswith(("$", "{%", "States.")):
                yield key, entry
            else:
                yield from _arguments(entry)


def _log_group(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Log groups of an environment: their ARNs end in ":*" or not."""
    logging = item.get("LoggingConfiguration") or {}
    groups = [log.get("CloudWatchLogGroupArn") for log in logging.values() if log.get("Enabled")]
    bucket = item.get("SourceBucketArn")
    dags = {"$Dags": f"s3://{last_segment(bucket)}/{item['DagS3Path']}"} if bucket and item.get("DagS3Path") else {}
    return {"$LogGroups": list(dict.fromkeys(g for g in groups if g)), **dags}


KINDS = (
    Kind(
        name="aws.stepfunctions.state_machine",
        category=Category.PIPELINE,
        fetch=Call(
            "stepfunctions",
            "ListStateMachines",
            items="stateMachines",
            page=1000,
            detail=(
                Call(
                    "stepfunctions",
                    "DescribeStateMachine",
                    params={"stateMachineArn": "{stateMachineArn}"},
                    gone=("StateMachineDoesNotExist",),
                    derive=_parsed,
                ),
            ),
            lookups=(
                Traffic(
                    "AWS/States",
                    one(StateMachineArn="stateMachineArn"),
                    requests="ExecutionsStarted",
                    errors=("ExecutionsFailed", "ExecutionsTimedOut"),
                ),
            ),
        ),
        id="stateMachineArn",
        native="name",
        fields={
            "name": "name",
            "description": "description",
            "type": "type",
            "state": "status",
            "role": "roleArn",
            "steps": _STEPS,
            "step_count": Field(_STEPS, len),
            "encryption_key": "encryptionConfiguration.kmsKeyId",
            "created_at": "creationDate",
            **MEASURED,
            **ERRORS,
        },
        links=(
            Link("assumes", "aws.iam.role", "roleArn"),
            Link("encrypted_by", "aws.kms.key", "encryptionConfiguration.kmsKeyId"),
            Link(
                "logs_to",
                "aws.logs.log_group",
                "loggingConfiguration.destinations[].cloudWatchLogsLogGroup.logGroupArn",
            ),
            Link("calls", "aws.lambda.function", "$Uses.function[]"),
            Link("calls", "aws.stepfunctions.activity", "$Uses.activity[]"),
            Link("calls", "aws.sagemaker.endpoint", "$Uses.endpoint[]", optional=True),
            Link("calls", "aws.events.connection", "$Uses.connection[]"),
            Link("starts", "aws.stepfunctions.state_machine", "$Uses.state_machine[]"),
            Link("starts", "aws.glue.job", "$Uses.glue_job[]"),
            Link("starts", "aws.batch.job_definition", "$Uses.job_definition[]"),
            Link("uses", "aws.batch.job_queue", "$Uses.job_queue[]"),
            Link("uses", "aws.ecs.cluster", "$Uses.cluster[]"),
            Link("uses", "aws.sagemaker.model", "$Uses.model[]", optional=True),
            Link("uses", "aws.sagemaker.endpoint_config", "$Uses.endpoint_config[]", optional=True),
            Link("uses", "aws.dynamodb.table", "$Uses.table[]"),
            Link("uses", "aws.athena.work_group", "$Uses.work_group[]"),
            Link("uses", "aws.s3.bucket", "$Uses.bucket[]"),
            Link("writes_to", "aws.sqs.queue", "$Uses.queue[]"),
            Link("writes_to", "aws.events.event_bus", "$Uses.event_bus[]"),
            Link("notifies", "aws.sns.topic", "$Uses.topic[]"),
        ),
        sensitive=frozenset({_SECRETS}),
    ),
    Kind(
        name="aws.stepfunctions.activity",
        category=Category.QUEUE,
        fetch=Call("stepfunctions", "ListActivities", items="activities", page=1000),
        id="activityArn",
        native="name",
        fields={"name": "name", "created_at": "creationDate"},
    ),
    Kind(
        name="aws.mwaa.environment",
        category=Category.PIPELINE,
        fetch=Call(
            "mwaa",
            "ListEnvironments",
            items="Environments",
            item="Name",
            page=25,
            detail=(
                Call(
                    "mwaa",
                    "GetEnvironment",
                    items="Environment",
                    params={"Name": "{Name}"},
                    gone=("ResourceNotFoundException",),
                    derive=_log_group,
                ),
            ),
        ),
        id=Template("arn:{@partition}:airflow:{@place}:{@account}:environment/{Name}"),
        native="Name",
        fields={
            "name": "Name",
            "state": "Status",
            "engine_version": "AirflowVersion",
            "instance_type": "EnvironmentClass",
            "min_count": "MinWorkers",
            "max_count": "MaxWorkers",
            "source_uri": "$Dags",
            "keys": Field("AirflowConfigurationOptions", sorted),
            "role": "ExecutionRoleArn",
            "endpoint": "WebserverUrl",
            "access_scope": "WebserverAccessMode",
            "subnets": "NetworkConfiguration.SubnetIds",
            "encryption_key": "KmsKey",
            "created_at": "CreatedAt",
        },
        tags="Tags",
        links=(
            Link("reads_from", "aws.s3.bucket", "SourceBucketArn"),
            Link("assumes", "aws.iam.role", "ExecutionRoleArn"),
            Link("encrypted_by", "aws.kms.key", "KmsKey"),
            Link("runs_in", "aws.ec2.subnet", "NetworkConfiguration.SubnetIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "NetworkConfiguration.SecurityGroupIds[]"),
            Link("logs_to", "aws.logs.log_group", "$LogGroups[]"),
        ),
        aliases=(Alias("dns", "WebserverUrl"),),
        sensitive=frozenset({"AirflowConfigurationOptions"}),
    ),
)
