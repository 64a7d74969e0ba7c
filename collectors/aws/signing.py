"""What every request carries, worked out once where it is the same: the key of a day's signatures, and the User-Agent.

Owns signature version 4 over headers, to the byte what botocore makes of it. Credentials and their renewal, the choice of a
signature, payload hashes and the headers that are signed stay botocore's, as does every request that is not in plain ASCII.

Source: botocore 1.44.5, auth.py, signers.py and useragent.py, read in the package 2026-11-24.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from botocore import auth
from botocore.context import get_context
from botocore.exceptions import NoCredentialsError

_AUTH: Any = auth
_NEVER_SIGNED = frozenset(auth.SIGNED_HEADERS_BLACKLIST)
_KEYS = 4096
"""Keys kept: one per day, region, service and credentials."""


class _InOnePass:
    """Mixin for a signer: one pass over the headers."""

    credentials: Any
    _region_name: str
    _service_name: str

    def add_auth(self, request: Any) -> None:
        if self.credentials is None:
            raise NoCredentialsError
        stamp = _AUTH.get_current_datetime().strftime(auth.SIGV4_TIMESTAMP)
        request.context["timestamp"] = stamp
        this: Any = self
        this._modify_request_before_signing(request)
        parts = urlsplit(request.url)
        signed = _signed(request.headers, parts)
        if signed is None:
            super().add_auth(request)  # type: ignore[misc]
            return
        names = ";".join(sorted(signed))
        lines = "\n".join(f"{name}:{signed[name]}" for name in sorted(signed))
        path = this._normalize_url_path(parts.path) if parts.path != "/" else "/"
        query = this.canonical_query_string(request) if parts.query or request.params else ""
        told = "x-amz-content-sha256" in signed
        digest = request.headers["X-Amz-Content-SHA256"] if told else self.payload(request)
        canonical = f"{request.method.upper()}\n{path}\n{query}\n{lines}\n\n{names}\n{digest}"
        scope = f"{stamp[:8]}/{self._region_name}/{self._service_name}/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
        key = _key(self.credentials.secret_key, stamp[:8], self._region_name, self._service_name)
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        who = f"{self.credentials.access_key}/{scope}"
        request.headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={who}, SignedHeaders={names}, Signature={signature}"
        )

    def payload(self, request: Any) -> str:
        this: Any = self
        body = request.data
        if type(body) is bytes and not this._is_streaming_checksum_payload(request):
            return sha256(body).hexdigest() if this._should_sha256_sign_payload(request) else auth.UNSIGNED_PAYLOAD
        return str(super().payload(request))  # type: ignore[misc]


class QuickSigV4(_InOnePass, auth.SigV4Auth):
    """botocore's signature version 4."""


class QuickS3SigV4(_InOnePass, auth.S3SigV4Auth):
    """botocore's signature version 4 for S3."""


_QUICK = {auth.SigV4Auth: QuickSigV4, auth.S3SigV4Auth: QuickS3SigV4}


def sign_quickly(client: Any) -> None:
    """Let a botocore client sign with these."""
    signer = client._request_signer
    find = signer.get_auth_instance

    def get_auth_instance(*args: Any, **options: Any) -> Any:
        found = find(*args, **options)
        if (ours := _QUICK.get(type(found))) is not None:
            found.__class__ = ours
        return found

    signer.get_auth_instance = get_auth_instance


def introduce_once(client: Any) -> None:
    """Let a botocore client put its User-Agent together once for each set of features that a call uses."""
    creator = client._user_agent_creator
    build: Callable[[], str] = creator.to_string
    built: dict[frozenset[str], str] = {}

    def to_string() -> str:
        context = get_context()
        features = frozenset(context.features if context is not None else ())
        if features not in built:
            built[features] = build()
        return built[features]

    creator.to_string = to_string


def _signed(headers: Any, parts: Any) -> dict[str, str] | None:
    """Header -> value, as they are signed; None where one is not plain ASCII."""
    found: dict[str, str] = {}
    for name, value in headers.raw_items():
        lower = name.lower()
        if lower in _NEVER_SIGNED:
            continue
        if type(value) is not str or not value.isascii():
            return None
        trimmed = " ".join(value.split())
        found[lower] = f"{found[lower]},{trimmed}" if lower in found else trimmed
    if "host" not in found:
        found["host"] = _host(parts.scheme, parts.netloc)
    return found


@lru_cache(_KEYS)
def _host(scheme: str, place: str) -> str:
    return str(_AUTH._host_from_url(f"{scheme}://{place}/"))


@lru_cache(_KEYS)
def _key(secret: str, day: str, region: str, service: str) -> bytes:
    """Source: IAM User Guide, "Create a signed AWS API request"; botocore.auth.SigV4Auth.signature; read 2026-11-24."""
    key = b"AWS4" + secret.encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
