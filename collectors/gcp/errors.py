"""What errors of Google's APIs mean, whichever transport brought them.

Owns the reading of status, reason and details. An error that is not listed is a CollectError with the API's own words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from normalize.errors import CollectError, DeniedError, TransientError, UnavailableError

CLOUD_ASSET = "cloudasset.googleapis.com"
_PERMISSION = re.compile(
    r"[Pp]ermissions? [`'\"]?(?P<quoted>[a-z]+\.[\w.]+\.\w+)|[Rr]equired [`'\"](?P<required>[a-z]+\.[\w.]+\.\w+)[`'\"]"
)
_DISABLED = frozenset({"SERVICE_DISABLED", "accessNotConfigured"})
_QUOTA_PROJECT = frozenset(
    {"USER_PROJECT_DENIED", "CONSUMER_INVALID", "CONSUMER_SUSPENDED", "RESOURCE_USAGE_RESTRICTION_VIOLATED"}
)
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
_REFUSED_CREDENTIALS = re.compile(
    r"metadata from plugin failed.*(?:invalid_grant|invalid_client|unauthorized_client|Reauthentication)"
)
_RETRY_INFO = "google.rpc.RetryInfo"
_WORDS = {
    "RESOURCE_EXHAUSTED": 429,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
    "INTERNAL": 500,
    "ABORTED": 503,
    "PERMISSION_DENIED": 403,
    "UNAUTHENTICATED": 401,
    "NOT_FOUND": 404,
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
}
"""Status words of gRPC -> HTTP codes. Source: googleapis/googleapis, google/rpc/code.proto, read 2026-11-24."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error of an API.

    Attributes:
        code: as of HTTP; 0 where no answer came.
        status: "PERMISSION_DENIED".
        reason: of google.rpc.ErrorInfo, or of the older form: "SERVICE_DISABLED", "rateLimitExceeded".
        about: metadata of google.rpc.ErrorInfo: service, consumer, permission.
        wait: seconds after which the API says to try again.
    """

    code: int
    message: str
    status: str = ""
    reason: str = ""
    about: Mapping[str, str] = field(default_factory=dict)
    wait: float | None = None

    @property
    def is_transient(self) -> bool:
        return self.code in _TRANSIENT or self.reason in (
            "rateLimitExceeded",
            "RATE_LIMIT_EXCEEDED",
            "userRateLimitExceeded",
        )

    @property
    def is_stale_token(self) -> bool:
        """Whether a page token is not taken any more."""
        return self.code == 400 and re.search(r"page.?token", self.message, re.IGNORECASE) is not None


def refusal_of(code: int, body: bytes, retry_after: str | None = None) -> Refusal:
    """The error in an HTTP answer.

    Source: "Errors" of the API design guide (error, details) and the Compute Engine and Storage APIs' older "errors" list, read
    2026-11-24.
    """
    try:
        error = json.loads(body)["error"]
        details: Sequence[Mapping[str, Any]] = error.get("details") or ()
        older: Sequence[Mapping[str, Any]] = error.get("errors") or ({},)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Refusal(code, f"HTTP {code}", wait=_seconds(retry_after))
    info = next((d for d in details if str(d.get("@type")).endswith("google.rpc.ErrorInfo")), {})
    delay = next((d.get("retryDelay") for d in details if str(d.get("@type")).endswith(_RETRY_INFO)), None)
    return Refusal(
        code,
        str(error.get("message") or f"HTTP {code}"),
        str(error.get("status") or ""),
        str(info.get("reason") or older[0].get("reason") or ""),
        {str(k): str(v) for k, v in (info.get("metadata") or {}).items()},
        _seconds(retry_after if retry_after is not None else delay),
    )


def refusal_from(error: Any) -> Refusal:
    """The error that the Cloud Asset client raised, over gRPC or REST."""
    code = int(error.code or 0)
    if _REFUSED_CREDENTIALS.search(str(error.message)):  # gRPC says that it is unavailable then
        return Refusal(401, str(error.message), "UNAUTHENTICATED")
    grpc = getattr(error, "grpc_status_code", None)
    status = str(getattr(grpc, "name", "") or "")
    delay = next((d.retry_delay for d in error.details or () if hasattr(d, "retry_delay")), None)
    return Refusal(
        _WORDS.get(status, code),
        str(error.message),
        status,
        str(error.reason or ""),
        dict(error.metadata or {}),
        None if delay is None else delay.seconds + delay.nanos / 1e9,
    )


def _seconds(text: str | None) -> float | None:
    try:
        return None if text is None else max(0.0, float(text.removesuffix("s")))
    except ValueError:
        return None


def meaning(
    refusal: Refusal, call: str, needs: Sequence[str], project: str = "", numbers: Sequence[str] = ()
) -> CollectError:
    """What an error means for a look.

    Args:
        needs: permissions that the call takes.
        project: id of the project that is asked about.
        numbers: the same project's other names.
    """
    about, message = refusal.about, refusal.message
    code = refusal.reason or refusal.status or str(refusal.code)
    if refusal.reason in _DISABLED:
        service = about.get("service", "") or call.removeprefix("GET ").split("/", 1)[0]
        consumer = about.get("consumer", "").rpartition("/")[2]
        if service != CLOUD_ASSET and (not consumer or consumer in (project, *numbers)):
            return UnavailableError(message, call=call, needs=(service,), code=code)
        # that the project which calls has it switched off says nothing about the one that is asked about
        return DeniedError(
            message, call=call, needs=(f"{service} enabled in project {consumer or 'of the caller'}",), code=code
        )
    if refusal.reason == "BILLING_DISABLED":
        return DeniedError(
            message, call=call, needs=(f"billing enabled for project {project or 'of the caller'}",), code=code
        )
    if refusal.reason in _QUOTA_PROJECT:
        return DeniedError(message, call=call, needs=("serviceusage.services.use",), code=code)
    if refusal.reason == "SECURITY_POLICY_VIOLATED":
        return DeniedError(message, call=call, needs=("an ingress rule of VPC Service Controls",), code=code)
    if refusal.code == 401:
        return DeniedError(message, call=call, needs=("credentials that Google accepts",), code=code)
    if refusal.status == "UNIMPLEMENTED" and call.startswith("GET "):
        # how Vertex AI says that a region does not have it: googleapis/python-aiplatform#7091, read 2026-11-24
        return UnavailableError(message, call=call, code=code)
    if refusal.is_transient:
        return TransientError(message, call=call, code=code)
    if refusal.code == 403:
        m = _PERMISSION.search(message)
        named = about.get("permission") or (m and (m["quoted"] or m["required"]))
        return DeniedError(message, call=call, needs=(named,) if named else tuple(needs), code=code)
    return CollectError(message, call=call, code=code)
