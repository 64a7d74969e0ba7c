"""What is reserved and set apart: regions, reservations of capacity, dedicated hosts, placement."""

from __future__ import annotations

from collections.abc import Mapping

from collectors.azure.rows import Get, Rows, resource
from collectors.azure.sizes import MACHINE, Sizes
from normalize.model import Category, Field, Kind, Link, Path
from normalize.units import instant

LOCATION = "azure.resources.location"
_STATE: Mapping[str, Path | Field] = {"state": "properties.provisioningState"}

KINDS: tuple[Kind, ...] = (
    resource(
        LOCATION,
        Category.REGION,
        Get(
            "/subscriptions/{@account}/locations",
            "2022-12-01",
            action="Microsoft.Resources/subscriptions/locations/read",
        ),
        {
            "description": "displayName",
            "region": "name",
            "type": "metadata.regionType",
            "location": "metadata.physicalLocation",
            "zones": "availabilityZoneMappings[].logicalZone",
        },
        tags="",
        quiet=frozenset({"metadata.pairedRegion"}),
    ),
    resource(
        "azure.compute.capacity_reservation_group",
        Category.CAPACITY,
        Rows("Microsoft.Compute/capacityReservationGroups"),
        {"zones": "zones", "shared_with": "properties.sharingProfile.subscriptionIds[].id"},
        links=(Link("serves", "", "properties.virtualMachinesAssociated[].id"),),
    ),
    resource(
        "azure.compute.capacity_reservation",
        Category.CAPACITY,
        Rows("Microsoft.Compute/capacityReservationGroups/capacityReservations", lookups=(Sizes("sku.name"),)),
        {
            **MACHINE,
            **_STATE,
            "instance_type": "sku.name",
            "desired_count": "sku.capacity",
            "used_count": Field("properties.virtualMachinesAssociated", len),
            "zone": "zones[0]",
            "created_at": Field("properties.timeCreated", instant),
        },
        links=(
            Link("part_of", "azure.compute.capacity_reservation_group", "$above"),
            Link("serves", "", "properties.virtualMachinesAssociated[].id"),
        ),
    ),
    resource(
        "azure.compute.host_group",
        Category.CAPACITY,
        Rows("Microsoft.Compute/hostGroups"),
        {"zones": "zones", "autoscaled": "properties.supportAutomaticPlacement"},
    ),
    resource(
        "azure.compute.dedicated_host",
        Category.CAPACITY,
        Rows("Microsoft.Compute/hostGroups/hosts"),
        {
            **_STATE,
            "size_class": "sku.name",
            "running_count": Field("properties.virtualMachines", len),
            "node_recovery": "properties.autoReplaceOnFailure",
            "created_at": Field("properties.timeCreated", instant),
        },
        links=(
            Link("part_of", "azure.compute.host_group", "$above"),
            Link("runs", "azure.compute.virtual_machine", "properties.virtualMachines[].id"),
        ),
    ),
    resource(
        "azure.compute.proximity_placement_group",
        Category.SETTINGS,
        Rows("Microsoft.Compute/proximityPlacementGroups"),
        {"type": "properties.proximityPlacementGroupType", "instance_types": "properties.intent.vmSizes"},
        links=(
            Link("holds", "azure.compute.virtual_machine", "properties.virtualMachines[].id"),
            Link("holds", "azure.compute.scale_set", "properties.virtualMachineScaleSets[].id"),
            Link("holds", "azure.compute.availability_set", "properties.availabilitySets[].id"),
        ),
    ),
    resource(
        "azure.compute.availability_set",
        Category.SETTINGS,
        Rows("Microsoft.Compute/availabilitySets"),
        {"type": "sku.name"},
        links=(
            Link("holds", "azure.compute.virtual_machine", "properties.virtualMachines[].id"),
            Link("runs_in", "azure.compute.proximity_placement_group", "properties.proximityPlacementGroup.id"),
        ),
    ),
)
