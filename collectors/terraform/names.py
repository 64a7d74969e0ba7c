"""Which thing a declared resource is: canonical names out of its identity attributes. Pure.

What has an ARN, an ARM id or a link to Google's API says it whatever its type is; a table stands only where more is needed.
Refuses types that speak of another thing (policies, attachments, members): their id is often that thing's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from normalize.arm import parse_arm
from normalize.google import google_name
from normalize.identity import Name, arm_name, arn_name, aws_short_name, bucket_name, gcp_name

_ASPECT = re.compile(
    r".*_(?:attachment|association|associations|membership|iam_(?:member|binding|policy|audit_config)|validation|acl|tag|tags|"
    r"(?:bucket|topic|queue|resource|repository|registry|lifecycle|file_system|endpoint|vault|key|replication|data_protection)_policy|"
    r"secret_version|secret_rotation|public_access_block|versioning|server_side_encryption_configuration|grant|"
    r"backup_policy|object|options_association)"
)
"""How types end that say something about another thing. An ARN, where they have one, may be that thing's: "arn" of aws_sns_topic_policy is the
topic's, that of aws_secretsmanager_secret_version the secret's. Source: hashicorp/terraform-provider-aws, website/docs/r, these two pages,
read 2026-11-24; the other endings by the words, not looked up one by one."""
_SHORT_IDS = frozenset(
    {
        "aws_ami", "aws_capacity_block_reservation", "aws_default_network_acl", "aws_default_route_table", "aws_default_security_group",
        "aws_default_subnet", "aws_default_vpc", "aws_ebs_snapshot", "aws_ebs_volume", "aws_ec2_capacity_reservation",
        "aws_ec2_transit_gateway", "aws_efs_access_point", "aws_efs_file_system", "aws_eip", "aws_fsx_lustre_file_system", "aws_instance",
        "aws_internet_gateway", "aws_launch_template", "aws_nat_gateway", "aws_network_acl", "aws_network_interface",
        "aws_route_table", "aws_security_group", "aws_spot_instance_request", "aws_subnet", "aws_vpc", "aws_vpc_endpoint",
        "aws_vpc_peering_connection", "aws_vpn_connection", "aws_vpn_gateway", "aws_customer_gateway",
    }
)  # fmt: skip
"""Types whose id is their own short id; others have that of what they belong to."""
_SERVICES = (
    ("vertex_ai", "aiplatform"), ("colab", "aiplatform"), ("artifact_registry", "artifactregistry"), ("cloud_run_v2", "run"),
    ("cloudfunctions2", "cloudfunctions"), ("cloudfunctions", "cloudfunctions"), ("secret_manager", "secretmanager"), ("kms", "cloudkms"),
    ("pubsub", "pubsub"), ("container", "container"), ("compute", "compute"), ("redis", "redis"), ("filestore", "file"), ("spanner", "spanner"),
    ("bigtable", "bigtableadmin"), ("bigquery", "bigquery"), ("alloydb", "alloydb"), ("composer", "composer"), ("dataproc", "dataproc"),
    ("notebooks", "notebooks"), ("workbench", "notebooks"), ("cloud_scheduler", "cloudscheduler"), ("cloud_tasks", "cloudtasks"),
    ("vpc_access", "vpcaccess"), ("tpu_v2_queued_resource", "tpu"), ("tpu", "tpu"), ("parallelstore", "parallelstore"), ("lustre", "lustre"),
    ("memcache", "memcache"), ("memorystore", "memorystore"), ("netapp", "netapp"), ("datastream", "datastream"), ("dataplex", "dataplex"),
    ("workflows", "workflows"), ("sql", "sqladmin"), ("dns", "dns"), ("iam_workload_identity_pool", "iam"), ("privateca", "privateca"),
    ("certificate_manager", "certificatemanager"), ("network_connectivity", "networkconnectivity"), ("logging", "logging"),
    ("monitoring", "monitoring"), ("cloudbuild", "cloudbuild"), ("firestore", "firestore"), ("dataform", "dataform"), ("batch", "batch"),
)  # fmt: skip
"""How types of the google provider begin, after "google_" -> the service that a relative id ("projects/P/…") is of. Source: names of
the provider's pages and the hosts of the APIs that they link to, hashicorp/terraform-provider-google; from memory, not verified one by one."""
_MOST_KEYS = 4


def names(type_: str, identity: Mapping[str, str]) -> tuple[tuple[str, Name], ...]:
    """(what stands there, canonical name) of the thing that a resource is, by every name that is known of it; none where its
    type is not known to be a thing, or its attributes do not say which.

    Args:
        type_: "aws_s3_bucket".
        identity: its attributes, those that say which thing it is.
    """
    reader = next((read for start, read in _READERS if type_.startswith(start)), None)
    if reader is None or _ASPECT.fullmatch(type_):
        return ()
    found: dict[str, tuple[str, Name]] = {}
    for text, name in reader(type_, identity):
        if name is not None and len(found) < _MOST_KEYS:
            found.setdefault(name.key, (text, name))
    return tuple(found.values())


Found = Iterator[tuple[str, Name | None]]


def _aws(type_: str, identity: Mapping[str, str]) -> Found:
    arn, id_ = identity.get("arn", ""), identity.get("id", "")
    if arn:
        yield arn, arn_name(arn)
    elif type_ == "aws_s3_bucket" and id_:
        yield id_, bucket_name("s3", id_)
    elif type_ == "aws_ecs_service" or type_.startswith("awscc_"):
        yield id_, arn_name(id_)
    if type_ in _SHORT_IDS:
        yield id_, aws_short_name(id_)


def _google(type_: str, identity: Mapping[str, str]) -> Found:
    id_, link, name = (identity.get(k, "") for k in ("id", "self_link", "name"))
    noun = type_.removeprefix("google_")
    if noun == "storage_bucket":
        yield name, bucket_name("gs", name)
        return
    if noun == "service_account":
        email = identity.get("email", "")
        yield email, gcp_name(email, own=True)
        return
    if noun == "project":
        for said in (identity.get("number", ""), id_.removeprefix("projects/")):
            if said:
                yield said, gcp_name(f"//cloudresourcemanager.googleapis.com/projects/{said}", own=True)
        return
    if link:
        yield link, gcp_name(link, own=True)
    if service := next((s for start, s in _SERVICES if noun.startswith(start)), ""):
        relative = google_name(id_, f"gcp.{service}.", own=True) if id_.startswith("projects/") else None
        yield id_, gcp_name(relative.full, own=True) if relative else None


def _azure(type_: str, identity: Mapping[str, str]) -> Found:
    id_ = identity.get("id", "")
    if "|" not in id_ and parse_arm(id_):
        yield id_, arm_name(id_)


def _kubernetes(type_: str, identity: Mapping[str, str]) -> Found:
    """The state does not say which cluster; the uid of the object does."""
    if re.fullmatch(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", uid := identity.get("uid", "")):
        yield uid, Name(f"k8s-uid:{uid}", "", "kubernetes")


_READERS: tuple[tuple[str, Callable[[str, Mapping[str, str]], Found]], ...] = (
    ("aws_", _aws),
    ("awscc_", _aws),
    ("google_", _google),
    ("azurerm_", _azure),
    ("azapi_resource", _azure),
    ("kubernetes_", _kubernetes),
    ("kubectl_manifest", _kubernetes),
)
KNOWN = tuple(start for start, _ in _READERS)
"""How types begin of whose attributes any is kept. What others call an id may be a secret itself, as random_string's is."""
