"""Answers of people: they close gaps, outlive scans, come out again, and none is lost."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from normalize import questionnaire
from normalize.model import Category
from normalize.questionnaire import Line, Question
from store.answers import Taken, questions, take
from store.gaps import detect
from store.reader import Reader
from store.schema import answers
from store.workloads import assemble
from tests.service.estate import HERE, Estate

BUCKET = "arn:aws:s3:::weights"
ENDPOINT = "arn:aws:sagemaker:eu:1:endpoint/fraud"
WORKLOAD = f"workload:{ENDPOINT}"


def scan(estate: Estate, **attributes: Any) -> None:
    bucket = estate.thing(BUCKET, "aws.s3.bucket", Category.BUCKET, HERE, attributes=attributes)
    served = {"instance_types": ["ml.g5.xlarge"], "request_count": 0}
    endpoint = estate.thing(ENDPOINT, "aws.sagemaker.endpoint", Category.ENDPOINT, HERE, attributes=served, tags={})
    estate.run(("aws.s3.bucket", HERE, [bucket]), ("aws.sagemaker.endpoint", HERE, [endpoint]))


def tell(estate: Estate, *said: tuple[str, str, str], by: str = "Ana", on: str = "2026-11-24") -> Taken:
    lines = [Line(i + 2, id_, fact, answer, by, on) for i, (id_, fact, answer) in enumerate(said)]
    taken = take(estate.engine, lines, now=estate.tick())
    assemble(estate.engine)
    detect(estate.engine, "told", now=estate.tick())
    return taken


def asked(estate: Estate, *, everything: bool = False) -> dict[tuple[str, str], Question]:
    return {(q.id, q.need.fact): q for q in questions(estate.engine, everything=everything)}


def test_what_nobody_knows_is_asked_and_what_is_known_is_not(estate: Estate) -> None:
    scan(estate)
    open_ = asked(estate)
    assert {fact for id_, fact in open_ if id_ == WORKLOAD} == {
        "owner", "criticality", "environment", "residency", "allowed_outage_seconds", "may_be_retired", "licence", "retention_days",
        "growth_ratio_per_year",
    }  # fmt: skip
    assert {(id_, fact) for id_, fact in open_ if id_ != WORKLOAD} == {(BUCKET, "size_bytes"), (ENDPOINT, "models")}
    assert (BUCKET, "object_count") in asked(estate, everything=True)
    scan(estate, size_bytes=7, object_count=1)
    assert (BUCKET, "size_bytes") not in asked(estate)
    assert (BUCKET, "object_count") not in asked(estate, everything=True)


def test_answers_close_gaps_and_outlive_a_scan(estate: Estate) -> None:
    scan(estate)
    assert estate.codes() == ["evidence-missing", "owner-missing", "workload-incomplete"]
    said = ((BUCKET, "size_bytes", "5 GB"), (WORKLOAD, "owner", "Risk team"), (ENDPOINT, "models", "fraud:7"))
    taken = tell(estate, *said)
    assert (taken.new, taken.refused) == (3, [])
    assert estate.codes() == []
    scan(estate, region="eu")
    assert estate.codes() == []
    (bucket,) = Reader(estate.engine).resources(filters={"id": BUCKET})
    assert bucket["attributes"] == {"region": "eu", "size_bytes": 5 * 10**9}
    assert bucket["told"] == {"size_bytes": {"value": 5 * 10**9, "by": "Ana", "on": "2026-11-24"}}
    (task,) = Reader(estate.engine).workloads()
    assert (task["owner"], task["evidence"]["owner"]["path"]) == ("Risk team", "told by Ana on 2026-11-24")


def test_what_the_source_says_comes_before_what_somebody_said(estate: Estate) -> None:
    scan(estate)
    tell(estate, (BUCKET, "size_bytes", "5"))
    scan(estate, size_bytes=9)
    (bucket,) = Reader(estate.engine).resources(filters={"id": BUCKET})
    assert (bucket["attributes"]["size_bytes"], bucket["told"]["size_bytes"]["value"]) == (9, 5)


def test_an_answer_grows_old(estate: Estate) -> None:
    scan(estate)
    tell(estate, (BUCKET, "size_bytes", "5"), on="2026-10-01")
    (gap,) = estate.gaps("evidence-missing")
    assert "of 2026-10-01, more than 30 days ago" in gap["why"]
    tell(estate, (BUCKET, "size_bytes", "5"), on="2026-11-20")
    assert estate.gaps("evidence-missing") == []
    estate.now += timedelta(days=27)
    scan(estate)
    assert [g["subject_id"] for g in estate.gaps("evidence-missing")] == [BUCKET]


def test_the_file_holds_the_answers_again_and_is_the_same_file(estate: Estate) -> None:
    scan(estate)
    tell(estate, (BUCKET, "size_bytes", "5"), (WORKLOAD, "may_be_retired", "no"), (BUCKET, "object_count", "2"))

    def file() -> str:
        out = io.StringIO(newline="")
        questionnaire.write(questions(estate.engine), out)
        return out.getvalue()

    first = file()
    told = {(line.id, line.fact): (line.answer, line.told_by) for line in questionnaire.read(first) if line.answer}
    assert told == {(BUCKET, "size_bytes"): ("5", "Ana"), (BUCKET, "object_count"): ("2", "Ana"), (WORKLOAD, "may_be_retired"): ("no", "Ana")}  # fmt: skip
    taken = take(estate.engine, list(questionnaire.read(first)), now=estate.tick())
    assert (taken.same, taken.new, taken.changed, taken.refused) == (3, 0, 0, [])
    scan(estate)
    assert file() == first


def test_one_bad_line_costs_itself_alone(estate: Estate) -> None:
    scan(estate)
    lines = [
        Line(2, BUCKET, "size_bytes", "5", "Ana"),
        Line(3, BUCKET, "size_bytes", "6", "Ana"),
        Line(4, "arn:aws:s3:::other", "size_bytes", "5", "Ana"),
        Line(5, BUCKET, "owner", "x", "Ana"),
        Line(6, BUCKET, "'; DROP TABLE answers; --", "x", "Ana"),
        Line(7, BUCKET, "object_count", "many", "Ana"),
        Line(8, BUCKET, "object_count", "4", ""),
        Line(9, BUCKET, "object_count", "4", "=Ana"),
        Line(10, BUCKET, "object_count", "4", "Ana", "2031-01-01"),
        Line(11, "\0\ud800", "owner", "x", "Ana"),
        Line(12, WORKLOAD, "criticality", "", ""),
        Line(13, WORKLOAD, "criticality", "high", "Bo"),
    ]
    taken = take(estate.engine, lines, now=estate.tick())
    assert (taken.new, taken.empty, [n for n, _ in taken.refused]) == (2, 1, [3, 4, 5, 6, 7, 8, 9, 10, 11])
    why = dict(taken.refused)
    assert "twice" in why[3]
    assert 'has the id "arn:aws:s3:::other"' in why[4]
    assert "asked are: size_bytes, object_count" in why[5]
    assert "told_by" in why[8]
    assert take(estate.engine, [Line(2, BUCKET, "object_count", "4", "")], told_by="Bo", now=estate.tick()).new == 1


def test_many_lines_are_told_apart_from_one_another(estate: Estate) -> None:
    scan(estate)
    lines = [Line(i, BUCKET, "size_bytes", str(i), "Ana") for i in range(2, 1300)]
    taken = take(estate.engine, lines, now=estate.tick())
    assert (taken.new, len(taken.refused)) == (1, 1297)


def test_an_earlier_answer_does_not_replace_a_later_one_and_none_is_lost(estate: Estate) -> None:
    scan(estate)
    tell(estate, (BUCKET, "size_bytes", "5"), on="2026-11-20")
    (refusal,) = tell(estate, (BUCKET, "size_bytes", "6"), by="Bo", on="2026-11-19").refused
    assert "Ana said otherwise on 2026-11-20" in refusal[1]
    assert tell(estate, (BUCKET, "size_bytes", "6"), by="Bo", on="2026-11-21").changed == 1
    assert tell(estate, (BUCKET, "size_bytes", "")).empty == 1
    assert tell(estate, (BUCKET, "size_bytes", "unknown"), on="2026-11-22").withdrawn == 1
    assert [g["code"] for g in estate.gaps("evidence-missing")] == ["evidence-missing"]
    assert tell(estate, (BUCKET, "size_bytes", "unknown"), on="2026-11-22").withdrawn == 0
    with estate.engine.connect() as connection:
        kept = connection.execute(select(answers).order_by(answers.c.id)).all()
    assert [(a.value, a.told_by, a.superseded_at is None) for a in kept] == [("5", "Ana", False), ("6", "Bo", False)]


def test_answers_about_what_is_gone_come_back_with_it(estate: Estate) -> None:
    scan(estate)
    tell(estate, (BUCKET, "size_bytes", "5"))
    estate.run(("aws.s3.bucket", HERE, []))
    assert "is gone since" in tell(estate, (BUCKET, "size_bytes", "6")).refused[0][1]
    scan(estate)
    (bucket,) = Reader(estate.engine).resources(filters={"id": BUCKET})
    assert bucket["attributes"]["size_bytes"] == 5


def test_confidence_counts_what_people_said(estate: Estate) -> None:
    scan(estate)

    def known() -> dict[str, int]:
        return {
            f["need"]: f["known"] for f in Reader(estate.engine).confidence({})["facts"] if f["kind"] == "aws.s3.bucket"
        }

    assert known()["bytes"] == 0
    tell(estate, (BUCKET, "size_bytes", "5"))
    assert known()["bytes"] == 1
