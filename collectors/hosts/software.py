"""What runs on a machine by itself, and what programs are built on: units, schedules, agents, Python environments. Pure.

Names of products are rows of tables. They are not verified one by one: a program can be named anything, so what is recognised says
by what, and no verdict may rest on it alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from normalize.model import Json

MONITORING: Mapping[str, str] = {
    # program or unit, as ps and systemd name it (a program's name is cut after 15 characters): product
    "node_exporter": "Prometheus node exporter",
    "prometheus-node": "Prometheus node exporter",
    "dcgm-exporter": "DCGM exporter",
    "nv-hostengine": "NVIDIA DCGM",
    "nvidia-dcgm": "NVIDIA DCGM",
    "prometheus": "Prometheus",
    "telegraf": "Telegraf",
    "collectd": "collectd",
    "datadog-agent": "Datadog agent",
    "zabbix_agentd": "Zabbix agent",
    "zabbix_agent2": "Zabbix agent",
    "zabbix-agent": "Zabbix agent",
    "nrpe": "Nagios NRPE",
    "cmk-agent-ctl": "Checkmk agent",
    "snmpd": "Net-SNMP",
    "netdata": "Netdata",
    "filebeat": "Filebeat",
    "metricbeat": "Metricbeat",
    "fluent-bit": "Fluent Bit",
    "td-agent": "Fluentd",
    "fluentd": "Fluentd",
    "promtail": "Promtail",
    "grafana-agent": "Grafana Agent",
    "alloy": "Grafana Alloy",
    "otelcol": "OpenTelemetry Collector",
    "otelcol-contrib": "OpenTelemetry Collector",
    "splunkd": "Splunk",
    "newrelic-infra": "New Relic infrastructure agent",
    "amazon-cloudwat": "Amazon CloudWatch agent",
    "amazon-cloudwatch-agent": "Amazon CloudWatch agent",
    "google-cloud-ops-agent": "Google Cloud Ops Agent",
    "azuremonitoragent": "Azure Monitor agent",
    "oneagentos": "Dynatrace OneAgent",
    "gmond": "Ganglia",
    "gpud": "gpud",
}
BACKUP: Mapping[str, str] = {
    "bacula-fd": "Bacula",
    "bareos-fd": "Bareos",
    "veeamservice": "Veeam agent",
    "bpcd": "NetBackup",
    "nbdisco": "NetBackup",
    "cvd": "Commvault",
    "cvlaunchd": "Commvault",
    "dsmcad": "IBM Storage Protect",
    "dsmc": "IBM Storage Protect",
    "borgmatic": "Borgmatic",
    "borg": "Borg",
    "restic": "restic",
    "rsnapshot": "rsnapshot",
    "duplicity": "duplicity",
    "sanoid": "sanoid",
    "syncoid": "sanoid",
    "burp": "Burp",
    "urbackupclientba": "UrBackup",
    "urbackupclientbackend": "UrBackup",
    "zrepl": "zrepl",
}
SERVERS: Mapping[str, str] = {
    # program or module: product
    "mlflow": "mlflow",
    "jupyter": "jupyter",
    "jupyter-lab": "jupyter",
    "jupyter-notebook": "jupyter",
    "jupyterhub": "jupyterhub",
    "notebook": "jupyter",
    "vllm": "vllm",
    "sglang": "sglang",
    "tritonserver": "triton",
    "airflow": "airflow",
    "ollama": "ollama",
    "text-generation-launcher": "text-generation-inference",
    "torchserve": "torchserve",
    "tensorflow_model_server": "tensorflow-serving",
    "llama-server": "llama.cpp",
    "bentoml": "bentoml",
    "tensorboard": "tensorboard",
    "prefect": "prefect",
    "raylet": "ray",
    "ray": "ray",
    "label-studio": "label-studio",
    "minio": "minio",
    "qdrant": "qdrant",
    "milvus": "milvus",
    "weaviate": "weaviate",
    "streamlit": "streamlit",
    "gradio": "gradio",
    "dagster": "dagster",
    "dagster-webserver": "dagster",
    "dagster-daemon": "dagster",
}
_UNITS: Mapping[str, str] = {
    # units that distributions install too, and that say what a machine is for
    "docker": "Docker",
    "containerd": "containerd",
    "crio": "CRI-O",
    "kubelet": "kubelet",
    "k3s": "k3s",
    "rke2-server": "RKE2",
    "slurmd": "Slurm",
    "slurmctld": "Slurm",
    "slurmdbd": "Slurm",
    "nvidia-persistenced": "NVIDIA driver",
    "nvidia-fabricmanager": "NVIDIA Fabric Manager",
    "nfs-server": "NFS server",
    "postgresql": "PostgreSQL",
    "mysql": "MySQL",
    "mariadb": "MariaDB",
    "redis-server": "Redis",
    "mongod": "MongoDB",
    "nginx": "nginx",
    "apache2": "Apache",
    "httpd": "Apache",
    "rabbitmq-server": "RabbitMQ",
    "elasticsearch": "Elasticsearch",
    "opensearch": "OpenSearch",
}
_OWNERS = ("/etc/systemd/", "/usr/local/", "/opt/", "/home/", "/run/systemd/transient/", "/root/")
"""Where units lie that a distribution did not install."""


def agents(programs: str, units: Iterable[str], table: Mapping[str, str]) -> list[str]:
    """Products of a table among the programs that run (lines COUNT NAME) and the names of units."""
    names = {line.split(None, 1)[1].strip() for line in programs.splitlines() if len(line.split(None, 1)) == 2}
    names |= {unit.removesuffix(".service").partition("@")[0] for unit in units}
    return sorted({product for name, product in table.items() if name in names})


def blocks(text: str) -> Iterator[dict[str, str]]:
    """Units of `systemctl show`: NAME=VALUE lines, an empty line between two units."""
    for block in re.split(r"\n\s*\n", text):
        pairs = (line.partition("=") for line in block.splitlines())
        found = {key: value for key, equals, value in pairs if equals}
        if found.get("Id"):
            yield found


_COMMAND = re.compile(r"argv\[\]=(?P<argv>.*?) ; ")


def service(unit: Mapping[str, str]) -> dict[str, Json] | None:
    """A service that the machine's owner added or whose product is known; None for all that come with the system."""
    name = unit["Id"].removesuffix(".service")
    path = unit.get("FragmentPath", "")
    known = {**MONITORING, **BACKUP, **SERVERS, **_UNITS}.get(name.partition("@")[0])
    if unit.get("LoadState") != "loaded" or not (known or path.startswith(_OWNERS)):
        return None
    m = _COMMAND.search(unit.get("ExecStart", ""))
    found = {
        "name": name,
        "description": unit.get("Description"),
        "state": unit.get("ActiveState"),
        "phase": unit.get("SubState"),
        "user": unit.get("User"),
        "arguments": m["argv"].split() if m else None,
        "software": [known] if known else None,
        "path": path,
    }
    if (enabled := unit.get("UnitFileState")) in ("enabled", "enabled-runtime", "disabled"):
        found["enabled"] = enabled != "disabled"
    return {k: v for k, v in found.items() if v not in (None, "")}


_CALENDAR = re.compile(r"(?:OnCalendar|On\w+USec|OnBootSec)=([^;]+?) ;")


def timer(unit: Mapping[str, str]) -> dict[str, Json] | None:
    """A timer of the machine's owner; None for those that come with the system."""
    if not unit.get("FragmentPath", "").startswith(_OWNERS):
        return None
    said = " ".join(unit.get(key, "") for key in ("TimersCalendar", "TimersMonotonic"))
    found = {
        "name": unit["Id"],
        "type": "timer",
        "schedule": "; ".join(_CALENDAR.findall(said)),
        "$service": unit.get("Unit", "").removesuffix(".service"),
        "state": unit.get("ActiveState"),
        "path": unit["FragmentPath"],
    }
    return {k: v for k, v in found.items() if v}


_SYSTEM_JOBS = re.compile(
    r"/etc/cron\.(?:d|hourly|daily|weekly|monthly)/(?:0?anacron|apt-compat|aptitude|bsdmainutils|debsums|dpkg|e2scrub_all|exim4-base|google-chrome|"
    r"locate|logrotate|man-db(?:\.cron)?|mlocate|passwd|php|plocate|popularity-contest|raid-check|sysstat|0hourly|cracklib-runtime|"
    r"update-notifier-common|rhsmd|mdadm|zfsutils-linux|ntpsec)(?:\s|$)"
)
"""What distributions install."""


def cron(text: str) -> tuple[list[dict[str, Json]], list[str]]:
    """(jobs, files that may not be read), of lines FILE LINE parted by a tab."""
    found: dict[tuple[str, str], dict[str, Json]] = {}
    denied = []
    for line in text.splitlines():
        if line.startswith("!denied "):
            denied.append(line.removeprefix("!denied "))
            continue
        file, _, rest = line.partition("\t")
        rest = rest.replace("\t", " ").strip()
        parts = rest.split(None, 1 if rest.startswith("@") else 5)
        if (
            len(parts) != (2 if rest.startswith("@") else 6)
            or _SYSTEM_JOBS.match(f"{file} ")
            or _SYSTEM_JOBS.match(parts[-1])
        ):
            continue
        schedule, command = " ".join(parts[:-1]), parts[-1]
        entry: dict[str, Json] = {"type": "cron", "file": file, "schedule": schedule}
        if file == "/etc/crontab" or file.startswith("/etc/cron.d/"):  # these alone name a user before the command
            entry["user"], _, command = command.partition(" ")
            if re.search(r"run-parts|anacron", command):
                continue
        elif file.startswith("/var/spool/cron"):
            entry["file"] = "/var/spool/cron"  # whose it is, is not told: persons are counted and not named
        entry["arguments"] = command.split()
        entry["name"] = PurePosixPath(entry["arguments"][0]).name if entry["arguments"] else file
        found.setdefault((file, rest), entry)
    return list(found.values()), denied


def server(arguments: list[str]) -> str | None:
    """The product that a command line runs; None where a product's name only stands in it."""
    words = [a for a in arguments if a]
    if not words:
        return None
    program = PurePosixPath(words[0]).name
    if program.startswith(("python", "uvicorn", "gunicorn")):
        if "-m" in words[:-1]:
            return SERVERS.get(words[words.index("-m") + 1].partition(".")[0])
        script = next((w for w in words[1:] if not w.startswith("-")), "")
        return SERVERS.get(PurePosixPath(script.partition(":")[0]).name.partition(".")[0])
    return SERVERS.get(program)


FRAMEWORKS: Mapping[str, str] = {
    # distribution: framework
    "torch": "PyTorch",
    "tensorflow": "TensorFlow",
    "tensorflow-cpu": "TensorFlow",
    "jax": "JAX",
    "mxnet": "MXNet",
    "paddlepaddle": "PaddlePaddle",
    "paddlepaddle-gpu": "PaddlePaddle",
    "onnxruntime": "ONNX Runtime",
    "onnxruntime-gpu": "ONNX Runtime",
    "scikit-learn": "scikit-learn",
    "xgboost": "XGBoost",
    "lightgbm": "LightGBM",
    "vllm": "vLLM",
    "sglang": "SGLang",
}


def environments(text: str) -> tuple[list[dict[str, Json]], dict[str, int]]:
    """(Python environments with packages for machine learning, searches that ended early: root to status).

    Lines: "+FOLDER" begins one, "=NAME-VERSION" is a package in it, "torch_cuda=12.4" what one was built for, "!124 ROOT" a search
    that was cut short.

    Source: PEP 427 and PEP 491 (NAME-VERSION.dist-info, dashes of a name as underscores); torch/version.py of torch 2.4 (cuda, hip) and
    tensorflow/python/platform/build_info.py of TensorFlow 2.17 as published; read 2026-11-24.
    """
    found: list[dict[str, Json]] = []
    cut: dict[str, int] = {}
    for line in text.splitlines():
        if line.startswith("+/"):
            found.append({"folder": line[1:], "packages": {}, "built": {}})
        elif line.startswith("!"):
            status, _, root = line[1:].partition(" ")
            cut[root] = int(status) if status.isdecimal() else 1
        elif line.startswith("=") and found:
            name, _, version = line[1:].rpartition("-")
            if name and version:
                found[-1]["packages"][name.replace("_", "-").lower()] = version
        elif found and "=" in line:
            key, _, value = line.partition("=")
            found[-1]["built"][key] = value
    return [_environment(e) for e in found if e["packages"]], cut


def _environment(entry: dict[str, Json]) -> dict[str, Json]:
    folder, packages, built = entry["folder"], entry["packages"], dict(entry["built"])
    m = re.search(r"^(?P<prefix>.*?)/lib(?:64)?/python(?P<version>\d(?:\.\d+)?)/", folder)
    if plugin := next((p for p in packages if re.fullmatch(r"jax-cuda\d+-plugin", p)), None):
        built.setdefault("jax_cuda", plugin.removeprefix("jax-cuda").removesuffix("-plugin"))
    for name in ("torch", "jaxlib"):
        if local := re.search(r"\+cu(?:da)?(\d+?)(\d)(?:\.|$)", packages.get(name, "")):
            built.setdefault(f"{name.removesuffix('lib')}_cuda", f"{local[1]}.{local[2]}")
    makers = {"cuda": "CUDA", "hip": "ROCm"}
    parts = [(key.partition("_"), value) for key, value in sorted(built.items())]
    found: dict[str, Json] = {
        "folder": folder,
        "name": m["prefix"] if m else folder,
        "python": m["version"] if m and "." in m["version"] else None,
        "frameworks": [f"{word} {packages[name]}" for name, word in FRAMEWORKS.items() if name in packages],
        "software": [f"{name} {version}" for name, version in sorted(packages.items())],
        "built_for": "; ".join(f"{key[0]}: {makers.get(key[2], key[2])} {value}" for key, value in parts),
    }
    return {k: v for k, v in found.items() if v}
