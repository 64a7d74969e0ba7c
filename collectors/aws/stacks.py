"""CloudFormation: what is declared, and clusters of AWS ParallelCluster, which are stacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import count, tag
from collectors.aws.rows import Call
from normalize.identity import aws_short_name, parse_arn
from normalize.model import Category, Field, Kind, Link, Template

PARALLEL_CLUSTER = "parallelcluster:cluster-name"
"""Tag by which AWS ParallelCluster marks stacks and machines of a cluster. Source: its own tests and an answer of
its API (clusterName, tags), found by that text in public code, read 2026-11-24."""


def _declared(stack: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ids of what a stack made that name a thing anywhere: ARNs and short ids. Names say too little."""
    ids = (str(r.get("PhysicalResourceId") or "") for r in stack["$Resources"])
    return {"$Declared": [i for i in ids if parse_arn(i) or aws_short_name(i)]}


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
            Link("declares", "", "$Declared[]", optional=True),
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
