"""MLflow tracking servers and registries: experiments, runs, models, versions, logged models, webhooks.

Owns one configured server. Refuses to read artifacts and to change anything; credentials come only from the environment: from
the variables that the source names, else from MLflow's own (MLFLOW_TRACKING_USERNAME and _PASSWORD, or _TOKEN).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from collectors.contract import Blindness, CutShortError, Planned
from collectors.mlflow import databricks
from collectors.mlflow.client import ARTIFACT_CALLS, Allowance, Login, Search, Server, classify
from collectors.mlflow.kinds import KINDS
from normalize.addresses import Address, only_local, parse_server, seen_inside
from normalize.errors import CollectError, ConfigError, UnavailableError
from normalize.identity import mlflow_server_name
from normalize.model import Json, Kind, RawRecord, Scope


def _now() -> datetime:
    return datetime.now(UTC)


def kind_rows() -> Sequence[Kind]:
    """Every kind of this provider."""
    return KINDS


def open_source(settings: Mapping[str, Any], *, clock: Callable[[], datetime] = _now) -> MlflowCollector:
    """Open a configured tracking server; connects when the first kind is read.

    Args:
        settings: name; tracking_uri (http or https); aliases, further addresses of the same server; cluster, the source of
            the cluster in which in-cluster names among all of these hold; username_env with password_env, or token_env, variables
            that hold its credentials; databricks, whether it is a workspace (told
            by its host, where that is left out), then token_env is DATABRICKS_TOKEN unless it says another; window_days of runs;
            artifact_calls, requests that a look makes to count artifacts.

    Raises:
        ConfigError: an address is no web address, or holds credentials; the environment lacks a variable that is named.
        ModuleNotFoundError: the extra "mlflow" is not installed.
    """
    uri, cluster = str(settings["tracking_uri"]), str(settings.get("cluster") or "")
    aliases = [str(alias) for alias in settings.get("aliases") or ()]
    addresses = [_address(key, text) for key, text in [("tracking_uri", uri), *(("aliases", a) for a in aliases)]]
    keys = dict.fromkeys(key for address in addresses for key in _keys(address, cluster))
    own = addresses[0]
    account = str(seen_inside(own, cluster, "") if own.service and cluster else own)
    days = settings.get("window_days")
    hosted = settings.get("databricks", databricks.is_workspace(uri))
    server = (databricks.Workspace if hosted else Server)(
        uri,
        aliases=aliases,
        keys=list(keys),
        login=_login({"token_env": databricks.TOKEN_ENV, **settings} if hosted else settings),
        since=(settings.get("began") or clock()) - timedelta(days=days) if days else None,
        artifact_calls=settings.get("artifact_calls", ARTIFACT_CALLS),
    )
    return MlflowCollector(str(settings["name"]), server, account, clock)


def _login(settings: Mapping[str, Any]) -> Login:
    named = {key: str(settings[key]) for key in ("username_env", "password_env", "token_env") if settings.get(key)}
    for key, variable in named.items():
        if not os.environ.get(variable):
            raise ConfigError(f'{key} = "{variable}": the environment has no such variable')
    return Login(**named)


def _address(key: str, uri: str) -> Address:
    if "@" in urlsplit(uri).netloc:
        raise ConfigError(
            f"{key} holds credentials; accepted: an address without them, "
            "and MLFLOW_TRACKING_USERNAME with MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, in the environment"
        )
    name = mlflow_server_name(uri)
    if name is None:
        raise ConfigError(f'{key} is "{uri}"; accepted: an http or https address')
    return parse_server(name.key)


def _keys(address: Address, cluster: str) -> Iterator[str]:
    """Canonical keys of an address of the server: as it means the same everywhere, and as it does inside the cluster."""
    if not address.service:
        yield address.key
    if cluster and not only_local(address):
        inside = seen_inside(address, cluster, "")
        if len(inside.host.split(".")) == 2:  # NAME.NAMESPACE of a Service
            inside = replace(inside, host=f"{inside.host}.svc")
        if inside.inside:
            yield inside.key


class MlflowCollector:
    """One tracking server; its account and place are its address, HOST:PORT[/PATH][@CLUSTER]."""

    provider = "mlflow"
    spreads = True

    def __init__(self, source: str, server: Server, address: str, clock: Callable[[], datetime] = _now) -> None:
        self.source = source
        self._server = server
        self._scope = Scope("mlflow", address, address)
        self._clock = clock

    def kinds(self) -> Sequence[Kind]:
        return KINDS

    def plan(self, kinds: Sequence[Kind]) -> Iterator[Planned]:
        for kind in kinds:
            since = self._server.since if kind.name == "mlflow.run" else None
            yield Planned(kind, self._scope, since=since, older="runs that began before were not read" if since else "")

    def scopes(self, kind: Kind) -> Iterable[Scope]:
        return (self._scope,)

    def unavailable(self, kind: Kind, scope: Scope) -> CollectError | None:
        return None

    def collect(self, kind: Kind, scope: Scope) -> Iterator[RawRecord]:
        """All records of a kind.

        Raises:
            CutShortError: at the end, when the server is known to leave things out of its listings.
            CollectError: the listing failed, wherever it was.
        """
        search: Search = kind.fetch
        allowance = Allowance(self._server.artifact_calls)
        try:
            for payload in search.read(self._server):
                whole, gaps = self._completed(search, payload, allowance)
                yield RawRecord(kind.name, scope, whole, self.source, search.call, self._clock(), gaps)
            left_out = None if kind.name == "mlflow.server" else self._server.left_out_of(kind.name)
        except Exception as error:
            known = classify(error, search.call)
            if known is None:
                raise
            raise known from error
        if left_out:
            raise CutShortError(left_out[0], call=search.call, needs=left_out[1:])

    def _completed(self, search: Search, payload: Json, allowance: Allowance) -> tuple[Json, tuple[CollectError, ...]]:
        """A record with what its details say, and why some of them say nothing."""
        gaps = []
        for detail in search.details:
            try:
                payload = payload | detail(self._server, payload, allowance)
            except Exception as error:
                known = classify(error, search.call)
                if known is None:
                    raise
                gaps.append(known)
        return payload, tuple(gaps)

    def classify(self, error: Exception) -> CollectError | None:
        return classify(error)

    def limit_key(self, kind: Kind, scope: Scope) -> str:
        return f"mlflow:{scope.account}"

    def check(self) -> Iterator[Blindness]:
        """Read the first record of every kind."""
        for kind in KINDS:
            records = self.collect(kind, self._scope)
            try:
                next(records, None)
                if left_out := self._server.left_out_of(kind.name):
                    yield Blindness(kind.name, self._scope, CutShortError(left_out[0], needs=left_out[1:]))
            except UnavailableError:
                pass  # what this server does not have hides nothing
            except CollectError as error:
                yield Blindness(kind.name, self._scope, error)
            finally:
                records.close()  # type: ignore[attr-defined]

    def close(self) -> None:
        """The SDK's connections belong to its own pool."""
