"""Vertex AI: what was tried, and what is known of it."""

from __future__ import annotations

from collectors.gcp.rows import Get, Listing, row
from collectors.gcp.vertex_parts import CREATED, ENCRYPTED, HOST, KEY, MODIFIED, NAMED, OWN, SHAPE, below, swept
from normalize.model import Category, Field, Link
from normalize.units import integer

KINDS = (
    row(
        Category.METRIC_STORE,
        swept("Tensorboard", "tensorboards"),
        {
            **NAMED,
            **ENCRYPTED,
            "description": "description",
            "run_count": "runCount",
            "default": "isDefault",
        },
        links=(KEY,),
        quiet=OWN | {"blobStoragePathPrefix"},
    ),
    row(
        Category.EXPERIMENT,
        below(
            "TensorboardExperiment",
            "experiments",
            "gcp.aiplatform.tensorboard",
            permission="tensorboardExperiments",
            items="tensorboardExperiments",
        ),
        {**NAMED, "description": "description", "source_uri": "source"},
        links=(Link("part_of", "gcp.aiplatform.tensorboard", "$parent.$asset.name"),),
        quiet=OWN,
    ),
    row(
        Category.DATA_CATALOG,
        swept("MetadataStore", "metadataStores"),
        {
            **CREATED,
            **MODIFIED,
            **ENCRYPTED,
            "description": "description",
            "used_bytes": Field("state.diskUtilizationBytes", integer),
        },
        labels="",
        links=(KEY,),
        quiet=OWN,
    ),
    row(
        Category.EXPERIMENT,
        Listing(
            Get(
                HOST,
                "/v1/{relative}/contexts",
                "aiplatform.contexts.list",
                "contexts[]",
                params={"filter": 'schema_title="system.Experiment"'},
                page=100,
            ),
            "aiplatform.googleapis.com/Context",
            f"{SHAPE}Context",
            "//aiplatform.googleapis.com/{name}",
            under="gcp.aiplatform.metadata_store",
        ),
        {
            **NAMED,
            "description": "description",
            "type": "schemaTitle",
        },
        links=(
            Link("part_of", "gcp.aiplatform.metadata_store", "$parent.$asset.name"),
            Link("tracked_by", "gcp.aiplatform.tensorboard", "metadata.backing_tensorboard_resource", optional=True),
        ),
        quiet=OWN,
    ),
)
"""Of contexts, experiments alone: runs, and what pipelines note, are as many as there are jobs. How they are told apart: source:
googleapis/python-aiplatform, google/cloud/aiplatform/metadata (Experiment.list), read 2026-11-24."""
