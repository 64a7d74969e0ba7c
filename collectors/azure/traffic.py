"""What an endpoint or a deployment had to do in the last two weeks, from Azure Monitor.

Owns the questions to Azure Monitor about one thing at a time, minute by minute, for the few things that serve models, and the arithmetic of
minutes; metrics.py asks for sums. Refuses to read silence as zero: where Azure
Monitor has no series, traffic is unknown.

Source: Azure Monitor REST API, "Metrics - List", and azure-mgmt-monitor 7.0, Metric; metrics and dimensions: Azure Monitor
documentation, "Supported metrics for Microsoft.MachineLearningServices/workspaces/onlineEndpoints", "…/onlineEndpoints/deployments" and
"Microsoft.CognitiveServices/accounts"; read 2026-11-24.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import mean, median

from collectors.azure.metrics import ACTION, DAYS, METRICS
from collectors.azure.rows import Reader
from collectors.azure.values import text
from collectors.traffic import TRAFFIC, per_minute
from normalize.errors import CollectError
from normalize.model import Json, Path, Scope

_CHUNK = timedelta(days=2)
"""How much is asked for by the minute at once: 2,880 values of each series."""
_TOP = "10000"
"""Series at most; without it, Azure Monitor gives ten."""


@dataclass(slots=True)
class _Tally:
    """What Azure Monitor said about requests of one thing, or of one part of it."""

    minutes: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)

    def take(self, status: str, stamp: str, value: float) -> None:
        self.minutes[stamp] += value  # type: ignore[assignment]  # counts are floats there
        self.statuses[status[:1]] += value  # type: ignore[assignment]

    def tell(self) -> dict[str, Json]:
        counts = sorted(value for value in self.minutes.values() if value)
        return {
            "Days": DAYS,
            "Requests": round(sum(counts)),
            "PerMinute": per_minute(counts, DAYS),
            "Errors": round(self.statuses["5"]),
            "ClientErrors": round(self.statuses["4"]),
        }


@dataclass(frozen=True, slots=True)
class Traffic:
    """Adds "$Traffic" (see collectors/traffic.py), with what `gauges` names besides.

    Attributes:
        requests: metrics of requests; of several, the first that has values counts.
        aggregation: how requests of a minute are told: "Total", or "Average" where the metric is their number already.
        status: the dimension that is the HTTP status of answers.
        split: further dimensions; each series is apart, so that they may be summed.
        own: the dimension that tells which of its values are an item's, and where the item says so.
        thing: where the id stands of what has the metrics.
        latency: metrics of the median and of the 99th percentile, in milliseconds.
        gauges: part -> metric in percent.
    """

    requests: tuple[str, ...] = ()
    aggregation: str = "Total"
    status: str = "StatusCode"
    split: tuple[str, ...] = ()
    own: tuple[str, Path] | None = None
    thing: Path = "$id"
    latency: tuple[str, str] | None = None
    gauges: Mapping[str, str] = field(default_factory=dict)

    @property
    def actions(self) -> tuple[str, ...]:
        return (ACTION,)

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        failed: dict[int, list[CollectError]] = {}
        for index, item in enumerate(items):
            thing, part = text(item, self.thing), text(item, self.own[1]).lower() if self.own else ""
            if not thing:
                continue
            try:
                told = {**self._requests(reader, thing).get(part, {}), **self._averages(reader, thing)}
            except CollectError as error:
                failed[index] = [error]
                continue
            if told:
                item[TRAFFIC] = {"Days": DAYS, **told}
        return failed

    def _requests(self, reader: Reader, thing: str) -> Mapping[str, Mapping[str, Json]]:
        """Requests of a thing, by the value of the dimension that tells its parts apart. Asked once. Raises CollectError."""
        key = ("traffic", thing, *self.requests)
        if key not in reader.memory:
            try:
                reader.memory[key] = self._count(reader, thing) if self.requests else {}
            except CollectError as error:
                reader.memory[key] = error
        found = reader.memory[key]
        if isinstance(found, CollectError):
            raise found
        return found  # type: ignore[no-any-return]

    def _count(self, reader: Reader, thing: str) -> dict[str, Mapping[str, Json]]:
        by_metric: dict[str, dict[str, _Tally]] = {metric: {} for metric in self.requests}
        own = (self.own[0],) if self.own else ()
        dimensions = (*own, self.status, *self.split)
        end = _whole_hour(reader.now())
        for at in range(DAYS // _CHUNK.days):
            until = end - at * _CHUNK
            answers = _asked(
                reader, thing, self.requests, "PT1M", (until - _CHUNK, until), self.aggregation, dimensions
            )
            for metric, told, points in answers:
                part = told.get(own[0].lower(), "").lower() if own else ""
                tally = by_metric[metric].setdefault(part, _Tally())
                for stamp, value in (point for point in points if point[0] < f"{until:%Y-%m-%dT%H:%M:%SZ}"):
                    tally.take(told.get(self.status.lower(), ""), stamp, value)
        counted: dict[str, Mapping[str, Json]] = {}
        for metric in self.requests:
            for part, tally in by_metric[metric].items():
                if tally.minutes:
                    counted.setdefault(part, tally.tell())
        return counted

    def _averages(self, reader: Reader, thing: str) -> dict[str, Json]:
        """Latency and use over the window. Raises CollectError."""
        wanted = {metric: part for part, metric in self.gauges.items()}
        metrics = (*(self.latency or ()), *wanted)
        if not metrics:
            return {}
        end = _whole_hour(reader.now())
        span = (end - timedelta(days=DAYS), end)
        hours: dict[str, list[float]] = {}
        for metric, _, points in _asked(reader, thing, metrics, "PT1H", span, "Average", ()):
            hours.setdefault(metric, []).extend(value for _, value in points)
        told: dict[str, Json] = {part: mean(hours[m]) / 100 for m, part in wanted.items() if hours.get(m)}
        if self.latency and (latency := _latency(*(hours.get(metric, []) for metric in self.latency))):
            told["Latency"] = latency
        return told


def _latency(medians: Sequence[float], slowest: Sequence[float]) -> dict[str, float]:
    """Seconds, out of milliseconds of each hour: the median of medians, the largest of 99th percentiles."""
    found = {"P50": median(medians) if medians else None, "P99": max(slowest, default=None)}
    return {part: value / 1000 for part, value in found.items() if value is not None}


def _whole_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _asked(
    reader: Reader,
    thing: str,
    metrics: Sequence[str],
    interval: str,
    span: tuple[datetime, datetime],
    aggregation: str,
    dimensions: Sequence[str],
) -> Iterator[tuple[str, Mapping[str, str], list[tuple[str, float]]]]:
    """(metric, dimensions with their values, [(time, value)]) of each series; of dimensions, names are in lower case.

    Raises:
        CollectError: Azure Monitor refuses the question, or says of a metric that it failed.
    """
    path = f"{thing}/providers/Microsoft.Insights/metrics"
    params = {
        "metricnames": ",".join(metrics),
        "aggregation": aggregation,
        "interval": interval,
        "timespan": "/".join(f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in span),
        "top": _TOP,
    }
    if dimensions:
        params["$filter"] = " and ".join(f"{dimension} eq '*'" for dimension in dimensions)
    key = aggregation.lower()
    for answer in reader.pages(path, METRICS.version, params, (ACTION,)):
        for metric in answer.get("value") or ():
            name, code = text(metric, "name.value"), text(metric, "errorCode")
            if name not in metrics:
                continue
            if code not in ("", "Success"):
                raise CollectError(f"{name}: {text(metric, 'errorMessage') or code}", call=f"GET {path}", code=code)
            for series in metric.get("timeseries") or ():
                told = {text(m, "name.value").lower(): text(m, "value") for m in series.get("metadatavalues") or ()}
                points = series.get("data") or ()
                yield name, told, [(str(p["timeStamp"]), p[key]) for p in points if isinstance(p.get(key), int | float)]
