"""A Kubernetes API server made of recorded responses, on loopback, with the faults that tests ask for.

    python tests/servers/kubernetes_replay.py FOLDER --port 0 --kubeconfig FILE

It answers what a read-only client asks: discovery (whole and aggregated), lists (of the cluster or of one namespace, in
pages), single objects, and SelfSubjectAccessReviews. Every other method is refused with 405 and marked in the log as mutating.

    with Replay(folder, deny={"secrets"}) as replay:
        replay.write_kubeconfig(path)
        ...
        replay.requests     # what was asked, in order
"""

from __future__ import annotations

import argparse
import base64
import gzip
import http.server
import json
import re
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

USER = "system:serviceaccount:audit-ro:reader"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
Headers = tuple[tuple[str, str], ...]


class Answer(Exception):
    """What is sent. `half`: the connection ends after half of the body."""

    def __init__(
        self, status: int, body: bytes, type_: str = "application/json", headers: Headers = (), *, half: bool = False
    ) -> None:
        super().__init__(status)
        self.status, self.body, self.type, self.headers, self.half = status, body, type_, headers, half


def dump(value: Any) -> bytes:
    return (json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n").encode()


def failure(code: int, reason: str, message: str, *, meta: Any = None, headers: Headers = ()) -> Answer:
    """A Status object, as API servers word their refusals."""
    status = {"kind": "Status", "apiVersion": "v1", "metadata": meta or {}, "status": "Failure"}
    return Answer(code, dump(status | {"message": message, "reason": reason, "code": code}), headers=headers)


SERVICE_PROXY = re.compile(r"/api/v1/namespaces/([^/]+)/services/([^/]+)/proxy(/.*)")
NOT_FOUND = (404, b"404 page not found\n", "text/plain; charset=utf-8")


@dataclass(frozen=True)
class Request:
    """One line of the log. status 0: the connection was dropped or cut."""

    method: str
    path: str
    query: Mapping[str, str]
    status: int

    @property
    def mutating(self) -> bool:
        return self.method not in ("GET", "HEAD") and self.path != REVIEWS


@dataclass(frozen=True)
class Target:
    """What a resource path names."""

    base: str
    group: str
    namespace: str
    plural: str
    name: str


def target_of(path: str) -> Target | None:
    parts = [unquote(p) for p in path.strip("/").split("/")]
    if parts[:2] == ["api", "v1"] and len(parts) > 2:
        base, group, rest = "/api/v1", "", parts[2:]
    elif parts[:1] == ["apis"] and len(parts) > 3:
        base, group, rest = f"/apis/{parts[1]}/{parts[2]}", parts[1], parts[3:]
    else:
        return None
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    return Target(base, group, namespace, rest[0], rest[1] if len(rest) > 1 else "")


class Recording:
    """The files of a recorded cluster, by request path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        index = json.loads((folder / "index.json").read_bytes())
        self.cluster: str = index["cluster"]
        self.paths: dict[str, dict[str, Any]] = index["paths"]
        self.variants: list[dict[str, Any]] = index["variants"]
        self._parsed: dict[str, Any] = {}
        self._lock = threading.Lock()

    def raw(self, file: str) -> bytes:
        data = (self.folder / file).read_bytes()
        return gzip.decompress(data) if file.endswith(".gz") else data

    def parsed(self, path: str) -> Any:
        with self._lock:
            if path not in self._parsed:
                self._parsed[path] = json.loads(self.raw(self.paths[path]["file"]))
            return self._parsed[path]

    def resource(self, base: str, plural: str) -> dict[str, Any] | None:
        if self.paths.get(base, {}).get("status") != 200:
            return None
        return next((r for r in self.parsed(base)["resources"] if r["name"] == plural), None)

    def aggregated(self, path: str, accept: str) -> Answer | None:
        if "as=APIGroupDiscoveryList" not in accept:
            return None
        for variant in self.variants:
            if variant["path"] == path:
                return Answer(variant["status"], self.raw(variant["file"]), variant["content_type"])
        return None

    def whole(self, path: str) -> Answer:
        entry = self.paths.get(path)
        if entry is None:
            return Answer(*NOT_FOUND)
        headers = tuple(("Warning", w) for w in entry.get("warnings", ()))
        return Answer(entry["status"], self.raw(entry["file"]), entry.get("content_type", "application/json"), headers)


class Replay:
    """The server. A context manager.

    Args:
        deny: resources that get 403: "secrets", "pytorchjobs.kubeflow.org", "*.ray.io", "*".
        token: the bearer token without which everything gets 401.
        aggregated: whether aggregated discovery is served, as since Kubernetes 1.27.
        fail_after, fail_for, fail_mode: after so many requests, so many (None: all) are dropped unanswered, cut half-way through
            the body, or answered 503.
        throttle_every: every Nth request gets 429 with Retry-After: 1.
        proxied: URLs of Services, by "NAMESPACE/NAME:PORT", behind the proxy of the API server.
        expire_after: of every list, the continue token expires (410) after so many continued pages, `expire_times` times.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        port: int = 0,
        deny: Collection[str] = (),
        token: str | None = None,
        aggregated: bool = True,
        fail_after: int | None = None,
        fail_for: int | None = None,
        fail_mode: Literal["drop", "truncate", "503"] = "drop",
        throttle_every: int = 0,
        expire_after: int = 0,
        expire_times: int | None = None,
        context: str | None = None,
        proxied: Mapping[str, str] | None = None,
    ) -> None:
        self.recording = Recording(Path(folder))
        self.context = context or self.recording.cluster
        self.deny, self.token, self.aggregated = frozenset(deny), token, aggregated
        self.fail_after, self.fail_for, self.fail_mode = fail_after, fail_for, fail_mode
        self.throttle_every, self.expire_after, self.expire_times = throttle_every, expire_after, expire_times
        self.proxied = dict(proxied or {})
        self.latency = 0.0  # seconds before each answer
        self.requests: list[Request] = []
        self.lock = threading.Lock()
        self._count = 0
        self._pages: dict[str, int] = {}
        self._expired: dict[str, int] = {}
        handler = type("BoundHandler", (Handler,), {"app": self})
        self._server = Server(("127.0.0.1", port), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Replay:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def write_kubeconfig(self, path: str | Path) -> str:
        named = {"name": self.context}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{**named, "cluster": {"server": self.url}}],
            "users": [{"name": "reader", "user": {"token": self.token} if self.token else {}}],
            "contexts": [{**named, "context": {"cluster": self.context, "user": "reader"}}],
            "current-context": self.context,
        }
        Path(path).touch(mode=0o600)
        Path(path).write_text(json.dumps(document, indent=1))
        return str(path)

    def fault(self) -> tuple[bool, bool]:
        """Count a request: (it fails, it is throttled)."""
        with self.lock:
            self._count += 1
            n = self._count
        after, span = self.fail_after, self.fail_for
        failing = after is not None and n > after and (span is None or n <= after + span)
        return failing, bool(self.throttle_every and n % self.throttle_every == 0)

    def answer(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        if self.token and headers.get("Authorization") != f"Bearer {self.token}":
            return failure(401, "Unauthorized", "Unauthorized")
        if method == "POST" and path == REVIEWS:
            return self._review(json.loads(body)["spec"])
        if method not in ("GET", "HEAD"):
            message = "the server does not allow this method on the requested resource"
            return failure(405, "MethodNotAllowed", message)
        if service := SERVICE_PROXY.fullmatch(path):
            return self._proxy(service, query)
        target = target_of(path)
        if target is None:
            whole = self.recording.aggregated(path, headers.get("Accept", "")) if self.aggregated else None
            return whole or self.recording.whole(path)
        return self._resource(target, query)

    def _proxy(self, service: re.Match[str], query: Mapping[str, str]) -> Answer:
        if self.denied("", "services/proxy"):
            said = f'services "{service[2]}" is forbidden: User "{USER}" cannot get resource "services/proxy" in API group ""'
            return failure(403, "Forbidden", said)
        url = self.proxied.get(f"{service[1]}/{service[2]}")
        if url is None:
            return failure(503, "ServiceUnavailable", f'no endpoints available for service "{service[2]}"')
        try:
            with urllib.request.urlopen(f"{url}{service[3]}?{urlencode(query)}", timeout=60) as answer:
                return Answer(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read())

    def denied(self, group: str, plural: str) -> bool:
        full = f"{plural}.{group}" if group else plural
        return bool(self.deny & {plural, full, f"*.{group}" if group else "*.core", "*"})

    def _review(self, spec: Mapping[str, Any]) -> Answer:
        asked = spec["resourceAttributes"]
        allowed = asked["verb"] in ("get", "list", "watch") and not self.denied(asked["group"], asked["resource"])
        status = {"allowed": allowed}
        review = {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "metadata": {}}
        return Answer(201, dump(review | {"spec": spec, "status": status}))

    def _resource(self, target: Target, query: Mapping[str, str]) -> Answer:
        resource = self.recording.resource(target.base, target.plural)
        if resource is None:
            return Answer(*NOT_FOUND)
        if self.denied(target.group, target.plural):
            return self._forbidden(target)
        path = f"{target.base}/{target.plural}"
        if path not in self.recording.paths:
            return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
        if self.recording.paths[path]["status"] != 200:
            return self.recording.whole(path)
        if target.name:
            return self._object(target, path, resource["kind"])
        if not query and not target.namespace:
            return self.recording.whole(path)
        return self._page(target, path, query)

    def _forbidden(self, target: Target) -> Answer:
        full = f"{target.plural}.{target.group}" if target.group else target.plural
        verb = "get" if target.name else "list"
        where = f'in the namespace "{target.namespace}"' if target.namespace else "at the cluster scope"
        said = f'cannot {verb} resource "{target.plural}" in API group "{target.group}" {where}'
        return failure(403, "Forbidden", f'{full} is forbidden: User "{USER}" {said}')

    def _object(self, target: Target, path: str, kind: str) -> Answer:
        document = self.recording.parsed(path)
        for item in document["items"]:
            meta = item["metadata"]
            if (meta.get("namespace", ""), meta["name"]) == (target.namespace, target.name):
                return Answer(200, dump({"kind": kind, "apiVersion": document["apiVersion"], **item}))
        return failure(404, "NotFound", f'{target.plural} "{target.name}" not found')

    def _page(self, target: Target, path: str, query: Mapping[str, str]) -> Answer:
        document = self.recording.parsed(path)
        namespace = target.namespace
        items = [i for i in document["items"] if not namespace or i["metadata"].get("namespace") == namespace]
        limit, start = int(query.get("limit") or 0) or len(items), 0
        if token := query.get("continue"):
            start = int(base64.urlsafe_b64decode(token))
            if self._expires(path):
                return failure(
                    410, "Expired", "The provided continue parameter is too old to display a consistent list result."
                )
        meta = {k: v for k, v in document["metadata"].items() if k not in ("continue", "remainingItemCount")}
        left = len(items) - start - limit
        if left > 0:
            meta |= {
                "continue": base64.urlsafe_b64encode(str(start + limit).encode()).decode(),
                "remainingItemCount": left,
            }
        return Answer(200, dump({**document, "metadata": meta, "items": items[start : start + limit]}))

    def _expires(self, path: str) -> bool:
        if not self.expire_after:
            return False
        with self.lock:
            self._pages[path] = self._pages.get(path, 0) + 1
            if self._pages[path] <= self.expire_after:
                return False
            times = self._expired.get(path, 0)
            if self.expire_times is not None and times >= self.expire_times:
                return False
            self._expired[path] = times + 1
            self._pages[path] = 0
            return True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is no news."""


class Handler(http.server.BaseHTTPRequestHandler):
    app: ClassVar[Replay]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120

    def log_message(self, *_: Any) -> None:
        pass

    def serve(self) -> None:
        parts = urlsplit(self.path)
        query = {k: v[-1] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        time.sleep(self.app.latency)
        failing, throttled = self.app.fault()
        if failing and self.app.fail_mode == "503":
            answer = failure(503, "ServiceUnavailable", "the server is currently unable to handle the request")
        elif throttled:
            headers = (("Retry-After", "1"),)
            answer = failure(429, "TooManyRequests", "too many requests, please try again later", headers=headers)
        else:
            answer = self.app.answer(self.command, parts.path, query, self.headers, body)  # type: ignore[arg-type]
        cut = failing and self.app.fail_mode != "503"
        with self.app.lock:
            self.app.requests.append(Request(self.command, parts.path, query, 0 if cut else answer.status))
        if cut and self.app.fail_mode == "drop":
            self.close_connection = True
            return
        self._send(answer, half=cut or answer.half)

    def _send(self, answer: Answer, *, half: bool) -> None:
        self.send_response(answer.status)
        for name, value in (("Content-Type", answer.type), *answer.headers):
            self.send_header(name, value)
        body = answer.body
        if len(body) > 128 * 1024 and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 1)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(body[: len(body) // 2] if half else body)
        self.close_connection = self.close_connection or half

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = serve  # noqa: N815  the names that http.server calls


def main() -> None:
    parser = argparse.ArgumentParser(description="Replay a recorded Kubernetes API on loopback")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--kubeconfig", required=True, help="where to write a kubeconfig for it")
    parser.add_argument("--context", help="name of its context (default: the recorded cluster's)")
    parser.add_argument("--deny", default="", help='answer 403 for these: "secrets,pytorchjobs.kubeflow.org,*.ray.io"')
    asked = parser.parse_args()
    deny = [d for d in asked.deny.split(",") if d]
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with Replay(asked.folder, port=asked.port, deny=deny, context=asked.context) as replay:
        replay.write_kubeconfig(asked.kubeconfig)
        print(f"ready {replay.url} kubeconfig {asked.kubeconfig}", flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
