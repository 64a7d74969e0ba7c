"""The columns of each sort of bill under our names: one row of a table per sort.

A column is found whatever its case and signs: `line_item_usage_amount` is `lineItem/UsageAmount`, `project.id` is `project_id`, EA's
`CostInBillingCurrency` is MCA's `costInBillingCurrency`. Of several columns the first that has a value counts, line by line.

Sources: FOCUS: github.com/FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec at 04f8bb3 (1.2), specification/columns; its columns that begin
with x_: github.com/microsoft/finops-toolkit at 04d370f, src/open-data/dataset-metadata. Google Cloud: cloud.google.com, "Structure of
Standard data export" and "Structure of Detailed data export". Azure: learn.microsoft.com, "Cost and usage details file schema" (EA, MCA,
pay-as-you-go). AWS: docs.aws.amazon.com, "Cost and Usage Report 2.0". Read 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from collectors.bills.tables import plain_name

KEYS = (
    "provider", "account", "payer", "month", "region", "service", "name", "sku", "type", "unit", "currency", "resource",
)  # fmt: skip
"""What tells one line of the sum from another. `payer` is who gets the bill, `month` the month that the bill is of."""
AMOUNTS = ("quantity", "cost", "amortized_cost", "cost_usd", "amortized_cost_usd", "rate")
"""`rate` divides a cost in `currency` into US dollars."""
OTHERS = ("start", "end", "tags", "credits")


@dataclass(frozen=True, slots=True)
class Format:
    """One sort of bill.

    Attributes:
        provider: whose bill it is; "" where a column says.
        columns: our name -> columns that may hold it, best first.
        needed: ours of which at least one column has to be there.
        sign: columns that no other sort has.
    """

    name: str
    provider: str
    columns: Mapping[str, tuple[str, ...]]
    needed: tuple[str, ...]
    sign: tuple[str, ...]

    def missing(self, columns: Iterable[str]) -> list[str]:
        """Columns that the sort needs and that are not among these."""
        have = {plain_name(c) for c in columns}
        lacking = [self.columns[n] for n in self.needed if not any(plain_name(c) in have for c in self.columns[n])]
        unsigned = [s for s in self.sign if plain_name(s) not in have]
        return list(dict.fromkeys([*unsigned, *(" or ".join(names) for names in lacking)]))

    def bind(self, columns: Sequence[str]) -> dict[str, tuple[int, ...]]:
        """Our name -> indexes of the columns that are there, best first."""
        at: dict[str, int] = {}
        for index, column in enumerate(columns):
            at.setdefault(plain_name(column), index)
        return {
            ours: tuple(at[plain_name(c)] for c in names if plain_name(c) in at) for ours, names in self.columns.items()
        }


FORMATS = (
    Format(
        name="FOCUS",
        provider="",
        columns={
            "provider": ("ProviderName",),
            "account": ("SubAccountId",),
            "payer": ("BillingAccountId",),
            "month": ("BillingPeriodStart",),
            "region": ("RegionId",),
            "service": ("ServiceName",),
            "name": ("x_UsageType", "SkuMeter", "x_SkuMeterName", "x_SkuDescription", "SkuId", "SkuPriceId"),
            "sku": ("SkuId", "SkuPriceId"),
            "type": ("ChargeCategory",),
            "unit": ("ConsumedUnit", "PricingUnit"),
            "currency": ("BillingCurrency",),
            "resource": ("ResourceId",),
            "quantity": ("ConsumedQuantity", "UsageQuantity", "PricingQuantity"),
            "cost": ("BilledCost",),
            "amortized_cost": ("EffectiveCost",),
            "cost_usd": ("x_BilledCostInUsd",),
            "amortized_cost_usd": ("x_EffectiveCostInUsd",),
            "start": ("ChargePeriodStart",),
            "end": ("ChargePeriodEnd",),
            "tags": ("Tags",),
        },
        needed=("provider", "payer", "month", "service", "currency", "cost", "start"),
        sign=("BillingPeriodStart", "ChargePeriodStart"),
    ),
    Format(
        name="Google Cloud billing export",
        provider="gcp",
        columns={
            "account": ("project.id",),
            "payer": ("billing_account_id",),
            "month": ("invoice.month",),
            "region": ("location.region", "location.location"),
            "service": ("service.description",),
            "name": ("sku.description",),
            "sku": ("sku.id",),
            "type": ("cost_type",),
            "unit": ("usage.pricing_unit", "usage.unit"),
            "currency": ("currency",),
            "resource": ("resource.global_name",),
            "quantity": ("usage.amount_in_pricing_units", "usage.amount"),
            "cost": ("cost",),
            "rate": ("currency_conversion_rate",),
            "start": ("usage_start_time",),
            "end": ("usage_end_time",),
            "tags": ("labels",),
            "credits": ("credits",),
        },
        needed=("payer", "month", "service", "name", "currency", "cost", "start"),
        sign=("usage_start_time",),
    ),
    Format(
        name="Azure cost export",
        provider="azure",
        columns={
            "account": ("SubscriptionId", "SubscriptionGuid"),
            "payer": ("BillingAccountId", "BillingProfileId"),
            "month": ("BillingPeriodStartDate", "Date", "UsageDateTime"),
            "region": ("ResourceLocation", "ResourceLocationNormalized"),
            "service": ("MeterCategory", "ConsumedService"),
            "name": ("MeterName", "ProductName"),
            "sku": ("MeterId",),
            "type": ("ChargeType",),
            "unit": ("UnitOfMeasure",),
            "currency": ("BillingCurrency", "BillingCurrencyCode", "Currency"),
            "resource": ("ResourceId", "InstanceId"),
            "quantity": ("Quantity", "UsageQuantity"),
            "cost": ("CostInBillingCurrency", "PreTaxCost", "Cost"),
            "cost_usd": ("CostInUsd",),
            "start": ("Date", "UsageDateTime"),
            "tags": ("Tags",),
        },
        needed=("account", "service", "name", "currency", "cost", "start"),
        sign=("MeterId",),
    ),
    Format(
        name="AWS CUR",
        provider="aws",
        columns={
            "account": ("line_item_usage_account_id",),
            "payer": ("bill_payer_account_id",),
            "month": ("bill_billing_period_start_date",),
            "region": ("product_region_code", "product_region"),
            "service": ("product_product_name", "product.product_name", "line_item_product_code"),
            "name": ("line_item_usage_type",),
            "sku": ("product_sku",),
            "type": ("line_item_line_item_type",),
            "unit": ("pricing_unit",),
            "currency": ("line_item_currency_code",),
            "resource": ("line_item_resource_id",),
            "quantity": ("line_item_usage_amount",),
            "cost": ("line_item_unblended_cost",),
            "start": ("line_item_usage_start_date",),
            "end": ("line_item_usage_end_date",),
            "tags": ("resource_tags",),
        },
        needed=("account", "month", "name", "currency", "cost", "start"),
        sign=("line_item_unblended_cost",),
    ),
)

_PROVIDERS = {
    "aws": "aws", "amazonwebservices": "aws", "amazon": "aws", "microsoft": "azure", "microsoftazure": "azure", "azure": "azure",
    "googlecloud": "gcp", "googlecloudplatform": "gcp", "google": "gcp", "gcp": "gcp",
}  # fmt: skip


def provider_of(name: str) -> str:
    """Our word for a provider, by the name that it gives itself: "AWS", "Google Cloud", "Microsoft"; of others their own."""
    plain = plain_name(name)
    return _PROVIDERS.get(plain, plain)


def recognise(columns: Sequence[str]) -> Format | str:
    """The sort of bill that has these columns, or what is missing for each sort."""
    lacking = {f.name: f.missing(columns) for f in FORMATS}
    for found in FORMATS:
        if not lacking[found.name]:
            return found
    closest = sorted(lacking, key=lambda name: len(lacking[name]))
    return "; ".join(f"for {name} it lacks {', '.join(lacking[name])}" for name in closest)
