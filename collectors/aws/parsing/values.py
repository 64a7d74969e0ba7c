"""Single values of an answer, as plain JSON: instants as RFC 3339 text, bytes as base64 text, no NaN."""

from __future__ import annotations

import base64
import math
import re
from datetime import UTC, datetime
from typing import Any

from botocore.utils import parse_timestamp
from orjson import OPT_UTC_Z, dumps

from normalize.units import instant

_RFC3339 = re.compile(r"([12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?Z").fullmatch
_INEXACT = 2.0**63


class UnsureError(Exception):
    """An answer, or a model, for which the compiled parser was not made: botocore's parser has to judge it."""


def plain(value: Any) -> Any:
    """What botocore made of an answer, as plain JSON."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float):
        return finite(value)
    return value


def finite(value: float) -> float | str:
    """A number, or the name of what is none: "nan", "inf", "-inf"."""
    return value if math.isfinite(value) else str(value)


def moment(value: Any) -> str:
    """A timestamp as it stands in an answer: ISO 8601, seconds since 1970, RFC 822.

    What is no common form is left to botocore's parser, which knows more of them. Where the clock's zone has daylight
    saving, botocore takes a detour through local time; the instant is the same.
    """
    kind = type(value)
    if kind is float or kind is int:
        utc = datetime.fromtimestamp(value, UTC)
    elif kind is str and (match := _RFC3339(value)):
        utc = datetime.fromisoformat(value)
        if not utc.microsecond:
            return f"{match[1]}Z"
    else:
        return instant(parse_timestamp(value))
    return dumps(utc, None, OPT_UTC_Z)[1:-1].decode()  # as `instant` writes it, in half the time


def octets(text: Any) -> str:
    """Bytes that stand as base64, as canonical base64."""
    if type(text) is not str:
        raise UnsureError
    return base64.b64encode(base64.b64decode(text)).decode()


def exact(value: float) -> float:
    """A number that orjson has read; it rounds integers that take more than 64 bits, the standard library does not."""
    if not -_INEXACT < value < _INEXACT:
        raise UnsureError
    return value
