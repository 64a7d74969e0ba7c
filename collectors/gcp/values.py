"""Converters that many rows use: durations, names in links, lists of texts. Pure; each gets the raw value and gives ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from collectors.gcp.accelerators import last
from normalize.errors import MappingError
from normalize.mapping import MISSING

__all__ = [
    "completed",
    "equals",
    "everybody",
    "flag",
    "holders",
    "last",
    "lasts",
    "members",
    "picked",
    "present",
    "seconds",
    "texts",
]

_DURATION = re.compile(r"(\d+)(?:\.\d+)?s")


def seconds(value: Any) -> int:
    """Whole seconds of a duration as the APIs write it: "3600s", {"seconds": "3600"}.

    Raises:
        MappingError: it is none.
    """
    if isinstance(value, dict):
        return int(value.get("seconds", 0))
    m = _DURATION.fullmatch(str(value))
    if m is None:
        raise MappingError(f"no duration: {str(value)[:40]!r}")
    return int(m[1])


def lasts(values: Any) -> list[str]:
    """The last part of each of a list of links."""
    return [last(value) for value in values]


def completed(asset: Mapping[str, Any], name: str, collection: str) -> str:
    """A name of something of Compute Engine that may stand for itself: "train", "regions/r/subnetworks/train" -> its full resource name.

    Args:
        asset: "$asset" of what names it, which is in the same project and region.
    """
    if name.startswith(("projects/", "https://", "//")):
        return name
    place = "global" if collection == "networks" else f"regions/{asset['location']}"
    path = name if "/" in name else f"{place}/{collection}/{name}"
    return f"//compute.googleapis.com/projects/{asset['project']}/{path}"


def holders(secrets: Iterable[str]) -> list[dict[str, str]]:
    """Names of secrets, each in an object of its own: in a list of texts, what stands after a name that ends in "token" would pass
    for the token."""
    return [{"name": name} for name in sorted(set(secrets))]


def texts(key: str) -> Callable[[Any], list[str]]:
    """Values of a key that objects of a list have."""

    def convert(items: Any) -> list[str]:
        return [str(item[key]) for item in items if item.get(key)]

    return convert


def equals(*words: str) -> Callable[[Any], bool]:
    """Whether a value is one of these words."""

    def convert(value: Any) -> bool:
        return value in words

    return convert


def present(value: Any) -> bool:
    """Whether there is anything."""
    return bool(value)


def picked(*keys: str) -> Callable[[Any], Any]:
    """Those of the keys that an object has."""

    def convert(value: Any) -> Any:
        found = {key: value[key] for key in keys if key in value}
        return found or MISSING

    return convert


def members(bindings: Any) -> list[str]:
    """Who has a role by the bindings of an IAM policy."""
    found: dict[str, None] = {}
    for binding in bindings:
        found.update(dict.fromkeys(binding.get("members", ())))
    return list(found)


def everybody(bindings: Any) -> bool:
    """Whether the bindings of an IAM policy let in everybody, or everybody with a Google account."""
    return not {"allUsers", "allAuthenticatedUsers"}.isdisjoint(members(bindings))


def flag(payload_key: str) -> Callable[[Any], bool]:
    """Whether an object has a true value under a key; the APIs leave out what is false."""

    def convert(value: Mapping[str, Any]) -> bool:
        return bool(value.get(payload_key))

    return convert
