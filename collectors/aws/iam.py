"""IAM: roles, users, groups, policies, identity providers; and the IAM Identity Center."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import actions, last_segment, principals, texts
from collectors.aws.policy_documents import (
    TRUSTED,
    in_force,
    permissions,
    permissions_of_all,
    trusted,
)
from collectors.aws.rows import Call
from normalize.identity import parse_arn
from normalize.mapping import LINKS, MISSING
from normalize.model import Category, Field, Kind, Link


def _summary(value: Any) -> str:
    return ", ".join(principals(value))


def _customer_policies(identity: Mapping[str, Any]) -> dict[str, Any]:
    """Attached policies, and the boundary, of the account's own; those of AWS are in every account and listed in none."""
    attached = [p["PolicyArn"] for p in identity.get("AttachedManagedPolicies", ()) if p.get("PolicyArn")]
    boundary = [b for b in [identity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")] if b]
    return {
        "$CustomerPolicies": [arn for arn in attached if ":iam::aws:" not in arn],
        "$CustomerBoundaries": [arn for arn in boundary if ":iam::aws:" not in arn],
    }


def _role(role: Mapping[str, Any]) -> Mapping[str, Any]:
    own = parse_arn(role["Arn"])
    trust = role.get("AssumeRolePolicyDocument")
    found = trusted(trust, own.account if own else "", "$.AssumeRolePolicyDocument") if trust else {}
    return _customer_policies(role) | found


def _of_version_in_force(read: Any) -> Any:
    def convert(versions: Any) -> Any:
        document = in_force(versions)
        return MISSING if document is MISSING else read(document)

    return convert


def _issuer(provider: Mapping[str, Any]) -> Mapping[str, Any]:
    """The cluster whose tokens the provider vouches for; any other issuer is no thing of ours.

    The name of a provider is its URL without the scheme. Source: botocore 1.44.5, IAM GetOpenIDConnectProvider (Url), read
    2026-11-24; that EKS registers its issuer so: identity.oidc.issuer of DescribeCluster, ibid.
    """
    url = provider["Arn"].partition(":oidc-provider/")[2]
    cluster = {
        "verb": "trusts",
        "key": f"oidc:https://{url}",
        "path": "$.Arn",
        "value": url,
        "target": "aws.eks.cluster",
    }
    return {"$Url": url, LINKS: [{**cluster, "place": "", "optional": True}]}


def _oldest(keys: Any) -> Any:
    """When the oldest access key that works was made."""
    return min((key["CreateDate"] for key in keys if key.get("Status") == "Active"), default=MISSING)


def _active(keys: Any) -> int:
    return sum(key.get("Status") == "Active" for key in keys)


_POLICY_LINKS = (
    Link("bound_by", "aws.iam.policy", "$CustomerPolicies[]"),
    Link("limited_by", "aws.iam.policy", "$CustomerBoundaries[]"),
)
_POLICY_FIELDS: Mapping[str, Any] = {
    "policies": Field("AttachedManagedPolicies", texts("PolicyArn")),
    "created_at": "CreateDate",
}
_POLICY_QUIET = frozenset({"AttachedManagedPolicies", "PermissionsBoundary"})


def _details(
    filter_: str, items: str, derive: Any = None, detail: tuple[Call, ...] = (), itself: Call | None = None
) -> Call:
    """One paged call that says of every role (user, group, policy) what is attached to it and what stands inside."""
    return Call(
        "iam",
        "GetAccountAuthorizationDetails",
        items=items,
        params={"Filter": [filter_]},
        page=1000,
        world=True,
        derive=derive,
        detail=detail,
        itself=itself,
    )


KINDS = (
    Kind(
        name="aws.iam.role",
        category=Category.IDENTITY,
        fetch=_details("Role", "RoleDetailList", _role),
        id="Arn",
        native="RoleName",
        unique="account",
        fields={
            "name": "RoleName",
            "trust": Field("AssumeRolePolicyDocument", _summary),
            "principals": Field("AssumeRolePolicyDocument", principals),
            "permissions": Field("RolePolicyList", permissions_of_all),
            "last_used_at": "RoleLastUsed.LastUsedDate",
            **_POLICY_FIELDS,
        },
        tags="Tags",
        links=(Link("trusts", "", f"{TRUSTED}[]"), *_POLICY_LINKS),
        # Service principals look like host names.
        quiet=_POLICY_QUIET
        | {
            "InstanceProfileList",
            "AssumeRolePolicyDocument.Statement[].Principal.Service",
            "AssumeRolePolicyDocument.Statement.Principal.Service",
        },
    ),
    Kind(
        name="aws.iam.user",
        category=Category.IDENTITY,
        fetch=_details(
            "User",
            "UserDetailList",
            _customer_policies,
            (
                Call(
                    "iam",
                    "ListAccessKeys",
                    items="AccessKeyMetadata[]",
                    params={"UserName": "{UserName}"},
                    into="$AccessKeys",
                    gone=("NoSuchEntity",),
                ),
            ),
            itself=Call("iam", "GetUser", params={"UserName": "{UserName}"}, gone=("NoSuchEntity",)),
        ),
        id="Arn",
        native="UserName",
        unique="account",
        fields={
            "name": "UserName",
            "groups": "GroupList",
            "permissions": Field("UserPolicyList", permissions_of_all),
            "active_key_count": Field("$AccessKeys", _active),
            "oldest_key_at": Field("$AccessKeys", _oldest),
            **_POLICY_FIELDS,
        },
        tags="Tags",
        links=(Link("member_of", "aws.iam.group", "GroupList[]", within="account"), *_POLICY_LINKS),
        sensitive=frozenset({"$AccessKeys[].AccessKeyId"}),
        quiet=_POLICY_QUIET,
    ),
    Kind(
        name="aws.iam.group",
        category=Category.IDENTITY,
        fetch=_details("Group", "GroupDetailList", _customer_policies),
        id="Arn",
        native="GroupName",
        unique="account",
        fields={
            "name": "GroupName",
            "permissions": Field("GroupPolicyList", permissions_of_all),
            **_POLICY_FIELDS,
        },
        links=_POLICY_LINKS[:1],
        quiet=_POLICY_QUIET,
    ),
    Kind(
        name="aws.iam.policy",
        category=Category.POLICY,
        fetch=_details("LocalManagedPolicy", "Policies"),
        id="Arn",
        native="PolicyName",
        unique="account",
        fields={
            "name": "PolicyName",
            "version": "DefaultVersionId",
            "connection_count": "AttachmentCount",
            "actions": Field("PolicyVersionList", _of_version_in_force(actions)),
            "permissions": Field("PolicyVersionList", _of_version_in_force(permissions)),
            "created_at": "CreateDate",
            "modified_at": "UpdateDate",
        },
    ),
    Kind(
        name="aws.iam.instance_profile",
        category=Category.IDENTITY,
        fetch=Call("iam", "ListInstanceProfiles", items="InstanceProfiles", page=1000, world=True),
        id="Arn",
        native="InstanceProfileName",
        unique="account",
        fields={"name": "InstanceProfileName", "created_at": "CreateDate"},
        tags="Tags",
        links=(Link("assumes", "aws.iam.role", "Roles[].Arn"),),
        quiet=frozenset({"Roles[].AssumeRolePolicyDocument"}),
    ),
    Kind(
        name="aws.iam.oidc_provider",
        category=Category.IDENTITY_PROVIDER,
        fetch=Call(
            "iam",
            "ListOpenIDConnectProviders",
            items="OpenIDConnectProviderList",
            world=True,
            derive=_issuer,
            detail=(
                Call(
                    "iam",
                    "GetOpenIDConnectProvider",
                    params={"OpenIDConnectProviderArn": "{Arn}"},
                    gone=("NoSuchEntity",),
                ),
            ),
        ),
        id="Arn",
        native="$Url",
        unique="account",
        fields={"name": "$Url", "endpoint": "Url", "audiences": "ClientIDList", "created_at": "CreateDate"},
        tags="Tags",
        quiet=frozenset({"Url", "$Url", "ClientIDList"}),
    ),
    Kind(
        name="aws.iam.saml_provider",
        category=Category.IDENTITY_PROVIDER,
        fetch=Call("iam", "ListSAMLProviders", items="SAMLProviderList", world=True),
        id="Arn",
        native="Arn",
        unique="account",
        fields={"name": Field("Arn", last_segment), "created_at": "CreateDate", "expires_at": "ValidUntil"},
    ),
    Kind(
        name="aws.sso.instance",
        category=Category.IDENTITY_PROVIDER,
        fetch=Call("sso-admin", "ListInstances", items="Instances", page=100),
        id="InstanceArn",
        native="InstanceArn",
        unique="world",
        fields={
            "name": "Name",
            "state": "Status",
            "owner": "OwnerAccountId",
            "region": "PrimaryRegion",
            "created_at": "CreatedDate",
        },
    ),
)
