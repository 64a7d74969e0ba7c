"""Facts that only CloudWatch has: how many bytes a bucket, a file system or a database holds.

Owns the lookups. Refuses to read "no data point" as zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from collectors.aws.rows import GLOBAL_PLACES, Call, Reader
from normalize.errors import CollectError
from normalize.mapping import MISSING, read
from normalize.model import Json, Scope

LIST = Call("cloudwatch", "ListMetrics", items="Metrics")
DATA = Call("cloudwatch", "GetMetricData", items="MetricDataResults")
METRICS = "$Metrics"
_QUERIES = 500
"""Queries that one GetMetricData takes. Source: botocore 1.44.5, CloudWatch GetMetricData, MetricDataQueries; read 2026-11-24."""
_DAY = 86400

Series = tuple[str, str, tuple[tuple[str, str], ...]]
"""Namespace, metric and dimensions."""


def latest(
    reader: Reader,
    account: str,
    region: str,
    series: Sequence[Series],
    *,
    days: float,
    period: int,
    stat: str = "Average",
) -> dict[Series, float]:
    """Last value of each series that has one.

    Raises:
        CollectError: CloudWatch did not answer.
    """
    end = reader.now()
    found: dict[Series, float] = {}
    for at in range(0, len(series), _QUERIES):
        batch = series[at : at + _QUERIES]
        params = {
            "StartTime": end - timedelta(days=days),
            "EndTime": end,
            "ScanBy": "TimestampDescending",
            "MetricDataQueries": [_query(f"m{i}", one, period, stat) for i, one in enumerate(batch)],
        }
        for answer in reader.answers(account, region, DATA, params):
            for result in answer.get("MetricDataResults", ()):
                if result.get("Values"):
                    found.setdefault(batch[int(result["Id"][1:])], float(result["Values"][0]))
    return found


def probe_metrics(reader: Reader, account: str, region: str) -> None:
    """Ask for a metric that costs nothing to look up. Raises CollectError."""
    latest(reader, account, region, [("AWS/Usage", "CallCount", ())], days=1, period=_DAY)


def _query(id_: str, series: Series, period: int, stat: str) -> dict[str, Any]:
    namespace, metric, dimensions = series
    return {
        "Id": id_,
        "MetricStat": {
            "Metric": {
                "Namespace": namespace,
                "MetricName": metric,
                "Dimensions": [{"Name": n, "Value": v} for n, v in dimensions],
            },
            "Period": period,
            "Stat": stat,
        },
        "ReturnData": True,
    }


@dataclass(frozen=True, slots=True)
class BucketMetrics:
    """Bytes by storage class and number of objects of S3 buckets; CloudWatch keeps them in the bucket's own region.

    S3 reports both once a day, by BucketName and StorageType. Source: Amazon S3 User Guide, "Metrics and dimensions", "Amazon S3
    daily storage metrics for buckets in CloudWatch", read 2026-11-24.
    """

    region: str = "$Region"

    @property
    def calls(self) -> tuple[Call, ...]:
        return (LIST, DATA)

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        gaps: dict[int, Sequence[CollectError]] = {}
        by_region: dict[str, list[int]] = {}
        for i, item in enumerate(items):
            if region := item.get(self.region):
                by_region.setdefault(str(region), []).append(i)
        for region, indexes in by_region.items():
            try:
                values = self._values(reader, scope.account, region)
            except CollectError as error:
                gaps.update((i, (error,)) for i in indexes)
                continue
            for i in indexes:
                if mine := values.get(str(items[i].get("Name"))):
                    items[i][METRICS] = mine
        return gaps

    def probe(self, reader: Reader, scope: Scope) -> None:
        region = GLOBAL_PLACES.get(scope.place, scope.place)
        next(reader.answers(scope.account, region, LIST, {"Namespace": "AWS/S3"}), None)
        probe_metrics(reader, scope.account, region)

    def _values(self, reader: Reader, account: str, region: str) -> dict[str, dict[str, Json]]:
        series = list(dict.fromkeys(_bucket_series(reader, account, region)))
        out: dict[str, dict[str, Json]] = {}
        for (_, metric, pairs), value in latest(reader, account, region, series, days=4, period=_DAY).items():
            dimensions = dict(pairs)
            mine = out.setdefault(dimensions["BucketName"], {})
            mine.setdefault(metric, {})[dimensions["StorageType"]] = int(value)
        return out


def _bucket_series(reader: Reader, account: str, region: str) -> Iterator[Series]:
    for metric in ("BucketSizeBytes", "NumberOfObjects"):
        params = {"Namespace": "AWS/S3", "MetricName": metric}
        for answer in reader.answers(account, region, LIST, params):
            for found in answer.get("Metrics", ()):
                pairs = tuple(sorted((d["Name"], d["Value"]) for d in found.get("Dimensions", ())))
                if found.get("MetricName") == metric and {n for n, _ in pairs} == {"BucketName", "StorageType"}:
                    yield "AWS/S3", metric, pairs


@dataclass(frozen=True, slots=True)
class ItemMetrics:
    """Last values of metrics whose one dimension is the item's name: {"FreeStorageSpace": 1234} under "$Metrics"."""

    namespace: str
    metrics: tuple[str, ...]
    dimension: str
    name: str

    @property
    def calls(self) -> tuple[Call, ...]:
        return (DATA,)

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        names = [str(read(item, self.name) or "") for item in items]
        series = [(self.namespace, m, ((self.dimension, n),)) for n in names if n for m in self.metrics]
        try:
            values = latest(reader, scope.account, scope.place, series, days=1, period=3600)
        except CollectError as error:
            return dict.fromkeys(range(len(items)), (error,))
        for item, name in zip(items, names, strict=True):
            mine = {m: v for (_, m, ((_, n),)), v in values.items() if n == name}
            if mine:
                item[METRICS] = mine
        return {}

    def probe(self, reader: Reader, scope: Scope) -> None:
        probe_metrics(reader, scope.account, scope.place)


@dataclass(frozen=True, slots=True)
class FileSystemMetrics:
    """Bytes and files in FSx file systems or their volumes, by the metric that the type of file system has:
    {"LogicalDiskUsage": 1234} under "$Metrics".

    Lustre gives one data point a minute for each of its disks: only the sum of one minute is the whole. Source:
    Amazon FSx for Lustre User Guide, "Amazon FSx for Lustre metrics and dimensions"; what each type has, Wavefront's
    integration page for Amazon FSx (docs.wavefront.com, amazon_fsx.html); aws-cdk-lib 2.210.0, fsx-canned-metrics;
    FSx for ONTAP User Guide, "File system metrics" and "Volume metrics"; read 2026-11-24. That OpenZFS has its metric per volume is not
    verified.

    Attributes:
        metrics: type of file system -> metrics.
        type: where an item says its type.
        dimensions: dimensions, which are the item's members of the same name.
    """

    metrics: Mapping[str, tuple[str, ...]]
    type: str
    dimensions: tuple[str, ...]

    @property
    def calls(self) -> tuple[Call, ...]:
        return (DATA,)

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        by_stat: dict[str, dict[Series, int]] = {"Sum": {}, "Average": {}}
        for i, item in enumerate(items):
            kind = str(item.get(self.type))
            at = tuple(sorted((d, str(item.get(d))) for d in self.dimensions))
            wanted = by_stat["Sum" if kind == "LUSTRE" else "Average"]
            wanted.update({("AWS/FSx", metric, at): i for metric in self.metrics.get(kind, ())})
        try:
            for stat, asked in by_stat.items():
                self._ask(reader, scope, items, stat, asked)
        except CollectError as error:
            return dict.fromkeys(range(len(items)), (error,))
        return {}

    def _ask(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]], stat: str, asked: Mapping[Series, int]
    ) -> None:
        days, period = (1 / 24, 60) if stat == "Sum" else (1.0, 3600)
        values = latest(reader, scope.account, scope.place, list(asked), days=days, period=period, stat=stat)
        for series, value in values.items():
            items[asked[series]].setdefault(METRICS, {})[series[1]] = value

    def probe(self, reader: Reader, scope: Scope) -> None:
        probe_metrics(reader, scope.account, scope.place)


def held_by_file_system(payload: Any) -> Any:
    """Bytes in an FSx file system: what its metric says is stored, or what is provisioned less what is free."""
    told = payload.get(METRICS) or {}
    stored = next(
        (told[m] for m in ("LogicalDiskUsage", "LogicalDataStored", "UsedStorageCapacity") if m in told), None
    )
    if stored is not None:
        return int(stored)
    free, capacity = told.get("FreeStorageCapacity"), payload.get("StorageCapacity")
    return MISSING if free is None or capacity is None else max(0, capacity * 1024**3 - int(free))


def summed(values: Any) -> int:
    """Sum over storage classes: {"StandardStorage": 10, "GlacierStorage": 5} -> 15."""
    return sum(int(v) for v in values.values())


def held_by_database(payload: Any) -> Any:
    """Bytes in use of a database instance: what is allocated less what CloudWatch says is free."""
    free = read(payload, f"{METRICS}.FreeStorageSpace")
    allocated = read(payload, "AllocatedStorage")
    if free is MISSING or not isinstance(allocated, int):
        return MISSING
    return max(0, allocated * 1024**3 - int(free))
