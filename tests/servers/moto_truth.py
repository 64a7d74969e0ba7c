"""What stands in a moto server by the SDK's own listings, without any of our code; and a wider estate to list.

One line of `LISTINGS` per kind: which call lists it, where the names lie, and the identity that the world would use. `plant`
adds to moto_estate.py: things in two more regions, the same names in both accounts, and more than one page of some.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jmespath

from tests.servers.moto_estate import EAST, PRODUCTION, RESEARCH, WEST, Account

IRELAND, MUMBAI = "eu-west-1", "ap-south-1"
REGIONS = (EAST, WEST, IRELAND, MUMBAI)
MANY = 101
"""More than one page of what comes by hundreds or fifties."""

Row = tuple[str, str, str, str, str, dict[str, Any]]


def _ec2(kind: str, operation: str, names: str, noun: str, **params: Any) -> Row:
    return f"aws.ec2.{kind}", "ec2", operation, names, "arn:aws:ec2:{region}:{account}:" + noun + "/{name}", params


def _plain(kind: str, operation: str, arns: str, **params: Any) -> Row:
    return kind, kind.split(".")[1], operation, arns, "{name}", params


LISTINGS: tuple[Row, ...] = (
    _ec2("address", "describe_addresses", "Addresses[].AllocationId", "elastic-ip"),
    _ec2("customer_gateway", "describe_customer_gateways", "CustomerGateways[].CustomerGatewayId", "customer-gateway"),
    _ec2("dhcp_options", "describe_dhcp_options", "DhcpOptions[].DhcpOptionsId", "dhcp-options"),
    _ec2("flow_log", "describe_flow_logs", "FlowLogs[].FlowLogId", "vpc-flow-log"),
    _ec2("image", "describe_images", "Images[].ImageId", "image", Owners=["self"]),
    _ec2("instance", "describe_instances", "Reservations[].Instances[].InstanceId", "instance"),
    _ec2("internet_gateway", "describe_internet_gateways", "InternetGateways[].InternetGatewayId", "internet-gateway"),
    _ec2("launch_template", "describe_launch_templates", "LaunchTemplates[].LaunchTemplateId", "launch-template"),
    _ec2("nat_gateway", "describe_nat_gateways", "NatGateways[].NatGatewayId", "natgateway"),
    _ec2("network_acl", "describe_network_acls", "NetworkAcls[].NetworkAclId", "network-acl"),
    _ec2("network_interface", "describe_network_interfaces", "NetworkInterfaces[].NetworkInterfaceId", "network-interface"),
    _ec2("prefix_list", "describe_managed_prefix_lists", "PrefixLists[?OwnerId!='AWS'].PrefixListId", "prefix-list"),
    _ec2("route_table", "describe_route_tables", "RouteTables[].RouteTableId", "route-table"),
    _ec2("security_group", "describe_security_groups", "SecurityGroups[].GroupId", "security-group"),
    _ec2("snapshot", "describe_snapshots", "Snapshots[].SnapshotId", "snapshot", OwnerIds=["self"]),
    _ec2("subnet", "describe_subnets", "Subnets[].SubnetId", "subnet"),
    _ec2("transit_gateway", "describe_transit_gateways", "TransitGateways[].TransitGatewayId", "transit-gateway"),
    _ec2("volume", "describe_volumes", "Volumes[].VolumeId", "volume"),
    _ec2("vpc", "describe_vpcs", "Vpcs[].VpcId", "vpc"),
    _ec2("vpc_endpoint", "describe_vpc_endpoints", "VpcEndpoints[].VpcEndpointId", "vpc-endpoint"),
    _ec2("vpc_peering_connection", "describe_vpc_peering_connections", "VpcPeeringConnections[].VpcPeeringConnectionId", "vpc-peering-connection"),
    _ec2("vpn_gateway", "describe_vpn_gateways", "VpnGateways[].VpnGatewayId", "vpn-gateway"),
    _plain("aws.acm.certificate", "list_certificates", "CertificateSummaryList[].CertificateArn"),
    _plain("aws.autoscaling.group", "describe_auto_scaling_groups", "AutoScalingGroups[].AutoScalingGroupARN"),
    _plain("aws.cloudwatch.alarm", "describe_alarms", "MetricAlarms[].AlarmArn"),
    ("aws.dynamodb.table", "dynamodb", "list_tables", "TableNames[]", "arn:aws:dynamodb:{region}:{account}:table/{name}", {}),
    _plain("aws.ecr.repository", "describe_repositories", "repositories[].repositoryArn"),
    _plain("aws.ecs.cluster", "list_clusters", "clusterArns[]"),
    _plain("aws.efs.file_system", "describe_file_systems", "FileSystems[].FileSystemArn"),
    ("aws.eks.cluster", "eks", "list_clusters", "clusters[]", "arn:aws:eks:{region}:{account}:cluster/{name}", {}),
    ("aws.elasticache.cluster", "elasticache", "describe_cache_clusters", "CacheClusters[].ARN", "{name}", {}),
    _plain("aws.elbv2.load_balancer", "describe_load_balancers", "LoadBalancers[].LoadBalancerArn"),
    _plain("aws.elbv2.target_group", "describe_target_groups", "TargetGroups[].TargetGroupArn"),
    ("aws.kinesis.stream", "kinesis", "list_streams", "StreamNames[]", "arn:aws:kinesis:{region}:{account}:stream/{name}", {}),
    _plain("aws.kms.key", "list_keys", "Keys[].KeyArn"),
    _plain("aws.lambda.function", "list_functions", "Functions[].FunctionArn"),
    ("aws.logs.log_group", "logs", "describe_log_groups", "logGroups[].logGroupName", "arn:aws:logs:{region}:{account}:log-group:{name}", {}),
    _plain("aws.rds.cluster", "describe_db_clusters", "DBClusters[].DBClusterArn"),
    _plain("aws.rds.instance", "describe_db_instances", "DBInstances[].DBInstanceArn"),
    _plain("aws.sagemaker.endpoint", "list_endpoints", "Endpoints[].EndpointArn"),
    _plain("aws.sagemaker.endpoint_config", "list_endpoint_configs", "EndpointConfigs[].EndpointConfigArn"),
    _plain("aws.sagemaker.feature_group", "list_feature_groups", "FeatureGroupSummaries[].FeatureGroupArn"),
    _plain("aws.sagemaker.model", "list_models", "Models[].ModelArn"),
    _plain("aws.sagemaker.model_package", "list_model_packages", "ModelPackageSummaryList[].ModelPackageArn", ModelPackageGroupName="fraud"),
    _plain("aws.sagemaker.model_package_group", "list_model_package_groups", "ModelPackageGroupSummaryList[].ModelPackageGroupArn"),
    _plain("aws.sagemaker.notebook_instance", "list_notebook_instances", "NotebookInstances[].NotebookInstanceArn"),
    _plain("aws.sagemaker.pipeline", "list_pipelines", "PipelineSummaries[].PipelineArn"),
    _plain("aws.sagemaker.training_job", "list_training_jobs", "TrainingJobSummaries[].TrainingJobArn"),
    _plain("aws.secretsmanager.secret", "list_secrets", "SecretList[].ARN"),
    _plain("aws.sns.topic", "list_topics", "Topics[].TopicArn"),
    ("aws.sqs.queue", "sqs", "list_queues", "QueueUrls[]", "arn:aws:sqs:{region}:{account}:{name}", {}),
    _plain("aws.stepfunctions.state_machine", "list_state_machines", "stateMachines[].stateMachineArn"),
)  # fmt: skip
WORLD: tuple[Row, ...] = (
    _plain("aws.iam.instance_profile", "list_instance_profiles", "InstanceProfiles[].Arn"),
    _plain("aws.iam.policy", "list_policies", "Policies[].Arn", Scope="Local"),
    _plain("aws.iam.role", "list_roles", "Roles[].Arn"),
    ("aws.s3.bucket", "s3", "list_buckets", "Buckets[].Name", "arn:aws:s3:::{name}", {}),
)


def things(endpoint: str) -> dict[str, set[str]]:
    """Kind of the table -> identities, over both accounts and four regions."""
    found: dict[str, set[str]] = {"aws.eks.nodegroup": set(), "aws.ecs.service": set()}
    for account in (Account(endpoint, PRODUCTION), Account(endpoint, RESEARCH)):
        for region in REGIONS:
            for row in (*LISTINGS, *(WORLD if region == EAST else ())):
                found.setdefault(row[0], set()).update(_listed(account, region, row))
            eks, ecs = account.client("eks", region), account.client("ecs", region)
            for cluster in eks.list_clusters()["clusters"]:
                arn = f"arn:aws:eks:{region}:{account.id}:nodegroup/{cluster}"
                names = eks.list_nodegroups(clusterName=cluster)["nodegroups"]
                found["aws.eks.nodegroup"].update(f"{arn}/{name}" for name in names)
            for cluster in ecs.list_clusters()["clusterArns"]:
                found["aws.ecs.service"].update(ecs.list_services(cluster=cluster)["serviceArns"])
    return found


def _listed(account: Account, region: str, row: Row) -> Iterator[str]:
    _, service, operation, names, template, params = row
    client = account.client(service, region)
    if client.can_paginate(operation):
        pages: Any = client.get_paginator(operation).paginate(**params)
    else:
        pages = [getattr(client, operation)(**params)]
    for page in pages:
        for name in jmespath.search(names, page) or ():
            yield template.format(
                region=region, account=account.id, name=name.rpartition("/")[2] if service == "sqs" else name
            )


def plant(endpoint: str) -> None:
    for account in (Account(endpoint, PRODUCTION), Account(endpoint, RESEARCH)):
        for region in (IRELAND, MUMBAI):
            _same_names(account, region)
    _only_here(Account(endpoint, PRODUCTION), IRELAND)
    _only_there(Account(endpoint, RESEARCH), MUMBAI)
    _many(Account(endpoint, RESEARCH), IRELAND)


def _same_names(account: Account, region: str) -> None:
    """As moto_estate.py calls things in the first region of the first account."""
    account.client("sqs", region).create_queue(QueueName="inference-requests")
    account.client("sns", region).create_topic(Name="ml-alerts")
    account.client("ecr", region).create_repository(repositoryName="serving")
    account.client("kinesis", region).create_stream(StreamName="clicks", ShardCount=1)
    account.client("logs", region).create_log_group(logGroupName="/aws/sagemaker/Endpoints/chat")
    account.client("secretsmanager", region).create_secret(Name="ml/wandb", SecretString="x")
    account.client("kms", region).create_key()
    account.client("sagemaker", region).create_model(
        ModelName="chat", ExecutionRoleArn=f"arn:aws:iam::{account.id}:role/ml", PrimaryContainer={"Image": "chat:1"}
    )


def _only_here(account: Account, region: str) -> None:
    ec2 = account.client("ec2", region)
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    other = ec2.create_vpc(CidrBlock="10.10.0.0/16")["Vpc"]["VpcId"]
    ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=other)
    ec2.create_dhcp_options(DhcpConfigurations=[{"Key": "domain-name", "Values": ["ml.internal"]}])
    ec2.create_managed_prefix_list(PrefixListName="offices", MaxEntries=2, AddressFamily="IPv4")
    ec2.create_transit_gateway(Description="hub")
    ec2.create_vpn_gateway(Type="ipsec.1")
    ec2.create_customer_gateway(Type="ipsec.1", PublicIp="203.0.113.9", BgpAsn=65000)
    ec2.create_flow_logs(
        ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL",
        LogDestinationType="s3", LogDestination="arn:aws:s3:::acme-features",
    )  # fmt: skip
    account.client("elasticache", region).create_cache_cluster(
        CacheClusterId="online", CacheNodeType="cache.r6g.large", Engine="redis", NumCacheNodes=1
    )
    account.client("acm", region).request_certificate(DomainName="chat.example.org")
    account.client("rds", region).create_db_cluster(
        DBClusterIdentifier="vectors",
        Engine="aurora-postgresql",
        MasterUsername="ml",
        MasterUserPassword="kept-nowhere-1",
    )
    where = {"LocationConstraint": region}
    account.client("s3", region).create_bucket(Bucket="acme-ireland", CreateBucketConfiguration=where)


def _only_there(account: Account, region: str) -> None:
    ecs = account.client("ecs", region)
    ecs.create_cluster(clusterName="batch")
    ecs.register_task_definition(
        family="score", containerDefinitions=[{"name": "score", "image": "score", "memory": 512}]
    )
    ecs.create_service(cluster="batch", serviceName="score", taskDefinition="score", desiredCount=1)
    account.client("stepfunctions", region).create_state_machine(
        name="nightly", definition='{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}',
        roleArn=f"arn:aws:iam::{account.id}:role/ml-platform",
    )  # fmt: skip
    account.client("efs", region).create_file_system(CreationToken="far")


def _many(account: Account, region: str) -> None:
    logs, sns, iam = account.client("logs", region), account.client("sns", region), account.client("iam", region)
    sagemaker = account.client("sagemaker", region)
    for number in range(MANY):
        name = f"many-{number:03}"
        logs.create_log_group(logGroupName=name)
        sns.create_topic(Name=name)
        iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
        sagemaker.create_model(
            ModelName=name, ExecutionRoleArn=f"arn:aws:iam::{account.id}:role/ml", PrimaryContainer={"Image": "chat:1"}
        )
