"""IAM, KMS, Secrets Manager and ACM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import default_version, principals, texts
from collectors.aws.rows import Call
from normalize.model import Alias, Category, Field, Kind, Link, Template


def _summary(value: Any) -> str:
    return ", ".join(principals(value))


def _customer_policies(role: Mapping[str, Any]) -> Mapping[str, Any]:
    """Attached policies of the account's own; those of AWS are in every account and listed in none."""
    attached = [p["PolicyArn"] for p in role.get("AttachedManagedPolicies", ()) if p.get("PolicyArn")]
    return {"$CustomerPolicies": [arn for arn in attached if ":iam::aws:" not in arn]}


def _rotation(answer: Any) -> str:
    if not answer.get("KeyRotationEnabled"):
        return "off"
    days = answer.get("RotationPeriodInDays")
    return f"every {days} days" if days else "on"


_KEY_TYPES = [
    "RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1",
]  # fmt: skip
_KEY_PAIR_ORIGINS = ["AWS_MANAGED", "ACME", "CUSTOMER_PROVIDED"]
"""Without these filters ACM lists RSA_1024 and RSA_2048 only, and nothing that came by ACME. Source: botocore 1.44.5, ACM
ListCertificates (Includes, CertificateKeyPairOrigins; the latter from botocore 1.43.38 on), read 2026-11-24."""


KINDS = (
    Kind(
        name="aws.iam.role",
        category=Category.IDENTITY,
        fetch=Call(
            "iam",
            "GetAccountAuthorizationDetails",
            items="RoleDetailList",
            params={"Filter": ["Role"]},
            page=1000,
            world=True,
            derive=_customer_policies,
        ),
        id="Arn",
        native="RoleName",
        unique="account",
        fields={
            "name": "RoleName",
            "trust": Field("AssumeRolePolicyDocument", _summary),
            "principals": Field("AssumeRolePolicyDocument", principals),
            "policies": Field("AttachedManagedPolicies", texts("PolicyArn")),
            "last_used_at": "RoleLastUsed.LastUsedDate",
            "created_at": "CreateDate",
        },
        tags="Tags",
        links=(Link("bound_by", "aws.iam.policy", "$CustomerPolicies[]"),),
        # Service principals look like host names.
        quiet=frozenset(
            {
                "InstanceProfileList",
                "AttachedManagedPolicies",
                "AssumeRolePolicyDocument.Statement[].Principal.Service",
                "AssumeRolePolicyDocument.Statement.Principal.Service",
            }
        ),
    ),
    Kind(
        name="aws.iam.policy",
        category=Category.POLICY,
        fetch=Call(
            "iam",
            "GetAccountAuthorizationDetails",
            items="Policies",
            params={"Filter": ["LocalManagedPolicy"]},
            page=1000,
            world=True,
        ),
        id="Arn",
        native="PolicyName",
        unique="account",
        fields={
            "name": "PolicyName",
            "version": "DefaultVersionId",
            "connection_count": "AttachmentCount",
            "actions": Field("PolicyVersionList", default_version),
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
        name="aws.kms.key",
        category=Category.KEY,
        fetch=Call(
            "kms",
            "ListKeys",
            items="Keys",
            page=1000,
            detail=(
                Call(
                    "kms",
                    "DescribeKey",
                    items="KeyMetadata",
                    params={"KeyId": "{KeyId}"},
                    gone=("NotFoundException",),
                ),
                Call(
                    "kms",
                    "ListAliases",
                    items="Aliases[]",
                    params={"KeyId": "{KeyId}"},
                    into="$Aliases",
                    gone=("NotFoundException",),
                ),
                Call(
                    "kms",
                    "GetKeyRotationStatus",
                    params={"KeyId": "{KeyId}"},
                    into="$Rotation",
                    expect=("UnsupportedOperationException",),
                    gone=("NotFoundException",),
                ),
            ),
        ),
        id="KeyArn",
        native="KeyId",
        fields={
            "description": "Description",
            "state": "KeyState",
            "type": "KeySpec",
            "key_usage": "KeyUsage",
            "key_origin": "Origin",
            "owner": "KeyManager",  # AWS or CUSTOMER
            "multi_region": "MultiRegion",
            "enabled": "Enabled",
            "aliases": Field("$Aliases", texts("AliasName")),
            "rotation": Field("$Rotation", _rotation),
            "created_at": "CreationDate",
        },
        aliases=(
            Alias("arn", "$Aliases[].AliasArn"),
            # Buckets are listed for the whole account and may name a key by its bare id, which is unique there too.
            Alias("id", Template("aws.kms.key|{@account}||{KeyId}")),
        ),
    ),
    Kind(
        name="aws.secretsmanager.secret",
        category=Category.SECRET,
        fetch=Call("secretsmanager", "ListSecrets", items="SecretList", page=100),
        id="ARN",
        native="Name",
        fields={
            "name": "Name",
            "description": "Description",
            "enabled": "RotationEnabled",
            "encryption_key": "KmsKeyId",
            "last_used_at": "LastAccessedDate",
            "modified_at": "LastChangedDate",
            "rotated_at": "LastRotatedDate",
            "created_at": "CreatedDate",
        },
        tags="Tags",
        links=(
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
            Link("rotated_by", "aws.lambda.function", "RotationLambdaARN"),
        ),
    ),
    Kind(
        name="aws.acm.certificate",
        category=Category.CERTIFICATE,
        fetch=Call(
            "acm",
            "ListCertificates",
            items="CertificateSummaryList",
            page=100,
            params={"Includes": {"keyTypes": _KEY_TYPES}, "CertificateKeyPairOrigins": _KEY_PAIR_ORIGINS},
            detail=(
                Call(
                    "acm",
                    "DescribeCertificate",
                    items="Certificate",
                    params={"CertificateArn": "{CertificateArn}"},
                    gone=("ResourceNotFoundException",),
                ),
            ),
        ),
        id="CertificateArn",
        native="CertificateArn",
        fields={
            "name": "DomainName",
            "state": "Status",
            "type": "Type",
            "hosts": "SubjectAlternativeNames",
            "created_by": "Issuer",
            "created_at": "CreatedAt",
            "expires_at": "NotAfter",
        },
        links=(Link("serves", "aws.elbv2.load_balancer", "InUseBy[]", optional=True),),
        quiet=frozenset({"Issuer", "DomainValidationOptions[].ResourceRecord.Value"}),
    ),
)
