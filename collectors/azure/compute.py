"""Virtual machines and their disks."""

from __future__ import annotations

from collectors.azure.rows import Rows, resource
from collectors.azure.values import equals
from normalize.model import Alias, Category, Field, Kind, Link
from normalize.units import instant

KINDS: tuple[Kind, ...] = (
    resource(
        "azure.compute.virtual_machine",
        Category.INSTANCE,
        Rows("Microsoft.Compute/virtualMachines"),
        {
            "state": "properties.extended.instanceView.powerState.code",
            "instance_type": "properties.hardwareProfile.vmSize",
            "os": "properties.storageProfile.osDisk.osType",
            "zone": "zones[0]",
            "hostname": "properties.osProfile.computerName",
            "lifecycle": "properties.priority",
            "spot": Field("properties.priority", equals("Spot", "Low")),
            "machine_id": "properties.vmId",
            "created_at": Field("properties.timeCreated", instant),
        },
        links=(
            Link("mounts", "azure.compute.disk", "properties.storageProfile.osDisk.managedDisk.id"),
            Link("mounts", "azure.compute.disk", "properties.storageProfile.dataDisks[].managedDisk.id"),
        ),
        aliases=(Alias("id", "properties.vmId"),),
        sensitive=frozenset({"properties.userData", "properties.osProfile.customData"}),
    ),
    resource(
        "azure.compute.disk",
        Category.VOLUME,
        Rows("Microsoft.Compute/disks"),
        {
            "state": "properties.diskState",
            "type": "sku.name",
            "size_bytes": "properties.diskSizeBytes",
            "iops": "properties.diskIOPSReadWrite",
            "throughput_mb_per_second": "properties.diskMBpsReadWrite",
            "zone": "zones[0]",
            "encryption": "properties.encryption.type",
            "encryption_key": "properties.encryption.diskEncryptionSetId",
            "created_at": Field("properties.timeCreated", instant),
        },
        links=(Link("attached_to", "azure.compute.virtual_machine", "managedBy"),),
    ),
)
