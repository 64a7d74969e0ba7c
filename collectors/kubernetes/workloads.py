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
            groups, hosts = _count(worker.get("replicas"), None), _count(worker.get("numOfHosts"), 1) or 1
            yield None if groups is None else groups * hosts, read(worker, "template.spec")

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


def _knative(obj: Json) -> Iterator[Group]:
    """How many run is the autoscaler's choice, unless its bounds leave none. Source: knative.dev, "Configuring scale bounds", read
    2026-11-24."""
    notes = read(obj, "spec.template.metadata.annotations")
    bounds = {_bound(notes, "min-scale"), _bound(notes, "max-scale")} if isinstance(notes, dict) else {None}
    yield bounds.pop() if len(bounds) == 1 else None, read(obj, _TEMPLATE)


def _bound(notes: Mapping[str, Any], name: str) -> int | None:
    text = str(notes.get(f"autoscaling.knative.dev/{name}") or "")
    return int(text) if text.isdigit() else None


def _llm(obj: Json) -> Iterator[Group]:
    """A decode workload and, where it is split off, one of prefill. With `worker`, a replica is a group of pods whose number follows
    from the parallelism, so it is not known here.

    Source: kserve/kserve at 01bfd23, pkg/apis/serving/v1alpha1/llm_inference_service_types.go, read 2026-11-24.
    """
    spec = obj.get("spec") or {}
    for part in (spec, spec.get("prefill")):
        if isinstance(part, dict):
            fixed = (
                None if "scaling" in part or isinstance(part.get("worker"), dict) else _count(part.get("replicas"), 1)
            )
            yield fixed, part.get("template", MISSING)
            if isinstance(part.get("worker"), dict):
                yield None, part["worker"]


def _nim(obj: Json) -> Iterator[Group]:
    """The pod is written as parts of the object. Source: NVIDIA/k8s-nim-operator at f63f74d, apps.nvidia.com_nimservices.yaml, read
    2026-11-24."""
    spec = obj.get("spec") or {}
    scaled = read(spec, "scale.enabled") is True or isinstance(spec.get("multiNode"), dict)
    pod = {k: spec[k] for k in ("tolerations", "nodeSelector", "initContainers") if k in spec}
    container = {k: spec[k] for k in ("resources", "env", "command", "args") if k in spec}
    claims = {"resourceClaims": spec["draResources"]} if spec.get("draResources") else {}
    yield None if scaled else _count(spec.get("replicas"), 1), {**pod, **claims, "containers": [container]}


def _dynamo(obj: Json) -> Iterator[Group]:
    """Components: by name with `extraPodSpec` and devices under the key "gpu" (v1alpha1), as a list with a pod template (v1beta1).

    Source: ai-dynamo/dynamo, examples/backends/vllm/deploy/disagg.yaml at 0044eb9 and the guide of its mocker (v1beta1), read 2026-11-24.
    """
    spec = obj.get("spec") or {}
    for one in (spec.get("services") or {}).values():
        nodes = _count(read(one, "multinode.nodeCount"), 1) or 1
        replicas = _count(one.get("replicas"), 1)
        pod = one.get("extraPodSpec") or {}
        limits = (
            {**(read(one, "resources.requests") or {}), **(read(one, "resources.limits") or {})}
            if "resources" in one
            else {}
        )
        asked = {"nvidia.com/gpu": limits["gpu"]} if "gpu" in limits else {}
        main = {**(pod.get("mainContainer") or {}), "resources": {"limits": asked}}
        yield None if replicas is None else replicas * nodes, {**pod, "containers": [main]}
    for one in spec.get("components") or []:
        replicas, nodes = _count(one.get("replicas"), 1), _count(read(one, "multinode.nodeCount"), 1) or 1
        yield None if replicas is None else replicas * nodes, read(one, "podTemplate.spec")


def _flink(obj: Json) -> Iterator[Group]:
    """Task managers follow from the parallelism and the slots of each, unless they are a number. Source: apache/flink-kubernetes-operator at
    6e9caeb, definition of FlinkDeployment, read 2026-11-24."""
    shared = read(obj, "spec.podTemplate.spec")
    for role, default in (("jobManager", 1), ("taskManager", None)):
        own = read(obj, f"spec.{role}.podTemplate.spec")
        pod = own if isinstance(own, dict) else shared
        yield _count(read(obj, f"spec.{role}.replicas"), default), pod if isinstance(pod, dict) else {"containers": []}


def _slinky(obj: Json) -> Iterator[Group]:
    """The daemon's container is apart from the pod that is around it. Source: SlinkyProject/slurm-operator at f2ed3fc,
    slinky.slurm.net_nodesets.yaml, read 2026-11-24."""
    daemon, pod = read(obj, "spec.slurmd"), read(obj, _TEMPLATE)
    around = pod if isinstance(pod, dict) else {}
    containers = [c for c in (daemon, *(around.get("containers") or [])) if isinstance(c, dict)]
    replicas = None if read(obj, "spec.scalingMode") == "DaemonSet" else _count(read(obj, "spec.replicas"), 1)
    yield replicas, {**around, "containers": containers}


def _storm(obj: Json) -> Iterator[Group]:
    """Replicas of a set of roles, each with its own replicas. Source: vllm-project/aibrix at e3e10f9, StormService, read 2026-11-24."""
    sets = _count(read(obj, "spec.replicas"), 1)
    roles = read(obj, "spec.template.spec.roles")
    for role in roles if isinstance(roles, list) else []:
        each = _count(role.get("replicas"), 1)
        grouped = "podGroupSize" in role
        yield None if sets is None or each is None or grouped else sets * each, read(role, "template.spec")


def _ray_fleet(obj: Json) -> Iterator[Group]:
    fleet = _count(read(obj, "spec.replicas"), 1)
    for pods, spec in _ray("spec.template.spec")(obj):
        yield None if fleet is None or pods is None else fleet * pods, spec


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
    ("kubeflow.org", "JAXJob"): _named_replicas("jaxReplicaSpecs"),
    ("kubeflow.org", "PaddleJob"): _named_replicas("paddleReplicaSpecs"),
    ("jobset.x-k8s.io", "JobSet"): _job_set,
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): _leader_worker_set,
    ("kubeflow.org", "Notebook"): _notebook,
    ("trainer.kubeflow.org", "TrainJob"): _train,
    ("ray.io", "RayCluster"): _ray("spec"),
    ("ray.io", "RayJob"): _ray("spec.rayClusterSpec"),
    ("ray.io", "RayService"): _ray("spec.rayClusterConfig"),
    ("ray.io", "RayCronJob"): _ray("spec.jobTemplate.rayClusterSpec"),
    ("orchestration.aibrix.ai", "RayClusterFleet"): _ray_fleet,
    ("orchestration.aibrix.ai", "StormService"): _storm,
    ("argoproj.io", "Rollout"): _at("spec.replicas", _TEMPLATE, 1),
    ("serving.knative.dev", "Service"): _knative,
    ("serving.kserve.io", "LLMInferenceService"): _llm,
    ("apps.nvidia.com", "NIMService"): _nim,
    ("nvidia.com", "DynamoGraphDeployment"): _dynamo,
    ("flink.apache.org", "FlinkDeployment"): _flink,
    ("slinky.slurm.net", "NodeSet"): _slinky,
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
