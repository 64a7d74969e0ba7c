"""Where data are worked on: Synapse, Databricks, Data Factory, Data Explorer, Stream Analytics, Fabric, Purview."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.azure.rows import ASSUMES, Get, Rows, resource
from collectors.azure.values import equals, shaped
from normalize.model import Alias, Category, Field, Kind, Link, Path
from normalize.units import instant

_STATE: Mapping[str, Path | Field] = {"state": "properties.provisioningState"}
_PUBLIC: Mapping[str, Path | Field] = {"public": Field("properties.publicNetworkAccess", equals("Enabled"))}
_FACTORY = "azure.datafactory.factory"
_FACTORY_VERSION = "2018-06-01"
_SYNAPSE = "azure.synapse.workspace"
_KUSTO = "azure.kusto.cluster"
_LISTS = {
    "LinkedServiceReference": "linkedservices",
    "DatasetReference": "datasets",
    "PipelineReference": "pipelines",
    "IntegrationRuntimeReference": "integrationruntimes",
}
"""Type of a reference within a factory -> where what it names lies. Source: azure-mgmt-datafactory 10.0, LinkedServiceReference and its
like, read 2026-11-24."""


def _referred(value: Any, factory: str) -> Iterator[str]:
    """Ids of what a document of a factory refers to by name, wherever that stands."""
    if isinstance(value, dict):
        where = _LISTS.get(str(value.get("type")))
        if where and isinstance(name := value.get("referenceName"), str):
            yield f"{factory}/{where}/{name.lower()}"
        for inner in value.values():
            yield from _referred(inner, factory)
    elif isinstance(value, list):
        for inner in value:
            yield from _referred(inner, factory)


def _references(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"$Referred": sorted(set(_referred(item["properties"], item["$parent"]["$id"])))}


def _in_factory(
    name: str, path: str, category: Category, fields: Mapping[str, Path | Field], sensitive: tuple[str, ...] = ()
) -> Kind:
    """The row of what lies in a factory and refers to other things in it by name."""
    return resource(
        name,
        category,
        Get(f"{{$parent.$id}}/{path}", _FACTORY_VERSION, under=_FACTORY, derive=_references),
        {"description": "properties.description", **fields},
        tags="",
        links=(Link("uses", "", "$Referred[]"),),
        sensitive=frozenset(sensitive),
    )


def _delay(minutes: Any) -> int:
    return int(minutes) * 60


KINDS: tuple[Kind, ...] = (
    resource(
        _SYNAPSE,
        Category.WORKSPACE,
        Rows("Microsoft.Synapse/workspaces"),
        {
            **_STATE,
            **_PUBLIC,
            "uuid": "properties.workspaceUID",
            "endpoint": "properties.connectivityEndpoints.dev",
            "source_uri": "properties.defaultDataLakeStorage.accountUrl",
            "repository": "properties.workspaceRepositoryConfiguration.repositoryName",
        },
        links=(
            Link("stores_in", "azure.storage.account", "properties.defaultDataLakeStorage.accountUrl"),
            Link("encrypted_by", "azure.keyvault.vault", "properties.encryption.cmk.key.keyVaultUrl"),
            Link("registers_in", "azure.purview.account", "properties.purviewConfiguration.purviewResourceId"),
            Link("runs_in", "azure.network.subnet", "properties.virtualNetworkProfile.computeSubnetId"),
        ),
        aliases=(
            Alias("uri", "properties.connectivityEndpoints.dev"),
            Alias("dns", "properties.connectivityEndpoints.sql"),
        ),
        sensitive=frozenset({"properties.sqlAdministratorLoginPassword"}),
        quiet=frozenset({"properties.connectivityEndpoints"}),
    ),
    resource(
        "azure.synapse.spark_pool",
        Category.NODE_POOL,
        Rows("Microsoft.Synapse/workspaces/bigDataPools"),
        {
            **_STATE,
            "framework_version": "properties.sparkVersion",
            "size_class": "properties.nodeSize",
            "type": "properties.nodeSizeFamily",
            "instance_count": "properties.nodeCount",
            "min_count": "properties.autoScale.minNodeCount",
            "max_count": "properties.autoScale.maxNodeCount",
            "autoscaled": "properties.autoScale.enabled",
            "idle_timeout_seconds": Field("properties.autoPause.delayInMinutes", _delay),
            "created_at": Field("properties.creationDate", instant),
        },
        links=(Link("part_of", _SYNAPSE, "$above"),),
        sensitive=frozenset({"properties.sparkConfigProperties.content"}),
    ),
    resource(
        "azure.synapse.sql_pool",
        Category.DATABASE,
        Rows("Microsoft.Synapse/workspaces/sqlPools"),
        {
            "state": "properties.status",
            "size_class": "sku.name",
            "max_capacity_bytes": "properties.maxSizeBytes",
            "created_at": Field("properties.creationDate", instant),
        },
        links=(Link("part_of", _SYNAPSE, "$above"),),
    ),
    resource(
        "azure.databricks.access_connector",
        Category.IDENTITY,
        Rows("Microsoft.Databricks/accessConnectors"),
        {**_STATE},
        links=(ASSUMES, Link("serves", "azure.databricks.workspace", "properties.referedBy[]")),
    ),
    _in_factory(
        "azure.datafactory.pipeline",
        "pipelines",
        Category.PIPELINE,
        {
            "steps": Field("properties.activities", shaped(name="name", type="type")),
            "step_count": Field("properties.activities", len),
            "max_concurrency_count": "properties.concurrency",
        },
        ("properties.activities[].typeProperties", "properties.parameters", "properties.variables"),
    ),
    _in_factory(
        "azure.datafactory.linked_service",
        "linkedservices",
        Category.CONNECTION,
        {"type": "properties.type"},
        ("properties.typeProperties", "properties.parameters"),
    ),
    _in_factory(
        "azure.datafactory.dataset",
        "datasets",
        Category.DATASET,
        {"type": "properties.type"},
        ("properties.parameters",),
    ),
    _in_factory(
        "azure.datafactory.trigger",
        "triggers",
        Category.SETTINGS,
        {
            "type": "properties.type",
            "enabled": Field("properties.runtimeState", equals("Started")),
            "schedule": "properties.typeProperties.recurrence.frequency",
        },
        ("properties.pipelines[].parameters",),
    ),
    resource(
        "azure.datafactory.integration_runtime",
        Category.CLUSTER,
        Get("{$parent.$id}/integrationRuntimes", _FACTORY_VERSION, under=_FACTORY),
        {
            "description": "properties.description",
            "type": "properties.type",
            "location": "properties.typeProperties.computeProperties.location",
            "size_class": "properties.typeProperties.computeProperties.nodeSize",
            "node_count": "properties.typeProperties.computeProperties.numberOfNodes",
        },
        tags="",
        links=(
            Link(
                "runs_in", "azure.network.subnet", "properties.typeProperties.computeProperties.vNetProperties.subnetId"
            ),
        ),
        sensitive=frozenset({"properties.typeProperties.ssisProperties"}),
    ),
    resource(
        _KUSTO,
        Category.DATABASE,
        Rows("Microsoft.Kusto/clusters"),
        {
            **_PUBLIC,
            "state": "properties.state",
            "size_class": "sku.name",
            "instance_count": "sku.capacity",
            "endpoint": "properties.uri",
            "zones": "zones",
        },
        links=(
            ASSUMES,
            Link("runs_in", "azure.network.subnet", "properties.virtualNetworkConfiguration.subnetId"),
            Link("encrypted_by", "azure.keyvault.vault", "properties.keyVaultProperties.keyVaultUri"),
        ),
        aliases=(Alias("uri", "properties.uri"), Alias("uri", "properties.dataIngestionUri")),
        quiet=frozenset({"properties.uri", "properties.dataIngestionUri"}),
    ),
    resource(
        "azure.kusto.database",
        Category.DATABASE,
        Get("{$parent.$id}/databases", "2024-04-13", under=_KUSTO),
        {**_STATE, "type": "kind", "size_bytes": Field("properties.statistics.size", int)},
        tags="",
    ),
    resource(
        "azure.streamanalytics.job",
        Category.DATA_JOB,
        Rows("Microsoft.StreamAnalytics/streamingJobs"),
        {
            **_STATE,
            "phase": "properties.jobState",
            "type": "properties.jobType",
            "size_class": "properties.sku.name",
            "last_activity_at": Field("properties.lastOutputEventTime", instant),
            "created_at": Field("properties.createdDate", instant),
        },
        links=(Link("runs_on", "azure.streamanalytics.cluster", "properties.cluster.id"),),
        sensitive=frozenset({"properties.jobStorageAccount.accountKey"}),
    ),
    resource(
        "azure.streamanalytics.cluster",
        Category.CLUSTER,
        Rows("Microsoft.StreamAnalytics/clusters"),
        {**_STATE, "size_class": "sku.name", "compute_unit_count": "sku.capacity"},
    ),
    resource(
        "azure.fabric.capacity",
        Category.CAPACITY,
        Rows("Microsoft.Fabric/capacities"),
        {**_STATE, "phase": "properties.state", "size_class": "sku.name"},
        sensitive=frozenset({"properties.administration"}),
    ),
    resource(
        "azure.purview.account",
        Category.DATA_CATALOG,
        Rows("Microsoft.Purview/accounts"),
        {
            **_STATE,
            **_PUBLIC,
            "endpoint": "properties.endpoints.catalog",
            "created_at": Field("properties.createdAt", instant),
        },
        links=(
            ASSUMES,
            Link("stores_in", "azure.storage.account", "properties.managedResources.storageAccount"),
            Link("reads_from", "azure.eventhub.namespace", "properties.managedResources.eventHubNamespace"),
        ),
        aliases=(Alias("uri", "properties.endpoints.catalog"),),
        quiet=frozenset({"properties.endpoints"}),
    ),
)
