"""What describes data, and what works on it without code: Dataproc Metastore, Dataplex, Cloud Data Fusion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.rows import Asset, row
from collectors.gcp.values import completed
from normalize.model import Alias, Category, Field, Link
from normalize.units import instant, integer

_DATAPLEX = "//dataplex.googleapis.com/projects/PROJECT_ID/locations/LOCATION/lakes/LAKE"
_DATES: Mapping[str, Field] = {
    "created_at": Field("createTime", instant),
    "modified_at": Field("updateTime", instant),
}


def _lake(item: Mapping[str, Any]) -> dict[str, Any]:
    """What something of Dataplex is part of, by its own name."""
    return {"$Above": item["$asset"]["name"].rsplit("/", 2)[0]}


def _shown(asset: Mapping[str, Any]) -> dict[str, Any]:
    """The bucket or dataset that a zone shows. Source: dataplex v1, AssetResourceSpec.name, read 2026-11-24."""
    name = (asset.get("resourceSpec") or {}).get("name") or ""
    bucket = name.rpartition("/buckets/")[2] if "/buckets/" in name else ""
    return {**_lake(asset), "$Shown": f"gs://{bucket}" if bucket else f"//bigquery.googleapis.com/{name}"}


def _of_fusion(instance: Mapping[str, Any]) -> dict[str, Any]:
    network = (instance.get("networkConfig") or {}).get("network")
    return {"$Network": completed(instance["$asset"], network, "networks")} if network else {}


KINDS = (
    row(
        Category.DATA_CATALOG,
        Asset(
            ("metastore.googleapis.com/Service",),
            "metastore.v1.Service",
            "//metastore.googleapis.com/projects/PROJECT_ID/locations/LOCATION/services/SERVICE",
        ),
        {
            "state": "state",
            "failure_reason": "stateMessage",
            "size_class": "tier",
            "engine": "databaseType",
            "engine_version": "hiveMetastoreConfig.version",
            "endpoint": "endpointUri",
            "port": Field("port", integer),
            "artifact_uri": "artifactGcsUri",
            "deletion_protected": "deletionProtection",
            **_DATES,
        },
        key="encryptionConfig.kmsKey",
        links=(Link("runs_in", "gcp.compute.network", "network"),),
        aliases=(Alias("uri", "endpointUri"),),
        sensitive=frozenset({"hiveMetastoreConfig.configOverrides", "hiveMetastoreConfig.kerberosConfig"}),
        quiet=frozenset({"name", "endpointUri"}),
    ),
    row(
        Category.DATA_CATALOG,
        Asset(("dataplex.googleapis.com/Lake",), "dataplex.v1.GoogleCloudDataplexV1Lake", _DATAPLEX),
        {
            "name": "displayName",
            "description": "description",
            "state": "state",
            "service_account": "serviceAccount",
            **_DATES,
        },
        links=(
            Link("assumes", "gcp.iam.service_account", "serviceAccount"),
            Link("uses", "gcp.metastore.service", "metastore.service"),
        ),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.DATA_CATALOG,
        Asset(
            ("dataplex.googleapis.com/Zone",),
            "dataplex.v1.GoogleCloudDataplexV1Zone",
            f"{_DATAPLEX}/zones/ZONE",
            derive=_lake,
        ),
        {"name": "displayName", "description": "description", "state": "state", "type": "type", **_DATES},
        links=(Link("part_of", "gcp.dataplex.lake", "$Above"),),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.DATA_CATALOG,
        Asset(
            ("dataplex.googleapis.com/Asset",),
            "dataplex.v1.GoogleCloudDataplexV1Asset",
            f"{_DATAPLEX}/zones/ZONE/assets/ASSET",
            derive=_shown,
        ),
        {
            "name": "displayName",
            "description": "description",
            "state": "state",
            "type": "resourceSpec.type",
            **_DATES,
        },
        links=(
            Link("part_of", "gcp.dataplex.zone", "$Above"),
            Link("shows", "", "$Shown"),
        ),
        quiet=frozenset({"name", "resourceSpec"}),
    ),
    row(
        Category.PIPELINE,
        Asset(
            ("datafusion.googleapis.com/Instance",),
            "datafusion.v1.Instance",
            "//datafusion.googleapis.com/projects/PROJECT_ID/locations/LOCATION/instances/INSTANCE",
            derive=_of_fusion,
        ),
        {
            "description": "description",
            "state": "state",
            "failure_reason": "stateMessage",
            "type": "type",
            "version": "version",
            "zone": "zone",
            "private": "privateInstance",
            "endpoint": "serviceEndpoint",
            "service_account": "dataprocServiceAccount",
            **_DATES,
        },
        key="cryptoKeyConfig.keyReference",
        links=(
            Link("assumes", "gcp.iam.service_account", "dataprocServiceAccount"),
            Link("runs_in", "gcp.compute.network", "$Network"),
            Link("stores_in", "gcp.storage.bucket", "gcsBucket"),
        ),
        aliases=(Alias("uri", "serviceEndpoint"),),
        sensitive=frozenset({"options"}),
        quiet=frozenset({"name", "serviceEndpoint", "apiEndpoint", "p4ServiceAccount", "tenantProjectId"}),
    ),
)
