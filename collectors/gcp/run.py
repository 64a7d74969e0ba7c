"""Cloud Run: services, jobs and worker pools.

Its API says the same in two shapes: version 1 as Knative does (metadata, spec, status), version 2 plainly. Cloud Asset Inventory's
documentation does not say which one it gives ("API reference", "Asset types", read 2026-11-24), so both are read; what a row takes
lies under "$Run" in either case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from collectors.gcp.accelerators import named, shown
from collectors.gcp.databases import cloud_sql
from collectors.gcp.metrics import Question, Traffic
from collectors.gcp.rows import Asset, row
from collectors.gcp.values import completed, everybody, holders, members, seconds
from collectors.recognition import recognise
from collectors.traffic import CLIENT_ERRORS, ERRORS, LATENCY, MEASURED
from normalize.mapping import LINKS, MISSING, read
from normalize.model import Alias, Category, Field, Link, Path
from normalize.units import instant, integer, quantity

RUN = "$Run"
_NOTES = "run.googleapis.com"
_SCALE = "autoscaling.knative.dev"
_GPU = "nvidia.com/gpu"


def _first(found: Any, *paths: Path) -> Any:
    """The first value that there is."""
    values = (read(found, path) for path in paths)
    return next((value for value in values if value is not MISSING and value is not None), None)


def _knative(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What version 1 says. Source: run v1, RevisionTemplate, Job; its annotations under ObjectMeta.annotations; read 2026-11-24."""
    outer = payload["spec"]["template"]
    notes = {**(payload["metadata"].get("annotations") or {}), **(_first(outer, "metadata.annotations") or {})}
    inner = _first(outer, "spec.template.spec", "spec") or {}
    note = {key.removeprefix(f"{_NOTES}/"): value for key, value in notes.items()}
    status = payload.get("status") or {}
    ready: Mapping[str, Any] = next((c for c in status.get("conditions") or () if c.get("type") == "Ready"), {})
    return {
        "Name": payload["metadata"]["name"],
        "Labels": payload["metadata"].get("labels"),
        "Created": payload["metadata"].get("creationTimestamp"),
        "State": ready.get("status"),
        "Reason": ready.get("message"),
        "Uri": status.get("url"),
        "Description": note.get("description"),
        "Ingress": note.get("ingress"),
        "Key": note.get("encryption-key"),
        "Connector": note.get("vpc-access-connector"),
        "Interfaces": json.loads(note.get("network-interfaces") or "[]"),
        "Databases": [name for name in str(note.get("cloudsql-instances") or "").split(",") if name],
        "Secrets": dict(pair.split(":", 1) for pair in str(note.get("secrets") or "").split(",") if ":" in pair),
        "Least": notes.get(f"{_SCALE}/minScale") or note.get("minScale"),
        "Most": notes.get(f"{_SCALE}/maxScale") or note.get("maxScale"),
        "Accelerator": (inner.get("nodeSelector") or {}).get(f"{_NOTES}/accelerator"),
        "Account": inner.get("serviceAccountName"),
        "Concurrency": inner.get("containerConcurrency"),
        "Timeout": inner.get("timeoutSeconds"),
        "Retries": inner.get("maxRetries"),
        "Containers": inner.get("containers") or [],
        "Volumes": inner.get("volumes") or [],
        "Traffic": _first(payload, "status.traffic", "spec.traffic") or [],
        "Tasks": _first(outer, "spec.taskCount"),
        "Parallel": _first(outer, "spec.parallelism"),
        "Executions": status.get("executionCount"),
        "Latest": status.get("latestCreatedExecution"),
    }


def _plain(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What version 2 says. Source: run v2, Service, Job, WorkerPool, read 2026-11-24."""
    outer = payload["template"]
    inner = outer.get("template") or outer
    return {
        "Name": payload["name"].rpartition("/")[2],
        "Labels": payload.get("labels"),
        "Created": payload.get("createTime"),
        "Modified": payload.get("updateTime"),
        "State": _first(payload, "terminalCondition.state"),
        "Reason": _first(payload, "terminalCondition.message"),
        "Uri": payload.get("uri"),
        "Description": payload.get("description"),
        "Ingress": payload.get("ingress"),
        "Key": inner.get("encryptionKey"),
        "Connector": _first(inner, "vpcAccess.connector"),
        "Interfaces": _first(inner, "vpcAccess.networkInterfaces") or [],
        "Databases": [
            name for volume in inner.get("volumes") or () for name in _first(volume, "cloudSqlInstance.instances") or ()
        ],
        "Least": _first(payload, "template.scaling.minInstanceCount", "scaling.minInstanceCount"),
        "Most": _first(payload, "template.scaling.maxInstanceCount", "scaling.maxInstanceCount"),
        "Manual": _first(payload, "scaling.manualInstanceCount"),
        "Accelerator": _first(inner, "nodeSelector.accelerator"),
        "Account": inner.get("serviceAccount"),
        "Concurrency": inner.get("maxInstanceRequestConcurrency"),
        "Timeout": inner.get("timeout"),
        "Retries": inner.get("maxRetries"),
        "Containers": inner.get("containers") or [],
        "Volumes": inner.get("volumes") or [],
        "Traffic": payload.get("trafficStatuses") or payload.get("traffic") or [],
        "Tasks": outer.get("taskCount"),
        "Parallel": outer.get("parallelism"),
        "Executions": payload.get("executionCount"),
        "Latest": payload.get("latestCreatedExecution"),
    }


def _of_run(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The one shape, with full names of what it uses, and without environments."""
    told = _knative(payload) if "spec" in payload else _plain(payload)
    asset = payload["$asset"]
    aliases, containers, volumes = told.pop("Secrets", {}), told.pop("Containers"), told.pop("Volumes")
    account = f"//secretmanager.googleapis.com/projects/{asset['project']}/secrets/"
    secrets = [aliases.get(name, name) for name in (*_keyed(containers), *_mounted(volumes))]
    told |= {
        "Containers": [_container(c) for c in containers],
        "Volumes": [found for volume in volumes if (found := _volume(volume))],
        "FilledFrom": holders(name if "/" in name else f"{account}{name}" for name in secrets),
        "Databases": [cloud_sql(name) for name in told["Databases"]],
        "Subnetworks": [
            completed(asset, i["subnetwork"], "subnetworks") for i in told["Interfaces"] if i.get("subnetwork")
        ],
        "Networks": [completed(asset, i["network"], "networks") for i in told["Interfaces"] if i.get("network")],
    }
    told |= recognised(payload, told["Name"])
    return {LINKS: told.pop("links", []), RUN: {key: value for key, value in told.items() if value is not None}}


_SORTS = {"Service": ("serving.knative.dev", "Service"), "Job": ("batch", "Job")}


def recognised(payload: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What it is for, as of a workload of Kubernetes: a service of Cloud Run is one of Knative."""
    sort = _SORTS.get(payload["$asset"]["type"].rpartition("/")[2], ("", ""))
    return recognise({"metadata": {"name": name}, **payload}, *sort, "")


def _keyed(containers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Secrets that environments are filled from."""
    for variable in (v for c in containers for v in c.get("env") or ()):
        if name := _first(variable, "valueFrom.secretKeyRef.name", "valueSource.secretKeyRef.secret"):
            yield name


def _mounted(volumes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for volume in volumes:
        if name := _first(volume, "secret.secretName", "secret.secret"):
            yield name


def _container(container: Mapping[str, Any]) -> dict[str, Any]:
    limits = _first(container, "resources.limits")
    told = {"name": container.get("name"), "image": container.get("image"), "limits": limits}
    return {key: value for key, value in told.items() if value}


def _volume(volume: Mapping[str, Any]) -> dict[str, Any] | None:
    """What backs a volume that outlives its container."""
    bucket = _first(volume, "csi.volumeAttributes.bucketName", "gcs.bucket")
    server = _first(volume, "nfs.server")
    files = _first(volume, "filestore.volume")
    backed = {
        "bucket": bucket and f"gs://{bucket}",
        "nfs": server and f"{server}:{_first(volume, 'nfs.path') or '/'}",
        "filestore": files,
    }
    found = {key: value for key, value in backed.items() if value}
    return {"name": volume.get("name"), **found} if found else None


def _of_mapping(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """The service that a host name leads to."""
    asset = mapping["$asset"]
    head = f"//run.googleapis.com/projects/{asset['project']}/locations/{asset['location']}"
    return {"$Service": f"{head}/services/{mapping['spec']['routeName']}"}


def _ready(conditions: Any) -> Any:
    return next((c["status"] for c in conditions if c.get("type") == "Ready"), MISSING)


def _gpus(run: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Accelerators of one instance; [] where none is asked for, None where it is not said which."""
    counts = [_first(c, ("limits", _GPU)) for c in run.get("Containers") or ()]
    count = sum(int(c) for c in counts if c)
    if not count and not run.get("Accelerator"):
        return []
    return [named(run["Accelerator"], count or 1)] if run.get("Accelerator") else None


_ACCELERATORS = shown(_gpus)


def _limit(key: str, unit: type[int] | type[float]) -> Callable[[Any], Any]:
    """What all containers of an instance may use together."""

    def total(containers: Any) -> Any:
        found = [f for c in containers if (f := _first(c, f"limits.{key}"))]
        return unit(sum(map(quantity, found))) if found else MISSING

    return total


def _share(target: Mapping[str, Any]) -> dict[str, Any]:
    """A revision and its share of the traffic."""
    newest = target.get("latestRevision") or str(target.get("type", "")).endswith("_LATEST")
    name = target.get("revisionName") or target.get("revision") or ("latest" if newest else None)
    told = {"name": name, "weight": (target.get("percent") or 0) / 100, "tag": target.get("tag")}
    return {key: value for key, value in told.items() if value is not None}


def _shares(traffic: Any) -> Any:
    return [_share(target) for target in traffic] or MISSING


def _seconds(value: Any) -> int:
    """Seconds as version 1 writes them (300, "300") or version 2 ("300s")."""
    return seconds(value) if str(value).endswith("s") else integer(value)


def _labels(*names: str) -> tuple[str, ...]:
    return tuple(f"resource.label.{name}" for name in names)


def _of_service(metric: str, also: str = "") -> Question:
    """Source: Cloud Monitoring documentation, "Google Cloud metrics", run; "Monitored resource types", cloud_run_revision; read
    2026-11-24."""
    return Question(
        f"run.googleapis.com/{metric}",
        _labels("location", "service_name"),
        ("$asset.location", f"{RUN}.Name"),
        also=also,
    )


def _class(word: str) -> str:
    return f'metric.label.response_code_class = "{word}"'


_REQUESTS = Traffic(
    _of_service("request_count"),
    latency=_of_service("request_latencies"),
    errors=_of_service("request_count", _class("5xx")),
    client_errors=_of_service("request_count", _class("4xx")),
)

_COMMON: Mapping[str, Path | Field] = {
    "name": f"{RUN}.Name",
    "state": f"{RUN}.State",
    "failure_reason": f"{RUN}.Reason",
    "image": f"{RUN}.Containers[0].image",
    "containers": f"{RUN}.Containers",
    "volumes": f"{RUN}.Volumes",
    "cpu_limit_count": Field(f"{RUN}.Containers", _limit("cpu", float)),
    "memory_bytes": Field(f"{RUN}.Containers", _limit("memory", int)),
    **{k: f"{RUN}.{k}" for k in ("workload_type", "workload_type_confidence", "software", "models", "recognition")},
    "service_account": f"{RUN}.Account",
    "encryption_key": f"{RUN}.Key",
    "created_at": Field(f"{RUN}.Created", instant),
    "accelerators": Field(RUN, _ACCELERATORS["accelerators"]),
    "accelerator_count": Field(RUN, _ACCELERATORS["accelerator_count"]),
    "accelerator_memory_bytes": Field(RUN, _ACCELERATORS["accelerator_memory_bytes"]),
}


_LINKS = (
    Link("assumes", "gcp.iam.service_account", f"{RUN}.Account"),
    Link("encrypted_by", "gcp.cloudkms.crypto_key", f"{RUN}.Key"),
    Link("runs_in", "gcp.compute.network", f"{RUN}.Networks[]"),
    Link("runs_in", "gcp.compute.subnetwork", f"{RUN}.Subnetworks[]"),
    Link("uses", "gcp.secretmanager.secret", f"{RUN}.FilledFrom[].name"),
    Link("uses", "gcp.sqladmin.instance", f"{RUN}.Databases[]"),
    Link("mounts", "gcp.storage.bucket", f"{RUN}.Volumes[].bucket"),
)
_CONTAINERS = ("spec.template.spec", "spec.template.spec.template.spec", "template", "template.template")
_SENSITIVE = frozenset(f"{path}.containers[].env" for path in _CONTAINERS)
_DRIVERS = frozenset(f"{path}.volumes[].csi.driver" for path in _CONTAINERS)
_QUIET = _DRIVERS | frozenset(
    {RUN, LINKS, "name", "uri", "urls", "status", "metadata.selfLink", "metadata.namespace", "trafficStatuses"}
)

KINDS = (
    row(
        Category.WORKLOAD,
        Asset(
            ("run.googleapis.com/Service",),
            "run.v1.Service",
            "//run.googleapis.com/projects/PROJECT_ID/locations/LOCATION/services/SERVICE",
            iam=True,
            derive=_of_run,
            lookups=(_REQUESTS,),
        ),
        {
            **_COMMON,
            "description": f"{RUN}.Description",
            "endpoint": f"{RUN}.Uri",
            "access_scope": f"{RUN}.Ingress",
            "public": Field("$iam", everybody),
            "principals": Field("$iam", members),
            "min_count": Field(f"{RUN}.Least", integer),
            "max_count": Field(f"{RUN}.Most", integer),
            "max_concurrency_count": Field(f"{RUN}.Concurrency", integer),
            "timeout_seconds": Field(f"{RUN}.Timeout", _seconds),
            "variants": Field(f"{RUN}.Traffic", _shares),
            **MEASURED,
            **LATENCY,
            **ERRORS,
            **CLIENT_ERRORS,
        },
        labels=f"{RUN}.Labels",
        links=(*_LINKS, Link("uses", "gcp.vpcaccess.connector", f"{RUN}.Connector")),
        aliases=(Alias("uri", f"{RUN}.Uri"),),
        sensitive=_SENSITIVE,
        quiet=_QUIET,
    ),
    row(
        Category.WORKLOAD,
        Asset(
            ("run.googleapis.com/Job",),
            "run.v1.Job",
            "//run.googleapis.com/projects/PROJECT_ID/locations/LOCATION/jobs/JOB",
            derive=_of_run,
        ),
        {
            **_COMMON,
            "completion_count": Field(f"{RUN}.Tasks", integer),
            "parallelism_count": Field(f"{RUN}.Parallel", integer),
            "retry_count": Field(f"{RUN}.Retries", integer),
            "timeout_seconds": Field(f"{RUN}.Timeout", _seconds),
            "run_count": Field(f"{RUN}.Executions", integer),
            "last_run_state": f"{RUN}.Latest.completionStatus",
            "last_run_at": Field(
                f"{RUN}.Latest", lambda run: instant(run.get("createTime") or run["creationTimestamp"])
            ),
        },
        labels=f"{RUN}.Labels",
        links=_LINKS,
        sensitive=_SENSITIVE,
        quiet=_QUIET,
    ),
    row(
        Category.WORKLOAD,
        Asset(
            ("run.googleapis.com/WorkerPool",),
            "run.v2.GoogleCloudRunV2WorkerPool",
            "//run.googleapis.com/projects/PROJECT_ID/locations/LOCATION/workerPools/WORKER_POOL",
            derive=_of_run,
        ),
        {
            **_COMMON,
            "description": f"{RUN}.Description",
            "desired_count": Field(f"{RUN}.Manual", integer),
            "modified_at": Field(f"{RUN}.Modified", instant),
        },
        labels=f"{RUN}.Labels",
        links=_LINKS,
        sensitive=_SENSITIVE,
        quiet=_QUIET,
    ),
    row(
        Category.DNS_RECORD,
        Asset(
            ("run.googleapis.com/DomainMapping",),
            "run.v1.DomainMapping",
            "//run.googleapis.com/projects/PROJECT_ID/locations/LOCATION/domainmappings/DOMAIN_MAPPING",
            derive=_of_mapping,
        ),
        {
            "name": "metadata.name",
            "hostname": "metadata.name",
            "state": Field("status.conditions", _ready),
            "endpoint": "status.url",
            "mode": "spec.certificateMode",
            "rules": Field("status.resourceRecords", list),
            "created_at": Field("metadata.creationTimestamp", instant),
        },
        labels="metadata.labels",
        links=(Link("routes_to", "gcp.run.service", "$Service"),),
        aliases=(Alias("dns", "metadata.name"),),
        quiet=frozenset({"metadata", "status"}),
    ),
)
"""The name of a worker pool is that of its API, "projects/P/locations/L/workerPools/W" (run v2); the others' are documented."""
