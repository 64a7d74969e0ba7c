"""CloudFormation: what is declared, and clusters of AWS ParallelCluster, which are stacks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.aws.documents import count, tag
from collectors.aws.rows import Call
from normalize.identity import Arn, Name, arn_name, aws_short_name, native_key, parse_arn, uri_name
from normalize.mapping import LINKS
from normalize.model import Category, Field, Kind, Link, Scope, Template

PARALLEL_CLUSTER = "parallelcluster:cluster-name"
"""Tag by which AWS ParallelCluster marks stacks and machines of a cluster. Source: its own tests and an answer of
its API (clusterName, tags), found by that text in public code, read 2026-11-24."""


_ARNS: Mapping[str, str] = {
    "AWS::S3::Bucket": "s3:::{id}",
    "AWS::Lambda::Function": "lambda:{place}:{account}:function:{id}",
    "AWS::DynamoDB::Table": "dynamodb:{place}:{account}:table/{id}",
    "AWS::Logs::LogGroup": "logs:{place}:{account}:log-group:{id}",
    "AWS::ECR::Repository": "ecr:{place}:{account}:repository/{id}",
    "AWS::EKS::Cluster": "eks:{place}:{account}:cluster/{id}",
    "AWS::ECS::Cluster": "ecs:{place}:{account}:cluster/{id}",
    "AWS::KMS::Key": "kms:{place}:{account}:key/{id}",
    "AWS::RDS::DBInstance": "rds:{place}:{account}:db:{id}",
    "AWS::RDS::DBCluster": "rds:{place}:{account}:cluster:{id}",
    "AWS::Kinesis::Stream": "kinesis:{place}:{account}:stream/{id}",
    "AWS::KinesisFirehose::DeliveryStream": "firehose:{place}:{account}:deliverystream/{id}",
    "AWS::CloudWatch::Alarm": "cloudwatch:{place}:{account}:alarm:{id}",
    "AWS::Glue::Job": "glue:{place}:{account}:job/{id}",
    "AWS::OpenSearchService::Domain": "es:{place}:{account}:domain/{id}",
    "AWS::SageMaker::Pipeline": "sagemaker:{place}:{account}:pipeline/{id}",
    "AWS::SageMaker::FeatureGroup": "sagemaker:{place}:{account}:feature-group/{id}",
}
"""Types whose physical id is a name -> the ARN that it makes. Source: primaryIdentifier of the resource schemas in cfn-lint; ARN formats of
the Service Authorization Reference; read 2026-11-24."""
_NAMED: Mapping[str, tuple[str, str]] = {
    "AWS::IAM::Role": ("aws.iam.role", "account"),
    "AWS::IAM::User": ("aws.iam.user", "account"),
    "AWS::IAM::InstanceProfile": ("aws.iam.instance_profile", "account"),
    "AWS::AutoScaling::AutoScalingGroup": ("aws.autoscaling.group", "place"),
}
"""Types whose physical id is a name that makes no ARN alone: our kind, and how far the name is unique."""
_ASPECT = re.compile(
    r".*(?:Attachment|Association|(?<!Managed)(?<!Scaling)Policy|Permission|RotationSchedule|Ingress|Egress)"
)
"""Types of what is said about another thing: their physical id may be that thing's."""
_LEFT = frozenset({"DELETE_COMPLETE", "DELETE_SKIPPED"})
"""States of what a stack does not declare any more. Source: botocore 1.44.5, CloudFormation, ResourceStatus."""


def _declared(stack: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a stack made, by every id that names a thing of which we know the kind."""
    home = parse_arn(stack["StackId"])
    links = [
        {
            "verb": "declares", "key": name.key, "path": str(r.get("LogicalResourceId") or "$"), "value": str(r["PhysicalResourceId"]),
            "target": name.target, "provider": "aws", "account": name.account, "place": name.place, "optional": True,
        }
        for r in stack["$Resources"]
        if home and r.get("PhysicalResourceId") and r.get("ResourceStatus") not in _LEFT
        for name in _named(str(r.get("ResourceType") or ""), str(r["PhysicalResourceId"]), home)
    ]  # fmt: skip
    return {LINKS: links}


def _named(type_: str, id_: str, home: Arn) -> Iterator[Name]:
    if _ASPECT.fullmatch(type_):
        return
    if type_ in _NAMED:
        kind, within = _NAMED[type_]
        place = home.region if within == "place" else ""
        yield Name(
            native_key(kind, within, Scope("aws", home.account, home.region), id_), kind, "aws", home.account, place
        )
        return
    made = _ARNS.get(type_, "").format(id=id_, place=home.region, account=home.account)
    if name := arn_name(f"arn:{home.partition}:{made}" if made else id_):
        yield name
    elif type_ == "AWS::SQS::Queue" and (queue := uri_name(id_)) and queue.target == "aws.sqs.queue":
        yield queue
    elif short := aws_short_name(id_.rpartition("|")[2]):
        yield short._replace(account=home.account, place=home.region)


def _types(resources: Any) -> list[str]:
    return sorted({str(r["ResourceType"]) for r in resources})


def _of_parallel_cluster(stack: Mapping[str, Any]) -> bool:
    tags = {t.get("Key") for t in stack.get("Tags") or ()}
    return PARALLEL_CLUSTER in tags and not stack.get("ParentId")


def _cluster_name(stack: Mapping[str, Any]) -> Mapping[str, Any]:
    tags = {t["Key"]: t["Value"] for t in stack.get("Tags") or ()}
    return {"$Name": tags[PARALLEL_CLUSTER]} if PARALLEL_CLUSTER in tags else {}


def _keys(parameters: Any) -> list[str]:
    return [str(p["ParameterKey"]) for p in parameters]


KINDS = (
    Kind(
        name="aws.cloudformation.stack",
        category=Category.SETTINGS,
        fetch=Call(
            "cloudformation",
            "DescribeStacks",
            items="Stacks",
            itself=Call(
                "cloudformation",
                "DescribeStacks",
                items="Stacks",
                params={"StackName": "{StackId}"},
                gone=("ValidationError:does not exist",),
            ),
            detail=(
                Call(
                    "cloudformation",
                    "ListStackResources",
                    items="StackResourceSummaries[]",
                    params={"StackName": "{StackId}"},
                    gone=("ValidationError:does not exist",),
                    into="$Resources",
                    derive=_declared,
                ),
            ),
        ),
        id="StackId",
        native="StackName",
        fields={
            "name": "StackName",
            "description": "Description",
            "state": "StackStatus",
            "failure_reason": "StackStatusReason",
            "drift": "DriftInformation.StackDriftStatus",
            "resource_count": Field("$Resources", count),
            "resource_types": Field("$Resources", _types),
            "keys": Field("Parameters", _keys),
            "deletion_protected": "EnableTerminationProtection",
            "role": "RoleARN",
            "created_at": "CreationTime",
            "modified_at": "LastUpdatedTime",
        },
        tags="Tags",
        links=(
            Link("part_of", "aws.cloudformation.stack", "ParentId"),
            Link("assumes", "aws.iam.role", "RoleARN"),
            Link("notifies", "aws.sns.topic", "NotificationARNs[]"),
        ),
        sensitive=frozenset({"Parameters[].ParameterValue", "Parameters[].ResolvedValue", "Outputs[].OutputValue"}),
        quiet=frozenset({"$Resources", "RootId", "Outputs"}),
    ),
    Kind(
        name="aws.parallelcluster.cluster",
        category=Category.CLUSTER,
        fetch=Call("cloudformation", "DescribeStacks", items="Stacks", keep=_of_parallel_cluster, derive=_cluster_name),
        id=Template("arn:{@partition}:parallelcluster:{@place}:{@account}:cluster/{$Name}"),
        native="$Name",
        fields={
            "name": "$Name",
            "state": "StackStatus",
            "version": Field("Tags", tag("parallelcluster:version")),
            "created_at": "CreationTime",
            "modified_at": "LastUpdatedTime",
        },
        tags="Tags",
        links=(Link("declared_by", "aws.cloudformation.stack", "StackId"),),
        sensitive=frozenset({"Parameters[].ParameterValue", "Parameters[].ResolvedValue", "Outputs[].OutputValue"}),
        quiet=frozenset({"RootId", "Outputs"}),
    ),
)
