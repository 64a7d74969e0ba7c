"""Reads IAM policy documents: whom they let in, what they let be done, and where.

Pure; each takes a document, parsed already or still text. Refuses to evaluate: a condition is named, not judged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from collectors.aws.documents import listed, principals, statements
from normalize.identity import native_key, parse_arn
from normalize.mapping import LINKS, MISSING
from normalize.model import Scope

_ACCOUNT_ID = re.compile(r"\d{12}")
_REGION = "aws:requestedregion"
TRUSTED = "$Trusted"
"""Where `trusted` puts the ARNs of identities and providers."""


def _services(names: Any) -> list[str]:
    """ "s3" of "s3:GetObject"; "*" stays."""
    return sorted({name.partition(":")[0].lower() for name in listed(names)})


_READ_AS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "Action": ("services", _services),
    "NotAction": ("services_but", _services),
    "Resource": ("resources", listed),
    "NotResource": ("resources_but", listed),
    "Condition": ("conditions", lambda tests: sorted({key for test in tests.values() for key in test})),
}


def permissions(value: Any) -> list[dict[str, Any]]:
    """Each statement in short: effect, services and resources that it reaches (or all but some), and the names of its
    conditions."""
    return [
        {
            "effect": s.get("Effect"),
            **{ours: read(s[theirs]) for theirs, (ours, read) in _READ_AS.items() if theirs in s},
        }
        for s in statements(value)
    ]


def permissions_of_all(policies: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same of all inline policies of an identity."""
    return [found for policy in policies for found in permissions(policy["PolicyDocument"])]


def in_force(versions: Iterable[Mapping[str, Any]]) -> Any:
    """The document of a managed policy's version in force; MISSING where it is not among them."""
    return next((v["Document"] for v in versions if v.get("IsDefaultVersion") and "Document" in v), MISSING)


def regions_allowed(value: Any) -> list[str]:
    """Regions that a policy leaves open while it forbids something in all others."""
    return _regions(value, lambda test: "Not" in test)


def regions_denied(value: Any) -> list[str]:
    """Regions in which a policy forbids something."""
    return _regions(value, lambda test: "Not" not in test)


def _regions(value: Any, fits: Callable[[str], bool]) -> list[str]:
    found: set[str] = set()
    for statement in statements(value):
        for test, compared in statement.get("Condition", {}).items() if statement.get("Effect") == "Deny" else ():
            for key, regions in compared.items():
                if key.lower() == _REGION and fits(test):
                    found.update(listed(regions))
    return sorted(found)


def trusted(value: Any, own_account: str, path: str) -> dict[str, Any]:
    """Whom a policy lets in, as mentions: ARNs of identities and of identity providers, and other accounts as a whole.

    Args:
        path: where the policy lies in the payload.
    """
    arns: list[str] = []
    accounts: list[str] = []
    for who in principals(value):
        arn = parse_arn(who)
        if _ACCOUNT_ID.fullmatch(who) or (arn is not None and arn.resource == "root"):
            accounts.append(arn.account if arn else who)
        elif arn is not None and "*" not in who:
            arns.append(who)
    return {TRUSTED: arns, LINKS: [_account(one, path) for one in dict.fromkeys(accounts) if one != own_account]}


def _account(number: str, path: str) -> dict[str, Any]:
    kind = "aws.organizations.account"
    key = native_key(kind, "world", Scope("aws", number, ""), number)
    return {
        "verb": "trusts", "key": key, "path": path, "value": number, "target": kind, "account": number, "place": "",
    }  # fmt: skip
