"""Names that mean something only in their workspace, made into ids and addresses that the whole world would use.

Source: Azure documentation, "CLI (v2) core YAML syntax": azureml://datastores/NAME/paths/PATH, azureml:NAME:VERSION and
azureml:NAME@LABEL; read 2026-11-24.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_WORKSPACE = re.compile(
    r"/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\.machinelearningservices/workspaces/[^/]+",
    re.IGNORECASE,
)
_IN_DATASTORE = re.compile(r"azureml://datastores/(?P<name>[\w-]+)(?P<rest>/.*)?", re.IGNORECASE)
_ASSET = re.compile(r"azureml:(?P<name>[\w.-]+):(?P<version>[\w.-]+)", re.IGNORECASE)


def workspace_of(id_: str) -> str:
    """ARM id of the workspace that an id lies in, as it is written there; "" for none."""
    m = _WORKSPACE.match(id_)
    return m[0] if m else ""


def full(uri: str, workspace: str, part: str = "data") -> str:
    """A URI as it reads outside of its workspace; the URI itself where it is no short one.

    Args:
        workspace: ARM id; "" where it is not known.
        part: what a NAME:VERSION names: "data", "models", "environments".
    """
    if workspace and (m := _IN_DATASTORE.fullmatch(uri)):
        return f"azureml:/{workspace}/datastores/{m['name']}{m['rest'] or ''}"
    if workspace and (m := _ASSET.fullmatch(uri)):
        return f"{workspace}/{part}/{m['name']}/versions/{m['version']}"
    return uri


def ports(told: Any, sort: str, workspace: str) -> list[dict[str, Any]]:
    """Inputs or outputs of a job: name, uri, content_type, mode. Values that are given as such are none.

    Args:
        told: by name, as a job has them.
        sort: key of their type: "jobInputType".
    """
    found = []
    for name, one in told.items() if isinstance(told, Mapping) else ():
        if not isinstance(one, Mapping) or not isinstance(uri := one.get("uri"), str):
            continue
        type_ = str(one.get(sort) or "")
        whole = full(uri, workspace, "models" if type_.endswith("_model") else "data")
        told_of = {"name": name, "uri": whole, "content_type": type_ or None, "mode": one.get("mode")}
        found.append({key: value for key, value in told_of.items() if value is not None})
    return found
