"""On what machines jobs and deployments of Azure Machine Learning run: those that they ask for, or those of the cluster that they name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collectors.azure.ml_workspaces import TYPE, VERSION
from collectors.azure.rows import GONE, Lookup, Reader
from collectors.azure.sizes import Sizes
from collectors.azure.values import text
from normalize.errors import CollectError
from normalize.model import Json, Scope

MACHINE = "$Machine"
_ACTION = f"{TYPE}/computes/read"


@dataclass(frozen=True, slots=True)
class Machines:
    """Adds "$Machine": {"Size", "Region"}.

    Attributes:
        size: where an item's own size stands.
        compute: where the ARM id of the cluster stands.
        region: where the region of what asks for a size of its own stands.
    """

    size: str
    compute: str
    region: str

    @property
    def actions(self) -> tuple[str, ...]:
        return (_ACTION,)

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        failed: dict[int, list[CollectError]] = {}
        for index, item in enumerate(items):
            if size := text(item, self.size):
                item[MACHINE] = {"Size": size, "Region": text(item, self.region)}
                continue
            workspace, _, name = text(item, self.compute).lower().rpartition("/computes/")
            if not workspace:
                continue
            try:
                known = _clusters(reader, workspace)
            except CollectError as error:
                failed[index] = [error]
                continue
            if found := known.get(name):
                item[MACHINE] = found
        return failed


def _clusters(reader: Reader, workspace: str) -> Mapping[str, Json]:
    """Size and region of every cluster of a workspace, by name. Asked once. Raises CollectError."""
    key = ("clusters", workspace)
    if key not in reader.memory:
        try:
            answers = reader.pages(f"{workspace}/computes", VERSION, {}, (_ACTION,))
            reader.memory[key] = dict(_facts(answers))
        except CollectError as error:
            reader.memory[key] = {} if error.code in GONE else error
    found = reader.memory[key]
    if isinstance(found, CollectError):
        raise found
    return found  # type: ignore[no-any-return]


def _facts(answers: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, Json]]:
    for answer in answers:
        for compute in answer.get("value") or ():
            if size := text(compute, "properties.properties.vmSize"):
                region = text(compute, "properties.computeLocation") or text(compute, "location")
                yield str(compute["name"]).lower(), {"Size": size, "Region": region}


def machines(size: str, compute: str, region: str = "$parent.location") -> tuple[Lookup, ...]:
    """What it takes to know the accelerators of an item."""
    return Machines(size, compute, region), Sizes(f"{MACHINE}.Size", f"{MACHINE}.Region")
