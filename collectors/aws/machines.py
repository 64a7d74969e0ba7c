"""Machines that EC2 rents: sizes by its own word, prices by the Price List.

Owns the two reads and their meaning. Refuses to know what neither says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.aws.client import Client
from collectors.aws.instance_types import DESCRIBE, accelerators_of
from collectors.aws.rows import Call
from normalize.errors import CollectError
from normalize.units import MIB

PRICES = Call("pricing", "GetProducts", items="PriceList", page=100)
_PRICED_IN = "us-east-1"
"""The Price List has an endpoint in few regions, and tells prices of all. Source: botocore 1.44.5, endpoints of `api.pricing`."""
_ORDINARY = {
    "operatingSystem": "Linux",
    "preInstalledSw": "NA",
    "tenancy": "Shared",
    "capacitystatus": "Used",
    "marketoption": "OnDemand",
}


def machines(client: Client, regions: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(type, facts) of every machine of the regions, once per region that has it.

    Facts are those of `instance_types` of the knowledge base, with "accelerators" in place of "accelerator": entries of the
    attribute of that name; and "region".

    Raises:
        CollectError: sizes cannot be read.
    """
    for region in regions:
        for answer in client.answers("", region, DESCRIBE, {}):
            for facts in answer.get("InstanceTypes", ()):
                yield str(facts["InstanceType"]), {"region": region, **_sizes(facts)}


def prices(client: Client, region: str) -> dict[str, float]:
    """Type -> USD an hour, on demand, Linux, in a region.

    Raises:
        CollectError: they cannot be read.
    """
    wanted = {**_ORDINARY, "regionCode": region}
    filters = [{"Type": "TERM_MATCH", "Field": k, "Value": v} for k, v in wanted.items()]
    found: dict[str, float] = {}
    differ: set[str] = set()
    params = {"ServiceCode": "AmazonEC2", "Filters": filters}
    for answer in client.answers("", _PRICED_IN, PRICES, params):
        for text in answer.get("PriceList", ()):
            if told := _price(text):
                name, price = told
                if found.setdefault(name, price) != price:
                    differ.add(name)
    return {name: price for name, price in found.items() if name not in differ}


def _price(text: Any) -> tuple[str, float] | None:
    """(type, USD an hour) of a product; None where it is priced otherwise, or for nothing (a reservation's).

    Source: AWS Billing documentation, "Using the AWS Price List Query API", read 2026-11-24: products are JSON texts.

    Raises:
        CollectError: it is no product.
    """
    try:
        product = json.loads(text) if isinstance(text, str) else text
        name = product["product"]["attributes"]["instanceType"]
        told = [d for t in product["terms"].get("OnDemand", {}).values() for d in t["priceDimensions"].values()]
        hourly = {float(d["pricePerUnit"]["USD"]) for d in told if d["unit"] == "Hrs" and "USD" in d["pricePerUnit"]}
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise CollectError(f"a product of the price list cannot be read: {error}", call="pricing:GetProducts") from None
    return (str(name), hourly.pop()) if len(hourly) == 1 and min(hourly) > 0 else None


def _sizes(facts: Mapping[str, Any]) -> dict[str, Any]:
    network, storage = facts.get("NetworkInfo") or {}, facts.get("InstanceStorageInfo") or {}
    cards = [c.get("BaselineBandwidthInGbps") for c in network.get("NetworkCards") or ()]
    gbps = sum(cards) if cards and all(cards) else None
    block = ((facts.get("EbsInfo") or {}).get("EbsOptimizedInfo") or {}).get("MaximumBandwidthInMbps")
    efa = network.get("EfaSupported")
    told = {
        "family": str(facts["InstanceType"]).partition(".")[0],
        "accelerators": accelerators_of(facts),
        "vcpu_count": facts["VCpuInfo"]["DefaultVCpus"],
        "memory_bytes": facts["MemoryInfo"]["SizeInMiB"] * MIB,
        "local_nvme_bytes": storage.get("TotalSizeInGB", 0) * 10**9,
        "network_gbps": gbps,
        "block_storage_gbps": block / 1000 if block else None,
        "fabric": None if efa is None else "efa" if efa else "none",
        "fabric_gbps": 0 if efa is False else gbps if efa else None,
        "fabric_interface_count": (network.get("EfaInfo") or {}).get("MaximumEfaInterfaces"),
        "cpu_architecture": _architecture((facts.get("ProcessorInfo") or {}).get("SupportedArchitectures") or ()),
    }
    return {k: v for k, v in told.items() if v is not None}


def _architecture(names: Any) -> str | None:
    return next((n for n in ("x86_64", "arm64") if n in names), None)
