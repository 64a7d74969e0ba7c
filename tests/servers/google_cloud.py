"""Google Cloud on loopback: Cloud Asset Inventory over gRPC and REST with the library's own messages, and the services' REST APIs.

`Cloud` holds what there is and what goes wrong; `serve_rest` and `serve_grpc` put it behind an address. The REST server tells
services apart by the Host header, as a client with a configured endpoint sends it. Fed from fixtures
(`tests/fixtures/gcp.*/answers.json`), or from assets that are made up as they are asked for.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import grpc
from google.cloud import asset_v1
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

FIXTURES = Path(__file__).parents[1] / "fixtures"
CONTENTS = {"1": "RESOURCE", "2": "IAM_POLICY", "7": "RELATIONSHIP"}
PROJECT = "cloudresourcemanager.googleapis.com/Project"
DEFAULTS: Mapping[str, Any] = {
    "/projects/ml-prod/locations": {"locations": [{"locationId": "us-central1"}]},
    "/projects/ml-prod/zones": {"items": [{"name": "us-central1-a"}]},
    "/projects/ml-prod/timeSeries": {},
    ":searchAllResources": {},
}
"""What is answered where nothing else is held, by how a call ends."""
SERVICE = "google.cloud.asset.v1.AssetService"


@dataclass(frozen=True)
class Fault(Exception):
    """An error in the shape of google.rpc.Status.

    Attributes:
        status: word of google.rpc.Code.
        drop: the connection is cut instead.
        stall: seconds before the answer.
        retry_after: seconds, in the header and as RetryInfo.
    """

    code: int
    status: str
    message: str = "injected"
    reason: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    retry_after: int | None = None
    drop: bool = False
    stall: float = 0.0

    def body(self) -> dict[str, Any]:
        details: list[dict[str, Any]] = []
        if self.reason:
            info = {"reason": self.reason, "domain": "googleapis.com", "metadata": dict(self.metadata)}
            details.append({"@type": "type.googleapis.com/google.rpc.ErrorInfo", **info})
        error = {"code": self.code, "message": self.message, "status": self.status, "details": details}
        return {"error": error}

    def proto(self) -> status_pb2.Status:
        found = status_pb2.Status(code=code_pb2.Code.Value(self.status), message=self.message)
        if self.reason:
            info = error_details_pb2.ErrorInfo(reason=self.reason, domain="googleapis.com", metadata=self.metadata)
            packed = any_pb2.Any()
            packed.Pack(info)
            found.details.append(packed)
        return found


THROTTLED = Fault(
    429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'ListAssets'", "RATE_LIMIT_EXCEEDED", retry_after=0
)
CUT = Fault(503, "UNAVAILABLE", "connection reset", drop=True)
EXPIRED = Fault(400, "INVALID_ARGUMENT", "The page token has expired.")


def denied(permission: str, on: str) -> Fault:
    return Fault(
        403,
        "PERMISSION_DENIED",
        f"Permission '{permission}' denied on resource '{on}'",
        "IAM_PERMISSION_DENIED",
        {"permission": permission},
    )


def disabled(service: str, project: str) -> Fault:
    return Fault(
        403, "PERMISSION_DENIED", f"{service} has not been used in project {project} before or it is disabled.",
        "SERVICE_DISABLED", {"service": service, "consumer": f"projects/{project}"},
    )  # fmt: skip


class Made(Sequence[Mapping[str, Any]]):
    """Assets that are made up as they are asked for.

    Args:
        likes: some of them, in JSON, by turns; the others have other names.
    """

    def __init__(self, count: int, *likes: Mapping[str, Any]) -> None:
        self._count = count
        self._likes = likes
        self._messages = [asset_v1.Asset.from_json(json.dumps(like))._pb for like in likes]

    def __len__(self) -> int:
        return self._count

    def name(self, index: int) -> str:
        return f"{self._likes[index % len(self._likes)]['name']}-{index}"

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._count))]
        return {**self._likes[index % len(self._likes)], "name": self.name(index)}

    def messages(self, start: int, end: int) -> Iterator[Any]:
        for index in range(start, min(end, self._count)):
            like = self._messages[index % len(self._messages)]
            message = type(like)()
            message.CopyFrom(like)
            message.name = self.name(index)
            yield message


@dataclass
class Cloud:
    """What there is, what is refused, and what was asked.

    Attributes:
        resources: assets in JSON, of one parent and of all.
        policies: assets with their IAM policies.
        relationships: assets with one other asset that they have to do with; refused where there are none, as without a higher tier of Security
            Command Center.
        answers: "HOST/PATH" -> the answer's body, pages of it, a fault, or what makes one out of the query.
        refused: parent, content type, or both as (parent, content) -> the fault.
        faults: what happens to the n-th call of ListAssets, from 1; "always" of a fault goes on.
        missing: permissions that we do not have, by testIamPermissions.
        calls: how often each was asked: "ListAssets RESOURCE", "GET HOST/PATH".
        tokens: what callers prove who they are by.
    """

    resources: Sequence[Mapping[str, Any]] = ()
    policies: Sequence[Mapping[str, Any]] = ()
    answers: dict[str, Any] = field(default_factory=dict)
    relationships: Sequence[Mapping[str, Any]] = ()
    refused: dict[Any, Fault] = field(default_factory=dict)
    faults: Callable[[int], Fault | None] = lambda n: None
    missing: frozenset[str] = frozenset()
    calls: Counter[str] = field(default_factory=Counter)
    tokens: set[str] = field(default_factory=set)
    largest_page: int = 1000
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def page(
        self, parent: str, content: str, types: Sequence[str], size: int, token: str
    ) -> tuple[int, int, Sequence[Any], str]:
        """(start, end, what is listed, next token) of a page. Raises Fault."""
        with self._lock:
            self.calls[f"ListAssets {content}"] += 1
            self.calls["ListAssets"] += 1
            number = self.calls["ListAssets"]
        for key in (parent, content, (parent, content)):
            if key in self.refused:
                raise self.refused[key]
        if (fault := self.faults(number)) is not None:
            raise fault
        if content == "RELATIONSHIP" and not self.relationships:
            raise Fault(403, "PERMISSION_DENIED", "The caller does not have permission")
        listed = {"RESOURCE": self.resources, "IAM_POLICY": self.policies}.get(content, self.relationships)
        if isinstance(listed, Made) and PROJECT in types:
            listed = [fixture("gcp.cloudresourcemanager.project")["assets"][0]]
        elif types and not isinstance(listed, Made):
            listed = [a for a in listed if a["assetType"] in types]
        start, end = int(token or 0), int(token or 0) + min(size or 100, self.largest_page)
        return start, end, listed, str(end) if end < len(listed) else ""

    def answer(self, call: str, query: Mapping[str, str]) -> Any:
        """The body of a further read. Raises Fault."""
        with self._lock:
            self.calls[f"GET {call}"] += 1
        found = self.answers.get(call)
        if callable(found):
            found = found(query)
        if isinstance(found, list):  # pages
            at = int(query.get("pageToken") or 0)
            more = {"nextPageToken": str(at + 1)} if at + 1 < len(found) else {}
            found = found[at] if isinstance(found[at], Fault) else {**found[at], **more}
        if found is None:
            found = next((body for end, body in DEFAULTS.items() if call.partition("?")[0].endswith(end)), None)
        if found is None:
            raise Fault(404, "NOT_FOUND", f"{call} was not found")
        if isinstance(found, Fault):
            raise found
        return found


@cache
def fixture(kind: str) -> Any:
    return json.loads((FIXTURES / kind / "answers.json").read_text())


def recorded(*kinds: str) -> Cloud:
    """Everything that the fixtures of some kinds hold; of all where none is named."""
    names = kinds or sorted(p.name for p in FIXTURES.glob("gcp.*"))
    held = [fixture(name) for name in names]
    answers: dict[str, Any] = {}
    for one in held:
        answers |= one.get("answers", {})
    return Cloud(
        [a for one in held for a in one.get("assets", ())],
        [p for one in held for p in one.get("policies", ())],
        answers,
        [r for one in held for r in one.get("relationships", ())],
    )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cloud: Cloud

    def do_GET(self) -> None:
        self._respond(None)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._respond(body)

    def _respond(self, body: Any) -> None:
        url = urlsplit(self.path)
        if token := self.headers["Authorization"]:
            self.cloud.tokens.add(token)
        query = {k: v[-1] for k, v in parse_qs(url.query).items()}
        try:
            if body is not None:
                answer = {"permissions": [p for p in body["permissions"] if p not in self.cloud.missing]}
            elif url.path.endswith("/assets"):
                answer = self._assets(url.path, query, parse_qs(url.query).get("assetTypes", []))
            else:
                host = self.headers["Host"]
                metric = query.get("filter", "").partition('metric.type = "')[2].partition('"')[0]
                answer = self.cloud.answer(f"{host}{url.path}{'?' + metric if metric else ''}", query)
        except Fault as fault:
            time.sleep(fault.stall)
            if fault.drop:
                self.close_connection = True
                self.connection.close()
                return
            self._send(fault.code, fault.body(), fault.retry_after)
            return
        self._send(200, answer, None)

    def _assets(self, path: str, query: Mapping[str, str], types: Sequence[str]) -> Any:
        parent = path.removeprefix("/v1/").removesuffix("/assets")
        content = CONTENTS.get(query["contentType"], query["contentType"])
        start, end, listed, token = self.cloud.page(
            parent, content, types, int(query.get("pageSize", 0)), query.get("pageToken", "")
        )
        return {"assets": list(listed[start:end]), **({"nextPageToken": token} if token else {})}

    def _send(self, code: int, body: Any, retry_after: int | None) -> None:
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if retry_after is not None:
            self.send_header("Retry-After", str(retry_after))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextmanager
def serve_rest(cloud: Cloud, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """URL of a server of the cloud; with a context, over TLS."""

    class Handler(_Handler):
        pass

    Handler.cloud = cloud
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"https://localhost:{server.server_port}" if context else f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Assets:
    """The service over gRPC."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def list_assets(self, request: Any, context: Any) -> Any:
        content = asset_v1.ContentType(request.content_type).name
        self._cloud.tokens.update(v for k, v in context.invocation_metadata() if k == "authorization")
        try:
            start, end, listed, token = self._cloud.page(
                request.parent, content, list(request.asset_types), request.page_size, request.page_token
            )
        except Fault as fault:
            time.sleep(fault.stall)
            context.abort_with_status(rpc_status.to_status(fault.proto()))
        answer = asset_v1.ListAssetsResponse(next_page_token=token)
        if isinstance(listed, Made):
            answer._pb.assets.extend(listed.messages(start, end))
        else:
            answer._pb.assets.extend(asset_v1.Asset.from_json(json.dumps(a))._pb for a in listed[start:end])
        return answer


@contextmanager
def serve_grpc(cloud: Cloud, credentials: grpc.ServerCredentials | None = None) -> Iterator[str]:
    """URL of a gRPC server of the cloud: http without TLS, https with it."""
    handler = grpc.unary_unary_rpc_method_handler(
        _Assets(cloud).list_assets,
        request_deserializer=asset_v1.ListAssetsRequest.deserialize,
        response_serializer=asset_v1.ListAssetsResponse.serialize,
    )
    pool = futures.ThreadPoolExecutor(4)
    server = grpc.server(pool, options=[("grpc.max_send_message_length", -1)])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"ListAssets": handler}),))
    address = "localhost:0" if credentials else "127.0.0.1:0"
    port = server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address)
    server.start()
    try:
        yield f"https://localhost:{port}" if credentials else f"http://127.0.0.1:{port}"
    finally:
        server.stop(0).wait()
        pool.shutdown()
