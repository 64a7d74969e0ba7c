"""What is declared beside what is there: found both ways, and not where nobody looked or nobody would declare."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from normalize.declared import NOT_DECLARED
from normalize.gap import gap_id
from normalize.identity import arn_name, kubernetes_id
from normalize.model import Category, GapCode, Observation, Outcome, Reference, Scope
from store.rules.facts import GROUPED_ABOVE
from tests.service.estate import CLUSTER, HERE, Estate

ACCOUNT = "111122223333"
STATE = Scope("terraform", "lineage-1", "lineage-1")
QUEUE = "aws.sqs.queue"


def queue(estate: Estate, name: str, scope: Scope = HERE, **more: Any) -> Observation:
    id_ = f"arn:aws:sqs:{scope.place}:{scope.account}:{name}"
    return named(estate.thing(id_, QUEUE, Category.QUEUE, scope, native=name, **more), name)


def named(found: Observation, name: str) -> Observation:
    return replace(found, resource=replace(found.resource, name=name))


def declares(source: str, path: str, value: str, **more: Any) -> Reference:
    name = arn_name(value)
    assert name is not None
    return Reference(source, path, "declares", value, name.key, "state prod/terraform.tfstate, serial 7", name.target, "aws", name.account, name.place, optional=True)  # fmt: skip


def declared(estate: Estate, address: str, *values: str, scope: Scope = STATE) -> Observation:
    id_ = f"terraform://{scope.account}/{address}"
    refs = tuple(declares(id_, address, v) for v in values)
    told = {"declared_type": address.split(".")[0], "declared_by": "prod/terraform.tfstate"}
    return named(estate.thing(id_, "terraform.resource", Category.DECLARATION, scope, refs, (), told), address)


def arn(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:sqs:us-east-1:{account}:{name}"


def imported(*things: Observation, scope: Scope = STATE) -> tuple[Any, ...]:
    return "terraform.resource", scope, list(things), Outcome.COMPLETE, {"source": "terraform"}


def test_what_no_state_declares_stands_out_beside_what_one_does(estate: Estate) -> None:
    estate.run(
        (QUEUE, HERE, [queue(estate, "known"), queue(estate, "by-hand")]),
        imported(declared(estate, "aws_sqs_queue.known", arn("known"))),
        sources=("prod", "terraform"),
    )
    (gap,) = estate.gaps()
    assert (gap["code"], gap["subject_id"], gap["severity"]) == ("undeclared", arn("by-hand"), "medium")
    assert 'to = aws_sqs_queue.by_hand\n  id = "by-hand"' in gap["remedy"]
    assert [e["path"] for e in gap["evidence"]] == ["$", "aws_sqs_queue.known"]
    assert gap["evidence"][1]["source"] == "terraform prod/terraform.tfstate"


def test_a_kind_of_which_nothing_is_declared_is_nobodys_omission(estate: Estate) -> None:
    other = Scope("aws", "444455556666", "us-east-1")
    estate.run(
        (QUEUE, HERE, [queue(estate, "known")]),
        (QUEUE, other, [queue(estate, "elsewhere", other)]),
        ("aws.sagemaker.model", HERE, [estate.thing(f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:model/m")]),
        imported(declared(estate, "aws_sqs_queue.known", arn("known"))),
        sources=("prod", "terraform"),
    )
    assert estate.codes() == []


@pytest.mark.parametrize(
    ("kind", "category", "tail", "tags", "attributes"),
    [
        ("aws.ec2.instance", Category.INSTANCE, "ec2:us-east-1:{}:instance/i-0123456789abcdef1", {"aws:autoscaling:groupName": "g"}, {}),
        ("aws.ec2.volume", Category.VOLUME, "ec2:us-east-1:{}:volume/vol-1", {"kubernetes.io/created-for/pvc/name": "data"}, {}),
        ("aws.elbv2.load_balancer", Category.LOAD_BALANCER, "elasticloadbalancing:us-east-1:{}:loadbalancer/net/k8s/1", {"service.k8s.aws/stack": "ml/x"}, {}),
        ("aws.iam.role", Category.IDENTITY, "iam::{}:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS", {}, {}),
        ("aws.ec2.vpc", Category.NETWORK, "ec2:us-east-1:{}:vpc/vpc-1", {}, {"default": True}),
        ("aws.ec2.network_interface", Category.NETWORK_INTERFACE, "ec2:us-east-1:{}:network-interface/eni-1", {}, {"managed": True}),
        ("aws.sagemaker.training_job", Category.TRAINING_JOB, "sagemaker:us-east-1:{}:training-job/t", {}, {}),
        ("aws.ec2.snapshot", Category.SNAPSHOT, "ec2:us-east-1:{}:snapshot/snap-1", {}, {}),
        ("aws.kms.key", Category.KEY, "kms:us-east-1:{}:key/1", {}, {"owner": "AWS"}),
    ],
)  # fmt: skip
def test_what_came_by_itself_needs_no_declaring(
    estate: Estate, kind: str, category: Category, tail: str, tags: dict[str, str], attributes: dict[str, Any]
) -> None:
    id_ = f"arn:aws:{tail.format(ACCOUNT)}"
    one = f"arn:aws:{tail.split('{}')[0]}{ACCOUNT}:{tail.split('{}:')[1].split('/')[0]}/declared"
    plain = estate.thing(one, kind, category, tags={})
    itself = estate.thing(id_, kind, category, tags=tags, attributes=attributes)
    link = Reference("terraform://lineage-1/x.y", "x.y", "declares", one, one, "state", kind, "aws", ACCOUNT, "", True)
    saying = estate.thing("terraform://lineage-1/x.y", "terraform.resource", Category.DECLARATION, STATE, (link,))
    by_hand = estate.thing(f"{one}-not", kind, category, tags={})
    estate.run((kind, HERE, [plain, itself, by_hand]), imported(saying), sources=("prod", "terraform"))
    expected = [] if category in NOT_DECLARED else [f"{one}-not"]
    assert [g["subject_id"] for g in estate.gaps("undeclared")] == expected


def test_many_of_a_kind_in_one_scope_are_one_gap(estate: Estate) -> None:
    many = [queue(estate, f"q{i:03}") for i in range(GROUPED_ABOVE + 1)]
    known = [queue(estate, "known")]
    run = imported(declared(estate, "aws_sqs_queue.known", arn("known")))
    estate.run((QUEUE, HERE, known + many), run, sources=("prod", "terraform"))
    (gap,) = estate.gaps("undeclared")
    assert gap["subject"] == f"{GROUPED_ABOVE + 1} of {QUEUE} in {ACCOUNT}/us-east-1, declared nowhere"
    assert gap["evidence"][-1]["path"] == "aws_sqs_queue.known"
    estate.run((QUEUE, HERE, known), run, sources=("prod", "terraform"))
    assert estate.gaps() == []


def test_what_is_labelled_as_terraforms_tells_of_a_state_that_is_missing(estate: Estate) -> None:
    estate.run(
        (QUEUE, HERE, [queue(estate, "known"), queue(estate, "b", tags={"goog-terraform-provisioned": "true"})]),
        imported(declared(estate, "aws_sqs_queue.known", arn("known"))),
        sources=("prod", "terraform"),
    )
    (gap,) = estate.gaps("undeclared")
    assert (gap["severity"], "a state is missing" in gap["why"]) == ("low", True)


def test_what_a_state_declares_and_a_whole_look_does_not_show_is_missed(estate: Estate) -> None:
    run = imported(
        declared(estate, 'aws_sqs_queue.q["a"]', arn("lost")), declared(estate, "aws_sqs_queue.known", arn("known"))
    )
    estate.run((QUEUE, HERE, [queue(estate, "known")]), run, sources=("prod", "terraform"))
    (gap,) = estate.gaps()
    assert (gap["code"], gap["severity"]) == ("declared-not-found", "medium")
    assert gap["evidence"][0] == {
        "source": "terraform state prod/terraform.tfstate, serial 7", "path": 'aws_sqs_queue.q["a"]', "value": arn("lost"),
        "resource_id": 'terraform://lineage-1/aws_sqs_queue.q["a"]',
    }  # fmt: skip
    assert "terraform state rm 'aws_sqs_queue.q[\"a\"]'" in gap["remedy"]


def test_what_was_there_says_since_when_it_is_gone(estate: Estate) -> None:
    run = imported(declared(estate, "aws_sqs_queue.q", arn("q")))
    estate.run((QUEUE, HERE, [queue(estate, "q")]), run, sources=("prod", "terraform"))
    assert estate.codes() == []
    estate.run((QUEUE, HERE, []))
    (gap,) = estate.gaps("declared-not-found")
    assert "gone since 2026-11-24" in gap["why"]


def test_where_nobody_could_look_nothing_is_missed_and_what_was_said_stays(estate: Estate) -> None:
    run = imported(
        declared(estate, "aws_sqs_queue.q", arn("q")), declared(estate, "aws_sqs_queue.far", arn("far", "999988887777"))
    )
    estate.run((QUEUE, HERE, [], Outcome.DENIED), run, sources=("prod", "terraform"))
    assert estate.codes() == ["coverage-denied"]
    estate.run((QUEUE, HERE, []), run, sources=("prod", "terraform"))
    assert estate.codes() == ["declared-not-found"]
    estate.run((QUEUE, HERE, [], Outcome.DENIED))
    assert estate.codes() == ["coverage-denied", "declared-not-found"]


def test_a_bucket_is_missed_only_where_its_state_has_its_account(estate: Estate) -> None:
    bucket = ("aws.s3.bucket", Scope("aws", ACCOUNT, "aws-global"), [])
    lost = declared(estate, "aws_s3_bucket.b", "arn:aws:s3:::gone")
    estate.run(bucket, (QUEUE, HERE, [queue(estate, "q")]), imported(lost), sources=("prod", "terraform"))
    assert estate.codes() == []
    estate.run(imported(lost, declared(estate, "aws_sqs_queue.q", arn("q"))), sources=("terraform",))
    (gap,) = estate.gaps("declared-not-found")
    assert (gap["missing"]["account"], gap["missing"]["kind"]) == (ACCOUNT, "aws.s3.bucket")


def test_one_of_several_names_is_enough(estate: Estate) -> None:
    both = declared(estate, "aws_sqs_queue.q", arn("other-name"), arn("q"))
    estate.run((QUEUE, HERE, [queue(estate, "q")]), imported(both), sources=("prod", "terraform"))
    assert estate.codes() == []


def test_a_thing_that_is_deposed_is_not_missed(estate: Estate) -> None:
    old = declared(estate, "aws_sqs_queue.q (deposed 1a2b3c4d)", arn("old"))
    estate.run((QUEUE, HERE, []), imported(old), sources=("prod", "terraform"))
    assert estate.codes() == []


def test_a_release_declares_in_its_namespace_alone(estate: Estate) -> None:
    kind, cluster = "k8s.deployment", CLUSTER.account

    def deployment(namespace: str, name: str, **told: Any) -> Observation:
        id_ = kubernetes_id(cluster, "apps", "Deployment", namespace, name)
        return estate.thing(id_, kind, Category.WORKLOAD, CLUSTER, tags={"owner": "ml"}, attributes=told)

    secret = kubernetes_id(cluster, "", "Secret", "ml", "sh.helm.release.v1.mlflow.v2")
    links = tuple(
        Reference(secret, f"Deployment/{n}", "declares", n, kubernetes_id(cluster, "apps", "Deployment", "ml", n), "GET /api/v1/secrets", kind, "kubernetes", cluster, "", True)
        for n in ("mlflow", "gone")
    )  # fmt: skip
    release = estate.thing(
        secret, "k8s.secret", Category.SECRET, CLUSTER, links, attributes={"type": "helm.sh/release.v1"}
    )
    estate.run(
        (kind, CLUSTER, [deployment("ml", "mlflow"), deployment("ml", "by-hand"), deployment("ml", "made", owner_kind="X"), deployment("other", "free")]),
        ("k8s.secret", CLUSTER, [release]),
        sources=("prod",),
    )  # fmt: skip
    (undeclared,) = estate.gaps("undeclared")
    assert undeclared["subject"] == "by-hand, declared nowhere"
    (lost,) = estate.gaps("declared-not-found")
    assert (lost["subject"], "chart of release mlflow" in lost["remedy"]) == ("gone, declared and not there", True)


def test_ids_of_these_gaps_hold_whatever_came_first(estate: Estate) -> None:
    here = (QUEUE, HERE, [queue(estate, "known"), queue(estate, "by-hand")])
    state = imported(
        declared(estate, "aws_sqs_queue.lost", arn("lost")), declared(estate, "aws_sqs_queue.known", arn("known"))
    )
    estate.run(state, sources=("terraform",))
    assert estate.codes() == []
    estate.run(here)
    assert {g["id"]: g["code"] for g in estate.gaps()} == {
        gap_id(GapCode.UNDECLARED, arn("by-hand")): "undeclared",
        gap_id(GapCode.DECLARED_NOT_FOUND, arn("lost")): "declared-not-found",
    }
