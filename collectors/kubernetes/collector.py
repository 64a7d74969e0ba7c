"""One cluster as a source: discovers its types, lists each of them whole, and says what it could not see."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from collectors.contract import Blindness, Planned, plan_each
from collectors.kubernetes import client, facts
from collectors.kubernetes.edges import CLUSTER_SCOPED
from collectors.kubernetes.external_secrets import EXTERNAL_SECRET, entries, stores
from collectors.kubernetes.prometheus import MEASURABLE, Asker, Measured, Prometheus
from collectors.kubernetes.prometheus_ways import IN_CLUSTER, ThroughApiServer, by_url, found
from collectors.kubernetes.rows import CLUSTER, PROMETHEUS, row_of, silent
from collectors.kubernetes.serving_runtimes import CLUSTER_RUNTIME, SERVED, settle
from collectors.kubernetes.types import Objects, Silence, discover
from normalize.errors import MISSHAPEN, CollectError, DeniedError, TransientError, UnavailableError
from normalize.identity import canonical, known_service
from normalize.mapping import LINKS, read
from normalize.model import Json, Kind, RawRecord, Scope

PAGE = 500
RESTARTS = 3
"""How often a list starts again when its continue token has expired."""

_ISSUERS = re.compile(
    r"https://(?:oidc\.eks\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/id/\w+|container\.googleapis\.com/v1/projects/.+|"
    r"[a-z0-9-]+\.oic\.[a-z0-9-]+\.azure\.com/.+)"
)
"""Issuers of service account tokens that are one cluster's own; elsewhere many clusters share
https://kubernetes.default.svc.cluster.local. Source: the issuers of EKS and GKE clusters as public manifests show them, read
2026-11-24; that of AKS is not verified."""
_STORES = frozenset({("external-secrets.io", "SecretStore"), ("external-secrets.io", "ClusterSecretStore")})

_UID = re.compile(r"[\w.:-]{1,253}")
_EKS = re.compile(r"arn:aws[a-z-]*:eks:[a-z0-9-]+:\d{12}:cluster/[A-Za-z0-9_-]+")


def _now() -> datetime:
    return datetime.now(UTC)


class KubernetesCollector:
    """Implements collectors.contract.Collector for one cluster. Lists the whole cluster, never a namespace at a time.

    Args:
        aliases: other names of the cluster, as configured: an ARN, the URL of its API server.
        prometheus: a way to a Prometheus, or IN_CLUSTER: Services of the cluster that are one; None asks none.
    """

    provider = "kubernetes"
    spreads = True

    def __init__(
        self,
        source: str,
        api: client.Api,
        clock: Callable[[], datetime] = _now,
        aliases: Sequence[str] = (),
        prometheus: Asker | str | None = None,
    ) -> None:
        self.source = source
        self._api = api
        self._clock = clock
        self._aliases = list(aliases)
        self._stores: dict[str, Json] | None = None
        self._runtimes: frozenset[str] | CollectError | None = None
        self._lock = threading.Lock()
        self._kinds: list[Kind] | None = None
        self._namespace: Json = None
        self._unscoped = CLUSTER_SCOPED
        named: list[Asker] = [] if prometheus is None or isinstance(prometheus, str) else [prometheus]
        self._ways: Callable[[], Sequence[Asker]] = self._services if prometheus == IN_CLUSTER else lambda: named
        self._prometheus = Prometheus(self._ways, clock) if prometheus else None

    def kinds(self) -> Sequence[Kind]:
        """The cluster itself, one row per type that it serves, and one per group version that does not answer.

        Raises:
            CollectError: the list of API groups cannot be read.
        """
        with self._lock:
            if self._kinds is None:
                types, silences = discover(self._api, client.AGGREGATED)
                self._unscoped = CLUSTER_SCOPED | {(t.group, t.kind) for t in types if not t.namespaced}
                self._kinds = [CLUSTER, *map(row_of, types), *map(silent, silences)]
                self._kinds += [PROMETHEUS] if self._prometheus else []
            return self._kinds

    def plan(self, kinds: Sequence[Kind]) -> Iterator[Planned]:
        return plan_each(self, kinds)

    def scopes(self, kind: Kind) -> Iterable[Scope]:
        """The cluster, named by the uid of its namespace kube-system.

        Raises:
            CollectError: that namespace cannot be read; without it, nothing has an identity.
        """
        uid = self._home()["metadata"]["uid"]
        return (Scope("kubernetes", uid, uid),)

    def _home(self) -> Json:
        with self._lock:
            if self._namespace is None:
                self._namespace = self._identity()
            return self._namespace

    def _identity(self) -> Json:
        path = "/api/v1/namespaces/kube-system"
        try:
            found = self._api.get(path)
        except DeniedError as error:
            raise DeniedError(str(error), call=error.call, needs=("rbac:get:/namespaces",), code=error.code) from None
        meta = found.get("metadata")
        uid = meta.get("uid") if isinstance(meta, dict) else None
        if not isinstance(uid, str) or not _UID.fullmatch(uid):
            raise CollectError(
                "the namespace kube-system has no uid to tell this cluster from others", call=f"GET {path}"
            )
        return found

    def unavailable(self, kind: Kind, scope: Scope) -> CollectError | None:
        return None  # discovery lists only what is served

    def collect(self, kind: Kind, scope: Scope) -> Iterator[RawRecord]:
        """All objects of a kind.

        Raises:
            DeniedError: needs names the missing permission, "rbac:list:GROUP/RESOURCE".
            TransientError: busy, unreachable or cut short after bounded retries; or a group that does not answer.
            CollectError: another cluster answers than the one that was planned for.
        """
        if (uid := self._home()["metadata"]["uid"]) != scope.account:
            raise CollectError(f"the cluster that answers at {self._api.server} is {uid}, not {scope.account}")
        if kind.name == CLUSTER.name:
            yield self._cluster(scope)
        elif kind.name == PROMETHEUS.name:
            yield from self._measured(scope)
        elif isinstance(kind.fetch, Silence):
            self._break(kind.fetch)
        else:
            yield from self._objects(kind, scope)

    def _objects(self, kind: Kind, scope: Scope) -> Iterator[RawRecord]:
        type_: Objects = kind.fetch
        call = f"GET {type_.path}"
        try:
            for item in self._list(type_.path):
                if isinstance(item, dict):
                    payload, gaps = facts.payload(item, type_, scope.account, self._unscoped)
                    if (type_.group, type_.kind) == EXTERNAL_SECRET:
                        gaps += self._add_entries(payload)
                    if (type_.group, type_.kind) in SERVED and (known := self._cluster_runtimes()) is not None:
                        settle(payload, known)
                    if self._prometheus and (type_.group, type_.kind) in MEASURABLE:
                        gaps += self._prometheus.add(payload, type_.group, type_.kind)
                else:
                    payload, gaps = item, ()
                yield RawRecord(kind.name, scope, payload, self.source, call, self._clock(), gaps)
        except DeniedError as error:
            raise DeniedError(str(error), call=call, needs=(need(type_),), code=error.code) from None

    def _services(self) -> Sequence[Asker]:
        """Services of the cluster that are a Prometheus, each through the API server.

        Raises:
            UnavailableError: none is recognised.
        """
        services = [one for one in self._list("/api/v1/services") if isinstance(one, dict)]
        ways = [ThroughApiServer(self._api, *place) for place in found(services)]
        if not ways:
            raise UnavailableError(
                "no Service of the cluster is recognised as a Prometheus; name its URL in `prometheus`",
                call="GET /api/v1/services",
            )
        return ways

    def _measured(self, scope: Scope) -> Iterator[RawRecord]:
        """Every Prometheus that told something; then the error of one that did not.

        Raises:
            CollectError: one was asked in vain, or none was found.
        """
        failed: CollectError | None = None
        for name, told in self._prometheus.told() if self._prometheus else ():
            if isinstance(told, Measured):
                payload = {"name": name, "days": told.days, **told.about}
                call = f"GET {name}/api/v1/query_range"
                yield RawRecord(PROMETHEUS.name, scope, payload, self.source, call, self._clock(), told.gaps)
            else:
                failed = told
        if failed:
            raise failed

    def _list(self, path: str) -> Iterator[Json]:
        """Every item of a list once, page by page; from the start again when its token expires on the way."""
        seen: set[str] = set()
        for _ in range(RESTARTS + 1):
            query = {"limit": str(PAGE)}
            tokens: set[str] = set()
            try:
                while True:
                    items, token = _page(self._api.get(path, query), f"GET {path}")
                    for item in items:
                        if _unseen(item, seen):
                            yield item
                    if not token:
                        return
                    if token in tokens:
                        raise CollectError("the pages go in a circle: the rest cannot be read", call=f"GET {path}")
                    tokens.add(token)
                    query = {"limit": str(PAGE), "continue": token}
            except client.ExpiredError as error:
                expired = error
        raise TransientError(f"the list expired {RESTARTS + 1} times before its end: {expired}", call=expired.call)

    def _add_entries(self, payload: dict[str, Any]) -> tuple[CollectError, ...]:
        """Add what an ExternalSecret names in the secret manager that its store reads; what failed on the way."""
        try:
            with self._lock:
                if self._stores is None:
                    self._stores = stores(self._list_stores())
                known = self._stores
            payload[LINKS] = [*(payload.get(LINKS) or []), *entries(payload, known)]
        except CollectError as error:
            return (error,)
        except MISSHAPEN as error:
            said = f"what it reads cannot be told: {type(error).__name__}"
            return (CollectError(said, call="GET external-secrets.io"),)
        return ()

    def _cluster_runtimes(self) -> frozenset[str] | None:
        """Names of KServe's runtimes for the whole cluster, listed once; None where they may not be or cannot be listed."""
        with self._lock:
            if self._runtimes is None:
                types = [k.fetch for k in self._kinds or () if isinstance(k.fetch, Objects)]
                paths = [t.path for t in types if (t.group, t.kind) == CLUSTER_RUNTIME]
                try:
                    named = [read(one, "metadata.name") for path in paths for one in self._list(path)]
                except CollectError as error:
                    self._runtimes = error
                else:
                    self._runtimes = frozenset(name for name in named if isinstance(name, str))
            return None if isinstance(self._runtimes, CollectError) else self._runtimes

    def _list_stores(self) -> Iterator[Json]:
        for kind in self._kinds or ():
            type_ = kind.fetch
            if isinstance(type_, Objects) and (type_.group, type_.kind) in _STORES:
                try:
                    yield from self._list(type_.path)
                except DeniedError as error:
                    raise DeniedError(str(error), call=error.call, needs=(need(type_),), code=error.code) from None

    def _break(self, silence: Silence) -> None:
        """Ask a silent group version once more, so that the reason is its own.

        Raises:
            CollectError: always.
        """
        self._api.get(silence.path)
        raise TransientError("did not say what it serves when the scan began; scan again", call=f"GET {silence.path}")

    def _cluster(self, scope: Scope) -> RawRecord:
        payload: dict[str, Any] = {
            "uid": scope.account,
            "server": self._api.server,
            "version": self._api.get("/version"),
            "namespace": self._home(),
        }
        if host := urlsplit(self._api.server).hostname:
            payload["host"] = host
        names = [n for n in (self._api.cluster, self._api.context) if n]
        if names:
            payload["name"] = names[0]
        if arn := next((n for n in names if _EKS.fullmatch(n)), None):
            payload["arn"] = arn
        if issuer := self._issuer():
            payload["issuer"] = issuer
        if self._aliases:
            payload["aliases"] = self._aliases
        if self._api.others:
            payload["contexts"] = [dict(c) for c in self._api.others]
        payload[LINKS] = list(_same(payload))
        return RawRecord(CLUSTER.name, scope, payload, self.source, "GET /version", self._clock())

    def _issuer(self) -> str | None:
        """The issuer of the cluster's tokens, where it is a name that its cloud knows. Not everybody may ask for it."""
        try:
            issuer = str(self._api.get("/.well-known/openid-configuration").get("issuer") or "").rstrip("/")
        except (DeniedError, UnavailableError):
            return None
        return issuer if _ISSUERS.fullmatch(issuer) else None

    def classify(self, error: Exception) -> CollectError | None:
        return error if isinstance(error, CollectError) else None

    def limit_key(self, kind: Kind, scope: Scope) -> str:
        return f"kubernetes:{self._api.server}"

    def check(self) -> Iterator[Blindness]:
        """What a scan would not see, by the server's own judgement of each list (SelfSubjectAccessReview)."""
        for kind in self.kinds():
            (scope,) = self.scopes(kind)
            if isinstance(kind.fetch, Objects):
                error = self._refused(kind.fetch)
            elif kind.name == PROMETHEUS.name:
                error = self._unasked()
            elif kind.name != CLUSTER.name:
                error = self._error(kind.fetch)
            else:
                continue
            if error:
                yield Blindness(kind.name, scope, error)

    def _unasked(self) -> CollectError | None:
        """Why no Prometheus would tell anything, by the cheapest question to each."""
        try:
            for way in self._ways():
                way.get("/api/v1/query", [("query", "up"), ("limit", "1")])
        except CollectError as error:
            return error
        return None

    def _refused(self, type_: Objects) -> CollectError | None:
        try:
            allowed, reason = self._api.may_list(type_.group, type_.plural)
        except CollectError as error:
            return error
        if allowed:
            return None
        said = f": {reason}" if reason else ""
        return DeniedError(f"may not list {type_.plural}{said}", call=f"GET {type_.path}", needs=(need(type_),))

    def _error(self, silence: Silence) -> CollectError | None:
        try:
            self._break(silence)
        except CollectError as error:
            return error
        return None

    def close(self) -> None:
        self._api.close()


def _same(cluster: Json) -> Iterator[dict[str, Any]]:
    """Links to the cluster as its cloud lists it, and to what stands before its API server; neither need be scanned."""
    issuer = f"oidc:{cluster['issuer']}" if cluster.get("issuer") else ""
    named = [("$.host", cluster.get("host"), "dns"), ("$.arn", cluster.get("arn"), "arn"), ("$.issuer", issuer, "id")]
    for i, alias in enumerate(cluster.get("aliases") or ()):
        form = "arn" if alias.startswith("arn:") else "gcp" if alias.startswith("//") else "uri"
        named.append((f"$.aliases[{i}]", alias, form))
    for path, value, form in named:
        if not value or not (key := canonical(form, value)):
            continue
        kind, _ = known_service(key.removeprefix("dns:")) or ("", "")
        front = key.startswith(("dns:", "ip:")) and not kind.endswith(".cluster")
        yield {"verb": "answers_at" if front else "same_as", "key": key, "path": path, "value": value, "optional": True}


def need(type_: Objects) -> str:
    """The permission that a list needs: "rbac:list:apps/deployments"; the core group is empty."""
    return f"rbac:list:{type_.group}/{type_.plural}"


def _page(page: Json, call: str) -> tuple[Sequence[Json], str]:
    """(items, token of the next page or "") of a list. One without items is a list only where it says that it is one.

    Raises:
        CollectError: it is no list.
    """
    items, meta = page.get("items"), page.get("metadata") or {}
    if items is None and str(page.get("kind")).endswith("List") and "items" in page:
        items = []
    token = meta.get("continue") or "" if isinstance(meta, dict) else None
    if not isinstance(items, list) or not isinstance(token, str):
        raise CollectError("the answer is no list", call=call)
    return items, token


def _unseen(item: Json, seen: set[str]) -> bool:
    """Whether an item comes for the first time. One without a uid is always passed on."""
    meta = item.get("metadata") if isinstance(item, dict) else None
    uid = meta.get("uid") if isinstance(meta, dict) else None
    if not isinstance(uid, str):
        return True
    if uid in seen:
        return False
    seen.add(uid)
    return True


def open_source(settings: Mapping[str, Any], *, clock: Callable[[], datetime] | None = None) -> KubernetesCollector:
    """Open a configured cluster.

    Raises:
        ConfigError: the kubeconfig or its context cannot be used.
    """
    name, named = str(settings["name"]), settings.get("prometheus")
    prometheus = (
        named if named in (None, IN_CLUSTER) else by_url(str(named), settings.get("prometheus_token_env"), name)
    )
    api = client.connect(settings)
    return KubernetesCollector(name, api, clock or _now, settings.get("aliases") or (), prometheus)
