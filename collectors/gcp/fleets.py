"""Compute Engine around machines: groups and what scales them, sole-tenant nodes, policies, whole-machine images, storage pools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.accelerators import attached, shown
from collectors.gcp.rows import Asset, row
from collectors.gcp.values import last, texts
from normalize.mapping import MISSING, read
from normalize.model import Category, Field, Link
from normalize.units import GIB, instant, integer, times

_COMPUTE = "//compute.googleapis.com/projects/PROJECT_ID"
_NODE = shown(lambda template: attached(template.get("accelerators") or (), template.get("nodeType") or ""))
_IMAGED = shown(lambda p: attached(p.get("guestAccelerators") or (), p.get("machineType") or ""))
_MADE = {"created_at": Field("creationTimestamp", instant)}
_SORTS = {
    "groupPlacementPolicy": "placement",
    "workloadPolicy": "workload",
    "instanceSchedulePolicy": "instance-schedule",
    "snapshotSchedulePolicy": "snapshot-schedule",
    "diskConsistencyGroupPolicy": "disk-consistency",
}


def _target(policy: Any) -> Any:
    """What an autoscaler keeps machines at: by CPU, load or metrics."""
    found: dict[str, Any] = {}
    if "cpuUtilization" in policy:
        found["cpu"] = policy["cpuUtilization"].get("utilizationTarget")
    if "loadBalancingUtilization" in policy:
        found["load"] = policy["loadBalancingUtilization"].get("utilizationTarget")
    for metric in policy.get("customMetricUtilizations") or ():
        found[metric["metric"]] = metric.get("utilizationTarget") or metric.get("singleInstanceAssignment")
    return {key: value for key, value in found.items() if value is not None}


def _sort(policy: Any) -> Any:
    return next((sort for key, sort in _SORTS.items() if key in policy), MISSING)


def _schedules(policy: Any) -> Any:
    """When machines start and stop."""
    found = {
        when: schedule
        for when, path in (("start", "vmStartSchedule.schedule"), ("stop", "vmStopSchedule.schedule"))
        if isinstance(schedule := read(policy, path), str)
    }
    return ", ".join(f"{when} {schedule}" for when, schedule in found.items()) or MISSING


def _topology(policy: Any) -> Any:
    """How near to each other machines are put, and how their accelerators are linked."""
    keys = ("collocation", "gpuTopology", "availabilityDomainCount", "acceleratorTopology", "maxTopologyDistance")
    places = (policy.get("groupPlacementPolicy") or {}, policy.get("workloadPolicy") or {})
    found = {key: place[key] for place in places for key in keys if key in place}
    return found or MISSING


def _properties(image: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the machine that an image was made of, whichever way they are given."""
    return {"$Properties": image.get("instanceProperties") or image.get("sourceInstanceProperties") or {}}


KINDS = (
    row(
        Category.SETTINGS,
        Asset(
            ("compute.googleapis.com/Autoscaler",),
            "compute.v1.Autoscaler",
            f"{_COMPUTE}/zones/ZONE/autoscalers/AUTOSCALER",
        ),
        {
            "name": "name",
            "description": "description",
            "state": "status",
            "mode": "autoscalingPolicy.mode",
            "min_count": Field("autoscalingPolicy.minNumReplicas", integer),
            "max_count": Field("autoscalingPolicy.maxNumReplicas", integer),
            "desired_count": Field("recommendedSize", integer),
            "scaling": Field("autoscalingPolicy", _target),
            "problems": Field("statusDetails", texts("message")),
            **_MADE,
        },
        labels="",
        links=(Link("scales", "gcp.compute.instance_group_manager", "target"),),
    ),
    row(
        Category.SCALING_GROUP,
        Asset(
            ("compute.googleapis.com/InstanceGroup",),
            "compute.v1.InstanceGroup",
            f"{_COMPUTE}/zones/ZONE/instanceGroups/INSTANCE_GROUP",
        ),
        {
            "name": "name",
            "description": "description",
            "zone": Field("zone", last),
            "instance_count": Field("size", integer),
            "ports": Field("namedPorts", lambda ports: [f"{p['port']}/{p['name']}" for p in ports]),
            **_MADE,
        },
        labels="",
        links=(
            Link("runs_in", "gcp.compute.network", "network"),
            Link("runs_in", "gcp.compute.subnetwork", "subnetwork"),
        ),
    ),
    row(
        Category.CAPACITY,
        Asset(
            ("compute.googleapis.com/NodeGroup",),
            "compute.v1.NodeGroup",
            f"{_COMPUTE}/zones/ZONE/nodeGroups/NODE_GROUP",
        ),
        {
            "name": "name",
            "description": "description",
            "state": "status",
            "zone": Field("zone", last),
            "node_count": Field("size", integer),
            "min_count": Field("autoscalingPolicy.minNodes", integer),
            "max_count": Field("autoscalingPolicy.maxNodes", integer),
            "shared_with": Field("shareSettings.projectMap", sorted),
            **_MADE,
        },
        labels="",
        links=(Link("started_from", "gcp.compute.node_template", "nodeTemplate"),),
    ),
    row(
        Category.LAUNCH_TEMPLATE,
        Asset(
            ("compute.googleapis.com/NodeTemplate",),
            "compute.v1.NodeTemplate",
            f"{_COMPUTE}/regions/REGION/nodeTemplates/NODE_TEMPLATE",
        ),
        {
            "name": "name",
            "description": "description",
            "state": "status",
            "instance_type": "nodeType",
            "labels": "nodeAffinityLabels",
            "accelerators": Field("", _NODE["accelerators"]),
            "accelerator_count": Field("", _NODE["accelerator_count"]),
            **_MADE,
        },
        labels="",
    ),
    row(
        Category.SETTINGS,
        Asset(
            ("compute.googleapis.com/ResourcePolicy",),
            "compute.v1.ResourcePolicy",
            f"{_COMPUTE}/regions/REGION/resourcePolicies/RESOURCE_POLICY",
        ),
        {
            "name": "name",
            "description": "description",
            "state": "status",
            "type": Field("", _sort),
            "settings": Field("", _topology),
            "schedule": Field("instanceSchedulePolicy", _schedules),
            "timezone": "instanceSchedulePolicy.timeZone",
            "retention_days": Field("snapshotSchedulePolicy.retentionPolicy.maxRetentionDays", integer),
            "replica_regions": "snapshotSchedulePolicy.snapshotProperties.storageLocations",
            **_MADE,
        },
        labels="",
    ),
    row(
        Category.MACHINE_IMAGE,
        Asset(
            ("compute.googleapis.com/MachineImage",),
            "compute.v1.MachineImage",
            f"{_COMPUTE}/global/machineImages/MACHINE_IMAGE",
            derive=_properties,
        ),
        {
            "name": "name",
            "description": "description",
            "state": "status",
            "instance_type": Field("$Properties.machineType", last),
            "size_bytes": Field("totalStorageBytes", integer),
            "replica_regions": "storageLocations",
            "accelerators": Field("$Properties", _IMAGED["accelerators"]),
            "accelerator_count": Field("$Properties", _IMAGED["accelerator_count"]),
            **_MADE,
        },
        key="machineImageEncryptionKey.kmsKeyName",
        links=(Link("made_from", "gcp.compute.instance", "sourceInstance", optional=True),),
        sensitive=frozenset(
            {"$Properties.metadata", "instanceProperties.metadata", "sourceInstanceProperties.metadata"}
        ),
        quiet=frozenset({"$Properties", "savedDisks", "sourceInstanceProperties"}),
    ),
    row(
        Category.CAPACITY,
        Asset(
            ("compute.googleapis.com/StoragePool",),
            "compute.v1.StoragePool",
            f"{_COMPUTE}/zones/ZONE/storagePools/STORAGE_POOL",
        ),
        {
            "name": "name",
            "description": "description",
            "state": "state",
            "type": Field("storagePoolType", last),
            "zone": Field("zone", last),
            "capacity_bytes": Field("poolProvisionedCapacityGb", times(GIB)),
            "used_bytes": Field("resourceStatus.poolUsedCapacityBytes", integer),
            "iops": Field("poolProvisionedIops", integer),
            "throughput_mibps": Field("poolProvisionedThroughput", integer),
            "used_count": Field("resourceStatus.diskCount", integer),
            **_MADE,
        },
    ),
)
