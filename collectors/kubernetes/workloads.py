"""What workloads ask for: replicas, images, accelerators. Pure.

Owns where each kind of workload keeps its pod templates. An accelerator count that depends on something outside of the object
(a resource claim, an autoscaler, a training runtime) stays unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from collectors.kubernetes.placement import asks
from collectors.recognition import BY_KIND
from normalize.accelerators import EXTENDED_RESOURCES
from normalize.errors import MappingError
from normalize.mapping import MISSING, read
from normalize.model import Json
from normalize.units import quantity

Group = tuple[int | None, Json]
"""Replicas wanted (None: not said by the object) and their pod specification."""


def asked_by_container(container: Mapping[str, Any]) -> int:
    """Devices that one container asks for. For extended resources, requests and limits are equal where both stand."""
    resources = container.get("resources") or {}
    asked = {**(resources.get("requests") or {}), **(resources.get("limits") or {})}
    return sum(int(quantity(v)) for k, v in asked.items() if k in EXTENDED_RESOURCES)


def asked_by_pod(spec: Json) -> int | None:
    """Devices that one pod holds: the larger of all that run together and of any init container with the sidecars that were
    started before it; None when it claims devices through resource claims, whose number stands elsewhere.

    Source: kubernetes/component-helpers at 1961876, resource/helpers.go, aggregateContainerResourcesByFn, read 2026-11-24.
    """
    if not isinstance(spec, dict) or spec.get("resourceClaims"):
        return None
    sidecars = most = 0
    for init in (c for c in spec.get("initContainers") or [] if isinstance(c, dict)):
        asked = asked_by_container(init)
        most = max(most, sidecars + asked)
        sidecars += asked if init.get("restartPolicy") == "Always" else 0
    return max(most, sidecars + sum(asked_by_container(c) for c in spec.get("containers") or [] if isinstance(c, dict)))


def images(value: Json) -> list[str]:
    """Images of all containers in an object, at any depth, without repetition."""
    return sorted(set(_images(value)))


def _images(value: Json) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _images(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "image" and isinstance(item, str) and item:
                yield item
            elif isinstance(item, dict | list) and key != "status":
                yield from _images(item)


def _at(path_of_replicas: str, path_of_spec: str, default: int | None = None) -> Callable[[Json], Iterator[Group]]:
    def groups(obj: Json) -> Iterator[Group]:
        yield _count(read(obj, path_of_replicas), default), read(obj, path_of_spec)

    return groups


def _count(value: Any, default: int | None) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _named_replicas(field: str) -> Callable[[Json], Iterator[Group]]:
    def groups(obj: Json) -> Iterator[Group]:
        for one in ((obj.get("spec") or {}).get(field) or {}).values():
            yield _count(one.get("replicas"), 1), read(one, "template.spec")

    return groups


def _ray(path: str) -> Callable[[Json], Iterator[Group]]:
    def groups(obj: Json) -> Iterator[Group]:
        cluster = read(obj, path)
        if not isinstance(cluster, dict):
            return
        yield 1, read(cluster, "headGroupSpec.template.spec")
        for worker in cluster.get("workerGroupSpecs") or []:
            yield _count(worker.get("replicas"), None), read(worker, "template.spec")

    return groups


def _notebook(obj: Json) -> Iterator[Group]:
    stopped = "kubeflow-resource-stopped" in ((obj.get("metadata") or {}).get("annotations") or {})
    yield 0 if stopped else 1, read(obj, "spec.template.spec")


def _volcano(obj: Json) -> Iterator[Group]:
    for task in (obj.get("spec") or {}).get("tasks") or []:
        yield _count(task.get("replicas"), 1), read(task, "template.spec")


def _inference(obj: Json) -> Iterator[Group]:
    """The model's own container is not in `containers`; how many replicas run is the autoscaler's choice."""
    predictor = read(obj, "spec.predictor")
    if not isinstance(predictor, dict):
        return
    least, most = predictor.get("minReplicas"), predictor.get("maxReplicas")
    containers = [c for c in (predictor.get("model"), *(predictor.get("containers") or [])) if isinstance(c, dict)]
    yield least if least == most and isinstance(least, int) else None, predictor | {"containers": containers}


def _train(obj: Json) -> Iterator[Group]:
    """Without resourcesPerNode, the training runtime decides."""
    trainer = read(obj, "spec.trainer")
    if isinstance(trainer, dict) and isinstance(trainer.get("resourcesPerNode"), dict):
        yield _count(trainer.get("numNodes"), 1), {"containers": [{"resources": trainer["resourcesPerNode"]}]}
    else:
        yield None, None


def _spark(obj: Json) -> Iterator[Group]:
    for role, replicas in (("driver", 1), ("executor", read(obj, "spec.executor.instances"))):
        gpu = read(obj, f"spec.{role}.gpu")
        asked = {gpu["name"]: gpu["quantity"]} if isinstance(gpu, dict) and "name" in gpu and "quantity" in gpu else {}
        pod = read(obj, f"spec.{role}")
        pod = pod if isinstance(pod, dict) else {}
        container = {k: pod[k] for k in ("env", "envFrom") if k in pod} | {"resources": {"limits": asked}}
        yield (
            _count(replicas, None),
            pod | {"volumes": (obj.get("spec") or {}).get("volumes"), "containers": [container]},
        )


def _job_set(obj: Json) -> Iterator[Group]:
    """Source: the type ReplicatedJob of sigs.k8s.io/jobset, api/jobset/v1alpha2; replicas and parallelism default to 1; read
    2026-11-24."""
    for job in (obj.get("spec") or {}).get("replicatedJobs") or []:
        each = _count(read(job, "template.spec.parallelism"), 1)
        jobs = _count(job.get("replicas"), 1)
        yield None if each is None or jobs is None else each * jobs, read(job, "template.spec.template.spec")


def _leader_worker_set(obj: Json) -> Iterator[Group]:
    """Groups of one leader and size - 1 workers; without a template of its own, the leader has the workers'."""
    spec = obj.get("spec") or {}
    template = spec.get("leaderWorkerTemplate") or {}
    groups, size = _count(spec.get("replicas"), 1) or 0, _count(template.get("size"), 1) or 1
    worker = read(template, "workerTemplate.spec")
    leader = read(template, "leaderTemplate.spec")
    yield groups, worker if leader is MISSING or leader is None else leader
    yield groups * (size - 1), worker


_TEMPLATE = "spec.template.spec"
GROUPS: Mapping[tuple[str, str], Callable[[Json], Iterator[Group]]] = {
    ("apps", "Deployment"): _at("spec.replicas", _TEMPLATE, 1),
    ("apps", "StatefulSet"): _at("spec.replicas", _TEMPLATE, 1),
    ("apps", "ReplicaSet"): _at("spec.replicas", _TEMPLATE, 1),
    ("", "ReplicationController"): _at("spec.replicas", _TEMPLATE, 1),
    ("apps", "DaemonSet"): _at("status.desiredNumberScheduled", _TEMPLATE),
    ("batch", "Job"): _at("spec.parallelism", _TEMPLATE, 1),
    ("batch", "CronJob"): _at("spec.jobTemplate.spec.parallelism", "spec.jobTemplate.spec.template.spec", 1),
    ("kubeflow.org", "PyTorchJob"): _named_replicas("pytorchReplicaSpecs"),
    ("kubeflow.org", "TFJob"): _named_replicas("tfReplicaSpecs"),
    ("kubeflow.org", "MPIJob"): _named_replicas("mpiReplicaSpecs"),
    ("kubeflow.org", "XGBoostJob"): _named_replicas("xgbReplicaSpecs"),
    ("jobset.x-k8s.io", "JobSet"): _job_set,
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): _leader_worker_set,
    ("kubeflow.org", "Notebook"): _notebook,
    ("trainer.kubeflow.org", "TrainJob"): _train,
    ("ray.io", "RayCluster"): _ray("spec"),
    ("ray.io", "RayJob"): _ray("spec.rayClusterSpec"),
    ("ray.io", "RayService"): _ray("spec.rayClusterConfig"),
    ("batch.volcano.sh", "Job"): _volcano,
    ("serving.kserve.io", "InferenceService"): _inference,
    ("sparkoperator.k8s.io", "SparkApplication"): _spark,
}


_BY_RUNTIME = frozenset({("trainer.kubeflow.org", "TrainJob")})
"""Types whose pods are made up elsewhere: by a training runtime."""


def facts(obj: Json, group: str, kind: str) -> dict[str, Any]:
    """`desired_count`, `accelerator_requested_count` and `images` of a workload, and what its pods ask of their cluster, as far
    as the object says."""
    out: dict[str, Any] = {"images": images(obj)}
    groups = list(GROUPS[group, kind](obj))
    specs = [spec for _, spec in groups if isinstance(spec, dict)]
    if specs and len(specs) == len(groups) and (group, kind) not in _BY_RUNTIME:
        out |= asks(obj, specs)
    counts = [replicas for replicas, _ in groups]
    if groups and None not in counts:
        out["desired_count"] = sum(c for c in counts if c is not None)
    try:
        asked = [_product(replicas, asked_by_pod(spec)) for replicas, spec in groups if spec is not MISSING]
    except MappingError:
        return out
    if asked and None not in asked:
        out["accelerator_requested_count"] = sum(a for a in asked if a is not None)
    return out


def _product(replicas: int | None, each: int | None) -> int | None:
    if each == 0 or replicas == 0:
        return 0
    return None if replicas is None or each is None else replicas * each


def pod_facts(pod: Json) -> dict[str, Any]:
    """What the row k8s.pod reads that no single field holds."""
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    statuses = status.get("containerStatuses") or []
    out: dict[str, Any] = {
        "images": images(spec),
        "container_names": [c["name"] for c in spec.get("containers") or []],
        "privileged": any(
            (c.get("securityContext") or {}).get("privileged") is True
            for c in [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
        ),
        "host_network": bool(spec.get("hostNetwork")),
    }
    if status.get("phase") in ("Running", "Pending") and not out["host_network"]:
        # A finished pod's address may be another's by now, and that of a pod on the host's network is the host's.
        out["addresses"] = [p["ip"] for p in status.get("podIPs") or []]
    if statuses:
        out["restart_count"] = sum(int(s.get("restartCount") or 0) for s in statuses)
    try:
        asked = asked_by_pod(spec)
    except MappingError:
        asked = None
    if asked is not None:
        out["accelerator_requested_count"] = asked
    return out


RECOGNISED = frozenset({*GROUPS, *BY_KIND, ("", "Pod")})
"""Types of which it is asked what they run; what a controller made is its controller's."""
