"""What begins a workload, what repetitions of a job share, and what facts say of its owner and environment."""

from __future__ import annotations

import pytest

from normalize import workloads
from normalize.model import Category


@pytest.mark.parametrize(
    ("name", "shared"),
    [
        ("ranker-2026-11-24-03-15", "ranker"),
        ("ranker-20261124031500", "ranker"),
        ("ranker-2", "ranker"),
        ("ranker-9kq2z", "ranker"),
        ("ranker-0a1b2c3d4e", "ranker"),
        ("fraud/train-2026-11-24T03:15:00-abc12", "fraud/train"),
        ("llama3-70b-sft", "llama3-70b-sft"),
        ("bert-large-allreduce", "bert-large-allreduce"),
        ("train-tokens", "train-tokens"),
        ("2026-11-24", "2026-11-24"),
        ("", ""),
    ],
)
def test_names_of_repetitions_share_their_stem(name: str, shared: str) -> None:
    assert workloads.stem(name) == shared


@pytest.mark.parametrize(
    ("tags", "attributes", "value", "path"),
    [
        ({"Owner": "risk"}, {}, "risk", "$.tags.Owner"),
        ({"acme.com/team": "nlp"}, {}, "nlp", "$.tags.acme.com/team"),
        ({"team": "nlp", "owner": "ana"}, {}, "ana", "$.tags.owner"),
        ({"owner": " "}, {"created_by": "bo"}, "bo", "$.created_by"),
        ({"own": "x", "cost-center": "4711"}, {}, None, None),
        ({}, {"owner": ""}, None, None),
    ],
)
def test_an_owner_is_what_a_tag_or_the_system_says(
    tags: dict[str, str], attributes: dict[str, str], value: str | None, path: str | None
) -> None:
    found = workloads.owner("r", tags, attributes)
    assert (found and (found.value, found.path)) == (value and (value, path))


@pytest.mark.parametrize(
    ("name", "tags", "attributes", "value"),
    [
        ("x", {"env": "PRD"}, {}, "production"),
        ("x", {"environment": "blue"}, {}, "blue"),
        ("fraud-prod", {}, {}, "production"),
        ("fraud-preprod", {}, {}, "staging"),
        ("fraud", {}, {"namespace": "team-dev"}, "development"),
        ("product-search", {}, {}, None),
        ("latest-model", {}, {}, None),
        ("devices", {}, {}, None),
    ],
)
def test_an_environment_is_what_a_tag_or_a_word_of_a_name_says(
    name: str, tags: dict[str, str], attributes: dict[str, str], value: str | None
) -> None:
    found = workloads.environment("r", name, tags, attributes)
    assert (found and found.value) == value


def test_what_is_walked_through_leads_on_and_what_is_not_ends() -> None:
    steps = set(workloads.outward())
    assert ("endpoint", "model") in steps
    assert ("bucket", "key") in steps
    assert not {b for a, b in steps if a == "bucket"} - {"key"}
    assert {a for a, b in steps if b == "node"} <= {c.value for c in workloads.THROUGH}


def test_every_role_belongs_to_one_category_each() -> None:
    given = [c for categories in workloads.ROLES.values() for c in categories]
    assert len(given) == len(set(given))
    assert {c for c in workloads.ROOTS if c is not Category.MODEL} <= set(given)


def test_something_that_runs_all_the_time_needs_no_training_data() -> None:
    assert workloads.lacking("training", "k8s.deployment", ()) == []
    assert workloads.lacking("training", "k8s.job", ()) == ["data|features"]
    assert workloads.lacking("training", "k8s.job", {"features"}) == []
    assert workloads.lacking("inference", "k8s.deployment", {"image"}) == ["model"]
