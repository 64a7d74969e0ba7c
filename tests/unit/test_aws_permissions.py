"""The AWS policy: complete, read-only, and the same in every format."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from collectors.aws.errors import action
from collectors.aws.kinds import KINDS
from collectors.aws.permissions import SCOPE_ACTIONS, actions, policy, render
from collectors.aws.rows import all_calls
from normalize.errors import ConfigError

MANAGED_POLICY_LIMIT = 6144
"""Characters without white space. Source: AWS re:Post knowledge center, "How can I increase the default managed policy or
character size limit for an IAM role or user?" (6,144), and botocore 1.44.5, IAM GetAccountSummary (PolicySizeQuota, without
white space); read 2026-11-24."""


def test_policy_allows_every_call_of_every_row() -> None:
    allowed = {name for statement in policy()["Statement"] for name in statement["Action"]}
    called = {action(call.service, call.operation) for kind in KINDS for call in all_calls(kind.fetch)}
    assert called | set(SCOPE_ACTIONS) == allowed


def test_policy_allows_only_reads() -> None:
    verbs = {name.partition(":")[2] for name in actions()}
    assert {v for v in verbs if not v.startswith(("Describe", "List", "Get"))} == set()


def test_policy_fits_into_a_managed_policy() -> None:
    assert len(json.dumps(policy(), separators=(",", ":"))) <= MANAGED_POLICY_LIMIT


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
