"""Facts that only Cloud Monitoring has: bytes of a bucket, traffic of an endpoint, how busy accelerators are.

Owns the questions, which are asked once for all things of a project. Refuses to read silence as zero: traffic is zero only where
another metric shows that the thing reported all the while.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from collectors.gcp.rows import Get, Reader
from collectors.traffic import TRAFFIC, per_minute
from normalize.errors import CollectError
from normalize.mapping import read
from normalize.model import Json, Path, Scope

METRICS = "$Metrics"
DAYS = 14
SERIES = Get(
    "monitoring.googleapis.com",
    "/v3/projects/{project}/timeSeries",
    "monitoring.timeSeries.list",
    items="timeSeries[]",
    page=50000,
)
"""Points of a page; at most 100,000. Source: monitoring v3, projects.timeSeries.list, pageSize, read 2026-11-24."""
_MINUTE, _DAY = 60, 86400
WHOLE = DAYS * _DAY


@dataclass(frozen=True, slots=True)
class Question:
    """A metric of all things of a project, one value per thing and period.

    Attributes:
        metric: "storage.googleapis.com/storage/v2/total_bytes".
        labels: labels that tell one thing from the next: "resource.label.bucket_name".
        keys: where an item has the values of these labels.
        aligner, reducer: how Monitoring makes one value of many.
        period: seconds that one value speaks of.
        window: how many seconds back.
        split: a further label by which values are kept apart.
        also: a further condition, 'metric.label.response_code_class = "500"'.
        share: the values are shares (0–1), whatever unit Monitoring gives them in; in one that we do not know they are left out.
    """

    metric: str
    labels: tuple[str, ...]
    keys: tuple[str, ...]
    aligner: str = "ALIGN_MEAN"
    reducer: str = "REDUCE_SUM"
    period: int = _DAY
    window: int = 2 * _DAY
    split: str = ""
    also: str = ""
    share: bool = False

    def of(self, item: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(str(read(item, key) or "") for key in self.keys)


_SHARES = {"%": 0.01, "10^2.%": 1.0, "1": 1.0}
"""Units of shares, and what makes 0–1 of them. Source: monitoring v3, MetricDescriptor.unit, read 2026-11-24."""

Found = Mapping[tuple[str, ...], Sequence[tuple[str, float]]]
"""By the labels' values (the split's last): (end of the period, value), newest first."""


def asked(reader: Reader, project: str, question: Question) -> Found:
    """What Monitoring says, asked once for a project. A metric that it has never had in a project says nothing of anything there.
    Raises CollectError."""
    key = ("series", project, repr(question))
    if key not in reader.memory:
        try:
            reader.memory[key] = dict(_ask(reader, project, question))
        except CollectError as error:
            if error.code != "NOT_FOUND":
                raise
            reader.memory[key] = {}
    found: Found = reader.memory[key]
    return found


def _ask(reader: Reader, project: str, question: Question) -> Iterator[tuple[tuple[str, ...], list[tuple[str, float]]]]:
    end: datetime = reader.now().replace(second=0, microsecond=0)
    labels = [*question.labels, *([question.split] if question.split else [])]
    also = f" AND {question.also}" if question.also else ""
    get = replace(
        SERIES,
        params={
            "filter": f'metric.type = "{question.metric}"{also}',
            "interval.startTime": _stamp(end - timedelta(seconds=question.window)),
            "interval.endTime": _stamp(end),
            "aggregation.alignmentPeriod": f"{question.period}s",
            "aggregation.perSeriesAligner": question.aligner,
            "aggregation.crossSeriesReducer": question.reducer,
            "aggregation.groupByFields": tuple(labels),
        },
    )
    found: dict[tuple[str, ...], list[tuple[str, float]]] = {}
    for answer in reader.answers(get, {"project": project}):
        for series in answer.get("timeSeries", ()):
            named = tuple(_label(series, label) for label in labels)
            unit = str(series.get("unit") or answer.get("unit") or "")
            factor = _SHARES.get(unit) if question.share else 1.0
            if factor is not None:
                told = ((p["interval"]["endTime"], _number(p["value"]) * factor) for p in series.get("points", ()))
                found.setdefault(named, []).extend(told)
    yield from found.items()


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _label(series: Mapping[str, Any], label: str) -> str:
    part, _, name = label.partition(".label.")
    return str((series.get(part, {}).get("labels") or {}).get(name, ""))


def _number(value: Mapping[str, Any]) -> float:
    return float(value["doubleValue"] if "doubleValue" in value else value["int64Value"])


def busy(metric: str, labels: tuple[str, ...], keys: tuple[str, ...]) -> Question:
    """The share of two weeks in which accelerators were busy, averaged over those of a thing."""
    named = tuple(f"resource.label.{label}" for label in labels)
    return Question(metric, named, keys, reducer="REDUCE_MEAN", period=WHOLE, window=WHOLE, share=True)


NODE_DUTY = "kubernetes.io/node/accelerator/duty_cycle"
"""Of accelerators of GKE's nodes, by cluster_name, location and node_name. Source: GKE documentation, "Monitor GPU workloads" and "TPU
runtime metrics", read 2026-11-24; its unit is taken from the answer."""


@dataclass(frozen=True, slots=True)
class Gauges:
    """Newest values under "$Metrics": name -> value, or {split: value} where the question splits. Names without a value are
    left out.

    Attributes:
        only: what an item has that is asked about; every item where left out.
    """

    questions: Mapping[str, Question]
    only: Path = ""

    @property
    def gets(self) -> tuple[Get, ...]:
        return (SERIES,)

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        mine = [i for i, item in enumerate(items) if not self.only or read(item, self.only)]
        try:
            told = {name: asked(reader, scope.account, q) for name, q in self.questions.items()} if mine else {}
        except CollectError as error:
            return dict.fromkeys(mine, (error,))
        for item in (items[i] for i in mine):
            values = {name: _newest(self.questions[name], found, item) for name, found in told.items()}
            if known := {name: value for name, value in values.items() if value is not None}:
                item[METRICS] = known
        return {}


def _newest(question: Question, found: Found, item: Mapping[str, Any]) -> Json:
    mine = question.of(item)
    if not question.split:
        points = found.get(mine)
        return points[0][1] if points else None
    parts = {key[-1]: points[0][1] for key, points in found.items() if key[:-1] == mine and points}
    return parts or None


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests, latency and errors of two weeks under "$Traffic".

    Attributes:
        requests: counts, asked per minute.
        latency: distributions; asked for their median and 99th percentile over the window.
        latency_unit: seconds in one unit of it: 1e-3 for milliseconds.
        errors, client_errors: counts of the window.
        gauges: part -> (question of averages, factor).
        alive: what is reported whether there are requests or not.
        only: what an item has that is asked about; every item where left out.
    """

    requests: Question
    latency: Question | None = None
    latency_unit: float = 1e-3
    errors: Question | None = None
    client_errors: Question | None = None
    gauges: Mapping[str, tuple[Question, float]] = field(default_factory=dict)
    alive: Question | None = None
    only: Path = ""

    @property
    def gets(self) -> tuple[Get, ...]:
        return (SERIES,)

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        chosen = [i for i, item in enumerate(items) if not self.only or read(item, self.only)]
        try:
            told = {part: asked(reader, scope.account, q) for part, q in self._questions()} if chosen else {}
        except CollectError as error:
            return dict.fromkeys(chosen, (error,))
        for item in (items[i] for i in chosen):
            mine = {part: found.get(self.requests.of(item), ()) for part, found in told.items()}
            if any(mine.values()):
                item[TRAFFIC] = self._tell(mine)
        return {}

    def _questions(self) -> Iterator[tuple[str, Question]]:
        yield "Requests", _per(self.requests, _MINUTE, "ALIGN_DELTA", "REDUCE_SUM")
        if self.latency is not None:
            for part, reducer in (("P50", "REDUCE_PERCENTILE_50"), ("P99", "REDUCE_PERCENTILE_99")):
                yield part, _per(self.latency, WHOLE, "ALIGN_DELTA", reducer)
        for part, question in (("Errors", self.errors), ("ClientErrors", self.client_errors)):
            if question is not None:
                yield part, _per(question, WHOLE, "ALIGN_DELTA", "REDUCE_SUM")
        for part, (question, _) in self.gauges.items():
            yield part, _per(question, WHOLE, "ALIGN_MEAN", "REDUCE_MEAN")
        if self.alive is not None:
            yield "$Alive", _per(self.alive, WHOLE, "ALIGN_MEAN", "REDUCE_SUM")

    def _tell(self, mine: Mapping[str, Sequence[tuple[str, float]]]) -> dict[str, Json]:
        counts = sorted(value for _, value in mine["Requests"] if value)
        told: dict[str, Json] = {"Days": DAYS, "Requests": round(sum(counts)), "PerMinute": per_minute(counts, DAYS)}
        if latency := {p: mine[p][0][1] * self.latency_unit for p in ("P50", "P99") if mine.get(p)}:
            told["Latency"] = latency
        for part in ("Errors", "ClientErrors"):
            if part in mine:  # Monitoring has no series for errors that there were none of
                told[part] = round(sum(value for _, value in mine[part]))
        for part, (_, factor) in self.gauges.items():
            if mine[part]:
                told[part] = mine[part][0][1] * factor
        return told


def _per(question: Question, period: int, aligner: str, reducer: str) -> Question:
    return replace(question, aligner=aligner, reducer=reducer, period=period, window=WHOLE)
