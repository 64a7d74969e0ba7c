"""Bytes of BigQuery tables: what Monitoring tells is not asked for again, the rest up to a bound, and what was not asked says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from collectors.gcp.bigquery import SIZE, TableSizes
from collectors.gcp.metrics import SERIES
from collectors.gcp.rows import Get
from normalize.errors import DeniedError
from normalize.model import Scope

HERE = Scope("gcp", "ml-prod", "global")


class Told:
    """Answers of Monitoring and of BigQuery, and what was asked."""

    def __init__(self, series: list[Any] | None) -> None:
        self.memory: dict[tuple[str, ...], Any] = {}
        self.series = series
        self.tables: list[str] = []

    def now(self) -> datetime:
        return datetime(2026, 11, 24, tzinfo=UTC)

    def answers(self, get: Get, values: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        if get.path == SERIES.path:
            if self.series is None:
                raise DeniedError("no metrics", call="", needs=("monitoring.timeSeries.list",))
            yield {"timeSeries": self.series}
            return
        self.tables.append(values["id"])
        yield {"numBytes": "10", "numRows": "2"}


def table(name: str, type_: str = "TABLE") -> dict[str, Any]:
    return {"type": type_, "$Dataset": {"id": "events"}, "$asset": {"id": name, "project": "ml-prod"}}


def series(name: str, value: int) -> Any:
    return {
        "metric": {"labels": {"table": name}},
        "resource": {"labels": {"dataset_id": "events"}},
        "points": [{"interval": {"endTime": "2026-11-24T00:00:00Z"}, "value": {"int64Value": str(value)}}],
    }


def test_what_monitoring_tells_is_not_asked_for() -> None:
    told, items = Told([series("raw", 7)]), [table("raw"), table("small"), table("shown", "VIEW")]
    assert TableSizes().add(told, HERE, items) == {}
    assert (items[0][SIZE], items[1][SIZE]) == ({"bytes": 7.0}, {"bytes": "10", "rows": "2"})
    assert SIZE not in items[2]
    assert told.tables == ["small"]


def test_beyond_the_bound_a_table_says_that_it_was_not_asked_for() -> None:
    told, items = Told([]), [table("a"), table("b")]
    failed = TableSizes(most=1).add(told, HERE, items)
    assert list(failed) == [1]
    assert "not asked for" in str(failed[1][0])
    assert SIZE not in items[1]


def test_without_monitoring_each_is_asked_for() -> None:
    told, items = Told(None), [table("a"), table("b")]
    assert TableSizes().add(told, HERE, items) == {}
    assert told.tables == ["a", "b"]
