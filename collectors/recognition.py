"""What a workload is for, what it runs and which model it loads, with what says so. Pure.

Owns how signs are weighed. A sign is an image's name, a program, a module, a variable that the product reads, a label, a port. An image
or a program is enough to name a product; a variable or a label makes it likely; a port only supports. What nothing names is
judged by words of its own name and by its shape, and says that it is. Refuses to guess: what has no sign has no type.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from collectors.software import (
    EVALUATION,
    FEATURES,
    INFERENCE,
    INTERACTIVE,
    MONITORING,
    NOTEBOOK,
    PIPELINE,
    PROCESSING,
    QUEUE,
    SOFTWARE,
    STREAM,
    TRAINING,
    TUNING,
    Software,
)
from normalize.accelerators import EXTENDED_RESOURCES
from normalize.identity import image_name, kubernetes_id, uri_name
from normalize.mapping import read
from normalize.model import Json

HIGH, MEDIUM, LOW = "high", "medium", "low"

BY_KIND: Mapping[tuple[str, str], str] = {
    **{("kubeflow.org", kind): TRAINING for kind in ("PyTorchJob", "TFJob", "MPIJob", "XGBoostJob", "JAXJob", "PaddleJob")},
    ("kubeflow.org", "Notebook"): NOTEBOOK,
    ("kubeflow.org", "Experiment"): TUNING,
    ("kubeflow.org", "ScheduledWorkflow"): PIPELINE,
    ("pipelines.kubeflow.org", "Pipeline"): PIPELINE,
    ("trainer.kubeflow.org", "TrainJob"): TRAINING,
    ("serving.kserve.io", "InferenceService"): INFERENCE,
    ("serving.kserve.io", "LLMInferenceService"): INFERENCE,
    ("machinelearning.seldon.io", "SeldonDeployment"): INFERENCE,
    ("ray.io", "RayService"): INFERENCE,
    ("serving.kserve.io", "InferenceGraph"): INFERENCE,
    ("mlops.seldon.io", "Server"): INFERENCE,
    ("apps.nvidia.com", "NIMService"): INFERENCE,
    ("nvidia.com", "DynamoGraphDeployment"): INFERENCE,
    ("orchestration.aibrix.ai", "StormService"): INFERENCE,
    ("flink.apache.org", "FlinkDeployment"): PROCESSING,
    ("flink.apache.org", "FlinkSessionJob"): PROCESSING,
    ("kafka.strimzi.io", "Kafka"): STREAM,
    ("kafka.strimzi.io", "KafkaConnect"): STREAM,
    ("opentelemetry.io", "OpenTelemetryCollector"): MONITORING,
    ("operator.victoriametrics.com", "VMSingle"): MONITORING,
    ("operator.victoriametrics.com", "VMCluster"): MONITORING,
    ("sparkoperator.k8s.io", "SparkApplication"): PROCESSING,
    ("feast.dev", "FeatureStore"): FEATURES,
    ("kueue.x-k8s.io", "ClusterQueue"): QUEUE,
    ("kueue.x-k8s.io", "LocalQueue"): QUEUE,
    **{("argoproj.io", kind): PIPELINE for kind in ("Workflow", "WorkflowTemplate", "CronWorkflow", "ClusterWorkflowTemplate")},
    **{("monitoring.coreos.com", kind): MONITORING for kind in ("Prometheus", "PrometheusAgent", "ServiceMonitor", "PodMonitor", "PrometheusRule")},
}  # fmt: skip
"""Types of operators that say by their kind what their objects are for."""

_RUNS_TO_AN_END = frozenset(
    {
        ("ray.io", "RayCluster"),
        ("batch", "Job"),
        ("batch", "CronJob"),
        ("", "Pod"),
        ("batch.volcano.sh", "Job"),
        ("ray.io", "RayJob"),
        ("ray.io", "RayCronJob"),
        ("jobset.x-k8s.io", "JobSet"),
    }
)
_SERVES = frozenset(
    {
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"),
        ("argoproj.io", "Rollout"),
        ("serving.knative.dev", "Service"),
    }
)

_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    # what a name says, the most telling first; a word ends where a letter does not follow
    (EVALUATION, re.compile(r"eval(?:uate|uation|s)?|benchmark(?:s|ing)?")),
    (TUNING, re.compile(r"hpo|sweep(?:s)?|optuna|hyperparam\w*")),
    (TRAINING, re.compile(r"(?:pre)?train(?:er|ing)?|fine-?tun(?:e|ing)|finetun(?:e|ing)|sft|dpo|rlhf|lora|distill?(?:ation)?|fold")),
    (PROCESSING, re.compile(r"etl|ingest(?:ion)?|preprocess(?:ing)?|tokeniz(?:e|er|ation)|dedup(?:e|lication)?|embed|sync|datasync|featurize|augment|convert|prep")),
    (INFERENCE, re.compile(r"infer(?:ence)?|serving|predict(?:or|ions?)?|embedder|llm-server|model-server")),
)  # fmt: skip
_IDLE = re.compile(r"(?:^|\s)(?:sleep\s+(?:infinity|\d{4,}\w*|inf)|tail\s+-f\s+/dev/null)(?=$|[\s;&\"'])")
_RANK = {HIGH: 3, MEDIUM: 2, LOW: 1}


class Container(NamedTuple):
    """One container as its workload describes it."""

    path: str
    image: str
    words: tuple[tuple[str, str], ...]
    env: tuple[tuple[str, str, str], ...]
    ports: tuple[tuple[str, int], ...]
    mounts: tuple[tuple[str, str], ...]
    volumes: Mapping[str, Mapping[str, Any]]
    asks: dict[str, Any]


class Found(NamedTuple):
    """One product, how surely, and the places that say so."""

    software: Software
    confidence: str
    evidence: tuple[dict[str, Any], ...]
    container: Container


def recognise(obj: Json, group: str, kind: str, cluster: str) -> dict[str, Any]:
    """What a workload is for.

    Args:
        obj: the object as served.
        cluster: uid of the cluster, for links to volume claims.

    Returns:
        `workload_type` with `workload_type_confidence`, `software`, `recognition` (what says so), `models` and `links`, each only
        where there is any.
    """
    found = list(_products(obj))
    out: dict[str, Any] = {}
    type_, confidence, evidence = _type(obj, group, kind, found)
    if type_:
        out |= {"workload_type": type_, "workload_type_confidence": confidence}
    said = [{"software": f.software.name, "confidence": f.confidence, "evidence": list(f.evidence)} for f in found] + (
        [{"type": type_, "confidence": confidence, "evidence": evidence}] if type_ and evidence else []
    )
    if said:
        out["recognition"] = said
    if found:
        out["software"] = sorted({f.software.name for f in found})
    models = [m for f in found for m in _models(f, obj, cluster)]
    if models:
        out["models"] = sorted({value for value, _ in models})
        out["links"] = [link for _, link in models if link]
    return out


_CONTAINERS = ("containers", "model", "mainContainer", "slurmd")
"""Where a container or several stand: in a pod, and apart from their pod in KServe's, Dynamo's and Slinky's objects."""


def containers(value: Json, path: str = "$", labels: Mapping[str, Any] | None = None) -> Iterator[Container]:
    """Every container of every pod specification in an object, wherever it stands; those that only prepare come not."""
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from containers(item, f"{path}[{i}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "status":
                continue
            if key in _CONTAINERS and isinstance(item, list | dict):
                volumes = {
                    v["name"]: v
                    for v in value.get("volumes") or []
                    if isinstance(v, dict) and isinstance(v.get("name"), str)
                }
                for where, one in _each(item, f"{path}.{key}"):
                    yield _container(one, where, volumes)
            elif isinstance(item, dict | list) and key not in ("initContainers", "annotations"):
                yield from containers(item, f"{path}.{key}")


def _each(item: list[Any] | dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(item, dict):
        yield path, item
    else:
        yield from ((f"{path}[{i}]", one) for i, one in enumerate(item) if isinstance(one, dict))


def _container(one: Mapping[str, Any], path: str, volumes: Mapping[str, Mapping[str, Any]]) -> Container:
    words = tuple(
        (f"{path}.{part}[{i}]", text)
        for part in ("command", "args")
        for i, text in enumerate(_listed(one.get(part)))
        if isinstance(text, str)
    )
    env = tuple(
        (f"{path}.env[{i}]", e["name"], str(e.get("value") or ""))
        for i, e in enumerate(_listed(one.get("env")))
        if isinstance(e, dict) and isinstance(e.get("name"), str)
    )
    ports = tuple(
        (f"{path}.ports[{i}].containerPort", p["containerPort"])
        for i, p in enumerate(_listed(one.get("ports")))
        if isinstance(p, dict) and isinstance(p.get("containerPort"), int)
    )
    mounts = tuple(
        (str(m.get("mountPath") or ""), str(m.get("name") or ""))
        for m in _listed(one.get("volumeMounts"))
        if isinstance(m, dict)
    )
    image = one.get("image")
    return Container(
        path, image if isinstance(image, str) else "", words, env, ports, mounts, volumes, _asks(one, path)
    )


def _asks(one: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Where it asks for accelerators, if it does: devices, or a claim of some."""
    resources = one.get("resources") or {}
    for part in ("limits", "requests"):
        for name in (resources.get(part) or {}) if isinstance(resources, dict) else ():
            if name in EXTENDED_RESOURCES:
                return {"path": f'{path}.resources.{part}["{name}"]', "value": str(resources[part][name])}
    return {"path": f"{path}.resources.claims", "value": "claims"} if resources.get("claims") else {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def repository(image: str) -> str:
    """Path of an image in its registry: "nvcr.io/nvidia/pytorch:26.08-py3" -> "nvidia/pytorch"; of Docker Hub's own images,
    "library/NAME"."""
    head = image.partition("@")[0]
    first, _, rest = head.partition("/")
    path = rest if rest and (("." in first) or (":" in first) or first == "localhost") else head
    path = re.sub(r":[^/]*$", "", path)
    return path if "/" in path or image_name(image) is None or path != head.partition(":")[0] else f"library/{path}"


def _products(obj: Json) -> Iterator[Found]:
    labels = _labels(obj)
    everything = list(containers(obj))
    for one in everything:
        for software in SOFTWARE:
            strong, weak, support = [], [], []
            if software.image and one.image and software.image.search(repository(one.image)):
                strong.append({"path": f"{one.path}.image", "value": one.image})
            if software.command and (at := _said(software.command, one.words)):
                strong.append(at)
            if software.env:
                weak += [{"path": f"{p}.name", "value": n} for p, n, _ in one.env if software.env.match(n)][:3]
            if software.label and len(everything) == 1:
                weak += [{"path": p, "value": v} for p, v in labels if v == software.label]
            support += [{"path": p, "value": n} for p, n in one.ports if n in software.ports]
            if strong or weak:
                yield Found(software, HIGH if strong else MEDIUM, tuple(strong + weak + support), one)


def _labels(obj: Json) -> list[tuple[str, str]]:
    metadata = obj.get("metadata") or {}
    labels = metadata.get("labels") or {}
    names = ("app.kubernetes.io/name", "app.kubernetes.io/component", "app")
    return [(f'$.metadata.labels["{n}"]', labels[n]) for n in names if isinstance(labels.get(n), str)]


def _said(pattern: re.Pattern[str], words: Iterable[tuple[str, str]]) -> dict[str, Any] | None:
    """The first place whose words, alone or with those that follow, say it."""
    listed = list(words)
    line = " ".join(text for _, text in listed)
    found = pattern.search(line)
    if not found:
        return None
    start, reached = found.start(), 0
    for path, text in listed:
        reached += len(text) + 1
        if start < reached:
            return {"path": path, "value": found[0].strip()}
    return None


def _type(obj: Json, group: str, kind: str, found: list[Found]) -> tuple[str, str, list[dict[str, Any]]]:
    if by_kind := BY_KIND.get((group, kind)):
        return by_kind, HIGH, []
    everything = list(containers(obj))
    for one in everything:
        if at := _said(_IDLE, one.words):
            return INTERACTIVE, HIGH, [at]
    named = [f for f in found if f.software.type]
    main = [f for f in named if not f.software.beside] or (
        named if len({f.container.path for f in named}) == len(everything) else []
    )
    sure = max(main, key=lambda f: _RANK[f.confidence], default=None)
    if sure and sure.confidence == HIGH:
        return sure.software.type, HIGH, list(sure.evidence)
    if spoken := _words(obj, everything):
        return spoken[0], MEDIUM, [spoken[1]]
    if sure:
        return sure.software.type, sure.confidence, list(sure.evidence)
    asking = next((c for c in everything if c.asks), None)
    if asking and (group, kind) in _RUNS_TO_AN_END:
        return TRAINING, LOW, [asking.asks]
    if asking and (group, kind) in _SERVES:
        return INFERENCE, LOW, [asking.asks]
    return "", "", []


def _words(obj: Json, everything: list[Container]) -> tuple[str, dict[str, Any]] | None:
    """What its own name, its images and the scripts that it runs are called."""
    texts = [("$.metadata.name", str((obj.get("metadata") or {}).get("name") or ""))]
    texts += [(f"{c.path}.image", repository(c.image).rpartition("/")[2]) for c in everything if c.image]
    entry = read(obj, "spec.entrypoint")
    texts += [("$.spec.entrypoint", name) for name in _scripts(entry)] if isinstance(entry, str) else []
    texts += [(path, name) for c in everything for path, text in c.words for name in _scripts(text)]
    for type_, pattern in _WORDS:
        whole = re.compile(rf"(?:^|[^a-z])(?:{pattern.pattern})(?=$|[^a-z])")
        for path, text in texts:
            if whole.search(text.lower()):
                return type_, {"path": path, "value": text}
    return None


def _scripts(text: str) -> list[str]:
    return re.findall(r"([\w.-]+)\.(?:py|sh|ipynb|jl|R)\b", text) + re.findall(r"(?<=-m )[\w.]+", text)


def _models(found: Found, obj: Json, cluster: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """(model as said, link to where it comes from) for every flag and variable that says which model is loaded."""
    one, software = found.container, found.software
    for flag in software.models:
        for path, value in _values(flag, one):
            value = value.strip("\"'")
            if value and not value.startswith(("-", "$")) and "\n" not in value:
                yield value, _source(value, path, one, software.hub, obj, cluster)


def _values(flag: str, one: Container) -> Iterator[tuple[str, str]]:
    if re.fullmatch(r"[A-Z][A-Z_]+", flag):
        yield from ((f"{path}.value", value) for path, name, value in one.env if name == flag and value)
        return
    words = [(path, word) for path, text in one.words for word in (text.split() if " " in text else [text])]
    steps = flag.split(" ")
    for i, (path, word) in enumerate(words):
        if word.startswith(f"{flag}=") and flag.startswith("-"):
            yield path, word.partition("=")[2]
        elif [w.rpartition("/")[2] for _, w in words[i : i + len(steps)]] == steps and i + len(steps) < len(words):
            yield words[i + len(steps)]


_BUCKETS = ("csi.volumeAttributes.bucketName", "gcs.bucket")
"""Where a volume says the Cloud Storage bucket that it shows. Source: run v1, Volume.csi; run v2, Volume.gcs; GKE documentation, "Mount
Cloud Storage buckets as CSI ephemeral volumes"; read 2026-11-24."""
_HUB = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")


def _source(value: str, path: str, one: Container, hub: bool, obj: Json, cluster: str) -> dict[str, Any] | None:
    """Where a model comes from: a store, a hub, or the volume on which its path lies."""
    at: dict[str, Any] = {"path": path, "verb": "loads", "value": value}
    if "://" in value:
        name = uri_name(value)
        return at | {"key": name.key, "target": name.target, "provider": name.provider} if name else None
    if value.startswith("/"):
        volume = one.volumes.get(_volume(value, one.mounts) or "")
        bucket = next((b for b in (read(volume, path) for path in _BUCKETS) if isinstance(b, str)), None)
        if bucket and (name := uri_name(f"gs://{bucket}")):
            return at | {"key": name.key, "target": name.target, "provider": name.provider}
        claim = ((volume or {}).get("persistentVolumeClaim") or {}).get("claimName")
        namespace = (obj.get("metadata") or {}).get("namespace")
        if isinstance(claim, str) and claim and namespace:
            key = kubernetes_id(cluster, "", "PersistentVolumeClaim", namespace, claim)
            return at | {"key": key, "target": "k8s.persistent_volume_claim"}
        return None
    if hub and _HUB.fullmatch(value) and (name := uri_name(f"hf://{value}")):
        return at | {"key": name.key, "target": name.target, "provider": name.provider}
    return None


def _volume(path: str, mounts: Iterable[tuple[str, str]]) -> str | None:
    """The volume that is mounted closest above a path."""
    above = [(len(at), name) for at, name in mounts if at and (path == at or path.startswith(at.rstrip("/") + "/"))]
    return max(above)[1] if above else None
