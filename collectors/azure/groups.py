"""Subscriptions and the resource groups in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.listed import Listed
from collectors.azure.rows import Rows, resource
from normalize.model import Category, Kind, Link


def _above(subscription: Mapping[str, Any]) -> Mapping[str, Any]:
    """The id of the management group right above a subscription, of which Azure says the name."""
    chain = subscription["properties"].get("managementGroupAncestorsChain")
    return {"$Group": f"/providers/Microsoft.Management/managementGroups/{chain[0]['name']}"} if chain else {}


KINDS: tuple[Kind, ...] = (
    resource(
        "azure.resources.subscription",
        Category.ACCOUNT,
        Rows("Microsoft.Resources/subscriptions", "resourcecontainers", derive=_above, lookups=(Listed(),)),
        {
            "state": "properties.state",
            "tree_path": "properties.managementGroupAncestorsChain[0].name",
            "billing_mode": "properties.subscriptionPolicies.quotaId",
            "listed_counts": "$Listed",
            "region": None,
        },
        links=(Link("part_of", "azure.management.management_group", "$Group", optional=True),),
    ),
    resource(
        "azure.resources.resource_group",
        Category.NAMESPACE,
        Rows("Microsoft.Resources/subscriptions/resourceGroups", "resourcecontainers"),
        {"state": "properties.provisioningState"},
    ),
)
