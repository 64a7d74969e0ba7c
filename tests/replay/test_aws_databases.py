"""Rows of databases over moto: what an account has is found once, by the row of its own engine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from collectors.aws import open_source
from collectors.aws.collector import AwsCollector
from collectors.aws.kinds import KINDS
from normalize.mapping import observe
from normalize.model import Observation
from tests.servers.faulty_moto import FaultyMoto, serve

NOW = datetime(2026, 11, 24, 4, 15, tzinfo=UTC)
REGION = "us-east-1"
ROWS = {kind.name: kind for kind in KINDS}
LOGIN = {"MasterUsername": "root", "MasterUserPassword": "hush-quarry-5521"}


@pytest.fixture(scope="module")
def server() -> Iterator[FaultyMoto]:
    running = serve()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "x")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        plant(running)
        yield running
    running.close()


def sdk(server: FaultyMoto, service: str) -> Any:
    return boto3.client(service, REGION, endpoint_url=server.url)


def plant(server: FaultyMoto) -> None:
    rds = sdk(server, "rds")
    for engine in ("aurora-postgresql", "neptune"):
        name = engine.partition("-")[0]
        rds.create_db_cluster(DBClusterIdentifier=name, Engine=engine, **LOGIN)
        rds.create_db_instance(
            DBInstanceIdentifier=f"{name}-1", DBInstanceClass="db.r6g.large", Engine=engine, DBClusterIdentifier=name
        )
    rds.create_db_instance(
        DBInstanceIdentifier="features",
        DBInstanceClass="db.r6g.large",
        Engine="postgres",
        AllocatedStorage=500,
        EnableIAMDatabaseAuthentication=True,
        **LOGIN,
    )
    rds.create_db_instance_read_replica(DBInstanceIdentifier="features-copy", SourceDBInstanceIdentifier="features")
    rds.create_db_parameter_group(
        DBParameterGroupName="features-pg17", DBParameterGroupFamily="postgres17", Description="Feature store"
    )
    rds.create_db_snapshot(DBSnapshotIdentifier="features-before-17", DBInstanceIdentifier="features")
    rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier="aurora-before-17", DBClusterIdentifier="aurora")
    dynamodb = sdk(server, "dynamodb")
    key = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}
    key["KeySchema"] = [{"AttributeName": "id", "KeyType": "HASH"}]
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 2}
    dynamodb.create_table(TableName="provisioned", ProvisionedThroughput=units, **key)
    dynamodb.create_table(
        TableName="online", BillingMode="PAY_PER_REQUEST", Tags=[{"Key": "team", "Value": "fraud"}], **key
    )
    dynamodb.update_time_to_live(
        TableName="online", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    dynamodb.update_continuous_backups(
        TableName="online", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )


@pytest.fixture(scope="module")
def source(server: FaultyMoto) -> Iterator[AwsCollector]:
    opened = open_source({"name": "prod", "regions": [REGION], "endpoint_url": server.url}, clock=lambda: NOW)
    yield opened
    opened.close()


def seen(source: AwsCollector, kind: str) -> dict[str, Observation]:
    found = [observe(r, ROWS[kind]) for scope in source.scopes(ROWS[kind]) for r in source.collect(ROWS[kind], scope)]
    assert all(not o.gaps and not o.misfits for o in found)
    return {str(o.resource.name): o for o in found}


def test_every_cluster_and_instance_is_found_once_by_the_row_of_its_engine(
    source: AwsCollector, server: FaultyMoto
) -> None:
    names = {
        k: sorted(seen(source, k))
        for k in ROWS
        if k.endswith((".cluster", ".instance")) and k.split(".")[1] in ("rds", "docdb", "neptune")
    }
    assert names == {
        "aws.rds.cluster": ["aurora"],
        "aws.rds.instance": ["aurora-1", "features", "features-copy"],
        "aws.docdb.cluster": [],
        "aws.docdb.instance": [],
        "aws.neptune.cluster": ["neptune"],
        "aws.neptune.instance": ["neptune-1"],
    }
    rds = sdk(server, "rds")
    told = [c["DBClusterIdentifier"] for c in rds.describe_db_clusters()["DBClusters"]]
    told += [i["DBInstanceIdentifier"] for i in rds.describe_db_instances()["DBInstances"]]
    assert sorted(told) == sorted(name for found in names.values() for name in found)


def test_an_instance_of_a_cluster_with_a_shared_volume_holds_nothing_of_its_own(source: AwsCollector) -> None:
    instances = seen(source, "aws.rds.instance")
    assert instances["aurora-1"].resource.attributes["size_bytes"] == 0
    assert "size_bytes" not in instances["features"].resource.attributes  # CloudWatch said nothing: not nought


def test_a_replica_points_to_what_it_copies(source: AwsCollector) -> None:
    found = seen(source, "aws.rds.instance")["features-copy"].references
    assert [r.value for r in found if r.verb == "replica_of"] == ["features"]


def test_only_parameter_groups_of_the_account_are_kept(source: AwsCollector) -> None:
    assert list(seen(source, "aws.rds.parameter_group")) == ["features-pg17"]


def test_a_snapshot_of_a_cluster_names_the_cluster_by_its_arn(source: AwsCollector) -> None:
    (snapshot,) = seen(source, "aws.rds.cluster_snapshot").values()
    assert ("made_from", f"arn:aws:rds:{REGION}:123456789012:cluster:aurora") in {
        (r.verb, r.value) for r in snapshot.references
    }


def test_a_table_says_how_it_is_billed_whether_items_expire_and_how_it_is_saved(source: AwsCollector) -> None:
    tables = {name: o.resource for name, o in seen(source, "aws.dynamodb.table").items()}
    assert sorted(tables) == ["online", "provisioned"]
    assert tables["provisioned"].attributes["billing_mode"] == "PROVISIONED"
    assert tables["provisioned"].attributes["items_expire"] is False
    online = tables["online"].attributes
    assert (online["billing_mode"], online["items_expire"], online["point_in_time_recovery"]) == (
        "PAY_PER_REQUEST",
        True,
        True,
    )
    assert tables["online"].tags == {"team": "fraud"}
