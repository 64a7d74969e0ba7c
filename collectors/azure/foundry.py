"""Azure OpenAI and AI Foundry: what accounts and projects are connected to, what filters them, and what was bought.

Source of shapes: azure-mgmt-cognitiveservices 14.1, API 2025-09-01; read 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.ml_network import CONNECTED
from collectors.azure.rows import Get, Rows, resource
from collectors.azure.values import shaped, text, told
from normalize.mapping import read
from normalize.model import Category, Field, Kind, Link, Path

VERSION = "2025-09-01"
_ACCOUNT = "azure.cognitiveservices.account"
_PROJECT = "azure.cognitiveservices.project"


def _blocklists(policy: Mapping[str, Any]) -> list[str]:
    """ARM ids of the lists of words that a policy uses."""
    lists, account = read(dict(policy), "properties.customBlocklists"), text(policy, "$above")
    named = [one.get("blocklistName") for one in lists if isinstance(one, Mapping)] if isinstance(lists, list) else []
    return [f"{account}/raiblocklists/{name}".lower() for name in named if name]


_PLAN: Mapping[str, Path | Field] = {
    "state": "properties.provisioningState",
    "type": "properties.planType",
    "mode": "properties.hostingModel",
    "size_class": "properties.current.tier",
    "compute_unit_count": "properties.current.count",
    "limit_value": "properties.current.quota.quantity",
    "unit": "properties.current.quota.unit",
    "commitment": "properties.current.endDate",
    "renewed": "properties.autoRenew",
}

KINDS: tuple[Kind, ...] = (
    resource(
        "azure.cognitiveservices.connection",
        Category.CONNECTION,
        Get("{$parent.$id}/connections", VERSION, under=_ACCOUNT),
        CONNECTED,
        links=(Link("leads_to", "", "properties.metadata.ResourceId"),),
        sensitive=frozenset({"properties.credentials"}),
    ),
    resource(
        "azure.cognitiveservices.project_connection",
        Category.CONNECTION,
        Get("{$parent.$id}/connections", VERSION, under=_PROJECT),
        CONNECTED,
        links=(Link("leads_to", "", "properties.metadata.ResourceId"),),
        sensitive=frozenset({"properties.credentials"}),
    ),
    resource(
        "azure.cognitiveservices.content_policy",
        Category.GUARDRAIL,
        Get(
            "{$parent.$id}/raiPolicies",
            VERSION,
            under=_ACCOUNT,
            derive=lambda policy: told(Blocklists=_blocklists(policy)),
        ),
        {
            "type": "properties.type",
            "mode": "properties.mode",
            "rules": Field(
                "properties.contentFilters",
                shaped(
                    name="name",
                    on="source",
                    enabled="enabled",
                    blocking="blocking",
                    threshold="severityThreshold",
                ),
            ),
        },
        links=(Link("uses", "azure.cognitiveservices.blocklist", "$Blocklists[]"),),
    ),
    resource(
        "azure.cognitiveservices.blocklist",
        Category.GUARDRAIL,
        Get("{$parent.$id}/raiBlocklists", VERSION, under=_ACCOUNT),
        {"description": "properties.description"},
    ),
    resource(
        "azure.cognitiveservices.encryption_scope",
        Category.SETTINGS,
        Get("{$parent.$id}/encryptionScopes", VERSION, under=_ACCOUNT),
        {
            "state": "properties.provisioningState",
            "encryption": "properties.keySource",
            "encryption_key": "properties.keyVaultProperties.keyName",
        },
        links=(Link("encrypted_by", "azure.keyvault.vault", "properties.keyVaultProperties.keyVaultUri"),),
    ),
    resource(
        "azure.cognitiveservices.commitment_plan",
        Category.CAPACITY,
        Get("{$parent.$id}/commitmentPlans", VERSION, under=_ACCOUNT),
        _PLAN,
    ),
    resource(
        "azure.cognitiveservices.shared_commitment_plan",
        Category.CAPACITY,
        Rows("Microsoft.CognitiveServices/commitmentPlans"),
        _PLAN,
    ),
)
