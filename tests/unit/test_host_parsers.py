"""What every parser of the host collector makes of real formats, and of what is not one."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.contract import CutShortError
from collectors.frames import Report, Section, parse
from collectors.hosts import accelerators, containers, system
from collectors.hosts.kinds import KINDS, devices, stamp
from collectors.hosts.permissions import render
from collectors.hosts.session import probe_text, target
from normalize.errors import CollectError, ConfigError, DeniedError, TransientError, UnavailableError
from normalize.mapping import observe
from normalize.model import Observation, RawRecord, Scope

FIXTURES = Path(__file__).parents[1] / "fixtures"
GPU = FIXTURES / "host.gpu"
MACHINE_ID = "0123456789abcdef0123456789abcdef"
FACTS = (
    f"uid=1000\nuser=stocktake\nhostname=gpu01.acme.internal\narch=x86_64\nmachine_id={MACHINE_ID}\n"
    "btime=1795493780\nclock_ticks=100\nload=0.5 0.4 0.3 1/200 99\n"
)
NO_SMI = Section("nvidia-smi", 127, "", "nvidia-smi: not found")
H100_BUS = "\n".join(f"0000:{b}:00.0 0x030200 0x10de 0x2330 nvidia" for b in ("1b", "43"))


ACCELERATOR_TOOLS = (
    "nvidia-smi",
    "nvidia-smi-list",
    "nvidia-smi-topo",
    "rocm-smi",
    "rocm-smi-pids",
    "amd-smi",
    "hl-smi",
)


def text(path: str) -> str:
    return (FIXTURES / path).read_text(encoding="utf-8")


def report(complete: bool = True, **sections: str | Section) -> Report:
    """A report with the given sections; tools that are not given are not installed, the rest is empty."""
    from collectors.hosts.kinds import Reading

    wanted: set[str] = {"os-release", "cpuinfo", "interfaces", "docker-inspect"}
    for kind in KINDS:
        reading: Reading = kind.fetch
        wanted |= set(reading.sections)
    tools = {"lsblk", "ss", "lscpu", "zpool", *ACCELERATOR_TOOLS, *containers.ENGINES, *containers.STORES}
    found = {n: Section(n, 127, "", f"{n}: not found") if n in tools else Section(n, 0, "", "") for n in wanted}
    found["facts"] = Section("facts", 0, FACTS, "")
    for name, value in sections.items():
        plain = name.replace("_", "-")
        found[plain] = value if isinstance(value, Section) else Section(plain, 0, value, "")
    return Report(found, complete)


def observed(name: str, seen: Report) -> tuple[list[Observation], CollectError | None]:
    """What a kind gives, and the error that it ended with."""
    kind = next(k for k in KINDS if k.name == name)
    scope = Scope("host", "gpu01:22", "gpu01:22")
    found: list[Observation] = []
    try:
        for payload, gaps in kind.fetch.read(seen):
            raw = RawRecord(name, scope, stamp(payload, MACHINE_ID, "gpu01"), "lab", "probe", datetime.now(UTC), gaps)
            found.append(observe(raw, kind))
    except CollectError as error:
        return found, error
    return found, None


# --- accelerators


@pytest.mark.parametrize(
    ("file", "model", "count", "memory_mib", "watts"),
    [
        ("h100x8-v12.xml", "H100 80GB HBM3", 8, 81559, 700),
        ("a100-mig-v11.xml", "A100-SXM4-80GB", 2, 81920, 400),
        ("t4-v13.xml", "Tesla T4", 1, 15360, 70),
        ("consumer-v12.xml", "GeForce GTX 1650", 1, 4096, None),
        ("l40sx4-v12.xml", "L40S", 4, 46068, 350),
        ("gb300x4-v13.xml", "GB300", 4, 284208, 1400),
    ],
)
def test_every_schema_of_nvidia_smi_is_read(
    file: str, model: str, count: int, memory_mib: int, watts: int | None
) -> None:
    found, error = observed("host.gpu", report(nvidia_smi=text(f"host.gpu/{file}")))
    whole = [o for o in found if o.resource.attributes["type"] == "device"]
    assert error is None
    assert len(whole) == count
    assert {o.resource.attributes["model"] for o in whole} == {model}
    assert {o.resource.attributes["accelerator_memory_bytes"] for o in whole} == {memory_mib << 20}
    assert {o.resource.attributes.get("power_limit_watts") for o in whole} == {watts}
    assert [o.misfits for o in found if o.misfits] == []
    assert len({o.resource.id for o in found}) == len(found)


def test_what_is_not_available_is_absent() -> None:
    (gpu,) = accelerators.nvidia(text("host.gpu/consumer-v12.xml"))["gpus"]
    assert not {"serial", "power_limit_watts", "mig_mode", "ecc_mode", "fabric"} & set(gpu)
    assert not re.search(r"N/A|deprecated", json.dumps(gpu))


def test_partitions_carry_profile_and_uuid_and_point_at_their_device() -> None:
    seen = report(nvidia_smi=text("host.gpu/a100-mig-v11.xml"), nvidia_smi_list=text("host.gpu/a100-mig.list"))
    found, _ = observed("host.gpu", seen)
    cuts = [o for o in found if o.resource.attributes["type"] == "partition"]
    assert [o.resource.attributes["mode"] for o in cuts] == ["3g.40gb", "2g.20gb", "1g.10gb"]
    assert cuts[0].resource.id == f"host://{MACHINE_ID}/gpu/MIG-6b1f4c52-5a0e-5d11-9a63-0f4b7a3ce001"
    device = next(o for o in found if o.resource.attributes.get("mig_mode") == "Enabled")
    assert device.resource.id in {r.key for r in cuts[0].references}
    assert len(device.resource.attributes["partitions"]) == 3
    assert devices(seen).count == 2


def test_partitions_without_a_listing_still_have_ids() -> None:
    found, _ = observed("host.gpu", report(nvidia_smi=text("host.gpu/a100-mig-v11.xml")))
    cuts = [o.resource.id for o in found if o.resource.attributes["type"] == "partition"]
    assert len(set(cuts)) == 3


def test_a_lost_device_is_a_device_without_facts() -> None:
    found, _ = observed("host.gpu", report(nvidia_smi=text("host.gpu/lost-v12.xml"), pci=H100_BUS))
    lost = next(o for o in found if o.resource.attributes.get("state") == "lost")
    assert lost.resource.id.endswith("/gpu/0000:43:00.0")
    assert "model" not in lost.resource.attributes
    assert len(found) == 2


def test_placeholder_uuids_do_not_fold_devices_into_one() -> None:
    found, _ = observed("host.gpu", report(nvidia_smi=text("host.gpu/scrubbed-v12.xml")))
    assert [o.resource.native_id for o in found] == ["0000:2a:00.0", "0000:3d:00.0"]


def test_a_document_with_entities_is_refused() -> None:
    with pytest.raises(CollectError, match="entities"):
        accelerators.nvidia(text("host.gpu/entities.xml"))


@pytest.mark.parametrize("junk", ["", "<html/>", "Segmentation fault", '<?xml version="1.0" ?><nvidia_smi_log>'])
def test_junk_is_an_error_and_not_zero_devices(junk: str) -> None:
    with pytest.raises(CollectError):
        accelerators.nvidia(junk)
    with pytest.raises(CollectError):
        accelerators.rocm(junk)


def test_rocm_smi_is_read_past_its_warnings() -> None:
    seen = report(rocm_smi=text("host.gpu/mi300x8-rocm62.json"))
    found, error = observed("host.gpu", seen)
    assert (len(found), error) == (8, None)
    first = found[0].resource.attributes
    assert (first["model"], first["vendor"], first["bus_id"]) == ("AMD Instinct MI300X", "amd", "0000:05:00.0")
    assert first["accelerator_memory_bytes"] == 206141652992
    assert devices(seen).driver_version == "6.8.5"


@pytest.mark.parametrize(
    ("file", "model", "count", "memory_mib", "watts"),
    [
        ("mi300x8-amd-smi-list.json", "AMD Instinct MI300X", 8, 196592, 750),
        ("mi210-amd-smi-rocm7.json", "AMD Instinct MI210", 1, 65520, 300),
    ],
)
def test_amd_smi_is_read_where_rocm_smi_is_not(file: str, model: str, count: int, memory_mib: int, watts: int) -> None:
    found, error = observed("host.gpu", report(amd_smi=text(f"host.gpu/{file}")))
    assert error is None
    assert [o.resource.attributes["model"] for o in found] == [model] * count
    assert {o.resource.attributes["accelerator_memory_bytes"] for o in found} == {memory_mib << 20}
    assert {o.resource.attributes["power_limit_watts"] for o in found} == {watts}
    assert len({o.resource.id for o in found}) == count


def test_both_tools_of_amd_name_a_device_alike() -> None:
    old = accelerators.rocm(text("host.gpu/mi300x8-rocm62.json"))["gpus"]
    new = accelerators.amd(text("host.gpu/mi300x8-amd-smi-list.json"))["gpus"]
    assert [g["memory_bytes"] for g in old] == [g["memory_bytes"] for g in new]
    assert [re.fullmatch(r"0x[0-9a-f]{16}", g["uuid"]) is not None for g in (*old, *new)] == [True] * 16


def test_what_amd_smi_does_not_know_is_absent() -> None:
    document = accelerators.amd(text("host.gpu/mi210-amd-smi-rocm7.json"))
    assert not {"uuid", "serial", "bus_id"} & set(document["gpus"][0])
    assert "driver_version" not in document  # the kernel's own version stands there


def test_gaudi_devices_are_read() -> None:
    found, error = observed("host.gpu", report(hl_smi=text("host.gpu/gaudi3x8.csv")))
    assert (error, len(found)) == (None, 8)
    assert {(o.resource.attributes["vendor"], o.resource.attributes["model"]) for o in found} == {("habana", "HL-325L")}
    (machine,), _ = observed("host.machine", report(hl_smi=text("host.gpu/gaudi3x8.csv")))
    assert machine.resource.attributes["accelerators"] == [
        {"vendor": "habana", "model": "HL-325L", "count": 8, "form": "gaudi", "memory_bytes": 128 << 30}
    ]


@pytest.mark.parametrize("tool", ["amd-smi", "hl-smi", "rocm-smi"])
@pytest.mark.parametrize("junk", ["", "[1]", '{"gpu_data": 3}', "name\n", "index, name\n0\n1,2,3", "[[[["])
def test_junk_of_other_makers_tools_is_an_error(tool: str, junk: str) -> None:
    node = {"amd-smi": "/dev/kfd", "rocm-smi": "/dev/kfd", "hl-smi": "/dev/hl0"}[tool]
    facts = FACTS + f"device={node}\n"
    (machine,), _ = observed("host.machine", report(facts=facts, **{tool.replace("-", "_"): junk}))
    assert "accelerator_count" not in machine.resource.attributes
    assert machine.gaps


def test_links_between_devices_are_read() -> None:
    seen = report(nvidia_smi=text("host.gpu/h100x8-v12.xml"), nvidia_smi_topo=text("host.gpu/topo-h100x8.txt"))
    found, _ = observed("host.gpu", seen)
    first = found[0].resource.attributes["topology"]
    assert (first["GPU7"], first["mlx5_0"], first["mlx5_3"], first["numa_node"]) == ("NV18", "PXB", "SYS", "0")
    (machine,), _ = observed("host.machine", seen)
    topology = machine.resource.attributes["topology"]
    assert topology["gpu_pairs"] == {"NV18": 28}
    assert topology["network_cards"] == [f"mlx5_{n}" for n in range(5)]


def test_a_rack_wide_fabric_is_named() -> None:
    found, _ = observed("host.gpu", report(nvidia_smi=text("host.gpu/gb300x4-v13.xml")))
    fabrics = [o.resource.attributes["topology"]["fabric"] for o in found]
    assert {f["cluster"] for f in fabrics} == {"5ac6a5c1-14c1-4f0b-8d7e-3f0f6b1a9d11"}
    assert {f["peers"] for f in fabrics} == {"Switch Connected"}
    assert {o.resource.attributes["bus_id"] for o in found} == {f"000{d}:06:00.0" for d in ("8", "9", "0", "1")}


@pytest.mark.parametrize("junk", ["", "No devices were found", "\tGPU0\nGPU0", "\tGPU0\tGPU1\nGPU0\t X "])
def test_no_matrix_costs_no_device(junk: str) -> None:
    found, error = observed("host.gpu", report(nvidia_smi=text("host.gpu/t4-v13.xml"), nvidia_smi_topo=junk))
    assert (len(found), error) == (1, None)


def test_switches_and_numa_nodes_stand_in_the_topology() -> None:
    bus = H100_BUS.replace("nvidia", "nvidia 1") + "\n0000:05:00.0 0x068000 0x10de 0x22a3 nvidia 0\n" * 4
    nodes = "0 0-55,112-167 1056505416\n1 56-111,168-223 1056898380\n"
    (machine,), _ = observed("host.machine", report(pci=bus, numa=nodes))
    topology = machine.resource.attributes["topology"]
    assert topology["nvswitches"] == 4
    assert [n["memory_bytes"] for n in topology["numa_nodes"]] == [1056505416 << 10, 1056898380 << 10]
    gpus, _ = observed("host.gpu", report(pci=bus))
    assert [o.resource.attributes["topology"] for o in gpus] == [{"numa_node": "1"}] * 2


def test_ports_of_infiniband_and_roce_have_their_rates() -> None:
    ports = (
        "mlx5_0\t1\tInfiniBand\t4: ACTIVE\t5: LinkUp\t400 Gb/sec (4X NDR)\t28.39.3004\tMT_0000000838\t ib0\n"
        "mlx5_4\t1\tEthernet\t4: ACTIVE\t5: LinkUp\t100 Gb/sec (4X EDR)\t22.39\tMT_1\t eth2\n"
        "mlx5_9\t1\tInfiniBand\t1: DOWN\t3: Disabled\t2.5 Gb/sec (1X SDR)\t\t\t\n"
    )
    found, error = observed("host.rdma_port", report(rdma=ports))
    keys = ("type", "state", "link_speed_mbps", "mode")
    seen = [(o.resource.name, *map(o.resource.attributes.get, keys)) for o in found]
    assert seen == [
        ("mlx5_0/1", "infiniband", "ACTIVE", 400_000, "4X NDR"),
        ("mlx5_4/1", "roce", "ACTIVE", 100_000, "4X EDR"),
        ("mlx5_9/1", "infiniband", "DOWN", 2_500, "1X SDR"),
    ]
    assert error is None


def test_a_controller_without_a_driver_is_not_no_port() -> None:
    bus = "0000:17:00.0 0x020700 0x15b3 0x1021 - 0\n0000:18:00.0 0x020000 0x15b3 0x101d mlx5_core 0"
    found, error = observed("host.rdma_port", report(pci=bus))
    assert found == []
    assert "0000:17:00.0" in str(error)
    assert observed("host.rdma_port", report())[1] is None


def test_versions_of_what_workloads_are_built_on_are_read() -> None:
    facts = FACTS + (
        "cuda_toolkit=12.4.1\ncuda_installed=12.1\ncuda_installed=12.4\nlibnccl=2.21.5\nlibcudnn=9.1.0\nrocm_version=6.2.0-66\n"
        "container_toolkit=NVIDIA Container Toolkit CLI version 1.16.2\ndocker=Docker version 27.3.1, build ce12230\n"
        "containerd=containerd containerd.io 1.7.22 7f7fdf5fed64eb6a7caf99b3e12efcf9d60e311c\nuser_count=14\nlogged_in_count=2\n"
    )
    (machine,), _ = observed("host.machine", report(facts=facts))
    assert machine.resource.attributes["software"] == [
        "CUDA toolkit 12.4.1", "CUDA toolkit 12.1", "CUDA toolkit 12.4", "NCCL 2.21.5", "cuDNN 9.1.0", "ROCm 6.2.0",
        "NVIDIA Container Toolkit 1.16.2", "Docker 27.3.1", "containerd 1.7.22",
    ]  # fmt: skip
    assert (machine.resource.attributes["user_count"], machine.resource.attributes["logged_in_count"]) == (14, 2)


def test_no_device_anywhere_is_zero() -> None:
    seen = report(pci="0000:00:02.0 0x030000 0x1a03 0x2000 ast\n0000:01:00.0 0x020000 0x8086 0x1572 i40e")
    (machine,), error = observed("host.machine", seen)
    assert machine.resource.attributes["accelerator_count"] == 0
    assert (observed("host.gpu", seen), error) == (([], None), None)
    assert machine.gaps == ()


def test_a_driver_that_does_not_answer_leaves_devices_without_models() -> None:
    failed = Section("nvidia-smi", 9, text("host.gpu/driver-error.txt"), "")
    found, error = observed("host.gpu", report(nvidia_smi=failed, pci=H100_BUS))
    assert len(found) == 2
    assert "model" not in found[0].resource.attributes
    assert "couldn't communicate" in str(error)
    (machine,), _ = observed("host.machine", report(nvidia_smi=failed, pci=H100_BUS))
    assert machine.resource.attributes["accelerator_count"] == 2
    assert machine.gaps


def test_a_driver_that_does_not_answer_on_a_machine_without_devices_is_zero() -> None:
    failed = Section("nvidia-smi", 9, text("host.gpu/driver-error.txt"), "")
    seen = report(nvidia_smi=failed, pci="0000:00:02.0 0x030000 0x1a03 0x2000 ast")
    assert (devices(seen).count, observed("host.gpu", seen)) == (0, ([], None))


@pytest.mark.parametrize(
    "sections",
    [
        {"pci": Section("pci", 1, "", "")},
        {"facts": FACTS + "device=/dev/neuron0\n"},
        {"facts": FACTS + "device=/dev/nvhost-gpu\n"},
    ],
)
def test_a_count_that_cannot_be_known_is_absent(sections: dict[str, Any]) -> None:
    (machine,), _ = observed("host.machine", report(**sections))
    assert not {"accelerator_count", "accelerators"} & set(machine.resource.attributes)
    found, error = observed("host.gpu", report(**sections))
    assert (found, error is None) == ([], False)


def test_a_device_that_the_tool_hides_is_counted_and_named_a_problem() -> None:
    seen = report(nvidia_smi=text("host.gpu/t4-v13.xml"), pci="0000:00:1e.0 0x030200 0x10de 0x1eb8 nvidia\n0000:00:1f.0 0x030200 0x10de 0x1eb8 vfio-pci")  # fmt: skip
    found, error = observed("host.gpu", seen)
    assert (len(found), devices(seen).count) == (2, 2)
    assert "0000:00:1f.0" in str(error)


def test_a_tool_that_may_not_be_run_is_denied() -> None:
    refused = Section("nvidia-smi", 126, "", "sh: 1: nvidia-smi: Permission denied")
    found, error = observed("host.gpu", report(nvidia_smi=refused, pci=H100_BUS))
    assert (len(found), type(error)) == (2, DeniedError)
    assert error is not None
    assert error.needs


def test_machine_accelerators_are_counted_by_model_and_partition() -> None:
    seen = report(nvidia_smi=text("host.gpu/a100-mig-v11.xml"), nvidia_smi_list=text("host.gpu/a100-mig.list"))
    (machine,), _ = observed("host.machine", seen)
    assert [(a["count"], a.get("partition")) for a in machine.resource.attributes["accelerators"]] == [
        (1, "mig-1g.10gb+2g.20gb+3g.40gb"),
        (1, None),
    ]
    assert machine.resource.attributes["driver_version"] == "525.125.06"


# --- processes


def test_only_holders_of_an_accelerator_are_processes_and_their_secrets_go() -> None:
    lines = "41230\tml\t5000\tpython3\ttrain.py\t--hub-token\thf_PlantedTokenPlanted0123456789\t--password=Pl4nted-pw\t--data\ts3://acme-data/x\n1\troot\t1\tinit\n"
    found, error = observed("host.process", report(nvidia_smi=text("host.gpu/h100x8-v12.xml"), processes=lines))
    by_pid = {o.resource.attributes["pid"]: o for o in found}
    assert (set(by_pid), error) == ({41230, 41231}, None)
    first = by_pid[41230]
    assert first.resource.attributes["command"].startswith("python3 train.py --hub-token [redacted")
    assert not re.search(r"Planted|Pl4nted", json.dumps(first.payload))
    assert first.resource.attributes["user"] == "ml"
    assert first.resource.attributes["started_at"] == "2026-11-24T04:17:10Z"
    gpu = f"host://{MACHINE_ID}/gpu/GPU-5e1f0c7a-0b1d-4c2e-9f30-a1b2c3d4e5f0"
    assert {("uses", gpu), ("mentions", "s3://acme-data")} <= {(r.verb, r.key) for r in first.references}
    assert by_pid[41231].resource.attributes["command"] == "/opt/conda/bin/python3.11"


def test_rocm_processes_are_listed() -> None:
    seen = report(rocm_smi=text("host.gpu/mi300x8-rocm62.json"), rocm_smi_pids=text("host.gpu/rocm-pids.json"))
    found, error = observed("host.process", seen)
    assert ([o.resource.attributes["pid"] for o in found], error) == ([9120, 9121], None)


@pytest.mark.parametrize(
    ("said", "name", "memory"),
    [
        ("python3, 1, 154618822656, 0, 0", "python3", 154618822656),
        ("python3, 1, 4096, 0", "python3", 4096),
        ("vllm::worker, tp, 0, 2, 4096, 0, unknown", "vllm::worker tp 0", 4096),
        ("mlir-cpu-runner, unknown, unknown, unknown, unknown", "mlir-cpu-runner", None),
        ("sleep", "sleep", None),
    ],
)
def test_rocm_processes_keep_their_names_and_memory_apart(said: str, name: str, memory: int | None) -> None:
    (found,) = accelerators.rocm_processes(json.dumps({"system": {"PID7": said}}))
    assert (found["pid"], found["name"], found.get("memory_used_bytes")) == (7, name, memory)


@pytest.mark.parametrize(
    ("card", "model"),
    [
        ({"Card series": "0x1002", "Card model": "0xc1e"}, None),
        ({"Card series": "0x1002", "Device Name": "Navi 22"}, "Navi 22"),
        ({"Card series": "Instinct MI210"}, "Instinct MI210"),
    ],
)
def test_number_that_rocm_smi_gives_for_a_name_is_no_model(card: dict[str, str], model: str | None) -> None:
    (found,) = accelerators.rocm(json.dumps({"card0": card}))["gpus"]
    assert found.get("model") == model


def test_versions_are_read_under_their_newer_names_too() -> None:
    xml = "<nvidia_smi_log><kmd_version>610.1</kmd_version><cuda_umd_version>14.0</cuda_umd_version></nvidia_smi_log>"
    found = accelerators.nvidia(xml)
    assert (found["driver_version"], found["cuda_version"]) == ("610.1", "14.0")


# --- machine


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"machine_id": MACHINE_ID, "hostname": "a"}, MACHINE_ID),
        ({"machine_id": "uninitialized", "product_uuid": "EC2A1B2C-0000-1111-2222-333344445555"}, "ec2a1b2c-0000-1111-2222-333344445555"),
        ({"product_uuid": "00000000-0000-0000-0000-000000000000", "hostname": "GPU01"}, "name:gpu01"),
    ],
)  # fmt: skip
def test_a_machine_is_told_apart(known: dict[str, str], expected: str) -> None:
    assert system.machine_id(known) == expected


def test_a_machine_without_any_name_is_an_error() -> None:
    with pytest.raises(CollectError):
        system.machine_id({})


def test_an_ec2_machine_is_the_same_as_its_instance() -> None:
    (machine,), _ = observed("host.machine", report(facts=FACTS + "board_asset_tag=i-0abc1234def567890\n"))
    assert ("same_as", "aws:i-0abc1234def567890") in {(r.verb, r.key) for r in machine.references}


@pytest.mark.parametrize(
    ("facts", "keys"),
    [
        (
            "product_name=Google Compute Engine\nhostname=gpu-7.europe-west4-b.c.acme-ml.internal\n",
            {"//compute.googleapis.com/projects/acme-ml/zones/europe-west4-b/instances/gpu-7"},
        ),
        (
            "sys_vendor=Microsoft Corporation\nproduct_uuid=544CDFD0-CB4E-4B4A-9954-5BDF3ED5C3B8\n",
            {"544cdfd0-cb4e-4b4a-9954-5bdf3ed5c3b8", "d0df4c54-4ecb-4a4b-9954-5bdf3ed5c3b8"},
        ),
        ("product_name=ProLiant\nhostname=gpu-7.europe-west4-b.c.acme-ml.internal\n", set()),
        ("sys_vendor=Dell Inc.\nproduct_uuid=544CDFD0-CB4E-4B4A-9954-5BDF3ED5C3B8\n", set()),
    ],
)
def test_a_machine_of_google_or_azure_is_the_same_as_its_instance(facts: str, keys: set[str]) -> None:
    lines = "".join(
        f"{line}\n" for line in FACTS.splitlines() if not (line.startswith("hostname") and "hostname" in facts)
    )
    (machine,), _ = observed("host.machine", report(facts=lines + facts))
    assert {r.key for r in machine.references if r.verb == "same_as"} == keys


def test_addresses_that_every_machine_has_are_no_alias() -> None:
    links = "eth0 02:42:ac:11:00:02 up 100000 yes\ndocker0 02:42:00:00:00:01 up - no\nlo 00:00:00:00:00:00 unknown - no"
    shown = (
        "1: lo    inet 127.0.0.1/8 scope host lo\n2: eth0    inet 10.0.0.7/24 brd 10.0.0.255 scope global eth0\n"
        "2: eth0    inet6 fe80::1/64 scope link\n3: docker0    inet 172.17.0.1/16 scope global docker0\n"
    )
    (machine,), _ = observed("host.machine", report(interfaces=links, addresses=shown))
    keys = [a for a in machine.aliases if a.startswith(("ip:", "dns:"))]
    assert keys == ["ip:10.0.0.7", "dns:gpu01.acme.internal"]
    eth0 = next(i for i in machine.resource.attributes["interfaces"] if i["name"] == "eth0")
    assert eth0["speed_mbps"] == 100000


def test_processors_are_counted_with_and_without_lscpu() -> None:
    lscpu = "CPU(s):              256\nThread(s) per core:  2\nCore(s) per socket:  64\nSocket(s):           2\nNUMA node(s):        2\nModel name:          AMD EPYC 9554\n"
    assert system.processors(lscpu, "") == {
        "model": "AMD EPYC 9554", "threads": 256, "sockets": 2, "numa_nodes": 2, "cores": 128,
    }  # fmt: skip
    cpuinfo = "".join(
        f"processor\t: {i}\nmodel name\t: Xeon\nphysical id\t: {i % 2}\ncore id\t: {i}\n" for i in range(4)
    )
    assert system.processors("", cpuinfo) == {"model": "Xeon", "threads": 4, "sockets": 2}


# --- disks and mounts


def test_disks_hold_what_lies_on_them() -> None:
    found, error = observed("host.disk", report(lsblk=text("host.disk/lsblk-2.39.json")))
    assert error is None
    by_name = {o.resource.native_id: o for o in found}
    assert set(by_name) == {"nvme0n1", "nvme1n1"}
    assert by_name["nvme0n1"].resource.attributes["mount_points"] == ["/", "/boot/efi"]
    assert by_name["nvme1n1"].resource.attributes["size_bytes"] == 3840755982336
    assert ("same_as", "aws:vol-0f3a1b2c3d4e5f607") in {(r.verb, r.key) for r in by_name["nvme0n1"].references}


def test_old_lsblk_prints_numbers_as_text() -> None:
    (disk,) = system.disks(text("host.disk/lsblk-2.29.json"))
    assert (disk["size_bytes"], disk["rotational"]) == (480103981056, False)


def test_without_lsblk_the_kernel_says_what_disks_there_are() -> None:
    found, error = observed("host.disk", report(blocks="loop0 8 0 -\nsda 1875385008 0 SAMSUNG MZ7L3960\nsdb 0 1 -\n"))
    assert error is None
    assert [(o.resource.native_id, o.resource.attributes["size_bytes"]) for o in found] == [("sda", 960197124096)]


def test_no_way_to_see_disks_is_an_error() -> None:
    found, error = observed("host.disk", report(blocks=Section("blocks", 1, "", "")))
    assert (found, type(error)) == ([], CollectError)


@pytest.mark.parametrize(
    ("device", "kind", "key"),
    [
        ("filer01.acme.internal:/export/data", "nfs4", "nfs://filer01.acme.internal"),
        ("10.0.0.5:/vol1", "nfs", "nfs://10.0.0.5"),
        ("10.1.0.1@tcp:10.1.0.2@tcp:/scratch", "lustre", "ip:10.1.0.1"),
        ("10.2.0.1:6789,10.2.0.2:6789:/", "ceph", "ip:10.2.0.1"),
        ("//win.acme.internal/share", "cifs", "dns:win.acme.internal"),
        ("acme-train-data", "fuse.gcsfuse", "gs://acme-train-data"),
        ("fs-0123456789abcdef0.efs.us-east-1.amazonaws.com:/", "nfs4", "aws:fs-0123456789abcdef0"),
        ("fs-0fedcba9876543210.fsx.us-east-1.amazonaws.com@tcp:/abcdef", "lustre", "aws:fs-0fedcba9876543210"),
    ],
)
def test_a_mount_points_at_its_server(device: str, kind: str, key: str) -> None:
    line = f"{device}\t/mnt/data\t{kind}\trw,relatime\t1000 400 600\t100 10 90\n"
    (mount,), error = observed("host.mount", report(mounts=line))
    assert error is None
    others = {r.key for r in mount.references if not r.key.startswith("host://")}
    assert key in others
    assert others <= {key, f"dns:{device.split(':')[0].split('@')[0]}"}
    assert mount.resource.attributes["size_bytes"] == 400 * 1024
    assert mount.resource.attributes["inode_count"] == 10


def test_a_mount_that_does_not_answer_is_listed_without_its_size() -> None:
    line = "dead:/x\t/mnt/my\\040data\tnfs\trw\t-\t-\n/dev/sda1\t/\text4\trw\t100 50 50\t10 1 9\n"
    found, error = observed("host.mount", report(mounts=line))
    assert error is None
    assert [(o.resource.name, "size_bytes" in o.resource.attributes, len(o.gaps)) for o in found] == [
        ("/mnt/my data", False, 1),
        ("/", True, 0),
    ]


# --- containers


def test_docker_containers_carry_image_devices_and_environment_without_secrets() -> None:
    seen = report(
        docker=text("host.container/docker-ps.jsonl"), docker_inspect=text("host.container/docker-inspect.jsonl")
    )
    found, error = observed("host.container", seen)
    assert (len(found), error) == (2, None)
    triton = found[0]
    values = triton.resource.attributes
    assert (values["image"], values["state"], values["accelerator_requested_count"]) == ("nvcr.io/nvidia/tritonserver:24.05-py3", "running", 2)  # fmt: skip
    assert values["created_at"] == "2026-11-20T08:41:07.123450Z"
    assert values["environment"]["MODEL_ID"] == "acme/ranker"
    assert not re.search(r"[Pp]lanted", json.dumps(triton.payload))
    assert {"image://nvcr.io/nvidia/tritonserver", "s3://acme-models", "dns:features.acme.internal"} <= {r.key for r in triton.references}  # fmt: skip
    assert [o.misfits for o in found if o.misfits] == []


def test_other_engines_are_read() -> None:
    podman, _ = observed("host.container", report(facts=FACTS.replace("uid=1000", "uid=0"), podman=text("host.container/podman-ps.json")))  # fmt: skip
    assert podman[0].resource.attributes["command"] == "vllm serve acme/chat-7b"
    crictl, error = observed("host.container", report(crictl=text("host.container/crictl-ps.json")))
    assert error is None
    assert crictl[0].resource.attributes["image"] == "registry.acme.internal/ml/trainer:1.4"
    assert crictl[0].resource.tags["io.kubernetes.pod.name"] == "trainer-0"


def test_podman_of_one_user_is_never_complete() -> None:
    found, error = observed("host.container", report(podman=text("host.container/podman-ps.json")))
    assert (len(found), type(error)) == (1, CutShortError)


def test_a_socket_that_may_not_be_used_is_denied_and_not_empty() -> None:
    said = "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: dial unix /var/run/docker.sock: connect: permission denied"
    found, error = observed("host.container", report(docker=Section("docker", 1, "", said)))
    assert (found, type(error)) == ([], DeniedError)
    assert error is not None
    assert "docker" in error.needs[0]


def test_no_engine_at_all_is_unavailable() -> None:
    assert isinstance(observed("host.container", report())[1], UnavailableError)


def test_an_engine_without_a_client_is_not_absence() -> None:
    seen = report(facts=FACTS + "engine_socket=/run/containerd/containerd.sock\n")
    error = observed("host.container", seen)[1]
    assert isinstance(error, CollectError)
    assert not isinstance(error, UnavailableError)


def test_no_container_is_complete() -> None:
    assert observed("host.container", report(docker="", docker_inspect="")) == ([], None)


@pytest.mark.parametrize("junk", ["not json", '{"ID": "x"}', "[1, 2]", '{"Names": "x"}'])
def test_junk_of_an_engine_is_an_error(junk: str) -> None:
    assert isinstance(observed("host.container", report(docker=junk))[1], CollectError)


# --- sockets


@pytest.mark.parametrize(
    ("hex_address", "arch", "expected"),
    [
        ("0100007F", "x86_64", "127.0.0.1"),
        ("7F000001", "s390x", "127.0.0.1"),
        ("00000000000000000000000000000000", "aarch64", "::"),
        ("0000000000000000FFFF00000500000A", "x86_64", "10.0.0.5"),
        ("B80D0120000000000000000001000000", "x86_64", "2001:db8::1"),
    ],
)
def test_kernel_addresses_are_read_in_the_machines_byte_order(hex_address: str, arch: str, expected: str) -> None:
    assert system.address(hex_address, arch) == expected


def test_listeners_are_named_where_the_program_is_known() -> None:
    ss = 'tcp   LISTEN 0      128          0.0.0.0:8000      0.0.0.0:*    users:(("vllm",pid=99,fd=7))\n'
    found, error = observed("host.listener", report(listeners="tcp 00000000:1F40 1000\ntcp 0100007F:0016 0\n", ss=ss))
    assert error is None
    assert [(o.resource.native_id, o.resource.name) for o in found] == [
        ("tcp/0.0.0.0:8000", "vllm"),
        ("tcp/127.0.0.1:22", "tcp/127.0.0.1:22"),
    ]


def test_connections_point_at_their_peers() -> None:
    lines = "out 1538 0500000A 3\nin 0016 0700000A 1\nout 01BB 0100007F 9\nout 0050 FEA9FEA9 1\n"
    found, error = observed("host.connection", report(connections=lines))
    assert error is None
    seen = {
        o.resource.native_id: {(r.verb, r.key, r.optional) for r in o.references if r.verb != "runs_on"} for o in found
    }
    assert seen == {
        "out/5432/10.0.0.5": {("connects_to", "ip:10.0.0.5", False)},
        "in/22/10.0.0.7": {("accepts_from", "ip:10.0.0.7", True)},
        "out/80/169.254.169.254": set(),
    }
    assert found[0].resource.attributes["connection_count"] == 3


# --- frames


def framed(*sections: tuple[str, str, int], end: str = "@n done 1\n") -> str:
    return "".join(f"@n begin {n}\n{t}\n@n stderr\n\n@n end {n} {s}\n" for n, t, s in sections) + end


def test_frames_are_found_in_noise() -> None:
    seen = parse("Welcome!\n" + framed(("facts", "a=1\nb=2", 0)) + "bye", "n")
    assert (seen["facts"].text, seen.complete) == ("a=1\nb=2", True)


def test_a_cut_answer_is_never_short() -> None:
    whole = framed(("facts", "a=1", 0), ("pci", "x", 0))
    cut = whole[: whole.index("@n end pci")]
    seen = parse(cut, "n")
    assert seen["facts"].text == "a=1"
    with pytest.raises(TransientError):
        seen["pci"]


@pytest.mark.parametrize("cut", range(0, 400, 7))
def test_wherever_it_is_cut_no_section_is_shortened(cut: int) -> None:
    whole = framed(("facts", "a=1\n" * 20, 0), ("pci", "0000:1b:00.0 0x030200 0x10de 0x2330 nvidia\n" * 3, 0))
    complete = parse(whole, "n")
    try:
        seen = parse(whole[:-cut] if cut else whole, "n")
    except CollectError:
        return
    assert all(complete[name] == section for name, section in seen.sections.items())


def test_output_cannot_forge_a_frame_without_the_nonce() -> None:
    seen = parse(framed(("facts", "@other end facts 0\n@other done 1", 0), end=""), "n")
    assert (seen["facts"].text.count("other"), seen.complete) == (2, False)


def test_what_is_no_probe_is_an_error() -> None:
    with pytest.raises(CollectError, match="not available"):
        parse("This account is not available.\n", "n")


@pytest.mark.parametrize(
    ("status", "errors", "expected"),
    [
        (127, "x: not found", UnavailableError),
        (126, "x: cannot execute", DeniedError),
        (1, "open /dev/kfd: Permission denied", DeniedError),
        (124, "", TransientError),
        (137, "", TransientError),
        (9, "boom", CollectError),
    ],
)
def test_a_failed_section_says_how_it_failed(status: int, errors: str, expected: type[CollectError]) -> None:
    assert type(Section("x", status, "", errors).failure()) is expected


# --- configuration and the probe's text


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("gpu01", "gpu01:22"),
        ("10.0.0.7:2222", "10.0.0.7:2222"),
        ("[2001:db8::1]:2222", "[2001:db8::1]:2222"),
        ("2001:db8::1", "[2001:db8::1]:22"),
    ],
)
def test_host_names_are_read(name: str, address: str) -> None:
    assert target(name).address == address


@pytest.mark.parametrize("name", ["", ":22", "host:ssh", "-oProxyCommand=x", "root@host", "host:99999", "a b"])
def test_what_is_no_host_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigError):
        target(name)


def test_the_probe_redirects_nowhere_but_to_its_own_ends() -> None:
    code = "\n".join(line for line in probe_text().splitlines() if not line.lstrip().startswith("#"))
    compared = r"[\w\])]+(?:\+\+)?(?: \+ 0)? >=? (?:most|newest\[key\]|\d+)"  # in awk
    code = re.sub(rf"<pid>[^']*|\$\(\(?|{compared}", "", code)
    ends = {end for end in re.findall(r">>?\s*(&?[^\s;|)}&]+)", code) if not end.isdecimal()}
    assert ends <= {"&1", "&2", "&3", "&-", "/dev/null"}
    assert not re.search(r"(?:^|[\s;|(])(?:rm|mv|cp|tee|touch|mkdir|mktemp|sudo|install|kill)\s+[-/\"$]", code)


def test_instructions_say_how_to_restrict_the_key() -> None:
    assert 'command="sh -s"' in render("text")
    with pytest.raises(ValueError, match="accepted: text"):
        render("json")


def test_hosts_that_ssh_knows_are_told_by_plain_names_and_hashes_counted() -> None:
    text = "gpu01,10.0.0.7\n[login.example]:2222,[10.0.0.8]:22\n|\n|\n*.example,!x\ngpu01\n2001:db8::7\n"
    assert system.known_hosts(text) == (["10.0.0.7", "10.0.0.8", "2001:db8::7", "gpu01", "login.example:2222"], 2)
    assert system.known_hosts("") == ([], 0)
