"""Artifact Registry."""

from __future__ import annotations

from collectors.gcp.rows import Asset, row
from normalize.model import Alias, Category, Field, Link
from normalize.units import instant, integer

KINDS = (
    row(
        Category.IMAGE_REPOSITORY,
        Asset(
            ("artifactregistry.googleapis.com/Repository",),
            "artifactregistry.v1.Repository",
            "//artifactregistry.googleapis.com/projects/PROJECT_NUMBER/locations/LOCATION/repositories/REPOSITORY",
            iam=True,
        ),
        {
            "description": "description",
            "format": "format",
            "mode": "mode",
            "size_bytes": Field("sizeBytes", integer),
            "endpoint": "registryUri",
            "encryption_key": "kmsKeyName",
            "immutable": "dockerConfig.immutableTags",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        links=(Link("encrypted_by", "gcp.cloudkms.crypto_key", "kmsKeyName"),),
        aliases=(Alias("image", "registryUri"),),
        quiet=frozenset({"name", "registryUri"}),
    ),
)
