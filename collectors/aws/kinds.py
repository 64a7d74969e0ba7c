"""All AWS rows."""

from __future__ import annotations

from collectors.aws import bedrock, compute, containers, data, network, observability, sagemaker, security
from normalize.model import Kind

KINDS: tuple[Kind, ...] = (
    *compute.KINDS,
    *containers.KINDS,
    *network.KINDS,
    *data.KINDS,
    *security.KINDS,
    *observability.KINDS,
    *sagemaker.KINDS,
    *bedrock.KINDS,
)
