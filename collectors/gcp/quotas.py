"""Quotas of accelerators by Cloud Quotas: how many of which family a project may have where, and what was asked for.

Compute Engine's own list of a region's quotas (compute.py) also says how much is used, but leaves out the newer families, which share
one quota with the family as a dimension.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.gcp.rows import Asset, Get, Listing, row
from normalize.model import Category, Field, Json, Kind
from normalize.units import instant

_ACCELERATORS = re.compile(r"gpu|tpu|nvidia|accelerator", re.IGNORECASE)


def _of_accelerators(quota: dict[str, Json]) -> Iterator[dict[str, Json]]:
    if _ACCELERATORS.search(f"{quota['quotaId']} {quota.get('metric')}"):
        yield quota


def _values(entries: Any) -> list[Mapping[str, Any]]:
    """What each set of dimensions allows: {dimensions, value, locations}; -1 is without limit. A value that is not told stays out.
    Source: Cloud Quotas v1, DimensionsInfo, read 2026-11-24."""
    found: list[Mapping[str, Any]] = []
    for entry in entries:
        value = (entry.get("details") or {}).get("value")
        told = {} if value is None else {"value": int(value)}
        found.append(
            {"dimensions": entry.get("dimensions") or {}, **told, "locations": entry.get("applicableLocations") or []}
        )
    return found


def _quotas(service: str) -> Kind:
    """The quotas of a service that limit accelerators."""
    return row(
        Category.QUOTA,
        Listing(
            Get(
                "cloudquotas.googleapis.com",
                f"/v1/projects/{{project}}/locations/global/services/{service}.googleapis.com/quotaInfos",
                "cloudquotas.quotas.get",
                items="quotaInfos[]",
                page=500,
            ),
            f"{service}.googleapis.com/QuotaInfo",
            "cloudquotas.v1.QuotaInfo",
            f"//{service}.googleapis.com/projects/{{project}}/locations/global/quotaInfos/{{quotaId}}",
            places="global",
            spread=_of_accelerators,
        ),
        {
            "name": "quotaDisplayName",
            "metric_name": "metric",
            "adjustable": "quotaIncreaseEligibility.isEligible",
            "quotas": Field("dimensionsInfos", _values),
        },
        labels="",
        quiet=frozenset({"name", "metric", "serviceRequestQuotaUri"}),
    )


KINDS = (
    _quotas("compute"),
    _quotas("aiplatform"),
    _quotas("tpu"),
    row(
        Category.QUOTA,
        Asset(
            ("cloudquotas.googleapis.com/QuotaPreference",),
            "cloudquotas.v1.QuotaPreference",
            "//cloudquotas.googleapis.com/projects/PROJECT_NUMBER/locations/global/quotaPreferences/QUOTA_PREFERENCE",
        ),
        {
            "service": "service",
            "metric_name": "quotaId",
            "limit_value": Field("quotaConfig.grantedValue", int),
            "requests": Field("", lambda asked: {asked["quotaId"]: int(asked["quotaConfig"]["preferredValue"])}),
            "state": "quotaConfig.stateDetail",
            "parameters": "dimensions",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        labels="",
        sensitive=frozenset({"contactEmail", "justification", "quotaConfig.requestOrigin"}),
        quiet=frozenset({"name"}),
    ),
)
