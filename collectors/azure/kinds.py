"""All Azure rows, out of the tables of each service family."""

from __future__ import annotations

from collectors.azure import compute, groups, identities, kubernetes_service, network, registries, storage
from normalize.model import Kind

KINDS: tuple[Kind, ...] = (
    *groups.KINDS,
    *compute.KINDS,
    *kubernetes_service.KINDS,
    *network.KINDS,
    *storage.KINDS,
    *registries.KINDS,
    *identities.KINDS,
)
