"""Vertex AI: data sets."""

from __future__ import annotations

from typing import Any

from collectors.gcp.rows import row
from collectors.gcp.values import last
from collectors.gcp.vertex_parts import ENCRYPTED, KEY, NAMED, OWN, swept
from normalize.mapping import MISSING
from normalize.model import Category, Field
from normalize.units import integer


def _sort(uri: Any) -> str:
    """ "gs://…/metadata/image_1.0.0.yaml" -> "image"."""
    return last(uri).partition("_1.")[0].removesuffix(".yaml")


def _inputs(metadata: Any) -> Any:
    """Where the data lie: files or a table. Source: Vertex AI documentation, "Create a dataset", tabular metadata, read 2026-11-24."""
    config = metadata.get("inputConfig") or {}
    files = (config.get("gcsSource") or {}).get("uri")
    table = (config.get("bigquerySource") or {}).get("uri")
    found = [*(files if isinstance(files, list) else [files]), table]
    return [str(uri) for uri in found if uri] or MISSING


KINDS = (
    row(
        Category.DATASET,
        swept("Dataset", "datasets"),
        {
            **NAMED,
            **ENCRYPTED,
            "description": "description",
            "type": Field("metadataSchemaUri", _sort),
            "object_count": Field("dataItemCount", integer),
            "input_uris": Field("metadata", _inputs),
        },
        links=(KEY,),
        quiet=OWN | {"metadataSchemaUri"},
    ),
)
