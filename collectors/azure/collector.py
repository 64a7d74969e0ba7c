"""Runs Azure rows: sweeps the tables of Resource Graph, gives every kind its share, lists what Resource Graph does not know.

Owns the order of calls and what a failed call costs: a sweep that is cut makes every look at it partial, a failed listing costs its
scope, a failed detail costs that record's detail. Refuses to call Azure (client.py does) and to know any kind by name.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson

from collectors.azure.actions import listing, needed, of_kind, type_of
from collectors.azure.client import GRAPH, Client
from collectors.azure.errors import translate
from collectors.azure.payloads import items, location, split
from collectors.azure.rights import (
    PERMISSIONS_ACTION,
    PERMISSIONS_VERSION,
    PROVIDERS_ACTION,
    PROVIDERS_VERSION,
    Rights,
    read_grants,
    read_offered,
    read_unregistered,
)
from collectors.azure.rows import GONE, INHERITED, LEFT_OUT, ONLY, PLACES, TABLES, Derive, Get, Rows, raw_row
from collectors.contract import EVERY_KIND, UNKNOWN_PLACE, Blindness, CutShortError, Planned
from collectors.sweeps import Sweep
from normalize.errors import MISSHAPEN, CollectError, DeniedError, UnavailableError
from normalize.mapping import MISSING, fill, read
from normalize.model import Json, Kind, RawRecord, Scope

CHUNK = 200
"""Subscriptions of one query: far below the 10,000 at which Resource Graph stops, so that a cut costs few of them."""
WINDOW_DAYS = 90
LIVE = "of what is older, what still runs"
SUBSCRIPTIONS_VERSION = "2022-12-01"
DESCENDANTS_VERSION = "2020-05-01"
DESCENDANTS_ACTION = "Microsoft.Management/managementGroups/descendants/read"
_SUBSCRIPTION = re.compile(r"/subscriptions/([0-9a-f-]{36})", re.IGNORECASE)
_LISTS = "lists"


class AzureCollector:
    """Lists what is in some subscriptions.

    Args:
        source: the configured name.
        subscriptions: ids; None for those of the management groups, or all that the caller sees.
        window_days: how far back kinds are listed of which there are too many.
    """

    provider = "azure"
    spreads = False

    def __init__(
        self,
        source: str,
        client: Client,
        kinds: Sequence[Kind],
        *,
        subscriptions: Sequence[str] | None = None,
        management_groups: Sequence[str] | None = None,
        cloud: str = "public",
        window_days: int = WINDOW_DAYS,
        began: datetime | None = None,
        chunk: int = CHUNK,
    ) -> None:
        self.source = source
        self._client = client
        self._kinds = {kind.name: kind for kind in kinds}
        self._wanted = subscriptions
        self._groups = management_groups
        self._place = PLACES[cloud]
        self._since = (began or client.now()) - timedelta(days=window_days)
        self._chunk = chunk
        self._sweep: Sweep | None = None
        self._counted: dict[str, Mapping[tuple[str, str], int]] = {}
        self._cut: dict[tuple[str, str], CollectError] = {}
        self._rights: dict[str, Rights] = {}
        self._lock = threading.Lock()
        self._readers = Counter(list(_lists_read(self._kinds)))
        self._reading: dict[str, threading.Lock] = {}
        self._kept: dict[str, int] = {}

    def kinds(self) -> Sequence[Kind]:
        """Every row. Types without one are found out by a scan of all of them."""
        return tuple(self._kinds.values())

    def plan(self, kinds: Sequence[Kind]) -> Iterator[Planned]:
        """Some subscriptions at a time: what the caller may do there, then one sweep of their rows, then every kind's look."""
        subscriptions = self._find_subscriptions()
        everything = len(kinds) == len(self._kinds)
        for at in range(0, len(subscriptions), self._chunk):
            chunk = subscriptions[at : at + self._chunk]
            for subscription in chunk:
                self._rights[subscription] = self._ask_rights(subscription)
            self._read_tables(chunk, kinds, everything)
            for subscription in chunk:
                yield from self._planned(subscription, kinds, everything)
        tenants = [k for k in kinds if _of_tenant(k)]
        for account in sorted(self._accounts() - set(subscriptions)):
            yield from self._planned_elsewhere(account, kinds, everything)
        for kind in tenants if self._wanted is None or not everything else ():
            if kind.fetch.type.lower() not in {type_ for type_, _ in self._counted[kind.fetch.table]}:
                yield Planned(kind, Scope("azure", UNKNOWN_PLACE, self._place), self._unseen(kind))

    def _planned(self, subscription: str, kinds: Sequence[Kind], everything: bool) -> Iterator[Planned]:
        scope = Scope("azure", subscription, self._place)
        shut = self._rights[subscription].unknown
        if shut is not None and subscription not in self._accounts():
            yield Planned(None, Scope("azure", subscription, UNKNOWN_PLACE), shut)
            return
        for kind in kinds:
            if _of_tenant(kind):
                continue
            bounded = isinstance(kind.fetch, Get) and kind.fetch.window is not None
            yield Planned(kind, scope, since=self._since if bounded else None, older=LIVE if bounded else "")
        if everything:
            yield from (Planned(raw_row(type_, table), scope) for type_, table in self._unmodelled(subscription))

    def _planned_elsewhere(self, account: str, kinds: Sequence[Kind], everything: bool) -> Iterator[Planned]:
        """What belongs to no subscription that was asked for: management groups, which are the tenant's, and what is decreed over
        them. What else there is that the caller may not read, nothing tells."""
        scope = Scope("azure", account, self._place)
        self._rights.setdefault(account, Rights(unknown=CollectError("rights are told for subscriptions alone")))
        there = set(self._types(account))
        for kind in kinds:
            if isinstance(kind.fetch, Rows) and (kind.fetch.type.lower(), kind.fetch.table) in there:
                yield Planned(kind, scope)
        if everything:
            yield from (Planned(raw_row(type_, table), scope) for type_, table in self._unmodelled(account))

    def _unseen(self, kind: Kind) -> CollectError:
        return DeniedError(
            "the caller sees none; what it may not read is left out", call=GRAPH, needs=(listing(kind, self._kinds),)
        )

    def _unmodelled(self, account: str) -> list[tuple[str, str]]:
        """(type, table) of rows of an account that no row describes: neither out of Resource Graph nor out of a list."""
        known = {
            (k.fetch.type.lower(), k.fetch.table)
            if isinstance(k.fetch, Rows)
            else (type_of(k, self._kinds).lower(), TABLES[0])
            for k in self._kinds.values()
        }
        return sorted(set(self._types(account)) - known)

    def _types(self, account: str) -> Iterator[tuple[str, str]]:
        """(type, table) of what an account has rows of."""
        return ((t, table) for table, counts in self._counted.items() for t, a in counts if a == account)

    def _accounts(self) -> set[str]:
        return {account for counts in self._counted.values() for _, account in counts}

    # Where to look

    def _find_subscriptions(self) -> list[str]:
        """Ids, lower case. Raises CollectError."""
        if self._wanted is not None:
            return list(dict.fromkeys(s.lower() for s in self._wanted))
        found: list[str] = []
        path = "/subscriptions"
        if self._groups is not None:
            for group in self._groups:
                path = f"/providers/Microsoft.Management/managementGroups/{group}/descendants"
                for answer in self._client.pages(path, DESCENDANTS_VERSION, {}, (DESCENDANTS_ACTION,)):
                    ids = (str(d.get("id") or "") for d in _values(answer, path))
                    found.extend(m[1].lower() for id_ in ids if (m := _SUBSCRIPTION.fullmatch(id_)))
        else:
            for answer in self._client.pages(path, SUBSCRIPTIONS_VERSION, {}):
                found.extend(str(s["subscriptionId"]).lower() for s in _values(answer, path))
        if not found:
            where = f" in management group {', '.join(self._groups)}" if self._groups else ""
            raise DeniedError(
                f"the caller sees no subscription{where}",
                call=f"GET {path}",
                needs=("Microsoft.Resources/subscriptions/read",),
            )
        return list(dict.fromkeys(found))

    def _ask_rights(self, subscription: str) -> Rights:
        root = f"/subscriptions/{subscription}"
        try:
            path = f"{root}/providers/Microsoft.Authorization/permissions"
            grants = read_grants(self._client.pages(path, PERMISSIONS_VERSION, {}, (PERMISSIONS_ACTION,)))
        except CollectError as error:
            return Rights(unknown=error)
        try:
            answers = list(self._client.pages(f"{root}/providers", PROVIDERS_VERSION, {}, (PROVIDERS_ACTION,)))
        except CollectError:
            return Rights(grants)
        return Rights(grants, None, read_unregistered(answers), read_offered(answers))

    # The sweep

    def _swept(self) -> Sweep:
        with self._lock:
            if self._sweep is None:
                self._sweep = Sweep()
            return self._sweep

    def _read_tables(self, chunk: Sequence[str], kinds: Sequence[Kind], everything: bool) -> None:
        """Read the tables that hold the kinds, for some subscriptions, to their end."""
        needed_kinds = {name for kind in kinds for name in self._ancestry(kind)}
        fetches = [k.fetch for n, k in self._kinds.items() if n in needed_kinds and isinstance(k.fetch, Rows)]
        for table in TABLES:
            types = sorted({f.type.lower() for f in fetches if f.table == table})
            if not everything and not types:
                continue
            chosen = _among("!in~", LEFT_OUT.get(table, ())) if everything else _among("in~", types)
            try:
                self._read_table(table, f"{table}{chosen}{_only(table)} | order by id asc", chunk)
            except CollectError as error:
                self._cut.update({(table, subscription): error for subscription in chunk})
            self._counted[table] = self._swept().counts(table)

    def _ancestry(self, kind: Kind) -> Iterator[str]:
        yield kind.name
        if isinstance(kind.fetch, Get) and kind.fetch.under:
            yield from self._ancestry(self._kinds[kind.fetch.under])

    def _read_table(self, table: str, query: str, chunk: Sequence[str]) -> None:
        """Read one table to its end. Raises CollectError: something is missing, and why."""
        token, tokens, seen = "", set[str](), set[int]()  # hashes: of 100,000 ids, a few megabytes
        while True:
            page = self._client.query(query, chunk, token, inherited=table in INHERITED)
            filed = list(filter(None, map(self._filed, page.rows)))
            seen.update(hash(id_) for _, _, id_, _ in filed)
            self._swept().add(table, filed)
            if page.short:
                raise CutShortError(
                    "Resource Graph stopped at its limit of 10,000 subscriptions; name fewer", call=GRAPH
                )
            if not page.token:
                if page.truncated or len(seen) < page.total:
                    said = f"Resource Graph counts {page.total} rows in {table} and gave {len(seen)}"
                    raise CutShortError(
                        f"{said}; it says that the result is cut" if page.truncated else said, call=GRAPH
                    )
                return
            if page.token in tokens:
                raise CollectError("the pages go in a circle: the rest cannot be read", call=GRAPH)
            tokens.add(page.token)
            token = page.token

    def _filed(self, row: Json) -> tuple[str, str, str, bytes] | None:
        if not isinstance(row, dict) or not isinstance(row.get("id"), str):
            return None
        account = str(row.get("subscriptionId") or row.get("tenantId") or "").lower()
        return str(row.get("type") or "").lower(), account, row["id"].lower(), orjson.dumps(row)

    # Looks

    def unavailable(self, kind: Kind, scope: Scope) -> CollectError | None:
        """That the kind's provider is not registered in the subscription, and no row of its type was seen."""
        provider = type_of(kind, self._kinds).partition("/")[0] if kind.name in self._kinds else ""
        if provider.lower() not in self._rights.get(scope.account, Rights()).unregistered:
            return None
        if isinstance(kind.fetch, Rows) and self._counted.get(kind.fetch.table, {}).get(
            (kind.fetch.type.lower(), scope.account)
        ):
            return None
        return UnavailableError(
            f"{provider} is not registered in subscription {scope.account}",
            call=f"GET /subscriptions/{scope.account}/providers",
            needs=(provider,),
        )

    def collect(self, kind: Kind, scope: Scope) -> Iterator[RawRecord]:
        """All records of one kind in one subscription.

        Raises:
            DeniedError: at the end, when the caller may not read the kind in the whole subscription.
            CutShortError: at the end, when the sweep that it rests on was cut.
            CollectError: the listing failed, wherever it was.
        """
        if isinstance(kind.fetch, Rows):
            yield from self._share(kind, scope)
        else:
            yield from self._listed(kind, scope)

    def _share(self, kind: Kind, scope: Scope) -> Iterator[RawRecord]:
        """A kind's share of a sweep."""
        fetch: Rows = kind.fetch
        for batch in self._rows(fetch, scope.account):
            yield from self._completed(kind, scope, batch, GRAPH)
        if cut := self._cut.get((fetch.table, scope.account)):
            raise cut
        if refused := self._rights.get(scope.account, Rights()).refusal(listing(kind, self._kinds), GRAPH):
            raise refused

    def _rows(self, fetch: Rows, account: str) -> Iterator[list[Json]]:
        for documents in self._swept().read(fetch.table, (fetch.type.lower(),), account):
            yield [item for document in documents for item in split(orjson.loads(document), fetch)]

    def _listed(self, kind: Kind, scope: Scope) -> Iterator[RawRecord]:
        """What Azure Resource Manager lists, under each parent where there are such. A parent whose children cannot be read
        does not cost the others theirs."""
        fetch: Get = kind.fetch
        failed: CollectError | None = None
        asked, refused = 0, 0
        for parent in self._parents(fetch, scope):
            asked += 1
            if isinstance(parent, CollectError):
                refused += 1
                failed = failed or parent
                continue
            try:
                for batch in self._items(kind, scope, parent):
                    yield from self._completed(kind, scope, batch, f"GET {fetch.path}")
            except CollectError as error:
                if parent is not None and error.code in GONE:
                    continue
                refused += 1
                failed = failed or error
        if failed is not None:
            raise failed if asked == 1 or refused == asked else _of_parents(failed, refused, asked)
        self._check_parents(fetch, scope)

    def _check_parents(self, fetch: Get, scope: Scope) -> None:
        """Raises CollectError where parents may be missing: what lies under them was then not listed."""
        if not fetch.under:
            return
        above = self._kinds[fetch.under]
        if isinstance(above.fetch, Get):
            self._check_parents(above.fetch, scope)
            return
        error = self._cut.get((above.fetch.table, scope.account)) or self._rights[scope.account].refusal(
            listing(above, self._kinds), GRAPH
        )
        if error is not None:
            raise type(error)(
                f"{above.name}, under which it lies: {error}", call=error.call, needs=error.needs, code=error.code
            )

    def _parents(self, fetch: Get, scope: Scope) -> Iterator[Mapping[str, Any] | CollectError | None]:
        """What a list is read under; None for a list of the subscription; an error for parents that could not be listed."""
        if not fetch.under:
            yield None
            return
        above = self._kinds[fetch.under]
        if isinstance(above.fetch, Rows):
            rows = replace(above.fetch, keep=None) if fetch.all_sorts else above.fetch
            found: Iterator[Json] = (item for batch in self._rows(rows, scope.account) for item in batch)
        else:
            found = self._listed_parents(above, scope)
        for parent in found:
            named = isinstance(parent, dict) and "$id" in parent and self._is_offered(fetch, scope, parent)
            if isinstance(parent, CollectError) or (named and (fetch.parents is None or fetch.parents(parent))):
                yield parent

    def _is_offered(self, fetch: Get, scope: Scope, parent: Mapping[str, Any]) -> bool:
        """Whether a list by region is one that the subscription can have there; it says so itself, or nothing is known."""
        if "/locations/{$parent.name}/" not in fetch.path:
            return True
        type_ = needed(fetch, "").removesuffix("/read").lower()
        regions = self._rights.get(scope.account, Rights()).offered.get(type_)
        return regions is None or str(parent.get("name")).lower() in regions

    def _listed_parents(self, above: Kind, scope: Scope) -> Iterator[Json | CollectError]:
        """Things of a kind that are listed themselves: those whose list cannot be read do not cost the others theirs."""
        for parent in self._parents(above.fetch, scope):
            if isinstance(parent, CollectError):
                yield parent
                continue
            try:
                for batch in self._items(above, scope, parent):
                    yield from batch
            except CollectError as error:
                if parent is None or error.code not in GONE:
                    yield error

    def _items(self, kind: Kind, scope: Scope, parent: Mapping[str, Any] | None) -> Iterator[list[Json]]:
        """Items of a list, page by page. Raises CollectError."""
        fetch: Get = kind.fetch
        values: dict[str, Any] = {} if parent is None else {"$parent": parent}
        path = fill(fetch.path, values, scope)
        params = {key: fill(value, values, scope) for key, value in fetch.params.items()}
        try:
            for answer in self._pages(kind, path, params):
                if read(dict(answer), fetch.items) is MISSING:
                    raise CollectError(f"the answer has no {fetch.items}", call=f"GET {path}")
                batch = list(items(answer, fetch, parent))
                yield [
                    i for i in batch if fetch.window is None or not isinstance(i, dict) or fetch.window(i, self._since)
                ]
        except CollectError as error:
            if error.code not in fetch.expect:
                raise

    def _pages(self, kind: Kind, path: str, params: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        """Pages of a list. One that several kinds read, or that others lie under, is asked for once and kept on the disk; where it
        failed, who comes next asks again. Raises CollectError."""
        pages = self._client.pages(path, kind.fetch.version, params, (listing(kind, self._kinds),))
        if self._readers[_list_of(kind.fetch)] < 2:
            yield from pages
            return
        question = f"{path} {sorted(params.items())}"
        with self._lock:
            reading = self._reading.setdefault(question, threading.Lock())
        failed: CollectError | None = None
        with reading:
            if question not in self._kept:
                count, failed = self._keep(question, pages)
                if failed is None:
                    self._kept[question] = count
            else:
                count = self._kept[question]
        for number in range(count):
            name = f"{question}#{number}"
            yield orjson.loads(self._swept().find(_LISTS, (name,))[name])
        if failed is not None:
            raise failed

    def _keep(self, question: str, pages: Iterator[Mapping[str, Any]]) -> tuple[int, CollectError | None]:
        """How many pages of a list there are on the disk now, and why not all."""
        count = 0
        try:
            for page in pages:
                self._swept().add(_LISTS, ((_LISTS, "", f"{question}#{count}", orjson.dumps(page)),))
                count += 1
        except CollectError as error:
            return count, error
        return count, None

    def _completed(self, kind: Kind, scope: Scope, batch: Sequence[Json], call: str) -> Iterator[RawRecord]:
        """Records of items, with their details and lookups."""
        fetch: Rows | Get = kind.fetch
        whole = [item for item in batch if isinstance(item, dict)]
        gaps: dict[int, list[CollectError]] = {
            i: list(self._details(kind, scope, item)) for i, item in enumerate(whole)
        }
        for lookup in fetch.lookups if whole else ():
            try:
                failed = lookup.add(self._client, scope, whole)
            except MISSHAPEN as error:
                said = f"the answer has another shape: {type(error).__name__}"
                failed = dict.fromkeys(range(len(whole)), (CollectError(said, call=f"GET {lookup.actions[-1]}"),))
            for index, errors in failed.items():
                gaps[index].extend(errors)
        if fetch.derive is not None:
            for index, item in enumerate(whole):
                gaps[index].extend(_derived(fetch.derive, item))
        moment = self._client.now()
        for index, item in enumerate(whole):
            place = location(item, kind.fields.get("region")) or scope.place
            at = Scope(scope.provider, scope.account, place)
            yield RawRecord(kind.name, at, item, self.source, call, moment, tuple(gaps[index]))
        for item in batch:
            if not isinstance(item, dict):
                yield RawRecord(kind.name, scope, item, self.source, call, moment)

    def _details(self, kind: Kind, scope: Scope, item: dict[str, Json]) -> Iterator[CollectError]:
        """Complete an item; errors of the reads that failed."""
        for get in kind.fetch.detail:
            try:
                answer = self._detail(kind, get, scope, item)
            except CollectError as error:
                if error.code not in get.gone and error.code not in get.expect:
                    yield error
                    continue
                answer = None
            except MISSHAPEN as error:
                yield CollectError(f"the answer has another shape: {type(error).__name__}", call=f"GET {get.path}")
                continue
            if get.into:
                item[get.into] = answer
            elif isinstance(answer, dict):
                item.update({k: v for k, v in answer.items() if k not in ("$id", "$name", "$parent")})

    def _detail(self, kind: Kind, get: Get, scope: Scope, item: Mapping[str, Any]) -> Json:
        action = needed(get, type_of(kind, self._kinds))
        path = fill(get.path, dict(item), scope)
        params = {key: fill(value, dict(item), scope) for key, value in get.params.items()}
        answers = self._client.pages(path, get.version, params, (action,))
        if get.items == "value":
            return [one for answer in answers for one in _values(answer, path)]
        answer = next(iter(answers))
        found = read(dict(answer), get.items) if get.items else answer
        return None if found is MISSING else found

    def classify(self, error: Exception) -> CollectError | None:
        return translate(error)

    def limit_key(self, kind: Kind, scope: Scope) -> str:
        if isinstance(kind.fetch, Rows):
            return "azure:graph"
        return f"azure:{scope.account}:{type_of(kind, self._kinds).partition('/')[0]}"

    def check(self) -> Iterator[Blindness]:
        """What a scan would not see, by what each subscription says of the caller."""
        subscriptions = self._find_subscriptions()
        for subscription in subscriptions:
            rights = self._rights[subscription] = self._ask_rights(subscription)
            if rights.unknown is not None:
                yield Blindness(EVERY_KIND, Scope("azure", subscription, UNKNOWN_PLACE), rights.unknown)
                continue
            scope = Scope("azure", subscription, self._place)
            for kind in self._kinds.values():
                if _of_tenant(kind):
                    continue
                if error := self.unavailable(kind, scope) or self._predicted(kind, rights):
                    yield Blindness(kind.name, scope, error)
        try:
            self._client.query("resources | project id | order by id asc", subscriptions[: self._chunk], top=1)
        except CollectError as error:
            yield Blindness(EVERY_KIND, Scope("azure", UNKNOWN_PLACE, UNKNOWN_PLACE), error)

    def _predicted(self, kind: Kind, rights: Rights) -> CollectError | None:
        call = GRAPH if isinstance(kind.fetch, Rows) else f"GET {kind.fetch.path}"
        lacking = [a for a in dict.fromkeys(self._actions(kind)) if not rights.allows(a)]
        if not lacking:
            return None
        return DeniedError("the caller may not read this in the whole subscription", call=call, needs=tuple(lacking))

    def _actions(self, kind: Kind) -> Iterator[str]:
        for name in self._ancestry(kind):
            yield listing(self._kinds[name], self._kinds)
        yield from of_kind(kind, self._kinds)

    def close(self) -> None:
        with self._lock:
            if self._sweep is not None:
                self._sweep.close()
                self._sweep = None
        self._client.close()


def _list_of(fetch: Get) -> tuple[str, str, str, bool]:
    """What makes two lists the same."""
    return fetch.path, str(sorted(fetch.params.items())), fetch.under, fetch.all_sorts


def _lists_read(kinds: Mapping[str, Kind]) -> Iterator[tuple[str, str, str, bool]]:
    """The list of every kind that has one, and that of what it lies under, and so on."""
    for kind in kinds.values():
        fetch = kind.fetch
        while isinstance(fetch, Get):
            yield _list_of(fetch)
            fetch = kinds[fetch.under].fetch if fetch.under else None


def _of_tenant(kind: Kind) -> bool:
    return isinstance(kind.fetch, Rows) and kind.fetch.tenant


def _only(table: str) -> str:
    type_, path, value = ONLY.get(table, ("", "", ""))
    return f" | where type !~ {type_!r} or {path} =~ {value!r}" if type_ else ""


def _among(operator: str, types: Sequence[str]) -> str:
    return f" | where type {operator} ({', '.join(repr(t) for t in types)})" if types else ""


def _derived(derive: Derive, item: dict[str, Json]) -> Iterator[CollectError]:
    """Add to an item what is only readable by a rule; the error where it has another shape."""
    try:
        item.update(derive(item))
    except MISSHAPEN as error:
        yield CollectError(f"the answer has another shape: {type(error).__name__}")


def _values(answer: Mapping[str, Any], path: str) -> Sequence[Any]:
    """Items of a page. Raises CollectError where it has none."""
    found = answer.get("value")
    if not isinstance(found, list):
        raise CollectError("the answer has no value", call=f"GET {path}")
    return found


def _of_parents(error: CollectError, refused: int, asked: int) -> CollectError:
    said = f"{refused} of {asked} parents could not be read, the first: {error}"
    return type(error)(said, call=error.call, needs=error.needs, code=error.code)
