"""Virtual machines, what starts fleets of them, and their disks."""

from __future__ import annotations

from typing import Any

from collectors.azure.metrics import BUSY, busy
from collectors.azure.rows import ASSUMES, Rows, resource
from collectors.azure.sizes import MACHINE, Sizes
from collectors.azure.values import equals
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Kind, Link
from normalize.units import GIB, instant, mibps, times

_SPOT = equals("Spot", "Low")
_DISK_KEYS = Link("encrypted_by", "azure.compute.disk_encryption_set", "properties.encryption.diskEncryptionSetId")
_PROFILE = "properties.virtualMachineProfile"


def _image(reference: Any) -> Any:
    """What the makers of an image call it; none where it is an image of somebody's own, which is a link."""
    parts = [str(reference[key]) for key in ("publisher", "offer", "sku") if reference.get(key)]
    return " ".join(parts) if parts else MISSING


KINDS: tuple[Kind, ...] = (
    resource(
        "azure.compute.virtual_machine",
        Category.INSTANCE,
        Rows(
            "Microsoft.Compute/virtualMachines",
            lookups=(Sizes("properties.hardwareProfile.vmSize"), busy("Microsoft.Compute/virtualMachines")),
        ),
        {
            **MACHINE,
            **BUSY,
            "state": "properties.extended.instanceView.powerState.code",
            "instance_type": "properties.hardwareProfile.vmSize",
            "os": "properties.storageProfile.osDisk.osType",
            "machine_image_name": Field("properties.storageProfile.imageReference", _image),
            "zone": "zones[0]",
            "hostname": "properties.osProfile.computerName",
            "lifecycle": "properties.priority",
            "spot": Field("properties.priority", _SPOT),
            "machine_id": "properties.vmId",
            "created_at": Field("properties.timeCreated", instant),
        },
        links=(
            ASSUMES,
            Link("attached_to", "azure.network.network_interface", "properties.networkProfile.networkInterfaces[].id"),
            Link("mounts", "azure.compute.disk", "properties.storageProfile.osDisk.managedDisk.id"),
            Link("mounts", "azure.compute.disk", "properties.storageProfile.dataDisks[].managedDisk.id"),
            Link("member_of", "azure.compute.scale_set", "properties.virtualMachineScaleSet.id"),
        ),
        aliases=(Alias("id", "properties.vmId"),),
        sensitive=frozenset({"properties.userData", "properties.osProfile.customData"}),
    ),
    resource(
        "azure.compute.scale_set",
        Category.SCALING_GROUP,
        Rows(
            "Microsoft.Compute/virtualMachineScaleSets",
            lookups=(Sizes("sku.name"), busy("Microsoft.Compute/virtualMachineScaleSets")),
        ),
        {
            **MACHINE,
            **BUSY,
            "state": "properties.provisioningState",
            "instance_type": "sku.name",
            "desired_count": "sku.capacity",
            "mode": "properties.orchestrationMode",
            "os": f"{_PROFILE}.storageProfile.osDisk.osType",
            "machine_image_name": Field(f"{_PROFILE}.storageProfile.imageReference", _image),
            "lifecycle": f"{_PROFILE}.priority",
            "spot": Field(f"{_PROFILE}.priority", _SPOT),
            "zones": "zones",
            "created_at": Field("properties.timeCreated", instant),
        },
        links=(
            ASSUMES,
            Link(
                "runs_in",
                "azure.network.subnet",
                f"{_PROFILE}.networkProfile.networkInterfaceConfigurations[].properties.ipConfigurations[].properties.subnet.id",
            ),
        ),
        sensitive=frozenset({f"{_PROFILE}.userData", f"{_PROFILE}.osProfile.customData"}),
    ),
    resource(
        "azure.compute.scale_set_instance",
        Category.INSTANCE,
        Rows(
            "Microsoft.Compute/virtualMachineScaleSets/virtualMachines",
            "computeresources",
            lookups=(Sizes("sku.name"),),
        ),
        {
            **MACHINE,
            "state": "properties.provisioningState",
            "instance_type": "sku.name",
            "os": "properties.storageProfile.osDisk.osType",
            "machine_image_name": Field("properties.storageProfile.imageReference", _image),
            "zone": "zones[0]",
            "hostname": "properties.osProfile.computerName",
            "machine_id": "properties.vmId",
            "created_at": Field("properties.timeCreated", instant),
        },
        links=(
            ASSUMES,
            Link("member_of", "azure.compute.scale_set", "$above"),
            Link(
                "attached_to",
                "azure.network.scale_set_interface",
                "properties.networkProfile.networkInterfaces[].id",
            ),
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
            "size_bytes": Field("properties.diskSizeGB", times(GIB)),
            "iops": "properties.diskIOPSReadWrite",
            "throughput_mibps": Field("properties.diskMBpsReadWrite", mibps),
            "multi_attach": Field("properties.maxShares", lambda shares: shares > 1),
            "zone": "zones[0]",
            "encryption": "properties.encryption.type",
            "encryption_key": "properties.encryption.diskEncryptionSetId",
            "created_at": Field("properties.timeCreated", instant),
        },
        links=(Link("attached_to", "azure.compute.virtual_machine", "managedBy"), _DISK_KEYS),
    ),
    resource(
        "azure.compute.snapshot",
        Category.SNAPSHOT,
        Rows("Microsoft.Compute/snapshots"),
        {
            "state": "properties.diskState",
            "type": "sku.name",
            "size_bytes": Field("properties.diskSizeGB", times(GIB)),
            "encryption": "properties.encryption.type",
            "created_at": Field("properties.timeCreated", instant),
        },
        links=(Link("made_from", "azure.compute.disk", "properties.creationData.sourceResourceId"), _DISK_KEYS),
    ),
    resource(
        "azure.compute.disk_encryption_set",
        Category.KEY,
        Rows("Microsoft.Compute/diskEncryptionSets"),
        {
            "state": "properties.provisioningState",
            "type": "properties.encryptionType",
            "rotated_at": Field("properties.lastKeyRotationTimestamp", instant),
        },
        links=(Link("uses", "azure.keyvault.vault", "properties.activeKey.sourceVault.id"),),
    ),
)
