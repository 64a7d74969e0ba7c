"""Which runtime a service of KServe means: one of its namespace, else one of the whole cluster. Pure.

An object alone does not tell, so both links are optional. Knowing the cluster's runtimes, a name that none of them has can only mean the
namespace's: that link then has to lead somewhere.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from normalize.mapping import LINKS

SERVED = frozenset({("serving.kserve.io", "InferenceService"), ("serving.kserve.io", "LLMInferenceService")})
CLUSTER_RUNTIME = ("serving.kserve.io", "ClusterServingRuntime")
_OF_NAMESPACE, _OF_CLUSTER = "k8s.kserve.serving_runtime", "k8s.kserve.cluster_serving_runtime"


def settle(payload: dict[str, Any], known: Collection[str]) -> None:
    """Make the links of one service say what can be known, given the names of the cluster's runtimes.

    Source: kserve.github.io, "Serving Runtimes": a ServingRuntime of the namespace goes before a ClusterServingRuntime of the same name; read
    2026-11-24.
    """
    links = []
    for link in payload.get(LINKS) or ():
        if link.get("target") not in (_OF_NAMESPACE, _OF_CLUSTER) or link["value"] in known:
            links.append(link)
        elif link["target"] == _OF_NAMESPACE:
            links.append({k: v for k, v in link.items() if k != "optional"})
    payload[LINKS] = links
