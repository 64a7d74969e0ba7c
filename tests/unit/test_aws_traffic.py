"""Two weeks of minutes become a few numbers; silence never becomes zero."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.aws.rows import Call
from collectors.aws.traffic import DAYS, Traffic, one
from collectors.traffic import ERRORS, TRAFFIC
from normalize.errors import DeniedError
from normalize.mapping import MISSING
from normalize.model import Field, Scope

SCOPE = Scope("aws", "123456789012", "us-east-1")
NOW = datetime(2026, 11, 24, 4, 15, 30, tzinfo=UTC)
MINUTES = DAYS * 1440
SERVING = Traffic(
    "AWS/Test",
    one(Name="Name"),
    requests="Count",
    latency="Latency",
    latency_unit=1e-6,
    errors=("Failed",),
    gauges={"Cpus": ("AWS/Use", "Cpu", 0.01)},
    alive=("AWS/Use", "Cpu"),
)


class CloudWatch:
    """Answers from (metric, stat, name) -> values, minute by minute, in pages of two results."""

    def __init__(self, values: Mapping[tuple[str, str, str], list[float]], error: Exception | None = None) -> None:
        self.values = values
        self.error = error
        self.asked: list[Mapping[str, Any]] = []
        self.memory: dict[tuple[str, ...], Any] = {}

    def now(self) -> datetime:
        return NOW

    def answers(self, account: str, region: str, call: Call, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        if self.error:
            raise self.error
        self.asked.append(params)
        results = [self._result(q) for q in params["MetricDataQueries"]]
        for at in range(0, len(results), 2):
            yield {"MetricDataResults": results[at : at + 2]}

    def _result(self, query: Mapping[str, Any]) -> dict[str, Any]:
        stat = query["MetricStat"]
        (dimension,) = stat["Metric"]["Dimensions"]
        values = self.values.get((stat["Metric"]["MetricName"], stat["Stat"], dimension["Value"]), [])
        start = NOW - timedelta(days=DAYS)
        stamps = [(start + timedelta(minutes=i)).isoformat() for i in range(len(values))]
        return {"Id": query["Id"], "Timestamps": stamps, "Values": values}


def measured(values: Mapping[tuple[str, str, str], list[float]], asked: Traffic = SERVING) -> dict[str, Any]:
    item: dict[str, Any] = {"Name": "chat"}
    assert asked.add(CloudWatch(values), SCOPE, [item]) == {}
    return item.get(TRAFFIC, {})


def test_requests_are_counted_over_all_minutes_of_the_window() -> None:
    half = [60.0] * (MINUTES // 2 + 1)
    told = measured({("Count", "Sum", "chat"): [*half[:-10], *[600.0] * 10]})
    assert told["PerMinute"] == {"P50": 60.0, "P95": 60.0, "Max": 600.0}
    assert told["Requests"] == 60 * (len(half) - 10) + 6000


def test_minutes_without_a_data_point_had_no_request() -> None:
    told = measured({("Count", "Sum", "chat"): [30.0] * 10})
    assert told["PerMinute"] == {"P50": 0, "P95": 0, "Max": 30.0}


def test_silence_of_everything_is_unknown() -> None:
    assert measured({}) == {}


def test_no_request_to_something_that_reports_is_zero() -> None:
    told = measured({("Cpu", "SampleCount", "chat"): [20160.0], ("Cpu", "Average", "chat"): [150.0]})
    assert (told["Requests"], told["PerMinute"]["Max"], told["Cpus"], told["Errors"]) == (0, 0, 1.5, 0)
    assert "Latency" not in told


def test_latency_is_in_seconds_and_the_worst_of_its_parts() -> None:
    told = measured({("Latency", "p50", "chat"): [20000.0, 40000.0], ("Latency", "p99", "chat"): [90000.0, 80000.0]})
    assert told["Latency"] == {"P50": pytest.approx(0.03), "P99": pytest.approx(0.09)}


def test_variants_of_one_endpoint_are_added_up_minute_by_minute() -> None:
    both = Traffic("AWS/Test", lambda item: [{"V": "a"}, {"V": "b"}], requests="Count")
    told = measured({("Count", "Sum", "a"): [5.0, 5.0], ("Count", "Sum", "b"): [7.0]}, both)
    assert (told["PerMinute"]["Max"], told["Requests"]) == (12.0, 17)


def test_error_ratio_needs_requests() -> None:
    field = ERRORS["error_ratio"]
    assert isinstance(field, Field)
    assert field.convert({"Requests": 200, "Errors": 5}) == 0.025
    assert field.convert({"Requests": 0, "Errors": 0}) is MISSING


def test_what_may_not_be_asked_is_a_gap_of_every_item_and_no_number() -> None:
    items: list[dict[str, Any]] = [{"Name": "a"}, {"Name": "b"}]
    error = DeniedError("no", call="cloudwatch:GetMetricData", needs=("cloudwatch:GetMetricData",))
    assert SERVING.add(CloudWatch({}, error), SCOPE, items) == {0: (error,), 1: (error,)}
    assert items == [{"Name": "a"}, {"Name": "b"}]


def test_questions_are_asked_in_batches_that_the_api_takes() -> None:
    cloudwatch = CloudWatch({})
    SERVING.add(cloudwatch, SCOPE, [{"Name": f"n{i}"} for i in range(200)])
    sizes = [len(a["MetricDataQueries"]) for a in cloudwatch.asked]
    assert (sum(sizes), max(sizes)) == (200 * 6, 500)


def test_an_item_without_its_name_is_not_asked_about() -> None:
    cloudwatch = CloudWatch({})
    SERVING.add(cloudwatch, SCOPE, [{"Other": 1}])
    assert cloudwatch.asked == []
