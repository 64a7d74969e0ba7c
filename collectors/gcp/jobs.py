"""What computes and ends: Batch, Dataproc and Dataflow; and Cloud Composer and Workflows, which start such things."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from collectors.gcp.accelerators import attached, named, shown
from collectors.gcp.rows import Asset, row
from collectors.gcp.values import completed, equals, holders, last, lasts, seconds, texts
from normalize.mapping import MISSING, read
from normalize.model import Alias, Category, Field, Link
from normalize.units import instant, integer

# Batch

_POLICY = "allocationPolicy.instances[0].policy"
_TASKS = "taskGroups[0].taskSpec"


def _of_batch(job: Mapping[str, Any]) -> Mapping[str, Any]:
    """Buckets and secrets that its tasks see, by their full names."""
    specs = [group.get("taskSpec") or {} for group in job.get("taskGroups") or ()]
    volumes = [volume for spec in specs for volume in spec.get("volumes") or ()]
    paths = [v["gcs"]["remotePath"] for v in volumes if v.get("gcs")]
    settings = [e for s in specs for e in (s.get("environment"), *_environments(s)) if e]
    return {
        "$Buckets": sorted({path.removeprefix("gs://").split("/", 1)[0] for path in paths}),
        "$FilledFrom": holders(name for e in settings for name in (e.get("secretVariables") or {}).values()),
    }


def _environments(spec: Mapping[str, Any]) -> Iterator[Any]:
    for runnable in spec.get("runnables") or ():
        yield runnable.get("environment")


def _of_machine(job: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Accelerators of one machine of a job; None where a template or Batch itself says which machines it gets."""
    policy = read(job, _POLICY)
    if not isinstance(policy, dict):
        return None
    found = [
        {"acceleratorType": a["type"], "acceleratorCount": a.get("count", 1)} for a in policy.get("accelerators") or ()
    ]
    return attached(found, policy.get("machineType") or "")


def _images(runnables: Any) -> Any:
    found = [r["container"]["imageUri"] for r in runnables if (r.get("container") or {}).get("imageUri")]
    return found or MISSING


def _total(key: str) -> Any:
    def count(groups: Any) -> int:
        return sum(int(group.get(key) or 1) for group in groups)

    return count


def _last_event(events: Any) -> Any:
    return events[-1].get("description", MISSING) if events else MISSING


# Dataproc

_GROUPS = {"master": "masterConfig", "worker": "workerConfig", "secondary": "secondaryWorkerConfig"}
_SORT = re.compile(r"(?P<sort>[a-zA-Z]+?)(?:Job|Batch)")


def _group_configs(cluster: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    config = cluster.get("config") or {}
    return [(name, config[key]) for name, key in _GROUPS.items() if config.get(key)]


def _node_groups(cluster: Mapping[str, Any]) -> Any:
    """Groups of machines of a cluster."""
    found = []
    for name, group in _group_configs(cluster):
        told = {
            "name": name,
            "instance_type": last(group["machineTypeUri"]) if group.get("machineTypeUri") else None,
            "count": group.get("numInstances"),
            "spot": group.get("preemptibility") in ("SPOT", "PREEMPTIBLE"),
        }
        found.append({key: value for key, value in told.items() if value is not None})
    return found or MISSING


def _node_count(cluster: Mapping[str, Any]) -> Any:
    counts = [group.get("numInstances") for _, group in _group_configs(cluster)]
    return sum(int(c) for c in counts if c) if any(counts) else MISSING


def _of_cluster(cluster: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Accelerators of all its machines together; None where those of a group are not known, as of a cluster on GKE."""
    found: list[dict[str, Any]] = []
    for _, group in _group_configs(cluster):
        listed = ({"acceleratorType": a["acceleratorTypeUri"], **a} for a in group.get("accelerators") or ())
        each = attached(listed, group.get("machineTypeUri") or "")
        if each is None:
            return None
        found += [{**entry, "count": entry["count"] * int(group.get("numInstances") or 0)} for entry in each]
    return found if cluster.get("config") else None


def _of_spark(work: Mapping[str, Any]) -> Mapping[str, Any]:
    """Which sort of program it is, where that lies, and the cluster it runs on."""
    sorts = {k: m["sort"] for k, v in work.items() if isinstance(v, dict) and (m := _SORT.fullmatch(k))}
    key, sort = next(iter(sorts.items()), ("", None))
    told = {"$Sort": sort, "$Program": _program(work.get(key) or {}), "$Cluster": _cluster_of(work)}
    return {k: v for k, v in told.items() if v}


def _program(program: Mapping[str, Any]) -> str | None:
    files = (v for k, v in program.items() if re.fullmatch(r"main\w*Uri|\w+FileUri", k))
    return next((f for f in files if isinstance(f, str)), program.get("mainClass"))


def _cluster_of(work: Mapping[str, Any]) -> str | None:
    name = (work.get("placement") or {}).get("clusterName")
    asset = work["$asset"]
    head = f"//dataproc.googleapis.com/projects/{asset['project']}/regions/{asset['location']}"
    return f"{head}/clusters/{name}" if name else None


def _first_state(history: Any) -> Any:
    return instant(history[0]["stateStartTime"]) if history else MISSING


def _hours(milliseconds: Any) -> float:
    """Hours of thousandths of a second. Source: dataproc v1, UsageMetrics.milliAcceleratorSeconds, read 2026-11-24."""
    return int(milliseconds) / 1000 / 3600


# Dataflow

_WORKER_GPU = re.compile(r"worker_accelerator=type:(?P<type>[\w-]+);count:(?P<count>\d+).*")
"""Source: Dataflow documentation, "Run a pipeline with GPUs", read 2026-11-24."""


def _of_worker(job: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Accelerators of one worker of a pipeline; None where its environment is not told."""
    environment = job.get("environment")
    if not environment or not environment.get("workerPools"):
        return None
    options = (*(environment.get("serviceOptions") or ()), *(environment.get("experiments") or ()))
    asked = [named(m["type"], int(m["count"])) for option in options if (m := _WORKER_GPU.fullmatch(option))]
    return asked or attached((), environment["workerPools"][0].get("machineType") or "")


def _of_pipeline(job: Mapping[str, Any]) -> Mapping[str, Any]:
    """Full names of what a pipeline runs in, reads and writes."""
    asset = job["$asset"]
    pools = (job.get("environment") or {}).get("workerPools") or ()
    details = job.get("jobMetadata") or {}
    tables = [d for d in details.get("bigqueryDetails") or () if d.get("table") and d.get("dataset")]
    return {
        "$Networks": [completed(asset, p["network"], "networks") for p in pools if p.get("network")],
        "$Subnetworks": [completed(asset, p["subnetwork"], "subnetworks") for p in pools if p.get("subnetwork")],
        "$Tables": [_table(t, asset["project"]) for t in tables],
    }


def _table(detail: Mapping[str, Any], project: str) -> str:
    owner = detail.get("projectId") or project
    return f"//bigquery.googleapis.com/projects/{owner}/datasets/{detail['dataset']}/tables/{detail['table']}"


_MACHINE, _CLUSTER, _WORKER = shown(_of_machine), shown(_of_cluster), shown(_of_worker)


def _accelerators(found: Mapping[str, Any]) -> dict[str, Field]:
    return {key: Field("", convert) for key, convert in found.items()}


def _steps(jobs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Steps of a workflow template: name, sort of the program."""
    sorts = [next((m["sort"] for k in job if (m := _SORT.fullmatch(k))), None) for job in jobs]
    return [{"name": job.get("stepId"), "type": sort} for job, sort in zip(jobs, sorts, strict=True)]


_GCE = "config.gceClusterConfig"
_NODES = "config.nodeConfig"
_EXECUTION = "environmentConfig.executionConfig"

KINDS = (
    row(
        Category.WORKLOAD,
        Asset(
            ("batch.googleapis.com/Job",),
            "batch.v1.Job",
            "//batch.googleapis.com/projects/PROJECT_ID/locations/LOCATION/jobs/JOB",
            derive=_of_batch,
        ),
        {
            "state": "status.state",
            "failure_reason": Field("status.statusEvents", _last_event),
            "priority": Field("priority", integer),
            "images": Field(f"{_TASKS}.runnables", _images),
            "instance_type": f"{_POLICY}.machineType",
            "spot": Field(f"{_POLICY}.provisioningModel", equals("SPOT", "PREEMPTIBLE")),
            "lifecycle": f"{_POLICY}.provisioningModel",
            "zones": Field("allocationPolicy.location.allowedLocations", lasts),
            "completion_count": Field("taskGroups", _total("taskCount")),
            "parallelism_count": Field("taskGroups", _total("parallelism")),
            "retry_count": Field(f"{_TASKS}.maxRetryCount", integer),
            "timeout_seconds": Field(f"{_TASKS}.maxRunDuration", seconds),
            "duration_seconds": Field("status.runDuration", seconds),
            "service_account": "allocationPolicy.serviceAccount.email",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
            **_accelerators(_MACHINE),
        },
        links=(
            Link("assumes", "gcp.iam.service_account", "allocationPolicy.serviceAccount.email"),
            Link("runs_in", "gcp.compute.network", "allocationPolicy.network.networkInterfaces[].network"),
            Link("runs_in", "gcp.compute.subnetwork", "allocationPolicy.network.networkInterfaces[].subnetwork"),
            Link("uses", "gcp.compute.reservation", f"{_POLICY}.reservation"),
            Link("mounts", "gcp.storage.bucket", "$Buckets[]"),
            Link("notifies", "gcp.pubsub.topic", "notifications[].pubsubTopic"),
            Link("uses", "gcp.secretmanager.secret", "$FilledFrom[].name"),
        ),
        sensitive=frozenset(
            f"taskGroups[].{path}"
            for path in (
                "taskEnvironments[].variables",
                "taskSpec.environment.variables",
                "taskSpec.environments",
                "taskSpec.runnables[].environment.variables",
                "taskSpec.runnables[].container.username",
                "taskSpec.runnables[].container.password",
                "taskSpec.runnables[].script.text",
            )
        ),
        quiet=frozenset({"name", "$Buckets", "status"}),
    ),
    row(
        Category.CLUSTER,
        Asset(
            ("dataproc.googleapis.com/Cluster",),
            "dataproc.v1.Cluster",
            "//dataproc.googleapis.com/projects/PROJECT_ID/regions/REGION/clusters/CLUSTER",
        ),
        {
            "name": "clusterName",
            "state": "status.state",
            "failure_reason": "status.detail",
            "version": "config.softwareConfig.imageVersion",
            "features": "config.softwareConfig.optionalComponents",
            "node_groups": Field("", _node_groups),
            "node_count": Field("", _node_count),
            "zone": Field(f"{_GCE}.zoneUri", last),
            "private": f"{_GCE}.internalIpOnly",
            "service_account": f"{_GCE}.serviceAccount",
            "idle_timeout_seconds": Field("config.lifecycleConfig.idleDeleteTtl", seconds),
            "created_at": Field("statusHistory", _first_state),
            **_accelerators(_CLUSTER),
        },
        key="config.encryptionConfig.gcePdKmsKeyName",
        links=(
            Link("runs_in", "gcp.compute.network", f"{_GCE}.networkUri"),
            Link("runs_in", "gcp.compute.subnetwork", f"{_GCE}.subnetworkUri"),
            Link("assumes", "gcp.iam.service_account", f"{_GCE}.serviceAccount"),
            Link("stores_in", "gcp.storage.bucket", "config.configBucket"),
            Link("stores_in", "gcp.storage.bucket", "config.tempBucket"),
            Link("uses", "gcp.metastore.service", "config.metastoreConfig.dataprocMetastoreService"),
            Link("made_from", "gcp.compute.image", "config.workerConfig.imageUri", optional=True),
        ),
        sensitive=frozenset({f"{_GCE}.metadata", "config.softwareConfig.properties"}),
        quiet=frozenset({"config.endpointConfig", "metrics", "config.masterConfig", "config.secondaryWorkerConfig"}),
    ),
    row(
        Category.DATA_JOB,
        Asset(
            ("dataproc.googleapis.com/Job",),
            "dataproc.v1.Job",
            "//dataproc.googleapis.com/projects/PROJECT_ID/regions/REGION/jobs/JOB",
            derive=_of_spark,
        ),
        {
            "type": "$Sort",
            "state": "status.state",
            "failure_reason": "status.details",
            "source_uri": "$Program",
            "cluster": "placement.clusterName",
            "created_at": Field("statusHistory", _first_state),
            "modified_at": Field("status.stateStartTime", instant),
        },
        links=(Link("runs_on", "gcp.dataproc.cluster", "$Cluster", optional=True),),
        sensitive=frozenset({"*.properties", "*.scriptVariables"}),
        quiet=frozenset({"driverControlFilesUri", "yarnApplications"}),
    ),
    row(
        Category.DATA_JOB,
        Asset(
            ("dataproc.googleapis.com/Batch",),
            "dataproc.v1.Batch",
            "//dataproc.googleapis.com/projects/PROJECT_ID/locations/LOCATION/batches/BATCH",
            derive=_of_spark,
        ),
        {
            "type": "$Sort",
            "state": "state",
            "failure_reason": "stateMessage",
            "source_uri": "$Program",
            "image": "runtimeConfig.containerImage",
            "version": "runtimeConfig.version",
            "service_account": f"{_EXECUTION}.serviceAccount",
            "encryption_key": f"{_EXECUTION}.kmsKey",
            "accelerator_hours": Field("runtimeInfo.approximateUsage.milliAcceleratorSeconds", _hours),
            "created_by": "creator",
            "created_at": Field("createTime", instant),
            "modified_at": Field("stateTime", instant),
        },
        links=(
            Link("assumes", "gcp.iam.service_account", f"{_EXECUTION}.serviceAccount"),
            Link("encrypted_by", "gcp.cloudkms.crypto_key", f"{_EXECUTION}.kmsKey"),
            Link("runs_in", "gcp.compute.subnetwork", f"{_EXECUTION}.subnetworkUri"),
            Link("stores_in", "gcp.storage.bucket", f"{_EXECUTION}.stagingBucket"),
            Link("uses", "gcp.metastore.service", "environmentConfig.peripheralsConfig.metastoreService"),
        ),
        sensitive=frozenset({"runtimeConfig.properties", "*.queryVariables", "*.params"}),
        quiet=frozenset({"name", "creator", "operation", "runtimeInfo"}),
    ),
    row(
        Category.PIPELINE,
        Asset(
            ("dataproc.googleapis.com/WorkflowTemplate",),
            "dataproc.v1.WorkflowTemplate",
            "//dataproc.googleapis.com/projects/PROJECT_ID/regions/REGION/workflowTemplates/WORKFLOW_TEMPLATE",
        ),
        {
            "version": Field("version", str),
            "steps": Field("jobs", _steps),
            "step_count": Field("jobs", len),
            "timeout_seconds": Field("dagTimeout", seconds),
            "cluster": "placement.managedCluster.clusterName",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        key="encryptionConfig.kmsKey",
        sensitive=frozenset(
            {
                "jobs[].*.properties",
                "jobs[].*.scriptVariables",
                "placement.managedCluster.config.softwareConfig.properties",
                "placement.managedCluster.config.gceClusterConfig.metadata",
            }
        ),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.DATA_JOB,
        Asset(
            ("dataflow.googleapis.com/Job",),
            "dataflow.v1b3.Job",
            "//dataflow.googleapis.com/projects/PROJECT_ID/locations/LOCATION/jobs/JOB",
            derive=_of_pipeline,
        ),
        {
            "name": "name",
            "state": "currentState",
            "type": "type",
            "streaming": Field("type", equals("JOB_TYPE_STREAMING")),
            "version": "jobMetadata.sdkVersion.version",
            "language": "jobMetadata.sdkVersion.versionDisplayName",
            "support_state": "jobMetadata.sdkVersion.sdkSupportStatus",
            "instance_type": "environment.workerPools[0].machineType",
            "instance_count": Field("environment.workerPools[0].numWorkers", integer),
            "image": "environment.workerPools[0].workerHarnessContainerImage",
            "service_account": "environment.serviceAccountEmail",
            "created_at": Field("createTime", instant),
            "started_at": Field("startTime", instant),
            "modified_at": Field("currentStateTime", instant),
            **_accelerators(_WORKER),
        },
        key="environment.serviceKmsKeyName",
        links=(
            Link("assumes", "gcp.iam.service_account", "environment.serviceAccountEmail"),
            Link("runs_in", "gcp.compute.network", "$Networks[]"),
            Link("runs_in", "gcp.compute.subnetwork", "$Subnetworks[]"),
            Link("uses", "gcp.pubsub.topic", "jobMetadata.pubsubDetails[].topic", within="account"),
            Link("reads_from", "gcp.pubsub.subscription", "jobMetadata.pubsubDetails[].subscription", within="account"),
            Link("uses", "gcp.bigquery.table", "$Tables[]"),
        ),
        sensitive=frozenset({"environment.sdkPipelineOptions", "environment.workerPools[].metadata"}),
        quiet=frozenset({"steps", "pipelineDescription", "environment.userAgent", "environment.version"}),
    ),
    row(
        Category.PIPELINE,
        Asset(
            ("composer.googleapis.com/Environment",),
            "composer.v1beta1.Environment",
            "//composer.googleapis.com/projects/PROJECT_NUMBER/locations/LOCATION/environments/ENVIRONMENT",
        ),
        {
            "state": "state",
            "version": "config.softwareConfig.imageVersion",
            "size_class": "config.environmentSize",
            "source_uri": "config.dagGcsPrefix",
            "endpoint": "config.airflowUri",
            "node_count": Field("config.nodeCount", integer),
            "instance_type": Field(f"{_NODES}.machineType", last),
            "service_account": f"{_NODES}.serviceAccount",
            "private": "config.privateEnvironmentConfig.enablePrivateEnvironment",
            "admitted_ranges": Field("config.webServerNetworkAccessControl.allowedIpRanges", texts("value")),
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        key="config.encryptionConfig.kmsKeyName",
        links=(
            Link("runs_on", "gcp.container.cluster", "config.gkeCluster"),
            Link("runs_in", "gcp.compute.network", f"{_NODES}.network"),
            Link("runs_in", "gcp.compute.subnetwork", f"{_NODES}.subnetwork"),
            Link("assumes", "gcp.iam.service_account", f"{_NODES}.serviceAccount"),
            Link("stores_in", "gcp.storage.bucket", "storageConfig.bucket"),
        ),
        aliases=(Alias("uri", "config.airflowUri"),),
        sensitive=frozenset({"config.softwareConfig.envVariables", "config.softwareConfig.airflowConfigOverrides"}),
        quiet=frozenset({"name", "config.airflowUri", "config.airflowByoidUri"}),
    ),
    row(
        Category.PIPELINE,
        Asset(
            ("workflows.googleapis.com/Workflow",),
            "workflows.v1.Workflow",
            "//workflows.googleapis.com/projects/PROJECT_ID/locations/LOCATION/workflows/WORKFLOW",
        ),
        {
            "description": "description",
            "state": "state",
            "failure_reason": "stateError.details",
            "version": "revisionId",
            "service_account": Field("serviceAccount", last),
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        key="cryptoKeyName",
        links=(Link("assumes", "gcp.iam.service_account", "serviceAccount"),),
        sensitive=frozenset({"userEnvVars", "sourceContents"}),
        quiet=frozenset({"name"}),
    ),
)
