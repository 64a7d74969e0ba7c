"""The AWS collector against a server that answers like AWS and fails on demand."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from collectors.aws import open_source
from collectors.aws.client import of_no_account
from collectors.aws.collector import LIVE, NOT_ASKED, AwsCollector
from collectors.aws.kinds import KINDS
from collectors.aws.rows import Call
from collectors.contract import Planned
from normalize.errors import CollectError, ConfigError, DeniedError, SkippedError, TransientError, UnavailableError
from normalize.mapping import observe
from normalize.model import Kind, RawRecord, Scope
from tests.servers.faulty_moto import FaultyMoto, serve

OWN = "123456789012"
NOW = datetime(2026, 11, 24, 4, 15, tzinfo=UTC)
BY_NAME = {kind.name: kind for kind in KINDS}
EAST = Scope("aws", OWN, "us-east-1")
ROLE = "arn:aws:iam::123456789012:role/ml"


@pytest.fixture(scope="module")
def server() -> Iterator[FaultyMoto]:
    running = serve()
    yield running
    running.close()


@pytest.fixture
def aws(server: FaultyMoto, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyMoto]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    server.heal()
    reset(server)
    yield server
    server.heal()


def reset(server: FaultyMoto) -> None:
    request = urllib.request.Request(server.url + "/moto-api/reset", method="POST", data=b"")
    urllib.request.urlopen(request).close()


def sdk(server: FaultyMoto, service: str, region: str = "us-east-1") -> Any:
    client = boto3.client(
        service,
        region_name=region,
        endpoint_url=server.url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    if service == "s3control":
        client.meta.events.register("before-sign", of_no_account)
    return client


Open = Callable[..., AwsCollector]


@pytest.fixture
def source(aws: FaultyMoto) -> Iterator[Open]:
    opened: list[AwsCollector] = []

    def make(**settings: Any) -> AwsCollector:
        settings = {"name": "prod", "regions": ["us-east-1"], "endpoint_url": aws.url, **settings}
        opened.append(open_source({k: v for k, v in settings.items() if v is not None}, clock=lambda: NOW))
        return opened[-1]

    yield make
    for collector in opened:
        collector.close()


def models(server: FaultyMoto, count: int) -> list[str]:
    names = [f"model-{i}" for i in range(count)]
    for name in names:
        sdk(server, "sagemaker").create_model(
            ModelName=name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={"Image": f"{OWN}.dkr.ecr.us-east-1.amazonaws.com/serve", "ModelDataUrl": "s3://w/m"},
        )
    return names


def names(records: list[RawRecord], key: str = "ModelName") -> list[str]:
    return sorted(record.payload[key] for record in records)


def collected(collector: AwsCollector, kind: str, scope: Scope = EAST) -> list[RawRecord]:
    return list(collector.collect(BY_NAME[kind], scope))


def paged(kind: str, page: int) -> Kind:
    row = BY_NAME[kind]
    fetch: Call = row.fetch
    return replace(row, fetch=replace(fetch, page=page))


def secrets(server: FaultyMoto, count: int) -> list[str]:
    found = [f"secret-{i}" for i in range(count)]
    for name in found:
        sdk(server, "secretsmanager").create_secret(Name=name, SecretString="x")
    return found


def until_error(records: Iterator[RawRecord]) -> tuple[list[RawRecord], CollectError | None]:
    """What came, and the error that ended it."""
    found: list[RawRecord] = []
    try:
        for record in records:
            found.append(record)  # noqa: PERF402  what came before the error counts
    except CollectError as error:
        return found, error
    return found, None


def test_every_page_is_read(aws: FaultyMoto, source: Open) -> None:
    wanted = secrets(aws, 5)
    kind = paged("aws.secretsmanager.secret", 2)
    assert names(list(source().collect(kind, EAST)), "Name") == wanted
    assert aws.count("secretsmanager", "ListSecrets") == 3


def test_record_says_where_and_when_it_was_seen(aws: FaultyMoto, source: Open) -> None:
    models(aws, 1)
    (record,) = collected(source(), "aws.sagemaker.model")
    assert (record.kind, record.scope, record.source, record.call, record.observed_at, record.gaps) == (
        "aws.sagemaker.model", EAST, "prod", "sagemaker:ListModels", NOW, (),
    )  # fmt: skip


def test_denied_listing_is_an_error_that_names_the_permission(aws: FaultyMoto, source: Open) -> None:
    models(aws, 1)
    aws.fail(service="sagemaker", action="ListModels", kind="denied")
    with pytest.raises(DeniedError) as caught:
        collected(source(), "aws.sagemaker.model")
    assert (caught.value.call, caught.value.needs) == ("sagemaker:ListModels", ("sagemaker:ListModels",))


def test_denied_listing_is_never_tried_again(aws: FaultyMoto, source: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "5")
    aws.fail(service="ec2", action="DescribeVpcs", kind="denied", times=-1)
    with pytest.raises(DeniedError):
        collected(source(), "aws.ec2.vpc")
    assert aws.count("ec2", "DescribeVpcs") == 1


def test_denied_detail_costs_that_record_its_detail_and_nothing_else(aws: FaultyMoto, source: Open) -> None:
    wanted = models(aws, 3)
    aws.fail(service="sagemaker", action="DescribeModel", text="model-1", kind="denied")
    records = collected(source(), "aws.sagemaker.model")
    assert names(records) == wanted
    gaps = {r.payload["ModelName"]: [(type(g), g.needs) for g in r.gaps] for r in records}
    assert gaps == {"model-0": [], "model-1": [(DeniedError, ("sagemaker:DescribeModel",))], "model-2": []}


def test_record_without_its_detail_keeps_its_identity(aws: FaultyMoto, source: Open) -> None:
    models(aws, 1)
    aws.fail(service="sagemaker", action="DescribeModel", kind="denied")
    (record,) = collected(source(), "aws.sagemaker.model")
    seen = observe(record, BY_NAME["aws.sagemaker.model"])
    assert seen.resource.id == f"arn:aws:sagemaker:us-east-1:{OWN}:model/model-0"
    assert "role" not in seen.resource.attributes


def test_throttled_three_times_then_well_is_well(
    aws: FaultyMoto, source: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "5")
    wanted = models(aws, 2)
    aws.fail(service="sagemaker", action="ListModels", kind="throttle", times=3)
    assert names(collected(source(), "aws.sagemaker.model")) == wanted
    assert aws.count("sagemaker", "ListModels") == 4


@pytest.mark.parametrize("kind", ["throttle", "error", "malformed", "drop"])
@pytest.mark.parametrize("row", ["aws.sagemaker.model", "aws.ec2.vpc", "aws.eks.cluster", "aws.s3.bucket"])
def test_failure_that_outlasts_the_retries_is_never_an_empty_answer(
    aws: FaultyMoto, source: Open, kind: str, row: str
) -> None:
    fetch: Call = BY_NAME[row].fetch
    aws.fail(action=fetch.operation, kind=kind, times=-1)
    with pytest.raises(TransientError) as caught:
        collected(source(), row, Scope("aws", OWN, "aws-global") if fetch.world else EAST)
    assert caught.value.call == f"{fetch.service}:{fetch.operation}"


@pytest.mark.parametrize("row", ["aws.sagemaker.model", "aws.ec2.vpc", "aws.eks.cluster", "aws.iam.role"])
@pytest.mark.parametrize("kind", ["denied", "optin"])
def test_refusal_is_denied_in_every_protocol(aws: FaultyMoto, source: Open, kind: str, row: str) -> None:
    fetch: Call = BY_NAME[row].fetch
    aws.fail(action=fetch.operation, kind=kind, times=-1)
    with pytest.raises(DeniedError) as caught:
        collected(source(), row, Scope("aws", OWN, "aws-global") if fetch.world else EAST)
    assert caught.value.needs == (f"{fetch.service}:{fetch.operation}",)


def test_listing_cut_after_a_page_yields_that_page_and_raises(aws: FaultyMoto, source: Open) -> None:
    secrets(aws, 5)
    aws.fail(service="secretsmanager", action="ListSecrets", kind="drop", after=1, times=-1)
    found, error = until_error(source().collect(paged("aws.secretsmanager.secret", 2), EAST))
    assert (len(found), type(error)) == (2, TransientError)


def test_item_that_vanished_after_the_listing_is_no_record(aws: FaultyMoto, source: Open) -> None:
    models(aws, 3)
    aws.fail(service="sagemaker", action="DescribeModel", text="model-2", kind="gone")
    assert names(collected(source(), "aws.sagemaker.model")) == ["model-0", "model-1"]


def clusters(server: FaultyMoto, *names: str) -> None:
    ec2 = sdk(server, "ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    for name in names:
        sdk(server, "eks").create_cluster(name=name, roleArn=ROLE, resourcesVpcConfig={"subnetIds": [subnet]})
        sdk(server, "eks").create_nodegroup(
            clusterName=name,
            nodegroupName=f"{name}-gpu",
            subnets=[subnet],
            nodeRole=ROLE,
            instanceTypes=["p5.48xlarge"],
        )


def test_children_are_read_of_every_parent(aws: FaultyMoto, source: Open) -> None:
    clusters(aws, "one", "two")
    kind = BY_NAME["aws.eks.nodegroup"]
    seen = [observe(record, kind).resource for record in collected(source(), kind.name)]
    assert sorted(r.id for r in seen) == [
        f"arn:aws:eks:us-east-1:{OWN}:nodegroup/one/one-gpu",
        f"arn:aws:eks:us-east-1:{OWN}:nodegroup/two/two-gpu",
    ]
    assert [r.attributes["accelerator_count"] for r in seen] == [8, 8]


def test_parent_that_denies_its_children_is_told_after_those_of_the_others(aws: FaultyMoto, source: Open) -> None:
    clusters(aws, "one", "two")
    aws.fail(service="eks", action="ListNodegroups", text="/one/", kind="denied")
    found, error = until_error(source().collect(BY_NAME["aws.eks.nodegroup"], EAST))
    assert names(found, "nodegroupName") == ["two-gpu"]
    assert isinstance(error, DeniedError)
    assert error.needs == ("eks:ListNodegroups",)


def test_parent_that_vanished_has_no_children(aws: FaultyMoto, source: Open) -> None:
    clusters(aws, "one", "two")
    aws.fail(service="eks", action="ListNodegroups", text="/one/", kind="gone")
    assert names(collected(source(), "aws.eks.nodegroup"), "nodegroupName") == ["two-gpu"]


def instance(server: FaultyMoto, kind: str) -> None:
    ec2 = sdk(server, "ec2")
    image = ec2.register_image(Name="base", RootDeviceName="/dev/xvda")["ImageId"]
    ec2.run_instances(ImageId=image, InstanceType=kind, MinCount=1, MaxCount=1)


def test_known_to_have_no_accelerator_is_zero(aws: FaultyMoto, source: Open) -> None:
    instance(aws, "m5.large")
    (record,) = collected(source(), "aws.ec2.instance")
    seen = observe(record, BY_NAME["aws.ec2.instance"]).resource.attributes
    assert (seen["accelerator_count"], seen["accelerators"]) == (0, [])


def test_types_that_may_not_be_asked_leave_accelerators_unknown(aws: FaultyMoto, source: Open) -> None:
    instance(aws, "p5.48xlarge")
    aws.fail(service="ec2", action="DescribeInstanceTypes", kind="denied")
    (record,) = collected(source(), "aws.ec2.instance")
    seen = observe(record, BY_NAME["aws.ec2.instance"])
    assert [g.needs for g in seen.gaps] == [("ec2:DescribeInstanceTypes",)]
    assert not {"accelerator_count", "accelerators"} & set(seen.resource.attributes)


def test_types_are_asked_once_per_region(aws: FaultyMoto, source: Open) -> None:
    instance(aws, "p5.48xlarge")
    collector = source()
    collected(collector, "aws.ec2.instance")
    collected(collector, "aws.ec2.instance")
    assert aws.count("ec2", "DescribeInstanceTypes") == 1


def bucket(server: FaultyMoto, name: str = "weights", region: str = "us-west-2") -> None:
    where = {"CreateBucketConfiguration": {"LocationConstraint": region}}
    sdk(server, "s3", region).create_bucket(Bucket=name, **where)
    sdk(server, "cloudwatch", region).put_metric_data(
        Namespace="AWS/S3",
        MetricData=[
            {
                "MetricName": "BucketSizeBytes",
                "Dimensions": [{"Name": "BucketName", "Value": name}, {"Name": "StorageType", "Value": storage}],
                "Timestamp": NOW - timedelta(days=1),
                "Value": size,
            }
            for storage, size in (("StandardStorage", 700.0), ("GlacierStorage", 300.0))
        ],
    )


GLOBAL = Scope("aws", OWN, "aws-global")


def training_job(server: FaultyMoto, name: str) -> None:
    sdk(server, "sagemaker").create_training_job(
        TrainingJobName=name,
        AlgorithmSpecification={"TrainingImage": "train:1", "TrainingInputMode": "File"},
        RoleArn=ROLE,
        OutputDataConfig={"S3OutputPath": "s3://out/"},
        ResourceConfig={"InstanceType": "ml.p4d.24xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )


def test_jobs_are_listed_as_far_back_as_the_window_and_whatever_runs(aws: FaultyMoto, source: Open) -> None:
    training_job(aws, "recent")
    asked: list[dict[str, Any]] = []
    collector = source(window_days=30)
    client = collector._client.client(OWN, "us-east-1", "sagemaker")
    client.meta.events.register(
        "provide-client-params.sagemaker.ListTrainingJobs", lambda params, **_: asked.append(params)
    )
    collected(collector, "aws.sagemaker.training_job")
    since = NOW - timedelta(days=30)
    assert [{k: v for k, v in a.items() if k != "MaxResults"} for a in asked] == [
        {"CreationTimeAfter": since},
        {"CreationTimeBefore": since, "StatusEquals": "InProgress"},
        {"CreationTimeBefore": since, "StatusEquals": "Stopping"},
        {"CreationTimeBefore": since, "WarmPoolStatusEquals": "Available"},
    ]


def test_window_is_part_of_the_plan_of_what_it_cuts_and_of_nothing_else(aws: FaultyMoto, source: Open) -> None:
    plan = planned(source(window_days=30), "aws.sagemaker.training_job", "aws.sagemaker.model")
    assert [(p.kind.name, p.since) for p in plan if p.kind] == [
        ("aws.sagemaker.training_job", NOW - timedelta(days=30)), ("aws.sagemaker.model", None),
    ]  # fmt: skip


def test_plan_says_whether_older_things_that_still_run_are_listed(aws: FaultyMoto, source: Open) -> None:
    plan = planned(source(), "aws.sagemaker.training_job", "aws.sagemaker.pipeline_execution", "aws.ec2.vpc")
    assert [p.older for p in plan] == [LIVE, NOT_ASKED, ""]


def test_several_listings_together_are_the_kind(aws: FaultyMoto, source: Open) -> None:
    made = sdk(aws, "ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    row = BY_NAME["aws.ec2.vpc"]
    passes = tuple({"Filters": [{"Name": "is-default", "Values": [word]}]} for word in ("true", "false"))
    both = replace(row, fetch=replace(row.fetch, passes=passes))
    found = names(list(source().collect(both, EAST)), "VpcId")
    assert (made in found, found) == (True, names(list(source().collect(row, EAST)), "VpcId"))
    assert aws.count("ec2", "DescribeVpcs") == 3


def test_error_that_truly_means_none_is_an_empty_listing(aws: FaultyMoto, source: Open) -> None:
    aws.fail(service="ec2", action="DescribeLaunchTemplates", kind="gone", times=-1)
    row = BY_NAME["aws.ec2.launch_template"]
    none = replace(row, fetch=replace(row.fetch, expect=("InvalidLaunchTemplateId.NotFound",)))
    assert list(source().collect(none, EAST)) == []
    with pytest.raises(ClientError):
        list(source().collect(row, EAST))


def test_what_speaks_for_a_whole_organisation_is_listed_once(aws: FaultyMoto, source: Open) -> None:
    row = BY_NAME["aws.iam.role"]
    once = replace(row, fetch=replace(row.fetch, home=True))
    collector = source(accounts=[OWN, "111122223333"], role="StocktakeReadOnly")
    assert list(collector.scopes(once)) == [GLOBAL]


def test_bucket_is_listed_once_and_measured_in_its_own_region(aws: FaultyMoto, source: Open) -> None:
    bucket(aws)
    collector = source(regions=["us-east-1", "us-west-2"])
    assert list(collector.scopes(BY_NAME["aws.s3.bucket"])) == [GLOBAL]
    (record,) = collected(collector, "aws.s3.bucket", GLOBAL)
    seen = observe(record, BY_NAME["aws.s3.bucket"]).resource.attributes
    assert (seen["region"], seen["size_bytes"]) == ("us-west-2", 1000)
    assert seen["size_bytes_by_class"] == {"StandardStorage": 700, "GlacierStorage": 300}


def test_bucket_without_a_data_point_has_no_size(aws: FaultyMoto, source: Open) -> None:
    sdk(aws, "s3").create_bucket(Bucket="fresh")
    (record,) = collected(source(), "aws.s3.bucket", GLOBAL)
    assert "size_bytes" not in observe(record, BY_NAME["aws.s3.bucket"]).resource.attributes


def test_settings_that_a_bucket_truly_lacks_are_null(aws: FaultyMoto, source: Open) -> None:
    sdk(aws, "s3").create_bucket(Bucket="fresh")
    (record,) = collected(source(), "aws.s3.bucket", GLOBAL)
    assert (record.payload["$Tags"], record.payload["$PublicAccessBlock"], record.gaps) == (None, None, ())


def opened(aws: FaultyMoto, source: Open) -> tuple[Any, list[str]]:
    """Whether a bucket is public whose policy lets anybody read, and what its record lacks."""
    (record,) = collected(source(), "aws.s3.bucket", GLOBAL)
    attributes = observe(record, BY_NAME["aws.s3.bucket"]).resource.attributes
    return attributes.get("public"), [need for gap in record.gaps for need in gap.needs]


def test_bucket_is_public_unless_the_bucket_or_its_account_shuts_it(aws: FaultyMoto, source: Open) -> None:
    bucket(aws, "open")
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::open/*"}
    sdk(aws, "s3").put_bucket_policy(
        Bucket="open", Policy=json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
    )
    assert opened(aws, source) == (True, [])
    sdk(aws, "s3control").put_public_access_block(
        AccountId=OWN, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True, "IgnorePublicAcls": True}
    )
    assert opened(aws, source) == (False, [])
    aws.fail(service="s3", action="GET /v20180820/configuration/publicAccessBlock", kind="denied", times=-1)
    assert opened(aws, source) == (None, ["s3:GetAccountPublicAccessBlock"])


@pytest.mark.parametrize(
    ("operation", "needs"),
    [
        ("GetBucketEncryption", "s3:GetEncryptionConfiguration"),
        ("GetBucketTagging", "s3:GetBucketTagging"),
        ("GetBucketLocation", "s3:GetBucketLocation"),
        ("GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
    ],
)
def test_denied_bucket_setting_names_the_action_that_iam_knows(
    aws: FaultyMoto, source: Open, operation: str, needs: str
) -> None:
    bucket(aws)
    aws.fail(service="s3", action=operation, kind="denied")
    (record,) = collected(source(), "aws.s3.bucket", GLOBAL)
    assert [g.needs for g in record.gaps] == [(needs,)]


def test_two_accounts_are_entered_by_role(aws: FaultyMoto, source: Open) -> None:
    collector = source(accounts=["111122223333", "444455556666"], role="StocktakeReadOnly")
    kind = BY_NAME["aws.ec2.vpc"]
    scopes = list(collector.scopes(kind))
    assert [s.account for s in scopes] == ["111122223333", "444455556666"]
    ids = [observe(r, kind).resource.id for s in scopes for r in collector.collect(kind, s)]
    assert [i.split(":")[4] for i in ids] == ["111122223333", "444455556666"]


def planned(collector: AwsCollector, *kinds: str) -> list[Planned]:
    return list(collector.plan([BY_NAME[kind] for kind in kinds]))


def test_what_speaks_for_the_organisation_is_skipped_in_words_where_its_account_is_not_looked_into(
    aws: FaultyMoto, source: Open
) -> None:
    collector = source(accounts=["111122223333"], role="StocktakeReadOnly")
    ((_, scope, error),) = refused(collector, "aws.organizations.account", "aws.ec2.vpc")
    assert (scope, type(error)) == (GLOBAL, SkippedError)
    assert OWN in str(error)
    assert refused(source(accounts=[OWN]), "aws.organizations.account") == []


def test_what_costs_money_is_left_out_on_request_and_not_in_silence(aws: FaultyMoto, source: Open) -> None:
    kinds = ("aws.ce.region", "aws.ce.usage", "aws.ec2.vpc")
    looks = planned(source(cost_explorer=False), *kinds)
    assert {p.kind.name: str(p.error) for p in looks if p.kind and p.error} == dict.fromkeys(
        kinds[:2], "left out: cost_explorer = false"
    )
    assert [p for p in planned(source(), *kinds) if p.error] == []


def refused(collector: AwsCollector, *kinds: str) -> list[tuple[Kind | None, Scope, Exception | None]]:
    return [(p.kind, p.scope, p.error) for p in planned(collector, *kinds) if p.error is not None]


@pytest.mark.parametrize("regions", [None, ["us-east-1"]])
def test_account_that_cannot_be_entered_is_one_look_that_cannot_be_taken(
    aws: FaultyMoto, source: Open, regions: list[str] | None
) -> None:
    aws.fail(service="sts", action="AssumeRole", text="444455556666", kind="denied", times=-1)
    collector = source(accounts=["111122223333", "444455556666"], role="StocktakeReadOnly", regions=regions)
    ((kind, scope, error),) = refused(collector, "aws.ec2.vpc", "aws.s3.bucket")
    assert (kind, scope) == (None, Scope("aws", "444455556666", "?"))
    assert isinstance(error, DeniedError)
    assert (error.needs, "444455556666" in str(error)) == (("sts:AssumeRole",), True)
    assert {s.account for s in collector.scopes(BY_NAME["aws.ec2.vpc"])} == {"111122223333"}


def test_account_that_cannot_be_entered_for_now_is_not_refused_for_ever(aws: FaultyMoto, source: Open) -> None:
    aws.fail(service="sts", action="AssumeRole", kind="error", times=-1)
    ((_, _, error),) = refused(source(accounts=["444455556666"], role="StocktakeReadOnly"), "aws.ec2.vpc")
    assert isinstance(error, TransientError)
    aws.heal()
    assert refused(source(accounts=["444455556666"], role="StocktakeReadOnly"), "aws.ec2.vpc") == []


def test_other_account_without_a_role_is_denied(aws: FaultyMoto, source: Open) -> None:
    ((_, scope, error),) = refused(source(accounts=["444455556666"]), "aws.ec2.vpc")
    assert scope == Scope("aws", "444455556666", "?")
    assert "no role is configured" in str(error)


def test_closed_account_of_the_organisation_is_a_blind_spot(aws: FaultyMoto, source: Open) -> None:
    organizations = sdk(aws, "organizations")
    organizations.create_organization(FeatureSet="ALL")
    member = organizations.create_account(AccountName="ml", Email="ml@example.org")["CreateAccountStatus"]["AccountId"]
    organizations.close_account(AccountId=member)
    ((kind, scope, error),) = refused(source(accounts="organization", role="StocktakeReadOnly"), "aws.ec2.vpc")
    assert (kind, scope, type(error)) == (None, Scope("aws", member, "?"), DeniedError)


def test_accounts_of_the_organisation_are_all_scopes(aws: FaultyMoto, source: Open) -> None:
    organizations = sdk(aws, "organizations")
    organizations.create_organization(FeatureSet="ALL")
    member = organizations.create_account(AccountName="ml", Email="ml@example.org")["CreateAccountStatus"]["AccountId"]
    collector = source(accounts="organization", role="StocktakeReadOnly")
    assert {s.account for s in collector.scopes(BY_NAME["aws.ec2.vpc"])} == {OWN, member}


def test_denied_listing_of_the_organisation_is_no_empty_organisation(aws: FaultyMoto, source: Open) -> None:
    aws.fail(service="organizations", action="ListAccounts", kind="denied")
    with pytest.raises(DeniedError) as caught:
        list(source(accounts="organization", role="R").scopes(BY_NAME["aws.ec2.vpc"]))
    assert caught.value.needs == ("organizations:ListAccounts",)


def test_regions_are_those_that_the_account_has_enabled(aws: FaultyMoto, source: Open) -> None:
    enabled = {r["RegionName"] for r in sdk(aws, "ec2").describe_regions()["Regions"]}
    assert {s.place for s in source(regions=None).scopes(BY_NAME["aws.ec2.vpc"])} == enabled


def test_denied_regions_are_one_look_that_cannot_be_taken(aws: FaultyMoto, source: Open) -> None:
    aws.fail(service="ec2", action="DescribeRegions", kind="denied", times=-1)
    plan = planned(source(regions=None), "aws.ec2.vpc", "aws.ec2.subnet", "aws.s3.bucket")
    ((scope, error),) = [(p.scope, p.error) for p in plan if p.error is not None]
    assert isinstance(error, DeniedError)
    assert (scope, error.needs) == (Scope("aws", OWN, "?"), ("ec2:DescribeRegions",))
    assert [(p.kind.name, p.scope) for p in plan if p.kind] == [("aws.s3.bucket", GLOBAL)]


def of_service(service: str) -> Kind:
    row = BY_NAME["aws.sagemaker.model"]
    return replace(row, fetch=replace(row.fetch, service=service))


@pytest.mark.parametrize("regions", [[], [{"RegionName": "us-east-1"}, {}], [{"RegionName": None}], [None], None])
def test_regions_without_their_names_are_unknown_and_none_is_off(source: Open, regions: Any) -> None:
    """A list that is empty or lacks a name proves no region to be off."""
    collector = source(regions=None)
    base = collector._client._base
    raw: Any = type("Raw", (), {"stream": lambda self: iter(())})()

    def answer(**_: Any) -> Any:
        body = {"Regions": regions, "ResponseMetadata": {"RequestId": "x"}}
        return AWSResponse("http://stub", 200, {}, raw), body

    base.register("before-call.ec2.DescribeRegions", answer)
    plan = planned(collector, "aws.ec2.vpc", "aws.s3.bucket")
    ((scope, error),) = [(p.scope, p.error) for p in plan if p.error is not None]
    assert (scope, type(error)) == (Scope("aws", OWN, "?"), CollectError)
    assert collector.unavailable(BY_NAME["aws.ec2.vpc"], Scope("aws", OWN, "eu-west-1")) is None


def test_service_that_the_sdk_does_not_list_is_unavailable_where_aws_says_so(aws: FaultyMoto, source: Open) -> None:
    """App Runner: in neither list in Osaka, as of the SDK and of the copy that the server holds."""
    found = source().unavailable(of_service("apprunner"), Scope("aws", OWN, "ap-northeast-3"))
    assert isinstance(found, UnavailableError)
    assert found.call == "ssm:GetParametersByPath"


@pytest.mark.parametrize("service", ["apprunner", "some-service-nobody-knows"])
def test_service_that_the_sdk_does_not_list_is_tried_where_aws_does_not_say(
    aws: FaultyMoto, source: Open, service: str
) -> None:
    if service == "apprunner":
        aws.fail(service="ssm", action="GetParametersByPath", kind="denied", times=-1)
    assert source().unavailable(of_service(service), Scope("aws", OWN, "ap-northeast-3")) is None


def test_region_that_the_account_has_not_enabled_is_unavailable(aws: FaultyMoto, source: Open) -> None:
    found = source().unavailable(BY_NAME["aws.ec2.vpc"], Scope("aws", OWN, "us-iso-east-1"))
    assert isinstance(found, UnavailableError)
    assert "not enabled" in str(found)


def test_region_that_the_sdk_does_not_know_is_tried(aws: FaultyMoto, source: Open) -> None:
    collector = source(regions=["mars-north-1"])
    assert collector.unavailable(BY_NAME["aws.sagemaker.model"], Scope("aws", OWN, "mars-north-1")) is None


def test_missing_credentials_are_denied_and_named(source: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(DeniedError, match="credentials"):
        list(source().scopes(BY_NAME["aws.ec2.vpc"]))


def test_error_that_no_table_lists_is_left_to_be_found_as_a_fault(source: Open) -> None:
    answer: Any = {"Error": {"Code": "SomethingNew", "Message": "?"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    assert source().classify(ClientError(answer, "DescribeVpcs")) is None


def test_external_id_comes_from_the_variable_that_is_named(source: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STOCKTAKE_EXTERNAL_ID", raising=False)
    with pytest.raises(ConfigError, match="STOCKTAKE_EXTERNAL_ID"):
        source(external_id_env="STOCKTAKE_EXTERNAL_ID")


def test_limit_is_per_account_region_and_service(source: Open) -> None:
    assert source().limit_key(BY_NAME["aws.ec2.vpc"], EAST) == f"aws:{OWN}:us-east-1:ec2"


def test_check_of_an_open_account_predicts_no_blindness(aws: FaultyMoto, source: Open) -> None:
    models(aws, 3)
    assert list(source().check()) == []
    assert aws.count("sagemaker", "DescribeModel") == 1


@pytest.mark.parametrize("with_items", [True, False])
def test_check_names_what_listing_detail_and_lookup_lack(aws: FaultyMoto, source: Open, with_items: bool) -> None:
    if with_items:
        models(aws, 1)
        instance(aws, "p5.48xlarge")
    for service, action in (
        ("kms", "ListKeys"),
        ("sagemaker", "DescribeModel"),
        ("ec2", "DescribeInstanceTypes"),
        ("eks", "DescribeNodegroup"),
    ):
        aws.fail(service=service, action=action, kind="denied", times=-1)
    found = {(b.kind, b.error.needs) for b in source().check()}
    assert found >= {
        ("aws.kms.key", ("kms:ListKeys",)),
        ("aws.sagemaker.model", ("sagemaker:DescribeModel",)),
        ("aws.ec2.instance", ("ec2:DescribeInstanceTypes",)),
        ("aws.eks.nodegroup", ("eks:DescribeNodegroup",)),
    }
    assert {n for _, needs in found for n in needs} == {
        "kms:ListKeys", "sagemaker:DescribeModel", "ec2:DescribeInstanceTypes", "eks:DescribeNodegroup",
    }  # fmt: skip


def test_nothing_but_reads_is_ever_sent(aws: FaultyMoto, source: Open) -> None:
    collector = source()
    with pytest.raises(ValueError, match="no read operation"):
        list(collector._client.answers(OWN, "us-east-1", Call("s3", "DeleteBucket"), {"Bucket": "x"}))


def test_detail_that_needs_what_a_denied_one_would_have_told_is_not_asked(aws: FaultyMoto, source: Open) -> None:
    ecs = sdk(aws, "ecs")
    ecs.create_cluster(clusterName="serving")
    ecs.register_task_definition(family="chat", containerDefinitions=[{"name": "chat", "image": "chat", "memory": 512}])
    ecs.create_service(cluster="serving", serviceName="chat", taskDefinition="chat", desiredCount=1)
    aws.fail(service="ecs", action="DescribeServices", kind="denied")
    (record,) = collected(source(), "aws.ecs.service")
    assert [g.needs for g in record.gaps] == [("ecs:DescribeServices",)]
    assert aws.count("ecs", "DescribeTaskDefinition") == 0
