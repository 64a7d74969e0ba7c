"""The only module that calls the SDK: sessions, clients, pages, plain JSON, errors.

Owns credentials, retries and time limits. Refuses writes: whatever is no Describe, List, Get or Search never leaves
(sts:AssumeRole, to enter an account, is the one exception).
"""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import botocore.session
import orjson
from botocore import xform_name
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    Credentials,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigNotFound,
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    InvalidConfigError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.loaders import JSONFileLoader
from botocore.parsers import ResponseParserError

from collectors.aws.answers import demand_content, unreadable, watch_tokens
from collectors.aws.errors import THROTTLING, action, meaning
from collectors.aws.lanes import WORKERS, Lanes
from collectors.aws.parsing import Parsers
from collectors.aws.rows import Call
from collectors.aws.signing import introduce_once, sign_quickly
from collectors.aws.transport import travel_light
from normalize.errors import CollectError, DeniedError, TransientError
from normalize.identity import parse_arn
from normalize.model import Json

READ_ONLY = re.compile(r"(?:Describe|List|Get|BatchGet|BatchDescribe|Search)[A-Z]")
_SESSION_NAME = "stocktake"
_CLIENTS = 256
"""SDK clients kept, of all accounts together: memory stays flat as accounts grow. A client takes 4 to 9 ms to make."""
_NO_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
_TRANSPORT = (ConnectionError, HTTPClientError, ResponseParserError)
_MISCONFIGURED = (ProfileNotFound, ConfigNotFound, InvalidConfigError)
TOKENS = ("NextToken", "nextToken", "NextMarker", "NextPageToken")
"""Member of answer and request by which pages follow each other where botocore has no rule: ListHubs of SageMaker, ListWebACLs
of WAF, the discovered resources of Config, Cost Explorer."""


def now() -> datetime:
    return datetime.now(UTC)


@cache
def _version() -> str:
    try:
        return version("stocktake")
    except PackageNotFoundError:
        return "dev"


def sdk_config(*, one_host: bool = False) -> Config:
    """A configured endpoint is one host for every service: prefixes of hosts ("api.", an account) do not resolve there.

    Retries have one owner, the SDK, bounded in attempts (AWS_MAX_ATTEMPTS, otherwise 5) and in seconds. Its adaptive mode
    measures, per client, the rate that the service takes; our clients are one per account, region and service."""
    config = Config(
        retries={"mode": "adaptive", "total_max_attempts": int(os.environ.get("AWS_MAX_ATTEMPTS") or 5)},
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=WORKERS,
        user_agent_extra=f"stocktake/{_version()}",
    )
    return config.merge(Config(inject_host_prefix=False)) if one_host else config


class ModelFiles(JSONFileLoader):
    """botocore's models, megabytes each, read into plain dicts: half the time and two thirds of the memory.

    Source: botocore 1.44.5, loaders.py, read in the package 2026-11-24."""

    def _load_file(self, full_path: str, open_method: Callable[..., Any]) -> Any:
        if not Path(full_path).is_file():
            return None
        with open_method(full_path, "rb") as file:
            text = file.read()
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return super()._load_file(full_path, open_method)  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who we are before entering any account."""

    account: str
    arn: str

    @property
    def partition(self) -> str:
        parsed = parse_arn(self.arn)
        return parsed.partition if parsed else "aws"


class Client:
    """Calls AWS in the accounts of one source.

    Args:
        role: name (or path and name) of the role to assume in each account.
        external_id: sent along with the role.
        assume_in_own: whether the role is assumed in the caller's own account too.
    """

    def __init__(
        self,
        *,
        profile: str | None = None,
        endpoint_url: str | None = None,
        role: str | None = None,
        external_id: str | None = None,
        assume_in_own: bool = False,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._endpoint_url = endpoint_url
        self._role = role
        self._external_id = external_id
        self._assume_in_own = assume_in_own
        self._clock = clock
        self._making = threading.RLock()
        self._lock = threading.Lock()
        self._base = botocore.session.Session(profile=profile)
        self._base.get_component("data_loader").file_loader = ModelFiles()
        self._one_host = bool(endpoint_url or os.environ.get("AWS_ENDPOINT_URL"))
        self._config = sdk_config(one_host=self._one_host)
        self._parsers = Parsers()
        self._parsers.register(self._base)
        self._sessions: dict[str, Any] = {}
        self._refused: dict[str, CollectError] = {}
        self._clients: OrderedDict[tuple[str, str, str], Any] = OrderedDict()
        self._paginators: dict[tuple[str, str, str], dict[str, tuple[Any, Mapping[str, Any]]]] = {}
        self._caller: Caller | None = None
        self.lanes = Lanes()
        self.memory: dict[tuple[str, ...], Json] = {}

    def now(self) -> datetime:
        return self._clock()

    def home_region(self) -> str:
        """Region for calls that belong to no region: the profile's, otherwise the commercial partition's first."""
        return str(self._base.get_config_variable("region") or "us-east-1")

    def caller(self) -> Caller:
        """Our own identity. Raises CollectError."""
        with self._making:
            if self._caller is None:
                sts = self._create(self._session(""), "sts", self.home_region())
                answer = self._ask(sts, "sts", "GetCallerIdentity", {})
                self._caller = Caller(str(answer["Account"]), str(answer["Arn"]))
            return self._caller

    def known_regions(self, service: str) -> frozenset[str]:
        """Regions in which the SDK's endpoint data list a service, over all partitions; empty where it lists none."""
        partitions = self._base.get_available_partitions()
        return frozenset(r for p in partitions for r in self._base.get_available_regions(service, p))

    def numbers(self, call: Call) -> frozenset[str]:
        """Parameters of a call that are whole numbers."""
        takes = self._base.get_service_model(call.service).operation_model(call.operation).input_shape
        members = takes.members.items() if takes is not None else ()
        return frozenset(name for name, shape in members if shape.type_name in ("integer", "long"))

    def answers(self, account: str, region: str, call: Call, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Answers of one call, page after page to the end, as plain JSON.

        Raises:
            CollectError: the call was refused, failed after the bounded retries, or its service is off here.
            ClientError: an error that no table lists: a fault of ours.
        """
        if not READ_ONLY.match(call.operation):
            raise ValueError(f"{call.operation} is no read operation")
        client = self.client(account, region, call.service)
        paginator, rule = self._paging((account, region, call.service), client, call)
        if paginator is None:
            yield from self._follow(client, call, params)
            return
        paging = {"PageSize": call.page} if call.page else {}
        pages = iter(paginator.paginate(**params, PaginationConfig=paging))
        watch = watch_tokens(rule, f"{call.service}:{call.operation}")
        while True:
            try:
                page = _content(next(pages))
            except StopIteration:
                return
            except Exception as error:  # answers of any shape run through botocore's parsers
                raise _failure(error, call.service, call.operation) from error
            yield page
            watch(page)

    def _paging(self, key: tuple[str, str, str], client: Any, call: Call) -> tuple[Any, Mapping[str, Any]]:
        """(what pages a client's operation, by which rule), kept with the client; (None, {}) where botocore has no rule."""
        with self._lock:
            known = self._paginators.setdefault(key, {})
            if call.operation not in known:
                method = xform_name(call.operation)
                known[call.operation] = None, {}
                if client.can_paginate(method):
                    rule = self._base.get_paginator_model(call.service).get_paginator(call.operation)
                    known[call.operation] = client.get_paginator(method), rule
            return known[call.operation]

    def _follow(self, client: Any, call: Call, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Answers of an operation that botocore has no rule of paging for, to the end.

        Raises:
            CollectError: an answer says that there is more, and not how to ask for it.
        """
        takes = client.meta.service_model.operation_model(call.operation).input_shape
        token = next((t for t in TOKENS if takes is not None and t in takes.members), "")
        watch = watch_tokens({"output_token": token}, f"{call.service}:{call.operation}")
        answer = self._ask(client, call.service, call.operation, params)
        yield answer
        while token and answer.get(token):
            watch(answer)
            answer = self._ask(client, call.service, call.operation, {**params, token: answer[token]})
            yield answer
        if any(answer[key] is True for key in answer if key.startswith("HasMore")):
            raise CollectError("there is more than one answer holds", call=f"{call.service}:{call.operation}")

    def enter(self, account: str) -> None:
        """Make sure that an account can be looked into.

        Raises:
            CollectError: it cannot.
        """
        with self._making:
            self._session(account)

    def client(self, account: str, region: str, service: str) -> Any:
        """The SDK client, one per account, region and service; those not used for long are forgotten.

        Raises:
            CollectError: the account cannot be entered.
        """
        key = (account, region, service)
        if (known := self._known(key)) is not None:
            return known
        with self._making:  # which may take a call, and keeps nobody from the clients that there are
            if (known := self._known(key)) is not None:
                return known
            client = self._create(self._session(account), service, region)
            self._watch(client, f"aws:{account}:{region}:{service}")
            with self._lock:
                self._clients[key] = client
                while len(self._clients) > _CLIENTS:
                    forgotten, _ = self._clients.popitem(last=False)
                    self._paginators.pop(forgotten, None)
            return client

    def _known(self, key: tuple[str, str, str]) -> Any:
        with self._lock:
            if key in self._clients:
                self._clients.move_to_end(key)
            return self._clients.get(key)

    def _watch(self, client: Any, key: str) -> None:
        """Tell the lanes when a call of this client is throttled."""
        width = self.lanes

        def notice(response: Any = None, **_: Any) -> None:
            if response is not None and _is_throttling(response[1]):
                width.throttled(key)

        client.meta.events.register("needs-retry", notice)

    def close(self) -> None:
        with self._making, self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()
            self._paginators.clear()
            self._sessions.clear()

    def _create(self, session: Any, service: str, region: str) -> Any:
        try:
            client = session.create_client(
                service, region_name=region, endpoint_url=self._endpoint_url, config=self._config
            )
        except (NoRegionError, InvalidRegionError, ValueError) as error:  # a region may come out of an answer
            raise CollectError(f"AWS client for {service} in {region[:100]!r}: {error}") from error
        travel_light(client._endpoint.http_session)
        sign_quickly(client)
        introduce_once(client)
        client.meta.events.register("after-call", demand_content)
        if self._one_host and service == "s3control":
            client.meta.events.register("before-sign", of_no_account)
        return client

    def _ask(self, client: Any, service: str, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            answer = _content(getattr(client, xform_name(operation))(**params))
        except Exception as error:  # likewise
            raise _failure(error, service, operation) from error
        return answer

    def _session(self, account: str) -> Any:
        """The session of an account; account "" is our own, without a role."""
        if not account or (account == self.caller().account and not self._assume_in_own):
            return self._base
        if account in self._refused:
            raise self._refused[account]
        if account not in self._sessions:
            try:
                self._sessions[account] = self._enter(account)
            except CollectError as error:
                self._refused[account] = error
                raise
        return self._sessions[account]

    def _enter(self, account: str) -> Any:
        """A session in another account, by the role; its credentials renew themselves.

        Raises:
            DeniedError: there is no role to assume, or it cannot be assumed.
        """
        caller = self.caller()
        if not self._role:
            raise DeniedError(
                f"account {account} is not our own ({caller.account}) and no role is configured to enter it",
                call="sts:AssumeRole",
                needs=("sts:AssumeRole",),
            )
        arn = f"arn:{caller.partition}:iam::{account}:role/{self._role}"
        source = self._base.get_credentials()
        extra: dict[str, Any] = {"RoleSessionName": _SESSION_NAME}
        if self._external_id:
            extra["ExternalId"] = self._external_id
        fetcher = AssumeRoleCredentialFetcher(self._sts_client, source, arn, extra)
        credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
        try:
            credentials.get_frozen_credentials()
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            raise _cannot_enter(error, arn) from error
        session = botocore.session.Session()
        # Service models are megabytes each, and the same for every account.
        session.register_component("data_loader", self._base.get_component("data_loader"))
        self._parsers.register(session)
        session.register_component("credential_provider", CredentialResolver([_Given(credentials)]))
        return session

    def _sts_client(self, service: str, **credentials: Any) -> Any:
        return self._base.create_client(
            service,
            region_name=self.home_region(),
            endpoint_url=self._endpoint_url,
            config=self._config,
            **credentials,
        )


def of_no_account(request: Any, **_: Any) -> None:
    """S3 Control's rules put the account before the host of whatever endpoint, which is one host for every service."""
    request.url = re.sub(r"://\d{12}\.", "://", request.url, count=1)


class _Given(CredentialProvider):
    """A credential provider that hands out what it was given."""

    METHOD = "assume-role"

    def __init__(self, credentials: Credentials) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> Credentials:
        return self._credentials


def _cannot_enter(error: Exception, role_arn: str) -> CollectError:
    known = translate(error, "sts", "AssumeRole")
    if isinstance(known, DeniedError):
        return DeniedError(
            f"cannot assume {role_arn}: {known}", call="sts:AssumeRole", needs=("sts:AssumeRole",), code=known.code
        )
    return known or CollectError(f"cannot assume {role_arn}: {error}", call="sts:AssumeRole")


def _failure(error: Exception, service: str, operation: str) -> Exception:
    """What to raise for what came of a call; an error code that no table lists stays what it is: a fault of ours."""
    known = translate(error, service, operation)
    return known or (error if isinstance(error, ClientError) else unreadable(error, f"{service}:{operation}"))


def translate(error: Exception, service: str = "", operation: str = "") -> CollectError | None:
    """What an error of the SDK means; None for one that no table lists."""
    if isinstance(error, CollectError):
        return error
    call = f"{service}:{operation}" if service else ""
    needs = (action(service, operation),) if service else ()
    if isinstance(error, ClientError):
        answer = error.response.get("Error", {})
        code = str(answer.get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        meant = meaning(code, status)
        if meant is None:
            return None
        text = str(answer.get("Message") or code)
        if code == "AuthFailure":
            text = f"region not enabled, or credentials refused: {text}"
        return meant(text, call=call, needs=needs if meant is DeniedError else (), code=code)
    if isinstance(error, _NO_CREDENTIALS):
        return DeniedError(f"no usable AWS credentials: {error}", call=call, needs=("AWS credentials",))
    if isinstance(error, _TRANSPORT):
        return TransientError(f"{type(error).__name__}: {error}", call=call, code=type(error).__name__)
    if isinstance(error, _MISCONFIGURED):
        return DeniedError(str(error), call=call, needs=("AWS configuration",))
    if isinstance(error, BotoCoreError):  # a token that comes twice; a name, out of an answer, that no call takes
        return CollectError(f"{type(error).__name__}: {str(error)[:300]}", call=call, code=type(error).__name__)
    return None


def _is_throttling(answer: Any) -> bool:
    error = answer.get("Error", {}) if isinstance(answer, Mapping) else {}
    return str(error.get("Code", "")) in THROTTLING


def unlisted(error: ClientError, service: str, operation: str) -> CollectError:
    """An error that no table lists, where it may cost only one record's detail."""
    answer = error.response.get("Error", {})
    return CollectError(
        f"{answer.get('Code')}: {answer.get('Message')}",
        call=f"{service}:{operation}",
        code=str(answer.get("Code", "")),
    )


def _content(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """An answer without what tells of the call; our parsers made the rest plain JSON."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}
