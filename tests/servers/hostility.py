"""What a hostile or broken system may answer, in one way each. Knows no protocol.

An `Item` is what a listing holds: an object, or a text. A function here takes a good item and gives bad ones.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Item = Any
Spoil = Callable[[Item], list[Item]]


@dataclass(frozen=True)
class Reply:
    """What goes over the wire. `cut`: the connection ends after half of the body."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True)
class Fault:
    """What is wrong with the answers of a region, cluster or server.

    Attributes:
        listing: from the item of a listing to those of its pages.
        detail: from the answer of a detail call or lookup to those that are given in turn.
        body: from the good reply of a listing to the one that is sent.
        tokens: names of next tokens that are given in turn for ever, whatever is asked.
    """

    listing: Callable[[Any], list[list[Any]]] | None = None
    detail: Callable[[Any], list[Any]] | None = None
    body: Callable[[Reply], Reply] | None = None
    tokens: tuple[str, ...] = ()


DEPTH = 500
BULK = 5 * 1024 * 1024
STRANGE_TEXTS = (
    "",
    " ",
    "🕵️‍♀️ naïve 模型 \U0001f600",
    "\u202eelba\u2066daer\u2069 \u05d0\u05d1",  # right to left, with overrides and isolates
    "Z\u0351\u036balgo\u0338",
    "line\nbreak\ttab",
    "../../etc/passwd",
    "a/b:c%2F?d#e",
    "{@account}{x}",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "'; DROP TABLE resources; --",
    "%s%n{0}",
    "x" * 5000,
    "null",
)
"""Texts that XML can carry."""
UNCARRIED_TEXTS = ("nul\0nul", "\x01\x1b[31m\x7f\x85", "half \ud800 pair", "\udc00", "\ufffe\uffff")
"""Texts that XML cannot carry, and some that UTF-8 cannot."""
STRANGE_KEYS = ("", "a.b", "a[0]", "$links", "$facts", "$parent", "$Machines", "nul\0", "\ud800", "🔑", "x" * 2000)
HUGE = (10**40, -(10**40), 2**63, -(2**63) - 1, 1e308, float("inf"), float("nan"), 0.1 + 0.2)
DATES = (
    "99999-01-01T00:00:00Z",
    "0000-00-00T00:00:00Z",
    "yesterday",
    "",
    "2026-02-30T25:61:61Z",
    "1970-01-01T00:00:00+99:99",
    253402300800,
    -(10**18),
    10**18,
    10**400,
    1e300,
    {},
    [],
    True,
)
_DATED = re.compile(r"(?:Time|Date|At|Timestamp|timestamp|_time|InstanceCreateTime)$")


def twice(item: Item) -> list[Item]:
    return [item, copy.deepcopy(item)]


def without_each_key(item: Item) -> list[Item]:
    return [{k: v for k, v in item.items() if k != key} for key in item] if isinstance(item, dict) else [""]


def null_in_each_key(item: Item) -> list[Item]:
    return [{**item, key: None} for key in item] if isinstance(item, dict) else [None]


def null_everywhere(item: Item) -> list[Item]:
    return [_mapped(item, lambda value: None)]


def empty_everywhere(item: Item) -> list[Item]:
    if not isinstance(item, dict):
        return [{}, ""]
    return [{}, *({key: copy.copy(empty) for key in item} for empty in ({}, [], ""))]


def strange_texts(item: Item) -> list[Item]:
    return [_mapped(item, lambda v, t=text: t if isinstance(v, str) else v) for text in STRANGE_TEXTS]  # type: ignore[misc]


def uncarried_texts(item: Item) -> list[Item]:
    return [_mapped(item, lambda v, t=text: v + t if isinstance(v, str) else v) for text in UNCARRIED_TEXTS]  # type: ignore[misc]


def strange_keys(item: Item) -> list[Item]:
    """Every object in it with keys that nobody expects, each with text, object, list and null."""
    return [
        _keyed(item, dict.fromkeys(STRANGE_KEYS, value)) for value in ("x", {"a.b": {"": None}}, [1, {"$links": 2}], None)
    ]  # fmt: skip


def other_types(item: Item) -> list[Item]:
    """Numbers as text, text as numbers, lists as objects, objects as lists; each alone and all at once."""
    if not isinstance(item, dict):
        return [7, True, [item], {"x": item}]
    return [_turned(item), *({**item, key: _turned(value)} for key, value in item.items())]


def huge_numbers(item: Item) -> list[Item]:
    return [_mapped(item, lambda v, h=huge: h if isinstance(v, int | float) else v) for huge in HUGE]  # type: ignore[misc]


def impossible_dates(item: Item) -> list[Item]:
    return [_dated(item, date) for date in DATES]


def nested_deeply(item: Item) -> list[Item]:
    """Every value in turn a nest, and one nest of a key that nobody knows."""
    if not isinstance(item, dict):
        return [nest(DEPTH)]
    return [*({**item, key: nest(DEPTH)} for key in item), {**item, "unknown": nest(DEPTH)}, {**item, "text": "[" * 10_000}]  # fmt: skip


def bulky(item: Item) -> list[Item]:
    big = "x" * BULK
    return [item, {**item, "Description": big}] if isinstance(item, dict) else [item, big]


def no_items(item: Item) -> list[Item]:
    """What may stand in a list where an item belongs."""
    return [None, 7, True, "text", [], [item], {}]


def nest(depth: int) -> Any:
    value: Any = "core"
    for level in range(depth):
        value = {"a": value} if level % 2 else [value]
    return value


SPOILS: Mapping[str, Spoil] = {
    spoil.__name__: spoil
    for spoil in (
        twice, without_each_key, null_in_each_key, null_everywhere, empty_everywhere, strange_texts, uncarried_texts,
        strange_keys, other_types, huge_numbers, impossible_dates, nested_deeply, bulky, no_items,
    )
}  # fmt: skip


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {k: _mapped(v, change) for k, v in value.items()}
    if isinstance(value, list):
        return [_mapped(v, change) for v in value]
    return change(value)


def _keyed(value: Any, more: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {k: _keyed(v, more) for k, v in value.items()} | dict(more)
    if isinstance(value, list):
        return [_keyed(v, more) for v in value]
    return value


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list):
        return {str(i): v for i, v in enumerate(value)}
    if isinstance(value, str):
        return len(value)
    return str(value)


def _dated(value: Any, date: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {k: _dated(v, date, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_dated(v, date, key) for v in value]
    return date if _DATED.search(key) or re.match(r"\d{4}-\d\d-\d\dT", str(value)) else value
