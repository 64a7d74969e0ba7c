"""What the models of Azure's own SDKs say of a document: which members it may have."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

Members = Mapping[str, Any]
"""Member -> its members, or a model to ask, or a list of models of which one will do, or None for whatever."""


@cache
def members(module: str, name: str) -> Members:
    """Members of a model. Of older SDKs, some of a model's are written as paths: "properties.state"."""
    found: dict[str, Any] = {}
    for path, told in _told(getattr(_imported(module), name)):
        *heads, last = re.split(r"(?<!\\)\.", path)
        at = found
        for head in heads:
            at = at.setdefault(head, {})
        below = next((w for w in re.findall(r"[A-Za-z]\w+", told) if _is_model(module, w)), None)
        key, shape = last.replace("\\", ""), (module, below) if below else None
        others = [known] if isinstance(known := at.get(key), tuple) else known
        at[key] = [*others, shape] if shape and isinstance(others, list) and shape not in others else shape
    return found


@cache
def _imported(module: str) -> ModuleType:
    """A module of an SDK. Of azure-ai-ml ("arm_ml_service.models") only the models, whose package would import all of it."""
    package = module.partition(".")[0]
    if package == "arm_ml_service" and package not in sys.modules:
        sdk = importlib.util.find_spec("azure.ai.ml")
        assert sdk is not None
        assert sdk.submodule_search_locations is not None
        alone = ModuleType(package)
        alone.__path__ = [str(Path(place) / "_restclient" / package) for place in sdk.submodule_search_locations]
        sys.modules[package] = alone
    with warnings.catch_warnings(action="ignore"):  # older ones have escapes in docstrings that Python warns of
        return importlib.import_module(module)


def _told(model: type) -> Iterator[tuple[str, str]]:
    if old := getattr(model, "_attribute_map", None):
        yield from ((v["key"], v["type"]) for v in old.values())
        for sub in vars(model).get("_subtype_map", {}).values():
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
    found = getattr(_imported(module), name, None)
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
    if isinstance(shape, list):
        _check_any(shape, value, at)
        return
    known = members(*shape) if isinstance(shape, tuple) else shape
    if not set(value) & set(known) and all(isinstance(v, dict) for v in value.values()):
        for key, item in value.items():  # a map of models
            _check(shape, item, f"{at}.{key}")
        return
    for key, item in value.items():
        assert key in known, f"{at} has no {key}"
        _check(known[key], item, f"{at}.{key}")


def _check_any(shapes: list[Any], value: Any, at: str) -> None:
    """Raises AssertionError where none of several models, one for each sort of thing, has all that a document has."""
    wrong = []
    for shape in shapes:
        try:
            _check(shape, value, at)
        except AssertionError as error:
            wrong.append(str(error))
        else:
            return
    raise AssertionError("; ".join(wrong))
