"""Identity and Access Management: service accounts and their keys, roles, who may do what, and whose identities count from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.rows import LIST_POLICIES, OWN_PATHS, Asset, Get, Listing, row
from collectors.gcp.values import everybody, members
from normalize.mapping import LINKS
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import instant


def _permissions(bindings: Any) -> list[Mapping[str, Any]]:
    """Bindings of a policy: role, to how many it is given, under which condition."""
    found: list[Mapping[str, Any]] = []
    for binding in bindings:
        told: dict[str, Any] = {"role": binding["role"], "members": len(binding.get("members") or ())}
        if condition := binding.get("condition"):
            told["condition"] = condition.get("expression")
        found.append(told)
    return found


def _account(key: Mapping[str, Any]) -> Mapping[str, Any]:
    """The service account of a key, by the key's own name."""
    return {"$Account": str(key["name"]).partition("/serviceAccounts/")[2].partition("/")[0]}


def _issuer(provider: Mapping[str, Any]) -> Mapping[str, Any]:
    """The cluster whose tokens the provider believes; any other issuer is no thing of ours."""
    issuer = (provider.get("oidc") or {}).get("issuerUri")
    if not issuer:
        return {}
    cluster = {"verb": "trusts", "key": f"oidc:{issuer}", "path": "$.oidc.issuerUri", "value": issuer, "target": ""}
    return {LINKS: [{**cluster, "place": "", "optional": True}]}


_POOL = "gcp.iam.workload_identity_pool"

KINDS = (
    row(
        Category.IDENTITY,
        Asset(
            ("iam.googleapis.com/ServiceAccount",),
            "iam.v1.ServiceAccount",
            "//iam.googleapis.com/projects/PROJECT_ID/serviceAccounts/SERVICE_ACCOUNT_EMAIL_OR_ID",
            iam=True,
        ),
        {
            "name": "email",
            "description": "description",
            "suspended": "disabled",
            "principals": Field("$iam", members),
        },
        labels="",
        aliases=(Alias("gcp", "email"),),
        quiet=frozenset({"email", "name", "oauth2ClientId"}),
    ),
    row(
        Category.KEY,
        Asset(
            ("iam.googleapis.com/ServiceAccountKey",),
            "iam.v1.ServiceAccountKey",
            "//iam.googleapis.com/projects/PROJECT_ID/serviceAccounts/SERVICE_ACCOUNT_EMAIL_OR_ID/keys/SERVICE_ACCOUNT_KEY",
            derive=_account,
        ),
        {
            "type": "keyType",
            "key_type": "keyAlgorithm",
            "key_origin": "keyOrigin",
            "suspended": "disabled",
            "created_at": Field("validAfterTime", instant),
            "expires_at": Field("validBeforeTime", instant),
        },
        labels="",
        links=(Link("part_of", "gcp.iam.service_account", "$Account"),),
        sensitive=frozenset({"privateKeyData", "publicKeyData"}),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.POLICY,
        Asset(
            ("iam.googleapis.com/Role",),
            "iam.v1.Role",
            "//iam.googleapis.com/projects/PROJECT_ID/roles/ROLE",
        ),
        {
            "name": "title",
            "description": "description",
            "stage": "stage",
            "actions": "includedPermissions",
        },
        labels="",
        quiet=frozenset({"name", "includedPermissions"}),
    ),
    row(
        Category.IDENTITY_PROVIDER,
        Listing(
            Get(
                "iam.googleapis.com",
                "/v1/projects/{project}/locations/global/workloadIdentityPools",
                "iam.googleapis.com/workloadIdentityPools.list",
                items="workloadIdentityPools[]",
                page=100,
            ),
            "iam.googleapis.com/WorkloadIdentityPool",
            "iam.v1.WorkloadIdentityPool",
            "//iam.googleapis.com/{name}",
            places="global",
        ),
        {
            "name": "displayName",
            "description": "description",
            "state": "state",
            "mode": "mode",
            "suspended": "disabled",
        },
        labels="",
        quiet=frozenset({"name"}),
    ),
    row(
        Category.IDENTITY_PROVIDER,
        Listing(
            Get(
                "iam.googleapis.com",
                "/v1/projects/{number}/locations/global/workloadIdentityPools/{id}/providers",
                "iam.googleapis.com/workloadIdentityPoolProviders.list",
                items="workloadIdentityPoolProviders[]",
                page=100,
            ),
            "iam.googleapis.com/WorkloadIdentityPoolProvider",
            "iam.v1.WorkloadIdentityPoolProvider",
            "//iam.googleapis.com/{name}",
            under=_POOL,
            derive=_issuer,
        ),
        {
            "name": "displayName",
            "description": "description",
            "state": "state",
            "suspended": "disabled",
            "issuer": "oidc.issuerUri",
            "audiences": "oidc.allowedAudiences",
            "account": "aws.accountId",
            "filter": "attributeCondition",
        },
        labels="",
        links=(Link("part_of", _POOL, "$parent.$asset.name"),),
        sensitive=frozenset({"oidc.jwksJson", "saml"}),
        quiet=frozenset({"name", "oidc", "attributeCondition", "attributeMapping"}),
    ),
    Kind(
        name="gcp.iam.policy",
        category=Category.POLICY,
        fetch=Asset((), "iam.v1.Policy", "", content="IAM_POLICY"),
        id=Template("{$asset.name}/iamPolicy"),
        native="$asset.id",
        unique="world",
        fields={
            "name": "$asset.id",
            "type": "$asset.type",
            "principals": Field("bindings", members),
            "permissions": Field("bindings", _permissions),
            "public": Field("bindings", everybody),
        },
        needs=(LIST_POLICIES,),
        links=(Link("applies_to", "", "$asset.name", optional=True),),
        quiet=OWN_PATHS,
    ),
)
"""Policies go by the name of the thing that they are set on; names of things are not theirs, so that nothing takes one for the other."""
