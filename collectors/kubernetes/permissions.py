"""The read-only access that a scan of a cluster needs, as RBAC manifests. Follows from the rows.

Core resources are named one by one, because "*" there would include Secrets. Reading Secrets has a role of its own: RBAC
cannot grant names without values, so that an operator may leave it out. Secrets are then a blind spot that coverage names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.kubernetes.rows import KINDS

NAME = "stocktake-reader"
NAMESPACE = "stocktake"

_BUILT_IN = (
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "lifecycle.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
)
"""Groups of the API server itself that may be listed whole: all but events.k8s.io. Source: the Python client
of Kubernetes 37.0.1, all its API classes; read 2026-11-24."""


def _rules() -> Iterator[dict[str, Any]]:
    core = sorted({k.fetch.plural for k in KINDS if not k.fetch.group and k.fetch.plural != "secrets"})
    yield {"apiGroups": [""], "resources": core, "verbs": ["list"]}
    # the uid of kube-system names the cluster
    yield {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"]}
    # the issuer of its tokens is a name by which a cloud knows the cluster
    yield {"nonResourceURLs": ["/.well-known/openid-configuration"], "verbs": ["get"]}
    groups = {k.fetch.group for k in KINDS if k.fetch.group} | {*_BUILT_IN}
    for group in sorted(groups):
        yield {"apiGroups": [group], "resources": ["*"], "verbs": ["list"]}


def _role(name: str, rules: list[dict[str, Any]]) -> dict[str, Any]:
    api = "rbac.authorization.k8s.io/v1"
    return {"apiVersion": api, "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules}


def _binding(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}],
    }


def manifests() -> Mapping[str, list[dict[str, Any]]]:
    """What to apply: a remark -> the objects it speaks of."""
    proxy = {"apiGroups": [""], "resources": ["services/proxy"], "verbs": ["get"]}
    secrets = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}
    return {
        "The account that a scan runs as, when it runs inside the cluster.": [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": NAME, "namespace": NAMESPACE}},
        ],
        "Lists of everything but Secrets. API groups of operators that are not named here: add a rule like the last ones;\n"
        "a scan reports each type that it may not list, with the permission it lacks.": [
            _role(NAME, list(_rules())),
            _binding(NAME),
        ],
        "Optional. Of Secrets only names, types and key names are kept, but RBAC cannot grant less than a whole list.\n"
        "Leave these two out, and references to Secrets cannot be checked; coverage says so.": [
            _role(f"{NAME}-secrets", [secrets]),
            _binding(f"{NAME}-secrets"),
        ],
        'Optional: for prometheus = "in-cluster" only. It lets the account GET any path of any Service through the API server, which\n'
        "RBAC cannot narrow to one path; a scan asks only Services that are a Prometheus. Naming its URL instead needs nothing of this.": [
            _role(f"{NAME}-prometheus", [proxy]),
            _binding(f"{NAME}-prometheus"),
        ],
    }


def render(format_: str = "yaml") -> str:
    """The manifests as "yaml" (for kubectl apply) or "json" (one List).

    Raises:
        ValueError: another format.
    """
    if format_ == "json":
        items = [item for part in manifests().values() for item in part]
        return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=2) + "\n"
    if format_ != "yaml":
        raise ValueError("accepted for kubernetes: yaml, json")
    return "".join(_documents())


def _documents() -> Iterator[str]:
    for remark, items in manifests().items():
        for i, item in enumerate(items):
            yield "---\n"
            if i == 0:
                yield "".join(f"# {line}\n" for line in remark.splitlines())
            yield _yaml(item, 0)


def _yaml(value: Any, indent: int) -> str:
    """Block YAML of a manifest. Strings are quoted as JSON, which YAML includes."""
    pad = "  " * indent
    if isinstance(value, dict):
        return "".join(
            f"{pad}{key}:\n{_yaml(item, indent + 1)}" if _nested(item) else f"{pad}{key}: {json.dumps(item)}\n"
            for key, item in value.items()
        )
    return "".join(f"{pad}- {_yaml(item, indent + 1).lstrip()}" for item in value)


def _nested(item: Any) -> bool:
    return isinstance(item, dict) or (isinstance(item, list) and any(isinstance(i, dict) for i in item))
