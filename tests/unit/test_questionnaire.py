"""The questionnaire's file: it comes back as it went out, and what no person types is refused."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normalize.errors import ConfigError
from normalize.evidence import PROFILES, WORKLOAD, Need
from normalize.model import Category
from normalize.questionnaire import (
    COLUMNS,
    Line,
    Question,
    accepts,
    answer_of,
    day_of,
    read,
    readable,
    text_of,
    why_none,
    write,
)

ASKED = {need.fact: need for profile in (*PROFILES.values(), WORKLOAD) for need in profile if need.askable}
TODAY = date(2026, 11, 24)


def need(fact: str) -> Need:
    return ASKED[fact]


def file(*questions: Question) -> str:
    out = io.StringIO(newline="")
    assert write(questions, out) == len(questions)
    return out.getvalue()


@pytest.mark.parametrize(
    ("fact", "text", "value"),
    [
        ("size_bytes", "1234", 1234),
        ("size_bytes", "0", 0),
        ("size_bytes", "1.5 TiB", 1_649_267_441_664),
        ("size_bytes", "12GB", 12_000_000_000),
        ("size_bytes", "1 200 000", 1_200_000),
        ("allowed_outage_seconds", "30 min", 1800),
        ("allowed_outage_seconds", "2 hours", 7200),
        ("growth_ratio_per_year", "1.5", 1.5),
        ("requests_per_minute_max", "3", 3.0),
        ("may_be_retired", "Yes", True),
        ("may_be_retired", "no", False),
        ("criticality", "HIGH", "high"),
        ("environment", "production", "production"),
        ("input_uris", "s3://a/b; gs://c ;", ["s3://a/b", "gs://c"]),
        ("residency", " Österreich, EU ", "Österreich, EU"),
    ],
)
def test_what_people_type_is_understood(fact: str, text: str, value: Any) -> None:
    found = answer_of(need(fact), text)
    assert (found, type(found)) == (value, type(value))
    assert answer_of(need(fact), text_of(found)) == value


@pytest.mark.parametrize(
    ("fact", "text", "why"),
    [
        ("size_bytes", "a lot", "is not bytes: 1234, 12 GB, 1.5 TiB"),
        ("size_bytes", "1,5 TB", "write 1234.5, without commas"),
        ("size_bytes", "1.5", "is not bytes"),
        ("size_bytes", "-5", "begins like a formula"),
        ("size_bytes", "99999999999999999999", "larger than anything"),
        ("size_bytes", "9" * 400, "larger than anything"),
        ("size_bytes", "٣", "is not bytes"),
        ("size_bytes", "nan", "is not bytes"),
        ("allowed_outage_seconds", "2 weeks", "is not seconds"),
        ("may_be_retired", "maybe", "neither yes nor no"),
        ("criticality", "very", "none of: low, medium, high, critical"),
        ("residency", "=HYPERLINK(0)", "begins like a formula"),
        ("residency", "@SUM(1)", "begins like a formula"),
        ("residency", "+1", "begins like a formula"),
        ("residency", "EU\nUS", "control characters"),
        ("residency", "EU\0", "control characters"),
        ("residency", "EU\u202eUS", "control characters"),
        ("residency", "x" * 2001, "longer than 2,000 characters"),
        ("owner", "password=hunter2hunter2", "password or key"),
        ("owner", "AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "password or key"),
    ],
)
def test_what_is_no_answer_is_refused_and_says_why(fact: str, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why.replace("(", r"\(")):
        answer_of(need(fact), text)


def test_a_day_is_a_day_that_has_come() -> None:
    assert day_of("", TODAY) == TODAY
    assert day_of("2026-11-01", TODAY) == day_of("01.11.2026", TODAY) == date(2026, 11, 1)
    for text in ("11/01/2026", "yesterday", "2026-13-01", "2026-11-25"):
        with pytest.raises(ValueError, match="told_on"):
            day_of(text, TODAY)


def test_the_file_comes_back_as_it_went_out() -> None:
    asked = [
        Question("arn:aws:s3:::a", "aws.s3.bucket a", "1/eu", need("size_bytes"), 5, "Ana", "2026-11-01"),
        Question("workload:x", "=cmd|' /C calc'!A0", "1", need("residency")),
        Question('@id,"quoted"', "emoji 🦜 and\nlines", "1", need("may_be_retired"), False, "-Bo", "2026-11-02"),
    ]
    text = file(*asked)
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0] == list(COLUMNS)
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert list(read(text)) == [
        Line(2, "arn:aws:s3:::a", "size_bytes", "5", "Ana", "2026-11-01"),
        Line(3, "workload:x", "residency", ""),
        Line(4, '@id,"quoted"', "may_be_retired", "no", "-Bo", "2026-11-02"),
    ]
    assert "emoji 🦜 and lines" in text


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_name_becomes_a_formula_or_another_line(about: str, where: str) -> None:
    rows = list(
        csv.reader(io.StringIO(file(Question("id", about, where, need("owner"))).removeprefix("\ufeff"), newline=""))
    )
    assert len(rows) == 2
    assert len(rows[1]) == len(COLUMNS)
    assert not [cell for cell in rows[1] if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_spreadsheets_make_of_it_is_read(delimiter: str, end: str) -> None:
    lines = [
        ["Comment", "ID", "Fact ", "answer", "told_by"],
        ["mine", "b", "size_bytes", "1", "Ana"],
        ["", "", "", "", ""],
    ]
    text = "\ufeff" + end.join(delimiter.join(line) for line in lines) + end
    assert why_none(text) == ""
    assert list(read(text)) == [Line(2, "b", "size_bytes", "1", "Ana")]


@pytest.mark.parametrize("text", ["", "a,b\n", "id,fact\n", "\0", "PK\x03\x04", '{"id": 1}'])
def test_another_file_is_none(text: str) -> None:
    assert "answer, fact, id" in why_none(text)
    with pytest.raises(ConfigError):
        list(read(text))


def test_a_column_that_stands_there_twice_is_an_error() -> None:
    with pytest.raises(ConfigError, match="answer stands there twice"):
        list(read("id,fact,answer,answer\nb,size_bytes,1,2\n"))


def test_a_field_that_never_ends_is_an_error_that_names_the_line() -> None:
    with pytest.raises(ConfigError, match="line 2: cannot be read as CSV"):
        list(read("id,fact,answer\nb,size_bytes," + "x" * 200_000 + "\n"))


def test_the_form_to_read_names_what_is_asked_and_what_was_said() -> None:
    text = readable([Question("b", "<b>bucket*", "1", need("size_bytes"), 5, "Ana", "2026-11-01"), Question("b", "<b>bucket*", "1", need("owner"))])  # fmt: skip
    assert text.count("## ") == 1
    assert r"\<b\>bucket\*" in text
    assert "**5** (Ana, 2026-11-01)" in text


def test_every_question_says_what_it_accepts() -> None:
    assert {need.fact: accepts(need) for need in ASKED.values() if not accepts(need)} == {}
    assert accepts(PROFILES[Category.BUCKET][0]) == "bytes: 1234, 12 GB, 1.5 TiB"
