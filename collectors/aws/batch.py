"""AWS Batch: where jobs run, in which order, what they are made of and which there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.aws.instance_types import PER_MACHINE, Machines
from collectors.aws.machine_images import IMAGE, MachineImages
from collectors.aws.rows import Call
from normalize.mapping import MISSING
from normalize.model import Category, Field, Kind, Link, Template
from normalize.units import MIB, instant

_IN_POD = "eksProperties.podProperties"
_SINGLE = "containerProperties"
_NODES = "nodeProperties.nodeRangeProperties[]"
_TASKS = ("ecsProperties.taskProperties[]", f"{_NODES}.ecsProperties.taskProperties[]")
_PODS = (_IN_POD, f"{_NODES}.{_IN_POD}")
_CONTAINERS = (
    _SINGLE,
    f"{_NODES}.container",
    *(f"{task}.containers[]" for task in _TASKS),
    *(f"{pod}.containers[]" for pod in _PODS),
)
"""Where a job definition has containers: one, one for each group of nodes, tasks of ECS, pods of EKS."""
_DEVICES = ("GPU", "nvidia.com/gpu", "amd.com/gpu", "aws.amazon.com/neuron", "aws.amazon.com/neurondevice")
_STATES = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED")


def _containers(definition: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], int]]:
    """Containers of a definition, each with how many nodes run it; 0 where that is not said."""
    yield from ((c, 1) for c in _of_one(definition, _SINGLE))
    properties = definition.get("nodeProperties") or {}
    groups = properties.get("nodeRangeProperties") or ()
    counts = [_node_count(str(group.get("targetNodes", "")), properties.get("numNodes")) for group in groups]
    # One range may lie within another, whose containers it then replaces: so many nodes are not there.
    told = sum(counts) == properties.get("numNodes")
    for group, count in zip(groups, counts, strict=True):
        yield from ((c, count if told else 0) for c in _of_one(group, "container"))


def _of_one(part: Mapping[str, Any], single: str) -> Iterator[Mapping[str, Any]]:
    if part.get(single):
        yield part[single]
    for task in (part.get("ecsProperties") or {}).get("taskProperties") or ():
        yield from task.get("containers") or ()
    yield from ((part.get("eksProperties") or {}).get("podProperties") or {}).get("containers") or ()


def _node_count(nodes: str, total: Any) -> int:
    """Nodes of a range "0:3", "4:" or "2"; 0 where the range does not say.

    Source: botocore 1.44.5, Batch NodeRangeProperty, targetNodes; read 2026-11-24.
    """
    first, colon, last = nodes.partition(":")
    if not colon:
        return 1 if first.isdecimal() else 0
    begin = int(first) if first else 0
    if last:
        return int(last) - begin + 1
    return int(total) - begin if isinstance(total, int) else 0


def _asked_for(container: Mapping[str, Any], words: tuple[str, ...]) -> float:
    given = {r.get("type"): r.get("value") for r in container.get("resourceRequirements") or ()}
    resources = container.get("resources") or {}
    given |= {**(resources.get("requests") or {}), **(resources.get("limits") or {})}
    return sum(float(given[w]) for w in words if given.get(w))


def _accelerators(definition: Any) -> Any:
    """Accelerators that all containers of a job ask for together."""
    found = list(_containers(definition))
    if not found or not all(count for _, count in found):
        return MISSING
    return int(sum(_asked_for(c, _DEVICES) * count for c, count in found))


def _images(definition: Any) -> list[str]:
    return list(dict.fromkeys(c["image"] for c, _ in _containers(definition) if c.get("image")))


def _first(words: tuple[str, ...], old: str, factor: int = 1) -> Any:
    """What the first container asks for, in the new shape or the old."""

    def find(definition: Any) -> Any:
        container = next((c for c, _ in _containers(definition)), {})
        value = _asked_for(container, words) or container.get(old)
        return float(value) * factor if value else MISSING

    return find


def _memory(definition: Any) -> Any:
    found = _first(("MEMORY",), "memory", MIB)(definition)
    return found if found is MISSING else int(found)


def _all(*paths: str) -> tuple[str, ...]:
    return tuple(f"{at}.{path}" for at in (_SINGLE, f"{_NODES}.container") for path in paths)


def _links(verb: str, target: str, *paths: str) -> tuple[Link, ...]:
    return tuple(Link(verb, target, path) for path in paths)


def _secret_paths() -> frozenset[str]:
    """Environments and commands of containers, and parameters that are put into commands."""
    inside = (f"{at}.{key}" for at in _CONTAINERS for key in ("environment", "env", "command", "args"))
    return frozenset({"parameters", *inside})


def _order(words: Any) -> list[str]:
    return [str(w["computeEnvironment"]) for w in sorted(words, key=lambda w: int(w.get("order", 0)))]


def _limits(words: Any) -> list[dict[str, Any]]:
    return [{"unit": w.get("capacityUnit"), "count": w.get("maxCapacity")} for w in words]


def _shares(policy: Any) -> dict[str, Any]:
    names = {"decay_seconds": "shareDecaySeconds", "reserved_percent": "computeReservation"}
    return {ours: policy[theirs] for ours, theirs in names.items() if theirs in policy}


KINDS = (
    Kind(
        name="aws.batch.compute_environment",
        category=Category.NODE_POOL,
        fetch=Call(
            "batch",
            "DescribeComputeEnvironments",
            items="computeEnvironments",
            page=100,
            lookups=(
                Machines((("computeResources.instanceTypes[]", ""),)),
                MachineImages(("computeResources.imageId", "computeResources.ec2Configuration[].imageIdOverride")),
            ),
        ),
        id="computeEnvironmentArn",
        native="computeEnvironmentName",
        fields={
            "name": "computeEnvironmentName",
            "state": "status",
            "enabled": Field("state", lambda word: word == "ENABLED"),
            "type": "computeResources.type",
            "engine": "containerOrchestrationType",
            "managed": Field("type", lambda word: word == "MANAGED"),
            "spot": Field("computeResources.type", lambda word: word.endswith("SPOT")),
            "instance_types": "computeResources.instanceTypes",
            "min_vcpu_count": "computeResources.minvCpus",
            "max_vcpu_count": "computeResources.maxvCpus",
            "desired_vcpu_count": "computeResources.desiredvCpus",
            "subnets": "computeResources.subnets",
            "security_groups": "computeResources.securityGroupIds",
            "strategy": "computeResources.allocationStrategy",
            "role": "computeResources.instanceRole",
            "failure_reason": "statusReason",
            **IMAGE,
            "accelerators": PER_MACHINE["accelerators"],
            "accelerator_count": PER_MACHINE["accelerator_count"],
        },
        tags="tags",
        links=(
            Link("runs_in", "aws.ec2.subnet", "computeResources.subnets[]"),
            Link("guarded_by", "aws.ec2.security_group", "computeResources.securityGroupIds[]"),
            Link("assumes", "aws.iam.role", "serviceRole"),
            Link("assumes", "aws.iam.role", "computeResources.spotIamFleetRole"),
            Link("assumes", "aws.iam.instance_profile", "computeResources.instanceRole", within="account"),
            Link("started_from", "aws.ec2.launch_template", "computeResources.launchTemplate.launchTemplateId"),
            Link("runs_in", "aws.ec2.placement_group", "computeResources.placementGroup"),
            Link("runs_in", "aws.ecs.cluster", "ecsClusterArn"),
            Link("runs_in", "aws.eks.cluster", "eksConfiguration.eksClusterArn"),
        ),
    ),
    Kind(
        name="aws.batch.service_environment",
        category=Category.NODE_POOL,
        fetch=Call("batch", "DescribeServiceEnvironments", items="serviceEnvironments", page=100),
        id="serviceEnvironmentArn",
        native="serviceEnvironmentName",
        fields={
            "name": "serviceEnvironmentName",
            "state": "status",
            "enabled": Field("state", lambda word: word == "ENABLED"),
            "type": "serviceEnvironmentType",
            "quotas": Field("capacityLimits", _limits),
        },
        tags="tags",
    ),
    Kind(
        name="aws.batch.job_queue",
        category=Category.BATCH_QUEUE,
        fetch=Call("batch", "DescribeJobQueues", items="jobQueues", page=100),
        id="jobQueueArn",
        native="jobQueueName",
        fields={
            "name": "jobQueueName",
            "state": "status",
            "enabled": Field("state", lambda word: word == "ENABLED"),
            "type": "jobQueueType",
            "priority": "priority",
            "targets": Field("computeEnvironmentOrder", _order),
        },
        tags="tags",
        links=(
            Link("runs_on", "aws.batch.compute_environment", "computeEnvironmentOrder[].computeEnvironment"),
            Link("runs_on", "aws.batch.service_environment", "serviceEnvironmentOrder[].serviceEnvironment"),
            Link("governed_by", "aws.batch.scheduling_policy", "schedulingPolicyArn"),
        ),
    ),
    Kind(
        name="aws.batch.scheduling_policy",
        category=Category.SETTINGS,
        fetch=Call(
            "batch",
            "ListSchedulingPolicies",
            items="schedulingPolicies",
            page=100,
            detail=(
                Call(
                    "batch",
                    "DescribeSchedulingPolicies",
                    items="schedulingPolicies[0]",
                    params={"arns": ["{arn}"]},
                ),
            ),
        ),
        id="arn",
        native="arn",
        fields={
            "name": "name",
            "settings": Field("fairsharePolicy", _shares),
            "quotas": "fairsharePolicy.shareDistribution",
        },
        tags="tags",
    ),
    Kind(
        name="aws.batch.job_definition",
        category=Category.WORKLOAD,
        fetch=Call("batch", "DescribeJobDefinitions", items="jobDefinitions", params={"status": "ACTIVE"}, page=100),
        id="jobDefinitionArn",
        native=Template("{jobDefinitionName}:{revision}"),
        fields={
            "name": "jobDefinitionName",
            "version": Field("revision", str),
            "state": "status",
            "type": "type",
            "engine": "containerOrchestrationType",
            "image": "containerProperties.image",
            "images": Field("", _images),
            "role": "containerProperties.jobRoleArn",
            "service_account": f"{_IN_POD}.serviceAccountName",
            "node_count": "nodeProperties.numNodes",
            "instance_type": "containerProperties.instanceType",
            "cpu_request_count": Field("", _first(("VCPU", "cpu"), "vcpus")),
            "memory_request_bytes": Field("", _memory),
            "accelerator_requested_count": Field("", _accelerators),
            "features": "platformCapabilities",
            "privileged": "containerProperties.privileged",
            "timeout_seconds": "timeout.attemptDurationSeconds",
            "retry_count": "retryStrategy.attempts",
        },
        tags="tags",
        links=(
            *_links("uses_image", "aws.ecr.repository", *(f"{at}.image" for at in _CONTAINERS)),
            *_links("assumes", "aws.iam.role", *_all("jobRoleArn", "executionRoleArn")),
            *_links("assumes", "aws.iam.role", *(f"{task}.taskRoleArn" for task in _TASKS)),
            *_links("mounts", "aws.efs.file_system", *_all("volumes[].efsVolumeConfiguration.fileSystemId")),
            *_links("logs_to", "aws.logs.log_group", f"{_SINGLE}.logConfiguration.options.awslogs-group"),
        ),
        sensitive=_secret_paths(),
    ),
    Kind(
        name="aws.batch.job",
        category=Category.WORKLOAD,
        # All states, one after the other: left out, only what runs is told. What is over goes by itself after a week.
        fetch=Call(
            "batch",
            "ListJobs",
            items="jobSummaryList",
            params={"jobQueue": "{jobQueueArn}"},
            under="aws.batch.job_queue",
            passes=tuple({"jobStatus": state} for state in _STATES),
            page=1000,
        ),
        id="jobArn",
        native="jobId",
        fields={
            "name": "jobName",
            "state": "status",
            "failure_reason": "statusReason",
            "node_count": "nodeProperties.numNodes",
            "completion_count": "arrayProperties.size",
            "created_at": Field("createdAt", instant),
            "started_at": Field("startedAt", instant),
            "ended_at": Field("stoppedAt", instant),
        },
        links=(
            Link("queued_in", "aws.batch.job_queue", "$parent.jobQueueArn"),
            Link(
                "run_of", "aws.batch.job_definition", "jobDefinition", optional=True
            ),  # an old revision may be inactive
        ),
        quiet=frozenset({"$parent"}),
    ),
)
