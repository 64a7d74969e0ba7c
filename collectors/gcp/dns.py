"""Cloud DNS: zones, their records, and how networks resolve names.

A cutover switches names, so each set of records is a thing of its own: what it answers with is its link, and its name is the
alias by which all others mention what stands behind. Of records that carry text of any kind the values stay out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote

from collectors.gcp.rows import Asset, Get, Listing, row
from collectors.gcp.values import picked
from normalize.identity import is_ip
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Json, Link
from normalize.units import instant

_SPOKEN = frozenset({"A", "AAAA", "CNAME", "NS", "MX", "SRV", "PTR", "CAA", "DS", "SVCB", "HTTPS", "ALIAS"})
"""Types of records whose values are names and numbers; the others hold any text."""
_PROOF = ".authorize.certificatemanager.goog"
"""Records that prove to Certificate Manager whose a domain is point at nothing that anybody runs."""
_ZONE = "gcp.dns.managed_zone"


def _bare(host: str) -> str:
    return host.rstrip(".")


def _named(record: dict[str, Json]) -> Iterator[dict[str, Json]]:
    """A set of records with a key that names may hold: names of records have asterisks."""
    yield {**record, "$Set": quote(f"{record['name']}{record['type']}")}


def _chosen(record: Mapping[str, Any]) -> Iterator[str]:
    """Values of a set of records, whichever is chosen by a routing policy."""
    yield from record.get("rrdatas") or ()
    policy = record.get("routingPolicy") or {}
    for part in ("geo", "wrr"):
        for item in (policy.get(part) or {}).get("items") or ():
            yield from item.get("rrdatas") or ()


def _answers(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a set of records answers with, and what of that is a thing: hosts and public addresses."""
    values = [str(value) for value in _chosen(record)] if record["type"] in _SPOKEN else []
    return {"$Values": [_bare(v) for v in values], "$Targets": list(_targets(record["type"], values))}


def _targets(type_: str, values: list[str]) -> Iterator[str]:
    for host in map(_bare, values if type_ in ("A", "AAAA", "CNAME", "ALIAS") else ()):
        if not host.endswith(_PROOF) and (not is_ip(host) or ip_address(host).is_global):
            yield f"dns://[{host}]" if ":" in host else f"dns://{host}"


def _strategy(record: Any) -> str:
    """How one of several answers is chosen. Source: dns v1, RRSetRoutingPolicy, read 2026-11-24."""
    policies = {"geo": "geolocation", "wrr": "weighted", "primaryBackup": "failover"}
    policy = record.get("routingPolicy") or {}
    return next((word for key, word in policies.items() if policy.get(key)), "simple")


def _forwarders(config: Any) -> Any:
    servers = config.get("targetNameServers") or ()
    return [s.get("ipv4Address") or s.get("ipv6Address") or s["domainName"] for s in servers] or MISSING


KINDS = (
    row(
        Category.DNS_ZONE,
        Asset(
            ("dns.googleapis.com/ManagedZone",),
            "dns.v1.ManagedZone",
            "//dns.googleapis.com/projects/PROJECT_ID/managedZones/ZONE_NUMBER",
        ),
        {
            "name": Field("dnsName", _bare),
            "description": "description",
            "public": Field("visibility", lambda seen: seen == "public"),
            "hosts": Field("nameServers", lambda servers: [_bare(s) for s in servers]),
            "addresses": Field("forwardingConfig", _forwarders),
            "state": "dnssecConfig.state",
            "created_at": Field("creationTime", instant),
        },
        links=(
            Link("serves", "gcp.compute.network", "privateVisibilityConfig.networks[].networkUrl"),
            Link("serves", "gcp.container.cluster", "privateVisibilityConfig.gkeClusters[].gkeClusterName"),
            Link("asks", "gcp.compute.network", "peeringConfig.targetNetwork.networkUrl"),
        ),
        quiet=frozenset({"dnsName", "nameServers", "forwardingConfig"}),
    ),
    row(
        Category.DNS_RECORD,
        Listing(
            Get(
                "dns.googleapis.com",
                "/dns/v1/projects/{project}/managedZones/{name}/rrsets",
                "dns.resourceRecordSets.list",
                items="rrsets[]",
                page=1000,
                size="maxResults",
            ),
            "dns.googleapis.com/ResourceRecordSet",
            "dns.v1.ResourceRecordSet",
            "//dns.googleapis.com/projects/{project}/managedZones/{$parent.$asset.id}/rrsets/{$Set}",
            under=_ZONE,
            spread=_named,
            derive=_answers,
        ),
        {
            "name": Field("name", _bare),
            "type": "type",
            "ttl_seconds": "ttl",
            "strategy": Field("", _strategy),
            "hosts": "$Values",
        },
        labels="",
        links=(
            Link("part_of", _ZONE, "$parent.$asset.name"),
            Link("resolves_to", "", "$Targets[]"),
        ),
        aliases=(Alias("dns", "name"),),
        sensitive=frozenset(
            {
                "rrdatas[]",
                "signatureRrdatas[]",
                "routingPolicy.geo.items[].rrdatas[]",
                "routingPolicy.wrr.items[].rrdatas[]",
            }
        ),
        quiet=frozenset({"name", "$Set", "$Values"}),
    ),
    row(
        Category.DNS_ZONE,
        Asset(
            ("dns.googleapis.com/Policy",),
            "dns.v1.Policy",
            "//dns.googleapis.com/projects/PROJECT_ID/policies/POLICY_NUMBER",
        ),
        {
            "name": "name",
            "description": "description",
            "settings": Field("", picked("enableInboundForwarding", "enableLogging")),
            "addresses": Field("alternativeNameServerConfig", _forwarders),
        },
        labels="",
        links=(Link("serves", "gcp.compute.network", "networks[].networkUrl"),),
        quiet=frozenset({"alternativeNameServerConfig"}),
    ),
    row(
        Category.DNS_ZONE,
        Asset(
            ("dns.googleapis.com/ResponsePolicy",),
            "dns.v1.ResponsePolicy",
            "//dns.googleapis.com/projects/PROJECT_ID/responsePolicies/RESPONSE_POLICY_NUMBER",
        ),
        {"name": "responsePolicyName", "description": "description"},
        links=(
            Link("serves", "gcp.compute.network", "networks[].networkUrl"),
            Link("serves", "gcp.container.cluster", "gkeClusters[].gkeClusterName"),
        ),
    ),
)
