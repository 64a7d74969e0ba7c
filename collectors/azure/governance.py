"""The tree of management groups, and what is decreed over parts of it: custom roles, assignments of policies, locks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.rows import ASSUMES, Get, Rows, resource
from collectors.azure.values import equals, last
from normalize.mapping import MISSING, read
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import instant

_GROUP = "azure.management.management_group"


def _is_custom(role: Mapping[str, Any]) -> bool:
    return str((role.get("properties") or {}).get("type")).lower() == "customrole"


def _locked(lock: Mapping[str, Any]) -> Mapping[str, Any]:
    """The id of a lock begins with that of what it locks."""
    return {"$Locked": str(lock["id"]).rpartition("/providers/")[0]}


_ALLOWED_LOCATIONS = "e56962a6-4747-49cd-b67b-bf8b01975c4c"
"""The built-in policy that denies what is not in its parameter listOfAllowedLocations. Source: Azure/azure-policy,
built-in-policies/policyDefinitions/General/AllowedLocations_Deny.json, read 2026-11-24."""


def _regions(assignment: Any) -> Any:
    """Regions that an assignment in force of that policy leaves open."""
    if last(assignment["policyDefinitionId"]).lower() != _ALLOWED_LOCATIONS:
        return MISSING
    if str(assignment.get("enforcementMode")).lower() != "default":
        return MISSING
    return read(assignment, "parameters.listOfAllowedLocations.value")


def _permissions(permissions: Any) -> list[dict[str, Any]]:
    return [{k: v for k, v in one.items() if v} for one in permissions]


def _actions(permissions: Any) -> list[str]:
    return [a for one in permissions for a in (*(one.get("actions") or ()), *(one.get("dataActions") or ()))]


KINDS: tuple[Kind, ...] = (
    resource(
        _GROUP,
        Category.ACCOUNT,
        Rows("Microsoft.Management/managementGroups", "resourcecontainers", tenant=True),
        {
            "description": "properties.displayName",
            "tree_path": "properties.details.managementGroupAncestorsChain[0].name",
            "region": None,
        },
        tags="",
        links=(Link("part_of", _GROUP, "properties.details.parent.id"),),
    ),
    resource(
        "azure.authorization.role_definition",
        Category.POLICY,
        Rows("Microsoft.Authorization/roleDefinitions", "authorizationresources", keep=_is_custom),
        {
            "name": "properties.roleName",
            "description": "properties.description",
            "actions": Field("properties.permissions", _actions),
            "permissions": Field("properties.permissions", _permissions),
            "targets": "properties.assignableScopes",
            "created_at": Field("properties.createdOn", instant),
            "modified_at": Field("properties.updatedOn", instant),
        },
        tags="",
        aliases=(Alias("id", Template("azure.authorization.role_definition|||{name}")),),
        quiet=frozenset({"properties.permissions"}),
    ),
    resource(
        "azure.authorization.policy_assignment",
        Category.POLICY,
        Rows("Microsoft.Authorization/policyAssignments", "policyresources"),
        {
            "description": "properties.displayName",
            "access_scope": "properties.scope",
            "policy_arn": "properties.policyDefinitionId",
            "enabled": Field("properties.enforcementMode", equals("Default")),
            "regions_allowed": Field("properties", _regions),
        },
        tags="",
        links=(ASSUMES, Link("applies_to", "", "properties.scope", optional=True)),
        quiet=frozenset({"properties.policyDefinitionId", "properties.notScopes"}),
    ),
    resource(
        "azure.authorization.lock",
        Category.POLICY,
        Get("/subscriptions/{@account}/providers/Microsoft.Authorization/locks", "2020-05-01", derive=_locked),
        {"description": "properties.notes", "mode": "properties.level", "access_scope": "$Locked", "region": None},
        tags="",
        links=(Link("protects", "", "$Locked"),),
    ),
)
