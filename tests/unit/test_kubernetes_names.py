"""What objects name in unusual places, and under which addresses they answer, without a server."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from collectors.kubernetes.addresses import addresses
from collectors.kubernetes.edges import CLUSTER_SCOPED, edges
from collectors.kubernetes.external_secrets import entries, stores
from collectors.kubernetes.helm import declared, mentioned
from collectors.kubernetes.types import Objects
from collectors.kubernetes.workloads import facts

ROLE = "arn:aws:iam::111122223333:role/reader"


def meta(name: str = "x", namespace: str = "ml", **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace, **more}}


def said(obj: dict[str, Any], group: str, kind: str) -> dict[str, str]:
    """address -> what it is the same as"""
    _, links = addresses(obj, Objects(group, kind, "things"), "U")
    return {e["key"].removeprefix("at:"): e["value"] for e in links if e["verb"] == "answers_at"}


def test_a_service_states_its_addresses() -> None:
    ports = [{"name": "http", "port": 80, "targetPort": 8080, "nodePort": 31500}, {"port": 5000, "targetPort": 8080}]
    spec = {"clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9", "fd00::9"], "externalIPs": ["192.0.2.8"], "ports": ports}  # fmt: skip
    status = {"loadBalancer": {"ingress": [{"hostname": "LB.example."}, {"ip": "192.0.2.7"}]}}
    obj = {**meta("mlflow"), "spec": spec, "status": status}
    assert said(obj, "", "Service") == {
        "10.96.0.9:*@U": "mlflow.ml.svc:*@U",
        "fd00::9:*@U": "mlflow.ml.svc:*@U",
        "192.0.2.8:*": "mlflow.ml.svc:*@U",
        "lb.example:*": "mlflow.ml.svc:*@U",
        "192.0.2.7:*": "mlflow.ml.svc:*@U",
        "mlflow.ml.svc:http@U": "mlflow.ml.svc:80@U",
        "mlflow.ml.svc:>8080@U": "mlflow.ml.svc:80@U",
        "*:31500@U": "mlflow.ml.svc:80@U",
        "mlflow.ml.svc:5000@U": "mlflow.ml.svc:80@U",
    }
    names, _ = addresses(obj, Objects("", "Service", "services"), "U")
    assert set(names) == {"dns:mlflow.ml@U", "ip:10.96.0.9@U", "ip:fd00::9@U", "ip:192.0.2.8", "dns:lb.example", "ip:192.0.2.7"}  # fmt: skip


@pytest.mark.parametrize("cluster_ip", ["None", "", None])
def test_a_headless_service_has_no_cluster_address(cluster_ip: str | None) -> None:
    assert said({**meta(), "spec": {"clusterIP": cluster_ip, "ports": [{"port": 1}]}}, "", "Service") == {}


def ingress(*paths: tuple[str, str, Any], notes: dict[str, str] | None = None, host: str | None = "h.example") -> dict[str, Any]:  # fmt: skip
    rules = [{"path": p, "pathType": "Prefix", "backend": {"service": {"name": n, "port": port}}} for p, n, port in paths]  # fmt: skip
    status = {"loadBalancer": {"ingress": [{"hostname": "lb.example"}]}}
    rule = {"http": {"paths": rules}} | ({"host": host} if host else {})
    return {**meta(annotations=notes or {}), "spec": {"rules": [rule]}, "status": status}


FIVE, NAMED = {"number": 5000}, {"name": "http"}


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (ingress(("/", "a", FIVE)), {"": "a.ml.svc:5000@U"}),
        (ingress(("", "a", NAMED)), {"": "a.ml.svc:http@U"}),
        (ingress(("/*", "a", FIVE)), {"": "a.ml.svc:5000@U"}),
        (ingress(("/", "a", FIVE), ("/oauth2", "b", FIVE)), {"": "a.ml.svc:5000@U", "/oauth2": "b.ml.svc:5000@U"}),
        (ingress(("/", "a", FIVE), ("/api", "b", FIVE)), {"": "b.ml.svc:5000@U", "/api": "b.ml.svc:5000@U"}),
        (ingress(("/apis", "a", FIVE)), {"/apis": "a.ml.svc:5000@U"}),
        (ingress(("/x(/|$)(.*)", "a", FIVE)), {"/x": "a.ml.svc:5000@U"}),
        (ingress(("/", "redirect", {"name": "use-annotation"})), {}),
        (ingress(("/", "a", FIVE), ("/", "b", FIVE)), {}),
    ],
)
def test_an_ingress_states_where_calls_for_its_hosts_arrive(obj: dict[str, Any], expected: dict[str, str]) -> None:
    found = said(obj, "networking.k8s.io", "Ingress")
    assert found == {f"h.example:{port}{base}": goal for base, goal in expected.items() for port in ("80", "443")}


def test_an_ingress_without_a_host_answers_at_its_load_balancer_and_on_the_ports_it_names() -> None:
    notes = {"alb.ingress.kubernetes.io/listen-ports": '[{"HTTP": 8080}, {"HTTPS": 443}]'}
    found = said(ingress(("/", "a", FIVE), notes=notes, host=None), "networking.k8s.io", "Ingress")
    assert found == {f"lb.example:{port}": "a.ml.svc:5000@U" for port in ("80", "443", "8080")}


@pytest.mark.parametrize("notes", ["{", "[1]", '{"HTTP": 1}', "null"])
def test_a_malformed_annotation_adds_no_ports(notes: str) -> None:
    found = said(ingress(("/", "a", FIVE), notes={"alb.ingress.kubernetes.io/listen-ports": notes}), "networking.k8s.io", "Ingress")  # fmt: skip
    assert set(found) == {"h.example:80", "h.example:443"}


def test_a_host_pattern_is_nobodys_address() -> None:
    assert said(ingress(("/", "a", FIVE), host="*.example"), "networking.k8s.io", "Ingress") == {}


def test_published_names_are_a_services_own() -> None:
    for key in ("external-dns.alpha.kubernetes.io/hostname", "external-dns.kubernetes.io/hostname"):
        obj = {**meta("a", annotations={key: "one.example, two.example"}), "spec": {"ports": []}}
        assert set(said(obj, "", "Service")) == {"one.example:*", "two.example:*"}


def test_a_secret_in_the_json_of_a_login_is_found() -> None:
    note = "alb.ingress.kubernetes.io/auth-idp-oidc"
    for text, keys in ((json.dumps({"secretName": "oidc"}), ["k8s://U//Secret/ml/oidc"]), ("{", []), ("[]", []), ('{"secretName": 1}', [])):  # fmt: skip
        obj = meta(annotations={note: text})
        found = edges(obj, Objects("networking.k8s.io", "Ingress", "ingresses"), "U", CLUSTER_SCOPED)
        assert [e["key"] for e in found] == keys


def test_settings_of_the_gpu_operator_stand_in_its_own_namespace() -> None:
    policy = Objects("nvidia.com", "ClusterPolicy", "clusterpolicies", False)
    obj = {"metadata": {"name": "p"}, "spec": {"dcgmExporter": {"config": {"name": "m"}}}}
    assert edges(obj, policy, "U", CLUSTER_SCOPED) == []
    placed = {**obj, "status": {"namespace": "gpu-operator"}}
    assert [e["key"] for e in edges(placed, policy, "U", CLUSTER_SCOPED)] == ["k8s://U//ConfigMap/gpu-operator/m"]


def test_a_hosted_zone_is_named_by_its_id() -> None:
    solver = {"dns01": {"route53": {"hostedZoneID": "Z0123456789ABCDEFGHIJ"}}}
    obj = {"metadata": {"name": "i"}, "spec": {"acme": {"solvers": [solver, {"dns01": {"route53": {"hostedZoneID": "{{z}}"}}}]}}}  # fmt: skip
    found = edges(obj, Objects("cert-manager.io", "ClusterIssuer", "clusterissuers", False), "U", CLUSTER_SCOPED)
    assert [(e["key"], e["path"]) for e in found] == [
        ("arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ", "$.spec.acme.solvers[0].dns01.route53.hostedZoneID")
    ]


def test_what_a_node_was_made_from_may_be_absent() -> None:
    labels = {"eks.amazonaws.com/nodegroup-image": "ami-0230d56a93dd936ea", "eks.amazonaws.com/sourceLaunchTemplateId": "lt-01b39325e9a6984fa"}  # fmt: skip
    obj = {"metadata": {"name": "n", "labels": labels}}
    found = edges(obj, Objects("", "Node", "nodes", False), "U", CLUSTER_SCOPED)
    assert [(e["verb"], e["key"], e["optional"]) for e in found] == [
        ("started_from", "aws:ami-0230d56a93dd936ea", True),
        ("started_from", "aws:lt-01b39325e9a6984fa", True),
    ]


def store(**aws: Any) -> dict[str, Any]:
    base = {"service": "SecretsManager", "region": "us-west-2", "role": ROLE}
    return {**meta("aws"), "spec": {"provider": {"aws": base | aws}}}


ENTRY = {**meta("e"), "spec": {"secretStoreRef": {"name": "aws"}, "data": [{"remoteRef": {"key": "prod/wandb"}}]}}


@pytest.mark.parametrize(
    ("found_in", "entry", "keys"),
    [
        (store(), ENTRY, ["aws.secretsmanager.secret|111122223333|us-west-2|prod/wandb"]),
        (store(prefix="team/"), ENTRY, ["aws.secretsmanager.secret|111122223333|us-west-2|team/prod/wandb"]),
        (store(service="ParameterStore"), ENTRY, ["aws.ssm.parameter|111122223333|us-west-2|prod/wandb"]),
        (store(role=None), ENTRY, []),
        (store(service="Other"), ENTRY, []),
        ({**meta("other"), "spec": store()["spec"]}, ENTRY, []),
        ({**store(), "metadata": {"name": "aws"}}, ENTRY, []),
    ],
)
def test_an_entry_has_a_key_where_its_store_tells_account_and_region(
    found_in: dict[str, Any], entry: dict[str, Any], keys: list[str]
) -> None:
    assert [e["key"] for e in entries(entry, stores([found_in]))] == keys


def test_an_entry_that_is_an_arn_says_all_itself_and_a_clusters_store_has_no_namespace() -> None:
    arn = "arn:aws:secretsmanager:us-east-1:999988887777:secret:x-AbCdEf"
    spec = {"secretStoreRef": {"kind": "ClusterSecretStore", "name": "aws"}, "dataFrom": [{"extract": {"key": arn}}]}
    of_cluster = {**store(), "metadata": {"name": "aws"}}
    (link,) = entries({**meta("e"), "spec": spec}, stores([of_cluster]))
    assert (link["key"], link["account"], link["path"]) == (arn, "999988887777", "$.spec.dataFrom[0].extract.key")


def release(config: Any, status: str = "deployed", **more: Any) -> dict[str, Any]:
    text = json.dumps({"chart": {"values": {"host": "default.example"}}, "config": config, **more})
    packed = base64.b64encode(base64.b64encode(gzip.compress(text.encode()))).decode()
    return {"metadata": {"labels": {"status": status}}, "type": "helm.sh/release.v1", "data": {"release": packed}}


def test_values_of_the_deployed_release_lead_to_what_they_mention_and_to_no_secret() -> None:
    config = {"db": {"host": "db.internal.example", "password": "hunter2.example.com"}, "bucket": "artifacts-x"}
    assert mentioned(release(config)) == ("dns:db.internal.example", "s3://artifacts-x")
    assert mentioned(release(config, "superseded")) == ()


@pytest.mark.parametrize("data", [{}, {"release": "!"}, {"release": base64.b64encode(b"x").decode()}, {"release": 1}])
def test_a_release_that_cannot_be_read_mentions_nothing(data: dict[str, Any]) -> None:
    assert mentioned({**release({}), "data": data}) == ()


MANIFEST = """---
# Source: mlflow/templates/service.yaml
apiVersion: v1
kind: Service
metadata:
  name: mlflow
  labels: {a: "b"}
spec:
  metadata:
    name: not-this
---
kind: Deployment
apiVersion: "apps/v1"
metadata:

    # where it runs
    namespace: elsewhere
    name: 'web'
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: [}
---
just text
"""


def test_a_deployed_release_declares_what_it_rendered() -> None:
    told = release({}, manifest=MANIFEST, namespace="ml", hooks=[{"manifest": MANIFEST.replace("web", "hook")}])
    assert list(declared(told, CLUSTER_SCOPED)) == [
        ("", "Service", "ml", "mlflow"),
        ("apps", "Deployment", "elsewhere", "web"),
        ("rbac.authorization.k8s.io", "ClusterRole", "", "reader"),
    ]
    assert list(declared(release({}, "superseded", manifest=MANIFEST), CLUSTER_SCOPED)) == []
    assert list(declared({**told, "data": {"release": "!"}}, CLUSTER_SCOPED)) == []


def pods(count: int) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": "c", "image": "x/y", "resources": {"limits": {"nvidia.com/gpu": str(count)}}}]}}  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "desired", "asked"),
    [
        ({"replicas": 2, "leaderWorkerTemplate": {"size": 4, "workerTemplate": pods(8)}}, 8, 64),
        ({"leaderWorkerTemplate": {"size": 3, "leaderTemplate": pods(0), "workerTemplate": pods(8)}}, 3, 16),
        ({"leaderWorkerTemplate": {"workerTemplate": pods(1)}}, 1, 1),
    ],
)
def test_a_leader_worker_set_asks_for_its_leaders_and_workers(spec: dict[str, Any], desired: int, asked: int) -> None:
    found = facts({**meta(), "spec": spec}, "leaderworkerset.x-k8s.io", "LeaderWorkerSet")
    assert (found["desired_count"], found["accelerator_requested_count"]) == (desired, asked)


def test_a_job_set_asks_for_all_its_jobs() -> None:
    jobs = [{"replicas": 2, "template": {"spec": {"parallelism": 4, "template": pods(8)}}}, {"template": {"spec": {"template": pods(1)}}}]  # fmt: skip
    found = facts({**meta(), "spec": {"replicatedJobs": jobs}}, "jobset.x-k8s.io", "JobSet")
    assert (found["desired_count"], found["accelerator_requested_count"]) == (9, 65)
