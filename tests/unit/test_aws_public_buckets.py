"""Whether a bucket is open to anybody: yes, no, or not known, out of what was read."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.aws.public_buckets import BLOCKS, public
from normalize.mapping import MISSING

SHUT = dict.fromkeys(BLOCKS, True)
OPEN = dict.fromkeys(BLOCKS, False)
ENFORCED = [{"ObjectOwnership": "BucketOwnerEnforced"}]
ANYBODY = [
    {"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"}
]
OWNER = [{"Grantee": {"Type": "CanonicalUser", "ID": "75aa"}, "Permission": "FULL_CONTROL"}]
BARE: dict[str, Any] = {"$Policy": None, "$Ownership": ENFORCED, "$PublicAccessBlock": None, "$AccountBlock": None}
OPENED: dict[str, Any] = {**BARE, "$Policy": "{}", "$PolicyStatus": {"IsPublic": True}}
LISTED: dict[str, Any] = {**BARE, "$Ownership": None, "$Grants": ANYBODY}


def without(bucket: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in bucket.items() if key not in keys}


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [
        (BARE, False),
        (OPENED, True),
        (LISTED, True),
        ({**OPENED, "$PolicyStatus": {"IsPublic": False}}, False),
        ({**OPENED, "$PublicAccessBlock": SHUT}, False),
        ({**OPENED, "$AccountBlock": SHUT}, False),
        ({**OPENED, "$PublicAccessBlock": OPEN, "$AccountBlock": OPEN}, True),
        ({**OPENED, "$PublicAccessBlock": {"BlockPublicPolicy": True}}, True),  # refuses new ones only
        ({**LISTED, "$AccountBlock": {"IgnorePublicAcls": True}}, False),
        ({**LISTED, "$PublicAccessBlock": {"BlockPublicAcls": True}}, True),
        ({**LISTED, "$Grants": OWNER}, MISSING),  # an object's own list may open it
        (without(BARE, "$Policy"), MISSING),
        (without(BARE, "$Ownership"), MISSING),
        (without(OPENED, "$PolicyStatus"), MISSING),
        (without(OPENED, "$AccountBlock"), MISSING),
        (without(OPENED, "$PublicAccessBlock"), MISSING),
        (without({**OPENED, "$PublicAccessBlock": SHUT}, "$AccountBlock"), False),
        (without({**OPENED, **LISTED, "$Policy": "{}"}, "$PolicyStatus"), True),
        ({}, MISSING),
    ],
)  # fmt: skip
def test_open_only_where_something_opens_it_and_shut_only_where_nothing_can(
    bucket: dict[str, Any], expected: object
) -> None:
    assert public(bucket) is expected
