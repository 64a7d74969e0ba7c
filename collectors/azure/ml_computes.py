"""Azure Machine Learning: what a workspace computes on: instances of one person, clusters, and what was there before and is attached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from collectors.azure.ml_workspaces import VERSION, WORKSPACE
from collectors.azure.rows import ASSUMES, Get, Lookup, resource
from collectors.azure.sizes import MACHINE, Sizes
from collectors.azure.values import equals, first, seconds
from normalize.mapping import read
from normalize.model import Category, Field, Kind, Link, Path
from normalize.units import instant

_MODELLED = ("amlcompute", "computeinstance", "kubernetes")
_AT = "properties.properties"


def _is(*types: str) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a compute is of one of these types, lower case."""
    return lambda compute: str(read(dict(compute), "properties.computeType")).lower() in types


def _attached(compute: Mapping[str, Any]) -> bool:
    return not _is(*_MODELLED)(compute)


def _shapes(types: Any) -> list[dict[str, Any]]:
    """Sizes that a cluster offers to jobs and deployments: what a replica of each gets, and on which nodes."""
    return [
        {"name": name, "selector": told.get("nodeSelector") or {}, **(told.get("resources") or {})}
        for name, told in types.items()
    ]


def _computes(keep: Callable[[Mapping[str, Any]], bool], *lookups: Lookup) -> Get:
    return Get("{$parent.$id}/computes", VERSION, under=WORKSPACE, all_sorts=True, keep=keep, lookups=lookups)


_COMMON: Mapping[str, Path | Field] = {
    "region": "properties.computeLocation",
    "description": "properties.description",
    "created_at": Field("properties.createdOn", instant),
    "modified_at": Field("properties.modifiedOn", instant),
}
_QUIET = frozenset({f"{_AT}.connectivityEndpoints", f"{_AT}.applications"})

KINDS: tuple[Kind, ...] = (
    resource(
        "azure.machinelearning.compute_cluster",
        Category.NODE_POOL,
        _computes(_is("amlcompute"), Sizes(f"{_AT}.vmSize", "properties.computeLocation")),
        {
            **_COMMON,
            **MACHINE,
            "state": f"{_AT}.allocationState",
            "instance_type": f"{_AT}.vmSize",
            "instance_count": f"{_AT}.currentNodeCount",
            "desired_count": f"{_AT}.targetNodeCount",
            "min_count": f"{_AT}.scaleSettings.minNodeCount",
            "max_count": f"{_AT}.scaleSettings.maxNodeCount",
            "idle_timeout_seconds": Field(f"{_AT}.scaleSettings.nodeIdleTimeBeforeScaleDown", seconds),
            "spot": Field(f"{_AT}.vmPriority", equals("LowPriority")),
            "os": f"{_AT}.osType",
            "public": f"{_AT}.enableNodePublicIp",
        },
        links=(
            ASSUMES,
            Link("runs_in", "azure.network.subnet", f"{_AT}.subnet.id"),
        ),
        sensitive=frozenset({f"{_AT}.userAccountCredentials.adminUserPassword", f"{_AT}.propertyBag"}),
        quiet=_QUIET,
    ),
    resource(
        "azure.machinelearning.compute_instance",
        Category.NOTEBOOK,
        _computes(_is("computeinstance"), Sizes(f"{_AT}.vmSize", "properties.computeLocation")),
        {
            **_COMMON,
            **MACHINE,
            "state": f"{_AT}.state",
            "instance_type": f"{_AT}.vmSize",
            "os_image": f"{_AT}.osImageMetadata.currentImageVersion",
            "owner": f"{_AT}.createdBy.userName",
            "access_scope": f"{_AT}.applicationSharingPolicy",
            "idle_timeout_seconds": Field(f"{_AT}.idleTimeBeforeShutdown", seconds),
            "public": f"{_AT}.enableNodePublicIp",
            "private_address": f"{_AT}.connectivityEndpoints.privateIpAddress",
            "last_activity_at": Field(f"{_AT}.lastOperation.operationTime", instant),
        },
        links=(
            ASSUMES,
            Link("runs_in", "azure.network.subnet", f"{_AT}.subnet.id"),
        ),
        sensitive=frozenset(
            {
                f"{_AT}.setupScripts.scripts.startupScript.scriptData",
                f"{_AT}.setupScripts.scripts.startupScript.scriptArguments",
                f"{_AT}.setupScripts.scripts.creationScript.scriptData",
                f"{_AT}.setupScripts.scripts.creationScript.scriptArguments",
                f"{_AT}.customServices[].environmentVariables",
            }
        ),
        quiet=_QUIET,
    ),
    resource(
        "azure.machinelearning.kubernetes_compute",
        Category.CLUSTER,
        _computes(_is("kubernetes")),
        {
            **_COMMON,
            "state": "properties.provisioningState",
            "namespace": f"{_AT}.namespace",
            "instance_type": f"{_AT}.defaultInstanceType",
            "node_groups": Field(f"{_AT}.instanceTypes", _shapes),
        },
        links=(ASSUMES, Link("runs_on", "azure.aks.cluster", "properties.resourceId")),
        sensitive=frozenset({f"{_AT}.relayConnectionString", f"{_AT}.serviceBusConnectionString"}),
        quiet=_QUIET,
    ),
    resource(
        "azure.machinelearning.attached_compute",
        Category.CLUSTER,
        _computes(
            _attached,
            Sizes(f"{_AT}.agentVmSize", "properties.computeLocation"),
            Sizes(f"{_AT}.virtualMachineSize", "properties.computeLocation"),
        ),
        {
            **_COMMON,
            "accelerators": MACHINE["accelerators"],
            "accelerator_count": MACHINE["accelerator_count"],
            "state": "properties.provisioningState",
            "type": "properties.computeType",
            "instance_type": Field(_AT, first("agentVmSize", "virtualMachineSize", "nodeSize")),
            "node_count": Field(_AT, first("agentCount", "nodeCount")),
        },
        links=(ASSUMES, Link("runs_on", "", "properties.resourceId")),
        sensitive=frozenset(
            {
                f"{_AT}.databricksAccessToken",
                f"{_AT}.sslConfiguration.key",
                f"{_AT}.sslConfiguration.cert",
                f"{_AT}.administratorAccount",
            }
        ),
        quiet=_QUIET,
    ),
)
