"""What the probe's own shell functions print of file systems that are laid out for them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from collectors.hosts import fabric, files, probe_text, software, system

FUNCTIONS = probe_text().partition('if [ "${1:-}" = bundle ]')[0]


def called(
    function: str,
    root: Path,
    *moved: str,
    commands: Mapping[str, str] | None = None,
    instead: tuple[str, str] = ("", ""),
) -> str:
    """What a function of the probe prints, where some paths of the machine lie below a root of the test's own."""
    text = FUNCTIONS.replace(*instead) if instead[0] else FUNCTIONS
    for path in moved:
        text = text.replace(path, f"{root}{path}")
    shims = root / "shims"
    shims.mkdir(exist_ok=True)
    for name, script in (commands or {}).items():
        (shims / name).write_text(f"#!/bin/sh\n{script}\n")
        (shims / name).chmod(0o755)
    script = f"{text}\nlimiter=none\nsearch_end=99999999999\n{function}\n"
    env = {"PATH": f"{shims}:/usr/bin:/bin"}
    done = subprocess.run(["sh", "-s"], input=script, env=env, text=True, capture_output=True, check=True)
    return done.stdout


def laid(root: Path, files_: Mapping[str, str]) -> Path:
    for name, content in files_.items():
        path = root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def test_ports_of_rdma_devices_are_printed(tmp_path: Path) -> None:
    port = "/sys/class/infiniband/mlx5_0/ports/1"
    laid(tmp_path, {
        f"{port}/state": "4: ACTIVE\n", f"{port}/phys_state": "5: LinkUp\n", f"{port}/rate": "400 Gb/sec (4X NDR)\n",
        f"{port}/link_layer": "InfiniBand\n", "/sys/class/infiniband/mlx5_0/fw_ver": "28.39.3004\n",
        "/sys/class/infiniband/mlx5_0/board_id": "MT_0000000838\n", "/sys/class/infiniband/mlx5_0/device/net/ib0/address": "x",
    })  # fmt: skip
    (found,) = fabric.rdma(called("rdma", tmp_path, "/sys/class/infiniband"))
    assert (found["$name"], found["speed_mbps"], found["network_interfaces"]) == ("mlx5_0/1", 400_000, ["ib0"])
    assert found["firmware"] == "28.39.3004"


def test_numa_nodes_are_printed(tmp_path: Path) -> None:
    node = "/sys/devices/system/node/node1"
    laid(
        tmp_path,
        {f"{node}/cpulist": "8-15\n", f"{node}/meminfo": "Node 1 MemTotal:       1024 kB\nNode 1 MemFree: 3 kB\n"},
    )
    assert fabric.numa(called("numa", tmp_path, "/sys/devices/system/node/")) == [
        {"node": 1, "cpus": "8-15", "memory_bytes": 1 << 20}
    ]


def test_devices_on_the_bus_are_printed_with_their_numa_node(tmp_path: Path) -> None:
    devices = {
        "0000:1b:00.0": ("0x030200", "0x10de", "0x2330", "1"),
        "0000:05:00.0": ("0x068000", "0x10de", "0x22a3", "0"),
        "0000:00:1f.0": ("0x060100", "0x8086", "0xa1c1", "0"),
    }
    for address, values in devices.items():
        for name, value in zip(("class", "vendor", "device", "numa_node"), values, strict=True):
            laid(tmp_path, {f"/sys/bus/pci/devices/{address}/{name}": f"{value}\n"})
    printed = called("pci", tmp_path, "/sys/bus/pci/devices/").splitlines()
    assert printed == ["0000:05:00.0 0x068000 0x10de 0x22a3 - 0", "0000:1b:00.0 0x030200 0x10de 0x2330 - 1"]


def test_versions_of_libraries_are_printed(tmp_path: Path) -> None:
    laid(tmp_path, {
        "/usr/local/cuda/version.json": '{\n  "cuda" : {\n    "name" : "CUDA SDK",\n    "version" : "12.4.20240521"\n  },\n  "nvcc" : {"version" : "9"}\n}\n',
        "/usr/local/cuda-12.4/x": "", "/usr/lib/x86_64-linux-gnu/libnccl.so.2.21.5": "", "/usr/lib/x86_64-linux-gnu/libnccl.so.2": "",
        "/etc/docker/daemon.json": '{"default-runtime": "nvidia", "runtimes": {}}', "/etc/passwd": "root:x:0:0::/:/bin/sh\na:x:1000:1::/:/bin/bash\nb:x:1001:1::/:/usr/sbin/nologin\n",
    })  # fmt: skip
    moved = ("/usr/local/cuda", "/usr/lib/x86_64-linux-gnu/", "/etc/docker/daemon.json", "/etc/passwd")
    known = system.facts(called("facts", tmp_path, *moved))
    assert (known["cuda_toolkit"], known["cuda_installed"], known["libnccl"]) == ("12.4.20240521", "12.4", "2.21.5")
    assert (known["docker_default_runtime"], known["user_count"]) == ("nvidia", "1")


def test_crontabs_are_printed_without_their_variables(tmp_path: Path) -> None:
    laid(tmp_path, {
        "/etc/crontab": "SHELL=/bin/sh\n# m h\n17 * * * * root /opt/a.sh\n", "/etc/cron.d/b": "\nMAILTO = x@y\nTOKEN=abc\n@daily ml /opt/b.sh --x=1\n",
        "/etc/cron.daily/c": "#!/bin/sh\n", "/var/spool/cron/crontabs/u": "*/5 * * * * /home/u/run.sh\n",
    })  # fmt: skip
    (tmp_path / "etc/cron.daily/c").chmod(0o755)
    printed = called("crontabs", tmp_path, "/etc/cron", "/var/spool/cron", commands={"crontab": "exit 1"})
    assert "abc" not in printed
    assert "x@y" not in printed
    jobs, denied = software.cron(printed.replace(str(tmp_path), ""))
    assert ([j["schedule"] for j in jobs], denied) == (["17 * * * *", "@daily", "*/5 * * * *", "@daily"], [])


def test_crontabs_that_may_not_be_read_are_named(tmp_path: Path) -> None:
    laid(tmp_path, {"/etc/cron.d/secret": "x"})
    closed = ('if [ -r "$path" ]; then', "if false; then")
    printed = called(
        "crontabs", tmp_path, "/etc/cron", "/var/spool/cron", commands={"crontab": "exit 1"}, instead=closed
    )
    assert f"!denied {tmp_path}/etc/cron.d/secret" in printed


def test_python_environments_are_printed_with_what_they_were_built_for(tmp_path: Path) -> None:
    site = "/opt/envs/train/lib/python3.11/site-packages"
    laid(tmp_path, {
        f"{site}/torch-2.4.0.dist-info/METADATA": "", f"{site}/requests-2.32.0.dist-info/METADATA": "",
        f"{site}/torch/version.py": "__version__ = '2.4.0+cu121'\ndebug = False\ncuda: Optional[str] = '12.1'\ngit_version = 'x'\nhip: Optional[str] = None\n",
        f"{site}/tensorflow-2.17.0.dist-info/METADATA": "",
        f"{site}/tensorflow/python/platform/build_info.py": 'build_info = collections.OrderedDict([("cpu_compiler", "clang"), ("cuda_version", "12.3"), ("cudnn_version", "8")])\n',
        "/opt/.git/x/site-packages/torch-1.dist-info/M": "",
    })  # fmt: skip
    roots = "for root in /opt /usr/local /usr/lib /srv /home /root /data /mnt /workspace /scratch; do"
    assert roots in FUNCTIONS
    text = called("pythons", tmp_path, instead=(roots, f"for root in {tmp_path}/opt; do"))
    found, cut = software.environments(text)
    assert [(e["built_for"], e["frameworks"]) for e in found] == [
        ("tensorflow: CUDA 12.3; torch: CUDA 12.1", ["PyTorch 2.4.0", "TensorFlow 2.17.0"])
    ]
    assert cut == {}


def test_file_systems_are_walked_once_each_the_root_last(tmp_path: Path) -> None:
    laid(tmp_path, {"/proc/mounts": (
        "/dev/sda1 / ext4 rw 0 0\nproc /proc proc rw 0 0\ntmpfs /run tmpfs rw 0 0\n/dev/sdb1 /data xfs rw 0 0\n/dev/sdb1 /srv/again xfs rw 0 0\n"
        "nas:/vol /mnt/my\\040nas nfs4 rw 0 0\ns3fs /mnt/bucket fuse.s3fs rw 0 0\noverlay /var/lib/docker/overlay2/x/merged overlay rw 0 0\n"
        "10.0.0.5@o2ib:/scratch /scratch lustre rw 0 0\n/dev/sdc /b1 btrfs rw,subvol=/a 0 0\n/dev/sdc /b2 btrfs rw,subvol=/b 0 0\n"
    )})  # fmt: skip
    assert called("file_systems", tmp_path, "/proc/mounts").splitlines() == [
        "/data", "/mnt/my\\040nas", "!125 /mnt/bucket", "/scratch", "/b1", "/b2", "/",
    ]  # fmt: skip


def test_a_find_that_prints_no_sizes_is_said(tmp_path: Path) -> None:
    printed = called("walk", tmp_path, commands={"find": "echo 'find: unrecognized: -printf' >&2; exit 1"})
    problem = files.walk(printed).problem()
    assert problem is not None
    assert "GNU findutils" in str(problem)


def test_servers_are_found_among_all_processes(tmp_path: Path) -> None:
    process = subprocess.Popen(["sh", "-c", "sleep 30; exit", "/opt/bin/mlflow", "server"], stdin=subprocess.DEVNULL)
    try:
        lines = system.processes(called("servers", tmp_path))
    finally:
        process.kill()
        process.wait()
    assert lines[process.pid]["arguments"][-2:] == ["/opt/bin/mlflow", "server"]


def test_containers_of_all_namespaces_are_printed(tmp_path: Path) -> None:
    ctr = """case "$*" in
"namespaces list --quiet") printf 'k8s.io\\nmoby\\n' ;;
*k8s.io*) printf 'CONTAINER    IMAGE    RUNTIME\\na1    nginx:1    io.containerd.runc.v2\\n' ;;
*) printf 'CONTAINER    IMAGE    RUNTIME\\nb2    -    io.containerd.runc.v2\\n' ;;
esac"""
    printed = called("ctr_each containers", tmp_path, commands={"ctr": ctr})
    assert [line.split()[:3] for line in printed.splitlines()] == [["k8s.io", "a1", "nginx:1"], ["moby", "b2", "-"]]
