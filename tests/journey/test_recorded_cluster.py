"""A recorded cluster through the whole product, judged by what it is known to hold: seen whole, then with Secrets and nodes denied,
then with a connection that drops after a hundred requests."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, select

from normalize.identity import kubernetes_id
from store import content
from store.database import connect
from tests.journey.aftermath import lost
from tests.journey.desk import ROOT, Desk, loaded

RECORDING = ROOT / "tests" / "fixtures" / "kubernetes-train"
TRUTH = json.loads(gzip.decompress((RECORDING / "truth.json.gz").read_bytes()))
UID = TRUTH["cluster"]["uid"]
SILENT = "k8s.external.metrics.k8s.io.v1beta1"
Rows = list[dict[str, Any]]


@dataclass
class Scanned:
    """What one scan printed, and what the inventory says after it."""

    code: int
    printed: str
    resources: Rows
    outcomes: dict[str, tuple[str, int]]
    gaps: Rows


@dataclass
class World:
    desk: Desk
    whole: Scanned
    denied: Scanned
    cut: Scanned


def scanned(desk: Desk) -> Scanned:
    code, out, err = desk.run("scan", "--verbose")
    run = max(desk.rows("runs"), key=lambda r: str(r["started_at"]))["id"]
    outcomes = {
        c["kind"]: (c["outcome"], c["records"])
        for c in desk.rows("coverage", "--limit", "100000")
        if c["run_id"] == run
    }
    return Scanned(code, out + err, desk.rows("resources"), outcomes, desk.rows("gaps"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("train")
    desk = Desk(folder / "desk")
    with loaded("kubernetes_replay").Replay(RECORDING) as replay:
        kubeconfig = replay.write_kubeconfig(str(folder / "kubeconfig"))
        desk.configure(f'type = "kubernetes"\nname = "train"\nkubeconfig = "{kubeconfig}"')
        whole = scanned(desk)
        replay.deny = frozenset({"secrets", "nodes"})
        denied = scanned(desk)
        replay.deny, replay.fail_after = frozenset(), len(replay.requests) + 100
        yield World(desk, whole, denied, scanned(desk))


def id_of(thing: dict[str, str]) -> str:
    return kubernetes_id(UID, thing["group"], thing["kind"], thing["namespace"], thing["name"])


def by_id(rows: Rows) -> dict[str, dict[str, Any]]:
    return {r["id"]: r for r in rows}


def test_every_object_of_the_cluster_is_in_the_inventory_and_none_besides(world: World) -> None:
    found = {r["id"] for r in world.whole.resources} - {f"k8s://{UID}"}
    assert found == {id_of(o) for o in TRUTH["objects"]}


def test_every_accelerator_is_there_with_model_and_count(world: World) -> None:
    known = by_id(world.whole.resources)
    counted: dict[str, int] = {}
    for node in TRUTH["nodes"]:
        for entry in known[kubernetes_id(UID, "", "Node", "", node["name"])]["attributes"].get("accelerators", ()):
            counted[entry["model"]] = counted.get(entry["model"], 0) + entry["count"]
    assert counted == {a["model"]: a["physical"] for a in TRUTH["accelerators"]}


def test_every_workload_is_there_with_its_type(world: World) -> None:
    known = by_id(world.whole.resources)
    told = {w["name"]: known[id_of(w)]["attributes"].get("workload_type") for w in TRUTH["workloads"]}
    expected = {w["name"]: w["type"] for w in TRUTH["workloads"]}
    assert told == expected | {"c4-de-lease-0001": None}  # of a type that only this cluster has


def test_every_planted_reference_to_what_is_not_there_is_a_gap(world: World) -> None:
    by_design = {(source, path) for source, _, _, _, path, *flags in TRUTH["relations"] if flags}
    gaps = [g for g in world.whole.gaps if g["code"] == "dangling-reference"]
    told = {(e["resource_id"], e["path"]) for g in gaps for e in g["evidence"]}
    missed = [
        r["id"]
        for r in TRUTH["references"]
        if r["status"] == "dangling"
        and not any((written(r["source"]), path) in by_design for path in r["fields"])
        and not any((id_of(r["source"]), f"$.{path}") in told for path in r["fields"])
    ]
    assert missed == []


def written(thing: dict[str, str]) -> str:
    """A thing as the relations of the truth write it."""
    kind = f"{thing['group']}/{thing['kind']}" if thing["group"] else thing["kind"]
    return f"{kind}:{thing['namespace']}/{thing['name']}" if thing["namespace"] else f"{kind}:{thing['name']}"


def kept(folder: Path) -> Iterator[str]:
    """Every value of every table, unpacked; and the files of the database as they lie there."""
    engine = connect(f"sqlite:///{folder / 'stocktake.db'}")
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        for table in tables.tables.values():
            for row in connection.execute(select(table)):
                for value in row:
                    if isinstance(value, bytes) and table.name in ("raw_payloads", "quarantine") and len(value) > 40:
                        yield json.dumps(content.unpacked(value), ensure_ascii=False)
                    elif isinstance(value, str | bytes):
                        yield value if isinstance(value, str) else value.decode("latin-1")
    engine.dispose()
    for file in folder.glob("stocktake.db*"):
        yield file.read_bytes().decode("latin-1")


def test_no_planted_secret_is_in_the_store_a_report_an_export_or_on_the_screen(world: World) -> None:
    probes = {probe for s in TRUTH["secrets"] for probe in (s["value"], *s["probes"])}
    desk = world.desk
    texts = [world.whole.printed, world.denied.printed, world.cut.printed, *kept(desk.folder)]
    for report in ("summary", "gaps", "confidence"):
        for form in ("html", "md", "json"):
            desk.told("report", report, "--format", form, "--output", str(desk.folder / f"{report}.{form}"))
            texts.append((desk.folder / f"{report}.{form}").read_text(encoding="utf-8"))
    texts += [
        desk.told(listing, "--format", "json")
        for listing in ("resources", "relations", "gaps", "coverage", "workloads")
    ]
    texts += [desk.told("show", id_of(s["where"][0])) for s in TRUTH["secrets"] if s["where"]]
    everything = "\n".join(texts)
    assert len(everything) > 10_000_000
    assert [probe for probe in sorted(probes) if probe in everything] == []


def test_denied_secrets_and_nodes_are_blind_spots_and_nothing_else_is(world: World) -> None:
    outcomes = world.denied.outcomes
    assert {kind for kind, (outcome, _) in outcomes.items() if outcome == "denied"} == {"k8s.secret", "k8s.node"}
    assert {kind for kind, (outcome, _) in outcomes.items() if outcome not in ("complete", "denied")} == {SILENT}
    needs = {json.dumps(g) for g in world.denied.gaps if g["code"] == "coverage-denied"}
    assert [any(f"rbac:list:/{plural}" in gap for gap in needs) for plural in ("secrets", "nodes")] == [True, True]
    assert world.denied.code == 3


def test_what_could_not_be_looked_at_stays_as_it_was(world: World) -> None:
    assert lost(world.whole.resources, world.denied.resources) == []
    assert lost(world.whole.resources, world.cut.resources) == []


def test_a_connection_that_drops_is_said_kind_by_kind(world: World) -> None:
    outcomes = world.cut.outcomes
    told = {outcome for outcome, _ in outcomes.values()}
    assert world.cut.code == 3
    assert "failed" in told
    assert told <= {"complete", "partial", "failed"}
    assert outcomes.keys() == world.whole.outcomes.keys()


def test_coverage_that_says_complete_saw_all(world: World) -> None:
    for scan in (world.denied, world.cut):
        wrong = {
            k: n
            for k, (outcome, n) in scan.outcomes.items()
            if outcome == "complete" and n != world.whole.outcomes[k][1]
        }
        assert wrong == {}
