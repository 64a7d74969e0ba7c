"""Google Cloud: organisations, folders and projects, read through Cloud Asset Inventory and the services' own APIs. The SDK is
imported when a source is opened, not before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from normalize.model import Kind


def kind_rows() -> Sequence[Kind]:
    """Every row of this provider."""
    from collectors.gcp.kinds import KINDS

    return KINDS
