"""What the caller may read in a subscription, by Azure's own account.

Resource Graph leaves out, without a word, what the caller may not read. So each subscription is asked once what the caller may do
in it; a kind whose action is not among that is denied, however many rows were seen.

Source: Azure documentation, "Understand Azure role definitions" (wildcards, NotActions) and REST API "Permissions"; read 2026-11-24.
Deny assignments are not told there and not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from normalize.errors import CollectError, DeniedError

PERMISSIONS_VERSION = "2022-04-01"
PROVIDERS_VERSION = "2021-04-01"
PERMISSIONS_ACTION = "Microsoft.Authorization/permissions/read"
PROVIDERS_ACTION = "Microsoft.Resources/subscriptions/providers/read"


@lru_cache(maxsize=4096)
def _pattern(action: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, action.split("*"))), re.IGNORECASE)


def _covers(actions: Iterable[str], wanted: str) -> bool:
    return any(_pattern(action).fullmatch(wanted) for action in actions)


@dataclass(frozen=True, slots=True)
class Rights:
    """What one subscription says of the caller, and which providers it uses.

    Attributes:
        grants: (actions, actions taken away again) of each role that the caller has there.
        unknown: why that cannot be known.
        unregistered: providers, lower case, that the subscription says are not registered.
        offered: regions, as in ids, in which a type that is asked for by region is offered; by type, lower case. A type that is
            not told is not in it.
    """

    grants: Sequence[tuple[Sequence[str], Sequence[str]]] = ()
    unknown: CollectError | None = None
    unregistered: frozenset[str] = frozenset()
    offered: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def allows(self, action: str) -> bool:
        """Whether a role lets the caller do this in the whole subscription."""
        return any(_covers(yes, action) and not _covers(no, action) for yes, no in self.grants)

    def refusal(self, action: str, call: str) -> CollectError | None:
        """Why things of a type may be there that the caller does not see; None where there is no reason."""
        if self.unknown is not None:
            said = f"what the caller may not read is left out, and which that is cannot be known: {self.unknown}"
            first = (PERMISSIONS_ACTION,) if isinstance(self.unknown, DeniedError) else ()
            return DeniedError(said, call=call, needs=(*first, action), code=self.unknown.code)
        if self.allows(action):
            return None
        return DeniedError(
            "the caller may not read this type in the whole subscription; what it may not read is left out",
            call=call,
            needs=(action,),
        )


def read_grants(answers: Iterable[Mapping[str, Any]]) -> list[tuple[Sequence[str], Sequence[str]]]:
    """The grants that a subscription tells."""
    return [
        (one.get("actions") or (), one.get("notActions") or ())
        for answer in answers
        for one in answer.get("value") or ()
    ]


def read_unregistered(answers: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Providers that a subscription says it does not use."""
    return frozenset(
        str(one["namespace"]).lower()
        for answer in answers
        for one in answer.get("value") or ()
        if one.get("registrationState") in ("NotRegistered", "Unregistered")
    )


def read_offered(answers: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """Regions of each type that is asked for by region: "microsoft.compute/locations/usages" -> {"eastus", …}. Azure writes them as
    people do: "East US"."""
    return {
        f"{one['namespace']}/{type_['resourceType']}".lower(): frozenset(
            str(place).lower().replace(" ", "") for place in type_["locations"]
        )
        for answer in answers
        for one in answer.get("value") or ()
        for type_ in one.get("resourceTypes") or ()
        if str(type_.get("resourceType")).lower().startswith("locations/") and type_.get("locations")
    }
