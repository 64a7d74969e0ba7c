"""What the executor may expect of a collector.

A collector yields or raises. It never retries above its SDK, never logs progress, never decides what an error means
for a run: `classify` names the error, the executor turns it into coverage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from normalize.errors import CollectError
from normalize.model import Kind, Misfit, RawRecord, Scope


@dataclass(frozen=True, slots=True)
class Blindness:
    """What `check` predicts for a kind: it will not (wholly) be seen, why, and what is missing."""

    kind: str
    scope: Scope
    error: CollectError


EVERY_KIND = "*"
UNKNOWN_PLACE = "?"


@dataclass(frozen=True, slots=True)
class Planned:
    """A look to take, or one that cannot be taken.

    Attributes:
        kind: what to list; None with an error: nothing at all can be listed there.
        error: why there is no use in looking.
        since: how far back things are listed; of what was made before this instant nothing is proven.
        older: what becomes of things that were made before `since`, in words.
        note: what the look rests on, in words.
    """

    kind: Kind | None
    scope: Scope
    error: Exception | None = None
    since: datetime | None = None
    older: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class MachineList:
    """Machines that a provider rents.

    Attributes:
        machines: (type, facts), once for each place that has it: facts of `instance_types` of the knowledge base, "accelerators"
            (as the attribute of that name) in place of "accelerator", "region", and the price where it is told.
        unpriced: why prices could not be read; "" where they were.
    """

    machines: Sequence[tuple[str, Mapping[str, Any]]]
    unpriced: str = ""


def priced(price: float | None, region: str) -> dict[str, Any]:
    """A price as facts of a machine; nothing where it is not told."""
    return {} if price is None else {"price_usd_per_hour": price, "price_region": region}


class CutShortError(CollectError):
    """The listing ended before its end, after records had been yielded; coverage becomes `partial`."""


class Collector(Protocol):
    """One configured source.

    Attributes:
        source: the configured name.
        provider: "aws", "kubernetes", "mlflow", "host", …
        spreads: whether each look stands for itself, so that looks may be taken by several processes, each with a
            collector of its own.
    """

    source: str
    provider: str
    spreads: bool

    def kinds(self) -> Sequence[Kind]:
        """Rows of this source. A source that discovers its types (Kubernetes) asks the system here and may raise."""
        ...

    def plan(self, kinds: Sequence[Kind]) -> Iterator[Planned]:
        """Every look to take at these kinds, lazily: an estate may have millions. Raises when the scopes cannot be
        known."""
        ...

    def unavailable(self, kind: Kind, scope: Scope) -> CollectError | None:
        """Positive evidence that the kind does not exist in the scope; None when it has to be listed to know."""
        ...

    def collect(self, kind: Kind, scope: Scope) -> Iterator[RawRecord | Misfit]:
        """All records of one kind in one scope, page after page, to the end; a Misfit for what cannot be read as one."""
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


class _Scoped(Protocol):
    """A collector that can say the scopes of one kind without looking at the others."""

    provider: str

    def scopes(self, kind: Kind) -> Iterable[Scope]: ...


def plan_each(collector: _Scoped, kinds: Sequence[Kind]) -> Iterator[Planned]:
    """A plan kind by kind; a kind whose scopes cannot be known costs only itself."""
    for kind in kinds:
        try:
            scopes = list(collector.scopes(kind))
        except Exception as error:  # noqa: BLE001  the executor makes coverage of it, as of every error of a look
            yield Planned(kind, Scope(collector.provider, UNKNOWN_PLACE, UNKNOWN_PLACE), error)
            continue
        yield from (Planned(kind, scope) for scope in scopes)
