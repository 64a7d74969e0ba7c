"""Amazon Bedrock: models of one's own, throughput bought, jobs, agents and what they know, guardrails, settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import count
from collectors.aws.rows import Call, created_since
from collectors.aws.traffic import Traffic, one
from collectors.traffic import CLIENT_ERRORS, ERRORS, LATENCY, MEASURED
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Kind, Link, Template

_GONE = ("ResourceNotFoundException",)
_CREATED = {"created_at": "createdAt", "modified_at": "updatedAt"}


def _listed(service: str, listing: str, items: str, detail: str, parameter: str, key: str, **more: Any) -> Call:
    """List…, then Get… by what the listing gives under `key`; tags by ARN where `tagged` names where it stands."""
    inside, tagged = more.pop("inside", ""), more.pop("tagged", "")
    calls = [Call(service, detail, items=inside, params={parameter: f"{{{key}}}", **more.pop("given", {})}, gone=_GONE)]
    if tagged:
        at = "resourceARN" if service == "bedrock" else "resourceArn"
        calls.append(
            Call(service, "ListTagsForResource", "tags", params={at: f"{{{tagged}}}"}, into="$Tags", gone=_GONE)
        )
    return Call(service, listing, items=items, detail=tuple(calls), **more)


def _vpc(at: str, subnets: str = "subnetIds[]", groups: str = "securityGroupIds[]") -> tuple[Link, ...]:
    return (
        Link("runs_in", "aws.ec2.subnet", f"{at}.{subnets}"),
        Link("guarded_by", "aws.ec2.security_group", f"{at}.{groups}"),
    )


def _job(operation: str, items: str, detail: str, live: tuple[str, ...], parameter: str = "jobIdentifier") -> Call:
    window = created_since("creationTimeAfter", "creationTimeBefore", "statusEquals", live)
    return _listed("bedrock", operation, items, detail, parameter, "jobArn", window=window)


def _measured(*dimensions: str) -> Traffic:
    """Source: Amazon Bedrock User Guide, "Monitoring Bedrock using CloudWatch" (AWS/Bedrock, ModelId, milliseconds); not
    verified."""
    return Traffic(
        "AWS/Bedrock",
        one(ModelId=dimensions[0]),
        requests="Invocations",
        latency="InvocationLatency",
        latency_unit=1e-3,
        errors=("InvocationServerErrors",),
        client_errors=("InvocationClientErrors",),
    )


_TRAFFIC = {**MEASURED, **LATENCY, **ERRORS, **CLIENT_ERRORS}


def _model_id(metric: Mapping[str, Any]) -> Mapping[str, Any]:
    """The model of a metric that is counted by model alone."""
    pairs = {d["Name"]: d["Value"] for d in metric.get("Dimensions") or ()}
    return {"$ModelId": pairs["ModelId"]} if pairs.keys() == {"ModelId"} else {}


def _kinds_of_nodes(nodes: Any) -> list[dict[str, Any]]:
    return [{"name": n.get("name"), "type": n.get("type")} for n in nodes]


def _policies(guardrail: Any) -> list[str]:
    names = ("topicPolicy", "contentPolicy", "wordPolicy", "sensitiveInformationPolicy", "contextualGroundingPolicy",
             "automatedReasoningPolicy")  # fmt: skip
    return [n.removesuffix("Policy") for n in names if guardrail.get(n)]


def _store(configuration: Any) -> Any:
    """Where a knowledge base keeps its vectors."""
    parts = ("opensearchServerlessConfiguration.collectionArn", "opensearchManagedClusterConfiguration.domainArn",
             "rdsConfiguration.resourceArn", "neptuneAnalyticsConfiguration.graphArn", "s3VectorsConfiguration.vectorBucketArn",
             "pineconeConfiguration.connectionString", "redisEnterpriseCloudConfiguration.endpoint",
             "mongoDbAtlasConfiguration.endpoint")  # fmt: skip
    for part in parts:
        section, _, key = part.partition(".")
        if found := (configuration.get(section) or {}).get(key):
            return found
    return MISSING


def _source_uri(configuration: Any) -> Any:
    bucket = (configuration.get("s3Configuration") or {}).get("bucketArn")
    return f"s3://{bucket.rsplit(':', 1)[-1]}" if bucket else MISSING


def _models_of(variants: Any) -> list[str]:
    return [v["modelId"] for v in variants if v.get("modelId")]


KINDS = (
    Kind(
        name="aws.bedrock.custom_model",
        category=Category.MODEL,
        fetch=_listed(
            "bedrock", "ListCustomModels", "modelSummaries", "GetCustomModel", "modelIdentifier", "modelArn",
            page=100, params={"isOwned": True}, tagged="modelArn",
        ),
        id="modelArn",
        native="modelName",
        fields={
            "name": "modelName",
            "state": "modelStatus",
            "type": "customizationType",
            "base_model": "baseModelArn",
            "hyperparameters": "hyperParameters",
            "encryption_key": "modelKmsKeyArn",
            "artifact_uri": "outputDataConfig.s3Uri",
            "failure_reason": "failureMessage",
            "created_at": "creationTime",
        },
        tags="$Tags",
        links=(
            Link("made_by", "aws.bedrock.customization_job", "jobArn", optional=True),
            Link("trained_on", "aws.s3.bucket", "trainingDataConfig.s3Uri"),
            Link("writes_to", "aws.s3.bucket", "outputDataConfig.s3Uri"),
            Link("encrypted_by", "aws.kms.key", "modelKmsKeyArn"),
        ),
    ),
    Kind(
        name="aws.bedrock.imported_model",
        category=Category.MODEL,
        fetch=_listed(
            "bedrock", "ListImportedModels", "modelSummaries", "GetImportedModel", "modelIdentifier", "modelArn",
            page=100, tagged="modelArn", lookups=(_measured("modelArn"),),
        ),
        id="modelArn",
        native="modelName",
        fields={
            "name": "modelName",
            "architecture": "modelArchitecture",
            "artifact_uri": "modelDataSource.s3DataSource.s3Uri",
            "encryption_key": "modelKmsKeyArn",
            "compute_unit_count": "customModelUnits.customModelUnitsPerModelCopy",
            "created_at": "creationTime",
            **_TRAFFIC,
        },
        tags="$Tags",
        links=(
            Link("made_by", "aws.bedrock.import_job", "jobArn", optional=True),
            Link("reads_from", "aws.s3.bucket", "modelDataSource.s3DataSource.s3Uri"),
            Link("encrypted_by", "aws.kms.key", "modelKmsKeyArn"),
        ),
    ),
    Kind(
        name="aws.bedrock.provisioned_throughput",
        category=Category.DEPLOYMENT,
        fetch=_listed(
            "bedrock", "ListProvisionedModelThroughputs", "provisionedModelSummaries", "GetProvisionedModelThroughput",
            "provisionedModelId", "provisionedModelArn", page=100, tagged="provisionedModelArn",
            lookups=(_measured("provisionedModelArn"),),
        ),
        id="provisionedModelArn",
        native="provisionedModelName",
        fields={
            "name": "provisionedModelName",
            "state": "status",
            "base_model": "foundationModelArn",
            "compute_unit_count": "modelUnits",
            "desired_count": "desiredModelUnits",
            "commitment": "commitmentDuration",
            "expires_at": "commitmentExpirationTime",
            "failure_reason": "failureMessage",
            "created_at": "creationTime",
            "modified_at": "lastModifiedTime",
            **_TRAFFIC,
        },
        tags="$Tags",
        links=(Link("serves", "aws.bedrock.custom_model", "modelArn", optional=True),),
    ),
    Kind(
        name="aws.bedrock.custom_model_deployment",
        category=Category.DEPLOYMENT,
        fetch=_listed(
            "bedrock", "ListCustomModelDeployments", "modelDeploymentSummaries", "GetCustomModelDeployment",
            "customModelDeploymentIdentifier", "customModelDeploymentArn", page=100, tagged="customModelDeploymentArn",
            lookups=(_measured("customModelDeploymentArn"),),
        ),
        id="customModelDeploymentArn",
        native="customModelDeploymentArn",
        fields={
            "name": "customModelDeploymentName",
            "description": "description",
            "state": "status",
            "failure_reason": "failureMessage",
            "created_at": "createdAt",
            "modified_at": "lastUpdatedAt",
            **_TRAFFIC,
        },
        tags="$Tags",
        links=(Link("serves", "aws.bedrock.custom_model", "modelArn"),),
    ),
    Kind(
        name="aws.bedrock.marketplace_endpoint",
        category=Category.ENDPOINT,
        fetch=_listed(
            "bedrock", "ListMarketplaceModelEndpoints", "marketplaceModelEndpoints", "GetMarketplaceModelEndpoint",
            "endpointArn", "endpointArn", page=100, inside="marketplaceModelEndpoint",
        ),
        id=Template("{endpointArn}#marketplace"),  # the ARN itself is that of the SageMaker endpoint behind it
        native="endpointArn",
        fields={
            "base_model": "modelSourceIdentifier",
            "state": "status",
            "instance_type": "endpointConfig.sageMaker.instanceType",
            "instance_count": "endpointConfig.sageMaker.initialInstanceCount",
            "role": "endpointConfig.sageMaker.executionRole",
            **_CREATED,
        },
        links=(
            Link("served_by", "aws.sagemaker.endpoint", "endpointArn"),
            Link("assumes", "aws.iam.role", "endpointConfig.sageMaker.executionRole"),
            Link("encrypted_by", "aws.kms.key", "endpointConfig.sageMaker.kmsEncryptionKey"),
            *_vpc("endpointConfig.sageMaker.vpc"),
        ),
    ),
    Kind(
        name="aws.bedrock.inference_profile",
        category=Category.ENDPOINT_CONFIG,
        # Those that AWS defines are the same in every account.
        fetch=_listed(
            "bedrock", "ListInferenceProfiles", "inferenceProfileSummaries", "GetInferenceProfile",
            "inferenceProfileIdentifier", "inferenceProfileArn", page=100, params={"typeEquals": "APPLICATION"},
            tagged="inferenceProfileArn", lookups=(_measured("inferenceProfileId"),),
        ),
        id="inferenceProfileArn",
        native="inferenceProfileId",
        fields={
            "name": "inferenceProfileName",
            "description": "description",
            "state": "status",
            "type": "type",
            "models": "models[].modelArn",
            **_CREATED,
            **_TRAFFIC,
        },
        tags="$Tags",
    ),
    Kind(
        name="aws.bedrock.prompt_router",
        category=Category.ENDPOINT_CONFIG,
        fetch=_listed(
            "bedrock", "ListPromptRouters", "promptRouterSummaries", "GetPromptRouter", "promptRouterArn",
            "promptRouterArn", page=100, params={"type": "custom"},
        ),
        id="promptRouterArn",
        native="promptRouterArn",
        fields={
            "name": "promptRouterName",
            "description": "description",
            "state": "status",
            "models": "models[].modelArn",
            **_CREATED,
        },
    ),
    Kind(
        name="aws.bedrock.model_usage",
        category=Category.DEPLOYMENT,
        # No listing tells which models are called on demand; the metrics of the last two weeks do.
        fetch=Call(
            "cloudwatch",
            "ListMetrics",
            items="Metrics",
            params={"Namespace": "AWS/Bedrock", "MetricName": "Invocations"},
            derive=_model_id,
            keep=lambda metric: "$ModelId" in metric,
            lookups=(_measured("$ModelId"),),
        ),
        id=Template("aws.bedrock.model_usage|{@account}|{@place}|{$ModelId}"),
        native="$ModelId",
        fields={"name": "$ModelId", "base_model": "$ModelId", **_TRAFFIC},
    ),
    Kind(
        name="aws.bedrock.guardrail",
        category=Category.GUARDRAIL,
        fetch=_listed(
            "bedrock", "ListGuardrails", "guardrails", "GetGuardrail", "guardrailIdentifier", "arn",
            page=100, tagged="arn",
        ),
        id="arn",
        native="id",
        fields={
            "name": "name",
            "description": "description",
            "state": "status",
            "version": "version",
            "policies": Field("", _policies),
            "encryption_key": "kmsKeyArn",
            **_CREATED,
        },
        tags="$Tags",
        links=(Link("encrypted_by", "aws.kms.key", "kmsKeyArn"),),
    ),
    Kind(
        name="aws.bedrock.customization_job",
        category=Category.MODEL_JOB,
        fetch=_job(
            "ListModelCustomizationJobs", "modelCustomizationJobSummaries", "GetModelCustomizationJob",
            ("InProgress", "Stopping"),
        ),
        id="jobArn",
        native="jobName",
        fields={
            "name": "jobName",
            "state": "status",
            "type": "customizationType",
            "base_model": "baseModelArn",
            "hyperparameters": "hyperParameters",
            "artifact_uri": "outputDataConfig.s3Uri",
            "role": "roleArn",
            "failure_reason": "failureMessage",
            "created_at": "creationTime",
            "ended_at": "endTime",
        },
        links=(
            Link("assumes", "aws.iam.role", "roleArn"),
            Link("makes", "aws.bedrock.custom_model", "outputModelArn", optional=True),
            Link("reads_from", "aws.s3.bucket", "trainingDataConfig.s3Uri"),
            Link("reads_from", "aws.s3.bucket", "validationDataConfig.validators[].s3Uri"),
            Link("writes_to", "aws.s3.bucket", "outputDataConfig.s3Uri"),
            Link("encrypted_by", "aws.kms.key", "outputModelKmsKeyArn"),
            *_vpc("vpcConfig"),
        ),
    ),
    Kind(
        name="aws.bedrock.import_job",
        category=Category.MODEL_JOB,
        fetch=_job("ListModelImportJobs", "modelImportJobSummaries", "GetModelImportJob", ("InProgress",)),
        id="jobArn",
        native="jobName",
        fields={
            "name": "jobName",
            "state": "status",
            "source_uri": "modelDataSource.s3DataSource.s3Uri",
            "role": "roleArn",
            "failure_reason": "failureMessage",
            "created_at": "creationTime",
            "ended_at": "endTime",
        },
        links=(
            Link("assumes", "aws.iam.role", "roleArn"),
            Link("makes", "aws.bedrock.imported_model", "importedModelArn", optional=True),
            Link("reads_from", "aws.s3.bucket", "modelDataSource.s3DataSource.s3Uri"),
            Link("encrypted_by", "aws.kms.key", "importedModelKmsKeyArn"),
            *_vpc("vpcConfig"),
        ),
    ),
    Kind(
        name="aws.bedrock.copy_job",
        category=Category.MODEL_JOB,
        fetch=Call(
            "bedrock",
            "ListModelCopyJobs",
            items="modelCopyJobSummaries",
            window=created_since("creationTimeAfter", "creationTimeBefore", "statusEquals", ("InProgress",)),
        ),
        id="jobArn",
        native="jobArn",
        fields={
            "name": "targetModelName",
            "state": "status",
            "failure_reason": "failureMessage",
            "created_at": "creationTime",
        },
        links=(
            Link("reads_from", "aws.bedrock.custom_model", "sourceModelArn", optional=True),
            Link("makes", "aws.bedrock.custom_model", "targetModelArn", optional=True),
            Link("encrypted_by", "aws.kms.key", "targetModelKmsKeyArn"),
        ),
    ),
    Kind(
        name="aws.bedrock.evaluation_job",
        category=Category.MODEL_JOB,
        fetch=_job(
            "ListEvaluationJobs", "jobSummaries", "GetEvaluationJob", ("InProgress", "Stopping", "Deleting")
        ),
        id="jobArn",
        native="jobName",
        fields={
            "name": "jobName",
            "description": "jobDescription",
            "state": "status",
            "type": "jobType",
            "models": "modelIdentifiers",
            "role": "roleArn",
            "encryption_key": "customerEncryptionKeyId",
            "created_at": "creationTime",
            "modified_at": "lastModifiedTime",
        },
        links=(
            Link("assumes", "aws.iam.role", "roleArn"),
            Link("encrypted_by", "aws.kms.key", "customerEncryptionKeyId"),
            Link("writes_to", "aws.s3.bucket", "outputDataConfig.s3Uri"),
        ),
    ),
    Kind(
        name="aws.bedrock.invocation_job",
        category=Category.INFERENCE_JOB,
        fetch=Call(
            "bedrock",
            "ListModelInvocationJobs",
            items="invocationJobSummaries",
            window=created_since(
                "submitTimeAfter",
                "submitTimeBefore",
                "statusEquals",
                ("Submitted", "Validating", "Scheduled", "InProgress", "Stopping"),
            ),
        ),
        id="jobArn",
        native="jobName",
        fields={
            "name": "jobName",
            "state": "status",
            "base_model": "modelId",
            "role": "roleArn",
            "failure_reason": "message",
            "object_count": "totalRecordCount",
            "created_at": "submitTime",
            "ended_at": "endTime",
        },
        links=(
            Link("assumes", "aws.iam.role", "roleArn"),
            Link("reads_from", "aws.s3.bucket", "inputDataConfig.s3InputDataConfig.s3Uri"),
            Link("writes_to", "aws.s3.bucket", "outputDataConfig.s3OutputDataConfig.s3Uri"),
            Link("encrypted_by", "aws.kms.key", "outputDataConfig.s3OutputDataConfig.s3EncryptionKeyId"),
            *_vpc("vpcConfig"),
        ),
    ),
    Kind(
        name="aws.bedrock.invocation_logging",
        category=Category.MONITOR,
        fetch=Call("bedrock", "GetModelInvocationLoggingConfiguration", items="loggingConfig"),
        id=Template("aws.bedrock.invocation_logging|{@account}|{@place}|settings"),
        native=Template("settings"),
        fields={"log_types": Field("", lambda settings: [k for k, v in settings.items() if v is True])},
        links=(
            Link("logs_to", "aws.logs.log_group", "cloudWatchConfig.logGroupName"),
            Link("assumes", "aws.iam.role", "cloudWatchConfig.roleArn"),
            Link("writes_to", "aws.s3.bucket", "cloudWatchConfig.largeDataDeliveryS3Config.bucketName"),
            Link("writes_to", "aws.s3.bucket", "s3Config.bucketName"),
        ),
    ),
    Kind(
        name="aws.bedrock.agent",
        category=Category.AGENT,
        fetch=Call(
            "bedrock-agent",
            "ListAgents",
            items="agentSummaries",
            page=100,
            detail=(
                Call("bedrock-agent", "GetAgent", "agent", params={"agentId": "{agentId}"}, gone=_GONE),
                Call(
                    "bedrock-agent",
                    "ListAgentKnowledgeBases",
                    "agentKnowledgeBaseSummaries[]",
                    params={"agentId": "{agentId}", "agentVersion": "DRAFT"},
                    into="$KnowledgeBases",
                    gone=_GONE,
                ),
                Call(
                    "bedrock-agent",
                    "ListAgentAliases",
                    "agentAliasSummaries[]",
                    params={"agentId": "{agentId}"},
                    into="$Aliases",
                    gone=_GONE,
                ),
            ),
        ),
        id=Template("arn:{@partition}:bedrock:{@place}:{@account}:agent/{agentId}"),
        native="agentId",
        fields={
            "name": "agentName",
            "description": "description",
            "state": "agentStatus",
            "base_model": "foundationModel",
            "role": "agentResourceRoleArn",
            "encryption_key": "customerEncryptionKeyArn",
            "aliases": "$Aliases[].agentAliasName",
            "timeout_seconds": "idleSessionTTLInSeconds",
            **_CREATED,
        },
        links=(
            Link("assumes", "aws.iam.role", "agentResourceRoleArn"),
            Link("encrypted_by", "aws.kms.key", "customerEncryptionKeyArn"),
            Link("guarded_by", "aws.bedrock.guardrail", "guardrailConfiguration.guardrailIdentifier"),
            Link("reads_from", "aws.bedrock.knowledge_base", "$KnowledgeBases[].knowledgeBaseId"),
        ),
    ),
    Kind(
        name="aws.bedrock.action_group",
        category=Category.AGENT,
        fetch=Call(
            "bedrock-agent",
            "ListAgentActionGroups",
            items="actionGroupSummaries",
            under="aws.bedrock.agent",
            params={"agentId": "{agentId}", "agentVersion": "DRAFT"},
            gone=_GONE,
            detail=(
                Call(
                    "bedrock-agent",
                    "GetAgentActionGroup",
                    "agentActionGroup",
                    params={"agentId": "{$parent.agentId}", "agentVersion": "DRAFT", "actionGroupId": "{actionGroupId}"},
                    gone=_GONE,
                ),
            ),
        ),
        id=Template("aws.bedrock.action_group|{@account}|{@place}|{$parent.agentId}/{actionGroupId}"),
        native=Template("{$parent.agentId}/{actionGroupId}"),
        fields={
            "name": "actionGroupName",
            "description": "description",
            "state": "actionGroupState",
            **_CREATED,
        },
        links=(
            Link("member_of", "aws.bedrock.agent", "$parent.agentId"),
            Link("calls", "aws.lambda.function", "actionGroupExecutor.lambda"),
            Link("reads_from", "aws.s3.bucket", "apiSchema.s3.s3BucketName"),
        ),
        quiet=frozenset({"$parent"}),
    ),
    Kind(
        name="aws.bedrock.knowledge_base",
        category=Category.KNOWLEDGE_BASE,
        fetch=_listed(
            "bedrock-agent", "ListKnowledgeBases", "knowledgeBaseSummaries", "GetKnowledgeBase", "knowledgeBaseId",
            "knowledgeBaseId", page=100, inside="knowledgeBase",
        ),
        id=Template("arn:{@partition}:bedrock:{@place}:{@account}:knowledge-base/{knowledgeBaseId}"),
        native="knowledgeBaseId",
        fields={
            "name": "name",
            "description": "description",
            "state": "status",
            "type": "knowledgeBaseConfiguration.type",
            "engine": "storageConfiguration.type",
            "endpoint": Field("storageConfiguration", _store),
            "base_model": "knowledgeBaseConfiguration.vectorKnowledgeBaseConfiguration.embeddingModelArn",
            "role": "roleArn",
            **_CREATED,
        },
        links=(Link("assumes", "aws.iam.role", "roleArn"),),
    ),
    Kind(
        name="aws.bedrock.data_source",
        category=Category.DATASET,
        fetch=_listed(
            "bedrock-agent", "ListDataSources", "dataSourceSummaries", "GetDataSource", "dataSourceId", "dataSourceId",
            given={"knowledgeBaseId": "{knowledgeBaseId}"}, inside="dataSource", page=100,
            under="aws.bedrock.knowledge_base", params={"knowledgeBaseId": "{knowledgeBaseId}"}, gone=_GONE,
        ),
        id=Template("aws.bedrock.data_source|{@account}|{@place}|{knowledgeBaseId}/{dataSourceId}"),
        native=Template("{knowledgeBaseId}/{dataSourceId}"),
        fields={
            "name": "name",
            "description": "description",
            "state": "status",
            "type": "dataSourceConfiguration.type",
            "source_uri": Field("dataSourceConfiguration", _source_uri),
            **_CREATED,
        },
        links=(
            Link("member_of", "aws.bedrock.knowledge_base", "knowledgeBaseId"),
            Link("reads_from", "aws.s3.bucket", "dataSourceConfiguration.s3Configuration.bucketArn"),
            Link("encrypted_by", "aws.kms.key", "serverSideEncryptionConfiguration.kmsKeyArn"),
        ),
        quiet=frozenset({"$parent"}),
    ),
    Kind(
        name="aws.bedrock.flow",
        category=Category.PIPELINE,
        fetch=_listed("bedrock-agent", "ListFlows", "flowSummaries", "GetFlow", "flowIdentifier", "id", page=100, tagged="arn"),
        id="arn",
        native="id",
        fields={
            "name": "name",
            "description": "description",
            "state": "status",
            "version": "version",
            "steps": Field("definition.nodes", _kinds_of_nodes),
            "step_count": Field("definition.nodes", count),
            "role": "executionRoleArn",
            "encryption_key": "customerEncryptionKeyArn",
            **_CREATED,
        },
        tags="$Tags",
        links=(
            Link("assumes", "aws.iam.role", "executionRoleArn"),
            Link("encrypted_by", "aws.kms.key", "customerEncryptionKeyArn"),
        ),
    ),
    Kind(
        name="aws.bedrock.prompt",
        category=Category.PROMPT,
        fetch=_listed("bedrock-agent", "ListPrompts", "promptSummaries", "GetPrompt", "promptIdentifier", "id", page=100, tagged="arn"),
        id="arn",
        native="id",
        fields={
            "name": "name",
            "description": "description",
            "version": "version",
            "models": Field("variants", _models_of),
            "encryption_key": "customerEncryptionKeyArn",
            **_CREATED,
        },
        tags="$Tags",
        links=(Link("encrypted_by", "aws.kms.key", "customerEncryptionKeyArn"),),
    ),
    Kind(
        name="aws.bedrockagentcore.runtime",
        category=Category.AGENT,
        fetch=_listed(
            "bedrock-agentcore-control", "ListAgentRuntimes", "agentRuntimes", "GetAgentRuntime", "agentRuntimeId",
            "agentRuntimeId", page=100, tagged="agentRuntimeArn",
        ),
        id="agentRuntimeArn",
        native="agentRuntimeId",
        fields={
            "name": "agentRuntimeName",
            "description": "description",
            "state": "status",
            "version": "agentRuntimeVersion",
            "image": "agentRuntimeArtifact.containerConfiguration.containerUri",
            "network_mode": "networkConfiguration.networkMode",
            "protocol": "protocolConfiguration.serverProtocol",
            "role": "roleArn",
            "failure_reason": "failureReason",
            "created_at": "createdAt",
            "modified_at": "lastUpdatedAt",
        },
        tags="$Tags",
        links=(
            Link("assumes", "aws.iam.role", "roleArn"),
            Link("uses_image", "aws.ecr.repository", "agentRuntimeArtifact.containerConfiguration.containerUri"),
            Link("reads_from", "aws.s3.bucket", "agentRuntimeArtifact.codeConfiguration.code.s3.bucket"),
            *_vpc("networkConfiguration.networkModeConfig", "subnets[]", "securityGroups[]"),
        ),
        sensitive=frozenset({"environmentVariables"}),
    ),
    Kind(
        name="aws.bedrockagentcore.runtime_endpoint",
        category=Category.ENDPOINT,
        fetch=Call(
            "bedrock-agentcore-control",
            "ListAgentRuntimeEndpoints",
            items="runtimeEndpoints",
            page=100,
            under="aws.bedrockagentcore.runtime",
            params={"agentRuntimeId": "{agentRuntimeId}"},
            gone=_GONE,
        ),
        id="agentRuntimeEndpointArn",
        native="id",
        fields={
            "name": "name",
            "description": "description",
            "state": "status",
            "version": "liveVersion",
            "created_at": "createdAt",
            "modified_at": "lastUpdatedAt",
        },
        links=(Link("serves", "aws.bedrockagentcore.runtime", "agentRuntimeArn"),),
        quiet=frozenset({"$parent"}),
    ),
    Kind(
        name="aws.bedrockagentcore.memory",
        category=Category.DATABASE,
        fetch=_listed(
            "bedrock-agentcore-control", "ListMemories", "memories", "GetMemory", "memoryId", "id", page=100,
            inside="memory", tagged="arn",
        ),
        id="arn",
        native="id",
        fields={
            "name": "name",
            "description": "description",
            "state": "status",
            "retention_days": "eventExpiryDuration",
            "encryption_key": "encryptionKeyArn",
            "role": "memoryExecutionRoleArn",
            **_CREATED,
        },
        tags="$Tags",
        links=(
            Link("encrypted_by", "aws.kms.key", "encryptionKeyArn"),
            Link("assumes", "aws.iam.role", "memoryExecutionRoleArn"),
        ),
    ),
    Kind(
        name="aws.bedrockagentcore.gateway",
        category=Category.API,
        fetch=_listed(
            "bedrock-agentcore-control", "ListGateways", "items", "GetGateway", "gatewayIdentifier", "gatewayId", page=100
        ),
        id=Template("arn:{@partition}:bedrock-agentcore:{@place}:{@account}:gateway/{gatewayId}"),
        native="gatewayId",
        fields={
            "name": "name",
            "description": "description",
            "state": "status",
            "protocol": "protocolType",
            "endpoint": "gatewayUrl",
            "role": "roleArn",
            "encryption_key": "kmsKeyArn",
            **_CREATED,
        },
        links=(
            Link("assumes", "aws.iam.role", "roleArn"),
            Link("encrypted_by", "aws.kms.key", "kmsKeyArn"),
        ),
        aliases=(Alias("dns", "gatewayUrl"),),
    ),
    *(
        Kind(
            name=f"aws.bedrockagentcore.{noun}",
            category=Category.WORKLOAD,
            # Those of type SYSTEM are AWS's own, the same in every account.
            fetch=_listed(
                "bedrock-agentcore-control", listing, items, detail, key, key, page=100, params={"type": "CUSTOM"},
                tagged=arn,
            ),
            id=arn,
            native=key,
            fields={
                "name": "name",
                "description": "description",
                "state": "status",
                "network_mode": "networkConfiguration.networkMode",
                "role": "executionRoleArn",
                "created_at": "createdAt",
                "modified_at": "lastUpdatedAt",
            },
            tags="$Tags",
            links=(
                Link("assumes", "aws.iam.role", "executionRoleArn"),
                *_vpc("networkConfiguration.vpcConfig", "subnets[]", "securityGroups[]"),
            ),
        )
        for noun, listing, items, detail, key, arn in (
            ("browser", "ListBrowsers", "browserSummaries", "GetBrowser", "browserId", "browserArn"),
            ("code_interpreter", "ListCodeInterpreters", "codeInterpreterSummaries", "GetCodeInterpreter",
             "codeInterpreterId", "codeInterpreterArn"),
        )
    ),
)  # fmt: skip
