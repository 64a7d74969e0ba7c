"""Load balancing: forwarding rules, what they hand requests to, and how that is checked and guarded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.accelerators import last
from collectors.gcp.rows import Asset, row
from collectors.gcp.values import picked
from normalize.model import Alias, Category, Field, Link
from normalize.units import instant

_COMPUTE = "//compute.googleapis.com/projects/PROJECT_ID"
_CHECKS = ("httpHealthCheck", "httpsHealthCheck", "http2HealthCheck", "tcpHealthCheck", "sslHealthCheck", "grpcHealthCheck", "grpcTlsHealthCheck")  # fmt: skip


def _backends(backends: Any) -> list[dict[str, Any]]:
    """Groups that a backend service hands requests to, and how much each takes."""
    return [{"group": last(b["group"]), **{k: v for k, v in b.items() if k != "group"}} for b in backends]


def _port(check: Mapping[str, Any]) -> Any:
    """The port that a health check asks. Source: compute v1, HealthCheck, read 2026-11-24."""
    named = next((check[part] for part in _CHECKS if part in check), check)
    return named["port"]


def _target(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a forwarding rule leads to, where that is a thing: "all-apis" and "vpc-sc" are Google's own."""
    return {"$Target": rule["target"]} if "/" in rule.get("target", "") else {}


KINDS = (
    row(
        Category.LOAD_BALANCER,
        Asset(
            ("compute.googleapis.com/ForwardingRule", "compute.googleapis.com/GlobalForwardingRule"),
            "compute.v1.ForwardingRule",
            f"{_COMPUTE}/regions/REGION/forwardingRules/FORWARDING_RULE",
            derive=_target,
        ),
        {
            "name": "name",
            "description": "description",
            "state": "pscConnectionStatus",
            "scheme": "loadBalancingScheme",
            "address": "IPAddress",
            "protocol": "IPProtocol",
            "region": Field("region", last),
            "endpoint": "serviceName",
            "admitted_ranges": "sourceIpRanges",
            "created_at": Field("creationTimestamp", instant),
        },
        links=(
            Link("routes_to", "", "$Target"),
            Link("routes_to", "gcp.compute.backend_service", "backendService"),
            Link("runs_in", "gcp.compute.network", "network"),
            Link("runs_in", "gcp.compute.subnetwork", "subnetwork"),
        ),
        aliases=(Alias("address", "IPAddress"),),
        quiet=frozenset({"IPAddress", "serviceName", "target"}),
    ),
    row(
        Category.LOAD_BALANCER,
        Asset(
            ("compute.googleapis.com/BackendService", "compute.googleapis.com/RegionBackendService"),
            "compute.v1.BackendService",
            f"{_COMPUTE}/regions/REGION/backendServices/BACKEND_SERVICE",
        ),
        {
            "name": "name",
            "description": "description",
            "scheme": "loadBalancingScheme",
            "protocol": "protocol",
            "port": "port",
            "timeout_seconds": "timeoutSec",
            "strategy": "localityLbPolicy",
            "cached": "enableCDN",
            "region": Field("region", last),
            "backends": Field("backends", _backends),
            "auth_mode": Field("iap", lambda iap: "iap" if iap.get("enabled") else "none"),
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
        links=(
            Link("routes_to", "", "backends[].group"),
            Link("tested_by", "gcp.compute.health_check", "healthChecks[]"),
            Link("guarded_by", "gcp.compute.security_policy", "securityPolicy"),
            Link("runs_in", "gcp.compute.network", "network"),
        ),
        sensitive=frozenset(
            {"iap.oauth2ClientSecret", "iap.oauth2ClientSecretSha256", "securitySettings.awsV4Authentication.accessKey"}
        ),
    ),
    row(
        Category.MONITOR,
        Asset(
            (
                "compute.googleapis.com/HealthCheck",
                "compute.googleapis.com/HttpHealthCheck",
                "compute.googleapis.com/HttpsHealthCheck",
            ),
            "compute.v1.HealthCheck",
            f"{_COMPUTE}/global/healthChecks/HEALTH_CHECK",
        ),
        {
            "name": "name",
            "description": "description",
            "type": "type",
            "port": Field("", _port),
            "timeout_seconds": "timeoutSec",
            "settings": Field("", picked("checkIntervalSec", "healthyThreshold", "unhealthyThreshold", *_CHECKS)),
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
    ),
)
