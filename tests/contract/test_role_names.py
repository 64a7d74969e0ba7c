"""A custom role that names one action or permission that does not exist is refused whole: each that ours name was looked up.

Sources: Azure documentation, "Troubleshoot Azure RBAC" (InvalidActionOrNotAction); Google Cloud documentation, "Create and manage custom
roles" (INVALID_ARGUMENT); read 2026-11-24. What was looked up where stands in the lists beside this file.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.azure.permissions import actions
from collectors.gcp.permissions import permissions


def _listed(name: str) -> set[str]:
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    return {line.lower() for line in lines if line and not line.startswith("#")}


@pytest.mark.parametrize(
    ("named", "listed"),
    [(actions(), _listed("azure_actions.txt")), (permissions(), _listed("gcp_permissions.txt"))],
    ids=["azure", "gcp"],
)
def test_a_role_names_only_what_was_looked_up(named: list[str], listed: set[str]) -> None:
    assert sorted({name.lower() for name in named} - listed) == []
    assert sorted(listed - {name.lower() for name in named}) == [], "no longer needed"
