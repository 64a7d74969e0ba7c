"""Which types an API server serves, and under which version each is read. Pure, except that `discover` asks the server.

Owns the choice of versions and the list of types that are not part of an inventory. Refuses to drop a group that does not
answer: it becomes a `Silence`, which has coverage of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from normalize.errors import MISSHAPEN, CollectError, DeniedError
from normalize.model import Json

LEFT_OUT = frozenset(
    {
        ("", "events"),  # what happened an hour ago, not what there is
        ("events.k8s.io", "events"),
        ("", "componentstatuses"),  # deprecated health probes without identity
        ("metrics.k8s.io", "nodes"),  # samples of the last minute, under the names of nodes and pods
        ("metrics.k8s.io", "pods"),
    }
)
"""Listable resources that are no inventory. Reviews and bindings cannot be listed at all."""


@dataclass(frozen=True, slots=True)
class Objects:
    """How to list a kind: its API group, kind and plural; version and reach as the server says."""

    group: str
    kind: str
    plural: str
    namespaced: bool = True
    version: str = ""

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def path(self) -> str:
        return (
            f"/apis/{self.group}/{self.version}/{self.plural}" if self.group else f"/api/{self.version}/{self.plural}"
        )


@dataclass(frozen=True, slots=True)
class Silence:
    """A group version whose resource list could not be had: what it serves is unknown, not nothing."""

    group: str
    version: str
    error: CollectError | None = None

    @property
    def path(self) -> str:
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"


class Reader(Protocol):
    def get(self, path: str, query: Any = None, accept: str = "application/json") -> Json: ...


_LONGEST_NAME = 253
_Version = tuple[str, "Sequence[Objects] | CollectError | None"]


def discover(api: Reader, aggregated: str) -> tuple[list[Objects], list[Silence]]:
    """(types that can be listed, group versions that did not say what they serve).

    Each resource is taken from the first version that serves it, in the server's order of preference: a kind that only
    an older or newer version knows (kubeflow.org MPIJob) is not lost.

    Raises:
        CollectError: the list of groups itself cannot be read.
    """
    types: list[Objects] = []
    silences: list[Silence] = []
    for root in ("/api", "/apis"):
        for group, versions in _groups(api, root, aggregated):
            seen: set[str] = set()
            for version, found in versions:
                if found is None or isinstance(found, CollectError):
                    silences.append(Silence(group, version, found))
                    continue
                for resource in found:
                    if resource.plural not in seen and (group, resource.plural) not in LEFT_OUT:
                        seen.add(resource.plural)
                        types.append(resource)
    return types, silences


def _groups(api: Reader, root: str, aggregated: str) -> Iterator[tuple[str, list[_Version]]]:
    answer = api.get(root, accept=aggregated)
    try:
        yield from _named_groups(api, root, answer)
    except MISSHAPEN as error:
        raise CollectError(
            f"the list of API groups has another shape: {type(error).__name__}", call=f"GET {root}"
        ) from error


def _named_groups(api: Reader, root: str, answer: Json) -> Iterator[tuple[str, list[_Version]]]:
    if answer.get("kind") == "APIGroupDiscoveryList":
        for item in answer["items"]:
            yield _aggregated(item)
    elif root == "/api":
        yield "", [(v, _listed(api, "", v)) for v in answer["versions"]]
    else:
        for item in answer["groups"]:
            versions = [_word(v["version"]) for v in item["versions"]]
            preferred = (item.get("preferredVersion") or {}).get("version")
            ordered = sorted(versions, key=lambda v: v != preferred)
            yield item["name"], [(v, _listed(api, item["name"], v)) for v in ordered]


def _aggregated(item: Json) -> tuple[str, list[_Version]]:
    """One group of an aggregated discovery document. A stale version names what it once served, or nothing."""
    group = _word(item["metadata"].get("name", ""))
    versions: list[_Version] = []
    for v in item["versions"]:
        version = _word(v["version"])
        try:
            resources = [
                Objects(
                    group, _word(r["responseKind"]["kind"]), _word(r["resource"]), r["scope"] == "Namespaced", version
                )
                for r in v.get("resources") or []
                if "list" in r["verbs"]
            ]
        except MISSHAPEN:
            versions.append((version, None))
            continue
        if v.get("freshness") != "Stale" or resources:
            versions.append((version, resources))
        if v.get("freshness") == "Stale":
            versions.append((version, None))
    return group, versions


def _word(value: Json) -> str:
    """A name of a group, version, kind or resource.

    Raises:
        ValueError: it is none: longer than the API takes, or no text.
    """
    if not isinstance(value, str) or len(value) > _LONGEST_NAME:
        raise ValueError("no name")
    return value


def _listed(api: Reader, group: str, version: str) -> Sequence[Objects] | CollectError:
    """The listable resources of one group version; the error when it does not say, unless we may not ask at all."""
    try:
        answer = api.get(Silence(group, version).path)
    except DeniedError:
        raise
    except CollectError as error:
        return error
    try:
        return [
            Objects(group, _word(r["kind"]), _word(r["name"]), bool(r["namespaced"]), version)
            for r in answer["resources"] or []
            if "/" not in r["name"] and "list" in r["verbs"]
        ]
    except MISSHAPEN as error:
        return CollectError(f"the list of resources has another shape: {type(error).__name__}")
