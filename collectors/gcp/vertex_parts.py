"""What the rows of Vertex AI share: how a thing is swept or listed, the machines that it runs on, fields of every job.

Owns the reading of machine specs, which are the same wherever they stand. Refuses rows: those stand in the modules beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collectors.gcp.accelerators import named, of_machine
from collectors.gcp.rows import Asset, Get, Listing
from collectors.gcp.values import seconds
from normalize.accelerators import total
from normalize.mapping import MISSING
from normalize.model import Field, Link, Path
from normalize.units import GIB, instant

HOST = "{location}-aiplatform.googleapis.com"
SHAPE = "aiplatform.v1.GoogleCloudAiplatformV1"
_SERVICE = "aiplatform.googleapis.com"


def swept(noun: str, collection: str, **more: Any) -> Asset:
    """A kind that Cloud Asset Inventory knows.

    Its names have the project's number. Source: Cloud Asset Inventory documentation, "Asset names", read 2026-11-24.
    """
    name = f"//{_SERVICE}/projects/PROJECT_NUMBER/locations/LOCATION/{collection}/ID"
    return Asset((f"{_SERVICE}/{noun}",), SHAPE + noun, name, **more)


def listed(noun: str, collection: str, *, page: int = 100, **more: Any) -> Listing:
    """A kind that each region of Vertex AI lists itself."""
    path = f"/v1/projects/{{project}}/locations/{{location}}/{collection}"
    get = Get(HOST, path, f"aiplatform.{collection}.list", f"{collection}[]", page=page)
    return Listing(get, f"{_SERVICE}/{noun}", SHAPE + noun, f"//{_SERVICE}/{{name}}", **more)


def below(
    noun: str, collection: str, under: str, *, permission: str = "", items: str = "", page: int = 100, **more: Any
) -> Listing:
    """A kind that is listed for each of its parents."""
    get = Get(
        HOST,
        f"/v1/{{relative}}/{collection}",
        f"aiplatform.{permission or collection}.list",
        f"{items or collection}[]",
        page=page,
    )
    return Listing(get, f"{_SERVICE}/{noun}", SHAPE + noun, f"//{_SERVICE}/{{name}}", under=under, **more)


OWN = frozenset({"name", "displayName"})
CREATED: Mapping[str, Path | Field] = {"created_at": Field("createTime", instant)}
MODIFIED: Mapping[str, Path | Field] = {"modified_at": Field("updateTime", instant)}
NAMED: Mapping[str, Path | Field] = {"name": "displayName", **CREATED, **MODIFIED}
ENCRYPTED: Mapping[str, Path | Field] = {"encryption_key": "encryptionSpec.kmsKeyName"}
KEY = Link("encrypted_by", "gcp.cloudkms.crypto_key", "encryptionSpec.kmsKeyName")


def _duration(job: Mapping[str, Any]) -> Any:
    """Seconds from start to end of what is over."""
    if not job.get("startTime") or not job.get("endTime"):
        return MISSING
    start, end = (datetime.fromisoformat(instant(job[key])) for key in ("startTime", "endTime"))
    return int((end - start).total_seconds())


RAN: Mapping[str, Path | Field] = {
    **NAMED,
    "state": "state",
    "failure_reason": "error.message",
    "started_at": Field("startTime", instant),
    "ended_at": Field("endTime", instant),
    "duration_seconds": Field("", _duration),
}


@dataclass(frozen=True, slots=True)
class Machines:
    """Machines of one sort.

    Attributes:
        spec: {machineType, acceleratorType, acceleratorCount, tpuTopology}; empty where the service picks.
        count: how many; None where it is not known.
    """

    spec: Mapping[str, Any]
    count: int | None


def sibling(key: str, item: Mapping[str, Any], collection: str, id: Any) -> dict[str, str]:
    """The full relative name of a thing in the same project and location, of which there is the id alone; under a key of ours."""
    above = "/".join(str(item["name"]).split("/")[:4])
    return {key: f"{above}/{collection}/{id}"} if id else {}


def whole(value: Any) -> int | None:
    """A count, which the API writes as text where it is of 64 bits; None where there is none."""
    return None if value is None else int(value)


def _chips(topology: str) -> int:
    found = 1
    for side in topology.split("x"):
        found *= int(side)
    return found


def _partition(spec: Mapping[str, Any]) -> str | None:
    return f"mig-{spec['gpuPartitionSize']}" if spec.get("gpuPartitionSize") else None


def _of_one(spec: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Accelerators of one replica; None where the spec does not say.

    A replica with a topology has all chips of it, over several machines. Source: aiplatform v1, MachineSpec.tpuTopology,
    read 2026-11-24.
    """
    sort, count = spec.get("acceleratorType"), spec.get("acceleratorCount")
    if sort and sort != "ACCELERATOR_TYPE_UNSPECIFIED":
        return [named(sort, int(count or 1), partition=_partition(spec))]
    found = of_machine(spec.get("machineType") or "")
    if found and spec.get("tpuTopology"):
        return [{**found[0], "count": _chips(spec["tpuTopology"])}]
    return found


def accelerators(machines: Iterable[Machines]) -> list[dict[str, Any]] | None:
    """Accelerators of all machines together, each sort once; None where a sort or a count is not known."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for some in machines:
        one = _of_one(some.spec)
        if one is None or (one and some.count is None):
            return None
        for entry in one:
            sort = tuple(value for key, value in sorted(entry.items()) if key != "count")
            known = found.setdefault(sort, {**entry, "count": 0})
            known["count"] += entry["count"] * (some.count or 0)
    return [entry for entry in found.values() if entry["count"]]


Read = Callable[[Mapping[str, Any]], Iterable[Machines] | None]


def run_on(read: Read) -> Mapping[str, Field]:
    """Fields for everything that a thing runs on.

    Args:
        read: its machines; None where they are not known.
    """

    def known(payload: Any) -> list[Machines] | None:
        found = read(payload)
        return None if found is None else list(found)

    def entries(payload: Any) -> list[dict[str, Any]] | None:
        machines = known(payload)
        return None if machines is None else accelerators(machines)

    def types(payload: Any) -> Any:
        named_types = dict.fromkeys(
            str(m.spec["machineType"]) for m in known(payload) or () if m.spec.get("machineType")
        )
        return list(named_types) or MISSING

    def count(payload: Any) -> Any:
        counts = [m.count for m in known(payload) or (Machines({}, None),)]
        return MISSING if None in counts else sum(c or 0 for c in counts)

    def listed_entries(payload: Any) -> Any:
        found = entries(payload)
        return MISSING if found is None else found

    def devices(payload: Any) -> Any:
        found = entries(payload)
        return MISSING if found is None else total(found)

    def memory(payload: Any) -> Any:
        sizes = {entry.get("memory_bytes") for entry in entries(payload) or ()}
        size = sizes.pop() if len(sizes) == 1 else None
        return MISSING if size is None else size

    return {
        "instance_types": Field("", types),
        "instance_count": Field("", count),
        "accelerators": Field("", listed_entries),
        "accelerator_count": Field("", devices),
        "accelerator_memory_bytes": Field("", memory),
    }


def reservations(at: str) -> Link:
    """The reservations that a machine spec may use; "key" says that these are names."""
    return Link("uses", "gcp.compute.reservation", f"{at}.reservationAffinity.values[]")


# Custom jobs, wherever they stand


def pools(job: Mapping[str, Any]) -> Iterator[Machines]:
    """Worker pools of a job spec."""
    for pool in job.get("workerPoolSpecs") or ():
        yield Machines(pool.get("machineSpec") or {}, whole(pool.get("replicaCount")))


def images(job: Mapping[str, Any]) -> list[str]:
    """Images of the worker pools, each once."""
    found: dict[str, None] = {}
    for pool in job.get("workerPoolSpecs") or ():
        image = (pool.get("containerSpec") or {}).get("imageUri") or (pool.get("pythonPackageSpec") or {}).get(
            "executorImageUri"
        )
        if image:
            found[str(image)] = None
    return list(found)


def disk_bytes(job: Mapping[str, Any]) -> Any:
    """Boot disk of a machine, where all pools have the same."""
    sizes = {(pool.get("diskSpec") or {}).get("bootDiskSizeGb") for pool in job.get("workerPoolSpecs") or ()}
    size = sizes.pop() if len(sizes) == 1 else None
    return MISSING if size is None else int(size) * GIB


def is_spot(scheduling: Mapping[str, Any]) -> Any:
    """Whether machines may be taken away; MISSING where no strategy is said."""
    strategy = scheduling.get("strategy")
    return MISSING if strategy in (None, "STRATEGY_UNSPECIFIED") else strategy == "SPOT"


def job_fields(at: str) -> Mapping[str, Path | Field]:
    """Fields of a job spec."""
    return {
        "images": Field(at, images),
        "artifact_uri": f"{at}.baseOutputDirectory.outputUriPrefix",
        "service_account": f"{at}.serviceAccount",
        "ephemeral_storage_bytes": Field(at, disk_bytes),
        "spot": Field(f"{at}.scheduling", is_spot),
        "timeout_seconds": Field(f"{at}.scheduling.timeout", seconds),
        "wait_seconds": Field(f"{at}.scheduling.maxWaitDuration", seconds),
    }


def job_links(at: str) -> tuple[Link, ...]:
    """Links of a job spec."""
    pool = f"{at}.workerPoolSpecs[]"
    image = "gcp.artifactregistry.repository"
    return (
        Link("assumes", "gcp.iam.service_account", f"{at}.serviceAccount"),
        Link("uses_image", image, f"{pool}.containerSpec.imageUri"),
        Link("uses_image", image, f"{pool}.pythonPackageSpec.executorImageUri"),
        Link("reads_from", "gcp.storage.bucket", f"{pool}.pythonPackageSpec.packageUris[]"),
        Link("writes_to", "gcp.storage.bucket", f"{at}.baseOutputDirectory.outputUriPrefix"),
        Link("tracked_by", "gcp.aiplatform.tensorboard", f"{at}.tensorboard"),
        Link("runs_in", "gcp.compute.network", f"{at}.network"),
        Link("attached_to", "gcp.compute.network_attachment", f"{at}.pscInterfaceConfig.networkAttachment"),
        reservations(f"{pool}.machineSpec"),
    )


def job_secrets(at: str) -> frozenset[str]:
    """Paths of a job spec that hold an environment."""
    return frozenset({f"{at}.workerPoolSpecs[].containerSpec.env", f"{at}.workerPoolSpecs[].pythonPackageSpec.env"})
