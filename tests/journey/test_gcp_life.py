"""An organisation through its hardships: a denied folder, a disabled API, throttling, a deletion, another cloud's view of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from discovery.cli import main
from tests.journey.desk import Desk
from tests.servers.google_cloud import THROTTLED, Cloud, denied, disabled, recorded, serve_rest

ORG = "organizations/1234"
QUEUED, BUCKET, DISK = "gcp.tpu.queued_resource", "gcp.storage.bucket", "gcp.compute.disk"
LOCATIONS = "tpu.googleapis.com/v2/projects/ml-prod/locations"


class Here(Desk):
    """Runs its commands in this process, which saves the second that a new one takes."""

    def run(self, *arguments: str, seconds: float = 0) -> tuple[int, str, str]:
        files = ["--config", str(self.folder / "stocktake.toml"), "--database", f"sqlite:///{self.folder}/stocktake.db"]
        done = CliRunner().invoke(main, [*arguments, *(files if arguments[0] != "check" else files[:2])])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout, done.stderr


def hardship() -> Cloud:
    cloud = recorded()
    cloud.answers[LOCATIONS] = disabled("tpu.googleapis.com", "480123456789")
    for call in [c for c in cloud.answers if "timeSeries" in c]:
        cloud.answers[call] = denied("monitoring.timeSeries.list", "projects/ml-prod")
    refusal = denied("cloudasset.assets.listResource", "folders/88")
    return replace(
        cloud,
        refused={"folders/88": refusal},
        faults=lambda n: THROTTLED if n % 3 == 0 else None,
        missing=frozenset({"monitoring.timeSeries.list"}),
    )


@pytest.fixture(scope="module")
def scanned(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Here, tuple[int, str, str], tuple[int, str, str]]]:
    desk = Here(tmp_path_factory.mktemp("gcp"))
    with serve_rest(hardship()) as url:
        desk.configure(f'type = "gcp"\nname = "ml-org"\nparents = ["{ORG}", "folders/88"]\nendpoint = "{url}"')
        checked = desk.run("check", "--format", "json")
        yield desk, checked, desk.run("scan")


def of(rows: Sequence[dict[str, Any]], **wanted: str) -> list[dict[str, Any]]:
    return [r for r in rows if all(r.get(k) == v for k, v in wanted.items())]


def test_a_check_predicts_what_the_scan_does_not_see(scanned: Any) -> None:
    _, (code, out, _), _ = scanned
    rows = json.loads(out)
    assert code == 3
    (folder,) = of(rows, account="folders/88")
    assert (folder["outcome"], folder["needs"]) == ("denied", ["cloudasset.assets.listResource"])
    (queued,) = of(rows, kind=QUEUED)
    assert (queued["outcome"], queued["needs"]) == ("unavailable", ["tpu.googleapis.com"])
    (bucket,) = of(rows, kind=BUCKET, account="ml-prod")
    assert (bucket["outcome"], bucket["needs"]) == ("denied", ["monitoring.timeSeries.list"])


def test_a_scan_says_what_it_did_not_see_and_what_to_do(scanned: Any) -> None:
    desk, _, (code, _, err) = scanned
    coverage = desk.rows("coverage")
    assert code == 3, err
    (folder,) = of(coverage, account="folders/88")
    assert (folder["kind"], folder["outcome"]) == ("*", "denied")
    (queued,) = of(coverage, kind=QUEUED)
    assert (queued["outcome"], queued["account"]) == ("unavailable", "ml-prod")
    assert "has not been used" in queued["reason"]
    (bucket,) = of(coverage, kind=BUCKET, account="ml-prod")
    assert (bucket["outcome"], bucket["records"], bucket["gaps"]) == ("complete", 1, 1)
    gaps = desk.rows("gaps", "--code", "coverage-denied")
    (gap,) = (g for g in gaps if g["missing"].get("account") == "folders/88")
    assert "cloudasset.assets.listResource" in gap["remedy"]
    assert "stocktake permissions gcp" in gap["remedy"]


def test_things_are_joined_by_whichever_name_they_go_by(scanned: Any) -> None:
    desk, *_ = scanned
    joined = {
        (r["source_id"].rpartition("/")[2], r["verb"], r["target_id"].rpartition("/")[2])
        for r in desk.rows("relations")
    }
    assert ("trainer-0", "mounts", "trainer-0") in joined  # by a link to the API
    assert ("trainer-0", "assumes", "104512345678901234567") in joined  # by an e-mail address
    assert ("h100", "part_of", "serve") in joined  # by a full name
    assert ("480123456789", "part_of", "77") in joined
    assert ("trainer-0", "mentions", "serve") in joined  # by a relationship of Cloud Asset Inventory


def test_things_in_a_zone_are_found_by_the_region_of_the_zone(scanned: Any) -> None:
    desk, *_ = scanned
    kinds = {r["kind"]: r["place"] for r in desk.rows("resources", "--region", "us-central1")}
    assert kinds["gcp.compute.instance"] == "us-central1-a"
    assert kinds["gcp.compute.subnetwork"] == kinds["gcp.aiplatform.endpoint"] == "us-central1"
    assert "us-central1" in {w.get("region") for w in desk.rows("workloads")}


def test_what_serves_computes_and_stores_leads_to_what_it_needs(scanned: Any) -> None:
    desk, *_ = scanned
    found = {(r["source_id"].partition("//")[2], r["verb"], r["target_id"].partition("//")[2]) for r in desk.rows("relations")}  # fmt: skip
    led = {(source.partition(".")[0], verb, target.partition(".")[0], target.rpartition("/")[2]) for source, verb, target in found}  # fmt: skip
    wanted = {
        ("run", "uses", "secretmanager", "hf-token"),
        ("run", "runs_in", "compute", "ml"),  # by its last part, in a note
        ("batch", "mounts", "storage", "ml-prod-corpus"),  # by a path in it
        ("batch", "mentions", "file", "datasets"),  # by the address of an NFS server
        ("pubsub", "mentions", "run", "score"),  # by the URL that messages are pushed to
        ("cloudscheduler", "starts", "workflows", "retrain"),  # by a call to another API
        ("dataproc", "runs_on", "dataproc", "features"),
        ("bigquery", "part_of", "bigquery", "events"),
        ("artifactregistry", "part_of", "artifactregistry", "serving"),
        ("dataplex", "part_of", "dataplex", "raw"),
        ("workstations", "started_from", "workstations", "gpu"),
    }
    assert wanted - led == set()
    assert not [t for _, verb, t in found if verb == "mounts" and t.endswith("/iamPolicy")]


def test_what_a_covered_project_does_not_have_is_dangling_and_what_a_denied_folder_may_have_is_not(
    scanned: Any,
) -> None:
    desk, *_ = scanned
    codes = {g["missing"].get("reference"): g["code"] for g in desk.rows("gaps") if g["missing"].get("reference")}
    assert codes["https://www.googleapis.com/compute/v1/projects/ml-prod/regions/us-central1/vpnTunnels/old"] == "dangling-reference"  # fmt: skip
    assert not [r for r in codes if "ml-images" in str(r)]


def test_a_cluster_that_no_source_reads_is_a_gap(scanned: Any) -> None:
    desk, *_ = scanned
    (gap,) = desk.rows("gaps", "--code", "scope-unscanned")
    assert "gcloud container clusters get-credentials serve --location us-central1" in gap["remedy"]


def test_what_is_deleted_is_gone_after_a_complete_sweep_and_not_after_a_cut_one(tmp_path: Path) -> None:
    desk, cloud = Here(tmp_path / "desk"), recorded(DISK, "gcp.cloudresourcemanager.project")
    with serve_rest(cloud) as url:
        desk.configure(f'type = "gcp"\nname = "ml-org"\nparents = ["{ORG}"]\nendpoint = "{url}"')
        assert desk.run("scan", "--kind", DISK)[0] == 0
        left = [a for a in cloud.resources if "disks" not in a["name"]]
        cloud.resources, cloud.faults = left, lambda n: denied("cloudasset.assets.listResource", ORG)
        assert desk.run("scan", "--kind", DISK)[0] == 3
        assert [r.get("gone_at") for r in desk.rows("resources", "--kind", DISK)] == [None]
        cloud.faults = lambda n: None
        assert desk.run("scan", "--kind", DISK)[0] == 0
        assert [bool(r.get("gone_at")) for r in desk.rows("resources", "--kind", DISK)] == [True]
