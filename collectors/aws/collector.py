"""Runs AWS rows: scopes, paging, list-then-describe, for-each-parent, lookups.

Owns the order of calls and what a failed call costs: a failed listing costs the scope, a failed detail costs that
record's detail. Refuses to call the SDK (client.py does) and to know any kind by name.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from collectors.aws.client import Client, translate, unlisted
from collectors.aws.rows import GLOBAL_PLACES, Call
from collectors.contract import Blindness
from normalize.errors import CollectError, UnavailableError
from normalize.mapping import MISSING, located, read
from normalize.model import Json, Kind, RawRecord, Scope

UNKNOWN_PLACE = "?"
_LIST_REGIONS = Call("ec2", "DescribeRegions", items="Regions")
_LIST_ACCOUNTS = Call("organizations", "ListAccounts", items="Accounts")
_GLOBAL_PLACE = {"aws": GLOBAL_PLACES[0], "aws-cn": GLOBAL_PLACES[1], "aws-us-gov": GLOBAL_PLACES[2]}
_GLOBAL_REGION = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
_DETAIL_WORKERS = 8
_BLANK = re.compile(r"\{([^{}]+)\}")


class AwsCollector:
    """Lists AWS resources of some accounts and regions.

    Args:
        source: the configured name.
        accounts: account ids, "organization", or None for the caller's own.
        regions: None for every region that an account has enabled.
    """

    provider = "aws"

    def __init__(
        self,
        source: str,
        client: Client,
        kinds: Sequence[Kind],
        *,
        accounts: Sequence[str] | str | None = None,
        regions: Sequence[str] | None = None,
    ) -> None:
        self.source = source
        self._client = client
        self._kinds = {kind.name: kind for kind in kinds}
        self._wanted_accounts = accounts
        self._wanted_regions = regions
        self._lock = threading.RLock()
        self._accounts: list[str] | None = None
        self._enabled: dict[str, frozenset[str] | CollectError] = {}
        self._offered: dict[str, frozenset[str]] = {}
        self._details = ThreadPoolExecutor(_DETAIL_WORKERS, thread_name_prefix="aws-detail")

    def kinds(self) -> Sequence[Kind]:
        return tuple(self._kinds.values())

    def scopes(self, kind: Kind) -> Iterable[Scope]:
        """One scope per account and region. An account whose regions cannot be known has the one place "?": there
        `collect` says why.

        Raises:
            CollectError: the accounts cannot be known.
        """
        for account in self.accounts():
            if kind.fetch.world:
                yield Scope("aws", account, self._global_place())
                continue
            for region in self._regions(account):
                yield Scope("aws", account, region)

    def accounts(self) -> list[str]:
        """Accounts to look into. Raises CollectError."""
        with self._lock:
            if self._accounts is None:
                self._accounts = self._find_accounts()
            return self._accounts

    def unavailable(self, kind: Kind, scope: Scope) -> CollectError | None:
        """That the region is off in the account, or that the SDK's endpoint data do not have the service there."""
        if kind.fetch.world or scope.place == UNKNOWN_PLACE:
            return None
        enabled = self._enabled_regions(scope.account)
        known = self._offered_in("ec2")
        if isinstance(enabled, frozenset) and scope.place not in enabled and scope.place in known:
            return UnavailableError(
                f"region {scope.place} is not enabled in account {scope.account}", call="ec2:DescribeRegions"
            )
        service = kind.fetch.service
        offered = self._offered_in(service)
        if offered and scope.place in known and scope.place not in offered:
            return UnavailableError(f"{service} is not offered in {scope.place}, by the endpoint data of the AWS SDK")
        return None

    def collect(self, kind: Kind, scope: Scope) -> Iterator[RawRecord]:
        return self._records(kind, scope, None)

    def classify(self, error: Exception) -> CollectError | None:
        return translate(error)

    def limit_key(self, kind: Kind, scope: Scope) -> str:
        return f"aws:{scope.account}:{scope.place}:{kind.fetch.service}"

    def check(self) -> Iterator[Blindness]:
        """The first item of every kind in one region of every account: listing, details and lookups."""
        with ThreadPoolExecutor(_DETAIL_WORKERS, thread_name_prefix="aws-check") as pool:
            for found in pool.map(self._probe, self._kinds.values()):
                yield from found

    def close(self) -> None:
        self._details.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    # Where to look

    def _find_accounts(self) -> list[str]:
        if self._wanted_accounts is None:
            return [self._client.caller().account]
        if self._wanted_accounts != "organization":
            return list(self._wanted_accounts)
        region = _GLOBAL_REGION.get(self._client.caller().partition, self._client.home_region())
        answers = self._client.answers("", region, _LIST_ACCOUNTS, {})
        return [str(a["Id"]) for answer in answers for a in answer["Accounts"]]

    def _regions(self, account: str) -> Sequence[str]:
        if self._wanted_regions is not None:
            return self._wanted_regions
        enabled = self._enabled_regions(account)
        return sorted(enabled) if isinstance(enabled, frozenset) else (UNKNOWN_PLACE,)

    def _enabled_regions(self, account: str) -> frozenset[str] | CollectError:
        """Regions that an account has enabled, or why that cannot be known."""
        with self._lock:
            if account not in self._enabled:
                try:
                    self._enabled[account] = self._ask_regions(account)
                except CollectError as error:
                    self._enabled[account] = error
            return self._enabled[account]

    def _ask_regions(self, account: str) -> frozenset[str]:
        answers = self._client.answers(account, self._global_region(), _LIST_REGIONS, {"AllRegions": False})
        return frozenset(str(r["RegionName"]) for answer in answers for r in answer["Regions"])

    def _offered_in(self, service: str) -> frozenset[str]:
        with self._lock:
            if service not in self._offered:
                self._offered[service] = self._client.known_regions(service)
            return self._offered[service]

    def _global_place(self) -> str:
        return _GLOBAL_PLACE.get(self._client.caller().partition, GLOBAL_PLACES[0])

    def _global_region(self) -> str:
        return _GLOBAL_REGION.get(self._client.caller().partition, self._client.home_region())

    # What is there

    def _records(self, kind: Kind, scope: Scope, first: int | None) -> Iterator[RawRecord]:
        """Records of a kind; with `first`, only so many of the first page."""
        if scope.place == UNKNOWN_PLACE:
            unknown = self._enabled_regions(scope.account)
            raise unknown if isinstance(unknown, CollectError) else CollectError("regions are not known")
        fetch: Call = kind.fetch
        for items in self._pages(fetch, scope, first):
            seen = list(self._details.map(lambda item: self._detailed(fetch, scope, item), items))
            present = [pair for pair in seen if pair is not None]
            gaps = self._looked_up(fetch, scope, present)
            moment = self._client.now()
            for (item, _), record_gaps in zip(present, gaps, strict=True):
                yield self._raw(kind, scope, item, record_gaps, moment)

    def _raw(
        self, kind: Kind, scope: Scope, item: dict[str, Json], gaps: Sequence[CollectError], at: datetime
    ) -> RawRecord:
        call = f"{kind.fetch.service}:{kind.fetch.operation}"
        return RawRecord(kind.name, scope, item, self.source, call, at, tuple(gaps))

    def _pages(self, call: Call, scope: Scope, first: int | None) -> Iterator[list[dict[str, Json]]]:
        if not call.under:
            yield from self._listed(call, scope, call.params, None, first)
            return
        failed: CollectError | None = None
        parents: Call = self._kinds[call.under].fetch
        for items in self._pages(parents, scope, first):
            for parent in items:
                try:
                    yield from self._listed(call, scope, _filled(call.params, parent), parent, first)
                except CollectError as error:
                    failed = failed or error
                except ClientError as error:
                    if not _says(error, call.gone):
                        raise
        if failed is not None:
            raise failed

    def _listed(
        self, call: Call, scope: Scope, params: Mapping[str, Any], parent: dict[str, Json] | None, first: int | None
    ) -> Iterator[list[dict[str, Json]]]:
        answers = self._client.answers(scope.account, self._region(scope), call, params)
        for answer in islice(answers, 1 if first else None):
            found = (self._item(call, value, parent) for _, value in located(answer, call.items))
            yield list(islice((i for i in found if call.keep is None or call.keep(i)), first))

    def _item(self, call: Call, value: Any, parent: dict[str, Json] | None) -> dict[str, Json]:
        item: dict[str, Json] = dict(value) if isinstance(value, dict) else {call.item: value}
        if parent is not None:
            item["$parent"] = parent
        if call.derive is not None:
            item.update(call.derive(item))
        return item

    def _region(self, scope: Scope) -> str:
        return self._global_region() if scope.place in GLOBAL_PLACES else scope.place

    def _detailed(
        self, call: Call, scope: Scope, item: dict[str, Json]
    ) -> tuple[dict[str, Json], list[CollectError]] | None:
        """The item with the answers of its detail calls, and the errors of those that failed; None when the service
        says that the item no longer exists."""
        gaps: list[CollectError] = []
        for detail in call.detail:
            region = read(item, call.region) if call.region else MISSING
            place = region if isinstance(region, str) and region else self._region(scope)
            try:
                answer = self._detail(detail, scope.account, place, item)
            except _NotToldError:  # what it asks about is not there, or was to come from a detail that failed
                continue
            except CollectError as error:
                gaps.append(error)
                continue
            except ClientError as error:
                if _says(error, detail.gone):
                    return None
                if not _says(error, detail.expect):
                    gaps.append(unlisted(error, detail.service, detail.operation))
                    continue
                answer = None
            _merge(item, detail, answer)
        return item, gaps

    def _detail(self, call: Call, account: str, region: str, item: dict[str, Json]) -> Json:
        answers = self._client.answers(account, region, call, _filled(call.params, item))
        if isinstance(call.items, str) and call.items.endswith("[]"):
            return [value for answer in answers for _, value in located(answer, call.items)]
        answer = next(answers, {})
        if not call.items:
            return dict(answer)
        found = read(answer, call.items)
        return {} if found is MISSING else found

    def _looked_up(
        self, call: Call, scope: Scope, present: Sequence[tuple[dict[str, Json], list[CollectError]]]
    ) -> list[list[CollectError]]:
        gaps = [list(own) for _, own in present]
        items = [item for item, _ in present]
        for lookup in call.lookups if items else ():
            for index, errors in lookup.add(self._client, scope, items).items():
                gaps[index].extend(errors)
        return gaps

    # What a scan would be blind to

    def _probe(self, kind: Kind) -> list[Blindness]:
        found: list[Blindness] = []
        try:
            scopes = {scope.account: scope for scope in reversed(list(self.scopes(kind)))}
        except CollectError as error:
            return [Blindness(kind.name, Scope("aws", UNKNOWN_PLACE, UNKNOWN_PLACE), error)]
        for scope in reversed(scopes.values()):
            found.extend(Blindness(kind.name, scope, error) for error in self._probed(kind, scope))
        return found

    def _probed(self, kind: Kind, scope: Scope) -> Iterator[CollectError]:
        if self.unavailable(kind, scope) is not None:
            return
        try:
            for record in self._records(kind, scope, 1):
                yield from record.gaps
        except CollectError as error:
            yield error
        except ClientError as error:
            yield unlisted(error, kind.fetch.service, kind.fetch.operation)


def _filled(params: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _fill(value, item) for key, value in params.items()}


def _fill(value: Any, item: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return _BLANK.sub(lambda m: _named(m[1], item), value)
    if isinstance(value, list):
        return [_fill(v, item) for v in value]
    return value


def _named(path: str, item: Mapping[str, Any]) -> str:
    found = read(item, path)
    if found is MISSING or found is None:
        raise _NotToldError(path)
    return str(found)


class _NotToldError(Exception):
    """A call is to be made with a value that the item does not have."""


def _says(error: ClientError, codes: Sequence[str]) -> bool:
    """Whether an error is one of "CODE" or "CODE:words of the message"."""
    answer = error.response.get("Error", {})
    code, message = str(answer.get("Code", "")), str(answer.get("Message", ""))
    return any(
        code == wanted and (not words or words.lower() in message.lower())
        for wanted, _, words in (entry.partition(":") for entry in codes)
    )


def _merge(item: dict[str, Json], call: Call, answer: Json) -> None:
    if call.into:
        item[call.into] = answer
    elif isinstance(answer, dict):
        item.update(answer)
    if call.derive is not None:
        item.update(call.derive(item))
