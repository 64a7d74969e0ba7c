"""What nvidia-smi, rocm-smi, amd-smi, hl-smi and the PCI bus say about accelerators. Pure: text in, plain objects out.

Refuses to guess: "N/A" and its kin are absent, and a device that no tool explains stays a device without a model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from normalize.accelerators import accelerator
from normalize.errors import CollectError
from normalize.model import Json
from normalize.units import MIB

_UNKNOWN = re.compile(
    r"|\[?(?:N/A|Not Supported|Unknown(?: Error)?|GPU is lost|GPU requires reset|Insufficient Permissions|"
    r"Requested functionality has been deprecated|Function Not Found|None)\]?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)\s*(\S*)")
_MIG_LINE = re.compile(r"\s+MIG (?P<profile>\S+)\s+Device\s+(?P<index>\d+): \(UUID: (?P<uuid>MIG-[^)]+)\)")
_GPU_LINE = re.compile(r"GPU (?P<index>\d+): .*\(UUID: (?P<uuid>GPU-[^)]+)\)")

MOST_TAGS = 100_000
"""A machine with eight devices prints some 11,000."""

_VENDORS = {
    "0x10de": "nvidia",
    "0x1002": "amd",
    "0x1da3": "habana",
    "0x1ae0": "google",
    "0x1d0f": "aws",
    "0x8086": "intel",
}
"""PCI vendor ids. Source: pciutils/pciids at c1c1254, pci.ids, read 2026-11-24."""
_DISPLAYS = frozenset({"nvidia", "amd"})
"""Whose display controllers (PCI class 03) count as accelerators; a board controller's picture does not."""


def nvidia(xml: str) -> dict[str, Json]:
    """`nvidia-smi -q -x` of any schema version (v10 to v13): driver, CUDA and a list of devices.

    Raises:
        CollectError: it is no such document, or declares entities.

    Source: documents of drivers 418 to 595, nvsmi_device_v10.dtd to v13.dtd, in NVIDIA/k8s-test-infra at 3b2b865,
    tests/e2e/go/assertions/nvidiasmi/testdata, and influxdata/telegraf at b272631, plugins/inputs/nvidia_smi/testdata; read
    2026-11-24. Later ones say kmd_version and cuda_umd_version instead: seen in a reader of theirs only.
    """
    if xml.count("<") > MOST_TAGS:
        raise CollectError(f"the document has more than {MOST_TAGS} tags", call="nvidia-smi -q -x")
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(xml[xml.index("<?xml") if "<?xml" in xml else 0 :].strip())
    except DefusedXmlException as error:
        raise CollectError(f"the document declares entities and was not read: {type(error).__name__}", call="nvidia-smi -q -x") from None  # fmt: skip
    except (ParseError, ValueError) as error:
        raise CollectError(f"the document is no XML: {error}", call="nvidia-smi -q -x") from None
    if root.tag != "nvidia_smi_log":
        raise CollectError(f"the document is a {root.tag}", call="nvidia-smi -q -x")
    return _present(
        driver_version=_text(root, "driver_version") or _text(root, "kmd_version"),
        cuda_version=_text(root, "cuda_version") or _text(root, "cuda_umd_version"),
        attached_count=_whole(root, "attached_gpus"),
        gpus=[_nvidia_gpu(gpu) for gpu in root.iter("gpu")],
    )


def _nvidia_gpu(gpu: Element) -> dict[str, Json]:
    mig = _text(gpu, "mig_mode/current_mig")
    return _present(
        vendor="nvidia",
        bus_id=bus_id(gpu.get("id") or _text(gpu, "pci/pci_bus_id") or ""),
        uuid=_text(gpu, "uuid"),
        serial=_text(gpu, "serial"),
        model=(_text(gpu, "product_name") or "").removeprefix("NVIDIA ") or None,
        architecture=_text(gpu, "product_architecture"),
        minor_number=_whole(gpu, "minor_number"),
        state="lost" if any("GPU is lost" in (e.text or "") for e in gpu.iter()) else _text(gpu, "performance_state"),
        memory_bytes=_bytes(gpu, "fb_memory_usage/total"),
        memory_used_bytes=_bytes(gpu, "fb_memory_usage/used"),
        mig_mode=mig,
        compute_mode=_text(gpu, "compute_mode"),
        persistence_mode=_text(gpu, "persistence_mode"),
        virtualization_mode=_text(gpu, "gpu_virtualization_mode/virtualization_mode"),
        ecc_mode=_text(gpu, "ecc_mode/current_ecc"),
        vbios_version=_text(gpu, "vbios_version"),
        utilization_percent=_number(gpu, "utilization/gpu_util"),
        temperature_celsius=_number(gpu, "temperature/gpu_temp"),
        power_limit_watts=next(
            (
                watts
                for path in (
                    "gpu_power_readings/current_power_limit",
                    "power_readings/enforced_power_limit",
                    "gpu_power_readings/power_limit",
                    "power_readings/power_limit",
                )
                if (watts := _number(gpu, path)) is not None
            ),
            None,
        ),
        fabric=_present(
            state=_text(gpu, "fabric/state"),
            clique=_text(gpu, "fabric/cliqueId"),
            cluster=_text(gpu, "fabric/clusterUuid"),
            peers=_text(gpu, "platformInfo/peer_type"),
            chassis=_text(gpu, "platformInfo/chassis_serial_number"),
            slot=_text(gpu, "platformInfo/slot_number"),
        )
        or None,
        pcie=_present(
            generation=_whole(gpu, "pci/pci_gpu_link_info/pcie_gen/current_link_gen"),
            width=_text(gpu, "pci/pci_gpu_link_info/link_widths/current_link_width"),
        )
        or None,
        partitions=[_mig(device) for device in gpu.iterfind("mig_devices/mig_device")],
        processes=[_process(process) for process in gpu.iterfind("processes/process_info")],
    )


def _mig(device: Element) -> dict[str, Json]:
    return _present(
        index=_whole(device, "index"),
        gpu_instance=_whole(device, "gpu_instance_id"),
        compute_instance=_whole(device, "compute_instance_id"),
        multiprocessor_count=_whole(device, "device_attributes/shared/multiprocessor_count"),
        memory_bytes=_bytes(device, "fb_memory_usage/total"),
        memory_used_bytes=_bytes(device, "fb_memory_usage/used"),
    )


def _process(process: Element) -> dict[str, Json]:
    return _present(
        pid=_whole(process, "pid"),
        type=_text(process, "type"),
        name=_text(process, "process_name"),
        gpu_instance=_whole(process, "gpu_instance_id"),
        memory_used_bytes=_bytes(process, "used_memory"),
    )


def partitions(listing: str) -> dict[str, dict[int, dict[str, str]]]:
    """MIG profile and UUID by GPU UUID and device index, from `nvidia-smi -L`; the XML has neither."""
    found: dict[str, dict[int, dict[str, str]]] = {}
    gpu = ""
    for line in listing.splitlines():
        if m := _GPU_LINE.match(line):
            gpu = m["uuid"]
        elif (m := _MIG_LINE.match(line)) and gpu:
            found.setdefault(gpu, {})[int(m["index"])] = {"profile": m["profile"], "uuid": m["uuid"]}
    return found


def rocm(text: str) -> dict[str, Json]:
    """`rocm-smi … --json`: driver and a list of devices. Key spelling changed between releases, so case is ignored.

    Raises:
        CollectError: it is no JSON object of cards.

    A card whose name it does not know is named by a number ("0xc1e"), which is no model. Source: documents of ROCm 4.3 to 6.1 in
    influxdata/telegraf at b272631, plugins/inputs/amd_rocm_smi/testdata, and ROCm/rocm_smi_lib at a129571,
    python_smi_tools/rocm_smi.py; read 2026-11-24.
    """
    start = text.find("{")
    try:
        document = json.loads(text[start:] if start >= 0 else text)
    except ValueError as error:
        raise CollectError(f"the document is no JSON: {error}", call="rocm-smi --json") from None
    if not isinstance(document, dict):
        raise CollectError("the document is no JSON object", call="rocm-smi --json")
    cards = {k: v for k, v in document.items() if re.fullmatch(r"card\d+", k) and isinstance(v, dict)}
    system = {k.lower(): v for k, v in (document.get("system") or {}).items()}
    driver = _said(system.get("driver version"))
    return _present(
        driver_version=driver, gpus=[_rocm_gpu(cards[name], name) for name in sorted(cards, key=_card_number)]
    )


def _card_number(name: str) -> int:
    return int(name.removeprefix("card"))


def _rocm_gpu(card: dict[str, Any], name: str) -> dict[str, Json]:
    values = {k.lower(): v for k, v in card.items()}

    def said(*keys: str) -> str | None:
        return next((text for k in keys if (text := _said(values.get(k))) is not None), None)

    def number(*keys: str) -> float | None:
        text = said(*keys)
        return _parsed(text) if text else None

    total, used = number("vram total memory (b)"), number("vram total used memory (b)")
    return _present(
        vendor="amd",
        card=name,
        bus_id=bus_id(said("pci bus") or "") or None,
        uuid=said("unique id"),
        serial=said("serial number"),
        model=next(
            (m for k in ("card series", "device name", "card model") if (m := said(k)) and not m.startswith("0x")), None
        ),
        device_id=said("device id"),
        sku=said("card sku"),
        memory_bytes=None if total is None else int(total),
        memory_used_bytes=None if used is None else int(used),
        utilization_percent=number("gpu use (%)"),
        temperature_celsius=number("temperature (sensor junction) (c)", "temperature (sensor edge) (c)"),
        power_limit_watts=number("max graphics package power (w)"),
    )


def amd(text: str) -> dict[str, Json]:
    """`amd-smi static --json`: driver and a list of devices; a list, or since ROCm 7 an object with "gpu_data".

    Raises:
        CollectError: it is no JSON of devices.

    The asic_serial is the number that rocm-smi calls unique id. An "MB" is 2**20 bytes: 196592 of them are what rocm-smi gives as
    206141652992 bytes. Source: ROCm/amdsmi at 0ceca28, amdsmi_cli/amdsmi_commands.py, static_gpu (the list); an output of an MI210 in a
    test of another project (gpu_data); read 2026-11-24.
    """
    start = min((i for i in map(text.find, "[{") if i >= 0), default=0)
    try:
        document = json.loads(text[start:])
    except ValueError as error:
        raise CollectError(f"the document is no JSON: {error}", call="amd-smi static --json") from None
    entries = document.get("gpu_data") if isinstance(document, dict) else document
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise CollectError("the document is no list of devices", call="amd-smi static --json")
    gpus = [_amd_gpu(entry) for entry in entries]
    driver = next((d for e in entries if (d := _said(_part(e, "driver").get("version")))), None)
    return _present(driver_version=driver if driver and len(driver) < 40 else None, gpus=gpus)


def _part(entry: dict[str, Any], key: str) -> dict[str, Any]:
    value = entry.get(key)
    return value if isinstance(value, dict) else {}


def _amd_gpu(entry: dict[str, Any]) -> dict[str, Json]:
    asic, board = _part(entry, "asic"), _part(entry, "board")
    serial = _said(board.get("product_serial"))
    unique = _said(asic.get("asic_serial"))
    size = _amount(_part(entry, "vram").get("size"), {"MB": MIB, "GB": MIB << 10, "B": 1})
    return _present(
        vendor="amd",
        card=f"gpu{entry['gpu']}" if isinstance(entry.get("gpu"), int) else None,
        bus_id=bus_id(str(_part(entry, "bus").get("bdf") or "")) or None,
        uuid=unique.lower() if unique else None,
        serial=serial if serial != "0" else None,
        model=_said(asic.get("market_name")),
        architecture=_said(asic.get("target_graphics_version")),
        device_id=_said(asic.get("device_id")),
        memory_bytes=None if size is None else int(size),
        power_limit_watts=_amount(_part(entry, "limit").get("max_power"), {"W": 1}),
        numa_node=node if isinstance(node := _part(entry, "numa").get("node"), int) and node >= 0 else None,
    )


def _amount(value: Any, units: dict[str, int]) -> float | None:
    """An amount in base units: {"value": 196592, "unit": "MB"}, "196592 MB", or a number in the first of the units."""
    if isinstance(value, dict):
        value = f"{value.get('value')} {value.get('unit')}"
    text = _said(value)
    m = _NUMBER.fullmatch(text) if text else None
    factor = units.get(m[2] or next(iter(units))) if m else None
    return float(m[1]) * factor if m and factor else None


def gaudi(text: str) -> dict[str, Json]:
    """`hl-smi -Q … -f csv`: driver and a list of devices, by the names in its first line.

    Raises:
        CollectError: it is no such table, or lists no device.

    Source: docs.habana.ai, System Management Interface Tool (the option); the form of the table is that of a test of another
    project for HL-325L and HL-225; read 2026-11-24.
    """
    rows = [[cell.strip() for cell in line.split(",")] for line in text.splitlines() if "," in line]
    heads = [re.sub(r"\s*\[.*", "", cell) for cell in rows[0]] if rows else []
    if "name" not in heads:
        raise CollectError("the output is no table of devices", call="hl-smi -Q")
    devices = [dict(zip(heads, row, strict=True)) for row in rows[1:] if len(row) == len(heads)]
    if not devices or len(devices) != len(rows) - 1:
        raise CollectError("the table has lines that describe no device", call="hl-smi -Q")
    return _present(
        driver_version=_said(devices[0].get("driver_version")), gpus=[_gaudi_device(device) for device in devices]
    )


def _gaudi_device(device: dict[str, str]) -> dict[str, Json]:
    total, used = (_amount(device.get(k), {"MiB": MIB}) for k in ("memory.total", "memory.used"))
    return _present(
        vendor="habana",
        card=f"hl{device.get('index')}",
        bus_id=bus_id(device.get("bus_id", "")) or None,
        uuid=_said(device.get("uuid")),
        module_id=_said(device.get("module_id")),
        model=_said(device.get("name")),
        memory_bytes=None if total is None else int(total),
        memory_used_bytes=None if used is None else int(used),
    )


def rocm_processes(text: str) -> list[dict[str, Json]]:
    """Processes of `rocm-smi --showpids --json`: {"system": {"PID123": "name, gpus, vram bytes, sdma, cu"}}.

    Blanks of a name have become commas too; what could not be asked is "unknown". Source: ROCm/rocm_smi_lib at a129571,
    python_smi_tools/rocm_smi.py, showPids and print2DArray (cu is there since 2023-06), read 2026-11-24.
    """
    start = text.find("{")
    try:
        document = json.loads(text[start:]) if start >= 0 else {}
    except ValueError as error:
        raise CollectError(f"the document is no JSON: {error}", call="rocm-smi --showpids") from None
    found = []
    for key, value in (document.get("system") or {}).items():
        if not (m := re.fullmatch(r"PID(\d+)", key)):
            continue
        parts = [p.strip() for p in str(value).split(",")]
        name, numbers = _split_numbers(parts)
        memory = int(numbers[1]) if len(numbers) > 2 and numbers[1].isdecimal() else None
        found.append(_present(pid=int(m[1]), name=_said(" ".join(name)), memory_used_bytes=memory))
    return found


def _split_numbers(parts: list[str]) -> tuple[list[str], list[str]]:
    """The words of a process's name, and the up to four figures behind them."""
    figures = 0
    while figures < min(4, len(parts) - 1) and (parts[-1 - figures].isdecimal() or parts[-1 - figures] == "unknown"):
        figures += 1
    at = len(parts) - figures
    return parts[:at], parts[at:]


def pci(text: str) -> list[dict[str, Json]]:
    """Accelerators among PCI functions (lines ADDRESS CLASS VENDOR DEVICE DRIVER NUMA-NODE).

    Class 12 is a processing accelerator; class 03 a display controller, of which only those of makers of accelerators
    count. Source: pciutils/pciids at c1c1254, pci.ids, list of classes, read 2026-11-24.
    """
    found = []
    for line in text.splitlines():
        parts = line.split()
        if len(parts) < 4:
            continue
        address, kind, vendor, device = parts[:4]
        maker = _VENDORS.get(vendor)
        if kind.startswith("0x12") or (kind.startswith("0x03") and maker in _DISPLAYS):
            driver = parts[4] if len(parts) > 4 and parts[4] != "-" else None
            found.append(
                _present(
                    vendor=maker or vendor, bus_id=bus_id(address), device_id=device, vendor_id=vendor, driver=driver
                )
            )
    return found


def switches(text: str) -> int:
    """NVSwitches among PCI functions: bridges of no other sort (class 0680) by NVIDIA.

    Source: pciutils/pciids at c1c1254, pci.ids ("GH100 [H100 NVSwitch]", class 06 subclass 80), read 2026-11-24.
    """
    return sum(
        parts[1].startswith("0x0680") and parts[2] == "0x10de"
        for line in text.splitlines()
        if len(parts := line.split()) > 3
    )


def numa_nodes(text: str) -> dict[str, int]:
    """NUMA node by bus address, where the kernel knows one."""
    rows = (line.split() for line in text.splitlines())
    return {bus_id(row[0]): int(row[5]) for row in rows if len(row) > 5 and row[5].isdecimal()}


def summary(gpus: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """The attribute `accelerators`: devices counted by maker, model, memory and partitioning."""
    counts: dict[tuple[str, str, int | None, str | None], int] = {}
    for gpu in gpus:
        profiles = sorted({p["profile"] for p in gpu.get("partitions", ()) if "profile" in p})
        cut = "mig-" + "+".join(profiles) if profiles else "mig" if gpu.get("partitions") else None
        key = (gpu["vendor"], gpu.get("model", "unknown"), gpu.get("memory_bytes"), cut)
        counts[key] = counts.get(key, 0) + 1
    return [
        accelerator(
            vendor, model, count, memory_bytes=memory, form="gaudi" if vendor == "habana" else "gpu", partition=cut
        )
        for (vendor, model, memory, cut), count in counts.items()
    ]


def bus_id(text: str) -> str:
    """A PCI address as the kernel writes it: "00000000:3B:00.0" is "0000:3b:00.0"; "" for what is none."""
    m = re.fullmatch(r"(?:[0-9a-f]{0,4}([0-9a-f]{4}):)?([0-9a-f]{2}:[0-9a-f]{2}\.[0-7])", text.strip().lower())
    return f"{m[1] or '0000'}:{m[2]}" if m else ""


def _present(**values: Json) -> dict[str, Json]:
    """What is known of the values."""
    return {k: v for k, v in values.items() if v is not None}


def _said(value: Any) -> str | None:
    text = str(value).strip() if value is not None else ""
    return None if _UNKNOWN.fullmatch(text) else text


def _text(element: Element, path: str) -> str | None:
    return _said(element.findtext(path))


def _parsed(text: str) -> float | None:
    m = _NUMBER.match(text.strip("() "))
    return float(m[1]) if m else None


def _number(element: Element, path: str) -> float | None:
    text = _text(element, path)
    return _parsed(text) if text else None


def _whole(element: Element, path: str) -> int | None:
    text = _text(element, path)
    return int(text) if text and text.isdecimal() else None


def _bytes(element: Element, path: str) -> int | None:
    text = _text(element, path)
    m = _NUMBER.fullmatch(text) if text else None
    return int(float(m[1]) * MIB) if m and m[2] == "MiB" else None


def processes(gpus: list[dict[str, Json]]) -> Iterator[tuple[dict[str, Json], dict[str, Json]]]:
    """(device, process) of every process that holds one."""
    for gpu in gpus:
        for process in gpu.get("processes", ()):
            if "pid" in process:
                yield gpu, process
