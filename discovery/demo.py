"""`stocktake demo`: a small AI estate out of real servers on loopback, scanned for real.

Owns the cast (a moto server with two AWS accounts, Google Cloud and Azure by their protocols, an MLflow server, a recorded
Kubernetes API, this machine, a bill) and what is planted missing between them. The servers' scripts stand in tests/servers, so the demo runs from a source checkout.
Everything it starts is stopped again, whatever happens.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from discovery.console import Console
from normalize.errors import ConfigError, StocktakeError

ROOT = Path(__file__).resolve().parent.parent
SERVERS = ROOT / "tests" / "servers"
FIXTURES = ROOT / "tests" / "fixtures"
PLANS = ("readiness", "disposition", "accelerators", "data", "cost", "compliance")
STOCKTAKE = (sys.executable, "-m", "discovery")

DENIED = {"service": "kms", "action": "ListKeys", "kind": "denied", "times": 1_000_000}
"""The API call that the demo's AWS account refuses."""
DENIED_KUBERNETES = "networkpolicies"
"""The Kubernetes resource that the demo's service account may not list."""


@dataclass(frozen=True, slots=True)
class Planted:
    """Something missing on purpose, and how a gap that shows it looks."""

    what: str
    code: str
    contains: str

    def shown_by(self, gap: Mapping[str, Any]) -> bool:
        """Whether a gap shows it, with evidence."""
        return (
            gap["code"] == self.code and self.contains in json.dumps(gap, ensure_ascii=False) and bool(gap["evidence"])
        )


class DemoError(StocktakeError):
    """A part of the demo did not come up."""


class Cast:
    """Processes of the demo. Each has its own process group, so that none of its children survives it."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._processes: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start a server; its output goes to NAME.log."""
        with (self._logs / f"{name}.log").open("wb") as log, _uninterrupted():
            process = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **(env or {})},
                start_new_session=True,
                cwd=self._logs,
            )
            self._processes.append((name, process))
        return process

    def wait_for(self, name: str, url: str, seconds: float = 90) -> None:
        """Wait until a server answers.

        Raises:
            DemoError: it ended, or did not answer in time; the end of its log says why.
        """
        deadline = time.monotonic() + seconds
        process = dict(self._processes)[name]
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                try:
                    urllib.request.urlopen(url, timeout=5).close()
                except urllib.error.HTTPError:
                    return
                return
            time.sleep(0.2)
        tail = (self._logs / f"{name}.log").read_text(errors="replace")[-1500:]
        raise DemoError(f"{name} did not come up at {url}:\n{tail}")

    def facts(self, name: str, file: Path, seconds: float = 90) -> dict[str, Any]:
        """What a server writes to a file once it is up.

        Raises:
            DemoError: it ended, or wrote nothing in time.
        """
        deadline = time.monotonic() + seconds
        while not file.exists():
            if time.monotonic() > deadline or dict(self._processes)[name].poll() is not None:
                tail = (self._logs / f"{name}.log").read_text(errors="replace")[-1500:]
                raise DemoError(f"{name} did not come up:\n{tail}")
            time.sleep(0.1)
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return told

    def stop(self) -> None:
        """Stop everything that was started, with its children; a second Ctrl-C does not cut it short."""
        with _handled(lambda number, frame: None):
            for sign in (signal.SIGTERM, signal.SIGKILL):
                for _, process in self._processes:
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.killpg(process.pid, sign)
                deadline = time.monotonic() + 5
                while any(_alive(process) for _, process in self._processes) and time.monotonic() < deadline:
                    time.sleep(0.02)


def _alive(process: subprocess.Popen[bytes]) -> bool:
    """Whether anything of a process group still runs."""
    process.poll()  # reaps the leader; as a zombie it would keep its group
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, `kill`, and the terminal that closes."""


@contextlib.contextmanager
def _handled(leave: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have what would end this process do something else; what it ignores (nohup) stays ignored.

    Only a main thread may ask for it: in another one nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {s: signal.signal(s, leave) for s in _ENDINGS if signal.getsignal(s) is not signal.SIG_IGN}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


def _interruptible() -> contextlib.AbstractContextManager[None]:
    """Whatever ends the demo ends it as Ctrl-C does: through the clean-up, once, however often it is asked."""

    def leave(number: int, frame: FrameType | None) -> None:
        for sign in _ENDINGS:
            signal.signal(sign, signal.SIG_IGN)
        raise KeyboardInterrupt

    return _handled(leave)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put an interruption off to the end of the block: what is started is also noted."""
    asked: list[int] = []
    with _handled(lambda number, frame: asked.append(number)):
        yield
    if asked:
        raise KeyboardInterrupt


def run_demo(output: Path, console: Console) -> int:
    """Build, scan, report; 0 when every planted omission was found.

    Raises:
        ConfigError: this is no source checkout.
        DemoError: a server did not come up.
    """
    if not SERVERS.is_dir():
        raise ConfigError(
            "the demo needs a source checkout (its servers stand in tests/servers): run `make demo` there"
        )
    began = time.monotonic()
    output = output.resolve()
    for old in ("inventory", "work"):
        shutil.rmtree(output / old, ignore_errors=True)
    for file in output.glob("stocktake.db*"):
        file.unlink()
    work = output / "work"
    work.mkdir(parents=True)
    cast = Cast(work)
    with _interruptible():
        try:
            estate = build(cast, output, work, console)
            code = _scan_and_report(estate, output, console, began)
        except KeyboardInterrupt:
            console.note("interrupted: stopping the demo's servers")
            return 130
        finally:
            cast.stop()
    return code


@dataclass(frozen=True, slots=True)
class Estate:
    """A running estate: the environment that a scan of it needs, what is planted missing, planted secrets, and a bill for it."""

    config: Path
    env: Mapping[str, str]
    planted: tuple[Planted, ...]
    secrets: tuple[str, ...]
    bill: Path


def build(cast: Cast, output: Path, work: Path, console: Console) -> Estate:
    """Start the cast and fill it."""
    ports = {name: free_port() for name in ("aws", "mlflow", "kubernetes")}
    aws, mlflow = f"http://127.0.0.1:{ports['aws']}", f"http://127.0.0.1:{ports['mlflow']}"
    console.note("starting: a moto server (AWS), Google Cloud, Azure, an MLflow server, a recorded Kubernetes API")
    env = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "3",
        "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    kubeconfig = work / "kubeconfig"
    cast.start("aws", [sys.executable, str(SERVERS / "faulty_moto.py"), str(ports["aws"])], env)
    cast.start(
        "mlflow", [sys.executable, str(SERVERS / "mlflow_server.py"), str(ports["mlflow"]), str(work / "mlflow")], env
    )
    cast.start(
        "kubernetes",
        [
            sys.executable, str(SERVERS / "kubernetes_replay.py"), str(FIXTURES / "kubernetes-train"),
            "--port", str(ports["kubernetes"]), "--kubeconfig", str(kubeconfig), "--deny", DENIED_KUBERNETES,
        ],
        env,
    )  # fmt: skip
    clouds_file = work / "clouds.json"
    cast.start("clouds", [sys.executable, str(SERVERS / "clouds.py"), str(clouds_file)], env)
    cast.wait_for("aws", aws + "/moto-api/")
    console.note("filling two AWS accounts in two regions")
    aws_facts = _fill([str(SERVERS / "moto_estate.py"), aws], env)
    _post(aws + "/_fault", DENIED)
    cast.wait_for("kubernetes", f"http://127.0.0.1:{ports['kubernetes']}/version")
    cast.wait_for("mlflow", mlflow + "/health")
    console.note("filling MLflow with experiments, runs and models")
    mlflow_facts = _fill([str(SERVERS / "mlflow_estate.py"), mlflow], env)
    secret = "hf_" + "DemoOnlyNotASecretAbCdEfGhIjKlMnOp"
    cast.start(
        "trainer",
        [sys.executable, "-c", "import time; time.sleep(600)", "--hub-token", secret, "--password=Demo-Pa55-w0rd"],
    )
    clouds = cast.facts("clouds", clouds_file)
    config = output / "stocktake.toml"
    config.write_text(_configuration(output, aws, mlflow, kubeconfig, aws_facts) + _clouds(clouds), encoding="utf-8")
    bill = work / "focus-2026-10.csv"
    bill.write_text(_bill(aws_facts["accounts"][0]), encoding="utf-8")
    planted = (
        *_planted_in_aws(aws_facts),
        *(Planted(p["what"], p["code"], p["contains"]) for p in (*mlflow_facts["planted"], *clouds["planted"])),
        Planted("a bill for machines that nobody saw", "unreconciled-spend", "p5.48xlarge"),
        Planted("the call kms:ListKeys is denied", "coverage-denied", "kms:ListKeys"),
        Planted(f"{DENIED_KUBERNETES} of the cluster may not be listed", "coverage-denied", DENIED_KUBERNETES),
    )
    secrets = (*aws_facts["secrets"].values(), *mlflow_facts["secrets"], secret, "Demo-Pa55-w0rd")
    return Estate(config, env, planted, secrets, bill)


def _planted_in_aws(facts: Mapping[str, Any]) -> tuple[Planted, ...]:
    weights = "/".join(facts["foreign_weights"].split("/")[:3])
    return (
        Planted("the weights of an endpoint lie in a bucket of an account that is not scanned", "external-dependency", weights),
        Planted("a model's image is in a registry of an account that is not scanned", "external-dependency", facts["unscanned_account"]),
        Planted("an EKS cluster that no source has credentials for", "scope-unscanned", facts["cluster_without_credentials"]),
        Planted("an MLflow server that a model's environment names and no source covers", "scope-unscanned", facts["mlflow_host"]),
        Planted("a bucket whose bytes nobody knows", "evidence-missing", facts["bucket_without_size"]),
    )  # fmt: skip


def _configuration(output: Path, aws: str, mlflow: str, kubeconfig: Path, facts: Mapping[str, Any]) -> str:
    return f"""\
database = "sqlite:///{output / "stocktake.db"}"

[[source]]
type = "aws"
name = "aws"
endpoint_url = "{aws}"
accounts = {json.dumps(facts["accounts"])}
role = "StocktakeReadOnly"
regions = {json.dumps(facts["regions"])}

[[source]]
type = "kubernetes"
name = "train"
kubeconfig = "{kubeconfig}"

[[source]]
type = "mlflow"
name = "registry"
tracking_uri = "{mlflow}"

[[source]]
type = "host"
name = "here"
local = true
"""


def _clouds(facts: Mapping[str, Any]) -> str:
    return f"""
[[source]]
type = "gcp"
name = "google"
parents = {json.dumps(facts["parents"])}
endpoint = "{facts["google"]}"

[[source]]
type = "azure"
name = "azure"
subscriptions = ["{facts["subscription"]}"]
endpoint = "{facts["azure"]}"
"""


def _bill(account: str) -> str:
    """A FOCUS file: machines that ran and are gone, in an account that is read."""
    columns = {
        "BillingAccountId": account, "BillingPeriodStart": "2026-10-01T00:00:00Z", "BillingPeriodEnd": "2026-11-01T00:00:00Z",
        "ChargePeriodStart": "2026-10-01T00:00:00Z", "ChargePeriodEnd": "2026-11-01T00:00:00Z", "ChargeCategory": "Usage",
        "BilledCost": "73161.60", "EffectiveCost": "73161.60", "BillingCurrency": "USD", "ProviderName": "AWS",
        "ServiceName": "Amazon Elastic Compute Cloud", "SubAccountId": account, "RegionId": "us-east-1", "ResourceId": "",
        "SkuId": "BoxUsage:p5.48xlarge", "ConsumedQuantity": "1488", "ConsumedUnit": "Hours",
    }  # fmt: skip
    return f"{','.join(columns)}\n{','.join(columns.values())}\n"


def _fill(command: list[str], env: Mapping[str, str]) -> dict[str, Any]:
    """Run a script that fills a server; it prints one JSON object of facts."""
    done = subprocess.run(
        [sys.executable, *command], env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DemoError(f"{Path(command[0]).name} failed:\n{done.stderr[-2000:]}")
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts


def _post(url: str, body: Mapping[str, Any]) -> None:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=10).close()


def _scan_and_report(estate: Estate, output: Path, console: Console, began: float) -> int:
    console.note("scanning with: stocktake scan")
    code = stocktake(estate, "scan", quiet=console.quiet).returncode
    if code not in (0, 3):
        raise DemoError(f"the scan ended with exit code {code}")
    console.note("taking in a bill with: stocktake import")
    taken = stocktake(estate, "import", str(estate.bill), quiet=True).returncode
    if taken not in (0, 3):
        raise DemoError(f"the import ended with exit code {taken}")
    for name in ("summary", "gaps", "confidence"):
        for suffix in ("html", "md", "json"):
            _must(stocktake(estate, "report", name, "--output", str(output / f"{name}.{suffix}"), quiet=True))
    for name in PLANS:
        file = output / f"{name}-gcp.html"
        _must(stocktake(estate, "report", name, "--target", "gcp", "--output", str(file), quiet=True))
    _must(stocktake(estate, "export", "parquet", str(output / "inventory"), quiet=True))
    gaps = json.loads(_must(stocktake(estate, "gaps", "--format", "json", capture=True)).stdout)
    return _tell(estate, output, console, gaps, time.monotonic() - began)


def stocktake(
    estate: Estate, *arguments: str, quiet: bool = False, capture: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run the command line against the estate, as a user would."""
    return subprocess.run(
        [*STOCKTAKE, "--config", str(estate.config), *(["--quiet"] if quiet else []), *arguments],
        env={"STOCKTAKE_SEARCH_SECONDS": "5", **os.environ, **estate.env, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE if capture else None,
        text=True,
        check=False,
    )


def _must(done: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    if done.returncode:
        raise DemoError(f"{' '.join(done.args[3:])} ended with exit code {done.returncode}")
    return done


def _tell(estate: Estate, output: Path, console: Console, gaps: list[dict[str, Any]], seconds: float) -> int:
    missed = [p for p in estate.planted if not any(p.shown_by(g) for g in gaps)]
    lines = ["", "Planted in the estate, and what Stocktake made of it:"]
    lines += [f"  {'MISSED' if p in missed else 'found '}  {p.code:<20}  {p.what}" for p in estate.planted]
    lines += [
        "",
        f"{len(gaps)} gaps in all, after {seconds:.0f} s. Look at:",
        f"  {output / 'summary.html'}",
        f"  {output / 'gaps.html'}",
        f"  {output / 'confidence.html'}",
        f"  {output / 'readiness-gcp.html'}, and {', '.join(PLANS[1:])} for a move to Google Cloud",
        "",
        "Try next (the servers are stopped, the inventory stays):",
        f"  export STOCKTAKE_CONFIG={estate.config}",
        "  stocktake coverage --outcome denied",
        "  stocktake resources --dimension inference",
        "  stocktake gaps --severity critical",
        f"  duckdb -c \"select kind, count(*) from '{output / 'inventory'}/resources/**/*.parquet' group by 1\"",
    ]
    print("\n".join(lines), flush=True)  # noqa: T201  the demo's answer
    return 1 if missed else 0
