"""Load balancing: forwarding rules, what they hand requests to, and how that is checked and guarded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from collectors.gcp.accelerators import last
from collectors.gcp.metrics import Question, Traffic
from collectors.gcp.rows import Asset, Get, Listing, row
from collectors.gcp.values import picked
from collectors.traffic import ERRORS, LATENCY, MEASURED
from normalize.google import google_name
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Json, Kind, Link, Path, Template
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


def _traffic(part: str, labels: tuple[str, ...], keys: tuple[str, ...]) -> Traffic:
    """What application load balancers of one sort had to do. Source: Cloud Monitoring documentation, "Google Cloud metrics",
    loadbalancing, as the checks of GoogleCloudPlatform/gcpdiag ask for it; read 2026-11-24."""
    named = tuple(f"resource.label.{label}" for label in labels)
    requests = Question(f"loadbalancing.googleapis.com/https/{part}request_count", named, keys)
    return Traffic(
        requests,
        latency=Question(f"loadbalancing.googleapis.com/https/{part}total_latencies", named, keys),
        errors=replace(requests, also='metric.label.response_code_class = "500"'),
    )


_TRAFFIC = (
    _traffic("", ("forwarding_rule_name",), ("$Everywhere",)),
    _traffic("internal/", ("forwarding_rule_name", "region"), ("name", "$asset.location")),
    _traffic("external/regional/", ("forwarding_rule_name", "region"), ("name", "$asset.location")),
)
"""Global rules are told apart by name, those of regions by name and region."""


def _target(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a forwarding rule leads to, where that is a thing ("all-apis" and "vpc-sc" are Google's own), and the name of one that
    is global."""
    found = {"$Target": rule["target"]} if "/" in rule.get("target", "") else {}
    return found if rule.get("region") else {**found, "$Everywhere": rule["name"]}


def _services(rule: Mapping[str, Any]) -> Iterator[str]:
    """Backends that a rule of a URL map hands requests to."""
    weighted = (rule.get("routeAction") or {}).get("weightedBackendServices") or ()
    yield from (s for s in (rule.get("service"), *(w.get("backendService") for w in weighted)) if s)


def _paths(rule: Mapping[str, Any]) -> list[str]:
    """Paths of a path rule, or what a route rule matches."""
    matches = rule.get("matchRules") or ()
    found = [m.get(how) for m in matches for how in ("prefixMatch", "fullPathMatch", "regexMatch", "pathTemplateMatch")]
    return [*(rule.get("paths") or ()), *(f for f in found if f)]


def _routes(url_map: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Which hosts and paths go to which backend, by its name. Source: compute v1, UrlMap, read 2026-11-24."""
    hosts = {rule["pathMatcher"]: rule["hosts"] for rule in url_map.get("hostRules") or ()}
    default = url_map.get("defaultService")
    found: list[dict[str, Any]] = [{"service": last(default)}] if default else []
    for matcher in url_map.get("pathMatchers") or ():
        of = {"hosts": hosts.get(matcher["name"], [])}
        if matcher.get("defaultService"):
            found.append({**of, "service": last(matcher["defaultService"])})
        for rule in (*(matcher.get("pathRules") or ()), *(matcher.get("routeRules") or ())):
            found.extend({**of, "paths": _paths(rule), "service": last(service)} for service in _services(rule))
    return found


def _armor_rules(rules: Any) -> list[dict[str, Any]]:
    """Rules of a security policy: order, what is done, whether it is only tried, and upon what."""
    keys = ("priority", "action", "preview", "description", "match")
    return [{key: rule[key] for key in keys if key in rule} for rule in rules]


def _serverless(group: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a network endpoint group stands for, by whole names: it gives those of its own region by name alone. Source: compute v1,
    NetworkEndpointGroup, read 2026-11-24."""
    found = {}
    where = f"projects/{group['$asset']['project']}/locations/{str(group.get('region')).rpartition('/')[2]}"
    if run := (group.get("cloudRun") or {}).get("service"):
        found["$Run"] = f"//run.googleapis.com/{where}/services/{run}"
    if function := (group.get("cloudFunction") or {}).get("function"):
        found["$Function"] = f"//cloudfunctions.googleapis.com/{where}/functions/{function}"
    if "/serviceAttachments/" in group.get("pscTargetService", ""):
        found["$Service"] = group["pscTargetService"]
    return found


def _hosts(certificate: Mapping[str, Any]) -> Any:
    """Names that a certificate is for."""
    return certificate.get("subjectAlternativeNames") or (certificate.get("managed") or {}).get("domains") or MISSING


def _placed(item: dict[str, Json]) -> Iterator[dict[str, Json]]:
    """An item with the path of its full name, and its place: what Compute Engine lists over all places says both in its own link."""
    named = google_name(str(item.get("selfLink")))
    yield {**item, "$Path": named.path, "$Place": named.place} if named else item


def _everywhere(noun: str, collection: str, derive: Any = None) -> Listing:
    """The listing of a kind over all places of a project at once. Cloud Asset Inventory documents the names of global ones alone ("Asset
    names", read 2026-11-24): whether it has those of regions, which load balancers within a network consist of, is not known."""
    capital = collection[0].upper() + collection[1:]
    return Listing(
        Get(
            "compute.googleapis.com",
            f"/compute/v1/projects/{{project}}/aggregated/{collection}",
            f"compute.{collection}.list compute.region{capital}.list",
            items=f"{collection}[]",
            within="items",
            page=500,
            size="maxResults",
        ),
        f"compute.googleapis.com/{noun}",
        f"compute.v1.{noun}",
        "//compute.googleapis.com/{$Path}",
        places="global",
        spread=_placed,
        derive=derive,
    )


def _proxy(
    noun: str, collection: str, fields: Mapping[str, Path | Field], links: tuple[Link, ...], *, regional: bool = False
) -> Kind:
    """A target proxy: where a load balancer ends connections."""
    name = f"{_COMPUTE}/global/{collection}/{collection.upper()}"
    of_assets = Asset((f"compute.googleapis.com/{noun}",), f"compute.v1.{noun}", name)
    fetch = _everywhere(noun, collection) if regional else of_assets
    common: Mapping[str, Path | Field] = {
        "name": "name",
        "description": "description",
        "created_at": Field("creationTimestamp", instant),
    }
    return row(Category.LOAD_BALANCER, fetch, {**common, **fields}, links=links, labels="")


def _legacy_check(noun: str, collection: str) -> Kind:
    """A health check of the first generation, which target pools still use; there are none in regions."""
    name = f"{_COMPUTE}/global/{collection}/{collection.upper()}"
    return row(
        Category.MONITOR,
        Asset((f"compute.googleapis.com/{noun}",), f"compute.v1.{noun}", name),
        {
            "name": "name",
            "description": "description",
            "port": "port",
            "timeout_seconds": "timeoutSec",
            "settings": Field("", picked("checkIntervalSec", "healthyThreshold", "unhealthyThreshold", "requestPath")),
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
    )


_URL_MAP = Link("routes_to", "gcp.compute.url_map", "urlMap")
_SERVICE = Link("routes_to", "gcp.compute.backend_service", "service")
_TLS = (
    Link("guarded_by", "gcp.compute.ssl_policy", "sslPolicy"),
    Link("proves_itself_by", "", "sslCertificates[]"),
    Link("proves_itself_by", "gcp.certificatemanager.certificate_map", "certificateMap"),
)
_TLS_POLICY: Mapping[str, Path | Field] = {"tls_policy": Field("sslPolicy", last)}
_HEADER: Mapping[str, Path | Field] = {"mode": "proxyHeader"}

KINDS = (
    row(
        Category.LOAD_BALANCER,
        Asset(
            ("compute.googleapis.com/ForwardingRule", "compute.googleapis.com/GlobalForwardingRule"),
            "compute.v1.ForwardingRule",
            f"{_COMPUTE}/regions/REGION/forwardingRules/FORWARDING_RULE",
            derive=_target,
            lookups=_TRAFFIC,
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
            **MEASURED,
            **LATENCY,
            **ERRORS,
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
        _everywhere("HealthCheck", "healthChecks"),
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
    _proxy(
        "TargetHttpProxy",
        "targetHttpProxies",
        {"keep_alive_seconds": "httpKeepAliveTimeoutSec"},
        (_URL_MAP,),
        regional=True,
    ),
    _proxy(
        "TargetHttpsProxy",
        "targetHttpsProxies",
        {**_TLS_POLICY, "keep_alive_seconds": "httpKeepAliveTimeoutSec", "mode": "quicOverride"},
        (_URL_MAP, *_TLS),
        regional=True,
    ),
    _proxy("TargetSslProxy", "targetSslProxies", {**_TLS_POLICY, **_HEADER}, (_SERVICE, *_TLS)),
    _proxy("TargetTcpProxy", "targetTcpProxies", _HEADER, (_SERVICE,), regional=True),
    _proxy("TargetGrpcProxy", "targetGrpcProxies", {}, (_URL_MAP,)),
    row(
        Category.LOAD_BALANCER,
        _everywhere("UrlMap", "urlMaps"),
        {
            "name": "name",
            "description": "description",
            "hosts": Field("hostRules", lambda rules: [host for rule in rules for host in rule["hosts"]]),
            "backends": Field("", _routes),
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
        links=(
            Link("routes_to", "", "defaultService"),
            Link("routes_to", "", "pathMatchers[].defaultService"),
            Link("routes_to", "", "pathMatchers[].pathRules[].service"),
            Link("routes_to", "", "pathMatchers[].routeRules[].service"),
            Link("routes_to", "", "pathMatchers[].routeRules[].routeAction.weightedBackendServices[].backendService"),
            Link("copies_to", "", "defaultRouteAction.requestMirrorPolicy.backendService"),
        ),
        quiet=frozenset({"hostRules", "tests"}),
    ),
    row(
        Category.LOAD_BALANCER,
        Asset(
            ("compute.googleapis.com/BackendBucket",),
            "compute.v1.BackendBucket",
            f"{_COMPUTE}/global/backendBuckets/BACKEND_BUCKET",
        ),
        {
            "name": "name",
            "description": "description",
            "cached": "enableCdn",
            "mode": "cdnPolicy.cacheMode",
            "ttl_seconds": "cdnPolicy.defaultTtl",
            "keys": "cdnPolicy.signedUrlKeyNames",
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
        links=(
            Link("serves", "gcp.storage.bucket", Template("gs://{bucketName}")),
            Link("guarded_by", "gcp.compute.security_policy", "edgeSecurityPolicy"),
        ),
    ),
    row(
        Category.LOAD_BALANCER,
        _everywhere("NetworkEndpointGroup", "networkEndpointGroups", _serverless),
        {
            "name": "name",
            "description": "description",
            "type": "networkEndpointType",
            "zone": Field("zone", last),
            "port": "defaultPort",
            "running_count": "size",
            "state": "pscData.pscConnectionStatus",
            "created_at": Field("creationTimestamp", instant),
        },
        labels="annotations",
        links=(
            Link("runs_in", "gcp.compute.network", "network"),
            Link("runs_in", "gcp.compute.subnetwork", "subnetwork"),
            Link("routes_to", "gcp.run.service", "$Run"),
            Link("routes_to", "gcp.cloudfunctions.function", "$Function"),
            Link("connects_to", "gcp.compute.service_attachment", "$Service"),
        ),
        quiet=frozenset({"pscTargetService", "pscData"}),
    ),
    row(
        Category.CERTIFICATE,
        _everywhere("SslCertificate", "sslCertificates"),
        {
            "name": "name",
            "description": "description",
            "state": "managed.status",
            "type": "type",
            "hosts": Field("", _hosts),
            "expires_at": Field("expireTime", instant),
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
        sensitive=frozenset({"privateKey", "certificate", "selfManaged"}),
        quiet=frozenset({"managed", "subjectAlternativeNames"}),
    ),
    row(
        Category.POLICY,
        _everywhere("SslPolicy", "sslPolicies"),
        {
            "name": "name",
            "description": "description",
            "tls_policy": "profile",
            "version": "minTlsVersion",
            "features": "enabledFeatures",
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
    ),
    row(
        Category.FIREWALL,
        _everywhere("SecurityPolicy", "securityPolicies"),
        {
            "name": "name",
            "description": "description",
            "type": "type",
            "rules": Field("rules", _armor_rules),
            "rule_count": Field("rules", len),
            "created_at": Field("creationTimestamp", instant),
        },
        quiet=frozenset({"rules"}),
    ),
    row(
        Category.LOAD_BALANCER,
        Asset(
            ("compute.googleapis.com/TargetPool",),
            "compute.v1.TargetPool",
            f"{_COMPUTE}/regions/REGION/targetPools/TARGET_POOL",
        ),
        {
            "name": "name",
            "description": "description",
            "region": Field("region", last),
            "running_count": Field("instances", len),
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
        links=(
            Link("routes_to", "gcp.compute.instance", "instances[]"),
            Link("tested_by", "", "healthChecks[]"),
            Link("guarded_by", "gcp.compute.security_policy", "securityPolicy"),
        ),
    ),
    row(
        Category.LOAD_BALANCER,
        Asset(
            ("compute.googleapis.com/TargetInstance",),
            "compute.v1.TargetInstance",
            f"{_COMPUTE}/zones/ZONE/targetInstances/TARGET_INSTANCE",
        ),
        {
            "name": "name",
            "description": "description",
            "zone": Field("zone", last),
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
        links=(
            Link("routes_to", "gcp.compute.instance", "instance"),
            Link("runs_in", "gcp.compute.network", "network"),
            Link("guarded_by", "gcp.compute.security_policy", "securityPolicy"),
        ),
    ),
    _legacy_check("HttpHealthCheck", "httpHealthChecks"),
    _legacy_check("HttpsHealthCheck", "httpsHealthChecks"),
)
