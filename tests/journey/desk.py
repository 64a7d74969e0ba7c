"""A folder with a configuration and an inventory, and the real command line over it."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from sqlalchemy import text

from discovery.cli import main
from store import content
from store.database import connect

ROOT = Path(__file__).resolve().parents[2]
VOLATILE = {"first_seen_at", "last_seen_at", "started_at", "finished_at", "run_id"}
AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    "AWS_MAX_ATTEMPTS": "1",
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
}
"""The environment of a scan of an emulator: made-up keys, and no waiting for what will not come."""


def loaded(name: str) -> Any:
    """A module of tests/servers."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / "servers" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


class Desk:
    """Runs `stocktake` in a folder.

    Attributes:
        env: what is added to the environment of every command; no STOCKTAKE_ or AWS_ variable comes from outside.
    """

    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        self.env = env
        folder.mkdir(parents=True, exist_ok=True)

    def configure(self, *sources: str, top: str = "") -> None:
        """Write stocktake.toml: the body of one [[source]] block each, and what stands above them."""
        blocks = (f"[[source]]\n{source}\n" for source in sources)
        (self.folder / "stocktake.toml").write_text("\n".join([top, *blocks]), encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        outside = {k: v for k, v in os.environ.items() if not k.startswith(("STOCKTAKE_", "AWS_"))}
        return subprocess.Popen(
            [sys.executable, "-m", "discovery", *arguments],
            cwd=self.folder,
            env={**outside, "PYTHONPATH": str(ROOT), **self.env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, seconds: float = 180) -> tuple[int, str, str]:
        """(exit code, stdout, stderr). Raises TimeoutExpired, after ending the command, when it hangs."""
        process = self.start(*arguments)
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return process.returncode, out, err

    def told(self, *arguments: str, database: str = "") -> str:
        """What a command that scans nothing prints, without the second that a process of its own would take to start."""
        url = database or f"sqlite:///{self.folder / 'stocktake.db'}"
        done = CliRunner().invoke(main, [*arguments, "--database", url])
        assert done.exit_code == 0, (done.stderr, done.exception)
        return done.stdout

    def has_runs(self) -> bool:
        """Whether the inventory, if there is one, knows of a scan; whatever state a killed one left it in."""
        url = f"sqlite:///{self.folder / 'stocktake.db'}"
        return CliRunner().invoke(main, ["runs", "--database", url]).stdout.strip() not in ("", "[]")

    def rows(self, listing: str, *arguments: str, database: str = "") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self.told(listing, "--format", "json", *arguments, database=database))
        return rows

    def inventory(self) -> dict[str, list[str]]:
        """Everything that a scan leaves, without what tells the time."""
        return {
            listing: sorted(
                json.dumps({k: v for k, v in row.items() if k not in VOLATILE}, sort_keys=True)
                for row in self.rows(listing)
            )
            for listing in ("resources", "relations", "gaps", "coverage")
        }

    def quarantined(self, url: str = "") -> Iterator[tuple[str, str, str, str, Any]]:
        """(source, kind, place, reason, payload) of every record that was set aside."""
        engine = connect(url or f"sqlite:///{self.folder / 'stocktake.db'}")
        kept = text(
            "SELECT l.source, l.kind, l.place, q.reason, q.data FROM quarantine q JOIN listings l ON l.id = q.listing_id"
        )
        with engine.connect() as connection:
            for source, kind, place, reason, data in connection.execute(kept):
                yield source, kind, place, reason, content.unpacked(data)
        engine.dispose()
