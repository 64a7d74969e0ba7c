"""Google Cloud: organisations, folders and projects, read through Cloud Asset Inventory and the services' own APIs. The SDK is
imported when a source is opened, not before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from collectors.contract import MachineList, priced
from normalize.errors import CollectError, ConfigError

if TYPE_CHECKING:
    from collectors.gcp.client import Client
    from collectors.gcp.collector import GcpCollector
    from normalize.model import Kind


def kind_rows() -> Sequence[Kind]:
    """Every row of this provider."""
    from collectors.gcp.kinds import KINDS

    return KINDS


def open_source(settings: Mapping[str, Any], *, clock: Callable[[], datetime] | None = None) -> GcpCollector:
    """Open a configured source; nothing is called yet.

    Args:
        settings: `name`, `parents`, and optionally `endpoint`, `transport`, `ca_bundle`, `impersonate`, `quota_project`.

    Raises:
        ModuleNotFoundError: the SDK is not installed.
    """
    from collectors.gcp.collector import GcpCollector
    from collectors.gcp.payloads import Projects

    projects = Projects()
    client = _client(settings, clock, lambda project: (projects.number_of(project),))
    return GcpCollector(settings["name"], client, kind_rows(), settings["parents"], projects)


def machine_list(settings: Mapping[str, Any], regions: Sequence[str], *, account: str = "", **_: Any) -> MachineList:
    """Machines that Compute Engine rents in some regions, with prices in the first of them.

    Args:
        settings: those of a source.
        regions: none for us-central1.
        account: the project to ask for; left out, the first project among the source's parents.

    Raises:
        CollectError: machine types cannot be read.
        ConfigError: there is no project to ask for.
    """
    from collectors.gcp import machines

    own = (p.removeprefix("projects/") for p in settings.get("parents", ()) if p.startswith("projects/"))
    project = account or next(own, "")
    if not project:
        raise ConfigError("no project to ask for machine types: name one with --account PROJECT")
    wanted = list(regions) or ["us-central1"]
    client = _client(settings)
    try:
        found = list(machines.machines(client, project, wanted))
        try:
            told, unpriced = machines.prices(client, wanted[0]), ""
        except CollectError as error:
            told, unpriced = machines.Prices({}), f"{error.call}: {error}"
    finally:
        client.close()
    return MachineList([(name, facts | priced(told.of(name, facts), wanted[0])) for name, facts in found], unpriced)


def _client(
    settings: Mapping[str, Any],
    clock: Callable[[], datetime] | None = None,
    names: Callable[[str], Sequence[str]] = lambda project: (),
) -> Client:
    from collectors.gcp.client import Client, now

    return Client(
        endpoint=settings.get("endpoint"),
        transport=settings.get("transport"),
        ca_bundle=settings.get("ca_bundle"),
        impersonate=settings.get("impersonate"),
        quota_project=settings.get("quota_project"),
        clock=clock or now,
        names=names,
    )
