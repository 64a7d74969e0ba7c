"""AWS: accounts and regions, read over boto3. The SDK is imported when a source is opened, not before."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from normalize.errors import ConfigError

if TYPE_CHECKING:
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
    from collectors.aws.client import Client, now
    from collectors.aws.collector import AwsCollector

    accounts, role = settings.get("accounts"), settings.get("role")
    client = Client(
        profile=settings.get("profile"),
        endpoint_url=settings.get("endpoint_url"),
        role=role,
        external_id=_external_id(settings.get("external_id_env")),
        # The management account of an organisation rarely holds the role that its member accounts hold.
        assume_in_own=role is not None and accounts != "organization",
        clock=clock or now,
    )
    window = {key: settings[key] for key in ("window_days", "began") if key in settings}
    return AwsCollector(
        settings["name"],
        client,
        kind_rows(),
        accounts=accounts,
        regions=settings.get("regions"),
        off=frozenset(name for name in ("cost_explorer",) if settings.get(name) is False),
        **window,
    )


def _external_id(variable: str | None) -> str | None:
    if variable is None:
        return None
    value = os.environ.get(variable)
    if not value:
        raise ConfigError(f'external_id_env names the variable "{variable}", which is not set')
    return value
