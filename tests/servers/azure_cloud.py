"""Azure on loopback: Resource Graph, Azure Resource Manager and the token endpoint of Microsoft Entra ID, over HTTP or TLS.

`Cloud` holds what there is and what goes wrong; `served` puts it behind an address. Fed from fixtures (`tests/fixtures/azure.*/answers.json`),
or from rows that are made up as they are asked for. Answers as documented: skip tokens, the headers of the quota, 429 with Retry-After,
`resultTruncated` without a token, rows that the caller may not read left out in silence.

Source: Azure Resource Graph documentation, "Work with large Azure resource data sets" and "Guidance for throttled requests"; Azure Resource
Manager documentation, "Understand how Azure Resource Manager throttles requests" and "Resolve errors for resource provider
registration"; read 2026-11-24.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import trustme

FIXTURES = Path(__file__).parents[1] / "fixtures"
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
TENANT = "99999999-8888-7777-6666-555555555555"
GRAPH = "/providers/Microsoft.ResourceGraph/resources"
READER: Mapping[str, Any] = {"actions": ["*/read"], "notActions": []}
TABLES: Mapping[str, str] = {
    "microsoft.authorization/policy": "policyresources",
    "microsoft.authorization/": "authorizationresources",
    "microsoft.compute/virtualmachinescalesets/": "computeresources",
    "microsoft.kubernetesconfiguration/": "kubernetesconfigurationresources",
    "microsoft.management/": "resourcecontainers",
    "microsoft.resources/subscriptions": "resourcecontainers",
}
"""How types begin -> the table that holds them, where it is not `resources`."""
INHERITED = ("authorizationresources", "policyresources")
_QUERY = re.compile(
    r"(?P<table>\w+)(?: \| where type (?P<but>!?)in~ \((?P<types>[^)]*)\))?"
    r"(?: \| where type !~ '(?P<only>[^']*)' or properties\.(?P<key>\w+) =~ '(?P<value>[^']*)')?"
    r"(?: \| project id)? \| order by id asc"
)
_TOKEN = "token-of-the-tests"


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one answer.

    Attributes:
        drop: the connection is cut instead.
    """

    status: int = 429
    code: str = "RateLimiting"
    message: str = "injected"
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False


@dataclass
class Cloud:
    """What there is, and what goes wrong.

    Attributes:
        rows: by table; anything that has a length and can be sliced.
        answers: of Azure Resource Manager, by path in lower case; one may be a function of the parameters.
        grants: what the caller may do, by subscription; a Fault where that is not told.
        unregistered: providers that no subscription uses.
        offered: regions of types, by provider and type.
        fault: the fault of a request, by its number and path; None for none.
        secret: of the client that gets tokens; with it, a request without a token is refused.
        truncate_at: rows after which Resource Graph says that the result is cut.
        forget_token_at: rows after which the token of the next page is missing.
        quota: queries of one window.
    """

    rows: dict[str, Sequence[Any]] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    grants: dict[str, list[Mapping[str, Any]] | Fault] = field(default_factory=lambda: {SUBSCRIPTION: [READER]})
    unregistered: Sequence[str] = ()
    offered: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    fault: Callable[[int, str], Fault | None] = lambda number, path: None
    secret: str = ""
    truncate_at: int | None = None
    forget_token_at: int | None = None
    quota: int = 1_000_000
    limit_hit: bool = False
    requests: list[str] = field(default_factory=list)
    base: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def number(self, path: str) -> int:
        with self._lock:
            self.requests.append(path)
            return len(self.requests)

    def add_fixture(self, kind: str) -> None:
        """All that the fixture of a kind holds; a row that is there already stays once, lists of one path are put together."""
        told = json.loads((FIXTURES / kind / "answers.json").read_text())
        for row in told.get("rows", ()):
            table = next((t for start, t in TABLES.items() if row["type"].startswith(start)), "resources")
            rows = self.rows.setdefault(table, [])
            assert isinstance(rows, list)
            if row["id"].lower() not in {r["id"].lower() for r in rows}:
                rows.append(row)
        for path, answer in told.get("answers", {}).items():
            before = self.answers.get(path.lower(), {}).get("value", ())
            more = [item for item in before if item not in answer["value"]] if before else []
            self.answers[path.lower()] = answer | {"value": [*more, *answer["value"]]} if more else answer

    def query(self, asked: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """(answer, headers) of a query."""
        m = _QUERY.fullmatch(asked["query"])
        assert m is not None, asked["query"]
        rows = self.rows.get(m["table"], ())
        types = set(re.findall(r"'([^']*)'", m["types"] or ""))
        wanted = set(asked.get("subscriptions") or ())
        above = (asked.get("options") or {}).get("authorizationScopeFilter") == "AtScopeAboveAndBelow"
        if isinstance(rows, list):
            rows = [
                r
                for r in rows
                if (not types or (r["type"] in types) is not bool(m["but"]))
                and (r.get("subscriptionId") or m["table"] not in INHERITED or above)
                and (r["type"] != m["only"] or r["properties"][m["key"]] == m["value"])
                and r.get("subscriptionId", "") in {*wanted, ""}
                and self._readable(r)
            ]
            rows.sort(key=lambda r: r["id"])
        options = asked.get("options") or {}
        start, top = int((options.get("$skipToken") or "p0").removeprefix("p")), min(options.get("$top") or 100, 1000)
        end = min(start + top, len(rows) if self.truncate_at is None else self.truncate_at)
        page = rows[start:end]
        answer: dict[str, Any] = {
            "totalRecords": len(rows),
            "count": len(page),
            "data": page,
            "facets": [],
            "resultTruncated": "false",
        }
        if end < len(rows) and self.truncate_at is not None and end >= self.truncate_at:
            answer["resultTruncated"] = "true"
        elif end < len(rows) and (self.forget_token_at is None or end < self.forget_token_at):
            answer["$skipToken"] = f"p{end}"
        self.quota -= 1
        headers = {"x-ms-user-quota-remaining": str(max(0, self.quota)), "x-ms-user-quota-resets-after": "00:00:05"}
        return answer, headers | ({"x-ms-tenant-subscription-limit-hit": "true"} if self.limit_hit else {})

    def _readable(self, row: Mapping[str, Any]) -> bool:
        grants = self.grants.get(row.get("subscriptionId", ""), [READER])
        told = [READER] if isinstance(grants, Fault) else grants
        action = f"{row['type']}/read"
        return any(
            any(re.fullmatch(a.lower().replace("*", ".*"), action) for a in grant["actions"])
            and not any(re.fullmatch(a.lower().replace("*", ".*"), action) for a in grant["notActions"])
            for grant in told
        )

    def _providers(self) -> Iterator[dict[str, Any]]:
        yield from ({"namespace": name, "registrationState": "NotRegistered"} for name in self.unregistered)
        for name, types in self.offered.items():
            told = [{"resourceType": type_, "locations": list(places)} for type_, places in types.items()]
            yield {"namespace": name, "registrationState": "Registered", "resourceTypes": told}

    def _listed(self, subscription: str, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """What Azure Resource Manager lists of a subscription: what the caller may read in it."""
        mine = [r for r in rows if str(r.get("subscriptionId")).lower() == subscription and self._readable(r)]
        return [{"id": r["id"], "name": r["name"], "type": r["type"], "location": r["location"]} for r in mine]

    def read(self, path: str, query: Mapping[str, list[str]]) -> tuple[int, Any]:
        """(status, answer) of a read of Azure Resource Manager."""
        path = path.lower()
        if path == "/subscriptions":
            return 200, {"value": [{"subscriptionId": s, "state": "Enabled", "tenantId": TENANT} for s in self.grants]}
        m = re.fullmatch(r"/subscriptions/([^/]+)/providers(/microsoft.authorization/permissions)?", path)
        if m and m[1] not in self.grants:
            return 404, _error("SubscriptionNotFound", f"The subscription '{m[1]}' could not be found.")
        if m and m[2]:
            grants = self.grants[m[1]]
            return (
                (grants.status, _error(grants.code, grants.message))
                if isinstance(grants, Fault)
                else (200, {"value": grants})
            )
        if m:
            return 200, {"value": [*self._providers()]}
        answer = self.answers.get(path)
        if answer is None and (m := re.fullmatch(r"/subscriptions/([^/]+)/resources", path)):
            rows = self.rows.get("resources", ())
            answer = {"value": self._listed(m[1], rows) if isinstance(rows, list) else []}
        if callable(answer):
            answer = answer({key: values[0] for key, values in query.items()})
        if isinstance(answer, list):  # pages
            at = int(query.get("page", ["0"])[0])
            more = {"nextLink": f"{self.base}{path}?api-version=1&page={at + 1}"} if at + 1 < len(answer) else {}
            return 200, answer[at] | more
        if isinstance(answer, Fault):
            return answer.status, _error(answer.code, answer.message)
        return (200, answer) if answer is not None else (404, _error("ResourceNotFound", f"nothing at {path}"))


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


@contextmanager
def served(cloud: Cloud, ca_file: Path | None = None) -> Iterator[str]:
    """The address of the cloud; over TLS where a file for the certificate of its authority is given."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(cloud))
    server.daemon_threads = True
    scheme = "http"
    if ca_file is not None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(ca_file))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    cloud.base = f"{scheme}://127.0.0.1:{server.server_port}"
    try:
        yield cloud.base
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(cloud: Cloud) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path.endswith("/openid-configuration"):
                tenant = f"{cloud.base}/{TENANT}"
                told = {
                    "issuer": f"{tenant}/v2.0",
                    "token_endpoint": f"{tenant}/oauth2/v2.0/token",
                    "authorization_endpoint": f"{tenant}/a",
                }
                self._reply(200, told)
            elif self._may(parts.path):
                self._reply(*cloud.read(parts.path, parse_qs(parts.query)))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            path = urlsplit(self.path).path
            if path.endswith("/token"):
                good = {"token_type": "Bearer", "expires_in": 3600, "access_token": _TOKEN}
                bad = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."}
                is_good = parse_qs(body.decode()).get("client_secret") == [cloud.secret]
                self._reply(200, good) if is_good else self._reply(401, bad)
            elif self._may(path):
                assert path == GRAPH, path
                self._reply(200, *cloud.query(json.loads(body)))

        def _may(self, path: str) -> bool:
            fault = cloud.fault(cloud.number(path), path)
            if fault is not None and fault.drop:
                self.close_connection = True
                self.connection.close()
                return False
            if fault is not None:
                self._reply(fault.status, _error(fault.code, fault.message), fault.headers)
                return False
            if cloud.secret and self.headers.get("Authorization") != f"Bearer {_TOKEN}":
                self._reply(401, _error("InvalidAuthenticationToken", "The access token is invalid."))
                return False
            return True

        def _reply(self, status: int, answer: Any, headers: Mapping[str, str] | None = None) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            for key, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
                **(headers or {}),
            }.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
