"""EKS, ECS and ECR."""

from __future__ import annotations

from typing import Any

from collectors.aws.documents import last_segment
from collectors.aws.instance_types import PER_MACHINE, Machines
from collectors.aws.rows import Call
from normalize.model import Alias, Category, Field, Kind, Link, Template

_GONE = ("ResourceNotFoundException",)


def _is_spot(capacity: Any) -> bool:
    return bool(capacity == "SPOT")


def _taints(items: Any) -> list[str]:
    return [f"{t.get('key')}={t.get('value', '')}:{t.get('effect')}" for t in items]


def _enabled_logs(setups: Any) -> list[str]:
    return [t for s in setups if s.get("enabled") for t in s.get("types", [])]


KINDS = (
    Kind(
        name="aws.eks.cluster",
        category=Category.CLUSTER,
        fetch=Call(
            "eks",
            "ListClusters",
            items="clusters",
            item="name",
            page=100,
            detail=(Call("eks", "DescribeCluster", items="cluster", params={"name": "{name}"}, gone=_GONE),),
        ),
        id=Template("arn:{@partition}:eks:{@place}:{@account}:cluster/{name}"),
        native="name",
        fields={
            "name": "name",
            "state": "status",
            "kubernetes_version": "version",
            "version": "platformVersion",
            "endpoint": "endpoint",
            "role": "roleArn",
            "subnets": "resourcesVpcConfig.subnetIds",
            "security_groups": "resourcesVpcConfig.securityGroupIds",
            "public": "resourcesVpcConfig.endpointPublicAccess",
            "log_types": Field("logging.clusterLogging", _enabled_logs),
            "created_at": "createdAt",
        },
        tags="tags",
        links=(
            Link("runs_in", "aws.ec2.vpc", "resourcesVpcConfig.vpcId"),
            Link("runs_in", "aws.ec2.subnet", "resourcesVpcConfig.subnetIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "resourcesVpcConfig.securityGroupIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "resourcesVpcConfig.clusterSecurityGroupId"),
            Link("assumes", "aws.iam.role", "roleArn"),
            Link("encrypted_by", "aws.kms.key", "encryptionConfig[].provider.keyArn"),
        ),
        aliases=(Alias("uri", "endpoint"), Alias("id", Template("oidc:{identity.oidc.issuer}"))),
        quiet=frozenset({"identity"}),
    ),
    Kind(
        name="aws.eks.nodegroup",
        category=Category.NODE_POOL,
        fetch=Call(
            "eks",
            "ListNodegroups",
            items="nodegroups",
            item="nodegroupName",
            params={"clusterName": "{name}"},
            under="aws.eks.cluster",
            gone=_GONE,
            page=100,
            detail=(
                Call(
                    "eks",
                    "DescribeNodegroup",
                    items="nodegroup",
                    gone=_GONE,
                    params={"clusterName": "{$parent.name}", "nodegroupName": "{nodegroupName}"},
                ),
            ),
            lookups=(Machines((("instanceTypes[]", ""),)),),
        ),
        # The ARN ends in a UUID that only DescribeNodegroup tells; it is an alias.
        id=Template("arn:{@partition}:eks:{@place}:{@account}:nodegroup/{$parent.name}/{nodegroupName}"),
        native=Template("{$parent.name}/{nodegroupName}"),
        fields={
            "name": "nodegroupName",
            "cluster": "$parent.name",
            "state": "status",
            "kubernetes_version": "version",
            "os_image": "amiType",
            "instance_types": "instanceTypes",
            "spot": Field("capacityType", _is_spot),
            "desired_count": "scalingConfig.desiredSize",
            "min_count": "scalingConfig.minSize",
            "max_count": "scalingConfig.maxSize",
            "labels": "labels",
            "taints": Field("taints", _taints),
            "subnets": "subnets",
            "role": "nodeRole",
            "created_at": "createdAt",
            **PER_MACHINE,
        },
        tags="tags",
        links=(
            Link("member_of", "aws.eks.cluster", "$parent.name"),
            Link("assumes", "aws.iam.role", "nodeRole"),
            Link("runs_in", "aws.ec2.subnet", "subnets[]"),
            Link("started_from", "aws.ec2.launch_template", "launchTemplate.id"),
            Link("starts", "aws.autoscaling.group", "resources.autoScalingGroups[].name"),
        ),
        aliases=(Alias("arn", "nodegroupArn"),),
        quiet=frozenset({"$parent"}),
    ),
    Kind(
        name="aws.ecs.cluster",
        category=Category.CLUSTER,
        fetch=Call(
            "ecs",
            "ListClusters",
            items="clusterArns",
            item="clusterArn",
            page=100,
            detail=(
                Call(
                    "ecs",
                    "DescribeClusters",
                    items="clusters[0]",
                    params={"clusters": ["{clusterArn}"], "include": ["TAGS", "SETTINGS"]},
                ),
            ),
        ),
        id="clusterArn",
        native="clusterName",
        fields={
            "name": Field("clusterArn", last_segment),
            "state": "status",
            "instance_count": "registeredContainerInstancesCount",
            "capabilities": "capacityProviders",
        },
        tags="tags",
    ),
    Kind(
        name="aws.ecs.service",
        category=Category.WORKLOAD,
        fetch=Call(
            "ecs",
            "ListServices",
            items="serviceArns",
            item="serviceArn",
            params={"cluster": "{clusterArn}"},
            under="aws.ecs.cluster",
            gone=("ClusterNotFoundException",),
            page=100,
            detail=(
                Call(
                    "ecs",
                    "DescribeServices",
                    items="services[0]",
                    params={"cluster": "{$parent.clusterArn}", "services": ["{serviceArn}"], "include": ["TAGS"]},
                ),
                Call(
                    "ecs",
                    "DescribeTaskDefinition",
                    items="taskDefinition",
                    into="$TaskDefinition",
                    params={"taskDefinition": "{taskDefinition}"},
                ),
            ),
        ),
        id="serviceArn",
        native="serviceArn",
        fields={
            "name": Field("serviceArn", last_segment),
            "state": "status",
            "type": "launchType",
            "desired_count": "desiredCount",
            "ready_count": "runningCount",
            "images": "$TaskDefinition.containerDefinitions[].image",
            "role": "$TaskDefinition.taskRoleArn",
            "network_mode": "$TaskDefinition.networkMode",
            "created_at": "createdAt",
        },
        tags="tags",
        links=(
            Link("member_of", "aws.ecs.cluster", "$parent.clusterArn"),
            Link("uses_image", "aws.ecr.repository", "$TaskDefinition.containerDefinitions[].image"),
            Link("assumes", "aws.iam.role", "$TaskDefinition.taskRoleArn"),
            Link("assumes", "aws.iam.role", "$TaskDefinition.executionRoleArn"),
            Link("served_by", "aws.elbv2.target_group", "loadBalancers[].targetGroupArn"),
            Link("mounts", "aws.efs.file_system", "$TaskDefinition.volumes[].efsVolumeConfiguration.fileSystemId"),
        ),
        sensitive=frozenset({"$TaskDefinition.containerDefinitions[].environment"}),
        quiet=frozenset({"$parent", "events"}),
    ),
    Kind(
        name="aws.ecr.repository",
        category=Category.IMAGE_REPOSITORY,
        fetch=Call("ecr", "DescribeRepositories", items="repositories", page=1000),
        id="repositoryArn",
        native="repositoryName",
        fields={
            "name": "repositoryName",
            "endpoint": "repositoryUri",
            "immutable": Field("imageTagMutability", lambda word: str(word).startswith("IMMUTABLE")),
            "scan_on_push": "imageScanningConfiguration.scanOnPush",
            "encryption": "encryptionConfiguration.encryptionType",
            "encryption_key": "encryptionConfiguration.kmsKey",
            "created_at": "createdAt",
        },
        links=(Link("encrypted_by", "aws.kms.key", "encryptionConfiguration.kmsKey"),),
        aliases=(Alias("image", "repositoryUri"),),
        quiet=frozenset({"repositoryUri"}),
    ),
)
