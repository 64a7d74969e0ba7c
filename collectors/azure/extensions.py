"""What is installed on machines and clusters through Azure: drivers, agents, the machine learning extension, Flux; keys for logging in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.rows import Rows, resource
from normalize.model import Category, Field, Kind, Link, Path

_STATE: Mapping[str, Path | Field] = {"state": "properties.provisioningState"}
_CLUSTERS = "kubernetesconfigurationresources"


def _cluster(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The id of what is installed on a cluster begins with that of the cluster."""
    return {"$Cluster": str(item["id"]).rpartition("/providers/")[0]}


def _of_machine(name: str, type_: str, machine: str) -> Kind:
    return resource(
        name,
        Category.SETTINGS,
        Rows(type_),
        {
            **_STATE,
            "type": "properties.type",
            "vendor": "properties.publisher",
            "version": "properties.typeHandlerVersion",
        },
        links=(Link("part_of", machine, "$above"),),
        sensitive=frozenset({"properties.settings", "properties.protectedSettings", "properties.instanceView"}),
    )


KINDS: tuple[Kind, ...] = (
    _of_machine(
        "azure.compute.extension", "Microsoft.Compute/virtualMachines/extensions", "azure.compute.virtual_machine"
    ),
    _of_machine(
        "azure.hybridcompute.extension", "Microsoft.HybridCompute/machines/extensions", "azure.hybridcompute.machine"
    ),
    resource(
        "azure.kubernetesconfiguration.extension",
        Category.SETTINGS,
        Rows("Microsoft.KubernetesConfiguration/extensions", _CLUSTERS, derive=_cluster),
        {
            **_STATE,
            "type": "properties.extensionType",
            "version": "properties.currentVersion",
            "namespace": "properties.scope.cluster.releaseNamespace",
            "managed": "properties.isSystemExtension",
        },
        tags="",
        links=(Link("part_of", "", "$Cluster"),),
        sensitive=frozenset({"properties.configurationSettings", "properties.configurationProtectedSettings"}),
    ),
    resource(
        "azure.kubernetesconfiguration.flux_configuration",
        Category.SETTINGS,
        Rows("Microsoft.KubernetesConfiguration/fluxConfigurations", _CLUSTERS, derive=_cluster),
        {
            **_STATE,
            "type": "properties.sourceKind",
            "phase": "properties.complianceState",
            "namespace": "properties.namespace",
            "suspended": "properties.suspend",
            "repository": "properties.gitRepository.url",
            "branch": "properties.gitRepository.repositoryRef.branch",
        },
        tags="",
        links=(Link("part_of", "", "$Cluster"),),
        sensitive=frozenset(
            {
                "properties.configurationProtectedSettings",
                "properties.gitRepository.sshKnownHosts",
                "properties.bucket.accessKey",
                "properties.azureBlob.accountKey",
                "properties.azureBlob.sasToken",
                "properties.azureBlob.servicePrincipal",
            }
        ),
    ),
    resource("azure.compute.ssh_key", Category.KEY, Rows("Microsoft.Compute/sshPublicKeys"), {}),
    resource(
        "azure.compute.restore_point_collection",
        Category.BACKUP,
        Rows("Microsoft.Compute/restorePointCollections"),
        {**_STATE},
        links=(Link("protects", "", "properties.source.id"),),
    ),
)
