"""No shape of an answer is a fault of ours: what does not fit is left out or set aside, and counted."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from collectors.gcp.collector import GcpCollector
from collectors.gcp.kinds import KINDS
from collectors.gcp.payloads import Projects, from_asset
from collectors.gcp.rows import Asset
from normalize.errors import MappingError
from normalize.mapping import observe
from normalize.model import Kind, Outcome, RawRecord, Scope
from tests.replay.test_gcp_collector import NOW, looks, opened
from tests.replay.test_gcp_listings import GROUP, GROUPS, vertex
from tests.servers.google_cloud import Cloud, fixture, recorded, serve_rest

SWEPT = [k for k in KINDS if isinstance(k.fetch, Asset) and k.fetch.content == "RESOURCE"]
HOSTILE = (
    None,
    "",
    "😀",
    -1,
    1e300,
    True,
    [],
    {},
    [None],
    ["x", {"y": [None]}],
    {"a": None},
    "projects/{p}/x",
    "//x.googleapis.com/",
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a payload."""
    if path:
        yield path
    for key, below in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(below, (*path, key))


def spoiled(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    out = copy.deepcopy(value)
    at = out
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = other
    return out


@pytest.mark.parametrize("kind", SWEPT, ids=lambda k: k.name)
def test_whatever_stands_anywhere_in_a_resource_it_is_read_or_set_aside(kind: Kind) -> None:
    (asset,) = fixture(kind.name)["assets"]
    data, projects = asset["resource"]["data"], Projects()
    derived = GcpCollector._derived
    for number, path in enumerate(places(data)):
        for other in (HOSTILE[number % len(HOSTILE)], HOSTILE[(number + 5) % len(HOSTILE)]):
            payload = from_asset(
                {**asset, "resource": {**asset["resource"], "data": spoiled(data, path, other)}}, projects
            )
            payload |= {"$iam": [other], "$Metrics": other}
            raw = RawRecord(kind.name, Scope("gcp", "p", "l"), derived(None, kind.fetch, payload), "s", "c", NOW)  # type: ignore[arg-type]
            with suppress(MappingError):  # set aside
                observe(raw, kind)


def test_an_asset_without_a_resource_is_kept_by_its_name() -> None:
    bare = [{k: v for k, v in a.items() if k not in ("resource", "ancestors")} for a in recorded().resources]
    asked = [k for k in SWEPT if not k.fetch.lookups]
    types = {t for k in asked for t in k.fetch.types}
    with serve_rest(Cloud(bare)) as url, opened(url) as (collector, _):
        coverages, seen = looks(collector, [k.name for k in asked])
    assert {o.resource.id for o in seen} == {a["name"] for a in bare if a["assetType"] in types}
    assert {c.outcome for c in coverages.values()} == {Outcome.COMPLETE}


def test_an_item_without_a_name_is_set_aside_and_costs_the_others_nothing() -> None:
    items = [{"name": f"{GROUP}/a"}, {"labels": {}}, {"name": None}, {"name": f"{GROUP}/b"}]
    with (
        serve_rest(vertex(featureGroups={"featureGroups": items})) as url,
        opened(url, kinds=[GROUPS]) as (collector, _),
    ):
        coverages, seen = looks(collector)
    (found,) = coverages.values()
    assert (found.records, found.quarantined, len(seen)) == (2, 2, 2)
    assert not found.proves_absence()


@pytest.mark.parametrize("answer", [{"featureGroups": "x"}, {"featureGroups": [3]}, {"featureGroups": {"a": 1}}])
def test_a_listing_of_another_shape_fails_and_is_not_empty(answer: Any) -> None:
    with serve_rest(vertex(featureGroups=answer)) as url, opened(url, kinds=[GROUPS]) as (collector, _):
        coverages, seen = looks(collector)
    (found,) = coverages.values()
    assert (found.outcome, seen) == (Outcome.FAILED, [])
