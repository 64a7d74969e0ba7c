"""Azure: subscriptions and management groups, read through Resource Graph and Azure Resource Manager. The SDK is imported when a
source is opened, not before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from collectors.contract import MachineList, priced
from normalize.errors import CollectError, ConfigError

if TYPE_CHECKING:
    from collectors.azure.client import Client
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
    from collectors.azure.collector import AzureCollector

    client = _client(settings, clock)
    window = {key: settings[key] for key in ("window_days", "began") if key in settings}
    return AzureCollector(
        settings["name"],
        client,
        kind_rows(),
        subscriptions=settings.get("subscriptions"),
        management_groups=settings.get("management_groups"),
        cloud=settings.get("cloud", "public"),
        **window,
    )


def machine_list(
    settings: Mapping[str, Any], regions: Sequence[str], *, account: str = "", prices: str = "", **_: Any
) -> MachineList:
    """Machines that Azure rents in some regions, with prices in the first of them.

    Args:
        settings: those of a source.
        regions: none for eastus.
        account: the subscription to ask for; left out, the source's first.
        prices: address of the Retail Prices API where it is another than Azure's.

    Raises:
        CollectError: sizes cannot be read.
        ConfigError: there is no subscription to ask for.
    """
    from collectors.azure import machines

    subscription = account or next(iter(settings.get("subscriptions") or ()), "")
    if not subscription:
        raise ConfigError("no subscription to ask for sizes: name one with --account SUBSCRIPTION")
    wanted = list(regions) or ["eastus"]
    client = _client(settings)
    try:
        found = list(machines.machines(client, subscription, wanted))
    finally:
        client.close()
    try:
        told, unpriced = machines.prices(wanted[0], prices or machines.RETAIL), ""
    except CollectError as error:
        told, unpriced = {}, f"{error.call}: {error}"
    return MachineList([(name, facts | priced(told.get(name), wanted[0])) for name, facts in found], unpriced)


def _client(settings: Mapping[str, Any], clock: Callable[[], datetime] | None = None) -> Client:
    from collectors.azure.client import Client, now

    return Client(
        cloud=settings.get("cloud", "public"),
        endpoint=settings.get("endpoint"),
        authority=settings.get("authority"),
        ca_bundle=settings.get("ca_bundle"),
        clock=clock or now,
    )
