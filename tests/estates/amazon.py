"""The AWS part of a made-up estate: two accounts of an organisation in two regions, in the shapes of botocore's answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from normalize.model import Outcome, Scope
from tests.estates.world import World, denied

SOURCE = "prod"
LISTED = (
    "aws.ec2.instance", "aws.ec2.volume", "aws.ec2.vpc", "aws.ec2.subnet", "aws.ec2.security_group", "aws.ec2.network_interface", "aws.ec2.image", "aws.kms.key", "aws.ecr.repository", "aws.sagemaker.model",
    "aws.sagemaker.endpoint_config", "aws.sagemaker.endpoint", "aws.sagemaker.training_job", "aws.sagemaker.notebook_instance", "aws.sagemaker.model_package", "aws.sagemaker.feature_group",
    "aws.sagemaker.pipeline", "aws.sagemaker.processing_job", "aws.eks.cluster", "aws.logs.log_group", "aws.rds.instance", "aws.lambda.function", "aws.secretsmanager.secret", "aws.sns.topic", "aws.sqs.queue",
    "aws.dynamodb.table", "aws.efs.file_system", "aws.elbv2.load_balancer", "aws.sagemaker.mlflow_tracking_server", "aws.ecr.pull_through_cache_rule", "aws.lambda.layer", "aws.efs.access_point",
)  # fmt: skip
GLOBAL = ("aws.s3.bucket", "aws.iam.role", "aws.iam.policy", "aws.iam.user", "aws.iam.instance_profile", "aws.organizations.account", "aws.account.region", "aws.iam.oidc_provider", "aws.organizations.unit")  # fmt: skip
A100 = {
    "InstanceType": "p4d.24xlarge", "VCpuInfo": {"DefaultVCpus": 96, "DefaultCores": 48, "DefaultThreadsPerCore": 2}, "MemoryInfo": {"SizeInMiB": 1179648},
    "GpuInfo": {"Gpus": [{"Name": "A100", "Manufacturer": "NVIDIA", "Count": 8, "MemoryInfo": {"SizeInMiB": 40960}}], "TotalGpuMemoryInMiB": 327680},
}  # fmt: skip
CPU = {"InstanceType": "m5.xlarge", "VCpuInfo": {"DefaultVCpus": 4, "DefaultCores": 2, "DefaultThreadsPerCore": 2}, "MemoryInfo": {"SizeInMiB": 16384}}  # fmt: skip
OWNED = [{"Key": "team", "Value": "ml-platform"}, {"Key": "env", "Value": "prod"}]


@dataclass
class Cell:
    """What stands in one account and region."""

    account: str
    region: str
    role: str = ""
    key: str = ""
    vpc: str = ""
    subnet: str = ""
    group: str = ""
    repository: str = ""
    secret: str = ""
    queue: str = ""
    buckets: list[str] = field(default_factory=list)

    @property
    def here(self) -> Scope:
        return Scope("aws", self.account, self.region)

    @property
    def everywhere(self) -> Scope:
        return Scope("aws", self.account, "aws-global")

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def image(self, name: str = "", tag: str = "1.4") -> str:
        return f"{self.account}.dkr.ecr.{self.region}.amazonaws.com/{name or self.repository}:{tag}"


class Amazon:
    def __init__(self, world: World) -> None:
        self.world = world
        rng = world.rng
        self.accounts = [world.digits(12) for _ in range(2)]
        self.stranger = world.digits(12)
        self.regions = rng.sample(["us-east-1", "us-west-2", "eu-central-1", "eu-west-1", "ap-southeast-2"], 2)
        self.cells = [self._cell(a, r) for a in self.accounts for r in self.regions]
        self._organisation()
        for cell in self.cells:
            self._things(cell)
            self._dangling(cell)
            self._outside(cell)
            self._facts(cell)
            self._decoys(cell)
        self._looks()
        self._gone()
        self._unread_clusters()

    def finish(self) -> None:
        """What rests on all that is there."""
        self._second_listings()

    # --- what is well

    def _cell(self, account: str, region: str) -> Cell:
        w, cell = self.world, Cell(account, region)
        w.cover(SOURCE, cell.here, LISTED)
        w.cover(SOURCE, cell.everywhere, GLOBAL)
        cell.key = cell.arn("kms", f"key/{w.guid()}")
        self.key(cell, cell.key)
        cell.role = f"arn:aws:iam::{account}:role/{w.name('role')}"
        self.role(cell, cell.role)
        cell.vpc, cell.subnet, cell.group = (f"{p}-{w.hex(17)}" for p in ("vpc", "subnet", "sg"))
        w.put(SOURCE, "aws.ec2.vpc", cell.here, {"VpcId": cell.vpc, "CidrBlock": "10.40.0.0/16", "IsDefault": False, "State": "available", "OwnerId": account}, "ec2:DescribeVpcs")  # fmt: skip
        w.put(SOURCE, "aws.ec2.subnet", cell.here, {"SubnetId": cell.subnet, "VpcId": cell.vpc, "CidrBlock": "10.40.1.0/24", "OwnerId": account, "State": "available"}, "ec2:DescribeSubnets")  # fmt: skip
        w.put(SOURCE, "aws.ec2.security_group", cell.here, {"GroupId": cell.group, "GroupName": "ml", "VpcId": cell.vpc, "OwnerId": account, "IpPermissions": [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": cell.group, "UserId": account}]}]}, "ec2:DescribeSecurityGroups")  # fmt: skip
        cell.repository = w.name("team") + "/serve"
        self.repository(cell, cell.repository)
        name = w.name("db")
        cell.secret = cell.arn("secretsmanager", f"secret:{name}-{w.rng.choice('AbCdEf')}b3dEf")
        w.put(SOURCE, "aws.secretsmanager.secret", cell.here, {"ARN": cell.secret, "Name": name, "KmsKeyId": cell.key, "CreatedDate": "2026-02-01T00:00:00Z"}, "secretsmanager:ListSecrets")  # fmt: skip
        cell.queue = cell.arn("sqs", w.name("queue"))
        for _ in range(2):
            cell.buckets.append(self.bucket(cell))
        return cell

    def key(self, cell: Cell, arn: str, *, manager: str = "CUSTOMER", aliases: tuple[str, ...] = ()) -> None:
        ident = arn.rpartition("/")[2]
        listed = [{"AliasName": a, "AliasArn": cell.arn("kms", a), "TargetKeyId": ident} for a in aliases]
        payload = {"KeyId": ident, "KeyArn": arn, "KeyManager": manager, "KeyState": "Enabled", "Enabled": True, "Origin": "AWS_KMS", "CreationDate": "2026-02-01T00:00:00Z", "$Aliases": listed,
                   "$AliasNames": [f"aws.kms.key|{cell.account}|{cell.region}|{a}" for a in aliases]}  # fmt: skip
        self.world.put(SOURCE, "aws.kms.key", cell.here, payload, "kms:ListKeys")

    def role(self, cell: Cell, arn: str, **more: Any) -> None:
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip
        managed = [{"PolicyName": "AmazonSageMakerFullAccess", "PolicyArn": "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"}]  # fmt: skip
        payload = {"Arn": arn, "RoleName": arn.rpartition("/")[2], "AssumeRolePolicyDocument": trust, "AttachedManagedPolicies": managed, "CreateDate": "2026-02-01T00:00:00Z", "Tags": OWNED}  # fmt: skip
        self.world.put(SOURCE, "aws.iam.role", cell.everywhere, payload | more, "iam:GetAccountAuthorizationDetails")

    def repository(self, cell: Cell, name: str) -> None:
        uri = f"{cell.account}.dkr.ecr.{cell.region}.amazonaws.com/{name}"
        payload = {"repositoryArn": cell.arn("ecr", f"repository/{name}"), "repositoryName": name, "repositoryUri": uri, "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": cell.key},
                   "$Images": [], "$Held": {"Count": 2, "Bytes": 18876543210, "Tagged": 1}}  # fmt: skip
        self.world.put(SOURCE, "aws.ecr.repository", cell.here, payload, "ecr:DescribeRepositories")

    def bucket(self, cell: Cell, name: str = "", *, measured: bool = True, age: int = 0, gaps: tuple[Any, ...] = (), **more: Any) -> str:  # fmt: skip
        name = name or self.world.name("data")
        payload: dict[str, Any] = {
            "Name": name, "CreationDate": "2025-03-01T08:00:00Z", "$Region": cell.region, "$Tags": OWNED, "$Versioning": {"Status": "Enabled"},
            "$Encryption": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": cell.key}, "BucketKeyEnabled": True}],
        }  # fmt: skip
        if measured:
            payload["$Metrics"] = {"BucketSizeBytes": {"StandardStorage": self.world.rng.randrange(10**14)}, "NumberOfObjects": {"AllStorageTypes": 1200}}  # fmt: skip
        self.world.put(SOURCE, "aws.s3.bucket", cell.everywhere, payload | more, "s3:ListBuckets", age=age, gaps=gaps)
        return name

    def model(self, cell: Cell, name: str = "", **container: Any) -> str:
        name = name or self.world.name("model")
        primary = {"Image": cell.image(), "ModelDataUrl": f"s3://{cell.buckets[0]}/models/{name}/model.tar.gz", "Mode": "SingleModel"}  # fmt: skip
        role = container.pop("role", cell.role)
        subnets, groups, tags = (
            container.pop("subnets", [cell.subnet]),
            container.pop("groups", [cell.group]),
            container.pop("tags", OWNED),
        )
        payload = {"ModelName": name, "ModelArn": cell.arn("sagemaker", f"model/{name.lower()}"), "CreationTime": "2026-10-20T08:00:00Z", "ExecutionRoleArn": role, "PrimaryContainer": primary | container,
                   "VpcConfig": {"Subnets": subnets, "SecurityGroupIds": groups}, "$Tags": tags}  # fmt: skip
        self.world.put(SOURCE, "aws.sagemaker.model", cell.here, payload, "sagemaker:ListModels")
        return name

    def endpoint(self, cell: Cell, model: str, *, traffic: bool = True, tags: list[dict[str, str]] = OWNED, facts: bool = True, **more: Any) -> str:  # fmt: skip
        name, config = self.world.name("endpoint"), self.world.name("config")
        machine: dict[str, Any] = {"InstanceType": "ml.p4d.24xlarge", "Count": 2}
        if facts:
            machine["Facts"] = A100
        variant = {"VariantName": "main", "ModelName": model, "InstanceType": "ml.p4d.24xlarge", "InitialInstanceCount": 2, "InitialVariantWeight": 1.0}  # fmt: skip
        told = {"EndpointConfigName": config, "EndpointConfigArn": cell.arn("sagemaker", f"endpoint-config/{config}"), "CreationTime": "2026-10-20T08:00:00Z", "KmsKeyId": cell.key,
                "ProductionVariants": [variant], "$Tags": tags, "$Machines": [machine]}  # fmt: skip
        self.world.put(SOURCE, "aws.sagemaker.endpoint_config", cell.here, told, "sagemaker:ListEndpointConfigs")
        payload = {
            "EndpointName": name, "EndpointArn": cell.arn("sagemaker", f"endpoint/{name}"), "CreationTime": "2026-10-20T08:00:00Z", "EndpointStatus": "InService", "EndpointConfigName": config,
            "ProductionVariants": [{"VariantName": "main", "CurrentWeight": 1.0, "CurrentInstanceCount": 2, "DeployedImages": [{"SpecifiedImage": cell.image()}]}], "$Tags": tags,
            "$Config": {k: told[k] for k in ("EndpointConfigName", "EndpointConfigArn", "ProductionVariants")}, "$Machines": [machine],
            "$Variants": [{"ModelName": model, "InstanceType": "ml.p4d.24xlarge", "VariantName": "main", "Count": 2, "Weight": 1.0}],
        }  # fmt: skip
        if traffic:
            payload["$Traffic"] = {"Days": 14, "Requests": 18000, "PerMinute": {"P50": 1, "P95": 3, "Max": 120.0}, "Latency": {"P50": 0.25, "P99": 0.5}}  # fmt: skip
        self.world.put(SOURCE, "aws.sagemaker.endpoint", cell.here, payload | more, "sagemaker:ListEndpoints")
        return str(payload["EndpointArn"])

    def job(self, cell: Cell, *, facts: bool = True, tags: list[dict[str, str]] = OWNED, **more: Any) -> str:
        name = self.world.name("train")
        machine: dict[str, Any] = {"InstanceType": "ml.p4d.24xlarge", "Count": 4}
        if facts:
            machine["Facts"] = A100
        payload = {
            "TrainingJobName": name, "TrainingJobArn": cell.arn("sagemaker", f"training-job/{name}"), "CreationTime": "2026-11-20T08:00:00Z", "TrainingJobStatus": "Completed", "SecondaryStatus": "Completed",
            "RoleArn": cell.role, "AlgorithmSpecification": {"TrainingImage": cell.image(), "TrainingInputMode": "File"}, "ResourceConfig": {"InstanceType": "ml.p4d.24xlarge", "InstanceCount": 4, "VolumeSizeInGB": 1000, "VolumeKmsKeyId": cell.key},
            "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": {"S3Uri": f"s3://{cell.buckets[0]}/train/", "S3DataType": "S3Prefix"}}}],
            "OutputDataConfig": {"S3OutputPath": f"s3://{cell.buckets[1]}/out/", "KmsKeyId": cell.key}, "$Machines": [machine], "$Tags": tags,
        }  # fmt: skip
        self.world.put(SOURCE, "aws.sagemaker.training_job", cell.here, payload | more, "sagemaker:ListTrainingJobs")
        # Nobody reads the tags of jobs, of which there are too many: whose they are is not known.
        self.world.plant("owner-missing", str(payload["TrainingJobArn"]), "a job that nobody answers for")
        return str(payload["TrainingJobArn"])

    def instance(self, cell: Cell, *, facts: bool = True, volumes: tuple[str, ...] = (), **more: Any) -> str:
        ident, volume = f"i-{self.world.hex(17)}", f"vol-{self.world.hex(17)}"
        self.volume(cell, volume, ident)
        ami = f"ami-{self.world.hex(17)}"
        machine: dict[str, Any] = {"InstanceType": "p4d.24xlarge", "Count": 1} | ({"Facts": A100} if facts else {})
        payload = {
            "InstanceId": ident, "InstanceType": "p4d.24xlarge", "State": {"Name": "running"}, "ImageId": ami, "SubnetId": cell.subnet, "VpcId": cell.vpc, "PrivateIpAddress": f"10.40.{self.world.rng.randrange(256)}.{self.world.rng.randrange(256)}",
            "BlockDeviceMappings": [{"Ebs": {"VolumeId": v}} for v in (volume, *volumes)], "SecurityGroups": [{"GroupId": cell.group}], "Tags": OWNED, "LaunchTime": "2026-10-02T08:00:00Z", "$Machines": [machine],
            "$links": [{"verb": "started_from", "key": f"aws:{ami}", "path": "$.ImageId", "value": ami, "target": "aws.ec2.image", "account": "898082745236", "optional": True}],
        }  # fmt: skip
        self.world.put(SOURCE, "aws.ec2.instance", cell.here, payload | more, "ec2:DescribeInstances")
        return ident

    def volume(self, cell: Cell, ident: str, instance: str, **more: Any) -> None:
        payload = {"VolumeId": ident, "State": "in-use", "VolumeType": "gp3", "Size": 500, "Attachments": [{"InstanceId": instance}], "KmsKeyId": cell.key, "Encrypted": True, "AvailabilityZone": f"{cell.region}a", "Tags": OWNED}  # fmt: skip
        self.world.put(SOURCE, "aws.ec2.volume", cell.here, payload | more, "ec2:DescribeVolumes")

    def function(self, cell: Cell, variables: dict[str, str], **more: Any) -> str:
        name = self.world.name("fn")
        payload = {"FunctionArn": cell.arn("lambda", f"function:{name}"), "FunctionName": name, "Runtime": "python3.12", "PackageType": "Zip", "MemorySize": 512, "Timeout": 60, "Role": cell.role,
                   "LoggingConfig": {"LogGroup": f"/aws/lambda/{name}"}, "Environment": {"Variables": variables}, "$Tags": OWNED}  # fmt: skip
        self.world.put(SOURCE, "aws.lambda.function", cell.here, payload | more, "lambda:ListFunctions")
        return str(payload["FunctionArn"])

    def _things(self, cell: Cell) -> None:
        w = self.world
        w.put(SOURCE, "aws.sqs.queue", cell.here, {"QueueUrl": f"https://sqs.{cell.region}.amazonaws.com/{cell.account}/{cell.queue.rpartition(':')[2]}", "QueueArn": cell.queue, "$Name": cell.queue.rpartition(":")[2], "$Attributes": {"QueueArn": cell.queue}}, "sqs:ListQueues")  # fmt: skip
        for _ in w.some(1, 3):
            self.endpoint(cell, self.model(cell))
        for _ in w.some(1, 3):
            self.job(cell)
        for _ in w.some(1, 3):
            self.instance(cell)

    # --- what is hidden

    def _dangling(self, cell: Cell) -> None:
        w = self.world
        ways: list[Callable[[], tuple[str, str]]] = [
            lambda: self._lost_image(cell), lambda: self._lost_role(cell), lambda: self._lost_key(cell), lambda: self._lost_subnet(cell), lambda: self._lost_model(cell), lambda: self._lost_volume(cell),
            lambda: self._lost_queue(cell), lambda: self._lost_own_bucket(cell), lambda: self._lost_secret(cell), lambda: self._lost_instance(cell), lambda: self._lost_table(cell),
        ]  # fmt: skip
        for make in w.rng.sample(ways, w.rng.randint(3, 5)):
            handle, about = make()
            w.plant("dangling-reference", handle, about)

    def _lost_image(self, cell: Cell) -> tuple[str, str]:
        image = cell.image(self.world.name("gone"))
        for _ in range(self.world.rng.randint(1, 3)):
            self.model(cell, Image=image)
        return image, "an image of a repository that is not there"

    def _lost_role(self, cell: Cell) -> tuple[str, str]:
        role = f"arn:aws:iam::{cell.account}:role/{self.world.name('gone')}"
        self.model(cell, role=role)
        return role, "a role that is not there"

    def _lost_key(self, cell: Cell) -> tuple[str, str]:
        key = cell.arn("kms", f"key/{self.world.guid()}")
        self.volume(cell, f"vol-{self.world.hex(17)}", self.instance(cell), KmsKeyId=key)
        return key, "a key that is not there"

    def _lost_subnet(self, cell: Cell) -> tuple[str, str]:
        subnet = f"subnet-{self.world.hex(17)}"
        self.model(cell, subnets=[subnet])
        return subnet, "a subnet that is not there"

    def _lost_model(self, cell: Cell) -> tuple[str, str]:
        name = self.world.name("gone")
        self.endpoint(cell, name)
        return name, "a model that an endpoint serves and that is not there"

    def _lost_volume(self, cell: Cell) -> tuple[str, str]:
        ident = f"vol-{self.world.hex(17)}"
        self.instance(cell, volumes=(ident,))
        return ident, "a volume that is not there"

    def _lost_queue(self, cell: Cell) -> tuple[str, str]:
        arn = cell.arn("sqs", self.world.name("gone"))
        self.function(cell, {"RESULTS_QUEUE": arn})
        return arn, "a queue that is not there"

    def _lost_own_bucket(self, cell: Cell) -> tuple[str, str]:
        bucket = f"sagemaker-{cell.region}-{cell.account}"
        self.function(cell, {"INPUT": f"s3://{bucket}/in/"})
        return f"s3://{bucket}/in/", "the default bucket of an account that was read, which is not there"

    def _lost_secret(self, cell: Cell) -> tuple[str, str]:
        arn = cell.arn("secretsmanager", f"secret:{self.world.name('gone')}-Xy12Za")
        self.function(cell, {"DB_SECRET_ARN": arn})
        return arn, "a secret that is not there"

    def _lost_instance(self, cell: Cell) -> tuple[str, str]:
        ident = f"i-{self.world.hex(17)}"
        self.volume(cell, f"vol-{self.world.hex(17)}", ident)
        return ident, "an instance that a volume is attached to and that is not there"

    def _lost_table(self, cell: Cell) -> tuple[str, str]:
        arn = cell.arn("dynamodb", f"table/{self.world.name('gone')}")
        self.function(cell, {"FEATURES": arn})
        return arn, "a table that is not there"

    def _outside(self, cell: Cell) -> None:
        w = self.world
        other = f"arn:aws:iam::{self.stranger}:role/{w.name('partner')}"
        bucket = w.name("elsewhere")
        hub = f"acme/{w.name('llm')}"
        host = f"{w.name('db')}.corp.internal"
        image = f"docker.io/library/{w.name('img')}:7"
        foreign = f"{w.digits(12)}.dkr.ecr.{cell.region}.amazonaws.com/{w.name('vendor')}:2"
        saas = f"https://{w.name('acct')}.snowflakecomputing.com"
        address = f"10.{w.rng.randrange(100, 200)}.{w.rng.randrange(256)}.{w.rng.randrange(1, 255)}"
        plants: list[tuple[str, str, Callable[[], object]]] = [
            (other, "a role of an account that nobody reads", lambda: self.bucket(cell, **{"$Policy": json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"AWS": other}, "Action": "s3:GetObject"}]})})),
            (f"s3://{bucket}/weights/", "a bucket of nobody that was read", lambda: self.model(cell, ModelDataUrl=f"s3://{bucket}/weights/")),
            (f"https://huggingface.co/{hub}", "a model of a hub", lambda: self.function(cell, {"MODEL": f"https://huggingface.co/{hub}"})),
            (f"postgresql://{host}:5432/f", "a host of an inner network", lambda: self.function(cell, {"DATABASE_URL": f"postgresql://{host}:5432/f"})),
            (image, "a public image", lambda: self.model(cell, Image=image)),
            (foreign, "an image of another account", lambda: self.model(cell, Image=foreign)),
            (saas, "a service on the internet", lambda: self.function(cell, {"WAREHOUSE_URL": saas})),
            (f"http://{address}:8080", "an address", lambda: self.function(cell, {"TRITON_URL": f"http://{address}:8080"})),
        ]  # fmt: skip
        for handle, about, make in w.rng.sample(plants, w.rng.randint(3, 5)):
            make()
            w.plant("external-dependency", handle, about)

    def _facts(self, cell: Cell) -> None:
        w = self.world
        name = self.bucket(cell, measured=False)
        w.plant("evidence-missing", f"size_bytes|arn:aws:s3:::{name}", "a bucket whose bytes nobody knows")
        arn = self.endpoint(cell, self.model(cell), traffic=False)
        w.plant("evidence-missing", f"request_count|{arn}", "an endpoint whose traffic nobody knows")
        arn = self.job(cell, facts=False)
        w.plant("evidence-missing", f"accelerator_count|{arn}", "a job of whose machines nothing is known")
        ident = self.instance(cell, facts=False)
        w.plant("evidence-missing", f"accelerator_count|{cell.arn('ec2', f'instance/{ident}')}", "an instance of whose type nothing is known")  # fmt: skip
        arn = self.job(cell, InputDataConfig=[])
        w.plant("workload-incomplete", f"data|{arn}", "a training job without input")
        arn = self.endpoint(cell, self.model(cell, tags=[]), tags=[])
        w.plant("owner-missing", arn, "an endpoint that nobody answers for")

    # --- what only looks like a gap

    def _decoys(self, cell: Cell) -> None:
        w = self.world
        missing = w.name("shared")
        self.bucket(cell, missing)  # its name is that of a missing one, but for its end
        self.model(cell, ModelDataUrl=f"s3://{missing}-archive/x")
        w.plant(
            "external-dependency", f"s3://{missing}-archive/x", "a bucket that is named almost like one that is there"
        )
        # one thing under its many names
        alias = f"alias/{w.name('key')}"
        key = cell.arn("kms", f"key/{w.guid()}")
        self.key(cell, key, aliases=(alias,))
        ident = key.rpartition("/")[2]
        self.volume(cell, f"vol-{w.hex(17)}", self.instance(cell), KmsKeyId=cell.arn("kms", alias))
        self.job(cell, OutputDataConfig={"S3OutputPath": f"s3://{cell.buckets[1]}", "KmsKeyId": ident})
        self.job(cell, OutputDataConfig={"S3OutputPath": f"s3://{cell.buckets[1]}//", "KmsKeyId": alias})
        aws_key = cell.arn("kms", f"key/{w.guid()}")
        self.key(cell, aws_key, manager="AWS", aliases=("alias/aws/s3", "alias/aws/ebs"))
        self.job(cell, OutputDataConfig={"S3OutputPath": f"s3a://{cell.buckets[1]}/x", "KmsKeyId": "alias/aws/s3"})
        self.volume(cell, f"vol-{w.hex(17)}", self.instance(cell), KmsKeyId=aws_key)
        bucket = cell.buckets[0]
        for form in (f"https://{bucket}.s3.{cell.region}.amazonaws.com/m/model.tar.gz", f"https://s3.{cell.region}.amazonaws.com/{bucket}/m", f"https://{bucket}.s3.amazonaws.com/m", f"arn:aws:s3:::{bucket}/m/*", f"S3://{bucket}/m"):  # fmt: skip
            self.function(cell, {"WEIGHTS": form})
        self.function(cell, {"MODEL_BUCKET": bucket})
        self.model(cell, Image=cell.image(tag="1.4") + "@sha256:" + w.hex(64))
        mixed = "Model" + w.name("Mixed").title()
        self.model(cell, mixed)
        self.endpoint(cell, mixed)
        self.function(cell, {"MODEL_ARN": cell.arn("sagemaker", f"model/{mixed}")})
        self.function(cell, {"SECRET": cell.secret, "SECRET_PART": cell.secret.rpartition("-")[0]})
        name = w.name("db")
        arn = cell.arn("secretsmanager", f"secret:{name}-Ab3dEf")
        w.put(SOURCE, "aws.secretsmanager.secret", cell.here, {"ARN": arn, "Name": name}, "secretsmanager:ListSecrets")
        self.function(cell, {"DB_SECRET_ARN": cell.arn("secretsmanager", f"secret:{name}")})
        self.function(cell, {"QUEUE_URL": f"https://sqs.{cell.region}.amazonaws.com/{cell.account}/{cell.queue.rpartition(':')[2]}"})  # fmt: skip
        called = self.function(cell, {})
        self.function(cell, {"NEXT": f"{called}:$LATEST", "LIVE": f"{called}:prod"})
        self.function(cell, {"AWS_ENDPOINT_URL_STS": f"https://sts.{cell.region}.amazonaws.com", "PRINCIPAL": "sagemaker.amazonaws.com", "ROLE": cell.role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/session"})  # fmt: skip
        role = f"arn:aws:iam::{cell.account}:role/service-role/{w.name('exec')}"
        self.role(cell, role)
        self.model(cell, role=role)
        self.function(cell, {}, LoggingConfig={"LogGroup": f"/aws/lambda/{w.name('new')}"})  # made when it first runs
        policy = {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::sagemaker-*", f"arn:aws:s3:::{bucket}*", "arn:aws:s3:::${aws:PrincipalTag/team}/x", "*"]},
                                {"Effect": "Allow", "Action": "iam:PassRole", "Resource": f"arn:aws:iam::{cell.account}:role/*"}]}  # fmt: skip
        self.role(cell, f"arn:aws:iam::{cell.account}:role/{w.name('wide')}", RolePolicyList=[{"PolicyName": "p", "PolicyDocument": policy}])  # fmt: skip
        # what is told of the past
        gone = w.name("deleted")
        self.job(cell, TrainingJobStatus="Failed", FailureReason=f"ClientError: No objects found at s3://{gone}/train/ (NoSuchBucket)")  # fmt: skip
        self.endpoint(cell, self.model(cell), FailureReason=f"The role {cell.role}-old could not be assumed for {cell.image(gone)}")  # fmt: skip
        # it is the same short id in two accounts
        twin = f"vol-{w.hex(17)}"
        self.volume(cell, twin, self.instance(cell, volumes=(twin,)))

    # --- looks, organisations, second listings

    def _looks(self) -> None:
        w = self.world
        one, *rest = w.rng.sample(self.cells, len(self.cells))
        kind = w.rng.choice(["aws.dynamodb.table", "aws.elbv2.load_balancer", "aws.efs.file_system"])
        w.ends(SOURCE, kind, one.here, Outcome.DENIED, "AccessDeniedException", (f"{kind.split('.')[1]}:List",))
        w.plant("coverage-denied", f"{kind}|{one.account}|{one.region}", "a listing that was denied")
        if kind == "aws.dynamodb.table":  # what is named there may be there
            arn = one.arn("dynamodb", f"table/{w.name('unseen')}")
            w.planted = [p for p in w.planted if not p.handle.startswith(one.arn("dynamodb", ""))]
        elif kind == "aws.elbv2.load_balancer":
            arn = one.arn("elasticloadbalancing", f"loadbalancer/app/{w.name('unseen')}/{w.hex(16)}")
        else:
            arn = one.arn("elasticfilesystem", f"file-system/fs-{w.hex(17)}")
        self.function(one, {"DATA": arn})
        two = rest[0]
        w.ends(SOURCE, "aws.sns.topic", two.here, Outcome.FAILED, "EndpointConnectionError: could not connect")
        w.plant("coverage-failed", f"aws.sns.topic|{two.account}|{two.region}", "a listing that failed")
        self.function(two, {"TOPIC_ARN": two.arn("sns", w.name("unseen"))})
        three = rest[1]
        w.ends(SOURCE, "aws.logs.log_group", three.here, Outcome.PARTIAL, "ThrottlingException after 3 pages")
        w.plant(
            "coverage-partial", f"aws.logs.log_group|{three.account}|{three.region}", "a listing that was cut short"
        )
        self.function(three, {"LOGS": three.arn("logs", f"log-group:/ml/{w.name('unseen')}:*")})
        for cell in self.cells:  # not offered in a region: nothing can be there
            if cell.region == self.regions[1]:
                w.ends(SOURCE, "aws.sagemaker.mlflow_tracking_server", cell.here, Outcome.UNAVAILABLE, "not offered in this region")  # fmt: skip
        call = "s3:GetBucketReplication"
        for _ in range(3):
            self.bucket(one, gaps=(denied(call, "s3:GetReplicationConfiguration"),))
        w.plant(
            "coverage-denied", f"{call}|aws.s3.bucket|{one.account}|aws-global", "details of buckets that were denied"
        )

    def _gone(self) -> None:
        """Things that a look saw a week ago and the latest does not."""
        w, cell = self.world, self.cells[0]
        for scope, names in ((cell.here, LISTED), (cell.everywhere, GLOBAL)):
            for kind in names:
                w.look(SOURCE, kind, scope, age=7)
        named = self.bucket(cell, age=7)
        self.model(cell, ModelDataUrl=f"s3://{named}/x")
        w.plant("dangling-reference", f"s3://{named}/x", "a bucket that was there last week")
        self.bucket(cell, age=7)  # nothing names it any more
        logged = self.bucket(cell, age=7)
        self.job(cell, TrainingJobStatus="Failed", FailureReason=f"NoSuchBucket: s3://{logged}/train")

    def _organisation(self) -> None:
        w, home = self.world, self.cells[0]
        self.closed, self.unread = w.digits(12), [w.digits(12) for _ in range(w.rng.randint(1, 2))]
        states = dict.fromkeys((*self.accounts, *self.unread), "ACTIVE") | {self.closed: "SUSPENDED"}
        for account, state in states.items():
            payload = {"Id": account, "Arn": f"arn:aws:organizations::{home.account}:account/o-a1b2c3d4e5/{account}", "Name": w.name("acct"), "Status": state, "$State": state, "JoinedMethod": "CREATED"}  # fmt: skip
            w.put(SOURCE, "aws.organizations.account", home.everywhere, payload, "organizations:ListAccounts")
        for account in (*self.unread, self.closed):
            w.plant("scope-unscanned", account, "an account of the organisation that nobody reads")
        left = "sa-east-1"
        for account in self.accounts:
            scope = Scope("aws", account, "aws-global")
            for region in self.regions:
                w.put(SOURCE, "aws.account.region", scope, {"RegionName": region, "RegionOptStatus": "ENABLED_BY_DEFAULT"}, "account:ListRegions")  # fmt: skip
            w.put(SOURCE, "aws.account.region", scope, {"RegionName": "me-south-1", "RegionOptStatus": "DISABLED"}, "account:ListRegions")  # fmt: skip
        w.put(SOURCE, "aws.account.region", home.everywhere, {"RegionName": left, "RegionOptStatus": "ENABLED"}, "account:ListRegions")  # fmt: skip
        w.plant("scope-unscanned", left, "a region that is enabled and not read")

    def _second_listings(self) -> None:
        w = self.world
        for cell in self.cells:
            view = cell.arn("resource-explorer-2", f"view/all/{w.guid()}")
            w.put(SOURCE, "aws.resourceexplorer2.view", cell.here, {"ViewArn": view, "$View": {"ViewArn": view}}, "resource-explorer-2:ListViews")  # fmt: skip
            told = w.look(SOURCE, "aws.ec2.volume", cell.here).records
            ours = [cell.arn("ec2", f"volume/{r[0]['VolumeId']}") for r in told]
            ghost = cell.arn("ec2", f"volume/vol-{w.hex(17)}")
            listed = [*ours, ghost] if cell is self.cells[1] else ours
            if cell is self.cells[1]:
                w.plant("second-source-mismatch", ghost, "a volume that only Resource Explorer shows")
            payload = {"$View": view, "$Owner": cell.account, "$Region": cell.region, "$Type": "ec2:volume", "$Count": len(listed), "$Listed": listed, "$Truncated": False}  # fmt: skip
            w.put(SOURCE, "aws.resourceexplorer2.listed_type", cell.here, payload, "resource-explorer-2:ListResources")
            endpoints = [r[0]["EndpointArn"] for r in w.look(SOURCE, "aws.sagemaker.endpoint", cell.here).records]
            tagged = list(endpoints)
            if cell is self.cells[2]:
                ghost = cell.arn("sagemaker", f"endpoint/{w.name('ghost')}")
                tagged.append(ghost)
                w.plant("second-source-mismatch", ghost, "an endpoint that only the tagging API shows")
            w.put(SOURCE, "aws.resourcegroupstaggingapi.listed_type", cell.here, {"$Type": "sagemaker:endpoint", "$Count": len(tagged), "$Listed": tagged, "$Truncated": False}, "resourcegroupstaggingapi:GetResources")  # fmt: skip
            found = [{"resourceType": "AWS::EC2::Instance", "resourceId": r[0]["InstanceId"]} for r in w.look(SOURCE, "aws.ec2.instance", cell.here).records]  # fmt: skip
            if cell is self.cells[3]:
                ghost = f"i-{w.hex(17)}"
                found.append({"resourceType": "AWS::EC2::Instance", "resourceId": ghost})
                w.plant("second-source-mismatch", ghost, "an instance that only AWS Config knows")
            w.put(SOURCE, "aws.config.listed_type", cell.here, {"resourceType": "AWS::EC2::Instance", "count": len(found), "$Asked": "AWS::EC2::Instance", "$Discovered": found, "$Truncated": False}, "config:GetDiscoveredResourceCounts")  # fmt: skip

    def eks(self, cell: Cell, name: str, issuer: str) -> str:
        arn = cell.arn("eks", f"cluster/{name}")
        payload = {"name": name, "status": "ACTIVE", "version": "1.33", "endpoint": f"https://{self.world.hex(32).upper()}.gr7.{cell.region}.eks.amazonaws.com", "arn": arn, "roleArn": cell.role, "tags": {"team": "ml"},
                   "resourcesVpcConfig": {"vpcId": cell.vpc, "subnetIds": [cell.subnet], "clusterSecurityGroupId": cell.group, "endpointPublicAccess": True}, "identity": {"oidc": {"issuer": issuer}}}  # fmt: skip
        self.world.put(SOURCE, "aws.eks.cluster", cell.here, payload, "eks:ListClusters")
        return arn

    def _unread_clusters(self) -> None:
        w, cell = self.world, self.cells[-1]
        arn = self.eks(cell, w.name("k8s"), f"https://oidc.eks.{cell.region}.amazonaws.com/id/{w.hex(32).upper()}")
        w.plant("scope-unscanned", arn, "a cluster that no source reads")
        tracker = w.name("tracking")
        first = self.cells[0]
        arn = first.arn("sagemaker", f"mlflow-tracking-server/{tracker}")
        w.put(SOURCE, "aws.sagemaker.mlflow_tracking_server", first.here, {"TrackingServerName": tracker, "TrackingServerArn": arn, "TrackingServerStatus": "Created", "TrackingServerUrl": f"https://t-{w.hex(12)}.{first.region}.experiments.sagemaker.aws", "ArtifactStoreUri": f"s3://{first.buckets[0]}/mlflow", "RoleArn": first.role}, "sagemaker:ListMlflowTrackingServers")  # fmt: skip
        w.plant("scope-unscanned", arn, "a tracking server that no source reads")
