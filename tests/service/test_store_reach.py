"""What people and machines reach and no source covers, and what of it is covered under another name."""

from __future__ import annotations

from typing import Any

from normalize.identity import uri_name
from normalize.model import Category, Observation, Outcome, Reference, Scope
from store.rules.facts import GROUPED_ABOVE
from tests.service.estate import CLUSTER, HERE, Estate

GPU1 = Scope("host", "gpu1:22", "gpu1:22")


def cluster(estate: Estate, *contexts: tuple[str, str]) -> tuple[str, Scope, list[Observation]]:
    told = {"endpoint": "https://train.example:6443", "contexts": [{"name": n, "server": s} for n, s in contexts]}
    return (
        "k8s.cluster",
        CLUSTER,
        [estate.thing("k8s://uid-1", "k8s.cluster", Category.CLUSTER, CLUSTER, attributes=told)],
    )


def machine(
    estate: Estate, *known: str, name: str = "gpu1", keys: tuple[str, ...] = (), hashed: int = 0
) -> Observation:
    told: dict[str, Any] = {"known_hosts": list(known), "accelerator_count": 0}
    if hashed:
        told["hashed_known_host_count"] = hashed
    return estate.thing(f"host://{name}", "host.machine", Category.HOST, GPU1, keys=keys, attributes=told)


def peer(
    estate: Estate, value: str, path: str = "$.$connects_to", source: str = "host://gpu1/connection/1"
) -> Observation:
    name = uri_name(value)
    assert name is not None
    ref = Reference(
        source, path, "connects_to", value, name.key, "probe.sh: connections", name.target, name.provider, "", ""
    )
    return estate.thing(source, "host.connection", Category.CONNECTION, GPU1, (ref,))


def test_a_context_that_no_source_reads_is_printed_as_a_block(estate: Estate) -> None:
    local = ("kind-dev", "https://127.0.0.1:40123")
    estate.run(cluster(estate, ("far", "https://far.example:6443"), ("same", "https://train.example:6443/"), local))
    far, dev = sorted(estate.gaps("scope-unscanned"), key=lambda g: g["severity"])
    assert (far["severity"], dev["severity"]) == ("high", "low")
    assert 'type = "kubernetes"\nname = "far"\ncontext = "far"' in far["remedy"]
    assert far["evidence"][0]["path"] == "$.contexts"


def test_a_context_of_a_cluster_that_a_cloud_lists_is_that_clusters_gap(estate: Estate) -> None:
    eks = "arn:aws:eks:us-east-1:111122223333:cluster/far"
    host = "dns:abc.gr7.us-east-1.eks.amazonaws.com"
    listed = estate.thing(eks, "aws.eks.cluster", Category.CLUSTER, keys=(host,))
    estate.run(cluster(estate, ("far", f"https://{host[4:]}")), ("aws.eks.cluster", HERE, [listed]))
    (gap,) = estate.gaps("scope-unscanned")
    assert gap["subject_id"] == eks


def test_a_source_that_could_not_be_read_may_be_the_context(estate: Estate) -> None:
    shut = Scope("kubernetes", "?", "?")
    estate.run(
        cluster(estate, ("far", "https://far.example:6443")),
        ("*", shut, [], Outcome.DENIED, {"source": "far"}),
        sources=("prod", "far"),
    )
    (gap,) = estate.gaps("scope-unscanned")
    assert "Source far could not be read and may be this cluster" in gap["remedy"]


def test_hosts_that_ssh_knows_and_nothing_holds_are_told(estate: Estate) -> None:
    there = machine(estate, name="gpu2", keys=("ip:10.0.0.2",))
    mine = machine(estate, "gpu2.acme.internal", "10.0.0.2", "gpu9:2222", "github.com", hashed=3)
    estate.run(("host.machine", GPU1, [mine, there]))
    (gap,) = estate.gaps("scope-unscanned")
    assert (gap["subject"], gap["severity"]) == ("gpu9:2222, known to SSH", "low")
    assert 'hosts = ["gpu9:2222"]' in gap["remedy"]
    assert "3 more names are hashed" in gap["why"]


def test_many_hosts_that_ssh_knows_are_one_gap(estate: Estate) -> None:
    names = [f"10.9.0.{i}" for i in range(GROUPED_ABOVE + 10)]
    estate.run(("host.machine", GPU1, [machine(estate, *names)]))
    (gap,) = estate.gaps("scope-unscanned")
    assert (gap["subject"], "and 5 more: hosts_file takes a list" in gap["remedy"]) == ("30 hosts known to SSH", True)


def test_a_peer_that_no_inventory_holds_is_a_scope_to_scan(estate: Estate) -> None:
    estate.run(
        ("host.machine", GPU1, [machine(estate, name="gpu1", keys=("ip:10.0.0.1",))]),
        ("host.connection", GPU1, [
            peer(estate, "tcp://10.0.0.7:6443"),
            peer(estate, "tcp://10.0.0.1:22", source="host://gpu1/connection/2"),
            peer(estate, "tcp://8.8.8.8:443", source="host://gpu1/connection/3"),
        ]),
    )  # fmt: skip
    dependency, inner = sorted(estate.gaps(), key=lambda g: g["code"])
    assert (dependency["code"], dependency["missing"]["reference"]) == ("external-dependency", "tcp://8.8.8.8:443")
    assert (inner["code"], inner["subject"]) == ("scope-unscanned", "10.0.0.7 (port 6443), connected to by 1 resource")
    assert "It looks like a Kubernetes API" in inner["remedy"]


def test_an_address_in_a_configuration_stays_a_dependency(estate: Estate) -> None:
    estate.run(("host.connection", GPU1, [peer(estate, "tcp://10.0.0.7:6443", path="$.endpoint")]))
    assert estate.codes() == ["external-dependency"]
