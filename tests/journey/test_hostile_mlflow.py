"""A hostile MLflow through the command line, one kind of trouble a server. Whatever it answers is stored, set aside, or makes a
look that proves nothing; all of it is told; and everything works on what was kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.journey.aftermath import assert_everything_works, lost
from tests.journey.desk import Desk
from tests.journey.faults import LISTINGS, PAGES
from tests.servers.hostile_mlflow import TrackingServer, tracking_server
from tests.servers.hostility import Fault

KINDS = ("experiment", "run", "logged_model", "registered_model", "model_version", "webhook")
NOT_PAGES = (
    "same_token_for_ever", "tokens_in_a_circle", "html_with_200", "no_page", "empty_page", "page_cut_short", "connection_cut",
    "null_page", "list_page", "page_of_another", "null_error",
)  # fmt: skip
TROUBLES: Mapping[str, Fault] = {**LISTINGS, **{name: PAGES[name] for name in (*NOT_PAGES, "empty_page_with_a_token")}}
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Tale:
    """What was there before, and what the command line says after the hostile scan."""

    desk: Desk
    before: Rows
    code: int
    said: str
    after: Rows
    coverage: dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, TrackingServer]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(tracking_server()) for name in TROUBLES}


def turn(servers: Mapping[str, TrackingServer], *, hostile: bool) -> None:
    for name, server in servers.items():
        server.wrong = TROUBLES[name] if hostile else None


def scan(desk: Desk) -> tuple[int, str]:
    code, _, err = desk.run("scan", seconds=120)
    return code, err


@pytest.fixture(scope="module")
def tale(tmp_path_factory: pytest.TempPathFactory, servers: dict[str, TrackingServer]) -> Tale:
    desk = Desk(tmp_path_factory.mktemp("hostile"), MLFLOW_HTTP_REQUEST_MAX_RETRIES="0")
    desk.configure(*(f'type = "mlflow"\nname = "{name}"\ntracking_uri = "{s.url}"' for name, s in servers.items()))
    turn(servers, hostile=False)
    code, said = scan(desk)
    assert code == 0, said
    before = desk.rows("resources")
    turn(servers, hostile=True)
    code, said = scan(desk)
    looks = {(c["source"], c["kind"].removeprefix("mlflow.")): c for c in desk.rows("coverage")}
    return Tale(desk, before, code, said, desk.rows("resources"), looks)


def test_no_answer_ends_the_run_and_every_look_is_told(tale: Tale) -> None:
    assert (tale.code, "Traceback" in tale.said) == (3, False), tale.said[-3000:]
    assert set(tale.coverage) == {(name, kind) for name in TROUBLES for kind in (*KINDS, "server")}
    assert [c for c in tale.coverage.values() if c["outcome"] != "complete" and not c.get("reason")] == []


def test_nothing_is_gone_but_what_a_whole_look_did_not_list(tale: Tale) -> None:
    gone = lost(tale.before, tale.after)
    looks = [tale.coverage[r["sources"][0], r["kind"].removeprefix("mlflow.")] for r in gone]
    assert [c for c in looks if c["outcome"] != "complete" or c["quarantined"]] == []
    assert {c["source"] for c in looks} <= {"strange_texts", "uncarried_texts"}


@pytest.mark.parametrize("trouble", NOT_PAGES)
def test_what_is_no_page_or_has_no_end_is_no_whole_look(tale: Tale, trouble: str) -> None:
    outcomes = {kind: tale.coverage[trouble, kind]["outcome"] for kind in KINDS}
    assert {kind for kind, outcome in outcomes.items() if outcome not in ("partial", "failed")} == set()


def test_what_lacks_its_id_is_set_aside_with_what_it_said(tale: Tale) -> None:
    kept = [p for source, kind, _, _, p in tale.desk.quarantined() if (source, kind) == ("without_each_key", "mlflow.registered_model")]  # fmt: skip
    assert [(p.get("name"), p["description"]) for p in kept] == [(None, "Scores payments")]
    assert tale.coverage["without_each_key", "registered_model"]["quarantined"] == 1


def test_a_gap_stands_for_every_look_that_is_not_whole(tale: Tale) -> None:
    told = [json.dumps(g) for g in tale.desk.rows("gaps") if g["code"].startswith("coverage-")]
    blind = {key for key, c in tale.coverage.items() if c["outcome"] != "complete" or c["quarantined"]}
    assert {(s, k) for s, k in blind if not any(f'"{s}"' in text and f'"mlflow.{k}"' in text for text in told)} == set()


def test_reports_exports_and_a_second_reading_work_on_what_was_kept(tale: Tale) -> None:
    assert_everything_works(tale.desk)


def test_a_calm_scan_afterwards_leaves_no_blind_spot(tale: Tale, servers: dict[str, TrackingServer]) -> None:
    turn(servers, hostile=False)
    code, said = scan(tale.desk)
    assert code == 0, said
    assert {r["id"] for r in tale.before} == {r["id"] for r in tale.desk.rows("resources") if "gone_at" not in r}
    assert list(tale.desk.quarantined()) == []
