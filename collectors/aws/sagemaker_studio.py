"""SageMaker AI: where people work: domains and their users, spaces and apps, notebooks, scripts, images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.instance_types import TOTAL, Machines
from collectors.aws.rows import Call
from collectors.aws.sagemaker_calls import GONE, TAGS, listed, minutes, tags_of
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import GIB, times

_SCRIPTED = ("JupyterServerAppSettings", "KernelGatewayAppSettings", "CodeEditorAppSettings", "JupyterLabAppSettings")
_CUSTOM = ("KernelGatewayAppSettings", "CodeEditorAppSettings", "JupyterLabAppSettings")
_FILES = "CustomFileSystemConfigs[]"


def _settings(at: str) -> tuple[Link, ...]:
    """Links out of the settings of users, which a domain gives and a user profile changes."""
    return (
        Link("assumes", "aws.iam.role", f"{at}.ExecutionRole"),
        Link("guarded_by", "aws.ec2.security_group", f"{at}.SecurityGroups[]"),
        Link("writes_to", "aws.s3.bucket", f"{at}.SharingSettings.S3OutputPath"),
        Link("encrypted_by", "aws.kms.key", f"{at}.SharingSettings.S3KmsKeyId"),
        Link("writes_to", "aws.s3.bucket", f"{at}.CanvasAppSettings.WorkspaceSettings.S3ArtifactPath"),
        Link("mounts", "aws.efs.file_system", f"{at}.{_FILES}.EFSFileSystemConfig.FileSystemId"),
        Link("mounts", "aws.fsx.file_system", f"{at}.{_FILES}.FSxLustreFileSystemConfig.FileSystemId"),
        Link("mounts", "aws.s3.bucket", f"{at}.{_FILES}.S3FileSystemConfig.S3Uri"),
        *(
            Link("runs", "aws.sagemaker.studio_lifecycle_config", f"{at}.{app}.LifecycleConfigArns[]")
            for app in _SCRIPTED
        ),
        *(Link("uses_image", "aws.sagemaker.image", f"{at}.{app}.CustomImages[].ImageName") for app in _CUSTOM),
        *(
            Link("uses_config", "aws.sagemaker.app_image_config", f"{at}.{app}.CustomImages[].AppImageConfigName")
            for app in _CUSTOM
        ),
    )


def _idle_after(at: str) -> Field:
    return Field(f"{at}.JupyterLabAppSettings.AppLifecycleManagement.IdleSettings.IdleTimeoutInMinutes", minutes)


def _of_app(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The resource part of an app's ARN, and who owns it: a user profile or a space.

    Source: hashicorp/terraform-provider-aws at 050ac11, internal/service/sagemaker/app.go (the type is in lower case there), read
    2026-11-24. That of a user profile may be too: the ARN that the details tell is an alias.
    """
    domain, owner = item["DomainId"], item.get("UserProfileName") or item.get("SpaceName")
    found: dict[str, Any] = {"$Name": f"{domain}/{owner}/{item['AppType'].lower()}/{item['AppName']}"}
    for key, name in (("$UserProfile", item.get("UserProfileName")), ("$Space", item.get("SpaceName"))):
        if name:
            found[key] = f"{domain}/{name}"
    return {**found, **_machine(item)}


def _machine(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The machine of an app. "system" is ml.t3.medium for a kernel gateway; what else it is, is not told. Source: botocore
    1.44.5, SageMaker ResourceSpec; read 2026-11-24."""
    given = (item.get("ResourceSpec") or {}).get("InstanceType")
    if given == "system":
        given = "ml.t3.medium" if item["AppType"] == "KernelGateway" else None
    return {"$InstanceType": given} if given else {}


def _owner(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"$Owner": f"{item['DomainId']}/{item['OwnershipSettings']['OwnerUserProfileName']}"}


def _describe_app(key: str) -> Call:
    """An app is described by the user profile or the space that it belongs to, whichever it has."""
    names = {"DomainId": "{DomainId}", "AppType": "{AppType}", "AppName": "{AppName}", key: f"{{{key}}}"}
    return Call("sagemaker", "DescribeApp", params=names, gone=GONE)


def _is_alive(item: Mapping[str, Any]) -> bool:
    """Apps are listed for a while after their deletion."""
    return bool(item["Status"] != "Deleted")


KINDS = (
    Kind(
        name="aws.sagemaker.domain",
        category=Category.WORKSPACE,
        fetch=listed("Domain", "Domains", "DomainId", tags="DomainArn"),
        id="DomainArn",
        native="DomainId",
        fields={
            "name": "DomainName",
            "state": "Status",
            "endpoint": "Url",
            "auth_mode": "AuthMode",
            "role": "DefaultUserSettings.ExecutionRole",
            "subnets": "SubnetIds",
            "network_mode": "AppNetworkAccessType",
            "encryption_key": "KmsKeyId",
            "idle_timeout_seconds": _idle_after("DefaultUserSettings"),
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        links=(
            Link("runs_in", "aws.ec2.vpc", "VpcId"),
            Link("runs_in", "aws.ec2.subnet", "SubnetIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "DomainSettings.SecurityGroupIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "SecurityGroupIdForDomainBoundary"),
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
            Link("mounts", "aws.efs.file_system", "HomeEfsFileSystemId"),
            Link("assumes", "aws.iam.role", "DefaultSpaceSettings.ExecutionRole"),
            *_settings("DefaultUserSettings"),
        ),
        aliases=(Alias("uri", "Url"),),
    ),
    Kind(
        name="aws.sagemaker.user_profile",
        category=Category.IDENTITY,
        fetch=Call(
            "sagemaker",
            "ListUserProfiles",
            items="UserProfiles",
            page=100,
            detail=(
                Call(
                    "sagemaker",
                    "DescribeUserProfile",
                    params={"DomainId": "{DomainId}", "UserProfileName": "{UserProfileName}"},
                    gone=GONE,
                ),
                tags_of("UserProfileArn"),
            ),
        ),
        id=Template("arn:{@partition}:sagemaker:{@place}:{@account}:user-profile/{DomainId}/{UserProfileName}"),
        native=Template("{DomainId}/{UserProfileName}"),
        fields={
            "name": "UserProfileName",
            "state": "Status",
            "user": "SingleSignOnUserValue",
            "role": "UserSettings.ExecutionRole",
            "idle_timeout_seconds": _idle_after("UserSettings"),
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        links=(Link("member_of", "aws.sagemaker.domain", "DomainId"), *_settings("UserSettings")),
        aliases=(Alias("arn", "UserProfileArn"),),
    ),
    Kind(
        name="aws.sagemaker.space",
        category=Category.WORKSPACE,
        fetch=Call(
            "sagemaker",
            "ListSpaces",
            items="Spaces",
            page=100,
            detail=(
                Call(
                    "sagemaker",
                    "DescribeSpace",
                    params={"DomainId": "{DomainId}", "SpaceName": "{SpaceName}"},
                    gone=GONE,
                    derive=_owner,
                ),
                tags_of("SpaceArn"),
            ),
        ),
        id=Template("arn:{@partition}:sagemaker:{@place}:{@account}:space/{DomainId}/{SpaceName}"),
        native=Template("{DomainId}/{SpaceName}"),
        fields={
            "name": "SpaceName",
            "type": "SpaceSettings.AppType",
            "state": "Status",
            "owner": "OwnershipSettings.OwnerUserProfileName",
            "access_scope": "SpaceSharingSettings.SharingType",
            "capacity_bytes": Field(
                "SpaceSettings.SpaceStorageSettings.EbsStorageSettings.EbsVolumeSizeInGb", times(GIB)
            ),
            "endpoint": "Url",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        links=(
            Link("member_of", "aws.sagemaker.domain", "DomainId"),
            Link("owned_by", "aws.sagemaker.user_profile", "$Owner"),
            Link("mounts", "aws.efs.file_system", "SpaceSettings.CustomFileSystems[].EFSFileSystem.FileSystemId"),
            Link("mounts", "aws.fsx.file_system", "SpaceSettings.CustomFileSystems[].FSxLustreFileSystem.FileSystemId"),
            Link("mounts", "aws.s3.bucket", "SpaceSettings.CustomFileSystems[].S3FileSystem.S3Uri"),
        ),
        aliases=(Alias("arn", "SpaceArn"),),
    ),
    Kind(
        name="aws.sagemaker.app",
        category=Category.NOTEBOOK,
        fetch=Call(
            "sagemaker",
            "ListApps",
            items="Apps",
            page=100,
            keep=_is_alive,
            derive=_of_app,
            detail=(_describe_app("UserProfileName"), _describe_app("SpaceName"), tags_of("AppArn")),
            lookups=(Machines((("$InstanceType", ""),)),),
        ),
        id=Template("arn:{@partition}:sagemaker:{@place}:{@account}:app/{$Name}"),
        native="$Name",
        fields={
            "name": "AppName",
            "type": "AppType",
            "state": "Status",
            "instance_type": "ResourceSpec.InstanceType",
            "last_activity_at": "LastUserActivityTimestamp",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            **TOTAL,
        },
        tags=TAGS,
        links=(
            Link("member_of", "aws.sagemaker.domain", "DomainId"),
            Link("owned_by", "aws.sagemaker.user_profile", "$UserProfile"),
            Link("runs_on", "aws.sagemaker.space", "$Space"),
            Link("uses_image", "aws.sagemaker.image", "ResourceSpec.SageMakerImageArn", optional=True),
            Link("uses_image", "aws.sagemaker.image_version", "ResourceSpec.SageMakerImageVersionArn", optional=True),
            Link("runs", "aws.sagemaker.studio_lifecycle_config", "ResourceSpec.LifecycleConfigArn"),
            Link("uses", "aws.sagemaker.training_plan", "ResourceSpec.TrainingPlanArn"),
        ),
        aliases=(Alias("arn", "AppArn"),),
    ),
    Kind(
        name="aws.sagemaker.partner_app",
        category=Category.WORKSPACE,
        fetch=listed("PartnerApp", "Summaries", "Arn", tags="Arn"),
        id="Arn",
        native="Arn",
        fields={
            "name": "Name",
            "type": "Type",
            "state": "Status",
            "endpoint": "BaseUrl",
            "size_class": "Tier",
            "version": "Version",
            "auth_mode": "AuthType",
            "encryption_key": "KmsKeyId",
            "role": "ExecutionRoleArn",
            "failure_reason": "Error.Reason",
            "expires_at": "CurrentVersionEolDate",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags=TAGS,
        links=(
            Link("assumes", "aws.iam.role", "ExecutionRoleArn"),
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
        ),
        aliases=(Alias("uri", "BaseUrl"),),
        sensitive=frozenset({"ApplicationConfig.Arguments"}),
    ),
)
