"""Foreign text made safe to print: encodable, free of control characters, bounded in length.

Owns what a terminal or a page may be shown. Refuses markup: HTML and Markdown escape in their own renderers.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""C0 and C1 controls except tab and newline, and the marks that reorder text: they can disguise a name."""


def encodable(text: str) -> str:
    """The same text, with halves of characters (lone surrogates) replaced by U+FFFD, so that UTF-8 can hold it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def visible(text: str) -> str:
    """Control and reordering characters written out as \\x1b or \\u202e, so that nothing is hidden or executed."""
    return _CONTROL.sub(lambda m: f"\\x{ord(m[0]):02x}" if ord(m[0]) < 256 else f"\\u{ord(m[0]):04x}", encodable(text))


def clip(text: str, length: int = 300) -> str:
    """At most `length` characters of a text, saying how many there are when some are left out."""
    return text if len(text) <= length else f"{text[:length]}… ({len(text):,} characters)"


def plain(value: Any) -> Any:
    """What the JSON encoder does not know: an instant becomes RFC 3339 in UTC, a tuple or set a list.

    Raises:
        TypeError: nothing that a report may hold.
    """
    if isinstance(value, datetime):
        aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return aware.isoformat().replace("+00:00", "Z")
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"not a value of a record: {type(value).__name__}")


def to_json(value: Any, *, indent: int | None = None) -> str:
    """JSON text with characters as they are, instants in RFC 3339; one line unless `indent` is given."""
    return encodable(json.dumps(value, ensure_ascii=False, allow_nan=False, default=plain, indent=indent))
