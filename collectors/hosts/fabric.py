"""How devices of a machine hang together and with others: the matrix of nvidia-smi, RDMA ports, NUMA nodes. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import combinations
from typing import Any

from normalize.errors import CollectError
from normalize.model import Json
from normalize.units import KIB

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_DEVICE = re.compile(r"(?:GPU|NIC)\d+")
_LEGEND = re.compile(r"\s*(NIC\d+): (\S+)")


def matrix(text: str) -> dict[str, dict[str, Json]]:
    """Links of each device by `nvidia-smi topo -m`: {"GPU0": {"GPU1": "NV18", "mlx5_0": "PXB", "numa_node": "0", …}}.

    NV and a number are bonded NVLinks; PIX, PXB, PHB, NODE and SYS say what of the machine a link over PCIe crosses.

    Raises:
        CollectError: it is no such matrix.

    Source: matrices and legends of drivers 535 to 590 as people posted them (H100 and B300 with eight devices, one GB10 with four
    network cards); read 2026-11-24. The header is underlined by escape sequences where it was made for a terminal.
    """
    lines = [_ESCAPE.sub("", line) for line in text.splitlines()]
    at = next((i for i, line in enumerate(lines) if line.startswith("\t") and _DEVICE.match(line.strip())), None)
    if at is None:
        raise CollectError("the output is no matrix of devices", call="nvidia-smi topo -m")
    names = {m[1]: m[2] for line in lines if (m := _LEGEND.match(line))}
    heads = [head.strip() for head in lines[at].split("\t")[1:]]
    devices = [head for head in heads if _DEVICE.fullmatch(head)]
    found: dict[str, dict[str, Json]] = {}
    for line in lines[at + 1 :]:
        name, *cells = (cell.strip() for cell in line.split("\t"))
        if not _DEVICE.fullmatch(name) or len(cells) < len(devices):
            continue
        links = {names.get(d, d): cell for d, cell in zip(devices, cells, strict=False) if cell not in ("X", "")}
        rest = dict(zip(heads[len(devices) :], cells[len(devices) :], strict=False))
        near = {"cpus": rest.get("CPU Affinity"), "numa_node": rest.get("NUMA Affinity")}
        found[names.get(name, name)] = links | {k: v for k, v in near.items() if v and v != "N/A"}
    return found


def summary(links: Mapping[str, Mapping[str, Any]]) -> dict[str, Json]:
    """Pairs of accelerators by the link between them: {"gpu_pairs": {"NV18": 28}}, and the network cards in the matrix."""
    gpus = [name for name in links if name.startswith("GPU")]
    pairs: dict[str, int] = {}
    for one, other in combinations(gpus, 2):
        link = str(links[one].get(other, "unknown"))
        pairs[link] = pairs.get(link, 0) + 1
    cards = [name for name in links if name not in gpus]
    return {k: v for k, v in {"gpu_pairs": pairs, "network_cards": cards}.items() if v}


def rdma(text: str) -> list[dict[str, Json]]:
    """Ports of InfiniBand and RoCE as /sys/class/infiniband shows them.

    Lines are DEVICE, PORT, LINK LAYER, STATE, PHYSICAL STATE, RATE, FIRMWARE, BOARD and NETWORK INTERFACES, parted by tabs.

    Source: torvalds/linux, Documentation/ABI/stable/sysfs-class-infiniband ("4: ACTIVE", "40 Gb/sec (4X QDR)"), read 2026-11-24.
    """
    found = []
    for line in text.splitlines():
        parts = line.split("\t")
        if len(parts) != 9 or not parts[1].isdecimal():
            continue
        device, port, layer, state, physical, rate, firmware, board, interfaces = parts
        entry: dict[str, Json] = {"device": device, "port": int(port), "$name": f"{device}/{port}"}
        entry["type"] = {"InfiniBand": "infiniband", "Ethernet": "roce"}.get(layer, layer.lower())
        entry |= {"state": state.partition(": ")[2] or state, "physical_state": physical.partition(": ")[2] or physical}
        if m := re.match(r"(\d+(?:\.\d+)?) Gb/sec(?: \((\S+ \S+)\))?", rate):
            entry |= {"speed_mbps": round(float(m[1]) * 1000)} | ({"width": m[2]} if m[2] else {})
        entry |= {k: v for k, v in {"firmware": firmware, "board": board}.items() if v}
        if names := interfaces.split():
            entry["network_interfaces"] = names
        found.append(entry)
    return found


def controllers(pci: str) -> list[str]:
    """Addresses of InfiniBand controllers among PCI functions (class 0207). Source: pciutils/pciids at c1c1254, pci.ids, list of classes,
    read 2026-11-24."""
    return [parts[0] for line in pci.splitlines() if len(parts := line.split()) > 1 and parts[1].startswith("0x0207")]


def numa(text: str) -> list[dict[str, Json]]:
    """NUMA nodes: lines NODE CPUS KIBIBYTES."""
    found = []
    for line in text.splitlines():
        parts = line.split()
        if len(parts) == 3 and parts[0].isdecimal() and parts[2].isdecimal():
            found.append({"node": int(parts[0]), "cpus": parts[1], "memory_bytes": int(parts[2]) * KIB})
    return found
