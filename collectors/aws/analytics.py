"""Redshift, Athena and Lake Formation: warehouses, what they share, who may query the lake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import last_segment, texts
from collectors.aws.metrics import ItemMetrics
from collectors.aws.rows import Call
from normalize.mapping import MISSING, read
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import MIB, times

_SERVERLESS = "redshift-serverless"
_STORED = ItemMetrics("AWS/Redshift-Serverless", ("DataStorage",), "Namespace", "namespaceName")
"""MiB that a namespace holds. That SYS_SERVERLESS_USAGE counts storage in MB: Redshift Database Developer Guide, read 2026-11-24; name
and dimension of the metric are not verified."""


def _held_by_warehouse(cluster: Any) -> Any:
    """Bytes in use: the share that CloudWatch tells, in percent, of the capacity in MiB. Source: AWS re:Post,
    QUcEz0W-j7S261uEuXzn1Nfw, and botocore 1.44.5, Redshift Cluster, TotalStorageCapacityInMegaBytes; read 2026-11-24."""
    share, capacity = (
        read(cluster, "$Metrics.PercentageDiskSpaceUsed"),
        read(cluster, "TotalStorageCapacityInMegaBytes"),
    )
    if not isinstance(share, int | float) or not isinstance(capacity, int):
        return MISSING
    return int(capacity * MIB * share / 100)


def _enabled(word: Any) -> bool:
    return str(word).lower() == "enabled"


def _share_name(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"$Name": last_segment(item["DataShareArn"])}


def _catalog_functions(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Functions behind a federated catalog: Athena names them in parameters. Source: botocore 1.44.5, Athena DataCatalog,
    Parameters; read 2026-11-24."""
    given = item.get("Parameters") or {}
    names = ("function", "metadata-function", "record-function")
    return {"$Functions": list(dict.fromkeys(given[n] for n in names if given.get(n)))}


def _is_administered(settings: Mapping[str, Any]) -> bool:
    """Whether anyone made use of Lake Formation: every region of every account answers with defaults."""
    keys = ("DataLakeAdmins", "ReadOnlyAdmins", "TrustedResourceOwners", "ExternalDataFilteringAllowList")
    return any(settings.get(key) for key in keys)


KINDS = (
    Kind(
        name="aws.redshift.cluster",
        category=Category.DATABASE,
        fetch=Call(
            "redshift",
            "DescribeClusters",
            items="Clusters",
            page=100,
            lookups=(
                ItemMetrics("AWS/Redshift", ("PercentageDiskSpaceUsed",), "ClusterIdentifier", "ClusterIdentifier"),
            ),
        ),
        id=Template("arn:{@partition}:redshift:{@place}:{@account}:cluster:{ClusterIdentifier}"),
        native="ClusterIdentifier",
        fields={
            "name": "ClusterIdentifier",
            "state": "ClusterStatus",
            "engine_version": "ClusterVersion",
            "instance_type": "NodeType",
            "node_count": "NumberOfNodes",
            "capacity_bytes": Field("TotalStorageCapacityInMegaBytes", times(MIB)),
            "size_bytes": Field("", _held_by_warehouse),
            "endpoint": "Endpoint.Address",
            "port": "Endpoint.Port",
            "public": "PubliclyAccessible",
            "multi_zone": Field("MultiAZ", _enabled),
            "zone": "AvailabilityZone",
            "encrypted": "Encrypted",
            "encryption_key": "KmsKeyId",
            "backup_retention_days": "AutomatedSnapshotRetentionPeriod",
            "created_at": "ClusterCreateTime",
        },
        tags="Tags",
        links=(
            Link("runs_in", "aws.ec2.vpc", "VpcId"),
            Link("runs_in", "aws.redshift.subnet_group", "ClusterSubnetGroupName"),
            Link("guarded_by", "aws.ec2.security_group", "VpcSecurityGroups[].VpcSecurityGroupId"),
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
            Link("assumes", "aws.iam.role", "IamRoles[].IamRoleArn"),
            Link("password_in", "aws.secretsmanager.secret", "MasterPasswordSecretArn"),
            Link("proves_itself_by", "aws.acm.certificate", "CustomDomainCertificateArn"),
        ),
        aliases=(
            Alias("dns", "Endpoint.Address"),
            Alias("dns", "CustomDomainName"),
            Alias("arn", "ClusterNamespaceArn"),
        ),
        sensitive=frozenset({"PendingModifiedValues.MasterUserPassword"}),
        quiet=frozenset({"ClusterNodes", "MultiAZSecondary"}),
    ),
    Kind(
        name="aws.redshift.snapshot",
        category=Category.SNAPSHOT,
        # Automated ones come and go with their cluster.
        fetch=Call(
            "redshift", "DescribeClusterSnapshots", items="Snapshots", params={"SnapshotType": "manual"}, page=100
        ),
        id="SnapshotArn",
        native="SnapshotIdentifier",
        fields={
            "name": "SnapshotIdentifier",
            "state": "Status",
            "size_bytes": Field("TotalBackupSizeInMegaBytes", times(MIB)),
            "engine_version": "ClusterVersion",
            "instance_type": "NodeType",
            "node_count": "NumberOfNodes",
            "encrypted": "Encrypted",
            "encryption_key": "KmsKeyId",
            "owner": "OwnerAccount",
            "created_at": "SnapshotCreateTime",
        },
        tags="Tags",
        links=(
            Link("made_from", "aws.redshift.cluster", "ClusterIdentifier", optional=True),
            Link("encrypted_by", "aws.kms.key", "KmsKeyId"),
        ),
    ),
    Kind(
        name="aws.redshift.subnet_group",
        category=Category.SETTINGS,
        fetch=Call("redshift", "DescribeClusterSubnetGroups", items="ClusterSubnetGroups", page=100),
        id=Template("arn:{@partition}:redshift:{@place}:{@account}:subnetgroup:{ClusterSubnetGroupName}"),
        native="ClusterSubnetGroupName",
        fields={
            "name": "ClusterSubnetGroupName",
            "description": "Description",
            "state": "SubnetGroupStatus",
            "subnets": Field("Subnets", texts("SubnetIdentifier")),
        },
        tags="Tags",
        links=(
            Link("part_of", "aws.ec2.vpc", "VpcId"),
            Link("holds", "aws.ec2.subnet", "Subnets[].SubnetIdentifier"),
        ),
    ),
    Kind(
        name="aws.redshift.data_share",
        category=Category.CONNECTION,
        fetch=Call("redshift", "DescribeDataShares", items="DataShares", page=100, derive=_share_name),
        id="DataShareArn",
        native="$Name",
        fields={
            "name": "$Name",
            "type": "DataShareType",
            "public": "AllowPubliclyAccessibleConsumers",
            "principals": Field("DataShareAssociations", texts("ConsumerIdentifier")),
        },
        links=(Link("reads_from", "", "ProducerArn"),),
    ),
    Kind(
        name="aws.redshiftserverless.namespace",
        category=Category.DATABASE,
        fetch=Call(
            _SERVERLESS,
            "ListNamespaces",
            items="namespaces",
            page=100,
            lookups=(_STORED,),
        ),
        id="namespaceArn",
        native="namespaceName",
        fields={
            "name": "namespaceName",
            "state": "status",
            "size_bytes": Field("$Metrics.DataStorage", times(MIB)),
            "log_types": "logExports",
            "encryption_key": "kmsKeyId",
            "created_at": "creationDate",
        },
        links=(
            Link("encrypted_by", "aws.kms.key", "kmsKeyId"),
            Link("assumes", "aws.iam.role", "defaultIamRoleArn"),
            Link("password_in", "aws.secretsmanager.secret", "adminPasswordSecretArn"),
        ),
    ),
    Kind(
        name="aws.redshiftserverless.workgroup",
        category=Category.CLUSTER,
        fetch=Call(_SERVERLESS, "ListWorkgroups", items="workgroups", page=100),
        id="workgroupArn",
        native="workgroupName",
        fields={
            "name": "workgroupName",
            "state": "status",
            "engine_version": "workgroupVersion",
            "compute_unit_count": "baseCapacity",
            "max_count": "maxCapacity",
            "endpoint": "endpoint.address",
            "port": "endpoint.port",
            "public": "publiclyAccessible",
            "subnets": "subnetIds",
            "created_at": "creationDate",
        },
        links=(
            Link("serves", "aws.redshiftserverless.namespace", "namespaceName"),
            Link("runs_in", "aws.ec2.vpc", "endpoint.vpcEndpoints[].vpcId"),
            Link("runs_in", "aws.ec2.subnet", "subnetIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "securityGroupIds[]"),
            Link(
                "attached_to",
                "aws.ec2.network_interface",
                "endpoint.vpcEndpoints[].networkInterfaces[].networkInterfaceId",
            ),
            Link("proves_itself_by", "aws.acm.certificate", "customDomainCertificateArn"),
        ),
        aliases=(Alias("dns", "endpoint.address"), Alias("dns", "customDomainName")),
        quiet=frozenset({"endpoint.vpcEndpoints[].networkInterfaces[].privateIpAddress"}),
    ),
    Kind(
        name="aws.athena.work_group",
        category=Category.SETTINGS,
        fetch=Call(
            "athena",
            "ListWorkGroups",
            items="WorkGroups",
            detail=(
                Call(
                    "athena",
                    "GetWorkGroup",
                    items="WorkGroup.Configuration",
                    into="$Configuration",
                    params={"WorkGroup": "{Name}"},
                ),
                Call(
                    "athena",
                    "ListNamedQueries",
                    items="NamedQueryIds[]",
                    into="$Queries",
                    params={"WorkGroup": "{Name}"},
                    page=50,
                ),
            ),
        ),
        id=Template("arn:{@partition}:athena:{@place}:{@account}:workgroup/{Name}"),
        native="Name",
        fields={
            "name": "Name",
            "state": "State",
            "description": "Description",
            "engine_version": "EngineVersion.EffectiveEngineVersion",
            "output_uris": Field("$Configuration.ResultConfiguration.OutputLocation", lambda uri: [uri]),
            "encryption": "$Configuration.ResultConfiguration.EncryptionConfiguration.EncryptionOption",
            "query_count": Field("$Queries", len),
            "role": "$Configuration.ExecutionRole",
            "created_at": "CreationTime",
        },
        links=(
            Link("writes_to", "aws.s3.bucket", "$Configuration.ResultConfiguration.OutputLocation"),
            Link("assumes", "aws.iam.role", "$Configuration.ExecutionRole"),
            Link("encrypted_by", "aws.kms.key", "$Configuration.ResultConfiguration.EncryptionConfiguration.KmsKey"),
            Link(
                "logs_to",
                "aws.logs.log_group",
                "$Configuration.MonitoringConfiguration.CloudWatchLoggingConfiguration.LogGroup",
            ),
        ),
        sensitive=frozenset(
            {
                "$Configuration.EngineConfiguration.SparkProperties",
                "$Configuration.EngineConfiguration.AdditionalConfigs",
            }
        ),
        quiet=frozenset({"$Queries"}),
    ),
    Kind(
        name="aws.athena.data_catalog",
        category=Category.DATA_CATALOG,
        fetch=Call(
            "athena",
            "ListDataCatalogs",
            items="DataCatalogsSummary",
            page=50,
            detail=(
                Call(
                    "athena",
                    "GetDataCatalog",
                    items="DataCatalog",
                    params={"Name": "{CatalogName}"},
                    derive=_catalog_functions,
                ),
            ),
        ),
        id=Template("arn:{@partition}:athena:{@place}:{@account}:datacatalog/{CatalogName}"),
        native="CatalogName",
        fields={
            "name": "CatalogName",
            "type": "Type",
            "state": "Status",
            "description": "Description",
            "engine": "ConnectionType",
            "failure_reason": "Error",
        },
        links=(Link("calls", "aws.lambda.function", "$Functions[]"),),
        sensitive=frozenset({"Parameters"}),
    ),
    Kind(
        name="aws.lakeformation.resource",
        category=Category.SETTINGS,
        fetch=Call("lakeformation", "ListResources", items="ResourceInfoList"),
        id=Template("aws.lakeformation.resource|{@account}|{@place}|{ResourceArn}"),
        native="ResourceArn",
        fields={
            "name": "ResourceArn",
            "state": "VerificationStatus",
            "role": "RoleArn",
            "modified_at": "LastModified",
        },
        links=(
            Link("governs", "aws.s3.bucket", "ResourceArn"),
            Link("assumes", "aws.iam.role", "RoleArn"),
        ),
    ),
    Kind(
        name="aws.lakeformation.data_lake_settings",
        category=Category.SETTINGS,
        fetch=Call("lakeformation", "GetDataLakeSettings", items="DataLakeSettings", keep=_is_administered),
        id=Template("aws.lakeformation.data_lake_settings|{@account}|{@place}|settings"),
        native=Template("settings"),
        fields={"principals": Field("DataLakeAdmins", texts("DataLakePrincipalIdentifier"))},
        links=(
            Link("governed_by", "", "DataLakeAdmins[].DataLakePrincipalIdentifier"),
            Link("governed_by", "", "ReadOnlyAdmins[].DataLakePrincipalIdentifier"),
        ),
    ),
)
