"""The one module that calls the Kubernetes client: read-only requests, bounded retries, errors by meaning.

Owns connection, authentication (left wholly to the client) and what a status means. Refuses every verb but GET and the
creation of SelfSubjectAccessReviews, which store nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import urllib3
import yaml
from kubernetes import config
from kubernetes.client import ApiClient, Configuration
from kubernetes.client.exceptions import ApiException

from normalize.errors import CollectError, ConfigError, DeniedError, TransientError, UnavailableError
from normalize.model import Json

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_TIMEOUT_SECONDS = (10, 60)
_MOST_CONTEXTS = 500
_UNUSABLE = (config.ConfigException, yaml.YAMLError, OSError, AttributeError, KeyError, TypeError, ValueError)
"""What the client raises on a kubeconfig: its own error, or whatever a file of another shape runs into."""
_BUSY = frozenset({429, 500, 502, 503, 504})


def _retries() -> urllib3.Retry:
    """Five tries of what the server says is busy, three of what breaks; at most 30 s between two."""
    return urllib3.Retry(
        total=5,
        connect=2,
        read=2,
        status=5,
        other=0,
        redirect=3,
        status_forcelist={429, 503},
        allowed_methods={"GET", "POST"},
        backoff_factor=0.1,
        backoff_max=10,
        backoff_jitter=0.1,
        retry_after_max=30,
        raise_on_status=False,
    )


class ExpiredError(CollectError):
    """The continue token of a list is too old (410): the list must start again."""


class Api:
    """A connection to one API server.

    Attributes:
        server: its URL.
        context, cluster: names in the kubeconfig; "" inside a cluster.
        others: {name, server} of the other contexts of the kubeconfig that lead to other servers.
    """

    def __init__(
        self, api: ApiClient, context: str = "", cluster: str = "", others: Sequence[Mapping[str, str]] = ()
    ) -> None:
        self._api = api
        self.others = tuple(others)
        self.server: str = api.configuration.host
        self.context = context
        self.cluster = cluster

    def get(self, path: str, query: Mapping[str, str] | None = None, accept: str = "application/json") -> Json:
        """The JSON that a path serves, as served.

        Raises:
            DeniedError: 401 or 403.
            ExpiredError: 410.
            UnavailableError: 404 or 405: not served here.
            TransientError: busy, failing, unreachable or cut short after the retries.
        """
        return self._call("GET", path, query, accept)

    def may_list(self, group: str, plural: str) -> tuple[bool, str]:
        """(allowed, reason) for listing a resource in the whole cluster, as the server itself judges it."""
        attributes = {"verb": "list", "group": group, "resource": plural}
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        status = self._call("POST", _REVIEWS, None, "application/json", body).get("status")
        if not isinstance(status, dict) or not isinstance(status.get("allowed"), bool):
            raise CollectError("the review does not say whether it is allowed", call=f"POST {_REVIEWS}")
        return status["allowed"], str(status.get("reason") or "")

    def close(self) -> None:
        self._api.rest_client.close()

    def _call(self, method: str, path: str, query: Mapping[str, str] | None, accept: str, body: Json = None) -> Json:
        call = f"{method} {path}"
        headers = {"Accept": accept} | ({"Content-Type": "application/json"} if body else {})
        try:
            request = self._api.param_serialize(
                method, path, query_params=list((query or {}).items()), header_params=headers, body=body,
                auth_settings=["BearerToken"],
            )  # fmt: skip
            answer = self._api.call_api(*request, _request_timeout=_TIMEOUT_SECONDS)
            data = answer.read()
        except (urllib3.exceptions.HTTPError, ApiException, OSError) as error:
            raise TransientError(_broken(error), call=call, code=type(error).__name__) from None
        if answer.status >= 300:
            raise _refusal(answer.status, data, call)
        try:
            found = json.loads(data)
        except (ValueError, RecursionError):
            raise TransientError("the answer is no JSON, or was cut short", call=call) from None
        if not isinstance(found, dict):
            raise CollectError(f"the answer is no object but {type(found).__name__}", call=call)
        return found


def _broken(error: Exception) -> str:
    return f"the connection failed or was cut: {str(getattr(error, 'reason', None) or error)[:300]}"


def _refusal(status: int, data: bytes, call: str) -> CollectError:
    """What a status means, with the server's own words."""
    try:
        told = json.loads(data)
        message, reason = str(told["message"]), str(told.get("reason") or status)
    except (ValueError, KeyError, TypeError):
        message, reason = data[:200].decode(errors="replace").strip() or f"HTTP status {status}", str(status)
    if status in (401, 403):
        return DeniedError(message, call=call, code=reason)
    if status == 410:
        return ExpiredError(message, call=call, code=reason)
    if status in (404, 405):
        return UnavailableError(message, call=call, code=reason)
    if status in _BUSY:
        return TransientError(f"{status}: {message}", call=call, code=reason)
    return CollectError(f"{status}: {message}", call=call, code=reason)


def connect(settings: Mapping[str, Any]) -> Api:
    """Connect as configured: the kubeconfig that is named, else the cluster that we run in, else the default file.

    Nothing is written back to the kubeconfig, even when a login plugin renews a token.

    Raises:
        ConfigError: no usable kubeconfig, or the context is not in it.
    """
    named, context = settings.get("kubeconfig"), settings.get("context")
    configuration = Configuration()
    configuration.retries = _retries()
    configuration.connection_pool_maxsize = 16
    if named is None and context is None:
        try:
            config.load_incluster_config(client_configuration=configuration)
            return Api(ApiClient(configuration))
        except config.ConfigException:
            pass
    file = str(Path(str(named)).expanduser()) if named is not None else None
    try:
        config.load_kube_config(file, context=context, client_configuration=configuration, persist_config=False)
        contexts, current = config.list_kube_config_contexts(file)
    except _UNUSABLE as error:
        shown = str(named) if named is not None else "the default kubeconfig"
        raise ConfigError(
            f'source "{settings.get("name")}": kubeconfig {shown} cannot be used: {str(error)[:200]}; '
            "accepted: the path of a kubeconfig file, and a context that it holds"
        ) from None
    chosen = next((c for c in contexts if c["name"] == context), current) if context else current
    others = [c for c in _contexts(file) if c["server"].rstrip("/") != configuration.host.rstrip("/")]
    return Api(ApiClient(configuration), str(chosen["name"]), str(chosen["context"].get("cluster") or ""), others)


def _contexts(file: str | None) -> list[dict[str, str]]:
    """Name and server of each context; users and their credentials are not looked at. Several files are read as kubectl does: what
    comes first counts."""
    named = file or os.environ.get("KUBECONFIG") or "~/.kube/config"
    servers: dict[str, str] = {}
    contexts: dict[str, str] = {}
    for part in named.split(os.pathsep):
        try:
            told = yaml.safe_load(Path(part).expanduser().read_text(encoding="utf-8")) if part else None
            for cluster in (told or {}).get("clusters") or ():
                servers.setdefault(str(cluster["name"]), str((cluster.get("cluster") or {}).get("server") or ""))
            for context in (told or {}).get("contexts") or ():
                contexts.setdefault(str(context["name"]), str((context.get("context") or {}).get("cluster") or ""))
        except _UNUSABLE:
            continue
    found = [{"name": name, "server": servers.get(cluster, "")} for name, cluster in contexts.items()]
    return [c for c in found if c["server"]][:_MOST_CONTEXTS]
