"""Whether a bucket is open to anybody.

Owns the reading of policy status, access lists and the blocks of bucket and account together. Refuses to say no where
something was not read that could open it: the access lists of single objects are never read.

Source: Amazon S3 API reference, PublicAccessBlockConfiguration of the bucket and of the account (RestrictPublicBuckets, IgnorePublicAcls; the
two Block… settings only refuse new grants); that the more restrictive of both holds: Landing Zone Accelerator on AWS,
S3PublicAccessBlockConfig; read 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from collectors.aws.rows import GLOBAL_PLACES, Call, Reader
from normalize.errors import CollectError
from normalize.mapping import MISSING
from normalize.model import Json, Scope

BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_ACCOUNT_BLOCK = "$AccountBlock"
_NOT_SET = "NoSuchPublicAccessBlockConfiguration"
_ASK = Call("s3control", "GetPublicAccessBlock", items="PublicAccessBlockConfiguration")
_EVERYBODY = ("AllUsers", "AuthenticatedUsers")
"""Ends of the URIs of groups that are not of the account. Source: Amazon S3 User Guide, "Access control list (ACL) overview",
"Amazon S3 predefined groups"; read 2026-11-24."""


class AccountBlock:
    """What the whole account shuts, for buckets that do not shut everything themselves: "$AccountBlock", null where the account
    has no such setting. Asked once per account."""

    @property
    def calls(self) -> tuple[Call, ...]:
        return (_ASK,)

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        open_ones = [i for i, item in enumerate(items) if not all(_own(item).get(key) for key in BLOCKS)]
        if not open_ones:
            return {}
        try:
            block = _block(reader, scope)
        except CollectError as error:
            return dict.fromkeys(open_ones, (error,))
        for i in open_ones:
            items[i][_ACCOUNT_BLOCK] = block
        return {}

    def probe(self, reader: Reader, scope: Scope) -> None:
        _ask(reader, scope)


def _block(reader: Reader, scope: Scope) -> Json:
    key = ("s3control", "GetPublicAccessBlock", scope.account)
    if key not in reader.memory:
        reader.memory[key] = _ask(reader, scope)
    return reader.memory[key]


def _ask(reader: Reader, scope: Scope) -> Json:
    from botocore.exceptions import ClientError  # rows are known without the SDK

    region = GLOBAL_PLACES.get(scope.place, scope.place)
    try:
        answer = next(reader.answers(scope.account, region, _ASK, {"AccountId": scope.account}), {})
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == _NOT_SET:
            return None
        raise CollectError(str(error), call="s3control:GetPublicAccessBlock") from error
    found: Json = answer.get("PublicAccessBlockConfiguration")
    if not isinstance(found, dict):
        raise CollectError("the answer does not say what is shut", call="s3control:GetPublicAccessBlock")
    return found


def _own(item: Mapping[str, Any]) -> Mapping[str, Any]:
    found = item.get("$PublicAccessBlock")
    return found if isinstance(found, dict) else {}


def public(bucket: Any) -> Any:
    """True where policy or access list opens it and nothing shuts that; False where neither can; otherwise MISSING."""
    ways = (_by_policy(bucket), _by_access_list(bucket))
    return True if True in ways else False if ways == (False, False) else MISSING


def _by_policy(bucket: Mapping[str, Any]) -> bool | None:
    says = False if bucket.get("$Policy", MISSING) is None else (bucket.get("$PolicyStatus") or {}).get("IsPublic")
    return _unless_shut(says, _shut(bucket, "RestrictPublicBuckets"))


def _by_access_list(bucket: Mapping[str, Any]) -> bool | None:
    """What no bucket's list opens, the list of one of its objects may."""
    rules = bucket.get("$Ownership")
    if rules and rules[0]["ObjectOwnership"] == "BucketOwnerEnforced":  # lists do not count
        return False
    grants = (g.get("Grantee", {}).get("URI", "") for g in bucket.get("$Grants") or ())
    opened = True if any(uri.endswith(_EVERYBODY) for uri in grants) else None
    return _unless_shut(opened, _shut(bucket, "IgnorePublicAcls"))


def _unless_shut(opened: bool | None, shut: bool | None) -> bool | None:
    if shut or opened is False:
        return False
    return None if shut is None else opened


def _shut(bucket: Mapping[str, Any], key: str) -> bool | None:
    """Whether bucket or account shuts one way; None where one of the two is not known."""
    settings = [bucket[at] for at in ("$PublicAccessBlock", _ACCOUNT_BLOCK) if at in bucket]
    if any((block or {}).get(key) for block in settings):
        return True
    return False if len(settings) == 2 else None
