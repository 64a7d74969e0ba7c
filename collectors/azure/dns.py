"""Names: public and private zones, each set of records, who may ask a private zone, and Azure DNS Private Resolver.

A cutover switches names, so each set of records is a thing of its own: what it answers with is its link, and its name is the alias by
which all others mention what stands behind. Texts (TXT, SOA) stay out.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from collectors.azure.rows import Get, Rows, resource
from collectors.azure.values import equals, last
from normalize.identity import is_ip
from normalize.model import Alias, Category, Field, Kind, Link

_SPOKEN = {
    "arecords": "ipv4Address",
    "aaaarecords": "ipv6Address",
    "cnamerecord": "cname",
    "mxrecords": "exchange",
    "nsrecords": "nsdname",
    "ptrrecords": "ptrdname",
    "srvrecords": "target",
}
"""Where records of a type lie, lower case (public zones write ARecords, private ones aRecords) -> where the value of one lies. Source:
azure-mgmt-dns 9.0 and azure-mgmt-privatedns 2.0, RecordSet, read 2026-11-24."""
_PROOF = ("_acme-challenge", "_dnsauth", "asuid")
"""Names of records that prove whose a domain is."""


_PARTS = (
    "ARecords",
    "AAAARecords",
    "CNAMERecord",
    "MXRecords",
    "NSRecords",
    "PTRRecords",
    "SRVRecords",
    "aRecords",
    "aaaaRecords",
    "cnameRecord",
    "mxRecords",
    "ptrRecords",
    "srvRecords",
)


def _answers(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a set of records answers with, and what of that is a thing."""
    values = [value for key, told in record["properties"].items() for value in _of(key.lower(), told)]
    named = last(record["type"]) in ("A", "AAAA", "CNAME") and not str(record["name"]).startswith(_PROOF)
    hosts = (v for v in values if named and (not is_ip(v) or ip_address(v).is_global))
    return {"$Values": values, "$Targets": [f"dns://[{h}]" if ":" in h else f"dns://{h}" for h in hosts]}


def _of(key: str, told: Any) -> list[str]:
    records = told if isinstance(told, list) else [told]
    return [str(r[_SPOKEN[key]]).rstrip(".") for r in records if _SPOKEN[key] in r] if key in _SPOKEN and told else []


def _servers(servers: Any) -> list[str]:
    return [f"{s['ipAddress']}:{s.get('port', 53)}" for s in servers]


def _records(kind: str, path: str, version: str, zone: str, ttl: str) -> Kind:
    return resource(
        kind,
        Category.DNS_RECORD,
        Get(f"{{$parent.$id}}/{path}", version, under=zone, derive=_answers),
        {
            "type": Field("type", last),
            "ttl_seconds": f"properties.{ttl}",
            "hosts": "$Values",
        },
        tags="properties.metadata",
        links=(
            Link("resolves_to", "", "$Targets[]"),
            *((Link("resolves_to", "", "properties.targetResource.id"),) if ttl == "TTL" else ()),
        ),
        aliases=(Alias("dns", "properties.fqdn"),),
        sensitive=frozenset({"properties.TXTRecords", "properties.txtRecords"}),
        quiet=frozenset(
            {"properties.fqdn", "properties.SOARecord", "properties.soaRecord", "$Values"}
            | {f"properties.{key}" for key in _PARTS}
        ),
    )


_STATE = {"state": "properties.provisioningState"}

KINDS: tuple[Kind, ...] = (
    resource(
        "azure.network.dns_zone",
        Category.DNS_ZONE,
        Rows("Microsoft.Network/dnsZones"),
        {
            "record_count": "properties.numberOfRecordSets",
            "type": "properties.zoneType",
            "hosts": "properties.nameServers",
        },
        quiet=frozenset({"properties.nameServers"}),
    ),
    resource(
        "azure.network.private_dns_zone",
        Category.DNS_ZONE,
        Rows("Microsoft.Network/privateDnsZones"),
        {**_STATE, "record_count": "properties.numberOfRecordSets"},
    ),
    resource(
        "azure.network.private_dns_link",
        Category.CONNECTION,
        Rows("Microsoft.Network/privateDnsZones/virtualNetworkLinks"),
        {
            **_STATE,
            "phase": "properties.virtualNetworkLinkState",
            "mode": "properties.resolutionPolicy",
        },
        links=(
            Link("part_of", "azure.network.private_dns_zone", "$above"),
            Link("serves", "azure.network.virtual_network", "properties.virtualNetwork.id"),
        ),
    ),
    resource(
        "azure.network.dns_resolver",
        Category.DNS_ZONE,
        Rows("Microsoft.Network/dnsResolvers"),
        {**_STATE, "phase": "properties.dnsResolverState"},
        links=(Link("serves", "azure.network.virtual_network", "properties.virtualNetwork.id"),),
    ),
    resource(
        "azure.network.dns_inbound_endpoint",
        Category.ADDRESS,
        Rows("Microsoft.Network/dnsResolvers/inboundEndpoints"),
        {**_STATE, "private_address": "properties.ipConfigurations[0].privateIpAddress"},
        links=(
            Link("part_of", "azure.network.dns_resolver", "$above"),
            Link("runs_in", "azure.network.subnet", "properties.ipConfigurations[].subnet.id"),
        ),
        aliases=(Alias("address", "properties.ipConfigurations[].privateIpAddress"),),
    ),
    resource(
        "azure.network.dns_outbound_endpoint",
        Category.ADDRESS,
        Rows("Microsoft.Network/dnsResolvers/outboundEndpoints"),
        {**_STATE},
        links=(
            Link("part_of", "azure.network.dns_resolver", "$above"),
            Link("runs_in", "azure.network.subnet", "properties.subnet.id"),
        ),
    ),
    resource(
        "azure.network.dns_forwarding_ruleset",
        Category.DNS_ZONE,
        Rows("Microsoft.Network/dnsForwardingRulesets"),
        {**_STATE},
        links=(Link("uses", "azure.network.dns_outbound_endpoint", "properties.dnsResolverOutboundEndpoints[].id"),),
    ),
    resource(
        "azure.network.dns_forwarding_rule",
        Category.DNS_RECORD,
        Get("{$parent.$id}/forwardingRules", "2022-07-01", under="azure.network.dns_forwarding_ruleset"),
        {
            **_STATE,
            "hostname": "properties.domainName",
            "enabled": Field("properties.forwardingRuleState", equals("Enabled")),
            "targets": Field("properties.targetDnsServers", _servers),
        },
        tags="properties.metadata",
        quiet=frozenset({"properties.domainName"}),
    ),
    _records("azure.network.dns_record", "recordsets", "2018-05-01", "azure.network.dns_zone", "TTL"),
    _records("azure.network.private_dns_record", "ALL", "2024-06-01", "azure.network.private_dns_zone", "ttl"),
)
