"""What other listings say is there: the Tagging API, Resource Explorer, AWS Config.

A record is their word on one type of thing in one place: how many, and which. It is no thing of its own, and what it names
is no mention: nothing dangles because of it. Where nothing listens there is no record at all, which says that there is no
second source, never that two agree.

What each may leave out, so that only its surplus over the inventory proves anything:
    Tagging API: whatever was never tagged.
    Resource Explorer: what its view filters out, types that it does not support, and what it has not indexed yet.
    AWS Config: types that the recorder leaves out, and what it has not recorded yet; it counts nothing where no recorder runs.
Source: botocore 1.44.5, GetResources, ListResources, GetDiscoveredResourceCounts and their members; github.com/aws/aws-sdk-js
issue 3369; read 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from collectors.aws.documents import last_segment
from collectors.aws.rows import Call
from normalize.identity import parse_arn
from normalize.model import Category, Field, Json, Kind, Link, Template

NAMED = 5000
"""Most things of a type that a record names; it counts them all."""
_LISTED_BY_NAME = 1000
"""Where Config counts more things of a type than these, it is not asked which: it names them a hundred at a time."""


def _resource_type(arn: str) -> str:
    """Type as the Tagging API's own filters write it, "ec2:instance", "s3"."""
    parsed = parse_arn(arn)
    if parsed is None:
        raise ValueError(f"not an ARN: {arn[:80]}")
    head = parsed.resource.replace(":", "/").partition("/")
    return f"{parsed.service}:{head[0]}" if head[1] else parsed.service


def _by_type(resources: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Json]]:
    found: dict[str, list[str]] = {}
    for resource in resources:
        arn = resource["ResourceARN"]
        found.setdefault(_resource_type(arn), []).append(arn)
    for type_, arns in sorted(found.items()):
        yield {"$Type": type_, **_named(arns)}


def _by_owner_and_type(resources: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Json]]:
    """Per view, owner, region and type, since the view of an aggregator shows every region, that of an organisation every
    account."""
    found: dict[tuple[str, str, str, str], list[str]] = {}
    reported: dict[tuple[str, str, str, str], str] = {}
    for resource in resources:
        view = resource["$parent"]["ViewArn"]
        key = (view, resource["OwningAccountId"], resource["Region"], resource["ResourceType"])
        found.setdefault(key, []).append(resource["Arn"])
        reported[key] = max(reported.get(key, ""), str(resource.get("LastReportedAt") or ""))
    for key, arns in sorted(found.items()):
        view, owner, region, type_ = key
        yield {
            "$View": view, "$Owner": owner, "$Region": region, "$Type": type_, **_named(arns),
            **({"$ReportedAt": reported[key]} if reported[key] else {}),
        }  # fmt: skip


def _named(arns: list[str]) -> dict[str, Json]:
    different = sorted(set(arns))
    return {"$Count": len(different), "$Listed": different[:NAMED], "$Truncated": len(different) > NAMED}


def _askable(counted: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"$Asked": counted["resourceType"]} if counted["count"] <= _LISTED_BY_NAME else {"$Truncated": True}


def _names(listed: Any) -> list[str]:
    return sorted(str(each["resourceId"]) for each in listed)


def _which(counted: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"$Truncated": len(counted["$Discovered"]) < counted["count"]}


KINDS = (
    Kind(
        name="aws.resourcegroupstaggingapi.listed_type",
        category=Category.LISTING,
        fetch=Call(
            "resourcegroupstaggingapi", "GetResources", items="ResourceTagMappingList", page=100, gather=_by_type
        ),
        id=Template("aws.resourcegroupstaggingapi.listed_type|{@account}|{@place}|{$Type}"),
        native="$Type",
        fields={"name": "$Type", "listed_count": "$Count", "listed": "$Listed", "truncated": "$Truncated"},
        quiet=frozenset({"$Listed"}),
    ),
    Kind(
        name="aws.resourceexplorer2.view",
        category=Category.SETTINGS,
        fetch=Call(
            "resource-explorer-2",
            "ListViews",
            items="Views",
            item="ViewArn",
            page=50,
            detail=(
                Call(
                    "resource-explorer-2",
                    "GetView",
                    "View",
                    params={"ViewArn": "{ViewArn}"},
                    gone=("ResourceNotFoundException",),
                ),
            ),
        ),
        id="ViewArn",
        native="ViewArn",
        # Without a filter and with an account as its scope, a view shows all that the index of its region holds.
        fields={"name": "ViewName", "filter": "Filters.FilterString", "owner": "Owner", "modified_at": "LastUpdatedAt"},
        quiet=frozenset({"Scope"}),
    ),
    Kind(
        name="aws.resourceexplorer2.index",
        category=Category.SETTINGS,
        # Every region lists the indexes of them all.
        fetch=Call("resource-explorer-2", "ListIndexes", items="Indexes", page=100, world=True),
        id="Arn",
        native="Arn",
        unique="account",
        fields={"name": Field("Arn", last_segment), "type": "Type", "region": "Region"},
    ),
    Kind(
        name="aws.resourceexplorer2.listed_type",
        category=Category.LISTING,
        # Pages of 1000 have no token to a next one.
        fetch=Call(
            "resource-explorer-2",
            "ListResources",
            items="Resources",
            page=500,
            under="aws.resourceexplorer2.view",
            params={"ViewArn": "{ViewArn}"},
            gone=("ResourceNotFoundException",),
            gather=_by_owner_and_type,
        ),
        id=Template("aws.resourceexplorer2.listed_type|{@account}|{@place}|{$View}|{$Owner}|{$Region}|{$Type}"),
        native=Template("{$Owner}/{$Region}/{$Type}"),
        fields={
            "name": "$Type",
            "account": "$Owner",
            "region": "$Region",
            "listed_count": "$Count",
            "listed": "$Listed",
            "truncated": "$Truncated",
            "last_activity_at": "$ReportedAt",
        },
        links=(Link("shown_by", "aws.resourceexplorer2.view", "$View"),),
        quiet=frozenset({"$Listed", "$View"}),
    ),
    Kind(
        name="aws.config.listed_type",
        category=Category.LISTING,
        fetch=Call(
            "config",
            "GetDiscoveredResourceCounts",
            items="resourceCounts",
            params={"limit": 100},
            derive=_askable,
            detail=(
                Call(
                    "config",
                    "ListDiscoveredResources",
                    items="resourceIdentifiers[]",
                    params={"resourceType": "{$Asked}"},
                    page=100,
                    into="$Discovered",
                    expect=("NoAvailableConfigurationRecorderException",),
                    derive=_which,
                ),
            ),
        ),
        id=Template("aws.config.listed_type|{@account}|{@place}|{resourceType}"),
        native="resourceType",
        fields={
            "name": "resourceType",
            "listed_count": "count",
            "listed": Field("$Discovered", _names),
            "truncated": "$Truncated",
        },
        quiet=frozenset({"$Discovered"}),
    ),
)
