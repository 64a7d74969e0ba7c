"""Takes the secrets out of a JSON document: by the paths that a row declares, by the names of keys and variables, by the
places of arguments in a command, and in every text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from normalize.errors import MappingError
from normalize.model import Json
from normalize.redaction.commands import PROGRAMS, program_of, secret_spans
from normalize.redaction.encodings import decode
from normalize.redaction.names import INSIDE, PART, WHOLE, is_secret_name, is_structural, lexicon, rank, word_set
from normalize.redaction.texts import marked, scrub
from normalize.redaction.values import (
    HEX,
    MARK,
    NUMBER,
    SIMPLE,
    UUID,
    entropy,
    is_random,
    is_secret,
    is_spare,
    is_whole_word,
)
from normalize.references import mentions

MAX_DEPTH = 200
_SHORT = 256
"""Longest text that is remembered with its result: names, ids and settings come again and again."""


class Trie(dict[str, "Trie"]):
    end = False


@lru_cache(maxsize=4096)
def trie(paths: frozenset[str]) -> Trie:
    root = Trie()
    for path in paths:
        node = root
        for part in path.replace("[]", ".[]").split("."):
            node = node.setdefault(part, Trie())
        node.end = True
    return root


def redact(payload: Json, sensitive: frozenset[str] = frozenset()) -> Json:
    """A copy of the payload without secrets. Applying it twice changes nothing.

    Args:
        sensitive: dotted paths ("Environment", "Containers[].Env", "*" for any key) whose values are masked whole.

    Raises:
        MappingError: the payload is nested deeper than MAX_DEPTH.
    """
    return walk(payload, "", trie(sensitive) if sensitive else None, False, 0)


def mask(text: str, name: str = "value") -> str:
    """What may be kept of a value that is sensitive as a whole: plain words and small numbers, a value that is
    nothing but a harmless mention, otherwise the marker with the mentions inside it."""
    if is_whole_word(text) or (NUMBER.fullmatch(text) and not is_secret_name(name)):
        return text
    decoded = decode(text)
    if decoded is None and not is_secret_name(name):
        whole = mentions(text, "value")
        if len(whole) == 1 and whole[0].span == (0, len(text)) and "?" not in text and scrub(text) == text:
            parts = re.split(r"[/:.]", text)
            if text.startswith("arn:") or not any(is_random(p) or len(p) > 60 for p in parts):
                return text
    return marked(decoded if decoded is not None else text, name)


# Keys ----------------------------------------------------------------------------------------------------------------

_PUBLIC_SETTING = re.compile(
    r"(?:^|_)(?:MODEL_ID|MODEL_NAME|HF_MODEL_ID|MODEL|SERVED_MODEL_NAME|AWS_REGION|AWS_DEFAULT_REGION|REGION|WORLD_SIZE|"
    r"NCCL_\w+|CUDA_VISIBLE_DEVICES|NVIDIA_\w+|SAGEMAKER_(?:PROGRAM|REGION|CONTAINER_LOG_LEVEL)|MLFLOW_EXPERIMENT_(?:NAME|ID)|"
    r"WANDB_PROJECT|WANDB_ENTITY|DTYPE|MAX_MODEL_LEN|TENSOR_PARALLEL_SIZE|LOG_LEVEL)$"
)
_PUBLIC_NAME = re.compile(
    r"(?:^|[-_.])(?:revision|commit(?:[-_]?(?:sha|id))?|git[-_]?sha|run[-_]?id|digest|base(?:[-_]?model)?)$",
    re.IGNORECASE,
)
_PUBLIC_VALUE = re.compile(r"(?:sha256:)?[0-9a-f]{7,64}|[a-z][a-z0-9]{0,40}(?:[-/._][a-z0-9]{1,40}){1,10}")
_INHERITING = word_set(
    "value values data content default defaultvalue parametervalue stringvalue constant constantvalue"
)
NAME_KEYS = lexicon(
    "name Name key Key ParameterKey parameterKey ParameterName parameterName parameter Parameter variable Variable OptionName "
    "optionName envName header Header k"
)
_VALUE_KEYS = lexicon(
    "value Value ParameterValue parameterValue stringValue defaultValue DefaultValue default Default runtimeValue constantValue "
    "envValue content val v"
)
_POINTING_KEYS = frozenset({"valueFrom", "ValueFrom", "valueSource"})
_PROGRAM_KEYS = {
    "args": "command",
    "command": "entryPoint",
    "Cmd": "Entrypoint",
    "ContainerArguments": "ContainerEntrypoint",
    "containerArguments": "containerEntrypoint",
}
"""Keys of arguments, and the key beside them that holds the program."""
_SPECIAL_KEYS = frozenset({*_PROGRAM_KEYS, "kind", "secretKey"})


class Key(NamedTuple):
    name: str
    clean: str
    is_name: bool
    is_value: bool
    inherits: bool
    """Whether its value is judged by the name above: {"DB_PASSWORD": {"value": …}}."""
    inherits_secret: bool
    """The same, where the name above means a secret: {"credentials": {"alice": …}}."""
    points: bool


class Plan(NamedTuple):
    """What the keys of an object say, found once for all objects of the same keys."""

    keys: tuple[Key, ...]
    own: tuple[str, ...]
    clean: tuple[str, ...]
    names: tuple[str, ...]
    """Keys that hold the name of a value beside them: {"name": "TOKEN", "value": …}, {"Key": …, "Value": …}."""
    is_plain: bool
    """No value is judged by anything but its own key."""
    is_plain_but_kind: bool
    """The same of an object that is no Secret of Kubernetes."""


@lru_cache(maxsize=65536)
def _key(key: str) -> Key:
    return Key(
        name=key,
        clean=scrub(key) if len(key) >= 20 else key,
        is_name=key in NAME_KEYS,
        is_value=key in _VALUE_KEYS,
        inherits=key.lower() in _INHERITING,
        inherits_secret=rank(key) < PART and not is_structural(key),
        points=key in _POINTING_KEYS,
    )


@lru_cache(maxsize=16384)
def plan_of(names: tuple[Any, ...]) -> Plan:
    keys = tuple(_key(str(name)) for name in names)
    pairs = any(key.is_value or key.points for key in keys)
    return Plan(
        keys=keys,
        own=tuple(key.name for key in keys),
        clean=tuple(key.clean for key in keys),
        names=tuple(key.name for key in keys if pairs and key.is_name),
        is_plain=not any(key.inherits or key.points or key.name in _SPECIAL_KEYS for key in keys),
        is_plain_but_kind=not any(
            key.inherits or key.points or (key.name in _SPECIAL_KEYS and key.name != "kind") for key in keys
        ),
    )


def _is_public(name: str, value: str) -> bool:
    """Whether a name says that its value is none of a secret: a setting of a library, a commit, a run, a digest."""
    return bool(_PUBLIC_SETTING.search(name)) or bool(_PUBLIC_NAME.search(name) and _PUBLIC_VALUE.fullmatch(value))


# The walk ------------------------------------------------------------------------------------------------------------


def walk(value: Any, name: str, node: Trie | None, masked: bool, depth: int) -> Any:
    """A redacted copy of a value that stands under a name. `node` is the place among the sensitive paths; `masked` says
    that the value is sensitive whole."""
    if isinstance(value, str):
        if masked:
            return value if _is_public(name, value) and scrub(value) == value else mask(value, name or "value")
        return _short_text(value, name) if len(value) <= _SHORT else judged(value, name)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return MARK if abs(value) >= 1000 and is_secret(name, str(value)) else value
    if depth > MAX_DEPTH:
        raise MappingError(f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        return _walk_object(value, name, node, masked or ends(node), depth)
    if isinstance(value, list | tuple):
        below = items_of(node)
        return walk_list(value, name, below, masked or ends(node) or ends(below), depth)
    raise MappingError(f"not JSON: {type(value).__name__}")


def ends(node: Trie | None) -> bool:
    return node is not None and node.end


def items_of(node: Trie | None) -> Trie | None:
    return None if node is None else node.get("[]", node.get("*"))


@lru_cache(maxsize=16384)
def _short_text(value: str, name: str) -> str:
    return judged(value, name)


def judged(value: str, name: str) -> str:
    """What is kept of a text that stands under a name."""
    if is_secret(name, value):
        return marked(value, name)
    cleaned = scrub(value)
    return cleaned if cleaned == value or not is_secret(name, cleaned) else marked(cleaned, name)


def _walk_object(value: dict[Any, Any], name: str, node: Trie | None, masked: bool, depth: int) -> dict[str, Any]:
    plan = plan_of(tuple(value))
    variable = next((scrub(v) for key in plan.names if isinstance(v := value[key], str)), None) if plan.names else None
    secret_above = name != "" and rank(name) >= INSIDE
    if plan.is_plain and node is None and variable is None and not masked and not secret_above:
        return {
            clean: _short_text(item, key)
            if type(item) is str and len(item) <= _SHORT
            else walk(item, key, None, False, depth + 1)
            for key, clean, item in zip(plan.own, plan.clean, value.values(), strict=True)
        }
    of_a_secret = value.get("kind") == "Secret"
    out: dict[str, Any] = {}
    for facts, item in zip(plan.keys, value.values(), strict=True):
        key, called = facts.name, facts.name
        below = None if node is None else node.get(key, node.get("*"))
        if (facts.is_name and variable is not None) or (key == "secretKey" and "remoteRef" in value):
            if isinstance(item, str):
                out[key] = scrub(item)  # a name; External Secrets: the key inside the Secret, not a secret key
                continue
        elif facts.is_value and variable is not None:
            called = variable
            if not masked and isinstance(item, str) and _looks_generated(item):
                out[key] = MARK
                continue
        elif name and (facts.inherits or (secret_above and facts.inherits_secret)):
            called = name
        whole = (masked or ends(below) or (of_a_secret and key in ("data", "stringData"))) and not facts.points
        if key in _PROGRAM_KEYS and isinstance(item, list) and not whole:
            below = items_of(below)
            out[facts.clean] = walk_list(item, called, below, ends(below), depth + 1, value.get(_PROGRAM_KEYS[key]))
        else:
            out[facts.clean] = walk(item, called, below, whole, depth + 1)
    return out


def kept_pair(name: str, value: str) -> tuple[str, str]:
    """What is kept of a name and of the value beside it that it is the name of."""
    return scrub(name), MARK if _looks_generated(value) else judged(value, scrub(name))


def _looks_generated(value: str) -> bool:
    """Random enough to be a credential under any variable's name; hex (digests, commits, run ids) is not."""
    return (
        len(value) >= 32
        and is_random(value)
        and not HEX.fullmatch(value)
        and not UUID.search(value)
        and entropy(value) >= 4.2
    )


# Arguments -----------------------------------------------------------------------------------------------------------

_SHORT_PASSWORD = re.compile(r"-p(?=[^\s]*[A-Za-z])(?=[^\s]*[0-9!@#$%^&*])[^\s=/:.]{6,}")
_LOGIN = re.compile(r"(?!\d+:\d+$)[^\s:/]+:[^\s/]+")


def walk_list(
    value: Sequence[Any], name: str, node: Trie | None, masked: bool, depth: int, program: Any = None
) -> list[Any]:
    cuts = {} if masked else _cut_arguments(value, program)
    if not cuts:
        return [walk(item, name, node, masked, depth + 1) for item in value]
    return [cuts[i] if i in cuts else walk(item, name, node, masked, depth + 1) for i, item in enumerate(value)]


@lru_cache(maxsize=16384)
def _is_program(word: str) -> bool:
    return program_of(word) in PROGRAMS


def _cut_arguments(items: Sequence[Any], program: Any) -> dict[int, str]:
    """What to keep of the arguments that hold a secret by their place in a command, by their number in the list."""
    found: dict[int, str] = {}
    before: str | None = None
    known = False
    for number, item in enumerate(items):
        if not isinstance(item, str):
            before = None
            continue
        kept = _after(before, item, len(items) == 2) if before else None
        if kept is None and item[:2] == "-p" and _SHORT_PASSWORD.fullmatch(item):
            kept = "-p" + MARK
        if kept is not None:
            found[number] = kept
        known = known or (len(item) < 80 and _is_program(item))
        before = item
    if not isinstance(program, list | tuple) or not all(isinstance(word, str) for word in program):
        program = ()
    if known or any(map(_is_program, program)):
        words = [*program, *(item if isinstance(item, str) else "" for item in items)]
        for at, start, end in secret_spans(words):
            number = at - len(program)
            if number >= 0 and number not in found and not is_spare(words[at][start:end]):
                found[number] = words[at][:start] + marked(words[at][start:end]) + words[at][end:]
    return found


def _after(before: str, item: str, pair: bool) -> str | None:
    """What to keep of an argument that is a secret by the one before it; None where it is none."""
    if before.startswith("-"):
        if "=" not in before and is_secret_name(before) and not item.startswith("-"):
            return item if is_spare(item) or (NUMBER.fullmatch(item) and rank(before) < WHOLE) else marked(item, before)
        if before in ("-u", "--user", "-U", "--proxy-user") and _LOGIN.fullmatch(item):
            user, _, secret = item.partition(":")
            return item if is_spare(secret) else f"{user}:{MARK}"
        return None
    if (
        is_secret_name(before)
        and not SIMPLE.fullmatch(item)
        and (pair or ("_" in before or "." in before))
        and not item.startswith("-")
    ):
        return item if is_spare(item) else marked(item, before)
    return None
