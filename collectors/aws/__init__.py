"""AWS: accounts and regions, read over boto3. The SDK is imported when a source is opened, not before."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from collectors.contract import MachineList, priced
from normalize.errors import CollectError, ConfigError

if TYPE_CHECKING:
    from collectors.aws.client import Client
    from collectors.aws.collector import AwsCollector
    from normalize.model import Kind


def kind_rows() -> Sequence[Kind]:
    """Every kind of this provider."""
    from collectors.aws.kinds import KINDS

    return KINDS


def open_source(settings: Mapping[str, Any], *, clock: Callable[[], datetime] | None = None) -> AwsCollector:
    """Open a configured source; nothing is called yet.

    Args:
        settings: `name`, and optionally `regions`, `accounts`, `role`, `external_id_env`, `profile`, `endpoint_url`, `window_days`,
            `cost_explorer` (whether what costs money there is asked; true where left out), and `began`: when the scan began, from which the window goes back; now where left out.

    Raises:
        ConfigError: the variable that `external_id_env` names is not set.
        ModuleNotFoundError: the SDK is not installed.
    """
    from collectors.aws.collector import AwsCollector

    client = _client(settings, clock)
    window = {key: settings[key] for key in ("window_days", "began") if key in settings}
    return AwsCollector(
        settings["name"],
        client,
        kind_rows(),
        accounts=settings.get("accounts"),
        regions=settings.get("regions"),
        off=frozenset(name for name in ("cost_explorer",) if settings.get(name) is False),
        **window,
    )


def machine_list(settings: Mapping[str, Any], regions: Sequence[str], **_: Any) -> MachineList:
    """Machines that EC2 rents in some regions, with prices in the first of them.

    Args:
        settings: those of a source.
        regions: none for the profile's own.

    Raises:
        CollectError: sizes cannot be read.
    """
    from collectors.aws import machines

    client = _client(settings)
    try:
        wanted = list(regions) or [client.home_region()]
        found = list(machines.machines(client, wanted))
        try:
            told, unpriced = machines.prices(client, wanted[0]), ""
        except CollectError as error:
            told, unpriced = {}, f"{error.call}: {error}"
    finally:
        client.close()
    return MachineList([(name, facts | priced(told.get(name), wanted[0])) for name, facts in found], unpriced)


def _client(settings: Mapping[str, Any], clock: Callable[[], datetime] | None = None) -> Client:
    from collectors.aws.client import Client, now

    accounts, role = settings.get("accounts"), settings.get("role")
    return Client(
        profile=settings.get("profile"),
        endpoint_url=settings.get("endpoint_url"),
        role=role,
        external_id=_external_id(settings.get("external_id_env")),
        # The management account of an organisation rarely holds the role that its member accounts hold.
        assume_in_own=role is not None and accounts != "organization",
        clock=clock or now,
    )


def _external_id(variable: str | None) -> str | None:
    if variable is None:
        return None
    value = os.environ.get(variable)
    if not value:
        raise ConfigError(f'external_id_env names the variable "{variable}", which is not set')
    return value
