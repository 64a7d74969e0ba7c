"""Azure: subscriptions and management groups, read through Resource Graph and Azure Resource Manager. The SDK is imported when a
source is opened, not before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from normalize.model import Kind


def kind_rows() -> Sequence[Kind]:
    """Every row of this provider."""
    from collectors.azure.kinds import KINDS

    return KINDS
