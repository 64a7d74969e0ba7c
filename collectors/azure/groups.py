"""Subscriptions and the resource groups in them."""

from __future__ import annotations

from collectors.azure.rows import Rows, resource
from normalize.model import Category, Kind

KINDS: tuple[Kind, ...] = (
    resource(
        "azure.resources.subscription",
        Category.ACCOUNT,
        Rows("Microsoft.Resources/subscriptions", "resourcecontainers"),
        {
            "state": "properties.state",
            "tree_path": "properties.managementGroupAncestorsChain[0].name",
            "billing_mode": "properties.subscriptionPolicies.quotaId",
            "region": None,
        },
    ),
    resource(
        "azure.resources.resource_group",
        Category.NAMESPACE,
        Rows("Microsoft.Resources/subscriptions/resourceGroups", "resourcecontainers"),
        {"state": "properties.provisioningState"},
    ),
)
