"""One tracking server under many addresses, on both databases: joined where a record says so, a gap where none does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from collectors.kubernetes.edges import CLUSTER_SCOPED
from collectors.kubernetes.facts import payload
from collectors.kubernetes.rows import CLUSTER, row_of
from collectors.kubernetes.types import Objects
from collectors.mlflow import open_source
from normalize.mapping import observe
from normalize.model import Coverage, Kind, Observation, Outcome, RawRecord, Scope
from store.database import connect, ensure
from store.gaps import detect
from store.linking import link
from store.reader import Reader
from store.writer import Writer

START = datetime(2026, 11, 24, 4, 15, tzinfo=UTC)
SERVICES = Objects("", "Service", "services", version="v1")
TYPES = {
    "Service": SERVICES,
    "Pod": Objects("", "Pod", "pods", version="v1"),
    "ConfigMap": Objects("", "ConfigMap", "configmaps", version="v1"),
    "Node": Objects("", "Node", "nodes", False, "v1"),
    "Ingress": Objects("networking.k8s.io", "Ingress", "ingresses", version="v1"),
    "HTTPRoute": Objects("gateway.networking.k8s.io", "HTTPRoute", "httproutes", version="v1"),
    "Route": Objects("route.openshift.io", "Route", "routes", version="v1"),
    "VirtualService": Objects("networking.istio.io", "VirtualService", "virtualservices", version="v1"),
}
Made = tuple[str, dict[str, Any]]


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url)
    ensure(engine)
    yield engine
    engine.dispose()


class World:
    """Clusters and tracking servers, taken in as a scan would."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.now = START
        self.writer = Writer(engine, clock=self.tick)

    def tick(self) -> datetime:
        self.now += timedelta(seconds=7)
        return self.now

    def take(
        self,
        clusters: Mapping[str, Sequence[Made]],
        servers: Sequence[Mapping[str, Any]] = (),
        denied: Sequence[str] = (),
    ) -> None:
        names = [*clusters, *(str(s["name"]) for s in servers)]
        run = self.writer.begin(
            sources=[{"name": n, "type": "kubernetes"} for n in names], selection={}, version="0", resume=False
        )
        for source, made in clusters.items():
            self._cluster(run, source, made, denied)
        for settings in servers:
            collector = open_source(settings, clock=self.tick)
            kind = collector.kinds()[0]
            (scope,) = collector.scopes(kind)
            server = collector._server
            raw = {"url": server.uri, "version": "3.17", "$keys": server.keys, "aliases": server.aliases}
            seen = observe(RawRecord(kind.name, scope, raw, collector.source, "GET /version", self.tick()), kind)
            self._commit(run, collector.source, kind, scope, [seen])
        link(self.engine, run)
        detect(self.engine, run, now=self.tick())
        self.writer.finish(run, "complete")

    def _cluster(self, run: str, source: str, made: Sequence[Made], denied: Sequence[str]) -> None:
        uid = f"uid-{source}"
        scope = Scope("kubernetes", uid, uid)
        about = {"uid": uid, "server": f"https://{source}.example:6443", "host": f"{source}.example", "name": source}
        self._commit(run, source, CLUSTER, scope, [self._seen(CLUSTER, scope, source, about)])
        for name, type_ in TYPES.items():
            kind = row_of(type_)
            objects = [payload(obj, type_, uid, CLUSTER_SCOPED)[0] for k, obj in made if k == name]
            outcome = Outcome.DENIED if name in denied else Outcome.COMPLETE
            found = [] if name in denied else [self._seen(kind, scope, source, o) for o in objects]
            self._commit(run, source, kind, scope, found, outcome)

    def _seen(self, kind: Kind, scope: Scope, source: str, raw: dict[str, Any]) -> Observation:
        return observe(RawRecord(kind.name, scope, raw, source, f"GET {kind.name}", self.tick()), kind)

    def _commit(
        self, run: str, source: str, kind: Kind, scope: Scope, found: list[Observation],
        outcome: Outcome = Outcome.COMPLETE,
    ) -> None:  # fmt: skip
        coverage = Coverage(run, source, kind.name, scope, outcome, len(found), 0, 0, self.tick(), self.tick())
        self.writer.commit(run, found, (), coverage)

    def unscanned(self) -> list[dict[str, Any]]:
        return list(Reader(self.engine).gaps(filters={"code": "scope-unscanned"}))

    def codes(self) -> list[str]:
        return sorted(g["code"] for g in Reader(self.engine).gaps())

    def relations(self) -> set[tuple[str, str, str]]:
        return {
            (r["source_id"].rpartition("/")[2], r["verb"], r["target_id"].rpartition("/")[2])
            for r in Reader(self.engine).relations()
        }


@pytest.fixture
def world(engine: Engine) -> Iterator[World]:
    world = World(engine)
    yield world
    world.writer.close()


def made(kind: str, name: str, namespace: str = "ml", notes: dict[str, str] | None = None, **parts: Any) -> Made:
    meta = {"name": name, "uid": f"{kind}-{name}"} | ({"namespace": namespace} if namespace else {})
    return kind, {"metadata": meta | ({"annotations": notes} if notes else {}), **parts}


def service(
    name: str = "mlflow", balancer: dict[str, str] | None = None, notes: dict[str, str] | None = None, **spec: Any
) -> Made:
    ports = [{"name": "http", "port": 5000, "targetPort": 8080, "nodePort": 31500}, {"port": 80, "targetPort": 8080}]
    whole = {"type": "ClusterIP", "clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9"], "ports": ports} | spec
    status = {"loadBalancer": {"ingress": [balancer]} if balancer else {}}
    return made("Service", name, notes=notes, spec=whole, status=status)


def pod(uri: str, name: str = "trainer", namespace: str = "team") -> Made:
    env = [{"name": "MLFLOW_TRACKING_URI", "value": uri}]
    return made("Pod", name, namespace, spec={"containers": [{"name": "c", "image": "x/y", "env": env}]}, status={})


def ingress(host: str = "mlflow.example", backend: str = "mlflow", path: str = "/", name: str = "web") -> Made:
    to = {"service": {"name": backend, "port": {"name": "http"}}}
    rules = [{"host": host, "http": {"paths": [{"path": path, "pathType": "Prefix", "backend": to}]}}]
    return made("Ingress", name, spec={"rules": rules}, status={})


def registry(uri: str, **more: Any) -> dict[str, Any]:
    return {"name": "registry", "tracking_uri": uri, **more}


IN_CLUSTER = (
    "http://mlflow.ml.svc.cluster.local:5000",
    "http://mlflow.ml.svc:5000",
    "http://mlflow.ml:5000/",
    "http://mlflow.ml.svc:80",
    "http://10.96.0.9:5000",
)
NODE = made("Node", "n1", "", status={"addresses": [{"type": "InternalIP", "address": "10.0.0.7"}]}, spec={})
ROUTED: dict[str, tuple[str, Sequence[Made]]] = {
    "load balancer host": (
        "http://lb.example:5000",
        [service(type="LoadBalancer", balancer={"hostname": "lb.example"})],
    ),
    "load balancer address, other port": (
        "http://192.0.2.7",
        [service(type="LoadBalancer", balancer={"ip": "192.0.2.7"})],
    ),
    "external address": ("http://192.0.2.8:5000", [service(externalIPs=["192.0.2.8"])]),
    "node port": ("http://10.0.0.7:31500", [service(), NODE]),
    "ingress": ("https://mlflow.example", [service(), ingress()]),
    "ingress, path with a pattern": (
        "https://mlflow.example/tracking",
        [service(), ingress(path="/tracking(/|$)(.*)"), ingress(backend="home", name="rest"), service("home", clusterIP="10.96.0.10", clusterIPs=["10.96.0.10"])],
    ),
    "gateway route": (
        "https://mlflow.example",
        [
            service(),
            made("HTTPRoute", "r", spec={"hostnames": ["mlflow.example"], "rules": [{"backendRefs": [{"name": "mlflow", "port": 5000}]}]}),
        ],
    ),
    "gateway route from another namespace": (
        "https://mlflow.example",
        [
            service(),
            made("HTTPRoute", "r", "edge", spec={"hostnames": ["mlflow.example"], "rules": [{"backendRefs": [{"name": "mlflow", "namespace": "ml", "port": 5000}]}]}),
        ],
    ),
    "open shift route": (
        "https://mlflow.example",
        [service(), made("Route", "r", spec={"host": "mlflow.example", "to": {"kind": "Service", "name": "mlflow"}, "port": {"targetPort": 8080}})],
    ),
    "istio": (
        "https://mlflow.example",
        [
            service(),
            made("VirtualService", "r", spec={"hosts": ["mlflow.example"], "http": [{"match": [{"uri": {"prefix": "/"}}], "route": [{"destination": {"host": "mlflow", "port": {"number": 5000}}}]}]}),
        ],
    ),
    "external-dns": (
        "http://mlflow.corp.example:5000",
        [service(notes={"external-dns.alpha.kubernetes.io/hostname": "mlflow.corp.example, other.example"})],
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", ROUTED)
def test_a_server_read_where_the_cluster_exposes_it_is_the_one_that_pods_know_by_name(how: str, world: World) -> None:
    uri, exposed = ROUTED[how]
    pods = [pod(known, f"p{i}") for i, known in enumerate((*IN_CLUSTER, uri))]
    world.take({"train": [*exposed, *pods]})
    (gap,) = world.unscanned()
    assert gap["evidence_count"] == len(pods), "one gap for one server"
    world.take({"train": [*exposed, *pods]}, [registry(uri)])
    assert world.unscanned() == []
    (server,) = {r["id"] for r in Reader(world.engine).resources(filters={"kind": "mlflow.server"})}
    found = world.relations()
    assert {s for s, verb, t in found if verb == "mentions" and server.endswith(t)} >= {f"p{i}" for i in range(len(pods))}  # fmt: skip
    assert ("mlflow", "reaches", server.rpartition("/")[2]) in found


def test_a_name_of_one_label_is_the_service_of_the_pods_own_namespace(world: World) -> None:
    pods = [pod("http://mlflow:5000", "near", "ml"), pod("http://mlflow:5000", "far", "team")]
    exposed = service(type="LoadBalancer", balancer={"hostname": "lb.example"})
    world.take({"train": [exposed, *pods]}, [registry("http://lb.example:5000")])
    assert ("near", "mentions", "lb.example:5000") in world.relations()
    assert ("far", "mentions", "lb.example:5000") not in world.relations()
    assert world.codes().count("dangling-reference") == 1, "namespace team has no Service mlflow"
    assert world.unscanned() == []


@pytest.mark.parametrize(
    "exposed",
    [
        [service(), ingress(), ingress(backend="other", name="second"), service("other")],
        [service(), ingress(path="/mlflow")],
        [service(), ingress(path="/oauth2")],
        [service(), made("HTTPRoute", "r", spec={"hostnames": ["mlflow.example"], "rules": [{"backendRefs": [{"name": "mlflow", "port": 5000}, {"name": "canary", "port": 5000}]}]})],
        [service(), made("Route", "r", spec={"host": "mlflow.example", "to": {"name": "mlflow"}, "alternateBackends": [{"name": "b"}], "port": {"targetPort": "http"}})],
    ],
    ids=["two ingresses disagree", "another path", "only the login is routed there", "split", "alternates"],
)  # fmt: skip
def test_a_host_that_may_lead_elsewhere_joins_nothing(exposed: Sequence[Made], world: World) -> None:
    world.take({"train": [*exposed, pod("http://mlflow.ml.svc:5000")]}, [registry("https://mlflow.example")])
    assert len(world.unscanned()) == 1


def test_where_calls_of_clients_arrive_decides_not_where_pages_come_from(world: World) -> None:
    paths = [
        {"path": path, "pathType": "Prefix", "backend": {"service": {"name": name, "port": {"number": 5000}}}}
        for path, name in (("/", "pages"), ("/api", "mlflow"), ("/oauth2", "login"))
    ]
    front = made("Ingress", "web", spec={"rules": [{"host": "mlflow.example", "http": {"paths": paths}}]}, status={})
    world.take({"train": [service(), front, pod("http://mlflow.ml.svc:5000")]}, [registry("https://mlflow.example")])
    assert world.unscanned() == []


def test_the_same_name_in_another_cluster_is_another_server(world: World) -> None:
    exposed = service(type="LoadBalancer", balancer={"hostname": "lb.example"})
    clusters = {"train": [exposed, pod("http://mlflow.ml.svc:5000")], "serve": [service(), pod("http://mlflow.ml.svc:5000")]}  # fmt: skip
    world.take(clusters, [registry("http://lb.example:5000")])
    (gap,) = world.unscanned()
    assert gap["subject"] == "MLflow server http://mlflow.ml.svc:5000 in cluster serve, used by 1 resource"
    assert 'cluster = "serve"' in gap["remedy"]


def test_an_external_name_is_followed(world: World) -> None:
    here = service("tracking", type="ExternalName", externalName="mlflow.corp.example", ports=[], clusterIPs=[], clusterIP="")  # fmt: skip
    world.take({"train": [here, pod("http://tracking.ml.svc:5000")]}, [registry("http://mlflow.corp.example:5000")])
    assert world.unscanned() == []


def test_two_servers_behind_one_host_are_told_apart_by_their_path(world: World) -> None:
    fronts = [ingress(path=f"/{t}", backend=f"mlflow-{t}", name=t) for t in ("a", "b")]
    behind = [service(f"mlflow-{t}", clusterIP=f"10.96.0.{i}", clusterIPs=[f"10.96.0.{i}"]) for i, t in enumerate("ab", 1)]  # fmt: skip
    pods = [pod(f"http://mlflow-{t}.ml.svc:5000", f"p-{t}") for t in "ab"]
    world.take({"train": [*fronts, *behind, *pods]}, [registry("https://mlflow.example/a")])
    (gap,) = world.unscanned()
    assert "mlflow-b" in gap["subject"]


def test_another_port_of_a_service_is_another_server(world: World) -> None:
    exposed = service(type="LoadBalancer", balancer={"hostname": "lb.example"}, ports=[{"port": 5000}, {"port": 5001}])
    world.take({"train": [exposed, pod("http://mlflow.ml.svc:5001")]}, [registry("http://lb.example:5000")])
    assert len(world.unscanned()) == 1


def test_a_service_that_is_not_there_dangles_and_no_server_is_asked_for(world: World) -> None:
    world.take({"train": [service(), pod("http://mlflow-old.ml.svc:5000")]})
    assert world.unscanned() == []
    assert world.codes().count("dangling-reference") == 1


def test_where_services_could_not_be_listed_the_server_stays_unscanned(world: World) -> None:
    world.take({"train": [pod("http://mlflow-old.ml.svc:5000")]}, denied=["Service"])
    assert len(world.unscanned()) == 1
    assert "dangling-reference" not in world.codes()


def test_a_person_may_say_which_server_a_forwarded_port_is(world: World) -> None:
    train = {"train": [service(), ingress(), *(pod(uri, f"p{i}") for i, uri in enumerate(IN_CLUSTER)), pod("https://mlflow.example", "outer")]}  # fmt: skip
    world.take(train, [registry("http://127.0.0.1:5001")])
    (gap,) = world.unscanned()
    assert '    cluster = "train"\n    aliases = ["http://mlflow.ml.svc:5000"]' in gap["remedy"]
    said = registry("http://127.0.0.1:5001", aliases=["http://mlflow.ml.svc:5000"], cluster="train")
    world.take(train, [said])
    assert world.unscanned() == []
    assert {s for s, v, t in world.relations() if v == "mentions" and t == "127.0.0.1:5001"} == {"p0", "p1", "p2", "p3", "p4", "outer"}  # fmt: skip
    assert ("mlflow", "reaches", "127.0.0.1:5001") in world.relations()


def test_an_alias_holds_also_where_services_could_not_be_listed(world: World) -> None:
    said = registry("http://127.0.0.1:5001", aliases=["http://mlflow.ml:5000"], cluster="train")
    world.take({"train": [pod("http://mlflow.ml.svc:5000")]}, [said], denied=["Service"])
    assert world.unscanned() == []


def test_loopback_is_never_the_scanned_server(world: World) -> None:
    world.take({"train": [pod("http://127.0.0.1:5001")]}, [registry("http://127.0.0.1:5001")])
    (gap,) = world.unscanned()
    assert "loopback" in gap["remedy"]


def test_hosts_and_addresses_inside_a_cluster_are_its_services(world: World) -> None:
    env = [{"name": "S3_ENDPOINT", "value": "http://minio.ml:9000"}, {"name": "DB_HOST", "value": "10.96.0.9"}, {"name": "CACHE_URL", "value": "redis://cache:6379"}]  # fmt: skip
    user = made("Pod", "user", spec={"containers": [{"name": "c", "env": env}]}, status={})
    others = [service("minio", clusterIP="None", clusterIPs=["None"]), service("db"), service("cache", clusterIP="None", clusterIPs=["None"])]  # fmt: skip
    world.take({"train": [user, *others], "serve": [service("db")]})
    assert {t for s, v, t in world.relations() if s == "user" and v == "mentions"} == {"minio", "db", "cache"}
    assert len([r for r in Reader(world.engine).relations() if "uid-serve" in r["target_id"]]) == 0
    assert "external-dependency" not in world.codes()


def test_a_host_of_two_labels_without_such_a_service_leads_outside(world: World) -> None:
    env = [{"name": "API_URL", "value": "https://minio.ml:9000"}]
    world.take({"train": [made("Pod", "user", spec={"containers": [{"name": "c", "env": env}]}, status={})]})
    assert world.codes() == ["external-dependency"]


def test_the_own_hosts_of_ingresses_and_load_balancers_are_no_dependencies(world: World) -> None:
    exposed = service(type="LoadBalancer", balancer={"hostname": "x-1.elb.us-west-2.amazonaws.com"})
    front = ingress()
    front[1]["status"] = {"loadBalancer": {"ingress": [{"hostname": "y-1.elb.us-west-2.amazonaws.com"}]}}
    front[1]["spec"]["tls"] = [{"hosts": ["mlflow.example", "*.example"]}]
    world.take({"train": [exposed, front]})
    assert world.codes() == []
