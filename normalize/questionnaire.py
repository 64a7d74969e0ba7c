"""The questionnaire: what only people can answer, as a CSV file that a spreadsheet and a text editor can fill in.

Owns the columns, what an answer may be, and how a file that came back is read. A line is refused by itself; what it says is
never guessed. Pure: which questions are open, and what becomes of answers, is the store's.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TextIO

from normalize.errors import ConfigError
from normalize.evidence import Need
from normalize.redaction import scrub
from normalize.vocabulary import TERMS

COLUMNS = ("about", "where", "question", "accepts", "answer", "told_by", "told_on", "fact", "id")
"""In the order in which people read them; by the last two a line is known again."""
_NEEDED = frozenset({"answer", "fact", "id"})
WITHDRAWN = "unknown"
"""The answer that takes an earlier one back. An empty one says nothing."""
MAX_BYTES = 64 * 1024 * 1024
MAX_TEXT = 2000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Answer = str | int | float | bool | list[str]


@dataclass(frozen=True, slots=True)
class Question:
    """A fact of a resource or a workload that people are asked for, and the answer that stands."""

    id: str
    about: str
    where: str
    need: Need
    answer: Answer | None = None
    told_by: str = ""
    told_on: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file that came back, as it stands there."""

    number: int
    id: str
    fact: str
    answer: str
    told_by: str = ""
    told_on: str = ""


def write(questions: Iterable[Question], out: TextIO) -> int:
    """Write the file; how many questions it has. Excel takes UTF-8 for it only with the mark at the beginning."""
    out.write("\ufeff")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    count = 0
    for q in questions:
        given = "" if q.answer is None else text_of(q.answer)
        row = (q.about, q.where, q.need.question, accepts(q.need), given, q.told_by, q.told_on, q.need.fact, q.id)
        writer.writerow([_guarded(cell) for cell in row])
        count += 1
    return count


def _guarded(text: str) -> str:
    """A spreadsheet must not run a name as a formula: such text gets a leading quote.

    Source: OWASP ASVS 5, requirement 1.2.10, read 2026-11-24.
    """
    line = " ".join("".join(c if c.isprintable() or c.isspace() else "\ufffd" for c in text).split())
    return f"'{line}" if line.startswith(_FORMULA) else line


def _unguarded(cell: str) -> str:
    text = cell.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def why_none(beginning: str) -> str:
    """Why a file that begins so is no questionnaire; "" where it is one."""
    return "" if _delimiter(beginning) else f"its first line does not name the columns {', '.join(sorted(_NEEDED))}"


def _delimiter(text: str) -> str:
    """What parts the columns: spreadsheets write what is usual in their country."""
    first = text.removeprefix("\ufeff").partition("\n")[0].strip()
    return next((d for d in ",;\t" if set(_header(first, d)) >= _NEEDED), "")


def _header(line: str, delimiter: str) -> list[str]:
    return [name.strip().strip('"').lower() for name in line.split(delimiter)]


def read(text: str) -> Iterator[Line]:
    """The lines of a file that came back; columns that are not ours are left alone.

    Raises:
        ConfigError: it is no questionnaire, or cannot be read as CSV.
    """
    if not (delimiter := _delimiter(text)):
        raise ConfigError(why_none(text))
    rows = csv.reader(text.removeprefix("\ufeff").splitlines(keepends=True), delimiter=delimiter)
    try:
        names = [name.strip().lower() for name in next(rows)]
        if twice := sorted({n for n in names if n in COLUMNS and names.count(n) > 1}):
            raise ConfigError(f"the column {twice[0]} stands there twice: which one holds the answers cannot be told")
        for row in rows:
            if any(cell.strip() for cell in row):
                cells = {name: _unguarded(cell) for name, cell in zip(names, row, strict=False) if name in COLUMNS}
                told = {name: cells.get(name, "") for name in ("id", "fact", "answer", "told_by", "told_on")}
                yield Line(number=rows.line_num, **told)
    except csv.Error as error:
        raise ConfigError(f"line {rows.line_num}: cannot be read as CSV: {error}") from None


def accepts(need: Need) -> str:
    """What an answer may be, for people."""
    if need.choices:
        return " | ".join(need.choices)
    name, type_ = need.fact, TERMS[need.fact].type
    if type_ == "bool":
        return "yes | no"
    if type_ in ("int", "float"):
        unit = next((words for end, words in _UNITS if end in name), "")
        return unit or ("a whole number" if type_ == "int" else "a number")
    return "texts, parted by ;" if type_ == "texts" else "text"


_UNITS = (
    ("_bytes", "bytes: 1234, 12 GB, 1.5 TiB"),
    ("bytes_per_day", "bytes: 1234, 12 GB, 1.5 TiB"),
    ("_seconds", "seconds: 90, 30 min, 2 h"),
)


def answer_of(need: Need, text: str) -> Answer:
    """What a text says as an answer.

    Raises:
        ValueError: it cannot be one; says what would be.
    """
    text = text.strip()
    checked_text(text)
    if need.choices:
        if text.lower() in need.choices:
            return text.lower()
        raise ValueError(f'"{text}" is none of: {", ".join(need.choices)}')
    type_ = TERMS[need.fact].type
    if type_ == "bool":
        if text.lower() in _YES_NO:
            return _YES_NO[text.lower()]
        raise ValueError(f'"{text}" is neither yes nor no')
    if type_ in ("int", "float"):
        return _number(need, text, whole=type_ == "int")
    if type_ == "texts":
        return [part.strip() for part in text.split(";") if part.strip()]
    return text


_YES_NO = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}


def checked_text(text: str) -> None:
    """Refuse what no person types into a cell.

    Raises:
        ValueError: it is too long, holds control characters, begins like a formula or looks like a secret.
    """
    if len(text) > MAX_TEXT:
        raise ValueError(f"longer than {MAX_TEXT:,} characters")
    if not text.isprintable():
        raise ValueError("holds line breaks or other control characters")
    if text.startswith(_FORMULA):
        raise ValueError("begins like a formula of a spreadsheet")
    if scrub(text) != text:
        raise ValueError("looks as if it held a password or key, which is not taken in")


_SCALES = {
    "_bytes": {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "pb": 10**15, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40, "pib": 2**50},
    "_seconds": {"": 1, "s": 1, "sec": 1, "second": 1, "seconds": 1, "min": 60, "minute": 60, "minutes": 60, "h": 3600, "hour": 3600, "hours": 3600, "d": 86400, "day": 86400, "days": 86400},
}  # fmt: skip
_SCALES["bytes_per_day"] = _SCALES["_bytes"]
_NUMBER = re.compile(r"(\d[\d _]*(?:\.\d+)?)\s*([a-zA-Z]*)", re.ASCII)


def _number(need: Need, text: str, *, whole: bool) -> int | float:
    scales = next((scale for end, scale in _SCALES.items() if end in need.fact), {"": 1})
    found = _NUMBER.fullmatch(text)
    if found is None or found[2].lower() not in scales:
        hint = "; write 1234.5, without commas" if "," in text else ""
        raise ValueError(f'"{text}" is not {accepts(need)}{hint}')
    try:
        value = Decimal(re.sub(r"[ _]", "", found[1])) * scales[found[2].lower()]
    except InvalidOperation:
        raise ValueError(f'"{text}" is not {accepts(need)}') from None
    if whole and value != value.to_integral_value():
        raise ValueError(f'"{text}" is not {accepts(need)}')
    if value >= 2**63 or not math.isfinite(float(value)):
        raise ValueError(f'"{text}" is larger than anything there is')
    return int(value) if whole else float(value)


def day_of(text: str, today: date) -> date:
    """The day on which somebody said it; today where nothing stands.

    Raises:
        ValueError: it is no day, or one to come.
    """
    if not text:
        return today
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            day = datetime.strptime(text, form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
        if day > today:
            raise ValueError(f"told_on {text} is still to come")
        return day
    raise ValueError(f'told_on "{text}" is no day as in {today.isoformat()}')


def text_of(answer: Answer) -> str:
    """An answer as it is typed."""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if isinstance(answer, list):
        return "; ".join(answer)
    return str(answer)


def readable(questions: Sequence[Question]) -> str:
    """The questions as Markdown, to read or to send: by what they are about."""
    lines = [
        "# What only people can say",
        "",
        f"{len(questions):,} questions. Fill in the CSV form, then `stocktake import FILE`.",
        "",
    ]
    about = ""
    for q in questions:
        if q.id != about:
            about = q.id
            lines += ["", f"## {_escaped(q.about)}", "", f"{_escaped(q.where)} · {_escaped(q.id)}", ""]
        told = (
            f" **{_escaped(text_of(q.answer))}** ({_escaped(q.told_by)}, {q.told_on})" if q.answer is not None else ""
        )
        lines.append(f"- {q.need.question} ({accepts(q.need).replace('|', 'or')}){told}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() or c.isspace() else "\ufffd" for c in text).split())
    return re.sub(r"([\\`*_\[\]<>|#&])", r"\\\1", line)
