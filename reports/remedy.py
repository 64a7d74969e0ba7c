"""A remedy parted into prose and the pieces that a person copies: commands and blocks of configuration.

Owns how such a piece is recognised: a fenced block, an indented block, a TOML table, or `code` within a sentence.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

_BLOCK = re.compile(
    r"^```[\w-]*\n(?P<fenced>(?:.*\n)*?)```[ \t]*$"
    r"|(?P<table>^[ \t]*\[{1,2}[\w.-]+\]{1,2}[ \t]*$(?:\n[ \t]*(?:[\w.-]+[ \t]*=|#).*)*)"
    r"|(?P<indented>(?:^(?: {4}|\t).*\n?)+)",
    re.MULTILINE,
)
_INLINE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Part:
    """`form` is "text", "code" (within a sentence) or "block"."""

    form: str
    text: str


def parts(remedy: str) -> tuple[Part, ...]:
    """The remedy in reading order; nothing is lost but the marks around code and the blanks around blocks."""
    return tuple(p for p in _parts(remedy) if p.text)


def _parts(remedy: str) -> Iterator[Part]:
    at = 0
    for m in _BLOCK.finditer(remedy):
        yield from _sentence(remedy[at : m.start()].rstrip())
        yield Part("block", textwrap.dedent(m["fenced"] or m["table"] or m["indented"] or "").strip("\n"))
        at = m.end()
    yield from _sentence(remedy[at:].strip("\n") if at else remedy)


def _sentence(text: str) -> Iterator[Part]:
    for i, piece in enumerate(_INLINE.split(text)):
        yield Part("code" if i % 2 else "text", piece)
