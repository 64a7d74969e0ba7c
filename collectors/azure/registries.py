"""Container registries."""

from __future__ import annotations

from collectors.azure.rows import Get, Rows, resource
from collectors.azure.values import equals
from normalize.model import Alias, Category, Field, Kind, Link, Template
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
    resource(
        "azure.containerregistry.replication",
        Category.IMAGE_REPOSITORY,
        Rows("Microsoft.ContainerRegistry/registries/replications"),
        {
            "state": "properties.provisioningState",
            "enabled": "properties.regionEndpointEnabled",
            "multi_zone": Field("properties.zoneRedundancy", equals("Enabled")),
        },
        links=(Link("copy_of", "azure.containerregistry.registry", "$above"),),
    ),
    resource(
        "azure.containerregistry.cache_rule",
        Category.SETTINGS,
        Get("{$parent.$id}/cacheRules", "2023-07-01", under="azure.containerregistry.registry"),
        {
            "state": "properties.provisioningState",
            "source_uri": "properties.sourceRepository",
            "repository": "properties.targetRepository",
            "created_at": Field("properties.creationDate", instant),
        },
        tags="",
        links=(Link("copy_of", "azure.containerregistry.registry", "properties.sourceRepository"),),
    ),
)
