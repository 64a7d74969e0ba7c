"""Google Cloud: organisations, folders and projects, read through Cloud Asset Inventory and the services' own APIs. The SDK is
imported when a source is opened, not before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from collectors.gcp.client import Client, now
    from collectors.gcp.collector import GcpCollector
    from collectors.gcp.payloads import Projects

    projects = Projects()
    client = Client(
        endpoint=settings.get("endpoint"),
        transport=settings.get("transport"),
        ca_bundle=settings.get("ca_bundle"),
        impersonate=settings.get("impersonate"),
        quota_project=settings.get("quota_project"),
        clock=clock or now,
        names=lambda project: (projects.number_of(project),),
    )
    return GcpCollector(settings["name"], client, kind_rows(), settings["parents"], projects)
