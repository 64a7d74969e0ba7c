"""Messages and what is done later: Pub/Sub."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.rows import Asset, row
from collectors.gcp.values import seconds
from normalize.mapping import MISSING
from normalize.model import Category, Field, Link, Template
from normalize.units import integer

_TABLE_PARTS = 3


def _delivery(subscription: Mapping[str, Any]) -> Any:
    """How messages are delivered; without any of these, subscribers fetch them."""
    ways = {"bigqueryConfig": "bigquery", "bigtableConfig": "bigtable", "cloudStorageConfig": "cloud-storage"}
    found = next((way for key, way in ways.items() if subscription.get(key)), None)
    return found or ("push" if (subscription.get("pushConfig") or {}).get("pushEndpoint") else "pull")


def _of_subscription(subscription: Mapping[str, Any]) -> Mapping[str, Any]:
    """The full name of the BigQuery table that it writes to: "project.dataset.table", or with ":" after the project."""
    table = (subscription.get("bigqueryConfig") or {}).get("table", "")
    parts = str(table).replace(":", ".").rsplit(".", _TABLE_PARTS - 1)
    if len(parts) < _TABLE_PARTS:
        return {}
    project, dataset, name = parts
    return {"$Table": f"//bigquery.googleapis.com/projects/{project}/datasets/{dataset}/tables/{name}"}


def _expiry(ttl: Any) -> Any:
    return seconds(ttl) if ttl else MISSING


KINDS = (
    row(
        Category.STREAM,
        Asset(
            ("pubsub.googleapis.com/Topic",),
            "pubsub.v1.Topic",
            "//pubsub.googleapis.com/projects/PROJECT_ID/topics/TOPIC",
        ),
        {
            "state": "state",
            "retention_seconds": Field("messageRetentionDuration", seconds),
            "format": "schemaSettings.encoding",
            "encryption_key": "kmsKeyName",
            "regions_allowed": "messageStoragePolicy.allowedPersistenceRegions",
        },
        links=(
            Link("encrypted_by", "gcp.cloudkms.crypto_key", "kmsKeyName"),
            Link("uses", "gcp.pubsub.schema", "schemaSettings.schema"),
            Link(
                "reads_from", "gcp.storage.bucket", Template("gs://{ingestionDataSourceSettings.cloudStorage.bucket}")
            ),
        ),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.QUEUE,
        Asset(
            ("pubsub.googleapis.com/Subscription",),
            "pubsub.v1.Subscription",
            "//pubsub.googleapis.com/projects/PROJECT_ID/subscriptions/SUBSCRIPTION",
            derive=_of_subscription,
        ),
        {
            "state": "state",
            "mode": Field("", _delivery),
            "timeout_seconds": Field("ackDeadlineSeconds", integer),
            "retention_seconds": Field("messageRetentionDuration", seconds),
            "idle_timeout_seconds": Field("expirationPolicy.ttl", _expiry),
            "retry_count": Field("deadLetterPolicy.maxDeliveryAttempts", integer),
            "filter": "filter",
            "endpoint": "pushConfig.pushEndpoint",
            "service_account": "pushConfig.oidcToken.serviceAccountEmail",
        },
        links=(
            Link("reads_from", "gcp.pubsub.topic", "topic"),
            Link("dead_letters_to", "gcp.pubsub.topic", "deadLetterPolicy.deadLetterTopic"),
            Link("writes_to", "gcp.bigquery.table", "$Table"),
            Link("writes_to", "gcp.storage.bucket", Template("gs://{cloudStorageConfig.bucket}")),
            Link("assumes", "gcp.iam.service_account", "pushConfig.oidcToken.serviceAccountEmail"),
            Link("assumes", "gcp.iam.service_account", "bigqueryConfig.serviceAccountEmail"),
        ),
        sensitive=frozenset({"pushConfig.attributes"}),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.SETTINGS,
        Asset(
            ("pubsub.googleapis.com/Schema",),
            "pubsub.v1.Schema",
            "//pubsub.googleapis.com/projects/PROJECT_ID/schemas/SCHEMA",
        ),
        {"type": "type", "version": "revisionId"},
        labels="",
        quiet=frozenset({"name", "definition"}),
    ),
)
