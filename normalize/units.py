"""Conversions at the edge: every quantity leaves here in its base unit, every instant as aware UTC RFC 3339 text."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from normalize.errors import MappingError

KIB, MIB, GIB, TIB = 1024, 1024**2, 1024**3, 1024**4

_SUFFIXES: dict[str, int | Decimal] = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": 1,
    "k": 10**3,
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
_QUANTITY = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:([eE][+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i))?", re.ASCII)


def quantity(text: str | int | float) -> float:
    """Convert a Kubernetes quantity to a number of base units: "64Gi", "500m", "1e3", 4.

    Raises:
        MappingError: the suffix is not one that Kubernetes defines.

    Source: kubernetes/apimachinery at eed236c, pkg/api/resource/suffix.go and quantity.go, read 2026-11-24.
    """
    return float(_decimal(text))


def _decimal(text: str | int | float) -> Decimal:
    if isinstance(text, int | float) and not isinstance(text, bool):
        return Decimal(text)
    m = _QUANTITY.fullmatch(text.strip()) if isinstance(text, str) else None
    if m is None:
        raise MappingError(f"not a Kubernetes quantity: {str(text)[:40]!r}")
    digits, exponent, suffix = m.groups()
    return Decimal(digits + (exponent or "")) * _SUFFIXES[suffix or ""]


def size_bytes(text: str | int | float) -> int:
    """Convert a Kubernetes quantity to whole bytes, rounded down: "64Gi", "500M" or a plain integer.

    Raises:
        MappingError: the suffix is not one that Kubernetes defines.
    """
    value = _decimal(text)
    if not value.is_finite() or value.adjusted() > 30:
        raise MappingError(f"not a size: {str(text)[:40]!r}")
    return int(value)


def times(factor: int) -> Callable[[Any], int]:
    """A converter that multiplies a number (or its decimal text) by `factor`: times(GIB) for sizes in GiB."""

    def convert(value: Any) -> int:
        return int(_finite(value) * factor)

    return convert


def mibps(mbps: Any) -> float:
    """Millions of bytes a second as MiB a second, to three digits.

    Raises:
        MappingError: it is no finite number.
    """
    return float(round(_finite(mbps) * 10**6 / MIB, 3))


def every(duration: Any) -> str:
    """A period of seconds, "7776000s", in the words of a rotation: "every 90 days".

    Raises:
        MappingError: it is none.
    """
    seconds = _finite(str(duration).removesuffix("s"))
    days, rest = divmod(seconds, 86400)
    return f"every {seconds.normalize():f} seconds" if rest or not days else f"every {days:f} days"


_EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}


def taint(key: str, value: str | None, effect: str) -> str:
    """A taint as Kubernetes writes it, "nvidia.com/gpu=present:NoSchedule"; clouds write NO_SCHEDULE.

    Source: botocore 1.44.5, EKS TaintEffect; Kubernetes Engine API v1, NodeTaint; kubernetes 37, V1Taint; read 2026-11-24.
    """
    return f"{key}={value or ''}:{_EFFECTS.get(effect, effect)}"


def ratio(percent: Any) -> float:
    """Percent (0–100) as a ratio (0–1).

    Raises:
        MappingError: it is no finite number.
    """
    return float(_finite(percent) / 100)


def _finite(value: Any) -> Decimal:
    """A finite number, also from its decimal text, without loss."""
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            found = Decimal(value)
        except InvalidOperation:
            found = Decimal("nan")
        if found.is_finite() and found.adjusted() < 300:
            return found
    raise MappingError(f"not a finite number: {str(value)[:40]!r}")


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
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        raise MappingError(f"not an instant: {str(value)[:40]!r}") from None
    return moment.isoformat().replace("+00:00", "Z")


def integer(value: Any) -> int:
    """A whole number, also from its decimal text.

    Raises:
        MappingError: it is none.
    """
    found = _finite(value)
    if found != found.to_integral_value():
        raise MappingError(f"not a whole number: {str(value)[:40]!r}")
    return int(found)


def number(value: Any) -> float:
    """A finite number, also from its decimal text.

    Raises:
        MappingError: it is none.
    """
    return float(_finite(value))


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
