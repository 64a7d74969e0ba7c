"""Identities, keys, organisations, spend and second listings: an account that moto holds, and what only some answers show."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from collectors.aws import open_source
from collectors.aws.collector import AwsCollector
from collectors.aws.kinds import KINDS
from collectors.aws.spend import last_month
from normalize.errors import CollectError
from normalize.mapping import observe
from normalize.model import Observation
from tests.servers.faulty_moto import FaultyMoto, serve

NOW = datetime(2026, 11, 24, 4, 15, tzinfo=UTC)
REGION = "us-east-1"
BY_NAME = {kind.name: kind for kind in KINDS}


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyMoto]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    server = serve()
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    urllib.request.urlopen(urllib.request.Request(f"{server.url}/moto-api/reset", method="POST", data=b"")).close()
    yield server
    server.close()


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsCollector]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    opened = open_source({"name": "prod", "regions": [REGION]}, clock=lambda: NOW)
    yield opened
    opened.close()


def sdk(service: str) -> Any:
    return boto3.client(service)


def seen(source: AwsCollector, name: str) -> dict[str, Observation]:
    kind = BY_NAME[name]
    records = [r for scope in source.scopes(kind) for r in source.collect(kind, scope)]
    return {o.resource.name or "": o for o in (observe(r, kind) for r in records)}


def told(source: AwsCollector, answer: Callable[[str, Any], dict[str, Any]]) -> list[tuple[str, Any]]:
    """Let a function answer every call; what was asked."""
    asked: list[tuple[str, Any]] = []

    def respond(model: Any, params: Any, **_: Any) -> Any:
        body = params["body"]
        body = json.loads(body) if isinstance(body, bytes | str) and body else body
        asked.append((model.name, body))
        ok: Any = AWSResponse("http://stub", 200, {"content-type": "json"}, None)
        if model.name == "GetCallerIdentity":
            return ok, {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/x", "UserId": "x"}
        return ok, answer(model.name, body)

    source._client._base.register("before-call", respond)
    return asked


def test_units_are_found_at_every_depth(moto: FaultyMoto, source: AwsCollector) -> None:
    organizations = sdk("organizations")
    organizations.create_organization(FeatureSet="ALL")
    parent = root = organizations.list_roots()["Roots"][0]["Id"]
    for depth in range(5):
        made = organizations.create_organizational_unit(ParentId=parent, Name=f"depth-{depth}")
        organizations.create_organizational_unit(ParentId=parent, Name=f"beside-{depth}")
        parent = made["OrganizationalUnit"]["Id"]
    units = seen(source, "aws.organizations.unit")
    assert set(units) == {f"{noun}-{depth}" for noun in ("depth", "beside") for depth in range(5)}
    above = {name: [r.value for r in unit.references if r.verb == "member_of"] for name, unit in units.items()}
    assert above["depth-0"][0].endswith(root)
    assert above["beside-4"] == [units["depth-3"].resource.id]


def test_units_that_cannot_be_listed_somewhere_are_not_none(moto: FaultyMoto, source: AwsCollector) -> None:
    organizations = sdk("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.create_organizational_unit(ParentId=root, Name="a")
    moto.fail(service="organizations", action="ListOrganizationalUnitsForParent", kind="denied", after=1, times=-1)
    with pytest.raises(CollectError):
        seen(source, "aws.organizations.unit")


def test_a_tree_of_units_that_is_a_circle_ends(source: AwsCollector) -> None:
    unit = {"Id": "ou-ab12-cd34ef56", "Arn": "arn:aws:organizations::123456789012:ou/o-1/ou-ab12-cd34ef56", "Name": "a"}
    root = {"Id": "r-ab12", "Arn": "arn:aws:organizations::123456789012:root/o-1/r-ab12", "Name": "Root"}
    told(source, lambda name, _: {"Roots": [root]} if name == "ListRoots" else {"OrganizationalUnits": [unit]})
    assert set(seen(source, "aws.organizations.unit")) == {"a"}


def test_whom_a_role_trusts_is_linked(moto: FaultyMoto, source: AwsCollector) -> None:
    iam = sdk("iam")
    provider = iam.create_open_id_connect_provider(Url="https://token.example.org", ThumbprintList=["a" * 40])
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:root"}, "Action": "sts:AssumeRole"},
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"},
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider["OpenIDConnectProviderArn"]},
                "Action": "sts:AssumeRoleWithWebIdentity",
            },
        ],
    }
    iam.create_role(RoleName="trainer", AssumeRolePolicyDocument=json.dumps(trust))
    reads = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::features/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [reads]})
    iam.put_role_policy(RoleName="trainer", PolicyName="features", PolicyDocument=document)
    role = seen(source, "aws.iam.role")["trainer"]
    trusts = {(r.target, r.account, r.value) for r in role.references if r.verb == "trusts"}
    assert trusts == {
        ("aws.organizations.account", "210987654321", "210987654321"),
        ("aws.iam.oidc_provider", "123456789012", provider["OpenIDConnectProviderArn"]),
    }
    assert role.resource.attributes["permissions"] == [
        {"effect": "Allow", "services": ["s3"], "resources": ["arn:aws:s3:::features/*"]}
    ]


def test_an_access_key_is_counted_and_not_kept(moto: FaultyMoto, source: AwsCollector) -> None:
    iam = sdk("iam")
    iam.create_user(UserName="ci")
    key = iam.create_access_key(UserName="ci")["AccessKey"]
    user = seen(source, "aws.iam.user")["ci"]
    assert user.resource.attributes["active_key_count"] == 1
    assert key["AccessKeyId"] not in json.dumps(user.payload)


def test_parameters_are_listed_without_their_values(moto: FaultyMoto, source: AwsCollector) -> None:
    sdk("ssm").put_parameter(Name="/ml/token", Value="tell-nobody", Type="SecureString")
    sdk("ssm").put_parameter(Name="plain", Value="tell-nobody", Type="String")
    found = seen(source, "aws.ssm.parameter")
    assert {o.resource.id.partition(":parameter")[2] for o in found.values()} == {"/ml/token", "/plain"}
    assert "tell-nobody" not in json.dumps([o.payload for o in found.values()])
    assert moto.count("ssm", "GetParameter") == moto.count("ssm", "GetParameters") == 0


def test_a_second_listing_counts_by_type_and_mentions_nothing(moto: FaultyMoto, source: AwsCollector) -> None:
    tags = [{"Key": "team", "Value": "ml"}]
    ec2 = sdk("ec2")
    vpcs = [ec2.create_vpc(CidrBlock=f"10.{i}.0.0/16")["Vpc"]["VpcId"] for i in range(3)]
    ec2.create_tags(Resources=vpcs, Tags=tags)
    listed = seen(source, "aws.resourcegroupstaggingapi.listed_type")
    vpc = listed["ec2:vpc"].resource.attributes
    assert (vpc["listed_count"], vpc["truncated"]) == (3, False)
    assert sorted(arn.rpartition("/")[2] for arn in vpc["listed"]) == sorted(vpcs)
    assert [o.references for o in listed.values() if o.references] == []


def test_a_second_listing_that_breaks_off_says_nothing(moto: FaultyMoto, source: AwsCollector) -> None:
    moto.fail(service="tagging", action="GetResources", kind="denied", times=-1)
    with pytest.raises(CollectError):
        seen(source, "aws.resourcegroupstaggingapi.listed_type")


def test_config_is_not_asked_for_the_names_of_very_many_things(source: AwsCollector) -> None:
    counts = [{"resourceType": "AWS::EC2::VPC", "count": 1}, {"resourceType": "AWS::EC2::Volume", "count": 40_000}]
    one = {"resourceType": "AWS::EC2::VPC", "resourceId": "vpc-1"}
    asked = told(
        source,
        lambda name, _: {"resourceCounts": counts} if name.startswith("GetD") else {"resourceIdentifiers": [one]},
    )
    listed = {name: o.resource.attributes for name, o in seen(source, "aws.config.listed_type").items()}
    assert listed["AWS::EC2::VPC"] == {"listed_count": 1, "listed": ["vpc-1"], "truncated": False}
    assert listed["AWS::EC2::Volume"] == {"listed_count": 40_000, "truncated": True}
    assert [body["resourceType"] for name, body in asked if name == "ListDiscoveredResources"] == ["AWS::EC2::VPC"]


def test_spend_is_asked_of_the_last_whole_month_region_by_region(source: AwsCollector) -> None:
    money = {"Amount": "12.5", "Unit": "USD"}
    hours = {"Amount": "744", "Unit": "Hrs"}
    metrics = {"UnblendedCost": money, "AmortizedCost": money, "UsageQuantity": hours}
    period = {"Start": "2026-10-01", "End": "2026-11-01"}

    def answer(name: str, body: Any) -> dict[str, Any]:
        if name == "GetDimensionValues":
            return {"DimensionValues": [{"Value": "us-east-1"}, {"Value": "eu-west-1"}]}
        region = body["Filter"]["Dimensions"]["Values"][0]
        group = {"Keys": ["210987654321", f"BoxUsage:{region}"], "Metrics": metrics}
        return {"ResultsByTime": [{"TimePeriod": period, "Groups": [group], "Estimated": False}]}

    asked = told(source, answer)
    usage = seen(source, "aws.ce.usage")
    paid = [body for name, body in asked if name != "GetCallerIdentity"]
    assert {body["TimePeriod"]["Start"] for body in paid} == {"2026-10-01"}
    assert len(paid) == 1 + 2
    found = {
        (a["region"], a["account"], a["cost_usd"], a["usage_quantity"], a["unit"])
        for a in map(_attributes, usage.values())
    }
    assert found == {(region, "210987654321", 12.5, 744.0, "Hrs") for region in ("us-east-1", "eu-west-1")}


def _attributes(observation: Observation) -> Any:
    return observation.resource.attributes


@pytest.mark.parametrize(
    ("day", "start", "end"), [("2026-01-01", "2025-12-01", "2026-01-01"), ("2024-03-31", "2024-02-01", "2024-03-01")]
)
def test_last_month_is_whole(day: str, start: str, end: str) -> None:
    assert last_month(datetime.fromisoformat(f"{day}T00:00:00Z")) == {"TimePeriod": {"Start": start, "End": end}}
