"""Rows per second into the store beside plain sqlite3, and normalization per record.

    python benchmarks/store_bench.py [--records 20000] [--rounds 3] [--json FILE]

Interleaved runs, medians, CPU seconds of this process (other load on the machine moves wall time more than it moves
CPU). `store` is Writer.commit from observations: digests, comparison with what is stored, compression, and rows of
resources, sightings, versions, references, aliases, payloads and coverage. Beside it, sqlite3.executemany upserts, rows
ready as tuples, one transaction, the same tables and indexes, foreign keys not checked (as sqlite3 leaves them; the store
checks them): `plain` of the very same rows of all tables, `plain resources` of those of `resources` alone. Three readings:
rows per second beside plain rows of all tables and beside plain rows of `resources`; and records per second beside the
latter, which counts a record's versions, references, payload and coverage as nothing.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from normalize.mapping import observe
from normalize.model import Category, Coverage, Kind, Link, Observation, Outcome, RawRecord, Scope, Template
from store.database import connect, ensure
from store.schema import metadata
from store.writer import Writer

SCOPE = Scope("aws", "111122223333", "us-east-1")
NOW = datetime(2026, 11, 24, 4, 15, tzinfo=UTC)

INSTANCE = Kind(
    name="aws.ec2.instance",
    category=Category.INSTANCE,
    fetch=None,
    id=Template("arn:{@partition}:ec2:{@place}:{@account}:instance/{InstanceId}"),
    native="InstanceId",
    unique="world",
    fields={
        "instance_type": "InstanceType",
        "state": "State.Name",
        "zone": "Placement.AvailabilityZone",
        "private_address": "PrivateIpAddress",
        "machine_image_id": "ImageId",
        "architecture": "Architecture",
        "security_groups": "SecurityGroups[].GroupId",
    },
    tags="Tags",
    links=(
        Link("member_of", "aws.ec2.subnet", "SubnetId", within="world"),
        Link("guarded_by", "aws.ec2.security_group", "SecurityGroups[].GroupId", within="world"),
    ),
)


def payload(i: int, state: str = "running") -> dict[str, Any]:
    """An instance much as DescribeInstances tells of it, about 1.3 kB of JSON."""
    return {
        "InstanceId": f"i-{i:017x}",
        "InstanceType": "p4d.24xlarge",
        "ImageId": "ami-0123456789abcdef0",
        "State": {"Code": 16, "Name": state},
        "Placement": {"AvailabilityZone": f"us-east-1{'abc'[i % 3]}", "Tenancy": "default", "GroupName": ""},
        "PrivateIpAddress": f"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}",
        "PrivateDnsName": f"ip-10-{i >> 16 & 255}-{i >> 8 & 255}-{i & 255}.ec2.internal",
        "Architecture": "x86_64",
        "LaunchTime": "2026-10-01T12:00:00Z",
        "SubnetId": f"subnet-{i % 64:017x}",
        "VpcId": f"vpc-{i % 8:017x}",
        "SecurityGroups": [{"GroupId": f"sg-{i % 32:017x}", "GroupName": f"train-{i % 32}"}],
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": f"vol-{i:017x}", "Status": "attached", "DeleteOnTermination": True}}
        ],
        "IamInstanceProfile": {"Arn": f"arn:aws:iam::111122223333:instance-profile/train-{i % 16}"},
        "CpuOptions": {"CoreCount": 48, "ThreadsPerCore": 2},
        "MetadataOptions": {"State": "applied", "HttpTokens": "required", "HttpEndpoint": "enabled"},
        "Tags": [{"Key": "team", "Value": f"team-{i % 40}"}, {"Key": "Name", "Value": f"trainer-{i}"}],
        "RootDeviceType": "ebs",
        "VirtualizationType": "hvm",
        "Hypervisor": "xen",
    }  # fmt: skip


def raw(i: int, state: str = "running") -> RawRecord:
    return RawRecord(INSTANCE.name, SCOPE, payload(i, state), "prod", "ec2:DescribeInstances", NOW)


def spent(work: Callable[[], Any]) -> float:
    """CPU seconds of a piece of work."""
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


_Rows = dict[str, list[tuple[Any, ...]]]


def plain(file: Path, rows: _Rows) -> float:
    """Upsert rows with nothing but sqlite3, into tables and indexes like the store's."""
    tables = [t for t in metadata.sorted_tables if t.name in rows]
    connection = sqlite3.connect(file)
    connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536;")
    for table in tables:
        connection.execute(str(CreateTable(table).compile(dialect=sqlite.dialect())))
        for index in table.indexes:
            connection.execute(str(CreateIndex(index).compile(dialect=sqlite.dialect())))
    statements = [(_upsert(table), rows[table.name]) for table in tables]

    def work() -> None:
        with connection:
            for statement, found in statements:
                connection.executemany(statement, found)

    took = spent(work)
    connection.close()
    return took


def _upsert(table: Table) -> str:
    names = [f'"{c.name}"' for c in table.columns]
    keys = [f'"{c.name}"' for c in table.primary_key.columns]
    sets = ", ".join(f"{n} = excluded.{n}" for n in names if n not in keys)
    values = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    return f"{values} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {sets}"


class Store:
    """A real store in a file, and commits into it."""

    def __init__(self, home: Path) -> None:
        self.engine = connect(f"sqlite:///{home / 'store.db'}")
        ensure(self.engine)
        self.writer = Writer(self.engine)

    def commit(self, observations: list[Observation]) -> float:
        run = self.writer.begin(sources=(), selection={}, version="bench", resume=False)
        coverage = Coverage(run, "prod", INSTANCE.name, SCOPE, Outcome.COMPLETE, len(observations), 0, 0, NOW, NOW)
        took = spent(lambda: self.writer.commit(run, iter(observations), (), coverage))
        self.writer.finish(run, "complete")
        return took

    def rows(self) -> _Rows:
        """Everything that a commit writes, as it is stored."""
        with self.engine.connect() as connection:
            return {t: [tuple(r) for r in connection.execute(metadata.tables[t].select())] for t in _WRITTEN}


_WRITTEN = ("listings", "resources", "sightings", "versions", "refs", "aliases", "raw_payloads", "coverage", "runs")


def rounds(records: int, count: int) -> Iterator[dict[str, float]]:
    """Figures of each round, all on the same observations."""
    first = [observe(raw(i), INSTANCE) for i in range(records)]
    second = [observe(raw(i, "stopped"), INSTANCE) for i in range(records)]
    raws = [raw(i) for i in range(min(records, 2000))]
    for _ in range(count):
        with tempfile.TemporaryDirectory() as name:
            home = Path(name)
            store = Store(home)
            new = store.commit(first)
            rows = store.rows()
            written = sum(map(len, rows.values()))
            bare = plain(home / "plain.db", rows)
            alone = plain(home / "alone.db", {"resources": rows["resources"]})
            same = store.commit(first)
            changed = store.commit(second)
            store.engine.dispose()
        normalizing = spent(lambda: [observe(r, INSTANCE) for r in raws])
        yield {
            "store_rows_per_s": written / new,
            "plain_rows_per_s": written / bare,
            "ratio_rows": bare / new,
            "alone_rows_per_s": records / alone,
            "ratio_alone": (written / new) / (records / alone),
            "ratio_records": alone / new,
            "ratio_same": new / same,
            "rows_per_record": written / records,
            "store_records_per_s": records / new,
            "changed_records_per_s": records / changed,
            "unchanged_records_per_s": records / same,
            "normalize_us": normalizing / len(raws) * 1e6,
        }


_LABELS = {
    "store_rows_per_s": "store, rows per CPU second",
    "plain_rows_per_s": "plain, the same rows per CPU second",
    "ratio_rows": "store / plain",
    "alone_rows_per_s": "plain resources, rows per CPU second",
    "ratio_alone": "store / plain resources",
    "ratio_records": "store, records / plain resources",
    "ratio_same": "store, unchanged / new",
    "rows_per_record": "rows per record",
    "store_records_per_s": "store, new records per CPU second",
    "changed_records_per_s": "store, changed records per CPU second",
    "unchanged_records_per_s": "store, unchanged records per CPU second",
    "normalize_us": "normalization, µs per record",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = list(rounds(options.records, options.rounds))
    medians = {k: statistics.median(f[k] for f in found) for k in _LABELS}
    print(f"{options.records:,} records, {options.rounds} interleaved rounds, medians (least to most)")
    for key, label in _LABELS.items():
        values = sorted(f[key] for f in found)
        digits = 2 if key.startswith(("ratio", "rows_per")) else 0
        print(f"  {label:<46}{medians[key]:>12,.{digits}f}  ({values[0]:,.{digits}f} to {values[-1]:,.{digits}f})")
    if options.json:
        machine = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version, "machine": platform.machine()}
        options.json.write_text(json.dumps({"records": options.records, "rounds": found, "machine": machine}, indent=2))


if __name__ == "__main__":
    main()
