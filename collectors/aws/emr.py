"""Amazon EMR: clusters of machines, serverless applications, and clusters that live in a namespace of EKS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from collectors.aws.instance_types import TOTAL, Machines
from collectors.aws.machine_images import IMAGE, MachineImages
from collectors.aws.rows import Call
from normalize.model import Category, Field, Kind, Link

_LIVE = ("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING")


def _since(since: datetime) -> Sequence[Mapping[str, Any]]:
    """What was made since, and of what was made before that which still lives."""
    return ({"CreatedAfter": since}, {"CreatedBefore": since, "ClusterStates": list(_LIVE)})


def _collection(cluster: Mapping[str, Any]) -> Mapping[str, Any]:
    """Which of two listings tells a cluster's machines: the other one refuses it."""
    kind = {"INSTANCE_GROUP": "$GroupsOf", "INSTANCE_FLEET": "$FleetsOf"}.get(str(cluster["InstanceCollectionType"]))
    return {kind: cluster["Id"]} if kind else {}


def _applications(found: Any) -> list[str]:
    return [f"{a['Name']} {a['Version']}" if a.get("Version") else str(a["Name"]) for a in found]


def _groups(payload: Any) -> list[dict[str, Any]]:
    groups = [
        {"name": g.get("InstanceGroupType"), "instance_type": g.get("InstanceType"), "count": g.get("RunningInstanceCount"),
         "desired_count": g.get("RequestedInstanceCount"), "market": g.get("Market")}
        for g in payload.get("$Groups") or ()
    ]  # fmt: skip
    fleets = [
        {"name": f.get("InstanceFleetType"), "instance_types": [t.get("InstanceType") for t in f.get("InstanceTypeSpecifications", ())],
         "on_demand_count": f.get("TargetOnDemandCapacity"), "spot_count": f.get("TargetSpotCapacity")}
        for f in payload.get("$Fleets") or ()
    ]  # fmt: skip
    return groups + fleets


def _steps(steps: Any) -> list[dict[str, Any]]:
    return [
        {"id": s.get("Id"), "name": s.get("Name"), "state": (s.get("Status") or {}).get("State"),
         "start": ((s.get("Status") or {}).get("Timeline") or {}).get("StartDateTime")}
        for s in steps
    ]  # fmt: skip


def _capacity(limits: Any) -> dict[str, Any]:
    return {k: limits[k] for k in ("cpu", "memory", "disk") if k in limits}


_BY_ID = {"ClusterId": "{Id}"}
_AT = "Ec2InstanceAttributes"

KINDS = (
    Kind(
        name="aws.emr.cluster",
        category=Category.CLUSTER,
        fetch=Call(
            "emr",
            "ListClusters",
            items="Clusters",
            window=_since,
            detail=(
                Call("emr", "DescribeCluster", items="Cluster", params=_BY_ID, derive=_collection),
                Call(
                    "emr",
                    "ListInstanceGroups",
                    items="InstanceGroups[]",
                    into="$Groups",
                    params={"ClusterId": "{$GroupsOf}"},
                ),
                Call(
                    "emr",
                    "ListInstanceFleets",
                    items="InstanceFleets[]",
                    into="$Fleets",
                    params={"ClusterId": "{$FleetsOf}"},
                ),
                Call("emr", "ListSteps", items="Steps", into="$Steps", params=_BY_ID),  # the latest: one page
            ),
            lookups=(
                Machines((("$Groups[].InstanceType", "$Groups[].RequestedInstanceCount"),)),
                MachineImages(("CustomAmiId",)),
            ),
        ),
        id="ClusterArn",
        native="Id",
        fields={
            "name": "Name",
            "state": "Status.State",
            "failure_reason": "Status.StateChangeReason.Message",
            "version": "ReleaseLabel",
            "os": "OSReleaseLabel",
            "frameworks": Field("Applications", _applications),
            "node_groups": Field("", _groups),
            "recent_runs": Field("$Steps", _steps),
            "deletion_protected": "TerminationProtected",
            "role": "ServiceRole",
            "zone": f"{_AT}.Ec2AvailabilityZone",
            "key_pair": f"{_AT}.Ec2KeyName",
            "endpoint": "MasterPublicDnsName",
            "created_at": "Status.Timeline.CreationDateTime",
            "ended_at": "Status.Timeline.EndDateTime",
            **IMAGE,
            **TOTAL,
        },
        tags="Tags",
        links=(
            Link("runs_in", "aws.ec2.subnet", f"{_AT}.Ec2SubnetId"),
            Link("guarded_by", "aws.ec2.security_group", f"{_AT}.EmrManagedMasterSecurityGroup"),
            Link("guarded_by", "aws.ec2.security_group", f"{_AT}.EmrManagedSlaveSecurityGroup"),
            Link("assumes", "aws.iam.instance_profile", f"{_AT}.IamInstanceProfile", within="account"),
            Link("writes_to", "aws.s3.bucket", "LogUri"),
            Link("encrypted_by", "aws.kms.key", "LogEncryptionKmsKeyId"),
        ),
        sensitive=frozenset(
            {
                "Configurations",
                "KerberosAttributes",
                "$Steps[].Config.Args",
                "$Steps[].Config.Properties",
                "$Groups[].Configurations",
                "$Fleets[].InstanceTypeSpecifications[].Configurations",
            }
        ),
        quiet=frozenset({"$Steps", "$Groups", "$Fleets", "MasterPublicDnsName"}),
    ),
    Kind(
        name="aws.emrserverless.application",
        category=Category.CLUSTER,
        fetch=Call(
            "emr-serverless",
            "ListApplications",
            items="applications",
            page=50,
            detail=(
                Call(
                    "emr-serverless",
                    "GetApplication",
                    items="application",
                    params={"applicationId": "{id}"},
                    gone=("ResourceNotFoundException",),
                ),
            ),
        ),
        id="arn",
        native="id",
        fields={
            "name": "name",
            "state": "state",
            "type": "type",
            "version": "releaseLabel",
            "architecture": "architecture",
            "image": "imageConfiguration.imageUri",
            "limits": Field("maximumCapacity", _capacity),
            "max_run_count": "schedulerConfiguration.maxConcurrentRuns",
            "subnets": "networkConfiguration.subnetIds",
            "created_at": "createdAt",
            "modified_at": "updatedAt",
        },
        tags="tags",
        links=(
            Link("uses_image", "aws.ecr.repository", "imageConfiguration.imageUri"),
            Link("runs_in", "aws.ec2.subnet", "networkConfiguration.subnetIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "networkConfiguration.securityGroupIds[]"),
            Link("writes_to", "aws.s3.bucket", "monitoringConfiguration.s3MonitoringConfiguration.logUri"),
            Link("encrypted_by", "aws.kms.key", "diskEncryptionConfiguration.encryptionKeyArn"),
        ),
        sensitive=frozenset({"runtimeConfiguration"}),
    ),
    Kind(
        name="aws.emrcontainers.virtual_cluster",
        category=Category.NAMESPACE,
        fetch=Call("emr-containers", "ListVirtualClusters", items="virtualClusters", page=100),
        id="arn",
        native="id",
        fields={
            "name": "name",
            "state": "state",
            "cluster": "containerProvider.id",
            "namespace": "containerProvider.info.eksInfo.namespace",
            "created_at": "createdAt",
        },
        tags="tags",
        links=(Link("runs_in", "aws.eks.cluster", "containerProvider.id"),),
    ),
)
