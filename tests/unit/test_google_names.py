"""Names in Google Cloud: one thing has one key, whichever form names it; what is nobody's own names nothing."""

from __future__ import annotations

import pytest

from normalize.google import kind_of_type, service_account, service_account_project, singular
from normalize.identity import canonical, gcp_name, identity_keys, image_name, uri_name
from normalize.model import Scope
from normalize.references import declared, mentions

INSTANCE = "//compute.googleapis.com/projects/p/zones/z/instances/i"
ENDPOINT = "//aiplatform.googleapis.com/projects/12/locations/us-central1/endpoints/5"
KEY = "//cloudkms.googleapis.com/projects/p/locations/us/keyRings/r/cryptoKeys/k"
CLUSTER = "//container.googleapis.com/projects/p/locations/z/clusters/c"
EMAIL = "train@p.iam.gserviceaccount.com"
ACCOUNT = f"//iam.googleapis.com/projects/-/serviceAccounts/{EMAIL}"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (INSTANCE, INSTANCE),
        ("https://www.googleapis.com/compute/v1/projects/p/zones/z/instances/i", INSTANCE),
        ("https://compute.googleapis.com/compute/beta/projects/p/zones/z/instances/i", INSTANCE),
        ("projects/12/locations/us-central1/endpoints/5", ENDPOINT),
        ("https://us-central1-aiplatform.googleapis.com/v1/projects/12/locations/us-central1/endpoints/5", ENDPOINT),
        (f"{KEY}/cryptoKeyVersions/3", KEY),
        ("projects/p/locations/us/keyRings/r/cryptoKeys/k/cryptoKeyVersions/3", KEY),
        ("https://container.googleapis.com/v1/projects/p/zones/z/clusters/c", CLUSTER),
        ("projects/p/secrets/s/versions/latest", "//secretmanager.googleapis.com/projects/p/secrets/s"),
        ("//cloudsql.googleapis.com/projects/p/instances/i", "//cloudsql.googleapis.com/projects/p/instances/i"),
        ("https://sqladmin.googleapis.com/sql/v1beta4/projects/p/instances/i", "//cloudsql.googleapis.com/projects/p/instances/i"),
        ("//storage.googleapis.com/corpus", "gs://corpus"),
        (EMAIL, ACCOUNT),
        (f"serviceAccount:{EMAIL}", ACCOUNT),
        (f"projects/p/serviceAccounts/{EMAIL}", ACCOUNT),
        ("projects/p/locations/us/repositories/r/packages/i/versions/1", "//artifactregistry.googleapis.com/projects/p/locations/us/repositories/r"),
        (
            "//artifactregistry.googleapis.com/projects/p/locations/us/repositories/r/dockerimages/i@sha256:1",
            "//artifactregistry.googleapis.com/projects/p/locations/us/repositories/r/dockerImages/i@sha256:1",
        ),
        ("//dataplex.googleapis.com/projects/p/locations/l/lakes/k/zones/z", "//dataplex.googleapis.com/projects/p/locations/l/lakes/k/zones/z"),
    ],
)  # fmt: skip
def test_every_form_of_a_name_gives_its_one_key(text: str, key: str) -> None:
    named = gcp_name(text)
    assert named is not None
    assert named.key == key


@pytest.mark.parametrize(
    "name",
    [
        f"{KEY}/cryptoKeyVersions/3",
        "//secretmanager.googleapis.com/projects/p/secrets/s/versions/1",
        "//artifactregistry.googleapis.com/projects/p/locations/us/repositories/r/mavenArtifacts/a",
    ],
)
def test_a_version_is_mentioned_for_the_whole_but_does_not_go_by_its_name(name: str) -> None:
    mentioned = gcp_name(name)
    assert mentioned is not None
    assert name.startswith(f"{mentioned.key}/")
    assert identity_keys(name) == (name,)
    assert canonical("gcp", name) == name


@pytest.mark.parametrize(
    "text",
    [
        "https://www.googleapis.com/auth/cloud-platform",
        "https://www.googleapis.com/compute/v1/projects/p/zones/z",
        "https://www.googleapis.com/compute/v1/projects/p/zones/z/machineTypes/n2-standard-8",
        "https://www.googleapis.com/compute/v1/projects/p/zones/z/storagePoolTypes/hyperdisk-balanced",
        "//storage.googleapis.com/b/iamPolicy",
        "projects/p/locations/us-central1",
        "projects/p/locations/us-central1/publishers/google/models/gemini-2.5-pro",
        "projects/{project}/secrets/{name}",
        "service-12@gcp-sa-aiplatform.iam.gserviceaccount.com",
        "12@cloudservices.gserviceaccount.com",
        "projects/p/locations/l/instances/i",  # of a dozen services
        "someone@example.com",
    ],
)
def test_places_sorts_agents_and_ambiguous_names_name_nothing(text: str) -> None:
    assert gcp_name(text) is None


def test_the_kind_that_is_meant_says_the_service_of_a_relative_name() -> None:
    scope = Scope("gcp", "p", "us")
    found = declared("projects/p/locations/l/instances/i", "gcp.file.instance", "account", scope)
    assert found.key == "//file.googleapis.com/projects/p/locations/l/instances/i"


@pytest.mark.parametrize(
    ("name", "text", "key"),
    [
        ("network", "https://www.googleapis.com/compute/v1/projects/p/global/networks/n", "//compute.googleapis.com/projects/p/global/networks/n"),
        ("model", "projects/12/locations/us-central1/models/7", "//aiplatform.googleapis.com/projects/12/locations/us-central1/models/7"),
        ("email", EMAIL, ACCOUNT),
        ("x", "[redacted; mentions //iam.googleapis.com/projects/-/serviceAccounts/train@p.iam.gserviceaccount.com]", ACCOUNT),
    ],
)  # fmt: skip
def test_names_are_found_in_payloads(name: str, text: str, key: str) -> None:
    assert [m.name.key for m in mentions(text, name)] == [key]


def test_a_link_to_the_api_that_names_no_thing_is_no_dependency() -> None:
    assert mentions("https://www.googleapis.com/compute/v1/projects/p/zones/z", "zone") == ()
    assert mentions("https://www.googleapis.com/auth/cloud-platform", "scope") == ()


def test_a_thing_is_found_by_what_it_is_folded_to() -> None:
    assert identity_keys("//storage.googleapis.com/corpus") == ("//storage.googleapis.com/corpus", "gs://corpus")
    assert identity_keys(INSTANCE) == (INSTANCE,)
    assert uri_name("https://storage.googleapis.com/news/a.json") == gcp_name("//storage.googleapis.com/news")


def test_an_image_of_artifact_registry_is_its_repositorys() -> None:
    found = image_name("us-docker.pkg.dev/ml-prod/serving/vllm:0.9")
    assert found is not None
    assert (found.key, found.target, found.account) == ("image://us-docker.pkg.dev/ml-prod/serving", "gcp.artifactregistry.repository", "ml-prod")  # fmt: skip


def test_kinds_follow_from_types_and_collections_alike() -> None:
    assert kind_of_type("compute.googleapis.com/BackendService") == "gcp.compute.backend_service"
    assert kind_of_type("apps.k8s.io/Deployment") == "gcp.apps-k8s.deployment"
    assert [singular(c) for c in ("backendServices", "policies", "indexes", "addresses")] == ["backend_service", "policy", "index", "address"]  # fmt: skip
    assert service_account("12-compute@developer.gserviceaccount.com") == "12-compute@developer.gserviceaccount.com"


def test_a_version_of_a_model_is_a_thing_of_its_own() -> None:
    model = "projects/12/locations/us-central1/models/7"
    named = declared(f"{model}@2", "gcp.aiplatform.model", "place", Scope("gcp", "p", "us-central1"))
    assert (named.key, named.target) == (f"//aiplatform.googleapis.com/{model}@2", "gcp.aiplatform.model_version")
    assert (
        declared(model, "gcp.aiplatform.model", "place", Scope("gcp", "p", "us-central1")).target
        == "gcp.aiplatform.model"
    )


@pytest.mark.parametrize(
    ("email", "project"),
    [
        ("480123456789-compute@developer.gserviceaccount.com", "480123456789"),
        ("ml-prod@appspot.gserviceaccount.com", "ml-prod"),
        ("train@ml-prod.iam.gserviceaccount.com", "ml-prod"),
        ("train@ml-prod.example.com.iam.gserviceaccount.com", ""),
    ],
)
def test_a_service_account_says_whose_it_is(email: str, project: str) -> None:
    assert service_account_project(email) == project
