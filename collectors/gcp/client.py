"""The only module that calls Google: credentials, Cloud Asset Inventory, the services' REST APIs, pages, errors.

Owns endpoints and time limits; retries are patience.py's. Refuses writes: every request is a GET, apart from the question which
permissions we have.

A configured endpoint stands for every service. Where it holds "{service}", the service's name takes its place
("https://{service}-ml.p.googleapis.com"); otherwise each request says in its Host header which service it means. Over plain
http nobody is asked for credentials.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import google.auth
import google.auth.exceptions
import google.auth.impersonated_credentials
import requests
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import AnonymousCredentials
from google.auth.transport.requests import AuthorizedSession
from google.cloud import asset_v1

from collectors.gcp.errors import CLOUD_ASSET, meaning, refusal_from, refusal_of
from collectors.gcp.pace import Pace
from collectors.gcp.rows import LIST_POLICIES, LIST_RESOURCES, Get, filled, host_of
from collectors.patience import BusyError, Patience
from normalize.errors import CollectError, DeniedError, TransientError
from normalize.mapping import MISSING, located, read
from normalize.model import Json

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
PAGE = 1000
"""Assets of a page; the most that ListAssets gives. Source: cloudasset v1, assets.list, pageSize, read 2026-11-24."""
TIMEOUT_SECONDS = 60.0
_CONNECT_SECONDS = 10.0
RESOURCE, IAM_POLICY, RELATIONSHIP = "RESOURCE", "IAM_POLICY", "RELATIONSHIP"
NEEDS = {RESOURCE: (LIST_RESOURCES,), IAM_POLICY: (LIST_POLICIES,), RELATIONSHIP: (LIST_RESOURCES,)}
"""Content type -> permission. Source: Cloud Asset Inventory documentation, "Listing assets", read 2026-11-24."""
LIST_ASSETS = "cloudasset:ListAssets"
_PERMISSIONS = 100
"""Permissions that one question takes. Source: cloudresourcemanager v3, projects.testIamPermissions, read 2026-11-24."""


class StaleTokenError(CollectError):
    """A page token is not taken any more: the listing has to begin anew."""


def now() -> datetime:
    return datetime.now(UTC)


class Client:
    """Calls Google for one source; nothing is called before the first question.

    Args:
        endpoint: takes the place of every service's own; see above.
        transport: "grpc" or "rest", for Cloud Asset Inventory; left out: gRPC, over a plain http endpoint REST.
        ca_bundle: file with the certificates of those who may sign the endpoint's.
        impersonate: e-mail address of the service account to act as.
        quota_project: project whose quota pays for the calls.
        names: other names of a project, for the reading of errors.
    """

    def __init__(
        self,
        *,
        endpoint: str | None = None,
        transport: str | None = None,
        ca_bundle: str | None = None,
        impersonate: str | None = None,
        quota_project: str | None = None,
        clock: Callable[[], datetime] = now,
        patience: Patience | None = None,
        pace: Pace | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        names: Callable[[str], Sequence[str]] = lambda project: (),
    ) -> None:
        self._endpoint = endpoint
        self._is_plain = endpoint is not None and endpoint.startswith("http://")
        self._transport = transport or ("rest" if self._is_plain else "grpc")
        self._ca_bundle = ca_bundle
        self._impersonate = impersonate
        self._quota_project = quota_project
        self._clock = clock
        self._patience = patience or Patience()
        self._pace = pace or Pace()
        self._timeout = timeout_seconds
        self._names = names
        self._lock = threading.Lock()
        self._credentials: Any = None
        self._assets: Any = None
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self.memory: dict[tuple[str, ...], Any] = {}

    def now(self) -> datetime:
        return self._clock()

    # Cloud Asset Inventory

    def assets(
        self, parent: str, content: str, types: Sequence[str] = (), *, page: int = PAGE, token: str = ""
    ) -> tuple[Sequence[Any], str]:
        """(assets as the library's messages, token of the next page or "") of one page.

        Raises:
            StaleTokenError: the token is not taken any more.
            CollectError: the page cannot be had.
        """
        request = {
            "parent": parent,
            "content_type": asset_v1.ContentType[content],
            "asset_types": list(types),
            "page_size": page,
            "page_token": token,
        }

        def ask() -> Any:
            self._pace.take()
            try:
                pager = self._asset_client().list_assets(request=request, retry=None, timeout=self._timeout)
                return next(iter(pager.pages))._pb
            except GoogleAPICallError as error:
                refusal = refusal_from(error)
                if token and refusal.is_stale_token:
                    raise StaleTokenError(refusal.message, call=LIST_ASSETS, code=refusal.status) from None
                known = meaning(refusal, LIST_ASSETS, NEEDS[content])
                raise (BusyError(known, refusal.wait) if refusal.is_transient else known) from None
            except (requests.RequestException, google.auth.exceptions.GoogleAuthError) as error:
                raise _unreached(error, LIST_ASSETS) from None

        answer = self._patience.call(ask)
        return answer.assets, answer.next_page_token

    def _asset_client(self) -> Any:
        with self._lock:
            if self._assets is None:
                self._assets = self._make_asset_client()
            return self._assets

    def _make_asset_client(self) -> Any:
        transport = asset_v1.AssetServiceClient.get_transport_class(self._transport)
        address = None if self._endpoint is None else self._base(CLOUD_ASSET)
        if self._transport == "grpc" and address is not None:
            return asset_v1.AssetServiceClient(transport=transport(channel=self._channel(transport, address)))
        options = ClientOptions(api_endpoint=address, quota_project_id=self._quota_project)
        client = asset_v1.AssetServiceClient(
            transport=self._transport, credentials=self._found_credentials(), client_options=options
        )
        if self._ca_bundle and self._transport == "rest":  # the library has no setting for it
            session = client.transport._session
            session.request = partial(session.request, verify=self._ca_bundle)
        return client

    def _channel(self, transport: Any, address: str) -> Any:
        import grpc

        host = address.partition("://")[2].rstrip("/")
        endless = [("grpc.max_receive_message_length", -1)]
        if self._is_plain:
            return grpc.insecure_channel(host, options=endless)
        roots = Path(self._ca_bundle).read_bytes() if self._ca_bundle else None
        return transport.create_channel(
            host if ":" in host else f"{host}:443",
            credentials=self._found_credentials(),
            ssl_credentials=grpc.ssl_channel_credentials(roots),
            quota_project_id=self._quota_project,
            options=endless,
        )

    # REST

    def answers(self, get: Get, values: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Answers to a read, page after page. Raises CollectError; with its own error for a read that names what the values do
        not have."""
        host, path = host_of(get, values), filled(get.path, values)
        params: dict[str, str | list[str]] = {key: _asked(value, values) for key, value in get.params.items()}
        if get.page:
            params[get.size] = str(get.page)
        tokens: set[str] = set()
        while True:
            answer = self._read(get, host, path, params, str(values.get("project", "")))
            yield answer
            token = answer.get("nextPageToken")
            if not token:
                return
            if not isinstance(token, str) or token in tokens:
                raise CollectError("the pages go in a circle: the rest cannot be read", call=call_of(get))
            tokens.add(token)
            params["pageToken"] = token

    def items(self, get: Get, values: Mapping[str, Any]) -> Iterator[Json]:
        """Items of a listing, over all its pages. Raises CollectError; at the end, where the answers name places that the service
        could not reach."""
        listed = str(get.items).partition("[")[0]
        unreached: dict[str, None] = {}
        for answer in self.answers(get, values):
            unreached |= dict.fromkeys(_unseen(answer, get))
            for part in _parts(answer, get):
                found = read(part, listed)
                if found is not MISSING and found is not None and not isinstance(found, list):
                    raise CollectError(f"{listed} is no list but {type(found).__name__}", call=call_of(get))
                yield from (item for _, item in located(part, get.items))
        if unreached:
            raise CollectError(f"the service could not reach {', '.join(unreached)}", call=call_of(get))

    def permitted(self, project: str, permissions: Sequence[str]) -> frozenset[str]:
        """Those of the permissions that we have in a project, by its own word. Raises CollectError."""
        get = Get("cloudresourcemanager.googleapis.com", f"/v3/projects/{project}:testIamPermissions", "")
        found: set[str] = set()
        for at in range(0, len(permissions), _PERMISSIONS):
            body = {"permissions": list(permissions[at : at + _PERMISSIONS])}
            found.update(self._read(get, get.host, get.path, {}, project, body).get("permissions", ()))
        return frozenset(found)

    def _read(
        self, get: Get, host: str, path: str, params: Mapping[str, str | list[str]], project: str, body: Json = None
    ) -> Mapping[str, Any]:
        call = call_of(get)
        url = self._base(host) + path

        def ask() -> Mapping[str, Any]:
            try:
                answer = self._session().request(
                    "GET" if body is None else "POST",
                    url,
                    params=dict(params),
                    json=body,
                    headers={"Host": host} if self._is_shared() else {},
                    verify=self._ca_bundle,  # of the session's own, the environment would be asked first
                    timeout=(_CONNECT_SECONDS, self._timeout),
                    allow_redirects=False,
                )
                content = answer.content
            except (requests.RequestException, google.auth.exceptions.GoogleAuthError) as error:
                raise _unreached(error, call) from None
            if answer.status_code == 200:
                return _object(answer, call)
            refusal = refusal_of(answer.status_code, content, answer.headers.get("Retry-After"))
            known = meaning(refusal, call, get.permission.split(), project, self._names(project))
            raise BusyError(known, refusal.wait) if refusal.is_transient else known

        return self._patience.call(ask)

    def _is_shared(self) -> bool:
        return self._endpoint is not None and "{service}" not in self._endpoint

    def _base(self, host: str) -> str:
        if self._endpoint is None:
            return f"https://{host}"
        return self._endpoint.replace("{service}", host.removesuffix(".googleapis.com")).rstrip("/")

    def _session(self) -> requests.Session:
        """A session of the thread's own: they are not made to be shared."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session() if self._is_plain else AuthorizedSession(self._found_credentials())
            self._local.session = session
            with self._lock:
                self._sessions.append(session)
        return session

    def _found_credentials(self) -> Any:
        """Credentials of the SDK's own chain. Raises GoogleAuthError."""
        if self._credentials is None:
            self._credentials = self._find_credentials()
        return self._credentials

    def _find_credentials(self) -> Any:
        if self._is_plain:
            return AnonymousCredentials()
        found, _ = google.auth.default(scopes=[SCOPE], quota_project_id=self._quota_project)
        if self._impersonate:
            return google.auth.impersonated_credentials.Credentials(
                found, self._impersonate, [SCOPE], quota_project_id=self._quota_project
            )
        return found

    def close(self) -> None:
        with self._lock:
            sessions, self._sessions = self._sessions, []
            assets, self._assets = self._assets, None
        for session in sessions:
            session.close()
        if assets is not None:
            assets.transport.close()


def _asked(value: str | tuple[str, ...], values: Mapping[str, Any]) -> str | list[str]:
    return filled(value, values) if isinstance(value, str) else [filled(v, values) for v in value]


def call_of(get: Get) -> str:
    """How a read is called in coverage: "GET compute.googleapis.com/compute/v1/projects/{project}/zones"."""
    return f"GET {get.service}{get.path}"


def translate(error: Exception) -> CollectError | None:
    """What an error of the libraries means that no call has translated; None for one of ours."""
    if isinstance(error, CollectError):
        return error
    if isinstance(error, google.auth.exceptions.GoogleAuthError | requests.RequestException):
        known = _unreached(error, "")
        return known.error if isinstance(known, BusyError) else known
    return None


def _parts(answer: Mapping[str, Any], get: Get) -> Iterable[Any]:
    """The parts of an answer that have items. Raises CollectError."""
    if not get.within:
        return (answer,)
    parts = answer.get(get.within) or {}
    if not isinstance(parts, dict):
        raise CollectError(f"{get.within} is no object but {type(parts).__name__}", call=call_of(get))
    return parts.values()


def _unseen(answer: Mapping[str, Any], get: Get) -> Iterator[str]:
    """Places that an answer says could not be reached. Source: "unreachable" of AIP-217; "unreachables" and the warnings of Compute
    Engine's aggregated lists, compute v1, read 2026-11-24."""
    yield from (str(place) for path in ("unreachable[]", "unreachables[]") for _, place in located(answer, path))
    parts = answer.get(get.within) if get.within else None
    for place, part in parts.items() if isinstance(parts, dict) else ():
        if read(part, "warning.code") == "UNREACHABLE":
            yield str(place)


def _unreached(error: Exception, call: str) -> CollectError:
    """No answer came: no credentials, or no connection."""
    if isinstance(error, google.auth.exceptions.DefaultCredentialsError):
        return DeniedError(f"no credentials: {error}", call=call, needs=("application default credentials",))
    if isinstance(error, google.auth.exceptions.RefreshError):
        return DeniedError(
            f"the credentials are refused: {error}", call=call, needs=("credentials that Google accepts",)
        )
    return BusyError(TransientError(f"{type(error).__name__}: {error}", call=call))


def _object(answer: Any, call: str) -> Mapping[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BusyError(TransientError("the answer is no JSON object", call=call))
    return found
