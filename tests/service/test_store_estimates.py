"""Who saw what is counted by thing, over listings, mentions, second listings and bills, on both databases."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner

from discovery.cli import main
from normalize.model import Category, Observation, Outcome, Reference
from store.reader import Reader
from tests.service.estate import HERE, Estate

ACCOUNT = "111122223333"
QUEUE = "aws.sqs.queue"


def arn(number: int) -> str:
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:q{number}"


def naming(estate: Estate, id_: str, category: Category, numbers: range, **more: Any) -> Observation:
    refs = tuple(
        Reference(id_, f"$.q[{n}]", "mentions", arn(n), arn(n), "call", QUEUE, "aws", ACCOUNT, "us-east-1")
        for n in numbers
    )
    return estate.thing(id_, f"aws.x.{category}", category, HERE, refs, **more)


def scan(estate: Estate, listed: range, mentioned: range, second: range = range(0), billed: range = range(0), outcome: Outcome = Outcome.PARTIAL) -> None:  # fmt: skip
    told = {"name": "sqs", "listed": [arn(n) for n in second], "truncated": False}
    estate.run(
        (QUEUE, HERE, [estate.thing(arn(n), QUEUE, Category.QUEUE) for n in listed], outcome),
        ("aws.x.function", HERE, [naming(estate, "f", Category.FUNCTION, mentioned)]),
        ("aws.resourcegroupstaggingapi.listed_type", HERE, [estate.thing("t", "aws.resourcegroupstaggingapi.listed_type", Category.LISTING, attributes=told, native="sqs")]),
        ("aws.x.cost", HERE, [naming(estate, "b", Category.COST, billed)]),
    )  # fmt: skip


def queues(estate: Estate) -> dict[str, Any]:
    (row,) = Reader(estate.engine).estimates(filters={"kind": QUEUE})
    return row


def test_a_listing_that_was_cut_short_is_completed_by_what_is_mentioned(estate: Estate) -> None:
    scan(estate, range(60), range(30, 90))
    row = queues(estate)
    assert (row["inventoried"], row["known"]) == (60, 90)
    assert row["sightings"] == {"its own listing": 60, "mentions": 60}
    assert row["estimate"] == round(61 * 61 / 31 - 1)
    assert row["low"] <= row["estimate"] <= row["high"]


def test_every_sighting_counts_each_thing_once(estate: Estate) -> None:
    scan(estate, range(40), range(20, 50), range(10, 45), range(60))
    row = queues(estate)
    assert row["sightings"] == {"its own listing": 40, "mentions": 30, "a second listing": 35, "a bill": 60}
    assert row["known"] == 60


def test_what_is_declared_is_a_sighting_of_its_own(estate: Estate) -> None:
    refs = tuple(
        Reference("t", f"q{n}", "declares", arn(n), key, "state", QUEUE, "aws", ACCOUNT if key != "aws:x" else "", "", True)
        for n in range(20, 60)
        for key in (arn(n), "aws:x")
    )  # fmt: skip
    state = estate.thing("t", "terraform.resource", Category.DECLARATION, HERE, refs)
    estate.run(
        (QUEUE, HERE, [estate.thing(arn(n), QUEUE, Category.QUEUE) for n in range(40)], Outcome.PARTIAL),
        ("terraform.resource", HERE, [state]),
    )
    row = queues(estate)
    assert row["sightings"] == {"its own listing": 40, "a declaration": 40}
    assert (row["known"], row["estimate"]) == (60, round(41 * 41 / 21 - 1))


def test_without_a_second_sighting_there_is_no_number_and_a_reason(estate: Estate) -> None:
    scan(estate, range(40), range(0), outcome=Outcome.COMPLETE)
    row = queues(estate)
    assert "estimate" not in row
    assert row["basis"] == "only its own listing shows any: two independent sightings are needed"


def test_the_command_prints_estimates(estate: Estate, database_url: str) -> None:
    scan(estate, range(60), range(30, 90))

    def run(*words: str) -> Any:
        return CliRunner().invoke(main, ["coverage", "--estimate", *words, "--database", database_url])

    (row,) = json.loads(run("--kind", "aws.sqs.*", "--format", "json").stdout)
    assert row["inventoried"] == 60
    wrong = run("--outcome", "denied")
    assert (wrong.exit_code, "kind, provider and account" in wrong.stderr) == (1, True)
