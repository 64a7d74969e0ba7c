"""A real MLflow server on loopback, as through a forwarded port, and a recorded cluster that knows it by other names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from discovery.config import load
from discovery.console import Console
from discovery.scans import open_reader, run_scan
from tests.servers.kubernetes_replay import Replay
from tests.servers.mlflow_server import mlflow_server

pytestmark = pytest.mark.service

FOLDER = Path(__file__).parent.parent / "fixtures" / "kubernetes-train"
UID = "93597c0f-0636-4be4-bceb-3e2c2b1f6f36"
KINDS = ("mlflow.server", "k8s.cluster", "k8s.service", "k8s.ingress", "k8s.config_map", "k8s.cron_job", "k8s.deployment", "k8s.kubeflow.*")  # fmt: skip
USERS = {
    f"k8s://{UID}//ConfigMap/team-nlp/training-endpoints",
    f"k8s://{UID}/batch/CronJob/team-nlp/nightly-eval",
    f"k8s://{UID}/trainer.kubeflow.org/TrainJob/team-nlp/gemma-neuron-pretrain",
}
"""They know the server as http://mlflow.mlflow.svc.cluster.local:5000, https://mlflow.northlake.example and
http://mlflow.mlflow:5000."""
SERVICE = f"k8s://{UID}//Service/mlflow/mlflow"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as url:
        yield url


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Replay(FOLDER) as replay:
        yield replay.write_kubeconfig(tmp_path_factory.mktemp("cluster") / "kubeconfig")


def scanned(tmp_path: Path, server: str, kubeconfig: str, lines: str = "") -> dict[str, Any]:
    file = tmp_path / "stocktake.toml"
    cluster = f'[[source]]\ntype = "kubernetes"\nname = "train"\nkubeconfig = "{kubeconfig}"\n'
    file.write_text(f'{cluster}[[source]]\ntype = "mlflow"\nname = "registry"\ntracking_uri = "{server}"\n{lines}')
    url = f"sqlite:///{tmp_path / 'stocktake.db'}"
    assert run_scan(load(file), url, Console(quiet=True), patterns=KINDS) == 0
    with open_reader(url) as reader:
        return {
            "gaps": list(reader.gaps(filters={"code": "scope-unscanned"})),
            "relations": {(r["source_id"], r["verb"], r["target_id"]) for r in reader.relations()},
            "dangling": {g["missing"]["reference"] for g in reader.gaps(filters={"code": "dangling-reference"})},
        }


def test_what_a_forwarded_port_hides_is_a_gap_that_names_the_lines_to_add(tmp_path: Path, server: str, kubeconfig: str) -> None:  # fmt: skip
    found = scanned(tmp_path, server, kubeconfig)
    (gap,) = found["gaps"]
    assert gap["subject"].startswith("MLflow server http://mlflow.mlflow.svc:5000 in cluster train")
    assert {e["resource_id"] for e in gap["evidence"]} >= USERS
    lines = gap["remedy"].split("\n\n")[1]
    assert lines == '    cluster = "train"\n    aliases = ["http://mlflow.mlflow.svc:5000"]'
    assert 'tracking_uri = "https://mlflow.northlake.example"' in gap["remedy"]
    again = scanned(tmp_path, server, kubeconfig, lines)
    assert again["gaps"] == []


def test_an_alias_joins_every_name_that_the_cluster_has_for_the_server(tmp_path: Path, server: str, kubeconfig: str) -> None:  # fmt: skip
    found = scanned(tmp_path, server, kubeconfig, 'aliases = ["http://mlflow.mlflow:5000"]\n')
    assert found["gaps"] == []
    registry = "mlflow://" + server.removeprefix("http://")
    assert {(user, "mentions", registry) for user in USERS} <= found["relations"]
    assert (SERVICE, "reaches", registry) in found["relations"]
    assert {(user, "mentions", SERVICE) for user in USERS if "ConfigMap" in user} <= found["relations"]


def test_a_server_whose_service_is_gone_is_no_server_to_scan_but_a_dangling_name(tmp_path: Path, server: str, kubeconfig: str) -> None:  # fmt: skip
    found = scanned(tmp_path, server, kubeconfig)
    assert "http://mlflow-legacy.mlflow.svc:80" in found["dangling"]
    assert "mlflow-legacy" not in str(found["gaps"])
