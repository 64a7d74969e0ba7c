"""Names: zones and records, health checks, domains, how VPCs resolve names, and Cloud Map.

A cutover switches names, so each set of records is a thing of its own: what it answers with is its link, and its name is the
alias by which all others mention what stands behind. Of records that carry text of any kind the values stay out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any

from collectors.aws.documents import texts
from collectors.aws.rows import Call
from normalize.identity import is_ip
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import instant

_TAGS = "$Tags"
_SPOKEN = frozenset({"A", "AAAA", "CNAME", "NS", "MX", "SRV", "PTR", "CAA", "DS", "SVCB", "HTTPS"})
"""Types of records whose values are names and numbers; the others hold any text."""
_PROOF = ".acm-validations.aws"
"""Records that prove to Certificate Manager whose a domain is point at nothing that anybody runs."""


def _tags_of(type_: str, code: str) -> Call:
    return Call(
        "route53",
        "ListTagsForResources",
        items="ResourceTagSets[0].Tags",
        into=_TAGS,
        params={"ResourceType": type_, "ResourceIds": ["{$Id}"]},
        gone=(code,),
    )


def _bare(zone: Mapping[str, Any]) -> Mapping[str, Any]:
    """Route 53 writes ids of zones as /hostedzone/ID."""
    return {"$Id": str(zone["Id"]).rsplit("/", 1)[-1]}


def _name(item: Any) -> str:
    return str(item["Name"]).rstrip(".").replace("\\052", "*")


def _answers(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a set of records answers with, and what of that is a thing: hosts, public addresses, website buckets."""
    values = [str(r["Value"]) for r in record.get("ResourceRecords", ())] if record["Type"] in _SPOKEN else []
    named = (record["Name"], record["Type"], record.get("SetIdentifier"))
    return {
        "$Zone": str(record["$parent"]["Id"]).rsplit("/", 1)[-1],
        "$Set": "/".join(str(n) for n in named if n),
        "$Values": values,
        "$Targets": list(_targets(record, values)),
    }


def _targets(record: Mapping[str, Any], values: list[str]) -> Iterator[str]:
    alias = str((record.get("AliasTarget") or {}).get("DNSName", "")).rstrip(".")
    if alias.startswith("s3-website"):
        yield f"s3://{_name(record)}"
    elif alias:
        yield f"dns://{alias.removeprefix('dualstack.')}"
    for value in values if record["Type"] in ("A", "AAAA", "CNAME") else ():
        host = value.rstrip(".")
        if not host.endswith(_PROOF) and (not is_ip(host) or ip_address(host).is_global):
            yield f"dns://[{host}]" if ":" in host else f"dns://{host}"


def _routing(record: Any) -> str:
    """How one of several sets of a name is chosen."""
    policies = {
        "Weight": "weighted",
        "Region": "latency",
        "Failover": "failover",
        "GeoLocation": "geolocation",
        "GeoProximityLocation": "geoproximity",
        "MultiValueAnswer": "multivalue",
        "CidrRoutingConfig": "ip-based",
    }
    return next((word for key, word in policies.items() if key in record), "simple")


def _alarmed(check: Mapping[str, Any]) -> Mapping[str, Any]:
    host = check["HealthCheckConfig"].get("FullyQualifiedDomainName")
    return {"$Id": check["Id"], **({"$Host": f"dns://{host}"} if host else {})}


def _forwarded(targets: Any) -> list[str]:
    return [f"{t.get('Ip') or t.get('Ipv6')}:{t.get('Port', 53)}" for t in targets]


KINDS = (
    Kind(
        name="aws.route53.hosted_zone",
        category=Category.DNS_ZONE,
        fetch=Call(
            "route53",
            "ListHostedZones",
            items="HostedZones",
            world=True,
            derive=_bare,
            detail=(
                Call(
                    "route53",
                    "GetHostedZone",
                    into="$Zone",
                    params={"Id": "{$Id}"},
                    gone=("NoSuchHostedZone",),
                ),
                _tags_of("hostedzone", "NoSuchHostedZone"),
            ),
        ),
        id=Template("arn:{@partition}:route53:::hostedzone/{$Id}"),
        native="$Id",
        unique="world",
        fields={
            "name": Field("", _name),
            "description": "Config.Comment",
            "public": Field("Config.PrivateZone", lambda private: not private),
            "record_count": "ResourceRecordSetCount",
            "hosts": "$Zone.DelegationSet.NameServers",
        },
        tags=_TAGS,
        links=(Link("serves", "aws.ec2.vpc", "$Zone.VPCs[].VPCId"),),
        quiet=frozenset({"$Zone.DelegationSet", "$Zone.HostedZone", "Name"}),
    ),
    Kind(
        name="aws.route53.record",
        category=Category.DNS_RECORD,
        fetch=Call(
            "route53",
            "ListResourceRecordSets",
            items="ResourceRecordSets",
            world=True,
            under="aws.route53.hosted_zone",
            params={"HostedZoneId": "{$Id}"},
            gone=("NoSuchHostedZone",),
            derive=_answers,
        ),
        # Sets of records have no ARN of their own.
        id=Template("arn:{@partition}:route53:::hostedzone/{$Zone}/recordset/{$Set}"),
        native="$Set",
        fields={
            "name": Field("", _name),
            "type": "Type",
            "ttl_seconds": "TTL",
            "strategy": Field("", _routing),
            "weight": "Weight",
            "region": "Region",
            "hosts": Field("$Values", lambda values: [v.rstrip(".") for v in values]),
            "endpoint": "AliasTarget.DNSName",
        },
        links=(
            Link("part_of", "aws.route53.hosted_zone", "$Zone", within="world"),
            Link("resolves_to", "", "$Targets[]"),
            Link("tested_by", "aws.route53.health_check", "HealthCheckId", within="world"),
        ),
        aliases=(Alias("dns", "Name"),),
        sensitive=frozenset({"ResourceRecords[].Value"}),
        quiet=frozenset({"$parent", "Name", "$Set", "$Values", "AliasTarget", "ResourceRecords"}),
    ),
    Kind(
        name="aws.route53.health_check",
        category=Category.MONITOR,
        fetch=Call(
            "route53",
            "ListHealthChecks",
            items="HealthChecks",
            world=True,
            derive=_alarmed,
            itself=Call("route53", "GetHealthCheck", params={"HealthCheckId": "{Id}"}, gone=("NoSuchHealthCheck",)),
            detail=(_tags_of("healthcheck", "NoSuchHealthCheck"),),
        ),
        id=Template("arn:{@partition}:route53:::healthcheck/{Id}"),
        native="Id",
        unique="world",
        fields={
            "name": "Id",
            "type": "HealthCheckConfig.Type",
            "address": "HealthCheckConfig.IPAddress",
            "port": "HealthCheckConfig.Port",
            "suspended": "HealthCheckConfig.Disabled",
        },
        tags=_TAGS,
        links=(
            Link("watches", "", "$Host"),
            Link("asks", "aws.route53.health_check", "HealthCheckConfig.ChildHealthChecks[]", within="world"),
        ),
        sensitive=frozenset({"HealthCheckConfig.SearchString"}),
        quiet=frozenset({"HealthCheckConfig.FullyQualifiedDomainName", "LinkedService"}),
    ),
    Kind(
        name="aws.route53domains.domain",
        category=Category.DNS_ZONE,
        fetch=Call("route53domains", "ListDomains", items="Domains", page=100, regions=("us-east-1",)),
        id=Template("arn:{@partition}:route53domains::{@account}:domain/{DomainName}"),
        native="DomainName",
        unique="world",
        fields={
            "name": "DomainName",
            "renewed": "AutoRenew",
            "locked": "TransferLock",
            "expires_at": "Expiry",
        },
        quiet=frozenset({"DomainName"}),
    ),
    Kind(
        name="aws.route53resolver.endpoint",
        category=Category.GATEWAY,
        fetch=Call(
            "route53resolver",
            "ListResolverEndpoints",
            items="ResolverEndpoints",
            page=100,
            itself=Call(
                "route53resolver",
                "GetResolverEndpoint",
                params={"ResolverEndpointId": "{Id}"},
                gone=("ResourceNotFoundException",),
            ),
            detail=(
                Call(
                    "route53resolver",
                    "ListResolverEndpointIpAddresses",
                    items="IpAddresses[]",
                    into="$Addresses",
                    params={"ResolverEndpointId": "{Id}"},
                    page=100,
                    gone=("ResourceNotFoundException",),
                ),
            ),
        ),
        id="Arn",
        native="Id",
        fields={
            "name": "Name",
            "state": "Status",
            "type": "Direction",
            "addresses": Field("$Addresses", texts("Ip", "Ipv6")),
            "created_at": Field("CreationTime", instant),
            "modified_at": Field("ModificationTime", instant),
        },
        links=(
            Link("runs_in", "aws.ec2.vpc", "HostVPCId"),
            Link("runs_in", "aws.ec2.subnet", "$Addresses[].SubnetId"),
            Link("guarded_by", "aws.ec2.security_group", "SecurityGroupIds[]"),
        ),
        quiet=frozenset({"$Addresses[].Ip"}),
    ),
    Kind(
        name="aws.route53resolver.rule",
        category=Category.DNS_ZONE,
        # The rule for all that no other rule holds for is the resolver's own, the same everywhere.
        fetch=Call(
            "route53resolver",
            "ListResolverRules",
            items="ResolverRules",
            page=100,
            keep=lambda rule: rule.get("OwnerId") != "Route 53 Resolver",
        ),
        id="Arn",
        native="Id",
        fields={
            "name": "Name",
            "state": "Status",
            "type": "RuleType",
            "hosts": Field("DomainName", lambda name: [name.rstrip(".")]),
            "addresses": Field("TargetIps", _forwarded),
            "owner": "OwnerId",
            "visibility": "ShareStatus",
        },
        links=(Link("routes_to", "aws.route53resolver.endpoint", "ResolverEndpointId", optional=True),),  # the owner's
        quiet=frozenset({"TargetIps", "DomainName"}),
    ),
    Kind(
        name="aws.route53resolver.rule_association",
        category=Category.CONNECTION,
        fetch=Call("route53resolver", "ListResolverRuleAssociations", items="ResolverRuleAssociations", page=100),
        id=Template("arn:{@partition}:route53resolver:{@place}:{@account}:resolver-rule-association/{Id}"),
        native="Id",
        fields={"name": "Name", "state": "Status"},
        links=(
            Link("connects", "aws.route53resolver.rule", "ResolverRuleId", optional=True),  # the resolver's own
            Link("connects", "aws.ec2.vpc", "VPCId"),
        ),
    ),
    Kind(
        name="aws.servicediscovery.namespace",
        category=Category.DNS_ZONE,
        fetch=Call("servicediscovery", "ListNamespaces", items="Namespaces", page=100),
        id="Arn",
        native="Id",
        fields={
            "name": "Name",
            "description": "Description",
            "type": "Type",
            "service_count": "ServiceCount",
            "created_at": "CreateDate",
        },
        links=(Link("part_of", "aws.route53.hosted_zone", "Properties.DnsProperties.HostedZoneId", within="world"),),
        quiet=frozenset({"Name"}),
    ),
    Kind(
        name="aws.servicediscovery.service",
        category=Category.SERVICE,
        fetch=Call("servicediscovery", "ListServices", items="Services", page=100),
        id="Arn",
        native="Id",
        fields={
            "name": "Name",
            "description": "Description",
            "type": "Type",
            "strategy": "DnsConfig.RoutingPolicy",
            "instance_count": "InstanceCount",
            "created_at": "CreateDate",
        },
        links=(Link("part_of", "aws.servicediscovery.namespace", "DnsConfig.NamespaceId"),),
    ),
)
