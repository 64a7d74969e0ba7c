"""SageMaker AI: what trains, tunes and prepares data, as jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from collectors.aws.instance_types import TOTAL, Machines
from collectors.aws.rows import created_since
from collectors.aws.sagemaker_calls import EXPERIMENT, RUNNING, channel_links, channels, listed, renamed, vpc
from normalize.mapping import MISSING
from normalize.model import Category, Field, Kind, Link
from normalize.units import GIB, times


def _training_since(since: datetime) -> Sequence[Mapping[str, Any]]:
    """What was made since, what still runs, and what is over but keeps its machines for a next job.

    Source: botocore 1.44.5, SageMaker WarmPoolStatus: "InUse" is that of a job that runs; read 2026-11-24.
    """
    kept = {"CreationTimeBefore": since, "WarmPoolStatusEquals": "Available"}
    return (*created_since(live=RUNNING)(since), kept)


_RESOURCES = "ResourceConfig"


def _machines(at: str) -> Machines:
    """Machines of a ResourceConfig: one sort, groups of several, or the one picked of several that would do."""
    return Machines(
        (
            (f"{at}.InstanceType", f"{at}.InstanceCount"),
            (f"{at}.InstanceGroups[].InstanceType", f"{at}.InstanceGroups[].InstanceCount"),
            (f"{at}.SelectedInstanceType", f"{at}.SelectedInstanceCount"),
        )
    )


def _groups(config: Any) -> Any:
    """Machines of all instance groups together; MISSING for a job of one sort, whose count stands by itself."""
    groups = config.get("InstanceGroups")
    counts = [config.get("InstanceCount"), config.get("SelectedInstanceCount")]
    return sum(int(g["InstanceCount"]) for g in groups) if groups else next(filter(None, counts), MISSING)


def _types(config: Any) -> list[str]:
    found = [config.get("InstanceType"), config.get("SelectedInstanceType")]
    return [t for t in (*found, *(g.get("InstanceType") for g in config.get("InstanceGroups", ()))) if t]


def _technique(config: Any) -> dict[str, Any]:
    """How a serverless job adapts a model: what, by which technique."""
    names = {"base_model": "BaseModelArn", "job": "JobType", "technique": "CustomizationTechnique", "adapter": "Peft"}
    return renamed(config, names)


def _definitions(payload: Any) -> list[Mapping[str, Any]]:
    """Training job definitions of a tuning job: one, or several with names."""
    return [*filter(None, [payload.get("TrainingJobDefinition")]), *(payload.get("TrainingJobDefinitions") or ())]


def _tried(payload: Any) -> list[str]:
    """Instance types of all that a tuning job starts, each once."""
    found: dict[str, None] = {}
    for definition in _definitions(payload):
        resources = definition.get("HyperParameterTuningResourceConfig") or {}
        configs = [definition.get("ResourceConfig") or {}, resources, *resources.get("InstanceConfigs", ())]
        found |= dict.fromkeys(t for config in configs for t in _types(config))
    return list(found)


_DEFINITIONS = ("TrainingJobDefinition", "TrainingJobDefinitions[]")
_TUNING_LINKS = tuple(
    link
    for at in _DEFINITIONS
    for link in (
        Link("assumes", "aws.iam.role", f"{at}.RoleArn"),
        Link("uses_image", "aws.ecr.repository", f"{at}.AlgorithmSpecification.TrainingImage"),
        Link("uses", "aws.sagemaker.algorithm", f"{at}.AlgorithmSpecification.AlgorithmName"),
        Link("writes_to", "aws.s3.bucket", f"{at}.OutputDataConfig.S3OutputPath"),
        Link("writes_to", "aws.s3.bucket", f"{at}.CheckpointConfig.S3Uri"),
        Link("encrypted_by", "aws.kms.key", f"{at}.OutputDataConfig.KmsKeyId"),
        Link("encrypted_by", "aws.kms.key", f"{at}.ResourceConfig.VolumeKmsKeyId"),
        *channel_links(f"{at}.InputDataConfig"),
        *vpc(f"{at}.VpcConfig"),
    )
)


def _total(counters: Any) -> int:
    return sum(int(n) for n in counters.values())


def _first_definition(key: str) -> Field:
    """A value that stands in the first definition of a tuning job that has it."""

    def find(payload: Any) -> Any:
        return next((d[key] for d in _definitions(payload) if key in d), MISSING)

    return Field("", find)


def _tuning_inputs(payload: Any) -> list[dict[str, Any]]:
    return [
        channel for definition in _definitions(payload) for channel in channels(definition.get("InputDataConfig", ()))
    ]


KINDS = (
    Kind(
        name="aws.sagemaker.training_job",
        category=Category.TRAINING_JOB,
        fetch=listed(
            "TrainingJob",
            "TrainingJobSummaries",
            "TrainingJobName",
            window=_training_since,
            lookups=(_machines(_RESOURCES),),
        ),
        id="TrainingJobArn",
        native="TrainingJobName",
        fields={
            "name": "TrainingJobName",
            "state": "TrainingJobStatus",
            "phase": "SecondaryStatus",
            "image": "AlgorithmSpecification.TrainingImage",
            "input_mode": "AlgorithmSpecification.TrainingInputMode",
            "instance_type": f"{_RESOURCES}.InstanceType",
            "instance_types": Field(_RESOURCES, _types),
            "instance_count": Field(_RESOURCES, _groups),
            "ephemeral_storage_bytes": Field(f"{_RESOURCES}.VolumeSizeInGB", times(GIB)),
            "keep_alive_seconds": f"{_RESOURCES}.KeepAlivePeriodInSeconds",
            "warm_pool_state": "WarmPoolStatus.Status",
            "inputs": Field("InputDataConfig", channels),
            "artifact_uri": "ModelArtifacts.S3ModelArtifacts",
            "checkpoint_uri": "CheckpointConfig.S3Uri",
            "hyperparameters": "HyperParameters",
            "customization": Field("ServerlessJobConfig", _technique),
            "role": "RoleArn",
            "spot": "EnableManagedSpotTraining",
            "network_isolated": "EnableNetworkIsolation",
            "encrypted_in_transit": "EnableInterContainerTrafficEncryption",
            "timeout_seconds": "StoppingCondition.MaxRuntimeInSeconds",
            "wait_seconds": "StoppingCondition.MaxWaitTimeInSeconds",
            "retry_count": "RetryStrategy.MaximumRetryAttempts",
            "billable_seconds": "BillableTimeInSeconds",
            "duration_seconds": "TrainingTimeInSeconds",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "started_at": "TrainingStartTime",
            "ended_at": "TrainingEndTime",
            **TOTAL,
        },
        links=(
            Link("assumes", "aws.iam.role", "RoleArn"),
            Link("uses_image", "aws.ecr.repository", "AlgorithmSpecification.TrainingImage"),
            Link("uses", "aws.sagemaker.algorithm", "AlgorithmSpecification.AlgorithmName"),
            Link("uses", "aws.sagemaker.training_plan", f"{_RESOURCES}.TrainingPlanArn"),
            *channel_links("InputDataConfig"),
            Link("writes_to", "aws.s3.bucket", "OutputDataConfig.S3OutputPath"),
            Link("writes_to", "aws.s3.bucket", "CheckpointConfig.S3Uri"),
            Link("writes_to", "aws.s3.bucket", "TensorBoardOutputConfig.S3OutputPath"),
            Link("writes_to", "aws.s3.bucket", "DebugHookConfig.S3OutputPath"),
            Link("writes_to", "aws.s3.bucket", "ProfilerConfig.S3OutputPath"),
            Link("encrypted_by", "aws.kms.key", "OutputDataConfig.KmsKeyId"),
            Link("encrypted_by", "aws.kms.key", f"{_RESOURCES}.VolumeKmsKeyId"),
            Link("tracked_by", "", "MlflowConfig.MlflowResourceArn"),
            Link("registers_in", "aws.sagemaker.model_package_group", "ModelPackageConfig.ModelPackageGroupArn"),
            Link("started_by", "aws.sagemaker.hyper_parameter_tuning_job", "TuningJobArn", optional=True),
            Link("started_by", "aws.sagemaker.automl_job", "AutoMLJobArn", optional=True),
            Link("started_by", "aws.sagemaker.labeling_job", "LabelingJobArn", optional=True),
            *EXPERIMENT,
            *vpc(),
        ),
        sensitive=frozenset({"Environment"}),
    ),
    Kind(
        name="aws.sagemaker.hyper_parameter_tuning_job",
        category=Category.TUNING_JOB,
        fetch=listed(
            "HyperParameterTuningJob",
            "HyperParameterTuningJobSummaries",
            "HyperParameterTuningJobName",
            window=created_since(live=RUNNING),
        ),
        id="HyperParameterTuningJobArn",
        native="HyperParameterTuningJobName",
        fields={
            "name": "HyperParameterTuningJobName",
            "state": "HyperParameterTuningJobStatus",
            "strategy": "HyperParameterTuningJobConfig.Strategy",
            "metric_name": "HyperParameterTuningJobConfig.HyperParameterTuningJobObjective.MetricName",
            "parallelism_count": "HyperParameterTuningJobConfig.ResourceLimits.MaxParallelTrainingJobs",
            "max_run_count": "HyperParameterTuningJobConfig.ResourceLimits.MaxNumberOfTrainingJobs",
            "run_count": Field("TrainingJobStatusCounters", _total),
            "instance_types": Field("", _tried),
            "hyperparameters": _first_definition("StaticHyperParameters"),
            "inputs": Field("", _tuning_inputs),
            "spot": _first_definition("EnableManagedSpotTraining"),
            "network_isolated": _first_definition("EnableNetworkIsolation"),
            "role": _first_definition("RoleArn"),
            "failure_reason": "FailureReason",
            "duration_seconds": "ConsumedResources.RuntimeInSeconds",
            "created_at": "CreationTime",
            "ended_at": "HyperParameterTuningEndTime",
        },
        links=(
            *_TUNING_LINKS,
            Link("produced", "aws.sagemaker.training_job", "BestTrainingJob.TrainingJobArn", optional=True),
            Link(
                "made_from",
                "aws.sagemaker.hyper_parameter_tuning_job",
                "WarmStartConfig.ParentHyperParameterTuningJobs[].HyperParameterTuningJobName",
                optional=True,
            ),
        ),
        sensitive=frozenset({"TrainingJobDefinition.Environment", "TrainingJobDefinitions[].Environment"}),
    ),
)
