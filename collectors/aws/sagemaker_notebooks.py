"""SageMaker AI: notebook instances, and the scripts, repositories and images that people work with."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from collectors.aws.instance_types import TOTAL, Machines
from collectors.aws.rows import Call
from collectors.aws.sagemaker_calls import GONE, TAGS, enabled, listed, tags_of
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import GIB, times


def _decoded(*keys: str) -> Any:
    """A rule that puts the text of base64 scripts in their place, so that what they mention is seen before they are left out."""

    def derive(item: Mapping[str, Any]) -> Mapping[str, Any]:
        return {key: _plain(item[key]) for key in keys if key in item}

    return derive


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [{**hook, "Content": _plain(hook["Content"])} for hook in value]
    return base64.b64decode(value).decode(errors="replace")


KINDS = (
    Kind(
        name="aws.sagemaker.notebook_instance",
        category=Category.NOTEBOOK,
        fetch=listed(
            "NotebookInstance",
            "NotebookInstances",
            "NotebookInstanceName",
            tags="NotebookInstanceArn",
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
            "internet_access": Field("DirectInternetAccess", enabled),
            "root_access": Field("RootAccess", enabled),
            "version": "PlatformIdentifier",
            "encryption_key": "KmsKeyId",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
            **TOTAL,
        },
        tags=TAGS,
        links=(
            Link("assumes", "aws.iam.role", "RoleArn"),
            Link("runs_in", "aws.ec2.subnet", "SubnetId"),
            Link("guarded_by", "aws.ec2.security_group", "SecurityGroups[]"),
            Link("attached_to", "aws.ec2.network_interface", "NetworkInterfaceId"),
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
            Link("runs", "aws.sagemaker.notebook_instance_lifecycle_config", "NotebookInstanceLifecycleConfigName"),
            Link("uses", "aws.sagemaker.code_repository", "DefaultCodeRepository"),
            Link("uses", "aws.sagemaker.code_repository", "AdditionalCodeRepositories[]"),
        ),
        aliases=(Alias("dns", "Url"),),
    ),
    Kind(
        name="aws.sagemaker.notebook_instance_lifecycle_config",
        category=Category.SETTINGS,
        fetch=Call(
            "sagemaker",
            "ListNotebookInstanceLifecycleConfigs",
            items="NotebookInstanceLifecycleConfigs",
            page=100,
            detail=(
                Call(
                    "sagemaker",
                    "DescribeNotebookInstanceLifecycleConfig",
                    params={"NotebookInstanceLifecycleConfigName": "{NotebookInstanceLifecycleConfigName}"},
                    gone=GONE,
                    derive=_decoded("OnCreate", "OnStart"),
                ),
                tags_of("NotebookInstanceLifecycleConfigArn"),
            ),
        ),
        id="NotebookInstanceLifecycleConfigArn",
        native="NotebookInstanceLifecycleConfigName",
        fields={
            "name": "NotebookInstanceLifecycleConfigName",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        sensitive=frozenset({"OnCreate[].Content", "OnStart[].Content"}),
    ),
    Kind(
        name="aws.sagemaker.studio_lifecycle_config",
        category=Category.SETTINGS,
        fetch=Call(
            "sagemaker",
            "ListStudioLifecycleConfigs",
            items="StudioLifecycleConfigs",
            page=100,
            detail=(
                Call(
                    "sagemaker",
                    "DescribeStudioLifecycleConfig",
                    params={"StudioLifecycleConfigName": "{StudioLifecycleConfigName}"},
                    gone=GONE,
                    derive=_decoded("StudioLifecycleConfigContent"),
                ),
                tags_of("StudioLifecycleConfigArn"),
            ),
        ),
        id="StudioLifecycleConfigArn",
        native="StudioLifecycleConfigName",
        fields={
            "name": "StudioLifecycleConfigName",
            "type": "StudioLifecycleConfigAppType",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        sensitive=frozenset({"StudioLifecycleConfigContent"}),
    ),
    Kind(
        name="aws.sagemaker.code_repository",
        category=Category.SETTINGS,
        # Its listing tells all that there is to tell.
        fetch=Call(
            "sagemaker",
            "ListCodeRepositories",
            items="CodeRepositorySummaryList",
            page=100,
            itself=Call(
                "sagemaker", "DescribeCodeRepository", params={"CodeRepositoryName": "{CodeRepositoryName}"}, gone=GONE
            ),
            detail=(tags_of("CodeRepositoryArn"),),
        ),
        id="CodeRepositoryArn",
        native="CodeRepositoryName",
        fields={
            "name": "CodeRepositoryName",
            "repository": "GitConfig.RepositoryUrl",
            "branch": "GitConfig.Branch",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        links=(Link("password_in", "aws.secretsmanager.secret", "GitConfig.SecretArn"),),
    ),
    Kind(
        name="aws.sagemaker.image",
        category=Category.IMAGE_REPOSITORY,
        fetch=listed("Image", "Images", "ImageName", tags="ImageArn"),
        id="ImageArn",
        native="ImageName",
        fields={
            "name": "ImageName",
            "description": "Description",
            "state": "ImageStatus",
            "role": "RoleArn",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        links=(Link("assumes", "aws.iam.role", "RoleArn"),),
    ),
    Kind(
        name="aws.sagemaker.image_version",
        category=Category.IMAGE_REPOSITORY,
        fetch=Call(
            "sagemaker",
            "ListImageVersions",
            items="ImageVersions",
            page=100,
            under="aws.sagemaker.image",
            params={"ImageName": "{ImageName}"},
            gone=GONE,
            detail=(
                Call(
                    "sagemaker",
                    "DescribeImageVersion",
                    params={"ImageName": "{$parent.ImageName}", "Version": "{Version}"},
                    gone=GONE,
                ),
            ),
        ),
        id="ImageVersionArn",
        native=Template("{$parent.ImageName}/{Version}"),
        fields={
            "name": "$parent.ImageName",
            "version": Field("Version", str),
            "state": "ImageVersionStatus",
            "image": "ContainerImage",
            "source_uri": "BaseImage",
            "stage": "VendorGuidance",
            "framework": "MLFramework",
            "language": "ProgrammingLang",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        links=(
            Link("version_of", "aws.sagemaker.image", "ImageArn"),
            Link("uses_image", "aws.ecr.repository", "ContainerImage"),
            Link("uses_image", "aws.ecr.repository", "BaseImage"),
        ),
        quiet=frozenset({"$parent"}),
    ),
    Kind(
        name="aws.sagemaker.app_image_config",
        category=Category.SETTINGS,
        # Its listing tells all that there is to tell.
        fetch=Call(
            "sagemaker",
            "ListAppImageConfigs",
            items="AppImageConfigs",
            page=100,
            itself=Call(
                "sagemaker", "DescribeAppImageConfig", params={"AppImageConfigName": "{AppImageConfigName}"}, gone=GONE
            ),
            detail=(tags_of("AppImageConfigArn"),),
        ),
        id="AppImageConfigArn",
        native="AppImageConfigName",
        fields={
            "name": "AppImageConfigName",
            "mount_point": "KernelGatewayImageConfig.FileSystemConfig.MountPath",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        sensitive=frozenset(
            {
                "JupyterLabAppImageConfig.ContainerConfig.ContainerEnvironmentVariables",
                "CodeEditorAppImageConfig.ContainerConfig.ContainerEnvironmentVariables",
            }
        ),
    ),
)
