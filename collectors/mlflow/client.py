"""The one module that calls the MLflow SDK: listings page by page to their end, and what its errors mean.

Owns paging and the shape of payloads (MLflow's own words, plain JSON). Refuses to write, and to retry: the SDK's HTTP
client does, bounded by MLFLOW_HTTP_REQUEST_MAX_RETRIES.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cached_property, partial
from itertools import islice
from typing import Any, TypeVar

from collectors.contract import CutShortError
from normalize.errors import CollectError, DeniedError, TransientError, UnavailableError
from normalize.identity import uri_name
from normalize.model import Json

EXPERIMENTS = "POST /api/2.0/mlflow/experiments/search"
RUNS = "POST /api/2.0/mlflow/runs/search"
LOGGED_MODELS = "POST /api/2.0/mlflow/logged-models/search"
MODELS = "GET /api/2.0/mlflow/registered-models/search"
VERSIONS = "GET /api/2.0/mlflow/model-versions/search"
WEBHOOKS = "GET /api/2.0/mlflow/webhooks"
TRACES = "POST /api/3.0/mlflow/traces/metrics"
READ_PERMISSION = "MLflow permission READ on every experiment and registered model"
IS_PROMPT = "mlflow.prompt.is_prompt"

# The SDK's own defaults wait four minutes for a server that is down.
_DEFAULTS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
}

ERRORS: Mapping[str, type[CollectError]] = {
    "PERMISSION_DENIED": DeniedError,
    "UNAUTHENTICATED": DeniedError,
    "CUSTOMER_UNAUTHORIZED": DeniedError,
    "NOT_IMPLEMENTED": UnavailableError,
    "FEATURE_DISABLED": UnavailableError,
    "INTERNAL_ERROR": TransientError,
    "TEMPORARILY_UNAVAILABLE": TransientError,
    "DEADLINE_EXCEEDED": TransientError,
    "REQUEST_LIMIT_EXCEEDED": TransientError,
    "RESOURCE_EXHAUSTED": TransientError,
    "ABORTED": TransientError,
    "CANCELLED": TransientError,
}
"""MLflow's error codes; every other code is a CollectError.
Source: mlflow 3.17.2, mlflow/protos/databricks_pb2.py, ErrorCode, and mlflow/exceptions.py, ERROR_CODE_TO_HTTP_STATUS;
read 2026-11-24."""

ARTIFACT_CALLS = 2000
"""Requests that a look makes at most to count artifacts; at a hundred a second it is over in 20 seconds."""
_SCP = re.compile(r"[\w.-]{1,64}@(?P<host>[\w.-]{1,253}):(?P<path>[^\s:]{1,500})", re.ASCII)
_VERSION = re.compile(r"\d{1,4}(?:\.[\w+.-]{1,35})?", re.ASCII)
_ALL: Mapping[str, Json] = {}
_ITEMS: Mapping[str, str] = {
    "experiments": "experiments",
    "runs": "runs",
    "logged-models": "models",
    "registered-models": "registered_models",
    "model-versions": "model_versions",
    "webhooks": "webhooks",
}
"""Noun of a search's path -> the member of its answer that holds the items.
Source: mlflow 3.17.2, mlflow/protos/service_pb2.py, model_registry_pb2.py and webhooks_pb2.py, Search….Response; read 2026-11-24."""

_T = TypeVar("_T")


def classify(error: Exception, call: str = "") -> CollectError | None:
    """What an error of the SDK means; None when it is not the SDK's."""
    from mlflow.exceptions import MlflowException
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError

    if isinstance(error, CollectError):
        return error
    if isinstance(error, MlflowException):
        code = str(error.error_code)
        kind = CollectError if "not in a valid JSON format" in str(error) else ERRORS.get(code, CollectError)
        needs = (READ_PERMISSION,) if kind is DeniedError else ()
        return kind(str(error)[:500], call=call, needs=needs, code=code)
    if isinstance(error, RequestException | HTTPError):
        return TransientError(f"{type(error).__name__}: {error}"[:500], call=call)
    return None


def _explained(error: Exception, call: str) -> CollectError:
    """What came of a listing: answers of any shape run through the SDK's parsers."""
    return classify(error, call) or CollectError(
        f"the answer cannot be read: {type(error).__name__}: {error}"[:300], call=call
    )


@dataclass(slots=True)
class Allowance:
    """Requests that one look may still make for what completes its records."""

    left: int


Detail = Callable[["Server", Mapping[str, Json], Allowance], Mapping[str, Json]]
"""What completes a record: members to add to it, whose names begin with "$". Where it raises a CollectError, the record lacks them."""


@dataclass(frozen=True, slots=True)
class Search:
    """A fetch value: the REST call that lists a kind, the function that reads it to the end, and what completes a record."""

    call: str
    read: Callable[[Server], Iterator[Json]]
    details: tuple[Detail, ...] = ()


@dataclass(frozen=True, slots=True)
class Login:
    """Names of the environment variables that hold a server's credentials, where it has its own; else MLflow's are asked.

    Source: mlflow 3.17.2, mlflow/utils/credentials.py, get_default_host_creds; read 2026-11-24.
    """

    username_env: str = ""
    password_env: str = ""
    token_env: str = ""

    def credentials(self, uri: str) -> Any:
        from mlflow.utils.credentials import get_default_host_creds

        found = get_default_host_creds(uri)
        if self.token_env:
            found.username, found.password, found.token = None, None, os.environ.get(self.token_env)
        elif self.username_env:
            found.username, found.password = os.environ.get(self.username_env), os.environ.get(self.password_env)
            found.token = None
        return found


class Server:
    """A tracking server and its registry.

    Args:
        tracking_uri: http(s) address without credentials.
        page_size: records a page; None for what each listing does best.
        aliases: further addresses of the server, as configured.
        keys: canonical keys of all its addresses.
        login: where its credentials are.
        since: runs that began before are not listed; None for all.
        artifact_calls: how many requests each look may make to count artifacts.

    Attributes:
        hosted: by whom, where it is no server of MLflow's own.
    """

    hosted = ""

    def __init__(
        self,
        tracking_uri: str,
        page_size: int | None = None,
        *,
        aliases: Sequence[str] = (),
        keys: Sequence[str] = (),
        login: Login = Login(),
        since: datetime | None = None,
        artifact_calls: int = ARTIFACT_CALLS,
    ) -> None:
        for name, value in _DEFAULTS.items():
            os.environ.setdefault(name, value)
        from mlflow.store.model_registry.rest_store import RestStore as Registry
        from mlflow.store.tracking.rest_store import RestStore as Tracking

        self.uri = tracking_uri.rstrip("/")
        self._credentials = partial(login.credentials, self.uri)
        self.tracking: Any = Tracking(self._credentials)
        self.registry: Any = Registry(self._credentials)
        self.aliases, self.keys = list(aliases), list(keys)
        self.since, self.artifact_calls = since, artifact_calls
        self._page_size = page_size

    def pages(
        self, search: Callable[..., Any], best: int, call: str, query: Mapping[str, Json] = _ALL, **arguments: Any
    ) -> Iterator[Any]:
        """Every item of a listing, following page tokens until there is none.

        Args:
            search: the SDK's listing, which takes `arguments`.
            call, query: the REST call that it makes, and what it asks for.

        Raises:
            CollectError: what came is no page, or the pages go in a circle.
        """
        token: str | None = None
        seen: set[str] = set()
        size = self._page_size or best
        while True:
            try:
                page = search(max_results=size, page_token=token, **arguments)
            except Exception as error:
                raise _explained(error, call) from error
            yield from page
            if not page and not page.token:
                self._demand_none(call, {**query, "max_results": size} | ({"page_token": token} if token else {}))
            token = page.token
            if not token:
                return
            if token in seen:
                raise CutShortError("the server repeats a page token; the rest of the listing cannot be read")
            seen.add(token)

    def _demand_none(self, call: str, query: Mapping[str, Json]) -> None:
        """Ask for an empty page once more and look at what is sent. To the SDK an empty body, a proxy's "200 OK" and an object of
        any other program are pages without items: taken for that, they would make everything gone.

        Raises:
            CollectError: it is no page of MLflow, or not empty.

        Source: mlflow 3.17.2, mlflow/utils/rest_utils.py, verify_rest_response, and mlflow/utils/proto_json_utils.py, parse_dict;
        read 2026-11-24.
        """
        method, _, path = call.partition(" ")
        response = self.request(method, path, **{"params" if method == "GET" else "json": query})
        try:
            page = response.json()
        except (ValueError, RecursionError):
            page = None
        items = _ITEMS[path.removesuffix("/search").rpartition("/")[2]]
        if response.status_code != 200 or not isinstance(page, dict) or page.keys() - {items, "next_page_token"}:
            raise TransientError(f"HTTP {response.status_code}: what was sent is no page of MLflow", call=call)
        if page.get(items, []) != [] or page.get("next_page_token"):
            raise TransientError("a page that was empty is not when it is asked for again", call=call)

    def get(self, endpoint: str, **parameters: str) -> Any:
        """The response (any status) to a GET, with the SDK's own retries and time limits."""
        return self.request("GET", endpoint, params=parameters or None)

    def request(self, method: str, endpoint: str, **sent: Any) -> Any:
        from mlflow.utils.rest_utils import http_request

        return http_request(self._credentials(), endpoint, method, raise_on_status=False, **sent)

    def version(self) -> str | None:
        """The server's release; None where it does not say (before 1.26, or hidden by a proxy)."""
        response = self.get("/version")
        if response.status_code in (401, 403):
            raise DeniedError(f"HTTP {response.status_code}", call="GET /version", needs=(READ_PERMISSION,))
        text: str = response.text.strip()
        return text if response.status_code == 200 and _VERSION.fullmatch(text) else None

    def left_out_of(self, kind: str) -> tuple[str, str] | None:
        """(why listings of a kind are known not to be whole though they end well, what is needed); None where
        nothing says so."""
        return self._left_out

    @cached_property
    def _left_out(self) -> tuple[str, str] | None:
        if hidden := self._hidden_from_user():
            return hidden, READ_PERMISSION
        if others := self._other_workspaces():
            return others, "a scan for each workspace, with MLFLOW_WORKSPACE set to it"
        return None

    def models(self) -> Iterator[tuple[Any, bool]]:
        """(registered model or prompt, whether it is a prompt)."""
        return _with_prompts(self, self.registry.search_registered_models, 500, MODELS)

    def versions(self) -> Iterator[tuple[Any, bool]]:
        """(version, whether it is one of a prompt)."""
        return _with_prompts(self, self.registry.search_model_versions, 1000, VERSIONS)

    def told(self, get: Callable[[str], _T], call: str, name: str) -> _T:
        """What the SDK says of one thing.

        Raises:
            CollectError: it cannot be read.
        """
        try:
            return get(name)
        except Exception as error:
            raise _explained(error, call) from error

    def _hidden_from_user(self) -> str | None:
        """A server with basic-auth leaves unreadable things out of its listings without a word; only an administrator
        is sure to see all. Source: mlflow 3.17.2, mlflow/server/auth/__init__.py, filter_search_experiments, get_user, and
        mlflow/server/auth/entities.py, User.to_json; read 2026-11-24."""
        user = self._credentials().username
        found = self._json("/api/2.0/mlflow/users/get", username=user) if user else None
        if (
            not isinstance(found, dict)
            or not isinstance(about := found.get("user"), dict)
            or about.get("is_admin", True)
        ):
            return None
        return f"{user} is no administrator of this server, which leaves out of its listings what {user} may not read"

    def _other_workspaces(self) -> str | None:
        """A listing shows one workspace, that of MLFLOW_WORKSPACE or the default one.
        Source: mlflow 3.17.2, mlflow/server/server_info_api.py, mlflow/utils/server_info.py, mlflow/server/workspace_helpers.py,
        mlflow/store/workspace/rest_store.py and mlflow/utils/workspace_utils.py; read 2026-11-24."""
        about = self._json("/api/3.0/mlflow/server-info")
        if not isinstance(about, dict) or not about.get("workspaces_enabled"):
            return None
        found = self._json("/api/3.0/mlflow/workspaces")
        listed = found.get("workspaces", []) if isinstance(found, dict) else None
        if not isinstance(listed, list):
            return "this server has workspaces, and which ones cannot be listed"
        current = os.environ.get("MLFLOW_WORKSPACE") or "default"
        others = sorted({str(w["name"]) for w in listed if isinstance(w, dict) and "name" in w} - {current})
        return f"only workspace {current} was read; not read: {', '.join(others)}" if others else None

    def _json(self, endpoint: str, **parameters: str) -> Json:
        """The JSON of a successful answer; None for any other answer."""
        response = self.get(endpoint, **parameters)
        try:
            return response.json() if response.status_code == 200 else None
        except (ValueError, RecursionError):
            return None


def servers(server: Server) -> Iterator[Json]:
    """The server itself, once its experiments listing has answered."""
    version = server.version()
    next(_experiments(server), None)
    yield (
        {"url": server.uri, "$keys": server.keys}
        | ({"type": server.hosted} if server.hosted else {})
        | ({"version": version} if version else {})
        | ({"aliases": server.aliases} if server.aliases else {})
        | ({"$at": server.uri} if uri_name(server.uri) else {})
    )


def experiments(server: Server) -> Iterator[Json]:
    """Experiments, deleted ones included."""
    for experiment in _experiments(server):
        yield _plain(experiment)


def runs(server: Server) -> Iterator[Json]:
    """Runs of every experiment, deleted ones included, the oldest first: pages are counted from the first run, and those that begin
    while they are read come after the last.

    Source: mlflow 3.17.2, mlflow/store/tracking/sqlalchemy_store.py, _search_runs (offset); read 2026-11-24.
    """
    from mlflow.entities import ViewType

    order = ["attributes.start_time ASC"]
    since = f"attributes.start_time >= {int(server.since.timestamp() * 1000)}" if server.since else ""
    for ids in _chunks((e.experiment_id for e in _experiments(server)), 50):
        query = {"experiment_ids": ids, "run_view_type": "ALL", "order_by": order, "filter": since}
        search = partial(server.tracking.search_runs, ids, since, ViewType.ALL, order_by=order)
        yield from map(_run, server.pages(search, 500, RUNS, query))


def logged_models(server: Server) -> Iterator[Json]:
    """Logged models of every experiment.

    Raises:
        UnavailableError: the server lists experiments but is older than logged models (MLflow 3).
    """
    try:
        for ids in _chunks((e.experiment_id for e in _experiments(server)), 50):
            search = server.tracking.search_logged_models
            for model in server.pages(search, 50, LOGGED_MODELS, {"experiment_ids": ids}, experiment_ids=ids):
                payload = _plain(model)
                payload["metrics"] = {m.key: _metric(m.value) for m in model.metrics or ()}
                yield payload
    except CollectError as error:
        if older := _older(server, error, "logged models", (3, 0)):
            raise older from error
        raise


def webhooks(server: Server) -> Iterator[Json]:
    """Webhooks: where the server posts what happens to models and prompts.

    Raises:
        UnavailableError: the server is older than webhooks, or is hosted by who has none.

    Source: release notes of MLflow 3.3.0, "Model Registry Webhooks", and its documentation, "Webhooks" (only MLflow's own servers have
    them); read 2026-11-24.
    """
    if server.hosted:
        raise UnavailableError(f"{server.hosted} has none of MLflow's webhooks")
    try:
        for webhook in server.pages(server.registry.list_webhooks, 100, WEBHOOKS):
            yield {
                name: value
                for name, value in {
                    "webhook_id": webhook.webhook_id,
                    "name": webhook.name,
                    "description": webhook.description,
                    "url": webhook.url,
                    "status": str(webhook.status),
                    "events": sorted(str(event) for event in webhook.events),
                    "creation_timestamp": webhook.creation_timestamp,
                    "last_updated_timestamp": webhook.last_updated_timestamp,
                }.items()
                if value not in (None, "")
            }
    except CollectError as error:
        if older := _older(server, error, "webhooks", (3, 3)):
            raise older from error
        raise


def _older(server: Server, error: CollectError, what: str, came_with: tuple[int, int]) -> UnavailableError | None:
    """That a listing is not there since the server is older than it; None where its version does not say so."""
    version = server.version() if error.code == "ENDPOINT_NOT_FOUND" else None
    if version is None or release(version) >= came_with:
        return None
    return UnavailableError(f"MLflow {version} has no {what}; they came with {came_with[0]}.{came_with[1]}")


def release(version: str) -> tuple[int, int]:
    """The first two numbers of a version."""
    major, minor, *_ = [int(n) for n in re.findall(r"\d+", version)] + [0, 0]
    return major, minor


def registered_models(server: Server) -> Iterator[Json]:
    """Registered models and prompts."""
    for model, prompt in server.models():
        payload = _plain(model) | ({"$prompt": True} if prompt else {})
        payload.pop("latest_versions", None)  # each is a record of its own
        yield payload


def model_versions(server: Server) -> Iterator[Json]:
    """Versions of models and prompts, each with the aliases that point at it."""
    aliases = {model.name: dict(model.aliases or {}) for model, _ in server.models()}
    for version, prompt in server.versions():
        payload = _plain(version) | ({"$prompt": True} if prompt else {})
        pointing = (a for a, v in aliases.get(version.name, {}).items() if str(v) == str(version.version))
        payload["aliases"] = sorted({*(payload.get("aliases") or ()), *pointing})
        yield payload


def _experiments(server: Server) -> Iterator[Any]:
    from mlflow.entities import ViewType

    query = {"view_type": "ALL"}
    yield from server.pages(server.tracking.search_experiments, 1000, EXPERIMENTS, query, view_type=ViewType.ALL)


def _with_prompts(server: Server, search: Callable[..., Any], best: int, call: str) -> Iterator[tuple[Any, bool]]:
    """(item, whether it is a prompt) of a registry listing.

    Servers leave prompts out unless they are asked for, older ones give them to both questions; the client hides the
    tag that marks them. Source: mlflow 3.17.2, mlflow/store/model_registry/sqlalchemy_store.py, _is_querying_prompt, and
    mlflow/entities/model_registry/registered_model.py, tags; read 2026-11-24. What older ones do is not verified; it costs an
    empty listing where it is not so.
    """
    prompts: set[tuple[str, str]] = set()
    only = f"tags.`{IS_PROMPT}` = 'true'"
    for item in server.pages(search, best, call, {"filter": only}, filter_string=only):
        prompts.add((item.name, str(getattr(item, "version", ""))))
        yield item, True
    for item in server.pages(search, best, call, filter_string=None):
        if (item.name, str(getattr(item, "version", ""))) not in prompts:
            yield item, False


def _run(run: Any) -> Json:
    inputs = [
        {"dataset": _dataset(i.dataset), "tags": {t.key: t.value for t in i.tags or ()}}
        for i in (run.inputs.dataset_inputs if run.inputs else ())
    ]
    payload: dict[str, Json] = {
        "info": _plain(run.info),
        "params": dict(run.data.params),
        "metrics": {k: _metric(v) for k, v in run.data.metrics.items()},
        "tags": dict(run.data.tags),
        "dataset_inputs": inputs,
    }
    if uris := [uri for i in inputs if (uri := _location(i["dataset"]))]:
        payload["$input_uris"] = uris
    if parent := run.data.tags.get("mlflow.parentRunId"):
        payload["$parent_run_id"] = parent
    if code := _code(run.data.tags):
        payload["$code"] = code
    return payload


_CODE: Mapping[str, tuple[str, ...]] = {
    "repository": ("mlflow.source.git.repoURL", "mlflow.databricks.gitRepoUrl"),
    "commit": ("mlflow.source.git.commit", "mlflow.databricks.gitRepoCommit"),
    "branch": ("mlflow.source.git.branch", "mlflow.databricks.gitRepoReference"),
}
"""Tags that say which code a run ran. Source: mlflow 3.17.2, mlflow/utils/mlflow_tags.py; read 2026-11-24."""


def _code(tags: Mapping[str, str]) -> dict[str, Json]:
    """Repository (as a URL, where it is written as scp does: git@HOST:PATH), commit and branch of a run."""
    code: dict[str, Json] = {
        name: found for name, names in _CODE.items() if (found := next((tags[n] for n in names if tags.get(n)), ""))
    }
    if short := _SCP.fullmatch(str(code.get("repository", ""))):
        code["repository"] = f"ssh://git@{short['host']}/{short['path']}"
    return code


def _dataset(dataset: Any) -> dict[str, Json]:
    """A dataset with its source as the object that it is, where it is one."""
    payload = _plain(dataset)
    try:
        source = json.loads(payload.get("source") or "")
    except (ValueError, RecursionError):
        return payload
    return payload | {"source": source} if isinstance(source, dict) else payload


def _location(dataset: Mapping[str, Json]) -> str | None:
    """URI of a dataset's source that names a store, hub or server; None for local paths and code.

    Source: mlflow 3.17.2, to_dict of mlflow/data/artifact_dataset_sources.py (uri), http_dataset_source.py (url), and
    delta_, uc_volume_ and huggingface_dataset_source.py (path); read 2026-11-24.
    """
    source = dataset.get("source")
    if not isinstance(source, dict):
        source = {"uri": source}
    if dataset.get("source_type") == "hugging_face" and isinstance(source.get("path"), str):
        return f"hf://datasets/{source['path']}"
    found = next((v for k in ("uri", "url", "path") if isinstance(v := source.get(k), str)), "")
    return found if "://" in found and uri_name(found) else None


def _metric(value: float) -> float | str:
    """A metric's value; JSON has no word for the others: "NaN", "Infinity", "-Infinity"."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _plain(entity: Any) -> dict[str, Json]:
    """An entity's properties that are plain values, without what the client puts where the server said nothing:
    "" and …_UNSPECIFIED are protobuf's defaults, "default" is the workspace of a server that has none."""
    plain = {k: _value(v) for k, v in dict(entity).items()}
    if plain.get("workspace") == "default":
        del plain["workspace"]
    return {k: v for k, v in plain.items() if v not in (None, "") and not str(v).endswith("_UNSPECIFIED")}


def _value(value: Any) -> Json:
    if isinstance(value, Enum):
        return _value(value.value)
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return _metric(value)
    if isinstance(value, Mapping):
        return {str(k): _value(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_value(v) for v in value]
    return None


def _chunks(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
