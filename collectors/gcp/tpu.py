"""Cloud TPU: nodes and requests for them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from collectors.gcp.accelerators import shown
from collectors.gcp.rows import Asset, Get, Listing, row
from collectors.gcp.values import texts
from normalize.accelerators import accelerator
from normalize.mapping import MISSING
from normalize.model import Category, Field, Link
from normalize.units import instant

_TYPE = re.compile(r"(?P<generation>v\d+\w*?)(?P<lite>litepod)?-(?P<size>\d+)")
_CORES_PER_CHIP = {"v2": 2, "v3": 2, "v4": 2, "v5p": 2, "v5e": 1, "v6e": 1}
"""How an accelerator type counts: "v4-8" names TensorCores, "v5litepod-8" and "v6e-8" chips. Source: Cloud TPU documentation,
"TPU v5e" ("v$VERSION_NUMBER-$CHIP_COUNT") and "TPU configurations", read 2026-11-24; that of v5p is not verified."""
_GENERATIONS = {"V5LITE_POD": "v5e"}


def chips(node: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Chips of a node, by its topology where it says one, else by its accelerator type; None for a type that is not known."""
    config = node.get("acceleratorConfig") or {}
    m = _TYPE.fullmatch(str(node.get("acceleratorType") or ""))
    if config.get("topology"):
        generation = _GENERATIONS.get(config.get("type", ""), str(config.get("type", "")).lower())
        return [_chip(generation, math.prod(map(int, config["topology"].split("x"))))]
    if m is None:
        return None
    generation = "v5e" if m["lite"] else m["generation"]
    cores = _CORES_PER_CHIP.get(generation)
    return None if cores is None else [_chip(generation, int(m["size"]) // cores)]


def _chip(generation: str, count: int) -> dict[str, Any]:
    return accelerator("google", f"TPU-{generation}", count, form="tpu")


_OF_NODE = shown(chips)


def _wanted(request: Any) -> Any:
    """Chips of all nodes that a request asks for."""
    found = [chips(spec.get("node") or {}) for spec in (request.get("tpu") or {}).get("nodeSpec") or ()]
    return MISSING if not found or None in found else sum(e["count"] for entries in found for e in entries or ())


def _spot(request: Any) -> bool:
    return "spot" in request


KINDS = (
    row(
        Category.INSTANCE,
        Asset(
            ("tpu.googleapis.com/Node",),
            "tpu.v2.Node",
            "//tpu.googleapis.com/projects/PROJECT_NUMBER/locations/LOCATION/nodes/NODE_ID",
        ),
        {
            "description": "description",
            "state": "state",
            "type": "acceleratorType",
            "machine_image_id": "runtimeVersion",
            "zone": "$asset.location",
            "spot": "schedulingConfig.spot",
            "service_account": "serviceAccount.email",
            "private_address": "networkEndpoints[0].ipAddress",
            "created_at": Field("createTime", instant),
            "problems": Field("symptoms", texts("symptomType")),
            "accelerators": Field("", _OF_NODE["accelerators"]),
            "accelerator_count": Field("", _OF_NODE["accelerator_count"]),
        },
        links=(
            Link("runs_in", "gcp.compute.network", "networkConfig.network"),
            Link("runs_in", "gcp.compute.subnetwork", "networkConfig.subnetwork"),
            Link("assumes", "gcp.iam.service_account", "serviceAccount.email"),
            Link("mounts", "gcp.compute.disk", "dataDisks[].sourceDisk"),
            Link("requested_by", "gcp.tpu.queued_resource", "queuedResource"),
        ),
        sensitive=frozenset({"metadata"}),
        quiet=frozenset({"name", "networkEndpoints", "cidrBlock"}),
    ),
    row(
        Category.CAPACITY,
        Listing(
            Get(
                "tpu.googleapis.com",
                "/v2/projects/{project}/locations/{location}/queuedResources",
                "tpu.nodes.list",
                items="queuedResources[]",
                page=500,
            ),
            "tpu.googleapis.com/QueuedResource",
            "tpu.v2.QueuedResource",
            "//tpu.googleapis.com/{name}",
        ),
        {
            "state": "state.state",
            "created_at": Field("createTime", instant),
            "spot": Field("", _spot),
            "expires_at": Field("queueingPolicy.validUntilTime", instant),
            "accelerator_requested_count": Field("", _wanted),
        },
        labels="",
        links=(
            Link("uses", "gcp.compute.reservation", "reservationName"),
            Link("runs_in", "gcp.compute.network", "tpu.nodeSpec[].node.networkConfig.network"),
        ),
        quiet=frozenset({"name"}),
    ),
)
