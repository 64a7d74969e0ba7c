"""Google Kubernetes Engine: clusters and their node pools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.accelerators import named, of_machine, shown
from collectors.gcp.metrics import METRICS, NODE_DUTY, Gauges, busy
from collectors.gcp.rows import Asset, row
from collectors.gcp.values import texts
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Link, Template
from normalize.units import GIB, instant, taint, times


def _partition(accelerator: Mapping[str, Any]) -> str | None:
    """How devices are cut or shared, in our words."""
    sharing = accelerator.get("gpuSharingConfig") or {}
    clients = sharing.get("maxSharedClientsPerGpu")
    shared = {"TIME_SHARING": f"time-slicing-{clients}", "MPS": "mps"}.get(sharing.get("gpuSharingStrategy", ""))
    cut = accelerator.get("gpuPartitionSize")
    return "+".join(part for part in (f"mig-{cut}" if cut else None, shared) if part) or None


def _of_node(pool: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Accelerators of one node of a pool."""
    config = pool.get("config") or {}
    found = [
        named(a["acceleratorType"], int(a.get("acceleratorCount", 1)), partition=_partition(a))
        for a in config.get("accelerators") or ()
    ]
    return found or of_machine(config.get("machineType") or "")


_ACCELERATORS = shown(_of_node)


def _driver(accelerators: Any) -> Any:
    """Which driver GKE installs; one that it is told to leave out is said so."""
    configs = [a.get("gpuDriverInstallationConfig") or {} for a in accelerators]
    found = [c.get("specificVersion") or c.get("gpuDriverVersion") for c in configs]
    return next((str(f) for f in found if f), MISSING)


def _installs(accelerators: Any) -> Any:
    found = _driver(accelerators)
    return MISSING if found is MISSING else found != "INSTALLATION_DISABLED"


def _partitions(accelerators: Any) -> Any:
    found = [{"profile": a["gpuPartitionSize"]} for a in accelerators if a.get("gpuPartitionSize")]
    return found or MISSING


def _taints(taints: Any) -> list[str]:
    return [taint(t["key"], t.get("value"), t["effect"]) for t in taints]


def _least(scaling: Any) -> Any:
    return scaling.get("totalMinNodeCount", scaling.get("minNodeCount", MISSING))


def _most(scaling: Any) -> Any:
    return scaling.get("totalMaxNodeCount", scaling.get("maxNodeCount", MISSING))


def _above(pool: Mapping[str, Any]) -> Mapping[str, Any]:
    """The cluster of a pool, by the pool's own name."""
    above = pool["$asset"]["name"].partition("/nodePools/")[0]
    return {"$Cluster": above, "$ClusterName": above.rpartition("/")[2]}


def _public(config: Any) -> bool:
    return not config.get("enablePrivateEndpoint", False)


KINDS = (
    row(
        Category.CLUSTER,
        Asset(
            ("container.googleapis.com/Cluster",),
            "container.v1.Cluster",
            "//container.googleapis.com/projects/PROJECT_ID/locations/LOCATION/clusters/CLUSTER",
            lookups=(Gauges({"AcceleratorUse": busy(NODE_DUTY, ("cluster_name", "location"), ("name", "location"))}),),
        ),
        {
            "name": "name",
            "description": "description",
            "state": "status",
            "kubernetes_version": "currentMasterVersion",
            "version": "currentNodeVersion",
            "stage": "releaseChannel.channel",
            "endpoint": "endpoint",
            "serverless": "autopilot.enabled",
            "autoscaled": "autoscaling.enableNodeAutoprovisioning",
            "zones": "locations",
            "node_count": "currentNodeCount",
            "cidr": "clusterIpv4Cidr",
            "service_cidr": "servicesIpv4Cidr",
            "public": Field("privateClusterConfig", _public),
            "admitted_ranges": Field("masterAuthorizedNetworksConfig.cidrBlocks", texts("cidrBlock")),
            "issuer": Field("selfLink", str),
            "features": Field("addonsConfig", lambda addons: sorted(k for k, v in addons.items() if v.get("enabled"))),
            "log_types": "loggingConfig.componentConfig.enableComponents",
            "accelerator_utilization_ratio": f"{METRICS}.AcceleratorUse",
            "monitored": "monitoringConfig.managedPrometheusConfig.enabled",
            "created_at": Field("createTime", instant),
            "problems": Field("conditions", texts("message")),
        },
        labels="resourceLabels",
        key="databaseEncryption.keyName",
        links=(
            Link("runs_in", "gcp.compute.network", "networkConfig.network"),
            Link("runs_in", "gcp.compute.subnetwork", "networkConfig.subnetwork"),
        ),
        aliases=(Alias("id", Template("oidc:{selfLink}")), Alias("address", "endpoint"), Alias("uri", "selfLink")),
        sensitive=frozenset({"masterAuth"}),
        quiet=frozenset(
            {
                "nodePools",
                "nodeConfig",
                "instanceGroupUrls",
                "endpoint",
                "privateClusterConfig",
                "workloadIdentityConfig",
            }
        ),
    ),
    row(
        Category.NODE_POOL,
        Asset(
            ("container.googleapis.com/NodePool",),
            "container.v1.NodePool",
            "//container.googleapis.com/projects/PROJECT_ID/locations/LOCATION/clusters/CLUSTER/nodePools/NODE_POOL",
            derive=_above,
        ),
        {
            "name": "name",
            "cluster": "$ClusterName",
            "state": "status",
            "failure_reason": "statusMessage",
            "kubernetes_version": "version",
            "os_image": "config.imageType",
            "instance_type": "config.machineType",
            "spot": "config.spot",
            "min_count": Field("autoscaling", _least),
            "max_count": Field("autoscaling", _most),
            "autoscaled": "autoscaling.enabled",
            "zones": "locations",
            "ephemeral_storage_bytes": Field("config.diskSizeGb", times(GIB)),
            "service_account": "config.serviceAccount",
            "labels": "config.labels",
            "taints": Field("config.taints", _taints),
            "node_recovery": "management.autoRepair",
            "driver_version": Field("config.accelerators", _driver),
            "driver_installed": Field("config.accelerators", _installs),
            "partitions": Field("config.accelerators", _partitions),
            "accelerators": Field("", _ACCELERATORS["accelerators"]),
            "accelerator_count": Field("", _ACCELERATORS["accelerator_count"]),
            "accelerator_memory_bytes": Field("", _ACCELERATORS["accelerator_memory_bytes"]),
        },
        labels="config.resourceLabels",
        links=(
            Link("part_of", "gcp.container.cluster", "$Cluster"),
            Link("assumes", "gcp.iam.service_account", "config.serviceAccount"),
            Link("encrypted_by", "gcp.cloudkms.crypto_key", "config.bootDiskKmsKey"),
            Link("starts", "gcp.compute.instance_group_manager", "instanceGroupUrls[]"),
        ),
        sensitive=frozenset({"config.metadata"}),
        quiet=frozenset({"config.labels"}),
    ),
)
