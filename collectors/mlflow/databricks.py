"""MLflow as Databricks hosts it: one workspace's tracking, its own registry of models, and the models of Unity Catalog.

Unity Catalog shows what the caller may see and says nothing of the rest, so a listing of its models is never known to be whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial
from typing import Any
from urllib.parse import urlsplit

from collectors.contract import CutShortError
from collectors.mlflow.client import MODELS, VERSIONS, Server
from normalize.errors import CollectError

UC_MODELS = "GET /api/2.0/mlflow/unity-catalog/registered-models/search"
UC_VERSIONS = "GET /api/2.0/mlflow/unity-catalog/model-versions/search"
ME = "/api/2.0/preview/scim/v2/Me"
TOKEN_ENV = "DATABRICKS_TOKEN"  # noqa: S105  a name
HOSTS = (".cloud.databricks.com", ".azuredatabricks.net", ".databricks.azure.cn", ".gcp.databricks.com")
"""How the hosts of workspaces end. Source: databricks-sdk 0.156.0, databricks/sdk/environments.py; read 2026-11-24."""
VERSIONS_LIMIT = 10_000
"""Versions of one model that one answer holds at most; there is no second page. Source: Databricks, "MLflow model registry
inventory" (mlflow-model-registry-inventory.html); read 2026-11-24."""
ADMINS = "admins"
IS_ADMIN = "a token of a workspace administrator"
SEES_ALL = "a token of who owns the metastore, or has BROWSE on every catalog"


def is_workspace(uri: str) -> bool:
    return (urlsplit(uri).hostname or "").endswith(HOSTS)


class Workspace(Server):
    """A workspace. Its registry is asked model by model: its search of all versions has no pages."""

    hosted = "Databricks"

    @cached_property
    def catalog(self) -> Any:
        from mlflow.store._unity_catalog.registry.rest_store import UcModelRegistryStore

        store = UcModelRegistryStore("databricks-uc", "databricks")
        store.get_host_creds = self._credentials
        return store

    def version(self) -> str | None:
        return None

    def left_out_of(self, kind: str) -> tuple[str, str] | None:
        if kind in ("mlflow.registered_model", "mlflow.model_version") and self._has_catalog:
            return "Unity Catalog lists only those of its models that the caller may see", SEES_ALL
        if self._is_admin:
            return None
        return "the caller is not known to be an administrator: what it may not see is left out", IS_ADMIN

    @cached_property
    def _is_admin(self) -> bool:
        """Source: databricks-sdk 0.156.0, databricks/sdk/service/iam.py, CurrentUserAPI.me; read 2026-11-24."""
        me = self._json(ME)
        groups = me.get("groups") if isinstance(me, dict) else None
        return isinstance(groups, list) and any(isinstance(g, dict) and g.get("display") == ADMINS for g in groups)

    @cached_property
    def _has_catalog(self) -> bool:
        try:
            next(self.pages(self.catalog.search_registered_models, 1, UC_MODELS), None)
        except CollectError as error:
            return not _no_metastore(error)
        return True

    def models(self) -> Iterator[tuple[Any, bool]]:
        for model in self.pages(self.registry.search_registered_models, 100, MODELS):
            yield model, False
        if self._has_catalog:
            for found in self.pages(self.catalog.search_registered_models, 100, UC_MODELS):
                yield (
                    self.told(self.catalog.get_registered_model, UC_MODELS, found.name),
                    False,
                )  # with aliases and tags

    def versions(self) -> Iterator[tuple[Any, bool]]:
        for model in self.pages(self.registry.search_registered_models, 100, MODELS):
            asked = _name_is(model.name)
            listed = self.pages(
                self.registry.search_model_versions, VERSIONS_LIMIT, VERSIONS, {"filter": asked}, filter_string=asked
            )
            for count, version in enumerate(listed, 1):
                yield version, False
                if count >= VERSIONS_LIMIT:
                    raise CutShortError(f"{model.name} has more than {VERSIONS_LIMIT} versions", call=VERSIONS)
        if self._has_catalog:
            for model in self.pages(self.catalog.search_registered_models, 100, UC_MODELS):
                asked = _name_is(model.name)
                search = self.catalog.search_model_versions
                for found in self.pages(search, 100, UC_VERSIONS, {"filter": asked}, filter_string=asked):
                    get = partial(self.catalog.get_model_version, version=found.version)
                    yield self.told(get, UC_VERSIONS, found.name), False


def _name_is(name: str) -> str:
    quote = '"' if "'" in name else "'"
    return f"name={quote}{name}{quote}"


def _no_metastore(error: CollectError) -> bool:
    """Whether an error is positive evidence that a workspace has no Unity Catalog.
    Source: Databricks' SDKs for Go and Java, which know this code of its API ("No metastore assigned for the current workspace.");
    read 2026-11-24."""
    return "METASTORE_DOES_NOT_EXIST" in str(error)
