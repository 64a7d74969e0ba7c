"""What a deployed Helm release declares, and what its values mention. Pure.

Owns the unpacking of a release. Of its values, those that somebody gave count: the chart's own defaults are mostly not in use. Of what it
rendered, only which objects these are: what is in them is in the cluster.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from normalize.redaction import redact
from normalize.references import search

_MOST_BYTES = 16 << 20
_MOST_KEYS = 64
_GZIP = 16 + zlib.MAX_WBITS
_MOST_OBJECTS = 2000
_BROKEN = (ValueError, zlib.error, RecursionError, AttributeError, TypeError, KeyError)


def mentioned(secret: Mapping[str, Any]) -> tuple[str, ...]:
    """Canonical keys of what a release's values mention; none of a release that is not the deployed one, or cannot be read."""
    try:
        values = redact(_release(secret).get("config") or {})
    except _BROKEN:
        return ()
    keys = dict.fromkeys(mention.name.key for _, mention in search(values))
    return tuple(k for k in keys if " " not in k and "]" not in k)[:_MOST_KEYS]


def declared(secret: Mapping[str, Any], unscoped: frozenset[tuple[str, str]]) -> Iterator[tuple[str, str, str, str]]:
    """(API group, kind, namespace, name) of each object that a deployed release rendered; its hooks are left out, which come and go.

    Args:
        unscoped: (group, kind) of the kinds without a namespace.
    """
    try:
        release = _release(secret)
        manifest, home = release.get("manifest"), str(release.get("namespace") or "")
    except _BROKEN:
        return
    for number, text in enumerate(_DOCUMENT.split(manifest) if isinstance(manifest, str) else ()):
        if number >= _MOST_OBJECTS:
            return
        head = _head(text)
        version, kind, meta = (head.get(k) for k in ("apiVersion", "kind", "metadata"))
        if not (isinstance(version, str) and isinstance(kind, str) and isinstance(meta, dict)):
            continue
        group, name = version.rpartition("/")[0], meta.get("name")
        if isinstance(name, str) and name:
            yield group, kind, "" if (group, kind) in unscoped else str(meta.get("namespace") or home), name


def _release(secret: Mapping[str, Any]) -> Mapping[str, Any]:
    """A release unpacked; {} where it is not the deployed one.

    Raises:
        ValueError, zlib.error, RecursionError, AttributeError, TypeError, KeyError: it cannot be read.

    Source: helm/helm, pkg/storage/driver/util.go (gzip in base64, in the Secret's own base64), secrets.go (label status) and
    pkg/release/v1/release.go (config, manifest, hooks, namespace); not verified against a copy.
    """
    labels = (secret.get("metadata") or {}).get("labels") or {}
    if labels.get("status") != "deployed":
        return {}
    packed = base64.b64decode(base64.b64decode(secret["data"]["release"], validate=True), validate=True)
    text = zlib.decompressobj(_GZIP).decompress(packed, _MOST_BYTES)
    found = json.loads(text)
    return found if isinstance(found, dict) else {}


_DOCUMENT = re.compile(r"^---.*$", re.MULTILINE)
_HEAD = re.compile(r"^(?:apiVersion|kind|metadata)[ \t]*:.*(?:\n(?:[ \t].*|[ \t]*$|#.*))*", re.MULTILINE)
_MOST_HEAD = 64 << 10


def _head(document: str) -> Mapping[str, Any]:
    """apiVersion, kind and metadata of one document; what else is in it is not parsed."""
    text = "\n".join(m[0] for m in _HEAD.finditer(document))
    if not text or len(text) > _MOST_HEAD:
        return {}
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, *_BROKEN):
        return {}
    return found if isinstance(found, dict) else {}
