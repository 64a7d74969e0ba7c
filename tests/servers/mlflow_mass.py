"""Fills the database of an MLflow server with many runs and versions at once, past its API. Run by hand:
mlflow_mass.py DATABASE RUNS VERSIONS."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

START = 1_760_000_000_000
EXPERIMENTS = 20
METRICS, PARAMS = ("loss", "accuracy", "f1"), ("lr", "batch_size", "optimizer", "seed")


def run_id(number: int) -> str:
    return f"{number:032x}"


def fill(database: Path, runs: int, versions: int, first: int = 1000) -> None:
    """Experiments with runs (every tenth is deleted, every seventh nested in its forerunner, all with a data set) and models of 20 versions.

    Args:
        database: the SQLite file of a server that has started once.
        first: number of the first run and id of the first experiment.
    """
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        insert(connection, "experiments", (
            (first + n, f"mass-{first + n}", f"s3://acme-mlflow/{first + n}", "active", START, START) for n in range(EXPERIMENTS)
        ), "experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time")  # fmt: skip
        numbers = range(first, first + runs)
        insert(connection, "runs", (
            (
                run_id(n), f"run-{n}", "UNKNOWN", "", "", "ada", "FINISHED", START + n * 1000, START + n * 1000 + 500, "",
                "active" if n % 10 else "deleted", f"s3://acme-mlflow/{first + n % EXPERIMENTS}/{run_id(n)}/artifacts", first + n % EXPERIMENTS,
            )
            for n in numbers
        ), "run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, source_version, "
           "lifecycle_stage, artifact_uri, experiment_id")  # fmt: skip
        insert(connection, "latest_metrics", ((m, n / 7, START, 3, False, run_id(n)) for n in numbers for m in METRICS),
               "key, value, timestamp, step, is_nan, run_uuid")  # fmt: skip
        insert(
            connection,
            "params",
            ((p, f"value-{n}", run_id(n)) for n in numbers for p in PARAMS),
            "key, value, run_uuid",
        )
        insert(connection, "tags", _tags(numbers), "key, value, run_uuid")
        insert(connection, "datasets", [("data-of-all", first, "imagenet", "abc", "s3", '{"uri": "s3://acme-train/imagenet"}')],
               "dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source")  # fmt: skip
        insert(connection, "inputs", ((f"input-{n}", "DATASET", "data-of-all", "RUN", run_id(n)) for n in numbers),
               "input_uuid, source_type, source_id, destination_type, destination_id")  # fmt: skip
        models = -(-versions // 20)
        insert(
            connection,
            "registered_models",
            ((f"model-{m}", START, START) for m in range(models)),
            "name, creation_time, last_updated_time",
        )
        insert(connection, "model_versions", (
            (f"model-{v // 20}", v % 20 + 1, START, START, "None", f"s3://acme-models/{v}", run_id(first + v), "READY", f"s3://acme-models/{v}")
            for v in range(versions)
        ), "name, version, creation_time, last_updated_time, current_stage, source, run_id, status, storage_location")  # fmt: skip


def purge(database: Path, run: str) -> None:
    """Take a run away for good, as `mlflow gc` does."""
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        for table in ("latest_metrics", "params", "tags", "runs"):
            connection.execute(f"DELETE FROM {table} WHERE run_uuid = ?", (run,))


def insert(connection: sqlite3.Connection, table: str, rows: object, columns: str) -> None:
    marks = ", ".join("?" * len(columns.split(",")))
    connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)  # type: ignore[arg-type]


def _tags(numbers: range) -> Iterator[tuple[str, str, str]]:
    for n in numbers:
        yield "mlflow.user", "ada", run_id(n)
        yield "mlflow.source.git.commit", f"{n % 50:040x}", run_id(n)
        yield "mlflow.source.git.repoURL", "https://github.com/acme/train.git", run_id(n)
        if n % 7 == 0 and n > numbers.start:
            yield "mlflow.parentRunId", run_id(n - 1), run_id(n)


if __name__ == "__main__":
    fill(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
