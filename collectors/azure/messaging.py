"""Event hubs, queues and topics of Service Bus, and Event Grid: what is sent where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.rows import ASSUMES, Get, Rows, resource
from collectors.azure.values import equals
from normalize.model import Alias, Category, Field, Kind, Link, Path
from normalize.units import MIB, instant, times

_STATE: Mapping[str, Path | Field] = {"state": "properties.provisioningState"}
_PUBLIC: Mapping[str, Path | Field] = {"public": Field("properties.publicNetworkAccess", equals("Enabled"))}
_EVENT_GRID = "2025-02-15"
_BUS = "azure.servicebus.namespace"
_TO = "properties.destination.properties"
_CAPTURE = "properties.captureDescription.destination.properties"


def _captured(hub: Mapping[str, Any]) -> Mapping[str, Any]:
    """The container that an event hub writes what it takes in to, by the id of its account."""
    capture = hub["properties"].get("captureDescription") or {}
    told = (capture.get("destination") or {}).get("properties") or {}
    account, container = told.get("storageAccountResourceId"), told.get("blobContainer")
    return {"$Captured": f"{account}/blobServices/default/containers/{container}"} if account and container else {}


def _subscriptions(name: str, under: str) -> Kind:
    """The row of subscriptions to the events of a topic."""
    return resource(
        name,
        Category.SETTINGS,
        Get("{$parent.$id}/eventSubscriptions", _EVENT_GRID, under=under),
        {
            **_STATE,
            "type": "properties.destination.endpointType",
            "resource_types": "properties.filter.includedEventTypes",
            "retry_count": "properties.retryPolicy.maxDeliveryAttempts",
        },
        tags="",
        links=(
            Link("notifies", "", f"{_TO}.resourceId"),
            Link("dead_letters_to", "azure.storage.account", "properties.deadLetterDestination.properties.resourceId"),
        ),
        sensitive=frozenset({f"{_TO}.endpointUrl", f"{_TO}.deliveryAttributeMappings"}),
    )


KINDS: tuple[Kind, ...] = (
    resource(
        "azure.eventhub.event_hub",
        Category.STREAM,
        Get("{$parent.$id}/eventhubs", "2024-01-01", under="azure.eventhub.namespace", derive=_captured),
        {
            "state": "properties.status",
            "shard_count": "properties.partitionCount",
            "retention_days": "properties.messageRetentionInDays",
            "data_capture": "properties.captureDescription.enabled",
            "created_at": Field("properties.createdAt", instant),
            "modified_at": Field("properties.updatedAt", instant),
        },
        tags="",
        links=(Link("writes_to", "azure.storage.container", "$Captured"),),
        sensitive=frozenset({"properties.userMetadata"}),
    ),
    resource(
        "azure.servicebus.queue",
        Category.QUEUE,
        Get("{$parent.$id}/queues", "2024-01-01", under=_BUS),
        {
            "state": "properties.status",
            "record_count": "properties.messageCount",
            "size_bytes": "properties.sizeInBytes",
            "max_capacity_bytes": Field("properties.maxSizeInMegabytes", times(MIB)),
            "retry_count": "properties.maxDeliveryCount",
            "last_used_at": Field("properties.accessedAt", instant),
            "created_at": Field("properties.createdAt", instant),
        },
        tags="",
        sensitive=frozenset({"properties.userMetadata"}),
    ),
    resource(
        "azure.servicebus.topic",
        Category.QUEUE,
        Get("{$parent.$id}/topics", "2024-01-01", under=_BUS),
        {
            "state": "properties.status",
            "consumer_count": "properties.subscriptionCount",
            "size_bytes": "properties.sizeInBytes",
            "max_capacity_bytes": Field("properties.maxSizeInMegabytes", times(MIB)),
            "last_used_at": Field("properties.accessedAt", instant),
            "created_at": Field("properties.createdAt", instant),
        },
        tags="",
        sensitive=frozenset({"properties.userMetadata"}),
    ),
    *(
        resource(
            name,
            Category.STREAM,
            Rows(type_),
            {**_STATE, **_PUBLIC, "endpoint": "properties.endpoint", "format": "properties.inputSchema"},
            links=(ASSUMES,),
            aliases=(Alias("uri", "properties.endpoint"),),
            quiet=frozenset({"properties.endpoint"}),
        )
        for name, type_ in (
            ("azure.eventgrid.topic", "Microsoft.EventGrid/topics"),
            ("azure.eventgrid.domain", "Microsoft.EventGrid/domains"),
        )
    ),
    resource(
        "azure.eventgrid.namespace",
        Category.STREAM,
        Rows("Microsoft.EventGrid/namespaces"),
        {
            **_STATE,
            **_PUBLIC,
            "size_class": "sku.name",
            "compute_unit_count": "sku.capacity",
            "hostname": "properties.topicsConfiguration.hostname",
            "multi_zone": "properties.isZoneRedundant",
        },
        links=(ASSUMES,),
        aliases=(Alias("dns", "properties.topicsConfiguration.hostname"),),
        quiet=frozenset({"properties.topicsConfiguration", "properties.topicSpacesConfiguration.hostname"}),
    ),
    resource(
        "azure.eventgrid.system_topic",
        Category.STREAM,
        Rows("Microsoft.EventGrid/systemTopics"),
        {**_STATE, "type": "properties.topicType"},
        links=(ASSUMES, Link("reads_from", "", "properties.source")),
    ),
    _subscriptions("azure.eventgrid.system_topic_subscription", "azure.eventgrid.system_topic"),
    _subscriptions("azure.eventgrid.topic_subscription", "azure.eventgrid.topic"),
)
