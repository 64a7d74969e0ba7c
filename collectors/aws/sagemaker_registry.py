"""SageMaker AI: what is registered: models and their versions, cards, hubs, algorithms, features."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import document, principals
from collectors.aws.rows import Call
from collectors.aws.sagemaker_calls import CREATED_BY, GONE, MADE_BY, MAKER, TAGS, listed, tags_of
from normalize.mapping import MISSING, read
from normalize.model import Alias, Category, Field, Kind, Link, Template

_METADATA = {"IncludedData": "MetadataOnly"}
"""What is written in model cards stays there: whoever may read it needs the key that encrypts it, and the facts that the
inventory keeps are told without. Source: botocore 1.44.5, SageMaker DescribeModelCard and DescribeModelPackage; read 2026-11-24."""

_CONTAINERS = ("InferenceSpecification.Containers[]", "AdditionalInferenceSpecifications[].Containers[]")
_CONTAINER_LINKS = tuple(
    link
    for at in _CONTAINERS
    for link in (
        Link("uses_image", "aws.ecr.repository", f"{at}.Image"),
        Link("reads_from", "aws.s3.bucket", f"{at}.ModelDataUrl"),
        Link("reads_from", "aws.s3.bucket", f"{at}.ModelDataSource.S3DataSource.S3Uri"),
        Link("reads_from", "aws.s3.bucket", f"{at}.AdditionalModelDataSources[].S3DataSource.S3Uri"),
    )
)
_FIRST = "InferenceSpecification.Containers[0]"
_VALIDATION = "ValidationSpecification.ValidationProfiles[]"


def _weights(payload: Any) -> Any:
    """Where the weights of a package's first container lie."""
    for at in (f"{_FIRST}.ModelDataUrl", f"{_FIRST}.ModelDataSource.S3DataSource.S3Uri"):
        if found := read(payload, at):
            return found
    return MISSING


_PACKAGE_FIELDS: Mapping[str, Any] = {
    "description": "ModelPackageDescription",
    "state": "ModelPackageStatus",
    "approval_status": "ModelApprovalStatus",
    "stage": "ModelLifeCycle.Stage",
    "images": "InferenceSpecification.Containers[].Image",
    "artifact_uri": Field("", _weights),
    "source_uri": "SourceUri",
    "framework": Field(f"{_FIRST}.Framework", str.lower),
    "framework_version": f"{_FIRST}.FrameworkVersion",
    "task": "Task",
    "instance_types": "InferenceSpecification.SupportedRealtimeInferenceInstanceTypes",
    "digest": f"{_FIRST}.ImageDigest",
    "commit": "MetadataProperties.CommitId",
    "repository": "MetadataProperties.Repository",
    "parameters": "CustomerMetadataProperties",
    "created_by": CREATED_BY,
    "created_at": "CreationTime",
    "modified_at": "LastModifiedTime",
}
_PACKAGE_LINKS = (
    *_CONTAINER_LINKS,
    Link("made_from", "aws.sagemaker.algorithm", "SourceAlgorithmSpecification.SourceAlgorithms[].AlgorithmName"),
    Link("encrypted_by", "aws.kms.key", "SecurityConfig.KmsKeyId"),
    MAKER,
)
_PACKAGE_SECRETS = frozenset(
    {
        *(f"{at}.Environment" for at in _CONTAINERS),
        f"{_VALIDATION}.TransformJobDefinition.Environment",
    }
)


def _package(**more: Any) -> Call:
    return listed(
        "ModelPackage",
        "ModelPackageSummaryList",
        "ModelPackageArn",
        parameter="ModelPackageName",
        given=_METADATA,
        tags="ModelPackageArn",
        **more,
    )


def _shared_with(answer: Any) -> Any:
    """Who else may use a group, by its resource policy."""
    return principals(answer["ResourcePolicy"]) if answer else []


def _card(key: str) -> Any:
    """A converter that reads one text of a model card: _card("intended_uses.risk_rating")."""

    def find(content: Any) -> Any:
        return read(document(content), key)

    return find


def _own_hub(item: Mapping[str, Any]) -> bool:
    """Whether a hub is the account's: AWS lists its public one, with all of JumpStart, to everybody."""
    return ":aws:hub/" not in item["HubArn"]


_CONTENT_TYPES = ("Model", "ModelReference", "Notebook", "DataSet", "JsonDoc")


def _read_document(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The document of a hub's content, parsed, so that its environment can be left out by name.

    Source: aws/sagemaker-python-sdk, src/sagemaker/jumpstart/hub/interfaces.py, HubModelDocument, read 2026-11-24.
    """
    return {"HubContentDocument": json.loads(item["HubContentDocument"])}


def _schema(payload: Any) -> Any:
    """All features; MISSING where the answer holds only the first page of them."""
    if "FeatureDefinitions" not in payload or payload.get("NextToken"):
        return MISSING
    return [{"name": f.get("FeatureName"), "type": f.get("FeatureType")} for f in payload["FeatureDefinitions"]]


def _seconds_to_live(duration: Any) -> int:
    seconds = {"Seconds": 1, "Minutes": 60, "Hours": 3600, "Days": 86400, "Weeks": 604800}
    return int(duration["Value"]) * seconds[duration["Unit"]]


KINDS = (
    Kind(
        name="aws.sagemaker.model_package_group",
        category=Category.MODEL,
        fetch=listed(
            "ModelPackageGroup",
            "ModelPackageGroupSummaryList",
            "ModelPackageGroupName",
            tags="ModelPackageGroupArn",
            also=(
                Call(
                    "sagemaker",
                    "GetModelPackageGroupPolicy",
                    params={"ModelPackageGroupName": "{ModelPackageGroupName}"},
                    into="$Policy",
                    gone=("ValidationException:Cannot find Model Package Group",),
                    # Source: hashicorp/terraform-provider-aws at 0160692, internal/service/sagemaker/model_package_group_policy.go,
                    # read 2026-11-24.
                    expect=("ValidationException:Cannot find resource policy",),
                ),
            ),
        ),
        id="ModelPackageGroupArn",
        native="ModelPackageGroupName",
        fields={
            "name": "ModelPackageGroupName",
            "description": "ModelPackageGroupDescription",
            "state": "ModelPackageGroupStatus",
            "principals": Field("$Policy", _shared_with),
            "created_by": CREATED_BY,
            "created_at": "CreationTime",
        },
        tags=TAGS,
        links=(MAKER,),
        quiet=MADE_BY,
    ),
    Kind(
        name="aws.sagemaker.model_package",
        category=Category.MODEL_VERSION,
        # Versions are only listed by their group; without a group the API lists unversioned packages.
        fetch=_package(
            under="aws.sagemaker.model_package_group",
            params={"ModelPackageGroupName": "{ModelPackageGroupName}"},
            gone=GONE,
        ),
        id="ModelPackageArn",
        native="ModelPackageArn",
        fields={
            "name": "ModelPackageGroupName",
            "version": Field("ModelPackageVersion", str),
            **_PACKAGE_FIELDS,
        },
        tags=TAGS,
        links=(Link("version_of", "aws.sagemaker.model_package_group", "ModelPackageGroupName"), *_PACKAGE_LINKS),
        sensitive=_PACKAGE_SECRETS,
        quiet=MADE_BY | {"$parent"},
    ),
    Kind(
        name="aws.sagemaker.unversioned_model_package",
        category=Category.MODEL_VERSION,
        fetch=_package(params={"ModelPackageType": "Unversioned"}),
        id="ModelPackageArn",
        native="ModelPackageName",
        fields={"name": "ModelPackageName", **_PACKAGE_FIELDS},
        tags=TAGS,
        links=_PACKAGE_LINKS,
        sensitive=_PACKAGE_SECRETS,
        quiet=MADE_BY,
    ),
    Kind(
        name="aws.sagemaker.model_card",
        category=Category.MODEL_CARD,
        fetch=listed("ModelCard", "ModelCardSummaries", "ModelCardName", given=_METADATA, tags="ModelCardArn"),
        id="ModelCardArn",
        native="ModelCardName",
        fields={
            "name": "ModelCardName",
            "state": "ModelCardStatus",
            "version": Field("ModelCardVersion", str),
            "risk_rating": Field("Content", _card("intended_uses.risk_rating")),
            "model": Field("Content", _card("model_overview.model_name")),
            "encryption_key": "SecurityConfig.KmsKeyId",
            "created_by": CREATED_BY,
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        links=(Link("encrypted_by", "aws.kms.key", "SecurityConfig.KmsKeyId"), MAKER),
        quiet=MADE_BY,
    ),
    Kind(
        name="aws.sagemaker.algorithm",
        category=Category.MODEL,
        fetch=listed("Algorithm", "AlgorithmSummaryList", "AlgorithmName", tags="AlgorithmArn"),
        id="AlgorithmArn",
        native="AlgorithmName",
        fields={
            "name": "AlgorithmName",
            "description": "AlgorithmDescription",
            "state": "AlgorithmStatus",
            "image": "TrainingSpecification.TrainingImage",
            "images": "InferenceSpecification.Containers[].Image",
            "instance_types": "TrainingSpecification.SupportedTrainingInstanceTypes",
            "created_at": "CreationTime",
        },
        tags=TAGS,
        links=(
            Link("uses_image", "aws.ecr.repository", "TrainingSpecification.TrainingImage"),
            Link("uses_image", "aws.ecr.repository", "InferenceSpecification.Containers[].Image"),
            Link("assumes", "aws.iam.role", "ValidationSpecification.ValidationRole"),
        ),
        sensitive=frozenset(
            {"InferenceSpecification.Containers[].Environment", f"{_VALIDATION}.TransformJobDefinition.Environment"}
        ),
    ),
    Kind(
        name="aws.sagemaker.hub",
        category=Category.MODEL_REGISTRY,
        fetch=listed("Hub", "HubSummaries", "HubName", tags="HubArn", page=0, keep=_own_hub),
        id="HubArn",
        native="HubName",
        fields={
            "name": "HubName",
            "description": "HubDescription",
            "state": "HubStatus",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        links=(Link("stores_in", "aws.s3.bucket", "S3StorageConfig.S3OutputPath"),),
    ),
    Kind(
        name="aws.sagemaker.hub_content",
        category=Category.MODEL,
        fetch=Call(
            "sagemaker",
            "ListHubContents",
            items="HubContentSummaries",
            under="aws.sagemaker.hub",
            params={"HubName": "{HubName}"},
            passes=tuple({"HubContentType": type_} for type_ in _CONTENT_TYPES),
            gone=GONE,
            detail=(
                Call(
                    "sagemaker",
                    "DescribeHubContent",
                    params={
                        "HubName": "{$parent.HubName}",
                        "HubContentType": "{HubContentType}",
                        "HubContentName": "{HubContentName}",
                    },
                    gone=GONE,
                    derive=_read_document,
                ),
                tags_of("HubContentArn"),
            ),
        ),
        id=Template(
            "arn:{@partition}:sagemaker:{@place}:{@account}:hub-content/{$parent.HubName}/{HubContentType}/{HubContentName}"
        ),
        native=Template("{$parent.HubName}/{HubContentType}/{HubContentName}"),
        fields={
            "name": "HubContentName",
            "description": "HubContentDescription",
            "type": "HubContentType",
            "version": "HubContentVersion",
            "state": "HubContentStatus",
            "support_state": "SupportStatus",
            "framework": Field("HubContentDocument.Framework", str.lower),
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        links=(
            Link("member_of", "aws.sagemaker.hub", "HubName"),
            Link("made_from", "aws.sagemaker.hub_content", "SageMakerPublicHubContentArn", optional=True),
        ),
        aliases=(Alias("arn", "HubContentArn"),),
        sensitive=frozenset({"HubContentDocument.InferenceEnvironmentVariables"}),
        quiet=frozenset({"$parent", "HubContentMarkdown"}),
    ),
    Kind(
        name="aws.sagemaker.feature_group",
        category=Category.FEATURE_STORE,
        fetch=listed("FeatureGroup", "FeatureGroupSummaries", "FeatureGroupName", tags="FeatureGroupArn"),
        id="FeatureGroupArn",
        native="FeatureGroupName",
        fields={
            "name": "FeatureGroupName",
            "description": "Description",
            "state": "FeatureGroupStatus",
            "online_store": "OnlineStoreConfig.EnableOnlineStore",
            "online_store_bytes": "OnlineStoreTotalSizeBytes",
            "storage_class": "OnlineStoreConfig.StorageType",
            "retention_seconds": Field("OnlineStoreConfig.TtlDuration", _seconds_to_live),
            "throughput_mode": "ThroughputConfig.ThroughputMode",
            "read_unit_count": "ThroughputConfig.ProvisionedReadCapacityUnits",
            "write_unit_count": "ThroughputConfig.ProvisionedWriteCapacityUnits",
            "offline_store": Field("OfflineStoreConfig", bool),
            "table_format": "OfflineStoreConfig.TableFormat",
            "artifact_uri": "OfflineStoreConfig.S3StorageConfig.ResolvedOutputS3Uri",
            "features_schema": Field("", _schema),
            "role": "RoleArn",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        links=(
            Link("assumes", "aws.iam.role", "RoleArn"),
            Link("writes_to", "aws.s3.bucket", "OfflineStoreConfig.S3StorageConfig.S3Uri"),
            Link("encrypted_by", "aws.kms.key", "OfflineStoreConfig.S3StorageConfig.KmsKeyId"),
            Link("encrypted_by", "aws.kms.key", "OnlineStoreConfig.SecurityConfig.KmsKeyId"),
        ),
    ),
)
