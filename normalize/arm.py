"""Ids of Azure Resource Manager: their parts, the kind that their type means, and the name of a type that no row describes.

Owns the grammar of ARM ids. Refuses what only looks like one: without a subscription and a provider, or a resource group,
there is no thing that the id names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

ARM_ID = re.compile(
    r"(?:/subscriptions/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:/resourcegroups/[\w.()-]{1,90}|/locations/[a-z0-9]{2,40})?"
    r"|/providers/microsoft\.management/managementgroups/[\w.()-]{1,90})(?:/providers/microsoft\.[a-z.]{2,60}(?:/[\w.%@:$~+=!*'-]{1,260}){2,12})*"
    r"(?![\w-])",
    re.IGNORECASE,
)
"""An ARM id anywhere in a text, in any case. Subscription ids are GUIDs; names of resource groups have at most 90 letters, digits,
"_", ".", "-", "(" and ")", and so have ids of management groups, which lie in no subscription. Source: Azure documentation, "Naming
rules and restrictions for Azure resources", "Extension resource IDs" and "Subscriptions - List Locations"; read 2026-11-24."""

KINDS: Mapping[str, str] = {
    # type, lower case -> kind
    "microsoft.apimanagement/service": "azure.apimanagement.service",
    "microsoft.apimanagement/service/apis": "azure.apimanagement.api",
    "microsoft.apimanagement/service/backends": "azure.apimanagement.backend",
    "microsoft.app/containerapps": "azure.app.container_app",
    "microsoft.app/jobs": "azure.app.job",
    "microsoft.app/managedenvironments": "azure.app.environment",
    "microsoft.app/sessionpools": "azure.app.session_pool",
    "microsoft.appconfiguration/configurationstores": "azure.appconfiguration.store",
    "microsoft.authorization/locks": "azure.authorization.lock",
    "microsoft.authorization/policyassignments": "azure.authorization.policy_assignment",
    "microsoft.authorization/roleassignments": "azure.authorization.role_assignment",
    "microsoft.authorization/roledefinitions": "azure.authorization.role_definition",
    "microsoft.automation/automationaccounts": "azure.automation.account",
    "microsoft.automation/automationaccounts/runbooks": "azure.automation.runbook",
    "microsoft.azurestackhci/clusters": "azure.azurestackhci.cluster",
    "microsoft.batch/batchaccounts": "azure.batch.account",
    "microsoft.batch/batchaccounts/pools": "azure.batch.pool",
    "microsoft.cache/redis": "azure.redis.cache",
    "microsoft.cache/redisenterprise": "azure.redisenterprise.cluster",
    "microsoft.cache/redisenterprise/databases": "azure.redisenterprise.database",
    "microsoft.cdn/profiles": "azure.cdn.profile",
    "microsoft.cdn/profiles/afdendpoints": "azure.cdn.front_door_endpoint",
    "microsoft.cdn/profiles/afdendpoints/routes": "azure.cdn.route",
    "microsoft.cdn/profiles/customdomains": "azure.cdn.custom_domain",
    "microsoft.cdn/profiles/endpoints": "azure.cdn.endpoint",
    "microsoft.cdn/profiles/origingroups": "azure.cdn.origin_group",
    "microsoft.cdn/profiles/origingroups/origins": "azure.cdn.origin",
    "microsoft.cognitiveservices/accounts": "azure.cognitiveservices.account",
    "microsoft.cognitiveservices/accounts/commitmentplans": "azure.cognitiveservices.commitment_plan",
    "microsoft.cognitiveservices/accounts/connections": "azure.cognitiveservices.connection",
    "microsoft.cognitiveservices/accounts/deployments": "azure.cognitiveservices.deployment",
    "microsoft.cognitiveservices/accounts/encryptionscopes": "azure.cognitiveservices.encryption_scope",
    "microsoft.cognitiveservices/accounts/projects": "azure.cognitiveservices.project",
    "microsoft.cognitiveservices/accounts/projects/connections": "azure.cognitiveservices.project_connection",
    "microsoft.cognitiveservices/accounts/raiblocklists": "azure.cognitiveservices.blocklist",
    "microsoft.cognitiveservices/accounts/raipolicies": "azure.cognitiveservices.content_policy",
    "microsoft.cognitiveservices/commitmentplans": "azure.cognitiveservices.shared_commitment_plan",
    "microsoft.cognitiveservices/usages": "azure.cognitiveservices.quota",
    "microsoft.compute/availabilitysets": "azure.compute.availability_set",
    "microsoft.compute/capacityreservationgroups": "azure.compute.capacity_reservation_group",
    "microsoft.compute/capacityreservationgroups/capacityreservations": "azure.compute.capacity_reservation",
    "microsoft.compute/diskencryptionsets": "azure.compute.disk_encryption_set",
    "microsoft.compute/disks": "azure.compute.disk",
    "microsoft.compute/galleries": "azure.compute.gallery",
    "microsoft.compute/galleries/images": "azure.compute.gallery_image",
    "microsoft.compute/galleries/images/versions": "azure.compute.gallery_image_version",
    "microsoft.compute/hostgroups": "azure.compute.host_group",
    "microsoft.compute/hostgroups/hosts": "azure.compute.dedicated_host",
    "microsoft.compute/images": "azure.compute.image",
    "microsoft.compute/proximityplacementgroups": "azure.compute.proximity_placement_group",
    "microsoft.compute/restorepointcollections": "azure.compute.restore_point_collection",
    "microsoft.compute/snapshots": "azure.compute.snapshot",
    "microsoft.compute/sshpublickeys": "azure.compute.ssh_key",
    "microsoft.compute/usages": "azure.compute.quota",
    "microsoft.compute/virtualmachines": "azure.compute.virtual_machine",
    "microsoft.compute/virtualmachines/extensions": "azure.compute.extension",
    "microsoft.compute/virtualmachinescalesets": "azure.compute.scale_set",
    "microsoft.compute/virtualmachinescalesets/virtualmachines": "azure.compute.scale_set_instance",
    "microsoft.compute/virtualmachinescalesets/virtualmachines/networkinterfaces": "azure.network.scale_set_interface",
    "microsoft.compute/virtualmachinescalesets/virtualmachines/networkinterfaces/ipconfigurations/publicipaddresses": "azure.network.scale_set_address",
    "microsoft.containerinstance/containergroups": "azure.containerinstance.group",
    "microsoft.containerregistry/registries": "azure.containerregistry.registry",
    "microsoft.containerregistry/registries/cacherules": "azure.containerregistry.cache_rule",
    "microsoft.containerregistry/registries/replications": "azure.containerregistry.replication",
    "microsoft.containerservice/managedclusters": "azure.aks.cluster",
    "microsoft.containerservice/managedclusters/agentpools": "azure.aks.agent_pool",
    "microsoft.dashboard/grafana": "azure.dashboard.grafana",
    "microsoft.databricks/accessconnectors": "azure.databricks.access_connector",
    "microsoft.databricks/workspaces": "azure.databricks.workspace",
    "microsoft.datafactory/factories": "azure.datafactory.factory",
    "microsoft.datafactory/factories/datasets": "azure.datafactory.dataset",
    "microsoft.datafactory/factories/integrationruntimes": "azure.datafactory.integration_runtime",
    "microsoft.datafactory/factories/linkedservices": "azure.datafactory.linked_service",
    "microsoft.datafactory/factories/pipelines": "azure.datafactory.pipeline",
    "microsoft.datafactory/factories/triggers": "azure.datafactory.trigger",
    "microsoft.dataprotection/backupvaults": "azure.dataprotection.backup_vault",
    "microsoft.dataprotection/backupvaults/backupinstances": "azure.dataprotection.backup_instance",
    "microsoft.dbformysql/flexibleservers": "azure.mysql.flexible_server",
    "microsoft.dbformysql/flexibleservers/databases": "azure.mysql.database",
    "microsoft.dbforpostgresql/flexibleservers": "azure.postgresql.flexible_server",
    "microsoft.dbforpostgresql/flexibleservers/databases": "azure.postgresql.database",
    "microsoft.documentdb/databaseaccounts": "azure.cosmosdb.account",
    "microsoft.documentdb/databaseaccounts/mongodbdatabases": "azure.cosmosdb.mongo_database",
    "microsoft.documentdb/databaseaccounts/sqldatabases": "azure.cosmosdb.sql_database",
    "microsoft.documentdb/databaseaccounts/sqldatabases/containers": "azure.cosmosdb.sql_container",
    "microsoft.documentdb/mongoclusters": "azure.cosmosdb.mongo_cluster",
    "microsoft.eventgrid/domains": "azure.eventgrid.domain",
    "microsoft.eventgrid/namespaces": "azure.eventgrid.namespace",
    "microsoft.eventgrid/systemtopics": "azure.eventgrid.system_topic",
    "microsoft.eventgrid/systemtopics/eventsubscriptions": "azure.eventgrid.system_topic_subscription",
    "microsoft.eventgrid/topics": "azure.eventgrid.topic",
    "microsoft.eventgrid/topics/eventsubscriptions": "azure.eventgrid.topic_subscription",
    "microsoft.eventhub/namespaces": "azure.eventhub.namespace",
    "microsoft.eventhub/namespaces/eventhubs": "azure.eventhub.event_hub",
    "microsoft.fabric/capacities": "azure.fabric.capacity",
    "microsoft.hybridcompute/machines": "azure.hybridcompute.machine",
    "microsoft.hybridcompute/machines/extensions": "azure.hybridcompute.extension",
    "microsoft.insights/actiongroups": "azure.insights.action_group",
    "microsoft.insights/activitylogalerts": "azure.insights.activity_log_alert",
    "microsoft.insights/autoscalesettings": "azure.insights.autoscale_setting",
    "microsoft.insights/components": "azure.insights.component",
    "microsoft.insights/datacollectionendpoints": "azure.insights.data_collection_endpoint",
    "microsoft.insights/datacollectionrules": "azure.insights.data_collection_rule",
    "microsoft.insights/metricalerts": "azure.insights.metric_alert",
    "microsoft.insights/scheduledqueryrules": "azure.insights.scheduled_query",
    "microsoft.insights/workbooks": "azure.insights.workbook",
    "microsoft.keyvault/managedhsms": "azure.keyvault.managed_hsm",
    "microsoft.keyvault/vaults": "azure.keyvault.vault",
    "microsoft.keyvault/vaults/keys": "azure.keyvault.key",
    "microsoft.keyvault/vaults/secrets": "azure.keyvault.secret",
    "microsoft.kubernetes/connectedclusters": "azure.kubernetes.connected_cluster",
    "microsoft.kubernetesconfiguration/extensions": "azure.kubernetesconfiguration.extension",
    "microsoft.kubernetesconfiguration/fluxconfigurations": "azure.kubernetesconfiguration.flux_configuration",
    "microsoft.kusto/clusters": "azure.kusto.cluster",
    "microsoft.kusto/clusters/databases": "azure.kusto.database",
    "microsoft.logic/workflows": "azure.logic.workflow",
    "microsoft.machinelearningservices/registries": "azure.machinelearning.registry",
    "microsoft.machinelearningservices/registries/codes": "azure.machinelearning.registry_code",
    "microsoft.machinelearningservices/registries/codes/versions": "azure.machinelearning.registry_code_version",
    "microsoft.machinelearningservices/registries/components": "azure.machinelearning.registry_component",
    "microsoft.machinelearningservices/registries/components/versions": "azure.machinelearning.registry_component_version",
    "microsoft.machinelearningservices/registries/data": "azure.machinelearning.registry_data",
    "microsoft.machinelearningservices/registries/data/versions": "azure.machinelearning.registry_data_version",
    "microsoft.machinelearningservices/registries/environments": "azure.machinelearning.registry_environment",
    "microsoft.machinelearningservices/registries/environments/versions": "azure.machinelearning.registry_environment_version",
    "microsoft.machinelearningservices/registries/models": "azure.machinelearning.registry_model",
    "microsoft.machinelearningservices/registries/models/versions": "azure.machinelearning.registry_model_version",
    "microsoft.machinelearningservices/registries/privateendpointconnections": "azure.machinelearning.registry_private_endpoint_connection",
    "microsoft.machinelearningservices/usages": "azure.machinelearning.quota",
    "microsoft.machinelearningservices/workspaces": "azure.machinelearning.workspace",
    "microsoft.machinelearningservices/workspaces/batchendpoints": "azure.machinelearning.batch_endpoint",
    "microsoft.machinelearningservices/workspaces/batchendpoints/deployments": "azure.machinelearning.batch_deployment",
    "microsoft.machinelearningservices/workspaces/codes": "azure.machinelearning.code",
    "microsoft.machinelearningservices/workspaces/codes/versions": "azure.machinelearning.code_version",
    "microsoft.machinelearningservices/workspaces/components": "azure.machinelearning.component",
    "microsoft.machinelearningservices/workspaces/components/versions": "azure.machinelearning.component_version",
    "microsoft.machinelearningservices/workspaces/computes": "azure.machinelearning.compute_cluster",
    "microsoft.machinelearningservices/workspaces/connections": "azure.machinelearning.connection",
    "microsoft.machinelearningservices/workspaces/data": "azure.machinelearning.data",
    "microsoft.machinelearningservices/workspaces/data/versions": "azure.machinelearning.data_version",
    "microsoft.machinelearningservices/workspaces/datastores": "azure.machinelearning.datastore",
    "microsoft.machinelearningservices/workspaces/environments": "azure.machinelearning.environment",
    "microsoft.machinelearningservices/workspaces/environments/versions": "azure.machinelearning.environment_version",
    "microsoft.machinelearningservices/workspaces/featuresets": "azure.machinelearning.featureset",
    "microsoft.machinelearningservices/workspaces/featuresets/versions": "azure.machinelearning.featureset_version",
    "microsoft.machinelearningservices/workspaces/featurestoreentities": "azure.machinelearning.featurestore_entity",
    "microsoft.machinelearningservices/workspaces/featurestoreentities/versions": "azure.machinelearning.featurestore_entity_version",
    "microsoft.machinelearningservices/workspaces/jobs": "azure.machinelearning.command_job",
    "microsoft.machinelearningservices/workspaces/marketplacesubscriptions": "azure.machinelearning.marketplace_subscription",
    "microsoft.machinelearningservices/workspaces/models": "azure.machinelearning.model",
    "microsoft.machinelearningservices/workspaces/models/versions": "azure.machinelearning.model_version",
    "microsoft.machinelearningservices/workspaces/onlineendpoints": "azure.machinelearning.online_endpoint",
    "microsoft.machinelearningservices/workspaces/onlineendpoints/deployments": "azure.machinelearning.online_deployment",
    "microsoft.machinelearningservices/workspaces/outboundrules": "azure.machinelearning.outbound_rule",
    "microsoft.machinelearningservices/workspaces/privateendpointconnections": "azure.machinelearning.private_endpoint_connection",
    "microsoft.machinelearningservices/workspaces/quotas": "azure.machinelearning.workspace_quota",
    "microsoft.machinelearningservices/workspaces/schedules": "azure.machinelearning.schedule",
    "microsoft.machinelearningservices/workspaces/serverlessendpoints": "azure.machinelearning.serverless_endpoint",
    "microsoft.managedidentity/userassignedidentities": "azure.managedidentity.identity",
    "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials": "azure.managedidentity.federated_credential",
    "microsoft.management/managementgroups": "azure.management.management_group",
    "microsoft.monitor/accounts": "azure.monitor.workspace",
    "microsoft.netapp/netappaccounts": "azure.netapp.account",
    "microsoft.netapp/netappaccounts/capacitypools": "azure.netapp.pool",
    "microsoft.netapp/netappaccounts/capacitypools/volumes": "azure.netapp.volume",
    "microsoft.network/applicationgateways": "azure.network.application_gateway",
    "microsoft.network/applicationgatewaywebapplicationfirewallpolicies": "azure.network.gateway_firewall_policy",
    "microsoft.network/applicationsecuritygroups": "azure.network.application_security_group",
    "microsoft.network/azurefirewalls": "azure.network.firewall",
    "microsoft.network/bastionhosts": "azure.network.bastion",
    "microsoft.network/connections": "azure.network.connection",
    "microsoft.network/ddosprotectionplans": "azure.network.ddos_protection_plan",
    "microsoft.network/dnsforwardingrulesets": "azure.network.dns_forwarding_ruleset",
    "microsoft.network/dnsforwardingrulesets/forwardingrules": "azure.network.dns_forwarding_rule",
    "microsoft.network/dnsresolvers": "azure.network.dns_resolver",
    "microsoft.network/dnsresolvers/inboundendpoints": "azure.network.dns_inbound_endpoint",
    "microsoft.network/dnsresolvers/outboundendpoints": "azure.network.dns_outbound_endpoint",
    "microsoft.network/dnszones": "azure.network.dns_zone",
    "microsoft.network/dnszones/a": "azure.network.dns_record",
    "microsoft.network/dnszones/aaaa": "azure.network.dns_record",
    "microsoft.network/dnszones/caa": "azure.network.dns_record",
    "microsoft.network/dnszones/cname": "azure.network.dns_record",
    "microsoft.network/dnszones/mx": "azure.network.dns_record",
    "microsoft.network/dnszones/ns": "azure.network.dns_record",
    "microsoft.network/dnszones/ptr": "azure.network.dns_record",
    "microsoft.network/dnszones/soa": "azure.network.dns_record",
    "microsoft.network/dnszones/srv": "azure.network.dns_record",
    "microsoft.network/dnszones/txt": "azure.network.dns_record",
    "microsoft.network/expressroutecircuits": "azure.network.express_route_circuit",
    "microsoft.network/expressroutegateways": "azure.network.express_route_gateway",
    "microsoft.network/expressrouteports": "azure.network.express_route_port",
    "microsoft.network/firewallpolicies": "azure.network.firewall_policy",
    "microsoft.network/firewallpolicies/rulecollectiongroups": "azure.network.rule_collection_group",
    "microsoft.network/frontdoors": "azure.network.front_door",
    "microsoft.network/frontdoorwebapplicationfirewallpolicies": "azure.network.front_door_firewall_policy",
    "microsoft.network/ipgroups": "azure.network.address_group",
    "microsoft.network/loadbalancers": "azure.network.load_balancer",
    "microsoft.network/localnetworkgateways": "azure.network.local_gateway",
    "microsoft.network/natgateways": "azure.network.nat_gateway",
    "microsoft.network/networkinterfaces": "azure.network.network_interface",
    "microsoft.network/networksecuritygroups": "azure.network.security_group",
    "microsoft.network/networkwatchers": "azure.network.network_watcher",
    "microsoft.network/networkwatchers/flowlogs": "azure.network.flow_log",
    "microsoft.network/p2svpngateways": "azure.network.point_to_site_gateway",
    "microsoft.network/privatednszones": "azure.network.private_dns_zone",
    "microsoft.network/privatednszones/a": "azure.network.private_dns_record",
    "microsoft.network/privatednszones/aaaa": "azure.network.private_dns_record",
    "microsoft.network/privatednszones/cname": "azure.network.private_dns_record",
    "microsoft.network/privatednszones/mx": "azure.network.private_dns_record",
    "microsoft.network/privatednszones/ptr": "azure.network.private_dns_record",
    "microsoft.network/privatednszones/soa": "azure.network.private_dns_record",
    "microsoft.network/privatednszones/srv": "azure.network.private_dns_record",
    "microsoft.network/privatednszones/txt": "azure.network.private_dns_record",
    "microsoft.network/privatednszones/virtualnetworklinks": "azure.network.private_dns_link",
    "microsoft.network/privateendpoints": "azure.network.private_endpoint",
    "microsoft.network/privatelinkservices": "azure.network.private_link_service",
    "microsoft.network/publicipaddresses": "azure.network.public_address",
    "microsoft.network/publicipprefixes": "azure.network.public_address_prefix",
    "microsoft.network/routetables": "azure.network.route_table",
    "microsoft.network/trafficmanagerprofiles": "azure.network.traffic_manager",
    "microsoft.network/virtualhubs": "azure.network.virtual_hub",
    "microsoft.network/virtualhubs/hubvirtualnetworkconnections": "azure.network.hub_connection",
    "microsoft.network/virtualnetworkgateways": "azure.network.virtual_network_gateway",
    "microsoft.network/virtualnetworks": "azure.network.virtual_network",
    "microsoft.network/virtualnetworks/subnets": "azure.network.subnet",
    "microsoft.network/virtualnetworks/virtualnetworkpeerings": "azure.network.peering",
    "microsoft.network/virtualwans": "azure.network.virtual_wan",
    "microsoft.network/vpngateways": "azure.network.vpn_gateway",
    "microsoft.network/vpnsites": "azure.network.vpn_site",
    "microsoft.operationalinsights/workspaces": "azure.operationalinsights.workspace",
    "microsoft.portal/dashboards": "azure.portal.dashboard",
    "microsoft.purview/accounts": "azure.purview.account",
    "microsoft.recoveryservices/vaults": "azure.recoveryservices.vault",
    "microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems": "azure.recoveryservices.protected_item",
    "microsoft.redhatopenshift/openshiftclusters": "azure.redhatopenshift.cluster",
    "microsoft.resources/subscriptions/locations": "azure.resources.location",
    "microsoft.search/searchservices": "azure.search.service",
    "microsoft.servicebus/namespaces": "azure.servicebus.namespace",
    "microsoft.servicebus/namespaces/queues": "azure.servicebus.queue",
    "microsoft.servicebus/namespaces/topics": "azure.servicebus.topic",
    "microsoft.sql/managedinstances": "azure.sql.managed_instance",
    "microsoft.sql/managedinstances/databases": "azure.sql.managed_database",
    "microsoft.sql/servers": "azure.sql.server",
    "microsoft.sql/servers/databases": "azure.sql.database",
    "microsoft.sql/servers/elasticpools": "azure.sql.elastic_pool",
    "microsoft.storage/storageaccounts": "azure.storage.account",
    "microsoft.storage/storageaccounts/blobservices/containers": "azure.storage.container",
    "microsoft.storage/storageaccounts/fileservices/shares": "azure.storage.file_share",
    "microsoft.storage/storageaccounts/managementpolicies": "azure.storage.lifecycle_policy",
    "microsoft.storagecache/amlfilesystems": "azure.storagecache.lustre",
    "microsoft.storagecache/caches": "azure.storagecache.cache",
    "microsoft.storagesync/storagesyncservices": "azure.storagesync.service",
    "microsoft.streamanalytics/clusters": "azure.streamanalytics.cluster",
    "microsoft.streamanalytics/streamingjobs": "azure.streamanalytics.job",
    "microsoft.synapse/workspaces": "azure.synapse.workspace",
    "microsoft.synapse/workspaces/bigdatapools": "azure.synapse.spark_pool",
    "microsoft.synapse/workspaces/sqlpools": "azure.synapse.sql_pool",
    "microsoft.web/certificates": "azure.web.certificate",
    "microsoft.web/serverfarms": "azure.web.plan",
    "microsoft.web/sites": "azure.web.site",
    "microsoft.web/staticsites": "azure.web.static_site",
}
"""Kind of a type; a type that has several kinds (workspaces that are hubs) means the commonest. A test compares it with the rows."""

AZUREML = re.compile(
    r"azureml:/{1,2}subscriptions/(?P<subscription>[0-9a-f-]{36})/resourcegroups/(?P<group>[\w.()-]{1,90})"
    r"(?:/providers/microsoft\.machinelearningservices)?/workspaces/(?P<workspace>[\w-]{1,64})(?P<rest>(?:/[\w.%@:~+=-]{1,260}){2,20})?/?",
    re.IGNORECASE,
)
"""A long-form URI of Azure Machine Learning, to a path in a datastore or to an asset. Source: Azure documentation, "Access data from
Azure cloud storage during interactive development" and "CLI (v2) core YAML syntax"; read 2026-11-24."""
_WORKSPACE = "providers/microsoft.machinelearningservices/workspaces"

LOCATIONS = "microsoft.resources/subscriptions/locations"
RESOURCE_GROUP = "azure.resources.resource_group"
SUBSCRIPTION = "azure.resources.subscription"


class ArmId(NamedTuple):
    """An ARM id in parts, lower case.

    Attributes:
        subscription: "" for a management group.
        type: "microsoft.compute/virtualmachines"; "" for a resource group or a subscription.
        names: one per part of the type: ("vm1",).
    """

    id: str
    subscription: str
    group: str
    type: str
    names: tuple[str, ...]


@lru_cache(maxsize=8192)
def parse_arm(text: str) -> ArmId | None:
    """The parts of an ARM id; None where the whole text is none."""
    text = text.strip().rstrip("/").lower()
    if not ARM_ID.fullmatch(text):
        return None
    head, _, tail = text.rpartition("/providers/") if "/providers/" in text else (text, "", "")
    parts = head.split("/")
    if not tail and parts[3:4] == ["locations"]:
        return ArmId(text, parts[2], "", LOCATIONS, (parts[4],))
    provider, *rest = tail.split("/")
    if tail and len(rest) % 2:
        return None
    type_ = "/".join((provider, *rest[::2])) if tail else ""
    group = parts[4] if len(parts) > 4 and parts[3] == "resourcegroups" else ""
    return ArmId(text, parts[2] if parts[1:2] == ["subscriptions"] else "", group, type_, tuple(rest[1::2]))


def azureml_id(uri: str) -> str | None:
    """ARM id, lower case, of what a long-form azureml: URI names: a datastore (whatever the path in it), an asset with its version, or
    the workspace itself; None for short forms, which mean something only inside a workspace."""
    m = AZUREML.fullmatch(uri.strip())
    if m is None:
        return None
    rest = (m["rest"] or "").strip("/").split("/")
    kept = rest[:2] if rest[0].lower() == "datastores" else rest[: len(rest) - len(rest) % 2][:4]
    parts = (
        "subscriptions",
        m["subscription"],
        "resourcegroups",
        m["group"],
        _WORKSPACE,
        m["workspace"],
        *filter(None, kept),
    )
    return "/" + "/".join(parts).lower()


def kind_of(type_: str) -> str:
    """Kind that a type means, whether a row describes it or not: "azure.compute.virtual_machine".

    Args:
        type_: lower case; "" is not taken.
    """
    if known := KINDS.get(type_):
        return known
    provider, _, rest = type_.partition("/")
    service = re.sub(r"\W", "", provider.removeprefix("microsoft."))
    return f"azure.{service or 'resource'}.{re.sub(r'[^a-z0-9]+', '_', rest) or 'resource'}"


def thing(found: ArmId) -> ArmId:
    """The thing of its own that an id belongs to: a part of a load balancer (…/frontendIPConfigurations/F) means the load
    balancer, as long as no row lists such parts."""
    types, names = found.type.split("/"), found.names
    for n in range(len(names), 0, -1):
        if (type_ := "/".join(types[: n + 1])) in KINDS:
            ahead = found.id.rpartition("/providers/")[0]
            own = "/".join(f"{t}/{name}" for t, name in zip(types[1 : n + 1], names, strict=False))
            return (
                found
                if n == len(names)
                else ArmId(f"{ahead}/providers/{types[0]}/{own}", found.subscription, found.group, type_, names[:n])
            )
    return found


def target_of(found: ArmId) -> str:
    """Kind of the thing that an ARM id names."""
    if found.type:
        return kind_of(found.type)
    return RESOURCE_GROUP if found.group else SUBSCRIPTION
