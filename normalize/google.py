"""Names of Google Cloud: full resource names, links to the API, relative names, service accounts. Pure; knows no keys.

A full resource name is "//SERVICE/PATH". The API's own links ("https://www.googleapis.com/compute/v1/projects/…") and relative
names ("projects/P/locations/L/endpoints/E") say the same with another head, or with none: the service then follows from the
kind of thing that is meant, or from a collection that only one service has.

Source: Cloud Asset Inventory documentation, "Asset names"; API design guide, "Resource names"; read 2026-11-24.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

CONTAINERS = frozenset({"projects", "folders", "organizations", "billingAccounts"})
_PLACES = ("locations", "regions", "zones")
_HOSTS = {"sqladmin": "cloudsql", "bigtableadmin": "bigtable"}
"""Services whose full resource names begin with another name. Source: "Asset names", read 2026-11-24."""
_SERVICES = {"cloudsql": "sqladmin", "sql": "sqladmin", "bigtable": "bigtableadmin"}
_COLLECTIONS: Mapping[str, str] = {
    "keyRings": "cloudkms",
    "secrets": "secretmanager",
    "topics": "pubsub",
    "subscriptions": "pubsub",
    "serviceAccounts": "iam",
    "workloadIdentityPools": "iam",
    "repositories": "artifactregistry",
    "endpoints": "aiplatform",
    "models": "aiplatform",
    "indexEndpoints": "aiplatform",
    "indexes": "aiplatform",
    "customJobs": "aiplatform",
    "hyperparameterTuningJobs": "aiplatform",
    "batchPredictionJobs": "aiplatform",
    "trainingPipelines": "aiplatform",
    "pipelineJobs": "aiplatform",
    "tuningJobs": "aiplatform",
    "nasJobs": "aiplatform",
    "tensorboards": "aiplatform",
    "metadataStores": "aiplatform",
    "featurestores": "aiplatform",
    "featureGroups": "aiplatform",
    "featureOnlineStores": "aiplatform",
    "persistentResources": "aiplatform",
    "deploymentResourcePools": "aiplatform",
    "notebookRuntimeTemplates": "aiplatform",
    "notebookRuntimes": "aiplatform",
    "reasoningEngines": "aiplatform",
    "queuedResources": "tpu",
    "nodes": "tpu",
    "subnetworks": "compute",
    "networks": "compute",
    "machineTypes": "compute",
    "acceleratorTypes": "compute",
    "instanceTemplates": "compute",
    "reservations": "compute",
    "disks": "compute",
    "images": "compute",
    "snapshots": "compute",
    "connectors": "vpcaccess",
    "caPools": "privateca",
}
"""Collections of projects, or of locations in projects, that mean one service wherever a relative name gives no other. Source:
the paths of the APIs' discovery documents, google-api-python-client 2.202; read 2026-11-24. Pub/Sub's and Compute's snapshots
differ in what stands before."""
_NOT_OWN = frozenset(
    {
        "zones", "regions", "locations", "machineTypes", "diskTypes", "storagePoolTypes", "acceleratorTypes", "licenses", "licenseCodes",
        "operations", "publishers", "tensorflowVersions", "runtimeVersions",
    }
)  # fmt: skip
"""Collections of what is Google's own: where things are and of what sort, and the log of changes."""
_SINGULARS = {"addresses": "address", "indexes": "index", "batches": "batch", "corpora": "corpus"}
_NOUNS: Mapping[tuple[str, str], str] = {
    ("iam", "keys"): "service_account_key",
    ("logging", "buckets"): "log_bucket",
    ("logging", "sinks"): "log_sink",
    ("logging", "metrics"): "log_metric",
    ("monitoring", "alertPolicies"): "alert_policy",
    ("aiplatform", "experiments"): "tensorboard_experiment",
    ("appengine", "apps"): "application",
    ("cloudbuild", "triggers"): "build_trigger",
    ("run", "domainmappings"): "domain_mapping",
    ("bigqueryreservation", "assignments"): "reservation_assignment",
    ("dns", "rrsets"): "resource_record_set",
    ("secretmanager", "versions"): "secret_version",
    ("servicemanagement", "services"): "managed_service",
    ("iam", "providers"): "workload_identity_pool_provider",
    ("apigateway", "configs"): "api_config",
}
"""Collections that asset types call otherwise. Source: "Asset names", read 2026-11-24."""
_SINGLE: Mapping[tuple[str, str], str] = {
    ("binaryauthorization", "policy"): "policy",
    ("cloudbilling", "billingInfo"): "project_billing_info",
}
"""Things of which a project has one, so that their names end in a word of their own. Source: the paths of binaryauthorization v1 and
cloudbilling v1, read 2026-11-24."""
_LINK = re.compile(
    r"https://(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)*)\.googleapis\.com/(?:(?P<service>(?!v\d)[a-z]+)/)?"
    r"(?:v\d+\w*|alpha|beta)/(?P<path>(?:projects|folders|organizations)/.+)"
)
_NAME = re.compile(r"//(?P<host>[a-z0-9-]+)\.googleapis\.com/(?P<path>[^\s/][^\s]*)")
_RELATIVE = re.compile(r"(?:projects|folders|organizations)/[^\s/{}$*]+/[A-Za-z]+/[^\s{}$*]+")
_PART = re.compile(r"[^\s{}$*<>\"']+")
_ACCOUNT = re.compile(
    r"(?P<name>[a-z0-9-]+)@(?P<domain>(?P<project>[a-z0-9][a-z0-9.:-]*)\.iam|developer|appspot|cloudservices|[a-z0-9-]+)"
    r"\.gserviceaccount\.com"
)
_AGENT = re.compile(
    r"gcp-(?:sa|gae)-.+|gcp-[a-z-]+|compute-system|container-engine-robot|cloudbuild|cloudservices|gs-project-accounts"
)
_REGION = re.compile(r"[a-z]+-[a-z]+\d+(?:-[a-z])?")


class GoogleName(NamedTuple):
    """A full resource name in parts.

    Attributes:
        service: "compute", without its domain; as asset types have it.
        path: "projects/p/zones/z/instances/i".
    """

    service: str
    path: str

    @property
    def full(self) -> str:
        return f"//{_HOSTS.get(self.service, self.service)}.googleapis.com/{self.path}"

    @property
    def project(self) -> str:
        """Id or number of its project; "" where it has none."""
        head, _, rest = self.path.partition("/")
        return rest.split("/", 1)[0] if head == "projects" else ""

    @property
    def place(self) -> str:
        """Its location, region or zone; "global"; "" where the name does not say."""
        parts = self.path.split("/")
        if "global" in parts[2:3]:
            return "global"
        return next((parts[i + 1] for i in range(2, len(parts) - 1, 2) if parts[i] in _PLACES), "")

    @property
    def is_version(self) -> bool:
        """Whether it names a version of a model: "…/models/123@2"."""
        head, _, last = self.path.rpartition("/")
        return self.service == "aiplatform" and head.endswith("/models") and "@" in last

    @property
    def kind(self) -> str:
        """Kind of the thing, by its collection; "" where the name has none."""
        parts = self.path.split("/")
        if self.service == "storage":
            return "gcp.storage.bucket"
        if len(parts) < 2:
            return ""
        if single := _SINGLE.get((self.service, parts[-1])):
            return f"gcp.{self.service}.{single}"
        if self.service == "cloudresourcemanager":
            return f"gcp.cloudresourcemanager.{singular(parts[0])}"
        if self.is_version:
            return "gcp.aiplatform.model_version"
        return f"gcp.{self.service}.{_NOUNS.get((self.service, parts[-2])) or singular(parts[-2])}"


def snake(word: str) -> str:
    """ "CryptoKey" -> "crypto_key"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", word).lower()


def singular(collection: str) -> str:
    """ "cryptoKeys" -> "crypto_key"."""
    word = snake(collection)
    head, _, last = word.rpartition("_")
    if last.endswith("ies"):
        last = f"{last[:-3]}y"
    else:
        last = _SINGULARS.get(last) or (last[:-1] if last.endswith("s") and not last.endswith("ss") else last)
    return f"{head}_{last}" if head else last


def kind_of_type(asset_type: str) -> str:
    """Our name of an asset type: "compute.googleapis.com/Instance" -> "gcp.compute.instance". Those of Kubernetes keep their group:
    "apps.k8s.io/Deployment" -> "gcp.apps-k8s.deployment"."""
    service, _, noun = asset_type.partition("/")
    service = service.removesuffix(".googleapis.com").removesuffix(".io").replace(".", "-")
    return f"gcp.{service}.{snake(noun)}"


@lru_cache(maxsize=16384)
def google_name(text: str, target: str = "", own: bool = False) -> GoogleName | None:
    """A name of a thing in Google Cloud, in whatever form; None when the text is none.

    Args:
        text: "//SERVICE/PATH", a link to the API, or a relative name.
        target: kind of the thing, which says the service of a relative name.
        own: whether it is a thing's own name. Otherwise it is a mention, in which a version of a key or secret, or what is in a
            repository, means the whole.
    """
    found = _google_name(text, target)
    return found if found is None or own else found._replace(path=_whole(found.service, found.path))


def _google_name(text: str, target: str) -> GoogleName | None:
    if m := _NAME.fullmatch(text):
        return _checked(_SERVICES.get(m["host"], m["host"]), m["path"])
    if m := _LINK.fullmatch(text):
        host = m["host"].rsplit(".", 1)[-1]
        regional = re.fullmatch(rf"(?:{_REGION.pattern})-(?P<service>[a-z]+)", host)
        service = m["service"] or (regional["service"] if regional else host)
        return _checked(_SERVICES.get(service, service), m["path"])
    if not _RELATIVE.fullmatch(text):
        return None
    if target.startswith("gcp."):
        return _checked(target.split(".")[1], text)
    parts = text.split("/")
    at = 4 if len(parts) > 4 and parts[2] in _PLACES else 3 if len(parts) > 3 and parts[2] == "global" else 2
    service = _COLLECTIONS.get(parts[at], "") if len(parts) > at + 1 else ""
    return _checked(service, text) if service else None


def _checked(service: str, path: str) -> GoogleName | None:
    path = re.split(r"[?#]", path, maxsplit=1)[0].rstrip("/")
    if not _PART.fullmatch(path) or (service != "storage" and not _is_thing(service, path.split("/"))):
        return None
    if service == "storage" and path.endswith("/iamPolicy"):  # by which we call the policy of a bucket
        return None
    if service == "artifactregistry":  # "Asset names" writes the former, the API the latter; read 2026-11-24
        path = path.replace("/dockerimages/", "/dockerImages/", 1)
    if service == "container":  # a zonal cluster goes by both
        path = path.replace("/zones/", "/locations/", 1)
    return GoogleName(service, path)


def _whole(service: str, path: str) -> str:
    """What a mention means: a secret or a key whatever version, a repository or one image in it whatever else is in it."""
    if service == "secretmanager":
        return path.partition("/versions/")[0]
    if service == "cloudkms":
        return path.partition("/cryptoKeyVersions/")[0]
    head, found, rest = path.partition("/repositories/")
    repository, *inside = rest.split("/")
    if service != "artifactregistry" or not found or (len(inside) == 2 and inside[0] == "dockerImages"):
        return path
    return f"{head}{found}{repository}"


def _is_thing(service: str, parts: list[str]) -> bool:
    """Whether a path names a thing of somebody's own, and not a collection or a place."""
    if len(parts) == 3 and (service, parts[2]) in _SINGLE:
        return all(parts)
    if "global" in parts[2:3]:
        parts = [*parts[:2], *parts[3:]]
    if len(parts) % 2 or not all(parts) or "publishers" in parts[::2]:
        return False
    return parts[-2] not in _NOT_OWN or (service == "dataplex" and "lakes" in parts)  # a lake's zones are one's own


def service_account(text: str) -> str | None:
    """The e-mail address of a service account of somebody's own; None for those by which Google's services act for a project
    ("service agents"), and for what is no such address. "serviceAccount:" before it is left out."""
    email = text.removeprefix("serviceAccount:")
    m = _ACCOUNT.fullmatch(email)
    if m is None:
        return None
    owner = m["project"] or m["domain"]
    return None if _AGENT.fullmatch(owner) else email


_DEFAULT_ACCOUNT = re.compile(r"(?:(?P<number>\d+)-compute@developer|(?P<id>[a-z0-9-]+)@appspot)\.gserviceaccount\.com")


def service_account_project(email: str) -> str:
    """Id or number of the project that a service account is of; "" where its address does not say. Source: IAM documentation,
    "Types of service accounts", default service accounts, read 2026-11-24."""
    if m := _DEFAULT_ACCOUNT.fullmatch(email):
        return m["number"] or m["id"]
    project = email.removesuffix(".iam.gserviceaccount.com").partition("@")[2]
    return "" if "." in project else project
