"""What has to work on an inventory, whatever was put into it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.journey.desk import Desk

LISTINGS = ("runs", "coverage", "resources", "relations", "gaps")


def lost(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was there before and is gone, or not there at all, after."""
    alive = {r["id"] for r in after if "gone_at" not in r}
    return [r for r in before if r["id"] not in alive]


def assert_everything_works(desk: Desk, database: str = "") -> None:
    """Every report, listing and export ends well and is whole; payloads can be read again."""
    for report in ("summary", "gaps"):
        page = desk.folder / f"{report}.html"
        desk.told("report", report, "--output", str(page), database=database)
        assert page.read_text(encoding="utf-8").rstrip().endswith("</html>")
    resources = desk.rows("resources", database=database)
    assert_listings_agree(desk, database, len(resources))
    desk.told("export", "parquet", str(desk.folder / "inventory"), database=database)
    assert rows_of(desk.folder / "inventory" / "resources") == len(resources)
    code, _, err = desk.run("renormalize")
    assert (code, "Traceback" in err) == (0, False), err
    again = desk.rows("resources", database=database)
    assert {r["id"] for r in resources} <= {r["id"] for r in again}


def assert_listings_agree(desk: Desk, database: str, resources: int) -> None:
    csv.field_size_limit(2**30)
    for listing in LISTINGS:
        rows = desk.rows(listing, database=database)
        table = list(csv.reader(io.StringIO(desk.told(listing, "--format", "csv", database=database))))
        lines = [
            json.loads(line) for line in desk.told(listing, "--format", "jsonl", database=database).split("\n") if line
        ]
        assert (len(table) - 1, lines) == (len(rows), rows), listing
        assert {len(line) for line in table} == {len(table[0])}, listing
        assert listing != "resources" or len(rows) == resources
        assert "\x1b" not in desk.told(listing, "--format", "table", database=database), listing


def rows_of(folder: Path) -> int:
    return sum(pq.ParquetFile(file).metadata.num_rows for file in folder.rglob("*.parquet"))
