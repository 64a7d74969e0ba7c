"""The organisation: its accounts and units, and the regions of each account."""

from __future__ import annotations

from collectors.aws.rows import Call
from normalize.model import Category, Field, Kind, Link, Template

_NO_ORGANISATION = ("AWSOrganizationsNotInUseException",)

KINDS = (
    Kind(
        name="aws.organizations.account",
        category=Category.ACCOUNT,
        fetch=Call(
            "organizations", "ListAccounts", items="Accounts", page=20, world=True, home=True, expect=_NO_ORGANISATION
        ),
        id="Arn",
        native="Id",
        unique="world",
        fields={
            "name": "Name",
            "state": "Status",
            "type": "JoinedMethod",
            "created_at": "JoinedTimestamp",
        },
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
        # Units right under a root; `accounts` of units further down are listed all the same.
        fetch=Call(
            "organizations",
            "ListOrganizationalUnitsForParent",
            items="OrganizationalUnits",
            page=20,
            world=True,
            home=True,
            under="aws.organizations.root",
            params={"ParentId": "{Id}"},
        ),
        id="Arn",
        native="Id",
        unique="world",
        fields={"name": "Name"},
        links=(Link("member_of", "aws.organizations.root", "$parent.Id", within="world"),),
        quiet=frozenset({"$parent"}),
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
