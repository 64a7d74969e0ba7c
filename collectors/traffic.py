"""What an endpoint, a load balancer or an API had to do, in the one shape that every cloud's rows read.

Owns the shape, its fields and the arithmetic of minutes. Refuses to ask anybody: each cloud's package asks its own metrics and
puts {"Days", "Requests", "PerMinute": {"P50", "P95", "Max"}, "Latency": {"P50", "P99"} in seconds, "Errors", "ClientErrors", …}
under TRAFFIC. What is not known is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from normalize.mapping import MISSING
from normalize.model import Field, Path

TRAFFIC = "$Traffic"


def per_minute(counts: Sequence[float], days: int, each: int = 1) -> dict[str, float]:
    """Quantiles over all minutes of the window; a minute without a data point had no request.

    Args:
        counts: requests of the minutes that had any, smallest first; their mean where one stands for several.
        each: minutes that one count stands for.
    """
    windows = days * 1440 // each
    return {"P50": _share(counts, windows, 0.5), "P95": _share(counts, windows, 0.95), "Max": max(counts, default=0)}


def _share(counts: Sequence[float], minutes: int, share: float) -> float:
    at = math.ceil(share * minutes) - 1 - (minutes - len(counts))
    return counts[at] if at >= 0 else 0


def _ratio(part: str) -> Callable[[Any], Any]:
    def divide(told: Any) -> Any:
        requests = told.get("Requests")
        return min(1.0, told[part] / requests) if requests and part in told else MISSING

    return divide


MEASURED: Mapping[str, Path | Field] = {
    "traffic_window_days": f"{TRAFFIC}.Days",
    "request_count": f"{TRAFFIC}.Requests",
    "requests_per_minute_p50": f"{TRAFFIC}.PerMinute.P50",
    "requests_per_minute_p95": f"{TRAFFIC}.PerMinute.P95",
    "requests_per_minute_max": f"{TRAFFIC}.PerMinute.Max",
}
"""Fields of every kind whose requests are counted."""
LATENCY: Mapping[str, Path | Field] = {
    "latency_p50_seconds": f"{TRAFFIC}.Latency.P50",
    "latency_p99_seconds": f"{TRAFFIC}.Latency.P99",
}
ERRORS: Mapping[str, Path | Field] = {"error_ratio": Field(TRAFFIC, _ratio("Errors"))}
CLIENT_ERRORS: Mapping[str, Path | Field] = {"client_error_ratio": Field(TRAFFIC, _ratio("ClientErrors"))}
