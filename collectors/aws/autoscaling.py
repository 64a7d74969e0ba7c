"""EC2 Auto Scaling: groups, what they start machines from, and what changes their size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.compute import disks
from collectors.aws.documents import count
from collectors.aws.instance_types import PER_MACHINE, Machines
from collectors.aws.machine_images import IMAGE, MachineImages
from collectors.aws.rows import Call
from normalize.mapping import MISSING
from normalize.model import Category, Field, Kind, Link

_GROUP = Link("scales", "aws.autoscaling.group", "AutoScalingGroupName")
_DATA = "$Versions[].LaunchTemplateData"


def _template(group: Mapping[str, Any]) -> Mapping[str, Any]:
    """The template that a group names, alone or at the head of a policy of mixed instances; empty for none."""
    mixed = (group.get("MixedInstancesPolicy") or {}).get("LaunchTemplate") or {}
    found: Mapping[str, Any] = group.get("LaunchTemplate") or mixed.get("LaunchTemplateSpecification") or {}
    return found


def _overrides(group: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    mixed = (group.get("MixedInstancesPolicy") or {}).get("LaunchTemplate") or {}
    return list(mixed.get("Overrides") or ())


def _read(group: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a group starts, as far as is known by now: overrides go before the template, that before what runs.

    A group that names no version takes the default one. Source: botocore 1.44.5, Auto Scaling LaunchTemplateSpecification,
    Version; read 2026-11-24.
    """
    template = _template(group)
    found: dict[str, Any] = {"$Subnets": [s for s in str(group.get("VPCZoneIdentifier") or "").split(",") if s]}
    if "LaunchTemplateId" in template:
        found["$Template"] = {"Id": template["LaunchTemplateId"], "Version": template.get("Version") or "$Default"}
    versions = group.get("$Versions") or ()
    choices = (
        [o.get("InstanceType") for o in _overrides(group)],
        [v.get("LaunchTemplateData", {}).get("InstanceType") for v in versions],
        [i.get("InstanceType") for i in group.get("Instances") or ()],
    )
    types = next((list(dict.fromkeys(filter(None, c))) for c in choices if any(c)), [])
    return found | ({"$Types": types} if types else {})


def _lifecycle(policy: Any) -> dict[str, Any]:
    """How on-demand and spot machines are mixed: what is said, under our names."""
    given = policy.get("InstancesDistribution") or {}
    names = {
        "on_demand_base_count": "OnDemandBaseCapacity",
        "on_demand_percent_above": "OnDemandPercentageAboveBaseCapacity",
        "spot_strategy": "SpotAllocationStrategy",
        "on_demand_strategy": "OnDemandAllocationStrategy",
    }
    return {ours: given[theirs] for ours, theirs in names.items() if theirs in given}


def _needs(policy: Any) -> Any:
    """Attributes by which machines are chosen where no types are listed; the first set of them."""
    overrides = _overrides({"MixedInstancesPolicy": policy})
    return next((o["InstanceRequirements"] for o in overrides if o.get("InstanceRequirements")), MISSING)


def _hooks(hooks: Any) -> list[dict[str, Any]]:
    return [{"name": h.get("LifecycleHookName"), "at": h.get("LifecycleTransition")} for h in hooks]


def _processes(found: Any) -> list[str]:
    return [str(p["ProcessName"]) for p in found]


def _target(policy: Any) -> Any:
    tracked = policy.get("TargetTrackingConfiguration") or {}
    return tracked.get("TargetValue", MISSING)


def _metric(policy: Any) -> Any:
    tracked = policy.get("TargetTrackingConfiguration") or {}
    given = tracked.get("PredefinedMetricSpecification") or {}
    own = tracked.get("CustomizedMetricSpecification") or {}
    return given.get("PredefinedMetricType") or own.get("MetricName") or MISSING


KINDS = (
    Kind(
        name="aws.autoscaling.group",
        category=Category.SCALING_GROUP,
        fetch=Call(
            "autoscaling",
            "DescribeAutoScalingGroups",
            items="AutoScalingGroups",
            page=100,
            derive=_read,
            itself=Call(
                "autoscaling",
                "DescribeAutoScalingGroups",
                items="AutoScalingGroups",
                params={"AutoScalingGroupNames": ["{AutoScalingGroupName}"]},
            ),
            detail=(
                Call(
                    "ec2",
                    "DescribeLaunchTemplateVersions",
                    items="LaunchTemplateVersions[]",
                    params={"LaunchTemplateId": "{$Template.Id}", "Versions": ["{$Template.Version}"]},
                    # The template is gone, not the group: the link to it then dangles.
                    expect=("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.VersionNotFound"),
                    into="$Versions",
                    derive=_read,
                ),
                Call(
                    "autoscaling",
                    "DescribeLifecycleHooks",
                    items="LifecycleHooks[]",
                    params={"AutoScalingGroupName": "{AutoScalingGroupName}"},
                    gone=("ValidationError:not found",),
                    into="$Hooks",
                ),
            ),
            lookups=(Machines((("$Types[]", ""),)), MachineImages((f"{_DATA}.ImageId",))),
        ),
        id="AutoScalingGroupARN",
        native="AutoScalingGroupName",
        fields={
            "name": "AutoScalingGroupName",
            "min_count": "MinSize",
            "max_count": "MaxSize",
            "desired_count": "DesiredCapacity",
            "instance_count": Field("Instances", count),
            "instance_types": "$Types",
            "version": "$Template.Version",
            "zones": "AvailabilityZones",
            "subnets": "$Subnets",
            "strategy": "MixedInstancesPolicy.InstancesDistribution.SpotAllocationStrategy",
            "scaling": Field("MixedInstancesPolicy", _lifecycle),
            "requests": Field("MixedInstancesPolicy", _needs),
            "warm_count": "WarmPoolSize",
            "warm_pool_state": "WarmPoolConfiguration.PoolState",
            "hooks": Field("$Hooks", _hooks),
            "suspended_processes": Field("SuspendedProcesses", _processes),
            "created_at": "CreatedTime",
            **IMAGE,
            **PER_MACHINE,
        },
        tags="Tags",
        links=(
            Link("starts", "aws.ec2.instance", "Instances[].InstanceId"),
            Link("started_from", "aws.ec2.launch_template", "$Template.Id"),
            Link("started_from", "aws.autoscaling.launch_configuration", "LaunchConfigurationName"),
            Link("served_by", "aws.elbv2.target_group", "TargetGroupARNs[]"),
            Link("runs_in", "aws.ec2.subnet", "$Subnets[]"),
            Link("runs_in", "aws.ec2.placement_group", "PlacementGroup"),
            Link(
                "uses",
                "aws.ec2.capacity_reservation",
                "CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationIds[]",
            ),
            Link("notifies", "", "$Hooks[].NotificationTargetARN"),
            Link("assumes", "aws.iam.role", "$Hooks[].RoleARN"),
        ),
        sensitive=frozenset({f"{_DATA}.UserData", "$Hooks[].NotificationMetadata"}),
        quiet=frozenset({"ServiceLinkedRoleARN", "$Versions"}),
    ),
    Kind(
        name="aws.autoscaling.launch_configuration",
        category=Category.LAUNCH_TEMPLATE,
        fetch=Call(
            "autoscaling",
            "DescribeLaunchConfigurations",
            items="LaunchConfigurations",
            page=100,
            lookups=(Machines((("InstanceType", ""),)), MachineImages(("ImageId",))),
        ),
        id="LaunchConfigurationARN",
        native="LaunchConfigurationName",
        fields={
            "name": "LaunchConfigurationName",
            "instance_type": "InstanceType",
            "machine_image_id": "ImageId",
            "key_pair": "KeyName",
            "role": "IamInstanceProfile",
            "spot": Field("SpotPrice", bool),
            "tenancy": "PlacementTenancy",
            "disks": Field("BlockDeviceMappings", disks),
            "created_at": "CreatedTime",
            **IMAGE,
            **PER_MACHINE,
        },
        links=(
            Link("guarded_by", "aws.ec2.security_group", "SecurityGroups[]"),
            Link("assumes", "aws.iam.instance_profile", "IamInstanceProfile", within="account"),
            Link("made_from", "aws.ec2.snapshot", "BlockDeviceMappings[].Ebs.SnapshotId", optional=True),
        ),
        sensitive=frozenset({"UserData"}),
    ),
    Kind(
        name="aws.autoscaling.scaling_policy",
        category=Category.SETTINGS,
        fetch=Call("autoscaling", "DescribePolicies", items="ScalingPolicies", page=100),
        id="PolicyARN",
        native="PolicyARN",
        fields={
            "name": "PolicyName",
            "type": "PolicyType",
            "enabled": "Enabled",
            "metric_name": Field("", _metric),
            "threshold": Field("", _target),
            "rules": "StepAdjustments",
        },
        links=(
            _GROUP,
            Link("watches", "aws.cloudwatch.alarm", "Alarms[].AlarmName"),
        ),
    ),
    Kind(
        name="aws.autoscaling.scheduled_action",
        category=Category.SETTINGS,
        fetch=Call("autoscaling", "DescribeScheduledActions", items="ScheduledUpdateGroupActions", page=100),
        id="ScheduledActionARN",
        native="ScheduledActionARN",
        fields={
            "name": "ScheduledActionName",
            "schedule": "Recurrence",
            "timezone": "TimeZone",
            "min_count": "MinSize",
            "max_count": "MaxSize",
            "desired_count": "DesiredCapacity",
            "started_at": "StartTime",
            "ended_at": "EndTime",
        },
        links=(_GROUP,),
    ),
)
