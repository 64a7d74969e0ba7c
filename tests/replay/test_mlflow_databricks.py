"""MLflow of a Databricks workspace, by MLflow's real client: both registries, and what a listing may leave out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from collectors.contract import CutShortError
from collectors.mlflow import MlflowCollector, open_source
from collectors.mlflow.databricks import is_workspace
from normalize.errors import ConfigError, DeniedError, UnavailableError
from normalize.mapping import observe
from normalize.model import Observation
from tests.servers.databricks_workspace import TOKEN, Workspace, databricks_workspace


@pytest.fixture
def workspace(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
    with databricks_workspace() as found:
        yield found


def opened(workspace: Workspace) -> MlflowCollector:
    return open_source({"name": "dbx", "tracking_uri": workspace.url, "databricks": True})


def listed(collector: MlflowCollector, name: str) -> list[Observation]:
    """Records up to the end, where the listing is known to leave things out."""
    (kind,) = [k for k in collector.kinds() if k.name == f"mlflow.{name}"]
    found: list[Observation] = []
    with contextlib.suppress(CutShortError):
        found.extend(observe(raw, kind) for raw in collector.collect(kind, *collector.scopes(kind)))
    return found


def ending(collector: MlflowCollector, name: str) -> str:
    (kind,) = [k for k in collector.kinds() if k.name == f"mlflow.{name}"]
    try:
        list(collector.collect(kind, *collector.scopes(kind)))
    except CutShortError as error:
        return str(error)
    return ""


def test_models_and_versions_of_both_registries_are_read_to_their_last_page(workspace: Workspace) -> None:
    models = {o.resource.native_id: o.resource for o in listed(opened(workspace), "registered_model")}
    assert set(models) == {*(f"legacy-{n}" for n in range(3)), *(f"ml.risk.fraud{n}" for n in range(3))}
    assert (models["ml.risk.fraud0"].attributes["aliases"], models["ml.risk.fraud0"].tags) == (
        ["champion"],
        {"team": "risk"},
    )
    versions = {str(o.resource.native_id): o for o in listed(opened(workspace), "model_version")}
    assert set(versions) == {*(f"legacy-0/{n}" for n in range(1, 6)), *(f"ml.risk.fraud0/{n}" for n in range(1, 4))}
    assert versions["ml.risk.fraud0/2"].resource.attributes["aliases"] == ["champion"]
    assert versions["ml.risk.fraud0/2"].resource.tags == {"validated": "yes"}
    assert "s3://acme-uc" in {r.key for r in versions["ml.risk.fraud0/2"].references}


def test_experiments_and_runs_say_which_notebook_repository_they_ran(workspace: Workspace) -> None:
    assert len(listed(opened(workspace), "experiment")) == 3
    (run,) = listed(opened(workspace), "run")
    assert run.resource.attributes["repository"] == "https://github.com/acme/notebooks"
    assert run.resource.attributes["commit"].startswith("4f0c1d9a")


def test_a_catalog_is_never_known_to_be_whole(workspace: Workspace) -> None:
    assert "Unity Catalog" in ending(opened(workspace), "registered_model")
    assert ending(opened(workspace), "experiment") == ""


def test_a_workspace_without_a_catalog_has_its_own_registry(workspace: Workspace) -> None:
    workspace.metastore = False
    assert ending(opened(workspace), "registered_model") == ""
    assert len(listed(opened(workspace), "registered_model")) == 3


def test_who_is_no_administrator_may_not_see_all(workspace: Workspace) -> None:
    workspace.groups = ("users",)
    assert "administrator" in ending(opened(workspace), "run")


def test_a_wrong_token_is_denied(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABRICKS_TOKEN", "dapi-of-yesterday")
    for name in ("server", "experiment", "run", "registered_model", "model_version", "logged_model"):
        with pytest.raises(DeniedError):
            listed(opened(workspace), name)


def test_webhooks_are_not_offered(workspace: Workspace) -> None:
    with pytest.raises(UnavailableError, match="Databricks"):
        listed(opened(workspace), "webhook")


def test_every_request_reads(workspace: Workspace) -> None:
    collector = opened(workspace)
    for name in ("server", "experiment", "run", "registered_model", "model_version", "logged_model"):
        listed(collector, name)
    posted = {path.rsplit("/", 1)[-1] for method, path in workspace.asked if method == "POST"}
    assert {method for method, _ in workspace.asked} == {"GET", "POST"}
    assert posted <= {"search", "metrics"}


@pytest.mark.parametrize(
    ("uri", "workspace"),
    [
        ("https://adb-12345.7.azuredatabricks.net", True),
        ("https://dbc-a1b2.cloud.databricks.com/", True),
        ("https://123.4.gcp.databricks.com", True),
        ("https://azuredatabricks.net.example.org", False),
        ("https://mlflow.example.org", False),
    ],
)
def test_workspaces_are_known_by_their_host(uri: str, workspace: bool) -> None:
    assert is_workspace(uri) == workspace


def test_a_workspace_without_a_token_is_a_configuration_that_cannot_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABRICKS_TOKEN", raising=False)
    with pytest.raises(ConfigError, match='token_env = "DATABRICKS_TOKEN"'):
        open_source({"name": "dbx", "tracking_uri": "https://adb-1.2.azuredatabricks.net"})
