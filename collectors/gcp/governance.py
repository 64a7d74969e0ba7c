"""What an organisation forbids and who pays: organisation policies, VPC Service Controls, Binary Authorization, services that are
switched on, billing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.gcp.rows import Asset, Get, Listing, row
from collectors.gcp.values import equals, picked
from normalize.mapping import MISSING
from normalize.model import Category, Field, Link, Template
from normalize.units import instant

_MANAGER = "//cloudresourcemanager.googleapis.com"
_LOCATIONS = "gcp.resourceLocations"
"""The constraint by which resources may stand in some locations only. Source: Resource Manager documentation, "Restricting resource
locations", read 2026-11-24."""
_ORGANIZATION = "gcp.cloudresourcemanager.organization"
_ACCESS_POLICY = "gcp.accesscontextmanager.access_policy"


def _governed(policy: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an organisation policy is set on, by its full name."""
    above = str(policy["$asset"]["name"]).partition("/policies/")[0].partition(".googleapis.com/")[2]
    return {"$Target": f"{_MANAGER}/{above}"}


def _rules(spec: Any) -> list[Mapping[str, Any]]:
    keys = ("enforce", "allowAll", "denyAll", "values", "condition", "parameters")
    return [{key: rule[key] for key in keys if key in rule} for rule in spec.get("rules") or ()]


def _locations(which: str) -> Any:
    """Locations of a policy that restricts them: "in:us-locations", "us-central1"."""

    def convert(policy: Any) -> Any:
        if policy["$asset"]["id"] != _LOCATIONS:
            return MISSING
        rules = (policy.get("spec") or {}).get("rules") or ()
        return [str(v) for rule in rules for v in (rule.get("values") or {}).get(which) or ()] or MISSING

    return convert


def _enforced(policy: Any) -> Any:
    """Whether a policy of yes or no says yes; those of lists say neither."""
    rules = (policy.get("spec") or {}).get("rules") or ()
    said = [rule["enforce"] for rule in rules if "enforce" in rule]
    return any(said) if said else MISSING


def _within(perimeter: Mapping[str, Any]) -> Mapping[str, Any]:
    """Projects and networks within a perimeter: those of what is in force, and of what is only tried."""
    parts = [perimeter.get(part) or {} for part in ("status", "spec")]
    resources = dict.fromkeys(str(r) for part in parts for r in part.get("resources") or ())
    return {
        "$Projects": [f"{_MANAGER}/{r}" for r in resources if r.startswith("projects/")],
        "$Networks": [r for r in resources if r.startswith("//compute.")],
        "$Levels": [
            f"//accesscontextmanager.googleapis.com/{level}" for p in parts for level in p.get("accessLevels") or ()
        ],
    }


def _crossings(perimeter: Any) -> list[dict[str, Any]]:
    """What may cross a perimeter that is in force: direction, whence and whither."""
    status = perimeter.get("status") or {}
    ways = (("ingress", "ingressPolicies"), ("egress", "egressPolicies"))
    return [
        {"direction": way, "from": rule.get(f"{way}From"), "to": rule.get(f"{way}To")}
        for way, part in ways
        for rule in status.get(part) or ()
    ]


def _conditions(level: Mapping[str, Any], part: str) -> Iterator[str]:
    for condition in (level.get("basic") or {}).get("conditions") or ():
        yield from condition.get(part) or ()


def _of_conditions(part: str) -> Any:
    def convert(level: Any) -> Any:
        return list(_conditions(level, part)) or MISSING

    return convert


def _service(service: Mapping[str, Any]) -> str:
    return str(service["$asset"]["id"])


KINDS = (
    row(
        Category.POLICY,
        Asset(
            ("orgpolicy.googleapis.com/Policy",),
            "orgpolicy.v2.GoogleCloudOrgpolicyV2Policy",
            "//orgpolicy.googleapis.com/projects/PROJECT_NUMBER/policies/CONSTRAINT",
            derive=_governed,
        ),
        {
            "enabled": Field("", _enforced),
            "rules": Field("spec", _rules),
            "regions_allowed": Field("", _locations("allowedValues")),
            "regions_denied": Field("", _locations("deniedValues")),
            "modified_at": Field("spec.updateTime", instant),
            "settings": Field("spec", picked("inheritFromParent", "reset")),
        },
        labels="",
        links=(Link("governs", "", "$Target"),),
        quiet=frozenset({"name", "spec", "dryRunSpec"}),
    ),
    row(
        Category.POLICY,
        Asset(
            ("orgpolicy.googleapis.com/CustomConstraint",),
            "orgpolicy.v2.GoogleCloudOrgpolicyV2CustomConstraint",
            "//orgpolicy.googleapis.com/organizations/ORGANIZATION_NUMBER/customConstraints/CUSTOM_CONSTRAINT",
        ),
        {
            "name": "displayName",
            "description": "description",
            "mode": "actionType",
            "filter": "condition",
            "resource_types": "resourceTypes",
            "actions": "methodTypes",
            "modified_at": Field("updateTime", instant),
        },
        labels="",
        quiet=frozenset({"name", "condition"}),
    ),
    row(
        Category.POLICY,
        Listing(
            Get(
                "accesscontextmanager.googleapis.com",
                "/v1/accessPolicies",
                "accesscontextmanager.policies.list",
                items="accessPolicies[]",
                params={"parent": "{relative}"},
                page=100,
            ),
            "accesscontextmanager.googleapis.com/AccessPolicy",
            "accesscontextmanager.v1.AccessPolicy",
            "//accesscontextmanager.googleapis.com/{name}",
            under=_ORGANIZATION,
        ),
        {"name": "title", "targets": "scopes"},
        labels="",
        links=(Link("part_of", _ORGANIZATION, Template("//cloudresourcemanager.googleapis.com/{parent}")),),
        quiet=frozenset({"name", "parent", "scopes"}),
    ),
    row(
        Category.POLICY,
        Listing(
            Get(
                "accesscontextmanager.googleapis.com",
                "/v1/{relative}/servicePerimeters",
                "accesscontextmanager.servicePerimeters.list",
                items="servicePerimeters[]",
                page=100,
            ),
            "accesscontextmanager.googleapis.com/ServicePerimeter",
            "accesscontextmanager.v1.ServicePerimeter",
            "//accesscontextmanager.googleapis.com/{name}",
            under=_ACCESS_POLICY,
            derive=_within,
        ),
        {
            "name": "title",
            "description": "description",
            "type": "perimeterType",
            "services": "status.restrictedServices",
            "rules": Field("", _crossings),
            "settings": Field("", picked("useExplicitDryRunSpec")),
        },
        labels="",
        links=(
            Link("part_of", _ACCESS_POLICY, "$parent.$asset.name"),
            Link("guards", "gcp.cloudresourcemanager.project", "$Projects[]"),
            Link("guards", "gcp.compute.network", "$Networks[]"),
            Link("admits", "gcp.accesscontextmanager.access_level", "$Levels[]"),
        ),
        quiet=frozenset({"name", "status", "spec"}),
    ),
    row(
        Category.POLICY,
        Listing(
            Get(
                "accesscontextmanager.googleapis.com",
                "/v1/{relative}/accessLevels",
                "accesscontextmanager.accessLevels.list",
                items="accessLevels[]",
                page=100,
            ),
            "accesscontextmanager.googleapis.com/AccessLevel",
            "accesscontextmanager.v1.AccessLevel",
            "//accesscontextmanager.googleapis.com/{name}",
            under=_ACCESS_POLICY,
        ),
        {
            "name": "title",
            "description": "description",
            "admitted_ranges": Field("", _of_conditions("ipSubnetworks")),
            "principals": Field("", _of_conditions("members")),
            "regions_allowed": Field("", _of_conditions("regions")),
            "filter": "custom.expr.expression",
        },
        labels="",
        links=(Link("part_of", _ACCESS_POLICY, "$parent.$asset.name"),),
        quiet=frozenset({"name", "custom", "basic.conditions[].ipSubnetworks"}),
    ),
    row(
        Category.POLICY,
        Asset(
            ("binaryauthorization.googleapis.com/Policy",),
            "binaryauthorization.v1.Policy",
            "//binaryauthorization.googleapis.com/projects/PROJECT_ID/policy",
        ),
        {
            "description": "description",
            "mode": "defaultAdmissionRule.enforcementMode",
            "state": "globalPolicyEvaluationMode",
            "settings": Field(
                "", picked("defaultAdmissionRule", "clusterAdmissionRules", "kubernetesNamespaceAdmissionRules")
            ),
            "images": Field("admissionWhitelistPatterns", lambda patterns: [p["namePattern"] for p in patterns]),
            "modified_at": Field("updateTime", instant),
        },
        labels="",
        links=(Link("asks", "gcp.binaryauthorization.attestor", "defaultAdmissionRule.requireAttestationsBy[]"),),
        quiet=frozenset({"name", "admissionWhitelistPatterns"}),
    ),
    row(
        Category.POLICY,
        Asset(
            ("binaryauthorization.googleapis.com/Attestor",),
            "binaryauthorization.v1.Attestor",
            "//binaryauthorization.googleapis.com/projects/PROJECT_ID/attestors/ATTESTOR",
        ),
        {
            "description": "description",
            "key_count": Field("userOwnedGrafeasNote.publicKeys", len),
            "modified_at": Field("updateTime", instant),
        },
        labels="",
        sensitive=frozenset({"userOwnedGrafeasNote.publicKeys"}),
        quiet=frozenset({"name", "userOwnedGrafeasNote"}),
    ),
    row(
        Category.SETTINGS,
        Asset(
            ("serviceusage.googleapis.com/Service",),
            "serviceusage.v1.GoogleApiServiceusageV1Service",
            "//serviceusage.googleapis.com/projects/PROJECT_NUMBER/services/SERVICE",
        ),
        {
            "service": Field("", _service),
            "enabled": Field("state", equals("ENABLED")),
            "state": "state",
        },
        labels="",
        sensitive=frozenset({"config"}),
        quiet=frozenset({"name", "parent", "config"}),
    ),
    row(
        Category.SETTINGS,
        Asset(
            ("compute.googleapis.com/Project",),
            "compute.v1.Project",
            "//compute.googleapis.com/projects/PROJECT_ID",
            detail=(
                Get(
                    "compute.googleapis.com",
                    "/compute/v1/projects/{project}/getXpnHost",
                    "compute.projects.get",
                    items="selfLink",
                    into="$Host",
                ),
            ),
        ),
        {
            "name": "name",
            "state": "xpnProjectStatus",
            "service_account": "defaultServiceAccount",
            "features": "enabledFeatures",
            "settings": Field("", picked("defaultNetworkTier", "cloudArmorTier", "vmDnsSetting")),
            "created_at": Field("creationTimestamp", instant),
        },
        labels="",
        links=(
            Link("member_of", "gcp.compute.project", "$Host"),
            Link("assumes", "gcp.iam.service_account", "defaultServiceAccount"),
            Link("logs_to", "gcp.storage.bucket", Template("gs://{usageExportLocation.bucketName}")),
        ),
        sensitive=frozenset({"commonInstanceMetadata"}),
    ),
    row(
        Category.ACCOUNT,
        Asset(
            ("cloudbilling.googleapis.com/ProjectBillingInfo",),
            "cloudbilling.v1.ProjectBillingInfo",
            "//cloudbilling.googleapis.com/projects/PROJECT_ID/billingInfo",
        ),
        {"name": "projectId", "enabled": "billingEnabled", "account": "billingAccountName"},
        labels="",
        links=(
            Link(
                "charged_to",
                "gcp.cloudbilling.billing_account",
                Template("//cloudbilling.googleapis.com/{billingAccountName}"),
                optional=True,
            ),
        ),
        quiet=frozenset({"name", "projectId", "billingAccountName"}),
    ),
    row(
        Category.ACCOUNT,
        Asset(
            ("cloudbilling.googleapis.com/BillingAccount",),
            "cloudbilling.v1.BillingAccount",
            "//cloudbilling.googleapis.com/billingAccounts/BILLING_ACCOUNT",
        ),
        {"name": "displayName", "enabled": "open", "currency": "currencyCode"},
        labels="",
        quiet=frozenset({"name", "masterBillingAccount", "parent"}),
    ),
)
