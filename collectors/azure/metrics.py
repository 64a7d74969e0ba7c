"""Figures of Azure Monitor, asked for all things of a type in a region at once.

Owns the request at the scope of a subscription and the reading of its time series. Refuses zero for what has no value: a thing
without a time series keeps its figure unknown.

Source: Azure Monitor REST API, "Metrics - List At Subscription Scope", and azure-mgmt-monitor 7.0, MetricsOperations and Metric; read
2026-11-24.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from collectors.azure.rows import Get, Reader
from normalize.errors import CollectError
from normalize.model import Json, Scope

METRICS = Get("/subscriptions/{@account}/providers/Microsoft.Insights/metrics", "2024-02-01")
ACTION = "Microsoft.Insights/metrics/read"
_TOP = "1000000"
"""Time series at most; without it, Azure Monitor gives ten."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """The last value of a metric of each item: adds `into` {metric: value}.

    Attributes:
        namespace: "Microsoft.Storage/storageAccounts".
        metrics: names of metrics.
        into: key of the values.
        aggregation: "Average", "Total", "Maximum".
        hours: how far back to look for a value.
    """

    namespace: str
    metrics: tuple[str, ...]
    into: str
    aggregation: str = "Average"
    hours: int = 48

    @property
    def actions(self) -> tuple[str, ...]:
        return (ACTION,)

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        failed: dict[int, list[CollectError]] = {}
        for index, item in enumerate(items):
            region = item.get("location")
            if not isinstance(region, str) or not region:
                continue
            try:
                values = self._values(reader, scope, region)
            except CollectError as error:
                failed[index] = [error]
                continue
            if found := values.get(str(item.get("$id"))):
                item[self.into] = found
        return failed

    def _values(self, reader: Reader, scope: Scope, region: str) -> Mapping[str, Mapping[str, float]]:
        """Values of every thing of the type in a region, by its id. Asked once. Raises CollectError."""
        key = ("metrics", self.namespace, *self.metrics, scope.account, region)
        if key not in reader.memory:
            try:
                reader.memory[key] = self._ask(reader, scope, region)
            except CollectError as error:
                reader.memory[key] = error
        found = reader.memory[key]
        if isinstance(found, CollectError):
            raise found
        return found  # type: ignore[no-any-return]

    def _ask(self, reader: Reader, scope: Scope, region: str) -> dict[str, dict[str, float]]:
        end = reader.now().replace(minute=0, second=0, microsecond=0)
        start = end - timedelta(hours=self.hours)
        params = {
            "region": region,
            "metricnamespace": self.namespace,
            "metricnames": ",".join(self.metrics),
            "aggregation": self.aggregation,
            "interval": "PT1H",
            "timespan": f"{start:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}",
            "$filter": "Microsoft.ResourceId eq '*'",
            "top": _TOP,
        }
        out: dict[str, dict[str, float]] = {}
        for answer in reader.pages(
            METRICS.path.replace("{@account}", scope.account), METRICS.version, params, (ACTION,)
        ):
            for metric in answer.get("value") or ():
                for series in metric.get("timeseries") or ():
                    self._take(out, str((metric.get("name") or {}).get("value")), series)
        return out

    def _take(self, out: dict[str, dict[str, float]], metric: str, series: Mapping[str, Any]) -> None:
        """Keep the last value of a time series under the id of its thing."""
        told = {
            str((m.get("name") or {}).get("value")).lower(): m.get("value") for m in series.get("metadatavalues") or ()
        }
        id_ = str(told.get("microsoft.resourceid") or "").lower()
        key = self.aggregation.lower()
        values = [point[key] for point in series.get("data") or () if isinstance(point.get(key), int | float)]
        if id_ and values:
            out.setdefault(id_, {})[metric] = values[-1]
