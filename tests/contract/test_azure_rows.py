"""Every Azure row over answers in the shape of the real API.

`tests/fixtures/KIND/answers.json` holds `shape`, the SDK's model that the documents have; `rows` as Resource Graph gives them;
`answers` of Azure Resource Manager by path; and `source`, where a shape is told that the model lacks. A member that the model does not
have is an error here, as is a declared field or link that the answers do not fill.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from collectors.azure.collector import AzureCollector
from collectors.azure.kinds import KINDS
from collectors.azure.payloads import completed, items, split
from collectors.azure.rows import TABLES, Get, Rows
from collectors.azure.sizes import named
from normalize.arm import KINDS as KINDS_BY_TYPE
from normalize.identity import arm_name, canonical
from normalize.mapping import aliases, fill, kind_table, located, observe
from normalize.model import Json, Kind, Observation, Scope, Template
from normalize.references import declared
from normalize.vocabulary import TERMS
from tests.contract import azure_shapes

FIXTURES = Path(__file__).parent.parent / "fixtures"
NOW = datetime(2026, 11, 24, 4, 15, tzinfo=UTC)
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
SCOPE = Scope("azure", SUBSCRIPTION, "azure-global")
COLUMNS = frozenset(
    [
        "id",
        "name",
        "type",
        "tenantId",
        "kind",
        "location",
        "resourceGroup",
        "subscriptionId",
        "managedBy",
        "sku",
        "plan",
        "properties",
        "tags",
        "identity",
        "zones",
        "extendedLocation",
        "systemData",
    ]
)
"""Columns of a table of Resource Graph. Source: Azure Resource Graph documentation, "Starter Resource Graph query samples"; read 2026-11-24."""
BY_NAME = {kind.name: kind for kind in KINDS}
EXTENDED = {
    "azure.compute.virtual_machine": ("extended",),
    "azure.resources.subscription": ("state", "managementGroupAncestorsChain", "subscriptionPolicies"),
}
"""What Resource Graph adds to the properties that the model has; `source` says who tells it."""

LOOKED_UP = {
    "/resources": "azure.mgmt.resource.resources.models.GenericResourceExpanded",
    "/skus": "azure.mgmt.compute.models.ResourceSku",
    "/metrics": "azure.mgmt.monitor.models.Metric",
    "/computes": "arm_ml_service.models.ComputeResource",
    "/features": "arm_ml_service.models.Feature",
}
"""How paths of lookups end, and the shape of their items."""

every_row = pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.name)


@cache
def answers(name: str) -> Any:
    return json.loads((FIXTURES / name / "answers.json").read_text())


def listed(kind: Kind, told: Any) -> list[Json]:
    """The items of a kind, before details."""
    fetch = kind.fetch
    if isinstance(fetch, Rows):
        return [item for row in told["rows"] for item in split(row, fetch)]
    if not fetch.under:
        return list(items(told["answers"][fill(fetch.path, {}, SCOPE)], fetch, None))
    above = BY_NAME[fetch.under]
    parents = (
        [
            p
            for row in told["rows"]
            for p in split(row, replace(above.fetch, keep=None) if fetch.all_sorts else above.fetch)
        ]
        if isinstance(above.fetch, Rows)
        else [completed(p, {"location": "westeurope"}) for p in told["parents"]]
    )
    return [
        item
        for p in parents
        for item in items(told["answers"][fill(fetch.path, {"$parent": p | {"$id": p["id"]}}, SCOPE)], fetch, p)
    ]


class Answers:
    """Stands for Azure Resource Manager: what the fixture of a row holds."""

    def __init__(self, told: Any) -> None:
        self._told = {path.lower(): answer for path, answer in told.get("answers", {}).items()}
        self.memory: dict[tuple[str, ...], Json] = {}

    def now(self) -> datetime:
        return NOW

    def pages(self, path: str, version: str, params: Any, needs: tuple[str, ...] = ()) -> Iterator[Any]:
        assert re.fullmatch(r"\d{4}-\d\d-\d\d(?:-preview)?", version)
        assert all(re.fullmatch(r"Microsoft\.\w+(?:/\w+)+/(?:read|\w+/action)", need) for need in needs), needs
        yield self._told[path.lower()]


@cache
def seen(name: str) -> Observation:
    """The one record that a row makes of its answers."""
    return made_of(BY_NAME[name], answers(name))


def made_of(kind: Kind, told: Any) -> Observation:
    """The one record that a row makes of these answers."""
    client: Any = Answers(told)
    (record,) = AzureCollector("tenant", client, KINDS)._completed(kind, SCOPE, listed(kind, told), "GET")
    assert record.gaps == ()
    return observe(record, kind)


@every_row
def test_answers_have_the_shape_of_the_api(kind: Kind) -> None:
    told = answers(kind.name)
    for path, answer in told.get("answers", {}).items():
        for end, shape in LOOKED_UP.items():
            if path.endswith(end):
                azure_shapes.check(shape, answer["value"])
    if isinstance(kind.fetch, Get):
        for path, answer in told["answers"].items():
            if not path.endswith(tuple(LOOKED_UP)):
                azure_shapes.check(told["shape"], answer["value"] if kind.fetch.items else answer)
        return
    for row in told["rows"]:
        assert set(row) <= COLUMNS
        assert row["type"] == kind.fetch.type.lower()
        assert kind.fetch.table in TABLES
        added = EXTENDED.get(kind.name, ())
        assert not added or re.search(r"\d{4}-\d\d-\d\d", told["source"])
        kept = {k: v for k, v in row["properties"].items() if k not in added}
        further = {k: row[k] for k in ("sku", "identity", "plan", "zones") if row[k]}
        azure_shapes.check(told["shape"], {"properties": kept, **further})


@every_row
def test_answers_fill_every_field(kind: Kind) -> None:
    found = seen(kind.name)
    assert found.misfits == ()
    filled = {name for name, value in found.resource.attributes.items() if value not in (None, [], {})}
    assert set(kind.fields) - {"name"} - filled == set()
    assert found.resource.name
    assert found.resource.native_id
    assert found.resource.id == found.resource.id.lower()


@every_row
def test_answers_fill_every_link(kind: Kind) -> None:
    found = seen(kind.name)
    mentioned = {(r.verb, r.key) for r in found.references}
    for link in kind.links:
        assert not isinstance(link.path, Template)
        values = [v for _, v in located(found.payload, link.path) if isinstance(v, str)]
        assert values, f"{link.path} is not in the answers"
        keys = {declared(v, link.target, link.within, SCOPE).key for v in values}
        assert {(link.verb, key) for key in keys} <= mentioned, link.path


@every_row
def test_answers_fill_every_alias(kind: Kind) -> None:
    found = seen(kind.name)
    keys = set(aliases(found.resource.id, found.payload, kind, SCOPE, found.resource.native_id))
    for alias in kind.aliases:
        texts = (
            [fill(alias.value.text, found.payload, SCOPE)]
            if isinstance(alias.value, Template)
            else [v for _, v in located(found.payload, alias.value)]
        )
        assert texts
        assert {canonical(alias.form, text) for text in texts} <= keys


@every_row
def test_row_speaks_the_vocabulary(kind: Kind) -> None:
    assert re.fullmatch(r"azure\.[a-z0-9]+\.[a-z0-9_]+", kind.name)
    assert set(kind.fields) <= set(TERMS)
    assert {link.target for link in kind.links} <= set(BY_NAME) | {""}


@every_row
def test_an_id_of_the_kind_is_recognised_wherever_it_stands(kind: Kind) -> None:
    found = seen(kind.name)
    named = arm_name(found.resource.id.upper())
    assert named is not None
    assert named.key == found.resource.id
    assert named.target == kind.name or kind.fetch.keep is not None


def test_names_are_unique_and_types_mean_kinds_that_there_are() -> None:
    kind_table(KINDS)
    assert set(KINDS_BY_TYPE.values()) <= set(BY_NAME)


@pytest.mark.parametrize(
    ("size", "model"),
    [
        ("Standard_ND96isr_H100_v5", "H100"),
        ("Standard_NC40ads_H100_v5", "H100-NVL"),
        ("Standard_ND96asr_v4", "A100"),
        ("STANDARD_NC24ADS_A100_V4", "A100"),
        ("Standard_ND40rs_v2", "V100"),
        ("Standard_ND96isr_MI300X_v5", "MI300X"),
        ("Standard_NC4as_T4_v3", "T4"),
        ("Standard_NC6s_v3", "V100"),
        ("Standard_NV36ads_A10_v5", "A10"),
        ("Standard_D4s_v5", None),
        ("Standard_NP10s", None),
    ],
)
def test_an_accelerator_is_what_the_series_is_named_after(size: str, model: str | None) -> None:
    found = named(size)
    assert (found[1] if found else None) == model


ELSEWHERE = (
    "/deployments/gpt-4o-standard",  # one deployment is in the answers, not the one that takes what is too much for it
    "/resourcegroups/azureml-rg-ml-shared",  # what Azure makes for a registry
    "azureml://registries/azureml-meta",  # Azure's own
    "dns:github.com",
    "/jobs/pipeline_0",
    "/workspaces/features/datastores/workspaceblobstore",
)


def test_what_machine_learning_refers_to_is_found_in_the_estate() -> None:
    observed = [seen(kind.name) for kind in KINDS]
    known = {key for o in observed for key in (o.resource.id, *o.aliases)}
    ours = [o for o in observed if ".machinelearning." in o.resource.kind or ".cognitiveservices." in o.resource.kind]
    lost = {(o.resource.kind, r.verb, r.key) for o in ours for r in o.references if r.key not in known}
    assert {one for one in lost if not any(part in one[2] for part in ELSEWHERE)} == set()
    assert not [part for part in ELSEWHERE if not any(part in key for _, _, key in lost)]
