"""Machines that Azure rents: sizes by Resource SKUs, prices by the Retail Prices API, which anybody may read.

Owns the two reads and their meaning. Refuses to know what neither says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from azure.core import PipelineClient
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import HeadersPolicy, ProxyPolicy, RetryPolicy, UserAgentPolicy
from azure.core.rest import HttpRequest

from collectors.azure.client import Client
from collectors.azure.sizes import ACTION, SKUS, named
from normalize.errors import CollectError, TransientError
from normalize.units import GIB, MIB

RETAIL = "https://prices.azure.com"
NEEDS = (ACTION,)
_CALL = "GET /api/retail/prices"


def machines(client: Client, subscription: str, regions: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(size, facts) of every size of the regions, once per region.

    Facts are those of `instance_types` of the knowledge base, with "accelerators" in place of "accelerator", and "region".

    Raises:
        CollectError: they cannot be read.
    """
    path = SKUS.path.replace("{@account}", subscription)
    for region in regions:
        for answer in client.pages(path, SKUS.version, {"$filter": f"location eq '{region}'"}, NEEDS):
            for sku in answer.get("value", ()):
                if sku.get("resourceType") == "virtualMachines" and not _withheld(sku):
                    yield str(sku["name"]), {"region": region, **_sizes(sku)}


def _withheld(sku: Mapping[str, Any]) -> bool:
    """Whether the subscription may not have it in the region at all."""
    return any(r.get("type") == "Location" for r in sku.get("restrictions") or ())


def _sizes(sku: Mapping[str, Any]) -> dict[str, Any]:
    can = {c["name"]: c["value"] for c in sku.get("capabilities") or ()}
    gpus, series = int(can.get("GPUs", 0)), named(str(sku["name"]))
    entry = {
        "model": series[1] if series else "",
        "count": gpus,
        **({"memory_bytes": series[2]} if series and series[2] else {}),
    }
    rdma = can.get("RdmaEnabled")
    told = {
        "family": sku.get("family"),
        "accelerators": [entry] if gpus else [],
        "vcpu_count": int(can["vCPUs"]),
        "memory_bytes": int(float(can["MemoryGB"]) * GIB),
        "local_nvme_bytes": int(can["NvmeDiskSizeInMiB"]) * MIB if "NvmeDiskSizeInMiB" in can else None,
        "fabric": "infiniband" if rdma == "True" else "none" if rdma == "False" else None,
        "cpu_architecture": {"x64": "x86_64", "Arm64": "arm64"}.get(can.get("CpuArchitectureType", "")),
    }
    return {k: v for k, v in told.items() if v is not None}


def prices(region: str, address: str = RETAIL) -> dict[str, float]:
    """Size -> USD an hour, pay as you go, Linux, in a region.

    Source: Azure documentation, "Azure Retail Prices overview", read 2026-11-24.

    Raises:
        CollectError: they cannot be read.
    """
    wanted = f"serviceName eq 'Virtual Machines' and armRegionName eq '{region}' and priceType eq 'Consumption'"
    url, params = f"{address.rstrip('/')}/api/retail/prices", {"$filter": wanted}
    policies = [
        HeadersPolicy({"Accept": "application/json"}),
        UserAgentPolicy(base_user_agent="stocktake"),
        ProxyPolicy(),
        RetryPolicy(),
    ]
    found: dict[str, float] = {}
    differ: set[str] = set()
    followed: set[str] = set()
    with PipelineClient[Any, Any](base_url=address, policies=policies) as client:
        while True:
            answer = _asked(client, HttpRequest("GET", url, params=params))
            for item in answer.get("Items", ()):
                if _ordinary(item) and found.setdefault(item["armSkuName"], item["retailPrice"]) != item["retailPrice"]:
                    differ.add(item["armSkuName"])
            link = answer.get("NextPageLink")
            if not link:
                return {size: price for size, price in found.items() if size not in differ}
            if link in followed or urlsplit(link).hostname != urlsplit(address).hostname:
                raise CollectError("the pages of prices lead elsewhere, or in a circle", call=_CALL)
            followed.add(link)
            url, params = link, {}


def _asked(client: Any, request: HttpRequest) -> Mapping[str, Any]:
    try:
        answer = client.send_request(request)
        found = answer.json() if answer.status_code == 200 else None
    except AzureError as error:
        raise TransientError(str(error), call=_CALL) from None
    except ValueError:
        raise CollectError("the answer is no JSON", call=_CALL) from None
    if not isinstance(found, dict):
        raise CollectError(f"HTTP {answer.status_code}", call=_CALL)
    return found


def _ordinary(item: Mapping[str, Any]) -> bool:
    """Whether it is the price of an hour of a Linux machine, neither Spot nor low priority, nor of a cloud service."""
    named_so = f"{item.get('productName', '')} {item.get('skuName', '')} {item.get('meterName', '')}"
    others = ("Windows", "Spot", "Low Priority", "Cloud Services", "CloudServices", "Expired")
    return (
        item.get("unitOfMeasure") == "1 Hour"
        and item.get("currencyCode") == "USD"
        and bool(item.get("armSkuName"))
        and bool(item.get("retailPrice"))
        and not any(word in named_so for word in others)
    )
