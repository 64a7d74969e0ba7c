"""All Google Cloud rows."""

from __future__ import annotations

from collectors.gcp import (
    caches,
    compute,
    container,
    databases,
    filestores,
    iam,
    keys,
    load_balancing,
    messaging,
    network,
    private_access,
    registries,
    resource_manager,
    routing,
    run,
    storage,
    tpu,
    vertex,
    vertex_data,
    vertex_pipelines,
    vertex_training,
)
from normalize.model import Kind

KINDS: tuple[Kind, ...] = (
    *resource_manager.KINDS,
    *compute.KINDS,
    *network.KINDS,
    *routing.KINDS,
    *load_balancing.KINDS,
    *private_access.KINDS,
    *container.KINDS,
    *tpu.KINDS,
    *vertex.KINDS,
    *vertex_training.KINDS,
    *vertex_pipelines.KINDS,
    *vertex_data.KINDS,
    *storage.KINDS,
    *filestores.KINDS,
    *databases.KINDS,
    *caches.KINDS,
    *messaging.KINDS,
    *run.KINDS,
    *registries.KINDS,
    *iam.KINDS,
    *keys.KINDS,
)
