"""Functions that read elements of XML answers, compiled from shapes: protocols ec2, query and rest-xml.

A structure is read child by child through a table from tag to member. What makes botocore's answer depend on more than
that (an element that should stand once stands twice, an unknown member of a union) is refused with UnsureError.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from lxml import etree

from collectors.aws.parsing.values import UnsureError, finite, moment, octets

Element = Any
Read = Callable[[Any], Any]

ELSEWHERE = frozenset({"header", "headers", "statusCode"})
"""Locations of members that do not stand in the body."""
_REMEMBERED_TAGS = 4096


class _Parser(threading.local):
    """A parser per thread: they work side by side, and each keeps its own names."""

    def __init__(self) -> None:
        self.xml = etree.XMLParser(
            encoding="utf-8",
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
            collect_ids=False,
        )


_PARSER = _Parser()


def tree(body: bytes) -> Element:
    """The root of a document.

    libxml2 takes names that expat, which botocore uses, does not: those that came with the fifth edition of XML 1.0.

    Raises:
        UnsureError: it declares a type, so its texts may depend on entities.
        lxml.etree.XMLSyntaxError: it is not well-formed, or beyond what libxml2 reads without being told that it is huge
            (a text of 10 MB, 256 levels).
    """
    root = etree.fromstring(body, _PARSER.xml)
    if root.getroottree().docinfo.doctype:
        raise UnsureError
    return root


def local(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition("}")[2]


def child(node: Element, name: str) -> Element | None:
    """The one child of a name, in any namespace."""
    found = [c for c in node if local(c.tag) == name]
    if len(found) > 1:
        raise UnsureError
    return found[0] if found else None


_Member = tuple[str, Read | None, bool]
"""A member of a structure: its name; what reads its element, None for plain text; whether that takes all elements of its
tag. A bare tuple, because one is taken apart for every element of every answer."""


class _Members(dict[str, _Member | None]):
    """From a tag as it stands, namespace and all, to its member; None for one that the model does not know.

    Filled as tags are met: which namespace a service writes is not in its model.
    """

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, _Member] = {}

    def __missing__(self, tag: str) -> _Member | None:
        member = self.known.get(local(tag))
        if len(self) < _REMEMBERED_TAGS:
            self[tag] = member
        return member


class Compiler:
    """Compiles the shapes of one answer; a shape that contains itself meets its own function again.

    Nothing it made may be used before the outermost `compile` has returned: until then tables are incomplete.
    """

    def __init__(self) -> None:
        self._structures: dict[str, Read] = {}

    def compile(self, shape: Any) -> Read | None:
        """A function from element to value; None where the value is the element's text.

        Raises:
            UnsureError: the shape has traits that are not compiled.
        """
        if shape.type_name == "structure":
            return self._structure(shape)
        if shape.type_name in _COLLECTIONS:
            read = _COLLECTIONS[shape.type_name](self, shape)
            return (lambda node: read([node])) if shape.serialization.get("flattened") else read
        if shape.type_name not in _SCALARS:
            raise UnsureError
        return _SCALARS[shape.type_name]

    def _structure(self, shape: Any) -> Read:
        if shape.name in self._structures:
            return self._structures[shape.name]
        if shape.metadata.get("exception"):
            raise UnsureError
        inside = {
            name: member
            for name, member in shape.members.items()
            if member.serialization.get("location") not in ELSEWHERE and not member.serialization.get("eventheader")
        }
        flattened = {name for name, member in inside.items() if _is_flattened(member)}
        attributes = tuple(
            (name, member.serialization["name"])
            for name, member in inside.items()
            if member.serialization.get("xmlAttribute")
        )
        union = bool(shape.is_tagged_union)
        if union and flattened:
            raise UnsureError
        members = _Members()
        unusual = union or flattened or attributes
        read = _unusual_structure(members, attributes, union) if unusual else _structure(members)
        self._structures[shape.name] = read
        for name, member in inside.items():
            tag = _tag(member, name)
            if tag in members.known:
                raise UnsureError
            many = name in flattened
            parse = _COLLECTIONS[member.type_name](self, member) if many else self.compile(member)
            members.known[tag] = (name, parse, many)
        return read

    def _list(self, shape: Any) -> Read:
        """From the parent of the items, or the items themselves; whatever their tags."""
        parse = self.compile(shape.member)
        if parse is None:
            return lambda nodes: [node.text or "" for node in nodes]
        return lambda nodes: [parse(node) for node in nodes]

    def _map(self, shape: Any) -> Read:
        """From the parent of the entries, or the entries themselves."""
        if shape.key.type_name != "string":
            raise UnsureError
        parse = self.compile(shape.value)
        key_tag = shape.key.serialization.get("name") or "key"
        value_tag = shape.value.serialization.get("name") or "value"

        def read(entries: Any) -> dict[str, Any]:
            found = {}
            for entry in entries:
                key = value = None
                for node in entry:
                    tag = local(node.tag)
                    if tag == key_tag:
                        key = node.text or ""
                    elif tag == value_tag:
                        value = (node.text or "") if parse is None else parse(node)
                    else:
                        raise UnsureError
                if key is None or value is None:
                    raise UnsureError
                found[key] = value
            return found

        return read


_COLLECTIONS = {"list": Compiler._list, "map": Compiler._map}
_SCALARS: dict[str, Read | None] = {
    "string": None,
    "character": None,
    "integer": lambda node: int(node.text or ""),
    "long": lambda node: int(node.text or ""),
    "float": lambda node: finite(float(node.text or "")),
    "double": lambda node: finite(float(node.text or "")),
    "boolean": lambda node: node.text == "true",
    "timestamp": lambda node: moment(node.text or ""),
    "blob": lambda node: octets(node.text or ""),
}


def _is_flattened(shape: Any) -> bool:
    return shape.type_name in _COLLECTIONS and bool(shape.serialization.get("flattened"))


def _tag(shape: Any, name: str) -> str:
    """The tag of a member: of a flattened list it is that of its items."""
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        item = shape.member.serialization.get("name")
        if item is not None:
            return str(item)
    return str(shape.serialization.get("name", name))


def _structure(members: _Members) -> Read:
    def read(node: Element) -> dict[str, Any]:
        found = {}
        count = 0
        for item in node:
            member = members[item.tag]
            if member is not None:
                name, parse, _ = member
                found[name] = (item.text or "") if parse is None else parse(item)
                count += 1
        if len(found) != count:
            raise UnsureError
        return found

    return read


def _unusual_structure(members: _Members, attributes: tuple[tuple[str, str], ...], union: bool) -> Read:
    """A structure with flattened members, members that are XML attributes, or of which one member only is set."""

    def read(node: Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        several: dict[str, tuple[Any, list[Element]]] = {}
        for item in node:
            member = members[item.tag]
            if member is None:
                if union:
                    raise UnsureError
                continue
            name, parse, many = member
            if many:
                several.setdefault(name, (parse, []))[1].append(item)
            elif name in found:
                raise UnsureError
            else:
                found[name] = (item.text or "") if parse is None else parse(item)
        if union and len(found) != 1:
            raise UnsureError
        for name, (parse, items) in several.items():
            found[name] = parse(items)
        for name, attribute in attributes:
            if name not in found:
                _add_attribute(found, name, node, attribute)
        return found

    return read


def _add_attribute(found: dict[str, Any], name: str, node: Element, attribute: str) -> None:
    """The model writes an attribute with a prefix ("xsi:type"), whatever prefix or namespace the answer has for it."""
    prefix = attribute.partition(":")[0] + ":"
    for key, value in node.items():
        if (prefix + local(key) if "}" in key else key) == attribute:
            found[name] = value
