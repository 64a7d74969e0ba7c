"""Jobs reduced to workloads: what one user submits again and again, with its accelerator-hours. Pure.

Memory grows with the number of workloads, not of jobs. Users are kept as a hash; submit lines are read for the script and
the images in them, and not kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from collectors.slurm import shapes
from normalize.model import Json

MAX_WORKLOADS = 50_000
_IMAGE = re.compile(r"--(?:container-image|image)[= ](?P<image>[^\s'\"]+)")
_SIF = re.compile(
    r"(?:^|[\s'\"])(?P<image>(?:docker|oras|library)://[^\s'\"]+|/?[^\s'\"]+\.(?:sif|sqsh|simg))(?=$|[\s'\"])"
)
_ALONE = frozenset(
    [
        "exclusive",
        "requeue",
        "no-requeue",
        "parsable",
        "hold",
        "wait",
        "overcommit",
        "contiguous",
        "spread-job",
        "use-min-nodes",
        "reboot",
        "test-only",
        "verbose",
        "quiet",
        "oversubscribe",
        "ignore-pbs",
        "kill-on-invalid-dep-no",
        "get-user-env",
        "nice",
    ]
)
_ALONE_SHORT = frozenset("HQvWksOI")
_SCRIPT = re.compile(r"/|\.(?:sh|bash|sbatch|slurm|job|batch|py|pl|csh|zsh|run|sub|submit)$")


@dataclass
class Workload:
    """What the jobs of one workload have in common, and their sums."""

    key: tuple[str, ...]
    job_count: int = 0
    states: dict[str, int] = field(default_factory=dict)
    accelerators: dict[str, int] = field(default_factory=dict)
    accelerator_seconds: int | None = 0
    node_seconds: int = 0
    cpu_seconds: int = 0
    max_nodes: int = 0
    first: str = ""
    last: str = ""
    qos: set[str] = field(default_factory=set)
    images: set[str] = field(default_factory=set)


class Reducer:
    """Takes jobs one by one.

    Attributes:
        tracked: whether accounting tracks GPUs; if not, hours on them are unknown.
        left_out: jobs beyond MAX_WORKLOADS different workloads.
        unknown: jobs whose accelerators cannot be told.
    """

    def __init__(self, cluster: str, *, tracked: bool) -> None:
        self.tracked = tracked
        self.left_out = 0
        self.unknown = 0
        self._cluster = cluster
        self._found: dict[tuple[str, ...], Workload] = {}

    def take(self, job: Mapping[str, Any]) -> None:
        submitted = str(job.get("submitted") or "")
        script = job.get("script") or script_of(submitted)
        user = (
            hashlib.sha256(f"{self._cluster}\0{job.get('user', '')}".encode()).hexdigest()[:16]
            if job.get("user")
            else ""
        )
        key = (
            user, job.get("account", ""), job.get("partition", ""), pattern(job.get("name", "")),
            str(script or ""), pattern(job.get("work_dir", "")),
        )  # fmt: skip
        if key not in self._found and len(self._found) >= MAX_WORKLOADS:
            self.left_out += 1
            return
        into = self._found.setdefault(key, Workload(key))
        self._add(into, job)
        into.images |= set(images(submitted)) | ({str(job["container"])} if job.get("container") else set())

    def _add(self, into: Workload, job: Mapping[str, Any]) -> None:
        into.job_count += 1
        state = str(job.get("state", "UNKNOWN")).partition("+")[0]
        into.states[state] = into.states.get(state, 0) + 1
        elapsed = int(job.get("elapsed") or 0)
        into.node_seconds += elapsed * int(job.get("nodes") or 0)
        into.cpu_seconds += elapsed * int(job.get("tres", {}).get("cpu", 0))
        into.max_nodes = max(into.max_nodes, int(job.get("nodes") or 0))
        counts = self._devices(job)
        if counts is None:
            self.unknown += 1
            into.accelerator_seconds = None
        else:
            for model, count in counts.items():
                into.accelerators[model] = max(into.accelerators.get(model, 0), count)
            if into.accelerator_seconds is not None:
                into.accelerator_seconds += elapsed * sum(counts.values())
        if start := job.get("start"):
            into.first = min(into.first or start, start)
            into.last = max(into.last, start)
        if job.get("qos"):
            into.qos.add(job["qos"])

    def _devices(self, job: Mapping[str, Any]) -> dict[str, int] | None:
        """GPUs of a job; None where they cannot be told, {} where it is known to have none."""
        known = shapes.devices(job.get("tres", {}))
        if known is not None:
            return known
        if asked := job.get("asked"):
            times = {"TresPerJob": 1, "TresPerNode": job.get("nodes") or 1, "TresPerTask": job.get("tasks") or 1}
            found: dict[str, int] = {}
            for name, text in asked.items():
                for model, count in shapes.gres(text).items():
                    found[model] = max(found.get(model, 0), count * times[name])
            return found
        return {} if self.tracked or job.get("live") else None

    def results(self) -> Iterator[dict[str, Json]]:
        """Every workload, the hungriest for accelerators first."""
        for w in sorted(self._found.values(), key=lambda w: (-(w.accelerator_seconds or 0), w.key)):
            user, account, partition, name, script, work_dir = w.key
            number = hashlib.sha256("\0".join(w.key).encode()).hexdigest()[:16]
            yield shapes.present(
                id=number, name=name, user=user, account=account, partition=partition, script=script, work_dir=work_dir,
                job_count=w.job_count, states=w.states, gpus=w.accelerators, node_seconds=w.node_seconds,
                cpu_seconds=w.cpu_seconds, max_nodes=w.max_nodes, first=w.first, last=w.last, qos=sorted(w.qos),
                images=sorted(w.images)[:50],
            ) | ({} if w.accelerator_seconds is None else {"accelerator_seconds": w.accelerator_seconds})  # fmt: skip


def pattern(name: str) -> str:
    """A name without what counts and dates: "train-llama-0042" and "train-llama-0043" are one."""
    return re.sub(r"(?<![a-z])[0-9a-f]{8,}(?![a-z])|\d+", "#", str(name))[:200]


def script_of(line: str) -> str | None:
    """The batch script in a submit line; None where there is none (--wrap, srun) or it cannot be told.

    Slurm joins the arguments by blanks and quotes nothing, so a word must look like a file to be taken for one.

    Source: sbatch manual of 22.05, SYNOPSIS: options stand before the script; read 2026-11-24.
    """
    tokens = line.split()
    if not tokens or not tokens[0].rpartition("/")[2].startswith("sbatch"):
        return None
    skip = False
    for token in tokens[1:]:
        if skip:
            skip = False
        elif token.startswith("--"):
            if token.startswith("--wrap"):
                return None
            skip = "=" not in token and token[2:] not in _ALONE
        elif token.startswith("-") and len(token) > 1:
            skip = len(token) == 2 and token[1] not in _ALONE_SHORT
        elif _SCRIPT.search(token):
            return token[:500]
    return None


def images(line: str) -> list[str]:
    """Container images that a submit line names: Pyxis' --container-image (its "#" after the registry is not verified), Apptainer's files and URIs."""
    return [m["image"].replace("#", "/", 1)[:300] for m in (*_IMAGE.finditer(line), *_SIF.finditer(line))]
