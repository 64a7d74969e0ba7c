"""The MLflow collector against a real tracking server, and against one whose network misbehaves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collectors.contract import CutShortError
from collectors.mlflow import MlflowCollector, open_source
from collectors.mlflow.client import Server
from normalize.errors import CollectError, ConfigError, DeniedError, TransientError, UnavailableError
from normalize.mapping import observe
from normalize.model import Observation
from tests.servers import mlflow_estate
from tests.servers.mlflow_estate import COMMIT, DB_PASSWORD, HUB_TOKEN, WEBHOOK_TOKEN, Estate
from tests.servers.mlflow_server import faulty_proxy, free_port, mlflow_server

pytestmark = pytest.mark.service

API = "/api/2.0/mlflow"


@dataclass(frozen=True)
class World:
    url: str
    estate: Estate


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory: Path = tmp_path_factory.mktemp("mlflow")
    with mlflow_server(directory) as url:
        yield World(url, mlflow_estate.build(url))


@pytest.fixture(autouse=True)
def _no_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.delenv("MLFLOW_TRACKING_USERNAME", raising=False)


def opened(url: str, page_size: int | None = None) -> MlflowCollector:
    collector = open_source({"name": "registry", "tracking_uri": url}, clock=lambda: datetime(2026, 11, 24, tzinfo=UTC))
    if page_size is None:
        return collector
    scope = next(iter(collector.scopes(collector.kinds()[0])))
    return MlflowCollector("registry", Server(url, page_size), scope.account)


def listed(collector: MlflowCollector, name: str) -> list[Observation]:
    kind = next(k for k in collector.kinds() if k.name == name)
    return [observe(raw, kind) for scope in collector.scopes(kind) for raw in collector.collect(kind, scope)]


@pytest.mark.parametrize("page_size", [None, 2])
def test_every_page_of_every_kind_is_read(world: World, page_size: int | None) -> None:
    collector = opened(world.url, page_size)
    counts = {k.name: len(listed(collector, k.name)) for k in collector.kinds()}
    estate = world.estate
    assert counts == {
        "mlflow.server": 1,
        "mlflow.experiment": estate.experiments,
        "mlflow.run": estate.runs,
        "mlflow.registered_model": estate.models + estate.prompts,
        "mlflow.model_version": estate.versions,
        "mlflow.logged_model": estate.logged_models,
        "mlflow.webhook": estate.webhooks,
    }


def test_no_attribute_misfits_and_ids_are_unique(world: World) -> None:
    collector = opened(world.url)
    found = [o for k in collector.kinds() for o in listed(collector, k.name)]
    assert [o.misfits for o in found if o.misfits] == []
    assert [i for i, n in Counter(o.resource.id for o in found).items() if n > 1] == []


def test_deleted_runs_and_experiments_are_listed_as_deleted(world: World) -> None:
    collector = opened(world.url)
    by_native = {
        o.resource.native_id: o.resource.attributes["lifecycle_stage"]
        for name in ("mlflow.run", "mlflow.experiment")
        for o in listed(collector, name)
    }
    assert by_native[world.estate.deleted_run] == "deleted"
    assert by_native[world.estate.deleted_experiment] == "deleted"
    assert by_native[world.estate.plain_run] == "active"


def test_a_run_carries_parameters_last_metrics_datasets_and_links(world: World) -> None:
    runs = {o.resource.native_id: o for o in listed(opened(world.url), "mlflow.run")}
    run = runs[world.estate.dataset_run]
    assert run.resource.attributes["parameters"] == {"lr": "1e-4", "gpu": "H100", "n_gpus": "8"}
    assert run.resource.attributes["metrics"] == {"loss": 1.0}
    links = {(r.verb, r.target, r.key) for r in run.references}
    assert ("reads", "aws.s3.bucket", "s3://acme-train-data") in links
    assert any(verb == "member_of" and target == "mlflow.experiment" for verb, target, _ in links)
    child = runs[world.estate.child_run]
    parent = runs[world.estate.plain_run]
    assert {r.key for r in child.references if r.verb == "part_of"} <= set(parent.aliases)


def test_a_run_says_which_commit_of_which_repository_it_ran(world: World) -> None:
    runs = {o.resource.native_id: o for o in listed(opened(world.url), "mlflow.run")}
    run = runs[world.estate.plain_run]
    assert run.resource.attributes["commit"] == COMMIT
    assert run.resource.attributes["repository"] == "ssh://git@git.acme.internal/ml/train.git"
    assert {r.key for r in run.references if r.verb == "built_from"} == {"dns:git.acme.internal"}
    assert "commit" not in runs[world.estate.nan_run].resource.attributes


def test_artifacts_behind_the_server_are_counted_and_those_in_buckets_are_not(world: World) -> None:
    found = {o.resource.name: o.resource.attributes for o in listed(opened(world.url), "mlflow.experiment")}
    llm, fraud = found["llm-finetune"], found["fraud-détection 🕵"]
    assert (llm["size_bytes"], llm["file_count"]) == (world.estate.artifact_bytes, 2)
    assert not {"size_bytes", "file_count"} & fraud.keys()


def test_artifacts_beyond_the_allowance_are_unknown_and_said_to_be(world: World) -> None:
    collector = open_source({"name": "registry", "tracking_uri": world.url, "artifact_calls": 3})
    (kind,) = [k for k in collector.kinds() if k.name == "mlflow.experiment"]
    records = list(collector.collect(kind, *collector.scopes(kind)))
    (cut,) = [r for r in records if r.payload["name"] == "llm-finetune"]
    assert "$artifacts" not in cut.payload
    assert ["artifact_calls" in str(g) for g in cut.gaps] == [True]


def test_traces_are_counted_by_the_server_or_else_listed(world: World) -> None:
    def counts(url: str) -> dict[str | None, object]:
        return {
            o.resource.name: o.resource.attributes.get("trace_count") for o in listed(opened(url), "mlflow.experiment")
        }

    expected = {"llm-finetune": world.estate.traces, "fraud-détection 🕵": 0, "Default": 0, "abandoned": None}
    assert counts(world.url) == expected
    with faulty_proxy(world.url, {"/api/3.0/mlflow/traces/metrics": (404, "text/html", b"Not found")}) as url:
        assert counts(url) == expected


def test_traces_that_may_not_be_counted_are_a_gap_of_the_record(world: World) -> None:
    with faulty_proxy(world.url, {"/api/3.0/mlflow/traces/metrics": (403, "text/html", b"no")}) as url:
        collector = opened(url)
        (kind,) = [k for k in collector.kinds() if k.name == "mlflow.experiment"]
        gaps = [g for r in collector.collect(kind, *collector.scopes(kind)) for g in r.gaps]
    assert {type(g) for g in gaps} == {DeniedError}


def test_a_webhook_names_whom_it_tells_and_keeps_no_token(world: World) -> None:
    (webhook,) = listed(opened(world.url), "mlflow.webhook")
    assert webhook.resource.attributes["events"] == ["model_version.created"]
    assert [(r.verb, r.key) for r in webhook.references] == [("notifies", "ip:203.0.113.9")]


def test_runs_of_a_window_say_how_far_back_they_go(world: World) -> None:
    later = datetime.now(UTC) + timedelta(days=40)
    collector = open_source({"name": "registry", "tracking_uri": world.url, "window_days": 30}, clock=lambda: later)
    (kind,) = [k for k in collector.kinds() if k.name == "mlflow.run"]
    (planned,) = collector.plan([kind])
    assert planned.since == later - timedelta(days=30)
    assert list(collector.collect(kind, planned.scope)) == []


def test_a_server_may_have_credentials_of_its_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "of-another-server")
    monkeypatch.setenv("ITS_TOKEN", "its-own")
    with faulty_proxy(world.url, {}) as url:
        collector = open_source({"name": "registry", "tracking_uri": url, "token_env": "ITS_TOKEN"})
        assert collector._server.request("GET", "/version").request.headers["Authorization"] == "Bearer its-own"
    with pytest.raises(ConfigError, match='token_env = "NOT_THERE"'):
        open_source({"name": "registry", "tracking_uri": world.url, "token_env": "NOT_THERE"})


def test_a_metric_that_is_no_number_is_kept_as_text(world: World) -> None:
    runs = {o.resource.native_id: o for o in listed(opened(world.url), "mlflow.run")}
    assert runs[world.estate.nan_run].resource.attributes["metrics"] == {"loss": "NaN"}


def test_versions_point_at_their_run_model_and_bytes(world: World) -> None:
    collector = opened(world.url)
    versions = {o.resource.native_id: o for o in listed(collector, "mlflow.model_version")}
    runs = {key for o in listed(collector, "mlflow.run") for key in o.aliases}
    models = {key for o in listed(collector, "mlflow.registered_model") for key in o.aliases}
    first, second = versions[f"{world.estate.model}/1"], versions[f"{world.estate.model}/2"]
    assert first.resource.attributes["stage"] == "Production"
    assert second.resource.attributes["aliases"] == ["champion"]
    for version in (first, second):
        assert {r.key for r in version.references if r.verb == "made_by"} <= runs
        assert {r.key for r in version.references if r.verb == "version_of"} <= models
    assert "s3://acme-models" in {r.key for r in first.references}


def test_a_version_whose_run_was_purged_points_at_nothing_listed(world: World) -> None:
    collector = opened(world.url)
    versions = {o.resource.native_id: o for o in listed(collector, "mlflow.model_version")}
    (link,) = [r for r in versions[f"{world.estate.model}/3"].references if r.verb == "made_by"]
    assert link.key not in {key for o in listed(collector, "mlflow.run") for key in o.aliases}
    assert (link.target, link.account) == ("mlflow.run", world.url.removeprefix("http://"))


def test_prompts_are_told_from_models(world: World) -> None:
    types = Counter(o.resource.attributes["type"] for o in listed(opened(world.url), "mlflow.registered_model"))
    assert types == {"model": world.estate.models, "prompt": world.estate.prompts}


def test_the_server_is_known_by_its_address(world: World) -> None:
    (server,) = listed(opened(world.url), "mlflow.server")
    address = world.url.removeprefix("http://")
    assert server.resource.id == f"mlflow://{address}"
    assert f"mlflow-server:{address}" in server.aliases
    assert server.resource.attributes["version"][0] == "3"


def test_no_planted_secret_survives(world: World) -> None:
    collector = opened(world.url)
    text = json.dumps([(o.payload, str(o)) for k in collector.kinds() for o in listed(collector, k.name)])
    assert "features.acme.internal" in text
    assert [s for s in (DB_PASSWORD, HUB_TOKEN, WEBHOOK_TOKEN) if s in text] == []


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (403, b'{"error_code": "PERMISSION_DENIED", "message": "Permission denied"}', DeniedError),
        (403, b"Permission denied", DeniedError),
        (401, b"<html>who are you</html>", DeniedError),
        (500, b'{"error_code": "INTERNAL_ERROR", "message": "boom"}', TransientError),
        (503, b"busy", TransientError),
        (429, b"slow down", TransientError),
    ],
)
def test_what_a_refused_listing_means(world: World, status: int, body: bytes, error: type[CollectError]) -> None:
    faults = {f"{API}/runs/search": (status, "text/html", body)}
    with faulty_proxy(world.url, faults) as url:
        collector = opened(url)
        with pytest.raises(error) as raised:
            listed(collector, "mlflow.run")
        assert "runs/search" in raised.value.call
        assert bool(raised.value.needs) == (error is DeniedError)
        assert len(listed(collector, "mlflow.experiment")) == world.estate.experiments


def test_a_login_page_is_not_an_empty_server(world: World) -> None:
    page = (200, "text/html", b"<html>Please log in</html>")
    with faulty_proxy(world.url, {f"{API}/experiments/search": page, "/version": page}) as url:
        for name in ("mlflow.server", "mlflow.experiment", "mlflow.run", "mlflow.logged_model"):
            with pytest.raises(CollectError):
                listed(opened(url), name)


def test_a_listing_cut_off_at_its_second_page_raises(world: World) -> None:
    with faulty_proxy(world.url, {f"{API}/runs/search 2": None}) as url:
        collector = opened(url, page_size=5)
        kind = next(k for k in collector.kinds() if k.name == "mlflow.run")
        (scope,) = collector.scopes(kind)
        records = collector.collect(kind, scope)
        for _ in range(5):
            next(records)
        with pytest.raises(TransientError):
            next(records)


def test_a_server_older_than_logged_models_says_so(world: World) -> None:
    old = {
        f"{API}/logged-models/search": (404, "text/html", b"Not found"),
        "/version": (200, "text/plain", b"2.22.1"),
    }
    with faulty_proxy(world.url, old) as url, pytest.raises(UnavailableError, match=r"2\.22\.1"):
        listed(opened(url), "mlflow.logged_model")


def test_a_server_older_than_webhooks_says_so(world: World) -> None:
    old = {f"{API}/webhooks": (404, "text/html", b"Not found"), "/version": (200, "text/plain", b"3.2.0")}
    with faulty_proxy(world.url, old) as url, pytest.raises(UnavailableError, match=r"3\.2\.0 has no webhooks"):
        listed(opened(url), "mlflow.webhook")


def test_check_takes_what_a_server_does_not_have_for_no_blindness(world: World) -> None:
    old = {
        f"{API}/logged-models/search": (404, "text/html", b"Not found"),
        f"{API}/webhooks": (404, "text/html", b"Not found"),
        "/version": (200, "text/plain", b"2.22.1"),
    }
    with faulty_proxy(world.url, old) as url:
        assert list(opened(url).check()) == []


def test_models_without_tags_are_listed_by_a_server_older_than_prompts(world: World) -> None:
    """Such a server gives nothing to a filter by a tag that no model has: neither `= 'true'` nor `!= 'true'`."""
    nothing = (200, "application/json", b"{}")
    with faulty_proxy(world.url, {f"{API}/registered-models/search?mlflow.prompt.is_prompt": nothing}) as url:
        assert len(listed(opened(url), "mlflow.registered_model")) == world.estate.models


def test_a_circle_of_page_tokens_ends_as_a_listing_that_was_cut_short(world: World) -> None:
    def page(token: str) -> tuple[int, str, bytes]:
        return 200, "application/json", json.dumps({"experiments": [], "next_page_token": token}).encode()

    faults = {f"{API}/experiments/search {n}": page("ab"[n % 2]) for n in range(1, 9)}
    with faulty_proxy(world.url, faults) as url, pytest.raises(CutShortError, match="repeats a page token"):
        listed(opened(url), "mlflow.experiment")


def test_a_missing_endpoint_of_a_new_server_is_a_failure(world: World) -> None:
    hidden = {f"{API}/logged-models/search": (404, "text/html", b"Not found")}
    with faulty_proxy(world.url, hidden) as url, pytest.raises(CollectError) as raised:
        listed(opened(url), "mlflow.logged_model")
    assert not isinstance(raised.value, UnavailableError)


def test_a_user_who_may_not_see_all_never_gets_a_complete_listing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "auditor")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "not-used-by-this-server")
    user = json.dumps({"user": {"username": "auditor", "is_admin": False}}).encode()
    with faulty_proxy(world.url, {f"{API}/users/get": (200, "application/json", user)}) as url:
        with pytest.raises(CutShortError, match="auditor"):
            listed(opened(url), "mlflow.experiment")
        assert {b.kind for b in opened(url).check()} >= {"mlflow.run", "mlflow.registered_model"}


def test_workspaces_that_were_not_read_keep_a_listing_from_being_complete(world: World) -> None:
    faults = {
        "/api/3.0/mlflow/server-info": (200, "application/json", b'{"workspaces_enabled": true}'),
        "/api/3.0/mlflow/workspaces": (
            200,
            "application/json",
            b'{"workspaces": [{"name": "default"}, {"name": "risk"}]}',
        ),
    }
    with faulty_proxy(world.url, faults) as url, pytest.raises(CutShortError, match="not read: risk"):
        listed(opened(url), "mlflow.experiment")


def test_a_server_that_is_down_is_not_empty() -> None:
    collector = opened(f"http://127.0.0.1:{free_port()}")
    for kind in collector.kinds():
        with pytest.raises(TransientError):
            listed(collector, kind.name)


def test_check_finds_nothing_amiss_on_a_healthy_server(world: World) -> None:
    assert list(opened(world.url).check()) == []


@pytest.mark.parametrize("uri", ["http://ada:secret@mlflow.example:5000", "sqlite:///mlflow.db", "http://"])
def test_an_address_that_cannot_work_is_refused(uri: str) -> None:
    with pytest.raises(ConfigError) as raised:
        open_source({"name": "registry", "tracking_uri": uri})
    assert "secret" not in str(raised.value)
