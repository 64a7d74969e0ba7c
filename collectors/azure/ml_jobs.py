"""Azure Machine Learning: jobs, each type as its own kind. The API lists what was started by itself; steps of a pipeline are told by the
pipeline, trials of a sweep not at all.

The list has no filter by time: all of it is read, and kept is what was made in the window or has not ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from collectors.azure.ml_assets import ALL
from collectors.azure.ml_machines import machines
from collectors.azure.ml_names import ports, workspace_of
from collectors.azure.ml_workspaces import MADE, VERSION, WORKSPACE
from collectors.azure.rows import Get, Lookup, created_since, resource
from collectors.azure.sizes import on_machines
from collectors.azure.values import equals, seconds, text, told
from normalize.mapping import MISSING, read
from normalize.model import Category, Field, Kind, Link, Path

LIVE = frozenset(
    {
        "NotStarted",
        "Starting",
        "Provisioning",
        "Preparing",
        "Queued",
        "Running",
        "Finalizing",
        "CancelRequested",
        "NotResponding",
        "Paused",
        "Scheduled",
        "Unknown",
    }
)
"""States in which a job has not ended. Source: azure-ai-ml 1.35.2, JobStatus; Scheduled is of the API's previews; read 2026-11-24."""
_TYPES = ("command", "sweep", "pipeline", "automl", "spark", "finetuning")
_INPUTS, _OUTPUTS = "$Inputs", "$Outputs"


def _type(job: Mapping[str, Any]) -> str:
    return text(job, "properties.jobType").lower()


def _is(type_: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda job: _type(job) == type_


def _ports(key: str, sort: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda job: ports(read(dict(job), f"properties.{key}"), sort, workspace_of(text(job, "id")))


def _data_of(details: str, keys: Mapping[str, str]) -> Callable[[Mapping[str, Any]], Any]:
    """Inputs that stand in the details of a job: where -> their name."""

    def find(job: Mapping[str, Any]) -> Any:
        found = {name: read(dict(job), f"properties.{details}.{key}") for key, name in keys.items()}
        return ports(found, "jobInputType", workspace_of(text(job, "id")))

    return find


_MADE = _ports("outputs", "jobOutputType")
_GIVEN = _ports("inputs", "jobInputType")
_TRAINED_ON = {"trainingData": "training", "validationData": "validation", "testData": "test", "model": "model"}


def _jobs(
    keep: Callable[[Mapping[str, Any]], bool], *lookups: Lookup, inputs: Callable[[Mapping[str, Any]], Any] = _GIVEN
) -> Get:
    return Get(
        "{$parent.$id}/jobs",
        VERSION,
        params=ALL,
        under=WORKSPACE,
        all_sorts=True,
        keep=keep,
        window=created_since("systemData.createdAt", "properties.status", LIVE),
        lookups=lookups,
        derive=lambda job: told(Inputs=inputs(job), Outputs=_MADE(job)),
    )


def _tier(tier: Any) -> bool:
    return equals("Spot")(tier)


_QUIET = frozenset({"properties.services"})
"""Addresses of the studio and of tools that look into a job while it runs."""
_COMMON: Mapping[str, Path | Field] = {
    "state": "properties.status",
    "description": "properties.description",
    "group": "properties.experimentName",
    "outputs": _OUTPUTS,
    **MADE,
}
_LINKS = (
    Link("runs_on", "", "properties.computeId"),
    Link("writes_to", "azure.machinelearning.datastore", f"{_OUTPUTS}[].uri"),
)
_READS = (Link("reads_from", "azure.machinelearning.datastore", f"{_INPUTS}[].uri"),)
_IDENTITY: Mapping[str, Path | Field] = {"role": "properties.identity.identityType"}
_ASSUMES = Link("assumes", "azure.managedidentity.identity", "properties.identity.resourceId")
_GIT = "mlflow.source.git"


def _uses(at: str) -> tuple[Link, ...]:
    return (
        Link("uses", "azure.machinelearning.environment_version", f"{at}.environmentId"),
        Link("uses", "azure.machinelearning.code_version", f"{at}.codeId"),
    )


def _variables(at: str) -> dict[str, Path | Field]:
    return {"keys": Field(f"{at}.environmentVariables", sorted), "environment": f"{at}.environmentVariables"}


def _asked(at: str) -> dict[str, Path | Field]:
    """Machines of a job, by how many of what size."""
    return {
        "instance_type": "$Machine.Size",
        "instance_count": f"{at}.instanceCount",
        **on_machines(f"{at}.instanceCount"),
    }


def _steps(jobs: Any) -> list[dict[str, Any]]:
    return [{"name": name, "type": step.get("type") or step.get("jobType")} for name, step in jobs.items()]


def _plain(settings: Any) -> Any:
    return dict(settings) if isinstance(settings, dict) else MISSING


_COMPUTE = "properties.computeId"
_SWEEP_LIMITS = "properties.limits"

KINDS: tuple[Kind, ...] = (
    resource(
        "azure.machinelearning.command_job",
        Category.TRAINING_JOB,
        _jobs(_is("command"), *machines("properties.resources.instanceType", _COMPUTE)),
        {
            **_COMMON,
            **_IDENTITY,
            **_variables("properties"),
            **_asked("properties.resources"),
            "inputs": _INPUTS,
            "command": "properties.command",
            "hyperparameters": Field("properties.parameters", _plain),
            "strategy": "properties.distribution.distributionType",
            "timeout_seconds": Field("properties.limits.timeout", seconds),
            "spot": Field("properties.queueSettings.jobTier", _tier),
            "repository": Field("properties.properties", lambda told: told.get(f"{_GIT}.repoURL", MISSING)),
            "branch": Field("properties.properties", lambda told: told.get(f"{_GIT}.branch", MISSING)),
            "commit": Field("properties.properties", lambda told: told.get(f"{_GIT}.commit", MISSING)),
        },
        tags="properties.tags",
        quiet=_QUIET,
        links=(
            *_LINKS,
            *_READS,
            *_uses("properties"),
            _ASSUMES,
            Link("made_from", "azure.machinelearning.component_version", "properties.componentId"),
        ),
        sensitive=frozenset({"properties.environmentVariables"}),
    ),
    resource(
        "azure.machinelearning.sweep_job",
        Category.TUNING_JOB,
        _jobs(_is("sweep"), *machines("properties.trial.resources.instanceType", _COMPUTE)),
        {
            **_COMMON,
            **_variables("properties.trial"),
            **_asked("properties.trial.resources"),
            "inputs": _INPUTS,
            "command": "properties.trial.command",
            "strategy": "properties.samplingAlgorithm.samplingAlgorithmType",
            "metric_name": "properties.objective.primaryMetric",
            "parameters": Field("properties.searchSpace", _plain),
            "max_run_count": f"{_SWEEP_LIMITS}.maxTotalTrials",
            "parallelism_count": f"{_SWEEP_LIMITS}.maxConcurrentTrials",
            "timeout_seconds": Field(f"{_SWEEP_LIMITS}.timeout", seconds),
        },
        tags="properties.tags",
        quiet=_QUIET,
        links=(*_LINKS, *_READS, *_uses("properties.trial")),
        sensitive=frozenset({"properties.trial.environmentVariables"}),
    ),
    resource(
        "azure.machinelearning.pipeline_job",
        Category.PIPELINE_RUN,
        _jobs(_is("pipeline")),
        {
            **_COMMON,
            "inputs": _INPUTS,
            "steps": Field("properties.jobs", _steps),
            "step_count": Field("properties.jobs", len),
        },
        tags="properties.tags",
        quiet=_QUIET,
        links=(
            *_LINKS,
            *_READS,
            Link("made_from", "azure.machinelearning.component_version", "properties.componentId"),
            Link("copy_of", "azure.machinelearning.pipeline_job", "properties.sourceJobId", optional=True),
        ),
        sensitive=frozenset({"properties.jobs.*.environment_variables", "properties.jobs.*.environmentVariables"}),
    ),
    resource(
        "azure.machinelearning.automl_job",
        Category.TUNING_JOB,
        _jobs(
            _is("automl"),
            *machines("properties.resources.instanceType", _COMPUTE),
            inputs=_data_of("taskDetails", _TRAINED_ON),
        ),
        {
            **_COMMON,
            **_asked("properties.resources"),
            "inputs": _INPUTS,
            "task": "properties.taskDetails.taskType",
            "metric_name": "properties.taskDetails.primaryMetric",
            "max_run_count": "properties.taskDetails.limitSettings.maxTrials",
            "parallelism_count": "properties.taskDetails.limitSettings.maxConcurrentTrials",
            "timeout_seconds": Field("properties.taskDetails.limitSettings.timeout", seconds),
        },
        tags="properties.tags",
        quiet=_QUIET,
        links=(*_LINKS, *_READS, Link("uses", "azure.machinelearning.environment_version", "properties.environmentId")),
        sensitive=frozenset({"properties.environmentVariables"}),
    ),
    resource(
        "azure.machinelearning.spark_job",
        Category.DATA_JOB,
        _jobs(_is("spark")),
        {
            **_COMMON,
            **_IDENTITY,
            **_variables("properties"),
            "inputs": _INPUTS,
            "instance_type": "properties.resources.instanceType",
            "engine_version": "properties.resources.runtimeVersion",
            "script_path": "properties.entry.file",
            "settings": "properties.conf",
        },
        tags="properties.tags",
        quiet=_QUIET,
        links=(*_LINKS, *_READS, *_uses("properties"), _ASSUMES),
        sensitive=frozenset({"properties.environmentVariables"}),
    ),
    resource(
        "azure.machinelearning.fine_tuning_job",
        Category.MODEL_JOB,
        _jobs(_is("finetuning"), inputs=_data_of("fineTuningDetails", _TRAINED_ON)),
        {
            **_COMMON,
            "inputs": _INPUTS,
            "instance_types": "properties.resources.instanceTypes",
            "base_model": "properties.fineTuningDetails.model.uri",
            "vendor": "properties.fineTuningDetails.modelProvider",
            "task": "properties.fineTuningDetails.taskType",
            "hyperparameters": "properties.fineTuningDetails.hyperParameters",
        },
        tags="properties.tags",
        quiet=_QUIET,
        links=(*_LINKS, *_READS),
    ),
    resource(
        "azure.machinelearning.other_job",
        Category.RUN,
        _jobs(lambda job: _type(job) not in _TYPES),
        {**_COMMON, "type": "properties.jobType"},
        tags="properties.tags",
        quiet=_QUIET,
        links=_LINKS,
        sensitive=frozenset({"properties.environmentVariables"}),
    ),
)
