"""Converters that several Azure tables need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from normalize.mapping import MISSING, read
from normalize.model import Path


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
