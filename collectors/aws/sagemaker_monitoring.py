"""SageMaker AI: what watches models: monitoring schedules and the job definitions that they run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.instance_types import TOTAL, Machines
from collectors.aws.rows import Call
from collectors.aws.sagemaker_calls import GONE, TAGS, listed, renamed, tags_of, vpc
from normalize.identity import native_key, parse_arn
from normalize.mapping import LINKS
from normalize.model import Category, Field, Kind, Link, Scope
from normalize.units import GIB, times

_INLINE = "MonitoringScheduleConfig.MonitoringJobDefinition"
_DEFINITIONS = {
    "DataQuality": "data_quality_job_definition",
    "ModelQuality": "model_quality_job_definition",
    "ModelBias": "model_bias_job_definition",
    "ModelExplainability": "model_explainability_job_definition",
}


def _definition(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The mention of a job definition: of which of the four kinds it is, only the type tells."""
    config = item["MonitoringScheduleConfig"]
    name, arn = config["MonitoringJobDefinitionName"], parse_arn(item["MonitoringScheduleArn"])
    if arn is None:
        return {}
    kind = f"aws.sagemaker.{_DEFINITIONS[config['MonitoringType']]}"
    key = native_key(kind, "place", Scope("aws", arn.account, arn.region), name)
    path = "$.MonitoringScheduleConfig.MonitoringJobDefinitionName"
    return {LINKS: [{"verb": "runs", "key": key, "path": path, "value": name, "target": kind}]}


def _alerts(items: Any) -> list[dict[str, Any]]:
    names = {
        "name": "MonitoringAlertName",
        "state": "AlertStatus",
        "datapoints": "DatapointsToAlert",
        "periods": "EvaluationPeriod",
    }
    return [renamed(item, names) for item in items]


def _job(kind: str, *, baseline: tuple[str, ...] = ("ConstraintsResource",), truth: bool = False) -> Kind:
    """One of the four kinds of job definitions, which differ in the names of their parts.

    Args:
        kind: "DataQuality".
        baseline: what its baseline holds.
        truth: whether it compares predictions with what came true.
    """
    app, job, output = (
        f"{kind}AppSpecification",
        f"{kind}JobInput",
        f"{kind}JobOutputConfig.MonitoringOutputs[].S3Output.S3Uri",
    )
    cluster, base = "JobResources.ClusterConfig", f"{kind}BaselineConfig"
    batch = f"{job}.BatchTransformInput.DataCapturedDestinationS3Uri"
    return Kind(
        name=f"aws.sagemaker.{_DEFINITIONS[kind]}",
        category=Category.MONITOR,
        fetch=listed(
            f"{kind}JobDefinition",
            "JobDefinitionSummaries",
            "MonitoringJobDefinitionName",
            parameter="JobDefinitionName",
            tags="MonitoringJobDefinitionArn",
            lookups=(Machines(((f"{cluster}.InstanceType", f"{cluster}.InstanceCount"),)),),
        ),
        id="MonitoringJobDefinitionArn",
        native="MonitoringJobDefinitionName",
        fields={
            "name": "MonitoringJobDefinitionName",
            "image": f"{app}.ImageUri",
            "instance_type": f"{cluster}.InstanceType",
            "instance_count": f"{cluster}.InstanceCount",
            "ephemeral_storage_bytes": Field(f"{cluster}.VolumeSizeInGB", times(GIB)),
            "output_uris": output,
            "network_isolated": "NetworkConfig.EnableNetworkIsolation",
            "encrypted_in_transit": "NetworkConfig.EnableInterContainerTrafficEncryption",
            "timeout_seconds": "StoppingCondition.MaxRuntimeInSeconds",
            "role": "RoleArn",
            "created_at": "CreationTime",
            **TOTAL,
        },
        tags=TAGS,
        links=(
            Link("watches", "aws.sagemaker.endpoint", f"{job}.EndpointInput.EndpointName"),
            Link("uses_image", "aws.ecr.repository", f"{app}.ImageUri"),
            Link("reads_from", "aws.s3.bucket", batch),
            *(Link("reads_from", "aws.s3.bucket", f"{base}.{part}.S3Uri") for part in baseline),
            *((Link("reads_from", "aws.s3.bucket", f"{job}.GroundTruthS3Input.S3Uri"),) if truth else ()),
            Link("writes_to", "aws.s3.bucket", output),
            Link("encrypted_by", "aws.kms.key", f"{kind}JobOutputConfig.KmsKeyId"),
            Link("encrypted_by", "aws.kms.key", f"{cluster}.VolumeKmsKeyId"),
            Link("assumes", "aws.iam.role", "RoleArn"),
            *vpc("NetworkConfig.VpcConfig"),
        ),
        sensitive=frozenset({f"{app}.Environment"}),
    )


KINDS = (
    Kind(
        name="aws.sagemaker.monitoring_schedule",
        category=Category.MONITOR,
        fetch=Call(
            "sagemaker",
            "ListMonitoringSchedules",
            items="MonitoringScheduleSummaries",
            page=100,
            detail=(
                Call(
                    "sagemaker",
                    "DescribeMonitoringSchedule",
                    params={"MonitoringScheduleName": "{MonitoringScheduleName}"},
                    gone=GONE,
                    derive=_definition,
                ),
                tags_of("MonitoringScheduleArn"),
                Call(
                    "sagemaker",
                    "ListMonitoringAlerts",
                    items="MonitoringAlertSummaries[]",
                    params={"MonitoringScheduleName": "{MonitoringScheduleName}"},
                    into="$Alerts",
                    gone=GONE,
                ),
            ),
        ),
        id="MonitoringScheduleArn",
        native="MonitoringScheduleName",
        fields={
            "name": "MonitoringScheduleName",
            "type": "MonitoringType",
            "state": "MonitoringScheduleStatus",
            "schedule": "MonitoringScheduleConfig.ScheduleConfig.ScheduleExpression",
            "rules": Field("$Alerts", _alerts),
            "last_run_at": "LastMonitoringExecutionSummary.ScheduledTime",
            "last_run_state": "LastMonitoringExecutionSummary.MonitoringExecutionStatus",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        links=(
            Link("watches", "aws.sagemaker.endpoint", "EndpointName"),
            Link("assumes", "aws.iam.role", f"{_INLINE}.RoleArn"),
            Link("uses_image", "aws.ecr.repository", f"{_INLINE}.MonitoringAppSpecification.ImageUri"),
            Link("reads_from", "aws.s3.bucket", f"{_INLINE}.BaselineConfig.ConstraintsResource.S3Uri"),
            Link(
                "writes_to",
                "aws.s3.bucket",
                f"{_INLINE}.MonitoringOutputConfig.MonitoringOutputs[].S3Output.S3Uri",
            ),
            *vpc(f"{_INLINE}.NetworkConfig.VpcConfig"),
        ),
        sensitive=frozenset({f"{_INLINE}.Environment"}),
    ),
    _job("DataQuality", baseline=("ConstraintsResource", "StatisticsResource")),
    _job("ModelQuality", truth=True),
    _job("ModelBias", truth=True),
    _job("ModelExplainability"),
)
