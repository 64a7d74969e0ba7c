"""Artifact Registry: repositories, and the container images in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from collectors.gcp.rows import Asset, row
from collectors.gcp.values import texts
from normalize.model import Alias, Category, Field, Link
from normalize.units import instant, integer


def _of_image(image: Mapping[str, Any]) -> dict[str, Any]:
    """Its repository, its name in there, and its digest: what stands behind the @ of its name."""
    repository, _, last = image["$asset"]["name"].rsplit("/", 2)
    name, _, digest = unquote(last).partition("@")
    return {"$Repository": repository, "$Name": name, "$Digest": digest}


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
            "immutable": "dockerConfig.immutableTags",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        key="kmsKeyName",
        aliases=(Alias("image", "registryUri"),),
        quiet=frozenset({"name", "registryUri"}),
    ),
    row(
        Category.MACHINE_IMAGE,
        Asset(
            ("artifactregistry.googleapis.com/DockerImage",),
            "artifactregistry.v1.DockerImage",
            "//artifactregistry.googleapis.com/projects/PROJECT_NUMBER/locations/LOCATION/repositories/REPOSITORY/dockerImages/DOCKER_IMAGE",
            derive=_of_image,
        ),
        {
            "name": "$Name",
            "image": "uri",
            "digest": "$Digest",
            "aliases": "tags",
            "format": "mediaType",
            "size_bytes": Field("imageSizeBytes", integer),
            "architectures": Field("imageManifests", texts("architecture")),
            "created_at": Field("buildTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        labels="",
        links=(Link("part_of", "gcp.artifactregistry.repository", "$Repository"),),
        quiet=frozenset({"name", "uri"}),
    ),
)
