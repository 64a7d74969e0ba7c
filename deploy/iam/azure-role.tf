terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.0"
    }
  }
}

variable "principal_id" {
  description = "Object id of the identity that Stocktake runs as; it alone gets the role."
  type        = string
}

variable "scope" {
  description = "What to read: /providers/Microsoft.Management/managementGroups/NAME or /subscriptions/ID."
  type        = string
}

resource "azurerm_role_definition" "stocktake" {
  name        = "Stocktake Read Only"
  description = "What a Stocktake scan reads. It allows no change, and no reading of keys, secrets, blobs or messages."
  scope       = var.scope

  permissions {
    actions = [
      "Microsoft.ApiManagement/service/apis/read",
      "Microsoft.ApiManagement/service/backends/read",
      "Microsoft.ApiManagement/service/read",
      "Microsoft.App/containerApps/read",
      "Microsoft.App/managedEnvironments/read",
      "Microsoft.Authorization/locks/read",
      "Microsoft.Authorization/permissions/read",
      "Microsoft.Authorization/policyAssignments/read",
      "Microsoft.Authorization/roleAssignments/read",
      "Microsoft.Authorization/roleDefinitions/read",
      "Microsoft.Automation/automationAccounts/read",
      "Microsoft.Automation/automationAccounts/runbooks/read",
      "Microsoft.Batch/batchAccounts/pools/read",
      "Microsoft.Batch/batchAccounts/read",
      "Microsoft.Cache/redis/read",
      "Microsoft.Cdn/profiles/afdEndpoints/read",
      "Microsoft.Cdn/profiles/afdEndpoints/routes/read",
      "Microsoft.Cdn/profiles/customDomains/read",
      "Microsoft.Cdn/profiles/endpoints/read",
      "Microsoft.Cdn/profiles/originGroups/origins/read",
      "Microsoft.Cdn/profiles/originGroups/read",
      "Microsoft.Cdn/profiles/read",
      "Microsoft.CognitiveServices/accounts/deployments/read",
      "Microsoft.CognitiveServices/accounts/projects/read",
      "Microsoft.CognitiveServices/accounts/read",
      "Microsoft.Compute/availabilitySets/read",
      "Microsoft.Compute/capacityReservationGroups/capacityReservations/read",
      "Microsoft.Compute/capacityReservationGroups/read",
      "Microsoft.Compute/diskEncryptionSets/read",
      "Microsoft.Compute/disks/read",
      "Microsoft.Compute/galleries/images/read",
      "Microsoft.Compute/galleries/images/versions/read",
      "Microsoft.Compute/galleries/read",
      "Microsoft.Compute/hostGroups/hosts/read",
      "Microsoft.Compute/hostGroups/read",
      "Microsoft.Compute/images/read",
      "Microsoft.Compute/locations/usages/read",
      "Microsoft.Compute/proximityPlacementGroups/read",
      "Microsoft.Compute/skus/read",
      "Microsoft.Compute/snapshots/read",
      "Microsoft.Compute/virtualMachines/read",
      "Microsoft.Compute/virtualMachineScaleSets/read",
      "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/networkInterfaces/ipConfigurations/publicIPAddresses/read",
      "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/networkInterfaces/read",
      "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read",
      "Microsoft.ContainerRegistry/registries/read",
      "Microsoft.ContainerService/managedClusters/read",
      "Microsoft.Dashboard/grafana/read",
      "Microsoft.Databricks/workspaces/read",
      "Microsoft.DataFactory/factories/read",
      "Microsoft.DocumentDB/databaseAccounts/read",
      "Microsoft.EventHub/namespaces/read",
      "Microsoft.Insights/actionGroups/read",
      "Microsoft.Insights/activityLogAlerts/read",
      "Microsoft.Insights/autoscaleSettings/read",
      "Microsoft.Insights/components/read",
      "Microsoft.Insights/dataCollectionEndpoints/read",
      "Microsoft.Insights/dataCollectionRules/read",
      "Microsoft.Insights/metricAlerts/read",
      "Microsoft.Insights/metrics/read",
      "Microsoft.Insights/scheduledQueryRules/read",
      "Microsoft.Insights/workbooks/read",
      "Microsoft.KeyVault/managedHSMs/read",
      "Microsoft.KeyVault/vaults/keys/read",
      "Microsoft.KeyVault/vaults/read",
      "Microsoft.KeyVault/vaults/secrets/read",
      "Microsoft.Logic/workflows/read",
      "Microsoft.MachineLearningServices/registries/codes/read",
      "Microsoft.MachineLearningServices/registries/codes/versions/read",
      "Microsoft.MachineLearningServices/registries/components/read",
      "Microsoft.MachineLearningServices/registries/components/versions/read",
      "Microsoft.MachineLearningServices/registries/data/read",
      "Microsoft.MachineLearningServices/registries/data/versions/read",
      "Microsoft.MachineLearningServices/registries/environments/read",
      "Microsoft.MachineLearningServices/registries/environments/versions/read",
      "Microsoft.MachineLearningServices/registries/models/read",
      "Microsoft.MachineLearningServices/registries/models/versions/read",
      "Microsoft.MachineLearningServices/registries/read",
      "Microsoft.MachineLearningServices/workspaces/codes/read",
      "Microsoft.MachineLearningServices/workspaces/codes/versions/read",
      "Microsoft.MachineLearningServices/workspaces/components/read",
      "Microsoft.MachineLearningServices/workspaces/components/versions/read",
      "Microsoft.MachineLearningServices/workspaces/computes/read",
      "Microsoft.MachineLearningServices/workspaces/data/read",
      "Microsoft.MachineLearningServices/workspaces/data/versions/read",
      "Microsoft.MachineLearningServices/workspaces/datastores/read",
      "Microsoft.MachineLearningServices/workspaces/environments/read",
      "Microsoft.MachineLearningServices/workspaces/environments/versions/read",
      "Microsoft.MachineLearningServices/workspaces/models/read",
      "Microsoft.MachineLearningServices/workspaces/models/versions/read",
      "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments/read",
      "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/read",
      "Microsoft.MachineLearningServices/workspaces/read",
      "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read",
      "Microsoft.ManagedIdentity/userAssignedIdentities/read",
      "Microsoft.Management/managementGroups/descendants/read",
      "Microsoft.Management/managementGroups/read",
      "Microsoft.Monitor/accounts/read",
      "Microsoft.NetApp/netAppAccounts/capacityPools/volumes/read",
      "Microsoft.Network/applicationGateways/read",
      "Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies/read",
      "Microsoft.Network/applicationSecurityGroups/read",
      "Microsoft.Network/azureFirewalls/read",
      "Microsoft.Network/bastionHosts/read",
      "Microsoft.Network/connections/read",
      "Microsoft.Network/ddosProtectionPlans/read",
      "Microsoft.Network/dnsZones/read",
      "Microsoft.Network/dnsZones/recordsets/read",
      "Microsoft.Network/expressRouteCircuits/read",
      "Microsoft.Network/expressRouteGateways/read",
      "Microsoft.Network/expressRoutePorts/read",
      "Microsoft.Network/firewallPolicies/read",
      "Microsoft.Network/firewallPolicies/ruleCollectionGroups/read",
      "Microsoft.Network/frontDoors/read",
      "Microsoft.Network/FrontDoorWebApplicationFirewallPolicies/read",
      "Microsoft.Network/ipGroups/read",
      "Microsoft.Network/loadBalancers/read",
      "Microsoft.Network/localNetworkGateways/read",
      "Microsoft.Network/natGateways/read",
      "Microsoft.Network/networkInterfaces/read",
      "Microsoft.Network/networkSecurityGroups/read",
      "Microsoft.Network/networkWatchers/flowLogs/read",
      "Microsoft.Network/networkWatchers/read",
      "Microsoft.Network/p2sVpnGateways/read",
      "Microsoft.Network/privateDnsZones/ALL/read",
      "Microsoft.Network/privateDnsZones/read",
      "Microsoft.Network/privateDnsZones/virtualNetworkLinks/read",
      "Microsoft.Network/privateEndpoints/read",
      "Microsoft.Network/privateLinkServices/read",
      "Microsoft.Network/publicIPAddresses/read",
      "Microsoft.Network/publicIPPrefixes/read",
      "Microsoft.Network/routeTables/read",
      "Microsoft.Network/trafficManagerProfiles/read",
      "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/read",
      "Microsoft.Network/virtualHubs/read",
      "Microsoft.Network/virtualNetworkGateways/read",
      "Microsoft.Network/virtualNetworks/read",
      "Microsoft.Network/virtualWans/read",
      "Microsoft.Network/vpnGateways/read",
      "Microsoft.Network/vpnSites/read",
      "Microsoft.OperationalInsights/workspaces/read",
      "Microsoft.Portal/dashboards/read",
      "Microsoft.ResourceGraph/resources/read",
      "Microsoft.Resources/subscriptions/locations/read",
      "Microsoft.Resources/subscriptions/providers/read",
      "Microsoft.Resources/subscriptions/read",
      "Microsoft.Resources/subscriptions/resourceGroups/read",
      "Microsoft.Search/searchServices/read",
      "Microsoft.ServiceBus/namespaces/read",
      "Microsoft.Sql/servers/databases/read",
      "Microsoft.Sql/servers/read",
      "Microsoft.Storage/storageAccounts/blobServices/containers/read",
      "Microsoft.Storage/storageAccounts/fileServices/shares/read",
      "Microsoft.Storage/storageAccounts/read",
      "Microsoft.StorageCache/amlFilesystems/read",
      "Microsoft.Web/sites/read",
    ]
    not_actions = []
  }

  assignable_scopes = [var.scope]
}

resource "azurerm_role_assignment" "stocktake" {
  scope              = var.scope
  role_definition_id = azurerm_role_definition.stocktake.role_definition_resource_id
  principal_id       = var.principal_id
}
