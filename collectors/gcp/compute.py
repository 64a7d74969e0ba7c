"""Compute Engine: machines, their disks, and what starts fleets of them."""

from __future__ import annotations

from typing import Any

from collectors.gcp.accelerators import attached, shown
from collectors.gcp.rows import Asset, row
from collectors.gcp.values import equals, last, lasts
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Link
from normalize.units import GIB, instant, integer, times

_ACCELERATORS = shown(lambda p: attached(p.get("guestAccelerators", ()), p.get("machineType", "")))
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


KINDS = (
    row(
        Category.INSTANCE,
        Asset(
            ("compute.googleapis.com/Instance",),
            "compute.v1.Instance",
            "//compute.googleapis.com/projects/PROJECT_ID/zones/ZONE/instances/INSTANCE",
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
            "encryption_key": "diskEncryptionKey.kmsKeyName",
            "created_at": Field("creationTimestamp", instant),
            "last_activity_at": Field("lastAttachTimestamp", instant),
            "multi_attach": Field("accessMode", equals("READ_WRITE_MANY", "READ_ONLY_MANY")),
        },
        links=(
            Link("encrypted_by", "gcp.cloudkms.crypto_key", "diskEncryptionKey.kmsKeyName"),
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
)
