"""Brokers of messages: MSK with its connectors and replicators, Amazon MQ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from collectors.aws.rows import Call
from normalize.mapping import MISSING, read
from normalize.model import Alias, Category, Field, Kind, Link, Path
from normalize.units import GIB, times

_PROVISIONED = "Provisioned."
_STORAGE = "Provisioned.BrokerNodeGroupInfo.StorageInfo.EbsStorageInfo"
_SENT_TO = "logDelivery.workerLogDelivery."
_CREATED: dict[str, Path | Field] = {"created_at": "creationTime"}


def _hosts(servers: Iterable[str]) -> list[str]:
    """Hosts of "b-1.fraud.example:9098,b-2.fraud.example:9098" or of "ssl://b-1.example:61617", each once."""
    places = (place.strip().rpartition("://")[2] for text in servers for place in text.split(","))
    return list(dict.fromkeys(place.partition(":")[0] for place in places if place))


def _brokers(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Hosts that clients begin with, of every way of proving who they are; those of Zookeeper beside them."""
    told = [v for v in (item.get("$Brokers") or {}).values() if isinstance(v, str)]
    told += [v for k in ("ZookeeperConnectString",) if isinstance(v := read(item, _PROVISIONED + k), str)]
    hosts = _hosts(told)
    return {"$Hosts": hosts} if hosts else {}


def _capacity(cluster: Any) -> Any:
    """Bytes over all brokers. Source: botocore 1.44.5, MSK EBSStorageInfo, VolumeSize (GiB per broker); read 2026-11-24."""
    size, brokers = read(cluster, f"{_STORAGE}.VolumeSize"), read(cluster, f"{_PROVISIONED}NumberOfBrokerNodes")
    return size * brokers * GIB if isinstance(size, int) and isinstance(brokers, int) else MISSING


def _ways_in(cluster: Any) -> Any:
    """How clients prove who they are: scram, iam, tls, unauthenticated."""
    given = (cluster.get("Provisioned") or cluster.get("Serverless") or {}).get("ClientAuthentication")
    if given is None:
        return MISSING
    ways = {**(given.get("Sasl") or {}), **{k: v for k, v in given.items() if k != "Sasl"}}
    return sorted(name.lower() for name, way in ways.items() if (way or {}).get("Enabled"))


def _encrypts(word: Any) -> bool:
    return bool(word == "TLS")


def _class(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a connector is and its topics, out of settings that are not kept: they hold passwords."""
    given = item.get("connectorConfiguration") or {}
    found: dict[str, Any] = {"$Keys": sorted(given)}
    for key, name in (("$Class", "connector.class"), ("$Topics", "topics")):
        if given.get(name):
            found[key] = given[name]
    return found


def _workers(connector: Any) -> Any:
    fixed = read(connector, "capacity.provisionedCapacity.workerCount")
    return fixed if isinstance(fixed, int) else MISSING


def _broker_hosts(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"$Hosts": _hosts(e for b in item.get("BrokerInstances") or () for e in b.get("Endpoints") or ())}


KINDS = (
    Kind(
        name="aws.kafka.cluster",
        category=Category.STREAM,
        fetch=Call(
            "kafka",
            "ListClustersV2",
            items="ClusterInfoList",
            page=100,
            itself=Call(
                "kafka", "DescribeClusterV2", params={"ClusterArn": "{ClusterArn}"}, gone=("NotFoundException",)
            ),
            detail=(
                Call(
                    "kafka",
                    "GetBootstrapBrokers",
                    into="$Brokers",
                    params={"ClusterArn": "{ClusterArn}"},
                    gone=("NotFoundException",),
                    derive=_brokers,
                ),
            ),
        ),
        id="ClusterArn",
        native="ClusterName",
        fields={
            "name": "ClusterName",
            "type": "ClusterType",
            "state": "State",
            "engine_version": f"{_PROVISIONED}CurrentBrokerSoftwareInfo.KafkaVersion",
            "instance_type": f"{_PROVISIONED}BrokerNodeGroupInfo.InstanceType",
            "node_count": f"{_PROVISIONED}NumberOfBrokerNodes",
            "capacity_bytes": Field("", _capacity),
            "throughput_mibps": f"{_STORAGE}.ProvisionedThroughput.VolumeThroughput",
            "storage_class": f"{_PROVISIONED}StorageMode",
            "hosts": "$Hosts",
            "capabilities": Field("", _ways_in),
            "encryption_key": f"{_PROVISIONED}EncryptionInfo.EncryptionAtRest.DataVolumeKMSKeyId",
            "encrypted_in_transit": Field(f"{_PROVISIONED}EncryptionInfo.EncryptionInTransit.ClientBroker", _encrypts),
            "public": Field(
                f"{_PROVISIONED}BrokerNodeGroupInfo.ConnectivityInfo.PublicAccess.Type", lambda t: t != "DISABLED"
            ),
            "created_at": "CreationTime",
        },
        tags="Tags",
        links=(
            Link("runs_in", "aws.ec2.subnet", f"{_PROVISIONED}BrokerNodeGroupInfo.ClientSubnets[]"),
            Link("runs_in", "aws.ec2.subnet", "Serverless.VpcConfigs[].SubnetIds[]"),
            Link("guarded_by", "aws.ec2.security_group", f"{_PROVISIONED}BrokerNodeGroupInfo.SecurityGroups[]"),
            Link("guarded_by", "aws.ec2.security_group", "Serverless.VpcConfigs[].SecurityGroupIds[]"),
            Link("encrypted_by", "aws.kms.key", f"{_PROVISIONED}EncryptionInfo.EncryptionAtRest.DataVolumeKMSKeyId"),
            Link("logs_to", "aws.logs.log_group", f"{_PROVISIONED}LoggingInfo.BrokerLogs.CloudWatchLogs.LogGroup"),
            Link("logs_to", "aws.s3.bucket", f"{_PROVISIONED}LoggingInfo.BrokerLogs.S3.Bucket"),
            Link(
                "logs_to",
                "aws.firehose.delivery_stream",
                f"{_PROVISIONED}LoggingInfo.BrokerLogs.Firehose.DeliveryStream",
            ),
        ),
        aliases=(Alias("dns", "$Hosts[]"),),
    ),
    Kind(
        name="aws.kafka.replicator",
        category=Category.DATA_TRANSFER,
        fetch=Call("kafka", "ListReplicators", items="Replicators", page=100),
        id="ReplicatorArn",
        native="ReplicatorName",
        fields={
            "name": "ReplicatorName",
            "state": "ReplicatorState",
            "version": "CurrentVersion",
            "created_at": "CreationTime",
        },
        links=(Link("connects", "aws.kafka.cluster", "KafkaClustersSummary[].AmazonMskCluster.MskClusterArn"),),
    ),
    Kind(
        name="aws.kafkaconnect.connector",
        category=Category.DATA_TRANSFER,
        fetch=Call(
            "kafkaconnect",
            "ListConnectors",
            items="connectors",
            page=100,
            detail=(
                Call(
                    "kafkaconnect",
                    "DescribeConnector",
                    params={"connectorArn": "{connectorArn}"},
                    gone=("NotFoundException",),
                    derive=_class,
                ),
            ),
        ),
        id="connectorArn",
        native="connectorName",
        fields={
            "name": "connectorName",
            "description": "connectorDescription",
            "state": "connectorState",
            "engine": "$Class",
            "engine_version": "kafkaConnectVersion",
            "instance_count": Field("", _workers),
            "min_count": "capacity.autoScaling.minWorkerCount",
            "max_count": "capacity.autoScaling.maxWorkerCount",
            "inputs": Field("$Topics", lambda names: [{"name": n.strip()} for n in names.split(",")]),
            "keys": "$Keys",
            "role": "serviceExecutionRoleArn",
            **_CREATED,
        },
        links=(
            Link("assumes", "aws.iam.role", "serviceExecutionRoleArn"),
            Link("runs_in", "aws.ec2.subnet", "kafkaCluster.apacheKafkaCluster.vpc.subnets[]"),
            Link("guarded_by", "aws.ec2.security_group", "kafkaCluster.apacheKafkaCluster.vpc.securityGroups[]"),
            Link("logs_to", "aws.logs.log_group", f"{_SENT_TO}cloudWatchLogs.logGroup"),
            Link("logs_to", "aws.s3.bucket", f"{_SENT_TO}s3.bucket"),
        ),
        sensitive=frozenset({"connectorConfiguration"}),
    ),
    Kind(
        name="aws.mq.broker",
        category=Category.QUEUE,
        fetch=Call(
            "mq",
            "ListBrokers",
            items="BrokerSummaries",
            page=100,
            detail=(
                Call(
                    "mq",
                    "DescribeBroker",
                    params={"BrokerId": "{BrokerId}"},
                    gone=("NotFoundException",),
                    derive=_broker_hosts,
                ),
            ),
        ),
        id="BrokerArn",
        native="BrokerId",
        fields={
            "name": "BrokerName",
            "state": "BrokerState",
            "engine": "EngineType",
            "engine_version": "EngineVersion",
            "instance_type": "HostInstanceType",
            "deployment_type": "DeploymentMode",
            "capacity_bytes": Field("StorageSize", times(10**9)),
            "storage_class": "StorageType",
            "hosts": "$Hosts",
            "public": "PubliclyAccessible",
            "auth_mode": "AuthenticationStrategy",
            "encryption_key": "EncryptionOptions.KmsKeyId",
            "created_at": "Created",
        },
        tags="Tags",
        links=(
            Link("runs_in", "aws.ec2.subnet", "SubnetIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "SecurityGroups[]"),
            Link("encrypted_by", "aws.kms.key", "EncryptionOptions.KmsKeyId"),
            Link("logs_to", "aws.logs.log_group", "Logs.GeneralLogGroup"),
        ),
        aliases=(Alias("dns", "$Hosts[]"),),
        quiet=frozenset({"BrokerInstances[].IpAddress"}),
    ),
)
