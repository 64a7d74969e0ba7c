"""What an endpoint, a load balancer or an API had to do in the last two weeks, from CloudWatch.

Owns the questions to CloudWatch and the arithmetic of minutes. Refuses to read silence as zero: without a single data
point of anything, traffic is unknown; it is zero only where another metric shows that the thing reported all the while.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from collectors.aws.metrics import DATA, Series, probe_metrics
from collectors.aws.rows import GLOBAL_PLACES, Call, Reader
from collectors.traffic import TRAFFIC, per_minute
from normalize.errors import CollectError
from normalize.model import Json, Scope

DAYS = 14
"""Minutes are kept for 15 days. Source: CloudWatch API reference, GetMetricData, read 2026-11-24."""
_MINUTE = 60
WHOLE = DAYS * 86400
_QUERIES = 500
"""Queries that one GetMetricData takes. Source: CloudWatch API reference, GetMetricData, read 2026-11-24."""

Dimensions = Callable[[Mapping[str, Any]], Sequence[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Question:
    """One series and how it is asked for."""

    part: str
    series: Series
    stat: str
    period: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests, latency, errors and use of items.

    Adds "$Traffic": {"Days", "Requests", "PerMinute": {"P50", "P95", "Max"}, "Latency": {"P50", "P99"} in seconds,
    "Errors", "ClientErrors", "Bytes", and what `gauges` names}. What CloudWatch does not know is left out.

    Attributes:
        namespace: of requests, latency and errors.
        dimensions: an item's sets of dimensions; several are added up (the variants of an endpoint).
        requests, latency: metrics; "" where there is none.
        latency_unit: seconds in one unit of the latency metric: 1e-6 for microseconds.
        errors, client_errors: metrics that are summed.
        bytes: metrics of processed bytes that are summed.
        gauges: part -> (namespace, metric, factor): averages over the window, of several dimensions the largest.
        alive: (namespace, metric) that is reported whether there are requests or not.
    """

    namespace: str
    dimensions: Dimensions
    requests: str
    latency: str = ""
    latency_unit: float = 1.0
    errors: tuple[str, ...] = ()
    client_errors: tuple[str, ...] = ()
    bytes: tuple[str, ...] = ()
    gauges: Mapping[str, tuple[str, str, float]] = field(default_factory=dict)
    alive: tuple[str, str] | None = None

    @property
    def calls(self) -> tuple[Call, ...]:
        return (DATA,)

    def probe(self, reader: Reader, scope: Scope) -> None:
        probe_metrics(reader, scope.account, _region(scope))

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        questions = [(i, q) for i, item in enumerate(items) for q in self._questions(item)]
        found: dict[int, _Tally] = {}
        try:
            for (i, question), stamps, values in asked(reader, scope, questions):
                found.setdefault(i, _Tally()).take(question, stamps, values)
        except CollectError as error:
            return dict.fromkeys(range(len(items)), (error,))
        for i, tally in found.items():
            if (told := tally.tell(self)) is not None:
                items[i][TRAFFIC] = told
        return {}

    def _questions(self, item: Mapping[str, Any]) -> Iterator[Question]:
        for pairs in self.dimensions(item):
            at = tuple(sorted(pairs.items()))
            if self.requests:
                yield Question("Requests", (self.namespace, self.requests, at), "Sum", _MINUTE)
            if self.latency:
                for part in ("P50", "P99"):
                    yield Question(part, (self.namespace, self.latency, at), part.lower(), WHOLE)
            for part, metrics in (("Errors", self.errors), ("ClientErrors", self.client_errors), ("Bytes", self.bytes)):
                for metric in metrics:
                    yield Question(part, (self.namespace, metric, at), "Sum", WHOLE)
            for part, (namespace, metric, _) in self.gauges.items():
                yield Question(part, (namespace, metric, at), "Average", WHOLE)
            if self.alive:
                yield Question("$Alive", (*self.alive, at), "SampleCount", WHOLE)


@dataclass(slots=True)
class _Tally:
    """What CloudWatch said about one item."""

    minutes: Counter[str] = field(default_factory=Counter)
    values: dict[str, list[float]] = field(default_factory=dict)

    def take(self, question: Question, stamps: Sequence[str], values: Sequence[float]) -> None:
        if question.part == "Requests":
            for stamp, value in zip(stamps, values, strict=True):
                self.minutes[stamp] += value  # type: ignore[assignment]  # sums of a metric are floats
        else:
            self.values.setdefault(question.part, []).extend(values)

    def tell(self, asked: Traffic) -> dict[str, Json] | None:
        """The summary; None where there was no data point at all."""
        if not self.minutes and not any(self.values.values()):
            return None
        told: dict[str, Json] = {"Days": DAYS}
        if asked.requests and (self.minutes or any(self.values.values())):
            counts = sorted(self.minutes.values())
            told["Requests"] = round(sum(counts))
            told["PerMinute"] = per_minute(counts, DAYS)
        latency: Mapping[str, Callable[[list[float]], float]] = {"P50": median, "P99": max}
        if known := {p: f(self.values[p]) * asked.latency_unit for p, f in latency.items() if self.values.get(p)}:
            told["Latency"] = known
        for part, metrics in (("Errors", asked.errors), ("ClientErrors", asked.client_errors), ("Bytes", asked.bytes)):
            if metrics:
                told[part] = round(sum(self.values.get(part, ())))
        for part, (_, _, factor) in asked.gauges.items():
            if self.values.get(part):
                told[part] = max(self.values[part]) * factor
        return told


def asked(
    reader: Reader, scope: Scope, questions: Sequence[tuple[int, Question]]
) -> Iterator[tuple[tuple[int, Question], Sequence[str], Sequence[float]]]:
    """What CloudWatch says to each question of each item, over the window. Raises CollectError."""
    end, region = reader.now().replace(second=0, microsecond=0), _region(scope)
    for at in range(0, len(questions), _QUERIES):
        batch = questions[at : at + _QUERIES]
        params = {
            "StartTime": end - timedelta(days=DAYS),
            "EndTime": end,
            "MetricDataQueries": [_query(f"q{n}", question) for n, (_, question) in enumerate(batch)],
        }
        for answer in reader.answers(scope.account, region, DATA, params):
            for result in answer.get("MetricDataResults", ()):
                values = [float(v) for v in result.get("Values", ())]
                stamps = [s.isoformat() if isinstance(s, datetime) else str(s) for s in result.get("Timestamps", ())]
                yield batch[int(str(result["Id"])[1:])], stamps, values


def _region(scope: Scope) -> str:
    """Where CloudWatch has the metrics of a scope: those of global things where the partition's one endpoint is."""
    return GLOBAL_PLACES.get(scope.place, scope.place)


def _query(id_: str, question: Question) -> dict[str, Any]:
    namespace, metric, dimensions = question.series
    return {
        "Id": id_,
        "MetricStat": {
            "Metric": {
                "Namespace": namespace,
                "MetricName": metric,
                "Dimensions": [{"Name": n, "Value": v} for n, v in dimensions],
            },
            "Period": question.period,
            "Stat": question.stat,
        },
        "ReturnData": True,
    }


def one(**names: str) -> Dimensions:
    """One set of dimensions, read from keys of the item: one(EndpointName="EndpointName"). Nothing where one is absent."""

    def read_off(item: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
        pairs = {dimension: item.get(key) for dimension, key in names.items()}
        return [{d: str(v) for d, v in pairs.items()}] if all(pairs.values()) else []

    return read_off
