"""Figures of Azure Monitor, asked for all things of a type in a region at once.

Owns the requests, at the scope of a subscription and, for things in no region and types that Azure Monitor does not tell together, of
one thing; and the reading of their time series. Refuses zero for what has no value: a thing without a time series keeps its figure
unknown.

Source: Azure Monitor REST API, "Metrics - List At Subscription Scope" and "Metrics - List", and azure-mgmt-monitor 7.0, MetricsOperations
and Metric; read 2026-11-24. Names of metrics, their aggregations and dimensions: Azure Monitor reference, "Supported metrics with Azure
Monitor", read 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from collectors.azure.rows import Get, Reader
from collectors.traffic import CLIENT_ERRORS, ERRORS, TRAFFIC
from normalize.errors import CollectError
from normalize.model import Field, Json, Path, Scope
from normalize.units import ratio

METRICS = Get("/subscriptions/{@account}/providers/Microsoft.Insights/metrics", "2024-02-01")
ACTION = "Microsoft.Insights/metrics/read"
DAYS = 14
_TOP = "1000000"
"""Time series at most; without it, Azure Monitor gives ten."""
_WHOLE = "FULL"
"""The interval that makes one value of the whole time."""
_UNTOLD = "BadRequest"
"""The code by which Azure Monitor refuses a question as such: the type is then asked for thing by thing."""
_NO_REGION = frozenset({"", "global"})


class Question(NamedTuple):
    """What is asked of every thing of a type.

    Attributes:
        namespace: "Microsoft.Storage/storageAccounts".
        metrics: names of metrics.
        aggregation: "Average", "Total", "Maximum", "Count".
        hours: how far back to look.
        interval: "PT1H", or "FULL".
        split: a dimension by whose values the figures are kept apart.
    """

    namespace: str
    metrics: tuple[str, ...]
    aggregation: str = "Average"
    hours: int = 48
    interval: str = "PT1H"
    split: str = ""


Figures = Mapping[str, Mapping[str, float]]
"""Metric -> value of the dimension, lower case ("" without one) -> last value."""


def asked(reader: Reader, scope: Scope, question: Question, item: Mapping[str, Any]) -> Figures:
    """What Azure Monitor says of an item. Raises CollectError."""
    id_, region = str(item.get("$id") or ""), str(item.get("location") or "").lower()
    if region not in _NO_REGION:
        try:
            of_region: Mapping[str, Figures] = _remembered(
                reader, scope, question, METRICS.path.replace("{@account}", scope.account), region
            )
            return of_region.get(id_, {})
        except CollectError as error:
            if error.code != _UNTOLD:
                raise
    of_one: Mapping[str, Figures] = _remembered(reader, scope, question, f"{id_}{_OF_ONE}", "")
    return of_one.get(id_, {})


_OF_ONE = "/providers/Microsoft.Insights/metrics"


def _remembered(reader: Reader, scope: Scope, question: Question, path: str, region: str) -> Any:
    """The answer to a question, asked once."""
    key = ("metrics", path, region, repr(question))
    if key not in reader.memory:
        try:
            reader.memory[key] = _ask(reader, question, path, region)
        except CollectError as error:
            reader.memory[key] = error
    found = reader.memory[key]
    if isinstance(found, CollectError):
        raise found
    return found


def _ask(reader: Reader, question: Question, path: str, region: str) -> dict[str, dict[str, dict[str, float]]]:
    end = reader.now().replace(minute=0, second=0, microsecond=0)
    start = end - timedelta(hours=question.hours)
    conditions = [
        *(["Microsoft.ResourceId eq '*'"] if region else []),
        *([f"{question.split} eq '*'"] if question.split else []),
    ]
    params = {
        **({"region": region} if region else {}),
        "metricnamespace": question.namespace,
        "metricnames": ",".join(question.metrics),
        "aggregation": question.aggregation,
        "interval": question.interval,
        "timespan": f"{start:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}",
        **({"$filter": " and ".join(conditions)} if conditions else {}),
        "top": _TOP,
    }
    out: dict[str, dict[str, dict[str, float]]] = {}
    alone = "" if region else path.removesuffix(_OF_ONE)
    for answer in reader.pages(path, METRICS.version, params, (ACTION,)):
        for id_, metric, group, value in _told(answer, question, alone):
            out.setdefault(id_, {}).setdefault(metric, {})[group] = value
    return out


def _told(answer: Mapping[str, Any], question: Question, alone: str) -> Iterator[tuple[str, str, str, float]]:
    """(id, metric, value of the dimension, last value) of every time series that was asked for."""
    wanted = {metric.lower(): metric for metric in question.metrics}
    key = question.aggregation.lower()
    for metric in answer.get("value") or ():
        name = wanted.get(str((metric.get("name") or {}).get("value")).lower())
        for series in metric.get("timeseries") or () if name else ():
            told = {
                str((m.get("name") or {}).get("value")).lower(): str(m.get("value") or "").lower()
                for m in series.get("metadatavalues") or ()
            }
            id_ = alone or told.get("microsoft.resourceid", "")
            values = [p[key] for p in series.get("data") or () if isinstance(p.get(key), int | float)]
            if id_ and name and values:
                yield id_, name, told.get(question.split.lower(), ""), values[-1]


class _Asking:
    """What lookups of figures have in common: `question`, and `take`, which puts what was said into an item."""

    question: Question

    @property
    def actions(self) -> tuple[str, ...]:
        return (ACTION,)

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        failed: dict[int, list[CollectError]] = {}
        for index, item in enumerate(items):
            if "$id" not in item:
                continue
            try:
                if found := asked(reader, scope, self.question, item):
                    self.take(item, found)
            except CollectError as error:
                failed[index] = [error]
        return failed

    def take(self, item: dict[str, Json], found: Figures) -> None:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Gauge(_Asking):
    """The last value of a metric of each item: adds `into` {metric: value}, and "Days" where it is that of all of them.

    Attributes:
        namespace, metrics, aggregation, hours, interval: as of a question.
        into: key of the values.
        over: a dimension of whose values the largest figure counts: "Region", where each holds a copy.
    """

    namespace: str
    metrics: tuple[str, ...]
    into: str
    aggregation: str = "Average"
    hours: int = 48
    interval: str = "PT1H"
    over: str = ""
    question: Question = field(init=False)

    def __post_init__(self) -> None:
        question = Question(self.namespace, self.metrics, self.aggregation, self.hours, self.interval, self.over)
        object.__setattr__(self, "question", question)

    def take(self, item: dict[str, Json], found: Figures) -> None:
        days = {"Days": self.hours // 24} if self.interval == _WHOLE else {}
        item[self.into] = {metric: max(groups.values()) for metric, groups in found.items() if groups} | days


@dataclass(frozen=True, slots=True)
class Requests(_Asking):
    """What each item had to do in DAYS days: adds TRAFFIC {"Days", what was counted, "Errors", "ClientErrors"}.

    Attributes:
        namespace: as of a question.
        metric: the metric that counts.
        status: the dimension that tells answers apart by the first digit of their status; without it, errors stay unknown.
        aggregation: as of a question.
        counts: "Requests" or "Bytes".
    """

    namespace: str
    metric: str
    status: str = ""
    aggregation: str = "Total"
    counts: str = "Requests"
    question: Question = field(init=False)

    def __post_init__(self) -> None:
        question = Question(self.namespace, (self.metric,), self.aggregation, DAYS * 24, _WHOLE, self.status)
        object.__setattr__(self, "question", question)

    def take(self, item: dict[str, Json], found: Figures) -> None:
        groups = found.get(self.metric)
        if not groups:
            return
        told: dict[str, Json] = {"Days": DAYS, self.counts: int(sum(groups.values()))}
        if self.status:
            told["Errors"] = sum(n for group, n in groups.items() if group.startswith("5"))
            told["ClientErrors"] = sum(n for group, n in groups.items() if group.startswith("4"))
        item[TRAFFIC] = told


REQUESTS: Mapping[str, Path | Field] = {
    "traffic_window_days": f"{TRAFFIC}.Days",
    "request_count": f"{TRAFFIC}.Requests",
}
"""Fields of what counts its requests. How many came in a minute is not asked: that would be 20,000 values of each thing."""
ANSWERED: Mapping[str, Path | Field] = {**REQUESTS, **ERRORS, **CLIENT_ERRORS}
"""Of what tells its answers apart too."""
BYTES: Mapping[str, Path | Field] = {
    "traffic_window_days": f"{TRAFFIC}.Days",
    "processed_bytes": f"{TRAFFIC}.Bytes",
}


def busy(namespace: str) -> Gauge:
    """How busy the CPUs of machines were in DAYS days, for the fields BUSY."""
    return Gauge(namespace, ("Percentage CPU",), "$Use", hours=DAYS * 24, interval=_WHOLE)


BUSY: Mapping[str, Path | Field] = {
    "cpu_utilization_ratio": Field("$Use.Percentage CPU", ratio),
    "utilization_window_days": "$Use.Days",
}
