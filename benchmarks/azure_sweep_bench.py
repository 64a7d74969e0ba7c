"""A sweep of Resource Graph into an inventory: time, memory, and whether everything arrived once.

    python -m benchmarks.azure_sweep_bench [--rows 100000] [--throttled 20]

The test suite's server, in a process of its own, serves machines, disks, interfaces and vaults of one subscription, a thousand to a page,
and answers every n-th request with 429. The scan is the real one: the SDK's client, the sweep on the disk, redaction, mapping,
SQLite. Waits are lifted: they would be waited for, not worked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.sweep import measure

KINDS = (
    "azure.compute.virtual_machine",
    "azure.compute.disk",
    "azure.network.network_interface",
    "azure.keyvault.vault",
)


class Made(Sequence[Any]):
    """So many rows like some examples, made up as they are asked for."""

    def __init__(self, count: int, examples: Sequence[Any]) -> None:
        self._count = count
        self._examples = examples

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at: Any) -> Any:
        return [self._row(i) for i in range(*at.indices(self._count))]

    def _row(self, number: int) -> Any:
        row = self._examples[number % len(self._examples)]
        return row | {"id": f"{row['id']}{number:07}", "name": f"{row['name']}{number:07}"}


def serve(rows: int, throttled: int, told: Connection) -> None:
    """Serve until the other side says that it is done; then tell how many requests there were."""
    from tests.servers.azure_cloud import Cloud, Fault, served

    cloud = Cloud()
    for kind in KINDS:
        cloud.add_fixture(kind)
    cloud.rows["resources"] = Made(rows, list(cloud.rows["resources"]))
    cloud.fault = lambda n, path: Fault(headers={"Retry-After": "1"}) if throttled and n % throttled == 3 else None
    with served(cloud) as url:
        told.send(url)
        told.recv()
        told.send(len(cloud.requests))


def scan(url: str, database: Path) -> None:
    """One scan into a new database."""
    from collectors.azure.client import Client, Quota
    from collectors.azure.collector import AzureCollector
    from collectors.azure.kinds import KINDS as ROWS
    from collectors.patience import Patience
    from discovery.scans import scan_into

    client = Client(endpoint=url, patience=Patience(sleep=lambda _: None), quota=Quota(sleep=lambda _: None))
    collector = AzureCollector("tenant", client, [row for row in ROWS if row.name in KINDS])
    try:
        scan_into(f"sqlite:///{database}", [collector], facts=[{"name": "tenant", "type": "azure"}])
    finally:
        collector.close()


if __name__ == "__main__":
    measure(__doc__ or "", "rows", serve, scan)
