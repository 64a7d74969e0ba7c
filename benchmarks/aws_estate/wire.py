"""AWS's protocols seen from the server: which operation a request is, and an answer in the bytes of its protocol.

Both follow botocore's service models, so an operation that nobody wrote an answer for still gets a valid empty one.
Covers ec2, query, json, rest-json, rest-xml and rpc-v2-cbor. Refuses to know what an estate holds (estate.py).
"""

from __future__ import annotations

import base64
import json
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape

import botocore.session
from botocore.model import OperationModel, ServiceModel, Shape

REQUEST_ID = "7d3c5b0e-51a6-4c2a-9d0f-1f6a3b2c4d5e"
SOME_DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""What a required instant says that nobody gave."""


class Refusal(Exception):
    """An answer of the API that is an error: a code, words, an HTTP status."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(message or code)
        self.code = code
        self.status = status


class Prepared(str):
    """The inside of a list, already written in the protocol's text."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Request:
    """What of an HTTP request says which operation it is.

    Attributes:
        signing: service as the signature names it, "elasticloadbalancing".
        target: the header X-Amz-Target, or "".
        cbor: whether it speaks rpc-v2-cbor.
    """

    signing: str
    method: str
    path: str
    query: Mapping[str, str]
    target: str
    cbor: bool
    body: bytes


@dataclass(frozen=True, slots=True)
class Operation:
    """An identified request: `params` are as the protocol has them (flat for ec2 and query)."""

    service: str
    name: str
    protocol: str
    params: Mapping[str, Any]
    model: OperationModel


@dataclass(frozen=True, slots=True)
class _Route:
    operation: str
    method: str
    path: re.Pattern[str]
    literals: Mapping[str, str]
    blanks: int


class Models:
    """botocore's models of some services, by the name that signatures use; all others are read once one is missed."""

    def __init__(self, services: Iterable[str]) -> None:
        self._loader = botocore.session.get_session().get_component("data_loader")
        self._signed: dict[str, dict[str, ServiceModel]] = {}
        self._routes: dict[str, list[_Route]] = {}
        self._everything = False
        for service in services:
            self._learn(service)

    def model(self, service: str) -> ServiceModel:
        return next((m[service] for m in self._signed.values() if service in m), None) or self._learn(service)

    def identify(self, request: Request) -> Operation:
        """Raises Refusal for what is no operation of any service with that signing name."""
        found = self._find(request)
        if found is None and not self._everything:
            self._everything = True
            for service in self._loader.list_available_services("service-2"):
                self._learn(service)
            found = self._find(request)
        if found is None:
            raise Refusal("UnknownOperationException", f"{request.signing} {request.method} {request.path}", 404)
        return found

    def _learn(self, service: str) -> ServiceModel:
        model = ServiceModel(self._loader.load_service_model(service, "service-2"), service)
        return self._signed.setdefault(model.signing_name, {}).setdefault(service, model)

    def _find(self, request: Request) -> Operation | None:
        models = self._signed.get(request.signing, {})
        if request.cbor:
            return _by_smithy_path(models, request)
        if request.target:
            return _by_target(models, request)
        form = dict(parse_qsl(request.body.decode())) if request.body.startswith(b"Action=") else dict(request.query)
        if "Action" in form:
            return _by_action(models, form)
        return self._by_route(models, request)

    def _by_route(self, models: Mapping[str, ServiceModel], request: Request) -> Operation | None:
        best: tuple[tuple[int, int], Operation] | None = None
        for service, model in models.items():
            if not model.resolved_protocol.startswith("rest"):
                continue
            for route in self._known_routes(service, model):
                match = route.path.fullmatch(request.path)
                if match is None or route.method != request.method or not _asks(request.query, route.literals):
                    continue
                rank = (len(route.literals), -route.blanks)
                if best is None or rank > best[0]:
                    params = {k: unquote(v) for k, v in match.groupdict().items()} | dict(request.query)
                    if request.body and model.resolved_protocol == "rest-json":
                        params |= json.loads(request.body)
                    found = model.operation_model(route.operation)
                    best = rank, Operation(service, route.operation, model.resolved_protocol, params, found)
        return best[1] if best else None

    def _known_routes(self, service: str, model: ServiceModel) -> list[_Route]:
        if service not in self._routes:
            operations = (model.operation_model(name) for name in model.operation_names)
            # A deprecated operation may share its address with the one that replaced it.
            self._routes[service] = [_route(operation) for operation in operations if not operation.deprecated]
        return self._routes[service]


def _by_smithy_path(models: Mapping[str, ServiceModel], request: Request) -> Operation | None:
    match = re.fullmatch(r"/service/(\w+)/operation/(\w+)", request.path)
    for service, model in models.items():
        if match and model.metadata.get("targetPrefix") == match[1]:
            params = read_cbor(request.body) if request.body else {}
            return Operation(service, match[2], "cbor", params, model.operation_model(match[2]))
    return None


def _by_target(models: Mapping[str, ServiceModel], request: Request) -> Operation | None:
    prefix, _, name = request.target.rpartition(".")
    for service, model in models.items():
        if model.metadata.get("targetPrefix") == prefix:
            params = json.loads(request.body) if request.body else {}
            return Operation(service, name, "json", params, model.operation_model(name))
    return None


def _by_action(models: Mapping[str, ServiceModel], form: Mapping[str, str]) -> Operation | None:
    for service, model in models.items():
        spoken = {"ec2", "query"}.intersection(model.metadata.get("protocols", [model.protocol]))
        if spoken and model.api_version == form.get("Version") and form["Action"] in model.operation_names:
            name = form["Action"]
            return Operation(service, name, spoken.pop(), form, model.operation_model(name))
    return None


def _asks(query: Mapping[str, str], literals: Mapping[str, str]) -> bool:
    return all(k in query and (not v or query[k] == v) for k, v in literals.items())


def _route(operation: OperationModel) -> _Route:
    path, _, query = operation.http["requestUri"].partition("?")
    pattern = ""
    for text, blank in re.findall(r"([^{]*)(?:\{([^}]+)\})?", path.rstrip("/")):
        pattern += re.escape(text)
        if blank:
            name = re.sub(r"\W", "_", blank.rstrip("+"))
            pattern += f"(?P<{name}>{'.+' if blank.endswith('+') else '[^/]+'})"
    literals = dict(part.partition("=")[::2] for part in query.split("&") if part and "{" not in part)
    return _Route(operation.name, operation.http["method"], re.compile(pattern + "/?"), literals, path.count("{"))


# Answers


def respond(operation: Operation, answer: Mapping[str, Any]) -> bytes:
    """A whole HTTP response. Raises KeyError where the answer has a member that the operation's output does not."""
    shape = operation.model.output_shape
    headers: dict[str, str] = {"x-amzn-RequestId": REQUEST_ID}
    if operation.protocol == "cbor":
        body, kind = b"".join(_cbor(answer)), "application/cbor"
        headers["smithy-protocol"] = "rpc-v2-cbor"
    elif operation.protocol == "json":
        version = operation.model.service_model.metadata.get("jsonVersion", "1.0")
        body, kind = _json(shape, answer), f"application/x-amz-json-{version}"
    elif operation.protocol in ("ec2", "query"):
        body, kind = _enveloped(operation, answer), "text/xml"
    else:
        body, kind = _rest(operation, answer, headers)
    return http(200, kind, headers, body)


def refuse(operation: Operation | None, refusal: Refusal) -> bytes:
    """An error as the operation's protocol says it."""
    protocol = operation.protocol if operation else "json"
    headers = {"x-amzn-RequestId": REQUEST_ID}
    inner = f"<Code>{escape(refusal.code)}</Code><Message>{escape(str(refusal))}</Message>"
    if protocol == "ec2":
        text = f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>{REQUEST_ID}</RequestID></Response>"
    elif protocol == "query":
        text = f"<ErrorResponse><Error><Type>Sender</Type>{inner}</Error><RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
    elif protocol == "rest-xml":
        text = f"<Error>{inner}<RequestId>{REQUEST_ID}</RequestId></Error>"
    elif protocol == "cbor":
        fault = {"__type": refusal.code, "message": str(refusal)}
        return http(refusal.status, "application/cbor", headers, b"".join(_cbor(fault)))
    else:
        headers["x-amzn-ErrorType"] = refusal.code
        fault = {"__type": refusal.code, "message": str(refusal)}
        return http(refusal.status, "application/x-amz-json-1.1", headers, json.dumps(fault).encode())
    return http(refusal.status, "text/xml", headers, f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode())


def http(status: int, content_type: str, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"HTTP/1.1 {status} {'OK' if status < 300 else 'Refused'}", f"Content-Type: {content_type}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def empty(shape: Shape | None) -> dict[str, Any]:
    """The least that an output may hold: lists and maps without members, what is required, and what the body is."""
    found: dict[str, Any] = {}
    if shape is None:
        return found
    for name, member in shape.members.items():
        if member.serialization.get("location") in ("header", "headers", "statusCode"):
            continue
        if member.type_name in ("list", "map"):
            found[name] = [] if member.type_name == "list" else {}
        elif name in shape.required_members or (
            name == shape.serialization.get("payload") and member.type_name == "structure"
        ):
            found[name] = _least(member)
    return found


def _least(shape: Shape) -> Any:
    if shape.type_name == "structure":
        return empty(shape)
    if shape.type_name == "string":
        return shape.enum[0] if shape.enum else ""
    if shape.type_name == "timestamp":
        return SOME_DAY
    return {"boolean": False, "blob": b"", "float": 0.0, "double": 0.0}.get(shape.type_name, 0)


def _enveloped(operation: Operation, answer: Mapping[str, Any]) -> bytes:
    """<OperationResponse>, and for query services the wrapper that the model names."""
    shape = operation.model.output_shape
    out: list[str] = ['<?xml version="1.0" encoding="UTF-8"?>', f"<{operation.name}Response>"]
    wrapper = shape.serialization.get("resultWrapper") if shape else None
    if wrapper:
        out.append(f"<{wrapper}>")
    if shape:
        _members(out, shape, answer)
    if wrapper:
        out.append(f"</{wrapper}>")
    if operation.protocol == "query":
        out.append(f"<ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata>")
    else:
        out.append(f"<requestId>{REQUEST_ID}</requestId>")
    out.append(f"</{operation.name}Response>")
    return "".join(out).encode()


def _rest(operation: Operation, answer: Mapping[str, Any], headers: dict[str, str]) -> tuple[bytes, str]:
    shape = operation.model.output_shape
    content = "application/xml" if operation.protocol == "rest-xml" else "application/json"
    if shape is None:
        return b"", content
    inside = {}
    for name, value in answer.items():
        member = shape.members[name]
        if member.serialization.get("location") == "header":
            headers[member.serialization.get("name", name)] = _text(member, value, "rfc822")
        else:
            inside[name] = value
    payload = shape.serialization.get("payload")
    if payload and shape.members[payload].type_name in ("blob", "string"):
        value = inside.get(payload, "")
        return value if isinstance(value, bytes) else value.encode(), "application/octet-stream"
    if payload and payload not in inside:
        return b"", content
    if operation.protocol == "rest-json":
        return _json(shape.members[payload], inside[payload]) if payload else _json(shape, inside), content
    out: list[str] = ['<?xml version="1.0" encoding="UTF-8"?>']
    if payload:
        member = shape.members[payload]
        _write(out, member.serialization.get("name", payload), member, inside[payload])
    elif operation.name == "GetBucketLocation":  # its one member is the document itself
        out.append(f"<LocationConstraint>{inside.get('LocationConstraint') or ''}</LocationConstraint>")
    else:
        _write(out, shape.serialization.get("name", shape.name), shape, inside)
    return "".join(out).encode(), content


def fragment(shape: Shape, name: str, value: Any) -> str:
    """One element of XML, for texts that are made ready ahead of a request."""
    out: list[str] = []
    _write(out, name, shape, value)
    return "".join(out)


def _members(out: list[str], shape: Shape, value: Mapping[str, Any]) -> None:
    for key, inner in value.items():
        member = shape.members[key]
        if inner is not None and not member.serialization.get("xmlAttribute"):
            _write(out, member.serialization.get("name", key), member, inner)


def _write(out: list[str], name: str, shape: Shape, value: Any) -> None:
    kind = shape.type_name
    if isinstance(value, Prepared):
        out.append(f"<{name}>{value}</{name}>")
    elif kind == "structure":
        out.append(f"<{name}{_attributes(shape, value)}>")
        _members(out, shape, value)
        out.append(f"</{name}>")
    elif kind == "list":
        flat = shape.serialization.get("flattened")
        item = shape.member.serialization.get("name", name if flat else "member")
        if not flat:
            out.append(f"<{name}>")
        for inner in value:
            _write(out, item, shape.member, inner)
        if not flat:
            out.append(f"</{name}>")
    elif kind == "map":
        out.append(f"<{name}>")
        for key, inner in value.items():
            out.append("<entry>")
            _write(out, shape.key.serialization.get("name", "key"), shape.key, key)
            _write(out, shape.value.serialization.get("name", "value"), shape.value, inner)
            out.append("</entry>")
        out.append(f"</{name}>")
    else:
        out.append(f"<{name}>{escape(_text(shape, value, 'iso8601'))}</{name}>")


def _attributes(shape: Shape, value: Mapping[str, Any]) -> str:
    named = [
        (member.serialization["name"], value[key])
        for key, member in shape.members.items()
        if member.serialization.get("xmlAttribute") and key in value
    ]
    space = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"' if named else ""
    return space + "".join(f' {name}="{escape(text)}"' for name, text in named)


def _text(shape: Shape, value: Any, instant: str) -> str:
    """A scalar as text; `instant` is the protocol's own form of instants."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        form = shape.serialization.get("timestampFormat", instant)
        if form == "unixTimestamp":
            return str(int(value.timestamp()))
        return value.strftime("%a, %d %b %Y %H:%M:%S GMT" if form == "rfc822" else "%Y-%m-%dT%H:%M:%S.000Z")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value)


def _json(shape: Shape | None, value: Any) -> bytes:
    return b"{}" if shape is None else json.dumps(_plain(shape, value), separators=(",", ":")).encode()


def _plain(shape: Shape, value: Any) -> Any:
    kind = shape.type_name
    if value is None:
        return None
    if kind == "structure" and not getattr(shape, "is_document_type", False):
        named = ((shape.members[k], k, v) for k, v in value.items())
        return {member.serialization.get("name", key): _plain(member, inner) for member, key, inner in named}
    if kind == "list":
        return [_plain(shape.member, v) for v in value]
    if kind == "map":
        return {k: _plain(shape.value, v) for k, v in value.items()}
    if isinstance(value, datetime):
        if shape.serialization.get("timestampFormat", "unixTimestamp") == "unixTimestamp":
            return value.timestamp()
        return _text(shape, value, "iso8601")
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


# CBOR, as far as AWS uses it (RFC 8949: heads, tag 1 for instants).


def _cbor(value: Any) -> Iterator[bytes]:
    if isinstance(value, bool):
        yield b"\xf5" if value else b"\xf4"
    elif value is None:
        yield b"\xf6"
    elif isinstance(value, int):
        yield _head(0, value) if value >= 0 else _head(1, -1 - value)
    elif isinstance(value, float):
        yield b"\xfb" + struct.pack(">d", value)
    elif isinstance(value, datetime):
        yield _head(6, 1)
        yield from _cbor(value.timestamp())
    elif isinstance(value, bytes):
        yield _head(2, len(value)) + value
    elif isinstance(value, str):
        text = value.encode()
        yield _head(3, len(text)) + text
    elif isinstance(value, Mapping):
        yield _head(5, len(value))
        for key, inner in value.items():
            yield from _cbor(key)
            yield from _cbor(inner)
    else:
        yield _head(4, len(value))
        for inner in value:
            yield from _cbor(inner)


def _head(major: int, size: int) -> bytes:
    if size < 24:
        return bytes([major << 5 | size])
    for extra, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if size < 1 << 8 * width:
            return bytes([major << 5 | extra]) + size.to_bytes(width, "big")
    raise ValueError(f"{size} is too long for CBOR")


def read_cbor(data: bytes) -> Any:
    """The value in a request's body."""
    return _Cbor(data).value()


class _Cbor:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def value(self) -> Any:
        first = self._take(1)[0]
        major, extra = first >> 5, first & 31
        if major == 7:
            if extra >= 25:
                return struct.unpack({25: ">e", 26: ">f", 27: ">d"}[extra], self._take(1 << extra - 24))[0]
            return {20: False, 21: True}.get(extra)
        if extra == 31:
            return self._endless(major)
        size = extra if extra < 24 else int.from_bytes(self._take(1 << extra - 24), "big")
        if major == 0:
            return size
        if major == 1:
            return -1 - size
        if major in (2, 3):
            text = self._take(size)
            return text.decode() if major == 3 else text
        if major == 4:
            return [self.value() for _ in range(size)]
        if major == 5:
            return {self.value(): self.value() for _ in range(size)}
        return self.value()  # a tag: what it wraps

    def _endless(self, major: int) -> Any:
        items = []
        while self._data[self._at] != 0xFF:
            items.append((self.value(), self.value()) if major == 5 else self.value())
        self._at += 1
        return dict(items) if major == 5 else items if major == 4 else type(items[0])().join(items)

    def _take(self, size: int) -> bytes:
        part = self._data[self._at : self._at + size]
        self._at += size
        return part
