"""The benchmarks' AWS endpoint: what an SDK reads from it is what the estate holds, in every protocol."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from benchmarks.aws_estate import Endpoint, running
from benchmarks.aws_estate.estate import ROLE, Estate, Sizes
from collectors.aws.client import Client
from collectors.aws.collector import AwsCollector
from collectors.aws.kinds import KINDS

pytestmark = pytest.mark.service

ESTATE = Estate.of(dataclasses.replace(Sizes().times(0.004), instances=1003, training_jobs=103), accounts=2, regions=2)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with running(ESTATE) as server:
        yield server


@pytest.fixture
def client(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in endpoint.environment().items():
        monkeypatch.setenv(name, value)
    session = botocore.session.Session()
    return lambda service, region="us-east-1": session.create_client(service, region_name=region)


def test_every_kind_is_found_in_full_in_every_account(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in endpoint.environment().items():
        monkeypatch.setenv(name, value)
    collector = AwsCollector("bench", Client(endpoint_url=endpoint.url, role=ROLE), KINDS, accounts="organization")
    found = Counter(
        record.kind for kind in KINDS for scope in collector.scopes(kind) for record in collector.collect(kind, scope)
    )
    collector.close()
    assert found == ESTATE.expected()
    assert endpoint.stats()["faults"] == []


def test_pages_hold_each_instance_once(client: Any) -> None:
    pages = list(client("ec2").get_paginator("describe_instances").paginate())
    ids = [i["InstanceId"] for page in pages for r in page["Reservations"] for i in r["Instances"]]
    assert (len(pages), len(ids), len(set(ids))) == (2, 1003, 1003)


def test_other_regions_hold_other_things(client: Any) -> None:
    volumes = [client("ec2", region).describe_volumes()["Volumes"] for region in ESTATE.regions]
    assert not {v["VolumeId"] for v in volumes[0]} & {v["VolumeId"] for v in volumes[1]}


def test_two_servers_with_one_seed_answer_alike(client: Any, endpoint: Endpoint) -> None:
    def told(url: str) -> Any:
        ec2 = botocore.session.Session().create_client("ec2", region_name="us-east-1", endpoint_url=url)
        return ec2.describe_instances(MaxResults=5)["Reservations"]

    with running(ESTATE) as twin:
        assert told(twin.url) == told(endpoint.url)


def test_an_operation_without_data_is_answered_empty_in_each_protocol(client: Any) -> None:
    assert client("ec2").describe_nat_gateways()["NatGateways"] == []
    assert client("rds").describe_db_clusters()["DBClusters"] == []
    assert client("dynamodb").list_tables()["TableNames"] == []
    assert client("eks").list_clusters()["clusters"] == []
    assert client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert client("bedrock").list_foundation_models()["modelSummaries"] == []


def test_what_a_bucket_lacks_is_an_error_and_an_unknown_bucket_another(client: Any) -> None:
    s3 = client("s3")
    names = [b["Name"] for b in s3.list_buckets()["Buckets"]]
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=names[0])
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.get_bucket_tagging(Bucket="nobody-00001")
