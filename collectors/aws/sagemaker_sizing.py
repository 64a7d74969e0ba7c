"""SageMaker AI: jobs that measure what models need and recommend machines for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.rows import created_since
from collectors.aws.sagemaker_calls import RUNNING, listed, renamed, vpc
from normalize.model import Category, Field, Kind, Link

_DEPLOYMENT = {"name": "VariantName", "instance_type": "InstanceType", "count": "InitialInstanceCount"}


def _recommended(items: Any) -> list[dict[str, Any]]:
    return [{**renamed(i["EndpointConfiguration"], _DEPLOYMENT), **_metrics(i.get("Metrics", {}))} for i in items]


def _metrics(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Measures of an inference recommendation. Latency is in milliseconds there, the rate is per minute. Source: SageMaker AI
    Developer Guide, "Recommendation results", read 2026-11-24."""
    names = {
        "cost_usd_per_hour": "CostPerHour",
        "cost_usd_per_request": "CostPerInference",
        "requests_per_minute_max": "MaxInvocations",
    }
    found = renamed(metrics, names)
    if "ModelLatency" in metrics:
        found["latency_seconds"] = metrics["ModelLatency"] / 1000
    return found


def _deployments(items: Any) -> list[dict[str, Any]]:
    """What an AI recommendation job recommends to deploy on, and what performance it expects."""
    names = {"instance_type": "InstanceType", "count": "InstanceCount", "copies_per_instance": "CopyCountPerInstance"}
    return [
        {
            **renamed(item.get("DeploymentConfiguration") or {}, names),
            "expected": [renamed(e, _EXPECTED) for e in item.get("ExpectedPerformance", ())],
        }
        for item in items
    ]


_EXPECTED = {"metric": "Metric", "statistic": "Stat", "value": "Value", "unit": "Unit"}

KINDS = (
    Kind(
        name="aws.sagemaker.inference_recommendations_job",
        category=Category.MODEL_JOB,
        fetch=listed(
            "InferenceRecommendationsJob",
            "InferenceRecommendationsJobs",
            "JobName",
            window=created_since(live=("PENDING", "IN_PROGRESS", "STOPPING")),
        ),
        id="JobArn",
        native="JobName",
        fields={
            "name": "JobName",
            "description": "JobDescription",
            "type": "JobType",
            "state": "Status",
            "framework": Field("InputConfig.ContainerConfig.Framework", str.lower),
            "framework_version": "InputConfig.ContainerConfig.FrameworkVersion",
            "instance_types": "InferenceRecommendations[].EndpointConfiguration.InstanceType",
            "recommendations": Field("InferenceRecommendations", _recommended),
            "role": "RoleArn",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "ended_at": "CompletionTime",
        },
        links=(
            Link("tests", "aws.sagemaker.model", "InputConfig.ModelName"),
            Link("tests", "aws.sagemaker.model_package", "InputConfig.ModelPackageVersionArn"),
            Link("tests", "aws.sagemaker.endpoint", "InputConfig.Endpoints[].EndpointName"),
            Link("reads_from", "aws.s3.bucket", "InputConfig.ContainerConfig.PayloadConfig.SamplePayloadUrl"),
            Link("encrypted_by", "aws.kms.key", "InputConfig.VolumeKmsKeyId"),
            Link("assumes", "aws.iam.role", "RoleArn"),
            *vpc("InputConfig.VpcConfig"),
        ),
        sensitive=frozenset(
            {
                "InferenceRecommendations[].ModelConfiguration.EnvironmentParameters",
                "InputConfig.EndpointConfigurations[].EnvironmentParameterRanges",
            }
        ),
    ),
    Kind(
        name="aws.sagemaker.ai_benchmark_job",
        category=Category.MODEL_JOB,
        fetch=listed("AIBenchmarkJob", "AIBenchmarkJobs", "AIBenchmarkJobName", window=created_since(live=RUNNING)),
        id="AIBenchmarkJobArn",
        native="AIBenchmarkJobName",
        fields={
            "name": "AIBenchmarkJobName",
            "state": "AIBenchmarkJobStatus",
            "output_uris": Field("OutputConfig.S3OutputLocation", lambda uri: [uri]),
            "role": "RoleArn",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "started_at": "StartTime",
            "ended_at": "EndTime",
        },
        tags="Tags",
        links=(
            Link("tests", "aws.sagemaker.endpoint", "BenchmarkTarget.Endpoint.Identifier", optional=True),
            Link(
                "tests",
                "aws.sagemaker.inference_component",
                "BenchmarkTarget.Endpoint.InferenceComponents[].Identifier",
                optional=True,
            ),
            Link("uses_config", "aws.sagemaker.ai_workload_config", "AIWorkloadConfigIdentifier"),
            Link("writes_to", "aws.s3.bucket", "OutputConfig.S3OutputLocation"),
            Link("logs_to", "aws.logs.log_group", "OutputConfig.CloudWatchLogs[].LogGroupArn"),
            Link("tracked_by", "", "OutputConfig.MlflowConfig.MlflowResourceArn"),
            Link("assumes", "aws.iam.role", "RoleArn"),
            *vpc("NetworkConfig.VpcConfig"),
        ),
    ),
    Kind(
        name="aws.sagemaker.ai_recommendation_job",
        category=Category.MODEL_JOB,
        fetch=listed(
            "AIRecommendationJob", "AIRecommendationJobs", "AIRecommendationJobName", window=created_since(live=RUNNING)
        ),
        id="AIRecommendationJobArn",
        native="AIRecommendationJobName",
        fields={
            "name": "AIRecommendationJobName",
            "state": "AIRecommendationJobStatus",
            "framework": Field("InferenceSpecification.Framework", str.lower),
            "instance_types": "ComputeSpec.InstanceTypes",
            "recommendations": Field("Recommendations", _deployments),
            "output_uris": Field("OutputConfig.S3OutputLocation", lambda uri: [uri]),
            "role": "RoleArn",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "started_at": "StartTime",
            "ended_at": "EndTime",
        },
        tags="Tags",
        links=(
            Link("reads_from", "aws.s3.bucket", "ModelSource.S3.S3Uri"),
            Link("uses_config", "aws.sagemaker.ai_workload_config", "AIWorkloadConfigIdentifier"),
            Link("registers_in", "aws.sagemaker.model_package_group", "OutputConfig.ModelPackageGroupIdentifier"),
            Link("writes_to", "aws.s3.bucket", "OutputConfig.S3OutputLocation"),
            Link("tracked_by", "", "OutputConfig.MlflowConfig.MlflowResourceArn"),
            Link("assumes", "aws.iam.role", "RoleArn"),
        ),
        sensitive=frozenset({"Recommendations[].DeploymentConfiguration.EnvironmentVariables"}),
    ),
    Kind(
        name="aws.sagemaker.ai_workload_config",
        category=Category.SETTINGS,
        fetch=listed("AIWorkloadConfig", "AIWorkloadConfigs", "AIWorkloadConfigName"),
        id="AIWorkloadConfigArn",
        native="AIWorkloadConfigName",
        fields={
            "name": "AIWorkloadConfigName",
            "input_uris": "DatasetConfig.InputDataConfig[].DataSource.S3DataSource.S3Uri",
            "created_at": "CreationTime",
        },
        tags="Tags",
        links=(Link("reads_from", "aws.s3.bucket", "DatasetConfig.InputDataConfig[].DataSource.S3DataSource.S3Uri"),),
    ),
)
