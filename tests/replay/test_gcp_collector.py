"""The collector over the real clients: every asset once, whatever the way was like; what is not seen is said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.contract import CutShortError, Planned
from collectors.gcp.client import Client
from collectors.gcp.collector import RESTARTS, GcpCollector
from collectors.gcp.kinds import KINDS
from collectors.gcp.pace import Pace
from collectors.gcp.payloads import Projects
from collectors.gcp.rows import Asset
from collectors.patience import ATTEMPTS, Patience
from discovery.executor import look
from normalize.errors import DeniedError, TransientError, UnavailableError
from normalize.model import Coverage, Kind, Outcome, Scope
from tests.servers.google_cloud import (
    CUT,
    EXPIRED,
    THROTTLED,
    Cloud,
    Fault,
    Made,
    denied,
    fixture,
    recorded,
    serve_grpc,
    serve_rest,
)

NOW = datetime(2026, 11, 24, 4, 15, tzinfo=UTC)
ORG = "organizations/1234"
DISK = "gcp.compute.disk"
POLICY = "gcp.iam.policy"
SWEPT_ALONE = [k.name for k in KINDS if isinstance(k.fetch, Asset) and not k.fetch.lookups and not k.fetch.detail]
"""What needs no other API than Cloud Asset Inventory."""


class Time:
    """Nobody waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)


@contextmanager
def opened(
    endpoint: str, parents: Sequence[str] = (ORG,), kinds: Sequence[Kind] = KINDS, **more: Any
) -> Iterator[tuple[GcpCollector, Time]]:
    time, projects = Time(), Projects()
    client = Client(
        endpoint=endpoint,
        clock=lambda: NOW,
        patience=Patience(clock=time.clock, sleep=time.sleep),
        pace=Pace(clock=time.clock, sleep=time.sleep),
        names=lambda p: (projects.number_of(p),),
        **more,
    )
    collector = GcpCollector("org", client, kinds, parents, projects)
    try:
        yield collector, time
    finally:
        collector.close()


def looks(
    collector: GcpCollector, patterns: Sequence[str] = ()
) -> tuple[dict[tuple[str, str, str], Coverage], list[Any]]:
    """(coverage by kind, account and place; observations) of a whole scan. Raises AssertionError for a pair that comes twice."""
    coverages: dict[tuple[str, str, str], Coverage] = {}
    seen: list[Any] = []
    for planned in collector.plan([k for k in collector.kinds() if not patterns or k.name in patterns]):
        coverage, found = taken(collector, planned)
        key = (coverage.kind, coverage.scope.account, coverage.scope.place)
        assert key not in coverages, key
        coverages[key] = coverage
        seen.extend(found)
    return coverages, seen


def taken(collector: GcpCollector, planned: Planned) -> tuple[Coverage, list[Any]]:
    if planned.kind is None or planned.error is not None:
        from discovery.executor import failed

        known = planned.error
        assert known is not None
        return failed(collector, planned, "run", collector.classify(known), NOW).coverage, []  # type: ignore[arg-type]
    found = look(collector, planned, "run", lambda observation: observation, lambda: NOW)
    observations = list(found.observations)
    found.close()
    return found.coverage, observations


def disks(count: int) -> Cloud:
    return Cloud(Made(count, fixture(DISK)["assets"][0]))


def test_everything_that_is_recorded_arrives_over_rest() -> None:
    cloud = recorded()
    with serve_rest(cloud) as url, opened(url) as (collector, _):
        coverages, seen = looks(collector)
    assert {c.outcome for c in coverages.values()} == {Outcome.COMPLETE}
    assert Counter(o.resource.kind for o in seen if o.resource.kind != POLICY) == Counter(
        {k.name for k in KINDS} - {POLICY}
    )
    assert {o.resource.id for o in seen if o.resource.kind == POLICY} == {
        f"{p['name']}/iamPolicy" for p in cloud.policies
    }
    assert {o.resource.scope.account for o in seen} == {"ml-prod", "folders/77", ORG}


def test_both_transports_give_the_same() -> None:
    with serve_rest(recorded()) as url, opened(url) as (collector, _):
        _, rest = looks(collector, SWEPT_ALONE)
    with serve_grpc(recorded()) as url, opened(url, transport="grpc") as (collector, _):
        _, grpc = looks(collector, SWEPT_ALONE)
    assert [(o.resource, o.aliases, o.references) for o in rest] == [
        (o.resource, o.aliases, o.references) for o in grpc
    ]


def test_one_sweep_serves_every_kind_and_each_has_its_coverage() -> None:
    cloud = recorded()
    with serve_rest(cloud) as url, opened(url) as (collector, _):
        coverages, _ = looks(collector)
    assert cloud.calls["ListAssets"] == 4  # projects, resources, policies, relationships
    of_organizations = {k.name for k in KINDS if k.name.startswith("gcp.accesscontextmanager.")}
    assert {k for k, account, place in coverages if account == "ml-prod"} == {k.name for k in KINDS} - of_organizations
    assert {k for k, account, place in coverages if account == ORG} >= of_organizations


def test_assets_arrive_exactly_once_though_one_call_in_twenty_is_throttled() -> None:
    cloud = replace(disks(6000), faults=lambda n: THROTTLED if n % 20 == 3 else None, largest_page=100)
    with serve_grpc(cloud) as url, opened(url, transport="grpc") as (collector, time):
        names = Counter(
            r.payload["$asset"]["name"]
            for p in collector.plan([k for k in KINDS if k.name == DISK])
            for r in collector.collect(p.kind, p.scope)  # type: ignore[arg-type]
        )
    assert len(names) == 6000
    assert set(names.values()) == {1}
    assert cloud.calls["ListAssets"] == 1 + 60 + 1 + 4
    assert time.now < 60  # fewer than 100 calls in a minute need no waiting but that for the throttled


def test_the_quota_of_lists_is_kept_before_it_is_hit() -> None:
    cloud = replace(disks(250), largest_page=1)
    with serve_grpc(cloud) as url, opened(url, transport="grpc") as (collector, time):
        looks(collector, [DISK])
    assert time.now >= 120


def test_a_sweep_that_is_cut_is_partial_for_what_came_and_failed_for_what_did_not() -> None:
    cloud = replace(disks(300), faults=lambda n: CUT if n > 3 else None, largest_page=100)
    with serve_rest(cloud) as url, opened(url) as (collector, _):
        coverages, seen = looks(collector)
    outcomes = {kind: c.outcome for (kind, account, _), c in coverages.items() if account == "ml-prod"}
    assert len(seen) == 200
    assert outcomes.pop(DISK) is Outcome.PARTIAL
    assert set(outcomes.values()) == {Outcome.FAILED}
    assert not any(c.proves_absence() for c in coverages.values())
    assert cloud.calls["ListAssets RESOURCE"] == 3 + ATTEMPTS


@pytest.mark.parametrize("transport", ["rest", "grpc"])
def test_a_connection_that_is_cut_once_is_resumed(transport: str) -> None:
    cloud = replace(disks(300), faults=lambda n: CUT if n == 3 else None, largest_page=100)
    serve = serve_rest if transport == "rest" else serve_grpc
    with serve(cloud) as url, opened(url, transport=transport) as (collector, _):
        coverages, seen = looks(collector, [DISK])
    assert {c.outcome for c in coverages.values()} == {Outcome.COMPLETE}
    assert len({o.resource.id for o in seen}) == len(seen) == 300


def test_a_sweep_begins_anew_when_its_token_expires_and_nothing_comes_twice() -> None:
    cloud = replace(disks(300), faults=lambda n: EXPIRED if n == 4 else None, largest_page=100)
    with serve_rest(cloud) as url, opened(url) as (collector, _):
        coverages, seen = looks(collector, [DISK])
    assert len({o.resource.id for o in seen}) == len(seen) == 300
    assert {c.outcome for c in coverages.values()} == {Outcome.COMPLETE}


def test_a_token_that_expires_every_time_makes_the_look_partial() -> None:
    cloud = disks(300)
    with serve_rest(cloud) as url, opened(url) as (collector, _):
        cloud.largest_page = 100
        cloud.faults = lambda n: EXPIRED if n > 1 and n % 2 == 1 else None
        coverages, seen = looks(collector, [DISK])
    (found,) = {c.outcome for (_, account, _), c in coverages.items() if account == "ml-prod"}
    assert (found, len(seen)) == (Outcome.PARTIAL, 100)
    assert cloud.calls["ListAssets RESOURCE"] == 1 + 2 * (RESTARTS + 1)


def test_a_call_that_stalls_is_given_up_and_made_again() -> None:
    cloud = replace(recorded(), faults=lambda n: Fault(504, "DEADLINE_EXCEEDED", stall=1.0) if n == 2 else None)
    with serve_grpc(cloud) as url, opened(url, transport="grpc", timeout_seconds=0.4) as (collector, _):
        coverages, _ = looks(collector, [DISK])
    assert {c.outcome for c in coverages.values()} == {Outcome.COMPLETE}


@pytest.mark.parametrize("transport", ["rest", "grpc"])
def test_a_denied_parent_has_its_own_coverage_and_costs_the_others_nothing(transport: str) -> None:
    refusal = denied("cloudasset.assets.listResource", "folders/77")
    cloud = replace(recorded(), refused={"folders/77": refusal})
    serve = serve_rest if transport == "rest" else serve_grpc
    with serve(cloud) as url, opened(url, ["folders/77", ORG], transport=transport) as (collector, _):
        coverages, seen = looks(collector, SWEPT_ALONE)
    lost = coverages.pop(("*", "folders/77", "?"))
    assert (lost.outcome, lost.needs) == (Outcome.DENIED, ("cloudasset.assets.listResource",))
    assert "folders/77" in lost.reason
    assert {c.outcome for c in coverages.values()} == {Outcome.COMPLETE}
    assert {o.resource.kind for o in seen} == set(SWEPT_ALONE)


def test_denied_policies_cost_the_details_of_what_has_them_and_nothing_else() -> None:
    cloud = replace(recorded(), refused={"IAM_POLICY": denied("cloudasset.assets.listIamPolicy", ORG)})
    with serve_rest(cloud) as url, opened(url) as (collector, _):
        coverages, seen = looks(collector)
    bucket = next(c for (kind, *_), c in coverages.items() if kind == "gcp.storage.bucket" and c.records)
    assert (bucket.outcome, bucket.gaps) == (Outcome.COMPLETE, 1)
    assert bucket.needs == ("cloudasset.assets.listIamPolicy",)
    attributes = next(o.resource.attributes for o in seen if o.resource.kind == "gcp.storage.bucket")
    assert "public" not in attributes  # not known is not private
    assert next(c for (kind, *_), c in coverages.items() if kind == DISK and c.records).gaps == 0


def test_an_asset_api_that_the_caller_has_not_enabled_hides_everything() -> None:
    """It is the caller's project that lacks it: what there is elsewhere is not known."""
    fault = Fault(
        403, "PERMISSION_DENIED", "Cloud Asset API has not been used in project 9 before or it is disabled.",
        "SERVICE_DISABLED", {"service": "cloudasset.googleapis.com", "consumer": "projects/9"},
    )  # fmt: skip
    with serve_rest(replace(recorded(), refused={ORG: fault})) as url, opened(url) as (collector, _):
        coverages, seen = looks(collector)
    (lost,) = coverages.values()
    assert (lost.outcome, seen) == (Outcome.DENIED, [])
    assert lost.needs == ("cloudasset.googleapis.com enabled in project 9",)


def test_types_without_a_row_are_kept_as_they_are_and_counted() -> None:
    strange = {**fixture(DISK)["assets"][0], "assetType": "quantum.googleapis.com/QubitPool", "name": "//quantum.googleapis.com/projects/ml-prod/pools/p"}  # fmt: skip
    with serve_rest(Cloud([strange])) as url, opened(url) as (collector, _):
        coverages, seen = looks(collector)
    assert coverages["gcp.quantum.qubit_pool", ORG, "global"].records == 1
    (found,) = seen
    assert (found.resource.category, found.resource.id) == ("unmodelled", strange["name"])
    assert found.payload["sizeGb"]


def test_what_a_service_lists_itself_is_not_taken_from_the_sweep_too() -> None:
    queued = fixture("gcp.tpu.queued_resource")
    name = "//tpu.googleapis.com/projects/ml-prod/locations/us-central1-a/queuedResources/pretrain"
    swept = {**fixture(DISK)["assets"][0], "assetType": "tpu.googleapis.com/QueuedResource", "name": name}
    with (
        serve_rest(
            Cloud([*fixture("gcp.cloudresourcemanager.project")["assets"], swept], answers=queued["answers"])
        ) as url,
        opened(url) as (collector, _),
    ):
        coverages, seen = looks(collector)
    (found,) = [o for o in seen if o.resource.id == name]
    assert found.resource.category == "capacity"
    assert [place for kind, _, place in coverages if kind == found.resource.kind] == ["us-central1-a"]


def test_a_function_that_is_listed_under_two_types_is_one() -> None:
    function = fixture("gcp.cloudfunctions.function")["assets"][0]
    old = {**function, "assetType": "cloudfunctions.googleapis.com/CloudFunction"}
    projects = fixture("gcp.cloudresourcemanager.project")["assets"]
    with serve_rest(Cloud([*projects, old, function])) as url, opened(url) as (collector, _):
        _, seen = looks(collector)
    assert [o.resource.kind for o in seen if o.resource.id == function["name"]] == ["gcp.cloudfunctions.function"]


def test_some_kinds_are_swept_alone() -> None:
    asked: list[Sequence[str]] = []
    cloud = recorded()
    page = cloud.page
    cloud.page = lambda *a: (asked.append(a[2]), page(*a))[1]  # type: ignore[method-assign,func-returns-value]
    with serve_rest(cloud) as url, opened(url) as (collector, _):
        coverages, seen = looks(collector, [DISK])
    assert list(asked[1]) == ["compute.googleapis.com/Disk", "compute.googleapis.com/RegionDisk"]
    assert {kind for kind, *_ in coverages} == {o.resource.kind for o in seen} == {"gcp.compute.disk"}


INSTANCE, RELATIONSHIP = "gcp.compute.instance", "gcp.cloudasset.relationship"
GROUP = "//compute.googleapis.com/projects/ml-prod/zones/us-central1-a/instanceGroups/"
RELATED = [
    {
        **recorded(INSTANCE).relationships[0],
        "relatedAsset": {"asset": GROUP + group, "assetType": "compute.googleapis.com/InstanceGroup", "relationshipType": "INSTANCE_TO_INSTANCEGROUP"},
    }
    for group in ("serve", "batch")
]  # fmt: skip


def related(transport: str = "rest", **more: Any) -> tuple[Coverage, Any]:
    """(coverage of relationships, the one machine) of a scan of an organisation with nothing else in it."""
    cloud = replace(recorded("gcp.cloudresourcemanager.project", INSTANCE), largest_page=1, **more)
    serve = serve_rest if transport == "rest" else serve_grpc
    kinds = [k for k in KINDS if k.name in ("gcp.cloudresourcemanager.project", INSTANCE)]
    with serve(cloud) as url, opened(url, kinds=kinds, transport=transport) as (collector, _):
        coverages, seen = looks(collector)
    (machine,) = [o for o in seen if o.resource.kind == INSTANCE]
    return coverages[RELATIONSHIP, ORG, "global"], machine


@pytest.mark.parametrize("transport", ["rest", "grpc"])
def test_what_cloud_asset_says_is_related_stands_with_the_asset(transport: str) -> None:
    coverage, machine = related(transport, relationships=RELATED, faults=lambda n: EXPIRED if n == 6 else None)
    assert (coverage.outcome, coverage.records) == (Outcome.COMPLETE, 0)
    assert coverage.reason == "what they relate is told of the assets themselves"
    assert machine.payload["$related"] == {"INSTANCE_TO_INSTANCEGROUP": [GROUP + "batch", GROUP + "serve"]}
    told = {r.path: (r.verb, r.target) for r in machine.references if "$related" in r.path}
    assert told["$.$related.INSTANCE_TO_INSTANCEGROUP[0]"] == ("mentions", "gcp.compute.instance_group")


@pytest.mark.parametrize("transport", ["rest", "grpc"])
def test_without_the_tier_that_relationships_take_they_are_unavailable_and_nothing_else_suffers(transport: str) -> None:
    coverage, machine = related(transport, relationships=[])
    assert coverage.outcome is Outcome.UNAVAILABLE
    assert "Security Command Center" in coverage.reason
    assert "The caller does not have permission" in coverage.reason
    assert coverage.needs == ("Security Command Center Premium",)
    assert "$related" not in machine.payload
    assert not [gap for gap in machine.gaps if "relationship" in str(gap)]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (denied("cloudasset.assets.listResource", ORG), Outcome.DENIED),
        (Fault(500, "INTERNAL", "oops"), Outcome.FAILED),
    ],
)
def test_relationships_that_cannot_be_read_are_said_of_every_asset(fault: Fault, outcome: Outcome) -> None:
    coverage, machine = related(relationships=RELATED, refused={"RELATIONSHIP": fault})
    assert coverage.outcome is outcome
    assert [gap for gap in machine.gaps if str(gap).startswith("relationships: ")]


def test_check_says_that_relationships_are_not_to_be_had() -> None:
    cloud = replace(recorded(), relationships=[])
    with serve_rest(cloud) as url, opened(url) as (collector, _):
        found = {b.kind: b.error for b in collector.check()}
    assert isinstance(found[RELATIONSHIP], UnavailableError)


def test_two_parents_with_the_same_project_look_at_it_once() -> None:
    with serve_rest(recorded()) as url, opened(url, [ORG, "projects/480123456789"]) as (collector, _):
        coverages, seen = looks(collector)
    assert len({o.resource.id for o in seen}) == len(seen)
    assert {o.resource.kind for o in seen} == {k.name for k in KINDS}
    assert {account for _, account, _ in coverages} == {"ml-prod", ORG}


def test_a_sweep_that_lists_nothing_where_projects_are_proves_nothing() -> None:
    cloud = recorded()
    page = cloud.page
    cloud.page = lambda *a: page(*a) if a[2] else (0, 0, [], "")  # type: ignore[method-assign]
    with serve_rest(cloud) as url, opened(url) as (collector, _):
        coverages, _ = looks(collector, [k.name for k in KINDS if isinstance(k.fetch, Asset)])
    (found,) = coverages.values()
    assert (found.kind, found.outcome) == ("*", Outcome.FAILED)


def test_what_a_cut_short_sweep_raises_names_the_call() -> None:
    cloud = replace(disks(300), faults=lambda n: CUT if n > 2 else None, largest_page=100)
    with serve_rest(cloud) as url, opened(url) as (collector, _):
        planned = next(p for p in collector.plan([k for k in KINDS if k.name == DISK]) if p.kind)
        with pytest.raises(CutShortError) as raised:
            list(collector.collect(planned.kind, planned.scope))  # type: ignore[arg-type]
    assert raised.value.call == "cloudasset:ListAssets"


def test_nobody_answers_is_failed_and_not_empty() -> None:
    with opened("http://127.0.0.1:9") as (collector, _):
        (planned,) = collector.plan(KINDS)
    assert planned.kind is None
    assert planned.scope == Scope("gcp", ORG, "?")
    assert isinstance(planned.error, TransientError)
    assert not isinstance(planned.error, DeniedError)
