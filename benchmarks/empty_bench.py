"""What looks cost that see nothing: every kind of Google Cloud in many empty projects, scanned twice.

    python -m benchmarks.empty_bench [--projects 100] [--database sqlite:///FILE]

The source answers at once and has nothing, so that what is left is Stocktake's own: planning, coverage, the store.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from collectors.contract import Blindness, Planned
from collectors.gcp.kinds import KINDS
from discovery.executor import Scan
from normalize.errors import CollectError
from normalize.model import Kind, RawRecord, Scope
from store.database import connect, ensure
from store.writer import Writer


class Nothing:
    """A source with projects in which nothing is."""

    provider, source, spreads = "gcp", "nothing", False

    def __init__(self, projects: int) -> None:
        self._projects = projects

    def kinds(self) -> Sequence[Kind]:
        return KINDS

    def plan(self, kinds: Sequence[Kind]) -> Iterator[Planned]:
        for number in range(self._projects):
            yield from (Planned(kind, Scope("gcp", f"project-{number}", "global")) for kind in kinds)

    def unavailable(self, kind: Kind, scope: Scope) -> CollectError | None:
        return None

    def collect(self, kind: Kind, scope: Scope) -> Iterator[RawRecord]:
        yield from ()

    def classify(self, error: Exception) -> CollectError | None:
        return None

    def limit_key(self, kind: Kind, scope: Scope) -> str:
        return kind.name.rpartition(".")[0]

    def check(self) -> Iterator[Blindness]:
        yield from ()

    def close(self) -> None:
        """Nothing to close."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--projects", type=int, default=100)
    with tempfile.TemporaryDirectory() as folder:
        parser.add_argument("--database", default=f"sqlite:///{Path(folder) / 'empty.db'}")
        asked = parser.parse_args()
        engine = connect(asked.database)
        ensure(engine)
        for turn in ("first", "again"):
            writer = Writer(engine)
            run = writer.begin(sources=(), selection={}, version="benchmark", resume=False)
            cpu, wall = time.process_time(), time.perf_counter()
            looks = Scan([Nothing(asked.projects)], writer, run).run().coverages
            writer.finish(run, "complete")
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            assert looks == asked.projects * len(KINDS), looks
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{turn}: {looks:,} looks, {cpu:.1f} CPU s, {cpu / looks * 1e6:.0f} µs each, {wall:.1f} s, {peak:.0f} MiB"
            )
        engine.dispose()


if __name__ == "__main__":
    main()
