"""Canonical bytes of what the store keeps: JSON, digests, compressed payloads, instants.

Owns how hostile content is made storable: NUL characters and lone surrogates are replaced, numbers that JSON does not
have (NaN, infinities) and whole numbers above 64 bits become text. Nothing here raises on content.
"""

from __future__ import annotations

import json
import math
import sys
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import Any

import orjson

from normalize.model import Json

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ZSTD = 1
"""Codec number of payloads: Zstandard."""
_COMPRESSOR = zstd.ZstdCompressor(level=1)
"""Kept: setting one up costs more than compressing a payload."""
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
_NUL = "\u2400"


def plain(text: str) -> str:
    """Text that every database takes: NUL becomes "␀", a lone surrogate U+FFFD."""
    if text.isascii():
        return text.replace("\0", _NUL) if "\0" in text else text
    if "\0" in text:
        text = text.replace("\0", _NUL)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def maybe(text: str | None) -> str | None:
    return None if text is None else plain(text)


def encode(value: Json) -> bytes:
    """Canonical JSON: sorted keys, no blanks, no escaped NUL."""
    try:
        data = orjson.dumps(value, option=_OPTIONS)
    except (TypeError, ValueError, RecursionError):
        return _encode_cleaned(value)
    # Only these may hide a NaN (orjson writes null) or a NUL.
    if b"null" in data or (b"\\" in data and b"\\u0000" in data):
        return _encode_cleaned(value)
    return data


def _encode_cleaned(value: Json) -> bytes:
    cleaned = _clean(value)
    try:
        return orjson.dumps(cleaned, option=_OPTIONS)
    except (TypeError, ValueError, RecursionError):
        return json.dumps(cleaned, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str).encode()


def _clean(value: Any) -> Json:
    if isinstance(value, str):
        return plain(str(value))
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if -(2**63) <= value < 2**64 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {plain(str(k)): _clean(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(v) for v in value]
    return plain(str(value))


def text_of(value: Json) -> str:
    """Canonical JSON as text."""
    return encode(value).decode()


def decode(data: str | bytes) -> Json:
    """What `encode` wrote. Deeper nesting than orjson reads is left to the standard library."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return json.loads(data)


def digest(*parts: bytes) -> bytes:
    """Sixteen bytes that differ when any part does."""
    told = [piece for part in parts for piece in (len(part).to_bytes(8, "little"), part)]
    return blake2b(b"".join(told), digest_size=16).digest()


def packed(data: bytes) -> tuple[bytes, int, int, bytes]:
    """Columns of a payload: sha256 of the canonical JSON, codec, length before and bytes after compression."""
    return sha256(data).digest(), ZSTD, len(data), _COMPRESSOR.compress(data, _COMPRESSOR.FLUSH_FRAME)


def unpacked(data: bytes) -> Json:
    """The payload of `packed` columns."""
    return decode(zstd.decompress(data))


@lru_cache(maxsize=1024)
def instant(moment: datetime) -> str:
    """RFC 3339 in UTC, of fixed width, so that text sorts as time does: "2026-11-24T04:15:00.000Z"."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.isoformat(timespec="milliseconds").replace("+00:00", "Z")
