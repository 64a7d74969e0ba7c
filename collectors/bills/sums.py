"""Adds up the lines of bills: one sum per account, month, region, service, use and resource, exactly, in bounded memory.

Amounts are added as decimals, so that the order of files and lines changes nothing. What is more than fits goes to a database on
the disk that has no name, and is put together from there.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any, NamedTuple

from collectors.bills.formats import AMOUNTS, KEYS, OTHERS, Format, provider_of
from collectors.bills.tables import Bad, Row, Table

MAX_SUMS = 50_000
"""Sums in memory; more go to the disk."""
MAX_TAGS = 16 * 1024
MAX_TEXT = 2000
"""Most characters of what tells a line from another."""
_TOO_MUCH = Decimal(10) ** 21
_TYPE = KEYS.index("type")

Where = tuple[str, str, str]
"""Provider, account and month of a bill."""

_SUMMED = ("quantity", "cost", "amortized_cost", "cost_usd", "amortized_cost_usd")


@dataclass(slots=True)
class Sum:
    """Lines that are alike, added up.

    Attributes:
        amounts: in the order of _SUMMED; None where no line says.
        start, end: when charges began and ended, "2026-10-01T00:00:00Z"; end is exclusive, "" unknown.
    """

    lines: int = 0
    amounts: list[Decimal | None] = field(default_factory=lambda: [None] * len(_SUMMED))
    start: str = ""
    end: str = ""
    tags: str = ""

    def add(self, amounts: Sequence[Decimal | None], start: str, end: str, tags: str, lines: int = 1) -> None:
        self.lines += lines
        mine = self.amounts
        for i, amount in enumerate(amounts):
            if amount is not None:
                before = mine[i]
                mine[i] = amount if before is None else before + amount
        if start and (not self.start or start < self.start):
            self.start = start
        if end > self.end:
            self.end = end
        if tags and (tags > self.tags):
            self.tags = tags


@dataclass
class Extent:
    """What the files say of one bill."""

    lines: int = 0
    bad: int = 0
    start: str = ""
    end: str = ""


class _Use(NamedTuple):
    """What lines of one bill have in common but for their resource."""

    where: Where
    parts: tuple[str, ...]


class Sums:
    """The sums of all bills. One thread adds, then others read."""

    def __init__(self, limit: int = MAX_SUMS) -> None:
        self._limit = limit
        self._held: dict[tuple[_Use, str], Sum] = {}
        self._places: dict[Where, int] = {}
        self._lock = threading.Lock()
        self._disk: sqlite3.Connection | None = None
        self.extents: dict[Where, Extent] = {}

    def take(self, table: Table, format_: Format, amortized: bool, bad: Callable[[Where | None, Bad], None]) -> int:
        """Add the lines of a file; the number of its lines.

        Args:
            amortized: the cost is one with what was paid beforehand spread over its term.
            bad: told of every line that cannot be added, and whose it is where that can be read.

        Raises:
            UnreadableError: the file ends in the middle; what came before is added.
        """
        reading = _Reading(format_, format_.bind(table.columns), amortized)
        width, number = reading.key_width, 0
        uses: dict[Row, _Use] = {}
        known: dict[Row, tuple[_Use, Sum, Extent]] = {}
        for number, row in enumerate(table.rows(reading.indexes), 1):
            if isinstance(row, Bad):
                bad(None, row)
                continue
            use = None
            try:
                found = known.get(row[:width])
                if found is None:
                    use = self._use(row, reading, uses)
                    if len(self._held) >= self._limit or len(known) >= self._limit * 4:
                        self._make_room()
                        known.clear()
                        uses.clear()
                    total = self._held.setdefault((use, reading.resource(row)), Sum())
                    found = known[row[:width]] = use, total, self.extents.setdefault(use.where, Extent())
                use, total, extent = found
                amounts, (start, end) = reading.amounts_of(row), reading.period(row)
                off = reading.credit(row)
                total.add(amounts, start, end, reading.tags(row))
                if off is not None:
                    credit = _Use(use.where, (*use.parts[:_TYPE], "credit", *use.parts[_TYPE + 1 :]))
                    self._held.setdefault((credit, reading.resource(row)), Sum()).add(off, start, end, "")
            except (ValueError, TypeError, InvalidOperation) as error:
                bad(use and use.where, Bad(f"row {number}", str(error)[:200], reading.named(table, row)))
                continue
            extent.lines += 1
            if not extent.start or start < extent.start:
                extent.start = start
            if end > extent.end:
                extent.end = end
        return number

    @staticmethod
    def _use(row: Row, reading: _Reading, uses: dict[Row, _Use]) -> _Use:
        key = row[: reading.use_width]
        use = uses.get(key)
        if use is None:
            use = uses[key] = _Use(*reading.parts(key))
        return use

    # --- what does not fit into memory ---------------------------------------------------------------------------

    def _make_room(self) -> None:
        if self._disk is None:
            self._disk = sqlite3.connect("", check_same_thread=False, isolation_level=None)
            self._disk.execute("PRAGMA journal_mode = OFF")
            self._disk.execute("CREATE TABLE parts (place INTEGER, use TEXT, resource TEXT, lines INTEGER, amounts TEXT, start TEXT, ended TEXT, tags TEXT)")  # fmt: skip
        self._disk.execute("BEGIN")
        self._disk.executemany("INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self._packed())
        self._disk.execute("COMMIT")
        self._held.clear()

    def _packed(self) -> Iterator[tuple[Any, ...]]:
        texts: dict[_Use, str] = {}
        for (use, resource), total in self._held.items():
            if total.lines:
                if use not in texts:
                    texts[use] = json.dumps(use.parts)
                place = self._places.setdefault(use.where, len(self._places))
                amounts = "|".join(["" if a is None else str(a) for a in total.amounts])
                yield place, texts[use], resource, total.lines, amounts, total.start, total.end, total.tags

    def end(self) -> None:
        """All is added."""
        if self._disk is not None:
            self._make_room()
            self._disk.execute("CREATE INDEX places ON parts (place, use, resource)")

    def of(self, where: Where) -> Iterator[tuple[Mapping[str, str], Sum]]:
        """(what tells it from others, the sum) of one bill, in order."""
        if self._disk is None:
            mine = [(u.parts, r, total) for (u, r), total in self._held.items() if u.where == where and total.lines]
            for parts, resource, total in sorted(mine, key=lambda one: one[:2]):
                yield _told(parts, resource), total
            return
        for (use, resource), rows in groupby(self._kept(where), key=lambda row: row[:2]):
            total = Sum()
            for _, _, lines, amounts, start, end, tags, _ in rows:
                total.add([Decimal(a) if a else None for a in amounts.split("|")], start, end, tags, lines)
            yield _told(json.loads(use), resource), total

    def _kept(self, where: Where) -> Iterator[tuple[Any, ...]]:
        assert self._disk is not None
        last: tuple[Any, ...] = ("", "", 0)
        ask = (
            "SELECT use, resource, lines, amounts, start, ended, tags, rowid FROM parts "
            "WHERE place = ? AND (use, resource, rowid) > (?, ?, ?) ORDER BY use, resource, rowid LIMIT 5000"
        )
        while True:
            with self._lock:
                page = self._disk.execute(ask, (self._places.get(where, -1), *last)).fetchall()
            if not page:
                return
            yield from page
            last = (*page[-1][:2], page[-1][-1])

    def close(self) -> None:
        if self._disk is not None:
            self._disk.close()
            self._disk = None
        self._held.clear()


def _told(parts: Sequence[str], resource: str) -> dict[str, str]:
    return dict(zip(KEYS, (*parts, resource), strict=True))


class _Reading:
    """How to read the rows of one file: which columns, in which order, and what they mean."""

    def __init__(self, format_: Format, bound: Mapping[str, tuple[int, ...]], amortized: bool) -> None:
        self._provider = format_.provider
        self._amortized = amortized
        self.indexes: list[int] = []
        self._at: dict[str, tuple[int, ...]] = {}
        for names in (KEYS, AMOUNTS, OTHERS):
            for name in names:
                columns = bound.get(name, ())[: 1 if name == "month" else None]
                self._at[name] = tuple(range(len(self.indexes), len(self.indexes) + len(columns)))
                self.indexes.extend(columns)
                if name == KEYS[-2]:
                    self.use_width = len(self.indexes)
                if name == KEYS[-1]:
                    self.key_width = len(self.indexes)
        self._numbers = [self._at[name] for name in _SUMMED]
        self._rate = self._first("rate")
        self._start, self._end, self._tags, self._credits = map(self._first, OTHERS)
        self._instants: dict[Any, str] = {}

    def _first(self, name: str) -> int | None:
        at = self._at[name]
        return at[0] if at else None

    def named(self, table: Table, row: Row) -> dict[str, Any]:
        return {table.columns[i]: _plain(v) for i, v in zip(self.indexes, row, strict=True) if v not in (None, "")}

    def _text(self, key: Row, name: str) -> str:
        for at in self._at[name]:
            value = key[at]
            if value is not None and value != "":
                text = value.strip() if isinstance(value, str) else _said(value)
                if len(text) > MAX_TEXT:
                    raise ValueError(f"{name}: has {len(text)} characters")
                if text and text.lower() != "null":
                    return text
        return ""

    def resource(self, row: Row) -> str:
        return self._text(row, KEYS[-1])

    def parts(self, key: Row) -> tuple[Where, tuple[str, ...]]:
        """(whose bill, what tells the line from others but for the resource).

        Raises:
            ValueError: it does not say whose bill it is, of which month, or in which currency.
        """
        told = {name: self._text(key, name) for name in KEYS[:-1]}
        provider = told["provider"] = self._provider or provider_of(told["provider"])
        if not provider:
            raise ValueError("does not say whose bill it is")
        for who in ("account", "payer"):
            told[who] = _account(provider, told[who])
        account = told["account"] = told["account"] or told["payer"]
        month = told["month"] = month_of(told["month"])
        if not account or account == "?" or not told["currency"]:
            raise ValueError("has no account" if told["currency"] else "has no currency")
        if provider == "azure":
            told["region"] = told["region"].replace(" ", "").lower()
        return (provider, account, month), tuple(told[name] for name in KEYS[:-1])

    def period(self, row: Row) -> tuple[str, str]:
        start = row[self._start] if self._start is not None else None
        end = row[self._end] if self._end is not None else None
        begun = self._instant(start)
        if not begun:
            raise ValueError("does not say when the charge began")
        if self._end is None:
            return begun, self._day_after(start, begun)
        return begun, self._instant(end) if end else begun

    def _day_after(self, start: Any, begun: str) -> str:
        """The end of a charge of which only the day is told."""
        key = ("after", start)
        if key not in self._instants:
            self._instants[key] = instant(date.fromisoformat(begun[:10]) + timedelta(days=1))
        return self._instants[key]

    def _instant(self, value: Any) -> str:
        found = self._instants.get(value) if value else ""
        if found is None:
            found = self._instants[value] = instant(value)
            if len(self._instants) > 100_000:
                self._instants.clear()
        return found

    def amounts_of(self, row: Row) -> list[Decimal | None]:
        """Amounts in the order of _SUMMED.

        Raises:
            ValueError: one is no number, or there is no cost.
        """
        found: list[Decimal | None] = []
        for places in self._numbers:
            for at in places:
                if (value := row[at]) is not None and value != "":
                    found.append(decimal(value))
                    break
            else:
                found.append(None)
        quantity, cost, amortized, cost_usd, amortized_usd = found
        if cost is None and amortized is None:
            raise ValueError("has no cost")
        if self._rate is not None and cost is not None and (rate := decimal(row[self._rate])):
            cost_usd = cost / rate
        if self._amortized:
            cost, amortized, cost_usd, amortized_usd = None, cost, None, cost_usd
        return [quantity, cost, amortized, cost_usd, amortized_usd]

    def credit(self, row: Row) -> tuple[Decimal | None, ...] | None:
        """Amounts in the order of _SUMMED of what Google takes off a line; None where that is nothing. Other clouds bill it as
        a line of its own."""
        given = row[self._credits] if self._credits is not None else None
        if not given:
            return None
        given = json.loads(given) if isinstance(given, str) else given
        if not isinstance(given, list):
            raise ValueError("its credits are no list")
        amounts = [decimal(c["amount"]) for c in given if isinstance(c, dict) and c.get("amount") is not None]
        amount = sum((a for a in amounts if a is not None), Decimal(0))
        if not amount:
            return None
        rate = decimal(row[self._rate]) if self._rate is not None else None
        return None, amount, None, amount / rate if rate else None, None

    def tags(self, row: Row) -> str:
        value = row[self._tags] if self._tags is not None else None
        if not value:
            return ""
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        return text if len(text) <= MAX_TAGS else ""


def decimal(value: Any) -> Decimal | None:
    """A number as a bill writes it.

    Raises:
        ValueError: it is none, or one that no bill holds.
    """
    if value is None or value == "":
        return None
    try:
        found = Decimal(value if type(value) is str else repr(value) if isinstance(value, float) else str(value))
    except InvalidOperation:
        raise ValueError(f"{str(value)[:60]!r} is no number") from None
    if not found.is_finite() or found.adjusted() > 20:
        raise ValueError(f"{str(value)[:60]!r} is no amount")
    return found


def _said(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | list | dict) else _said(value)


_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?(?: ?(Z|UTC|[+-]\d\d:?\d\d))?")
_AMERICAN = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})(?: .*)?")


def instant(value: Any) -> str:
    """ "2026-10-01T00:00:00Z" of a time as bills write it: RFC 3339, "2026-10-01 00:00:00 UTC", Azure's MM/DD/YYYY, seconds.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(value, datetime | date):
        at = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
        return (at.astimezone(UTC) if at.tzinfo else at).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = str(value).strip()
    if m := _ISO.fullmatch(text):
        zone = m[7]
        if zone and zone not in ("Z", "UTC") and zone.strip("+-0:"):
            return (
                datetime.fromisoformat(text.replace(" ", "T", 1).replace(" ", ""))
                .astimezone(UTC)
                .strftime("%Y-%m-%dT%H:%M:%SZ")
            )
        clock = f"{m[4] or '00'}:{m[5] or '00'}:{m[6] or '00'}"
        return _checked(int(m[1]), int(m[2]), int(m[3]), clock)
    if m := _AMERICAN.fullmatch(text):
        return _checked(int(m[3]), int(m[1]), int(m[2]), "00:00:00")
    raise ValueError(f"{text[:40]!r} is no time")


def _checked(year: int, month: int, day: int, clock: str) -> str:
    return f"{date(year, month, day).isoformat()}T{clock}Z"


def month_of(text: str) -> str:
    """ "2026-10" of the begin of a month, or of an invoice month "202610".

    Raises:
        ValueError: it is none.
    """
    if re.fullmatch(r"\d{6}", text) and 1 <= int(text[4:]) <= 12:
        return f"{text[:4]}-{text[4:]}"
    if re.fullmatch(r"\d{4}-\d\d", text) and 1 <= int(text[5:]) <= 12:
        return text
    return instant(text)[:7]


def _account(provider: str, text: str) -> str:
    """An account as its provider is scanned: a subscription without its path, twelve digits of an AWS account."""
    if provider == "azure":
        return (
            text.lower().removeprefix("/subscriptions/") if text.lower().startswith("/subscriptions/") else text.lower()
        )
    if provider == "aws" and text.isdigit() and len(text) < 12:
        return text.zfill(12)
    return text


def tags_of(text: str) -> dict[str, str | None]:
    """Tags as a map: of an object, of a list of keys and values, or as Azure writes them, an object without its braces."""
    if not text:
        return {}
    try:
        found = json.loads(text if text[:1] in "{[" else "{" + text + "}")
    except (ValueError, RecursionError):
        return {}
    if isinstance(found, list):
        pairs = [(t.get("key"), t.get("value")) if isinstance(t, dict) else t for t in found]
        found = {p[0]: p[1] for p in pairs if isinstance(p, list | tuple) and len(p) == 2 and isinstance(p[0], str)}
    return {k: v if v is None else str(v) for k, v in found.items()} if isinstance(found, dict) else {}
