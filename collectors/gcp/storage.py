"""Cloud Storage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.rows import Asset, row
from collectors.gcp.values import everybody, members
from normalize.model import Alias, Category, Field, Link, Template
from normalize.units import instant


def _rules(rules: Any) -> list[Mapping[str, Any]]:
    """Lifecycle rules: what is done, under which conditions."""
    return [{"action": r["action"], "condition": r.get("condition", {})} for r in rules]


KINDS = (
    row(
        Category.BUCKET,
        Asset(
            ("storage.googleapis.com/Bucket",),
            "storage.v1.Bucket",
            "//storage.googleapis.com/BUCKET",
            iam=True,
        ),
        {
            "name": "name",
            "region": "location",
            "type": "locationType",
            "storage_class": "storageClass",
            "created_at": Field("timeCreated", instant),
            "modified_at": Field("updated", instant),
            "versioned": "versioning.enabled",
            "encryption_key": "encryption.defaultKmsKeyName",
            "rules": Field("lifecycle.rule", _rules),
            "public": Field("$iam", everybody),
            "principals": Field("$iam", members),
        },
        links=(
            Link("encrypted_by", "gcp.cloudkms.crypto_key", "encryption.defaultKmsKeyName"),
            Link("logs_to", "gcp.storage.bucket", Template("gs://{logging.logBucket}")),
        ),
        aliases=(Alias("uri", Template("gs://{name}")),),
    ),
)
