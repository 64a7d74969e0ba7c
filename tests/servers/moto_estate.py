"""Fills a moto server with an AI estate of two accounts and two regions, with things missing on purpose.

`build(endpoint)` returns what was planted, by name. By hand: `python moto_estate.py http://127.0.0.1:5000` prints it.
"""

from __future__ import annotations

import base64
import io
import json
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.config import Config

PRODUCTION = "111122223333"
RESEARCH = "444455556666"
UNSCANNED = "999988887777"
"""Account that things point into and that no source covers."""
EAST, WEST = "us-east-1", "us-west-2"
ROLE = "StocktakeReadOnly"

SECRETS = {
    "wandb_api_key": "3f9c1d7be0a24f6c8b5d2e1f7a9c0b4d6e8f1a2b",
    "database_password": "kestrel-Harbour-71-umbra",
    "huggingface_token": "hf_QmZkLpWvXtRyUbNcAeGdJsHfTi",
    "user_data_password": "Lantern!Quarry-5521-moss",
    "lambda_api_token": "tok-live-8841-brisk-juniper",
}
MLFLOW_URI = "https://mlflow.research.lab-internal.net/api"
SAAS_IMAGE = "nvcr.io/nvidia/pytorch:25.09-py3"


class Account:
    """Clients of one account on the server."""

    def __init__(self, endpoint: str, account: str) -> None:
        self.id = account
        self._endpoint = endpoint
        own = self._make("sts", EAST, "testing", "testing", None)
        role = f"arn:aws:iam::{account}:role/{ROLE}"
        given = own.assume_role(RoleArn=role, RoleSessionName="estate")["Credentials"]
        self._keys = given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str) -> Any:
        key = (service, region)
        if key not in self._clients:
            self._clients[key] = self._make(service, region, *self._keys)
        return self._clients[key]

    def _make(self, service: str, region: str, key: str, secret: str, token: str | None) -> Any:
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self._endpoint,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(inject_host_prefix=False, retries={"total_max_attempts": 2, "mode": "standard"}),
        )

    def image(self, repository: str, region: str, account: str = "") -> str:
        return f"{account or self.id}.dkr.ecr.{region}.amazonaws.com/{repository}"


def build(endpoint: str) -> dict[str, Any]:
    """Fill the server; planted facts by name: accounts, ids, URIs, secrets.

    Args:
        endpoint: "http://127.0.0.1:5000".
    """
    production, research = Account(endpoint, PRODUCTION), Account(endpoint, RESEARCH)
    facts: dict[str, Any] = {
        "accounts": [PRODUCTION, RESEARCH],
        "regions": [EAST, WEST],
        "role": ROLE,
        "unscanned_account": UNSCANNED,
        "secrets": dict(SECRETS),
        "mlflow_uri": MLFLOW_URI,
        "mlflow_host": "mlflow.research.lab-internal.net",
    }
    _roles(production, facts)
    _roles(research, facts)
    _network(production, EAST, facts)
    _network(research, WEST, facts)
    _machines(production, EAST, facts)
    _machines(research, WEST, facts)
    _stores(production, EAST, facts)
    _stores(research, WEST, facts)
    _databases(production, EAST, facts)
    _containers(production, EAST, facts)
    _serving(production, EAST, facts)
    _training(research, WEST, facts)
    _operations(production, EAST, facts)
    return facts


def _roles(account: Account, facts: dict[str, Any]) -> None:
    iam = account.client("iam", EAST)
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": ["sagemaker.amazonaws.com", "ec2.amazonaws.com", "eks.amazonaws.com"]},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = iam.create_role(
        RoleName="ml-platform",
        AssumeRolePolicyDocument=json.dumps(trust),
        Tags=[{"Key": "team", "Value": "ml-platform"}],
    )["Role"]["Arn"]
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"}],
    }
    policy = iam.create_policy(PolicyName="ml-data-access", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="ml-platform", PolicyArn=policy)
    iam.create_instance_profile(InstanceProfileName="ml-nodes")
    iam.add_role_to_instance_profile(InstanceProfileName="ml-nodes", RoleName="ml-platform")
    facts[f"role:{account.id}"] = role


def _network(account: Account, region: str, facts: dict[str, Any]) -> None:
    ec2 = account.client("ec2", region)
    vpc = ec2.create_vpc(CidrBlock="10.40.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "ml"}])
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.40.{i}.0/24", AvailabilityZone=f"{region}{zone}")["Subnet"][
            "SubnetId"
        ]
        for i, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(GroupName="ml-serving", Description="Serving", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    )
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnets[1])
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{region}.s3", RouteTableIds=[table])
    facts[f"vpc:{account.id}"], facts[f"subnets:{account.id}"] = vpc, subnets
    facts[f"security_group:{account.id}"] = group


def _machines(account: Account, region: str, facts: dict[str, Any]) -> None:
    ec2 = account.client("ec2", region)
    subnet, group = facts[f"subnets:{account.id}"][0], facts[f"security_group:{account.id}"]
    image = ec2.register_image(
        Name="ml-base-2026-10", Architecture="x86_64", RootDeviceName="/dev/xvda", VirtualizationType="hvm"
    )["ImageId"]
    wanted = ("p4d.24xlarge", "g5.2xlarge", "m5.large") if account.id == PRODUCTION else ("p5.48xlarge", "inf2.xlarge")
    instances = {}
    for kind in wanted:
        started = ec2.run_instances(
            ImageId=image, InstanceType=kind, MinCount=1, MaxCount=1, SubnetId=subnet, SecurityGroupIds=[group],
            IamInstanceProfile={"Name": "ml-nodes"},
            TagSpecifications=[
                {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": f"train-{kind.split('.')[0]}"}]}
            ],
        )  # fmt: skip
        instances[kind] = started["Instances"][0]["InstanceId"]
    volume = ec2.create_volume(Size=2000, AvailabilityZone=f"{region}a", VolumeType="gp3", Encrypted=True)["VolumeId"]
    ec2.attach_volume(VolumeId=volume, InstanceId=instances[wanted[0]], Device="/dev/sdf")
    ec2.create_snapshot(VolumeId=volume, Description="weekly")
    user_data = (
        f"#!/bin/sh\nexport DB_PASSWORD='{SECRETS['user_data_password']}'\naws s3 cp s3://acme-features/boot.sh /tmp/\n"
    )
    template = ec2.create_launch_template(
        LaunchTemplateName="gpu-workers",
        LaunchTemplateData={
            "InstanceType": wanted[0],
            "ImageId": image,
            "UserData": base64.b64encode(user_data.encode()).decode(),
        },
    )["LaunchTemplate"]["LaunchTemplateId"]
    facts[f"instances:{account.id}"], facts[f"volume:{account.id}"] = instances, volume
    facts[f"launch_template:{account.id}"] = template


def _bucket(account: Account, region: str, name: str, size: int, objects: int) -> None:
    s3 = account.client("s3", region)
    where = {} if region == EAST else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **where)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    )
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "team", "Value": "ml-platform"}]})
    moment = datetime.now(UTC) - timedelta(days=1)
    measured = (("BucketSizeBytes", "StandardStorage", size), ("NumberOfObjects", "AllStorageTypes", objects))
    account.client("cloudwatch", region).put_metric_data(
        Namespace="AWS/S3",
        MetricData=[
            {
                "MetricName": metric,
                "Dimensions": [{"Name": "BucketName", "Value": name}, {"Name": "StorageType", "Value": storage}],
                "Timestamp": moment,
                "Value": float(value),
            }
            for metric, storage, value in measured
        ],
    )


def _stores(account: Account, region: str, facts: dict[str, Any]) -> None:
    if account.id == PRODUCTION:
        _bucket(account, region, "acme-model-artifacts", 730 * 10**9, 41_200)
        _bucket(account, region, "acme-features", 12 * 10**12, 9_800_000)
        account.client("s3", region).create_bucket(Bucket="acme-unmeasured")
        facts["bucket_sizes"] = {"acme-model-artifacts": 730 * 10**9, "acme-features": 12 * 10**12}
        facts["bucket_without_size"] = "acme-unmeasured"
    else:
        _bucket(account, region, "acme-research-corpus", 88 * 10**12, 120_000_000)
    efs = account.client("efs", region)
    files = efs.create_file_system(CreationToken="scratch", Encrypted=True, Tags=[{"Key": "Name", "Value": "scratch"}])
    efs.create_mount_target(FileSystemId=files["FileSystemId"], SubnetId=facts[f"subnets:{account.id}"][0])
    facts[f"efs:{account.id}"] = files["FileSystemId"]


def _key(account: Account, region: str, name: str) -> str:
    kms = account.client("kms", region)
    key = kms.create_key(Description=name)["KeyMetadata"]
    kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key["KeyId"])
    return str(key["Arn"])


def _databases(account: Account, region: str, facts: dict[str, Any]) -> None:
    rds = account.client("rds", region)
    subnets = facts[f"subnets:{account.id}"]
    rds.create_db_subnet_group(DBSubnetGroupName="ml", DBSubnetGroupDescription="ml", SubnetIds=subnets)
    instance = rds.create_db_instance(
        DBInstanceIdentifier="features", Engine="postgres", DBInstanceClass="db.m5.large", AllocatedStorage=500,
        MasterUsername="ml", MasterUserPassword=SECRETS["database_password"], DBSubnetGroupName="ml",
        StorageEncrypted=True, KmsKeyId=_key(account, region, "databases"),
    )["DBInstance"]  # fmt: skip
    facts["database_host"] = instance["Endpoint"]["Address"]
    account.client("dynamodb", region).create_table(
        TableName="online-features",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    account.client("kinesis", region).create_stream(StreamName="clicks", ShardCount=4)
    account.client("sqs", region).create_queue(QueueName="inference-requests")


def _containers(account: Account, region: str, facts: dict[str, Any]) -> None:
    account.client("ecr", region).create_repository(repositoryName="serving")
    eks, role = account.client("eks", region), facts[f"role:{account.id}"]
    subnets = facts[f"subnets:{account.id}"]
    cluster = eks.create_cluster(
        name="serving", version="1.31", roleArn=role, resourcesVpcConfig={"subnetIds": subnets}
    )["cluster"]
    pool = eks.create_nodegroup(
        clusterName="serving", nodegroupName="gpu", subnets=subnets, nodeRole=role, instanceTypes=["g5.12xlarge"],
        scalingConfig={"minSize": 0, "maxSize": 8, "desiredSize": 2}, labels={"accelerator": "nvidia-a10g"},
    )["nodegroup"]  # fmt: skip
    account.client("autoscaling", region).create_auto_scaling_group(
        AutoScalingGroupName=pool["resources"]["autoScalingGroups"][0]["name"], MinSize=0, MaxSize=8, DesiredCapacity=2,
        VPCZoneIdentifier=",".join(subnets),
        LaunchTemplate={"LaunchTemplateId": facts[f"launch_template:{account.id}"], "Version": "1"},
    )  # fmt: skip
    facts["cluster_without_credentials"] = cluster["arn"]
    facts["cluster_endpoint"] = cluster["endpoint"]


def _serving(account: Account, region: str, facts: dict[str, Any]) -> None:
    sagemaker, role = account.client("sagemaker", region), facts[f"role:{account.id}"]
    foreign_weights = "s3://partner-weights-prod/llama/model.tar.gz"
    foreign_image = account.image("inference/vllm:0.11", region, UNSCANNED)
    models = {
        "fraud-scorer": {
            "Image": account.image("serving:1.4", region),
            "ModelDataUrl": "s3://acme-model-artifacts/fraud/model.tar.gz",
        },
        "chat": {
            "Image": foreign_image,
            "ModelDataUrl": foreign_weights,
            "Environment": {
                "HF_TOKEN": SECRETS["huggingface_token"],
                "MLFLOW_TRACKING_URI": MLFLOW_URI,
                "DATABASE_URL": f"postgresql://ml:{SECRETS['database_password']}@{facts['database_host']}:5432/chat",
            },
        },
    }
    for name, container in models.items():
        sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=role)
        sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": "main",
                    "ModelName": name,
                    "InstanceType": "ml.g4dn.12xlarge",
                    "InitialInstanceCount": 2,
                    "InitialVariantWeight": 1.0,
                }
            ],
        )
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    sagemaker.create_model_package_group(
        ModelPackageGroupName="fraud", ModelPackageGroupDescription="Fraud scorers, all versions"
    )
    sagemaker.create_model_package(
        ModelPackageGroupName="fraud",
        ModelApprovalStatus="Approved",
        InferenceSpecification={
            "Containers": [
                {
                    "Image": account.image("serving:1.4", region),
                    "ModelDataUrl": "s3://acme-model-artifacts/fraud/model.tar.gz",
                }
            ],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )
    sagemaker.create_feature_group(
        FeatureGroupName="transactions",
        RecordIdentifierFeatureName="id",
        EventTimeFeatureName="at",
        FeatureDefinitions=[
            {"FeatureName": "id", "FeatureType": "String"},
            {"FeatureName": "at", "FeatureType": "Fractional"},
        ],
        RoleArn=role,
        OfflineStoreConfig={"S3StorageConfig": {"S3Uri": "s3://acme-features/offline"}},
    )
    facts["endpoint_with_foreign_weights"] = f"arn:aws:sagemaker:{region}:{account.id}:endpoint/chat"
    facts["model_with_foreign_weights"] = f"arn:aws:sagemaker:{region}:{account.id}:model/chat"
    facts["foreign_weights"], facts["foreign_image"] = foreign_weights, foreign_image


def _training(account: Account, region: str, facts: dict[str, Any]) -> None:
    sagemaker, role = account.client("sagemaker", region), facts[f"role:{account.id}"]
    account.client("ecr", region).create_repository(repositoryName="training")
    sagemaker.create_training_job(
        TrainingJobName="ranker-2026-11",
        AlgorithmSpecification={
            "TrainingImage": account.image("training:2.9", region),
            "TrainingInputMode": "FastFile",
        },
        RoleArn=role,
        InputDataConfig=[
            {
                "ChannelName": "train",
                "DataSource": {
                    "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://acme-research-corpus/clicks/"}
                },
            }
        ],
        OutputDataConfig={"S3OutputPath": "s3://acme-research-corpus/out/"},
        ResourceConfig={"InstanceType": "ml.p4d.24xlarge", "InstanceCount": 4, "VolumeSizeInGB": 1000},
        StoppingCondition={"MaxRuntimeInSeconds": 172800},
        HyperParameters={"learning_rate": "0.0003", "epochs": "3"},
        Environment={
            "MLFLOW_TRACKING_URI": MLFLOW_URI,
            "WANDB_API_KEY": SECRETS["wandb_api_key"],
            "DB_PASSWORD": SECRETS["database_password"],
            "FEATURE_DB": f"postgresql://{facts['database_host']}:5432/features",
        },
    )
    sagemaker.create_notebook_instance(
        NotebookInstanceName="explore", InstanceType="ml.p3.2xlarge", RoleArn=role, VolumeSizeInGB=200
    )
    definition = {"Version": "2020-12-01", "Steps": [{"Name": "Train", "Type": "Training", "Arguments": {}}]}
    sagemaker.create_pipeline(
        PipelineName="nightly-ranker", PipelineDefinition=json.dumps(definition), RoleArn=role,
        PipelineDisplayName="nightly-ranker",
    )  # fmt: skip
    facts["training_job"] = f"arn:aws:sagemaker:{region}:{account.id}:training-job/ranker-2026-11"


def _operations(account: Account, region: str, facts: dict[str, Any]) -> None:
    account.client("logs", region).create_log_group(logGroupName="/aws/sagemaker/Endpoints/chat")
    topic = account.client("sns", region).create_topic(Name="ml-alerts")["TopicArn"]
    account.client("cloudwatch", region).put_metric_alarm(
        AlarmName="chat-latency", Namespace="AWS/SageMaker", MetricName="ModelLatency", Statistic="Average",
        Dimensions=[{"Name": "EndpointName", "Value": "chat"}], Period=60, EvaluationPeriods=3, Threshold=2_000_000.0,
        ComparisonOperator="GreaterThanThreshold", AlarmActions=[topic],
    )  # fmt: skip
    _key(account, region, "models")
    account.client("secretsmanager", region).create_secret(Name="ml/wandb", SecretString=SECRETS["wandb_api_key"])
    balancer = account.client("elbv2", region)
    front = balancer.create_load_balancer(Name="chat", Subnets=facts[f"subnets:{account.id}"])["LoadBalancers"][0]
    target = balancer.create_target_group(
        Name="chat", Protocol="HTTP", Port=8000, VpcId=facts[f"vpc:{account.id}"], TargetType="instance"
    )["TargetGroups"][0]["TargetGroupArn"]
    balancer.create_listener(
        LoadBalancerArn=front["LoadBalancerArn"], Protocol="HTTP", Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target}],
    )  # fmt: skip
    account.client("lambda", region).create_function(
        FunctionName="score-on-upload", Runtime="python3.12", Role=facts[f"role:{account.id}"],
        Handler="app.handler", Code={"ZipFile": _program()}, MemorySize=1024,
        Environment={"Variables": {"API_TOKEN": SECRETS["lambda_api_token"], "INPUT": "s3://acme-features/incoming"}},
    )  # fmt: skip
    facts["load_balancer_host"] = front["DNSName"]


def _program() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return event\n")
    return packed.getvalue()


if __name__ == "__main__":
    print(json.dumps(build(sys.argv[1]), indent=2))
