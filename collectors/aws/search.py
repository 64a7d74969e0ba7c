"""OpenSearch: domains and serverless collections, where vectors of retrieval often lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from collectors.aws.documents import principals
from collectors.aws.rows import Call
from collectors.aws.traffic import Traffic
from collectors.traffic import CLIENT_ERRORS, ERRORS, MEASURED, TRAFFIC
from normalize.mapping import MISSING, read
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import GIB, MIB, instant, times

_SERVERLESS = "opensearchserverless"


def _domain(item: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
    """Dimensions of a domain's metrics. Its id is ACCOUNT/NAME. Source: botocore 1.44.5, OpenSearch DomainStatus, DomainId, and
    OpenSearch Service Developer Guide, "Monitoring OpenSearch cluster metrics"; read 2026-11-24."""
    account, _, name = str(item.get("DomainId") or "").partition("/")
    return [{"ClientId": account, "DomainName": name}] if name else []


def _storage(domain: Any) -> Any:
    """Bytes of EBS over all data nodes; unknown where nodes have disks of their own."""
    size, nodes = read(domain, "EBSOptions.VolumeSize"), read(domain, "ClusterConfig.InstanceCount")
    return size * nodes * GIB if isinstance(size, int) and isinstance(nodes, int) else MISSING


def _node_groups(cluster: Any) -> list[dict[str, Any]]:
    """Data, master, warm and coordinating nodes of a domain: name, instance type, count."""
    fixed = (
        ("data", "InstanceType", "InstanceCount"),
        ("dedicated_master", "DedicatedMasterType", "DedicatedMasterCount"),
        ("warm", "WarmType", "WarmCount"),
    )
    groups = [(name, cluster.get(type_), cluster.get(count)) for name, type_, count in fixed]
    options = [(o.get("NodeType"), o.get("NodeConfig") or {}) for o in cluster.get("NodeOptions") or ()]
    groups += [(name, config.get("Type"), config.get("Count")) for name, config in options]
    return [{"name": n, "instance_type": t, "count": c} for n, t, c in groups if t and c]


def _endpoints(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Addresses of a domain, those inside a VPC included."""
    named = [item.get("Endpoint"), item.get("EndpointV2"), *(item.get("Endpoints") or {}).values()]
    return {"$Endpoints": list(dict.fromkeys(e for e in named if e))}


def _admitted(policy: Any) -> Any:
    """Who an access policy lets in; a domain without one has an empty text."""
    return principals(policy) if policy else []


def _log_types(options: Any) -> list[str]:
    return [name for name, option in options.items() if option.get("Enabled")]


KINDS = (
    Kind(
        name="aws.opensearch.domain",
        category=Category.SEARCH_INDEX,
        fetch=Call(
            "opensearch",
            "ListDomainNames",
            items="DomainNames",
            detail=(
                Call(
                    "opensearch",
                    "DescribeDomain",
                    items="DomainStatus",
                    params={"DomainName": "{DomainName}"},
                    gone=("ResourceNotFoundException",),
                    derive=_endpoints,
                ),
            ),
            lookups=(
                Traffic(
                    "AWS/ES",
                    _domain,
                    requests="OpenSearchRequests",
                    errors=("5xx",),
                    client_errors=("4xx",),
                    gauges={"Used": ("AWS/ES", "ClusterUsedSpace", MIB)},  # in MiB, as FreeStorageSpace: not verified
                ),
            ),
        ),
        id=Template("arn:{@partition}:es:{@place}:{@account}:domain/{DomainName}"),
        native="DomainName",
        fields={
            "name": "DomainName",
            "state": "DomainProcessingStatus",
            "engine": "EngineType",
            "engine_version": "EngineVersion",
            "instance_type": "ClusterConfig.InstanceType",
            "instance_count": "ClusterConfig.InstanceCount",
            "node_groups": Field("ClusterConfig", _node_groups),
            "multi_zone": "ClusterConfig.ZoneAwarenessEnabled",
            "storage_class": "EBSOptions.VolumeType",
            "capacity_bytes": Field("", _storage),
            "size_bytes": Field(f"{TRAFFIC}.Used", times(1)),
            "iops": "EBSOptions.Iops",
            "throughput_mibps": "EBSOptions.Throughput",
            "endpoint": "$Endpoints[0]",
            "hosts": "$Endpoints",
            "subnets": "VPCOptions.SubnetIds",
            "encrypted": "EncryptionAtRestOptions.Enabled",
            "encryption_key": "EncryptionAtRestOptions.KmsKeyId",
            "encrypted_in_transit": "NodeToNodeEncryptionOptions.Enabled",
            "principals": Field("AccessPolicies", _admitted),
            "log_types": Field("LogPublishingOptions", _log_types),
            **MEASURED,
            **ERRORS,
            **CLIENT_ERRORS,
        },
        links=(
            Link("runs_in", "aws.ec2.vpc", "VPCOptions.VPCId"),
            Link("runs_in", "aws.ec2.subnet", "VPCOptions.SubnetIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "VPCOptions.SecurityGroupIds[]"),
            Link("encrypted_by", "aws.kms.key", "EncryptionAtRestOptions.KmsKeyId"),
            Link("assumes", "aws.iam.role", "CognitoOptions.RoleArn"),
            Link("proves_itself_by", "aws.acm.certificate", "DomainEndpointOptions.CustomEndpointCertificateArn"),
        ),
        aliases=(Alias("dns", "$Endpoints[]"), Alias("dns", "DomainEndpointOptions.CustomEndpoint")),
        sensitive=frozenset({"AdvancedSecurityOptions.SAMLOptions.Idp.MetadataContent"}),
    ),
    Kind(
        name="aws.opensearchserverless.collection",
        category=Category.SEARCH_INDEX,
        fetch=Call(
            _SERVERLESS,
            "ListCollections",
            items="collectionSummaries",
            detail=(
                Call(
                    _SERVERLESS,
                    "BatchGetCollection",
                    items="collectionDetails[0]",
                    params={"ids": ["{id}"]},
                ),
            ),
        ),
        id="arn",
        native="id",
        fields={
            "name": "name",
            "state": "status",
            "type": "type",
            "description": "description",
            "endpoint": "collectionEndpoint",
            "multi_zone": Field("standbyReplicas", lambda word: word == "ENABLED"),
            "encryption_key": "kmsKeyArn",
            "created_at": Field("createdDate", instant),
            "modified_at": Field("lastModifiedDate", instant),
        },
        links=(Link("encrypted_by", "aws.kms.key", "kmsKeyArn", optional=True),),
        aliases=(Alias("uri", "collectionEndpoint"), Alias("dns", Template("{id}.{@place}.aoss.amazonaws.com"))),
        quiet=frozenset({"dashboardEndpoint", "fipsEndpoints"}),
    ),
    Kind(
        name="aws.opensearchserverless.vpc_endpoint",
        category=Category.PRIVATE_LINK,
        fetch=Call(
            _SERVERLESS,
            "ListVpcEndpoints",
            items="vpcEndpointSummaries",
            detail=(
                Call(
                    _SERVERLESS,
                    "BatchGetVpcEndpoint",
                    items="vpcEndpointDetails[0]",
                    params={"ids": ["{id}"]},
                ),
            ),
        ),
        id=Template("aws.opensearchserverless.vpc_endpoint|{@account}|{@place}|{id}"),
        native="id",
        fields={
            "name": "name",
            "state": "status",
            "subnets": "subnetIds",
            "created_at": Field("createdDate", instant),
        },
        links=(
            Link("part_of", "aws.ec2.vpc", "vpcId"),
            Link("attached_to", "aws.ec2.subnet", "subnetIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "securityGroupIds[]"),
        ),
    ),
)
