"""Whether what came back is an answer of AWS at all.

Owns the doubt: botocore takes a sign-in page with status 200, a page that was cut, or no body at all for an answer without
any member, and a listing without any member looks like one of nothing. Refuses to judge what an answer says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.parsers import ResponseParserError

from normalize.errors import CollectError
from normalize.mapping import MISSING, read


def _is_none(body: bytes, model: Any) -> bool:
    """Whether a JSON object has no members but its operation's, and these null: for a list, null is no answer."""
    if body == b"{}":
        return True
    members = model.output_shape.members.items()
    names = {m.serialization.get("name", key) for key, m in members if m.type_name != "list"}
    try:
        said = json.loads(body)
    except ValueError:
        return False
    return isinstance(said, dict) and said.keys() <= names and all(value is None for value in said.values())


def _told(parsed: Mapping[str, Any], shape: Any) -> set[str]:
    """Members of an answer that say something. Where the body is one member (S3's settings, CloudFront's lists), every
    body makes an object of it; one without members is of a page that is no answer."""
    told = parsed.keys() - {"ResponseMetadata"}
    whole = shape.serialization.get("payload")
    return told - {whole} if whole and parsed.get(whole) == {} else told


def demand_content(http_response: Any, parsed: Any, model: Any, **_: Any) -> None:
    """Handle botocore's event "after-call".

    A good answer has a member of its operation, if only an empty list. One that has none is believed where it carries a
    request id and is in JSON an object without members, or with nulls for its operation's members, or any element in XML: so
    SQS says that there are no queues.

    Raises:
        ResponseParserError: nothing in it is its operation's.

    Source: botocore 1.44.5, parsers.py, _parse_body_as_json and _handle_structure, read in the package; github.com/boto/boto3
    issue 1813, read 2026-11-24.
    """
    if http_response.status_code >= 300 or model.output_shape is None or _told(parsed, model.output_shape):
        return
    body, is_json = http_response.content.strip(), "json" in model.service_model.resolved_protocol
    says_none = _is_none(body, model) if is_json else bool(body)
    if not says_none or not parsed.get("ResponseMetadata", {}).get("RequestId"):
        kind = http_response.headers.get("content-type", "no content type")
        raise ResponseParserError(f"{len(body)} bytes ({kind}) hold nothing that {model.name} answers")


def unreadable(error: Exception, call: str) -> CollectError:
    """What botocore's parsers run into when an answer does not have the shape of its model, as an error of the call."""
    return CollectError(f"the answer cannot be read: {type(error).__name__}: {str(error)[:200]}", call=call)


def watch_tokens(rule: Mapping[str, Any], call: str) -> Callable[[Mapping[str, Any]], None]:
    """A function that is shown page after page, and raises CollectError when they go in a circle. botocore only compares
    a token with the one before it.

    Args:
        rule: how botocore pages the operation; `output_token` is a member of the answer, or a list of them.
    """
    names = rule["output_token"]
    tokens = [names] if isinstance(names, str) else list(names)
    seen: set[int] = set()

    def watch(page: Mapping[str, Any]) -> None:
        found = [value for token in tokens if (value := read(page, token)) is not MISSING and value]
        mark = hash(repr(found))
        if found and mark in seen:
            raise CollectError("the pages go in a circle: the rest of the listing cannot be read", call=call)
        seen.add(mark)

    return watch
