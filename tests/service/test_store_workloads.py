"""Workloads are assembled along relations, whole and none too large, on both databases; what one lacks is a gap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from normalize.model import Category, Observation, Outcome, Reference, Scope
from store.reader import Reader
from store.workloads import assemble
from tests.service.estate import CLUSTER, GLOBAL, HERE, Estate, needs


def ref(source: str, verb: str, target: str) -> Reference:
    return Reference(source, "$.x", verb, target, target, "call", "", "", "", "")


def thing(estate: Estate, category: Category, id_: str, *named: tuple[str, str], kind: str = "", scope: Scope = HERE, **more: Any) -> Observation:  # fmt: skip
    """Something whose references are (verb, id)."""
    refs = tuple(ref(id_, verb, target) for verb, target in named)
    known = {"size_bytes": 1, "accelerator_count": 0} | more.pop("attributes", {})
    return estate.thing(
        id_, kind or f"aws.x.{category}", category, scope, refs, attributes=known, tags=more.pop("tags", {}), **more
    )


def scan(estate: Estate, *things: Observation) -> None:
    by_kind: dict[tuple[str, Scope], list[Observation]] = {}
    for each in things:
        by_kind.setdefault((each.resource.kind, each.resource.scope), []).append(each)
    estate.run(*((kind, scope, found) for (kind, scope), found in by_kind.items()))


def found(estate: Estate) -> Mapping[str, dict[str, Any]]:
    return {w["name"]: w for w in Reader(estate.engine).workloads()}


def serving(estate: Estate) -> list[Observation]:
    return [
        thing(estate, Category.ENDPOINT, "e", ("uses_config", "c"), tags={"team": "risk", "env": "prod"}),
        thing(estate, Category.ENDPOINT_CONFIG, "c", ("serves", "m")),
        thing(estate, Category.MODEL, "m", ("reads_from", "b"), ("uses_image", "i"), ("assumes", "r"), ("made_by", "job-2026-11-01")),
        thing(estate, Category.BUCKET, "b", ("encrypted_by", "k")),
        thing(estate, Category.KEY, "k"),
        thing(estate, Category.IMAGE_REPOSITORY, "i"),
        thing(estate, Category.IDENTITY, "r"),
        thing(estate, Category.ALARM, "a", ("watches", "e")),
        thing(estate, Category.TRAINING_JOB, "job-2026-11-01", ("reads_from", "corpus"), ("runs_in", "s"), tags={"owner": "ana"}),
        thing(estate, Category.TRAINING_JOB, "job-2026-11-08", ("reads_from", "corpus"), tags={"owner": "ana"}),
        thing(estate, Category.BUCKET, "corpus"),
        thing(estate, Category.SUBNET, "s", ("runs_in", "n")),
        thing(estate, Category.NETWORK, "n"),
    ]  # fmt: skip


def test_an_endpoint_has_all_that_it_needs_and_not_what_its_training_needs(estate: Estate) -> None:
    scan(estate, *serving(estate))
    tasks = found(estate)
    assert set(tasks) == {"e", "job"}
    assert tasks["e"]["parts"] == {
        "data": 1, "identity": 1, "image": 1, "key": 1, "model": 1, "monitoring": 1, "serving": 1, "training": 1,
    }  # fmt: skip
    assert (tasks["e"]["type"], tasks["e"]["owner"], tasks["e"]["environment"]) == ("inference", "risk", "production")
    assert tasks["e"]["evidence"]["owner"] == {"resource_id": "e", "path": "$.tags.team"}
    assert {g["code"] for g in estate.gaps()} <= {"evidence-missing"}


def test_repetitions_of_a_job_are_one_workload(estate: Estate) -> None:
    scan(estate, *serving(estate))
    job = found(estate)["job"]
    assert (job["root_count"], job["roots"]) == (2, ["job-2026-11-01", "job-2026-11-08"])
    assert job["parts"] == {"data": 1, "network": 2}


def test_where_another_workload_begins_the_walk_ends(estate: Estate) -> None:
    scan(
        estate,
        thing(estate, Category.PIPELINE, "p", ("calls", "e"), ("reads_from", "own"), tags={"owner": "x"}),
        thing(estate, Category.ENDPOINT, "e", ("serves", "m"), tags={"owner": "x"}),
        thing(estate, Category.MODEL, "m", ("reads_from", "weights")),
        thing(estate, Category.BUCKET, "weights"),
        thing(estate, Category.BUCKET, "own"),
    )
    tasks = found(estate)
    assert tasks["p"]["parts"] == {"data": 1, "serving": 1}
    assert tasks["e"]["parts"] == {"data": 1, "model": 1}


def test_a_circle_ends_and_a_model_without_a_workload_begins_one(estate: Estate) -> None:
    scan(
        estate,
        thing(estate, Category.ENDPOINT, "e", ("serves", "m"), tags={"owner": "x"}),
        thing(estate, Category.MODEL, "m", ("made_by", "v"), ("used_by", "e")),
        thing(estate, Category.MODEL_VERSION, "v", ("version_of", "m")),
        thing(estate, Category.MODEL, "lone", tags={"owner": "x"}),
        thing(estate, Category.MODEL_VERSION, "lone/1", ("version_of", "lone")),
    )
    tasks = found(estate)
    assert {n: (t["type"], t["parts"]) for n, t in tasks.items()} == {
        "e": ("inference", {"model": 2}), "lone": ("model", {"model": 1}),
    }  # fmt: skip


def test_a_deployment_is_reached_by_pods_services_and_ingress(estate: Estate) -> None:
    here: dict[str, Any] = {"scope": CLUSTER}
    space = thing(
        estate,
        Category.NAMESPACE,
        "k8s://uid-1/core/Namespace//ml",
        kind="k8s.namespace",
        tags={"team": "vision"},
        **here,
    )
    scan(
        estate,
        space,
        thing(estate, Category.WORKLOAD, "d", ("mounts", "pvc"), kind="k8s.deployment", attributes={"workload_type": "inference", "namespace": "ml", "models": ["llama"]}, **here),
        thing(estate, Category.WORKLOAD, "rs", ("owned_by", "d"), kind="k8s.replica_set", **here),
        thing(estate, Category.POD, "pod", ("owned_by", "rs"), ("runs_on", "node"), kind="k8s.pod", attributes={"workload_type": "inference"}, **here),
        thing(estate, Category.NODE, "node", kind="k8s.node", **here),
        thing(estate, Category.ADDRESS, "slice", ("routes_to", "pod"), ("backs", "svc"), kind="k8s.slice", **here),
        thing(estate, Category.SERVICE, "svc", kind="k8s.service", **here),
        thing(estate, Category.LOAD_BALANCER, "ing", ("calls", "svc"), kind="k8s.ingress", **here),
        thing(estate, Category.VOLUME_CLAIM, "pvc", ("bound_to", "pv"), kind="k8s.pvc", **here),
        thing(estate, Category.VOLUME, "pv", kind="k8s.pv", **here),
    )  # fmt: skip
    (task,) = found(estate).values()
    assert task["parts"] == {"compute": 1, "data": 2, "network": 2, "part": 1}
    assert (task["name"], task["owner"]) == ("d", "vision")
    assert estate.gaps() == []


def test_an_endpoint_that_serves_nothing_known_is_incomplete_until_something_says_what(estate: Estate) -> None:
    scan(estate, thing(estate, Category.ENDPOINT, "e", tags={"owner": "x"}))
    (gap,) = estate.gaps("workload-incomplete")
    assert (gap["code"], gap["severity"], gap["subject_id"]) == ("workload-incomplete", "high", "e")
    assert found(estate)["e"]["lacks"] == ["model"]
    scan(estate, thing(estate, Category.ENDPOINT, "e", tags={"owner": "x"}, attributes={"models": ["org/llama"]}))
    assert estate.gaps("workload-incomplete") == []


def test_weights_that_lie_outside_are_a_dependency_and_no_hole_in_the_workload(estate: Estate) -> None:
    job = "arn:aws:sagemaker:us-east-1:111122223333:training-job/j"
    estate.run(
        ("aws.sagemaker.training_job", HERE, [
            estate.thing(job, "aws.sagemaker.training_job", Category.TRAINING_JOB, HERE, (needs(job, "s3://elsewhere/x"),),
                         attributes={"accelerator_count": 1}, tags={"owner": "x"}),
        ]),
        ("aws.s3.bucket", GLOBAL, []),
    )  # fmt: skip
    assert "workload-incomplete" not in estate.codes()
    assert found(estate)["j"]["lacks"] == []


def test_a_workload_without_an_owner_is_a_gap_and_many_are_one(estate: Estate) -> None:
    scan(estate, *(thing(estate, Category.NOTEBOOK, f"n{'abcdefghij'[i]}") for i in range(3)))
    assert estate.codes() == ["owner-missing"] * 3
    scan(estate, *(thing(estate, Category.NOTEBOOK, f"note-{chr(97 + i)}") for i in range(25)))
    gaps = estate.gaps("owner-missing")
    assert [g["evidence_count"] for g in gaps] == [25]


def test_what_is_gone_is_part_of_nothing(estate: Estate) -> None:
    scan(estate, *serving(estate))
    estate.run(("aws.x.bucket", HERE, [thing(estate, Category.BUCKET, "corpus")]))
    assert found(estate)["e"]["parts"].get("data") is None
    estate.run(("aws.x.endpoint", HERE, [], Outcome.DENIED))
    assert "e" in found(estate)
    estate.run(("aws.x.endpoint", HERE, []))
    assert "e" not in found(estate)


def test_a_resource_tells_the_workloads_that_it_belongs_to(estate: Estate) -> None:
    scan(estate, *serving(estate))
    shown = Reader(estate.engine).show("job-2026-11-01")["workloads"]
    assert [(w["name"], w["role"]) for w in shown] == [("job", "root"), ("e", "training")]


def test_assembling_again_changes_nothing(estate: Estate) -> None:
    scan(estate, *serving(estate))
    before = list(Reader(estate.engine).workloads())
    assert assemble(estate.engine) == 2
    assert list(Reader(estate.engine).workloads()) == before


def test_what_a_job_writes_is_no_data_that_it_works_on(estate: Estate) -> None:
    out, job = thing(estate, Category.BUCKET, "out"), thing(estate, Category.TRAINING_JOB, "t", ("writes_to", "out"))
    both = thing(estate, Category.TRAINING_JOB, "u", ("writes_to", "out"), ("mentions", "out"))
    scan(estate, out, job, both)
    assert [g["subject_id"] for g in estate.gaps("workload-incomplete")] == ["t"]
    assert found(estate)["t"]["parts"] == {"data": 1}
