"""The rest of a made-up estate: a tracking server, machines, a Slurm cluster, bills, and a source that nobody scans any more."""

from __future__ import annotations

from typing import Any

from normalize.model import Scope
from tests.estates.amazon import Amazon
from tests.estates.google import OWNED, Project
from tests.estates.world import World


def tracking(world: World, amazon: Amazon) -> None:
    """An MLflow server that is read."""
    host = f"{world.name('mlflow')}.example.net"
    account = f"{host}:443"
    scope, source = Scope("mlflow", account, account), "registry"
    world.cover(source, scope, ("mlflow.server", "mlflow.experiment", "mlflow.registered_model", "mlflow.model_version", "mlflow.run", "mlflow.logged_model"))  # fmt: skip
    world.put(source, "mlflow.server", scope, {"url": f"https://{host}", "$keys": [f"mlflow-server:{host}:443", f"dns:{host}"]}, "GET /version")  # fmt: skip
    bucket = amazon.cells[0].buckets[0]
    owner = [{"key": "team", "value": "fraud"}]

    def model(place: str, *, tags: list[dict[str, str]] = owner, **more: Any) -> str:
        name = world.name("registered")
        world.put(source, "mlflow.registered_model", scope, {"name": name, "tags": tags, "creation_timestamp": 1790000000000}, "GET /registered-models/search")  # fmt: skip
        version = {"name": name, "version": "1", "source": place, "status": "READY", "current_stage": "Production", "tags": tags, "creation_timestamp": 1790000000000}  # fmt: skip
        world.put(source, "mlflow.model_version", scope, version | more, "GET /model-versions/search")
        return f"mlflow://{account}/models/{name}"

    for _ in world.some(1, 3):
        model(f"s3://{bucket}/mlflow/1")
    world.put(source, "mlflow.experiment", scope, {"experiment_id": "7", "name": world.name("exp"), "artifact_location": f"s3://{bucket}/mlflow/7", "lifecycle_stage": "active"}, "GET /experiments/search")  # fmt: skip
    world.plant(
        "owner-missing", model(f"s3://{bucket}/mlflow/2", tags=[]), "a registered model that nobody answers for"
    )
    run = world.hex(32)
    model(f"s3://{bucket}/mlflow/3", run_id=run)
    world.plant("dangling-reference", f"mlflow://{account}/runs/{run}\n{run}", "a run that a version was made by and that is not there")  # fmt: skip
    lost = world.name("elsewhere")
    alone = model(f"s3://{lost}/mlflow/4")
    world.plant("workload-incomplete", f"serving|{alone}", "a model that nothing serves, and whose bytes nothing else names")  # fmt: skip
    world.plant("external-dependency", f"s3://{lost}/mlflow/4", "weights in a bucket of nobody that was read")
    name = amazon.function(amazon.cells[0], {"MLFLOW_TRACKING_URI": f"https://{host}/"})
    assert name
    amazon.function(amazon.cells[0], {"TRACKING_URI": f"https://{host.upper()}:443"})


def machines(world: World) -> None:
    """Hosts, and a Slurm cluster of which some nodes are read."""
    uid, source = world.name("slurm"), "batch"
    scope = Scope("slurm", uid, uid)
    world.cover(source, scope, ("slurm.cluster", "slurm.node", "slurm.partition", "slurm.workload", "slurm.account"))
    accelerators = [{"vendor": "nvidia", "model": "H100", "count": 8, "form": "gpu", "memory_bytes": 80 << 30}]
    world.put(source, "slurm.cluster", scope, {"$cluster": uid, "name": uid, "version": "24.05.1", "node_count": 3}, "scontrol show config")  # fmt: skip
    world.put(source, "slurm.partition", scope, {"$cluster": uid, "name": "gpu", "state": "UP", "node_count": 3, "accelerators": accelerators, "accelerator_count": 24}, "scontrol show partition")  # fmt: skip
    for i in range(3):
        node = {"$cluster": uid, "name": f"{uid}-gpu{i}", "hostname": f"{uid}-gpu{i}", "address": f"10.77.{world.rng.randrange(256)}.{i + 1}", "state": "IDLE", "partitions": ["gpu"], "booted": "2026-11-01T08:00:00Z", "$partition_ids": [f"slurm://{uid}/partition/gpu"]}  # fmt: skip
        world.put(source, "slurm.node", scope, node | {"accelerators": accelerators, "accelerator_count": 8}, "scontrol show node")  # fmt: skip
        if i == 0:
            _host(world, f"{uid}-gpu{i}", str(node["address"]), accelerators, booted=1793520000)
    world.plant("scope-unscanned", f"slurm://{uid}", "nodes of a Slurm cluster that no source reads")
    lost = _host(world, world.name("host"), f"10.78.{world.rng.randrange(256)}.9", None)
    world.plant("evidence-missing", f"accelerator_count|{lost}", "a machine of whose accelerators nothing is known")


def _host(
    world: World, name: str, address: str, accelerators: list[dict[str, Any]] | None, booted: int = 1793000000
) -> str:
    machine = world.hex(32)
    scope = Scope("host", machine, name)
    payload: dict[str, Any] = {"$machine": machine, "facts": {"hostname": name, "kernel": "6.8.0", "arch": "x86_64", "btime": str(booted)}, "addresses": [address], "cpu": {"threads": 96}, "memory_bytes": 1 << 40}  # fmt: skip
    if accelerators is not None:
        payload |= {"accelerators": accelerators, "accelerator_count": 8, "driver_version": "550.54"}
    world.cover("lab", scope, ("host.machine", "host.gpu", "host.disk", "host.mount", "host.process", "host.container"))
    world.put("lab", "host.machine", scope, payload, "probe")
    server = f"nas-{world.hex(6)}.corp.internal"
    mount = {"$machine": machine, "mount_point": "/data", "device": f"{server}:/export/data", "file_system": "nfs4", "$server_uri": f"nfs://{server}", "bytes": {"used": 10**12, "total": 10**13}}  # fmt: skip
    world.put("lab", "host.mount", scope, mount, "findmnt")
    world.plant("external-dependency", f"nfs://{server}", "a file server that no source covers")
    return f"host://{machine}"


def bills(world: World, amazon: Amazon) -> None:
    """Lines of a month: what was seen, what was not, and what names nothing that runs."""
    source, cell, away = "bill", amazon.cells[0], world.digits(12)

    def line(account: str, region: str, service: str, usd: float, sku: str = "Usage", kind: str = "Usage", hours: float = 10, month: str = "2026-10") -> None:  # fmt: skip
        ident = f"bill.usage|aws|{account}|{month}|{region}|{service}|{sku}|{kind}"
        payload = {"$Id": ident, "Name": sku, "Account": account, "Region": region, "Service": service, "Sku": sku, "Type": kind, "Quantity": hours, "Unit": "Hrs", "CostUsd": usd, "Currency": "USD", "Lines": 1, "Start": f"{month}-01T00:00:00Z", "End": "2026-11-01T00:00:00Z"}  # fmt: skip
        world.put(source, "bill.usage", Scope("aws", account, "aws-global"), payload, "FOCUS")

    line(cell.account, cell.region, "Amazon SageMaker", 8000)
    line(cell.account, cell.region, "Amazon Elastic Compute Cloud - Compute", 900, "BoxUsage:m5.xlarge")
    line(cell.account, "", "AWS Support (Business)", 900, kind="Fee")
    line(cell.account, cell.region, "Tax", 400, kind="Tax")
    line(cell.account, cell.region, "Amazon Redshift", 0.2)
    line(cell.account, cell.region, "Amazon ElastiCache", 700, month="2026-07")  # of an older month
    line(cell.account, cell.region, "Amazon Managed Streaming for Apache Kafka", 3200)
    world.plant("unreconciled-spend", f"Amazon Managed Streaming for Apache Kafka|{cell.account}|{cell.region}", "a service that is paid and not seen")  # fmt: skip
    line(cell.account, "ca-central-1", "Amazon Elastic Compute Cloud - Compute", 1500, "CAN1-BoxUsage:g5.xlarge")
    world.plant("unreconciled-spend", f"ca-central-1\n|{cell.account}|ca-central-1", "a region that is paid and not read")  # fmt: skip
    line(away, "us-east-1", "Amazon SageMaker", 12000)
    world.plant("unreconciled-spend", away, "an account that is paid and not read")
    line(cell.account, cell.region, "Amazon Elastic Compute Cloud - Compute", 90000, "BoxUsage:p5.48xlarge", hours=1400)
    world.plant("unreconciled-spend", "p5.48xlarge\np5.48xlarge hours", "hours of machines that were not seen")


def forgotten(world: World) -> None:
    """A project that a source read two months ago, and never since."""
    old = Project(f"p-{world.hex(6)}-archive", world.digits(12), "us-east1")
    scope = old.scope
    for kind in ("gcp.storage.bucket", "gcp.cloudresourcemanager.project"):
        world.look("archive", kind, scope, age=60)
    name = world.name("archive")
    asset = {"name": f"//storage.googleapis.com/{name}", "type": "storage.googleapis.com/Bucket", "id": name, "by_id": f"//storage.googleapis.com/{name}", "by_number": f"//storage.googleapis.com/{name}", "project": old.id, "number": old.number, "location": old.region}  # fmt: skip
    payload = {"name": name, "location": old.region, "labels": OWNED, "$Metrics": {"Bytes": {"STANDARD": 10**12}}, "$asset": asset}  # fmt: skip
    world.put("archive", "gcp.storage.bucket", scope, payload, "cloudasset:ListAssets", at=old.region, age=60)
    world.plant("stale", old.id, "a project that nobody has read for two months")
    world.plant(
        "evidence-missing", f"size_bytes|//storage.googleapis.com/{name}", "bytes that were measured two months ago"
    )
