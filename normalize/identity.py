"""Canonical keys: two mentions name the same thing exactly when their keys are equal.

Owns how ARNs, storage URIs, image names, host names and short ids are folded into keys. A resource publishes keys
(its aliases), a mention carries one; the store joins them. Refuses to guess: what has no sure key gets none.

Key forms:
    arn:…                              an ARN, folded (log streams to their group, assumed roles to the role, …)
    s3://B  gs://B  azblob://ACCOUNT/CONTAINER  hdfs://H:P  nfs://H
    s3://B@HOST:PORT[@CLUSTER]         a bucket of an object store that is not Amazon's
    image://REGISTRY/REPOSITORY        without tag and digest
    dns:HOST   ip:ADDRESS              lower case, no port
    aws:vol-0abc…                      AWS short ids, unique in practice over all accounts
    mlflow-server:HOST:PORT[/PATH]     a tracking server; its address ends in @CLUSTER where it holds inside one only
    dns:HOST@CLUSTER  ip:ADDRESS@CLUSTER   an alias that holds inside one cluster; mentions there carry it without @…
    label:NAME                         a host of one label: a Service of the namespace where it is mentioned, else nothing
    hf://ORG/MODEL                     a model hub entry
    oidc:URL                           a cluster, by the issuer of its tokens
    //SERVICE.googleapis.com/PATH      a full resource name of Google Cloud; buckets are gs://B, service accounts go by e-mail
    /subscriptions/GUID/…              an ARM id, lower case; azureml: URIs are folded into it
    KIND|ACCOUNT|PLACE|NATIVE          names that are unique only within a scope
    k8s-uid:UID                        an object of Kubernetes, where its cluster is not said
    k8s://… mlflow://… host://… terraform://…   ids of our own
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from normalize.arm import azureml_id, parse_arm, target_of, thing
from normalize.errors import MappingError
from normalize.google import google_name, service_account, service_account_project
from normalize.model import Scope

FORMS = ("id", "arn", "uri", "image", "dns", "address", "mlflow", "aws", "gcp", "arm")
MAX_BYTES = 1200
"""Most bytes of an id or a key: two of them and a verb make one index row, of which PostgreSQL 15 takes 2704 bytes, by the
words of its own refusal."""
SURELY_SHORT = MAX_BYTES // 4
"""Characters that are never more bytes."""
OWN_SCHEMES = ("k8s://", "mlflow://", "host://", "slurm://")

AWS_SHORT_ID = re.compile(
    r"(?<![A-Za-z0-9_-])(?:i|vol|vpc|subnet|sg|eni|ami|snap|fs|fsap|eipalloc|nat|igw|rtb|acl|cr|lt|tgw|vpce|pcx|"
    r"pg|dopt|vgw|cgw|vpn|h|mi)-(?:[0-9a-f]{17}|[0-9a-f]{8})(?![A-Za-z0-9-])"
)
"""EC2, EFS and FSx short ids: a prefix and 8 or 17 hex digits.
Source: botocore 1.44.5, EC2 ModifyIdFormat (longer ids have 17 characters), and kubernetes/cloud-provider-aws at 63ec440,
pkg/providers/v1/instances.go (both lengths); read 2026-11-24."""

_SHORT_KIND = {
    "i": "aws.ec2.instance",
    "vol": "aws.ec2.volume",
    "vpc": "aws.ec2.vpc",
    "subnet": "aws.ec2.subnet",
    "sg": "aws.ec2.security_group",
    "eni": "aws.ec2.network_interface",
    "ami": "aws.ec2.image",
    "snap": "aws.ec2.snapshot",
    "fs": "aws.efs.file_system",
    "eipalloc": "aws.ec2.address",
    "nat": "aws.ec2.nat_gateway",
    "igw": "aws.ec2.internet_gateway",
    "rtb": "aws.ec2.route_table",
    "acl": "aws.ec2.network_acl",
    "cr": "aws.ec2.capacity_reservation",
    "lt": "aws.ec2.launch_template",
    "tgw": "aws.ec2.transit_gateway",
    "vpce": "aws.ec2.vpc_endpoint",
    "pcx": "aws.ec2.vpc_peering_connection",
}


class Name(NamedTuple):
    """A canonical key and what it says about where the thing lives. Empty strings are unknown."""

    key: str
    target: str = ""
    provider: str = ""
    account: str = ""
    place: str = ""


class Arn(NamedTuple):
    """The six parts of an ARN, "arn" left out. Source: botocore 1.44.5, botocore/utils.py, ArnParser, read 2026-11-24."""

    partition: str
    service: str
    region: str
    account: str
    resource: str


def parse_arn(text: str) -> Arn | None:
    """Split an ARN; None when it is not one."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[1].startswith("aws") or not parts[2] or not parts[5]:
        return None
    return Arn(*parts[1:])


_PARTITIONS = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
)
"""How regions outside of "aws" begin. Source: botocore 1.44.5, data/partitions.json, regionRegex; read 2026-11-24."""


def aws_partition(place: str) -> str:
    """Partition of an AWS region or pseudo-region ("aws-global", "aws-cn-global")."""
    if place.startswith("aws") and place.endswith("-global"):
        return place.removesuffix("-global")
    return next((partition for start, partition in _PARTITIONS if place.startswith(start)), "aws")


_ARN_KINDS = {
    ("iam", "role"): "aws.iam.role",
    ("iam", "policy"): "aws.iam.policy",
    ("iam", "user"): "aws.iam.user",
    ("iam", "instance-profile"): "aws.iam.instance_profile",
    ("iam", "oidc-provider"): "aws.iam.oidc_provider",
    ("kms", "key"): "aws.kms.key",
    ("kms", "alias"): "aws.kms.alias",
    ("secretsmanager", "secret"): "aws.secretsmanager.secret",
    ("logs", "log-group"): "aws.logs.log_group",
    ("ecr", "repository"): "aws.ecr.repository",
    ("ec2", "vpc"): "aws.ec2.vpc",
    ("ec2", "subnet"): "aws.ec2.subnet",
    ("ec2", "security-group"): "aws.ec2.security_group",
    ("ec2", "instance"): "aws.ec2.instance",
    ("ec2", "volume"): "aws.ec2.volume",
    ("eks", "cluster"): "aws.eks.cluster",
    ("eks", "nodegroup"): "aws.eks.nodegroup",
    ("sagemaker", "endpoint"): "aws.sagemaker.endpoint",
    ("sagemaker", "endpoint-config"): "aws.sagemaker.endpoint_config",
    ("sagemaker", "model"): "aws.sagemaker.model",
    ("sagemaker", "model-package"): "aws.sagemaker.model_package",
    ("sagemaker", "model-package-group"): "aws.sagemaker.model_package_group",
    ("sagemaker", "training-job"): "aws.sagemaker.training_job",
    ("sagemaker", "feature-group"): "aws.sagemaker.feature_group",
    ("sagemaker", "notebook-instance"): "aws.sagemaker.notebook_instance",
    ("sagemaker", "pipeline"): "aws.sagemaker.pipeline",
    ("lambda", "function"): "aws.lambda.function",
    ("sns", ""): "aws.sns.topic",
    ("sqs", ""): "aws.sqs.queue",
    ("dynamodb", "table"): "aws.dynamodb.table",
    ("rds", "db"): "aws.rds.instance",
    ("rds", "cluster"): "aws.rds.cluster",
    ("elasticloadbalancing", "loadbalancer"): "aws.elbv2.load_balancer",
    ("elasticloadbalancing", "targetgroup"): "aws.elbv2.target_group",
    ("elasticfilesystem", "file-system"): "aws.efs.file_system",
    ("fsx", "file-system"): "aws.fsx.file_system",
    ("acm", "certificate"): "aws.acm.certificate",
    ("s3", ""): "aws.s3.bucket",
    ("states", "stateMachine"): "aws.stepfunctions.state_machine",
    ("autoscaling", "autoScalingGroup"): "aws.autoscaling.group",
    ("ec2", "elastic-ip"): "aws.ec2.address",
    ("ec2", "natgateway"): "aws.ec2.nat_gateway",
    ("organizations", "ou"): "aws.organizations.unit",
    ("iam", "saml-provider"): "aws.iam.saml_provider",
}
_GLOBAL_SERVICES = frozenset({"iam", "s3", "route53", "cloudfront", "organizations", "sts"})


_LOG_STREAM = re.compile(r":(?:\*|log-stream:.*)$")
_ARN_SIGN = re.compile(r"[:/]")


@lru_cache(maxsize=8192)
def arn_name(text: str) -> Name | None:
    """Canonical name of an ARN; None for patterns, for what AWS itself owns, and for what is not an ARN.

    SageMaker gives one thing's ARN in its own letters here and in small letters there. Source: boto3, issue 4606, and
    yet-another-cloudwatch-exporter, pull request 1178, read 2026-11-24.
    """
    arn = parse_arn(text.strip())
    if arn is None or arn.account in ("aws", "aws-managed", "amazon") or "${" in text or "{{" in text:
        return None
    if arn.service == "states" and not arn.account:  # an integration of Step Functions, not a thing
        return None
    resource = arn.resource
    if arn.service == "s3":
        bucket = resource.split("/", 1)[0].split(":", 1)[0]
        return None if arn.account else bucket_name("s3", bucket)
    if arn.service == "sts" and resource.startswith("assumed-role/"):
        role = resource.split("/")[1]
        if not role:
            return None
        return Name(f"arn:{arn.partition}:iam::{arn.account}:role/{role}", "aws.iam.role", "aws", arn.account)
    if arn.service == "logs":
        resource = _LOG_STREAM.sub("", resource)
    elif arn.service in ("lambda", "secretsmanager") and resource.startswith(("function:", "secret:")):
        resource = ":".join(
            resource.split(":")[:2]
        )  # of a function without alias, of a secret without JSON key and version
    elif arn.service == "sagemaker":
        resource = resource.lower()
    if "*" in resource or "?" in resource or "*" in arn.account or resource == "root":
        return None
    sign = _ARN_SIGN.search(resource)
    head = resource[: sign.start()] if sign else ""
    target = _ARN_KINDS.get((arn.service, head), "") or f"aws.{arn.service}.{head.replace('-', '_') or 'resource'}"
    if target == "aws.sagemaker.pipeline" and "/execution/" in resource:
        target = "aws.sagemaker.pipeline_execution"
    place = arn.region or ("aws-global" if arn.partition == "aws" and arn.service in _GLOBAL_SERVICES else "")
    key = f"arn:{arn.partition}:{arn.service}:{arn.region}:{arn.account}:{resource}"
    return Name(key, target, "aws", arn.account, place)


_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,221}[a-z0-9]")
_BUCKET_KINDS = {"s3": ("aws.s3.bucket", "aws"), "gs": ("gcp.storage.bucket", "gcp")}


def bucket_name(scheme: str, bucket: str) -> Name | None:
    """Name of an object-store bucket: scheme "s3" or "gs". None when the text cannot be a bucket name
    (templates such as {{bucket}}, wildcards, upper case)."""
    if not _BUCKET.fullmatch(bucket):
        return None
    kind, provider = _BUCKET_KINDS[scheme]
    return Name(f"{scheme}://{bucket}", kind, provider)


_S3_HOST = re.compile(
    r"(?:(?P<bucket>[a-z0-9][a-z0-9.-]+)\.)?s3(?:[.-](?:dualstack\.)?(?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?"
    r"\.amazonaws\.com(?:\.cn)?"
)
_AZURE_HOST = re.compile(r"(?P<account>[a-z0-9]{3,24})\.(?:blob|dfs)\.core\.(?:windows\.net|chinacloudapi\.cn)")
_SQS_HOST = re.compile(r"sqs\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")


def uri_name(text: str) -> Name | None:
    """Canonical name of a URI of a store, hub or server; None when it names none that we know how to tell apart.

    Args:
        text: "s3://b/k", "abfss://c@a.dfs.core.windows.net/p", "https://b.s3.us-west-2.amazonaws.com/k", …
    """
    text = text.strip()
    if text.startswith("jdbc:"):
        text = text.removeprefix("jdbc:").partition(";")[0]
    if text.startswith("models:/"):
        return mlflow_model_name(text)
    if text.startswith("bq://"):  # a project's domain is no host with a port
        return _table_name(text.removeprefix("bq://"))
    try:
        parts = urlsplit(text)
        host = _folded(parts.hostname or "")
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme == "azureml":
        return arm_name(azureml_id(text) or "") or _registry_name(text)
    path = unquote(parts.path).strip("/")
    if scheme in ("s3", "s3a", "s3n"):
        return bucket_name("s3", parts.netloc.rsplit("@", 1)[-1])
    if scheme == "gs":
        return bucket_name("gs", parts.netloc)
    if scheme in ("abfs", "abfss", "wasb", "wasbs"):
        account = host.split(".", 1)[0]
        container = parts.username or path.split("/", 1)[0]
        if not account or not container or not re.fullmatch(r"[a-z0-9]{3,24}", account):
            return None
        return Name(f"azblob://{account}/{container}", "azure.storage.container", "azure", account)
    if scheme == "hf" and path and host:
        owner = parts.netloc
        return _hub_name(f"{owner}/{path}")
    if not host or not valid_host(host):
        return None
    if scheme == "snowflake" and not host.endswith(".snowflakecomputing.com"):
        return host_name(f"{host}.snowflakecomputing.com")
    if scheme in ("hdfs", "viewfs"):
        return Name(f"hdfs://{host}:{port or 8020}", "hdfs.namenode")
    if scheme == "nfs":
        return Name(f"nfs://{host}", "nfs.server")
    if scheme in ("http", "https"):
        return (gcp_name(text) if host.endswith(".googleapis.com") else None) or _web_name(host, path)
    return host_name(host)


def _table_name(parts: str) -> Name | None:
    """Name of a table or data set of BigQuery: "project.dataset.table"; None for a project alone.

    Source: aiplatform v1, BigQueryDestination.outputUri, read 2026-11-24.
    """
    m = _TABLE.fullmatch(parts)
    if m is None:
        return None
    table = f"/tables/{m['table']}" if m["table"] else ""
    return gcp_name(f"//bigquery.googleapis.com/projects/{m['project']}/datasets/{m['dataset']}{table}")


_TABLE = re.compile(r"(?P<project>(?:[\w-]+(?:\.[\w-]+)*:)?[\w:-]+)\.(?P<dataset>\w+)(?:\.(?P<table>[\w$*-]+))?")


def _hub_name(path: str) -> Name | None:
    pieces = path.split("@", 1)[0].split("/")
    if pieces[0] in ("datasets", "spaces"):
        pieces = pieces[:3]
    else:
        pieces = pieces[:2]
    if len(pieces) < 2 or not all(re.fullmatch(r"[\w.-]+", p) for p in pieces):
        return None
    return Name("hf://" + "/".join(pieces), "huggingface.hub.model", "huggingface")


def gcp_name(text: str, target: str = "", own: bool = False) -> Name | None:
    """Canonical name of a thing in Google Cloud: from a full resource name, a link to the API, a relative name, or the e-mail
    address of a service account.

    Args:
        target: kind of the thing, which says the service of a relative name.
        own: whether it is a thing's own name: see google_name.
    """
    text = text.strip()
    if "@" in text and (email := service_account(text)):
        account = service_account_project(email)
        return Name(
            f"//iam.googleapis.com/projects/-/serviceAccounts/{email}", "gcp.iam.service_account", "gcp", account
        )
    found = google_name(text, target, own)
    if found is None:
        return None
    if found.service == "storage":
        return bucket_name("gs", found.path.rpartition("/buckets/")[2].split("/", 1)[0])
    collection, _, last = found.path.rpartition("/")
    if found.service == "iam" and collection.endswith("/serviceAccounts") and "@" in last:
        return gcp_name(last)
    named = target if not text.startswith(("//", "https://")) and not found.is_version else ""
    return Name(found.full, named or found.kind or target, "gcp", found.project, found.place)


_ML_REGISTRY = re.compile(r"azureml://registries/(?P<name>[\w-]{2,33})(?:/.*)?", re.IGNORECASE)

_ML_WORKSPACE = re.compile(
    r"azureml://(?:locations/[a-z0-9]{2,40}/)?workspaces/(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:/.*)?",
    re.IGNORECASE,
)
"""azureml://locations/REGION/workspaces/GUID/data/NAME/versions/1. Source: azure-ai-ml 1.35.2, ASSET_ID_FORMAT, read 2026-11-24."""


def _registry_name(uri: str) -> Name | None:
    """Name of the registry of Azure Machine Learning that a URI goes to, whose name is unique in a tenant, or of the workspace that it
    names by the id that Azure gave it."""
    m = _ML_REGISTRY.fullmatch(uri)
    if m is not None:
        return Name(f"azureml://registries/{m['name'].lower()}", "azure.machinelearning.registry", "azure")
    m = _ML_WORKSPACE.fullmatch(uri)
    return Name(f"azureml://workspaces/{m['id'].lower()}", "azure.machinelearning.workspace", "azure") if m else None


def arm_name(text: str) -> Name | None:
    """Canonical name of an ARM id, in whatever case; None when the text is none."""
    found = parse_arm(text)
    if found is None:
        return None
    found = thing(found)
    return Name(found.id, target_of(found), "azure", found.subscription)


def _web_name(host: str, path: str) -> Name | None:
    if m := _S3_HOST.fullmatch(host):
        return bucket_name("s3", m["bucket"] or path.split("/", 1)[0])
    if host.endswith(".storage.googleapis.com"):
        return bucket_name("gs", host.removesuffix(".storage.googleapis.com"))
    if host in ("storage.googleapis.com", "storage.cloud.google.com"):
        return bucket_name("gs", path.split("/", 1)[0]) or host_name(host)
    if (m := _AZURE_HOST.fullmatch(host)) and path:
        container = path.split("/", 1)[0]
        return Name(f"azblob://{m['account']}/{container}", "azure.storage.container", "azure", m["account"])
    if (m := _SQS_HOST.fullmatch(host)) and re.fullmatch(r"\d{12}/[\w.-]+", path):
        account, queue = path.split("/")
        return arn_name(f"arn:aws:sqs:{m['region']}:{account}:{queue}")
    if host in ("huggingface.co", "hf.co") and "/" in path and not path.startswith(("api/", "docs/")):
        return _hub_name(path)
    return host_name(host)


def _folded(host: str) -> str:
    """A host name in the one spelling that keys use: lower case, ASCII, no trailing dot, in-cluster names without the
    cluster's domain (NAME.NAMESPACE.svc).

    Raises:
        ValueError: it has no ASCII form.
    """
    host = host.strip("[]").rstrip(".").lower()
    if not host.isascii():
        host = host.encode("idna").decode()
    return host.removesuffix(".cluster.local") if host.endswith(".svc.cluster.local") else host


_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


def valid_host(host: str) -> bool:
    """Whether the text can be a DNS name or an IP address (no templates, no blanks)."""
    return len(host) <= 253 and (is_ip(host) or all(_LABEL.fullmatch(p) for p in host.split(".")))


def is_loopback(host: str) -> bool:
    """Whether a folded host means the machine or the pod itself."""
    if is_ip(host):
        address = ipaddress.ip_address(host)
        return address.is_loopback or address.is_unspecified
    return host == "localhost" or host.endswith(".localhost")


@lru_cache(maxsize=16384)
def is_ip(host: str) -> bool:
    """Whether the text is an IP address."""
    if ":" not in host and not host[-1:].isdigit():
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


_HOST_KINDS: tuple[tuple[str, str, str], ...] = (
    # suffix, kind, provider
    (".rds.amazonaws.com", "aws.rds.instance", "aws"),
    (".cache.amazonaws.com", "aws.elasticache.cluster", "aws"),
    (".redshift.amazonaws.com", "aws.redshift.cluster", "aws"),
    (".es.amazonaws.com", "aws.opensearch.domain", "aws"),
    (".docdb.amazonaws.com", "aws.docdb.cluster", "aws"),
    (".elb.amazonaws.com", "aws.elbv2.load_balancer", "aws"),
    (".eks.amazonaws.com", "aws.eks.cluster", "aws"),
    (".efs.amazonaws.com", "aws.efs.file_system", "aws"),
    (".fsx.amazonaws.com", "aws.fsx.file_system", "aws"),
    (".amazonaws.com", "", "aws"),
    (".amazonaws.com.cn", "", "aws"),
    (".database.windows.net", "azure.sql.server", "azure"),
    (".postgres.database.azure.com", "azure.postgresql.flexible_server", "azure"),
    (".mysql.database.azure.com", "azure.mysql.flexible_server", "azure"),
    (".documents.azure.com", "azure.cosmosdb.account", "azure"),
    (".openai.azure.com", "azure.cognitiveservices.account", "azure"),
    (".cognitiveservices.azure.com", "azure.cognitiveservices.account", "azure"),
    (".services.ai.azure.com", "azure.cognitiveservices.account", "azure"),
    (".azurecontainerapps.io", "azure.app.container_app", "azure"),
    (".azurewebsites.net", "azure.web.site", "azure"),
    (".servicebus.windows.net", "azure.eventhub.namespace", "azure"),
    (".search.windows.net", "azure.search.service", "azure"),
    (".redis.cache.windows.net", "azure.redis.cache", "azure"),
    (".azurecr.io", "azure.containerregistry.registry", "azure"),
    (".vault.azure.net", "azure.keyvault.vault", "azure"),
    (".azmk8s.io", "azure.aks.cluster", "azure"),
    (".core.windows.net", "azure.storage.account", "azure"),
    ("core.windows.net", "", "azure"),
    (".azureml.ms", "azure.machinelearning.workspace", "azure"),
    (".inference.ml.azure.com", "azure.machinelearning.online_endpoint", "azure"),
    ("ml.azure.com", "", "azure"),
    (".oic.prod-aks.azure.com", "", "azure"),
    (".googleapis.com", "", "gcp"),
    (".run.app", "gcp.run.service", "gcp"),
    (".snowflakecomputing.com", "snowflake.account", "snowflake"),
    (".cloud.databricks.com", "databricks.workspace", "databricks"),
    (".azuredatabricks.net", "databricks.workspace", "databricks"),
    (".mongodb.net", "mongodb.atlas.cluster", "mongodb"),
    (".confluent.cloud", "confluent.kafka.cluster", "confluent"),
    (".pinecone.io", "pinecone.index", "pinecone"),
    ("huggingface.co", "huggingface.hub", "huggingface"),
    ("api.openai.com", "openai.api", "openai"),
    ("api.anthropic.com", "anthropic.api", "anthropic"),
    ("api.wandb.ai", "wandb.api", "wandb"),
    ("wandb.ai", "wandb.api", "wandb"),
    ("comet.com", "comet.api", "comet"),
    ("app.neptune.ai", "neptune.api", "neptune"),
    ("hooks.slack.com", "slack.webhook", "slack"),
    ("sentry.io", "sentry.api", "sentry"),
    ("datadoghq.com", "datadog.api", "datadog"),
    ("datadoghq.eu", "datadog.api", "datadog"),
    ("newrelic.com", "newrelic.api", "newrelic"),
    ("grafana.net", "grafana.cloud", "grafana"),
    ("ngc.nvidia.com", "nvidia.ngc", "nvidia"),
)


_REGION_IN_HOST = re.compile(r"\.([a-z]{2}(?:-[a-z]+)+-\d)\.")
_REGIONAL_HOST = re.compile(r".+\.(?P<service>elb|kafka|es|aos)\.[a-z]{2}(?:-[a-z]+)+-\d\.amazonaws\.com(?:\.cn)?")
_REGIONAL_KINDS = {
    "elb": "aws.elbv2.load_balancer",
    "kafka": "aws.kafka.cluster",
    "es": "aws.opensearch.domain",
    "aos": "aws.opensearch.domain",
}
"""Services that put their name before the region: b-1.x.kafka.us-west-2.amazonaws.com."""


_NO_HOST = re.compile(r".+\.id\.goog|microsoft\.(?!com$|net$|org$)[a-z]+")
"""What looks like a host and is none: pools of workload identities of Google Cloud, and resource providers of Azure, with which values
such as `keySource` name a service. Sources: Google Cloud documentation, GKE attached clusters, "Workload identity"
(PROJECT_ID.svc.id.goog); azure-mgmt-storage, KeySource ("Microsoft.Storage", "Microsoft.Keyvault"); read 2026-11-24."""


@lru_cache(maxsize=16384)
def known_service(host: str) -> tuple[str, str] | None:
    """(kind, provider) of a host name of a managed service or SaaS; None for all others."""
    if m := _REGIONAL_HOST.fullmatch(host):
        return _REGIONAL_KINDS[m["service"]], "aws"
    for suffix, kind, provider in _HOST_KINDS:
        # ".eks.amazonaws.com" alone is the domain of labels, not a server.
        if host.endswith(suffix) if suffix[0] == "." else host == suffix or host.endswith("." + suffix):
            return kind, provider
    return None


@lru_cache(maxsize=16384)
def host_name(host: str) -> Name | None:
    """Name of a host: "dns:…" or "ip:…". None for loopback, wildcards and what cannot be a host."""
    try:
        host = _folded(host)
    except ValueError:
        return None
    if not host or not valid_host(host) or is_loopback(host):
        return None
    if is_ip(host):
        address = ipaddress.ip_address(host)
        if address.is_multicast:
            return None
        return Name(f"ip:{address}", "network.address")
    if "." not in host or _NO_HOST.fullmatch(host):
        return None
    kind, provider = known_service(host) or ("", "")
    region = _REGION_IN_HOST.search(host) if provider == "aws" else None
    return Name(f"dns:{host}", kind or "network.host", provider, "", region[1] if region else "")


_ECR = re.compile(r"(?P<account>\d{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
_ARTIFACTS = re.compile(r"(?P<place>[a-z0-9-]+)-docker\.pkg\.dev")
_ACR = re.compile(r"[a-z0-9-]+\.azurecr\.(?:io|us|cn)")
_IMAGE_ID = re.compile(r"[a-f0-9]{64}")
_IMAGE = re.compile(
    r"(?:(?P<registry>(?:[a-zA-Z0-9-]+\.)+[a-zA-Z0-9-]+(?::\d+)?|[a-zA-Z0-9-]+:\d+|localhost)/)?"
    r"(?P<repository>[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)"
    r"(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?"
)


def image_name(text: str) -> Name | None:
    """Name of a container image's repository, tag and digest dropped; None when the text is no image name.

    Source: distribution/reference at 0965666, regexp.go (the grammar) and normalize.go (docker.io and library/), read 2026-11-24;
    that registry-1.docker.io is the same registry is said there too.
    """
    text = text.strip().removeprefix("docker://").removeprefix("docker-pullable://")
    m = _IMAGE.fullmatch(text)
    if m is None or _IMAGE_ID.fullmatch(text):
        return None
    registry, repository = (m["registry"] or "docker.io").lower(), m["repository"]
    if registry in ("index.docker.io", "registry-1.docker.io"):
        registry = "docker.io"
    if registry == "docker.io" and "/" not in repository:
        repository = "library/" + repository
    key = f"image://{registry}/{repository}"
    if e := _ECR.fullmatch(registry):
        return Name(key, "aws.ecr.repository", "aws", e["account"], e["region"])
    if (a := _ARTIFACTS.fullmatch(registry)) and "/" in repository:
        project, name, *_ = repository.split("/")
        key = f"image://{registry}/{project}/{name}"  # images of one repository; it is what is listed and moved
        return Name(key, "gcp.artifactregistry.repository", "gcp", project, a["place"])
    if _ACR.fullmatch(
        registry
    ):  # its repositories are known to nobody but the registry itself; it is what is listed and moved
        return Name(f"image://{registry}", "azure.containerregistry.registry", "azure")
    return Name(key, "container.image_repository", registry)


MLFLOW_MODEL = re.compile(
    r"\bmodels:/(?!m-[0-9a-f]{32}\b)(?P<name>[\w.-]{1,250})(?:/[\w.-]{1,40}|@[\w.-]{1,250})", re.ASCII
)
"""models:/NAME/VERSION, models:/NAME/STAGE, models:/NAME@ALIAS. models:/m-… is a logged model, which only its own server knows. Names with
blanks or letters beyond ASCII are not told apart from text. Source: mlflow 3.17.2, mlflow/store/artifact/utils/models.py, _parse_model_uri;
read 2026-11-24."""


def mlflow_model_name(text: str) -> Name | None:
    """Name of the registered model that a models:/ URI loads: it says neither the server nor, by alias or stage, the version."""
    m = MLFLOW_MODEL.fullmatch(text.strip().rstrip("/"))
    return Name(f"models:/{m['name']}", "mlflow.registered_model", "mlflow") if m else None


_SEGMENT = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,39}|v?\d{1,4}")


def mlflow_server_name(text: str) -> Name | None:
    """Name of the tracking server at a URL: "mlflow-server:HOST:PORT", with the path where it has one, because several
    servers may share a host. A path that could hold a token is left out."""
    try:
        parts = urlsplit(text.strip())
        host, port = _folded(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or not valid_host(host):
        return None
    port = port or (443 if parts.scheme == "https" else 80)
    segments = [p for p in parts.path.split("/") if p]
    plain = len(segments) <= 4 and all(_SEGMENT.fullmatch(p) and not _tokenish(p) for p in segments)
    path = "".join(f"/{p}" for p in segments) if plain else ""
    return Name(f"mlflow-server:{host}:{port}{path}", "mlflow.server", "mlflow")


def _tokenish(segment: str) -> bool:
    """Whether a part of a path may be a secret: long, of one piece, with digits among the letters."""
    return any(len(p) >= 16 and re.search(r"\d", p) for p in re.split(r"[._-]", segment))


def aws_short_name(text: str) -> Name | None:
    """Name of an AWS short id such as "vol-0123456789abcdef0"; None for anything else."""
    if not AWS_SHORT_ID.fullmatch(text):
        return None
    return Name("aws:" + text, _SHORT_KIND.get(text.rsplit("-", 1)[0], ""), "aws")


_NAMERS: Mapping[str, Callable[[str], Name | None]] = {
    "arn": arn_name,
    "uri": uri_name,
    "image": image_name,
    "dns": host_name,
    "address": host_name,
    "mlflow": mlflow_server_name,
    "aws": aws_short_name,
    "gcp": partial(gcp_name, own=True),
    "arm": arm_name,
}


def canonical(form: str, text: str) -> str | None:
    """Canonical key of a text in one of FORMS; None when it does not have that form."""
    if form == "id":
        return text
    name = _NAMERS[form](text)
    return name.key if name else None


def identity_keys(resource_id: str) -> tuple[str, ...]:
    """Keys that follow from an id alone."""
    if resource_id.startswith("arn:"):
        name = arn_name(resource_id)
        return (name.key,) if name and name.key == resource_id else (resource_id, *([name.key] if name else []))
    if resource_id.startswith("//") and (name := gcp_name(resource_id, own=True)) and name.key != resource_id:
        return (resource_id, name.key)
    return (resource_id,)


def native_key(kind: str, unique: str, scope: Scope, native: str) -> str:
    """Key of a name that is unique only within a scope.

    Args:
        unique: "place", "account" or "world".
    """
    if unique == "place":
        return f"{kind}|{scope.account}|{scope.place}|{native}"
    if unique == "account":
        return f"{kind}|{scope.account}||{native}"
    if unique == "world":
        return f"{kind}|||{native}"
    raise MappingError(f"{kind}: unique is {unique!r}; accepted: place, account, world")


def bounded(key: str) -> str:
    """A key that an index of every database takes: a longer one ends in the digest of the whole."""
    if len(key) <= SURELY_SHORT or len(data := key.encode("utf-8", "surrogatepass")) <= MAX_BYTES:
        return key
    return data[: MAX_BYTES // 2].decode("utf-8", "ignore") + "…" + sha256(data).hexdigest()


def kubernetes_id(cluster_uid: str, group: str, kind: str, namespace: str, name: str) -> str:
    """Id of a Kubernetes object: k8s://CLUSTER_UID/GROUP/KIND/NAMESPACE/NAME; empty parts stay empty."""
    return f"k8s://{cluster_uid}/{group}/{kind}/{namespace}/{name}"


def kubernetes_namespace(resource_id: str) -> str:
    """The namespace in the id of a Kubernetes object; "" for what has none."""
    parts = resource_id.split("/", 6)
    return parts[5] if len(parts) == 7 and resource_id.startswith("k8s://") else ""
