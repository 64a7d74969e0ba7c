"""Machines and clusters elsewhere that Azure manages: Arc, Azure Local, Red Hat OpenShift."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.rows import ASSUMES, Rows, resource
from collectors.azure.values import each, shaped
from normalize.model import Alias, Category, Field, Kind, Link, Path, Template
from normalize.units import instant

_STATE: Mapping[str, Path | Field] = {"state": "properties.provisioningState"}


def _cores(processors: Any) -> int:
    return sum(int(p["numberOfCores"]) for p in processors)


KINDS: tuple[Kind, ...] = (
    resource(
        "azure.hybridcompute.machine",
        Category.HOST,
        Rows("Microsoft.HybridCompute/machines"),
        {
            "state": "properties.status",
            "os": "properties.osSku",
            "hostname": "properties.machineFqdn",
            "machine_id": "properties.vmUuid",
            "manufacturer": "properties.detectedProperties.manufacturer",
            "product": "properties.detectedProperties.model",
            "memory_bytes": "properties.hardwareProfile.totalPhysicalMemoryInBytes",
            "cpu_socket_count": "properties.hardwareProfile.numberOfCpuSockets",
            "cpu_core_count": Field("properties.hardwareProfile.processors", _cores),
            "last_activity_at": Field("properties.lastStatusChange", instant),
        },
        links=(Link("part_of", "azure.azurestackhci.cluster", "properties.parentClusterResourceId"),),
        aliases=(Alias("dns", "properties.machineFqdn"), Alias("dns", "properties.dnsFqdn")),
        quiet=frozenset(
            {
                "properties.machineFqdn",
                "properties.dnsFqdn",
                "properties.adFqdn",
                "properties.domainName",
                "properties.networkProfile",
            }
        ),
    ),
    resource(
        "azure.kubernetes.connected_cluster",
        Category.CLUSTER,
        Rows("Microsoft.Kubernetes/connectedClusters"),
        {
            **_STATE,
            "phase": "properties.connectivityStatus",
            "kubernetes_version": "properties.kubernetesVersion",
            "type": "properties.distribution",
            "location": "properties.infrastructure",
            "node_count": "properties.totalNodeCount",
            "issuer": "properties.oidcIssuerProfile.issuerUrl",
            "last_activity_at": Field("properties.lastConnectivityTime", instant),
        },
        aliases=(Alias("id", Template("oidc:{properties.oidcIssuerProfile.issuerUrl}")),),
        sensitive=frozenset({"properties.arcAgentryConfigurations"}),
        quiet=frozenset({"properties.oidcIssuerProfile"}),
    ),
    resource(
        "azure.azurestackhci.cluster",
        Category.CLUSTER,
        Rows("Microsoft.AzureStackHCI/clusters"),
        {
            "state": "properties.status",
            "phase": "properties.connectivityStatus",
            "version": "properties.reportedProperties.clusterVersion",
            "manufacturer": "properties.reportedProperties.manufacturer",
            "node_count": Field("properties.reportedProperties.nodes", len),
            "node_groups": Field(
                "properties.reportedProperties.nodes",
                shaped(name="name", instance_type="model", vcpus="coreCount", memory_gib="memoryInGiB"),
            ),
            "last_activity_at": Field("properties.lastSyncTimestamp", instant),
        },
        quiet=frozenset({"properties.cloudManagementEndpoint", "properties.serviceEndpoint"}),
    ),
    resource(
        "azure.redhatopenshift.cluster",
        Category.CLUSTER,
        Rows("Microsoft.RedHatOpenShift/openShiftClusters"),
        {
            **_STATE,
            "version": "properties.clusterProfile.version",
            "endpoint": "properties.apiserverProfile.url",
            "issuer": "properties.clusterProfile.oidcIssuer",
            "cidr": "properties.networkProfile.podCidr",
            "visibility": "properties.apiserverProfile.visibility",
            "node_groups": Field(
                "properties.workerProfiles",
                shaped(name="name", instance_type="vmSize", count_wanted="count"),
            ),
            "instance_types": Field("properties.workerProfiles", each("vmSize")),
        },
        links=(
            ASSUMES,
            Link("runs_in", "azure.network.subnet", "properties.masterProfile.subnetId"),
            Link("runs_in", "azure.network.subnet", "properties.workerProfiles[].subnetId"),
            Link("makes", "azure.resources.resource_group", "properties.clusterProfile.resourceGroupId"),
        ),
        aliases=(
            Alias("uri", "properties.apiserverProfile.url"),
            Alias("uri", "properties.consoleProfile.url"),
            Alias("id", Template("oidc:{properties.clusterProfile.oidcIssuer}")),
        ),
        sensitive=frozenset(
            {"properties.clusterProfile.pullSecret", "properties.servicePrincipalProfile.clientSecret"}
        ),
        quiet=frozenset(
            {
                "properties.apiserverProfile",
                "properties.consoleProfile",
                "properties.ingressProfiles",
                "properties.clusterProfile.oidcIssuer",
            }
        ),
    ),
)
