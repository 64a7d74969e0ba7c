"""What was reserved, promised or limited: reservations, commitments, quotas of accelerators, and what was paid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.documents import tag
from collectors.aws.instance_types import TOTAL, Machines
from collectors.aws.rows import Call
from normalize.model import Category, Field, Kind, Link, Template

_NAME = Field("Tags", tag("Name"))


def _ec2(resource: str, id_: str) -> Template:
    return Template(f"arn:{{@partition}}:ec2:{{@place}}:{{@account}}:{resource}/{{{id_}}}")


def _price(amount: Any) -> float:
    return float(amount)


def _instances(items: Any) -> list[str]:
    return sorted({str(i["InstanceType"]) for i in items if i.get("InstanceType")})


def _used(reservation: Any) -> int:
    return int(reservation["TotalInstanceCount"]) - int(reservation["AvailableInstanceCount"])


def _is_of_accelerators(quota: Mapping[str, Any]) -> bool:
    """Quotas that decide where accelerators can run: EC2's by family, SageMaker's by machine type."""
    name = str(quota.get("QuotaName") or "").lower()
    families = (
        " p instances",
        " g and vt",
        " g instances",
        " inf instances",
        " trn instances",
        " dl instances",
        " p4,",
        " p5",
    )
    machines = ("ml.p", "ml.g", "ml.inf", "ml.trn")
    return any(word in name for word in (*families, *machines)) and float(quota.get("Value") or 0) > 0


def _quotas(service: str) -> Call:
    return Call(
        "service-quotas",
        "ListServiceQuotas",
        items="Quotas",
        params={"ServiceCode": service},
        page=100,
        keep=_is_of_accelerators,
    )


KINDS = (
    Kind(
        name="aws.ec2.capacity_reservation",
        category=Category.CAPACITY,
        fetch=Call(
            "ec2",
            "DescribeCapacityReservations",
            items="CapacityReservations",
            page=1000,
            lookups=(Machines((("InstanceType", "TotalInstanceCount"),)),),
        ),
        id="CapacityReservationArn",
        native="CapacityReservationId",
        fields={
            "name": _NAME,
            "state": "State",
            "type": "ReservationType",
            "instance_type": "InstanceType",
            "desired_count": "TotalInstanceCount",
            "instance_count": Field("", _used),
            "zone": "AvailabilityZone",
            "tenancy": "Tenancy",
            "started_at": "StartDate",
            "expires_at": "EndDate",
            "created_at": "CreateDate",
            **TOTAL,
        },
        tags="Tags",
        links=(
            Link("member_of", "aws.ec2.capacity_block", "CapacityBlockId"),
            Link("runs_in", "aws.ec2.placement_group", "PlacementGroupArn"),
        ),
    ),
    Kind(
        name="aws.ec2.capacity_block",
        category=Category.CAPACITY,
        fetch=Call("ec2", "DescribeCapacityBlocks", items="CapacityBlocks", page=1000),
        id=_ec2("capacity-block", "CapacityBlockId"),
        native="CapacityBlockId",
        fields={
            "name": _NAME,
            "state": "State",
            "instance_type": "UltraserverType",
            "zone": "AvailabilityZone",
            "started_at": "StartDate",
            "expires_at": "EndDate",
            "created_at": "CreateDate",
        },
        tags="Tags",
        links=(Link("holds", "aws.ec2.capacity_reservation", "CapacityReservationIds[]"),),
    ),
    Kind(
        name="aws.ec2.placement_group",
        category=Category.SETTINGS,
        fetch=Call("ec2", "DescribePlacementGroups", items="PlacementGroups"),
        id="GroupArn",
        native="GroupName",
        fields={"name": "GroupName", "state": "State", "strategy": "Strategy", "shard_count": "PartitionCount"},
        tags="Tags",
    ),
    Kind(
        name="aws.ec2.dedicated_host",
        category=Category.HOST,
        fetch=Call(
            "ec2",
            "DescribeHosts",
            items="Hosts",
            page=500,
            lookups=(Machines((("HostProperties.InstanceType", ""),)),),
        ),
        id=_ec2("dedicated-host", "HostId"),
        native="HostId",
        fields={
            "name": _NAME,
            "state": "State",
            "instance_type": "HostProperties.InstanceType",
            "cpu_socket_count": "HostProperties.Sockets",
            "vcpu_count": "HostProperties.TotalVCpus",
            "instance_types": Field("Instances", _instances),
            "zone": "AvailabilityZone",
            "created_at": "AllocationTime",
            "accelerators": TOTAL["accelerators"],
            "accelerator_count": TOTAL["accelerator_count"],
        },
        tags="Tags",
        links=(Link("runs", "aws.ec2.instance", "Instances[].InstanceId"),),
    ),
    Kind(
        name="aws.ec2.reserved_instances",
        category=Category.CAPACITY,
        fetch=Call("ec2", "DescribeReservedInstances", items="ReservedInstances"),
        id=_ec2("reserved-instances", "ReservedInstancesId"),
        native="ReservedInstancesId",
        fields={
            "name": _NAME,
            "state": "State",
            "type": "OfferingClass",
            "instance_type": "InstanceType",
            "instance_count": "InstanceCount",
            "commitment": "OfferingType",
            "zone": "AvailabilityZone",
            "started_at": "Start",
            "expires_at": "End",
        },
        tags="Tags",
    ),
    Kind(
        name="aws.savingsplans.plan",
        category=Category.CAPACITY,
        fetch=Call("savingsplans", "DescribeSavingsPlans", items="savingsPlans", world=True),
        id="savingsPlanArn",
        native="savingsPlanId",
        unique="account",
        fields={
            "name": "savingsPlanId",
            "description": "description",
            "state": "state",
            "type": "savingsPlanType",
            "region": "region",
            "commitment": "paymentOption",
            "price_usd_per_hour": Field("commitment", _price),
            "started_at": "start",
            "expires_at": "end",
        },
        tags="tags",
    ),
    *(
        Kind(
            name=f"aws.servicequotas.{noun}",
            category=Category.QUOTA,
            fetch=_quotas(service),
            id="QuotaArn",
            native="QuotaCode",
            fields={
                "name": "QuotaName",
                "description": "Description",
                "limit_value": "Value",
                "adjustable": "Adjustable",
            },
        )
        for noun, service in (("instance_quota", "ec2"), ("sagemaker_quota", "sagemaker"))
    ),
)
