"""Ways in and out beyond one VPC: Direct Connect, transit gateways in depth, client VPNs, carriers' and Outposts' gateways, address
pools, and what accounts share with each other.

Keys of BGP sessions, and router configurations that hold them, are sensitive.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import count, tag, texts
from collectors.aws.rows import Call
from normalize.identity import aws_partition
from normalize.model import Category, Field, Kind, Link, Template
from normalize.units import instant

_NAME = Field("Tags", tag("Name"))
_GBPS = 1000


def _ec2(resource: str, id_: str) -> Template:
    return Template(f"arn:{{@partition}}:ec2:{{@place}}:{{@account}}:{resource}/{{{id_}}}")


def _mbps(word: str) -> int:
    """Direct Connect writes speeds as "10Gbps" and "500Mbps"."""
    number = int("".join(c for c in word if c.isdigit()))
    return number * _GBPS if "G" in word else number


def _ends(peering: Mapping[str, Any]) -> Mapping[str, Any]:
    """Identities of both transit gateways: one may lie in another account and region."""
    ends: dict[str, Any] = {}
    for side in ("Requester", "Accepter"):
        gateway = peering.get(f"{side}TgwInfo") or {}
        if all(isinstance(gateway.get(key), str) for key in ("Region", "OwnerId", "TransitGatewayId")):
            region, owner = gateway["Region"], gateway["OwnerId"]
            arn = f"arn:{aws_partition(region)}:ec2:{region}:{owner}:transit-gateway/{gateway['TransitGatewayId']}"
            ends[f"${side}"] = arn
    return ends


def _routes(items: Any) -> list[str]:
    return [
        f"{r.get('DestinationCidrBlock') or r.get('PrefixListId')} via "
        f"{', '.join(a['ResourceId'] for a in r.get('TransitGatewayAttachments', ())) or r.get('State')}"
        for r in items
    ]


def _modes(options: Any) -> list[str]:
    return [o["Type"] for o in options if o.get("Type")]


_NO_SHARE = ("UnknownResourceException",)


def _share(name: str, owner: str, id_: str | Template, *links: Link) -> Kind:
    """The row of shares that the account gives (SELF) or is given (OTHER-ACCOUNTS): each can be asked only for its own."""
    of_share = {"resourceOwner": owner, "resourceShareArns": ["{resourceShareArn}"]}
    return Kind(
        name=name,
        category=Category.CONNECTION,
        fetch=Call(
            "ram",
            "GetResourceShares",
            items="resourceShares",
            params={"resourceOwner": owner},
            page=500,
            itself=Call("ram", "GetResourceShares", items="resourceShares", params=of_share, gone=_NO_SHARE),
            detail=tuple(
                Call(
                    "ram",
                    operation,
                    items=f"{items}[]",
                    into=f"${items}",
                    params=of_share,
                    page=500,
                    gone=_NO_SHARE,
                )
                for operation, items in (("ListResources", "resources"), ("ListPrincipals", "principals"))
            ),
        ),
        id=id_,
        native="resourceShareArn",
        fields={
            "name": "name",
            "state": "status",
            "owner": "owningAccountId",
            "principals": Field("$principals", texts("id")),
            "external": "allowExternalPrincipals",
            "created_at": "creationTime",
            "modified_at": "lastUpdatedTime",
        },
        tags="tags",
        links=(Link("shares", "", "$resources[].arn"), *links),
        quiet=frozenset({"$principals", "$resources[].resourceShareArn"}),
    )


KINDS = (
    Kind(
        name="aws.directconnect.connection",
        category=Category.CONNECTION,
        fetch=Call("directconnect", "DescribeConnections", items="connections"),
        id=Template("arn:{@partition}:directconnect:{@place}:{@account}:dxcon/{connectionId}"),
        native="connectionId",
        fields={
            "name": "connectionName",
            "state": "connectionState",
            "link_speed_mbps": Field("bandwidth", _mbps),
            "location": "location",
            "vendor": "partnerName",
            "owner": "ownerAccount",
        },
        tags="tags",
        links=(Link("password_in", "aws.secretsmanager.secret", "macSecKeys[].secretARN"),),
    ),
    Kind(
        name="aws.directconnect.virtual_interface",
        category=Category.CONNECTION,
        fetch=Call("directconnect", "DescribeVirtualInterfaces", items="virtualInterfaces"),
        id=Template("arn:{@partition}:directconnect:{@place}:{@account}:dxvif/{virtualInterfaceId}"),
        native="virtualInterfaceId",
        fields={
            "name": "virtualInterfaceName",
            "state": "virtualInterfaceState",
            "type": "virtualInterfaceType",
            "location": "location",
            "local_address": "amazonAddress",
            "remote_address": "customerAddress",
            "routes": Field("routeFilterPrefixes", texts("cidr")),
            "owner": "ownerAccount",
        },
        tags="tags",
        links=(
            Link("part_of", "aws.directconnect.connection", "connectionId", optional=True),  # or of a partner's own
            Link("connects", "aws.directconnect.gateway", "directConnectGatewayId", within="account"),
            Link("connects", "aws.ec2.vpn_gateway", "virtualGatewayId"),
        ),
        sensitive=frozenset({"authKey", "customerRouterConfig", "bgpPeers[].authKey"}),
        quiet=frozenset({"customerRouterConfig", "bgpPeers", "amazonAddress", "customerAddress"}),
    ),
    Kind(
        name="aws.directconnect.gateway",
        category=Category.GATEWAY,
        fetch=Call(
            "directconnect",
            "DescribeDirectConnectGateways",
            items="directConnectGateways",
            world=True,
            detail=(
                Call(
                    "directconnect",
                    "DescribeDirectConnectGatewayAssociations",
                    items="directConnectGatewayAssociations[]",
                    into="$Associations",
                    params={"directConnectGatewayId": "{directConnectGatewayId}"},
                ),
            ),
        ),
        id=Template("arn:{@partition}:directconnect::{@account}:dx-gateway/{directConnectGatewayId}"),
        native="directConnectGatewayId",
        unique="account",
        fields={
            "name": "directConnectGatewayName",
            "state": "directConnectGatewayState",
            "failure_reason": "stateChangeError",
            "owner": "ownerAccount",
        },
        tags="tags",
        links=(Link("connects", "", "$Associations[].associatedGateway.id"),),
    ),
    Kind(
        name="aws.ec2.transit_gateway_route_table",
        category=Category.ROUTE_TABLE,
        fetch=Call(
            "ec2",
            "DescribeTransitGatewayRouteTables",
            items="TransitGatewayRouteTables",
            page=1000,
            itself=Call(
                "ec2",
                "DescribeTransitGatewayRouteTables",
                items="TransitGatewayRouteTables",
                params={"TransitGatewayRouteTableIds": ["{TransitGatewayRouteTableId}"]},
                gone=("InvalidRouteTableID.NotFound",),
            ),
            detail=(
                Call(
                    "ec2",
                    "GetTransitGatewayRouteTableAssociations",
                    items="Associations[]",
                    into="$Associations",
                    params={"TransitGatewayRouteTableId": "{TransitGatewayRouteTableId}"},
                    page=1000,
                    gone=("InvalidRouteTableID.NotFound",),
                ),
                Call(
                    "ec2",
                    "SearchTransitGatewayRoutes",
                    items="Routes[]",
                    into="$Routes",
                    params={
                        "TransitGatewayRouteTableId": "{TransitGatewayRouteTableId}",
                        "Filters": [{"Name": "state", "Values": ["active", "blackhole"]}],
                    },
                    gone=("InvalidRouteTableID.NotFound",),
                ),
            ),
        ),
        id=_ec2("transit-gateway-route-table", "TransitGatewayRouteTableId"),
        native="TransitGatewayRouteTableId",
        fields={
            "name": _NAME,
            "state": "State",
            "default": "DefaultAssociationRouteTable",
            "routes": Field("$Routes", _routes),
            "connection_count": Field("$Associations", count),
            "created_at": "CreationTime",
        },
        tags="Tags",
        links=(
            Link("part_of", "aws.ec2.transit_gateway", "TransitGatewayId"),
            Link(
                "serves",
                "aws.ec2.transit_gateway_attachment",
                "$Associations[].TransitGatewayAttachmentId",
                optional=True,  # of another account
            ),
            Link(
                "routes_to",
                "aws.ec2.transit_gateway_attachment",
                "$Routes[].TransitGatewayAttachments[].TransitGatewayAttachmentId",
                optional=True,
            ),
        ),
        quiet=frozenset({"$Routes", "$Associations"}),
    ),
    Kind(
        name="aws.ec2.transit_gateway_peering",
        category=Category.CONNECTION,
        fetch=Call(
            "ec2",
            "DescribeTransitGatewayPeeringAttachments",
            items="TransitGatewayPeeringAttachments",
            page=1000,
            derive=_ends,
        ),
        id=_ec2("transit-gateway-peering-attachment", "TransitGatewayAttachmentId"),
        native="TransitGatewayAttachmentId",
        fields={
            "name": _NAME,
            "state": "State",
            "failure_reason": "Status.Message",
            "owner": "RequesterTgwInfo.OwnerId",
            "created_at": "CreationTime",
        },
        tags="Tags",
        links=(
            Link("connects", "aws.ec2.transit_gateway", "$Requester"),
            Link("connects", "aws.ec2.transit_gateway", "$Accepter"),
            Link("same_as", "aws.ec2.transit_gateway_attachment", "TransitGatewayAttachmentId"),
        ),
        quiet=frozenset({"RequesterTgwInfo", "AccepterTgwInfo"}),
    ),
    Kind(
        name="aws.ec2.client_vpn_endpoint",
        category=Category.CONNECTION,
        fetch=Call(
            "ec2",
            "DescribeClientVpnEndpoints",
            items="ClientVpnEndpoints",
            page=1000,
            itself=Call(
                "ec2",
                "DescribeClientVpnEndpoints",
                items="ClientVpnEndpoints",
                params={"ClientVpnEndpointIds": ["{ClientVpnEndpointId}"]},
                gone=("InvalidClientVpnEndpointId.NotFound",),
            ),
            detail=(
                Call(
                    "ec2",
                    "DescribeClientVpnTargetNetworks",
                    items="ClientVpnTargetNetworks[]",
                    into="$Networks",
                    params={"ClientVpnEndpointId": "{ClientVpnEndpointId}"},
                    page=1000,
                    gone=("InvalidClientVpnEndpointId.NotFound",),
                ),
            ),
        ),
        id=_ec2("client-vpn-endpoint", "ClientVpnEndpointId"),
        native="ClientVpnEndpointId",
        fields={
            "name": _NAME,
            "description": "Description",
            "state": "Status.Code",
            "endpoint": "DnsName",
            "cidr": "ClientCidrBlock",
            "protocol": "TransportProtocol",
            "port": "VpnPort",
            "auth_modes": Field("AuthenticationOptions", _modes),
            "created_at": Field("CreationTime", instant),
        },
        tags="Tags",
        links=(
            Link("connects", "aws.ec2.vpc", "VpcId"),
            Link("connects", "aws.ec2.subnet", "$Networks[].TargetNetworkId"),
            Link("guarded_by", "aws.ec2.security_group", "SecurityGroupIds[]"),
            Link("proves_itself_by", "aws.acm.certificate", "ServerCertificateArn"),
            Link("asks", "aws.lambda.function", "ClientConnectOptions.LambdaFunctionArn"),
            Link("logs_to", "aws.logs.log_group", "ConnectionLogOptions.CloudwatchLogGroup"),
        ),
    ),
    Kind(
        name="aws.ec2.verified_access_endpoint",
        category=Category.GATEWAY,
        fetch=Call("ec2", "DescribeVerifiedAccessEndpoints", items="VerifiedAccessEndpoints", page=1000),
        id=_ec2("verified-access-endpoint", "VerifiedAccessEndpointId"),
        native="VerifiedAccessEndpointId",
        fields={
            "name": "ApplicationDomain",
            "description": "Description",
            "state": "Status.Code",
            "type": "EndpointType",
            "endpoint": "EndpointDomain",
            "created_at": Field("CreationTime", instant),
        },
        tags="Tags",
        links=(
            Link("routes_to", "aws.elbv2.load_balancer", "LoadBalancerOptions.LoadBalancerArn"),
            Link("routes_to", "aws.ec2.network_interface", "NetworkInterfaceOptions.NetworkInterfaceId"),
            Link("routes_to", "", "RdsOptions.RdsDbInstanceArn"),
            Link("guarded_by", "aws.ec2.security_group", "SecurityGroupIds[]"),
            Link("proves_itself_by", "aws.acm.certificate", "DomainCertificateArn"),
        ),
        quiet=frozenset({"ApplicationDomain", "EndpointDomain", "DeviceValidationDomain"}),
    ),
    Kind(
        name="aws.ec2.carrier_gateway",
        category=Category.GATEWAY,
        fetch=Call("ec2", "DescribeCarrierGateways", items="CarrierGateways", page=1000),
        id=_ec2("carrier-gateway", "CarrierGatewayId"),
        native="CarrierGatewayId",
        fields={"name": _NAME, "state": "State"},
        tags="Tags",
        links=(Link("attached_to", "aws.ec2.vpc", "VpcId"),),
    ),
    Kind(
        name="aws.ec2.local_gateway",
        category=Category.GATEWAY,
        fetch=Call("ec2", "DescribeLocalGateways", items="LocalGateways", page=1000),
        id=_ec2("local-gateway", "LocalGatewayId"),
        native="LocalGatewayId",
        fields={"name": _NAME, "state": "State", "owner": "OwnerId"},
        tags="Tags",
        links=(Link("part_of", "", "OutpostArn"),),
    ),
    Kind(
        name="aws.ec2.ipam_pool",
        category=Category.NETWORK,
        fetch=Call(
            "ec2",
            "DescribeIpamPools",
            items="IpamPools",
            page=1000,
            itself=Call(
                "ec2",
                "DescribeIpamPools",
                items="IpamPools",
                params={"IpamPoolIds": ["{IpamPoolId}"]},
                gone=("InvalidIpamPoolId.NotFound",),
            ),
            detail=(
                Call(
                    "ec2",
                    "GetIpamPoolCidrs",
                    items="IpamPoolCidrs[]",
                    into="$Cidrs",
                    params={"IpamPoolId": "{IpamPoolId}"},
                    page=1000,
                    gone=("InvalidIpamPoolId.NotFound",),
                ),
            ),
        ),
        id="IpamPoolArn",
        native="IpamPoolId",
        fields={
            "name": _NAME,
            "description": "Description",
            "state": "State",
            "region": "Locale",
            "addresses": Field("$Cidrs", texts("Cidr")),
            "owner": "OwnerId",
        },
        tags="Tags",
        links=(Link("part_of", "aws.ec2.ipam_pool", "SourceIpamPoolId", within="place", optional=True),),
    ),
    _share("aws.ram.resource_share", "SELF", "resourceShareArn"),
    _share(
        "aws.ram.received_share",
        "OTHER-ACCOUNTS",
        Template("{resourceShareArn}/received/{@account}"),  # the ARN alone is the giver's
        Link("same_as", "aws.ram.resource_share", "resourceShareArn", optional=True),
    ),
)
