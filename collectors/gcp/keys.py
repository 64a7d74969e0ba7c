"""Cloud KMS and Secret Manager: key rings, keys, key managers outside, the names of secrets, and versions; never what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.rows import Asset, row
from collectors.gcp.values import equals, members, texts
from normalize.mapping import MISSING
from normalize.model import Category, Field, Link
from normalize.units import every, instant


def _places(replication: Any) -> Any:
    """Regions that a secret is kept in, where its owners chose them."""
    found = [r["location"] for r in (replication.get("userManaged") or {}).get("replicas") or ()]
    return found or MISSING


def _above(collection: str) -> Any:
    """The key or secret that a version is of, by the version's own name."""

    def derive(version: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"$Above": version["$asset"]["name"].partition(f"/{collection}/")[0]}

    return derive


KINDS = (
    row(
        Category.KEY,
        Asset(
            ("cloudkms.googleapis.com/KeyRing",),
            "cloudkms.v1.KeyRing",
            "//cloudkms.googleapis.com/projects/PROJECT_ID/locations/LOCATION/keyRings/KEY_RING",
            iam=True,
        ),
        {"created_at": Field("createTime", instant), "principals": Field("$iam", members)},
        labels="",
        quiet=frozenset({"name"}),
    ),
    row(
        Category.KEY,
        Asset(
            ("cloudkms.googleapis.com/EkmConnection",),
            "cloudkms.v1.EkmConnection",
            "//cloudkms.googleapis.com/projects/PROJECT_ID/locations/LOCATION/ekmConnections/EKM_CONNECTION",
        ),
        {
            "mode": "keyManagementMode",
            "hosts": Field("serviceResolvers", texts("hostname")),
            "created_at": Field("createTime", instant),
        },
        labels="",
        sensitive=frozenset({"serviceResolvers[].serverCertificates"}),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.KEY,
        Asset(
            ("cloudkms.googleapis.com/CryptoKey",),
            "cloudkms.v1.CryptoKey",
            "//cloudkms.googleapis.com/projects/PROJECT_ID/locations/LOCATION/keyRings/KEY_RING/cryptoKeys/CRYPTO_KEY",
            iam=True,
        ),
        {
            "state": "primary.state",
            "enabled": Field("primary.state", equals("ENABLED")),
            "key_usage": "purpose",
            "key_type": "versionTemplate.algorithm",
            "key_origin": "versionTemplate.protectionLevel",
            "rotation": Field("rotationPeriod", every),
            "created_at": Field("createTime", instant),
            "principals": Field("$iam", members),
        },
        quiet=frozenset({"name", "primary"}),
    ),
    row(
        Category.SECRET,
        Asset(
            ("secretmanager.googleapis.com/Secret",),
            "secretmanager.v1.Secret",
            "//secretmanager.googleapis.com/projects/PROJECT_NUMBER/secrets/SECRET",
            iam=True,
        ),
        {
            "created_at": Field("createTime", instant),
            "expires_at": Field("expireTime", instant),
            "rotation": Field("rotation.rotationPeriod", every),
            "replica_regions": Field("replication", _places),
            "principals": Field("$iam", members),
        },
        links=(
            Link(
                "encrypted_by",
                "gcp.cloudkms.crypto_key",
                "replication.userManaged.replicas[].customerManagedEncryption.kmsKeyName",
            ),
            Link("notifies", "gcp.pubsub.topic", "topics[].name"),
        ),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.KEY,
        Asset(
            ("cloudkms.googleapis.com/CryptoKeyVersion",),
            "cloudkms.v1.CryptoKeyVersion",
            "//cloudkms.googleapis.com/projects/PROJECT_ID/locations/LOCATION/keyRings/KEY_RING/cryptoKeys/CRYPTO_KEY"
            "/cryptoKeyVersions/CRYPTO_KEY_VERSION",
            derive=_above("cryptoKeyVersions"),
        ),
        {
            "state": "state",
            "enabled": Field("state", equals("ENABLED")),
            "key_type": "algorithm",
            "key_origin": "protectionLevel",
            "created_at": Field("createTime", instant),
            "expires_at": Field("destroyTime", instant),
        },
        labels="",
        links=(
            Link("part_of", "gcp.cloudkms.crypto_key", "$Above"),
            Link(
                "uses",
                "gcp.cloudkms.ekm_connection",
                "externalProtectionLevelOptions.ekmConnectionBackendOverride",
            ),
        ),
        sensitive=frozenset({"attestation"}),
        quiet=frozenset({"name", "importJob", "externalProtectionLevelOptions"}),
    ),
    row(
        Category.SECRET,
        Asset(
            ("secretmanager.googleapis.com/SecretVersion",),
            "secretmanager.v1.SecretVersion",
            "//secretmanager.googleapis.com/projects/PROJECT_NUMBER/secrets/SECRET/versions/VERSION",
            derive=_above("versions"),
        ),
        {
            "state": "state",
            "enabled": Field("state", equals("ENABLED")),
            "created_at": Field("createTime", instant),
            "expires_at": Field("scheduledDestroyTime", instant),
        },
        labels="",
        links=(
            Link("part_of", "gcp.secretmanager.secret", "$Above"),
            Link("encrypted_by", "gcp.cloudkms.crypto_key", "customerManagedEncryption.kmsKeyVersionName"),
        ),
        quiet=frozenset({"name"}),
    ),
)
