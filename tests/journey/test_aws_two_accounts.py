"""Two accounts and four regions under exactly the printed policy, in both directions: what there is is found and what is found
is there; what is allowed is needed and what is needed is allowed; what check foretells comes and what comes was foretold."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import botocore.session
import pytest

from collectors.aws import open_source
from collectors.aws.kinds import KINDS
from collectors.aws.rows import Call, all_calls
from normalize.errors import CollectError, SkippedError
from normalize.model import Kind
from tests.journey.desk import AWS, Desk
from tests.servers import iam_gate, moto_truth
from tests.servers.faulty_moto import FaultyMoto, serve
from tests.servers.moto_estate import EAST, PRODUCTION, RESEARCH, ROLE, WEST, Account, build

SHUT = "555566667777"
"""An account whose role may not be assumed."""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}
DENIED = (
    "ec2:DescribeVpcs",  # listings, in XML of EC2
    "rds:DescribeDBInstances",  # XML of Query
    "secretsmanager:ListSecrets",  # JSON
    "lambda:ListFunctions",  # REST with JSON
    "bedrock:ListGuardrails",  # of a service that the emulator does not know
    "iam:ListInstanceProfiles",  # of the world
    "sagemaker:DescribeModel",  # details
    "sqs:GetQueueAttributes",
    "kms:DescribeKey",
    "elasticloadbalancing:DescribeListeners",
    "s3:GetEncryptionConfiguration",  # whose action has another name than the call
    "ec2:DescribeInstanceTypes",  # a lookup of several kinds
    "cloudwatch:ListMetrics",  # a lookup of buckets, and a listing
    "ecs:ListClusters",  # parents: what is under them cannot be listed either
    "eks:ListNodegroups",  # children of parents that can be listed
)
ONLY_EAST = "dynamodb:ListTables"
"""Allowed where aws:RequestedRegion is the first region."""
SESSION = botocore.session.Session()
BY_NAME = {kind.name: kind for kind in KINDS}
Look = tuple[str, str, str]
"""Kind, account, place."""
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Foretold:
    """What check said. `allowed`, `refused`: actions that IAM was asked for."""

    code: int
    rows: Rows
    said: str
    allowed: frozenset[str]
    refused: frozenset[str]

    @property
    def denials(self) -> set[tuple[Look, str]]:
        return {(look(row), need) for row in self.rows for need in row["needs"]}


@dataclass(frozen=True)
class Stage:
    """What check foretold, and what the scan left."""

    foretold: Foretold
    code: int
    said: str
    coverage: Rows
    gaps: Rows
    resources: Rows
    allowed: frozenset[str]
    refused: frozenset[str]

    @property
    def denials(self) -> set[tuple[Look, str]]:
        return {(look(row), need) for row in self.coverage for need in row.get("needs", ())}


def look(row: Mapping[str, Any]) -> Look:
    return row["kind"], row["account"], row["place"]


@dataclass(frozen=True)
class World:
    """The estate, and what it showed under the whole policy and under one that lacks much."""

    truth: Mapping[str, set[str]]
    printed: Mapping[str, Any]
    parts: list[dict[str, Any]]
    keys: Mapping[str, str]
    whole: Stage
    limited: Stage


@pytest.fixture(scope="module")
def server() -> Iterator[FaultyMoto]:
    running = serve()
    urllib.request.urlopen(urllib.request.Request(running.url + "/moto-api/reset", method="POST", data=b"")).close()
    build(running.url)
    moto_truth.plant(running.url)
    yield running
    running.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, server: FaultyMoto) -> World:
    desk = Desk(tmp_path_factory.mktemp("two"), **AWS)
    printed = json.loads(desk.told("permissions", "aws"))
    parts = managed(json.loads(desk.told("permissions", "aws", "--format", "cloudformation")))
    keys = make_reader(server, printed)
    desk.env |= keys
    make_role(server, PRODUCTION, parts)
    make_role(server, RESEARCH, parts)
    truth = moto_truth.things(server.url)
    configure(desk, server, [PRODUCTION], [EAST, WEST])  # some of the world is asked for in the second
    foretold = check(desk, server)
    configure(desk, server, [PRODUCTION, RESEARCH], list(moto_truth.REGIONS))
    whole = scan(desk, server, foretold)

    admin(server).put_user_policy(
        UserName="stocktake", PolicyName="read", PolicyDocument=json.dumps(only_entering(printed, PRODUCTION))
    )
    make_role(server, PRODUCTION, [without(document, DENIED) for document in parts])
    less = Desk(tmp_path_factory.mktemp("less"), **desk.env)
    configure(less, server, [PRODUCTION, SHUT], [EAST, WEST])
    limited = scan(less, server, check(less, server))
    return World(truth, printed, parts, keys, whole, limited)


def configure(desk: Desk, server: FaultyMoto, accounts: list[str], regions: list[str]) -> None:
    desk.configure(
        f'type = "aws"\nname = "prod"\nregions = {json.dumps(regions)}\naccounts = {json.dumps(accounts)}\n'
        f'role = "{ROLE}"\nendpoint_url = "{server.url}"'
    )


def check(desk: Desk, server: FaultyMoto) -> Foretold:
    server.heal()
    server.guarded = True
    code, out, err = desk.run("check", "--format", "json")
    server.guarded = False
    return Foretold(code, json.loads(out), err, frozenset(server.allowed), frozenset(server.refused))


def scan(desk: Desk, server: FaultyMoto, foretold: Foretold) -> Stage:
    server.heal()
    server.guarded = True
    code, _, said = desk.run("scan")
    server.guarded = False
    told = [desk.rows(listing) for listing in ("coverage", "gaps", "resources")]
    return Stage(foretold, code, said, *told, frozenset(server.allowed), frozenset(server.refused))


def admin(server: FaultyMoto) -> Any:
    return boto3.client(
        "iam", region_name=EAST, endpoint_url=server.url, aws_access_key_id="testing", aws_secret_access_key="testing"
    )


def make_reader(server: FaultyMoto, document: Mapping[str, Any]) -> dict[str, str]:
    """A user that may do what the printed policy says; its keys, as environment."""
    iam = admin(server)
    iam.create_user(UserName="stocktake")
    iam.put_user_policy(UserName="stocktake", PolicyName="read", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName="stocktake")["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def make_role(server: FaultyMoto, account: str, documents: Iterable[Mapping[str, Any]]) -> None:
    """The role that is assumed, with these policies and no other."""
    iam = Account(server.url, account).client("iam", EAST)
    if ROLE not in {role["RoleName"] for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]}:
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(TRUST))
    for name in iam.list_role_policies(RoleName=ROLE)["PolicyNames"]:
        iam.delete_role_policy(RoleName=ROLE, PolicyName=name)
    for number, document in enumerate(documents):
        iam.put_role_policy(RoleName=ROLE, PolicyName=f"read-{number}", PolicyDocument=json.dumps(document))


def managed(template: Mapping[str, Any]) -> list[dict[str, Any]]:
    resources = template["Resources"].values()
    return [r["Properties"]["PolicyDocument"] for r in resources if r["Type"] == "AWS::IAM::ManagedPolicy"]


def without(document: Mapping[str, Any], actions: Iterable[str]) -> dict[str, Any]:
    """A policy without some actions, and with one in the first region only."""
    left = set(actions) | {ONLY_EAST}
    statements = [
        {**s, "Action": kept} for s in document["Statement"] if (kept := [a for a in s["Action"] if a not in left])
    ]
    if any(ONLY_EAST in s["Action"] for s in document["Statement"]):
        near = {"StringEquals": {"aws:RequestedRegion": EAST}}
        statements.append({"Effect": "Allow", "Action": [ONLY_EAST], "Resource": "*", "Condition": near})
    return {**document, "Statement": statements}


def only_entering(document: Mapping[str, Any], account: str) -> dict[str, Any]:
    text = json.dumps(document).replace(f"arn:*:iam::*:role/{ROLE}", f"arn:*:iam::{account}:role/{ROLE}")
    return dict(json.loads(text))


def test_inventory_is_what_the_emulator_holds_kind_by_kind(world: World) -> None:
    """For every kind of which the emulator can be asked without our code: none missed, none made up."""
    found: dict[str, set[str]] = {kind: set() for kind in world.truth}
    for row in world.whole.resources:
        found.get(row["kind"], set()).add(row["id"])
    assert found == world.truth
    assert len([kind for kind, ids in found.items() if ids]) >= 55
    many = {kind for kind, ids in found.items() if len(ids) >= moto_truth.MANY}
    assert many == {"aws.iam.role", "aws.logs.log_group", "aws.sagemaker.model", "aws.sns.topic"}


def test_printed_policy_is_enough(world: World) -> None:
    whole = world.whole
    own = {kind.name for kind in KINDS if kind.fetch.home}  # of the caller's account, which is not scanned here
    assert {(row["kind"], row["outcome"]) for row in whole.foretold.rows} == {(name, "skipped") for name in own}
    assert (sorted(whole.refused | whole.foretold.refused), sorted(whole.denials)) == ([], [])
    assert (whole.foretold.code, whole.code) == (0, 0), whole.said
    assert {c["outcome"] for c in whole.coverage} == {
        "complete",
        "skipped",
        "unavailable",
    }  # the emulator knows what is offered where


def test_printed_policy_allows_nothing_that_is_not_called(world: World) -> None:
    """But for what is asked of the caller's own account alone: an organisation, and its bills. It is not scanned here. And but
    for what is asked of an item that a detail does not find: none vanishes here."""
    printed = {name for statement in world.printed["Statement"] for name in statement["Action"]}
    called = world.whole.allowed | world.whole.foretold.allowed
    own = {action_of(call) for kind in KINDS if kind.fetch.home for call in all_calls(kind.fetch)}
    own |= {action_of(kind.fetch.itself) for kind in KINDS if kind.fetch.itself}
    assert {name for name in printed - called - own if not name.startswith("organizations:")} == set()
    assert called <= printed | set(iam_gate.PUBLIC)


def test_check_foretells_every_denial_that_the_scan_meets_and_no_other(world: World) -> None:
    """What is foretold and not met is a detail or lookup of a kind of which the account has nothing to ask about."""
    foretold, met = world.limited.foretold.denials, world.limited.denials
    assert met - foretold == set()
    there = {row["kind"] for row in world.limited.coverage if row["records"]}
    listings = {kind.name: action_of(kind.fetch) for kind in KINDS}
    idle = {(kind, need) for (kind, _, _), need in foretold - met}
    assert {pair for pair in idle if pair[0] in there or listings[pair[0]] == pair[1]} == set()
    assert (world.limited.foretold.code, world.limited.code) == (3, 3)
    assert "Traceback" not in world.limited.foretold.said + world.limited.said


def test_each_action_that_is_taken_away_is_missed_by_the_kinds_that_call_it_alone(world: World) -> None:
    lacking = {*DENIED, ONLY_EAST}
    calling = {(kind.name, need) for kind in KINDS for need in reached(kind, lacking) & lacking}
    foretold = {(kind, need) for (kind, _, _), need in world.limited.foretold.denials}
    assert foretold - calling == {("*", "sts:AssumeRole")}
    unasked = {(kind, need) for kind, need in calling - foretold if need not in looked_up(BY_NAME[kind])}
    assert unasked == set()  # a lookup may have no occasion for a call
    assert {need for _, need in world.limited.denials} == lacking | {"sts:AssumeRole"}
    assert world.limited.refused == lacking | {"sts:AssumeRole"}


def test_what_is_denied_in_one_region_is_read_in_the_other(world: World) -> None:
    outcomes = {c["place"]: c["outcome"] for c in world.limited.coverage if c["kind"] == "aws.dynamodb.table"}
    assert outcomes == {EAST: "complete", WEST: "denied"}


def test_every_denial_is_a_gap_that_names_the_action_and_there_is_no_other(world: World) -> None:
    own = {kind.name for kind in KINDS if kind.fetch.home}  # skipped: the caller's account is not scanned here
    skipped = [g for g in world.limited.gaps if g["code"] == "coverage-partial"]
    assert {g["missing"].get("kind") for g in skipped} == own
    gaps = [g for g in world.limited.gaps if g["code"].startswith("coverage-") and g not in skipped]
    told = {
        ((g["missing"].get("kind", "*"), g["missing"]["account"], g["missing"].get("place", "?")), need)
        for g in gaps
        for need in {need for _, need in world.limited.denials}
        if f"`{need}`" in g["remedy"]
    }
    assert (told, len(gaps), {g["code"] for g in gaps}) == (world.limited.denials, len(told), {"coverage-denied"})


def test_moto_itself_refuses_only_what_it_calls_otherwise(world: World, server: FaultyMoto) -> None:
    """Its enforcement inside the services differs from that of AWS: it signs the query of a GET of REST as if it were a body,
    takes the name that requests are signed with for the IAM prefix ("monitoring"), names operations of Batch by their
    path, and knows of S3 only some settings of a bucket, the others being ListBucket."""
    make_role(server, PRODUCTION, world.parts)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**AWS, **world.keys}.items():
            patch.setenv(name, value)
        enforce(server, "0")
        source = open_source(
            {"name": "prod", "regions": [EAST], "accounts": [PRODUCTION], "role": ROLE, "endpoint_url": server.url}
        )
        found = [b.error for b in source.check() if not isinstance(b.error, SkippedError)]
        source.close()
        enforce(server, "inf")
    causes = {cause(error) for error in found}
    assert causes >= {"signature", "monitoring:ListMetrics", "batch:describejobqueues", "not said"}
    printed = {name for statement in world.printed["Statement"] for name in statement["Action"]}
    assert causes & printed == set()


def cause(error: CollectError) -> str:
    """What moto's enforcement says it misses; S3 and CloudFront do not say."""
    text = str(error)
    if "SignatureDoesNotMatch" in text:
        return "signature"
    if named := re.search(r"not authorized to perform: ([\w:-]+)", text):
        return named[1]
    protocol = SESSION.get_service_model(error.call.partition(":")[0]).resolved_protocol
    assert protocol == "rest-xml", text
    return "not said"


def enforce(server: FaultyMoto, after: str) -> None:
    """Turn moto's own enforcement on after so many requests."""
    plain = {"Content-Type": "text/plain"}
    request = urllib.request.Request(server.url + "/moto-api/reset-auth", after.encode(), plain, method="POST")
    urllib.request.urlopen(request).close()


def action_of(call: Call) -> str:
    """The IAM action of a call, by the emulator's names."""
    return iam_gate.named(signed_as(call.service), call.operation, call.service)


@cache
def signed_as(service: str) -> str:
    return str(SESSION.get_service_model(service).signing_name)


def looked_up(kind: Kind) -> set[str]:
    return {action_of(call) for lookup in kind.fetch.lookups for call in lookup.calls}


def reached(kind: Kind, lacking: set[str]) -> set[str]:
    """What a look at a kind calls where some actions are refused: the listings of what it lies under, its own, and where
    these may be read everywhere, details and lookups."""
    listings = [action_of(kind.fetch)]
    under = kind.fetch.under
    while under:
        listings.insert(0, action_of(BY_NAME[under].fetch))
        under = BY_NAME[under].fetch.under
    if stopped := [name for name in listings if name in lacking]:
        return {stopped[0]}
    return {action_of(call) for call in all_calls(kind.fetch)}
