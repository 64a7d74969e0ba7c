"""From a raw record and its row to an observation: redact, read fields, find mentions. Pure.

Refuses defaults: an absent value stays absent, null stays null.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from normalize import vocabulary
from normalize.errors import MISSHAPEN, MappingError
from normalize.identity import (
    AWS_SHORT_ID,
    MAX_BYTES,
    SURELY_SHORT,
    aws_partition,
    bounded,
    canonical,
    identity_keys,
    kubernetes_namespace,
    native_key,
)
from normalize.model import (
    Alias,
    Field,
    Json,
    Kind,
    Link,
    Observation,
    Path,
    RawRecord,
    Reference,
    Resource,
    Scope,
    Template,
)
from normalize.reading import Found, redact_and_search
from normalize.references import declared, in_its_cloud, key_step, means_elsewhere, search, seen_from

MISSING: Any = type("Missing", (), {"__repr__": lambda self: "MISSING", "__bool__": lambda self: False})()
"""What `read` gives for a path that is not there; null is None."""

MAX_REFERENCES = 2000
"""Most distinct things that one record may mention; a longer list is cut and counted as a misfit."""

LINKS = "$links"
"""Where a collector puts declared mentions that no path of a row can express: a list of {verb, key, path, value, target,
provider, account, place, optional}, left out where they are the source's own, unknown or false. `key` is canonical."""

_STEP = re.compile(r"(?P<key>[^\[\]]*)(?P<index>\[\d*\])?")
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


@lru_cache(maxsize=8192)
def _steps(path: Path) -> tuple[str | int | None, ...]:
    """A path as steps: key, list index, or None for every element."""
    if isinstance(path, tuple):
        return path
    steps: list[str | int | None] = []
    for part in path.split("."):
        m = _STEP.fullmatch(part)
        if m is None:
            raise MappingError(f"not a path: {path!r}")
        if m["key"]:
            steps.append(m["key"])
        if m["index"]:
            steps.append(int(m["index"][1:-1]) if len(m["index"]) > 2 else None)
    return tuple(steps)


def read(payload: Json, path: Path) -> Any:
    """Value at a path; MISSING when any step is not there. "[]" steps collect a list of what is found."""
    return _read(payload, _steps(path), 0)


def _read(value: Any, steps: tuple[str | int | None, ...], at: int) -> Any:
    for i in range(at, len(steps)):
        step = steps[i]
        if step is None:
            if not isinstance(value, list):
                return MISSING if value is not None else None
            found = [_read(item, steps, i + 1) for item in value]
            return [f for f in found if f is not MISSING]
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return MISSING
            value = value[step]
        elif isinstance(value, dict):
            if step not in value:
                return MISSING
            value = value[step]
        else:
            return MISSING
    return value


def located(payload: Json, path: Path) -> Iterator[tuple[str, Any]]:
    """(JSON path, value) of every value that a path reaches."""
    return _located(payload, _steps(path), "$", 0)


def _located(value: Any, steps: tuple[str | int | None, ...], where: str, at: int) -> Iterator[tuple[str, Any]]:
    todo: list[tuple[str, Any, int]] = [(where, value, at)]
    while todo:
        where, value, at = todo.pop()
        if at == len(steps):
            if isinstance(value, list):
                todo.extend((f"{where}[{i}]", v, at) for i, v in reversed(list(enumerate(value))))
            else:
                yield where, value
            continue
        step = steps[at]
        if step is None and isinstance(value, list):
            todo.extend((f"{where}[{i}]", v, at + 1) for i, v in reversed(list(enumerate(value))))
        elif isinstance(step, int) and isinstance(value, list) and step < len(value):
            todo.append((f"{where}[{step}]", value[step], at + 1))
        elif isinstance(step, str) and isinstance(value, dict) and step in value:
            todo.append((where + key_step(step), value[step], at + 1))


def _places(payload: Json, steps: tuple[str | int | None, ...], where: str) -> Sequence[tuple[str, Any]]:
    """What `located` gives, for a path whose JSON path is known where it meets no list."""
    value = payload
    for at, step in enumerate(steps):
        if type(step) is not str or not isinstance(value, dict):
            if step is None and type(value) is list:
                return _places_in(value, steps, at)
            return tuple(_located(payload, steps, "$", 0))
        if step not in value:
            return ()
        value = value[step]
    return tuple(_located(value, (), where, 0)) if isinstance(value, list) else ((where, value),)


def _places_in(value: list[Any], steps: tuple[str | int | None, ...], at: int) -> Sequence[tuple[str, Any]]:
    """The same, from the list on that a path meets first."""
    if not value:
        return ()
    before = _json_path(steps[:at])
    if len(steps) == at + 2 and isinstance(key := steps[at + 1], str):
        last = key_step(key)
        found = [(f"{before}[{i}]{last}", one[key]) for i, one in enumerate(value) if type(one) is dict and key in one]
        if all(type(held) is str for _, held in found):
            return found
    return tuple(_located(value, steps, before, at))


@lru_cache(maxsize=8192)
def _parts(template: str) -> tuple[tuple[str, str, bool], ...]:
    """A template as (text before, name in braces, whether it may be absent); the last has no name."""
    parts, at = [], 0
    for m in _PLACEHOLDER.finditer(template):
        parts.append((template[at : m.start()], m[1].removesuffix("?"), m[1].endswith("?")))
        at = m.end()
    return (*parts, (template[at:], "", False))


def fill(template: str, payload: Json, scope: Scope) -> str:
    """Put payload values and scope parts into a template.

    Raises:
        MappingError: a value is absent, null or no text or number.
    """
    out = []
    for before, name, optional in _parts(template):
        out.append(before)
        if name == "@partition":
            out.append(aws_partition(scope.place))
        elif name[:1] == "@":
            out.append(getattr(scope, name[1:]))
        elif name:
            found = read(payload, name)
            if optional and (found is MISSING or found is None):
                continue
            if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
                raise MappingError(f"has no {name}{'?' if optional else ''}")
            out.append(str(found))
    return "".join(out)


def _text(payload: Json, where: Path | Template, scope: Scope) -> str | None:
    """Text at a path or of a template; None where it is absent."""
    if isinstance(where, Template):
        try:
            return fill(where.text, payload, scope)
        except MappingError:
            return None
    if not where:
        return None
    found = read(payload, where)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return None
    return str(found)


def identify(payload: Json, kind: Kind, scope: Scope) -> str:
    """The id of a record.

    Raises:
        MappingError: the record does not have it, or it is longer than any id is.
    """
    if isinstance(kind.id, Template):
        found = fill(kind.id.text, payload, scope)
    else:
        found = read(payload, kind.id)
    if not isinstance(found, str) or not found:
        raise MappingError(f"has no {'.'.join(kind.id) if isinstance(kind.id, tuple) else kind.id}")
    if bounded(found) is not found:
        raise MappingError(f"has an id of {len(found)} characters; accepted: at most {MAX_BYTES} bytes")
    return found


class _Read(NamedTuple):
    """How an attribute is read."""

    name: str
    key: str | None
    """The path where it is one key."""
    steps: tuple[str | int | None, ...]
    convert: Any
    required: bool
    fits: Callable[[Any], bool]


class _Row(NamedTuple):
    """What a kind says, worked out once for all its records."""

    kind: Kind
    fields: tuple[_Read, ...]
    links: tuple[tuple[Link, tuple[str | int | None, ...], str], ...]
    """Declared mentions with the steps of their paths and, where a path meets no list, what it is as a JSON path; without
    steps where the path is a template."""


_rows: dict[int, _Row] = {}
_ROWS = 4096


def _row(kind: Kind) -> _Row:
    row = _rows.get(id(kind))
    if row is None or row.kind is not kind:
        fields = (f if isinstance(f, Field) else Field(f) for f in kind.fields.values())
        row = _Row(
            kind,
            tuple(
                _Read(n, _only_key(steps), steps, f.convert, f.required, vocabulary.fitting(n))
                for n, f in zip(kind.fields, fields, strict=True)
                for steps in [_steps(f.path) if f.path else ()]
            ),
            tuple((link, *_link_path(link)) for link in kind.links),
        )
        if len(_rows) >= _ROWS:
            _rows.clear()
        _rows[id(kind)] = row
    return row


def _only_key(steps: tuple[str | int | None, ...]) -> str | None:
    return steps[0] if len(steps) == 1 and isinstance(steps[0], str) else None


def _link_path(link: Link) -> tuple[tuple[str | int | None, ...], str]:
    if isinstance(link.path, Template):
        return (), ""
    steps = _steps(link.path)
    return steps, _json_path(steps)


@lru_cache(maxsize=8192)
def _json_path(steps: tuple[str | int | None, ...]) -> str:
    """The keys of a path as a JSON path."""
    return "$" + "".join(key_step(step) for step in steps if isinstance(step, str))


def attributes(payload: Json, kind: Kind) -> tuple[dict[str, Json], tuple[str, ...]]:
    """(attributes, misfits) of a record.

    Raises:
        MappingError: a required field is absent or does not fit.
    """
    out: dict[str, Json] = {}
    misfits: list[str] = []
    is_object = isinstance(payload, dict)
    for name, key, steps, convert, required, fits in _row(kind).fields:
        value = _read(payload, steps, 0) if key is None or not is_object else payload.get(key, MISSING)
        if value is MISSING or value is None:
            if required:
                raise MappingError(f"has no {name}")
            if value is None:
                out[name] = None
            continue
        problem: str | None = None
        if convert is not None:
            try:
                value = convert(value)
            except (*MISSHAPEN, MappingError) as error:
                problem = f"{name}: {str(error)[:120]}"
        if problem is None and value is not MISSING and value is not None and not fits(value):
            problem = vocabulary.misfit(name, value)
        if required and (value is MISSING or value is None or problem):
            raise MappingError(problem or f"has no {name}")
        if problem:
            misfits.append(problem)
        elif value is not MISSING:
            out[name] = value
    return out, tuple(misfits)


def tags(payload: Json, path: Path) -> dict[str, str | None]:
    """Tags or labels as a map, from a map or from a list of {Key, Value} (whatever the case)."""
    found = read(payload, path) if path else MISSING
    out: dict[str, str | None] = {}
    if isinstance(found, dict):
        pairs: list[tuple[Any, Any]] = list(found.items())
    elif isinstance(found, list):
        pairs = [
            (t.get("Key", t.get("key", t.get("TagKey"))), t.get("Value", t.get("value", t.get("TagValue"))))
            for t in found
            if isinstance(t, dict)
        ]
    else:
        return out
    for key, value in pairs:
        if key is not None:
            out[str(key)] = None if value is None else value if isinstance(value, str) else str(value)
    return out


def aliases(resource_id: str, payload: Json, kind: Kind, scope: Scope, native: str | None) -> tuple[str, ...]:
    """All canonical keys of a record, without repetition."""
    keys = dict.fromkeys(identity_keys(resource_id))
    if native:
        keys[native_key(kind.name, kind.unique, scope, native)] = None
        if kind.name.startswith("aws.") and AWS_SHORT_ID.fullmatch(native):
            keys["aws:" + native] = None
    for alias in kind.aliases:
        for text in _alias_texts(alias, payload, scope):
            if key := canonical(alias.form, text):
                keys[key] = None
    return tuple(keys)


def _alias_texts(alias: Alias, payload: Json, scope: Scope) -> Iterator[str]:
    if isinstance(alias.value, Template):
        text = _text(payload, alias.value, scope)
        if text:
            yield text
        return
    for _, value in located(payload, alias.value):
        if isinstance(value, str) and value:
            yield value


_made: Callable[[type[Reference], tuple[Any, ...]], Reference] = tuple.__new__
"""A reference of all its parts, at a third of what its own constructor takes: there are fifteen in a record."""


def references(
    resource_id: str, payload: Json, kind: Kind, raw: RawRecord, own: frozenset[str], recognised: Found
) -> tuple[tuple[Reference, ...], bool]:
    """(references, cut): declared links first, then what was recognised by shape; one per verb and key."""
    found: dict[tuple[str, str], Reference] = {}
    keys: set[str] = set()
    scope, call = raw.scope, raw.call
    for link, steps, where in _row(kind).links:
        if isinstance(link.path, Template):
            text = _text(payload, link.path, scope)
            places: Sequence[tuple[str, Any]] = (("$", text),) if text else ()
        else:
            places = _places(payload, steps, where)
        for path, value in places:
            if not isinstance(value, str) or not value or value.startswith("[redacted"):
                continue
            name = declared(value, link.target, link.within, scope)
            key = name.key
            if key in own:
                continue
            keys.add(key)
            if (link.verb, key) not in found:
                found[link.verb, key] = _made(
                    Reference,
                    (resource_id, path, link.verb, value[:500], key, call, *name[1:], link.optional),
                )
    for entry in payload.get(LINKS) or []:
        key, target = entry["key"], entry.get("target", "")  # its own address may be that of what stands before it
        keys.add(key)
        provider = entry.get("provider", scope.provider)
        account, place = (scope.account, scope.place) if provider == scope.provider else ("", "")
        account, place = entry.get("account", account), entry.get("place", place)
        found.setdefault(
            (entry["verb"], key),
            Reference(
                resource_id, entry["path"], entry["verb"], entry["value"][:500], key, raw.call, target, provider,
                account, place, entry.get("optional", False),
            ),
        )  # fmt: skip
    namespace = kubernetes_namespace(resource_id)
    for path, mention in recognised:
        said = in_its_cloud(mention, scope)
        past = path.endswith(_TOLD)
        for name, optional in seen_from(said, scope, namespace) if means_elsewhere(said, scope) else ((said, False),):
            if name.key in own:
                continue
            optional = optional or past
            if name.key in keys and (optional or not _may_dangle(found.get(("mentions", name.key)))):
                continue
            if len(found) >= MAX_REFERENCES:
                return tuple(found.values()), True
            keys.add(name.key)
            found["mentions", name.key] = _made(
                Reference, (resource_id, path, "mentions", mention.value[:500], name.key, call, *name[1:], optional)
            )
    return tuple(found.values()), False


_TOLD = ("essage", "eason", "essages", "easons", "stateDetails", "statusDetails", "StatusDetails")
"""How names end under which a system tells what happened: what it names there may be gone since, and nothing needs it."""


def _may_dangle(reference: Reference | None) -> bool:
    return reference is not None and reference.optional


def observe(raw: RawRecord, kind: Kind) -> Observation:
    """Everything that the store keeps of one raw record.

    Raises:
        MappingError: the record has no identity, lacks a required field, or is nested too deeply.
    """
    try:
        payload, recognised = redact_and_search(raw.payload, kind.sensitive, kind.quiet)
    except RecursionError:
        raise MappingError("nested too deeply") from None
    return _read_record(raw, payload, kind, recognised)


def read_record(raw: RawRecord, kind: Kind) -> Observation:
    """Like `observe`, for a payload that is already redacted (a stored one)."""
    return _read_record(raw, raw.payload, kind, search(raw.payload, kind.quiet))


def _read_record(raw: RawRecord, payload: Json, kind: Kind, recognised: Found) -> Observation:
    if not isinstance(payload, dict):
        raise MappingError(f"is no object but {type(payload).__name__}")
    resource_id = identify(payload, kind, raw.scope)
    values, misfits = attributes(payload, kind)
    native = _text(payload, kind.native, raw.scope)
    name = values.pop("name", None)
    keys = aliases(resource_id, payload, kind, raw.scope, native)
    mentioned, cut = references(resource_id, payload, kind, raw, frozenset(keys), recognised)
    if max(map(len, keys)) > SURELY_SHORT:
        keys = tuple(map(bounded, keys))
    mentioned = tuple(
        m if len(m.key) <= SURELY_SHORT or (key := bounded(m.key)) is m.key else m._replace(key=key) for m in mentioned
    )
    if cut:
        misfits += (f"mentions more than {MAX_REFERENCES} things; the rest were not read",)
    resource = Resource(
        id=resource_id,
        kind=kind.name,
        category=kind.category,
        scope=raw.scope,
        name=name if isinstance(name, str) else native,
        native_id=native,
        attributes=values,
        tags=tags(payload, kind.tags),
    )
    return Observation(resource, keys, mentioned, payload, raw.call, raw.observed_at, raw.gaps, misfits)


def kind_table(kinds: Mapping[str, Kind] | list[Kind] | tuple[Kind, ...]) -> dict[str, Kind]:
    """Kinds by name.

    Raises:
        MappingError: two rows share a name.
    """
    table: dict[str, Kind] = {}
    for kind in kinds.values() if isinstance(kinds, Mapping) else kinds:
        if kind.name in table:
            raise MappingError(f"two rows are named {kind.name}")
        table[kind.name] = kind
    return table
