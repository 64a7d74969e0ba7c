"""What a user meets before any source is scanned."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SDKS = ("boto3", "kubernetes", "mlflow", "asyncssh", "sqlalchemy", "pyarrow", "pydantic", "rich", "jinja2")


def stocktake(*arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("STOCKTAKE_")}
    return subprocess.run(
        [sys.executable, "-m", "discovery", *arguments],
        cwd=cwd,
        env={**clean, "PYTHONPATH": str(ROOT), **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_help_loads_no_sdk(tmp_path: Path) -> None:
    code = "import sys, discovery.cli; print([m for m in sys.argv[1:] if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code, *SDKS], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_every_command_explains_itself_with_an_example(tmp_path: Path) -> None:
    commands = "init check permissions probe scan import runs coverage resources relations gaps show diff report renormalize agent demo"
    without = [c for c in commands.split() if "Example" not in stocktake(c, "--help", cwd=tmp_path).stdout]
    assert without == []


def test_init_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "stocktake.toml").write_text("mine")
    done = stocktake("init", cwd=tmp_path)
    assert (done.returncode, (tmp_path / "stocktake.toml").read_text()) == (2, "mine")


def test_init_writes_what_scan_then_reads(tmp_path: Path) -> None:
    assert stocktake("init", cwd=tmp_path).returncode == 0
    done = stocktake("scan", cwd=tmp_path)
    assert (done.returncode, "no [[source]] block" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("scan",), "stocktake init"),
        (("gaps",), "no inventory yet"),
        (("resources", "--database", "mysql://u:hunter2secret@h/d"), "postgresql+psycopg://"),
        (("scan", "--source", "nope"), "no such configuration file"),
        (("agent",), "no such configuration file"),
    ],
)
def test_wrong_usage_says_what_to_do_and_exits_2(tmp_path: Path, arguments: tuple[str, ...], expected: str) -> None:
    done = stocktake(*arguments, cwd=tmp_path)
    assert (done.returncode, expected in done.stderr, "Traceback" in done.stderr) == (2, True, False), done.stderr


def test_a_password_in_a_database_url_is_not_echoed(tmp_path: Path) -> None:
    done = stocktake("resources", "--database", "mysql://u:hunter2secret@h/d", cwd=tmp_path)
    assert "hunter2secret" not in done.stderr + done.stdout


def test_a_scan_of_this_machine_leaves_an_inventory_with_coverage(tmp_path: Path) -> None:
    (tmp_path / "stocktake.toml").write_text('[[source]]\ntype = "host"\nname = "here"\nlocal = true\n')
    done = stocktake("scan", cwd=tmp_path)
    assert done.returncode in (0, 3), done.stderr
    coverage = json.loads(stocktake("coverage", "--format", "json", cwd=tmp_path).stdout)
    machine = [c for c in coverage if c["kind"] == "host.machine"]
    assert [(c["outcome"], c["records"]) for c in machine] == [("complete", 1)]


def test_what_is_not_installed_on_a_machine_is_no_blind_spot_for_check_as_for_scan(tmp_path: Path) -> None:
    """The tools of this machine are hidden, so that there is no container engine."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("sh", "cat", "sed", "awk", "grep", "tr", "id", "ps", "timeout", "uname", "cut", "head", "sort"):
        if found := shutil.which(tool):
            (tools / tool).symlink_to(found)
    (tools / "find").symlink_to(ROOT / "tests/servers/bin/find")
    (tmp_path / "stocktake.toml").write_text('[[source]]\ntype = "host"\nname = "here"\nlocal = true\n')
    checked = stocktake("check", "--format", "json", cwd=tmp_path, PATH=str(tools))
    scanned = stocktake("scan", cwd=tmp_path, PATH=str(tools))
    looks = json.loads(stocktake("coverage", "--format", "json", cwd=tmp_path).stdout)
    said = {row["kind"]: row["outcome"] for row in json.loads(checked.stdout)}
    assert said["host.container"] == "unavailable"
    assert said == {look["kind"]: look["outcome"] for look in looks if look["outcome"] != "complete" or look["gaps"]}
    assert (checked.returncode, scanned.returncode) == (0, 0)
