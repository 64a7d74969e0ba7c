"""Runs AWS rows: scopes, paging, list-then-describe, for-each-parent, lookups.

Owns the order of calls and what a failed call costs: a failed listing costs the scope, a failed detail costs that
record's detail. Refuses to call the SDK (client.py does) and to know any kind by name.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from collectors.aws.answers import unreadable
from collectors.aws.client import Client, translate, unlisted
from collectors.aws.rows import GLOBAL_PLACES, Call
from collectors.contract import EVERY_KIND, UNKNOWN_PLACE, Blindness, Planned
from normalize.errors import MISSHAPEN, CollectError, DeniedError, SkippedError, UnavailableError
from normalize.mapping import MISSING, located, read
from normalize.model import Json, Kind, RawRecord, Scope

_LIST_REGIONS = Call("ec2", "DescribeRegions", items="Regions")
_LIST_ACCOUNTS = Call("organizations", "ListAccounts", items="Accounts")
OFFERED = Call("ssm", "GetParametersByPath", items="Parameters")
"""AWS publishes which service is offered where. Source: Systems Manager User Guide, "Calling AWS service, Region,
endpoint, Availability Zone, local zone, and wavelength zone public parameters"; not verified, moto 5.2 holds a copy."""
SERVICE_NAMES: Mapping[str, str] = {
    "amp": "aps",
    "bedrock-agentcore-control": "bedrock-agentcore",
    "ce": "costexplorer",
    "elbv2": "elb",
    "kinesisanalyticsv2": "kinesisanalytics",
    "opensearch": "es",
}
"""botocore service -> its name in those parameters, where they differ. Source: moto 5.2, ssm/resources/services.json.gz,
read 2026-11-24."""
_CHECKS = 32
_BULK_ITEMS = 500
_BULK_PAGES = 2
"""Pages of thousands of items take megabytes each: so many are in memory at once, however many threads there are."""
WINDOW_DAYS = 90
LIVE = "of what is older, what still runs"
NOT_ASKED = "nothing that is older, not even what still runs: the service cannot be asked for it"
_BLANK = re.compile(r"\{([^{}]+)\}")


class AwsCollector:
    """Lists AWS resources of some accounts and regions.

    Args:
        source: the configured name.
        accounts: account ids, "organization", or None for the caller's own.
        regions: None for every region that an account has enabled.
        window_days: how far back kinds are listed of which there are too many.
        began: from when; now where left out.
        off: settings of the source that are off: kinds that go by one of them are left out.
    """

    provider = "aws"
    spreads = True

    def __init__(
        self,
        source: str,
        client: Client,
        kinds: Sequence[Kind],
        *,
        accounts: Sequence[str] | str | None = None,
        regions: Sequence[str] | None = None,
        window_days: int = WINDOW_DAYS,
        began: datetime | None = None,
        off: frozenset[str] = frozenset(),
    ) -> None:
        self.source = source
        self._client = client
        self._kinds = {kind.name: kind for kind in kinds}
        self._wanted_accounts = accounts
        self._wanted_regions = regions
        self._off = off
        self._lock = threading.RLock()
        self._accounts: dict[str, CollectError | None] | None = None
        self._enabled: dict[str, frozenset[str] | CollectError] = {}
        self._listed_in: dict[str, frozenset[str]] = {}
        self._offered: dict[str, frozenset[str] | None] = {}
        self._since = (began or client.now()) - timedelta(days=window_days)
        self._bulk = threading.BoundedSemaphore(_BULK_PAGES)
        self._lanes = client.lanes

    def kinds(self) -> Sequence[Kind]:
        return tuple(self._kinds.values())

    def plan(self, kinds: Sequence[Kind]) -> Iterator[Planned]:
        """Account by account, so that clients of one can be forgotten before the next. An account that cannot be
        entered, and regions that cannot be known, are one look that cannot be taken, not one per kind."""
        yield from (Planned(kind, self._home(), why) for kind in kinds if (why := self._left_out(kind)) is not None)
        for account, shut in self._find_accounts().items():
            nowhere = Scope("aws", account, UNKNOWN_PLACE)
            if (refused := shut or self._refusal(account)) is not None:
                yield Planned(None, nowhere, refused)
                continue
            enabled = None if self._wanted_regions is not None else self._enabled_regions(account)
            if isinstance(enabled, CollectError):
                yield Planned(None, nowhere, enabled)
            for kind in kinds:
                if kind.fetch.setting in self._off:
                    continue
                since, older = self._bound(kind.fetch)
                for scope in self._scopes_in(account, kind):
                    yield Planned(kind, scope, since=since, older=older)

    def _home(self) -> Scope:
        return Scope("aws", self._client.caller().account, self._global_place())

    def _left_out(self, kind: Kind) -> SkippedError | None:
        """Why nobody looks at a kind anywhere: what is configured leaves it out."""
        fetch: Call = kind.fetch
        if fetch.setting in self._off:
            return SkippedError(f"left out: {fetch.setting} = false")
        if fetch.home and (own := self._client.caller().account) not in self._find_accounts():
            return SkippedError(
                f"listed in the caller's own account alone, and {own} is not among the accounts to look into"
            )
        return None

    def _bound(self, call: Call) -> tuple[datetime | None, str]:
        """How far back a kind is listed, and what becomes of what is older."""
        if call.window is None:
            return None, ""
        live = len(call.window(self._since)) > 1
        return self._since, LIVE if live else NOT_ASKED

    def scopes(self, kind: Kind) -> Iterable[Scope]:
        """One scope per account and region, of accounts that can be entered.

        Raises:
            CollectError: the accounts cannot be known.
        """
        for account in self.accounts():
            yield from self._scopes_in(account, kind)

    def _scopes_in(self, account: str, kind: Kind) -> Iterator[Scope]:
        fetch: Call = kind.fetch
        if fetch.home and account != self._client.caller().account:
            return
        if fetch.world:
            yield Scope("aws", account, self._global_place())
            return
        regions = self._regions(account)
        if fetch.regions:  # whichever regions are wanted: what is listed there is the whole account's
            regions = [r for r in fetch.regions if r in self._known_regions("ec2")]
        yield from (Scope("aws", account, region) for region in regions)

    def accounts(self) -> list[str]:
        """Accounts that can be entered. Raises CollectError."""
        return [a for a, shut in self._find_accounts().items() if shut is None and self._refusal(a) is None]

    def _refusal(self, account: str) -> CollectError | None:
        """Why an account cannot be entered; None where it can."""
        try:
            self._client.enter(account)
        except CollectError as error:
            return error
        return None

    def unavailable(self, kind: Kind, scope: Scope) -> CollectError | None:
        """That the region is off in the account, or that AWS says the service is not there."""
        if kind.fetch.world:
            return None
        enabled = self._enabled_regions(scope.account)
        known = self._known_regions("ec2")
        if isinstance(enabled, frozenset) and scope.place not in enabled and scope.place in known:
            return UnavailableError(
                f"region {scope.place} is not enabled in account {scope.account}", call="ec2:DescribeRegions"
            )
        service = kind.fetch.service
        if scope.place not in known or scope.place in self._known_regions(service):
            return None
        offered = self._offered_in(service)
        if offered is not None and scope.place not in offered:
            return UnavailableError(f"{service} is not offered in {scope.place}", call="ssm:GetParametersByPath")
        return None

    def collect(self, kind: Kind, scope: Scope) -> Iterator[RawRecord]:
        return self._records(kind, scope, None)

    def classify(self, error: Exception) -> CollectError | None:
        return translate(error)

    def limit_key(self, kind: Kind, scope: Scope) -> str:
        return f"aws:{scope.account}:{scope.place}:{kind.fetch.service}"

    def check(self) -> Iterator[Blindness]:
        """The first item of every kind in every account and region: listing, details and lookups. Where there is no item,
        details are asked for one that does not exist: a refusal comes before "not found"."""
        looks = list(self.plan(list(self._kinds.values())))
        for shut in looks:
            if shut.error is not None:
                yield Blindness(shut.kind.name if shut.kind else EVERY_KIND, shut.scope, _as_collect(shut.error))
        with ThreadPoolExecutor(_CHECKS, thread_name_prefix="aws-check") as pool:
            probed = list(pool.map(self._probe, (p for p in looks if p.error is None)))
            for found, _, _ in probed:
                yield from found
            seen = {(kind.name, scope.account) for _, (kind, scope), item in probed if item}
            blind = {(b.kind, b.scope.account) for found, _, _ in probed for b in found}
            unseen = {(k.name, s.account): (k, s) for _, (k, s), _ in reversed(probed)}
            rest = [look for key, look in unseen.items() if key not in seen | blind]
            for found_blind in pool.map(self._probe_details, rest):
                yield from found_blind

    def close(self) -> None:
        self._lanes.close()
        self._client.close()

    # Where to look

    def _find_accounts(self) -> dict[str, CollectError | None]:
        """Accounts to look into, and why one has no use. Raises CollectError."""
        with self._lock:
            if self._accounts is None:
                self._accounts = self._ask_accounts()
            return self._accounts

    def _ask_accounts(self) -> dict[str, CollectError | None]:
        if self._wanted_accounts is None:
            return {self._client.caller().account: None}
        if self._wanted_accounts != "organization":
            return dict.fromkeys(self._wanted_accounts)
        answers = self._client.answers("", self._global_region(), _LIST_ACCOUNTS, {})
        return {a["Id"]: _closed(a) for a in _named_all(answers, "Accounts", "Id", "organizations:ListAccounts")}

    def _regions(self, account: str) -> Sequence[str]:
        if self._wanted_regions is not None:
            return self._wanted_regions
        enabled = self._enabled_regions(account)
        return sorted(enabled) if isinstance(enabled, frozenset) else ()

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
        return frozenset(r["RegionName"] for r in _named_all(answers, "Regions", "RegionName", "ec2:DescribeRegions"))

    def _known_regions(self, service: str) -> frozenset[str]:
        """Regions in which the SDK's endpoint data list a service. They lag behind: what they lack may be there."""
        with self._lock:
            if service not in self._listed_in:
                self._listed_in[service] = self._client.known_regions(service)
            return self._listed_in[service]

    def _offered_in(self, service: str) -> frozenset[str] | None:
        """Regions in which AWS itself says that a service is offered; None where it cannot be asked or does not know
        the service by any name of ours."""
        with self._lock:
            if service not in self._offered:
                self._offered[service] = self._ask_offered(service)
            return self._offered[service]

    def _ask_offered(self, service: str) -> frozenset[str] | None:
        path = f"/aws/service/global-infrastructure/services/{SERVICE_NAMES.get(service, service)}/regions"
        try:
            answers = self._client.answers("", self._global_region(), OFFERED, {"Path": path})
            return frozenset(p["Value"] for p in _named_all(answers, "Parameters", "Value", "ssm:GetParametersByPath"))
        except (CollectError, ClientError):
            return None

    def _global_place(self) -> str:
        return f"{self._client.caller().partition}-global"

    def _global_region(self) -> str:
        return GLOBAL_PLACES.get(self._global_place(), self._client.home_region())

    # What is there

    def _records(self, kind: Kind, scope: Scope, first: int | None) -> Iterator[RawRecord]:
        """Records of a kind; with `first`, only so many of the first page."""
        fetch: Call = kind.fetch
        key = self._lane(fetch, scope)
        for items in _gathered(fetch, self._pages(fetch, scope, first)):
            seen = (
                self._lanes.map(key, partial(self._detailed, fetch, scope), items)
                if fetch.detail
                else ((i, []) for i in items)
            )
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
        if call.under:
            yield from self._children(call, scope, first)
        elif call.page >= _BULK_ITEMS:
            pages = self._listed(call, scope, call.params, None, first)
            while True:
                with self._bulk:
                    page = next(pages, None)
                    if page is None:
                        return
                    yield page
        else:
            pages = self._listed(call, scope, call.params, None, first)
            ahead = call.detail and first is None
            yield from self._lanes.ahead(self._lane(call, scope), pages) if ahead else pages

    def _children(self, call: Call, scope: Scope, first: int | None) -> Iterator[list[dict[str, Json]]]:
        """What lies under each parent: the first pages are read side by side, further ones one after the other. A
        parent whose children cannot be read does not cost the others theirs."""
        failed: CollectError | None = None
        fetch: Call = self._kinds[call.under].fetch
        parents: Iterable[dict[str, Json]] = (p for items in self._parents(fetch, scope, first) for p in items)
        key = self._lane(call, scope)
        asked: set[str] = set()
        while True:
            deeper: list[dict[str, Json]] = []
            for begun in self._lanes.map(key, partial(self._begin, call, scope, first), parents):
                try:
                    if isinstance(begun, CollectError):
                        raise begun
                    for items in begun:
                        deeper.extend(_unasked(items, asked) if call.nested and not first else ())
                        yield items
                except CollectError as error:
                    failed = failed or error
            if not deeper:
                break
            parents = deeper
        if failed is not None:
            raise failed

    def _parents(self, call: Call, scope: Scope, first: int | None) -> Iterator[list[dict[str, Json]]]:
        yield from (
            self._children(call, scope, first) if call.under else self._listed(call, scope, call.params, None, first)
        )

    def _begin(
        self, call: Call, scope: Scope, first: int | None, parent: dict[str, Json]
    ) -> Iterator[list[dict[str, Json]]] | CollectError:
        """The pages of one parent's children, the first already read; or why they cannot be read."""
        try:
            pages = self._listed(call, scope, _filled(call.params, parent), parent, first)
            return chain([next(pages, [])], pages)
        except _NotToldError as error:
            return CollectError(f"{call.under} without {error}: what is under it cannot be listed")
        except CollectError as error:
            return error
        except ClientError as error:
            if _says(error, call.gone):
                return iter(())
            raise

    def _listed(
        self, call: Call, scope: Scope, params: Mapping[str, Any], parent: dict[str, Json] | None, first: int | None
    ) -> Iterator[list[dict[str, Json]]]:
        passes = call.window(self._since) if call.window else call.passes or ({},)
        for more in islice(passes, 1 if first else None):
            asked = {**params, **self._period(call), **more}
            answers = self._client.answers(scope.account, self._region(scope), call, asked)
            try:
                for answer in islice(answers, 1 if first else None):
                    found = (self._item(call, value, parent) for _, value in located(answer, call.items))
                    yield list(islice((i for i in found if _belongs(call, i)), first))
            except ClientError as error:
                if not _says(error, call.expect):
                    raise

    def _item(self, call: Call, value: Any, parent: dict[str, Json] | None) -> dict[str, Json]:
        item: dict[str, Json] = dict(value) if isinstance(value, dict) else {call.item: value}
        if parent is not None:
            item["$parent"] = parent
        _derive(call, item)
        return item

    def _lane(self, call: Call, scope: Scope) -> str:
        """Key of a call's lane: that of the SDK's client, which tells when it is throttled."""
        return f"aws:{scope.account}:{self._region(scope)}:{call.service}"

    def _period(self, call: Call) -> Mapping[str, Any]:
        return call.period(self._client.now()) if call.period else {}

    def _region(self, scope: Scope) -> str:
        return GLOBAL_PLACES.get(scope.place, scope.place)

    def _detailed(
        self, call: Call, scope: Scope, item: dict[str, Json]
    ) -> tuple[dict[str, Json], list[CollectError]] | None:
        """The item with the answers of its detail calls, and the errors of those that failed; None when the call that
        describes the item itself says that it no longer exists. Tags, a policy or parts of an item that are not found are not
        an item that is gone."""
        gaps: list[CollectError] = []
        for detail in call.detail:
            try:
                answer = self._detail(detail, scope.account, self._region_of(call, scope, item), item)
            except _NotToldError:  # what it asks about is not there, or was to come from a detail that failed
                continue
            except CollectError as error:
                gaps.append(error)
                continue
            except ClientError as error:
                says_gone = _says(error, detail.gone)
                if says_gone and self._is_gone(call, scope, item, detail):
                    return None
                if says_gone or not _says(error, detail.expect):
                    gaps.append(unlisted(error, detail.service, detail.operation))
                    continue
                answer = None
            _merge(item, detail, answer)
        return item, gaps

    def _region_of(self, call: Call, scope: Scope, item: Mapping[str, Any]) -> str:
        """Where the detail calls of an item belong."""
        region = read(item, call.region) if call.region else MISSING
        return region if isinstance(region, str) and region else self._region(scope)

    def _is_gone(self, call: Call, scope: Scope, item: dict[str, Json], asked: Call) -> bool:
        """Whether an item that one detail call did not find no longer exists."""
        itself = call.itself or call.detail[0]
        if itself is asked:
            return True
        try:
            answer = self._detail(itself, scope.account, self._region_of(call, scope, item), item)
        except ClientError as error:
            return _says(error, itself.gone)
        except (CollectError, _NotToldError):
            return False
        return isinstance(answer, list) and not answer

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
            try:
                failed = lookup.add(self._client, scope, items)
            except MISSHAPEN as error:
                misshapen = unreadable(error, f"{lookup.calls[-1].service}:{lookup.calls[-1].operation}")
                failed = dict.fromkeys(range(len(items)), (misshapen,))
            for index, errors in failed.items():
                gaps[index].extend(errors)
        return gaps

    # What a scan would be blind to

    def _probe(self, look: Planned) -> tuple[list[Blindness], tuple[Kind, Scope], bool]:
        """What a scope is blind to, and whether it has an item."""
        kind, scope = look.kind, look.scope
        assert kind is not None
        found: list[Blindness] = []
        records = 0
        try:
            if self.unavailable(kind, scope) is None:
                for record in self._records(kind, scope, 1):
                    records += 1
                    found.extend(Blindness(kind.name, scope, gap) for gap in record.gaps)
                    if not record.gaps:
                        found.extend(self._probe_unasked(kind, scope, record.payload))
        except CollectError as error:
            found.append(Blindness(kind.name, scope, error))
        except ClientError as error:
            unknown = unlisted(error, kind.fetch.service, kind.fetch.operation)
            found.append(Blindness(kind.name, scope, unknown))
        return found, (kind, scope), records > 0

    def _probe_details(self, look: tuple[Kind, Scope]) -> Iterator[Blindness]:
        kind, scope = look
        if self.unavailable(kind, scope) is not None:
            return
        fetch: Call = kind.fetch
        calls = [*fetch.detail, *([fetch] if fetch.under else [])]
        for call in calls:
            if (error := self._denial(partial(self._ask, call, scope))) is not None:
                yield Blindness(kind.name, scope, error)
        for lookup in fetch.lookups:
            if (error := self._denial(partial(lookup.probe, self._client, scope))) is not None:
                yield Blindness(kind.name, scope, error)

    def _probe_unasked(self, kind: Kind, scope: Scope, item: Mapping[str, Any]) -> Iterator[Blindness]:
        """Refusals of details that this item gives no occasion to ask for, as another may."""
        for call in kind.fetch.detail:
            if not _tells(call, item) and (error := self._denial(partial(self._ask, call, scope))) is not None:
                yield Blindness(kind.name, scope, error)

    def _ask(self, call: Call, scope: Scope) -> None:
        """Ask for a thing that does not exist."""
        params = _invented({**call.params, **(call.passes or ({},))[0]}, scope, call.service)
        params |= {name: 1 for name in self._client.numbers(call) & params.keys() if isinstance(params[name], str)}
        params |= self._period(call)
        next(self._client.answers(scope.account, self._region(scope), call, params), None)

    def _denial(self, ask: Callable[[], object]) -> DeniedError | None:
        """The refusal that a question meets; every other answer says nothing about permissions."""
        try:
            ask()
        except DeniedError as error:
            return error
        except (CollectError, BotoCoreError, ClientError):
            return None
        return None


_NOTHING = "stocktake-check"
"""Name of what does not exist."""


def _invented(params: Mapping[str, Any], scope: Scope, service: str) -> dict[str, Any]:
    """Parameters for a thing that does not exist."""

    arn = f"arn:aws:{service}:{scope.place}:{scope.account}:{_NOTHING}/{_NOTHING}"

    def invent(name: str, value: Any) -> Any:
        if isinstance(value, list):
            return [invent(name, v) for v in value]
        if not isinstance(value, str):
            return value
        is_arn = re.search(r"arns?$", name, re.IGNORECASE)
        return _BLANK.sub(lambda m: arn if is_arn or m[1].lower().endswith("arn") else _NOTHING, value)

    return {key: invent(key, value) for key, value in params.items()}


def _named_all(answers: Iterable[Mapping[str, Any]], items: str, key: str, call: str) -> list[dict[str, Any]]:
    """Items of which there must be some, each with a name: from a name that is lost it would follow that there is nothing.

    Raises:
        CollectError: there is none, or one without a name.
    """
    found = [item for answer in answers for item in answer.get(items) or ()]
    if not found or not all(isinstance(i, dict) and isinstance(i.get(key), str) and i[key] for i in found):
        raise CollectError(f"the answer does not name every one of {items}", call=call)
    return found


def _as_collect(error: Exception | None) -> CollectError:
    return error if isinstance(error, CollectError) else CollectError(str(error))


def _closed(account: Mapping[str, Any]) -> CollectError | None:
    """Why there is no looking into an account of the organisation: what is in it may well run on."""
    state = str(account.get("Status") or account.get("State") or "ACTIVE")
    if state == "ACTIVE":
        return None
    return DeniedError(f"account {account['Id']} is {state} in its organisation", call="organizations:ListAccounts")


def _filled(params: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _fill(value, item) for key, value in params.items()}


def _tells(call: Call, item: Mapping[str, Any]) -> bool:
    """Whether an item has what a call about it is made with."""
    try:
        _filled(call.params, item)
    except _NotToldError:
        return False
    return True


def _fill(value: Any, item: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        alone = _BLANK.fullmatch(value)
        if alone and isinstance(number := read(item, alone[1]), int):  # a version: the SDK wants it as a number
            return number
        return _BLANK.sub(lambda m: _named(m[1], item), value)
    if isinstance(value, list):
        return [_fill(v, item) for v in value]
    if isinstance(value, dict):
        return {key: _fill(v, item) for key, v in value.items()}
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
    _derive(call, item)


def _gathered(call: Call, pages: Iterator[list[dict[str, Json]]]) -> Iterator[list[dict[str, Json]]]:
    """Pages of a kind's items. Raises CollectError where they cannot be made of what was listed."""
    if call.gather is None:
        yield from pages
        return
    listed = [item for page in pages for item in page]
    try:
        gathered = list(call.gather(listed))
    except MISSHAPEN as error:
        raise unreadable(error, f"{call.service}:{call.operation}") from error
    yield gathered


def _unasked(items: Sequence[dict[str, Json]], asked: set[str]) -> Iterator[dict[str, Json]]:
    """Those among what lies under a parent that have not been parents yet, in a tree that may turn out a circle."""
    for item in items:
        own = repr({key: value for key, value in item.items() if key != "$parent"})
        if own not in asked:
            asked.add(own)
            yield item


def _derive(call: Call, item: dict[str, Json]) -> None:
    """Add what a row reads by rule; nothing where the item does not have the shape that the rule knows."""
    if call.derive is not None:
        with suppress(*MISSHAPEN):
            item.update(call.derive(item))


def _belongs(call: Call, item: dict[str, Json]) -> bool:
    """Whether an item is of the kind; one that cannot be judged is."""
    try:
        return call.keep is None or call.keep(item)
    except MISSHAPEN:
        return True
