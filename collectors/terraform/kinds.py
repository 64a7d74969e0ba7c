"""What a state of Terraform says: one row for the state, one for each thing that it declares."""

from __future__ import annotations

from normalize.model import Category, Kind

_IDENTITY = "Identity"

STATE = Kind(
    name="terraform.state",
    category=Category.DECLARATION,
    fetch=None,
    id="$Id",
    native="Lineage",
    fields={
        "name": "File",
        "format": "Form",
        "version": "TerraformVersion",
        "state_serial": "Serial",
        "resource_count": "Resources",
    },
    quiet=frozenset({"File", "Lineage"}),
)

RESOURCE = Kind(
    name="terraform.resource",
    category=Category.DECLARATION,
    fetch=None,
    id="$Id",
    native="Address",
    fields={
        "name": "Address",
        "declared_type": "Type",
        "declared_by": "File",
        "module": "Module",
        "provider_name": "Provider",
        "state": "Status",
        "declared_name": "Identity.name",
        "location": "Identity.location",
        "region": "Identity.region",
        "zone": "Identity.zone",
    },
    quiet=frozenset({_IDENTITY, "Address", "File", "Module", "Provider", "Type"}),
)

KINDS = (STATE, RESOURCE)
