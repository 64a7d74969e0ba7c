"""BigQuery: datasets, tables, models, routines, and the slots that were bought for them.

Bytes of tables are in no list. Cloud Monitoring tells those of a dataset, and of its hundred largest tables; what is left is asked
for table by table, up to a bound, beyond which a table says that it was not asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from collectors.gcp.metrics import METRICS, SERIES, Gauges, Question, asked
from collectors.gcp.rows import Asset, Get, Reader, row
from normalize.errors import CollectError
from normalize.mapping import MISSING, read
from normalize.model import Category, Field, Json, Link, Scope
from normalize.units import instant, integer

SIZE = "$Size"
_BYTES = Question("bigquery.googleapis.com/storage/stored_bytes", ("resource.label.dataset_id",), ("$asset.id",))
"""Source: Cloud Monitoring documentation, "Google Cloud metrics", bigquery ("the top 100 tables in a dataset are labeled, while the rest
are grouped with no table label"); "Monitored resource types", bigquery_dataset; read 2026-11-24."""
_OF_TABLES = replace(_BYTES, labels=(*_BYTES.labels, "metric.label.table"))
_TABLE = Get(
    "bigquery.googleapis.com",
    "/bigquery/v2/projects/{project}/datasets/{$Dataset.id}/tables/{id}",
    "bigquery.tables.get",
    params={"view": "STORAGE_STATS"},
)
_STORING = frozenset({"TABLE", "SNAPSHOT", "MATERIALIZED_VIEW"})
_NAME = re.compile(r"//bigquery\.googleapis\.com/projects/(?P<project>[^/]+)/datasets/(?P<dataset>[^/]+)(?:/.+)?")
_READ = re.compile(r"`(?P<project>[a-z][\w:.-]*)\.(?P<dataset>\w+)\.(?P<table>[\w-]+)`")


@dataclass(frozen=True, slots=True)
class TableSizes:
    """Bytes and rows of tables under SIZE: {bytes, rows}.

    Attributes:
        most: tables of a project that are asked for one by one in a scan.
    """

    most: int = 1000

    @property
    def gets(self) -> tuple[Get, ...]:
        return (SERIES, _TABLE)

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        failed: dict[int, Sequence[CollectError]] = {}
        told = self._told(reader, scope)
        for index, item in enumerate(items):
            if item.get("type") not in _STORING or "numBytes" in item:
                continue
            known = told.get((item["$Dataset"]["id"], item["$asset"]["id"]))
            if known:
                item[SIZE] = {"bytes": known[0][1]}
                continue
            try:
                item[SIZE] = self._ask(reader, item)
            except CollectError as error:
                failed[index] = (error,)
        return failed

    def _told(self, reader: Reader, scope: Scope) -> Mapping[tuple[str, ...], Any]:
        """Bytes by (dataset, table); none where Monitoring does not answer, so that each is asked for."""
        try:
            return asked(reader, scope.account, _OF_TABLES)
        except CollectError:
            return {}

    def _ask(self, reader: Reader, item: Mapping[str, Any]) -> Json:
        project = item["$asset"]["project"]
        count = reader.memory.get(("tables", project), 0)
        if count >= self.most:
            raise CollectError(f"bytes were not asked for: at most {self.most} tables of a project are, one by one")
        reader.memory["tables", project] = count + 1
        values = {**item, "project": project, "id": item["$asset"]["id"]}
        answer = next(iter(reader.answers(_TABLE, values)))
        told = {"bytes": answer.get("numBytes"), "rows": answer.get("numRows")}
        return {key: value for key, value in told.items() if value is not None}


def _above(item: Mapping[str, Any]) -> dict[str, Any]:
    """The dataset of something, by its own name: {id, name}."""
    m = _NAME.fullmatch(item["$asset"]["name"])
    if m is None:
        return {}
    name = f"//bigquery.googleapis.com/projects/{m['project']}/datasets/{m['dataset']}"
    return {"$Dataset": {"id": m["dataset"], "name": name}}


def _of_table(table: Mapping[str, Any]) -> dict[str, Any]:
    """Its dataset, the table that it was made of, and those that its query names in full."""
    query = read(table, "view.query"), read(table, "materializedView.query")
    found = [m for text in query if isinstance(text, str) for m in _READ.finditer(text)]
    origins = (read(table, f"{key}.baseTableReference") for key in ("snapshotDefinition", "cloneDefinition"))
    return {
        **_above(table),
        "$Reads": list(dict.fromkeys(_table_name(m["project"], m["dataset"], m["table"]) for m in found)),
        "$Origins": [_table_name(o["projectId"], o["datasetId"], o["tableId"]) for o in origins if isinstance(o, dict)],
    }


def _table_name(project: str, dataset: str, table: str) -> str:
    return f"//bigquery.googleapis.com/projects/{project}/datasets/{dataset}/tables/{table}"


def moment(milliseconds: Any) -> str:
    """Milliseconds since 1970, however few."""
    return instant(int(milliseconds) / 1000)


def _bytes(table: Any) -> Any:
    """What a table holds; a view, or an external table, holds nothing of its own that anybody counts."""
    found = (read(table, "numBytes"), read(table, f"{SIZE}.bytes"))
    return next((round(float(value)) for value in found if value not in (MISSING, None)), MISSING)


def _rows(table: Any) -> Any:
    found = (read(table, "numRows"), read(table, f"{SIZE}.rows"))
    return next((int(value) for value in found if value not in (MISSING, None)), MISSING)


def _columns(fields: Any) -> list[dict[str, Any]]:
    return [{"name": column["name"], "type": column.get("type")} for column in fields]


def _keys(table: Any) -> Any:
    """Columns by which it is parted and sorted."""
    parted = [read(table, path) for path in ("timePartitioning.field", "rangePartitioning.field")]
    found = [*(p for p in parted if isinstance(p, str)), *(read(table, "clustering.fields") or ())]
    return found or MISSING


def _principals(access: Any) -> list[str]:
    """Whom a dataset lets in."""
    keys = ("iamMember", "userByEmail", "groupByEmail", "domain", "specialGroup")
    return list(dict.fromkeys(str(entry[key]) for entry in access for key in keys if entry.get(key)))


def _public(access: Any) -> bool:
    return not {"allUsers", "allAuthenticatedUsers"}.isdisjoint(_principals(access))


def _assigned(assignment: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "$Reservation", assignment["$asset"]["name"].partition("/assignments/")[0]
    yield "$Assignee", f"//cloudresourcemanager.googleapis.com/{assignment['assignee']}"


def _of_assignment(assignment: Mapping[str, Any]) -> dict[str, Any]:
    """The reservation, and whom it is given to."""
    return dict(_assigned(assignment))


def _of_transfer(transfer: Mapping[str, Any]) -> dict[str, Any]:
    """The dataset that it fills."""
    dataset = transfer.get("destinationDatasetId")
    head = f"//bigquery.googleapis.com/projects/{transfer['$asset']['project']}/datasets"
    return {"$Destination": f"{head}/{dataset}"} if dataset else {}


_DATASET = "//bigquery.googleapis.com/projects/PROJECT_ID/datasets/DATASET"
_RESERVED = "//bigqueryreservation.googleapis.com/projects/PROJECT_ID/locations/LOCATION"
_PART_OF = Link("part_of", "gcp.bigquery.dataset", "$Dataset.name")
_OWN = frozenset({"id", "$Dataset"})

KINDS = (
    row(
        Category.DATABASE,
        Asset(
            ("bigquery.googleapis.com/Dataset",),
            "bigquery.v2.Dataset",
            _DATASET,
            lookups=(Gauges({"Bytes": _BYTES}),),
        ),
        {
            "description": "description",
            "type": "type",
            "region": "location",
            "size_bytes": Field(f"{METRICS}.Bytes", round),
            "billing_mode": "storageBillingModel",
            "principals": Field("access", _principals),
            "public": Field("access", _public),
            "created_at": Field("creationTime", moment),
            "modified_at": Field("lastModifiedTime", moment),
        },
        key="defaultEncryptionConfiguration.kmsKeyName",
        quiet=frozenset({"id", "access"}),
    ),
    row(
        Category.DATA_TABLE,
        Asset(
            ("bigquery.googleapis.com/Table",),
            "bigquery.v2.Table",
            f"{_DATASET}/tables/TABLE",
            derive=_of_table,
            lookups=(TableSizes(),),
        ),
        {
            "description": "description",
            "type": "type",
            "size_bytes": Field("", _bytes),
            "row_count": Field("", _rows),
            "features_schema": Field("schema.fields", _columns),
            "keys": Field("", _keys),
            "format": "externalDataConfiguration.sourceFormat",
            "input_uris": "externalDataConfiguration.sourceUris",
            "table_format": "biglakeConfiguration.tableFormat",
            "expires_at": Field("expirationTime", moment),
            "created_at": Field("creationTime", moment),
            "modified_at": Field("lastModifiedTime", moment),
        },
        key="encryptionConfiguration.kmsKeyName",
        links=(
            _PART_OF,
            Link("reads_from", "gcp.bigquery.table", "$Reads[]"),
            Link("made_from", "gcp.bigquery.table", "$Origins[]", optional=True),
        ),
        quiet=_OWN | {"schema", "tableReference"},
    ),
    row(
        Category.MODEL,
        Asset(
            ("bigquery.googleapis.com/Model",),
            "bigquery.v2.Model",
            f"{_DATASET}/models/MODEL",
            derive=_above,
        ),
        {
            "description": "description",
            "model_type": "modelType",
            "endpoint": "remoteModelInfo.endpoint",
            "base_model": "remoteModelInfo.remoteServiceType",
            "features_schema": Field("featureColumns", lambda columns: [{"name": c.get("name")} for c in columns]),
            "run_count": Field("trainingRuns", len),
            "expires_at": Field("expirationTime", moment),
            "created_at": Field("creationTime", moment),
            "modified_at": Field("lastModifiedTime", moment),
        },
        key="encryptionConfiguration.kmsKeyName",
        links=(
            _PART_OF,
            Link("calls", "gcp.aiplatform.endpoint", "remoteModelInfo.endpoint"),
        ),
        quiet=_OWN | {"modelReference", "trainingRuns"},
    ),
    row(
        Category.FUNCTION,
        Asset(
            ("bigquery.googleapis.com/Routine",),
            "bigquery.v2.Routine",
            f"{_DATASET}/routines/ROUTINE",
            derive=_above,
        ),
        {
            "description": "description",
            "type": "routineType",
            "language": "language",
            "endpoint": "remoteFunctionOptions.endpoint",
            "created_at": Field("creationTime", moment),
            "modified_at": Field("lastModifiedTime", moment),
        },
        labels="",
        links=(_PART_OF,),
        sensitive=frozenset({"definitionBody", "remoteFunctionOptions.userDefinedContext"}),
        quiet=_OWN | {"routineReference"},
    ),
    row(
        Category.CAPACITY,
        Asset(
            ("bigqueryreservation.googleapis.com/Reservation",),
            "bigqueryreservation.v1.Reservation",
            f"{_RESERVED}/reservations/RESERVATION",
        ),
        {
            "size_class": "edition",
            "compute_unit_count": Field("slotCapacity", integer),
            "max_count": Field("autoscale.maxSlots", integer),
            "used_count": Field("autoscale.currentSlots", integer),
            "max_concurrency_count": Field("concurrency", integer),
            "created_at": Field("creationTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        quiet=frozenset({"name"}),
    ),
    row(
        Category.CAPACITY,
        Asset(
            ("bigqueryreservation.googleapis.com/ReservationAssignment",),
            "bigqueryreservation.v1.Assignment",
            f"{_RESERVED}/reservations/RESERVATION/assignments/ASSIGNMENT",
            derive=_of_assignment,
        ),
        {"state": "state", "type": "jobType", "account": "assignee"},
        labels="",
        links=(
            Link("part_of", "gcp.bigqueryreservation.reservation", "$Reservation"),
            Link("serves", "", "$Assignee", optional=True),
        ),
        quiet=frozenset({"name", "assignee"}),
    ),
    row(
        Category.CAPACITY,
        Asset(
            ("bigqueryreservation.googleapis.com/CapacityCommitment",),
            "bigqueryreservation.v1.CapacityCommitment",
            f"{_RESERVED}/capacityCommitments/CAPACITY_COMMITMENT",
        ),
        {
            "state": "state",
            "size_class": "edition",
            "commitment": "plan",
            "renewal": "renewalPlan",
            "compute_unit_count": Field("slotCount", integer),
            "started_at": Field("commitmentStartTime", instant),
            "expires_at": Field("commitmentEndTime", instant),
        },
        labels="",
        quiet=frozenset({"name"}),
    ),
    row(
        Category.DATA_TRANSFER,
        Asset(
            ("bigquerydatatransfer.googleapis.com/TransferConfig",),
            "bigquerydatatransfer.v1.TransferConfig",
            "//bigquerydatatransfer.googleapis.com/projects/PROJECT_NUMBER/locations/LOCATION/transferConfigs/TRANSFER_CONFIG",
            derive=_of_transfer,
        ),
        {
            "name": "displayName",
            "type": "dataSourceId",
            "state": "state",
            "suspended": "disabled",
            "schedule": "schedule",
            "failure_reason": "error.message",
            "owner": "ownerInfo.email",
            "modified_at": Field("updateTime", instant),
        },
        labels="",
        key="encryptionConfiguration.kmsKeyName",
        links=(
            Link("writes_to", "gcp.bigquery.dataset", "$Destination"),
            Link("notifies", "gcp.pubsub.topic", "notificationPubsubTopic"),
        ),
        sensitive=frozenset({"params"}),
        quiet=frozenset({"name", "ownerInfo"}),
    ),
)
