"""What Azure's errors mean.

Owns the tables of codes. Refuses to retry: patience.py does, of what is marked busy here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from collectors.patience import BusyError
from normalize.errors import CollectError, DeniedError, TransientError, UnavailableError

UNREGISTERED = frozenset(
    {
        "MissingSubscriptionRegistration",
        "SubscriptionNotRegistered",
        "NoRegisteredProviderFound",
        "MissingRegistrationForLocation",
        "LocationNotAvailableForResourceType",
        "InvalidResourceNamespace",
        "InvalidResourceType",
    }
)
"""Codes by which Azure says that a provider is not registered in a subscription, or does not offer the type there. Source: Azure
documentation, "Resolve errors for resource provider registration" and "Resolve errors for resource type not found"; read 2026-11-24."""
_OTHER_VERSIONS = re.compile(r"supported api-versions are '[^']+'", re.IGNORECASE)
"""The same codes with these words: the type is offered, only not in the version that was asked for."""
DENIED = frozenset(
    {
        "AuthorizationFailed",
        "LinkedAuthorizationFailed",
        "AuthenticationFailed",
        "InvalidAuthenticationToken",
        "InvalidAuthenticationTokenTenant",
        "ExpiredAuthenticationToken",
        "AccessDenied",
        "RequestDisallowedByPolicy",
    }
)
"""Source: Azure documentation, "Common Azure deployment errors" and "Troubleshoot Azure RBAC"; read 2026-11-24."""
_BUSY = frozenset({408, 429, 500, 502, 503, 504})
_DURATION = re.compile(r"(?:(\d+)\.)?(\d+):(\d+):(\d+)(?:\.\d+)?")


def translate(error: Exception, call: str = "", needs: tuple[str, ...] = ()) -> CollectError | None:
    """An error of the SDK as one of ours; None for what is no error of Azure's. What may pass is a BusyError."""
    if isinstance(error, CollectError):
        return error
    if isinstance(error, ClientAuthenticationError):
        said = " ".join(line.strip() for line in str(error).splitlines())  # each credential that was tried has a line
        return DeniedError(said[:800], call=call, code="ClientAuthenticationError")
    if isinstance(error, HttpResponseError):
        status = error.status_code or 0
        return refusal(status, code_of(error), _said(error), headers_of(error), call, needs)
    if isinstance(error, ServiceRequestError | ServiceResponseError):
        return BusyError(TransientError(f"no answer: {_first_line(error)}", call=call, code=type(error).__name__))
    if isinstance(error, AzureError):
        return CollectError(_first_line(error), call=call, code=type(error).__name__)
    return None


def refusal(
    status: int, code: str, said: str, headers: Mapping[str, str], call: str, needs: tuple[str, ...]
) -> CollectError:
    """What an answer other than success means."""
    said = said or f"HTTP {status}"
    if code in UNREGISTERED and not _OTHER_VERSIONS.search(said):
        return UnavailableError(said, call=call, code=code)
    if status in (401, 403) or code in DENIED:
        return DeniedError(
            said,
            call=call,
            needs=needs if status == 403 or code == "AuthorizationFailed" else (),
            code=code or str(status),
        )
    if status in _BUSY:
        return BusyError(TransientError(said, call=call, code=code or str(status)), wait_of(headers))
    return CollectError(said, call=call, code=code or str(status))


def wait_of(headers: Mapping[str, str]) -> float | None:
    """Seconds after which Azure says to try again; None where it does not say."""
    told = {k.lower(): v for k, v in headers.items()}
    if (after := told.get("retry-after", "")).isdigit():
        return float(after)
    return duration(told.get("x-ms-user-quota-resets-after", ""))


def duration(text: str) -> float | None:
    """Seconds of "00:00:05", or of "1.00:00:00" with days; None for anything else."""
    m = _DURATION.fullmatch(text)
    if m is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in m.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def headers_of(error: HttpResponseError) -> dict[str, str]:
    """Headers of the answer that made the error; none where there was no answer."""
    return dict(getattr(error.response, "headers", None) or {})


def code_of(error: HttpResponseError) -> str:
    return str(getattr(error.error, "code", None) or "")


def _said(error: HttpResponseError) -> str:
    return str(getattr(error.error, "message", None) or _first_line(error))


def _first_line(error: Any) -> str:
    return str(error).splitlines()[0][:500] if str(error) else type(error).__name__
