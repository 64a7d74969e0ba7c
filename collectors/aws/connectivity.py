"""What joins networks and watches them: peerings, VPNs, attachments, endpoint services, access lists, flow logs.

VPN configurations hold pre-shared keys: `CustomerGatewayConfiguration` is sensitive as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import count, tag, texts
from collectors.aws.rows import Call
from normalize.identity import aws_partition
from normalize.mapping import MISSING
from normalize.model import Category, Field, Kind, Link, Template

_NAME = Field("Tags", tag("Name"))


def _ec2(resource: str, id_: str) -> Template:
    return Template(f"arn:{{@partition}}:ec2:{{@place}}:{{@account}}:{resource}/{{{id_}}}")


def _entries(items: Any) -> list[dict[str, Any]]:
    """Rules of a network access list, in the order in which they are tried."""
    ordered = sorted(items, key=lambda e: (bool(e.get("Egress")), e.get("RuleNumber", 0)))
    return [
        {
            "direction": "out" if e.get("Egress") else "in",
            "action": e.get("RuleAction"),
            "protocol": e.get("Protocol"),
            "peer": e.get("CidrBlock") or e.get("Ipv6CidrBlock"),
        }
        for e in ordered
    ]


def _options(items: Any) -> dict[str, list[str]]:
    return {o["Key"]: [v["Value"] for v in o.get("Values", ())] for o in items}


def _up(tunnels: Any) -> int:
    return sum(t.get("Status") == "UP" for t in tunnels)


def _destination(log: Any) -> Any:
    return log.get("LogDestination") or log.get("LogGroupName") or MISSING


def _ends(peering: Mapping[str, Any]) -> Mapping[str, Any]:
    """Identities of both VPCs: one may lie in another account and region."""
    ends: dict[str, Any] = {}
    for side in ("Requester", "Accepter"):
        vpc = peering.get(f"{side}VpcInfo") or {}
        if all(isinstance(vpc.get(key), str) for key in ("Region", "OwnerId", "VpcId")):
            partition = aws_partition(vpc["Region"])
            ends[f"${side}"] = f"arn:{partition}:ec2:{vpc['Region']}:{vpc['OwnerId']}:vpc/{vpc['VpcId']}"
    return ends


KINDS = (
    Kind(
        name="aws.ec2.network_acl",
        category=Category.FIREWALL,
        fetch=Call("ec2", "DescribeNetworkAcls", items="NetworkAcls", page=1000),
        id=_ec2("network-acl", "NetworkAclId"),
        native="NetworkAclId",
        fields={
            "name": _NAME,
            "default": "IsDefault",
            "rules": Field("Entries", _entries),
            "rule_count": Field("Entries", count),
        },
        tags="Tags",
        links=(
            Link("runs_in", "aws.ec2.vpc", "VpcId"),
            Link("guards", "aws.ec2.subnet", "Associations[].SubnetId"),
        ),
    ),
    Kind(
        name="aws.ec2.vpc_peering_connection",
        category=Category.CONNECTION,
        fetch=Call("ec2", "DescribeVpcPeeringConnections", items="VpcPeeringConnections", page=1000, derive=_ends),
        id=_ec2("vpc-peering-connection", "VpcPeeringConnectionId"),
        native="VpcPeeringConnectionId",
        fields={
            "name": _NAME,
            "state": "Status.Code",
            "local_address": "RequesterVpcInfo.CidrBlock",
            "remote_address": "AccepterVpcInfo.CidrBlock",
            "expires_at": "ExpirationTime",
        },
        tags="Tags",
        links=(
            Link("connects", "aws.ec2.vpc", "$Requester"),
            Link("connects", "aws.ec2.vpc", "$Accepter"),
        ),
        quiet=frozenset({"RequesterVpcInfo", "AccepterVpcInfo"}),
    ),
    Kind(
        name="aws.ec2.flow_log",
        category=Category.MONITOR,
        fetch=Call("ec2", "DescribeFlowLogs", items="FlowLogs", page=1000),
        id=_ec2("vpc-flow-log", "FlowLogId"),
        native="FlowLogId",
        fields={
            "name": _NAME,
            "state": "FlowLogStatus",
            "type": "TrafficType",
            "artifact_uri": Field("", _destination),
            "failure_reason": "DeliverLogsErrorMessage",
            "created_at": "CreationTime",
        },
        tags="Tags",
        links=(
            Link("watches", "aws.ec2.vpc", "ResourceId"),
            Link("logs_to", "aws.logs.log_group", "LogGroupName"),
            Link("writes_to", "aws.s3.bucket", "LogDestination"),
            Link("assumes", "aws.iam.role", "DeliverLogsPermissionArn"),
        ),
    ),
    Kind(
        name="aws.ec2.vpn_connection",
        category=Category.CONNECTION,
        fetch=Call("ec2", "DescribeVpnConnections", items="VpnConnections"),
        id=_ec2("vpn-connection", "VpnConnectionId"),
        native="VpnConnectionId",
        fields={
            "name": _NAME,
            "state": "State",
            "type": "Type",
            "ready_count": Field("VgwTelemetry", _up),
            "addresses": Field("VgwTelemetry", texts("OutsideIpAddress")),
            "routes": Field("Routes", texts("DestinationCidrBlock")),
        },
        tags="Tags",
        links=(
            Link("connects", "aws.ec2.customer_gateway", "CustomerGatewayId"),
            Link("connects", "aws.ec2.vpn_gateway", "VpnGatewayId"),
            Link("connects", "aws.ec2.transit_gateway", "TransitGatewayId"),
        ),
        sensitive=frozenset({"CustomerGatewayConfiguration", "Options.TunnelOptions[].PreSharedKey"}),
        quiet=frozenset({"CustomerGatewayConfiguration"}),
    ),
    Kind(
        name="aws.ec2.customer_gateway",
        category=Category.GATEWAY,
        fetch=Call("ec2", "DescribeCustomerGateways", items="CustomerGateways"),
        id=_ec2("customer-gateway", "CustomerGatewayId"),
        native="CustomerGatewayId",
        fields={"name": _NAME, "state": "State", "type": "Type", "public_address": "IpAddress"},
        tags="Tags",
        links=(Link("proves_itself_by", "aws.acm.certificate", "CertificateArn"),),
    ),
    Kind(
        name="aws.ec2.vpn_gateway",
        category=Category.GATEWAY,
        fetch=Call("ec2", "DescribeVpnGateways", items="VpnGateways"),
        id=_ec2("vpn-gateway", "VpnGatewayId"),
        native="VpnGatewayId",
        fields={"name": _NAME, "state": "State", "type": "Type", "zone": "AvailabilityZone"},
        tags="Tags",
        links=(Link("attached_to", "aws.ec2.vpc", "VpcAttachments[].VpcId"),),
    ),
    Kind(
        name="aws.ec2.transit_gateway_attachment",
        category=Category.CONNECTION,
        fetch=Call("ec2", "DescribeTransitGatewayAttachments", items="TransitGatewayAttachments", page=1000),
        id=_ec2("transit-gateway-attachment", "TransitGatewayAttachmentId"),
        native="TransitGatewayAttachmentId",
        fields={
            "name": _NAME,
            "state": "State",
            "type": "ResourceType",
            "owner": "ResourceOwnerId",
            "created_at": "CreationTime",
        },
        tags="Tags",
        links=(
            Link("connects", "aws.ec2.transit_gateway", "TransitGatewayId"),
            Link("connects", "aws.ec2.vpc", "ResourceId"),
        ),
    ),
    Kind(
        name="aws.ec2.vpc_endpoint_service",
        category=Category.PRIVATE_LINK,
        fetch=Call("ec2", "DescribeVpcEndpointServiceConfigurations", items="ServiceConfigurations", page=1000),
        id=_ec2("vpc-endpoint-service", "ServiceId"),
        native="ServiceId",
        fields={
            "name": "ServiceName",
            "state": "ServiceState",
            "zones": "AvailabilityZones",
            "hosts": "BaseEndpointDnsNames",
            "endpoint": "PrivateDnsName",
        },
        tags="Tags",
        links=(Link("served_by", "aws.elbv2.load_balancer", "NetworkLoadBalancerArns[]"),),
    ),
    Kind(
        name="aws.ec2.prefix_list",
        category=Category.FIREWALL,
        # Those that AWS keeps are the same in every account.
        fetch=Call(
            "ec2",
            "DescribeManagedPrefixLists",
            items="PrefixLists",
            page=100,
            keep=lambda item: item.get("OwnerId") != "AWS",
        ),
        id="PrefixListArn",
        native="PrefixListId",
        fields={"name": "PrefixListName", "state": "State", "max_count": "MaxEntries", "owner": "OwnerId"},
        tags="Tags",
    ),
    Kind(
        name="aws.ec2.dhcp_options",
        category=Category.SETTINGS,
        fetch=Call("ec2", "DescribeDhcpOptions", items="DhcpOptions", page=1000),
        id=_ec2("dhcp-options", "DhcpOptionsId"),
        native="DhcpOptionsId",
        fields={"name": _NAME, "settings": Field("DhcpConfigurations", _options)},
        tags="Tags",
    ),
    Kind(
        name="aws.ec2.egress_only_internet_gateway",
        category=Category.GATEWAY,
        fetch=Call("ec2", "DescribeEgressOnlyInternetGateways", items="EgressOnlyInternetGateways", page=255),
        id=_ec2("egress-only-internet-gateway", "EgressOnlyInternetGatewayId"),
        native="EgressOnlyInternetGatewayId",
        fields={"name": _NAME},
        tags="Tags",
        links=(Link("attached_to", "aws.ec2.vpc", "Attachments[].VpcId"),),
    ),
)
