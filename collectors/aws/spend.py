"""What was paid for, in the last whole month, and where bills are delivered.

Cost Explorer groups by two dimensions at most, so it is asked region by region: once for accounts by services, once for
accounts by types of usage. Both are exact; the two are not joined. Every page of every answer costs $0.01, refused ones
nothing: a scan costs 3 + 2 x (regions with spend) pages, however many accounts there are. The management account of an
organisation sees all accounts, any other its own.

Source: botocore 1.44.5, Cost Explorer, GetCostAndUsage, GroupBy; price: aws.amazon.com, "AWS Cost Explorer FAQs"; that refused
ones cost nothing: github.com/aws/aws-sdk-java issue 2065; read 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from collectors.aws.rows import Call
from normalize.mapping import MISSING
from normalize.model import Category, Field, Json, Kind, Link, Template

_METRICS = ["UnblendedCost", "AmortizedCost", "UsageQuantity"]


def last_month(now: datetime) -> Mapping[str, Any]:
    """The last whole month, in UTC; the end is exclusive."""
    end = now.date().replace(day=1)
    start = (end - timedelta(days=1)).replace(day=1)
    return {"TimePeriod": {"Start": start.isoformat(), "End": end.isoformat()}}


def _groups(results: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Json]]:
    for result in results:
        for group in result["Groups"]:
            account, name = group["Keys"]
            yield {
                "$Account": account, "$Name": name, "$Region": result["$parent"]["Value"], "$Period": result["TimePeriod"],
                "$Estimated": result.get("Estimated"), "Metrics": group["Metrics"],
            }  # fmt: skip


def _usd(metric: Any) -> Any:
    """An amount; MISSING where the bill is in another currency."""
    return float(metric["Amount"]) if metric.get("Unit") == "USD" else MISSING


def _amount(metric: Any) -> float:
    return float(metric["Amount"])


def _midnight(day: Any) -> str:
    return f"{day}T00:00:00Z"


def _spent(dimension: str) -> Call:
    return Call(
        "ce",
        "GetCostAndUsage",
        items="ResultsByTime",
        under="aws.ce.region",
        params={
            "Granularity": "MONTHLY",
            "Metrics": _METRICS,
            "Filter": {"Dimensions": {"Key": "REGION", "Values": ["{Value}"]}},
            "GroupBy": [{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}, {"Type": "DIMENSION", "Key": dimension}],
        },
        period=last_month,
        gather=_groups,
        world=True,
        home=True,
        setting="cost_explorer",
    )


_FIELDS: Mapping[str, Any] = {
    "account": "$Account",
    "region": "$Region",
    "cost_usd": Field("Metrics.UnblendedCost", _usd),
    "amortized_cost_usd": Field("Metrics.AmortizedCost", _usd),
    "estimated": "$Estimated",
    "started_at": Field("$Period.Start", _midnight),
    "ended_at": Field("$Period.End", _midnight),
}


def _delivered(bucket: str) -> tuple[Link, ...]:
    return (Link("writes_to", "aws.s3.bucket", bucket),)


KINDS = (
    Kind(
        name="aws.ce.region",
        category=Category.COST,
        fetch=Call(
            "ce",
            "GetDimensionValues",
            items="DimensionValues",
            params={"Dimension": "REGION"},
            period=last_month,
            world=True,
            home=True,
            setting="cost_explorer",
        ),
        id=Template("aws.ce.region|{@account}|{@place}|{Value}"),
        native="Value",
        unique="account",
        fields={"name": "Value"},
    ),
    Kind(
        name="aws.ce.service_spend",
        category=Category.COST,
        fetch=_spent("SERVICE"),
        id=Template("aws.ce.service_spend|{@account}|{@place}|{$Account}|{$Region}|{$Name}"),
        native=Template("{$Account}/{$Region}/{$Name}"),
        fields={"name": "$Name", "service": "$Name", **_FIELDS},
        quiet=frozenset({"$Name"}),
    ),
    Kind(
        name="aws.ce.usage",
        category=Category.COST,
        fetch=_spent("USAGE_TYPE"),
        id=Template("aws.ce.usage|{@account}|{@place}|{$Account}|{$Region}|{$Name}"),
        native=Template("{$Account}/{$Region}/{$Name}"),
        fields={
            "name": "$Name",
            "usage_quantity": Field("Metrics.UsageQuantity", _amount),
            "unit": "Metrics.UsageQuantity.Unit",
            **_FIELDS,
        },
        quiet=frozenset({"$Name"}),
    ),
    Kind(
        name="aws.cur.report_definition",
        category=Category.SETTINGS,
        fetch=Call("cur", "DescribeReportDefinitions", items="ReportDefinitions", page=5, world=True, home=True),
        id=Template("arn:{@partition}:cur:us-east-1:{@account}:definition/{ReportName}"),
        native="ReportName",
        unique="account",
        fields={
            "name": "ReportName",
            "schedule": "TimeUnit",
            "format": "Format",
            "state": "ReportStatus.lastStatus",
            "features": "AdditionalSchemaElements",
        },
        links=_delivered("S3Bucket"),
    ),
    Kind(
        name="aws.bcmdataexports.export",
        category=Category.SETTINGS,
        fetch=Call(
            "bcm-data-exports",
            "ListExports",
            items="Exports",
            page=100,
            world=True,
            home=True,
            detail=(
                Call(
                    "bcm-data-exports",
                    "GetExport",
                    params={"ExportArn": "{ExportArn}"},
                    gone=("ResourceNotFoundException",),
                ),
            ),
        ),
        id="ExportArn",
        native="ExportArn",
        unique="account",
        fields={
            "name": "ExportName",
            "state": "ExportStatus.StatusCode",
            "schedule": "Export.RefreshCadence.Frequency",
            "created_at": "ExportStatus.CreatedAt",
        },
        links=_delivered("Export.DestinationConfigurations.S3Destination.S3Bucket"),
    ),
)
