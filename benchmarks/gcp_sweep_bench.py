"""A sweep of Cloud Asset Inventory into an inventory: time, memory, and whether everything arrived once.

    python -m benchmarks.gcp_sweep_bench [--assets 100000] [--throttled 20]

The test suite's gRPC server, in a process of its own, serves snapshots, disks, templates and images of one project, a thousand to a
page, and answers every n-th call with RESOURCE_EXHAUSTED. The scan is the real one: the library's client, the sweep on the disk,
redaction, mapping, SQLite. The pace of 100 lists a minute is lifted: it would be waited for, not worked for.
"""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.sweep import measure

KINDS = ("gcp.compute.snapshot", "gcp.compute.disk", "gcp.compute.instance_template", "gcp.compute.image")


def serve(assets: int, throttled: int, told: Connection) -> None:
    """Serve until the other side says that it is done; then tell how often lists were asked for."""
    from tests.servers.google_cloud import THROTTLED, Cloud, Made, fixture, serve_grpc

    cloud = Cloud(
        Made(assets, *(fixture(kind)["assets"][0] for kind in KINDS)),
        faults=lambda n: THROTTLED if throttled and n % throttled == 3 else None,
    )
    with serve_grpc(cloud) as url:
        told.send(url)
        told.recv()
        told.send(cloud.calls["ListAssets"])


def scan(url: str, database: Path) -> None:
    """One scan into a new database."""
    from collectors.gcp.client import Client
    from collectors.gcp.collector import GcpCollector
    from collectors.gcp.kinds import KINDS as ROWS
    from collectors.gcp.pace import Pace
    from collectors.gcp.payloads import Projects
    from collectors.patience import Patience
    from discovery.scans import scan_into

    client = Client(
        endpoint=url, transport="grpc", pace=Pace(per_minute=10**6), patience=Patience(sleep=lambda _: None)
    )
    rows = [row for row in ROWS if row.name in KINDS]
    collector = GcpCollector("org", client, rows, ["organizations/1234"], Projects())
    try:
        scan_into(f"sqlite:///{database}", [collector], facts=[{"name": "org", "type": "gcp"}])
    finally:
        collector.close()


if __name__ == "__main__":
    measure(__doc__ or "", "assets", serve, scan)
