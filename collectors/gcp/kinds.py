"""All Google Cloud rows."""

from __future__ import annotations

from collectors.gcp import compute, iam, storage
from normalize.model import Kind

KINDS: tuple[Kind, ...] = (
    *compute.KINDS,
    *storage.KINDS,
    *iam.KINDS,
)
