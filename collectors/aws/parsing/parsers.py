"""The seam with botocore: its sessions' parser factory, and the event before an answer is parsed.

Owns which answers are parsed here, and the metadata that retries and paging read. botocore hands a parser no more than
the answer and its shape, and makes shapes anew for each client; so the event, which knows the operation, leaves the
compiled program in the answer's context.

Source: botocore 1.44.5, endpoint.py and parsers.py, read in the package 2026-11-24; that the factory is a component of a
session for others to replace: github.com/boto/botocore pull request 386, read 2026-11-24.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from botocore.parsers import PROTOCOL_PARSERS, create_parser
from botocore.utils import lowercase_dict
from lxml import etree

from collectors.aws.parsing import json_shapes, xml_shapes
from collectors.aws.parsing.values import UnsureError, moment, plain

LOG = logging.getLogger(__name__)

Program = Callable[[Any], dict[str, Any]]
"""From botocore's dict of an answer (body, headers, status_code, context) to content and ResponseMetadata."""

_CONTEXT_KEY = "stocktake_program"
_FIRST_ERROR = 301
_SURPRISES = (
    UnsureError,
    etree.LxmlError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    OSError,
)
"""What may come of an answer that does not fit its model: botocore then reads it, and its errors are raised."""


class Parsers:
    """What a botocore session uses in place of its own parser factory; one may serve many sessions.

    A program is compiled once for an operation, whichever client asks first; others wait for it and never see a part.
    """

    def __init__(self) -> None:
        self._parsers = {protocol: Parser(create_parser(protocol)) for protocol in PROTOCOL_PARSERS}
        self._lock = threading.Lock()
        self._programs: dict[tuple[int, str], tuple[Any, Program | None]] = {}

    def register(self, session: Any) -> None:
        """Let the clients that this session will create parse with these."""
        session.register_component("response_parser_factory", self)
        session.register("before-parse", self.prepare)

    def create_parser(self, protocol_name: str) -> Parser:
        return self._parsers[protocol_name]

    def program(self, operation: Any) -> Program | None:
        """The program for an operation's answers; None where there is none, and botocore parses."""
        description = operation.service_model.metadata
        # Clients of one session share the description of a service; holding it keeps its id its own.
        key = (id(description), operation.name)
        if key not in self._programs:
            with self._lock:
                if key not in self._programs:
                    self._programs[key] = (description, _compile_or_none(operation))
        return self._programs[key][1]

    def prepare(self, operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
        """Handle botocore's event "before-parse"."""
        response_dict["context"][_CONTEXT_KEY] = self.program(operation_model)


class Parser:
    """Stands for one of botocore's parsers, and leaves to it what is not compiled."""

    def __init__(self, botocores: Any) -> None:
        self._botocores = botocores

    def parse(self, response: dict[str, Any], shape: Any) -> Any:
        """An answer as plain JSON with its ResponseMetadata, or an error or stream as botocore has them.

        Raises:
            ResponseParserError: as botocore does; and whatever else it raises for answers that do not fit the model.
        """
        if response["status_code"] >= _FIRST_ERROR or not isinstance(response["body"], bytes):
            return self._botocores.parse(response, shape)
        program = response.get("context", {}).get(_CONTEXT_KEY)
        if program is not None:
            try:
                return _with_metadata(program(response), response)
            except _SURPRISES as surprise:
                operation = response["context"].get("operation_name")
                LOG.debug("An answer of %s is left to botocore: %s", operation, type(surprise).__name__)
        parsed = self._botocores.parse(response, shape)
        return {k: v if k == "ResponseMetadata" else plain(v) for k, v in parsed.items()}


def _with_metadata(parsed: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    metadata = parsed.setdefault("ResponseMetadata", {})
    metadata["HTTPStatusCode"] = response["status_code"]
    metadata["HTTPHeaders"] = lowercase_dict(response["headers"])
    algorithm = response["context"].get("checksum", {}).get("response_algorithm")
    if algorithm:
        metadata["ChecksumAlgorithm"] = algorithm
    return parsed


def _compile_or_none(operation: Any) -> Program | None:
    try:
        return compile_program(operation)
    except UnsureError:
        return None


def compile_program(operation: Any) -> Program:
    """Compile what reads an operation's answers.

    Args:
        operation: botocore's model of the operation.

    Raises:
        UnsureError: its protocol, or a trait of its model, is not compiled.
    """
    shape = operation.output_shape
    protocol = operation.service_model.resolved_protocol
    if shape is None or protocol not in _PROTOCOLS or "ResponseMetadata" in shape.members:
        raise UnsureError
    return _PROTOCOLS[protocol](shape)


def _query_program(shape: Any, add_metadata: Callable[[Any, dict[str, Any]], None]) -> Program:
    read = xml_shapes.Compiler().compile(shape)
    wrapper = shape.serialization.get("resultWrapper")
    if read is None:
        raise UnsureError

    def program(response: Any) -> dict[str, Any]:
        root = xml_shapes.tree(response["body"])
        start = xml_shapes.child(root, wrapper) if wrapper else root
        if start is None:
            raise UnsureError
        parsed: dict[str, Any] = read(start)
        add_metadata(root, parsed)
        return parsed

    return program


def _query(shape: Any) -> Program:
    def add_metadata(root: Any, parsed: dict[str, Any]) -> None:
        metadata = xml_shapes.child(root, "ResponseMetadata")
        if metadata is not None:
            texts = {xml_shapes.local(node.tag): node.text for node in metadata}
            if len(texts) != len(metadata):
                raise UnsureError
            parsed["ResponseMetadata"] = texts

    return _query_program(shape, add_metadata)


def _ec2(shape: Any) -> Program:
    def add_metadata(root: Any, parsed: dict[str, Any]) -> None:
        request = xml_shapes.child(root, "requestId")
        if request is not None:
            parsed["ResponseMetadata"] = {"RequestId": request.text}

    return _query_program(shape, add_metadata)


def _json(shape: Any) -> Program:
    read = json_shapes.Compiler(converts=False).compile(shape)
    if read is None or shape.event_stream_name:
        raise UnsureError

    def program(response: Any) -> dict[str, Any]:
        parsed: dict[str, Any] = read(json_shapes.document(response["body"]))
        headers = response["headers"]
        if "x-amzn-requestid" in headers:
            parsed["ResponseMetadata"] = {"RequestId": headers["x-amzn-requestid"]}
        return parsed

    return program


def _rest_json(shape: Any) -> Program:
    return _rest_program(shape, json_shapes.Compiler(converts=True).compile, json_shapes.document)


def _rest_xml(shape: Any) -> Program:
    return _rest_program(shape, xml_shapes.Compiler().compile, xml_shapes.tree)


def _rest_program(
    shape: Any, compile_shape: Callable[[Any], Callable[[Any], Any] | None], load: Callable[[bytes], Any]
) -> Program:
    outside = tuple(_outside_body(shape))
    payload = shape.serialization.get("payload")
    inside = shape.members[payload] if payload else shape
    is_text = bool(payload) and inside.type_name == "string"
    read = None if is_text else compile_shape(inside)
    if (read is None and not is_text) or inside.serialization.get("eventstream"):
        raise UnsureError

    def program(response: Any) -> dict[str, Any]:
        parsed: dict[str, Any] = {}
        for name, find in outside:
            value = find(response)
            if value is not None:
                parsed[name] = value
        body = response["body"]
        content = body.decode() if read is None else read(load(body))
        if payload:
            parsed[payload] = content
        else:
            parsed.update(content)
        parsed["ResponseMetadata"] = _rest_metadata(response["headers"])
        return parsed

    return program


def _outside_body(shape: Any) -> Any:
    """Members that stand in headers or are the status: name, and what finds their value in the answer."""
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        if location not in xml_shapes.ELSEWHERE:
            continue
        if location == "statusCode" and member.type_name == "integer":
            yield name, lambda response: response["status_code"]
        elif location == "header" and member.type_name in _HEADERS and not member.serialization.get("jsonvalue"):
            yield name, _header(member.serialization.get("name", name), _HEADERS[member.type_name])
        else:
            raise UnsureError


_HEADERS: dict[str, Callable[[Any], Any]] = {"string": str, "timestamp": moment}


def _header(header: str, convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def find(response: Any) -> Any:
        headers = response["headers"]
        return convert(headers[header]) if header in headers else None

    return find


def _rest_metadata(headers: Any) -> dict[str, Any]:
    if "x-amzn-requestid" in headers:
        return {"RequestId": headers["x-amzn-requestid"]}
    if "x-amz-request-id" in headers:
        return {"RequestId": headers["x-amz-request-id"], "HostId": headers.get("x-amz-id-2", "")}
    return {}


_PROTOCOLS: dict[str, Callable[[Any], Program]] = {
    "ec2": _ec2,
    "query": _query,
    "json": _json,
    "rest-json": _rest_json,
    "rest-xml": _rest_xml,
}
