"""Compute Engine: machines, their disks, and what starts fleets of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.gcp.accelerators import attached, shown
from collectors.gcp.metrics import METRICS, NODE_DUTY, Gauges, busy
from collectors.gcp.rows import Asset, Get, Listing, row
from collectors.gcp.values import equals, last, lasts
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Link
from normalize.units import GIB, instant, integer, times

_ACCELERATORS = shown(lambda p: attached(p.get("guestAccelerators", ()), p.get("machineType", "")))
_USE = {
    "AcceleratorUse": busy("agent.googleapis.com/gpu/utilization", ("instance_id",), ("id",)),
    "NodeUse": busy(NODE_DUTY, ("node_name",), ("name",)),
}
"""Of machines that run the Ops Agent, and of GKE's nodes, which are called as their machines; of others nothing is known. Source:
GoogleCloudPlatform's monitoring samples, which ask for the agent's metric of gce_instance, read 2026-11-24; its unit is taken from the
answer."""
_SPOT = Field("scheduling.provisioningModel", equals("SPOT"))


def disks(attached_disks: Any) -> list[dict[str, Any]]:
    """Disks of a machine: device, bytes, whether it is local scratch."""
    found = []
    for disk in attached_disks:
        entry: dict[str, Any] = {"device": disk.get("deviceName"), "type": disk.get("type")}
        size = disk.get("diskSizeGb") or (disk.get("initializeParams") or {}).get("diskSizeGb")
        if size is not None:
            entry["size_bytes"] = int(size) * GIB
        found.append(entry)
    return found


def _address(interfaces: Any) -> Any:
    """The first address from outside that any interface has."""
    configs = [c for i in interfaces for c in i.get("accessConfigs", ())]
    return next((c["natIP"] for c in configs if c.get("natIP")), MISSING)


def _zones(zones: Any) -> list[str]:
    return [last(zone["zone"]) for zone in zones]


def _committed(resources: Any) -> list[dict[str, Any]]:
    """What was bought: type, amount, accelerator."""
    return [{k: v for k, v in resource.items() if v} for resource in resources]


_ACCELERATOR_QUOTA = re.compile(r".*(?:GPUS|TPU|NVIDIA).*")


def _accelerator_quotas(region: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Quotas of a region that limit accelerators, one by one."""
    for quota in region.get("quotas") or ():
        if _ACCELERATOR_QUOTA.fullmatch(quota["metric"]):
            yield {**quota, "region": region["name"]}


def _accelerated(machine: Mapping[str, Any]) -> Mapping[str, Any]:
    """Whether a machine has accelerators, its own or those of its type."""
    return {"$Accelerated": bool(attached(machine.get("guestAccelerators", ()), machine.get("machineType", "")))}


def _busiest(told: Mapping[str, float]) -> float:
    """The agent within sees all that runs on a machine; GKE what its accelerators did."""
    return told["AcceleratorUse"] if "AcceleratorUse" in told else told["NodeUse"]


KINDS = (
    row(
        Category.INSTANCE,
        Asset(
            ("compute.googleapis.com/Instance",),
            "compute.v1.Instance",
            "//compute.googleapis.com/projects/PROJECT_ID/zones/ZONE/instances/INSTANCE",
            derive=_accelerated,
            lookups=(Gauges(_USE, only="$Accelerated"),),
        ),
        {
            "name": "name",
            "description": "description",
            "state": "status",
            "instance_type": Field("machineType", last),
            "zone": Field("zone", last),
            "created_at": Field("creationTimestamp", instant),
            "started_at": Field("lastStartTimestamp", instant),
            "private_address": "networkInterfaces[0].networkIP",
            "public_address": Field("networkInterfaces", _address),
            "cpu_model": "cpuPlatform",
            "spot": _SPOT,
            "lifecycle": "scheduling.provisioningModel",
            "deletion_protected": "deletionProtection",
            "service_account": "serviceAccounts[0].email",
            "disks": Field("disks", disks),
            "accelerator_utilization_ratio": Field(METRICS, _busiest),
            "accelerators": Field("", _ACCELERATORS["accelerators"]),
            "accelerator_count": Field("", _ACCELERATORS["accelerator_count"]),
            "accelerator_memory_bytes": Field("", _ACCELERATORS["accelerator_memory_bytes"]),
        },
        links=(
            Link("runs_in", "gcp.compute.network", "networkInterfaces[].network"),
            Link("runs_in", "gcp.compute.subnetwork", "networkInterfaces[].subnetwork"),
            Link("assumes", "gcp.iam.service_account", "serviceAccounts[].email"),
            Link("mounts", "gcp.compute.disk", "disks[].source"),
        ),
        aliases=(Alias("address", "networkInterfaces[].accessConfigs[].natIP"),),
        sensitive=frozenset({"metadata"}),
        quiet=frozenset({"networkInterfaces[].networkIP", "networkInterfaces[].accessConfigs"}),
    ),
    row(
        Category.VOLUME,
        Asset(
            ("compute.googleapis.com/Disk", "compute.googleapis.com/RegionDisk"),
            "compute.v1.Disk",
            "//compute.googleapis.com/projects/PROJECT_ID/zones/ZONE/disks/DISK",
        ),
        {
            "name": "name",
            "description": "description",
            "state": "status",
            "type": Field("type", last),
            "size_bytes": Field("sizeGb", times(GIB)),
            "iops": Field("provisionedIops", integer),
            "throughput_mibps": Field("provisionedThroughput", integer),
            "zone": Field("zone", last),
            "zones": Field("replicaZones", lasts),
            "created_at": Field("creationTimestamp", instant),
            "last_activity_at": Field("lastAttachTimestamp", instant),
            "multi_attach": Field("accessMode", equals("READ_WRITE_MANY", "READ_ONLY_MANY")),
        },
        key="diskEncryptionKey.kmsKeyName",
        links=(
            Link("attached_to", "gcp.compute.instance", "users[]"),
            Link("made_from", "gcp.compute.image", "sourceImage", optional=True),
            Link("made_from", "gcp.compute.snapshot", "sourceSnapshot"),
        ),
    ),
    row(
        Category.LAUNCH_TEMPLATE,
        Asset(
            ("compute.googleapis.com/InstanceTemplate",),
            "compute.v1.InstanceTemplate",
            "//compute.googleapis.com/projects/PROJECT_ID/global/instanceTemplates/INSTANCE_TEMPLATE",
        ),
        {
            "name": "name",
            "description": "description",
            "instance_type": Field("properties.machineType", last),
            "created_at": Field("creationTimestamp", instant),
            "spot": Field("properties.scheduling.provisioningModel", equals("SPOT")),
            "service_account": "properties.serviceAccounts[0].email",
            "disks": Field("properties.disks", disks),
            "accelerators": Field("properties", _ACCELERATORS["accelerators"]),
            "accelerator_count": Field("properties", _ACCELERATORS["accelerator_count"]),
            "accelerator_memory_bytes": Field("properties", _ACCELERATORS["accelerator_memory_bytes"]),
        },
        links=(
            Link("runs_in", "gcp.compute.network", "properties.networkInterfaces[].network"),
            Link("runs_in", "gcp.compute.subnetwork", "properties.networkInterfaces[].subnetwork"),
            Link("assumes", "gcp.iam.service_account", "properties.serviceAccounts[].email"),
            Link("made_from", "gcp.compute.image", "properties.disks[].initializeParams.sourceImage", optional=True),
        ),
        labels="properties.labels",
        sensitive=frozenset({"properties.metadata"}),
    ),
    row(
        Category.SCALING_GROUP,
        Asset(
            ("compute.googleapis.com/InstanceGroupManager",),
            "compute.v1.InstanceGroupManager",
            "//compute.googleapis.com/projects/PROJECT_ID/zones/ZONE/instanceGroupManagers/INSTANCE_GROUP_MANAGER",
        ),
        {
            "name": "name",
            "description": "description",
            "desired_count": "targetSize",
            "zone": Field("zone", last),
            "zones": Field("distributionPolicy.zones", _zones),
            "strategy": "updatePolicy.type",
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
        links=(
            Link("started_from", "gcp.compute.instance_template", "instanceTemplate"),
            Link("manages", "gcp.compute.instance_group", "instanceGroup"),
            Link("serves", "gcp.compute.target_pool", "targetPools[]"),
        ),
    ),
    row(
        Category.MACHINE_IMAGE,
        Asset(
            ("compute.googleapis.com/Image",),
            "compute.v1.Image",
            "//compute.googleapis.com/projects/PROJECT_ID/global/images/IMAGE",
        ),
        {
            "name": "name",
            "description": "description",
            "state": "status",
            "group": "family",
            "architecture": Field("architecture", str.lower),
            "size_bytes": Field("archiveSizeBytes", integer),
            "capacity_bytes": Field("diskSizeGb", times(GIB)),
            "support_state": "deprecated.state",
            "created_at": Field("creationTimestamp", instant),
        },
        key="imageEncryptionKey.kmsKeyName",
        links=(Link("made_from", "gcp.compute.disk", "sourceDisk", optional=True),),
    ),
    row(
        Category.SNAPSHOT,
        Asset(
            ("compute.googleapis.com/Snapshot",),
            "compute.v1.Snapshot",
            "//compute.googleapis.com/projects/PROJECT_ID/global/snapshots/SNAPSHOT",
        ),
        {
            "name": "name",
            "description": "description",
            "state": "status",
            "type": "snapshotType",
            "size_bytes": Field("diskSizeGb", times(GIB)),
            "used_bytes": Field("storageBytes", integer),
            "replica_regions": "storageLocations",
            "created_at": Field("creationTimestamp", instant),
        },
        key="snapshotEncryptionKey.kmsKeyName",
        links=(Link("made_from", "gcp.compute.disk", "sourceDisk", optional=True),),
    ),
    row(
        Category.CAPACITY,
        Asset(
            ("compute.googleapis.com/Reservation",),
            "compute.v1.Reservation",
            "//compute.googleapis.com/projects/PROJECT_ID/zones/ZONE/reservations/RESERVATION",
        ),
        {
            "name": "name",
            "description": "description",
            "state": "status",
            "zone": Field("zone", last),
            "instance_type": Field("specificReservation.instanceProperties.machineType", last),
            "desired_count": Field("specificReservation.count", integer),
            "used_count": Field("specificReservation.inUseCount", integer),
            "expires_at": Field("deleteAtTime", instant),
            "created_at": Field("creationTimestamp", instant),
            "shared_with": Field("shareSettings.projectMap", sorted),
            "accelerators": Field("specificReservation.instanceProperties", _ACCELERATORS["accelerators"]),
            "accelerator_count": Field("specificReservation.instanceProperties", _ACCELERATORS["accelerator_count"]),
        },
        labels="",
        links=(
            Link("bought_as", "gcp.compute.commitment", "commitment"),
            Link("started_from", "gcp.compute.instance_template", "specificReservation.sourceInstanceTemplate"),
        ),
    ),
    row(
        Category.CAPACITY,
        Asset(
            ("compute.googleapis.com/Commitment",),
            "compute.v1.Commitment",
            "//compute.googleapis.com/projects/PROJECT_ID/regions/REGION/commitments/COMMITMENT",
        ),
        {
            "name": "name",
            "state": "status",
            "type": "type",
            "commitment": "plan",
            "started_at": Field("startTimestamp", instant),
            "expires_at": Field("endTimestamp", instant),
            "created_at": Field("creationTimestamp", instant),
            "renewed": "autoRenew",
            "quotas": Field("resources", _committed),
        },
        labels="",
        links=(Link("reserves", "gcp.compute.reservation", "reservations[].selfLink"),),
    ),
    row(
        Category.QUOTA,
        Listing(
            Get(
                "compute.googleapis.com",
                "/compute/v1/projects/{project}/regions",
                "compute.regions.list",
                items="items[]",
                page=500,
                size="maxResults",
            ),
            "compute.googleapis.com/AcceleratorQuota",
            "compute.v1.Region",
            "//compute.googleapis.com/projects/{project}/regions/{region}/acceleratorQuotas/{metric}",
            places="global",
            spread=_accelerator_quotas,
        ),
        {
            "metric_name": "metric",
            "region": "region",
            "limit_value": "limit",
            "used_value": "usage",
        },
        labels="",
    ),
)
