"""Reads what texts are wrapped in: base64, gzip, URL encoding, backslashes, entities. Judges nothing."""

from __future__ import annotations

import base64
import binascii
import html
import re
import zlib
from collections.abc import Iterator
from urllib.parse import unquote

BASE64 = re.compile(r"[A-Za-z0-9+/_-]{20,}(?:(?:\\n|[ \t]*\r?\n[ \t]*)[A-Za-z0-9+/_-]+)*={0,2}")
"""base64, also URL-safe, also broken into lines."""
BASE64_PART = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}")
BASE64_PLAIN_PART = re.compile(r"[A-Za-z0-9+/]{20,}={0,2}")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_MAX_DECODED = 16 << 20


def unescaped(text: str) -> Iterator[str]:
    """The text without URL encoding, without backslashes before quotes and line ends, without entities of XML."""
    if "%" in text and _PERCENT.search(text):
        once = unquote(text)
        yield once
        if "%" in once and (twice := unquote(once)) != once:
            yield twice
    if '\\"' in text or "\\n" in text:
        yield text.replace('\\"', '"').replace("\\n", "\n").replace("\\t", "\t")
    if "&quot;" in text or "&#" in text or "&amp;" in text:
        yield html.unescape(text)


def decode(text: str, at_least: int = 20) -> str | None:
    """Printable text behind base64 (and gzip, up to four times over), or None."""
    found: str | None = None
    for _ in range(4):
        body = "".join(text.split()).rstrip("=")
        if len(body) < at_least or len(body) % 4 == 1 or body.islower() or body.isdigit():
            return found
        try:
            raw = base64.b64decode(body.translate({45: "+", 95: "/"}) + "=" * (-len(body) % 4), validate=True)
            if raw[:2] == b"\x1f\x8b":
                raw = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(raw, _MAX_DECODED)
            text = raw.decode("utf-16-le" if raw[1:2] == b"\0" else "utf-8").removeprefix("\ufeff")
        except (binascii.Error, ValueError, zlib.error):
            return found
        if not text.isprintable() and not all(c.isprintable() or c in "\r\n\t" for c in text):
            return found
        found = text
    return found
