"""The Kubernetes collector over recorded responses of a real API server, judged by what that cluster is known to hold."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from collectors.kubernetes import kind_rows, open_source
from normalize.errors import CollectError, ConfigError, DeniedError, TransientError
from normalize.identity import (
    AWS_SHORT_ID,
    arn_name,
    aws_short_name,
    bucket_name,
    host_name,
    image_name,
    kubernetes_id,
    uri_name,
)
from normalize.mapping import observe
from normalize.model import Category, Kind, Observation, RawRecord
from tests.servers.kubernetes_replay import Replay

FOLDER = Path(__file__).parent.parent / "fixtures" / "kubernetes-train"
TRUTH = json.loads(gzip.decompress((FOLDER / "truth.json.gz").read_bytes()))
UID = TRUTH["cluster"]["uid"]
SILENT = "k8s.external.metrics.k8s.io.v1beta1"


@dataclass
class Scan:
    kinds: list[Kind]
    records: list[tuple[Kind, RawRecord]] = field(default_factory=list)
    errors: dict[str, CollectError] = field(default_factory=dict)

    def ids(self) -> Counter[str]:
        return Counter(observe(raw, kind).resource.id for kind, raw in self.records if kind.name != "k8s.cluster")


def source(replay: Replay, tmp_path: Path, **settings: Any) -> Any:
    kubeconfig = replay.write_kubeconfig(tmp_path / "kubeconfig")
    return open_source({"name": "train", "kubeconfig": kubeconfig, **settings})


def scan(replay: Replay, tmp_path: Path) -> Scan:
    collector = source(replay, tmp_path)

    def one(kind: Kind) -> tuple[list[tuple[Kind, RawRecord]], CollectError | None]:
        found: list[tuple[Kind, RawRecord]] = []
        try:
            for scope in collector.scopes(kind):
                found.extend((kind, raw) for raw in collector.collect(kind, scope))
        except CollectError as error:
            return found, error
        return found, None

    try:
        result = Scan(list(collector.kinds()))
        with ThreadPoolExecutor(16) as pool:
            for kind, (found, error) in zip(result.kinds, pool.map(one, result.kinds), strict=True):
                result.records += found
                if error:
                    result.errors[kind.name] = error
    finally:
        collector.close()
    return result


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Scan, Replay]]:
    with Replay(FOLDER) as replay:
        yield scan(replay, tmp_path_factory.mktemp("whole")), replay


@pytest.fixture(scope="module")
def seen(whole: tuple[Scan, Replay]) -> dict[str, Observation]:
    return {(o := observe(raw, kind)).resource.id: o for kind, raw in whole[0].records}


def id_of(thing: dict[str, str]) -> str:
    return kubernetes_id(UID, thing["group"], thing["kind"], thing["namespace"], thing["name"])


OBJECTS = {id_of(o) for o in TRUTH["objects"]}
PODS = {i for i in OBJECTS if "//Pod/" in i}


def test_every_object_is_yielded_exactly_once(whole: tuple[Scan, Replay]) -> None:
    assert whole[0].ids() == Counter(OBJECTS)


def test_a_group_that_does_not_answer_is_an_error_not_silence(whole: tuple[Scan, Replay]) -> None:
    errors = whole[0].errors
    assert list(errors) == [SILENT]
    assert isinstance(errors[SILENT], TransientError)


def test_every_request_is_a_read(whole: tuple[Scan, Replay]) -> None:
    assert {r.method for r in whole[1].requests} == {"GET"}


def test_no_record_has_gaps_or_misfits(seen: dict[str, Observation]) -> None:
    assert [(i, o.gaps, o.misfits) for i, o in seen.items() if o.gaps or o.misfits] == []


def test_kind_names_are_unique_and_types_without_a_row_are_kept_raw(whole: tuple[Scan, Replay]) -> None:
    kinds = {k.name: k for k in whole[0].kinds}
    assert len(kinds) == len(whole[0].kinds)
    assert kinds["k8s.job"].fetch.group == "batch"
    assert kinds["k8s.volcano.job"].fetch.group == "batch.volcano.sh"
    assert kinds["k8s.kubeflow.mpi_job"].fetch.version == "v2beta1"
    assert kinds["k8s.lease.northlake.example.curriculum"].category is Category.UNMODELLED
    assert not {k for k in kinds if "event" in k or "component_status" in k}


def test_the_cluster_is_a_record_of_its_own(seen: dict[str, Observation]) -> None:
    cluster = seen[f"k8s://{UID}"].resource
    assert (cluster.kind, cluster.name, cluster.attributes["kubernetes_version"]) == ("k8s.cluster", "train", "v1.36.2")


@pytest.mark.parametrize("node", TRUTH["nodes"], ids=lambda n: n["name"])
def test_accelerators_of_a_node_are_its_physical_devices(node: dict[str, Any], seen: dict[str, Observation]) -> None:
    known = seen[kubernetes_id(UID, "", "Node", "", node["name"])].resource.attributes
    expected = [(a["vendor"], a["model"], a["physical"]) for a in node["accelerators"]]
    if node["name"].startswith("mi-") or node["accelerators"] or "accelerators" in known:
        assert [(a["vendor"], a["model"], a["count"]) for a in known["accelerators"]] == expected
    assert known["accelerator_count"] == sum(n for _, _, n in expected)


OUTSIDE_COUNT = {
    "llm-eval-dra": "claims devices through a ResourceClaimTemplate",
    "lr-search": "the trial template, an object inside of the experiment, asks for them",
}


def test_workloads_ask_for_what_they_ask_for(seen: dict[str, Observation]) -> None:
    wrong = {}
    for workload in TRUTH["workloads"]:
        resource = seen[id_of(workload)].resource
        expected = workload.get("accelerators", {}).get("total", 0)
        if resource.attributes.get("accelerator_requested_count", 0) != expected:
            wrong[workload["name"]] = resource.attributes.get("accelerator_requested_count", "unknown")
    assert wrong == dict.fromkeys(OUTSIDE_COUNT, "unknown")


def relation_id(text: str) -> str:
    """ "apps/Deployment:ns/name" as an id. RBAC names may hold slashes' neighbours, never slashes."""
    kind, _, name = text.partition(":")
    group, _, kind = kind.rpartition("/")
    scoped = not (group == "rbac.authorization.k8s.io" and kind.startswith("Cluster"))
    namespace, _, name = name.rpartition("/") if scoped and "/" in name else ("", "", name)
    return kubernetes_id(UID, group, kind, namespace, name)


def test_workloads_are_known_for_what_they_do(seen: dict[str, Observation]) -> None:
    wrong = {}
    for workload in TRUTH["workloads"]:
        attributes = seen[id_of(workload)].resource.attributes
        if attributes.get("workload_type") != workload["type"]:
            wrong[workload["name"]] = attributes.get("workload_type", "unknown")
    assert wrong == {"c4-de-lease-0001": "unknown"}  # of a type that only this cluster has


def test_a_model_that_is_loaded_is_joined_to_where_it_comes_from(seen: dict[str, Observation]) -> None:
    loaded = {(o.resource.name, r.key) for o in seen.values() for r in o.references if r.verb == "loads"}
    assert loaded >= {
        ("llm-eval-dra", "hf://mistralai/Mistral-7B-v0.3"),
        ("scaled-to-zero", "s3://nl-model-registry"),
        ("triton-detect", "s3://nl-vision-models"),
    }


def test_every_known_edge_is_found_by_its_field(seen: dict[str, Observation]) -> None:
    missing = []
    for source_, verb, target, _, path, *_ in TRUTH["relations"]:
        record = seen[relation_id(source_)]
        key = relation_id(target)
        by_field = [e for e in record.payload["$links"] if e["key"] == key and e["path"].startswith(f"$.{path}")]
        referenced = any((r.verb, r.key) == (verb, key) for r in record.references)
        if not by_field or not referenced:
            missing.append((source_, verb, target, path))
    assert missing == []


def test_optional_edges_are_marked_and_others_are_not(seen: dict[str, Observation]) -> None:
    for source_, verb, target, _, _, *flags in TRUTH["relations"]:
        record = seen[relation_id(source_)]
        found = {(r.verb, r.key): r for r in record.references}
        by_design = bool(flags) or "kubernetes.io/bootstrapping" in record.resource.tags
        assert found[verb, relation_id(target)].optional == by_design, (source_, target)


def test_an_edge_dangles_exactly_where_its_target_is_absent(seen: dict[str, Observation]) -> None:
    keys = {key for o in seen.values() for key in o.aliases}
    for source_, _, target, exists, *_ in TRUTH["relations"]:
        assert (relation_id(target) in keys) == exists, (source_, target)


NOT_RECOGNISED = {"r072": "a log group by bare name: of which account, nothing in the cluster tells"}


def names_in(value: str) -> set[str]:
    short = AWS_SHORT_ID.search(value)
    names = (
        arn_name(value),
        uri_name(value if "://" in value else f"https://{value}"),
        uri_name(f"nfs://{value}"),
        uri_name(f"hf://{value}"),
        image_name(value),
        host_name(re.sub(r":\d+$", "", value)),
        bucket_name("s3", value),
        aws_short_name(short[0]) if short else None,
    )
    return {n.key for n in names if n}


def test_planted_references_are_recognised(seen: dict[str, Observation]) -> None:
    missed = set()
    for planted in TRUTH["references"]:
        record, value = seen[id_of(planted["source"])], planted["value"]
        keys = {r.key for r in record.references} | set(record.aliases)
        host = re.sub(r"^\w+://|:\d+$", "", value)
        in_cluster = any(k.startswith("k8s://") and k.endswith((f"/{value}", f"/{host.split('.')[0]}")) for k in keys)
        server = any(k.startswith("mlflow-server:") and host.removesuffix(".cluster.local") in k for k in keys)
        native = any(k.endswith((f"|{value}", f"hostedzone/{value}")) for k in keys)
        if not (names_in(value) & keys or in_cluster or server or native):
            missed.add(planted["id"])
    assert missed == set(NOT_RECOGNISED)


def everything(seen: dict[str, Observation]) -> str:
    return "\n".join(f"{json.dumps(o.payload, ensure_ascii=False)} {o!r}" for o in seen.values())


def test_no_planted_secret_leaves_the_collector(seen: dict[str, Observation]) -> None:
    text = everything(seen)
    planted = {probe for s in TRUTH["secrets"] for probe in (s["value"], *s["probes"])}
    assert [probe for probe in planted if probe in text] == []


def test_values_that_only_look_like_secrets_are_kept(seen: dict[str, Observation]) -> None:
    text = everything(seen)
    assert [d["value"] for d in TRUTH["decoys"] if d["value"] not in text] == []


def test_secrets_and_config_maps_are_known_by_name_and_key(seen: dict[str, Observation]) -> None:
    secret = seen[kubernetes_id(UID, "", "Secret", "team-vision", "s3-creds")]
    assert secret.resource.attributes["keys"] == ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
    assert set(secret.payload["data"].values()) == {"[redacted]"}
    settings = seen[kubernetes_id(UID, "", "ConfigMap", "kubeflow", "pipeline-install-config")]
    assert settings.payload["data"]["mlmdDb"] == "[redacted]"
    helm = seen[kubernetes_id(UID, "", "Secret", "mlflow", "sh.helm.release.v1.mlflow.v7")]
    known = "[redacted; mentions s3://nl-mlflow-artifacts dns:mlflow-meta.cx7y2k9q1abc.us-west-2.rds.amazonaws.com]"
    assert helm.payload["data"] == {"release": known}


def test_copies_of_the_object_inside_itself_are_dropped(seen: dict[str, Observation]) -> None:
    assert [i for i, o in seen.items() if "managedFields" in (o.payload.get("metadata") or {})] == []
    assert "last-applied-configuration" not in everything(seen)


def test_a_node_is_joined_to_its_instance_and_its_host(seen: dict[str, Observation]) -> None:
    node = seen[kubernetes_id(UID, "", "Node", "", "ip-10-20-50-5.us-west-2.compute.internal")]
    same = [(r.key, r.target, r.path, r.optional) for r in node.references if r.verb == "same_as"]
    machine = node.payload["status"]["nodeInfo"]["machineID"]
    assert same == [
        ("aws:i-0331650b580cab7db", "aws.ec2.instance", "$.spec.providerID", False),
        (f"host://{machine}", "host.machine", "$.status.nodeInfo.machineID", True),
    ]


def test_whole_and_aggregated_discovery_find_the_same_types(whole: tuple[Scan, Replay], tmp_path: Path) -> None:
    with Replay(FOLDER, aggregated=False) as replay:
        collector = source(replay, tmp_path)
        kinds = {k.name: k.fetch for k in collector.kinds()}
        collector.close()
    known = {k.name: k.fetch for k in whole[0].kinds}
    assert set(kinds) == set(known)
    assert {n: f for n, f in kinds.items() if n != SILENT} == {n: f for n, f in known.items() if n != SILENT}


def test_denied_is_not_empty(tmp_path: Path) -> None:
    with Replay(FOLDER, deny={"secrets", "nodes", "pytorchjobs.kubeflow.org"}) as replay:
        result = scan(replay, tmp_path)
    denied = {n: e.needs for n, e in result.errors.items() if isinstance(e, DeniedError)}
    assert denied == {
        "k8s.secret": ("rbac:list:/secrets",),
        "k8s.node": ("rbac:list:/nodes",),
        "k8s.kubeflow.py_torch_job": ("rbac:list:kubeflow.org/pytorchjobs",),
    }
    blind = {i for i in OBJECTS if re.match(rf"k8s://{UID}/(?:/Secret|/Node|kubeflow.org/PyTorchJob)/", i)}
    assert result.ids() == Counter(OBJECTS - blind)


def test_a_wrong_token_is_denied_not_an_empty_cluster(tmp_path: Path) -> None:
    with Replay(FOLDER, token="right") as replay:
        replay.write_kubeconfig(tmp_path / "kubeconfig")
        wrong = (tmp_path / "kubeconfig").read_text().replace("right", "wrong")
        (tmp_path / "kubeconfig").write_text(wrong)
        collector = open_source({"name": "train", "kubeconfig": str(tmp_path / "kubeconfig")})
        with pytest.raises(DeniedError):
            collector.kinds()
        collector.close()


def test_the_token_of_the_kubeconfig_is_used(tmp_path: Path) -> None:
    with Replay(FOLDER, token="right") as replay:
        collector = source(replay, tmp_path)
        assert len(collector.kinds()) > 100
        collector.close()


@pytest.mark.parametrize("mode", ["drop", "truncate", "503"])
def test_a_server_that_fails_on_the_way_gives_errors_not_silence(mode: Any, tmp_path: Path) -> None:
    with Replay(FOLDER, fail_after=100, fail_mode=mode) as replay:
        result = scan(replay, tmp_path)
    assert len(result.errors) > 1
    assert all(isinstance(e, TransientError) for e in result.errors.values())
    complete = {k.name for k in result.kinds} - set(result.errors)
    expected = {i for i in OBJECTS if any(i.startswith(prefix(k)) for k in result.kinds if k.name in complete)}
    assert set(result.ids()) >= expected


def prefix(kind: Kind) -> str:
    fetch = kind.fetch
    return f"k8s://{UID}/{fetch.group}/{fetch.kind}/" if hasattr(fetch, "kind") else "none"


def test_a_connection_that_drops_once_is_tried_again(tmp_path: Path) -> None:
    with Replay(FOLDER, fail_after=60, fail_for=3) as replay:
        result = scan(replay, tmp_path)
    assert list(result.errors) == [SILENT]
    assert result.ids() == Counter(OBJECTS)


def test_a_throttled_scan_is_complete(tmp_path: Path) -> None:
    with Replay(FOLDER, throttle_every=5) as replay:
        result = scan(replay, tmp_path)
    assert list(result.errors) == [SILENT]
    assert result.ids() == Counter(OBJECTS)


def pods(replay: Replay, tmp_path: Path) -> tuple[list[RawRecord], CollectError | None]:
    collector = source(replay, tmp_path)
    kind = next(k for k in collector.kinds() if k.name == "k8s.pod")
    (scope,) = collector.scopes(kind)
    found: list[RawRecord] = []
    try:
        found.extend(collector.collect(kind, scope))
    except CollectError as error:
        return found, error
    finally:
        collector.close()
    return found, None


def test_a_list_that_expires_starts_again_and_gives_each_object_once(tmp_path: Path) -> None:
    with Replay(FOLDER, expire_after=1, expire_times=2) as replay:
        found, error = pods(replay, tmp_path)
        pages = [r for r in replay.requests if r.path == "/api/v1/pods"]
    assert error is None
    assert len({r.payload["metadata"]["uid"] for r in found}) == len(found) == len(PODS)
    assert [r.status for r in pages].count(410) == 2


def test_a_list_that_expires_for_ever_ends_as_an_error(tmp_path: Path) -> None:
    with Replay(FOLDER, expire_after=1) as replay:
        _, error = pods(replay, tmp_path)
    assert isinstance(error, TransientError)
    assert "expired" in str(error)


def test_check_predicts_what_a_scan_would_not_see(tmp_path: Path) -> None:
    with Replay(FOLDER, deny={"secrets", "*.ray.io"}) as replay:
        collector = source(replay, tmp_path)
        blind = {b.kind: b.error.needs for b in collector.check()}
        collector.close()
        requests = replay.requests
    assert blind == {
        "k8s.secret": ("rbac:list:/secrets",),
        "k8s.ray.cluster": ("rbac:list:ray.io/rayclusters",),
        "k8s.ray.job": ("rbac:list:ray.io/rayjobs",),
        "k8s.ray.service": ("rbac:list:ray.io/rayservices",),
        SILENT: (),
    }
    assert not [r for r in requests if r.mutating]


@pytest.mark.parametrize(
    ("settings", "named"),
    [({"kubeconfig": "/nowhere/kubeconfig"}, "/nowhere/kubeconfig"), ({"context": "other"}, "other")],
)
def test_a_kubeconfig_that_cannot_be_used_is_named(settings: dict[str, str], named: str, tmp_path: Path) -> None:
    with Replay(FOLDER) as replay, pytest.raises(ConfigError, match=named):
        source(replay, tmp_path, **settings)


@pytest.mark.parametrize("text", ["", "[]", "{", "clusters: 3", "\0"])
def test_a_file_that_is_no_kubeconfig_is_a_fault_of_the_configuration(text: str, tmp_path: Path) -> None:
    (tmp_path / "broken").write_text(text)
    with pytest.raises(ConfigError, match="broken"):
        open_source({"name": "train", "kubeconfig": str(tmp_path / "broken")})


def test_the_kubeconfig_is_never_written(tmp_path: Path) -> None:
    with Replay(FOLDER, token="right") as replay:
        collector = source(replay, tmp_path)
        before = (tmp_path / "kubeconfig").read_bytes()
        collector.kinds()
        collector.close()
    assert (tmp_path / "kubeconfig").read_bytes() == before


def test_rows_are_known_without_a_connection() -> None:
    names = [k.name for k in kind_rows()]
    assert len(set(names)) == len(names)


def test_other_contexts_of_the_kubeconfig_are_known_by_name_and_server(tmp_path: Path) -> None:
    with Replay(FOLDER) as server:
        path = Path(server.write_kubeconfig(tmp_path / "kubeconfig"))
        told = json.loads(path.read_text())
        told["clusters"] += [
            {"name": "far", "cluster": {"server": "https://far.example:6443"}},
            {"name": "x", "cluster": {}},
        ]
        told["contexts"] += [{"name": n, "context": {"cluster": n, "user": "reader"}} for n in ("far", "x")]
        told["users"][0]["user"]["password"] = "hunter2-secret"
        path.write_text(json.dumps(told))
        collector = open_source({"name": "train", "kubeconfig": str(path)})
        (cluster,) = (k for k in collector.kinds() if k.name == "k8s.cluster")
        (scope,) = collector.scopes(cluster)
        (raw,) = collector.collect(cluster, scope)
        collector.close()
    assert isinstance(raw, RawRecord)
    assert observe(raw, cluster).resource.attributes["contexts"] == [
        {"name": "far", "server": "https://far.example:6443"}
    ]
    assert "hunter2" not in json.dumps(raw.payload)
