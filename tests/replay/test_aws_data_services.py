"""Rows of warehouses, search, caches, catalogs, streams, events and workflows over moto: what the account holds is found,
once, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from collectors.aws import open_source
from collectors.aws.collector import AwsCollector
from collectors.aws.kinds import KINDS
from normalize.errors import CollectError
from normalize.mapping import observe
from normalize.model import Observation
from tests.servers.faulty_moto import FaultyMoto, serve

NOW = datetime(2026, 11, 24, 4, 15, tzinfo=UTC)
REGION, ACCOUNT = "us-east-1", "123456789012"
ROWS = {kind.name: kind for kind in KINDS}
SECRET = "hush-quarry-5521"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ml"
DEFINITION = {
    "StartAt": "Both",
    "States": {
        "Both": {
            "Type": "Parallel",
            "End": True,
            "Branches": [
                {
                    "StartAt": "Train",
                    "States": {
                        "Train": {
                            "Type": "Task",
                            "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
                            "Parameters": {"TrainingJobName.$": "$.name", "Environment": {"TOKEN": SECRET}},
                            "End": True,
                        }
                    },
                },
                {
                    "StartAt": "Tell",
                    "States": {
                        "Tell": {
                            "Type": "Task",
                            "Resource": "arn:aws:states:::sqs:sendMessage",
                            "Parameters": {
                                "QueueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/jobs",
                                "MessageBody.$": "$.id",
                            },
                            "End": True,
                        }
                    },
                },
            ],
        }
    },
}


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


@pytest.fixture(scope="module")
def source(server: FaultyMoto) -> Iterator[AwsCollector]:
    opened = open_source({"name": "prod", "regions": [REGION], "endpoint_url": server.url}, clock=lambda: NOW)
    yield opened
    opened.close()


def sdk(server: FaultyMoto, service: str) -> Any:
    return boto3.client(service, REGION, endpoint_url=server.url)


def plant(server: FaultyMoto) -> None:
    plant_stores(server)
    plant_catalog(server)
    plant_messages(server)


def plant_stores(server: FaultyMoto) -> None:
    redshift = sdk(server, "redshift")
    redshift.create_cluster(
        ClusterIdentifier="dwh",
        NodeType="ra3.4xlarge",
        MasterUsername="root",
        MasterUserPassword=SECRET,
        NumberOfNodes=3,
        ClusterType="multi-node",
    )
    redshift.create_cluster_snapshot(SnapshotIdentifier="before-cutover", ClusterIdentifier="dwh")
    sdk(server, "opensearch").create_domain(
        DomainName="retrieval",
        EngineVersion="OpenSearch_2.11",
        ClusterConfig={"InstanceType": "r6g.large.search", "InstanceCount": 3},
        EBSOptions={"EBSEnabled": True, "VolumeType": "gp3", "VolumeSize": 100},
    )
    sdk(server, "elasticache").create_replication_group(
        ReplicationGroupId="features", ReplicationGroupDescription="Online features", Engine="redis"
    )
    sdk(server, "memorydb").create_cluster(ClusterName="vectors", NodeType="db.r6g.large", ACLName="open-access")


def plant_catalog(server: FaultyMoto) -> None:
    glue = sdk(server, "glue")
    for database in ("lake", "raw"):
        glue.create_database(DatabaseInput={"Name": database, "LocationUri": f"s3://acme-{database}/"})
        glue.create_table(
            DatabaseName=database,
            TableInput={
                "Name": "clicks",
                "StorageDescriptor": {
                    "Columns": [{"Name": "user_id", "Type": "bigint"}],
                    "Location": f"s3://acme-{database}/clicks/",
                    "SerdeInfo": {"Parameters": {"token": SECRET}},
                },
                "Parameters": {"classification": "parquet", "sizeKey": "7340032"},
            },
        )
    glue.create_connection(
        ConnectionInput={
            "Name": "orders",
            "ConnectionType": "JDBC",
            "ConnectionProperties": {
                "JDBC_CONNECTION_URL": f"jdbc:postgresql://orders.acme.example:5432/orders?user=etl&password={SECRET}",
                "USERNAME": "etl",
                "PASSWORD": SECRET,
            },
        }
    )
    glue.create_job(
        Name="build",
        Role=ROLE,
        Command={"Name": "glueetl", "ScriptLocation": "s3://acme-code/build.py"},
        DefaultArguments={"--api-token": SECRET},
        Connections={"Connections": ["orders"]},
    )
    glue.create_workflow(Name="nightly", DefaultRunProperties={"token": SECRET})
    sdk(server, "athena").create_work_group(
        Name="features", Configuration={"ResultConfiguration": {"OutputLocation": "s3://acme-results/"}}
    )
    sdk(server, "lakeformation").register_resource(ResourceArn="arn:aws:s3:::acme-lake", RoleArn=ROLE)


def plant_messages(server: FaultyMoto) -> None:
    sqs, sns, events = sdk(server, "sqs"), sdk(server, "sns"), sdk(server, "events")
    sqs.create_queue(QueueName="failed")
    redrive = {"deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:failed", "maxReceiveCount": 5}
    sqs.create_queue(QueueName="jobs", Attributes={"RedrivePolicy": json.dumps(redrive)})
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs")
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="jane.doe@acme.example")
    events.create_event_bus(Name="orders")
    events.put_rule(Name="score", EventBusName="orders", EventPattern=json.dumps({"source": ["acme"]}))
    target = {"Id": "1", "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs", "Input": json.dumps({"token": SECRET})}
    events.put_targets(Rule="score", EventBusName="orders", Targets=[target])
    streams = sdk(server, "kinesis")
    streams.create_stream(StreamName="clicks", ShardCount=2)
    for name in ("clicks-to-lake", "logs-to-lake"):
        sdk(server, "firehose").create_delivery_stream(
            DeliveryStreamName=name,
            ExtendedS3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::acme-lake"},
        )
    sdk(server, "scheduler").create_schedule(
        Name="weekly",
        ScheduleExpression="rate(7 days)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs", "RoleArn": ROLE, "Input": SECRET},
    )
    workflows = sdk(server, "stepfunctions")
    workflows.create_state_machine(name="nightly", definition=json.dumps(DEFINITION), roleArn=ROLE)


def seen(source: AwsCollector, kind: str) -> dict[str, Observation]:
    """Resources of a kind by name, of whom there must be one each; nothing may be missing of them."""
    row = ROWS[f"aws.{kind}"]
    (scope,) = source.scopes(row)
    records = list(source.collect(row, scope))
    assert [gap for record in records for gap in record.gaps] == []
    found = [observe(record, row) for record in records]
    assert [o.misfits for o in found if o.misfits] == []
    assert len({o.resource.id for o in found}) == len(found)
    return {o.resource.name or "": o for o in found if o.payload.get("SnapshotType") != "automated"}  # moto gives all


FOUND = {
    "redshift.cluster": {"dwh"},
    "redshift.snapshot": {"before-cutover"},
    "opensearch.domain": {"retrieval"},
    "opensearchserverless.collection": set(),
    "elasticache.replication_group": {"features"},
    "memorydb.cluster": {"vectors"},
    "glue.database": {"lake", "raw"},
    "glue.connection": {"orders"},
    "glue.job": {"build"},
    "glue.workflow": {"nightly"},
    "glue.crawler": set(),
    "athena.work_group": {"primary", "features"},
    "sqs.queue": {"failed", "jobs"},
    "sns.topic": {"alerts"},
    "events.event_bus": {"default", "orders"},
    "events.rule": {"score"},
    "kinesis.stream": {"clicks"},
    "firehose.delivery_stream": {"clicks-to-lake", "logs-to-lake"},
    "scheduler.schedule": {"weekly"},
    "stepfunctions.state_machine": {"nightly"},
    "kafka.cluster": set(),
    "mq.broker": set(),
}


@pytest.mark.parametrize("kind", FOUND)
def test_what_the_account_has_is_found_and_nothing_else(source: AwsCollector, kind: str) -> None:
    assert set(seen(source, kind)) == FOUND[kind]


@pytest.mark.parametrize("kind", [*FOUND, "glue.table", "sns.subscription"])
def test_neither_passwords_nor_addresses_of_people_leave_the_collector(source: AwsCollector, kind: str) -> None:
    for observation in seen(source, kind).values():
        text = json.dumps([observation.payload, dict(observation.resource.attributes)])
        assert SECRET not in text
        assert "jane.doe" not in text


def test_a_table_is_its_databases(source: AwsCollector) -> None:
    row = ROWS["aws.glue.table"]
    (scope,) = source.scopes(row)
    found = {o.resource.id: o for o in (observe(r, row) for r in source.collect(row, scope))}
    assert set(found) == {f"arn:aws:glue:{REGION}:{ACCOUNT}:table/{d}/clicks" for d in ("lake", "raw")}
    table = found[f"arn:aws:glue:{REGION}:{ACCOUNT}:table/lake/clicks"]
    assert table.resource.attributes["table_format"] == "parquet"
    assert table.resource.attributes["size_bytes"] == 7340032
    assert ("stores_in", "s3://acme-lake") in {(r.verb, r.key) for r in table.references}


def test_messages_that_nobody_handles_are_followed(source: AwsCollector) -> None:
    jobs = seen(source, "sqs.queue")["jobs"]
    failed = f"arn:aws:sqs:{REGION}:{ACCOUNT}:failed"
    assert ("dead_letters_to", failed) in {(r.verb, r.key) for r in jobs.references}
    assert jobs.resource.attributes["retry_count"] == 5


def test_subscriptions_lead_from_topic_to_queue(source: AwsCollector) -> None:
    found = seen(source, "sns.subscription").values()
    assert sorted(o.resource.attributes["protocol"] for o in found) == ["email", "sqs"]
    verbs = {(r.verb, r.key) for o in found for r in o.references}
    assert ("reads_from", f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts") in verbs
    assert ("writes_to", f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs") in verbs


def test_tasks_in_branches_of_a_state_machine_say_what_they_use(source: AwsCollector) -> None:
    machine = seen(source, "stepfunctions.state_machine")["nightly"]
    assert [s["name"] for s in machine.resource.attributes["steps"]] == ["Both", "Train", "Tell"]
    assert ("writes_to", f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs") in {(r.verb, r.key) for r in machine.references}


def test_a_definition_that_cannot_be_read_is_left_out_not_leaked(source: AwsCollector) -> None:
    row = ROWS["aws.stepfunctions.state_machine"]
    derive = row.fetch.detail[0].derive
    assert derive({"definition": f"{{ {SECRET}"})["definition"] is None


def test_more_than_a_listing_holds_is_no_complete_listing(source: AwsCollector) -> None:
    more = {"ListDeliveryStreams": {"DeliveryStreamNames": ["a"], "HasMoreDeliveryStreams": True}}
    client = source._client.client("", REGION, "firehose")

    def answer(model: Any, **_: Any) -> Any:
        return AWSResponse("http://stub", 200, {}, None), more[model.name]

    client.meta.events.register("before-call.firehose.ListDeliveryStreams", answer)
    row = ROWS["aws.firehose.delivery_stream"]
    try:
        with pytest.raises(CollectError, match="more than one answer"):
            list(source._client.answers("", REGION, row.fetch, row.fetch.params))
    finally:
        client.meta.events.unregister("before-call.firehose.ListDeliveryStreams", answer)
