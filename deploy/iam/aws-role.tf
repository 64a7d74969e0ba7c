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
    sid = "ReadAcm"
    actions = [
      "acm:DescribeCertificate",
      "acm:ListCertificates",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadAutoscaling"
    actions = [
      "autoscaling:DescribeAutoScalingGroups",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadBatch"
    actions = [
      "batch:DescribeComputeEnvironments",
      "batch:DescribeJobDefinitions",
      "batch:DescribeJobQueues",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadCloudwatch"
    actions = [
      "cloudwatch:DescribeAlarms",
      "cloudwatch:GetMetricData",
      "cloudwatch:ListMetrics",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadDynamodb"
    actions = [
      "dynamodb:DescribeTable",
      "dynamodb:ListTables",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadEc2"
    actions = [
      "ec2:DescribeAddresses",
      "ec2:DescribeImages",
      "ec2:DescribeInstanceTypes",
      "ec2:DescribeInstances",
      "ec2:DescribeInternetGateways",
      "ec2:DescribeLaunchTemplateVersions",
      "ec2:DescribeLaunchTemplates",
      "ec2:DescribeNatGateways",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeRegions",
      "ec2:DescribeRouteTables",
      "ec2:DescribeSecurityGroups",
      "ec2:DescribeSnapshots",
      "ec2:DescribeSubnets",
      "ec2:DescribeTransitGateways",
      "ec2:DescribeVolumes",
      "ec2:DescribeVpcEndpoints",
      "ec2:DescribeVpcs",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadEcr"
    actions = [
      "ecr:DescribeRepositories",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadEcs"
    actions = [
      "ecs:DescribeClusters",
      "ecs:DescribeServices",
      "ecs:DescribeTaskDefinition",
      "ecs:ListClusters",
      "ecs:ListServices",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadEks"
    actions = [
      "eks:DescribeCluster",
      "eks:DescribeNodegroup",
      "eks:ListClusters",
      "eks:ListNodegroups",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadElasticache"
    actions = [
      "elasticache:DescribeCacheClusters",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadElasticfilesystem"
    actions = [
      "elasticfilesystem:DescribeFileSystems",
      "elasticfilesystem:DescribeMountTargets",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadElasticloadbalancing"
    actions = [
      "elasticloadbalancing:DescribeListeners",
      "elasticloadbalancing:DescribeLoadBalancers",
      "elasticloadbalancing:DescribeTargetGroups",
      "elasticloadbalancing:DescribeTargetHealth",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadFsx"
    actions = [
      "fsx:DescribeFileSystems",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadIam"
    actions = [
      "iam:GetAccountAuthorizationDetails",
      "iam:ListInstanceProfiles",
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
    sid = "ReadKms"
    actions = [
      "kms:DescribeKey",
      "kms:GetKeyRotationStatus",
      "kms:ListAliases",
      "kms:ListKeys",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadLambda"
    actions = [
      "lambda:ListFunctions",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadLogs"
    actions = [
      "logs:DescribeLogGroups",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadOrganizations"
    actions = [
      "organizations:ListAccounts",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadRds"
    actions = [
      "rds:DescribeDBClusters",
      "rds:DescribeDBInstances",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadS3"
    actions = [
      "s3:GetBucketLocation",
      "s3:GetBucketPublicAccessBlock",
      "s3:GetBucketTagging",
      "s3:GetBucketVersioning",
      "s3:GetEncryptionConfiguration",
      "s3:ListAllMyBuckets",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadSagemaker"
    actions = [
      "sagemaker:DescribeDomain",
      "sagemaker:DescribeEndpoint",
      "sagemaker:DescribeEndpointConfig",
      "sagemaker:DescribeFeatureGroup",
      "sagemaker:DescribeModel",
      "sagemaker:DescribeModelPackage",
      "sagemaker:DescribeModelPackageGroup",
      "sagemaker:DescribeNotebookInstance",
      "sagemaker:DescribePipeline",
      "sagemaker:DescribeProcessingJob",
      "sagemaker:DescribeTrainingJob",
      "sagemaker:ListDomains",
      "sagemaker:ListEndpointConfigs",
      "sagemaker:ListEndpoints",
      "sagemaker:ListFeatureGroups",
      "sagemaker:ListModelPackageGroups",
      "sagemaker:ListModelPackages",
      "sagemaker:ListModels",
      "sagemaker:ListNotebookInstances",
      "sagemaker:ListPipelines",
      "sagemaker:ListProcessingJobs",
      "sagemaker:ListTrainingJobs",
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
    sid = "ReadSns"
    actions = [
      "sns:GetTopicAttributes",
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
    sid = "ReadPublicSsm"
    actions = [
      "ssm:GetParametersByPath",
    ]
    resources = ["arn:*:ssm:*:*:parameter/aws/service/*"]
  }
  statement {
    sid = "ReadStates"
    actions = [
      "states:DescribeStateMachine",
      "states:ListStateMachines",
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
}

resource "aws_iam_policy" "read_1" {
  name   = "StocktakeReadOnly1"
  policy = data.aws_iam_policy_document.read_1.json
}

resource "aws_iam_role_policy_attachment" "read_1" {
  role       = aws_iam_role.stocktake.name
  policy_arn = aws_iam_policy.read_1.arn
}

output "role_arn" {
  value = aws_iam_role.stocktake.arn
}
