"""What Azure Resource Manager itself lists in a subscription, counted by type: a second listing beside Resource Graph.

Resource Graph follows Azure Resource Manager with a delay, so that what was made just now is not counted.

Source: Microsoft Learn, "Resources - List" (api-version 2021-04-01, $expand=createdTime), and "Azure permissions for Management and
governance" (Microsoft.Resources/subscriptions/resources/read), read 2026-11-24. How long Resource Graph lags is not stated there; minutes,
from memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from collectors.azure.rows import Reader
from normalize.errors import CollectError
from normalize.model import Json, Scope
from normalize.units import instant

ACTION = "Microsoft.Resources/subscriptions/resources/read"
VERSION = "2021-04-01"
LAG = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Listed:
    """Adds "$Listed" to a subscription: {type in lower case: how many}."""

    @property
    def actions(self) -> tuple[str, ...]:
        return (ACTION,)

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        failed: dict[int, Sequence[CollectError]] = {}
        for index, item in enumerate(items):
            try:
                item["$Listed"] = dict(sorted(_counts(reader, str(item["$id"])).items()))
            except CollectError as error:
                failed[index] = (error,)
        return failed


def _counts(reader: Reader, subscription: str) -> Counter[str]:
    since = reader.now() - LAG
    counts: Counter[str] = Counter()
    for answer in reader.pages(f"{subscription}/resources", VERSION, {"$expand": "createdTime"}, (ACTION,)):
        for one in answer.get("value") or ():
            made = one.get("createdTime")
            if not isinstance(made, str) or datetime.fromisoformat(instant(made)) < since:
                counts[str(one["type"]).lower()] += 1
    return counts
