"""What a stack of CloudFormation declares, by the ids of what it made."""

from __future__ import annotations

import pytest

from collectors.aws.stacks import _declared

STACK = "arn:aws:cloudformation:eu-west-1:111122223333:stack/ml/5a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"


@pytest.mark.parametrize(
    ("type_", "id_", "key"),
    [
        ("AWS::S3::Bucket", "data", "s3://data"),
        ("AWS::IAM::Role", "r", "aws.iam.role|111122223333||r"),
        ("AWS::Lambda::Function", "f", "arn:aws:lambda:eu-west-1:111122223333:function:f"),
        (
            "AWS::SQS::Queue",
            "https://sqs.eu-west-1.amazonaws.com/111122223333/q",
            "arn:aws:sqs:eu-west-1:111122223333:q",
        ),
        ("AWS::EC2::Instance", "i-0a9b8c7d6e5f40312", "aws:i-0a9b8c7d6e5f40312"),
        ("AWS::EC2::EIP", "192.0.2.1|eipalloc-0a9b8c7d6e5f40312", "aws:eipalloc-0a9b8c7d6e5f40312"),
        ("AWS::IAM::ManagedPolicy", "arn:aws:iam::111122223333:policy/p", "arn:aws:iam::111122223333:policy/p"),
        ("AWS::AutoScaling::AutoScalingGroup", "g", "aws.autoscaling.group|111122223333|eu-west-1|g"),
    ],
)
def test_a_thing_is_known_by_its_type_and_id(type_: str, id_: str, key: str) -> None:
    (link,) = _declared({"StackId": STACK, "$Resources": [made(type_, id_)]})["$links"]
    assert (link["verb"], link["key"], link["path"], link["optional"]) == ("declares", key, "One", True)


def made(type_: str, id_: str, status: str = "CREATE_COMPLETE") -> dict[str, str]:
    return {"LogicalResourceId": "One", "PhysicalResourceId": id_, "ResourceType": type_, "ResourceStatus": status}


@pytest.mark.parametrize(
    "resource",
    [
        made(
            "AWS::SecretsManager::SecretTargetAttachment",
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s-AbCdEf",
        ),
        made("AWS::S3::BucketPolicy", "data"),
        made("AWS::EC2::Route", "rtb-0a9b8c7d6e5f40312|0.0.0.0/0"),
        made("AWS::S3::Bucket", "kept", "DELETE_SKIPPED"),
        made(
            "AWS::CloudFormation::WaitConditionHandle",
            "https://cloudformation-waitcondition-eu-west-1.s3.amazonaws.com/x",
        ),
        {"LogicalResourceId": "One", "ResourceType": "AWS::S3::Bucket", "ResourceStatus": "CREATE_FAILED"},
    ],
)
def test_what_speaks_of_another_thing_or_is_no_more_declares_nothing(resource: dict[str, str]) -> None:
    assert _declared({"StackId": STACK, "$Resources": [resource]})["$links"] == []
