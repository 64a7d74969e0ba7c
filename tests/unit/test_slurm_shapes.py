"""Slurm's words in one shape: text and JSON of several versions, jobs reduced to workloads."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.slurm import shapes
from collectors.slurm.commands import JobLines
from collectors.slurm.workloads import Reducer, images, pattern, script_of
from normalize.errors import CollectError, TransientError

RECORDED = Path(__file__).parents[1] / "fixtures/slurm/22.05"
SINCE = datetime(2026, 10, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("gpu:h100:8(S:0-1)", {"h100": 8}),
        ("gpu:h100:8(S:0-1),gpu:a100:2,shard:8", {"h100": 8, "a100": 2}),
        ("gpu:4", {"": 4}),
        ("gres:gpu:h100:4", {"h100": 4}),
        ("gres/gpu:h100=4", {"h100": 4}),
        ("craynetwork:4", {}),
        (None, {}),
    ],
)
def test_gres_of_every_version(text: str | None, counts: dict[str, int]) -> None:
    assert shapes.gres(text) == counts


def test_slices_are_not_counted_as_devices() -> None:
    counts = shapes.gres("gpu:1g.10gb:14,gpu:h100:6")
    assert shapes.physical(counts) is None
    assert [a.get("partition") for a in shapes.accelerators(counts)] == ["mig-1g.10gb", None]


@pytest.mark.parametrize(
    ("said", "flags", "state"),
    [
        ("idle", ["DRAIN"], "IDLE+DRAIN"),
        (["MIXED", "DRAIN"], (), "MIXED+DRAIN"),
        ("DOWN*+DRAIN", (), "DOWN*+DRAIN"),
        (None, (), None),
    ],
)
def test_states_of_every_version(said: Any, flags: Any, state: str | None) -> None:
    assert shapes.state(said, flags) == state


def test_a_number_that_is_not_set_is_absent() -> None:
    assert shapes.plain({"set": False, "infinite": False, "number": 0}) is None
    assert shapes.plain({"set": True, "infinite": True, "number": 0}) is None
    assert shapes.plain({"set": True, "infinite": False, "number": 7}) == 7
    assert shapes.plain(7) == 7


def test_resources_of_text_and_of_lists_agree() -> None:
    rows = [
        {"type": "mem", "name": "", "count": 1024},
        {"type": "gres", "name": "gpu:h100", "count": 4},
        {"type": "energy", "count": -2},
    ]
    assert shapes.tres("mem=1G,gres/gpu:h100=4") == shapes.tres(rows) == {"mem": 1 << 30, "gres/gpu:h100": 4}


def test_devices_that_are_not_tracked_are_unknown() -> None:
    assert shapes.devices({"cpu": 8}) is None
    assert shapes.devices({"gres/gpu": 4, "gres/gpu:h100": 4}) == {"h100": 4}
    assert shapes.devices({"gres/gpu": 4}) == {"": 4}


def test_a_job_name_full_of_keys_moves_no_other_job() -> None:
    line = "JobId=7 JobName=x Account=stolen UserId=bob(1001) Account=real JobState=RUNNING NumNodes=1"
    assert shapes.live_job(shapes.pairs(line), 0)["user"] == "bob"


def test_no_jobs_is_an_answer_and_noise_is_none() -> None:
    assert shapes.entries("No nodes in the system\n", "NodeName") == []
    with pytest.raises(CollectError):
        shapes.entries("Welcome to the cluster!\n", "NodeName")


@pytest.mark.parametrize(
    ("line", "script"),
    [
        ("sbatch --gpus=2 -J we ird|name -o /dev/null -A ml -D /tmp /home/ml/train.sh --lr 3", "/home/ml/train.sh"),
        ("sbatch -N 4 --exclusive train.sbatch", "train.sbatch"),
        ("sbatch --export WANDB_API_KEY=x run.sh", "run.sh"),
        ("sbatch --gres=gpu:h100:4 --wrap sleep 2", None),
        ("srun --pty bash", None),
        ("salloc", None),
        ("", None),
    ],
)
def test_the_script_of_a_submit_line(line: str, script: str | None) -> None:
    assert script_of(line) == script


def test_images_of_a_submit_line() -> None:
    assert images("srun --container-image=nvcr.io#nvidia/pytorch:24.10-py3 x") == ["nvcr.io/nvidia/pytorch:24.10-py3"]
    assert images("sbatch --wrap apptainer exec --nv /sw/llm.sif python") == ["/sw/llm.sif"]


def test_names_that_count_are_one_pattern() -> None:
    assert {pattern(f"llama-{n:04}") for n in range(20)} == {"llama-#"}


def framed(history: str, status: int = 0) -> bytes:
    jobs = (RECORDED / "scontrol-jobs.txt").read_text()
    parts = [("jobs", jobs, 0), ("history", history, status)]
    return "".join(f"@n begin {n}\n{t}\n@n stderr\n\n@n end {n} {s}\n" for n, t, s in parts).encode()


def taken(data: bytes, size: int) -> tuple[list[Any], list[Any], dict[str, CollectError | None]]:
    past: list[Any] = []
    live: list[Any] = []
    reader = JobLines("n", SINCE, past.append, live.append)
    for start in range(0, len(data), size):
        reader.feed(data[start : start + size])
    return past, live, reader.outcomes()


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_jobs_are_read_however_their_bytes_arrive(size: int) -> None:
    past, live, outcomes = taken(framed((RECORDED / "sacct.txt").read_text()), size)
    assert ([j["id"] for j in past], len(live), outcomes) == (["1", "2", "3", "4"], 3, {"jobs": None, "history": None})


def test_a_session_that_ends_early_is_said() -> None:
    data = framed((RECORDED / "sacct.txt").read_text())
    outcomes = taken(data[:-20], 64)[2]
    assert isinstance(outcomes["history"], TransientError)


def test_rows_of_another_length_are_counted_not_guessed() -> None:
    past, _, outcomes = taken(framed((RECORDED / "sacct.txt").read_text() + "9\x1fbroken\n"), 4096)
    assert len(past) == 4
    assert "1 jobs are not written" in str(outcomes["history"])


def test_workloads_need_memory_for_workloads_not_for_jobs() -> None:
    reducer = Reducer("c/x", tracked=True)
    for number in range(20_000):
        job = {
            "id": str(number),
            "name": f"ft-{number}",
            "user": "alice",
            "elapsed": 3600,
            "tres": {"gres/gpu": 2},
            "nodes": 1,
            "state": "COMPLETED",
        }
        reducer.take(job)
    (workload,) = reducer.results()
    assert (workload["job_count"], workload["accelerator_seconds"]) == (20_000, 20_000 * 7200)


def test_hours_are_unknown_when_those_of_one_job_are() -> None:
    reducer = Reducer("c/x", tracked=False)
    for resources in ({"gres/gpu": 2}, {"cpu": 2}):
        reducer.take({"id": "1", "name": "ft", "elapsed": 3600, "tres": resources})
    (workload,) = reducer.results()
    assert ("accelerator_seconds" in workload, reducer.unknown) == (False, 1)


def test_a_node_in_a_cloud_says_which_instance_it_is() -> None:
    told = {"NodeName": "q-dy-1", "InstanceId": "i-0eb8d995282aabb11", "InstanceType": "p5.48xlarge"}
    node = shapes.node(told)
    assert (node["instance"], node["instance_type"]) == ("i-0eb8d995282aabb11", "p5.48xlarge")
    assert "instance" not in shapes.node({"NodeName": "n", "InstanceId": "(null)", "InstanceType": "(null)"})
    assert shapes.node({"name": "n", "instance_id": "i-0eb8d995282aabb11"})["instance"] == "i-0eb8d995282aabb11"
