"""What is paid for and seen nowhere is a gap, worth what it costs; what is seen, taxed or small is none."""

from __future__ import annotations

from typing import Any

import pytest

from normalize.model import Category, Observation, Outcome, Scope
from normalize.spend import accelerated_machine, prefixes
from tests.service.estate import GLOBAL, HERE, Estate

ACCOUNT = "111122223333"
QUEUE = "aws.sqs.queue"


def charge(estate: Estate, service: str, usd: float, *, use: str = "x", region: str = "us-east-1", account: str = ACCOUNT, month: str = "2026-10", **more: Any) -> Observation:  # fmt: skip
    told = {
        "service": service,
        "cost_usd": usd,
        "account": account,
        "region": region,
        "started_at": f"{month}-01T00:00:00.000Z",
    }
    id_ = f"spend|{account}|{region}|{service}|{use}|{month}|{more.get('type')}"
    return estate.thing(id_, "aws.ce.service_spend", Category.COST, GLOBAL, attributes=told | more)


def bill(estate: Estate, *charges: Observation, things: tuple[Observation, ...] = ()) -> list[dict[str, Any]]:
    kinds: dict[str, list[Observation]] = {QUEUE: []}
    for each in things:
        kinds.setdefault(each.resource.kind, []).append(each)
    estate.run(*((k, HERE, found) for k, found in kinds.items()), ("aws.ce.service_spend", GLOBAL, list(charges)))
    return estate.gaps("unreconciled-spend")


def test_a_service_that_is_paid_for_and_of_which_nothing_is_there(estate: Estate) -> None:
    queue = estate.thing(f"arn:aws:sqs:us-east-1:{ACCOUNT}:a", QUEUE, Category.QUEUE)
    paid = (charge(estate, "Amazon SageMaker", 12_345.6), charge(estate, "Amazon Simple Queue Service", 50.0))
    (gap,) = bill(estate, *paid, things=(queue,))
    assert (gap["severity"], gap["missing"]["kind"]) == ("critical", "Amazon SageMaker")
    assert "12,345.60 USD in 2026-10" in gap["why"]


@pytest.mark.parametrize(("usd", "severity"), [(1.5, "low"), (150, "medium"), (1_500, "high"), (15_000, "critical")])
def test_the_money_is_the_severity(estate: Estate, usd: float, severity: str) -> None:
    (gap,) = bill(estate, charge(estate, "Amazon SageMaker", usd))
    assert gap["severity"] == severity


@pytest.mark.parametrize(
    "told",
    [{"service": "Amazon SageMaker", "usd": 0.5}, {"service": "Amazon SageMaker", "usd": 900, "type": "Tax"}, {"service": "AWS Support (Business)", "usd": 900}, {"service": "Tax", "usd": 900}],
    ids=["little", "tax", "no thing", "tax service"],
)  # fmt: skip
def test_what_names_nothing_that_runs_is_no_gap(estate: Estate, told: dict[str, Any]) -> None:
    assert bill(estate, charge(estate, **told)) == []


def test_an_account_and_a_region_that_nobody_reads(estate: Estate) -> None:
    elsewhere = (
        charge(estate, "Amazon SageMaker", 800, account="999988887777"),
        charge(estate, "Amazon Simple Storage Service", 400, account="999988887777"),
        charge(estate, "Amazon SageMaker", 90, region="ap-south-1"),
    )
    account, region = sorted(bill(estate, *elsewhere), key=lambda g: g["missing"].get("place", ""))
    assert "1,200.00 USD" in account["why"]
    assert 'accounts = ["999988887777"]' in account["remedy"]
    assert (region["missing"]["place"], region["severity"]) == ("ap-south-1", "low")


def test_only_the_latest_month_counts(estate: Estate) -> None:
    queue = estate.thing(f"arn:aws:sqs:us-east-1:{ACCOUNT}:a", QUEUE, Category.QUEUE)
    old, new = (
        charge(estate, "Amazon SageMaker", 900, month="2026-09"),
        charge(estate, "Amazon Simple Queue Service", 9),
    )
    assert bill(estate, old, new, things=(queue,)) == []


def machine(estate: Estate, name: str, type_: str) -> Observation:
    told = {"instance_type": type_, "accelerator_count": 8}
    return estate.thing(
        f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/{name}", "aws.ec2.instance", Category.INSTANCE, attributes=told
    )


def test_more_accelerated_hours_than_the_machines_seen_can_have_run(estate: Estate) -> None:
    paid = charge(estate, "", 41_000, use="BoxUsage:p5.48xlarge", sku="BoxUsage:p5.48xlarge", usage_quantity=1_488.0)
    (gap,) = bill(estate, paid, things=(machine(estate, "i-1", "p5.48xlarge"),))
    assert "1,488 hours of p5.48xlarge" in gap["why"]
    assert "744 hours at most" in gap["why"]
    assert gap["severity"] == "critical"
    both = (machine(estate, "i-1", "p5.48xlarge"), machine(estate, "i-2", "p5.48xlarge"))
    assert bill(estate, paid, things=both) == []


def test_a_provider_that_no_source_reads_at_all(estate: Estate) -> None:
    told = {
        "service": "Vertex AI",
        "cost_usd": 700.0,
        "account": "acme-ml",
        "region": "europe-west4",
        "started_at": "2026-10-01T00:00:00.000Z",
    }
    seen = estate.thing("bill|1", "bill.usage", Category.COST, Scope("gcp", "acme-ml", "europe-west4"), attributes=told)
    estate.run((QUEUE, HERE, []), ("bill.usage", Scope("gcp", "acme-ml", "2026-10"), [seen], ))  # fmt: skip
    (gap,) = estate.gaps("unreconciled-spend")
    assert 'parents = ["projects/acme-ml"]' in gap["remedy"]


def test_the_same_money_on_two_bills_counts_once(estate: Estate) -> None:
    one, two = charge(estate, "Amazon SageMaker", 60), charge(estate, "Amazon SageMaker", 60, use="y")
    estate.run((QUEUE, HERE, []), ("aws.ce.service_spend", GLOBAL, [one]), ("aws.ce.service_spend", GLOBAL, [two], Outcome.COMPLETE, {"source": "second"}), sources=("prod", "second"))  # fmt: skip
    (gap,) = estate.gaps("unreconciled-spend")
    assert gap["severity"] == "low"


@pytest.mark.parametrize(
    ("provider", "service", "first"),
    [
        ("aws", "Amazon Elastic Compute Cloud - Compute", "aws.ec2.instance"),
        ("aws", "AmazonSageMaker", None),
        ("aws", "Amazon DocumentDB (with MongoDB compatibility)", "aws.docdb."),
        ("aws", "Amazon EC2 Container Registry (ECR)", "aws.ecr."),
        ("gcp", "Cloud Storage", "gcp.storage."),
        ("gcp", "Vertex AI", "gcp.aiplatform."),
        ("azure", "Azure Machine Learning", "azure.machinelearning."),
        ("azure", "Virtual Machines", "azure.compute.virtual_machine"),
        ("oracle", "Compute", None),
    ],
)
def test_services_are_known_by_what_bills_call_them(provider: str, service: str, first: str | None) -> None:
    assert next(iter(prefixes(provider, service)), None) == first


@pytest.mark.parametrize(
    ("use", "type_"),
    [
        ("BoxUsage:p5.48xlarge", "p5.48xlarge"),
        ("USW2-SpotUsage:g6e.12xlarge", "g6e.12xlarge"),
        ("EUC1-BoxUsage:trn2.48xlarge", "trn2.48xlarge"),
        ("BoxUsage:m5.large", ""),
        ("EBS:VolumeUsage.gp3", ""),
        ("UnusedBox:p5.48xlarge", ""),
    ],
)
def test_accelerated_machines_are_known_by_their_usage_type(use: str, type_: str) -> None:
    assert accelerated_machine(use) == type_


def test_a_bill_of_amortized_cost_alone_tells_what_is_paid(estate: Estate) -> None:
    (gap,) = bill(estate, charge(estate, "Amazon SageMaker", 900, cost_usd=None, amortized_cost_usd=1_500.0))
    assert gap["severity"] == "high"


def test_several_accounts_and_machines_that_nobody_reads_are_a_gap_each(estate: Estate) -> None:
    others = [charge(estate, "Amazon SageMaker", 800, account=account) for account in ("999988887777", "555566667777")]
    machines = [
        charge(estate, "EC2", 90_000, use=use, sku=use, usage_quantity=5_000.0)
        for use in ("BoxUsage:p5.48xlarge", "BoxUsage:p4d.24xlarge")
    ]
    found = bill(estate, *others, *machines)
    assert len({g["id"] for g in found}) == len(found) >= 4
