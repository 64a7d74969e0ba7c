"""Functions that read values of JSON answers, compiled from shapes: protocols json and rest-json.

orjson has read the text. Where it may have read another number than the standard library would, and where a value is of
another type than its shape, they refuse with UnsureError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from collectors.aws.parsing.values import UnsureError, exact, finite, moment, octets

Read = Callable[[Any], Any]


def document(body: bytes) -> Any:
    """The value of a body; an empty one stands for an empty object.

    Raises:
        orjson.JSONDecodeError: it is no JSON, or JSON that only the standard library reads: NaN, numbers beyond 64 bits,
            half a surrogate pair.
    """
    return orjson.loads(body) if body else {}


class Compiler:
    """Compiles the shapes of one answer; a shape that contains itself meets its own function again.

    Nothing it made may be used before the outermost `compile` has returned: until then tables are incomplete.

    Args:
        converts: whether numbers and truth values are converted to the type of their shape, as rest-json does.
    """

    def __init__(self, *, converts: bool) -> None:
        self._scalars = _CONVERTED if converts else _TAKEN
        self._structures: dict[tuple[str, bool], Read] = {}

    def compile(self, shape: Any) -> Read | None:
        """A function from JSON value (not null) to value; None where it is taken as it is.

        Raises:
            UnsureError: the shape has traits that are not compiled.
        """
        if shape.type_name == "structure":
            return self._structure(shape)
        if shape.type_name == "list":
            return self._list(shape)
        if shape.type_name == "map":
            return self._map(shape)
        return self._scalars.get(shape.type_name)

    def _structure(self, shape: Any) -> Read:
        if shape.is_document_type:
            return anything
        key = (shape.name, bool(shape.is_tagged_union))
        if key in self._structures:
            return self._structures[key]
        members: dict[str, tuple[str, Read | None]] = {}
        read = self._structures[key] = _union(members) if shape.is_tagged_union else _structure(members)
        for name, member in shape.members.items():
            wire = member.serialization.get("name", name)
            if wire in members:
                raise UnsureError
            members[wire] = (name, self.compile(member))
        return read

    def _list(self, shape: Any) -> Read:
        parse = self.compile(shape.member)
        if parse is None:
            return lambda value: [item if type(item) is str else taken(item) for item in value]
        return lambda value: [None if item is None else parse(item) for item in value]

    def _map(self, shape: Any) -> Read:
        if shape.key.type_name != "string":
            raise UnsureError
        parse = self.compile(shape.value)
        if parse is None:
            return lambda value: {k: v if type(v) is str else taken(v) for k, v in value.items()}
        if shape.value.type_name == "structure":
            return lambda value: {k: None if v is None else parse(v) for k, v in value.items()}
        return lambda value: {k: parse(v) for k, v in value.items()}


def _expect(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise UnsureError
    return value


def _structure(members: dict[str, tuple[str, Read | None]]) -> Read:
    find = members.get

    def read(value: Any) -> dict[str, Any]:
        found = {}
        for key, item in value.items():
            member = find(key)
            if member is None or item is None:
                continue
            name, parse = member
            if parse is not None:
                found[name] = parse(item)
            else:
                found[name] = item if type(item) is str else taken(item)
        return found

    return read


def _union(members: dict[str, tuple[str, Read | None]]) -> Read:
    """A structure of which one member only is set; one that the model does not know is botocore's to name."""
    structure = _structure(members)

    def read(value: Any) -> Any:
        found = [k for k, v in value.items() if v is not None and k != "__type"]
        if len(found) != 1 or found[0] not in members:
            raise UnsureError
        return structure(value)

    return read


def taken(value: Any) -> Any:
    """A single value as it is, or null."""
    kind = type(value)
    if kind is float:
        return exact(value)
    if kind is dict or kind is list:
        raise UnsureError
    return value


def anything(value: Any) -> Any:
    """A value without a model, however deep."""
    if type(value) is dict:
        return {k: anything(v) for k, v in value.items()}
    if type(value) is list:
        return [anything(v) for v in value]
    return taken(value)


def _whole(value: Any) -> int:
    if type(value) is int:
        return value
    return int(exact(_expect(value, float)))


def _real(value: Any) -> float | str:
    if type(value) is float:
        return exact(value)
    if type(value) is str:
        return finite(float(value))
    return float(_expect(value, int))


def _truth(value: Any) -> bool:
    return bool(_expect(value, bool))


_TAKEN: dict[str, Read] = {"timestamp": moment, "blob": octets}
_CONVERTED: dict[str, Read] = {
    **_TAKEN,
    "integer": _whole,
    "long": _whole,
    "float": _real,
    "double": _real,
    "boolean": _truth,
}
