"""KMS with its key stores, Secrets Manager, parameters, certificates and who issues them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import principals, texts
from collectors.aws.policy_documents import TRUSTED, permissions, trusted
from collectors.aws.rows import Call
from normalize.identity import parse_arn
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Kind, Link, Template


def _rotation(answer: Any) -> str:
    if not answer.get("KeyRotationEnabled"):
        return "off"
    days = answer.get("RotationPeriodInDays")
    return f"every {days} days" if days else "on"


def _let_in(key: Mapping[str, Any]) -> Mapping[str, Any]:
    own = parse_arn(key["KeyArn"])
    return trusted(key["$Policy"], own.account if own else "", "$.$Policy")


def _names_by_alias(key: Mapping[str, Any]) -> Mapping[str, Any]:
    """Keys are also named by the bare alias, which is unique where the key is: "alias/aws/ssm"."""
    parsed = filter(None, (parse_arn(alias["AliasArn"]) for alias in key["$Aliases"]))
    return {"$AliasNames": [f"aws.kms.key|{a.account}|{a.region}|{a.resource}" for a in parsed]}


def _rotation_of_secret(secret: Any) -> Any:
    rules = secret.get("RotationRules") or {}
    if not secret.get("RotationEnabled"):
        return "off" if "RotationEnabled" in secret else MISSING
    days = rules.get("AutomaticallyAfterDays")
    return rules.get("ScheduleExpression") or (f"every {days} days" if days else "on")


def _rooted(parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a parameter is called in its ARN: "parameter/a/b" of "/a/b", "parameter/a" of "a"."""
    return {"$Path": "/" + parameter["Name"].removeprefix("/")}


_KEY_TYPES = [
    "RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1",
]  # fmt: skip
_KEY_PAIR_ORIGINS = ["AWS_MANAGED", "ACME", "CUSTOMER_PROVIDED"]
"""Without these filters ACM lists RSA_1024 and RSA_2048 only, and nothing that came by ACME. Source: botocore 1.44.5, ACM
ListCertificates (Includes, CertificateKeyPairOrigins; the latter from botocore 1.43.38 on), read 2026-11-24."""


KINDS = (
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
                    derive=_names_by_alias,
                ),
                Call(
                    "kms",
                    "GetKeyRotationStatus",
                    params={"KeyId": "{KeyId}"},
                    into="$Rotation",
                    expect=("UnsupportedOperationException",),
                    gone=("NotFoundException",),
                ),
                Call(
                    "kms",
                    "GetKeyPolicy",
                    items="Policy",
                    params={"KeyId": "{KeyId}", "PolicyName": "default"},
                    into="$Policy",
                    derive=_let_in,
                ),
            ),
        ),
        id="KeyArn",
        native="KeyId",
        fields={
            "description": "Description",
            "state": "KeyState",
            "key_type": "KeySpec",
            "key_usage": "KeyUsage",
            "key_origin": "Origin",
            "owner": "KeyManager",  # AWS or CUSTOMER
            "multi_region": "MultiRegion",
            "enabled": "Enabled",
            "aliases": Field("$Aliases", texts("AliasName")),
            "rotation": Field("$Rotation", _rotation),
            "principals": Field("$Policy", principals),
            "permissions": Field("$Policy", permissions),
            "created_at": "CreationDate",
            "expires_at": "ValidTo",
        },
        links=(
            Link("trusts", "", f"{TRUSTED}[]"),
            Link("stored_in", "aws.kms.custom_key_store", "CustomKeyStoreId"),
            Link("stored_in", "aws.cloudhsmv2.cluster", "CloudHsmClusterId"),
            Link("copy_of", "aws.kms.key", "MultiRegionConfiguration.PrimaryKey.Arn"),
            Link("copied_to", "aws.kms.key", "MultiRegionConfiguration.ReplicaKeys[].Arn"),
        ),
        aliases=(
            Alias("arn", "$Aliases[].AliasArn"),
            Alias("id", "$AliasNames"),
            # Buckets are listed for the whole account and may name a key by its bare id, which is unique there too.
            Alias("id", Template("aws.kms.key|{@account}||{KeyId}")),
        ),
    ),
    Kind(
        name="aws.kms.custom_key_store",
        category=Category.KEY,
        fetch=Call("kms", "DescribeCustomKeyStores", items="CustomKeyStores", page=1000),
        id=Template("aws.kms.custom_key_store|{@account}|{@place}|{CustomKeyStoreId}"),
        native="CustomKeyStoreId",
        fields={
            "name": "CustomKeyStoreName",
            "type": "CustomKeyStoreType",
            "state": "ConnectionState",
            "endpoint": "XksProxyConfiguration.UriEndpoint",
            "network_mode": "XksProxyConfiguration.Connectivity",
            "created_at": "CreationDate",
        },
        links=(Link("stores_in", "aws.cloudhsmv2.cluster", "CloudHsmClusterId"),),
        sensitive=frozenset({"XksProxyConfiguration.AccessKeyId"}),
        quiet=frozenset({"XksProxyConfiguration.VpcEndpointServiceName", "TrustAnchorCertificate"}),
    ),
    Kind(
        name="aws.cloudhsmv2.cluster",
        category=Category.KEY,
        fetch=Call("cloudhsmv2", "DescribeClusters", items="Clusters", page=25),
        id=Template("arn:{@partition}:cloudhsm:{@place}:{@account}:cluster/{ClusterId}"),
        native="ClusterId",
        fields={
            "name": "ClusterId",
            "state": "State",
            "type": "HsmType",
            "mode": "Mode",
            "instance_count": Field("Hsms", len),
            "zones": Field("SubnetMapping", sorted),
            "created_at": "CreateTimestamp",
        },
        tags="TagList",
        links=(
            Link("runs_in", "aws.ec2.vpc", "VpcId"),
            Link("runs_in", "aws.ec2.subnet", "Hsms[].SubnetId"),
            Link("guarded_by", "aws.ec2.security_group", "SecurityGroup"),
            Link("attached_to", "aws.ec2.network_interface", "Hsms[].EniId"),
        ),
        sensitive=frozenset({"PreCoPassword", "Certificates"}),
        quiet=frozenset({"Hsms[].EniIp", "Hsms[].EniIpV6"}),
    ),
    Kind(
        name="aws.secretsmanager.secret",
        category=Category.SECRET,
        # Values are never asked for: no row calls GetSecretValue, and the policy does not hold it.
        fetch=Call(
            "secretsmanager", "ListSecrets", items="SecretList", page=100, params={"IncludePlannedDeletion": True}
        ),
        id="ARN",
        native="Name",
        fields={
            "name": "Name",
            "description": "Description",
            "enabled": "RotationEnabled",
            "rotation": Field("", _rotation_of_secret),
            "region": "PrimaryRegion",
            "managed_by": "OwningService",
            "encryption_key": "KmsKeyId",
            "deleting_since_at": "DeletedDate",
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
        quiet=frozenset({"OwningService"}),
        # Clients may leave out the six characters at the end of the ARN: DescribeSecret, SecretId, read 2026-11-24.
        aliases=(Alias("arn", Template("arn:{@partition}:secretsmanager:{@place}:{@account}:secret:{Name}")),),
    ),
    Kind(
        name="aws.ssm.parameter",
        category=Category.SETTINGS,
        # Names and types only: values are never asked for, not even those that are no secrets.
        fetch=Call("ssm", "DescribeParameters", items="Parameters", page=50, derive=_rooted),
        id=Template("arn:{@partition}:ssm:{@place}:{@account}:parameter{$Path}"),
        native="Name",
        fields={
            "name": "Name",
            "description": "Description",
            "type": "Type",
            "version": Field("Version", str),
            "data_type": "DataType",
            "storage_class": "Tier",
            "encryption_key": "KeyId",
            "modified_at": "LastModifiedDate",
        },
        links=(Link("encrypted_by", "aws.kms.key", "KeyId"),),
        quiet=frozenset({"LastModifiedUser", "AllowedPattern"}),
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
            "key_type": "KeyAlgorithm",
            "renewal": "RenewalEligibility",
            "created_by": "Issuer",
            "created_at": "CreatedAt",
            "expires_at": "NotAfter",
        },
        links=(
            Link("serves", "aws.elbv2.load_balancer", "InUseBy[]", optional=True),
            Link("issued_by", "aws.acmpca.certificate_authority", "CertificateAuthorityArn"),
        ),
        quiet=frozenset({"Issuer", "DomainValidationOptions[].ResourceRecord.Value"}),
    ),
    Kind(
        name="aws.acmpca.certificate_authority",
        category=Category.CERTIFICATE,
        fetch=Call("acm-pca", "ListCertificateAuthorities", items="CertificateAuthorities", page=1000),
        id="Arn",
        native="Arn",
        fields={
            "name": "CertificateAuthorityConfiguration.Subject.CommonName",
            "state": "Status",
            "type": "Type",
            "mode": "UsageMode",
            "key_type": "CertificateAuthorityConfiguration.KeyAlgorithm",
            "created_at": "CreatedAt",
            "expires_at": "NotAfter",
        },
        links=(Link("writes_to", "aws.s3.bucket", "RevocationConfiguration.CrlConfiguration.S3BucketName"),),
    ),
)
