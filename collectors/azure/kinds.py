"""All Azure rows, out of the tables of each service family."""

from __future__ import annotations

from collectors.azure import (
    apis,
    apps,
    batch,
    cognitive,
    compute,
    data,
    edge,
    groups,
    identities,
    kubernetes_service,
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
    *edge.KINDS,
    *apis.KINDS,
    *storage.KINDS,
    *registries.KINDS,
    *cognitive.KINDS,
    *batch.KINDS,
    *apps.KINDS,
    *data.KINDS,
    *observability.KINDS,
    *identities.KINDS,
)
