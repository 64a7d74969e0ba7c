"""A local AWS endpoint with an estate of chosen size, for benchmarks: no cloud, no throttling, no surprises."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.aws_estate.estate import Estate

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A running server."""

    url: str
    estate: Estate

    def stats(self) -> dict[str, Any]:
        """What it was asked since the last reset; see server.py."""
        return self._ask("stats")

    def reset(self) -> None:
        self._ask("reset")

    def delay(self, milliseconds: float) -> None:
        """How long each answer takes from now on."""
        self._ask(f"latency?ms={milliseconds}")

    def environment(self) -> dict[str, str]:
        """Variables that send an AWS client here."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "AKIABENCHMARK0000000",
            "AWS_SECRET_ACCESS_KEY": "benchmark",
            "AWS_DEFAULT_REGION": self.estate.regions[0],
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }

    def _ask(self, what: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/__/{what}", timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
            return found


@contextmanager
def running(estate: Estate, latency_ms: float = 0) -> Iterator[Endpoint]:
    """The endpoint in a process of its own."""
    sizes = [f"--size={name}={number}" for name, number in dataclasses.asdict(estate.sizes).items()]
    shape = [f"--accounts={len(estate.accounts)}", f"--regions={len(estate.regions)}", f"--seed={estate.seed}"]
    command = [sys.executable, "-m", "benchmarks.aws_estate.server", f"--latency-ms={latency_ms}", *shape, *sizes]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Endpoint(json.loads(process.stdout.readline())["url"], estate)
        finally:
            process.terminate()
