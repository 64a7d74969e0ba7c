"""Names, traffic and rules of Google Cloud's networks: what the rows make of what the APIs say shortly."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.gcp import dns, governance, load_balancing, logs, private_access, quotas, routing

HERE = {"project": "ml-prod", "location": "us-central1", "id": "gcp.resourceLocations"}


def record(type_: str, *values: str, **more: Any) -> Any:
    (item,) = dns._named({"name": "*.example.com.", "type": type_, "rrdatas": list(values), **more})
    return item | dict(dns._answers(item))


def test_an_asterisk_in_the_name_of_a_record_costs_it_no_identity() -> None:
    assert record("A", "34.120.10.9")["$Set"] == "%2A.example.com.A"


@pytest.mark.parametrize(
    ("type_", "value", "targets"),
    [
        ("A", "34.120.10.9", ["dns://34.120.10.9"]),
        ("A", "10.8.0.4", []),
        ("AAAA", "2600:1900::1", ["dns://[2600:1900::1]"]),
        ("CNAME", "serve.example.net.", ["dns://serve.example.net"]),
        ("CNAME", "1f3c.5.authorize.certificatemanager.goog.", []),
        ("MX", "10 mail.example.com.", []),
    ],
)
def test_a_record_leads_to_hosts_and_public_addresses(type_: str, value: str, targets: list[str]) -> None:
    found = record(type_, value)
    assert (found["$Targets"], found["$Values"]) == (targets, [value.rstrip(".")])


def test_records_that_a_policy_chooses_among_lead_to_all_of_them() -> None:
    items = [{"weight": 0.9, "rrdatas": ["34.120.10.9"]}, {"weight": 0.1, "rrdatas": ["34.120.10.10"]}]
    found = record("A", routingPolicy={"wrr": {"items": items}})
    assert found["$Targets"] == ["dns://34.120.10.9", "dns://34.120.10.10"]
    assert dns._strategy(found) == "weighted"


def test_text_records_keep_their_values_to_themselves() -> None:
    assert record("TXT", '"verification=1"')["$Values"] == []


def test_a_rule_of_a_region_never_takes_the_traffic_of_a_global_one_of_its_name() -> None:
    everywhere, regional = (
        {"name": "serve", "target": "all-apis", **more} for more in ({}, {"region": "r/us-central1"})
    )
    assert load_balancing._target(everywhere) == {"$Everywhere": "serve"}
    assert load_balancing._target(regional) == {}


@pytest.mark.parametrize(
    ("word", "mbps"),
    [("BPS_200M", 200), ("BPS_10G", 10000), ("LINK_TYPE_ETHERNET_400G_LR4", 400000)],
)
def test_speeds_are_read_out_of_words(word: str, mbps: int) -> None:
    assert routing._mbps(word) == mbps


def test_a_connector_names_a_subnet_of_another_project() -> None:
    found = private_access._subnet({"$asset": HERE, "network": "ml", "subnet": {"name": "fn", "projectId": "host"}})
    assert found == {
        "$Network": "projects/ml-prod/global/networks/ml",
        "$Subnet": "projects/host/regions/us-central1/subnetworks/fn",
    }


@pytest.mark.parametrize(
    ("destination", "name"),
    [
        ("storage.googleapis.com/ml-prod-logs", "//storage.googleapis.com/ml-prod-logs"),
        ("logging.googleapis.com/projects/ops", "//cloudresourcemanager.googleapis.com/projects/ops"),
        (
            "logging.googleapis.com/projects/ops/locations/global/buckets/all",
            "//logging.googleapis.com/projects/ops/locations/global/buckets/all",
        ),
    ],
)
def test_a_sink_leads_to_what_keeps_the_logs(destination: str, name: str) -> None:
    assert logs._destination({"destination": destination}) == {"$Destination": name}


def test_only_the_constraint_on_locations_says_regions() -> None:
    policy = {"$asset": HERE, "spec": {"rules": [{"values": {"allowedValues": ["in:us-locations"]}}]}}
    other = {**policy, "$asset": {**HERE, "id": "compute.vmExternalIpAccess"}}
    regions = governance._locations("allowedValues")
    assert regions(policy) == ["in:us-locations"]
    assert not isinstance(regions(other), list)


def test_a_quota_whose_value_is_not_told_is_not_zero() -> None:
    told, untold = quotas._values(
        [{"details": {"value": "0"}}, {"details": {}, "dimensions": {"gpu_family": "NVIDIA_B200"}}]
    )
    assert told["value"] == 0
    assert untold == {"dimensions": {"gpu_family": "NVIDIA_B200"}, "locations": []}
