"""A hostile AWS through the command line, one kind of trouble a region. Whatever it answers is stored, set aside, or makes a
look that proves nothing; all of it is told; and everything works on what was kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from tests.journey.aftermath import assert_everything_works, lost
from tests.journey.desk import AWS, Desk
from tests.journey.faults import DETAILS, LISTINGS, PAGES
from tests.servers.aws_answers import Estate, serve
from tests.servers.hostility import BULK

KINDS = (
    "aws.ec2.instance",  # XML of EC2, with a lookup
    "aws.sns.topic",  # XML of Query, with a name by rule and a detail
    "aws.sqs.queue",  # JSON, a listing of texts
    "aws.sagemaker.model",  # JSON, with a detail
    "aws.lambda.function",  # REST with JSON
)
TROUBLES = {
    **LISTINGS,
    **{name: DETAILS[name] for name in ("detail_other_types", "detail_nested_deeply", "detail_impossible_dates")},
    **{name: PAGES[name] for name in ("same_token_for_ever", "tokens_in_a_circle", "empty_page_with_a_token", "html_with_200", "no_page", "page_cut_short", "connection_cut", "null_page")},
}  # fmt: skip
NOT_PAGES = ("html_with_200", "no_page", "page_cut_short", "connection_cut", "null_page", "same_token_for_ever", "tokens_in_a_circle")  # fmt: skip
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Tale:
    """What was there before, and what the command line says after the hostile scan. `region`: where a trouble is."""

    desk: Desk
    region: dict[str, str]
    before: Rows
    code: int
    said: str
    after: Rows
    coverage: dict[tuple[str, str], dict[str, Any]]

    def look(self, trouble: str, kind: str) -> dict[str, Any]:
        return self.coverage[self.region[trouble], kind]


@pytest.fixture(scope="module")
def estate() -> Iterator[tuple[Estate, str]]:
    answers = Estate()
    url, close = serve(answers)
    yield answers, url
    close()


@pytest.fixture(scope="module")
def region() -> dict[str, str]:
    return dict(zip(TROUBLES, sorted(botocore.session.get_session().get_available_regions("ec2")), strict=False))


@pytest.fixture(scope="module")
def tale(tmp_path_factory: pytest.TempPathFactory, estate: tuple[Estate, str], region: dict[str, str]) -> Tale:
    answers, url = estate
    desk = Desk(tmp_path_factory.mktemp("hostile"), **AWS)
    desk.configure(source(url, region))
    answers.faults = {}
    assert scan(desk)[0] == 0
    before = desk.rows("resources")
    answers.faults = {region[name]: trouble for name, trouble in TROUBLES.items()}
    code, said = scan(desk)
    looks = {(c["place"], c["kind"]): c for c in desk.rows("coverage")}
    return Tale(desk, region, before, code, said, desk.rows("resources"), looks)


def source(url: str, region: dict[str, str]) -> str:
    return f'type = "aws"\nname = "prod"\nregions = {json.dumps(list(region.values()))}\nendpoint_url = "{url}"'


def scan(desk: Desk) -> tuple[int, str]:
    code, _, err = desk.run("scan", *(word for kind in KINDS for word in ("--kind", kind)), seconds=120)
    return code, err


def test_no_answer_ends_the_run_and_every_look_is_told(tale: Tale) -> None:
    assert (tale.code, "Traceback" in tale.said) == (3, False), tale.said[-3000:]
    assert set(tale.coverage) == {(place, kind) for place in tale.region.values() for kind in KINDS}
    silent = [c for c in tale.coverage.values() if c["outcome"] != "complete" and not c.get("reason")]
    assert silent == []


def test_nothing_is_gone_but_what_a_whole_look_did_not_list(tale: Tale) -> None:
    gone = lost(tale.before, tale.after)
    unproven = [r["id"] for r in gone if not proves(tale.coverage[r["place"], r["kind"]])]
    assert unproven == []
    assert {r["place"] for r in gone} <= {tale.region["strange_texts"], tale.region["uncarried_texts"]}


def proves(look: dict[str, Any]) -> bool:
    return look["outcome"] == "complete" and look["quarantined"] == 0


@pytest.mark.parametrize("trouble", NOT_PAGES)
def test_what_is_no_page_or_has_no_end_is_no_whole_look(tale: Tale, trouble: str) -> None:
    outcomes = {kind: tale.look(trouble, kind)["outcome"] for kind in KINDS}
    assert {kind for kind, outcome in outcomes.items() if outcome not in ("partial", "failed")} == set()


def test_what_lacks_its_id_is_set_aside_with_what_it_said(tale: Tale) -> None:
    place = tale.region["without_each_key"]
    kept = [(kind, p) for _, kind, where, _, p in tale.desk.quarantined() if where == place]
    queues = [p for kind, p in kept if kind == "aws.sqs.queue"]
    functions = [p for kind, p in kept if kind == "aws.lambda.function"]
    assert [q["QueueUrl"] for q in queues] == [""]
    assert len(functions) == tale.look("without_each_key", "aws.lambda.function")["quarantined"] > 0
    assert all("FunctionArn" not in f and f["FunctionName"] for f in functions)


def test_a_name_of_megabytes_is_set_aside_with_all_of_it(tale: Tale) -> None:
    place = tale.region["bulky"]
    sizes = {len(p["QueueUrl"]) for _, kind, where, _, p in tale.desk.quarantined() if (where, kind) == (place, "aws.sqs.queue")}  # fmt: skip
    assert sizes == {BULK}


def test_a_gap_stands_for_every_look_that_is_not_whole(tale: Tale) -> None:
    told = {
        (g["missing"]["place"], g["missing"]["kind"])
        for g in tale.desk.rows("gaps")
        if g["code"].startswith("coverage-")
    }
    blind = {key for key, c in tale.coverage.items() if c["outcome"] != "complete" or c["quarantined"]}
    assert blind <= told


def test_reports_exports_and_a_second_reading_work_on_what_was_kept(tale: Tale) -> None:
    assert_everything_works(tale.desk)


def test_a_calm_scan_afterwards_leaves_no_blind_spot(tale: Tale, estate: tuple[Estate, str]) -> None:
    estate[0].faults = {}
    code, said = scan(tale.desk)
    assert code == 0, said
    assert {r["id"] for r in tale.before} == {r["id"] for r in tale.desk.rows("resources") if "gone_at" not in r}
    assert list(tale.desk.quarantined()) == []


@pytest.mark.service
def test_postgresql_takes_it_all_too(
    tmp_path: Path, estate: tuple[Estate, str], region: dict[str, str], postgres_database: str, tale: Tale
) -> None:
    answers, url = estate
    desk = Desk(tmp_path, **AWS, STOCKTAKE_DATABASE=postgres_database)
    desk.configure(source(url, region))
    answers.faults = {region[name]: trouble for name, trouble in TROUBLES.items()}
    code, said = scan(desk)
    answers.faults = {}
    assert (code, "Traceback" in said) == (3, False), said[-3000:]
    looks = {(c["place"], c["kind"]): c["outcome"] for c in desk.rows("coverage", database=postgres_database)}
    assert looks == {key: c["outcome"] for key, c in tale.coverage.items()}
    assert_everything_works(desk, postgres_database)
