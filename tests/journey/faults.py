"""What is wrong with the answers of a hostile system, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.servers.hostility import SPOILS, Fault, Reply, Spoil

PAGE = (
    b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>Your session has ended<br>&nbsp;</body></html>"
)
XHTML = (
    b'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Sign in</title></head><body><p>ended</p></body></html>'
)


def _listing(spoil: Spoil) -> Fault:
    """Bad items over two pages."""

    def pages(item: Any) -> list[list[Any]]:
        items = spoil(item)
        half = -(-len(items) // 2)
        return [items[:half], items[half:]]

    return Fault(listing=pages)


def _detail(spoil: Spoil, copies: int) -> Fault:
    """Listings that are good and hold one thing some times over; each detail of it is bad in another way."""

    def bad(answer: Any) -> list[Any]:
        inner = next(iter(answer.values())) if isinstance(answer, dict) and len(answer) == 1 else None
        wrapped = [{next(iter(answer)): each} for each in spoil(inner)] if isinstance(inner, dict) else []
        return [*wrapped, *spoil(answer)]

    return Fault(listing=lambda item: [[item] * copies], detail=bad)


def _body(change: Callable[[Reply], Reply]) -> Fault:
    return Fault(body=change)


LISTINGS: Mapping[str, Fault] = {name: _listing(spoil) for name, spoil in SPOILS.items()}
DETAILS: Mapping[str, Fault] = {
    f"detail_{name}": _detail(spoil, 6) for name, spoil in SPOILS.items() if name != "twice"
}
PAGES: Mapping[str, Fault] = {
    "same_token_for_ever": Fault(tokens=("again",)),
    "tokens_in_a_circle": Fault(tokens=("a", "b", "c")),
    "empty_page_with_a_token": Fault(listing=lambda item: [[], [item]]),
    "html_with_200": _body(lambda r: Reply(200, PAGE, {"Content-Type": "text/html"})),
    "xhtml_with_200": _body(lambda r: Reply(200, XHTML, {"Content-Type": "text/html"})),
    "html_with_403": _body(lambda r: Reply(403, PAGE, {"Content-Type": "text/html"})),
    "html_with_502": _body(lambda r: Reply(502, PAGE, {"Content-Type": "text/html"})),
    "no_page": _body(lambda r: Reply(200, b"\x80\x81 not a page", r.headers)),
    "empty_page": _body(lambda r: Reply(200, b"", r.headers)),
    "empty_page_of_a_proxy": _body(lambda r: Reply(200, b"", {})),
    "page_cut_short": _body(lambda r: Reply(200, r.body[: len(r.body) * 2 // 3], r.headers)),
    "connection_cut": _body(lambda r: Reply(200, r.body, r.headers, cut=True)),
    "null_page": _body(lambda r: Reply(200, b"null", r.headers)),
    "list_page": _body(lambda r: Reply(200, b"[]", r.headers)),
    "number_page": _body(lambda r: Reply(200, b"7", r.headers)),
    "page_of_another": _body(lambda r: Reply(200, b'{"error": "sign in"}', {"Content-Type": "application/json"})),
    "deep_page": _body(lambda r: Reply(200, b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", r.headers)),
    "null_error": _body(lambda r: Reply(400, b"null", r.headers)),
    "number_as_error_code": _body(lambda r: Reply(400, b'{"__type": 7, "message": {}}', r.headers)),
    "empty_error": _body(lambda r: Reply(400, b"", r.headers)),
    "redirect": _body(lambda r: Reply(302, b"", {"Location": "http://127.0.0.1:9/"})),
}
FAULTS: Mapping[str, Fault] = {**LISTINGS, **DETAILS, **PAGES}
