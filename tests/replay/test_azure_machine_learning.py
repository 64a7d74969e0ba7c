"""Azure Machine Learning as a scan sees it: what lies under every sort of workspace, and what a workspace that refuses costs."""

from __future__ import annotations

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
OWN = [kind for kind in KINDS if kind.name.startswith("azure.machinelearning.")]
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
    assert "azblob://mlprodlake/ranker" in {r.key for r in seen.references}
    assert seen.resource.attributes["keys"] == ["FEATURES_URL", "PEPPER"]
