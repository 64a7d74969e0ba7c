"""Every AWS row over answers in the shape of the real API: the collector's own code, the SDK's own clients.

`tests/fixtures/KIND/answers.json` holds one answer per operation that the row calls. A member that the API does not have
is an error here, as is a declared field or link that the answers do not fill.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from collectors.aws import open_source
from collectors.aws.kinds import KINDS
from collectors.aws.rows import all_calls
from normalize.mapping import aliases, located, observe
from normalize.model import Field, Kind, Observation, Scope, Template
from normalize.references import declared
from normalize.units import instant

FIXTURES = Path(__file__).parent.parent / "fixtures"
ACCOUNT, REGION = "123456789012", "us-east-1"
ONLY_IN = "us-west-2"
"""Where a service has its API that has it nowhere else."""
NOW = datetime(2026, 11, 24, 4, 15, tzinfo=UTC)
BY_NAME = {kind.name: kind for kind in KINDS}
IDENTITY = {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/stocktake", "UserId": "AIDAEXAMPLE"}


def typed(shape: Any, value: Any, at: str) -> Any:
    """A recorded value as the client gives it. Raises AssertionError for what the API does not have."""
    if shape.type_name == "structure":
        unknown = set(value) - set(shape.members)
        assert not unknown, f"{at} has no {sorted(unknown)}"
        return {k: typed(shape.members[k], v, f"{at}.{k}") for k, v in value.items()}
    if shape.type_name == "list":
        assert not getattr(shape.member, "is_tagged_union", False) or all(len(v) == 1 for v in value), (
            f"{at}[] is a union"
        )
        return [typed(shape.member, v, f"{at}[]") for v in value]
    if shape.type_name == "map":
        return {k: typed(shape.value, v, f"{at}.{k}") for k, v in value.items()}
    if shape.type_name == "timestamp":
        return instant(datetime.fromisoformat(value))
    accepted: dict[str, Any] = {
        "string": str, "boolean": bool, "integer": int, "long": int, "double": float, "float": float,
    }  # fmt: skip
    assert isinstance(value, accepted[shape.type_name]), f"{at} is {value!r}, not {shape.type_name}"
    return value


class Empty:
    """The bytes of an answer without any member."""

    def stream(self) -> Iterator[bytes]:
        yield b"{}"


class Replay:
    """The collector over the answers of one row at a time."""

    def __init__(self) -> None:
        self._source = open_source({"name": "prod", "regions": [REGION, ONLY_IN]}, clock=lambda: NOW)
        self._source._client._base.register("before-call", self._answer)
        self._answers: dict[str, Any] = {}
        self._listed: str = ""
        self._seen: dict[str, Observation] = {}

    def observe(self, kind: Kind) -> Observation:
        """The one record that a row makes of its answers."""
        if kind.name not in self._seen:
            self._seen[kind.name] = self.made_of(kind, json.loads((FIXTURES / kind.name / "answers.json").read_text()))
        return self._seen[kind.name]

    def made_of(self, kind: Kind, answers: dict[str, Any]) -> Observation:
        """The one record that a row makes of these answers."""
        self._answers = answers
        again = kind.fetch.window or len(kind.fetch.passes) > 1 or kind.fetch.nested
        self._listed = kind.fetch.operation if again else ""
        scope, *_ = self._source.scopes(kind)
        (record,) = self._source.collect(kind, scope)
        assert record.gaps == ()
        return observe(record, kind)

    def close(self) -> None:
        self._source.close()

    def _answer(self, model: Any, **_: Any) -> Any:
        body = IDENTITY if model.name == "GetCallerIdentity" else self._answers[model.name]
        if model.name == self._listed:  # only the first of several passes, or the top of a tree, finds it
            self._answers[model.name] = {}
        ok: Any = AWSResponse("http://stub", 200, {}, None if body else Empty())
        return ok, typed(model.output_shape, body, model.name) | {"ResponseMetadata": {"RequestId": "stub"}}


@pytest.fixture(scope="module")
def replay() -> Iterator[Replay]:
    patch = pytest.MonkeyPatch()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        patch.setenv(name, "x")
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    running = Replay()
    yield running
    running.close()
    patch.undo()


@pytest.fixture
def seen(request: pytest.FixtureRequest, replay: Replay) -> Observation:
    return replay.observe(request.param)


every_row = pytest.mark.parametrize("seen", KINDS, ids=lambda k: k.name, indirect=True)


@every_row
def test_answers_fill_every_field(seen: Observation) -> None:
    kind = BY_NAME[seen.resource.kind]
    assert seen.misfits == ()
    filled = {name for name, value in seen.resource.attributes.items() if value not in (None, [], {})}
    assert set(kind.fields) - {"name"} - filled == set()
    assert seen.resource.name
    assert seen.resource.native_id


@every_row
def test_answers_fill_every_link(seen: Observation) -> None:
    kind = BY_NAME[seen.resource.kind]
    scope: Scope = seen.resource.scope
    found = {(r.verb, r.key) for r in seen.references}
    own = set(aliases(seen.resource.id, seen.payload, kind, scope, seen.resource.native_id))
    for link in kind.links:
        assert not isinstance(link.path, Template)
        values = [v for _, v in located(seen.payload, link.path) if isinstance(v, str)]
        assert values, f"{link.path} is not in the answers"
        keys = {declared(v, link.target, link.within, scope).key for v in values} - own
        assert {(link.verb, key) for key in keys} <= found, link.path


@every_row
def test_answers_fill_every_alias(seen: Observation) -> None:
    kind = BY_NAME[seen.resource.kind]
    for alias in kind.aliases:
        if not isinstance(alias.value, Template):
            assert list(located(seen.payload, alias.value)), alias.value


@every_row
def test_no_value_of_a_sensitive_field_is_kept(seen: Observation) -> None:
    assert "not-a-real-one" not in json.dumps([seen.payload, dict(seen.resource.attributes)])


def test_there_is_a_fixture_for_every_row_and_an_answer_for_every_call() -> None:
    for kind in KINDS:
        answers = json.loads((FIXTURES / kind.name / "answers.json").read_text())
        assert {call.operation for call in all_calls(kind.fetch)} <= set(answers), kind.name


def test_a_field_that_reads_the_whole_payload_has_a_converter() -> None:
    for kind in KINDS:
        for field in kind.fields.values():
            assert not isinstance(field, Field) or field.path or field.convert
