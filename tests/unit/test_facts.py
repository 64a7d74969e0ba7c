"""Facts that follow from others: what follows, and what must not be made up."""

from __future__ import annotations

from typing import Any

from normalize.model import Category
from planning.estate import Component, Estate
from planning.facts import derive
from tests.unit.planned import lookup


def k8s(kind: str, id_: str, category: Category, **facts: Any) -> Component:
    return Component(id_, f"k8s.{kind}", category, "kubernetes", "uid", "c", id_, "", {}, {"namespace": "ml", **facts})


def settings(kind: str, name: str, *keys: str) -> Component:
    return k8s(kind.lower(), f"k8s://uid//{kind}/ml/{name}", Category.SETTINGS, keys=list(keys))


def derived(*components: Component, relations: tuple[tuple[str, str, str], ...] = ()) -> dict[str, Component]:
    outgoing: dict[str, list[tuple[str, str]]] = {}
    incoming: dict[str, list[tuple[str, str]]] = {}
    for source, verb, target in relations:
        outgoing.setdefault(source, []).append((verb, target))
        incoming.setdefault(target, []).append((verb, source))
    estate = Estate({c.id: c for c in components}, {}, outgoing, incoming, (), 0)
    derive(estate, lookup)
    return estate.components


IMPORTS = [{"kind": "ConfigMap", "name": "settings", "prefix": "S_"}, {"kind": "Secret", "name": "hub", "prefix": ""}]


def test_names_of_variables_that_are_imported_whole_come_from_the_objects_that_hold_them() -> None:
    pod = k8s("deployment", "d", Category.WORKLOAD, keys=["A"], environment_from=IMPORTS)
    found = derived(pod, settings("ConfigMap", "settings", "REGION"), settings("Secret", "hub", "TOKEN"))
    assert found["d"].facts["environment_names"] == ["A", "S_REGION", "TOKEN"]


def test_names_of_variables_stay_unknown_while_an_imported_object_was_not_seen() -> None:
    pod = k8s("deployment", "d", Category.WORKLOAD, keys=["A"], environment_from=IMPORTS)
    assert "environment_names" not in derived(pod, settings("ConfigMap", "settings", "REGION"))["d"].facts


def test_a_workload_that_imports_nothing_has_the_names_that_it_lists() -> None:
    pod = k8s("deployment", "d", Category.WORKLOAD, keys=["A"], environment_from=[])
    assert derived(pod)["d"].facts["environment_names"] == ["A"]


def network(kind: str, name: str, **facts: Any) -> Component:
    provider = kind.partition(".")[0]
    category = Category.SUBNET if kind.endswith("subnetwork") else Category.NETWORK
    return Component(name, kind, category, provider, "a", "p", name, "", {}, facts)


def test_networks_whose_addresses_collide_name_each_other() -> None:
    found = derived(
        network("aws.ec2.vpc", "ml", cidr="10.0.0.0/16", addresses=["10.0.0.0/16", "10.9.0.0/16"]),
        network("azure.network.virtual_network", "hub", cidr="10.9.128.0/20"),
        network(
            "gcp.compute.subnetwork",
            "train",
            cidr="10.20.0.0/20",
            settings={"secondaryIpRanges": [{"ipCidrRange": "10.0.64.0/18"}]},
        ),
        network("aws.ec2.vpc", "apart", cidr="192.168.0.0/24"),
    )
    assert found["ml"].facts["address_overlaps"] == ["azure hub 10.9.128.0/20", "gcp train 10.0.64.0/18"]
    assert found["hub"].facts["address_overlaps"] == ["aws ml 10.9.0.0/16"]
    assert found["apart"].facts["address_overlaps"] == []


def test_default_networks_collide_with_nothing_and_unknown_addresses_stay_unknown() -> None:
    found = derived(
        network("aws.ec2.vpc", "one", cidr="172.31.0.0/16", default=True),
        network("aws.ec2.vpc", "two", cidr="172.31.0.0/16"),
        network("aws.ec2.vpc", "dark"),
    )
    assert found["one"].facts["address_overlaps"] == found["two"].facts["address_overlaps"] == []
    assert "address_overlaps" not in found["dark"].facts


def test_clouds_that_a_workload_is_seen_to_use() -> None:
    pod = k8s("deployment", "d", Category.WORKLOAD)
    bucket = Component("b", "aws.s3.bucket", Category.BUCKET, "aws", "a", "p", "b", "", {}, {})
    role = Component("r", "gcp.iam.service_account", Category.IDENTITY, "gcp", "a", "p", "r", "", {}, {})
    found = derived(pod, bucket, role, relations=(("d", "mentions", "b"), ("d", "runs_as", "r")))
    assert found["d"].facts["clouds_used"] == ["aws"]
    assert derived(k8s("deployment", "e", Category.WORKLOAD))["e"].facts["clouds_used"] == []


def test_pod_identity_binds_a_service_account_without_an_annotation() -> None:
    cluster = Component("eks", "aws.eks.cluster", Category.CLUSTER, "aws", "a", "p", "eks", "", {}, {})
    same = Component("k8s://uid", "k8s.cluster", Category.CLUSTER, "kubernetes", "uid", "c", "eks", "", {}, {})
    association = Component(
        "as", "aws.eks.pod_identity_association", Category.POLICY, "aws", "a", "p", "ml/t", "", {},
        {"namespace": "ml", "service_account": "trainer"},
    )  # fmt: skip
    bound, other = (
        k8s("service_account", "trainer", Category.IDENTITY),
        k8s("service_account", "web", Category.IDENTITY),
    )
    found = derived(
        cluster, same, association, bound, other, relations=(("as", "part_of", "eks"), ("k8s://uid", "same_as", "eks"))
    )
    assert [found[n].facts["pod_identity"] for n in ("trainer", "web")] == [True, False]


def test_without_a_word_of_aws_nobody_knows_who_is_bound_by_pod_identity() -> None:
    node = Component(
        "n", "k8s.node", Category.NODE, "kubernetes", "uid", "c", "n", "", {}, {"provider_id": "aws:///a/i-1"}
    )
    found = derived(node, k8s("service_account", "trainer", Category.IDENTITY))
    assert "pod_identity" not in found["trainer"].facts


def database(kind: str, **facts: Any) -> Component:
    return Component("d", kind, Category.DATABASE, kind.partition(".")[0], "a", "p", "d", "", {}, facts)


def test_engines_and_their_releases_compare_over_all_ways_of_naming_them() -> None:
    told = [
        ("aws.rds.instance", {"engine": "aurora-mysql", "engine_version": "8.0.mysql_aurora.3.05.2"}, ("mysql", 800)),
        ("aws.rds.instance", {"engine": "mariadb", "engine_version": "10.11.6"}, ("mariadb", 1011)),
        ("gcp.alloydb.cluster", {"engine_version": "POSTGRES_16"}, ("postgres", 1600)),
        ("azure.postgresql.flexible_server", {"engine_version": "14"}, ("postgres", 1400)),
        ("gcp.redis.instance", {"engine_version": "REDIS_7_2"}, ("redis", 702)),
    ]
    for kind, facts, expected in told:
        found = derived(database(kind, **facts))["d"].facts
        assert (found["engine_family"], found["engine_release"]) == expected
    assert "engine_release" not in derived(database("azure.sql.database"))["d"].facts


def test_what_one_of_several_parts_could_not_say_is_not_taken_for_unset() -> None:
    serve = Component("e", "aws.sagemaker.endpoint", Category.ENDPOINT, "aws", "a", "p", "e", "", {}, {})
    whole = Component("m1", "aws.sagemaker.model", Category.MODEL, "aws", "a", "p", "m1", "", {}, {"framework": None})
    unread = Component("m2", "aws.sagemaker.model", Category.MODEL, "aws", "a", "p", "m2", "", {}, {})
    both = (("e", "serves", "m1"), ("e", "serves", "m2"))
    assert "framework" not in derived(serve, whole, unread, relations=both)["e"].facts
    serve = Component("e", "aws.sagemaker.endpoint", Category.ENDPOINT, "aws", "a", "p", "e", "", {}, {})
    assert derived(serve, whole, relations=both[:1])["e"].facts["framework"] is None


def test_what_was_not_recognised_is_not_taken_for_nothing() -> None:
    assert "models" not in derived(k8s("deployment", "d", Category.WORKLOAD, images=["a/b:1"]))["d"].facts
