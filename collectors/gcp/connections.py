"""Connections of BigQuery: what it reads from elsewhere, and as whom.

BigQuery does not list the places that it has: they are asked for where a project has datasets, and in the multi-regions. Source:
discovery document bigqueryconnection v1, google-api-python-client 2.202.0, read 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.bigquery import moment
from collectors.gcp.databases import cloud_sql
from collectors.gcp.rows import Get, Listing, row
from normalize.mapping import MISSING, read
from normalize.model import Category, Field, Link

_SORTS = ("cloudSql", "cloudSpanner", "cloudResource", "spark", "aws", "azure", "salesforceDataCloud", "configuration")
_KEY = "kmsKeyName"


def _sort(connection: Mapping[str, Any]) -> Any:
    """What it leads to, as the API names its part of it."""
    return next((sort for sort in _SORTS if sort in connection), MISSING)


def _acts_as(connection: Mapping[str, Any]) -> Any:
    """The account of Google's own that it reads as; rights are given to that."""
    parts = (connection.get(sort) or {} for sort in ("cloudSql", "cloudResource", "spark"))
    return next((part["serviceAccountId"] for part in parts if "serviceAccountId" in part), MISSING)


def _of_connection(connection: Mapping[str, Any]) -> Mapping[str, Any]:
    named = read(dict(connection), "cloudSql.instanceId")
    return {"$Instance": cloud_sql(named)} if named else {}


KINDS = (
    row(
        Category.CONNECTION,
        Listing(
            Get(
                "bigqueryconnection.googleapis.com",
                "/v1/projects/{project}/locations/{location}/connections",
                "bigquery.connections.list",
                items="connections[]",
                page=100,
            ),
            "bigqueryconnection.googleapis.com/Connection",
            "bigqueryconnection.v1.Connection",
            "//bigqueryconnection.googleapis.com/{name}",
            places="gcp.bigquery.dataset",
            derive=_of_connection,
        ),
        {
            "name": "friendlyName",
            "description": "description",
            "type": Field("", _sort),
            "service_account": Field("", _acts_as),
            "created_at": Field("creationTime", moment),
            "modified_at": Field("lastModifiedTime", moment),
        },
        labels="",
        key=_KEY,
        links=(
            Link("leads_to", "gcp.sqladmin.instance", "$Instance"),
            Link("leads_to", "gcp.spanner.database", "cloudSpanner.database"),
            Link("uses", "gcp.metastore.service", "spark.metastoreServiceConfig.metastoreService"),
            Link("uses", "gcp.dataproc.cluster", "spark.sparkHistoryServerConfig.dataprocCluster"),
            Link("assumes", "aws.iam.role", "aws.accessRole.iamRoleId"),
        ),
        sensitive=frozenset({"cloudSql.credential", "configuration.authentication"}),
        quiet=frozenset({"name"}),
    ),
)
