"""Listings: every value survives its format, nothing runs in a terminal or a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from reports.tables import COLUMNS, TABLE_COLUMNS, write

ROWS: list[dict[str, Any]] = [
    {"id": "🤖-モデル", "name": None, "tags": {"team": "ml"}, "records": -5, "extra": "not asked for"},
    {"id": '=HYPERLINK("x")', "tags": {}, "attributes": {"a": [1, None, True]}, "first_seen_at": datetime(2026, 11, 24, tzinfo=UTC)},
]  # fmt: skip
ASKED = ("id", "name", "tags", "attributes", "records", "first_seen_at")


def _written(rows: Any, form: str, columns: Any = ASKED, **more: Any) -> str:
    out = io.StringIO()
    count = write(rows, columns, form, out, **{"color": False, "width": None, **more})
    assert count == (len(rows) if isinstance(rows, list) else count)
    return out.getvalue()


def test_json_keeps_absent_absent_and_null_null() -> None:
    first, second = json.loads(_written(ROWS, "json"))
    assert first == {"id": "🤖-モデル", "name": None, "tags": {"team": "ml"}, "records": -5}
    assert "name" not in second
    assert second["first_seen_at"] == "2026-11-24T00:00:00Z"


def test_json_and_jsonl_write_characters_not_escapes() -> None:
    assert '"🤖-モデル"' in _written(ROWS, "json")
    lines = _written(ROWS, "jsonl").splitlines()
    assert [json.loads(line)["id"] for line in lines] == [r["id"] for r in ROWS]


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "table"])
def test_rows_are_written_while_they_arrive(form: str) -> None:
    out = io.StringIO()
    seen: list[int] = []

    def rows() -> Iterator[dict[str, Any]]:
        for i in range(1200):
            seen.append(len(out.getvalue()))
            yield {"id": f"r{i}"}

    assert write(rows(), ("id",), form, out, color=False, width=80) == 1200
    assert seen[-1] > 1000


@pytest.mark.parametrize(("form", "text"), [("json", "[]\n"), ("jsonl", ""), ("csv", "id,name\n"), ("table", "")])
def test_nothing_found_is_still_an_answer(form: str, text: str) -> None:
    assert _written([], form, ("id", "name")) == text


def test_csv_holds_nested_values_as_json_and_unknown_as_empty() -> None:
    first, second = csv.DictReader(io.StringIO(_written(ROWS, "csv")))
    assert (first["name"], first["tags"], first["attributes"], first["records"]) == ("null", '{"team": "ml"}', "", "-5")
    assert (second["name"], second["attributes"]) == ("", '{"a": [1, null, true]}')


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_spreadsheet_runs_no_name(text: str) -> None:
    assert next(csv.DictReader(io.StringIO(_written([{"id": text}], "csv", ("id",)))))["id"] == f"'{text}"


@pytest.mark.parametrize("form", ["table", "csv"])
def test_a_terminal_obeys_no_name(form: str) -> None:
    text = _written([{"id": "a\x1b]0;owned\x07b\u202ec"}], form, ("id",))
    assert "\x1b" not in text
    assert "\\x1b]0;owned\\x07b\\u202ec" in text


def test_markup_in_names_is_shown_as_it_is() -> None:
    assert "[bold red]x[/] :robot:" in _written([{"id": "[bold red]x[/] :robot:"}], "table", ("id",))


def test_ids_are_folded_never_cut() -> None:
    long = "arn:aws:" + "x" * 300
    folded = _written([{"id": long}], "table", ("id",), width=60)
    assert "".join(folded.split()).endswith(long)
    assert max(map(len, folded.splitlines())) <= 60


def test_colour_only_where_asked() -> None:
    assert "\x1b[" in _written([{"outcome": "denied"}], "table", ("outcome",), color=True)
    assert "\x1b[" not in _written([{"outcome": "denied"}], "table", ("outcome",))


def test_table_columns_are_columns() -> None:
    assert all(set(TABLE_COLUMNS[name]) <= set(COLUMNS[name]) for name in TABLE_COLUMNS)


def test_a_wrong_format_names_the_right_ones() -> None:
    with pytest.raises(ValueError, match="accepted are table, json, jsonl, csv"):
        _written(ROWS, "xml")
