"""Facts that follow from where a component stands among others: addresses that collide, clouds that it is seen to use, identities
that are bound to it from outside of its cluster."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from typing import Any

from normalize.model import Category
from planning.estate import Component, Estate

C = Category
CLOUDS = frozenset({"aws", "gcp", "azure"})

SURROUNDINGS: Mapping[str, str] = {
    "address_overlaps": "Other networks that use some of its addresses: PROVIDER NAME RANGE",
    "clouds_used": "Clouds whose data and services it is seen to point at",
    "pod_identity": "Whether EKS Pod Identity binds it to a role",
}
"""Facts of this module, with their meaning."""

Told = tuple[Component, str, Any, str]
"""Component, fact, value, and the attribute that tells it."""

_Range = ipaddress.IPv4Network | ipaddress.IPv6Network
_MOST_NAMED = 10


def surroundings(estate: Estate, platforms: Mapping[str, tuple[str, str]]) -> Iterator[Told]:
    """What follows from how things stand to each other.

    Args:
        platforms: uid of a cluster -> what runs it, and whose that is.
    """
    yield from _overlaps(estate)
    yield from _clouds_used(estate)
    yield from _pod_identities(estate, {uid for uid, (platform, _) in platforms.items() if platform == "eks"})


def ranges(c: Component) -> tuple[list[_Range], str]:
    """The addresses of a network or subnet, and the attribute that tells them."""
    told_by = "addresses" if isinstance(c.facts.get("addresses"), list) and c.kind == "aws.ec2.vpc" else "cidr"
    told = c.facts.get(told_by)
    texts = list(told) if isinstance(told, list) else str(told).replace(",", " ").split() if told else []
    for secondary in (c.facts.get("settings") or {}).get("secondaryIpRanges") or ():
        texts.append(secondary.get("ipCidrRange"))
    return [r for t in texts if (r := _range(t))], told_by


def _range(text: Any) -> _Range | None:
    try:
        return ipaddress.ip_network(str(text), strict=False)
    except ValueError:
        return None


_NETWORKS = frozenset({"aws.ec2.vpc", "azure.network.virtual_network", "gcp.compute.subnetwork"})


def _overlaps(estate: Estate) -> Iterator[Told]:
    """Default networks and those of one network of Google Cloud are left out: nobody joins the former, the latter cannot."""
    own: dict[str, str] = {}
    spans: list[tuple[int, int, int, str, _Range]] = []
    for c in estate.components.values():
        if c.kind not in _NETWORKS or c.name == "default":
            continue
        found, told_by = ranges(c)
        if found or told_by in c.facts:
            own[c.id] = told_by
        if found and c.facts.get("default") is not True:
            spans += [(r.version, int(r.network_address), int(r.broadcast_address), c.id, r) for r in found]
    others = _pairs(spans, {id_: _joined(estate, id_) for id_ in own})
    for id_, told_by in own.items():
        named = sorted(
            f"{(o := estate.components[other]).provider} {o.name} {range_}" for other, range_ in others.get(id_, ())
        )
        yield estate.components[id_], "address_overlaps", named[:_MOST_NAMED], told_by


def _joined(estate: Estate, id_: str) -> frozenset[str]:
    """A network and what of its kind belongs to it."""
    return frozenset({id_, *(o.id for o in estate.to(id_) if o.category is C.NETWORK)})


def _pairs(
    spans: list[tuple[int, int, int, str, _Range]], joined: Mapping[str, frozenset[str]]
) -> dict[str, set[tuple[str, _Range]]]:
    """Component -> others whose ranges overlap with its own, by a sweep over first addresses."""
    found: dict[str, set[tuple[str, _Range]]] = defaultdict(set)
    open_: list[tuple[int, int, int, str, _Range]] = []
    for span in sorted(spans, key=lambda s: s[:4]):
        open_ = [o for o in open_ if o[0] == span[0] and o[2] >= span[1]]
        for other in open_:
            if not joined[span[3]] & joined[other[3]]:
                found[span[3]].add((other[3], other[4]))
                found[other[3]].add((span[3], span[4]))
        open_.append(span)
    return found


_RUNNING = frozenset(
    {C.WORKLOAD, C.TRAINING_JOB, C.TUNING_JOB, C.ENDPOINT, C.PIPELINE, C.NOTEBOOK, C.DATA_JOB, C.INFERENCE_JOB, C.FUNCTION, C.HOST}
)  # fmt: skip
_USED = frozenset(
    {C.BUCKET, C.FILE_STORE, C.DATABASE, C.CACHE, C.QUEUE, C.STREAM, C.FUNCTION, C.API, C.ENDPOINT, C.MODEL, C.MODEL_VERSION, C.FEATURE_STORE, C.SEARCH_INDEX, C.DATA_TABLE, C.DATASET, C.SECRET}
)  # fmt: skip


def _clouds_used(estate: Estate) -> Iterator[Told]:
    """Of what runs outside of clouds' own services: things that it names and that were found."""
    for c in estate.components.values():
        if c.provider in CLOUDS or c.category not in _RUNNING:
            continue
        used = {o.provider for o in estate.to(c.id) if o.provider in CLOUDS and o.category in _USED}
        yield c, "clouds_used", sorted(used), "clouds_used"


def _pod_identities(estate: Estate, on_eks: Set[str]) -> Iterator[Told]:
    """Associations stand at AWS, not in the cluster: of a cluster on EKS of which AWS was not asked, or that did not tell all,
    nothing follows."""
    bound: set[tuple[str, str, str]] = set()
    asked: set[str] = set()
    for eks in (c for c in estate.components.values() if c.kind == "aws.eks.cluster"):
        same = [*estate.to(eks.id, "same_as"), *estate.by(eks.id, "same_as")]
        clusters = {o.account for o in same if o.provider == "kubernetes"}
        asked |= clusters
        for a in (o for o in estate.by(eks.id) if o.kind == _ASSOCIATION):
            for uid in clusters:
                bound.add((uid, str(a.facts.get("namespace")), str(a.facts.get("service_account"))))
    if any(b.kind == _ASSOCIATION for b in estate.blind_spots):
        asked = set()
    for c in estate.components.values():
        if c.kind == "k8s.service_account":
            found = (c.account, str(c.facts.get("namespace")), c.name) in bound
            if found or c.account not in on_eks or c.account in asked:
                yield c, "pod_identity", found, "pod_identity"


_ASSOCIATION = "aws.eks.pod_identity_association"
