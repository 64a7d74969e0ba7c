terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "trusted_principal_arn" {
  description = "ARN of the identity that Stocktake runs as; it alone may assume the role."
  type        = string
}

variable "external_id" {
  description = "External id that must be sent along; empty for none."
  type        = string
  default     = ""
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [var.trusted_principal_arn]
    }
    dynamic "condition" {
      for_each = var.external_id == "" ? [] : [var.external_id]
      content {
        test     = "StringEquals"
        variable = "sts:ExternalId"
        values   = [condition.value]
      }
    }
  }
}

resource "aws_iam_role" "stocktake" {
  name               = "StocktakeReadOnly"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "read_1" {
  statement {
    sid = "ReadAccount"
    actions = [
      "account:ListRegions",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadAcm"
    actions = [
      "acm:DescribeCertificate",
      "acm:ListCertificates",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadAcmPca"
    actions = [
      "acm-pca:ListCertificateAuthorities",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadAirflow"
    actions = [
      "airflow:GetEnvironment",
      "airflow:ListEnvironments",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadAoss"
    actions = [
      "aoss:BatchGetCollection",
      "aoss:BatchGetVpcEndpoint",
      "aoss:ListCollections",
      "aoss:ListVpcEndpoints",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadSomeApigateway"
    actions = [
      "apigateway:GET",
    ]
    resources = ["arn:*:apigateway:*::/apis*", "arn:*:apigateway:*:*:/domainnames*", "arn:*:apigateway:*::/restapis*", "arn:*:apigateway:*::/usageplans", "arn:*:apigateway:*::/vpclinks*"]
  }
  statement {
    sid = "ReadApprunner"
    actions = [
      "apprunner:DescribeService",
      "apprunner:ListServices",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadAppsync"
    actions = [
      "appsync:ListGraphqlApis",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadAps"
    actions = [
      "aps:DescribeWorkspace",
      "aps:ListScrapers",
      "aps:ListWorkspaces",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadAthena"
    actions = [
      "athena:GetDataCatalog",
      "athena:GetWorkGroup",
      "athena:ListDataCatalogs",
      "athena:ListNamedQueries",
      "athena:ListWorkGroups",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadAutoscaling"
    actions = [
      "autoscaling:DescribeAutoScalingGroups",
      "autoscaling:DescribeLaunchConfigurations",
      "autoscaling:DescribeLifecycleHooks",
      "autoscaling:DescribePolicies",
      "autoscaling:DescribeScheduledActions",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadBackup"
    actions = [
      "backup:GetBackupPlan",
      "backup:GetBackupSelection",
      "backup:ListBackupPlans",
      "backup:ListBackupSelections",
      "backup:ListBackupVaults",
      "backup:ListProtectedResources",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadBatch"
    actions = [
      "batch:DescribeComputeEnvironments",
      "batch:DescribeJobDefinitions",
      "batch:DescribeJobQueues",
      "batch:DescribeSchedulingPolicies",
      "batch:DescribeServiceEnvironments",
      "batch:ListJobs",
      "batch:ListSchedulingPolicies",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadBcmDataExports"
    actions = [
      "bcm-data-exports:GetExport",
      "bcm-data-exports:ListExports",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadBedrock"
    actions = [
      "bedrock:GetAgent",
      "bedrock:GetAgentActionGroup",
      "bedrock:GetCustomModel",
      "bedrock:GetCustomModelDeployment",
      "bedrock:GetDataSource",
      "bedrock:GetEvaluationJob",
      "bedrock:GetFlow",
      "bedrock:GetGuardrail",
      "bedrock:GetImportedModel",
      "bedrock:GetInferenceProfile",
      "bedrock:GetKnowledgeBase",
      "bedrock:GetMarketplaceModelEndpoint",
      "bedrock:GetModelCustomizationJob",
      "bedrock:GetModelImportJob",
      "bedrock:GetModelInvocationLoggingConfiguration",
      "bedrock:GetPrompt",
      "bedrock:GetPromptRouter",
      "bedrock:GetProvisionedModelThroughput",
      "bedrock:ListAgentActionGroups",
      "bedrock:ListAgentAliases",
      "bedrock:ListAgentKnowledgeBases",
      "bedrock:ListAgents",
      "bedrock:ListCustomModelDeployments",
      "bedrock:ListCustomModels",
      "bedrock:ListDataSources",
      "bedrock:ListEvaluationJobs",
      "bedrock:ListFlows",
      "bedrock:ListGuardrails",
      "bedrock:ListImportedModels",
      "bedrock:ListInferenceProfiles",
      "bedrock:ListKnowledgeBases",
      "bedrock:ListMarketplaceModelEndpoints",
      "bedrock:ListModelCopyJobs",
      "bedrock:ListModelCustomizationJobs",
      "bedrock:ListModelImportJobs",
      "bedrock:ListModelInvocationJobs",
      "bedrock:ListPromptRouters",
      "bedrock:ListPrompts",
      "bedrock:ListProvisionedModelThroughputs",
      "bedrock:ListTagsForResource",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadBedrockAgentcore"
    actions = [
      "bedrock-agentcore:GetAgentRuntime",
      "bedrock-agentcore:GetBrowser",
      "bedrock-agentcore:GetCodeInterpreter",
      "bedrock-agentcore:GetGateway",
      "bedrock-agentcore:GetMemory",
      "bedrock-agentcore:ListAgentRuntimeEndpoints",
      "bedrock-agentcore:ListAgentRuntimes",
      "bedrock-agentcore:ListBrowsers",
      "bedrock-agentcore:ListCodeInterpreters",
      "bedrock-agentcore:ListGateways",
      "bedrock-agentcore:ListMemories",
      "bedrock-agentcore:ListTagsForResource",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadCe"
    actions = [
      "ce:GetCostAndUsage",
      "ce:GetDimensionValues",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadCloudformation"
    actions = [
      "cloudformation:DescribeStacks",
      "cloudformation:ListStackResources",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadCloudfront"
    actions = [
      "cloudfront:GetDistribution",
      "cloudfront:ListDistributions",
      "cloudfront:ListTagsForResource",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadCloudhsm"
    actions = [
      "cloudhsm:DescribeClusters",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadCloudtrail"
    actions = [
      "cloudtrail:DescribeTrails",
      "cloudtrail:GetEventDataStore",
      "cloudtrail:GetTrailStatus",
      "cloudtrail:ListEventDataStores",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadCloudwatch"
    actions = [
      "cloudwatch:DescribeAlarms",
      "cloudwatch:GetMetricData",
      "cloudwatch:GetMetricStream",
      "cloudwatch:ListDashboards",
      "cloudwatch:ListMetricStreams",
      "cloudwatch:ListMetrics",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadCodebuild"
    actions = [
      "codebuild:BatchGetProjects",
      "codebuild:ListProjects",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadCodepipeline"
    actions = [
      "codepipeline:GetPipeline",
      "codepipeline:ListPipelines",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadCognitoIdentity"
    actions = [
      "cognito-identity:DescribeIdentityPool",
      "cognito-identity:GetIdentityPoolRoles",
      "cognito-identity:ListIdentityPools",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadCognitoIdp"
    actions = [
      "cognito-idp:DescribeUserPool",
      "cognito-idp:ListUserPools",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadConfig"
    actions = [
      "config:DescribeConfigurationRecorderStatus",
      "config:DescribeConfigurationRecorders",
      "config:DescribeDeliveryChannels",
      "config:GetDiscoveredResourceCounts",
      "config:ListDiscoveredResources",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadCur"
    actions = [
      "cur:DescribeReportDefinitions",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadDatasync"
    actions = [
      "datasync:DescribeTask",
      "datasync:ListLocations",
      "datasync:ListTasks",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadDax"
    actions = [
      "dax:DescribeClusters",
    ]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "read_1" {
  name   = "StocktakeReadOnly1"
  policy = data.aws_iam_policy_document.read_1.json
}

resource "aws_iam_role_policy_attachment" "read_1" {
  role       = aws_iam_role.stocktake.name
  policy_arn = aws_iam_policy.read_1.arn
}

data "aws_iam_policy_document" "read_2" {
  statement {
    sid = "ReadDirectconnect"
    actions = [
      "directconnect:DescribeConnections",
      "directconnect:DescribeDirectConnectGatewayAssociations",
      "directconnect:DescribeDirectConnectGateways",
      "directconnect:DescribeVirtualInterfaces",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadDynamodb"
    actions = [
      "dynamodb:DescribeContinuousBackups",
      "dynamodb:DescribeTable",
      "dynamodb:DescribeTimeToLive",
      "dynamodb:ListTables",
      "dynamodb:ListTagsOfResource",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadEc2"
    actions = [
      "ec2:DescribeAddresses",
      "ec2:DescribeCapacityBlocks",
      "ec2:DescribeCapacityReservations",
      "ec2:DescribeCarrierGateways",
      "ec2:DescribeClientVpnEndpoints",
      "ec2:DescribeClientVpnTargetNetworks",
      "ec2:DescribeCustomerGateways",
      "ec2:DescribeDhcpOptions",
      "ec2:DescribeEgressOnlyInternetGateways",
      "ec2:DescribeFleets",
      "ec2:DescribeFlowLogs",
      "ec2:DescribeHosts",
      "ec2:DescribeImages",
      "ec2:DescribeInstanceTypes",
      "ec2:DescribeInstances",
      "ec2:DescribeInternetGateways",
      "ec2:DescribeIpamPools",
      "ec2:DescribeLaunchTemplateVersions",
      "ec2:DescribeLaunchTemplates",
      "ec2:DescribeLocalGateways",
      "ec2:DescribeManagedPrefixLists",
      "ec2:DescribeNatGateways",
      "ec2:DescribeNetworkAcls",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribePlacementGroups",
      "ec2:DescribeRegions",
      "ec2:DescribeReservedInstances",
      "ec2:DescribeRouteTables",
      "ec2:DescribeSecurityGroups",
      "ec2:DescribeSnapshots",
      "ec2:DescribeSpotFleetRequests",
      "ec2:DescribeSubnets",
      "ec2:DescribeTransitGatewayAttachments",
      "ec2:DescribeTransitGatewayPeeringAttachments",
      "ec2:DescribeTransitGatewayRouteTables",
      "ec2:DescribeTransitGateways",
      "ec2:DescribeVerifiedAccessEndpoints",
      "ec2:DescribeVolumes",
      "ec2:DescribeVpcEndpointServiceConfigurations",
      "ec2:DescribeVpcEndpoints",
      "ec2:DescribeVpcPeeringConnections",
      "ec2:DescribeVpcs",
      "ec2:DescribeVpnConnections",
      "ec2:DescribeVpnGateways",
      "ec2:GetIpamPoolCidrs",
      "ec2:GetTransitGatewayRouteTableAssociations",
      "ec2:SearchTransitGatewayRoutes",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadEcr"
    actions = [
      "ecr:DescribeImages",
      "ecr:DescribePullThroughCacheRules",
      "ecr:DescribeRegistry",
      "ecr:DescribeRepositories",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadEcs"
    actions = [
      "ecs:DescribeCapacityProviders",
      "ecs:DescribeClusters",
      "ecs:DescribeContainerInstances",
      "ecs:DescribeServices",
      "ecs:DescribeTaskDefinition",
      "ecs:DescribeTasks",
      "ecs:ListClusters",
      "ecs:ListContainerInstances",
      "ecs:ListServices",
      "ecs:ListTaskDefinitionFamilies",
      "ecs:ListTasks",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadEks"
    actions = [
      "eks:DescribeAccessEntry",
      "eks:DescribeAddon",
      "eks:DescribeCluster",
      "eks:DescribeFargateProfile",
      "eks:DescribeNodegroup",
      "eks:DescribePodIdentityAssociation",
      "eks:ListAccessEntries",
      "eks:ListAddons",
      "eks:ListAssociatedAccessPolicies",
      "eks:ListClusters",
      "eks:ListEksAnywhereSubscriptions",
      "eks:ListFargateProfiles",
      "eks:ListIdentityProviderConfigs",
      "eks:ListNodegroups",
      "eks:ListPodIdentityAssociations",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadElasticache"
    actions = [
      "elasticache:DescribeCacheClusters",
      "elasticache:DescribeCacheSubnetGroups",
      "elasticache:DescribeReplicationGroups",
      "elasticache:DescribeServerlessCaches",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadElasticfilesystem"
    actions = [
      "elasticfilesystem:DescribeAccessPoints",
      "elasticfilesystem:DescribeFileSystems",
      "elasticfilesystem:DescribeLifecycleConfiguration",
      "elasticfilesystem:DescribeMountTargets",
      "elasticfilesystem:DescribeReplicationConfigurations",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadElasticloadbalancing"
    actions = [
      "elasticloadbalancing:DescribeListenerCertificates",
      "elasticloadbalancing:DescribeListeners",
      "elasticloadbalancing:DescribeLoadBalancerAttributes",
      "elasticloadbalancing:DescribeLoadBalancers",
      "elasticloadbalancing:DescribeRules",
      "elasticloadbalancing:DescribeTags",
      "elasticloadbalancing:DescribeTargetGroups",
      "elasticloadbalancing:DescribeTargetHealth",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadElasticmapreduce"
    actions = [
      "elasticmapreduce:DescribeCluster",
      "elasticmapreduce:ListClusters",
      "elasticmapreduce:ListInstanceFleets",
      "elasticmapreduce:ListInstanceGroups",
      "elasticmapreduce:ListSteps",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadEmrContainers"
    actions = [
      "emr-containers:ListVirtualClusters",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadEmrServerless"
    actions = [
      "emr-serverless:GetApplication",
      "emr-serverless:ListApplications",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadEs"
    actions = [
      "es:DescribeDomain",
      "es:ListDomainNames",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadEvents"
    actions = [
      "events:DescribeConnection",
      "events:DescribeRule",
      "events:ListApiDestinations",
      "events:ListArchives",
      "events:ListConnections",
      "events:ListEventBuses",
      "events:ListRules",
      "events:ListTargetsByRule",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadFirehose"
    actions = [
      "firehose:DescribeDeliveryStream",
      "firehose:ListDeliveryStreams",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadFsx"
    actions = [
      "fsx:DescribeBackups",
      "fsx:DescribeDataRepositoryAssociations",
      "fsx:DescribeFileSystems",
      "fsx:DescribeStorageVirtualMachines",
      "fsx:DescribeVolumes",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadGlobalaccelerator"
    actions = [
      "globalaccelerator:ListAccelerators",
      "globalaccelerator:ListEndpointGroups",
      "globalaccelerator:ListListeners",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadGlue"
    actions = [
      "glue:GetCatalogs",
      "glue:GetConnections",
      "glue:GetCrawlers",
      "glue:GetDatabases",
      "glue:GetJob",
      "glue:GetJobRuns",
      "glue:GetJobs",
      "glue:GetTables",
      "glue:GetTriggers",
      "glue:GetWorkflow",
      "glue:ListRegistries",
      "glue:ListSchemas",
      "glue:ListWorkflows",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadGrafana"
    actions = [
      "grafana:DescribeWorkspace",
      "grafana:ListWorkspaces",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadGuardduty"
    actions = [
      "guardduty:GetDetector",
      "guardduty:ListDetectors",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadIam"
    actions = [
      "iam:GetAccountAuthorizationDetails",
      "iam:GetOpenIDConnectProvider",
      "iam:GetUser",
      "iam:ListAccessKeys",
      "iam:ListInstanceProfiles",
      "iam:ListOpenIDConnectProviders",
      "iam:ListSAMLProviders",
    ]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "read_2" {
  name   = "StocktakeReadOnly2"
  policy = data.aws_iam_policy_document.read_2.json
}

resource "aws_iam_role_policy_attachment" "read_2" {
  role       = aws_iam_role.stocktake.name
  policy_arn = aws_iam_policy.read_2.arn
}

data "aws_iam_policy_document" "read_3" {
  statement {
    sid = "ReadInspector2"
    actions = [
      "inspector2:BatchGetAccountStatus",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadKafka"
    actions = [
      "kafka:DescribeClusterV2",
      "kafka:GetBootstrapBrokers",
      "kafka:ListClustersV2",
      "kafka:ListReplicators",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadKafkaconnect"
    actions = [
      "kafkaconnect:DescribeConnector",
      "kafkaconnect:ListConnectors",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadKinesis"
    actions = [
      "kinesis:DescribeStreamSummary",
      "kinesis:ListStreams",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadKinesisanalytics"
    actions = [
      "kinesisanalytics:DescribeApplication",
      "kinesisanalytics:ListApplications",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadKinesisvideo"
    actions = [
      "kinesisvideo:ListStreams",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadKms"
    actions = [
      "kms:DescribeCustomKeyStores",
      "kms:DescribeKey",
      "kms:GetKeyPolicy",
      "kms:GetKeyRotationStatus",
      "kms:ListAliases",
      "kms:ListKeys",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadLakeformation"
    actions = [
      "lakeformation:GetDataLakeSettings",
      "lakeformation:ListResources",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadLambda"
    actions = [
      "lambda:GetFunctionConcurrency",
      "lambda:GetFunctionConfiguration",
      "lambda:ListAliases",
      "lambda:ListEventSourceMappings",
      "lambda:ListFunctionUrlConfigs",
      "lambda:ListFunctions",
      "lambda:ListLayers",
      "lambda:ListTags",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadLogs"
    actions = [
      "logs:DescribeDestinations",
      "logs:DescribeLogGroups",
      "logs:DescribeSubscriptionFilters",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadMemorydb"
    actions = [
      "memorydb:DescribeClusters",
      "memorydb:DescribeSubnetGroups",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadMq"
    actions = [
      "mq:DescribeBroker",
      "mq:ListBrokers",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadNeptuneGraph"
    actions = [
      "neptune-graph:GetGraph",
      "neptune-graph:ListGraphs",
      "neptune-graph:ListTagsForResource",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadNetworkFirewall"
    actions = [
      "network-firewall:DescribeFirewall",
      "network-firewall:DescribeFirewallPolicy",
      "network-firewall:DescribeRuleGroup",
      "network-firewall:ListFirewallPolicies",
      "network-firewall:ListFirewalls",
      "network-firewall:ListRuleGroups",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadOrganizations"
    actions = [
      "organizations:DescribePolicy",
      "organizations:ListAccounts",
      "organizations:ListDelegatedAdministrators",
      "organizations:ListDelegatedServicesForAccount",
      "organizations:ListOrganizationalUnitsForParent",
      "organizations:ListPolicies",
      "organizations:ListRoots",
      "organizations:ListTargetsForPolicy",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadPcs"
    actions = [
      "pcs:GetCluster",
      "pcs:GetComputeNodeGroup",
      "pcs:GetQueue",
      "pcs:ListClusters",
      "pcs:ListComputeNodeGroups",
      "pcs:ListQueues",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadPipes"
    actions = [
      "pipes:DescribePipe",
      "pipes:ListPipes",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadRam"
    actions = [
      "ram:GetResourceShares",
      "ram:ListPrincipals",
      "ram:ListResources",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadRds"
    actions = [
      "rds:DescribeDBClusterParameterGroups",
      "rds:DescribeDBClusterParameters",
      "rds:DescribeDBClusterSnapshots",
      "rds:DescribeDBClusters",
      "rds:DescribeDBInstances",
      "rds:DescribeDBParameterGroups",
      "rds:DescribeDBParameters",
      "rds:DescribeDBProxies",
      "rds:DescribeDBProxyTargets",
      "rds:DescribeDBSnapshots",
      "rds:DescribeDBSubnetGroups",
      "rds:DescribeGlobalClusters",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadRedshift"
    actions = [
      "redshift:DescribeClusterSnapshots",
      "redshift:DescribeClusterSubnetGroups",
      "redshift:DescribeClusters",
      "redshift:DescribeDataShares",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadRedshiftServerless"
    actions = [
      "redshift-serverless:ListNamespaces",
      "redshift-serverless:ListWorkgroups",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadResourceExplorer2"
    actions = [
      "resource-explorer-2:GetView",
      "resource-explorer-2:ListIndexes",
      "resource-explorer-2:ListViews",
      "resource-explorer-2:Search",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadRoute53"
    actions = [
      "route53:GetHealthCheck",
      "route53:GetHostedZone",
      "route53:ListHealthChecks",
      "route53:ListHostedZones",
      "route53:ListResourceRecordSets",
      "route53:ListTagsForResources",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadRoute53Domains"
    actions = [
      "route53domains:ListDomains",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadRoute53Resolver"
    actions = [
      "route53resolver:GetResolverEndpoint",
      "route53resolver:ListResolverEndpointIpAddresses",
      "route53resolver:ListResolverEndpoints",
      "route53resolver:ListResolverRuleAssociations",
      "route53resolver:ListResolverRules",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadS3"
    actions = [
      "s3:GetAccountPublicAccessBlock",
      "s3:GetBucketAcl",
      "s3:GetBucketLocation",
      "s3:GetBucketNotification",
      "s3:GetBucketObjectLockConfiguration",
      "s3:GetBucketOwnershipControls",
      "s3:GetBucketPolicy",
      "s3:GetBucketPolicyStatus",
      "s3:GetBucketPublicAccessBlock",
      "s3:GetBucketTagging",
      "s3:GetBucketVersioning",
      "s3:GetEncryptionConfiguration",
      "s3:GetLifecycleConfiguration",
      "s3:GetReplicationConfiguration",
      "s3:ListAllMyBuckets",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadS3Tables"
    actions = [
      "s3tables:GetTable",
      "s3tables:GetTableBucketEncryption",
      "s3tables:ListTableBuckets",
      "s3tables:ListTables",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadS3Vectors"
    actions = [
      "s3vectors:GetIndex",
      "s3vectors:GetVectorBucket",
      "s3vectors:ListIndexes",
      "s3vectors:ListVectorBuckets",
    ]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "read_3" {
  name   = "StocktakeReadOnly3"
  policy = data.aws_iam_policy_document.read_3.json
}

resource "aws_iam_role_policy_attachment" "read_3" {
  role       = aws_iam_role.stocktake.name
  policy_arn = aws_iam_policy.read_3.arn
}

data "aws_iam_policy_document" "read_4" {
  statement {
    sid = "ReadSagemaker"
    actions = [
      "sagemaker:DescribeAIBenchmarkJob",
      "sagemaker:DescribeAIRecommendationJob",
      "sagemaker:DescribeAIWorkloadConfig",
      "sagemaker:DescribeAlgorithm",
      "sagemaker:DescribeApp",
      "sagemaker:DescribeAppImageConfig",
      "sagemaker:DescribeAutoMLJobV2",
      "sagemaker:DescribeCluster",
      "sagemaker:DescribeClusterNode",
      "sagemaker:DescribeClusterSchedulerConfig",
      "sagemaker:DescribeCodeRepository",
      "sagemaker:DescribeCompilationJob",
      "sagemaker:DescribeComputeQuota",
      "sagemaker:DescribeDataQualityJobDefinition",
      "sagemaker:DescribeDomain",
      "sagemaker:DescribeEndpoint",
      "sagemaker:DescribeEndpointConfig",
      "sagemaker:DescribeExperiment",
      "sagemaker:DescribeFeatureGroup",
      "sagemaker:DescribeFlowDefinition",
      "sagemaker:DescribeHub",
      "sagemaker:DescribeHubContent",
      "sagemaker:DescribeHumanTaskUi",
      "sagemaker:DescribeHyperParameterTuningJob",
      "sagemaker:DescribeImage",
      "sagemaker:DescribeImageVersion",
      "sagemaker:DescribeInferenceComponent",
      "sagemaker:DescribeInferenceExperiment",
      "sagemaker:DescribeInferenceRecommendationsJob",
      "sagemaker:DescribeJob",
      "sagemaker:DescribeLabelingJob",
      "sagemaker:DescribeMlflowApp",
      "sagemaker:DescribeMlflowTrackingServer",
      "sagemaker:DescribeModel",
      "sagemaker:DescribeModelBiasJobDefinition",
      "sagemaker:DescribeModelCard",
      "sagemaker:DescribeModelExplainabilityJobDefinition",
      "sagemaker:DescribeModelPackage",
      "sagemaker:DescribeModelPackageGroup",
      "sagemaker:DescribeModelQualityJobDefinition",
      "sagemaker:DescribeMonitoringSchedule",
      "sagemaker:DescribeNotebookInstance",
      "sagemaker:DescribeNotebookInstanceLifecycleConfig",
      "sagemaker:DescribeOptimizationJob",
      "sagemaker:DescribePartnerApp",
      "sagemaker:DescribePipeline",
      "sagemaker:DescribePipelineExecution",
      "sagemaker:DescribeProcessingJob",
      "sagemaker:DescribeProject",
      "sagemaker:DescribeReservedCapacity",
      "sagemaker:DescribeSpace",
      "sagemaker:DescribeStudioLifecycleConfig",
      "sagemaker:DescribeTrainingJob",
      "sagemaker:DescribeTrainingPlan",
      "sagemaker:DescribeTrainingSession",
      "sagemaker:DescribeTransformJob",
      "sagemaker:DescribeTrial",
      "sagemaker:DescribeTrialComponent",
      "sagemaker:DescribeUserProfile",
      "sagemaker:DescribeWorkforce",
      "sagemaker:DescribeWorkteam",
      "sagemaker:GetModelPackageGroupPolicy",
      "sagemaker:ListAIBenchmarkJobs",
      "sagemaker:ListAIRecommendationJobs",
      "sagemaker:ListAIWorkloadConfigs",
      "sagemaker:ListActions",
      "sagemaker:ListAlgorithms",
      "sagemaker:ListAppImageConfigs",
      "sagemaker:ListApps",
      "sagemaker:ListArtifacts",
      "sagemaker:ListAutoMLJobs",
      "sagemaker:ListClusterNodes",
      "sagemaker:ListClusterSchedulerConfigs",
      "sagemaker:ListClusters",
      "sagemaker:ListCodeRepositories",
      "sagemaker:ListCompilationJobs",
      "sagemaker:ListComputeQuotas",
      "sagemaker:ListContexts",
      "sagemaker:ListDataQualityJobDefinitions",
      "sagemaker:ListDomains",
      "sagemaker:ListEndpointConfigs",
      "sagemaker:ListEndpoints",
      "sagemaker:ListExperiments",
      "sagemaker:ListFeatureGroups",
      "sagemaker:ListFlowDefinitions",
      "sagemaker:ListHubContents",
      "sagemaker:ListHubs",
      "sagemaker:ListHumanTaskUis",
      "sagemaker:ListHyperParameterTuningJobs",
      "sagemaker:ListImageVersions",
      "sagemaker:ListImages",
      "sagemaker:ListInferenceComponents",
      "sagemaker:ListInferenceExperiments",
      "sagemaker:ListInferenceRecommendationsJobs",
      "sagemaker:ListJobs",
      "sagemaker:ListLabelingJobs",
      "sagemaker:ListMlflowApps",
      "sagemaker:ListMlflowTrackingServers",
      "sagemaker:ListModelBiasJobDefinitions",
      "sagemaker:ListModelCards",
      "sagemaker:ListModelExplainabilityJobDefinitions",
      "sagemaker:ListModelPackageGroups",
      "sagemaker:ListModelPackages",
      "sagemaker:ListModelQualityJobDefinitions",
      "sagemaker:ListModels",
      "sagemaker:ListMonitoringAlerts",
      "sagemaker:ListMonitoringSchedules",
      "sagemaker:ListNotebookInstanceLifecycleConfigs",
      "sagemaker:ListNotebookInstances",
      "sagemaker:ListOptimizationJobs",
      "sagemaker:ListPartnerApps",
      "sagemaker:ListPipelineExecutionSteps",
      "sagemaker:ListPipelineExecutions",
      "sagemaker:ListPipelines",
      "sagemaker:ListProcessingJobs",
      "sagemaker:ListProjects",
      "sagemaker:ListSpaces",
      "sagemaker:ListStudioLifecycleConfigs",
      "sagemaker:ListTags",
      "sagemaker:ListTrainingJobs",
      "sagemaker:ListTrainingPlans",
      "sagemaker:ListTrainingSessions",
      "sagemaker:ListTransformJobs",
      "sagemaker:ListTrialComponents",
      "sagemaker:ListTrials",
      "sagemaker:ListUserProfiles",
      "sagemaker:ListWorkforces",
      "sagemaker:ListWorkteams",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadSavingsplans"
    actions = [
      "savingsplans:DescribeSavingsPlans",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadScheduler"
    actions = [
      "scheduler:GetSchedule",
      "scheduler:ListSchedules",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadSecretsmanager"
    actions = [
      "secretsmanager:ListSecrets",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadSecurityhub"
    actions = [
      "securityhub:DescribeHub",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadServicediscovery"
    actions = [
      "servicediscovery:ListNamespaces",
      "servicediscovery:ListServices",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadServicequotas"
    actions = [
      "servicequotas:ListServiceQuotas",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadSns"
    actions = [
      "sns:GetTopicAttributes",
      "sns:ListSubscriptions",
      "sns:ListTopics",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadSqs"
    actions = [
      "sqs:GetQueueAttributes",
      "sqs:ListQueues",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadSsm"
    actions = [
      "ssm:DescribeParameters",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadSomeSsm"
    actions = [
      "ssm:GetParametersByPath",
    ]
    resources = ["arn:*:ssm:*:*:parameter/aws/service/*"]
  }
  statement {
    sid = "ReadSso"
    actions = [
      "sso:ListInstances",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadStates"
    actions = [
      "states:DescribeStateMachine",
      "states:ListActivities",
      "states:ListStateMachines",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadStoragegateway"
    actions = [
      "storagegateway:DescribeNFSFileShares",
      "storagegateway:DescribeSMBFileShares",
      "storagegateway:ListFileShares",
      "storagegateway:ListGateways",
      "storagegateway:ListVolumes",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadSts"
    actions = [
      "sts:GetCallerIdentity",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadSynthetics"
    actions = [
      "synthetics:DescribeCanaries",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadTag"
    actions = [
      "tag:GetResources",
    ]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "read_4" {
  name   = "StocktakeReadOnly4"
  policy = data.aws_iam_policy_document.read_4.json
}

resource "aws_iam_role_policy_attachment" "read_4" {
  role       = aws_iam_role.stocktake.name
  policy_arn = aws_iam_policy.read_4.arn
}

data "aws_iam_policy_document" "read_5" {
  statement {
    sid = "ReadVpcLattice"
    actions = [
      "vpc-lattice:GetService",
      "vpc-lattice:GetServiceNetwork",
      "vpc-lattice:GetTargetGroup",
      "vpc-lattice:ListServiceNetworkServiceAssociations",
      "vpc-lattice:ListServiceNetworkVpcAssociations",
      "vpc-lattice:ListServiceNetworks",
      "vpc-lattice:ListServices",
      "vpc-lattice:ListTargetGroups",
      "vpc-lattice:ListTargets",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadWafv2"
    actions = [
      "wafv2:GetWebACL",
      "wafv2:ListResourcesForWebACL",
      "wafv2:ListWebACLs",
    ]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "read_5" {
  name   = "StocktakeReadOnly5"
  policy = data.aws_iam_policy_document.read_5.json
}

resource "aws_iam_role_policy_attachment" "read_5" {
  role       = aws_iam_role.stocktake.name
  policy_arn = aws_iam_policy.read_5.arn
}

output "role_arn" {
  value = aws_iam_role.stocktake.arn
}
