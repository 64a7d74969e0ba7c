"""Load balancers of both generations: what they listen on, by which rules, and who answers.

A listener that proves users by an identity provider holds a client secret: AWS does not give it back, and the path is
sensitive all the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from collectors.aws.documents import count, texts
from collectors.aws.rows import Call
from collectors.aws.traffic import Traffic, one
from collectors.traffic import CLIENT_ERRORS, ERRORS, LATENCY, MEASURED, TRAFFIC
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Kind, Link, Path, Template

_TAGS = "$Tags"
_OIDC = "AuthenticateOidcConfig"


def _in_vpc(path: Path = "VpcId") -> Link:
    return Link("runs_in", "aws.ec2.vpc", path)


def _tags_of(arn: str, gone: str) -> Call:
    return Call(
        "elbv2",
        "DescribeTags",
        items="TagDescriptions[0].Tags",
        params={"ResourceArns": [f"{{{arn}}}"]},
        into=_TAGS,
        gone=(gone,),
    )


def _listeners(items: Any) -> list[dict[str, Any]]:
    return [{"port": i.get("Port"), "protocol": i.get("Protocol")} for i in items]


def _settings(attributes: Any) -> dict[str, Any]:
    """Attributes with a value, by name."""
    return {a["Key"]: a["Value"] for a in attributes if a.get("Value")}


def _setting(name: str, convert: Any) -> Field:
    """One attribute: texts in AWS's answer, whatever they mean."""

    def read_off(attributes: Any) -> Any:
        found = _settings(attributes).get(name)
        return MISSING if found is None else convert(found)

    return Field("$Attributes", read_off)


def _is_true(word: str) -> bool:
    return word == "true"


def _log_bucket(balancer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The bucket that access logs go to, where they are switched on."""
    settings = _settings(balancer["$Attributes"])
    if not _is_true(settings.get("access_logs.s3.enabled", "")) or "access_logs.s3.bucket" not in settings:
        return {}
    return {"$LogBucket": settings["access_logs.s3.bucket"]}


def _balancers(type_: str) -> Any:
    """Dimensions of the load balancers of one type: what stands after "loadbalancer/" in the ARN."""

    def read_off(item: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
        if item.get("Type") != type_:
            return []
        return [{"LoadBalancer": str(item["LoadBalancerArn"]).partition(":loadbalancer/")[2]}]

    return read_off


_APPLICATION_TRAFFIC = Traffic(
    "AWS/ApplicationELB",
    _balancers("application"),
    requests="RequestCount",
    latency="TargetResponseTime",
    errors=("HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"),
    client_errors=("HTTPCode_Target_4XX_Count", "HTTPCode_ELB_4XX_Count"),
    bytes=("ProcessedBytes",),
)
"""Metrics are sent only while requests flow: a load balancer without any tells nothing, so its traffic is unknown.
Source: Elastic Load Balancing, Application Load Balancers, "CloudWatch metrics for your Application Load Balancer", read
2026-11-24."""
_NETWORK_TRAFFIC = Traffic("AWS/NetworkELB", _balancers("network"), requests="NewFlowCount", bytes=("ProcessedBytes",))
"""Flows, not requests. Metric names: not verified."""
_CLASSIC_TRAFFIC = Traffic(
    "AWS/ELB",
    one(LoadBalancerName="LoadBalancerName"),
    requests="RequestCount",
    latency="Latency",
    errors=("HTTPCode_Backend_5XX", "HTTPCode_ELB_5XX"),
    client_errors=("HTTPCode_Backend_4XX", "HTTPCode_ELB_4XX"),
)
"""Metric names: not verified."""
_USE: Mapping[str, Path | Field] = {**MEASURED, **LATENCY, **ERRORS, **CLIENT_ERRORS}
_BYTES: Mapping[str, Path | Field] = {"processed_bytes": f"{TRAFFIC}.Bytes"}


def _secured(listener: Mapping[str, Any]) -> Mapping[str, Any]:
    """Only listeners that speak TLS have certificates beside the default one."""
    return {"$Secured": listener["ListenerArn"]} if listener.get("Certificates") else {}


def _heard(listener: Any) -> str:
    known = (listener.get("Protocol"), listener.get("Port"))
    return ":".join(str(k) for k in known if k is not None) or str(listener["ListenerArn"]).rsplit("/", 1)[-1]


def _rules(items: Any) -> list[dict[str, Any]]:
    """Rules in the order in which they are tried: priority, conditions, what is done, and shares of target groups."""
    return [
        {
            "priority": r.get("Priority"),
            "conditions": {c.get("Field"): list(_values(c)) for c in r.get("Conditions", ())},
            "actions": [a.get("Type") for a in r.get("Actions", ())],
            "weights": [
                {"target": str(g.get("TargetGroupArn")), "weight": g.get("Weight")}
                for a in r.get("Actions", ())
                for g in (a.get("ForwardConfig") or {}).get("TargetGroups", ())
            ],
        }
        for r in sorted(items, key=_order)
    ]


def _order(rule: Mapping[str, Any]) -> float:
    """The default rule, whose priority is the word "default", is tried last."""
    priority = str(rule.get("Priority"))
    return int(priority) if priority.isdecimal() else math.inf


def _values(condition: Mapping[str, Any]) -> Iterator[str]:
    yield from condition.get("Values", ())
    for key, config in condition.items():
        if key.endswith("Config") and isinstance(config, dict) and "Values" in config and key != "QueryStringConfig":
            yield from (v for v in config["Values"] if v not in condition.get("Values", ()))


def _hosts(items: Any) -> list[str]:
    """Host names that rules tell apart."""
    found = (v for r in items for c in r.get("Conditions", ()) if c.get("Field") == "host-header" for v in _values(c))
    return list(dict.fromkeys(found))


def _sorted_targets(group: Mapping[str, Any]) -> Mapping[str, Any]:
    """Targets by what they are: instances by id, functions and load balancers by ARN, the rest by address."""
    names = [str(t["Target"]["Id"]) for t in group["$Targets"]]
    return {
        "$Instances": [n for n in names if n.startswith("i-")],
        "$Arns": [n for n in names if n.startswith("arn:")],
        "$Addresses": [n for n in names if not n.startswith(("i-", "arn:"))],
    }


def _healthy(targets: Any) -> int:
    return sum((t.get("TargetHealth") or {}).get("State") == "healthy" for t in targets)


def _backends(targets: Any) -> list[dict[str, Any]]:
    return [
        {
            "target": t["Target"].get("Id"),
            "port": t["Target"].get("Port"),
            "zone": t["Target"].get("AvailabilityZone"),
            "state": (t.get("TargetHealth") or {}).get("State"),
        }
        for t in targets
    ]


def _classic_listeners(items: Any) -> list[dict[str, Any]]:
    return [{"port": i["Listener"].get("LoadBalancerPort"), "protocol": i["Listener"].get("Protocol")} for i in items]


_ACTIONS = ("DefaultActions[]", "$Rules[].Actions[]")

KINDS = (
    Kind(
        name="aws.elbv2.load_balancer",
        category=Category.LOAD_BALANCER,
        fetch=Call(
            "elbv2",
            "DescribeLoadBalancers",
            items="LoadBalancers",
            page=400,
            itself=Call(
                "elbv2",
                "DescribeLoadBalancers",
                items="LoadBalancers",
                params={"LoadBalancerArns": ["{LoadBalancerArn}"]},
                gone=("LoadBalancerNotFound",),
            ),
            detail=(
                Call(
                    "elbv2",
                    "DescribeListeners",
                    items="Listeners[]",
                    into="$Listeners",
                    params={"LoadBalancerArn": "{LoadBalancerArn}"},
                    gone=("LoadBalancerNotFound",),
                ),
                Call(
                    "elbv2",
                    "DescribeLoadBalancerAttributes",
                    items="Attributes",
                    into="$Attributes",
                    params={"LoadBalancerArn": "{LoadBalancerArn}"},
                    gone=("LoadBalancerNotFound",),
                    derive=_log_bucket,
                ),
                _tags_of("LoadBalancerArn", "LoadBalancerNotFound"),
            ),
            lookups=(_APPLICATION_TRAFFIC, _NETWORK_TRAFFIC),
        ),
        id="LoadBalancerArn",
        native="LoadBalancerName",
        fields={
            "name": "LoadBalancerName",
            "load_balancer_type": "Type",
            "scheme": "Scheme",
            "public": Field("Scheme", lambda word: word == "internet-facing"),
            "state": "State.Code",
            "endpoint": "DNSName",
            "zones": Field("AvailabilityZones", texts("ZoneName")),
            "subnets": Field("AvailabilityZones", texts("SubnetId")),
            "security_groups": "SecurityGroups",
            "listeners": Field("$Listeners", _listeners),
            "deletion_protected": _setting("deletion_protection.enabled", _is_true),
            "idle_timeout_seconds": _setting("idle_timeout.timeout_seconds", int),
            "settings": Field("$Attributes", _settings),
            "created_at": "CreatedTime",
            **_USE,
            **_BYTES,
        },
        tags=_TAGS,
        links=(
            _in_vpc(),
            Link("runs_in", "aws.ec2.subnet", "AvailabilityZones[].SubnetId"),
            Link("guarded_by", "aws.ec2.security_group", "SecurityGroups[]"),
            Link("attached_to", "aws.ec2.address", "AvailabilityZones[].LoadBalancerAddresses[].AllocationId"),
            Link("routes_to", "aws.elbv2.target_group", "$Listeners[].DefaultActions[].TargetGroupArn"),
            Link("proves_itself_by", "aws.acm.certificate", "$Listeners[].Certificates[].CertificateArn"),
            Link("logs_to", "aws.s3.bucket", "$LogBucket"),
        ),
        aliases=(Alias("dns", "DNSName"),),
        sensitive=frozenset({f"$Listeners[].DefaultActions[].{_OIDC}.ClientSecret"}),
        quiet=frozenset({"$Listeners[].ListenerArn"}),
    ),
    Kind(
        name="aws.elbv2.listener",
        category=Category.LOAD_BALANCER,
        fetch=Call(
            "elbv2",
            "DescribeListeners",
            items="Listeners",
            page=400,
            under="aws.elbv2.load_balancer",
            params={"LoadBalancerArn": "{LoadBalancerArn}"},
            gone=("LoadBalancerNotFound",),
            derive=_secured,
            itself=Call(
                "elbv2",
                "DescribeListeners",
                items="Listeners",
                params={"ListenerArns": ["{ListenerArn}"]},
                gone=("ListenerNotFound",),
            ),
            detail=(
                Call(
                    "elbv2",
                    "DescribeRules",
                    items="Rules[]",
                    into="$Rules",
                    params={"ListenerArn": "{ListenerArn}"},
                    gone=("ListenerNotFound",),
                ),
                Call(
                    "elbv2",
                    "DescribeListenerCertificates",
                    items="Certificates[]",
                    into="$Certificates",
                    params={"ListenerArn": "{$Secured}"},
                    gone=("ListenerNotFound",),
                ),
            ),
        ),
        id="ListenerArn",
        native="ListenerArn",
        fields={
            "name": Field("", _heard),
            "protocol": "Protocol",
            "port": "Port",
            "tls_policy": "SslPolicy",
            "rules": Field("$Rules", _rules),
            "rule_count": Field("$Rules", count),
            "hosts": Field("$Rules", _hosts),
        },
        links=(
            Link("part_of", "aws.elbv2.load_balancer", "LoadBalancerArn"),
            *(Link("routes_to", "aws.elbv2.target_group", f"{a}.TargetGroupArn") for a in _ACTIONS),
            *(
                Link("routes_to", "aws.elbv2.target_group", f"{a}.ForwardConfig.TargetGroups[].TargetGroupArn")
                for a in _ACTIONS
            ),
            Link("proves_itself_by", "aws.acm.certificate", "Certificates[].CertificateArn"),
            Link("proves_itself_by", "aws.acm.certificate", "$Certificates[].CertificateArn"),
            Link("asks", "", "$Rules[].Actions[].AuthenticateCognitoConfig.UserPoolArn"),
        ),
        sensitive=frozenset(f"{a}.{_OIDC}.ClientSecret" for a in _ACTIONS),
        quiet=frozenset({"$parent", "$Rules[].RuleArn", "$Secured"}),
    ),
    Kind(
        name="aws.elbv2.target_group",
        category=Category.LOAD_BALANCER,
        fetch=Call(
            "elbv2",
            "DescribeTargetGroups",
            items="TargetGroups",
            page=400,
            itself=Call(
                "elbv2",
                "DescribeTargetGroups",
                items="TargetGroups",
                params={"TargetGroupArns": ["{TargetGroupArn}"]},
                gone=("TargetGroupNotFound",),
            ),
            detail=(
                Call(
                    "elbv2",
                    "DescribeTargetHealth",
                    items="TargetHealthDescriptions",
                    into="$Targets",
                    params={"TargetGroupArn": "{TargetGroupArn}"},
                    gone=("TargetGroupNotFound",),
                    derive=_sorted_targets,
                ),
                _tags_of("TargetGroupArn", "TargetGroupNotFound"),
            ),
        ),
        id="TargetGroupArn",
        native="TargetGroupName",
        fields={
            "name": "TargetGroupName",
            "type": "TargetType",
            "protocol": "Protocol",
            "port": "Port",
            "instance_count": Field("$Targets", count),
            "ready_count": Field("$Targets", _healthy),
            "backends": Field("$Targets", _backends),
            "addresses": "$Addresses",
        },
        tags=_TAGS,
        links=(
            _in_vpc(),
            Link("serves", "aws.elbv2.load_balancer", "LoadBalancerArns[]"),
            Link("routes_to", "aws.ec2.instance", "$Instances[]", optional=True),
            Link("routes_to", "", "$Arns[]"),
        ),
        # Addresses of targets repeat from one VPC to the next: no mention.
        quiet=frozenset({"$Targets", "$Addresses"}),
    ),
    Kind(
        name="aws.elb.load_balancer",
        category=Category.LOAD_BALANCER,
        fetch=Call(
            "elb",
            "DescribeLoadBalancers",
            items="LoadBalancerDescriptions",
            page=400,
            itself=Call(
                "elb",
                "DescribeLoadBalancers",
                items="LoadBalancerDescriptions",
                params={"LoadBalancerNames": ["{LoadBalancerName}"]},
                gone=("LoadBalancerNotFound",),
            ),
            detail=(
                Call(
                    "elb",
                    "DescribeTags",
                    items="TagDescriptions[0].Tags",
                    into=_TAGS,
                    params={"LoadBalancerNames": ["{LoadBalancerName}"]},
                    gone=("LoadBalancerNotFound",),
                ),
            ),
            lookups=(_CLASSIC_TRAFFIC,),
        ),
        id=Template("arn:{@partition}:elasticloadbalancing:{@place}:{@account}:loadbalancer/{LoadBalancerName}"),
        native="LoadBalancerName",
        fields={
            "name": "LoadBalancerName",
            "load_balancer_type": Field("LoadBalancerName", lambda _: "classic"),
            "scheme": "Scheme",
            "public": Field("Scheme", lambda word: word == "internet-facing"),
            "endpoint": "DNSName",
            "zones": "AvailabilityZones",
            "subnets": "Subnets",
            "security_groups": "SecurityGroups",
            "listeners": Field("ListenerDescriptions", _classic_listeners),
            "instance_count": Field("Instances", count),
            "created_at": "CreatedTime",
            **_USE,
        },
        tags=_TAGS,
        links=(
            _in_vpc("VPCId"),
            Link("runs_in", "aws.ec2.subnet", "Subnets[]"),
            Link("guarded_by", "aws.ec2.security_group", "SecurityGroups[]"),
            Link("routes_to", "aws.ec2.instance", "Instances[].InstanceId", optional=True),
            Link("proves_itself_by", "aws.acm.certificate", "ListenerDescriptions[].Listener.SSLCertificateId"),
        ),
        aliases=(Alias("dns", "DNSName"),),
        quiet=frozenset({"CanonicalHostedZoneName"}),
    ),
)
