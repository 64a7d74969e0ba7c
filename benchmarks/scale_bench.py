"""Time and memory of a large inventory: writing, linking, assembling workloads, finding gaps, listing.

    python benchmarks/scale_bench.py [--resources 100000 1000000] [--database URL] [--flat 500000] [--keep DIR]

An estate of instances, volumes, jobs, models, buckets, roles, keys, images and subnets, three to six mentions each, five in the mean.
Keys are skewed: a few roles, keys and subnets are mentioned by a large part of the estate; some mentions dangle, some
point outside. Every step runs in a process of its own, so that its peak memory is its own: CPU seconds of that process
(where the database is a server, its CPU is not in there), wall seconds, peak resident memory, and µs per resource,
which stay level where time is linear. `join` is what `link` is measured by: the bare INSERT … SELECT of mentions and names. `one listing` writes --flat records of one kind in one scope in one transaction.
Listings are the real commands, as JSON Lines into nowhere.

--database takes the URL of an empty PostgreSQL database; tables in it are dropped first.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from normalize.model import Category, Coverage, Observation, Outcome, Reference, Resource, Scope

NOW = datetime(2026, 11, 24, 4, 15, tzinfo=UTC)
ACCOUNTS = tuple(f"{111122223333 + i}" for i in range(5))
PLACES = ("us-east-1", "eu-central-1")
OUTSIDE = "999988887777"


@dataclass(frozen=True, slots=True)
class Sort:
    """A kind of the estate: how many there are in 1,000 things, and what each mentions: (verb, kind, skew)."""

    kind: str
    category: Category
    share: int
    mentions: tuple[tuple[str, str, float], ...]


OWN = 0.0
"""Skew of a mention that each thing has for itself; above 1 the first of a kind are mentioned most."""

SORTS = (
    Sort("aws.ec2.instance", Category.INSTANCE, 300, (("member_of", "aws.ec2.subnet", 2), ("runs_as", "aws.iam.role", 3), ("uses", "aws.ec2.volume", OWN), ("boots_from", "aws.ec2.image", 3), ("logs_to", "aws.s3.bucket", 3), ("mentions", "aws.kms.key", 4))),
    Sort("aws.ec2.volume", Category.VOLUME, 300, (("encrypted_by", "aws.kms.key", 4), ("attached_to", "aws.ec2.instance", OWN), ("made_from", "aws.ec2.image", 3), ("mentions", "aws.iam.role", 3), ("mentions", "aws.ec2.subnet", 2))),
    Sort("aws.sagemaker.training_job", Category.TRAINING_JOB, 250, (("runs_as", "aws.iam.role", 3), ("reads", "aws.s3.bucket", 2), ("writes", "aws.s3.bucket", 2), ("encrypted_by", "aws.kms.key", 4), ("member_of", "aws.ec2.subnet", 2), ("mentions", "aws.sagemaker.model", 1))),
    Sort("aws.sagemaker.model", Category.MODEL, 100, (("runs_as", "aws.iam.role", 3), ("reads", "aws.s3.bucket", 2), ("made_by", "aws.sagemaker.training_job", 1), ("encrypted_by", "aws.kms.key", 4), ("member_of", "aws.ec2.subnet", 2))),
    Sort("aws.s3.bucket", Category.BUCKET, 20, (("encrypted_by", "aws.kms.key", 4), ("logs_to", "aws.s3.bucket", 4), ("mentions", "aws.iam.role", 1))),
    Sort("aws.iam.role", Category.IDENTITY, 10, (("mentions", "aws.s3.bucket", 2), ("mentions", "aws.kms.key", 2), ("mentions", "aws.iam.role", 2))),
    Sort("aws.ec2.subnet", Category.SUBNET, 8, (("mentions", "aws.iam.role", 2), ("mentions", "aws.ec2.image", 2), ("mentions", "aws.kms.key", 2))),
    Sort("aws.ec2.image", Category.MACHINE_IMAGE, 7, (("encrypted_by", "aws.kms.key", 4), ("mentions", "aws.iam.role", 2), ("mentions", "aws.s3.bucket", 2))),
    Sort("aws.kms.key", Category.KEY, 5, (("mentions", "aws.iam.role", 2), ("mentions", "aws.iam.role", 1), ("mentions", "aws.s3.bucket", 1))),
)  # fmt: skip
_SHARES = {s.kind: s.share for s in SORTS}


def chance(*of: int) -> float:
    """A number from 0 to 1 that always is the same for the same numbers."""
    state = 0x9E3779B97F4A7C15
    for number in of:
        state = ((state ^ number) * 0xBF58476D1CE4E5B9 + 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
        state ^= state >> 29
    return state / 2**64


def scope_of(number: int) -> Scope:
    return Scope("aws", ACCOUNTS[number % 5], PLACES[number // 5 % 2])


def arn(kind: str, scope: Scope, number: int) -> str:
    _, service, noun = kind.split(".")
    return f"arn:aws:{service}:{scope.place}:{scope.account}:{noun}/{number:08x}"


def observation(sort: Sort, number: int, total: int, scope: Scope) -> Observation:
    """Thing `number` of its sort, in an estate of `total` things."""
    name = arn(sort.kind, scope, number)
    mentions = tuple(_mentions(sort, number, total, scope, name))
    attributes = {
        "instance_type": "p4d.24xlarge",
        "state": ("running", "stopped")[number % 2],
        "zone": scope.place + "abc"[number % 3],
        "private_address": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        "created_at": f"2026-10-{number % 28 + 1:02}T12:00:00Z",
        "subnets": [f"subnet-{number % 64:017x}"],
        "security_groups": [f"sg-{number % 32:017x}", f"sg-{number % 31:017x}"],
    }
    if number % 50:
        attributes |= {"size_bytes": number * 4096, "accelerator_count": number % 9}
    payload = {**attributes, "Arn": name, "Mentions": [m.value for m in mentions], "Options": {"CoreCount": 48, "ThreadsPerCore": 2}}  # fmt: skip
    tags = {"team": f"team-{number % 40}", "Name": f"thing-{number}"}
    native = f"{number:08x}"
    resource = Resource(name, sort.kind, sort.category, scope, f"thing-{number}", native, attributes, tags)
    keys = (name, f"{sort.kind}|{scope.account}|{scope.place}|{native}")
    return Observation(resource, keys, mentions, payload, "ec2:DescribeThings", NOW)


def _mentions(sort: Sort, number: int, total: int, scope: Scope, name: str) -> Iterator[Reference]:
    for position, (verb, kind, skew) in enumerate(sort.mentions):
        there = max(1, total * _SHARES[kind] // 1000)
        odds = chance(number, position, len(sort.kind))
        target = number % there if skew == OWN else int(there * odds**skew)
        where = scope_of(target)
        fate = chance(number, position, 7)
        if fate < 0.01:  # nothing has this name
            target += there
        elif fate < 0.03:
            where = Scope("aws", OUTSIDE, where.place)
        value = arn(kind, where, target)
        yield Reference(name, f"$.Mentions[{position}]", verb, value, value, "ec2:DescribeThings", kind, "aws", where.account, where.place)  # fmt: skip


def listings(total: int) -> Iterator[tuple[Sort, Scope, range]]:
    """(sort, scope, numbers) of every listing of an estate."""
    for sort in SORTS:
        count = max(1, total * sort.share // 1000)
        for offset in range(10):
            yield sort, scope_of(offset), range(offset, count, 10)


# --- steps, each in a process of its own ------------------------------------------------------------------------


def write(url: str, total: int) -> dict[str, Any]:
    from store.database import connect, ensure
    from store.writer import Writer

    engine = connect(url)
    ensure(engine)
    writer = Writer(engine)
    run = writer.begin(sources=(), selection={}, version="bench", resume=False)
    for sort, scope, numbers in listings(total):
        coverage = Coverage(run, "prod", sort.kind, scope, Outcome.COMPLETE, len(numbers), 0, 0, NOW, NOW)
        writer.commit(run, (observation(sort, n, total, scope) for n in numbers), (), coverage)
    writer.finish(run, "complete")
    engine.dispose()
    return {}


def one_listing(url: str, total: int) -> dict[str, Any]:
    from store.database import connect, ensure
    from store.writer import Writer

    engine = connect(url)
    ensure(engine)
    writer = Writer(engine)
    run = writer.begin(sources=(), selection={}, version="bench", resume=False)
    sort, scope = SORTS[0], scope_of(0)
    coverage = Coverage(run, "prod", sort.kind, scope, Outcome.COMPLETE, total, 0, 0, NOW, NOW)
    writer.commit(run, (observation(sort, n, total, scope) for n in range(total)), (), coverage)
    writer.finish(run, "complete")
    engine.dispose()
    return {}


JOIN = """
    INSERT INTO bare (source_id, verb, target_id, evidence)
    SELECT s.resource_id, r.verb, t.resource_id, r.call || ' ' || r.path
    FROM refs AS r
    JOIN sightings AS s ON s.id = r.sighting_id
    JOIN aliases AS a ON a."key" = r."key"
    JOIN sightings AS t ON t.id = a.sighting_id
"""


def join(url: str, total: int) -> dict[str, Any]:
    """What linking is measured by: the bare join of mentions and names over the same tables, into a table without any index."""
    from sqlalchemy import text

    from store.database import connect

    with connect(url).begin() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE bare (source_id TEXT, verb TEXT, target_id TEXT, evidence TEXT)"))  # fmt: skip
        return {"rows": connection.execute(text(JOIN)).rowcount}


def linking(url: str, total: int) -> dict[str, Any]:
    from store.database import connect
    from store.linking import link

    return link(connect(url), "bench")


def workloads(url: str, total: int) -> dict[str, Any]:
    from store.database import connect
    from store.workloads import assemble

    return {"workloads": assemble(connect(url))}


def gaps(url: str, total: int) -> dict[str, Any]:
    from store.database import connect
    from store.gaps import detect

    return detect(connect(url), "bench", now=NOW)


def report(url: str, total: int) -> dict[str, Any]:
    from discovery.config import Config
    from discovery.scans import write_report

    return {"characters": len(write_report(url, "gaps", None, "html", Config()))}


STEPS: dict[str, Callable[[str, int], dict[str, Any]]] = {
    "write": write,
    "one listing": one_listing,
    "join": join,
    "link": linking,
    "workloads": workloads,
    "detect": gaps,
    "report": report,
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a step took of its own process."""

    cpu: float
    wall: float
    megabytes: float
    told: str


def step(name: str, url: str, total: int) -> Cost:
    return _spent([sys.executable, __file__, "--step", name, "--database", url, "--resources", str(total)])


def listing(name: str, url: str) -> Cost:
    return _spent([sys.executable, "-m", "discovery", "--database", url, name, "--format", "jsonl"])


def _spent(command: list[str]) -> Cost:
    """Run a command; of what it prints the number of lines is told, or the one line that it prints."""
    root = Path(__file__).resolve().parents[1]
    began = time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(root)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=root) as process:
        assert process.stdout is not None
        lines, last = 0, b""
        for line in process.stdout:
            lines, last = lines + 1, line
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, (command, process.returncode)
    told = last.decode().strip() if "--step" in command else f"{lines:,} rows"
    return Cost(usage.ru_utime + usage.ru_stime, time.perf_counter() - began, usage.ru_maxrss / 1024, told)


def told(label: str, total: int, cost: Cost) -> None:
    print(
        f"  {label:<22}{cost.cpu:>9.1f} s CPU{cost.wall:>9.1f} s wall{cost.cpu / total * 1e6:>9.1f} µs"
        f"{cost.megabytes:>8.0f} MB  {cost.told}",
        flush=True,
    )


def emptied(url: str) -> str:
    """The URL, once its tables are dropped."""
    from sqlalchemy import text

    from store.database import connect

    engine = connect(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return url


def measure(url: str, total: int) -> None:
    print(f"{total:,} resources, {url.split(':')[0]}")
    for name in ("write", "join", "link", "workloads", "detect"):
        told(name, total, step(name, url, total))
    told("link again", total, step("link", url, total))
    told("detect again", total, step("detect", url, total))
    for name in ("resources", "relations", "gaps", "coverage"):
        told(f"stocktake {name}", total, listing(name, url))
    told("report gaps, HTML", total, step("report", url, total))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--resources", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--flat", type=int, nargs="*", default=[20_000, 100_000], help="sizes of one listing")
    parser.add_argument("--database", help="URL of an empty PostgreSQL database; SQLite files where it is left out")
    parser.add_argument("--keep", type=Path, help="folder for the databases, which stay")
    parser.add_argument("--step", choices=tuple(STEPS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(STEPS[options.step](options.database, options.resources[0])))
        return
    with tempfile.TemporaryDirectory() as name:
        home = options.keep or Path(name)
        home.mkdir(parents=True, exist_ok=True)
        for total in options.resources:
            file = home / f"estate-{total}.db"
            measure(emptied(options.database) if options.database else f"sqlite:///{file}", total)
        for total in options.flat:
            file = home / f"flat-{total}.db"
            url = emptied(options.database) if options.database else f"sqlite:///{file}"
            told(f"one listing {total:,}", total, step("one listing", url, total))


if __name__ == "__main__":
    main()
