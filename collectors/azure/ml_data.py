"""Azure Machine Learning: where a workspace's data lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.ml_workspaces import MADE, VERSION, WORKSPACE
from collectors.azure.rows import Get, resource
from collectors.azure.values import text, told
from normalize.model import Category, Kind, Link

_PLACES = (("blob", "containerName"), ("dfs", "filesystem"), ("file", "fileShareName"))
_ADDRESS = "$Address"


def _address(datastore: Mapping[str, Any]) -> str | None:
    """Address of what a datastore stands for, https://ACCOUNT.blob.core.windows.net/CONTAINER; None for what is no storage
    account's. Azure says the account and the end of its host names apart."""
    account, ending = text(datastore, "properties.accountName"), text(datastore, "properties.endpoint")
    for service, key in _PLACES:
        if account and (name := text(datastore, f"properties.{key}")):
            return f"https://{account}.{service}.{ending or 'core.windows.net'}/{name}"
    return None


def _account(datastore: Mapping[str, Any]) -> str | None:
    """ARM id of the storage account, where Azure says in which group it is."""
    subscription, group, account = (
        text(datastore, f"properties.{key}") for key in ("subscriptionId", "resourceGroup", "accountName")
    )
    if not (subscription and group and account):
        return None
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{account}"


KINDS: tuple[Kind, ...] = (
    resource(
        "azure.machinelearning.datastore",
        Category.DATASET,
        Get(
            "{$parent.$id}/datastores",
            VERSION,
            under=WORKSPACE,
            all_sorts=True,
            derive=lambda datastore: told(Address=_address(datastore), Account=_account(datastore)),
        ),
        {
            "type": "properties.datastoreType",
            "description": "properties.description",
            "default": "properties.isDefault",
            "artifact_uri": _ADDRESS,
            "account": "properties.accountName",
            "auth_mode": "properties.credentials.credentialsType",
            "role": "properties.serviceDataAccessAuthIdentity",
            **MADE,
        },
        tags="properties.tags",
        links=(
            Link("stored_in", "azure.storage.container", _ADDRESS),
            Link("stored_in", "azure.storage.account", "$Account"),
        ),
        sensitive=frozenset({"properties.credentials.secrets"}),
        quiet=frozenset({"properties.endpoint"}),
    ),
)
