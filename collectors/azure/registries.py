"""Container registries."""

from __future__ import annotations

from collectors.azure.rows import Rows, resource
from collectors.azure.values import equals
from normalize.model import Alias, Category, Field, Kind, Template
from normalize.units import instant

KINDS: tuple[Kind, ...] = (
    resource(
        "azure.containerregistry.registry",
        Category.IMAGE_REPOSITORY,
        Rows("Microsoft.ContainerRegistry/registries"),
        {
            "state": "properties.provisioningState",
            "size_class": "sku.name",
            "endpoint": "properties.loginServer",
            "public": Field("properties.publicNetworkAccess", equals("Enabled")),
            "encryption": "properties.encryption.status",
            "created_at": Field("properties.creationDate", instant),
        },
        aliases=(
            Alias("dns", "properties.loginServer"),
            Alias("id", Template("image://{properties.loginServer}")),  # what all its images are called by
        ),
        quiet=frozenset({"properties.loginServer", "properties.dataEndpointHostNames"}),
    ),
)
