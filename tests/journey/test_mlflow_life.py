"""A server with 2,000 runs and 200 versions through the command line, twice, while runs and a version go in between. What the
inventory holds is compared with what the server itself says."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.journey.desk import Desk
from tests.servers import mlflow_mass
from tests.servers.mlflow_mass import run_id
from tests.servers.mlflow_server import mlflow_server

pytestmark = pytest.mark.service

RUNS, VERSIONS, FIRST = 2000, 200, 1000
DELETED, PURGED = run_id(FIRST + 1), run_id(FIRST + 2)
"""Runs that made versions 2 and 3 of model-0."""
Counts = dict[str, int]


@dataclass(frozen=True)
class Look:
    """What the server says, and what the inventory holds after a scan."""

    server: Counts
    inventory: Counts
    runs: dict[str, dict[str, Any]]
    gaps: list[dict[str, Any]]
    relations: set[tuple[str, str, str]]


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Look, Look]]:
    folder: Path = tmp_path_factory.mktemp("mlflow")
    with mlflow_server(folder) as url:
        mlflow_mass.fill(folder / "mlflow.db", RUNS, VERSIONS, FIRST)
        desk = Desk(folder / "desk")
        desk.configure(f'type = "mlflow"\nname = "registry"\ntracking_uri = "{url}"')
        first = look(desk, url)
        call(url, "POST", "runs/delete", run_id=DELETED)
        call(url, "DELETE", "model-versions/delete", name="model-9", version="20")
        mlflow_mass.purge(folder / "mlflow.db", PURGED)
        yield first, look(desk, url)


def look(desk: Desk, url: str) -> Look:
    code, _, said = desk.run("scan")
    assert code == 0, said
    there = [r for r in desk.rows("resources") if "gone_at" not in r]
    runs = {r["native_id"]: r["attributes"] for r in there if r["kind"] == "mlflow.run"}
    kinds = [r["kind"].removeprefix("mlflow.") for r in there]
    deleted = sum(r["lifecycle_stage"] == "deleted" for r in runs.values())
    found = {k: kinds.count(k) for k in ("experiment", "run", "registered_model", "model_version")}
    lines = {(r["source_id"], r["verb"], r["target_id"]) for r in desk.rows("relations")}
    return Look(said_by(url), found | {"deleted run": deleted}, runs, list(desk.rows("gaps")), lines)


def said_by(url: str) -> Counts:
    """The server's own counts, by its API and with pages of another size than the scan's."""
    experiments = every(url, "POST", "experiments/search", "experiments", view_type="ALL")
    ids = [e["experiment_id"] for e in experiments]
    states = {
        state: len(every(url, "POST", "runs/search", "runs", experiment_ids=ids, run_view_type=state))
        for state in ("ALL", "DELETED_ONLY")
    }
    return {
        "experiment": len(experiments),
        "run": states["ALL"],
        "registered_model": len(every(url, "GET", "registered-models/search", "registered_models")),
        "model_version": len(every(url, "GET", "model-versions/search", "model_versions")),
        "deleted run": states["DELETED_ONLY"],
    }


def every(url: str, method: str, path: str, member: str, **asked: Any) -> list[Any]:
    found: list[Any] = []
    token: dict[str, str] = {}
    while True:
        page = call(url, method, path, max_results=777, **asked, **token)
        found += page.get(member, [])
        if not page.get("next_page_token"):
            return found
        token = {"page_token": page["next_page_token"]}


def call(url: str, method: str, path: str, **asked: Any) -> Any:
    address = f"{url}/api/2.0/mlflow/{path}"
    if method == "GET":
        address += "?" + "&".join(f"{k}={v}" for k, v in asked.items())
    body = None if method == "GET" else json.dumps(asked).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def test_the_inventory_holds_what_the_server_counts(life: tuple[Look, Look]) -> None:
    first, second = life
    assert first.inventory == first.server
    assert second.inventory == second.server


def test_the_server_counts_what_was_made_and_what_went(life: tuple[Look, Look]) -> None:
    first, second = life
    made = {"experiment": 21, "run": RUNS, "registered_model": 10, "model_version": VERSIONS, "deleted run": RUNS // 10}
    assert first.server == made
    assert second.server == made | {"run": RUNS - 1, "model_version": VERSIONS - 1, "deleted run": RUNS // 10 + 1}


def test_a_deleted_run_is_there_and_says_so(life: tuple[Look, Look]) -> None:
    assert [look.runs[DELETED]["lifecycle_stage"] for look in life] == ["active", "deleted"]


def test_versions_lead_to_their_runs_and_a_purged_run_becomes_a_gap(life: tuple[Look, Look]) -> None:
    first, second = life
    assert [sum(verb == "made_by" for _, verb, _ in look.relations) for look in life] == [VERSIONS, VERSIONS - 2]
    (lost,) = [g for g in second.gaps if g["code"] == "dangling-reference"]
    assert lost["subject_id"].endswith(f"{PURGED}")
    assert "model-0/versions/3" in {e["resource_id"].rpartition("/models/")[2] for e in lost["evidence"]}
    assert [g for g in first.gaps if g["code"] == "dangling-reference"] == []


def test_runs_lead_to_experiments_parents_and_code(life: tuple[Look, Look]) -> None:
    first, _ = life
    verbs = [verb for _, verb, _ in first.relations]
    nested = sum(n % 7 == 0 for n in range(FIRST + 1, FIRST + RUNS))
    assert (verbs.count("member_of"), verbs.count("part_of")) == (RUNS, nested)
    assert {len(r["commit"]) for r in first.runs.values()} == {40}
    outside = {g["missing"]["reference"] for g in first.gaps if g["code"] == "external-dependency"}
    assert {"s3://acme-train/imagenet", "https://github.com/acme/train.git"} <= outside
