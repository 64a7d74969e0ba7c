"""The table of host kinds, and how each is read out of a probe's report.

Ids are host://MACHINE_ID/…; every payload carries the machine's id as "$machine".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from collectors.contract import CutShortError
from collectors.frames import NOT_EXECUTABLE, Report, Section
from collectors.hosts import accelerators, containers, fabric, files, software, system
from normalize.errors import CollectError, DeniedError, UnavailableError
from normalize.identity import image_name, known_service, uri_name
from normalize.mapping import LINKS
from normalize.model import Alias, Category, Field, Json, Kind, Link, Template
from normalize.redaction import redact
from normalize.units import instant, ratio

Record = tuple[dict[str, Json], tuple[CollectError, ...]]
"""A payload, and what could not be learnt about it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A fetch value: the probe's sections that a kind is read from, and the function that reads them.

    The function yields records and raises CollectError where a section does not tell.
    """

    sections: tuple[str, ...]
    read: Callable[[Report], Iterator[Record]]

    @property
    def call(self) -> str:
        return f"probe.sh: {', '.join(self.sections)}"


@dataclass(frozen=True, slots=True)
class Devices:
    """Accelerators of a machine: those that tools describe, then those only the PCI bus shows.

    `count` is None where it cannot be known; `problems` say why, and why devices lack their model.
    """

    gpus: list[dict[str, Json]]
    count: int | None
    problems: tuple[CollectError, ...]
    driver_version: str | None = None
    cuda_version: str | None = None


_NODE_MAKERS: tuple[tuple[str, str], ...] = (
    ("/dev/nvidia", "nvidia"),
    ("/dev/nvhost", "nvidia"),
    ("/dev/nvmap", "nvidia"),
    ("/dev/dxg", "nvidia"),
    ("/dev/kfd", "amd"),
    ("/dev/neuron", "aws"),
    ("/dev/hl", "habana"),
)


_TOOLS = {"nvidia": "nvidia-smi", "amd": "rocm-smi", "habana": "hl-smi"}


def devices(report: Report) -> Devices:
    """What tools and the PCI bus say together. Zero only where the bus was read and nothing speaks against it."""
    told: list[dict[str, Json]] = []
    failures: dict[str, CollectError] = {}
    versions: dict[str, Json] = {}
    for maker, read in (("nvidia", _nvidia), ("amd", _amd), ("habana", _gaudi)):
        try:
            document = read(report)
        except CollectError as error:
            failures[maker] = error
        else:
            told += document["gpus"]
            versions = document | versions
    gpus = list(told)
    problems: list[CollectError] = []
    try:
        on_bus: list[dict[str, Json]] | None = accelerators.pci(report["pci"].output())
    except CollectError as error:
        on_bus = None
        if not told:
            problems.append(error)
    known = {gpu.get("bus_id") for gpu in told}
    for gpu in on_bus or ():
        if gpu["bus_id"] in known:
            continue
        gpus.append(gpu)
        if gpu["vendor"] in _TOOLS:
            problems.append(_unexplained(gpu, failures.get(gpu["vendor"])))
    if on_bus is None:
        problems += [e for e in failures.values() if not isinstance(e, UnavailableError)]
    strangers = _strangers(report, {g["vendor"] for g in gpus})
    if strangers:
        problems.append(CollectError(f"no tool that is read describes {' '.join(strangers)}", call="facts"))
    certain = (on_bus is not None or bool(told)) and not strangers
    return Devices(
        _keyed(_linked(report, gpus)),
        len(gpus) if certain else None,
        tuple({str(p): p for p in problems}.values()),
        versions.get("driver_version"),
        versions.get("cuda_version"),
    )


def _nvidia(report: Report) -> dict[str, Json]:
    document = accelerators.nvidia(report["nvidia-smi"].output())
    listing = report["nvidia-smi-list"]
    named = accelerators.partitions(listing.text) if listing.status == 0 else {}
    for gpu in document["gpus"]:
        for partition in gpu["partitions"]:
            partition.update(named.get(gpu.get("uuid", ""), {}).get(partition.get("index", -1), {}))
    return document


def _linked(report: Report, gpus: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """Devices with their links to others: nvidia-smi numbers them in the order in which it lists them."""
    near = accelerators.numa_nodes(report.said("pci"))
    links = _links(report)
    named = iter(range(len(gpus)))
    linked = []
    for gpu in gpus:
        found: dict[str, Json] = {}
        if gpu["vendor"] == "nvidia":
            found |= links.get(f"GPU{next(named)}", {})
        if gpu.get("bus_id") in near:
            found["numa_node"] = str(near[gpu["bus_id"]])
        found |= {k: gpu[k] for k in ("pcie", "fabric") if k in gpu}
        linked.append(gpu | ({"$topology": found} if found else {}))
    return linked


def _links(report: Report) -> dict[str, dict[str, Json]]:
    text = report.said("nvidia-smi-topo")
    try:
        return fabric.matrix(text) if text else {}
    except CollectError:
        return {}


def _gaudi(report: Report) -> dict[str, Json]:
    return accelerators.gaudi(report["hl-smi"].output())


def _amd(report: Report) -> dict[str, Json]:
    """rocm-smi where it answers, else amd-smi, which knows less of what is in use."""
    try:
        document = accelerators.rocm(report["rocm-smi"].output())
    except CollectError as error:
        if (other := report["amd-smi"]).status == 0:
            return accelerators.amd(other.text)
        if isinstance(error, UnavailableError) and other.installed:
            raise other.failure() or error from None
        raise
    pids = report["rocm-smi-pids"]
    held = accelerators.rocm_processes(pids.text) if pids.status == 0 else []
    for gpu in document["gpus"][:1] if len(document["gpus"]) == 1 else ():
        gpu["processes"] = held
    return document | ({"unplaced": held} if len(document["gpus"]) > 1 else {})


def _unexplained(gpu: Mapping[str, Json], failure: CollectError | None) -> CollectError:
    tool = _TOOLS[gpu["vendor"]]
    if failure is None:
        return CollectError(f"{tool} does not list the device that the PCI bus shows at {gpu['bus_id']}", call=tool)
    if isinstance(failure, UnavailableError):
        needs = (tool,)
        return CollectError(f"{tool} is not installed, and the PCI bus shows devices for it", call=tool, needs=needs)
    return failure


def _strangers(report: Report, makers: set[str]) -> list[str]:
    """Device nodes of accelerators that neither a tool nor the PCI bus accounts for."""
    nodes = system.facts(report["facts"].text).get("device", "").split()
    found = [node for node in nodes for start, maker in _NODE_MAKERS if node.startswith(start) and maker not in makers]
    others = makers - {"nvidia", "amd"}
    return found + [node for node in nodes if node.startswith("/dev/accel") and not others]


def _keyed(gpus: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """Devices with what tells them apart on this machine: their UUID where it is one, else their bus address."""
    uuids = [gpu.get("uuid") for gpu in gpus]
    keyed = []
    for number, gpu in enumerate(gpus):
        uuid = gpu.get("uuid")
        good = uuid and uuids.count(uuid) == 1 and set(uuid.lower().removeprefix("gpu-").removeprefix("0x")) - set("0-")
        keyed.append(gpu | {"$local_id": uuid if good else gpu.get("bus_id") or gpu.get("card") or f"index-{number}"})
    return keyed


def _machine(report: Report) -> Iterator[Record]:
    known = system.facts(report["facts"].output())
    found = devices(report)
    gaps = list(found.problems)

    def said(section: str) -> str:
        part: Section = report[section]
        return part.text if part.status == 0 else ""

    network = system.interfaces(said("interfaces"), said("addresses"))
    payload: dict[str, Json] = {
        "facts": known,
        "cpu": system.processors(said("lscpu"), said("cpuinfo")),
        "interfaces": network,
        "accelerators": accelerators.summary(found.gpus),
        "topology": _topology(report, said("pci"), said("numa")),
        "software": _software(known),
    }
    if (memory := system.memory_bytes(said("meminfo"))) is not None:
        payload["memory_bytes"] = memory
    elif error := report["meminfo"].failure():
        gaps.append(error)
    if (name := system.os_release(said("os-release"))) is not None:
        payload["os"] = name
    if report["addresses"].status == 0:
        payload["addresses"] = system.own_addresses(network)
    names, hashed = system.known_hosts(report.said("known-hosts"))
    payload |= ({"known_hosts": names} if names else {}) | ({"known_hosts_hashed": hashed} if hashed else {})
    if found.count is None:
        del payload["accelerators"]
    else:
        payload["accelerator_count"] = found.count
    versions = {
        "driver_version": found.driver_version or _loaded_driver(known),
        "cuda_version": found.cuda_version,
        "$ec2_instance": _ec2_instance(known),
    }
    payload |= {k: v for k, v in versions.items() if v} | _agents(report)
    if links := list(_clouds(known)):
        payload[LINKS] = links
    yield payload, tuple(gaps)


def _agents(report: Report) -> dict[str, Json]:
    """Who watches and who backs up the machine, where the programs that run could be listed."""
    programs = report.said("programs")
    if not programs:
        return {}
    active = [u["Id"] for u in software.blocks(report.said("units")) if u.get("ActiveState") == "active"]
    return {
        "monitoring": software.agents(programs, active, software.MONITORING),
        "backup": software.agents(programs, active, software.BACKUP),
    }


def _topology(report: Report, pci: str, numa: str) -> dict[str, Json]:
    parts = fabric.summary(_links(report)) | {"nvswitches": accelerators.switches(pci), "numa_nodes": fabric.numa(numa)}
    return {k: v for k, v in parts.items() if v}


_VERSIONED = (
    # fact, what it is called
    ("cuda_toolkit", "CUDA toolkit"),
    ("cuda_installed", "CUDA toolkit"),
    ("libnccl", "NCCL"),
    ("libcudnn", "cuDNN"),
    ("rocm_version", "ROCm"),
    ("container_toolkit", "NVIDIA Container Toolkit"),
    ("docker", "Docker"),
    ("podman", "Podman"),
    ("nerdctl", "nerdctl"),
    ("containerd", "containerd"),
    ("crictl", "crictl"),
    ("apptainer", "Apptainer"),
    ("singularity", "Singularity"),
    ("enroot", "enroot"),
)


def _software(known: Mapping[str, str]) -> list[str]:
    """Products with their versions, of facts that may hold several ("12.1 12.4") or a sentence ("… version 1.16.2")."""
    found = []
    for key, name in _VERSIONED:
        versions = re.findall(r"(?<![\w.])v?(\d+(?:\.\d+)+)", known.get(key, ""))
        found += [f"{name} {version}" for version in versions[: None if key.startswith(("cuda", "lib")) else 1]]
    return list(dict.fromkeys(found))


def _rdma_ports(report: Report) -> Iterator[Record]:
    ports = fabric.rdma(report["rdma"].output())
    yield from ((port, ()) for port in ports)
    if not ports and (silent := fabric.controllers(report.said("pci"))):
        said = f"the PCI bus shows InfiniBand controllers at {' '.join(silent)}, and no driver shows their ports"
        raise CollectError(said, call="rdma")


def _loaded_driver(known: Mapping[str, str]) -> str | None:
    """Version of the NVIDIA module that is loaded: "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  …"."""
    m = re.search(r"\s(\d{3,}\.\d+(?:\.\d+)?)(?:\s|$)", known.get("nvidia_driver", ""))
    return m[1] if m else known.get("amdgpu_version")


def _ec2_instance(known: Mapping[str, str]) -> str | None:
    """Instance id, from cloud-init or from the board's asset tag.

    No page of AWS was found that says so of the asset tag; it holds the id on machines that others have looked at. Source: gist
    "Probe ec2 instances without instance metadata" of verdimrc (trn1.32xlarge), read 2026-11-24.
    """
    return next(
        (
            v
            for k in ("cloud_instance_id", "board_asset_tag")
            if re.fullmatch(r"i-[0-9a-f]{8,17}", v := known.get(k, ""))
        ),
        None,
    )


_GCE_NAME = re.compile(
    r"(?P<name>[a-z][a-z0-9-]{0,62})\.(?P<zone>[a-z]+-[a-z]+\d+-[a-z])\.c\.(?P<project>[a-z][a-z0-9-]{4,28}[a-z0-9])\.internal"
)


def _clouds(known: Mapping[str, str]) -> Iterator[dict[str, Json]]:
    """What Google and Azure know the machine as; optional, since a machine may be scanned without its cloud.

    Source: cloud.google.com, "Access VMs by internal DNS" (VM.ZONE.c.PROJECT.internal); learn.microsoft.com, vmId of a virtual machine
    (it stands in its SMBIOS); Azure/WALinuxAgent, issue 830 (the kernel shows its first three parts with their bytes turned round);
    read 2026-11-24.
    """
    if known.get("product_name") == "Google Compute Engine" and (m := _GCE_NAME.fullmatch(known.get("hostname", ""))):
        key = f"//compute.googleapis.com/projects/{m['project']}/zones/{m['zone']}/instances/{m['name']}"
        yield _same_as(key, "gcp.compute.instance", "gcp", "$.facts.hostname", m[0])
    if known.get("sys_vendor") == "Microsoft Corporation":
        for fact in ("product_uuid", "cloud_instance_id"):
            told = known.get(fact, "").lower()
            if re.fullmatch(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", told):
                for uuid in (told, str(UUID(bytes=UUID(told).bytes_le))):
                    yield _same_as(uuid, "azure.compute.virtual_machine", "azure", f"$.facts.{fact}", uuid)


def _same_as(key: str, target: str, provider: str, path: str, value: str) -> dict[str, Json]:
    where = {"account": "", "place": "", "provider": provider, "target": target}
    return {"verb": "same_as", "key": key, "path": path, "value": value, "optional": True} | where


def _gpus(report: Report) -> Iterator[Record]:
    found = devices(report)
    for gpu in found.gpus:
        body = {k: v for k, v in gpu.items() if k not in ("processes", "partitions")}
        cuts = gpu.get("partitions", [])
        versions = {"driver_version": found.driver_version, "cuda_version": found.cuda_version}
        tools = {k: v for k, v in versions.items() if v and "model" in gpu and gpu["vendor"] == "nvidia"}
        yield body | tools | {"form": "device", "partitions": cuts}, ()
        for cut in cuts:
            place = (
                cut.get("uuid")
                or f"{gpu['$local_id']}/mig-{cut.get('gpu_instance', 0)}-{cut.get('compute_instance', 0)}"
            )
            about = {k: gpu[k] for k in ("vendor", "model", "bus_id") if k in gpu}
            yield about | cut | tools | {"form": "partition", "$local_id": place, "$device": gpu["$local_id"]}, ()
    if found.problems:
        raise _worst(found.problems)


def _worst(problems: Sequence[CollectError]) -> CollectError:
    """One error that says them all; denied if any is."""
    first = next((p for p in problems if isinstance(p, DeniedError)), problems[0])
    needs = tuple(dict.fromkeys(n for p in problems for n in p.needs))
    return type(first)(
        "; ".join(dict.fromkeys(map(str, problems)))[:900], call=first.call, needs=needs, code=first.code
    )


def _disks(report: Report) -> Iterator[Record]:
    """lsblk where it prints JSON, else /sys/block."""
    tree, plain = report["lsblk"], report["blocks"]
    for disk in system.disks(tree.text) if tree.status == 0 else system.blocks(plain.output()):
        yield disk, ()


def _arrays(report: Report) -> Iterator[Record]:
    """Arrays and volumes over disks. Without lsblk only pools of ZFS are known, and that is said."""
    tree = report["lsblk"]
    for array in system.arrays(tree.text if tree.status == 0 else "", report.said("mdstat"), report.said("zpool")):
        yield array, ()
    pools = report["zpool"]
    if (error := tree.failure()) or (pools.installed and (error := pools.failure())):
        raise CollectError(str(error), call=error.call, needs=error.needs, code=error.code)


def _model_files(report: Report) -> Iterator[Record]:
    found = files.walk(report["files"].output())
    yield from ((entry, ()) for entry in found.models)
    if problem := found.problem():
        raise problem


def _dataset_files(report: Report) -> Iterator[Record]:
    found = files.walk(report["files"].output())
    yield from ((entry, ()) for entry in found.data)
    if problem := found.problem():
        raise problem


def _tool_folders(report: Report) -> Iterator[Record]:
    found = files.walk(report["files"].output())
    yield from ((entry, ()) for entry in found.tools)
    if problem := found.problem():
        raise problem


def _mounts(report: Report) -> Iterator[Record]:
    beegfs = system.facts(report.said("facts")).get("beegfs_management")
    for mount in system.mounts(report["mounts"].output()):
        if beegfs and mount["file_system"] == "beegfs":
            mount["$server_uri"] = f"beegfs://{beegfs.split()[0]}"
        uri = mount.get("$server_uri")
        name = uri_name(uri) if uri else None
        if (
            name is None
            or (name.provider and name.key.startswith("dns:"))
            or known_service(name.key.removeprefix("nfs://"))
        ):
            mount.pop("$server_uri", None)  # a managed file system is found by its id in the device's name
        gaps = () if "bytes" in mount else (CollectError("df did not answer for a mount", call="df"),)
        yield mount, gaps


_NO_DAEMON = re.compile(r"cannot connect to the docker daemon|is the docker daemon running", re.IGNORECASE)


def _containers(report: Report) -> Iterator[Record]:
    """Containers of every engine that answers; what an engine hides is raised after them."""
    known = system.facts(report["facts"].output())
    problems: list[CollectError] = []
    idle: list[str] = []
    seen: set[str] = set()
    answered = False
    sockets = known.get("engine_socket", "").split()
    for engine in containers.ENGINES:
        section = report[engine]
        error = section.failure()
        if error is None:
            answered = True
            for container in _of_engine(report, engine, section):
                if container["id"] not in seen:
                    seen.add(container["id"])
                    yield container, _details_missing(report, engine)
            if engine == "podman" and known.get("uid") != "0":
                problems.append(CutShortError("podman shows a user only that user's own containers", call="podman ps"))
        elif not section.installed:
            continue
        elif _NO_DAEMON.search(section.errors) and not any("docker" in s for s in sockets):
            idle.append(f"{engine} is installed and its daemon does not run")
        else:
            problems.append(_engine_error(error, engine, section, known.get("user", "the user")))
    if problems:
        raise _worst(problems)
    if not answered and sockets:
        raise CollectError(f"no client is installed that speaks to {' '.join(sockets)}", call="engines", needs=("docker, nerdctl or crictl",))  # fmt: skip
    if not answered:
        raise UnavailableError("; ".join(idle) or "no container engine is installed", call="engines")


def _images(report: Report) -> Iterator[Record]:
    """Images that engines hold, each once; one that no registry knows is on this machine alone."""
    problems: list[CollectError] = []
    seen: set[str] = set()
    answered = False
    for engine in containers.ENGINES:
        section = report[f"{engine}-images"]
        if (error := section.failure()) is None:
            answered = True
            for image in containers.stored(engine, section.text):
                if image["id"] not in seen:
                    seen.add(image["id"])
                    yield _image(image), ()
        elif section.installed and not _NO_DAEMON.search(section.errors):
            known = system.facts(report["facts"].output())
            problems.append(_engine_error(error, engine, section, known.get("user", "the user")))
    if problems:
        raise _worst(problems)
    if not answered:
        yield from _none_without_containers(report)


def _none_without_containers(report: Report) -> Iterator[Record]:
    """No engine told its images: why that is, containers tell."""
    for _ in _containers(report):
        raise CollectError("containers are there and no engine tells its images", call="images")
    yield from ()


def _image(image: dict[str, Json]) -> dict[str, Json]:
    digests = [d for d in image.get("digests", []) if image_name(str(d))]
    names = [n for n in image.get("names", []) if "<none>" not in n]
    found = image | {"name": (names or [d.partition("@")[0] for d in digests] or [image["id"]])[0], "names": names}
    if digests:
        found |= {"$image": [d.partition("@")[0] for d in digests], "digest": digests[0].partition("@")[2]}
    if "digests" in image or image["engine"] in (
        "docker",
        "podman",
    ):  # these tell of every image whether a registry knows it
        found["local_only"] = not digests
    return found


def _engine_error(error: CollectError, engine: str, section: Section, user: str) -> CollectError:
    denied = isinstance(error, DeniedError) or "permission denied" in section.errors.lower()
    if not denied:
        return error
    needs = (f"{user} may use {engine}'s socket (for docker: the group docker, which is as good as root)",)
    return DeniedError(str(error), call=f"{engine} ps", needs=needs)


def _of_engine(report: Report, engine: str, section: Section) -> Iterator[dict[str, Json]]:
    details = report["docker-inspect"]
    more = containers.inspected(details.text) if engine == "docker" and details.status == 0 else {}
    for container in containers.listed(engine, section.text):
        entry = container | more.get(container["id"], {})
        if arguments := entry.pop("arguments", None):
            entry["command"] = " ".join(map(str, redact(arguments)))
        if image_name(str(entry.get("image", ""))) and not str(entry.get("image")).startswith("sha256"):
            entry["$image"] = entry["image"]
        if requests := entry.get("device_requests"):
            count = containers.requested(requests)
            every = devices(report).count if count is None else count
            if every is not None:
                entry["$accelerators"] = every
        yield entry


def _details_missing(report: Report, engine: str) -> tuple[CollectError, ...]:
    error = report["docker-inspect"].failure() if engine == "docker" else None
    return (error,) if error else ()


def _processes(report: Report) -> Iterator[Record]:
    """Processes that hold an accelerator, as its tool tells, and those that serve models or keep what is known of them."""
    known = system.facts(report["facts"].output())
    lines = system.processes(report["processes"].output())
    found = devices(report)
    holders: dict[int, dict[str, Json]] = {}
    for gpu, process in accelerators.processes(found.gpus):
        entry = holders.setdefault(process["pid"], {"pid": process["pid"], "$gpus": [], "memory_used_bytes": 0})
        entry["$gpus"].append(f"gpu/{gpu['$local_id']}")
        entry |= {k: process[k] for k in ("type", "name") if k in process}
        entry["memory_used_bytes"] += process.get("memory_used_bytes", 0)
    for process in _unplaced(report):
        holders.setdefault(process["pid"], process)
    for pid, entry in system.processes(report.said("servers")).items():
        if product := software.server(entry.get("arguments", [])):
            lines[pid] = entry | {"software": [product]}
            holders.setdefault(pid, {"pid": pid})
    for pid, entry in holders.items():
        yield _process(entry | lines.get(pid, {}), known), ()
    if found.problems:
        raise _worst(found.problems)


_NO_SYSTEMD = re.compile(r"not been booted with systemd|failed to connect to bus: host is down", re.IGNORECASE)


def _units(report: Report, section: str) -> Iterator[dict[str, str]]:
    found = report[section]
    if found.status and _NO_SYSTEMD.search(found.errors):
        raise UnavailableError("systemd does not run here", call=f"systemctl show: {section}")
    return software.blocks(found.output())


def _services(report: Report) -> Iterator[Record]:
    """Services that the machine's owner added or whose product is known; what else comes with the system is left out."""
    for unit in _units(report, "units"):
        if entry := software.service(unit):
            yield _commanded(entry), ()


def _schedules(report: Report) -> Iterator[Record]:
    """Timers and cron jobs that do not come with the system; what may not be read is raised after them."""
    problems: list[CollectError] = []
    try:
        for unit in _units(report, "timers"):
            if entry := software.timer(unit):
                yield entry | {"$key": f"timer/{entry['name']}"}, ()
    except UnavailableError:
        pass
    except CollectError as error:
        problems.append(error)
    jobs, denied = software.cron(report["crontabs"].output())
    for entry in jobs:
        key = sha256(f"{entry['schedule']} {entry['arguments']}".encode()).hexdigest()[:12]
        yield _commanded(entry) | {"$key": f"cron{entry['file'].replace(' ', '-')}/{key}"}, ()
    if denied:
        needs = tuple(f"to read {path}" for path in denied)
        problems.append(
            DeniedError(f"crontabs of others may not be read: {' '.join(denied)}", call="cron", needs=needs)
        )
    if problems:
        raise _worst(problems)


def _commanded(entry: dict[str, Json]) -> dict[str, Json]:
    """An entry whose arguments have become one command line without secrets."""
    arguments = entry.pop("arguments", None)
    return entry | ({"command": " ".join(map(str, redact(arguments)))} if arguments else {})


def _environments(report: Report) -> Iterator[Record]:
    """Python environments with packages for machine learning; where the search ended early is raised after them."""
    found, cut = software.environments(report["pythons"].output())
    for entry in found:
        yield entry, ()
    if cut:
        raise _cut_short("Python environments", cut)


def _cut_short(what: str, cut: Mapping[str, int]) -> CollectError:
    """What a search did not get to: roots with the status that it ended with there."""
    denied = [root for root, status in cut.items() if status == NOT_EXECUTABLE]
    late = [root for root in cut if root not in denied]
    said = [f"the search for {what} ran out of time in {' '.join(late)}"] if late else []
    said += [f"{' '.join(denied)} may not be read"] if denied else []
    return CutShortError("; ".join(said), call="find", needs=tuple(f"to read {root}" for root in denied))


def _unplaced(report: Report) -> list[dict[str, Json]]:
    try:
        placed: list[dict[str, Json]] = _amd(report).get("unplaced", [])
    except CollectError:
        return []
    return placed


def _process(entry: dict[str, Json], known: Mapping[str, str]) -> dict[str, Json]:
    arguments = entry.pop("arguments", None) or [entry[k] for k in ("name",) if k in entry]
    if arguments:
        entry["command"] = " ".join(map(str, redact(arguments)))
    start, boot, ticks = entry.get("start_ticks"), known.get("btime", ""), known.get("clock_ticks", "")
    if start is not None and boot.isdecimal() and ticks.isdecimal() and int(ticks):
        entry["$started"] = int(boot) + start // int(ticks)
    entry["$local_id"] = f"{entry['pid']}.{start}" if start is not None else str(entry["pid"])
    if not entry.get("memory_used_bytes"):
        entry.pop("memory_used_bytes", None)  # the tool cannot tell inside a virtual machine or a partition
    return entry


def _listeners(report: Report) -> Iterator[Record]:
    arch = system.facts(report["facts"].output()).get("arch", "")
    shown = report["ss"]
    named = system.programs(shown.text) if shown.status == 0 else {}
    for listener in system.listeners(report["listeners"].output(), arch, named):
        yield listener, ()


def _connections(report: Report) -> Iterator[Record]:
    arch = system.facts(report["facts"].output()).get("arch", "")
    for connection in system.connections(report["connections"].output(), arch):
        peer = connection["peer_address"]
        uri = f"tcp://{f'[{peer}]' if ':' in peer else peer}:{connection['port']}"
        if not peer.startswith(("169.254.", "fe80:")) and uri_name(uri):
            connection["$connects_to" if connection["direction"] == "out" else "$accepts_from"] = uri
        yield connection, ()


_MACHINE = "host://{$machine}"
_ON_MACHINE = Link("runs_on", "host.machine", Template(_MACHINE))


def _part(kind: str, key: str) -> Template:
    return Template(f"{_MACHINE}/{kind}/{{{key}}}")


_FOLDER_FIELDS: Mapping[str, str | Field] = {
    "name": "folder",
    "file_count": "count",
    "size_bytes": "bytes",
    "format": Field("formats", lambda found: ", ".join(sorted(found))),
    "modified_at": Field("newest", instant),
}


KINDS: Sequence[Kind] = (
    Kind(
        name="host.machine",
        category=Category.HOST,
        fetch=Reading(
            (
                "facts",
                "lscpu",
                "meminfo",
                "addresses",
                "pci",
                "numa",
                "nvidia-smi",
                "nvidia-smi-topo",
                "rocm-smi",
                "amd-smi",
                "hl-smi",
                "known-hosts",
            ),
            _machine,
        ),
        id=Template(_MACHINE),
        native="$machine",
        unique="world",
        fields={
            "name": "facts.hostname",
            "hostname": "facts.hostname",
            "machine_id": "$machine",
            "os": "os",
            "kernel_version": "facts.kernel",
            "architecture": "facts.arch",
            "virtualization": "facts.virtualization",
            "manufacturer": "facts.sys_vendor",
            "product": "facts.product_name",
            "uuid": "facts.product_uuid",
            "provider_id": "facts.cloud_instance_id",
            "booted_at": Field("facts.btime", lambda text: instant(int(text))),
            "load_average": Field("facts.load", lambda text: float(text.split()[0])),
            "cpu_model": "cpu.model",
            "cpu_socket_count": "cpu.sockets",
            "cpu_core_count": "cpu.cores",
            "vcpu_count": "cpu.threads",
            "numa_node_count": "cpu.numa_nodes",
            "memory_bytes": "memory_bytes",
            "accelerators": "accelerators",
            "accelerator_count": "accelerator_count",
            "driver_version": "driver_version",
            "cuda_version": "cuda_version",
            "rocm_version": "facts.rocm_version",
            "addresses": "addresses",
            "interfaces": "interfaces",
            "known_hosts": "known_hosts",
            "hashed_known_host_count": "known_hosts_hashed",
            "topology": "topology",
            "software": "software",
            "monitoring_agents": "monitoring",
            "backup_agents": "backup",
            "user_count": Field("facts.user_count", int),
            "logged_in_count": Field("facts.logged_in_count", int),
        },
        links=(Link("same_as", "aws.ec2.instance", "$ec2_instance", within="world"),),
        aliases=(Alias("address", "addresses"), Alias("address", "$address"), Alias("dns", "facts.hostname")),
        quiet=frozenset({"addresses", "interfaces", "facts", "known_hosts", "$address"}),
    ),
    Kind(
        name="host.gpu",
        category=Category.ACCELERATOR,
        fetch=Reading(
            ("nvidia-smi", "nvidia-smi-list", "nvidia-smi-topo", "rocm-smi", "amd-smi", "hl-smi", "pci"), _gpus
        ),
        id=_part("gpu", "$local_id"),
        native="$local_id",
        fields={
            "name": "model",
            "type": "form",
            "vendor": "vendor",
            "model": "model",
            "serial": "serial",
            "uuid": "uuid",
            "bus_id": "bus_id",
            "state": "state",
            "accelerator_memory_bytes": "memory_bytes",
            "memory_used_bytes": "memory_used_bytes",
            "utilization_ratio": Field("utilization_percent", ratio),
            "temperature_celsius": "temperature_celsius",
            "power_limit_watts": Field("power_limit_watts", round),
            "mig_mode": "mig_mode",
            "mode": "profile",
            "compute_mode": "compute_mode",
            "persistence_enabled": Field("persistence_mode", lambda word: word == "Enabled"),
            "driver_version": "driver_version",
            "cuda_version": "cuda_version",
            "partitions": "partitions",
            "topology": "$topology",
        },
        links=(
            Link("part_of", "host.machine", Template(_MACHINE)),
            Link("part_of", "host.gpu", Template(_MACHINE + "/gpu/{$device}")),
        ),
    ),
    Kind(
        name="host.rdma_port",
        category=Category.NETWORK_INTERFACE,
        fetch=Reading(("rdma",), _rdma_ports),
        id=_part("rdma", "$name"),
        native="$name",
        fields={
            "name": "$name",
            "device": "device",
            "type": "type",
            "state": "state",
            "link_speed_mbps": "speed_mbps",
            "mode": "width",
            "version": "firmware",
            "product": "board",
        },
        links=(Link("part_of", "host.machine", Template(_MACHINE)),),
    ),
    Kind(
        name="host.disk",
        category=Category.VOLUME,
        fetch=Reading(("lsblk", "blocks"), _disks),
        id=_part("disk", "name"),
        native="name",
        fields={
            "name": "name",
            "device": "name",
            "size_bytes": "size_bytes",
            "model": "model",
            "serial": "serial",
            "mount_points": "mount_points",
        },
        links=(
            Link("attached_to", "host.machine", Template(_MACHINE)),
            Link("same_as", "aws.ec2.volume", "$ebs_volume", within="world"),
        ),
        quiet=frozenset({"mount_points"}),
    ),
    Kind(
        name="host.array",
        category=Category.VOLUME,
        fetch=Reading(("lsblk", "mdstat", "zpool"), _arrays),
        id=_part("array", "name"),
        native="name",
        fields={
            "name": "name",
            "type": "type",
            "state": "state",
            "size_bytes": "size_bytes",
            "used_bytes": "used_bytes",
            "mount_points": "mount_points",
        },
        links=(Link("attached_to", "host.machine", Template(_MACHINE)), Link("made_from", "host.disk", "$member_ids")),
        quiet=frozenset({"mount_points"}),
    ),
    Kind(
        name="host.model_files",
        category=Category.MODEL,
        fetch=Reading(("files",), _model_files),
        id=Template(_MACHINE + "/models{folder}"),
        native="folder",
        fields=_FOLDER_FIELDS,
        links=(Link("stored_in", "host.machine", Template(_MACHINE)), Link("copy_of", "", "$hub")),
        quiet=frozenset({"folder"}),
    ),
    Kind(
        name="host.dataset_files",
        category=Category.DATASET,
        fetch=Reading(("files",), _dataset_files),
        id=Template(_MACHINE + "/data{folder}"),
        native="folder",
        fields=_FOLDER_FIELDS,
        links=(Link("stored_in", "host.machine", Template(_MACHINE)), Link("copy_of", "", "$hub")),
        quiet=frozenset({"folder"}),
    ),
    Kind(
        name="host.tool_folder",
        category=Category.WORKSPACE,
        fetch=Reading(("files",), _tool_folders),
        id=Template(_MACHINE + "/{tool}{folder}"),
        native=Template("{tool}{folder}"),
        fields={"name": "folder", "type": "tool", "run_count": "run_count"},
        links=(Link("stored_in", "host.machine", Template(_MACHINE)), Link("tracked_by", "", "$remotes")),
        quiet=frozenset({"folder"}),
    ),
    Kind(
        name="host.mount",
        category=Category.FILE_STORE,
        fetch=Reading(("mounts",), _mounts),
        id=Template(_MACHINE + "/mount{mount_point}"),
        native="mount_point",
        fields={
            "name": "mount_point",
            "mount_point": "mount_point",
            "device": "device",
            "file_system": "file_system",
            "mode": "options",
            "size_bytes": "bytes.used",
            "used_bytes": "bytes.used",
            "capacity_bytes": "bytes.total",
            "inode_count": "inodes.used",
            "source_uri": "$server_uri",
        },
        links=(Link("attached_to", "host.machine", Template(_MACHINE)), Link("mounts", "", "$server_uri")),
        quiet=frozenset({"options", "mount_point"}),
    ),
    Kind(
        name="host.container",
        category=Category.CONTAINER,
        fetch=Reading(containers.ENGINES, _containers),
        id=_part("container", "id"),
        native="id",
        fields={
            "name": "name",
            "image": "image",
            "state": "state",
            "command": "command",
            "container_runtime": "engine",
            "ports": "ports",
            "created_at": Field("created_at", instant),
            "environment": "environment",
            "mounts": "mounts",
            "privileged": "privileged",
            "accelerator_requested_count": "$accelerators",
        },
        tags="labels",
        links=(_ON_MACHINE, Link("uses_image", "container.image_repository", "$image")),
        sensitive=frozenset({"environment"}),
        needs=("access to the container engine's socket",),
    ),
    Kind(
        name="host.image",
        category=Category.IMAGE_REPOSITORY,
        fetch=Reading((*containers.STORES,), _images),
        id=_part("image", "id"),
        native="id",
        fields={
            "name": "name",
            "aliases": "names",
            "digest": "digest",
            "size_bytes": "bytes",
            "container_runtime": "engine",
            "created_at": Field("created_at", instant),
            "local_only": "local_only",
        },
        links=(
            Link("stored_in", "host.machine", Template(_MACHINE)),
            Link("copy_of", "container.image_repository", "$image", optional=True),
        ),
        quiet=frozenset({"names", "digests", "name"}),
        needs=("access to the container engine's socket",),
    ),
    Kind(
        name="host.process",
        category=Category.PROCESS,
        fetch=Reading(("processes", "servers", "nvidia-smi", "rocm-smi-pids"), _processes),
        id=_part("process", "$local_id"),
        native="$local_id",
        fields={
            "name": "name",
            "pid": "pid",
            "user": "user",
            "command": "command",
            "type": "type",
            "software": "software",
            "memory_used_bytes": "memory_used_bytes",
            "started_at": Field("$started", instant),
        },
        links=(_ON_MACHINE, Link("uses", "host.gpu", "$gpu_ids")),
    ),
    Kind(
        name="host.service",
        category=Category.PROCESS,
        fetch=Reading(("units",), _services),
        id=_part("service", "name"),
        native="name",
        fields={
            "name": "name",
            "description": "description",
            "state": "state",
            "phase": "phase",
            "enabled": "enabled",
            "user": "user",
            "command": "command",
            "software": "software",
        },
        links=(_ON_MACHINE,),
    ),
    Kind(
        name="host.scheduled_job",
        category=Category.PROCESS,
        fetch=Reading(("timers", "crontabs"), _schedules),
        id=_part("schedule", "$key"),
        native="$key",
        fields={
            "name": "name",
            "type": "type",
            "schedule": "schedule",
            "state": "state",
            "user": "user",
            "command": "command",
        },
        links=(
            _ON_MACHINE,
            Link("starts", "host.service", Template(_MACHINE + "/service/{$service}"), optional=True),
        ),
    ),
    Kind(
        name="host.python_environment",
        category=Category.WORKSPACE,
        fetch=Reading(("pythons",), _environments),
        id=Template(_MACHINE + "/python{folder}"),
        native="folder",
        fields={
            "name": "name",
            "version": "python",
            "language": Field("folder", lambda _: "Python"),
            "frameworks": "frameworks",
            "software": "software",
            "built_for": "built_for",
        },
        links=(_ON_MACHINE,),
        quiet=frozenset({"name", "folder"}),
    ),
    Kind(
        name="host.listener",
        category=Category.SERVICE,
        fetch=Reading(("listeners", "ss"), _listeners),
        id=Template(_MACHINE + "/listener/{protocol}/{listen_address}:{port}"),
        native=Template("{protocol}/{listen_address}:{port}"),
        fields={
            "name": "program",
            "protocol": "protocol",
            "address": "listen_address",
            "port": "port",
            "command": "program",
        },
        links=(_ON_MACHINE,),
        quiet=frozenset({"listen_address"}),
    ),
    Kind(
        name="host.connection",
        category=Category.CONNECTION,
        fetch=Reading(("connections",), _connections),
        id=Template(_MACHINE + "/connection/{direction}/{port}/{peer_address}"),
        native=Template("{direction}/{port}/{peer_address}"),
        fields={
            "type": Field("direction", lambda word: {"in": "inbound", "out": "outbound"}[word]),
            "remote_address": "peer_address",
            "port": "port",
            "connection_count": "count",
        },
        links=(
            _ON_MACHINE,
            Link("connects_to", "", "$connects_to"),
            Link("accepts_from", "", "$accepts_from", optional=True),
        ),
        quiet=frozenset({"peer_address"}),
    ),
)


def stamp(payload: dict[str, Json], machine: str, address: str) -> dict[str, Any]:
    """A payload with the machine's id, and ids of the devices that it names on it."""
    stamped = payload | {"$machine": machine}
    for parts, ids in (("$gpus", "$gpu_ids"), ("members", "$member_ids")):
        if named := stamped.pop(parts, None):
            stamped[ids] = [f"host://{machine}/{part}" for part in named]
    if "facts" in payload and address:
        stamped["$address"] = address
    return stamped
