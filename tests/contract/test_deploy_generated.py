"""The generated access files are what their tools accept, and grant nothing but reads."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import hcl2
import kubernetes_validate
import pytest
import yaml
from cfnlint import lint_all

IAM = Path(__file__).parents[2] / "deploy/iam"
READS = re.compile(r"[a-z0-9-]+:(?:Get|List|Describe|BatchGet|Search|Lookup|Query|Scan|View)\w*")
ASSUMES = "sts:AssumeRole"


def _read(name: str) -> str:
    return (IAM / name).read_text()


def _statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    found = policy["Statement"]
    return found if isinstance(found, list) else [found]


def _actions(policy: dict[str, Any]) -> set[str]:
    named = [s["Action"] for s in _statements(policy) if s["Effect"] == "Allow"]
    return {a for one in named for a in ([one] if isinstance(one, str) else one)}


def test_the_aws_policy_only_reads() -> None:
    actions = _actions(json.loads(_read("aws-policy.json")))
    assert actions
    assert [a for a in actions if not READS.fullmatch(a) and a != ASSUMES] == []
    assert "secretsmanager:GetSecretValue" not in actions
    assert "s3:GetObject" not in actions


def test_cloudformation_accepts_the_template() -> None:
    found = lint_all(_read("aws-role.cloudformation.yaml"))
    assert [str(m) for m in found if m.rule.severity != "informational"] == []


def test_terraform_parses_and_names_the_same_actions() -> None:
    text = _read("aws-role.tf")
    parsed = hcl2.load(io.StringIO(text))
    assert {"aws_iam_role", "aws_iam_policy", "aws_iam_role_policy", "aws_iam_policy_document"} & _resource_types(
        parsed
    )
    wanted = _actions(json.loads(_read("aws-policy.json"))) - {ASSUMES}
    assert [a for a in wanted if f'"{a}"' not in text] == []


def _resource_types(parsed: dict[str, Any]) -> set[str]:
    blocks = [b for section in ("resource", "data") for b in parsed.get(section, [])]
    return {name.strip('"') for block in blocks for name in block}


@pytest.mark.parametrize("release", ["1.31", kubernetes_validate.latest_version()])
def test_kubernetes_accepts_the_roles(release: str) -> None:
    for manifest in yaml.safe_load_all(_read("kubernetes-rbac.yaml")):
        kubernetes_validate.validate(manifest, release, strict=True)


def test_the_kubernetes_roles_only_list_and_get() -> None:
    roles = [m for m in yaml.safe_load_all(_read("kubernetes-rbac.yaml")) if m["kind"] == "ClusterRole"]
    rules = [r for role in roles for r in role["rules"]]
    assert rules
    assert {v for r in rules for v in r["verbs"]} <= {"get", "list"}
    assert not [r for r in rules if "*" in r.get("resources", ()) and "" in r["apiGroups"]]
