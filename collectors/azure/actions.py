"""Which permission each read of a row takes. Follows from types and paths.

Source: Azure documentation, "Azure permissions" (an action is PROVIDER/TYPE[/TYPE…]/read), read 2026-11-24.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from collectors.azure.rows import Get, Rows
from normalize.model import Kind

_BLANK = re.compile(r"\{[^{}]*\}")


def type_of(kind: Kind, kinds: Mapping[str, Kind]) -> str:
    """Resource type of a kind's things: "Microsoft.Storage/storageAccounts/blobServices/containers"."""
    fetch: Rows | Get = kind.fetch
    if isinstance(fetch, Rows):
        part = fetch.part or str(fetch.each).rpartition(".")[2]
        return f"{fetch.type}/{part}" if fetch.each else fetch.type
    return listing(kind, kinds).removesuffix("/read")


def listing(kind: Kind, kinds: Mapping[str, Kind]) -> str:
    """The permission that listing a kind takes."""
    fetch: Rows | Get = kind.fetch
    if isinstance(fetch, Rows):
        return f"{fetch.type}/read"
    return needed(fetch, type_of(kinds[fetch.under], kinds) if fetch.under else "")


def needed(get: Get, root: str) -> str:
    """The permission that a read takes.

    Args:
        root: type of what its path begins with, "{$id}/…" or "{$parent.$id}/…".
    """
    if get.action:
        return get.action
    _, provider, tail = get.path.rpartition("/providers/")
    if provider:
        namespace, *parts = tail.split("/")
        return "/".join((namespace, *parts[::2], "read"))
    parts = _BLANK.sub("", get.path).strip("/").split("/")
    return "/".join((root, *filter(None, parts[::2]), "read"))


def of_kind(kind: Kind, kinds: Mapping[str, Kind]) -> Iterator[str]:
    """Every permission that a kind takes, that of its listing first."""
    yield listing(kind, kinds)
    own = type_of(kind, kinds)
    for detail in kind.fetch.detail:
        yield needed(detail, own)
    for lookup in kind.fetch.lookups:
        yield from lookup.actions
    yield from kind.needs
