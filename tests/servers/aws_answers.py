"""AWS out of the fixtures: every operation of every row answered in its service's own protocol, well or badly.

`Estate.respond` takes a request apart and gives the bytes of an answer; `serve` puts it on loopback. What is wrong with
an answer is said per region by a `Fault`, so that one scan of many regions meets them all.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

import botocore.session

from collectors.aws.kinds import KINDS
from collectors.aws.rows import Call, all_calls
from normalize.model import Kind
from tests.servers.hostility import Fault, Reply

FIXTURES = Path(__file__).parent.parent / "fixtures"
ACCOUNT, HOME = "123456789012", "us-east-1"
IDENTITY = {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/stocktake", "UserId": "AIDAEXAMPLE"}
_CREDENTIAL = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/")
_XMLISH = ("query", "ec2", "rest-xml")

Operation = tuple[str, str]
"""botocore's name of a service, and an operation."""


class Estate:
    """The answers.

    Attributes:
        faults: by region; a region without one answers well.
        served: items sent, by region, service, operation and where they lie in its answer.
    """

    def __init__(self) -> None:
        session = botocore.session.Session()
        self.faults: dict[str, Fault] = {}
        self.served: Counter[tuple[str, str, str, str]] = Counter()
        self._asked: Counter[tuple[str, str, str]] = Counter()
        self._lock = threading.Lock()
        self._lists: dict[Operation, dict[Any, None]] = {}
        self._sifted: set[Operation] = set()
        self._answers: dict[Operation, Any] = {}
        enabled = session.get_available_regions("ec2")
        self._answers["ec2", "DescribeRegions"] = {"Regions": [{"RegionName": region} for region in enabled]}
        for kind in KINDS:
            self._learn(kind)
        self._models = {s: session.get_service_model(s) for s in {s for s, _ in self._answers} | {"sts"}}
        self._pages = {s: session.get_paginator_model(s) for s in self._models if s != "sts"}
        self._signed: dict[str, list[str]] = {}
        for service, model in self._models.items():
            self._signed.setdefault(model.metadata.get("signingName") or model.endpoint_prefix, []).append(service)
        self._routes = [(s, *self._route(s, o)) for s, o in self._answers if self._models[s].resolved_protocol.startswith("rest")]  # fmt: skip

    def _learn(self, kind: Kind) -> None:
        answers = json.loads((FIXTURES / kind.name / "answers.json").read_text())
        fetch: Call = kind.fetch
        own = (fetch.service, fetch.operation)
        if own in self._lists:  # two kinds out of one answer
            self._answers[own] |= {k: v for k, v in answers[fetch.operation].items() if k not in self._answers[own]}
            if fetch.keep and fetch.items in self._lists[own]:  # which are told apart by what each keeps
                holders = zip(
                    *(_holders(a, fetch.items) for a in (self._answers[own], answers[fetch.operation])), strict=True
                )
                self._sifted.add(own)
                for (into, key), (out_of, _) in holders:
                    into[key] = [*into[key], *out_of[key]]
        else:
            self._answers[own] = answers[fetch.operation]
        self._lists.setdefault(own, {})[fetch.items] = None
        for call in all_calls(fetch):
            self._answers.setdefault((call.service, call.operation), answers[call.operation])

    def _route(self, service: str, operation: str) -> tuple[str, str, re.Pattern[str], set[str]]:
        http = self._models[service].operation_model(operation).http
        path, _, query = http["requestUri"].partition("?")
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", path)
        return operation, http["method"], re.compile(pattern), {q.partition("=")[0] for q in query.split("&") if q}

    def is_paged(self, call: Call) -> bool:
        """Whether the SDK pages a listing."""
        return self._paginator(call.service, call.operation) is not None

    def is_shared(self, call: Call) -> bool:
        """Whether several kinds lie in its answers, one perhaps inside another."""
        return len(self._lists[call.service, call.operation]) > 1

    def is_sifted(self, call: Call) -> bool:
        """Whether several kinds take their items out of one list. Bad forms are made of its first item only."""
        return (call.service, call.operation) in self._sifted

    def operation(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[str, str, str]:
        """(region, service, operation) of a signed request; "" where there is no such operation."""
        found = _CREDENTIAL.search(headers.get("Authorization", ""))
        assert found, f"not signed: {url}"
        region, services = found[1], self._signed[found[2]]
        if target := headers.get("X-Amz-Target"):
            return region, services[0], target.rsplit(".", 1)[-1]
        form = dict(parse_qsl(body.decode()))
        if "Action" in form:
            named = (s for s in services if self._models[s].api_version == form["Version"])  # two share a signing name
            return region, next(named), form["Action"]
        parts = urlsplit(url)
        given = {k for k, _ in parse_qsl(parts.query, keep_blank_values=True)}
        for name, operation, verb, pattern, wanted in sorted(self._routes, key=lambda r: -len(r[4])):
            if name in services and verb == method and wanted <= given and pattern.fullmatch(parts.path):
                return region, name, operation
        return region, services[0], ""

    def respond(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        region, service, operation = self.operation(method, url, headers, body)
        if not operation:
            return Reply(404, b"{}")
        if operation == "GetCallerIdentity":
            return self._encode("sts", operation, IDENTITY)
        answer = json.loads(json.dumps(self._answers[service, operation]).replace(HOME, region))
        fault = self.faults.get(region, Fault())
        key = (region, service, operation)
        with self._lock:
            self._asked[key] += 1
            turn = self._asked[key] - 1
        if operation == "GetMetricData":  # by the numbers of the questions: another kind asked others
            asked_for = set(re.findall(r"\bq\d+", unquote(body.decode(errors="replace"))))
            answer["MetricDataResults"] = [r for r in answer["MetricDataResults"] if r["Id"] in asked_for]
        if (service, operation) not in self._lists:
            if fault.detail is not None:
                variants = fault.detail(answer)
                answer = variants[turn % len(variants)]
            return self._encode(service, operation, answer)
        asked = f"{unquote(url)}{body.decode()}"
        return self._list(key, answer, fault, asked, turn)

    def _list(self, key: tuple[str, str, str], answer: Any, fault: Fault, asked: str, turn: int) -> Reply:
        _, service, operation = key
        rule = self._paginator(service, operation)
        number = int(found[1]) if (found := re.search(r"page-(\d+)-token", asked)) else 0
        count = 0
        for path in self._lists[service, operation]:
            if not path:  # a listing of one thing, which is the whole answer
                answer = _turned(fault, answer, turn)
                self.served[*key, path] += 1
                continue
            for holder, last in _holders(answer, path):
                if not isinstance(holder[last], list):  # a listing of one thing, which is not in a list
                    holder[last] = _turned(fault, holder[last], turn)
                    self.served[*key, path] += 1
                    continue
                pages = fault.listing(holder[last][0]) if fault.listing else [holder[last]]
                if rule is None:
                    pages = [[item for page in pages for item in page]]
                count = max(count, len(pages))
                holder[last] = pages[number] if number < len(pages) else []
                with self._lock:
                    self.served[*key, path] += len(holder[last])
        if rule is not None and (token := fault.tokens[turn % len(fault.tokens)] if fault.tokens else f"page-{number + 1}-token" if number + 1 < count else ""):  # fmt: skip
            _page(answer, rule, token)
        reply = self._encode(service, operation, answer)
        return fault.body(reply) if fault.body else reply

    def _paginator(self, service: str, operation: str) -> Mapping[str, Any] | None:
        try:
            rule: Mapping[str, Any] = self._pages[service].get_paginator(operation)
        except ValueError:
            return None
        return rule

    def _encode(self, service: str, operation: str, answer: Any) -> Reply:
        model = self._models[service]
        shape, protocol = model.operation_model(operation).output_shape, model.resolved_protocol
        wanted = shape.serialization.get("payload")
        if wanted:
            shape, answer = shape.members[wanted], answer.get(wanted) if isinstance(answer, dict) else answer
        if protocol not in _XMLISH:
            text = json.dumps(_wire(shape, answer))
            return Reply(200, text.encode(), {"Content-Type": "application/json", "x-amzn-RequestId": "0-0-0"})
        if operation == "GetBucketLocation":
            place = answer.get("LocationConstraint") if isinstance(answer, dict) else answer
            inner, root = escape(str(place if place is not None else "")), "LocationConstraint"
        else:
            inner, root = "".join(_elements(shape, answer)), f"{operation}Response"
        if protocol == "query":
            inner = f"<{operation}Result>{inner}</{operation}Result><ResponseMetadata><RequestId>0-0-0</RequestId></ResponseMetadata>"
        elif protocol == "ec2":
            inner += "<requestId>0-0-0</requestId>"
        text = f'<?xml version="1.0" encoding="UTF-8"?><{root}>{inner}</{root}>'
        headers = {"Content-Type": "text/xml", "x-amzn-RequestId": "0-0-0", "x-amz-request-id": "0-0-0"}
        return Reply(200, text.encode("utf-8", "surrogatepass"), headers)


def _turned(fault: Fault, item: Any, turn: int) -> Any:
    """One of the bad forms of an item, another one each time."""
    forms = [form for page in fault.listing(item) for form in page] if fault.listing else [item]
    return forms[turn % len(forms)]


def _holders(answer: Any, path: Any) -> Iterator[tuple[Any, str]]:
    """(object, key) under which the items of a path lie."""
    steps = path.replace("[]", "").split(".")
    holders = [answer]
    for step in steps[:-1]:
        holders = [each for holder in holders for each in (holder[step] if isinstance(holder[step], list) else [holder[step]])]  # fmt: skip
    for holder in holders:
        yield holder, steps[-1]


def _page(answer: Any, rule: Mapping[str, Any], token: str) -> None:
    """Say in an answer that there is more, where the service says it."""
    outs = rule["output_token"] if isinstance(rule["output_token"], list) else [rule["output_token"]]
    said = [(out, token) for out in outs] + ([(rule["more_results"], True)] if rule.get("more_results") else [])
    for out, value in said:
        *way, last = re.split(r"[\[| ]", out)[0].split(".")
        holder = answer
        for step in way:
            holder = holder.setdefault(step, {})
        holder[last] = value


def _wire(shape: Any, value: Any) -> Any:
    """A value under the names of the wire; what does not have its shape goes as it is."""
    if shape.type_name == "structure" and isinstance(value, dict):
        known = shape.members
        if shape.is_tagged_union and value.keys() <= known.keys():
            value = dict(list(value.items())[:1])  # a service sets one member only
        return {
            (known[k].serialization.get("name", k) if k in known else k): (_wire(known[k], v) if k in known else v)
            for k, v in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_wire(shape.member, v) for v in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {k: _wire(shape.value, v) for k, v in value.items()}
    return value


def _elements(shape: Any, value: Any) -> Iterator[str]:
    """What stands inside an element for a value; a value that does not have its shape is written as it is."""
    kind = shape.type_name if shape is not None else ""
    if isinstance(value, dict) and kind == "map":
        names = [s.serialization.get("name", default) for s, default in ((shape.key, "key"), (shape.value, "value"))]
        for key, entry in value.items():
            inner = "".join(_elements(shape.value, entry))
            yield f"<entry><{names[0]}>{_text(key)}</{names[0]}><{names[1]}>{inner}</{names[1]}></entry>"
    elif isinstance(value, dict):
        for key, entry in value.items():
            member = shape.members.get(key) if kind == "structure" else None
            yield from _member(member, key, entry)
    elif isinstance(value, list):
        name = (shape.member.serialization.get("name") if kind == "list" else None) or "member"
        for entry in value:
            yield f"<{name}>{''.join(_elements(shape.member if kind == 'list' else None, entry))}</{name}>"
    elif value is not None:
        yield _text(value)


def _member(shape: Any, key: str, value: Any) -> Iterator[str]:
    tag = re.sub(r"[^A-Za-z0-9_-]", "_", key) or "_"
    if shape is None:
        yield f"<{tag}>{''.join(_elements(None, value))}</{tag}>"
        return
    name = shape.serialization.get("name", tag)
    if shape.type_name == "list" and shape.serialization.get("flattened") and isinstance(value, list):
        name = shape.member.serialization.get("name", name)
        for entry in value:
            yield f"<{name}>{''.join(_elements(shape.member, entry))}</{name}>"
        return
    yield f"<{name}>{''.join(_elements(shape, value))}</{name}>"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return escape(str(value))


class _Handler(BaseHTTPRequestHandler):
    estate: Estate
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        reply = self.estate.respond(self.command, self.path, self.headers, sent)  # type: ignore[arg-type]
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) // 2] if reply.cut else reply.body)
        self.close_connection = self.close_connection or reply.cut

    do_GET = do_POST = _serve  # noqa: N815  names that http.server looks for

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is no news."""


def serve(estate: Estate) -> tuple[str, Callable[[], None]]:
    """(URL, how to end it) of the answers on loopback."""
    server = _Server(("127.0.0.1", 0), type("Bound", (_Handler,), {"estate": estate}))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close() -> None:
        server.shutdown()
        server.server_close()

    return f"http://127.0.0.1:{server.server_address[1]}", close
