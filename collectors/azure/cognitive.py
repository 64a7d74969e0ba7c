"""Azure OpenAI and AI Foundry: accounts, their deployments of models, and projects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.rows import ASSUMES, Get, Rows, resource
from collectors.azure.traffic import Traffic
from collectors.azure.values import equals, shaped, text, told
from collectors.traffic import CLIENT_ERRORS, ERRORS, MEASURED
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import instant

VERSION = "2025-09-01"

_TRAFFIC = Traffic(
    ("ModelRequests", "AzureOpenAIRequests"),
    own=("ModelDeploymentName", "name"),
    thing="$parent.$id",
)
"""The older metric knows models of OpenAI alone."""


def _named(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """ARM ids of what a deployment calls by name: its policy, which may be one of Azure's own, and the deployment that takes what is
    too much for it."""
    account = text(deployment, "$parent.$id")
    policy, spillover = (text(deployment, f"properties.{key}") for key in ("raiPolicyName", "spilloverDeploymentName"))
    return told(
        Policy=policy and f"{account}/raipolicies/{policy.lower()}",
        Spillover=spillover and f"{account}/deployments/{spillover.lower()}",
    )


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
            "auth_modes": Field("properties.disableLocalAuth", lambda off: ["AAD"] if off else ["AAD", "ApiKey"]),
            "admitted_ranges": "properties.networkAcls.ipRules[].value",
            "encryption": "properties.encryption.keySource",
            "encryption_key": "properties.encryption.keyVaultProperties.keyName",
            "created_at": Field("properties.dateCreated", instant),
        },
        links=(
            ASSUMES,
            Link("runs_in", "azure.network.subnet", "properties.networkInjections[].subnetArmId"),
            Link("reached_by", "azure.network.subnet", "properties.networkAcls.virtualNetworkRules[].id"),
            Link("encrypted_by", "azure.keyvault.vault", "properties.encryption.keyVaultProperties.keyVaultUri"),
            Link("uses", "azure.machinelearning.workspace", "properties.amlWorkspace.resourceId"),
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
        Get(
            "{$parent.$id}/deployments",
            VERSION,
            under="azure.cognitiveservices.account",
            lookups=(_TRAFFIC,),
            derive=_named,
        ),
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
            "renewal": "properties.versionUpgradeOption",
            "rules": Field("properties.rateLimits", shaped(name="key", count="count", seconds="renewalPeriod")),
            "created_by": "systemData.createdBy",
            "created_at": Field("systemData.createdAt", instant),
        },
        links=(
            Link("guarded_by", "azure.cognitiveservices.content_policy", "$Policy", optional=True),
            Link("routes_to", "azure.cognitiveservices.deployment", "$Spillover"),
            Link("made_from", "", "properties.model.source"),
        ),
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
    ),
)
