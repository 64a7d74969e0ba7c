"""What a state of Terraform or OpenTofu says, read within bounds. Pure but for reading the file.

Owns the forms: state version 4, and what `terraform show -json` prints of one. Refuses outputs, what providers keep as
private, and every attribute that does not say which thing a resource is: nothing else of a state leaves this module.

Source: hashicorp/terraform at 01dcda3, internal/states/statefile/version4.go; opentofu/opentofu at 002b5d5,
internal/encryption/base.go (encryption_version marks an encrypted state); developer.hashicorp.com, "JSON Output Format"
(format_version, values); read 2026-11-24.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_BYTES = 128 << 20
"""Largest state that is read. A resource is taken out of its text one at a time."""
MAX_DEPTH = 60
"""Deepest nesting of modules in what `show -json` prints."""
_MOST_TEXT = 500
_IDENTITY = (
    "arn", "id", "self_link", "name", "location", "region", "zone", "project", "number", "email", "namespace", "uid",
)  # fmt: skip
"""Attributes that say which thing a resource is, and where."""
_SPACE = re.compile(r"[ \t\n\r]*")
_BROKEN = (ValueError, RecursionError)
_PULL = "`terraform state pull > FILE` (or `tofu state pull`) writes one that can be read"


class StateError(ValueError):
    """A file is no state that can be read; says why, in words that follow the file's name."""


@dataclass(frozen=True, slots=True)
class State:
    """One state, without its resources.

    Attributes:
        lineage: what tells it from every other; "" where the form does not say.
        serial: goes up with each change; None where the form does not say.
        digest: SHA-256 of the file.
    """

    path: Path
    form: str
    lineage: str
    serial: int | None
    version: str
    digest: str

    @property
    def name(self) -> str:
        """Its file, as evidence has it: with the folder, because most are called terraform.tfstate."""
        return "/".join(self.path.absolute().parts[-2:]).lstrip("/")

    @property
    def key(self) -> str:
        """Its lineage, or its file where it has none."""
        return self.lineage or f"file:{self.name}"


@dataclass(frozen=True, slots=True)
class Declared:
    """One instance of a resource that a state declares.

    Attributes:
        provider: "registry.terraform.io/hashicorp/aws".
        identity: attributes that say which thing it is, none that is sensitive.
        deposed: key of an object that was replaced and still is to be destroyed.
    """

    address: str
    type: str
    module: str
    provider: str
    status: str
    deposed: str
    identity: Mapping[str, str]


def open_state(path: Path) -> State:
    """What a file is, read to its end.

    Raises:
        StateError: it is no state, or none that can be read.
        OSError: it cannot be read.
    """
    text, digest = _text(path)
    head: dict[str, Any] = {}
    try:
        cursor = _Cursor(text)
        for key in cursor.members():
            if key == "resources" and cursor.peek() == "[":
                for _ in cursor.items():
                    cursor.value()
                head[key] = True
            else:
                found = cursor.value()
                head[key] = found if isinstance(found, str | int) else type(found)
        cursor.end()
    except _BROKEN as error:
        raise StateError(_why_broken(error)) from None
    return _judged(path, head, digest)


def declared(state: State) -> Iterator[Declared | tuple[str, str]]:
    """What a state declares, data sources left out; (where, why) for what does not read as a resource.

    Raises:
        StateError: the file was changed since it was opened.
        OSError: it cannot be read any more.
    """
    text, digest = _text(state.path)
    if digest != state.digest:
        raise StateError("was changed while it was imported")
    try:
        yield from _of_show(text) if state.form == "show" else _of_state(text)
    except _BROKEN as error:
        raise StateError(_why_broken(error)) from None


def _text(path: Path) -> tuple[str, str]:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise StateError(f"has {size >> 20} MiB; accepted: at most {MAX_BYTES >> 20}")
    with path.open("rb") as file:
        begin = file.read(64)
        if not begin.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"{"):
            raise StateError("is no JSON object")
        data = begin + file.read(MAX_BYTES)
    try:
        return data.decode(json.detect_encoding(data)), hashlib.sha256(data).hexdigest()
    except UnicodeDecodeError:
        raise StateError("is no text") from None


def _why_broken(error: Exception) -> str:
    if isinstance(error, StateError):
        return str(error)
    return "is nested too deeply" if isinstance(error, RecursionError) else f"is no JSON: {str(error)[:120]}"


def _judged(path: Path, head: Mapping[str, Any], digest: str) -> State:
    if "encryption_version" in head or "encrypted_data" in head:
        raise StateError(
            "is a state that OpenTofu encrypted: `tofu state pull > FILE`, where its key is, writes one that can be read"
        )
    version = str(head.get("terraform_version") or "")[:40]
    if isinstance(head.get("format_version"), str):
        if "planned_values" in head or "resource_changes" in head:
            raise StateError(
                "is a plan, which says what is to be: `terraform show -json > FILE`, without a plan's name, writes the state"
            )
        return State(path, "show", "", None, version, digest)
    if head.get("version") == 4 and head.get("resources") in (True, None, type(None)):
        serial, lineage = head.get("serial"), head.get("lineage")
        whole = isinstance(serial, int) and not isinstance(serial, bool)
        return State(path, "state", lineage[:100] if isinstance(lineage, str) else "", serial if whole else None, version, digest)  # fmt: skip
    if "backend" in head:
        raise StateError(f"only says where a state lies: {_PULL}")
    if isinstance(head.get("version"), int) and ("modules" in head or "lineage" in head or "serial" in head):
        raise StateError(
            f"is a state of version {head['version']}; accepted: version 4, which Terraform 0.12 and later and OpenTofu write: {_PULL}"
        )
    raise StateError("has neither the version, serial and lineage of a state nor a format_version")


def _of_state(text: str) -> Iterator[Declared | tuple[str, str]]:
    cursor = _Cursor(text)
    for key in cursor.members():
        if key == "resources" and cursor.peek() == "[":
            for number, _ in enumerate(cursor.items()):
                yield from _instances(cursor.value(), f"$.resources[{number}]")
        else:
            cursor.value()


def _instances(resource: Any, where: str) -> Iterator[Declared | tuple[str, str]]:
    if not isinstance(resource, dict):
        yield where, "is no object"
        return
    if resource.get("mode") == "data":
        return
    type_, name, instances = resource.get("type"), resource.get("name"), resource.get("instances")
    if not (isinstance(type_, str) and type_ and isinstance(name, str) and isinstance(instances, list)):
        yield where, "has no type, name or instances"
        return
    module = _string(resource.get("module"))
    start = f"{module}.{type_}.{name}" if module else f"{type_}.{name}"
    for number, one in enumerate(instances):
        if not isinstance(one, dict):
            yield f"{where}.instances[{number}]", "is no object"
            continue
        attributes = one.get("attributes", one.get("attributes_flat"))
        yield Declared(
            start + _index(one.get("index_key")),
            type_[:_MOST_TEXT],
            module,
            _provider(_string(resource.get("provider"))),
            _string(one.get("status")),
            _string(one.get("deposed")),
            _identity(attributes, _sensitive(one.get("sensitive_attributes"))),
        )


def _of_show(text: str) -> Iterator[Declared | tuple[str, str]]:
    whole = json.loads(text)
    values = whole.get("values")
    todo = [("$.values.root_module", values.get("root_module"), 0)] if isinstance(values, dict) else []
    while todo:
        where, module, depth = todo.pop()
        if not isinstance(module, dict) or depth > MAX_DEPTH:
            yield where, "is no module" if depth <= MAX_DEPTH else "is nested too deeply"
            continue
        for number, one in enumerate(_list(module.get("resources"))):
            yield from _shown(one, f"{where}.resources[{number}]", _string(module.get("address")))
        below = _list(module.get("child_modules"))
        todo.extend((f"{where}.child_modules[{i}]", child, depth + 1) for i, child in enumerate(below))


def _shown(one: Any, where: str, module: str) -> Iterator[Declared | tuple[str, str]]:
    if not isinstance(one, dict):
        yield where, "is no object"
        return
    address, type_ = one.get("address"), one.get("type")
    if one.get("mode") == "data":
        return
    if not (isinstance(address, str) and address and isinstance(type_, str) and type_):
        yield where, "has no address or type"
        return
    hidden = one.get("sensitive_values")
    sensitive = {k for k, v in hidden.items() if v} if isinstance(hidden, dict) else set()
    yield Declared(
        address,
        type_[:_MOST_TEXT],
        module,
        _string(one.get("provider_name")),
        "tainted" if one.get("tainted") is True else "",
        _string(one.get("deposed_key")),
        _identity(one.get("values"), sensitive),
    )


def _list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _string(found: Any) -> str:
    return found[:_MOST_TEXT] if isinstance(found, str) else ""


def _index(key: Any) -> str:
    """ "[0]", '["a"]', "" where there is one instance."""
    if isinstance(key, str):
        return f"[{json.dumps(key[:_MOST_TEXT], ensure_ascii=False)}]"
    return f"[{key}]" if isinstance(key, int | float) and not isinstance(key, bool) else ""


_PROVIDER = re.compile(r'(?:.*\.)?provider\["(?P<source>[^"]+)"\](?:\..*)?')


def _provider(config: str) -> str:
    """The source address in 'module.a.provider["registry.terraform.io/hashicorp/aws"].west'."""
    found = _PROVIDER.fullmatch(config)
    return found["source"] if found else ""


def _sensitive(paths: Any) -> set[str]:
    """First attribute of every path that is marked sensitive."""
    first = (p[0] for p in _list(paths) if isinstance(p, list) and p and isinstance(p[0], dict))
    return {str(step.get("value")) for step in first}


def _identity(attributes: Any, sensitive: set[str]) -> dict[str, str]:
    if not isinstance(attributes, dict):
        return {}
    found = {k: attributes.get(k) for k in _IDENTITY if k not in sensitive}
    if "metadata" not in sensitive and (meta := attributes.get("metadata")) and isinstance(meta, list):
        inner = meta[0] if isinstance(meta[0], dict) else {}
        found |= {k: inner[k] for k in ("name", "namespace", "uid") if k in inner}
    return {k: str(v) for k, v in found.items() if _short(v)}


def _short(value: Any) -> bool:
    if isinstance(value, str):
        return 0 < len(value) <= 2 * _MOST_TEXT
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63


class _Cursor:
    """Walks one JSON text; what it has passed is not kept.

    Whoever takes a member or an item has to take its value, or walk into it, before the next.
    """

    _take = json.JSONDecoder().raw_decode

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def peek(self) -> str:
        """The next character that is no space; "" at the end."""
        self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]  # matches anything
        return self._text[self._at : self._at + 1]

    def _must(self, sign: str) -> None:
        if self.peek() != sign:
            raise StateError(f"is no JSON: {sign} expected at character {self._at}")
        self._at += 1

    def value(self) -> Any:
        self.peek()
        found, self._at = self._take(self._text, self._at)
        return found

    def members(self) -> Iterator[str]:
        """The keys of an object."""
        self._must("{")
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            if self.peek() != '"':
                raise StateError(f"is no JSON: a key expected at character {self._at}")
            key = self.value()
            self._must(":")
            yield key
            if self.peek() != ",":
                break
            self._at += 1
        self._must("}")

    def items(self) -> Iterator[None]:
        """Stops at each item of a list."""
        self._must("[")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            yield None
            if self.peek() != ",":
                break
            self._at += 1
        self._must("]")

    def end(self) -> None:
        if self.peek():
            raise StateError(f"is no JSON: more follows at character {self._at}")
