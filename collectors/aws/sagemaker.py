"""SageMaker AI: what serves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import count
from collectors.aws.instance_types import TOTAL, Machines
from collectors.aws.rows import Call
from collectors.aws.sagemaker_calls import GONE, TAGS, listed, renamed, vpc
from collectors.aws.traffic import Traffic, one
from collectors.traffic import CLIENT_ERRORS, ERRORS, LATENCY, MEASURED, TRAFFIC
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import GIB, MIB, ratio

_SHAPE = {
    "name": "VariantName",
    "model": "ModelName",
    "instance_type": "InstanceType",
    "count": "InitialInstanceCount",
    "weight": "InitialVariantWeight",
}


def _variants(items: Any) -> list[dict[str, Any]]:
    return _shared([{**renamed(v, _SHAPE), **_details(v, v.get("ServerlessConfig"))} for v in items])


def _shared(variants: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Variants with the share of the traffic that their weights mean: one's weight by the sum of all. Source: botocore 1.44.5,
    SageMaker ProductionVariant, InitialVariantWeight; read 2026-11-24."""
    whole = sum(v.get("weight", 0) for v in variants)
    return [{**v, "weight": v["weight"] / whole} if whole and "weight" in v else v for v in variants]


def _details(variant: Mapping[str, Any], serverless: Any) -> dict[str, Any]:
    """What a variant has besides machines, in our units."""
    found: dict[str, Any] = {}
    if serverless:
        found["memory_bytes"] = serverless["MemorySizeInMB"] * MIB
        found |= renamed(serverless, {"max_concurrency": "MaxConcurrency", "kept_warm": "ProvisionedConcurrency"})
    if "VolumeSizeInGB" in variant:
        found["volume_bytes"] = variant["VolumeSizeInGB"] * GIB
    scaling = variant.get("ManagedInstanceScaling")
    if scaling:
        found["scaling"] = renamed(scaling, {"min": "MinInstanceCount", "max": "MaxInstanceCount", "state": "Status"})
    routing = variant.get("RoutingConfig")
    if routing:
        found["routing"] = routing.get("RoutingStrategy")
    if pools := variant.get("InstancePools"):
        found["instance_types"] = [p["InstanceType"] for p in pools]
    if "InferenceAmiVersion" in variant:
        found["machine_image"] = variant["InferenceAmiVersion"]
    return found


def _live(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Variants as they run, with what the configuration alone says of each: model and instance type."""
    configured = {v["VariantName"]: v for v in (item.get("$Config") or {}).get("ProductionVariants", ())}
    return {"$Variants": [_running(v, configured.get(v["VariantName"], {})) for v in item["ProductionVariants"]]}


def _running(variant: Mapping[str, Any], configured: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **renamed(configured, {"ModelName": "ModelName", "InstanceType": "InstanceType"}),
        **renamed(variant, {"VariantName": "VariantName", "Count": "CurrentInstanceCount", "Weight": "CurrentWeight"}),
        **_details({**configured, **variant}, variant.get("CurrentServerlessConfig")),
    }


def _running_variants(payload: Any) -> Any:
    """Variants as they run; without models and instance types where the configuration could not be read."""
    if "ProductionVariants" not in payload:
        return MISSING
    found = payload.get("$Variants") or [_running(v, {}) for v in payload["ProductionVariants"]]
    ours = {"VariantName": "name", "ModelName": "model", "InstanceType": "instance_type", "Count": "count"}
    return _shared([{ours.get(k, k.lower()): value for k, value in v.items()} for v in found])


def _instances(items: Any) -> int:
    return sum(int(v.get("CurrentInstanceCount", 0)) for v in items)


def _serverless(items: Any) -> bool:
    return any(v.get("ServerlessConfig") or v.get("CurrentServerlessConfig") for v in items)


_CONTAINERS = ("PrimaryContainer", "Containers[]")
_MODEL_LINKS = tuple(
    link
    for at in _CONTAINERS
    for link in (
        Link("uses_image", "aws.ecr.repository", f"{at}.Image"),
        Link("reads_from", "aws.s3.bucket", f"{at}.ModelDataUrl"),
        Link("reads_from", "aws.s3.bucket", f"{at}.ModelDataSource.S3DataSource.S3Uri"),
        Link("reads_from", "aws.s3.bucket", f"{at}.AdditionalModelDataSources[].S3DataSource.S3Uri"),
        Link("uses_version", "aws.sagemaker.model_package", f"{at}.ModelPackageName"),
    )
)


def _model_containers(payload: Any) -> list[Mapping[str, Any]]:
    return [payload.get("PrimaryContainer") or {}, *(payload.get("Containers") or [])]


def _model_images(payload: Any) -> list[str]:
    return [c["Image"] for c in _model_containers(payload) if c.get("Image")]


def _weights(container: Mapping[str, Any]) -> Any:
    """Where the weights of a container lie; None where it brings its own."""
    source = (container.get("ModelDataSource") or {}).get("S3DataSource", {})
    return container.get("ModelDataUrl") or source.get("S3Uri")


def _model_artifact(payload: Any) -> Any:
    return next(filter(None, map(_weights, _model_containers(payload))), MISSING)


def _model_mode(payload: Any) -> Any:
    """SingleModel or MultiModel: a container that serves every model under a prefix."""
    return next(filter(None, (c.get("Mode") for c in _model_containers(payload))), MISSING)


def _whole(number: Any) -> Any:
    """A number of devices; MISSING for a part of one."""
    return int(number) if float(number).is_integer() else MISSING


def _reserved(needs: Any) -> dict[str, Any]:
    """What a copy of an inference component reserves. Memory is in MiB there."""
    ours = {
        "cpus": "NumberOfCpuCoresRequired",
        "accelerators": "NumberOfAcceleratorDevicesRequired",
        "accelerator_partition": "AcceleratorPartitionType",
    }
    sizes = renamed(needs, {"memory_bytes": "MinMemoryRequiredInMb", "memory_limit_bytes": "MaxMemoryRequiredInMb"})
    return renamed(needs, ours) | {key: size * MIB for key, size in sizes.items()}


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
_COMPONENT_USE = "/aws/sagemaker/InferenceComponents"
"""Use is a share of what a copy has reserved there. Source: as above."""
_COMPONENT_TRAFFIC = Traffic(
    "AWS/SageMaker",
    one(InferenceComponentName="InferenceComponentName"),
    requests="Invocations",
    latency="ModelLatency",
    latency_unit=1e-6,
    errors=("Invocation5XXErrors",),
    client_errors=("Invocation4XXErrors",),
    gauges={
        "Cpus": (_COMPONENT_USE, "CPUUtilizationNormalized", 0.01),
        "Memory": (_COMPONENT_USE, "MemoryUtilizationNormalized", 0.01),
        "Accelerators": (_COMPONENT_USE, "GPUUtilizationNormalized", 0.01),
        "AcceleratorMemories": (_COMPONENT_USE, "GPUMemoryUtilizationNormalized", 0.01),
    },
    alive=(_COMPONENT_USE, "CPUUtilizationNormalized"),
)
_REQUESTS: Mapping[str, Any] = {**MEASURED, **LATENCY, **ERRORS, **CLIENT_ERRORS}
_ASYNC = "AsyncInferenceConfig.OutputConfig"
_ASYNC_LINKS = (
    Link("writes_to", "aws.s3.bucket", f"{_ASYNC}.S3OutputPath"),
    Link("writes_to", "aws.s3.bucket", f"{_ASYNC}.S3FailurePath"),
    Link("encrypted_by", "aws.kms.key", f"{_ASYNC}.KmsKeyId"),
    Link("notifies", "aws.sns.topic", f"{_ASYNC}.NotificationConfig.SuccessTopic"),
    Link("notifies", "aws.sns.topic", f"{_ASYNC}.NotificationConfig.ErrorTopic"),
)

KINDS = (
    Kind(
        name="aws.sagemaker.endpoint",
        category=Category.ENDPOINT,
        fetch=listed(
            "Endpoint",
            "Endpoints",
            "EndpointName",
            tags="EndpointArn",
            also=(
                # A configuration may be deleted while its endpoint runs on.
                Call(
                    "sagemaker",
                    "DescribeEndpointConfig",
                    params={"EndpointConfigName": "{EndpointConfigName}"},
                    into="$Config",
                    expect=GONE,
                    derive=_live,
                ),
            ),
            lookups=(
                Machines(
                    (
                        ("$Variants[].InstanceType", "$Variants[].Count"),
                        (
                            "ProductionVariants[].InstancePools[].InstanceType",
                            "ProductionVariants[].InstancePools[].CurrentInstanceCount",
                        ),
                    )
                ),
                _TRAFFIC,
            ),
        ),
        id="EndpointArn",
        native="EndpointName",
        fields={
            "name": "EndpointName",
            "state": "EndpointStatus",
            "variants": Field("", _running_variants),
            "variant_count": Field("ProductionVariants", count),
            "shadow_variant_count": Field("ShadowProductionVariants", count),
            "instance_count": Field("ProductionVariants", _instances),
            "instance_types": "$Variants[].InstanceType",
            "serverless": Field("ProductionVariants", _serverless),
            "asynchronous": Field("AsyncInferenceConfig", bool),
            "data_capture": "DataCaptureConfig.EnableCapture",
            "data_capture_ratio": Field("DataCaptureConfig.CurrentSamplingPercentage", ratio),
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
            **TOTAL,
            **_REQUESTS,
            "cpu_busy_count": f"{TRAFFIC}.Cpus",
            "memory_utilization_ratio": f"{TRAFFIC}.Memory",
            "accelerator_busy_count": f"{TRAFFIC}.Accelerators",
            "accelerator_memory_busy_count": f"{TRAFFIC}.AcceleratorMemories",
        },
        tags=TAGS,
        links=(
            Link("uses_config", "aws.sagemaker.endpoint_config", "EndpointConfigName"),
            Link("serves", "aws.sagemaker.model", "$Variants[].ModelName"),
            Link("uses_image", "aws.ecr.repository", "ProductionVariants[].DeployedImages[].SpecifiedImage"),
            Link("writes_to", "aws.s3.bucket", "DataCaptureConfig.DestinationS3Uri"),
            Link("encrypted_by", "aws.kms.key", "DataCaptureConfig.KmsKeyId"),
            Link(
                "uses", "aws.sagemaker.training_plan", "ProductionVariants[].CapacityReservationConfig.MlReservationArn"
            ),
            Link(
                "watched_by",
                "aws.cloudwatch.alarm",
                "LastDeploymentConfig.AutoRollbackConfiguration.Alarms[].AlarmName",
            ),
            *_ASYNC_LINKS,
        ),
        quiet=frozenset({"$Config", "$Variants"}),
    ),
    Kind(
        name="aws.sagemaker.endpoint_config",
        category=Category.ENDPOINT_CONFIG,
        fetch=listed(
            "EndpointConfig",
            "EndpointConfigs",
            "EndpointConfigName",
            tags="EndpointConfigArn",
            lookups=(Machines((("ProductionVariants[].InstanceType", "ProductionVariants[].InitialInstanceCount"),)),),
        ),
        id="EndpointConfigArn",
        native="EndpointConfigName",
        fields={
            "name": "EndpointConfigName",
            "variants": Field("ProductionVariants", _variants),
            "variant_count": Field("ProductionVariants", count),
            "shadow_variants": Field("ShadowProductionVariants", _variants),
            "instance_types": "ProductionVariants[].InstanceType",
            "serverless": Field("ProductionVariants", _serverless),
            "asynchronous": Field("AsyncInferenceConfig", bool),
            "parallelism_count": "AsyncInferenceConfig.ClientConfig.MaxConcurrentInvocationsPerInstance",
            "encryption_key": "KmsKeyId",
            "data_capture": "DataCaptureConfig.EnableCapture",
            "data_capture_ratio": Field("DataCaptureConfig.InitialSamplingPercentage", ratio),
            "network_isolated": "EnableNetworkIsolation",
            "role": "ExecutionRoleArn",
            "created_at": "CreationTime",
            **TOTAL,
        },
        tags=TAGS,
        links=(
            Link("serves", "aws.sagemaker.model", "ProductionVariants[].ModelName"),
            Link("serves", "aws.sagemaker.model", "ShadowProductionVariants[].ModelName"),
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
            Link("encrypted_by", "aws.kms.key", "DataCaptureConfig.KmsKeyId"),
            Link("assumes", "aws.iam.role", "ExecutionRoleArn"),
            Link("writes_to", "aws.s3.bucket", "DataCaptureConfig.DestinationS3Uri"),
            Link("writes_to", "aws.s3.bucket", "ProductionVariants[].CoreDumpConfig.DestinationS3Uri"),
            Link(
                "uses", "aws.sagemaker.training_plan", "ProductionVariants[].CapacityReservationConfig.MlReservationArn"
            ),
            *_ASYNC_LINKS,
            *vpc(),
        ),
    ),
    Kind(
        name="aws.sagemaker.inference_component",
        category=Category.DEPLOYMENT,
        fetch=listed(
            "InferenceComponent",
            "InferenceComponents",
            "InferenceComponentName",
            tags="InferenceComponentArn",
            lookups=(_COMPONENT_TRAFFIC,),
        ),
        id="InferenceComponentArn",
        native="InferenceComponentName",
        fields={
            "name": "InferenceComponentName",
            "state": "InferenceComponentStatus",
            "image": "Specification.Container.DeployedImage.SpecifiedImage",
            "artifact_uri": "Specification.Container.ArtifactUrl",
            "cpu_request_count": "Specification.ComputeResourceRequirements.NumberOfCpuCoresRequired",
            "accelerator_requested_count": Field(
                "Specification.ComputeResourceRequirements.NumberOfAcceleratorDevicesRequired", _whole
            ),
            "requests": Field("Specification.ComputeResourceRequirements", _reserved),
            "strategy": "Specification.SchedulingConfig.PlacementStrategy",
            "desired_count": "RuntimeConfig.DesiredCopyCount",
            "instance_count": "RuntimeConfig.CurrentCopyCount",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
            **_REQUESTS,
            "cpu_utilization_ratio": f"{TRAFFIC}.Cpus",
            "memory_utilization_ratio": f"{TRAFFIC}.Memory",
            "accelerator_utilization_ratio": f"{TRAFFIC}.Accelerators",
            "accelerator_memory_utilization_ratio": f"{TRAFFIC}.AcceleratorMemories",
        },
        tags=TAGS,
        links=(
            Link("runs_on", "aws.sagemaker.endpoint", "EndpointArn"),
            Link("serves", "aws.sagemaker.model", "Specification.ModelName"),
            Link("part_of", "aws.sagemaker.inference_component", "Specification.BaseInferenceComponentName"),
            Link("uses_image", "aws.ecr.repository", "Specification.Container.DeployedImage.SpecifiedImage"),
            Link("reads_from", "aws.s3.bucket", "Specification.Container.ArtifactUrl"),
            Link("reads_from", "aws.s3.bucket", "Specifications[].Container.ArtifactUrl"),
        ),
        sensitive=frozenset({"Specification.Container.Environment", "Specifications[].Container.Environment"}),
    ),
    Kind(
        name="aws.sagemaker.inference_experiment",
        category=Category.DEPLOYMENT,
        fetch=listed("InferenceExperiment", "InferenceExperiments", "Name", tags="Arn"),
        id=Template("arn:{@partition}:sagemaker:{@place}:{@account}:inference-experiment/{Name}"),
        native="Name",
        fields={
            "name": "Name",
            "type": "Type",
            "state": "Status",
            "description": "Description",
            "role": "RoleArn",
            "encryption_key": "KmsKey",
            "variant_count": Field("ModelVariants", count),
            "failure_reason": "StatusReason",
            "created_at": "CreationTime",
            "started_at": "Schedule.StartTime",
            "ended_at": "CompletionTime",
        },
        tags=TAGS,
        links=(
            Link("runs_on", "aws.sagemaker.endpoint", "EndpointMetadata.EndpointName"),
            Link("serves", "aws.sagemaker.model", "ModelVariants[].ModelName"),
            Link("writes_to", "aws.s3.bucket", "DataStorageConfig.Destination"),
            Link("encrypted_by", "aws.kms.key", "DataStorageConfig.KmsKey"),
            Link("encrypted_by", "aws.kms.key", "KmsKey"),
            Link("assumes", "aws.iam.role", "RoleArn"),
        ),
        aliases=(Alias("arn", "Arn"),),
    ),
    Kind(
        name="aws.sagemaker.model",
        category=Category.MODEL,
        fetch=listed("Model", "Models", "ModelName", tags="ModelArn"),
        id="ModelArn",
        native="ModelName",
        fields={
            "name": "ModelName",
            "images": Field("", _model_images),
            "artifact_uri": Field("", _model_artifact),
            "mode": Field("", _model_mode),
            "container_count": Field("", lambda payload: len(list(filter(None, _model_containers(payload))))),
            "network_isolated": "EnableNetworkIsolation",
            "role": "ExecutionRoleArn",
            "created_at": "CreationTime",
        },
        tags=TAGS,
        links=(*_MODEL_LINKS, Link("assumes", "aws.iam.role", "ExecutionRoleArn"), *vpc()),
        sensitive=frozenset(
            {
                "PrimaryContainer.Environment",
                "Containers[].Environment",
                "DeploymentRecommendation.RealTimeInferenceRecommendations[].Environment",
            }
        ),
    ),
)
