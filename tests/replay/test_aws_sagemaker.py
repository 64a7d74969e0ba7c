"""SageMaker rows: what a page, an account or an estate of it must show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from collectors.aws import open_source
from collectors.aws.collector import AwsCollector
from collectors.aws.rows import Call
from normalize.errors import CollectError

NOW = datetime(2026, 11, 24, 4, 15, tzinfo=UTC)
LIST_HUBS = Call("sagemaker", "ListHubs", items="HubSummaries")


class Told:
    """Answers by operation, one after the other."""

    def __init__(self, **answers: list[dict[str, Any]]) -> None:
        self.asked: list[tuple[str, Any]] = []
        self._answers = {operation: iter(pages) for operation, pages in answers.items()}

    def __call__(self, model: Any, params: Any, **_: Any) -> Any:
        self.asked.append((model.name, params["body"]))
        ok: Any = AWSResponse("http://stub", 200, {"content-type": "json"}, None)
        return ok, next(self._answers[model.name])


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsCollector]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    opened = open_source({"name": "prod", "regions": ["us-east-1"]}, clock=lambda: NOW)
    yield opened
    opened.close()


def hubs(source: AwsCollector, *pages: dict[str, Any]) -> Iterator[Any]:
    source._client._base.register("before-call", Told(ListHubs=list(pages)))
    answers = source._client.answers("", "us-east-1", LIST_HUBS, {})
    return (hub["HubName"] for answer in answers for hub in answer["HubSummaries"])


def test_pages_that_the_sdk_has_no_rule_for_are_read_to_the_end(source: AwsCollector) -> None:
    first = {"HubSummaries": [{"HubName": "a"}], "NextToken": "1"}
    assert list(hubs(source, first, {"HubSummaries": [{"HubName": "b"}]})) == ["a", "b"]


def test_pages_that_go_in_a_circle_are_no_complete_listing(source: AwsCollector) -> None:
    page = {"HubSummaries": [{"HubName": "a"}], "NextToken": "1"}
    with pytest.raises(CollectError, match="circle"):
        list(hubs(source, page, page, page))
