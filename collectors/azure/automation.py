"""Scripts and flows that run by themselves: Automation and Logic Apps. What they do stays out; what they mention is followed."""

from __future__ import annotations

from collectors.azure.rows import ASSUMES, Rows, resource
from collectors.azure.values import equals
from normalize.model import Category, Field, Kind, Link
from normalize.units import instant

KINDS: tuple[Kind, ...] = (
    resource(
        "azure.automation.account",
        Category.SETTINGS,
        Rows("Microsoft.Automation/automationAccounts"),
        {
            "state": "properties.state",
            "size_class": "properties.sku.name",
            "public": "properties.publicNetworkAccess",
            "created_at": Field("properties.creationTime", instant),
            "modified_at": Field("properties.lastModifiedTime", instant),
        },
        links=(
            ASSUMES,
            Link("encrypted_by", "azure.keyvault.vault", "properties.encryption.keyVaultProperties.keyvaultUri"),
        ),
        quiet=frozenset({"properties.automationHybridServiceUrl"}),
    ),
    resource(
        "azure.automation.runbook",
        Category.WORKLOAD,
        Rows("Microsoft.Automation/automationAccounts/runbooks"),
        {
            "state": "properties.state",
            "type": "properties.runbookType",
            "description": "properties.description",
            "modified_at": Field("properties.lastModifiedTime", instant),
        },
        links=(Link("part_of", "azure.automation.account", "$above"),),
        sensitive=frozenset({"properties.parameters"}),
    ),
    resource(
        "azure.logic.workflow",
        Category.PIPELINE,
        Rows("Microsoft.Logic/workflows"),
        {
            "state": "properties.state",
            "enabled": Field("properties.state", equals("Enabled")),
            "version": "properties.version",
            "created_at": Field("properties.createdTime", instant),
            "modified_at": Field("properties.changedTime", instant),
        },
        links=(ASSUMES,),
        sensitive=frozenset({"properties.definition", "properties.parameters"}),
        quiet=frozenset({"properties.accessEndpoint", "properties.endpointsConfiguration"}),
    ),
)
