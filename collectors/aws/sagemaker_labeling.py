"""SageMaker AI: people who label data and review predictions, and what they are asked."""

from __future__ import annotations

from typing import Any

from collectors.aws.rows import Call, created_since
from collectors.aws.sagemaker_calls import GONE, TAGS, listed, tags_of, vpc
from normalize.model import Category, Field, Kind, Link

_TASK = "HumanTaskConfig"
_ALGORITHM = "LabelingJobAlgorithmsConfig"


def _groups(members: Any) -> list[str]:
    """Groups of people in a team: of a Cognito user pool, or of an identity provider of one's own."""
    found = []
    for member in members:
        cognito = member.get("CognitoMemberDefinition") or {}
        found += [cognito["UserGroup"]] if "UserGroup" in cognito else []
        found += (member.get("OidcMemberDefinition") or {}).get("Groups", ())
    return found


KINDS = (
    Kind(
        name="aws.sagemaker.labeling_job",
        category=Category.DATA_JOB,
        fetch=listed(
            "LabelingJob",
            "LabelingJobSummaryList",
            "LabelingJobName",
            window=created_since(live=("Initializing", "InProgress", "Stopping")),
        ),
        id="LabelingJobArn",
        native="LabelingJobName",
        fields={
            "name": "LabelingJobName",
            "description": f"{_TASK}.TaskTitle",
            "state": "LabelingJobStatus",
            "labeled_count": "LabelCounters.TotalLabeled",
            "unlabeled_count": "LabelCounters.Unlabeled",
            "parallelism_count": f"{_TASK}.MaxConcurrentTaskCount",
            "input_uris": Field("InputConfig.DataSource.S3DataSource.ManifestS3Uri", lambda uri: [uri]),
            "output_uris": Field("OutputConfig.S3OutputPath", lambda uri: [uri]),
            "artifact_uri": "LabelingJobOutput.OutputDatasetS3Uri",
            "role": "RoleArn",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
            "modified_at": "LastModifiedTime",
        },
        tags="Tags",
        links=(
            Link("assumes", "aws.iam.role", "RoleArn"),
            Link("reads_from", "aws.s3.bucket", "InputConfig.DataSource.S3DataSource.ManifestS3Uri"),
            Link("reads_from", "aws.sns.topic", "InputConfig.DataSource.SnsDataSource.SnsTopicArn"),
            Link("reads_from", "aws.s3.bucket", "LabelCategoryConfigS3Uri"),
            Link("writes_to", "aws.s3.bucket", "OutputConfig.S3OutputPath"),
            Link("notifies", "aws.sns.topic", "OutputConfig.SnsTopicArn"),
            Link("encrypted_by", "aws.kms.key", "OutputConfig.KmsKeyId"),
            Link("encrypted_by", "aws.kms.key", f"{_ALGORITHM}.LabelingJobResourceConfig.VolumeKmsKeyId"),
            # The public crowd, vendors and the functions for common tasks are in accounts of AWS.
            Link("asks", "aws.sagemaker.workteam", f"{_TASK}.WorkteamArn", optional=True),
            Link("calls", "aws.lambda.function", f"{_TASK}.PreHumanTaskLambdaArn", optional=True),
            Link(
                "calls",
                "aws.lambda.function",
                f"{_TASK}.AnnotationConsolidationConfig.AnnotationConsolidationLambdaArn",
                optional=True,
            ),
            Link("shows", "aws.sagemaker.human_task_ui", f"{_TASK}.UiConfig.HumanTaskUiArn", optional=True),
            Link("reads_from", "aws.s3.bucket", f"{_TASK}.UiConfig.UiTemplateS3Uri"),
            Link("uses", "aws.sagemaker.model", f"{_ALGORITHM}.InitialActiveLearningModelArn", optional=True),
            *vpc(f"{_ALGORITHM}.LabelingJobResourceConfig.VpcConfig"),
        ),
    ),
    Kind(
        name="aws.sagemaker.workteam",
        category=Category.IDENTITY,
        # Its listing tells all that there is to tell.
        fetch=Call(
            "sagemaker",
            "ListWorkteams",
            items="Workteams",
            page=100,
            itself=Call("sagemaker", "DescribeWorkteam", params={"WorkteamName": "{WorkteamName}"}, gone=GONE),
            detail=(tags_of("WorkteamArn"),),
        ),
        id="WorkteamArn",
        native="WorkteamName",
        fields={
            "name": "WorkteamName",
            "description": "Description",
            "groups": Field("MemberDefinitions", _groups),
            "endpoint": "SubDomain",
            "created_at": "CreateDate",
            "modified_at": "LastUpdatedDate",
        },
        tags=TAGS,
        links=(
            Link("member_of", "aws.sagemaker.workforce", "WorkforceArn", optional=True),
            Link("notifies", "aws.sns.topic", "NotificationConfiguration.NotificationTopicArn"),
        ),
    ),
    Kind(
        name="aws.sagemaker.workforce",
        category=Category.IDENTITY_PROVIDER,
        # Its listing tells all that there is to tell.
        fetch=Call(
            "sagemaker",
            "ListWorkforces",
            items="Workforces",
            page=100,
            itself=Call("sagemaker", "DescribeWorkforce", params={"WorkforceName": "{WorkforceName}"}, gone=GONE),
            detail=(tags_of("WorkforceArn"),),
        ),
        id="WorkforceArn",
        native="WorkforceName",
        fields={
            "name": "WorkforceName",
            "state": "Status",
            "endpoint": "SubDomain",
            "addresses": "SourceIpConfig.Cidrs",
            "failure_reason": "FailureReason",
            "created_at": "CreateDate",
            "modified_at": "LastUpdatedDate",
        },
        tags=TAGS,
        links=(
            Link("runs_in", "aws.ec2.vpc", "WorkforceVpcConfig.VpcId"),
            Link("runs_in", "aws.ec2.subnet", "WorkforceVpcConfig.Subnets[]"),
            Link("guarded_by", "aws.ec2.security_group", "WorkforceVpcConfig.SecurityGroupIds[]"),
            Link("attached_to", "aws.ec2.vpc_endpoint", "WorkforceVpcConfig.VpcEndpointId"),
        ),
        sensitive=frozenset({"OidcConfig.AuthenticationRequestExtraParams"}),
    ),
    Kind(
        name="aws.sagemaker.human_task_ui",
        category=Category.SETTINGS,
        fetch=listed("HumanTaskUi", "HumanTaskUiSummaries", "HumanTaskUiName", tags="HumanTaskUiArn"),
        id="HumanTaskUiArn",
        native="HumanTaskUiName",
        fields={
            "name": "HumanTaskUiName",
            "state": "HumanTaskUiStatus",
            "digest": "UiTemplate.ContentSha256",
            "created_at": "CreationTime",
        },
        tags=TAGS,
        # A signed address of the template.
        sensitive=frozenset({"UiTemplate.Url"}),
    ),
    Kind(
        name="aws.sagemaker.flow_definition",
        category=Category.PIPELINE,
        fetch=listed("FlowDefinition", "FlowDefinitionSummaries", "FlowDefinitionName", tags="FlowDefinitionArn"),
        id="FlowDefinitionArn",
        native="FlowDefinitionName",
        fields={
            "name": "FlowDefinitionName",
            "description": "HumanLoopConfig.TaskTitle",
            "state": "FlowDefinitionStatus",
            "output_uris": Field("OutputConfig.S3OutputPath", lambda uri: [uri]),
            "role": "RoleArn",
            "failure_reason": "FailureReason",
            "created_at": "CreationTime",
        },
        tags=TAGS,
        links=(
            Link("assumes", "aws.iam.role", "RoleArn"),
            Link("asks", "aws.sagemaker.workteam", "HumanLoopConfig.WorkteamArn", optional=True),
            Link("shows", "aws.sagemaker.human_task_ui", "HumanLoopConfig.HumanTaskUiArn"),
            Link("writes_to", "aws.s3.bucket", "OutputConfig.S3OutputPath"),
            Link("encrypted_by", "aws.kms.key", "OutputConfig.KmsKeyId"),
        ),
    ),
)
