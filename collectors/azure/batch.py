"""Azure Batch: accounts and their pools of machines."""

from __future__ import annotations

from collectors.azure.rows import ASSUMES, Get, Rows, resource
from collectors.azure.sizes import MACHINE, Sizes
from normalize.model import Category, Field, Kind, Link
from normalize.units import instant

KINDS: tuple[Kind, ...] = (
    resource(
        "azure.batch.account",
        Category.BATCH_QUEUE,
        Rows("Microsoft.Batch/batchAccounts"),
        {
            "state": "properties.provisioningState",
            "endpoint": "properties.accountEndpoint",
            "mode": "properties.poolAllocationMode",
            "max_vcpu_count": "properties.dedicatedCoreQuota",
        },
        links=(ASSUMES, Link("stores_in", "azure.storage.account", "properties.autoStorage.storageAccountId")),
        quiet=frozenset({"properties.accountEndpoint", "properties.nodeManagementEndpoint"}),
    ),
    resource(
        "azure.batch.pool",
        Category.NODE_POOL,
        Get(
            "{$parent.$id}/pools",
            "2024-07-01",
            under="azure.batch.account",
            lookups=(Sizes("properties.vmSize", "$parent.location"),),
        ),
        {
            **MACHINE,
            "state": "properties.allocationState",
            "instance_type": "properties.vmSize",
            "instance_count": "properties.currentDedicatedNodes",
            "desired_count": "properties.scaleSettings.fixedScale.targetDedicatedNodes",
            "created_at": Field("properties.creationTime", instant),
        },
        tags="",
        links=(
            ASSUMES,
            Link("runs_in", "azure.network.subnet", "properties.networkConfiguration.subnetId"),
        ),
        sensitive=frozenset(
            {"properties.startTask.environmentSettings", "properties.userAccounts", "properties.mountConfiguration"}
        ),
    ),
)
