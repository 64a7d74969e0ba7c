"""Cloud Workstations: clusters, what their machines are made of, and the workstations themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.accelerators import attached, shown
from collectors.gcp.rows import Asset, row
from collectors.gcp.values import lasts, seconds, texts
from normalize.model import Alias, Category, Field, Link, Path
from normalize.units import GIB, instant, integer, times

_CLUSTER = (
    "//workstations.googleapis.com/projects/PROJECT_ID/locations/LOCATION/workstationClusters/WORKSTATION_CLUSTER"
)
_GCE = "host.gceInstance"


def _of_machine(machine: Any) -> list[dict[str, Any]] | None:
    listed = [{"acceleratorType": a["type"], "acceleratorCount": a["count"]} for a in machine.get("accelerators") or ()]
    return attached(listed, machine.get("machineType") or "")


def _above(item: Mapping[str, Any]) -> dict[str, Any]:
    """What something is part of, by its own name."""
    return {"$Above": item["$asset"]["name"].rsplit("/", 2)[0]}


_MACHINE = shown(_of_machine)
_COMMON: Mapping[str, Path | Field] = {
    "name": "displayName",
    "created_at": Field("createTime", instant),
    "modified_at": Field("updateTime", instant),
}

KINDS = (
    row(
        Category.CLUSTER,
        Asset(("workstations.googleapis.com/WorkstationCluster",), "workstations.v1.WorkstationCluster", _CLUSTER),
        {
            **_COMMON,
            "private": "privateClusterConfig.enablePrivateEndpoint",
            "hostname": "privateClusterConfig.clusterHostname",
            "problems": Field("conditions", texts("message")),
        },
        links=(
            Link("runs_in", "gcp.compute.network", "network"),
            Link("runs_in", "gcp.compute.subnetwork", "subnetwork"),
        ),
        quiet=frozenset({"name", "controlPlaneIp", "privateClusterConfig", "workstationAuthorizationUrl"}),
    ),
    row(
        Category.LAUNCH_TEMPLATE,
        Asset(
            ("workstations.googleapis.com/WorkstationConfig",),
            "workstations.v1.WorkstationConfig",
            f"{_CLUSTER}/workstationConfigs/WORKSTATION_CONFIG",
            derive=_above,
        ),
        {
            **_COMMON,
            "image": "container.image",
            "instance_type": f"{_GCE}.machineType",
            "warm_count": Field(f"{_GCE}.poolSize", integer),
            "max_count": Field("maxUsableWorkstations", integer),
            "service_account": f"{_GCE}.serviceAccount",
            "size_bytes": Field("persistentDirectories[0].gcePd.sizeGb", times(GIB)),
            "idle_timeout_seconds": Field("idleTimeout", seconds),
            "timeout_seconds": Field("runningTimeout", seconds),
            "zones": Field("replicaZones", lasts),
            "problems": Field("conditions", texts("message")),
            "accelerators": Field(_GCE, _MACHINE["accelerators"]),
            "accelerator_count": Field(_GCE, _MACHINE["accelerator_count"]),
            "accelerator_memory_bytes": Field(_GCE, _MACHINE["accelerator_memory_bytes"]),
        },
        key="encryptionKey.kmsKey",
        links=(
            Link("part_of", "gcp.workstations.workstation_cluster", "$Above"),
            Link("assumes", "gcp.iam.service_account", f"{_GCE}.serviceAccount"),
        ),
        sensitive=frozenset({"container.env", f"{_GCE}.instanceMetadata"}),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.WORKSPACE,
        Asset(
            ("workstations.googleapis.com/Workstation",),
            "workstations.v1.Workstation",
            f"{_CLUSTER}/workstationConfigs/WORKSTATION_CONFIG/workstations/WORKSTATION",
            derive=_above,
        ),
        {
            **_COMMON,
            "state": "state",
            "hostname": "host",
            "started_at": Field("startTime", instant),
        },
        key="kmsKey",
        links=(Link("started_from", "gcp.workstations.workstation_config", "$Above"),),
        aliases=(Alias("dns", "host"),),
        sensitive=frozenset({"env"}),
        quiet=frozenset({"name", "host"}),
    ),
)
