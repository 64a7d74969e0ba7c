"""The fetch types of AWS rows: which call lists a kind, which calls complete each item.

Owns the shape of a row's `fetch`. Refuses logic: a row says what to call, collector.py calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from normalize.errors import CollectError
from normalize.model import Json, Path, Scope

GLOBAL_PLACES: Mapping[str, str] = {
    "aws-global": "us-east-1",
    "aws-cn-global": "cn-north-1",
    "aws-us-gov-global": "us-gov-west-1",
    "aws-iso-global": "us-iso-east-1",
    "aws-iso-b-global": "us-isob-east-1",
    "aws-iso-e-global": "eu-isoe-west-1",
    "aws-iso-f-global": "us-isof-south-1",
    "aws-eusc-global": "eusc-de-east-1",
}
"""Pseudo-region of services that have one endpoint per partition ("PARTITION-global") -> the region that speaks for it.
Source: botocore 1.44.5, data/endpoints.json (partitionEndpoint and credentialScope of iam, of organizations where iam has none)
and data/partitions.json; it has no pseudo-region for aws-eusc, whose name is ours; read 2026-11-24."""


@dataclass(frozen=True, slots=True)
class Call:
    """One read operation of the API, and where its answer's items lie.

    Attributes:
        service: botocore's name of the service, "elbv2".
        operation: the operation as the API names it, "DescribeLoadBalancers".
        items: where items lie in the answer. In a detail call: what to keep of the answer; "" keeps all of it. A path
            that collects ("Rules[]") is read over all pages.
        params: fixed parameters; in a detail or for-each-parent call, texts may name values of the item or parent in
            braces: "{EndpointName}".
        item: key under which an item that is a bare text stands: "name" makes {"name": "train"} of "train".
        detail: calls that complete one item, in order; each sees what those before it found.
        under: kind whose items are the parents: the call runs once for each, and items keep it as "$parent".
        nested: what lies under a parent is a parent in turn: the call runs for it too, to every depth.
        expect: error codes, or "CODE:words of the message", that truly mean none: a listing is empty, a detail's answer
            becomes null.
        gone: error codes, or "CODE:words of the message", by which a detail call does not find the item; in a call under a
            parent, the parent. An item is left out only where a call that describes the item itself does not find it.
        itself: a call that describes one item and nothing else, asked only where a detail does not find the item. It says that
            the item is gone by a code in its own `gone`, or by a list in `items` that is empty. None where the first
            detail is that call.
        into: key for a detail call's answer; "" merges it into the item.
        derive: adds values that are only readable by a rule ("$Name" out of a queue's URL).
        page: page size to ask for; 0 leaves the service's own.
        world: listed once per account, at the partition's global place.
        home: listed only in the caller's own account: what an organisation's management account says of all.
        setting: the setting of a source that leaves the kind out where it is false.
        regions: the only regions that have the API, for a service whose one endpoint is not where IAM's is. It speaks of
            the whole account, so it is asked whichever regions are wanted.
        passes: parameters of several listings that together are the kind, each beside `params`; one listing where empty.
        window: for a kind of which there are too many to list them all: the passes, given how far back to go.
        region: where an item says in which region its detail calls belong.
        lookups: facts that are asked for many items at once.
        keep: whether an item belongs to the kind; for listings that mix what is ours with what is the provider's.
        gather: makes the kind's items out of all that was listed; for listings that say in many lines, or in one, what are
            several items.
        period: further parameters, given the time now: for what is asked of a month.
    """

    service: str
    operation: str
    items: Path = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    item: str = ""
    detail: tuple[Call, ...] = ()
    under: str = ""
    nested: bool = False
    expect: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    itself: Call | None = None
    into: str = ""
    derive: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    page: int = 0
    world: bool = False
    home: bool = False
    setting: str = ""
    regions: tuple[str, ...] = ()
    passes: tuple[Mapping[str, Any], ...] = ()
    window: Callable[[datetime], Sequence[Mapping[str, Any]]] | None = None
    region: Path = ""
    lookups: tuple[Lookup, ...] = ()
    keep: Callable[[Mapping[str, Any]], bool] | None = None
    gather: Callable[[Iterable[dict[str, Json]]], Iterable[dict[str, Json]]] | None = None
    period: Callable[[datetime], Mapping[str, Any]] | None = None


def created_since(
    after: str = "CreationTimeAfter",
    before: str = "CreationTimeBefore",
    status: str = "StatusEquals",
    live: Sequence[str] = (),
) -> Callable[[datetime], Sequence[Mapping[str, Any]]]:
    """A window by time of creation: what was made since, and of what was made before that which is still in a `live`
    state. The passes do not overlap.

    Args:
        after, before, status: names of the parameters.
    """

    def passes(since: datetime) -> Sequence[Mapping[str, Any]]:
        return ({after: since}, *({before: since, status: state} for state in live))

    return passes


class Reader(Protocol):
    """What rows and lookups may ask of the client.

    Attributes:
        memory: what lookups remember as long as the source is open.
    """

    memory: dict[tuple[str, ...], Json]

    def now(self) -> datetime: ...

    def answers(self, account: str, region: str, call: Call, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Answers page after page, as plain JSON. Raises CollectError."""
        ...


class Lookup(Protocol):
    """Facts asked for a batch of items at once.

    Attributes:
        calls: what it calls, for the policy.
    """

    @property
    def calls(self) -> tuple[Call, ...]: ...

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        """Put facts into items under "$…" keys; what failed, by index of the item."""
        ...

    def probe(self, reader: Reader, scope: Scope) -> None:
        """Ask each call for something cheap. Raises CollectError."""
        ...


def all_calls(call: Call) -> Iterator[Call]:
    """A call, its details, the call that tells whether an item is gone, and the calls of its lookups."""
    yield call
    if call.itself:
        yield call.itself
    for detail in call.detail:
        yield from all_calls(detail)
    for lookup in call.lookups:
        yield from lookup.calls
