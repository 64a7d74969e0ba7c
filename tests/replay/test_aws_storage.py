"""Rows of storage over moto, and what a bucket's policy says about others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from collectors.aws import open_source
from collectors.aws.collector import AwsCollector
from collectors.aws.kinds import KINDS
from collectors.aws.metrics import held_by_file_system
from collectors.aws.outsiders import outsiders
from normalize.mapping import MISSING, observe
from normalize.model import Observation
from tests.servers.faulty_moto import FaultyMoto, serve

NOW = datetime(2026, 11, 24, 4, 15, tzinfo=UTC)
ACCOUNT, REGION = "123456789012", "us-east-1"
ROWS = {kind.name: kind for kind in KINDS}
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:new-data"


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


def allow(principal: Any, **more: Any) -> dict[str, Any]:
    resource = "arn:aws:s3:::shared/*"
    return {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": resource, **more}


def plant(server: FaultyMoto) -> None:
    s3, sqs, efs, fsx = (sdk(server, name) for name in ("s3", "sqs", "efs", "fsx"))
    sqs.create_queue(QueueName="new-data")
    for name in ("shared", "copy", "bare"):
        s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=name == "copy")
    partner = {"AWS": ["arn:aws:iam::210987654321:root", f"arn:aws:iam::{ACCOUNT}:role/ml"]}
    s3.put_bucket_policy(Bucket="shared", Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow(partner)]}))
    for name in ("shared", "copy"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    destination = {"Bucket": "arn:aws:s3:::copy"}
    rule = {"ID": "dr", "Priority": 1, "Status": "Enabled", "Filter": {"Prefix": ""}, "Destination": destination}
    s3.put_bucket_replication(
        Bucket="shared", ReplicationConfiguration={"Role": f"arn:aws:iam::{ACCOUNT}:role/copy", "Rules": [rule]}
    )
    s3.put_bucket_lifecycle_configuration(
        Bucket="shared",
        LifecycleConfiguration={
            "Rules": [{"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "raw/"}, "Expiration": {"Days": 30}}]
        },
    )
    notice = {"QueueArn": QUEUE, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="shared", NotificationConfiguration={"QueueConfigurations": [notice]}
    )
    files = efs.create_file_system(CreationToken="notebooks")["FileSystemId"]
    efs.create_access_point(ClientToken="a", FileSystemId=files, RootDirectory={"Path": "/notebooks"})
    fsx.create_file_system(FileSystemType="LUSTRE", StorageCapacity=1200, SubnetIds=["subnet-0a1b2c3d4e5f60718"])


@pytest.fixture(scope="module")
def source(server: FaultyMoto) -> Iterator[AwsCollector]:
    opened = open_source({"name": "prod", "regions": [REGION], "endpoint_url": server.url}, clock=lambda: NOW)
    yield opened
    opened.close()


def seen(source: AwsCollector, kind: str) -> dict[str, Observation]:
    found = [observe(r, ROWS[kind]) for scope in source.scopes(ROWS[kind]) for r in source.collect(ROWS[kind], scope)]
    assert [gap for o in found for gap in o.gaps] == []
    return {str(o.resource.native_id): o for o in found}


def test_a_bucket_says_whom_it_is_shared_with_and_where_its_data_go(source: AwsCollector) -> None:
    bucket = seen(source, "aws.s3.bucket")["shared"]
    assert bucket.resource.attributes["shared_with"] == ["210987654321"]
    assert bucket.resource.attributes["rules"] == [
        {"name": "old", "prefix": "raw/", "state": "Enabled", "expires_after_days": 30}
    ]
    assert {(r.verb, r.value) for r in bucket.references} >= {
        ("replicates_to", "arn:aws:s3:::copy"),
        ("notifies", QUEUE),
        ("assumes", f"arn:aws:iam::{ACCOUNT}:role/copy"),
    }


def test_a_bucket_without_a_policy_is_known_to_be_shared_with_nobody(source: AwsCollector) -> None:
    buckets = seen(source, "aws.s3.bucket")
    assert sorted(buckets) == ["bare", "copy", "shared"]
    assert buckets["bare"].resource.attributes["shared_with"] == []
    locked = {name: b.resource.attributes["write_once"] for name, b in buckets.items()}
    assert locked == {"bare": False, "copy": True, "shared": False}


def test_a_policy_that_is_denied_leaves_unknown_who_has_a_share(source: AwsCollector, server: FaultyMoto) -> None:
    server.fail(service="s3", action="GetBucketPolicy", kind="denied", times=-1)
    row = ROWS["aws.s3.bucket"]
    try:
        records = [r for scope in source.scopes(row) for r in source.collect(row, scope)]
    finally:
        server.heal()
    for record in records:
        assert [gap.call for gap in record.gaps] == ["s3:GetBucketPolicy"]
        assert not {"shared_with", "public"} & set(observe(record, row).resource.attributes)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (allow("*"), ["*"]),
        (allow({"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1"}}), ["* if aws:PrincipalOrgID"]),
        (allow({"AWS": [ACCOUNT, "210987654321"]}), ["210987654321"]),
        (allow({"AWS": "arn:aws-cn:sts::210987654321:assumed-role/ml/x"}), ["210987654321"]),
        (allow({"Service": "cloudtrail.amazonaws.com"}), ["cloudtrail.amazonaws.com"]),
        ({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}, []),
        ({"Effect": "Allow", "NotPrincipal": {"AWS": ACCOUNT}, "Action": "*", "Resource": "*"}, ["*"]),
    ],
)
def test_only_who_is_outside_the_account_is_told(statement: dict[str, Any], found: list[str]) -> None:
    assert outsiders(json.dumps({"Statement": statement}), ACCOUNT) == found


def test_file_systems_and_ways_into_them_are_found(source: AwsCollector, server: FaultyMoto) -> None:
    (files,) = sdk(server, "efs").describe_file_systems()["FileSystems"]
    (way,) = seen(source, "aws.efs.access_point").values()
    assert ("part_of", files["FileSystemId"]) in {(r.verb, r.value) for r in way.references}
    assert way.resource.attributes["root_path"] == "/notebooks"
    (lustre,) = sdk(server, "fsx").describe_file_systems()["FileSystems"]
    assert list(seen(source, "aws.fsx.file_system")) == [lustre["FileSystemId"]]


@pytest.mark.parametrize(
    ("told", "held"),
    [
        ({"LogicalDiskUsage": 7.0}, 7),
        ({"UsedStorageCapacity": 0.0}, 0),
        ({"FreeStorageCapacity": float(1024**3)}, 1024**3),
        ({}, MISSING),
    ],
)
def test_bytes_of_a_file_system_are_known_only_where_aws_says_so(told: dict[str, float], held: Any) -> None:
    assert held_by_file_system({"StorageCapacity": 2, "$Metrics": told}) == held
