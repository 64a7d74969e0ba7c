"""VPCs and what lies in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import actions, open_to_world, principals, routes, rules, tag, texts
from collectors.aws.rows import Call
from normalize.model import Alias, Category, Field, Kind, Link, Path, Template


def _ec2(resource: str, id_: str, owner: str = "@account") -> Template:
    return Template(f"arn:{{@partition}}:ec2:{{@place}}:{{{owner}}}:{resource}/{{{id_}}}")


def _in_vpc(path: Path = "VpcId") -> Link:
    return Link("runs_in", "aws.ec2.vpc", path)


_GATEWAYS = {"igw": "aws.ec2.internet_gateway", "vgw": "aws.ec2.vpn_gateway", "vpce": "aws.ec2.vpc_endpoint"}
"""How ids of what one member of a route names begin."""


def _gateways(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """Gateways of routes by what they are; "local" is none."""
    names = [str(r["GatewayId"]) for r in table["Routes"] if r.get("GatewayId")]
    return {"$Gateways": {start: [n for n in names if n.startswith(f"{start}-")] for start in _GATEWAYS}}


def _main(associations: Any) -> bool:
    return any(a.get("Main") for a in associations)


KINDS = (
    Kind(
        name="aws.ec2.vpc",
        category=Category.NETWORK,
        fetch=Call("ec2", "DescribeVpcs", items="Vpcs", page=1000),
        id=_ec2("vpc", "VpcId", "OwnerId"),
        native="VpcId",
        fields={
            "name": Field("Tags", tag("Name")),
            "state": "State",
            "cidr": "CidrBlock",
            "addresses": Field("CidrBlockAssociationSet", texts("CidrBlock")),
            "default": "IsDefault",
            "tenancy": "InstanceTenancy",
        },
        tags="Tags",
    ),
    Kind(
        name="aws.ec2.subnet",
        category=Category.SUBNET,
        fetch=Call("ec2", "DescribeSubnets", items="Subnets", page=1000),
        id=_ec2("subnet", "SubnetId", "OwnerId"),
        native="SubnetId",
        fields={
            "name": Field("Tags", tag("Name")),
            "state": "State",
            "cidr": "CidrBlock",
            "zone": "AvailabilityZone",
            "address_count": "AvailableIpAddressCount",  # free ones
            "public": "MapPublicIpOnLaunch",
            "default": "DefaultForAz",
        },
        tags="Tags",
        links=(Link("part_of", "aws.ec2.vpc", "VpcId"),),
    ),
    Kind(
        name="aws.ec2.security_group",
        category=Category.FIREWALL,
        fetch=Call("ec2", "DescribeSecurityGroups", items="SecurityGroups", page=1000),
        id=_ec2("security-group", "GroupId", "OwnerId"),
        native="GroupId",
        fields={
            "name": "GroupName",
            "description": "Description",
            "rules": Field("", rules),
            "rule_count": Field("", lambda group: len(rules(group))),
            "public": Field("", open_to_world),
        },
        tags="Tags",
        links=(
            _in_vpc(),
            # May name a group of a peered VPC, in another account.
            Link("admits", "aws.ec2.security_group", "IpPermissions[].UserIdGroupPairs[].GroupId", optional=True),
        ),
    ),
    Kind(
        name="aws.ec2.route_table",
        category=Category.ROUTE_TABLE,
        fetch=Call("ec2", "DescribeRouteTables", items="RouteTables", page=100, derive=_gateways),
        id=_ec2("route-table", "RouteTableId", "OwnerId"),
        native="RouteTableId",
        fields={
            "name": Field("Tags", tag("Name")),
            "routes": Field("Routes", routes),
            "default": Field("Associations", _main),
        },
        tags="Tags",
        links=(
            _in_vpc(),
            Link("serves", "aws.ec2.subnet", "Associations[].SubnetId"),
            Link("routes_to", "aws.ec2.nat_gateway", "Routes[].NatGatewayId"),
            Link("routes_to", "aws.ec2.transit_gateway", "Routes[].TransitGatewayId"),
            Link("routes_to", "aws.ec2.vpc_peering_connection", "Routes[].VpcPeeringConnectionId"),
            Link("routes_to", "aws.ec2.network_interface", "Routes[].NetworkInterfaceId"),
            Link("routes_to", "aws.ec2.egress_only_internet_gateway", "Routes[].EgressOnlyInternetGatewayId"),
            Link("routes_to", "aws.ec2.carrier_gateway", "Routes[].CarrierGatewayId"),
            Link("routes_to", "aws.ec2.local_gateway", "Routes[].LocalGatewayId"),
            Link("uses", "aws.ec2.prefix_list", "Routes[].DestinationPrefixListId", optional=True),  # AWS's own
            *(Link("routes_to", kind, f"$Gateways.{start}[]") for start, kind in _GATEWAYS.items()),
        ),
    ),
    Kind(
        name="aws.ec2.internet_gateway",
        category=Category.GATEWAY,
        fetch=Call("ec2", "DescribeInternetGateways", items="InternetGateways", page=1000),
        id=_ec2("internet-gateway", "InternetGatewayId", "OwnerId"),
        native="InternetGatewayId",
        fields={"name": Field("Tags", tag("Name")), "state": "Attachments[0].State"},
        tags="Tags",
        links=(Link("attached_to", "aws.ec2.vpc", "Attachments[].VpcId"),),
    ),
    Kind(
        name="aws.ec2.nat_gateway",
        category=Category.GATEWAY,
        fetch=Call("ec2", "DescribeNatGateways", items="NatGateways", page=1000),
        id=_ec2("natgateway", "NatGatewayId"),
        native="NatGatewayId",
        fields={
            "name": Field("Tags", tag("Name")),
            "state": "State",
            "type": "ConnectivityType",
            "addresses": Field("NatGatewayAddresses", texts("PublicIp", "PrivateIp")),
            "created_at": "CreateTime",
        },
        tags="Tags",
        links=(
            _in_vpc(),
            Link("runs_in", "aws.ec2.subnet", "SubnetId"),
            Link("attached_to", "aws.ec2.address", "NatGatewayAddresses[].AllocationId"),
            Link("attached_to", "aws.ec2.network_interface", "NatGatewayAddresses[].NetworkInterfaceId"),
        ),
        quiet=frozenset({"NatGatewayAddresses[].PrivateIp", "NatGatewayAddresses[].PublicIp"}),
    ),
    Kind(
        name="aws.ec2.vpc_endpoint",
        category=Category.PRIVATE_LINK,
        fetch=Call("ec2", "DescribeVpcEndpoints", items="VpcEndpoints", page=1000),
        id=_ec2("vpc-endpoint", "VpcEndpointId"),
        native="VpcEndpointId",
        fields={
            "name": Field("Tags", tag("Name")),
            "state": "State",
            "type": "VpcEndpointType",
            "services": Field("ServiceName", lambda name: [name]),
            "subnets": "SubnetIds",
            "principals": Field("PolicyDocument", principals),
            "actions": Field("PolicyDocument", actions),
            "created_at": "CreationTimestamp",
        },
        tags="Tags",
        links=(
            _in_vpc(),
            Link("runs_in", "aws.ec2.subnet", "SubnetIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "Groups[].GroupId"),
            Link("serves", "aws.ec2.route_table", "RouteTableIds[]"),
            Link("attached_to", "aws.ec2.network_interface", "NetworkInterfaceIds[]"),
            Link("connects", "aws.vpclattice.service_network", "ServiceNetworkArn"),
        ),
        quiet=frozenset({"ServiceName", "DnsEntries"}),
    ),
    Kind(
        name="aws.ec2.network_interface",
        category=Category.NETWORK_INTERFACE,
        fetch=Call("ec2", "DescribeNetworkInterfaces", items="NetworkInterfaces", page=1000),
        id=_ec2("network-interface", "NetworkInterfaceId"),
        native="NetworkInterfaceId",
        fields={
            "description": "Description",
            "state": "Status",
            "interface_type": "InterfaceType",
            "private_address": "PrivateIpAddress",
            "public_address": "Association.PublicIp",
            "mac_address": "MacAddress",
            "zone": "AvailabilityZone",
            "managed": "RequesterManaged",
            "security_groups": Field("Groups", texts("GroupId")),
        },
        tags="TagSet",
        links=(
            _in_vpc(),
            Link("runs_in", "aws.ec2.subnet", "SubnetId"),
            Link("attached_to", "aws.ec2.instance", "Attachment.InstanceId"),
            Link("guarded_by", "aws.ec2.security_group", "Groups[].GroupId"),
        ),
        # Private addresses and names repeat from one VPC to the next: no alias, no mention.
        quiet=frozenset({"PrivateIpAddress", "PrivateIpAddresses", "PrivateDnsName", "Association"}),
    ),
    Kind(
        name="aws.ec2.address",
        category=Category.ADDRESS,
        fetch=Call("ec2", "DescribeAddresses", items="Addresses"),
        id=_ec2("elastic-ip", "AllocationId"),
        native="AllocationId",
        fields={
            "name": Field("Tags", tag("Name")),
            "public_address": "PublicIp",
            "private_address": "PrivateIpAddress",
        },
        tags="Tags",
        links=(
            Link("attached_to", "aws.ec2.instance", "InstanceId"),
            Link("attached_to", "aws.ec2.network_interface", "NetworkInterfaceId"),
        ),
        aliases=(Alias("address", "PublicIp"),),
        quiet=frozenset({"PrivateIpAddress"}),
    ),
    Kind(
        name="aws.ec2.transit_gateway",
        category=Category.GATEWAY,
        fetch=Call("ec2", "DescribeTransitGateways", items="TransitGateways", page=1000),
        id="TransitGatewayArn",
        native="TransitGatewayId",
        fields={
            "name": Field("Tags", tag("Name")),
            "description": "Description",
            "state": "State",
            "owner": "OwnerId",
            "created_at": "CreationTime",
        },
        tags="Tags",
    ),
)
