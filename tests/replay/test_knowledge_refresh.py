"""Sizes and prices of machines from the clouds' own APIs: moto, and servers that answer as the clouds do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from discovery.cli import main
from planning.knowledge import Entry, load
from tests.journey.desk import AWS
from tests.servers import azure_cloud, google_cloud
from tests.servers.faulty_moto import FaultyMoto, serve

SUBSCRIPTION = azure_cloud.SUBSCRIPTION


def product(name: str, usd: str, unit: str = "Hrs") -> str:
    """A product as the Price List Query API gives it: JSON in a text."""
    price = {"unit": unit, "pricePerUnit": {"USD": usd}, "beginRange": "0", "endRange": "Inf"}
    return json.dumps(
        {
            "product": {"productFamily": "Compute Instance", "attributes": {"instanceType": name, "regionCode": "us-east-1"}, "sku": name},
            "terms": {"OnDemand": {f"{name}.J": {"priceDimensions": {f"{name}.J.6": price}}}, "Reserved": {}},
        }
    )  # fmt: skip


class Prices:
    """Moto, with the Price List beside it: pages of two products."""

    def __init__(self, moto: Any, products: list[str]) -> None:
        self.moto, self.products, self.filters = moto, products, [{}]

    def __call__(self, environ: Any, start: Any) -> Any:
        if environ.get("HTTP_X_AMZ_TARGET") != "AWSPriceListService.GetProducts":
            return self.moto(environ, start)
        asked = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        self.filters = asked["Filters"]
        at = int(asked.get("NextToken") or 0)
        more = {"NextToken": str(at + 2)} if at + 2 < len(self.products) else {}
        body = json.dumps({"FormatVersion": "aws_v1", "PriceList": self.products[at : at + 2], **more}).encode()
        start("200 OK", [("Content-Type", "application/x-amz-json-1.1"), ("Content-Length", str(len(body)))])
        return [body]


@pytest.fixture
def moto() -> Iterator[FaultyMoto]:
    server = serve()
    yield server
    server.close()


class Desk:
    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        monkeypatch.chdir(folder)
        monkeypatch.delenv("STOCKTAKE_CONFIG", raising=False)
        for name, value in AWS.items():
            monkeypatch.setenv(name, value)

    def configure(self, source: str, top: str = 'knowledge = "own"') -> None:
        (self.folder / "stocktake.toml").write_text(f"{top}\n[[source]]\n{source}\n")

    def refresh(self, *arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["knowledge", "refresh", *arguments])
        assert not isinstance(done.exception, Exception), done.exception
        return done.exit_code, done.stderr

    def files(self) -> list[str]:
        return sorted(p.name for p in (self.folder / "own").glob("*")) if (self.folder / "own").is_dir() else []

    def machine(self, name: str) -> Entry:
        found = load(overlays=sorted((self.folder / "own").glob("*.toml"))).entry("instance_types", name)
        assert found is not None
        return found


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path, monkeypatch)


def test_sizes_and_prices_of_ec2_go_over_what_ships(desk: Desk, moto: FaultyMoto) -> None:
    listed = [product("p4d.24xlarge", "20.5"), product("m5.large", "0.0960000000"), product("g6f.xlarge", "0.31"), product("m5.xlarge", "0"), product("c5.large", "1", "Quantity")]  # fmt: skip
    moto._server.app = prices = Prices(moto, [*listed, product("r5.large", "0.1"), product("r5.large", "0.2")])
    desk.configure(f'type = "aws"\nname = "prod"\nendpoint_url = "{moto.url}"')
    code, said = desk.refresh("aws", "--region", "us-east-1")
    assert (code, desk.files()) == (0, ["00-refreshed-aws.toml"]), said
    assert {f["Field"]: f["Value"] for f in prices.filters}["regionCode"] == "us-east-1"

    big, part = desk.machine("p4d.24xlarge"), desk.machine("g6f.xlarge")
    told = {n: (f.value, f.provenance.file) for n, f in big.facts.items()}
    assert told["price_usd_per_hour"] == (20.5, "00-refreshed-aws.toml")
    assert told["accelerator"] == ("nvidia-a100-40gb", "instance_types_aws.toml")
    assert told["nvlink_domain_count"] == (8, "instance_types_aws.toml")
    assert (told["fabric"], told["fabric_gbps"], told["regions"]) == (("efa", told["fabric"][1]), (400, told["fabric"][1]), (["us-east-1"], told["fabric"][1]))  # fmt: skip
    assert big.facts["price_usd_per_hour"].provenance.valid_for_days == 90
    assert (part["accelerator_count"], part["accelerator_fraction"], part["price_usd_per_hour"]) == (0, 0.125, 0.31)
    assert desk.machine("m5.xlarge").facts["price_usd_per_hour"].provenance.file == "instance_types_aws_cpu.toml"
    assert desk.machine("r5.large").facts["price_usd_per_hour"].provenance.file == "instance_types_aws_cpu.toml", "told twice, differently"  # fmt: skip


def test_what_ships_and_what_ec2_says_agree(desk: Desk, moto: FaultyMoto) -> None:
    """Sizes that ship came from Karpenter's documents; moto's are EC2's own answers: two readings of one API."""
    moto._server.app = Prices(moto, [product("m5.large", "0.096")])
    desk.configure(f'type = "aws"\nname = "prod"\nendpoint_url = "{moto.url}"')
    assert desk.refresh("aws", "--region", "us-east-1")[0] == 0
    shipped = load()
    refreshed = load(overlays=[desk.folder / "own" / "00-refreshed-aws.toml"])
    differing = {
        (e.id, name)
        for e in shipped.find("instance_types", provider="aws")
        for name in ("vcpu_count", "memory_bytes", "cpu_architecture", "accelerator_count")
        if (after := refreshed.entry("instance_types", e.id)) is not None and after.get(name) != e.get(name)
    }
    assert differing == set()


def test_without_prices_sizes_are_written_and_it_is_said(desk: Desk, moto: FaultyMoto) -> None:
    moto.fail(service="pricing", action="GetProducts", kind="denied", times=-1)
    desk.configure(f'type = "aws"\nname = "prod"\nendpoint_url = "{moto.url}"')
    code, said = desk.refresh("aws", "--region", "us-east-1")
    assert (code, "prices could not be read: pricing:GetProducts" in said) == (3, True), said
    assert desk.machine("p4d.24xlarge").facts["price_usd_per_hour"].provenance.file == "instance_types_aws.toml"


def test_a_refusal_writes_nothing_and_leaves_what_was_there(desk: Desk, moto: FaultyMoto) -> None:
    moto.fail(service="ec2", action="DescribeInstanceTypes", kind="denied", times=-1)
    desk.configure(f'type = "aws"\nname = "prod"\nendpoint_url = "{moto.url}"')
    (desk.folder / "own").mkdir()
    (desk.folder / "own" / "00-refreshed-aws.toml").write_text("# the last one\n")
    code, said = desk.refresh("aws", "--region", "us-east-1")
    assert (code, "ec2:DescribeInstanceTypes" in said, "nothing was written" in said) == (2, True, True), said
    assert (desk.folder / "own" / "00-refreshed-aws.toml").read_text() == "# the last one\n"


def test_without_a_folder_there_is_nowhere_to_write(desk: Desk) -> None:
    desk.configure('type = "aws"\nname = "prod"', top="")
    code, said = desk.refresh("aws")
    assert (code, 'knowledge = "knowledge"' in said) == (2, True)


def sku(description: str, nanos: int, regions: list[str], usage: str = "OnDemand", units: str = "0") -> dict[str, Any]:
    rate = {"startUsageAmount": 0, "unitPrice": {"currencyCode": "USD", "units": units, "nanos": nanos}}
    return {
        "description": description,
        "category": {"resourceFamily": "Compute", "usageType": usage},
        "serviceRegions": regions,
        "pricingInfo": [{"pricingExpression": {"usageUnit": "h", "tieredRates": [rate]}}],
    }


def google() -> google_cloud.Cloud:
    """Two zones of a region; prices as the catalog of Cloud Billing describes them."""
    l4 = {"guestAcceleratorType": "nvidia-l4", "guestAcceleratorCount": 1}
    new = {"guestAcceleratorType": "nvidia-x900", "guestAcceleratorCount": 8}
    types = [
        {"name": "g2-standard-8", "guestCpus": 8, "memoryMb": 32768, "accelerators": [l4], "architecture": "X86_64"},
        {"name": "n2-standard-4", "guestCpus": 4, "memoryMb": 16384, "architecture": "X86_64"},
        {"name": "c4a-standard-4", "guestCpus": 4, "memoryMb": 16384, "architecture": "ARM64"},
        {"name": "a9-highgpu-8g", "guestCpus": 8, "memoryMb": 32768, "accelerators": [new], "architecture": "X86_64"},
        {"name": "n1-old-1", "guestCpus": 1, "memoryMb": 1024, "deprecated": {"state": "DELETED"}},
    ]
    here = ["us-central1", "us-east1"]
    skus = [
        sku("N2 Instance Core running in Americas", 31611000, here),
        sku("N2 Instance Ram running in Americas", 4237000, here),
        sku("N2 Custom Instance Core running in Americas", 33191000, here),
        sku("Spot Preemptible N2 Instance Core running in Americas", 7650000, here, "Preemptible"),
        sku("Commitment v1: N2 Cpu in Americas for 1 Year", 19915000, here, "Commit1Yr"),
        sku("G2 Instance Core running in Americas", 24988000, here),
        sku("G2 Instance Ram running in Americas", 2927000, here),
        sku("Nvidia L4 GPU running in Americas", 560040000, here),
        sku("N2 Instance Core running in Frankfurt", 40722000, ["europe-west3"]),
        sku("C4A Arm Instance Core running in Americas", 30000000, here),
        sku("C4A Arm Instance Core running in Americas", 20000000, here),
        sku("C4A Arm Instance Ram running in Americas", 4000000, here),
    ]
    zones = {f"compute.googleapis.com/compute/v1/projects/ml-prod/zones/us-central1-{z}/machineTypes": [{"items": types[:2]}, {"items": types[2:]}] for z in "ab"}  # fmt: skip
    region = {"name": "us-central1", "zones": [f"https://www.googleapis.com/compute/v1/projects/ml-prod/zones/us-central1-{z}" for z in "ab"]}  # fmt: skip
    return google_cloud.Cloud(
        answers={
            **zones,
            "compute.googleapis.com/compute/v1/projects/ml-prod/regions/us-central1": region,
            "cloudbilling.googleapis.com/v1/services/6F81-5844-456A/skus": [{"skus": skus[:5]}, {"skus": skus[5:]}],
        }
    )


def test_sizes_and_prices_of_compute_engine(desk: Desk) -> None:
    cloud = google()
    with google_cloud.serve_rest(cloud) as url:
        desk.configure(f'type = "gcp"\nname = "ml"\nparents = ["projects/ml-prod"]\nendpoint = "{url}"')
        code, said = desk.refresh("gcp", "--region", "us-central1")
    assert (code, "nvidia-x900" in said) == (0, True), said
    plain, graphics = desk.machine("n2-standard-4"), desk.machine("g2-standard-8")
    assert plain["price_usd_per_hour"] == pytest.approx(4 * 0.031611 + 16 * 0.004237, abs=1e-5)
    assert graphics["price_usd_per_hour"] == pytest.approx(8 * 0.024988 + 32 * 0.002927 + 0.56004, abs=1e-5)
    assert (graphics["accelerator"], graphics["accelerator_count"], graphics["price_region"]) == ("nvidia-l4", 1, "us-central1")  # fmt: skip
    arm = desk.machine("c4a-standard-4")
    assert (arm["cpu_architecture"], arm.get("price_usd_per_hour")) == ("arm64", None), "two prices are none"
    names = (desk.folder / "own" / "00-refreshed-gcp.toml").read_text()
    assert ("a9-highgpu-8g" in names, "n1-old-1" in names) == (False, False)


def test_google_without_a_project_is_told_what_to_name(desk: Desk) -> None:
    desk.configure('type = "gcp"\nname = "ml"\nparents = ["organizations/1"]\nendpoint = "http://127.0.0.1:9"')
    code, said = desk.refresh("gcp")
    assert (code, "--account PROJECT" in said) == (2, True)


def azure() -> azure_cloud.Cloud:
    def size(name: str, restrictions: Any = (), **can: str) -> dict[str, Any]:
        told = [{"name": k, "value": v} for k, v in can.items()]
        return {"resourceType": "virtualMachines", "name": name, "family": "standardFamily", "capabilities": told, "restrictions": restrictions}  # fmt: skip

    def price(
        name: str, usd: float, sku_name: str = "", product: str = "Virtual Machines", **more: Any
    ) -> dict[str, Any]:
        return {"armSkuName": name, "retailPrice": usd, "unitOfMeasure": "1 Hour", "currencyCode": "USD", "skuName": sku_name, "productName": product, "meterName": name, **more}  # fmt: skip

    h100 = {"vCPUs": "96", "MemoryGB": "1900", "GPUs": "8", "CpuArchitectureType": "x64", "RdmaEnabled": "True"}
    small = {"vCPUs": "4", "MemoryGB": "16", "CpuArchitectureType": "x64", "RdmaEnabled": "False"}
    arm = {**small, "CpuArchitectureType": "Arm64"}
    withheld = [{"type": "Location", "values": ["eastus"], "reasonCode": "NotAvailableForSubscription"}]
    sizes = [
        size("Standard_ND96isr_H100_v5", **h100),
        size("Standard_D4s_v5", **small),
        size("Standard_D4ps_v9", **arm),
        size("Standard_D8s_v5", withheld, **small),
        {"resourceType": "disks", "name": "Premium_LRS", "capabilities": []},
    ]
    items = [
        price("Standard_ND96isr_H100_v5", 98.32),
        price("Standard_ND96isr_H100_v5", 39.0, "ND96isr H100 v5 Spot"),
        price("Standard_D4s_v5", 0.376, product="Virtual Machines Dsv5 Series Windows"),
        price("Standard_D4s_v5", 0.192),
        price("Standard_D4ps_v9", 0.1),
        price("Standard_D4ps_v9", 0.2),
    ]
    cloud = azure_cloud.Cloud()
    path = f"/subscriptions/{SUBSCRIPTION}/providers/microsoft.compute/skus"
    cloud.answers[path] = [{"value": sizes[:2]}, {"value": sizes[2:]}]

    def prices(query: dict[str, str]) -> dict[str, Any]:
        if "skip" in query:
            return {"Items": items[3:], "NextPageLink": None}
        assert "armRegionName eq 'eastus'" in query["$filter"]
        return {"Items": items[:3], "NextPageLink": f"{cloud.base}/api/retail/prices?skip=3"}

    cloud.answers["/api/retail/prices"] = prices
    return cloud


def test_sizes_and_prices_of_azure(desk: Desk) -> None:
    with azure_cloud.served(azure()) as url:
        desk.configure(f'type = "azure"\nname = "t"\nsubscriptions = ["{SUBSCRIPTION}"]\nendpoint = "{url}"')
        code, said = desk.refresh("azure", "--region", "eastus", "--prices", url)
    assert code == 0, said
    big = desk.machine("Standard_ND96isr_H100_v5")
    assert (big["price_usd_per_hour"], big["price_region"], big["fabric"]) == (98.32, "eastus", "infiniband")
    assert big.facts["accelerator"].provenance.file == "instance_types_azure.toml"
    assert desk.machine("Standard_D4s_v5")["price_usd_per_hour"] == 0.192
    new = desk.machine("Standard_D4ps_v9")
    assert (new["cpu_architecture"], new.get("price_usd_per_hour"), new["regions"]) == ("arm64", None, ["eastus"])
    assert "Standard_D8s_v5" not in (desk.folder / "own" / "00-refreshed-azure.toml").read_text()


def test_prices_that_lead_to_another_host_are_not_followed(desk: Desk) -> None:
    cloud = azure()
    cloud.answers["/api/retail/prices"] = {"Items": [], "NextPageLink": "http://elsewhere.example/api/retail/prices"}
    with azure_cloud.served(cloud) as url:
        desk.configure(f'type = "azure"\nname = "t"\nsubscriptions = ["{SUBSCRIPTION}"]\nendpoint = "{url}"')
        code, said = desk.refresh("azure", "--region", "eastus", "--prices", url)
    assert (code, "lead elsewhere" in said) == (3, True), said
