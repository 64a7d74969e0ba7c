"""Listings, lists with details, and lists under parents, in every protocol: many pages, throttled three times, denied on the
second page, gone between listing and detail, and cut in the middle of a body; over real connections."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import botocore.endpoint
import pytest

from collectors.aws import open_source
from collectors.aws.collector import AwsCollector
from collectors.aws.kinds import KINDS
from collectors.aws.lanes import WORKERS
from collectors.aws.rows import Call
from collectors.contract import Planned
from discovery.executor import survey
from normalize.model import Coverage, Kind, Misfit, Observation, Outcome, Pair
from tests.journey.desk import AWS
from tests.servers import iam_gate
from tests.servers.aws_answers import ACCOUNT, HOME, Estate, serve
from tests.servers.hostility import Fault, Reply

BY_NAME = {kind.name: kind for kind in KINDS}
LISTS = ("aws.ec2.vpc", "aws.rds.instance", "aws.ecr.repository", "aws.lambda.function")
DETAILED = ("aws.ec2.launch_template", "aws.sns.topic", "aws.sqs.queue", "aws.eks.cluster", "aws.s3.bucket")
UNDER = ("aws.elbv2.listener", "aws.ecs.service", "aws.eks.nodegroup")
ALL = (*LISTS, *DETAILED, *UNDER)
ASKED_ITSELF = sorted({*DETAILED, *(kind.name for kind in KINDS if kind.fetch.itself)})
TWO_PAGES = Fault(listing=lambda item: [[item], [item]])
ITSELF = "itself"
"""Stands for the operation that describes one item alone, where it is asked for that."""
Script = Callable[[int, Reply], Reply]
"""From the number of a call, from 1 on, and its good answer to the one that is given."""


class Troubled(Estate):
    """Answers on two pages, some of which go by a script: (service, operation) -> Script.

    Attributes:
        asked: how often each was called.
        fetch: of the kind that is looked at.
    """

    def __init__(self) -> None:
        super().__init__()
        self.scripts: dict[tuple[str, str], Script] = {}
        self.asked: Counter[tuple[str, str]] = Counter()
        self.fetch: Call | None = None

    def respond(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        _, service, operation = self.operation(method, url, headers, body)
        good = super().respond(method, url, headers, body)
        operation = ITSELF if self._names_one(service, operation, f"{url}{body.decode()}") else operation
        with self._lock:
            self.asked[service, operation] += 1
            number = self.asked[service, operation]
        script = self.scripts.get((service, operation))
        return script(number, good) if script else good

    def _names_one(self, service: str, operation: str, request: str) -> bool:
        """Whether it is the call by which a kind's item is asked for itself, and no listing by the same operation."""
        call = self.fetch and self.fetch.itself
        if self.fetch is None or call is None or (call.service, call.operation) != (service, operation):
            return False
        own = call.params.keys() - self.fetch.params.keys()
        return bool(call.operation != self.fetch.operation) or all(name.rstrip("s") in request for name in own)

    def error(self, service: str, status: int, code: str, words: str = "so the script says") -> Reply:
        """An error as the service's protocol puts it."""
        protocol = self._models[service].resolved_protocol
        if "json" in protocol:
            text = f'{{"__type": "{code}", "message": "{words}"}}'
            return Reply(status, text.encode(), {"Content-Type": "application/json", "x-amzn-ErrorType": code})
        inner = f"<Code>{code}</Code><Message>{words}</Message>"
        text = {
            "ec2": f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>0</RequestID></Response>",
            "rest-xml": f"<Error>{inner}<RequestId>0</RequestId></Error>",
            "query": f"<ErrorResponse><Error><Type>Sender</Type>{inner}</Error><RequestId>0</RequestId></ErrorResponse>",
        }[protocol]
        return Reply(status, text.encode(), {"Content-Type": "text/xml"})


THROTTLED = {
    "ec2": (503, "RequestLimitExceeded"), "query": (400, "Throttling"), "json": (400, "ThrottlingException"),
    "rest-json": (429, "TooManyRequestsException"), "rest-xml": (503, "SlowDown"),
}  # fmt: skip


@dataclass
class Kept:
    """A sink that keeps what it is given."""

    records: list[Observation] = field(default_factory=list)

    def done(self, run_id: str) -> set[Pair]:
        return set()

    def prepare(self, observation: Observation) -> Observation:
        return observation

    def commit(
        self, run_id: str, observations: Iterable[Observation], misfits: Iterable[Misfit], coverage: Coverage
    ) -> None:
        self.records = list(observations)


@dataclass
class Bench:
    estate: Troubled
    source: AwsCollector

    def look(self, name: str, **scripts: Script) -> tuple[Coverage, list[Observation]]:
        """One kind, under scripts by operation."""
        kind = BY_NAME[name]
        self.estate.asked.clear()
        self.estate.fetch = kind.fetch
        self.estate.scripts = {(kind.fetch.service, operation): script for operation, script in scripts.items()}
        return self.survey(kind)

    def survey(self, kind: Kind) -> tuple[Coverage, list[Observation]]:
        (scope,) = self.source.scopes(kind)
        kept = Kept()
        return survey(self.source, Planned(kind, scope), "run", kept), kept.records


@pytest.fixture(scope="module")
def estate() -> Iterator[tuple[Troubled, str]]:
    made = Troubled()
    made.faults = {HOME: TWO_PAGES}
    url, close = serve(made)
    yield made, url
    close()


@pytest.fixture(scope="module")
def bench(estate: tuple[Troubled, str]) -> Iterator[Bench]:
    """With a source that never asks twice."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**AWS, "AWS_MAX_ATTEMPTS": "1"}.items():
            patch.setenv(name, value)
        source = open_source({"name": "prod", "regions": [HOME], "endpoint_url": estate[1]})
        yield Bench(estate[0], source)
        source.close()


def parents(bench: Bench, name: str) -> int:
    """How many parents a kind is listed under; 1 for one that has none."""
    under = BY_NAME[name].fetch.under
    return len(bench.look(under)[1]) if under else 1


@pytest.mark.parametrize("name", ALL)
def test_every_page_is_read_of_every_parent(bench: Bench, name: str) -> None:
    above = parents(bench, name)
    coverage, records = bench.look(name)
    assert (coverage.outcome, coverage.records, len(records)) == (Outcome.COMPLETE, 2 * above, 2 * above)
    assert bench.estate.asked[key(name)] == 2 * above


@pytest.mark.parametrize("name", ALL)
def test_denied_on_the_second_page_keeps_the_first_and_proves_nothing(bench: Bench, name: str) -> None:
    fetch: Call = BY_NAME[name].fetch
    first_pages = parents(bench, name)
    denied = bench.estate.error(fetch.service, 403, "AccessDenied")
    coverage, records = bench.look(name, **{fetch.operation: lambda n, good: denied if n > first_pages else good})
    assert coverage.outcome is Outcome.PARTIAL
    assert (len(records) > 0, coverage.proves_absence()) == (True, False)
    assert coverage.needs == (
        iam_gate.named(bench.estate._models[fetch.service].signing_name, fetch.operation, fetch.service),
    )
    assert "AccessDenied" in coverage.reason or "script" in coverage.reason


@pytest.mark.parametrize("name", ALL)
def test_cut_within_the_second_page_keeps_the_first_and_proves_nothing(bench: Bench, name: str) -> None:
    fetch: Call = BY_NAME[name].fetch
    first_pages = parents(bench, name)
    coverage, records = bench.look(
        name, **{fetch.operation: lambda n, good: replace(good, cut=True) if n > first_pages else good}
    )
    assert (coverage.outcome, len(records) > 0, coverage.proves_absence()) == (Outcome.PARTIAL, True, False)


@pytest.mark.parametrize("name", ALL)
def test_cut_within_the_first_page_is_a_failed_look(bench: Bench, name: str) -> None:
    fetch: Call = BY_NAME[name].fetch
    coverage, records = bench.look(name, **{fetch.operation: lambda n, good: replace(good, cut=True)})
    assert (coverage.outcome, records, coverage.proves_absence()) == (Outcome.FAILED, [], False)


def failed(records: list[Observation], call: Call) -> list[str]:
    """What came of a call, where it failed."""
    return [str(gap) for seen in records for gap in seen.gaps if gap.call == f"{call.service}:{call.operation}"]


def lost(bench: Bench, call: Call, good: Reply) -> Reply:
    """That the thing is gone, by a code or by a list that is empty."""
    if call.gone:
        return gone(bench, call)
    list_ = str(call.items).encode()
    return replace(good, body=re.sub(b"<%b>.*</%b>" % (list_, list_), b"<%b/>" % list_, good.body, flags=re.DOTALL))


def vanished(bench: Bench, call: Call) -> Script:
    """The first time, that the thing is gone."""
    return lambda n, good: gone(bench, call) if n == 1 else good


def unsure(fetch: Call) -> Call:
    """The first detail that may not find its item."""
    return next(detail for detail in fetch.detail if detail.gone)


def gone(bench: Bench, call: Call) -> Reply:
    """That the thing is gone, as the row knows it."""
    code, _, words = call.gone[0].partition(":")
    return bench.estate.error(call.service, 404, code, words or "it is gone")


@pytest.mark.parametrize("name", ASKED_ITSELF)
def test_what_vanished_between_listing_and_detail_is_no_record_and_no_blind_spot(bench: Bench, name: str) -> None:
    fetch: Call = BY_NAME[name].fetch
    above, detail, itself = parents(bench, name), unsure(fetch), fetch.itself or fetch.detail[0]
    answers = {detail.operation: vanished(bench, detail)}
    if itself is not detail:
        answers[ITSELF] = lambda n, good: lost(bench, itself, good)
    coverage, records = bench.look(name, **answers)
    assert (coverage.outcome, len(records), failed(records, detail)) == (Outcome.COMPLETE, 2 * above - 1, [])


@pytest.mark.parametrize("name", [n for n in ASKED_ITSELF if BY_NAME[n].fetch.itself])
def test_what_tags_or_parts_alone_do_not_find_is_there_and_lacks_them(bench: Bench, name: str) -> None:
    """Although they are asked for first."""
    above, detail = parents(bench, name), unsure(BY_NAME[name].fetch)
    coverage, records = bench.look(name, **{detail.operation: vanished(bench, detail)})
    assert (coverage.outcome, len(records), len(failed(records, detail))) == (Outcome.COMPLETE, 2 * above, 1)
    assert bench.estate.asked[BY_NAME[name].fetch.service, ITSELF] == 1


@pytest.mark.parametrize(
    ("name", "operation"), [("aws.kms.key", "GetKeyRotationStatus"), ("aws.sagemaker.endpoint", "ListTags")]
)
def test_what_a_later_detail_alone_does_not_find_is_there_and_lacks_it(bench: Bench, name: str, operation: str) -> None:
    detail = next(d for d in BY_NAME[name].fetch.detail if d.operation == operation)
    coverage, records = bench.look(name, **{operation: vanished(bench, detail)})
    assert (coverage.outcome, len(records), coverage.gaps) == (Outcome.COMPLETE, 2, 1)
    assert len(failed(records, detail)) == 1


@pytest.mark.parametrize("name", UNDER)
def test_parent_that_vanished_before_its_children_were_listed_is_no_blind_spot(bench: Bench, name: str) -> None:
    fetch: Call = BY_NAME[name].fetch
    above = parents(bench, name)
    coverage, records = bench.look(name, **{fetch.operation: vanished(bench, fetch)})
    assert (coverage.outcome, len(records)) == (Outcome.COMPLETE, 2 * (above - 1))


def test_three_times_throttled_is_well_in_every_protocol_and_narrows_its_own_lanes(
    estate: tuple[Troubled, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The calls of every pattern, side by side: listing, detail, and listing under a parent."""
    for name, value in {**AWS, "AWS_MAX_ATTEMPTS": "5"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None))
    made, url = estate
    bench = Bench(made, open_source({"name": "prod", "regions": [HOME], "endpoint_url": url}))
    calm, slow = (
        ("aws.lambda.function", "aws.rds.instance"),
        [n for n in ALL if n not in ("aws.lambda.function", "aws.rds.instance")],
    )
    made.asked.clear()
    made.scripts = {throttled: slowly(made, throttled[0]) for name in slow for throttled in [hardest(name)]}
    with ThreadPoolExecutor(len(ALL)) as pool:
        looks = dict(zip(ALL, pool.map(lambda name: bench.survey(BY_NAME[name]), ALL), strict=True))
    assert {name: coverage.outcome for name, (coverage, _) in looks.items()} == dict.fromkeys(ALL, Outcome.COMPLETE)
    assert [why for name in DETAILED for why in failed(looks[name][1], BY_NAME[name].fetch.detail[0])] == []
    assert {call: made.asked[call] >= 4 for call in made.scripts} == dict.fromkeys(made.scripts, True)
    widths = {name: bench.source._lanes.width(lane(name)) for name in ALL}
    assert {name for name, width in widths.items() if width == WORKERS} == set(calm)
    bench.source.close()


def slowly(estate: Troubled, service: str) -> Script:
    slower = estate.error(service, *THROTTLED[estate._models[service].resolved_protocol])
    return lambda n, good: slower if n <= 3 else good


def key(name: str) -> tuple[str, str]:
    return BY_NAME[name].fetch.service, BY_NAME[name].fetch.operation


def hardest(name: str) -> tuple[str, str]:
    """The last call in a kind's pattern: a detail where it has one."""
    fetch: Call = BY_NAME[name].fetch
    return (fetch.service, fetch.detail[0].operation) if fetch.detail else key(name)


def lane(name: str) -> str:
    return f"aws:{ACCOUNT}:{HOME}:{BY_NAME[name].fetch.service}"
