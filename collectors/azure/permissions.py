"""The least-privilege read-only role of a scan, from the rows: a custom role definition, and Terraform that makes and grants it.

Refuses to know an action that no row takes, beyond what finding subscriptions and asking for the caller's rights needs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from collectors.azure.actions import of_kind
from collectors.azure.kinds import KINDS
from collectors.azure.rights import PERMISSIONS_ACTION, PROVIDERS_ACTION
from normalize.errors import ConfigError
from normalize.model import Kind

ROLE = "Stocktake Read Only"
DESCRIPTION = "What a Stocktake scan reads. It allows no change, and no reading of keys, secrets, blobs or messages."
BASE = (
    "Microsoft.Management/managementGroups/descendants/read",
    "Microsoft.Management/managementGroups/read",
    "Microsoft.ResourceGraph/resources/read",
    "Microsoft.Resources/subscriptions/read",
    PERMISSIONS_ACTION,
    PROVIDERS_ACTION,
)
UNLISTED = frozenset({"microsoft.cognitiveservices/commitmentplans/read"})
"""Actions that are on no list of Azure's, lower case: a role that names one is refused whole, so this one does not. Roles with a wildcard,
such as Reader, allow them. What the others were looked up in stands in tests/contract/azure_actions.txt. Source: Azure documentation, "Azure permissions for AI + machine learning" and "Troubleshoot Azure RBAC"
(InvalidActionOrNotAction); read 2026-11-24."""
FORMATS = ("json", "terraform")


def actions(kinds: Iterable[Kind] = KINDS) -> list[str]:
    """Actions that the kinds need and that a role may name, sorted; one of each that differs only in case."""
    by_name = {kind.name: kind for kind in kinds}
    found = {a.lower(): a for kind in by_name.values() for a in of_kind(kind, by_name)} | {a.lower(): a for a in BASE}
    return [found[key] for key in sorted(found.keys() - UNLISTED)]


def render(format: str = "json") -> str:
    """The role as text: "json" for `az role definition create --role-definition`, "terraform" to make it and grant it to one
    identity in a management group or a subscription. Equal input gives equal text.

    Raises:
        ConfigError: no such format.
    """
    if format == "json":
        role = {
            "Name": ROLE,
            "IsCustom": True,
            "Description": DESCRIPTION,
            "Actions": actions(),
            "NotActions": [],
            "DataActions": [],
            "NotDataActions": [],
            "AssignableScopes": ["/providers/Microsoft.Management/managementGroups/MANAGEMENT_GROUP"],
        }
        return json.dumps(role, indent=2) + "\n"
    if format == "terraform":
        return _terraform(actions())
    raise ConfigError(f"permissions azure: {format!r} is no format; accepted: {', '.join(FORMATS)}")


def _terraform(names: Iterable[str]) -> str:
    lines = "".join(f'      "{name}",\n' for name in names)
    return f"""\
terraform {{
  required_providers {{
    azurerm = {{
      source  = "hashicorp/azurerm"
      version = ">= 4.0"
    }}
  }}
}}

variable "principal_id" {{
  description = "Object id of the identity that Stocktake runs as; it alone gets the role."
  type        = string
}}

variable "scope" {{
  description = "What to read: /providers/Microsoft.Management/managementGroups/NAME or /subscriptions/ID."
  type        = string
}}

resource "azurerm_role_definition" "stocktake" {{
  name        = "{ROLE}"
  description = "{DESCRIPTION}"
  scope       = var.scope

  permissions {{
    actions = [
{lines}    ]
    not_actions = []
  }}

  assignable_scopes = [var.scope]
}}

resource "azurerm_role_assignment" "stocktake" {{
  scope              = var.scope
  role_definition_id = azurerm_role_definition.stocktake.role_definition_resource_id
  principal_id       = var.principal_id
}}
"""
