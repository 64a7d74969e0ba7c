"""Azure Machine Learning: what serves in batches, and models of the catalog that are served by the call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.ml_endpoints import COMMON, IN, QUIET
from collectors.azure.ml_machines import machines
from collectors.azure.ml_workspaces import MADE, STATE, TYPE, VERSION, WORKSPACE
from collectors.azure.rows import ASSUMES, Get, Rows, resource
from collectors.azure.sizes import on_machines
from collectors.azure.values import seconds, text, told
from normalize.model import Alias, Category, Field, Kind, Link

_COMPONENT = "properties.deploymentConfiguration.componentId.assetId"


def _default(endpoint: Mapping[str, Any]) -> str | None:
    """ARM id of the deployment that answers where none is named."""
    id_, name = text(endpoint, "$id"), text(endpoint, "properties.defaults.deploymentName")
    return f"{id_}/deployments/{name.lower()}" if id_ and name else None


KINDS: tuple[Kind, ...] = (
    resource(
        "azure.machinelearning.batch_endpoint",
        Category.ENDPOINT,
        Rows(f"{TYPE}/batchEndpoints", derive=lambda endpoint: told(Default=_default(endpoint))),
        {**COMMON, "asynchronous": Field("id", lambda _: True)},
        links=(
            ASSUMES,
            IN,
            Link("routes_to", "azure.machinelearning.batch_deployment", "$Default"),
        ),
        aliases=(Alias("uri", "properties.scoringUri"),),
        sensitive=frozenset({"properties.keys"}),
        quiet=QUIET,
    ),
    resource(
        "azure.machinelearning.batch_deployment",
        Category.DEPLOYMENT,
        Rows(
            f"{TYPE}/batchEndpoints/deployments",
            lookups=machines("properties.resources.instanceType", "properties.compute", "location"),
        ),
        {
            **STATE,
            **MADE,
            **on_machines("properties.resources.instanceCount"),
            "description": "properties.description",
            "type": "properties.deploymentConfiguration.deploymentConfigurationType",
            "instance_type": "$Machine.Size",
            "instance_count": "properties.resources.instanceCount",
            "models": Field("properties.model.assetId", lambda model: [model]),
            "script_path": "properties.codeConfiguration.scoringScript",
            "keys": Field("properties.environmentVariables", sorted),
            "environment": "properties.environmentVariables",
            "parallelism_count": "properties.maxConcurrencyPerInstance",
            "batch_size_count": "properties.miniBatchSize",
            "retry_count": "properties.retrySettings.maxRetries",
            "timeout_seconds": Field("properties.retrySettings.timeout", seconds),
        },
        links=(
            ASSUMES,
            Link("part_of", "azure.machinelearning.batch_endpoint", "$above"),
            Link("serves", "azure.machinelearning.model_version", "properties.model.assetId"),
            Link("runs_on", "azure.machinelearning.compute_cluster", "properties.compute"),
            Link("uses", "azure.machinelearning.environment_version", "properties.environmentId"),
            Link("uses", "azure.machinelearning.code_version", "properties.codeConfiguration.codeId"),
            Link("made_from", "azure.machinelearning.component_version", _COMPONENT),
        ),
        sensitive=frozenset({"properties.environmentVariables"}),
    ),
    resource(
        "azure.machinelearning.serverless_endpoint",
        Category.ENDPOINT,
        Get("{$parent.$id}/serverlessEndpoints", VERSION, under=WORKSPACE, all_sorts=True),
        {
            "state": "properties.endpointState",
            "endpoint": "properties.inferenceEndpoint.uri",
            "auth_mode": "properties.authMode",
            "base_model": "properties.modelSettings.modelId",
            "size_class": "sku.name",
            "serverless": Field("id", lambda _: True),
            "settings": "properties.contentSafety",
            "region": "location",
            **MADE,
        },
        links=(
            ASSUMES,
            Link("uses", "azure.machinelearning.marketplace_subscription", "properties.marketplaceSubscriptionId"),
        ),
        aliases=(Alias("uri", "properties.inferenceEndpoint.uri"),),
        sensitive=frozenset({"properties.inferenceEndpoint.headers"}),
        quiet=frozenset({"properties.inferenceEndpoint.uri"}),
    ),
    resource(
        "azure.machinelearning.marketplace_subscription",
        Category.SETTINGS,
        Get("{$parent.$id}/marketplaceSubscriptions", VERSION, under=WORKSPACE, all_sorts=True),
        {
            "state": "properties.marketplaceSubscriptionStatus",
            "base_model": "properties.modelId",
            "vendor": "properties.marketplacePlan.publisherId",
            "product": "properties.marketplacePlan.offerId",
            "billing_mode": "properties.marketplacePlan.planId",
            **MADE,
        },
    ),
)
