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
      "Microsoft.Authorization/permissions/read",
      "Microsoft.Compute/disks/read",
      "Microsoft.Compute/virtualMachines/read",
      "Microsoft.Management/managementGroups/descendants/read",
      "Microsoft.Management/managementGroups/read",
      "Microsoft.Network/virtualNetworks/read",
      "Microsoft.ResourceGraph/resources/read",
      "Microsoft.Resources/subscriptions/providers/read",
      "Microsoft.Resources/subscriptions/read",
      "Microsoft.Storage/storageAccounts/blobServices/containers/read",
      "Microsoft.Storage/storageAccounts/read",
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
