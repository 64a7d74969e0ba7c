"""Azure OpenAI and AI Foundry: accounts, their deployments of models, and projects."""

from __future__ import annotations

from collectors.azure.rows import ASSUMES, Get, Rows, resource
from collectors.azure.traffic import Traffic
from collectors.azure.values import equals
from collectors.traffic import CLIENT_ERRORS, ERRORS, MEASURED
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import instant

VERSION = "2025-06-01"

_TRAFFIC = Traffic(
    ("ModelRequests", "AzureOpenAIRequests"),
    own=("ModelDeploymentName", "name"),
    thing="$parent.$id",
)
"""The older metric knows models of OpenAI alone."""

KINDS: tuple[Kind, ...] = (
    resource(
        "azure.cognitiveservices.account",
        Category.ENDPOINT,
        Rows("Microsoft.CognitiveServices/accounts"),
        {
            "state": "properties.provisioningState",
            "type": "kind",
            "size_class": "sku.name",
            "endpoint": "properties.endpoint",
            "public": Field("properties.publicNetworkAccess", equals("Enabled")),
            "created_at": Field("properties.dateCreated", instant),
        },
        links=(
            ASSUMES,
            Link("stores_in", "azure.storage.account", "properties.userOwnedStorage[].resourceId"),
        ),
        aliases=(
            Alias("uri", "properties.endpoint"),
            Alias("dns", Template("{properties.customSubDomainName}.openai.azure.com")),
            Alias("dns", Template("{properties.customSubDomainName}.cognitiveservices.azure.com")),
            Alias("dns", Template("{properties.customSubDomainName}.services.ai.azure.com")),
        ),
        quiet=frozenset({"properties.endpoint", "properties.endpoints", "properties.internalId"}),
    ),
    resource(
        "azure.cognitiveservices.deployment",
        Category.DEPLOYMENT,
        Get("{$parent.$id}/deployments", VERSION, under="azure.cognitiveservices.account", lookups=(_TRAFFIC,)),
        {
            **MEASURED,
            **ERRORS,
            **CLIENT_ERRORS,
            "state": "properties.provisioningState",
            "base_model": "properties.model.name",
            "version": "properties.model.version",
            "vendor": "properties.model.format",
            "type": "sku.name",
            "compute_unit_count": "sku.capacity",
        },
        links=(Link("part_of", "azure.cognitiveservices.account", "$parent.$id"),),
    ),
    resource(
        "azure.cognitiveservices.project",
        Category.WORKSPACE,
        Get(
            "{$parent.$id}/projects",
            VERSION,
            under="azure.cognitiveservices.account",
            parents=lambda a: bool((a.get("properties") or {}).get("allowProjectManagement")),
        ),
        {"state": "properties.provisioningState", "description": "properties.description"},
        links=(Link("part_of", "azure.cognitiveservices.account", "$parent.$id"),),
    ),
)
