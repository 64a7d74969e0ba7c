"""Traffic of Azure's endpoints: minutes are summed over statuses and deployments, silence is not zero."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest

from collectors.azure.client import Client
from collectors.azure.collector import AzureCollector
from collectors.azure.kinds import KINDS
from collectors.patience import Patience
from discovery.executor import look
from normalize.model import Coverage, Observation
from tests.servers.azure_cloud import SUBSCRIPTION, Cloud, Fault, served

ENDPOINT = "azure.machinelearning.online_endpoint"
MODEL = "azure.cognitiveservices.deployment"


@pytest.fixture
def estate() -> Cloud:
    cloud = Cloud()
    for name in (ENDPOINT, "azure.machinelearning.online_deployment", MODEL):
        cloud.add_fixture(name)
    return cloud


def metrics(cloud: Cloud, part: str) -> str:
    (path,) = (path for path in cloud.answers if path.endswith("/metrics") and part in path)
    return path


def within(answer: Mapping[str, Any]) -> Any:
    """An answer to one question about two days, and none to the others."""
    asked: list[Mapping[str, str]] = []

    def reply(params: Mapping[str, str]) -> Any:
        first = not any(p["interval"] == params["interval"] for p in asked)
        asked.append(params)
        names = params["metricnames"].split(",")
        kept = [m for m in answer["value"] if m["name"]["value"] in names]
        return {**answer, "value": kept if first else [{**m, "timeseries": []} for m in kept]}

    return reply


def seen(cloud: Cloud, name: str) -> tuple[Coverage, Observation]:
    (kind,) = (k for k in KINDS if k.name == name)
    with served(cloud) as base:
        client = Client(endpoint=base, patience=Patience(sleep=lambda _: None))
        collector = AzureCollector("tenant", client, KINDS, subscriptions=[SUBSCRIPTION])
        (planned,) = collector.plan([kind])
        taken = look(collector, planned, "run", lambda o: o)
        (found,) = taken.observations
        taken.close()
        collector.close()
    return taken.coverage, found


def test_minutes_are_summed_over_deployments_and_statuses(estate: Cloud) -> None:
    path = metrics(estate, "onlineendpoints/ranker/providers")
    estate.answers[path] = within(estate.answers[path])
    told = seen(estate, ENDPOINT)[1].resource.attributes
    assert (told["request_count"], told["requests_per_minute_max"], told["traffic_window_days"]) == (195, 129, 14)
    assert told["requests_per_minute_p95"] == 0
    assert told["error_ratio"] == pytest.approx(3 / 195)
    assert told["client_error_ratio"] == pytest.approx(6 / 195)
    assert (told["latency_p50_seconds"], told["latency_p99_seconds"]) == (0.03, 0.22)


def test_all_days_of_the_window_are_asked_for_once(estate: Cloud) -> None:
    path = metrics(estate, "onlineendpoints/ranker/providers")
    told, spans = estate.answers[path], []

    def reply(params: Mapping[str, str]) -> Any:
        if params["interval"] == "PT1M":
            assert params["aggregation"] == "Average"
            assert params["$filter"].count(" eq '*'") == 4
            spans.append(params["timespan"].split("/"))
        return told

    estate.answers[path] = reply
    seen(estate, ENDPOINT)
    ordered = sorted(spans)
    assert len(ordered) == 7
    assert all(before[1] == after[0] for before, after in pairwise(ordered))


def test_requests_of_an_account_go_to_the_deployment_that_they_are_of(estate: Cloud) -> None:
    path = metrics(estate, "cognitiveservices")
    estate.answers[path] = within(estate.answers[path])
    told = seen(estate, MODEL)[1].resource.attributes
    assert (told["request_count"], told["requests_per_minute_max"]) == (
        420,
        300,
    )  # by the newer of two metrics, not by both
    assert told["client_error_ratio"] == pytest.approx(20 / 420)
    assert told["error_ratio"] == 0


def test_silence_is_not_zero(estate: Cloud) -> None:
    path = metrics(estate, "onlineendpoints/ranker/providers")
    estate.answers[path] = {"value": [{**m, "timeseries": []} for m in estate.answers[path]["value"]]}
    coverage, found = seen(estate, ENDPOINT)
    assert coverage.gaps == 0
    assert not [
        name for name in found.resource.attributes if name.startswith(("request", "error", "latency", "traffic"))
    ]


@pytest.mark.parametrize("failed", ["refused", "told"])
def test_figures_that_cannot_be_had_are_a_gap_of_their_endpoint(estate: Cloud, failed: str) -> None:
    path = metrics(estate, "onlineendpoints/ranker/providers")
    told = [{**m, "errorCode": "InternalError", "errorMessage": "no values"} for m in estate.answers[path]["value"]]
    estate.answers[path] = {"value": told} if failed == "told" else Fault(403, "AuthorizationFailed", "may not read")
    coverage, found = seen(estate, ENDPOINT)
    assert coverage.gaps == 1
    assert "request_count" not in found.resource.attributes
    assert coverage.needs == (("Microsoft.Insights/metrics/read",) if failed == "refused" else ())
