"""Ways in for callers of APIs: API Gateway, Cloud Endpoints, Apigee, and the keys by which callers are told apart."""

from __future__ import annotations

from typing import Any

from collectors.gcp.rows import Asset, Get, Listing, row
from collectors.gcp.values import texts
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Link
from normalize.units import instant

_GATEWAY = "//apigateway.googleapis.com/projects/PROJECT_NUMBER/locations/LOCATION"


def _restrictions(restrictions: Any) -> Any:
    """What an API key may be used with, and whence. Source: apikeys v2, V2Restrictions, read 2026-11-24."""
    return {k: v for k, v in restrictions.items() if k != "apiTargets"} or MISSING


def _millis(value: Any) -> str:
    """Apigee gives instants in milliseconds since the epoch. Source: apigee v1, GoogleCloudApigeeV1Organization, read 2026-11-24."""
    return instant(int(value) / 1000)


KINDS = (
    row(
        Category.API,
        Asset(("apigateway.googleapis.com/Api",), "apigateway.v1.ApigatewayApi", f"{_GATEWAY}/apis/API"),
        {
            "name": "displayName",
            "state": "state",
            "service": "managedService",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        quiet=frozenset({"name", "managedService"}),
    ),
    row(
        Category.API,
        Asset(
            ("apigateway.googleapis.com/ApiConfig",),
            "apigateway.v1.ApigatewayApiConfig",
            f"{_GATEWAY}/apis/API/configs/CONFIG",
        ),
        {
            "name": "displayName",
            "state": "state",
            "version": "serviceConfigId",
            "service_account": "gatewayServiceAccount",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        links=(Link("assumes", "gcp.iam.service_account", "gatewayServiceAccount"),),
        sensitive=frozenset(
            {
                "openapiDocuments[].document.contents",
                "managedServiceConfigs[].contents",
                "grpcServices[].fileDescriptorSet.contents",
                "grpcServices[].source[].contents",
            }
        ),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.API,
        Asset(
            ("apigateway.googleapis.com/Gateway",), "apigateway.v1.ApigatewayGateway", f"{_GATEWAY}/gateways/GATEWAY"
        ),
        {
            "name": "displayName",
            "state": "state",
            "endpoint": "defaultHostname",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        links=(Link("uses_config", "gcp.apigateway.api_config", "apiConfig"),),
        aliases=(Alias("dns", "defaultHostname"),),
        quiet=frozenset({"name", "defaultHostname"}),
    ),
    row(
        Category.API,
        Listing(
            Get(
                "servicemanagement.googleapis.com",
                "/v1/services",
                "servicemanagement.services.list",
                items="services[]",
                params={"producerProjectId": "{project}"},
                page=100,
            ),
            "servicemanagement.googleapis.com/ManagedService",
            "servicemanagement.v1.ManagedService",
            "//servicemanagement.googleapis.com/services/{serviceName}",
            places="global",
        ),
        {"name": "serviceName", "endpoint": "serviceName"},
        labels="",
        aliases=(Alias("dns", "serviceName"),),
        quiet=frozenset({"serviceName"}),
    ),
    row(
        Category.API,
        Asset(
            ("apigee.googleapis.com/Organization",),
            "apigee.v1.GoogleCloudApigeeV1Organization",
            "//apigee.googleapis.com/organizations/ORGANIZATION",
        ),
        {
            "name": "name",
            "description": "description",
            "state": "state",
            "type": "runtimeType",
            "billing_mode": "billingType",
            "region": "analyticsRegion",
            "namespaces": "environments",
            "created_at": Field("createdAt", _millis),
            "modified_at": Field("lastModifiedAt", _millis),
            "expires_at": Field("expiresAt", _millis),
        },
        labels="",
        key="runtimeDatabaseEncryptionKeyName",
        links=(
            Link("encrypted_by", "gcp.cloudkms.crypto_key", "controlPlaneEncryptionKeyName"),
            Link("encrypted_by", "gcp.cloudkms.crypto_key", "apiConsumerDataEncryptionKeyName"),
        ),
        sensitive=frozenset({"caCertificate", "caCertificates[]", "properties"}),
        quiet=frozenset({"name", "authorizedNetwork"}),
    ),
    row(
        Category.API,
        Asset(
            ("apigee.googleapis.com/Instance",),
            "apigee.v1.GoogleCloudApigeeV1Instance",
            "//apigee.googleapis.com/organizations/ORGANIZATION/instances/INSTANCE",
        ),
        {
            "name": "name",
            "description": "description",
            "state": "state",
            "version": "runtimeVersion",
            "region": "location",
            "private_address": "host",
            "shared_with": "consumerAcceptList",
            "created_at": Field("createdAt", _millis),
            "modified_at": Field("lastModifiedAt", _millis),
        },
        labels="",
        key="diskEncryptionKeyName",
        links=(Link("served_by", "gcp.compute.service_attachment", "serviceAttachment"),),
        quiet=frozenset({"name", "host", "ipRange"}),
    ),
    row(
        Category.KEY,
        Asset(
            ("apikeys.googleapis.com/Key",),
            "apikeys.v2.V2Key",
            "//apikeys.googleapis.com/projects/PROJECT_NUMBER/locations/global/keys/KEY",
        ),
        {
            "name": "displayName",
            "services": Field("restrictions.apiTargets", texts("service")),
            "settings": Field("restrictions", _restrictions),
            "service_account": "serviceAccountEmail",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
        },
        labels="annotations",
        links=(Link("assumes", "gcp.iam.service_account", "serviceAccountEmail"),),
        sensitive=frozenset({"keyString"}),
        quiet=frozenset({"restrictions", "uid"}),
    ),
)
