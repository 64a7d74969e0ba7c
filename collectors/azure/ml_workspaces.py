"""Azure Machine Learning: workspaces, the hubs and projects of AI Foundry that are such, feature stores, registries.

Source of shapes and lists of every module ml_*: azure-ai-ml 1.35.2, azure.ai.ml._restclient.arm_ml_service, which models the stable API
2025-12-01 of Microsoft.MachineLearningServices; read 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from collectors.azure.rows import ASSUMES, Rows, resource
from collectors.azure.values import each, equals, kind_is, kind_is_not, text, told
from normalize.model import Alias, Category, Field, Kind, Link, Path, Template
from normalize.units import instant

VERSION = "2025-12-01"
TYPE = "Microsoft.MachineLearningServices/workspaces"
WORKSPACE = "azure.machinelearning.workspace"
REGISTRY = "azure.machinelearning.registry"
MADE: Mapping[str, Path | Field] = {
    "created_by": "systemData.createdBy",
    "created_at": Field("systemData.createdAt", instant),
    "modified_at": Field("systemData.lastModifiedAt", instant),
}
"""Who made a thing, and when."""
STATE: Mapping[str, Path | Field] = {"state": "properties.provisioningState"}

_COMMON: Mapping[str, Path | Field] = {
    **STATE,
    "description": "properties.description",
    "public": Field("properties.publicNetworkAccess", equals("Enabled")),
    "network_mode": "properties.managedNetwork.isolationMode",
    "encryption": "properties.encryption.status",
    "encryption_key": "properties.encryption.keyVaultProperties.keyIdentifier",
    "endpoint": "properties.mlFlowTrackingUri",
    **MADE,
}
_LINKS = (
    ASSUMES,
    Link("stores_in", "azure.storage.account", "properties.storageAccount"),
    Link("uses", "azure.keyvault.vault", "properties.keyVault"),
    Link("uses", "azure.containerregistry.registry", "properties.containerRegistry"),
    Link("watched_by", "azure.insights.component", "properties.applicationInsights"),
    Link("encrypted_by", "azure.keyvault.key", "properties.encryption.keyVaultProperties.keyIdentifier"),
)
_ADDRESSES = (Alias("uri", Template("azureml://workspaces/{properties.workspaceId}")),)
_QUIET = frozenset(
    {
        "properties.discoveryUrl",
        "properties.mlFlowTrackingUri",
        "properties.notebookInfo",
        "properties.workspaceId",
    }
)


def _kept(*paths: str) -> dict[str, Path | Field]:
    return {key: where for key, where in _COMMON.items() if key not in paths}


def _builder(workspace: Mapping[str, Any]) -> dict[str, Any]:
    """ARM id of the cluster that builds images, which a workspace calls by its name."""
    name = text(workspace, "properties.imageBuildCompute")
    return told(Builder=name and f"{text(workspace, '$id')}/computes/{name.lower()}")


def _rows(keep: Callable[[Mapping[str, Any]], bool]) -> Rows:
    return Rows(TYPE, keep=keep)


KINDS: tuple[Kind, ...] = (
    resource(
        WORKSPACE,
        Category.WORKSPACE,
        Rows(TYPE, keep=kind_is_not("hub", "project", "featurestore"), derive=_builder),
        {
            **_COMMON,
            "type": "kind",
            "size_class": "sku.name",
        },
        links=(
            *_LINKS,
            Link("uses", "azure.machinelearning.compute_cluster", "$Builder"),
            Link(
                "runs_in", "azure.network.subnet", "properties.serverlessComputeSettings.serverlessComputeCustomSubnet"
            ),
        ),
        aliases=_ADDRESSES,
        quiet=_QUIET,
    ),
    resource(
        "azure.machinelearning.hub",
        Category.WORKSPACE,
        _rows(kind_is("hub")),
        _COMMON,
        links=(
            *_LINKS,
            Link(
                "makes", "azure.resources.resource_group", "properties.workspaceHubConfig.defaultWorkspaceResourceGroup"
            ),
        ),
        aliases=_ADDRESSES,
        quiet=_QUIET | {"properties.associatedWorkspaces"},
    ),
    resource(
        "azure.machinelearning.project",
        Category.WORKSPACE,
        _rows(kind_is("project")),
        _kept("network_mode", "encryption", "encryption_key"),
        links=(
            *(link for link in _LINKS if link.verb != "encrypted_by"),
            Link("part_of", "azure.machinelearning.hub", "properties.hubResourceId"),
        ),
        aliases=_ADDRESSES,
        quiet=_QUIET,
    ),
    resource(
        "azure.machinelearning.feature_store",
        Category.FEATURE_STORE,
        _rows(kind_is("featurestore")),
        {
            **_kept("encryption", "encryption_key"),
            "engine_version": "properties.featureStoreSettings.computeRuntime.sparkRuntimeVersion",
            "online_store": Field("properties.featureStoreSettings.onlineStoreConnectionName", bool),
            "offline_store": Field("properties.featureStoreSettings.offlineStoreConnectionName", bool),
        },
        links=tuple(link for link in _LINKS if link.verb != "encrypted_by"),
        aliases=_ADDRESSES,
        quiet=_QUIET,
    ),
    resource(
        REGISTRY,
        Category.MODEL_REGISTRY,
        Rows("Microsoft.MachineLearningServices/registries"),
        {
            "public": Field("properties.publicNetworkAccess", equals("Enabled")),
            "endpoint": "properties.mlFlowRegistryUri",
            "replica_regions": Field("properties.regionDetails", each("location")),
            **MADE,
        },
        links=(
            ASSUMES,
            Link("makes", "azure.resources.resource_group", "properties.managedResourceGroup.resourceId"),
            Link(
                "stores_in",
                "azure.storage.account",
                "properties.regionDetails[].storageAccountDetails[].systemCreatedStorageAccount.armResourceId.resourceId",
            ),
            Link(
                "uses",
                "azure.containerregistry.registry",
                "properties.regionDetails[].acrDetails[].systemCreatedAcrAccount.armResourceId.resourceId",
            ),
        ),
        aliases=(Alias("uri", Template("azureml://registries/{name}")),),
        quiet=frozenset({"properties.discoveryUrl", "properties.mlFlowRegistryUri"}),
    ),
)
