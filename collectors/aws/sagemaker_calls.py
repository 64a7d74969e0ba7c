"""How SageMaker is asked, and the parts that many of its answers share.

Owns list-describe-tags, networks, who made a thing, input channels. Refuses rows: those stand in the modules beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.rows import Call
from normalize.mapping import MISSING
from normalize.model import Field, Link

GONE = (
    "ResourceNotFound", "ResourceNotFoundException", "ValidationException:could not find",
    "ValidationException:does not exist", "ValidationException:RecordNotFound",
    "ValidationException:Requested resource not found",
)  # fmt: skip
"""SageMaker says that a thing is gone by a validation error with words. Source: aws-controllers-k8s/sagemaker-controller at
dc49707, generator.yaml (exceptions.errors.404 of each resource); the rest of a message is not looked at; read 2026-11-24."""

TAGS = "$Tags"


def tags_of(arn: str) -> Call:
    """The tags of the thing whose ARN an item has under `arn`."""
    return Call("sagemaker", "ListTags", items="Tags[]", params={"ResourceArn": f"{{{arn}}}"}, into=TAGS, gone=GONE)


def listed(
    noun: str,
    items: str,
    key: str,
    *,
    many: str = "",
    parameter: str = "",
    given: Mapping[str, str] | None = None,
    inside: str = "",
    tags: str = "",
    also: tuple[Call, ...] = (),
    page: int = 100,
    **more: Any,
) -> Call:
    """List<noun>s, then Describe<noun> by the name or ARN that the listing gives under `key`, then `also`.

    Args:
        many: the noun in the listing's name, where it is not <noun>s.
        parameter: name of Describe's parameter, where it is not `key`.
        given: further parameters of Describe.
        inside: where the thing lies in Describe's answer.
        tags: where the ARN stands by which tags are asked for; none are where empty. Jobs, of which there are too many,
            go without.
    """
    params = {parameter or key: f"{{{key}}}", **(given or {})}
    describe = Call("sagemaker", f"Describe{noun}", items=inside, params=params, gone=GONE)
    own = (tags_of(tags),) if tags else ()
    return Call(
        "sagemaker", f"List{many or noun + 's'}", items=items, page=page, detail=(describe, *own, *also), **more
    )


def vpc(at: str = "VpcConfig") -> tuple[Link, ...]:
    """Links to the subnets and security groups of a VpcConfig."""
    return (
        Link("runs_in", "aws.ec2.subnet", f"{at}.Subnets[]"),
        Link("guarded_by", "aws.ec2.security_group", f"{at}.SecurityGroupIds[]"),
    )


MADE_BY = frozenset({"CreatedBy", "LastModifiedBy"})
"""Paths that tell who did what; the maker alone is a mention."""
MAKER = Link("made_by", "aws.sagemaker.user_profile", "CreatedBy.UserProfileArn", optional=True)


def _maker(context: Any) -> Any:
    """The user profile, otherwise the identity that made a thing."""
    identity = context.get("IamIdentity") or {}
    return context.get("UserProfileName") or identity.get("Arn") or MISSING


CREATED_BY = Field("CreatedBy", _maker)


RUNNING = ("InProgress", "Stopping")
"""States of most jobs that are not over."""

EXPERIMENT = (
    Link("part_of", "aws.sagemaker.experiment", "ExperimentConfig.ExperimentName"),
    Link("part_of", "aws.sagemaker.experiment_trial", "ExperimentConfig.TrialName", optional=True),
)
"""A trial, a tuning or another job that a job belongs to may be older than the window: it may dangle."""


def renamed(item: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """What an item has under their names, under ours: {ours: theirs}."""
    return {ours: item[theirs] for ours, theirs in names.items() if theirs in item}


def channels(items: Any) -> list[dict[str, Any]]:
    """Inputs of a training job: name, where it lies, type, mode."""
    return [_channel(channel) for channel in items]


def _channel(channel: Mapping[str, Any]) -> dict[str, Any]:
    source = channel.get("DataSource", {})
    files = source.get("FileSystemDataSource", {})
    found = {
        **renamed(channel, {"name": "ChannelName", "content_type": "ContentType", "mode": "InputMode"}),
        "uri": source.get("S3DataSource", {}).get("S3Uri")
        or files.get("FileSystemId")
        or source.get("DatasetSource", {}).get("DatasetArn"),
        "path": files.get("DirectoryPath"),
    }
    return {key: value for key, value in found.items() if value is not None}


def channel_links(at: str) -> tuple[Link, ...]:
    """Links to what input channels read."""
    return (
        Link("reads_from", "aws.s3.bucket", f"{at}[].DataSource.S3DataSource.S3Uri"),
        Link("reads_from", "aws.efs.file_system", f"{at}[].DataSource.FileSystemDataSource.FileSystemId"),
        Link("reads_from", "aws.sagemaker.hub_content", f"{at}[].DataSource.DatasetSource.DatasetArn"),
    )


def enabled(word: Any) -> bool:
    """Whether a switch is on: "Enabled", "ENABLED"."""
    return str(word).lower() == "enabled"


def minutes(value: Any) -> int:
    """Minutes as seconds."""
    return int(value) * 60
