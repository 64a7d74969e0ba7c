"""Slurm through slurmrestd, over HTTP or a Unix socket, with a token from an environment variable. GET only.

Refuses redirects, which would carry the token elsewhere, and answers above a size.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from collectors.slurm import shapes
from normalize.errors import CollectError, ConfigError, DeniedError, TransientError, UnavailableError
from normalize.model import Json

TIMEOUT_SECONDS = 120.0
ANSWER_LIMIT = 256 << 20
SLICE = timedelta(days=1)
"""Jobs are asked for by the day, so that one answer stays small."""

_NOTHING_FOUND = 9003
_DENIED = frozenset({2002, 401, 403})
_PATHS = {
    "nodes": ("slurm", "nodes", "nodes"),
    "partitions": ("slurm", "partitions", "partitions"),
    "reservations": ("slurm", "reservations", "reservations"),
    "accounts": ("slurmdb", "accounts", "accounts"),
    "qos": ("slurmdb", "qos", "QOS"),
    "associations": ("slurmdb", "associations", "associations"),
}


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT_SECONDS)
        self.sock.connect(self._path)


class Rest:
    """One cluster, asked by its REST service.

    Args:
        url: http://HOST:PORT, https://HOST:PORT, or unix:///PATH.
        user, token_env: who asks, and the variable that holds the token; neither where the socket itself tells.
        cluster: its name, where neither the service nor a job tells it.
    """

    def __init__(
        self, url: str, user: str | None = None, token_env: str | None = None, cluster: str | None = None
    ) -> None:
        self._url = url
        self._cluster = cluster
        self._headers = {"Accept": "application/json"}
        if token_env:
            token = os.environ.get(token_env)
            if not token:
                raise ConfigError(f'token_env = "{token_env}": the environment has no such variable')
            self._headers["X-SLURM-USER-TOKEN"] = token
            if user:
                self._headers["X-SLURM-USER-NAME"] = user
        self._versions: dict[str, str] = {}

    @property
    def address(self) -> str:
        return self._url.removeprefix("unix://") if self._url.startswith("unix:") else urlsplit(self._url).netloc

    def open(self) -> dict[str, Json]:
        """Which versions are spoken, and what the cluster is called.

        Raises:
            CollectError: the service does not answer or does not tell.
        """
        self._versions = self._spoken()
        answer = self._get("slurm", "ping")
        pings = answer.get("pings") or []
        primary = next(
            (p for p in pings if p.get("primary") is True or p.get("mode") == "primary"), pings[0] if pings else {}
        )
        about = (answer.get("meta") or {}).get("slurm") or (answer.get("meta") or {}).get("Slurm") or {}
        name = self._cluster or about.get("cluster") or self._named()
        if not name or not primary.get("hostname"):
            raise CollectError("slurmrestd does not tell the cluster's name", call="GET slurm/ping", needs=('cluster = "NAME" in the source',))  # fmt: skip
        tracked = self._tracked()
        return shapes.present(name=name, host=primary["hostname"], version=about.get("release")) | (
            {} if tracked is None else {"gpus_tracked": tracked}
        )

    def _spoken(self) -> dict[str, str]:
        """Newest version per service ("slurm", "slurmdb"), of the service's own description."""
        for path in ("/openapi/v3", "/openapi.json"):
            try:
                document = self._fetch(path)
            except UnavailableError:
                continue
            found: dict[str, str] = {}
            for name in document.get("paths") or {}:
                if m := re.match(r"/(slurm|slurmdb)/(v0\.0\.\d+)/", name):
                    found[m[1]] = max(found.get(m[1], ""), m[2])
            if "slurm" in found:
                return found
        raise CollectError("what answers does not describe itself as slurmrestd", call="GET /openapi.json")

    def _named(self) -> str | None:
        try:
            clusters = self._get("slurmdb", "clusters").get("clusters") or []
        except CollectError:
            return None
        return str(clusters[0]["name"]) if len(clusters) == 1 else None

    def _tracked(self) -> bool | None:
        """Whether accounting tracks GPUs: the accounting database's list of trackable resources."""
        try:
            found = self._get("slurmdb", "tres")
        except CollectError:
            return None
        rows = found.get("TRES") or found.get("tres")
        return (
            None
            if rows is None
            else any(r.get("type") == "gres" and str(r.get("name")).startswith("gpu") for r in rows)
        )

    def rows(self, what: str) -> list[dict[str, Any]]:
        service, path, key = _PATHS[what]
        return self._rows(service, path, key)

    def _rows(self, service: str, path: str, key: str) -> list[dict[str, Any]]:
        answer = self._get(service, path)
        rows = answer.get(key, answer.get(key.lower()))
        if rows is None and not self._empty(answer):
            raise CollectError(f"the answer has no {key}", call=f"GET {service}/{path}")
        if any(not isinstance(r, dict) for r in rows or ()):
            raise CollectError(f"some of {key} are no objects", call=f"GET {service}/{path}")
        return list(rows or ())

    @staticmethod
    def _empty(answer: Mapping[str, Any]) -> bool:
        return any(e.get("error_number") == _NOTHING_FOUND for e in answer.get("errors") or ())

    def hidden(self, what: frozenset[str]) -> CollectError | None:
        """slurmrestd does not tell PrivateData, so that whether a user's answer is whole cannot be known."""
        user = self._headers.get("X-SLURM-USER-NAME")
        if user == "root":  # what SlurmUser is called, slurmrestd does not tell
            return None
        return CollectError(
            "slurmrestd does not tell whether PrivateData hides what is not the user's own",
            call="GET slurm",
            needs=("user = the cluster's SlurmUser, or look over SSH",),
            code="PrivateData",
        )

    def jobs(
        self, since: datetime, past: Callable[[dict[str, Json]], None], live: Callable[[dict[str, Json]], None]
    ) -> dict[str, CollectError | None]:
        found: dict[str, CollectError | None] = {"jobs": None, "history": None}
        now = datetime.now(UTC)
        try:
            for row in self._rows("slurm", "jobs", "jobs"):
                live(shapes.live_job(row, now.timestamp()))
        except CollectError as error:
            found["jobs"] = error
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            found["jobs"] = CollectError(
                f"a job is not described as slurmrestd does it: {error!r}"[:300], call="GET slurm/jobs"
            )
        try:
            for row in self._past(since, now):
                past(shapes.past_job(row, since.timestamp()))
        except CollectError as error:
            found["history"] = error
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            found["history"] = CollectError(
                f"a job is not described as slurmrestd does it: {error!r}"[:300], call="GET slurmdb/jobs"
            )
        return found

    def _past(self, since: datetime, now: datetime) -> Iterator[dict[str, Any]]:
        seen: set[tuple[Any, Any]] = set()
        start = since
        while start < now:
            end = min(start + SLICE, now)
            path = f"jobs?start_time=uts{int(start.timestamp())}&end_time=uts{int(end.timestamp())}"
            for row in self._rows("slurmdb", path, "jobs"):
                key = (row.get("job_id"), (row.get("time") or {}).get("submission"))
                if key not in seen:
                    seen.add(key)
                    yield row
            start = end

    def _get(self, service: str, path: str) -> dict[str, Any]:
        if service not in self._versions:
            raise UnavailableError(
                f"slurmrestd does not offer {service}", call=f"GET {service}/{path.partition('?')[0]}"
            )
        return self._fetch(f"/{service}/{self._versions[service]}/{path}")

    def _fetch(self, path: str) -> dict[str, Any]:
        call = f"GET {path.partition('?')[0]}"
        try:
            connection = self._connect()
            try:
                connection.request("GET", path, headers=self._headers)
                response = connection.getresponse()
                body = response.read(ANSWER_LIMIT + 1)
            finally:
                connection.close()
        except (OSError, http.client.HTTPException) as error:
            raise TransientError(
                f"slurmrestd cannot be reached: {str(error) or type(error).__name__}"[:300], call=call
            ) from error
        if response.status in (401, 403):
            raise DeniedError("slurmrestd refused the token", call=call, needs=("a valid token: scontrol token",), code=str(response.status))  # fmt: skip
        if response.status == 404:
            raise UnavailableError("slurmrestd has no such page", call=call, code="404")
        if len(body) > ANSWER_LIMIT:
            raise CollectError(f"the answer has more than {ANSWER_LIMIT >> 20} MiB", call=call)
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            raise CollectError(
                f"HTTP {response.status}, and the answer is no JSON", call=call, code=str(response.status)
            ) from None
        if not isinstance(answer, dict):
            raise CollectError("the answer is no JSON object", call=call)
        if (errors := answer.get("errors")) and not self._empty(answer):
            raise _refused(errors, call)
        if response.status >= 300:
            raise CollectError(f"HTTP {response.status}", call=call, code=str(response.status))
        return answer

    def _connect(self) -> http.client.HTTPConnection:
        if self._url.startswith("unix:"):
            return _UnixConnection(self._url.removeprefix("unix:").replace("//", "", 1))
        parts = urlsplit(self._url)
        if parts.scheme == "https":
            return http.client.HTTPSConnection(
                parts.netloc, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)

    def close(self) -> None:
        self._versions = {}


def _refused(errors: list[Any], call: str) -> CollectError:
    """What slurmrestd says went wrong; an answer with an error and an empty list is no empty list."""
    first = errors[0] if isinstance(errors[0], dict) else {"error": str(errors[0])}
    number = first.get("error_number", first.get("errno", ""))
    said = "; ".join(str(v) for k in ("description", "error") if (v := first.get(k)))[:300] or "an error"
    if number in _DENIED:
        return DeniedError(said, call=call, needs=("a token of a user who may read it",), code=str(number))
    return TransientError(said, call=call, code=str(number))
