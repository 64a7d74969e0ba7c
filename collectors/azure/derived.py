"""Facts that follow from what an item says itself: names made into ids, an account and a container into an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collectors.azure.rows import Reader
from normalize.errors import CollectError
from normalize.mapping import read
from normalize.model import Json, Scope


@dataclass(frozen=True, slots=True)
class Derived:
    """Adds `into` where there is something to add; asks nothing.

    Attributes:
        into: key for the fact: "$Address".
        of: the fact of an item; None for none. Takes whatever an item may be.
    """

    into: str
    of: Callable[[Mapping[str, Any]], Json]

    @property
    def actions(self) -> tuple[str, ...]:
        return ()

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        for item in items:
            if (found := self.of(item)) is not None:
                item[self.into] = found
        return {}


def text(item: Mapping[str, Any], path: str) -> str:
    """The text at a path; "" for none."""
    found = read(dict(item), path)
    return found if isinstance(found, str) else ""
