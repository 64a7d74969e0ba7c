"""A scan of AWS through its hardships: an API denied, a region unreachable, deletion at the source, an interruption."""

import json
import signal
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.journey.desk import AWS, Desk
from tests.servers.faulty_moto import FaultyMoto, serve

EAST, WEST, WORLD = "us-east-1", "us-west-2", "aws-global"
ACCOUNT = "123456789012"
KINDS = ("aws.sqs.*", "aws.sns.*", "aws.s3.*", "aws.kms.*", "aws.iam.*", "aws.eks.*")
"""Kinds enough to tell what stays from what goes: of regions and of the world, with details, lookups and parents."""
SOME = tuple(word for kind in KINDS for word in ("--kind", kind))
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def server() -> Iterator[FaultyMoto]:
    """An estate of two regions."""
    running = serve()
    reset = urllib.request.Request(running.url + "/moto-api/reset", method="POST", data=b"")
    urllib.request.urlopen(reset).close()
    for region in (EAST, WEST):
        sdk(running, "sqs", region).create_queue(QueueName=f"requests-{region}")
        sdk(running, "sns", region).create_topic(Name=f"alerts-{region}")
        sdk(running, "kms", region).create_key()
    sdk(running, "s3", EAST).create_bucket(Bucket="training-data")
    yield running
    running.close()


def sdk(server: FaultyMoto, service: str, region: str) -> Any:
    return boto3.client(
        service, region_name=region, endpoint_url=server.url, aws_access_key_id="testing", aws_secret_access_key="testing"
    )  # fmt: skip


def desk_at(folder: Path, server: FaultyMoto, *regions: str) -> Desk:
    desk = Desk(folder, **AWS)
    desk.configure(f'type = "aws"\nname = "prod"\nregions = {json.dumps(list(regions))}\nendpoint_url = "{server.url}"')
    return desk


@dataclass(frozen=True)
class Stage:
    """How a scan ended, and what the inventory held then."""

    code: int
    said: str
    coverage: dict[tuple[str, str], dict[str, Any]]
    resources: Rows
    gaps: Rows

    @property
    def gone(self) -> list[str]:
        return [r["id"] for r in self.resources if "gone_at" in r]


def stage(desk: Desk, *arguments: str) -> Stage:
    code, _, err = desk.run("scan", *arguments)
    looks = {(c["kind"], c["place"]): c for c in desk.rows("coverage")}
    return Stage(code, err, looks, desk.rows("resources"), desk.rows("gaps"))


@dataclass(frozen=True)
class Story:
    calm: Stage
    hampered: Stage
    healed: Stage


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, server: FaultyMoto) -> Story:
    """A calm scan; one with an API denied everywhere and a region that resets every connection; and one after these
    troubles and the deletion of a queue in that region."""
    desk = desk_at(tmp_path_factory.mktemp("story"), server, EAST, WEST)
    calm = stage(desk, *SOME)
    server.fail(region=WEST, kind="drop", times=-1)
    server.fail(service="sns", action="ListTopics", kind="denied", times=-1)
    hampered = stage(desk, *SOME)
    server.heal()
    queues = sdk(server, "sqs", WEST)
    queues.delete_queue(QueueUrl=queues.get_queue_url(QueueName=f"requests-{WEST}")["QueueUrl"])
    healed = stage(desk, *SOME)
    queues.create_queue(QueueName=f"requests-{WEST}")
    return Story(calm, hampered, healed)


def test_an_estate_without_blind_spots_ends_with_0(story: Story) -> None:
    assert story.calm.code == 0, story.calm.said
    assert {c["outcome"] for c in story.calm.coverage.values()} == {"complete"}
    assert {place for _, place in story.calm.coverage} == {EAST, WEST, WORLD}
    assert [g for g in story.calm.gaps if g["code"].startswith("coverage-")] == []


def test_denied_and_unreachable_are_told_apart(story: Story) -> None:
    hampered = story.hampered
    assert (hampered.code, "Traceback" in hampered.said) == (3, False), hampered.said
    topics = hampered.coverage["aws.sns.topic", EAST]
    assert (topics["outcome"], topics["needs"]) == ("denied", ["sns:ListTopics"])
    west = {c["outcome"] for (_, place), c in hampered.coverage.items() if place == WEST}
    rest = {c["outcome"] for (_, place), c in hampered.coverage.items() if place != WEST and c != topics}
    assert (west, rest) == ({"failed"}, {"complete"})
    assert all(c["reason"] for (_, place), c in hampered.coverage.items() if place == WEST)


def test_records_of_a_complete_look_outlive_looks_that_could_not_see(story: Story) -> None:
    before, after = ({r["id"] for r in s.resources} for s in (story.calm, story.hampered))
    assert len(before) >= 7
    assert (after, story.hampered.gone) == (before, [])


def test_what_could_not_be_read_is_a_gap_whose_remedy_says_what_to_do(story: Story) -> None:
    gaps = {(g["code"], g["missing"]["kind"], g["missing"]["place"]): g for g in story.hampered.gaps if g["code"].startswith("coverage-")}  # fmt: skip
    west = {kind for kind, place in story.calm.coverage if place == WEST}
    denied = ("coverage-denied", "aws.sns.topic", EAST)
    assert set(gaps) == {denied} | {("coverage-failed", kind, WEST) for kind in west}
    assert "sns:ListTopics" in gaps[denied]["remedy"]
    assert all("stocktake scan --source prod" in g["remedy"] for g in gaps.values())


def test_only_a_complete_look_makes_what_was_deleted_gone(story: Story) -> None:
    assert (story.healed.code, story.healed.gone) == (0, [f"arn:aws:sqs:{WEST}:{ACCOUNT}:requests-{WEST}"])


def test_gaps_of_blind_spots_are_resolved_by_a_look_that_sees(story: Story) -> None:
    assert [g for g in story.healed.gaps if g["code"].startswith("coverage-")] == []


def test_a_run_cut_short_inside_aws_goes_on_where_it_stopped(tmp_path: Path, server: FaultyMoto, story: Story) -> None:
    desk = desk_at(tmp_path, server, EAST, WEST)
    server.heal()
    process = desk.start("scan", *SOME, "--workers", "1")
    deadline = time.monotonic() + 60
    while sum(server.calls.values()) < 8 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err) == (3, False), err
    first = {(c["kind"], c["place"]): c for c in desk.rows("coverage")}
    resumed = stage(desk, *SOME, "--resume")
    assert (resumed.code, [r["status"] for r in desk.rows("runs")]) == (0, ["complete"]), resumed.said
    assert 0 < len(first) < len(resumed.coverage)
    assert {key: resumed.coverage[key] for key in first} == first
    assert set(resumed.coverage) == set(story.calm.coverage)
    assert {r["id"] for r in resumed.resources} == {r["id"] for r in story.calm.resources}
