"""Managed identities, who may do what, and the vaults of keys and secrets (names alone)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.rows import ASSUMES, Get, Rows, resource
from collectors.azure.values import each, equals, last
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import instant

_VAULTS = "2023-07-01"


def _granted(assignment: Mapping[str, Any]) -> Mapping[str, Any]:
    """The GUID of the role, which is one in all its ids; where it applies, unless that is everywhere."""
    properties = assignment["properties"]
    scope = str(properties.get("scope") or "")
    return {"$Role": last(properties["roleDefinitionId"]), **({"$Scope": scope} if scope.strip("/") else {})}


KINDS: tuple[Kind, ...] = (
    resource(
        "azure.managedidentity.identity",
        Category.IDENTITY,
        Rows("Microsoft.ManagedIdentity/userAssignedIdentities"),
        {"uuid": "properties.principalId"},
        aliases=(
            Alias("id", Template("azure.managedidentity.identity|||{properties.principalId}")),
            Alias("id", Template("azure.managedidentity.identity|||{properties.clientId}")),
        ),
    ),
    resource(
        "azure.managedidentity.federated_credential",
        Category.IDENTITY_PROVIDER,
        Get("{$parent.$id}/federatedIdentityCredentials", "2023-01-31", under="azure.managedidentity.identity"),
        {"issuer": "properties.issuer", "user": "properties.subject", "audiences": "properties.audiences"},
        tags="",
    ),
    resource(
        "azure.authorization.role_assignment",
        Category.POLICY,
        Rows("Microsoft.Authorization/roleAssignments", "authorizationresources", derive=_granted),
        {
            "type": "properties.principalType",
            "access_scope": "properties.scope",
            "role": "properties.roleDefinitionId",
            "filter": "properties.condition",
            "created_at": Field("properties.createdOn", instant),
        },
        links=(
            Link("governs", "azure.managedidentity.identity", "properties.principalId", within="world", optional=True),
            Link("grants", "azure.authorization.role_definition", "$Role", within="world", optional=True),
            Link("applies_to", "", "$Scope", optional=True),
        ),
        quiet=frozenset({"properties.roleDefinitionId"}),
    ),
    resource(
        "azure.keyvault.vault",
        Category.SECRET,
        Rows("Microsoft.KeyVault/vaults"),
        {
            "state": "properties.provisioningState",
            "size_class": "properties.sku.name",
            "endpoint": "properties.vaultUri",
            "public": Field("properties.publicNetworkAccess", equals("Enabled")),
            "deletion_protected": "properties.enablePurgeProtection",
            "retention_days": "properties.softDeleteRetentionInDays",
            "platform_auth": "properties.enableRbacAuthorization",
        },
        aliases=(Alias("uri", "properties.vaultUri"),),
        quiet=frozenset({"properties.vaultUri"}),
    ),
    resource(
        "azure.keyvault.managed_hsm",
        Category.SECRET,
        Rows("Microsoft.KeyVault/managedHSMs"),
        {
            "state": "properties.provisioningState",
            "size_class": "sku.name",
            "endpoint": "properties.hsmUri",
            "public": Field("properties.publicNetworkAccess", equals("Enabled")),
            "deletion_protected": "properties.enablePurgeProtection",
            "retention_days": "properties.softDeleteRetentionInDays",
            "replica_regions": Field("properties.regions", each("name")),
        },
        links=(ASSUMES,),
        aliases=(Alias("uri", "properties.hsmUri"),),
        quiet=frozenset({"properties.hsmUri"}),
    ),
    resource(
        "azure.keyvault.key",
        Category.KEY,
        Get("{$parent.$id}/keys", _VAULTS, under="azure.keyvault.vault"),
        {
            "enabled": "properties.attributes.enabled",
            "key_type": "properties.kty",
            "created_at": Field("properties.attributes.created", instant),
        },
        quiet=frozenset({"properties.keyUri", "properties.keyUriWithVersion"}),
    ),
    resource(
        "azure.keyvault.secret",
        Category.SECRET,
        Get("{$parent.$id}/secrets", _VAULTS, under="azure.keyvault.vault"),
        {
            "enabled": "properties.attributes.enabled",
            "data_type": "properties.contentType",
            "created_at": Field("properties.attributes.created", instant),
        },
        quiet=frozenset({"properties.secretUri", "properties.secretUriWithVersion"}),
    ),
)
