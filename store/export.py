"""Writes the inventory as Parquet for other tools: one dataset per table, under one versioned schema.

Owns the Arrow schema and the swap: an export is written beside the old one and takes its place in one step, so that a
reader sees the old one or the new one, whole, also when the exporter is killed. Refuses to replace a directory that is
no export of ours or holds more than one.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Engine, Select, select

from normalize.errors import BusyError, StoreError
from store import content
from store.batches import Read, snapshot
from store.reader import accelerated, coverage_rows, resource_rows, run_rows
from store.schema import acceptances, answers, gaps, listings, refs, relations, sightings, versions

SCHEMA_VERSION = "1"
"""Goes up when a column is renamed, retyped or dropped; a new column leaves it."""

MARK = "_stocktake_export.json"
"""Says that a directory is an export of ours, of which schema, and how many rows each table has."""

_TEXT = pa.string()
_WHOLE = pa.int64()
_INSTANT = pa.timestamp("us", tz="UTC")
_TAGS = pa.map_(pa.string(), pa.string())
_TEXTS = pa.list_(pa.string())


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    type: pa.DataType
    meaning: str

    def field(self) -> pa.Field:
        return pa.field(self.name, self.type, metadata={"description": self.meaning})


@dataclass(frozen=True, slots=True)
class Dataset:
    name: str
    meaning: str
    statement: Select[Any]
    columns: tuple[_Column, ...]
    partitioned: bool = False
    unfold: Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]] | None = None

    def batches(self, read: Read) -> Iterator[pa.RecordBatch]:
        """Its rows, of which nothing else is read than goes out."""
        if self.unfold:
            return self.unfold(read(self.statement))
        given = {column.key: column for column in self.statement.selected_columns}
        return read(self.statement.with_only_columns(*(given[column.name] for column in self.columns)))

    def schema(self) -> pa.Schema:
        """Of the files: partition columns live in the path, where there are any files."""
        return self._schema([c for c in self.columns if not (self.partitioned and c.name in ("provider", "kind"))])

    def whole(self) -> pa.Schema:
        """Of an empty dataset: every column."""
        return self._schema(self.columns)

    def _schema(self, columns: Iterable[_Column]) -> pa.Schema:
        told = {"stocktake.schema_version": SCHEMA_VERSION, "stocktake.table": self.name, "description": self.meaning}
        return pa.schema([c.field() for c in columns], metadata=told)


def _resources() -> Select[Any]:
    table = resource_rows()
    return select(table).order_by(table.c.provider, table.c.kind, table.c.id)


def _looks() -> Select[Any]:
    table = coverage_rows(None, every=True)
    c = table.c
    return select(table).order_by(c.provider, c.kind, c.run_id, c.source, c.account, c.place)


def _references() -> Select[Any]:
    return (
        select(sightings.c.resource_id.label("source_id"), listings.c.source, refs)
        .select_from(refs)
        .join(sightings, sightings.c.id == refs.c.sighting_id)
        .join(listings, listings.c.id == sightings.c.listing_id)
        .where(sightings.c.gone_at.is_(None))
        .order_by(refs.c.id)
    )


def _devices(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """One row per entry of a resource's list of accelerators."""
    schema = pa.schema([(column.name, column.type) for column in _DEVICE])
    for batch in batches:
        rows = list(_entries(batch))
        yield pa.RecordBatch.from_arrays([_told([r.get(f.name) for r in rows], f.type) for f in schema], schema=schema)


def _entries(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    for row in batch.to_pylist():
        for entry in content.decode(row["attributes"]).get("accelerators") or ():
            if isinstance(entry, dict):
                yield {**row, **entry, "resource_id": row["id"]}


def _told(values: list[Any], type_: pa.DataType) -> pa.Array:
    """Values that a source told, as far as they are of the column's type."""
    if type_ == _TEXT:
        return pa.array([None if v is None else str(v) for v in values], type_)
    if type_ == _WHOLE:
        return pa.array([v if isinstance(v, int) and abs(v) < 2**63 else None for v in values], type_)
    return pa.array([v if isinstance(v, int | float) else None for v in values], type_)


_PROVIDER = _Column("provider", _TEXT, "Provider, as the sources name it: aws, kubernetes, mlflow, host")
_KIND = _Column("kind", _TEXT, "Kind, provider.service.noun")
_ACCOUNT = _Column("account", _TEXT, "Account, project, subscription, cluster or server")
_PLACE = _Column("place", _TEXT, "Region, cluster or host")

_DEVICE = (
    _Column("resource_id", _TEXT, "Resource that has or offers them"),
    _PROVIDER,
    _KIND,
    _ACCOUNT,
    _PLACE,
    _Column("vendor", _TEXT, "Maker, lower case"),
    _Column("model", _TEXT, "Maker's name"),
    _Column("count", _WHOLE, "Physical devices"),
    _Column("memory_bytes", _WHOLE, "Memory of one device"),
    _Column("form", _TEXT, "gpu, neuron, tpu, gaudi, media or fpga"),
    _Column("fraction", pa.float64(), "Share of one device, 0 to 1, where it is not a whole one"),
    _Column("partition", _TEXT, "How devices are cut or shared"),
)  # fmt: skip

DATASETS: tuple[Dataset, ...] = (
    Dataset(
        "resources",
        "Everything that is or was in the inventory",
        _resources(),
        (
            _Column("id", _TEXT, "Identity that the whole world would use"),
            _KIND,
            _Column("category", _TEXT, "What it is, whoever provides it"),
            _Column("dimension", _TEXT, "The question of a migration that it belongs to; null for types without a row"),
            _PROVIDER,
            _ACCOUNT,
            _PLACE,
            _Column("region", _TEXT, "Region of the cloud that the place is in; null for what is in none"),
            _Column("name", _TEXT, "What its owners call it; null where unknown"),
            _Column("native_id", _TEXT, "What the provider calls it"),
            _Column("tags", _TAGS, "Tags or labels; a null value means that the source said null"),
            _Column("attributes", _TEXT, "Attributes as a JSON object; an absent key is unknown, null is the source's own"),
            _Column("sources", _TEXTS, "Configured sources that see it"),
            _Column("first_seen_at", _INSTANT, "When it was first seen"),
            _Column("last_seen_at", _INSTANT, "When it was last confirmed"),
            _Column("gone_at", _INSTANT, "Since when it is proved gone; null while it is there"),
        ),
        partitioned=True,
    ),
    Dataset(
        "relations",
        "How things hang together: resolved mentions",
        select(relations).order_by(relations.c.source_id, relations.c.verb, relations.c.target_id),
        (
            _Column("source_id", _TEXT, "The resource that mentions"),
            _Column("verb", _TEXT, "Read left to right: uses_image, encrypted_by"),
            _Column("target_id", _TEXT, "The resource that is meant"),
            _Column("evidence", _TEXT, "Call and JSON path of the mention"),
        ),
    ),
    Dataset(
        "references",
        "Mentions of other things, resolved or not",
        _references(),
        (
            _Column("source_id", _TEXT, "The resource that mentions"),
            _Column("source", _TEXT, "Configured source that saw the mention"),
            _Column("verb", _TEXT, "Read left to right; mentions where only the shape was recognised"),
            _Column("value", _TEXT, "What stands there, without credentials and query strings"),
            _Column("key", _TEXT, "Canonical key: equal keys name the same thing"),
            _Column("call", _TEXT, "The call whose answer holds it"),
            _Column("path", _TEXT, "JSON path in the payload"),
            _Column("target", _TEXT, "Kind of the thing meant, empty where unknown"),
            _Column("provider", _TEXT, "Where it should be: provider, empty where unknown"),
            _Column("account", _TEXT, "Where it should be: account, empty where unknown"),
            _Column("place", _TEXT, "Where it should be: place, empty where unknown"),
            _Column("optional", pa.bool_(), "Whether it may dangle by design"),
        ),
    ),
    Dataset(
        "coverage",
        "What each look at each kind in each scope of each source was worth, in every run",
        _looks(),
        (
            _Column("run_id", _TEXT, "Run"),
            _Column("source", _TEXT, "Configured source"),
            _KIND,
            _PROVIDER,
            _ACCOUNT,
            _PLACE,
            _Column("outcome", _TEXT, "complete, partial, denied, unavailable, failed or skipped"),
            _Column("records", _WHOLE, "Records seen"),
            _Column("gaps", _WHOLE, "Records that lack a detail"),
            _Column("quarantined", _WHOLE, "Records that fit no row"),
            _Column("duplicates", _WHOLE, "Records whose id the same listing had given before"),
            _Column("reason", _TEXT, "Why it is not complete"),
            _Column("needs", _TEXTS, "Permissions or settings that are missing"),
            _Column("started_at", _INSTANT, "When the look began"),
            _Column("finished_at", _INSTANT, "When the look ended"),
            _Column("since", _INSTANT, "How far back the listing went; null: to the beginning. Of earlier things nothing is proven; the reason says which are listed"),
        ),
        partitioned=True,
    ),
    Dataset(
        "gaps",
        "What the inventory does not, or did not, know",
        select(gaps).order_by(gaps.c.id),
        (
            _Column("id", _TEXT, "Stable between runs"),
            _Column("code", _TEXT, "Sort of gap"),
            _Column("severity", _TEXT, "critical, high, medium or low, by what it does to a migration"),
            _Column("why", _TEXT, "Why it is that severe"),
            _Column("subject_id", _TEXT, "Resource that it is about, empty where it is about none or many"),
            _Column("subject", _TEXT, "What it is about, in words"),
            _Column("missing", _TEXT, "What is known of the absent thing, as a JSON object"),
            _Column("evidence", _TEXT, "Where it shows, as a JSON list"),
            _Column("evidence_count", _WHOLE, "How many places show it; evidence holds the first"),
            _Column("remedy", _TEXT, "What a person does next"),
            _Column("first_seen_at", _INSTANT, "When it was first found"),
            _Column("resolved_at", _INSTANT, "When it was found to be no more; null while it is open"),
        ),
    ),
    Dataset(
        "acceptances",
        "Gaps that somebody accepted, also those that are no more; `gaps` has the gap itself under `id`",
        select(acceptances).order_by(acceptances.c.gap_id),
        (
            _Column("gap_id", _TEXT, "The gap"),
            _Column("reason", _TEXT, "Why it is accepted"),
            _Column("until", _TEXT, "Last day on which that holds, 2027-03-31"),
            _Column("accepted_at", _INSTANT, "When it was accepted"),
        ),
    ),
    Dataset(
        "answers",
        "What people said of resources and workloads, also what was replaced or taken back; `resources.attributes` is what sources say",
        select(answers).order_by(answers.c.id),
        (
            _Column("subject_id", _TEXT, "Resource or workload"),
            _Column("fact", _TEXT, "Attribute that it says, as in the vocabulary"),
            _Column("value", _TEXT, "The answer as JSON"),
            _Column("told_by", _TEXT, "Who said it"),
            _Column("told_on", _TEXT, "Day on which it was said"),
            _Column("taken_at", _INSTANT, "When it was imported"),
            _Column("superseded_at", _INSTANT, "When it was replaced or taken back; null while it stands"),
        ),
    ),
    Dataset(
        "versions",
        "What changed and when",
        select(versions).order_by(versions.c.id),
        (
            _Column("resource_id", _TEXT, "Resource"),
            _Column("run_id", _TEXT, "Run that saw the change"),
            _Column("at", _INSTANT, "When it was seen"),
            _Column("change", _TEXT, "appeared, changed, gone or returned"),
            _Column("before", _TEXT, "Former values of what changed, as a JSON object; an absent key was unknown"),
            _Column("after", _TEXT, "New values of what changed, as a JSON object; an absent key became unknown"),
        ),
    ),
    Dataset(
        "runs",
        "Scans",
        select(run_rows()).order_by("id"),
        (
            _Column("id", _TEXT, "Run; ids sort as runs do"),
            _Column("status", _TEXT, "running, complete or interrupted"),
            _Column("started_at", _INSTANT, "When it began"),
            _Column("finished_at", _INSTANT, "When it ended; null when it did not"),
            _Column("version", _TEXT, "Version of Stocktake"),
            _Column("selection", _TEXT, "What was asked for, as a JSON object"),
            _Column("sources", _TEXTS, "Configured sources"),
            _Column("scopes", _WHOLE, "Looks: one kind in one scope of one source"),
            _Column("records", _WHOLE, "Records seen"),
            _Column("blind_spots", _WHOLE, "Looks that did not see everything"),
        ),
    ),
    Dataset(
        "accelerators",
        "Accelerators of what is there, one row per entry of a resource's list; several kinds may tell of one device",
        accelerated(),
        _DEVICE,
        partitioned=True,
        unfold=_devices,
    ),
)  # fmt: skip


def parquet(engine: Engine, directory: Path) -> dict[str, int]:
    """Export every table into `directory`, replacing an earlier export in one step.

    Returns:
        Rows written, by table.

    Raises:
        StoreError: the directory holds something else, or cannot be written; an earlier export is as before.
        BusyError: another process exports to the same directory.
    """
    directory = Path(os.path.realpath(directory))
    _refuse_foreign(directory)
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        with _alone(directory):
            _clear_leftovers(directory)
            return _replace(engine, directory)
    except OSError as error:
        raise StoreError(f"cannot write {directory}: {error.strerror or error}") from None


def _refuse_foreign(directory: Path) -> None:
    if not directory.exists():
        return
    if not directory.is_dir():
        raise StoreError(f"{directory} is no directory")
    foreign = sorted({entry.name for entry in directory.iterdir()} - _told_by(directory / MARK))
    if foreign:
        raise StoreError(f"{directory} holds something else than an export ({foreign[0]}): name another directory")


def _told_by(mark: Path) -> set[str]:
    """Names that belong to the export which this mark describes, also one by another version."""
    try:
        return {MARK, *content.decode(mark.read_text(encoding="utf-8"))["rows"]}
    except (OSError, ValueError, LookupError, TypeError):
        return set()


def _beside(directory: Path, what: str) -> Path:
    """A name on the same file system, which readers of the directory do not list."""
    return directory.with_name(f".{directory.name}.stocktake-{what}")


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Keep other exports to this directory out. The lock ends with its holder, also when that is killed.

    Raises:
        BusyError: another process has it.
    """
    path = _beside(directory, "lock")
    handle = _lock(path)
    while not _is_at(handle, path):  # its holder removed it between our opening and locking it
        os.close(handle)
        handle = _lock(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def _lock(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        if isinstance(error, BlockingIOError):
            raise BusyError("another process is exporting to the same directory; wait until it ends") from None
        raise
    return handle


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _clear_leftovers(directory: Path) -> None:
    """Remove what a killed export left, and put the old export back where it was killed between two renames."""
    old = _beside(directory, "old")
    if old.exists() and not directory.exists():
        old.rename(directory)
    for left in (_beside(directory, "new"), old):
        shutil.rmtree(left, ignore_errors=True)


def _replace(engine: Engine, directory: Path) -> dict[str, int]:
    fresh = _beside(directory, "new")
    try:
        fresh.mkdir()
        with snapshot(engine) as read:
            counts = {d.name: write_table(read, d, fresh / d.name) for d in DATASETS}
        (fresh / MARK).write_bytes(content.encode({"schema_version": SCHEMA_VERSION, "rows": counts}) + b"\n")
        _settle(fresh)
        _swap(fresh, directory)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return counts


def _settle(directory: Path) -> None:
    """Have everything on the disk before it takes the place of what is there: a loss of power leaves no half export.

    One call for the whole file system; one per file took a third of an export's time. Without it a kill is harmless
    still. Source: syncfs(2), Debian manpages 6.03, read 2026-11-24.
    """
    with suppress(OSError, AttributeError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            ctypes.CDLL(None).syncfs(handle)
        finally:
            os.close(handle)


_SPECIAL = re.compile(r"[^\w.-]", re.ASCII)


def _folder(column: str, value: str) -> str:
    """The folder of a partition. Characters beyond ASCII stay: Spark 4.2.0 reads each escape as one of Latin-1."""
    return f"{column}={_SPECIAL.sub(lambda m: f'%{ord(m[0]):02X}' if m[0].isascii() else m[0], value)}"


def write_table(read: Read, dataset: Dataset, directory: Path) -> int:
    directory.mkdir()
    batches = dataset.batches(read)
    if not dataset.partitioned:
        with _writer(directory / "part-0.parquet", dataset.schema()) as writer:
            return sum(_put(writer, batch, dataset.schema()) for batch in batches)
    total = _write_parts(batches, dataset, directory)
    if not total:
        with _writer(directory / "part-0.parquet", dataset.whole()):
            pass
    return total


def _write_parts(batches: Iterable[pa.RecordBatch], dataset: Dataset, directory: Path) -> int:
    """One file for each provider and kind; the rows come in that order."""
    total, schema = 0, dataset.schema()
    parts = (part for batch in batches for part in _parts(batch))
    for (provider, kind), group in groupby(parts, key=lambda part: part[:2]):
        folder = directory / _folder("provider", provider) / _folder("kind", kind)
        folder.mkdir(parents=True)
        with _writer(folder / "part-0.parquet", schema) as writer:
            total += sum(_put(writer, batch, schema) for _, _, batch in group)
    return total


def _parts(batch: pa.RecordBatch) -> Iterator[tuple[str, str, pa.RecordBatch]]:
    """(provider, kind, rows) of a batch, in its order."""
    if not batch.num_rows:
        return
    runs = pc.run_end_encode(pc.binary_join_element_wise(batch["provider"], batch["kind"], "\0"))
    begin = 0
    for end, names in zip(runs.run_ends.to_pylist(), runs.values.to_pylist(), strict=True):
        provider, kind = names.split("\0")
        yield provider, kind, batch.slice(begin, end - begin)
        begin = end


@contextmanager
def _writer(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    with path.open("xb") as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        yield writer


def _put(writer: pq.ParquetWriter, batch: pa.RecordBatch, schema: pa.Schema) -> int:
    columns = [_typed(batch[field.name], field.type) for field in schema]
    if batch.num_rows:
        writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
    return int(batch.num_rows)


def _typed(values: pa.Array, type_: pa.DataType) -> pa.Array:
    """A column as the database holds it, in the type that it has in the file."""
    if type_ == _TAGS:
        return _each(values, lambda text: list(content.decode(text).items()), type_)
    if type_ == _TEXTS:
        return _each(values, _texts, type_)
    return values.cast(type_)


def _each(values: pa.Array, read: Callable[[str], Any], type_: pa.DataType) -> pa.Array:
    """What texts mean; each text is read once, however often it stands there."""
    encoded = values.cast(_TEXT).dictionary_encode()
    meanings = pa.array([read(text) for text in encoded.dictionary.to_pylist()], type_)
    return meanings.take(encoded.indices)


def _texts(value: str) -> list[str]:
    if not value:
        return []
    if value.startswith("["):
        return [str(v) for v in content.decode(value)]
    return sorted(set(value.split("\n")))


_AT_FDCWD, _EXCHANGE = -100, 2


def _swap(fresh: Path, directory: Path) -> None:
    """Put the new directory in place of the old one; the old one is left where the new one was, or is gone."""
    if not directory.exists():
        fresh.rename(directory)
    elif not _exchange(fresh, directory):  # for a moment there is no export at all
        old = _beside(directory, "old")
        directory.rename(old)
        fresh.rename(directory)
        shutil.rmtree(old, ignore_errors=True)


def _exchange(a: Path, b: Path) -> bool:
    """Swap two names in one step, where the system can. Source: renameat2(2), RENAME_EXCHANGE, and
    linux/fs.h, read 2026-11-24."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return bool(renameat2(_AT_FDCWD, os.fsencode(a), _AT_FDCWD, os.fsencode(b), _EXCHANGE) == 0)
