"""SageMaker AI: what trains, what is registered, what serves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import count, step_count, steps
from collectors.aws.instance_types import TOTAL, Machines
from collectors.aws.rows import Call, created_since
from collectors.aws.traffic import CLIENT_ERRORS, ERRORS, LATENCY, MEASURED, TRAFFIC, Traffic
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Kind, Link
from normalize.units import GIB, times

_GONE = (
    "ResourceNotFound", "ResourceNotFoundException", "ValidationException:could not find",
    "ValidationException:does not exist", "ValidationException:RecordNotFound",
    "ValidationException:Requested resource not found",
)  # fmt: skip
"""SageMaker says that a thing is gone by a validation error with words. Source: aws-controllers-k8s/sagemaker-controller at
dc49707, generator.yaml (exceptions.errors.404 of each resource); the rest of a message is not looked at; read 2026-11-24."""


def _listed(noun: str, items: str, key: str, **more: Any) -> Call:
    """List<noun>s, then Describe<noun> by the name or ARN that the listing gives under `key`."""
    describe = Call("sagemaker", f"Describe{noun}", params={more.pop("parameter", key): f"{{{key}}}"}, gone=_GONE)
    return Call("sagemaker", f"List{noun}s", items=items, page=100, detail=(describe,), **more)


def _variants(items: Any) -> list[dict[str, Any]]:
    names = {
        "name": "VariantName",
        "model": "ModelName",
        "instance_type": "InstanceType",
        "count": "InitialInstanceCount",
        "weight": "InitialVariantWeight",
    }
    return [{ours: v[theirs] for ours, theirs in names.items() if theirs in v} for v in items]


def _running_variants(items: Any) -> list[dict[str, Any]]:
    names = {"name": "VariantName", "count": "CurrentInstanceCount", "weight": "CurrentWeight"}
    return [{ours: v[theirs] for ours, theirs in names.items() if theirs in v} for v in items]


def _instances(items: Any) -> int:
    return sum(int(v.get("CurrentInstanceCount", 0)) for v in items)


def _channels(items: Any) -> list[dict[str, Any]]:
    found = []
    for channel in items:
        source = channel.get("DataSource", {})
        place = source.get("S3DataSource", {}).get("S3Uri") or source.get("FileSystemDataSource", {}).get(
            "FileSystemId"
        )
        names = {"name": channel.get("ChannelName"), "uri": place, "content_type": channel.get("ContentType")}
        found.append({k: v for k, v in names.items() if v is not None})
    return found


def _schema(items: Any) -> list[dict[str, Any]]:
    return [{"name": f.get("FeatureName"), "type": f.get("FeatureType")} for f in items]


_MADE_BY = frozenset({"CreatedBy", "LastModifiedBy"})
_CONTAINERS = ("PrimaryContainer", "Containers[]")
_MODEL_LINKS = tuple(
    link
    for at in _CONTAINERS
    for link in (
        Link("uses_image", "aws.ecr.repository", f"{at}.Image"),
        Link("reads_from", "aws.s3.bucket", f"{at}.ModelDataUrl"),
        Link("reads_from", "aws.s3.bucket", f"{at}.ModelDataSource.S3DataSource.S3Uri"),
        Link("uses_version", "aws.sagemaker.model_package", f"{at}.ModelPackageName"),
    )
)
_VPC_LINKS = (
    Link("runs_in", "aws.ec2.subnet", "VpcConfig.Subnets[]"),
    Link("guarded_by", "aws.ec2.security_group", "VpcConfig.SecurityGroupIds[]"),
)


def _model_images(payload: Any) -> list[str]:
    containers = [payload.get("PrimaryContainer") or {}, *(payload.get("Containers") or [])]
    return [c["Image"] for c in containers if c.get("Image")]


def _model_artifact(payload: Any) -> Any:
    for c in [payload.get("PrimaryContainer") or {}, *(payload.get("Containers") or [])]:
        found = c.get("ModelDataUrl") or (c.get("ModelDataSource") or {}).get("S3DataSource", {}).get("S3Uri")
        if found:
            return found
    return MISSING


def _variant_dimensions(item: Mapping[str, Any]) -> list[dict[str, str]]:
    variants = item.get("ProductionVariants") or ()
    return [{"EndpointName": item["EndpointName"], "VariantName": v["VariantName"]} for v in variants]


_USE = "/aws/sagemaker/Endpoints"
"""Use of CPU and GPU is a sum over devices there: 400 % are four of them, busy. Source: SageMaker AI Developer Guide,
"SageMaker AI metrics in Amazon CloudWatch", read 2026-11-24."""
_TRAFFIC = Traffic(
    "AWS/SageMaker",
    _variant_dimensions,
    requests="Invocations",
    latency="ModelLatency",
    latency_unit=1e-6,
    errors=("Invocation5XXErrors",),
    client_errors=("Invocation4XXErrors",),
    gauges={
        "Cpus": (_USE, "CPUUtilization", 0.01),
        "Memory": (_USE, "MemoryUtilization", 0.01),
        "Accelerators": (_USE, "GPUUtilization", 0.01),
        "AcceleratorMemories": (_USE, "GPUMemoryUtilization", 0.01),
    },
    alive=(_USE, "CPUUtilization"),
)

KINDS = (
    Kind(
        name="aws.sagemaker.endpoint",
        category=Category.ENDPOINT,
        fetch=_listed("Endpoint", "Endpoints", "EndpointName", lookups=(_TRAFFIC,)),
        id="EndpointArn",
        native="EndpointName",
        fields={
            "name": "EndpointName",
            "state": "EndpointStatus",
            "variants": Field("ProductionVariants", _running_variants),
            "variant_count": Field("ProductionVariants", count),
            "instance_count": Field("ProductionVariants", _instances),
            "data_capture": "DataCaptureConfig.EnableCapture",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
            **MEASURED,
            **LATENCY,
            **ERRORS,
            **CLIENT_ERRORS,
            "cpu_busy_count": f"{TRAFFIC}.Cpus",
            "memory_utilization_ratio": f"{TRAFFIC}.Memory",
            "accelerator_busy_count": f"{TRAFFIC}.Accelerators",
            "accelerator_memory_busy_count": f"{TRAFFIC}.AcceleratorMemories",
        },
        links=(
            Link("uses_config", "aws.sagemaker.endpoint_config", "EndpointConfigName"),
            Link("uses_image", "aws.ecr.repository", "ProductionVariants[].DeployedImages[].SpecifiedImage"),
            Link("writes_to", "aws.s3.bucket", "DataCaptureConfig.DestinationS3Uri"),
        ),
    ),
    Kind(
        name="aws.sagemaker.endpoint_config",
        category=Category.ENDPOINT_CONFIG,
        fetch=_listed(
            "EndpointConfig",
            "EndpointConfigs",
            "EndpointConfigName",
            lookups=(Machines((("ProductionVariants[].InstanceType", "ProductionVariants[].InitialInstanceCount"),)),),
        ),
        id="EndpointConfigArn",
        native="EndpointConfigName",
        fields={
            "name": "EndpointConfigName",
            "variants": Field("ProductionVariants", _variants),
            "variant_count": Field("ProductionVariants", count),
            "encryption_key": "KmsKeyId",
            "data_capture": "DataCaptureConfig.EnableCapture",
            "network_isolated": "EnableNetworkIsolation",
            "role": "ExecutionRoleArn",
            "created_at": "CreationTime",
            **TOTAL,
        },
        links=(
            Link("serves", "aws.sagemaker.model", "ProductionVariants[].ModelName"),
            Link("serves", "aws.sagemaker.model", "ShadowProductionVariants[].ModelName"),
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
            Link("assumes", "aws.iam.role", "ExecutionRoleArn"),
            Link("writes_to", "aws.s3.bucket", "DataCaptureConfig.DestinationS3Uri"),
            Link("writes_to", "aws.s3.bucket", "AsyncInferenceConfig.OutputConfig.S3OutputPath"),
            *_VPC_LINKS,
        ),
    ),
    Kind(
        name="aws.sagemaker.model",
        category=Category.MODEL,
        fetch=_listed("Model", "Models", "ModelName"),
        id="ModelArn",
        native="ModelName",
        fields={
            "name": "ModelName",
            "images": Field("", _model_images),
            "artifact_uri": Field("", _model_artifact),
            "network_isolated": "EnableNetworkIsolation",
            "role": "ExecutionRoleArn",
            "created_at": "CreationTime",
        },
        links=(*_MODEL_LINKS, Link("assumes", "aws.iam.role", "ExecutionRoleArn"), *_VPC_LINKS),
        sensitive=frozenset({"PrimaryContainer.Environment", "Containers[].Environment"}),
    ),
    Kind(
        name="aws.sagemaker.training_job",
        category=Category.TRAINING_JOB,
        fetch=_listed(
            "TrainingJob",
            "TrainingJobSummaries",
            "TrainingJobName",
            window=created_since(live=("InProgress", "Stopping")),
            lookups=(
                Machines(
                    (
                        ("ResourceConfig.InstanceType", "ResourceConfig.InstanceCount"),
                        (
                            "ResourceConfig.InstanceGroups[].InstanceType",
                            "ResourceConfig.InstanceGroups[].InstanceCount",
                        ),
                    )
                ),
            ),
        ),
        id="TrainingJobArn",
        native="TrainingJobName",
        fields={
            "name": "TrainingJobName",
            "state": "TrainingJobStatus",
            "image": "AlgorithmSpecification.TrainingImage",
            "input_mode": "AlgorithmSpecification.TrainingInputMode",
            "instance_type": "ResourceConfig.InstanceType",
            "instance_count": "ResourceConfig.InstanceCount",
            "ephemeral_storage_bytes": Field("ResourceConfig.VolumeSizeInGB", times(GIB)),
            "inputs": Field("InputDataConfig", _channels),
            "artifact_uri": "ModelArtifacts.S3ModelArtifacts",
            "hyperparameters": "HyperParameters",
            "role": "RoleArn",
            "spot": "EnableManagedSpotTraining",
            "network_isolated": "EnableNetworkIsolation",
            "timeout_seconds": "StoppingCondition.MaxRuntimeInSeconds",
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
            Link("reads_from", "aws.s3.bucket", "InputDataConfig[].DataSource.S3DataSource.S3Uri"),
            Link("reads_from", "aws.efs.file_system", "InputDataConfig[].DataSource.FileSystemDataSource.FileSystemId"),
            Link("writes_to", "aws.s3.bucket", "OutputDataConfig.S3OutputPath"),
            Link("writes_to", "aws.s3.bucket", "CheckpointConfig.S3Uri"),
            Link("encrypted_by", "aws.kms.key", "OutputDataConfig.KmsKeyId"),
            Link("encrypted_by", "aws.kms.key", "ResourceConfig.VolumeKmsKeyId"),
            *_VPC_LINKS,
        ),
        sensitive=frozenset({"Environment"}),
    ),
    Kind(
        name="aws.sagemaker.processing_job",
        category=Category.DATA_JOB,
        fetch=_listed(
            "ProcessingJob",
            "ProcessingJobSummaries",
            "ProcessingJobName",
            window=created_since(live=("InProgress", "Stopping")),
            lookups=(
                Machines(
                    (
                        (
                            "ProcessingResources.ClusterConfig.InstanceType",
                            "ProcessingResources.ClusterConfig.InstanceCount",
                        ),
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
            "instance_type": "ProcessingResources.ClusterConfig.InstanceType",
            "instance_count": "ProcessingResources.ClusterConfig.InstanceCount",
            "input_uris": "ProcessingInputs[].S3Input.S3Uri",
            "output_uris": "ProcessingOutputConfig.Outputs[].S3Output.S3Uri",
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
            Link("writes_to", "aws.s3.bucket", "ProcessingOutputConfig.Outputs[].S3Output.S3Uri"),
            Link("runs_in", "aws.ec2.subnet", "NetworkConfig.VpcConfig.Subnets[]"),
        ),
        sensitive=frozenset({"Environment"}),
    ),
    Kind(
        name="aws.sagemaker.notebook_instance",
        category=Category.NOTEBOOK,
        fetch=_listed(
            "NotebookInstance",
            "NotebookInstances",
            "NotebookInstanceName",
            lookups=(Machines((("InstanceType", ""),)),),
        ),
        id="NotebookInstanceArn",
        native="NotebookInstanceName",
        fields={
            "name": "NotebookInstanceName",
            "state": "NotebookInstanceStatus",
            "instance_type": "InstanceType",
            "endpoint": "Url",
            "role": "RoleArn",
            "capacity_bytes": Field("VolumeSizeInGB", times(GIB)),
            "internet_access": Field("DirectInternetAccess", lambda word: word == "Enabled"),
            "root_access": Field("RootAccess", lambda word: word == "Enabled"),
            "version": "PlatformIdentifier",
            "encryption_key": "KmsKeyId",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
            **TOTAL,
        },
        links=(
            Link("assumes", "aws.iam.role", "RoleArn"),
            Link("runs_in", "aws.ec2.subnet", "SubnetId"),
            Link("guarded_by", "aws.ec2.security_group", "SecurityGroups[]"),
            Link("attached_to", "aws.ec2.network_interface", "NetworkInterfaceId"),
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
        ),
        aliases=(Alias("dns", "Url"),),
    ),
    Kind(
        name="aws.sagemaker.pipeline",
        category=Category.PIPELINE,
        fetch=_listed("Pipeline", "PipelineSummaries", "PipelineName"),
        id="PipelineArn",
        native="PipelineName",
        fields={
            "name": "PipelineDisplayName",
            "description": "PipelineDescription",
            "state": "PipelineStatus",
            "role": "RoleArn",
            "steps": Field("PipelineDefinition", steps),
            "step_count": Field("PipelineDefinition", step_count),
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        links=(Link("assumes", "aws.iam.role", "RoleArn"),),
        quiet=_MADE_BY,
    ),
    Kind(
        name="aws.sagemaker.feature_group",
        category=Category.FEATURE_STORE,
        fetch=_listed("FeatureGroup", "FeatureGroupSummaries", "FeatureGroupName"),
        id="FeatureGroupArn",
        native="FeatureGroupName",
        fields={
            "name": "FeatureGroupName",
            "description": "Description",
            "state": "FeatureGroupStatus",
            "online_store": "OnlineStoreConfig.EnableOnlineStore",
            "offline_store": Field("OfflineStoreConfig", bool),
            "features_schema": Field("FeatureDefinitions", _schema),
            "role": "RoleArn",
            "created_at": "CreationTime",
        },
        links=(
            Link("assumes", "aws.iam.role", "RoleArn"),
            Link("writes_to", "aws.s3.bucket", "OfflineStoreConfig.S3StorageConfig.S3Uri"),
            Link("encrypted_by", "aws.kms.key", "OfflineStoreConfig.S3StorageConfig.KmsKeyId"),
            Link("encrypted_by", "aws.kms.key", "OnlineStoreConfig.SecurityConfig.KmsKeyId"),
        ),
    ),
    Kind(
        name="aws.sagemaker.model_package_group",
        category=Category.MODEL_REGISTRY,
        fetch=_listed("ModelPackageGroup", "ModelPackageGroupSummaryList", "ModelPackageGroupName"),
        id="ModelPackageGroupArn",
        native="ModelPackageGroupName",
        fields={
            "name": "ModelPackageGroupName",
            "description": "ModelPackageGroupDescription",
            "state": "ModelPackageGroupStatus",
            "created_at": "CreationTime",
        },
        quiet=_MADE_BY,
    ),
    Kind(
        name="aws.sagemaker.model_package",
        category=Category.MODEL_VERSION,
        # Versions are only listed by their group; without a group the API lists unversioned packages.
        fetch=_listed(
            "ModelPackage",
            "ModelPackageSummaryList",
            "ModelPackageArn",
            parameter="ModelPackageName",
            under="aws.sagemaker.model_package_group",
            params={"ModelPackageGroupName": "{ModelPackageGroupName}"},
            gone=_GONE,
        ),
        id="ModelPackageArn",
        native="ModelPackageArn",
        fields={
            "name": "ModelPackageGroupName",
            "version": Field("ModelPackageVersion", str),
            "description": "ModelPackageDescription",
            "state": "ModelPackageStatus",
            "approval_status": "ModelApprovalStatus",
            "images": "InferenceSpecification.Containers[].Image",
            "artifact_uri": "InferenceSpecification.Containers[0].ModelDataUrl",
            "framework": "InferenceSpecification.Containers[0].Framework",
            "framework_version": "InferenceSpecification.Containers[0].FrameworkVersion",
            "created_at": "CreationTime",
        },
        links=(
            Link("member_of", "aws.sagemaker.model_package_group", "ModelPackageGroupName"),
            Link("uses_image", "aws.ecr.repository", "InferenceSpecification.Containers[].Image"),
            Link("reads_from", "aws.s3.bucket", "InferenceSpecification.Containers[].ModelDataUrl"),
        ),
        sensitive=frozenset({"InferenceSpecification.Containers[].Environment"}),
        quiet=_MADE_BY | {"$parent"},
    ),
    Kind(
        name="aws.sagemaker.domain",
        category=Category.NAMESPACE,
        fetch=_listed("Domain", "Domains", "DomainId"),
        id="DomainArn",
        native="DomainId",
        fields={
            "name": "DomainName",
            "state": "Status",
            "endpoint": "Url",
            "role": "DefaultUserSettings.ExecutionRole",
            "subnets": "SubnetIds",
            "network_mode": "AppNetworkAccessType",
            "created_at": "CreationTime",
        },
        links=(
            Link("runs_in", "aws.ec2.vpc", "VpcId"),
            Link("runs_in", "aws.ec2.subnet", "SubnetIds[]"),
            Link("assumes", "aws.iam.role", "DefaultUserSettings.ExecutionRole"),
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
            Link("mounts", "aws.efs.file_system", "HomeEfsFileSystemId"),
        ),
        aliases=(Alias("uri", "Url"),),
    ),
)
