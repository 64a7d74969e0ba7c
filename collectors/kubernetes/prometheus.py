"""What a Prometheus of the cluster recorded in two weeks: requests, latency, errors and use of accelerators, by workload.

Owns the questions (range queries of a bounded step, a few for each metric that is there), the shape of the HTTP API's answers, and which
series are whose. Refuses to write, to guess where no series is, and to read silence as zero where Prometheus itself was not there.

Requests in a minute are means of five minutes: scrapes may be a minute apart. Series are added up on the server to one a workload, by
the names that Kubernetes gives to pods, so that pods of the past count too and answers stay small.

Source: prometheus.io, "HTTP API" (query_range, label values, buildinfo, at most 11,000 points a series) and "Query functions"
(histogram_quantile, label_replace, increase); names of metrics: vLLM's "Production Metrics"; triton-inference-server's metrics;
huggingface/text-generation-inference, router/src/infer; sglang's metrics; kserve's model server (request_predict_seconds); knative.dev's
queue-proxy metrics (revision_app_request_count); istio.io, "Istio Standard Metrics"; kubernetes/ingress-nginx, "Monitoring"; NVIDIA/dcgm-exporter
(DCGM_FI_DEV_GPU_UTIL in percent, DCGM_FI_DEV_FB_USED and _FREE in MiB; labels Hostname, namespace, pod); alphabet of generated names:
kubernetes/apimachinery, pkg/util/rand; read 2026-11-24.
"""

from __future__ import annotations

import math
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from statistics import mean, median
from typing import Any, Protocol

from collectors.traffic import TRAFFIC, per_minute
from normalize.errors import MISSHAPEN, CollectError
from normalize.model import Json

DAYS = 14
USE = "$Use"
_MINUTES = 5
_CHUNK = timedelta(days=7)
_MOST_SERIES = 2000
_SAFE = "bcdfghjklmnpqrstvwxz2456789"

Key = tuple[str, str]
"""Namespace and name: of a workload's pods without what is generated, of an Ingress, or "" and a node."""


class Asker(Protocol):
    """A way to a Prometheus."""

    name: str

    def get(self, path: str, query: Sequence[tuple[str, str]]) -> Json:
        """The JSON of a path of its HTTP API. Raises CollectError."""
        ...


@dataclass(frozen=True, slots=True)
class Metric:
    """A counter of requests, and what goes with it.

    Attributes:
        name: the counter.
        by: labels that say whose series it is: namespace and pod, or others.
        own: selects the series that count.
        errors: (metric, selector) of requests that failed on the server's side; None where nothing tells.
        refused: selector of requests that the client got wrong.
        told: whether errors have a series although there are none: where it is missing, they are not known.
        latency: the histogram of time to answer, and the seconds that its unit is.
        pods: whether the second label is a pod's name, of which a workload's is to be made.
    """

    name: str
    by: tuple[str, str] = ("namespace", "pod")
    own: str = ""
    errors: tuple[str, str] | None = None
    told: bool = False
    refused: str = ""
    latency: tuple[str, float] | None = None
    pods: bool = True


METRICS: tuple[Metric, ...] = (
    # what a model server counts itself, then what stands before it; of several, the first that is there counts
    Metric(
        "vllm:request_success_total",
        errors=("vllm:request_success_total", 'finished_reason="error"'),
        told=True,
        latency=("vllm:e2e_request_latency_seconds_bucket", 1),
    ),
    Metric("sglang:num_requests_total", latency=("sglang:e2e_request_latency_seconds_bucket", 1)),
    Metric("tgi_request_count", errors=("tgi_request_failure", ""), latency=("tgi_request_duration_bucket", 1)),
    Metric("nv_inference_request_success", errors=("nv_inference_request_failure", "")),
    Metric("request_predict_seconds_count", latency=("request_predict_seconds_bucket", 1)),
    Metric(
        "revision_app_request_count",
        errors=("revision_app_request_count", 'response_code_class="5xx"'),
        refused='response_code_class="4xx"',
        latency=("revision_app_request_latencies_bucket", 0.001),
    ),
    Metric(
        "istio_requests_total",
        by=("destination_workload_namespace", "destination_workload"),
        own='reporter="destination"',
        errors=("istio_requests_total", 'reporter="destination",response_code=~"5.."'),
        refused='reporter="destination",response_code=~"4.."',
        latency=("istio_request_duration_milliseconds_bucket", 0.001),
        pods=False,
    ),
)
INGRESS = Metric(
    "nginx_ingress_controller_requests",
    by=("namespace", "ingress"),
    errors=("nginx_ingress_controller_requests", 'status=~"5.."'),
    refused='status=~"4.."',
    latency=("nginx_ingress_controller_request_duration_seconds_bucket", 1),
    pods=False,
)
_BUSY, _USED, _FREE = "DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE"

_NAMES = sorted(
    {m.name for m in (*METRICS, INGRESS)}
    | {m.errors[0] for m in (*METRICS, INGRESS) if m.errors}
    | {m.latency[0] for m in (*METRICS, INGRESS) if m.latency}
    | {_BUSY, _USED, _FREE}
)

_HASH, _SUFFIX = f"[{_SAFE}]{{6,10}}", f"[{_SAFE}]{{5}}"
_RETAINED = re.compile(r"(?=\d+[ywd])(?:(?P<y>\d+)y)?(?:(?P<w>\d+)w)?(?:(?P<d>\d+)d)?")
"""Source: prometheus/common, model/time.go, Duration.String, read 2026-11-24: "15d", "2w", "20y", and "15d or 10GiB" of runtimeinfo."""
_STEMS = (
    f"(.+)-{_SUFFIX}",
    "(.+)-[0-9]+",
    f"(.+)-{_HASH}-{_SUFFIX}",
    f"(.+)-[0-9]{{5}}-deployment-{_HASH}-{_SUFFIX}",
)
"""Names of pods without what is generated: of a DaemonSet or Job, a StatefulSet, a Deployment, revisions of a Knative Service. The last that
fits counts."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one Prometheus told.

    Attributes:
        days: days of the window on which it was there.
        traffic: as collectors/traffic.py says, by namespace and workload; `ingresses`: by Ingress.
        use: {"Days", "Busy", "Memory"} of accelerators, by namespace and workload; `nodes`: by node.
        about: version, retention, and how many series it holds, as far as it says.
        gaps: questions that were refused or failed.
    """

    days: int
    traffic: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    ingresses: Mapping[Key, Json] = field(default_factory=dict)
    use: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    nodes: Mapping[str, Json] = field(default_factory=dict)
    about: Mapping[str, Json] = field(default_factory=dict)
    gaps: tuple[CollectError, ...] = ()


class Prometheus:
    """Asks once, whoever comes first; then remembers, an error too."""

    def __init__(self, ways: Callable[[], Sequence[Asker]], clock: Callable[[], datetime]) -> None:
        self._ways, self._clock = ways, clock
        self._lock = threading.Lock()
        self._told: list[tuple[str, Measured | CollectError]] | None = None

    def told(self) -> Sequence[tuple[str, Measured | CollectError]]:
        """(name, what it told or why not) of every Prometheus. Raises CollectError: it cannot be known which there are."""
        with self._lock:
            if self._told is None:
                end = self._clock().replace(minute=0, second=0, microsecond=0)
                self._told = [(way.name, _measured(way, end)) for way in self._ways()]
            return self._told

    def add(self, payload: dict[str, Any], group: str, kind: str) -> tuple[CollectError, ...]:
        """Add what is known of an object, under TRAFFIC and USE; what failed on the way, if nothing was told."""
        try:
            told = self.told()
        except CollectError as error:
            return (error,)
        meta = payload.get("metadata")
        if not isinstance(meta, dict):
            return ()
        place, name = str(meta.get("namespace") or ""), str(meta.get("name") or "")
        gaps: list[CollectError] = []
        for _, measured in told:
            if isinstance(measured, CollectError):
                gaps.append(measured)
                continue
            gaps += measured.gaps
            payload |= _of_object(measured, group, kind, place, name)
        return () if TRAFFIC in payload or USE in payload else tuple(gaps)


def _of_object(told: Measured, group: str, kind: str, place: str, name: str) -> dict[str, Json]:
    if (group, kind) == ("", "Node"):
        return {USE: told.nodes[name]} if name in told.nodes else {}
    if kind == "Ingress":
        return {TRAFFIC: told.ingresses[place, name]} if (place, name) in told.ingresses else {}
    shape = re.compile(_SHAPES[group, kind].format(re.escape(name)))
    out: dict[str, Json] = {}
    for part, found in ((TRAFFIC, told.traffic), (USE, told.use)):
        own = [value for stem, value in found.get(place, {}).items() if shape.fullmatch(stem)]
        if len(own) == 1:
            out[part] = own[0]
        elif own and part == USE:  # parts of one job: each its own stem
            out[part] = _together(own)
    return out


def _together(parts: Sequence[Json]) -> Json:
    told: dict[str, Json] = {"Days": parts[0]["Days"]}
    for name in ("Busy", "Memory"):
        if values := [p[name] for p in parts if name in p]:
            told[name] = mean(values)
    return told


_SHAPES: Mapping[tuple[str, str], str] = {
    ("apps", "Deployment"): "{0}",
    ("apps", "StatefulSet"): "{0}",
    ("apps", "DaemonSet"): "{0}",
    ("argoproj.io", "Rollout"): "{0}",
    ("batch", "Job"): "{0}|{0}-[0-9]+",
    ("batch.volcano.sh", "Job"): "{0}-[a-z0-9-]+",
    ("jobset.x-k8s.io", "JobSet"): "{0}-[a-z0-9-]+-[0-9]+(?:-[0-9]+)?",
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): "{0}(?:-[0-9]+)?",
    ("kubeflow.org", "Notebook"): "{0}",
    **{("kubeflow.org", kind): "{0}-(?:master|worker|launcher|ps|chief|evaluator)" for kind in ("PyTorchJob", "TFJob", "MPIJob", "XGBoostJob", "JAXJob", "PaddleJob")},
    ("serving.kserve.io", "InferenceService"): "{0}-predictor",
    ("serving.knative.dev", "Service"): "{0}",
    ("apps.nvidia.com", "NIMService"): "{0}",
    ("ray.io", "RayCluster"): "{0}-(?:head|[a-z0-9-]+-worker)",
}  # fmt: skip
"""How the pods of a kind are called, without what is generated, given the name of the object ("{0}"). Sources: kubernetes.io on each
controller; kserve's raw deployments and revisions of Knative ("NAME-predictor", "NAME-00001-deployment"); the Training Operator's replica
names; KubeRay's pod names (CLUSTER-GROUP-worker-…); read 2026-11-24."""

MEASURABLE = frozenset({*_SHAPES, ("", "Node"), ("networking.k8s.io", "Ingress")})


# --- questions --------------------------------------------------------------------------------------------------


def _measured(way: Asker, end: datetime) -> Measured | CollectError:
    try:
        ask = _Questions(way, end)
        days = ask.days()
        if not days:
            return CollectError(
                f"{way.name} recorded nothing of itself (up) in the last {DAYS} days",
                call=f"GET {way.name}/api/v1/query_range",
            )
        there = ask.names()
        traffic: dict[Key, Json] = {}
        for metric in METRICS:
            traffic = {**ask.attempt(partial(_traffic, ask, metric, there, days), {}), **traffic}
        ingresses = ask.attempt(partial(_traffic, ask, INGRESS, there, days), {})
        use = ask.attempt(lambda: _use(ask, there, days), {})
        nodes = {name: told for (_, name), told in ask.attempt(lambda: _node_use(ask, there, days), {}).items()}
        return Measured(
            days, _by_namespace(traffic), ingresses, _by_namespace(use), nodes, ask.about(), tuple(ask.gaps)
        )
    except CollectError as error:
        return error


def _by_namespace(told: Mapping[Key, Json]) -> dict[str, dict[str, Json]]:
    found: dict[str, dict[str, Json]] = defaultdict(dict)
    for (space, stem), value in told.items():
        found[space][stem] = value
    return found


class _Questions:
    def __init__(self, way: Asker, end: datetime) -> None:
        self.way, self.end, self.start = way, end, end - timedelta(days=DAYS)
        self.gaps: list[CollectError] = []

    def attempt(self, ask: Callable[[], Any], otherwise: Any) -> Any:
        """An answer; one that fails costs only itself."""
        try:
            return ask()
        except CollectError as error:
            self.gaps.append(error)
            return otherwise

    def days(self) -> int:
        """Days of the window on which Prometheus was there, out of the hours in which it said so of anything that it scrapes."""
        hours = max(
            (len(points) for _, points in self.range("count(count_over_time(up[1h]))", timedelta(hours=1), ())),
            default=0,
        )
        return max(1, round(hours / 24)) if hours else 0

    def names(self) -> frozenset[str]:
        """Which of our metrics it has."""
        wanted = "|".join(map(re.escape, _NAMES)).replace("\\:", ":")
        window = [("start", _stamp(self.start)), ("end", _stamp(self.end))]
        data = self._data("/api/v1/label/__name__/values", [("match[]", f'{{__name__=~"{wanted}"}}'), *window])
        if not isinstance(data, list):
            raise CollectError("names of metrics are no list", call=f"GET {self.way.name}/api/v1/label/__name__/values")
        return frozenset(name for name in data if isinstance(name, str))

    def about(self) -> dict[str, Json]:
        told: dict[str, Json] = {}
        for path, part in (("buildinfo", "version"), ("runtimeinfo", "storageRetention")):
            try:
                data = self._data(f"/api/v1/status/{path}", [])
            except CollectError:
                continue  # Thanos, VictoriaMetrics and managed services need not have it
            said = data.get(part) if isinstance(data, dict) else None
            if part == "version" and isinstance(said, str):
                told["version"] = said
            elif isinstance(said, str) and (kept := _RETAINED.match(said)):
                told["retention"] = sum(int(kept[unit] or 0) * days for unit, days in (("y", 365), ("w", 7), ("d", 1)))
        return told

    def range(
        self, query: str, step: timedelta, by: Sequence[str], chunk: timedelta | None = None
    ) -> Iterator[tuple[tuple[str, ...], list[float]]]:
        """(values of labels, values) of each series over the window, oldest first. A point speaks of the step that ends at it.

        Raises:
            CollectError: refused, failed, of another shape, or more series than any cluster's workloads are.
        """
        found: dict[tuple[str, ...], list[float]] = defaultdict(list)
        start, chunk = self.start, chunk or (self.end - self.start)
        while start < self.end:
            until = min(start + chunk, self.end)
            params = [
                ("query", query), ("start", _stamp(start + step)), ("end", _stamp(until)), ("step", str(int(step.total_seconds()))),
                ("timeout", "60s"),
            ]  # fmt: skip
            data = self._data("/api/v1/query_range", params)
            call = f"GET {self.way.name}/api/v1/query_range"
            try:
                result = data["result"]
                if len(result) > _MOST_SERIES:
                    raise CollectError(f"more than {_MOST_SERIES} series of {query[:80]}", call=call)
                for one in result:
                    labels = tuple(str(one["metric"].get(label, "")) for label in by)
                    found[labels] += [v for _, text in one["values"] if math.isfinite(v := float(text))]
            except MISSHAPEN as error:
                raise CollectError(f"the answer has another shape: {type(error).__name__}", call=call) from None
            start = until
        yield from found.items()

    def _data(self, path: str, params: Sequence[tuple[str, str]]) -> Json:
        answer = self.way.get(path, params)
        if not isinstance(answer, dict) or answer.get("status") != "success":
            said = str(answer.get("error") or "no success") if isinstance(answer, dict) else "no object"
            raise CollectError(f"{self.way.name}: {said[:200]}", call=f"GET {self.way.name}{path}")
        return answer.get("data")


def _stamp(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def _whose(metric: Metric, expression: str, *more: str) -> tuple[str, tuple[str, str]]:
    """(sum of an expression by whose it is, labels of that). Where Prometheus itself set the labels of what it scraped, those of the
    workload are beside them as exported_…"""
    space, name = metric.by
    labelled = expression
    for label in metric.by:
        labelled = f'label_replace({labelled}, "{label}", "$1", "exported_{label}", "(.+)")'
    if metric.pods:
        labelled = f'label_replace({labelled}, "workload", "$1", "{name}", "(.+)")'
        for stem in _STEMS:
            labelled = f'label_replace({labelled}, "workload", "$1", "{name}", "{stem}")'
        name = "workload"
    return f"sum by ({', '.join((*more, space, name))}) ({labelled})", (space, name)


def _traffic(ask: _Questions, metric: Metric, there: frozenset[str], days: int) -> dict[Key, Json]:
    if metric.name not in there:
        return {}
    query, by = _whose(metric, f"increase({metric.name}{{{metric.own}}}[{_MINUTES}m]) / {_MINUTES}")
    told: dict[Key, dict[str, Json]] = {}
    for (space, name), rates in ask.range(query, timedelta(minutes=_MINUTES), by, _CHUNK):
        counts = sorted(rate for rate in rates if rate > 0)
        if space and name:
            told[space, name] = {
                "Days": days, "Metric": metric.name, "Requests": round(sum(counts) * _MINUTES),
                "PerMinute": per_minute(counts, days, _MINUTES),
            }  # fmt: skip
    if metric.errors:
        _count(ask, metric, metric.errors if metric.errors[0] in there else None, "Errors", told)
    if metric.refused:
        _count(ask, metric, (metric.name, metric.refused), "ClientErrors", told)
    if metric.latency and metric.latency[0] in there:
        _latency(ask, metric, metric.latency, told)
    return dict(told)


def _count(
    ask: _Questions, metric: Metric, which: tuple[str, str] | None, part: str, told: dict[Key, dict[str, Json]]
) -> None:
    """Requests that failed. Where their metric or their series is not there, none did, unless the metric tells of none too."""
    for known in told.values() if part != "Errors" or not metric.told else ():
        known[part] = 0
    if which is None:
        return
    query, by = _whose(metric, f"increase({which[0]}{{{which[1]}}}[1d])")
    for (space, name), sums in ask.range(query, timedelta(days=1), by):
        if (space, name) in told:
            told[space, name][part] = round(sum(sums))


def _latency(ask: _Questions, metric: Metric, latency: tuple[str, float], told: dict[Key, dict[str, Json]]) -> None:
    """The median of the days' medians, and the largest of their 99th percentiles."""
    name, seconds = latency
    for part, share, over in (("P50", 0.5, median), ("P99", 0.99, max)):
        query, by = _whose(metric, f"rate({name}{{{metric.own}}}[1d])", "le")
        days = ask.range(f"histogram_quantile({share}, {query})", timedelta(days=1), by)
        for (space, workload), values in days:
            if values and (space, workload) in told:
                told[space, workload].setdefault("Latency", {})[part] = over(values) * seconds


_PODS = Metric(_BUSY)
_NODES = Metric(_BUSY, by=("", "Hostname"), pods=False)


def _use(ask: _Questions, there: frozenset[str], days: int) -> dict[Key, Json]:
    """By workload. An exporter whose labels give way says its own pod of devices that nobody holds."""
    return _used(ask, there, days, _PODS, ('exported_pod!=""', 'exported_pod="",pod!="",pod!~".*dcgm-exporter.*"'))


def _node_use(ask: _Questions, there: frozenset[str], days: int) -> dict[Key, Json]:
    return _used(ask, there, days, _NODES, ("",))


def _used(ask: _Questions, there: frozenset[str], days: int, whose: Metric, own: Sequence[str]) -> dict[Key, Json]:
    """Share of time that accelerators were busy and share of their memory in use, hour by hour."""
    told: dict[Key, dict[str, Json]] = {}

    def hourly(name: str) -> str:
        return "(" + " or ".join(f"avg_over_time({name}{{{selector}}}[1h])" for selector in own) + ")"

    parts = {"Busy": f"{hourly(_BUSY)} / 100"} if _BUSY in there else {}
    if {_USED, _FREE} <= there:
        parts["Memory"] = f"{hourly(_USED)} / ({hourly(_USED)} + {hourly(_FREE)})"
    for part, expression in parts.items():
        query, by = _mean_by(whose, expression)
        for labels, shares in ask.range(query, timedelta(hours=1), by):
            key = (labels[0], labels[1]) if len(labels) == 2 else ("", labels[0])
            if shares and key[1]:
                told.setdefault(key, {"Days": days})[part] = min(1.0, mean(shares))
    return dict(told)


def _mean_by(whose: Metric, expression: str) -> tuple[str, tuple[str, ...]]:
    if not whose.pods:
        return f"avg by ({whose.by[1]}) ({expression})", (whose.by[1],)
    query, by = _whose(whose, expression)
    return query.replace("sum by", "avg by", 1), by
