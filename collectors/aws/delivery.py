"""CodeBuild, CodePipeline and App Runner: how code and images get to where they run."""

from __future__ import annotations

from typing import Any

from collectors.aws.described import Described
from collectors.aws.rows import Call
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Kind, Link, Template


def _steps(stages: Any) -> list[dict[str, Any]]:
    return [
        {"name": f"{stage['name']}/{action['name']}", "type": (action.get("actionTypeId") or {}).get("provider")}
        for stage in stages
        for action in stage.get("actions") or ()
    ]


def _stores(pipeline: Any) -> Any:
    found = [pipeline.get("artifactStore"), *(pipeline.get("artifactStores") or {}).values()]
    return [str(store["location"]) for store in found if store] or MISSING


_RAN = "SourceConfiguration"
_SECRET = frozenset(
    f"{_RAN}.{at}.{key}"
    for at in ("ImageRepository.ImageConfiguration", "CodeRepository.CodeConfiguration.CodeConfigurationValues")
    for key in ("RuntimeEnvironmentVariables", "StartCommand")
)

KINDS = (
    Kind(
        name="aws.codebuild.project",
        category=Category.PIPELINE,
        fetch=Call(
            "codebuild",
            "ListProjects",
            items="projects",
            item="name",
            lookups=(
                Described(
                    Call("codebuild", "BatchGetProjects", items="projects"),
                    name="name",
                    asked="names",
                    size=100,
                    key="name",
                ),
            ),
        ),
        id=Template("arn:{@partition}:codebuild:{@place}:{@account}:project/{name}"),
        native="name",
        fields={
            "name": "name",
            "description": "description",
            "type": "environment.type",  # LINUX_GPU_CONTAINER builds on machines with a GPU
            "size_class": "environment.computeType",
            "image": "environment.image",
            "privileged": "environment.privilegedMode",
            "repository": "source.location",
            "role": "serviceRole",
            "encryption_key": "encryptionKey",
            "created_at": "created",
            "modified_at": "lastModified",
        },
        tags="tags",
        links=(
            Link("uses_image", "aws.ecr.repository", "environment.image"),
            Link("assumes", "aws.iam.role", "serviceRole"),
            Link("encrypted_by", "aws.kms.key", "encryptionKey", optional=True),  # the key that AWS gives
            Link("runs_in", "aws.ec2.vpc", "vpcConfig.vpcId"),
            Link("runs_in", "aws.ec2.subnet", "vpcConfig.subnets[]"),
            Link("guarded_by", "aws.ec2.security_group", "vpcConfig.securityGroupIds[]"),
            Link("logs_to", "aws.logs.log_group", "logsConfig.cloudWatchLogs.groupName"),
        ),
        sensitive=frozenset({"environment.environmentVariables", "webhook", "source.buildspec", "source.auth"}),
    ),
    Kind(
        name="aws.codepipeline.pipeline",
        category=Category.PIPELINE,
        fetch=Call(
            "codepipeline",
            "ListPipelines",
            items="pipelines",
            page=1000,
            detail=(
                Call(
                    "codepipeline",
                    "GetPipeline",
                    items="pipeline",
                    params={"name": "{name}"},
                    gone=("PipelineNotFoundException",),
                ),
            ),
        ),
        id=Template("arn:{@partition}:codepipeline:{@place}:{@account}:{name}"),
        native="name",
        fields={
            "name": "name",
            "type": "pipelineType",
            "mode": "executionMode",
            "version": Field("version", str),
            "steps": Field("stages", _steps),
            "output_uris": Field("", _stores),
            "role": "roleArn",
            "created_at": "created",
            "modified_at": "updated",
        },
        links=(
            Link("assumes", "aws.iam.role", "roleArn"),
            Link("stores_in", "aws.s3.bucket", "artifactStore.location"),
            Link("encrypted_by", "aws.kms.key", "artifactStore.encryptionKey.id"),
        ),
        sensitive=frozenset(
            {
                "stages[].actions[].configuration",
                "stages[].actions[].environmentVariables",
                "stages[].actions[].commands",
            }
        ),
    ),
    Kind(
        name="aws.apprunner.service",
        category=Category.WORKLOAD,
        fetch=Call(
            "apprunner",
            "ListServices",
            items="ServiceSummaryList",
            detail=(
                Call(
                    "apprunner",
                    "DescribeService",
                    items="Service",
                    params={"ServiceArn": "{ServiceArn}"},
                    gone=("ResourceNotFoundException",),
                ),
            ),
        ),
        id="ServiceArn",
        native="ServiceName",
        fields={
            "name": "ServiceName",
            "state": "Status",
            "endpoint": "ServiceUrl",
            "image": f"{_RAN}.ImageRepository.ImageIdentifier",
            "repository": f"{_RAN}.CodeRepository.RepositoryUrl",
            "public": "NetworkConfiguration.IngressConfiguration.IsPubliclyAccessible",
            "role": "InstanceConfiguration.InstanceRoleArn",
            "created_at": "CreatedAt",
            "modified_at": "UpdatedAt",
        },
        links=(
            Link("uses_image", "aws.ecr.repository", f"{_RAN}.ImageRepository.ImageIdentifier"),
            Link("assumes", "aws.iam.role", "InstanceConfiguration.InstanceRoleArn"),
            Link("assumes", "aws.iam.role", f"{_RAN}.AuthenticationConfiguration.AccessRoleArn"),
            Link("encrypted_by", "aws.kms.key", "EncryptionConfiguration.KmsKey"),
        ),
        aliases=(Alias("dns", "ServiceUrl"),),
        sensitive=_SECRET,
    ),
)
