"""What the search of Cloud Asset Inventory finds in a project, counted by type: a second listing beside the sweep.

Asked for are the types alone that a move cannot do without, so that it costs a page or two of most projects. The index of the search
follows the inventory with a delay: what was made just now is not counted.

Source: cloudasset v1, searchAllResources (readMask, pageSize at most 500) and ResourceSearchResult, discovery document of
google-api-python-client 2.202; Cloud Asset Inventory documentation, "Access control", permission; read 2026-11-24. How long the index lags
is not stated there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from collectors.gcp.rows import Get, Reader
from normalize.errors import CollectError
from normalize.mapping import read
from normalize.model import Json, Scope
from normalize.units import instant

LAG = timedelta(hours=6)
TYPES = (
    "aiplatform.googleapis.com/Endpoint",
    "aiplatform.googleapis.com/Model",
    "bigquery.googleapis.com/Dataset",
    "compute.googleapis.com/Disk",
    "compute.googleapis.com/Instance",
    "container.googleapis.com/Cluster",
    "run.googleapis.com/Service",
    "sqladmin.googleapis.com/Instance",
    "storage.googleapis.com/Bucket",
)
SEARCH = Get(
    "cloudasset.googleapis.com",
    "/v1/projects/{project}:searchAllResources",
    "cloudasset.assets.searchAllResources",
    items="results[]",
    params={"assetTypes": TYPES, "readMask": "name,assetType,createTime"},
    page=500,
)


@dataclass(frozen=True, slots=True)
class Searched:
    """Adds "$Listed" to a project: {asset type: how many}."""

    @property
    def gets(self) -> tuple[Get, ...]:
        return (SEARCH,)

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        try:
            counts = dict(sorted(_counts(reader, scope.account).items()))
        except CollectError as error:
            return dict.fromkeys(range(len(items)), (error,))
        for item in items:
            item["$Listed"] = counts
        return {}


def _counts(reader: Reader, project: str) -> Counter[str]:
    since = reader.now() - LAG
    counts: Counter[str] = Counter()
    for answer in reader.answers(SEARCH, {"project": project}):
        for one in read(dict(answer), "results") or ():
            made = one.get("createTime")
            if not isinstance(made, str) or datetime.fromisoformat(instant(made)) < since:
                counts[str(one["assetType"])] += 1
    return counts
