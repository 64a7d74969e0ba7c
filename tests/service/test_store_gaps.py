"""What counts as a gap, on both databases: could not look is never nothing there."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from normalize.errors import DeniedError, TransientError
from normalize.identity import mlflow_server_name
from normalize.model import Category, Misfit, Observation, Outcome, Reference, Scope
from store.database import connect, ensure
from store.reader import Reader
from tests.service.estate import CLUSTER, GLOBAL, HERE, SERVER, START, Estate, needs


def bucket(estate: Estate, name: str, scope: Scope = GLOBAL) -> Observation:
    known = {"size_bytes": 5}
    return estate.thing(f"arn:aws:s3:::{name}", "aws.s3.bucket", Category.BUCKET, scope, (), (f"s3://{name}",), known)


def model(estate: Estate, *refs: Reference, name: str = "m") -> Observation:
    return estate.thing(name, refs=refs)


ROLE = "arn:aws:iam::111122223333:role/serve"


def test_a_name_that_resolves_is_no_gap(estate: Estate) -> None:
    weights = model(estate, needs("m", "s3://weights/v1"))
    estate.run(("aws.sagemaker.model", HERE, [weights]), ("aws.s3.bucket", GLOBAL, [bucket(estate, "weights")]))
    assert estate.gaps() == []
    assert len(list(Reader(estate.engine).relations())) == 1


def test_proved_absent_in_a_covered_scope_is_dangling(estate: Estate) -> None:
    ref = needs("m", ROLE, verb="acts_as")
    estate.run(("aws.sagemaker.model", HERE, [model(estate, ref)]), ("aws.iam.role", GLOBAL, []))
    (gap,) = estate.gaps()
    assert (gap["code"], gap["severity"], gap["subject_id"]) == ("dangling-reference", "high", "m")
    assert gap["missing"] == {
        "kind": "aws.iam.role", "reference": ROLE, "provider": "aws", "account": "111122223333", "place": "aws-global",
    }  # fmt: skip
    assert gap["evidence"] == [
        {"source": "prod sagemaker:DescribeModel", "path": "$.ModelDataUrl", "value": ROLE, "resource_id": "m"}
    ]


@pytest.mark.parametrize("outcome", [Outcome.DENIED, Outcome.FAILED, Outcome.PARTIAL])
def test_could_not_look_is_not_dangling_but_told_with_the_look(estate: Estate, outcome: Outcome) -> None:
    ref = needs("m", ROLE)
    why = {"reason": "iam:ListRoles: no", "needs": ("iam:ListRoles",)}
    estate.run(("aws.sagemaker.model", HERE, [model(estate, ref)]), ("aws.iam.role", GLOBAL, [], outcome, why))
    (gap,) = estate.gaps()
    assert gap["code"] == f"coverage-{outcome.value}"
    assert "1 reference points into what could not be read" in gap["why"]
    assert [e["value"] for e in gap["evidence"]] == ["iam:ListRoles: no", ROLE]
    assert "`iam:ListRoles`" in gap["remedy"]


def test_what_was_dangling_stays_so_while_we_cannot_look(estate: Estate) -> None:
    ref = needs("m", ROLE)
    models = ("aws.sagemaker.model", HERE, [model(estate, ref)])
    estate.run(models, ("aws.iam.role", GLOBAL, []))
    first = estate.gaps()[0]
    estate.run(models, ("aws.iam.role", GLOBAL, [], Outcome.DENIED))
    assert estate.codes() == ["coverage-denied", "dangling-reference"]
    role = estate.thing(ROLE, "aws.iam.role", Category.IDENTITY, GLOBAL)
    estate.run(models, ("aws.iam.role", GLOBAL, [role]))
    assert estate.gaps() == []
    assert estate.counts["resolved"] == 2
    estate.run(models, ("aws.iam.role", GLOBAL, []))
    again = estate.gaps()[0]
    assert (again["id"], again["first_seen_at"]) == (first["id"], first["first_seen_at"])


def test_what_was_there_and_went_is_dangling_since_then(estate: Estate) -> None:
    models = ("aws.sagemaker.model", HERE, [model(estate, needs("m", "s3://weights/v1"))])
    estate.run(models, ("aws.s3.bucket", GLOBAL, [bucket(estate, "weights")]))
    estate.run(models, ("aws.s3.bucket", GLOBAL, []))
    (gap,) = estate.gaps()
    assert (gap["code"], gap["subject_id"]) == ("dangling-reference", "arn:aws:s3:::weights")
    assert gap["evidence"][0]["value"].startswith("arn:aws:s3:::weights gone since 2026-11-24T")
    estate.run(models, ("aws.s3.bucket", GLOBAL, [], Outcome.DENIED))
    assert estate.codes() == ["coverage-denied", "dangling-reference"]


def test_a_kind_that_nothing_lists_is_dangling_to_confirm_by_hand(estate: Estate) -> None:
    ref = needs("m", "arn:aws:sns:us-east-1:111122223333:alerts")
    estate.run(("aws.sagemaker.model", HERE, [model(estate, ref)]))
    (gap,) = estate.gaps()
    assert (gap["code"], gap["severity"]) == ("dangling-reference", "medium")
    assert "confirm by hand" in gap["remedy"]


def test_an_old_proof_does_not_cover_a_new_mention(estate: Estate) -> None:
    estate.run(("aws.sagemaker.model", HERE, []), ("aws.iam.role", GLOBAL, []))
    estate.run(("aws.sagemaker.model", HERE, [model(estate, needs("m", ROLE))]), kinds=["aws.sagemaker.*"])
    (gap,) = estate.gaps()
    assert "before it was first mentioned" in gap["why"]
    assert "--kind aws.iam.role" in gap["remedy"]


@pytest.mark.parametrize(
    ("value", "where", "severity"),
    [
        ("arn:aws:iam::999900001111:role/other", "another account", "high"),
        ("arn:aws:s3:::elsewhere", "unknown owner", "high"),
        ("arn:aws:kms:eu-west-1:111122223333:key/abc", "another region", "high"),
        ("docker.io/library/redis:7", "public registry", "low"),
        ("999900001111.dkr.ecr.us-east-1.amazonaws.com/serve:1", "another account", "high"),
        ("https://api.openai.com/v1", "saas", "medium"),
        ("https://huggingface.co/meta-llama/Llama-3-8B", "model hub", "medium"),
        ("https://10.1.2.3:8080/x", "private address", "medium"),
        ("gs://other-cloud/x", "unknown owner", "high"),
    ],
)
def test_outside_every_known_scope_is_an_external_dependency(estate: Estate, value: str, where: str, severity: str) -> None:  # fmt: skip
    estate.run(
        ("aws.sagemaker.model", HERE, [model(estate, needs("m", value))]),
        ("aws.s3.bucket", GLOBAL, []),
        ("aws.ecr.repository", HERE, []),
        ("aws.kms.key", HERE, []),
    )
    (gap,) = estate.gaps()
    assert (gap["code"], gap["extra"]["outside"], gap["severity"]) == ("external-dependency", where, severity)
    if where == "another account":
        assert gap["missing"]["account"] == "999900001111"


def test_a_bucket_named_for_an_account_that_was_read_is_missing_there(estate: Estate) -> None:
    mine, theirs = "s3://sagemaker-us-east-1-111122223333/x", "s3://sagemaker-us-east-1-999900001111/x"
    estate.run(
        ("aws.sagemaker.model", HERE, [model(estate, needs("m", mine), needs("m", theirs))]),
        ("aws.s3.bucket", GLOBAL, []),
    )
    assert {g["missing"]["reference"]: g["code"] for g in estate.gaps()} == {
        mine: "dangling-reference",
        theirs: "external-dependency",
    }


def test_a_bucket_that_may_lie_in_an_unread_listing_is_not_called_external(estate: Estate) -> None:
    other = Scope("aws", "444455556666", "aws-global")
    models = ("aws.sagemaker.model", HERE, [model(estate, needs("m", "s3://weights/v1"))])
    estate.run(models, ("aws.s3.bucket", GLOBAL, []), ("aws.s3.bucket", other, [], Outcome.DENIED))
    (gap,) = estate.gaps()
    assert (gap["code"], gap["missing"]["account"]) == ("coverage-denied", "444455556666")
    assert gap["extra"]["references"] == 1
    estate.run(models, ("aws.s3.bucket", GLOBAL, []), ("aws.s3.bucket", other, []))
    assert estate.codes() == ["external-dependency"]


def test_a_source_that_failed_whole_may_hold_what_is_missed(estate: Estate) -> None:
    lost = needs("m", "arn:aws:iam::999900001111:role/other")
    unknown = Scope("aws", "?", "?")
    failed = ("*", unknown, [], Outcome.FAILED, {"source": "other", "reason": "sts: no credentials"})
    estate.run(("aws.sagemaker.model", HERE, [model(estate, lost)]), failed, sources=("prod", "other"))
    (gap,) = estate.gaps()
    assert (gap["code"], gap["evidence_count"]) == ("coverage-failed", 2)


def test_what_may_dangle_by_design_is_no_gap(estate: Estate) -> None:
    ref = needs("m", ROLE, optional=True)
    estate.run(("aws.sagemaker.model", HERE, [model(estate, ref)]), ("aws.iam.role", GLOBAL, []))
    assert estate.gaps() == []


def test_one_gap_for_one_missing_thing_with_all_who_need_it(estate: Estate) -> None:
    models = [model(estate, needs(f"m{i:03}", "s3://gone/x"), name=f"m{i:03}") for i in range(40)]
    estate.run(("aws.sagemaker.model", HERE, models), ("aws.s3.bucket", GLOBAL, []))
    (gap,) = estate.gaps()
    assert (len(gap["evidence"]), gap["evidence_count"]) == (25, 40)
    assert gap["subject"] == "s3://gone, needed by 40 resources"
    shown = Reader(estate.engine).show("m003")
    assert [g["id"] for g in shown["gaps"]] == [gap["id"]]


def _twisted(estate: Estate) -> list[tuple[Any, ...]]:
    """Looks in which much depends on who comes first: things that two listings tell of differently, more mentions of a
    name than a gap has room for, mentions that know more of it than others, equal faults."""
    lost = needs("", "s3://gone/x")
    twins = []
    for place, call in (("us-east-1", "A"), ("eu-west-1", "B")):
        refs = tuple(lost._replace(call=call, value=f"s3://gone/{call}{i}", place=place if i else "") for i in range(3))
        twins.append(estate.thing("a-twin", refs=refs, attributes={"state": call}, keys=(f"twin|{call}",)))
    fault = DeniedError("no", call="s3:GetBucketTagging", needs=("s3:GetBucketTagging",))
    buckets = [estate.thing(f"b{i:02}", "aws.s3.bucket", Category.BUCKET, GLOBAL, gaps=(fault,)) for i in range(30)]
    users = [
        model(estate, lost._replace(account="" if i % 3 else "111122223333"), needs("", ROLE), name=f"m{i:02}")
        for i in range(30)
    ]
    sharers = [estate.thing(f"s{i}", refs=(needs("", "s3://shared/x"),), keys=("s3://shared",)) for i in range(4)]
    elsewhere = Scope("aws", "111122223333", "eu-west-1")
    return [
        ("aws.sagemaker.model", HERE, [*users, twins[0]]),
        ("aws.sagemaker.model", elsewhere, [*sharers, twins[1]]),
        ("aws.s3.bucket", GLOBAL, buckets),
        ("aws.iam.role", GLOBAL, [], Outcome.DENIED),
        ("aws.iam.role", HERE, [], Outcome.FAILED),
        ("aws.new.thing", HERE, [estate.thing(f"n{i:02}", "aws.new.thing", Category.UNMODELLED) for i in range(30)]),
    ]


def test_what_is_found_does_not_depend_on_the_order_of_a_scan(engine: Engine, tmp_path: Path) -> None:
    looks = _twisted(Estate(engine))
    volatile = {"first_seen_at", "last_seen_at"}
    told = []
    for seed in range(5):
        here = engine if seed == 0 else connect(f"sqlite:///{tmp_path / str(seed)}.db")
        ensure(here)
        order = random.Random(seed)
        mixed = [(kind, scope, order.sample(things, len(things)), *more) for kind, scope, things, *more in looks]
        order.shuffle(mixed)
        Estate(here).run(*mixed)
        reader = Reader(here)
        rows = [list(rows) for rows in (reader.gaps(), reader.relations(), reader.resources())]
        told.append([[{k: v for k, v in row.items() if k not in volatile} for row in found] for found in rows])
        here.dispose()
    assert len(told[0][0]) == 6
    assert all(found == told[0] for found in told[1:])


def test_no_table_is_read_whole_for_each_row_of_another(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'plans.db'}")
    ensure(engine)
    estate = Estate(engine)
    estate.run(*_twisted(estate))
    plans: dict[str, list[str]] = {}

    @event.listens_for(engine, "before_cursor_execute")
    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if statement.lstrip().startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters[0] if many else parameters)
            plans[statement] = [row[3] for row in rows]

    estate.run(*_twisted(estate))
    for read in (Reader(engine).resources, Reader(engine).relations, Reader(engine).gaps, Reader(engine).coverage):
        assert list(read())
    engine.dispose()
    assert len(plans) > 40
    tables = "refs|aliases|sightings|resources|relations|fresh_relations|raw_payloads|versions|source|target"
    for statement, plan in plans.items():
        scanned = [step for step in plan if re.match(rf"SCAN ({tables})\b", step)]
        assert len(scanned) <= 1, (statement, plan)
        assert not [step for step in plan if "AUTOMATIC" in step], (statement, plan)


def test_only_the_latest_look_counts(estate: Estate) -> None:
    buckets = ("aws.s3.bucket", GLOBAL, [])
    estate.run((*buckets, Outcome.DENIED))
    assert estate.codes() == ["coverage-denied"]
    estate.run((*buckets, Outcome.FAILED))
    assert estate.codes() == ["coverage-failed"]
    estate.run(buckets)
    assert estate.codes() == []
    estate.run((*buckets, Outcome.UNAVAILABLE))
    assert estate.codes() == []


def test_a_scope_that_a_whole_scan_no_longer_has_is_let_go(estate: Estate) -> None:
    old = Scope("aws", "111122223333", "eu-west-1")
    estate.run(("aws.ec2.vpc", HERE, []), ("aws.ec2.vpc", old, [], Outcome.DENIED))
    estate.run(("aws.ec2.vpc", HERE, []), kinds=["aws.ec2.vpc"])
    assert estate.codes() == ["coverage-denied"], "a scan of some kinds says nothing of other scopes"
    estate.run(("aws.ec2.vpc", HERE, []), sources=("other",))
    assert estate.codes() == ["coverage-denied"], "nor does a scan of another source"
    estate.run(("aws.ec2.vpc", HERE, []))
    assert estate.codes() == []


def test_failed_detail_calls_make_one_gap_per_call_and_need(estate: Estate) -> None:
    def denied(i: int) -> Observation:
        gap = DeniedError(f"no {i}", call="s3:GetBucketEncryption", needs=("s3:GetEncryptionConfiguration",))
        late = TransientError("slow", call="s3:GetBucketTagging")
        known = {"size_bytes": 1}
        return estate.thing(f"b{i}", "aws.s3.bucket", Category.BUCKET, GLOBAL, attributes=known, gaps=(gap, late) if i == 0 else (gap,))  # fmt: skip

    estate.run(("aws.s3.bucket", GLOBAL, [denied(i) for i in range(3)]))
    denied_gap, failed_gap = sorted(estate.gaps(), key=lambda g: g["code"])
    assert (denied_gap["code"], denied_gap["evidence_count"]) == ("coverage-denied", 3)
    assert denied_gap["subject"].startswith("s3:GetBucketEncryption for 3 of aws.s3.bucket")
    assert "`s3:GetEncryptionConfiguration`" in denied_gap["remedy"]
    assert (failed_gap["code"], failed_gap["missing"]["reference"]) == ("coverage-failed", "s3:GetBucketTagging")


def test_quarantine_and_misfits_make_the_look_partial(estate: Estate) -> None:
    misfit = Misfit("aws.s3.bucket", GLOBAL, {}, "s3:ListBuckets", "has no Name", START)
    odd = estate.thing("v", "aws.ec2.vpc", Category.NETWORK, misfits=("cidr: expected text, got int 5",))
    estate.run(("aws.s3.bucket", GLOBAL, [], Outcome.COMPLETE, {"misfits": (misfit,)}), ("aws.ec2.vpc", HERE, [odd]))
    vpc, s3 = sorted(estate.gaps(), key=lambda g: g["missing"]["kind"])
    assert (vpc["code"], vpc["severity"], vpc["evidence"][1]["resource_id"]) == ("coverage-partial", "low", "v")
    assert (s3["code"], s3["severity"]) == ("coverage-partial", "high")


def test_a_cluster_that_no_source_reads_is_unscanned_until_one_does(estate: Estate) -> None:
    arn = "arn:aws:eks:us-east-1:111122223333:cluster/train"
    dns = "dns:abc.gr7.us-east-1.eks.amazonaws.com"
    eks = estate.thing(arn, "aws.eks.cluster", Category.CLUSTER, keys=(dns,), attributes={"endpoint": "https://abc.gr7.us-east-1.eks.amazonaws.com"})  # fmt: skip
    ecs = estate.thing("arn:ecs", "aws.ecs.cluster", Category.CLUSTER)
    looks = (("aws.eks.cluster", HERE, [eks]), ("aws.ecs.cluster", HERE, [ecs]))
    estate.run(*looks)
    (gap,) = estate.gaps()
    assert (gap["code"], gap["subject_id"], gap["missing"]["kind"]) == ("scope-unscanned", arn, "k8s.cluster")
    assert f'context = "{arn}"' in gap["remedy"]
    mine = estate.thing("k8s://uid-1", "k8s.cluster", Category.CLUSTER, CLUSTER, keys=(dns,))
    estate.run(*looks, ("k8s.cluster", CLUSTER, [mine], Outcome.COMPLETE, {"source": "train"}))
    assert estate.gaps() == []


def test_a_cluster_said_to_be_the_same_is_scanned(estate: Estate) -> None:
    arn = "arn:aws:eks:us-east-1:111122223333:cluster/train"
    eks = estate.thing(arn, "aws.eks.cluster", Category.CLUSTER)
    same = needs("k8s://uid-1", arn, verb="same_as")
    mine = estate.thing("k8s://uid-1", "k8s.cluster", Category.CLUSTER, CLUSTER, refs=(same,))
    estate.run(
        ("aws.eks.cluster", HERE, [eks]), ("k8s.cluster", CLUSTER, [mine], Outcome.COMPLETE, {"source": "train"})
    )
    assert estate.gaps() == []


def test_a_managed_tracking_server_is_unscanned_until_a_source_reads_it(estate: Estate) -> None:
    kind, uri = "aws.sagemaker.mlflow_tracking_server", "https://t-1.us-east-1.experiments.sagemaker.aws"
    key = mlflow_server_name(uri)
    assert key
    managed = estate.thing(
        "arn:aws:sagemaker:us-east-1:111122223333:mlflow-tracking-server/x",
        kind,
        Category.MODEL_REGISTRY,
        keys=(key.key,),
        attributes={"endpoint": uri},
    )
    looks = ((kind, HERE, [managed]), ("aws.sagemaker.model", HERE, [model(estate, needs("m", uri, name=key))]))
    estate.run(*looks)
    (gap,) = estate.gaps()
    assert (gap["code"], gap["subject_id"]) == ("scope-unscanned", managed.resource.id)
    assert gap["missing"]["kind"] == "mlflow.server"
    mine = estate.thing("mlflow://x", "mlflow.server", Category.MODEL_REGISTRY, SERVER, keys=(key.key,))
    estate.run(*looks, ("mlflow.server", SERVER, [mine], Outcome.COMPLETE, {"source": "registry"}))
    assert estate.gaps() == []


def test_a_tracking_server_that_no_source_reads_is_unscanned(estate: Estate) -> None:
    uri = "https://mlflow.corp.internal"
    ref = needs("m", uri, name=mlflow_server_name(uri))
    models = ("aws.sagemaker.model", HERE, [model(estate, ref)])
    estate.run(models)
    (gap,) = estate.gaps()
    assert gap["code"] == "scope-unscanned"
    assert f'tracking_uri = "{uri}"' in gap["remedy"]
    there = Scope("mlflow", "mlflow.corp.internal:5000", "mlflow.corp.internal:5000")
    endpoint = {"endpoint": "http://mlflow.corp.internal:5000"}
    key = "mlflow-server:mlflow.corp.internal:5000"
    server = estate.thing("mlflow://x", "mlflow.server", Category.MODEL_REGISTRY, there, keys=(key,), attributes=endpoint)  # fmt: skip
    estate.run(models, ("mlflow.server", there, [server], Outcome.COMPLETE, {"source": "registry"}))
    (gap,) = estate.gaps()
    assert gap["remedy"].startswith(
        f'If source registry (http://mlflow.corp.internal:5000) reads this very server, add to its block in stocktake.toml:\n\n    aliases = ["{uri}"]'
    ), "another port of the host may be another server"
    keys = (key, "mlflow-server:mlflow.corp.internal:443")
    server = estate.thing("mlflow://x", "mlflow.server", Category.MODEL_REGISTRY, there, keys=keys, attributes=endpoint)
    estate.run(models, ("mlflow.server", there, [server], Outcome.COMPLETE, {"source": "registry"}))
    assert estate.gaps() == []


def test_missing_facts_are_gaps_one_each_or_one_for_many(estate: Estate) -> None:
    def volume(i: int, **known: Any) -> Observation:
        return estate.thing(f"vol-{i:04}", "aws.ec2.volume", Category.VOLUME, attributes=known)

    estate.run(("aws.ec2.volume", HERE, [volume(0), volume(1, size_bytes=None), volume(2, size_bytes=0)]))
    assert [g["subject_id"] for g in estate.gaps()] == ["vol-0000", "vol-0001"]
    estate.run(("aws.ec2.volume", HERE, [volume(i) for i in range(500)]))
    (gap,) = estate.gaps("evidence-missing")
    assert (gap["evidence_count"], len(gap["evidence"])) == (500, 25)
    assert gap["subject"] == "size_bytes of 500 aws.ec2.volume in 111122223333/us-east-1"


def test_types_without_a_row_are_counted_per_kind(estate: Estate) -> None:
    jobs = [estate.thing(f"k8s://uid-1/ray.io/RayJob/x/{i}", "k8s.ray_io.ray_job", Category.UNMODELLED, CLUSTER) for i in range(3)]  # fmt: skip
    leases = [estate.thing("k8s://uid-1/x/Lease/x/1", "k8s.lease", Category.UNMODELLED, CLUSTER)]
    estate.run(("k8s.ray_io.ray_job", CLUSTER, jobs), ("k8s.lease", CLUSTER, leases))
    ray, lease = estate.gaps()
    assert (ray["severity"], ray["subject"], lease["severity"]) == ("medium", "3 of k8s.ray_io.ray_job", "low")


def test_hostile_attributes_do_not_hide_missing_facts(estate: Estate) -> None:
    odd = {"description": "NUL \0 and \\u0000 and 🦙", "size_bytes.x": 1}
    estate.run(
        ("aws.s3.bucket", GLOBAL, [estate.thing("b\0", "aws.s3.bucket", Category.BUCKET, GLOBAL, attributes=odd)])
    )
    assert estate.codes() == ["evidence-missing"]


def test_the_same_estate_has_the_same_gaps_in_any_database(postgres_url: str, tmp_path: Path) -> None:
    """Ids, texts and evidence: only instants differ."""
    import psycopg

    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE DATABASE same_gaps")
    found = []
    for url in (f"sqlite:///{tmp_path / 's.db'}", postgres_url.removesuffix("postgres") + "same_gaps"):
        engine = connect(url)
        ensure(engine)
        estate = Estate(engine)
        refs = [needs("m", v) for v in (ROLE, "s3://xyz/y", "docker.io/library/redis", "arn:aws:sns:us-east-1:111122223333:t", "https://db.corp.internal/ü🦙")]  # fmt: skip
        estate.run(
            ("aws.sagemaker.model", HERE, [model(estate, *refs)]),
            ("aws.iam.role", GLOBAL, []),
            ("aws.s3.bucket", GLOBAL, [], Outcome.DENIED),
            ("aws.ec2.volume", HERE, [estate.thing("vol-1", "aws.ec2.volume", Category.VOLUME)]),
        )
        found.append(estate.gaps())
        engine.dispose()
    assert found[0] == found[1]
    assert len(found[0]) >= 5


def test_an_account_that_could_not_be_entered_keeps_its_scopes_and_may_hold_what_is_missed(estate: Estate) -> None:
    other, queue = Scope("aws", "444455556666", "us-east-1"), "arn:aws:sqs:us-east-1:444455556666:jobs"
    estate.run(("aws.s3.bucket", other, [bucket(estate, "kept", other)]))
    shut = Scope("aws", "444455556666", "?")
    estate.run(
        ("aws.sagemaker.model", HERE, [model(estate, needs("m", queue))]),
        ("*", shut, [], Outcome.DENIED, {"reason": "sts:AssumeRole: no", "needs": ("sts:AssumeRole",)}),
    )
    (gap,) = estate.gaps()
    assert (gap["code"], queue in {e["value"] for e in gap["evidence"]}) == ("coverage-denied", True)
    assert "everything in 444455556666" in gap["subject"]
    assert "sts:AssumeRole" in gap["remedy"]
    held = [r["account"] for r in Reader(estate.engine).coverage() if r["kind"] == "aws.s3.bucket"]
    assert held == ["444455556666"]


def unseen(estate: Estate) -> dict[str, list[str]]:
    told: dict[str, list[str]] = Reader(estate.engine).planning_data()["unseen"]
    return told


@pytest.mark.parametrize("outcome", [Outcome.COMPLETE, Outcome.DENIED, Outcome.FAILED, Outcome.PARTIAL])
def test_plans_are_told_what_a_thing_leans_on_that_nobody_saw(estate: Estate, outcome: Outcome) -> None:
    """Missing, or where nobody could look: neither may look like nothing."""
    models = ("aws.sagemaker.model", HERE, [model(estate, needs("m", ROLE, verb="acts_as"))])
    estate.run(models, ("aws.iam.role", GLOBAL, [], outcome))
    assert unseen(estate) == {"m": [ROLE]}
    estate.run(models, ("aws.iam.role", GLOBAL, [estate.thing(ROLE, "aws.iam.role", Category.IDENTITY, GLOBAL)]))
    assert unseen(estate) == {}


def test_plans_are_not_told_of_what_lies_outside_or_may_dangle_by_design(estate: Estate) -> None:
    outside = needs("m", "ghcr.io/acme/serve:1")
    allowed = needs("m", ROLE, optional=True)
    estate.run(("aws.sagemaker.model", HERE, [model(estate, outside, allowed)]), ("aws.iam.role", GLOBAL, []))
    assert estate.codes() == ["external-dependency"]
    assert unseen(estate) == {}
