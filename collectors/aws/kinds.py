"""All AWS rows."""

from __future__ import annotations

from collectors.aws import (
    bedrock,
    capacity,
    compute,
    connectivity,
    containers,
    data,
    databases,
    network,
    observability,
    organisation,
    sagemaker,
    sagemaker_hyperpod,
    sagemaker_jobs,
    sagemaker_labeling,
    sagemaker_monitoring,
    sagemaker_notebooks,
    sagemaker_pipelines,
    sagemaker_registry,
    sagemaker_sizing,
    sagemaker_studio,
    sagemaker_training,
    security,
)
from normalize.model import Kind

KINDS: tuple[Kind, ...] = (
    *compute.KINDS,
    *containers.KINDS,
    *network.KINDS,
    *data.KINDS,
    *databases.KINDS,
    *security.KINDS,
    *observability.KINDS,
    *sagemaker.KINDS,
    *sagemaker_hyperpod.KINDS,
    *sagemaker_jobs.KINDS,
    *sagemaker_labeling.KINDS,
    *sagemaker_monitoring.KINDS,
    *sagemaker_notebooks.KINDS,
    *sagemaker_pipelines.KINDS,
    *sagemaker_registry.KINDS,
    *sagemaker_sizing.KINDS,
    *sagemaker_studio.KINDS,
    *sagemaker_training.KINDS,
    *bedrock.KINDS,
    *organisation.KINDS,
    *connectivity.KINDS,
    *capacity.KINDS,
)
