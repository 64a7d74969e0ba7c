"""What is made of units, schedules, agents and Python environments of a machine."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collectors.contract import CutShortError
from collectors.frames import Section
from collectors.hosts import software
from normalize.errors import CollectError, DeniedError, UnavailableError
from normalize.model import Observation
from tests.unit.test_host_parsers import FACTS, MACHINE_ID, observed, report

NO_SYSTEMD = "System has not been booted with systemd as init system (PID 1). Can't operate.\n"
UNITS = """\
User=svc-infer
ExecStart={ path=/opt/llm/bin/vllm ; argv[]=/opt/llm/bin/vllm serve meta-llama/Llama-3.1-8B --api-key sk-verysecretvalue1234 ; ignore_errors=no ; start_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
Id=llama.service
Description=Llama 3.1 for the search team
LoadState=loaded
ActiveState=active
SubState=running
FragmentPath=/etc/systemd/system/llama.service
UnitFileState=enabled

ExecStart={ path=/usr/sbin/cron ; argv[]=/usr/sbin/cron -f $EXTRA_OPTS ; ignore_errors=no ; pid=0 ; code=(null) ; status=0/0 }
Id=cron.service
LoadState=loaded
ActiveState=active
FragmentPath=/lib/systemd/system/cron.service

Id=dcgm-exporter.service
LoadState=loaded
ActiveState=active
SubState=running
FragmentPath=/usr/lib/systemd/system/dcgm-exporter.service

Id=gone.service
LoadState=not-found
ActiveState=inactive
"""
TIMERS = """\
Unit=reindex.service
TimersCalendar={ OnCalendar=*-*-* 03:00:00 ; next_elapse=Wed 2026-11-25 03:00:00 UTC }
Id=reindex.timer
FragmentPath=/etc/systemd/system/reindex.timer
ActiveState=active

Unit=apt-daily.service
TimersCalendar={ OnCalendar=*-*-* 06,18:00:00 ; next_elapse=n/a }
Id=apt-daily.timer
FragmentPath=/lib/systemd/system/apt-daily.timer
"""
CRON = """\
/etc/crontab\t17 *\t* * *\troot    cd / && run-parts --report /etc/cron.hourly
/etc/cron.d/train\t0 2 * * * mlops /opt/train/nightly.sh --token=hf_abcdefghijklmnop1234
/etc/cron.d/e2scrub_all\t30 3 * * 0 root test -e /run/systemd/system
/var/spool/cron/crontabs/alice\t@daily rsync -a /data/models backup01.acme.internal:/vault
/etc/cron.daily\t@daily\t/etc/cron.daily/logrotate
/etc/cron.daily\t@daily\t/etc/cron.daily/export-embeddings
"""


def names(found: list[Observation]) -> list[str | None]:
    return [o.resource.name for o in found]


def test_services_are_those_of_the_owner_and_those_that_are_known() -> None:
    found, error = observed("host.service", report(units=UNITS))
    assert (names(found), error) == (["llama", "dcgm-exporter"], None)
    llama = found[0].resource.attributes
    assert (llama["user"], llama["state"], llama["enabled"]) == ("svc-infer", "active", True)
    assert "vllm serve meta-llama/Llama-3.1-8B" in llama["command"]
    assert found[1].resource.attributes["software"] == ["DCGM exporter"]
    assert "verysecret" not in json.dumps([o.payload for o in found])


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (Section("units", 1, "", NO_SYSTEMD), UnavailableError),
        (Section("units", 127, "", "systemctl: not found"), UnavailableError),
        (Section("units", 124, "", ""), CollectError),
        (Section("units", 1, "", "Failed to list units: Access denied"), CollectError),
    ],
)
def test_units_that_cannot_be_listed_are_not_none(section: Section, expected: type[CollectError]) -> None:
    _, error = observed("host.service", report(units=section))
    assert isinstance(error, expected)
    assert (type(error) is UnavailableError) == (expected is UnavailableError)


def test_schedules_are_timers_and_cron_jobs_of_the_owner() -> None:
    found, error = observed("host.scheduled_job", report(timers=TIMERS, crontabs=CRON))
    assert error is None
    assert names(found) == ["reindex.timer", "nightly.sh", "rsync", "export-embeddings"]
    seen = [o.resource.attributes["schedule"] for o in found]
    assert seen == ["*-*-* 03:00:00", "0 2 * * *", "@daily", "@daily"]
    assert f"host://{MACHINE_ID}/service/reindex" in {r.key for r in found[0].references}
    text = json.dumps([o.payload for o in found])
    assert "hf_abcdef" not in text
    assert "alice" not in text


def test_crontabs_that_may_not_be_read_are_denied_and_named() -> None:
    crontabs = CRON + "!denied /var/spool/cron/crontabs\n"
    found, error = observed(
        "host.scheduled_job", report(timers=Section("timers", 1, "", NO_SYSTEMD), crontabs=crontabs)
    )
    assert len(found) == 3
    assert isinstance(error, DeniedError)
    assert error.needs == ("to read /var/spool/cron/crontabs",)


def test_agents_are_told_by_programs_and_units() -> None:
    programs = "      1 node_exporter\n      2 nv-hostengine\n      1 bareos-fd\n     14 python3\n"
    (machine,), _ = observed("host.machine", report(programs=programs, units=UNITS))
    values = machine.resource.attributes
    assert values["monitoring_agents"] == ["DCGM exporter", "NVIDIA DCGM", "Prometheus node exporter"]
    assert values["backup_agents"] == ["Bareos"]


def test_agents_are_unknown_where_programs_could_not_be_listed() -> None:
    (machine,), _ = observed("host.machine", report(programs=Section("programs", 1, "", "")))
    assert not {"monitoring_agents", "backup_agents"} & set(machine.resource.attributes)


@pytest.mark.parametrize(
    ("arguments", "product"),
    [
        (["/usr/bin/python3", "/opt/v/bin/mlflow", "server", "--port", "5000"], "mlflow"),
        (["python", "-m", "vllm.entrypoints.openai.api_server"], "vllm"),
        (["/opt/tritonserver/bin/tritonserver", "--model-repository=s3://m"], "triton"),
        (["/usr/bin/python3", "/usr/local/bin/jupyter-lab"], "jupyter"),
        (["vim", "/home/x/mlflow"], None),
        (["grep", "-lE", "(mlflow|vllm)"], None),
        (["python", "train.py", "--tracker", "mlflow"], None),
        (["python", "-m"], None),
        ([], None),
    ],
)
def test_servers_are_told_by_the_program_and_not_by_a_word(arguments: list[str], product: str | None) -> None:
    assert software.server(arguments) == product


def test_servers_without_an_accelerator_are_processes_too() -> None:
    lines = "812\tmlops\t4200\t/usr/bin/python3\t/opt/v/bin/mlflow\tserver\t--backend-store-uri\tpostgresql://m:pw@db.acme.internal/m\n9\troot\t1\tvim\tmlflow\n"
    found, error = observed("host.process", report(servers=lines))
    assert error is None
    assert [o.resource.attributes["software"] for o in found] == [["mlflow"]]
    assert "dns:db.acme.internal" in {r.key for r in found[0].references}
    assert ":pw@" not in json.dumps(found[0].payload)


PYTHONS = """\
+/opt/conda/envs/train/lib/python3.11/site-packages
=torch-2.4.0
=nvidia_cuda_runtime_cu12-12.1.105
=flash_attn-2.6.3
torch_cuda=12.1
+/usr/lib/python3/dist-packages
+/home/ml/venv/lib/python3.10/site-packages
=tensorflow-2.17.0
=jax-0.4.33
=jax_cuda12_plugin-0.4.33
tensorflow_cuda=12.3
+/srv/rocm/lib64/python3.12/site-packages
=torch-2.5.1+rocm6.2
torch_hip=6.2.41133
+/srv/old/lib/python3.9/site-packages
=torch-1.13.1+cu117
"""


def test_environments_say_what_their_frameworks_were_built_for() -> None:
    found, error = observed("host.python_environment", report(pythons=PYTHONS))
    assert error is None
    assert [
        (o.resource.name, o.resource.attributes.get("version"), o.resource.attributes["built_for"]) for o in found
    ] == [
        ("/opt/conda/envs/train", "3.11", "torch: CUDA 12.1"),
        ("/home/ml/venv", "3.10", "jax: CUDA 12; tensorflow: CUDA 12.3"),
        ("/srv/rocm", "3.12", "torch: ROCm 6.2.41133"),
        ("/srv/old", "3.9", "torch: CUDA 11.7"),
    ]
    assert found[1].resource.attributes["frameworks"] == ["TensorFlow 2.17.0", "JAX 0.4.33"]
    assert "flash-attn 2.6.3" in found[0].resource.attributes["software"]


def test_a_search_that_was_cut_short_says_where() -> None:
    found, error = observed("host.python_environment", report(pythons=PYTHONS + "!124 /data\n!126 /root\n"))
    assert len(found) == 4
    assert isinstance(error, CutShortError)
    assert "ran out of time in /data" in str(error)
    assert error.needs == ("to read /root",)


@pytest.mark.parametrize("kind", ["host.service", "host.scheduled_job", "host.python_environment", "host.process"])
@pytest.mark.parametrize(
    "junk", ["\0\0", "=\n=\n=-", "!", "+\n=a-b", "Id=\n\n\nId", "a\tb\tc\td", "@daily", "f\t@daily"]
)
def test_junk_is_no_record_and_no_fault(kind: str, junk: str) -> None:
    sections: dict[str, Any] = dict.fromkeys(("units", "timers", "crontabs", "pythons", "servers", "programs"), junk)
    found, error = observed(kind, report(facts=FACTS, **sections))
    assert error is None or isinstance(error, CollectError)
    assert [o.misfits for o in found if o.misfits] == []
