"""Facts, processors, disks, mounts and network tables as the probe prints them. Pure: text in, plain objects out."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from normalize.errors import MISSHAPEN, CollectError
from normalize.model import Json

_BIG_ENDIAN = frozenset({"s390x", "ppc64", "sparc64", "mips", "mips64"})
_INNER_INTERFACES = re.compile(
    r"(?:lo|docker|br-|veth|virbr|cni|flannel|cali|vxlan|cilium|lxc|podman|kube|nodelocal|tunl)"
)
"""Interfaces whose addresses every machine of the sort has (172.17.0.1); they name no machine."""


def facts(text: str) -> dict[str, str]:
    """KEY=VALUE lines; of a repeated key the values, parted by blanks."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and (value := value.strip()):
            found[key] = f"{found[key]} {value}" if key in found else value
    return found


def machine_id(known: Mapping[str, str]) -> str:
    """What tells a machine from all others: /etc/machine-id, else the DMI UUID, else "name:HOSTNAME".

    Raises:
        CollectError: it has none of them.
    """
    for key in ("machine_id", "dbus_machine_id"):
        if re.fullmatch(r"[0-9a-f]{32}", value := known.get(key, "").lower()):
            return value
    product = known.get("product_uuid", "").lower()
    if re.fullmatch(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", product) and len(set(product) - {"-"}) > 1:
        return product
    if name := known.get("hostname") or known.get("nodename"):
        return f"name:{name.lower()}"
    raise CollectError("the host has no machine id, no DMI UUID and no name", call="facts")


def os_release(text: str) -> str | None:
    """Name and version of the operating system."""
    values = {k: v.strip().strip("\"'") for k, _, v in (line.partition("=") for line in text.splitlines())}
    return values.get("PRETTY_NAME") or " ".join(v for k in ("NAME", "VERSION") if (v := values.get(k))) or None


def processors(lscpu: str, cpuinfo: str) -> dict[str, Json]:
    """Model, threads, cores, sockets and NUMA nodes; from lscpu where it ran, else from /proc/cpuinfo."""
    said = {k.strip(): v.strip() for k, _, v in (line.partition(":") for line in lscpu.splitlines())}
    rows = [(k.strip(), v.strip()) for k, _, v in (line.partition(":") for line in cpuinfo.splitlines())]
    threads = sum(k == "processor" for k, _ in rows)
    sockets = len({v for k, v in rows if k == "physical id"})
    found = {
        "model": said.get("Model name") or next((v for k, v in rows if k == "model name"), None),
        "threads": threads or _whole(said.get("CPU(s)")),
        "sockets": _whole(said.get("Socket(s)")) or sockets or None,
        "numa_nodes": _whole(said.get("NUMA node(s)")),
    }
    per_socket = _whole(said.get("Core(s) per socket"))
    if per_socket and found["sockets"]:
        found["cores"] = per_socket * found["sockets"]
    return {k: v for k, v in found.items() if v is not None}


def memory_bytes(meminfo: str) -> int | None:
    """Main memory that the kernel manages."""
    m = re.search(r"^MemTotal:\s*(\d+) kB$", meminfo, re.MULTILINE)
    return int(m[1]) * 1024 if m else None


def interfaces(links: str, addresses: str) -> list[dict[str, Json]]:
    """Network interfaces with their addresses; speed in Mbit/s where the link has one."""
    held: dict[str, list[str]] = {}
    for line in addresses.splitlines():
        if m := re.match(r"\d+:\s+(\S+)\s+inet6?\s+([0-9a-fA-F.:]+)(?:/\d+)?", line):
            held.setdefault(m[1].split("@")[0], []).append(m[2])
    found = []
    for line in links.splitlines():
        parts = line.split()
        if len(parts) != 5:
            continue
        name, mac, state, speed, physical = parts
        entry: dict[str, Json] = {"name": name, "physical": physical == "yes", "addresses": held.get(name, [])}
        if mac not in ("-", "00:00:00:00:00:00"):
            entry["mac_address"] = mac
        if state not in ("-", "unknown"):
            entry["state"] = state
        if speed.isdecimal():
            entry["speed_mbps"] = int(speed)
        found.append(entry)
    return found


def own_addresses(found: list[dict[str, Json]]) -> list[str]:
    """Addresses under which others may know the machine: no loopback, no link-local, none of inner bridges."""
    return [
        address
        for interface in found
        if not _INNER_INTERFACES.match(interface["name"])
        for address in interface["addresses"]
        if not (parsed := ipaddress.ip_address(address)).is_loopback and not parsed.is_link_local
    ]


def disks(lsblk: str) -> list[dict[str, Json]]:
    """Whole disks from `lsblk --json -b`, with the file systems and mount points of all that lies on them.

    Raises:
        CollectError: it is no such document.
    """
    try:
        tree = json.loads(lsblk)["blockdevices"]
    except MISSHAPEN as error:
        raise CollectError(f"the document is not lsblk's: {error!r}"[:200], call="lsblk --json") from None
    return [_disk(d) for d in tree if d.get("type") == "disk" and int(d.get("size") or 0) > 0]


def _disk(device: dict[str, Any]) -> dict[str, Json]:
    parts = list(_within(device))
    found: dict[str, Json] = {
        "name": device.get("kname") or device["name"],
        "size_bytes": int(device["size"]),
        "model": (device.get("model") or "").strip() or None,
        "serial": device.get("serial"),
        "transport": device.get("tran"),
        "file_systems": sorted({p["fstype"] for p in parts if p.get("fstype")}),
        "mount_points": sorted({p["mountpoint"] for p in parts if p.get("mountpoint")}),
    }
    if (rotational := device.get("rota")) is not None:
        found["rotational"] = rotational in (True, 1, "1")  # a word until util-linux 2.33
    if m := re.fullmatch(r"vol-?([0-9a-f]{17})", str(device.get("serial") or "")):
        found["$ebs_volume"] = f"vol-{m[1]}"
    return {k: v for k, v in found.items() if v is not None}


def _within(device: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield device
    for child in device.get("children") or ():
        yield from _within(child)


def arrays(lsblk: str, mdstat: str, zpool: str) -> list[dict[str, Json]]:
    """What is made of several disks or cut out of them: RAID, LVM, encrypted and multipath devices, pools of ZFS.

    Args:
        lsblk: a device with several parents stands once below each of them.
        mdstat: /proc/mdstat, where a broken array shows: "md0 : active raid1 sdb1[1] sda1[0](F)", "[2/1] [U_]".
        zpool: lines NAME BYTES ALLOCATED FREE HEALTH.

    Raises:
        CollectError: lsblk's is no such document.
    """
    try:
        tree = json.loads(lsblk)["blockdevices"] if lsblk else []
    except MISSHAPEN as error:
        raise CollectError(f"the document is not lsblk's: {error!r}"[:200], call="lsblk --json") from None
    found: dict[str, dict[str, Json]] = {}
    for disk in tree:
        for device in _within(disk):
            if re.fullmatch(r"raid\d+|linear|lvm|crypt|mpath|md", str(device.get("type"))):
                entry = found.setdefault(device["name"], _array(device))
                entry["members"] = sorted({*entry["members"], f"disk/{disk.get('kname') or disk['name']}"})
    for m in re.finditer(r"^(md\w+) : (\w+)(.*)\n.*?\[(\d+)/(\d+)\]", mdstat, re.MULTILINE):
        if m[1] in found:
            found[m[1]]["state"] = "degraded" if int(m[5]) < int(m[4]) else m[2]
    for line in zpool.splitlines():
        name, size, used, _, health, *_ = [*line.split("\t"), "", "", "", "", ""]
        if size.isdecimal():
            entry = {"name": name, "type": "zfs", "size_bytes": int(size), "state": health, "members": []}
            found[f"zpool-{name}"] = entry | ({"used_bytes": int(used)} if used.isdecimal() else {})
    return list(found.values())


def _array(device: dict[str, Any]) -> dict[str, Json]:
    parts = list(_within(device))
    return {
        "name": device["name"],
        "type": device["type"],
        "size_bytes": int(device.get("size") or 0),
        "file_systems": sorted({p["fstype"] for p in parts if p.get("fstype")}),
        "mount_points": sorted({p["mountpoint"] for p in parts if p.get("mountpoint")}),
        "members": [],
    }


def blocks(text: str) -> list[dict[str, Json]]:
    """Whole disks from /sys/block (lines NAME SECTORS ROTATIONAL MODEL), where lsblk cannot print JSON."""
    found = []
    for line in text.splitlines():
        name, sectors, rotational, model = [*line.split(None, 3), "-", "-", "-"][:4]
        if not sectors.isdecimal() or int(sectors) == 0 or re.match(r"(?:loop|ram|zram|sr|fd|dm-|md)", name):
            continue
        entry: dict[str, Json] = {"name": name, "size_bytes": int(sectors) * 512}
        if rotational in ("0", "1"):
            entry["rotational"] = rotational == "1"
        if model.strip() != "-":
            entry["model"] = model.strip()
        found.append(entry)
    return found


_SERVERS: tuple[tuple[re.Pattern[str], re.Pattern[str], str], ...] = (
    # file system type, device, URI of what serves it
    (re.compile(r"nfs4?"), re.compile(r"(?P<host>\[[^\]]+\]|[^:/]+):(?P<path>/.*)"), "nfs://{host}{path}"),
    (re.compile(r"lustre"), re.compile(r"(?P<host>[^@:,/]+)@[^/]*:/(?P<path>.+)"), "lustre://{host}/{path}"),
    (re.compile(r"ceph"), re.compile(r"(?:[^@/]*@[^=/]*=)?(?P<host>[^:,/]+)(?::\d+)?[^/]*(?P<path>/.*)"), "ceph://{host}{path}"),
    (re.compile(r"cifs|smb3"), re.compile(r"//(?P<host>[^/]+)(?P<path>/.*)"), "smb://{host}{path}"),
    (re.compile(r"fuse\.(?:glusterfs)"), re.compile(r"(?P<host>[^:/]+):/?(?P<path>.*)"), "gluster://{host}/{path}"),
    (re.compile(r"glusterfs"), re.compile(r"(?P<host>[^:/]+):/?(?P<path>.*)"), "gluster://{host}/{path}"),
    (re.compile(r"wekafs"), re.compile(r"(?P<host>[^/:,]+)[^/]*(?P<path>/.*)"), "weka://{host}{path}"),
    (re.compile(r"fuse\.gcsfuse"), re.compile(r"(?P<host>[a-z0-9][a-z0-9._-]+)(?P<path>)"), "gs://{host}"),
    (re.compile(r"fuse\.sshfs"), re.compile(r"(?:[^@]*@)?(?P<host>[^:]+):(?P<path>.*)"), "ssh://{host}"),
)  # fmt: skip


def mounts(text: str) -> list[dict[str, Json]]:
    """Mounted file systems with their use in bytes and inodes, and the URI of the server of a remote one."""
    found: dict[str, dict[str, Json]] = {}
    for line in text.splitlines():
        parts = line.split("\t")
        if len(parts) != 6:
            continue
        device, point, kind, options, space, inodes = parts
        entry: dict[str, Json] = {
            "device": _unescape(device),
            "mount_point": _unescape(point),
            "file_system": kind,
            "options": options,
        }
        for name, factor, words in (("bytes", 1024, space.split()), ("inodes", 1, inodes.split())):
            if len(words) == 3 and words[0].isdecimal() and words[1].isdecimal():
                entry[name] = {"total": int(words[0]) * factor, "used": int(words[1]) * factor}
        if uri := _server(entry["device"], kind):
            entry["$server_uri"] = uri
        found[entry["mount_point"]] = entry  # what was mounted later covers what was there
    return list(found.values())


def _server(device: str, kind: str) -> str | None:
    for of_kind, of_device, uri in _SERVERS:
        if of_kind.fullmatch(kind):
            m = of_device.fullmatch(device)
            return uri.format(host=m["host"], path=m["path"]) if m else None
    return None


def _unescape(text: str) -> str:
    r"""A field of /proc/mounts: blanks are \040, backslashes \134."""
    return re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), text)


def listeners(text: str, arch: str, programs: Mapping[tuple[str, int], str]) -> list[dict[str, Json]]:
    """Listening sockets (lines PROTOCOL HEXADDRESS:HEXPORT UID), each once, with the program where it is known."""
    found: dict[tuple[str, str, int], dict[str, Json]] = {}
    for line in text.splitlines():
        parts = line.split()
        if len(parts) < 2 or ":" not in parts[1]:
            continue
        protocol, (host, _, port) = parts[0], parts[1].partition(":")
        entry: dict[str, Json] = {"protocol": protocol, "listen_address": address(host, arch), "port": int(port, 16)}
        if len(parts) > 2 and parts[2].isdecimal():
            entry["uid"] = int(parts[2])
        if program := programs.get((protocol, entry["port"])):
            entry["program"] = program
        found.setdefault((protocol, entry["listen_address"], entry["port"]), entry)
    return list(found.values())


def programs(ss: str) -> dict[tuple[str, int], str]:
    """Program by protocol and port from `ss -Htulnp`, which names only what the user may see."""
    found: dict[tuple[str, int], str] = {}
    for line in ss.splitlines():
        m = re.match(r'(tcp|udp)\s.*?[\]\d*%\w]:(\d+)\s.*users:\(\("([^"]+)"', line)
        if m:
            found.setdefault((m[1], int(m[2])), m[3])
    return found


MOST_KNOWN_HOSTS = 1000
_KNOWN_HOST = re.compile(r"(?:\[(?P<host>[^\[\]\s]+)\]:(?P<port>\d{1,5})|(?P<plain>[^\[\]\s]+))")


def known_hosts(text: str) -> tuple[list[Json], int]:
    """(names, how many more are hashed) of what SSH knows; a port that is not 22 behind a colon. Patterns are left out.

    Source: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT": names are parted by commas, "[HOST]:PORT" has another port than 22, "|" begins a hashed
    one, "*", "?" and "!" make a pattern.
    """
    found: dict[str, None] = {}
    hashed = 0
    for line in text.split():
        if line == "|":
            hashed += 1
            continue
        for name in line.split(","):
            m = _KNOWN_HOST.fullmatch(name)
            if m is None or any(c in name for c in "*?!") or len(name) > 300 or len(found) >= MOST_KNOWN_HOSTS:
                continue
            found[f"{m['host']}:{m['port']}" if m["port"] and m["port"] != "22" else m["host"] or m["plain"]] = None
    return sorted(found), hashed


def connections(text: str, arch: str) -> list[dict[str, Json]]:
    """Established TCP connections to other machines, by direction, peer and the port that serves.

    Lines are "out PEERPORT PEER COUNT" and "in LOCALPORT PEER COUNT", numbers but the count in hex.
    """
    found: dict[tuple[str, int, str], dict[str, Json]] = {}
    for line in text.splitlines():
        parts = line.split()
        if len(parts) != 4 or parts[0] not in ("in", "out") or not parts[3].isdecimal():
            continue
        direction, port, peer, count = parts[0], int(parts[1], 16), address(parts[2], arch), int(parts[3])
        if ipaddress.ip_address(peer).is_loopback:
            continue
        entry = found.setdefault(
            (direction, port, peer), {"direction": direction, "port": port, "peer_address": peer, "count": 0}
        )
        entry["count"] += count
    return list(found.values())


def address(text: str, arch: str) -> str:
    """An address of /proc/net: 32-bit words in the machine's own byte order; IPv4 in IPv6 clothes is IPv4.

    Source: torvalds/linux at 0010b83, net/ipv4/tcp_ipv4.c, get_tcp4_sock (%08X of a __be32), read 2026-11-24; that IPv6 is four
    such words: /proc/net/tcp6 of Linux 6, tried the same day.
    """
    raw = bytes.fromhex(text)
    if arch not in _BIG_ENDIAN:
        raw = b"".join(raw[i : i + 4][::-1] for i in range(0, len(raw), 4))
    parsed = ipaddress.ip_address(raw)
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)


def processes(text: str) -> dict[int, dict[str, Json]]:
    """Command lines by process id (lines PID USER START ARGUMENT…, parted by tabs)."""
    found: dict[int, dict[str, Json]] = {}
    for line in text.splitlines():
        pid, user, start, *arguments = [*line.split("\t"), "", ""]
        if not pid.isdecimal():
            continue
        while arguments and not arguments[-1]:
            arguments.pop()
        entry: dict[str, Json] = {"pid": int(pid)}
        if user not in ("", "-"):
            entry["user"] = user
        if start.isdecimal():
            entry["start_ticks"] = int(start)
        if arguments:
            entry["arguments"] = arguments
        found[int(pid)] = entry
    return found


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
