"""Bodies of AWS answers written from botocore's models: every protocol, every trait, and whatever a body may hold.

`tame` answers fit their model, however oddly written; others also hold what does not fit it.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from botocore.awsrequest import HeadersDict

TEXTS = (
    "",
    " ",
    "\n\t",
    "train",
    " padded ",
    "a<b>&\"'c",
    "Zoë 训练 🚀",
    "é",
    "null",
    "true",
    "0",
    "x" * 300,
    "]]",
    "\u2028",
)
TIMES = (
    "2026-10-02T08:00:03Z",
    "2026-10-02T08:00:03.000Z",
    "2026-10-02T08:00:03.5Z",
    "2026-10-02T08:00:03.123456Z",
    "2026-10-02T08:00:03.123456789Z",
    "2026-10-02T08:00:03+02:00",
    "2026-10-02T08:00:03",
    "2026-10-02",
    "20261002T080003Z",
    "Fri, 02 Oct 2026 08:00:03 GMT",
    "1790928003",
    "1790928003.25",
    "-86400.5",
    "0001-02-03T04:05:06Z",
    "2026-02-28T23:59:59.999999Z",
)
EPOCHS = ("1790928003", "1790928003.123", "1.790928003123E9", "0", "-1.5", "1790928003.0000005", "253370764799", "1e9")
NO_TIMES = ("", "soon", "2026-02-30T00:00:00Z", "2026-10-02T24:00:00Z", "2026-10-02T08:00:60Z", "0000-01-01T00:00:00Z")
NO_EPOCHS = ("1e300", "true", '"later"', "99999999999999999999", "[]")
DEEPEST = 7
LARGEST = 300


class Writer:
    """What the writers of XML and JSON share: chance, and a limit to what one body holds."""

    def __init__(self, chance: random.Random, *, tame: bool) -> None:
        self.chance = chance
        self.tame = tame
        self.left = LARGEST
        self.depth = 0

    def wild(self, probability: float = 0.02) -> bool:
        return not self.tame and self.chance.random() < probability

    def chosen(self, members: Any, probability: float = 0.8) -> list[tuple[str, Any]]:
        """Members that are present, in any order; fewer the deeper they stand."""
        present = probability / (1 + self.depth / 4)
        chosen = [item for item in members if self.chance.random() < present]
        self.chance.shuffle(chosen)
        return chosen

    def count(self) -> int:
        return 0 if self.left < 0 or self.depth > DEEPEST else self.chance.choice((0, 1, 1, 2, 3))

    def blob(self) -> str:
        text = base64.b64encode(self.chance.randbytes(self.chance.choice((0, 1, 2, 30)))).decode()
        return text + "\n" if self.chance.random() < 0.1 else text


class XmlWriter(Writer):
    """Elements of ec2, query and rest-xml answers."""

    def __init__(self, chance: random.Random, *, tame: bool) -> None:
        super().__init__(chance, tame=tame)
        self.prefix = chance.choice(("", "", "", "n:"))
        self.space = chance.choice(("", "", "\n  "))

    def root(self, tag: str, inside: str, attributes: str = "") -> bytes:
        """A document; its namespace is the default one, bound to a prefix, or none."""
        spaces = [' xmlns="http://example.com/doc/2026-11-15/"', ""]
        namespace = ' xmlns:n="urn:x"' if self.prefix else self.chance.choice(spaces)
        head = self.chance.choice(("", '<?xml version="1.0" encoding="UTF-8"?>\n', "<?xml version='1.0'?><!-- c -->"))
        xsi = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        text = f"{head}<{self.prefix}{tag}{namespace}{xsi}{attributes}>{inside}</{self.prefix}{tag}>"
        return (text + self.chance.choice(("", "\n", "<!-- end -->"))).encode()

    def element(self, tag: str, inside: str, attributes: str = "") -> str:
        self.left -= 1
        if not inside and self.chance.random() < 0.5:
            return f"<{self.prefix}{tag}{attributes}/>{self.space}"
        return f"<{self.prefix}{tag}{attributes}>{inside}</{self.prefix}{tag}>{self.space}"

    def members(self, shape: Any) -> str:
        """The inside of a structure."""
        self.depth += 1
        members = [
            (name, member)
            for name, member in shape.members.items()
            if member.serialization.get("location") not in ("header", "headers", "statusCode")
            and not member.serialization.get("xmlAttribute")
        ]
        if shape.is_tagged_union and not self.wild(0.2):
            members = [self.chance.choice(members)] if members else []
        elif self.left < 0:
            members = []
        else:
            members = self.chosen(members)
        parts = [self.member(name, member) for name, member in members]
        parts += [self.member(name, member) for name, member in members if self.wild()]
        if not shape.is_tagged_union or self.wild(0.3):
            parts += self.noise()
        self.depth -= 1
        return self.space + "".join(parts)

    def noise(self) -> list[str]:
        """What no member reads: elements that the model does not know, comments, instructions, text between."""
        chance = self.chance
        known = (
            "",
            "",
            "",
            "<!-- c -->",
            "<?pi x?>",
            "stray",
            '<Odd a="1"><Member/>t</Odd>',
            "<o:Odd xmlns:o='urn:o'/>",
        )
        return [chance.choice(known) for _ in range(chance.choice((0, 0, 1, 2)))]

    def attributes(self, shape: Any) -> str:
        if shape.type_name != "structure":
            return ""
        texts = []
        for name, member in shape.members.items():
            if member.serialization.get("xmlAttribute") and self.chance.random() < 0.8:
                texts.append(f" {member.serialization.get('name', name)}={quoteattr(self.chance.choice(TEXTS))}")
        return "".join(texts) + self.chance.choice(("", "", ' other="1"'))

    def member(self, name: str, shape: Any) -> str:
        tag = shape.serialization.get("name", name)
        if shape.type_name == "list":
            item = shape.member.serialization.get("name")
            if shape.serialization.get("flattened"):
                items = (self.item(item or tag, shape.member) for _ in range(max(1, self.count())))
                return "".join(items)
            return self.element(tag, "".join(self.item(item or "member", shape.member) for _ in range(self.count())))
        if shape.type_name == "map":
            entries = [self.entry(shape, f"k{i}") for i in range(self.count())]
            if shape.serialization.get("flattened"):
                return "".join(self.element(tag, entry) for entry in entries)
            return self.element(tag, "".join(self.element("entry", entry) for entry in entries))
        return self.item(tag, shape)

    def entry(self, shape: Any, key: str) -> str:
        parts = [
            self.element(shape.key.serialization.get("name") or "key", key),
            self.member(shape.value.serialization.get("name") or "value", shape.value),
        ]
        if self.wild(0.1):
            parts.append(self.chance.choice(("<Odd/>", parts[0], parts[1])))
        if self.wild(0.1):
            parts.pop(0)
        self.chance.shuffle(parts)
        return "".join(parts)

    def item(self, tag: str, shape: Any) -> str:
        """An element of one value, whatever the tag."""
        if shape.type_name == "structure":
            return self.element(tag, self.members(shape), self.attributes(shape))
        if shape.type_name in ("list", "map"):
            return self.member(tag, shape)
        return self.element(tag, self.scalar(shape))

    def scalar(self, shape: Any) -> str:
        choose = self.chance.choice
        kind = shape.type_name
        if self.wild():
            return choose(("", "<x/>", "many", "0x1", "1,5", "<x>1</x>2"))
        if kind in ("integer", "long"):
            return choose(("0", "-7", " 42 ", "+5", "1_000", "16<!-- c -->4", str(2**70)))
        if kind in ("float", "double"):
            return choose(("0", "1.5", "-1e-7", "NaN", "Infinity", "-inf", "1E400", " 2.25\n"))
        if kind == "boolean":
            return choose(("true", "false", "", "TRUE", "1", "true "))
        if kind == "timestamp":
            return choose(NO_TIMES) if self.wild(0.1) else choose(TIMES)
        if kind == "blob":
            return choose(("not base64!", "é", "A")) if self.wild(0.1) else self.blob()
        text = choose(TEXTS)
        if "]]" not in text and self.chance.random() < 0.1:
            return f"<![CDATA[{text}]]>"
        return escape(text).replace("é", "&#233;") if self.chance.random() < 0.2 else escape(text)


class JsonWriter(Writer):
    """Values of json and rest-json answers, as JSON text."""

    def members(self, shape: Any) -> str:
        if shape.is_document_type:
            return self.anything()
        self.depth += 1
        members = list(shape.members.items())
        if shape.is_tagged_union and not self.wild(0.2):
            pairs = self.union(members)
        else:
            pairs = [self.member(name, member) for name, member in (self.chosen(members) if self.left > 0 else [])]
            pairs += self.noise()
            if pairs and self.wild():
                pairs.append(self.chance.choice(pairs))
        self.chance.shuffle(pairs)
        self.depth -= 1
        return "{" + ", ".join(pairs) + "}"

    def union(self, members: list[tuple[str, Any]]) -> list[str]:
        """One member, the others null or absent."""
        one, *others = self.chance.sample(members, len(members))
        name, shape = one
        pairs = [f"{json.dumps(shape.serialization.get('name', name))}: {self.value(shape, nullable=False)}"]
        pairs += [
            f"{json.dumps(m.serialization.get('name', n))}: null" for n, m in others if self.chance.random() < 0.3
        ]
        return pairs + self.chance.choice(([], [], ['"__type": "x#Y"']))

    def noise(self) -> list[str]:
        """What the model does not know; numbers that are read differently by different libraries too."""
        known = ('"Odd": {"Deep": [1, null]}', '"__type": "x#Y"', '"Huge": 18446744073709551616', '"Odd": 1e30')
        return [self.chance.choice(known) for _ in range(self.chance.choice((0, 0, 1)))]

    def member(self, name: str, shape: Any) -> str:
        key = json.dumps(shape.serialization.get("name", name), ensure_ascii=self.chance.random() < 0.5)
        return f"{key}: {self.value(shape, nullable=True)}"

    def value(self, shape: Any, *, nullable: bool) -> str:
        self.left -= 1
        if (nullable and self.chance.random() < 0.05) or self.wild():
            return "null"
        if self.wild():
            return self.chance.choice(
                ('"text"', "{}", "[]", "true", "3", "1.0", "[null]", '{"a": null}', '{"value": 1}')
            )
        if shape.type_name == "structure":
            return self.members(shape)
        if shape.type_name == "list":
            self.depth += 1
            items = [self.value(shape.member, nullable=True) for _ in range(self.count())]
            self.depth -= 1
            return f"[{', '.join(items)}]"
        if shape.type_name == "map":
            self.depth += 1
            nullable = shape.value.type_name in ("string", "structure")
            pairs = [f"{self.text()}: {self.value(shape.value, nullable=nullable)}" for _ in range(self.count())]
            self.depth -= 1
            return "{" + ", ".join(pairs) + "}"
        return self.scalar(shape)

    def text(self) -> str:
        text = json.dumps(self.chance.choice(TEXTS), ensure_ascii=self.chance.random() < 0.5)
        return '"\\ud800"' if self.wild(0.01) else text

    def scalar(self, shape: Any) -> str:
        choose = self.chance.choice
        kind = shape.type_name
        if kind in ("integer", "long"):
            odd = (str(2**64), str(-(2**63) - 1), "1e30", '"5"', "true", "NaN")
            return (
                choose(odd)
                if self.wild()
                else choose(("0", "-0", "7", "-7", "3.0", "1e2", str(2**64 - 1), str(-(2**63))))
            )
        if kind in ("float", "double"):
            odd = ("NaN", "-Infinity", "1e400", str(2**64), str(10**25), "1e30", "true", '"many"')
            names = ('"NaN"', '"Infinity"', '"-Infinity"', '"1.5"')
            return (
                choose(odd) if self.wild() else choose(("0", "-0.0", "1.5", "3", "1e-7", "123456789.123456789", *names))
            )
        if kind == "boolean":
            return choose(("1", '"true"', '"x"', "0.5")) if self.wild() else choose(("true", "false"))
        if kind == "timestamp":
            return choose(NO_EPOCHS) if self.wild() else choose((*EPOCHS, *map(json.dumps, TIMES)))
        if kind == "blob":
            return choose(('"A"', '"é"', "1")) if self.wild() else json.dumps(self.blob())
        return self.text()

    def anything(self) -> str:
        """A document."""
        self.depth += 1
        makers: list[Callable[[], str]] = [
            self.text,
            lambda: self.chance.choice(("1", "2.5", "true", "null", "1e3", "-0.0")),
        ]
        if self.depth < DEEPEST:
            makers += [
                lambda: f"[{', '.join(self.anything() for _ in range(self.count()))}]",
                lambda: "{" + ", ".join(f"{self.text()}: {self.anything()}" for _ in range(self.count())) + "}",
            ]
        text = self.chance.choice(("NaN", str(2**65), "1e40")) if self.wild() else self.chance.choice(makers)()
        self.depth -= 1
        return text


def answer(operation: Any, chance: random.Random, *, tame: bool) -> dict[str, Any]:
    """A successful answer to an operation, as botocore hands it to a parser."""
    shape = operation.output_shape
    protocol = operation.service_model.resolved_protocol
    headers = {"x-amzn-RequestId": "req-1", "Content-Type": "x", **_headers(shape, chance)}
    if chance.random() < 0.2:
        del headers["x-amzn-RequestId"]
    if protocol == "rest-xml" and chance.random() < 0.5:
        headers = {**headers, "x-amz-request-id": "req-2", "x-amz-id-2": "host"}
    write = {"ec2": _ec2, "query": _query, "rest-xml": _rest_xml, "json": _json, "rest-json": _json}[protocol]
    response = {
        "status_code": chance.choice((200, 200, 200, 206, 300)),
        "headers": HeadersDict(headers),
        "body": write(shape, chance, tame),
        "context": {"operation_name": operation.name},
    }
    if chance.random() < 0.1:
        response["context"]["checksum"] = {"response_algorithm": "crc32"}
    return response


def _headers(shape: Any, chance: random.Random) -> dict[str, str]:
    headers = {}
    for name, member in shape.members.items():
        if member.serialization.get("location") == "header" and chance.random() < 0.7:
            texts = {"timestamp": "Fri, 02 Oct 2026 08:00:03 GMT", "boolean": "true", "long": "12", "integer": "3"}
            headers[member.serialization.get("name", name)] = texts.get(member.type_name, "text")
    return headers


def _ec2(shape: Any, chance: random.Random, tame: bool) -> bytes:
    writer = XmlWriter(chance, tame=tame)
    request = chance.choice(("", "<requestId/>", "<requestId>req-3</requestId>"))
    inside = writer.members(shape)
    return writer.root(f"{shape.name}Response", inside + ("" if writer.prefix else request))


def _query(shape: Any, chance: random.Random, tame: bool) -> bytes:
    writer = XmlWriter(chance, tame=tame)
    request = chance.choice(("", writer.element("RequestId", "req-4"), writer.element("RequestId", "")))
    metadata = chance.choice(("", writer.element("ResponseMetadata", request)))
    result = writer.members(shape)
    wrapper = shape.serialization.get("resultWrapper")
    parts = [writer.element(wrapper, result) if wrapper and not writer.wild() else result, metadata]
    chance.shuffle(parts)
    return writer.root(f"{shape.name}Response", "".join(parts))


def _rest_xml(shape: Any, chance: random.Random, tame: bool) -> bytes:
    writer = XmlWriter(chance, tame=tame)
    payload = shape.serialization.get("payload")
    inside = shape.members[payload] if payload else shape
    if inside.type_name == "string":
        return chance.choice(TEXTS).encode()
    if writer.wild():
        return b""
    return writer.root(inside.name, writer.members(inside), writer.attributes(inside))


def _json(shape: Any, chance: random.Random, tame: bool) -> bytes:
    writer = JsonWriter(chance, tame=tame)
    payload = shape.serialization.get("payload")
    inside = shape.members[payload] if payload else shape
    if inside.type_name == "string":
        return chance.choice(TEXTS).encode()
    odd = (b"", b"null", b"[]", b'"x"', b"no JSON", b"\xff", b"\xef\xbb\xbf{}", b"{}trailing")
    if writer.wild():
        return chance.choice(odd)
    return writer.members(inside).encode()
