"""Azure Kubernetes Service: clusters and their agent pools."""

from __future__ import annotations

from typing import Any

from collectors.azure.rows import ASSUMES, Rows, resource
from collectors.azure.sizes import MACHINE, Sizes
from collectors.azure.values import equals
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import GIB, times


def _partition(profile: Any) -> list[dict[str, Any]]:
    """MIG1g -> every GPU of a node in parts of that profile."""
    return [{"profile": str(profile)}]


KINDS: tuple[Kind, ...] = (
    resource(
        "azure.aks.cluster",
        Category.CLUSTER,
        Rows("Microsoft.ContainerService/managedClusters"),
        {
            "state": "properties.powerState.code",
            "kubernetes_version": "properties.currentKubernetesVersion",
            "endpoint": "properties.fqdn",
            "issuer": "properties.oidcIssuerProfile.issuerURL",
            "size_class": "sku.tier",
            "network_mode": "properties.networkProfile.networkPlugin",
            "cidr": "properties.networkProfile.podCidr",
            "service_cidr": "properties.networkProfile.serviceCidr",
            "private": "properties.apiServerAccessProfile.enablePrivateCluster",
            "public": Field("properties.apiServerAccessProfile.enablePrivateCluster", equals("false")),
            "admitted_ranges": "properties.apiServerAccessProfile.authorizedIPRanges",
        },
        links=(
            ASSUMES,
            Link("runs_in", "azure.network.subnet", "properties.agentPoolProfiles[].vnetSubnetID"),
            Link("encrypted_by", "azure.compute.disk_encryption_set", "properties.diskEncryptionSetID"),
            Link("assumes", "azure.managedidentity.identity", "properties.identityProfile.kubeletidentity.resourceId"),
        ),
        aliases=(
            Alias("dns", "properties.fqdn"),
            Alias("dns", "properties.privateFQDN"),
            Alias("id", Template("oidc:{properties.oidcIssuerProfile.issuerURL}")),
        ),
        quiet=frozenset(
            {"properties.fqdn", "properties.privateFQDN", "properties.azurePortalFQDN", "properties.oidcIssuerProfile"}
        ),
    ),
    resource(
        "azure.aks.agent_pool",
        Category.NODE_POOL,
        Rows(
            "Microsoft.ContainerService/managedClusters",
            each="properties.agentPoolProfiles",
            part="agentPools",
            lookups=(Sizes("vmSize", "$parent.location"),),
        ),
        {
            **MACHINE,
            "state": "powerState.code",
            "mode": "mode",
            "cluster": "$parent.name",
            "instance_type": "vmSize",
            "desired_count": "count",
            "min_count": "minCount",
            "max_count": "maxCount",
            "autoscaled": "enableAutoScaling",
            "spot": Field("scaleSetPriority", equals("Spot")),
            "os": "osSKU",
            "os_image": "nodeImageVersion",
            "kubernetes_version": "currentOrchestratorVersion",
            "zones": "availabilityZones",
            "labels": "nodeLabels",
            "taints": "nodeTaints",
            "ephemeral_storage_bytes": Field("osDiskSizeGB", times(GIB)),
            "pod_capacity_count": "maxPods",
            "partitions": Field("gpuInstanceProfile", _partition),
            "driver_installed": Field("gpuProfile.driver", equals("Install")),
        },
        links=(
            Link("part_of", "azure.aks.cluster", "$parent.$id"),
            Link("runs_in", "azure.network.subnet", "vnetSubnetID"),
        ),
    ),
)
