"""What Azure Monitor's figures are worth: together where it tells them together, each alone where it does not, none where it is silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.azure.metrics import Gauge, Requests
from normalize.errors import CollectError, DeniedError
from normalize.model import Scope

SCOPE = Scope("azure", "11111111-2222-3333-4444-555555555555", "azure-global")
ROOT = f"/subscriptions/{SCOPE.account}"
METRICS = "/providers/Microsoft.Insights/metrics"
REQUESTS = Requests("Microsoft.Network/applicationGateways", "ResponseStatus", "HttpStatusGroup")


def gateway(name: str, location: str = "eastus") -> dict[str, Any]:
    return {
        "$id": f"{ROOT}/resourcegroups/g/providers/microsoft.network/applicationgateways/{name}",
        "location": location,
    }


def series(item: Mapping[str, Any], value: float, group: str = "", alone: bool = False) -> dict[str, Any]:
    named = ({} if alone else {"microsoft.resourceid": item["$id"]}) | ({"httpstatusgroup": group} if group else {})
    return {
        "metadatavalues": [{"name": {"value": k}, "value": v} for k, v in named.items()],
        "data": [{"timeStamp": "2026-11-10T04:00:00Z", "total": value, "average": value}],
    }


class Monitor:
    """Answers by path, or an error to raise; what was asked, in order."""

    def __init__(self, answer: Callable[[str], Any]) -> None:
        self._answer, self.asked, self.memory = answer, list[tuple[str, Any]](), dict[tuple[str, ...], Any]()

    def now(self) -> datetime:
        return datetime(2026, 11, 24, 4, 15, tzinfo=UTC)

    def pages(self, path: str, version: str, params: Any, needs: tuple[str, ...] = ()) -> Iterator[Any]:
        self.asked.append((path, params))
        found = self._answer(path)
        if isinstance(found, Exception):
            raise found
        yield {"value": [{"name": {"value": "ResponseStatus"}, "timeseries": found}]}


def test_answers_are_summed_by_status_and_asked_once_a_region() -> None:
    one, other = gateway("a"), gateway("b")
    told = [series(one, 90, "2xx"), series(one, 7, "4xx"), series(one, 3, "5xx"), series(other, 0, "2xx")]
    monitor = Monitor(lambda path: told)
    assert REQUESTS.add(monitor, SCOPE, [one, other]) == {}
    assert one["$Traffic"] == {"Days": 14, "Requests": 100, "Errors": 3, "ClientErrors": 7}
    assert other["$Traffic"]["Requests"] == 0  # it says so itself
    ((path, params),) = monitor.asked
    assert path == ROOT + METRICS
    assert params["$filter"] == "Microsoft.ResourceId eq '*' and HttpStatusGroup eq '*'"
    assert (params["interval"], params["timespan"]) == ("FULL", "2026-11-10T04:00:00Z/2026-11-24T04:00:00Z")


def test_of_copies_in_several_regions_the_largest_counts() -> None:
    """Together they are not more than what one of them holds; and of a copy its last figure counts."""
    stored = Gauge(
        "Microsoft.DocumentDB/DatabaseAccounts", ("ResponseStatus",), "$Size", "Total", over="HttpStatusGroup"
    )
    account = gateway("a")
    near, far = series(account, 40, "westeurope"), series(account, 39, "northeurope")
    near["data"].insert(0, {"timeStamp": "2026-11-10T03:55:00Z", "total": 41})
    assert stored.add(Monitor(lambda path: [near, far]), SCOPE, [account]) == {}
    assert account["$Size"] == {"ResponseStatus": 40}


def test_silence_is_not_zero() -> None:
    one = gateway("a")
    assert REQUESTS.add(Monitor(lambda path: []), SCOPE, [one]) == {}
    assert "$Traffic" not in one


def test_what_is_not_told_together_or_lies_in_no_region_is_asked_alone() -> None:
    here, nowhere = gateway("a"), gateway("b", "Global")

    def answer(path: str) -> Any:
        if path == ROOT + METRICS:
            return CollectError("not supported at this scope", code="BadRequest")
        return [series(here, 5, "2xx", alone=True)]

    monitor = Monitor(answer)
    assert REQUESTS.add(monitor, SCOPE, [here, nowhere]) == {}
    assert here["$Traffic"]["Requests"] == nowhere["$Traffic"]["Requests"] == 5
    assert [path for path, _ in monitor.asked] == [ROOT + METRICS, here["$id"] + METRICS, nowhere["$id"] + METRICS]
    assert "region" not in monitor.asked[1][1]


@pytest.mark.parametrize("lookup", [REQUESTS, Gauge("Microsoft.Compute/virtualMachines", ("ResponseStatus",), "$Use")])
def test_who_may_not_ask_is_not_asked_again_for_each_thing(lookup: Any) -> None:
    items = [gateway("a"), gateway("b")]
    monitor = Monitor(lambda path: DeniedError("no", code="AuthorizationFailed"))
    failed = lookup.add(monitor, SCOPE, items)
    assert [[e.code for e in failed[i]] for i in range(len(items))] == [["AuthorizationFailed"]] * 2
    assert len(monitor.asked) == 1
