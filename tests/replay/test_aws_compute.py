"""Compute rows: an account built with the SDK and read back, and what only some answers show."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from collectors.aws import open_source
from collectors.aws.collector import AwsCollector
from collectors.aws.kinds import KINDS
from collectors.aws.registries import _summed
from normalize.mapping import observe
from normalize.model import Observation
from tests.servers.faulty_moto import FaultyMoto, serve

ACCOUNT, REGION = "123456789012", "us-east-1"
GONE = "ami-0123456789abcdef0"
SECRET = "hush-quarry-5521"
ENCODED = base64.b64encode(f"#!/bin/sh\nexport API_TOKEN={SECRET}\n".encode()).decode()
ROWS = {kind.name: kind for kind in KINDS}


@pytest.fixture(scope="module")
def server() -> Iterator[FaultyMoto]:
    patch = pytest.MonkeyPatch()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        patch.setenv(name, "testing")
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    running = serve()
    yield running
    running.close()
    patch.undo()


@pytest.fixture(scope="module")
def sdk(server: FaultyMoto) -> Any:
    return lambda service: boto3.client(service, region_name=REGION, endpoint_url=server.url)


@pytest.fixture(scope="module")
def planted(sdk: Any) -> dict[str, str]:
    ec2 = sdk("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.40.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.40.1.0/24")["Subnet"]["SubnetId"]
    image = ec2.register_image(Name="ml-base", Architecture="x86_64", RootDeviceName="/dev/sda1")["ImageId"]
    started = ec2.run_instances(ImageId=image, InstanceType="g6f.large", MinCount=1, MaxCount=1, SubnetId=subnet)
    template = ec2.create_launch_template(
        LaunchTemplateName="gpu",
        LaunchTemplateData={"ImageId": GONE, "InstanceType": "g5.12xlarge", "UserData": ENCODED},
    )["LaunchTemplate"]["LaunchTemplateId"]
    scaling = sdk("autoscaling")
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="gpu", MinSize=0, MaxSize=4, DesiredCapacity=0, VPCZoneIdentifier=subnet,
        LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
    )  # fmt: skip
    ecs = sdk("ecs")
    cluster = ecs.create_cluster(clusterName="serving")["cluster"]["clusterArn"]
    container = {
        "name": "vllm",
        "image": "vllm/vllm-openai:v0.11",
        "memory": 4096,
        "environment": [{"name": "HF_TOKEN", "value": SECRET}],
        "resourceRequirements": [{"type": "GPU", "value": "4"}],
    }
    definition = ecs.register_task_definition(family="chat", containerDefinitions=[container])["taskDefinition"]
    ecs.create_service(cluster="serving", serviceName="chat", taskDefinition="chat:1", desiredCount=0)
    return {
        "instance": started["Instances"][0]["InstanceId"],
        "image": image,
        "template": template,
        "cluster": cluster,
        "definition": definition["taskDefinitionArn"],
    }


@pytest.fixture(scope="module")
def source(server: FaultyMoto, planted: dict[str, str]) -> Iterator[AwsCollector]:
    opened = open_source({"name": "prod", "regions": [REGION], "endpoint_url": server.url})
    yield opened
    opened.close()


def seen(source: AwsCollector, kind: str) -> list[Observation]:
    (scope,) = source.scopes(ROWS[kind])
    records = list(source.collect(ROWS[kind], scope))
    assert [gap for record in records for gap in record.gaps] == []
    return [observe(record, ROWS[kind]) for record in records]


def images(observation: Observation) -> dict[str, bool]:
    """Key of each image that something starts from -> whether its absence would be quiet."""
    return {r.key: r.optional for r in observation.references if r.verb == "started_from" and "ami-" in r.key}


def test_share_of_a_gpu_is_an_accelerator_of_its_machine(source: AwsCollector, planted: dict[str, str]) -> None:
    (machine,) = seen(source, "aws.ec2.instance")
    (entry,) = machine.resource.attributes["accelerators"]
    assert machine.resource.native_id == planted["instance"]
    assert (entry["model"], entry["count"], entry["fraction"]) == ("L4", 1, 0.125)


def test_image_that_is_there_is_told_with_its_owner(source: AwsCollector, planted: dict[str, str]) -> None:
    (machine,) = seen(source, "aws.ec2.instance")
    told = machine.resource.attributes
    assert (told["machine_image_name"], told["machine_image_state"]) == ("ml-base", "available")
    assert list(images(machine)) == [f"aws:{planted['image']}"]


@pytest.mark.parametrize("kind", ["aws.ec2.launch_template", "aws.autoscaling.group"])
def test_image_that_is_gone_does_not_dangle_quietly(source: AwsCollector, kind: str) -> None:
    (found,) = seen(source, kind)
    assert found.resource.attributes["machine_image_state"] == "missing"
    assert images(found) == {f"aws:{GONE}": False}


def test_images_that_may_not_be_looked_up_are_unknown_not_missing(server: FaultyMoto, planted: dict[str, str]) -> None:
    server.fail(service="ec2", action="DescribeImages", kind="denied", times=-1)
    opened = open_source({"name": "prod", "regions": [REGION], "endpoint_url": server.url})
    (scope,) = opened.scopes(ROWS["aws.ec2.launch_template"])
    (record,) = opened.collect(ROWS["aws.ec2.launch_template"], scope)
    opened.close()
    server.heal()
    found = observe(record, ROWS["aws.ec2.launch_template"])
    assert [gap.needs for gap in record.gaps] == [("ec2:DescribeImages",)]
    assert "machine_image_state" not in found.resource.attributes
    assert images(found) == {f"aws:{GONE}": True}


def test_group_scaled_to_zero_shows_what_it_would_start(source: AwsCollector) -> None:
    (group,) = seen(source, "aws.autoscaling.group")
    told = group.resource.attributes
    assert (told["instance_count"], told["instance_types"], told["accelerator_count"]) == (0, ["g5.12xlarge"], 4)


def test_user_data_and_environments_are_not_kept(source: AwsCollector) -> None:
    kinds = ("aws.ec2.launch_template", "aws.autoscaling.group", "aws.ecs.service", "aws.ecs.task_definition")
    kept = str([o.payload for kind in kinds for o in seen(source, kind)])
    assert (SECRET in kept, ENCODED in kept) == (False, False)


def test_service_and_newest_revision_meet_in_their_family(source: AwsCollector, planted: dict[str, str]) -> None:
    (service,) = seen(source, "aws.ecs.service")
    (definition,) = seen(source, "aws.ecs.task_definition")
    assert definition.resource.id == planted["definition"].rpartition(":")[0]
    assert definition.resource.id in {r.key for r in service.references if r.verb == "run_of"}
    assert definition.resource.attributes["accelerator_requested_count"] == 4


def test_layers_that_images_share_are_counted_with_each() -> None:
    stored = [
        {"imageSizeInBytes": 5, "imageTags": ["a"], "imagePushedAt": "2026-10-02T08:00:00Z"},
        {"imageSizeInBytes": 7, "imagePushedAt": "2026-11-02T08:00:00Z"},
    ]
    held = _summed({"$Images": stored})
    assert held == {
        "$Images": [],
        "$Held": {"Count": 2, "Bytes": 12, "Tagged": 1, "Pushed": "2026-11-02T08:00:00Z"},
    }
