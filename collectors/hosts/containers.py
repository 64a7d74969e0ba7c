"""What the container engines' own clients list, in one shape. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from normalize.errors import MISSHAPEN, CollectError
from normalize.model import Json

ENGINES = ("docker", "podman", "nerdctl", "crictl", "ctr")
STORES = tuple(f"{engine}-images" for engine in ENGINES)


def listed(engine: str, text: str) -> Iterator[dict[str, Json]]:
    """Containers of `ENGINE ps`, running or not.

    Raises:
        CollectError: it is not what the engine prints.
    """
    read = _READERS[engine]
    for item in _rows(text) if engine == "ctr" else _documents(engine, text):
        try:
            entry = read(item)
        except MISSHAPEN as error:
            raise CollectError(
                f"a container is not described as {engine} does it: {error!r}", call=f"{engine} ps"
            ) from None
        yield {k: v for k, v in (entry | {"engine": engine}).items() if v not in (None, "", [], {})}


def stored(engine: str, text: str) -> Iterator[dict[str, Json]]:
    """Images that an engine holds: id, names, digests, bytes, when it was made.

    Raises:
        CollectError: it is not what the engine prints.
    """
    read = _IMAGE_READERS[engine]
    for item in _rows(text) if engine == "ctr" else _documents(engine, text):
        try:
            entry = read(item)
        except MISSHAPEN as error:
            raise CollectError(
                f"an image is not described as {engine} does it: {error!r}", call=f"{engine} images"
            ) from None
        yield {k: v for k, v in (entry | {"engine": engine}).items() if v not in (None, "", [], {})}


def _rows(text: str) -> Iterator[dict[str, Any]]:
    """Lines of one of ctr's tables, after the name of the namespace."""
    for line in text.splitlines():
        if cells := line.split():
            yield {"cells": cells}


def inspected(text: str) -> dict[str, dict[str, Json]]:
    """What `docker inspect` adds, by container id: environment, arguments, devices asked for."""
    found: dict[str, dict[str, Json]] = {}
    for item in _documents("docker", text):
        entry: dict[str, Json] = {
            "environment": _environment(item.get("Env") or ()),
            "arguments": [a for a in (item.get("Path"), *(item.get("Args") or ())) if a],
            "device_requests": item.get("DeviceRequests") or None,
            "privileged": item.get("Privileged"),
            "mounts": [
                {"source": m.get("Source"), "target": m.get("Destination"), "type": m.get("Type")}
                for m in item.get("Mounts") or ()
            ],
            "created_at": item.get("Created"),
        }
        found[item["Id"]] = {k: v for k, v in entry.items() if v not in (None, [], {})}
    return found


def requested(requests: Sequence[Mapping[str, Any]]) -> int | None:
    """Accelerators that docker's DeviceRequests ask for; None for all there are (a count of -1)."""
    total = 0
    for request in requests:
        if any("gpu" in group for group in request.get("Capabilities") or ()):
            count = len(request.get("DeviceIDs") or ()) or int(request.get("Count") or 0)
            if count < 0:
                return None
            total += count
    return total


def _environment(pairs: Any) -> dict[str, str]:
    return {name: value for name, _, value in (str(pair).partition("=") for pair in pairs)}


def _documents(engine: str, text: str) -> Iterator[dict[str, Any]]:
    """The objects in an engine's output: one a line, a list, or a list under "containers"."""
    decoder, at, text = json.JSONDecoder(), 0, text.strip()
    while at < len(text):
        try:
            document, end = decoder.raw_decode(text, at)
        except ValueError as error:
            raise CollectError(f"the output is no JSON: {error}", call=f"{engine} ps") from None
        items = (
            document.get("containers", document.get("images", [document])) if isinstance(document, dict) else document
        )
        for item in items or ():
            if not isinstance(item, dict):
                raise CollectError("the output is no list of objects", call=f"{engine} ps")
            yield item
        at = end
        while at < len(text) and text[at] in " \r\n\t,":
            at += 1


def _words(text: Any) -> list[str]:
    return [w.strip() for w in str(text or "").split(",") if w.strip()]


def _labels(text: Any) -> dict[str, str]:
    if isinstance(text, dict):
        return {str(k): str(v) for k, v in text.items()}
    return {k: v for k, equals, v in (w.partition("=") for w in _words(text)) if equals}


def _docker(item: dict[str, Any]) -> dict[str, Json]:
    return {
        "id": item["ID"],
        "name": item.get("Names"),
        "image": item["Image"],
        "state": item.get("State") or item.get("Status"),
        "command": str(item.get("Command") or "").strip('"'),
        "ports": _words(item.get("Ports")),
        "networks": _words(item.get("Networks")),
        "labels": _labels(item.get("Labels")),
        "created_at": _docker_instant(item.get("CreatedAt")),
    }


def _docker_instant(text: Any) -> str | None:
    """ "2026-11-24 04:15:00 +0100 CET" as ISO 8601."""
    m = re.match(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)? ?([+-]\d{4}|Z)", str(text or ""))
    return f"{m[1]}T{m[2]}{m[3]}" if m else None


def _podman(item: dict[str, Any]) -> dict[str, Json]:
    names = item.get("Names")
    ports = [
        f"{p.get('host_ip') or '0.0.0.0'}:{p['host_port']}->{p['container_port']}/{p.get('protocol') or 'tcp'}"  # noqa: S104  a word
        for p in item.get("Ports") or ()
    ]
    return {
        "id": item["Id"],
        "name": names[0] if isinstance(names, list) and names else names,
        "image": item["Image"],
        "state": item.get("State"),
        "arguments": item.get("Command"),
        "ports": ports,
        "networks": item.get("Networks"),
        "labels": _labels(item.get("Labels")),
        "created_at": item["Created"] if isinstance(item.get("Created"), int) else item.get("CreatedAt"),
    }


def _crictl(item: dict[str, Any]) -> dict[str, Json]:
    created = str(item.get("createdAt") or "")
    return {
        "id": item["id"],
        "name": (item.get("metadata") or {}).get("name"),
        "image": (item.get("image") or {}).get("userSpecifiedImage") or (item.get("image") or {}).get("image") or "",
        "state": str(item.get("state") or "").removeprefix("CONTAINER_").lower(),
        "labels": _labels(item.get("labels")),
        "created_at": int(created) // 1_000_000 if created.isdecimal() else None,
    }


def _ctr(item: dict[str, Any]) -> dict[str, Json]:
    """NAMESPACE CONTAINER IMAGE RUNTIME; whether it runs is in another table. Source: containerd/containerd, cmd/ctr/commands/containers,
    read 2026-11-24."""
    _, container, image, *_ = item["cells"]
    return {"id": container, "name": container, "image": "" if image == "-" else image}


def _docker_image(item: dict[str, Any]) -> dict[str, Json]:
    return {
        "id": item["Id"],
        "names": item.get("RepoTags"),
        "digests": item.get("RepoDigests"),
        "bytes": int(item["Size"]) if item.get("Size") is not None else None,
        "created_at": item.get("Created"),
    }


def _podman_image(item: dict[str, Any]) -> dict[str, Json]:
    created = item.get("Created") if isinstance(item.get("Created"), int) else item.get("CreatedAt")
    names = item.get("Names") or item.get("RepoTags")
    return _docker_image(item | {"Created": created, "RepoTags": names})


def _nerdctl_image(item: dict[str, Any]) -> dict[str, Json]:
    repository, tag, digest = (str(item.get(k) or "<none>") for k in ("Repository", "Tag", "Digest"))
    known = repository != "<none>"
    return {
        "id": item["ID"],
        "names": [f"{repository}:{tag}"] if known and tag != "<none>" else None,
        "digests": [f"{repository}@{digest}"] if known and digest != "<none>" else None,
        "created_at": _docker_instant(item.get("CreatedAt")),
    }


def _crictl_image(item: dict[str, Any]) -> dict[str, Json]:
    return {
        "id": item["id"],
        "names": item.get("repoTags"),
        "digests": item.get("repoDigests"),
        "bytes": int(item["size"]) if str(item.get("size") or "").isdecimal() else None,
    }


def _ctr_image(item: dict[str, Any]) -> dict[str, Json]:
    """NAMESPACE REF TYPE DIGEST SIZE UNIT PLATFORMS LABELS."""
    _, name, _, digest, *_ = item["cells"]
    return {"id": digest, "names": [name], "digests": [f"{name.partition('@')[0]}@{digest}"]}


_IMAGE_READERS: Mapping[str, Callable[[dict[str, Any]], dict[str, Json]]] = {
    "docker": _docker_image,
    "podman": _podman_image,
    "nerdctl": _nerdctl_image,
    "crictl": _crictl_image,
    "ctr": _ctr_image,
}
_READERS: Mapping[str, Callable[[dict[str, Any]], dict[str, Json]]] = {
    "docker": _docker,
    "podman": _podman,
    "nerdctl": _docker,
    "crictl": _crictl,
    "ctr": _ctr,
}
