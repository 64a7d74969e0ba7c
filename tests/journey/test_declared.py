"""A scanned account beside a state of Terraform and a stack of CloudFormation, through the command line."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.journey.desk import AWS, Desk
from tests.servers.faulty_moto import serve
from tests.unit.test_terraform import instance, resource, state, written

ACCOUNT, REGION = "123456789012", "us-east-1"
SOME = ("--kind", "aws.sqs.*", "--kind", "aws.s3.bucket", "--kind", "aws.cloudformation.*")
TEMPLATE = {"Resources": {"Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "of-the-stack"}}}}


def arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    running = serve()
    urllib.request.urlopen(urllib.request.Request(running.url + "/moto-api/reset", method="POST", data=b"")).close()

    def sdk(service: str) -> Any:
        return boto3.client(
            service, region_name=REGION, endpoint_url=running.url, aws_access_key_id="testing", aws_secret_access_key="testing"
        )  # fmt: skip

    for name in ("declared", "by-hand"):
        sdk("sqs").create_queue(QueueName=name)
    sdk("s3").create_bucket(Bucket="training-data")
    sdk("cloudformation").create_stack(StackName="ml", TemplateBody=json.dumps(TEMPLATE))
    desk = Desk(tmp_path_factory.mktemp("declared"), **AWS)
    desk.configure(f'type = "aws"\nname = "prod"\nregions = ["{REGION}"]\nendpoint_url = "{running.url}"')
    assert desk.run("scan", *SOME)[0] == 0
    yield desk
    running.close()


def test_a_state_is_held_against_what_is_there(desk: Desk) -> None:
    told = state(
        resource("aws_sqs_queue", "q", instance("a", arn=arn("declared")), instance("b", arn=arn("destroyed-by-hand"))),
        resource("aws_s3_bucket", "b", instance(arn="arn:aws:s3:::training-data")),
        resource("aws_kinesis_stream", "s", instance(arn=f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/not-looked-for")),
    )
    written(desk.folder / "prod" / "terraform.tfstate", told)
    assert desk.run("import", "prod")[0] == 0
    gaps = {
        g["subject_id"] or g["code"]: g for g in desk.rows("gaps") if g["code"] in ("undeclared", "declared-not-found")
    }
    by_hand = gaps[arn("by-hand")]
    lost = gaps['terraform://4e3c04dd-1bfb-70aa-9e5f-759d7d42f5ab/aws_sqs_queue.q["b"]']
    assert (len(gaps), by_hand["code"], lost["code"]) == (2, "undeclared", "declared-not-found")
    assert "while 2 of that kind there are declared" in by_hand["why"]
    assert lost["evidence"][0]["path"] == 'aws_sqs_queue.q["b"]'
    declared = {
        (r["source_id"].rpartition("/")[2], r["target_id"]) for r in desk.rows("relations", "--verb", "declares")
    }
    assert ("aws_s3_bucket.b", "arn:aws:s3:::training-data") in declared
    assert arn("of-the-stack") in {target for _, target in declared}
    page = Path(desk.folder / "gaps.html")
    desk.told("report", "gaps", "--output", str(page))
    assert "declared-not-found" in page.read_text(encoding="utf-8")
