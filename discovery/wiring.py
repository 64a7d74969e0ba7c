"""Loads collectors lazily: no SDK is imported before a source of its type is opened."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any, cast

from discovery.importing import IMPORTERS
from normalize.errors import ConfigError

if TYPE_CHECKING:
    from collectors.contract import Collector, MachineList
    from discovery.config import _Source
    from normalize.model import Kind

# source type -> (module, extra)
COLLECTORS: Mapping[str, tuple[str, str]] = {
    "aws": ("collectors.aws", "aws"),
    "gcp": ("collectors.gcp", "gcp"),
    "azure": ("collectors.azure", "azure"),
    "kubernetes": ("collectors.kubernetes", "kubernetes"),
    "mlflow": ("collectors.mlflow", "mlflow"),
    "host": ("collectors.hosts", "host"),
    "slurm": ("collectors.slurm", "slurm"),
}
_OURS = frozenset({"collectors", "discovery", "normalize", "planning", "reports", "store"})


def _module(source_type: str) -> Any:
    return importlib.import_module(COLLECTORS[source_type][0])


def open_source(source: _Source, began: datetime | None = None) -> Collector:
    """Open a configured source. Connects to nothing that a scan would not read.

    Args:
        began: when the scan began; the same for every process that takes part in it.

    Raises:
        ConfigError: its extra is not installed, or its settings cannot work.
    """
    settings = source.model_dump(exclude_none=True) | ({"began": began} if began else {})
    source_type = str(settings["type"])
    module = _module(source_type)
    try:
        return cast("Collector", module.open_source(settings))
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in _OURS:
            raise
        extra = COLLECTORS[source_type][1]
        raise ConfigError(
            f'source "{settings["name"]}" needs the extra "{extra}": install "stocktake[{extra}]" ({error.name} is missing)'
        ) from None


def list_machines(provider: str, settings: Mapping[str, Any], regions: Sequence[str], **options: str) -> MachineList:
    """Machines that a cloud rents, and their prices.

    Raises:
        CollectError: the cloud cannot be asked.
        ConfigError: its extra is not installed, or there is nothing to ask in.
    """
    try:
        return cast("MachineList", _module(provider).machine_list(settings, regions, **options))
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in _OURS:
            raise
        raise ConfigError(
            f'{provider} needs its extra: install "stocktake[{COLLECTORS[provider][1]}]" ({error.name} is missing)'
        ) from None


def permissions(provider: str) -> Callable[[str], str]:
    """The renderer of a provider's least-privilege read-only policy."""
    module = importlib.import_module(COLLECTORS[provider][0] + ".permissions")
    return cast("Callable[[str], str]", module.render)


def host_probe() -> str:
    """The script that is run on machines."""
    return cast("str", importlib.import_module(COLLECTORS["host"][0]).probe_text())


def host_bundle(out: IO[bytes]) -> str:
    """Read this machine and write what it is as a bundle; the bundle's checksum.

    Raises:
        CollectError: it could not be read to the end.
    """
    return cast("str", importlib.import_module(COLLECTORS["host"][0]).write_bundle(out))


def static_kinds() -> dict[str, Kind]:
    """Every row that needs no connection to be known, by kind name."""
    packages = dict.fromkeys([*(package for package, _ in COLLECTORS.values()), *IMPORTERS.values()])
    modules = map(importlib.import_module, packages)
    return {kind.name: kind for module in modules for kind in module.kind_rows()}
