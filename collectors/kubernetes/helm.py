"""What the values of a deployed Helm release mention. Pure.

Owns the unpacking of a release. Refuses everything but the values that somebody gave: the chart's own defaults are mostly not
in use, and what it rendered is in the cluster.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

from normalize.redaction import redact
from normalize.references import search

_MOST_BYTES = 16 << 20
_MOST_KEYS = 64
_GZIP = 16 + zlib.MAX_WBITS
_BROKEN = (ValueError, zlib.error, RecursionError, AttributeError, TypeError)


def mentioned(secret: Mapping[str, Any]) -> tuple[str, ...]:
    """Canonical keys of what a release's values mention; none of a release that is not the deployed one, or cannot be read.

    Source: helm/helm, pkg/storage/driver/util.go (gzip in base64, in the Secret's own base64) and secrets.go (label status);
    not verified against a copy.
    """
    labels = (secret.get("metadata") or {}).get("labels") or {}
    if labels.get("status") != "deployed":
        return ()
    try:
        packed = base64.b64decode(base64.b64decode(secret["data"]["release"], validate=True), validate=True)
        text = zlib.decompressobj(_GZIP).decompress(packed, _MOST_BYTES)
        values = redact(json.loads(text).get("config") or {})
    except (KeyError, *_BROKEN):
        return ()
    keys = dict.fromkeys(mention.name.key for _, mention in search(values))
    return tuple(k for k in keys if " " not in k and "]" not in k)[:_MOST_KEYS]
