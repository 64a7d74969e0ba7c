"""Slurm read from a real controller, from recorded commands and from a REST service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from collectors.slurm import SlurmCollector, commands, open_source
from normalize.errors import CollectError, ConfigError, DeniedError, TransientError, UnavailableError
from normalize.mapping import observe
from normalize.model import Observation
from tests.servers import slurm

pytestmark = pytest.mark.service

RECORDED = Path(__file__).parents[1] / "fixtures/slurm/22.05"
NOW = datetime(2026, 11, 24, 18, tzinfo=UTC)
KINDS = ("cluster", "node", "partition", "reservation", "account", "qos", "association", "workload")


def listed(collector: SlurmCollector, name: str) -> list[Observation]:
    kind = next(k for k in collector.kinds() if k.name == f"slurm.{name}")
    scopes = list(collector.scopes(kind))
    found = [observe(raw, kind) for raw in collector.collect(kind, scopes[0])]
    assert [o.misfits for o in found if o.misfits] == []
    return found


def cut(collector: SlurmCollector, name: str) -> tuple[list[Observation], CollectError]:
    """What was listed before a listing ended with an error, and the error."""
    kind = next(k for k in collector.kinds() if k.name == f"slurm.{name}")
    found: list[Observation] = []
    with pytest.raises(CollectError) as raised:
        found.extend(observe(raw, kind) for raw in collector.collect(kind, next(iter(collector.scopes(kind)))))
    return found, raised.value


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if not slurm.available():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            "slurm-wlm and munge are not installed, or no root"
        )
    with slurm.cluster(tmp_path_factory.mktemp("slurm")) as conf:
        yield conf


def test_a_real_cluster_is_read(real: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_CONF", str(real))
    collector = open_source({"name": "hpc", "local": True})
    (cluster,) = listed(collector, "cluster")
    assert (cluster.resource.name, cluster.resource.attributes["accelerator_count"]) == ("lab", 12)
    nodes = {o.resource.name: o.resource.attributes for o in listed(collector, "node")}
    assert nodes["dgx1"]["accelerators"] == [{"vendor": "nvidia", "model": "h100", "count": 8, "form": "gpu"}]
    assert nodes["dgx1"]["features"] == ["hopper", "nvlink"]
    assert nodes["dead1"]["accelerator_count"] == 4
    partitions = {o.resource.name: o.resource.attributes for o in listed(collector, "partition")}
    assert {n: p["accelerator_count"] for n, p in partitions.items()} == {"train": 8, "batch": 4}
    assert [o.resource.name for o in listed(collector, "reservation")] == ["maint"]


def test_without_accounting_only_current_jobs_are_workloads_and_it_is_said(
    real: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_CONF", str(real))
    collector = open_source({"name": "hpc", "local": True})
    (workload,), error = cut(collector, "workload")
    values = workload.resource.attributes
    assert (workload.resource.name, values["accelerator_requested_count"]) == ("llama-ft-#", 4)
    assert values["script_path"].endswith("/train.sh")
    assert "no accounting" in str(error)
    assert error.needs
    for name in ("account", "qos", "association"):
        with pytest.raises(UnavailableError, match="no accounting"):
            listed(collector, name)


def recorded(directory: Path, **changes: str) -> dict[str, str]:
    """An environment whose scontrol, sacctmgr and sacct print what Slurm 22.05.8 did.

    Args:
        changes: shell commands instead, by tool and what is asked: scontrol_nodes, sacct_history, …
    """
    answers = {
        "scontrol": {"config": "config", "nodes": "nodes", "partitions": "partitions", "reservations": "reservations", "jobs": "jobs"},
        "sacctmgr": {"config": "config", "assoc": "assoc", "qos": "qos", "account": "account"},
    }  # fmt: skip
    for tool, known in answers.items():
        cases = [
            f"*' {word} '*) {changes.get(f'{tool}_{word}', f'cat {RECORDED}/{tool}-{file}.txt')} ;;"
            for word, file in known.items()
        ]
        body = "\n".join(cases)
        (directory / tool).write_text(
            f'#!/bin/sh\ncase " $* " in\n{body}\nesac\n'.replace("*' ", '*" ').replace(" '*)", ' "*)')
        )
    history = changes.get("sacct_history", f"cat {RECORDED}/sacct.txt")
    (directory / "sacct").write_text(
        f'#!/bin/sh\n[ "$1" = --helpformat ] && exec cat {RECORDED}/sacct-helpformat.txt\n{history}\n'
    )
    for tool in ("scontrol", "sacctmgr", "sacct"):
        (directory / tool).chmod(0o755)
    return {"PATH": f"{directory}:/usr/bin:/bin"}


def opened(directory: Path, monkeypatch: pytest.MonkeyPatch, user: str = "0", **changes: str) -> SlurmCollector:
    environment = recorded(directory, **changes)
    (directory / "id").write_text(f'#!/bin/sh\n[ "$1" = -u ] && echo {user} || echo someone\n')
    (directory / "id").chmod(0o755)
    monkeypatch.setenv("PATH", environment["PATH"])
    return open_source({"name": "hpc", "local": True}, clock=lambda: NOW)


def test_jobs_become_workloads_with_accelerator_hours_and_no_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {o.resource.name: o for o in listed(opened(tmp_path, monkeypatch), "workload")}
    values = found["ft-#"].resource.attributes
    assert values["run_count"] == 3
    assert values["accelerator_hours"] == pytest.approx(3 * 4 * 2 / 3600, abs=0.001)
    assert found["we ird|name"].resource.attributes["script_path"] == "/home/ml/train.sh"
    assert "alice" not in json.dumps([o.payload for o in found.values()])


def test_every_kind_of_a_recorded_cluster_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    collector = opened(tmp_path, monkeypatch)
    assert {name: len(listed(collector, name)) for name in KINDS} == {
        "cluster": 1, "node": 4, "partition": 2, "reservation": 1, "account": 2, "qos": 1, "association": 2, "workload": 2,
    }  # fmt: skip


def test_the_window_is_part_of_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    collector = opened(tmp_path, monkeypatch)
    plans = {p.kind.name: p.since for p in collector.plan(collector.kinds()) if p.kind}
    assert plans["slurm.workload"] == datetime(2026, 10, 25, 18, tzinfo=UTC)
    assert plans["slurm.node"] is None


def test_private_data_is_never_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = f"sed 's/^PrivateData.*/PrivateData = jobs,nodes/' {RECORDED}/scontrol-config.txt"
    collector = opened(tmp_path, monkeypatch, user="1000", scontrol_config=private)
    for name in ("workload", "node"):
        found, error = cut(collector, name)
        assert (bool(found), type(error), bool(error.needs)) == (True, DeniedError, True)
    assert "accelerator_count" not in listed(collector, "cluster")[0].resource.attributes
    assert len(listed(collector, "partition")) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            "echo 'slurm_load_ctl_conf error: Unable to contact slurm controller (connect failure)' >&2; exit 1",
            TransientError,
        ),
        ("echo 'scontrol: not found' >&2; exit 127", CollectError),
        ("echo 'error: Access/permission denied' >&2; exit 1", DeniedError),
        ("echo hello", CollectError),
    ],
)
def test_a_controller_that_does_not_tell_costs_every_kind(
    answer: str, error: type[CollectError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = opened(tmp_path, monkeypatch, scontrol_config=answer)
    for name in KINDS:
        with pytest.raises(error) as raised:
            listed(collector, name)
        assert not isinstance(raised.value, UnavailableError)


def test_a_listing_that_fails_costs_only_its_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    collector = opened(tmp_path, monkeypatch, sacctmgr_qos="echo 'Access/permission denied' >&2; exit 1")
    with pytest.raises(DeniedError):
        listed(collector, "qos")
    assert len(listed(collector, "account")) == 2


def test_jobs_of_untracked_accelerators_have_no_hours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    collector = opened(
        tmp_path,
        monkeypatch,
        scontrol_config=f"sed 's#,gres/gpu.*##' {RECORDED}/scontrol-config.txt",
        sacct_history=f"sed 's#gres/gpu[^,]*,##g' {RECORDED}/sacct.txt",
    )
    found, error = cut(collector, "workload")
    assert ["accelerator_hours" in o.resource.attributes for o in found] == [False, False]
    assert error.needs == ("gres/gpu in AccountingStorageTRES of slurm.conf",)


@pytest.mark.parametrize("history", ["printf 'garbage\\n'; exit 1", f"head -c 700 {RECORDED}/sacct.txt; kill -9 $PPID"])
def test_a_history_that_breaks_off_is_partial(history: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, error = cut(opened(tmp_path, monkeypatch, sacct_history=history), "workload")
    assert found
    assert not isinstance(error, UnavailableError)


def test_no_commands_are_no_empty_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(
        "collectors.slurm.commands.survey_text", lambda: "printf '@%s begin who\\n' \"$STOCKTAKE_NONCE\"\n"
    )
    collector = open_source({"name": "hpc", "local": True})
    with pytest.raises(CollectError):
        listed(collector, "node")


def test_shellcheck_has_nothing_to_say() -> None:
    shellcheck = Path(sys.executable).with_name("shellcheck")
    script = Path(commands.__file__).with_name("survey.sh")
    done = subprocess.run([shellcheck, "--shell=sh", str(script)], capture_output=True, text=True, check=False)
    assert done.stdout == ""


NUMBER = {"set": True, "infinite": False}
META = {"plugin": {"data_parser": "data_parser/v0.0.40"}, "slurm": {"release": "23.11.10", "cluster": "hpc"}}
ANSWERS: dict[str, dict[str, Any]] = {
    "/slurm/v0.0.40/ping": {"pings": [{"hostname": "ctl1", "pinged": "UP", "mode": "primary"}]},
    "/slurmdb/v0.0.40/tres": {"TRES": [{"type": "gres", "name": "gpu", "id": 1001, "count": 0}]},
    "/slurm/v0.0.40/nodes": {
        "nodes": [
            {
                "name": "gpu1", "hostname": "gpu1", "address": "gpu1", "architecture": "x86_64", "cpus": 128, "cores": 64, "sockets": 2,
                "real_memory": 1031000, "state": ["MIXED", "DRAIN"], "gres": "gpu:h100:8(S:0-1)", "features": ["hopper"],
                "partitions": ["gpu"], "boot_time": NUMBER | {"number": 1731514097}, "version": "23.11.10",
                "tres": "cpu=128,mem=1031000M,billing=128,gres/gpu=8",
            }
        ]
    },
    "/slurm/v0.0.40/partitions": {
        "partitions": [
            {
                "name": "gpu", "nodes": {"configured": "gpu1", "total": 1}, "cpus": {"total": 128}, "partition": {"state": ["UP"]},
                "maximums": {"time": {"set": False, "infinite": True, "number": 0}}, "tres": {"configured": "cpu=128,gres/gpu=8"},
                "accounts": {"allowed": "", "deny": ""},
            }
        ]
    },
    "/slurm/v0.0.40/reservations": {"reservations": []},
    "/slurmdb/v0.0.40/accounts": {"accounts": [{"name": "ml", "description": "ml", "organization": "lab"}]},
    "/slurmdb/v0.0.40/qos": {"qos": [{"name": "normal", "priority": NUMBER | {"number": 0}, "limits": {"max": {"tres": {"total": [{"type": "gres", "name": "gpu", "count": 16}]}}}}]},
    "/slurmdb/v0.0.40/associations": {"associations": [], "errors": [{"error_number": 9003, "error": "Nothing found with query"}]},
    "/slurm/v0.0.40/jobs": {"jobs": []},
    "/slurmdb/v0.0.40/jobs": {
        "jobs": [
            {
                "job_id": 670, "name": "ft-0670", "user": "alice", "account": "ml", "partition": "gpu", "qos": "normal",
                "allocation_nodes": 1, "state": {"current": ["COMPLETED"], "reason": "None"}, "working_directory": "/home/alice",
                "time": {"elapsed": 7200, "start": int(NOW.timestamp()) - 9000, "end": int(NOW.timestamp()) - 1800, "submission": 1},
                "submit_line": "sbatch --container-image=nvcr.io#nvidia/pytorch:24.10-py3 /home/alice/ft.sh",
                "tres": {"allocated": [{"type": "cpu", "name": "", "count": 8}, {"type": "gres", "name": "gpu:h100", "count": 4}, {"type": "gres", "name": "gpu", "count": 4}]},
            }
        ]
    },
}  # fmt: skip


@pytest.fixture
def restd() -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    """(url, answers) of a service as slurmrestd 23.11 is one; a test may change the answers."""
    answers = {path: dict(answer) for path, answer in ANSWERS.items()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            body: Mapping[str, Any] | None = answers.get(path)
            if self.headers.get("X-SLURM-USER-TOKEN") != "good":
                self._say(401, {"errors": [{"error": "Authentication failure"}]})
            elif path == "/openapi/v3":
                self._say(200, {"paths": {key: {} for key in (*answers, "/slurm/v0.0.39/nodes")}})
            elif body is None:
                self._say(404, {})
            else:
                self._say(200, {"meta": META, "errors": []} | dict(body))

        def _say(self, status: int, document: Mapping[str, Any]) -> None:
            data = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", answers
        server.shutdown()
        thread.join()


def asked(url: str, monkeypatch: pytest.MonkeyPatch, token: str = "good", user: str = "root") -> SlurmCollector:
    monkeypatch.setenv("SLURM_JWT", token)
    settings = {"name": "hpc", "restd": url, "token_env": "SLURM_JWT", "user": user, "window_days": 2}
    return open_source(settings, clock=lambda: NOW)


Service = tuple[str, dict[str, dict[str, Any]]]


def test_newer_json_is_read_like_the_text(restd: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    collector = asked(restd[0], monkeypatch)
    (node,) = listed(collector, "node")
    assert node.resource.id == "slurm://ctl1/hpc/node/gpu1"
    assert node.resource.attributes["state"] == "MIXED+DRAIN"
    assert node.resource.attributes["accelerator_count"] == 8
    (partition,) = listed(collector, "partition")
    assert partition.resource.attributes["accelerator_count"] == 8
    assert [o.resource.name for o in listed(collector, "qos")] == ["normal"]
    assert listed(collector, "association") == []
    assert listed(collector, "reservation") == []


def test_jobs_over_rest_are_counted_once(restd: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    (workload,) = listed(asked(restd[0], monkeypatch), "workload")
    values = workload.resource.attributes
    assert (values["run_count"], values["accelerator_hours"], values["script_path"]) == (1, 8.0, "/home/alice/ft.sh")
    assert values["images"] == ["nvcr.io/nvidia/pytorch:24.10-py3"]
    assert "uses_image" in {r.verb for r in workload.references}


def test_an_error_beside_an_empty_list_is_no_empty_list(restd: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    url, answers = restd
    answers["/slurm/v0.0.40/partitions"] = {"partitions": [], "errors": [{"error": "Unspecified error", "errno": -1}]}
    answers["/slurmdb/v0.0.40/accounts"] = {"errors": [{"error_number": 2002, "error": "Access/permission denied"}]}
    del answers["/slurmdb/v0.0.40/qos"]["qos"]
    collector = asked(url, monkeypatch)
    with pytest.raises(TransientError):
        listed(collector, "partition")
    with pytest.raises(DeniedError):
        listed(collector, "account")
    with pytest.raises(CollectError, match="has no QOS"):
        listed(collector, "qos")


def test_a_refused_token_is_denied(restd: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    collector = asked(restd[0], monkeypatch, token="bad")
    with pytest.raises(DeniedError) as raised:
        listed(collector, "node")
    assert raised.value.needs
    assert "bad" not in str(raised.value)


def test_an_ordinary_users_answer_is_not_taken_for_whole(restd: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    found, error = cut(asked(restd[0], monkeypatch, user="alice"), "node")
    assert len(found) == 1
    assert "PrivateData" in str(error)


def test_a_service_that_does_not_answer_is_not_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TransientError):
        listed(asked("http://127.0.0.1:9", monkeypatch), "node")


def test_a_missing_token_is_a_wrong_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLURM_JWT", raising=False)
    with pytest.raises(ConfigError, match="SLURM_JWT"):
        open_source({"name": "hpc", "restd": "http://127.0.0.1:9", "token_env": "SLURM_JWT"})
