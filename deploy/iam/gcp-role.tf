terraform {
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 5.0"
    }
  }
}

variable "member" {
  description = "Identity that Stocktake runs as, as in serviceAccount:stocktake@ops.iam.gserviceaccount.com; it alone gets the role."
  type        = string
}

variable "organization" {
  description = "Number of the organisation to read; empty to read a project alone."
  type        = string
  default     = ""
}

variable "project" {
  description = "Id of the project to read, where no organisation is given."
  type        = string
  default     = ""
}

locals {
  permissions = [
    "accesscontextmanager.accessLevels.list",
    "accesscontextmanager.policies.list",
    "accesscontextmanager.servicePerimeters.list",
    "aiplatform.cachedContents.list",
    "aiplatform.contexts.list",
    "aiplatform.dataLabelingJobs.list",
    "aiplatform.deploymentResourcePools.list",
    "aiplatform.entityTypes.list",
    "aiplatform.featureViews.list",
    "aiplatform.features.list",
    "aiplatform.locations.list",
    "aiplatform.modelMonitors.list",
    "aiplatform.models.get",
    "aiplatform.models.list",
    "aiplatform.nasJobs.list",
    "aiplatform.notebookExecutionJobs.list",
    "aiplatform.persistentResources.list",
    "aiplatform.ragCorpora.list",
    "aiplatform.reasoningEngines.list",
    "aiplatform.schedules.list",
    "aiplatform.tensorboardExperiments.list",
    "bigquery.connections.list",
    "bigquery.tables.get",
    "cloudasset.assets.listIamPolicy",
    "cloudasset.assets.listResource",
    "cloudasset.assets.searchAllResources",
    "cloudquotas.quotas.get",
    "cloudscheduler.jobs.list",
    "cloudscheduler.locations.list",
    "compute.healthChecks.list",
    "compute.networkEndpointGroups.list",
    "compute.projects.get",
    "compute.regionHealthChecks.list",
    "compute.regionNetworkEndpointGroups.list",
    "compute.regionSecurityPolicies.list",
    "compute.regionSslCertificates.list",
    "compute.regionSslPolicies.list",
    "compute.regionTargetHttpProxies.list",
    "compute.regionTargetHttpsProxies.list",
    "compute.regionTargetTcpProxies.list",
    "compute.regionUrlMaps.list",
    "compute.regions.list",
    "compute.securityPolicies.list",
    "compute.sslCertificates.list",
    "compute.sslPolicies.list",
    "compute.targetHttpProxies.list",
    "compute.targetHttpsProxies.list",
    "compute.targetTcpProxies.list",
    "compute.urlMaps.list",
    "dns.resourceRecordSets.list",
    "iam.googleapis.com/workloadIdentityPoolProviders.list",
    "iam.googleapis.com/workloadIdentityPools.list",
    "monitoring.services.list",
    "monitoring.slos.list",
    "monitoring.timeSeries.list",
    "networkconnectivity.locations.list",
    "networkconnectivity.serviceConnectionPolicies.list",
    "networkmanagement.locations.list",
    "networkmanagement.vpcflowlogsconfigs.list",
    "parallelstore.instances.list",
    "parallelstore.locations.list",
    "servicemanagement.services.list",
    "servicenetworking.services.get",
    "serviceusage.services.use",
    "tpu.locations.list",
    "tpu.nodes.list",
  ]
}

resource "google_organization_iam_custom_role" "stocktake" {
  count       = var.organization == "" ? 0 : 1
  org_id      = var.organization
  role_id     = "stocktakeReadOnly"
  title       = "Stocktake read only"
  description = "What a Stocktake scan reads. It allows no change, and no reading of objects, tables or secrets."
  permissions = local.permissions
}

resource "google_organization_iam_member" "stocktake" {
  count  = var.organization == "" ? 0 : 1
  org_id = var.organization
  role   = google_organization_iam_custom_role.stocktake[0].id
  member = var.member
}

resource "google_project_iam_custom_role" "stocktake" {
  count       = var.organization == "" ? 1 : 0
  project     = var.project
  role_id     = "stocktakeReadOnly"
  title       = "Stocktake read only"
  description = "What a Stocktake scan reads. It allows no change, and no reading of objects, tables or secrets."
  permissions = [for p in local.permissions : p if !startswith(p, "accesscontextmanager.")]
}

resource "google_project_iam_member" "stocktake" {
  count   = var.organization == "" ? 1 : 0
  project = var.project
  role    = google_project_iam_custom_role.stocktake[0].id
  member  = var.member
}
