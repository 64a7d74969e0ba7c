"""Bills of clouds, from files: FOCUS, Google Cloud's BigQuery export, Azure's cost export, AWS's Cost and Usage Report.

Lines are added up: one record for what an account paid in a month for one use of one service in one region, and for each resource
where the bill names one. Each account's month is a scope of its own, so that importing it again replaces it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from collectors.bills import manifests
from collectors.bills.formats import Format, recognise
from collectors.bills.kinds import KINDS, USAGE
from collectors.bills.sums import Sum, Sums, Where, tags_of
from collectors.bills.tables import Bad, UnreadableError, open_table
from collectors.contract import UNKNOWN_PLACE, Blindness, CutShortError, Planned
from normalize.errors import CollectError, ConfigError
from normalize.identity import arm_name, arn_name, aws_short_name, bounded, gcp_name
from normalize.model import Json, Kind, Misfit, RawRecord, Scope

__all__ = ["READS", "BillCollector", "kind_rows", "open_files", "sniff"]

READS = (
    "bills (FOCUS 1.0 to 1.2, Google Cloud BigQuery exports, Azure cost exports with their manifests, AWS CUR) as CSV, JSON Lines "
    "or Parquet"
)
SOURCE = "bill"
KEPT_BAD = 1000
"""Lines that cannot be read of which what they say is kept, in one import; the rest are counted."""
_KEPT_TEXT, _KEPT_COLUMNS = 300, 100
_NAMES: Mapping[str, tuple[Callable[[str], object], ...]] = {
    "aws": (arn_name, aws_short_name),
    "azure": (arm_name,),
    "gcp": (gcp_name,),
}
_S3 = frozenset({"Amazon Simple Storage Service", "AmazonS3"})


def _now() -> datetime:
    return datetime.now(UTC)


def kind_rows() -> Sequence[Kind]:
    """Every kind of this provider."""
    return KINDS


def sniff(path: Path) -> str:
    """Why a file is no bill; "" where its columns are those of one."""
    if path.name == manifests.NAME:
        found = manifests.read(path)
        return found if isinstance(found, str) else ""
    known = _format(path)
    return known if isinstance(known, str) else ""


def _format(path: Path) -> Format | str:
    try:
        table = open_table(path)
    except UnreadableError as error:
        return f"it {error}" if str(error).startswith(("is", "has", "begins")) else str(error)
    table.close()
    return recognise(table.columns)


class _File(NamedTuple):
    path: Path
    format: Format
    amortized: bool


def open_files(paths: Sequence[Path]) -> Sequence[BillCollector]:
    """One bill out of several files.

    Raises:
        ConfigError: they are of several sorts, which would count the same money twice; or a manifest leads out of its folder.
    """
    parts = manifests.sort_out(paths)
    files = []
    for path in parts.files:
        known = _format(path)
        if isinstance(known, str):
            raise ConfigError(f"{path}: {known}")
        files.append(_File(path, known, path.resolve() in parts.amortized))
    sorts = {(f.format.name, f.amortized): f.path for f in files}
    if len(sorts) > 1:
        told = "; ".join(f"{p} is {n}{', amortized' if a else ''}" for (n, a), p in sorts.items())
        raise ConfigError(f"bills of several sorts may hold the same money: {told}. Import one sort")
    if not files:
        raise ConfigError("of the files that the manifests name none is there")
    return [BillCollector(files, parts)]


@dataclass
class _Found:
    """What was read, once it was."""

    lines: dict[Path, int] = field(default_factory=dict)
    cut: list[str] = field(default_factory=list)
    bad: dict[Where | None, list[Bad]] = field(default_factory=dict)
    kept: int = 0
    dropped: int = 0

    def set_aside(self, where: Where | None, bad: Bad) -> None:
        if self.kept < KEPT_BAD:
            self.kept += 1
            self.bad.setdefault(where, []).append(bad)
        else:
            self.dropped += 1


class BillCollector:
    """The bills that some files hold. A scope is an account and a month: its place is the month, "2026-10"."""

    source = SOURCE
    provider = "bill"
    spreads = False

    def __init__(self, files: Sequence[_File], parts: manifests.Parts, clock: Any = _now) -> None:
        self._files = files
        self._parts = parts
        self._clock = clock
        self._sums = Sums()
        self._found = _Found()
        self._call = f"{files[0].format.name}: {files[0].path.name}" + (
            f" and {len(files) - 1} more" if files[1:] else ""
        )

    def kinds(self) -> Sequence[Kind]:
        return KINDS

    def plan(self, kinds: Sequence[Kind]) -> Iterator[Planned]:
        """Read the files to their end, then a look for each account and month."""
        for file in self._files:
            self._read(file)
        self._sums.end()
        self._compare()
        provider = self._files[0].format.provider or UNKNOWN_PLACE
        nowhere = Scope(provider, UNKNOWN_PLACE, UNKNOWN_PLACE)
        if None in self._found.bad:
            yield Planned(USAGE, nowhere, note="lines that do not say whose they are")
        elif not self._sums.extents:
            why = "; ".join(self._found.cut) or "there is no line in it"
            yield Planned(USAGE, nowhere, CollectError(why, call=self._call))
        for where in sorted(self._sums.extents):
            yield Planned(USAGE, Scope(*where), note=self._says(where))

    def _read(self, file: _File) -> None:
        def set_aside(where: Where | None, bad: Bad) -> None:
            self._found.set_aside(where, Bad(f"{file.path.name}, {bad.where}", bad.reason, bad.payload))

        try:
            table = open_table(file.path)
        except (UnreadableError, OSError) as error:
            self._found.cut.append(f"{file.path.name} {error}")
            return
        try:
            self._found.lines[file.path.resolve()] = self._sums.take(table, file.format, file.amortized, set_aside)
        except UnreadableError as error:
            self._found.cut.append(f"{file.path.name} {error}")
        finally:
            table.close()

    def _compare(self) -> None:
        """What manifests say there should be, with what there is."""
        for manifest, absent in self._parts.absent.items():
            more = f" and {len(absent) - 5} more" if absent[5:] else ""
            self._found.cut.append(f"{manifest.name} names {', '.join(absent[:5])}{more}, not there")
        for written, rows in self._parts.rows:
            read = sum(self._found.lines.get(f.resolve(), 0) for f in written.files)
            if read != rows:
                self._found.cut.append(f"{written.path.name} says {rows} rows, there are {read}")
        if self._found.dropped:
            self._found.cut.append(f"{self._found.dropped} more lines cannot be read and were not kept")

    def _says(self, where: Where) -> str:
        extent = self._sums.extents[where]
        more = f" and {len(self._files) - 1} more" if self._files[1:] else ""
        older = f"; {self._parts.older} older exports of the same months left out" if self._parts.older else ""
        return f"{extent.lines} lines of {self._files[0].path.name}{more}, charges from {extent.start} to {extent.end}{older}"

    def unavailable(self, kind: Kind, scope: Scope) -> CollectError | None:
        return None

    def collect(self, kind: Kind, scope: Scope) -> Iterator[RawRecord | Misfit]:
        """The sums of one account's month.

        Raises:
            CutShortError: the files may hold more of it than could be read.
        """
        now = self._clock()
        where: Where | None = (scope.provider, scope.account, scope.place)
        for bad in self._found.bad.get(None if scope.account == UNKNOWN_PLACE else where, ()):
            yield Misfit(kind.name, scope, {"Where": bad.where, "Columns": _short(bad.payload)}, self._call, f"{bad.where}: {bad.reason}", now)  # fmt: skip
        if scope.account == UNKNOWN_PLACE:
            return
        assert where is not None
        for told, total in self._sums.of(where):
            payload = _payload(told, total)
            yield RawRecord(kind.name, Scope(scope.provider, scope.account, told["region"]), payload, self.source, self._call, now)  # fmt: skip
        if lacking := [*self._found.cut, *self._uncovered(where, now)]:
            raise CutShortError("; ".join(lacking), call=self._call)

    def _uncovered(self, where: Where, now: datetime) -> Iterator[str]:
        """Days of a month that is over of which the files have no charge at all, of any account."""
        provider, _, month = where
        begin, end = _bounds(month)
        if end > now:
            return
        same = [e for (p, _, m), e in self._sums.extents.items() if (p, m) == (provider, month)]
        last, first = max(e.end for e in same), min(e.start for e in same)
        if last <= _stamp(end - timedelta(days=1)):
            yield f"no charge of {month} after {last}: the files end there, or use did"
        if first >= _stamp(begin + timedelta(days=1)):
            yield f"no charge of {month} before {first}: the files begin there, or use did"

    def classify(self, error: Exception) -> CollectError | None:
        return error if isinstance(error, CollectError) else None

    def limit_key(self, kind: Kind, scope: Scope) -> str:
        return SOURCE

    def check(self) -> Iterator[Blindness]:
        """Nothing: files are not configured."""
        yield from ()

    def close(self) -> None:
        self._sums.close()


def _bounds(month: str) -> tuple[datetime, datetime]:
    """The first instant of a month and of the one after."""
    begin = datetime(int(month[:4]), int(month[5:]), 1, tzinfo=UTC)
    return begin, (begin + timedelta(days=31)).replace(day=1)


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _short(payload: Mapping[str, Any]) -> dict[str, Json]:
    """What is kept of a line that cannot be read."""
    few = list(payload.items())[:_KEPT_COLUMNS]
    return {str(k)[:_KEPT_TEXT]: v if isinstance(v, int | float) else str(v)[:_KEPT_TEXT] for k, v in few}


def _payload(told: Mapping[str, str], total: Sum) -> dict[str, Json]:
    quantity, cost, amortized, cost_usd, amortized_usd = total.amounts
    dollars = told["currency"].upper() == "USD"
    found: dict[str, Any] = {
        "$Id": bounded("|".join(("bill.usage", *told.values()))),
        **{name.title(): text for name, text in told.items()},
        "Quantity": _number(quantity),
        "CostUsd": _number(cost if dollars else cost_usd),
        "AmortizedCostUsd": _number(amortized if dollars else amortized_usd),
        "Cost": None if dollars else _number(cost),
        "AmortizedCost": None if dollars else _number(amortized),
        "Start": total.start,
        "End": total.end,
        "Lines": total.lines,
        "Tags": tags_of(total.tags),
        **_named(told),
    }
    return {k: v for k, v in found.items() if v not in (None, "", {})}


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def _named(told: Mapping[str, str]) -> dict[str, str]:
    """The resource that a line charges for, where its id says what it is."""
    text = told["resource"]
    if told["provider"] == "aws" and told["service"] in _S3 and text and not text.startswith("arn:"):
        return {"$Bucket": text}
    return {"$Named": text} if any(read(text) for read in _NAMES.get(told["provider"], ())) else {}
