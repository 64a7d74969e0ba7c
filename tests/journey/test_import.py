"""Files that others wrote, taken in through the command line."""

from __future__ import annotations

import csv
from pathlib import Path

from click.testing import CliRunner, Result

from discovery.cli import main
from tests.journey.desk import Desk
from tests.unit.test_host_bundles import written
from tests.unit.test_terraform import instance, resource, state
from tests.unit.test_terraform import written as written_state


def imported(folder: Path, *paths: Path) -> Result:
    return CliRunner().invoke(main, ["import", *map(str, paths), "--database", f"sqlite:///{folder / 'stocktake.db'}"])


def test_a_file_that_nothing_reads_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear all,\n")
    done = imported(tmp_path, letter)
    assert done.exit_code == 2
    assert "as host bundle: it is no bundle" in done.stderr
    assert "Accepted:" in done.stderr
    assert not (tmp_path / "stocktake.db").exists()


def test_an_empty_folder_is_no_complete_import(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    done = imported(tmp_path, tmp_path / "nothing")
    assert (done.exit_code, "no file to import" in done.stderr) == (2, True)


COLUMNS = (
    "ProviderName", "BillingAccountId", "SubAccountId", "BillingPeriodStart", "ChargePeriodStart", "ChargePeriodEnd", "ServiceName",
    "BillingCurrency", "BilledCost", "ConsumedQuantity", "ConsumedUnit", "SkuMeter", "RegionId", "ResourceId",
)  # fmt: skip


def focus(path: Path, *lines: tuple[str, str, str, str]) -> Path:
    """A bill of (account, month, resource, cost)."""
    rows = [
        ("AWS", "999988887777", account, f"{month}-01", f"{month}-01", f"{month}-31 23:00:00", "Amazon EC2", "USD", cost, "1", "Hrs", "Box", "us-east-1", resource)
        for account, month, resource, cost in lines
    ]  # fmt: skip
    path.write_text("\n".join(",".join(row) for row in (COLUMNS, *rows)) + "\n")
    return path


def test_a_month_that_is_imported_again_replaces_itself_alone(tmp_path: Path) -> None:
    desk, (mine, other) = Desk(tmp_path), ("111122223333", "444455556666")
    first = focus(tmp_path / "a.csv", (mine, "2026-08", "i-0abcdef0123456789", "1.5"), (mine, "2026-10", "i-0abcdef0123456789", "2"), (mine, "2026-10", "", "4"), (other, "2026-10", "", "8"))  # fmt: skip
    again = focus(tmp_path / "b.csv", (mine, "2026-10", "i-0abcdef0123456789", "16"))
    assert [imported(tmp_path, p).exit_code for p in (first, first, again)] == [0, 0, 0]
    bills = [r for r in desk.rows("resources", "--kind", "bill.usage") if "gone_at" not in r]
    assert sorted((r["account"], r["attributes"]["started_at"][:7], r["attributes"]["cost_usd"]) for r in bills) == [
        (mine, "2026-08", 1.5),
        (mine, "2026-10", 16.0),
        (other, "2026-10", 8.0),
    ]
    covered = {(r["account"], r["place"]): (r["outcome"], r["records"]) for r in desk.rows("coverage")}
    assert covered == {(mine, "2026-08"): ("complete", 1), (mine, "2026-10"): ("complete", 1), (other, "2026-10"): ("complete", 1)}  # fmt: skip
    assert {g["code"] for g in desk.rows("gaps")} == {"unreconciled-spend"}  # nobody reads these accounts


def test_a_bill_with_a_broken_line_ends_with_a_blind_spot(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    bill = focus(tmp_path / "a.csv", ("111122223333", "2026-10", "", "2"), ("111122223333", "2026-10", "", "two"))
    assert imported(tmp_path, bill).exit_code == 3
    ((source, kind, place, reason, payload),) = desk.quarantined()
    assert (source, kind, place, reason) == ("bill", "bill.usage", "2026-10", "a.csv, row 2: 'two' is no number")
    assert payload["Columns"]["BilledCost"] == "two"
    (partial,) = desk.rows("gaps", "--code", "coverage-partial")
    assert "`stocktake import PATH`" in partial["remedy"]


def test_a_machine_is_not_taken_back_to_an_earlier_day(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for name, day in (("new", "20"), ("old", "01")):
        mounts = f"/dev/sda\t/{name}\txfs\trw\t9 1 8\t9 1 8\n"
        (tmp_path / name).write_bytes(
            written(at=f"2026-11-{day}T00:00:00Z", lsblk='{"blockdevices": []}', mounts=mounts)
        )
    assert [imported(tmp_path, tmp_path / "new").exit_code for _ in range(2)] == [0, 0]
    done = imported(tmp_path, tmp_path / "old")
    assert (done.exit_code, "nothing was taken" in done.stderr) == (2, True)
    there = [r["name"] for r in desk.rows("resources", "--kind", "host.mount") if "gone_at" not in r]
    assert there == ["/new"]
    assert len(desk.rows("runs")) == 2


def test_a_damaged_bundle_leaves_nothing_behind(tmp_path: Path) -> None:
    bundle = tmp_path / "gap01.bundle"
    bundle.write_bytes(written().replace(b"gap01", b"gap02"))
    done = imported(tmp_path, bundle)
    assert (done.exit_code, "its checksum is wrong" in done.stderr) == (2, True)
    assert not (tmp_path / "stocktake.db").exists()


def test_a_state_is_taken_in_without_its_secrets_and_never_back(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    secret = "hunter2-Tr0ub4dor"
    bucket = resource("aws_s3_bucket", "data", instance(arn="arn:aws:s3:::data", policy=secret))
    first = written_state(
        tmp_path / "prod" / "terraform.tfstate", state(bucket, outputs={"p": {"value": secret}}, serial=7)
    )
    later = written_state(tmp_path / "later", state(serial=8))
    assert imported(tmp_path, first).exit_code == 0
    (declared,) = desk.rows("resources", "--kind", "terraform.resource")
    assert declared["name"] == "aws_s3_bucket.data"
    assert declared["attributes"]["declared_by"] == "prod/terraform.tfstate"
    assert secret.encode() not in (tmp_path / "stocktake.db").read_bytes()
    assert imported(tmp_path, later).exit_code == 0
    assert [r["name"] for r in desk.rows("resources", "--kind", "terraform.resource") if "gone_at" not in r] == []
    done = imported(tmp_path, first)
    assert (done.exit_code, "is known with serial 8 already" in done.stderr) == (2, True)


def test_an_encrypted_state_says_how_to_get_one_that_can_be_read(tmp_path: Path) -> None:
    path = written_state(tmp_path / "a.tfstate", {"meta": {}, "encrypted_data": "eHg=", "encryption_version": "v0"})
    done = imported(tmp_path, path)
    assert (done.exit_code, "`tofu state pull > FILE`" in done.stderr) == (2, True)


def test_a_questionnaire_goes_out_is_filled_in_and_comes_back(tmp_path: Path) -> None:
    desk, form = Desk(tmp_path), tmp_path / "form.csv"
    bundle = tmp_path / "gap01.bundle"
    bundle.write_bytes(written(lsblk='{"blockdevices": []}', mounts="nas:/export\t/data\tnfs4\trw\t9 1 8\t9 1 8\n"))
    assert imported(tmp_path, bundle).exit_code == 0
    database = ("--database", f"sqlite:///{tmp_path / 'stocktake.db'}")

    def asked() -> str:
        done = CliRunner().invoke(main, ["questionnaire", "--all", "--output", str(form), *database])
        assert (done.exit_code, "wrote" in done.stderr) == (0, True)
        return form.read_text(encoding="utf-8-sig")

    columns, *questions = csv.reader(asked().splitlines())
    (mount,) = (dict(zip(columns, q, strict=True)) for q in questions if "host.mount" in q[0])
    assert (mount["fact"], mount["answer"], mount["accepts"]) == ("backup_retention_days", "", "a whole number")
    answered = tmp_path / "answered.csv"  # by a spreadsheet of another country, which sorts columns as its owner likes
    answered.write_text(f"id;fact;answer\n{mount['id']};{mount['fact']};7\n{mount['id']};colour;red\n")
    refused = imported(tmp_path, answered)
    assert refused.exit_code == 3
    assert "answered.csv, line 2 refused: nobody stands under told_by" in refused.stderr
    assert 'answered.csv, line 3 refused: "colour" is not asked of it' in refused.stderr
    answered.write_text(f"id;fact;answer;told_by\n{mount['id']};{mount['fact']};7;Ana Silva\n")
    assert imported(tmp_path, answered, bundle).exit_code == 0
    (there,) = desk.rows("resources", "--kind", "host.mount")
    assert there["attributes"]["backup_retention_days"] == 7
    assert there["told"]["backup_retention_days"]["by"] == "Ana Silva"
    first = asked()
    assert ",7,Ana Silva," in first
    assert imported(tmp_path, form).exit_code == 0
    assert asked() == first
    read = tmp_path / "form.md"
    assert CliRunner().invoke(main, ["questionnaire", "--all", "--output", str(read), *database]).exit_code == 0
    assert "**7** (Ana Silva, " in read.read_text()


def test_a_questionnaire_without_an_inventory_is_refused(tmp_path: Path) -> None:
    form = tmp_path / "form.csv"
    form.write_text("id,fact,answer\nx,owner,Ana\n")
    done = imported(tmp_path, form)
    assert (done.exit_code, "no inventory yet" in done.stderr) == (2, True)
    form.write_bytes("id,fact,answer\nx,owner,Zoë\n".encode("cp1252"))
    done = imported(tmp_path, form)
    assert (done.exit_code, 'save it as "CSV UTF-8"' in done.stderr) == (2, True)
