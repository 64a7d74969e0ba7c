"""The knowledge base as data: what ships contradicts neither itself nor what was read of the field."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlsplit

import pytest

from discovery.wiring import static_kinds
from planning.knowledge import Asked, Status, load
from planning.sorts import FABRICS, PROVIDERS, VERDICTS

KNOWN = load()
TODAY = date(2026, 11, 24)
MACHINES = list(KNOWN.sort("instance_types").values())
ACCELERATED = [m for m in MACHINES if m.get("accelerator")]
GIB = 2**30


def test_every_fact_says_where_and_when_it_was_read() -> None:
    for entry in KNOWN.all():
        for name, fact in entry.facts.items():
            source = urlsplit(fact.provenance.source.split(" ")[0].rstrip(";"))
            assert (source.scheme, bool(source.netloc)) == ("https", True), (entry.id, name)
            assert date(2024, 1, 1) <= fact.provenance.observed_at <= TODAY, (entry.id, name)


def test_nothing_that_ships_is_expired_on_the_day_it_was_read_last() -> None:
    assert not [e.id for e in KNOWN.all() if e.expires_at <= TODAY]


def test_machines_are_of_one_piece() -> None:
    for machine in MACHINES:
        count, fabric, rate = machine["accelerator_count"], machine.get("fabric"), machine.get("fabric_gbps")
        assert GIB / 2 <= machine["memory_bytes"] <= 40 * 2**40
        assert 1 <= machine["vcpu_count"] <= 1024
        assert (machine.get("accelerator") is None) == (count == 0 and machine.get("accelerator_fraction") is None)
        if machine.get("accelerator_fraction") is not None:
            assert count == 0
            assert 0 < machine["accelerator_fraction"] < 1
        if machine.get("local_nvme_bytes"):
            assert machine["local_nvme_bytes"] >= 10**9
        assert fabric is None or fabric in FABRICS
        if fabric == "none" and rate is not None:
            assert rate == 0
        if rate:
            assert fabric != "none"
            assert 2 <= rate <= 10_000
        if machine.get("price_usd_per_hour") is not None:
            assert machine.get("price_region"), "a price holds somewhere"


def test_machines_fit_their_accelerators() -> None:
    for machine in ACCELERATED:
        accelerator = KNOWN.entry("accelerators", machine["accelerator"])
        assert accelerator is not None
        domain, count = machine.get("nvlink_domain_count"), machine["accelerator_count"]
        if domain is not None and domain > 1:
            assert accelerator.get("vendor") == "nvidia"
            assert accelerator.get("nvlink_generation") != 0
            assert domain == 72 or domain <= count, "a domain that is larger than the machine is a rack"
        reported, whole = machine.get("accelerator_memory_bytes"), accelerator.get("memory_bytes")
        if reported and whole:
            share = machine.get("accelerator_fraction") or 1
            assert 0.9 <= reported / (whole * share) <= 1.07, "what the API reports is about what the card has"


def test_prices_are_no_typing_errors() -> None:
    for machine in (m for m in MACHINES if m.get("price_usd_per_hour")):
        if machine["accelerator_count"]:
            assert 0.2 <= machine["price_usd_per_hour"] / machine["accelerator_count"] <= 20, machine.id
        elif not machine.get("accelerator"):
            assert 0.002 <= machine["price_usd_per_hour"] / machine["vcpu_count"] <= 0.35, machine.id


def test_grace_machines_are_arm_and_no_others_with_blackwell_are() -> None:
    arm = {m.id for m in ACCELERATED if m["cpu_architecture"] == "arm64"}
    grace = {
        m.id for m in ACCELERATED if m["accelerator"] in ("nvidia-gb200", "nvidia-gb300", "nvidia-gh200", "nvidia-t4g")
    }
    assert arm == grace


def test_precisions_follow_from_compute_capability() -> None:
    for card in KNOWN.find("accelerators", stack="cuda"):
        capability = card["compute_capability"]
        assert (card["fp8"], card["fp4"], card["bf16"]) == (capability >= 8.9, capability >= 10, capability >= 8), (
            card.id
        )


def test_names_of_accelerators_mean_one_thing() -> None:
    told: dict[str, str] = {}
    for card in KNOWN.sort("accelerators").values():
        for name in {n.casefold() for n in card.get("names") or ()}:
            assert told.setdefault(name, card.id) == card.id


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_has_an_online_endpoint_with_limits(provider: str) -> None:
    limits = KNOWN.entry("service_limits", f"{provider}.online")
    assert limits is not None
    assert limits["timeout_seconds"] >= 60


@pytest.mark.parametrize(
    ("reference", "value", "status"),
    [
        ("instance_types/p4d.24xlarge#fabric", "efa", Status.CURRENT),
        ("instance_types/p4d.24xlarge#fabric_gbps", 400, Status.DERIVED),
        ("instance_types/a2-highgpu-8g#fabric_gbps", 0, Status.CURRENT),
        ("instance_types/a3-megagpu-8g#fabric", "tcpxo", Status.CURRENT),
        ("instance_types/p6-b200.48xlarge#cpu_architecture", "x86_64", Status.CURRENT),
        ("instance_types/Standard_ND128isr_NDR_GB200_v6#cpu_architecture", "arm64", Status.CURRENT),
        ("instance_types/g6f.xlarge#accelerator_count", 0, Status.CURRENT),
        ("instance_types/g6f.xlarge#accelerator_fraction", 0.125, Status.SECONDHAND),
        ("instance_types/Standard_NC6s_v3#retired_at", date(2025, 9, 30), Status.CURRENT),
        ("accelerators/aws-trainium#stack", "neuron", Status.CURRENT),
        ("service_limits/azure.online#timeout_seconds", 180, Status.CURRENT),
        ("service_limits/azure.online#bandwidth_bytes_per_second", 5_000_000, Status.CURRENT),
        ("service_limits/gcp.online#payload_bytes", 10_000_000, Status.CURRENT),
        ("service_limits/aws.online#payload_bytes", 25_000_000, Status.CURRENT),
    ],
)
def test_the_facts_that_the_worked_examples_rest_on(reference: str, value: object, status: Status) -> None:
    known = Asked(KNOWN, TODAY)(reference)
    assert known is not None
    assert (known.value, known.status) == (value, status.value)


def test_equivalences_cover_every_way_out_of_a_service_and_name_what_breaks() -> None:
    for service in KNOWN.sort("managed_services").values():
        for target in {*PROVIDERS, "kubernetes"} - {service["provider"]}:
            told = KNOWN.entry("equivalences", f"{service['capability']}.{service['provider']}.{target}")
            assert told is not None, (service.id, target)
            assert told["breaks"]
            assert VERDICTS.index(told["verdict"]) <= VERDICTS.index(told["worst"])
            if told.get("to") is None and target != "kubernetes":
                assert told["verdict"] in ("conditional", "re-architect")


def test_equivalences_name_services_of_the_right_providers() -> None:
    for told in KNOWN.sort("equivalences").values():
        capability, source, target = told.id.rsplit(".", 2)
        assert (told["from"], told["capability"], told["target"]) == (f"{source}.{capability}", capability, target)
        assert told.get("to") in (None, f"{target}.{capability}")


def test_tiers_and_prices_pair() -> None:
    for path in KNOWN.sort("network_paths").values():
        tiers, prices = path.get("tier_gb") or [], path.get("usd_per_gb") or []
        assert len(prices) in (0, len(tiers) + 1), path.id
        assert tiers == sorted(tiers)
        assert prices == sorted(prices, reverse=True)
        assert prices or path.get("usd_per_hour")
    for store in KNOWN.sort("storage_services").values():
        floors = store.get("minimum_bytes_by_tier")
        assert floors is None or len(floors) == len(store["mb_per_second_per_tib"]), store.id
        assert floors is None or min(floors) == store["minimum_bytes"]


def test_regions_say_their_country_and_whether_it_is_in_the_union() -> None:
    union = {"AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE"}  # fmt: skip
    for region in KNOWN.sort("regions").values():
        assert region.id.startswith(region["provider"] + ".")
        assert (len(region["country"]), region["eu"]) == (2, region["country"] in union)
    offered = {a for r in KNOWN.find("regions", provider="aws") for a in r.get("accelerators") or ()}
    assert {"nvidia-h100-80gb", "nvidia-a10g", "aws-trainium"} <= offered


def test_regions_of_machines_are_regions() -> None:
    for machine in MACHINES:
        for region in (*(machine.get("regions") or ()), machine.get("price_region")):
            if region:
                assert KNOWN.entry("regions", f"{machine['provider']}.{region}") or region == "northamerica-south1", (
                    region
                )


def test_what_ends_says_when() -> None:
    for end in KNOWN.sort("end_of_life").values():
        assert end.get("ends_at") or end.get("closed_to_new_at"), end.id
        assert set(end.get("kinds") or ()) <= set(static_kinds()), end.id


def test_removed_apis_are_told_by_group_and_version() -> None:
    told = KNOWN.sort("kubernetes_api_removals")
    assert told["policy/v1beta1"]["removed_in"] == told["batch/v1beta1"]["removed_in"] == 25
    for removal in told.values():
        group, version, *kind = removal.id.split("/")
        assert group
        assert "alpha" in version or "beta" in version
        assert not kind or kind[0] in removal["kinds"]


def test_built_in_algorithms_are_told_by_account_and_repository() -> None:
    for algorithm in KNOWN.sort("built_in_algorithms").values():
        assert algorithm["accounts"]
        assert all(len(a) == 12 and a.isdigit() for a in algorithm["accounts"])
        assert all("/" not in r for r in algorithm["repositories"])


def test_what_decides_and_was_not_verified_is_marked() -> None:
    marked = {
        f"{e.sort}/{e.id}#{n}"
        for e in KNOWN.all()
        for n, f in e.facts.items()
        if f.provenance.confidence == "unverified"
    }
    assert {
        "network_paths/azure.internet#usd_per_gb",
        "storage_services/azure.blob#egress_gbps",
        "appliances/gcp.transfer-appliance-ta300#usable_bytes",
        "appliances/azure.data-box-525#lead_days_high",
        "kubernetes_flavours/aks#accelerator_labels",
        "managed_services/gcp.safe-deployment#lacks",
        "accelerators/nvidia-l4#nvlink_generation",
        "instance_types/g5.48xlarge#nvlink_domain_count",
    } <= marked
