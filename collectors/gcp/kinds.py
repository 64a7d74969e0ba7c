"""All Google Cloud rows."""

from __future__ import annotations

from collectors.gcp import compute, iam, resource_manager, storage
from normalize.model import Kind

KINDS: tuple[Kind, ...] = (
    *resource_manager.KINDS,
    *compute.KINDS,
    *storage.KINDS,
    *iam.KINDS,
)
