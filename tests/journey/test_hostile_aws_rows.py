"""Every AWS row against every hostile answer, through the SDK's own parsers: whatever comes is stored, set aside, or makes
a look that proves nothing. It never ends the run, and never hangs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ResponseStreamingError

from collectors.aws import open_source
from collectors.aws.collector import AwsCollector
from collectors.aws.kinds import KINDS
from collectors.contract import Planned
from discovery.executor import survey
from normalize.model import Coverage, Kind, Misfit, Observation, Outcome, Pair, Scope
from tests.journey.desk import AWS
from tests.journey.faults import DETAILS, FAULTS, LISTINGS, PAGES
from tests.servers.aws_answers import ACCOUNT, HOME, Estate
from tests.servers.hostility import Fault

HEAVY = {"bulky", "detail_bulky", "detail_nested_deeply"}
"""What takes a second a row; the journey through the command line has some of it."""


SHARES = 4
SPECIAL = list({(k.fetch.derive, k.fetch.keep, k.fetch.gather, bool(k.fetch.under)): k for k in KINDS}.values())
"""One row for each code that sees answers before any field is read."""


def is_one_each(kind: Kind) -> bool:
    """Whether a kind has a record for each item that was listed, no more and no fewer."""
    return kind.fetch.keep is None and kind.fetch.gather is None


def some(name: str) -> list[Kind]:
    """The special rows and a share of all: another share for each fault that follows in the list."""
    turn = sorted(FAULTS).index(name) % SHARES
    return list({k.name: k for k in (*SPECIAL, *KINDS[turn::SHARES])}.values())


@dataclass
class Kept:
    """A sink that keeps what it is given of one look."""

    records: list[Observation] = field(default_factory=list)
    misfits: list[Misfit] = field(default_factory=list)

    def done(self, run_id: str) -> set[Pair]:
        return set()

    def prepare(self, observation: Observation) -> Observation:
        return observation

    def commit(
        self, run_id: str, observations: Iterable[Observation], misfits: Iterable[Misfit], coverage: Coverage
    ) -> None:
        self.records, self.misfits = list(observations), list(misfits)


class Wire:
    """Stands between the SDK and the network: answers come out of the estate."""

    def __init__(self) -> None:
        self.estate = Estate()
        self.source: AwsCollector = open_source(
            {"name": "prod", "regions": [HOME], "endpoint_url": "http://127.0.0.1:9"}
        )
        self.source._client._base.register("before-send", self._answer)

    def look(self, kind: Kind, fault: Fault) -> tuple[Coverage, Kept, int]:
        """(coverage, what was kept, items that the listing held). Raises FaultError for a fault of ours."""
        fetch = kind.fetch
        region = fetch.regions[0] if fetch.regions else HOME
        self.estate.faults = {HOME: fault, region: fault}
        self.estate.served.clear()
        self.source._client.memory.clear()
        scope = next(iter(self.source.scopes(kind)), Scope("aws", ACCOUNT, region))
        kept = Kept()
        coverage = survey(self.source, Planned(kind, scope), "run", kept)
        return coverage, kept, self.estate.served[region, fetch.service, fetch.operation, fetch.items]

    def _answer(self, request: Any, **_: Any) -> Any:
        sent = request.body.encode() if isinstance(request.body, str) else request.body or b""
        headers = {k: v.decode() if isinstance(v, bytes) else v for k, v in request.headers.items()}
        reply = self.estate.respond(request.method, request.url, headers, sent)
        if reply.cut:
            raise ResponseStreamingError(error="cut")
        return AWSResponse(
            request.url, reply.status, {k.lower(): v for k, v in reply.headers.items()}, Bytes(reply.body)
        )  # type: ignore[arg-type]


@dataclass
class Bytes:
    """A body as urllib3 gives it."""

    data: bytes

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.data


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    patch = pytest.MonkeyPatch()
    for name, value in AWS.items():
        patch.setenv(name, value)
    running = Wire()
    yield running
    running.source.close()
    patch.undo()


def test_a_good_answer_gives_one_record_of_every_row(wire: Wire) -> None:
    looks = {kind.name: wire.look(kind, Fault())[0] for kind in KINDS}
    assert {
        n: c for n, c in looks.items() if (c.outcome, c.quarantined) != (Outcome.COMPLETE, 0) or not c.records
    } == {}


@pytest.mark.parametrize("name", sorted(LISTINGS.keys() - HEAVY))
def test_every_item_of_a_hostile_listing_is_counted(wire: Wire, name: str) -> None:
    for kind in some(name):
        coverage, kept, served = wire.look(kind, LISTINGS[name])
        counted = name != "no_items" and is_one_each(kind) and not wire.estate.is_shared(kind.fetch)
        if coverage.outcome is Outcome.COMPLETE and counted:
            assert len(kept.records) + len(kept.misfits) == served, (kind.name, coverage)
        if coverage.outcome is not Outcome.COMPLETE:
            assert coverage.reason, kind.name
        assert all(m.reason and isinstance(m.payload, dict) for m in kept.misfits), kind.name


@pytest.mark.parametrize("name", sorted(DETAILS.keys() - HEAVY))
def test_a_hostile_detail_costs_no_record(wire: Wire, name: str) -> None:
    for kind in some(name):
        coverage, kept, served = wire.look(kind, DETAILS[name])
        assert coverage.outcome is Outcome.COMPLETE, (kind.name, coverage)
        if is_one_each(kind):
            assert len(kept.records) + len(kept.misfits) == served, (kind.name, coverage)


@pytest.mark.parametrize("name", sorted(PAGES.keys() - {"empty_page_with_a_token"}))
def test_what_is_no_page_of_a_listing_proves_no_absence(wire: Wire, name: str) -> None:
    whole = []
    for kind in some(name):
        coverage, _, _ = wire.look(kind, FAULTS[name])
        assert coverage.reason or coverage.proves_absence(), kind.name
        whole += [kind.name] if coverage.proves_absence() else []
    paged = {kind.name for kind in KINDS if wire.estate.is_paged(kind.fetch)}
    assert [kind for kind in whole if "token" not in name or kind in paged] == []


def test_an_empty_page_with_a_token_is_not_the_end(wire: Wire) -> None:
    alone = [kind for kind in KINDS if not wire.estate.is_sifted(kind.fetch)]
    looks = {kind.name: wire.look(kind, PAGES["empty_page_with_a_token"])[0] for kind in alone}
    assert {n: c for n, c in looks.items() if (c.outcome, c.records > 0) != (Outcome.COMPLETE, True)} == {}
