"""The wheel holds what the program needs, and each extra what its collector needs: as pip would install them."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from email.parser import Parser
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from discovery.wiring import COLLECTORS

ROOT = Path(__file__).parents[2]
SETUP = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = SETUP["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
PACKAGES: list[str] = SETUP["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
SETTINGS = {
    "aws": {"regions": ["us-east-1"]},
    "kubernetes": {"kubeconfig": "kubeconfig.yaml"},
    "mlflow": {"tracking_uri": "http://127.0.0.1:9"},
    "host": {"local": True},
    "slurm": {"host": "127.0.0.1"},
}
KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "http://127.0.0.1:9"}}]
users: [{name: u, user: {}}]
"""
BLOCKER = """\
import importlib.abc, json, sys

class Absent(importlib.abc.MetaPathFinder):
    def __init__(self, names):
        self.names = names
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent(set(json.loads(sys.argv.pop(1)))))
"""
OPEN = """
from pathlib import Path
from discovery.config import load
from discovery.wiring import open_source
from normalize.errors import ConfigError

for source in load(Path("stocktake.toml")).source:
    try:
        open_source(source)
        print(source.type, "opens")
    except ConfigError as error:
        print(source.type, error)
"""
USED = {
    "scan --kind host.machine": 0,
    "report summary --output summary.html": 0,
    "export parquet out": 0,
    "db upgrade": 0,
    "permissions aws": 0,
    "probe --show": 0,
}
USE = f"""
import discovery
from click.testing import CliRunner
from discovery.cli import main

print(discovery.__file__)
for words in {list(USED)}:
    print(CliRunner().invoke(main, words.split()).exit_code, words)
"""
IMPORT = """
import importlib, pkgutil

for package in sys.argv[1:]:
    module = importlib.import_module(package)
    for found in pkgutil.walk_packages(module.__path__, package + "."):
        if found.name not in ("discovery.__main__", "discovery.demo", "store.migrations.env"):
            importlib.import_module(found.name)
"""

ROWS = """
from discovery.wiring import static_kinds

print(len(static_kinds()))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")))
    return Path(built)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files where pip would put them."""
    site = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def python(*arguments: str, site: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("STOCKTAKE_", "AWS_"))}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=clean | {"PYTHONPATH": str(site), "HOME": str(cwd)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def brought(requirements: Iterable[str]) -> set[str]:
    """Every distribution that pip would install for these requirements, as far as it is installed here."""
    found: set[str] = set()
    waiting = [(Requirement(r), "") for r in requirements]
    seen: set[tuple[str, str]] = set()
    while waiting:
        wanted, extra = waiting.pop()
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(wanted.name)
        found.add(name)
        for chosen in {"", *wanted.extras}:
            if (name, chosen) in seen:
                continue
            seen.add((name, chosen))
            try:
                needed = importlib.metadata.requires(name) or []
            except importlib.metadata.PackageNotFoundError:
                continue
            waiting += [(Requirement(n), chosen) for n in needed]
    return found


def opened_by(extra: str | None) -> list[str]:
    """Types of source whose every requirement an extra brings: its own, and those that need no more than it."""
    return [t for t in SETTINGS if extra and set(EXTRAS[t]) <= set(EXTRAS[extra])]


def absent(extra: str | None) -> list[str]:
    """Top-level modules that are installed here and would not be with this extra alone."""
    there = brought([*PROJECT["dependencies"], *(EXTRAS[extra] if extra else ())])
    modules = importlib.metadata.packages_distributions()
    return sorted(m for m, owners in modules.items() if not there & {canonicalize_name(o) for o in owners})


def sources(files: Path) -> Iterator[str]:
    """Everything that lies in the packages and is no leftover of running them."""
    for package in PACKAGES:
        for file in (files / package).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                yield file.relative_to(files).as_posix()


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(wheel: Path) -> None:
    code = {n for n in names(wheel) if ".dist-info/" not in n}
    assert code == set(sources(ROOT))
    assert {"collectors/hosts/probe.sh", "reports/templates/base.html.j2", "store/migrations/env.py"} <= code


def test_the_metadata_of_the_wheel_is_the_projects(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (about,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(about).decode())
        scripts = archive.read(about.replace("METADATA", "entry_points.txt")).decode()
    assert (metadata["Name"], metadata["Version"]) == ("stocktake", PROJECT["version"])
    assert (metadata["Requires-Python"], metadata["License-Expression"]) == (">=3.11", "Apache-2.0")
    assert set(metadata.get_all("Provides-Extra", [])) == EXTRAS.keys()
    assert scripts.split() == ["[console_scripts]", "stocktake", "=", "discovery.cli:main"]
    assert about.replace("METADATA", "licenses/LICENSE") in names(wheel)


def test_every_source_type_that_can_be_scanned_has_its_extra_and_all_has_them_all() -> None:
    extras = {extra for _, extra in COLLECTORS.values()}
    assert EXTRAS.keys() - {"all", "bench", "dask", "demo", "dev"} == extras
    assert Requirement(EXTRAS["all"][0]).extras == extras


def test_an_installed_wheel_with_one_extra_scans_reports_and_exports(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "stocktake.toml").write_text('[[source]]\ntype = "host"\nname = "here"\nlocal = true\n')
    done = python("-c", BLOCKER + USE, json.dumps(absent("host")), site=installed, cwd=tmp_path)
    where, *codes = done.stdout.splitlines()
    assert Path(where).is_relative_to(installed)
    assert codes == [f"{code} {words}" for words, code in USED.items()], done.stderr
    assert "<html" in (tmp_path / "summary.html").read_text()
    assert (tmp_path / "out" / "resources").is_dir()


def test_the_demo_of_an_installed_wheel_says_where_it_runs(installed: Path, tmp_path: Path) -> None:
    done = python("-m", "discovery", "demo", site=installed, cwd=tmp_path)
    assert (done.returncode, "make demo" in done.stderr) == (2, True)


def test_without_extras_everything_but_the_collectors_loads(installed: Path, tmp_path: Path) -> None:
    missing = absent(None)
    assert {"boto3", "kubernetes", "mlflow", "asyncssh"} <= set(missing)
    assert not {"sqlalchemy", "click", "pyarrow", "pydantic"} & set(missing)
    packages = [p for p in PACKAGES if p != "collectors"]
    done = python("-c", BLOCKER + IMPORT + ROWS, json.dumps(missing), *packages, site=installed, cwd=tmp_path)
    assert (done.returncode, int(done.stdout or 0) > 50) == (0, True), done.stderr


@pytest.mark.parametrize("extra", [None, *SETTINGS])
def test_an_extra_alone_opens_its_source_and_the_others_name_theirs(
    extra: str | None, installed: Path, tmp_path: Path
) -> None:
    blocks = [
        f'[[source]]\ntype = "{type_}"\nname = "{type_}"\n'
        + "".join(f"{k} = {json.dumps(v)}\n" for k, v in settings.items())
        for type_, settings in SETTINGS.items()
    ]
    (tmp_path / "stocktake.toml").write_text("\n".join(blocks))
    (tmp_path / "kubeconfig.yaml").write_text(KUBECONFIG)
    done = python("-c", BLOCKER + OPEN, json.dumps(absent(extra)), site=installed, cwd=tmp_path)
    told = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert told.keys() == SETTINGS.keys(), done.stderr
    assert [t for t, text in told.items() if text == "opens"] == opened_by(extra)
    for type_, text in told.items():
        assert text == "opens" or f'install "stocktake[{COLLECTORS[type_][1]}]"' in text


@pytest.mark.parametrize("type_", SETTINGS)
def test_an_extra_brings_all_that_its_collector_imports(type_: str, installed: Path, tmp_path: Path) -> None:
    package, extra = COLLECTORS[type_]
    done = python("-c", BLOCKER + IMPORT, json.dumps(absent(extra)), package, site=installed, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
