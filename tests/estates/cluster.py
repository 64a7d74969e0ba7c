"""The Kubernetes part of a made-up estate: a cluster of one of its accounts, objects as the API server gives them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from collectors.kubernetes.edges import CLUSTER_SCOPED
from collectors.kubernetes.facts import payload
from collectors.kubernetes.rows import row_of
from collectors.kubernetes.types import Objects
from normalize.model import Outcome, Scope
from tests.estates.amazon import Amazon, Cell
from tests.estates.world import World

SOURCE = "train"
NAMES = ("namespace", "pod", "deployment", "stateful_set", "job", "service", "config_map", "secret", "service_account", "persistent_volume_claim", "persistent_volume", "storage_class", "node", "ingress", "cron_job", "daemon_set", "replica_set")  # fmt: skip


class Cluster:
    def __init__(self, world: World, amazon: Amazon) -> None:
        self.world = world
        self.cell: Cell = amazon.cells[0]
        self.uid = world.guid()
        self.scope = Scope("kubernetes", self.uid, self.uid)
        self.kinds = {f"k8s.{n}": world.rows[f"k8s.{n}"] for n in NAMES if f"k8s.{n}" in world.rows}
        world.cover(SOURCE, self.scope, ("k8s.cluster", *self.kinds))
        issuer = f"https://oidc.eks.{self.cell.region}.amazonaws.com/id/{world.hex(32).upper()}"
        amazon.eks(self.cell, world.name("k8s"), issuer)
        host = f"10.0.{world.rng.randrange(256)}.1"
        told = {"name": "train", "uid": self.uid, "server": f"https://{host}:6443", "host": host, "issuer": issuer, "version": {"gitVersion": "v1.33.2"}}  # fmt: skip
        world.put(SOURCE, "k8s.cluster", self.scope, told, "GET /version")
        self.amazon = amazon
        self.namespace = world.name("ml")
        self.put("k8s.namespace", self.namespace, {}, labels={"team": "inference"}, namespaced=False)
        for name in ("default", "trainer"):
            self.put("k8s.service_account", name, {"metadata": {"annotations": {"eks.amazonaws.com/role-arn": self.cell.role}}})  # fmt: skip
        self.put("k8s.config_map", "kube-root-ca.crt", {"data": {"ca.crt": "x"}})
        self.put("k8s.config_map", "settings", {"data": {"bucket": self.cell.buckets[0], "uri": f"s3://{self.cell.buckets[0]}/x"}})  # fmt: skip
        self.put("k8s.secret", "hub", {"type": "Opaque", "data": {"token": "aHR0cHM6Ly94"}})
        self.put("k8s.storage_class", "fast", {"provisioner": "ebs.csi.aws.com"}, namespaced=False)
        self.put("k8s.persistent_volume_claim", "weights", {"spec": {"storageClassName": "fast", "accessModes": ["ReadWriteOnce"]}, "status": {"phase": "Bound", "capacity": {"storage": "500Gi"}}})  # fmt: skip
        self.put("k8s.service", "features", {"spec": {"clusterIP": "10.96.0.7", "ports": [{"port": 80}], "selector": {"app": "features"}}})  # fmt: skip
        self.put("k8s.service", "features-db", {"spec": {"clusterIP": "10.96.0.8", "ports": [{"port": 5432}], "selector": {"app": "db"}}})  # fmt: skip
        self.put("k8s.service", "kubernetes", {"metadata": {"namespace": "default"}, "spec": {"clusterIP": "10.96.0.1", "ports": [{"port": 443}]}})  # fmt: skip
        for _ in world.some(1, 3):
            self.node()
            self.serve()
        self._hidden()
        self._decoys()

    def put(self, kind: str, name: str, body: dict[str, Any], *, labels: dict[str, str] | None = None, namespaced: bool = True) -> str:  # fmt: skip
        row = self.world.rows[kind]
        type_: Objects = row.fetch
        meta: dict[str, Any] = {"name": name, "uid": self.world.guid(), "creationTimestamp": "2026-10-02T08:00:00Z", "labels": labels or {}}  # fmt: skip
        if namespaced:
            meta["namespace"] = self.namespace
        meta |= body.pop("metadata", {})
        told, gaps = payload({"metadata": meta, **body}, type_, self.uid, CLUSTER_SCOPED)
        self.world.put(SOURCE, kind, self.scope, told, f"GET {type_.path}", gaps=gaps)
        space = self.namespace if namespaced else ""
        return f"k8s://{self.uid}/{type_.group}/{type_.kind}/{space}/{name}"

    def node(self) -> None:
        ident = self.amazon.instance(self.cell)
        labels = {"node.kubernetes.io/instance-type": "p4d.24xlarge", "nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB", "nvidia.com/gpu.count": "8", "nvidia.com/gpu.memory": "40960"}  # fmt: skip
        self.put("k8s.node", f"ip-10-40-{self.world.rng.randrange(256)}-{self.world.rng.randrange(256)}", {"spec": {"providerID": f"aws:///{self.cell.region}a/{ident}"}, "status": {"capacity": {"nvidia.com/gpu": "8", "cpu": "96"}, "allocatable": {"nvidia.com/gpu": "8"}}}, labels=labels, namespaced=False)  # fmt: skip

    def serve(self, *, image: str = "", env: tuple[tuple[str, str], ...] = (), args: tuple[str, ...] | None = None, labels: dict[str, str] | None = None, spec: dict[str, Any] | None = None, container: dict[str, Any] | None = None) -> str:  # fmt: skip
        """A Deployment that serves a model."""
        name = self.world.name("serve")
        args = ("--model", f"s3://{self.cell.buckets[0]}/llm", "--port", "8000") if args is None else args
        one: dict[str, Any] = {"name": "main", "image": image or self.cell.image(), "command": ["vllm", "serve"], "args": list(args), "env": [{"name": n, "value": v} for n, v in env], "resources": {"limits": {"nvidia.com/gpu": "2"}}}  # fmt: skip
        pod: dict[str, Any] = {"serviceAccountName": "trainer", "containers": [one | (container or {})]} | (spec or {})
        labels = {"app": name, "team": "inference"} if labels is None else labels
        body = {"spec": {"replicas": 2, "selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}}, "spec": pod}}}  # fmt: skip
        return self.put("k8s.deployment", name, body, labels=labels)

    def _hidden(self) -> None:
        w = self.world
        secret, claim, settings, account, service = (w.name("gone") for _ in range(5))
        image, role = self.cell.image(w.name("gone")), f"arn:aws:iam::{self.cell.account}:role/{w.name('gone')}"
        base = f"k8s://{self.uid}//"
        ways: list[tuple[str, str, Callable[[], object]]] = [
            (f"{base}Secret/{self.namespace}/{secret}\n{secret}", "a secret that is not there", lambda: self.serve(container={"envFrom": [{"secretRef": {"name": secret}}]})),
            (f"{base}ConfigMap/{self.namespace}/{settings}\n{settings}", "settings that are not there", lambda: self.serve(container={"envFrom": [{"configMapRef": {"name": settings}}]})),
            (f"{base}PersistentVolumeClaim/{self.namespace}/{claim}\n{claim}", "a claim that is not there", lambda: self.serve(spec={"volumes": [{"name": "w", "persistentVolumeClaim": {"claimName": claim}}]})),
            (f"{base}ServiceAccount/{self.namespace}/{account}\n{account}", "a service account that is not there", lambda: self.serve(spec={"serviceAccountName": account})),
            (f"{base}Service/{self.namespace}/{service}\nhttp://{service}.{self.namespace}.svc.cluster.local:8080", "a service that is not there", lambda: self.serve(env=(("FEATURES_URL", f"http://{service}.{self.namespace}.svc.cluster.local:8080"),))),
            (image, "an image of a repository that is not there", lambda: self.serve(image=image)),
            (role, "a role that is not there", lambda: self.put("k8s.service_account", w.name("sa"), {"metadata": {"annotations": {"eks.amazonaws.com/role-arn": role}}})),
        ]  # fmt: skip
        for handle, about, make in w.rng.sample(ways, w.rng.randint(4, 6)):
            make()
            w.plant("dangling-reference", handle, about)
        public, hub, host = (
            f"docker.io/acme/{w.name('vllm')}",
            f"acme/{w.name('llm')}-8B",
            f"{w.name('vec')}.corp.internal",
        )
        outside: list[tuple[str, str, Callable[[], object]]] = [
            (f"{public}:v0.9", "a public image", lambda: self.serve(image=f"{public}:v0.9")),
            (hub, "a model of a hub", lambda: self.serve(args=("--model", hub))),
            (f"https://{host}/v1", "a host of an inner network", lambda: self.serve(env=(("VECTORS_URL", f"https://{host}/v1"),))),
        ]  # fmt: skip
        for handle, about, make in w.rng.sample(outside, 2):
            make()
            w.plant("external-dependency", handle, about)
        w.plant("workload-incomplete", f"model|{self.serve(args=('--port', '8000'), image=self.cell.image())}", "a server of nobody knows what")  # fmt: skip
        group = f"{w.name('x').replace('-', '')}.example.io"
        row = row_of(Objects(group, "TrainPlan", "trainplans", version="v1"))
        w.rows[row.name] = row
        self.put(row.name, w.name("plan"), {"spec": {}})
        w.plant("unmodelled-type", row.name, "a custom resource that no row describes")
        tracker = f"http://{w.name('mlflow')}.{w.name('other')}.example.net:5000"
        self.serve(env=(("MLFLOW_TRACKING_URI", tracker),))
        w.plant("scope-unscanned", tracker, "a tracking server that no source reads")

    def _decoys(self) -> None:
        w = self.world
        self.serve(container={"envFrom": [{"secretRef": {"name": w.name("maybe"), "optional": True}}, {"configMapRef": {"name": "settings"}}]})  # fmt: skip
        self.serve(spec={"volumes": [{"name": "c", "projected": {"sources": [{"configMap": {"name": "kube-root-ca.crt"}}, {"secret": {"name": w.name("maybe"), "optional": True}}]}}, {"name": "w", "persistentVolumeClaim": {"claimName": "weights"}}]})  # fmt: skip
        self.serve(spec={"serviceAccountName": "default"}, image=f"{self.cell.image()}@sha256:{w.hex(64)}")
        for form in ("http://features", "http://features:80", f"http://features.{self.namespace}", f"features.{self.namespace}.svc:80", f"http://features.{self.namespace}.svc.cluster.local.:80/v1", "postgresql://features-db:5432/f"):  # fmt: skip
            self.serve(env=(("FEATURES_URL", form),))
        self.serve(env=(("POD_IP", "$(POD_IP)"), ("KUBERNETES_SERVICE_HOST", "10.96.0.1"), ("OTEL_HOST", "localhost:4317"), ("LISTEN", "0.0.0.0:8000")))  # fmt: skip
        name = w.name("pod")
        status = {"phase": "Failed", "message": f"secret \"{w.name('deleted')}\" not found; s3://{w.name('deleted')}/x is gone", "containerStatuses": [{"name": "main", "state": {"waiting": {"reason": "ImagePullBackOff", "message": f"Back-off pulling image {self.cell.image(w.name('deleted'))}"}}}]}  # fmt: skip
        self.put("k8s.pod", name, {"spec": {"serviceAccountName": "trainer", "containers": [{"name": "main", "image": self.cell.image()}]}, "status": status})  # fmt: skip
        w.ends(SOURCE, "k8s.ingress", self.scope, Outcome.DENIED, "forbidden", ("rbac:list:networking.k8s.io/ingresses",))  # fmt: skip
        w.plant("coverage-denied", f"k8s.ingress|{self.uid}|{self.uid}", "a listing that was denied")
