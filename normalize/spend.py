"""What bills call a service, and the kinds that one would find in an inventory of it. Pure.

A service that does not stand here is judged by account and region only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

USED = frozenset({"", "usage", "regular", "discountedusage", "savingsplancoveredusage"})
"""Types of charges for use, in small letters: FOCUS ChargeCategory, Google's cost_type, Azure's ChargeType, AWS' line item types.
Taxes, credits, refunds, purchases and fees name nothing that runs."""

_SERVICES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "aws": {
        "api gateway": ("aws.apigateway.", "aws.apigatewayv2."),
        "athena": ("aws.athena.",),
        "bedrock": ("aws.bedrock.", "aws.bedrockagentcore."),
        "cloudfront": ("aws.cloudfront.",),
        "documentdb": ("aws.docdb.",),
        "dynamodb": ("aws.dynamodb.",),
        "ec2 container registry": ("aws.ecr.",),
        "elastic compute cloud": ("aws.ec2.",),
        "elastic compute cloud compute": ("aws.ec2.instance",),
        "elastic container registry": ("aws.ecr.",),
        "elastic container service": ("aws.ecs.",),
        "elastic container service for kubernetes": ("aws.eks.",),
        "elastic file system": ("aws.efs.",),
        "elastic kubernetes service": ("aws.eks.",),
        "elastic load balancing": ("aws.elbv2.", "aws.elb."),
        "elastic mapreduce": ("aws.emr.", "aws.emrserverless.", "aws.emrcontainers."),
        "elasticache": ("aws.elasticache.",),
        "fsx": ("aws.fsx.",),
        "glue": ("aws.glue.",),
        "kinesis": ("aws.kinesis.",),
        "kinesis firehose": ("aws.firehose.",),
        "lambda": ("aws.lambda.",),
        "managed streaming for apache kafka": ("aws.kafka.",),
        "managed workflows for apache airflow": ("aws.mwaa.",),
        "memorydb": ("aws.memorydb.",),
        "neptune": ("aws.neptune.", "aws.neptunegraph."),
        "opensearch service": ("aws.opensearch.", "aws.opensearchserverless."),
        "redshift": ("aws.redshift.", "aws.redshiftserverless."),
        "relational database service": ("aws.rds.",),
        "sagemaker": ("aws.sagemaker.",),
        "sagemaker ai": ("aws.sagemaker.",),
        "secrets manager": ("aws.secretsmanager.",),
        "simple notification service": ("aws.sns.",),
        "simple queue service": ("aws.sqs.",),
        "simple storage service": ("aws.s3.",),
        "step functions": ("aws.stepfunctions.",),
    },
    "gcp": {
        "artifact registry": ("gcp.artifactregistry.",),
        "bigquery": ("gcp.bigquery.",),
        "filestore": ("gcp.file.",),
        "functions": ("gcp.cloudfunctions.", "gcp.run."),
        "memorystore for redis": ("gcp.redis.",),
        "pub/sub": ("gcp.pubsub.",),
        "run": ("gcp.run.",),
        "spanner": ("gcp.spanner.",),
        "sql": ("gcp.sqladmin.",),
        "storage": ("gcp.storage.",),
        "bigtable": ("gcp.bigtableadmin.",),
        "composer": ("gcp.composer.",),
        "compute engine": ("gcp.compute.",),
        "dataflow": ("gcp.dataflow.",),
        "dataproc": ("gcp.dataproc.",),
        "kubernetes engine": ("gcp.container.",),
        "vertex ai": ("gcp.aiplatform.", "gcp.notebooks."),
    },
    "azure": {
        "app service": ("azure.web.",),
        "container registry": ("azure.containerregistry.",),
        "cosmos db": ("azure.cosmosdb.",),
        "data factory v2": ("azure.datafactory.",),
        "databricks": ("azure.databricks.",),
        "event hubs": ("azure.eventhub.",),
        "key vault": ("azure.keyvault.",),
        "kubernetes service": ("azure.aks.",),
        "machine learning": ("azure.machinelearning.",),
        "netapp files": ("azure.netapp.",),
        "service bus": ("azure.servicebus.",),
        "sql database": ("azure.sql.",),
        "storage": ("azure.storage.", "azure.compute.disk", "azure.compute.snapshot"),
        "storage accounts": ("azure.storage.",),
        "virtual machines": ("azure.compute.virtual_machine", "azure.compute.scale_set"),
    },
}

_MAKER = re.compile(r"^(?:amazon|aws|azure|google|microsoft|cloud)\b\s*|\(.*?\)|[-–—]")


def prefixes(provider: str, service: str) -> tuple[str, ...]:
    """Beginnings of the kinds that a service's use would show as; () for a service that is not known here.

    "Amazon Elastic Compute Cloud - Compute" -> ("aws.ec2.instance",).
    """
    name, before = service.lower().strip(), ""
    while name != before:
        before, name = name, _MAKER.sub("", name).strip()
    return _SERVICES.get(provider, {}).get(" ".join(name.split()), ())


_MACHINE = re.compile(
    r"(?:^|-)(?:BoxUsage|SpotUsage|DedicatedUsage|HostBoxUsage):(?P<type>(?:p\d|g\d|trn\d|inf\d|dl\d|vt\d)[a-z0-9-]*\.[a-z0-9-]+)$"
)


def accelerated_machine(usage_type: str) -> str:
    """Instance type whose hours a usage type of EC2 counts, where that carries accelerators: "USW2-BoxUsage:p5.48xlarge" ->
    "p5.48xlarge"; else "". Families: Amazon EC2 User Guide, "Accelerated computing" (P, G, Trn, Inf, DL, VT)."""
    found = _MACHINE.search(usage_type)
    return found["type"] if found else ""
