"""A tenant through its hardships: a denied subscription, an action taken away, an unregistered provider, throttling, a deletion."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from collectors.azure.kinds import KINDS
from discovery.cli import main
from tests.journey.desk import Desk
from tests.servers.azure_cloud import GRAPH, SUBSCRIPTION, TENANT, Cloud, Fault, served

OTHER = "22222222-2222-3333-4444-555555555555"
DISK, SECRET = "azure.compute.disk", "azure.keyvault.secret"


class Here(Desk):
    """Runs its commands in this process, which saves the second that a new one takes."""

    def run(self, *arguments: str, seconds: float = 0) -> tuple[int, str, str]:
        files = ["--config", str(self.folder / "stocktake.toml"), "--database", f"sqlite:///{self.folder}/stocktake.db"]
        done = CliRunner().invoke(main, [*arguments, *(files if arguments[0] != "check" else files[:2])])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout, done.stderr


def hardship() -> Cloud:
    cloud = Cloud()
    for kind in KINDS:
        cloud.add_fixture(kind.name)
    rights = {"actions": ["*/read"], "notActions": ["Microsoft.KeyVault/vaults/secrets/read"]}
    cloud.grants = {
        SUBSCRIPTION: [rights],
        OTHER: Fault(403, "AuthorizationFailed", "does not have authorization to perform this"),
    }
    for path in [p for p in cloud.answers if p.endswith("/secrets")]:
        cloud.answers[path] = Fault(403, "AuthorizationFailed", "does not have authorization to perform this")
    cloud.rows["resources"] = [r for r in cloud.rows["resources"] if "containerregistry" not in r["type"]]
    cloud.rows["resources"].append(cloud.rows["resources"][0] | {"id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/ml-prod/providers/Microsoft.Quantum/workspaces/q", "type": "microsoft.quantum/workspaces", "name": "q"})  # fmt: skip
    cloud.unregistered = ["Microsoft.ContainerRegistry"]
    cloud.fault = lambda n, path: Fault(headers={"Retry-After": "0"}) if n % 5 == 0 else None
    return cloud


@pytest.fixture(scope="module")
def scanned(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Here, tuple[int, str, str], tuple[int, str, str]]]:
    desk = Here(tmp_path_factory.mktemp("azure"))
    with served(hardship()) as url:
        desk.configure(
            f'type = "azure"\nname = "tenant"\nsubscriptions = ["{SUBSCRIPTION}", "{OTHER}"]\nendpoint = "{url}"'
        )
        checked = desk.run("check", "--format", "json")
        yield desk, checked, desk.run("scan")


def of(rows: Sequence[dict[str, Any]], **wanted: str) -> list[dict[str, Any]]:
    return [r for r in rows if all(r.get(k) == v for k, v in wanted.items())]


def test_a_check_predicts_what_the_scan_does_not_see(scanned: Any) -> None:
    desk, (code, out, _), (scan_code, _, err) = scanned
    assert (code, scan_code) == (3, 3), err
    foretold = {(r["kind"], r["account"], r["outcome"]) for r in json.loads(out)}
    incomplete = [r for r in desk.rows("coverage") if r["outcome"] != "complete" and r["account"] != TENANT]
    blind = {
        (r["kind"], r["account"], r["outcome"]) for r in incomplete
    }  # what is the tenant's is never proved to be all
    assert foretold == blind
    assert ("*", OTHER, "denied") in blind
    assert (SECRET, SUBSCRIPTION, "denied") in blind
    assert ("azure.containerregistry.registry", SUBSCRIPTION, "unavailable") in blind


def test_a_gap_names_the_scope_the_permission_and_the_remedy(scanned: Any) -> None:
    desk, *_ = scanned
    gaps = desk.rows("gaps", "--code", "coverage-denied")
    (subscription,) = (g for g in gaps if g["missing"].get("account") == OTHER)
    assert "Microsoft.Authorization/permissions/read" in subscription["remedy"]
    (secrets,) = (g for g in gaps if g["missing"].get("kind") == SECRET)
    assert "Microsoft.KeyVault/vaults/secrets/read" in secrets["remedy"]
    assert "stocktake permissions azure" in secrets["remedy"]


def test_a_type_without_a_row_is_counted(scanned: Any) -> None:
    desk, *_ = scanned
    (gap,) = desk.rows("gaps", "--code", "unmodelled-type")
    assert "azure.quantum.workspaces" in json.dumps(gap)


def test_things_are_joined_whatever_the_case_of_their_ids(scanned: Any) -> None:
    desk, *_ = scanned
    joined = {
        (r["source_id"].rpartition("/")[2], r["verb"], r["target_id"].rpartition("/")[2])
        for r in desk.rows("relations")
    }
    assert ("train-01", "mounts", "train-01-data") in joined
    assert ("train-01", "assumes", "trainer") in joined
    assert ("gpu", "part_of", "serve") in joined
    assert ("datasets", "part_of", "mlprodlake") in joined
    assert ("mlprodlake", "encrypted_by", "ml-prod-kv") in joined  # by the address of the vault
    assert ("aaaa1111-0000-4000-8000-999999999999", "governs", "trainer") in joined  # by the id of its principal
    for chain in (
        ("all", "routes_to", "serve"),  # from the edge to what answers
        ("apim", "routes_to", "ml-apis"),
        ("llm-east", "calls", "ml-aoai"),
        ("3", "member_of", "train"),
        ("a100", "part_of", "gpu"),
        ("telemetry", "writes_to", "datasets"),
        ("documents", "uses", "lake"),
        ("keep", "protects", "mlprodlake"),
        ("azureml", "part_of", "serve"),
        ("models", "resolves_to", "mlprodlake"),
    ):
        assert chain in joined, chain


def test_things_are_found_by_their_region(scanned: Any) -> None:
    """What has no location of its own is where that lies that it lies under."""
    desk, *_ = scanned
    for kind in ("azure.compute.virtual_machine", "azure.machinelearning.model_version"):
        for thing in desk.rows("resources", "--kind", kind):
            told = (thing["place"], thing["region"], thing["attributes"]["region"].lower().replace(" ", ""))
            assert len(set(told)) == 1, told
            assert thing in desk.rows("resources", "--region", thing["region"], "--kind", kind)
    endpoints = [w for w in desk.rows("workloads") if w["type"] == "inference" and w["place"] != "azure-global"]
    assert endpoints
    assert {w["region"] for w in endpoints} == {w["place"] for w in endpoints}
    (group,) = desk.rows("resources", "--kind", "azure.management.management_group")
    assert (group["place"], "region" in group) == ("azure-global", False)


def test_a_machine_has_its_accelerators_and_an_account_its_bytes(scanned: Any) -> None:
    desk, *_ = scanned
    (machine,) = desk.rows("resources", "--kind", "azure.compute.virtual_machine")
    assert machine["attributes"]["accelerators"] == [{"vendor": "nvidia", "model": "A100", "count": 8, "form": "gpu", "memory_bytes": 80 * 1024**3}]  # fmt: skip
    assert machine["attributes"]["region"] == "eastus"
    (account,) = desk.rows("resources", "--kind", "azure.storage.account")
    assert account["attributes"]["size_bytes"] == 1234567890123


def test_what_is_deleted_is_gone_after_a_whole_sweep_and_not_after_a_cut_one(tmp_path: Path) -> None:
    desk, cloud = Here(tmp_path / "desk"), Cloud()
    cloud.add_fixture(DISK)
    with served(cloud) as url:
        desk.configure(f'type = "azure"\nname = "tenant"\nendpoint = "{url}"')
        assert desk.run("scan", "--kind", DISK)[0] == 0
        cloud.rows["resources"] = []
        cloud.fault = lambda n, path: Fault(403, "AuthorizationFailed") if path == GRAPH else None
        assert desk.run("scan", "--kind", DISK)[0] == 3
        assert [r.get("gone_at") for r in desk.rows("resources", "--kind", DISK)] == [None]
        cloud.fault = lambda n, path: None
        assert desk.run("scan", "--kind", DISK)[0] == 0
        assert [bool(r.get("gone_at")) for r in desk.rows("resources", "--kind", DISK)] == [True]
