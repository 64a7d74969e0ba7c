"""Rows of serving, names and edges: an account built with the SDK and read back, and what only some answers show."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from collectors.aws import apis, compute, dns, edge, hybrid, load_balancing, open_source
from normalize.mapping import observe
from normalize.model import Kind, Observation
from tests.servers.faulty_moto import FaultyMoto, serve

REGION, ACCOUNT = "us-east-1", "123456789012"
ROWS = {k.name: k for module in (load_balancing, apis, dns, edge, hybrid) for k in module.KINDS}
INSTANCE = next(k for k in compute.KINDS if k.name == "aws.ec2.instance")
ROWS[INSTANCE.name] = INSTANCE


def zipped() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("main.py", "def handler(event, context): return {}")
    return held.getvalue()


def plant(client: Any) -> dict[str, Any]:
    """Makes a service with its names; what boto3 was told of each, by a word of ours."""
    ec2, balancing = client("ec2"), client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{n}.0/24", AvailabilityZone=f"{REGION}{z}")["Subnet"]["SubnetId"]
        for n, z in enumerate("ab")
    ]
    machine = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=subnets[0])["Instances"][0]
    front = balancing.create_load_balancer(Name="front", Subnets=subnets)["LoadBalancers"][0]
    groups = [
        balancing.create_target_group(Name=name, Protocol="HTTP", Port=8000, VpcId=vpc, TargetType="instance")[
            "TargetGroups"
        ][0]["TargetGroupArn"]
        for name in ("chat", "embed")
    ]
    balancing.register_targets(TargetGroupArn=groups[0], Targets=[{"Id": machine["InstanceId"]}])
    listener = balancing.create_listener(
        LoadBalancerArn=front["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": groups[0]}],
    )["Listeners"][0]["ListenerArn"]
    balancing.create_rule(
        ListenerArn=listener,
        Priority=10,
        Conditions=[{"Field": "host-header", "Values": ["embed.acme.example"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": groups[1]}],
    )
    role = client("iam").create_role(
        RoleName="scorer",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}),
    )["Role"]["Arn"]
    function = client("lambda").create_function(
        FunctionName="score", Runtime="python3.12", Role=role, Handler="main.handler", Code={"ZipFile": zipped()}
    )["FunctionArn"]
    rest = plant_rest(client("apigateway"), function)
    http = plant_http(client("apigatewayv2"), function)
    zone = plant_names(client("route53"), front["DNSName"])
    acl = client("wafv2").create_web_acl(
        Name="edge",
        Scope="REGIONAL",
        DefaultAction={"Block": {}},
        VisibilityConfig={"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "edge"},
    )["Summary"]["ARN"]
    gateway = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    table = ec2.create_transit_gateway_route_table(TransitGatewayId=gateway)["TransitGatewayRouteTable"]
    return {
        "front": front, "groups": groups, "listener": listener, "machine": machine["InstanceId"], "function": function,
        "rest": rest, "http": http, "zone": zone, "acl": acl, "table": table["TransitGatewayRouteTableId"],
        "distribution": plant_distribution(client("cloudfront"), front["DNSName"]),
        **plant_busy(client),
    }  # fmt: skip


def plant_distribution(edge: Any, host: str) -> str:
    origin = {
        "Id": "front",
        "DomainName": host,
        "CustomHeaders": {"Quantity": 1, "Items": [{"HeaderName": "X-From", "HeaderValue": "hunter2-not-for-us"}]},
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
    }
    behaviour = {
        "TargetOriginId": "front",
        "ViewerProtocolPolicy": "https-only",
        "MinTTL": 0,
        "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
    }
    made = edge.create_distribution(
        DistributionConfig={
            "CallerReference": "1",
            "Comment": "The portal",
            "Enabled": True,
            "Aliases": {"Quantity": 1, "Items": ["www.acme.example"]},
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": behaviour,
        }
    )
    return str(made["Distribution"]["Id"])


def plant_busy(client: Any) -> dict[str, str]:
    """Machines with accelerators, one with the agent on it and one without; instance by a word of ours."""
    made = {
        word: client("ec2").run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, InstanceType="g5.12xlarge")[
            "Instances"
        ][0]["InstanceId"]
        for word in ("watched", "unwatched")
    }
    told = {
        "nvidia_smi_utilization_gpu": (20.0, 60.0),
        "nvidia_smi_memory_used": (6.0, 18.0),
        "nvidia_smi_memory_total": (24.0, 24.0),
    }
    data = [
        {
            "MetricName": metric,
            "Dimensions": [{"Name": "InstanceId", "Value": made["watched"]}, {"Name": "index", "Value": str(index)}],
            "Timestamp": datetime.now(UTC) - timedelta(hours=1),
            "Value": value,
        }
        for metric, values in told.items()
        for index, value in enumerate(values)
    ]
    client("cloudwatch").put_metric_data(Namespace="CWAgent", MetricData=data)
    return made


def plant_rest(gateway: Any, function: str) -> str:
    api = gateway.create_rest_api(name="scoring")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    gateway.put_method(restApiId=api, resourceId=root, httpMethod="POST", authorizationType="NONE")
    gateway.put_integration(
        restApiId=api,
        resourceId=root,
        httpMethod="POST",
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations",
        requestParameters={"integration.request.header.X-Token": "'hunter2-not-for-us'"},
    )
    gateway.create_deployment(restApiId=api, stageName="prod", variables={"token": "hunter2-not-for-us"})
    return str(api)


def plant_http(gateway: Any, function: str) -> str:
    api = gateway.create_api(Name="chat", ProtocolType="HTTP")["ApiId"]
    made = gateway.create_integration(ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function)
    gateway.create_route(ApiId=api, RouteKey="POST /chat", Target=f"integrations/{made['IntegrationId']}")
    gateway.create_stage(ApiId=api, StageName="live", StageVariables={"token": "hunter2-not-for-us"})
    return str(api)


def plant_names(names: Any, host: str) -> str:
    zone = names.create_hosted_zone(Name="acme.example.", CallerReference="1")["HostedZone"]["Id"]
    sets: list[dict[str, Any]] = [
        {"Name": "chat.acme.example.", "Type": "A", "AliasTarget": {
            "HostedZoneId": "Z35SXDOTRQ7X7K", "DNSName": f"dualstack.{host}", "EvaluateTargetHealth": False}},
        {"Name": "docs.acme.example.", "Type": "CNAME", "TTL": 300, "ResourceRecords": [{"Value": "pages.partner.example"}]},
        {"Name": "db.acme.example.", "Type": "A", "TTL": 300, "ResourceRecords": [{"Value": "10.20.1.5"}]},
        {"Name": "acme.example.", "Type": "TXT", "TTL": 300, "ResourceRecords": [{"Value": '"hunter2-not-for-us"'}]},
    ]  # fmt: skip
    changes = [{"Action": "CREATE", "ResourceRecordSet": s} for s in sets]
    names.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    return str(zone).rsplit("/", 1)[-1]


class Account:
    """The account as planted and as seen."""

    def __init__(self, server: FaultyMoto) -> None:
        self.planted = plant(lambda name: boto3.client(name, region_name=REGION, endpoint_url=server.url))
        self.seen: dict[str, list[Observation]] = {}
        self.troubles: list[str] = []
        source = open_source({"name": "prod", "regions": [REGION], "endpoint_url": server.url})
        for name, kind in ROWS.items():
            self.seen[name] = [self._observe(raw, kind) for s in source.scopes(kind) for raw in source.collect(kind, s)]
        source.close()
        self.measured = {region for service, region, _ in server.calls if service == "monitoring"}

    def _observe(self, raw: Any, kind: Kind) -> Observation:
        seen = observe(raw, kind)
        self.troubles += [*map(str, raw.gaps), *seen.misfits]
        return seen

    def one(self, kind: str) -> Observation:
        (seen,) = self.seen[kind]
        return seen

    def record(self, name: str, type_: str) -> Observation:
        own = [o for o in self.seen["aws.route53.record"] if o.resource.name == name]
        (found,) = [o for o in own if o.resource.attributes["type"] == type_]
        return found


def linked(seen: Observation, verb: str) -> set[str]:
    return {r.key for r in seen.references if r.verb == verb}


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    patch = pytest.MonkeyPatch()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        patch.setenv(name, "testing")
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    server = serve()
    yield Account(server)
    server.close()
    patch.undo()


def test_nothing_planted_is_missed_and_nothing_else_is_seen(account: Account) -> None:
    planted = account.planted
    found = {kind: sorted(str(o.resource.native_id) for o in seen) for kind, seen in account.seen.items() if seen}
    records = {
        "acme.example./NS",
        "acme.example./SOA",
        "acme.example./TXT",
        "chat.acme.example./A",
        "db.acme.example./A",
    }
    tables = found.pop("aws.ec2.transit_gateway_route_table")
    machines = [planted[word] for word in ("machine", "watched", "unwatched")]
    assert planted["table"] in tables  # a transit gateway has one of its own
    assert found == {
        "aws.elbv2.load_balancer": ["front"],
        "aws.elbv2.listener": [planted["listener"]],
        "aws.elbv2.target_group": ["chat", "embed"],
        "aws.apigateway.rest_api": [planted["rest"]],
        "aws.apigateway.stage": [f"{planted['rest']}/prod"],
        "aws.apigatewayv2.api": [planted["http"]],
        "aws.apigatewayv2.stage": [f"{planted['http']}/live"],
        "aws.route53.hosted_zone": [planted["zone"]],
        "aws.route53.record": sorted(records | {"docs.acme.example./CNAME"}),
        "aws.wafv2.web_acl": ["edge"],
        "aws.cloudfront.distribution": [planted["distribution"]],
        "aws.ec2.instance": sorted(machines),
    }
    assert account.troubles == []


def test_a_listener_leads_to_the_groups_of_its_rules_and_a_group_to_its_machines(account: Account) -> None:
    listener = account.one("aws.elbv2.listener")
    assert linked(listener, "routes_to") == set(account.planted["groups"])
    assert listener.resource.attributes["hosts"] == ["embed.acme.example"]
    chat = next(o for o in account.seen["aws.elbv2.target_group"] if o.resource.name == "chat")
    assert linked(chat, "routes_to") == {f"aws:{account.planted['machine']}"}
    assert chat.resource.attributes["instance_count"] == 1


@pytest.mark.parametrize("kind", ["aws.apigateway.rest_api", "aws.apigatewayv2.api"])
def test_an_api_calls_its_function(account: Account, kind: str) -> None:
    api = account.one(kind)
    assert linked(api, "calls") == {account.planted["function"]}
    assert api.resource.attributes["route_count"] == 1
    assert [r.value for r in api.references if r.verb == "mentions"] == []


def test_a_name_leads_to_the_load_balancer_behind_it(account: Account) -> None:
    record = account.record("chat.acme.example", "A")
    assert linked(record, "resolves_to") <= set(account.one("aws.elbv2.load_balancer").aliases)
    assert "dns:chat.acme.example" in record.aliases
    assert linked(account.record("docs.acme.example", "CNAME"), "resolves_to") == {"dns:pages.partner.example"}


def test_a_distribution_leads_to_its_origin_and_is_known_by_its_own_names(account: Account) -> None:
    seen = account.one("aws.cloudfront.distribution")
    assert linked(seen, "routes_to") <= set(account.one("aws.elbv2.load_balancer").aliases)
    assert "dns:www.acme.example" in seen.aliases


def test_what_is_global_is_measured_where_its_endpoint_is(account: Account) -> None:
    assert account.measured == {REGION}


def test_a_private_address_in_a_record_is_no_thing_of_anybodys(account: Account) -> None:
    record = account.record("db.acme.example", "A")
    assert record.resource.attributes["hosts"] == ["10.20.1.5"]
    assert linked(record, "resolves_to") == set()


def test_no_value_that_could_be_a_secret_is_kept(account: Account) -> None:
    kept = [[o.payload, dict(o.resource.attributes)] for seen in account.seen.values() for o in seen]
    assert "hunter2" not in json.dumps(kept)


def test_traffic_without_a_data_point_is_unknown_and_not_zero(account: Account) -> None:
    balancer = account.one("aws.elbv2.load_balancer")
    assert "request_count" not in balancer.resource.attributes


def use(account: Account, word: str) -> dict[str, Any]:
    seen = next(o for o in account.seen["aws.ec2.instance"] if o.resource.native_id == account.planted[word])
    return {k: v for k, v in seen.resource.attributes.items() if "utilization" in k}


def test_use_of_accelerators_is_what_the_agent_said_over_all_of_them(account: Account) -> None:
    assert use(account, "watched") == {
        "utilization_window_days": 14,
        "accelerator_utilization_ratio": pytest.approx(0.4),
        "accelerator_memory_utilization_ratio": pytest.approx(0.5),
    }


def test_without_the_agent_use_is_unknown_and_not_zero(account: Account) -> None:
    assert use(account, "unwatched") == {}
    assert use(account, "machine") == {}
