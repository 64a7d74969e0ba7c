"""Cloud Storage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.metrics import METRICS, Gauges, Question
from collectors.gcp.rows import Asset, row
from collectors.gcp.values import everybody, members
from normalize.model import Alias, Category, Field, Link, Template
from normalize.units import instant


def _rules(rules: Any) -> list[Mapping[str, Any]]:
    """Lifecycle rules: what is done, under which conditions."""
    return [{"action": r["action"], "condition": r.get("condition", {})} for r in rules]


def _of_bucket(metric: str, split: str = "") -> Question:
    """A daily value of every bucket. Source: Cloud Monitoring documentation, "Google Cloud metrics", storage, read 2026-11-24."""
    return Question(
        f"storage.googleapis.com/storage/v2/{metric}", ("resource.label.bucket_name",), ("name",), split=split
    )


def _summed(parts: Any) -> int:
    return int(sum(parts.values()))


def _rounded(parts: Any) -> Mapping[str, int]:
    return {name: round(value) for name, value in parts.items()}


KINDS = (
    row(
        Category.BUCKET,
        Asset(
            ("storage.googleapis.com/Bucket",),
            "storage.v1.Bucket",
            "//storage.googleapis.com/BUCKET",
            iam=True,
            lookups=(
                Gauges(
                    {
                        "Bytes": _of_bucket("total_bytes", "metric.label.storage_class"),
                        "Objects": _of_bucket("total_count"),
                    }
                ),
            ),
        ),
        {
            "name": "name",
            "region": "location",
            "type": "locationType",
            "storage_class": "storageClass",
            "created_at": Field("timeCreated", instant),
            "modified_at": Field("updated", instant),
            "size_bytes": Field(f"{METRICS}.Bytes", _summed),
            "size_bytes_by_class": Field(f"{METRICS}.Bytes", _rounded),
            "object_count": Field(f"{METRICS}.Objects", round),
            "versioned": "versioning.enabled",
            "rules": Field("lifecycle.rule", _rules),
            "public": Field("$iam", everybody),
            "principals": Field("$iam", members),
        },
        key="encryption.defaultKmsKeyName",
        links=(Link("logs_to", "gcp.storage.bucket", Template("gs://{logging.logBucket}")),),
        aliases=(Alias("uri", Template("gs://{name}")),),
    ),
)
