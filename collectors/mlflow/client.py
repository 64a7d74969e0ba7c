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

_VERSION = re.compile(r"\d{1,4}(?:\.[\w+.-]{1,35})?", re.ASCII)
_ALL: Mapping[str, Json] = {}
_ITEMS: Mapping[str, str] = {
    "experiments": "experiments",
    "runs": "runs",
    "logged-models": "models",
    "registered-models": "registered_models",
    "model-versions": "model_versions",
}
"""Noun of a search's path -> the member of its answer that holds the items.
Source: mlflow 3.17.2, mlflow/protos/service_pb2.py and model_registry_pb2.py, Search….Response; read 2026-11-24."""

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


@dataclass(frozen=True, slots=True)
class Search:
    """A fetch value: the REST call that lists a kind, and the function that reads it to the end."""

    call: str
    read: Callable[[Server], Iterator[Json]]


class Server:
    """A tracking server and its registry.

    Args:
        tracking_uri: http(s) address without credentials; those come from MLflow's own environment variables.
        page_size: records a page; None for what each listing does best.
        aliases: further addresses of the server, as configured.
        keys: canonical keys of all its addresses.
    """

    def __init__(
        self, tracking_uri: str, page_size: int | None = None, *, aliases: Sequence[str] = (), keys: Sequence[str] = ()
    ) -> None:
        for name, value in _DEFAULTS.items():
            os.environ.setdefault(name, value)
        from mlflow import MlflowClient

        self.uri = tracking_uri.rstrip("/")
        self.client = MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)
        self.aliases, self.keys = list(aliases), list(keys)
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
        from mlflow.utils.credentials import get_default_host_creds
        from mlflow.utils.rest_utils import http_request

        method, _, path = call.partition(" ")
        sent = {"params" if method == "GET" else "json": query}
        response = http_request(get_default_host_creds(self.uri), path, method, raise_on_status=False, **sent)
        try:
            page = response.json()
        except (ValueError, RecursionError):
            page = None
        items = _ITEMS[path.rsplit("/", 2)[-2]]
        if response.status_code != 200 or not isinstance(page, dict) or page.keys() - {items, "next_page_token"}:
            raise TransientError(f"HTTP {response.status_code}: what was sent is no page of MLflow", call=call)
        if page.get(items, []) != [] or page.get("next_page_token"):
            raise TransientError("a page that was empty is not when it is asked for again", call=call)

    @cached_property
    def search_registered_models(self) -> Callable[..., Any]:
        """The listing of registered models as the server has it. MlflowClient asks for those whose tag says that they are no
        prompt, and a server older than prompts then gives only models that have tags: none, on most.

        Source: mlflow 3.17, tracking/_model_registry/client.py, search_registered_models; seen on a server of 2.1.1.
        """
        from mlflow.store.model_registry.rest_store import RestStore
        from mlflow.utils.credentials import get_default_host_creds

        found: Callable[..., Any] = RestStore(partial(get_default_host_creds, self.uri)).search_registered_models
        return found

    def get(self, endpoint: str, **parameters: str) -> Any:
        """The response (any status) to a GET, with the SDK's own credentials, retries and time limits."""
        from mlflow.utils.credentials import get_default_host_creds
        from mlflow.utils.rest_utils import http_request

        return http_request(
            get_default_host_creds(self.uri), endpoint, "GET", params=parameters or None, raise_on_status=False
        )

    def version(self) -> str | None:
        """The server's release; None where it does not say (before 1.26, or hidden by a proxy)."""
        response = self.get("/version")
        if response.status_code in (401, 403):
            raise DeniedError(f"HTTP {response.status_code}", call="GET /version", needs=(READ_PERMISSION,))
        text: str = response.text.strip()
        return text if response.status_code == 200 and _VERSION.fullmatch(text) else None

    @cached_property
    def left_out(self) -> tuple[str, str] | None:
        """(why listings of this server are known not to be whole though they end well, what is needed); None where
        nothing says so."""
        if hidden := self._hidden_from_user():
            return hidden, READ_PERMISSION
        if others := self._other_workspaces():
            return others, "a scan for each workspace, with MLFLOW_WORKSPACE set to it"
        return None

    def _hidden_from_user(self) -> str | None:
        """A server with basic-auth leaves unreadable things out of its listings without a word; only an administrator
        is sure to see all. Source: mlflow 3.17.2, mlflow/server/auth/__init__.py, filter_search_experiments, get_user, and
        mlflow/server/auth/entities.py, User.to_json; read 2026-11-24."""
        user = os.environ.get("MLFLOW_TRACKING_USERNAME")
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
        | ({"version": version} if version else {})
        | ({"aliases": server.aliases} if server.aliases else {})
        | ({"$at": server.uri} if uri_name(server.uri) else {})
    )


def experiments(server: Server) -> Iterator[Json]:
    for experiment in _experiments(server):
        yield _plain(experiment)


def runs(server: Server) -> Iterator[Json]:
    """Runs of every experiment, deleted ones included."""
    from mlflow.entities import ViewType

    for ids in _chunks((e.experiment_id for e in _experiments(server)), 50):
        query = {"experiment_ids": ids, "run_view_type": "ALL"}
        found = server.pages(
            server.client.search_runs, 500, RUNS, query, experiment_ids=ids, run_view_type=ViewType.ALL
        )
        yield from map(_run, found)


def logged_models(server: Server) -> Iterator[Json]:
    """Logged models of every experiment.

    Raises:
        UnavailableError: the server lists experiments but is older than logged models (MLflow 3).
    """
    try:
        for ids in _chunks((e.experiment_id for e in _experiments(server)), 50):
            search = server.client.search_logged_models
            for model in server.pages(search, 100, LOGGED_MODELS, {"experiment_ids": ids}, experiment_ids=ids):
                payload = _plain(model)
                payload["metrics"] = {m.key: _metric(m.value) for m in model.metrics or ()}
                yield payload
    except CollectError as error:
        version = server.version() if error.code == "ENDPOINT_NOT_FOUND" else None
        if version is None or int(version.split(".")[0]) >= 3:
            raise
        raise UnavailableError(f"MLflow {version} has no logged models; they came with 3.0") from error


def registered_models(server: Server) -> Iterator[Json]:
    """Registered models and prompts."""
    for model, prompt in _with_prompts(server, server.search_registered_models, 500, MODELS):
        payload = _plain(model) | ({"$prompt": True} if prompt else {})
        payload.pop("latest_versions", None)  # each is a record of its own
        yield payload


def model_versions(server: Server) -> Iterator[Json]:
    """Versions of models and prompts, each with the aliases that point at it."""
    models = _with_prompts(server, server.search_registered_models, 500, MODELS)
    aliases = {model.name: dict(model.aliases or {}) for model, _ in models}
    for version, prompt in _with_prompts(server, server.client.search_model_versions, 1000, VERSIONS):
        payload = _plain(version) | ({"$prompt": True} if prompt else {})
        pointing = (a for a, v in aliases.get(version.name, {}).items() if str(v) == str(version.version))
        payload["aliases"] = sorted({*(payload.get("aliases") or ()), *pointing})
        yield payload


def _experiments(server: Server) -> Iterator[Any]:
    from mlflow.entities import ViewType

    query = {"view_type": "ALL"}
    yield from server.pages(server.client.search_experiments, 1000, EXPERIMENTS, query, view_type=ViewType.ALL)


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
    return payload


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
