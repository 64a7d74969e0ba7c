"""All Azure rows, out of the tables of each service family."""

from __future__ import annotations

from collectors.azure import (
    apis,
    apps,
    batch,
    cognitive,
    compute,
    connectivity,
    data,
    dns,
    edge,
    firewalls,
    groups,
    identities,
    kubernetes_service,
    ml_assets,
    ml_computes,
    ml_data,
    ml_endpoints,
    ml_workspaces,
    network,
    observability,
    registries,
    storage,
)
from normalize.model import Kind

KINDS: tuple[Kind, ...] = (
    *groups.KINDS,
    *compute.KINDS,
    *kubernetes_service.KINDS,
    *network.KINDS,
    *connectivity.KINDS,
    *firewalls.KINDS,
    *dns.KINDS,
    *edge.KINDS,
    *apis.KINDS,
    *storage.KINDS,
    *registries.KINDS,
    *cognitive.KINDS,
    *ml_workspaces.KINDS,
    *ml_computes.KINDS,
    *ml_endpoints.KINDS,
    *ml_assets.KINDS,
    *ml_data.KINDS,
    *batch.KINDS,
    *apps.KINDS,
    *data.KINDS,
    *observability.KINDS,
    *identities.KINDS,
)
