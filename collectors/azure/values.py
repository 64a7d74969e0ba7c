"""Converters that several Azure tables need."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from normalize.mapping import MISSING, read
from normalize.model import Path

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?")


def equals(*words: str) -> Callable[[Any], bool]:
    """Whether a word is one of these, whatever the case."""
    wanted = {word.lower() for word in words}
    return lambda value: str(value).lower() in wanted


def each(path: Path) -> Callable[[Any], list[Any]]:
    """The values at a path of every item of a list."""

    def convert(items: Any) -> list[Any]:
        found = (read(item, path) for item in items)
        return [value for value in found if value is not MISSING and value is not None]

    return convert


def shaped(**paths: Path) -> Callable[[Any], list[dict[str, Any]]]:
    """Objects of a list under our names; a value that an object does not have is left out."""

    def one(item: Mapping[str, Any]) -> dict[str, Any]:
        found = {name: read(item, path) for name, path in paths.items()}
        return {name: value for name, value in found.items() if value is not MISSING and value is not None}

    return lambda items: [one(item) for item in items]


def last(value: Any) -> str:
    """The last part of an id."""
    return str(value).rstrip("/").rpartition("/")[2]


def kind_is(*kinds: str) -> Callable[[Mapping[str, Any]], bool]:
    """Whether the `kind` that Azure states of a resource is one of these, whatever the case."""
    wanted = {kind.lower() for kind in kinds}
    return lambda row: str(row.get("kind") or "").lower() in wanted


def kind_is_not(*kinds: str) -> Callable[[Mapping[str, Any]], bool]:
    """Whether the `kind` that Azure states of a resource is none of these."""
    is_one = kind_is(*kinds)
    return lambda row: not is_one(row)


def seconds(duration: Any) -> int:
    """Whole seconds of an ISO 8601 duration: "PT1M30S", "P1DT2H". Raises ValueError."""
    m = _DURATION.fullmatch(str(duration))
    if m is None:
        raise ValueError(f"not a duration: {str(duration)[:40]!r}")
    days, hours, minutes, rest = (int(part or 0) for part in m.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def first(*paths: Path) -> Callable[[Any], Any]:
    """The value at the first of these paths that an object has; MISSING where it has none."""

    def convert(item: Any) -> Any:
        found = (read(item, path) for path in paths)
        return next((value for value in found if value is not MISSING and value is not None), MISSING)

    return convert


def text(item: Mapping[str, Any], path: Path) -> str:
    """The text at a path; "" for none."""
    found = read(dict(item), path)
    return found if isinstance(found, str) else ""


def told(**values: Any) -> dict[str, Any]:
    """{"Name": value} as further values of an item, {"$Name": value}; those that are None or empty are left out."""
    return {f"${name}": value for name, value in values.items() if value}
