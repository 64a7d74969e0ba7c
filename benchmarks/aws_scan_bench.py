"""A whole AWS scan, from the first call to the finished inventory, beside Cloud Custodian on the same endpoint.

    python -m benchmarks.aws_scan_bench [--scale 1] [--rounds 5] [--latency-ms 50] [--custodian] [--cache DIR]

`same kinds` is `stocktake scan` of the kinds that the policies read; `all kinds` is a scan of everything, most of it
empty. Rounds are interleaved, figures are medians; CPU is user and system time of the client alone, memory the largest
resident set of any of its processes. Every round counts what was found: a missing resource ends the benchmark.

Cloud Custodian runs one policy per kind, the regional ones with a --region for each region, the global ones once. Of
buckets it reads five facts each, as many as Stocktake (its default is ten); of training jobs the completed ones, which
they all are. It is installed from PyPI into a virtual environment of its own under --cache (otherwise
$STOCKTAKE_BENCH_CACHE, otherwise ~/.cache/stocktake-bench), where later runs find it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.aws_estate import ROOT, Endpoint, running
from benchmarks.aws_estate.estate import KINDS, PER_ACCOUNT, ROLE, Estate, Sizes
from benchmarks.aws_estate.measure import Cost, cost_of, machine, median_cost, spread, table
from benchmarks.aws_estate.server import add_options, sizes_from

CUSTODIAN = "c7n"
"""What is installed; `--custodian-version` pins it."""
_CACHE = Path.home() / ".cache" / "stocktake-bench"

POLICIES: Mapping[str, Mapping[str, Any]] = {
    "aws.ec2.instance": {"resource": "aws.ec2"},
    "aws.ec2.volume": {"resource": "aws.ebs"},
    "aws.ec2.network_interface": {"resource": "aws.eni"},
    "aws.ec2.vpc": {"resource": "aws.vpc"},
    "aws.ec2.subnet": {"resource": "aws.subnet"},
    "aws.ec2.security_group": {"resource": "aws.security-group"},
    "aws.sagemaker.endpoint": {"resource": "aws.sagemaker-endpoint"},
    "aws.sagemaker.endpoint_config": {"resource": "aws.sagemaker-endpoint-config"},
    "aws.sagemaker.model": {"resource": "aws.sagemaker-model"},
    "aws.sagemaker.training_job": {"resource": "aws.sagemaker-job", "query": [{"StatusEquals": "Completed"}]},
    "aws.sagemaker.notebook_instance": {"resource": "aws.sagemaker-notebook"},
    "aws.s3.bucket": {"resource": "aws.s3", "query": [{"augment-keys": ["Versioning", "Policy", "Acl"]}]},
    "aws.iam.role": {"resource": "aws.iam-role"},
    "aws.iam.policy": {"resource": "aws.iam-policy"},
}
"""The policy that reads each kind. Source: c7n 0.9.53, c7n/resources, read 2026-11-24."""


@dataclass(frozen=True, slots=True)
class Scanner:
    """Something that takes an inventory: `run` in an empty folder, then `count` of what it found, by kind."""

    name: str
    run: Callable[[Path, Endpoint], Cost]
    count: Callable[[Path, Estate], Mapping[str, int]]
    kinds: Sequence[str]


def stocktake(name: str, kinds: Sequence[str], patterns: Sequence[str] = (), checkout: Path = ROOT) -> Scanner:
    """`stocktake scan` of a checkout's code, with the packages of this interpreter."""
    program = [sys.executable, "-m", "discovery", "scan", "--quiet", *(f"--kind={p}" for p in patterns)]

    def run(folder: Path, endpoint: Endpoint) -> Cost:
        (folder / "stocktake.toml").write_text(configuration(endpoint.estate))
        variables = endpoint.environment() | {"PYTHONPATH": str(checkout)}
        return cost_of(program, cwd=folder, variables=variables, log=folder / "log")

    return Scanner(name, run, stored, kinds)


def configuration(estate: Estate) -> str:
    """stocktake.toml for an estate: the caller's account, or the whole organisation where there are more."""
    lines = ["[[source]]", 'name = "estate"', 'type = "aws"']
    if len(estate.accounts) > 1:
        lines += ['accounts = "organization"', f'role = "{ROLE}"']
    return "\n".join(lines) + "\n"


def stored(folder: Path, estate: Estate) -> dict[str, int]:
    """Resources in the inventory, by kind."""
    connection = sqlite3.connect(f"file:{folder / 'stocktake.db'}?mode=ro", uri=True)
    try:
        return dict(connection.execute("select kind, count(*) from resources group by kind"))
    finally:
        connection.close()


def custodian(program: Path) -> Scanner:
    def run(folder: Path, endpoint: Endpoint) -> Cost:
        here = {kind: kind for kind in POLICIES if KINDS[kind] not in PER_ACCOUNT}
        regional = _policies(folder / "regional.json", [k for k in POLICIES if k in here])
        once = _policies(folder / "global.json", [k for k in POLICIES if k not in here])
        regions = [f"--region={region}" for region in endpoint.estate.regions]
        cost = Cost(0, 0, 0, 0)
        for part in ([*regions, "-s", "regional", regional], [regions[0], "-s", "global", once]):
            command = [str(program), "run", "--cache-period", "0", *part]
            cost += cost_of(command, cwd=folder, variables=endpoint.environment(), log=folder / "log")
        return cost

    return Scanner("Cloud Custodian", run, _written, list(POLICIES))


def _policies(file: Path, kinds: Sequence[str]) -> str:
    file.write_text(json.dumps({"policies": [{"name": k.replace(".", "-"), **POLICIES[k]} for k in kinds]}))
    return file.name


def _written(folder: Path, estate: Estate) -> dict[str, int]:
    """Resources in the files that the policies wrote, by kind."""
    found = dict.fromkeys(POLICIES, 0)
    for kind in POLICIES:
        for file in folder.glob(f"*/**/{kind.replace('.', '-')}/resources.json"):
            found[kind] += len(json.loads(file.read_bytes()))
    return found


def installed_custodian(cache: Path, version: str | None) -> Path:
    """The program, installed if it is not there yet."""
    home = cache / "c7n"
    program = home / "bin" / "custodian"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        wanted = f"{CUSTODIAN}=={version}" if version else CUSTODIAN
        subprocess.run([home / "bin" / "pip", "install", "--quiet", wanted], check=True)
    return program


def one_round(scanner: Scanner, endpoint: Endpoint) -> tuple[Cost, int, int]:
    """(cost, requests, most in flight) of one scan in a fresh folder. Raises SystemExit where it is not complete."""
    folder = Path(tempfile.mkdtemp(prefix="stocktake-bench-"))
    try:
        endpoint.reset()
        cost = scanner.run(folder, endpoint)
        asked = endpoint.stats()
        check(scanner, folder, endpoint.estate, cost, asked["faults"])
        return cost, asked["requests"], asked["most_in_flight"]
    finally:
        shutil.rmtree(folder)


def warm_up(scanners: Sequence[Scanner]) -> None:
    """Run each once where there is one of everything: what a program does at its first start alone is not measured."""
    with running(Estate.of(Sizes().times(0))) as endpoint:
        for scanner in scanners:
            one_round(scanner, endpoint)


def check(scanner: Scanner, folder: Path, estate: Estate, cost: Cost, faults: Sequence[str]) -> None:
    expected = {kind: number for kind, number in estate.expected().items() if kind in scanner.kinds}
    found = scanner.count(folder, estate)
    wrong = {kind: (found.get(kind, 0), n) for kind, n in expected.items() if found.get(kind, 0) != n}
    if wrong or cost.code or faults:
        log = (folder / "log").read_text(errors="replace")[-3000:]
        raise SystemExit(
            f"{scanner.name}: exit {cost.code}, found and expected differ: {wrong}; faults: {faults}\n{log}"
        )


def report(scanners: Sequence[Scanner], rounds: Mapping[str, list[tuple[Cost, int, int]]]) -> str:
    """A table of medians, and each scanner's share of the last one's wall and CPU, round by round."""
    rows = [["", "wall s", "CPU s", "peak MiB", "requests", "most in flight"]]
    for scanner in scanners:
        cost = median_cost(c for c, _, _ in rounds[scanner.name])
        asked, flying = rounds[scanner.name][-1][1:]
        figures = [f"{cost.wall_s:,.1f}", f"{cost.cpu_s:,.1f}", f"{cost.peak_mib:,.0f}", f"{asked:,}", str(flying)]
        rows.append([scanner.name, *figures])
    lines = [table(rows), ""]
    last = scanners[-1].name
    for scanner in scanners[:-1]:
        pairs = list(zip((c for c, _, _ in rounds[scanner.name]), (c for c, _, _ in rounds[last]), strict=True))
        wall, cpu = [a.wall_s / b.wall_s for a, b in pairs], [a.cpu_s / b.cpu_s for a, b in pairs]
        lines.append(f"{scanner.name} / {last}: wall {spread(wall)}, CPU {spread(cpu)}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_options(parser)
    parser.add_argument("--latency-ms", type=float, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only-same-kinds", action="store_true", help="leave out the scan of all kinds")
    parser.add_argument("--beside", type=Path, metavar="DIR", help="another checkout of Stocktake, for comparison")
    parser.add_argument("--custodian", action="store_true", help="beside Cloud Custodian, installed if need be")
    parser.add_argument("--custodian-version", help="the version to install; default the newest")
    parser.add_argument("--cache", type=Path, default=Path(os.environ.get("STOCKTAKE_BENCH_CACHE") or _CACHE))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    estate = Estate.of(sizes_from(options), accounts=options.accounts, regions=options.regions, seed=options.seed)
    scanners = [stocktake("Stocktake, same kinds", list(POLICIES), list(POLICIES))]
    if not options.only_same_kinds:
        scanners.insert(0, stocktake("Stocktake, all kinds", list(KINDS)))
    if options.beside:
        scanners.append(stocktake(f"{options.beside.name}, same kinds", list(POLICIES), list(POLICIES), options.beside))
    if options.custodian:
        scanners.append(custodian(installed_custodian(options.cache.resolve(), options.custodian_version)))
    rounds: dict[str, list[tuple[Cost, int, int]]] = {s.name: [] for s in scanners}
    warm_up(scanners)
    with running(estate, options.latency_ms) as endpoint:
        for _ in range(options.rounds):
            for scanner in scanners:
                rounds[scanner.name].append(one_round(scanner, endpoint))
    same = sum(n for kind, n in estate.expected().items() if kind in POLICIES)
    print(machine())
    print(
        f"{sum(estate.expected().values()):,} resources, {same:,} of the same kinds, {len(estate.regions)} regions, "
        f"{len(estate.accounts)} accounts; {options.latency_ms:g} ms a request; medians of {options.rounds} interleaved "
        "rounds, everything found in each\n"
    )
    print(report(scanners, rounds))
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), "estate": asdict(estate), "rounds": _plain(rounds)}))


def _plain(rounds: Mapping[str, list[tuple[Cost, int, int]]]) -> dict[str, list[dict[str, Any]]]:
    return {
        name: [asdict(cost) | {"requests": asked, "most_in_flight": flying} for cost, asked, flying in runs]
        for name, runs in rounds.items()
    }


if __name__ == "__main__":
    main()
