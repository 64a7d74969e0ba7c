"""All Google Cloud rows."""

from __future__ import annotations

from collectors.gcp import compute, container, iam, keys, network, registries, resource_manager, storage, tpu
from normalize.model import Kind

KINDS: tuple[Kind, ...] = (
    *resource_manager.KINDS,
    *compute.KINDS,
    *network.KINDS,
    *container.KINDS,
    *tpu.KINDS,
    *storage.KINDS,
    *registries.KINDS,
    *iam.KINDS,
    *keys.KINDS,
)
