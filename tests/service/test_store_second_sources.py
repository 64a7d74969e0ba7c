"""Scopes that nobody looks into, listings that disagree, and what nobody confirmed: found, and not where nothing is wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from normalize.model import Category, Observation, Outcome, Reference, Scope
from store.gaps import detect
from store.reader import Reader
from tests.service.estate import CLUSTER, GLOBAL, HERE, Estate

ACCOUNT = "111122223333"
TAGS = "aws.resourcegroupstaggingapi.listed_type"
EXPLORER = "aws.resourceexplorer2.listed_type"
CONFIG = "aws.config.listed_type"
QUEUE = "aws.sqs.queue"


def queue(estate: Estate, name: str, scope: Scope = HERE) -> Observation:
    return estate.thing(f"arn:aws:sqs:{scope.place}:{scope.account}:{name}", QUEUE, Category.QUEUE, scope)


def listed(estate: Estate, kind: str, type_: str, names: list[str], **more: Any) -> Observation:
    told = {"name": type_, "listed": names, "listed_count": len(names), "truncated": False} | more
    return estate.thing(f"{kind}|{type_}", kind, Category.LISTING, attributes=told, native=type_)


def arns(*names: str, account: str = ACCOUNT, place: str = "us-east-1") -> list[str]:
    return [f"arn:aws:sqs:{place}:{account}:{n}" for n in names]


def organisation(estate: Estate, *accounts: tuple[str, str]) -> tuple[str, Scope, list[Observation]]:
    kind = "aws.organizations.account"
    arn = f"arn:aws:organizations::{ACCOUNT}:account/o-1"
    return kind, GLOBAL, [
        estate.thing(f"{arn}/{a}", kind, Category.ACCOUNT, GLOBAL, attributes={"state": state}, native=a)
        for a, state in accounts
    ]  # fmt: skip


def test_an_account_of_the_organisation_that_no_source_covers_is_printed_as_a_block(estate: Estate) -> None:
    estate.run(organisation(estate, (ACCOUNT, "ACTIVE"), ("444455556666", "ACTIVE"), ("777788889999", "SUSPENDED")))
    active, suspended = estate.gaps("scope-unscanned")
    assert (active["severity"], active["missing"]["account"]) == ("critical", "444455556666")
    assert 'accounts = ["444455556666"]' in active["remedy"]
    assert (suspended["severity"], suspended["missing"]["account"]) == ("low", "777788889999")


def test_an_account_that_could_not_be_entered_is_no_unscanned_one(estate: Estate) -> None:
    shut = Scope("aws", "444455556666", "?")
    estate.run(organisation(estate, ("444455556666", "ACTIVE")), ("*", shut, [], Outcome.DENIED))
    assert estate.codes() == ["coverage-denied"]


def regions(estate: Estate, **states: str) -> tuple[str, Scope, list[Observation]]:
    kind = "aws.account.region"
    told = {name.replace("_", "-"): state for name, state in states.items()}
    return kind, GLOBAL, [
        estate.thing(
            f"{kind}|{r}", kind, Category.REGION, GLOBAL, native=r, attributes={"enabled": s.startswith("ENABLED"), "state": s}
        )
        for r, s in told.items()
    ]  # fmt: skip


def test_an_enabled_region_that_the_source_leaves_out_is_known(estate: Estate) -> None:
    found = regions(estate, us_east_1="ENABLED_BY_DEFAULT", eu_west_1="ENABLED", af_south_1="DISABLED")
    estate.run(found, (QUEUE, HERE, [queue(estate, "a")]))
    (gap,) = estate.gaps("scope-unscanned")
    assert gap["missing"]["place"] == "eu-west-1"
    assert 'regions = ["eu-west-1", "us-east-1"]' in gap["remedy"]


def node(estate: Estate, name: str, *refs: Reference) -> Observation:
    scope = Scope("slurm", "c1", "c1")
    return estate.thing(
        f"slurm://c1/node/{name}", "slurm.node", Category.NODE, scope, refs, (), {"private_address": "10.0.0.1"}
    )


def test_nodes_of_a_scheduler_that_no_host_source_reads_are_one_gap(estate: Estate) -> None:
    scope = Scope("slurm", "c1", "c1")
    same = Reference(
        "slurm://c1/node/n1", "$.name", "same_as", "m1", "host://m1", "scontrol", "host.machine", "host", "", ""
    )
    machine = estate.thing("host://m1", "host.machine", Category.INSTANCE, Scope("host", "m1", "m1"))
    estate.run(
        ("slurm.node", scope, [node(estate, "n1", same), node(estate, "n2"), node(estate, "n3")]),
        ("host.machine", Scope("host", "m1", "m1"), [machine]),
    )
    (gap,) = estate.gaps("scope-unscanned")
    assert gap["subject"].startswith("2 nodes of Slurm cluster")
    assert 'hosts = ["10.0.0.1", "10.0.0.1"]' in gap["remedy"]


def test_a_node_is_the_machine_with_its_name_and_address(estate: Estate) -> None:
    at = "2026-11-01T06:00:00Z"
    scope, here = Scope("slurm", "c1", "c1"), Scope("host", "gpu1:22", "gpu1:22")

    def named(name: str, address: str) -> Observation:
        told = {"hostname": name, "private_address": address, "booted_at": at}
        return estate.thing(f"slurm://c1/node/{name}", "slurm.node", Category.NODE, scope, (), (), told)

    def machine(name: str, *addresses: str) -> Observation:
        told = {
            "hostname": f"{name}.acme.internal",
            "addresses": list(addresses),
            "booted_at": at,
            "accelerator_count": 0,
        }
        return estate.thing(f"host://{name}", "host.machine", Category.HOST, here, (), (), told)

    estate.run(
        ("slurm.node", scope, [named("gpu1", "10.0.0.1"), named("gpu2", "10.0.0.2"), named("gpu3", "10.0.0.3")]),
        ("host.machine", here, [machine("gpu1", "10.0.0.1"), machine("gpu2", "10.9.9.9"), machine("gpu9", "10.0.0.3")]),
    )
    found = [r for r in Reader(estate.engine).relations() if r["verb"] == "same_as"]
    joined = {(r["source_id"], r["target_id"]) for r in found}
    assert joined == {("slurm://c1/node/gpu1", "host://gpu1"), ("slurm://c1/node/gpu3", "host://gpu9")}
    (gap,) = estate.gaps("scope-unscanned")
    assert gap["subject"].startswith("1 nodes of Slurm cluster") or gap["subject"].startswith("1 node of Slurm cluster")


def test_a_machine_id_that_two_nodes_share_says_which_of_them_it_is_not(estate: Estate) -> None:
    scope, here = Scope("kubernetes", "uid-1", "uid-1"), Scope("host", "a:22", "a:22")

    def worker(name: str, machine: str) -> Observation:
        id_ = f"k8s://uid-1//Node//{name}"
        key = f"host://{machine}"
        ref = Reference(
            id_,
            "$.status.nodeInfo.machineID",
            "same_as",
            machine,
            key,
            "GET /nodes",
            "host.machine",
            "host",
            "",
            "",
            True,
        )
        return estate.thing(id_, "k8s.node", Category.NODE, scope, (ref,), (), {"accelerator_count": 0})

    hosts = [
        estate.thing(f"host://{m}", "host.machine", Category.HOST, here, (), (), {"accelerator_count": 0})
        for m in ("m1", "m2")
    ]
    nodes = [worker("n1", "m1"), worker("n2", "m2"), worker("n3", "m2")]
    estate.run(("k8s.node", scope, nodes), ("host.machine", here, hosts))
    found = {(r["source_id"], r["target_id"]) for r in Reader(estate.engine).relations() if r["verb"] == "same_as"}
    assert found == {("k8s://uid-1//Node//n1", "host://m1")}


@pytest.mark.parametrize("listing", [TAGS, EXPLORER])
def test_what_a_second_listing_shows_and_a_whole_look_did_not_is_a_gap(estate: Estate, listing: str) -> None:
    shown = listed(estate, listing, "sqs", arns("a", "b", "c"))
    estate.run((QUEUE, HERE, [queue(estate, "a")]), (listing, HERE, [shown]))
    (gap,) = estate.gaps()
    assert (gap["code"], gap["severity"], gap["evidence_count"]) == ("second-source-mismatch", "high", 2)
    assert {e["value"] for e in gap["evidence"]} == set(arns("b", "c"))


def test_listings_that_agree_are_no_gap(estate: Estate) -> None:
    shown = listed(estate, TAGS, "sqs", arns("a"))
    estate.run((QUEUE, HERE, [queue(estate, "a"), queue(estate, "b")]), (TAGS, HERE, [shown]))
    assert estate.gaps() == []


@pytest.mark.parametrize("outcome", [Outcome.DENIED, Outcome.PARTIAL, Outcome.FAILED])
def test_where_nobody_could_look_the_look_itself_is_the_gap(estate: Estate, outcome: Outcome) -> None:
    shown = listed(estate, TAGS, "sqs", arns("b"))
    estate.run((QUEUE, HERE, [], outcome), (TAGS, HERE, [shown]))
    assert estate.codes() == [f"coverage-{outcome}"]


def test_what_is_gone_may_still_be_shown(estate: Estate) -> None:
    estate.run((QUEUE, HERE, [queue(estate, "a"), queue(estate, "b")]))
    shown = listed(estate, TAGS, "sqs", arns("a", "b"))
    run = estate.run((QUEUE, HERE, [queue(estate, "a")]), (TAGS, HERE, [shown]))
    assert estate.gaps() == []
    detect(estate.engine, run, now=estate.now + timedelta(hours=49))
    (gap,) = estate.gaps()
    assert [e["value"] for e in gap["evidence"]] == arns("b")


def test_a_type_that_no_scan_listed_is_named(estate: Estate) -> None:
    shown = listed(estate, EXPLORER, "personalize:campaign", [f"arn:aws:personalize:us-east-1:{ACCOUNT}:campaign/a"])
    model = listed(estate, EXPLORER, "sagemaker:odd-model", [f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:odd-model/a"])
    estate.run((QUEUE, HERE, []), (EXPLORER, HERE, [shown, model]))
    found = {g["missing"]["kind"]: g["severity"] for g in estate.gaps("second-source-mismatch")}
    assert found == {"personalize:campaign": "low", "sagemaker:odd-model": "medium"}


def test_an_account_that_only_a_second_listing_shows_is_unscanned(estate: Estate) -> None:
    shown = listed(estate, EXPLORER, "sqs:queue", arns("a", account="999988887777"), account="999988887777")
    estate.run((QUEUE, HERE, []), (EXPLORER, HERE, [shown]))
    (gap,) = estate.gaps()
    assert (gap["code"], gap["missing"]["account"]) == ("scope-unscanned", "999988887777")


def test_what_explorer_does_not_show_after_its_lag_is_a_small_gap(estate: Estate) -> None:
    shown = listed(estate, EXPLORER, "sqs:queue", arns("a"))
    looks = ((QUEUE, HERE, [queue(estate, "a"), queue(estate, "b")]), (EXPLORER, HERE, [shown]))
    run = estate.run(*looks)
    assert estate.gaps() == []
    detect(estate.engine, run, now=estate.now + timedelta(hours=49))
    (gap,) = estate.gaps()
    assert (gap["code"], gap["severity"], gap["subject_id"]) == ("second-source-mismatch", "low", arns("b")[0])


def test_the_tagging_api_need_not_show_what_has_no_tags(estate: Estate) -> None:
    run = estate.run(
        (QUEUE, HERE, [queue(estate, "a"), queue(estate, "b")]), (TAGS, HERE, [listed(estate, TAGS, "sqs", arns("a"))])
    )
    detect(estate.engine, run, now=estate.now + timedelta(hours=49))
    assert estate.gaps() == []


def test_config_names_or_counts_what_is_not_there(estate: Estate) -> None:
    named = listed(estate, CONFIG, "AWS::SQS::Queue", ["a", "b"])
    estate.run((QUEUE, HERE, [queue(estate, "a")]), (CONFIG, HERE, [named]))
    (gap,) = estate.gaps()
    assert [e["value"] for e in gap["evidence"]] == ["b"]
    counted = listed(estate, CONFIG, "AWS::SQS::Queue", [], listed_count=12, truncated=True)
    estate.run((QUEUE, HERE, [queue(estate, "a")]), (CONFIG, HERE, [counted]))
    (gap,) = estate.gaps()
    assert "counts 12" in gap["why"]
    fewer = listed(estate, CONFIG, "AWS::SQS::Queue", ["a"])
    estate.run((QUEUE, HERE, [queue(estate, "a"), queue(estate, "b")]), (CONFIG, HERE, [fewer]))
    assert estate.gaps() == []


def test_running_instances_of_a_cluster_without_a_node_are_counted(estate: Estate) -> None:
    eks = f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/train"
    kube = "k8s://uid-1"
    same = Reference(kube, "$", "same_as", eks, eks, "config", "aws.eks.cluster", "aws", ACCOUNT, "us-east-1")

    def machine(name: str, state: str, tags: dict[str, str]) -> Observation:
        arn = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/{name}"
        told = {"state": state, "accelerator_count": 0}
        return estate.thing(arn, "aws.ec2.instance", Category.INSTANCE, attributes=told, tags=tags)

    def joined(name: str, instance: str) -> Observation:
        arn = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/{instance}"
        id_ = f"k8s://uid-1/core/Node//{name}"
        ref = Reference(
            id_, "$.spec.providerID", "same_as", arn, arn, "nodes", "aws.ec2.instance", "aws", ACCOUNT, "us-east-1"
        )
        return estate.thing(id_, "k8s.node", Category.NODE, CLUSTER, (ref,), (), {"accelerator_count": 0})

    own = {"kubernetes.io/cluster/train": "owned"}
    estate.run(
        ("aws.eks.cluster", HERE, [estate.thing(eks, "aws.eks.cluster", Category.CLUSTER)]),
        ("aws.ec2.instance", HERE, [
            machine("i-1", "running", own), machine("i-2", "running", {"eks:cluster-name": "train"}),
            machine("i-3", "stopped", own), machine("i-4", "running", {"kubernetes.io/cluster/train2": "owned"}),
        ]),
        ("k8s.cluster", CLUSTER, [estate.thing(kube, "k8s.cluster", Category.CLUSTER, CLUSTER, (same,))]),
        ("k8s.node", CLUSTER, [joined("n1", "i-1")]),
    )  # fmt: skip
    (gap,) = estate.gaps("second-source-mismatch")
    assert gap["evidence_count"] == 1
    assert gap["subject_id"] == eks


def test_what_no_look_confirmed_for_a_month_is_stale_until_it_is_seen_again(estate: Estate) -> None:
    run = estate.run((QUEUE, HERE, [queue(estate, "a"), queue(estate, "b")]))
    detect(estate.engine, run, now=estate.now + timedelta(days=29))
    assert estate.gaps() == []
    detect(estate.engine, run, now=estate.now + timedelta(days=31))
    (gap,) = estate.gaps()
    assert (gap["code"], gap["severity"]) == ("stale", "medium")
    assert "2 resources" in gap["subject"]
    estate.now += timedelta(days=31)
    estate.run((QUEUE, HERE, [queue(estate, "a"), queue(estate, "b")]))
    assert estate.gaps() == []


def test_a_look_that_failed_confirms_nothing(estate: Estate) -> None:
    estate.run((QUEUE, HERE, [queue(estate, "a")]))
    estate.now += timedelta(days=31)
    estate.run((QUEUE, HERE, [], Outcome.FAILED))
    assert estate.codes() == ["coverage-failed", "stale"]


def test_ids_of_gaps_do_not_hang_on_the_order_of_looks(estate: Estate) -> None:
    shown = listed(estate, TAGS, "sqs", arns("a", "b"))
    looks = [(QUEUE, HERE, [queue(estate, "a")]), (TAGS, HERE, [shown]), regions(estate, eu_west_1="ENABLED")]
    estate.run(*looks)
    before = {g["id"] for g in estate.gaps()}
    estate.run(*reversed(looks))
    assert {g["id"] for g in estate.gaps()} == before
    assert len(before) == 2


GKE = "//container.googleapis.com/projects/p/locations/us-central1/clusters/train"
AKS = "/subscriptions/11111111-2222-3333-4444-555555555555/resourcegroups/ml/providers/microsoft.containerservice/managedclusters/train"
AKS_TAGS = {"aks-managed-cluster-name": "train", "aks-managed-cluster-rg": "ML"}


@pytest.mark.parametrize(
    ("kind", "cluster", "scope", "machine", "state", "tags", "severity"),
    [
        ("gcp.container.cluster", GKE, Scope("gcp", "p", "us-central1"), "gcp.compute.instance", "RUNNING", {"goog-k8s-cluster-name": "train", "goog-k8s-cluster-location": "us-central1"}, "medium"),
        ("azure.aks.cluster", AKS, Scope("azure", "11111111-2222-3333-4444-555555555555", "westeurope"), "azure.compute.scale_set_instance", "Succeeded", AKS_TAGS, "low"),
    ],
)  # fmt: skip
def test_machines_of_managed_clusters_elsewhere_without_a_node_are_counted_too(
    estate: Estate, kind: str, cluster: str, scope: Scope, machine: str, state: str, tags: dict[str, str], severity: str
) -> None:
    same = Reference("k8s://uid-1", "$", "same_as", cluster, cluster, "config", kind, scope.provider, scope.account, "")

    def instance(name: str, state: str, **more: str) -> Observation:
        told = {"state": state, "accelerator_count": 0}
        return estate.thing(f"{machine}/{name}", machine, Category.INSTANCE, scope, attributes=told, tags=tags | more)

    id_ = "k8s://uid-1/core/Node//n1"
    joined = Reference(
        id_, "$.spec.providerID", "same_as", "a", f"{machine}/a", "nodes", machine, scope.provider, "", ""
    )
    node = estate.thing(id_, "k8s.node", Category.NODE, CLUSTER, (joined,), (), {"accelerator_count": 0})
    other = {next(iter(tags)): "another"}
    estate.run(
        (kind, scope, [estate.thing(cluster, kind, Category.CLUSTER, scope, attributes={"state": "Running"})]),
        (machine, scope, [instance("a", state), instance("b", state), instance("c", "TERMINATED"), instance("d", state, **other)]),
        ("k8s.cluster", CLUSTER, [estate.thing("k8s://uid-1", "k8s.cluster", Category.CLUSTER, CLUSTER, (same,))]),
        ("k8s.node", CLUSTER, [node]),
    )  # fmt: skip
    (gap,) = estate.gaps("second-source-mismatch")
    assert ([e["resource_id"] for e in gap["evidence"]], gap["severity"]) == ([f"{machine}/b"], severity)


def test_accelerators_that_two_sources_count_differently_are_told(estate: Estate) -> None:
    scope = Scope("slurm", "c1", "c1")

    def pair(name: str, mine: int | None, theirs: int) -> tuple[Observation, Observation]:
        id_ = f"slurm://c1/node/{name}"
        same = Reference(id_, "$.name", "same_as", name, f"host://{name}", "scontrol", "host.machine", "host", "", "")
        told = {} if mine is None else {"accelerator_count": mine}
        at = Scope("host", name, name)
        return (
            estate.thing(id_, "slurm.node", Category.NODE, scope, (same,), (), told),
            estate.thing(f"host://{name}", "host.machine", Category.HOST, at, attributes={"accelerator_count": theirs}),
        )  # fmt: skip

    found = [pair("n1", 8, 7), pair("n2", 8, 8), pair("n3", None, 8)]
    hosts = [
        ("host.machine", Scope("host", n, n), [machine])
        for n, (_, machine) in zip(("n1", "n2", "n3"), found, strict=True)
    ]
    estate.run(("slurm.node", scope, [node for node, _ in found]), *hosts)
    (gap,) = estate.gaps("second-source-mismatch")
    assert [e["value"] for e in gap["evidence"]] == ["8", "7"]
    assert gap["subject_id"] == "slurm://c1/node/n1"


def test_azure_resource_manager_counts_what_resource_graph_does_not_show(estate: Estate) -> None:
    guid = "11111111-2222-3333-4444-555555555555"
    scope, root = Scope("azure", guid, "azure-global"), f"/subscriptions/{guid}"
    kind, type_ = "azure.storage.account", "microsoft.storage/storageaccounts"

    def account(name: str) -> Observation:
        id_ = f"{root}/resourcegroups/ml/providers/{type_}/{name}"
        return estate.thing(id_, kind, Category.SETTINGS, Scope("azure", guid, "westeurope"))

    def subscription(**counts: int) -> tuple[str, Scope, list[Observation]]:
        told = {"listed_counts": {type_: counts["storage"], "microsoft.x/unknown": 9}}
        name = "azure.resources.subscription"
        return name, scope, [estate.thing(root, name, Category.ACCOUNT, scope, attributes=told)]

    estate.run((kind, scope, [account("a"), account("b")]), subscription(storage=2))
    assert estate.gaps() == []
    estate.run((kind, scope, [account("a"), account("b")]), subscription(storage=3))
    (gap,) = estate.gaps("second-source-mismatch")
    assert "Azure Resource Manager counts 3" in gap["why"]
    estate.run((kind, scope, [account("a")], Outcome.PARTIAL), subscription(storage=3))
    assert estate.codes() == ["coverage-partial"]


def test_the_search_of_google_counts_what_the_sweep_does_not_show(estate: Estate) -> None:
    scope, name = Scope("gcp", "ml-prod", "global"), "gcp.cloudresourcemanager.project"

    def bucket(name: str) -> Observation:
        return estate.thing(
            f"//storage.googleapis.com/{name}",
            "gcp.storage.bucket",
            Category.BUCKET,
            scope,
            attributes={"size_bytes": 1},
        )

    def project(count: int) -> tuple[str, Scope, list[Observation]]:
        told = {"listed_counts": {"storage.googleapis.com/Bucket": count}}
        id_ = "//cloudresourcemanager.googleapis.com/projects/480123456789"
        return name, scope, [estate.thing(id_, name, Category.ACCOUNT, scope, attributes=told)]

    estate.run(("gcp.storage.bucket", scope, [bucket("a"), bucket("b")]), project(2))
    assert estate.gaps("second-source-mismatch") == []
    estate.run(("gcp.storage.bucket", scope, [bucket("a")]), project(2))  # the index may still have what just went
    assert estate.gaps("second-source-mismatch") == []
    estate.run(("gcp.storage.bucket", scope, [bucket("a")]), project(3))
    (gap,) = estate.gaps("second-source-mismatch")
    assert "search counts 3 of gcp.storage.bucket" in gap["why"]


def test_a_version_that_is_ready_and_has_no_file_is_told(estate: Estate) -> None:
    scope = Scope("mlflow", "mlflow:5000", "mlflow:5000")

    def version(name: str, state: str, files: int | None) -> Observation:
        told: dict[str, Any] = {"state": state, "source_uri": f"mlflow-artifacts:/1/{name}"}
        if files is not None:
            told["file_count"] = files
        id_ = f"mlflow://mlflow:5000/models/{name}/versions/1"
        return estate.thing(
            id_, "mlflow.model_version", Category.MODEL_VERSION, scope, attributes=told, native=f"{name}/1"
        )

    found = [
        version("a", "READY", 0),
        version("b", "READY", 3),
        version("c", "PENDING_REGISTRATION", 0),
        version("d", "READY", None),
    ]
    estate.run(("mlflow.model_version", scope, found))
    (gap,) = estate.gaps("second-source-mismatch")
    assert (gap["subject"], gap["severity"]) == ("model version a/1, without a file", "high")
    assert gap["evidence"][0]["value"] == "mlflow-artifacts:/1/a"
