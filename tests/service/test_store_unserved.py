"""Models of a registry that nothing serves are told only where what serves was looked at, and nothing may load them by their path."""

from __future__ import annotations

from typing import Any

import pytest

from normalize.model import Category, Observation, Outcome, Reference
from tests.service.estate import CLUSTER, SERVER, Estate, needs

MODELS = ("mlflow://t/models/fraud", "mlflow://t/models/churn")


def registry(estate: Estate, **more: Any) -> list[tuple[Any, ...]]:
    models = [
        estate.thing(
            m, "mlflow.registered_model", Category.MODEL, SERVER, keys=(f"models:/{m.rpartition('/')[2]}",), attributes={"type": "model"}
        )
        for m in MODELS
    ]  # fmt: skip
    prompt = estate.thing(
        "mlflow://t/models/greet", "mlflow.registered_model", Category.MODEL, SERVER, attributes={"type": "prompt"}
    )
    version = estate.thing(
        f"{MODELS[0]}/versions/1",
        "mlflow.model_version",
        Category.MODEL_VERSION,
        SERVER,
        refs=(
            Reference(f"{MODELS[0]}/versions/1", "$.name", "version_of", "fraud", MODELS[0], "call"),
            needs(f"{MODELS[0]}/versions/1", "s3://acme-models/fraud/1"),
        ),
        **more,
    )
    return [
        ("mlflow.registered_model", SERVER, [*models, prompt], Outcome.COMPLETE, {"source": "registry"}),
        ("mlflow.model_version", SERVER, [version], Outcome.COMPLETE, {"source": "registry"}),
    ]


def deployment(estate: Estate, *uris: str) -> Observation:
    return estate.thing(
        "k8s://uid-1/deployment", "k8s.deployment", Category.WORKLOAD, CLUSTER, refs=tuple(needs("k8s://uid-1/deployment", u) for u in uris)
    )  # fmt: skip


def unserved(estate: Estate) -> list[str]:
    return sorted(g["subject_id"] for g in estate.gaps("workload-incomplete") if g["missing"].get("kind") == "serving")


def test_a_model_that_nothing_names_is_served_by_nobody(estate: Estate) -> None:
    look = ("k8s.deployment", CLUSTER, [deployment(estate, "models:/fraud@champion")])
    estate.run(*registry(estate), look, sources=("prod", "registry"))
    assert unserved(estate) == ["mlflow://t/models/churn"]


def test_a_model_of_which_something_names_the_bucket_may_be_served(estate: Estate) -> None:
    look = ("k8s.deployment", CLUSTER, [deployment(estate, "s3://acme-models/fraud/1/model")])
    estate.run(*registry(estate), look, sources=("prod", "registry"))
    assert unserved(estate) == ["mlflow://t/models/churn"]


@pytest.mark.parametrize("outcome", [Outcome.DENIED, Outcome.FAILED, Outcome.PARTIAL, None])
def test_where_what_serves_was_not_looked_at_nobody_knows(estate: Estate, outcome: Outcome | None) -> None:
    look = [("k8s.deployment", CLUSTER, [], outcome)] if outcome else []
    estate.run(*registry(estate), *look, sources=("prod", "registry"))
    assert unserved(estate) == []
