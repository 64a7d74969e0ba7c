"""AWS Parallel Computing Service: clusters of Slurm, their machines and queues."""

from __future__ import annotations

from typing import Any

from collectors.aws.documents import texts
from collectors.aws.instance_types import PER_MACHINE, Machines
from collectors.aws.machine_images import IMAGE, MachineImages
from collectors.aws.rows import Call
from normalize.model import Category, Field, Kind, Link

_GONE = ("ResourceNotFoundException",)


def _endpoints(found: Any) -> list[str]:
    return [f"{e.get('privateIpAddress')}:{e.get('port')}" for e in found]


KINDS = (
    Kind(
        name="aws.pcs.cluster",
        category=Category.CLUSTER,
        fetch=Call(
            "pcs",
            "ListClusters",
            items="clusters",
            page=100,
            detail=(Call("pcs", "GetCluster", items="cluster", params={"clusterIdentifier": "{id}"}, gone=_GONE),),
        ),
        id="arn",
        native="id",
        fields={
            "name": "name",
            "state": "status",
            "engine": "scheduler.type",
            "engine_version": "scheduler.version",
            "size_class": "size",
            "idle_timeout_seconds": "slurmConfiguration.scaleDownIdleTimeInSeconds",
            "addresses": Field("endpoints", _endpoints),
            "subnets": "networking.subnetIds",
            "security_groups": "networking.securityGroupIds",
            "problems": Field("errorInfo", texts("code")),
            "created_at": "createdAt",
            "modified_at": "modifiedAt",
        },
        links=(
            Link("runs_in", "aws.ec2.subnet", "networking.subnetIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "networking.securityGroupIds[]"),
            Link("password_in", "aws.secretsmanager.secret", "slurmConfiguration.authKey.secretArn"),
        ),
        quiet=frozenset({"endpoints"}),
    ),
    Kind(
        name="aws.pcs.compute_node_group",
        category=Category.NODE_POOL,
        fetch=Call(
            "pcs",
            "ListComputeNodeGroups",
            items="computeNodeGroups",
            params={"clusterIdentifier": "{id}"},
            under="aws.pcs.cluster",
            gone=_GONE,
            page=100,
            detail=(
                Call(
                    "pcs",
                    "GetComputeNodeGroup",
                    items="computeNodeGroup",
                    params={"clusterIdentifier": "{clusterId}", "computeNodeGroupIdentifier": "{id}"},
                    gone=_GONE,
                ),
            ),
            lookups=(Machines((("instanceConfigs[].instanceType", ""),)), MachineImages(("amiId",))),
        ),
        id="arn",
        native="id",
        fields={
            "name": "name",
            "state": "status",
            "cluster": "$parent.name",
            "instance_types": Field("instanceConfigs", texts("instanceType")),
            "min_count": "scalingConfiguration.minInstanceCount",
            "max_count": "scalingConfiguration.maxInstanceCount",
            "lifecycle": "purchaseOption",
            "machine_image_id": "amiId",
            "subnets": "subnetIds",
            "problems": Field("errorInfo", texts("code")),
            "created_at": "createdAt",
            **IMAGE,
            **PER_MACHINE,
        },
        links=(
            Link("member_of", "aws.pcs.cluster", "$parent.arn"),
            Link("started_from", "aws.ec2.launch_template", "customLaunchTemplate.id"),
            Link("assumes", "aws.iam.instance_profile", "iamInstanceProfileArn"),
            Link("runs_in", "aws.ec2.subnet", "subnetIds[]"),
        ),
        quiet=frozenset({"$parent"}),
    ),
    Kind(
        name="aws.pcs.queue",
        category=Category.BATCH_QUEUE,
        fetch=Call(
            "pcs",
            "ListQueues",
            items="queues",
            params={"clusterIdentifier": "{id}"},
            under="aws.pcs.cluster",
            gone=_GONE,
            page=100,
            detail=(
                Call(
                    "pcs",
                    "GetQueue",
                    items="queue",
                    params={"clusterIdentifier": "{clusterId}", "queueIdentifier": "{id}"},
                    gone=_GONE,
                ),
            ),
        ),
        id="arn",
        native="id",
        fields={"name": "name", "state": "status", "cluster": "$parent.name", "created_at": "createdAt"},
        links=(
            Link("member_of", "aws.pcs.cluster", "$parent.arn"),
            Link("runs_on", "aws.pcs.compute_node_group", "computeNodeGroupConfigurations[].computeNodeGroupId"),
        ),
        quiet=frozenset({"$parent"}),
    ),
)
