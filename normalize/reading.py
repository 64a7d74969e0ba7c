"""Redacts a payload and finds what it mentions in one walk: what `redact` and then `search` do, at half the cost.

Owns what is remembered of the places in payloads. Records of one kind have the same keys in the same order, and most of their
texts stand in one after the other: a shape is looked at once, and so is a text in its place. Refuses to judge: redaction and
references do, and whatever is not plain (variables and their values, arguments, sensitive paths, containers with their
environment) is walked by them, one after the other.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from normalize.errors import MappingError
from normalize.model import Json
from normalize.redaction.names import INSIDE, NONE, rank
from normalize.redaction.payloads import (
    MAX_DEPTH,
    NAME_KEYS,
    Trie,
    ends,
    items_of,
    judged,
    kept_pair,
    plan_of,
    trie,
    walk,
    walk_list,
)
from normalize.redaction.texts import scrub
from normalize.references import ENVIRONMENTS, Mention, Place, listen_to, listen_to_list, listen_to_object, root_place

_LONGEST_TEXT = 200
_LONGEST_LIST = 16
_TEXTS = 4096
_SHAPES = 512
"""Texts that are remembered in a place, and objects of different keys; then it begins anew."""

Found = list[tuple[str, Mention]]
_Heard = tuple[str, tuple[Mention, ...]]
"""What is kept of a text, and what it mentions."""


class _Told(NamedTuple):
    """What is kept of a list of texts or of a name and its value, and what they mention: (path below, mention)."""

    kept: tuple[str, ...]
    said: tuple[tuple[str, Mention], ...]


class _Spot:
    """A place in payloads, as both redaction and search see it.

    Attributes:
        name: what its value stands under.
        node: the place among the sensitive paths; None outside of them.
        masked: whether the value is sensitive whole.
        place: the place as the search knows it; None where nothing is searched.
        is_plain: whether an object here is judged by its own keys only.
        has_numbers: whether nothing here is a secret for its name alone, so that no number is one.

    Threads may fill the same spot; whoever comes second writes the same.
    """

    __slots__ = ("_below", "_item", "has_numbers", "is_plain", "lists", "masked", "name", "node", "pairs", "place", "shapes", "texts")  # fmt: skip

    def __init__(self, name: str, node: Trie | None, masked: bool, place: Place | None) -> None:
        self.name = name
        self.node = node
        self.masked = masked
        self.place = place
        means = rank(name) if name else NONE
        self.is_plain = not masked and means < INSIDE
        self.has_numbers = means == NONE
        self.texts: dict[str, _Heard] = {}
        self.lists: dict[tuple[str, ...], _Told] = {}
        self.pairs: dict[tuple[str, ...], _Told] = {}
        self.shapes: dict[tuple[Any, ...], _Shape] = {}
        self._below: dict[str, tuple[str, str, _Spot]] = {}
        self._item: _Spot | None = None

    def below(self, key: str) -> tuple[str, str, _Spot]:
        """(key, its step of a JSON path, the spot under it)."""
        found = self._below.get(key)
        if found is None:
            node = None if self.node is None else self.node.get(key, self.node.get("*"))
            step, place = ("", None) if self.place is None else self.place.step(key)
            found = key, step, _Spot(key, node, ends(node), place)
            if len(self._below) < _SHAPES:
                self._below[key] = found
        return found

    def item(self) -> _Spot:
        """The spot of the elements of a list, where none is named by the one before it."""
        if self._item is None:
            node = items_of(self.node)
            place = None if self.place is None else self.place.item(self.place.name)
            self._item = _Spot(self.name, node, self.masked or ends(self.node) or ends(node), place)
        return self._item

    def shape(self, keys: tuple[Any, ...]) -> _Shape:
        found = _shape_of(self, keys)
        if len(self.shapes) >= _SHAPES:
            self.shapes.clear()
        self.shapes[keys] = found
        return found

    def hear(self, text: str) -> _Heard:
        if self.masked:
            kept = walk(text, self.name, self.node, True, 0)
        else:
            kept = scrub(text) if self.has_numbers else judged(text, self.name)
        heard = kept, () if self.place is None else self.place.hear(kept)
        if len(text) <= _LONGEST_TEXT:
            if len(self.texts) >= _TEXTS:
                self.texts.clear()
            self.texts[text] = heard
        return heard


class _Shape(NamedTuple):
    """How to walk objects of the same keys in the same order at a spot.

    Attributes:
        steps: what lies below each key; empty where the object is not plain.
        is_pair: a name and the value under it, of which nothing but these two decides what is kept.
        has_kind: plain unless the kind is Secret.
    """

    steps: tuple[tuple[str, str, _Spot], ...]
    is_pair: bool = False
    has_kind: bool = False


_APART = _Shape(())
_NAMED = frozenset({"value", "Value"})
_IMAGE_PARTS = frozenset({"repository", "image"})


def _shape_of(spot: _Spot, keys: tuple[Any, ...]) -> _Shape:
    if not all(type(key) is str for key in keys):
        return _APART
    plan = plan_of(keys)
    if plan.own != plan.clean or not ENVIRONMENTS.isdisjoint(keys) or _IMAGE_PARTS.issubset(keys):
        return _APART
    if plan.names:
        name, value = (plan.keys if plan.keys[0].is_name else plan.keys[::-1]) if len(keys) == 2 else (None, None)
        pair = name is not None and value is not None and name.is_name and value.is_value and not value.is_name
        return _Shape((), is_pair=pair and spot.node is None and not spot.masked)
    if not spot.is_plain or not _NAMED.isdisjoint(keys) or not plan.is_plain_but_kind:
        return _APART
    return _Shape(tuple(map(spot.below, keys)), has_kind="kind" in keys)


@lru_cache(maxsize=512)
def _root(sensitive: frozenset[str], quiet: frozenset[str]) -> _Spot:
    node = trie(sensitive) if sensitive else None
    return _Spot("", node, False, root_place(quiet))


def redact_and_search(
    payload: Json, sensitive: frozenset[str] = frozenset(), quiet: frozenset[str] = frozenset()
) -> tuple[Json, Found]:
    """A copy of the payload without secrets, and (JSON path, mention) of everything that it still mentions, depth first.

    Args:
        sensitive: see `redact`.
        quiet: see `search`.

    Raises:
        MappingError: the payload is nested deeper than MAX_DEPTH.
    """
    found: Found = []
    spot = _root(sensitive, quiet)
    if type(payload) is dict:
        return _walk_object(payload, spot, "$", 0, found), found
    return _walk_apart(payload, spot, "$", 0, found), found


def _walk_object(value: dict[Any, Any], spot: _Spot, where: str, depth: int, found: Found) -> dict[str, Any]:
    if depth > MAX_DEPTH:
        raise MappingError(f"nested deeper than {MAX_DEPTH} levels")
    if not value:
        return {}
    keys = tuple(value)
    shape = spot.shapes.get(keys) or spot.shape(keys)
    steps = shape.steps
    if not steps:
        return (_walk_pair if shape.is_pair else _walk_object_apart)(value, spot, where, depth, found)
    if shape.has_kind and value["kind"] == "Secret":
        return _walk_object_apart(value, spot, where, depth, found)
    out: dict[str, Any] = {}
    for (key, step, below), item in zip(steps, value.values(), strict=True):
        kind = type(item)
        if kind is str:
            heard = below.texts.get(item)
            if heard is None:
                heard = below.hear(item)
            out[key], said = heard
            if said:
                found.extend([(where + step, mention) for mention in said])
        elif kind is dict:
            out[key] = _walk_object(item, below, where + step, depth + 1, found)
        elif kind is list:
            out[key] = _walk_list(item, below, where + step, depth + 1, found)
        elif item is None or kind is bool or (below.has_numbers and not below.masked and kind is int):
            out[key] = item
        else:
            out[key] = _walk_apart(item, below, where + step, depth + 1, found)
    return out


def _walk_list(value: list[Any], spot: _Spot, where: str, depth: int, found: Found) -> list[Any]:
    if depth > MAX_DEPTH:
        raise MappingError(f"nested deeper than {MAX_DEPTH} levels")
    kinds = set(map(type, value))
    if kinds == {dict}:
        item = spot.item()
        return [_walk_object(one, item, f"{where}[{i}]", depth + 1, found) for i, one in enumerate(value)]
    if kinds == {str} and len(value) <= _LONGEST_LIST and not spot.masked:
        return _walk_texts(value, spot, where, found)
    return _walk_apart(value, spot, where, depth, found) if value else []


def _walk_texts(value: list[str], spot: _Spot, where: str, found: Found) -> list[str]:
    known = tuple(value)
    told = spot.lists.get(known)
    if told is None:
        node = items_of(spot.node)
        kept = walk_list(value, spot.name, node, spot.masked or ends(spot.node) or ends(node), 0)
        said: Found = []
        if spot.place is not None:
            listen_to_list(kept, spot.place, [""], said)
        told = _remember(spot.lists, known, _Told(tuple(kept), tuple(said)))
    if told.said:
        found.extend([(where + step, mention) for step, mention in told.said])
    return list(told.kept)


def _walk_pair(value: dict[str, Any], spot: _Spot, where: str, depth: int, found: Found) -> dict[str, Any]:
    (name, text), (other, beside) = value.items()
    if type(text) is not str or type(beside) is not str:
        return _walk_object_apart(value, spot, where, depth, found)
    known = name, text, other, beside
    told = spot.pairs.get(known)
    if told is None:
        kept = kept_pair(text, beside) if name in NAME_KEYS else kept_pair(beside, text)[::-1]
        said: Found = []
        if spot.place is not None:
            listen_to_object({name: kept[0], other: kept[1]}, spot.place, [""], said)
        told = _remember(spot.pairs, known, _Told(kept, tuple(said)))
    if told.said:
        found.extend([(where + step, mention) for step, mention in told.said])
    first, second = told.kept
    return {name: first, other: second}


def _remember(memory: dict[tuple[str, ...], _Told], known: tuple[str, ...], told: _Told) -> _Told:
    if sum(map(len, known)) <= _LONGEST_TEXT:
        if len(memory) >= _TEXTS:
            memory.clear()
        memory[known] = told
    return told


def _walk_object_apart(value: dict[str, Any], spot: _Spot, where: str, depth: int, found: Found) -> dict[str, Any]:
    kept: dict[str, Any] = _walk_apart(value, spot, where, depth, found)
    return kept


def _walk_apart(value: Any, spot: _Spot, where: str, depth: int, found: Found) -> Any:
    """First redacted, then searched."""
    kept = walk(value, spot.name, spot.node, spot.masked, depth)
    if spot.place is not None:
        listen_to(kept, spot.place, [where], found)
    return kept
