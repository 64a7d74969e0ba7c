"""Where data lie and may go: labels carried along lineage, places and their law, keys, exposure, and reviews to be made.

A label is what somebody says of data: in a tag, or as the data's own attribute. It goes with them into everything that is
made from them. What carries no label is unlabelled, which is not "not sensitive".
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from normalize.model import Category
from planning.accelerators import needed
from planning.estate import Component, Estate
from planning.knowledge import Entry, Knowledge

_KEYS = re.compile(r"^(?:data)?(?:classification|sensitivity|residency|pii|phi|gdpr|confidentiality|compliance|datatype|personaldata|regulated|jurisdiction)$")  # fmt: skip

FROM = frozenset(
    {"reads_from", "loads", "trained_on", "trains_on", "made_from", "copy_of", "version_of", "replica_of", "mounts", "serves", "uses", "uses_model", "backs_up", "part_of", "registered_from", "stored_in", "stores_in", "indexes", "materializes"}
)  # fmt: skip
"""Verbs by which what stands on the left takes from what stands on the right: the label goes from right to left."""
INTO = frozenset({"writes_to", "logs_to", "produces", "outputs_to", "captures_to", "exports_to", "replicates_to"})
"""Verbs by which the left gives to the right: the label goes from left to right."""

CARRIES = frozenset(
    {
        Category.BUCKET, Category.FILE_STORE, Category.VOLUME, Category.DATABASE, Category.DATASET, Category.DATA_TABLE, Category.FEATURE_STORE,
        Category.STREAM, Category.SEARCH_INDEX, Category.KNOWLEDGE_BASE, Category.MODEL, Category.MODEL_VERSION, Category.ENDPOINT, Category.DEPLOYMENT,
        Category.TRAINING_JOB, Category.TUNING_JOB, Category.INFERENCE_JOB, Category.PIPELINE, Category.DATA_JOB, Category.LOG_STORE, Category.BACKUP,
        Category.SNAPSHOT, Category.RUN, Category.VOLUME_CLAIM, Category.WORKLOAD, Category.NOTEBOOK, Category.CACHE, Category.QUEUE, Category.ENDPOINT_CONFIG,
    }
)  # fmt: skip
"""Categories that data go through or rest in; a network or an identity carries none."""

RESTS = frozenset(
    {
        Category.BUCKET, Category.FILE_STORE, Category.VOLUME, Category.DATABASE, Category.DATASET, Category.DATA_TABLE, Category.FEATURE_STORE,
        Category.SEARCH_INDEX, Category.MODEL, Category.MODEL_VERSION, Category.LOG_STORE, Category.BACKUP, Category.SNAPSHOT, Category.STREAM,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Label:
    """What somebody says of data, and where that came from. `path` are the components it went through, the origin first."""

    name: str
    value: str
    origin: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """One component's place and protection. None is unknown."""

    component: Component
    labels: tuple[Label, ...]
    region: str
    country: str | None
    eu: bool | None
    encrypted: bool | None
    own_key: bool | None
    public: bool | None
    regions: tuple[str, ...]
    """Regions of the target under the same law; empty where the law of its place is unknown or none is known."""
    device: str = ""
    device_regions: tuple[str, ...] = ()
    """Of those, the ones known to offer the device that it runs on."""


@dataclass(frozen=True, slots=True)
class Review:
    """Something that a person has to decide; Stocktake never answers it."""

    name: str
    subjects: tuple[str, ...]
    why: str


def carried(estate: Estate) -> dict[str, tuple[Label, ...]]:
    """Labels of every component, own ones and those that came along lineage."""
    labels: dict[str, dict[tuple[str, str], Label]] = defaultdict(dict)
    waiting: deque[tuple[str, Label]] = deque()
    for c in estate.components.values():
        for name, value in _own(c):
            waiting.append((c.id, Label(name, value, c.id, (c.id,))))
    while waiting:
        id_, label = waiting.popleft()
        key = (label.name, label.value)
        if key in labels[id_]:
            continue
        labels[id_][key] = label
        for other in _downstream(estate, id_):
            waiting.append((other.id, Label(label.name, label.value, label.origin, (*label.path, other.id))))
    return {id_: tuple(found[k] for k in sorted(found)) for id_, found in labels.items()}


def _own(c: Component) -> Iterable[tuple[str, str]]:
    for name, value in c.tags.items():
        plain = re.sub(r"[^a-z]", "", name.rpartition("/")[2].lower())
        if _KEYS.match(plain) and isinstance(value, str) and value.strip():
            yield plain, value.strip().lower()


def _downstream(estate: Estate, id_: str) -> Iterable[Component]:
    """What data of a component go into next."""
    for other in estate.by(id_, *sorted(FROM)):
        if other.category in CARRIES:
            yield other
    for other in estate.to(id_, *sorted(INTO)):
        if other.category in CARRIES:
            yield other


def standings(
    estate: Estate, knowledge: Knowledge, target: str, ids: Iterable[str], labels: Mapping[str, tuple[Label, ...]]
) -> list[Standing]:
    """Where data rest, what is said of them, and where at the target the same law holds; labelled ones first."""
    places = knowledge.find("regions", provider=target)
    found = [
        _standing(c, labels.get(c.id, ()), knowledge, places)
        for id_ in ids
        if (c := estate.components[id_]).category in RESTS or c.id in labels
    ]
    return sorted(found, key=lambda s: (not s.labels, s.component.kind, s.component.id))


def _standing(c: Component, labels: Sequence[Label], knowledge: Knowledge, places: Sequence[Entry]) -> Standing:
    region = str(c.facts.get("region") or c.place)
    known = knowledge.entry("regions", f"{c.provider}.{region}")
    country, eu = (known.get("country"), known.get("eu")) if known else (None, None)
    alike = [p for p in places if known and ((eu and p.get("eu")) or (country and p.get("country") == country))]
    encrypted = c.facts.get("encrypted")
    if encrypted is None and (c.facts.get("encryption") or c.facts.get("encryption_key")):
        encrypted = True
    device = needed(c, knowledge).model if c.facts.get("accelerators") else ""
    return Standing(
        c,
        tuple(labels),
        region,
        country,
        eu,
        encrypted,
        c.facts.get("customer_managed_key"),
        c.facts.get("public"),
        tuple(sorted(_region(p) for p in alike)),
        device,
        tuple(sorted(_region(p) for p in alike if device and device in (p.get("accelerators") or ()))),
    )


def _region(place: Entry) -> str:
    return place.id.partition(".")[2]


def reviews(estate: Estate, found: Sequence[Standing], target: str) -> list[Review]:
    """What people have to decide before things move."""
    raised = []
    weights = [c.id for c in estate.components.values() if c.category in (Category.MODEL, Category.MODEL_VERSION)]
    if weights:
        raised.append(
            Review(
                "export control of model weights",
                tuple(weights),
                "weights of models can fall under export control when they cross a border; rules for them changed in 2025 and may again: "
                "ask whoever answers for trade compliance, with the date of the move",
            )
        )
    open_data = [s.component.id for s in found if s.public]
    if open_data:
        raised.append(
            Review(
                "open to the outside",
                tuple(open_data),
                "reachable or readable from outside today: is that meant, and is it to stay so?",
            )
        )
    stray = [s.component.id for s in found if s.labels and not s.regions and s.country]
    if stray:
        raised.append(
            Review(
                "no region of the same law",
                tuple(stray),
                f"no region of {target} in the same country or union is known",
            )
        )
    lacking = [s.component.id for s in found if s.labels and s.regions and s.device and not s.device_regions]
    if lacking:
        why = f"no region of {target} under the same law is known to have its accelerator: choose another device or another region, and ask"
        raised.append(Review("law and accelerator do not meet", tuple(lacking), why))
    nowhere = [s.component.id for s in found if s.labels and s.country is None]
    if nowhere:
        raised.append(
            Review("place unknown", tuple(nowhere), "labelled data whose country is not known: ask where they lie")
        )
    return raised
