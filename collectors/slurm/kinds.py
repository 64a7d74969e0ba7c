"""The table of Slurm kinds. Ids are slurm://CONTROLLER/CLUSTER/…; every payload carries the first part as "$cluster"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from collectors.slurm.shapes import MIB
from normalize.model import Category, Field, Kind, Link, Template
from normalize.units import times

_CLUSTER = "slurm://{$cluster}"
_PART_OF_CLUSTER = Link("part_of", "slurm.cluster", Template(_CLUSTER))


@dataclass(frozen=True, slots=True)
class Listing:
    """A fetch value: which rows a kind is read from, and which words of PrivateData hide some of them."""

    rows: str
    private: frozenset[str] = frozenset()
    accounting: bool = False


def _hours(seconds: Any) -> float:
    return round(int(seconds) / 3600, 3)


def _id(kind: str, key: str = "name") -> Template:
    return Template(f"{_CLUSTER}/{kind}/{{{key}}}")


KINDS: Sequence[Kind] = (
    Kind(
        name="slurm.cluster",
        category=Category.CLUSTER,
        fetch=Listing("cluster"),
        id=Template(_CLUSTER),
        native="name",
        fields={
            "name": "name",
            "version": "version",
            "hostname": "host",
            "node_count": "node_count",
            "accelerators": "accelerators",
            "accelerator_count": "accelerator_count",
            "settings": "settings",
        },
        quiet=frozenset({"settings"}),
    ),
    Kind(
        name="slurm.node",
        category=Category.NODE,
        fetch=Listing("nodes", frozenset({"nodes"})),
        id=_id("node"),
        native="name",
        fields={
            "name": "name",
            "hostname": "hostname",
            "private_address": "address",
            "state": "state",
            "failure_reason": "reason",
            "architecture": "architecture",
            "os": "os",
            "vcpu_count": "cpus",
            "cpu_socket_count": "sockets",
            "cpu_core_count": "cores",
            "memory_bytes": Field("memory_mib", times(MIB)),
            "accelerators": "accelerators",
            "accelerator_count": "accelerator_count",
            "features": "features",
            "partition_names": "partitions",
            "version": "version",
            "provider_id": "instance",
            "instance_type": "instance_type",
            "booted_at": "booted",
            "last_activity_at": "last_busy",
        },
        links=(
            _PART_OF_CLUSTER,
            Link("part_of", "slurm.partition", "$partition_ids"),
            Link("same_as", "aws.ec2.instance", "$ec2_instance", within="world"),
        ),
        quiet=frozenset({"address", "hostname", "os", "reason", "instance"}),
    ),
    Kind(
        name="slurm.partition",
        category=Category.NODE_POOL,
        fetch=Listing("partitions", frozenset({"partitions"})),
        id=_id("partition"),
        native="name",
        fields={
            "name": "name",
            "state": "state",
            "default": "default",
            "node_count": "node_count",
            "vcpu_count": "cpus",
            "timeout_seconds": "timeout_seconds",
            "accelerators": "accelerators",
            "accelerator_count": "accelerator_count",
            "groups": "accounts",
        },
        links=(_PART_OF_CLUSTER,),
        quiet=frozenset({"nodes"}),
    ),
    Kind(
        name="slurm.reservation",
        category=Category.CAPACITY,
        fetch=Listing("reservations", frozenset({"reservations"})),
        id=_id("reservation"),
        native="name",
        fields={
            "name": "name",
            "state": "state",
            "started_at": "start",
            "expires_at": "end",
            "node_count": "node_count",
            "user_count": "user_count",
            "groups": "accounts",
            "accelerators": "accelerators",
        },
        links=(_PART_OF_CLUSTER, Link("part_of", "slurm.partition", "$partition_ids")),
        quiet=frozenset({"nodes"}),
    ),
    Kind(
        name="slurm.account",
        category=Category.ACCOUNT,
        fetch=Listing("accounts", frozenset({"accounts"}), accounting=True),
        id=_id("account"),
        native="name",
        fields={"name": "name", "description": "description", "owner": "organization"},
        links=(_PART_OF_CLUSTER,),
    ),
    Kind(
        name="slurm.qos",
        category=Category.QUOTA,
        fetch=Listing("qos", accounting=True),
        id=_id("qos"),
        native="name",
        fields={"name": "name", "priority": "priority", "limits": "limits", "timeout_seconds": "timeout_seconds"},
        links=(_PART_OF_CLUSTER,),
    ),
    Kind(
        name="slurm.association",
        category=Category.QUOTA,
        fetch=Listing("associations", frozenset({"accounts", "users", "usage"}), accounting=True),
        id=_id("association"),
        native="name",
        fields={
            "name": "name",
            "user_count": "user_count",
            "limits": "limits",
            "partition_names": "partitions",
            "policies": "qos",
        },
        links=(
            _PART_OF_CLUSTER,
            Link("applies_to", "slurm.account", Template(_CLUSTER + "/account/{name}")),
            Link("uses", "slurm.qos", "$qos_ids", optional=True),
        ),
    ),
    Kind(
        name="slurm.workload",
        category=Category.WORKLOAD,
        fetch=Listing("jobs", frozenset({"jobs"})),
        id=_id("workload", "id"),
        native="id",
        fields={
            "name": "name",
            "user": "user",
            "group": "account",
            "script_path": "script",
            "working_directory": "work_dir",
            "run_count": "job_count",
            "accelerators": "accelerators",
            "accelerator_requested_count": "accelerator_count",
            "accelerator_hours": Field("accelerator_seconds", _hours),
            "cpu_hours": Field("cpu_seconds", _hours),
            "node_hours": Field("node_seconds", _hours),
            "max_count": "max_nodes",
            "run_states": "states",
            "images": "images",
            "partition_names": "partitions",
            "policies": "qos",
            "started_at": "first",
            "last_run_at": "last",
        },
        links=(
            Link("runs_on", "slurm.partition", "$partition_ids", optional=True),
            Link("charged_to", "slurm.account", Template(_CLUSTER + "/account/{account}"), optional=True),
            Link("uses_image", "container.image_repository", "$images"),
        ),
        quiet=frozenset({"user"}),
    ),
)
