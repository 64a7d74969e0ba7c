"""What the models of Azure's own SDKs say of a document: which members it may have."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

Members = Mapping[str, Any]
"""Member -> its members, or a model to ask, or None for whatever."""


@cache
def members(module: str, name: str) -> Members:
    """Members of a model. Of older SDKs, some of a model's are written as paths: "properties.state"."""
    found: dict[str, Any] = {}
    for path, told in _told(getattr(importlib.import_module(module), name)):
        *heads, last = re.split(r"(?<!\\)\.", path)
        at = found
        for head in heads:
            at = at.setdefault(head, {})
        below = next((w for w in re.findall(r"[A-Za-z]\w+", told) if _is_model(module, w)), None)
        at[last.replace("\\", "")] = (module, below) if below else None
    return found


def _told(model: type) -> Iterator[tuple[str, str]]:
    if old := getattr(model, "_attribute_map", None):
        yield from ((v["key"], v["type"]) for v in old.values())
        for sub in getattr(model, "_subtype_map", {}).values():
            module = importlib.import_module(model.__module__)
            for name in sub.values():
                yield from _told(getattr(module, name))
        return
    for sub in (*reversed(model.__mro__), *_below(model)):
        for name, value in vars(sub).items():
            if type(value).__name__ == "_RestField":
                yield value._rest_name_input or name, str(sub.__annotations__.get(name, ""))


def _below(model: type) -> Iterator[type]:
    for sub in model.__subclasses__():
        yield sub
        yield from _below(sub)


def _is_model(module: str, name: str) -> bool:
    found = getattr(importlib.import_module(module), name, None)
    return isinstance(found, type) and next(_told(found), None) is not None


def check(shape: str, value: Any) -> None:
    """Raises AssertionError for what the model does not have.

    Args:
        shape: "azure.mgmt.compute.models.Disk".
    """
    _check(tuple(shape.rsplit(".", 1)), value, shape.rpartition(".")[2])


def _check(shape: Any, value: Any, at: str) -> None:
    if isinstance(value, list):
        for item in value:
            _check(shape, item, f"{at}[]")
    if shape is None or not isinstance(value, dict):
        return
    known = members(*shape) if isinstance(shape, tuple) else shape
    if not set(value) & set(known) and all(isinstance(v, dict) for v in value.values()):
        for key, item in value.items():  # a map of models
            _check(shape, item, f"{at}.{key}")
        return
    for key, item in value.items():
        assert key in known, f"{at} has no {key}"
        _check(known[key], item, f"{at}.{key}")
