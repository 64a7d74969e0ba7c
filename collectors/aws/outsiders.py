"""Who a resource's own policy lets in from outside its account.

Owns the reading of principals against the account that holds the resource. Refuses to judge conditions: it names them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collectors.aws.documents import document, listed
from collectors.aws.rows import Call, Reader
from normalize.errors import MISSHAPEN, CollectError
from normalize.model import Json, Scope

_ACCOUNT = re.compile(r"(?:arn:[\w-]+:(?:iam|sts)::)?(\d{12})(?::.*)?")


@dataclass(frozen=True, slots=True)
class OutsidePrincipals:
    """Whom a policy lets in who is not of the account: "$Outside", a list of account ids, service names, and "*" for
    anybody; what holds only under conditions has their keys after it: "* if aws:PrincipalOrgID".

    A list that is empty says that nobody is; where the policy could not be read, nothing is added.

    Attributes:
        policy: key of the item under which the policy stands; null where there is none.
        call: that brought the policy.
    """

    policy: str
    call: Call

    @property
    def calls(self) -> tuple[Call, ...]:
        return (self.call,)

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        unread: dict[int, Sequence[CollectError]] = {}
        for i, item in enumerate(items):
            if self.policy in item:
                try:
                    item["$Outside"] = outsiders(item[self.policy], scope.account)
                except MISSHAPEN as error:
                    call = f"{self.call.service}:{self.call.operation}"
                    unread[i] = (CollectError(f"the policy cannot be read: {error}", call=call),)
        return unread

    def probe(self, reader: Reader, scope: Scope) -> None:
        """Nothing of its own to ask for: the policy comes with the item's details."""


def outsiders(policy: Any, account: str) -> list[str]:
    """Principals of other accounts that a policy allows, each once, in order.

    Raises:
        ValueError, TypeError, KeyError: it is no policy.
    """
    if policy is None:
        return []
    statements = document(policy)["Statement"]  # without it, it is no policy, and says nothing of anybody
    found: dict[str, None] = {}
    for statement in statements if isinstance(statements, list) else [statements]:
        if statement["Effect"] == "Allow":
            names = (name for who in _principals(statement) if (name := _outside(who, account)))
            keys = sorted({key for tests in (statement.get("Condition") or {}).values() for key in tests})
            found.update(dict.fromkeys(f"{name} if {', '.join(keys)}" if keys else name for name in names))
    return list(found)


def _principals(statement: Mapping[str, Any]) -> Iterator[str]:
    """Everybody where the statement names only who is left out."""
    who = statement.get("Principal", "*")
    for entry in who.values() if isinstance(who, dict) else [who]:
        yield from listed(entry)


def _outside(principal: str, account: str) -> str:
    """The account's id, or the principal itself where it is of no account; "" for the account's own."""
    found = _ACCOUNT.fullmatch(principal)
    name = found[1] if found else principal
    return "" if name == account else name
