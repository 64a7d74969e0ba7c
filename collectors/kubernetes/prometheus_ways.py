"""Ways to a Prometheus: by its URL, or through the API server to a Service that is recognised as one. Reads only.

Owns authentication by a token out of a variable, bounded retries and sizes, and which Services are a Prometheus. Refuses to follow
redirects elsewhere with a token, and to sign requests (Amazon Managed Service for Prometheus: put its own proxy before it).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import urllib3

from normalize.errors import CollectError, ConfigError, DeniedError, TransientError, UnavailableError
from normalize.model import Json

IN_CLUSTER = "in-cluster"
PROXY = "rbac:get:/services/proxy"
_MOST_BYTES = 64 << 20
_TIMEOUT = urllib3.Timeout(connect=10, read=90)


class ByUrl:
    """A Prometheus, or what answers like one (Thanos, VictoriaMetrics, Mimir, Google's and Azure's managed ones), at a URL."""

    def __init__(self, url: str, token: str = "", pool: urllib3.PoolManager | None = None) -> None:
        self.name = url.rstrip("/")
        self._headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        retries = urllib3.Retry(
            total=3, connect=2, read=1, status=3, redirect=0, other=0, status_forcelist={429, 502, 503, 504}, backoff_factor=0.2,
            backoff_max=10, retry_after_max=30, raise_on_status=False, raise_on_redirect=False,
        )  # fmt: skip
        self._pool = pool or urllib3.PoolManager(retries=retries, timeout=_TIMEOUT)

    def get(self, path: str, query: Sequence[tuple[str, str]]) -> Json:
        """The JSON that a path answers.

        Raises:
            DeniedError: 401 or 403. UnavailableError: 404 or 405. TransientError: busy, unreachable, cut short or too slow.
            CollectError: an answer that is no JSON, or of more than 64 MiB.
        """
        call = f"GET {self.name}{path}"
        url = f"{self.name}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            answer = self._pool.request("GET", url, headers=self._headers, redirect=False, preload_content=False)
            try:
                data = answer.read(_MOST_BYTES + 1, decode_content=True)
            finally:
                answer.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            said = str(getattr(error, "reason", None) or error)[:200]
            raise TransientError(f"Prometheus does not answer: {said}", call=call, code=type(error).__name__) from None
        if len(data) > _MOST_BYTES:
            raise CollectError(f"the answer is larger than {_MOST_BYTES >> 20} MiB", call=call)
        if answer.status != 200:
            raise _refusal(answer.status, data, call)
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            raise CollectError("the answer is no JSON", call=call) from None


def _refusal(status: int, data: bytes, call: str) -> CollectError:
    """What a status means, with Prometheus's own words: {"status": "error", "errorType", "error"}."""
    try:
        said = str(json.loads(data)["error"])[:300]
    except (ValueError, LookupError, TypeError):
        said = f"HTTP status {status}"
    if status in (401, 403):
        return DeniedError(
            f"Prometheus refuses: {said}",
            call=call,
            needs=("a token that may query it: prometheus_token_env",),
            code=str(status),
        )
    if status in (404, 405):
        return UnavailableError(f"no HTTP API of Prometheus answers there: {said}", call=call, code=str(status))
    if status in (429, 500, 502, 503, 504):
        return TransientError(f"{status}: {said}", call=call, code=str(status))
    return CollectError(f"{status}: {said}", call=call, code=str(status))


class ThroughApiServer:
    """A Service of the cluster, by the API server's proxy: GET on services/proxy.

    Source: kubernetes.io, "Access Services Running on Clusters": /api/v1/namespaces/NS/services/[SCHEME:]NAME[:PORT]/proxy, read 2026-11-24.
    """

    def __init__(self, api: Any, namespace: str, service: str, port: str, prefix: str = "") -> None:
        self._api, self._prefix = api, prefix
        self.name = f"{namespace}/{service}:{port}"
        self._base = f"/api/v1/namespaces/{namespace}/services/{service}:{port}/proxy"

    def get(self, path: str, query: Sequence[tuple[str, str]]) -> Json:
        try:
            return self._api.get(f"{self._base}{self._prefix}{path}", dict(query))
        except DeniedError as error:
            raise DeniedError(str(error), call=error.call, needs=(PROXY,), code=error.code) from None


_KNOWN: Mapping[str, tuple[frozenset[str], str]] = {
    # app.kubernetes.io/name (or the Service's own) -> ports by which it answers queries, what stands before its paths
    "thanos-query": (frozenset({"http", "9090", "10902"}), ""),
    "thanos-query-frontend": (frozenset({"http", "9090", "10902"}), ""),
    "prometheus": (frozenset({"web", "http-web", "http", "9090"}), ""),
    "vmsingle": (frozenset({"http", "8428", "8429"}), ""),
    "victoria-metrics-single": (frozenset({"http", "8428"}), ""),
    "vmselect": (frozenset({"http", "8481"}), "/select/0/prometheus"),
}
"""Source: labels and ports of the charts and operators of Prometheus, Thanos and VictoriaMetrics, from their documentation; not verified
against a copy, so a Service that does not answer is said so."""
_NAMES: Mapping[str, str] = {
    "prometheus": "prometheus",
    "prometheus-operated": "prometheus",
    "thanos-query": "thanos-query",
    "prometheus-server": "prometheus",
}


def found(services: Sequence[Json]) -> Iterator[tuple[str, str, str, str]]:
    """(namespace, Service, port, prefix) of each Prometheus among Services; of several before the same pods, the first by name.
    Where there is Thanos, it speaks for all."""
    known = sorted(_recognised(services))
    whole = [k for k in known if k[0].startswith("thanos")]
    seen: set[tuple[str, str]] = set()
    for _, namespace, name, port, prefix, selector in whole or known:
        if (namespace, selector) not in seen:
            seen.add((namespace, selector))
            yield namespace, name, port, prefix


def _recognised(services: Sequence[Json]) -> Iterator[tuple[str, str, str, str, str, str]]:
    for one in services:
        meta, spec = one.get("metadata") or {}, one.get("spec") or {}
        name, labels = str(meta.get("name") or ""), meta.get("labels") or {}
        product = (
            labels.get("app.kubernetes.io/name")
            or _NAMES.get(name)
            or ("prometheus" if labels.get("operated-prometheus") else "")
        )
        if product not in _KNOWN:
            continue
        ports, prefix = _KNOWN[product]
        if labels.get("app.kubernetes.io/component") in ("alertmanager", "node-exporter", "pushgateway", "operator"):
            continue
        port = next(
            (str(p["port"]) for p in spec.get("ports") or [] if p.get("name") in ports or str(p.get("port")) in ports),
            None,
        )
        if port:
            selector = json.dumps(spec.get("selector") or {"name": name}, sort_keys=True)
            yield product, str(meta.get("namespace") or ""), name, port, prefix, selector


def by_url(url: str, token_env: str | None, source: str) -> ByUrl:
    """Raises ConfigError: the variable that should hold the token is not set."""
    token = os.environ.get(token_env, "") if token_env else ""
    if token_env and not token:
        raise ConfigError(
            f'source "{source}": prometheus_token_env names {token_env}, which is not set; accepted: a variable that holds a token'
        )
    return ByUrl(url, token)
