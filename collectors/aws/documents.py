"""Reads the documents that AWS wraps in fields: policies, routes, rules.

Pure converters for the rows' fields; each takes the raw value and gives ours, or MISSING where it cannot be read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from normalize.mapping import MISSING


def texts(*keys: str) -> Callable[[Any], list[str]]:
    """Values of the first of `keys` that each object of a list has: texts("GroupId")."""

    def convert(items: Any) -> list[str]:
        found = (next((item[k] for k in keys if item.get(k)), None) for item in items)
        return [str(f) for f in found if f is not None]

    return convert


def tag(name: str) -> Callable[[Any], Any]:
    """Value of one tag in a list of {Key, Value}; MISSING where there is none."""

    def convert(items: Any) -> Any:
        return next((i["Value"] for i in items if i.get("Key") == name and i.get("Value")), MISSING)

    return convert


def count(items: Any) -> int:
    """Length of a list or map."""
    return len(items)


def listed(value: Any) -> list[str]:
    """A text, or a list of texts, as a list."""
    return [value] if isinstance(value, str) else [str(v) for v in value]


def joined(pairs: Iterable[Mapping[str, Any]]) -> list[str]:
    """Metric dimensions as NAME=VALUE."""
    return [f"{p['Name']}={p['Value']}" for p in pairs]


def document(value: Any) -> Mapping[str, Any]:
    """A JSON document, parsed already or still text."""
    parsed = json.loads(value) if isinstance(value, str) else value
    if not isinstance(parsed, dict):
        raise ValueError("not a JSON object")
    return parsed


def statements(value: Any) -> list[Mapping[str, Any]]:
    """Statements of a policy, which may be one without a list."""
    found = document(value).get("Statement", [])
    return found if isinstance(found, list) else [found]


def principals(value: Any) -> list[str]:
    """Who a policy lets in: services, accounts, ARNs, identity providers; in order, each once."""
    found: dict[str, None] = {}
    for statement in statements(value):
        who = statement.get("Principal", {})
        entries = who.values() if isinstance(who, dict) else [who]
        for entry in entries if statement.get("Effect") == "Allow" else ():
            found.update(dict.fromkeys(listed(entry)))
    return list(found)


def actions(value: Any) -> list[str]:
    """Actions that a policy allows, in order, each once."""
    found: dict[str, None] = {}
    for statement in statements(value):
        if statement.get("Effect") == "Allow":
            found.update(dict.fromkeys(listed(statement.get("Action", []))))
    return list(found)


def routes(items: Any) -> list[str]:
    """Routes as DESTINATION via TARGET."""
    return [f"{_first(r, _DESTINATIONS)} via {_first(r, _TARGETS)}" for r in items]


_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_TARGETS = (
    "GatewayId", "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "NetworkInterfaceId", "InstanceId",
    "EgressOnlyInternetGatewayId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn",
)  # fmt: skip


def _first(item: Mapping[str, Any], keys: Iterable[str]) -> str:
    return next((str(item[k]) for k in keys if item.get(k)), "unknown")


def rules(group: Any) -> list[dict[str, Any]]:
    """Rules of a security group: direction, protocol, ports and who is on the other side."""
    found = [_rule("in", permission) for permission in group.get("IpPermissions", [])]
    return found + [_rule("out", permission) for permission in group.get("IpPermissionsEgress", [])]


def _rule(direction: str, permission: Mapping[str, Any]) -> dict[str, Any]:
    peers = [
        *(r["CidrIp"] for r in permission.get("IpRanges", [])),
        *(r["CidrIpv6"] for r in permission.get("Ipv6Ranges", [])),
        *(r["PrefixListId"] for r in permission.get("PrefixListIds", [])),
        *(r["GroupId"] for r in permission.get("UserIdGroupPairs", []) if "GroupId" in r),
    ]
    rule: dict[str, Any] = {"direction": direction, "protocol": permission.get("IpProtocol"), "peers": peers}
    for ours, theirs in (("from_port", "FromPort"), ("to_port", "ToPort")):
        if theirs in permission:
            rule[ours] = permission[theirs]
    return rule


def open_to_world(group: Any) -> bool:
    """Whether a security group lets any address in."""
    return any(
        peer in ("0.0.0.0/0", "::/0") for rule in rules(group) if rule["direction"] == "in" for peer in rule["peers"]
    )


def last_segment(arn: str) -> str:
    """What stands after the last "/" or ":": the name of a queue's URL, the name in an ARN."""
    return arn.replace(":", "/").rsplit("/", 1)[-1]
