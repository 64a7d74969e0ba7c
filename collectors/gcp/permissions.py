"""The least-privilege read-only role of a scan, from the rows: a custom role definition, and Terraform that makes and grants it.

Refuses to know a permission that no row takes, beyond what the sweep and finding places need.
"""

from __future__ import annotations

from collections.abc import Iterable

from collectors.gcp.kinds import KINDS
from collectors.gcp.rows import LIST_POLICIES, LIST_RESOURCES, Listing, places_get
from normalize.errors import ConfigError
from normalize.model import Kind

ROLE = "stocktakeReadOnly"
TITLE = "Stocktake read only"
DESCRIPTION = "What a Stocktake scan reads. It allows no change, and no reading of objects, tables or secrets."
SWEEP = (LIST_RESOURCES, LIST_POLICIES)
USE = "serviceusage.services.use"
"""That calls count against a project's quota; needed in the project that pays alone."""
ORGANISATION_ONLY = "accesscontextmanager."
"""Permissions that begin so are held on an organisation: the role of a project cannot have them. Source: Access Context Manager
documentation, "Access control with IAM", read 2026-11-24."""
FORMATS = ("yaml", "terraform")


def permissions(kinds: Iterable[Kind] = KINDS) -> list[str]:
    """IAM permissions that the kinds need, sorted."""
    found = {*SWEEP, USE}
    for kind in kinds:
        found.update(kind.needs)
        if isinstance(kind.fetch, Listing) and kind.fetch.places != "global" and not kind.fetch.after:
            found.update(places_get(kind.fetch).permission.split())
    return sorted(found)


def render(format: str = "yaml") -> str:
    """The role as text: "yaml" for `gcloud iam roles create --file`, "terraform" to make it and grant it to one identity in an
    organisation, or in a project. Equal input gives equal text.

    Raises:
        ConfigError: no such format.
    """
    if format == "yaml":
        return _yaml(permissions())
    if format == "terraform":
        return _terraform(permissions())
    raise ConfigError(f"permissions gcp: {format!r} is no format; accepted: {', '.join(FORMATS)}")


def _yaml(names: Iterable[str]) -> str:
    lines = "".join(f"  - {name}\n" for name in names)
    return f'title: "{TITLE}"\ndescription: "{DESCRIPTION}"\nstage: GA\nincludedPermissions:\n{lines}'


def _terraform(names: Iterable[str]) -> str:
    lines = "".join(f'    "{name}",\n' for name in names)
    return f"""\
terraform {{
  required_providers {{
    google = {{
      source  = "hashicorp/google"
      version = ">= 5.0"
    }}
  }}
}}

variable "member" {{
  description = "Identity that Stocktake runs as, as in serviceAccount:stocktake@ops.iam.gserviceaccount.com; it alone gets the role."
  type        = string
}}

variable "organization" {{
  description = "Number of the organisation to read; empty to read a project alone."
  type        = string
  default     = ""
}}

variable "project" {{
  description = "Id of the project to read, where no organisation is given."
  type        = string
  default     = ""
}}

locals {{
  permissions = [
{lines}  ]
}}

resource "google_organization_iam_custom_role" "stocktake" {{
  count       = var.organization == "" ? 0 : 1
  org_id      = var.organization
  role_id     = "{ROLE}"
  title       = "{TITLE}"
  description = "{DESCRIPTION}"
  permissions = local.permissions
}}

resource "google_organization_iam_member" "stocktake" {{
  count  = var.organization == "" ? 0 : 1
  org_id = var.organization
  role   = google_organization_iam_custom_role.stocktake[0].id
  member = var.member
}}

resource "google_project_iam_custom_role" "stocktake" {{
  count       = var.organization == "" ? 1 : 0
  project     = var.project
  role_id     = "{ROLE}"
  title       = "{TITLE}"
  description = "{DESCRIPTION}"
  permissions = [for p in local.permissions : p if !startswith(p, "{ORGANISATION_ONLY}")]
}}

resource "google_project_iam_member" "stocktake" {{
  count   = var.organization == "" ? 1 : 0
  project = var.project
  role    = google_project_iam_custom_role.stocktake[0].id
  member  = var.member
}}
"""
