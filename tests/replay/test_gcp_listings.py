"""What services list themselves: places, pages, children, details, lookups; and what their errors mean."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from collectors.gcp.errors import meaning, refusal_of
from collectors.gcp.metrics import DAYS, Gauges, Question, Traffic
from collectors.gcp.pace import Pace
from collectors.gcp.rows import Get, Listing, filled, row
from collectors.patience import ATTEMPTS, BusyError, Patience
from collectors.traffic import TRAFFIC
from normalize.errors import CollectError, DeniedError, TransientError, UnavailableError
from normalize.model import Category, Kind, Outcome, Scope
from tests.replay.test_gcp_collector import NOW, looks, opened
from tests.servers.google_cloud import CUT, THROTTLED, Cloud, Fault, denied, disabled, fixture, recorded, serve_rest

PROJECT = fixture("gcp.cloudresourcemanager.project")["assets"]
VERTEX = "us-central1-aiplatform.googleapis.com/v1/projects/ml-prod/locations/us-central1"
PLACES = "aiplatform.googleapis.com/v1/projects/ml-prod/locations"


def listing(noun: str, path: str, **more: Any) -> Kind:
    get = Get("{location}-aiplatform.googleapis.com", path, f"aiplatform.{noun}.list", items=f"{noun}[]", page=100)
    type_ = f"aiplatform.googleapis.com/{noun[0].upper()}{noun[1:-1]}"
    return row(Category.DATASET, Listing(get, type_, "", "//aiplatform.googleapis.com/{name}", **more), {}, labels="")


GROUPS = listing("featureGroups", "/v1/projects/{project}/locations/{location}/featureGroups")
FEATURES = listing("features", "/v1/{relative}/features", under=GROUPS.name)
GROUP = "projects/480123456789/locations/us-central1/featureGroups"


def vertex(**answers: Any) -> Cloud:
    return Cloud(PROJECT, answers={f"{VERTEX}/{path}": body for path, body in answers.items()})


def test_every_page_is_read_in_every_place() -> None:
    cloud = vertex(
        featureGroups=[{"featureGroups": [{"name": f"{GROUP}/a"}]}, {"featureGroups": [{"name": f"{GROUP}/b"}]}]
    )
    cloud.answers[PLACES] = [{"locations": [{"locationId": p}]} for p in ("us-central1", "europe-west4")]
    cloud.answers[VERTEX.replace("us-central1", "europe-west4") + "/featureGroups"] = {}
    with serve_rest(cloud) as url, opened(url, kinds=[GROUPS]) as (collector, _):
        coverages, seen = looks(collector)
    assert sorted(o.resource.native_id for o in seen) == ["a", "b"]
    assert {(account, place): c.records for (_, account, place), c in coverages.items()} == {
        ("ml-prod", "us-central1"): 2,
        ("ml-prod", "europe-west4"): 0,
    }
    assert seen[0].resource.scope == Scope("gcp", "ml-prod", "us-central1")


@pytest.mark.parametrize(
    ("place", "host"),
    [
        ("global", "aiplatform.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
        ("europe-west4", "europe-west4-aiplatform.googleapis.com"),
    ],
)
def test_each_place_is_asked_at_its_own_host(place: str, host: str) -> None:
    cloud = Cloud(PROJECT, answers={PLACES: {"locations": [{"locationId": place}]}})
    cloud.answers[f"{host}/v1/projects/ml-prod/locations/{place}/featureGroups"] = {"featureGroups": [{"name": "g/a"}]}
    with serve_rest(cloud) as url, opened(url, kinds=[GROUPS]) as (collector, _):
        coverages, _ = looks(collector)
    assert {key[2]: c.records for key, c in coverages.items()} == {place: 1}


def test_places_that_a_service_could_not_reach_make_a_listing_partial() -> None:
    cloud = vertex(featureGroups={"featureGroups": [{"name": f"{GROUP}/a"}], "unreachable": ["us-central1-a"]})
    with serve_rest(cloud) as url, opened(url, kinds=[GROUPS]) as (collector, _):
        coverages, _ = looks(collector)
    (found,) = coverages.values()
    assert (found.outcome, found.records) == (Outcome.PARTIAL, 1)
    assert "us-central1-a" in found.reason


def test_one_parent_that_cannot_be_read_does_not_cost_the_others_children() -> None:
    cloud = vertex(featureGroups={"featureGroups": [{"name": f"{GROUP}/a"}, {"name": f"{GROUP}/b"}]})
    children = f"us-central1-aiplatform.googleapis.com/v1/{GROUP}"
    cloud.answers[f"{children}/a/features"] = denied("aiplatform.features.list", f"{GROUP}/a")
    cloud.answers[f"{children}/b/features"] = {"features": [{"name": f"{GROUP}/b/features/age"}]}
    with serve_rest(cloud) as url, opened(url, kinds=[GROUPS, FEATURES]) as (collector, _):
        coverages, seen = looks(collector, [FEATURES.name])
    (found,) = coverages.values()
    assert (found.outcome, found.records, found.needs) == (Outcome.PARTIAL, 1, ("aiplatform.features.list",))
    assert seen[0].payload["$parent"]["name"] == f"{GROUP}/b"


@pytest.mark.parametrize(
    ("fault", "outcome", "need"),
    [
        (disabled("aiplatform.googleapis.com", "480123456789"), Outcome.UNAVAILABLE, "aiplatform.googleapis.com"),
        (disabled("aiplatform.googleapis.com", "99"), Outcome.DENIED, "aiplatform.googleapis.com enabled in project 99"),
        (Fault(403, "PERMISSION_DENIED", "Billing is off", "BILLING_DISABLED"), Outcome.DENIED, "billing enabled for project ml-prod"),
        (Fault(403, "PERMISSION_DENIED", "No", "USER_PROJECT_DENIED"), Outcome.DENIED, "serviceusage.services.use"),
        (Fault(403, "PERMISSION_DENIED", "No", "SECURITY_POLICY_VIOLATED"), Outcome.DENIED, "an ingress rule of VPC Service Controls"),
        (Fault(403, "PERMISSION_DENIED", "The caller does not have permission"), Outcome.DENIED, "aiplatform.locations.list"),
        (Fault(401, "UNAUTHENTICATED", "No"), Outcome.DENIED, "credentials that Google accepts"),
        (THROTTLED, Outcome.FAILED, ""),
        (CUT, Outcome.FAILED, ""),
        (Fault(400, "INVALID_ARGUMENT", "What?"), Outcome.FAILED, ""),
        (Fault(501, "UNIMPLEMENTED", "Operation is not implemented, or supported, or enabled."), Outcome.UNAVAILABLE, ""),
        ({}, Outcome.FAILED, ""),
    ],
)  # fmt: skip
def test_an_error_means_what_can_be_done_about_it(fault: Any, outcome: Outcome, need: str) -> None:
    cloud = Cloud(PROJECT, answers={PLACES: fault})
    with serve_rest(cloud) as url, opened(url, kinds=[GROUPS]) as (collector, _):
        ((_, found),) = looks(collector)[0].items()
    assert (found.outcome, found.needs) == (outcome, (need,) if need else ())
    assert found.reason
    assert not found.proves_absence()


def test_throttling_is_waited_out_within_bounds() -> None:
    answers = iter([THROTTLED, CUT, {"locations": [{"locationId": "us-central1"}]}])
    cloud = vertex(featureGroups={})
    cloud.answers[PLACES] = lambda query: next(answers)
    with serve_rest(cloud) as url, opened(url, kinds=[GROUPS]) as (collector, time):
        coverages, _ = looks(collector)
    assert {c.outcome for c in coverages.values()} == {Outcome.COMPLETE}
    assert len(time.slept) == 2
    cloud = Cloud(PROJECT, answers={PLACES: THROTTLED})
    with serve_rest(cloud) as url, opened(url, kinds=[GROUPS]) as (collector, time):
        looks(collector)
    assert cloud.calls[f"GET {PLACES}"] == ATTEMPTS


def test_pages_that_go_in_a_circle_are_cut_short() -> None:
    page = {"featureGroups": [{"name": f"{GROUP}/a"}], "nextPageToken": "again"}
    with serve_rest(vertex(featureGroups=page)) as url, opened(url, kinds=[GROUPS]) as (collector, _):
        coverages, _ = looks(collector)
    (found,) = coverages.values()
    assert found.outcome is Outcome.PARTIAL
    assert "circle" in found.reason


def test_a_detail_that_is_refused_costs_that_records_detail() -> None:
    get = Get("aiplatform.googleapis.com", "/v1/{relative}/extra", "aiplatform.extra.get", into="$Extra")
    kind = replace(GROUPS, fetch=replace(GROUPS.fetch, detail=(get,)))
    cloud = vertex(featureGroups={"featureGroups": [{"name": f"{GROUP}/{n}"} for n in "abc"]})
    extra = f"aiplatform.googleapis.com/v1/{GROUP}"
    cloud.answers |= {f"{extra}/a/extra": {"x": 1}, f"{extra}/b/extra": denied("aiplatform.extra.get", "b")}
    with serve_rest(cloud) as url, opened(url, kinds=[kind]) as (collector, _):
        coverages, seen = looks(collector)
    (found,) = coverages.values()
    assert (found.outcome, found.records, found.gaps, found.needs) == (
        Outcome.COMPLETE,
        3,
        1,
        ("aiplatform.extra.get",),
    )
    kept = {o.resource.native_id: o.payload.get("$Extra", "absent") for o in seen}
    assert kept == {"a": {"x": 1}, "b": "absent", "c": None}  # of c, the API says that there is none


def test_a_read_that_needs_what_an_item_does_not_have_is_not_made_up() -> None:
    with pytest.raises(CollectError, match="has no kmsKey"):
        filled("/v1/{kmsKey}", {"name": "x"})


METRIC = "aiplatform.googleapis.com/prediction/online/"
SERVED = Question(f"{METRIC}prediction_count", ("resource.label.endpoint_id",), ("$asset.id",))
SERVING = Traffic(
    SERVED,
    latency=replace(SERVED, metric=f"{METRIC}prediction_latencies"),
    errors=replace(SERVED, metric=f"{METRIC}error_count"),
    alive=replace(SERVED, metric=f"{METRIC}replicas"),
)


class Monitoring:
    """Answers in place of a client."""

    def __init__(self, **series: Any) -> None:
        self.memory: dict[tuple[str, ...], Any] = {}
        self.asked: list[str] = []
        self._series = series

    def now(self) -> Any:
        return NOW

    def answers(self, get: Get, values: Any) -> Any:
        metric = str(get.params["filter"]).partition(METRIC)[2].partition('"')[0]
        self.asked.append(metric)
        points = {
            endpoint: [{"interval": {"endTime": str(i)}, "value": {"int64Value": str(v)}} for i, v in enumerate(values)]
            for endpoint, values in self._series.get(metric, {}).items()
        }
        yield {"timeSeries": [{"resource": {"labels": {"endpoint_id": e}}, "points": p} for e, p in points.items()]}


def item(endpoint: str) -> dict[str, Any]:
    return {"$asset": {"id": endpoint}}


def test_silence_is_not_zero_and_zero_is_what_reports_without_requests() -> None:
    reader: Any = Monitoring(
        prediction_count={"busy": [60, 0, 120]},
        prediction_latencies={"busy": [250]},
        replicas={"busy": [1], "idle": [1]},
    )
    items = [item("busy"), item("idle"), item("silent")]
    assert SERVING.add(reader, Scope("gcp", "ml-prod", "global"), items) == {}
    busy, idle, silent = items
    assert (busy[TRAFFIC]["Requests"], busy[TRAFFIC]["PerMinute"]["Max"], busy[TRAFFIC]["Days"]) == (180, 120, DAYS)
    assert busy[TRAFFIC]["Latency"] == {"P50": 0.25, "P99": 0.25}
    assert busy[TRAFFIC]["Errors"] == 0
    assert idle[TRAFFIC]["Requests"] == 0
    assert TRAFFIC not in silent


def test_a_metric_is_asked_for_once_in_a_project_however_many_things_it_tells_of() -> None:
    reader: Any = Monitoring()
    for _ in range(3):
        SERVING.add(reader, Scope("gcp", "ml-prod", "global"), [item("x")])
    assert len(reader.asked) == 5  # of latency, the median and the 99th percentile


@pytest.mark.parametrize(("unit", "value"), [("%", 0.75), ("10^2.%", 75.0), ("By", None), ("", None)])
def test_a_share_is_told_by_the_unit_of_the_answer_or_not_at_all(unit: str, value: float | None) -> None:
    class Shares(Monitoring):
        def answers(self, get: Get, values: Any) -> Any:
            for answer in super().answers(get, values):
                yield {**answer, "unit": unit}

    reader: Any = Shares(prediction_count={"x": [75]})
    items = [item("x"), {**item("x"), "gpu": True}]
    use = Gauges({"Use": replace(SERVED, share=True)}, only="gpu")
    use.add(reader, Scope("gcp", "ml-prod", "global"), items)
    assert "$Metrics" not in items[0]
    assert items[1].get("$Metrics", {}).get("Use") == value


def test_a_metric_that_a_project_never_had_costs_the_other_metrics_nothing() -> None:
    class Missing(Monitoring):
        def answers(self, get: Get, values: Any) -> Any:
            if "predictions" in get.params["filter"]:
                raise CollectError("Cannot find metric(s) that match type", code="NOT_FOUND")
            return super().answers(get, values)

    reader: Any = Missing(prediction_count={"x": [7]})
    known = item("x")
    gaps = Gauges({"Served": SERVED, "Else": replace(SERVED, metric=f"{METRIC}predictions")}).add(
        reader, Scope("gcp", "ml-prod", "global"), [known]
    )
    assert (gaps, known["$Metrics"]) == ({}, {"Served": 7.0})


def test_patience_ends_with_the_seconds_too() -> None:
    slept: list[float] = []
    patience = Patience(seconds=10, clock=lambda: sum(slept), sleep=slept.append, chance=lambda: 1.0)

    def busy() -> None:
        raise BusyError(TransientError("busy"))

    with pytest.raises(TransientError):
        patience.call(busy)
    assert sum(slept) <= 10


def test_a_pace_lets_a_minute_pass() -> None:
    now: list[float] = [0.0]
    pace = Pace(2, clock=lambda: now[0], sleep=lambda s: now.__setitem__(0, now[0] + s))
    for _ in range(5):
        pace.take()
    assert now[0] == 120.0


def test_an_older_form_of_an_error_is_read_too() -> None:
    body = b'{"error": {"code": 403, "message": "Compute Engine API has not been used", "errors": [{"reason": "accessNotConfigured"}]}}'
    found = meaning(refusal_of(403, body), "GET compute.googleapis.com/x", ("compute.zones.list",), "p")
    assert isinstance(found, UnavailableError)
    assert found.needs == ("compute.googleapis.com",)
    assert isinstance(meaning(refusal_of(403, b"<html>"), "c", ("x.y.z",)), DeniedError)
    assert refusal_of(429, b"<html>", "7").wait == 7.0


ACCESS = "accesscontextmanager.googleapis.com/v1/accessPolicies"
PERIMETER = "gcp.accesscontextmanager.service_perimeter"


def guarded(**answers: Any) -> Cloud:
    organization = fixture("gcp.cloudresourcemanager.organization")["assets"]
    policies = fixture("gcp.accesscontextmanager.access_policy")["answers"]
    return Cloud([*PROJECT, *organization], answers={**policies, f"{ACCESS}/990/servicePerimeters": answers})


def test_what_an_organisation_alone_has_is_listed_for_it_and_for_no_project() -> None:
    held = fixture(PERIMETER)["answers"][f"{ACCESS}/990/servicePerimeters"]
    with serve_rest(guarded(**held)) as url, opened(url) as (collector, _):
        coverages, seen = looks(collector, [PERIMETER])
    assert {(account, c.outcome, c.records) for (_, account, _), c in coverages.items()} == {
        ("organizations/1234", Outcome.COMPLETE, 1)
    }
    assert {(r.verb, r.key) for r in seen[0].references} >= {
        ("guards", "//cloudresourcemanager.googleapis.com/projects/480123456789"),
        ("guards", "//cloudresourcemanager.googleapis.com/projects/556"),
        ("part_of", "//accesscontextmanager.googleapis.com/accessPolicies/990"),
    }


def test_a_source_of_projects_says_nothing_of_perimeters() -> None:
    with serve_rest(guarded()) as url, opened(url, parents=["projects/ml-prod"]) as (collector, _):
        coverages, _ = looks(collector, [PERIMETER])
    assert coverages == {}


def test_perimeters_that_may_not_be_read_are_denied_and_check_says_so_of_the_policies() -> None:
    cloud = guarded()
    cloud.answers[ACCESS] = denied("accesscontextmanager.policies.list", "organizations/1234")
    with serve_rest(cloud) as url, opened(url) as (collector, _):
        coverages, _ = looks(collector, [PERIMETER])
        blind = {b.kind: b.error for b in collector.check()}
    assert [c.outcome for c in coverages.values()] == [Outcome.DENIED]
    assert blind["gcp.accesscontextmanager.access_policy"].needs == ("accesscontextmanager.policies.list",)


URL_MAP = "gcp.compute.url_map"
EVERYWHERE = "compute.googleapis.com/compute/v1/projects/ml-prod/aggregated/urlMaps"


def url_map(where: str) -> dict[str, Any]:
    return {
        "name": "serve",
        "selfLink": f"https://www.googleapis.com/compute/v1/projects/ml-prod/{where}/urlMaps/serve",
    }


def scanned_url_maps(**answer: Any) -> tuple[Any, list[Any]]:
    with serve_rest(Cloud(PROJECT, answers={EVERYWHERE: answer})) as url, opened(url) as (collector, _):
        coverages, seen = looks(collector, [URL_MAP])
    (coverage,) = coverages.values()
    return coverage, seen


def test_what_is_listed_over_all_places_stands_where_its_link_says() -> None:
    places = ("global", "regions/us-central1")
    coverage, seen = scanned_url_maps(items={where: {"urlMaps": [url_map(where)]} for where in places})
    assert coverage.outcome is Outcome.COMPLETE
    assert [(o.resource.id, o.resource.scope.place) for o in seen] == [
        ("//compute.googleapis.com/projects/ml-prod/global/urlMaps/serve", "global"),
        ("//compute.googleapis.com/projects/ml-prod/regions/us-central1/urlMaps/serve", "us-central1"),
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"unreachables": ["regions/europe-west4"]},
        {
            "items": {
                "global": {"urlMaps": [url_map("global")]},
                "regions/europe-west4": {"warning": {"code": "UNREACHABLE"}},
            }
        },
    ],
)
def test_a_region_that_a_list_over_all_places_could_not_reach_makes_it_partial(more: Any) -> None:
    coverage, seen = scanned_url_maps(**{"items": {"global": {"urlMaps": [url_map("global")]}}, **more})
    assert (coverage.outcome, len(seen)) == (Outcome.PARTIAL, 1)
    assert "regions/europe-west4" in coverage.reason


def test_a_list_over_all_places_of_another_shape_is_no_empty_list() -> None:
    coverage, _ = scanned_url_maps(items=["urlMaps"])
    assert coverage.outcome is Outcome.FAILED


CONNECTION = "gcp.bigqueryconnection.connection"
CONNECTIONS = "bigqueryconnection.googleapis.com/v1/projects/ml-prod/locations/{}/connections"


def with_dataset_in(location: str) -> Cloud:
    (dataset,) = recorded("gcp.bigquery.dataset").resources
    moved = {**dataset, "resource": {**dataset["resource"], "location": location}}
    cloud = Cloud([*PROJECT, moved, {**moved, "name": f"{moved['name']}-2"}])
    cloud.answers = {CONNECTIONS.format(place): {} for place in ("us", "eu", location)}
    return cloud


def test_connections_of_bigquery_are_asked_for_where_the_project_has_datasets() -> None:
    """BigQuery does not list its places; without datasets the multi-regions remain."""
    cloud = with_dataset_in("europe-west4")
    listed = fixture(CONNECTION)["answers"][CONNECTIONS.format("us")]["connections"]
    cloud.answers[CONNECTIONS.format("europe-west4")] = {"connections": listed}
    with serve_rest(cloud) as url, opened(url) as (collector, _):
        coverages, seen = looks(collector, [CONNECTION])
    assert {place for _, _, place in coverages} == {"us", "eu", "europe-west4"}
    assert {c.outcome for c in coverages.values()} == {Outcome.COMPLETE}
    assert [o.resource.scope.place for o in seen] == ["europe-west4"]


def test_where_not_all_datasets_are_known_no_place_is_taken_for_all() -> None:
    cloud = with_dataset_in("europe-west4")
    cloud.largest_page = 1
    cloud.faults = lambda n: CUT if n > 2 else None
    with serve_rest(cloud) as url, opened(url) as (collector, _):
        coverages, _ = looks(collector, [CONNECTION])
    assert [(place, c.outcome) for (_, _, place), c in coverages.items()] == [("?", Outcome.FAILED)]


@pytest.mark.parametrize(("host", "led"), [({"selfLink": ".../projects/net-host"}, 1), ({}, 0)])
def test_a_project_in_a_shared_network_leads_to_its_host(host: dict[str, str], led: int) -> None:
    cloud = recorded("gcp.cloudresourcemanager.project", "gcp.compute.project")
    call = "compute.googleapis.com/compute/v1/projects/ml-prod/getXpnHost"
    cloud.answers[call] = {k: v.replace("...", "https://www.googleapis.com/compute/v1") for k, v in host.items()}
    with serve_rest(cloud) as url, opened(url) as (collector, _):
        coverages, (project,) = looks(collector, ["gcp.compute.project"])
    assert {c.outcome for c in coverages.values()} == {Outcome.COMPLETE}
    found = [r.key for r in project.references if r.verb == "member_of"]
    assert found == ["//compute.googleapis.com/projects/net-host"] * led
