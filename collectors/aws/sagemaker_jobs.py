"""SageMaker AI: jobs that prepare data, predict in bulk, search for models, compile, optimise and measure them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from collectors.aws.documents import last_segment
from collectors.aws.instance_types import TOTAL, Machines
from collectors.aws.rows import created_since
from collectors.aws.sagemaker_calls import EXPERIMENT, RUNNING, listed, renamed, vpc
from normalize.mapping import MISSING
from normalize.model import Category, Field, Kind, Link
from normalize.units import GIB, MIB, times

_CATEGORIES = (
    "AgentRFT",
    "SyntheticDataGeneration",
    "DataQualityEvaluation",
    "AgentRFTEvaluation",
    "DataTransformation",
)
"""Jobs are only listed by category. Source: botocore 1.44.5, SageMaker ListJobs, JobCategory; read 2026-11-24."""


def _jobs_since(since: datetime) -> Sequence[Mapping[str, Any]]:
    window = created_since(live=RUNNING)(since)
    return tuple({"JobCategory": category, **one} for category in _CATEGORIES for one in window)


_CLUSTER = "ProcessingResources.ClusterConfig"
_DATASETS = "ProcessingInputs[].DatasetDefinition"


def _datasets(items: Any) -> list[dict[str, Any]]:
    """Tables that a processing job reads by a query of Athena or Redshift; the query itself is left out."""
    found = []
    for item in items:
        told = item.get("DatasetDefinition") or {}
        athena, redshift = told.get("AthenaDatasetDefinition"), told.get("RedshiftDatasetDefinition")
        names = {"catalog": "Catalog", "database": "Database", "work_group": "WorkGroup", "cluster": "ClusterId"}
        if source := athena or redshift:
            found.append({"source": "athena" if athena else "redshift", **renamed(source, names)})
    return found


def _problem(payload: Any) -> Any:
    """What an AutoML job predicts, in the words of its second API: Tabular, TextGeneration."""
    return payload.get("AutoMLProblemTypeConfigName") or payload.get("ProblemType") or MISSING


def _limits(payload: Any) -> Mapping[str, Any]:
    """When an AutoML job stops; it stands in the settings of the one problem that it has."""
    config = payload.get("AutoMLProblemTypeConfig") or {}
    return next((c.get("CompletionCriteria") or {} for c in config.values() if isinstance(c, dict)), {})


def _limit(key: str) -> Field:
    return Field("", lambda payload: _limits(payload).get(key, MISSING))


def _target(output: Any) -> Any:
    """What a model is compiled for: a device, or an operating system and processor."""
    platform = output.get("TargetPlatform") or {}
    words = [output.get("TargetDevice"), *(platform.get(k) for k in ("Os", "Arch", "Accelerator"))]
    return " ".join(w for w in words if w) or MISSING


_OPTIMISATIONS = ("ModelQuantizationConfig", "ModelCompilationConfig", "ModelShardingConfig")
_TECHNIQUES = {
    "ModelQuantizationConfig": "quantization",
    "ModelCompilationConfig": "compilation",
    "ModelShardingConfig": "sharding",
    "ModelSpeculativeDecodingConfig": "speculative decoding",
}


def _techniques(configs: Any) -> list[str]:
    return [_TECHNIQUES.get(name, name) for config in configs for name in config]


def _named(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"$Name": last_segment(item["TrainingSessionArn"])}


KINDS = (
    Kind(
        name="aws.sagemaker.processing_job",
        category=Category.DATA_JOB,
        fetch=listed(
            "ProcessingJob",
            "ProcessingJobSummaries",
            "ProcessingJobName",
            window=created_since(live=RUNNING),
            lookups=(
                Machines(
                    (
                        (f"{_CLUSTER}.InstanceType", f"{_CLUSTER}.InstanceCount"),
                        (f"{_CLUSTER}.SelectedInstanceType", f"{_CLUSTER}.SelectedInstanceCount"),
                    )
                ),
            ),
        ),
        id="ProcessingJobArn",
        native="ProcessingJobName",
        fields={
            "name": "ProcessingJobName",
            "state": "ProcessingJobStatus",
            "image": "AppSpecification.ImageUri",
            "instance_type": f"{_CLUSTER}.InstanceType",
            "instance_count": f"{_CLUSTER}.InstanceCount",
            "ephemeral_storage_bytes": Field(f"{_CLUSTER}.VolumeSizeInGB", times(GIB)),
            "input_uris": "ProcessingInputs[].S3Input.S3Uri",
            "output_uris": "ProcessingOutputConfig.Outputs[].S3Output.S3Uri",
            "datasets": Field("ProcessingInputs", _datasets),
            "network_isolated": "NetworkConfig.EnableNetworkIsolation",
            "encrypted_in_transit": "NetworkConfig.EnableInterContainerTrafficEncryption",
            "timeout_seconds": "StoppingCondition.MaxRuntimeInSeconds",
            "role": "RoleArn",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "started_at": "ProcessingStartTime",
            "ended_at": "ProcessingEndTime",
            **TOTAL,
        },
        links=(
            Link("assumes", "aws.iam.role", "RoleArn"),
            Link("uses_image", "aws.ecr.repository", "AppSpecification.ImageUri"),
            Link("reads_from", "aws.s3.bucket", "ProcessingInputs[].S3Input.S3Uri"),
            Link("writes_to", "aws.s3.bucket", f"{_DATASETS}.AthenaDatasetDefinition.OutputS3Uri"),
            Link("writes_to", "aws.s3.bucket", f"{_DATASETS}.RedshiftDatasetDefinition.OutputS3Uri"),
            Link("assumes", "aws.iam.role", f"{_DATASETS}.RedshiftDatasetDefinition.ClusterRoleArn"),
            Link("writes_to", "aws.s3.bucket", "ProcessingOutputConfig.Outputs[].S3Output.S3Uri"),
            Link(
                "writes_to",
                "aws.sagemaker.feature_group",
                "ProcessingOutputConfig.Outputs[].FeatureStoreOutput.FeatureGroupName",
            ),
            Link("encrypted_by", "aws.kms.key", "ProcessingOutputConfig.KmsKeyId"),
            Link("encrypted_by", "aws.kms.key", f"{_CLUSTER}.VolumeKmsKeyId"),
            Link("started_by", "aws.sagemaker.monitoring_schedule", "MonitoringScheduleArn", optional=True),
            Link("started_by", "aws.sagemaker.automl_job", "AutoMLJobArn", optional=True),
            Link("started_by", "aws.sagemaker.training_job", "TrainingJobArn", optional=True),
            *EXPERIMENT,
            *vpc("NetworkConfig.VpcConfig"),
        ),
        sensitive=frozenset(
            {
                "Environment",
                f"{_DATASETS}.AthenaDatasetDefinition.QueryString",
                f"{_DATASETS}.RedshiftDatasetDefinition.QueryString",
            }
        ),
    ),
    Kind(
        name="aws.sagemaker.transform_job",
        category=Category.INFERENCE_JOB,
        fetch=listed(
            "TransformJob",
            "TransformJobSummaries",
            "TransformJobName",
            window=created_since(live=RUNNING),
            lookups=(Machines((("TransformResources.InstanceType", "TransformResources.InstanceCount"),)),),
        ),
        id="TransformJobArn",
        native="TransformJobName",
        fields={
            "name": "TransformJobName",
            "state": "TransformJobStatus",
            "model": "ModelName",
            "instance_type": "TransformResources.InstanceType",
            "instance_count": "TransformResources.InstanceCount",
            "parallelism_count": "MaxConcurrentTransforms",
            "max_request_bytes": Field("MaxPayloadInMB", times(MIB)),
            "strategy": "BatchStrategy",
            "input_uris": Field("TransformInput.DataSource.S3DataSource.S3Uri", lambda uri: [uri]),
            "output_uris": Field("TransformOutput.S3OutputPath", lambda uri: [uri]),
            "timeout_seconds": "ModelClientConfig.InvocationsTimeoutInSeconds",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "started_at": "TransformStartTime",
            "ended_at": "TransformEndTime",
            **TOTAL,
        },
        links=(
            Link("serves", "aws.sagemaker.model", "ModelName"),
            Link("reads_from", "aws.s3.bucket", "TransformInput.DataSource.S3DataSource.S3Uri"),
            Link("writes_to", "aws.s3.bucket", "TransformOutput.S3OutputPath"),
            Link("writes_to", "aws.s3.bucket", "DataCaptureConfig.DestinationS3Uri"),
            Link("encrypted_by", "aws.kms.key", "TransformOutput.KmsKeyId"),
            Link("encrypted_by", "aws.kms.key", "TransformResources.VolumeKmsKeyId"),
            Link("started_by", "aws.sagemaker.labeling_job", "LabelingJobArn", optional=True),
            Link("started_by", "aws.sagemaker.automl_job", "AutoMLJobArn", optional=True),
            *EXPERIMENT,
        ),
        sensitive=frozenset({"Environment"}),
    ),
    Kind(
        name="aws.sagemaker.automl_job",
        category=Category.TUNING_JOB,
        # The second API describes the jobs of both; the first only its own.
        fetch=listed(
            "AutoMLJobV2", "AutoMLJobSummaries", "AutoMLJobName", many="AutoMLJobs", window=created_since(live=RUNNING)
        ),
        id="AutoMLJobArn",
        native="AutoMLJobName",
        fields={
            "name": "AutoMLJobName",
            "state": "AutoMLJobStatus",
            "phase": "AutoMLJobSecondaryStatus",
            "task": Field("", _problem),
            "metric_name": "AutoMLJobObjective.MetricName",
            "max_run_count": _limit("MaxCandidates"),
            "timeout_seconds": _limit("MaxAutoMLJobRuntimeInSeconds"),
            "input_uris": "AutoMLJobInputDataConfig[].DataSource.S3DataSource.S3Uri",
            "output_uris": Field("OutputDataConfig.S3OutputPath", lambda uri: [uri]),
            "images": "BestCandidate.InferenceContainers[].Image",
            "encrypted_in_transit": "SecurityConfig.EnableInterContainerTrafficEncryption",
            "role": "RoleArn",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "ended_at": "EndTime",
        },
        links=(
            Link("assumes", "aws.iam.role", "RoleArn"),
            Link("assumes", "aws.iam.role", "AutoMLComputeConfig.EmrServerlessComputeConfig.ExecutionRoleARN"),
            Link("reads_from", "aws.s3.bucket", "AutoMLJobInputDataConfig[].DataSource.S3DataSource.S3Uri"),
            Link("writes_to", "aws.s3.bucket", "OutputDataConfig.S3OutputPath"),
            Link("encrypted_by", "aws.kms.key", "OutputDataConfig.KmsKeyId"),
            Link("encrypted_by", "aws.kms.key", "SecurityConfig.VolumeKmsKeyId"),
            Link("deploys", "aws.sagemaker.endpoint", "ModelDeployResult.EndpointName", optional=True),
            *vpc("SecurityConfig.VpcConfig"),
        ),
        sensitive=frozenset(
            {"BestCandidate.InferenceContainers[].Environment", "BestCandidate.InferenceContainerDefinitions"}
        ),
    ),
    Kind(
        name="aws.sagemaker.compilation_job",
        category=Category.MODEL_JOB,
        fetch=listed(
            "CompilationJob",
            "CompilationJobSummaries",
            "CompilationJobName",
            window=created_since(live=("STARTING", "INPROGRESS", "STOPPING")),
        ),
        id="CompilationJobArn",
        native="CompilationJobName",
        fields={
            "name": "CompilationJobName",
            "state": "CompilationJobStatus",
            "framework": Field("InputConfig.Framework", str.lower),
            "framework_version": "InputConfig.FrameworkVersion",
            "built_for": Field("OutputConfig", _target),
            "artifact_uri": "ModelArtifacts.S3ModelArtifacts",
            "image": "InferenceImage",
            "timeout_seconds": "StoppingCondition.MaxRuntimeInSeconds",
            "role": "RoleArn",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "started_at": "CompilationStartTime",
            "ended_at": "CompilationEndTime",
        },
        links=(
            Link("assumes", "aws.iam.role", "RoleArn"),
            Link("made_from", "aws.sagemaker.model_package", "ModelPackageVersionArn"),
            Link("reads_from", "aws.s3.bucket", "InputConfig.S3Uri"),
            Link("writes_to", "aws.s3.bucket", "OutputConfig.S3OutputLocation"),
            Link("encrypted_by", "aws.kms.key", "OutputConfig.KmsKeyId"),
            *vpc(),
        ),
    ),
    Kind(
        name="aws.sagemaker.optimization_job",
        category=Category.MODEL_JOB,
        fetch=listed(
            "OptimizationJob",
            "OptimizationJobSummaries",
            "OptimizationJobName",
            window=created_since(live=("STARTING", "INPROGRESS", "STOPPING")),
        ),
        id="OptimizationJobArn",
        native="OptimizationJobName",
        fields={
            "name": "OptimizationJobName",
            "state": "OptimizationJobStatus",
            "techniques": Field("OptimizationConfigs", _techniques),
            "built_for": "DeploymentInstanceType",
            "max_count": "MaxInstanceCount",
            "image": "OptimizationOutput.RecommendedInferenceImage",
            "output_uris": Field("OutputConfig.S3OutputLocation", lambda uri: [uri]),
            "timeout_seconds": "StoppingCondition.MaxRuntimeInSeconds",
            "role": "RoleArn",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "started_at": "OptimizationStartTime",
            "ended_at": "OptimizationEndTime",
        },
        links=(
            Link("assumes", "aws.iam.role", "RoleArn"),
            Link("made_from", "aws.sagemaker.model", "ModelSource.SageMakerModel.ModelName"),
            Link("reads_from", "aws.s3.bucket", "ModelSource.S3.S3Uri"),
            Link(
                "reads_from",
                "aws.s3.bucket",
                "OptimizationConfigs[].ModelSpeculativeDecodingConfig.TrainingDataSource.S3Uri",
            ),
            Link("produced", "aws.sagemaker.model", "OutputConfig.SageMakerModel.ModelName"),
            Link("writes_to", "aws.s3.bucket", "OutputConfig.S3OutputLocation"),
            Link("encrypted_by", "aws.kms.key", "OutputConfig.KmsKeyId"),
            Link("uses", "aws.sagemaker.training_plan", "TrainingPlanArns[]"),
            *(
                Link("uses_image", "aws.ecr.repository", f"OptimizationConfigs[].{name}.Image")
                for name in _OPTIMISATIONS
            ),
            *vpc(),
        ),
        sensitive=frozenset(
            {
                "OptimizationEnvironment",
                *(f"OptimizationConfigs[].{name}.OverrideEnvironment" for name in _OPTIMISATIONS),
            }
        ),
    ),
    Kind(
        name="aws.sagemaker.job",
        category=Category.MODEL_JOB,
        fetch=listed("Job", "JobSummaries", "JobName", given={"JobCategory": "{JobCategory}"}, window=_jobs_since),
        id="JobArn",
        native="JobName",
        fields={
            "name": "JobName",
            "type": "JobCategory",
            "state": "JobStatus",
            "phase": "SecondaryStatus",
            "role": "RoleArn",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
            "ended_at": "EndTime",
        },
        tags="Tags",
        links=(Link("assumes", "aws.iam.role", "RoleArn"),),
    ),
    Kind(
        name="aws.sagemaker.training_session",
        category=Category.MODEL_JOB,
        fetch=listed(
            "TrainingSession",
            "TrainingSessionSummaries",
            "$Name",
            parameter="TrainingSessionName",
            inside="TrainingSessionDetail",
            derive=_named,
            window=created_since(live=("Created", "Blocked", "Running", "Scheduled", "Stopping")),
        ),
        id="TrainingSessionArn",
        native="$Name",
        fields={
            "name": "TrainingSessionName",
            "state": "TrainingSessionStatus",
            "base_model": "ModelConfig.BaseModelArn",
            "failure_reason": "ErrorDetails",
            "role": "RoleArn",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
            "ended_at": "EndTime",
        },
        tags="Tags",
        links=(
            Link("assumes", "aws.iam.role", "RoleArn"),
            Link("made_from", "aws.sagemaker.hub_content", "ModelConfig.BaseModelArn", optional=True),
            Link("registers_in", "aws.sagemaker.model_package_group", "ModelPackageGroupArn"),
            Link("writes_to", "aws.s3.bucket", "OutputConfig.S3Location.Path"),
            Link("encrypted_by", "aws.kms.key", "OutputConfig.S3Location.KmsKeyArn"),
            *vpc(),
        ),
    ),
)
