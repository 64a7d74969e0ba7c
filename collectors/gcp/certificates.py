"""Certificates of load balancers, and the authorities that issue them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.rows import Asset, row
from collectors.gcp.values import members, seconds
from normalize.mapping import MISSING
from normalize.model import Category, Field, Link, Template
from normalize.units import instant

_MANAGER = "//certificatemanager.googleapis.com/projects/PROJECT_ID/locations/LOCATION"
_AUTHORITIES = "//privateca.googleapis.com/projects/PROJECT_ID/locations/LOCATION/caPools/CA_POOL"
_ISSUER = "certificateAuthorityConfig.certificateAuthorityServiceConfig.caPool"


def _type(certificate: Mapping[str, Any]) -> Any:
    """Who looks after it."""
    sorts = {"managed": "MANAGED", "managedIdentity": "MANAGED_IDENTITY", "selfManaged": "SELF_MANAGED"}
    return next((word for key, word in sorts.items() if key in certificate), MISSING)


def _hosts(certificate: Mapping[str, Any]) -> Any:
    return certificate.get("sanDnsnames") or (certificate.get("managed") or {}).get("domains") or MISSING


KINDS = (
    row(
        Category.CERTIFICATE,
        Asset(
            ("certificatemanager.googleapis.com/Certificate",),
            "certificatemanager.v1.Certificate",
            f"{_MANAGER}/certificates/CERTIFICATE",
        ),
        {
            "description": "description",
            "state": "managed.state",
            "type": Field("", _type),
            "access_scope": "scope",
            "hosts": Field("", _hosts),
            "problems": Field("managed.provisioningIssue", lambda issue: [issue.get("details") or issue["reason"]]),
            "expires_at": Field("expireTime", instant),
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        links=(
            Link("issued_by", "gcp.certificatemanager.certificate_issuance_config", "managed.issuanceConfig"),
            Link("serves", "", "usedBy[].name"),
        ),
        sensitive=frozenset({"selfManaged", "pemCertificate"}),
        quiet=frozenset({"name", "sanDnsnames", "managed.domains", "managed.authorizationAttemptInfo"}),
    ),
    row(
        Category.CERTIFICATE,
        Asset(
            ("certificatemanager.googleapis.com/CertificateMap",),
            "certificatemanager.v1.CertificateMap",
            f"{_MANAGER}/certificateMaps/CERTIFICATE_MAP",
        ),
        {
            "description": "description",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        links=(
            Link("serves", "gcp.compute.target_https_proxy", "gclbTargets[].targetHttpsProxy"),
            Link("serves", "gcp.compute.target_ssl_proxy", "gclbTargets[].targetSslProxy"),
        ),
        quiet=frozenset({"name", "gclbTargets[].ipConfigs"}),
    ),
    row(
        Category.CERTIFICATE,
        Asset(
            ("certificatemanager.googleapis.com/CertificateMapEntry",),
            "certificatemanager.v1.CertificateMapEntry",
            f"{_MANAGER}/certificateMaps/CERTIFICATE_MAP/certificateMapEntries/CERTIFICATE_MAP_ENTRY",
        ),
        {
            "description": "description",
            "state": "state",
            "hosts": Field("hostname", lambda host: [host]),
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        links=(Link("uses", "gcp.certificatemanager.certificate", "certificates[]"),),
        quiet=frozenset({"name", "hostname"}),
    ),
    row(
        Category.CERTIFICATE,
        Asset(
            ("certificatemanager.googleapis.com/CertificateIssuanceConfig",),
            "certificatemanager.v1.CertificateIssuanceConfig",
            f"{_MANAGER}/certificateIssuanceConfigs/CERTIFICATE_ISSUANCE_CONFIG",
        ),
        {
            "description": "description",
            "key_type": "keyAlgorithm",
            "duration_seconds": Field("lifetime", seconds),
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        links=(Link("asks", "gcp.privateca.ca_pool", _ISSUER),),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.CERTIFICATE,
        Asset(("privateca.googleapis.com/CaPool",), "privateca.v1.CaPool", _AUTHORITIES, iam=True),
        {
            "type": "tier",
            "settings": "publishingOptions",
            "principals": Field("$iam", members),
        },
        key="encryptionSpec.cloudKmsKey",
        quiet=frozenset({"name"}),
    ),
    row(
        Category.CERTIFICATE,
        Asset(
            ("privateca.googleapis.com/CertificateAuthority",),
            "privateca.v1.CertificateAuthority",
            f"{_AUTHORITIES}/certificateAuthorities/CERTIFICATE_AUTHORITY",
        ),
        {
            "state": "state",
            "type": "type",
            "key_type": "keySpec.algorithm",
            "encryption_key": "keySpec.cloudKmsKeyVersion",
            "expires_at": Field("expireTime", instant),
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        links=(
            Link("uses", "gcp.cloudkms.crypto_key", "keySpec.cloudKmsKeyVersion"),
            Link("issued_by", "gcp.privateca.certificate_authority", "subordinateConfig.certificateAuthority"),
            Link("stores_in", "gcp.storage.bucket", Template("gs://{gcsBucket}")),
        ),
        sensitive=frozenset({"pemCaCertificates[]", "subordinateConfig.pemIssuerChain"}),
        quiet=frozenset({"name", "accessUrls", "config", "caCertificateDescriptions"}),
    ),
)
