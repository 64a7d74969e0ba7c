"""Azure: subscriptions and management groups, read through Resource Graph and Azure Resource Manager. The SDK is imported when a
source is opened, not before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collectors.azure.collector import AzureCollector
    from normalize.model import Kind


def kind_rows() -> Sequence[Kind]:
    """Every row of this provider."""
    from collectors.azure.kinds import KINDS

    return KINDS


def open_source(settings: Mapping[str, Any], *, clock: Callable[[], datetime] | None = None) -> AzureCollector:
    """Open a configured source; nothing is called yet.

    Args:
        settings: `name`, and optionally `subscriptions` or `management_groups`, `cloud`, `endpoint`, `authority`, `ca_bundle`,
            `window_days`, and `began`: when the scan began, from which the window goes back.

    Raises:
        ModuleNotFoundError: the SDK is not installed.
    """
    from collectors.azure.client import Client, now
    from collectors.azure.collector import AzureCollector

    cloud = settings.get("cloud", "public")
    client = Client(
        cloud=cloud,
        endpoint=settings.get("endpoint"),
        authority=settings.get("authority"),
        ca_bundle=settings.get("ca_bundle"),
        clock=clock or now,
    )
    window = {key: settings[key] for key in ("window_days", "began") if key in settings}
    return AzureCollector(
        settings["name"],
        client,
        kind_rows(),
        subscriptions=settings.get("subscriptions"),
        management_groups=settings.get("management_groups"),
        cloud=cloud,
        **window,
    )
