"""All Azure rows, out of the tables of each service family."""

from __future__ import annotations

from collectors.azure import compute, network, storage
from normalize.model import Kind

KINDS: tuple[Kind, ...] = (*compute.KINDS, *network.KINDS, *storage.KINDS)
