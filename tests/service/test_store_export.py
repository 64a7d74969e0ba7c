"""Parquet exports, read by the tools that others use, and replays of kept payloads."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, insert, select, text

from normalize.errors import BusyError, DeniedError, MappingError, StoreError
from normalize.mapping import read_record
from normalize.model import (
    Alias,
    Category,
    Coverage,
    Field,
    Kind,
    Link,
    Misfit,
    Observation,
    Outcome,
    RawRecord,
    Scope,
    Template,
)
from store.batches import ROWS, snapshot
from store.database import connect, ensure
from store.export import DATASETS, MARK, SCHEMA_VERSION, parquet
from store.gaps import detect
from store.linking import link
from store.reader import Reader
from store.renormalize import renormalize
from store.schema import runs
from store.writer import Writer

START = datetime(2026, 11, 24, 4, 15, tzinfo=UTC)
SCOPE = Scope("aws", "111122223333", "us-east-1")

BUCKET = Kind(
    name="aws.s3.bucket",
    category=Category.BUCKET,
    fetch=None,
    id=Template("arn:aws:s3:::{Name}"),
    native="Name",
    unique="world",
    fields={"name": "Name", "size_bytes": "Bytes"},
    tags="Tags",
    aliases=(Alias("uri", Template("s3://{Name}")),),
)
NODE = Kind(
    name="aws.ec2.instance",
    category=Category.INSTANCE,
    fetch=None,
    id=Template("arn:aws:ec2:us-east-1:111122223333:instance/{Id}"),
    fields={"accelerators": "Gpus", "accelerator_count": "Count"},
)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url)
    ensure(engine)
    yield engine
    engine.dispose()


def scan(engine: Engine, *looks: tuple[Kind, list[Any]]) -> str:
    """Read payloads with their rows, as a scan does: what fits no row is set aside."""
    writer = Writer(engine)
    run = writer.begin(sources=[{"name": "prod", "type": "aws"}], selection={}, version="0", resume=False)
    for kind, payloads in looks:
        observations: list[Observation] = []
        misfits: list[Misfit] = []
        for payload in payloads:
            raw = RawRecord(kind.name, SCOPE, payload, "prod", "List", START)
            try:
                observations.append(read_record(raw, kind))
            except MappingError as error:
                misfits.append(Misfit(kind.name, SCOPE, payload, "List", str(error), START))
        end = START + timedelta(minutes=5)
        coverage = Coverage(run, "prod", kind.name, SCOPE, Outcome.COMPLETE, len(observations), 0, len(misfits), START, end)  # fmt: skip
        writer.commit(run, observations, misfits, coverage)
    link(engine, run)
    detect(engine, run, now=datetime.now(UTC))
    writer.finish(run, "complete")
    return run


ESTATE = (
    (
        BUCKET,
        [
            {"Name": "a", "Bytes": 5, "Tags": [{"Key": "team", "Value": "ml 🦙"}, {"Key": "x", "Value": None}]},
            {"Name": "b", "Bytes": None, "Copy": "s3://aaa/x"},
            {"Bytes": 1},
        ],
    ),
    (
        NODE,
        [{"Id": "i-1", "Count": 8, "Gpus": [{"vendor": "nvidia", "model": "H100", "count": 8, "memory_bytes": 80}]}],
    ),
)


def test_every_table_is_read_by_duckdb_and_polars(engine: Engine, tmp_path: Path) -> None:
    scan(engine, *ESTATE)
    there = tmp_path / "deep" / "export"
    counts = parquet(engine, there)
    assert counts.keys() == {d.name for d in DATASETS}
    for name, count in counts.items():
        files = f"{there / name}/**/*.parquet"
        assert duckdb.sql(f"SELECT count(*) FROM read_parquet('{files}', hive_partitioning = true)").fetchall() == [(count,)]  # fmt: skip
        assert polars.scan_parquet(files, hive_partitioning=True).collect().height == count
        dataset = next(d for d in DATASETS if d.name == name)
        columns = set(polars.scan_parquet(files, hive_partitioning=True).collect_schema().names())
        assert columns == {c.name for c in dataset.columns}
    rows = duckdb.sql(
        f"SELECT id, provider, kind, tags, attributes, typeof(first_seen_at), epoch(first_seen_at), gone_at IS NULL, sources FROM read_parquet('{there}/resources/**/*.parquet', hive_partitioning = true) ORDER BY id"
    ).fetchall()
    assert [r[0].rpartition(":")[2] for r in rows] == ["instance/i-1", "a", "b"]
    assert rows[1][1:4] == ("aws", "aws.s3.bucket", {"team": "ml 🦙", "x": None})
    assert [json.loads(r[4]).get("size_bytes", "absent") for r in rows] == ["absent", 5, None]
    assert rows[1][5:] == ("TIMESTAMP WITH TIME ZONE", START.timestamp(), True, ["prod"])
    devices = polars.scan_parquet(f"{there}/accelerators/**/*.parquet", hive_partitioning=True).collect().to_dicts()
    assert [(d["model"], d["count"], d["memory_bytes"], d["kind"]) for d in devices] == [
        ("H100", 8, 80, "aws.ec2.instance")
    ]


def test_an_empty_inventory_exports_empty_tables(engine: Engine, tmp_path: Path) -> None:
    assert set(parquet(engine, tmp_path / "out").values()) == {0}
    for dataset in DATASETS:
        files = f"{tmp_path / 'out' / dataset.name}/**/*.parquet"
        assert duckdb.sql(f"SELECT * FROM read_parquet('{files}', hive_partitioning = true)").columns == [c.name for c in dataset.columns]  # fmt: skip


def test_the_schema_is_versioned_and_described(engine: Engine, tmp_path: Path) -> None:
    scan(engine, *ESTATE)
    parquet(engine, tmp_path / "out")
    for dataset in DATASETS:
        for file in (tmp_path / "out" / dataset.name).rglob("*.parquet"):
            schema = pq.read_schema(file)
            assert schema.metadata[b"stocktake.schema_version"] == SCHEMA_VERSION.encode()
            assert schema.equals(dataset.schema()), file
            assert all(field.metadata[b"description"] for field in schema)
            with pq.ParquetFile(file) as opened:
                groups = [opened.metadata.row_group(i) for i in range(opened.metadata.num_row_groups)]
            assert all(g.column(0).compression == "ZSTD" for g in groups)
    mark = json.loads((tmp_path / "out" / MARK).read_text())
    assert mark["rows"]["resources"] == 3


def test_a_new_export_takes_the_place_of_the_old_one(engine: Engine, tmp_path: Path) -> None:
    out = tmp_path / "out"
    scan(engine, *ESTATE)
    parquet(engine, out)
    (out / "resources" / "stale").mkdir()
    scan(engine, (NODE, []))
    parquet(engine, out)
    assert not (out / "resources" / "stale").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["out"] or {p.name for p in tmp_path.iterdir()} <= {
        "out", "stocktake.db", "stocktake.db-wal", "stocktake.db-shm", "stocktake.db.lock",
    }  # fmt: skip


def test_a_failed_export_leaves_the_old_one(engine: Engine, tmp_path: Path) -> None:
    out = tmp_path / "out"
    scan(engine, *ESTATE)
    parquet(engine, out)
    before = {p: p.read_bytes() for p in out.rglob("*.parquet")}
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE gaps"))
    with pytest.raises(StoreError):
        parquet(engine, out)
    assert {p: p.read_bytes() for p in out.rglob("*.parquet")} == before
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".out")]


def test_what_is_no_export_is_not_replaced(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("mine")
    with pytest.raises(StoreError, match="holds something else"):
        parquet(engine, tmp_path / "home")
    with pytest.raises(StoreError, match="is no directory"):
        parquet(engine, tmp_path / "home" / "thesis.txt")
    assert (tmp_path / "home" / "thesis.txt").read_text() == "mine"


def test_what_lies_inside_an_export_and_is_no_part_of_it_is_kept(engine: Engine, tmp_path: Path) -> None:
    parquet(engine, tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(StoreError, match=r"notes\.txt"):
        parquet(engine, tmp_path / "out")
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"
    (tmp_path / "out" / "notes.txt").unlink()
    (tmp_path / "out" / MARK).write_text("{}")
    with pytest.raises(StoreError, match="holds something else"):
        parquet(engine, tmp_path / "out")


def test_a_link_to_an_export_stays_a_link(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk" / "out")
    for _ in range(2):
        parquet(engine, tmp_path / "out")
    assert (tmp_path / "out").is_symlink()
    assert [p.name for p in (tmp_path / "disk").iterdir()] == ["out"]


STRANGE = (
    "aws.s3.bucket",
    "k8s.my-group.example.io.widget",
    "k8s.2026.11",
    "k8s.a=b.c",
    "k8s.per%cent.x",
    "k8s.per%25cent.x",
    "k8s.sp ace.+x",
    "k8s.sl/ash.../x",
    "k8s.co:lon.'q\"*?",
    "k8s.ü.🦙",
    "K8S.UPPER.x",
)
HOSTILE = (
    "null",
    "'; DROP TABLE x; --",
    "a\nb\tc",
    "🦙" * 100,
    "%2e%2e/..",
    "__HIVE_DEFAULT_PARTITION__",
    "2026-01-01",
)


def test_strange_kinds_and_hostile_names_come_back_as_they_were(engine: Engine, tmp_path: Path) -> None:
    looks = []
    for kind in STRANGE:
        row = dataclasses.replace(BUCKET, name=kind, id=Template(kind + "//{Name}"), aliases=(), tags="Tags")
        looks.append((row, [{"Name": n, "Tags": {n: n, "": "x", "a.b/c": None}} for n in HOSTILE]))
    scan(engine, *looks)
    parquet(engine, tmp_path / "out")
    files = f"{tmp_path}/out/resources/**/*.parquet"
    expected = {(kind, name): {"": "x", "a.b/c": None, name: name} for kind in STRANGE for name in HOSTILE}
    seen = duckdb.sql(f"SELECT kind, name, tags FROM read_parquet('{files}', hive_partitioning = true)").fetchall()
    assert {(kind, name): tags for kind, name, tags in seen} == expected
    frame = polars.scan_parquet(files, hive_partitioning=True).select("kind", "name", "tags").collect()
    assert frame.schema["kind"] == polars.String
    assert {(kind, name): dict(tags) for kind, name, tags in frame.rows()} == expected


def test_an_export_shows_one_moment_also_while_a_scan_writes(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan(engine, *ESTATE)
    other = connect(engine.url.render_as_string(hide_password=False))
    interrupted: list[str] = []

    @contextmanager
    def disturbed(engine: Engine) -> Iterator[Any]:
        with snapshot(engine) as read:

            def ask(statement: Any) -> Any:
                if "FROM relations" in str(statement):
                    interrupted.append(str(statement))
                    scan(other, (NODE, [{"Id": f"i-{n}"} for n in range(9)]))
                return read(statement)

            yield ask

    monkeypatch.setattr("store.export.snapshot", disturbed)
    counts = parquet(engine, tmp_path / "out")
    other.dispose()
    assert (len(interrupted), counts["resources"], counts["versions"], counts["runs"]) == (1, 3, 3, 1)


def test_nulls_that_fill_the_first_batch_do_not_make_a_column_of_numbers(engine: Engine) -> None:
    row = {"status": "interrupted", "started_at": "", "selection": "{}", "version": "0", "pid": 1, "host": ""}
    many = [row | {"id": f"{n:06}", "finished_at": None} for n in range(ROWS + 5)]
    with engine.begin() as connection:
        connection.execute(insert(runs), [*many, row | {"id": "999999", "finished_at": "2026-11-24T04:15:00.000Z"}])
    with snapshot(engine) as read:
        batches = list(read(select(runs.c.id, runs.c.finished_at, runs.c.pid).order_by(runs.c.id)))
    assert [b.num_rows for b in batches] == [ROWS, 6]
    assert {b.schema for b in batches} == {
        pa.schema([("id", pa.string()), ("finished_at", pa.string()), ("pid", pa.int64())])
    }
    assert batches[0]["finished_at"].null_count == ROWS
    assert batches[1].to_pylist()[-1] == {"id": "999999", "finished_at": "2026-11-24T04:15:00.000Z", "pid": 1}


def attributes(engine: Engine) -> dict[str, Any]:
    return {
        r["name"]: r["attributes"] for r in Reader(engine).resources(filters={"kind": "aws.s3.bucket", "gone_at": ""})
    }


def _kinds(*rows: Kind) -> Any:
    return {k.name: k for k in rows}.get


def _mended(**changes: Any) -> Kind:
    return dataclasses.replace(BUCKET, **changes)


def test_the_same_rows_change_nothing(engine: Engine) -> None:
    scan(engine, *ESTATE)
    counts = renormalize(engine, _kinds(BUCKET))
    assert (counts["read"], counts["changed"], counts["admitted"], counts["unknown"]) == (2, 0, 0, 1)
    assert len(Reader(engine).show("arn:aws:s3:::a")["history"]) == 1


def test_a_mended_mapping_is_replayed_without_the_source(engine: Engine) -> None:
    run = scan(engine, *ESTATE)
    seen = Reader(engine).show("arn:aws:s3:::a")["resource"]["last_seen_at"]
    mended = _mended(fields=BUCKET.fields | {"used_bytes": "Bytes"}, links=(Link("copies", "aws.s3.bucket", "Copy"),))
    counts = renormalize(engine, _kinds(mended))
    assert (counts["changed"], counts["renamed"]) == (2, 0)
    assert attributes(engine) == {
        "a": {"size_bytes": 5, "used_bytes": 5},
        "b": {"size_bytes": None, "used_bytes": None},
    }
    shown = Reader(engine).show("arn:aws:s3:::b")
    assert [r["verb"] for r in shown["references"]] == ["copies"]
    assert (shown["history"][-1]["change"], shown["history"][-1]["run_id"]) == ("changed", run)
    assert Reader(engine).show("arn:aws:s3:::a")["resource"]["last_seen_at"] == seen
    assert renormalize(engine, _kinds(mended))["changed"] == 0


def test_quarantined_records_that_fit_now_are_admitted(engine: Engine) -> None:
    scan(engine, *ESTATE)
    assert {g["code"] for g in Reader(engine).gaps(filters={"code": "coverage-*"})} == {"coverage-partial"}
    nameless = _mended(id=Template("arn:aws:s3:::{Name?}{Bytes?}"))
    counts = renormalize(engine, _kinds(nameless))
    assert (counts["admitted"], counts["renamed"]) == (1, 1), "the other record that has bytes is called anew"
    assert {r["id"] for r in Reader(engine).resources(filters={"kind": "aws.s3.bucket"})} == {
        "arn:aws:s3:::a5", "arn:aws:s3:::b", "arn:aws:s3:::1",
    }  # fmt: skip
    look = next(Reader(engine).coverage(filters={"kind": "aws.s3.bucket"}))
    assert (look["records"], look["quarantined"]) == (3, 0)
    detect(engine, "renormalize", now=datetime.now(UTC))
    assert not list(Reader(engine).gaps(filters={"code": "coverage-*"}))


def test_what_fits_no_more_stays_as_it_is(engine: Engine) -> None:
    scan(engine, *ESTATE)
    strict = _mended(fields={"size_bytes": Field("Bytes", required=True)})
    counts = renormalize(engine, _kinds(strict))
    assert counts["unfit"] == 1
    assert attributes(engine)["b"] == {"size_bytes": None}


def test_failed_details_survive_a_replay(engine: Engine) -> None:
    writer = Writer(engine)
    run = writer.begin(sources=[], selection={}, version="0", resume=False)
    gap = DeniedError("no", call="s3:GetBucketTagging", needs=("s3:GetBucketTagging",))
    raw = RawRecord("aws.s3.bucket", SCOPE, {"Name": "a", "Bytes": 1}, "prod", "List", START, (gap,))
    coverage = Coverage(run, "prod", "aws.s3.bucket", SCOPE, Outcome.COMPLETE, 1, 1, 0, START, START)
    writer.commit(run, [read_record(raw, BUCKET)], (), coverage)
    writer.finish(run, "complete")
    renormalize(engine, _kinds(_mended(fields={"used_bytes": "Bytes"})))
    detect(engine, run, now=datetime.now(UTC))
    assert "coverage-denied" in {g["code"] for g in Reader(engine).gaps()}


def test_a_replay_waits_for_no_scan(engine: Engine) -> None:
    writer = Writer(engine)
    run = writer.begin(sources=[], selection={}, version="0", resume=False)
    with pytest.raises(BusyError, match=run):
        renormalize(engine, _kinds(BUCKET))
    writer.close()
    renormalize(engine, _kinds(BUCKET))
