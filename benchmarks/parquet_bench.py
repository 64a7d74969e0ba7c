"""An export to Parquet beside an ADBC reader that goes straight into pyarrow's ParquetWriter.

    python -m benchmarks.parquet_bench [--resources 100000] [--rounds 3] [--keep DIR]

The inventory is scale_bench's estate, written and linked, in a SQLite file. `export` is what `stocktake export parquet`
does: every table, typed, resources and coverage in a folder for each provider and kind, moved in when it is whole.
`bare` asks the same statements through ADBC and writes the columns as they come, one file a table: no types (instants
and tags stay text), no folders. `resources` is that table alone. Each run is a process of its own; wall seconds, CPU
seconds of the process and of the one that reads for it, and the most memory that both held at once.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Text, func

from store.batches import ROWS, snapshot
from store.database import connect
from store.export import DATASETS, parquet, write_table

ROOT = Path(__file__).resolve().parents[1]


def export(url: str, out: Path) -> None:
    parquet(connect(url), out)


def export_resources(url: str, out: Path) -> None:
    out.mkdir()
    with snapshot(connect(url)) as read:
        write_table(read, DATASETS[0], out / "resources")


def bare(url: str, out: Path) -> None:
    _bare(url, out, len(DATASETS))


def bare_resources(url: str, out: Path) -> None:
    _bare(url, out, 1)


def _bare(url: str, out: Path, tables: int) -> None:
    import adbc_driver_sqlite.dbapi as adbc

    out.mkdir()
    engine = connect(url)
    for dataset in DATASETS[:tables]:
        columns = dataset.statement.selected_columns
        told = [func.coalesce(c, "").label(c.key) if isinstance(c.type, Text) else c for c in columns]
        asked = dataset.statement.with_only_columns(*told).compile(engine, compile_kwargs={"literal_binds": True})
        with adbc.connect(engine.url.database) as connection, connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(ROWS)})
            cursor.execute(str(asked))
            batches: pa.RecordBatchReader = cursor.fetch_record_batch()
            with pq.ParquetWriter(out / f"{dataset.name}.parquet", batches.schema, compression="zstd") as writer:
                for batch in batches:
                    writer.write_batch(batch)


STEPS: dict[str, Callable[[str, Path], None]] = {
    "export": export,
    "bare": bare,
    "export resources": export_resources,
    "bare resources": bare_resources,
}


@dataclass(frozen=True, slots=True)
class Cost:
    wall: float
    cpu: float
    megabytes: float


def step(name: str, url: str, out: Path) -> Cost:
    command = [sys.executable, "-m", "benchmarks.parquet_bench", "--step", name, "--database", url, "--out", str(out)]
    before, began, most = os.times(), time.perf_counter(), 0
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}) as process:
        while process.poll() is None:
            most = max(most, held(process.pid))
            time.sleep(0.05)
    assert process.returncode == 0, (command, process.returncode)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    shutil.rmtree(out, ignore_errors=True)
    return Cost(time.perf_counter() - began, cpu, most / 2**20)


def held(pid: int) -> int:
    """Resident bytes of a process and its children."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(held(int(child)) for child in children)


def measure(url: str, home: Path, rounds: int) -> None:
    costs: dict[str, list[Cost]] = {name: [] for name in STEPS}
    for _ in range(rounds):
        for name in STEPS:
            costs[name].append(step(name, url, home / "out"))
    print(f"{'medians':<20}{'wall s':>9}{'CPU s':>9}{'peak MiB':>10}")
    for name, runs in costs.items():
        wall, cpu, memory = (statistics.median(getattr(c, k) for c in runs) for k in ("wall", "cpu", "megabytes"))
        print(f"{name:<20}{wall:>9.2f}{cpu:>9.2f}{memory:>10.0f}")
    for ours, theirs in (("export", "bare"), ("export resources", "bare resources")):
        pairs = list(zip(costs[ours], costs[theirs], strict=True))
        for what in ("wall", "cpu"):
            speeds = sorted(getattr(b, what) / getattr(a, what) for a, b in pairs)
            print(
                f"{ours}, speed beside {theirs}, {what}: {statistics.median(speeds):.2f} ({speeds[0]:.2f} to {speeds[-1]:.2f})"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--resources", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="folder for the inventory, which stays and is used again")
    parser.add_argument("--step", choices=tuple(STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--database", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        STEPS[options.step](options.database, options.out)
        return
    with tempfile.TemporaryDirectory() as name:
        home = options.keep or Path(name)
        home.mkdir(parents=True, exist_ok=True)
        file = home / f"estate-{options.resources}.db"
        if not file.exists():
            from benchmarks.scale_bench import linking, write

            write(f"sqlite:///{file}", options.resources)
            linking(f"sqlite:///{file}", options.resources)
        print(f"{options.resources:,} resources")
        measure(f"sqlite:///{file}", home, options.rounds)


if __name__ == "__main__":
    main()
