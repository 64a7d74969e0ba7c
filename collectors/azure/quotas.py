"""What a subscription may have in each region and what of it is used: machines with accelerators, machine learning, models.

Owns the shape that three services share: a list of usages under each physical region.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from collectors.azure.capacity import LOCATION
from collectors.azure.foundry import VERSION as MODELS_VERSION
from collectors.azure.ml_workspaces import VERSION as LEARNING_VERSION
from collectors.azure.ml_workspaces import WORKSPACE
from collectors.azure.rows import Get, resource
from collectors.azure.values import text
from normalize.mapping import MISSING
from normalize.model import Category, Field, Kind, Link, Path

Usage = Mapping[str, Any]

_MACHINES = re.compile(r"standard\s?n[cdgpv].*|cores|lowprioritycores", re.IGNORECASE)
"""Quotas of families of machines with accelerators, and those on all machines and on all that may be interrupted."""
_LEARNING = re.compile(r"standard n[cdgpv].*|total cluster .*|clusters", re.IGNORECASE)
"""Families of machines with accelerators, and those of all machines together."""
_MODELS = re.compile(r"(?:OpenAI|AIServices)\.", re.IGNORECASE)
"""Quotas of models: "OpenAI.Standard.gpt-4o"; the rest is of accounts and of services that are no language models."""


def _is_physical(location: Usage) -> bool:
    return text(location, "metadata.regionType") == "Physical"


def _of_workspace(quota: Usage) -> bool:
    return "/workspaces/" in text(quota, "id").lower()


def _of_subscription(usage: Usage) -> bool:
    """Whether a usage is that of the whole subscription, and of machines that matter here."""
    return not _of_workspace(usage) and bool(_LEARNING.fullmatch(text(usage, "name.value")))


def _limit(limit: Any) -> Any:
    """A limit; -1 says that there is none."""
    return limit if limit >= 0 else MISSING


_LIMITED: Mapping[str, Path | Field] = {
    "name": "name.value",
    "description": "name.localizedValue",
    "region": "$parent.name",
    "limit_value": Field("limit", _limit),
    "unit": "unit",
}


def _listed(provider: str, collection: str, version: str, keep: Callable[[Usage], bool], part: str = "") -> Get:
    """A list of a service under each physical region."""
    return Get(
        f"/subscriptions/{{@account}}/providers/{provider}/locations/{{$parent.name}}/{collection}",
        version,
        under=LOCATION,
        part=part,
        parents=_is_physical,
        keep=keep,
    )


def _quota(name: str, provider: str, version: str, keep: Callable[[Usage], bool]) -> Kind:
    """A service's limits of a subscription in a region, with what of them is used."""
    return resource(
        name,
        Category.QUOTA,
        _listed(provider, "usages", version, keep, f"providers/{provider}/usages"),
        {**_LIMITED, "used_value": "currentValue"},
        tags="",
        links=(Link("applies_to", LOCATION, "$parent.$id"),),
    )


KINDS: tuple[Kind, ...] = (
    _quota(
        "azure.compute.quota",
        "Microsoft.Compute",
        "2024-07-01",
        lambda usage: bool(_MACHINES.fullmatch(text(usage, "name.value"))),
    ),
    _quota("azure.machinelearning.quota", "Microsoft.MachineLearningServices", LEARNING_VERSION, _of_subscription),
    _quota(
        "azure.cognitiveservices.quota",
        "Microsoft.CognitiveServices",
        MODELS_VERSION,
        lambda usage: bool(_MODELS.match(text(usage, "name.value"))),
    ),
    resource(
        "azure.machinelearning.workspace_quota",
        Category.QUOTA,
        _listed("Microsoft.MachineLearningServices", "quotas", LEARNING_VERSION, _of_workspace),
        _LIMITED,
        tags="",
        links=(Link("applies_to", WORKSPACE, "$above"),),
    ),
)
