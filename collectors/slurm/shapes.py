"""Slurm's answers in one shape, whether scontrol, sacctmgr and sacct printed them or slurmrestd sent them. Pure.

Owns the words of Slurm: text as 22.05 prints it, JSON of v0.0.38 and of v0.0.39 and later, whose numbers are {set, infinite, number}. Of
versions beyond those named below nothing was tried. Refuses to guess: what Slurm writes for
"nothing" ("(null)", "N/A", {"set": false}) is absent.

Source: answers of Slurm 22.05.8 (Debian 12), tried 2026-11-24; of slurmrestd 23.11 in rackslab/Slurm-web at a06970c,
slurmweb/tests/assets/slurmrestd, read 2026-11-24. The shapes of its accounts, QOS and associations are not verified.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from normalize.accelerators import accelerator
from normalize.errors import CollectError
from normalize.model import Json
from normalize.units import instant, size_bytes

MIB = 1 << 20
_NOTHING = frozenset({"", "(null)", "N/A", "n/a", "n/s", "None", "NONE", "Unknown", "UNLIMITED", "ALL", "none"})
_PAIR = re.compile(r"(?:^|\s)(?P<key>[A-Z][\w:/&]*)=(?P<value>.*?)(?=\s[A-Z][\w:/&]*=|\s*$)", re.DOTALL)
_NONE_THERE = re.compile(r"No \w+ in the system", re.IGNORECASE)
_GRES = re.compile(r"gpu(?::(?P<type>[^:(),=]+))?[:=](?P<count>\d+)")
_MIG = re.compile(r"\d+[cg](?:\.\d+g)?\.\d+gb(?:\.\S+)?", re.IGNORECASE)


def pairs(line: str) -> dict[str, str]:
    """KEY=VALUE words of one line of `scontrol -o`; values may hold blanks. Of a repeated key the first counts."""
    found: dict[str, str] = {}
    for m in _PAIR.finditer(line):
        value = m["value"].strip()
        if value not in _NOTHING:
            found.setdefault(m["key"], value)
    return found


def entries(text: str, first: str) -> list[dict[str, str]]:
    """Lines of `scontrol -o show …` that begin with the key `first`.

    Raises:
        CollectError: it is neither such lines nor Slurm's word that there is nothing.
    """
    found = [pairs(line) for line in text.splitlines() if line.startswith(f"{first}=")]
    if not found and text.strip() and not _NONE_THERE.search(text):
        raise CollectError(f"scontrol printed no {first}: {text.strip()[:200]}", call="scontrol show")
    return found


def table(text: str) -> list[dict[str, str]]:
    """Rows of `sacctmgr -P`, by the words of the heading.

    Raises:
        CollectError: a row does not have as many cells as the heading.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return []
    heading = lines[0].split("|")
    rows = [line.split("|") for line in lines[1:]]
    if any(len(row) != len(heading) for row in rows):
        raise CollectError("sacctmgr printed rows of several lengths", call="sacctmgr show")
    return [{k: v for k, v in zip(heading, row, strict=True) if v} for row in rows]


def settings(text: str) -> dict[str, str]:
    """Lines "Key   = value" of `scontrol show config`."""
    return {k.strip(): v.strip() for k, eq, v in (line.partition("=") for line in text.splitlines()) if eq}


def plain(value: Any) -> Any:
    """A number of slurmrestd: itself, or {"set", "infinite", "number"} since v0.0.39. None where it is not set."""
    if isinstance(value, dict) and "number" in value:
        return value["number"] if value.get("set") and not value.get("infinite") else None
    return value


def words(value: Any) -> list[str]:
    """A list of words, also from "a,b"."""
    if isinstance(value, str):
        value = value.split(",")
    return [str(v).strip() for v in value or () if str(v).strip() not in _NOTHING]


def state(value: Any, flags: Any = ()) -> str | None:
    """A state as scontrol writes it, "IDLE+DRAIN": from that, a word in lower case, or a list."""
    parts = [str(v) for v in (value if isinstance(value, list) else [value] if value else [])] + [
        str(f) for f in flags or ()
    ]
    return "+".join(dict.fromkeys(p.upper() for p in parts)) or None


def tres(value: Any) -> dict[str, int]:
    """Trackable resources by name: "cpu=8,mem=100G,gres/gpu:h100=4", or slurmrestd's list of {type, name, count}.

    Memory is in bytes.
    """
    found: dict[str, int] = {}
    if isinstance(value, list):
        for item in value:
            name = f"{item['type']}/{item['name']}" if item.get("name") else str(item.get("type"))
            count = plain(item.get("count"))
            if isinstance(count, int) and count >= 0:
                found[name] = count * MIB if name == "mem" else count
        return found
    for part in str(value or "").split(","):
        name, equals, amount = part.partition("=")
        if equals and (m := re.fullmatch(r"(\d+(?:\.\d+)?)([KMGTP]?)", amount)):
            found[name] = size_bytes(f"{m[1]}{m[2]}i" if m[2] else m[1])
    return found


def devices(resources: Mapping[str, int]) -> dict[str, int] | None:
    """GPUs by type ("" where Slurm was not told one) of trackable resources; None where GPUs are not among them."""
    typed = {k.removeprefix("gres/gpu:"): n for k, n in resources.items() if k.startswith("gres/gpu:")}
    total = resources.get("gres/gpu")
    if total is None and not typed:
        return None
    rest = (total or 0) - sum(typed.values())
    return typed | ({"": rest} if rest > 0 else {})


def gres(text: str | None) -> dict[str, int]:
    """GPUs by type of "gpu:h100:8(S:0-1),gpu:2,shard:8", "gres/gpu:h100=4" or "gres:gpu:h100:4"."""
    found: dict[str, int] = {}
    for m in _GRES.finditer(text or ""):
        found[m["type"] or ""] = found.get(m["type"] or "", 0) + int(m["count"])
    return found


_MAKERS: tuple[tuple[str, str], ...] = (
    (r"(?:nvidia|tesla|geforce|rtx|gtx|quadro|titan|[abhlvptg]h?b?\d+|k\d+)", "nvidia"),
    (r"(?:amd|mi\d+|radeon)", "amd"),
    (r"(?:gaudi|hl)", "habana"),
)


def accelerators(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """The attribute `accelerators`. A type is the site's own word; the maker is told from it where it can be."""
    listed = []
    for model, count in counts.items():
        if not count:
            continue
        if _MIG.fullmatch(model):
            listed.append(accelerator("nvidia", "unknown", count, partition=f"mig-{model}"))
            continue
        maker = next((m for pattern, m in _MAKERS if re.match(pattern, model, re.IGNORECASE)), "unknown")
        listed.append(accelerator(maker, model or "unknown", count))
    return listed


def physical(counts: Mapping[str, int]) -> int | None:
    """Devices; None where some are slices of devices, which Slurm counts like devices."""
    return None if any(_MIG.fullmatch(model) for model in counts) else sum(counts.values())


def present(**values: Json) -> dict[str, Json]:
    """What is known of the values."""
    return {k: v for k, v in values.items() if v is not None and v not in ("", [], {})}


def moment(value: Any) -> str | None:
    """An instant of scontrol (UTC is asked for) or of slurmrestd (seconds since 1970; 0 is none)."""
    value = plain(value)
    if value in _NOTHING or value is None or value == 0:
        return None
    return instant(value)


def node(said: Mapping[str, Any]) -> dict[str, Json]:
    """A node, of `scontrol show nodes` or of GET nodes."""
    text = "NodeName" in said
    reason = re.sub(r"\s*\[[^\]]*\]$", "", str(said.get("Reason" if text else "reason") or ""))
    memory = said.get("RealMemory" if text else "real_memory")
    sockets, cores = (said.get(k) for k in (("Sockets", "CoresPerSocket") if text else ("sockets", "cores")))
    return present(
        name=said["NodeName" if text else "name"],
        state=state(said.get("State")) if text else state(said.get("state"), said.get("state_flags")),
        reason=reason,
        gres=said.get("Gres" if text else "gres"),
        gres_used=said.get("GresUsed" if text else "gres_used"),
        features=words(said.get("AvailableFeatures" if text else "features")),
        partitions=words(said.get("Partitions" if text else "partitions")),
        cpus=_whole(said.get("CPUTot" if text else "cpus")),
        sockets=_whole(sockets),
        cores=(_whole(sockets) or 0) * (_whole(cores) or 0) or None,
        memory_mib=_whole(memory),
        architecture=said.get("Arch" if text else "architecture"),
        os=said.get("OS" if text else "operating_system"),
        version=said.get("Version") if text else said.get("version") or said.get("slurmd_version"),
        address=said.get("NodeAddr" if text else "address"),
        hostname=said.get("NodeHostName" if text else "hostname"),
        booted=moment(said.get("BootTime" if text else "boot_time")),
        last_busy=moment(said.get("LastBusyTime" if text else "last_busy")),
        tres=tres(said.get("CfgTRES" if text else "tres")),
        instance=_cloud(said.get("InstanceId" if text else "instance_id")),
        instance_type=_cloud(said.get("InstanceType" if text else "instance_type")),
    )


def _cloud(said: Any) -> str | None:
    """What slurmd was started with (--instance-id, --instance-type). Source: aws/aws-parallelcluster-cookbook, pull request 2876, an output of
    Slurm 24.05.2 ("InstanceId=i-0eb8… InstanceType=c5.xlarge"), read 2026-11-24; the keys of slurmrestd are not verified."""
    return said if isinstance(said, str) and said not in ("", "(null)") else None


def partition(said: Mapping[str, Any]) -> dict[str, Json]:
    """A partition, of `scontrol show partitions` or of GET partitions, whose keys moved with v0.0.39."""
    if "PartitionName" in said:
        return present(
            name=said["PartitionName"], state=said.get("State"), nodes=said.get("Nodes"),
            default=said.get("Default") == "YES", node_count=_whole(said.get("TotalNodes")),
            cpus=_whole(said.get("TotalCPUs")), timeout_seconds=seconds(said.get("MaxTime")),
            accounts=words(said.get("AllowAccounts")), qos=words(said.get("AllowQos")), tres=tres(said.get("TRES")),
        )  # fmt: skip
    nodes = said.get("nodes")
    newer = isinstance(nodes, dict)
    limit = plain((said.get("maximums") or {}).get("time") if newer else said.get("max_time_limit"))
    return present(
        name=said["name"],
        state=state((said.get("partition") or {}).get("state") if newer else said.get("state")),
        nodes=nodes.get("configured") if isinstance(nodes, dict) else nodes,
        default=("default" in [f.lower() for f in words(said.get("flags"))]) if "flags" in said else None,
        node_count=nodes.get("total") if isinstance(nodes, dict) else said.get("total_nodes"),
        cpus=(said.get("cpus") or {}).get("total") if newer else said.get("total_cpus"),
        timeout_seconds=limit * 60 if isinstance(limit, int) and limit > 0 else None,
        accounts=words((said.get("accounts") or {}).get("allowed") if newer else said.get("allowed_accounts")),
        qos=words((said.get("qos") or {}).get("allowed") if newer else said.get("allowed_qos")),
        tres=tres((said.get("tres") or {}).get("configured") if newer else said.get("tres")),
    )


def reservation(said: Mapping[str, Any]) -> dict[str, Json]:
    """A reservation; of its users only how many there are."""
    text = "ReservationName" in said
    return present(
        name=said["ReservationName" if text else "name"],
        state=said.get("State"),
        start=moment(said.get("StartTime" if text else "start_time")),
        end=moment(said.get("EndTime" if text else "end_time")),
        nodes=said.get("Nodes" if text else "node_list"),
        node_count=_whole(said.get("NodeCnt" if text else "node_count")),
        partition=said.get("PartitionName" if text else "partition"),
        accounts=words(said.get("Accounts" if text else "accounts")),
        flags=words(said.get("Flags" if text else "flags")),
        user_count=len(words(said.get("Users" if text else "users"))) or None,
        tres=tres(said.get("TRES" if text else "tres")),
    )


def seconds(text: Any) -> int | None:
    """A time limit: "7-00:00:00", "12:00:00"; None for none."""
    m = re.fullmatch(r"(?:(\d+)-)?(\d+):(\d+):(\d+)", str(text or ""))
    return None if m is None else int(m[1] or 0) * 86400 + int(m[2]) * 3600 + int(m[3]) * 60 + int(m[4])


def qos(said: Mapping[str, Any]) -> dict[str, Json]:
    """A quality of service: of its limits, those on resources."""
    if "Name" in said:
        limits = {
            k: said[k] for k in ("GrpTRES", "MaxTRES", "MaxTRESPU", "MaxWall", "MaxJobsPU", "MaxSubmitPU") if k in said
        }
        return present(
            name=said["Name"], priority=_whole(said.get("Priority")), limits=limits, flags=words(said.get("Flags")),
            preempts=words(said.get("Preempt")), timeout_seconds=seconds(said.get("MaxWall")),
        )  # fmt: skip
    most = (said.get("limits") or {}).get("max") or {}
    per = (most.get("tres") or {}).get("per") or {}
    wall = plain(((most.get("wall_clock") or {}).get("per") or {}).get("job"))
    limits = {
        "GrpTRES": _spelled((most.get("tres") or {}).get("total")),
        "MaxTRES": _spelled(per.get("job")),
        "MaxTRESPU": _spelled(per.get("user")),
    }
    return present(
        name=said["name"],
        priority=plain(said.get("priority")),
        limits={k: v for k, v in limits.items() if v},
        flags=words(said.get("flags")),
        preempts=words((said.get("preempt") or {}).get("list")),
        timeout_seconds=wall * 60 if isinstance(wall, int) else None,
    )


def _spelled(limits: Any) -> str:
    return ",".join(f"{k}={v}" for k, v in tres(limits).items()) if isinstance(limits, list) else ""


def account(said: Mapping[str, Any]) -> dict[str, Json]:
    """An account of the accounting database."""
    text = "Account" in said
    return present(
        name=said["Account" if text else "name"],
        description=said.get("Descr" if text else "description"),
        organization=said.get("Org" if text else "organization"),
    )


def associations(rows: list[Mapping[str, Any]], cluster: str) -> list[dict[str, Json]]:
    """Who may use the cluster, summed up by account: users counted, limits of the account itself."""
    found: dict[str, dict[str, Any]] = {}
    for said in rows:
        text = "Account" in said or "Cluster" in said
        if str(said.get("Cluster" if text else "cluster") or cluster) != cluster:
            continue
        name = str(said.get("Account" if text else "account") or "")
        entry = found.setdefault(
            name, {"name": name, "users": set(), "qos": set(), "partitions": set(), "limits": {}, "parent": None}
        )
        entry["qos"] |= set(words(said.get("QOS" if text else "qos")))
        if where := said.get("Partition" if text else "partition"):
            entry["partitions"].add(str(where))
        if user := said.get("User" if text else "user"):
            entry["users"].add(str(user))
        else:
            entry["parent"] = said.get("ParentName" if text else "parent_account")
            entry["limits"] = _limits(said) if text else _rest_limits(said)
    return [
        present(
            name=e["name"], user_count=len(e["users"]), qos=sorted(e["qos"]), partitions=sorted(e["partitions"]),
            limits=e["limits"], parent=e["parent"],
        )
        for e in found.values()
    ]  # fmt: skip


def _limits(said: Mapping[str, Any]) -> dict[str, str]:
    return {k: said[k] for k in ("GrpTRES", "GrpTRESMins", "MaxTRES", "MaxJobs", "MaxWall") if k in said}


def _rest_limits(said: Mapping[str, Any]) -> dict[str, str]:
    most = (said.get("max") or {}).get("tres") or {}
    found = {
        "GrpTRES": most.get("total"),
        "GrpTRESMins": (most.get("group") or {}).get("minutes"),
        "MaxTRES": (most.get("per") or {}).get("job"),
    }
    return {k: text for k, v in found.items() if (text := _spelled(v))}


def _whole(value: Any) -> int | None:
    value = plain(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() else None


def live_job(said: Mapping[str, Any], now: float) -> dict[str, Json]:
    """A job that the controller still knows, of `scontrol show jobs` or of GET jobs."""
    if "JobId" in said:
        return present(
            id=said["JobId"], name=said.get("JobName"), user=(said.get("UserId") or "").partition("(")[0],
            account=said.get("Account"), qos=said.get("QOS"), partition=said.get("Partition"), state=said.get("JobState"),
            nodes=_whole((said.get("NumNodes") or "").partition("-")[0]), start=moment(said.get("StartTime")),
            end=moment(said.get("EndTime")), elapsed=seconds(said.get("RunTime")), script=said.get("Command"),
            work_dir=said.get("WorkDir"), container=said.get("Container"), tres=tres(said.get("TRES")),
            asked={k: said[k] for k in ("TresPerJob", "TresPerNode", "TresPerTask") if k in said},
            tasks=_whole(said.get("NumTasks")), live=True,
        )  # fmt: skip
    start, end = plain(said.get("start_time")) or 0, plain(said.get("end_time")) or 0
    asked = {
        n: said.get(k)
        for n, k in (("TresPerJob", "tres_per_job"), ("TresPerNode", "tres_per_node"), ("TresPerTask", "tres_per_task"))
    }
    status = state(said.get("job_state"))
    began = bool(start) and start <= now and status not in (None, "PENDING")
    return present(
        id=str(said["job_id"]), name=said.get("name"), user=said.get("user_name"), account=said.get("account"),
        qos=said.get("qos"), partition=said.get("partition"), state=status, nodes=_whole(said.get("node_count")),
        start=moment(start), end=moment(end), elapsed=int(min(end or now, now) - start) if began else 0,
        script=said.get("command"), work_dir=said.get("current_working_directory"), container=said.get("container"),
        tres=tres(said.get("tres_alloc_str")), asked={k: v for k, v in asked.items() if v}, tasks=_whole(said.get("tasks")), live=True,
    )  # fmt: skip


def _elapsed(said: Mapping[str, Any]) -> int | None:
    """Seconds of a job within the window. sacct cuts start and end to it (sacct manual of 22.05, --truncate, read 2026-11-24); whether
    ElapsedRaw is cut too, it does not say."""
    whole = _whole(said.get("ElapsedRaw"))
    start, end = moment(said.get("Start")), moment(said.get("End"))
    if whole is None or not start or not end:
        return whole
    return min(whole, max(0, int((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())))


def past_job(said: Mapping[str, Any], since: float) -> dict[str, Json]:
    """A job of the accounting database, of a row of `sacct` (whose times begin with the window) or of GET slurmdb jobs."""
    if "JobIDRaw" in said:
        return present(
            id=said["JobIDRaw"], name=said.get("JobName"), user=said.get("User"), account=said.get("Account"),
            qos=said.get("QOS"), partition=said.get("Partition"), state=(said.get("State") or "").partition(" ")[0],
            nodes=_whole(said.get("NNodes")), start=moment(said.get("Start")), end=moment(said.get("End")),
            elapsed=_elapsed(said), work_dir=said.get("WorkDir"), container=said.get("Container"),
            submitted=said.get("SubmitLine"), tres=tres(said.get("AllocTRES")),
        )  # fmt: skip
    time = said.get("time") or {}
    start, elapsed = plain(time.get("start")) or 0, plain(time.get("elapsed")) or 0
    return present(
        id=str(said["job_id"]), name=said.get("name"), user=said.get("user"), account=said.get("account"),
        qos=said.get("qos"), partition=said.get("partition"), state=state((said.get("state") or {}).get("current")),
        nodes=_whole(said.get("allocation_nodes")), start=moment(start), end=moment(time.get("end")),
        elapsed=max(0, int(elapsed - max(0, since - start))) if start else 0, work_dir=said.get("working_directory"),
        container=said.get("container"), submitted=said.get("submit_line"), tres=tres((said.get("tres") or {}).get("allocated")),
    )  # fmt: skip
