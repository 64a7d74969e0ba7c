"""The only module that calls Azure's SDK: Resource Graph through its client, Azure Resource Manager through the same pipeline.

Owns credentials, addresses, pages and the pace that Resource Graph's own headers set. Refuses everything but reads, and refuses to follow a
link or a redirect to another host: a token goes nowhere but to the configured one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.pipeline.policies import (
    HeadersPolicy,
    ProxyPolicy,
    RequestIdPolicy,
    RetryPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.rest import HttpRequest
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy
from azure.mgmt.resourcegraph import ResourceGraphClient

from collectors.azure.errors import duration, headers_of, refusal, translate
from collectors.patience import Patience
from normalize.errors import CollectError, UnavailableError
from normalize.model import Json

GRAPH = "POST Microsoft.ResourceGraph/resources"
GRAPH_ACTION = "Microsoft.ResourceGraph/resources/read"
_GRAPH_VERSION = "2024-04-01"
"""Source: Azure REST API, "Resources - Resources", read 2026-11-24. The SDK asks for 2021-03-01, which lacks authorizationScopeFilter."""
PAGE = 1000
"""Rows of a page of Resource Graph at most. Source: Azure documentation, "Work with large Azure resource data sets", read 2026-11-24."""
MANAGERS: Mapping[str, tuple[str, str]] = {
    # cloud -> Azure Resource Manager, login
    "public": ("https://management.azure.com", "login.microsoftonline.com"),
    "government": ("https://management.usgovcloudapi.net", "login.microsoftonline.us"),
    "china": ("https://management.chinacloudapi.cn", "login.chinacloudapi.cn"),
}
"""Source: azure-identity 1.27, AzureAuthorityHosts, and azure-mgmt-core 1.6, get_arm_endpoints; read 2026-11-24."""
_CONNECT_SECONDS = 20
_LARGEST_SECONDS = 60.0


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a query.

    Attributes:
        total: rows of the whole query, as Resource Graph counts them.
        token: of the next page; "" for none.
        truncated: Resource Graph says that rows are missing.
        short: it says that more subscriptions exist than it looked into.
    """

    rows: Sequence[Json]
    total: int
    token: str
    truncated: bool
    short: bool


@dataclass
class Quota:
    """Who comes when no query is left in the window waits until it resets, by Resource Graph's own account."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _free_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> None:
        with self._lock:
            wait = self._free_at - self.clock()
        if wait > 0:
            self.sleep(min(wait, _LARGEST_SECONDS))

    def learn(self, headers: Mapping[str, str]) -> None:
        """Read `x-ms-user-quota-remaining` and `x-ms-user-quota-resets-after`."""
        told = {k.lower(): v for k, v in headers.items()}
        left, after = told.get("x-ms-user-quota-remaining", ""), duration(told.get("x-ms-user-quota-resets-after", ""))
        if left.isdigit() and int(left) == 0 and after is not None:
            with self._lock:
                self._free_at = max(self._free_at, self.clock() + after)


class Client:
    """Reads from one cloud, as one identity.

    Args:
        cloud: "public", "government" or "china".
        endpoint: address of Azure Resource Manager where it is another; with http:// no credentials are used.
        authority: address of Microsoft Entra ID where it is another.
        ca_bundle: file with certificates to trust.
        credential: whose tokens to use; the SDK's own chain where left out.
    """

    def __init__(
        self,
        *,
        cloud: str = "public",
        endpoint: str | None = None,
        authority: str | None = None,
        ca_bundle: str | None = None,
        credential: Any = None,
        clock: Callable[[], datetime] = now,
        patience: Patience | None = None,
        quota: Quota | None = None,
        timeout_seconds: float = 60.0,
    ) -> None:
        manager, login = MANAGERS[cloud]
        self._base = (endpoint or manager).rstrip("/")
        self._scope = f"{manager}/.default"
        self._authority = authority or login
        self._own_authority = authority is not None
        self._ca_bundle = ca_bundle
        self._credential = credential
        self._clock = clock
        self._patience = patience or Patience()
        self._quota = quota or Quota()
        self._timeout = timeout_seconds
        self._lock = threading.Lock()
        self._made: tuple[ResourceGraphClient, ARMPipelineClient[Any, Any]] | None = None
        self.memory: dict[tuple[str, ...], Json] = {}

    def now(self) -> datetime:
        return self._clock()

    def query(
        self, text: str, subscriptions: Sequence[str], token: str = "", top: int = PAGE, *, inherited: bool = False
    ) -> Page:
        """One page of a query of Resource Graph; of roles and policies, also what the subscriptions inherit. Raises CollectError."""
        options = {
            "$top": top,
            "resultFormat": "objectArray",
            **({"$skipToken": token} if token else {}),
            **({"authorizationScopeFilter": "AtScopeAboveAndBelow"} if inherited else {}),
        }
        request: Any = orjson.dumps({"query": text, "subscriptions": list(subscriptions), "options": options})
        headers: dict[str, str] = {}

        def ask() -> Any:
            self._quota.take()
            try:
                return self._clients()[0].resources(
                    request, raw_response_hook=lambda r: headers.update(r.http_response.headers)
                )
            except AzureError as error:
                if isinstance(error, HttpResponseError):
                    self._quota.learn(headers_of(error))
                raise translate(error, GRAPH, (GRAPH_ACTION,)) or error from None

        answer = self._patience.call(ask)
        self._quota.learn(headers)
        if not isinstance(answer.data, list) or not isinstance(answer.total_records, int):
            raise CollectError("the answer has no rows", call=GRAPH)
        return Page(
            answer.data,
            answer.total_records,
            answer.skip_token or "",
            str(getattr(answer.result_truncated, "value", answer.result_truncated)).lower() == "true",
            {k.lower(): v for k, v in headers.items()}.get("x-ms-tenant-subscription-limit-hit", "").lower() == "true",
        )

    def get(self, path: str, version: str, params: Mapping[str, str], needs: tuple[str, ...] = ()) -> Mapping[str, Any]:
        """One answer of Azure Resource Manager. Raises CollectError."""
        return self._read(path, {"api-version": version, **params}, path, needs)

    def pages(
        self, path: str, version: str, params: Mapping[str, str], needs: tuple[str, ...] = ()
    ) -> Iterator[Mapping[str, Any]]:
        """Answers of Azure Resource Manager page after page, by their `nextLink`. Raises CollectError."""
        answer = self.get(path, version, params, needs)
        followed: set[str] = set()
        while True:
            yield answer
            link = answer.get("nextLink")
            if not link:
                return
            if not isinstance(link, str) or link in followed:
                raise CollectError("the pages go in a circle: the rest cannot be read", call=f"GET {path}")
            followed.add(link)
            answer = self._read(self._own(link, path), {}, path, needs)

    def _own(self, link: str, path: str) -> str:
        """The path and query of a link to the configured host.

        Raises:
            CollectError: it goes elsewhere. No token is sent there.
        """
        there, here = urlsplit(link), urlsplit(self._base)
        if (there.scheme, there.netloc) != (here.scheme, here.netloc):
            raise CollectError(
                f"the next page is on another host, {there.netloc}, and was not read", call=f"GET {path}"
            )
        return (
            f"{there.path.removeprefix(here.path)}?{there.query}" if there.query else there.path.removeprefix(here.path)
        )

    def _read(self, path: str, params: Mapping[str, str], named: str, needs: tuple[str, ...]) -> Mapping[str, Any]:
        call = f"GET {named}"

        def ask() -> Mapping[str, Any]:
            request = HttpRequest("GET", self._base + path, params=dict(params))
            try:
                answer = self._clients()[1].send_request(request)
            except AzureError as error:
                raise translate(error, call, needs) or error from None
            if answer.status_code != 200:
                code, said = _refused(answer)
                raise refusal(answer.status_code, code, said, dict(answer.headers), call, needs)
            try:
                found = answer.json()
            except ValueError:
                raise CollectError("the answer is no JSON", call=call) from None
            if not isinstance(found, dict):
                raise CollectError(f"the answer is no object but {type(found).__name__}", call=call)
            return found

        return self._patience.call(ask)

    def _clients(self) -> tuple[ResourceGraphClient, ARMPipelineClient[Any, Any]]:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def _make(self) -> tuple[ResourceGraphClient, ARMPipelineClient[Any, Any]]:
        plain = self._base.startswith("http://")
        credential: Any = None if plain else self._credential or self._found_credential()

        def auth() -> Any:  # one for each pipeline: a policy knows the one that comes after it
            return SansIOHTTPPolicy() if plain else ARMChallengeAuthenticationPolicy(credential, self._scope)

        transport: dict[str, Any] = {"connection_timeout": _CONNECT_SECONDS, "read_timeout": self._timeout}
        if self._ca_bundle:
            transport["connection_verify"] = self._ca_bundle
        graph = ResourceGraphClient(
            credential or _NOBODY,
            base_url=self._base,
            api_version=_GRAPH_VERSION,
            credential_scopes=[self._scope],
            authentication_policy=auth(),
            retry_policy=RetryPolicy.no_retries(),
            permit_redirects=False,
            user_agent="stocktake",
            **transport,
        )
        policies = [
            RequestIdPolicy(),
            HeadersPolicy({"Accept": "application/json"}),
            UserAgentPolicy(base_user_agent="stocktake"),
            ProxyPolicy(),
            auth(),
        ]
        pipeline: ARMPipelineClient[Any, Any] = ARMPipelineClient(base_url=self._base, policies=policies, **transport)
        return graph, pipeline

    def _found_credential(self) -> Any:
        from azure.identity import DefaultAzureCredential

        further: dict[str, Any] = {"connection_verify": self._ca_bundle} if self._ca_bundle else {}
        return DefaultAzureCredential(
            authority=self._authority,
            disable_instance_discovery=self._own_authority,
            exclude_shared_token_cache_credential=True,
            exclude_visual_studio_code_credential=True,
            **further,
        )

    def close(self) -> None:
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            for client in made:
                client.close()


class _Nobody:
    """Stands where the SDK demands a credential that is never asked."""

    def get_token(self, *scopes: str, **_: Any) -> Any:
        raise UnavailableError("no credentials are used over http")


_NOBODY: Any = _Nobody()


def _refused(answer: Any) -> tuple[str, str]:
    """(code, message) of an answer other than success."""
    try:
        error = answer.json()["error"]
        return str(error.get("code") or ""), str(error.get("message") or "").splitlines()[0][:500]
    except (ValueError, LookupError, TypeError, AttributeError):
        return "", ""
