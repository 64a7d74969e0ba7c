"""What the executor may expect of a collector.

A collector yields or raises. It never retries above its SDK, never logs progress, never decides what an error means
for a run: `classify` names the error, the executor turns it into coverage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from normalize.errors import CollectError
from normalize.model import Kind, RawRecord, Scope


@dataclass(frozen=True, slots=True)
class Blindness:
    """What `check` predicts for a kind: it will not (wholly) be seen, why, and what is missing."""

    kind: str
    scope: Scope
    error: CollectError


class CutShortError(CollectError):
    """The listing ended before its end, after records had been yielded; coverage becomes `partial`."""


class Collector(Protocol):
    """One configured source.

    Attributes:
        source: the configured name.
        provider: "aws", "kubernetes", "mlflow", "host", …
    """

    source: str
    provider: str

    def kinds(self) -> Sequence[Kind]:
        """Rows of this source. A source that discovers its types (Kubernetes) asks the system here and may raise."""
        ...

    def scopes(self, kind: Kind) -> Iterable[Scope]:
        """Where this kind is listed. Raises when the scopes cannot be known."""
        ...

    def unavailable(self, kind: Kind, scope: Scope) -> CollectError | None:
        """Positive evidence that the kind does not exist in the scope; None when it has to be listed to know."""
        ...

    def collect(self, kind: Kind, scope: Scope) -> Iterator[RawRecord]:
        """All records of one kind in one scope, page after page, to the end."""
        ...

    def classify(self, error: Exception) -> CollectError | None:
        """What an error of the SDK means; None for an error of ours."""
        ...

    def limit_key(self, kind: Kind, scope: Scope) -> str:
        """Pairs with the same key share a concurrency limit (account, region and service; host; server)."""
        ...

    def check(self) -> Iterator[Blindness]:
        """Probe every kind with the cheapest read and say what a scan would be blind to. Changes nothing."""
        ...

    def close(self) -> None:
        """Give back connections. Safe to call twice."""
        ...
