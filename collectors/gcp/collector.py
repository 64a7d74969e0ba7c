"""Runs Google Cloud rows: sweeps each parent once, gives every kind its share, lists what the sweep cannot know.

Owns the order of calls and what a failed call costs: a sweep that is cut makes every look at it partial, a failed listing costs
its scope, a failed detail or lookup costs that record's detail. Refuses to call Google (client.py does) and to know any kind by
name.

A look at what is swept has a project as its account, and "global" as its place: it speaks of all places at once. What belongs to
a folder or an organisation is looked at under the parent that was swept, and so is what no row describes. A record says its own
place and owner.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from collectors.contract import EVERY_KIND, UNKNOWN_PLACE, Blindness, CutShortError, Planned
from collectors.gcp.client import (
    IAM_POLICY,
    LIST_ASSETS,
    RELATIONSHIP,
    RESOURCE,
    Client,
    StaleTokenError,
    call_of,
    translate,
)
from collectors.gcp.messages import asset_of
from collectors.gcp.payloads import ASSET, GLOBAL, Projects, from_asset, from_item, owner
from collectors.gcp.rows import (
    ANYWAY,
    RELATIONSHIPS,
    Asset,
    Get,
    Listing,
    all_gets,
    filled,
    places_get,
    raw_row,
    types_of,
)
from collectors.sweeps import Sweep
from normalize.errors import MISSHAPEN, CollectError, DeniedError, MappingError, TransientError, UnavailableError
from normalize.mapping import MISSING, read
from normalize.model import Json, Kind, RawRecord, Scope

PROJECT_TYPE = "cloudresourcemanager.googleapis.com/Project"
ORGANIZATION = "gcp.cloudresourcemanager.organization"
RESTARTS = 2
"""How often a sweep begins anew when its page token has expired."""
IAM, RELATED = "$iam", "$related"
BATCH = 200
_ASKERS = 8


@dataclass
class _Tree:
    """One parent: the projects in it, and what its sweep gave.

    Attributes:
        projects: ids of those that no earlier parent has.
        known: whether it has projects at all.
        related: whether any relationship is told.
    """

    parent: str
    projects: list[str] = field(default_factory=list)
    known: bool = False
    sweep: Sweep = field(default_factory=Sweep)
    related: bool = False

    @property
    def is_project(self) -> bool:
        return self.parent.startswith("projects/")


class GcpCollector:
    """Lists what is in some organisations, folders or projects.

    Args:
        source: the configured name.
        parents: "organizations/1234", "folders/77", "projects/ml-prod".
    """

    provider = "gcp"
    spreads = False

    def __init__(
        self, source: str, client: Client, kinds: Sequence[Kind], parents: Sequence[str], projects: Projects
    ) -> None:
        self.source = source
        self._client = client
        self._kinds = {kind.name: kind for kind in kinds}
        self._parents = list(dict.fromkeys(parents))
        self._projects = projects
        self._trees: list[_Tree] = []
        self._by_account: dict[str, _Tree] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._places: dict[tuple[str, str, str], Sequence[str] | CollectError] = {}

    def kinds(self) -> Sequence[Kind]:
        """Every row. Types without one are found out by a scan of all of them."""
        return tuple(self._kinds.values())

    def plan(self, kinds: Sequence[Kind]) -> Iterator[Planned]:
        """What services list themselves comes first: it is read while the sweep runs."""
        sweeper = ThreadPoolExecutor(1, thread_name_prefix=f"sweep-{self.source}")
        try:
            for parent in self._parents:
                yield from self._plan_parent(parent, kinds, sweeper)
        finally:
            sweeper.shutdown(wait=False, cancel_futures=True)

    def _plan_parent(self, parent: str, kinds: Sequence[Kind], sweeper: ThreadPoolExecutor) -> Iterator[Planned]:
        tree = _Tree(parent)
        self._trees.append(tree)
        if error := self._find_projects(tree):
            yield Planned(None, Scope("gcp", self._account(tree), UNKNOWN_PLACE), error)
        if not tree.projects and (error or tree.known):
            return  # nothing can be known of it, or another parent has it all
        swept = [k for k in kinds if isinstance(k.fetch, Asset)]
        children = [k for k in kinds if isinstance(k.fetch, Listing) and self._is_swept(k.fetch.after)]
        sweep = None
        if swept or children:
            needed = {k.name: k.fetch for k in [*swept, *(self._root(k) for k in children)]}
            sweep = sweeper.submit(self._sweep, tree, list(needed.values()), everything=self._is_everything(swept))
        listed = [k for k in kinds if isinstance(k.fetch, Listing) and not self._is_swept(k.fetch.after)]
        yield from self._planned_listings(listed, tree.projects)
        if sweep is not None:
            yield from self._planned_shares(tree, swept, children, sweep)

    def _planned_listings(self, kinds: Sequence[Kind], projects: Sequence[str]) -> Iterator[Planned]:
        """Project by project; where the services are in those to come is asked for meanwhile."""

        def learn(project: str) -> None:
            for kind in kinds:
                with suppress(CollectError):  # remembered, and said when its turn comes
                    self._places_of(kind.fetch, project)

        pool = ThreadPoolExecutor(_ASKERS, thread_name_prefix=f"places-{self.source}")
        try:
            for project, _ in zip(projects, pool.map(learn, projects), strict=True):
                for kind in kinds:
                    yield from self._planned_listing(kind, project)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _is_everything(self, swept: Sequence[Kind]) -> bool:
        return {k.name for k in swept} == {k.name for k in self._kinds.values() if isinstance(k.fetch, Asset)}

    def _is_swept(self, after: str) -> bool:
        """Whether the items of a kind come out of the sweep, or are listed after what does."""
        return bool(after) and isinstance(self._root(self._kinds[after]).fetch, Asset)

    def _root(self, kind: Kind) -> Kind:
        """The kind that stands above all those that a kind is listed under, or after."""
        after = "" if isinstance(kind.fetch, Asset) else kind.fetch.after
        return self._root(self._kinds[after]) if after else kind

    def _may_have(self, account: str, kind: Kind) -> bool:
        """Whether an account may have children of a kind: what stands under organisations, organisations alone have."""
        owner = account.partition("/")[0] if "/" in account else "projects"
        return owner == ("organizations" if self._root(kind).name == ORGANIZATION else "projects")

    def _account(self, tree: _Tree) -> str:
        """What a parent's own things are looked at under: of a project its id, otherwise the parent."""
        return self._projects.id_of(tree.parent.partition("/")[2]) if tree.is_project else tree.parent

    def _find_projects(self, tree: _Tree) -> CollectError | None:
        """Find the projects of a parent that no earlier parent has; why not all of them are found."""
        try:
            for page in self._pages(tree.parent, RESOURCE, [PROJECT_TYPE]):
                for message in page:
                    data = from_asset(asset_of(message.SerializeToString()), self._projects)
                    number, project = data[ASSET]["id"], data.get("projectId") or data[ASSET]["id"]
                    self._projects.add(str(project), str(data.get("projectNumber") or number))
                    self._take(tree, str(project))
        except CollectError as error:
            return error
        if tree.is_project and not tree.projects:
            self._take(tree, self._account(tree))
        return None

    def _take(self, tree: _Tree, account: str) -> None:
        """Make an account a tree's, unless it is another's."""
        tree.known = True
        if account not in self._by_account:
            self._by_account[account] = tree
            if "/" not in account:
                tree.projects.append(account)

    def _planned_listing(self, kind: Kind, project: str) -> Iterator[Planned]:
        try:
            places = self._places_of(kind.fetch, project)
        except CollectError as error:
            place = GLOBAL if isinstance(error, UnavailableError) else UNKNOWN_PLACE
            yield Planned(kind, Scope("gcp", project, place), error)
            return
        yield from (Planned(kind, Scope("gcp", project, place)) for place in places)

    def _planned_shares(
        self, tree: _Tree, swept: Sequence[Kind], children: Sequence[Kind], sweep: Future[None]
    ) -> Iterator[Planned]:
        try:
            sweep.result()
        except CollectError as error:
            yield Planned(None, Scope("gcp", self._account(tree), UNKNOWN_PLACE), error)
            return
        if not tree.is_project:
            self._take(tree, tree.parent)
        for _, account in (*tree.sweep.counts(RESOURCE), *tree.sweep.counts(IAM_POLICY)):
            self._take(tree, account)  # of a project that was made meanwhile
        for account in [a for a, t in self._by_account.items() if t is tree]:
            yield from (Planned(kind, Scope("gcp", account, GLOBAL)) for kind in swept)
            for kind in children:
                if self._may_have(account, kind):
                    yield from self._planned_listing(kind, account)
        if self._is_everything(swept):
            yield Planned(RELATIONSHIPS, Scope("gcp", self._account(tree), GLOBAL), note=_told(tree))
            yield from self._planned_raw(tree)

    def _planned_raw(self, tree: _Tree) -> Iterator[Planned]:
        """One look per type without a row: it is stored as it is. What a service lists itself is that listing's, if the sweep has it too."""
        known = {t for k in self._kinds.values() for t in types_of(k.fetch)}
        scope = Scope("gcp", self._account(tree), GLOBAL)
        for type_ in sorted({t for t, _ in tree.sweep.counts(RESOURCE)} - known):
            yield Planned(raw_row(type_), scope)

    # The sweep

    def _sweep(self, tree: _Tree, fetches: Sequence[Asset], *, everything: bool) -> None:
        """Read a parent from end to end. Raises CollectError where nothing of its resources can be read."""
        listed = [f for f in fetches if f.content == RESOURCE]
        bound = [f for f in fetches if f.iam or f.content == IAM_POLICY]
        if listed:
            self._sweep_part(tree, RESOURCE, () if everything else _types(listed))
            if everything and tree.projects and not tree.sweep.counts(RESOURCE):
                raise CollectError("nothing at all is listed, not even the projects that there are", call=LIST_ASSETS)
        if bound:
            try:
                self._sweep_part(tree, IAM_POLICY, () if everything else _types(bound))
            except CollectError as error:
                tree.sweep.cut[IAM_POLICY] = error
        if listed:
            try:
                self._sweep_part(tree, RELATIONSHIP, ())  # not by type: those that have none are refused
            except CollectError as error:
                tree.sweep.cut[RELATIONSHIP] = _without_relationships(error)

    def _sweep_part(self, tree: _Tree, content: str, types: Sequence[str]) -> None:
        found = False
        try:
            for page in self._pages(tree.parent, content, types):
                found = found or bool(page)
                filed = self._filed_relationship if content == RELATIONSHIP else self._filed
                tree.sweep.add(content, (filed(tree, message) for message in page))
        except CollectError as error:
            if not found:
                raise
            tree.sweep.cut[content] = error

    def _filed(self, tree: _Tree, message: Any) -> tuple[str, str, str, bytes]:
        account = owner({"name": message.name, "ancestors": message.ancestors}, self._projects)
        shared = account if "/" not in account and account != "?" else self._account(tree)
        return message.asset_type, shared, message.name, message.SerializeToString()

    def _filed_relationship(self, tree: _Tree, message: Any) -> tuple[str, str, str, bytes]:
        """By the name of the asset that it is told of."""
        tree.related = True
        related = message.related_asset
        name = f"{message.name} {related.relationship_type} {related.asset}"
        return message.name, "", name, message.SerializeToString()

    def _pages(self, parent: str, content: str, types: Sequence[str]) -> Iterator[Sequence[Any]]:
        """Pages of a sweep, from the start again when the token of one expires. Raises CollectError."""
        for restart in range(RESTARTS + 1):
            token, tokens = "", set[str]()
            try:
                while True:
                    if self._closed:
                        raise TransientError("the source was closed before the end", call=LIST_ASSETS)
                    page, token = self._client.assets(parent, content, types, token=token)
                    yield page
                    if not token:
                        return
                    if token in tokens:
                        raise CollectError("the pages go in a circle: the rest cannot be read", call=LIST_ASSETS)
                    tokens.add(token)
            except StaleTokenError as error:
                if restart == RESTARTS:
                    said = f"the page token expired {RESTARTS + 1} times before the end: {error}"
                    raise TransientError(said, call=LIST_ASSETS, code=error.code) from None

    # Looks

    def unavailable(self, kind: Kind, scope: Scope) -> CollectError | None:
        return None  # what is switched off says so when its places are asked for

    def collect(self, kind: Kind, scope: Scope) -> Iterator[RawRecord]:
        """All records of one kind in one scope.

        Raises:
            CutShortError: at the end, when the sweep that it rests on was cut.
            CollectError: the listing failed, wherever it was.
        """
        if kind is RELATIONSHIPS:
            yield from self._relationships(scope)
        elif isinstance(kind.fetch, Asset):
            yield from self._share(kind, scope)
        else:
            yield from self._listed(kind, scope)

    def _share(self, kind: Kind, scope: Scope) -> Iterator[RawRecord]:
        """A kind's share of a sweep."""
        fetch: Asset = kind.fetch
        tree = self._tree(scope.account)
        refused = self._policies_refused(tree) if fetch.iam else None
        unrelated = _lost_relationships(tree) if fetch.content == RESOURCE else None
        missing = tuple(error for error in (refused, unrelated) if error is not None)
        for items in self._items_of(fetch, tree, "" if fetch.raw else scope.account):
            if fetch.iam and refused is None:
                self._add_policies(tree, items)
            if tree.related and fetch.content == RESOURCE:
                _add_relationships(tree, items)
            yield from self._completed(kind, scope, items, missing)
        if cut := tree.sweep.cut.get(fetch.content):
            raise _cut_short(cut) if tree.sweep.counts(fetch.content) else cut

    def _relationships(self, scope: Scope) -> Iterator[RawRecord]:
        """Nothing: they stand in the records of the assets. Raises CollectError where they were not read to their end."""
        tree = self._tree(scope.account)
        if cut := tree.sweep.cut.get(RELATIONSHIP):
            raise cut
        yield from ()

    def _tree(self, account: str) -> _Tree:
        tree = self._by_account.get(account)
        if tree is None:
            raise CollectError(f"{account} was not swept", call=LIST_ASSETS)
        return tree

    def _items_of(self, fetch: Asset, tree: _Tree, account: str) -> Iterator[list[dict[str, Json]]]:
        for documents in tree.sweep.read(fetch.content, fetch.types, account):
            payloads = (from_asset(asset_of(document), self._projects) for document in documents)
            yield [self._derived(fetch, p) for p in payloads if _belongs(fetch, p)]

    def _derived(self, fetch: Asset | Listing, item: dict[str, Json]) -> dict[str, Json]:
        if fetch.derive is not None:
            with suppress(*MISSHAPEN, MappingError):
                item.update(fetch.derive(item))
        return item

    def _policies_refused(self, tree: _Tree) -> CollectError | None:
        cut = tree.sweep.cut.get(IAM_POLICY)
        if cut is None or not isinstance(cut, DeniedError):
            return cut
        return DeniedError(f"IAM policies: {cut}", call=cut.call, needs=cut.needs, code=cut.code)

    def _add_policies(self, tree: _Tree, items: Sequence[dict[str, Json]]) -> None:
        """Bindings of things' own policies. What has no policy has no binding of its own: [] is then the truth."""
        policies = tree.sweep.find(IAM_POLICY, [item[ASSET]["name"] for item in items])
        for item in items:
            document = policies.get(item[ASSET]["name"])
            policy = asset_of(document).get("iamPolicy") if document else None
            item[IAM] = (policy or {}).get("bindings") or []

    def _completed(
        self, kind: Kind, scope: Scope, items: list[dict[str, Json]], gaps: tuple[CollectError, ...] = ()
    ) -> Iterator[RawRecord]:
        """Records of items, with their details and lookups."""
        fetch: Asset | Listing = kind.fetch
        found = [[*gaps, *self._details(fetch, item)] for item in items]
        for lookup in fetch.lookups if items else ():
            try:
                failed = lookup.add(self._client, scope, items)
            except MISSHAPEN as error:
                said = f"the answer has another shape: {type(error).__name__}"
                failed = dict.fromkeys(range(len(items)), (CollectError(said, call=call_of(lookup.gets[-1])),))
            for index, errors in failed.items():
                found[index].extend(errors)
        call = LIST_ASSETS if isinstance(fetch, Asset) else call_of(fetch.get)
        moment = self._client.now()
        for item, errors in zip(items, found, strict=True):
            at = Scope("gcp", item[ASSET]["project"], item[ASSET]["location"])
            yield RawRecord(kind.name, at, item, self.source, call, moment, tuple(errors))

    def _details(self, fetch: Asset | Listing, item: dict[str, Json]) -> Iterator[CollectError]:
        """Complete an item; errors of the reads that failed."""
        for get in fetch.detail:
            try:
                answer = self._detail(get, item)
            except CollectError as error:
                if error.code not in map(str, get.gone) and error.code != "NOT_FOUND":
                    yield error
                    continue
                answer = None
            if get.into:
                item[get.into] = answer
            elif isinstance(answer, dict):
                item.update(answer)
        self._derived(fetch, item)

    def _detail(self, get: Get, item: Mapping[str, Any]) -> Json:
        values = _values(item)
        if isinstance(get.items, str) and get.items.endswith("[]"):
            return list(self._client.items(get, values))
        answer = next(self._client.answers(get, values))
        found = read(answer, get.items) if get.items else dict(answer)
        return {} if found is MISSING else found

    # Listings

    def _listed(self, kind: Kind, scope: Scope) -> Iterator[RawRecord]:
        batch: list[dict[str, Json]] = []
        cut: CollectError | None = None
        try:
            for item in self._listed_items(kind.fetch, scope):
                batch.append(item)
                if len(batch) == BATCH:
                    yield from self._completed(kind, scope, batch)
                    batch = []
        except CollectError as error:  # what came before it is not lost
            cut = error
        yield from self._completed(kind, scope, batch)
        if cut is not None:
            raise cut

    def _listed_items(self, fetch: Listing, scope: Scope) -> Iterator[dict[str, Json]]:
        values = self._scope_values(scope)
        if not fetch.under:
            yield from self._items(fetch, scope, values, None)
            return
        failed: CollectError | None = None
        try:
            for parent in self._parents_of(fetch, scope):
                try:
                    yield from self._items(fetch, scope, _values(parent), parent)
                except CollectError as error:  # the others' children are not lost with this one's
                    failed = failed or error
        except CollectError as error:
            failed = failed or error
        if failed is not None:
            raise failed

    def _parents_of(self, fetch: Listing, scope: Scope) -> Iterator[dict[str, Json]]:
        above = self._kinds[fetch.under].fetch
        if isinstance(above, Listing):
            yield from self._listed_items(above, scope)
            return
        tree = self._tree(scope.account)
        for items in self._items_of(above, tree, scope.account):
            yield from items
        if cut := tree.sweep.cut.get(RESOURCE):
            raise _cut_short(cut)

    def _items(
        self, fetch: Listing, scope: Scope, values: Mapping[str, Any], parent: dict[str, Json] | None
    ) -> Iterator[dict[str, Json]]:
        for listed in self._client.items(fetch.get, values):
            if not isinstance(listed, dict):
                raise CollectError(f"an item is no object but {type(listed).__name__}", call=call_of(fetch.get))
            for item in fetch.spread(listed) if fetch.spread else (listed,):
                yield self._item(fetch, scope, item, parent)

    def _item(
        self, fetch: Listing, scope: Scope, item: dict[str, Json], parent: dict[str, Json] | None
    ) -> dict[str, Json]:
        place = parent[ASSET]["location"] if parent else str(item.get("$Place") or scope.place)
        more: dict[str, Any] = {"$parent": parent} if parent else {}
        values = {**item, **more, **self._scope_values(Scope("gcp", scope.account, place))}
        try:
            name = filled(fetch.name, values)
        except CollectError:
            name = ""  # without identity; it is set aside, and costs the others nothing
        payload = from_item(item, name, fetch.type, scope.account, place, self._projects)
        return self._derived(fetch, payload | more)

    def _scope_values(self, scope: Scope) -> dict[str, str]:
        number = self._projects.number_of(scope.account)
        return {"project": scope.account, "number": number, "location": scope.place}

    def _places_of(self, fetch: Listing, project: str) -> Sequence[str]:
        """Where a kind is asked for. Raises CollectError."""
        if fetch.under and self._is_swept(fetch.under):
            return (GLOBAL,)
        if fetch.under:
            return self._places_of(self._kinds[fetch.under].fetch, project)
        if fetch.places == GLOBAL:
            return (GLOBAL,)
        if fetch.after:
            return self._places_with(fetch.after, project)
        key = (project, fetch.get.service, fetch.places)
        with self._lock:
            known = self._places.get(key)
        if known is None:
            known = self._ask_places(fetch, project)
            with self._lock:
                self._places[key] = known
        if isinstance(known, CollectError):
            raise known
        return known

    def _places_with(self, kind: str, project: str) -> Sequence[str]:
        """Where a project has things of a kind, and ANYWAY. Raises CollectError where not all of them are known."""
        tree = self._tree(project)
        if cut := tree.sweep.cut.get(RESOURCE):
            raise _cut_short(cut)
        found = {
            item[ASSET]["location"]
            for items in self._items_of(self._kinds[kind].fetch, tree, project)
            for item in items
        }
        return sorted({*found, *ANYWAY} - {GLOBAL})

    def _ask_places(self, fetch: Listing, project: str) -> Sequence[str] | CollectError:
        get = places_get(fetch)
        try:
            found = self._client.items(get, self._scope_values(Scope("gcp", project, GLOBAL)))
            places = sorted({str(place) for place in found})
        except CollectError as error:
            return error
        return places or CollectError("the service names no place, so that it was asked for nothing", call=call_of(get))

    # What the executor asks besides

    def classify(self, error: Exception) -> CollectError | None:
        return translate(error)

    def limit_key(self, kind: Kind, scope: Scope) -> str:
        service = "sweep" if isinstance(kind.fetch, Asset) else kind.fetch.get.service
        return f"gcp:{scope.account}:{scope.place}:{service}"

    def check(self) -> Iterator[Blindness]:
        """One asset of each content type of every parent; of what services list, the first item in the first place of each
        project; what details and lookups need, by the project's own word on our permissions."""
        kinds = self.kinds()
        for parent in self._parents:
            tree = _Tree(parent)
            self._trees.append(tree)
            if error := self._find_projects(tree):
                yield Blindness(EVERY_KIND, Scope("gcp", self._account(tree), UNKNOWN_PLACE), error)
                continue
            yield from self._check_policies(tree, kinds)
            yield from self._check_relationships(tree)
            yield from self._check_organization(kinds, parent)
            for project in tree.projects:
                yield from self._check_project([k for k in kinds if self._root(k).name != ORGANIZATION], project)

    def _check_policies(self, tree: _Tree, kinds: Sequence[Kind]) -> Iterator[Blindness]:
        try:
            self._client.assets(tree.parent, IAM_POLICY, page=1)
        except CollectError as error:
            scope = Scope("gcp", self._account(tree), GLOBAL)
            asked = (k for k in kinds if isinstance(k.fetch, Asset) and (k.fetch.iam or k.fetch.content == IAM_POLICY))
            yield from (Blindness(kind.name, scope, error) for kind in asked)

    def _check_relationships(self, tree: _Tree) -> Iterator[Blindness]:
        try:
            self._client.assets(tree.parent, RELATIONSHIP, page=1)
        except CollectError as error:
            yield Blindness(
                RELATIONSHIPS.name, Scope("gcp", self._account(tree), GLOBAL), _without_relationships(error)
            )

    def _check_organization(self, kinds: Sequence[Kind], parent: str) -> Iterator[Blindness]:
        """What an organisation alone has is listed for it; whether what stands under that may be read, only a scan tells."""
        if not parent.startswith("organizations/"):
            return
        for kind in kinds:
            if isinstance(kind.fetch, Listing) and kind.fetch.under == ORGANIZATION:
                try:
                    next(self._client.answers(kind.fetch.get, {"relative": parent}))
                except CollectError as error:
                    yield Blindness(kind.name, Scope("gcp", parent, GLOBAL), error)

    def _check_project(self, kinds: Sequence[Kind], project: str) -> Iterator[Blindness]:
        blind: set[str] = set()
        for kind in kinds:
            if isinstance(kind.fetch, Listing) and not kind.fetch.under:
                for planned in self._planned_listing(kind, project):
                    if (error := planned.error or self._probe(kind, planned.scope)) is not None:
                        blind.add(kind.name)
                        yield Blindness(kind.name, planned.scope, _known(error))
                    break
        yield from self._check_permissions([k for k in kinds if k.name not in blind], project)

    def _probe(self, kind: Kind, scope: Scope) -> CollectError | None:
        try:
            next(self._client.answers(kind.fetch.get, self._scope_values(scope)))
        except CollectError as error:
            return error
        return None

    def _check_permissions(self, kinds: Sequence[Kind], project: str) -> Iterator[Blindness]:
        asked = {k.name: {p for get in _unprobed(k.fetch) for p in get.permission.split()} for k in kinds}
        wanted = sorted({p for permissions in asked.values() for p in permissions})
        try:
            held = self._client.permitted(project, wanted) if wanted else frozenset()
        except CollectError as error:
            said = f"whether details may be read is not known: {error}"
            held = frozenset(wanted)
            yield Blindness(
                EVERY_KIND, Scope("gcp", project, GLOBAL), CollectError(said, call=error.call, code=error.code)
            )
        for name, permissions in asked.items():
            if missing := sorted(permissions - held):
                refusal = DeniedError("details may not be read", call="testIamPermissions", needs=tuple(missing))
                yield Blindness(name, Scope("gcp", project, GLOBAL), refusal)

    def close(self) -> None:
        self._closed = True
        for tree in self._trees:
            tree.sweep.close()
        self._trees = []
        self._client.close()


def _unprobed(fetch: Asset | Listing) -> Iterator[Get]:
    """Reads of a row that `check` does not try itself."""
    probed = fetch.get if isinstance(fetch, Listing) and not fetch.under else None
    yield from (get for get in all_gets(fetch) if get is not probed)


def _values(item: Mapping[str, Any]) -> dict[str, Any]:
    """What a read about an item may name."""
    asset = item[ASSET]
    relative = asset["name"].split("/", 3)[-1]
    return {**item, **{k: asset.get(k) for k in ("project", "number", "location", "id")}, "relative": relative}


def _types(fetches: Sequence[Asset]) -> tuple[str, ...]:
    """The asset types of some kinds; none, which means every one, where one of them takes every one."""
    return tuple(sorted({t for f in fetches for t in f.types})) if all(f.types for f in fetches) else ()


def _belongs(fetch: Asset, payload: dict[str, Json]) -> bool:
    """Whether an asset is of the kind; one that cannot be judged is."""
    try:
        return fetch.keep is None or fetch.keep(payload)
    except MISSHAPEN:
        return True


def _cut_short(cut: CollectError) -> CutShortError:
    said = f"the sweep ended before its end: {cut}"
    return CutShortError(said, call=cut.call or LIST_ASSETS, needs=cut.needs, code=cut.code)


_REFUSED = frozenset({"PERMISSION_DENIED", "INVALID_ARGUMENT", "FAILED_PRECONDITION", "403", "400"})


def _without_relationships(error: CollectError) -> CollectError:
    """What it means that relationships are refused where resources are listed, which takes the same permission: they come with Security
    Command Center's higher tiers alone. How Google words it is not documented; that it names a permission tells a denial.

    Source: Cloud Asset Inventory documentation, "Asset relationships" (availability) and "Listing assets" (permissions), read 2026-11-24.
    """
    if error.code not in _REFUSED:
        return error
    said = f"relationships take Security Command Center at its Premium or Enterprise tier; Google says: {error}"
    return UnavailableError(said, call=error.call, needs=("Security Command Center Premium",), code=error.code)


def _lost_relationships(tree: _Tree) -> CollectError | None:
    """Why relationships of a parent's assets are not known, where there may be some."""
    cut = tree.sweep.cut.get(RELATIONSHIP)
    if cut is None or isinstance(cut, UnavailableError):
        return None
    return type(cut)(f"relationships: {cut}", call=cut.call, needs=cut.needs, code=cut.code)


def _add_relationships(tree: _Tree, items: Sequence[dict[str, Json]]) -> None:
    found: dict[str, dict[str, list[str]]] = {}
    for documents in tree.sweep.read(RELATIONSHIP, [item[ASSET]["name"] for item in items]):
        for asset in map(asset_of, documents):
            related: Any = asset["relatedAsset"]
            found.setdefault(str(asset["name"]), {}).setdefault(related["relationshipType"], []).append(
                related["asset"]
            )
    for item in items:
        if of_item := found.get(item[ASSET]["name"]):
            item[RELATED] = {type_: sorted(of_item[type_]) for type_ in sorted(of_item)}


def _told(tree: _Tree) -> str:
    return "what they relate is told of the assets themselves" if tree.related else ""


def _known(error: Exception) -> CollectError:
    return error if isinstance(error, CollectError) else CollectError(str(error))
