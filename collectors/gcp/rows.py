"""The fetch types of Google Cloud rows: what comes out of Cloud Asset Inventory, and what the services list themselves.

Owns the shape of a row's `fetch` and of its payload. Refuses logic: a row says what to ask, collector.py asks.

A payload is the resource as its own API gives it (of an asset, `resource.data`), so that one row reads both alike. What goes
with it stands under keys of ours:
    $asset   {name, type, id, by_id, by_number, project, number, location, updated, ancestors}: its full resource name, the
             last part of that, the same name with the project's id and with its number, where it is
    $iam     bindings of its own IAM policy, where the row asks for them: [{role, members, condition}]
    $related full resource names of other assets, by the type of the relationship: {"INSTANCE_TO_INSTANCEGROUP": ["//compute…"]}
    $parent  of a child, the parent's payload
    $…       answers of detail calls and of lookups
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from normalize.errors import CollectError
from normalize.google import kind_of_type
from normalize.mapping import read
from normalize.model import Alias, Category, Field, Json, Kind, Link, Path, Scope

LIST_RESOURCES = "cloudasset.assets.listResource"
LIST_POLICIES = "cloudasset.assets.listIamPolicy"


@dataclass(frozen=True, slots=True)
class Get:
    """A read of a service's REST API.

    Attributes:
        host: "compute.googleapis.com"; "{location}-aiplatform.googleapis.com" where each region has its own.
        path: "/v1/projects/{project}/locations/{location}/jobs"; in braces stand `project`, `number` and `location`, and of a
            detail or child, `relative` ("projects/p/locations/l/endpoints/e": the item's or parent's full name without its
            service) and paths into the item or parent.
        permission: the IAM permission that it takes; several parted by blanks.
        items: where items lie in the answer; of a detail, what to keep of it, "" for all. A path that collects
            ("items[]") is read over all pages.
        within: where the answer is parted by place: the key of the parts, each of which has the items.
        params: query parameters, filled as the path is; several texts where one is repeated.
        page: page size to ask for; 0 leaves the service's own.
        size: name of the parameter of the page size.
        into: key for a detail's answer; "" merges it into the item.
        gone: HTTP codes by which a detail says that there is none: its answer becomes null.
    """

    host: str
    path: str
    permission: str
    items: Path = ""
    params: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    page: int = 0
    size: str = "pageSize"
    into: str = ""
    gone: tuple[int, ...] = (404,)
    within: str = ""

    @property
    def service(self) -> str:
        """The API that has to be enabled: "aiplatform.googleapis.com"."""
        return self.host.rpartition("}-")[2] or self.host


@dataclass(frozen=True, slots=True)
class Asset:
    """One or several types of Cloud Asset Inventory that make a kind; they come out of the sweep of a parent.

    Attributes:
        types: "compute.googleapis.com/Disk", "compute.googleapis.com/RegionDisk"; none for every type.
        shape: discovery document and schema of `resource.data`, "compute.v1.Disk".
        name: how full resource names of the first type look: "//compute.googleapis.com/projects/PROJECT/zones/ZONE/disks/DISK".
        content: what of the assets: "RESOURCE", "IAM_POLICY" for the policies set on them, or "RELATIONSHIP", of which the records are those of
            the assets.
        iam: whether items get the bindings of their own IAM policy.
        keep: whether an asset belongs to the kind, for a type that two kinds share.
        derive: adds values that are only readable by a rule.
        detail: reads that complete one item.
        lookups: facts that are asked for many items at once.
        raw: a type that no row describes; it is kept as it is, and looked at once for the whole sweep.
    """

    types: tuple[str, ...]
    shape: str
    name: str
    content: str = "RESOURCE"
    iam: bool = False
    keep: Callable[[Mapping[str, Any]], bool] | None = None
    derive: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    detail: tuple[Get, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A kind that its service lists itself, for each project and location: what Cloud Asset Inventory does not know.

    Attributes:
        get: the listing.
        type: what the asset type is, or would be: "aiplatform.googleapis.com/CustomJob".
        shape: discovery document and schema of an item, "aiplatform.v1.GoogleCloudAiplatformV1CustomJob".
        name: full resource name of an item: "//aiplatform.googleapis.com/{name}"; filled as paths are.
        places: where it is asked: "locations" of the service in a project, "zones" or "regions" of Compute Engine, or
            "global" for once in a project; a kind of assets, for a service that does not list its places: those in which the project has any of
            that kind, and the multi-regions of ANYWAY.
        under: kind whose items are the parents: the listing runs for each, which its path names ("/v1/{relative}/views");
            children keep it as "$parent".
        spread: makes the kind's items out of one that is listed; one may say its own place under "$Place".
        derive, detail, lookups: as of an asset.
    """

    get: Get
    type: str
    shape: str
    name: str
    places: str = "locations"
    under: str = ""
    spread: Callable[[dict[str, Json]], Iterable[dict[str, Json]]] | None = None
    derive: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    detail: tuple[Get, ...] = ()
    lookups: tuple[Lookup, ...] = ()

    @property
    def after(self) -> str:
        """Kind that has to be known before this one can be asked for; "" for none."""
        return self.under or (self.places if self.places.startswith("gcp.") else "")


ANYWAY = ("eu", "us")


class Reader(Protocol):
    """What lookups may ask of the client.

    Attributes:
        memory: what lookups remember as long as the source is open.
    """

    memory: dict[tuple[str, ...], Any]

    def now(self) -> Any: ...

    def answers(self, get: Get, values: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Answers page after page. Raises CollectError."""
        ...


class Lookup(Protocol):
    """Facts asked for many items of one project at once.

    Attributes:
        gets: what it reads, for the role.
    """

    @property
    def gets(self) -> tuple[Get, ...]: ...

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        """Put facts into items under "$…" keys; what failed, by index of the item."""
        ...


_BLANK = re.compile(r"\{([^{}]+)\}")


def filled(template: str, values: Mapping[str, Any]) -> str:
    """A template with values in place of their names.

    Raises:
        CollectError: the values have no text or number of that name.
    """

    def value(m: re.Match[str]) -> str:
        found = read(values, m[1])
        if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
            raise CollectError(f"has no {m[1]}: {template} cannot be asked for")
        return str(found)

    return _BLANK.sub(value, template)


def host_of(get: Get, values: Mapping[str, Any]) -> str:
    """The host of a read, of a service that has one in each region: "global" goes to the service's own, a multi-region ("us") to its
    own form.

    Source: discovery document aiplatform v1, endpoints, google-api-python-client 2.202.0, read 2026-11-24.

    Raises:
        CollectError: the values have no location.
    """
    host = filled(get.host, values)
    if host == get.host or any(c.isdigit() for c in str(values["location"])):
        return host
    name, _, domain = get.service.partition(".")
    return get.service if values["location"] == "global" else f"{name}.{values['location']}.rep.{domain}"


_COMPUTE = "compute.googleapis.com"


def places_get(fetch: Listing) -> Get:
    """The read that tells where a kind may be."""
    service = fetch.get.service
    short = service.removesuffix(".googleapis.com")
    if fetch.places in ("zones", "regions"):
        return Get(
            _COMPUTE,
            f"/compute/v1/projects/{{project}}/{fetch.places}",
            f"compute.{fetch.places}.list",
            "items[].name",
            page=500,
            size="maxResults",
        )
    version = fetch.get.path.split("/")[1]
    path = f"/{version}/projects/{{project}}/locations"
    return Get(service, path, f"{short}.locations.list", "locations[].locationId", page=100)


def all_gets(fetch: Asset | Listing) -> Iterator[Get]:
    """Every REST read of a row."""
    if isinstance(fetch, Listing):
        yield fetch.get
    yield from fetch.detail
    for lookup in fetch.lookups:
        yield from lookup.gets


def types_of(fetch: Asset | Listing) -> tuple[str, ...]:
    """Asset types that a row has, or would have where Cloud Asset Inventory knew it."""
    return fetch.types if isinstance(fetch, Asset) else (fetch.type,)


def row(
    category: Category,
    fetch: Asset | Listing,
    fields: Mapping[str, Path | Field],
    *,
    key: Path = "",
    links: tuple[Link, ...] = (),
    aliases: tuple[Alias, ...] = (),
    labels: Path = "labels",
    sensitive: frozenset[str] = frozenset(),
    quiet: frozenset[str] = frozenset(),
) -> Kind:
    """A row; its name, identity and aliases follow from the asset type.

    Args:
        fields: `name` is the last part of the full resource name where it is left out.
        key: where the name of the key lies that encrypts it; it is a field and a link.
        labels: where labels lie.
    """
    types = types_of(fetch)
    if key:
        fields = {**fields, "encryption_key": key}
        links = (*links, Link("encrypted_by", "gcp.cloudkms.crypto_key", key))
    needs = tuple(sorted({p for get in all_gets(fetch) for p in get.permission.split()}))
    return Kind(
        name=kind_of_type(types[0]),
        category=category,
        fetch=fetch,
        id="$asset.name",
        native="$asset.id",
        unique="account",
        fields={"name": "$asset.id", **fields},
        tags=labels,
        needs=(*((LIST_RESOURCES,) if isinstance(fetch, Asset) else ()), *needs),
        links=links,
        aliases=(Alias("gcp", "$asset.by_id"), Alias("gcp", "$asset.by_number"), *aliases),
        sensitive=sensitive,
        quiet=quiet | OWN_PATHS,
    )


def raw_row(asset_type: str) -> Kind:
    """The row of a type that none of ours describes: it keeps what there is."""
    return row(Category.UNMODELLED, Asset((asset_type,), "", "", raw=True), {})


OWN_PATHS = frozenset({"$asset", "$iam", "$parent", "selfLink", "etag", "fingerprint"})
"""Paths that are not searched for mentions: a thing's own names, and its parent's payload."""

RELATIONSHIPS = row(
    Category.UNMODELLED, Asset(("cloudasset.googleapis.com/Relationship",), "", "", content="RELATIONSHIP"), {}
)
"""What speaks of the relationships that Cloud Asset Inventory tells: of how far they were read. They stand in the assets' own records."""
