"""Azure Machine Learning as a scan sees it: what lies under every sort of workspace, and what a workspace that refuses costs."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy

import pytest

from collectors.azure.client import Client
from collectors.azure.collector import AzureCollector
from collectors.azure.kinds import KINDS
from collectors.patience import Patience
from discovery.executor import look
from normalize.model import Coverage, Observation, Outcome
from tests.servers.azure_cloud import SUBSCRIPTION, Cloud, Fault, served

ML = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/ml-prod/providers/microsoft.machinelearningservices"
OWN = [k for k in KINDS if k.name.startswith("azure.machinelearning.") or k.name == "azure.resources.location"]
DENIED = Fault(403, "AuthorizationFailed", "does not have authorization")


@pytest.fixture
def estate() -> Cloud:
    cloud = Cloud()
    for kind in OWN:
        cloud.add_fixture(kind.name)
    return cloud


def scanned(cloud: Cloud, *names: str) -> dict[str, tuple[Coverage, list[Observation]]]:
    """Kind, without what all begin with -> what a look at it was worth, and what it saw. Without names, all there is."""
    kinds = [kind for kind in OWN if not names or kind.name.rpartition(".")[2] in names]
    found = {}
    with served(cloud) as base:
        client = Client(endpoint=base, patience=Patience(sleep=lambda _: None))
        collector = AzureCollector("tenant", client, OWN, subscriptions=[SUBSCRIPTION])
        for planned in collector.plan(kinds):
            assert planned.kind is not None
            taken = look(collector, planned, "run", lambda o: o)
            name = planned.kind.name.rpartition(".")[2]
            assert name not in found
            found[name] = taken.coverage, list(taken.observations)
            taken.close()
        collector.close()
    return found


def test_a_hub_has_models_and_computes_like_any_workspace(estate: Cloud) -> None:
    (model,) = estate.answers[f"{ML}/workspaces/train/models"]["value"]
    moved = deepcopy(model) | {"id": f"{ML}/workspaces/foundry-hub/models/chat", "name": "chat"}
    estate.answers[f"{ML}/workspaces/foundry-hub/models"] = {"value": [moved]}
    coverage, seen = scanned(estate, "model")["model"]
    assert coverage.outcome is Outcome.COMPLETE
    assert {o.resource.id for o in seen} == {f"{ML}/workspaces/train/models/ranker", moved["id"]}


def test_a_workspace_that_refuses_its_models_does_not_cost_the_others_their_versions(estate: Cloud) -> None:
    estate.answers[f"{ML}/workspaces/chat/models"] = DENIED
    coverage, seen = scanned(estate, "model_version")["model_version"]
    assert coverage.outcome is Outcome.PARTIAL
    assert "1 of 2 parents could not be read" in coverage.reason
    assert coverage.needs == ("Microsoft.MachineLearningServices/workspaces/models/read",)
    assert [o.resource.id for o in seen] == [f"{ML}/workspaces/train/models/ranker/versions/7"]


def test_each_sort_of_workspace_and_of_compute_is_its_own_kind(estate: Cloud) -> None:
    found = scanned(estate)
    for name in ("workspace", "hub", "project", "feature_store", "compute_cluster", "compute_instance"):
        coverage, seen = found[name]
        assert (coverage.outcome, len(seen)) == (Outcome.COMPLETE, 1), name
    ids = [o.resource.id for _, seen in found.values() for o in seen]
    assert len(ids) == len(set(ids))


def test_what_a_list_tells_is_not_kept_raw_too(estate: Cloud) -> None:
    (model,) = estate.answers[f"{ML}/workspaces/train/models"]["value"]
    type_ = "microsoft.machinelearningservices/workspaces/models"
    rows = estate.rows["resources"]
    assert isinstance(rows, list)
    rows.append(deepcopy(model) | {"type": type_, "subscriptionId": SUBSCRIPTION})
    coverage, seen = scanned(estate)["model"]
    assert (coverage.outcome, len(seen)) == (Outcome.COMPLETE, 1)


def test_no_value_of_an_environment_is_kept_but_what_it_names_is_found(estate: Cloud) -> None:
    _, (seen,) = scanned(estate, "online_deployment")["online_deployment"]
    assert "quite ordinary words" not in repr(seen.payload)
    assert "quite ordinary words" not in repr(seen.resource.attributes)
    assert "azblob://mlprodlake/datasets" in {r.key for r in seen.references}
    assert seen.resource.attributes["keys"] == ["FEATURES_URL", "PEPPER"]


def test_jobs_of_before_the_window_are_kept_as_long_as_they_run(estate: Cloud) -> None:
    path = f"{ML}/workspaces/train/jobs"
    (job,) = (j for j in estate.answers[path]["value"] if j["name"] == "train_1")
    old = deepcopy(job["systemData"]) | {"createdAt": "2020-01-01T00:00:00Z"}
    for name, status in (("long", "Running"), ("over", "Completed")):
        told = {**job["properties"], "status": status}
        later = {**job, "id": f"{path}/{name}", "name": name, "systemData": old, "properties": told}
        estate.answers[path]["value"].append(later)
    coverage, seen = scanned(estate, "command_job")["command_job"]
    assert coverage.outcome is Outcome.COMPLETE
    assert "of what is older, what still runs" in coverage.reason
    assert sorted(o.resource.id.rpartition("/")[2] for o in seen) == ["long", "train_1"]


def test_a_job_of_a_type_that_is_new_is_a_job_of_another_sort(estate: Cloud) -> None:
    path = f"{ML}/workspaces/train/jobs"
    found = {kind: len(seen) for kind, (_, seen) in scanned(estate).items() if kind.endswith("_job")}
    assert sum(found.values()) == len(estate.answers[path]["value"])
    assert set(found.values()) == {1}


def test_a_name_that_is_short_in_its_workspace_leads_where_it_leads_there(estate: Cloud) -> None:
    found = scanned(estate, "command_job", "automl_job")
    job, automl = (found[kind][1][0] for kind in ("command_job", "automl_job"))
    store, data = (
        f"{ML}/workspaces/train/datastores/workspaceblobstore",
        f"{ML}/workspaces/train/data/clicks/versions/12",
    )
    assert {(r.verb, r.key) for r in job.references} >= {("reads_from", store), ("writes_to", store)}
    assert ("reads_from", data) in {(r.verb, r.key) for r in automl.references}


def test_a_job_on_a_cluster_has_the_accelerators_of_all_its_machines(estate: Cloud) -> None:
    _, (seen,) = scanned(estate, "command_job")["command_job"]
    told = seen.resource.attributes
    assert (told["instance_type"], told["instance_count"]) == ("STANDARD_ND96AMSR_A100_V4", 4)
    assert (told["accelerator_count"], told["accelerators"][0]["model"]) == (32, "A100")


def test_a_cluster_that_may_not_be_read_leaves_the_accelerators_unknown_and_says_so(estate: Cloud) -> None:
    estate.answers[f"{ML}/workspaces/train/computes"] = DENIED
    coverage, (seen,) = scanned(estate, "command_job")["command_job"]
    assert "accelerator_count" not in seen.resource.attributes
    assert coverage.gaps == 1
    assert "Microsoft.MachineLearningServices/workspaces/computes/read" in coverage.needs


def test_no_value_of_an_environment_of_a_job_is_kept(estate: Cloud) -> None:
    found = scanned(estate)
    seen = [
        o
        for kind in ("command_job", "sweep_job", "pipeline_job", "automl_job", "spark_job", "schedule")
        for o in found[kind][1]
    ]
    assert len(seen) == 6
    assert "quite ordinary words" not in repr([(o.payload, o.resource.attributes) for o in seen])


def test_quotas_are_asked_for_where_azure_says_that_it_offers_the_service(estate: Cloud) -> None:
    places = f"/subscriptions/{SUBSCRIPTION}/locations"
    (one,) = (place for place in estate.answers[places]["value"] if place["name"] == "eastus")
    estate.answers[places]["value"].append(
        one | {"id": f"{places}/farland", "name": "farland", "displayName": "Far Land"}
    )
    assert scanned(estate, "quota")["quota"][0].outcome is Outcome.COMPLETE
    farland = f"/subscriptions/{SUBSCRIPTION}/providers/microsoft.machinelearningservices/locations/farland/usages"
    estate.answers[farland] = Fault(400, "NoRegisteredProviderFound", "The supported api-versions are '2025-12-01'.")
    assert scanned(estate, "quota")["quota"][0].outcome is Outcome.PARTIAL  # nothing says that it is not offered there
    estate.offered = {"Microsoft.MachineLearningServices": {"locations/usages": ["East US"]}}
    coverage, seen = scanned(estate, "quota")["quota"]
    assert (coverage.outcome, len(seen)) == (Outcome.COMPLETE, 1)


def test_a_list_that_several_kinds_share_is_read_once(estate: Cloud) -> None:
    scanned(estate)
    asked = Counter(path.lower() for path in estate.requests)
    for part in ("jobs", "computes", "models", "schedules"):
        assert asked[f"{ML}/workspaces/train/{part}"] <= 2, (
            part
        )  # computes are asked for by jobs too, for the sizes of machines


def test_a_list_that_failed_for_one_kind_is_asked_for_again(estate: Cloud) -> None:
    jobs = f"{ML}/workspaces/train/jobs"
    first = True

    def fault(number: int, path: str) -> Fault | None:
        nonlocal first
        if path.lower() == jobs and first:
            first = False
            return Fault(409, "Conflict", "not now")
        return None

    estate.fault = fault
    found = scanned(estate, "command_job", "sweep_job")
    assert {kind: coverage.outcome for kind, (coverage, _) in found.items()} == {
        "command_job": Outcome.FAILED,
        "sweep_job": Outcome.COMPLETE,
    }


def test_a_uri_that_names_a_workspace_by_its_guid_leads_to_it(estate: Cloud) -> None:
    guid = "0f0e0d0c-1111-2222-3333-444444444444"
    jobs = estate.answers[f"{ML}/workspaces/train/jobs"]["value"]
    (job,) = (j for j in jobs if j["name"] == "train_1")
    uri = f"azureml://locations/eastus/workspaces/{guid}/data/clicks/versions/12"
    job["properties"]["inputs"] = {"clicks": {"jobInputType": "uri_folder", "uri": uri}}
    found = scanned(estate, "command_job", "workspace")
    (reads,) = (r.key for r in found["command_job"][1][0].references if r.verb == "reads_from")
    assert reads == f"azureml://workspaces/{guid}"
    assert reads in found["workspace"][1][0].aliases
