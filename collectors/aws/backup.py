"""What keeps copies and moves data: AWS Backup, DataSync, Storage Gateway."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from collectors.aws.rows import Call
from normalize.model import Category, Field, Kind, Link, Template

_NOT_FOUND = ("ResourceNotFoundException",)
_FILE_SYSTEM = re.compile(r"(efs|fsx\w+)://([\w-]+)\.(fs-[0-9a-f]+)")


def _rules(plan: Any) -> list[dict[str, Any]]:
    """Rules of a plan: when, into which vault, how many days until a copy is cold and until it goes."""
    return [_rule(rule) for rule in plan["Rules"]]


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    life = rule.get("Lifecycle") or {}
    told = {
        "name": rule.get("RuleName"),
        "schedule": rule.get("ScheduleExpression"),
        "timezone": rule.get("ScheduleExpressionTimezone"),
        "vault": rule.get("TargetBackupVaultName"),
        "cold_after_days": life.get("MoveToColdStorageAfterDays"),
        "expires_after_days": life.get("DeleteAfterDays"),
        "continuous": rule.get("EnableContinuousBackup"),
    }
    return {key: value for key, value in told.items() if value is not None}


_SIGNS = {"StringEquals": "=", "StringNotEquals": "not", "StringLike": "like", "StringNotLike": "not like"}


def _chosen(selection: Any) -> dict[str, str]:
    """What a selection takes by tags and conditions: {"team": "= ml", "stage": "like prod*"}."""
    tests = [("=", t) for t in selection.get("ListOfTags") or ()]
    for how, several in (selection.get("Conditions") or {}).items():
        tests.extend((_SIGNS.get(how, how), t) for t in several)
    return {t["ConditionKey"].removeprefix("aws:ResourceTag/"): f"{how} {t['ConditionValue']}" for how, t in tests}


def _at_location(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a DataSync location leads to: a file system's ARN, else the URI. "TYPE://GLOBAL_ID/SUBDIR", for EFS with the
    region before the id. Source: DataSync API reference, LocationListEntry, read 2026-11-24; that FSx has the same form is not
    verified."""
    uri = item["LocationUri"]
    found = _FILE_SYSTEM.match(uri)
    told = {"$Type": uri.partition("://")[0], "$Leads": uri}
    if found:
        service = "elasticfilesystem" if found[1] == "efs" else "fsx"
        _, partition, _, _, account, _ = item["LocationArn"].split(":", 5)
        told["$Leads"] = f"arn:{partition}:{service}:{found[2]}:{account}:file-system/{found[3]}"
    return told


def _is(kind: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda item: item["FileShareType"] == kind


def _file_share(name: str, kind: str, describe: str) -> Kind:
    """A share of a gateway: a bucket that clients see as files."""
    return Kind(
        name=name,
        category=Category.VOLUME_CLAIM,
        fetch=Call(
            "storagegateway",
            "ListFileShares",
            items="FileShareInfoList",
            keep=_is(kind),
            detail=(
                Call(
                    "storagegateway",
                    describe,
                    items=f"{kind}FileShareInfoList[0]",
                    params={"FileShareARNList": ["{FileShareARN}"]},
                    into="$Share",
                ),
            ),
        ),
        id="FileShareARN",
        native="FileShareId",
        fields={
            "name": "$Share.FileShareName",
            "state": "FileShareStatus",
            "protocol": "FileShareType",
            "mount_point": "$Share.Path",
            "storage_class": "$Share.DefaultStorageClass",
            "read_only": "$Share.ReadOnly",
            "role": "$Share.Role",
            "encryption_key": "$Share.KMSKey",
        },
        tags="$Share.Tags",
        links=(
            Link("part_of", "aws.storagegateway.gateway", "GatewayARN"),
            Link("stores_in", "aws.s3.bucket", "$Share.LocationARN"),
            Link("assumes", "aws.iam.role", "$Share.Role"),
            Link("encrypted_by", "aws.kms.key", "$Share.KMSKey"),
        ),
    )


KINDS = (
    Kind(
        name="aws.backup.vault",
        category=Category.BACKUP,
        fetch=Call("backup", "ListBackupVaults", items="BackupVaultList", page=1000),
        id="BackupVaultArn",
        native="BackupVaultName",
        fields={
            "name": "BackupVaultName",
            "type": "VaultType",
            "state": "VaultState",
            "object_count": "NumberOfRecoveryPoints",
            "write_once": "Locked",
            "encryption_key": "EncryptionKeyArn",
            "created_at": "CreationDate",
        },
        links=(Link("encrypted_by", "aws.kms.key", "EncryptionKeyArn"),),
    ),
    Kind(
        name="aws.backup.plan",
        category=Category.BACKUP,
        fetch=Call(
            "backup",
            "ListBackupPlans",
            items="BackupPlansList",
            page=1000,
            detail=(
                Call(
                    "backup",
                    "GetBackupPlan",
                    items="BackupPlan",
                    params={"BackupPlanId": "{BackupPlanId}"},
                    gone=_NOT_FOUND,
                    into="$Plan",
                ),
            ),
        ),
        id="BackupPlanArn",
        native="BackupPlanId",
        fields={
            "name": "BackupPlanName",
            "version": "VersionId",
            "rules": Field("$Plan", _rules),
            "created_at": "CreationDate",
            "last_run_at": "LastExecutionDate",
        },
        links=(
            Link("saves_in", "aws.backup.vault", "$Plan.Rules[].TargetBackupVaultName"),
            Link("copies_to", "aws.backup.vault", "$Plan.Rules[].CopyActions[].DestinationBackupVaultArn"),
        ),
    ),
    Kind(
        name="aws.backup.selection",
        category=Category.BACKUP,
        fetch=Call(
            "backup",
            "ListBackupSelections",
            items="BackupSelectionsList",
            page=1000,
            under="aws.backup.plan",
            params={"BackupPlanId": "{BackupPlanId}"},
            gone=_NOT_FOUND,
            detail=(
                Call(
                    "backup",
                    "GetBackupSelection",
                    items="BackupSelection",
                    params={"BackupPlanId": "{BackupPlanId}", "SelectionId": "{SelectionId}"},
                    gone=_NOT_FOUND,
                ),
            ),
        ),
        id=Template("aws.backup.selection|{@account}|{@place}|{BackupPlanId}|{SelectionId}"),
        native="SelectionId",
        fields={
            "name": "SelectionName",
            "role": "IamRoleArn",
            "targets": "Resources",
            "selector": Field("", _chosen),
            "created_at": "CreationDate",
        },
        links=(
            Link("part_of", "aws.backup.plan", "BackupPlanId"),
            Link("assumes", "aws.iam.role", "IamRoleArn"),
            Link("protects", "", "Resources[]"),
        ),
        quiet=frozenset({"$parent"}),
    ),
    Kind(
        name="aws.backup.protected_resource",
        category=Category.BACKUP,
        fetch=Call("backup", "ListProtectedResources", items="Results", page=1000),
        id=Template("aws.backup.protected_resource|{@account}|{@place}|{ResourceArn}"),
        native="ResourceArn",
        fields={"name": "ResourceName", "type": "ResourceType", "last_run_at": "LastBackupTime"},
        links=(
            # Copies outlive what they were made from.
            Link("protects", "", "ResourceArn", optional=True),
            Link("saves_in", "aws.backup.vault", "LastBackupVaultArn"),
        ),
        quiet=frozenset({"LastRecoveryPointArn"}),
    ),
    Kind(
        name="aws.datasync.location",
        category=Category.DATA_TRANSFER,
        fetch=Call("datasync", "ListLocations", items="Locations", page=100, derive=_at_location),
        id="LocationArn",
        native="LocationUri",
        fields={"name": "LocationUri", "type": "$Type", "source_uri": "LocationUri"},
        links=(Link("leads_to", "", "$Leads"),),
    ),
    Kind(
        name="aws.datasync.task",
        category=Category.DATA_TRANSFER,
        fetch=Call(
            "datasync",
            "ListTasks",
            items="Tasks",
            page=100,
            detail=(Call("datasync", "DescribeTask", params={"TaskArn": "{TaskArn}"}),),
        ),
        id="TaskArn",
        native="TaskArn",
        fields={
            "name": "Name",
            "state": "Status",
            "mode": "TaskMode",
            "schedule": "Schedule.ScheduleExpression",
            "enabled": Field("Schedule.Status", lambda status: status == "ENABLED"),
            "settings": "Options",
            "failure_reason": "ErrorDetail",
            "created_at": "CreationTime",
        },
        links=(
            Link("reads_from", "aws.datasync.location", "SourceLocationArn"),
            Link("writes_to", "aws.datasync.location", "DestinationLocationArn"),
            Link("logs_to", "aws.logs.log_group", "CloudWatchLogGroupArn"),
            Link("attached_to", "aws.ec2.network_interface", "SourceNetworkInterfaceArns[]"),
            Link("attached_to", "aws.ec2.network_interface", "DestinationNetworkInterfaceArns[]"),
        ),
    ),
    Kind(
        name="aws.storagegateway.gateway",
        category=Category.DATA_TRANSFER,
        fetch=Call("storagegateway", "ListGateways", items="Gateways"),
        id="GatewayARN",
        native="GatewayId",
        fields={
            "name": "GatewayName",
            "state": "GatewayOperationalState",
            "type": "GatewayType",
            "version": "SoftwareVersion",
            "virtualization": "HostEnvironment",
        },
        links=(Link("runs_on", "aws.ec2.instance", "Ec2InstanceId", within="account"),),
    ),
    _file_share("aws.storagegateway.nfs_file_share", "NFS", "DescribeNFSFileShares"),
    _file_share("aws.storagegateway.smb_file_share", "SMB", "DescribeSMBFileShares"),
    Kind(
        name="aws.storagegateway.volume",
        category=Category.VOLUME,
        fetch=Call("storagegateway", "ListVolumes", items="VolumeInfos"),
        id="VolumeARN",
        native="VolumeId",
        fields={
            "name": "VolumeId",
            "state": "VolumeAttachmentStatus",
            "type": "VolumeType",
            "size_bytes": "VolumeSizeInBytes",
        },
        links=(Link("part_of", "aws.storagegateway.gateway", "GatewayARN"),),
    ),
)
