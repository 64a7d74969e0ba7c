"""Kubernetes clusters: every listable type of every API group, through the API server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from collectors.kubernetes.rows import CLUSTER, KINDS, PROMETHEUS
from normalize.model import Kind

if TYPE_CHECKING:
    from collectors.kubernetes.collector import KubernetesCollector


def kind_rows() -> Sequence[Kind]:
    """Every row that is known without a connection. A cluster adds one per type that it serves beyond these."""
    return (CLUSTER, PROMETHEUS, *KINDS)


def open_source(settings: Mapping[str, Any], *, clock: Callable[[], datetime] | None = None) -> KubernetesCollector:
    """Open a configured cluster.

    Args:
        settings: `name`; `kubeconfig` (a path; left out: the cluster that we run in, then the default file); `context`;
            `prometheus` (a URL, or "in-cluster": Services that are one, through the API server); `prometheus_token_env`.

    Raises:
        ConfigError: the kubeconfig or its context cannot be used.
    """
    from collectors.kubernetes.collector import open_source as open_

    return open_(settings, clock=clock)
