"""A hostile Kubernetes: every type of a recorded cluster against every hostile list, and one kind of trouble a cluster through
the command line. Whatever comes is stored, set aside, or makes a look that proves nothing; and is said so."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from collectors.contract import Planned
from collectors.kubernetes import open_source
from collectors.kubernetes.collector import KubernetesCollector
from collectors.kubernetes.types import Objects
from discovery.executor import survey
from normalize.model import Coverage, Kind, Misfit, Observation, Outcome, Pair
from tests.journey.aftermath import assert_everything_works, lost
from tests.journey.desk import ROOT, Desk
from tests.journey.faults import LISTINGS, PAGES
from tests.servers.hostile_kubernetes import HostileCluster
from tests.servers.hostility import Fault
from tests.servers.kubernetes_replay import Recording

KINDS = ("k8s.node", "k8s.pod", "k8s.service", "k8s.secret", "k8s.deployment", "k8s.lease.northlake.example.curriculum")
NOT_PAGES = (
    "same_token_for_ever", "tokens_in_a_circle", "html_with_200", "no_page", "empty_page", "page_cut_short", "connection_cut",
    "null_page", "list_page", "page_of_another", "null_error",
)  # fmt: skip
TROUBLES: Mapping[str, Fault] = {**LISTINGS, **{name: PAGES[name] for name in (*NOT_PAGES, "empty_page_with_a_token")}}
DISCOVERY: Mapping[str, Mapping[str, Any]] = {
    "no-uid": {"/api/v1/namespaces/kube-system": {"metadata": {"uid": None}}},
    "long-uid": {"/api/v1/namespaces/kube-system": {"metadata": {"uid": "u" * 100_000}}},
    "null-groups": {"/apis": None},
    "odd-groups": {"/apis": {"kind": "APIGroupDiscoveryList", "items": [{"metadata": {"name": 7}, "versions": {}}]}},
}
"""Answers of single paths, by cluster."""
Rows = list[dict[str, Any]]


@dataclass
class Kept:
    """A sink that keeps what it is given of one look."""

    records: list[Observation] = field(default_factory=list)
    misfits: list[Misfit] = field(default_factory=list)

    def done(self, run_id: str) -> set[Pair]:
        return set()

    def prepare(self, observation: Observation) -> Observation:
        return observation

    def commit(
        self, run_id: str, observations: Iterable[Observation], misfits: Iterable[Misfit], coverage: Coverage
    ) -> None:
        self.records, self.misfits = list(observations), list(misfits)


@dataclass
class Reading:
    """One cluster, read without the command line. `types`: those of which it has objects."""

    cluster: HostileCluster
    source: KubernetesCollector
    types: list[Kind]

    def look(self, kind: Kind, fault: Fault) -> tuple[Coverage, Kept, int]:
        """(coverage, what was kept, items that the list held). Raises FaultError for a fault of ours."""
        self.cluster.wrong = fault
        self.cluster.served.clear()
        (scope,) = self.source.scopes(kind)
        kept = Kept()
        return survey(self.source, Planned(kind, scope), "run", kept), kept, self.cluster.served[kind.fetch.path]

    def some(self, name: str) -> list[Kind]:
        """A third of the types: another one for each name that follows in the list."""
        return self.types[sorted(TROUBLES).index(name) % 3 :: 3]


@pytest.fixture(scope="module")
def recording() -> Recording:
    return Recording(ROOT / "tests" / "fixtures" / "kubernetes-train")


@pytest.fixture(scope="module")
def reading(recording: Recording, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reading]:
    with HostileCluster(recording, "read") as cluster:
        kubeconfig = cluster.write_kubeconfig(tmp_path_factory.mktemp("read") / "kubeconfig")
        source = open_source({"name": "train", "kubeconfig": kubeconfig})
        listed = [k for k in source.kinds() if isinstance(k.fetch, Objects)]
        yield Reading(cluster, source, [k for k in listed if recording.parsed(k.fetch.path)["items"]])
        source.close()


@pytest.mark.parametrize("name", sorted(LISTINGS.keys() - {"bulky"}))
def test_every_item_of_a_hostile_list_is_counted(reading: Reading, name: str) -> None:
    for kind in reading.some(name):
        coverage, kept, served = reading.look(kind, LISTINGS[name])
        assert coverage.outcome is Outcome.COMPLETE, (kind.name, coverage)
        assert len(kept.records) + len(kept.misfits) == served, (kind.name, coverage)
        assert all(m.reason for m in kept.misfits)


@pytest.mark.parametrize("name", NOT_PAGES)
def test_what_is_no_list_or_has_no_end_proves_no_absence(reading: Reading, name: str) -> None:
    for kind in reading.types[:5]:
        coverage, _, _ = reading.look(kind, PAGES[name])
        assert (coverage.proves_absence(), bool(coverage.reason)) == (False, True), (kind.name, coverage)


def test_a_list_without_items_is_empty_only_where_it_says_that_it_is_a_list(reading: Reading) -> None:
    kind = reading.types[0]
    for body, proof in (
        ({"kind": "ConfigMapList", "items": None}, True),
        ({"kind": "ConfigMapList", "items": []}, True),
        ({"kind": "ConfigMapList"}, False),
        ({"items": None}, False),
        ({}, False),
        ({"kind": "Status", "status": "Success"}, False),
        ({"kind": "ConfigMapList", "items": {}}, False),
        ({"kind": "ConfigMapList", "items": [], "metadata": {"continue": {}}}, True),
        ({"kind": "ConfigMapList", "items": [], "metadata": {"continue": 7}}, False),
    ):
        reading.cluster.instead = {kind.fetch.path: body}
        coverage, _, _ = reading.look(kind, Fault())
        assert coverage.proves_absence() is proof, (body, coverage)
    reading.cluster.instead = {}


# --- through the command line -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tale:
    """What was there before, and what the command line says after the hostile scan."""

    desk: Desk
    before: Rows
    code: int
    said: str
    after: Rows
    looks: Rows

    @property
    def coverage(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Of the clusters that say what they are."""
        return {(c["source"], c["kind"]): c for c in self.looks if c["source"] in TROUBLES}


@pytest.fixture(scope="module")
def clusters(recording: Recording) -> Iterator[dict[str, HostileCluster]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(HostileCluster(recording, name)) for name in (*TROUBLES, *DISCOVERY)}


def turn(clusters: Mapping[str, HostileCluster], *, hostile: bool) -> None:
    for name, cluster in clusters.items():
        cluster.wrong = TROUBLES.get(name) if hostile else None
        cluster.instead = dict(DISCOVERY.get(name, {})) if hostile else {}


def desk_at(folder: Path, clusters: Mapping[str, HostileCluster], **env: str) -> Desk:
    desk = Desk(folder, **env)
    files = {name: cluster.write_kubeconfig(folder / f"{name}.kubeconfig") for name, cluster in clusters.items()}
    desk.configure(*(f'type = "kubernetes"\nname = "{name}"\nkubeconfig = "{file}"' for name, file in files.items()))
    return desk


def scan(desk: Desk) -> tuple[int, str]:
    code, _, err = desk.run("scan", *(word for kind in KINDS for word in ("--kind", kind)), seconds=120)
    return code, err


@pytest.fixture(scope="module")
def tale(tmp_path_factory: pytest.TempPathFactory, clusters: dict[str, HostileCluster]) -> Tale:
    desk = desk_at(tmp_path_factory.mktemp("hostile"), clusters)
    turn(clusters, hostile=False)
    code, said = scan(desk)
    assert code == 0, said
    before = desk.rows("resources")
    turn(clusters, hostile=True)
    code, said = scan(desk)
    return Tale(desk, before, code, said, desk.rows("resources"), desk.rows("coverage"))


def test_no_answer_ends_the_run_and_every_look_is_told(tale: Tale) -> None:
    assert (tale.code, "Traceback" in tale.said) == (3, False), tale.said[-3000:]
    assert set(tale.coverage) == {(name, kind) for name in TROUBLES for kind in KINDS}
    assert [c for c in tale.looks if c["outcome"] != "complete" and not c.get("reason")] == []


def test_a_cluster_that_cannot_say_what_it_is_or_has_is_failed_with_the_reason(tale: Tale) -> None:
    unplanned = {name: [c for c in tale.looks if (c["source"], c["place"]) == (name, "?")] for name in DISCOVERY}
    assert {name: {c["outcome"] for c in looks} for name, looks in unplanned.items()} == {
        n: {"failed"} for n in DISCOVERY
    }
    assert all(c["reason"] for looks in unplanned.values() for c in looks)


def test_nothing_is_gone_but_what_a_whole_look_did_not_list(tale: Tale) -> None:
    gone = {(r["sources"][0], r["kind"]) for r in lost(tale.before, tale.after)}
    assert {key for key in gone if key[0] in DISCOVERY} == set()
    looks = [tale.coverage[key] for key in gone]
    assert [c for c in looks if c["outcome"] != "complete" or c["quarantined"]] == []
    assert {source for source, _ in gone} <= {"strange_texts", "uncarried_texts"}


def test_what_lacks_its_name_is_set_aside_with_what_it_said(tale: Tale) -> None:
    kept = [
        p for source, kind, _, _, p in tale.desk.quarantined() if (source, kind) == ("without_each_key", "k8s.node")
    ]
    assert [p["spec"] for p in kept if "metadata" not in p] != []
    assert len(kept) == tale.coverage["without_each_key", "k8s.node"]["quarantined"]


def test_a_deep_object_is_set_aside_with_its_upper_levels(tale: Tale) -> None:
    deep = [p for source, kind, _, _, p in tale.desk.quarantined() if (source, kind) == ("nested_deeply", "k8s.pod")]
    assert [p for p in deep if "nested too deeply" in json.dumps(p) and "metadata" in p] != []


def test_a_gap_stands_for_every_look_that_is_not_whole(tale: Tale) -> None:
    told = [json.dumps(g["evidence"]) + json.dumps(g["missing"]) for g in tale.desk.rows("gaps") if g["code"].startswith("coverage-")]  # fmt: skip
    blind = {(c["source"], c["kind"]) for c in tale.looks if c["outcome"] != "complete" or c["quarantined"]}
    untold = {(s, k) for s, k in blind if not any(f'"{s}"' in text and (k == "*" or f'"{k}"' in text) for text in told)}
    assert untold == set()


def test_reports_exports_and_a_second_reading_work_on_what_was_kept(tale: Tale) -> None:
    assert_everything_works(tale.desk)


def test_a_calm_scan_afterwards_leaves_no_blind_spot(tale: Tale, clusters: dict[str, HostileCluster]) -> None:
    turn(clusters, hostile=False)
    code, said = scan(tale.desk)
    assert code == 0, said
    assert {r["id"] for r in tale.before} == {r["id"] for r in tale.desk.rows("resources") if "gone_at" not in r}
    assert list(tale.desk.quarantined()) == []


@pytest.mark.service
def test_postgresql_takes_it_all_too(
    tmp_path: Path, clusters: dict[str, HostileCluster], postgres_database: str, tale: Tale
) -> None:
    desk = desk_at(tmp_path, clusters, STOCKTAKE_DATABASE=postgres_database)
    turn(clusters, hostile=True)
    code, said = scan(desk)
    turn(clusters, hostile=False)
    assert (code, "Traceback" in said) == (3, False), said[-3000:]
    looks = {(c["source"], c["kind"]): c["outcome"] for c in desk.rows("coverage", database=postgres_database)}
    assert {key: looks[key] for key in tale.coverage} == {key: c["outcome"] for key, c in tale.coverage.items()}
    assert_everything_works(desk, postgres_database)
