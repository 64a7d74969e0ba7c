"""Reads and adds up a bill of FOCUS 1.0: seconds of CPU beside those of Python's bare CSV reader, lines a second, peak memory.

python -m benchmarks.bill_bench [--lines N] [--resources N]
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import tempfile
import time
from pathlib import Path

from collectors.bills import open_files

PLAIN = [
    "AvailabilityZone",
    "BillingAccountName",
    "BillingAccountType",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "CommitmentDiscountCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountName",
    "CommitmentDiscountStatus",
    "CommitmentDiscountType",
    "ContractedCost",
    "ContractedUnitPrice",
    "InvoiceIssuerName",
    "ListCost",
    "ListUnitPrice",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "PublisherName",
    "RegionName",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "SkuPriceId",
    "SubAccountName",
]
"""Columns that are not read."""


def write(path: Path, lines: int, resources: int) -> None:
    """A bill of October 2026, day after day, of 20 accounts."""
    chance = random.Random(1)
    whole = {
        "ProviderName": "AWS", "BillingAccountId": "999988887777", "BillingCurrency": "USD", "ChargeCategory": "Usage", "RegionId": "us-east-1",
        "BillingPeriodStart": "2026-10-01T00:00:00Z", "BillingPeriodEnd": "2026-11-01T00:00:00Z", "ServiceName": "Amazon Elastic Compute Cloud",
        "ConsumedUnit": "Hours", "Tags": '{"team": "vision", "env": "prod"}', **dict.fromkeys(PLAIN, "as told"),
    }  # fmt: skip
    varying = ("SubAccountId", "ResourceId", "SkuId", "ChargePeriodStart", "ChargePeriodEnd", "BilledCost", "EffectiveCost", "ConsumedQuantity")  # fmt: skip
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow([*whole, *varying])
        for i in range(lines):
            day, account, thing = i * 31 // lines, f"{111122223330 + i % 20}", chance.randrange(resources)
            start = f"2026-10-{day + 1:02}T00:00:00Z"
            end = f"2026-10-{day + 2:02}T00:00:00Z" if day < 30 else "2026-11-01T00:00:00Z"
            name = f"arn:aws:ec2:us-east-1:{account}:instance/i-{thing:017x}"
            cost = chance.random() * 10
            out.writerow([*whole.values(), account, name, f"SKU{thing % 50}", start, end, f"{cost:.10f}", f"{cost * 0.9:.10f}", "24.0"])  # fmt: skip


def _bare(path: Path) -> float:
    begun = time.process_time()
    with path.open(newline="") as file:
        for _ in csv.reader(file):
            pass
    return time.process_time() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--resources", type=int, default=2000, help="distinct ones in each account")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "focus.csv"
        write(path, given.lines, given.resources)
        size, bare = path.stat().st_size / 2**20, _bare(path)
        begun = time.process_time()
        (collector,) = open_files([path])
        scopes = list(collector.plan(collector.kinds()))
        took = time.process_time() - begun
        records = sum(1 for planned in scopes for _ in collector.collect(collector.kinds()[0], planned.scope))
        collector.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"a bill of {given.lines:,} lines, {size:.0f} MiB: {records:,} sums in {took:.1f} s of CPU, {took / bare:.1f} times the bare reader, {given.lines / took:,.0f} lines a second, {peak:.0f} MiB at most")  # fmt: skip


if __name__ == "__main__":
    main()
