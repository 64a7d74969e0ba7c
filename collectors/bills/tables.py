"""Files of rows as they come: CSV, gzipped CSV, JSON Lines and Parquet, read in bounded memory, whatever stands in them.

Owns bytes, encodings and broken lines. Refuses to guess: what cannot be read is handed on as Bad, with what it was.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO

MAX_LINE = 4 * 1024 * 1024
"""Most characters of a line."""
MAX_FIELD = 128 * 1024
"""Most characters of a field: a quote that is never closed ends here."""
MAX_COLUMNS = 2000
BATCH_ROWS = 4096
BOMB_RATIO, BOMB_BYTES = 400, 256 * 1024 * 1024
"""What decompresses to more than this, and to more times its size than this, is no bill: real ones give 10 to 60 times."""
PEEK = 64 * 1024

Row = tuple[Any, ...]


class UnreadableError(Exception):
    """The file cannot be read, or not further."""


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that is no row: where it stands, why, and what of it there is."""

    where: str
    reason: str
    payload: Mapping[str, Any]


def plain_name(column: str) -> str:
    """A column's name without case and signs: line_item_usage_amount and lineItem/UsageAmount are one."""
    return re.sub(r"[^a-z0-9]", "", column.lower())


class _Lines:
    """Lines of a text, one at a time, and whether one since the last row held bytes that are no text."""

    def __init__(self, stream: io.TextIOBase) -> None:
        self._stream = stream
        self.spoiled = False

    def __iter__(self) -> Iterator[str]:
        for line in iter(partial(self._stream.readline, MAX_LINE), ""):
            if len(line) == MAX_LINE:
                raise UnreadableError(f"a line of more than {MAX_LINE} characters")
            if not line.isascii() and _NO_TEXT.search(line):
                self.spoiled = True
            yield line


_NO_TEXT = re.compile("[\udc80-\udcff]")


class _Bounded(io.RawIOBase):
    """What a gzip file decompresses to, until it is too much for its size."""

    def __init__(self, path: Path) -> None:
        self._limit = max(BOMB_BYTES, path.stat().st_size * BOMB_RATIO)
        self._file = gzip.open(path, "rb")  # noqa: SIM115  lives as long as this
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        self._read += len(data)
        if self._read > self._limit:
            raise UnreadableError(f"decompresses to more than {BOMB_RATIO} times its size")
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def _encoding(head: bytes) -> str:
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if head.startswith(mark):
            return name
    return "utf-8"


@dataclass
class Table:
    """One file of rows.

    Attributes:
        columns: names as they stand in the file; of JSON Lines those of its first lines, nested ones with dots.
        rows: (indexes of columns) -> rows of just these, in that order; Bad for what is no row.
    """

    path: Path
    columns: Sequence[str]
    rows: Callable[[Sequence[int]], Iterator[Row | Bad]]
    _stack: ExitStack = field(default_factory=ExitStack)

    def close(self) -> None:
        self._stack.close()


def open_table(path: Path) -> Table:
    """Open a file by what stands in it.

    Raises:
        UnreadableError: it is none of the shapes.
        OSError: it cannot be opened.
    """
    with ExitStack() as stack:
        head = _head(path)
        if head[:4] == b"PAR1":
            columns, rows = _parquet(path)
        elif head[:4] == b"Obj\x01":
            raise UnreadableError("is Avro, which is not read; export it as Parquet or as JSON")
        elif head[:2] == b"PK":
            raise UnreadableError("is a ZIP archive; unpack it first")
        else:
            raw = _Bounded(path) if head[:2] == b"\x1f\x8b" else path.open("rb", buffering=0)
            binary = stack.enter_context(io.BufferedReader(raw, 1024 * 1024))
            columns, rows = _text_table(binary)
        return Table(path, columns, rows, stack.pop_all())


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4)


def _text_table(binary: BinaryIO) -> tuple[Sequence[str], Callable[[Sequence[int]], Iterator[Row | Bad]]]:
    try:
        head: bytes = binary.peek(PEEK)[:PEEK]  # type: ignore[attr-defined]
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableError(f"cannot be decompressed: {error}") from None
    encoding = _encoding(head)
    text = head.decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    if "\x00" in text[:1024]:
        raise UnreadableError("is no text")
    lines = _Lines(io.TextIOWrapper(binary, encoding, errors="surrogateescape" if encoding == "utf-8" else "replace", newline=""))  # fmt: skip
    return _json_lines(lines, text) if text[:1] == "{" else _csv(lines)


def _safely(source: Iterator[Row | Bad]) -> Iterator[Row | Bad]:
    """Rows to the end, or to where the file cannot be read further."""
    try:
        yield from source
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        raise UnreadableError(f"ends in the middle: {error}") from None


def _csv(lines: _Lines) -> tuple[Sequence[str], Callable[[Sequence[int]], Iterator[Row | Bad]]]:
    csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(iter(lines))
    try:
        columns = [c.strip() for c in next(reader)]
    except StopIteration:
        raise UnreadableError("is empty") from None
    except (csv.Error, OSError, EOFError, zlib.error) as error:
        raise UnreadableError(f"its first line is no line of CSV: {error}") from None
    if len(columns) > MAX_COLUMNS:
        raise UnreadableError(f"has {len(columns)} columns")

    def rows(indexes: Sequence[int]) -> Iterator[Row | Bad]:
        width, pick = len(columns), _picker(indexes)
        while True:
            first = reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                lines.spoiled = False
                yield Bad(_span(first, reader.line_num), f"is no line of CSV: {error}", {})
                continue
            if len(row) == width and not lines.spoiled:
                yield pick(row)
            elif row:
                reason = "is no UTF-8" if lines.spoiled else f"has {len(row)} fields, not {width}"
                lines.spoiled = False
                yield Bad(_span(first, reader.line_num), reason, _named(columns, row))

    return columns, lambda indexes: _safely(rows(indexes))


def _span(first: int, last: int) -> str:
    return f"line {first}" if last <= first else f"lines {first} to {last}"


def _picker(indexes: Sequence[int]) -> Callable[[Sequence[Any]], Row]:
    if len(indexes) == 1:
        only = indexes[0]
        return lambda row: (row[only],)
    return itemgetter(*indexes)


def _named(columns: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    """A row under the names of its columns; what is too much, under a number."""
    names = [*columns, *(f"${i}" for i in range(len(columns), len(row)))]
    return {n: _legible(v) for n, v in zip(names, row, strict=False)}


def _legible(value: Any) -> Any:
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return value


def _json_lines(lines: _Lines, head: str) -> tuple[Sequence[str], Callable[[Sequence[int]], Iterator[Row | Bad]]]:
    columns: dict[str, None] = {}
    for line in head.splitlines()[:200]:
        try:
            columns |= dict.fromkeys(flat(json.loads(line)))
        except ValueError:
            continue
    if not columns:
        raise UnreadableError("begins like JSON, and no line of it is a JSON object")
    names = list(columns)

    def rows(indexes: Sequence[int]) -> Iterator[Row | Bad]:
        wanted = [names[i] for i in indexes]
        for number, line in enumerate(lines, 1):
            spoiled, lines.spoiled = lines.spoiled, False
            if not line.strip():
                continue
            try:
                found = flat(json.loads(line))
            except (ValueError, RecursionError) as error:
                yield Bad(f"line {number}", f"is no JSON object: {str(error)[:120]}", {"$Text": _legible(line[:2000])})
                continue
            if spoiled:
                yield Bad(f"line {number}", "is no UTF-8", {k: _legible(v) for k, v in found.items()})
                continue
            yield tuple([found.get(name) for name in wanted])

    return names, lambda indexes: _safely(rows(indexes))


def flat(value: Any) -> dict[str, Any]:
    """An object with its nested ones under dotted names; lists stay as they are.

    Raises:
        ValueError: it is no object.
    """
    if not isinstance(value, dict):
        raise ValueError(f"it is {type(value).__name__}")
    out: dict[str, Any] = {}
    for key, item in value.items():
        if isinstance(item, dict):
            out |= {f"{key}.{k}": v for k, v in flat(item).items()}
            out[key] = item
        else:
            out[key] = item
    return out


def _parquet(path: Path) -> tuple[Sequence[str], Callable[[Sequence[int]], Iterator[Row | Bad]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        columns = _leaves(file.schema_arrow)
    except (pa.ArrowException, OSError) as error:
        raise UnreadableError(f"is no whole Parquet file: {str(error)[:200]}") from None

    def rows(indexes: Sequence[int]) -> Iterator[Row | Bad]:
        wanted = [columns[i] for i in indexes]
        tops = list(dict.fromkeys(w.split(".")[0] for w in wanted))
        try:
            for batch in file.iter_batches(BATCH_ROWS, columns=tops):
                yield from zip(*(_values(batch, name) for name in wanted), strict=True)
        except (pa.ArrowException, OSError, UnicodeError) as error:
            raise UnreadableError(f"ends in the middle: {str(error)[:200]}") from None

    return columns, rows


def _leaves(schema: Any) -> list[str]:
    import pyarrow as pa

    out: list[str] = []
    for part in schema:
        out.append(part.name)
        if pa.types.is_struct(part.type):
            out.extend(f"{part.name}.{inner}" for inner in _leaves(part.type))
    return out


def _values(batch: Any, name: str) -> list[Any]:
    import pyarrow.compute as pc

    top, *below = name.split(".")
    column = batch.column(top)
    for step in below:
        column = pc.struct_field(column, step)
    found: list[Any] = column.to_pylist()
    return found
