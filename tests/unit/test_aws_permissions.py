"""The AWS policy: complete, read-only, and the same in every format."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from collectors.aws.client import READ_ONLY
from collectors.aws.errors import action
from collectors.aws.kinds import KINDS
from collectors.aws.permissions import POLICY_CHARACTERS, SCOPE_ACTIONS, actions, parts, policy, render
from collectors.aws.rows import all_calls
from normalize.errors import ConfigError

ENTER = "sts:AssumeRole"
ATTACHED_POLICIES = 10
"""Managed policies that a role may hold unless its quota was raised. Source: IAM User Guide, "IAM and AWS STS quotas"; not verified."""


def test_policy_allows_every_call_of_every_row() -> None:
    allowed = {name for statement in policy()["Statement"] for name in statement["Action"]}
    called = {action(call.service, call.operation) for kind in KINDS for call in all_calls(kind.fetch)}
    assert called | set(SCOPE_ACTIONS) | {ENTER} == allowed


def test_policy_allows_only_reads() -> None:
    verbs = {name.partition(":")[2] for name in actions()}
    assert {v for v in verbs if not READ_ONLY.match(v)} == {"GET", "Search"}  # API Gateway's are methods of HTTP


def test_parts_are_the_whole_policy_without_entering_and_fit_into_managed_policies() -> None:
    names = [n for document in parts() for statement in document["Statement"] for n in statement["Action"]]
    assert sorted(names) == actions()
    assert max(len(json.dumps(document, separators=(",", ":"))) for document in parts()) <= POLICY_CHARACTERS
    assert len(parts()) <= ATTACHED_POLICIES


def test_only_the_role_itself_may_be_assumed() -> None:
    (statement,) = [s for s in policy()["Statement"] if ENTER in s["Action"]]
    assert (statement["Action"], statement["Resource"]) == ([ENTER], "arn:*:iam::*:role/StocktakeReadOnly")


@pytest.mark.parametrize(
    ("service", "operation", "expected"),
    [
        ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
        ("s3", "GetBucketEncryption", "s3:GetEncryptionConfiguration"),
        ("s3", "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
        ("s3", "GetBucketLocation", "s3:GetBucketLocation"),
        ("elbv2", "DescribeListeners", "elasticloadbalancing:DescribeListeners"),
        ("efs", "DescribeFileSystems", "elasticfilesystem:DescribeFileSystems"),
        ("stepfunctions", "ListStateMachines", "states:ListStateMachines"),
        ("cloudwatch", "GetMetricData", "cloudwatch:GetMetricData"),
        ("rds", "DescribeDBInstances", "rds:DescribeDBInstances"),
    ],
)
def test_action_has_the_name_that_iam_knows(service: str, operation: str, expected: str) -> None:
    assert action(service, operation) == expected


@pytest.mark.parametrize("format_", ["json", "terraform", "cloudformation"])
def test_every_format_names_every_action_and_is_stable(format_: str) -> None:
    text = render(format_)
    assert [name for name in actions() if f'"{name}"' not in text] == []
    assert render(format_) == text


def test_unknown_format_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="json, terraform, cloudformation"):
        render("yaml")


def test_cloudformation_template_passes_cfn_lint(tmp_path: Path) -> None:
    template = tmp_path / "role.json"
    template.write_text(render("cloudformation"))
    lint = Path(sys.executable).parent / "cfn-lint"
    checked = subprocess.run([lint, template], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, "")
