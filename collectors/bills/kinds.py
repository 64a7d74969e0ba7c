"""What a bill says: one row for what an account paid in a month for one use of one service in one place."""

from __future__ import annotations

from typing import Any

from normalize.model import Category, Kind, Link

FIELDS: dict[str, Any] = {
    "name": "Name",
    "account": "Account",
    "region": "Region",
    "service": "Service",
    "sku": "Sku",
    "type": "Type",
    "usage_quantity": "Quantity",
    "unit": "Unit",
    "cost_usd": "CostUsd",
    "amortized_cost_usd": "AmortizedCostUsd",
    "cost": "Cost",
    "amortized_cost": "AmortizedCost",
    "currency": "Currency",
    "billed_resource": "Resource",
    "line_count": "Lines",
    "started_at": "Start",
    "ended_at": "End",
}

USAGE = Kind(
    name="bill.usage",
    category=Category.COST,
    fetch=None,
    id="$Id",
    fields=FIELDS,
    tags="Tags",
    links=(
        Link("charges_for", "", "$Named", optional=True),
        Link("charges_for", "aws.s3.bucket", "$Bucket", optional=True),
    ),
    quiet=frozenset({"Name", "Service", "Sku", "Type", "Unit", "Resource", "Tags"}),
)

KINDS = (USAGE,)
