"""Vertex AI: what trains and tunes, and the machines that are kept for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.gcp.accelerators import last
from collectors.gcp.rows import row
from collectors.gcp.vertex_parts import (
    ENCRYPTED,
    KEY,
    NAMED,
    OWN,
    RAN,
    Machines,
    disk_bytes,
    images,
    is_spot,
    job_fields,
    job_links,
    job_secrets,
    listed,
    pools,
    reservations,
    run_on,
    sibling,
    swept,
    whole,
)
from normalize.mapping import MISSING
from normalize.model import Category, Field, Link
from normalize.units import instant

_SPEC, _TRIAL = "jobSpec", "trialJobSpec"
_TASK = "trainingTaskInputs"
_SEARCH = "nasJobSpec.multiTrialAlgorithmSpec"
_NAS = f"{_SEARCH}.searchTrialSpec.searchTrialJobSpec"


def _of_job(job: Mapping[str, Any]) -> Mapping[str, Any]:
    """The persistent resource that a job runs on, by its full relative name."""
    return sibling("$Resource", job, "persistentResources", job["jobSpec"].get("persistentResourceId"))


def _at_a_time(job: Mapping[str, Any]) -> Iterator[Machines]:
    """Machines of all trials that run at a time."""
    for some in pools(job["trialJobSpec"]):
        count = None if some.count is None else some.count * int(job.get("parallelTrialCount", 1))
        yield Machines(some.spec, count)


def _of_pipeline(pipeline: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data set that a training pipeline reads, and the custom job that does its work, by their full relative names."""
    data = (pipeline.get("inputDataConfig") or {}).get("datasetId")
    job = (pipeline.get("trainingTaskMetadata") or {}).get("backingCustomJob")
    return {**sibling("$Dataset", pipeline, "datasets", data), **({"$Job": job} if job else {})}


def _task(uri: Any) -> str:
    """ "gs://…/definition/automl_tabular_1.0.0.yaml" -> "automl_tabular"."""
    return last(uri).partition("_1.")[0].removesuffix(".yaml")


def _technique(job: Mapping[str, Any]) -> Any:
    """How a base model is adapted: by which technique, with what."""
    known = {"supervisedTuningSpec": "supervised", "preferenceOptimizationSpec": "preference_optimization"}
    at = next((key for key in known if key in job), None)
    if at is None:
        return MISSING
    return {"base_model": job.get("baseModel"), "technique": known[at], **(job[at].get("hyperParameters") or {})}


def _tuning_inputs(job: Mapping[str, Any]) -> list[dict[str, str]]:
    spec = job.get("supervisedTuningSpec") or job.get("preferenceOptimizationSpec") or {}
    names = {"training": "trainingDatasetUri", "validation": "validationDatasetUri"}
    return [{"name": ours, "uri": spec[theirs]} for ours, theirs in names.items() if theirs in spec]


def _tuned_data(job: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a tuning job reads: files, or data sets by their full relative names."""
    return {"$Inputs": [i["uri"] for i in _tuning_inputs(job)]}


def _pools(resource: Mapping[str, Any]) -> Iterator[Machines]:
    for pool in resource.get("resourcePools") or ():
        yield Machines(pool.get("machineSpec") or {}, whole(pool.get("replicaCount")))


def _groups(resource_pools: Any) -> list[dict[str, Any]]:
    """Groups of machines of a persistent resource."""
    return [
        {
            key: value
            for key, value in {
                "name": pool.get("id"),
                "instance_type": (pool.get("machineSpec") or {}).get("machineType"),
                "count": whole(pool.get("replicaCount")),
            }.items()
            if value is not None
        }
        for pool in resource_pools
    ]


def _used(resource_pools: Any) -> Any:
    counts = [whole(pool.get("usedReplicaCount")) for pool in resource_pools]
    return MISSING if None in counts else sum(c or 0 for c in counts)


KINDS = (
    row(
        Category.TRAINING_JOB,
        swept("CustomJob", "customJobs", derive=_of_job),
        {**RAN, **ENCRYPTED, **job_fields(_SPEC), **run_on(lambda job: pools(job["jobSpec"]))},
        links=(
            *job_links(_SPEC),
            Link("runs_on", "gcp.aiplatform.persistent_resource", "$Resource", optional=True),
            KEY,
        ),
        sensitive=job_secrets(_SPEC),
        quiet=OWN | {"$Resource", "webAccessUris"},
    ),
    row(
        Category.TUNING_JOB,
        swept("HyperparameterTuningJob", "hyperparameterTuningJobs"),
        {
            **RAN,
            **ENCRYPTED,
            **job_fields(_TRIAL),
            **run_on(_at_a_time),
            "strategy": "studySpec.algorithm",
            "metric_name": "studySpec.metrics[0].metricId",
            "parallelism_count": "parallelTrialCount",
            "max_run_count": "maxTrialCount",
            "run_count": Field("trials", len),
        },
        links=(
            *job_links(_TRIAL),
            Link("starts", "gcp.aiplatform.custom_job", "trials[].customJob", optional=True),
            KEY,
        ),
        sensitive=job_secrets(_TRIAL),
        quiet=OWN | {"trials"},
    ),
    row(
        Category.TRAINING_JOB,
        swept("TrainingPipeline", "trainingPipelines", derive=_of_pipeline),
        {
            **RAN,
            **ENCRYPTED,
            "type": Field("trainingTaskDefinition", _task),
            "images": Field(_TASK, images),
            "ephemeral_storage_bytes": Field(_TASK, disk_bytes),
            "service_account": f"{_TASK}.serviceAccount",
            "spot": Field(f"{_TASK}.scheduling", is_spot),
            **run_on(
                lambda pipeline: (
                    pools(pipeline["trainingTaskInputs"])
                    if "workerPoolSpecs" in pipeline["trainingTaskInputs"]
                    else None
                )
            ),
        },
        links=(
            *job_links(_TASK),
            Link("reads_from", "gcp.aiplatform.dataset", "$Dataset", optional=True),
            Link("starts", "gcp.aiplatform.custom_job", "$Job", optional=True),
            Link("produced", "gcp.aiplatform.model", "modelToUpload.name", optional=True),
            Link("produced", "gcp.aiplatform.model", "parentModel", optional=True),
            Link("writes_to", "gcp.storage.bucket", "inputDataConfig.gcsDestination.outputUriPrefix"),
            KEY,
        ),
        sensitive=job_secrets(_TASK) | {"modelToUpload.containerSpec.env"},
        quiet=OWN | {"$Dataset", "$Job", "trainingTaskDefinition"},
    ),
    row(
        Category.TUNING_JOB,
        swept("TuningJob", "tuningJobs", derive=_tuned_data),
        {
            **RAN,
            **ENCRYPTED,
            "name": "tunedModelDisplayName",
            "description": "description",
            "base_model": "baseModel",
            "customization": Field("", _technique),
            "inputs": Field("", _tuning_inputs),
            "service_account": "serviceAccount",
        },
        links=(
            Link("assumes", "gcp.iam.service_account", "serviceAccount"),
            Link("produced", "gcp.aiplatform.model_version", "tunedModel.model", optional=True),
            Link("produced", "gcp.aiplatform.endpoint", "tunedModel.endpoint", optional=True),
            Link("reads_from", "gcp.aiplatform.dataset", "$Inputs[]"),
            KEY,
        ),
        quiet=OWN | {"$Inputs", "tuningDataStats"},
    ),
    row(
        Category.TUNING_JOB,
        listed("NasJob", "nasJobs"),
        {
            **RAN,
            **ENCRYPTED,
            **job_fields(_NAS),
            "strategy": f"{_SEARCH}.multiTrialAlgorithm",
            "metric_name": f"{_SEARCH}.metric.metricId",
            "parallelism_count": f"{_SEARCH}.searchTrialSpec.maxParallelTrialCount",
            "max_run_count": f"{_SEARCH}.searchTrialSpec.maxTrialCount",
        },
        links=(*job_links(_NAS), KEY),
        sensitive=job_secrets(_NAS) | job_secrets(f"{_SEARCH}.trainTrialSpec.trainTrialJobSpec"),
        quiet=OWN | {"nasJobOutput"},
    ),
    row(
        Category.CLUSTER,
        listed("PersistentResource", "persistentResources", page=20),
        {
            **NAMED,
            "state": "state",
            "failure_reason": "error.message",
            "started_at": Field("startTime", instant),
            **ENCRYPTED,
            "node_groups": Field("resourcePools", _groups),
            "used_count": Field("resourcePools", _used),
            "image": "resourceRuntimeSpec.raySpec.imageUri",
            "service_account": "resourceRuntimeSpec.serviceAccountSpec.serviceAccount",
            **run_on(_pools),
        },
        links=(
            Link("assumes", "gcp.iam.service_account", "resourceRuntimeSpec.serviceAccountSpec.serviceAccount"),
            Link("uses_image", "gcp.artifactregistry.repository", "resourceRuntimeSpec.raySpec.imageUri"),
            Link("runs_in", "gcp.compute.network", "network"),
            Link("attached_to", "gcp.compute.network_attachment", "pscInterfaceConfig.networkAttachment"),
            reservations("resourcePools[].machineSpec"),
            KEY,
        ),
        quiet=OWN | {"resourceRuntime"},
    ),
)
