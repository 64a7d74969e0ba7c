"""Cloud KMS and Secret Manager: key rings, keys, key managers outside, and the names of secrets; never what is in them."""

from __future__ import annotations

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
)
