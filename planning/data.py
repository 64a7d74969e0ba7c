"""What data weigh and how they move: bytes, who reads them, the time over links and in devices, and the price of the way out.

What is not known stays open: a dataset without bytes has no time and no price, and is counted as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from normalize.model import Category
from planning.estate import Component, Estate
from planning.knowledge import Entry, Knowledge, Status
from planning.transfer import (
    DAY,
    GB,
    Appliance,
    Convergence,
    Dataset,
    Range,
    Route,
    Tier,
    Transfer,
    by_appliance,
    converge,
    copy,
    tiered_usd,
)

HOLDS = frozenset(
    {
        Category.BUCKET,
        Category.FILE_STORE,
        Category.VOLUME,
        Category.DATABASE,
        Category.DATASET,
        Category.SEARCH_INDEX,
        Category.IMAGE_REPOSITORY,
        Category.MODEL,
        Category.DATA_TABLE,
    }
)
"""Categories of what holds bytes that have to arrive. Claims, snapshots and backups are other names for, or copies of, these."""

LINKS_GBPS = (1.0, 10.0, 100.0)
"""Links shown side by side where nobody says which there is."""

_USES = (
    "reads_from",
    "writes_to",
    "mounts",
    "stores_in",
    "stored_in",
    "loads",
    "trains_on",
    "uses",
    "made_from",
    "mentions",
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the owner of a move says of it: links in Gbps, the share of them that copies may take, and the longest outage."""

    links_gbps: tuple[float, ...] = LINKS_GBPS
    link_share: float = 1.0
    freeze_seconds: float = 4 * 3600.0
    link_is_known: bool = False


@dataclass(frozen=True, slots=True)
class Price:
    """A price of a way out. `usd` is None where the ladder is not known or not verified."""

    usd: float | None
    reference: str
    observed_at: date | None
    note: str


@dataclass(frozen=True, slots=True)
class Way:
    """A first copy over one link. `catches_up` is None where nobody knows how much changes."""

    link_gbps: float
    transfer: Transfer
    catches_up: Convergence | None


@dataclass(frozen=True, slots=True)
class DataPlan:
    """How one thing that holds data moves. `readers` are the components that use it: its gravity."""

    component: Component
    data: Dataset
    readers: tuple[str, ...]
    ways: tuple[Way, ...]
    egress: Price | None
    appliance: tuple[str, Range] | None
    open: tuple[str, ...]


def plan(
    estate: Estate, knowledge: Knowledge, target: str, as_of: date, ids: Iterable[str], wishes: Wishes
) -> list[DataPlan]:
    """Plans for everything that holds data, most bytes first, then what nobody measured."""
    found = [
        _plan(estate, c, knowledge, target, as_of, wishes)
        for id_ in ids
        if (c := estate.components[id_]).category in HOLDS
        and (_sized(c) or c.category not in _OFTEN_WITHOUT)
        and not _counted_elsewhere(estate, c)
    ]
    return sorted(found, key=lambda p: (p.data.bytes is None, -(p.data.bytes or 0), p.component.id))


_OFTEN_WITHOUT = frozenset(
    {Category.MODEL, Category.IMAGE_REPOSITORY, Category.DATASET, Category.SEARCH_INDEX, Category.DATA_TABLE}
)
"""Entries whose bytes lie elsewhere: they are planned where they say how many they hold themselves."""


def _counted_elsewhere(estate: Estate, c: Component) -> bool:
    """Whether the same bytes stand under another name: a cloud's disk is a cluster's volume too."""
    same = [*estate.to(c.id, "same_as"), *estate.by(c.id, "same_as")]
    return any(o.category in HOLDS and o.id < c.id for o in same)


def _sized(c: Component) -> bool:
    return isinstance(c.facts.get("size_bytes"), int)


def held(c: Component) -> Dataset:
    """What a component holds, as far as it says: used bytes before the size of its volume."""
    size = next((n for k in ("used_bytes", "size_bytes") if isinstance(n := c.facts.get(k), int)), None)
    count = next(
        (n for k in ("object_count", "file_count", "inode_count") if isinstance(n := c.facts.get(k), int)), None
    )
    written, days = c.facts.get("ingested_bytes"), c.facts.get("traffic_window_days")
    daily = written / days if isinstance(written, int) and isinstance(days, int) and days else None
    return Dataset(size, count, daily)


def _plan(estate: Estate, c: Component, knowledge: Knowledge, target: str, as_of: date, wishes: Wishes) -> DataPlan:
    data = held(c)
    rates, missing = _rates(c, knowledge, target, as_of)
    ways = []
    for gbps in wishes.links_gbps:
        route = Route(gbps * 1e9, wishes.link_share, object_rates=rates)
        if found := copy(data, route):
            ways.append(Way(gbps, found, converge(data, found, freeze_budget_seconds=wishes.freeze_seconds)))
    readers = sorted({r.id for r in estate.by(c.id, *_USES) if r.id != c.id})
    opened = [
        *(["bytes"] if data.bytes is None else []),
        *(
            ["number of objects"]
            if data.objects is None and c.category in (Category.BUCKET, Category.FILE_STORE)
            else []
        ),
        *(["how much changes a day"] if data.changed_bytes_per_day is None else []),
        *missing,
    ]
    return DataPlan(
        c,
        data,
        tuple(readers),
        tuple(ways),
        _egress(c, data, knowledge, as_of),
        _device(data, knowledge, target),
        tuple(opened),
    )


_OBJECT_STORES = {"aws": "aws.s3", "gcp": "gcp.storage", "azure": "azure.blob"}


def _rates(
    c: Component, knowledge: Knowledge, target: str, as_of: date
) -> tuple[tuple[tuple[str, float], ...], list[str]]:
    """Requests a second of one prefix or bucket, of source and target; what of them is not known or not verified."""
    if c.category is not Category.BUCKET:
        return (), []
    rates, missing = [], []
    for side, fact, what in (
        (c.provider, "read_requests_per_second", "reads from"),
        (target, "write_requests_per_second", "writes to"),
    ):
        entry = knowledge.entry("storage_services", _OBJECT_STORES.get(side, ""))
        known = entry.facts.get(fact) if entry else None
        if entry and known and known.provenance.status(as_of) is not Status.UNVERIFIED:
            rates.append((f"{what} one {entry.get('requests_for')} of {entry['service']}", float(known.value)))
        else:
            missing.append(f"requests a second that {'source' if side == c.provider else 'target'} storage takes")
    return tuple(rates), missing


def _egress(c: Component, data: Dataset, knowledge: Knowledge, as_of: date) -> Price | None:
    """List price of bringing all bytes to the Internet once; None where bytes are not known or the source is no cloud."""
    if data.bytes is None or c.provider not in _OBJECT_STORES:
        return None
    entry = _path(knowledge, c)
    if entry is None:
        return Price(None, "", None, "no price of this way is in the knowledge base")
    told = entry.facts["usd_per_gb"]
    reference = f"network_paths/{entry.id}#usd_per_gb"
    if told.provenance.status(as_of) is Status.UNVERIFIED:
        return Price(None, reference, told.provenance.observed_at, "the price could not be verified")
    usd = tiered_usd(data.bytes, ladder(entry))
    return Price(round(usd, 2), reference, told.provenance.observed_at, str(entry.get("note") or ""))


def _path(knowledge: Knowledge, c: Component) -> Entry | None:
    """The nearest price list of the way out: of the region, of its continent, else of the provider."""
    region = str(c.facts.get("region") or c.place)
    paths = knowledge.find("network_paths", provider=c.provider, path="internet")
    named = [p for p in paths if p.get("region") and region.startswith(str(p["region"]))]
    return named[0] if named else next((p for p in paths if not p.get("region")), None)


def ladder(entry: Entry) -> list[Tier]:
    """Price steps of a month, with what is free before them. The last known price holds above: higher steps are cheaper."""
    free = entry.get("free_gb_per_month") or 0
    ends: Sequence[float] = entry.get("tier_gb") or ()
    prices: Sequence[float] = entry["usd_per_gb"]
    steps = [Tier(int(free * GB), 0.0)] if free else []
    steps += [Tier(int(end * GB), usd) for end, usd in zip(ends, prices, strict=False)]
    return [*steps, Tier(None, prices[-1])]


def _device(data: Dataset, knowledge: Knowledge, target: str) -> tuple[str, Range] | None:
    """The device of the target's that is soonest done, where its entry says how long it takes."""
    best: tuple[str, Range] | None = None
    for entry in knowledge.find("appliances", provider=target, available=True):
        low, high = entry.get("lead_days_low"), entry.get("lead_days_high")
        if not (rate := entry.get("bytes_per_second")) or low is None or high is None:
            continue
        days = Range(low, (low + high) / 2, high)
        took = by_appliance(data, Appliance(entry.id, entry["usable_bytes"], 8 * rate, days, Range(0, 0, 0)))
        if took and (best is None or took.likely < best[1].likely):
            best = (entry["service"], took)
    return best


def days(seconds: float) -> float:
    return seconds / DAY


def totals(plans: Iterable[DataPlan]) -> Mapping[str, int]:
    """Bytes and objects that are known, and how many things nobody measured."""
    listed = list(plans)
    return {
        "things": len(listed),
        "bytes": sum(p.data.bytes or 0 for p in listed),
        "objects": sum(p.data.objects or 0 for p in listed),
        "without_bytes": sum(p.data.bytes is None for p in listed),
    }
