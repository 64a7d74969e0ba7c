"""Partitions, their regions and what speaks for the whole of one, against the endpoint data of the SDK."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from collectors.aws.rows import GLOBAL_PLACES
from normalize.identity import aws_partition

_LOADER = botocore.session.get_session().get_component("data_loader")
PARTITIONS: dict[str, dict[str, Any]] = {p["partition"]: p for p in _LOADER.load_data("endpoints")["partitions"]}
OURS = {"aws-eusc-global"}
"""Pseudo-regions of partitions in which the SDK knows none."""


def endpoint(partition: str) -> tuple[str, str] | None:
    """Pseudo-region and region of a service that has one endpoint for the partition."""
    services = PARTITIONS[partition]["services"]
    for name in ("iam", "organizations"):
        if place := services.get(name, {}).get("partitionEndpoint"):
            return place, services[name]["endpoints"][place]["credentialScope"]["region"]
    return None


@pytest.mark.parametrize("partition", PARTITIONS)
def test_every_partition_has_its_global_place_and_the_region_that_speaks_for_it(partition: str) -> None:
    place = f"{partition}-global"
    only = min(PARTITIONS[partition]["regions"])
    assert (place, GLOBAL_PLACES[place]) == (endpoint(partition) or (place, only))
    assert (endpoint(partition) is None) == (place in OURS)


@pytest.mark.parametrize("partition", PARTITIONS)
def test_every_region_is_of_its_partition(partition: str) -> None:
    places = {*PARTITIONS[partition]["regions"], f"{partition}-global", GLOBAL_PLACES[f"{partition}-global"]}
    assert {aws_partition(place) for place in places} == {partition}
