"""Every Google Cloud row over answers in the shape of the real API.

`tests/fixtures/KIND/answers.json` holds `source` (where the shape is from), the `assets` that Cloud Asset Inventory lists, the
`policies` on them, their `relationships`, and `answers` of further reads. A member that the API's discovery document does not have is an error here,
as is a declared field or link that the answers do not fill.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import googleapiclient.discovery_cache
import pytest

from collectors.gcp import open_source
from collectors.gcp.kinds import KINDS
from collectors.gcp.rows import LIST_POLICIES, LIST_RESOURCES, Asset, Get, Listing, all_gets
from normalize.google import google_name, kind_of_type
from normalize.identity import canonical
from normalize.mapping import aliases, kind_table, located, observe
from normalize.model import Kind, Observation, Template
from normalize.references import declared
from normalize.vocabulary import TERMS
from tests.servers.google_cloud import recorded, serve_rest

FIXTURES = Path(__file__).parent.parent / "fixtures"
DOCUMENTS = Path(googleapiclient.discovery_cache.__file__).parent / "documents"
NOW = datetime(2026, 11, 24, 4, 15, tzinfo=UTC)
PROJECT, NUMBER = "ml-prod", "480123456789"

every_row = pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.name)


@cache
def answers(name: str) -> Any:
    return json.loads((FIXTURES / name / "answers.json").read_text())


@cache
def document(api: str) -> Any:
    """A discovery document; of an API that the library has none of, what `tests/fixtures/documents` says of its shape."""
    held = DOCUMENTS / f"{api}.json"
    return json.loads((held if held.exists() else FIXTURES / "documents" / f"{api}.json").read_text())


def schema(shape: str) -> tuple[Any, Any]:
    """(schemas of the document, the schema) of "compute.v1.Instance"."""
    api, version, name = shape.split(".", 2)
    schemas = document(f"{api}.{version}")["schemas"]
    return schemas, schemas[name]


def check_shape(schemas: Any, shape: Any, value: Any, at: str) -> None:
    """Raises AssertionError for what the API does not have."""
    if "$ref" in shape:
        shape = schemas[shape["$ref"]]
    kind = shape.get("type")
    if kind == "array":
        assert isinstance(value, list), at
        for item in value:
            check_shape(schemas, shape["items"], item, f"{at}[]")
    elif kind == "object":
        assert isinstance(value, dict), at
        known, further = shape.get("properties", {}), shape.get("additionalProperties")
        for key, item in value.items():
            assert key in known or further, f"{at} has no {key}"
            check_shape(schemas, known.get(key, further), item, f"{at}.{key}")
    elif kind != "any":
        accepted: Any = {"string": str, "boolean": bool, "integer": int, "number": (int, float)}[kind]
        assert isinstance(value, accepted), f"{at} is {value!r}, not {kind}"
        assert "enum" not in shape or value in shape["enum"], f"{at}: {value!r} is none of {shape['enum']}"


@cache
def everything() -> dict[str, Observation]:
    """What the collector makes of all answers together: the first record of every row, by name."""
    found: dict[str, Observation] = {}
    with serve_rest(recorded()) as url:
        source = open_source({"name": "org", "parents": ["organizations/1234"], "endpoint": url}, clock=lambda: NOW)
        for planned in source.plan(source.kinds()):
            assert planned.error is None, (planned.kind, planned.error)
            assert planned.kind is not None
            for record in source.collect(planned.kind, planned.scope):
                assert record.gaps == (), (planned.kind.name, record.gaps)
                found.setdefault(planned.kind.name, observe(record, planned.kind))
        source.close()
    return found


def seen(name: str) -> Observation:
    return everything()[name]


def method(service: str, path: str) -> Any:
    """The method of the API's discovery document that reads a path, in which "{…}" stands for what changes.

    "{relative}" stands for any number of parts.
    """
    path = path.lstrip("/")
    version = next(part for part in path.split("/") if re.fullmatch(r"v\d\w*", part))
    api = service.partition(".")[0]
    described = document(f"{api}.{version}")
    for found in methods(described):
        known = described["servicePath"] + found.get("flatPath", found["path"])
        if found["httpMethod"] == "GET" and _same(path, known):
            return {**found, "parameters": {**described["parameters"], **found["parameters"]}, "document": described}
    raise AssertionError(f"{api} {version} has no GET {path}")


def _same(path: str, known: str) -> bool:
    parts = [re.escape(part) if not part.startswith("{") else r"[^/:]+" for part in re.split(r"(\{[^{}]+\})", known)]
    asked = re.sub(r"\{[^{}]+\}", "X", path.replace("{relative}", "\0"))
    if "\0" in asked:
        return re.fullmatch(re.escape(asked).replace("\0", ".+"), re.sub(r"\{[^{}]+\}", "X", known)) is not None
    return re.fullmatch("".join(parts), asked) is not None


def methods(described: Any) -> Iterator[Any]:
    yield from described.get("methods", {}).values()
    for resource in described.get("resources", {}).values():
        yield from methods(resource)


def schema_at(described: Any, shape: Any, path: str) -> Any:
    for step in filter(None, re.split(r"\.|(?=\[)", path)):
        shape = described["schemas"][shape["$ref"]] if "$ref" in shape else shape
        if step.startswith("["):
            assert shape["type"] == "array", path
            shape = shape["items"]
        else:
            assert step in shape["properties"], f"{step} of {path} is none of {sorted(shape['properties'])}"
            shape = shape["properties"][step]
    return shape


READS = [(kind.name, get) for kind in KINDS for get in all_gets(kind.fetch)]


@pytest.mark.parametrize(("kind", "get"), READS, ids=lambda v: v.path if isinstance(v, Get) else v)
def test_every_read_is_one_of_the_api_and_answers_with_the_items_it_names(kind: str, get: Get) -> None:
    found = method(get.service, get.path)
    shape = schema_at(found["document"], found["response"], get.within)
    schema_at(found["document"], shape["additionalProperties"] if get.within else shape, str(get.items))
    assert set(get.params) <= set(found["parameters"])
    assert not get.page or get.size in found["parameters"]
    assert "pageToken" not in found["parameters"] or get.page or not str(get.items).endswith("[]")


@every_row
def test_listed_items_have_the_shape_of_the_api(kind: Kind) -> None:
    for call, answer in answers(kind.name).get("answers", {}).items():
        host, _, path = call.partition("?")[0].partition("/")
        found = method(host.rpartition("-")[2], path)
        for page in answer if isinstance(answer, list) else [answer]:
            check_shape(found["document"]["schemas"], found["response"], page, call)


@every_row
def test_the_source_of_every_shape_is_named(kind: Kind) -> None:
    assert re.search(r"\d{4}-\d\d-\d\d", answers(kind.name)["source"])


@every_row
def test_answers_have_the_shape_of_the_api(kind: Kind) -> None:
    fetch = kind.fetch
    if isinstance(fetch, Listing):
        schema(fetch.shape)
        return
    for content in ("policies", "relationships"):
        for listed in answers(kind.name).get(content, ()):
            check_shape(*schema("cloudasset.v1.Asset"), listed, content)
    for asset in answers(kind.name).get("assets", ()):
        check_shape(*schema("cloudasset.v1.Asset"), asset, "asset")
        check_shape(*schema(fetch.shape), asset["resource"]["data"], "data")
        assert asset["assetType"] in fetch.types


@every_row
def test_assets_are_named_as_documented(kind: Kind) -> None:
    fetch = kind.fetch
    if isinstance(fetch, Listing):
        return
    if fetch.content == "IAM_POLICY":
        return
    pattern = "/".join("[^/]+" if part.isupper() else re.escape(part) for part in fetch.name.split("/"))
    assert re.fullmatch(pattern, answers(kind.name)["assets"][0]["name"])


@every_row
def test_answers_fill_every_field(kind: Kind) -> None:
    found = seen(kind.name)
    assert found.misfits == ()
    filled = {name for name, value in found.resource.attributes.items() if value not in (None, [], {})}
    assert set(kind.fields) - {"name"} - filled == set()
    assert found.resource.name
    assert found.resource.native_id
    assert "[redacted" not in found.resource.id
    assert found.resource.tags or not kind.tags


@every_row
def test_answers_fill_every_link(kind: Kind) -> None:
    found = seen(kind.name)
    keys = {(r.verb, r.key) for r in found.references}
    own = set(aliases(found.resource.id, found.payload, kind, found.resource.scope, found.resource.native_id))
    for link in kind.links:
        if isinstance(link.path, Template):
            assert link.verb in {r.verb for r in found.references}, link
            continue
        values = [v for _, v in located(found.payload, link.path) if isinstance(v, str)]
        assert values, f"{link.path} is not in the answers"
        named = {declared(v, link.target, link.within, found.resource.scope) for v in values}
        assert {(link.verb, n.key) for n in named if n.key not in own} <= keys, link.path
        assert all("|" not in n.key for n in named), f"{link.path} names nothing that we recognise"


@every_row
def test_answers_fill_every_alias(kind: Kind) -> None:
    for alias in kind.aliases:
        if not isinstance(alias.value, Template):
            texts = [v for _, v in located(seen(kind.name).payload, alias.value) if isinstance(v, str)]
            assert texts, alias.value
            assert all(canonical(alias.form, text) for text in texts), alias.value


@every_row
def test_a_thing_is_known_by_its_project_id_and_by_its_number(kind: Kind) -> None:
    found = seen(kind.name)
    name = found.resource.id.removesuffix("/iamPolicy")
    if kind.name == "gcp.iam.policy":  # by no name of the thing that it is set on
        return
    if f"/projects/{PROJECT}/" in name or f"/projects/{NUMBER}/" in name:
        other = name.replace(PROJECT, NUMBER) if PROJECT in name else name.replace(NUMBER, PROJECT)
        assert canonical("gcp", other) in found.aliases


@every_row
def test_no_value_of_a_sensitive_field_is_kept(kind: Kind) -> None:
    assert "not-a-real-one" not in json.dumps([seen(kind.name).payload, dict(seen(kind.name).resource.attributes)])


@every_row
def test_row_speaks_the_vocabulary(kind: Kind) -> None:
    assert re.fullmatch(r"gcp\.[a-z0-9]+\.[a-z0-9_]+", kind.name)
    assert set(kind.fields) <= set(TERMS)
    assert kind.needs


@every_row
def test_row_is_called_as_its_names_say(kind: Kind) -> None:
    """What is mentioned by its full resource name is looked for under the kind that has the row."""
    fetch = kind.fetch
    if kind.name == "gcp.iam.policy":  # it goes by the name of what it is set on
        return
    types = fetch.types if isinstance(fetch, Asset) else (fetch.type,)
    assert kind.name == kind_of_type(types[0])
    named = google_name(seen(kind.name).resource.id, own=True)
    assert named is not None
    assert named.kind == kind.name


def test_no_type_has_two_rows_unless_they_say_which_is_whose() -> None:
    owners: dict[str, list[Kind]] = {}
    for kind in KINDS:
        for type_ in kind.fetch.types if isinstance(kind.fetch, Asset) else ():
            owners.setdefault(type_, []).append(kind)
    assert all(len(kinds) == 1 or all(k.fetch.keep for k in kinds) for kinds in owners.values())


def test_kinds_are_unique_and_every_read_names_its_permission() -> None:
    assert len(kind_table(KINDS)) == len(KINDS)
    for kind in KINDS:
        for get in all_gets(kind.fetch):
            for permission in get.permission.split():
                assert re.fullmatch(r"(iam\.googleapis\.com/[A-Za-z]+|[a-z]+\.[A-Za-z.]+)\.[a-zA-Z]+", permission)
        assert isinstance(kind.fetch, Listing) or {LIST_RESOURCES, LIST_POLICIES} & set(kind.needs)


@pytest.mark.parametrize(
    ("kind", "verb", "target"),
    [
        ("aiplatform.endpoint", "serves", "aiplatform.model"),
        ("aiplatform.endpoint", "serves", "aiplatform.model_version"),
        ("aiplatform.endpoint", "runs_on", "aiplatform.deployment_resource_pool"),
        ("aiplatform.endpoint", "watched_by", "aiplatform.model_deployment_monitoring_job"),
        ("aiplatform.batch_prediction_job", "serves", "aiplatform.model_version"),
        ("aiplatform.custom_job", "tracked_by", "aiplatform.tensorboard"),
        ("aiplatform.custom_job", "runs_on", "aiplatform.persistent_resource"),
        ("aiplatform.training_pipeline", "reads_from", "aiplatform.dataset"),
        ("aiplatform.pipeline_job", "started_by", "aiplatform.schedule"),
        ("aiplatform.feature_view", "reads_from", "aiplatform.feature_group"),
        ("aiplatform.entity_type", "part_of", "aiplatform.featurestore"),
        ("aiplatform.index_endpoint", "serves", "aiplatform.index"),
        ("aiplatform.rag_corpus", "uses", "aiplatform.index_endpoint"),
        ("aiplatform.notebook_runtime", "made_from", "aiplatform.notebook_runtime_template"),
        ("aiplatform.data_labeling_job", "asks", "aiplatform.specialist_pool"),
    ],
)
def test_what_vertex_ai_points_at_is_found_by_its_names(kind: str, verb: str, target: str) -> None:
    led_to = seen(f"gcp.{target}")
    names = {led_to.resource.id, *led_to.aliases}
    assert [r for r in seen(f"gcp.{kind}").references if r.verb == verb and r.key in names]
