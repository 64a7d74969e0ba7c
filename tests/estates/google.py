"""The Google Cloud part of a made-up estate: two projects of an organisation, in the shapes that Cloud Asset Inventory gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from collectors.gcp.rows import raw_row
from normalize.model import Outcome, Scope
from tests.estates.world import World

SOURCE = "ml-org"
CALL = "cloudasset:ListAssets"
KINDS = (
    "gcp.cloudresourcemanager.project", "gcp.storage.bucket", "gcp.compute.instance", "gcp.compute.disk", "gcp.compute.network", "gcp.compute.subnetwork", "gcp.compute.image", "gcp.compute.snapshot",
    "gcp.aiplatform.endpoint", "gcp.aiplatform.model", "gcp.aiplatform.model_version", "gcp.aiplatform.custom_job", "gcp.artifactregistry.repository", "gcp.iam.service_account", "gcp.cloudkms.crypto_key",
    "gcp.container.cluster", "gcp.bigquery.dataset", "gcp.bigquery.table", "gcp.pubsub.topic", "gcp.secretmanager.secret", "gcp.run.service", "gcp.sqladmin.instance",
)  # fmt: skip
OWNED = {"team": "nlp"}


@dataclass
class Project:
    id: str
    number: str
    region: str
    email: str = ""
    key: str = ""
    network: str = ""
    subnet: str = ""
    repository: str = ""
    buckets: list[str] = field(default_factory=list)

    @property
    def scope(self) -> Scope:
        return Scope("gcp", self.id, "global")

    @property
    def zone(self) -> str:
        return f"{self.region}-a"

    def image(self, name: str = "", tag: str = ":7") -> str:
        return f"{self.region}-docker.pkg.dev/{self.id}/{name or self.repository}/serve{tag}"


class Google:
    def __init__(self, world: World) -> None:
        self.world = world
        regions = world.rng.sample(["us-central1", "europe-west4", "asia-east1"], 2)
        self.projects = [Project(f"p-{world.hex(6)}-prod", world.digits(12), region) for region in regions]
        for project in self.projects:
            self._ground(project)
        for project in self.projects:
            self._things(project)
            self._hidden(project)
            self._decoys(project)
        self._organisation()
        self._looks()

    def put(self, p: Project, kind: str, type_: str, path: str, payload: dict[str, Any], *, at: str = "", ident: str = "", age: int = 0) -> None:  # fmt: skip
        """An asset: `path` is its full resource name without //, with the project's id in it."""
        by_number = path.replace(f"projects/{p.id}/", f"projects/{p.number}/")
        own = f"//{by_number if path.startswith(('aiplatform', 'artifactregistry')) else path}"
        place = at or "global"
        asset = {"name": own, "type": type_, "id": ident or path.rpartition("/")[2], "by_id": f"//{path}", "by_number": f"//{by_number}", "project": p.id, "number": p.number, "location": place,
                 "ancestors": [f"projects/{p.number}", "organizations/1234"], "updated": "2026-11-23T10:00:00Z", "parent": f"//cloudresourcemanager.googleapis.com/projects/{p.number}"}  # fmt: skip
        self.world.put(SOURCE, kind, p.scope, payload | {"$asset": asset}, CALL, at=place, age=age)

    def _ground(self, p: Project) -> None:
        w = self.world
        w.cover(SOURCE, p.scope, KINDS)
        p.email = f"{w.name('sa')}@{p.id}.iam.gserviceaccount.com"
        self.account(p, p.email)
        p.key = f"projects/{p.id}/locations/{p.region}/keyRings/ml/cryptoKeys/{w.name('key')}"
        self.put(p, "gcp.cloudkms.crypto_key", "cloudkms.googleapis.com/CryptoKey", f"cloudkms.googleapis.com/{p.key}", {"name": p.key, "purpose": "ENCRYPT_DECRYPT", "createTime": "2025-01-02T03:04:05Z", "primary": {"state": "ENABLED", "name": f"{p.key}/cryptoKeyVersions/1"}}, at=p.region)  # fmt: skip
        p.network, p.subnet = w.name("net"), w.name("subnet")
        net = f"projects/{p.id}/global/networks/{p.network}"
        self.put(p, "gcp.compute.network", "compute.googleapis.com/Network", f"compute.googleapis.com/{net}", {"name": p.network, "selfLink": f"https://www.googleapis.com/compute/v1/{net}", "autoCreateSubnetworks": False})  # fmt: skip
        sub = f"projects/{p.id}/regions/{p.region}/subnetworks/{p.subnet}"
        self.put(p, "gcp.compute.subnetwork", "compute.googleapis.com/Subnetwork", f"compute.googleapis.com/{sub}", {"name": p.subnet, "network": f"https://www.googleapis.com/compute/v1/{net}", "ipCidrRange": "10.8.0.0/20", "region": f"https://www.googleapis.com/compute/v1/projects/{p.id}/regions/{p.region}"}, at=p.region)  # fmt: skip
        p.repository = w.name("images")
        name = f"projects/{p.id}/locations/{p.region}/repositories/{p.repository}"
        self.put(p, "gcp.artifactregistry.repository", "artifactregistry.googleapis.com/Repository", f"artifactregistry.googleapis.com/{name}", {"name": name, "format": "DOCKER", "registryUri": f"{p.region}-docker.pkg.dev/{p.id}/{p.repository}", "sizeBytes": "48318382080", "kmsKeyName": p.key}, at=p.region)  # fmt: skip
        p.buckets = [self.bucket(p) for _ in range(2)]

    def account(self, p: Project, email: str) -> None:
        unique = self.world.digits(21)
        path = f"iam.googleapis.com/projects/{p.id}/serviceAccounts/{unique}"
        self.put(p, "gcp.iam.service_account", "iam.googleapis.com/ServiceAccount", path, {"email": email, "uniqueId": unique, "name": f"projects/{p.id}/serviceAccounts/{email}", "projectId": p.id})  # fmt: skip

    def bucket(self, p: Project, name: str = "", *, measured: bool = True, age: int = 0, **more: Any) -> str:
        name = name or self.world.name("corpus")
        payload: dict[str, Any] = {"name": name, "id": name, "location": p.region.upper(), "storageClass": "STANDARD", "projectNumber": p.number, "encryption": {"defaultKmsKeyName": p.key}, "timeCreated": "2025-01-02T03:04:05Z", "labels": OWNED}  # fmt: skip
        if measured:
            payload["$Metrics"] = {"Bytes": {"STANDARD": 88 * 10**12}, "Objects": 1000}
        self.put(p, "gcp.storage.bucket", "storage.googleapis.com/Bucket", f"storage.googleapis.com/{name}", payload | more, at=p.region, age=age)  # fmt: skip
        return name

    def model(self, p: Project, *, labels: dict[str, str] = OWNED, **more: Any) -> str:
        name = f"projects/{p.number}/locations/{p.region}/models/{self.world.digits(19)}"
        payload = {"name": name, "displayName": self.world.name("model"), "versionId": "1", "artifactUri": f"gs://{p.buckets[0]}/models/1", "containerSpec": {"imageUri": p.image(), "env": []}, "encryptionSpec": {"kmsKeyName": p.key}, "labels": labels}  # fmt: skip
        payload |= more
        path = name.replace(f"projects/{p.number}/", f"projects/{p.id}/")
        self.put(p, "gcp.aiplatform.model", "aiplatform.googleapis.com/Model", f"aiplatform.googleapis.com/{path}", payload, at=p.region)  # fmt: skip
        version = {"name": f"{name}@1", "versionId": "1", "artifactUri": payload["artifactUri"], "containerSpec": payload["containerSpec"], "labels": labels}  # fmt: skip
        self.put(p, "gcp.aiplatform.model_version", "aiplatform.googleapis.com/ModelVersion", f"aiplatform.googleapis.com/{path}@1", version, at=p.region, ident=f"{name.rpartition('/')[2]}@1")  # fmt: skip
        return name

    def endpoint(self, p: Project, model: str, *, traffic: bool = True, labels: dict[str, str] = OWNED, machines: bool = True, **more: Any) -> str:  # fmt: skip
        name = f"projects/{p.number}/locations/{p.region}/endpoints/{self.world.digits(19)}"
        deployed: dict[str, Any] = {"id": "11", "model": model, "modelVersionId": "1", "displayName": "v1", "serviceAccount": p.email}  # fmt: skip
        if machines:
            deployed["dedicatedResources"] = {"minReplicaCount": 1, "maxReplicaCount": 4, "machineSpec": {"machineType": "a2-ultragpu-8g", "acceleratorType": "NVIDIA_A100_80GB", "acceleratorCount": 8}}  # fmt: skip
        payload = {"name": name, "displayName": self.world.name("endpoint"), "deployedModels": [deployed], "trafficSplit": {"11": 100}, "encryptionSpec": {"kmsKeyName": p.key}, "labels": labels, "createTime": "2026-10-02T08:00:00Z", "$Models": [model.partition("@")[0]], "$Versions": [model if "@" in model else f"{model}@1"]}  # fmt: skip
        if traffic:
            payload["$Traffic"] = {"Days": 14, "Requests": 180, "PerMinute": {"P50": 0, "P95": 0, "Max": 120.0}, "Latency": {"P50": 0.25, "P99": 0.25}}  # fmt: skip
        path = name.replace(f"projects/{p.number}/", f"projects/{p.id}/")
        self.put(p, "gcp.aiplatform.endpoint", "aiplatform.googleapis.com/Endpoint", f"aiplatform.googleapis.com/{path}", payload | more, at=p.region)  # fmt: skip
        return f"//aiplatform.googleapis.com/{name}"

    def job(self, p: Project, *, labels: dict[str, str] = OWNED, args: tuple[str, ...] = (), image: str = "", env: tuple[tuple[str, str], ...] = (), **more: Any) -> str:  # fmt: skip
        name = f"projects/{p.number}/locations/{p.region}/customJobs/{self.world.digits(19)}"
        args = args or ("--data", f"gs://{p.buckets[0]}/train/")
        pool = {"replicaCount": "4", "machineSpec": {"machineType": "a2-ultragpu-8g", "acceleratorType": "NVIDIA_A100_80GB", "acceleratorCount": 8},
                "containerSpec": {"imageUri": image or p.image(), "args": list(args), "env": [{"name": n, "value": v} for n, v in env]}}  # fmt: skip
        spec = {"workerPoolSpecs": [pool], "serviceAccount": p.email, "network": f"projects/{p.number}/global/networks/{p.network}", "baseOutputDirectory": {"outputUriPrefix": f"gs://{p.buckets[1]}/out"}}  # fmt: skip
        payload = {"name": name, "displayName": self.world.name("train"), "state": "JOB_STATE_SUCCEEDED", "jobSpec": spec | more.pop("spec", {}), "encryptionSpec": {"kmsKeyName": p.key}, "labels": labels, "createTime": "2026-11-02T08:00:00Z"}  # fmt: skip
        path = name.replace(f"projects/{p.number}/", f"projects/{p.id}/")
        self.put(p, "gcp.aiplatform.custom_job", "aiplatform.googleapis.com/CustomJob", f"aiplatform.googleapis.com/{path}", payload | more, at=p.region)  # fmt: skip
        return f"//aiplatform.googleapis.com/{name}"

    def instance(self, p: Project, *, email: str = "", machine: str = "a2-ultragpu-8g", script: str = "", extra: tuple[str, ...] = ()) -> str:  # fmt: skip
        name, disk = self.world.name("vm"), self.world.name("disk")
        base = f"https://www.googleapis.com/compute/v1/projects/{p.id}"
        self.disk(p, disk, name)
        payload: dict[str, Any] = {
            "name": name, "status": "RUNNING", "machineType": f"{base}/zones/{p.zone}/machineTypes/{machine}", "serviceAccounts": [{"email": email or p.email, "scopes": ["https://www.googleapis.com/auth/cloud-platform"]}],
            "disks": [{"source": f"{base}/zones/{p.zone}/disks/{d}", "type": "PERSISTENT", "boot": d == disk} for d in (disk, *extra)], "labels": OWNED,
            "networkInterfaces": [{"network": f"{base}/global/networks/{p.network}", "subnetwork": f"{base}/regions/{p.region}/subnetworks/{p.subnet}", "networkIP": "10.8.0.7"}],
        }  # fmt: skip
        if script:
            payload["metadata"] = {"items": [{"key": "startup-script", "value": script}]}
        self.put(p, "gcp.compute.instance", "compute.googleapis.com/Instance", f"compute.googleapis.com/projects/{p.id}/zones/{p.zone}/instances/{name}", payload, at=p.zone)  # fmt: skip
        return f"//compute.googleapis.com/projects/{p.id}/zones/{p.zone}/instances/{name}"

    def disk(self, p: Project, name: str, user: str, **more: Any) -> None:
        base = f"https://www.googleapis.com/compute/v1/projects/{p.id}/zones/{p.zone}"
        payload = {"name": name, "sizeGb": "200", "status": "READY", "users": [f"{base}/instances/{user}"], "labels": OWNED, "diskEncryptionKey": {"kmsKeyName": f"{p.key}/cryptoKeyVersions/1"},
                   "sourceImage": "https://www.googleapis.com/compute/v1/projects/deeplearning-platform-release/global/images/common-cu128"}  # fmt: skip
        self.put(p, "gcp.compute.disk", "compute.googleapis.com/Disk", f"compute.googleapis.com/projects/{p.id}/zones/{p.zone}/disks/{name}", payload | more, at=p.zone)  # fmt: skip

    def _things(self, p: Project) -> None:
        for _ in self.world.some(1, 3):
            self.endpoint(p, self.model(p))
        for _ in self.world.some(1, 3):
            self.job(p)
        for _ in self.world.some(1, 3):
            self.instance(p)

    def _hidden(self, p: Project) -> None:
        w = self.world
        email = f"{w.name('gone')}@{p.id}.iam.gserviceaccount.com"
        key = f"projects/{p.id}/locations/{p.region}/keyRings/ml/cryptoKeys/{w.name('gone')}"
        image, disk = p.image(w.name("gone")), w.name("gone")
        model = f"projects/{p.number}/locations/{p.region}/models/{w.digits(19)}"
        link = f"https://www.googleapis.com/compute/v1/projects/{p.id}/zones/{p.zone}/disks/{disk}"
        topic = f"projects/{p.id}/topics/{w.name('gone')}"
        ways: list[tuple[str, str, Callable[[], object]]] = [
            (email, "a service account that is not there", lambda: self.instance(p, email=email)),
            (key, "a key that is not there", lambda: self.bucket(p, encryption={"defaultKmsKeyName": key})),
            (image, "an image of a repository that is not there", lambda: [self.job(p, image=image) for _ in range(2)]),
            (model, "a model that an endpoint serves and that is not there", lambda: self.endpoint(p, model)),
            (link, "a disk that is not there", lambda: self.instance(p, extra=(disk,))),
            (topic, "a topic that is not there", lambda: self.job(p, env=(("TOPIC", topic),))),
        ]  # fmt: skip
        for handle, about, make in w.rng.sample(ways, w.rng.randint(3, 5)):
            make()
            w.plant("dangling-reference", handle, about)
        stranger = f"{w.hex(6)}-vendor"
        bucket, host = w.name("elsewhere"), f"{w.name('db')}.corp.internal"
        foreign, shared = f"{p.region}-docker.pkg.dev/{stranger}/llm/serve:1", f"sa@{stranger}.iam.gserviceaccount.com"
        hub = f"{w.name('org')}/{w.name('llm')}"
        outside: list[tuple[str, str, Callable[[], object]]] = [
            (f"gs://{bucket}/x", "a bucket of nobody that was read", lambda: self.model(p, artifactUri=f"gs://{bucket}/x")),
            (foreign, "an image of another project", lambda: self.job(p, image=foreign)),
            (shared, "a service account of another project", lambda: self.instance(p, email=shared)),
            (f"postgresql://{host}:5432/f", "a host of an inner network", lambda: self.job(p, env=(("DATABASE_URL", f"postgresql://{host}:5432/f"),))),
            (f"hf://{hub}", "a model of a hub", lambda: self.job(p, args=("--base", f"hf://{hub}", f"gs://{p.buckets[0]}/in"))),
        ]  # fmt: skip
        for handle, about, make in w.rng.sample(outside, w.rng.randint(2, 4)):
            make()
            w.plant("external-dependency", handle, about)
        w.plant("evidence-missing", f"size_bytes|//storage.googleapis.com/{self.bucket(p, measured=False)}", "a bucket whose bytes nobody knows")  # fmt: skip
        w.plant("evidence-missing", f"request_count|{self.endpoint(p, self.model(p), traffic=False)}", "an endpoint whose traffic nobody knows")  # fmt: skip
        w.plant("owner-missing", self.endpoint(p, self.model(p, labels={}), labels={}), "an endpoint that nobody answers for")  # fmt: skip
        w.plant("owner-missing", self.job(p, labels={"cost": "4711"}), "a job that nobody answers for")
        w.plant("workload-incomplete", f"data|{self.job(p, args=('--epochs', '3'))}", "a training job without input")
        w.plant("scope-unscanned", self.cluster(p), "a cluster that no source reads")

    def cluster(self, p: Project) -> str:
        name = self.world.name("gke")
        path = f"projects/{p.id}/locations/{p.region}/clusters/{name}"
        payload = {"name": name, "status": "RUNNING", "selfLink": f"https://container.googleapis.com/v1/{path}", "endpoint": f"34.{self.world.rng.randrange(64, 128)}.{self.world.rng.randrange(256)}.{self.world.rng.randrange(1, 255)}", "currentMasterVersion": "1.33.4-gke.1036000", "resourceLabels": OWNED,
                   "networkConfig": {"network": f"projects/{p.id}/global/networks/{p.network}", "subnetwork": f"projects/{p.id}/regions/{p.region}/subnetworks/{p.subnet}"}, "workloadIdentityConfig": {"workloadPool": f"{p.id}.svc.id.goog"}}  # fmt: skip
        self.put(p, "gcp.container.cluster", "container.googleapis.com/Cluster", f"container.googleapis.com/{path}", payload, at=p.region)  # fmt: skip
        return f"//container.googleapis.com/{path}"

    def _decoys(self, p: Project) -> None:
        w = self.world
        bucket = p.buckets[0]
        for form in (f"gs://{bucket}/", f"https://storage.googleapis.com/{bucket}/x", f"https://{bucket}.storage.googleapis.com/x", f"//storage.googleapis.com/{bucket}", f"https://www.googleapis.com/storage/v1/b/{bucket}"):  # fmt: skip
            self.job(p, env=(("CORPUS", form),))
        model = self.model(p)
        self.endpoint(p, model.replace(p.number, p.id))  # by the project's id instead of its number
        self.endpoint(p, model + "@1")
        self.job(p, image=p.image(tag="@sha256:" + w.hex(64)))
        self.job(p, env=(("KEY", f"{p.key}/cryptoKeyVersions/3"), ("KEY_URI", f"gcp-kms://{p.key}")))
        self.instance(p, script=f"#!/bin/bash\ngsutil cp gs://{bucket}/run.sh . && gcloud auth configure-docker {p.region}-docker.pkg.dev\n")  # fmt: skip
        self.instance(p, machine="n2-standard-8")
        default = f"{p.number}-compute@developer.gserviceaccount.com"
        self.account(p, default)
        self.instance(p, email=default)
        gone = w.name("deleted")
        self.job(p, state="JOB_STATE_FAILED", error={"code": 5, "message": f"The bucket gs://{gone}/train does not exist."})  # fmt: skip
        self.job(p, env=(("GOOGLE_API", "https://aiplatform.googleapis.com/v1"), ("AUTH", "https://www.googleapis.com/auth/cloud-platform")))  # fmt: skip
        near = w.name("corpus")
        self.bucket(p, near)
        self.model(p, artifactUri=f"gs://{near}-v2/x")
        w.plant("external-dependency", f"gs://{near}-v2/x", "a bucket that is named almost like one that is there")

    def _organisation(self) -> None:
        w = self.world
        home = self.projects[0]
        unread, deleted = Project(f"p-{w.hex(6)}-dev", w.digits(12), "us-east1"), Project(f"p-{w.hex(6)}-old", w.digits(12), "us-east1")  # fmt: skip
        for p, state in (*((p, "ACTIVE") for p in (*self.projects, unread)), (deleted, "DELETE_REQUESTED")):
            payload = {"projectId": p.id, "projectNumber": p.number, "name": p.id, "lifecycleState": state, "labels": OWNED}  # fmt: skip
            path = f"cloudresourcemanager.googleapis.com/projects/{p.number}"
            asset = {"name": f"//{path}", "type": "cloudresourcemanager.googleapis.com/Project", "id": p.number, "by_id": f"//cloudresourcemanager.googleapis.com/projects/{p.id}", "by_number": f"//{path}", "project": p.id, "number": p.number, "location": "global"}  # fmt: skip
            own = Scope("gcp", p.id, "global")
            if p in self.projects:
                w.put(SOURCE, "gcp.cloudresourcemanager.project", own, payload | {"$asset": asset}, CALL)
            else:  # a look at the organisation shows it, and nobody looks into it
                w.look(SOURCE, "gcp.cloudresourcemanager.project", home.scope).records.append((payload | {"$asset": asset}, CALL, own, ()))  # fmt: skip
                w.plant("scope-unscanned", p.id, "a project of the organisation that nobody reads")
        kind = raw_row("discoveryengine.googleapis.com/NewThing")
        w.rows[kind.name] = kind
        for _ in w.some(1, 3):
            name = f"projects/{home.id}/locations/global/newThings/{w.name('x')}"
            self.put(home, kind.name, "discoveryengine.googleapis.com/NewThing", f"discoveryengine.googleapis.com/{name}", {"name": name})  # fmt: skip
        w.plant("unmodelled-type", kind.name, "a type of Google's that no row describes")

    def _looks(self) -> None:
        w, p = self.world, self.projects[1]
        w.ends(SOURCE, "gcp.secretmanager.secret", p.scope, Outcome.DENIED, "PERMISSION_DENIED", ("cloudasset.assets.listResource",))  # fmt: skip
        w.plant("coverage-denied", f"gcp.secretmanager.secret|{p.id}|global", "a listing that was denied")
        self.job(p, env=(("SECRET", f"projects/{p.id}/secrets/{w.name('unseen')}/versions/latest"),))
        w.ends(SOURCE, "gcp.run.service", p.scope, Outcome.FAILED, "UNAVAILABLE: deadline exceeded")
        w.plant("coverage-failed", f"gcp.run.service|{p.id}|global", "a listing that failed")
        w.ends(SOURCE, "gcp.sqladmin.instance", p.scope, Outcome.UNAVAILABLE, "API is not enabled")
        q = self.projects[0]
        w.ends(SOURCE, "gcp.bigquery.table", q.scope, Outcome.PARTIAL, "cut short")
        w.plant("coverage-partial", f"gcp.bigquery.table|{q.id}|global", "a listing that was cut short")
        self.job(q, env=(("TABLE", f"bq://{q.id}.features.{w.name('t').replace('-', '_')}"),))
        for kind in KINDS:
            w.look(SOURCE, kind, q.scope, age=7)
        named = self.bucket(q, age=7)
        self.job(q, args=("--data", f"gs://{named}/train"))
        w.plant("dangling-reference", f"gs://{named}/train", "a bucket that was there last week")
