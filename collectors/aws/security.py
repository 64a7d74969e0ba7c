"""What watches over an account, and where its applications' users log in: GuardDuty, Security Hub, Inspector, Cognito.

Macie has no row: it says "not enabled" with the code of a refusal, from which "there is none" cannot be told.
Source: github.com/DataBiosphere/azul issue 5779, read 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import last_segment
from collectors.aws.rows import Call
from normalize.model import Alias, Category, Field, Kind, Link, Template

_GONE = ("ResourceNotFoundException",)


def _enabled(features: Any) -> list[str]:
    return [feature["Name"] for feature in features if feature.get("Status") == "ENABLED"]


def _scanned(resources: Any) -> list[str]:
    return sorted(name for name, state in resources.items() if state.get("status") == "ENABLED")


def _pools(pool: Mapping[str, Any]) -> Mapping[str, Any]:
    """User pools that an identity pool trusts: "cognito-idp.us-east-1.amazonaws.com/us-east-1_Ab12" names one."""
    names = [provider["ProviderName"] for provider in pool.get("CognitoIdentityProviders", ())]
    return {"$UserPools": [last_segment(name) for name in names]}


KINDS = (
    Kind(
        name="aws.guardduty.detector",
        category=Category.MONITOR,
        fetch=Call(
            "guardduty",
            "ListDetectors",
            items="DetectorIds",
            item="DetectorId",
            page=50,
            detail=(Call("guardduty", "GetDetector", params={"DetectorId": "{DetectorId}"}),),
        ),
        id=Template("arn:{@partition}:guardduty:{@place}:{@account}:detector/{DetectorId}"),
        native="DetectorId",
        fields={"state": "Status", "features": Field("Features", _enabled), "created_at": "CreatedAt"},
        tags="Tags",
        links=(Link("assumes", "aws.iam.role", "ServiceRole"),),
        quiet=frozenset({"DataSources"}),
    ),
    Kind(
        name="aws.securityhub.hub",
        category=Category.MONITOR,
        # Source of the error: github.com/cloud-custodian/cloud-custodian pull request 5855, read 2026-11-24.
        fetch=Call(
            "securityhub",
            "DescribeHub",
            expect=("InvalidAccessException:not subscribed", *_GONE),
        ),
        id="HubArn",
        native="HubArn",
        fields={"name": "HubArn"},
    ),
    Kind(
        name="aws.inspector2.account_status",
        category=Category.MONITOR,
        fetch=Call("inspector2", "BatchGetAccountStatus", items="accounts"),
        id=Template("aws.inspector2.account_status|{@account}|{@place}|{accountId}"),
        native="accountId",
        fields={"state": "state.status", "features": Field("resourceState", _scanned)},
    ),
    Kind(
        name="aws.cognitoidp.user_pool",
        category=Category.IDENTITY_PROVIDER,
        fetch=Call(
            "cognito-idp",
            "ListUserPools",
            items="UserPools",
            params={"MaxResults": 60},
            detail=(Call("cognito-idp", "DescribeUserPool", "UserPool", params={"UserPoolId": "{Id}"}, gone=_GONE),),
        ),
        id=Template("arn:{@partition}:cognito-idp:{@place}:{@account}:userpool/{Id}"),
        native="Id",
        fields={
            "name": "Name",
            "state": "Status",
            "user_count": "EstimatedNumberOfUsers",
            "auth_mode": "MfaConfiguration",
            "deletion_protected": Field("DeletionProtection", lambda protection: protection == "ACTIVE"),
            "endpoint": "CustomDomain",
            "created_at": "CreationDate",
            "modified_at": "LastModifiedDate",
        },
        tags="UserPoolTags",
        links=(
            Link("calls", "aws.lambda.function", "LambdaConfig.PreSignUp"),
            Link("calls", "aws.lambda.function", "LambdaConfig.PostConfirmation"),
            Link("calls", "aws.lambda.function", "LambdaConfig.PreAuthentication"),
            Link("calls", "aws.lambda.function", "LambdaConfig.PreTokenGeneration"),
            Link("calls", "aws.lambda.function", "LambdaConfig.UserMigration"),
            Link("encrypted_by", "aws.kms.key", "LambdaConfig.KMSKeyID"),
            Link("assumes", "aws.iam.role", "SmsConfiguration.SnsCallerArn"),
        ),
        aliases=(
            Alias("dns", "CustomDomain"),
            Alias("dns", Template("{Domain}.auth.{@place}.amazoncognito.com")),
        ),
        sensitive=frozenset({"SmsConfiguration.ExternalId"}),
        quiet=frozenset({"CustomDomain", "VerificationMessageTemplate", "EmailConfiguration"}),
    ),
    Kind(
        name="aws.cognitoidentity.identity_pool",
        category=Category.IDENTITY_PROVIDER,
        fetch=Call(
            "cognito-identity",
            "ListIdentityPools",
            items="IdentityPools",
            params={"MaxResults": 60},
            detail=(
                Call(
                    "cognito-identity",
                    "DescribeIdentityPool",
                    params={"IdentityPoolId": "{IdentityPoolId}"},
                    gone=_GONE,
                    derive=_pools,
                ),
                Call(
                    "cognito-identity",
                    "GetIdentityPoolRoles",
                    params={"IdentityPoolId": "{IdentityPoolId}"},
                    into="$Roles",
                    gone=_GONE,
                ),
            ),
        ),
        id=Template("arn:{@partition}:cognito-identity:{@place}:{@account}:identitypool/{IdentityPoolId}"),
        native="IdentityPoolId",
        fields={"name": "IdentityPoolName", "public": "AllowUnauthenticatedIdentities"},
        tags="IdentityPoolTags",
        links=(
            Link("trusts", "aws.cognitoidp.user_pool", "$UserPools[]"),
            Link("trusts", "aws.iam.oidc_provider", "OpenIdConnectProviderARNs[]"),
            Link("trusts", "aws.iam.saml_provider", "SamlProviderARNs[]"),
            Link("assumes", "aws.iam.role", "$Roles.Roles.authenticated"),
            Link("assumes", "aws.iam.role", "$Roles.Roles.unauthenticated"),
        ),
        quiet=frozenset({"CognitoIdentityProviders", "SupportedLoginProviders"}),
    ),
)
