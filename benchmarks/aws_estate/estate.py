"""An invented AWS estate of chosen size: what each account and region holds, as answers of the API's operations.

Owns the data and the pages. Everything follows from the seed, so two servers with the same settings answer alike.
Refuses protocols (wire.py). What no function here answers, the server answers empty.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import botocore.session

from benchmarks.aws_estate.wire import Models, Prepared, Refusal, fragment

BORN = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIRST_REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "ap-southeast-1")
FIRST_ACCOUNT = 111122223333
ROLE = "StocktakeReadOnly"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many of each: the first block per region, the second per account."""

    instances: int = 5000
    volumes: int = 5000
    interfaces: int = 5000
    vpcs: int = 20
    subnets: int = 100
    security_groups: int = 300
    route_tables: int = 20
    endpoints: int = 50
    endpoint_configs: int = 50
    models: int = 75
    training_jobs: int = 100
    processing_jobs: int = 50
    notebooks: int = 20
    keys: int = 10
    repositories: int = 40

    buckets: int = 500
    roles: int = 1000
    policies: int = 300
    profiles: int = 100

    def times(self, factor: float) -> Sizes:
        """All of it, `factor` times; never less than one of anything."""
        return dataclasses.replace(self, **{k: max(1, round(v * factor)) for k, v in dataclasses.asdict(self).items()})


PER_ACCOUNT = frozenset({"buckets", "roles", "policies", "profiles"})

KINDS: Mapping[str, str] = {
    "aws.ec2.instance": "instances",
    "aws.ec2.volume": "volumes",
    "aws.ec2.network_interface": "interfaces",
    "aws.ec2.vpc": "vpcs",
    "aws.ec2.subnet": "subnets",
    "aws.ec2.security_group": "security_groups",
    "aws.ec2.route_table": "route_tables",
    "aws.sagemaker.endpoint": "endpoints",
    "aws.sagemaker.endpoint_config": "endpoint_configs",
    "aws.sagemaker.model": "models",
    "aws.sagemaker.training_job": "training_jobs",
    "aws.sagemaker.processing_job": "processing_jobs",
    "aws.sagemaker.notebook_instance": "notebooks",
    "aws.kms.key": "keys",
    "aws.ecr.repository": "repositories",
    "aws.s3.bucket": "buckets",
    "aws.iam.role": "roles",
    "aws.iam.policy": "policies",
    "aws.iam.instance_profile": "profiles",
}
"""Stocktake's name of what each size counts."""


def region_names(count: int) -> tuple[str, ...]:
    """`count` regions: real ones where EC2 and SageMaker are, then invented ones."""
    session = botocore.session.get_session()
    both = set(session.get_available_regions("ec2")) & set(session.get_available_regions("sagemaker"))
    more = (f"us-bench-{i}" for i in range(1, count + 1))
    return tuple(dict.fromkeys((*FIRST_REGIONS, *sorted(both), *more)))[:count]


@dataclass(frozen=True)
class Estate:
    """Accounts that all hold the same numbers of things in the same regions; the first account is the caller's own."""

    sizes: Sizes = field(default_factory=Sizes)
    accounts: tuple[str, ...] = (str(FIRST_ACCOUNT),)
    regions: tuple[str, ...] = FIRST_REGIONS
    seed: int = 1

    @classmethod
    def of(cls, sizes: Sizes, *, accounts: int = 1, regions: int = 4, seed: int = 1) -> Estate:
        return cls(sizes, tuple(str(FIRST_ACCOUNT + i) for i in range(accounts)), region_names(regions), seed)

    def expected(self) -> dict[str, int]:
        """How many resources of each kind a complete scan of all accounts finds."""
        each = {kind: getattr(self.sizes, size) * len(self.accounts) for kind, size in KINDS.items()}
        found = {k: n * (1 if KINDS[k] in PER_ACCOUNT else len(self.regions)) for k, n in each.items()}
        accounts = len(self.accounts)
        return found | {
            "aws.organizations.account": accounts,
            "aws.account.region": accounts * len(self.regions),
        }

    def answer(
        self, service: str, operation: str, account: str, region: str, params: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        """What the API says, or None for an operation that this estate knows nothing of. Raises Refusal."""
        known = _ANSWERS.get((service, operation))
        return known(Place(self, account, region), params) if known else None


@dataclass(frozen=True)
class Place:
    """One region of one account."""

    estate: Estate
    account: str
    region: str

    @property
    def sizes(self) -> Sizes:
        return self.estate.sizes

    def id(self, prefix: str, i: int) -> str:
        """An id as EC2 makes them: "i-0123456789abcdef0"; the same for the same number, another for every other."""
        return f"{prefix}-{self.digits(prefix, i, 17)}"

    def digits(self, noun: str, i: int, width: int) -> str:
        salt = _salt(self.estate.seed, noun, self.account, self.region)
        return format((salt + i * 0x9E3779B97F4A7C15F39CC0605CEDC835) & (1 << 4 * width) - 1, f"0{width}x")

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def tags(self, noun: str, i: int) -> list[dict[str, str]]:
        return [{"Key": k, "Value": v} for k, v in _labels(noun, self.region, i).items()]

    def subnet(self, i: int) -> str:
        return self.id("subnet", i % self.sizes.subnets)

    def vpc(self, i: int) -> str:
        return self.id("vpc", i % self.sizes.vpcs)

    def group(self, i: int) -> str:
        return self.id("sg", i % self.sizes.security_groups)

    def key(self, i: int) -> str:
        digits = self.digits("key", i % self.sizes.keys, 32)
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def role(self, i: int) -> str:
        return f"arn:aws:iam::{self.account}:role/{_name('role', i % self.sizes.roles)}"

    def bucket(self, i: int) -> str:
        return f"ml-{('data', 'models', 'logs')[i % 3]}-{self.account}-{i:05d}"


@lru_cache(maxsize=65536)
def _salt(*parts: object) -> int:
    return int.from_bytes(blake2b(repr(parts).encode(), digest_size=16).digest(), "big")


def _labels(noun: str, region: str, i: int) -> dict[str, str]:
    return {
        "Name": f"{noun}-{region}-{i:05d}",
        "environment": ("production", "staging", "research")[i % 3],
        "team": f"team-{i % 40:02d}",
        "cost-center": f"cc-{1000 + i % 25}",
        "workload": f"training-run-{i % 60:03d}",
        "contact": f"ml-oncall-{i % 200}@example.com",
    }


def _name(noun: str, i: int) -> str:
    return f"{noun}-{i:05d}"


def _number(name: str) -> int:
    """The number in a name that `_name` made, also at the end of an ARN."""
    try:
        return int(name.rsplit("-", 1)[-1])
    except ValueError:
        raise Refusal("ResourceNotFoundException", f"no {name}", 404) from None


def _instant(i: int) -> datetime:
    return BORN + timedelta(minutes=i % 100_000)


def _page(total: int, start: Any, size: int) -> tuple[range, str | None]:
    """The numbers on a page, and the token of the next one."""
    at = int(start or 0)
    end = min(total, at + size)
    return range(at, end), str(end) if end < total else None


def _size(asked: Any, default: int, most: int) -> int:
    return min(int(asked), most) if asked else default


Answer = Callable[[Place, Mapping[str, Any]], Mapping[str, Any]]
_ANSWERS: dict[tuple[str, str], Answer] = {}


def _answers(service: str, *operations: str) -> Callable[[Answer], Answer]:
    def note(function: Answer) -> Answer:
        _ANSWERS.update({(service, operation): function for operation in operations})
        return function

    return note


# Who asks, and where one can look


@_answers("sts", "GetCallerIdentity")
def _caller(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    user = "AIDA" + place.digits("user", 0, 16).upper()
    return {"UserId": user, "Account": place.account, "Arn": f"arn:aws:iam::{place.account}:user/benchmark"}


@_answers("sts", "AssumeRole")
def _assumed(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    account = params["RoleArn"].split(":")[4]
    if account not in place.estate.accounts:
        raise Refusal("AccessDenied", f"may not assume {params['RoleArn']}", 403)
    session = params["RoleSessionName"]
    return {
        "Credentials": {
            "AccessKeyId": access_key(account),
            "SecretAccessKey": "benchmark",
            "SessionToken": "benchmark",
            "Expiration": datetime.now(UTC) + timedelta(hours=1),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": f"AROA{place.digits('assumed', 0, 16).upper()}:{session}",
            "Arn": f"arn:aws:sts::{account}:assumed-role/{params['RoleArn'].rpartition('/')[2]}/{session}",
        },
    }


def access_key(account: str) -> str:
    """The id of a key of an account; `account_of` reads it back."""
    return f"ASIA{account}KEYS"


def account_of(key: str, estate: Estate) -> str:
    """The account that a key id belongs to; any foreign key is the caller's own."""
    return key[4:16] if key[4:16] in estate.accounts else estate.accounts[0]


@_answers("securityhub", "DescribeHub")
def _hub(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    raise Refusal("InvalidAccessException", f"Account {place.account} is not subscribed to AWS Security Hub", 401)


@_answers("ecr", "DescribeRegistry")
def _registry(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"registryId": place.account, "replicationConfiguration": {"rules": []}}


@_answers("organizations", "ListAccounts")
def _organization(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    accounts = place.estate.accounts
    numbers, token = _page(len(accounts), params.get("NextToken"), _size(params.get("MaxResults"), 20, 20))
    found = [
        {
            "Id": accounts[i],
            "Arn": f"arn:aws:organizations::{accounts[0]}:account/o-bench12345/{accounts[i]}",
            "Name": _name("account", i),
            "Email": f"aws-{i}@example.com",
            "Status": "ACTIVE",
            "JoinedMethod": "CREATED",
            "JoinedTimestamp": BORN,
        }
        for i in numbers
    ]
    return {"Accounts": found} | ({"NextToken": token} if token else {})


@_answers("ec2", "DescribeRegions")
def _regions(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "Regions": [
            {"RegionName": r, "Endpoint": f"ec2.{r}.amazonaws.com", "OptInStatus": "opt-in-not-required"}
            for r in place.estate.regions
        ]
    }


@_answers("account", "ListRegions")
def _account_regions(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"Regions": [{"RegionName": r, "RegionOptStatus": "ENABLED_BY_DEFAULT"} for r in place.estate.regions]}


# EC2 in bulk: a template of one item in XML, filled per item; thousands a page cost milliseconds

_GROUPS = [
    {"GroupId": "%(group)s", "GroupName": "%(group_name)s"},
    {"GroupId": "%(other_group)s", "GroupName": "%(other_group_name)s"},
]
_TAGS = [
    {"Key": "Name", "Value": "%(noun)s-%(region)s-%(number)s"},
    {"Key": "environment", "Value": "%(environment)s"},
    {"Key": "team", "Value": "%(team)s"},
    {"Key": "cost-center", "Value": "%(cost_center)s"},
    {"Key": "workload", "Value": "%(workload)s"},
    {"Key": "contact", "Value": "%(contact)s"},
]
_ASSOCIATION = {"IpOwnerId": "amazon", "PublicDnsName": "%(public_name)s", "PublicIp": "%(public)s"}
_INTERFACE: Mapping[str, Any] = {
    "Association": _ASSOCIATION,
    "Description": "",
    "Groups": _GROUPS,
    "Ipv6Addresses": [],
    "MacAddress": "%(mac)s",
    "NetworkInterfaceId": "%(interface)s",
    "OwnerId": "%(account)s",
    "PrivateDnsName": "%(private_name)s",
    "PrivateIpAddress": "%(private)s",
    "PrivateIpAddresses": [
        {
            "Association": _ASSOCIATION,
            "Primary": True,
            "PrivateDnsName": "%(private_name)s",
            "PrivateIpAddress": "%(private)s",
        }
    ],
    "SourceDestCheck": True,
    "Status": "in-use",
    "SubnetId": "%(subnet)s",
    "VpcId": "%(vpc)s",
    "InterfaceType": "interface",
}
_ATTACHED = {
    "AttachTime": "%(at)s",
    "AttachmentId": "%(attachment)s",
    "DeleteOnTermination": True,
    "DeviceIndex": 0,
    "Status": "attached",
    "NetworkCardIndex": 0,
}
_RESERVATION: Mapping[str, Any] = {
    "ReservationId": "%(reservation)s",
    "OwnerId": "%(account)s",
    "Groups": [],
    "Instances": [
        {
            "AmiLaunchIndex": 0,
            "Architecture": "x86_64",
            "BlockDeviceMappings": [
                {
                    "DeviceName": "/dev/sda1",
                    "Ebs": {
                        "AttachTime": "%(at)s",
                        "DeleteOnTermination": True,
                        "Status": "attached",
                        "VolumeId": "%(volume)s",
                    },
                }
            ],
            "BootMode": "uefi-preferred",
            "CapacityReservationSpecification": {"CapacityReservationPreference": "open"},
            "ClientToken": "%(token)s",
            "CpuOptions": {"CoreCount": 48, "ThreadsPerCore": 2},
            "CurrentInstanceBootMode": "uefi",
            "EbsOptimized": True,
            "EnaSupport": True,
            "EnclaveOptions": {"Enabled": False},
            "HibernationOptions": {"Configured": False},
            "Hypervisor": "xen",
            "IamInstanceProfile": {
                "Arn": "arn:aws:iam::%(account)s:instance-profile/%(profile)s",
                "Id": "%(profile_id)s",
            },
            "ImageId": "%(image)s",
            "InstanceId": "%(instance)s",
            "InstanceType": "%(type)s",
            "KeyName": "ml-platform",
            "LaunchTime": "%(at)s",
            "MaintenanceOptions": {"AutoRecovery": "default"},
            "MetadataOptions": {
                "State": "applied",
                "HttpTokens": "%(tokens)s",
                "HttpPutResponseHopLimit": 2,
                "HttpEndpoint": "enabled",
                "HttpProtocolIpv6": "disabled",
                "InstanceMetadataTags": "disabled",
            },
            "Monitoring": {"State": "disabled"},
            "NetworkInterfaces": [_INTERFACE | {"Attachment": _ATTACHED}],
            "Placement": {"AvailabilityZone": "%(zone)s", "GroupName": "", "Tenancy": "default"},
            "PlatformDetails": "Linux/UNIX",
            "PrivateDnsName": "%(private_name)s",
            "PrivateDnsNameOptions": {
                "HostnameType": "ip-name",
                "EnableResourceNameDnsARecord": False,
                "EnableResourceNameDnsAAAARecord": False,
            },
            "PrivateIpAddress": "%(private)s",
            "ProductCodes": [],
            "PublicDnsName": "%(public_name)s",
            "PublicIpAddress": "%(public)s",
            "RootDeviceName": "/dev/sda1",
            "RootDeviceType": "ebs",
            "SecurityGroups": _GROUPS,
            "SourceDestCheck": True,
            "State": {"Code": 16, "Name": "running"},
            "StateTransitionReason": "",
            "SubnetId": "%(subnet)s",
            "Tags": _TAGS,
            "UsageOperation": "RunInstances",
            "UsageOperationUpdateTime": "%(at)s",
            "VirtualizationType": "hvm",
            "VpcId": "%(vpc)s",
        }
    ],
}
_VOLUME: Mapping[str, Any] = {
    "Attachments": [
        {
            "AttachTime": "%(at)s",
            "DeleteOnTermination": True,
            "Device": "/dev/sda1",
            "InstanceId": "%(instance)s",
            "State": "attached",
            "VolumeId": "%(volume)s",
        }
    ],
    "AvailabilityZone": "%(zone)s",
    "CreateTime": "%(at)s",
    "Encrypted": True,
    "Iops": 3000,
    "KmsKeyId": "arn:aws:kms:%(region)s:%(account)s:key/%(key)s",
    "MultiAttachEnabled": False,
    "Size": "%(gib)s",
    "SnapshotId": "%(snapshot)s",
    "State": "in-use",
    "Tags": _TAGS,
    "Throughput": 125,
    "VolumeId": "%(volume)s",
    "VolumeType": "gp3",
}
_INTERFACE_ALONE: Mapping[str, Any] = _INTERFACE | {
    "Attachment": _ATTACHED | {"InstanceId": "%(instance)s", "InstanceOwnerId": "%(account)s"},
    "AvailabilityZone": "%(zone)s",
    "RequesterManaged": False,
    "TagSet": _TAGS,
}


def _facts(place: Place, noun: str, i: int) -> dict[str, str]:
    """What differs from one instance to the next, and to its volume and interface."""
    low, middle, high = i & 255, i >> 8 & 255, i >> 16 & 127
    private, public = f"10.{high}.{middle}.{low}", f"54.{high}.{middle}.{low}"
    mac = place.digits("mac", i, 10)
    labels = _labels(noun, place.region, i)
    return {
        "account": place.account,
        "region": place.region,
        "noun": noun,
        "number": f"{i:05d}",
        "environment": labels["environment"],
        "team": labels["team"],
        "cost_center": labels["cost-center"],
        "workload": labels["workload"],
        "contact": labels["contact"],
        "instance": place.id("i", i % place.sizes.instances),
        "volume": place.id("vol", i),
        "interface": place.id("eni", i),
        "attachment": f"eni-attach-{place.digits('attach', i, 17)}",
        "reservation": place.id("r", i),
        "image": place.id("ami", i % 30),
        "snapshot": place.id("snap", i % 50),
        "subnet": place.subnet(i),
        "vpc": place.vpc(i % place.sizes.subnets),
        "group": place.group(i),
        "group_name": _name("group", i % place.sizes.security_groups),
        "other_group": place.group(i + 7),
        "other_group_name": _name("group", (i + 7) % place.sizes.security_groups),
        "key": place.key(i),
        "profile": _name("profile", i % place.sizes.profiles),
        "profile_id": "AIPA" + place.digits("profile", i % place.sizes.profiles, 17).upper(),
        "token": place.digits("token", i, 32),
        "type": INSTANCE_TYPES[i % len(INSTANCE_TYPES)],
        "zone": place.region + "abc"[i % 3],
        "tokens": "optional" if i % 4 == 0 else "required",
        "gib": str(100 + i % 400),
        "mac": "0a:" + ":".join(mac[j : j + 2] for j in range(0, 10, 2)),
        "private": private,
        "public": public,
        "private_name": f"ip-{private.replace('.', '-')}.{place.region}.compute.internal",
        "public_name": f"ec2-{public.replace('.', '-')}.{place.region}.compute.amazonaws.com",
        "at": f"{_instant(i):%Y-%m-%dT%H:%M:%S.000Z}",
    }


_EC2 = Models(["ec2"]).model("ec2")


def _in_bulk(operation: str, items: str, noun: str, size: str, template: Mapping[str, Any]) -> None:
    member = _EC2.operation_model(operation).output_shape.members[items].member
    text = fragment(member, "item", template)

    def answer(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
        total = _held(place, getattr(place.sizes, size))
        numbers, token = _page(total, params.get("NextToken"), _size(params.get("MaxResults"), 1000, 1000))
        page = Prepared("".join([text % _facts(place, noun, i) for i in numbers]))
        return {items: page} | ({"NextToken": token} if token else {})

    _ANSWERS["ec2", operation] = answer


def _held(place: Place, number: int) -> int:
    return number if place.region in place.estate.regions else 0


_in_bulk("DescribeInstances", "Reservations", "node", "instances", _RESERVATION)
_in_bulk("DescribeVolumes", "Volumes", "disk", "volumes", _VOLUME)
_in_bulk("DescribeNetworkInterfaces", "NetworkInterfaces", "interface", "interfaces", _INTERFACE_ALONE)


def _listed_by_ec2(operation: str, items: str, size: str, item: Callable[[Place, int], Mapping[str, Any]]) -> None:
    def answer(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
        total = _held(place, getattr(place.sizes, size))
        numbers, token = _page(total, params.get("NextToken"), _size(params.get("MaxResults"), 1000, 1000))
        return {items: [item(place, i) for i in numbers]} | ({"NextToken": token} if token else {})

    _ANSWERS["ec2", operation] = answer


def _vpc(place: Place, i: int) -> Mapping[str, Any]:
    block = f"10.{i % 128}.0.0/16"
    return {
        "CidrBlock": block,
        "CidrBlockAssociationSet": [
            {
                "AssociationId": f"vpc-cidr-assoc-{place.digits('cidr', i, 17)}",
                "CidrBlock": block,
                "CidrBlockState": {"State": "associated"},
            }
        ],
        "DhcpOptionsId": place.id("dopt", 0),
        "InstanceTenancy": "default",
        "IsDefault": i == 0,
        "OwnerId": place.account,
        "State": "available",
        "Tags": place.tags("vpc", i),
        "VpcId": place.vpc(i),
    }


def _subnet(place: Place, i: int) -> Mapping[str, Any]:
    return {
        "AssignIpv6AddressOnCreation": False,
        "AvailabilityZone": place.region + "abc"[i % 3],
        "AvailabilityZoneId": f"use1-az{i % 3 + 1}",
        "AvailableIpAddressCount": 200,
        "CidrBlock": f"10.{i % place.sizes.vpcs % 128}.{i % 256}.0/24",
        "DefaultForAz": False,
        "EnableDns64": False,
        "Ipv6CidrBlockAssociationSet": [],
        "Ipv6Native": False,
        "MapPublicIpOnLaunch": False,
        "OwnerId": place.account,
        "State": "available",
        "SubnetArn": place.arn("ec2", f"subnet/{place.subnet(i)}"),
        "SubnetId": place.subnet(i),
        "Tags": place.tags("subnet", i),
        "VpcId": place.vpc(i),
    }


def _group(place: Place, i: int) -> Mapping[str, Any]:
    admitted = [
        {
            "FromPort": port,
            "IpProtocol": "tcp",
            "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "inside"}],
            "Ipv6Ranges": [],
            "PrefixListIds": [],
            "ToPort": port,
            "UserIdGroupPairs": [{"GroupId": place.group(i + 1), "UserId": place.account}],
        }
        for port in (22, 443, 8080)
    ]
    everywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [], "PrefixListIds": []}
    return {
        "Description": "training nodes",
        "GroupId": place.group(i),
        "GroupName": _name("group", i),
        "IpPermissions": admitted,
        "IpPermissionsEgress": [everywhere | {"UserIdGroupPairs": []}],
        "OwnerId": place.account,
        "Tags": place.tags("group", i),
        "VpcId": place.vpc(i),
    }


def _route_table(place: Place, i: int) -> Mapping[str, Any]:
    return {
        "Associations": [
            {
                "AssociationState": {"State": "associated"},
                "Main": False,
                "RouteTableAssociationId": f"rtbassoc-{place.digits('route', i, 17)}",
                "RouteTableId": place.id("rtb", i),
                "SubnetId": place.subnet(i),
            }
        ],
        "OwnerId": place.account,
        "RouteTableId": place.id("rtb", i),
        "Routes": [
            {
                "DestinationCidrBlock": f"10.{i % 128}.0.0/16",
                "GatewayId": "local",
                "Origin": "CreateRouteTable",
                "State": "active",
            }
        ],
        "Tags": place.tags("routes", i),
        "VpcId": place.vpc(i),
    }


_listed_by_ec2("DescribeVpcs", "Vpcs", "vpcs", _vpc)
_listed_by_ec2("DescribeSubnets", "Subnets", "subnets", _subnet)
_listed_by_ec2("DescribeSecurityGroups", "SecurityGroups", "security_groups", _group)
_listed_by_ec2("DescribeRouteTables", "RouteTables", "route_tables", _route_table)

_MACHINES: Mapping[str, tuple[int, int, str, int, int]] = {
    "m5.large": (2, 8, "", 0, 0),
    "p4d.24xlarge": (96, 1152, "A100", 8, 40),
    "g5.2xlarge": (8, 32, "A10G", 1, 24),
    "c5.xlarge": (4, 8, "", 0, 0),
    "p5.48xlarge": (192, 2048, "H100", 8, 80),
    "r6i.4xlarge": (16, 128, "", 0, 0),
    "g6.xlarge": (4, 16, "L4", 1, 24),
    "t3.medium": (2, 4, "", 0, 0),
}
"""vCPUs, GiB, then model, number and GiB of each GPU."""
INSTANCE_TYPES = tuple(_MACHINES)


@_answers("ec2", "DescribeInstanceTypes")
def _instance_types(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    named = [v for k, v in params.items() if k.startswith(("Filter.1.Value.", "InstanceType."))]
    return {"InstanceTypes": [_machine(name) for name in named if name in _MACHINES]}


def _machine(name: str) -> Mapping[str, Any]:
    cpus, memory, gpu, count, each = _MACHINES[name]
    facts: dict[str, Any] = {
        "InstanceType": name,
        "CurrentGeneration": True,
        "Hypervisor": "nitro",
        "MemoryInfo": {"SizeInMiB": memory * 1024},
        "VCpuInfo": {"DefaultVCpus": cpus, "DefaultCores": cpus // 2, "DefaultThreadsPerCore": 2},
    }
    if gpu:
        memory_of_one = {"SizeInMiB": each * 1024}
        gpus = [{"Name": gpu, "Manufacturer": "NVIDIA", "Count": count, "MemoryInfo": memory_of_one}]
        facts["GpuInfo"] = {"Gpus": gpus, "TotalGpuMemoryInMiB": count * each * 1024}
    return facts


# S3, and what CloudWatch knows of buckets

_OWNER = {"DisplayName": "ml-platform", "ID": "6f" * 32}


@_answers("s3", "ListBuckets")
def _buckets(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    size = _size(params.get("max-buckets"), 10_000, 10_000)
    numbers, token = _page(place.sizes.buckets, params.get("continuation-token"), size)
    found = [{"Name": place.bucket(i), "CreationDate": _instant(i)} for i in numbers]
    return {"Buckets": found, "Owner": _OWNER} | ({"ContinuationToken": token} if token else {})


def _bucket_region(place: Place, i: int) -> str:
    return place.estate.regions[i % len(place.estate.regions)]


def _of_bucket(operation: str, tell: Callable[[Place, int], Mapping[str, Any]]) -> None:
    def answer(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
        name = params["Bucket"]
        i = int(name[-5:]) if name[-5:].isdigit() else -1
        if name != place.bucket(i):
            raise Refusal("NoSuchBucket", "The specified bucket does not exist", 404)
        return tell(place, i)

    _ANSWERS["s3", operation] = answer


def _none(code: str) -> Callable[[Place, int], Mapping[str, Any]]:
    def refuse(place: Place, i: int) -> Mapping[str, Any]:
        raise Refusal(code, "there is none", 404)

    return refuse


def _bucket_policy(place: Place, i: int) -> Mapping[str, Any]:
    if i % 3:
        raise Refusal("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{place.bucket(i)}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}


def _location(place: Place, i: int) -> Mapping[str, Any]:
    region = _bucket_region(place, i)
    return {"LocationConstraint": None if region == "us-east-1" else region}


_BLOCKED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
_ENCRYPTED = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]}
_GRANT = {"Grantee": _OWNER | {"Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}
_of_bucket("GetBucketLocation", _location)
_of_bucket("HeadBucket", lambda place, i: {"BucketRegion": _bucket_region(place, i)})
_of_bucket("GetBucketTagging", lambda place, i: {"TagSet": place.tags("bucket", i)})
_of_bucket("GetBucketVersioning", lambda place, i: {"Status": "Enabled"} if i % 2 else {})
_of_bucket("GetBucketEncryption", lambda place, i: {"ServerSideEncryptionConfiguration": _ENCRYPTED})
_of_bucket("GetPublicAccessBlock", lambda place, i: {"PublicAccessBlockConfiguration": _BLOCKED})
_of_bucket(
    "GetBucketOwnershipControls",
    lambda place, i: {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
)
_of_bucket("GetBucketAcl", lambda place, i: {"Owner": _OWNER, "Grants": [_GRANT]})
_of_bucket("GetBucketPolicy", _bucket_policy)
_of_bucket("GetBucketPolicyStatus", _none("NoSuchBucketPolicy"))
_of_bucket("GetBucketLifecycleConfiguration", _none("NoSuchLifecycleConfiguration"))
_of_bucket("GetBucketReplication", _none("ReplicationConfigurationNotFoundError"))
_of_bucket("GetBucketWebsite", _none("NoSuchWebsiteConfiguration"))
_of_bucket("GetBucketCors", _none("NoSuchCORSConfiguration"))
_of_bucket("GetObjectLockConfiguration", _none("ObjectLockConfigurationNotFoundError"))

_STORAGE = {"BucketSizeBytes": "StandardStorage", "NumberOfObjects": "AllStorageTypes"}


@_answers("cloudwatch", "ListMetrics")
def _metrics(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The daily storage metrics of the buckets in this region; nothing else is measured."""
    wanted = params.get("MetricName")
    if params.get("Namespace") != "AWS/S3" or wanted not in _STORAGE or place.region not in place.estate.regions:
        return {"Metrics": []}
    here = range(place.estate.regions.index(place.region), place.sizes.buckets, len(place.estate.regions))
    numbers, token = _page(len(here), params.get("NextToken"), 500)
    metrics = [
        {
            "Namespace": "AWS/S3",
            "MetricName": wanted,
            "Dimensions": [
                {"Name": "BucketName", "Value": place.bucket(here[i])},
                {"Name": "StorageType", "Value": _STORAGE[wanted]},
            ],
        }
        for i in numbers
    ]
    return {"Metrics": metrics} | ({"NextToken": token} if token else {})


@_answers("cloudwatch", "GetMetricData")
def _data(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"MetricDataResults": [_series(query) for query in params["MetricDataQueries"]]}


def _series(query: Mapping[str, Any]) -> Mapping[str, Any]:
    metric = query.get("MetricStat", {}).get("Metric", {})
    known = metric.get("Namespace") == "AWS/S3"
    dimensions = repr(metric.get("Dimensions")) + str(metric.get("MetricName"))
    return {
        "Id": query["Id"],
        "Label": metric.get("MetricName", ""),
        "Timestamps": [BORN] if known else [],
        "Values": [float(_salt(dimensions) % 10**13)] if known else [],
        "StatusCode": "Complete",
    }


# IAM

_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": ["ec2.amazonaws.com", "sagemaker.amazonaws.com"]},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
_DOCUMENT = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::ml-data-*"},
            {"Effect": "Allow", "Action": "sagemaker:Describe*", "Resource": "*"},
        ],
    }
)


def _policy_arn(place: Place, i: int) -> str:
    return f"arn:aws:iam::{place.account}:policy/{_name('policy', i % place.sizes.policies)}"


def _attached(place: Place, i: int) -> list[dict[str, str]]:
    arns = (_policy_arn(place, i + k) for k in range(2))
    return [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in arns]


def _role(place: Place, i: int) -> dict[str, Any]:
    return {
        "Path": "/",
        "RoleName": _name("role", i),
        "RoleId": "AROA" + place.digits("role", i, 17).upper(),
        "Arn": place.role(i),
        "CreateDate": _instant(i),
        "AssumeRolePolicyDocument": _TRUST,
    }


def _role_alone(place: Place, i: int) -> Mapping[str, Any]:
    used = {"LastUsedDate": _instant(i + 60), "Region": place.estate.regions[0]}
    return _role(place, i) | {"MaxSessionDuration": 3600, "Tags": place.tags("role", i), "RoleLastUsed": used}


def _role_in_full(place: Place, i: int) -> Mapping[str, Any]:
    return _role(place, i) | {
        "InstanceProfileList": [],
        "RolePolicyList": [{"PolicyName": "inline", "PolicyDocument": _DOCUMENT}] if i % 2 else [],
        "AttachedManagedPolicies": _attached(place, i),
        "Tags": place.tags("role", i),
        "RoleLastUsed": {"LastUsedDate": _instant(i + 60), "Region": place.estate.regions[0]},
    }


def _policy(place: Place, i: int) -> dict[str, Any]:
    return {
        "PolicyName": _name("policy", i),
        "PolicyId": "ANPA" + place.digits("policy", i, 17).upper(),
        "Arn": _policy_arn(place, i),
        "Path": "/",
        "DefaultVersionId": "v1",
        "AttachmentCount": 3,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "CreateDate": _instant(i),
        "UpdateDate": _instant(i),
    }


def _policy_in_full(place: Place, i: int) -> Mapping[str, Any]:
    version = {"Document": _DOCUMENT, "VersionId": "v1", "IsDefaultVersion": True, "CreateDate": _instant(i)}
    return _policy(place, i) | {"PolicyVersionList": [version]}


def _profile(place: Place, i: int) -> Mapping[str, Any]:
    return {
        "Path": "/",
        "InstanceProfileName": _name("profile", i),
        "InstanceProfileId": "AIPA" + place.digits("profile", i, 17).upper(),
        "Arn": f"arn:aws:iam::{place.account}:instance-profile/{_name('profile', i)}",
        "CreateDate": _instant(i),
        "Roles": [_role(place, i % place.sizes.roles)],
    }


def _listed_by_iam(operation: str, items: str, size: str, item: Callable[[Place, int], Mapping[str, Any]]) -> None:
    def answer(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
        most = _size(params.get("MaxItems"), 100, 1000)
        numbers, token = _page(getattr(place.sizes, size), params.get("Marker"), most)
        found = {items: [item(place, i) for i in numbers], "IsTruncated": token is not None}
        return found | ({"Marker": token} if token else {})

    _ANSWERS["iam", operation] = answer


_listed_by_iam("ListRoles", "Roles", "roles", _role)
_listed_by_iam("ListPolicies", "Policies", "policies", _policy)
_listed_by_iam("ListInstanceProfiles", "InstanceProfiles", "profiles", _profile)


@_answers("iam", "GetAccountAuthorizationDetails")
def _authorization(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Roles, then policies, over shared pages."""
    wanted = {v for k, v in params.items() if k.startswith("Filter.member.")} or {"Role", "LocalManagedPolicy"}
    roles = place.sizes.roles if "Role" in wanted else 0
    policies = place.sizes.policies if "LocalManagedPolicy" in wanted else 0
    numbers, token = _page(roles + policies, params.get("Marker"), _size(params.get("MaxItems"), 100, 1000))
    found = {
        "UserDetailList": [],
        "GroupDetailList": [],
        "RoleDetailList": [_role_in_full(place, i) for i in numbers if i < roles],
        "Policies": [_policy_in_full(place, i - roles) for i in numbers if i >= roles],
        "IsTruncated": token is not None,
    }
    return found | ({"Marker": token} if token else {})


@_answers("iam", "GetRole")
def _one_role(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"Role": _role_alone(place, _number(params["RoleName"]))}


@_answers("iam", "GetPolicy")
def _one_policy(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"Policy": _policy(place, _number(params["PolicyArn"]))}


@_answers("iam", "GetPolicyVersion")
def _policy_version(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    version = {"Document": _DOCUMENT, "VersionId": "v1", "IsDefaultVersion": True, "CreateDate": BORN}
    return {"PolicyVersion": version}


@_answers("iam", "ListAttachedRolePolicies")
def _role_policies(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"AttachedPolicies": _attached(place, _number(params["RoleName"])), "IsTruncated": False}


@_answers("iam", "ListRoleTags")
def _role_tags(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"Tags": place.tags("role", _number(params["RoleName"])), "IsTruncated": False}


# KMS and ECR


@_answers("kms", "ListKeys")
def _keys(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    most = _size(params.get("Limit"), 100, 1000)
    numbers, token = _page(_held(place, place.sizes.keys), params.get("Marker"), most)
    found = [{"KeyId": place.key(i), "KeyArn": place.arn("kms", f"key/{place.key(i)}")} for i in numbers]
    return {"Keys": found, "Truncated": token is not None} | ({"NextMarker": token} if token else {})


@_answers("kms", "DescribeKey")
def _key(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    key = params["KeyId"].rpartition("/")[2]
    return {
        "KeyMetadata": {
            "AWSAccountId": place.account,
            "KeyId": key,
            "Arn": place.arn("kms", f"key/{key}"),
            "CreationDate": BORN,
            "Enabled": True,
            "Description": "model artifacts",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "KeyState": "Enabled",
            "Origin": "AWS_KMS",
            "KeyManager": "CUSTOMER",
            "KeySpec": "SYMMETRIC_DEFAULT",
            "MultiRegion": False,
        }
    }


@_answers("kms", "ListAliases")
def _key_aliases(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    if "KeyId" not in params:
        return {"Aliases": [], "Truncated": False}
    name = f"alias/ml-{params['KeyId'][:8]}"
    alias = {"AliasName": name, "AliasArn": place.arn("kms", name), "TargetKeyId": params["KeyId"]}
    return {"Aliases": [alias], "Truncated": False}


@_answers("kms", "GetKeyRotationStatus")
def _key_rotation(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"KeyRotationEnabled": True, "KeyId": params["KeyId"], "RotationPeriodInDays": 365}


def _repository(place: Place, i: int) -> str:
    return f"train/team-{i % place.sizes.repositories:02d}"


@_answers("ecr", "DescribeRepositories")
def _repositories(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    total = _held(place, place.sizes.repositories)
    numbers, token = _page(total, params.get("nextToken"), _size(params.get("maxResults"), 100, 1000))
    found = [
        {
            "repositoryArn": place.arn("ecr", f"repository/{_repository(place, i)}"),
            "registryId": place.account,
            "repositoryName": _repository(place, i),
            "repositoryUri": f"{place.account}.dkr.ecr.{place.region}.amazonaws.com/{_repository(place, i)}",
            "createdAt": _instant(i),
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfiguration": {"encryptionType": "AES256"},
        }
        for i in numbers
    ]
    return {"repositories": found} | ({"nextToken": token} if token else {})


# SageMaker


def _image(place: Place, i: int) -> str:
    return f"{place.account}.dkr.ecr.{place.region}.amazonaws.com/{_repository(place, i)}:v{i % 7}"


def _uri(place: Place, i: int, path: str) -> str:
    return f"s3://{place.bucket(i % place.sizes.buckets)}/{path}"


def _times(i: int) -> dict[str, datetime]:
    return {"CreationTime": _instant(i), "LastModifiedTime": _instant(i + 240)}


def _in_vpc(place: Place, i: int) -> Mapping[str, Any]:
    return {"SecurityGroupIds": [place.group(i)], "Subnets": [place.subnet(i), place.subnet(i + 1)]}


def _endpoint(place: Place, i: int) -> Mapping[str, Any]:
    image = {"SpecifiedImage": _image(place, i), "ResolvedImage": _image(place, i), "ResolutionTime": _instant(i)}
    return {
        "EndpointConfigName": _name("config", i % place.sizes.endpoint_configs),
        "ProductionVariants": [
            {
                "VariantName": "blue",
                "DeployedImages": [image],
                "CurrentWeight": 1.0,
                "DesiredWeight": 1.0,
                "CurrentInstanceCount": 2,
                "DesiredInstanceCount": 2,
            }
        ],
        "DataCaptureConfig": {
            "EnableCapture": True,
            "CaptureStatus": "Started",
            "CurrentSamplingPercentage": 10,
            "DestinationS3Uri": _uri(place, i, f"capture/{i}"),
            "KmsKeyId": "",
        },
    }


def _endpoint_config(place: Place, i: int) -> Mapping[str, Any]:
    return {
        "ProductionVariants": [
            {
                "VariantName": "blue",
                "ModelName": _name("model", i % place.sizes.models),
                "InitialInstanceCount": 2,
                "InstanceType": "ml.g5.2xlarge",
                "InitialVariantWeight": 1.0,
            }
        ],
        "KmsKeyId": place.arn("kms", f"key/{place.key(i)}"),
        "EnableNetworkIsolation": False,
        "ExecutionRoleArn": place.role(i),
    }


def _model(place: Place, i: int) -> Mapping[str, Any]:
    return {
        "PrimaryContainer": {
            "Image": _image(place, i),
            "Mode": "SingleModel",
            "ModelDataUrl": _uri(place, i, f"models/{i}/model.tar.gz"),
            "Environment": {"SAGEMAKER_PROGRAM": "serve.py", "WORKERS": "4", "MODEL_STORE": _uri(place, i, "store")},
        },
        "ExecutionRoleArn": place.role(i),
        "VpcConfig": _in_vpc(place, i),
        "EnableNetworkIsolation": False,
    }


def _training_job(place: Place, i: int) -> Mapping[str, Any]:
    channel = {
        "ContentType": "application/x-recordio",
        "CompressionType": "None",
        "RecordWrapperType": "None",
    }
    return {
        "ModelArtifacts": {"S3ModelArtifacts": _uri(place, i, f"output/{i}/model.tar.gz")},
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
        "HyperParameters": {
            "epochs": "20",
            "learning_rate": f"{1e-4 * (i % 9 + 1):.6f}",
            "global_batch_size": "1024",
            "optimizer": "adamw",
            "precision": "bf16",
            "seed": str(i * 7919 % 104729),
        },
        "AlgorithmSpecification": {
            "TrainingImage": _image(place, i),
            "TrainingInputMode": "FastFile",
            "EnableSageMakerMetricsTimeSeries": True,
        },
        "RoleArn": place.role(i),
        "InputDataConfig": [
            channel
            | {
                "ChannelName": name,
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": _uri(place, i + k, f"datasets/{name}/"),
                        "S3DataDistributionType": "FullyReplicated",
                    }
                },
            }
            for k, name in enumerate(("train", "validation"))
        ],
        "OutputDataConfig": {
            "KmsKeyId": place.arn("kms", f"key/{place.key(i)}"),
            "S3OutputPath": _uri(place, i, "output"),
        },
        "ResourceConfig": {
            "InstanceType": "ml.p4d.24xlarge",
            "InstanceCount": 4,
            "VolumeSizeInGB": 500,
        },
        "VpcConfig": _in_vpc(place, i),
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
        "TrainingStartTime": _instant(i + 5),
        "TrainingEndTime": _instant(i + 240),
        "SecondaryStatusTransitions": [
            {"Status": word, "StartTime": _instant(i + k), "EndTime": _instant(i + k + 1), "StatusMessage": f"{word} done"}
            for k, word in enumerate(("Starting", "Downloading", "Training", "Uploading", "Completed"))
        ],
        "EnableNetworkIsolation": False,
        "EnableInterContainerTrafficEncryption": True,
        "EnableManagedSpotTraining": bool(i % 2),
        "CheckpointConfig": {"S3Uri": _uri(place, i, f"checkpoints/{i}")},
        "TrainingTimeInSeconds": 14100,
        "BillableTimeInSeconds": 14100,
        "Environment": {"NCCL_DEBUG": "WARN", "FI_PROVIDER": "efa", "DATASET": _uri(place, i, "datasets")},
    }  # fmt: skip


def _processing_job(place: Place, i: int) -> Mapping[str, Any]:
    return {
        "ProcessingJobStatus": "Completed",
        "ProcessingInputs": [
            {"InputName": "raw", "AppManaged": False, "S3Input": {"S3Uri": _uri(place, i, "raw"), "S3DataType": "S3Prefix"}}
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "clean",
                    "AppManaged": False,
                    "S3Output": {"S3Uri": _uri(place, i, "clean"), "S3UploadMode": "EndOfJob"},
                }
            ]
        },
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 2, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 100}
        },
        "AppSpecification": {"ImageUri": _image(place, i), "ContainerEntrypoint": ["python3", "/opt/clean.py"]},
        "RoleArn": place.role(i),
        "ProcessingStartTime": _instant(i + 5),
        "ProcessingEndTime": _instant(i + 60),
    }  # fmt: skip


def _notebook(place: Place, i: int) -> Mapping[str, Any]:
    return {
        "SubnetId": place.subnet(i),
        "SecurityGroups": [place.group(i)],
        "RoleArn": place.role(i),
        "KmsKeyId": place.arn("kms", f"key/{place.key(i)}"),
        "NetworkInterfaceId": place.id("eni", i % place.sizes.interfaces),
        "DirectInternetAccess": "Disabled",
        "VolumeSizeInGB": 100,
        "RootAccess": "Disabled",
        "PlatformIdentifier": "notebook-al2023-v1",
    }


def _sagemaker(
    noun: str,
    items: str,
    size: str,
    short: str,
    tell: Callable[[Place, int], Mapping[str, Any]],
    summary: Mapping[str, Any],
    modified: bool = True,
) -> None:
    """List<noun>s and Describe<noun>; names are `<short>-00001`."""
    resource = "".join("-" + c.lower() if c.isupper() else c for c in noun)[1:]

    def head(place: Place, i: int) -> dict[str, Any]:
        name = _name(short, i)
        times = _times(i) if modified else {"CreationTime": _instant(i)}
        return {f"{noun}Name": name, f"{noun}Arn": place.arn("sagemaker", f"{resource}/{name}")} | times

    def listed(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
        wanted = params.get("StatusEquals", summary.get(f"{noun}Status"))
        kept = "WarmPoolStatusEquals" in params  # no job here keeps its machines
        total = 0 if kept or wanted != summary.get(f"{noun}Status") else _held(place, getattr(place.sizes, size))
        numbers, token = _page(total, params.get("NextToken"), _size(params.get("MaxResults"), 10, 100))
        found = [head(place, i) | summary for i in numbers]
        return {items: found} | ({"NextToken": token} if token else {})

    def described(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
        i = _number(params[f"{noun}Name"])
        return head(place, i) | summary | tell(place, i)

    _ANSWERS["sagemaker", f"List{noun}s"] = listed
    _ANSWERS["sagemaker", f"Describe{noun}"] = described


_sagemaker("Endpoint", "Endpoints", "endpoints", "endpoint", _endpoint, {"EndpointStatus": "InService"})
_sagemaker("EndpointConfig", "EndpointConfigs", "endpoint_configs", "config", _endpoint_config, {}, modified=False)
_sagemaker("Model", "Models", "models", "model", _model, {}, modified=False)
_sagemaker(
    "TrainingJob", "TrainingJobSummaries", "training_jobs", "train", _training_job, {"TrainingJobStatus": "Completed"}
)
_sagemaker(
    "ProcessingJob",
    "ProcessingJobSummaries",
    "processing_jobs",
    "clean",
    _processing_job,
    {"ProcessingJobStatus": "Completed"},
)
_sagemaker(
    "NotebookInstance",
    "NotebookInstances",
    "notebooks",
    "notebook",
    _notebook,
    {"NotebookInstanceStatus": "InService", "InstanceType": "ml.t3.medium"},
)


@_answers("sagemaker", "ListTags")
def _sagemaker_tags(place: Place, params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"Tags": place.tags("ml", _number(params["ResourceArn"]))}


def operations() -> Iterator[tuple[str, str]]:
    """(service, operation) of everything that is answered from data."""
    yield from _ANSWERS


def services() -> Sequence[str]:
    """Services of which something is held."""
    return sorted({service for service, _ in _ANSWERS})
