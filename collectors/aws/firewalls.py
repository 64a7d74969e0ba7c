"""Network Firewall: firewalls, their policies, and groups of rules."""

from __future__ import annotations

from typing import Any

from collectors.aws.rows import Call
from normalize.model import Category, Field, Kind, Link

_GONE = ("ResourceNotFoundException",)


def _uses(name: str) -> Link:
    return Link("uses", "aws.networkfirewall.rule_group", f"FirewallPolicy.{name}RuleGroupReferences[].ResourceArn")


def _settings(policy: Any) -> dict[str, Any]:
    kept = ("StatelessDefaultActions", "StatefulDefaultActions", "StatefulEngineOptions")
    return {key: policy[key] for key in kept if key in policy}


def _endpoints(states: Any) -> list[str]:
    """VPC endpoints through which traffic is sent, one per zone."""
    return [s["Attachment"]["EndpointId"] for s in states.values() if (s.get("Attachment") or {}).get("EndpointId")]


KINDS = (
    Kind(
        name="aws.networkfirewall.firewall",
        category=Category.FIREWALL,
        fetch=Call(
            "network-firewall",
            "ListFirewalls",
            items="Firewalls",
            page=100,
            detail=(
                Call(
                    "network-firewall",
                    "DescribeFirewall",
                    params={"FirewallArn": "{FirewallArn}"},
                    gone=_GONE,
                    derive=lambda item: {"$Endpoints": _endpoints(item["FirewallStatus"]["SyncStates"])},
                ),
            ),
        ),
        id="FirewallArn",
        native="FirewallName",
        fields={
            "name": "FirewallName",
            "description": "Firewall.Description",
            "state": "FirewallStatus.Status",
            "deletion_protected": "Firewall.DeleteProtection",
            "encryption": "Firewall.EncryptionConfiguration.Type",
        },
        tags="Firewall.Tags",
        links=(
            Link("governed_by", "aws.networkfirewall.firewall_policy", "Firewall.FirewallPolicyArn"),
            Link("runs_in", "aws.ec2.vpc", "Firewall.VpcId"),
            Link("runs_in", "aws.ec2.subnet", "Firewall.SubnetMappings[].SubnetId"),
            Link("reached_by", "aws.ec2.vpc_endpoint", "$Endpoints[]"),
            Link("attached_to", "aws.ec2.transit_gateway", "Firewall.TransitGatewayId"),
        ),
        quiet=frozenset({"FirewallStatus", "Firewall.FirewallArn"}),
    ),
    Kind(
        name="aws.networkfirewall.firewall_policy",
        category=Category.FIREWALL,
        fetch=Call(
            "network-firewall",
            "ListFirewallPolicies",
            items="FirewallPolicies",
            page=100,
            detail=(
                Call(
                    "network-firewall",
                    "DescribeFirewallPolicy",
                    params={"FirewallPolicyArn": "{Arn}"},
                    gone=_GONE,
                ),
            ),
        ),
        id="Arn",
        native="Name",
        fields={
            "name": "Name",
            "description": "FirewallPolicyResponse.Description",
            "state": "FirewallPolicyResponse.FirewallPolicyStatus",
            "settings": Field("FirewallPolicy", _settings),
            "modified_at": "FirewallPolicyResponse.LastModifiedTime",
        },
        tags="FirewallPolicyResponse.Tags",
        links=(_uses("Stateless"), _uses("Stateful")),
        quiet=frozenset({"FirewallPolicyResponse.FirewallPolicyArn"}),
    ),
    Kind(
        name="aws.networkfirewall.rule_group",
        category=Category.FIREWALL,
        fetch=Call(
            "network-firewall",
            "ListRuleGroups",
            items="RuleGroups",
            params={"Scope": "ACCOUNT"},
            page=100,
            detail=(
                Call(
                    "network-firewall",
                    "DescribeRuleGroup",
                    items="RuleGroupResponse",
                    params={"RuleGroupArn": "{Arn}"},
                    gone=_GONE,
                ),
            ),
        ),
        id="Arn",
        native="Name",
        fields={
            "name": "Name",
            "description": "Description",
            "state": "RuleGroupStatus",
            "type": "Type",
            "used_count": "NumberOfAssociations",
            "modified_at": "LastModifiedTime",
        },
        tags="Tags",
        links=(
            Link("made_from", "", "SourceMetadata.SourceArn", optional=True),
            Link("notifies", "aws.sns.topic", "SnsTopic"),
        ),
        quiet=frozenset({"RuleGroupArn"}),
    ),
)
