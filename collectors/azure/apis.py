"""API Management: services, their APIs and what these call."""

from __future__ import annotations

from collectors.azure.metrics import ANSWERED, Requests
from collectors.azure.rows import ASSUMES, Get, Rows, resource
from collectors.azure.values import each, equals, shaped
from normalize.model import Alias, Category, Field, Kind, Link
from normalize.units import instant

_VERSION = "2024-05-01"
_SERVICE = "azure.apimanagement.service"

KINDS: tuple[Kind, ...] = (
    resource(
        _SERVICE,
        Category.API,
        Rows(
            "Microsoft.ApiManagement/service",
            lookups=(Requests("Microsoft.ApiManagement/service", "Requests", "GatewayResponseCodeCategory"),),
        ),
        {
            **ANSWERED,
            "state": "properties.provisioningState",
            "size_class": "sku.name",
            "compute_unit_count": "sku.capacity",
            "endpoint": "properties.gatewayUrl",
            "hosts": Field("properties.hostnameConfigurations", each("hostName")),
            "public_address": "properties.publicIPAddresses[0]",
            "network_mode": "properties.virtualNetworkType",
            "public": Field("properties.publicNetworkAccess", equals("Enabled")),
            "replica_regions": Field("properties.additionalLocations", each("location")),
            "zones": "zones",
            "created_at": Field("properties.createdAtUtc", instant),
        },
        links=(
            ASSUMES,
            Link("runs_in", "azure.network.subnet", "properties.virtualNetworkConfiguration.subnetResourceId"),
            Link("reached_by", "azure.network.public_address", "properties.publicIpAddressId"),
            Link("proves_itself_by", "azure.keyvault.vault", "properties.hostnameConfigurations[].keyVaultId"),
        ),
        aliases=(Alias("uri", "properties.gatewayUrl"), Alias("dns", "properties.hostnameConfigurations[].hostName")),
        sensitive=frozenset(
            {
                "properties.notificationSenderEmail",
                "properties.publisherEmail",
                "properties.hostnameConfigurations[].certificatePassword",
                "properties.hostnameConfigurations[].encodedCertificate",
                "properties.certificates",
            }
        ),
        quiet=frozenset(
            {
                "properties.gatewayUrl",
                "properties.gatewayRegionalUrl",
                "properties.portalUrl",
                "properties.developerPortalUrl",
                "properties.managementApiUrl",
                "properties.scmUrl",
                "properties.publicIPAddresses",
                "properties.privateIPAddresses",
                "properties.outboundPublicIPAddresses",
            }
        ),
    ),
    resource(
        "azure.apimanagement.api",
        Category.API,
        Get("{$parent.$id}/apis", _VERSION, under=_SERVICE),
        {
            "description": "properties.displayName",
            "type": "properties.type",
            "version": "properties.apiVersion",
            "current": "properties.isCurrent",
            "root_path": "properties.path",
            "endpoint": "properties.serviceUrl",
        },
        tags="",
        links=(Link("calls", "", "properties.serviceUrl"),),
        quiet=frozenset({"properties.contact", "properties.license", "properties.termsOfServiceUrl"}),
    ),
    resource(
        "azure.apimanagement.backend",
        Category.API,
        Get("{$parent.$id}/backends", _VERSION, under=_SERVICE),
        {
            "description": "properties.title",
            "type": "properties.type",
            "protocol": "properties.protocol",
            "endpoint": "properties.url",
            "backends": Field("properties.pool.services", shaped(id="id", weight="weight", priority="priority")),
        },
        tags="",
        links=(
            Link("calls", "", "properties.url"),
            Link("routes_to", "azure.apimanagement.backend", "properties.pool.services[].id"),
        ),
        sensitive=frozenset({"properties.credentials", "properties.proxy.password"}),
    ),
)
