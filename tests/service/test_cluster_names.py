"""A cluster that a cloud lists is the one that a Kubernetes source reads, by whatever proves it; else it is a gap."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from collectors.aws.kinds import KINDS
from collectors.kubernetes.collector import KubernetesCollector
from collectors.kubernetes.edges import CLUSTER_SCOPED
from collectors.kubernetes.facts import payload
from collectors.kubernetes.rows import CLUSTER, row_of
from collectors.kubernetes.types import Objects
from normalize.errors import DeniedError
from normalize.mapping import observe
from normalize.model import Coverage, Kind, Observation, Outcome, RawRecord, Scope
from store.database import connect, ensure
from store.gaps import detect
from store.linking import link
from store.reader import Reader
from store.writer import Writer

START = datetime(2026, 11, 24, 4, 15, tzinfo=UTC)
HERE = Scope("aws", "111122223333", "us-west-2")
ARN = "arn:aws:eks:us-west-2:111122223333:cluster/train"
ISSUER = "https://oidc.eks.us-west-2.amazonaws.com/id/F8C1E7B9B2A56C73"
ENDPOINT = "https://F8C1E7B9.yl4.us-west-2.eks.amazonaws.com"
EKS = {"name": "train", "endpoint": ENDPOINT, "identity": {"oidc": {"issuer": ISSUER}}}
AWS = {kind.name: kind for kind in KINDS}
NODES = Objects("", "Node", "nodes", False, "v1")


class Server:
    """What the collector asks of an API server to know the cluster's names."""

    def __init__(self, server: str, context: str = "", issuer: str | None = None) -> None:
        self.server, self.context, self.cluster, self.issuer = server, context, "", issuer
        self.others: tuple[dict[str, str], ...] = ()

    def get(self, path: str) -> Any:
        if path == "/version":
            return {"gitVersion": "v1.36.2"}
        if path == "/api/v1/namespaces/kube-system":
            return {"metadata": {"uid": "uid-1", "creationTimestamp": "2026-11-24T00:00:00Z"}}
        if self.issuer is None:
            raise DeniedError("no", call=f"GET {path}")
        return {"issuer": self.issuer}


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url)
    ensure(engine)
    yield engine
    engine.dispose()


def scan(engine: Engine, server: Server, aliases: tuple[str, ...] = (), tags: dict[str, str] | None = None) -> Reader:
    now = START

    def tick() -> datetime:
        nonlocal now
        now += timedelta(seconds=7)
        return now

    writer = Writer(engine, clock=tick)
    collector = KubernetesCollector("lab", server, tick, aliases)  # type: ignore[arg-type]
    (scope,) = collector.scopes(CLUSTER)
    spec = {"providerID": "aws:///us-west-2a/i-0123456789abcdef0"}
    node, _ = payload({"metadata": {"name": "n1", "uid": "n"}, "spec": spec, "status": {}}, NODES, "uid-1", CLUSTER_SCOPED)  # fmt: skip
    machine = {"InstanceId": "i-0123456789abcdef0", "Tags": [{"Key": k, "Value": v} for k, v in (tags or {}).items()]}
    looks: list[tuple[str, Kind, Scope, Observation]] = [
        ("prod", AWS["aws.eks.cluster"], HERE, seen(AWS["aws.eks.cluster"], HERE, EKS)),
        ("prod", AWS["aws.ec2.instance"], HERE, seen(AWS["aws.ec2.instance"], HERE, machine)),
        ("lab", CLUSTER, scope, observe(next(iter(collector.collect(CLUSTER, scope))), CLUSTER)),
        ("lab", row_of(NODES), scope, seen(row_of(NODES), scope, node)),
    ]
    facts = [{"name": "prod", "type": "aws"}, {"name": "lab", "type": "kubernetes"}]
    run = writer.begin(sources=facts, selection={}, version="0", resume=False)
    for source, kind, where, found in looks:
        coverage = Coverage(run, source, kind.name, where, Outcome.COMPLETE, 1, 0, 0, tick(), tick())
        writer.commit(run, [found], (), coverage)
    link(engine, run)
    detect(engine, run, now=tick())
    writer.finish(run, "complete")
    writer.close()
    return Reader(engine)


def seen(kind: Kind, scope: Scope, raw: dict[str, Any]) -> Observation:
    return observe(RawRecord(kind.name, scope, raw, "prod", kind.name, START), kind)


def unscanned(reader: Reader) -> list[dict[str, Any]]:
    return list(reader.gaps(filters={"code": "scope-unscanned"}))


TUNNEL = "https://127.0.0.1:6443"
PROOFS: dict[str, tuple[Server, dict[str, Any]]] = {
    "the address of its API server": (Server(ENDPOINT), {}),
    "the context of the kubeconfig": (Server(TUNNEL, ARN), {}),
    "the issuer of its tokens": (Server(TUNNEL, "lab", ISSUER), {}),
    "an alias, by ARN": (Server(TUNNEL, "lab"), {"aliases": (ARN,)}),
    "an alias, by address": (Server(TUNNEL, "lab"), {"aliases": (ENDPOINT,)}),
    "the tag of a managed node group": (Server(TUNNEL), {"tags": {"eks:cluster-name": "train"}}),
    "the tag of an owned machine": (Server(TUNNEL), {"tags": {"kubernetes.io/cluster/train": "owned"}}),
}


@pytest.mark.parametrize("how", PROOFS)
def test_a_cluster_behind_a_tunnel_is_known_by(how: str, engine: Engine) -> None:
    server, more = PROOFS[how]
    reader = scan(engine, server, **more)
    assert unscanned(reader) == []
    assert ("k8s://uid-1", "same_as", ARN) in {(r["source_id"], r["verb"], r["target_id"]) for r in reader.relations()}


@pytest.mark.parametrize(
    ("server", "tags"),
    [
        (Server(TUNNEL), {}),
        (Server(TUNNEL), {"eks:cluster-name": "other"}),
        (Server(TUNNEL), {"kubernetes.io/cluster/train": "shared"}),
        (Server(TUNNEL, "lab", "https://kubernetes.default.svc.cluster.local"), {}),
        (Server(TUNNEL, "lab", "https://oidc.eks.us-west-2.amazonaws.com/id/OTHER"), {}),
    ],
)
def test_what_proves_nothing_leaves_the_cluster_unscanned(server: Server, tags: dict[str, str], engine: Engine) -> None:
    (gap,) = unscanned(scan(engine, server, tags=tags))
    assert f'If source lab ({TUNNEL}) reads this very cluster, add to its block instead:\n\n    aliases = ["{ARN}"]' in gap["remedy"]  # fmt: skip


def test_a_load_balancer_before_the_api_server_is_not_the_cluster(engine: Engine) -> None:
    reader = scan(engine, Server("https://api-1.elb.us-west-2.amazonaws.com:6443"))
    assert {r["verb"] for r in reader.show("k8s://uid-1")["references"]} == {"answers_at"}
