"""The generated access files are what their tools accept, and grant nothing but reads."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import boto3
import hcl2
import kubernetes_validate
import pytest
import yaml
from cfnlint import lint_all
from moto import mock_aws

from collectors.kubernetes import open_source
from collectors.kubernetes.rows import KINDS
from normalize.errors import CollectError
from tests.servers.kubernetes_replay import Replay, target_of

IAM = Path(__file__).parents[2] / "deploy/iam"
FIXTURES = Path(__file__).parents[1] / "fixtures"
DISCOVERY = re.compile(r"/(?:version|api|apis)|/api/v1|/apis/[^/]+(?:/[^/]+)?")
"""What every account may read: the role system:discovery of an API server."""
READS = re.compile(r"[a-z0-9-]+:(?:Get|List|Describe|BatchGet|Search|Lookup|Query|Scan|View)\w*")
ASSUMES = "sts:AssumeRole"
BY_METHOD = "apigateway:GET"
"""API Gateway names its actions by the methods of HTTP."""


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
    assert [a for a in actions if not READS.fullmatch(a) and a not in (ASSUMES, BY_METHOD)] == []
    assert "secretsmanager:GetSecretValue" not in actions
    assert "s3:GetObject" not in actions


def test_cloudformation_accepts_the_template() -> None:
    found = lint_all(_read("aws-role.cloudformation.yaml"))
    assert [str(m) for m in found if m.rule.severity != "informational"] == []


@mock_aws
def test_the_template_makes_a_role_that_holds_the_whole_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    session = boto3.Session(region_name="us-east-1")
    body = _read("aws-role.cloudformation.yaml")
    parameters = {"TrustedPrincipalArn": "arn:aws:iam::111122223333:role/scanner", "ExternalId": "x-1"}
    session.client("cloudformation").create_stack(
        StackName="stocktake",
        TemplateBody=body,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
    )
    iam = session.client("iam")
    (role,) = iam.list_roles()["Roles"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert (role["RoleName"], trust["Principal"]) == ("StocktakeReadOnly", {"AWS": parameters["TrustedPrincipalArn"]})
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": "x-1"}}
    granted: set[str] = set()
    for policy in iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]:
        version = iam.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId="v1")["PolicyVersion"]
        granted |= _actions(version["Document"])
    assert granted == _actions(json.loads(_read("aws-policy.json"))) - {ASSUMES}


def test_terraform_makes_a_role_that_holds_the_whole_policy() -> None:
    """As far as a parser can tell: every name that is used is declared, and every document ends at the role."""
    text = _read("aws-role.tf")
    parsed = hcl2.load(io.StringIO(text))
    documents = _blocks(parsed["data"])
    resources = _blocks(parsed["resource"])
    declared = {f"data.{name}" for name in documents} | resources.keys()
    declared |= {f"var.{_bare(name)}" for block in parsed["variable"] for name in block}
    used = {m[0] for m in re.finditer(r"\b(?:data\.)?aws_\w+\.\w+|\bvar\.\w+", text)}
    assert used - declared == set()
    read = {name for name in documents if not name.endswith(".trust")}
    attached = [r for name, r in resources.items() if name.startswith("aws_iam_role_policy_attachment.")]
    assert len(attached) == len(read) == len([r for r in resources if r.startswith("aws_iam_policy.")])
    assert {r["role"] for r in attached} == {"${aws_iam_role.stocktake.name}"}
    granted = {_bare(a) for name in read for s in documents[name]["statement"] for a in s["actions"]}
    assert granted == _actions(json.loads(_read("aws-policy.json"))) - {ASSUMES}


def test_the_google_cloud_role_only_reads() -> None:
    role = yaml.safe_load(_read("gcp-role.yaml"))
    assert role.keys() == {"title", "description", "stage", "includedPermissions"}
    permissions = role["includedPermissions"]
    assert [
        p
        for p in permissions
        if not re.search(r"\.(?:get|list|search|query)\w*$", p) and p != "serviceusage.services.use"
    ] == []
    assert not [
        p
        for p in permissions
        if re.search(r"secretmanager.versions|storage.objects|bigquery.tables.getData|accessTokens", p)
    ]


def test_terraform_grants_the_google_cloud_role_to_one_identity() -> None:
    text = _read("gcp-role.tf")
    parsed = hcl2.load(io.StringIO(text))
    resources = _blocks(parsed["resource"])
    declared = resources.keys() | {f"var.{_bare(name)}" for block in parsed["variable"] for name in block}
    used = {m[0] for m in re.finditer(r"\bgoogle_\w+\.\w+|\bvar\.\w+", text)}
    assert used - declared == set()
    (given,) = parsed["locals"]
    assert list(map(_bare, given["permissions"])) == yaml.safe_load(_read("gcp-role.yaml"))["includedPermissions"]
    assert {r["member"] for name, r in resources.items() if "_member." in name} == {"${var.member}"}


def _blocks(section: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """ "type.name" -> body of each block of a section of parsed Terraform."""
    return {
        f"{_bare(type_)}.{_bare(name)}": body
        for block in section
        for type_, named in block.items()
        for name, body in named.items()
    }


def _bare(text: str) -> str:
    """A string without the quotes that the parser keeps."""
    return text.strip('"')


@pytest.mark.parametrize("release", ["1.31", kubernetes_validate.latest_version()])
def test_kubernetes_accepts_the_roles(release: str) -> None:
    for manifest in yaml.safe_load_all(_read("kubernetes-rbac.yaml")):
        kubernetes_validate.validate(manifest, release, strict=True)


def _rules() -> list[dict[str, Any]]:
    roles = [m for m in yaml.safe_load_all(_read("kubernetes-rbac.yaml")) if m["kind"] == "ClusterRole"]
    return [r for role in roles for r in role["rules"]]


def _allows(rule: dict[str, Any], path: str) -> bool:
    """Whether a rule allows to GET a path, as the authorizer of an API server judges it."""
    target = target_of(path)
    if target is None:
        return path in rule.get("nonResourceURLs", ()) and "get" in rule["verbs"]
    verb = "get" if target.name else "list"
    return (
        target.group in rule.get("apiGroups", ())
        and bool({target.plural, "*"} & {*rule["resources"]})
        and verb in rule["verbs"]
    )


def test_the_kubernetes_roles_allow_every_request_of_a_scan(tmp_path: Path) -> None:
    """But lists of types that no row knows: a scan names each of those with the permission that it lacks."""
    with Replay(FIXTURES / "kubernetes-train") as replay:
        collector = open_source({"name": "train", "kubeconfig": str(replay.write_kubeconfig(tmp_path / "kubeconfig"))})
        for kind in collector.kinds():
            for scope in collector.scopes(kind):
                with contextlib.suppress(CollectError):
                    list(collector.collect(kind, scope))
        collector.close()
        asked = {r.path for r in replay.requests if r.method == "GET" and not DISCOVERY.fullmatch(r.path)}
    known = {(k.fetch.group, k.fetch.plural) for k in KINDS}
    refused = [target_of(path) or path for path in asked if not any(_allows(rule, path) for rule in _rules())]
    assert len(asked) > 50
    assert [t for t in refused if isinstance(t, str) or (t.group, t.plural) in known] == []


def test_the_kubernetes_roles_only_list_and_get() -> None:
    rules = _rules()
    assert rules
    assert {v for r in rules for v in r["verbs"]} <= {"get", "list"}
    assert not [r for r in rules if "*" in r.get("resources", ()) and "" in r["apiGroups"]]
