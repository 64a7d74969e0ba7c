"""Messages and what is done later: Pub/Sub, Cloud Tasks, Cloud Scheduler, Managed Service for Apache Kafka."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from collectors.gcp.rows import Asset, Get, Listing, row
from collectors.gcp.values import seconds
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Link, Template
from normalize.units import instant, integer

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


def _of_kafka(cluster: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"$Host": cluster["bootstrapAddress"].partition(":")[0]}


_STARTED = (
    (
        re.compile(r"https://workflowexecutions\.googleapis\.com/v\d\w*/(.+)/executions"),
        r"//workflows.googleapis.com/\1",
    ),
    (re.compile(r"https://run\.googleapis\.com/v2/(.+):run"), r"//run.googleapis.com/\1"),
    (
        re.compile(
            r"https://([\w-]+)-run\.googleapis\.com/apis/run\.googleapis\.com/v1/namespaces/([^/]+)/jobs/([^/:]+):run"
        ),
        r"//run.googleapis.com/projects/\2/locations/\1/jobs/\3",
    ),
)
"""Calls that start something: its full resource name. Source: workflowexecutions v1, executions.create; run v2 and v1, jobs.run; read
2026-11-24."""


def _of_schedule(job: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a job starts, where its call says so."""
    uri = (job.get("httpTarget") or {}).get("uri") or ""
    return {"$Started": [m.expand(name) for pattern, name in _STARTED if (m := pattern.fullmatch(uri))]}


def _rate(limits: Any) -> Mapping[str, Any]:
    return {"per_second": limits["maxDispatchesPerSecond"]} if "maxDispatchesPerSecond" in limits else {}


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
            "regions_allowed": "messageStoragePolicy.allowedPersistenceRegions",
        },
        key="kmsKeyName",
        links=(
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
    row(
        Category.QUEUE,
        Asset(
            ("cloudtasks.googleapis.com/Queue",),
            "cloudtasks.v2.Queue",
            "//cloudtasks.googleapis.com/projects/PROJECT_ID/locations/LOCATION/queues/QUEUE",
        ),
        {
            "state": "state",
            "max_concurrency_count": Field("rateLimits.maxConcurrentDispatches", integer),
            "settings": Field("rateLimits", _rate),
            "retry_count": Field("retryConfig.maxAttempts", integer),
            "endpoint": "httpTarget.uriOverride.host",
            "service_account": "httpTarget.oidcToken.serviceAccountEmail",
        },
        labels="",
        links=(Link("assumes", "gcp.iam.service_account", "httpTarget.oidcToken.serviceAccountEmail"),),
        sensitive=frozenset({"httpTarget.headerOverrides"}),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.SETTINGS,
        Listing(
            Get(
                "cloudscheduler.googleapis.com",
                "/v1/projects/{project}/locations/{location}/jobs",
                "cloudscheduler.jobs.list",
                items="jobs[]",
                page=500,
            ),
            "cloudscheduler.googleapis.com/Job",
            "cloudscheduler.v1.Job",
            "//cloudscheduler.googleapis.com/{name}",
            derive=_of_schedule,
        ),
        {
            "description": "description",
            "state": "state",
            "schedule": "schedule",
            "timezone": "timeZone",
            "endpoint": "httpTarget.uri",
            "service_account": "httpTarget.oidcToken.serviceAccountEmail",
            "timeout_seconds": Field("attemptDeadline", seconds),
            "retry_count": Field("retryConfig.retryCount", integer),
            "last_run_at": Field("lastAttemptTime", instant),
            "failure_reason": "status.message",
            "modified_at": Field("userUpdateTime", instant),
        },
        labels="",
        links=(
            Link("assumes", "gcp.iam.service_account", "httpTarget.oidcToken.serviceAccountEmail"),
            Link("assumes", "gcp.iam.service_account", "httpTarget.oauthToken.serviceAccountEmail"),
            Link("notifies", "gcp.pubsub.topic", "pubsubTarget.topicName"),
            Link("starts", "", "$Started[]"),
        ),
        sensitive=frozenset(
            {
                "httpTarget.headers",
                "httpTarget.body",
                "appEngineHttpTarget.headers",
                "appEngineHttpTarget.body",
                "pubsubTarget.data",
                "pubsubTarget.attributes",
            }
        ),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.STREAM,
        Asset(
            ("managedkafka.googleapis.com/Cluster",),
            "managedkafka.v1.Cluster",
            "//managedkafka.googleapis.com/projects/PROJECT_ID/locations/LOCATION/clusters/CLUSTER",
            derive=_of_kafka,
        ),
        {
            "state": "state",
            "engine_version": "kafkaVersion",
            "endpoint": "bootstrapAddress",
            "node_count": Field("effectiveCapacityConfig.brokerCount", integer),
            "vcpu_count": Field("capacityConfig.vcpuCount", integer),
            "memory_bytes": Field("capacityConfig.memoryBytes", integer),
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        key="gcpConfig.kmsKey",
        links=(Link("runs_in", "gcp.compute.subnetwork", "gcpConfig.accessConfig.networkConfigs[].subnet"),),
        aliases=(Alias("dns", "$Host"),),
        quiet=frozenset({"name", "$Host", "bootstrapAddress", "publicClusterDetails"}),
    ),
)
