"""ECS: clusters, the machines under them, and what runs there, by service or alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.aws.described import Described
from collectors.aws.documents import last_segment
from collectors.aws.instance_types import PER_MACHINE, Machines
from collectors.aws.rows import Call
from normalize.mapping import MISSING
from normalize.model import Category, Field, Kind, Link, Template
from normalize.units import GIB, MIB, times

_PROVIDED = ("FARGATE", "FARGATE_SPOT")
_DEVICES = ("GPU", "InferenceAccelerator", "NeuronDevice")
_BATCH = 100
"""Tasks and container instances that one call tells. Source: botocore 1.44.5, ECS DescribeTasks and
DescribeContainerInstances; read 2026-11-24."""


def _family(arn: str) -> str:
    """A task definition without its revision: "…task-definition/serve:12" -> "…task-definition/serve"."""
    head, slash, tail = arn.rpartition("/")
    return f"{head}{slash}{tail.partition(':')[0]}"


def _of_family(item: Mapping[str, Any]) -> Mapping[str, Any]:
    arn = item.get("taskDefinition") or item.get("taskDefinitionArn")
    return {"$Family": _family(arn)} if isinstance(arn, str) and arn.startswith("arn:") else {}


def _requirements(container: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (r for r in container.get("resourceRequirements") or () if r.get("type") in _DEVICES)


def _accelerators(containers: Any) -> int:
    """Devices that a task's containers ask for. An inference accelerator is named, not counted: it is one."""
    values = [str(r.get("value", "")) for c in containers for r in _requirements(c)]
    return sum(int(v) if v.isdecimal() else 1 for v in values)


def _containers(containers: Any) -> list[dict[str, Any]]:
    names = {"name": "name", "image": "image", "cpu": "cpu", "memory_mib": "memory", "essential": "essential"}
    found = []
    for container in containers:
        kept = {ours: container[theirs] for ours, theirs in names.items() if theirs in container}
        asked = {str(r["type"]): r.get("value") for r in _requirements(container)}
        found.append(kept | ({"accelerators": asked} if asked else {}))
    return found


def _volumes(volumes: Any) -> list[dict[str, Any]]:
    backed = ("host", "efsVolumeConfiguration", "fsxWindowsFileServerVolumeConfiguration", "dockerVolumeConfiguration")
    return [{"name": v.get("name"), "type": next((b for b in backed if v.get(b)), "ephemeral")} for v in volumes]


def _cpus(units: Any) -> float:
    """CPUs of a task: 1024 units are one. Source: botocore 1.44.5, ECS TaskDefinition, cpu; read 2026-11-24."""
    return float(units) / 1024


def _strategy(words: Any) -> list[str]:
    return [str(w["capacityProvider"]) for w in words]


def _insights(settings: Any) -> Any:
    return next((s.get("value") != "disabled" for s in settings if s.get("name") == "containerInsights"), MISSING)


def _public(word: Any) -> bool:
    return bool(word == "ENABLED")


def _of_machine(item: Mapping[str, Any]) -> Mapping[str, Any]:
    attributes = {a.get("name"): a.get("value") for a in item.get("attributes") or ()}
    kind = attributes.get("ecs.instance-type")
    return {"$Type": kind} if kind else {}


def _registered(name: str, factor: int = 1) -> Any:
    """An amount that a machine offers to tasks."""

    def find(resources: Any) -> Any:
        return next((int(r["integerValue"]) * factor for r in resources if r.get("name") == name), MISSING)

    return find


def _scaling(managed: Any) -> dict[str, Any]:
    names = {"state": "status", "target_percent": "targetCapacity"}
    return {ours: managed[theirs] for ours, theirs in names.items() if theirs in managed}


_CONTAINERS = "containerDefinitions[]"
_RAN = "$TaskDefinition"
_MANAGED = "managedInstancesProvider.instanceLaunchTemplate"
_HIDDEN = ("environment", "command", "entryPoint", "healthCheck.command", "dockerLabels")


def _definition_links(at: str = "") -> tuple[Link, ...]:
    """Mentions of a task definition; `at` says where it stands: "" or "PATH."."""
    return (
        Link("uses_image", "aws.ecr.repository", f"{at}{_CONTAINERS}.image"),
        Link("assumes", "aws.iam.role", f"{at}taskRoleArn"),
        Link("assumes", "aws.iam.role", f"{at}executionRoleArn"),
        Link("mounts", "aws.efs.file_system", f"{at}volumes[].efsVolumeConfiguration.fileSystemId"),
        Link("mounts", "aws.fsx.file_system", f"{at}volumes[].fsxWindowsFileServerVolumeConfiguration.fileSystemId"),
        Link("reads", "", f"{at}{_CONTAINERS}.secrets[].valueFrom"),
        Link("reads_from", "aws.s3.bucket", f"{at}{_CONTAINERS}.environmentFiles[].value"),
        Link("logs_to", "aws.logs.log_group", f"{at}{_CONTAINERS}.logConfiguration.options.awslogs-group"),
    )


KINDS = (
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
                    params={"clusters": ["{clusterArn}"], "include": ["TAGS", "SETTINGS", "CONFIGURATIONS"]},
                ),
            ),
        ),
        id="clusterArn",
        native="clusterName",
        fields={
            "name": Field("clusterArn", last_segment),
            "state": "status",
            "instance_count": "registeredContainerInstancesCount",
            "running_count": "runningTasksCount",
            "pending_count": "pendingTasksCount",
            "service_count": "activeServicesCount",
            "capabilities": "capacityProviders",
            "strategy_order": Field("defaultCapacityProviderStrategy", _strategy),
            "monitored": Field("settings", _insights),
            "namespace": "serviceConnectDefaults.namespace",
        },
        tags="tags",
        links=(
            Link("runs_on", "aws.ecs.capacity_provider", "capacityProviders[]", optional=True),
            Link("encrypted_by", "aws.kms.key", "configuration.executeCommandConfiguration.kmsKeyId"),
            Link("encrypted_by", "aws.kms.key", "configuration.managedStorageConfiguration.kmsKeyId"),
            Link(
                "logs_to",
                "aws.logs.log_group",
                "configuration.executeCommandConfiguration.logConfiguration.cloudWatchLogGroupName",
            ),
        ),
    ),
    Kind(
        name="aws.ecs.capacity_provider",
        category=Category.SETTINGS,  # says how a group of machines grows; what they are, the group knows
        fetch=Call(
            "ecs",
            "DescribeCapacityProviders",
            items="capacityProviders",
            params={"include": ["TAGS"]},
            keep=lambda item: item.get("name") not in _PROVIDED and not item.get("managedInstancesProvider"),
        ),
        id="capacityProviderArn",
        native="name",
        fields={
            "name": "name",
            "state": "status",
            "type": "type",
            "scaling": Field("autoScalingGroupProvider.managedScaling", _scaling),
        },
        tags="tags",
        links=(Link("starts", "aws.autoscaling.group", "autoScalingGroupProvider.autoScalingGroupArn"),),
    ),
    Kind(
        name="aws.ecs.managed_capacity_provider",
        category=Category.NODE_POOL,
        # These belong to one cluster and are told only when that is asked for.
        fetch=Call(
            "ecs",
            "DescribeCapacityProviders",
            items="capacityProviders",
            params={"cluster": "{clusterArn}", "include": ["TAGS"]},
            under="aws.ecs.cluster",
            gone=("ClusterNotFoundException",),
            keep=lambda item: bool(item.get("managedInstancesProvider")),
            lookups=(Machines(((f"{_MANAGED}.instanceRequirements.allowedInstanceTypes[]", ""),)),),
        ),
        id="capacityProviderArn",
        native="name",
        fields={
            "name": "name",
            "state": "status",
            "type": "type",
            "requests": f"{_MANAGED}.instanceRequirements",
            "lifecycle": f"{_MANAGED}.capacityOptionType",
            "ephemeral_storage_bytes": Field(f"{_MANAGED}.storageConfiguration.storageSizeGiB", times(GIB)),
            "role": "managedInstancesProvider.infrastructureRoleArn",
            **PER_MACHINE,
        },
        tags="tags",
        links=(
            Link("member_of", "aws.ecs.cluster", "$parent.clusterArn"),
            Link("assumes", "aws.iam.role", "managedInstancesProvider.infrastructureRoleArn"),
            Link("assumes", "aws.iam.instance_profile", f"{_MANAGED}.ec2InstanceProfileArn"),
            Link("runs_in", "aws.ec2.subnet", f"{_MANAGED}.networkConfiguration.subnets[]"),
            Link("guarded_by", "aws.ec2.security_group", f"{_MANAGED}.networkConfiguration.securityGroups[]"),
        ),
        quiet=frozenset({"$parent"}),
    ),
    Kind(
        name="aws.ecs.container_instance",
        category=Category.NODE,
        fetch=Call(
            "ecs",
            "ListContainerInstances",
            items="containerInstanceArns",
            item="containerInstanceArn",
            params={"cluster": "{clusterArn}"},
            under="aws.ecs.cluster",
            gone=("ClusterNotFoundException",),
            page=100,
            lookups=(
                Described(
                    Call("ecs", "DescribeContainerInstances", items="containerInstances", params={"include": ["TAGS"]}),
                    name="containerInstanceArn",
                    asked="containerInstances",
                    size=_BATCH,
                    key="containerInstanceArn",
                    given={"cluster": "$parent.clusterArn"},
                    derive=_of_machine,
                ),
                Machines((("$Type", ""),)),
            ),
        ),
        id="containerInstanceArn",
        native="containerInstanceArn",
        fields={
            "name": Field("containerInstanceArn", last_segment),
            "state": "status",
            "instance_type": "$Type",
            "ready": "agentConnected",
            "version": "versionInfo.agentVersion",
            "container_runtime": "versionInfo.dockerVersion",
            "running_count": "runningTasksCount",
            "memory_allocatable_bytes": Field("registeredResources", _registered("MEMORY", MIB)),
            "created_at": "registeredAt",
            **PER_MACHINE,
        },
        tags="tags",
        links=(
            Link("member_of", "aws.ecs.cluster", "$parent.clusterArn"),
            Link("runs_on", "aws.ec2.instance", "ec2InstanceId", optional=True),  # of ECS Anywhere: a machine elsewhere
        ),
        quiet=frozenset({"$parent", "attributes"}),
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
                    derive=_of_family,
                ),
                Call(
                    "ecs",
                    "DescribeTaskDefinition",
                    items="taskDefinition",
                    into=_RAN,
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
            "strategy": "schedulingStrategy",
            "strategy_order": Field("capacityProviderStrategy", _strategy),
            "version": Field("taskDefinition", last_segment),
            "deployment_type": "deploymentController.type",
            "desired_count": "desiredCount",
            "ready_count": "runningCount",
            "pending_count": "pendingCount",
            "images": f"{_RAN}.{_CONTAINERS}.image",
            "containers": Field(f"{_RAN}.containerDefinitions", _containers),
            "accelerator_requested_count": Field(f"{_RAN}.containerDefinitions", _accelerators),
            "role": f"{_RAN}.taskRoleArn",
            "network_mode": f"{_RAN}.networkMode",
            "subnets": "networkConfiguration.awsvpcConfiguration.subnets",
            "security_groups": "networkConfiguration.awsvpcConfiguration.securityGroups",
            "public": Field("networkConfiguration.awsvpcConfiguration.assignPublicIp", _public),
            "created_at": "createdAt",
            "created_by": "createdBy",
        },
        tags="tags",
        links=(
            Link("member_of", "aws.ecs.cluster", "$parent.clusterArn"),
            Link("run_of", "aws.ecs.task_definition", "$Family", optional=True),  # its family may be deregistered
            Link("served_by", "aws.elbv2.target_group", "loadBalancers[].targetGroupArn"),
            Link("registers_in", "", "serviceRegistries[].registryArn"),
            Link("runs_in", "aws.ec2.subnet", "networkConfiguration.awsvpcConfiguration.subnets[]"),
            Link("guarded_by", "aws.ec2.security_group", "networkConfiguration.awsvpcConfiguration.securityGroups[]"),
            *_definition_links(f"{_RAN}."),
        ),
        sensitive=frozenset({f"{_RAN}.{_CONTAINERS}.{key}" for key in _HIDDEN}),
        quiet=frozenset({"$parent", "events", "createdBy"}),
    ),
    Kind(
        name="aws.ecs.task_definition",
        category=Category.WORKLOAD,
        # The newest active revision of each family; the one that a service runs stands in the service.
        fetch=Call(
            "ecs",
            "ListTaskDefinitionFamilies",
            items="families",
            item="family",
            params={"status": "ACTIVE"},
            page=100,
            detail=(
                Call(
                    "ecs",
                    "DescribeTaskDefinition",
                    items="taskDefinition",
                    params={"taskDefinition": "{family}"},
                    gone=("ClientException:Unable to describe task definition",),
                ),
            ),
        ),
        id=Template("arn:{@partition}:ecs:{@place}:{@account}:task-definition/{family}"),
        native="family",
        fields={
            "name": "family",
            "state": "status",
            "version": Field("revision", str),
            "images": f"{_CONTAINERS}.image",
            "containers": Field("containerDefinitions", _containers),
            "volumes": Field("volumes", _volumes),
            "accelerator_requested_count": Field("containerDefinitions", _accelerators),
            "cpu_request_count": Field("cpu", _cpus),
            "memory_request_bytes": Field("memory", times(MIB)),
            "ephemeral_storage_bytes": Field("ephemeralStorage.sizeInGiB", times(GIB)),
            "features": "requiresCompatibilities",
            "architecture": "runtimePlatform.cpuArchitecture",
            "os": "runtimePlatform.operatingSystemFamily",
            "role": "taskRoleArn",
            "network_mode": "networkMode",
            "created_at": "registeredAt",
            "created_by": "registeredBy",
        },
        links=_definition_links(),
        sensitive=frozenset({f"{_CONTAINERS}.{key}" for key in _HIDDEN}),
        quiet=frozenset({"registeredBy"}),
    ),
    Kind(
        name="aws.ecs.task",
        category=Category.POD,
        fetch=Call(
            "ecs",
            "ListTasks",
            items="taskArns",
            item="taskArn",
            params={"cluster": "{clusterArn}", "desiredStatus": "RUNNING"},
            under="aws.ecs.cluster",
            gone=("ClusterNotFoundException",),
            page=100,
            lookups=(
                Described(
                    Call("ecs", "DescribeTasks", items="tasks", params={"include": ["TAGS"]}),
                    name="taskArn",
                    asked="tasks",
                    size=_BATCH,
                    key="taskArn",
                    given={"cluster": "$parent.clusterArn"},
                    derive=_of_family,
                ),
            ),
        ),
        id="taskArn",
        native="taskArn",
        fields={
            "name": Field("taskArn", last_segment),
            "state": "lastStatus",
            "type": "launchType",
            # "service:NAME", or "family:NAME" for one that no service started
            "group": "group",
            "created_by": "startedBy",
            "version": Field("taskDefinitionArn", last_segment),
            "images": "containers[].image",
            "accelerator_requested_count": Field("containers", lambda cs: sum(len(c.get("gpuIds", ())) for c in cs)),
            "zone": "availabilityZone",
            "created_at": "createdAt",
            "started_at": "startedAt",
        },
        tags="tags",
        links=(
            Link("member_of", "aws.ecs.cluster", "$parent.clusterArn"),
            Link("run_of", "aws.ecs.task_definition", "$Family", optional=True),
            Link("runs_on", "aws.ecs.container_instance", "containerInstanceArn"),
            Link("uses_image", "aws.ecr.repository", "containers[].image"),
            Link("assumes", "aws.iam.role", "overrides.taskRoleArn"),
            Link("assumes", "aws.iam.role", "overrides.executionRoleArn"),
        ),
        sensitive=frozenset({"overrides.containerOverrides[].environment", "overrides.containerOverrides[].command"}),
        quiet=frozenset({"$parent", "startedBy", "attachments"}),
    ),
)
