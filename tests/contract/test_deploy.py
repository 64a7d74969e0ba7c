"""The deployment files are valid for the tools that read them, locked down, and call commands that exist."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from click.testing import CliRunner

from discovery.cli import main
from discovery.config import load

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [u for u in UNITS if u.suffix == ".service"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def _manifests() -> list[dict[str, Any]]:
    files = (DEPLOY / "kubernetes").glob("*.yaml")
    return [m for f in files for m in yaml.safe_load_all(f.read_text()) if m]


def _of_kind(kind: str) -> dict[str, Any]:
    return next(m for m in _manifests() if m["kind"] == kind)


def _pod() -> dict[str, Any]:
    pod: dict[str, Any] = _of_kind("CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return pod


def _unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(path.read_text())
    return parser


def _commands() -> Iterator[list[str]]:
    yield [str(a) for a in _pod()["containers"][0]["args"]]
    for service in SERVICES:
        yield shlex.split(_unit(service)["Service"]["ExecStart"])[1:]


@pytest.mark.parametrize("manifest", _manifests(), ids=lambda m: m["kind"])
@pytest.mark.parametrize("release", ["1.31", kubernetes_validate.latest_version()])
def test_manifests_fit_the_schema_of_the_api(manifest: dict[str, Any], release: str) -> None:
    kubernetes_validate.validate(manifest, release, strict=True)


def test_the_pod_is_restricted() -> None:
    """What the Pod Security Standard "restricted" asks, and a read-only root beyond it."""
    pod = _pod()
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    assert not [v for v in pod["volumes"] if "hostPath" in v]
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"requests", "limits"} <= container["resources"].keys()


def test_every_folder_that_a_scan_writes_is_a_volume() -> None:
    mounted = {m["mountPath"] for m in _pod()["containers"][0]["volumeMounts"]}
    assert {"/var/lib/stocktake", "/tmp"} <= mounted
    volumes = {v["name"] for v in _pod()["volumes"]}
    assert {m["name"] for m in _pod()["containers"][0]["volumeMounts"]} == volumes


def test_a_scan_with_blind_spots_is_not_tried_again() -> None:
    job = _of_kind("CronJob")["spec"]["jobTemplate"]["spec"]
    assert job["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"] == [2, 3]
    assert job["template"]["spec"]["restartPolicy"] == "Never"
    assert _of_kind("CronJob")["spec"]["concurrencyPolicy"] == "Forbid"


def test_the_job_runs_as_the_account_of_the_generated_role() -> None:
    from collectors.kubernetes.permissions import NAME, NAMESPACE

    assert _pod()["serviceAccountName"] == NAME
    assert {m["metadata"]["namespace"] for m in _manifests()} == {NAMESPACE}


def test_the_configuration_in_the_cluster_is_a_configuration(tmp_path: Path) -> None:
    file = tmp_path / "stocktake.toml"
    file.write_text(_of_kind("ConfigMap")["data"]["stocktake.toml"])
    assert [s.type for s in load(file).source] == ["kubernetes"]


def test_the_image_of_the_job_is_this_version() -> None:
    assert _pod()["containers"][0]["image"].endswith(f"/stocktake:{PROJECT['version']}")


@pytest.mark.parametrize("arguments", list(_commands()), ids=" ".join)
def test_the_commands_exist(arguments: list[str]) -> None:
    assert CliRunner().invoke(main, [*arguments, "--help"]).exit_code == 0


def test_the_dockerfile_passes_hadolint() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, "--no-color", DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_the_user_of_the_pod() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    final = lines[max(i for i, line in enumerate(lines) if line.startswith("FROM")) :]
    pod = _pod()["securityContext"]
    assert f"USER {pod['runAsUser']}:{pod['runAsGroup']}" in final
    assert 'ENTRYPOINT ["stocktake"]' in final
    assert "HEALTHCHECK NONE" in final


def test_the_image_gets_all_that_the_wheel_is_made_of_and_nothing_else() -> None:
    allowed = {
        line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")
    }
    packages = set(
        tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    )
    assert allowed == packages | {"pyproject.toml", "uv.lock", PROJECT["readme"], *PROJECT["license-files"]}


@pytest.mark.parametrize("unit", SERVICES, ids=lambda u: u.name)
def test_services_are_hardened(unit: Path) -> None:
    service = _unit(unit)["Service"]
    for key in (
        "DynamicUser",
        "NoNewPrivileges",
        "ProtectHome",
        "PrivateTmp",
        "ProtectKernelModules",
        "RestrictSUIDSGID",
    ):
        assert service[key] == "yes", key
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
    assert service["StateDirectory"] == "stocktake"


def test_both_services_have_the_same_sandbox() -> None:
    own = {
        "Type",
        "ExecStart",
        "SuccessExitStatus",
        "TimeoutStartSec",
        "Restart",
        "RestartSec",
        "RestartPreventExitStatus",
    }
    sandboxes = [{k: v for k, v in _unit(s)["Service"].items() if k not in own} for s in SERVICES]
    assert sandboxes[0] == sandboxes[1]


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("systemd-analyze is not installed")
    for unit in UNITS:
        text = unit.read_text().replace(
            "/opt/stocktake/bin/stocktake", str(Path(sys.executable).with_name("stocktake"))
        )
        (tmp_path / unit.name).write_text(text)
    files = [str(tmp_path / u.name) for u in UNITS]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *files], capture_output=True, text=True, check=False
    )
    assert [line for line in done.stderr.splitlines() if str(tmp_path) in line or line.startswith("stocktake")] == []


@pytest.mark.parametrize(("ci", "status", "said"), [("", 0, "skipped: "), ("true", 1, "a failure with CI=true: ")])
def test_what_cannot_be_installed_is_named_with_the_reason(ci: str, status: int, said: str, tmp_path: Path) -> None:
    for tool in ("bash", "id"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    done = subprocess.run(
        [DEPLOY / "install-services"],
        env={"PATH": str(tmp_path), "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
    assert "openssh-client" in done.stderr
    assert "(there is no apt-get here)" in done.stderr


def test_scripts_pass_shellcheck() -> None:
    shellcheck = Path(sys.executable).with_name("shellcheck")
    scripts = [DEPLOY / "setup-venv", DEPLOY / "install-services", ROOT / ".ci/run"]
    done = subprocess.run([shellcheck, *scripts], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_no_file_holds_a_secret() -> None:
    for file in (f for f in DEPLOY.rglob("*") if f.is_file()):
        assert not re.search(r"AKIA[A-Z0-9]{16}|-----BEGIN [A-Z ]*PRIVATE KEY", file.read_text())
