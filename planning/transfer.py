"""How long data take to move: over a network by what binds, or in a device by what it holds, as ranges.

Pure arithmetic over what is known. A figure that is not known is an argument that is None, and makes the answer None or
open at that point: no default stands in for a measurement. Rates are bits or objects a second, times are seconds.

The shape: bulk = 8 · bytes / least of (link · share · efficiency, streams · 8 · window / RTT, source, sink);
objects = objects / least rate of listing, reading and writing; total = the longer of the two, and what comes before
and after it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Range:
    """Low, likely and high of one quantity; low is the least."""

    low: float
    likely: float
    high: float

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.likely + other.likely, self.high + other.high)

    def times(self, factor: float) -> Range:
        return Range(self.low * factor, self.likely * factor, self.high * factor)


def exactly(value: float) -> Range:
    return Range(value, value, value)


NOTHING = exactly(0)

MANY_STREAMS = Range(0.8, 0.7, 0.5)
"""Efficiency of a link under a tuned copy of large objects in many streams: best, likely, worst. A rule of thumb, to be
replaced by a pilot copy of 1 %; reports list it as an assumption."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """What is to move. `changed_bytes_per_day` is what is written or changed; None where nobody measured."""

    bytes: int | None
    objects: int | None = None
    changed_bytes_per_day: float | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """A way over a network.

    Attributes:
        link_bps: rate of the link.
        share: part of it that the copy may take, 0–1.
        efficiency: of what is left, what carries data: best, likely, worst.
        streams, window_bytes, rtt_seconds: cap streams by what is in flight; a None among them leaves them uncapped.
        source_bps, sink_bps: what storage gives and takes.
        object_rates: name -> objects a second: of listing, reading, writing; those that are known.
        name: "link", as the binding constraint is called when it is this.
    """

    link_bps: float
    share: float = 1.0
    efficiency: Range = MANY_STREAMS
    streams: int | None = None
    window_bytes: int | None = None
    rtt_seconds: float | None = None
    source_bps: float | None = None
    sink_bps: float | None = None
    object_rates: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Transfer:
    """A first copy. `binding` is what decides over the likely time: "link share", "streams", "source", "sink" or the name
    of an object rate. `open` says what was not known and could lengthen it."""

    seconds: Range
    bulk: Range
    objects: Range | None
    binding: str
    open: tuple[str, ...]


def copy(data: Dataset, route: Route) -> Transfer | None:
    """The first copy of a dataset over a route; None where its bytes are not known."""
    if data.bytes is None:
        return None
    caps = list(_caps(route))
    bulk = Range(*(8 * data.bytes / min(cap for _, cap in _with_link(caps, route, e)) for e in _efficiencies(route)))
    binding = min(_with_link(caps, route, route.efficiency.likely), key=lambda c: c[1])[0]
    counted, missing = None, []
    if data.objects is None:
        missing.append("number of objects")
    elif route.object_rates:
        name, rate = min(route.object_rates, key=lambda r: r[1])
        counted = exactly(data.objects / rate)
        if counted.likely > bulk.likely:
            binding = name
    if not route.object_rates:
        missing.append("request rates of source and target")
    seconds = bulk if counted is None else Range(*map(max, _triple(bulk), _triple(counted)))
    return Transfer(seconds, bulk, counted, binding, tuple(missing))


def _efficiencies(route: Route) -> tuple[float, float, float]:
    return route.efficiency.low, route.efficiency.likely, route.efficiency.high


def _triple(r: Range) -> tuple[float, float, float]:
    return r.low, r.likely, r.high


def _with_link(caps: list[tuple[str, float]], route: Route, efficiency: float) -> list[tuple[str, float]]:
    return [("link share", route.link_bps * route.share * efficiency), *caps]


def _caps(route: Route) -> Iterable[tuple[str, float]]:
    if route.streams and route.window_bytes and route.rtt_seconds:
        yield "streams", route.streams * stream_bps(route.window_bytes, route.rtt_seconds)
    if route.source_bps:
        yield "source", route.source_bps
    if route.sink_bps:
        yield "sink", route.sink_bps


def stream_bps(window_bytes: float, rtt_seconds: float) -> float:
    """The most that one TCP stream carries: a window each round trip."""
    return 8 * window_bytes / rtt_seconds


@dataclass(frozen=True, slots=True)
class Convergence:
    """How repeated passes catch up with changes. `converges` is False where changes come faster than they can be copied;
    then `passes` and `freeze` are None. `freeze_seconds` is the last pass, verification included: the outage."""

    converges: bool
    passes: int | None
    freeze: Range | None


def converge(
    data: Dataset, transfer: Transfer, *, freeze_budget_seconds: float, verify: Range = NOTHING, most: int = 50
) -> Convergence | None:
    """How many delta passes lead into a freeze budget; None where nobody knows how much changes.

    A pass copies what changed during the pass before it, at the rate of the first copy.
    """
    if data.bytes is None or data.changed_bytes_per_day is None:
        return None
    if not data.bytes:
        return Convergence(True, 0, verify)
    ratios = [data.changed_bytes_per_day / DAY * s / data.bytes for s in _triple(transfer.seconds)]
    passes, seconds = 0, transfer.seconds
    while (seconds + verify).likely > freeze_budget_seconds:
        if ratios[1] >= 1 or passes == most:
            return Convergence(False, None, None)
        seconds = Range(*(s * r for s, r in zip(_triple(seconds), ratios, strict=True)))
        passes += 1
    return Convergence(True, passes, seconds + verify)


@dataclass(frozen=True, slots=True)
class Appliance:
    """A device that is shipped. `days_*` are ranges of whole days that the vendor and the carrier take; None: not known."""

    name: str
    usable_bytes: int
    copy_bps: float
    order_days: Range | None = None
    ship_days: Range | None = None
    ingest_bps: float | None = None


def by_appliance(data: Dataset, device: Appliance, devices: int = 1) -> Range | None:
    """Seconds from order to the last byte in the target, with as many devices as it takes, `devices` at a time; None where
    bytes or one of the times are not known."""
    if data.bytes is None or device.order_days is None or device.ship_days is None:
        return None
    loads = -(-data.bytes // device.usable_bytes)
    rounds = -(-loads // devices)
    copied = 8 * data.bytes / device.copy_bps / min(devices, loads or 1)
    ingested = 8 * data.bytes / device.ingest_bps if device.ingest_bps else copied
    return device.order_days.times(DAY) + device.ship_days.times(2 * DAY * rounds) + exactly(copied + ingested)


@dataclass(frozen=True, slots=True)
class Tier:
    """A step of a price ladder: bytes above the last step and up to `up_to_bytes` (None: without end) a month."""

    up_to_bytes: int | None
    usd_per_gb: float


GB = 1_000_000_000


def tiered_usd(quantity_bytes: float, tiers: Iterable[Tier], used_bytes: float = 0) -> float:
    """Price of a month's bytes on a ladder that `used_bytes` of the month were already taken from.

    Raises:
        ValueError: the ladder ends below the quantity.
    """
    left, at, total = quantity_bytes, used_bytes, 0.0
    for tier in tiers:
        room = float("inf") if tier.up_to_bytes is None else max(tier.up_to_bytes - at, 0)
        taken = min(left, room)
        total += taken / GB * tier.usd_per_gb
        left, at = left - taken, at + taken
        if left <= 0:
            return total
    if left > 0:
        raise ValueError("the price ladder ends below the quantity")
    return total
