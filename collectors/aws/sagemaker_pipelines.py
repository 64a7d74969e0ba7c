"""SageMaker AI: pipelines and their executions, projects, experiments, lineage, managed MLflow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.aws.rows import Call, created_since
from collectors.aws.sagemaker_calls import CREATED_BY, GONE, MADE_BY, MAKER, TAGS, listed, renamed, tags_of
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Kind, Link

_RECENT = 10
"""Executions of a pipeline that tell how it fares; all of the window are a kind of their own."""
_CREATED = {"after": "CreatedAfter", "before": "CreatedBefore"}


def _parsed(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The definition, parsed, without the environments of its steps: they stand apart, so that they can be left out."""
    found: dict[str, Any] = {}
    try:
        definition = _without_environments(json.loads(item["PipelineDefinition"]), "", found)
    except ValueError:  # what cannot be taken apart is left out as a whole
        return {"PipelineDefinition": None, _ENVIRONMENTS: {"": item["PipelineDefinition"]}}
    return {"PipelineDefinition": definition, _ENVIRONMENTS: found}


_ENVIRONMENTS = "$Environments"


def _without_environments(value: Any, at: str, found: dict[str, Any]) -> Any:
    """A copy of a part of a definition; what it calls Environment goes to `found`, by where it stood."""
    if isinstance(value, list):
        return [_without_environments(v, f"{at}[{i}]", found) for i, v in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if "Environment" in value:
        found[at] = value["Environment"]
    return {k: _without_environments(v, f"{at}.{k}", found) for k, v in value.items() if k != "Environment"}


def _flat(steps: Any) -> Iterator[Mapping[str, Any]]:
    """Steps, those of a condition's branches after it. Source: aws/sagemaker-python-sdk at 0026f6b,
    src/sagemaker/workflow/condition_step.py, read 2026-11-24."""
    for step in steps:
        yield step
        arguments = step.get("Arguments") or {}
        for branch in ("IfSteps", "ElseSteps"):
            yield from _flat(arguments.get(branch) or ())


def _steps(definition: Any) -> list[dict[str, Any]]:
    """Steps by name and type, with the machines that each asks for; a parameter's default where it names a parameter."""
    defaults = {p.get("Name"): p.get("DefaultValue") for p in definition.get("Parameters", ())}
    return [_step(step, defaults) for step in _flat(definition.get("Steps", ()))]


def _step(step: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    found = {"name": step.get("Name"), "type": step.get("Type")}
    machines = _machines(step.get("Arguments") or {})
    for ours, theirs in (("instance_type", "InstanceType"), ("count", "InstanceCount")):
        value = machines.get(theirs)
        if isinstance(value, dict):
            value = defaults.get(str(value.get("Get", "")).removeprefix("Parameters."))
        if value is not None:
            found[ours] = value
    return found


def _machines(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where the arguments of a training, processing or transform step tell the machines."""
    processing = (arguments.get("ProcessingResources") or {}).get("ClusterConfig")
    found: Mapping[str, Any] = (
        arguments.get("ResourceConfig") or processing or arguments.get("TransformResources") or {}
    )
    return found


def _step_types(definition: Any) -> list[str]:
    return list(dict.fromkeys(s["instance_type"] for s in _steps(definition) if "instance_type" in s))


_EXECUTION = {"id": "PipelineExecutionArn", "state": "PipelineExecutionStatus", "started_at": "StartTime"}


def _runs(items: Any) -> list[dict[str, Any]]:
    return [renamed(item, _EXECUTION) for item in items]


def _ran(status: Any) -> list[dict[str, Any]]:
    """Steps of an execution: name, state, when, and the job that each started."""
    names = {"name": "StepName", "state": "StepStatus", "started_at": "StartTime", "ended_at": "EndTime"}
    return [{**renamed(step, names), **_job(step.get("Metadata") or {})} for step in status]


def _job(metadata: Mapping[str, Any]) -> dict[str, Any]:
    job = next((v["Arn"] for v in metadata.values() if isinstance(v, dict) and v.get("Arn")), None)
    return {"job": job} if job else {}


def _started(kind: str, key: str) -> Link:
    return Link("started", f"aws.sagemaker.{kind}", f"$Steps[].Metadata.{key}.Arn", optional=True)


def _stack(details: Any) -> Any:
    """The CloudFormation template of a project, where it has one."""
    return next(
        (url for d in details if (url := (d.get("CfnTemplateProviderDetail") or {}).get("TemplateURL"))), MISSING
    )


_CFN = "TemplateProviderDetails[].CfnTemplateProviderDetail"


def _numbers(parameters: Any) -> dict[str, Any]:
    """Parameters of a trial component: numbers as numbers, the rest as text."""
    return {name: value.get("NumberValue", value.get("StringValue")) for name, value in parameters.items()}


def _last(metrics: Any) -> dict[str, Any]:
    return {m["MetricName"]: m["Last"] for m in metrics if "Last" in m}


def _artifacts(found: Any) -> list[dict[str, Any]]:
    return [{"name": name, **renamed(a, {"uri": "Value", "content_type": "MediaType"})} for name, a in found.items()]


def _stored(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Objects that a trial component reads and writes; its other artifacts are images, numbers and names."""
    found = {"$Reads": item.get("InputArtifacts"), "$Writes": item.get("OutputArtifacts")}
    return {
        key: [a["Value"] for a in (artifacts or {}).values() if a["Value"].startswith("s3://")]
        for key, artifacts in found.items()
    }


def _is_active(word: Any) -> bool:
    return str(word) == "Active"


def _lineage(noun: str, **more: Any) -> Kind:
    """A row of lineage: what SageMaker remembers of how data, models and endpoints came about. Listed without details: of
    each, its kind, name and source are told there already."""
    return Kind(
        name=f"aws.sagemaker.{noun.lower()}",
        category=Category.DATA_CATALOG,
        fetch=Call(
            "sagemaker",
            f"List{noun}s",
            items=f"{noun}Summaries",
            page=100,
            window=created_since(**_CREATED),
        ),
        id=f"{noun}Arn",
        native=f"{noun}Arn",
        **more,
    )


_LINEAGE: Mapping[str, Any] = {
    "source_uri": "Source.SourceUri",
    "created_at": "CreationTime",
    "modified_at": "LastModifiedTime",
}

KINDS = (
    Kind(
        name="aws.sagemaker.pipeline",
        category=Category.PIPELINE,
        fetch=Call(
            "sagemaker",
            "ListPipelines",
            items="PipelineSummaries",
            page=100,
            detail=(
                Call(
                    "sagemaker",
                    "DescribePipeline",
                    params={"PipelineName": "{PipelineName}"},
                    gone=GONE,
                    derive=_parsed,
                ),
                tags_of("PipelineArn"),
                Call(
                    "sagemaker",
                    "ListPipelineExecutions",
                    items="PipelineExecutionSummaries",
                    params={"PipelineName": "{PipelineName}", "SortBy": "CreationTime", "SortOrder": "Descending"},
                    page=_RECENT,
                    into="$Executions",
                    gone=GONE,
                ),
            ),
        ),
        id="PipelineArn",
        native="PipelineName",
        fields={
            "name": "PipelineDisplayName",
            "description": "PipelineDescription",
            "state": "PipelineStatus",
            "role": "RoleArn",
            "steps": Field("PipelineDefinition", _steps),
            "step_count": Field("PipelineDefinition", lambda definition: len(_steps(definition))),
            "instance_types": Field("PipelineDefinition", _step_types),
            "parallelism_count": "ParallelismConfiguration.MaxParallelExecutionSteps",
            "recent_runs": Field("$Executions", _runs),
            "last_run_at": "LastRunTime",
            "created_by": CREATED_BY,
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        links=(Link("assumes", "aws.iam.role", "RoleArn"), MAKER),
        sensitive=frozenset({_ENVIRONMENTS}),
        quiet=MADE_BY | {"$Executions"},
    ),
    Kind(
        name="aws.sagemaker.pipeline_execution",
        category=Category.PIPELINE_RUN,
        fetch=Call(
            "sagemaker",
            "ListPipelineExecutions",
            items="PipelineExecutionSummaries",
            page=100,
            under="aws.sagemaker.pipeline",
            params={"PipelineName": "{PipelineName}"},
            window=created_since(**_CREATED),
            gone=GONE,
            detail=(
                Call(
                    "sagemaker",
                    "DescribePipelineExecution",
                    params={"PipelineExecutionArn": "{PipelineExecutionArn}"},
                    gone=GONE,
                ),
                Call(
                    "sagemaker",
                    "ListPipelineExecutionSteps",
                    items="PipelineExecutionSteps[]",
                    params={"PipelineExecutionArn": "{PipelineExecutionArn}"},
                    into="$Steps",
                    gone=GONE,
                ),
            ),
        ),
        id="PipelineExecutionArn",
        native="PipelineExecutionArn",
        fields={
            "name": "PipelineExecutionDisplayName",
            "description": "PipelineExecutionDescription",
            "state": "PipelineExecutionStatus",
            "steps": Field("$Steps", _ran),
            "step_count": Field("$Steps", len),
            "version": Field("PipelineVersionId", str),
            "failure_reason": "FailureReason",
            "role": "RoleArn",
            "created_by": CREATED_BY,
            "created_at": "CreationTime",
            "started_at": "StartTime",
            "modified_at": "LastModifiedTime",
        },
        links=(
            Link("run_of", "aws.sagemaker.pipeline", "PipelineArn"),
            Link("assumes", "aws.iam.role", "RoleArn"),
            Link("part_of", "aws.sagemaker.experiment", "PipelineExperimentConfig.ExperimentName"),
            Link("tracked_by", "", "MLflowConfig.MlflowResourceArn"),
            _started("training_job", "TrainingJob"),
            _started("processing_job", "ProcessingJob"),
            _started("transform_job", "TransformJob"),
            _started("hyper_parameter_tuning_job", "TuningJob"),
            _started("automl_job", "AutoMLJob"),
            _started("model", "Model"),
            _started("model_package", "RegisterModel"),
            _started("endpoint", "Endpoint"),
            MAKER,
        ),
        quiet=MADE_BY | {"$parent"},
    ),
    Kind(
        name="aws.sagemaker.project",
        category=Category.WORKSPACE,
        fetch=listed("Project", "ProjectSummaryList", "ProjectName", tags="ProjectArn"),
        id="ProjectArn",
        native="ProjectName",
        fields={
            "name": "ProjectName",
            "description": "ProjectDescription",
            "state": "ProjectStatus",
            "source_uri": Field("TemplateProviderDetails", _stack),
            "created_by": CREATED_BY,
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        links=(Link("assumes", "aws.iam.role", f"{_CFN}.RoleARN"), MAKER),
        sensitive=frozenset({f"{_CFN}.Parameters", "ServiceCatalogProvisioningDetails.ProvisioningParameters"}),
        quiet=MADE_BY,
    ),
    Kind(
        name="aws.sagemaker.experiment",
        category=Category.EXPERIMENT,
        fetch=listed("Experiment", "ExperimentSummaries", "ExperimentName", tags="ExperimentArn"),
        id="ExperimentArn",
        native="ExperimentName",
        fields={
            "name": "DisplayName",
            "description": "Description",
            "source_uri": "Source.SourceArn",
            "created_by": CREATED_BY,
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        links=(MAKER,),
        quiet=MADE_BY,
    ),
    Kind(
        name="aws.sagemaker.experiment_trial",
        category=Category.RUN,
        fetch=listed("Trial", "TrialSummaries", "TrialName", window=created_since(**_CREATED)),
        id="TrialArn",
        native="TrialName",
        fields={
            "name": "DisplayName",
            "source_uri": "Source.SourceArn",
            "commit": "MetadataProperties.CommitId",
            "repository": "MetadataProperties.Repository",
            "created_by": CREATED_BY,
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        links=(Link("part_of", "aws.sagemaker.experiment", "ExperimentName"), MAKER),
        quiet=MADE_BY,
    ),
    Kind(
        name="aws.sagemaker.experiment_trial_component",
        category=Category.RUN,
        fetch=Call(
            "sagemaker",
            "ListTrialComponents",
            items="TrialComponentSummaries",
            page=100,
            window=created_since(**_CREATED),
            detail=(
                Call(
                    "sagemaker",
                    "DescribeTrialComponent",
                    params={"TrialComponentName": "{TrialComponentName}"},
                    gone=GONE,
                    derive=_stored,
                ),
            ),
        ),
        id="TrialComponentArn",
        native="TrialComponentName",
        fields={
            "name": "DisplayName",
            "state": "Status.PrimaryStatus",
            "source_uri": "Source.SourceArn",
            "parameters": Field("Parameters", _numbers),
            "metrics": Field("Metrics", _last),
            "inputs": Field("InputArtifacts", _artifacts),
            "outputs": Field("OutputArtifacts", _artifacts),
            "commit": "MetadataProperties.CommitId",
            "repository": "MetadataProperties.Repository",
            "created_by": CREATED_BY,
            "created_at": "CreationTime",
            "started_at": "StartTime",
            "ended_at": "EndTime",
        },
        links=(
            Link("made_by", "", "Source.SourceArn", optional=True),
            Link("reads_from", "aws.s3.bucket", "$Reads[]"),
            Link("writes_to", "aws.s3.bucket", "$Writes[]"),
            MAKER,
        ),
        quiet=MADE_BY | {"$Reads", "$Writes"},
    ),
    _lineage("Context", fields={"name": "ContextName", "type": "ContextType", **_LINEAGE}),
    _lineage("Artifact", fields={"name": "ArtifactName", "type": "ArtifactType", **_LINEAGE}),
    _lineage("Action", fields={"name": "ActionName", "type": "ActionType", "state": "Status", **_LINEAGE}),
    Kind(
        name="aws.sagemaker.mlflow_tracking_server",
        category=Category.MODEL_REGISTRY,
        fetch=listed("MlflowTrackingServer", "TrackingServerSummaries", "TrackingServerName", tags="TrackingServerArn"),
        id="TrackingServerArn",
        native="TrackingServerName",
        fields={
            "name": "TrackingServerName",
            "state": "TrackingServerStatus",
            "enabled": Field("IsActive", _is_active),
            "size_class": "TrackingServerSize",
            "engine_version": "MlflowVersion",
            "endpoint": "TrackingServerUrl",
            "artifact_uri": "ArtifactStoreUri",
            "schedule": "WeeklyMaintenanceWindowStart",
            "role": "RoleArn",
            "created_by": CREATED_BY,
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        links=(
            Link("stores_in", "aws.s3.bucket", "ArtifactStoreUri"),
            Link("assumes", "aws.iam.role", "RoleArn"),
            MAKER,
        ),
        aliases=(Alias("mlflow", "TrackingServerUrl"), Alias("uri", "TrackingServerUrl")),
        quiet=MADE_BY,
    ),
    Kind(
        name="aws.sagemaker.mlflow_app",
        category=Category.MODEL_REGISTRY,
        fetch=listed("MlflowApp", "Summaries", "Arn", tags="Arn"),
        id="Arn",
        native="Arn",
        fields={
            "name": "Name",
            "state": "Status",
            "engine_version": "MlflowVersion",
            "artifact_uri": "ArtifactStoreUri",
            "encryption_key": "KmsKeyId",
            "schedule": "WeeklyMaintenanceWindowStart",
            "role": "RoleArn",
            "created_by": CREATED_BY,
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        links=(
            Link("stores_in", "aws.s3.bucket", "ArtifactStoreUri"),
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
            Link("assumes", "aws.iam.role", "RoleArn"),
            Link("default_of", "aws.sagemaker.domain", "DefaultDomainIdList[]"),
            MAKER,
        ),
        quiet=MADE_BY,
    ),
)
