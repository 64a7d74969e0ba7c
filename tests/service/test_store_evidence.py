"""What is required and not known, asked of all rows at once, is what the profiles say of each."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, not_, select

from normalize.errors import DeniedError
from normalize.evidence import PROFILES, Need, Thing, lacking
from normalize.model import Category, Observation, Outcome, Reference
from normalize.vocabulary import TERMS
from normalize.workloads import REQUIRED
from store import content
from store.reader import Reader
from store.rules import facts
from store.schema import members, relations, resources, workloads
from tests.service.estate import HERE, Estate, needs

KINDS = ("aws.bedrock.x", "aws.sagemaker.thing", "k8s.kserve.inference_service", "azure.sql.server", "awsxec2.thing")
VALUES: dict[str, tuple[Any, ...]] = {
    "text": ("x", "", None, "TERMINATED"),
    "int": (0, 1, None),
    "float": (0.0, 2.5, None),
    "bool": (True, False, None),
    "instant": ("2026-11-24T04:15:00.000Z", None),
    "texts": ([], ["x"], None),
    "map": ({}, {"a": 1}, None),
    "list": ([], [{"a": 1}], None),
}


def test_rows_are_judged_as_their_profiles_judge_each(estate: Estate) -> None:
    dice = random.Random(7)
    names = [f"{category.value}-{i}" for category in PROFILES for i in range(8)]
    things = [_thing(estate, dice, category, f"{category.value}-{i}", names) for category in PROFILES for i in range(8)]
    estate.run(*((kind, HERE, [t for t in things if t.resource.kind == kind]) for kind in KINDS))
    with estate.engine.connect() as connection:
        known = _things(connection)
        assert len(known) == len(things)
        for category, profile in PROFILES.items():
            said = {n: {i for i, t in known.items() if t.category is category and n in lacking(t)} for n in profile}
            asked = {need: _lacking(connection, category, need) for need in profile}
            assert {n.name: sorted(ids) for n, ids in asked.items()} == {n.name: sorted(ids) for n, ids in said.items()}


def _thing(estate: Estate, dice: random.Random, category: Category, name: str, names: list[str]) -> Observation:
    asked = {a for need in PROFILES[category] for a in need.attributes if dice.random() < 0.3}
    asked |= {w.attribute for need in PROFILES[category] for w in need.unless if w.attribute and dice.random() < 0.4}
    attributes = {a: dice.choice(VALUES[TERMS[a].type]) for a in sorted(asked)}
    refs = tuple(Reference(name, "$.x", "mentions", to, to, "x:List") for to in dice.sample(names, 2) if to != name)
    return estate.thing(name, dice.choice(KINDS), category, HERE, refs, attributes=attributes)


def _things(connection: Connection) -> dict[str, Thing]:
    """Every thing with all that the store knows of it, joined by hand."""
    rows = {r.id: r for r in connection.execute(select(resources))}
    attributes = {i: content.decode(r.attributes) for i, r in rows.items()}
    points: dict[str, set[str]] = {i: set() for i in rows}
    for link in connection.execute(select(relations)):
        points[link.source_id].add(rows[link.target_id].category)
    inside: dict[str, list[Any]] = {}
    for member in connection.execute(select(members)):
        inside.setdefault(member.workload_id, []).append(member)
    parts: dict[str, dict[str, list[Any]]] = {i: {} for i in rows}
    whole = {w.id: _filled(w) for w in connection.execute(select(workloads))}
    for workload, group in inside.items():
        for root in (m.resource_id for m in group if m.role == "root"):
            for role in whole[workload]:
                parts[root].setdefault(role, [])
            for member in group:
                parts[root].setdefault(member.role, []).append(attributes[member.resource_id])
    return {
        i: Thing(r.kind, Category(r.category), attributes[i], points[i], set(parts[i]), parts[i])
        for i, r in rows.items()
    }


def _filled(workload: Any) -> set[str]:
    """Roles that a workload must have and does not lack."""
    groups = REQUIRED.get(workload.type, ())
    return {role for group in groups if f'"{"|".join(group)}"' not in workload.lacks for role in group}


def _lacking(connection: Connection, category: Category, need: Need) -> set[str]:
    r = resources.c
    lacks = (not_(facts.known(connection, need)), facts.applies(connection, need))
    return set(connection.scalars(select(r.id).where(r.category == category.value, *lacks)))


def endpoint(estate: Estate, name: str = "fraud", *refs: Reference, **known: Any) -> Observation:
    return estate.thing(name, "aws.sagemaker.endpoint", Category.ENDPOINT, HERE, refs, attributes=known)


def test_an_endpoint_without_traffic_is_a_gap_until_it_is_known(estate: Estate) -> None:
    config = {"models": ["m"], "instance_types": ["ml.g5.xlarge"]}
    estate.run(("aws.sagemaker.endpoint", HERE, [endpoint(estate, **config)]))
    (gap,) = estate.gaps()
    assert (gap["code"], gap["severity"], gap["subject"]) == ("evidence-missing", "medium", "request_count of fraud")
    assert gap["missing"]["reference"] == "request_count"
    assert "cloudwatch:GetMetricData" in gap["remedy"]
    assert "How many requests a minute" in gap["remedy"]
    estate.run(("aws.sagemaker.endpoint", HERE, [endpoint(estate, **config, request_count=0)]))
    assert estate.gaps() == []


def test_a_serverless_endpoint_is_asked_for_no_machines(estate: Estate) -> None:
    estate.run(("aws.sagemaker.endpoint", HERE, [endpoint(estate, models=["m"], request_count=1, serverless=True)]))
    assert estate.gaps() == []
    estate.run(("aws.sagemaker.endpoint", HERE, [endpoint(estate, models=["m"], request_count=1, serverless=False)]))
    assert [g["subject"] for g in estate.gaps()] == ["accelerator_count of fraud"]


def test_machines_of_a_deployment_are_those_of_its_endpoint(estate: Estate) -> None:
    kind, part = "azure.machinelearning.online_endpoint", "azure.machinelearning.online_deployment"
    served = estate.thing("ep", kind, Category.ENDPOINT, attributes={"request_count": 9})
    blue = estate.thing(
        "blue", part, Category.DEPLOYMENT, refs=(needs("blue", "ep", verb="part_of", name=_Named("ep")),),
        attributes={"instance_type": "Standard_NC24ads_A100_v4", "models": ["m:3"]},
    )  # fmt: skip
    estate.run((kind, HERE, [served]), (part, HERE, [blue]))
    assert [g["subject"] for g in estate.gaps("evidence-missing")] == []
    estate.run((kind, HERE, [served]), (part, HERE, []))
    assert [g["subject"] for g in estate.gaps("evidence-missing")] == ["accelerator_count of ep"]


class _Named:
    """A name that is its own key."""

    target = provider = account = place = ""

    def __init__(self, key: str) -> None:
        self.key = key


def test_what_was_measured_too_long_ago_is_not_known_today(estate: Estate) -> None:
    bucket = estate.thing("arn:aws:s3:::data", "aws.s3.bucket", Category.BUCKET, attributes={"size_bytes": 5})
    disk = estate.thing("vol-1", "aws.ec2.volume", Category.VOLUME, attributes={"size_bytes": 5})
    estate.run(("aws.s3.bucket", HERE, [bucket]), ("aws.ec2.volume", HERE, [disk]))
    assert estate.gaps() == []
    estate.now += timedelta(days=31)
    estate.run(("aws.iam.role", HERE, [], Outcome.DENIED))
    (gap,) = estate.gaps("evidence-missing")
    assert (gap["severity"], gap["subject"]) == ("medium", "size_bytes of arn:aws:s3:::data")
    assert "2026-11-24, more than 30 days ago" in gap["why"]
    assert gap["evidence"][0]["value"].startswith("2026-11-24T")
    estate.run(("aws.s3.bucket", HERE, [bucket]), ("aws.ec2.volume", HERE, [disk]))
    assert estate.gaps("evidence-missing") == []


def test_a_model_outside_of_the_inventory_is_known_to_be_served(estate: Estate) -> None:
    asked = next(need for need in PROFILES[Category.ENDPOINT] if need.name == "model")
    estate.run(("aws.sagemaker.endpoint", HERE, [endpoint(estate, "e"), endpoint(estate, "f", needs("f", "hf://a/b", verb="loads"))]))  # fmt: skip
    with estate.engine.connect() as connection:
        assert _lacking(connection, Category.ENDPOINT, asked) == {"e"}
    assert [g["subject_id"] for g in estate.gaps("workload-incomplete")] == ["e"]


def test_confidence_counts_what_the_profiles_say_of_each(estate: Estate) -> None:
    dice = random.Random(11)
    names = [f"{category.value}-{i}" for category in PROFILES for i in range(5)]
    things = [_thing(estate, dice, category, f"{category.value}-{i}", names) for category in PROFILES for i in range(5)]
    estate.run(*((kind, HERE, [t for t in things if t.resource.kind == kind]) for kind in KINDS))
    with estate.engine.connect() as connection:
        known, inside = _things(connection), list(connection.execute(select(members)))
    found = Reader(estate.engine).confidence({})
    lacks = {i: set(lacking(t)) for i, t in known.items()}
    asked = {i: {n for n in PROFILES[t.category] if n.applies(t.kind, t.attributes)} for i, t in known.items()}
    told = {(f["kind"], f["category"], f["need"]): (f["things"], f["known"], f["old"]) for f in found["facts"]}
    expected: dict[tuple[str, str, str], tuple[int, int, int]] = {}
    for i, thing in known.items():
        for need in asked[i]:
            key = (thing.kind, thing.category.value, need.name)
            all_, had, _ = expected.get(key, (0, 0, 0))
            expected[key] = (all_ + 1, had + (need not in lacks[i]), 0)
    assert told == expected
    shares = {
        w["id"]: (w.get("wanted", 0), w.get("known", 0), w.get("required", 0), w.get("required_known", 0))
        for w in found["workloads"]
    }
    for id_ in shares:
        mine = [
            (need, need not in lacks[m.resource_id])
            for m in inside
            if m.workload_id == id_
            for need in asked[m.resource_id]
        ]
        required = [had for need, had in mine if need.required]
        assert shares[id_] == (
            sum(n.weight for n, _ in mine),
            sum(n.weight for n, had in mine if had),
            len(required),
            sum(required),
        )


def test_a_setting_that_a_whole_record_does_not_name_is_known_to_be_unset(estate: Estate) -> None:
    def known(**more: Any) -> dict[str, int]:
        bucket = estate.thing("b", "aws.s3.bucket", Category.BUCKET, HERE, attributes={"size_bytes": 1}, **more)
        estate.run(("aws.s3.bucket", HERE, [bucket]))
        found = Reader(estate.engine).confidence({"aws.s3.bucket": ("versioned", "size_bytes")})
        return {f["need"]: f["known"] for f in found["facts"]}

    assert (known()["versions"], known()["exposure"]) == (1, 0)
    refused = DeniedError("no", call="s3:GetBucketVersioning", needs=("s3:GetBucketVersioning",))
    assert known(gaps=(refused,))["versions"] == 0
    (detail,) = Reader(estate.engine).confidence({})["details"]
    assert (detail["call"], detail["needs"], detail["things"]) == (
        "s3:GetBucketVersioning",
        ["s3:GetBucketVersioning"],
        1,
    )


def test_what_is_too_old_is_counted_apart(estate: Estate) -> None:
    estate.now = datetime.now(UTC) - timedelta(days=40)
    bucket = estate.thing("b", "aws.s3.bucket", Category.BUCKET, HERE, attributes={"size_bytes": 1, "versioned": True})
    estate.run(("aws.s3.bucket", HERE, [bucket]))
    found = Reader(estate.engine).confidence({})["facts"]
    assert {f["need"]: (f["known"], f["old"]) for f in found if f["known"]} == {"bytes": (1, 1), "versions": (1, 0)}
