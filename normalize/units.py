"""Conversions at the edge: every quantity leaves here in its base unit, every instant as aware UTC RFC 3339 text."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from normalize.errors import MappingError

KIB, MIB, GIB, TIB = 1024, 1024**2, 1024**3, 1024**4

_SUFFIXES = {
    "": 1,
    "k": 10**3,
    "K": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "P": 10**15,
    "E": 10**18,
    "Ki": KIB,
    "Mi": MIB,
    "Gi": GIB,
    "Ti": TIB,
    "Pi": 1024**5,
    "Ei": 1024**6,
}
_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d+)|([numkKMGTPE]i?))?")
_FRACTIONS = {"n": 1e-9, "u": 1e-6, "m": 1e-3}


def quantity(text: str | int | float) -> float:
    """Convert a Kubernetes quantity to a number of base units: "64Gi", "500m", "1e3", 4.

    Raises:
        MappingError: the suffix is not one that Kubernetes defines.

    Source: kubernetes.io, "Resource Management for Pods and Containers" and the Quantity type, read 2026-11-24.
    """
    if isinstance(text, bool):
        raise MappingError(f"not a quantity: {text!r}")
    if isinstance(text, int | float):
        return float(text)
    m = _QUANTITY.fullmatch(text.strip()) if isinstance(text, str) else None
    if m is None:
        raise MappingError(f"not a Kubernetes quantity: {str(text)[:40]!r}")
    number, exponent, suffix = m.groups()
    if exponent:
        return float(number + exponent)
    if suffix in _FRACTIONS:
        return float(number) * _FRACTIONS[suffix]
    if (suffix or "") not in _SUFFIXES:
        raise MappingError(f"not a Kubernetes quantity: {text[:40]!r}")
    return float(number) * _SUFFIXES[suffix or ""]


def size_bytes(text: str | int | float) -> int:
    """Convert a Kubernetes quantity to whole bytes, rounded down: "64Gi", "500M" or a plain integer.

    Raises:
        MappingError: the suffix is not one that Kubernetes defines.
    """
    value = quantity(text)
    if not math.isfinite(value):
        raise MappingError(f"not a size: {text!r}")
    return int(value)


def times(factor: int) -> Callable[[Any], int]:
    """A converter that multiplies a number (or its decimal text) by `factor`: times(GIB) for sizes in GiB."""

    def convert(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise MappingError(f"not a number: {value!r}")
        number = float(value)
        if not math.isfinite(number):
            raise MappingError(f"not a finite number: {value!r}")
        return int(number * factor)

    return convert


def ratio(percent: Any) -> float:
    """Percent (0–100) as a ratio (0–1)."""
    return float(percent) / 100


def instant(value: Any) -> str:
    """An instant as RFC 3339 text in UTC, "2026-11-24T04:15:00Z" (microseconds only where there are any).

    Args:
        value: aware datetime; RFC 3339 or ISO 8601 text (naive means UTC); seconds, or milliseconds (above 10^11),
            since 1970-01-01 UTC.

    Raises:
        MappingError: it is none of these.
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        if isinstance(value, int | float):
            moment = datetime.fromtimestamp(value / 1000 if abs(value) > 1e11 else value, UTC)
        elif isinstance(value, datetime):
            moment = value
        else:
            moment = datetime.fromisoformat(value)
    except (ValueError, TypeError, OverflowError, OSError):
        raise MappingError(f"not an instant: {str(value)[:40]!r}") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.isoformat().replace("+00:00", "Z")


def integer(value: Any) -> int:
    """A whole number, also from its decimal text."""
    if isinstance(value, bool):
        raise MappingError(f"not a number: {value!r}")
    if isinstance(value, float) and not value.is_integer():
        raise MappingError(f"not a whole number: {value!r}")
    return int(value)


def number(value: Any) -> float:
    """A finite number, also from its decimal text."""
    if isinstance(value, bool):
        raise MappingError(f"not a number: {value!r}")
    result = float(value)
    if not math.isfinite(result):
        raise MappingError(f"not a finite number: {value!r}")
    return result


def truth(value: Any) -> bool:
    """A boolean, also from "true"/"false", "enabled"/"disabled", "yes"/"no"."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in ("true", "enabled", "yes", "on", "1"):
        return True
    if word in ("false", "disabled", "no", "off", "0"):
        return False
    raise MappingError(f"not a truth value: {str(value)[:40]!r}")
