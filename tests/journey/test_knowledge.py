"""`stocktake knowledge`: what is listed, shown and checked, and a user's own folder over it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from discovery.cli import main
from discovery.generate import documents
from planning.knowledge import load

OURS = """\
sort = "instance_types"
source = "https://wiki.example/prices"
observed_at = 2026-11-01
valid_for_days = 30
confidence = "verified"

[entries]
"p4d.24xlarge" = { price_usd_per_hour = 15.2, price_region = "us-east-1", unknown = ["note"] }
"lab-1" = { provider = "kubernetes", vcpu_count = 64, memory_bytes = 549755813888, cpu_architecture = "x86_64", accelerator_count = 0 }
"""


class Folder:
    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = path
        monkeypatch.chdir(path)
        monkeypatch.delenv("STOCKTAKE_CONFIG", raising=False)

    def configured(self, text: str) -> Folder:
        (self.path / "stocktake.toml").write_text('knowledge = "own"\n')
        (self.path / "own").mkdir(exist_ok=True)
        (self.path / "own" / "prices.toml").write_text(text)
        return self

    def told(self, *arguments: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(main, ["knowledge", *arguments])
        assert not isinstance(done.exception, Exception), done.exception
        return done.exit_code, done.stdout, done.stderr

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        code, out, err = self.told(*arguments, "--format", "json")
        assert code in (0, 3), err
        rows: list[dict[str, Any]] = json.loads(out)
        return rows


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    return Folder(tmp_path, monkeypatch)


def test_entries_are_listed_with_age_and_expiry(here: Folder) -> None:
    rows = here.rows("list", "--sort", "instance_types", "--id", "p4d.*", "--as-of", "2026-11-24")
    assert rows == [
        {
            "sort": "instance_types", "id": "p4d.24xlarge", "facts": 18, "status": "derived", "weak": [],
            "observed_at": "2026-07-20", "expires_at": "2027-01-16", "age_days": 127, "files": ["instance_types_aws.toml"],
        }
    ]  # fmt: skip


def test_all_formats_and_the_limit_hold_for_the_listing(here: Folder) -> None:
    _, out, _ = here.told("list", "--limit", "3", "--format", "csv")
    assert len(list(csv.DictReader(io.StringIO(out)))) == 3
    _, out, _ = here.told("list", "--status", "unverified", "--format", "jsonl")
    assert {json.loads(line)["status"] for line in out.splitlines()} == {"unverified"}
    assert "instance_types" in here.told("list", "--format", "table")[1]


def test_an_entry_shows_each_fact_with_its_source(here: Folder) -> None:
    facts = {r["fact"]: r for r in here.rows("show", "service_limits/azure.online", "--as-of", "2026-11-24")}
    assert (facts["timeout_seconds"]["value"], facts["timeout_seconds"]["status"]) == (180, "current")
    assert facts["timeout_seconds"]["source"].startswith("https://github.com/MicrosoftDocs/")
    assert facts["scale_to_zero"]["status"] == "unverified"


def test_what_is_not_there_is_said_with_what_is_near(here: Folder) -> None:
    code, _, err = here.told("show", "p4d")
    assert (code, "instance_types/p4d.24xlarge" in err) == (2, True)


def test_check_fails_when_something_has_expired_and_says_what_was_never_verified(here: Folder) -> None:
    code, out, err = here.told("check", "--as-of", "2026-11-24", "--format", "json")
    assert (code, {r["status"] for r in json.loads(out)}, "0 facts have expired" in err) == (0, {"unverified"}, True)
    code, out, _ = here.told("check", "--as-of", "2040-01-01", "--format", "json")
    rows = json.loads(out)
    assert (code, rows[0]["status"], rows[-1]["status"]) == (3, "expired", "unverified")


def test_a_folder_of_ones_own_goes_over_what_ships(here: Folder) -> None:
    here.configured(OURS)
    facts = {r["fact"]: r for r in here.rows("show", "p4d.24xlarge", "--as-of", "2026-11-24")}
    assert (facts["price_usd_per_hour"]["value"], facts["price_usd_per_hour"]["file"]) == (15.2, "prices.toml")
    assert facts["fabric"]["file"] == "instance_types_aws.toml"
    assert [r["id"] for r in here.rows("list", "--id", "lab-*")] == ["lab-1"]
    code, out, _ = here.told("check", "--as-of", "2026-12-24", "--format", "json")
    assert code == 3
    assert {r["fact"] for r in json.loads(out) if r["status"] == "expired" and r["id"] == "p4d.24xlarge"} == {"price_usd_per_hour", "price_region"}  # fmt: skip


@pytest.mark.parametrize("command", [("list",), ("show", "p4d.24xlarge"), ("check",)])
def test_a_wrong_file_of_ones_own_is_a_matter_of_configuration(here: Folder, command: tuple[str, ...]) -> None:
    here.configured(OURS.replace("price_usd_per_hour = 15.2", 'price_usd_per_hour = "cheap"'))
    code, _, err = here.told(*command)
    assert code == 2
    assert "own/prices.toml: entry \"p4d.24xlarge\": price_usd_per_hour: 'cheap' is no number" in err


def test_a_folder_that_is_not_there_is_said(here: Folder) -> None:
    (here.path / "stocktake.toml").write_text('knowledge = "nowhere"\n')
    code, _, err = here.told("list")
    assert (code, "there is no folder" in err) == (2, True)


def test_the_document_tells_what_is_in_it() -> None:
    text = documents()["docs/knowledge.md"]
    for sort, entries in load().entries.items():
        assert f"| `{sort}` |" in text
        assert f" | {len(entries)} | " in next(line for line in text.splitlines() if line.startswith(f"| `{sort}` |"))
